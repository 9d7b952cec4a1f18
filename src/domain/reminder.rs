//! When somebody is told about a task: a ladder of moments, planned purely from the task.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::document::named;
use super::id::{ReminderId, TaskId};
pub use super::ladder::{Ladder, Rung};
use super::task::{Status, Task};

named! {
    /// How loud.
    Level {
        /// Good to know.
        Info = "info",
        /// Soon.
        Warning = "warning",
        /// Now.
        Urgent = "urgent",
        /// Too late.
        Overdue = "overdue",
    }
}

/// A moment that a plan holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Names the moment within its task, so that planning twice plans the same: days before the due
    /// day (and its own hour) for a rung, milliseconds for a moment that a person chose or put off to.
    pub slot: String,
    /// When.
    pub at: Timestamp,
    /// How loud.
    pub level: Level,
}

named! {
    /// What became of a reminder.
    ReminderState {
        /// Its moment has not come.
        Planned = "planned",
        /// Its deliveries exist.
        Said = "said",
        /// It was answered, moved or overtaken before its moment.
        Lapsed = "lapsed",
    }
}

/// A planned moment to speak about a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reminder {
    /// Its id.
    pub id: ReminderId,
    /// About which task.
    pub task: TaskId,
    /// Names the moment within the task.
    pub slot: String,
    /// When.
    pub at: Timestamp,
    /// How loud.
    pub level: Level,
    /// What became of it.
    pub state: ReminderState,
}

/// The reminders `task` needs. Planning twice from the same state plans the same reminders, so the
/// store may upsert them by task and slot.
///
/// Moments before the task was made are left out, but for the latest of them: a letter that arrives
/// five days before its due day is spoken about at once. A task that arrived late has no ladder.
pub fn plan(task: &Task, ladder: &Ladder, zone: &TimeZone) -> Vec<Planned> {
    if task.status != Status::Open {
        return Vec::new();
    }
    let mut moments = ladder_moments(task, ladder, zone);
    if let Some(missed) = moments.iter().rposition(|it| it.at < task.created_at) {
        moments.drain(..missed);
    }
    for at in &task.remind_at {
        let slot = format!("at{}", at.as_millisecond());
        moments.push(Planned {
            slot,
            at: *at,
            level: Level::Warning,
        });
    }
    if let Some(until) = task.later_until {
        moments.retain(|it| it.at > until);
        let slot = format!("later{}", until.as_millisecond());
        let level = moments.first().map_or(Level::Warning, |it| it.level);
        moments.push(Planned {
            slot,
            at: until,
            level,
        });
    }
    moments.sort_by_key(|it| it.at);
    moments
}

fn ladder_moments(task: &Task, ladder: &Ladder, zone: &TimeZone) -> Vec<Planned> {
    let Some(due) = task.remind_by() else {
        return Vec::new();
    };
    if task.arrived_late {
        return Vec::new();
    }
    let mut moments = Vec::with_capacity(ladder.rungs().len());
    for rung in ladder.rungs() {
        // A right that has ended is over; nobody is nagged about it.
        if task.optional && rung.days_before < 0 {
            continue;
        }
        let span: Span = rung.days_before.days();
        let Ok(day) = due.checked_sub(span) else {
            continue;
        };
        // Before it begins nobody needs to hear of it; a day that begins too late begins nothing.
        if task.start.is_some_and(|it| day < it && it <= due) {
            continue;
        }
        // In the hour that a change to summer time leaves out, `to_zoned` moves forward.
        let hour = rung.hour.unwrap_or(ladder.morning);
        let Ok(at) = day.to_datetime(hour).to_zoned(zone.clone()) else {
            continue;
        };
        let own_hour = rung.hour.map_or_else(String::new, |it| format!("@{it}"));
        let slot = format!("{due}/{}{own_hour}", rung.days_before);
        moments.push(Planned {
            slot,
            at: at.timestamp(),
            level: rung.level,
        });
    }
    moments
}

/// The morning of the day on which `now` lies; `None` only at the ends of time.
pub fn morning_of(now: Timestamp, morning: Time, zone: &TimeZone) -> Option<Timestamp> {
    let today = now.to_zoned(zone.clone()).date();
    let at = today.to_datetime(morning).to_zoned(zone.clone()).ok()?;
    Some(at.timestamp())
}

/// Until when somebody wants to hear no more about a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Snooze {
    /// In three hours, on the full quarter; the next morning where that is late in the evening.
    LaterToday,
    /// The next morning.
    TomorrowMorning,
    /// A moment that somebody chose.
    Until(Timestamp),
}

/// Hours that *later today* puts off.
const LATER_HOURS: i32 = 3;
/// *Later today* is not after this hour.
const EVENING: Time = Time::constant(21, 0, 0, 0);
/// Milliseconds of a quarter of an hour.
const QUARTER: i64 = 15 * 60 * 1000;

impl Snooze {
    /// The moment to speak again; never before `now`.
    pub fn until(self, now: Timestamp, morning: Time, zone: &TimeZone) -> Timestamp {
        match self {
            Self::TomorrowMorning => next_morning(now, morning, zone),
            Self::Until(at) => at.max(now),
            Self::LaterToday => {
                let later = now.saturating_add(LATER_HOURS.hours()).unwrap_or(now);
                let quarters = (later.as_millisecond() + QUARTER - 1).div_euclid(QUARTER);
                let later = Timestamp::from_millisecond(quarters.saturating_mul(QUARTER));
                let is_today = |it: &Timestamp| {
                    let (today, then) = (zone.to_datetime(now), zone.to_datetime(*it));
                    then.date() == today.date() && then.time() <= EVENING
                };
                later
                    .ok()
                    .filter(is_today)
                    .unwrap_or_else(|| next_morning(now, morning, zone))
            }
        }
    }
}

/// The first morning after `now`: until when "later" puts off if nobody says until when.
pub fn next_morning(now: Timestamp, morning: Time, zone: &TimeZone) -> Timestamp {
    let tomorrow = now.to_zoned(zone.clone()).date().saturating_add(1.days());
    match (
        morning_of(now, morning, zone),
        tomorrow.to_datetime(morning).to_zoned(zone.clone()),
    ) {
        (Some(today), _) if today > now => today,
        (_, Ok(tomorrow)) => tomorrow.timestamp(),
        (_, Err(_)) => now,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};

    use super::*;

    fn task(due: Option<jiff::civil::Date>, created: &str) -> Task {
        let created_at: Timestamp = created.parse().unwrap();
        let mut task = Task::new(TaskId::new(created_at, 1), "Pay".to_owned(), created_at);
        task.due = due;
        task
    }

    fn berlin() -> TimeZone {
        TimeZone::get("Europe/Berlin").unwrap()
    }

    fn planned(task: &Task) -> Vec<String> {
        let ladder = Ladder::standard(time(8, 0, 0, 0));
        let plan = plan(task, &ladder, &berlin());
        plan.iter()
            .take(5)
            .map(|it| format!("{} {}", it.at, it.level))
            .collect()
    }

    #[test]
    fn a_task_is_spoken_of_seven_two_and_one_days_before_and_on_the_day() {
        let task = task(Some(date(2026, 3, 18)), "2026-03-01T10:00:00Z");
        assert_eq!(
            planned(&task),
            [
                "2026-03-11T07:00:00Z info",
                "2026-03-16T07:00:00Z warning",
                "2026-03-17T07:00:00Z urgent",
                "2026-03-18T07:00:00Z urgent",
                "2026-03-19T07:00:00Z overdue",
            ]
        );
    }

    #[test]
    fn the_morning_stays_the_morning_when_summer_time_begins_and_ends() {
        let spring = task(Some(date(2026, 3, 30)), "2026-03-28T10:00:00Z");
        assert_eq!(
            planned(&spring)[1..3],
            ["2026-03-29T06:00:00Z urgent", "2026-03-30T06:00:00Z urgent"]
        );
        let autumn = task(Some(date(2026, 10, 26)), "2026-10-24T10:00:00Z");
        assert_eq!(
            planned(&autumn)[1..3],
            ["2026-10-25T07:00:00Z urgent", "2026-10-26T07:00:00Z urgent"]
        );
    }

    #[test]
    fn a_letter_that_comes_late_in_its_ladder_is_spoken_of_once_at_once() {
        let task = task(Some(date(2026, 3, 18)), "2026-03-16T12:00:00Z");
        assert_eq!(
            planned(&task)[..2],
            [
                "2026-03-16T07:00:00Z warning",
                "2026-03-17T07:00:00Z urgent"
            ]
        );
    }

    #[test]
    fn putting_off_silences_all_until_then() {
        let mut task = task(Some(date(2026, 3, 18)), "2026-03-01T10:00:00Z");
        task.later_until = Some("2026-03-17T16:00:00Z".parse().unwrap());
        assert_eq!(
            planned(&task)[..2],
            ["2026-03-17T16:00:00Z urgent", "2026-03-18T07:00:00Z urgent"]
        );
    }

    #[test]
    fn later_today_is_not_at_night() {
        let until = |now: &str| {
            let now = now.parse().unwrap();
            let until = Snooze::LaterToday.until(now, time(8, 0, 0, 0), &berlin());
            until.to_string()
        };
        assert_eq!(until("2026-03-02T09:07:00Z"), "2026-03-02T12:15:00Z");
        assert_eq!(until("2026-03-02T18:30:00Z"), "2026-03-03T07:00:00Z");
        assert_eq!(until("2026-03-02T01:30:00Z"), "2026-03-02T04:30:00Z");
        let now = "2026-03-02T09:07:00Z".parse().unwrap();
        let past = Snooze::Until("2026-03-01T09:07:00Z".parse().unwrap());
        assert_eq!(past.until(now, time(8, 0, 0, 0), &berlin()), now);
    }

    #[test]
    fn what_is_answered_or_has_no_day_is_not_spoken_of() {
        let mut done = task(Some(date(2026, 3, 18)), "2026-03-01T10:00:00Z");
        done.status = Status::Done;
        assert!(planned(&done).is_empty());
        assert!(planned(&task(None, "2026-03-01T10:00:00Z")).is_empty());
    }
}
