//! Values of a single phrase, for `workmate parse`: the same readers as for pages, told that the
//! phrase is about nothing else.

use jiff::civil::Date;

use crate::domain::deadline::Region;

use super::amounts::amounts;
use super::dates::{Style, Surroundings, dates};
use super::einvoice;
use super::ibans::ibans;
use super::lex::{Lexeme, lex};
use super::numerals::period_at;
use super::tracking::is_tracking_number;

/// Days that a phrase names, as ISO dates.
pub fn days(text: &str, reference: Date, month_first: bool) -> Vec<Date> {
    let style = Style {
        reference,
        month_first,
        surroundings: Surroundings::Phrase,
    };
    dates(&lex(text), style)
        .into_iter()
        .map(|it| it.day)
        .collect()
}

/// Amounts that a phrase names, as decimal strings.
pub fn sums(text: &str) -> Vec<String> {
    let found = amounts(&lex(text));
    let is_sure = found.iter().any(super::amounts::AmountMatch::is_money);
    found
        .into_iter()
        .filter(|it| it.is_money() || !is_sure)
        .map(|it| it.amount.to_string())
        .collect()
}

/// Accounts that a phrase names, without spaces.
pub fn accounts(text: &str) -> Vec<String> {
    ibans(text)
        .into_iter()
        .map(|it| it.iban.as_str().to_owned())
        .collect()
}

/// The phrase itself if it is a parcel number, else those of its words that are one.
pub fn parcels(text: &str) -> Vec<String> {
    if is_tracking_number(text) {
        return vec![text.to_owned()];
    }
    text.split_whitespace()
        .filter(|it| it.len() >= 10 && is_tracking_number(it))
        .map(str::to_owned)
        .collect()
}

/// Days by which a term of payment may be met: those it prints, and the ends of its periods counted
/// from `issued`, which is the day itself where payment is asked for at once.
pub fn terms(text: &str, issued: Date) -> Vec<Date> {
    let (discounts, text) = einvoice::terms::discount_lines(text);
    let lexemes = lex(&text);
    let style = Style::page(issued, false);
    let printed = dates(&lexemes, style)
        .into_iter()
        .filter(|it| it.day >= issued)
        .map(|it| it.day);
    let mut found: Vec<Date> = printed.collect();
    let region = Region::new("DE");
    let discounted = discounts.iter().filter_map(|it| it.within);
    found.extend(discounted.filter_map(|it| it.after(issued, &region)));
    let mut index = 0;
    while index < lexemes.len() {
        match period_at(&lexemes, index) {
            Some((period, next)) => {
                found.extend(period.after(issued, &region));
                index = next;
            }
            None => index += 1,
        }
    }
    found.extend(
        net_days(&lexemes)
            .and_then(|days| crate::domain::deadline::Period::days(days).after(issued, &region)),
    );
    if found.is_empty() && einvoice::terms::is_at_once(&lexemes) {
        found.push(issued);
    }
    let mut unique: Vec<Date> = Vec::new();
    for day in found {
        if !unique.contains(&day) {
            unique.push(day);
        }
    }
    unique
}

/// `net 30`, `netto 30`, as traders write it without a unit.
fn net_days(lexemes: &[Lexeme]) -> Option<u16> {
    lexemes.windows(2).find_map(|pair| match pair {
        [word, number] if matches!(word.text.as_str(), "net" | "netto") => {
            number.number().and_then(|it| u16::try_from(it).ok())
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_phrase_gives_its_days() {
        let today = date(2013, 2, 12);
        for (text, day) in [
            ("in a week", date(2013, 2, 19)),
            ("vor zwei Wochen", date(2013, 1, 29)),
            ("nächsten Dienstag", date(2013, 2, 19)),
            ("wednesday of next week", date(2013, 2, 20)),
            ("20th of the previous month", date(2013, 1, 20)),
            ("übermorgen", date(2013, 2, 14)),
            ("2/15", date(2013, 2, 15)),
            ("Thu 15th", date(2013, 8, 15)),
        ] {
            assert_eq!(days(text, today, true), [day], "{text}");
        }
    }

    #[test]
    fn a_term_gives_the_ends_of_its_periods() {
        let issued = date(2020, 11, 27);
        assert_eq!(
            terms("10 Tage 3% Skonto, 30 Tage netto", issued),
            [date(2020, 12, 7), date(2020, 12, 27)]
        );
        assert_eq!(terms("Net 30", issued), [date(2020, 12, 27)]);
        assert_eq!(terms("Zahlbar sofort ohne Abzug", issued), [issued]);
        assert_eq!(
            terms("#SKONTO#TAGE=7#PROZENT=2.00#\n14 Tage netto", issued),
            [date(2020, 12, 4), date(2020, 12, 11)]
        );
        assert_eq!(terms("Zahlbar bis 04.12.2020", issued), [date(2020, 12, 4)]);
    }
}
