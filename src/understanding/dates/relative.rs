//! Days counted from the reference day: *morgen*, *in 14 Tagen*, *nächsten Dienstag*, *20th of next
//! month*.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use crate::domain::deadline::{Period, Region};

use super::super::lex::{Lexeme, Sort, match_at};
use super::super::numerals::{self, period_at};
use super::{Form, Read, Style, Surroundings, day_number, feasts};

/// Single words and how many days they lie from today.
const WORDS: &[(&str, i32)] = &[
    ("heute", 0),
    ("today", 0),
    ("tonight", 0),
    ("morgen", 1),
    ("tomorrow", 1),
    ("ubermorgen", 2),
    ("gestern", -1),
    ("yesterday", -1),
    ("vorgestern", -2),
];

/// Single words that only a phrase means as a day.
const LOOSE_WORDS: &[(&str, i32)] = &[("now", 0), ("jetzt", 0)];

pub(super) fn read(day: Date, end: usize) -> Read {
    Read {
        day,
        form: Form::Relative,
        end,
    }
}

fn shifted(style: Style, period: Period, sign: i8) -> Option<Date> {
    let region = Region::new("DE");
    if sign < 0 {
        period.before(style.reference)
    } else {
        period.after(style.reference, &region)
    }
}

/// A day counted from the reference day that begins at lexeme `from`.
pub(super) fn relative(lexemes: &[Lexeme], from: usize, style: Style) -> Option<Read> {
    let first = lexemes.get(from)?;
    let is_phrase = style.surroundings == Surroundings::Phrase;
    if first.sort == Sort::Word {
        if is_phrase
            && let Some(found) = feasts::feast(lexemes, from, style)
                .or_else(|| weekday_of_week(lexemes, from, style))
        {
            return Some(found);
        }
        if is_phrase
            && let Some(end) = ["this morning|afternoon|evening", "for the day"]
                .iter()
                .find_map(|it| match_at(lexemes, from, it))
        {
            return Some(read(style.reference, end));
        }
        let words = WORDS.iter().chain(LOOSE_WORDS.iter().filter(|_| is_phrase));
        if let Some((_, days)) = words.clone().find(|(word, _)| *word == first.text) {
            return Some(read(style.reference.saturating_add(days.days()), from + 1));
        }
        if is_phrase && matches!(first.text.as_str(), "in" | "vor" | "within") {
            let (period, end) = period_at(lexemes, from + 1)?;
            let sign = if first.text == "vor" { -1 } else { 1 };
            return shifted(style, period, sign).map(|it| read(it, end));
        }
    }
    if !is_phrase {
        return named_weekday(lexemes, from, style);
    }
    counted(lexemes, from, style)
        .or_else(|| named_weekday(lexemes, from, style))
        .or_else(|| day_of_month(lexemes, from, style))
        .or_else(|| minutes(lexemes, from, style))
}

/// `3 days from today`, `2 weeks ago`, `three months hence`, `3 days after January 12th`.
fn counted(lexemes: &[Lexeme], from: usize, style: Style) -> Option<Read> {
    let (period, mut next) = period_at(lexemes, from)?;
    // "2 years 1 month 21 days later"
    let mut further = Vec::new();
    while let Some((more, end)) = period_at(lexemes, next) {
        further.push(more);
        next = end;
    }
    let direct = [
        ("ago", -1),
        ("hence", 1),
        ("later", 1),
        ("from now", 1),
        ("from today", 1),
    ];
    for (pattern, sign) in direct {
        if let Some(end) = match_at(lexemes, next, pattern) {
            let mut day = shifted(style, period, sign)?;
            for more in further {
                day = shifted(
                    Style {
                        reference: day,
                        ..style
                    },
                    more,
                    sign,
                )?;
            }
            return Some(read(day, end));
        }
    }
    if !further.is_empty() {
        return None;
    }
    if lexemes
        .get(next.checked_sub(2)?)
        .is_some_and(|it| it.text == "upcoming")
    {
        return shifted(style, period, 1).map(|it| read(it, next));
    }
    let sign = match lexemes.get(next)?.text.as_str() {
        "after" | "from" | "nach" => 1,
        "before" | "vor" => -1,
        _ => return None,
    };
    let anchor = super::date_at(lexemes, next + 1, style)?;
    let moved = Style {
        reference: anchor.day,
        ..style
    };
    shifted(moved, period, sign).map(|it| read(it, anchor.lexemes.end))
}

/// `nächsten Dienstag`, `next Friday`, `kommenden Montag`, `Montag dieser Woche`.
fn named_weekday(lexemes: &[Lexeme], from: usize, style: Style) -> Option<Read> {
    let first = lexemes.get(from).filter(|it| it.sort == Sort::Word)?;
    let is_next = matches!(
        first.text.as_str(),
        "next" | "nachsten" | "nachster" | "nachstem"
    );
    let is_this = matches!(
        first.text.as_str(),
        "this" | "coming" | "kommenden" | "diesen" | "dieser"
    );
    if !is_next && !is_this {
        return None;
    }
    let weekday = lexemes
        .get(from + 1)
        .filter(|it| it.text.len() > 3)
        .and_then(|it| numerals::weekday(&it.text))?;
    let soon = coming(style.reference, weekday);
    let day = if is_next && soon < monday_of(style.reference).saturating_add(7.days()) {
        soon.saturating_add(7.days())
    } else {
        soon
    };
    Some(read(day, from + 2))
}

/// `next week on Tuesday`, `last week's sunday`, `nächste Woche Dienstag`.
fn weekday_of_week(lexemes: &[Lexeme], from: usize, style: Style) -> Option<Read> {
    let (weeks, next) = [
        ("next|nächste|nächster|kommende week|woche [s] [on|am]", 1),
        ("last|letzte|letzter|vergangene week|woche [s] [on|am]", -1),
        ("this|diese|dieser week|woche [s] [on|am]", 0),
    ]
    .iter()
    .find_map(|(pattern, weeks)| match_at(lexemes, from, pattern).map(|it| (*weeks, it)))?;
    let weekday = lexemes
        .get(next)
        .filter(|it| it.text.len() > 3)
        .and_then(|it| numerals::weekday(&it.text))?;
    let days = 7 * weeks + i32::from(Weekday::Monday.until(weekday));
    let day = monday_of(style.reference).saturating_add(days.days());
    Some(read(day, next + 1))
}

/// The first such weekday after `day`.
fn coming(day: Date, weekday: Weekday) -> Date {
    let days = day.weekday().until(weekday);
    day.saturating_add(i32::from(if days == 0 { 7 } else { days }).days())
}

fn monday_of(day: Date) -> Date {
    let back = Weekday::Monday.until(day.weekday());
    day.saturating_sub(i32::from(back).days())
}

/// A weekday that stands alone, perhaps with its week: `wednesday of next week`, `sonntag der
/// letzten woche`, `Thu 15th`.
pub(super) fn weekday_alone(
    lexemes: &[Lexeme],
    after: usize,
    weekday: Weekday,
    style: Style,
) -> Option<Read> {
    if style.surroundings == Surroundings::Page || is_other_word(lexemes, after) {
        return None;
    }
    let offset = i32::from(Weekday::Monday.until(weekday));
    for (pattern, weeks) in [
        ("[of|der] [the] next|nächsten week|woche", 1),
        ("[of|der] [the] last|letzten week|woche", -1),
        ("of|dieser [this] week|woche", 0),
        ("after|nach [dem] next|nächsten", 1),
    ] {
        if let Some(end) = match_at(lexemes, after, pattern) {
            let monday = monday_of(style.reference).saturating_add((7 * weeks).days());
            let day = if pattern.starts_with("after") {
                coming(style.reference, weekday).saturating_add(7.days())
            } else {
                monday.saturating_add(offset.days())
            };
            return Some(read(day, end));
        }
    }
    if let Some((number, end)) = day_number(lexemes, after)
        && !lexemes.get(end).is_some_and(|it| {
            it.is_mark(':') || matches!(it.text.as_str(), "oclock" | "o" | "uhr" | "weeks" | "days")
        })
        && lexemes.get(after).is_some_and(|it| it.sort == Sort::Number)
    {
        let mut day = style.reference;
        for _ in 0..1200 {
            if day.day() == number && day.weekday() == weekday {
                return Some(read(day, end));
            }
            day = day.tomorrow().ok()?;
        }
    }
    let day = coming(style.reference, weekday);
    Some(Read {
        day,
        form: Form::Weekday,
        end: after,
    })
}

/// Whether a weekday's two letters are a word of their own: *do you know*, *so weit*.
fn is_other_word(lexemes: &[Lexeme], after: usize) -> bool {
    let own = after.checked_sub(1).and_then(|it| lexemes.get(it));
    let next = lexemes.get(after);
    own.is_some_and(|it| it.sort == Sort::Word && it.text.len() <= 2)
        && next.is_some_and(|it| it.sort == Sort::Word)
}

/// `20th of next month`, `20 of this month`, `am 15ten`.
fn day_of_month(lexemes: &[Lexeme], from: usize, style: Style) -> Option<Read> {
    let (number, mut next) = day_number(lexemes, from)?;
    let months = [
        ("[day] of [the] next month", 1),
        ("[day] of [the] this|current month", 0),
        ("[day] of [the] previous|last month", -1),
    ];
    for (pattern, shift) in months {
        if let Some(end) = match_at(lexemes, next, pattern) {
            let month = style
                .reference
                .first_of_month()
                .saturating_add(shift.months());
            return Date::new(month.year(), month.month(), number)
                .ok()
                .map(|it| read(it, end));
        }
    }
    let is_ordinal = lexemes
        .get(next.checked_sub(1)?)
        .is_some_and(|it| it.glued && it.sort == Sort::Word);
    if !is_ordinal {
        return None;
    }
    next = next.max(from + 1);
    let mut day = style.reference;
    for _ in 0..62 {
        if day.day() == number {
            return Some(read(day, next));
        }
        day = day.tomorrow().ok()?;
    }
    None
}

/// `3 minutes from now`, `30 min later`: the same day.
fn minutes(lexemes: &[Lexeme], from: usize, style: Style) -> Option<Read> {
    let end = match_at(
        lexemes,
        from,
        "# minutes|min|hours|minuten|stunden [from] now|later|hence",
    )?;
    Some(read(style.reference, end))
}
