//! Counting days: periods, working days, holidays, and the day from which the law counts.
//!
//! Pure arithmetic on civil dates. German counting follows §§ 187–193 BGB: the day of the event is
//! not counted (§ 187 Abs. 1), a period of weeks or months ends with the day that is named or
//! numbered like the day of the event (§ 188 Abs. 2), and where a month lacks that day, with its
//! last (§ 188 Abs. 3). Whether an end moves off a weekend is the caller's decision, since a
//! contract's payment term does not move in practice while a public-law period does (§ 193 BGB,
//! § 108 Abs. 3 AO).

use jiff::civil::{Date, Weekday};
use jiff::{Span as Step, ToSpan};
use serde::{Deserialize, Serialize};

/// What a period is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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

/// Where a period is counted, as an ISO 3166 code: `DE`, `DE-BY`, `GB`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Region(String);

impl Region {
    /// From an ISO 3166 code with or without a subdivision.
    pub fn new(code: &str) -> Self {
        Self(code.trim().to_ascii_uppercase())
    }

    /// The country's two letters.
    pub fn country(&self) -> &str {
        match self.0.split('-').next() {
            Some("UK") => "GB",
            Some(country) => country,
            None => "DE",
        }
    }

    /// Whether `day` is a holiday in the whole country. Holidays of single states are not counted
    /// yet: where the letter's state is unknown, the earlier end is the safe one.
    pub fn is_holiday(&self, day: Date) -> bool {
        let fixed: &[(i8, i8)] = match self.country() {
            "AT" => AUSTRIA_FIXED,
            "CH" => SWITZERLAND_FIXED,
            "GB" => &[(1, 1), (12, 25), (12, 26)],
            "IE" => &[(1, 1), (3, 17), (12, 25), (12, 26)],
            "US" => &[(1, 1), (6, 19), (7, 4), (11, 11), (12, 25)],
            _ => GERMANY_FIXED,
        };
        if fixed.contains(&(day.month(), day.day())) {
            return true;
        }
        let from_easter: &[i64] = match self.country() {
            "AT" => &[1, 39, 50, 60],
            "CH" => &[39],
            "GB" => &[-2, 1],
            "IE" => &[1],
            "US" => &[],
            _ => &[-2, 1, 39, 50],
        };
        let offset = day
            .since(easter(day.year()))
            .map(|it| i64::from(it.get_days()));
        offset.is_ok_and(|it| from_easter.contains(&it)) || self.is_movable_monday(day)
    }

    /// Holidays that lie on the nth Monday (or Thursday) of a month.
    fn is_movable_monday(&self, day: Date) -> bool {
        let nth = (day.day() - 1) / 7 + 1;
        let is_last = day.day() + 7 > day.days_in_month();
        match (self.country(), day.weekday()) {
            ("GB", Weekday::Monday) => match day.month() {
                5 => nth == 1 || is_last,
                8 => is_last,
                _ => false,
            },
            ("IE", Weekday::Monday) => {
                matches!(day.month(), 2 | 5 | 6 | 8) && nth == 1 || day.month() == 10 && is_last
            }
            ("US", Weekday::Monday) => {
                matches!((day.month(), nth), (1 | 2, 3) | (9, 1) | (10, 2))
                    || day.month() == 5 && is_last
            }
            ("US", Weekday::Thursday) => day.month() == 11 && nth == 4,
            _ => false,
        }
    }

    /// Whether offices work on `day`.
    pub fn is_working_day(&self, day: Date) -> bool {
        !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) && !self.is_holiday(day)
    }

    /// `day`, or the next working day if it is none (§ 193 BGB, § 108 Abs. 3 AO, § 31 Abs. 3 VwVfG).
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
}

/// Nationwide: New Year, Labour Day, German Unity Day, Christmas.
const GERMANY_FIXED: &[(i8, i8)] = &[(1, 1), (5, 1), (10, 3), (12, 25), (12, 26)];
/// Feiertagsruhegesetz 1957.
const AUSTRIA_FIXED: &[(i8, i8)] = &[
    (1, 1),
    (1, 6),
    (5, 1),
    (8, 15),
    (10, 26),
    (11, 1),
    (12, 8),
    (12, 25),
    (12, 26),
];
/// Kept in every canton.
const SWITZERLAND_FIXED: &[(i8, i8)] = &[(1, 1), (8, 1), (12, 25)];

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

fn working_days_after(from: Date, count: u16, region: &Region) -> Option<Date> {
    let mut day = from;
    for _ in 0..count {
        day = region.working_day_from(day.tomorrow().ok()?);
    }
    Some(day)
}

/// On which day a posted German administrative act counts as made known: the fourth day after
/// posting since 2025, before that the third (§ 122 Abs. 2 Nr. 1 AO, § 41 Abs. 2 VwVfG, § 37 Abs. 2
/// SGB X, as amended by the Postrechtsmodernisierungsgesetz).
pub fn made_known_on(posted: Date) -> Date {
    let days: i32 = if posted.year() >= 2025 { 4 } else { 3 };
    posted.saturating_add(days.days())
}

/// Until when a remedy against an act can be lodged that was posted on `posted`: the period begins
/// with the fiction of [`made_known_on`] and its end moves to the next working day. One month: § 355
/// Abs. 1 AO (Einspruch), § 70 Abs. 1 VwGO (Widerspruch), § 84 SGG; two weeks: § 67 Abs. 1 OWiG
/// (Bußgeldbescheid), § 692 Abs. 1 Nr. 3 ZPO (Mahnbescheid).
///
/// The fiction's own end is not moved here: where the law is unsettled the earlier day counts.
pub fn remedy_until(posted: Date, period: Period, region: &Region) -> Option<Date> {
    let end = period.after(made_known_on(posted), region)?;
    Some(region.working_day_from(end))
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
mod tests {
    use jiff::civil::date;

    use super::*;

    fn germany() -> Region {
        Region::new("DE-BY")
    }

    const MONTH: Period = Period {
        count: 1,
        unit: Unit::Month,
    };

    #[test]
    fn easter_falls_where_the_church_says() {
        for (year, month, day) in [
            (2013, 3, 31),
            (2024, 3, 31),
            (2025, 4, 20),
            (2026, 4, 5),
            (2038, 4, 25),
        ] {
            assert_eq!(easter(year), date(year, month, day));
        }
    }

    #[test]
    fn a_month_ends_on_the_day_with_the_same_number_or_the_last() {
        assert_eq!(
            MONTH.after(date(2026, 2, 16), &germany()),
            Some(date(2026, 3, 16))
        );
        assert_eq!(
            MONTH.after(date(2026, 1, 31), &germany()),
            Some(date(2026, 2, 28))
        );
    }

    #[test]
    fn the_day_of_a_notice_may_count_itself() {
        let end = Period::days(28).beginning_with(date(2025, 6, 3), &germany());
        assert_eq!(end, Some(date(2025, 6, 30)));
    }

    #[test]
    fn notice_arrives_before_its_period_begins() {
        assert_eq!(MONTH.before_end(date(2026, 9, 30)), Some(date(2026, 8, 31)));
        assert_eq!(
            MONTH.before_end(date(2026, 12, 31)),
            Some(date(2026, 11, 30))
        );
        let three = Period {
            count: 3,
            unit: Unit::Month,
        };
        assert_eq!(
            three.before_end(date(2026, 12, 31)),
            Some(date(2026, 9, 30))
        );
    }

    #[test]
    fn an_objection_is_counted_from_the_fourth_day_and_moves_off_the_weekend() {
        assert_eq!(
            remedy_until(date(2026, 2, 12), MONTH, &germany()),
            Some(date(2026, 3, 16))
        );
        // 9 March + 4 = 13 March, + 1 month = Monday 13 April.
        assert_eq!(
            remedy_until(date(2026, 3, 9), MONTH, &germany()),
            Some(date(2026, 4, 13))
        );
        // 28 January + 4 = 1 February, + 1 month = Sunday 1 March.
        assert_eq!(
            remedy_until(date(2026, 1, 28), MONTH, &germany()),
            Some(date(2026, 3, 2))
        );
        assert_eq!(made_known_on(date(2024, 12, 30)), date(2025, 1, 2));
    }

    #[test]
    fn working_days_leave_out_weekends_and_holidays() {
        let three = Period {
            count: 3,
            unit: Unit::WorkingDay,
        };
        assert_eq!(
            three.after(date(2026, 4, 2), &germany()),
            Some(date(2026, 4, 9))
        );
        assert!(germany().is_holiday(date(2026, 5, 14)));
        assert!(Region::new("US").is_holiday(date(2025, 11, 27)));
        assert!(Region::new("UK").is_holiday(date(2026, 8, 31)));
        assert!(Region::new("AT").is_holiday(date(2026, 6, 4)));
    }

    proptest::proptest! {
        #[test]
        fn a_period_never_ends_before_it_begins(count in 0u16..400, day in 1i8..=28, month in 1i8..=12) {
            let from = date(2026, month, day);
            for unit in [Unit::Day, Unit::WorkingDay, Unit::Week, Unit::Month, Unit::Year] {
                let end = Period { count, unit }.after(from, &germany());
                proptest::prop_assert!(end.is_some_and(|it| it >= from));
            }
        }
    }
}
