//! Counting days: periods, holidays, the day from which the law counts, and why a day came out.
//!
//! Pure arithmetic on civil dates. Read in this order: a [`Period`] is counted from a day;
//! [`holidays`] says on which days of a [`Region`] no period ends; [`counting`] strings such steps
//! together and keeps each as an [`explanation::Explanation`]; [`statutory`] knows when an act counts
//! as made known and how long a remedy is open, [`notice`] by when a contract's notice must arrive.
//!
//! German counting follows §§ 187–193 BGB: the day of the event is not counted (§ 187 Abs. 1), a
//! period of weeks or months ends with the day that is named or numbered like the day of the event
//! (§ 188 Abs. 2), and where a month lacks that day, with its last (§ 188 Abs. 3). Whether an end
//! moves off a weekend is the caller's decision, since a contract's payment term does not move in
//! practice while a public-law period does (§ 193 BGB, § 108 Abs. 3 AO). Where the law is unsettled
//! the earlier day counts.

pub mod counting;
pub mod explanation;
pub mod holidays;
pub mod notice;
pub mod statutory;
pub mod wording;

use jiff::civil::Date;
use jiff::{Span as Step, ToSpan};
use serde::{Deserialize, Serialize};

pub use holidays::{Region, easter};

/// What a period is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Calendar days.
    Day,
    /// Days from Monday to Friday that are no holiday.
    WorkingDay,
    /// Seven days.
    Week,
    /// Months of the calendar.
    Month,
    /// Years of the calendar.
    Year,
}

/// How long a period is: 14 days, two weeks, one month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Period {
    /// How many.
    pub count: u16,
    /// Of what.
    pub unit: Unit,
}

impl Period {
    /// `count` calendar days.
    pub const fn days(count: u16) -> Self {
        Self {
            count,
            unit: Unit::Day,
        }
    }

    /// `count` weeks.
    pub const fn weeks(count: u16) -> Self {
        Self {
            count,
            unit: Unit::Week,
        }
    }

    /// `count` months.
    pub const fn months(count: u16) -> Self {
        Self {
            count,
            unit: Unit::Month,
        }
    }

    /// The last day of the period when the day `from` itself is not counted (§ 187 Abs. 1, § 188
    /// BGB). `None` beyond the calendar.
    pub fn after(self, from: Date, region: &Region) -> Option<Date> {
        if self.unit == Unit::WorkingDay {
            return working_days_after(from, self.count, region);
        }
        from.checked_add(self.step()).ok()
    }

    /// The last day of the period when the day `from` is its first day (§ 187 Abs. 2 BGB; "28 days
    /// beginning with the date of this notice").
    pub fn beginning_with(self, from: Date, region: &Region) -> Option<Date> {
        self.after(from, region)?.yesterday().ok()
    }

    /// The last day on which notice can arrive if it must arrive this long before `end_of_term`,
    /// the last day of the term. One month before the end of 30 September is 31 August: a month's
    /// notice for a term that ends with a month must arrive by the end of the month before.
    pub fn before_end(self, end_of_term: Date) -> Option<Date> {
        let first_day_without = end_of_term.tomorrow().ok()?;
        let begin = first_day_without.checked_sub(self.step()).ok()?;
        begin.yesterday().ok()
    }

    /// This long before `day`.
    pub fn before(self, day: Date) -> Option<Date> {
        day.checked_sub(self.step()).ok()
    }

    fn step(self) -> Step {
        let count = i32::from(self.count);
        match self.unit {
            Unit::Day | Unit::WorkingDay => count.days(),
            Unit::Week => count.weeks(),
            Unit::Month => count.months(),
            Unit::Year => count.years(),
        }
    }
}

fn working_days_after(from: Date, count: u16, region: &Region) -> Option<Date> {
    let mut day = from;
    for _ in 0..count {
        day = region.working_day_from(day.tomorrow().ok()?);
    }
    Some(day)
}

/// The nth working day, Monday to Friday, of the month of `day`. Rent is paid by the third (§ 556b
/// Abs. 1 BGB), and Saturdays do not count there (BGH, 13 July 2010, VIII ZR 129/09).
pub fn working_day_of_month(day: Date, nth: u16, region: &Region) -> Option<Date> {
    let before = day.first_of_month().yesterday().ok()?;
    working_days_after(before, nth, region)
}

/// The last day of the month of `day`.
pub fn end_of_month(day: Date) -> Date {
    day.last_of_month()
}

/// The last day of the quarter of `day`.
pub fn end_of_quarter(day: Date) -> Date {
    let month = (day.month() - 1) / 3 * 3 + 3;
    Date::new(day.year(), month, 1).map_or(day, Date::last_of_month)
}

#[cfg(test)]
mod tests;
