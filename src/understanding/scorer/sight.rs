//! What a model sees of one candidate: the words before, above and after it, the sentence it stands
//! in, its place, and how it compares with the others of its document.
//!
//! Words are hashed into blocks, one block for each place. The training scripts take these numbers
//! from here (`models/candidates.rs`), so that there is no second hand that could count otherwise.

use std::ops::Range;

use super::super::dates::Form;
use super::super::features::hash;
use super::super::lex::{Lexeme, Sort};
use super::super::lines::{Passage, has_words, sentences};
use super::super::paper::{DateSpot, Language, MoneySpot, Paper};
use crate::domain::document::Kind;
use crate::domain::value::Rect;

/// How many numbers there are.
pub const DIMENSION: usize = 4096;

/// A run of numbers that belong together.
#[derive(Clone, Copy)]
struct Block {
    offset: usize,
    size: usize,
}

const BEFORE: Block = Block {
    offset: 0,
    size: 1024,
};
const ABOVE: Block = Block {
    offset: 1024,
    size: 512,
};
const AFTER: Block = Block {
    offset: 1536,
    size: 512,
};
const SENTENCE: Block = Block {
    offset: 2048,
    size: 1024,
};
const PIECES: Block = Block {
    offset: 3072,
    size: 896,
};
const NUMBERS: Block = Block {
    offset: 3968,
    size: 128,
};

/// Candidates of a document that are looked at, at most; more are lines of a long table.
const CANDIDATES_MAX: usize = 160;
/// Where the kinds begin among the numbers.
const KINDS: usize = 96;
/// As near stand the right edges of one column: till rolls waver more than pages.
const COLUMN: f32 = 24.0;
/// Words of a label that count.
const LABEL_WORDS: usize = 6;
/// Words of a sentence that count, on either side.
const SENTENCE_WORDS: usize = 14;
/// A sentence of fewer words is a label.
const SENTENCE_WORDS_MIN: usize = 5;
/// Words of at least this many letters also count in pieces.
const PIECES_FROM: usize = 5;

/// One candidate as the model sees it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sight {
    /// The page it stands on, from 1.
    pub page: u32,
    /// The first and the last of its words, by their index on the page.
    pub words: (usize, usize),
    /// What is not 0, as index and value.
    pub values: Vec<(usize, f32)>,
}

impl Sight {
    /// All [`DIMENSION`] numbers.
    pub fn row(&self) -> Vec<f32> {
        let mut row = vec![0.0; DIMENSION];
        for (index, value) in &self.values {
            if let Some(slot) = row.get_mut(*index) {
                *slot = *value;
            }
        }
        row
    }

    fn word(&mut self, block: Block, parts: &[&str], value: f32) {
        self.set(block, hash(parts) % block.size, value);
    }

    fn set(&mut self, block: Block, index: usize, value: f32) {
        if value != 0.0 && index < block.size {
            let index = block.offset + index;
            match self.values.iter_mut().find(|(it, _)| *it == index) {
                Some((_, old)) => *old = old.max(value),
                None => self.values.push((index, value)),
            }
        }
    }

    fn number(&mut self, index: usize, value: f32) {
        self.set(NUMBERS, index, value.clamp(-1.0, 1.0));
    }

    fn flag(&mut self, index: usize, is: bool) {
        self.set(NUMBERS, index, f32::from(u8::from(is)));
    }
}

/// A candidate's place.
struct Place<'a> {
    segment: usize,
    bytes: &'a Range<usize>,
    page: u32,
    at: Rect,
}

/// All amounts of a paper.
pub fn amounts(paper: &Paper<'_>, kind: Option<Kind>) -> Vec<Sight> {
    let look = |(order, spot): (usize, &MoneySpot)| {
        let place = Place {
            segment: spot.segment,
            bytes: &spot.bytes,
            page: spot.page,
            at: spot.at,
        };
        let mut sight = seen(paper, &place, kind);
        compare_amount(&mut sight, paper, spot);
        sight.number(20, share(order, paper.money.len()));
        sight
    };
    let asked = paper.money.iter().enumerate().take(CANDIDATES_MAX);
    asked.map(look).collect()
}

/// All `days` of a paper.
pub fn days(paper: &Paper<'_>, days: &[DateSpot], kind: Option<Kind>) -> Vec<Sight> {
    let look = |(order, spot): (usize, &DateSpot)| {
        let place = Place {
            segment: spot.segment,
            bytes: &spot.found.at,
            page: spot.page,
            at: spot.at,
        };
        let mut sight = seen(paper, &place, kind);
        compare_day(&mut sight, paper, days, spot);
        sight.number(20, share(order, days.len()));
        sight.flag(21, order == 0);
        sight
    };
    let asked = days.iter().enumerate().take(CANDIDATES_MAX);
    asked.map(look).collect()
}

fn share(part: usize, whole: usize) -> f32 {
    let number = |it: usize| f32::from(u16::try_from(it).unwrap_or(u16::MAX));
    number(part) / number(whole).max(1.0)
}

/// What amounts and days have in common: their words, their place, their document.
fn seen(paper: &Paper<'_>, place: &Place<'_>, kind: Option<Kind>) -> Sight {
    let mut sight = Sight {
        page: place.page,
        ..Sight::default()
    };
    let Some(segment) = paper.lines.segments.get(place.segment) else {
        return sight;
    };
    let last = place.bytes.end.saturating_sub(1);
    sight.words = (segment.word_at(place.bytes.start), segment.word_at(last));
    label(&mut sight, paper, place, segment);
    let above = paper.lines.label_above(place.segment);
    words(&mut sight, ABOVE, tail(&above, LABEL_WORDS), 1.0);
    sentence(&mut sight, paper, segment, place.bytes.start);
    let height = paper.lines.page_height(place.page).max(1.0);
    sight.number(0, place.at.y / height);
    sight.number(1, place.at.right() / 1000.0);
    sight.flag(2, place.page == 1);
    sight.flag(3, paper.lines.is_slip());
    sight.flag(4, paper.language == Language::German);
    sight.flag(5, paper.lines.is_near_top(place.segment));
    let usual = usual_height(paper, place.page);
    sight.flag(6, place.at.h > usual * 1.2);
    sight.flag(7, place.at.h > usual * 1.6);
    if let Some(index) = kind.and_then(|kind| Kind::ALL.iter().position(|it| *it == kind)) {
        sight.flag(KINDS + index, true);
    }
    sight
}

/// The words before a candidate in its row, and those after it.
fn label(sight: &mut Sight, paper: &Paper<'_>, place: &Place<'_>, segment: &Passage) {
    let bytes = place.bytes;
    let count = segment
        .lexemes
        .partition_point(|it| it.at.end <= bytes.start);
    let before = segment.lexemes.get(..count).unwrap_or(&[]);
    let skip = segment
        .lexemes
        .partition_point(|it| it.at.start < bytes.end);
    let after = segment.lexemes.get(skip..).unwrap_or(&[]);
    words(sight, BEFORE, tail(before, LABEL_WORDS), 1.0);
    words(
        sight,
        AFTER,
        after.get(..4.min(after.len())).unwrap_or(&[]),
        1.0,
    );
    sight.flag(8, has_words(before));
    sight.flag(9, after.is_empty());
    sight.flag(10, before.is_empty() && after.is_empty());
    if has_words(before) {
        return;
    }
    if let Some(left) = paper.lines.words_left_of(place.page, &place.at) {
        words(sight, BEFORE, tail(&left.lexemes, LABEL_WORDS), 0.9);
        sight.flag(11, true);
        sight.number(12, (place.at.x - left.at.right()) / 1000.0);
    } else {
        sight.flag(13, true);
    }
}

/// The sentence around a candidate, where it is running text.
fn sentence(sight: &mut Sight, paper: &Paper<'_>, segment: &Passage, byte: usize) {
    let word = segment.word_at(byte);
    let around = paper.lines.paragraphs.iter().find_map(|passage| {
        let byte = (passage.page == segment.page)
            .then(|| passage.byte_of(word))
            .flatten()?;
        let at = passage.lexemes.partition_point(|it| it.at.end <= byte);
        let range = sentences(passage).into_iter().find(|it| it.contains(&at))?;
        Some((passage, range, at))
    });
    let Some((passage, range, at)) = around else {
        return;
    };
    let spoken = passage.lexemes.get(range.clone()).unwrap_or(&[]);
    let count = spoken.iter().filter(|it| it.sort == Sort::Word).count();
    sight.flag(14, count >= SENTENCE_WORDS_MIN);
    if count < SENTENCE_WORDS_MIN {
        return;
    }
    let from = range.start.max(at.saturating_sub(SENTENCE_WORDS));
    let to = range.end.min(at + SENTENCE_WORDS);
    let near = passage.lexemes.get(from..to).unwrap_or(&[]);
    for lexeme in near.iter().filter(|it| it.sort == Sort::Word) {
        sight.word(SENTENCE, &[&lexeme.text], 1.0);
    }
}

/// Words, pairs of neighbours and pieces of long words; the nearer the louder.
fn words(sight: &mut Sight, block: Block, lexemes: &[Lexeme], value: f32) {
    let mut last = "";
    for (back, lexeme) in lexemes.iter().enumerate() {
        let text = token(lexeme);
        sight.word(block, &[text], value);
        sight.word(block, &[last, " ", text], value);
        if block.offset == BEFORE.offset && back + 1 == lexemes.len() {
            sight.word(block, &["$", text], value);
        }
        if lexeme.sort == Sort::Word && lexeme.text.len() >= PIECES_FROM {
            pieces(sight, block, &lexeme.text);
        }
        last = text;
    }
}

/// Four letters each, so that a misread letter costs some of a word and not all of it.
fn pieces(sight: &mut Sight, block: Block, text: &str) {
    let place = if block.offset == ABOVE.offset {
        "^"
    } else {
        "<"
    };
    if block.offset == AFTER.offset {
        return;
    }
    let letters: Vec<char> = text.chars().collect();
    for piece in letters.windows(4) {
        let piece: String = piece.iter().collect();
        sight.word(PIECES, &[place, &piece], 0.5);
    }
}

/// A word itself; numbers by their length alone.
fn token(lexeme: &Lexeme) -> &str {
    match (lexeme.sort, lexeme.text.len()) {
        (Sort::Word | Sort::Mark, _) => &lexeme.text,
        (Sort::Number, 1) => "#1",
        (Sort::Number, 2) => "#2",
        (Sort::Number, 3 | 4) => "#4",
        (Sort::Number, _) => "#9",
    }
}

fn tail(lexemes: &[Lexeme], count: usize) -> &[Lexeme] {
    let from = lexemes.len().saturating_sub(count);
    lexemes.get(from..).unwrap_or(&[])
}

/// The middle of the heights of a page's lines.
fn usual_height(paper: &Paper<'_>, page: u32) -> f32 {
    let on_page = paper.lines.on_page(page);
    let mut heights: Vec<f32> = on_page.map(|(_, it)| it.at.h).collect();
    heights.sort_by(f32::total_cmp);
    heights
        .get(heights.len() / 2)
        .copied()
        .unwrap_or(0.0)
        .max(1.0)
}

/// How an amount compares with the others.
fn compare_amount(sight: &mut Sight, paper: &Paper<'_>, spot: &MoneySpot) {
    let cents = spot.amount.hundredths();
    let others: Vec<i64> = paper
        .money
        .iter()
        .map(|it| it.amount.hundredths())
        .collect();
    let most = others.iter().copied().max().unwrap_or(0);
    sight.flag(22, cents == most);
    let smaller = others.iter().filter(|it| **it < cents).count();
    sight.number(23, share(smaller, others.len()));
    sight.flag(24, cents < 0);
    sight.flag(25, cents == 0);
    let alike = others.iter().filter(|it| **it == cents).count();
    sight.flag(26, alike >= 2);
    sight.flag(27, alike >= 3);
    sight.flag(28, spot.currency.is_some());
    sight.flag(29, cents % 100 == 0);
    for (index, tenths) in (30..).zip([1, 3, 6, 9]) {
        sight.flag(
            index,
            cents.saturating_mul(10) < most.saturating_mul(tenths),
        );
    }
    compare_sums(sight, &others, cents);
    sight.flag(38, paper.is_column_sum(spot, COLUMN));
    let row: Vec<&MoneySpot> = paper
        .money
        .iter()
        .filter(|it| it.page == spot.page && (it.at.y - spot.at.y).abs() < spot.at.h * 0.5)
        .collect();
    sight.flag(39, row.len() > 1);
    sight.flag(40, row.iter().all(|it| it.at.x <= spot.at.x));
    let later = paper.money.iter().filter(|it| {
        it.page > spot.page || it.page == spot.page && it.at.y > spot.at.y + spot.at.h * 0.5
    });
    let later: Vec<i64> = later.map(|it| it.amount.hundredths()).collect();
    sight.flag(41, later.is_empty());
    sight.flag(42, later.iter().any(|it| *it > cents));
    sight.flag(43, later.contains(&cents));
    let is_left = later
        .iter()
        .any(|it| *it > cents && later.contains(&(it - cents)));
    sight.flag(44, cents > 0 && is_left);
    let is_rounded = [-2, -1, 1, 2]
        .iter()
        .any(|it| others.contains(&(cents + it)));
    sight.flag(45, cents > 0 && cents % 5 == 0 && is_rounded);
}

/// Whether it is the gross, the net or the tax of a sum, or what a hand-over leaves.
fn compare_sums(sight: &mut Sight, others: &[i64], cents: i64) {
    let has = |wanted: i64| wanted > 0 && others.contains(&wanted);
    let positive = || others.iter().copied().filter(|it| *it > 0);
    let is_gross = positive()
        .any(|it| it < cents && it * 2 > cents && (cents - it) * 3 < cents && has(cents - it));
    sight.flag(34, is_gross);
    let is_net = positive().any(|it| it > cents && cents * 2 > it && has(it - cents));
    sight.flag(35, is_net);
    let is_tax = cents > 0 && positive().any(|it| it > cents * 3 && has(it - cents));
    sight.flag(36, is_tax);
    let is_sum_of_two = positive().any(|it| it < cents && has(cents - it));
    sight.flag(37, is_sum_of_two);
}

/// How a day compares with the others.
fn compare_day(sight: &mut Sight, paper: &Paper<'_>, days: &[DateSpot], spot: &DateSpot) {
    let day = spot.found.day;
    let all = || days.iter().map(|it| it.found.day);
    sight.flag(22, all().all(|it| it >= day));
    sight.flag(23, all().all(|it| it <= day));
    let alike = all().filter(|it| *it == day).count();
    sight.flag(24, alike >= 2);
    sight.flag(25, alike >= 4);
    sight.flag(26, spot.found.form == Form::Full);
    sight.flag(27, spot.found.form == Form::DayMonth);
    sight.flag(
        28,
        matches!(
            spot.found.form,
            Form::Weekday | Form::Relative | Form::PeriodEnd
        ),
    );
    let earliest = all().min().unwrap_or(day);
    let latest = all().max().unwrap_or(day);
    let apart = |from, to: jiff::civil::Date| to.since(from).map_or(0, |it| it.get_days());
    for (index, most) in (30..).zip([0, 3, 15, 35, 100, 400, 4000]) {
        sight.flag(index, apart(earliest, day) > most);
        sight.flag(index + 8, apart(day, latest) > most);
    }
    let segment = paper.lines.segments.get(spot.segment);
    let lexemes = segment.map_or(&[][..], |it| it.lexemes.as_slice());
    let dash = |it: Option<&Lexeme>| it.is_some_and(|it| it.is_one_of("-–"));
    let before = spot.found.lexemes.start.checked_sub(1);
    sight.flag(46, dash(lexemes.get(spot.found.lexemes.end)));
    sight.flag(47, dash(before.and_then(|it| lexemes.get(it))));
    let next = lexemes.get(spot.found.lexemes.end..).unwrap_or(&[]);
    let is_time = next.iter().take(4).any(|it| it.is_mark(':'));
    sight.flag(48, is_time);
    sight.number(49, share(days.len(), 12));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sight_keeps_the_louder_of_two_values() {
        let mut sight = Sight::default();
        sight.word(BEFORE, &["total"], 0.5);
        sight.word(BEFORE, &["total"], 1.0);
        sight.word(BEFORE, &["total"], 0.2);
        assert_eq!(sight.values.len(), 1);
        assert!((sight.row().iter().sum::<f32>() - 1.0).abs() < f32::EPSILON);
    }

    #[test]
    fn gross_net_and_tax_are_known_by_their_sum() {
        let others = [10_000, 1_900, 11_900, 55];
        let flags = |cents| {
            let mut sight = Sight::default();
            compare_sums(&mut sight, &others, cents);
            let row = sight.row();
            [34, 35, 36].map(|it| row[NUMBERS.offset + it] > 0.5)
        };
        assert_eq!(flags(11_900), [true, false, false]);
        assert_eq!(flags(10_000), [false, true, false]);
        assert_eq!(flags(1_900), [false, false, true]);
        assert_eq!(flags(55), [false, false, false]);
    }
}
