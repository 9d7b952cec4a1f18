//! A to-do list of Home Assistant: what its items say, and the data of its actions,
//! <https://www.home-assistant.io/integrations/todo/>.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use crate::domain::checklist::{Due, Entry, Keeps};

/// Items of a list at the most; a longer one is left alone.
pub const ITEMS_MAX: usize = 2000;

/// What a list can do: `supported_features` of its entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Features(pub u64);

impl Features {
    const fn has(self, bit: u64) -> bool {
        self.0 & bit != 0
    }

    /// Items can be added.
    pub const fn adds(self) -> bool {
        self.has(1)
    }

    /// Items can be removed.
    pub const fn removes(self) -> bool {
        self.has(2)
    }

    /// Items can be ticked and renamed.
    pub const fn changes(self) -> bool {
        self.has(4)
    }

    /// Items can say more than their line.
    pub const fn describes(self) -> bool {
        self.has(64)
    }

    /// What of a day it keeps.
    pub const fn keeps(self) -> Keeps {
        match (self.has(16), self.has(32)) {
            (true, true) => Keeps::Hours,
            (true, false) => Keeps::Days,
            (false, _) => Keeps::Nothing,
        }
    }
}

/// One item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Names it within its list.
    pub uid: String,
    /// What it says, in the zone of the household.
    pub entry: Entry,
    /// More about it.
    pub description: String,
}

/// The items of the result of `todo/item/list`, those without a name or a line left out; `None` where
/// there are too many, or it is no list.
pub fn items(result: &Value, keeps: Keeps, zone: &TimeZone) -> Option<Vec<Item>> {
    let items = result.get("items")?.as_array()?;
    if items.len() > ITEMS_MAX {
        return None;
    }
    let item = |it: &Value| {
        let text = |key: &str| it.get(key).and_then(Value::as_str).unwrap_or_default();
        let (uid, title) = (text("uid"), text("summary").trim());
        (!uid.is_empty() && !title.is_empty()).then(|| Item {
            uid: uid.to_owned(),
            entry: Entry {
                title: title.to_owned(),
                due: keeps.of(due(text("due"), zone)),
                is_done: text("status") == "completed",
            },
            description: text("description").to_owned(),
        })
    };
    Some(items.iter().filter_map(item).collect())
}

fn due(text: &str, zone: &TimeZone) -> Due {
    if let Ok(at) = text.parse::<Timestamp>() {
        let at = zone.to_datetime(at);
        return Some((at.date(), Some(at.time())));
    }
    // A moment without a zone would be a day as well.
    if text.contains(['T', ' ']) {
        let at: DateTime = text.parse().ok()?;
        return Some((at.date(), Some(at.time())));
    }
    text.parse::<Date>().ok().map(|it| (it, None))
}

/// The data of `todo.add_item`.
pub fn added(entry: &Entry, description: Option<&str>, zone: &TimeZone) -> Value {
    let mut data = Map::new();
    data.insert("item".to_owned(), json!(entry.title));
    if entry.due.is_some() {
        put_due(&mut data, entry.due, zone);
    }
    if let Some(description) = description {
        data.insert("description".to_owned(), json!(description));
    }
    Value::Object(data)
}

/// The data of `todo.update_item`: what differs from `there`; `None` where nothing does.
pub fn changed(uid: &str, there: &Entry, wanted: &Entry, zone: &TimeZone) -> Option<Value> {
    let mut data = Map::new();
    if wanted.title != there.title {
        data.insert("rename".to_owned(), json!(wanted.title));
    }
    if wanted.is_done != there.is_done {
        let status = if wanted.is_done {
            "completed"
        } else {
            "needs_action"
        };
        data.insert("status".to_owned(), json!(status));
    }
    if wanted.due != there.due {
        put_due(&mut data, wanted.due, zone);
    }
    if data.is_empty() {
        return None;
    }
    data.insert("item".to_owned(), json!(uid));
    Some(Value::Object(data))
}

/// The data of `todo.remove_item`.
pub fn removed(uid: &str) -> Value {
    json!({"item": uid})
}

fn put_due(data: &mut Map<String, Value>, due: Due, zone: &TimeZone) {
    let at = |day: Date, hour: Time| zone.to_timestamp(day.to_datetime(hour)).ok();
    let (key, value) = match due {
        None => ("due_date", Value::Null),
        Some((day, None)) => ("due_date", json!(day.to_string())),
        Some((day, Some(hour))) => match at(day, hour) {
            Some(at) => ("due_datetime", json!(at.to_string())),
            None => ("due_date", json!(day.to_string())),
        },
    };
    data.insert(key.to_owned(), value);
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn berlin() -> TimeZone {
        TimeZone::get("Europe/Berlin").unwrap()
    }

    fn entry(title: &str, due: Due, is_done: bool) -> Entry {
        Entry {
            title: title.to_owned(),
            due,
            is_done,
        }
    }

    #[test]
    fn items_are_read_with_days_and_hours_of_the_household() {
        let result = json!({"items": [
            {"uid": "1", "summary": " Milk ", "status": "needs_action"},
            {"uid": "2", "summary": "Bins", "status": "completed", "due": "2026-03-01"},
            {"uid": "3", "summary": "Call", "due": "2026-03-01T08:00:00+00:00", "description": "x"},
            {"uid": "4", "summary": "  "},
            {"summary": "nameless"},
        ]});
        let day = date(2026, 3, 1);
        let nine = Some(Time::constant(9, 0, 0, 0));
        let read = items(&result, Keeps::Hours, &berlin()).unwrap();
        let said: Vec<Entry> = read.into_iter().map(|it| it.entry).collect();
        assert_eq!(
            said,
            [
                entry("Milk", None, false),
                entry("Bins", Some((day, None)), true),
                entry("Call", Some((day, nine)), false),
            ]
        );
        assert_eq!(items(&json!([]), Keeps::Hours, &berlin()), None);
    }

    #[test]
    fn what_was_said_is_read_back_the_same() {
        let day = date(2026, 3, 30);
        for due in [
            None,
            Some((day, None)),
            Some((day, Some(Time::constant(2, 0, 0, 0)))),
        ] {
            let told = added(&entry("Milk", due, false), Some("link"), &berlin());
            let back = told["due_datetime"].as_str().or(told["due_date"].as_str());
            assert_eq!(super::due(back.unwrap_or_default(), &berlin()), due);
        }
    }

    #[test]
    fn only_what_differs_is_changed() {
        let day = Some((date(2026, 3, 1), None));
        let (there, wanted) = (entry("Milk", day, false), entry("Milk", None, true));
        assert_eq!(
            changed("1", &there, &wanted, &berlin()),
            Some(json!({"item": "1", "status": "completed", "due_date": null}))
        );
        assert_eq!(changed("1", &there, &there, &berlin()), None);
    }
}
