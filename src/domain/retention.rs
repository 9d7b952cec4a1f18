//! Which backups are kept, and when the next one is made.

use std::collections::BTreeSet;

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::hours::next_showing;

/// The day on which the period of a day begins.
type Period = fn(Date) -> Date;

/// How many backups are kept: the last one of each of so many days, ISO weeks and months on which one
/// was made. The newest is always kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keep {
    /// Days.
    pub daily: u32,
    /// Weeks (ISO 8601, from Monday).
    pub weekly: u32,
    /// Months.
    pub monthly: u32,
}

impl Keep {
    /// The moments among `made` whose backups are kept.
    pub fn among(self, made: &[Timestamp], zone: &TimeZone) -> BTreeSet<Timestamp> {
        let mut newest_first = made.to_vec();
        newest_first.sort_unstable_by(|one, other| other.cmp(one));
        let mut kept: BTreeSet<Timestamp> = newest_first.first().copied().into_iter().collect();
        let rules: [(u32, Period); 3] = [
            (self.daily, |day| day),
            (self.weekly, |day| {
                day.iso_week_date().first_of_week().map_or(day, Date::from)
            }),
            (self.monthly, Date::first_of_month),
        ];
        for (count, period) in rules {
            let mut seen = BTreeSet::new();
            for at in &newest_first {
                let begins = period(zone.to_datetime(*at).date());
                if seen.len() >= usize::try_from(count).unwrap_or(usize::MAX) {
                    break;
                }
                if seen.insert(begins) {
                    kept.insert(*at);
                }
            }
        }
        kept
    }
}

/// When the next backup is made, `last` being when the last one was begun: at the next hour of `at`, or
/// at once where the last such hour has passed without one. A `last` that lies ahead was written by a
/// clock that was wrong, and counts as none.
pub fn next_backup(
    last: Option<Timestamp>,
    now: Timestamp,
    at: Time,
    zone: &TimeZone,
) -> Timestamp {
    match last.filter(|it| *it <= now) {
        None => now,
        // The hour itself belongs to the backup that it began.
        Some(last) => next_showing(last + SignedDuration::from_secs(1), at, zone),
    }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use jiff::civil::{date, time};

    use super::*;

    fn berlin() -> TimeZone {
        TimeZone::get("Europe/Berlin").unwrap()
    }

    fn nights(from: Date, count: i64) -> Vec<Timestamp> {
        let night = |number: i64| {
            let day = from.checked_add(number.days()).unwrap();
            day.at(3, 30, 0, 0).to_zoned(berlin()).unwrap().timestamp()
        };
        (0..count).map(night).collect()
    }

    fn days(kept: &BTreeSet<Timestamp>) -> Vec<String> {
        let day = |at: &Timestamp| berlin().to_datetime(*at).date().to_string();
        kept.iter().map(day).collect()
    }

    #[test]
    fn a_week_of_days_a_month_of_weeks_and_a_year_of_months_are_kept() {
        let keep = Keep {
            daily: 3,
            weekly: 2,
            monthly: 3,
        };
        // The last night is Wednesday, the 15th of April.
        let made = nights(date(2026, 1, 1), 105);
        let kept = keep.among(&made, &berlin());
        assert_eq!(
            days(&kept),
            [
                "2026-02-28", // the last one of February
                "2026-03-31", // the last one of March
                "2026-04-12", // Sunday, the last one of the week before
                "2026-04-13",
                "2026-04-14",
                "2026-04-15",
            ]
        );
    }

    #[test]
    fn the_newest_is_kept_whatever_is_configured() {
        let nothing = Keep {
            daily: 0,
            weekly: 0,
            monthly: 0,
        };
        let made = nights(date(2026, 1, 1), 3);
        assert_eq!(days(&nothing.among(&made, &berlin())), ["2026-01-03"]);
        assert!(nothing.among(&[], &berlin()).is_empty());
    }

    #[test]
    fn a_backup_is_made_each_night_and_a_missed_one_at_once() {
        let at = time(3, 30, 0, 0);
        let moment = |text: &str| {
            let local: jiff::civil::DateTime = text.parse().unwrap();
            local.to_zoned(berlin()).unwrap().timestamp()
        };
        let next = |last: Option<&str>, now: &str| {
            next_backup(last.map(moment), moment(now), at, &berlin())
        };
        let now = "2026-03-10T12:00";
        assert_eq!(next(None, now), moment(now), "there is none");
        let tonight = moment("2026-03-11T03:30");
        assert_eq!(next(Some("2026-03-10T03:30"), now), tonight);
        assert_eq!(next(Some("2026-03-10T11:00"), now), tonight, "made by hand");
        let missed = next(Some("2026-03-08T03:30"), now);
        assert!(missed < moment(now), "the machine was off");
        assert_eq!(
            next(Some("2027-01-01T00:00"), now),
            moment(now),
            "a wrong clock"
        );
    }
}
