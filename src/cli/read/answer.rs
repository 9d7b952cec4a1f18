//! What is said about one file, in the form that programs rely on.
//!
//! Names and shapes here are a promise: dates are ISO 8601, amounts decimal strings, boxes
//! thousandths of the page's width. Fields are added, never renamed.

use std::collections::BTreeMap;
use std::io::{self, Write};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::domain::document::{Code, Kind, MediaType, Page, PageSource, Sha256Hash};
use crate::domain::finding::{ClaimedBy, Evidence, Extraction, Field, Finding, Question, Value};
use crate::domain::obligation::Obligation;
use crate::domain::person::Language;
use crate::domain::value::{Confidence, Iban, Money};
use crate::domain::why;
use crate::reading::Timings;
use crate::reading::process::ReadOutcome;

/// References named at most; more would be a copy of the page.
const REFERENCES_MAX: usize = 12;

/// All that is said about one file.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Answer {
    /// As it was named.
    pub file: String,
    /// Why there is nothing else, if there is not.
    pub error: Option<Problem>,
    /// Of its bytes.
    pub sha256: Option<Sha256Hash>,
    /// What its first bytes say.
    pub media_type: Option<MediaType>,
    /// Its sheets.
    pub pages: Vec<PageAnswer>,
    /// What is claimed about it.
    #[serde(flatten)]
    pub claims: Claims,
    /// Names of the parts whose words are among the pages.
    pub children: Vec<String>,
    /// The words of all pages, a line each, pages apart by a form feed.
    pub text: String,
    /// How long each part took.
    pub timings_ms: Timings,
}

/// Why a file has no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// For programs.
    pub code: String,
    /// For people.
    pub message: String,
}

/// One sheet, without its words.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PageAnswer {
    /// From 1.
    pub number: u32,
    /// Where its words come from.
    pub source: PageSource,
    /// In points.
    pub width: f32,
    /// In points.
    pub height: f32,
    /// How many words it has.
    pub words: usize,
    /// From 0 to 1.
    pub mean_confidence: f32,
}

/// What a document says and wants.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Claims {
    /// ISO 639-1.
    pub language: Option<String>,
    /// What sort of document.
    pub kind: Option<KindAnswer>,
    /// Who wrote it.
    pub sender: Option<Sender>,
    /// The day it carries.
    pub issue_date: Option<Date>,
    /// Numbers by which the sender knows the matter.
    pub references: BTreeMap<String, String>,
    /// The document's own total.
    pub total: Option<Money>,
    /// What is still to be paid.
    pub payable: Option<Money>,
    /// The account to pay to, without spaces.
    pub iban: Option<String>,
    /// Parcels.
    pub tracking_numbers: Vec<String>,
    /// Machine-readable codes.
    pub codes: Vec<CodeAnswer>,
    /// The day a contract's term ends.
    pub contract_end: Option<Date>,
    /// As the letter says it.
    pub notice_period: Option<String>,
    /// What becomes a task.
    pub obligations: Vec<Obligation>,
    /// What a person should decide.
    pub questions: Vec<Question>,
    /// Every claim with its evidence and what speaks for it.
    pub findings: Vec<Explained>,
}

/// A claim and why it is made.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explained {
    /// What about.
    pub field: Field,
    /// Which one of several; else empty.
    pub name: String,
    /// What it says.
    pub value: Value,
    /// How sure.
    pub confidence: Confidence,
    /// Where it says so.
    pub evidence: Option<Evidence>,
    /// Who says so.
    pub by: ClaimedBy,
    /// What speaks for it, one sentence in English.
    pub why: String,
}

impl From<&Finding> for Explained {
    fn from(finding: &Finding) -> Self {
        Self {
            field: finding.field,
            name: finding.name.clone(),
            value: finding.value.clone(),
            confidence: finding.confidence,
            evidence: finding.evidence.clone(),
            by: finding.by,
            why: why::sentence(finding, Language::English, &TimeZone::UTC),
        }
    }
}

/// A kind and how sure it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KindAnswer {
    /// Which.
    pub value: Kind,
    /// How sure.
    pub confidence: Confidence,
}

/// Who wrote a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sender {
    /// As the letter prints it.
    pub name: String,
}

/// A machine-readable code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CodeAnswer {
    /// What it is.
    pub symbology: String,
    /// What it says.
    pub text: String,
}

impl Answer {
    /// About a file that was read.
    pub fn new(file: String, sha256: Sha256Hash, outcome: &ReadOutcome) -> Self {
        let reading = &outcome.reading;
        let nothing = Extraction::default();
        let extraction = outcome.extraction.as_ref().unwrap_or(&nothing);
        Self {
            file,
            error: None,
            sha256: Some(sha256),
            media_type: Some(reading.media_type),
            pages: reading.pages.iter().map(PageAnswer::from).collect(),
            claims: Claims::new(extraction, &reading.codes),
            children: reading.children.clone(),
            text: reading.text(),
            timings_ms: outcome.timings,
        }
    }

    /// About a file that could not be read.
    pub fn failed(file: String, code: &str, message: &str) -> Self {
        let error = Problem {
            code: code.to_owned(),
            message: message.to_owned(),
        };
        Self {
            file,
            error: Some(error),
            ..Self::default()
        }
    }

    /// A few lines for people.
    pub fn write_summary(&self, to: &mut impl Write) -> io::Result<()> {
        writeln!(to, "{}", self.file)?;
        if let Some(error) = &self.error {
            return writeln!(to, "  not read: {}\n", error.message);
        }
        let words: usize = self.pages.iter().map(|it| it.words).sum();
        let from = self.pages.first().map_or("", |it| it.source.as_str());
        writeln!(to, "  {} page(s), {words} words ({from})", self.pages.len())?;
        self.claims.write_summary(to)?;
        writeln!(to)
    }
}

impl From<&Page> for PageAnswer {
    fn from(page: &Page) -> Self {
        Self {
            number: page.number,
            source: page.source,
            width: page.width,
            height: page.height,
            words: page.words.len(),
            mean_confidence: page.mean_confidence(),
        }
    }
}

impl Claims {
    /// From what was extracted.
    pub fn new(extraction: &Extraction, codes: &[Code]) -> Self {
        let texts = |field| {
            let findings = extraction
                .findings
                .iter()
                .filter(move |it| it.field == field);
            findings.filter_map(|it| Some((it.name.clone(), text(&it.value)?)))
        };
        let kind = extraction
            .finding(Field::Kind)
            .and_then(|it| match it.value {
                Value::Kind(value) => Some(KindAnswer {
                    value,
                    confidence: it.confidence,
                }),
                Value::Money(_) | Value::Date(_) | Value::Iban(_) | Value::Text(_) => None,
            });
        let mut references = BTreeMap::new();
        for (name, value) in texts(Field::Reference) {
            if references.len() < REFERENCES_MAX {
                references.entry(name).or_insert(value);
            }
        }
        let code = |it: &Code| CodeAnswer {
            symbology: it.symbology.clone(),
            text: it.text.clone(),
        };
        Self {
            language: texts(Field::Language).next().map(|it| it.1),
            kind,
            sender: texts(Field::Sender).next().map(|(_, name)| Sender { name }),
            issue_date: extraction.date(Field::IssueDate),
            references,
            total: extraction.money(Field::Total),
            payable: extraction.money(Field::Payable),
            iban: extraction.finding(Field::Iban).and_then(iban),
            tracking_numbers: texts(Field::TrackingNumber).map(|it| it.1).collect(),
            codes: codes.iter().map(code).collect(),
            contract_end: extraction.date(Field::ContractEnd),
            notice_period: texts(Field::NoticePeriod).next().map(|it| it.1),
            obligations: extraction.obligations.clone(),
            questions: extraction.questions.clone(),
            findings: extraction.findings.iter().map(Explained::from).collect(),
        }
    }

    fn write_summary(&self, to: &mut impl Write) -> io::Result<()> {
        let mut line = |name: &str, value: Option<String>| match value {
            Some(value) => writeln!(to, "  {name:<12} {value}"),
            None => Ok(()),
        };
        line("kind", self.kind.as_ref().map(|it| it.value.to_string()))?;
        line("sender", self.sender.as_ref().map(|it| it.name.clone()))?;
        line("date", self.issue_date.map(|it| it.to_string()))?;
        let money = |it: Money| format!("{} {}", it.amount, it.currency);
        line("total", self.total.map(money))?;
        line("to pay", self.payable.map(money))?;
        line("account", self.iban.as_deref().map(spaced))?;
        for (name, value) in &self.references {
            line(
                "reference",
                Some(format!("{value} ({})", name.replace('_', " "))),
            )?;
        }
        for code in &self.codes {
            line(
                "code",
                Some(code.text.lines().take(3).collect::<Vec<_>>().join(" ")),
            )?;
        }
        for duty in &self.obligations {
            let amount = duty.amount.map(|it| format!(", {it}")).unwrap_or_default();
            let right = if duty.optional {
                " (a right, no duty)"
            } else {
                ""
            };
            line(
                "due",
                Some(format!("{} by {}{amount}{right}", duty.action, duty.due)),
            )?;
        }
        for question in &self.questions {
            line("question", Some(question.text.clone()))?;
        }
        Ok(())
    }
}

/// In groups of four, if it is an IBAN.
fn spaced(account: &str) -> String {
    let iban = account.parse::<Iban>();
    iban.map_or_else(|_| account.to_owned(), |it| it.to_string())
}

/// The account; of data whose check digits are wrong what it states, about which a question is asked.
fn iban(finding: &Finding) -> Option<String> {
    match &finding.value {
        Value::Iban(iban) => Some(iban.as_str().to_owned()),
        Value::Text(stated) => Some(stated.clone()),
        Value::Money(_) | Value::Date(_) | Value::Kind(_) => None,
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.clone()),
        Value::Money(_) | Value::Date(_) | Value::Iban(_) | Value::Kind(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::value::Currency;

    fn finding(field: Field, name: &str, value: Value) -> Finding {
        Finding {
            field,
            name: name.to_owned(),
            value,
            confidence: Confidence::CERTAIN,
            evidence: None,
            by: ClaimedBy::Rule,
            why: None,
        }
    }

    #[test]
    fn claims_take_the_promised_shape() {
        let text = |it: &str| Value::Text(it.to_owned());
        let extraction = Extraction {
            findings: vec![
                finding(Field::Kind, "", Value::Kind(Kind::Invoice)),
                finding(Field::Sender, "", text("Wasserwerk Au")),
                finding(Field::Reference, "invoice_number", text("R-1")),
                finding(
                    Field::Payable,
                    "",
                    Value::Money(Money::new(8420, Currency::EUR)),
                ),
            ],
            ..Extraction::default()
        };
        let claims = serde_json::to_value(Claims::new(&extraction, &[])).unwrap();
        assert_eq!(claims["kind"]["value"], "invoice");
        assert_eq!(claims["sender"]["name"], "Wasserwerk Au");
        assert_eq!(claims["references"]["invoice_number"], "R-1");
        assert_eq!(claims["payable"]["amount"], "84.20");
        assert_eq!(claims["payable"]["currency"], "EUR");
        assert!(claims["total"].is_null());
        assert_eq!(claims["findings"][3]["field"], "payable");
        assert_eq!(
            claims["findings"][3]["why"],
            "The words of the letter speak for it"
        );
    }

    #[test]
    fn a_failed_file_has_every_field() {
        let answer = Answer::failed("a.pdf".to_owned(), "damaged", "it is none");
        let json = serde_json::to_value(&answer).unwrap();
        assert_eq!(json["error"]["code"], "damaged");
        for name in [
            "sha256",
            "pages",
            "kind",
            "obligations",
            "text",
            "timings_ms",
        ] {
            assert!(json.get(name).is_some(), "{name}");
        }
    }
}
