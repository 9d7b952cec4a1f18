//! Counting, with dated examples.

use jiff::civil::date;

use super::*;

fn germany() -> Region {
    Region::new("DE-BY")
}

#[test]
fn a_month_ends_on_the_day_with_the_same_number_or_the_last() {
    for (from, end) in [
        (date(2026, 2, 16), date(2026, 3, 16)),
        (date(2026, 1, 31), date(2026, 2, 28)),
        (date(2028, 1, 31), date(2028, 2, 29)),
        (date(2026, 2, 28), date(2026, 3, 28)),
    ] {
        assert_eq!(Period::months(1).after(from, &germany()), Some(end));
    }
}

#[test]
fn the_day_of_a_notice_may_count_itself() {
    let end = Period::days(28).beginning_with(date(2025, 6, 3), &germany());
    assert_eq!(end, Some(date(2025, 6, 30)));
}

#[test]
fn notice_arrives_before_its_period_begins() {
    for (months, end, by) in [
        (1, date(2026, 9, 30), date(2026, 8, 31)),
        (1, date(2026, 12, 31), date(2026, 11, 30)),
        (3, date(2026, 12, 31), date(2026, 9, 30)),
    ] {
        assert_eq!(Period::months(months).before_end(end), Some(by));
    }
}

#[test]
fn working_days_leave_out_weekends_and_holidays() {
    // Thu 2 Apr 2026, then Good Friday, the weekend and Easter Monday: Tue 7, Wed 8, Thu 9.
    let three = Period {
        count: 3,
        unit: Unit::WorkingDay,
    };
    assert_eq!(
        three.after(date(2026, 4, 2), &germany()),
        Some(date(2026, 4, 9))
    );
}

#[test]
fn the_third_working_day_of_a_month_passes_over_its_holidays() {
    // January 2026: Thu 1 New Year, Fri 2, Mon 5, and Tue 6 is Epiphany in Bavaria: Wed 7.
    for (region, day) in [("DE", 6), ("DE-BY", 7)] {
        assert_eq!(
            working_day_of_month(date(2026, 1, 20), 3, &Region::new(region)),
            Some(date(2026, 1, day))
        );
    }
}

proptest::proptest! {
    #[test]
    fn a_period_never_ends_before_it_begins_and_keeps_order(
        count in 0u16..400, days in 0i32..9000, later in 0i32..40
    ) {
        let from = date(2015, 1, 1).saturating_add(days.days());
        let after = from.saturating_add(later.days());
        for unit in [Unit::Day, Unit::WorkingDay, Unit::Week, Unit::Month, Unit::Year] {
            let period = Period { count, unit };
            let end = period.after(from, &germany());
            proptest::prop_assert!(end.is_some_and(|it| it >= from));
            proptest::prop_assert!(period.after(after, &germany()) >= end);
            proptest::prop_assert!(period.before_end(from).is_none_or(|it| it <= from));
        }
    }
}
