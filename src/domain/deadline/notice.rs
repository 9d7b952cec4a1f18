//! Ending contracts: by when notice must arrive, and by when it must be posted to arrive.
//!
//! Periods of notice protect the other side, so they are never shortened: § 193 BGB does not move
//! their end to the next working day (BGH, 17 February 2005, III ZR 172/04). Notice arrives when the
//! other side can be expected to read it, which is no Sunday; so the post's day is counted back from
//! the last working day on or before the last possible one.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use super::counting::Count;
use super::explanation::{Caution, Explanation, Rule};
use super::statutory::Deadline;
use super::{Period, Region};

/// Days that are left for the post unless a person chose others.
pub const POSTING_MARGIN_DAYS: u16 = 4;

/// By when notice must arrive so that the contract ends with its term: the end minus the notice.
/// `safe_due` leaves `margin_days` for the post.
pub fn before_end(
    end_of_term: Date,
    period: Period,
    margin_days: u16,
    region: &Region,
) -> Option<Deadline> {
    let count = Count::from(Rule::ContractNotice, end_of_term, region).before_end(period)?;
    deadline(&count, margin_days)
}

/// By when a tenant's notice must arrive so that the tenancy ends with the month of `end`: on the
/// third working day of the second month before (§ 573c Abs. 1 BGB). Saturdays are counted as working
/// days (BGH, 27 April 2005, VIII ZR 206/04); whether the third may itself be a Saturday is unsettled,
/// and the earlier day is taken.
pub fn rent(end: Date, margin_days: u16, region: &Region) -> Option<Deadline> {
    let month = end
        .first_of_month()
        .checked_sub(2.months())
        .ok()?
        .first_of_month();
    let mut day = month;
    let mut counted = 0;
    loop {
        if day.weekday() != Weekday::Sunday && !region.is_holiday(day) {
            counted += 1;
        }
        if counted == 3 {
            break;
        }
        day = day.tomorrow().ok()?;
    }
    let mut count = Count::from(Rule::RentNotice, end.last_of_month(), region);
    count = count.on_working_day_of_month(3, "§ 573c Abs. 1 BGB", day);
    if day.weekday() == Weekday::Saturday {
        count = count.with(Caution::Unsettled);
    }
    deadline(&count, margin_days)
}

fn deadline(count: &Count<'_>, margin_days: u16) -> Option<Deadline> {
    let due = count.day();
    let posted = count.clone().moved_back("").posting_margin(margin_days)?;
    let safe_due = posted.day();
    let why = Explanation {
        result: due,
        ..posted.with(Caution::MustArrive).end()
    };
    Some(Deadline {
        due,
        safe_due: Some(safe_due).filter(|it| *it < due),
        why,
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn notice_arrives_before_its_period_begins_and_is_posted_earlier() {
        let region = Region::new("DE");
        // The term ends on Wednesday 30 September 2026; a month before is Monday 31 August.
        let found = before_end(date(2026, 9, 30), Period::months(1), 4, &region).unwrap();
        assert_eq!(found.due, date(2026, 8, 31));
        assert_eq!(found.safe_due, Some(date(2026, 8, 27)));
        // Three months before 31 December 2028 is Saturday 30 September: the last working day before
        // is Friday the 29th, and four days earlier Monday the 25th.
        let found = before_end(date(2028, 12, 31), Period::months(3), 4, &region).unwrap();
        assert_eq!(found.due, date(2028, 9, 30));
        assert_eq!(found.safe_due, Some(date(2028, 9, 25)));
        assert_eq!(found.why.result, found.due);
    }

    #[test]
    fn a_chosen_margin_counts() {
        let region = Region::new("DE");
        let found = before_end(date(2026, 9, 30), Period::months(1), 0, &region).unwrap();
        assert_eq!((found.due, found.safe_due), (date(2026, 8, 31), None));
    }

    #[test]
    fn a_tenant_has_until_the_third_working_day() {
        let region = Region::new("DE");
        // To the end of June 2026: April begins on a Wednesday, Good Friday is the 3rd: 1, 2, and
        // Saturday the 4th, which is unsettled and stays.
        let found = rent(date(2026, 6, 30), 0, &region).unwrap();
        assert_eq!(found.due, date(2026, 4, 4));
        assert!(found.why.cautions.contains(&Caution::Unsettled));
        // To the end of March 2027: January begins with a holiday on a Friday: Saturday 2, Monday 4,
        // Tuesday 5.
        let found = rent(date(2027, 3, 31), 0, &region).unwrap();
        assert_eq!(found.due, date(2027, 1, 5));
    }
}
