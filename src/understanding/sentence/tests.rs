//! Lines as people type them, and what is understood. Today is Tuesday 3 March 2026, ten o'clock.

use jiff::civil::date;

use super::*;
use crate::domain::person::Language;
use crate::domain::recurrence::words;

fn home() -> Home {
    Home {
        now: date(2026, 3, 3).at(10, 0, 0, 0),
        currency: Currency::EUR,
        region: Region::new("DE"),
    }
}

/// Everything about a line in one: `title | day hour | recurrence | money | priority | @ | #`.
fn read(text: &str) -> String {
    let found = sketch(text, &home());
    let due = found.due.map(|it| it.to_string());
    let time = found.due_time.map(|it| it.strftime("%H:%M").to_string());
    let when: Vec<String> = due.into_iter().chain(time).collect();
    let again = found
        .recurrence
        .map(|it| words::sentence(&it, found.due.unwrap(), Language::English));
    let mut all = vec![found.title, when.join(" ")];
    all.extend(again);
    all.extend(found.money.map(|it| it.to_string()));
    all.extend(found.priority.map(|it| it.to_string()));
    all.extend(found.people.iter().map(|it| format!("@{it}")));
    all.extend(found.labels.iter().map(|it| format!("#{it}")));
    all.retain(|it| !it.is_empty());
    all.join(" | ")
}

#[track_caller]
fn check(lines: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for (line, expected) in lines {
        let found = read(line);
        if found != *expected {
            wrong.push(format!(
                "\n{line}\n  expected {expected}\n  found    {found}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.concat());
}

const GERMAN_DAYS: &[(&str, &str)] = &[
    ("Zahnarzt übermorgen 14:30", "Zahnarzt | 2026-03-05 14:30"),
    ("Milch kaufen", "Milch kaufen"),
    ("Milch kaufen morgen", "Milch kaufen | 2026-03-04"),
    ("heute Abend Oma anrufen", "Oma anrufen | 2026-03-03 19:00"),
    (
        "morgen früh Paket abholen",
        "Paket abholen | 2026-03-04 08:00",
    ),
    (
        "Steuererklärung bis 31. Juli abgeben",
        "Steuererklärung abgeben | 2026-07-31",
    ),
    ("Reifen wechseln am 15.4.", "Reifen wechseln | 2026-04-15"),
    (
        "Miete überweisen bis zum 5. März 2026",
        "Miete überweisen | 2026-03-05",
    ),
    (
        "Elternabend Donnerstag 19 Uhr",
        "Elternabend | 2026-03-05 19:00",
    ),
    (
        "Elternabend am Donnerstag um 19.30 Uhr",
        "Elternabend | 2026-03-05 19:30",
    ),
    ("Arzt am 15. um 7", "Arzt | 2026-03-15 07:00"),
    (
        "Pass verlängern vor dem 3. Mai",
        "Pass verlängern | 2026-05-02",
    ),
    (
        "Antrag einreichen in zwei Wochen",
        "Antrag einreichen | 2026-03-17",
    ),
    (
        "in 2 Stunden Wäsche aufhängen",
        "Wäsche aufhängen | 2026-03-03 12:00",
    ),
    (
        "Brief vom 1. März bis Freitag beantworten",
        "Brief vom 1. März beantworten | 2026-03-06",
    ),
    (
        "Fenster putzen am Wochenende",
        "Fenster putzen | 2026-03-07",
    ),
    (
        "nächste Woche Keller aufräumen",
        "Keller aufräumen | 2026-03-09",
    ),
    (
        "Tante besuchen nächsten Dienstag",
        "Tante besuchen | 2026-03-10",
    ),
    (
        "Abrechnung prüfen bis Monatsende",
        "Abrechnung prüfen | 2026-03-31",
    ),
    (
        "Tisch reservieren um halb acht",
        "Tisch reservieren | 2026-03-04 07:30",
    ),
    (
        "Handwerker 14-16 Uhr am Freitag",
        "Handwerker | 2026-03-06 14:00",
    ),
    ("um 9 Uhr Bank anrufen", "Bank anrufen | 2026-03-04 09:00"),
    (
        "Kuchen backen bis Samstag, 15 Uhr",
        "Kuchen backen | 2026-03-07 15:00",
    ),
    ("Sport am Abend", "Sport | 2026-03-03 19:00"),
];

#[test]
fn german_days_and_hours() {
    check(GERMAN_DAYS);
}

const ENGLISH_DAYS: &[(&str, &str)] = &[
    (
        "renew passport before 3 March 2027",
        "renew passport | 2027-03-02",
    ),
    (
        "call the dentist tomorrow at 3pm",
        "call the dentist | 2026-03-04 15:00",
    ),
    ("dentist on Thursday 9:40", "dentist | 2026-03-05 09:40"),
    ("buy milk", "buy milk"),
    ("buy sun cream", "buy sun cream"),
    ("do the dishes", "do the dishes"),
    ("buy 1/2 kg flour", "buy 1/2 kg flour"),
    ("return books by 20 March", "return books | 2026-03-20"),
    ("return books by the 20th", "return books | 2026-03-20"),
    (
        "hand in the form by Friday",
        "hand in the form | 2026-03-06",
    ),
    (
        "pick up parcel tonight",
        "pick up parcel | 2026-03-03 19:00",
    ),
    (
        "water plants tomorrow morning",
        "water plants | 2026-03-04 08:00",
    ),
    ("visit at 7 Main Street", "visit at 7 Main Street"),
    (
        "meet Tom at 7 in the evening",
        "meet Tom | 2026-03-03 19:00",
    ),
    (
        "cancel the gym by end of March",
        "cancel the gym | 2026-03-31",
    ),
    ("fix bike next weekend", "fix bike | 2026-03-14"),
    ("plan holidays next month", "plan holidays | 2026-04-01"),
    ("check mail in 30 minutes", "check mail | 2026-03-03 10:30"),
    ("reply in 3 days", "reply | 2026-03-06"),
    (
        "car inspection on 12/04/2026",
        "car inspection | 2026-04-12",
    ),
    (
        "answer letter dated 1 March by Friday",
        "answer letter dated 1 March | 2026-03-06",
    ),
    (
        "on 5 May at noon lunch with Eve",
        "lunch with Eve | 2026-05-05 12:00",
    ),
];

#[test]
fn english_days_and_hours() {
    check(ENGLISH_DAYS);
}

const GERMAN_AGAIN: &[(&str, &str)] = &[
    (
        "Müll rausbringen jeden Dienstag 19 Uhr",
        "Müll rausbringen | 2026-03-03 19:00 | every Tuesday",
    ),
    (
        "Müll rausbringen jeden Dienstag 9 Uhr",
        "Müll rausbringen | 2026-03-10 09:00 | every Tuesday",
    ),
    (
        "jeden letzten Freitag im Monat Zählerstand ablesen",
        "Zählerstand ablesen | 2026-03-27 | on the last Friday of every month",
    ),
    (
        "jeden zweiten Dienstag Altpapier",
        "Altpapier | 2026-03-03 | every second Tuesday",
    ),
    (
        "jeden zweiten Dienstag im Monat Altpapier",
        "Altpapier | 2026-03-10 | on the second Tuesday of every month",
    ),
    (
        "Blumen gießen alle 3 Tage",
        "Blumen gießen | 2026-03-03 | every 3 days",
    ),
    (
        "Treppe putzen alle zwei Wochen am Samstag",
        "Treppe putzen | 2026-03-07 | every second Saturday",
    ),
    (
        "Miete zahlen jeden Monat am 3.",
        "Miete zahlen | 2026-03-03 | on the 3rd of every month",
    ),
    (
        "am 15. jedes Monats Konto prüfen",
        "Konto prüfen | 2026-03-15 | on the 15th of every month",
    ),
    (
        "jeden 1. des Monats Haushaltsbuch",
        "Haushaltsbuch | 2026-04-01 | on the 1st of every month",
    ),
    (
        "Tabletten nehmen täglich um 8 Uhr",
        "Tabletten nehmen | 2026-03-04 08:00 | every day",
    ),
    (
        "montags und donnerstags Training 18:30",
        "Training | 2026-03-05 18:30 | every Monday and Thursday",
    ),
    (
        "werktags Hund ausführen",
        "Hund ausführen | 2026-03-03 | every weekday",
    ),
    (
        "Geburtstag Oma jedes Jahr am 3. Mai",
        "Geburtstag Oma | 2026-05-03 | every year on 3 May",
    ),
    (
        "Filter wechseln 3 Monate nach Erledigung",
        "Filter wechseln | 2026-03-03 | 3 months after it was done",
    ),
    (
        "Gitarre üben jeden Mittwoch bis 1. Juli",
        "Gitarre üben | 2026-03-04 | every Wednesday, until 1 July 2026",
    ),
    (
        "Spritze jeden Freitag 5 mal",
        "Spritze | 2026-03-06 | every Friday, 5 times",
    ),
    (
        "Kehrwoche jede Woche ab 16. März",
        "Kehrwoche | 2026-03-16 | every Monday",
    ),
    (
        "jeden letzten Tag im Monat Kasse",
        "Kasse | 2026-03-31 | on the last day of every month",
    ),
    (
        "Schornsteinfeger jährlich",
        "Schornsteinfeger | 2026-03-03 | every year on 3 March",
    ),
    (
        "vierteljährlich Umsatzsteuer am 10.",
        "Umsatzsteuer | 2026-03-10 | every 3 months on the 10th",
    ),
];

#[test]
fn what_comes_again_in_german() {
    check(GERMAN_AGAIN);
}

const ENGLISH_AGAIN: &[(&str, &str)] = &[
    (
        "take out the bin every Tuesday at 7pm",
        "take out the bin | 2026-03-03 19:00 | every Tuesday",
    ),
    (
        "every other Friday clean the stairs",
        "clean the stairs | 2026-03-06 | every second Friday",
    ),
    (
        "read the meter every last Friday of the month",
        "read the meter | 2026-03-27 | on the last Friday of every month",
    ),
    (
        "pay rent on the 1st of every month",
        "pay rent | 2026-04-01 | on the 1st of every month",
    ),
    (
        "team lunch on the first Monday of every month",
        "team lunch | 2026-04-06 | on the first Monday of every month",
    ),
    (
        "gym every Monday, Wednesday and Friday",
        "gym | 2026-03-04 | every Monday, Wednesday and Friday",
    ),
    (
        "water plants every 3 days",
        "water plants | 2026-03-03 | every 3 days",
    ),
    ("backup weekly", "backup | 2026-03-03 | every Tuesday"),
    (
        "change filter 6 months after it is done",
        "change filter | 2026-03-03 | 6 months after it was done",
    ),
    (
        "pay council tax every month on the 15th until 15 January 2027",
        "pay council tax | 2026-03-15 | on the 15th of every month, until 15 January 2027",
    ),
    (
        "every weekday walk the dog at 6:30",
        "walk the dog | 2026-03-04 06:30 | every weekday",
    ),
    (
        "every 3 months check smoke alarms",
        "check smoke alarms | 2026-03-03 | every 3 months on the 3rd",
    ),
    (
        "mum's birthday every year on 12 June",
        "mum's birthday | 2026-06-12 | every year on 12 June",
    ),
    (
        "practice daily not on weekends",
        "practice | 2026-03-03 | every day, not at weekends",
    ),
];

#[test]
fn what_comes_again_in_english() {
    check(ENGLISH_AGAIN);
}

const MARKS: &[(&str, &str)] = &[
    (
        "pay Stadtwerke 84,20 by Friday",
        "pay Stadtwerke | 2026-03-06 | 84.20 EUR",
    ),
    (
        "Stadtwerke 84,20 € überweisen bis Freitag",
        "Stadtwerke überweisen | 2026-03-06 | 84.20 EUR",
    ),
    (
        "1.284,20 EUR an Finanzamt bis 10.3.",
        "an Finanzamt | 2026-03-10 | 1284.20 EUR",
    ),
    (
        "pay £12.50 for the school trip tomorrow",
        "pay for the school trip | 2026-03-04 | 12.50 GBP",
    ),
    (
        "CHF 40 an Urs am 5. April",
        "an Urs | 2026-04-05 | 40.00 CHF",
    ),
    ("buy 3 apples", "buy 3 apples"),
    (
        "pay 100 dollars to Eve next week",
        "pay to Eve | 2026-03-09 | 100.00 USD",
    ),
    (
        "Versicherung kündigen !! bis Ende Juni @ben #versicherung",
        "Versicherung kündigen | 2026-06-30 | high | @ben | #versicherung",
    ),
    (
        "dringend Heizung melden @anna @ben",
        "Heizung melden | high | @anna | @ben",
    ),
    (
        "call plumber asap #house-north",
        "call plumber | high | #house-north",
    ),
    (
        "Keller streichen niedrige Priorität",
        "Keller streichen | low",
    ),
    (
        "Notfall!!! Wasser abstellen",
        "Notfall Wasser abstellen | critical",
    ),
    ("Hurra! Kuchen backen", "Hurra! Kuchen backen"),
    (
        "mail to info@example.org about #12",
        "mail to info@example.org about #12",
    ),
    (
        "Wichtige Unterlagen sortieren",
        "Wichtige Unterlagen sortieren",
    ),
    ("morgen", "morgen | 2026-03-04"),
];

#[test]
fn money_people_labels_and_priorities() {
    check(MARKS);
}

#[test]
fn every_part_that_was_understood_has_its_place() {
    let line = "Müll für Öl jeden Dienstag 19 Uhr 3,50 € @anna #bin !!";
    let found = sketch(line, &home());
    let parts = found
        .parts
        .iter()
        .map(|it| (it.meaning, &line[it.at.clone()]));
    let expected = [
        (Meaning::Again, "jeden Dienstag"),
        (Meaning::Hour, "19 Uhr"),
        (Meaning::Money, "3,50 €"),
        (Meaning::Person, "@anna"),
        (Meaning::Label, "#bin"),
        (Meaning::Priority, "!!"),
    ];
    assert_eq!(parts.collect::<Vec<_>>(), expected);
    assert_eq!(found.title, "Müll für Öl");
}

#[test]
fn an_hour_said_twice_in_one_breath_is_no_part_of_two() {
    let line = "@um 1am ";
    let found = sketch(line, &home());
    let mut last = 0;
    for part in &found.parts {
        assert!(line.get(part.at.clone()).is_some(), "{part:?}");
        assert!(part.at.start >= last, "{:?}", found.parts);
        last = part.at.end;
    }
}

proptest::proptest! {
    #[test]
    fn no_line_is_too_strange(line in "(jeden |every |am |bis |um |second |1|3\\.|:|Freitag|May |€|@|#|!|-|14 Uhr|\\PC){0,16}") {
        let found = sketch(&line, &home());
        let mut last = 0;
        for part in &found.parts {
            proptest::prop_assert!(line.get(part.at.clone()).is_some());
            proptest::prop_assert!(part.at.start >= last);
            last = part.at.end;
        }
        proptest::prop_assert!(found.title.len() <= line.len() + 1);
    }
}
