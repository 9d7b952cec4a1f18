//! Why a finding is what it is, in one sentence for a person.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::finding::{ClaimedBy, Field, Finding};
use super::person::Language;
use super::wording;

/// Letters of a label that are kept.
pub const LABEL_LETTERS_MAX: usize = 60;

/// What speaks for a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// It stands behind or right of these words.
    RightOf(String),
    /// It stands below these words.
    Below(String),
    /// It is marked on the page, without a label.
    Quoted,
    /// The letter's heading and words say so.
    Wording,
    /// A model was taught by letters of this sort.
    Model,
    /// The data of an e-invoice says so.
    Invoice,
    /// A payment code says so.
    PaymentCode,
    /// Its check digits are right.
    CheckDigits,
    /// Its check digits are right, and a payment code says the same.
    CheckDigitsInCode,
    /// Net and VAT make this sum.
    NetPlusVat,
    /// The amounts above it make this sum.
    ColumnSum,
    /// It stands in the letterhead.
    Letterhead,
    /// It stands in the footer.
    Footer,
    /// The mail says from whom it is.
    MailFrom,
    /// It stands in the address field.
    AddressField,
    /// A person taught the name or kind of this sender's letters.
    Taught,
    /// A person said so, nobody knows when.
    Said,
    /// A person put it right in an earlier letter with such a layout.
    Learned {
        /// Who, by their name then.
        by: Option<String>,
        /// When.
        at: Timestamp,
    },
    /// A person said so of this document.
    Corrected {
        /// Who, by their name now.
        by: Option<String>,
        /// When.
        at: Timestamp,
    },
}

/// The sentence about a finding; days begin in `zone`. What was found before reasons were kept has
/// one of its origin alone.
pub fn sentence(finding: &Finding, language: Language, zone: &TimeZone) -> String {
    let by_origin = match finding.by {
        ClaimedBy::Data => Why::Invoice,
        ClaimedBy::Model => Why::Model,
        ClaimedBy::Person => Why::Said,
        ClaimedBy::Rule if finding.evidence.is_none() => Why::Wording,
        ClaimedBy::Rule => Why::Quoted,
    };
    let why = finding.why.as_ref().unwrap_or(&by_origin);
    match language {
        Language::German => german(why, finding.field, zone),
        Language::English => english(why, finding.field, zone),
    }
}

fn german(why: &Why, field: Field, zone: &TimeZone) -> String {
    let fixed = match why {
        Why::RightOf(label) => return format!("Steht hinter den Worten „{label}“"),
        Why::Below(label) => return format!("Steht unter den Worten „{label}“"),
        Why::Learned { by, at } => {
            let (by, day) = (from(by.as_ref(), " von "), day(*at, Language::German, zone));
            return format!("So berichtigt{by} am {day} für Schreiben dieses Absenders");
        }
        Why::Corrected { by, at } => {
            let (by, day) = (from(by.as_ref(), " von "), day(*at, Language::German, zone));
            return format!("Berichtigt{by} am {day}");
        }
        Why::Quoted => "Steht an der markierten Stelle",
        Why::Wording => "Die Worte des Schreibens sprechen dafür",
        Why::Model if field == Field::Kind => {
            "Schreiben mit solchen Worten sind meist von dieser Art"
        }
        Why::Model => "Ein Sprachmodell hat es gefunden, und es steht auf der Seite",
        Why::Invoice => "Gelesen aus den Daten der E-Rechnung",
        Why::PaymentCode => "Gelesen aus dem Zahlungscode",
        Why::CheckDigits => "Die Prüfziffern stimmen",
        Why::CheckDigitsInCode => "Die Prüfziffern der IBAN stimmen, und sie steht im Zahlungscode",
        Why::NetPlusVat => "Netto und Mehrwertsteuer ergeben diese Summe",
        Why::ColumnSum => "Die Beträge darüber ergeben diese Summe",
        Why::Letterhead => "Steht im Briefkopf",
        Why::Footer => "Steht in der Fußzeile",
        Why::MailFrom => "Die Mail nennt diesen Absender",
        Why::AddressField => "Steht im Anschriftfeld",
        Why::Said => "Von einer Person gesagt",
        Why::Taught => "So hat es eine Person für diesen Absender gesagt",
    };
    fixed.to_owned()
}

fn english(why: &Why, field: Field, zone: &TimeZone) -> String {
    let fixed = match why {
        Why::RightOf(label) => return format!("Stands right of the words “{label}”"),
        Why::Below(label) => return format!("Stands below the words “{label}”"),
        Why::Learned { by, at } => {
            let (by, day) = (from(by.as_ref(), " by "), day(*at, Language::English, zone));
            return format!("As corrected{by} on {day} for this sender's letters");
        }
        Why::Corrected { by, at } => {
            let (by, day) = (from(by.as_ref(), " by "), day(*at, Language::English, zone));
            return format!("Corrected{by} on {day}");
        }
        Why::Quoted => "Stands at the marked place",
        Why::Wording => "The words of the letter speak for it",
        Why::Model if field == Field::Kind => "Letters with such words are mostly of this kind",
        Why::Model => "A language model found it, and it stands on the page",
        Why::Invoice => "Read from the data of the e-invoice",
        Why::PaymentCode => "Read from the payment code",
        Why::CheckDigits => "The check digits are right",
        Why::CheckDigitsInCode => {
            "The IBAN's check digits are right, and it stands in the payment code"
        }
        Why::NetPlusVat => "Net plus VAT makes this sum",
        Why::ColumnSum => "The amounts above make this sum",
        Why::Letterhead => "Stands in the letterhead",
        Why::Footer => "Stands in the footer",
        Why::MailFrom => "The mail names this sender",
        Why::AddressField => "Stands in the address field",
        Why::Said => "Said by a person",
        Why::Taught => "A person said so of this sender",
    };
    fixed.to_owned()
}

fn from(by: Option<&String>, word: &str) -> String {
    by.map_or_else(String::new, |it| format!("{word}{it}"))
}

fn day(at: Timestamp, language: Language, zone: &TimeZone) -> String {
    wording::day(at.to_zoned(zone.clone()).date(), language)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::finding::Value;
    use crate::domain::value::Confidence;

    fn finding(by: ClaimedBy, why: Option<Why>) -> Finding {
        Finding {
            field: Field::IssueDate,
            name: String::new(),
            value: Value::Date(jiff::civil::date(2026, 3, 1)),
            confidence: Confidence::CERTAIN,
            evidence: None,
            by,
            why,
        }
    }

    #[test]
    fn a_reason_is_one_sentence_in_each_language() {
        let learned = Why::Learned {
            by: Some("Anna".to_owned()),
            at: "2026-05-03T22:30:00Z".parse().unwrap(),
        };
        let berlin = TimeZone::fixed(jiff::tz::offset(2));
        for (why, german, english) in [
            (
                learned,
                "So berichtigt von Anna am 4. Mai 2026 für Schreiben dieses Absenders",
                "As corrected by Anna on 4 May 2026 for this sender's letters",
            ),
            (
                Why::RightOf("Rechnungsdatum".to_owned()),
                "Steht hinter den Worten „Rechnungsdatum“",
                "Stands right of the words “Rechnungsdatum”",
            ),
        ] {
            let finding = finding(ClaimedBy::Rule, Some(why));
            let said =
                [Language::German, Language::English].map(|it| sentence(&finding, it, &berlin));
            assert_eq!(said, [german, english]);
        }
        let old = finding(ClaimedBy::Data, None);
        let said = sentence(&old, Language::English, &TimeZone::UTC);
        assert_eq!(said, "Read from the data of the e-invoice");
    }
}
