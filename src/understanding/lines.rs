//! The words of the pages as lines, as running paragraphs and as rows, each position of a text
//! traceable to the word and the box it comes from.
//!
//! A reader's line may hold several columns, so lines are cut at wide gaps into *segments*.
//! Segments below each other form a *paragraph* (running text over line ends). What stands left of
//! and above a segment is found by place, since labels stand there.

mod continued;
mod mended;
mod shape;
mod spaced;

use std::ops::Range;

use crate::domain::document::{Page, PageSource, Reading};
use crate::domain::finding::Evidence;
use crate::domain::value::Rect;

use super::lex::{Lexeme, Sort, lex};
use mended::mended;

/// A word's place in a passage.
#[derive(Clone, Debug)]
struct Span {
    /// Bytes of the passage's text.
    at: Range<usize>,
    /// Where it stands on the page.
    place: Rect,
    /// The word's index on its page: the same word has the same in every passage.
    word: usize,
    /// Which segment it belongs to.
    segment: usize,
}

/// Running text from one page: one segment, or a paragraph of several.
#[derive(Clone, Debug)]
pub struct Passage {
    /// Page, from 1.
    pub page: u32,
    /// The words, apart by single spaces.
    pub text: String,
    /// The text's words, numbers and marks; digits that OCR misread are mended, byte for byte.
    pub lexemes: Vec<Lexeme>,
    /// Around all of it.
    pub at: Rect,
    spans: Vec<Span>,
}

impl Passage {
    /// The words that touch these bytes, with the box around them.
    pub fn evidence(&self, bytes: &Range<usize>) -> Evidence {
        let touched = || {
            self.spans
                .iter()
                .filter(|it| it.at.start < bytes.end && bytes.start < it.at.end)
        };
        let words: Vec<&str> = touched()
            .filter_map(|it| self.text.get(it.at.clone()))
            .collect();
        let place = touched().map(|it| it.place).reduce(|a, b| a.union(&b));
        Evidence {
            page: self.page,
            text: words.join(" "),
            at: place.unwrap_or(self.at),
        }
    }

    /// The word on the page that holds this byte: the same for every passage that shows it.
    pub fn word_at(&self, byte: usize) -> usize {
        self.spans
            .iter()
            .find(|it| byte < it.at.end)
            .map_or(usize::MAX, |it| it.word)
    }

    /// Where a word of the page begins here, in bytes.
    pub fn byte_of(&self, word: usize) -> Option<usize> {
        let mut spans = self.spans.iter();
        spans.find(|it| it.word == word).map(|it| it.at.start)
    }

    /// The segment that holds this byte.
    pub fn segment_at(&self, byte: usize) -> Option<usize> {
        self.spans
            .iter()
            .find(|it| byte < it.at.end)
            .map(|it| it.segment)
    }

    /// The text of these lexemes.
    pub fn slice(&self, lexemes: &Range<usize>) -> &str {
        self.text.get(self.bytes(lexemes)).unwrap_or("")
    }

    /// The bytes of these lexemes.
    pub fn bytes(&self, lexemes: &Range<usize>) -> Range<usize> {
        let start = self.lexemes.get(lexemes.start).map_or(0, |it| it.at.start);
        let last = lexemes
            .end
            .checked_sub(1)
            .and_then(|it| self.lexemes.get(it));
        start..last.map_or(start, |it| it.at.end).max(start)
    }

    fn height(&self) -> f32 {
        self.at.h
    }
}

/// The pages of a document as passages.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    /// Lines cut at wide gaps, in reading order.
    pub segments: Vec<Passage>,
    /// Segments below each other as running text.
    pub paragraphs: Vec<Passage>,
    /// Heights of the pages by their numbers, in thousandths of their width.
    heights: Vec<(u32, f32)>,
    /// Which segments stand on each page, by its number.
    of_pages: Vec<(u32, Range<usize>)>,
    /// By how much the rows of each page descend to the right, by its number.
    slopes: Vec<(u32, f32)>,
    /// Whether the first page is a till's slip.
    is_slip: bool,
}

impl Lines {
    /// Of all pages.
    pub fn of(reading: &Reading) -> Self {
        let mut lines = Self {
            is_slip: reading.pages.first().is_some_and(shape::is_slip),
            ..Self::default()
        };
        for page in &reading.pages {
            let height = if page.width > 0.0 {
                page.height / page.width * 1000.0
            } else {
                1414.0
            };
            lines.heights.push((page.number, height));
            lines.slopes.push((page.number, shape::slope(&page.words)));
            let first = lines.segments.len();
            lines.segments.extend(segments(page, first));
            lines
                .of_pages
                .push((page.number, first..lines.segments.len()));
            let of_page = lines.segments.get(first..).unwrap_or(&[]);
            let source = page.source;
            lines.paragraphs.extend(paragraphs(of_page, source, first));
        }
        lines
    }

    /// The segments of one page with their indices; the pages of a long document are looked at one by
    /// one, so that its length costs no more than its pages.
    pub fn on_page(&self, page: u32) -> impl DoubleEndedIterator<Item = (usize, &Passage)> + Clone {
        let known = self.of_pages.iter().find(|(number, _)| *number == page);
        let range = known.map_or(0..0, |(_, range)| range.clone());
        let passages = self.segments.get(range.clone()).unwrap_or(&[]);
        range.zip(passages)
    }

    /// What stands left of a segment in its row, nearest.
    pub fn left_of(&self, segment: usize) -> Option<&Passage> {
        let it = self.segments.get(segment)?;
        let beside = self.on_page(it.page).map(|(_, it)| it).filter(|other| {
            let level = self.level(it.page, &other.at, &it.at);
            other.at.right() <= it.at.x + 2.0 && overlap_y(&level, &it.at) > 0.5
        });
        beside.max_by(|a, b| a.at.right().total_cmp(&b.at.right()))
    }

    /// The nearest segment with words left of a place, in its row.
    pub fn words_left_of(&self, page: u32, at: &Rect) -> Option<&Passage> {
        let beside = self.on_page(page).map(|(_, it)| it).filter(|other| {
            let level = self.level(page, &other.at, at);
            let middle = level.y + level.h / 2.0;
            middle > at.y - at.h * 0.15
                && middle < at.bottom() + at.h * 0.15
                && other.at.right() <= at.x + 2.0
                && has_words(&other.lexemes)
        });
        // The first of several that end at the same place, as people read.
        beside
            .rev()
            .max_by(|a, b| a.at.right().total_cmp(&b.at.right()))
    }

    /// What stands right of a segment in its row, nearest.
    pub fn right_of(&self, segment: usize) -> Option<usize> {
        let it = self.segments.get(segment)?;
        let beside = self.on_page(it.page).filter(|(_, other)| {
            let level = self.level(it.page, &other.at, &it.at);
            other.at.x >= it.at.right() - 2.0 && overlap_y(&level, &it.at) > 0.5
        });
        beside
            .min_by(|(_, a), (_, b)| a.at.x.total_cmp(&b.at.x))
            .map(|(index, _)| index)
    }

    /// A place as high as it would stand beside `at` if the page's rows were level.
    fn level(&self, page: u32, place: &Rect, at: &Rect) -> Rect {
        let slope = self.slopes.iter().find(|(number, _)| *number == page);
        let apart = (at.x + at.w / 2.0) - (place.x + place.w / 2.0);
        Rect {
            y: place.y + slope.map_or(0.0, |(_, slope)| slope * apart),
            ..*place
        }
    }

    /// What stands directly above a segment (at most two line heights), nearest.
    pub fn above(&self, segment: usize) -> Option<&Passage> {
        let it = self.segments.get(segment)?;
        let over = self.on_page(it.page).map(|(_, it)| it).filter(|other| {
            let gap = it.at.y - other.at.bottom();
            other.at.y < it.at.y - it.at.h * 0.4
                && gap < it.at.h.max(8.0) * 1.6
                && shares_column(&other.at, &it.at)
        });
        over.max_by(|a, b| a.at.bottom().total_cmp(&b.at.bottom()))
    }

    /// What stands directly below a segment (at most two line heights), nearest.
    pub fn below(&self, segment: usize) -> Option<usize> {
        let it = self.segments.get(segment)?;
        let under = self.on_page(it.page).filter(|(_, other)| {
            let gap = other.at.y - it.at.bottom();
            other.at.y > it.at.y + it.at.h * 0.4
                && gap < it.at.h.max(8.0) * 1.6
                && shares_column(&other.at, &it.at)
        });
        under
            .min_by(|(_, a), (_, b)| a.at.y.total_cmp(&b.at.y))
            .map(|(index, _)| index)
    }

    /// The lexemes that label a value at `byte` of a segment: what stands before it in the segment,
    /// else left of it, else above it.
    pub fn label_of(&self, segment: usize, byte: usize) -> Vec<Lexeme> {
        let Some(it) = self.segments.get(segment) else {
            return Vec::new();
        };
        let before: Vec<Lexeme> = it
            .lexemes
            .iter()
            .filter(|lexeme| lexeme.at.end <= byte)
            .cloned()
            .collect();
        if before.iter().any(|it| it.text.chars().count() > 1) {
            return before;
        }
        self.left_of(segment)
            .map(|it| it.lexemes.clone())
            .unwrap_or_default()
    }

    /// The column's heading or the label above a value at the start of a segment.
    pub fn label_above(&self, segment: usize) -> Vec<Lexeme> {
        self.above(segment)
            .map(|it| it.lexemes.clone())
            .unwrap_or_default()
    }

    /// Whether a segment of the first page stands in its upper part, where letterheads are.
    pub fn is_near_top(&self, segment: usize) -> bool {
        self.segments
            .get(segment)
            .is_some_and(|it| it.page == 1 && it.at.y < self.page_height(1).max(1000.0) * 0.3)
    }

    /// A page's height in thousandths of its width.
    pub fn page_height(&self, page: u32) -> f32 {
        let known = self.heights.iter().find(|(number, _)| *number == page);
        known.map_or(1414.0, |(_, height)| *height)
    }

    /// Whether the first page is a strip of paper, as tills print it, or shows one.
    pub const fn is_slip(&self) -> bool {
        self.is_slip
    }
}

/// Whether lexemes hold a word, which a currency is not.
pub fn has_words(lexemes: &[Lexeme]) -> bool {
    lexemes.iter().any(|it| {
        it.sort == Sort::Word && it.text.len() > 2 && it.text != "eur" && it.text != "chf"
    })
}

/// The share of the lower box that overlaps the other vertically.
fn overlap_y(a: &Rect, b: &Rect) -> f32 {
    let shared = a.bottom().min(b.bottom()) - a.y.max(b.y);
    shared / a.h.min(b.h).max(0.1)
}

fn shares_column(a: &Rect, b: &Rect) -> bool {
    let shared = a.right().min(b.right()) - a.x.max(b.x);
    shared > 0.3 * a.w.min(b.w) || (a.x - b.x).abs() < 10.0
}

/// A page's lines, cut where the gap between two words is wider than a space can be.
fn segments(page: &Page, first: usize) -> Vec<Passage> {
    let mut built: Vec<Builder> = Vec::new();
    let mut last: Option<(u32, Rect)> = None;
    let widest = if shape::is_slip(page) { 1.9 } else { 1.25 };
    for (index, word) in page.words.iter().enumerate() {
        let text = word.text.trim();
        if text.is_empty() {
            continue;
        }
        let goes_on = last.is_some_and(|(line, at)| {
            let height = at.h.max(word.at.h);
            let gap = word.at.x - at.right();
            let is_placed = height > 0.0 && word.at.w > 0.0;
            line == word.line && (!is_placed || gap < height * widest && gap > -height * 4.0)
        });
        if !goes_on {
            built.push(Builder::new(page.number));
        }
        let segment = first + built.len() - 1;
        if let Some(builder) = built.last_mut() {
            builder.push(text, word.at, index, segment);
        }
        last = Some((word.line, word.at));
    }
    built.into_iter().map(Builder::finish).collect()
}

/// Chains segments that stand below each other in one column.
fn paragraphs(segments: &[Passage], source: PageSource, first: usize) -> Vec<Passage> {
    let mut next: Vec<Option<usize>> = vec![None; segments.len()];
    let mut has_above = vec![false; segments.len()];
    let reach = if source == PageSource::Ocr { 1.1 } else { 0.75 };
    for (lower, it) in segments.iter().enumerate() {
        let above = segments.iter().enumerate().filter(|(upper, other)| {
            let height = it.height().max(other.height());
            let gap = it.at.y - other.at.bottom();
            let alike = it.height().min(other.height()) > height * 0.55;
            *upper != lower
                && other.at.y < it.at.y - height * 0.4
                && gap < height * reach
                && alike
                && (it.at.x - other.at.x).abs() < height.max(6.0) * 2.5
        });
        let nearest = above.max_by(|(_, a), (_, b)| a.at.bottom().total_cmp(&b.at.bottom()));
        if let Some((upper, _)) = nearest
            && let Some(slot) = next.get_mut(upper)
            && slot.is_none()
        {
            *slot = Some(lower);
            if let Some(flag) = has_above.get_mut(lower) {
                *flag = true;
            }
        }
    }
    let starts = has_above
        .iter()
        .enumerate()
        .filter(|(_, it)| !**it)
        .map(|(index, _)| index);
    starts
        .map(|start| paragraph(segments, &next, start, first))
        .collect()
}

fn paragraph(segments: &[Passage], next: &[Option<usize>], start: usize, first: usize) -> Passage {
    let page = segments.get(start).map_or(1, |it| it.page);
    let mut builder = Builder::new(page);
    let mut current = Some(start);
    while let Some(index) = current {
        if let Some(segment) = segments.get(index) {
            for span in &segment.spans {
                let text = segment.text.get(span.at.clone()).unwrap_or("");
                builder.push(text, span.place, span.word, first + index);
            }
        }
        current = next.get(index).copied().flatten();
    }
    builder.finish()
}

struct Builder {
    page: u32,
    text: String,
    spans: Vec<Span>,
}

impl Builder {
    fn new(page: u32) -> Self {
        Self {
            page,
            text: String::new(),
            spans: Vec::new(),
        }
    }

    fn push(&mut self, text: &str, place: Rect, word: usize, segment: usize) {
        if !self.text.is_empty() && !self.joins_hyphen(text, segment) {
            self.text.push(' ');
        }
        let start = self.text.len();
        self.text.push_str(text);
        self.spans.push(Span {
            at: start..self.text.len(),
            place,
            word,
            segment,
        });
    }

    /// A word that was cut at the line's end goes on without a space (the hyphen stays, so that the
    /// words remain as printed); patterns do not see the cut since compound words keep their head.
    fn joins_hyphen(&self, text: &str, segment: usize) -> bool {
        let is_new_line = self.spans.last().is_some_and(|it| it.segment != segment);
        is_new_line
            && self.text.ends_with('-')
            && text.starts_with(char::is_lowercase)
            && !matches!(text, "und" | "oder" | "and" | "or")
    }

    fn finish(self) -> Passage {
        let at = self
            .spans
            .iter()
            .map(|it| it.place)
            .reduce(|a, b| a.union(&b));
        let text = mended(&self.text);
        let lexemes = spaced::closed(&text, lex(&text));
        Passage {
            page: self.page,
            lexemes,
            at: at.unwrap_or_default(),
            spans: self.spans,
            text: self.text,
        }
    }
}

/// Words that end with a dot without ending a sentence, folded.
const ABBREVIATIONS: &[&str] = &[
    "nr", "str", "tel", "abs", "art", "ca", "bzw", "usw", "inkl", "evtl", "dr", "st", "gem", "ggf",
    "mr", "mrs", "ms", "no", "approx", "vgl", "zzgl", "max", "min", "mind", "prof", "med", "geb",
    "z", "b", "d", "h", "u", "a", "v", "e", "i", "s", "p", "t", "jan", "feb", "mrz", "apr", "jun",
    "jul", "aug", "sep", "sept", "okt", "oct", "nov", "dez", "dec", "mo", "di", "mi", "do", "fr",
    "sa", "so", "exkl", "einschl", "kto", "rg", "re", "ref", "incl", "ste", "ave", "rd", "co",
    "inc", "ltd", "lit", "ziff", "hr", "fa", "kd", "best", "vers", "mtl", "jhrl", "monatl",
    "jahrl", "gesetzl", "ord", "ff",
];

/// Where the sentences of a passage stand, as ranges of lexemes.
pub fn sentences(passage: &Passage) -> Vec<Range<usize>> {
    let lexemes = &passage.lexemes;
    let mut found = Vec::new();
    let mut start = 0;
    for (index, it) in lexemes.iter().enumerate() {
        let ends = it.is_one_of("!?•·;") || it.is_mark('.') && dot_ends(passage, index);
        if ends {
            found.push(start..index + 1);
            start = index + 1;
        }
    }
    if start < lexemes.len() {
        found.push(start..lexemes.len());
    }
    found
}

fn dot_ends(passage: &Passage, index: usize) -> bool {
    let lexemes = &passage.lexemes;
    let Some(next) = lexemes.get(index + 1) else {
        return true;
    };
    if next.glued {
        return false;
    }
    let begins_big = passage
        .text
        .get(next.at.clone())
        .and_then(|it| it.chars().next())
        .is_some_and(|it| !it.is_lowercase());
    let before = index.checked_sub(1).and_then(|it| lexemes.get(it));
    begins_big
        && before.is_none_or(|it| {
            let is_ordinal = it.number().is_some() && it.text.len() <= 2 && !next.is_mark('(');
            // The last group of an account's number is a figure, and no day of a month.
            let group = |back: usize| index.checked_sub(back).and_then(|it| lexemes.get(it));
            let is_group = |it: Option<&Lexeme>| {
                it.is_some_and(|it| it.number().is_some() && it.text.len() == 4)
            };
            let is_ordinal = is_ordinal && !(is_group(group(2)) && is_group(group(3)));
            let continues_figure =
                next.number().is_some() && it.number().is_some() && it.text.len() <= 2;
            !ABBREVIATIONS.contains(&it.text.as_str()) && !is_ordinal && !continues_figure
        })
}

#[cfg(test)]
pub(crate) mod tests {
    use crate::domain::document::{MediaType, Word};

    use super::super::Context;
    use super::*;

    /// What is known of a German letter before it is read.
    pub(crate) fn context() -> Context {
        Context {
            received_on: jiff::civil::date(2026, 3, 1),
            region: "DE".to_owned(),
            language: crate::domain::person::Language::English,
            counsel: crate::domain::counsel::Counsel::None,
        }
    }

    /// A reading of typed lines: a blank line parts blocks, two spaces part columns.
    pub(crate) fn typed(text: &str) -> Reading {
        let mut words = Vec::new();
        let mut block = 0;
        for (number, line) in text.lines().enumerate() {
            if line.trim().is_empty() {
                block += 1;
            }
            let row = u32::try_from(number).unwrap();
            let mut column: u16 = 0;
            for part in line.split(' ') {
                let width = u16::try_from(part.chars().count()).unwrap();
                if !part.is_empty() {
                    let y = f32::from(u16::try_from(number).unwrap()) * 18.0 + 40.0;
                    let at = Rect {
                        x: f32::from(column) * 9.0 + 60.0,
                        y,
                        w: f32::from(width) * 9.0,
                        h: 13.0,
                    };
                    words.push(Word {
                        text: part.to_owned(),
                        at,
                        confidence: 1.0,
                        line: row,
                        block,
                    });
                }
                column += width + 1;
            }
        }
        let page = Page {
            number: 1,
            source: PageSource::TextLayer,
            width: 595.0,
            height: 842.0,
            words,
        };
        Reading::of_pages(MediaType::Pdf, vec![page])
    }

    #[test]
    fn columns_are_apart_and_lines_run_on() {
        let lines = Lines::of(&typed(
            "Bitte zahlen Sie bis spä-\ntestens morgen.      Datum\n                     1.2.2026",
        ));
        let texts: Vec<_> = lines.segments.iter().map(|it| it.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "Bitte zahlen Sie bis spä-",
                "testens morgen.",
                "Datum",
                "1.2.2026"
            ]
        );
        assert!(
            lines
                .paragraphs
                .iter()
                .any(|it| it.text.contains("spä-testens morgen"))
        );
        assert_eq!(lines.above(3).map(|it| it.text.as_str()), Some("Datum"));
        assert_eq!(
            lines.left_of(2).map(|it| it.text.as_str()),
            Some("testens morgen.")
        );
    }

    #[test]
    fn sentences_end_where_people_end_them() {
        let lines = Lines::of(&typed(
            "Rechnung Nr. 5 vom 3. März. Bitte zahlen Sie z. B. heute! Danke",
        ));
        assert_eq!(sentences(&lines.paragraphs[0]).len(), 3);
    }
}
