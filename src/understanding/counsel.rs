//! Where the rules are unsure, what a language model may be shown about it, and what becomes of what
//! it told.
//!
//! Being silent stays right more often than being eager, so an answer fills gaps and nothing else:
//!
//! - *kind*, *sender* and the document's *day* are taken only where the rules and the small models
//!   claim nothing, or less than [`SURE_ENOUGH`];
//! - what is *payable* only where the rules say that money is asked for and that it is for the reader
//!   to send: nothing that is collected, paid or owed the other way;
//! - a *last day* confirms one that the rules saw and did not dare to believe. Otherwise it makes a
//!   payment due, and only of a bill whose amount is known and that has no day yet, behind the day of
//!   the bill, where the rules see no other duty.
//!
//! What follows is decided by the rules as ever: whether money is owed, what is to be done, which
//! account is named. A claim of a language model is never surer than [`TOLD`], so that rules, data and
//! persons all stand above it.

use std::ops::Range;

use jiff::ToSpan;

use crate::domain::counsel::{Choice, Due, Gap, Line, Material, Told};
use crate::domain::document::Kind;
use crate::domain::finding::{Evidence, Field, Finding, Value};
use crate::domain::obligation::{Action, Obligation};
use crate::domain::value::Money;

use super::dates::Form;
use super::deadlines::{Duty, Facts, is_ahead, plain};
use super::lex::has;
use super::lines::Passage;
use super::obligations::SURE_ENOUGH;
use super::paper::{DateSpot, Paper};
use super::parties;
use super::settled::Settlement;

/// How sure is what a language model told and a page says.
pub const TOLD: f32 = 0.65;

/// Lines that are shown, at most.
const LINES_MAX: usize = 400;
/// Letters of a line that are shown, at most.
const LETTERS_MAX: usize = 300;
/// Choices for one gap, at most.
const CHOICES_MAX: usize = 12;
/// Letters of a choice, at most.
const WORDS_MAX: usize = 80;
/// Weight from which the lines beside one matter too: they label it.
const TELLING: u32 = 6;

/// Words of lines that ask for something, or say by when.
const CUES: &[&str] = &[
    "zahl*|bezahl*|überweis*|begleich*|fällig*|frist|spätestens|bis|binnen|innerhalb|betrag|summe|offen",
    "pay*|due|owed|outstanding|by|until|deadline|within|before|balance|total|amount|remit",
    "payer|échéance|avant|régler|montant|betalen|voor|bedrag|pagare|entro|scadenza|importo|pagar|vencimiento|importe",
];

/// A claim of the rules where they are sure of it, else what was told.
pub fn chosen(by_rules: Option<Finding>, told: &Told, field: Field) -> Option<Finding> {
    match by_rules {
        Some(it) if is_sure(&it) => Some(it),
        unsure => told.finding(field).cloned().or(unsure),
    }
}

fn is_sure(finding: &Finding) -> bool {
    finding.confidence.value() >= SURE_ENOUGH
}

/// Whether a kind asks for money by its nature.
const fn is_bill(kind: Option<Kind>) -> bool {
    matches!(
        kind,
        Some(Kind::Invoice | Kind::PaymentReminder | Kind::Tax | Kind::Fine)
    )
}

/// Lays a last day that was told over the duties that the rules found.
pub fn confirm(duties: &mut Vec<Duty>, due: Option<&Due>, facts: &Facts) {
    let Some(due) = due.filter(|it| is_ahead(facts, it.day)) else {
        return;
    };
    let mut is_seen = false;
    for duty in duties.iter_mut().filter(|it| it.due == due.day) {
        is_seen = true;
        // A day that ends a discount has no weight, and gets none.
        if duty.confidence > 0.0 {
            duty.confidence = duty.confidence.max(TOLD);
        }
    }
    let is_sure_payment = |it: &Duty| it.action == Action::Pay && it.confidence >= SURE_ENOUGH;
    let Some(payable) = facts.payable.filter(|_| is_bill(facts.kind)) else {
        return;
    };
    if !is_seen && !duties.iter().any(is_sure_payment) {
        duties.push(Duty {
            amount: Some(payable.amount),
            confidence: TOLD,
            ..plain(Action::Pay, due.day, due.evidence.clone())
        });
    }
}

/// What the rules have made of a document.
pub struct Seen<'a> {
    /// What is claimed.
    pub findings: &'a [Finding],
    /// What is owed.
    pub obligations: &'a [Obligation],
    /// Whether a day was left to a question.
    pub has_weak_day: bool,
    /// How its money is settled.
    pub settlement: Settlement,
    /// Whether money is asked for.
    pub is_asked_for: bool,
    /// What the days were judged by.
    pub facts: &'a Facts,
}

/// What a language model could help with: where the rules are unsure and the pages offer a choice.
pub fn gaps(paper: &Paper<'_>, seen: &Seen<'_>) -> Vec<Gap> {
    let is_open = |gap: &Gap| {
        let of_field = |field| seen.findings.iter().find(|it| it.field == field);
        let is_unsure = |field| !of_field(field).is_some_and(is_sure);
        // A bill asks for money by what it is, so a paper that may be one is asked about it too.
        let is_sure_bill = is_bill(seen.facts.kind) && seen.is_asked_for;
        let may_be_bill = is_sure_bill || is_unsure(Field::Kind);
        let owes = seen.settlement == Settlement::Open && may_be_bill;
        match gap {
            Gap::Kind => is_unsure(Field::Kind),
            Gap::Sender => is_unsure(Field::Sender),
            Gap::IssueDate => is_unsure(Field::IssueDate),
            Gap::Payable => owes && is_unsure(Field::Payable),
            Gap::DueDay => {
                let is_paid_by = |it: &Obligation| it.action == Action::Pay;
                seen.has_weak_day || owes && !seen.obligations.iter().any(is_paid_by)
            }
        }
    };
    let offers = |gap: &Gap| match gap {
        Gap::Kind => !paper.lines.segments.is_empty(),
        Gap::Sender | Gap::IssueDate | Gap::Payable | Gap::DueDay => {
            !choices(paper, seen.facts, *gap).is_empty()
        }
    };
    let open = Gap::ALL.iter().filter(|it| is_open(it) && offers(it));
    open.copied().collect()
}

/// What may be shown about the gaps, and what can be answered.
pub fn material(paper: &Paper<'_>, facts: &Facts, gaps: &[Gap]) -> Material {
    let weights = weights(paper, gaps);
    let weight_of = |segment: usize| weights.get(segment).copied().unwrap_or(0);
    let mut kept = Vec::new();
    for gap in gaps {
        let mut found = choices(paper, facts, *gap);
        found.sort_by_key(|(segment, _)| std::cmp::Reverse(weight_of(*segment)));
        let mut chosen: Vec<Choice> = Vec::new();
        for (_, choice) in found {
            let is_new = chosen.iter().all(|it| it.words != choice.words);
            if is_new && chosen.len() < CHOICES_MAX {
                chosen.push(choice);
            }
        }
        kept.extend(chosen);
    }
    let mut ranked: Vec<usize> = (0..paper.lines.segments.len()).collect();
    ranked.sort_by_key(|it| std::cmp::Reverse(weight_of(*it)));
    ranked.truncate(LINES_MAX);
    ranked.sort_unstable();
    let line = |index: usize| {
        let passage = paper.lines.segments.get(index)?;
        let end = passage.text.floor_char_boundary(LETTERS_MAX);
        Some(Line {
            evidence: passage.evidence(&(0..end)),
            weight: weight_of(index),
        })
    };
    Material {
        gaps: gaps.to_vec(),
        lines: ranked.into_iter().filter_map(line).collect(),
        choices: kept,
    }
}

/// What on the pages may fill a gap, each with the segment that holds it.
fn choices(paper: &Paper<'_>, facts: &Facts, gap: Gap) -> Vec<(usize, Choice)> {
    match gap {
        // Its answers are the kinds that there are.
        Gap::Kind => Vec::new(),
        Gap::Sender => {
            let named = parties::names(paper);
            let choice = |(segment, words, evidence): (usize, String, Evidence)| {
                let value = Value::Text(words.clone());
                choice(gap, (segment, words), value, evidence)
            };
            named.into_iter().filter_map(choice).collect()
        }
        Gap::IssueDate => {
            let own =
                |it: &DateSpot| it.found.form == Form::Full && it.found.day <= paper.received_on;
            days(paper, gap, own)
        }
        Gap::DueDay => days(paper, gap, |it| {
            let is_named = !matches!(it.found.form, Form::Relative | Form::Weekday);
            let day = it.found.day;
            let may_be = if facts.is_issued_known {
                is_ahead(facts, day)
            } else {
                // The day it is counted from is not known yet.
                let (earliest, latest) = (60.days(), 3.years());
                day > paper.received_on.saturating_sub(earliest)
                    && day <= paper.received_on.saturating_add(latest)
            };
            is_named && may_be
        }),
        Gap::Payable => {
            let owed = paper.money.iter().filter(|it| it.amount.hundredths() > 0);
            let choice = |it: &super::paper::MoneySpot| {
                let currency = it.currency.unwrap_or(paper.currency);
                let money = Money {
                    amount: it.amount,
                    currency,
                };
                placed(paper, gap, it.segment, &it.bytes, Value::Money(money))
            };
            owed.filter_map(choice).collect()
        }
    }
}

fn days(paper: &Paper<'_>, gap: Gap, may_be: impl Fn(&DateSpot) -> bool) -> Vec<(usize, Choice)> {
    let spots = paper.days().into_iter().filter(|it| may_be(it));
    let choice = |it: DateSpot| {
        let value = Value::Date(it.found.day);
        placed(paper, gap, it.segment, &it.found.at, value)
    };
    spots.filter_map(choice).collect()
}

fn placed(
    paper: &Paper<'_>,
    gap: Gap,
    segment: usize,
    bytes: &Range<usize>,
    value: Value,
) -> Option<(usize, Choice)> {
    let passage = paper.lines.segments.get(segment)?;
    let words = passage.text.get(bytes.clone())?.trim().to_owned();
    choice(gap, (segment, words), value, passage.evidence(bytes))
}

fn choice(
    gap: Gap,
    (segment, words): (usize, String),
    value: Value,
    evidence: Evidence,
) -> Option<(usize, Choice)> {
    let is_short = !words.is_empty() && words.len() <= WORDS_MAX;
    is_short.then_some((
        segment,
        Choice {
            gap,
            words,
            value,
            evidence,
        },
    ))
}

/// How much each segment says about the gaps.
fn weights(paper: &Paper<'_>, gaps: &[Gap]) -> Vec<u32> {
    let asks = |wanted: &[Gap]| gaps.iter().any(|it| wanted.contains(it));
    let who = asks(&[Gap::Kind, Gap::Sender, Gap::IssueDate]);
    let when = asks(&[Gap::IssueDate, Gap::DueDay]);
    let what = asks(&[Gap::Payable, Gap::DueDay]);
    let mut weights: Vec<u32> = Vec::new();
    let mut has_day = vec![false; paper.lines.segments.len()];
    let mut has_money = has_day.clone();
    for spot in paper.days() {
        has_day
            .get_mut(spot.segment)
            .into_iter()
            .for_each(|it| *it = true);
    }
    for spot in &paper.money {
        has_money
            .get_mut(spot.segment)
            .into_iter()
            .for_each(|it| *it = true);
    }
    for ((index, passage), (day, money)) in paper
        .lines
        .segments
        .iter()
        .enumerate()
        .zip(has_day.iter().zip(&has_money))
    {
        let mut weight = match passage.page {
            1 => 2,
            2 => 1,
            _ => 0,
        };
        let points = [
            (who && paper.lines.is_near_top(index), 4),
            (asks(&[Gap::Sender]) && is_foot(paper, passage), 2),
            (when && *day, TELLING),
            (what && *money, TELLING),
            (what && has(&passage.lexemes, CUES), TELLING),
        ];
        weight += points
            .iter()
            .filter(|(counts, _)| *counts)
            .map(|(_, it)| it)
            .sum::<u32>();
        weights.push(weight);
    }
    let alone = weights.clone();
    for (index, _) in alone.iter().enumerate().filter(|(_, it)| **it >= TELLING) {
        for beside in [index.checked_sub(1), index.checked_add(1)] {
            if let Some(weight) = beside.and_then(|it| weights.get_mut(it)) {
                *weight += 3;
            }
        }
    }
    weights
}

fn is_foot(paper: &Paper<'_>, passage: &Passage) -> bool {
    passage.page == 1 && passage.at.y > paper.lines.page_height(1) * 0.88
}

#[cfg(test)]
mod tests;
