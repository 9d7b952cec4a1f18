//! Every amount of money that a text names: `1.234,56 €`, `EUR 89,–`, `1'234.50 CHF`, `£1,234.50`,
//! `84,20-`, `(12.00)`.

mod words;

use std::ops::Range;

use crate::domain::value::{Amount, Currency};

use super::dates::{Style, dates};
use super::lex::{Lexeme, Sort};

/// An amount that a text names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AmountMatch {
    /// Which lexemes name it, its currency included.
    pub lexemes: Range<usize>,
    /// Where, in bytes.
    pub at: Range<usize>,
    /// How much.
    pub amount: Amount,
    /// In what, where that is said.
    pub currency: Option<Currency>,
    /// Whether its hundredths are printed (`12,00`, `12,–`): what is neither this nor beside a
    /// currency is a mere number.
    pub has_places: bool,
}

impl AmountMatch {
    /// Whether it is surely money.
    pub fn is_money(&self) -> bool {
        self.currency.is_some() || self.has_places
    }
}

/// How currencies are written, folded.
const CURRENCIES: &[(&str, &str)] = &[
    ("€", "EUR"),
    ("eur", "EUR"),
    ("euro", "EUR"),
    ("euros", "EUR"),
    ("£", "GBP"),
    ("gbp", "GBP"),
    ("pound", "GBP"),
    ("pounds", "GBP"),
    ("$", "USD"),
    ("usd", "USD"),
    ("dollar", "USD"),
    ("dollars", "USD"),
    ("chf", "CHF"),
    ("sfr", "CHF"),
    ("fr", "CHF"),
    ("franken", "CHF"),
    ("pln", "PLN"),
    ("zł", "PLN"),
    ("złoty", "PLN"),
    ("czk", "CZK"),
    ("kč", "CZK"),
    ("sek", "SEK"),
    ("nok", "NOK"),
    ("dkk", "DKK"),
    ("huf", "HUF"),
    ("jpy", "JPY"),
    ("¥", "JPY"),
    ("yen", "JPY"),
    ("cad", "CAD"),
    ("aud", "AUD"),
    ("inr", "INR"),
    ("₹", "INR"),
    ("rm", "MYR"),
    ("myr", "MYR"),
];

fn currency_of(lexeme: Option<&Lexeme>) -> Option<Currency> {
    let text = lexeme?.text.as_str();
    let (_, code) = CURRENCIES.iter().find(|(name, _)| *name == text)?;
    code.parse().ok()
}

/// Every number of the lexemes that may be money, in their order.
pub fn amounts(lexemes: &[Lexeme]) -> Vec<AmountMatch> {
    let mut found = Vec::new();
    let mut index = 0;
    while index < lexemes.len() {
        match amount_at(lexemes, index) {
            Some(it) => {
                index = it.lexemes.end.max(index + 1);
                found.push(it);
            }
            None => index += 1,
        }
    }
    found
}

/// The amounts of the lexemes that are surely money: beside a currency, or with their hundredths and
/// no part of a day.
pub fn money(lexemes: &[Lexeme], style: Style) -> Vec<AmountMatch> {
    let days = dates(lexemes, style);
    let is_day = |it: &AmountMatch| {
        let (at, is_bare) = (&it.lexemes, it.currency.is_none());
        is_bare
            && days
                .iter()
                .any(|day| day.lexemes.start < at.end && at.start < day.lexemes.end)
    };
    amounts(lexemes)
        .into_iter()
        .filter(|it| it.is_money() && !is_day(it))
        .collect()
}

/// A number's value and shape.
struct Figure {
    hundredths: i64,
    has_places: bool,
    end: usize,
}

fn amount_at(lexemes: &[Lexeme], from: usize) -> Option<AmountMatch> {
    let mut start = from;
    let mut currency = None;
    let mut negative = false;
    // A sign, a bracket and a currency may stand before the figures in any order.
    for _ in 0..3 {
        let lexeme = lexemes.get(start)?;
        if lexeme.is_one_of("-–−") {
            negative = true;
        } else if let (None, Some(known)) = (currency, currency_of(Some(lexeme))) {
            currency = Some(known);
            if lexemes
                .get(start + 1)
                .is_some_and(|it| it.is_mark('.') && it.glued)
            {
                start += 1;
            }
        } else {
            break;
        }
        start += 1;
    }
    let first = lexemes.get(start)?;
    if first.sort == Sort::Word && start == from {
        return in_words(lexemes, from);
    }
    if first.sort != Sort::Number {
        return None;
    }
    if first.glued && start == from && is_tail(lexemes, start) {
        return None;
    }
    let mut figure = scaled(figure(lexemes, start)?, lexemes, currency)?;
    let mut end = figure.end;
    let after = lexemes.get(end);
    if after.is_some_and(|it| it.is_one_of("-–−") && it.glued)
        && figure.has_places
        && !lexemes
            .get(end + 1)
            .is_some_and(|it| it.glued && it.sort != Sort::Mark)
    {
        negative = true;
        end += 1;
    }
    if currency.is_none()
        && let Some((known, next)) = currency_behind(lexemes, end)
    {
        currency = Some(known);
        end = next;
        if let Some((cents, next)) = cents_behind(lexemes, end).filter(|_| !figure.has_places) {
            figure.hundredths = figure.hundredths.checked_add(cents)?;
            end = next;
        }
    }
    let in_brackets = from
        .checked_sub(1)
        .and_then(|it| lexemes.get(it))
        .is_some_and(|it| it.is_mark('('))
        && lexemes.get(end).is_some_and(|it| it.is_mark(')'))
        && figure.has_places
        && currency.is_none();
    let sign = if negative || in_brackets { -1 } else { 1 };
    Some(AmountMatch {
        lexemes: from..end,
        at: lexemes.get(from)?.at.start..lexemes.get(end.checked_sub(1)?)?.at.end,
        amount: Amount::from_hundredths(sign * figure.hundredths),
        currency,
        has_places: figure.has_places,
    })
}

/// Figures with the word behind them that multiplies them, where they are money: `5 Mio. Euro`.
fn scaled(figure: Figure, lexemes: &[Lexeme], currency: Option<Currency>) -> Option<Figure> {
    let scale = words::scale_at(lexemes, figure.end)
        .filter(|(_, next)| currency.is_some() || currency_behind(lexemes, *next).is_some());
    let Some((scale, end)) = scale else {
        return Some(figure);
    };
    Some(Figure {
        hundredths: figure.hundredths.checked_mul(scale)?,
        end,
        ..figure
    })
}

/// A number in words with its currency: `fünfzig Euro`.
fn in_words(lexemes: &[Lexeme], from: usize) -> Option<AmountMatch> {
    let (whole, end) = words::number_at(lexemes, from)?;
    let (currency, mut end) = currency_behind(lexemes, end)?;
    let mut hundredths = whole.checked_mul(100)?;
    if let Some((cents, next)) = cents_behind(lexemes, end) {
        hundredths = hundredths.checked_add(cents)?;
        end = next;
    }
    Some(AmountMatch {
        lexemes: from..end,
        at: lexemes.get(from)?.at.start..lexemes.get(end.checked_sub(1)?)?.at.end,
        amount: Amount::from_hundredths(hundredths),
        currency: Some(currency),
        has_places: false,
    })
}

/// The currency at lexeme `at`, perhaps with its country before it, and the lexeme after it:
/// `Schweizer Franken`, `US-Dollar`, `pounds sterling`.
fn currency_behind(lexemes: &[Lexeme], at: usize) -> Option<(Currency, usize)> {
    if let Some(currency) = currency_of(lexemes.get(at)) {
        return Some((currency, at + 1));
    }
    let text = |at: usize| lexemes.get(at).map(|it| it.text.as_str());
    let (start, dash) = match text(at)? {
        "us" | "amerikanische" | "amerikanischen" | "american" => {
            (at + 1, text(at + 1) == Some("-"))
        }
        "schweizer" | "swiss" | "britische" | "britischen" | "british" => (at + 1, false),
        _ => return None,
    };
    let named = if dash { start + 1 } else { start };
    if matches!(text(named)?, "franc" | "francs") {
        return Some(("CHF".parse().ok()?, named + 1));
    }
    currency_of(lexemes.get(named)).map(|it| (it, named + 1))
}

/// `und 15 Cent`, `50 pence`, `20 Rappen` behind whole units, and the lexeme after it.
fn cents_behind(lexemes: &[Lexeme], at: usize) -> Option<(i64, usize)> {
    let joins = lexemes
        .get(at)
        .is_some_and(|it| it.is_mark(',') || matches!(it.text.as_str(), "und" | "and"));
    let at = if joins { at + 1 } else { at };
    let (cents, end) = match lexemes.get(at)?.sort {
        Sort::Number => (i64::from(lexemes.get(at)?.number()?), at + 1),
        Sort::Word => words::number_at(lexemes, at)?,
        Sort::Mark => return None,
    };
    let unit = lexemes.get(end)?;
    let is_cent = matches!(
        unit.text.as_str(),
        "cent" | "cents" | "ct" | "pence" | "penny" | "p" | "rappen" | "rp"
    );
    (is_cent && (0..100).contains(&cents)).then_some((cents, end + 1))
}

/// Whether a glued number continues a word or a longer number.
fn is_tail(lexemes: &[Lexeme], index: usize) -> bool {
    let before = |back: usize| index.checked_sub(back).and_then(|it| lexemes.get(it));
    match before(1) {
        Some(it) if it.sort != Sort::Mark => currency_of(Some(it)).is_none(),
        Some(it) if it.is_one_of(".,'/") => before(2).is_some_and(|it| it.sort == Sort::Number),
        Some(it) if it.is_one_of("-_#&") => it.glued,
        _ => false,
    }
}

/// Whether two digits behind a mark and a space are hundredths that OCR tore off (`RM152. 00`): alone
/// in their place, with nothing behind them but a currency.
fn is_torn(lexemes: &[Lexeme], from: usize, digits: usize) -> bool {
    let ends = |it: Option<&Lexeme>| it.is_none() || currency_of(it).is_some();
    let begins = from == 0 || currency_of(lexemes.get(from - 1)).is_some();
    let is_pair = lexemes.get(digits).is_some_and(|it| it.text.len() == 2);
    is_pair && begins && ends(lexemes.get(digits + 1))
}

/// Hundredths whose mark OCR lost (`RM8 60`): two digits behind figures that touch their currency,
/// with nothing behind them.
fn pair_behind(lexemes: &[Lexeme], from: usize, end: usize) -> Option<&str> {
    let currency = from.checked_sub(1).and_then(|it| lexemes.get(it));
    let is_glued = lexemes.get(from).is_some_and(|it| it.glued);
    let pair = lexemes.get(end).filter(|it| it.sort == Sort::Number)?;
    let is_pair = pair.text.len() == 2 && !pair.glued && lexemes.get(end + 1).is_none();
    (is_pair && is_glued && currency_of(currency).is_some()).then_some(pair.text.as_str())
}

/// Figures with their thousands and places. What has neither three digits in its later groups nor
/// one or two places at its end is no amount (`12.09.2025`, `3.25.1`).
fn figure(lexemes: &[Lexeme], from: usize) -> Option<Figure> {
    let first = lexemes.get(from)?;
    // "0012" is the number of something.
    if first.text.len() > 9 || first.text.len() > 2 && first.text.starts_with('0') {
        return None;
    }
    let mut groups: Vec<(char, &str)> = Vec::new();
    let mut end = from + 1;
    while let (Some(mark), Some(digits)) = (lexemes.get(end), lexemes.get(end + 1)) {
        let sign = mark.text.chars().next()?;
        let is_number = mark.sort == Sort::Mark && mark.glued && digits.sort == Sort::Number;
        let touches = is_number && (digits.glued || is_torn(lexemes, from, end + 1));
        if !touches || !matches!(sign, '.' | ',' | '\'') {
            break;
        }
        groups.push((sign, digits.text.as_str()));
        end += 2;
    }
    // Swiss and ISO writing: thousands apart by a space.
    if groups.is_empty() && first.text.len() <= 3 {
        while let Some(digits) = lexemes.get(end)
            && digits.sort == Sort::Number
            && digits.text.len() == 3
            && !digits.glued
            && spaced_thousands(lexemes, end)
        {
            groups.push((' ', digits.text.as_str()));
            end += 1;
            if let (Some(mark), Some(places)) = (lexemes.get(end), lexemes.get(end + 1))
                && mark.is_one_of(".,")
                && places.text.len() == 2
            {
                groups.push((mark.text.chars().next()?, places.text.as_str()));
                end += 2;
                break;
            }
        }
    }
    if let Some(places) = pair_behind(lexemes, from, end).filter(|_| groups.is_empty()) {
        groups.push(('.', places));
        end += 1;
    }
    let (whole, places) = parts(&first.text, &groups)?;
    let mut has_places = places.is_some_and(|it| it.len() == 2);
    let places_length = places.map_or(0, str::len);
    let whole: i64 = whole.parse().ok()?;
    let mut places: i64 = places.unwrap_or("0").parse().ok()?;
    if places_length == 1 {
        places *= 10;
    }
    // "89,–", "89.--", "89,-"
    if !has_places
        && lexemes
            .get(end)
            .is_some_and(|it| it.is_one_of(".,") && it.glued)
        && lexemes
            .get(end + 1)
            .is_some_and(|it| it.is_one_of("-–—") && it.glued)
    {
        has_places = true;
        end += 2;
        while lexemes
            .get(end)
            .is_some_and(|it| it.is_one_of("-–—") && it.glued)
        {
            end += 1;
        }
    }
    Some(Figure {
        hundredths: whole.checked_mul(100)?.checked_add(places)?,
        has_places,
        end,
    })
}

/// `1 284.60`: a group of three after a space belongs to the number only if places follow it.
fn spaced_thousands(lexemes: &[Lexeme], at: usize) -> bool {
    let mark = lexemes.get(at + 1);
    let places = lexemes.get(at + 2);
    mark.is_some_and(|it| it.is_one_of(".,") && it.glued)
        && places.is_some_and(|it| it.glued && it.text.len() == 2 && it.sort == Sort::Number)
}

/// The digits before the places, and the places if there are any.
fn parts<'a>(first: &str, groups: &[(char, &'a str)]) -> Option<(String, Option<&'a str>)> {
    let Some(((last_sign, last), thousands)) = groups.split_last() else {
        return Some((first.to_owned(), None));
    };
    let is_decimal = matches!(last.len(), 1 | 2) && matches!(last_sign, '.' | ',');
    let grouped = if is_decimal { thousands } else { groups };
    let separators_agree = grouped
        .windows(2)
        .all(|pair| matches!(pair, [(a, _), (b, _)] if a == b))
        && (!is_decimal || grouped.iter().all(|(sign, _)| sign != last_sign));
    if !separators_agree
        || grouped.iter().any(|(_, it)| it.len() != 3)
        || !grouped.is_empty() && first.len() > 3
    {
        return None;
    }
    let whole = grouped
        .iter()
        .fold(first.to_owned(), |whole, (_, it)| whole + it);
    (whole.len() <= 12).then_some((whole, is_decimal.then_some(*last)))
}

#[cfg(test)]
mod tests {
    use super::super::lex::lex;
    use super::*;

    fn read(text: &str) -> Vec<(String, Option<String>)> {
        let found = amounts(&lex(text))
            .into_iter()
            .filter(AmountMatch::is_money);
        found
            .map(|it| (it.amount.to_string(), it.currency.map(|it| it.to_string())))
            .collect()
    }

    #[test]
    fn amounts_are_read_however_they_are_written() {
        for (text, amount, currency) in [
            ("1.234,56 €", "1234.56", Some("EUR")),
            ("EUR 89,–", "89.00", Some("EUR")),
            ("1'234.50 CHF", "1234.50", Some("CHF")),
            ("CHF 1’284.60", "1284.60", Some("CHF")),
            ("CHF 1 284.60", "1284.60", Some("CHF")),
            ("£1,234.50", "1234.50", Some("GBP")),
            ("$12", "12.00", Some("USD")),
            ("84,20 Euro", "84.20", Some("EUR")),
            ("84,20-", "-84.20", None),
            ("-87,38 €", "-87.38", Some("EUR")),
            ("(12.00)", "-12.00", None),
            ("Fr. 20.00", "20.00", Some("CHF")),
            ("€ 231,87", "231.87", Some("EUR")),
            ("1.000 €", "1000.00", Some("EUR")),
            ("RM152. 00", "152.00", Some("MYR")),
            ("30. 00", "30.00", None),
            ("Total RM8 60", "8.60", Some("MYR")),
            ("RM8 60 12", "8.00", Some("MYR")),
            ("RM60.30", "60.30", Some("MYR")),
            ("-$5.00", "-5.00", Some("USD")),
            ("zweihundertfünfzig Euro", "250.00", Some("EUR")),
            ("15 Dollar und 15 Cent", "15.15", Some("USD")),
            ("16,4 Millionen Euro", "16400000.00", Some("EUR")),
            ("one hundred pounds and fifty pence", "100.50", Some("GBP")),
            ("500 Schweizer Franken", "500.00", Some("CHF")),
            ("US$ 12.50", "12.50", Some("USD")),
            ("1,234.50 US-Dollar", "1234.50", Some("USD")),
        ] {
            assert_eq!(
                read(text),
                [(amount.to_owned(), currency.map(str::to_owned))],
                "{text}"
            );
        }
    }

    #[test]
    fn days_and_numbers_are_no_amounts() {
        for text in [
            "12.09.2025",
            "2025-0871",
            "34/202/11874",
            "05021 7714",
            "§ 35a",
            "KR 77.104.338-2",
            "am 12. 15 Uhr",
            "BILL NO: 001188€",
        ] {
            assert!(read(text).is_empty(), "{text}: {:?}", read(text));
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in "([0-9]{1,12}|[.,' ()€-]|EUR|\\PC){0,24}") {
            for it in amounts(&lex(&text)) {
                proptest::prop_assert!(text.get(it.at).is_some());
            }
        }
    }
}
