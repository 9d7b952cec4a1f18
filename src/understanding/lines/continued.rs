//! Sentences that go on below a gap, as where the last day stands in a line of its own:
//!
//! ```text
//! … bitten wir Sie um Zahlung bis zum
//!
//!             14. September 2026
//! ```

use super::super::lex::Lexeme;
use super::{Builder, Lines, Passage, sentences};

/// Heights of a line that the gap may be high, at most.
const GAP_MAX: f32 = 4.0;
/// What goes on is a line, not another paragraph.
const LEXEMES_MAX: usize = 24;

/// Words that nothing ends with.
const OPEN: &[&str] = &[
    "bis",
    "zum",
    "am",
    "auf",
    "den",
    "spatestens",
    "fur",
    "und",
    "by",
    "on",
    "until",
    "before",
    "for",
    "than",
    "at",
    "is",
    "ist",
];

impl Lines {
    /// Each open end of a paragraph with the line below the gap.
    pub fn continued(&self) -> Vec<Passage> {
        let paragraphs = self.paragraphs.iter();
        let joined = paragraphs.filter_map(|upper| {
            is_open(&upper.lexemes).then_some(())?;
            let lower = self.line_below(upper)?;
            Some(joined(upper, lower))
        });
        joined.collect()
    }

    /// The nearest line below a paragraph.
    fn line_below(&self, upper: &Passage) -> Option<&Passage> {
        let height = upper.spans.last()?.place.h.max(8.0);
        let below = self.paragraphs.iter().filter(|it| {
            let gap = it.at.y - upper.at.bottom();
            it.page == upper.page && gap > -height * 0.4 && gap < height * GAP_MAX
        });
        below
            .min_by(|a, b| a.at.y.total_cmp(&b.at.y))
            .filter(|it| it.lexemes.len() <= LEXEMES_MAX)
    }
}

fn is_open(lexemes: &[Lexeme]) -> bool {
    let last = lexemes.last();
    last.is_some_and(|it| it.is_mark(':') || OPEN.contains(&it.text.as_str()))
}

/// The last sentence of a paragraph, and what goes on below.
fn joined(upper: &Passage, lower: &Passage) -> Passage {
    let last = sentences(upper).last().map_or(0, |it| it.start);
    let from = upper.lexemes.get(last).map_or(0, |it| it.at.start);
    let mut builder = Builder::new(upper.page);
    let begun = upper.spans.iter().filter(|it| it.at.end > from);
    for (passage, span) in begun
        .map(|it| (upper, it))
        .chain(lower.spans.iter().map(|it| (lower, it)))
    {
        let text = passage.text.get(span.at.clone()).unwrap_or("");
        builder.push(text, span.place, span.word, span.segment);
    }
    builder.finish()
}
