//! Patterns over lexemes, taken apart once and kept: the same few hundred are tried on every sentence
//! of every document.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::{Lexeme, Sort, fold};

/// Words for *number*, behind labels.
const NUMBER: &str = "nr|nummer|no|number|num|№|nummern|id";

/// A pattern, taken apart.
pub(super) struct Pattern {
    pieces: Vec<Piece>,
}

/// One piece of a pattern.
struct Piece {
    /// It may be left out.
    is_optional: bool,
    /// How many lexemes it skips, if it is a gap.
    gap: usize,
    /// A number fits.
    takes_number: bool,
    /// The words of which one fits.
    words: Vec<PatternWord>,
    /// The first letters of those words, one bit each; all bits if a word is open at its start.
    letters: u64,
}

/// One alternative of a piece.
struct PatternWord {
    text: String,
    is_open_before: bool,
    is_open_behind: bool,
}

thread_local! {
    /// Patterns by the address and length of their text, which lives as long as the program.
    static COMPILED: RefCell<HashMap<(usize, usize), Rc<Pattern>>> = RefCell::new(HashMap::new());
}

/// The pattern that a text describes.
pub(super) fn compiled(text: &'static str) -> Rc<Pattern> {
    let key = (text.as_ptr().addr(), text.len());
    COMPILED.with_borrow_mut(|known| {
        let pattern = known
            .entry(key)
            .or_insert_with(|| Rc::new(Pattern::of(text)));
        Rc::clone(pattern)
    })
}

impl Pattern {
    fn of(text: &str) -> Self {
        let pieces = text
            .split(' ')
            .filter(|it| !it.is_empty())
            .map(Piece::of)
            .collect();
        Self { pieces }
    }

    /// Whether the first piece can stand at this lexeme; a quick no for most.
    pub(super) fn may_begin(&self, lexemes: &[Lexeme], at: usize) -> bool {
        match (self.pieces.first(), lexemes.get(at)) {
            (Some(piece), Some(lexeme)) => piece.is_optional || piece.gap > 0 || piece.fits(lexeme),
            _ => false,
        }
    }

    /// Where the pattern ends that begins at lexeme `from`.
    pub(super) fn end_at(&self, lexemes: &[Lexeme], from: usize) -> Option<usize> {
        end_of(&self.pieces, lexemes, from)
    }
}

fn end_of(pieces: &[Piece], lexemes: &[Lexeme], from: usize) -> Option<usize> {
    let Some((piece, rest)) = pieces.split_first() else {
        return Some(from);
    };
    if piece.gap > 0 {
        return (0..=piece.gap).find_map(|skip| end_of(rest, lexemes, from + skip));
    }
    let taken = step(piece, lexemes, from).and_then(|next| end_of(rest, lexemes, next));
    if piece.is_optional {
        return taken.or_else(|| end_of(rest, lexemes, from));
    }
    taken
}

/// The lexeme after the one that fits, at most three marks before it skipped.
fn step(piece: &Piece, lexemes: &[Lexeme], from: usize) -> Option<usize> {
    for index in from..from + 4 {
        let lexeme = lexemes.get(index)?;
        if piece.fits(lexeme) {
            return Some(index + 1);
        }
        if lexeme.sort != Sort::Mark {
            return None;
        }
    }
    None
}

impl Piece {
    fn of(text: &str) -> Self {
        let gap = match text {
            ".." => 4,
            "…" => 12,
            _ => 0,
        };
        let inner = text.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
        let names = match inner.unwrap_or(text) {
            "NR" => NUMBER,
            other => other,
        };
        let words: Vec<PatternWord> = names.split('|').map(PatternWord::of).collect();
        let letters = words.iter().fold(0, |bits, it| {
            bits | if it.is_open_before {
                u64::MAX
            } else {
                letter(&it.text)
            }
        });
        Self {
            is_optional: inner.is_some(),
            gap,
            takes_number: names.split('|').any(|it| it == "#"),
            words,
            letters,
        }
    }

    fn fits(&self, lexeme: &Lexeme) -> bool {
        if lexeme.sort == Sort::Number && self.takes_number {
            return true;
        }
        if self.letters & letter(&lexeme.text) == 0 {
            return false;
        }
        match lexeme.sort {
            Sort::Word => self.words.iter().any(|it| it.fits(&lexeme.text)),
            Sort::Number | Sort::Mark => self.words.iter().any(|it| it.text == lexeme.text),
        }
    }
}

/// A bit for the first letter of a text; letters beyond `a` to `z` share some.
fn letter(text: &str) -> u64 {
    text.bytes().next().map_or(0, |it| 1 << (it % 64))
}

impl PatternWord {
    fn of(text: &str) -> Self {
        let (is_open_before, rest) = match text.strip_prefix('*') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (is_open_behind, core) = match rest.strip_suffix('*') {
            Some(core) => (true, core),
            None => (false, rest),
        };
        Self {
            text: fold(core),
            is_open_before,
            is_open_behind,
        }
    }

    fn fits(&self, word: &str) -> bool {
        match (self.is_open_before, self.is_open_behind) {
            (false, false) => word == self.text,
            (false, true) => word.starts_with(&self.text),
            (true, false) => word.ends_with(&self.text),
            (true, true) => word.contains(&self.text),
        }
    }
}
