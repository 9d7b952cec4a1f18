//! Hours of the day on the household's clock: quiet ones, and the next time that a clock shows one.

use jiff::civil::Time;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::priority::Priority;

/// Quiet mode, in which nobody is told anything in person, ends by itself after so long: forgotten, it
/// must not swallow a deadline.
pub const QUIET_MODE: SignedDuration = SignedDuration::from_hours(24);

/// Hours in which a person is left in peace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quiet {
    /// From this hour on.
    pub from: Time,
    /// Up to this hour, of the next day where it lies before `from`; the same hour means never.
    pub until: Time,
    /// From this priority on peace is broken; never if nothing is said.
    #[serde(default)]
    pub broken_by: Option<Priority>,
}

impl Quiet {
    /// Whether it is quiet at `at`.
    pub fn holds(&self, at: Timestamp, zone: &TimeZone) -> bool {
        let shown = zone.to_datetime(at).time();
        if self.from <= self.until {
            self.from <= shown && shown < self.until
        } else {
            self.from <= shown || shown < self.until
        }
    }

    /// Whether a task of this priority waits.
    pub fn holds_back(&self, priority: Priority) -> bool {
        self.broken_by.is_none_or(|it| priority < it)
    }

    /// `at`, or the end of the quiet hours in which it lies.
    pub fn after(&self, at: Timestamp, zone: &TimeZone) -> Timestamp {
        if self.holds(at, zone) {
            next_showing(at, self.until, zone)
        } else {
            at
        }
    }
}

/// The first instant from `at` on at which a clock in `zone` shows `time`. Where summer time leaves
/// the hour out, it is the instant of the change; where winter time shows it twice, each counts.
pub fn next_showing(at: Timestamp, time: Time, zone: &TimeZone) -> Timestamp {
    let mut day = zone.to_datetime(at).date();
    // An hour that comes on every day comes within two.
    for _ in 0..3 {
        let shown = zone.to_ambiguous_timestamp(day.to_datetime(time));
        let (first, second) = match shown.offset() {
            AmbiguousOffset::Gap { .. } => {
                let before = shown.earlier().ok();
                let change = before.and_then(|it| zone.following(it).next());
                (change.map(|it| it.timestamp()), None)
            }
            AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => {
                let second = zone.to_ambiguous_timestamp(day.to_datetime(time)).later();
                (shown.earlier().ok(), second.ok())
            }
        };
        let found = [first, second].into_iter().flatten().find(|it| *it >= at);
        if let Some(found) = found {
            return found;
        }
        day = day.saturating_add(1.day());
    }
    at
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;

    use super::*;

    fn berlin() -> TimeZone {
        TimeZone::get("Europe/Berlin").unwrap()
    }

    fn next(at: &str, hour: i8, minute: i8) -> String {
        let at: Timestamp = at.parse().unwrap();
        next_showing(at, time(hour, minute, 0, 0), &berlin()).to_string()
    }

    #[test]
    fn an_hour_is_shown_on_each_day_also_when_the_clocks_change() {
        assert_eq!(next("2026-03-02T06:59:00Z", 8, 0), "2026-03-02T07:00:00Z");
        assert_eq!(next("2026-03-02T07:00:00Z", 8, 0), "2026-03-02T07:00:00Z");
        assert_eq!(next("2026-03-02T07:00:01Z", 8, 0), "2026-03-03T07:00:00Z");
        // On 29 March 2026 two o'clock is three o'clock.
        assert_eq!(next("2026-03-29T00:10:00Z", 2, 30), "2026-03-29T01:00:00Z");
        assert_eq!(next("2026-03-29T01:00:01Z", 2, 30), "2026-03-30T00:30:00Z");
        // On 25 October half past two comes twice.
        assert_eq!(next("2026-10-25T00:00:00Z", 2, 30), "2026-10-25T00:30:00Z");
        assert_eq!(next("2026-10-25T00:31:00Z", 2, 30), "2026-10-25T01:30:00Z");
        assert_eq!(next("2026-10-25T01:31:00Z", 2, 30), "2026-10-26T01:30:00Z");
    }

    #[test]
    fn a_quiet_night_goes_over_midnight() {
        let quiet = Quiet {
            from: time(22, 0, 0, 0),
            until: time(7, 0, 0, 0),
            broken_by: Some(Priority::Critical),
        };
        let after = |at: &str| quiet.after(at.parse().unwrap(), &berlin()).to_string();
        assert_eq!(after("2026-03-02T20:59:59Z"), "2026-03-02T20:59:59Z");
        assert_eq!(after("2026-03-02T21:00:00Z"), "2026-03-03T06:00:00Z");
        assert_eq!(after("2026-03-03T05:59:00Z"), "2026-03-03T06:00:00Z");
        assert_eq!(after("2026-03-03T06:00:00Z"), "2026-03-03T06:00:00Z");
        assert!(quiet.holds_back(Priority::High) && !quiet.holds_back(Priority::Critical));
        let never = Quiet {
            until: quiet.from,
            ..quiet
        };
        assert!(!never.holds("2026-03-02T21:00:00Z".parse().unwrap(), &berlin()));
    }

    #[test]
    fn the_end_of_the_quiet_is_the_first_moment_without_it() {
        let quiet = Quiet {
            from: time(23, 30, 0, 0),
            until: time(2, 30, 0, 0),
            broken_by: None,
        };
        for start in ["2026-03-28T12:00:00Z", "2026-10-24T12:00:00Z"] {
            let mut at: Timestamp = start.parse().unwrap();
            for _ in 0..24 * 60 {
                let mut first = at;
                while quiet.holds(first, &berlin()) {
                    first += 1.minute();
                }
                assert_eq!(quiet.after(at, &berlin()), first, "{at}");
                at += 1.minute();
            }
        }
    }
}
