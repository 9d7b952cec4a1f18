//! Parcel numbers: those whose check digits prove them anywhere, others only behind a label.

mod carriers;

use std::ops::Range;

use super::lex::find_from;
use super::lines::Passage;

pub use carriers::is_tracking_number;

/// Labels of parcel numbers.
const LABELS: &[&str] = &[
    "sendungsnummer|sendungsnr|paketnummer|paketnr|trackingnummer|sendungs-nr|sendungscode|trackingcode|identcode|sendungsverfolgungsnummer|paketscheinnummer",
    "sendungs|paket|tracking|sendung nr|nummer|no|number|id|code",
    "tracking|consignment|parcel|shipment [reference] number|no|id|code|#",
    "sendung|tracking",
];

/// Parcel numbers of a passage, each with its bytes.
pub fn tracking_numbers(
    passage: &Passage,
    right: Option<&Passage>,
    below: Option<&Passage>,
) -> Vec<(String, Range<usize>)> {
    let mut found = proven(&passage.text);
    for label in LABELS {
        let Some(range) = find_from(&passage.lexemes, 0, label) else {
            continue;
        };
        let from = passage
            .lexemes
            .get(range.end)
            .map_or(passage.text.len(), |it| it.at.start);
        if let Some(at) = labelled(&passage.text, from) {
            let value = passage.text.get(at.clone()).unwrap_or("").to_owned();
            if !found.iter().any(|(known, _)| *known == value) {
                found.push((value, at));
            }
            break;
        }
        let beside = [right, below]
            .into_iter()
            .flatten()
            .find_map(|it| labelled(&it.text, 0).and_then(|at| it.text.get(at)));
        if let Some(value) = beside.filter(|_| range.start <= 1) {
            found.push((value.to_owned(), 0..passage.text.len()));
            break;
        }
    }
    found
}

/// Numbers that prove themselves by letters and check digits.
fn proven(text: &str) -> Vec<(String, Range<usize>)> {
    let mut found = Vec::new();
    let mut start = 0;
    for word in text.split_inclusive(' ') {
        let core = word
            .trim()
            .trim_matches(|it: char| !it.is_ascii_alphanumeric());
        let has_letters = core.bytes().any(|it| it.is_ascii_uppercase());
        if has_letters && core.len() >= 13 && carriers::is_unmistakable(core) {
            let at = start + word.find(core).unwrap_or(0);
            found.push((core.to_owned(), at..at + core.len()));
        }
        start += word.len();
    }
    found
}

/// A parcel number that begins behind a label: capitals and figures, at least eight characters, at
/// least six of them digits.
fn labelled(text: &str, from: usize) -> Option<Range<usize>> {
    let rest = text.get(from..)?;
    let skipped = rest.len()
        - rest
            .trim_start_matches(|it: char| !it.is_ascii_alphanumeric())
            .len();
    let rest = rest.get(skipped..)?;
    let mut length = 0;
    let mut offset = 0;
    for word in rest.split(' ') {
        let core = word.trim_end_matches(['.', ',', ')', ';', ':']);
        let is_code = !core.is_empty()
            && core
                .chars()
                .all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == '-');
        if !is_code {
            break;
        }
        length = offset + core.len();
        offset += word.len() + 1;
        if core.len() < word.len() {
            break;
        }
    }
    let value = rest.get(..length)?;
    let symbols = value.chars().filter(char::is_ascii_alphanumeric).count();
    let digits = value.chars().filter(char::is_ascii_digit).count();
    ((8..=34).contains(&symbols) && digits >= 6 && value.matches('-').count() < 3)
        .then(|| from + skipped..from + skipped + length)
}
