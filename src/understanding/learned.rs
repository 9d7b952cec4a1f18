//! What persons showed in earlier letters of this sender, in the place of what the rules and models
//! take. Each value must stand on the page where it is said to; all that follows from it (periods, what
//! is owed) is then counted as from any other finding.

use crate::domain::deadline::explanation::Explanation;
use crate::domain::finding::{Evidence, Field, Finding, Value};
use crate::domain::layout::{Learned, Role};
use crate::domain::obligation::{Basis, Obligation};
use crate::domain::task;
use crate::domain::value::{Confidence, Money, Rect};

use super::issue::IssueDay;
use super::paper::Paper;
use super::totals::Totals;

/// How sure a value is that a person showed.
const SHOWN: f32 = 0.95;

/// The day that the document carries, if a person showed where it stands.
pub fn issue_day(paper: &Paper<'_>, learned: &[Learned]) -> Option<IssueDay> {
    let shown = learned.iter().find(|it| it.role == Role::IssueDate)?;
    let spot = paper.days().into_iter().find(|it| {
        shown.value == Value::Date(it.found.day) && is_at(&shown.evidence, it.page, &it.at)
    })?;
    Some(IssueDay {
        evidence: paper.evidence(spot.segment, &spot.found.at),
        spot,
        confidence: SHOWN,
    })
}

/// Total and what is to be paid, as persons showed; whether the latter was shown.
pub fn totals(totals: &mut Totals, paper: &Paper<'_>, learned: &[Learned]) -> bool {
    let mut is_payable_shown = false;
    for shown in learned {
        let Value::Money(money) = &shown.value else {
            continue;
        };
        let spot = paper
            .money
            .iter()
            .find(|it| it.amount == money.amount && is_at(&shown.evidence, it.page, &it.at));
        let Some(spot) = spot else { continue };
        let money = Money {
            amount: spot.amount,
            currency: spot.currency.unwrap_or(paper.currency),
        };
        let claim = Some((money, spot.clone(), SHOWN));
        match shown.role {
            Role::Payable => {
                totals.payable = claim;
                is_payable_shown = true;
            }
            Role::Total => totals.total = claim,
            Role::IssueDate | Role::Reference | Role::Due => {}
        }
    }
    is_payable_shown
}

/// Puts the numbers that persons showed in the place of those of the same name, and says of each
/// finding that was shown who did.
pub fn findings(findings: &mut Vec<Finding>, learned: &[Learned]) {
    for shown in learned.iter().filter_map(Learned::finding) {
        let same = |it: &&mut Finding| it.field == shown.field && it.name == shown.name;
        match findings.iter_mut().find(same) {
            Some(found) if found.field == Field::Reference => *found = shown,
            Some(found) if found.value == shown.value => found.why = shown.why,
            None if shown.field == Field::Reference => findings.push(shown),
            Some(_) | None => {}
        }
    }
}

/// Moves the due days to those that persons showed.
pub fn due(obligations: &mut [Obligation], learned: &[Learned]) {
    let keys = task::keys(obligations);
    for (obligation, key) in obligations.iter_mut().zip(keys) {
        let shown = learned
            .iter()
            .find(|it| it.role == Role::Due && it.name == key);
        if let Some((Value::Date(day), evidence)) = shown.map(|it| (&it.value, &it.evidence)) {
            obligation.due = *day;
            obligation.safe_due = None;
            obligation.basis = Basis::Explicit;
            obligation.confidence = Confidence::new(SHOWN);
            obligation.evidence = evidence.clone();
            obligation.why = Some(Explanation::printed(*day));
        }
    }
    obligations.sort_by_key(|it| it.due);
}

fn is_at(shown: &Evidence, page: u32, at: &Rect) -> bool {
    shown.page == page && (shown.at.x - at.x).abs() < 2.0 && (shown.at.y - at.y).abs() < 2.0
}

#[cfg(test)]
mod tests {
    use super::super::{Context, lines::tests::typed, understand, understand_as_shown};
    use super::*;
    use crate::domain::finding::Extraction;
    use crate::domain::value::Currency;
    use crate::domain::why::Why;

    #[test]
    fn a_value_counts_only_where_it_stands() {
        let reading = typed(
            "Wasserwerk Au GmbH\n\nRechnung\n\nGesamtbetrag      84,20 EUR\nVerbleiben        80,00 EUR",
        );
        let context = Context {
            received_on: jiff::civil::date(2026, 3, 1),
            region: "DE".to_owned(),
            language: crate::domain::person::Language::English,
            counsel: crate::domain::counsel::Counsel::None,
        };
        let plain = understand(&reading, &context);
        let payable = |it: &Extraction| it.money(Field::Payable).map(|it| it.amount.hundredths());
        assert_eq!(payable(&plain), Some(8420));
        let mut candidates = plain.trace.candidates.iter();
        let rest = candidates.find(|it| it.left == "Verbleiben").unwrap();
        let shown = Learned {
            role: Role::Payable,
            name: String::new(),
            value: rest.value.clone(),
            evidence: rest.evidence.clone(),
            why: Why::Learned {
                by: None,
                at: jiff::Timestamp::UNIX_EPOCH,
            },
        };
        let read = |it: &Learned| {
            payable(&understand_as_shown(
                &reading,
                &context,
                std::slice::from_ref(it),
            ))
        };
        assert_eq!(read(&shown), Some(8000));
        let mut moved = shown.clone();
        moved.evidence.at.y += 40.0;
        assert_eq!(read(&moved), Some(8420));
        let mut invented = shown;
        invented.value = Value::Money(Money::new(1, Currency::EUR));
        assert_eq!(read(&invented), Some(8420));
    }
}
