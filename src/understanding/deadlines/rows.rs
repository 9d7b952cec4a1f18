//! Where in its sentence a day stands: in the row of its label, behind its hour, or at the end of a
//! term.

use jiff::civil::Time;

use super::super::dates::{DateMatch, time_at};
use super::super::lex::{Lexeme, Sort, has};
use super::Sentence;

/// Of a run of labels with their values (`Lieferbeginn: 01.12.2025 Laufzeit: bis 30.11.2026 Kündigungsfrist:
/// ein Monat`) the row in which a day stands; of any other sentence all of it.
pub(super) fn labelled_row<'a>(
    sentence: &Sentence<'a>,
    day: &DateMatch,
) -> (Sentence<'a>, DateMatch) {
    let lexemes = sentence.lexemes;
    let is_colon = |it: &&usize| {
        lexemes
            .get(**it)
            .is_some_and(|it| it.is_mark(':') && it.glued)
    };
    let indices: Vec<usize> = (0..lexemes.len()).collect();
    // The label before a colon: its words, four at most.
    let label = |colon: usize| {
        let words = lexemes.get(..colon).unwrap_or(&[]).iter().rev().take(4);
        colon - words.take_while(|it| it.sort == Sort::Word).count()
    };
    let clock = |colon: &usize| {
        lexemes
            .get(*colon + 1)
            .is_some_and(|it| it.sort == Sort::Number && it.glued)
    };
    let labels = indices
        .iter()
        .filter(is_colon)
        .filter(|it| !clock(it))
        .map(|it| label(*it));
    let labels: Vec<usize> = labels.collect();
    if labels.len() < 2 {
        return (*sentence, day.clone());
    }
    let start = labels.iter().rev().find(|it| **it <= day.lexemes.start);
    let start = start.copied().unwrap_or(0);
    let end = labels.iter().find(|it| **it >= day.lexemes.end);
    let end = end.copied().unwrap_or(lexemes.len());
    let row = Sentence {
        passage: sentence.passage,
        lexemes: lexemes.get(start..end).unwrap_or(lexemes),
    };
    let mut day = day.clone();
    day.lexemes = day.lexemes.start - start..day.lexemes.end - start;
    (row, day)
}

/// Whether two days begin and end a span: `1 April 2026 to 31 March 2027`. Its first day is none by which
/// anything is due.
pub(super) fn is_span(lexemes: &[Lexeme], first: &DateMatch, last: &DateMatch) -> bool {
    let joins = |it: &Lexeme| {
        it.is_one_of("-–") || matches!(it.text.as_str(), "bis" | "to" | "until" | "through")
    };
    let between = lexemes.get(first.lexemes.end..last.lexemes.start);
    between.is_some_and(|it| (1..=3).contains(&it.len()) && it.iter().any(joins))
}

/// Whether a span that begins at this lexeme is one for which something is billed: `für die Zeit vom`,
/// `billing period`. Its last day is none by which anything is due either.
pub(super) fn is_of_time(lexemes: &[Lexeme], first: usize) -> bool {
    let before = lexemes.get(first.saturating_sub(5)..first).unwrap_or(&[]);
    has(
        before,
        &["zeit|zeitraum|*zeitraum|*zeitraums|periode|*periode|period|versicherungsjahr"],
    )
}

/// Whether a day ends a term: `Vertragslaufzeit: bis 30.11.2026`.
pub(super) fn is_term_end(lexemes: &[Lexeme], day: usize) -> bool {
    let near = lexemes.get(day.saturating_sub(5)..day).unwrap_or(&[]);
    has(
        near,
        &["laufzeit|vertragslaufzeit|mindestlaufzeit|vertragsende|vertragsdauer|term|runs"],
    )
}

/// The hour that stands before its day: `at 9.30am on Monday 27 April`, `um 18 Uhr am Freitag, den …`.
pub(super) fn hour_before(lexemes: &[Lexeme], day: &DateMatch) -> Option<Time> {
    let first = day.lexemes.start.saturating_sub(8);
    let before = lexemes.get(..day.lexemes.start)?;
    let (time, end) = (first..day.lexemes.start).find_map(|it| time_at(before, it))?;
    let between = before.get(end..)?;
    let joins = |it: &Lexeme| {
        it.sort == Sort::Mark
            || matches!(
                it.text.as_str(),
                "on" | "am" | "den" | "dem" | "the" | "uhr"
            )
            || it.text.ends_with("day")
            || it.text.ends_with("tag")
            || it.text == "mittwoch"
    };
    (time != Time::midnight() && between.iter().all(joins)).then_some(time)
}
