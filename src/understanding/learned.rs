//! What persons showed in earlier letters of this sender, in the place of what the rules and models
//! take. Each value must stand on the page where it is said to; all that follows from it (periods, what
//! is owed) is then counted as from any other finding.

use jiff::civil::Date;

use crate::domain::deadline::explanation::Explanation;
use crate::domain::finding::{Evidence, Field, Finding, Value};
use crate::domain::layout::{Learned, Role};
use crate::domain::obligation::{Action, Basis, Obligation};
use crate::domain::task;
use crate::domain::value::{Confidence, Money, Rect};

use super::deadlines::{Facts, is_ahead};
use super::issue::IssueDay;
use super::paper::Paper;
use super::settled::Settlement;
use super::totals::Totals;

/// How sure a value is that a person showed.
const SHOWN: f32 = 0.95;

/// The day that the document carries, if a person showed where it stands.
pub fn issue_day(paper: &Paper<'_>, learned: &[Learned]) -> Option<IssueDay> {
    let shown = learned.iter().find(|it| it.role == Role::IssueDate)?;
    let (value, evidence) = shown.stands.as_ref()?;
    let spot = paper
        .days()
        .into_iter()
        .find(|it| *value == Value::Date(it.found.day) && is_at(evidence, it.page, &it.at))?;
    Some(IssueDay {
        evidence: paper.evidence(spot.segment, &spot.found.at),
        spot,
        confidence: SHOWN,
    })
}

/// How the document is settled: nothing is to be paid where a person said so of letters like it, and
/// something is where a person showed it.
pub fn settlement(by_words: Settlement, paper: &Paper<'_>, learned: &[Learned]) -> Settlement {
    let mut of_payable = learned.iter().filter(|it| it.role == Role::Payable);
    match of_payable.next().map(|it| &it.stands) {
        Some(None) if by_words == Settlement::Open => Settlement::Paid,
        Some(Some((Value::Money(money), evidence))) if is_printed(paper, *money, evidence) => {
            Settlement::Open
        }
        Some(_) | None => by_words,
    }
}

fn is_printed(paper: &Paper<'_>, money: Money, evidence: &Evidence) -> bool {
    let mut sums = paper.money.iter();
    sums.any(|it| it.amount == money.amount && is_at(evidence, it.page, &it.at))
}

/// Total and what is to be paid, as persons showed; whether the latter was shown.
pub fn totals(totals: &mut Totals, paper: &Paper<'_>, learned: &[Learned]) -> bool {
    let mut is_payable_shown = false;
    for shown in learned {
        let Some((Value::Money(money), evidence)) = &shown.stands else {
            if shown.is_absence_of(Role::Total) {
                totals.total = None;
            }
            continue;
        };
        let spot = paper
            .money
            .iter()
            .find(|it| it.amount == money.amount && is_at(evidence, it.page, &it.at));
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
    let absent = |name: &str| {
        let mut absences = learned
            .iter()
            .filter(|it| it.is_absence_of(Role::Reference));
        absences.any(|it| it.name == name)
    };
    findings.retain(|it| it.field != Field::Reference || !absent(&it.name));
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

/// Sets the due days that persons showed, also of what nothing was found of, and leaves out what they
/// said is due by no day. The days stand on the page.
pub fn due(
    obligations: &mut Vec<Obligation>,
    paper: &Paper<'_>,
    (facts, settlement): (&Facts, Settlement),
    learned: &[Learned],
) {
    let keys = task::keys(obligations);
    let is_absent = |key: &String| {
        let mut absences = learned.iter().filter(|it| it.is_absence_of(Role::Due));
        absences.any(|it| it.name == *key)
    };
    let known = std::mem::take(obligations).into_iter().zip(&keys);
    let mut kept: Vec<(Option<&str>, Obligation)> = known
        .filter(|(_, key)| !is_absent(key))
        .map(|(it, key)| (Some(key.as_str()), it))
        .collect();
    for shown in learned.iter().filter(|it| it.role == Role::Due) {
        let Some((Value::Date(day), evidence)) = &shown.stands else {
            continue;
        };
        let mut days = paper.days().into_iter();
        if !days.any(|it| it.found.day == *day && is_at(evidence, it.page, &it.at)) {
            continue;
        }
        let known = kept
            .iter_mut()
            .find(|(key, _)| *key == Some(shown.name.as_str()));
        if let Some((_, obligation)) = known {
            obligation.due = *day;
            obligation.safe_due = None;
            obligation.basis = Basis::Explicit;
            obligation.confidence = Confidence::new(SHOWN);
            obligation.evidence = evidence.clone();
            obligation.why = Some(Explanation::printed(*day));
        } else if let Some(made) = made(&shown.name, (*day, evidence), facts, settlement) {
            kept.push((None, made));
        }
    }
    obligations.extend(kept.into_iter().map(|(_, it)| it));
    obligations.sort_by_key(|it| it.due);
}

/// The obligation that a person showed in letters like this one, where nothing else was found of it.
/// A payment needs a sum that is owed.
fn made(
    key: &str,
    (due, evidence): (Date, &Evidence),
    facts: &Facts,
    settlement: Settlement,
) -> Option<Obligation> {
    let action: Action = key.parse().ok().filter(|_| is_ahead(facts, due))?;
    let owed = facts.payable.filter(|_| settlement == Settlement::Open);
    let money = match action {
        Action::Pay => Some(owed?),
        Action::Object
        | Action::Cancel
        | Action::Submit
        | Action::Reply
        | Action::Attend
        | Action::PickUp
        | Action::Return
        | Action::Renew
        | Action::Book => None,
    };
    Some(Obligation {
        action,
        due,
        due_time: None,
        amount: money.map(|it| it.amount),
        currency: money.map(|it| it.currency),
        optional: matches!(action, Action::Object | Action::Cancel),
        alternatives: Vec::new(),
        safe_due: None,
        basis: Basis::Explicit,
        confidence: Confidence::new(SHOWN),
        evidence: evidence.clone(),
        why: Some(Explanation::printed(due)),
    })
}

fn is_at(shown: &Evidence, page: u32, at: &Rect) -> bool {
    shown.page == page && (shown.at.x - at.x).abs() < 2.0 && (shown.at.y - at.y).abs() < 2.0
}

#[cfg(test)]
mod tests {
    use super::super::lines::tests::{context, typed};
    use super::super::{understand, understand_as_shown};
    use super::*;
    use crate::domain::finding::Extraction;
    use crate::domain::value::Currency;
    use crate::domain::why::Why;

    #[test]
    fn a_value_counts_only_where_it_stands() {
        let reading = typed(
            "Wasserwerk Au GmbH\n\nRechnung\n\nGesamtbetrag      84,20 EUR\nVerbleiben        80,00 EUR",
        );
        let context = context();
        let plain = understand(&reading, &context);
        let payable = |it: &Extraction| it.money(Field::Payable).map(|it| it.amount.hundredths());
        assert_eq!(payable(&plain), Some(8420));
        let mut candidates = plain.trace.candidates.iter();
        let rest = candidates.find(|it| it.left == "Verbleiben").unwrap();
        let shown = Learned {
            role: Role::Payable,
            name: String::new(),
            stands: Some((rest.value.clone(), rest.evidence.clone())),
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
        let with = |value: &Value, evidence: &Evidence| Learned {
            stands: Some((value.clone(), evidence.clone())),
            ..shown.clone()
        };
        let mut elsewhere = rest.evidence.clone();
        elsewhere.at.y += 40.0;
        assert_eq!(read(&with(&rest.value, &elsewhere)), Some(8420));
        let invented = Value::Money(Money::new(1, Currency::EUR));
        assert_eq!(read(&with(&invented, &rest.evidence)), Some(8420));
        let nothing = Learned {
            stands: None,
            ..shown.clone()
        };
        assert_eq!(read(&nothing), None);
    }
}
