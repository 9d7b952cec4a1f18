//! The samples are what they claim: dated relative to a day, always the same, with valid accounts.

use jiff::civil::date;
use workmate::domain::value::Iban;

use crate::paper;

#[test]
fn the_same_day_gives_the_same_bytes() {
    let today = date(2026, 3, 2);
    assert_eq!(
        paper::samples(today).unwrap(),
        paper::samples(today).unwrap()
    );
    assert_ne!(
        paper::samples(today).unwrap(),
        paper::samples(date(2026, 3, 3)).unwrap()
    );
}

#[test]
fn every_day_of_a_leap_year_can_be_printed() {
    // Only what is not rendered: a year of scans would take minutes.
    let mut today = date(2028, 1, 1);
    while today < date(2029, 1, 1) {
        paper::printable(today).unwrap();
        today = today.tomorrow().unwrap();
    }
}

#[test]
fn the_waterworks_are_due_in_a_week() {
    let sheets = paper::samples(date(2026, 3, 2)).unwrap();
    let bill = sheets
        .iter()
        .find(|it| it.name == "waterworks-invoice.pdf")
        .unwrap();
    // The content is not compressed, so that the day stands in the file as it is printed.
    let text = String::from_utf8_lossy(&bill.bytes);
    assert!(
        text.contains("bis zum 09.03.2026 auf unser Konto"),
        "{text}"
    );
}

#[test]
fn printed_accounts_have_valid_check_digits() {
    let mut count = 0;
    for sheet in paper::samples(date(2026, 3, 2)).unwrap() {
        let text = String::from_utf8_lossy(&sheet.bytes).into_owned();
        for after in text.split("IBAN").skip(1) {
            let account: String = after
                .trim_start_matches([':', ' '])
                .chars()
                .take_while(|it| it.is_ascii_alphanumeric() || *it == ' ')
                .collect();
            if account.len() >= 15 {
                account
                    .trim()
                    .parse::<Iban>()
                    .unwrap_or_else(|_| panic!("{}: {account}", sheet.name));
                count += 1;
            }
        }
    }
    assert!(count >= 3, "{count} accounts were found");
}

#[test]
fn hostile_files_stay_small_on_disk() {
    let sheets = paper::hostile().unwrap();
    assert_eq!(sheets.len(), 15);
    for sheet in sheets {
        assert!(
            sheet.bytes.len() < 4_000_000,
            "{} has {} bytes",
            sheet.name,
            sheet.bytes.len()
        );
    }
}
