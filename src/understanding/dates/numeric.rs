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
    let sign = separator(lexemes, from + 1)?;
    let second = separator(lexemes, from + 3)?;
    if sign != second {
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
    let year = match year.text.len() {
        4 if (1900..2200).contains(&value) => i16::try_from(value).ok()?,
        4 if value / 1000 == 2 => misread_century(value, style)?,
        2 => style.century(value)?,
        _ => return None,
    };
    let day = in_order(a, b, style.month_first && sign != '.')
        .and_then(|(day, month)| Date::new(year, month, day).ok())?;
    Some(Read {
        day,
        form: Form::Full,
        end: from + 5,
    })
}

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
