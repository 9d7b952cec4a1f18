//! Periods that run to the end of a month: `bis zum Ablauf des zweiten Monats nach Zugang` (§ 561 Abs. 1
//! BGB), `bis zum Ablauf des zwölften Monats nach Zugang der Abrechnung` (§ 556 Abs. 3 BGB). The month in
//! which the letter arrives is not counted.

use crate::domain::deadline::Period;
use crate::domain::deadline::counting::Count;
use crate::domain::deadline::explanation::Rule;
use crate::domain::obligation::{Action, Basis};

use super::super::lex::{Lexeme, find, match_at};
use super::super::numerals;
use super::super::paper::Paper;
use super::cues::action_near;
use super::{Duty, Facts, Sentence, is_ahead, plain};

/// Days that a letter needs until it is received.
const POST_DAYS: u16 = 3;

/// What is to be done until the end of such a month: rights alone are given so.
pub(super) fn duty(paper: &Paper<'_>, facts: &Facts, sentence: &Sentence<'_>) -> Option<Duty> {
    let lexemes = sentence.lexemes;
    let begun = find(lexemes, "bis zum ablauf|ende des")?;
    let count = lexemes.get(begun.end).and_then(months)?;
    let end = match_at(
        lexemes,
        begun.end + 1,
        "monats|kalendermonats nach [dem|der] zugang|erhalt|empfang",
    )?;
    let (action, _) = action_near(lexemes, begun.start)?;
    if !matches!(action, Action::Object | Action::Cancel) {
        return None;
    }
    let issued = Count::from(Rule::Period, facts.issued, &paper.region);
    let arrived = facts
        .arrived
        .map(|it| Count::from(Rule::Period, it, &paper.region).from_arrival());
    let arrived = arrived.or_else(|| issued.post_supposed(POST_DAYS))?;
    let counted = arrived.after(Period::months(count))?.end_of_month();
    let due = counted.day();
    is_ahead(facts, due).then(|| Duty {
        optional: true,
        basis: Basis::Relative,
        confidence: 0.85,
        why: Some(counted.end()),
        ..plain(
            action,
            due,
            sentence.evidence(&sentence.bytes(&(begun.start..end))),
        )
    })
}

fn months(lexeme: &Lexeme) -> Option<u16> {
    match lexeme.text.as_str() {
        "elften" => Some(11),
        "zwolften" => Some(12),
        text => numerals::ordinal(text).and_then(|it| u16::try_from(it).ok()),
    }
}
