//! The days that a rule names, one after the other.
//!
//! A rule goes from period to period (day, week, month, year); the days of each are filtered by what
//! the rule says, then chosen by their position. The calendar repeats itself after 400 years, so a
//! rule that named no day for as many periods as that has will never name one.

use std::collections::VecDeque;

use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Weekday};

use super::text::last_moment;
use super::{Ends, Frequency, NthWeekday, Rule};

/// The days of a rule; see [`Rule::occurrences_from`].
#[derive(Clone, Debug)]
pub struct Occurrences<'a> {
    rule: &'a Rule,
    start: DateTime,
    /// Days before it are counted and not named.
    from: Date,
    /// The first day of the period that is looked at next; `None` at the end of the calendar.
    period: Option<Date>,
    /// Days of the last period that were not named yet.
    waiting: VecDeque<Date>,
    /// How many days may still be named, where the rule counts them.
    left: Option<u16>,
    /// Periods in a row without a day.
    empty: u32,
}

impl<'a> Occurrences<'a> {
    pub(super) fn new(rule: &'a Rule, start: DateTime, from: Date) -> Self {
        let first = rule.period_of(start.date());
        let (period, left) = match rule.ends {
            Ends::After(count) => (first, Some(count.get())),
            Ends::Never | Ends::On(_) => (rule.period_before(first, from), None),
        };
        Self {
            rule,
            start,
            from,
            period: Some(period),
            waiting: VecDeque::new(),
            left,
            empty: 0,
        }
    }

    /// Takes the next day off those that wait; `None` when the rule has ended.
    fn take(&mut self, day: Date) -> Option<Date> {
        if let Ends::On(until) = self.rule.ends
            && day.to_datetime(self.start.time()) > last_moment(until)
        {
            return None;
        }
        if let Some(left) = &mut self.left {
            *left = left.checked_sub(1)?;
        }
        Some(day)
    }
}

impl Iterator for Occurrences<'_> {
    type Item = Date;

    fn next(&mut self) -> Option<Date> {
        loop {
            while let Some(day) = self.waiting.pop_front() {
                let Some(day) = self.take(day) else {
                    self.waiting.clear();
                    self.period = None;
                    return None;
                };
                if day >= self.from {
                    return Some(day);
                }
            }
            let period = self.period?;
            let start = self.start.date();
            self.waiting = self.rule.days_of(period, start);
            self.waiting.retain(|it| *it >= start);
            self.empty = if self.waiting.is_empty() {
                self.empty + 1
            } else {
                0
            };
            let is_hopeless = self.empty > self.rule.frequency.periods_in_cycle();
            self.period = if is_hopeless {
                None
            } else {
                self.rule.after(period)
            };
        }
    }
}

impl Frequency {
    /// How many periods there are in 400 years, after which the calendar repeats itself.
    const fn periods_in_cycle(self) -> u32 {
        match self {
            Self::Daily => 146_097,
            Self::Weekly => 20_871,
            Self::Monthly => 4_800,
            Self::Yearly => 400,
        }
    }
}

impl Rule {
    /// The first day of the period in which `day` lies.
    fn period_of(&self, day: Date) -> Date {
        match self.frequency {
            Frequency::Daily => day,
            Frequency::Weekly => week_of(day, self.week_start),
            Frequency::Monthly => day.first_of_month(),
            Frequency::Yearly => day.first_of_year(),
        }
    }

    /// The last period of the rule, which began with `first`, that does not begin after `day`.
    fn period_before(&self, first: Date, day: Date) -> Date {
        if day <= first {
            return first;
        }
        let months = |it: Date| i32::from(it.year()) * 12 + i32::from(it.month());
        let interval = i32::from(self.interval.get());
        let units = match self.frequency {
            Frequency::Daily => days_between(first, day),
            Frequency::Weekly => days_between(first, day) / 7,
            Frequency::Monthly => months(day) - months(first),
            Frequency::Yearly => i32::from(day.year()) - i32::from(first.year()),
        };
        self.moved(first, units / interval * interval)
            .unwrap_or(first)
    }

    /// The period after the one that begins with `period`.
    fn after(&self, period: Date) -> Option<Date> {
        self.moved(period, i32::from(self.interval.get()))
    }

    fn moved(&self, period: Date, units: i32) -> Option<Date> {
        let span = match self.frequency {
            Frequency::Daily => units.days(),
            Frequency::Weekly => units.weeks(),
            Frequency::Monthly => units.months(),
            Frequency::Yearly => units.years(),
        };
        period.checked_add(span).ok()
    }

    /// The days of a period that the rule names, for a series that began on `start`.
    fn days_of(&self, period: Date, start: Date) -> VecDeque<Date> {
        let length = match self.frequency {
            Frequency::Daily => 1,
            Frequency::Weekly => 7,
            Frequency::Monthly => i16::from(period.days_in_month()),
            Frequency::Yearly => period.days_in_year(),
        };
        let days = (0..length).filter_map(|it| period.checked_add(i32::from(it).days()).ok());
        let named: VecDeque<Date> = days.filter(|it| self.names(*it, start)).collect();
        if self.by_position.is_empty() {
            return named;
        }
        let count = i16::try_from(named.len()).unwrap_or(i16::MAX);
        let is_chosen = |index: usize| {
            let position = i16::try_from(index).unwrap_or(i16::MAX).saturating_add(1);
            let from_end = position - count - 1;
            self.by_position
                .iter()
                .any(|it| *it == position || *it == from_end)
        };
        let chosen = named.into_iter().enumerate();
        chosen
            .filter(|(index, _)| is_chosen(*index))
            .map(|(_, day)| day)
            .collect()
    }

    /// Whether the rule names this day of one of its periods.
    fn names(&self, day: Date, start: Date) -> bool {
        let takes_day = self.takes_day_of_start();
        let takes_month =
            takes_day && self.by_month.is_empty() && self.frequency == Frequency::Yearly;
        if takes_month && day.month() != start.month()
            || !self.by_month.is_empty() && !self.by_month.contains(&day.month())
        {
            return false;
        }
        if takes_day {
            return match self.frequency {
                Frequency::Daily => true,
                Frequency::Weekly => day.weekday() == start.weekday(),
                Frequency::Monthly | Frequency::Yearly => day.day() == start.day(),
            };
        }
        let from_month_end = day.day() - day.days_in_month() - 1;
        let from_year_end = day.day_of_year() - day.days_in_year() - 1;
        let may = |is_open: bool, fits: bool| is_open || fits;
        let days = &self.by_month_day;
        let year_days = &self.by_year_day;
        may(
            days.is_empty(),
            days.contains(&day.day()) || days.contains(&from_month_end),
        ) && may(
            year_days.is_empty(),
            year_days.contains(&day.day_of_year()) || year_days.contains(&from_year_end),
        ) && may(
            self.by_day.is_empty(),
            self.by_day.iter().any(|it| self.is_nth(day, *it)),
        ) && may(self.by_week.is_empty(), self.is_in_week(day))
    }

    /// Whether `day` is such a weekday, counted in the month, or in the year where no month is named.
    fn is_nth(&self, day: Date, wanted: NthWeekday) -> bool {
        if day.weekday() != wanted.weekday {
            return false;
        }
        let Some(nth) = wanted.nth else { return true };
        let in_year = self.frequency == Frequency::Yearly && self.by_month.is_empty();
        let (position, length) = if in_year {
            (day.day_of_year(), day.days_in_year())
        } else {
            (i16::from(day.day()), i16::from(day.days_in_month()))
        };
        let from_start = (position - 1) / 7 + 1;
        let from_end = -((length - position) / 7 + 1);
        i16::from(nth) == from_start || i16::from(nth) == from_end
    }

    /// Whether the week of `day` has one of the numbers: the first week is the one with four days in
    /// the new year (ISO 8601, for any first day of the week).
    fn is_in_week(&self, day: Date) -> bool {
        let middle = week_of(day, self.week_start).saturating_add(3.days());
        let before = (middle.day_of_year() - 1) / 7;
        let behind = (middle.days_in_year() - middle.day_of_year()) / 7;
        let mut wanted = self.by_week.iter().map(|it| i16::from(*it));
        wanted.any(|it| it == before + 1 || it == -behind - 1)
    }
}

/// The first day of the week of `day`.
fn week_of(day: Date, week_start: Weekday) -> Date {
    let back = i32::from(week_start.until(day.weekday()));
    day.saturating_sub(back.days())
}

fn days_between(first: Date, day: Date) -> i32 {
    first.until(day).map_or(0, |it| it.get_days())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn days(rule: &str, start: Date, from: Date) -> Vec<String> {
        let rule: Rule = rule.parse().unwrap();
        let start = start.at(9, 0, 0, 0);
        let found = rule.occurrences_from(start, from).take(4);
        found.map(|it| it.to_string()).collect()
    }

    #[test]
    fn the_rules_that_households_keep() {
        let start = date(2026, 3, 2);
        for (rule, expected) in [
            (
                "FREQ=DAILY;INTERVAL=3",
                ["2026-03-02", "2026-03-05", "2026-03-08", "2026-03-11"],
            ),
            (
                "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU",
                ["2026-03-03", "2026-03-17", "2026-03-31", "2026-04-14"],
            ),
            (
                "FREQ=MONTHLY;BYDAY=2TU",
                ["2026-03-10", "2026-04-14", "2026-05-12", "2026-06-09"],
            ),
            (
                "FREQ=MONTHLY;BYDAY=-1FR",
                ["2026-03-27", "2026-04-24", "2026-05-29", "2026-06-26"],
            ),
            (
                "FREQ=MONTHLY;BYMONTHDAY=-1",
                ["2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30"],
            ),
            (
                "FREQ=MONTHLY;BYMONTHDAY=31",
                ["2026-03-31", "2026-05-31", "2026-07-31", "2026-08-31"],
            ),
            (
                "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
                ["2026-03-31", "2026-04-30", "2026-05-29", "2026-06-30"],
            ),
            (
                "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
                ["2026-03-29", "2027-03-28", "2028-03-26", "2029-03-25"],
            ),
            (
                "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
                ["2028-02-29", "2032-02-29", "2036-02-29", "2040-02-29"],
            ),
            (
                "FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO",
                ["2026-12-28", "2032-12-27", "2037-12-28", "2043-12-28"],
            ),
            (
                "FREQ=YEARLY;BYYEARDAY=-1",
                ["2026-12-31", "2027-12-31", "2028-12-31", "2029-12-31"],
            ),
            (
                "FREQ=MONTHLY;BYDAY=MO,2TU",
                ["2026-03-02", "2026-03-09", "2026-03-10", "2026-03-16"],
            ),
        ] {
            assert_eq!(days(rule, start, start), expected, "{rule}");
        }
    }

    #[test]
    fn a_rule_ends_by_count_and_by_day() {
        let start = date(2026, 3, 2);
        assert_eq!(
            days("FREQ=DAILY;COUNT=2", start, start),
            ["2026-03-02", "2026-03-03"]
        );
        // The days before count too.
        assert_eq!(
            days("FREQ=DAILY;COUNT=2", start, date(2026, 3, 3)),
            ["2026-03-03"]
        );
        assert_eq!(days("FREQ=DAILY;COUNT=2", start, date(2026, 3, 4)), [""; 0]);
        assert_eq!(
            days("FREQ=DAILY;UNTIL=20260303", start, start),
            ["2026-03-02", "2026-03-03"]
        );
        assert_eq!(
            days("FREQ=DAILY;UNTIL=20260303T085959", start, start),
            ["2026-03-02"]
        );
        assert_eq!(
            days("FREQ=DAILY;UNTIL=20260303T090000", start, start).len(),
            2
        );
        let rule: Rule = "FREQ=DAILY;UNTIL=20260302T230000Z".parse().unwrap();
        let berlin = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
        // One in the morning of 3 March in Berlin, still 2 March in UTC.
        let at_midnight = start.at(0, 0, 0, 0);
        assert_eq!(rule.occurrences_from(at_midnight, start).count(), 1);
        let local = rule.in_zone(&berlin);
        assert_eq!(local.occurrences_from(at_midnight, start).count(), 2);
    }

    #[test]
    fn days_that_never_come_are_looked_for_once() {
        for rule in [
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
            "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30",
            "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
            "FREQ=MONTHLY;INTERVAL=12;BYMONTH=5;BYMONTHDAY=1",
            "FREQ=MONTHLY;BYMONTHDAY=1;BYSETPOS=2",
            "FREQ=YEARLY;INTERVAL=2;BYMONTH=2;BYMONTHDAY=29",
        ] {
            assert_eq!(
                days(rule, date(2027, 3, 2), date(2027, 3, 2)),
                [""; 0],
                "{rule}"
            );
        }
        let far = days(
            "FREQ=YEARLY;INTERVAL=100;BYMONTHDAY=29;BYMONTH=2",
            date(2100, 1, 1),
            date(2100, 1, 1),
        );
        assert_eq!(
            far,
            ["2400-02-29", "2800-02-29", "3200-02-29", "3600-02-29"]
        );
    }

    #[test]
    fn the_calendar_ends() {
        let last = date(9999, 12, 30);
        assert_eq!(days("FREQ=DAILY", last, last), ["9999-12-30", "9999-12-31"]);
        assert_eq!(days("FREQ=WEEKLY", last, last), ["9999-12-30"]);
    }

    #[test]
    fn beginning_late_names_the_same_days() {
        let start = date(2019, 12, 31);
        for rule in [
            "FREQ=DAILY;INTERVAL=5",
            "FREQ=WEEKLY;INTERVAL=3;BYDAY=SU,MO;WKST=SU",
            "FREQ=MONTHLY;INTERVAL=5;BYMONTHDAY=31,-1",
            "FREQ=YEARLY;INTERVAL=3;BYMONTH=1,6;BYDAY=1MO",
            "FREQ=DAILY;COUNT=900",
        ] {
            let rule: Rule = rule.parse().unwrap();
            let start = start.at(9, 0, 0, 0);
            let from = date(2021, 6, 15);
            let all = rule.occurrences_from(start, start.date());
            let expected: Vec<Date> = all.filter(|it| *it >= from).take(20).collect();
            let late: Vec<Date> = rule.occurrences_from(start, from).take(20).collect();
            assert_eq!(late, expected, "{rule}");
        }
    }

    /// Two thousand rules with their first days as python-dateutil names them; made by
    /// `tests/fixtures/recurrence/make.py`.
    #[test]
    fn two_thousand_rules_name_the_days_that_dateutil_names() {
        let lines = include_str!("../../../tests/fixtures/recurrence/rules.jsonl").lines();
        let mut count = 0;
        for line in lines {
            let (rule, start, steps): (String, DateTime, Vec<i32>) =
                serde_json::from_str(line).unwrap();
            let mut day = start.date();
            let expected: Vec<Date> = steps
                .into_iter()
                .map(|it| {
                    day = day.checked_add(it.days()).unwrap();
                    day
                })
                .collect();
            let parsed: Rule = rule.parse().unwrap();
            // The script looks 200 years ahead.
            let end = start.year() + 200;
            let found = parsed
                .occurrences_from(start, start.date())
                .take_while(|it| it.year() < end)
                .take(12);
            assert_eq!(found.collect::<Vec<_>>(), expected, "{rule} from {start}");
            count += 1;
        }
        assert_eq!(count, 2000);
    }
}
