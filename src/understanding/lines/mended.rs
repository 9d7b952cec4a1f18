//! Digits that OCR took for letters.

/// The text with letters that OCR puts for digits put right in words that are otherwise figures
/// (`O3.1O.2025`, `1.284,6O`, `RM5. OO`); byte for byte as long as before.
pub(super) fn mended(text: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let word = match words.last() {
            Some(last) if is_torn(last) && is_pair(word) => as_digits(word),
            _ => mended_word(word),
        };
        words.push(word);
    }
    words.join(" ")
}

/// Letters that digits are taken for.
const DOUBTFUL: &[u8] = b"OoIl|SB";

/// Currencies that stand before figures without a space.
const BEFORE: [&str; 2] = ["RM", "MYR"];

fn is_digit_like(it: u8) -> bool {
    it.is_ascii_digit() || DOUBTFUL.contains(&it)
}

/// Whether an amount's mark ends a word, so that its hundredths are the next one: `RM5.`.
fn is_torn(word: &str) -> bool {
    let figures = word.strip_suffix(['.', ',']);
    let figures = figures.and_then(|it| BEFORE.iter().find_map(|name| it.strip_prefix(name)));
    figures.is_some_and(|it| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit()))
}

fn is_pair(word: &str) -> bool {
    word.len() == 2 && word.bytes().all(is_digit_like)
}

fn mended_word(word: &str) -> String {
    if let Some(figures) = BEFORE.iter().find_map(|name| word.strip_prefix(name)) {
        let name = word.get(..word.len() - figures.len()).unwrap_or("");
        let is_amount = figures.contains(['.', ','])
            && figures
                .bytes()
                .all(|it| is_digit_like(it) || b".,".contains(&it));
        if is_amount {
            return format!("{name}{}", as_digits(figures));
        }
    }
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let doubtful = word.bytes().filter(|it| DOUBTFUL.contains(it)).count();
    let is_mark = |it: u8| b".,:/".contains(&it);
    let is_all = word.bytes().all(|it| is_digit_like(it) || is_mark(it));
    let is_figure = word.bytes().any(|it| b".,/".contains(&it)) && digits > doubtful;
    if doubtful > 0 && is_all && is_figure {
        as_digits(word)
    } else {
        word.to_owned()
    }
}

fn as_digits(word: &str) -> String {
    word.chars()
        .map(|it| match it {
            'O' | 'o' => '0',
            'I' | 'l' | '|' => '1',
            'S' => '5',
            'B' => '8',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misread_digits_are_mended_in_figures_only() {
        assert_eq!(
            mended("O3.1O.2025 OB-12 Soll l.284,60"),
            "03.10.2025 OB-12 Soll 1.284,60"
        );
    }

    #[test]
    fn digits_behind_a_currency_are_mended_even_if_all_are_misread() {
        for (read, meant) in [
            ("RMS. OO", "RM5. 00"),
            ("CASH RM1O.S0", "CASH RM10.50"),
            ("RMB", "RMB"),
            ("RM SO", "RM SO"),
        ] {
            assert_eq!(mended(read), meant);
        }
    }
}
