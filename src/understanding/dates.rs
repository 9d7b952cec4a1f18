//! Every day that a text names, as candidates: in figures, with month names, without a year, in
//! words and relative to a reference day. What a day is *for* (issue, due …) is decided elsewhere.
//!
//! Day and month in figures are read day first, as Europe writes, unless [`Style::month_first`];
//! where only one order makes a day, that one counts.

mod calendar;
mod feasts;
mod numeric;
mod relative;
mod times;

use std::ops::Range;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use super::lex::{Lexeme, Sort};
use super::numerals;

pub use times::{span_at, time_at, time_near};

/// How a day was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// With its year.
    Full,
    /// Without its year.
    DayMonth,
    /// As the end of a month, a quarter or a year.
    PeriodEnd,
    /// By its weekday alone.
    Weekday,
    /// Counted from the reference day: *tomorrow*, *in two weeks*.
    Relative,
}

/// A day that a text names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateMatch {
    /// Which lexemes name it.
    pub lexemes: Range<usize>,
    /// Where, in bytes.
    pub at: Range<usize>,
    /// The day.
    pub day: Date,
    /// How it was written.
    pub form: Form,
}

/// How much a writer leaves to the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surroundings {
    /// A page full of numbers: only what is surely meant as a day.
    Page,
    /// A phrase that is about a day: `5/12`, `Thu 15th` and `Wednesday` count too.
    Phrase,
}

/// How days are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// What *today* is for the text; years that are left out are the ones nearest to it.
    pub reference: Date,
    /// `03/04` is 4 March, as in the United States.
    pub month_first: bool,
    /// How much is left to the reader.
    pub surroundings: Surroundings,
}

impl Style {
    /// A page that was written on `reference`.
    pub const fn page(reference: Date, month_first: bool) -> Self {
        Self {
            reference,
            month_first,
            surroundings: Surroundings::Page,
        }
    }

    /// How many days a day without year may lie before the reference day.
    fn days_back(self) -> i32 {
        match self.surroundings {
            Surroundings::Page => 45,
            Surroundings::Phrase => 0,
        }
    }

    /// The day with this month and number that is meant when the year is left out: the first one
    /// after the reference day (or shortly before it) that falls on the weekday, if one is named.
    fn without_year(self, day: i8, month: i8, weekday: Option<Weekday>) -> Option<Date> {
        let earliest = self.reference.saturating_sub(self.days_back().days());
        let year = self.reference.year();
        let candidates = (year.saturating_sub(1)..=year.saturating_add(8))
            .filter_map(|year| Date::new(year, month, day).ok());
        let next = candidates.clone().find(|it| *it >= earliest);
        let Some(weekday) = weekday else { return next };
        let is_near = |it: &Date| (it.year() - year).abs() <= 1 && it.weekday() == weekday;
        let after = candidates.clone().find(|it| *it >= earliest && is_near(it));
        after.or_else(|| candidates.clone().find(is_near)).or(next)
    }

    /// Two digits of a year: the one at most 20 years ahead.
    fn century(self, two_digits: u32) -> Option<i16> {
        let two_digits = i16::try_from(two_digits).ok()?;
        let year = self.reference.year() / 100 * 100 + two_digits;
        Some(if year > self.reference.year() + 20 {
            year - 100
        } else {
            year
        })
    }
}

/// Every day that the lexemes name, in their order, none overlapping another.
pub fn dates(lexemes: &[Lexeme], style: Style) -> Vec<DateMatch> {
    let mut found = Vec::new();
    let mut index = 0;
    while index < lexemes.len() {
        match date_at(lexemes, index, style) {
            Some(found_here) => {
                index = found_here.lexemes.end.max(index + 1);
                found.push(found_here);
            }
            None => index += 1,
        }
    }
    found
}

/// A day, and the lexeme after it.
struct Read {
    day: Date,
    form: Form,
    end: usize,
}

fn date_at(lexemes: &[Lexeme], from: usize, style: Style) -> Option<DateMatch> {
    let (weekday, start) = match leading_weekday(lexemes, from) {
        Some((weekday, next)) => (Some(weekday), next),
        None => (None, from),
    };
    let read = absolute(lexemes, start, weekday, style)
        .or_else(|| calendar::period_end(lexemes, from, style))
        .or_else(|| calendar::working_day(lexemes, from, style))
        .or_else(|| calendar::nth_weekday(lexemes, from, style))
        .or_else(|| relative::relative(lexemes, from, style));
    let read = match (read, weekday) {
        (Some(read), _) => read,
        (None, Some(weekday)) => relative::weekday_alone(lexemes, start, weekday, style)?,
        (None, None) => return None,
    };
    let first = lexemes.get(from)?;
    let last = lexemes.get(read.end.checked_sub(1)?)?;
    Some(DateMatch {
        lexemes: from..read.end,
        at: first.at.start..last.at.end,
        day: read.day,
        form: read.form,
    })
}

/// `Montag, den` / `Friday,` / `Fr.` and the lexeme after it.
fn leading_weekday(lexemes: &[Lexeme], from: usize) -> Option<(Weekday, usize)> {
    let word = lexemes.get(from).filter(|it| it.sort == Sort::Word)?;
    let weekday = numerals::weekday(&word.text)?;
    let mut next = from + 1;
    while lexemes.get(next).is_some_and(|it| {
        it.is_one_of(",.(") || matches!(it.text.as_str(), "den" | "dem" | "der" | "the")
    }) {
        next += 1;
    }
    Some((weekday, next))
}

/// A day with its month, in whichever form.
fn absolute(
    lexemes: &[Lexeme],
    from: usize,
    weekday: Option<Weekday>,
    style: Style,
) -> Option<Read> {
    numeric::with_year(lexemes, from, style)
        .or_else(|| day_then_month(lexemes, from, weekday, style))
        .or_else(|| month_then_day(lexemes, from, weekday, style))
        .or_else(|| numeric::without_year(lexemes, from, weekday, style))
}

/// A day's number and the lexeme after it: `25.`, `25th`, `15ten`, `first`, `twenty second`.
fn day_number(lexemes: &[Lexeme], from: usize) -> Option<(i8, usize)> {
    let first = lexemes.get(from)?;
    if first.sort == Sort::Word {
        if first.text == "twenty" || first.text == "thirty" {
            let tens = if first.text == "twenty" { 20 } else { 30 };
            let units = numerals::ordinal(&lexemes.get(from + 1)?.text)?;
            return (units < 10).then_some((tens + units, from + 2));
        }
        return numerals::ordinal(&first.text).map(|it| (it, from + 1));
    }
    let day = first.number().filter(|it| (1..=31).contains(it))?;
    let day = i8::try_from(day).ok()?;
    let is_money = first.glued
        && from
            .checked_sub(1)
            .and_then(|it| lexemes.get(it))
            .is_some_and(|it| it.is_one_of("$€£"));
    if first.text.len() > 2 || is_money || touches_number_before(lexemes, from) {
        return None;
    }
    let mut next = from + 1;
    if let Some(suffix) = lexemes.get(next)
        && (suffix.is_mark('.')
            || suffix.glued
                && matches!(
                    suffix.text.as_str(),
                    "st" | "nd" | "rd" | "th" | "ter" | "ten" | "te"
                ))
    {
        next += 1;
    }
    Some((day, next))
}

/// Whether a number is the tail of a longer one (`1.234`, `12/345`).
fn touches_number_before(lexemes: &[Lexeme], index: usize) -> bool {
    if !lexemes.get(index).is_some_and(|it| it.glued) {
        return false;
    }
    let before = |back: usize| index.checked_sub(back).and_then(|it| lexemes.get(it));
    match before(1) {
        Some(it) if it.sort == Sort::Number => true,
        Some(it) if it.is_one_of("./,") => {
            it.glued && before(2).is_some_and(|it| it.sort == Sort::Number)
        }
        _ => false,
    }
}

fn day_then_month(
    lexemes: &[Lexeme],
    from: usize,
    weekday: Option<Weekday>,
    style: Style,
) -> Option<Read> {
    let (day, mut next) = day_number(lexemes, from)?;
    if let Some(month) = month_of_list(lexemes, next, style) {
        return finish(day, month, None, weekday, next, style);
    }
    while lexemes.get(next).is_some_and(|it| {
        it.is_one_of("-/") || matches!(it.text.as_str(), "of" | "day" | "tag" | "im")
    }) {
        next += 1;
    }
    let word = lexemes.get(next)?;
    let is_in_words = lexemes.get(from).is_some_and(|it| it.sort == Sort::Word);
    let month = match word.sort {
        Sort::Word => numerals::month(&word.text).or_else(|| {
            let ordinal = numerals::ordinal(&word.text)?;
            (style.surroundings == Surroundings::Phrase).then_some(ordinal)
        })?,
        Sort::Number if is_in_words => word.number().and_then(|it| i8::try_from(it).ok())?,
        Sort::Number | Sort::Mark => return None,
    };
    let (year, end) = match trailing_year(lexemes, next + 1, style) {
        Some((year, end)) => (Some(year), end),
        None => (None, next + 1),
    };
    finish(day, month, year, weekday, end, style)
}

/// The month that a later day of the same list names: `18 and 19 June`, `18. und 19. Juni`.
fn month_of_list(lexemes: &[Lexeme], from: usize, style: Style) -> Option<i8> {
    let joins = matches!(
        lexemes.get(from)?.text.as_str(),
        "and" | "und" | "or" | "oder"
    );
    if !joins || style.surroundings == Surroundings::Page {
        return None;
    }
    let (_, next) = day_number(lexemes, from + 1)?;
    numerals::month(&lexemes.get(next)?.text)
}

fn month_then_day(
    lexemes: &[Lexeme],
    from: usize,
    weekday: Option<Weekday>,
    style: Style,
) -> Option<Read> {
    let word = lexemes.get(from).filter(|it| it.sort == Sort::Word)?;
    let month = numerals::month(&word.text)?;
    let mut next = from + 1;
    while lexemes
        .get(next)
        .is_some_and(|it| it.is_one_of(".-/") || it.text == "the")
    {
        next += 1;
    }
    // "September-2020-23"
    if let Some(year) = lexemes
        .get(next)
        .filter(|it| it.text.len() == 4)
        .and_then(Lexeme::number)
        && lexemes.get(next + 1).is_some_and(|it| it.is_mark('-'))
    {
        let (day, end) = day_number(lexemes, next + 2)?;
        return finish(day, month, i16::try_from(year).ok(), weekday, end, style);
    }
    let (day, next) = day_number(lexemes, next)?;
    // "March 3:30" is an hour, "Mai 14 Tage" a period, "May 12%" a share.
    if lexemes.get(next).is_some_and(|it| {
        it.is_one_of(":%€£$") || numerals::unit(&it.text).is_some_and(|_| it.text != "day")
    }) {
        return None;
    }
    let (year, end) = match trailing_year(lexemes, next, style) {
        Some((year, end)) => (Some(year), end),
        None => (None, next),
    };
    finish(day, month, year, weekday, end, style)
}

/// The year after day and month, and the lexeme after it.
fn trailing_year(lexemes: &[Lexeme], from: usize, style: Style) -> Option<(i16, usize)> {
    let mut index = from;
    while lexemes
        .get(index)
        .is_some_and(|it| it.is_one_of(".,-/'") || it.text == "of")
        && index < from + 3
    {
        index += 1;
    }
    let lexeme = lexemes.get(index)?;
    let value = lexeme.number()?;
    match lexeme.text.len() {
        4 if (1900..2200).contains(&value) => Some((i16::try_from(value).ok()?, index + 1)),
        2 => {
            let next = lexemes.get(index + 1);
            let is_hour = next.is_some_and(|it| {
                it.is_mark(':')
                    || it.is_mark('.')
                        && it.glued
                        && lexemes.get(index + 2).is_some_and(|it| it.glued)
                    || matches!(it.text.as_str(), "uhr" | "h" | "am" | "pm")
            });
            let year = style.century(value)?;
            let is_near = (year - style.reference.year()).abs() <= 4;
            // "12-MAR-26 14:22": a mark joins it to the month.
            let is_joined = lexeme.glued
                && index == from + 1
                && lexemes
                    .get(from)
                    .is_some_and(|it| it.glued && it.is_one_of("-/"));
            let is_meant = style.surroundings == Surroundings::Phrase
                || is_joined
                || is_near
                    && next.is_none_or(|it| {
                        it.sort == Sort::Mark
                            || it.sort == Sort::Word && numerals::unit(&it.text).is_none()
                    });
            (!is_hour && is_meant).then_some((year, index + 1))
        }
        _ => None,
    }
}

fn finish(
    day: i8,
    month: i8,
    year: Option<i16>,
    weekday: Option<Weekday>,
    end: usize,
    style: Style,
) -> Option<Read> {
    let (day, form) = match year {
        Some(year) => (Date::new(year, month, day).ok()?, Form::Full),
        None => (style.without_year(day, month, weekday)?, Form::DayMonth),
    };
    Some(Read { day, form, end })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::lex::lex;
    use super::*;

    fn read(text: &str, style: Style) -> Vec<String> {
        dates(&lex(text), style)
            .into_iter()
            .map(|it| it.day.to_string())
            .collect()
    }

    #[test]
    fn a_day_is_read_however_it_is_written() {
        let style = Style::page(date(2026, 1, 10), false);
        for (text, day) in [
            ("25.01.2026", "2026-01-25"),
            ("25.1.26", "2026-01-25"),
            ("25. 01. 2026", "2026-01-25"),
            ("25. Jan. 2026", "2026-01-25"),
            ("am 25. Januar", "2026-01-25"),
            ("Montag, den 2. Februar 2026", "2026-02-02"),
            ("2026-01-25", "2026-01-25"),
            ("25/01/2026", "2026-01-25"),
            ("Jan 25, 2026", "2026-01-25"),
            ("25th January 2026", "2026-01-25"),
            ("Friday 6 March", "2026-03-06"),
            ("bis Ende März", "2026-03-31"),
            ("end of the month", "2026-01-31"),
            ("25-Jan-2026", "2026-01-25"),
            ("the 1st of May, 2026", "2026-05-01"),
            ("3. Jänner 2026", "2026-01-03"),
            ("17.6.26", "2026-06-17"),
            ("17/01/2618", "2018-01-17"),
            ("Date: 1700172018", "2018-01-17"),
            ("09-JAN-26 14:22", "2026-01-09"),
            ("Date 17/Jan/18 09:05", "2018-01-17"),
            ("Date: 17/81/18", "2018-01-17"),
            ("67.01.2018", "2018-01-07"),
            ("17-61-18 14:22", "2018-01-17"),
            ("17-01:18 14:22", "2018-01-17"),
            ("Belegdatum 17012018", "2018-01-17"),
            ("Date : 20180117", "2018-01-17"),
            ("bis 28.02.", "2026-02-28"),
            ("am dritten Werktag", "2026-02-04"),
            ("3. Werktag des laufenden Monats", "2026-01-06"),
            ("by the third working day of next month", "2026-02-04"),
            ("am ersten Montag im März", "2026-03-02"),
            ("Ende des nächsten Monats", "2026-02-28"),
        ] {
            assert_eq!(read(text, style), [day], "{text}");
        }
    }

    #[test]
    fn americans_write_the_month_first() {
        let style = Style::page(date(2026, 2, 9), true);
        assert_eq!(
            read("03/04/2026 03/14/2026", style),
            ["2026-03-04", "2026-03-14"]
        );
    }

    #[test]
    fn numbers_are_no_days() {
        let style = Style::page(date(2026, 1, 10), false);
        for text in [
            "1.234.567",
            "Nr. 46/118/20953",
            "3.25 Std.",
            "§ 41 Abs. 2",
            "12.345,67",
            "0176 12 34 567",
            "31.02.2026",
            "17.01.2695",
            "1ESY1160472218",
            "Invoice 17012018",
            "Date: 1700172058",
            "17/81/18",
            "Date: 67/81/2018",
            "17.81.2027",
        ] {
            assert!(
                read(text, style).is_empty(),
                "{text}: {:?}",
                read(text, style)
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in "([0-9]{1,4}|[./, -]|Mai|Ende|in|nächsten|Fr|Tage|\\PC){0,24}") {
            for surroundings in [Surroundings::Page, Surroundings::Phrase] {
                let style = Style { reference: date(2026, 2, 28), month_first: true, surroundings };
                let lexemes = lex(&text);
                for it in dates(&lexemes, style) {
                    proptest::prop_assert!(text.get(it.at).is_some());
                }
            }
        }
    }
}
