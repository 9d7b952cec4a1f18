//! A calendar of Home Assistant: one event for each day on which something is due, found again by the
//! address that it carries, <https://www.home-assistant.io/integrations/calendar/>.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::{Map, Value, json};

/// How long an event with an hour is.
const LENGTH: SignedDuration = SignedDuration::from_mins(30);

/// What a calendar can do: `supported_features` of its entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Features(pub u64);

impl Features {
    /// Events can be made.
    pub const fn adds(self) -> bool {
        self.0 & 1 != 0
    }

    /// Events can be removed.
    pub const fn removes(self) -> bool {
        self.0 & 2 != 0
    }

    /// Events can be changed.
    pub const fn changes(self) -> bool {
        self.0 & 4 != 0
    }
}

/// What is due when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What is to be done.
    pub title: String,
    /// More about it; holds the address of its page, by which it is found again.
    pub description: String,
    /// On this day.
    pub day: Date,
    /// At this moment, where it has an hour.
    pub at: Option<Timestamp>,
}

impl Event {
    /// What is due on a day, at an hour of the household where it has one.
    pub fn new(
        title: String,
        description: String,
        (day, hour): (Date, Option<Time>),
        zone: &TimeZone,
    ) -> Self {
        let at = hour.and_then(|it| zone.to_timestamp(day.to_datetime(it)).ok());
        Self {
            title,
            description,
            day,
            at,
        }
    }

    /// The data of `calendar.create_event`.
    pub fn created(&self) -> Value {
        self.data(
            ("start_date", "end_date"),
            ("start_date_time", "end_date_time"),
        )
    }

    /// The event of `calendar/event/update`.
    pub fn updated(&self) -> Value {
        self.data(("dtstart", "dtend"), ("dtstart", "dtend"))
    }

    fn data(&self, days: (&str, &str), moments: (&str, &str)) -> Value {
        let mut data = Map::new();
        data.insert("summary".to_owned(), json!(self.title));
        data.insert("description".to_owned(), json!(self.description));
        let after = self.at.and_then(|it| it.checked_add(LENGTH).ok());
        if let Some((at, after)) = self.at.zip(after) {
            data.insert(moments.0.to_owned(), json!(at.to_string()));
            data.insert(moments.1.to_owned(), json!(after.to_string()));
        } else {
            // The end is the day after (RFC 5545, section 3.6.1).
            let after = self.day.checked_add(1.day()).unwrap_or(self.day);
            data.insert(days.0.to_owned(), json!(self.day.to_string()));
            data.insert(days.1.to_owned(), json!(after.to_string()));
        }
        Value::Object(data)
    }
}

/// The name of the event among `events` whose description holds `address`.
pub fn found(events: &Value, address: &str) -> Option<String> {
    let text = |it: &Value, key: &str| it.get(key).and_then(Value::as_str).map(str::to_owned);
    let is_it = |it: &&Value| text(it, "description").is_some_and(|it| it.contains(address));
    let event = events.as_array()?.iter().find(is_it)?;
    text(event, "uid")
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};

    use super::*;

    fn event(hour: Option<Time>) -> Event {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let due = (date(2026, 3, 31), hour);
        Event::new(
            "Pay".to_owned(),
            "http://nas/tasks/1".to_owned(),
            due,
            &zone,
        )
    }

    #[test]
    fn a_day_ends_on_the_next_and_an_hour_half_an_hour_later() {
        let day = event(None).created();
        assert_eq!(day["end_date"], "2026-04-01");
        let hour = event(Some(time(9, 0, 0, 0))).updated();
        assert_eq!(hour["dtstart"], "2026-03-31T07:00:00Z");
        assert_eq!(hour["dtend"], "2026-03-31T07:30:00Z");
    }

    #[test]
    fn an_event_is_found_by_the_address_it_carries() {
        let events = json!([
            {"uid": "1", "description": null},
            {"uid": "2", "description": "see http://nas/tasks/1"},
        ]);
        assert_eq!(found(&events, "/tasks/1").as_deref(), Some("2"));
        assert_eq!(found(&events, "/tasks/7"), None);
    }
}
