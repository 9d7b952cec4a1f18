//! Days in figures: `25.01.2026`, `2026-01-25`, `03/04/2026`, `10.12.`.

use jiff::civil::{Date, Weekday};

use super::super::lex::{Lexeme, Sort};
use super::super::numerals;
use super::{Form, Read, Style, Surroundings, touches_number_before};

/// A number of at most `digits` digits at `index`.
fn short(lexemes: &[Lexeme], index: usize, digits: usize) -> Option<u32> {
    lexemes
        .get(index)
        .filter(|it| it.text.len() <= digits)
        .and_then(Lexeme::number)
}

/// The mark between the parts of a day at `index`: spaces may follow a dot (`25. 01. 2026`), never
/// another mark.
fn separator(lexemes: &[Lexeme], index: usize) -> Option<char> {
    let mark = lexemes.get(index).filter(|it| it.is_one_of("./-"))?;
    let next = lexemes.get(index + 1)?;
    let sign = mark.text.chars().next()?;
    (sign == '.' || mark.glued && next.glued).then_some(sign)
}

/// Day, month and year in figures.
pub(super) fn with_year(lexemes: &[Lexeme], from: usize, style: Style) -> Option<Read> {
    let first = lexemes.get(from).filter(|it| it.sort == Sort::Number)?;
    if touches_number_before(lexemes, from) {
        return None;
    }
    if first.text.len() == 4 {
        return year_first(lexemes, from, style);
    }
    if first.text.len() >= 8 {
        return without_marks(lexemes, from, style);
    }
    let sign = separator(lexemes, from + 1)?;
    // "11-04:24 20:06": a mark before the year that was misread.
    let is_colon = |it: &Lexeme| it.is_mark(':') && it.glued;
    let is_misread =
        lexemes.get(from + 3).is_some_and(is_colon) && is_before_time(lexemes, from + 5);
    if !is_misread && separator(lexemes, from + 3)? != sign {
        return None;
    }
    let (a, b) = (short(lexemes, from, 2)?, short(lexemes, from + 2, 2)?);
    let year = lexemes.get(from + 4).filter(|it| it.sort == Sort::Number)?;
    let continues = lexemes
        .get(from + 5)
        .is_some_and(|it| it.glued && (it.sort == Sort::Number || it.is_one_of("/")));
    if continues || sign == '.' && !year.glued && year.text.len() != 4 {
        return None;
    }
    let value = year.number()?;
    let is_long = year.text.len() == 4;
    let year = match year.text.len() {
        4 if (1900..2200).contains(&value) => i16::try_from(value).ok()?,
        4 if value / 1000 == 2 => misread_century(value, style)?,
        2 => style.century(value)?,
        _ => return None,
    };
    let order = |a, b| in_order(a, b, style.month_first && sign != '.');
    let day = |(day, month)| Date::new(year, month, day).ok();
    let is_sure = || is_long || is_labelled(lexemes, from) || is_before_time(lexemes, from + 5);
    let misread = || {
        let (a, b) = misread_nought(a, b).filter(|_| is_sure())?;
        let is_page = style.surroundings == Surroundings::Page;
        let day = order(a, b).and_then(day)?;
        (is_page && day <= style.reference).then_some(day)
    };
    let day = match order(a, b) {
        Some(parts) => day(parts)?,
        None => misread()?,
    };
    Some(Read {
        day,
        form: Form::Full,
        end: from + 5,
    })
}

/// Behind a label that says so, a day whose marks are left out or were read as digits, as poor print
/// is: `Date: 1200372026`, `Datum 12032026`, `Date 20260312`.
fn without_marks(lexemes: &[Lexeme], from: usize, style: Style) -> Option<Read> {
    let number = lexemes.get(from)?;
    if style.surroundings != Surroundings::Page || !is_labelled(lexemes, from) {
        return None;
    }
    let part = |at: std::ops::Range<usize>| number.text.get(at)?.parse::<u32>().ok();
    let gone = |year: u32, (day, month): (i8, i8)| {
        let day = Date::new(i16::try_from(year).ok()?, month, day).ok()?;
        let is_past = day <= style.reference && style.reference.year() - day.year() <= YEARS_BACK;
        is_past.then_some(day)
    };
    let ordered = |first: u32, second: u32| in_order(first, second, style.month_first);
    let year_last = |year: u32, month: u32| gone(year, ordered(part(0..2)?, month)?);
    let year_first = || gone(part(0..4)?, in_order(part(6..8)?, part(4..6)?, false)?);
    let found = match number.text.len() {
        8 => year_first().or_else(|| year_last(part(4..8)?, part(2..4)?)),
        10 => year_last(part(6..10)?, part(3..5)?),
        _ => None,
    };
    Some(Read {
        day: found?,
        form: Form::Full,
        end: from + 1,
    })
}

/// Whether the word before a number, at most two marks between, calls it a date.
fn is_labelled(lexemes: &[Lexeme], from: usize) -> bool {
    let mut before = lexemes.get(..from).unwrap_or(&[]).iter().rev().take(3);
    let label = before.find(|it| it.sort != Sort::Mark);
    label.is_some_and(|it| it.text.ends_with("date") || it.text.ends_with("datum"))
}

/// Whether a time follows: `14:22`.
fn is_before_time(lexemes: &[Lexeme], from: usize) -> bool {
    matches!(lexemes.get(from..from + 3), Some([hour, mark, minute])
        if hour.sort == Sort::Number && mark.is_mark(':') && minute.sort == Sort::Number)
}

/// Day and month of which one begins with a 6, 8 or 9 that was a nought, as on a poor print:
/// `19/89/2025`, `68/04/2018`.
fn misread_nought(a: u32, b: u32) -> Option<(u32, u32)> {
    let mend =
        |it: u32| (matches!(it / 10, 6 | 8 | 9) && !it.is_multiple_of(10)).then_some(it % 10);
    match (mend(a), mend(b)) {
        (Some(mended), None) => Some((mended, b)),
        (None, Some(mended)) => Some((a, mended)),
        (Some(_), Some(_)) | (None, None) => None,
    }
}

/// A day without marks lies at most so many years back.
const YEARS_BACK: i16 = 20;

/// A year of this century whose nought was misread, as on a poor print: `17/01/2618`.
fn misread_century(year: u32, style: Style) -> Option<i16> {
    let meant = i16::try_from(2000 + year % 100).ok()?;
    (meant <= style.reference.year()).then_some(meant)
}

/// Day and month of two figures: in the usual order if that makes sense, else in the other.
fn in_order(a: u32, b: u32, month_first: bool) -> Option<(i8, i8)> {
    let (day, month) = if month_first { (b, a) } else { (a, b) };
    let (day, month) = if month > 12 {
        (month, day)
    } else {
        (day, month)
    };
    let is_day = (1..=31).contains(&day) && (1..=12).contains(&month);
    is_day.then_some((i8::try_from(day).ok()?, i8::try_from(month).ok()?))
}

/// `2026-01-25`, `2026/01/25`, `2026.01.25`, `2020/Sep/23`, `2016 10 16`.
fn year_first(lexemes: &[Lexeme], from: usize, style: Style) -> Option<Read> {
    let year = short(lexemes, from, 4).filter(|it| (1900..2200).contains(it))?;
    let is_spaced = style.surroundings == Surroundings::Phrase
        && lexemes
            .get(from + 1)
            .is_some_and(|it| it.sort == Sort::Number)
        && lexemes
            .get(from + 2)
            .is_some_and(|it| it.sort == Sort::Number);
    let (at_month, at_day) = if is_spaced {
        (from + 1, from + 2)
    } else {
        (from + 2, from + 4)
    };
    if !is_spaced {
        let sign = separator(lexemes, from + 1)?;
        if separator(lexemes, from + 3)? != sign {
            return None;
        }
    }
    let month = match short(lexemes, at_month, 2) {
        Some(month) => i8::try_from(month).ok()?,
        None => numerals::month(&lexemes.get(at_month)?.text)?,
    };
    let day = short(lexemes, at_day, 2)?;
    let day = Date::new(i16::try_from(year).ok()?, month, i8::try_from(day).ok()?).ok()?;
    Some(Read {
        day,
        form: Form::Full,
        end: at_day + 1,
    })
}

/// `10.12.` on a page; `10.10`, `22/04`, `2/15` in a phrase.
pub(super) fn without_year(
    lexemes: &[Lexeme],
    from: usize,
    weekday: Option<Weekday>,
    style: Style,
) -> Option<Read> {
    let (a, b) = (short(lexemes, from, 2)?, short(lexemes, from + 2, 2)?);
    let sign = separator(lexemes, from + 1)?;
    if touches_number_before(lexemes, from) || sign == '-' || !lexemes.get(from + 2)?.glued {
        return None;
    }
    let after = lexemes.get(from + 3);
    let has_dot = after.is_some_and(|it| it.is_mark('.') && it.glued);
    let beyond = if has_dot {
        lexemes.get(from + 4)
    } else {
        after
    };
    // "10.10,50" is a number, "11/20, 12 November" a list.
    let behind = if has_dot { from + 5 } else { from + 4 };
    let goes_on = lexemes.get(behind).is_some_and(|it| it.glued);
    if beyond.is_some_and(|it| {
        it.glued
            && (it.sort == Sort::Number
                || it.is_one_of("%€")
                || it.is_mark(',') && goes_on
                || it.sort == Sort::Word)
    }) {
        return None;
    }
    let is_page = style.surroundings == Surroundings::Page;
    if is_page && !(sign == '.' && has_dot) {
        return None;
    }
    let month_first = if is_page {
        style.month_first && sign == '/'
    } else {
        style.month_first
    };
    let (day, month) = in_order(a, b, month_first)?;
    let end = if has_dot { from + 4 } else { from + 3 };
    Some(Read {
        day: style.without_year(day, month, weekday)?,
        form: Form::DayMonth,
        end,
    })
}
