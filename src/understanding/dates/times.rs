//! Hours of the day: `um 9:40 Uhr`, `18.30 Uhr`, `9 Uhr`, `3.30pm`, `10 am`.

use jiff::civil::Time;

use super::super::lex::{Lexeme, Sort};

/// An hour that begins at lexeme `from`, and the lexeme after it.
pub fn time_at(lexemes: &[Lexeme], from: usize) -> Option<(Time, usize)> {
    let first = lexemes
        .get(from)
        .filter(|it| it.sort == Sort::Number && it.text.len() <= 2)?;
    let mut hour = i8::try_from(first.number()?).ok()?;
    let mut next = from + 1;
    let mut minute = 0;
    let mut sign = None;
    if let (Some(mark), Some(minutes)) = (lexemes.get(next), lexemes.get(next + 1))
        && mark.is_one_of(":.")
        && mark.glued
        && minutes.glued
        && minutes.text.len() == 2
        && let Some(value) = minutes.number()
    {
        sign = mark.text.chars().next();
        minute = i8::try_from(value).ok()?;
        next += 2;
    }
    let word = lexemes
        .get(next)
        .filter(|it| it.sort == Sort::Word)
        .map(|it| it.text.as_str());
    match word {
        Some("uhr" | "h" | "hrs") => next += 1,
        Some("am") if first_is_clock(lexemes, next) => {
            hour %= 12;
            next += 1;
        }
        Some("pm") => {
            hour = hour % 12 + 12;
            next += 1;
        }
        _ if sign == Some(':') => {}
        _ => return None,
    }
    Time::new(hour, minute, 0, 0).ok().map(|it| (it, next))
}

/// English `am` after a number, not the German preposition before a day.
fn first_is_clock(lexemes: &[Lexeme], at_am: usize) -> bool {
    lexemes.get(at_am).is_some_and(|it| it.glued)
        || !lexemes
            .get(at_am + 1)
            .is_some_and(|it| it.sort == Sort::Number)
}

/// The first hour of a span that begins at lexeme `from`: `8 bis 11 Uhr`, `8.00 und 11.00 Uhr`.
pub fn span_at(lexemes: &[Lexeme], from: usize) -> Option<Time> {
    let part = |at: usize| {
        let lexeme = lexemes
            .get(at)
            .filter(|it| it.sort == Sort::Number && it.text.len() <= 2);
        lexeme
            .and_then(Lexeme::number)
            .and_then(|it| i8::try_from(it).ok())
    };
    let hour = part(from)?;
    let is_split = lexemes
        .get(from + 1)
        .is_some_and(|it| it.is_one_of(":.") && it.glued);
    let (minute, next) = match part(from + 2).filter(|_| is_split) {
        Some(minute) => (minute, from + 3),
        None => (0, from + 1),
    };
    let joins = lexemes.get(next).is_some_and(|it| {
        it.is_one_of("-–") || matches!(it.text.as_str(), "und" | "bis" | "and" | "to")
    });
    let (last, end) = time_at(lexemes, next + 1).filter(|_| joins)?;
    // `2 to 4pm` begins in the afternoon as well.
    let is_pm = end.checked_sub(1).and_then(|it| lexemes.get(it));
    let is_pm = is_pm.is_some_and(|it| it.text == "pm");
    let hour = if is_pm && hour + 12 <= last.hour() {
        hour + 12
    } else {
        hour
    };
    Time::new(hour, minute, 0, 0).ok()
}

/// The first hour within the next few lexemes.
pub fn time_near(lexemes: &[Lexeme], from: usize) -> Option<(Time, usize)> {
    (from..from + 8).find_map(|it| time_at(lexemes, it))
}

#[cfg(test)]
mod tests {
    use super::super::super::lex::lex;
    use super::*;

    #[test]
    fn hours_are_read_as_they_are_written() {
        for (text, hour, minute) in [
            ("9:40 Uhr", 9, 40),
            ("18.30 Uhr", 18, 30),
            ("9 Uhr", 9, 0),
            ("3.30pm", 15, 30),
            ("12 am", 0, 0),
            ("18:30", 18, 30),
            ("12.15 pm", 12, 15),
        ] {
            let time = time_at(&lex(text), 0).map(|(it, _)| it);
            assert_eq!(time, Time::new(hour, minute, 0, 0).ok(), "{text}");
        }
        assert_eq!(
            span_at(&lex("8.00 und 11.00 Uhr"), 0),
            Time::new(8, 0, 0, 0).ok()
        );
        assert_eq!(span_at(&lex("8 bis 11 Uhr"), 0), Time::new(8, 0, 0, 0).ok());
        assert_eq!(span_at(&lex("2 to 4pm"), 0), Time::new(14, 0, 0, 0).ok());
        assert_eq!(span_at(&lex("8 Euro bis 11 Uhr"), 0), None);
        for text in ["9", "25:00 Uhr", "12.01.", "3.30 Euro"] {
            assert_eq!(time_at(&lex(text), 0), None, "{text}");
        }
    }
}
