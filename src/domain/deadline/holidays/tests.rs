//! Whole years of holidays, as calendars print them.

use jiff::civil::date;

use super::*;

#[test]
fn easter_falls_where_the_church_says() {
    for (year, month, day) in [
        (2013, 3, 31),
        (2024, 3, 31),
        (2025, 4, 20),
        (2026, 4, 5),
        (2038, 4, 25),
    ] {
        assert_eq!(easter(year), date(year, month, day));
    }
}

/// The days of a year that a region keeps, as `month-day`.
fn kept(code: &str, year: i16) -> Vec<String> {
    let region = Region::new(code);
    let mut days = Vec::new();
    let mut day = date(year, 1, 1);
    while day.year() == year {
        if region.is_holiday(day) {
            days.push(format!("{}-{}", day.month(), day.day()));
        }
        day = day.tomorrow().unwrap();
    }
    days
}

#[test]
fn every_german_state_keeps_its_days_of_2026() {
    let whole = [
        "1-1", "4-3", "4-6", "5-1", "5-14", "5-25", "10-3", "12-25", "12-26",
    ];
    assert_eq!(kept("DE", 2026), whole);
    for (state, own) in [
        ("BW", vec!["1-6", "6-4", "11-1"]),
        ("BY", vec!["1-6", "6-4", "11-1"]),
        ("BY-KATHOLISCH", vec!["1-6", "6-4", "8-15", "11-1"]),
        ("BY-AUGSBURG", vec!["1-6", "6-4", "8-8", "8-15", "11-1"]),
        ("BE", vec!["3-8"]),
        ("BB", vec!["4-5", "5-24", "10-31"]),
        ("HB", vec!["10-31"]),
        ("HH", vec!["10-31"]),
        ("HE", vec!["6-4"]),
        ("MV", vec!["3-8", "10-31"]),
        ("NI", vec!["10-31"]),
        ("NW", vec!["6-4", "11-1"]),
        ("RP", vec!["6-4", "11-1"]),
        ("SL", vec!["6-4", "8-15", "11-1"]),
        ("SN", vec!["10-31", "11-18"]),
        ("SN-KATHOLISCH", vec!["6-4", "10-31", "11-18"]),
        ("ST", vec!["1-6", "10-31"]),
        ("SH", vec!["10-31"]),
        ("TH", vec!["9-20", "10-31"]),
        ("TH-KATHOLISCH", vec!["6-4", "9-20", "10-31"]),
    ] {
        let found = kept(&format!("DE-{state}"), 2026);
        let beyond: Vec<_> = found
            .iter()
            .filter(|it| !whole.contains(&it.as_str()))
            .collect();
        assert_eq!(beyond, own.iter().collect::<Vec<_>>(), "{state}");
        assert_eq!(found.len(), whole.len() + own.len(), "{state}");
    }
}

#[test]
fn single_years_have_their_own_days() {
    assert!(Region::new("DE").is_holiday(date(2017, 10, 31)));
    assert!(!Region::new("DE-HH").is_holiday(date(2016, 10, 31)));
    assert!(Region::new("DE-BE").is_holiday(date(2025, 5, 8)));
    assert!(!Region::new("DE-BE").is_holiday(date(2026, 5, 8)));
    assert!(!Region::new("DE-MV").is_holiday(date(2022, 3, 8)));
    for (year, day) in [(2024, 20), (2025, 19), (2026, 18), (2027, 17), (2028, 22)] {
        assert!(
            Region::new("DE-SN").is_holiday(date(year, 11, day)),
            "{year}"
        );
    }
}

#[test]
fn austria_keeps_thirteen_days_and_its_offices_two_more() {
    let days = [
        "1-1", "1-6", "4-6", "5-1", "5-14", "5-25", "6-4", "8-15", "10-26", "11-1", "12-8",
        "12-25", "12-26",
    ];
    assert_eq!(kept("AT", 2026), days);
    let austria = Region::new("AT");
    // Good Friday 3 April: over the weekend and Easter Monday to Tuesday 7 April.
    assert_eq!(austria.open_from(date(2026, 4, 3)).0, date(2026, 4, 7));
    assert!(austria.off(date(2026, 12, 24)).is_some());
    assert!(austria.is_working_day(date(2026, 12, 24)));
}

#[test]
fn every_swiss_canton_keeps_its_days_of_2026() {
    let whole = ["1-1", "5-14", "8-1", "12-25"];
    assert_eq!(kept("CH", 2026), whole);
    for (cantons, own) in [
        ("ZH BL BS SH", "4-3 4-6 5-1 5-25 12-26"),
        ("TG", "1-2 4-3 4-6 5-1 5-25 12-26"),
        ("BE", "1-2 4-3 4-6 5-25 12-26"),
        ("AG FR SO", "4-3"),
        ("LU ZG", "4-3 6-4 8-15 11-1 12-8"),
        ("OW", "4-3 6-4 8-15 9-25 11-1 12-8"),
        ("NW", "3-19 4-3 6-4 8-15 11-1 12-8"),
        ("UR SZ", "1-6 3-19 4-3 4-6 5-25 6-4 8-15 11-1 12-8 12-26"),
        ("GL", "4-3 4-6 4-9 5-25 11-1 12-26"),
        ("SG", "4-3 4-6 5-25 11-1 12-26"),
        ("GR", "4-3 4-6 5-25 12-26"),
        // Christmas 2026 is a Friday, so 26 December is not kept.
        ("AR", "4-3 4-6 5-25"),
        ("AI", "4-3 4-6 5-25 6-4 8-15 11-1 12-8"),
        ("TI", "1-6 3-19 4-6 5-1 5-25 6-4 6-29 8-15 11-1 12-8 12-26"),
        ("VD", "1-2 4-3 4-6 5-25 9-21"),
        ("VS", "3-19 6-4 8-15 11-1 12-8"),
        ("NE", "3-1 4-3 5-1"),
        ("GE", "4-3 4-6 5-25 9-10 12-31"),
        ("JU", "1-2 4-3 4-6 5-1 5-25 6-4 6-23 8-15 11-1"),
    ] {
        for canton in cantons.split(' ') {
            let found = kept(&format!("CH-{canton}"), 2026);
            let beyond: Vec<_> = found
                .into_iter()
                .filter(|it| !whole.contains(&it.as_str()))
                .collect();
            assert_eq!(beyond.join(" "), own, "{canton}");
        }
    }
}

#[test]
fn swiss_days_follow_their_own_rules() {
    // Näfels: the first Thursday of April 2026 is Maundy Thursday, so a week later; in 2027 it is not.
    assert!(Region::new("CH-GL").is_holiday(date(2026, 4, 9)));
    assert!(Region::new("CH-GL").is_holiday(date(2027, 4, 1)));
    // New Year 2023 was a Sunday, so Neuchâtel kept Monday the 2nd.
    assert!(Region::new("CH-NE").is_holiday(date(2023, 1, 2)));
    assert!(Region::new("CH-AR").is_holiday(date(2024, 12, 26)));
}

#[test]
fn british_bank_holidays_have_substitute_days() {
    for (code, year, days) in [
        ("GB", 2026, "1-1 4-3 4-6 5-4 5-25 8-31 12-25 12-26 12-28"),
        (
            "GB-SCT",
            2026,
            "1-1 1-2 4-3 5-4 5-25 8-3 11-30 12-25 12-26 12-28",
        ),
        (
            "GB-NIR",
            2026,
            "1-1 3-17 4-3 4-6 5-4 5-25 7-12 7-13 8-31 12-25 12-26 12-28",
        ),
        (
            "GB-ENG",
            2021,
            "1-1 4-2 4-5 5-3 5-31 8-30 12-25 12-26 12-27 12-28",
        ),
        (
            "GB-WLS",
            2022,
            "1-1 1-3 4-15 4-18 5-2 6-2 6-3 8-29 9-19 12-25 12-26 12-27",
        ),
        (
            "GB-SCT",
            2022,
            "1-1 1-2 1-3 1-4 4-15 5-2 6-2 6-3 8-1 9-19 11-30 12-25 12-26 12-27",
        ),
        ("UK", 2023, "1-1 1-2 4-7 4-10 5-1 5-8 5-29 8-28 12-25 12-26"),
        ("UK", 2020, "1-1 4-10 4-13 5-8 5-25 8-31 12-25 12-26 12-28"),
    ] {
        assert_eq!(kept(code, year).join(" "), days, "{code} {year}");
    }
}

#[test]
fn irish_days_stay_where_they_are() {
    assert_eq!(
        kept("IE", 2026).join(" "),
        "1-1 2-2 3-17 4-6 5-4 6-1 8-3 10-26 12-25 12-26"
    );
    // 1 February 2030 is a Friday.
    assert!(Region::new("IE").is_holiday(date(2030, 2, 1)));
    assert!(!Region::new("IE").is_holiday(date(2030, 2, 4)));
}

#[test]
fn american_days_are_observed_on_the_nearest_weekday() {
    // Independence Day 2026 is a Saturday, observed on Friday the 3rd.
    assert_eq!(
        kept("US", 2026).join(" "),
        "1-1 1-19 2-16 5-25 6-19 7-3 7-4 9-7 10-12 11-11 11-26 12-25"
    );
    // New Year 2028 is a Saturday, observed on Friday 31 December 2027; Christmas 2027 a Saturday too.
    let states = Region::new("US");
    assert!(states.is_holiday(date(2027, 12, 31)));
    assert!(states.is_holiday(date(2027, 12, 24)));
    // Independence Day 2027 is a Sunday, observed on Monday the 5th.
    assert!(states.is_holiday(date(2027, 7, 5)));
}
