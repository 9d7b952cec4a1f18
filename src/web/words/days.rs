//! Days, hours and moments as a person reads them, in German and English.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};

use super::pick;
use crate::domain::person::Language;

const MONTHS: [(&str, &str, &str, &str); 12] = [
    ("Januar", "January", "Jan", "Jan"),
    ("Februar", "February", "Feb", "Feb"),
    ("März", "March", "Mär", "Mar"),
    ("April", "April", "Apr", "Apr"),
    ("Mai", "May", "Mai", "May"),
    ("Juni", "June", "Jun", "Jun"),
    ("Juli", "July", "Jul", "Jul"),
    ("August", "August", "Aug", "Aug"),
    ("September", "September", "Sep", "Sep"),
    ("Oktober", "October", "Okt", "Oct"),
    ("November", "November", "Nov", "Nov"),
    ("Dezember", "December", "Dez", "Dec"),
];

const WEEKDAYS: [(&str, &str); 7] = [
    ("Montag", "Monday"),
    ("Dienstag", "Tuesday"),
    ("Mittwoch", "Wednesday"),
    ("Donnerstag", "Thursday"),
    ("Freitag", "Friday"),
    ("Samstag", "Saturday"),
    ("Sonntag", "Sunday"),
];

fn month_row(month: i8) -> (&'static str, &'static str, &'static str, &'static str) {
    let index = usize::try_from(month - 1).unwrap_or(0);
    MONTHS.get(index).copied().unwrap_or(("", "", "", ""))
}

/// `18. März 2026`, `18 March 2026`.
pub fn day(language: Language, date: Date) -> String {
    let (german, english, _, _) = month_row(date.month());
    match language {
        Language::German => format!("{}. {german} {}", date.day(), date.year()),
        Language::English => format!("{} {english} {}", date.day(), date.year()),
    }
}

/// `18. März` in the year of `today`, else with its year.
pub fn short_day(language: Language, date: Date, today: Date) -> String {
    if date.year() != today.year() {
        return day(language, date);
    }
    let (german, english, _, _) = month_row(date.month());
    match language {
        Language::German => format!("{}. {german}", date.day()),
        Language::English => format!("{} {english}", date.day()),
    }
}

/// `Freitag, 20. November`, `Friday, 20 November`.
pub fn long_day(language: Language, date: Date) -> String {
    let (german, english, _, _) = month_row(date.month());
    let weekday = weekday(language, date);
    match language {
        Language::German => format!("{weekday}, {}. {german}", date.day()),
        Language::English => format!("{weekday}, {} {english}", date.day()),
    }
}

/// `Freitag`.
fn weekday(language: Language, date: Date) -> &'static str {
    let index = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or(0);
    let (german, english) = WEEKDAYS.get(index).copied().unwrap_or(("", ""));
    pick(language, german, english)
}

/// `Mär`, for the leaf of a calendar.
pub fn short_month(language: Language, date: Date) -> &'static str {
    let (_, _, german, english) = month_row(date.month());
    pick(language, german, english)
}

/// `15:30 Uhr`, `15:30`.
pub fn hour(language: Language, time: Time) -> String {
    match language {
        Language::German => format!("{:02}:{:02} Uhr", time.hour(), time.minute()),
        Language::English => format!("{:02}:{:02}", time.hour(), time.minute()),
    }
}

/// Days from `today` to `date`; negative when it has passed.
pub fn days_until(date: Date, today: Date) -> i32 {
    today
        .until((Unit::Day, date))
        .map_or(0, |span| span.get_days())
}

/// `heute`, `in 3 Tagen`, `seit 2 Tagen überfällig`.
pub fn relative(language: Language, date: Date, today: Date) -> String {
    let days = days_until(date, today);
    match (language, days) {
        (Language::German, 0) => "heute".to_owned(),
        (Language::German, 1) => "morgen".to_owned(),
        (Language::German, -1) => "seit gestern überfällig".to_owned(),
        (Language::German, 2..=45) => format!("in {days} Tagen"),
        (Language::German, 46..) => format!("in {} Wochen", days / 7),
        (Language::German, _) => format!("seit {} Tagen überfällig", -days),
        (Language::English, 0) => "today".to_owned(),
        (Language::English, 1) => "tomorrow".to_owned(),
        (Language::English, -1) => "overdue since yesterday".to_owned(),
        (Language::English, 2..=45) => format!("in {days} days"),
        (Language::English, 46..) => format!("in {} weeks", days / 7),
        (Language::English, _) => format!("overdue by {} days", -days),
    }
}

/// `heute, 14:05`, `gestern, 09:30`, `18. März 2026, 08:00`.
pub fn moment(language: Language, at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (at, today) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()).date());
    let clock = format!("{:02}:{:02}", at.hour(), at.minute());
    let day = match days_until(at.date(), today) {
        0 => pick(language, "heute", "today").to_owned(),
        -1 => pick(language, "gestern", "yesterday").to_owned(),
        1 => pick(language, "morgen", "tomorrow").to_owned(),
        _ => short_day(language, at.date(), today),
    };
    format!("{day}, {clock}")
}
