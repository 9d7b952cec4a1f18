//! The day a document carries: its own date, not that of a service, a due day or an older letter.

use crate::domain::finding::Evidence;

use super::dates::{Form, time_at};
use super::lex::{Lexeme, Sort, find_any, has};
use super::numerals;
use super::paper::{DateSpot, Paper};
use super::scorer::{self, DayRole};
use crate::domain::document::Kind;

/// Labels that name a document's own day, strongest first.
const OWN: &[(&str, f32)] = &[
    (
        "rechnungsdatum|ausstellungsdatum|ausstelldatum|belegdatum|bescheiddatum|briefdatum|auszugsdatum|erstellungsdatum|druckdatum|angebotsdatum|fakturadatum|vertragsdatum|rechnungsdat|tattag",
        NAMES_IT,
    ),
    (
        "invoice|issue|bill|statement|notice|letter|receipt|quote|billing date",
        NAMES_IT,
    ),
    // An order's own day, and on its invoice an older one.
    ("bestelldatum|auftragsdatum", 0.85),
    ("order date", 0.85),
    ("date de|d [la] facture|émission|avoir", NAMES_IT),
    (
        "date of|issued [this] issue|invoice|notice|letter|on",
        NAMES_IT,
    ),
    ("datum|date|dated|sent|gesendet", 0.9),
    ("rechnung|bescheid|kontoauszug|auszug vom", 0.8),
    ("invoice facture date|du", 0.8),
    ("issued|ausgestellt|erstellt [am]", 0.8),
    (
        "zustellversuch|zustellversuch|delivery attempt*|attempted [am|on]",
        0.6,
    ),
];

/// What a document is and its number, before its day: `Mietrechnung Nr. 12/M/7 vom`.
const NUMBERED: &[&str] = &[
    "*rechnung|*gutschrift|*bescheid|angebot|honorarnote|faktura [#] NR … vom",
    "invoice|bill|credit note|receipt NR … of|dated",
    "facture|avoir [NR] … du",
];

/// Labels and words before a day that make it another day.
const OTHER: &[&str] = &[
    "fällig*|fallig*|fälligkeit*|zahlbar|zahlungsziel|due|geb|geburtsdatum|geburtstag|birth|dob|born",
    "leistung*|liefer*|lieferdatum|zeitraum|service|delivery|delivered|period|ausführung|valuta|wert|bestellt|behandlung*",
    "échéance|livraison|règlement|paiement|commande|prestation",
    "bis|until|gültig*|valid|expires|expiry|ablauf*|ende|beginn|start*|ab|termin|appointment|zwischen|von|from|seit|since|laufzeit|mietbeginn|abgerechnet|periode|eingang|eingegangen|anreise|abreise|check",
    "abhol*|letzter|abholtag|frist|spätestens|renews|collect|zuwendung|eichschein|kaufdatum|gekauft|schadentag|unfall*|aufnahme|entlassung|bezahlt|paid|zahlung*|payment|last|letzte|next|nächste|stand|fassung|version|mandat*|vorjahr",
];

/// What a heading with the document's number is worth.
const BY_NUMBER: f32 = 0.8;
/// Words and marks that may stand before it.
const HEAD_MAX: usize = 3;

/// What a label that names the document itself is worth.
const NAMES_IT: f32 = 0.93;

/// How much the model's share counts beside the rules.
const MODEL_WEIGHT: f32 = 0.25;

/// The document's day with where it stands and how sure that is.
pub struct IssueDay {
    /// What stands there.
    pub spot: DateSpot,
    /// Where it stands.
    pub evidence: Option<Evidence>,
    /// 0 to 1.
    pub confidence: f32,
}

/// The day that the document carries.
pub fn issue_day(paper: &Paper<'_>, kind: Option<Kind>) -> Option<IssueDay> {
    let days = paper.days();
    let shares = scorer::days(paper, &days, kind);
    let mut best: Option<(f32, &DateSpot)> = None;
    for (order, (spot, shares)) in days.iter().zip(&shares).enumerate() {
        if spot.found.form != Form::Full || spot.found.day > paper.received_on {
            continue;
        }
        let early = 1.0 / (1.0 + f32::from(u16::try_from(order).unwrap_or(u16::MAX)));
        let by_rule = score(paper, spot) + early * 0.05;
        let score = if shares.is_known() {
            by_rule * (1.0 - MODEL_WEIGHT) + shares.day(DayRole::Issue) * MODEL_WEIGHT
        } else {
            by_rule
        };
        if best.is_none_or(|(top, _)| score > top) {
            best = Some((score, spot));
        }
    }
    let (score, spot) = best.filter(|(score, _)| *score > 0.2)?;
    Some(IssueDay {
        spot: spot.clone(),
        evidence: paper.evidence(spot.segment, &spot.found.at),
        confidence: score.clamp(0.0, 0.97),
    })
}

fn score(paper: &Paper<'_>, spot: &DateSpot) -> f32 {
    let Some(segment) = paper.lines.segments.get(spot.segment) else {
        return 0.0;
    };
    let before = segment
        .lexemes
        .get(..spot.found.lexemes.start)
        .unwrap_or(&[]);
    let after = segment.lexemes.get(spot.found.lexemes.end..).unwrap_or(&[]);
    let near = tail(before, 4);
    let page_penalty = if spot.page > 1 { 0.25 } else { 0.0 };
    let is_range = after.first().is_some_and(|it| it.is_one_of("-–"))
        || near.last().is_some_and(|it| it.is_one_of("-–") && it.glued);
    let mut score: f32 = 0.3;
    let has_words = before
        .iter()
        .any(|it| it.sort == Sort::Word && it.text.len() > 1);
    if has_words {
        score = inline(near, before, paper, spot);
    } else {
        let beside = paper
            .lines
            .left_of(spot.segment)
            .map(|it| it.lexemes.clone())
            .unwrap_or_default();
        let above = paper.lines.label_above(spot.segment);
        score = score.max(label(&beside)).max(label(&above) - 0.02);
        if is_town(&beside) && after.is_empty() {
            score = score.max(0.75);
        }
        if is_meeting(paper, spot) && label(&beside) < NAMES_IT {
            score = 0.12;
        }
        // "Due date" is a date, but another one; "Date of invoice and delivery" is the document's.
        if is_other(&beside) && label(&beside) < NAMES_IT
            || beside.is_empty() && is_other(&above) && label(&above) < NAMES_IT
        {
            score = 0.12;
        }
        // A line with nothing but a day in the upper half is how letters are dated.
        if after.is_empty() && paper.lines.is_near_top(spot.segment) && score > 0.2 {
            score = score.max(0.7);
        }
    }
    if is_range {
        score = score.min(0.2);
    }
    if paper.lines.is_near_top(spot.segment) {
        score += 0.03;
    }
    score - page_penalty
}

/// A day of the week with an hour below it, as `Date: Tuesday 12 May 2026`, `Time: 2.15pm`: when to be
/// somewhere.
fn is_meeting(paper: &Paper<'_>, spot: &DateSpot) -> bool {
    let segments = &paper.lines.segments;
    let mut words = segments
        .get(spot.segment)
        .into_iter()
        .flat_map(|it| &it.lexemes);
    let below = paper.lines.below(spot.segment);
    let below = below.and_then(|it| segments.get(it));
    !paper.lines.is_slip()
        && words.any(|it| it.text.len() > 2 && numerals::weekday(&it.text).is_some())
        && below.is_some_and(|it| time_at(&it.lexemes, 0).is_some())
}

/// A town before a day, apart from it: "Emdersiel:", "Bad Saulgrub, den".
fn is_town(beside: &[Lexeme]) -> bool {
    let words = beside.iter().filter(|it| it.sort == Sort::Word).count();
    let ends = beside
        .iter()
        .rev()
        .find(|it| it.text != "den" && it.text != "am");
    (1..=3).contains(&words)
        && beside.iter().all(|it| it.sort != Sort::Number)
        && ends.is_some_and(|it| it.is_one_of(",:"))
        && !is_other(beside)
}

fn tail(lexemes: &[Lexeme], count: usize) -> &[Lexeme] {
    lexemes
        .get(lexemes.len().saturating_sub(count)..)
        .unwrap_or(&[])
}

/// A day behind words of its own line: a label, a town, or running text.
fn inline(near: &[Lexeme], before: &[Lexeme], paper: &Paper<'_>, spot: &DateSpot) -> f32 {
    // "Handelsrechnung Nr. 4711 vom 31.10.2018": the document's number stands between.
    let numbered = find_any(before, NUMBERED);
    if numbered.is_some_and(|it| it.start <= HEAD_MAX && it.end == before.len()) {
        return BY_NUMBER;
    }
    let labelled = label(near);
    if labelled > 0.5 && !is_other(near) {
        return if before.len() <= 6 {
            labelled
        } else {
            labelled - 0.15
        };
    }
    // "Nienwohlde, den 3. März 2026", "Emdersiel: 07.11.2025", "Hamburg, im März": a town and a day.
    let is_town = before.len() <= 6
        && near
            .iter()
            .rev()
            .find(|it| it.text != "den" && it.text != "am" && it.text != "the")
            .is_some_and(|it| it.is_one_of(",:·|"));
    let ends = paper
        .lines
        .segments
        .get(spot.segment)
        .is_some_and(|it| it.lexemes.len() <= spot.found.lexemes.end + 3);
    if is_town && ends && !is_other(near) {
        return if paper.lines.is_near_top(spot.segment) {
            0.86
        } else {
            0.6
        };
    }
    // "Schema version: 2.1 of 24.03.2020": what a version's number takes the place of.
    let is_version = has(
        tail(before, 8),
        &["version|fassung|stand [#] .. vom|of|from"],
    );
    if is_other(near) || is_version {
        0.1
    } else {
        0.25
    }
}

fn label(lexemes: &[Lexeme]) -> f32 {
    if lexemes.is_empty() || lexemes.len() > 8 {
        return 0.0;
    }
    OWN.iter()
        .find(|(pattern, _)| has(lexemes, &[pattern]))
        .map_or(0.0, |(_, worth)| *worth)
}

fn is_other(lexemes: &[Lexeme]) -> bool {
    has(lexemes, OTHER)
}
