//! Numbers in words before a currency, as cheques and contracts write them: *zweihundertfünfzig Euro*,
//! *one thousand two hundred pounds*, *16,4 Millionen Dollar*.

use super::super::lex::{Lexeme, Sort};

/// Small numbers, folded.
const SMALL: &[(&str, i64)] = &[
    ("null", 0),
    ("ein", 1),
    ("eins", 1),
    ("eine", 1),
    ("einen", 1),
    ("einem", 1),
    ("zwei", 2),
    ("zwo", 2),
    ("drei", 3),
    ("vier", 4),
    ("funf", 5),
    ("sechs", 6),
    ("sieben", 7),
    ("acht", 8),
    ("neun", 9),
    ("zehn", 10),
    ("elf", 11),
    ("zwolf", 12),
    ("dreizehn", 13),
    ("vierzehn", 14),
    ("funfzehn", 15),
    ("sechzehn", 16),
    ("siebzehn", 17),
    ("achtzehn", 18),
    ("neunzehn", 19),
    ("zwanzig", 20),
    ("dreissig", 30),
    ("dreißig", 30),
    ("vierzig", 40),
    ("funfzig", 50),
    ("sechzig", 60),
    ("siebzig", 70),
    ("achtzig", 80),
    ("neunzig", 90),
    ("zero", 0),
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("eleven", 11),
    ("twelve", 12),
    ("thirteen", 13),
    ("fourteen", 14),
    ("fifteen", 15),
    ("sixteen", 16),
    ("seventeen", 17),
    ("eighteen", 18),
    ("nineteen", 19),
    ("twenty", 20),
    ("thirty", 30),
    ("forty", 40),
    ("fifty", 50),
    ("sixty", 60),
    ("seventy", 70),
    ("eighty", 80),
    ("ninety", 90),
];

/// What multiplies the number before it.
const SCALES: &[(&str, i64)] = &[
    ("hundert", 100),
    ("hundred", 100),
    ("tausend", 1000),
    ("thousand", 1000),
    ("tsd", 1000),
    ("million", 1_000_000),
    ("millions", 1_000_000),
    ("millionen", 1_000_000),
    ("mio", 1_000_000),
    ("mill", 1_000_000),
    ("billion", 1_000_000_000),
    ("billions", 1_000_000_000),
    ("milliarde", 1_000_000_000),
    ("milliarden", 1_000_000_000),
    ("mrd", 1_000_000_000),
];

fn exact(table: &[(&str, i64)], word: &str) -> Option<i64> {
    table
        .iter()
        .find(|(name, _)| *name == word)
        .map(|(_, it)| *it)
}

/// A word that multiplies figures before it, and the lexeme after it: `16,4 Millionen`, `5 Mio.`.
pub(super) fn scale_at(lexemes: &[Lexeme], from: usize) -> Option<(i64, usize)> {
    let word = lexemes.get(from).filter(|it| it.sort == Sort::Word)?;
    let scale = exact(SCALES, &word.text).filter(|it| *it >= 1000)?;
    let is_short = lexemes
        .get(from + 1)
        .is_some_and(|it| it.is_mark('.') && it.glued);
    Some((scale, if is_short { from + 2 } else { from + 1 }))
}

/// A German number in one word: `zweihundertfünfzig`, `eintausendzweihundert`, `fünfundvierzig`.
fn compound(word: &str) -> Option<i64> {
    if let Some(value) = exact(SMALL, word) {
        return Some(value);
    }
    for (name, scale) in [("tausend", 1000), ("hundert", 100)] {
        if let Some((head, tail)) = word.split_once(name) {
            let many = if head.is_empty() { 1 } else { compound(head)? };
            let rest = match tail.strip_prefix("und").unwrap_or(tail) {
                "" => 0,
                rest => compound(rest)?,
            };
            return (many < 1000 && rest < scale).then_some(many * scale + rest);
        }
    }
    let (units, tens) = word.split_once("und")?;
    let (units, tens) = (exact(SMALL, units)?, exact(SMALL, tens)?);
    ((1..10).contains(&units) && tens >= 20).then_some(units + tens)
}

/// A number in words that begins at lexeme `from`, and the lexeme after it.
pub(super) fn number_at(lexemes: &[Lexeme], from: usize) -> Option<(i64, usize)> {
    let (mut total, mut current) = (0_i64, 0_i64);
    let mut index = from;
    let mut end = from;
    while let Some(word) = lexemes.get(index) {
        let joins = word.is_mark('-') && word.glued || matches!(word.text.as_str(), "and" | "und");
        if joins && index > from {
            index += 1;
            continue;
        }
        if word.sort != Sort::Word {
            break;
        }
        if let Some(scale) = exact(SCALES, &word.text) {
            if index == from && scale > 1000 {
                return None;
            }
            current = current.max(1).checked_mul(scale)?;
            if scale >= 1000 {
                total = total.checked_add(current)?;
                current = 0;
            }
        } else if let Some(value) = compound(&word.text) {
            current = current.checked_add(value)?;
        } else {
            break;
        }
        index += 1;
        end = index;
    }
    (end > from).then_some((total.checked_add(current)?, end))
}

#[cfg(test)]
mod tests {
    use super::super::super::lex::lex;
    use super::*;

    #[test]
    fn numbers_in_words_are_counted() {
        for (text, value) in [
            ("zweihundertfünfzig", 250),
            ("eintausendzweihundertvierunddreißig", 1234),
            ("fünfundvierzig", 45),
            ("hundert", 100),
            ("one thousand two hundred and thirty-four", 1234),
            ("twenty five", 25),
            ("zwei Millionen", 2_000_000),
        ] {
            assert_eq!(
                number_at(&lex(text), 0).map(|it| it.0),
                Some(value),
                "{text}"
            );
        }
        for text in ["Rechnung", "undundund", "million", "einander"] {
            assert_eq!(number_at(&lex(text), 0), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_words_break_it(text in "(ein|tausend|hundert|und|million|[a-z]{1,4}| |-){0,12}") {
            let lexemes = lex(&text);
            for from in 0..lexemes.len() {
                if let Some((_, end)) = number_at(&lexemes, from) {
                    proptest::prop_assert!(end > from && end <= lexemes.len());
                }
            }
        }
    }
}
