//! What comes again: *jeden zweiten Dienstag*, *every last Friday of the month*, *3 weeks after it is
//! done*.

use std::fmt::Write as _;
use std::num::NonZeroU16;

use jiff::civil::{Date, DateTime, Weekday};

use super::super::dates::dates;
use super::super::lex::{Lexeme, Sort, match_at};
use super::super::numerals::{self, period_at};
use super::Line;
use crate::domain::deadline::Unit;
use crate::domain::recurrence::{AfterDone, Avoid, Avoided, Pattern, Rule, Shift};
use crate::domain::sketch::{Meaning, Sketch};

/// A recurrence that a line names.
pub(super) struct Again {
    pub pattern: Pattern,
    pub avoid: Option<Avoid>,
}

impl Again {
    /// The first day from today on; from tomorrow on if its hour today has passed.
    pub(super) fn first_day(&self, sketch: &Sketch, now: DateTime) -> Date {
        let today = now.date();
        let has_passed = sketch.due_time.is_some_and(|it| it <= now.time());
        let from = if has_passed {
            today.tomorrow().unwrap_or(today)
        } else {
            today
        };
        match &self.pattern {
            Pattern::AfterDone(_) => from,
            Pattern::Rule(rule) => rule.occurrences_from(now, from).next().unwrap_or(from),
        }
    }
}

/// A rule under way.
struct Draft {
    rule: String,
    end: usize,
}

/// Takes what comes again out of a line.
pub(super) fn read(line: &mut Line<'_>) -> Option<Again> {
    let open = line.open();
    let (start, after, draft) = (0..open.len()).find_map(|index| {
        if let Some((after, end)) = after_done(&open, index) {
            let nothing = Draft {
                rule: String::new(),
                end,
            };
            return Some((index, Some(after), nothing));
        }
        single_word(&open, index)
            .or_else(|| every(&open, index))
            .or_else(|| of_every_month(&open, index))
            .map(|it| (index, None, it))
    })?;
    let mut end = draft.end;
    if let Some(after) = after {
        line.take(start..end, Meaning::Again);
        return Some(Again {
            pattern: Pattern::AfterDone(after),
            avoid: None,
        });
    }
    let mut rule = draft.rule;
    let (count, next) = times(&open, end);
    if let Some(count) = count {
        write!(rule, ";COUNT={count}").ok()?;
        end = next;
    } else if let Some(from) = match_at(&open, end, "bis|until|till [zum]")
        && let Some(last) = dates(&open, line.style())
            .into_iter()
            .find(|it| it.lexemes.start == from)
    {
        let day = last.day;
        write!(
            rule,
            ";UNTIL={:04}{:02}{:02}",
            day.year(),
            day.month(),
            day.day()
        )
        .ok()?;
        end = last.lexemes.end;
    }
    let (avoid, end) = avoided(&open, end);
    let rule: Rule = rule.parse().ok()?;
    // "immer montags", "each time on …"
    let begin = start.checked_sub(1).filter(|it| {
        matches!(line.word(*it), "immer" | "always" | "am" | "on" | "an")
            && !line.taken.get(*it).copied().unwrap_or(true)
    });
    line.take(begin.unwrap_or(start)..end, Meaning::Again);
    Some(Again {
        pattern: Pattern::Rule(rule),
        avoid,
    })
}

/// `3 Wochen nach Erledigung`, `2 months after it is done`.
fn after_done(open: &[Lexeme], from: usize) -> Option<(AfterDone, usize)> {
    let start = match_at(open, from, "alle|every|jeweils|immer").unwrap_or(from);
    let (period, next) = period_at(open, start)?;
    let end = [
        "nach [der|dem|jeder|jedem] erledigung|erledigen|abschluss",
        "nach dem letzten mal",
        "after [it] [is|was|has|being] [been] done|completion|completed|finished",
        "after the last time",
    ]
    .iter()
    .find_map(|it| match_at(open, next, it))?;
    let after = AfterDone {
        period,
        times: None,
        until: None,
    };
    Some((after, end))
}

const WORKING_WEEK: &str = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR";

/// `täglich`, `monthly`, `dienstags und freitags`.
fn single_word(open: &[Lexeme], from: usize) -> Option<Draft> {
    const WORDS: [(&str, &str); 10] = [
        ("täglich|daily", "FREQ=DAILY"),
        ("wöchentlich|weekly", "FREQ=WEEKLY"),
        ("monatlich|monthly", "FREQ=MONTHLY"),
        ("jährlich|yearly|annually", "FREQ=YEARLY"),
        ("vierteljährlich|quarterly", "FREQ=MONTHLY;INTERVAL=3"),
        ("halbjährlich", "FREQ=MONTHLY;INTERVAL=6"),
        (
            "zweiwöchentlich|vierzehntägig|fortnightly|biweekly",
            "FREQ=WEEKLY;INTERVAL=2",
        ),
        ("werktags|wochentags|weekdays", WORKING_WEEK),
        ("alle zwei|2 jahre", "FREQ=YEARLY;INTERVAL=2"),
        ("montags bis freitags", WORKING_WEEK),
    ];
    let first = open.get(from).filter(|it| it.sort == Sort::Word)?;
    let found = WORDS
        .iter()
        .find_map(|(pattern, rule)| match_at(open, from, pattern).map(|end| (*rule, end)));
    if let Some((rule, end)) = found {
        let (rule, end) = with_day(open, rule, end);
        return Some(Draft { rule, end });
    }
    // "dienstags", "mondays": the ending says that it comes again.
    first.text.strip_suffix('s').and_then(long_weekday)?;
    let (days, end) = weekdays(open, from)?;
    Some(Draft {
        rule: format!("FREQ=WEEKLY;BYDAY={days}"),
        end,
    })
}

fn long_weekday(word: &str) -> Option<Weekday> {
    numerals::weekday(word).filter(|_| word.len() >= 6)
}

const fn short(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Monday => "MO",
        Weekday::Tuesday => "TU",
        Weekday::Wednesday => "WE",
        Weekday::Thursday => "TH",
        Weekday::Friday => "FR",
        Weekday::Saturday => "SA",
        Weekday::Sunday => "SU",
    }
}

/// Weekdays apart by commas and *and*, as a rule writes them, and the lexeme after them.
fn weekdays(open: &[Lexeme], from: usize) -> Option<(String, usize)> {
    let day_at = |index: usize| {
        let word = open.get(index).filter(|it| it.sort == Sort::Word)?;
        let single = word.text.strip_suffix('s').and_then(long_weekday);
        single.or_else(|| numerals::weekday(&word.text))
    };
    let mut days = short(day_at(from)?).to_owned();
    let mut end = from + 1;
    loop {
        let next = match open.get(end).map(|it| it.text.as_str()) {
            Some("," | "&" | "+" | "/")
                if matches!(
                    open.get(end + 1).map(|it| it.text.as_str()),
                    Some("und" | "and")
                ) =>
            {
                end + 2
            }
            Some("," | "und" | "and" | "&" | "+" | "/") => end + 1,
            _ => break,
        };
        let next = match_at(open, next, "jeden|every").unwrap_or(next);
        let Some(day) = day_at(next) else { break };
        days.push(',');
        days.push_str(short(day));
        end = next + 1;
    }
    Some((days, end))
}

/// An ordinal or number of a day in the month: `15.`, `15th`, `ersten`; -1 for the last.
fn position(open: &[Lexeme], from: usize) -> Option<(i8, usize)> {
    let first = open.get(from)?;
    if first.sort == Sort::Word {
        let number = match first.text.as_str() {
            "letzten" | "letzter" | "letztem" | "last" => -1,
            "vorletzten" | "vorletzter" => -2,
            word => numerals::ordinal(word)?,
        };
        return Some((number, from + 1));
    }
    let number = first.number().filter(|it| (1..=31).contains(it))?;
    let mark = open.get(from + 1).filter(|it| it.glued)?;
    let is_ordinal =
        mark.is_mark('.') || matches!(mark.text.as_str(), "st" | "nd" | "rd" | "th" | "ten" | "te");
    let number = i8::try_from(number).ok()?;
    is_ordinal.then_some((number, from + 2))
}

const OF_MONTH: &str = "im|des|of|in [the|each|every|a|jeden|jedes] monat|monats|month";

/// `jeden Dienstag`, `every second Tuesday`, `alle 3 Wochen`, `jeden 15. des Monats`.
fn every(open: &[Lexeme], from: usize) -> Option<Draft> {
    let next = match_at(open, from, "jeden|jede|jedes|jeder|every|each|alle")
        .filter(|it| *it == from + 1)?;
    if let Some(end) = match_at(open, next, "werktag|arbeitstag|wochentag|weekday|workday")
        .or_else(|| match_at(open, next, "working|business|week day"))
    {
        let rule = WORKING_WEEK.to_owned();
        return Some(Draft { rule, end });
    }
    if let Some(end) = match_at(open, next, "wochenende|weekend|wochenenden") {
        let rule = "FREQ=WEEKLY;BYDAY=SA".to_owned();
        return Some(Draft { rule, end });
    }
    if let Some((days, end)) = weekdays(open, next) {
        let rule = format!("FREQ=WEEKLY;BYDAY={days}");
        return Some(Draft { rule, end });
    }
    if let Some((frequency, end)) = unit(open, next) {
        let (rule, end) = with_day(open, &format!("FREQ={frequency}"), end);
        return Some(Draft { rule, end });
    }
    if let Some((period, end)) = period_at(open, next) {
        let frequency = frequency_of(period.unit)?;
        let rule = format!("FREQ={frequency};INTERVAL={}", period.count);
        let (rule, end) = with_day(open, &rule, end);
        return Some(Draft { rule, end });
    }
    numbered(open, next)
}

/// What follows *every* with a number: `second Tuesday`, `last Friday of the month`, `15.`, `3. März`.
fn numbered(open: &[Lexeme], from: usize) -> Option<Draft> {
    if let Some(end) = match_at(open, from, "letzten|last tag|day") {
        let end = match_at(open, end, OF_MONTH).unwrap_or(end);
        let rule = "FREQ=MONTHLY;BYMONTHDAY=-1".to_owned();
        return Some(Draft { rule, end });
    }
    let other = match_at(open, from, "other|anderen");
    let (number, next) = other.map(|it| (2, it)).or_else(|| position(open, from))?;
    if let Some((days, end)) = weekdays(open, next) {
        if let Some(end) = match_at(open, end, OF_MONTH).filter(|_| days.len() == 2) {
            let rule = format!("FREQ=MONTHLY;BYDAY={number}{days}");
            return Some(Draft { rule, end });
        }
        let rule = match number {
            // "jeden letzten Freitag" can only be meant within the month.
            ..0 if days.len() == 2 => format!("FREQ=MONTHLY;BYDAY={number}{days}"),
            ..=0 => return None,
            1 => format!("FREQ=MONTHLY;BYDAY=1{days}"),
            _ => format!("FREQ=WEEKLY;INTERVAL={number};BYDAY={days}"),
        };
        return Some(Draft { rule, end });
    }
    if let Some((frequency, end)) = unit(open, next).filter(|_| number > 0) {
        let (rule, end) = with_day(open, &format!("FREQ={frequency};INTERVAL={number}"), end);
        return Some(Draft { rule, end });
    }
    let month = open.get(next).and_then(|it| numerals::month(&it.text));
    if let Some(month) = month.filter(|_| number > 0) {
        let rule = format!("FREQ=YEARLY;BYMONTH={month};BYMONTHDAY={number}");
        return Some(Draft {
            rule,
            end: next + 1,
        });
    }
    let is_number = open.get(from).is_some_and(|it| it.sort == Sort::Number);
    let end = match_at(open, next, OF_MONTH);
    let is_meant = is_number || end.is_some();
    (is_meant && number > 0).then(|| Draft {
        rule: format!("FREQ=MONTHLY;BYMONTHDAY={number}"),
        end: end.unwrap_or(next),
    })
}

/// `am 15. jedes Monats`, `on the first Monday of every month`.
fn of_every_month(open: &[Lexeme], from: usize) -> Option<Draft> {
    const EVERY: &str = "[of|in|im|am] jedes|jeden|every|each monats|monat|month";
    let next = match_at(open, from, "[on|am|zum] [the|den|dem]").unwrap_or(from);
    if next == from && open.get(from).is_some_and(|it| it.sort == Sort::Mark) {
        return None;
    }
    let (number, next) = position(open, next)?;
    let (rule, next) = if let Some((days, end)) = weekdays(open, next).filter(|it| it.0.len() == 2)
    {
        (format!("FREQ=MONTHLY;BYDAY={number}{days}"), end)
    } else {
        let end = match_at(open, next, "tag|day").unwrap_or(next);
        (format!("FREQ=MONTHLY;BYMONTHDAY={number}"), end)
    };
    let end = match_at(open, next, EVERY)?;
    Some(Draft { rule, end })
}

fn unit(open: &[Lexeme], from: usize) -> Option<(&'static str, usize)> {
    let word = open.get(from).filter(|it| it.sort == Sort::Word)?;
    let frequency = match word.text.as_str() {
        "quartal" | "quarter" => "MONTHLY;INTERVAL=3",
        text => frequency_of(numerals::unit(text)?)?,
    };
    Some((frequency, from + 1))
}

const fn frequency_of(unit: Unit) -> Option<&'static str> {
    match unit {
        Unit::Day => Some("DAILY"),
        Unit::Week => Some("WEEKLY"),
        Unit::Month => Some("MONTHLY"),
        Unit::Year => Some("YEARLY"),
        Unit::WorkingDay => None,
    }
}

/// A rule with the day that follows it: `every month on the 15th`, `alle 2 Wochen am Dienstag`,
/// `jedes Jahr am 3. März`.
fn with_day(open: &[Lexeme], rule: &str, end: usize) -> (String, usize) {
    let none = (rule.to_owned(), end);
    let Some(next) = match_at(open, end, "am|on|zum|at [the|den|dem]") else {
        return none;
    };
    let is = |frequency: &str| rule.contains(frequency);
    if is("WEEKLY") {
        return weekdays(open, next)
            .map_or(none, |(days, end)| (format!("{rule};BYDAY={days}"), end));
    }
    let bare = open
        .get(next)
        .and_then(Lexeme::number)
        .filter(|it| *it <= 31);
    let bare = bare
        .and_then(|it| i8::try_from(it).ok())
        .map(|it| (it, next + 1));
    let Some((number, next)) = position(open, next).or(bare) else {
        let last = match_at(open, next, "monatsende|end of [the] month|end");
        return match last.filter(|_| is("MONTHLY")) {
            Some(end) => (format!("{rule};BYMONTHDAY=-1"), end),
            None => none,
        };
    };
    if let Some((days, end)) = weekdays(open, next).filter(|it| it.0.len() == 2 && is("MONTHLY")) {
        return (format!("{rule};BYDAY={number}{days}"), end);
    }
    if is("YEARLY") {
        let month_at = match_at(open, next, "[of|im] [the]").unwrap_or(next);
        let month = open.get(month_at).and_then(|it| numerals::month(&it.text));
        return month.filter(|_| number > 0).map_or(none, |month| {
            let rule = format!("{rule};BYMONTH={month};BYMONTHDAY={number}");
            (rule, month_at + 1)
        });
    }
    if is("MONTHLY") {
        let end = match_at(open, next, "tag|day").unwrap_or(next);
        return (format!("{rule};BYMONTHDAY={number}"), end);
    }
    none
}

/// `10 mal`, `5 times`, and the lexeme after it.
fn times(open: &[Lexeme], from: usize) -> (Option<NonZeroU16>, usize) {
    let count = open.get(from).and_then(|it| {
        let word = if it.is_mark(',') {
            open.get(from + 1)?
        } else {
            it
        };
        word.number()
            .and_then(|it| u16::try_from(it).ok())
            .or_else(|| numerals::number(&word.text))
    });
    let end = match_at(open, from, "# mal|times|x").or_else(|| {
        match_at(
            open,
            from,
            "zwei|drei|vier|fünf|two|three|four|five mal|times",
        )
    });
    match (count.and_then(NonZeroU16::new), end) {
        (Some(count), Some(end)) => (Some(count), end),
        _ => (None, from),
    }
}

/// `außer an Feiertagen`, `not on holidays`, `an Feiertagen am Tag danach`.
fn avoided(open: &[Lexeme], from: usize) -> (Option<Avoid>, usize) {
    const WORDS: [(&str, Avoided, Shift); 6] = [
        (
            "außer|nicht|except|not [on|an|am|at] feiertagen|feiertags|holidays",
            Avoided::Holidays,
            Shift::Skip,
        ),
        (
            "außer|nicht|except|not [on|an|am|at] wochenende|wochenenden|weekends",
            Avoided::Weekends,
            Shift::Skip,
        ),
        (
            "an feiertagen [am] [tag] danach",
            Avoided::Holidays,
            Shift::After,
        ),
        (
            "an feiertagen [am] [tag] davor",
            Avoided::Holidays,
            Shift::Before,
        ),
        ("after holidays|weekends", Avoided::DaysOff, Shift::After),
        ("before holidays|weekends", Avoided::DaysOff, Shift::Before),
    ];
    WORDS
        .iter()
        .find_map(|(pattern, days, shift)| {
            let end = match_at(open, from, pattern)?;
            let avoid = Avoid {
                days: *days,
                shift: *shift,
            };
            Some((Some(avoid), end))
        })
        .unwrap_or((None, from))
}
