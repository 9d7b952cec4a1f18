//! From last days to obligations: what is not owed falls away, what is said twice becomes one, what
//! is unsure becomes a question.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::domain::deadline;
use crate::domain::deadline::explanation::Rule;
use crate::domain::document::Kind;
use crate::domain::finding::{Field, Question};
use crate::domain::obligation::{Action, Obligation};
use crate::domain::person::Language;
use crate::domain::value::Confidence;
use crate::domain::wording;

use super::deadlines::{Duty, Facts};
use super::settled::Settlement;

/// Below this confidence a last day becomes a question instead of an obligation.
pub const SURE_ENOUGH: f32 = 0.6;

/// What becomes of the duties.
#[derive(Default)]
pub struct Judged {
    /// In the order of their days.
    pub obligations: Vec<Obligation>,
    /// What a person should decide.
    pub questions: Vec<Question>,
    /// Whether one of the questions is whether a day binds the household.
    pub has_weak_day: bool,
}

/// The obligations and the questions.
pub fn obligations(
    duties: Vec<Duty>,
    facts: &Facts,
    settlement: Settlement,
    language: Language,
) -> Judged {
    let (discounts, duties): (Vec<Duty>, Vec<Duty>) =
        duties.into_iter().partition(|it| it.confidence == 0.0);
    let owed = duties
        .into_iter()
        .filter(|it| is_owed(it, facts, settlement))
        .collect();
    let mut merged = merged(owed);
    if let Some(first) = merged.iter_mut().find(|it| it.action == Action::Pay) {
        let early = discounts
            .into_iter()
            .flat_map(|it| it.alternatives)
            .filter(|it| it.due <= first.due);
        first.alternatives.extend(early);
    }
    let Judged {
        mut obligations,
        mut questions,
        mut has_weak_day,
    } = Judged::default();
    for duty in merged {
        if duty.confidence >= SURE_ENOUGH {
            questions.extend(envelope(&duty, language));
            obligations.push(obligation(duty, facts));
        } else if duty.confidence >= 0.3 {
            has_weak_day = true;
            questions.push(Question {
                text: wording::is_due_by(duty.due, &duty.evidence.text, language),
                finding: None,
            });
        }
    }
    obligations.sort_by_key(|it| it.due);
    if let Some(question) = without_day(&obligations, facts, settlement, language) {
        questions.push(question);
    }
    Judged {
        obligations,
        questions,
        has_weak_day,
    }
}

/// Asks for the day on the envelope where a period runs from formal service.
fn envelope(duty: &Duty, language: Language) -> Option<Question> {
    let why = duty.why.as_ref().filter(|it| it.asks_for_envelope())?;
    (duty.action == Action::Object).then(|| Question {
        text: deadline::wording::ask_for_envelope(why.result, language),
        finding: None,
    })
}

/// Whether a last day binds the household, by what the document is and how its money is settled.
fn is_owed(duty: &Duty, facts: &Facts, settlement: Settlement) -> bool {
    match facts.kind {
        Some(Kind::Advertisement) => return false,
        Some(
            Kind::BankStatement
            | Kind::Payslip
            | Kind::Certificate
            | Kind::Receipt
            | Kind::Delivery,
        ) => {
            return matches!(duty.action, Action::Object)
                && duty.optional
                && facts.kind == Some(Kind::Payslip);
        }
        _ => {}
    }
    match duty.action {
        Action::Pay => {
            settlement == Settlement::Open
                && (facts.payable.is_some() || duty.amount.is_some())
                && facts.kind != Some(Kind::Quote)
        }
        Action::PickUp => duty.due > facts.issued,
        Action::Object
        | Action::Cancel
        | Action::Submit
        | Action::Reply
        | Action::Attend
        | Action::Return
        | Action::Renew
        | Action::Book => true,
    }
}

/// One duty for each thing to do: the same action on the same day is one; several days for one
/// payment that is no series are one, the surest.
fn merged(duties: Vec<Duty>) -> Vec<Duty> {
    let mut kept: Vec<Duty> = Vec::new();
    let parts = duties.iter().filter(|it| it.is_instalment);
    let days: BTreeSet<Date> = parts.map(|it| it.due).collect();
    let has_series = days.len() >= 2;
    for duty in duties {
        if has_series && duty.action == Action::Pay && !duty.is_instalment {
            continue;
        }
        let same = kept.iter_mut().find(|it| is_same(it, &duty));
        match same {
            Some(known) => {
                let mut alternatives = known.alternatives.clone();
                alternatives.extend(duty.alternatives.iter().cloned());
                if duty.confidence > known.confidence {
                    *known = duty;
                }
                alternatives.dedup();
                known.alternatives = alternatives;
            }
            None => kept.push(duty),
        }
    }
    // What is renewed by paying, or brought back or renewed, is one thing to do.
    let others = kept
        .iter()
        .filter(|it| matches!(it.action, Action::Pay | Action::Return));
    let days: Vec<Date> = others.map(|it| it.due).collect();
    kept.retain(|it| it.action != Action::Renew || !days.contains(&it.due));
    kept
}

fn is_same(a: &Duty, b: &Duty) -> bool {
    let is_near = a.evidence.page == b.evidence.page && overlaps(a, b);
    if a.due == b.due && is_near && a.is_pointed == b.is_pointed {
        return true;
    }
    if a.action != b.action {
        return false;
    }
    let is_series = a.is_instalment && b.is_instalment;
    a.due == b.due
        || matches!(a.action, Action::Pay) && !is_series && a.is_instalment == b.is_instalment
        || a.action == Action::Object
        || a.action == Action::Cancel && is_withdrawal(a) == is_withdrawal(b)
}

/// Whether it is a consumer's withdrawal, which is another right than to end a contract in time.
fn is_withdrawal(duty: &Duty) -> bool {
    let why = duty.why.as_ref();
    why.is_some_and(|it| it.rule == Rule::Withdrawal)
}

/// Whether two duties rest on the same words.
fn overlaps(a: &Duty, b: &Duty) -> bool {
    let (a, b) = (&a.evidence.at, &b.evidence.at);
    let wide = a.right().min(b.right()) - a.x.max(b.x);
    let high = a.bottom().min(b.bottom()) - a.y.max(b.y);
    wide > 0.0 && high > 0.0
}

fn obligation(duty: Duty, facts: &Facts) -> Obligation {
    let currency = duty.amount.and(facts.payable).map(|it| it.currency);
    Obligation {
        action: duty.action,
        due: duty.due,
        due_time: duty.time,
        amount: duty.amount,
        currency,
        optional: duty.optional,
        alternatives: duty.alternatives,
        safe_due: duty
            .safe_due
            .filter(|it| *it < duty.due && *it > facts.issued),
        basis: duty.basis,
        confidence: Confidence::new(duty.confidence),
        evidence: duty.evidence,
        why: duty.why,
    }
}

/// A bill that is open and says no day is asked about.
fn without_day(
    obligations: &[Obligation],
    facts: &Facts,
    settlement: Settlement,
    language: Language,
) -> Option<Question> {
    let is_bill = matches!(
        facts.kind,
        Some(Kind::Invoice | Kind::PaymentReminder | Kind::Tax | Kind::Fine)
    );
    let payable = facts
        .payable
        .filter(|_| is_bill && settlement == Settlement::Open)?;
    let has_payment = obligations.iter().any(|it| it.action == Action::Pay);
    (!has_payment).then(|| Question {
        text: wording::payable_by_when(payable, language),
        finding: Some(Field::Payable),
    })
}
