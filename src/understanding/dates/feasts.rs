//! Feasts by name, as phrases use them: `Ostermontag`, `next new year's day`, `Thanksgiving 2012`.
//! Only those whose day can be computed, and whose name a household's paper uses.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use super::super::lex::{Lexeme, match_at};
use super::super::numerals::period_at;
use super::{Read, Style, relative};
use crate::domain::deadline::{Unit, easter};

/// When in a year a feast falls.
#[derive(Clone, Copy, Debug)]
enum Feast {
    Fixed(i8, i8),
    /// So many days after Easter Sunday.
    Easter(i32),
    /// The nth such weekday of a month, the last if -1.
    Nth(i8, Weekday, i8),
    /// So many days after the nth such weekday of a month.
    After(i8, Weekday, i8, i32),
}

use Feast::{After, Easter, Fixed, Nth};

/// Names, the longer first where one begins another.
const FEASTS: &[(&str, Feast)] = &[
    ("new year s eve", Fixed(12, 31)),
    ("silvester|sylvester", Fixed(12, 31)),
    ("new year|years [s] [day]", Fixed(1, 1)),
    ("neujahr|neujahrstag", Fixed(1, 1)),
    ("epiphany|dreikönigstag|dreikönige", Fixed(1, 6)),
    ("heilige|heiligen drei könige", Fixed(1, 6)),
    ("mlk day", Nth(1, Weekday::Monday, 3)),
    (
        "martin luther king [jr] [s] day",
        Nth(1, Weekday::Monday, 3),
    ),
    ("valentine|valentines [s] day", Fixed(2, 14)),
    ("valentinstag", Fixed(2, 14)),
    ("presidents|president [s] day", Nth(2, Weekday::Monday, 3)),
    ("international women|womens [s] day", Fixed(3, 8)),
    ("frauentag|weltfrauentag", Fixed(3, 8)),
    ("st|saint patrick|patricks [s] day", Fixed(3, 17)),
    (
        "fastnachtssonntag|faschingssonntag|tulpensonntag",
        Easter(-49),
    ),
    ("rosenmontag", Easter(-48)),
    ("pancake day|tuesday", Easter(-47)),
    ("shrove tuesday", Easter(-47)),
    ("mardi gras", Easter(-47)),
    (
        "faschingsdienstag|fastnachtsdienstag|veilchendienstag",
        Easter(-47),
    ),
    ("ash wednesday", Easter(-46)),
    ("aschermittwoch", Easter(-46)),
    ("palm sunday", Easter(-7)),
    ("palmsonntag", Easter(-7)),
    ("maundy thursday", Easter(-3)),
    ("gründonnerstag", Easter(-3)),
    ("good friday", Easter(-2)),
    ("karfreitag", Easter(-2)),
    ("easter monday", Easter(1)),
    ("ostermontag", Easter(1)),
    ("easter [sunday]", Easter(0)),
    ("ostern|ostersonntag", Easter(0)),
    ("ascension [day]", Easter(39)),
    ("himmelfahrt|auffahrt|vatertag", Easter(39)),
    ("christi himmelfahrt", Easter(39)),
    ("whit|pentecost monday", Easter(50)),
    ("pfingstmontag", Easter(50)),
    ("pentecost|whitsun|pfingsten|pfingstsonntag", Easter(49)),
    ("corpus christi", Easter(60)),
    ("fronleichnam", Easter(60)),
    ("international workers|worker [s] day", Fixed(5, 1)),
    ("may day", Fixed(5, 1)),
    ("tag der arbeit", Fixed(5, 1)),
    ("mothers|mother [s] day", Nth(5, Weekday::Sunday, 2)),
    ("muttertag", Nth(5, Weekday::Sunday, 2)),
    ("memorial day", Nth(5, Weekday::Monday, -1)),
    ("fathers|father [s] day", Nth(6, Weekday::Sunday, 3)),
    ("juneteenth", Fixed(6, 19)),
    ("independence day", Fixed(7, 4)),
    ("mariä himmelfahrt", Fixed(8, 15)),
    ("labor day", Nth(9, Weekday::Monday, 1)),
    ("weltkindertag", Fixed(9, 20)),
    ("tag der deutschen einheit", Fixed(10, 3)),
    ("erntedank|erntedankfest", Nth(10, Weekday::Sunday, 1)),
    ("columbus day", Nth(10, Weekday::Monday, 2)),
    ("halloween|reformationstag", Fixed(10, 31)),
    ("allerheiligen", Fixed(11, 1)),
    ("all saints [day]", Fixed(11, 1)),
    ("guy fawkes [night|day]", Fixed(11, 5)),
    ("veterans day", Fixed(11, 11)),
    ("martinstag", Fixed(11, 11)),
    ("black friday", After(11, Weekday::Thursday, 4, 1)),
    ("thanksgiving [day]", Nth(11, Weekday::Thursday, 4)),
    ("st andrew|andrews [s] day", Fixed(11, 30)),
    ("nikolaus|nikolaustag", Fixed(12, 6)),
    ("christmas eve", Fixed(12, 24)),
    ("heiligabend|weihnachtsabend", Fixed(12, 24)),
    ("heiliger|heiligen abend", Fixed(12, 24)),
    ("boxing day", Fixed(12, 26)),
    (
        "zweiter|zweiten weihnachtstag|weihnachtsfeiertag",
        Fixed(12, 26),
    ),
    (
        "erster|ersten weihnachtstag|weihnachtsfeiertag",
        Fixed(12, 25),
    ),
    ("stephanstag|stefanitag", Fixed(12, 26)),
    ("christmas [day]", Fixed(12, 25)),
    ("weihnachten|christtag", Fixed(12, 25)),
];

impl Feast {
    fn day(self, year: i16) -> Option<Date> {
        let nth = |month, weekday, nth| {
            Date::new(year, month, 1)
                .ok()?
                .nth_weekday_of_month(nth, weekday)
                .ok()
        };
        match self {
            Fixed(month, day) => Date::new(year, month, day).ok(),
            Easter(days) => easter(year).checked_add(days.days()).ok(),
            Nth(month, weekday, count) => nth(month, weekday, count),
            After(month, weekday, count, days) => {
                nth(month, weekday, count)?.checked_add(days.days()).ok()
            }
        }
    }

    /// The first one on or after `day`.
    fn from(self, day: Date) -> Option<Date> {
        (day.year()..=day.year().saturating_add(1))
            .filter_map(|it| self.day(it))
            .find(|it| *it >= day)
    }

    /// The last one before `day`.
    fn before(self, day: Date) -> Option<Date> {
        (day.year().saturating_sub(1)..=day.year())
            .rev()
            .filter_map(|it| self.day(it))
            .find(|it| *it < day)
    }
}

/// A feast that begins at lexeme `from`, with the year it is of: the coming one if none is said.
pub(super) fn feast(lexemes: &[Lexeme], from: usize, style: Style) -> Option<Read> {
    let today = style.reference;
    let word = lexemes.get(from)?.text.as_str();
    let (is_next, is_last) = (
        matches!(
            word,
            "next" | "coming" | "nachster" | "nachstes" | "nachsten" | "kommenden"
        ),
        matches!(
            word,
            "last" | "letzter" | "letztes" | "letzten" | "vergangenen"
        ),
    );
    let start = if is_next || is_last { from + 1 } else { from };
    let (feast, end) = FEASTS
        .iter()
        .find_map(|(name, feast)| match_at(lexemes, start, name).map(|end| (*feast, end)))?;
    if is_last {
        return feast.before(today).map(|it| relative::read(it, end));
    }
    if is_next {
        return feast
            .from(today.tomorrow().ok()?)
            .map(|it| relative::read(it, end));
    }
    let (day, end) = match year_of(lexemes, end, today) {
        Some((year, end)) => (feast.day(year)?, end),
        None => (feast.from(today)?, end),
    };
    Some(relative::read(day, end))
}

/// Which year is said behind a feast, and the lexeme after it: `2018`, `of last year`, `im nächsten
/// Jahr`, `six years hence`.
fn year_of(lexemes: &[Lexeme], from: usize, today: Date) -> Option<(i16, usize)> {
    let printed = lexemes.get(from).filter(|it| it.text.len() == 4);
    if let Some(year) = printed.and_then(Lexeme::number)
        && (1900..2200).contains(&year)
    {
        return Some((i16::try_from(year).ok()?, from + 1));
    }
    for (pattern, years) in [
        (
            "[of|in|im] next|nächsten|nächstes|kommenden year|jahr|jahres",
            1,
        ),
        (
            "[of|in|im] last|letzten|letztes|vergangenen year|jahr|jahres",
            -1,
        ),
        ("[of|in] this|diesem|dieses year|jahr|jahres", 0),
    ] {
        if let Some(end) = match_at(lexemes, from, pattern) {
            return Some((today.year().checked_add(years)?, end));
        }
    }
    let (period, end) = period_at(lexemes, from).filter(|(it, _)| it.unit == Unit::Year)?;
    let end = match_at(lexemes, end, "hence|later|from [now|today]")?;
    let years = i16::try_from(period.count).ok()?;
    Some((today.year().checked_add(years)?, end))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::super::lex::lex;
    use super::super::Surroundings;
    use super::*;

    #[test]
    fn a_feast_is_the_coming_one_unless_it_says_otherwise() {
        let style = Style {
            reference: date(2026, 3, 2),
            month_first: false,
            surroundings: Surroundings::Phrase,
        };
        for (text, day) in [
            ("Ostermontag", date(2026, 4, 6)),
            ("Rosenmontag", date(2027, 2, 8)),
            ("Christmas 2024", date(2024, 12, 25)),
            ("next New Year's Day", date(2027, 1, 1)),
            ("last Easter", date(2025, 4, 20)),
            ("Neujahr im nächsten Jahr", date(2027, 1, 1)),
            ("black friday", date(2026, 11, 27)),
            ("Muttertag", date(2026, 5, 10)),
        ] {
            let found = feast(&lex(text), 0, style).map(|it| it.day);
            assert_eq!(found, Some(day), "{text}");
        }
    }
}
