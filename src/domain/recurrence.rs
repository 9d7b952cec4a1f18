//! What comes again: a rule of iCalendar (RFC 5545, section 3.3.10), days left out of it, and what
//! households need beside it: *n weeks after it was done*, and moving off weekends and holidays.
//!
//! A [`Rule`] is read from and written as the text that calendars exchange. It knows days only: the
//! hour belongs to the task, so rules of hours and minutes are refused. Our own additions stand
//! beside the rule in a [`Recurrence`], so that the rule's text stays one that every calendar reads.
//!
//! Read in this order: [`text`] reads and writes a rule, [`occurrences`] lists its days, [`words`]
//! says it in a sentence.

pub mod occurrences;
pub mod text;
pub mod words;

use std::num::NonZeroU16;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::deadline::{Period, Region};
use super::document::named;
pub use occurrences::Occurrences;
pub use text::NotARule;

/// In what a rule counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Frequency {
    /// Days.
    Daily,
    /// Weeks, which begin on the rule's first day of the week.
    Weekly,
    /// Months.
    Monthly,
    /// Years.
    Yearly,
}

/// A weekday, or the nth of them within the month or year: `MO`, `2TU`, `-1FR`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NthWeekday {
    /// Counted from the end if negative; `None` means each of them.
    pub nth: Option<i8>,
    /// Which weekday.
    pub weekday: Weekday,
}

/// The last moment of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Until {
    /// This day still counts.
    Day(Date),
    /// Up to this hour on the household's clock.
    Local(DateTime),
    /// Up to this instant; see [`Rule::in_zone`].
    Instant(Timestamp),
}

/// How a rule ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Ends {
    /// Not at all.
    #[default]
    Never,
    /// After so many days.
    After(NonZeroU16),
    /// On a day.
    On(Until),
}

/// A rule of RFC 5545, proven sensible when it was read.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rule {
    frequency: Frequency,
    interval: NonZeroU16,
    ends: Ends,
    /// 1 to 12.
    by_month: Vec<i8>,
    /// ±1 to ±53.
    by_week: Vec<i8>,
    /// ±1 to ±366.
    by_year_day: Vec<i16>,
    /// ±1 to ±31.
    by_month_day: Vec<i8>,
    by_day: Vec<NthWeekday>,
    /// ±1 to ±366: which days of those that are left in a period.
    by_position: Vec<i16>,
    week_start: Weekday,
}

impl Rule {
    /// In what it counts.
    pub const fn frequency(&self) -> Frequency {
        self.frequency
    }

    /// How it ends.
    pub const fn ends(&self) -> Ends {
        self.ends
    }

    /// The same rule with its last instant on the household's clock.
    #[must_use]
    pub fn in_zone(mut self, zone: &TimeZone) -> Self {
        if let Ends::On(Until::Instant(at)) = self.ends {
            self.ends = Ends::On(Until::Local(zone.to_datetime(at)));
        }
        self
    }

    /// Its days from `from` on, where the series began at `start`. `start` itself counts only if the
    /// rule names it; days are those of the calendar up to its end in the year 9999, and a rule that
    /// names none (30 February) ends at once.
    pub fn occurrences_from(&self, start: DateTime, from: Date) -> Occurrences<'_> {
        Occurrences::new(self, start, from)
    }

    /// Whether the rule says nothing about the day within its period, so that the start does.
    fn takes_day_of_start(&self) -> bool {
        self.by_week.is_empty()
            && self.by_year_day.is_empty()
            && self.by_month_day.is_empty()
            && self.by_day.is_empty()
    }
}

named! {
    /// On which days nothing should fall.
    Avoided {
        /// Saturdays and Sundays.
        Weekends = "weekends",
        /// Public holidays of the household's region.
        Holidays = "holidays",
        /// Both.
        DaysOff = "days_off",
    }
}

named! {
    /// What becomes of a day that is avoided.
    Shift {
        /// The last day before it that is not.
        Before = "before",
        /// The next day after it that is not.
        After = "after",
        /// It is left out.
        Skip = "skip",
    }
}

/// Days that are avoided, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Avoid {
    /// Which days.
    pub days: Avoided,
    /// Where to.
    pub shift: Shift,
}

/// What decides the next day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pattern {
    /// A rule of the calendar.
    Rule(Rule),
    /// So long after it was done.
    AfterDone(AfterDone),
}

/// Counted from the day on which it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AfterDone {
    /// How long after.
    pub period: Period,
    /// How often in all; without end if nothing is said.
    #[serde(default)]
    pub times: Option<NonZeroU16>,
    /// No later than this day.
    #[serde(default)]
    pub until: Option<Date>,
}

/// What comes again, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recurrence {
    /// What decides the next day.
    pub pattern: Pattern,
    /// Days of the rule that do not happen (EXDATE), as the rule names them.
    #[serde(default)]
    pub except: Vec<Date>,
    /// Days on which nothing should fall.
    #[serde(default)]
    pub avoid: Option<Avoid>,
}

/// One day of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Occurrence {
    /// As the rule names it: its identity within the series.
    pub planned: Date,
    /// Where it came to lie.
    pub day: Date,
}

/// The instance of a series that was last made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Last {
    /// When the series began, with the hour of its tasks.
    pub start: DateTime,
    /// The instance, as the rule names it.
    pub planned: Date,
    /// How many there have been, this one included.
    pub number: u32,
}

/// Days off in a row that are passed over, at most: none is longer in any region.
const DAYS_OFF_MAX: usize = 31;

impl Recurrence {
    /// A rule without exceptions.
    pub const fn of(rule: Rule) -> Self {
        Self {
            pattern: Pattern::Rule(rule),
            except: Vec::new(),
            avoid: None,
        }
    }

    /// Without one of its days: that instance was left out, or edited on its own.
    #[must_use]
    pub fn without(mut self, planned: Date) -> Self {
        if !self.except.contains(&planned) {
            self.except.push(planned);
        }
        self
    }

    /// Up to this day, however it ended before: a series that is edited from some day on ends before
    /// it, and the edited one begins there.
    #[must_use]
    pub fn ending_on(mut self, last: Date) -> Self {
        match &mut self.pattern {
            Pattern::Rule(rule) => rule.ends = Ends::On(Until::Day(last)),
            Pattern::AfterDone(after) => after.until = Some(last),
        }
        self
    }

    /// The days from `from` on (by their planned day) of a series that began at `start`. What is
    /// counted from its being done names only its first day.
    pub fn occurrences_from<'a>(
        &'a self,
        start: DateTime,
        from: Date,
        region: &'a Region,
    ) -> impl Iterator<Item = Occurrence> + 'a {
        let (rule, first) = match &self.pattern {
            Pattern::Rule(rule) => (Some(rule.occurrences_from(start, from)), None),
            Pattern::AfterDone(_) => (None, Some(start.date()).filter(|it| *it >= from)),
        };
        let planned = rule.into_iter().flatten().chain(first);
        let mut last = None;
        planned
            .filter(|it| !self.except.contains(it))
            .filter_map(|planned| {
                let day = self.moved(planned, region)?;
                Some(Occurrence { planned, day })
            })
            // Saturday and Sunday that both move to Monday are one.
            .filter(move |it| last.replace(it.day).is_none_or(|before| before < it.day))
    }

    /// The instance to make when the last one was done (or given up) on `done_on`. Days that were
    /// missed meanwhile are left out: nobody takes last month's bin out. `None` when the series has
    /// ended.
    pub fn next(&self, last: Last, done_on: Date, region: &Region) -> Option<Occurrence> {
        match &self.pattern {
            Pattern::Rule(_) => {
                let from = last.planned.tomorrow().ok()?;
                let last_day = self.moved(last.planned, region).unwrap_or(last.planned);
                self.occurrences_from(last.start, from, region)
                    .find(|it| it.day >= done_on && it.day > last_day)
            }
            Pattern::AfterDone(after) => {
                let planned = after.period.after(done_on, region)?;
                let day = self.moved(planned, region).unwrap_or(planned);
                let over = after
                    .times
                    .is_some_and(|it| last.number >= u32::from(it.get()))
                    || after.until.is_some_and(|it| planned > it);
                (!over).then_some(Occurrence { planned, day })
            }
        }
    }

    /// Where a planned day comes to lie; `None` if it is left out.
    fn moved(&self, planned: Date, region: &Region) -> Option<Date> {
        let Some(avoid) = self.avoid else {
            return Some(planned);
        };
        let is_avoided = |day: Date| match avoid.days {
            Avoided::Weekends => is_weekend(day),
            Avoided::Holidays => region.is_holiday(day),
            Avoided::DaysOff => !region.is_working_day(day),
        };
        let step = match avoid.shift {
            Shift::Skip => return (!is_avoided(planned)).then_some(planned),
            Shift::Before => Date::yesterday,
            Shift::After => Date::tomorrow,
        };
        let mut day = planned;
        for _ in 0..DAYS_OFF_MAX {
            if !is_avoided(day) {
                return Some(day);
            }
            day = step(day).ok()?;
        }
        Some(planned)
    }
}

fn is_weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::deadline::Unit;
    use super::*;

    fn rule(text: &str) -> Rule {
        text.parse().unwrap()
    }

    fn days(recurrence: &Recurrence, start: Date, region: &str) -> Vec<String> {
        let region = Region::new(region);
        let start = start.to_datetime(jiff::civil::time(19, 0, 0, 0));
        recurrence
            .occurrences_from(start, start.date(), &region)
            .take(4)
            .map(|it| it.day.to_string())
            .collect()
    }

    #[test]
    fn a_bin_day_moves_off_a_holiday() {
        let mut bin = Recurrence::of(rule("FREQ=WEEKLY;BYDAY=FR"));
        bin.avoid = Some(Avoid {
            days: Avoided::Holidays,
            shift: Shift::After,
        });
        // 3 April 2026 is Good Friday, 1 May a holiday too.
        assert_eq!(
            days(&bin, date(2026, 3, 27), "DE"),
            ["2026-03-27", "2026-04-04", "2026-04-10", "2026-04-17"]
        );
        bin.avoid = Some(Avoid {
            days: Avoided::DaysOff,
            shift: Shift::Before,
        });
        assert_eq!(days(&bin, date(2026, 3, 27), "DE")[1], "2026-04-02");
        bin.avoid = Some(Avoid {
            days: Avoided::DaysOff,
            shift: Shift::Skip,
        });
        assert_eq!(days(&bin, date(2026, 3, 27), "DE")[1], "2026-04-10");
    }

    #[test]
    fn days_that_meet_by_moving_are_one() {
        let mut daily = Recurrence::of(rule("FREQ=DAILY"));
        daily.avoid = Some(Avoid {
            days: Avoided::Weekends,
            shift: Shift::After,
        });
        assert_eq!(
            days(&daily, date(2026, 3, 6), "DE"),
            ["2026-03-06", "2026-03-09", "2026-03-10", "2026-03-11"]
        );
        daily.avoid = Some(Avoid {
            days: Avoided::Weekends,
            shift: Shift::Before,
        });
        assert_eq!(
            days(&daily, date(2026, 3, 6), "DE"),
            ["2026-03-06", "2026-03-09", "2026-03-10", "2026-03-11"]
        );
    }

    #[test]
    fn exceptions_do_not_happen() {
        let mut monthly = Recurrence::of(rule("FREQ=MONTHLY;BYMONTHDAY=1"));
        monthly.except = vec![date(2026, 4, 1)];
        assert_eq!(
            days(&monthly, date(2026, 3, 1), "DE"),
            ["2026-03-01", "2026-05-01", "2026-06-01", "2026-07-01"]
        );
    }

    #[test]
    fn a_single_instance_or_the_rest_of_a_series_is_edited() {
        let weekly = Recurrence::of(rule("FREQ=WEEKLY;COUNT=20"));
        let single = weekly.clone().without(date(2026, 3, 10));
        assert_eq!(
            days(&single, date(2026, 3, 3), "DE")[..2],
            ["2026-03-03", "2026-03-17"]
        );
        assert_eq!(single.clone().without(date(2026, 3, 10)), single);
        let ended = weekly.ending_on(date(2026, 3, 16));
        assert_eq!(
            days(&ended, date(2026, 3, 3), "DE"),
            ["2026-03-03", "2026-03-10"]
        );
        let after = AfterDone {
            period: Period::weeks(1),
            times: None,
            until: None,
        };
        let after = Recurrence {
            pattern: Pattern::AfterDone(after),
            ..ended
        };
        let last = Last {
            start: date(2026, 3, 3).at(0, 0, 0, 0),
            planned: date(2026, 3, 3),
            number: 1,
        };
        let ended = after.ending_on(date(2026, 3, 16));
        let next = |done| ended.next(last, done, &Region::new("DE"));
        assert!(next(date(2026, 3, 9)).is_some() && next(date(2026, 3, 10)).is_none());
    }

    #[test]
    fn the_next_instance_leaves_out_what_was_missed() {
        let weekly = Recurrence::of(rule("FREQ=WEEKLY;BYDAY=TU;UNTIL=20260407"));
        let region = Region::new("DE");
        let last = Last {
            start: date(2026, 3, 3).at(19, 0, 0, 0),
            planned: date(2026, 3, 3),
            number: 1,
        };
        let next = |done: Date| weekly.next(last, done, &region).map(|it| it.day);
        // Early, on the day, two weeks late, on a later bin day, and when the series is over.
        assert_eq!(next(date(2026, 3, 2)), Some(date(2026, 3, 10)));
        assert_eq!(next(date(2026, 3, 3)), Some(date(2026, 3, 10)));
        assert_eq!(next(date(2026, 3, 19)), Some(date(2026, 3, 24)));
        assert_eq!(next(date(2026, 3, 24)), Some(date(2026, 3, 24)));
        assert_eq!(next(date(2026, 4, 8)), None);
    }

    #[test]
    fn what_counts_from_its_being_done_waits_for_that() {
        let filter = Recurrence {
            pattern: Pattern::AfterDone(AfterDone {
                period: Period::weeks(3),
                times: NonZeroU16::new(2),
                until: None,
            }),
            except: Vec::new(),
            avoid: Some(Avoid {
                days: Avoided::DaysOff,
                shift: Shift::After,
            }),
        };
        let region = Region::new("DE");
        let mut last = Last {
            start: date(2026, 3, 3).at(0, 0, 0, 0),
            planned: date(2026, 3, 3),
            number: 1,
        };
        // Done on Friday 13 March: Good Friday 3 April, Easter, so Tuesday 7 April.
        let next = filter.next(last, date(2026, 3, 13), &region).unwrap();
        assert_eq!(
            (next.planned, next.day),
            (date(2026, 4, 3), date(2026, 4, 7))
        );
        last.number = 2;
        assert_eq!(filter.next(last, date(2026, 3, 13), &region), None);
        let working = AfterDone {
            period: Period {
                count: 2,
                unit: Unit::WorkingDay,
            },
            times: None,
            until: Some(date(2026, 3, 16)),
        };
        let working = Recurrence {
            pattern: Pattern::AfterDone(working),
            except: Vec::new(),
            avoid: None,
        };
        let next = |done| working.next(last, done, &region).map(|it| it.day);
        assert_eq!(next(date(2026, 3, 12)), Some(date(2026, 3, 16)));
        assert_eq!(next(date(2026, 3, 13)), None);
    }

    #[test]
    fn a_recurrence_survives_json_and_keeps_the_rule_as_calendars_write_it() {
        let mut bin = Recurrence::of(rule("FREQ=WEEKLY;BYDAY=TU"));
        bin.except.push(date(2026, 12, 29));
        bin.avoid = Some(Avoid {
            days: Avoided::Holidays,
            shift: Shift::After,
        });
        let json = serde_json::to_string(&bin).unwrap();
        assert_eq!(
            json,
            r#"{"pattern":{"rule":"FREQ=WEEKLY;BYDAY=TU"},"except":["2026-12-29"],"avoid":{"days":"holidays","shift":"after"}}"#
        );
        assert_eq!(serde_json::from_str::<Recurrence>(&json).unwrap(), bin);
    }
}
