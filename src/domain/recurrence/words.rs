//! A recurrence in a sentence: *every second Tuesday*, *jeden zweiten Dienstag*.

use jiff::civil::{Date, Weekday};

use super::{
    AfterDone, Avoid, Avoided, Ends, Frequency, NthWeekday, Pattern, Recurrence, Rule, Shift, Until,
};
use crate::domain::deadline::wording::period;
use crate::domain::person::Language;
use crate::domain::wording::{day, list, month_name, weekday_name};

const WORKING_WEEK: [Weekday; 5] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
];

/// Says when something comes again. A rule that leaves its day to the start takes it from `start`.
pub fn sentence(recurrence: &Recurrence, start: Date, language: Language) -> String {
    let mut said = match &recurrence.pattern {
        Pattern::Rule(rule) => of_rule(rule, start, language),
        Pattern::AfterDone(after) => after_done(*after, language),
    };
    if let Some(avoid) = recurrence.avoid {
        said.push_str(", ");
        said.push_str(avoided(avoid, language));
    }
    if !recurrence.except.is_empty() {
        let days: Vec<String> = recurrence
            .except
            .iter()
            .map(|it| day(*it, language))
            .collect();
        said.push_str(match language {
            Language::German => ", nicht am ",
            Language::English => ", not on ",
        });
        said.push_str(&list(&days, language));
    }
    said
}

fn after_done(after: AfterDone, language: Language) -> String {
    let period = period(after.period, language);
    let mut said = match language {
        Language::German => format!("{period} nach dem Erledigen"),
        Language::English => format!("{period} after it was done"),
    };
    if let Some(times) = after.times {
        said.push_str(&times_of(times.get(), language));
    }
    if let Some(until) = after.until {
        said.push_str(&until_of(until, language));
    }
    said
}

const fn avoided(avoid: Avoid, language: Language) -> &'static str {
    match (language, avoid.days, avoid.shift) {
        (Language::German, Avoided::Weekends, Shift::Before) => "am Wochenende davor",
        (Language::German, Avoided::Weekends, Shift::After) => "am Wochenende danach",
        (Language::German, Avoided::Weekends, Shift::Skip) => "am Wochenende nicht",
        (Language::German, Avoided::Holidays, Shift::Before) => "an Feiertagen am Tag davor",
        (Language::German, Avoided::Holidays, Shift::After) => "an Feiertagen am Tag danach",
        (Language::German, Avoided::Holidays, Shift::Skip) => "an Feiertagen nicht",
        (Language::German, Avoided::DaysOff, Shift::Before) => {
            "an Wochenenden und Feiertagen am Werktag davor"
        }
        (Language::German, Avoided::DaysOff, Shift::After) => {
            "an Wochenenden und Feiertagen am Werktag danach"
        }
        (Language::German, Avoided::DaysOff, Shift::Skip) => "an Wochenenden und Feiertagen nicht",
        (Language::English, Avoided::Weekends, Shift::Before) => "before a weekend",
        (Language::English, Avoided::Weekends, Shift::After) => "after a weekend",
        (Language::English, Avoided::Weekends, Shift::Skip) => "not at weekends",
        (Language::English, Avoided::Holidays, Shift::Before) => "the day before a holiday",
        (Language::English, Avoided::Holidays, Shift::After) => "the day after a holiday",
        (Language::English, Avoided::Holidays, Shift::Skip) => "not on holidays",
        (Language::English, Avoided::DaysOff, Shift::Before) => {
            "the working day before weekends and holidays"
        }
        (Language::English, Avoided::DaysOff, Shift::After) => {
            "the working day after weekends and holidays"
        }
        (Language::English, Avoided::DaysOff, Shift::Skip) => "not at weekends and on holidays",
    }
}

fn of_rule(rule: &Rule, start: Date, language: Language) -> String {
    let mut said = weekly(rule, start, language)
        .or_else(|| of_month(rule, start, language))
        .unwrap_or_else(|| in_parts(rule, start, language));
    match rule.ends {
        Ends::Never => {}
        Ends::After(count) => said.push_str(&times_of(count.get(), language)),
        Ends::On(until) => {
            let last = match until {
                Until::Day(day) => day,
                Until::Local(_) | Until::Instant(_) => super::text::last_moment(until).date(),
            };
            said.push_str(&until_of(last, language));
        }
    }
    said
}

fn times_of(count: u16, language: Language) -> String {
    match (language, count) {
        (Language::German, 1) => ", einmal".to_owned(),
        (Language::English, 1) => ", once".to_owned(),
        (Language::German, _) => format!(", {count}-mal"),
        (Language::English, _) => format!(", {count} times"),
    }
}

fn until_of(last: Date, language: Language) -> String {
    let last = day(last, language);
    match language {
        Language::German => format!(", bis {last}"),
        Language::English => format!(", until {last}"),
    }
}

/// `every Tuesday`, `every second Tuesday`, `every weekday`: weeks without anything else.
fn weekly(rule: &Rule, start: Date, language: Language) -> Option<String> {
    let is_plain = rule.by_month.is_empty() && rule.by_position.is_empty();
    if rule.frequency != Frequency::Weekly || !is_plain {
        return None;
    }
    let mut days: Vec<Weekday> = rule.by_day.iter().map(|it| it.weekday).collect();
    if days.is_empty() {
        days.push(start.weekday());
    }
    let interval = rule.interval.get();
    if days == WORKING_WEEK && interval == 1 {
        let said = match language {
            Language::German => "montags bis freitags",
            Language::English => "every weekday",
        };
        return Some(said.to_owned());
    }
    let names: Vec<String> = days
        .iter()
        .map(|it| weekday_name(*it, language).to_owned())
        .collect();
    let is_one = names.len() == 1;
    let names = list(&names, language);
    Some(match (language, interval) {
        (Language::German, 1) => format!("jeden {names}"),
        (Language::German, 2) if is_one => format!("jeden zweiten {names}"),
        (Language::English, 1) => format!("every {names}"),
        (Language::English, 2) if is_one => format!("every second {names}"),
        (Language::German, _) => format!("{} am {names}", every(rule, language)),
        (Language::English, _) => format!("{} on {names}", every(rule, language)),
    })
}

/// `on the last Friday of every month`, `every year on 3 March`: one clause about the day.
fn of_month(rule: &Rule, start: Date, language: Language) -> Option<String> {
    if !rule.by_week.is_empty() || !rule.by_year_day.is_empty() || !rule.by_position.is_empty() {
        return None;
    }
    let names_one = rule.by_month_day.is_empty() != rule.by_day.is_empty();
    let is_plain = rule.by_day.iter().any(|it| it.nth.is_none());
    let own = [start.day()];
    let days: &[i8] = if rule.takes_day_of_start() {
        &own
    } else {
        &rule.by_month_day
    };
    match (rule.frequency, rule.by_month.as_slice()) {
        (Frequency::Monthly, []) if (names_one || rule.takes_day_of_start()) && !is_plain => {
            let which = if days.is_empty() {
                nth_weekdays(&rule.by_day, language)
            } else {
                month_days(days, language)
            };
            Some(match (language, rule.interval.get()) {
                (Language::German, 1) => format!("am {which} jedes Monats"),
                (Language::English, 1) => format!("on the {which} of every month"),
                (Language::German, _) => format!("{} am {which}", every(rule, language)),
                (Language::English, _) => format!("{} on the {which}", every(rule, language)),
            })
        }
        (Frequency::Yearly, months) if rule.by_day.is_empty() => {
            let own = [start.month()];
            let months = if months.is_empty() && rule.takes_day_of_start() {
                &own
            } else {
                months
            };
            let ([month], [day]) = (months, days) else {
                return None;
            };
            let month = month_name(*month, language);
            let every = every(rule, language);
            Some(match (language, *day > 0) {
                (Language::German, true) => format!("{every} am {day}. {month}"),
                (Language::English, true) => format!("{every} on {day} {month}"),
                (Language::German, false) => {
                    format!("{every} am {} des {month}", month_days(days, language))
                }
                (Language::English, false) => {
                    format!("{every} on the {} of {month}", month_days(days, language))
                }
            })
        }
        _ => None,
    }
}

/// Any other rule, part by part.
fn in_parts(rule: &Rule, start: Date, language: Language) -> String {
    let mut parts = vec![every(rule, language)];
    parts.extend(within_year(rule, language));
    parts.extend(on_days(rule, start, language));
    let said = parts.join(" ");
    if rule.by_position.is_empty() {
        return said;
    }
    let chosen: Vec<String> = rule
        .by_position
        .iter()
        .map(|it| counted(*it, language))
        .collect();
    let chosen = list(&chosen, language);
    match language {
        Language::German => format!("{said}, davon nur den {chosen} Tag"),
        Language::English => format!("{said}, of these only the {chosen} day"),
    }
}

/// Months, weeks and days of the year.
fn within_year(rule: &Rule, language: Language) -> Vec<String> {
    let mut parts = Vec::new();
    let numbers = |values: Vec<String>| list(&values, language);
    if !rule.by_month.is_empty() {
        let months = rule.by_month.iter().map(|it| month_name(*it, language));
        let months = numbers(months.map(str::to_owned).collect());
        parts.push(match language {
            Language::German => format!("im {months}"),
            Language::English => format!("in {months}"),
        });
    }
    if !rule.by_week.is_empty() {
        let weeks = rule.by_week.iter().map(|it| counted(*it, language));
        let weeks = numbers(weeks.collect());
        parts.push(match language {
            Language::German => format!("in der {weeks} Kalenderwoche"),
            Language::English => format!("in the {weeks} week of the year"),
        });
    }
    if !rule.by_year_day.is_empty() {
        let days = rule.by_year_day.iter().map(|it| counted(*it, language));
        let days = numbers(days.collect());
        parts.push(match language {
            Language::German => format!("am {days} Tag des Jahres"),
            Language::English => format!("on the {days} day of the year"),
        });
    }
    parts
}

/// Days of the month and weekdays.
fn on_days(rule: &Rule, start: Date, language: Language) -> Vec<String> {
    let mut parts = Vec::new();
    let own = [start.day()];
    let takes_day = rule.takes_day_of_start()
        && matches!(rule.frequency, Frequency::Monthly | Frequency::Yearly);
    let days: &[i8] = if takes_day { &own } else { &rule.by_month_day };
    if !days.is_empty() {
        let days = month_days(days, language);
        parts.push(match language {
            Language::German => format!("am {days}"),
            Language::English => format!("on the {days}"),
        });
    }
    let own = [NthWeekday {
        nth: None,
        weekday: start.weekday(),
    }];
    let takes_weekday = rule.frequency == Frequency::Weekly && rule.by_day.is_empty();
    let weekdays: &[NthWeekday] = if takes_weekday { &own } else { &rule.by_day };
    if !weekdays.is_empty() {
        let names = nth_weekdays(weekdays, language);
        let is_numbered = weekdays.iter().any(|it| it.nth.is_some());
        parts.push(match (language, is_numbered) {
            (Language::German, _) => format!("am {names}"),
            (Language::English, true) => format!("on the {names}"),
            (Language::English, false) => format!("on {names}"),
        });
    }
    parts
}

/// `every month`, `every second year`, `alle 3 Wochen`.
fn every(rule: &Rule, language: Language) -> String {
    let (each, second, many) = match (language, rule.frequency) {
        (Language::German, Frequency::Daily) => ("jeden Tag", "jeden zweiten Tag", "Tage"),
        (Language::German, Frequency::Weekly) => ("jede Woche", "jede zweite Woche", "Wochen"),
        (Language::German, Frequency::Monthly) => ("jeden Monat", "jeden zweiten Monat", "Monate"),
        (Language::German, Frequency::Yearly) => ("jedes Jahr", "jedes zweite Jahr", "Jahre"),
        (Language::English, Frequency::Daily) => ("every day", "every second day", "days"),
        (Language::English, Frequency::Weekly) => ("every week", "every second week", "weeks"),
        (Language::English, Frequency::Monthly) => ("every month", "every second month", "months"),
        (Language::English, Frequency::Yearly) => ("every year", "every second year", "years"),
    };
    match (rule.interval.get(), language) {
        (1, _) => each.to_owned(),
        (2, _) => second.to_owned(),
        (interval, Language::German) => format!("alle {interval} {many}"),
        (interval, Language::English) => format!("every {interval} {many}"),
    }
}

/// `15. und letzten Tag`, `15th and last day`.
fn month_days(days: &[i8], language: Language) -> String {
    let from_start = days.iter().filter(|it| **it > 0);
    let from_end = days.iter().rev().filter(|it| **it < 0);
    let ends_from_end = from_end.clone().next().is_some();
    let names: Vec<String> = from_start
        .chain(from_end)
        .map(|it| counted(*it, language))
        .collect();
    let names = list(&names, language);
    match (language, ends_from_end) {
        (_, false) => names,
        (Language::German, true) => format!("{names} Tag"),
        (Language::English, true) => format!("{names} day"),
    }
}

fn nth_weekdays(days: &[NthWeekday], language: Language) -> String {
    let names: Vec<String> = days
        .iter()
        .map(|it| {
            let name = weekday_name(it.weekday, language);
            match it.nth {
                Some(nth) => format!("{} {name}", in_words(nth, language)),
                None => name.to_owned(),
            }
        })
        .collect();
    list(&names, language)
}

/// `15.`, `15th`, `letzten`, `second to last`.
fn counted(number: impl Into<i16>, language: Language) -> String {
    let number: i16 = number.into();
    match (language, number) {
        (_, ..=-1) => in_words(number, language),
        (Language::German, _) => format!("{number}."),
        (Language::English, _) => format!("{number}{}", ending(number)),
    }
}

/// `zweiten`, `second`, `vorletzten`, `third to last`.
fn in_words(number: impl Into<i16>, language: Language) -> String {
    let number: i16 = number.into();
    let distance = number.unsigned_abs();
    let word = match (language, distance) {
        (Language::German, 1) => "ersten",
        (Language::German, 2) => "zweiten",
        (Language::German, 3) => "dritten",
        (Language::German, 4) => "vierten",
        (Language::German, 5) => "fünften",
        (Language::English, 1) => "first",
        (Language::English, 2) => "second",
        (Language::English, 3) => "third",
        (Language::English, 4) => "fourth",
        (Language::English, 5) => "fifth",
        (_, _) => "",
    };
    let word = match (language, word) {
        (Language::German, "") => format!("{distance}."),
        (Language::English, "") => format!("{distance}{}", ending(number.abs())),
        (_, word) => word.to_owned(),
    };
    match (language, number) {
        (_, 1..) => word,
        (Language::German, -1) => "letzten".to_owned(),
        (Language::German, -2) => "vorletzten".to_owned(),
        (Language::German, _) => {
            format!("{}letzten", word.trim_end_matches("en").replace('.', ".-"))
        }
        (Language::English, -1) => "last".to_owned(),
        (Language::English, _) => format!("{word} to last"),
    }
}

const fn ending(number: i16) -> &'static str {
    match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        (_, _) => "th",
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::{AfterDone, Avoid};
    use super::*;
    use crate::domain::deadline::Period;

    const SAID: &[(&str, &str, &str)] = &[
        ("FREQ=DAILY", "jeden Tag", "every day"),
        (
            "FREQ=DAILY;INTERVAL=2",
            "jeden zweiten Tag",
            "every second day",
        ),
        (
            "FREQ=DAILY;INTERVAL=5;COUNT=3",
            "alle 5 Tage, 3-mal",
            "every 5 days, 3 times",
        ),
        ("FREQ=WEEKLY", "jeden Dienstag", "every Tuesday"),
        (
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU",
            "jeden zweiten Dienstag",
            "every second Tuesday",
        ),
        (
            "FREQ=WEEKLY;BYDAY=MO,TH",
            "jeden Montag und Donnerstag",
            "every Monday and Thursday",
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH",
            "jede zweite Woche am Montag und Donnerstag",
            "every second week on Monday and Thursday",
        ),
        (
            "FREQ=WEEKLY;INTERVAL=3",
            "alle 3 Wochen am Dienstag",
            "every 3 weeks on Tuesday",
        ),
        (
            "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
            "montags bis freitags",
            "every weekday",
        ),
        (
            "FREQ=MONTHLY",
            "am 3. jedes Monats",
            "on the 3rd of every month",
        ),
        (
            "FREQ=MONTHLY;BYMONTHDAY=1,15",
            "am 1. und 15. jedes Monats",
            "on the 1st and 15th of every month",
        ),
        (
            "FREQ=MONTHLY;BYMONTHDAY=-1",
            "am letzten Tag jedes Monats",
            "on the last day of every month",
        ),
        (
            "FREQ=MONTHLY;BYMONTHDAY=-3",
            "am drittletzten Tag jedes Monats",
            "on the third to last day of every month",
        ),
        (
            "FREQ=MONTHLY;BYDAY=-1FR",
            "am letzten Freitag jedes Monats",
            "on the last Friday of every month",
        ),
        (
            "FREQ=MONTHLY;INTERVAL=2;BYDAY=2TU",
            "jeden zweiten Monat am zweiten Dienstag",
            "every second month on the second Tuesday",
        ),
        (
            "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=22",
            "alle 3 Monate am 22.",
            "every 3 months on the 22nd",
        ),
        (
            "FREQ=MONTHLY;BYDAY=MO",
            "jeden Monat am Montag",
            "every month on Monday",
        ),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            "jeden Monat am Montag, Dienstag, Mittwoch, Donnerstag und Freitag, davon nur den letzten Tag",
            "every month on Monday, Tuesday, Wednesday, Thursday and Friday, of these only the last day",
        ),
        (
            "FREQ=YEARLY;UNTIL=20300101",
            "jedes Jahr am 3. März, bis 1. Januar 2030",
            "every year on 3 March, until 1 January 2030",
        ),
        (
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1",
            "jedes Jahr am letzten Tag des Februar",
            "every year on the last day of February",
        ),
        (
            "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
            "jedes Jahr im März am letzten Sonntag",
            "every year in March on the last Sunday",
        ),
        (
            "FREQ=YEARLY;INTERVAL=2;BYWEEKNO=20;BYDAY=MO",
            "jedes zweite Jahr in der 20. Kalenderwoche am Montag",
            "every second year in the 20th week of the year on Monday",
        ),
        (
            "FREQ=YEARLY;BYYEARDAY=100,-1",
            "jedes Jahr am letzten und 100. Tag des Jahres",
            "every year on the last and 100th day of the year",
        ),
        (
            "FREQ=YEARLY;BYMONTH=3,9",
            "jedes Jahr im März und September am 3.",
            "every year in March and September on the 3rd",
        ),
        (
            "FREQ=YEARLY;BYDAY=-12MO",
            "jedes Jahr am 12.-letzten Montag",
            "every year on the 12th to last Monday",
        ),
    ];

    #[test]
    fn rules_are_said_as_people_say_them() {
        let start = date(2026, 3, 3);
        for (rule, german, english) in SAID {
            let recurrence = Recurrence::of(rule.parse().unwrap());
            assert_eq!(
                sentence(&recurrence, start, Language::German),
                *german,
                "{rule}"
            );
            assert_eq!(
                sentence(&recurrence, start, Language::English),
                *english,
                "{rule}"
            );
        }
    }

    #[test]
    fn our_own_additions_are_said_too() {
        let mut filter = Recurrence {
            pattern: Pattern::AfterDone(AfterDone {
                period: Period::months(6),
                times: None,
                until: None,
            }),
            except: vec![date(2026, 12, 24)],
            avoid: None,
        };
        let start = date(2026, 3, 3);
        assert_eq!(
            sentence(&filter, start, Language::German),
            "6 Monate nach dem Erledigen, nicht am 24. Dezember 2026"
        );
        filter.except.clear();
        for days in Avoided::ALL {
            for shift in Shift::ALL {
                filter.avoid = Some(Avoid {
                    days: *days,
                    shift: *shift,
                });
                let english = sentence(&filter, start, Language::English);
                assert!(
                    english.starts_with("6 months after it was done, "),
                    "{english}"
                );
                assert_ne!(english, sentence(&filter, start, Language::German));
            }
        }
    }
}
