//! What several payments of one document add up to: where nothing else says what is to be paid, their
//! sum does, if the document prints it too (`412,00 EUR … 4 x 103,00 EUR`).

use crate::domain::finding::{Extraction, Field, Finding, Value};
use crate::domain::obligation::Action;
use crate::domain::value::{Amount, Money};

use super::finding;
use super::paper::Paper;

/// How sure a sum is that is printed.
const PRINTED: f32 = 0.8;

/// What is to be paid altogether, where the payments are found and their sum is printed.
pub fn payable(paper: &Paper<'_>, found: &Extraction) -> Option<Finding> {
    let payments = found.obligations.iter();
    let payments = payments.filter(|it| it.action == Action::Pay && !it.optional);
    let amounts: Vec<Amount> = payments.map(|it| it.amount).collect::<Option<_>>()?;
    let sum: i64 = amounts.iter().map(|it| it.hundredths()).sum();
    // One of the payments alone is not the whole.
    let known = found.money(Field::Payable).map(|it| it.amount);
    let is_whole = known.is_some_and(|it| !amounts.contains(&it) || it.hundredths() >= sum);
    if amounts.len() < 2 || is_whole {
        return None;
    }
    let mut printed = paper.money.iter();
    let spot = printed.find(|it| it.amount.hundredths() == sum)?;
    let money = Money {
        amount: spot.amount,
        currency: spot.currency.unwrap_or(paper.currency),
    };
    let evidence = paper.evidence(spot.segment, &spot.bytes);
    Some(finding(
        Field::Payable,
        Value::Money(money),
        PRINTED,
        evidence,
    ))
}

#[cfg(test)]
mod tests {
    use super::super::lines::tests::{context, typed};
    use super::super::understand;
    use crate::domain::finding::Field;

    fn payable(sum: &str) -> Option<i64> {
        let text = format!(
            "Gemeinde Wiesenau\n\nGrundsteuerbescheid 2026\n\n12.01.2026\n\n\
             Die Grundsteuer wird für das Kalenderjahr 2026 auf {sum} EUR festgesetzt.\n\n\
             Die Beträge sind wie folgt zu entrichten:\n\n\
             15.02.2026     61,50 EUR\n15.05.2026     61,50 EUR"
        );
        let found = understand(&typed(&text), &context());
        assert_eq!(found.obligations.len(), 2, "{found:#?}");
        found.money(Field::Payable).map(|it| it.amount.hundredths())
    }

    #[test]
    fn instalments_add_up_to_what_is_printed_or_to_nothing() {
        assert_eq!(payable("123,00"), Some(12_300));
        assert_eq!(payable("246,00"), None);
    }
}
