//! Days that a month is asked for: its end, its middle, its third working day, its first Monday.

use jiff::ToSpan;
use jiff::civil::Date;

use super::super::lex::{Lexeme, Sort, match_at};
use super::super::numerals;
use super::{Form, Read, Style, Surroundings, trailing_year};
use crate::domain::deadline::{Region, end_of_quarter, working_day_of_month};

fn done(day: Date, end: usize) -> Read {
    Read {
        day,
        form: Form::PeriodEnd,
        end,
    }
}

/// `Ende März 2026`, `end of the month`, `Monatsende`, `Ultimo`.
pub(super) fn period_end(lexemes: &[Lexeme], from: usize, style: Style) -> Option<Read> {
    let first = lexemes.get(from).filter(|it| it.sort == Sort::Word)?;
    let today = style.reference;
    match first.text.as_str() {
        "monatsende" | "monatsultimo" | "ultimo" => {
            return Some(done(today.last_of_month(), from + 1));
        }
        "quartalsende" => return Some(done(end_of_quarter(today), from + 1)),
        "jahresende" => return Some(done(today.last_of_year(), from + 1)),
        "ende" | "end" | "mitte" | "anfang" => {}
        _ => return None,
    }
    let mut next = from + 1;
    let mut of_next = false;
    while let Some(word) = lexemes.get(next) {
        match word.text.as_str() {
            "of" | "the" | "this" | "des" | "dieses" | "der" | "laufenden" | "current"
            | "calendar" => {}
            "next" | "nachsten" | "folgenden" | "following" | "kommenden" => of_next = true,
            _ => break,
        }
        next += 1;
    }
    let word = lexemes.get(next).filter(|it| it.sort == Sort::Word)?;
    let moved = |months: i32| {
        if of_next {
            today.first_of_month().saturating_add(months.months())
        } else {
            today
        }
    };
    let is_end = matches!(first.text.as_str(), "ende" | "end");
    match word.text.as_str() {
        "monats" | "month" if is_end => return Some(done(moved(1).last_of_month(), next + 1)),
        "quartals" | "quarter" if is_end => return Some(done(end_of_quarter(moved(3)), next + 1)),
        "jahres" | "kalenderjahres" | "year" if is_end => {
            return Some(done(moved(12).last_of_year(), next + 1));
        }
        "day" | "business" | "tages" if is_end && style.surroundings == Surroundings::Phrase => {
            return Some(done(today, next + 1));
        }
        "tomorrow" | "day" => return None,
        _ => {}
    }
    let month = numerals::month(&word.text)?;
    let (year, end) = match trailing_year(lexemes, next + 1, style)
        .filter(|(year, _)| (year - today.year()).abs() < 30)
    {
        Some((year, end)) => (year, end),
        None => (style.without_year(28, month, None)?.year(), next + 1),
    };
    let first_day = Date::new(year, month, 1).ok()?;
    let day = match first.text.as_str() {
        "mitte" => first_day.saturating_add(14.days()),
        "anfang" if style.surroundings == Surroundings::Page => return None,
        "anfang" => first_day,
        _ => first_day.last_of_month(),
    };
    Some(done(day, end))
}

/// An ordinal at lexeme `from` and the lexeme after it: `dritten`, `third`, `3.`, `3rd`, `last`.
fn ordinal(lexemes: &[Lexeme], from: usize) -> Option<(i8, usize)> {
    let first = lexemes.get(from)?;
    if first.sort == Sort::Word {
        if matches!(first.text.as_str(), "last" | "letzten" | "letzter") {
            return Some((-1, from + 1));
        }
        return numerals::ordinal(&first.text).map(|it| (it, from + 1));
    }
    let number = first.number().and_then(|it| i8::try_from(it).ok())?;
    let suffix = lexemes.get(from + 1)?;
    let is_ordinal = suffix.glued
        && (suffix.is_mark('.')
            || matches!(
                suffix.text.as_str(),
                "st" | "nd" | "rd" | "th" | "ten" | "te"
            ));
    (is_ordinal && first.text.len() <= 2).then_some((number, from + 2))
}

/// Which month is meant, and the lexeme after it.
enum Month {
    /// The one in which the day is still to come.
    Coming,
    /// The one of the reference day.
    This,
    /// The one after it.
    Next,
}

fn month_behind(lexemes: &[Lexeme], from: usize) -> (Month, usize) {
    for (month, pattern) in [
        (
            Month::Next,
            "[des|im|of|in] [the] folgenden|folgemonats|nächsten|kommenden|next|following [monats|month|kalendermonats]",
        ),
        (
            Month::This,
            "[des|im|of|in] [the] laufenden|dieses|current|this monats|month|kalendermonats",
        ),
        (
            Month::Coming,
            "des|im|eines|jeden|of|in [jeden|jedes|each|every|the|a] monats|month|monat|kalendermonats",
        ),
    ] {
        if let Some(end) = match_at(lexemes, from, pattern) {
            return (month, end);
        }
    }
    (Month::Coming, from)
}

/// `am dritten Werktag`, `by the third working day of each month`: Monday to Friday, nationwide German
/// holidays left out. Without a month the next such day.
pub(super) fn working_day(lexemes: &[Lexeme], from: usize, style: Style) -> Option<Read> {
    let (nth, next) = ordinal(lexemes, from)?;
    let nth = u16::try_from(nth).ok().filter(|it| (1..=20).contains(it))?;
    let end = match_at(
        lexemes,
        next,
        "werktag|werktages|werktags|arbeitstag|arbeitstages|bankarbeitstag|bankarbeitstages",
    )
    .or_else(|| match_at(lexemes, next, "working|business|banking day"))?;
    let (month, end) = month_behind(lexemes, end);
    let region = Region::new("DE");
    let this = style.reference.first_of_month();
    let following = this.saturating_add(1.month());
    let of = |month: Date| working_day_of_month(month, nth, &region);
    let day = match month {
        Month::Next => of(following)?,
        Month::This => of(this)?,
        Month::Coming => of(this)
            .filter(|it| *it > style.reference)
            .or_else(|| of(following))?,
    };
    Some(done(day, end))
}

/// `first Monday in the month`, `am zweiten Dienstag im März`, `last Friday of May 2026`.
pub(super) fn nth_weekday(lexemes: &[Lexeme], from: usize, style: Style) -> Option<Read> {
    let (nth, next) = ordinal(lexemes, from)?;
    let weekday = lexemes
        .get(next)
        .filter(|it| it.sort == Sort::Word && it.text.len() > 3)
        .and_then(|it| numerals::weekday(&it.text))?;
    let next = match_at(lexemes, next + 1, "in|of|im|des [the]")?;
    let word = lexemes.get(next)?;
    let (first, end) = match word.text.as_str() {
        "month" | "monat" | "monats" => (style.reference.first_of_month(), next + 1),
        name => {
            let month = numerals::month(name)?;
            if let Some((year, end)) = trailing_year(lexemes, next + 1, style) {
                (Date::new(year, month, 1).ok()?, end)
            } else {
                let day = style.without_year(28, month, None)?;
                (day.first_of_month(), next + 1)
            }
        }
    };
    let day = first.nth_weekday_of_month(nth, weekday).ok()?;
    Some(Read {
        day,
        form: Form::Full,
        end,
    })
}
