//! Public holidays by region, computed for any year, and the days on which no period ends.
//!
//! Each table is one country's law; a row says where and since when a day is kept. Days that only
//! offices, banks or some communes keep are left out: where it is unsure whether a day is a holiday,
//! the period ends on it, and the earlier day is the safe one. A region without its part (`DE`) knows
//! the days of the whole country alone; `GB` without a part is counted as England and Wales.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

mod tables;

use tables::{Country, country};

/// Where a period is counted, as an ISO 3166 code: `DE`, `DE-BY`, `CH-ZH`, `GB-SCT`. A third part
/// names a place with holidays of its own: `DE-BY-AUGSBURG`, `DE-BY-KATHOLISCH` (communes of Bavaria
/// that keep 15 August), `DE-SN-KATHOLISCH` and `DE-TH-KATHOLISCH` (Corpus Christi).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Region(String);

/// Why no period ends on a day, and nobody is expected to work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Off {
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
    /// A holiday, by its name in the country's language.
    Holiday(String),
}

/// When in a year a holiday falls.
#[derive(Clone, Copy, Debug)]
enum On {
    /// On this month and day.
    Fixed(i8, i8),
    /// So many days after Easter Sunday.
    Easter(i16),
    /// On the nth such weekday of a month; the last if -1.
    Nth(i8, Weekday, i8),
    /// So many days after the nth such weekday of a month.
    After(i8, Weekday, i8, i8),
    /// On the last such weekday before a month and day.
    Before(i8, i8, Weekday),
    /// On the first Monday of a month, or on its first day where that is a Friday (St Brigid).
    FirstMondayOrFriday(i8),
    /// On the first Thursday of April, a week later where that is Maundy Thursday (Näfels).
    Naefels,
}

/// One holiday of a country.
#[derive(Clone, Copy, Debug)]
struct Holiday {
    name: &'static str,
    on: On,
    /// The parts of the country that keep it, apart by spaces; empty: all of them.
    parts: &'static str,
    first_year: i16,
    last_year: i16,
}

impl Holiday {
    /// Kept in the whole country.
    const fn new(name: &'static str, on: On) -> Self {
        Self {
            name,
            on,
            parts: "",
            first_year: i16::MIN,
            last_year: i16::MAX,
        }
    }

    const fn only_in(self, parts: &'static str) -> Self {
        Self { parts, ..self }
    }

    const fn since(self, first_year: i16) -> Self {
        Self { first_year, ..self }
    }

    const fn in_year(self, year: i16) -> Self {
        Self {
            first_year: year,
            last_year: year,
            ..self
        }
    }

    fn is_kept_in(&self, region: &Region) -> bool {
        let here = region.part();
        self.parts.is_empty()
            || self.parts.split(' ').any(|it| match it.split_once('-') {
                Some((part, place)) => part == here && place == region.place(),
                None => it == here,
            })
    }

    fn day(&self, year: i16) -> Option<Date> {
        if !(self.first_year..=self.last_year).contains(&year) {
            return None;
        }
        self.on.day(year)
    }
}

impl On {
    fn day(self, year: i16) -> Option<Date> {
        match self {
            Self::Fixed(month, day) => Date::new(year, month, day).ok(),
            Self::Easter(days) => easter(year).checked_add(i32::from(days).days()).ok(),
            Self::Nth(month, weekday, nth) => nth_of(year, month, weekday, nth),
            Self::After(month, weekday, nth, days) => nth_of(year, month, weekday, nth)?
                .checked_add(i32::from(days).days())
                .ok(),
            Self::Before(month, day, weekday) => Date::new(year, month, day)
                .ok()?
                .nth_weekday(-1, weekday)
                .ok(),
            Self::FirstMondayOrFriday(month) => {
                let first = Date::new(year, month, 1).ok()?;
                if first.weekday() == Weekday::Friday {
                    return Some(first);
                }
                nth_of(year, month, Weekday::Monday, 1)
            }
            Self::Naefels => {
                let thursday = nth_of(year, 4, Weekday::Thursday, 1)?;
                let is_maundy = easter(year).checked_sub(3.days()).ok() == Some(thursday);
                let weeks = i32::from(is_maundy);
                thursday.checked_add(weeks.weeks()).ok()
            }
        }
    }
}

fn nth_of(year: i16, month: i8, weekday: Weekday, nth: i8) -> Option<Date> {
    Date::new(year, month, 1)
        .ok()?
        .nth_weekday_of_month(nth, weekday)
        .ok()
}

impl Region {
    /// From an ISO 3166 code with or without a subdivision.
    pub fn new(code: &str) -> Self {
        Self(code.trim().to_ascii_uppercase())
    }

    /// The code in capitals.
    pub fn code(&self) -> &str {
        &self.0
    }

    /// The country's two letters.
    pub fn country(&self) -> &str {
        match self.0.split('-').next() {
            Some("UK") => "GB",
            Some(country) => country,
            None => "DE",
        }
    }

    /// The country without the part, whose holidays are kept everywhere.
    #[must_use]
    pub fn whole_country(&self) -> Self {
        Self(self.country().to_owned())
    }

    /// State, canton or nation: `BY`, `ZH`, `SCT`; empty if not known.
    fn part(&self) -> &str {
        let part = self.0.split('-').nth(1).unwrap_or("");
        match (self.country(), part) {
            ("GB", "" | "EAW" | "GBN" | "WLS") => "ENG",
            (_, part) => part,
        }
    }

    fn place(&self) -> &str {
        self.0.split('-').nth(2).unwrap_or("")
    }

    /// The name of the public holiday on `day`.
    pub fn holiday(&self, day: Date) -> Option<&'static str> {
        let rules = country(self.country());
        self.regular(rules, day).or_else(|| match rules.moved {
            Moved::Never => None,
            Moved::Forward => self.substitute(rules, day),
            Moved::Nearest => self.observed(rules, day),
        })
    }

    /// A holiday on its own day.
    fn regular(&self, rules: &Country, day: Date) -> Option<&'static str> {
        if self.is_dropped(day) {
            return None;
        }
        let mut kept = rules.holidays.iter().filter(|it| it.is_kept_in(self));
        kept.find(|it| it.day(day.year()) == Some(day))
            .map(|it| it.name)
    }

    /// Days that the rule names and that are not kept: bank holidays moved in single years; 2 January
    /// and 26 December in Neuchâtel where the day before was no Sunday; the second day of Christmas in
    /// both Appenzells where it would be the third or fourth free day in a row (Christmas on a Monday
    /// or Friday).
    fn is_dropped(&self, day: Date) -> bool {
        match (self.country(), self.part()) {
            ("GB", _) => [Date::constant(2020, 5, 4), Date::constant(2022, 5, 30)].contains(&day),
            ("CH", "NE") => {
                matches!((day.month(), day.day()), (1, 2) | (12, 26))
                    && day.weekday() != Weekday::Monday
            }
            ("CH", "AR" | "AI") => {
                (day.month(), day.day()) == (12, 26)
                    && matches!(day.weekday(), Weekday::Tuesday | Weekday::Saturday)
            }
            _ => false,
        }
    }

    /// The next free weekday for a bank holiday that fell on a weekend (Banking and Financial
    /// Dealings Act 1971 and its proclamations): 25 and 26 December 2021 were kept on 27 and 28.
    fn substitute(&self, rules: &Country, day: Date) -> Option<&'static str> {
        let mut taken: Vec<Date> = Vec::new();
        for holiday in rules.holidays.iter().filter(|it| it.is_kept_in(self)) {
            let Some(original) = holiday.day(day.year()) else {
                continue;
            };
            if !matches!(holiday.on, On::Fixed(..)) || !is_weekend(original) {
                continue;
            }
            let mut moved = original;
            while is_weekend(moved)
                || self.regular(rules, moved).is_some()
                || taken.contains(&moved)
            {
                moved = moved.tomorrow().ok()?;
            }
            if moved == day {
                return Some(holiday.name);
            }
            taken.push(moved);
        }
        None
    }

    /// Friday for a holiday on Saturday, Monday for one on Sunday (5 U.S.C. § 6103).
    fn observed(&self, rules: &Country, day: Date) -> Option<&'static str> {
        let original = match day.weekday() {
            Weekday::Friday => day.tomorrow().ok()?,
            Weekday::Monday => day.yesterday().ok()?,
            Weekday::Tuesday
            | Weekday::Wednesday
            | Weekday::Thursday
            | Weekday::Saturday
            | Weekday::Sunday => return None,
        };
        self.regular(rules, original)
    }

    /// Whether `day` is a public holiday.
    pub fn is_holiday(&self, day: Date) -> bool {
        self.holiday(day).is_some()
    }

    /// Whether offices work on `day`.
    pub fn is_working_day(&self, day: Date) -> bool {
        !is_weekend(day) && !self.is_holiday(day)
    }

    /// `day`, or the next working day if it is none.
    pub fn working_day_from(&self, day: Date) -> Date {
        let mut moved = day;
        while !self.is_working_day(moved) {
            match moved.tomorrow() {
                Ok(next) => moved = next,
                Err(_) => return day,
            }
        }
        moved
    }

    /// Why no period set by law ends on `day`: Saturdays, Sundays and public holidays (§ 193 BGB,
    /// § 108 Abs. 3 AO, § 31 Abs. 3 VwVfG, § 222 Abs. 2 ZPO; art. 142 al. 3 of the Swiss ZPO with the
    /// federal law on Saturdays), in Austria Good Friday and 24 December too (§ 33 Abs. 2 AVG, § 108
    /// Abs. 3 BAO). `None` where a period can end.
    pub fn off(&self, day: Date) -> Option<Off> {
        if let Some(name) = self.holiday(day) {
            return Some(Off::Holiday(name.to_owned()));
        }
        if self.country() == "AT" {
            let kept_by_offices = if Some(day) == On::Easter(-2).day(day.year()) {
                Some("Karfreitag")
            } else {
                ((day.month(), day.day()) == (12, 24)).then_some("24. Dezember")
            };
            if let Some(name) = kept_by_offices {
                return Some(Off::Holiday(name.to_owned()));
            }
        }
        match day.weekday() {
            Weekday::Saturday => Some(Off::Saturday),
            Weekday::Sunday => Some(Off::Sunday),
            Weekday::Monday
            | Weekday::Tuesday
            | Weekday::Wednesday
            | Weekday::Thursday
            | Weekday::Friday => None,
        }
    }

    /// The first day from `day` on where a period can end, and what was passed over.
    pub fn open_from(&self, day: Date) -> (Date, Vec<Off>) {
        self.open(day, Date::tomorrow)
    }

    /// The last day up to `day` where a period can end, and what was passed over.
    pub fn open_until(&self, day: Date) -> (Date, Vec<Off>) {
        self.open(day, Date::yesterday)
    }

    fn open(&self, day: Date, next: fn(Date) -> Result<Date, jiff::Error>) -> (Date, Vec<Off>) {
        let mut passed = Vec::new();
        let mut moved = day;
        while let Some(off) = self.off(moved) {
            match next(moved) {
                Ok(it) => moved = it,
                Err(_) => return (day, Vec::new()),
            }
            passed.push(off);
        }
        (moved, passed)
    }
}

/// What becomes of a holiday on a weekend.
#[derive(Clone, Copy, Debug)]
enum Moved {
    /// Nothing.
    Never,
    /// It is kept on the next free weekday.
    Forward,
    /// It is kept on the nearest weekday.
    Nearest,
}

fn is_weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// Easter Sunday of a year (the Gregorian computus in the form of Meeus, Jones and Butcher).
pub fn easter(year: i16) -> Date {
    let year_number = i32::from(year);
    let (golden, century, of_century) = (year_number % 19, year_number / 100, year_number % 100);
    let correction = (8 * century + 13) / 25;
    let epact = (19 * golden + century - century / 4 - correction + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (of_century / 4) - epact - of_century % 4) % 7;
    let late = (golden + 11 * epact + 22 * weekday) / 451;
    let sum = epact + weekday - 7 * late + 114;
    let month = i8::try_from(sum / 31).unwrap_or(4);
    let day = i8::try_from(sum % 31 + 1).unwrap_or(1);
    Date::new(year, month, day).unwrap_or(Date::ZERO)
}

#[cfg(test)]
mod tests;
