//! What sort of document it is, by its headings and by words that only one sort uses.

use crate::domain::document::Kind;
use crate::domain::finding::Evidence;
use crate::domain::value::Confidence;

use super::lex::{Sort, find, has, match_at};
use super::lines::{Lines, Passage};

/// Patterns that speak for a kind, with their weight where they stand in a heading of the first page;
/// elsewhere they weigh a quarter. Stronger kinds come first: a reminder also says *invoice*.
const HEADINGS: &[(Kind, u16, &str)] = &[
    (
        Kind::PaymentReminder,
        16,
        "mahnung|zahlungserinnerung|mahnbescheid|zahlungsaufforderung|*mahnung",
    ),
    (
        Kind::PaymentReminder,
        14,
        "payment|final|friendly reminder|demand",
    ),
    (
        Kind::PaymentReminder,
        14,
        "erinnerung|erinnern .. rechnung|zahlung",
    ),
    (
        Kind::PaymentReminder,
        13,
        "overdue invoice|account|payment|balance",
    ),
    (
        Kind::PaymentReminder,
        11,
        "reminder .. invoice|payment|bill",
    ),
    (
        Kind::CreditNote,
        13,
        "gutschrift|rechnungskorrektur|stornorechnung|avoir",
    ),
    (Kind::CreditNote, 13, "credit note|memo"),
    (
        Kind::Fine,
        14,
        "bußgeldbescheid|anhörungsbogen|verwarnungsgeld|anonymverfügung|strafverfügung|organstrafverfügung|ordnungsbusse|übertretungsanzeige|strafbefehl",
    ),
    (Kind::Fine, 14, "penalty charge|notice notice"),
    (Kind::Fine, 14, "parking charge|ticket|citation|violation"),
    (Kind::Fine, 13, "pcn number|no"),
    (Kind::Fine, 12, "pcn|contravention"),
    (Kind::Fine, 10, "schriftliche verwarnung"),
    (
        Kind::Tax,
        14,
        "steuerbescheid|einkommensteuerbescheid|*steuerbescheid|*steuervorauszahlung*|grundsteuer*|gewerbesteuer*|hundesteuer*|abgabenbescheid|vorauszahlungsbescheid|steuerverfügung|veranlagungsverfügung|steuerrechnung",
    ),
    (Kind::Tax, 12, "bescheid .. *steuer*"),
    (Kind::Tax, 12, "council|property tax bill|statement"),
    (Kind::Tax, 12, "vehicle|road|property tax"),
    (Kind::Tax, 10, "tax assessment|return|calculation|notice"),
    (Kind::Tax, 9, "finanzamt .. "),
    (
        Kind::Payslip,
        14,
        "gehaltsabrechnung|lohnabrechnung|entgeltabrechnung|lohnzettel|verdienstabrechnung|bezügemitteilung|payslip",
    ),
    (Kind::Payslip, 13, "abrechnung der brutto|bezüge"),
    (Kind::Payslip, 13, "pay slip|stub|advice|statement"),
    (
        Kind::BankStatement,
        16,
        "kontoauszug|depotauszug|kreditkartenabrechnung|rechnungsabschluss|finanzstatus",
    ),
    (Kind::BankStatement, 13, "bank|account|card statement"),
    (Kind::BankStatement, 12, "statement of account"),
    (
        Kind::Quote,
        13,
        "angebot|kostenvoranschlag|offerte|quotation|quote|estimate",
    ),
    (
        Kind::Order,
        13,
        "auftragsbestätigung|bestellbestätigung|bestelleingang",
    ),
    (Kind::Order, 12, "order confirmation"),
    (Kind::Order, 9, "ihre bestellung"),
    (Kind::Order, 9, "your order"),
    (Kind::Delivery, 13, "lieferschein|packzettel|packliste"),
    (Kind::Delivery, 13, "delivery|packing note|slip|list"),
    (
        Kind::Cancellation,
        14,
        "kündigungsbestätigung|kündigung|stornierung",
    ),
    (
        Kind::Cancellation,
        12,
        "cancellation|termination confirmation|notice|of",
    ),
    (
        Kind::Contract,
        12,
        "*vertrag|vertragsbestätigung|mietvertrag|arbeitsvertrag|*vereinbarung|tenancy|agreement",
    ),
    (
        Kind::Contract,
        8,
        "preisänderung|preisanpassung|vertragsverlängerung|änderung ihrer *preise",
    ),
    (
        Kind::Insurance,
        12,
        "versicherungsschein|versicherungspolice|*versicherung|beitragsrechnung|prämienrechnung|schadenmeldung|schadennummer",
    ),
    (
        Kind::Insurance,
        12,
        "insurance policy|renewal|certificate|schedule",
    ),
    (Kind::Insurance, 9, "your .. insurance"),
    (
        Kind::Certificate,
        13,
        "zuwendungsbestätigung|spendenbescheinigung|spendenbestätigung|bescheinigung|zeugnis|urkunde|zertifikat|teilnahmebestätigung|immatrikulationsbescheinigung|meldebescheinigung|certificate",
    ),
    (Kind::Certificate, 13, "bestätigung über *zuwendung*"),
    (
        Kind::Warranty,
        12,
        "garantie|garantieschein|garantiekarte|garantieurkunde|warranty|guarantee",
    ),
    (
        Kind::Parcel,
        13,
        "abholschein|benachrichtigungskarte|sendungsverfolgung|paketankündigung|versandbestätigung",
    ),
    (Kind::Parcel, 13, "benachrichtigung .. sendung|paket"),
    (Kind::Parcel, 11, "ihr|ihre paket|sendung|päckchen"),
    (Kind::Advertisement, 9, "letzte|last chance"),
    (Kind::Parcel, 11, "your parcel|package|delivery|shipment"),
    (Kind::Parcel, 11, "sorry we missed you"),
    (
        Kind::Appointment,
        12,
        "terminbestätigung|terminerinnerung|terminvereinbarung|ihr termin|vorladung",
    ),
    (
        Kind::Appointment,
        12,
        "appointment confirmation|reminder|letter|details|card",
    ),
    (Kind::Appointment, 10, "your appointment"),
    (
        Kind::Invitation,
        12,
        "einladung|invitation|mitgliederversammlung|eigentümerversammlung|hauptversammlung|elternabend|generalversammlung",
    ),
    (Kind::Invitation, 9, "you are invited"),
    (Kind::Invitation, 9, "laden|lade .. ein"),
    (
        Kind::Medical,
        11,
        "befund|arztbrief|befundbericht|laborbefund|rezept|überweisungsschein|entlassungsbericht|arztbericht|prescription|diagnose",
    ),
    (Kind::Medical, 10, "test|lab results|report"),
    (
        Kind::OfficialNotice,
        10,
        "bescheid|*bescheid|verfügung|allgemeinverfügung|anhörung|bewilligungsbescheid|personalausweis*|reisepass*|verwaltungsakt",
    ),
    (
        Kind::OfficialNotice,
        9,
        "rechtsbehelfsbelehrung|rechtsmittelbelehrung",
    ),
    (
        Kind::Receipt,
        12,
        "kassenbon|quittung|kassenbeleg|kaufbeleg|receipt|barverkauf|kundenbeleg",
    ),
    (Kind::Receipt, 9, "cash|sales receipt|bill|sale"),
    (
        Kind::Receipt,
        8,
        "kartenzahlung|wechselgeld|rückgeld|girocard",
    ),
    (
        Kind::Invoice,
        11,
        "rechnung|*rechnung|honorarnote|honorarrechnung|faktura|liquidation|invoice|rechnungsnummer|facture",
    ),
    (Kind::Invoice, 10, "invoice|bill number|no|date|to"),
    (
        Kind::Invoice,
        8,
        "abrechnung|*abrechnung|jahresabrechnung|nebenkostenabrechnung|gebührenbescheid|vorschreibung|statement",
    ),
    (
        Kind::Advertisement,
        9,
        "newsletter|abmelden|unsubscribe|gutschein*|sonderangebot|rabattaktion",
    ),
    (Kind::Advertisement, 9, "nur heute|noch .. rabatt|sparen"),
    (Kind::Advertisement, 9, "jetzt sichern|bestellen|zugreifen"),
    (Kind::Advertisement, 9, "sale ends|starts|now"),
    (Kind::Advertisement, 9, "biggest|clearance sale"),
    (
        Kind::Letter,
        9,
        "zählerablesung|zählerstandsmeldung|ablesekarte",
    ),
    (Kind::Letter, 9, "ablesung ihres|des|der *zähler*"),
    (Kind::Letter, 9, "meter reading"),
    // Things that are lent are asked back, and no money.
    (Kind::Letter, 13, "overdue|borrowed book|books|media"),
    (
        Kind::Letter,
        13,
        "item|items|book|books .. overdue … library|loan|loans|card",
    ),
    (Kind::Letter, 13, "library card|loan*"),
    (
        Kind::Letter,
        13,
        "leihfrist|leihfristende|entliehene* [medien|bücher]",
    ),
    (Kind::Letter, 13, "rückgabe .. medien|bücher"),
    (
        Kind::Advertisement,
        8,
        "limited time|exclusive offer|offers|deal",
    ),
];

/// The kind that the headings speak for; a letter where they say nothing but somebody is addressed.
pub fn kind_by_rules(lines: &Lines) -> Option<(Kind, Confidence, Evidence)> {
    let typical = typical_height(lines);
    let mut scores: Vec<(Kind, u16, Option<Evidence>, u16)> = Vec::new();
    for (index, passage) in lines.segments.iter().enumerate() {
        let prominence = prominence(passage, typical);
        if prominence == 0 {
            continue;
        }
        // `Grundsteuer      211,40` is one row of a bill.
        let beside = lines.right_of(index).and_then(|it| lines.segments.get(it));
        let is_row = beside.is_some_and(is_sum);
        for (kind, weight, pattern) in HEADINGS {
            let Some(range) = find(&passage.lexemes, pattern) else {
                continue;
            };
            let is_early = range.start <= 2 && !is_row;
            let worth = match (is_early, prominence) {
                (true, 2..) => weight * prominence / 4 + 3,
                (true, _) => weight * prominence / 4,
                (false, _) => weight * prominence / 8,
            };
            let evidence = passage.evidence(&passage.bytes(&range));
            match scores.iter_mut().find(|(it, ..)| it == kind) {
                Some((_, score, best, best_worth)) => {
                    *score = (*score).max(worth) + u16::from(worth >= 4);
                    if worth > *best_worth {
                        *best = Some(evidence);
                        *best_worth = worth;
                    }
                }
                None => scores.push((*kind, worth, Some(evidence), worth)),
            }
        }
    }
    let best = scores.into_iter().max_by_key(|(_, score, ..)| *score);
    match best {
        Some((kind, score, Some(evidence), _)) if score >= 5 => {
            let confidence = Confidence::new(0.35 + f32::from(score.min(20)) * 0.03);
            Some((kind, confidence, evidence))
        }
        _ => letter(lines),
    }
}

/// Whether a passage is an amount and nothing else.
fn is_sum(passage: &Passage) -> bool {
    let has_figure = passage.lexemes.iter().any(|it| it.sort == Sort::Number);
    let is_decimal = passage.text.contains([',', '.']);
    let words = passage.lexemes.iter().filter(|it| it.sort == Sort::Word);
    let mut words = words.map(|it| it.text.as_str());
    has_figure && is_decimal && words.all(|it| matches!(it, "eur" | "euro" | "chf"))
}

/// Whether a document is about things that are lent, as by a library.
pub fn lends(lines: &Lines) -> bool {
    let words = [
        "leihfrist*|ausgeliehen*|entliehen*|ausleihe|stadtbibliothek|bücherei|stadtbücherei|borrowed",
        "on loan",
        "checked out",
        "library card|account|item*|loan*",
        "public library",
    ];
    lines.paragraphs.iter().any(|it| has(&it.lexemes, &words))
}

/// Something with a form of address or a farewell and nothing else to tell its kind is a letter.
fn letter(lines: &Lines) -> Option<(Kind, Confidence, Evidence)> {
    let forms = "sehr|liebe|lieber|hallo|dear|moin|servus|grüß|guten|herzliche|grüße|regards|sincerely|gruß|drückt";
    let passage = lines
        .segments
        .iter()
        .find(|it| match_at(&it.lexemes, 0, forms).is_some())?;
    let evidence = passage.evidence(&(0..passage.text.len()));
    Some((Kind::Letter, Confidence::new(0.5), evidence))
}

/// The height of most lines.
fn typical_height(lines: &Lines) -> f32 {
    let mut heights: Vec<f32> = lines.segments.iter().map(|it| it.at.h).collect();
    heights.sort_by(f32::total_cmp);
    heights.get(heights.len() / 2).copied().unwrap_or(10.0)
}

/// How much a segment looks like a heading, 0 (running text) to 6.
fn prominence(passage: &Passage, typical: f32) -> u16 {
    if passage.page > 1 {
        return 0;
    }
    let words = passage.text.split(' ').count().min(passage.lexemes.len());
    let is_short = words <= 9;
    let is_line = words <= 16 && passage.text.chars().next().is_some_and(char::is_uppercase);
    let is_big = passage.at.h > typical * 1.25;
    let is_upper_part = passage.at.y < 650.0;
    match (is_big, is_short, is_upper_part) {
        (true, true, true) => 6,
        (false, true, true) => 4,
        (true, _, _) => 3,
        (false, false, true) if is_line => 2,
        (false, true, false) | (false, false, true) => 1,
        (false, false, false) => 0,
    }
}
