//! Words, numbers and marks of a text with their places, and small patterns over them.
//!
//! A pattern is written as people read it: `"zahlbar|fällig bis [zum]"`. Its pieces, apart by
//! spaces:
//!
//! - `word`, `word*`, `*word`, `*word*`: a word, its beginning, its end, its middle; case and umlaut
//!   dots do not matter, since OCR loses them;
//! - `a|b`: one of them; `[a|b]`: one of them or nothing;
//! - `..`: up to four lexemes of any sort; `…` up to twelve;
//! - `#`: a number.
//!
//! - `NR`: a word for *number*.
//!
//! Marks between words (commas, brackets) are skipped unless the pattern names them.

mod pattern;

use std::ops::Range;

/// What a lexeme is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// Letters.
    Word,
    /// Digits.
    Number,
    /// Anything else that is not a space: one character.
    Mark,
}

/// A run of letters, a run of digits, or one mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lexeme {
    /// What it is.
    pub sort: Sort,
    /// Its letters without case and umlaut dots.
    pub text: String,
    /// Where it stands, in bytes.
    pub at: Range<usize>,
    /// Whether it touches the one before.
    pub glued: bool,
}

impl Lexeme {
    /// Its value, if it is a number of at most nine digits.
    pub fn number(&self) -> Option<u32> {
        (self.sort == Sort::Number && self.text.len() <= 9)
            .then(|| self.text.parse().ok())
            .flatten()
    }

    /// Whether it is this mark.
    pub fn is_mark(&self, mark: char) -> bool {
        self.sort == Sort::Mark && self.text.starts_with(mark)
    }

    /// Whether it is one of these marks.
    pub fn is_one_of(&self, marks: &str) -> bool {
        self.sort == Sort::Mark && self.text.chars().any(|it| marks.contains(it))
    }
}

/// A character without case and umlaut dots.
pub fn fold_char(it: char) -> char {
    match it {
        'ä' | 'Ä' | 'à' | 'â' | 'á' => 'a',
        'ö' | 'Ö' | 'ô' | 'ó' => 'o',
        'ü' | 'Ü' | 'û' | 'ú' => 'u',
        'é' | 'è' | 'ê' | 'É' => 'e',
        '’' | '`' | '´' | '‘' => '\'',
        _ if it.is_ascii() => it.to_ascii_lowercase(),
        _ => it.to_lowercase().next().unwrap_or(it),
    }
}

/// A text without case and umlaut dots.
pub fn fold(text: &str) -> String {
    text.chars().map(fold_char).collect()
}

/// Cuts a text into lexemes.
pub fn lex(text: &str) -> Vec<Lexeme> {
    let mut lexemes: Vec<Lexeme> = Vec::new();
    let mut spaced = true;
    for (start, it) in text.char_indices() {
        if it.is_whitespace() {
            spaced = true;
            continue;
        }
        let sort = if it.is_ascii_digit() {
            Sort::Number
        } else if it.is_alphabetic() {
            Sort::Word
        } else {
            Sort::Mark
        };
        let end = start + it.len_utf8();
        match lexemes.last_mut() {
            Some(last) if !spaced && last.sort == sort && sort != Sort::Mark => {
                last.text.push(fold_char(it));
                last.at.end = end;
            }
            _ => lexemes.push(Lexeme {
                sort,
                text: fold_char(it).to_string(),
                at: start..end,
                glued: !spaced,
            }),
        }
        spaced = false;
    }
    lexemes
}

/// Where a pattern ends that begins exactly at lexeme `from`.
pub fn match_at(lexemes: &[Lexeme], from: usize, pattern: &'static str) -> Option<usize> {
    pattern::compiled(pattern).end_at(lexemes, from)
}

/// The first place where a pattern fits, as a range of lexemes.
pub fn find(lexemes: &[Lexeme], pattern: &'static str) -> Option<Range<usize>> {
    find_from(lexemes, 0, pattern)
}

/// The first place at or after lexeme `from` where a pattern fits.
pub fn find_from(lexemes: &[Lexeme], from: usize, pattern: &'static str) -> Option<Range<usize>> {
    let pattern = pattern::compiled(pattern);
    let mut starts = (from..lexemes.len()).filter(|it| pattern.may_begin(lexemes, *it));
    starts.find_map(|start| pattern.end_at(lexemes, start).map(|end| start..end))
}

/// The first of several patterns that fits anywhere.
pub fn find_any(lexemes: &[Lexeme], patterns: &[&'static str]) -> Option<Range<usize>> {
    patterns.iter().find_map(|it| find(lexemes, it))
}

/// Whether any of the patterns fits anywhere.
pub fn has(lexemes: &[Lexeme], patterns: &[&'static str]) -> bool {
    find_any(lexemes, patterns).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_falls_into_words_numbers_and_marks() {
        let texts: Vec<_> = lex("Fällig 3rd, 1.2")
            .into_iter()
            .map(|it| it.text)
            .collect();
        assert_eq!(texts, ["fallig", "3", "rd", ",", "1", ".", "2"]);
    }

    #[test]
    fn a_pattern_finds_words_in_their_forms() {
        let text = lex("Bitte überweisen Sie den Betrag, spätestens bis zum 3. März");
        for pattern in [
            "überweis*",
            "*weisen sie",
            "betrag spätestens [bis] [zum] #",
            "bitte … spätestens",
            "uberweisen|zahlen .. betrag",
        ] {
            assert!(find(&text, pattern).is_some(), "{pattern}");
        }
        assert_eq!(find(&text, "bitte betrag"), None);
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_strange(text in "\\PC{0,60}") {
            let lexemes = lex(&text);
            for lexeme in &lexemes {
                proptest::prop_assert!(text.get(lexeme.at.clone()).is_some());
            }
            proptest::prop_assert!(find(&lexemes, "*b* .. [x] # nie*gesehen").is_none());
        }
    }
}
