//! Whether the words of a page name a day with its year, as each till's slip does. Only their shape
//! is looked at: what the day is for is understood elsewhere.

use crate::domain::document::Word;

/// The years that a slip may be of.
const YEARS: std::ops::RangeInclusive<u32> = 1990..=2049;
/// The beginnings of months' names, in English and German.
const MONTHS: &[&str] = &[
    "jan", "feb", "mar", "mär", "apr", "may", "mai", "jun", "jul", "aug", "sep", "oct", "okt",
    "nov", "dec", "dez",
];

/// Whether any of the words, or three of them in a row, name a day.
pub fn are_named(words: &[Word]) -> bool {
    let texts: Vec<String> = words.iter().map(|it| it.text.to_lowercase()).collect();
    texts.iter().any(|it| is_day(it)) || texts.windows(3).any(is_spelt)
}

/// `12.03.26`, `2026-03-12`, `12-mar-26`, also inside a word: `at:12/03/2026`.
fn is_day(word: &str) -> bool {
    ['.', '/', '-'].iter().any(|mark| {
        let parts: Vec<&str> = word.split(*mark).collect();
        parts.windows(3).any(|parts| match parts {
            [first, second, third] => in_three(last_of(first), second, first_of(third)),
            _ => false,
        })
    })
}

fn in_three(first: &str, second: &str, third: &str) -> bool {
    let is_year = |it: &str| match it.len() {
        2 => it.parse::<u32>().is_ok(),
        4 => it.parse().is_ok_and(|it: u32| YEARS.contains(&it)),
        _ => false,
    };
    let is_day = |it: &str| it.len() <= 2 && it.parse().is_ok_and(|it: u32| (1..=31).contains(&it));
    let is_middle = is_day(second) || is_month(second);
    is_middle
        && (is_day(first) && is_year(third) || first.len() == 4 && is_year(first) && is_day(third))
}

/// `12 March 2026`, `Mar 12, 2026`.
fn is_spelt(words: &[String]) -> bool {
    let [first, second, year] = words else {
        return false;
    };
    let bare = |it: &str| it.trim_matches(|it: char| !it.is_alphanumeric()).to_owned();
    let year = bare(year).parse().is_ok_and(|it: u32| YEARS.contains(&it));
    let day = |it: &str| {
        let digits = first_of(it);
        digits.len() <= 2 && digits.parse().is_ok_and(|it: u32| (1..=31).contains(&it))
    };
    let (first, second) = (bare(first), bare(second));
    year && (day(&first) && is_month(&second) || is_month(&first) && day(&second))
}

fn is_month(word: &str) -> bool {
    let letters = word.chars().count();
    (3..=9).contains(&letters)
        && word.chars().all(char::is_alphabetic)
        && MONTHS.iter().any(|it| word.starts_with(it))
}

/// The digits that a text begins with.
fn first_of(text: &str) -> &str {
    let end = text
        .find(|it: char| !it.is_ascii_digit())
        .unwrap_or(text.len());
    text.get(..end).unwrap_or("")
}

/// The digits that a text ends with.
fn last_of(text: &str) -> &str {
    text.get(text.trim_end_matches(|it: char| it.is_ascii_digit()).len()..)
        .unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::value::Rect;

    fn are_named_in(text: &str) -> bool {
        let word = |text: &str| Word {
            text: text.to_owned(),
            at: Rect::default(),
            confidence: 0.9,
            line: 0,
            block: 0,
        };
        let words: Vec<Word> = text.split_whitespace().map(word).collect();
        are_named(&words)
    }

    #[test]
    fn days_are_seen_however_tills_print_them() {
        for text in [
            "12.03.26 14:22",
            "Date :12/03/2026",
            "[Sales]2026-03-12",
            "12-MAR-26",
            "12/03/2026T14:22",
            "Thu, 12 March 2026",
            "Mar 12, 2026",
            "12. März 2026",
        ] {
            assert!(are_named_in(text), "{text}");
        }
    }

    #[test]
    fn other_numbers_are_no_days() {
        for text in [
            "1-300-888-333",
            "27272015 16:54:04",
            "21 March, 2072",
            "03-41424540/20",
            "1.234.567",
            "45/13",
            "2 Cordials 2026",
            "12.03.2693",
            "",
        ] {
            assert!(!are_named_in(text), "{text}");
        }
    }
}
