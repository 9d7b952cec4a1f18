//! Which of the expected languages a document is recognised in.
//!
//! Each language more costs a tenth of a page's time, so never more than two look at a page. The
//! first page of a document is read by the likeliest two; its small words say what it is written in,
//! and the other pages are read by what fits. German read by the German model alone loses one word in
//! two hundred, mostly numbers in tables that the English model reads better; English read by the
//! English model alone loses nothing. So English stays beside every other language and stands alone
//! for itself.

use std::sync::OnceLock;

use crate::domain::document::Word;

/// The languages of one document; its pages may be read side by side.
pub struct Languages<'a> {
    expected: &'a [String],
    fit: OnceLock<Vec<String>>,
}

impl<'a> Languages<'a> {
    /// Nothing of it is read yet. The expected languages are those that are installed.
    pub const fn new(expected: &'a [String]) -> Self {
        Self {
            expected,
            fit: OnceLock::new(),
        }
    }

    /// What to read the next page by.
    pub fn next(&self) -> Vec<String> {
        let fit = self.fit.get().cloned();
        fit.unwrap_or_else(|| likeliest(self.expected))
    }

    /// Takes note of a page read by `used`. If another language fits it, the page is to be read again
    /// by those returned.
    pub fn heard(&self, words: &[Word], used: &[String]) -> Option<Vec<String>> {
        let fit = fitting(words, self.expected)?;
        let is_missing = fit.first().is_some_and(|it| !used.contains(it));
        let again = is_missing.then(|| fit.clone());
        // What the first page said holds for the others.
        let _first = self.fit.get_or_init(|| fit);
        again
    }
}

/// Tesseract's name of the language that stands beside the others.
const ENGLISH: &str = "eng";
/// At most so many languages look at a page.
const AT_ONCE: usize = 2;
/// Small words that must be there before a language is believed.
const HITS_MIN: usize = 8;

/// Tesseract's names, and small words that stand in that language more than in the others.
const SMALL_WORDS: &[(&str, &[&str])] = &[
    (
        "deu",
        &[
            "der", "die", "und", "den", "dem", "des", "ist", "nicht", "mit", "für", "von", "auf",
            "ein", "eine", "sie", "wir", "ihre", "zum", "zur", "bei", "bis", "oder", "nach",
            "bitte",
        ],
    ),
    (
        "eng",
        &[
            "the", "and", "you", "your", "our", "this", "that", "with", "for", "from", "will",
            "have", "has", "please", "are", "not", "of", "to", "is", "by", "any", "been",
        ],
    ),
    (
        "fra",
        &[
            "les", "des", "est", "pour", "vous", "votre", "nous", "dans", "une", "par", "sur",
            "avec", "pas", "et", "du", "que", "cette", "aux",
        ],
    ),
    (
        "ita",
        &[
            "il", "che", "per", "della", "sono", "con", "una", "non", "gli", "alla", "nel", "del",
            "dei", "di", "questo", "suo",
        ],
    ),
    (
        "spa",
        &[
            "el", "los", "las", "por", "para", "con", "una", "del", "que", "su", "se", "como",
            "esta", "más", "sus", "usted",
        ],
    ),
    (
        "nld",
        &[
            "het", "een", "van", "en", "niet", "voor", "met", "zijn", "uw", "wij", "aan", "door",
            "bij", "dat", "ook", "wordt",
        ],
    ),
];

/// The languages that the first page is read by: the likeliest two.
fn likeliest(expected: &[String]) -> Vec<String> {
    expected.iter().take(AT_ONCE).cloned().collect()
}

/// The languages that fit what was read; none where that does not say, or says nothing new.
fn fitting(words: &[Word], expected: &[String]) -> Option<Vec<String>> {
    if expected.len() < 2 {
        return None;
    }
    let words: Vec<String> = words
        .iter()
        .map(|it| {
            let letters = it.text.trim_matches(|it: char| !it.is_alphabetic());
            letters.to_lowercase()
        })
        .collect();
    let hits = |small: &[&str]| {
        words
            .iter()
            .filter(|it| small.contains(&it.as_str()))
            .count()
    };
    let mut found: Vec<(usize, &str)> = SMALL_WORDS
        .iter()
        .map(|(name, small)| (hits(small), *name))
        .collect();
    found.sort_by_key(|(hits, _)| std::cmp::Reverse(*hits));
    let [(most, name), (second, _), ..] = found.as_slice() else {
        return None;
    };
    if *most < HITS_MIN || *most < 3 * second || expected.iter().all(|it| it != name) {
        return None;
    }
    let beside = (*name != ENGLISH).then_some(ENGLISH);
    let beside = beside.filter(|it| expected.iter().any(|expected| expected == it));
    let fitting = std::iter::once(*name).chain(beside);
    Some(fitting.map(ToOwned::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::value::Rect;

    fn read(text: &str) -> Vec<Word> {
        let word = |text: &str| Word {
            text: text.to_owned(),
            at: Rect::default(),
            confidence: 0.9,
            line: 0,
            block: 0,
        };
        text.split_whitespace().map(word).collect()
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|it| (*it).to_owned()).collect()
    }

    const GERMAN: &str = "Bitte überweisen Sie den Betrag bis zum 3. März auf das Konto der \
        Stadtwerke. Wir danken für die Zahlung und bitten um Nachsicht, falls sie schon bei uns ist.";
    const ENGLISH_LETTER: &str = "Please pay the amount by 3 March. If you have paid, thank you: \
        this letter is not for you. You will find the terms of our service on the back of this page.";

    #[test]
    fn english_stands_alone_and_beside_the_others() {
        let expected = names(&["deu", "eng"]);
        assert_eq!(
            fitting(&read(ENGLISH_LETTER), &expected),
            Some(names(&["eng"]))
        );
        assert_eq!(
            fitting(&read(GERMAN), &expected),
            Some(names(&["deu", "eng"]))
        );
    }

    #[test]
    fn never_three_look_at_a_page() {
        let expected = names(&["fra", "eng", "deu"]);
        assert_eq!(likeliest(&expected), names(&["fra", "eng"]));
        assert_eq!(
            fitting(&read(GERMAN), &expected),
            Some(names(&["deu", "eng"]))
        );
    }

    #[test]
    fn nothing_is_decided_by_a_few_words_or_in_a_language_not_expected() {
        let expected = names(&["deu", "eng"]);
        assert_eq!(
            fitting(&read("Rechnung der Stadtwerke 84,20"), &expected),
            None
        );
        assert_eq!(
            fitting(&read(ENGLISH_LETTER), &names(&["deu", "fra"])),
            None
        );
        assert_eq!(fitting(&read(GERMAN), &names(&["deu"])), None);
    }
}
