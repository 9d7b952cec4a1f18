//! One document as the rules see it: its lines, its language and country, how days and money are
//! written in it, and every day and amount on it as a candidate.

use std::ops::Range;

use jiff::civil::Date;

use crate::domain::deadline::Region;
use crate::domain::document::{MediaType, Reading};
use crate::domain::finding::Evidence;
use crate::domain::value::{Amount, Currency, Rect};

use super::Context;
use super::amounts;
use super::dates::{DateMatch, Style, dates};
use super::language;
use super::lex::{Lexeme, Sort, has};
use super::lines::Lines;

/// The languages whose letters the rules know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// German, also as Austria and Switzerland write it.
    German,
    /// English.
    English,
}

/// A day on a page.
#[derive(Clone, Debug)]
pub struct DateSpot {
    /// Which segment.
    pub segment: usize,
    /// The day, with its place in the segment.
    pub found: DateMatch,
    /// Page, from 1.
    pub page: u32,
    /// Where.
    pub at: Rect,
}

/// An amount of money on a page.
#[derive(Clone, Debug)]
pub struct MoneySpot {
    /// Which segment.
    pub segment: usize,
    /// Where in the segment, in bytes.
    pub bytes: Range<usize>,
    /// How much.
    pub amount: Amount,
    /// In what, where it says so.
    pub currency: Option<Currency>,
    /// Page, from 1.
    pub page: u32,
    /// Where.
    pub at: Rect,
}

/// One document, ready for the rules.
pub struct Paper<'a> {
    /// Its words and codes.
    pub reading: &'a Reading,
    /// Its lines.
    pub lines: Lines,
    /// In what language it is mostly.
    pub language: Language,
    /// Whose holidays count.
    pub region: Region,
    /// How its days are read.
    pub style: Style,
    /// What its amounts are counted in where they do not say.
    pub currency: Currency,
    /// All its money, in reading order.
    pub money: Vec<MoneySpot>,
    /// The day it arrived.
    pub received_on: Date,
}

impl<'a> Paper<'a> {
    /// Of what was read.
    pub fn of(reading: &'a Reading, context: &Context) -> Self {
        let lines = Lines::of(reading);
        let language = language_of(&lines);
        let region = region_of(&lines, language, &context.region);
        // A French bill without an address in Europe is no American one.
        let is_english = matches!(language::detect(&reading.text()), None | Some("en"));
        let by_custom = region.country() == "US" && is_english;
        let month_first = is_month_first(&lines).unwrap_or(by_custom);
        let money = money_of(&lines, Style::page(context.received_on, month_first));
        let currency = currency_of(&money, &region);
        let style = Style::page(context.received_on, month_first);
        Self {
            reading,
            lines,
            language,
            region,
            style,
            currency,
            money,
            received_on: context.received_on,
        }
    }

    /// Years that are left out are near this day from now on.
    pub fn written_on(&mut self, day: Date) {
        self.style.reference = day;
    }

    /// All days on the pages, in reading order.
    pub fn days(&self) -> Vec<DateSpot> {
        let mut spots = Vec::new();
        for (segment, passage) in self.lines.segments.iter().enumerate() {
            for found in dates(&passage.lexemes, self.style) {
                let at = passage.evidence(&found.at).at;
                spots.push(DateSpot {
                    segment,
                    page: passage.page,
                    at,
                    found,
                });
            }
        }
        spots
    }

    /// Whether the amounts right above in the same column add up to this one; right edges at most
    /// `slack` apart are one column.
    pub fn is_column_sum(&self, spot: &MoneySpot, slack: f32) -> bool {
        let mut column: Vec<&MoneySpot> = self
            .money
            .iter()
            .filter(|it| it.page == spot.page && it.at.y < spot.at.y - spot.at.h * 0.5)
            .filter(|it| (it.at.right() - spot.at.right()).abs() < slack)
            .collect();
        column.sort_by(|a, b| b.at.y.total_cmp(&a.at.y));
        let mut sum: i64 = 0;
        column.iter().take(40).enumerate().any(|(count, it)| {
            sum = sum.saturating_add(it.amount.hundredths());
            count >= 1 && sum == spot.amount.hundredths()
        })
    }

    /// Whether it came as a mail.
    pub fn is_mail(&self) -> bool {
        self.reading.media_type == MediaType::Mail
    }

    /// The evidence for bytes of a segment.
    pub fn evidence(&self, segment: usize, bytes: &Range<usize>) -> Option<Evidence> {
        self.lines
            .segments
            .get(segment)
            .map(|it| it.evidence(bytes))
    }

    /// All lexemes of the pages, one paragraph after another.
    pub fn lexemes(&self) -> impl Iterator<Item = &Lexeme> {
        self.lines
            .paragraphs
            .iter()
            .flat_map(|it| it.lexemes.iter())
    }
}

/// Whether days with slashes are written month first, where a day after the twelfth says it and none
/// says the contrary.
fn is_month_first(lines: &Lines) -> Option<bool> {
    let (mut month_first, mut day_first) = (0, 0);
    for passage in &lines.segments {
        for parts in passage.lexemes.windows(5) {
            let [a, mark, b, other, year] = parts else {
                continue;
            };
            let is_day = mark.is_mark('/') && other.is_mark('/') && year.text.len() == 4;
            let (Some(a), Some(b)) = (a.number(), b.number()) else {
                continue;
            };
            month_first += u32::from(is_day && (1..=12).contains(&a) && (13..=31).contains(&b));
            day_first += u32::from(is_day && (13..=31).contains(&a) && (1..=12).contains(&b));
        }
    }
    (month_first != day_first && month_first.min(day_first) == 0).then_some(month_first > 0)
}

const GERMAN: &[&str] = &[
    "der", "die", "das", "und", "ist", "sie", "wir", "ihre", "ihr", "fur", "von", "mit", "bitte",
    "nicht", "auf", "den", "zum", "im", "ein", "eine", "bis", "nr", "datum", "summe", "betrag",
    "mwst", "str",
];
const ENGLISH: &[&str] = &[
    "the", "and", "is", "you", "we", "your", "for", "of", "with", "please", "not", "on", "to",
    "by", "in", "date", "total", "amount", "this", "are", "no", "tax", "thank",
];

fn language_of(lines: &Lines) -> Language {
    let count = |words: &[&str]| {
        lines
            .paragraphs
            .iter()
            .flat_map(|it| it.lexemes.iter())
            .filter(|it| words.contains(&it.text.as_str()))
            .count()
    };
    if count(ENGLISH) > count(GERMAN) {
        Language::English
    } else {
        Language::German
    }
}

/// The country whose customs the document follows, by its money, its tax numbers and its addresses;
/// the household's own where nothing speaks against it.
fn region_of(lines: &Lines, language: Language, home: &str) -> Region {
    let mut votes: [(&str, u32); 7] = [
        ("DE", 0),
        ("AT", 0),
        ("CH", 0),
        ("GB", 0),
        ("IE", 0),
        ("US", 0),
        ("MY", 0),
    ];
    let mut vote = |country: &str, weight: u32| {
        if let Some((_, count)) = votes.iter_mut().find(|(it, _)| *it == country) {
            *count += weight;
        }
    };
    for passage in &lines.segments {
        for (index, lexeme) in passage.lexemes.iter().enumerate() {
            let text = lexeme.text.as_str();
            let next = passage.lexemes.get(index + 1);
            let last = index.checked_sub(1).and_then(|it| passage.lexemes.get(it));
            // Poor print has signs that look like those of money, but no figures beside them.
            let has_figure = [last, next]
                .iter()
                .any(|it| it.is_some_and(|it| it.sort == Sort::Number));
            match text {
                "£" | "$" if !has_figure => {}
                "£" | "gbp" => vote("GB", 2),
                "$" | "usd" => vote("US", 2),
                "rm" | "myr" if has_figure => vote("MY", 2),
                "sdn" | "bhd" | "malaysia" | "selangor" | "johor" | "jalan" => vote("MY", 3),
                "chf" | "franken" | "che" | "mwst"
                    if text != "mwst" || language == Language::German && is_swiss(next) =>
                {
                    vote("CH", 3);
                }
                "atu" | "osterreich" | "austria" => vote("AT", 4),
                "ireland" | "eircode" | "revenue.ie" => vote("IE", 4),
                "uk" | "england" | "wales" | "scotland" => vote("GB", 3),
                "deutschland" | "germany" | "hrb" | "amtsgericht" | "finanzamt" => vote("DE", 2),
                _ if lexeme.sort == Sort::Word
                    && US_STATES.contains(&raw(passage, lexeme))
                    && next.is_some_and(|it| it.sort == Sort::Number && it.text.len() == 5) =>
                {
                    vote("US", 6);
                }
                _ => {}
            }
        }
        let accounts = super::ibans::ibans(&passage.text);
        for account in accounts {
            vote(account.iban.as_str().get(..2).unwrap_or(""), 3);
        }
    }
    let home = Region::new(home);
    let fits = |country: &str| match language {
        Language::German => matches!(country, "DE" | "AT" | "CH"),
        Language::English => matches!(country, "GB" | "IE" | "US" | "MY"),
    };
    if fits(home.country()) {
        vote(home.country(), 1);
    }
    let best = votes
        .iter()
        .filter(|(country, count)| fits(country) && *count > 0)
        .max_by_key(|(_, count)| *count);
    match best {
        Some((country, _)) if *country == home.country() => home,
        Some((country, _)) => Region::new(country),
        None => home,
    }
}

fn is_swiss(next: Option<&Lexeme>) -> bool {
    next.is_none_or(|it| it.sort == Sort::Mark)
}

fn raw<'a>(passage: &'a super::lines::Passage, lexeme: &Lexeme) -> &'a str {
    passage.text.get(lexeme.at.clone()).unwrap_or("")
}

/// Postal codes of the United States and its states.
const US_STATES: &[&str] = &[
    "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS",
    "KY", "LA", "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY",
    "NC", "ND", "OH", "OK", "OR", "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV",
    "WI", "WY", "DC",
];

fn money_of(lines: &Lines, style: Style) -> Vec<MoneySpot> {
    let mut spots = Vec::new();
    for (segment, passage) in lines.segments.iter().enumerate() {
        for found in amounts::money(&passage.lexemes, style) {
            let is_hour = found.currency.is_none()
                && found.amount.hundredths() <= MIDNIGHT
                && has(&passage.lexemes, HOURS);
            if is_hour || is_other_measure(&passage.lexemes, found.lexemes.end) {
                continue;
            }
            let at = passage.evidence(&found.at).at;
            spots.push(MoneySpot {
                segment,
                bytes: found.at,
                amount: found.amount,
                currency: found.currency,
                page: passage.page,
                at,
            });
        }
    }
    spots
}

/// `20.00` among hours at which somebody is there, and no later.
const MIDNIGHT: i64 = 2400;
const HOURS: &[&str] = &[
    "öffnungszeit*|sprechzeit*|geöffnet|opening|mon|tues|weds|thurs|sat|montag|dienstag|mittwoch|donnerstag|freitag|samstag",
    "mo|di|mi|do|fr|sa bis|und|mo|di|mi|do|fr|sa|so",
    "open from|mon|monday|daily",
];

/// `3,25 Std.`, `19,00 %`, `7,84 kg` are no money.
fn is_other_measure(lexemes: &[Lexeme], after: usize) -> bool {
    lexemes.get(after).is_some_and(|it| {
        it.is_mark('%')
            || matches!(
                it.text.as_str(),
                "std"
                    | "kg"
                    | "km"
                    | "kwh"
                    | "m"
                    | "qm"
                    | "cm"
                    | "uhr"
                    | "ct"
                    | "cent"
                    | "stk"
                    | "ltr"
                    | "l"
                    | "prozent"
                    | "percent"
                    | "hrs"
                    | "h"
                    | "gb"
                    | "am"
                    | "pm"
            )
    })
}

fn currency_of(money: &[MoneySpot], region: &Region) -> Currency {
    let mut counts: Vec<(Currency, u32)> = Vec::new();
    for currency in money.iter().filter_map(|it| it.currency) {
        match counts.iter_mut().find(|(it, _)| *it == currency) {
            Some((_, count)) => *count += 1,
            None => counts.push((currency, 1)),
        }
    }
    let most = counts
        .into_iter()
        .max_by_key(|(_, count)| *count)
        .map(|(it, _)| it);
    most.unwrap_or(match region.country() {
        "CH" => Currency::CHF,
        "GB" => Currency::GBP,
        "US" => Currency::USD,
        "MY" => "MYR".parse().unwrap_or(Currency::EUR),
        _ => Currency::EUR,
    })
}
