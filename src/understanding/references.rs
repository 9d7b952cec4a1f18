//! Numbers by which the sender knows the matter: a label and what stands behind or below it.

use std::ops::Range;

use crate::domain::finding::{ClaimedBy, Evidence, Field, Finding, Value};
use crate::domain::value::Confidence;

use super::dates::dates;
use super::lex::{Lexeme, find_from};
use super::paper::Paper;

/// How each reference is labelled. `NR` stands for any of the words for *number*.
#[rustfmt::skip]
const LABELS: &[(&str, &[&str])] = &[
    ("invoice_number", &["rechnungsnummer|rechnungsnr|rechnungs-nr|rechnungnr|belegnummer|fakturanummer|fakturanr|beitragsrechnungsnummer", "rechnungs|rechnung|honorarrechnung|honorarnote|faktura|beleg|rg|re NR", "invoice|bill NR", "invoice|rechnung|factuur", "facture [NR]", "factuurnummer|factuurnr", "*rechnung [#] NR"]),
    ("credit_note_number", &["gutschriftsnummer|gutschriftnummer|gutschriftnr|gutschriftsnr", "gutschrift|gutschrifts|korrekturrechnung|rechnungskorrektur NR", "credit note NR", "credit memo NR", "gutschrift", "avoir [NR]"]),
    ("customer_number", &["kundennummer|kundennr|kontaktnummer|kdnr|debitorennummer|debitorennr|partnernummer|geschäftspartnernummer", "kunden|kunde|kd|edv|debitor|debitoren|geschäftspartner NR", "customer|client NR", "customer id"]),
    ("contract_number", &["vertragsnummer|vertragsnr|vertragskonto|vertragskontonummer|mitgliedsvertrag|anschlussnummer", "vertrags|vertrag NR", "vertrag", "contract|agreement NR", "mietvertrag NR"]),
    ("order_number", &["auftragsnummer|auftragsnr|bestellnummer|bestellnr|buchungsauftrag", "auftrags|auftrag|bestell|bestellung NR", "order|po NR", "purchase order [NR]", "auftrag", "bestellung", "order"]),
    ("policy_number", &["versicherungsnummer|versicherungsschein|versicherungsscheinnummer|policennummer|polizzennummer|policennr|vsnr|policenummer", "versicherungsschein|versicherungsschein|police|polizze|policen|versicherungs|vertrags NR", "policy NR"]),
    ("file_number", &["aktenzeichen|geschäftszeichen|steuernummer|geschäftszahl|gz|az|ordnungsbegriff|geschäftsnummer", "unser|mein|ihr|dossier zeichen|NR", "akten|st|steuer NR", "zahl", "our ref|reference", "file|claim NR"]),
    ("case_number", &["fallnummer|vorgangsnummer|schadennummer|schadensnummer|bearbeitungsnummer|ticketnummer|vorgangs-nr", "fall|vorgangs|vorgang|schaden NR", "case|incident NR"]),
    ("quote_number", &["angebotsnummer|angebotsnr|offertnummer|angebotnr", "angebots|angebot|kostenvoranschlag|offerte NR", "quote|quotation|estimate NR"]),
    ("receipt_number", &["bonnummer|bonnr|belegnr|quittungsnummer|kassenbonnr", "bon|beleg|quittung|quittungs NR", "bon", "receipt NR", "ticket NR"]),
    ("delivery_note_number", &["lieferscheinnummer|lieferscheinnr", "lieferschein NR", "delivery note NR"]),
    ("mandate_reference", &["mandatsreferenz|mandatsreferenznummer|mandatsnummer", "mandats|mandat referenz|NR", "mandate reference|NR"]),
    ("payment_reference", &["zahlungsreferenz|kassenzeichen|buchungszeichen|verwendungszweck|zahlungszweck|kundenreferenz|rf", "payment reference", "reference NR", "referenz", "remittance reference"]),
    ("member_number", &["mitgliedsnummer|mitgliedsnr|mitgliednr", "mitglieds|mitglied NR", "member|membership NR"]),
    ("patient_number", &["patientennummer|patientennr|patienten-id|pat-nr|patientenid", "patienten|patient|pat NR", "patient|chart|mrn|hospital NR|id"]),
    ("booking_number", &["buchungsnummer|buchungscode|reservierungsnummer|buchungsnr|reiseauftrag|vorgangscode", "buchungs|reservierungs NR", "booking|reservation|confirmation reference|NR|code"]),
    ("pcn_number", &["pcn NR", "penalty charge notice NR", "pcn", "notice NR"]),
    ("citation_number", &["citation|violation|ticket NR"]),
    ("statement_number", &["auszugsnummer|auszugsnr|kontoauszug", "auszug|kontoauszug|auszugs NR", "statement NR"]),
    ("account_number", &["kontonummer|kontonr|abgabenkonto|buchungskonto|teilnehmernummer|beitragsnummer|beitragskonto", "konto NR", "account|acct NR"]),
    ("court_file_number", &["gerichtsaktenzeichen", "docket|court NR"]),
    ("property_reference", &["property reference|NR", "objekt|objektnummer NR", "objektnummer|liegenschaftsnummer", "parcel|folio|pin NR"]),
    ("insurance_number", &["sozialversicherungsnummer|rentenversicherungsnummer|krankenversichertennummer|versichertennummer|versichertennr|svnr", "national insurance NR"]),
    ("reference", &["zeichen|referenznummer|referenz-nr", "your ref|reference", "reference|ref", "*nummer"]),
];

/// What was found behind a label.
struct Labelled {
    value: String,
    bytes: Range<usize>,
    evidence: Evidence,
    confidence: f32,
}

/// Every labelled reference, at most twelve, each name once.
pub fn references(paper: &Paper<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for (name, patterns) in LABELS {
        let best = patterns
            .iter()
            .find_map(|it| labelled(paper, it, &findings));
        if let Some(it) = best {
            findings.push(Finding {
                field: Field::Reference,
                name: (*name).to_owned(),
                value: Value::Text(it.value),
                confidence: Confidence::new(it.confidence),
                evidence: Some(it.evidence),
                by: ClaimedBy::Rule,
                why: None,
            });
        }
    }
    findings.truncate(12);
    findings
}

/// The first value that stands behind, right of or below a label.
fn labelled(paper: &Paper<'_>, pattern: &'static str, known: &[Finding]) -> Option<Labelled> {
    let is_new = |value: &str| {
        !known
            .iter()
            .any(|it| matches!(&it.value, Value::Text(text) if text == value))
    };
    for (segment, passage) in paper.lines.segments.iter().enumerate() {
        let mut from = 0;
        while let Some(range) = find_from(&passage.lexemes, from, pattern) {
            from = range.end;
            let end = remark_end(&passage.lexemes, range.end);
            let here = behind(paper, segment, end).filter(|it| is_new(&it.value));
            // Beside and below only where the label ends its segment.
            let rest = passage.lexemes.get(range.end..).unwrap_or(&[]);
            let ends = rest
                .iter()
                .all(|it| it.is_one_of(".:#-*)°") || is_filler(it));
            let is_label = range.start <= 1;
            let beside = || {
                let right = paper
                    .lines
                    .right_of(segment)
                    .and_then(|it| behind(paper, it, 0));
                let below = || {
                    paper
                        .lines
                        .below(segment)
                        .and_then(|it| behind(paper, it, 0))
                };
                right.or_else(below).filter(|it| is_new(&it.value))
            };
            if let Some(it) = here {
                return Some(it);
            }
            if ends
                && is_label
                && let Some(it) = beside()
            {
                return Some(Labelled {
                    confidence: 0.9,
                    ..it
                });
            }
        }
    }
    None
}

/// Behind a remark in brackets that belongs to a label: `Aktenzeichen (bitte stets angeben): …`.
fn remark_end(lexemes: &[Lexeme], from: usize) -> usize {
    let is_open = lexemes.get(from).is_some_and(|it| it.is_mark('('));
    let inside = lexemes.get(from..).unwrap_or(&[]).iter().take(8);
    let close = inside.enumerate().find(|(_, it)| it.is_mark(')'));
    match close {
        Some((length, _)) if is_open => {
            let words = lexemes.get(from..from + length).unwrap_or(&[]);
            let is_remark = words.iter().all(|it| it.number().is_none());
            if is_remark { from + length + 1 } else { from }
        }
        Some(_) | None => from,
    }
}

fn is_filler(lexeme: &Lexeme) -> bool {
    matches!(
        lexeme.text.as_str(),
        "nr" | "nummer"
            | "no"
            | "number"
            | "ist"
            | "lautet"
            | "is"
            | "der"
            | "die"
            | "bitte"
            | "angeben"
            | "id"
    )
}

/// The number that begins at a lexeme of a segment, and its bytes there.
pub(super) fn number_at(
    paper: &Paper<'_>,
    segment: usize,
    lexeme: usize,
) -> Option<(String, Range<usize>)> {
    let found = behind(paper, segment, lexeme)?;
    Some((found.value, found.bytes))
}

/// The number that begins at a lexeme of a segment: words in capitals and figures, with at least one
/// digit, no day and no amount.
fn behind(paper: &Paper<'_>, segment: usize, from: usize) -> Option<Labelled> {
    let passage = paper.lines.segments.get(segment)?;
    let mut start = from;
    while passage
        .lexemes
        .get(start)
        .is_some_and(|it| it.is_one_of(".:#-*)°№„\"(") || is_filler(it))
        && start < from + 5
    {
        start += 1;
    }
    let first = passage.lexemes.get(start)?;
    if first.glued && start == from && start > 0 {
        return None;
    }
    let offset = first.at.start;
    let text = passage.text.get(offset..)?;
    let is_day = dates(passage.lexemes.get(start..)?, paper.style)
        .first()
        .is_some_and(|it| it.lexemes.start == 0);
    if is_day {
        return None;
    }
    let length = value_length(text)?;
    let value = text.get(..length)?;
    let after = text.get(length..).unwrap_or("").trim_start();
    let is_money = after.starts_with(['€', '%', '$', '£'])
        || after.starts_with("EUR")
        || after.starts_with("Euro");
    let bytes: Range<usize> = offset..offset + length;
    (!is_money).then(|| Labelled {
        value: value.to_owned(),
        evidence: passage.evidence(&bytes),
        bytes,
        confidence: 0.93,
    })
}

/// How many bytes of a text are one reference.
fn value_length(text: &str) -> Option<usize> {
    let mut length = 0;
    let mut digits = 0;
    let mut offset = 0;
    for (index, word) in text.split(' ').enumerate() {
        let core = word
            .trim_end_matches([',', ';', ')', ':', '"', '“', '.', '|', '»', '*'])
            .trim_end_matches('·');
        let word_digits = core.bytes().filter(u8::is_ascii_digit).count();
        let is_code = !core.is_empty()
            && core.chars().all(|it| {
                it.is_ascii_uppercase()
                    || it.is_ascii_digit()
                    || "-/._+#".contains(it)
                    || (word_digits > 0 && it.is_ascii_lowercase())
            });
        let is_prefix = word_digits == 0 && core.chars().count() <= 5;
        if !is_code
            || index > 6
            || is_prefix && index > 0 && digits == 0
            || is_year_like(core) && index > 0
        {
            break;
        }
        if word_digits == 0 && index > 0 && !is_group_tail(core, text, offset) {
            break;
        }
        offset += word.len() + 1;
        length = offset - 1 - (word.len() - core.len());
        digits += word_digits;
        if core.len() < word.len() {
            break;
        }
    }
    (digits >= 2 || digits == 1 && length >= 4).then_some(length)
}

/// Amounts and years do not continue a number.
fn is_year_like(core: &str) -> bool {
    core.contains(',') || core.len() == 10 && core.bytes().filter(|it| *it == b'.').count() == 2
}

/// A group of capitals inside or at the end of a number (`PF 4471 0082 DE`, `KV19 TRX`): at most
/// three, at the end of the text or before more figures.
fn is_group_tail(core: &str, text: &str, offset: usize) -> bool {
    let rest = text.get(offset + core.len()..).unwrap_or("").trim_start();
    core.len() <= 3 && (rest.is_empty() || rest.starts_with(|it: char| it.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::super::lines::tests::{context, typed};
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        let reading = typed(text);
        let context = context();
        let found = references(&Paper::of(&reading, &context));
        found
            .into_iter()
            .filter_map(|it| match it.value {
                Value::Text(value) => Some((it.name, value)),
                Value::Money(_) | Value::Date(_) | Value::Iban(_) | Value::Kind(_) => None,
            })
            .collect()
    }

    #[test]
    fn a_number_stands_behind_or_below_its_label() {
        for (text, name, value) in [
            ("Rechnung Nr. 2025-0871", "invoice_number", "2025-0871"),
            (
                "Rechnungsnummer:    R 2508-66",
                "invoice_number",
                "R 2508-66",
            ),
            (
                "Kundennummer\nK 3381 2097",
                "customer_number",
                "K 3381 2097",
            ),
            (
                "Ihre Kundennr. 31770, bitte angeben",
                "customer_number",
                "31770",
            ),
            (
                "Account number: 7714 0228 6",
                "account_number",
                "7714 0228 6",
            ),
            ("Invoice No. INV-1187", "invoice_number", "INV-1187"),
            (
                "Aktenzeichen: 541.7.220938.4",
                "file_number",
                "541.7.220938.4",
            ),
            ("Unser Zeichen: ZB 2025/0412", "file_number", "ZB 2025/0412"),
        ] {
            assert!(
                read(text).contains(&(name.to_owned(), value.to_owned())),
                "{text}: {:?}",
                read(text)
            );
        }
        for text in [
            "Rechnung vom 02.09.2025",
            "Rechnung 120,00 €",
            "Kundennummer bitte angeben",
        ] {
            assert!(read(text).is_empty(), "{text}: {:?}", read(text));
        }
    }
}
