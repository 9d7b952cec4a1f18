//! What the house learns by: where which words stand, and every day, amount and number of the first
//! pages with the words before and above it.

use std::ops::Range;

use crate::domain::finding::{Evidence, Extraction, Value};
use crate::domain::layout::{CANDIDATES_MAX, Candidate, Sketch, Trace};
use crate::domain::value::{Money, Rect};
use crate::domain::why::LABEL_LETTERS_MAX;

use super::dates::Form;
use super::paper::Paper;
use super::{marks, references};

/// Pages whose values are given along.
const PAGES_MAX: u32 = 3;
/// Values of one sort.
const OF_A_SORT_MAX: usize = CANDIDATES_MAX / 3;
/// Words of a label.
const LABEL_WORDS_MAX: usize = 5;

/// Of a document that was understood as `extraction`.
pub fn trace(paper: &Paper<'_>, extraction: &Extraction) -> Trace {
    let first = paper.reading.pages.first();
    let words = first.into_iter().flat_map(|it| &it.words);
    Trace {
        sketch: Sketch::of(words.map(|it| (it.text.as_str(), it.at))),
        candidates: candidates(paper),
        marks: marks::marks(paper, extraction),
    }
}

fn candidates(paper: &Paper<'_>) -> Vec<Candidate> {
    let days = paper.days().into_iter();
    let days = days.filter(|it| it.found.form == Form::Full && it.page <= PAGES_MAX);
    let days =
        days.filter_map(|it| candidate(paper, it.segment, &it.found.at, Value::Date(it.found.day)));
    let money = paper.money.iter().filter(|it| it.page <= PAGES_MAX);
    let money = money.filter_map(|it| {
        let money = Money {
            amount: it.amount,
            currency: it.currency.unwrap_or(paper.currency),
        };
        candidate(paper, it.segment, &it.bytes, Value::Money(money))
    });
    let money: Vec<Candidate> = money.collect();
    // Of a long table the last ones: sums stand below.
    let rest = money.len().saturating_sub(OF_A_SORT_MAX);
    let mut all: Vec<Candidate> = days.take(OF_A_SORT_MAX).collect();
    all.extend(money.into_iter().skip(rest));
    all.extend(numbers(paper));
    all
}

/// Whatever may be a number of somebody's.
fn numbers(paper: &Paper<'_>) -> Vec<Candidate> {
    let mut numbers = Vec::new();
    for (segment, passage) in paper.lines.segments.iter().enumerate() {
        if passage.page > PAGES_MAX || numbers.len() >= OF_A_SORT_MAX {
            break;
        }
        let mut from = 0;
        for (at, lexeme) in passage.lexemes.iter().enumerate() {
            let begins = !lexeme.glued
                && lexeme.at.start >= from
                && may_be_number(passage.text.get(lexeme.at.start..).unwrap_or_default());
            let Some((value, bytes)) = begins
                .then(|| references::number_at(paper, segment, at))
                .flatten()
            else {
                continue;
            };
            // Words before it are its label, not skipped ones.
            if bytes.start != lexeme.at.start || value.len() < 3 {
                continue;
            }
            from = bytes.end;
            numbers.extend(candidate(paper, segment, &bytes, Value::Text(value)));
        }
    }
    numbers.truncate(OF_A_SORT_MAX);
    numbers
}

/// Whether a text begins with a word that has a figure, or with capitals before one that has.
fn may_be_number(text: &str) -> bool {
    let mut words = text.split(' ');
    let has_figure = |it: &str| it.bytes().any(|it| it.is_ascii_digit());
    let Some(first) = words.next() else {
        return false;
    };
    let is_prefix = first.len() <= 4 && first.bytes().all(|it| it.is_ascii_uppercase());
    has_figure(first) || is_prefix && words.next().is_some_and(has_figure)
}

fn candidate(
    paper: &Paper<'_>,
    segment: usize,
    bytes: &Range<usize>,
    value: Value,
) -> Option<Candidate> {
    let evidence = paper.evidence(segment, bytes)?;
    let (left, above) = label(paper, segment, bytes.start, &evidence.at);
    Some(Candidate {
        value,
        evidence,
        left,
        above,
    })
}

/// The words before a value in its row, or where there are none those above it.
pub fn label(paper: &Paper<'_>, segment: usize, byte: usize, at: &Rect) -> (String, String) {
    let Some(passage) = paper.lines.segments.get(segment) else {
        return (String::new(), String::new());
    };
    let before = passage.text.get(..byte).unwrap_or_default();
    let mut left = words_before(before);
    if left.is_empty() {
        let beside = paper.lines.words_left_of(passage.page, at);
        left = beside.map_or_else(String::new, |it| last_words(&it.text));
    }
    if !left.is_empty() || before.chars().any(char::is_alphanumeric) {
        return (left, String::new());
    }
    let above = paper.lines.above(segment);
    (
        left,
        above.map_or_else(String::new, |it| last_words(&it.text)),
    )
}

/// The words right before a value, back to the next figure.
fn words_before(text: &str) -> String {
    let words = text.split_whitespace().rev();
    let words = words.take_while(|it| !it.bytes().any(|it| it.is_ascii_digit()));
    told(words)
}

fn last_words(text: &str) -> String {
    let words = text.split_whitespace().rev();
    told(words.filter(|it| !it.bytes().any(|it| it.is_ascii_digit())))
}

/// Words from the last to the first, as a label.
fn told<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let is_word = |it: &&str| {
        let letters = it.chars().filter(|it| it.is_alphabetic()).count();
        let is_currency = matches!(
            it.trim_matches(|it: char| !it.is_alphanumeric()),
            "EUR" | "Euro" | "CHF" | "GBP" | "USD" | "Fr"
        );
        letters > 0 && !is_currency
    };
    let mut words: Vec<&str> = words.filter(is_word).take(LABEL_WORDS_MAX).collect();
    words.reverse();
    let label = words.join(" ");
    let label = label.trim_end_matches([':', '.', ',', ' ']);
    label.chars().take(LABEL_LETTERS_MAX).collect()
}

/// Where evidence stands: its segment, and its first byte there.
pub fn spot(paper: &Paper<'_>, evidence: &Evidence) -> Option<(usize, usize)> {
    let on_page = paper.lines.on_page(evidence.page);
    let mut around = on_page.filter(|(_, it)| {
        let (x, y) = (evidence.at.x + 1.0, evidence.at.y + evidence.at.h / 2.0);
        it.at.x <= x && x <= it.at.right() && it.at.y <= y && y <= it.at.bottom()
    });
    let (segment, passage) = around.next()?;
    Some((segment, passage.text.find(&evidence.text).unwrap_or(0)))
}
