//! Numbers, months, weekdays and units in words, German and English.

use jiff::civil::Weekday;

use crate::domain::deadline::{Period, Unit};

use super::lex::{Lexeme, Sort};

/// Names of months, folded; the first three letters suffice where nothing else begins so.
const MONTHS: &[(&str, i8)] = &[
    ("januar", 1),
    ("janner", 1),
    ("january", 1),
    ("jan", 1),
    ("jan.", 1),
    ("februar", 2),
    ("feber", 2),
    ("february", 2),
    ("feb", 2),
    ("marz", 3),
    ("maerz", 3),
    ("march", 3),
    ("mar", 3),
    ("mrz", 3),
    ("april", 4),
    ("apr", 4),
    ("mai", 5),
    ("may", 5),
    ("juni", 6),
    ("june", 6),
    ("jun", 6),
    ("juli", 7),
    ("july", 7),
    ("jul", 7),
    ("august", 8),
    ("aug", 8),
    ("september", 9),
    ("sept", 9),
    ("sep", 9),
    ("oktober", 10),
    ("october", 10),
    ("okt", 10),
    ("oct", 10),
    ("november", 11),
    ("nov", 11),
    ("dezember", 12),
    ("december", 12),
    ("dez", 12),
    ("dec", 12),
];

/// Names of weekdays, folded.
const WEEKDAYS: &[(&str, Weekday)] = &[
    ("montag", Weekday::Monday),
    ("montags", Weekday::Monday),
    ("monday", Weekday::Monday),
    ("mo", Weekday::Monday),
    ("mon", Weekday::Monday),
    ("dienstag", Weekday::Tuesday),
    ("tuesday", Weekday::Tuesday),
    ("di", Weekday::Tuesday),
    ("tue", Weekday::Tuesday),
    ("tues", Weekday::Tuesday),
    ("mittwoch", Weekday::Wednesday),
    ("wednesday", Weekday::Wednesday),
    ("mi", Weekday::Wednesday),
    ("wed", Weekday::Wednesday),
    ("donnerstag", Weekday::Thursday),
    ("thursday", Weekday::Thursday),
    ("do", Weekday::Thursday),
    ("thu", Weekday::Thursday),
    ("thur", Weekday::Thursday),
    ("thurs", Weekday::Thursday),
    ("freitag", Weekday::Friday),
    ("friday", Weekday::Friday),
    ("fr", Weekday::Friday),
    ("fri", Weekday::Friday),
    ("samstag", Weekday::Saturday),
    ("sonnabend", Weekday::Saturday),
    ("saturday", Weekday::Saturday),
    ("sa", Weekday::Saturday),
    ("sat", Weekday::Saturday),
    ("sonntag", Weekday::Sunday),
    ("sunday", Weekday::Sunday),
    ("so", Weekday::Sunday),
    ("sun", Weekday::Sunday),
];

/// Beginnings of numbers in words, folded, with what they mean; longer ones first where one begins
/// another.
const NUMBERS: &[(&str, u16)] = &[
    ("einundzwanzig", 21),
    ("achtundzwanzig", 28),
    ("funfundvierzig", 45),
    ("vierzehn", 14),
    ("funfzehn", 15),
    ("sechzig", 60),
    ("neunzig", 90),
    ("dreissig", 30),
    ("dreißig", 30),
    ("zwanzig", 20),
    ("zwolf", 12),
    ("zehn", 10),
    ("elf", 11),
    ("vierundzwanzig", 24),
    ("ein", 1),
    ("eine", 1),
    ("einem", 1),
    ("einen", 1),
    ("einer", 1),
    ("eines", 1),
    ("zwei", 2),
    ("zweier", 2),
    ("drei", 3),
    ("dreier", 3),
    ("vier", 4),
    ("funf", 5),
    ("sechs", 6),
    ("sieben", 7),
    ("acht", 8),
    ("neun", 9),
    ("a", 1),
    ("an", 1),
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("twelve", 12),
    ("fourteen", 14),
    ("fifteen", 15),
    ("twenty", 20),
    ("thirty", 30),
    ("sixty", 60),
    ("ninety", 90),
];

/// Ordinals in words, folded, without their German endings.
const ORDINALS: &[(&str, i8)] = &[
    ("ersten", 1),
    ("erster", 1),
    ("zweiter", 2),
    ("zweiten", 2),
    ("dritter", 3),
    ("dritten", 3),
    ("vierter", 4),
    ("vierten", 4),
    ("funfter", 5),
    ("funften", 5),
    ("sechster", 6),
    ("sechsten", 6),
    ("siebter", 7),
    ("siebten", 7),
    ("achter", 8),
    ("achten", 8),
    ("neunter", 9),
    ("neunten", 9),
    ("zehnter", 10),
    ("zehnten", 10),
    ("first", 1),
    ("second", 2),
    ("third", 3),
    ("fourth", 4),
    ("fifth", 5),
    ("sixth", 6),
    ("seventh", 7),
    ("eighth", 8),
    ("ninth", 9),
    ("tenth", 10),
    ("eleventh", 11),
    ("twelfth", 12),
    ("thirteenth", 13),
    ("fourteenth", 14),
    ("fifteenth", 15),
    ("sixteenth", 16),
    ("seventeenth", 17),
    ("eighteenth", 18),
    ("nineteenth", 19),
    ("twentieth", 20),
    ("thirtieth", 30),
];

/// Units of time by how their names begin, folded; longer ones first where one begins another.
const UNITS: &[(&str, Unit)] = &[
    ("werktag", Unit::WorkingDay),
    ("arbeitstag", Unit::WorkingDay),
    ("bankarbeitstag", Unit::WorkingDay),
    ("bankwerktag", Unit::WorkingDay),
    ("kalendertag", Unit::Day),
    ("tag", Unit::Day),
    ("kalenderwoche", Unit::Week),
    ("woche", Unit::Week),
    ("kalendermonat", Unit::Month),
    ("monat", Unit::Month),
    ("jahr", Unit::Year),
    ("days", Unit::Day),
    ("day", Unit::Day),
    ("weeks", Unit::Week),
    ("week", Unit::Week),
    ("months", Unit::Month),
    ("month", Unit::Month),
    ("years", Unit::Year),
    ("year", Unit::Year),
];

fn exact<T: Copy>(table: &[(&str, T)], word: &str) -> Option<T> {
    table
        .iter()
        .find(|(name, _)| *name == word)
        .map(|(_, it)| *it)
}

/// The month a folded word names, 1 to 12.
pub fn month(word: &str) -> Option<i8> {
    exact(MONTHS, word)
}

/// The weekday a folded word names; two-letter short forms too.
pub fn weekday(word: &str) -> Option<Weekday> {
    exact(WEEKDAYS, word)
}

/// The ordinal a folded word names.
pub fn ordinal(word: &str) -> Option<i8> {
    exact(ORDINALS, word)
}

/// The number a folded word names.
pub fn number(word: &str) -> Option<u16> {
    exact(NUMBERS, word)
}

/// The unit of time a folded word names in any of its forms (`Tagen`, `Monats`).
pub fn unit(word: &str) -> Option<Unit> {
    let (name, unit) = UNITS.iter().find(|(name, _)| word.starts_with(name))?;
    let ending = word.get(name.len()..)?;
    matches!(ending, "" | "e" | "en" | "s" | "es" | "n").then_some(*unit)
}

/// A period that begins at lexeme `from`, and the lexeme after it: `14 Tagen`, `vierzehn (14)
/// Tagen`, `two weeks`, `10 working days`, `a fortnight`, `Monatsfrist`, `30-day`.
pub fn period_at(lexemes: &[Lexeme], from: usize) -> Option<(Period, usize)> {
    let first = lexemes.get(from)?;
    if first.sort == Sort::Word {
        let count = match first.text.as_str() {
            "fortnight" => Some((2, Unit::Week)),
            "monatsfrist" => Some((1, Unit::Month)),
            "wochenfrist" => Some((1, Unit::Week)),
            "jahresfrist" => Some((1, Unit::Year)),
            _ => compound(&first.text),
        };
        if let Some((count, unit)) = count {
            return Some((Period { count, unit }, from + 1));
        }
    }
    let mut count = match first.sort {
        Sort::Number if first.text.len() <= 3 => {
            first.number().and_then(|it| u16::try_from(it).ok())?
        }
        Sort::Word => number(&first.text)?,
        Sort::Number | Sort::Mark => return None,
    };
    let mut index = from + 1;
    // "vierzehn (14) Tagen", "30 (thirty) days"
    if lexemes.get(index).is_some_and(|it| it.is_mark('(')) {
        let inner = lexemes.get(index + 1)?;
        if let Some(number) = inner.number().and_then(|it| u16::try_from(it).ok()) {
            count = number;
        }
        if !lexemes.get(index + 2)?.is_mark(')') {
            return None;
        }
        index += 3;
    }
    if lexemes.get(index).is_some_and(|it| it.is_mark('-')) {
        index += 1;
    }
    let mut word = lexemes.get(index)?;
    let mut is_working = false;
    while matches!(
        word.text.as_str(),
        "working"
            | "business"
            | "calendar"
            | "clear"
            | "full"
            | "volle"
            | "vollen"
            | "ganze"
            | "upcoming"
            | "consecutive"
    ) {
        is_working |= matches!(word.text.as_str(), "working" | "business");
        index += 1;
        word = lexemes.get(index)?;
    }
    if word.text == "fortnight" {
        return Some((
            Period {
                count: count.checked_mul(2)?,
                unit: Unit::Week,
            },
            index + 1,
        ));
    }
    let unit = unit(&word.text)?;
    let unit = if is_working && unit == Unit::Day {
        Unit::WorkingDay
    } else {
        unit
    };
    Some((Period { count, unit }, index + 1))
}

/// `zweiwöchig`, `einmonatig`, `vierzehntägig` in their forms.
fn compound(word: &str) -> Option<(u16, Unit)> {
    for (stem, unit) in [
        ("tagig", Unit::Day),
        ("wochig", Unit::Week),
        ("monatig", Unit::Month),
        ("jahrig", Unit::Year),
    ] {
        if let Some((head, _)) = word.split_once(stem) {
            return number(head).map(|count| (count, unit));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::lex::lex;
    use super::*;

    fn period(text: &str) -> Option<(u16, Unit)> {
        period_at(&lex(text), 0).map(|(it, _)| (it.count, it.unit))
    }

    #[test]
    fn periods_are_read_in_words_and_figures() {
        for (text, count, unit) in [
            ("14 Tagen", 14, Unit::Day),
            ("zwei Wochen", 2, Unit::Week),
            ("vierzehn (14) Tagen", 14, Unit::Day),
            ("eines Monats", 1, Unit::Month),
            ("10 working days", 10, Unit::WorkingDay),
            ("30-day", 30, Unit::Day),
            ("a fortnight", 2, Unit::Week),
            ("Monatsfrist", 1, Unit::Month),
            ("dreimonatigen", 3, Unit::Month),
            ("fünf Werktagen", 5, Unit::WorkingDay),
        ] {
            assert_eq!(period(text), Some((count, unit)), "{text}");
        }
        for text in ["2025 Tage", "Tagen", "14 Euro", "acht", "a day-trip-less"] {
            assert!(!matches!(period(text), Some((14 | 2025, _))), "{text}");
        }
    }
}
