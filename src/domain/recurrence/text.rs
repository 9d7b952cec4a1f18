//! A rule as calendars write it: `FREQ=MONTHLY;INTERVAL=2;BYDAY=-1FR`.

use std::fmt;
use std::num::NonZeroU16;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Weekday};

use super::{Ends, Frequency, NthWeekday, Rule, Until};

/// A text is no rule, or one that a household's calendar cannot keep.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{part}` in a recurrence rule: {why}")]
pub struct NotARule {
    /// The part that is wrong.
    pub part: String,
    /// What is wrong with it.
    pub why: &'static str,
}

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("MO", Weekday::Monday),
    ("TU", Weekday::Tuesday),
    ("WE", Weekday::Wednesday),
    ("TH", Weekday::Thursday),
    ("FR", Weekday::Friday),
    ("SA", Weekday::Saturday),
    ("SU", Weekday::Sunday),
];

const FREQUENCIES: [(&str, Frequency); 4] = [
    ("DAILY", Frequency::Daily),
    ("WEEKLY", Frequency::Weekly),
    ("MONTHLY", Frequency::Monthly),
    ("YEARLY", Frequency::Yearly),
];

/// Letters of a rule, at most; the longest sensible one has half of them.
const LENGTH_MAX: usize = 1000;

/// Two letters of a weekday.
fn short_weekday(weekday: Weekday) -> &'static str {
    let found = WEEKDAYS.iter().find(|(_, it)| *it == weekday);
    found.map_or("MO", |(name, _)| name)
}

impl FromStr for Rule {
    type Err = NotARule;

    fn from_str(text: &str) -> Result<Self, NotARule> {
        let wrong = |part: &str, why| NotARule {
            part: part.chars().take(80).collect(),
            why,
        };
        if text.len() > LENGTH_MAX {
            return Err(wrong(text.get(..20).unwrap_or(""), "it is too long"));
        }
        let upper = text.trim().to_ascii_uppercase();
        let body = upper.strip_prefix("RRULE:").unwrap_or(&upper);
        let mut seen: Vec<&str> = Vec::new();
        let mut frequency = None;
        let mut rule = Self::every(Frequency::Daily);
        for part in body.split(';').filter(|it| !it.is_empty()) {
            let Some((name, value)) = part.split_once('=') else {
                return Err(wrong(part, "a part is written NAME=VALUE"));
            };
            if seen.contains(&name) {
                return Err(wrong(part, "it is said twice"));
            }
            seen.push(name);
            if name == "FREQ" {
                let found = FREQUENCIES.iter().find(|(it, _)| *it == value);
                let (_, found) = found
                    .ok_or_else(|| wrong(part, "it is one of DAILY, WEEKLY, MONTHLY, YEARLY"))?;
                frequency = Some(*found);
            } else {
                rule.take(name, value).map_err(|why| wrong(part, why))?;
            }
        }
        if seen.contains(&"COUNT") && seen.contains(&"UNTIL") {
            return Err(wrong(
                "COUNT",
                "a rule ends by COUNT or by UNTIL, not by both",
            ));
        }
        rule.frequency = frequency.ok_or_else(|| wrong("FREQ", "it is missing"))?;
        rule.checked().map_err(|(part, why)| wrong(part, why))
    }
}

impl Rule {
    /// Each day, week, month or year, on the day of its start.
    pub const fn every(frequency: Frequency) -> Self {
        Self {
            frequency,
            interval: NonZeroU16::MIN,
            ends: Ends::Never,
            by_month: Vec::new(),
            by_week: Vec::new(),
            by_year_day: Vec::new(),
            by_month_day: Vec::new(),
            by_day: Vec::new(),
            by_position: Vec::new(),
            week_start: Weekday::Monday,
        }
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), &'static str> {
        match name {
            "INTERVAL" => {
                self.interval = value.parse().map_err(|_| "it is a number from 1 on")?;
            }
            "COUNT" => {
                let count = value.parse().map_err(|_| "it is a number from 1 on")?;
                self.ends = Ends::After(count);
            }
            "UNTIL" => self.ends = Ends::On(until(value).ok_or("it is no day")?),
            "BYMONTH" => self.by_month = numbers(value, 1, 12)?,
            "BYWEEKNO" => self.by_week = numbers(value, -53, 53)?,
            "BYYEARDAY" => self.by_year_day = numbers(value, -366, 366)?,
            "BYMONTHDAY" => self.by_month_day = numbers(value, -31, 31)?,
            "BYSETPOS" => self.by_position = numbers(value, -366, 366)?,
            "BYDAY" => self.by_day = weekdays(value)?,
            "WKST" => self.week_start = weekday(value).ok_or("it is no weekday")?,
            "BYHOUR" | "BYMINUTE" | "BYSECOND" => {
                return Err("the hour belongs to the task, not to its rule");
            }
            _ => return Err("it is not known"),
        }
        Ok(())
    }

    /// Refuses what RFC 5545 forbids together.
    fn checked(self) -> Result<Self, (&'static str, &'static str)> {
        let is = |frequency| self.frequency == frequency;
        let has_nth = self.by_day.iter().any(|it| it.nth.is_some());
        if !self.by_week.is_empty() && !is(Frequency::Yearly) {
            return Err(("BYWEEKNO", "weeks are counted in years alone"));
        }
        if !self.by_year_day.is_empty() && !is(Frequency::Yearly) {
            return Err(("BYYEARDAY", "days of the year are counted in years alone"));
        }
        if !self.by_month_day.is_empty() && is(Frequency::Weekly) {
            return Err(("BYMONTHDAY", "a week has no days of the month"));
        }
        if has_nth && !is(Frequency::Monthly) && !is(Frequency::Yearly) {
            return Err(("BYDAY", "weekdays are numbered in months and years alone"));
        }
        if has_nth && !self.by_week.is_empty() {
            return Err(("BYDAY", "weekdays are not numbered beside BYWEEKNO"));
        }
        let month_only = is(Frequency::Monthly) || !self.by_month.is_empty();
        let too_far = |it: &NthWeekday| it.nth.is_some_and(|nth| nth.unsigned_abs() > 5);
        if month_only && self.by_day.iter().any(too_far) {
            return Err(("BYDAY", "a month has no more than five of a weekday"));
        }
        if !self.by_position.is_empty() && self.takes_day_of_start() && self.by_month.is_empty() {
            return Err(("BYSETPOS", "it chooses among days that another part names"));
        }
        Ok(self)
    }
}

/// Numbers apart by commas, without zero, in order.
fn numbers<T>(value: &str, least: T, most: T) -> Result<Vec<T>, &'static str>
where
    T: FromStr + Ord + Copy + Default,
{
    let mut found = Vec::new();
    for one in value.split(',') {
        let digits = one.strip_prefix('+').unwrap_or(one);
        let number: T = digits.parse().map_err(|_| "it is no number")?;
        if number < least || number > most || number == T::default() {
            return Err("it is out of range");
        }
        found.push(number);
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

fn weekday(text: &str) -> Option<Weekday> {
    let found = WEEKDAYS.iter().find(|(name, _)| *name == text)?;
    Some(found.1)
}

fn weekdays(value: &str) -> Result<Vec<NthWeekday>, &'static str> {
    let mut found: Vec<NthWeekday> = Vec::new();
    for one in value.split(',') {
        let at = one.len().saturating_sub(2);
        let (number, name) = one.split_at_checked(at).ok_or("it is no weekday")?;
        let weekday = weekday(name).ok_or("it is no weekday")?;
        let nth = if number.is_empty() {
            None
        } else {
            let found: Vec<i8> = numbers(number, -53, 53)?;
            found.first().copied()
        };
        let day = NthWeekday { nth, weekday };
        if !found.contains(&day) {
            found.push(day);
        }
    }
    found.sort_by_key(|it| (it.weekday.to_monday_zero_offset(), it.nth));
    Ok(found)
}

/// `20260301`, `20260301T190000`, `20260301T180000Z`.
fn until(value: &str) -> Option<Until> {
    let (day, time) = match value.split_once('T') {
        Some((day, time)) => (day, Some(time)),
        None => (value, None),
    };
    let day = Date::new(field(day, 0, 4)?, narrow(day, 4)?, narrow(day, 6)?).ok()?;
    if value.get(0..8)? != value.split('T').next()? {
        return None;
    }
    let Some(time) = time else {
        return Some(Until::Day(day));
    };
    let (time, is_utc) = match time.strip_suffix('Z') {
        Some(time) => (time, true),
        None => (time, false),
    };
    if time.len() != 6 {
        return None;
    }
    let time = jiff::civil::Time::new(narrow(time, 0)?, narrow(time, 2)?, narrow(time, 4)?, 0);
    let moment = day.to_datetime(time.ok()?);
    if is_utc {
        let at = jiff::tz::TimeZone::UTC.to_timestamp(moment).ok()?;
        return Some(Until::Instant(at));
    }
    Some(Until::Local(moment))
}

fn field(text: &str, from: usize, length: usize) -> Option<i16> {
    let digits = text.get(from..from + length)?;
    let is_number = digits.bytes().all(|it| it.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten()
}

fn narrow(text: &str, from: usize) -> Option<i8> {
    field(text, from, 2).and_then(|it| i8::try_from(it).ok())
}

impl fmt::Display for Until {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (moment, ending) = match self {
            Self::Day(day) => {
                let (year, month, day) = (day.year(), day.month(), day.day());
                return write!(formatter, "{year:04}{month:02}{day:02}");
            }
            Self::Local(moment) => (*moment, ""),
            Self::Instant(at) => (jiff::tz::TimeZone::UTC.to_datetime(*at), "Z"),
        };
        Self::Day(moment.date()).fmt(formatter)?;
        let (hour, minute, second) = (moment.hour(), moment.minute(), moment.second());
        write!(formatter, "T{hour:02}{minute:02}{second:02}{ending}")
    }
}

impl fmt::Display for NthWeekday {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(nth) = self.nth {
            write!(formatter, "{nth}")?;
        }
        formatter.write_str(short_weekday(self.weekday))
    }
}

fn list<T: fmt::Display>(
    formatter: &mut fmt::Formatter<'_>,
    name: &str,
    values: &[T],
) -> fmt::Result {
    for (index, value) in values.iter().enumerate() {
        if index == 0 {
            write!(formatter, ";{name}={value}")?;
        } else {
            write!(formatter, ",{value}")?;
        }
    }
    Ok(())
}

impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = FREQUENCIES
            .iter()
            .find(|(_, it)| *it == self.frequency)
            .map_or("DAILY", |(name, _)| name);
        write!(formatter, "FREQ={name}")?;
        if self.interval != NonZeroU16::MIN {
            write!(formatter, ";INTERVAL={}", self.interval)?;
        }
        match self.ends {
            Ends::Never => {}
            Ends::After(count) => write!(formatter, ";COUNT={count}")?,
            Ends::On(until) => write!(formatter, ";UNTIL={until}")?,
        }
        list(formatter, "BYMONTH", &self.by_month)?;
        list(formatter, "BYWEEKNO", &self.by_week)?;
        list(formatter, "BYYEARDAY", &self.by_year_day)?;
        list(formatter, "BYMONTHDAY", &self.by_month_day)?;
        list(formatter, "BYDAY", &self.by_day)?;
        list(formatter, "BYSETPOS", &self.by_position)?;
        if self.week_start != Weekday::Monday {
            write!(formatter, ";WKST={}", short_weekday(self.week_start))?;
        }
        Ok(())
    }
}

impl TryFrom<String> for Rule {
    type Error = NotARule;

    fn try_from(text: String) -> Result<Self, NotARule> {
        text.parse()
    }
}

impl From<Rule> for String {
    fn from(rule: Rule) -> Self {
        rule.to_string()
    }
}

/// The moment up to which a rule runs on the household's clock, its day and hour included.
pub(super) fn last_moment(until: Until) -> DateTime {
    match until {
        Until::Day(day) => day.at(23, 59, 59, 999_999_999),
        Until::Local(moment) => moment,
        Until::Instant(at) => at_utc(at),
    }
}

fn at_utc(at: Timestamp) -> DateTime {
    jiff::tz::TimeZone::UTC.to_datetime(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_written_as_it_was_read() {
        for text in [
            "FREQ=DAILY",
            "FREQ=DAILY;INTERVAL=3;COUNT=10",
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;WKST=SU",
            "FREQ=MONTHLY;UNTIL=20261231;BYMONTHDAY=-1,15",
            "FREQ=MONTHLY;BYDAY=2TU,-1FR",
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            "FREQ=YEARLY;UNTIL=20300101T190000;BYMONTH=3;BYDAY=-1SU",
            "FREQ=YEARLY;UNTIL=20300101T180000Z;BYWEEKNO=20;BYDAY=MO",
            "FREQ=YEARLY;BYYEARDAY=-1,100",
        ] {
            let rule: Rule = text.parse().unwrap();
            assert_eq!(rule.to_string(), text);
        }
        let loose: Rule = "rrule:freq=weekly;byday=th,mo,mo;interval=1;"
            .parse()
            .unwrap();
        assert_eq!(loose.to_string(), "FREQ=WEEKLY;BYDAY=MO,TH");
    }

    #[test]
    fn what_is_no_rule_is_refused_with_the_part_that_is_wrong() {
        for (text, part) in [
            ("", "FREQ"),
            ("INTERVAL=2", "FREQ"),
            ("FREQ=HOURLY", "FREQ=HOURLY"),
            ("FREQ=DAILY;FREQ=DAILY", "FREQ=DAILY"),
            ("FREQ=DAILY;INTERVAL=0", "INTERVAL=0"),
            ("FREQ=DAILY;INTERVAL=99999", "INTERVAL=99999"),
            ("FREQ=DAILY;COUNT=-1", "COUNT=-1"),
            ("FREQ=DAILY;COUNT=1;UNTIL=20260101", "COUNT"),
            ("FREQ=DAILY;UNTIL=20260230", "UNTIL=20260230"),
            ("FREQ=DAILY;UNTIL=2026030", "UNTIL=2026030"),
            ("FREQ=DAILY;UNTIL=20260301T1900", "UNTIL=20260301T1900"),
            ("FREQ=DAILY;UNTIL=202603011", "UNTIL=202603011"),
            ("FREQ=DAILY;BYMONTH=13", "BYMONTH=13"),
            ("FREQ=DAILY;BYMONTHDAY=0", "BYMONTHDAY=0"),
            ("FREQ=DAILY;BYHOUR=7", "BYHOUR=7"),
            ("FREQ=DAILY;BYDAY=2MO", "BYDAY"),
            ("FREQ=WEEKLY;BYDAY=XX", "BYDAY=XX"),
            ("FREQ=WEEKLY;BYDAY=ä", "BYDAY=ä"),
            ("FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY"),
            ("FREQ=MONTHLY;BYDAY=6MO", "BYDAY"),
            ("FREQ=MONTHLY;BYWEEKNO=1", "BYWEEKNO"),
            ("FREQ=MONTHLY;BYYEARDAY=1", "BYYEARDAY"),
            ("FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS"),
            ("FREQ=YEARLY;BYWEEKNO=1;BYDAY=1MO", "BYDAY"),
            ("FREQ=YEARLY;COLOUR=RED", "COLOUR=RED"),
            ("FREQ", "FREQ"),
        ] {
            let error = text.parse::<Rule>().unwrap_err();
            assert_eq!(error.part, part, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in "(FREQ=|DAILY|YEARLY|;|BYDAY=|UNTIL=|[-+]?[0-9]{1,3}|MO|T|Z|,|\\PC){0,20}") {
            if let Ok(rule) = text.parse::<Rule>() {
                proptest::prop_assert_eq!(rule.to_string().parse::<Rule>(), Ok(rule));
            }
        }
    }
}
