//! When somebody is told about a task: a ladder of moments, planned purely from the task.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::document::named;
use super::id::{ReminderId, TaskId};
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

/// One moment of a ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rung {
    /// Days before the due day; negative is after it.
    pub days_before: i32,
    /// How loud.
    pub level: Level,
}

/// The moments at which a task is spoken about, at one hour of the day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ladder {
    rungs: Vec<Rung>,
    /// At this hour in the household's zone.
    pub morning: Time,
}

/// Days after the due day on which an unanswered task is still spoken about daily.
const OVERDUE_DAYS: i32 = 30;

impl Ladder {
    /// 7 days before (info), 2 days (warning), 1 day (urgent), on the day (urgent), and each day
    /// after it (overdue) for 30 days.
    pub fn standard(morning: Time) -> Self {
        let mut rungs = vec![
            Rung {
                days_before: 7,
                level: Level::Info,
            },
            Rung {
                days_before: 2,
                level: Level::Warning,
            },
            Rung {
                days_before: 1,
                level: Level::Urgent,
            },
            Rung {
                days_before: 0,
                level: Level::Urgent,
            },
        ];
        let overdue = (1..=OVERDUE_DAYS).map(|day| Rung {
            days_before: -day,
            level: Level::Overdue,
        });
        rungs.extend(overdue);
        Self { rungs, morning }
    }

    /// From the earliest to the latest.
    pub fn rungs(&self) -> &[Rung] {
        &self.rungs
    }
}

/// A moment that a plan holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// Names the moment within its task, so that planning twice plans the same: days before the due
    /// day for a rung, milliseconds for a moment that a person chose or put off to.
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
    let mut moments = Vec::with_capacity(ladder.rungs.len());
    for rung in &ladder.rungs {
        // A right that has ended is over; nobody is nagged about it.
        if task.optional && rung.days_before < 0 {
            continue;
        }
        let span: Span = rung.days_before.days();
        let Ok(day) = due.checked_sub(span) else {
            continue;
        };
        // In the hour that a change to summer time leaves out, `to_zoned` moves forward.
        let Ok(at) = day.to_datetime(ladder.morning).to_zoned(zone.clone()) else {
            continue;
        };
        let slot = format!("{due}/{}", rung.days_before);
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
    fn what_is_answered_or_has_no_day_is_not_spoken_of() {
        let mut done = task(Some(date(2026, 3, 18)), "2026-03-01T10:00:00Z");
        done.status = Status::Done;
        assert!(planned(&done).is_empty());
        assert!(planned(&task(None, "2026-03-01T10:00:00Z")).is_empty());
    }
}
