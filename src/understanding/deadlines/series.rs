//! Several payments that are all to be made: `9 instalments of £181.00 on the 1st of each month from
//! … to …`, and tables with a day and an amount in each row.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::domain::deadline::explanation::{Explanation, Rule};
use crate::domain::obligation::{Action, Basis};

use super::super::amounts::amounts;
use super::super::dates::{Form, dates};
use super::super::lex::Lexeme;
use super::super::lex::{find_any, has};
use super::super::paper::{DateSpot, MoneySpot, Paper};
use super::cues::is_not_ours;
use super::rows::is_span;
use super::{Duty, Facts, Sentence, is_ahead, plain};

/// Most payments that one sentence is believed to set.
const PAYMENTS_MAX: usize = 36;

/// A series that a sentence sets: how many, how much, from when to when.
pub fn duties(paper: &Paper<'_>, facts: &Facts, sentence: &Sentence<'_>) -> Vec<Duty> {
    let patterns = [
        "instalment*|installment*|payments|raten|monatsraten|teilbeträge|teilzahlungen|rate|rates",
    ];
    let lexemes = sentence.lexemes;
    if !has(lexemes, &patterns) || is_not_ours(lexemes) {
        return Vec::new();
    }
    let counted = ordinals(paper, facts, sentence);
    if counted.len() > 1 {
        return counted;
    }
    let mut found: Vec<Duty> = Vec::new();
    let mut from = 0;
    while let Some(at) = lexemes.get(from..).and_then(|rest| {
        find_any(
            rest,
            &["# … instalment*|installment*|monatsraten|raten|rate|teilbeträge|payments"],
        )
    }) {
        let start = from + at.start;
        let next = lexemes.get(start + 1..).and_then(|rest| {
            find_any(
                rest,
                &["then|danach|anschließend|sowie # .. instalment*|raten|installment*"],
            )
        });
        let end = next.map_or(lexemes.len(), |it| start + 1 + it.start);
        found.extend(part(paper, facts, sentence, start, end));
        from = end.max(from + at.end);
        if from >= lexemes.len() {
            break;
        }
    }
    found
}

/// Payments that are counted one by one: `1. Rate: 140,00 Euro bis 15.10.2025, 2. Rate: …`, `first
/// instalment of £40 by …, second instalment of …`.
fn ordinals(paper: &Paper<'_>, facts: &Facts, sentence: &Sentence<'_>) -> Vec<Duty> {
    let pattern = [
        "#|erste|zweite|dritte|vierte|first|second|third|fourth|final|letzte [st|nd|rd|th] rate|teilbetrag|teilzahlung|abschlag|instalment|installment|payment|half|hälfte",
    ];
    let lexemes = sentence.lexemes;
    let mut starts = Vec::new();
    let mut from = 0;
    while let Some(at) = lexemes.get(from..).and_then(|it| find_any(it, &pattern)) {
        starts.push(from + at.start);
        from += at.end;
    }
    let ends = starts.iter().copied().skip(1).chain([lexemes.len()]);
    let parts = starts.iter().copied().zip(ends);
    let payments = parts.filter_map(|(start, end)| {
        let part = lexemes.get(start..end)?;
        let named = amounts(part).into_iter();
        let mut named = named.filter(super::super::amounts::AmountMatch::is_money);
        let amount = named.next()?.amount;
        let mut days = dates(part, paper.style).into_iter();
        let day = days
            .find(|it| matches!(it.form, Form::Full | Form::DayMonth))?
            .day;
        let bytes = part.first()?.at.start..part.last()?.at.end;
        is_ahead(facts, day).then(|| Duty {
            amount: Some(amount),
            is_instalment: true,
            ..plain(Action::Pay, day, sentence.passage.evidence(&bytes))
        })
    });
    payments.collect()
}

/// One part of a series: `1 instalment of £186.40 on 1 April 2026`.
fn part(
    paper: &Paper<'_>,
    facts: &Facts,
    sentence: &Sentence<'_>,
    start: usize,
    end: usize,
) -> Vec<Duty> {
    let lexemes = sentence.lexemes.get(start..end).unwrap_or(&[]);
    let count = lexemes
        .first()
        .and_then(Lexeme::number)
        .and_then(|it| usize::try_from(it).ok());
    let Some(count) = count.filter(|it| (1..=PAYMENTS_MAX).contains(it)) else {
        return Vec::new();
    };
    let amount = amounts(lexemes)
        .into_iter()
        .find(super::super::amounts::AmountMatch::is_money)
        .map(|it| it.amount);
    let days: Vec<_> = dates(lexemes, paper.style)
        .into_iter()
        .filter(|it| matches!(it.form, Form::Full | Form::DayMonth))
        .collect();
    let (Some(amount), Some(first)) = (amount, days.first()) else {
        return Vec::new();
    };
    let bytes =
        lexemes.first().map_or(0, |it| it.at.start)..lexemes.last().map_or(0, |it| it.at.end);
    let evidence = sentence.passage.evidence(&bytes);
    let months = if has(lexemes, &["quarter*|vierteljährlich*|quartal*"]) {
        3
    } else {
        1
    };
    let payments = (0..count).filter_map(|index| {
        let step = i32::try_from(index).ok()?.checked_mul(months)?;
        Some((index, first.day.checked_add(step.months()).ok()?))
    });
    let last: Option<Date> = days.get(1).map(|it| it.day);
    let within =
        payments.filter(|(_, day)| last.is_none_or(|last| *day <= last) && is_ahead(facts, *day));
    within
        .map(|(index, day)| Duty {
            amount: Some(amount),
            is_instalment: true,
            basis: if index == 0 || Some(day) == last {
                Basis::Explicit
            } else {
                Basis::Relative
            },
            why: Some(Explanation {
                rule: if index == 0 || Some(day) == last {
                    Rule::Printed
                } else {
                    Rule::Calendar
                },
                start: first.day,
                ..Explanation::printed(day)
            }),
            ..plain(Action::Pay, day, evidence.clone())
        })
        .collect()
}

/// Whether a day begins or ends a span of time: `1 April 2026 to 31 March 2027`.
fn is_of_span(paper: &Paper<'_>, spot: &DateSpot) -> bool {
    let Some(segment) = paper.lines.segments.get(spot.segment) else {
        return false;
    };
    let days = dates(&segment.lexemes, paper.style);
    days.windows(2).any(|pair| match pair {
        [first, last] => {
            let is_one = first.lexemes == spot.found.lexemes || last.lexemes == spot.found.lexemes;
            is_one && is_span(&segment.lexemes, first, last)
        }
        _ => false,
    })
}

/// The amount right below a day, in a table with its days in one row and its amounts in the next.
fn below<'a>(paper: &'a Paper<'_>, days: &[DateSpot], spot: &DateSpot) -> Option<&'a MoneySpot> {
    let is_row = |it: &DateSpot| {
        it.page == spot.page
            && (it.at.y - spot.at.y).abs() < spot.at.h * 0.5
            && (it.at.x - spot.at.x).abs() > 1.0
    };
    if !days.iter().any(is_row) {
        return None;
    }
    let under = paper.money.iter().filter(|it| {
        let gap = it.at.y - spot.at.bottom();
        let shared = it.at.right().min(spot.at.right()) - it.at.x.max(spot.at.x);
        it.page == spot.page
            && gap > -spot.at.h * 0.3
            && gap < spot.at.h * 1.5
            && shared > 0.0
            && it.amount.hundredths() > 0
    });
    under.min_by(|a, b| a.at.y.total_cmp(&b.at.y))
}

/// Rows of a table with a day and an amount under words that make them payments.
pub fn of_rows(paper: &Paper<'_>, facts: &Facts) -> Vec<Duty> {
    let heading = [
        "rate|raten|teilbetrag|abschlag|abschläge|abschlagszahlung*|vorauszahlung*|fälligkeit|fälligkeiten|instalment*|installment*|zahlungsplan|ratenplan|teilzahlung*",
        "wie folgt … entrichten|zahlen|fällig|überweisen",
        "folgenden terminen|tagen … entrichten|zahlen|fällig",
        "anzahlung|restzahlung",
        "first|second|1|2|erste|zweite [st|nd] half|hälfte|instalment|installment",
    ];
    let has_heading = paper
        .lines
        .segments
        .iter()
        .any(|it| it.lexemes.len() <= 12 && has(&it.lexemes, &heading));
    if !has_heading {
        return Vec::new();
    }
    let mut found = Vec::new();
    let days = paper.days();
    for spot in &days {
        let is_day = matches!(spot.found.form, Form::Full | Form::DayMonth)
            && is_ahead(facts, spot.found.day)
            && !is_of_span(paper, spot);
        if !is_day {
            continue;
        }
        let in_row = || {
            paper.money.iter().filter(|it| {
                let middle = it.at.y + it.at.h / 2.0;
                let is_beside = middle > spot.at.y && middle < spot.at.bottom();
                it.page == spot.page && it.amount.hundredths() > 0 && is_beside
            })
        };
        // Before its day an amount counts only where it is alone.
        let behind = in_row().find(|it| it.at.x > spot.at.x);
        let in_row = behind.or_else(|| in_row().next().filter(|_| in_row().count() == 1));
        let segment = paper.lines.segments.get(spot.segment);
        let is_short = segment.is_some_and(|it| {
            it.lexemes.len() <= spot.found.lexemes.len() + 8 && !is_not_ours(&it.lexemes)
        });
        let money = in_row.or_else(|| below(paper, &days, spot));
        if let (Some(money), Some(segment), true) = (money, segment, is_short) {
            let mut evidence = segment.evidence(&spot.found.at);
            if money.segment != spot.segment
                && let Some(other) = paper.evidence(money.segment, &money.bytes)
            {
                evidence.text = format!("{} {}", evidence.text, other.text);
                evidence.at = evidence.at.union(&other.at);
            }
            found.push(Duty {
                amount: Some(money.amount),
                is_instalment: true,
                confidence: 0.86,
                ..plain(Action::Pay, spot.found.day, evidence)
            });
        }
    }
    // One row alone is no plan.
    if found.len() < 2 { Vec::new() } else { found }
}
