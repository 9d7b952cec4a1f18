//! Account numbers (ISO 13616), found by their check digits: written in groups, split over words,
//! with letters that OCR puts for digits only where the check digits then fit.

use std::ops::Range;

use crate::domain::value::Iban;

/// An account number in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IbanMatch {
    /// Where, in bytes.
    pub at: Range<usize>,
    /// The account.
    pub iban: Iban,
}

/// Longest IBAN of any country, in characters.
const LENGTH_MAX: usize = 34;

/// Every account number in a text.
pub fn ibans(text: &str) -> Vec<IbanMatch> {
    let symbols: Vec<(usize, char)> = text
        .char_indices()
        .filter(|(_, it)| !is_filler(*it))
        .collect();
    let mut found: Vec<IbanMatch> = Vec::new();
    let mut index = 0;
    while index < symbols.len() {
        match iban_at(text, symbols.get(index..).unwrap_or(&[])) {
            Some((it, used)) => {
                found.push(it);
                index += used;
            }
            None => index += 1,
        }
    }
    found
}

fn is_filler(it: char) -> bool {
    it.is_whitespace() || it == '\u{a0}' || it == '.' || it == '-'
}

fn iban_at(text: &str, symbols: &[(usize, char)]) -> Option<(IbanMatch, usize)> {
    let [(start, a), (_, b), (_, c), (_, d), ..] = symbols else {
        return None;
    };
    let is_start =
        a.is_ascii_uppercase() && b.is_ascii_uppercase() && is_digit_like(*c) && is_digit_like(*d);
    if !is_start || touches_letter(text, *start) {
        return None;
    }
    let run: Vec<(usize, char)> = symbols
        .iter()
        .take(LENGTH_MAX)
        .take_while(|(_, it)| it.is_ascii_alphanumeric() || *it == '|')
        .copied()
        .collect();
    (15..=run.len()).find_map(|length| {
        let taken = run.get(..length)?;
        let (last, sign) = taken.last()?;
        let iban = as_iban(taken)?;
        let end = last + sign.len_utf8();
        let goes_on = text
            .get(end..)
            .and_then(|it| it.chars().next())
            .is_some_and(|it| it.is_ascii_alphanumeric());
        (!goes_on).then_some((
            IbanMatch {
                at: *start..end,
                iban,
            },
            length,
        ))
    })
}

fn touches_letter(text: &str, start: usize) -> bool {
    text.get(..start)
        .and_then(|it| it.chars().next_back())
        .is_some_and(char::is_alphanumeric)
}

fn is_digit_like(it: char) -> bool {
    it.is_ascii_digit() || matches!(it, 'O' | 'o' | 'I' | 'l' | '|' | 'S' | 'B')
}

fn as_iban(symbols: &[(usize, char)]) -> Option<Iban> {
    let plain: String = symbols.iter().map(|(_, it)| *it).collect();
    if let Ok(iban) = plain.parse() {
        return Some(iban);
    }
    // Only countries whose accounts are all digits may have letters mended.
    let is_numeric = ["DE", "AT", "BE", "DK", "FI", "SE", "NO", "PL", "ES", "PT"]
        .iter()
        .any(|it| plain.starts_with(it));
    let head: String = plain.chars().take(2).collect();
    let tail: String = plain.chars().skip(2).map(mended).collect();
    if !is_numeric || !tail.bytes().all(|it| it.is_ascii_digit()) {
        return None;
    }
    (head + &tail).parse().ok()
}

fn mended(it: char) -> char {
    match it {
        'O' | 'o' | 'Q' | 'D' => '0',
        'I' | 'l' | '|' | 'i' => '1',
        'S' | 's' => '5',
        'B' => '8',
        'Z' | 'z' => '2',
        'G' => '6',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_in_its_text() {
        for text in [
            "IBAN DE89 3704 0044 0532 0130 00 BIC COBADEFF",
            "(DE89370400440532013000)",
            "DE89 37O4 0044 O532 0130 00",
            "Konto DE 89 3704 0044 0532 0130 00.",
        ] {
            let found = ibans(text);
            assert_eq!(found.len(), 1, "{text}");
            assert_eq!(found[0].iban.as_str(), "DE89370400440532013000");
        }
        for text in [
            "DE88 3704 0044 0532 0130 00",
            "DE 287 114 903",
            "XDE89370400440532013000",
            "DE893704004405320130001",
        ] {
            assert!(ibans(text).is_empty(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in "(DE89|[0-9 ]{2,6}|\\PC){0,12}") {
            for it in ibans(&text) {
                proptest::prop_assert!(text.get(it.at).is_some());
            }
        }
    }
}
