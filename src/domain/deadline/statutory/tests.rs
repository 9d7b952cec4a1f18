//! Dated examples, each with its calculation.

use jiff::ToSpan;
use jiff::civil::date;

use super::*;

fn way(issued: Date) -> Way {
    Way {
        issued,
        arrived: None,
    }
}

fn until(rule: Rule, way: Way, region: &str) -> Deadline {
    let region = Region::new(region);
    Remedy::by(rule).unwrap().until(None, way, &region).unwrap()
}

#[test]
fn an_objection_ends_when_its_law_says() {
    for (rule, issued, region, due, calculation) in [
        (
            Rule::TaxObjection,
            date(2026, 2, 12),
            "DE",
            date(2026, 3, 16),
            "Thu 12 Feb + 4 = Mon 16 Feb, + 1 month = Mon 16 Mar",
        ),
        (
            Rule::TaxObjection,
            date(2026, 1, 28),
            "DE",
            date(2026, 3, 2),
            "Wed 28 Jan + 4 = Sun 1 Feb, moved to Mon 2 Feb, + 1 month = Mon 2 Mar",
        ),
        (
            Rule::AdministrativeObjection,
            date(2026, 1, 28),
            "DE",
            date(2026, 3, 2),
            "Wed 28 Jan + 4 = Sun 1 Feb, stays, + 1 month = Sun 1 Mar, moved to Mon 2 Mar",
        ),
        (
            Rule::TaxObjection,
            date(2024, 12, 27),
            "DE",
            date(2025, 1, 30),
            "Fri 27 Dec 2024 + 3 = Mon 30 Dec, + 1 month = Thu 30 Jan 2025",
        ),
        (
            Rule::TaxObjection,
            date(2026, 4, 29),
            "DE",
            date(2026, 6, 4),
            "Wed 29 Apr + 4 = Sun 3 May, moved to Mon 4 May, + 1 month = Thu 4 Jun (a holiday only in some states)",
        ),
        (
            Rule::TaxObjection,
            date(2026, 4, 29),
            "DE-BY",
            date(2026, 6, 5),
            "the same, and Thu 4 Jun is Corpus Christi in Bavaria: Fri 5 Jun",
        ),
    ] {
        assert_eq!(
            until(rule, way(issued), region).due,
            due,
            "{rule}: {calculation}"
        );
    }
}

#[test]
fn each_code_has_its_own_fiction() {
    for (rule, issued, region, due, calculation) in [
        (
            Rule::SocialObjection,
            date(2026, 1, 27),
            "DE",
            date(2026, 3, 2),
            "Tue 27 Jan + 4 = Sat 31 Jan, stays, + 1 month = Sat 28 Feb, moved to Mon 2 Mar",
        ),
        (
            Rule::TaxObjection,
            date(2026, 1, 27),
            "DE",
            date(2026, 3, 2),
            "Tue 27 Jan + 4 = Sat 31 Jan, moved to Mon 2 Feb, + 1 month = Mon 2 Mar",
        ),
        (
            Rule::SocialObjection,
            date(2026, 3, 10),
            "DE",
            date(2026, 4, 14),
            "Tue 10 Mar + 4 = Sat 14 Mar, stays, + 1 month = Tue 14 Apr",
        ),
        (
            Rule::TaxObjection,
            date(2026, 3, 10),
            "DE",
            date(2026, 4, 16),
            "Tue 10 Mar + 4 = Sat 14 Mar, moved to Mon 16 Mar, + 1 month = Thu 16 Apr",
        ),
        (
            Rule::AustrianAdministrativeAppeal,
            date(2026, 4, 30),
            "AT",
            date(2026, 6, 3),
            "Thu 30 Apr, third working day after it (Fri 1 May is a holiday) = Wed 6 May, + 4 weeks = Wed 3 Jun",
        ),
    ] {
        assert_eq!(
            until(rule, way(issued), region).due,
            due,
            "{rule}: {calculation}"
        );
    }
}

#[test]
fn what_was_served_formally_asks_for_the_envelope() {
    for rule in [
        Rule::FineObjection,
        Rule::PaymentOrderObjection,
        Rule::EnforcementOrderObjection,
    ] {
        // Mon 2 Mar + 4 supposed = Fri 6 Mar, + 2 weeks = Fri 20 Mar; from the day of issue two weeks
        // are Mon 16 Mar.
        let found = until(rule, way(date(2026, 3, 2)), "DE");
        assert_eq!(found.due, date(2026, 3, 20));
        assert_eq!(found.safe_due, Some(date(2026, 3, 16)));
        assert!(found.why.asks_for_envelope());
        // With the envelope's Tue 3 Mar: + 2 weeks = Tue 17 Mar, and nothing is left to ask.
        let seen = Way {
            issued: date(2026, 3, 2),
            arrived: Some(date(2026, 3, 3)),
        };
        let found = until(rule, seen, "DE");
        assert_eq!((found.due, found.safe_due), (date(2026, 3, 17), None));
        assert!(!found.why.asks_for_envelope());
    }
}

#[test]
fn the_fiction_yields_to_a_later_arrival_alone() {
    // Thu 12 Feb + 4 = Mon 16 Feb; arrived on the 14th it still counts from the 16th, on the 18th from
    // the 18th.
    for (arrived, due) in [
        (date(2026, 2, 14), date(2026, 3, 16)),
        (date(2026, 2, 18), date(2026, 3, 18)),
    ] {
        let way = Way {
            issued: date(2026, 2, 12),
            arrived: Some(arrived),
        };
        assert_eq!(until(Rule::TaxObjection, way, "DE").due, due);
    }
}

#[test]
fn private_remedies_count_from_arrival() {
    // A dismissal handed over on Mon 2 Mar: + 3 weeks = Mon 23 Mar.
    let handed_over = Way {
        issued: date(2026, 2, 27),
        arrived: Some(date(2026, 3, 2)),
    };
    let found = until(Rule::DismissalLawsuit, handed_over, "DE");
    assert_eq!(found.due, date(2026, 3, 23));
    // A contract of Sat 21 Mar, + 14 days = Sat 4 Apr, moved over Easter to Tue 7 Apr.
    let found = until(Rule::Withdrawal, way(date(2026, 3, 21)), "DE");
    assert_eq!(found.due, date(2026, 4, 7));
    assert_eq!(found.safe_due, Some(date(2026, 4, 4)));
    assert!(found.why.cautions.contains(&Caution::SendingSuffices));
}

#[test]
fn a_period_that_is_not_the_laws_names_no_paragraph() {
    let region = Region::new("DE");
    let fine = Remedy::by(Rule::FineObjection).unwrap();
    let days = fine
        .until(Some(Period::days(14)), way(date(2026, 3, 2)), &region)
        .unwrap();
    assert_eq!(days.why.rule, Rule::FineObjection);
    let other = fine
        .until(Some(Period::days(10)), way(date(2026, 3, 2)), &region)
        .unwrap();
    assert_eq!(other.why.rule, Rule::Period);
}

#[test]
fn a_fine_is_paid_two_weeks_after_it_is_final() {
    // Mon 2 Mar + 4 supposed = Fri 6 Mar, + 2 weeks = Fri 20 Mar, + 2 weeks = Fri 3 Apr, which is Good
    // Friday: Tue 7 Apr.
    let found = fine_payment(Period::weeks(2), way(date(2026, 3, 2)), &Region::new("DE")).unwrap();
    assert_eq!(found.due, date(2026, 4, 7));
    assert_eq!(found.safe_due, Some(date(2026, 3, 16)));
}

proptest::proptest! {
    #[test]
    fn a_later_letter_never_ends_earlier(days in 0i32..12_000, later in 0i32..60, code in "(DE|DE-BY|DE-SN|AT|CH-TI)") {
        let region = Region::new(&code);
        let first = date(2000, 1, 1).saturating_add(days.days());
        let second = first.saturating_add(later.days());
        for rule in Rule::ALL {
            let Some(remedy) = Remedy::by(*rule) else { continue };
            // The change of the law in 2025 lengthens the fiction; both lie on one side of it or the
            // later one is longer.
            let a = remedy.until(None, way(first), &region).unwrap();
            let b = remedy.until(None, way(second), &region).unwrap();
            proptest::prop_assert!(a.due >= first);
            proptest::prop_assert!(b.due >= a.due, "{rule}: {first} {} {second} {}", a.due, b.due);
            proptest::prop_assert!(a.safe_due.is_none_or(|it| it >= first && it < a.due));
        }
    }
}
