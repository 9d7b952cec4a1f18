//! The day and the hour of a line: *übermorgen 14:30*, *by Friday*, *before 3 March*, *am 15. um 7*.

use std::ops::Range;

use jiff::civil::{Date, Time, Weekday};
use jiff::{SignedDuration, ToSpan};

use super::super::dates::{DateMatch, Form, dates, time_at};
use super::super::lex::{Lexeme, Sort, match_at};
use super::super::numerals;
use super::Line;
use crate::domain::sketch::{Meaning, Sketch};

/// Words before a day that say that it is the last one.
const DUE: &[&str] = &[
    "bis",
    "by",
    "until",
    "till",
    "due",
    "fallig",
    "spatestens",
    "vor",
    "before",
    "deadline",
    "frist",
    "latest",
    "ab",
    "starting",
    "beginning",
    "beginnend",
    "start",
];
/// Words before a day that belong to it.
const ON: &[&str] = &[
    "am",
    "an",
    "on",
    "zum",
    "zur",
    "den",
    "dem",
    "der",
    "the",
    "im",
    "in",
    "fur",
    "for",
    "at",
    "this",
    "diesen",
    "kommenden",
    "coming",
];
/// Words before a day on which something else happened: *the letter of 3 March*.
const OF_OLD: &[&str] = &[
    "vom", "von", "from", "dated", "since", "seit", "of", "nach", "after",
];

/// Times of the day by their names.
const PARTS: [(&str, i8); 6] = [
    ("früh|morgens|morning", 8),
    ("vormittag|vormittags", 10),
    ("mittag|mittags|noon", 12),
    ("nachmittag|nachmittags|afternoon", 15),
    ("abend|abends|evening|tonight", 19),
    ("mitternacht|midnight", 0),
];

/// Takes day and hour out of a line.
pub(super) fn read(line: &mut Line<'_>, sketch: &mut Sketch, comes_again: bool) {
    if from_now(line, sketch) {
        return;
    }
    hour(line, sketch);
    let day = chosen_day(line, comes_again).or_else(|| loose_day(line));
    if let Some(day) = day {
        sketch.due = Some(day.day);
        let spoken = day.at.clone();
        line.take(day.at, Meaning::Day);
        part_of_day(line, sketch, spoken.end);
        // "tonight" and "this evening" are day and hour in one.
        let hour = spoken.into_iter().find_map(|it| part_at(line, it));
        let hour = hour.and_then(|(hour, _)| Time::new(hour, 0, 0, 0).ok());
        sketch.due_time = sketch.due_time.or(hour);
    } else {
        alone_part(line, sketch);
    }
    let (today, now) = (line.now.date(), line.now.time());
    if let (Some(at), None, false) = (sketch.due_time, sketch.due, comes_again) {
        sketch.due = if at > now {
            Some(today)
        } else {
            today.tomorrow().ok()
        };
    }
}

/// `in 2 Stunden`, `in 30 minutes`.
fn from_now(line: &mut Line<'_>, sketch: &mut Sketch) -> bool {
    let open = line.open();
    for index in 0..open.len() {
        let Some(end) = match_at(
            &open,
            index,
            "in # stunden|stunde|hours|hour|minuten|minutes|min",
        ) else {
            continue;
        };
        let count = open
            .get(index + 1)
            .and_then(Lexeme::number)
            .filter(|it| *it <= 1000);
        let Some(count) = count.filter(|_| line.word(index) == "in") else {
            continue;
        };
        let is_hours = line.word(end - 1).starts_with(['s', 'h']);
        let minutes = i64::from(count) * if is_hours { 60 } else { 1 };
        let at = line.now.saturating_add(SignedDuration::from_mins(minutes));
        sketch.due = Some(at.date());
        sketch.due_time = Time::new(at.hour(), at.minute(), 0, 0).ok();
        line.take(index..end, Meaning::Hour);
        return true;
    }
    false
}

/// `19 Uhr`, `um 7`, `at 3pm`, `14-16 Uhr`, `halb acht`.
fn hour(line: &mut Line<'_>, sketch: &mut Sketch) {
    let open = line.open();
    let found = (0..open.len()).find_map(|index| {
        half(&open, index)
            .or_else(|| time_at(&open, index))
            .or_else(|| bare_hour(&open, index))
            .map(|(time, end)| (time, index..end))
    });
    let Some((mut time, mut at)) = found else {
        return;
    };
    // "14-16 Uhr" begins at 14.
    let before = |back: usize| at.start.checked_sub(back).and_then(|it| open.get(it));
    if before(1).is_some_and(|it| it.is_one_of("-–") && it.glued)
        && let Some(first) = before(2).and_then(Lexeme::number)
        && let Some(first) = i8::try_from(first)
            .ok()
            .and_then(|it| Time::new(it, 0, 0, 0).ok())
    {
        time = first;
        at.start -= 2;
    }
    if let Some(next) = match_at(
        &open,
        at.end,
        "[in] [the|am] abends|abend|evening|nachmittags|nachmittag|afternoon",
    ) {
        if time.hour() < 12 {
            time = Time::new(time.hour() + 12, time.minute(), 0, 0).unwrap_or(time);
        }
        at.end = next;
    } else if let Some(next) = match_at(
        &open,
        at.end,
        "[in] [the|am] morgens|früh|morning|vormittags",
    ) {
        at.end = next;
    }
    let lead = at.start.checked_sub(1).and_then(|it| open.get(it));
    if matches!(
        lead.map(|it| it.text.as_str()),
        Some("um" | "at" | "gegen" | "ab" | "von" | "from" | "about")
    ) {
        at.start -= 1;
    }
    sketch.due_time = Some(time);
    line.take(at, Meaning::Hour);
}

/// `halb acht`, `halb 8`: half an hour before it.
fn half(open: &[Lexeme], from: usize) -> Option<(Time, usize)> {
    let next = match_at(open, from, "halb").filter(|it| *it == from + 1)?;
    let word = open.get(next)?;
    let number = word.number().and_then(|it| u16::try_from(it).ok());
    let hour = number.or_else(|| numerals::number(&word.text))?;
    let hour = i8::try_from(hour).ok().filter(|it| (1..=12).contains(it))?;
    Some((Time::new(hour - 1, 30, 0, 0).ok()?, next + 1))
}

/// `um 7`, `at 7`, `um 19`: an hour that only its preposition shows.
fn bare_hour(open: &[Lexeme], from: usize) -> Option<(Time, usize)> {
    let lead = open.get(from.checked_sub(1)?)?;
    if !matches!(lead.text.as_str(), "um" | "at" | "gegen") {
        return None;
    }
    let hour = open.get(from)?.number().filter(|it| *it < 24)?;
    let next = open.get(from + 1);
    // "at 7 Main Street" names a house, "um 7 Euro" a sum.
    let is_open = next.is_none_or(|it| match it.sort {
        Sort::Mark => !it.is_one_of("€$£%") && !it.glued || it.is_one_of(",;"),
        Sort::Number => false,
        Sort::Word => {
            let words = [
                "am", "on", "and", "und", "in", "jeden", "every", "heute", "morgen",
            ];
            let more = [
                "today",
                "tomorrow",
                "abends",
                "morgens",
                "fruh",
                "bis",
                "ubermorgen",
            ];
            words.contains(&it.text.as_str())
                || more.contains(&it.text.as_str())
                || numerals::weekday(&it.text).is_some_and(|_| it.text.len() > 2)
        }
    });
    let time = Time::new(i8::try_from(hour).ok()?, 0, 0, 0).ok()?;
    is_open.then_some((time, from + 1))
}

/// A day with the words that belong to it.
struct Day {
    day: Date,
    at: Range<usize>,
}

/// What leads to a day.
struct Lead {
    start: usize,
    is_due: bool,
    is_before: bool,
    is_of_old: bool,
}

fn lead(line: &Line<'_>, from: usize) -> Lead {
    let mut lead = Lead {
        start: from,
        is_due: false,
        is_before: false,
        is_of_old: false,
    };
    while let Some(index) = lead.start.checked_sub(1) {
        let word = line.word(index);
        let is_taken = line.taken.get(index).copied().unwrap_or(true);
        let is_due = DUE.contains(&word);
        if is_taken || !is_due && !ON.contains(&word) {
            lead.is_of_old = !is_taken && lead.start == from && OF_OLD.contains(&word);
            break;
        }
        lead.is_due |= is_due;
        lead.is_before |= matches!(word, "vor" | "before");
        lead.start = index;
    }
    lead
}

/// The day that the line is about: one that is said to be the last, else the first that is surely
/// meant as a day.
fn chosen_day(line: &Line<'_>, comes_again: bool) -> Option<Day> {
    let open = line.open();
    let found = dates(&open, line.style());
    let mut best: Option<(bool, Day)> = None;
    for it in found {
        if !line.is_free(&it.lexemes) {
            continue;
        }
        let lead = lead(line, it.lexemes.start);
        if lead.is_of_old && !comes_again || !is_meant(&open, &it, &lead) {
            continue;
        }
        let day = if lead.is_before {
            it.day.yesterday().unwrap_or(it.day)
        } else {
            it.day
        };
        let start = if lead.is_of_old {
            lead.start - 1
        } else {
            lead.start
        };
        if best
            .as_ref()
            .is_none_or(|(is_due, _)| lead.is_due && !is_due)
        {
            let at = start..it.lexemes.end;
            best = Some((lead.is_due, Day { day, at }));
        }
    }
    best.map(|(_, day)| day)
}

/// Whether something that could be a day is one: short weekdays and bare figures need a word before
/// them, or nothing behind them.
fn is_meant(open: &[Lexeme], found: &DateMatch, lead: &Lead) -> bool {
    let words = open.get(found.lexemes.clone()).unwrap_or(&[]);
    let has_lead = lead.start < found.lexemes.start;
    let stands_last = open
        .get(found.lexemes.end)
        .is_none_or(|it| it.sort == Sort::Mark);
    let is_long = words
        .iter()
        .any(|it| it.sort == Sort::Word && it.text.len() >= 6);
    let has_word = words.iter().any(|it| it.sort == Sort::Word);
    let has_slash = words.iter().any(|it| it.is_mark('/'));
    let ends_with_dot = words.last().is_some_and(|it| it.is_mark('.'));
    match found.form {
        Form::Weekday => is_long || has_lead || stands_last && found.lexemes.start > 0,
        Form::DayMonth => has_word || ends_with_dot || has_lead || stands_last && has_slash,
        Form::Full | Form::PeriodEnd | Form::Relative => true,
    }
}

/// Days that only a line to oneself names: a weekend, a week, a month, the 15th.
fn loose_day(line: &Line<'_>) -> Option<Day> {
    let open = line.open();
    let today = line.now.date();
    let monday = today.saturating_sub(i32::from(Weekday::Monday.until(today.weekday())).days());
    let saturday = match today.weekday() {
        Weekday::Sunday => today,
        Weekday::Monday
        | Weekday::Tuesday
        | Weekday::Wednesday
        | Weekday::Thursday
        | Weekday::Friday
        | Weekday::Saturday => monday.saturating_add(5.days()),
    };
    let next_month = today.first_of_month().saturating_add(1.month());
    let next_year = today.first_of_year().saturating_add(1.year());
    let phrases = [
        (
            "nächstes|nächsten|kommendes|kommenden|next wochenende|weekend",
            monday.saturating_add(12.days()),
        ),
        ("[dieses|diesem|this] wochenende|weekend", saturday),
        (
            "nächste|nächster|kommende|kommender|next woche|week",
            monday.saturating_add(7.days()),
        ),
        (
            "diese|dieser|this woche|week",
            monday.saturating_add(6.days()),
        ),
        ("nächsten|nächster|kommenden|next monat|month", next_month),
        ("nächstes|nächsten|kommendes|next jahr|year", next_year),
    ];
    for index in 0..open.len() {
        if open.get(index).is_none_or(|it| it.sort == Sort::Mark) {
            continue;
        }
        let found = phrases
            .iter()
            .find_map(|(pattern, day)| match_at(&open, index, pattern).map(|end| (*day, end)));
        let numbered = || {
            let has_lead = lead(line, index).start < index;
            day_of_month(&open, index, today).filter(|_| has_lead)
        };
        if let Some((day, end)) = found.or_else(numbered) {
            let start = lead(line, index).start;
            return Some(Day {
                day,
                at: start..end,
            });
        }
    }
    None
}

/// `15.`, the next one from today on.
fn day_of_month(open: &[Lexeme], from: usize, today: Date) -> Option<(Date, usize)> {
    let number = open
        .get(from)?
        .number()
        .filter(|it| (1..=31).contains(it))?;
    let number = i8::try_from(number).ok()?;
    open.get(from + 1)
        .filter(|it| it.is_mark('.') && it.glued)?;
    if open.get(from + 2).is_some_and(|it| it.glued) {
        return None;
    }
    let months = (0..3).map(|it| today.first_of_month().saturating_add(it.months()));
    let days = months.filter_map(|it| Date::new(it.year(), it.month(), number).ok());
    let day = days.into_iter().find(|it| *it >= today)?;
    Some((day, from + 2))
}

fn part_at(line: &Line<'_>, index: usize) -> Option<(i8, usize)> {
    if line.word(index).is_empty() {
        return None;
    }
    PARTS
        .iter()
        .find_map(|(pattern, hour)| match_at(&line.lexemes, index, pattern).map(|end| (*hour, end)))
}

/// The part of the day right behind the day: `heute Abend`, `tomorrow morning`, `Friday in the
/// evening`.
fn part_of_day(line: &mut Line<'_>, sketch: &mut Sketch, end: usize) {
    let next = match_at(&line.lexemes, end, "am|in|at [the]").unwrap_or(end);
    let Some((hour, next)) = part_at(line, next).filter(|(_, next)| line.is_free(&(end..*next)))
    else {
        return;
    };
    if sketch.due_time.is_none() {
        sketch.due_time = Time::new(hour, 0, 0, 0).ok();
    }
    line.take(end..next, Meaning::Hour);
}

/// A part of the day without a day: `abends`, `in the evening`, `am Nachmittag`.
fn alone_part(line: &mut Line<'_>, sketch: &mut Sketch) {
    if sketch.due_time.is_some() {
        return;
    }
    for index in 0..line.lexemes.len() {
        let start = match_at(&line.lexemes, index, "am|in|at [the]")
            .filter(|_| !line.word(index).is_empty());
        let Some((hour, end)) = part_at(line, start.unwrap_or(index)) else {
            continue;
        };
        let is_adverb = line.word(index).ends_with('s');
        if (start.is_some() || is_adverb) && line.is_free(&(index..end)) {
            sketch.due_time = Time::new(hour, 0, 0, 0).ok();
            line.take(index..end, Meaning::Hour);
            return;
        }
    }
}
