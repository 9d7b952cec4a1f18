//! What is said over MQTT, field by field. JSON both ways.
//!
//! | topic | payload | retained |
//! |---|---|---|
//! | `workmate/summary` | [`Summary`]: counts and days | yes |
//! | `workmate/person/<id>` | [`super::figures::Share`]: the same for one person | yes |
//! | `workmate/diagnostics` | [`super::figures::Diagnostics`] | yes |
//! | `workmate/next` | [`Next`]: what is due next, by name | no |
//! | `workmate/money` | [`super::figures::ToPay`], where `detail` is `full` | no |
//! | `workmate/reminder` | [`Spoken`]: one reminder | no |
//! | `workmate/document` | [`super::figures::Arrived`]: what happened to a document | no |
//! | `workmate/page` | the first page of the latest document, WebP; off by default | no |
//! | `workmate/task/<id>/set` | [`Command`]: an answer, coming in | never obeyed if so |
//!
//! How much a message tells is the channel's `detail`: `full` (the default, on a broker that the
//! household runs itself) names title, amount and sender as fields for automations, `title` the
//! title alone, `none` only that there is something and by when.
//! Retained messages never carry content, whatever `detail` says: who subscribes years later, or
//! reads the broker's disk, learns counts and days.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::domain::id::{DeliveryId, TaskId};
use crate::domain::policy::Detail;
use crate::domain::reminder::Level;
use crate::domain::service_level::Tally;
use crate::domain::task::{Answer, AnswerKind, Task};
use crate::domain::value::{Amount, Currency};

/// Home Assistant throws away a state of more than 255 characters.
const TITLE_CHARACTERS_MAX: usize = 250;

/// How things stand. Retained, so it holds counts and days and nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Tasks that still want something.
    pub open: u32,
    /// Those of them whose day has passed.
    pub overdue: u32,
    /// Those of them whose day is today.
    pub due_today: u32,
    /// Those of them whose day is today or one of the six after it.
    pub due_week: u32,
    /// Documents about which a question is open.
    pub inbox: u32,
    /// Documents that cannot go on without a person.
    pub stuck: u32,
    /// Documents that came today.
    pub documents_today: u32,
    /// The nearest day of what the whole household may see and is not overdue.
    pub next_due: Option<Date>,
    /// The last moment of that day, or the task's hour on it.
    pub next_due_at: Option<Timestamp>,
    /// How many promises that are not kept yet stand how.
    pub service_levels: Tally,
    /// Whether nobody is told anything in person just now.
    pub quiet: bool,
    /// Of workmate.
    pub version: String,
}

/// What is due next, by name. Not retained; said again when a listener starts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Next {
    /// In a line; `None` if nothing is due, or if the channel's detail does not allow it.
    pub title: Option<String>,
    /// By this day.
    pub due: Option<Date>,
    /// Which task.
    pub task: Option<TaskId>,
    /// It and those behind it, [`NEXT_MAX`] at the most.
    #[serde(default)]
    pub items: Vec<Item>,
}

/// A task in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Which task.
    pub task: TaskId,
    /// In a line, where the channel tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// By this day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Date>,
    /// At this hour of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_time: Option<Time>,
}

impl Item {
    /// About `task`.
    pub fn about(task: &Task, detail: Detail) -> Self {
        Self {
            task: task.id,
            title: title(task, detail),
            due: task.due,
            due_time: task.due_time,
        }
    }
}

/// Tasks that [`Next`] names at the most: Home Assistant keeps no more than 16 kB of attributes.
pub const NEXT_MAX: usize = 10;

impl Next {
    /// About `tasks`, the nearest first.
    pub fn about(tasks: &[Task], detail: Detail) -> Self {
        let Some(task) = tasks.first() else {
            return Self::default();
        };
        let item = |it| Item::about(it, detail);
        Self {
            title: title(task, detail),
            due: task.due,
            task: Some(task.id),
            items: tasks.iter().take(NEXT_MAX).map(item).collect(),
        }
    }
}

/// What kind of event a [`Spoken`] is: a reminder's level, or a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventType {
    /// Good to know.
    Info,
    /// Soon.
    Warning,
    /// Now.
    Urgent,
    /// Too late.
    Overdue,
    /// Several tasks at once: what was missed, or arrived too late.
    Digest,
}

impl EventType {
    /// Every one.
    pub const ALL: [Self; 5] = [
        Self::Info,
        Self::Warning,
        Self::Urgent,
        Self::Overdue,
        Self::Digest,
    ];
}

impl From<Level> for EventType {
    fn from(level: Level) -> Self {
        match level {
            Level::Info => Self::Info,
            Level::Warning => Self::Warning,
            Level::Urgent => Self::Urgent,
            Level::Overdue => Self::Overdue,
        }
    }
}

/// One delivery: a reminder about a task, or a digest of several. At least once: the same `delivery`
/// may come twice and is then the same reminder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spoken {
    /// Home Assistant's event entity takes this as the event.
    pub event_type: EventType,
    /// Which delivery.
    pub delivery: DeliveryId,
    /// About which task; none for a digest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
    /// Where to answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer_topic: Option<String>,
    /// What is to be done, in a line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// By this day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Date>,
    /// At this hour of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_time: Option<Time>,
    /// Days until the day that reminders count to; negative after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_left: Option<i32>,
    /// How much money is meant, as a decimal string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
    /// Of what.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// Who wrote the letter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
    /// How many tasks a digest speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// Where it stands in the browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

impl Spoken {
    /// A reminder about `task`, said on `today` in the household's zone.
    pub fn reminder(
        delivery: DeliveryId,
        task: &Task,
        level: Level,
        today: Date,
        detail: Detail,
    ) -> Self {
        let money = task.money.filter(|_| detail == Detail::Full);
        let left = |day: Date| today.until(day).ok().map(|span| span.get_days());
        Self {
            event_type: level.into(),
            task: Some(task.id),
            title: title(task, detail),
            due: task.due,
            due_time: task.due_time,
            days_left: task.remind_by().and_then(left),
            amount: money.map(|it| it.amount),
            currency: money.map(|it| it.currency),
            ..Self::empty(delivery)
        }
    }

    /// That `count` tasks want to be looked at.
    pub fn digest(delivery: DeliveryId, count: u32) -> Self {
        Self {
            count: Some(count),
            ..Self::empty(delivery)
        }
    }

    /// Names the sender, if the channel tells everything.
    #[must_use]
    pub fn from_sender(mut self, sender: Option<&str>, detail: Detail) -> Self {
        self.sender = sender.filter(|_| detail == Detail::Full).map(str::to_owned);
        self
    }

    fn empty(delivery: DeliveryId) -> Self {
        Self {
            event_type: EventType::Digest,
            delivery,
            task: None,
            answer_topic: None,
            title: None,
            due: None,
            due_time: None,
            days_left: None,
            amount: None,
            currency: None,
            sender: None,
            count: None,
            url: None,
        }
    }
}

fn title(task: &Task, detail: Detail) -> Option<String> {
    match detail {
        Detail::Full | Detail::Title => {
            Some(task.title.chars().take(TITLE_CHARACTERS_MAX).collect())
        }
        Detail::None => None,
    }
}

/// A message as it travels.
pub fn json(message: &impl Serialize) -> Vec<u8> {
    // The types above serialise: they hold no map with keys that are not text.
    serde_json::to_vec(message).unwrap_or_default()
}

/// What somebody says about a task: `{"answer":"later","until":"2026-12-01"}`, or the bare word
/// `done`, `later` or `not_mine`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Command {
    /// What was said.
    pub answer: AnswerKind,
    /// For `later`: until when.
    pub until: Option<Until>,
}

/// Until when something is put off, as it was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// `2026-12-01T08:00:00+01:00`
    Instant(Timestamp),
    /// `2026-12-01T08:00` or `2026-12-01 08:00:00`, on the household's wall clock.
    Local(DateTime),
    /// `2026-12-01`, in the household's morning.
    Day(Date),
}

/// The payload is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotACommand {
    /// Neither word nor JSON.
    #[error("it says neither done, later, not_mine nor {{\"answer\": …}}")]
    Answer,
    /// The moment cannot be understood.
    #[error("`until` is a day such as 2026-12-01 or a moment such as 2026-12-01T08:00")]
    Until,
}

/// Understands the payload of `task/<id>/set`.
pub fn command(payload: &[u8]) -> Result<Command, NotACommand> {
    #[derive(Deserialize)]
    struct Written {
        answer: AnswerKind,
        until: Option<String>,
    }

    let text = std::str::from_utf8(payload)
        .map_err(|_| NotACommand::Answer)?
        .trim();
    if let Ok(answer) = text.trim_matches('"').parse() {
        return Ok(Command {
            answer,
            until: None,
        });
    }
    let written: Written = serde_json::from_str(text).map_err(|_| NotACommand::Answer)?;
    let until = written.until.as_deref().map(until).transpose()?;
    Ok(Command {
        answer: written.answer,
        until,
    })
}

/// Understands a moment as it was said.
pub(super) fn until(text: &str) -> Result<Until, NotACommand> {
    // A bare day would also pass as a date with the time left out.
    if text.len() == "2026-12-01".len() {
        return text.parse().map(Until::Day).map_err(|_| NotACommand::Until);
    }
    if let Ok(instant) = text.parse() {
        return Ok(Until::Instant(instant));
    }
    text.parse()
        .map(Until::Local)
        .map_err(|_| NotACommand::Until)
}

impl Command {
    /// The answer in the household's zone; a day means its `morning`. A moment that this zone does
    /// not have becomes none, so the next morning.
    pub fn answer(self, morning: Time, zone: &TimeZone) -> Answer {
        let at = |local: DateTime| local.to_zoned(zone.clone()).ok().map(|it| it.timestamp());
        let until = self.until.and_then(|until| match until {
            Until::Instant(instant) => Some(instant),
            Until::Local(local) => at(local),
            Until::Day(day) => at(day.to_datetime(morning)),
        });
        Answer {
            answer: self.answer,
            until: until.filter(|_| self.answer == AnswerKind::Later),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::domain::value::Money;

    fn task() -> Task {
        let title = "Waterworks: pay 84.20 EUR".to_owned();
        let at = Timestamp::UNIX_EPOCH;
        let mut task = Task::new(TaskId::new(at, 1), title, at);
        task.due = Some(date(2026, 3, 18));
        task.money = Some(Money::new(8420, Currency::EUR));
        task
    }

    fn spoken(detail: Detail) -> serde_json::Value {
        let delivery = DeliveryId::new(Timestamp::UNIX_EPOCH, 2);
        let today = date(2026, 3, 16);
        let spoken = Spoken::reminder(delivery, &task(), Level::Warning, today, detail)
            .from_sender(Some("Waterworks"), detail);
        serde_json::from_slice(&json(&spoken)).unwrap()
    }

    #[test]
    fn a_reminder_tells_everything_when_it_may() {
        assert_eq!(
            spoken(Detail::Full),
            json!({
                "event_type": "warning",
                "delivery": "00000000000000000000000002",
                "task": "00000000000000000000000001",
                "title": "Waterworks: pay 84.20 EUR",
                "due": "2026-03-18",
                "days_left": 2,
                "amount": "84.20",
                "currency": "EUR",
                "sender": "Waterworks",
            })
        );
    }

    #[test]
    fn a_reminder_tells_less_when_it_must() {
        let titled = spoken(Detail::Title);
        assert_eq!(titled.get("title").unwrap(), "Waterworks: pay 84.20 EUR");
        assert_eq!((titled.get("amount"), titled.get("sender")), (None, None));
        assert_eq!(
            spoken(Detail::None),
            json!({
                "event_type": "warning",
                "delivery": "00000000000000000000000002",
                "task": "00000000000000000000000001",
                "due": "2026-03-18",
                "days_left": 2,
            })
        );
    }

    #[test]
    fn days_left_are_counted_across_months_and_past_the_day() {
        let delivery = DeliveryId::new(Timestamp::UNIX_EPOCH, 2);
        for (today, left) in [(date(2025, 12, 31), 77), (date(2026, 5, 1), -44)] {
            let spoken = Spoken::reminder(delivery, &task(), Level::Info, today, Detail::None);
            assert_eq!(spoken.days_left, Some(left));
        }
    }

    #[test]
    fn what_is_next_has_no_name_where_the_channel_tells_none() {
        assert_eq!(Next::about(&[task()], Detail::None).title, None);
        assert_eq!(Next::about(&[], Detail::Full), Next::default());
        let long = Task {
            title: "ü".repeat(1000),
            ..task()
        };
        let next = Next::about(&vec![long; 50], Detail::Title);
        assert_eq!(next.title.as_ref().unwrap().chars().count(), 250);
        assert_eq!(next.items.len(), 10);
        assert!(json(&next).len() < 16_000, "too large for attributes");
    }

    #[test]
    fn a_task_is_answered_by_a_word_or_by_json() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let answered = |payload: &str| {
            let answer = command(payload.as_bytes()).map(|it| it.answer(time(8, 0, 0, 0), &zone));
            answer.map(|it| (it.answer, it.until.map(|it| it.to_string())))
        };
        let later = |until: &str| Ok((AnswerKind::Later, Some(until.to_owned())));
        for (payload, said) in [
            ("done", Ok((AnswerKind::Done, None))),
            (" \"not_mine\"\n", Ok((AnswerKind::NotMine, None))),
            (
                r#"{"answer":"done","by":"x"}"#,
                Ok((AnswerKind::Done, None)),
            ),
            (r#"{"answer":"later"}"#, Ok((AnswerKind::Later, None))),
            (
                r#"{"answer":"later","until":"2026-12-01"}"#,
                later("2026-12-01T07:00:00Z"),
            ),
            (
                r#"{"answer":"later","until":"2026-07-01 09:30:00"}"#,
                later("2026-07-01T07:30:00Z"),
            ),
            (
                r#"{"answer":"later","until":"2026-07-01T09:30"}"#,
                later("2026-07-01T07:30:00Z"),
            ),
            (
                r#"{"answer":"later","until":"2026-07-01T09:30:00Z"}"#,
                later("2026-07-01T09:30:00Z"),
            ),
            (
                r#"{"answer":"done","until":"2026-12-01"}"#,
                Ok((AnswerKind::Done, None)),
            ),
            (
                r#"{"answer":"later","until":"soon"}"#,
                Err(NotACommand::Until),
            ),
            (r#"{"answer":"maybe"}"#, Err(NotACommand::Answer)),
            ("", Err(NotACommand::Answer)),
            ("DONE", Err(NotACommand::Answer)),
        ] {
            assert_eq!(answered(payload), said, "{payload}");
        }
    }

    proptest! {
        #[test]
        fn no_payload_makes_the_parser_fall(payload in proptest::collection::vec(any::<u8>(), 0..200)) {
            let understood = command(&payload);
            prop_assert!(understood.is_err() || !payload.is_empty());
        }
    }
}
