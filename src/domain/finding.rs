//! What a document says: claims with the words that support them, and a person's corrections.

use std::fmt;

use jiff::civil::Date;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use super::counsel::{Gap, Material};
use super::document::{Kind, named};
use super::layout::Trace;
use super::obligation::Obligation;
use super::value::{Confidence, Iban, Money, Rect};
use super::why::Why;

/// The words that support a claim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Page, from 1.
    pub page: u32,
    /// The words as they stand on the page.
    pub text: String,
    /// Around them.
    #[serde(rename = "box")]
    pub at: Rect,
}

named! {
    /// What a claim is about.
    Field {
        /// ISO 639-1 code of the document's language.
        Language = "language",
        /// What sort of document it is.
        Kind = "kind",
        /// Who wrote it.
        Sender = "sender",
        /// For whom it is, as its address names them.
        Recipient = "recipient",
        /// The day it carries.
        IssueDate = "issue_date",
        /// A number by which the sender knows the matter; `Finding::name` says which.
        Reference = "reference",
        /// The document's own total.
        Total = "total",
        /// What the household still has to pay by its own action.
        Payable = "payable",
        /// The account to pay to.
        Iban = "iban",
        /// A parcel's number.
        TrackingNumber = "tracking_number",
        /// The day a contract's term ends.
        ContractEnd = "contract_end",
        /// How long before the end of the term notice must arrive, as the letter says it.
        NoticePeriod = "notice_period",
    }
}

/// A claim's value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Money.
    Money(Money),
    /// A day.
    Date(#[serde(deserialize_with = "dashed_day")] Date),
    /// An account.
    Iban(Iban),
    /// What sort of document.
    Kind(Kind),
    /// Anything else.
    Text(String),
}

impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Money(it) => it.fmt(formatter),
            Self::Date(it) => it.fmt(formatter),
            Self::Iban(it) => it.fmt(formatter),
            Self::Kind(it) => it.fmt(formatter),
            Self::Text(it) => it.fmt(formatter),
        }
    }
}

/// A day as `2026-03-02` alone: eight figures without dashes are a number of somebody's.
fn dashed_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.len() != 10 {
        return Err(D::Error::custom("a day has ten letters"));
    }
    text.parse().map_err(D::Error::custom)
}

named! {
    /// Who made a claim.
    ClaimedBy {
        /// A code or an embedded invoice: sure.
        Data = "data",
        /// A rule over the words.
        Rule = "rule",
        /// A model. The small ones in the reader name no place for what they say, a language model
        /// always does.
        Model = "model",
        /// A person: never overwritten by a machine.
        Person = "person",
    }
}

/// One claim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What about.
    pub field: Field,
    /// Which one of several: a reference's name (`invoice_number`), else empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What it says.
    pub value: Value,
    /// How sure.
    pub confidence: Confidence,
    /// Where it says so; `None` only for what no single place says (the language) or a person said.
    pub evidence: Option<Evidence>,
    /// Who says so.
    pub by: ClaimedBy,
    /// What speaks for it; not known of rows that were written before reasons were kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Why>,
}

impl Finding {
    /// `invoice_number: RE-1`
    fn line(&self) -> String {
        let name = if self.name.is_empty() {
            self.field.as_str()
        } else {
            &self.name
        };
        format!("{name}: {}", self.value)
    }
}

/// Something the machine wants a person to decide.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// In words for a person.
    pub text: String,
    /// The field it is about, if one.
    pub finding: Option<Field>,
}

/// All that is claimed about one document.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Extraction {
    /// The claims.
    pub findings: Vec<Finding>,
    /// What the household owes the world, in the order of their due days.
    pub obligations: Vec<Obligation>,
    /// What a person should decide.
    pub questions: Vec<Question>,
    /// The fields about which a person has said what is right.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corrected: Vec<Field>,
    /// What else was seen, by which the house learns; kept apart from the claims.
    #[serde(default, skip_serializing_if = "Trace::is_empty")]
    pub trace: Trace,
    /// What the machine is unsure of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unsure: Vec<Gap>,
    /// What a language model may be shown, where that was wanted; never kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub material: Option<Box<Material>>,
}

impl Extraction {
    /// The claim about `field`; the first if there are several.
    pub fn finding(&self, field: Field) -> Option<&Finding> {
        self.findings.iter().find(|it| it.field == field)
    }

    /// What sort of document it is, if that was found.
    pub fn kind(&self) -> Option<Kind> {
        match self.finding(Field::Kind)?.value {
            Value::Kind(kind) => Some(kind),
            Value::Money(_) | Value::Date(_) | Value::Iban(_) | Value::Text(_) => None,
        }
    }

    /// The text of the claim about `field`, if it is text.
    pub fn text(&self, field: Field) -> Option<&str> {
        match &self.finding(field)?.value {
            Value::Text(text) => Some(text),
            Value::Money(_) | Value::Date(_) | Value::Iban(_) | Value::Kind(_) => None,
        }
    }

    /// The money of the claim about `field`, if it is money.
    pub fn money(&self, field: Field) -> Option<Money> {
        match self.finding(field)?.value {
            Value::Money(money) => Some(money),
            Value::Date(_) | Value::Iban(_) | Value::Kind(_) | Value::Text(_) => None,
        }
    }

    /// The day of the claim about `field`, if it is a day.
    pub fn date(&self, field: Field) -> Option<Date> {
        match self.finding(field)?.value {
            Value::Date(date) => Some(date),
            Value::Money(_) | Value::Iban(_) | Value::Kind(_) | Value::Text(_) => None,
        }
    }

    /// What `newer` claims otherwise, a line each in English: a field with what it was and is, and
    /// duties that come and go. How sure a claim is and where it stands is no change.
    pub fn changes_to(&self, newer: &Self) -> Vec<String> {
        let mut changes = Vec::new();
        let same = |a: &Finding, b: &Finding| a.field == b.field && a.name == b.name;
        for old in &self.findings {
            match newer.findings.iter().find(|it| same(it, old)) {
                Some(new) if new.value == old.value => {}
                Some(new) => changes.push(format!("{} → {}", old.line(), new.value)),
                None => changes.push(format!("{} → nothing", old.line())),
            }
        }
        for new in &newer.findings {
            if !self.findings.iter().any(|it| same(it, new)) {
                changes.push(format!("{} (new)", new.line()));
            }
        }
        let missing = |all: &[String], line: &String| !all.contains(line);
        let duties = |it: &Self| -> Vec<String> {
            let lines = it.obligations.iter().map(Obligation::line);
            let asked = it
                .questions
                .iter()
                .map(|it| format!("question: {}", it.text));
            lines.chain(asked).collect()
        };
        let (old, new) = (duties(self), duties(newer));
        let gone = old.iter().filter(|it| missing(&new, it));
        changes.extend(gone.map(|it| format!("{it} → nothing")));
        let come = new.iter().filter(|it| missing(&old, it));
        changes.extend(come.map(|it| format!("{it} (new)")));
        changes
    }

    /// Lays a person's corrections over the machine's claims: a correction replaces the claim about
    /// the same field and name; a correction without a value removes it.
    #[must_use]
    pub fn corrected(mut self, corrections: &[Correction]) -> Self {
        for correction in corrections {
            self.findings
                .retain(|it| it.field != correction.field || it.name != correction.name);
            self.corrected.push(correction.field);
            if let Some(value) = correction.value.clone() {
                self.findings.push(Finding {
                    field: correction.field,
                    name: correction.name.clone(),
                    value,
                    confidence: Confidence::CERTAIN,
                    evidence: None,
                    by: ClaimedBy::Person,
                    why: None,
                });
            }
        }
        self
    }
}

/// What a person says about a field; it outlives every new understanding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Correction {
    /// What about.
    pub field: Field,
    /// Which one of several, else empty.
    pub name: String,
    /// What is right; `None`: there is none.
    pub value: Option<Value>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::value::Currency;

    fn payable(hundredths: i64, by: ClaimedBy) -> Finding {
        Finding {
            field: Field::Payable,
            name: String::new(),
            value: Value::Money(Money::new(hundredths, Currency::EUR)),
            confidence: Confidence::CERTAIN,
            evidence: None,
            by,
            why: None,
        }
    }

    #[test]
    fn what_a_person_says_replaces_what_the_machine_found() {
        let found = Extraction {
            findings: vec![payable(100, ClaimedBy::Rule)],
            ..Extraction::default()
        };
        let correction = Correction {
            field: Field::Payable,
            name: String::new(),
            value: Some(Value::Money(Money::new(8420, Currency::EUR))),
        };
        let corrected = found.corrected(&[correction]);
        assert_eq!(corrected.findings, [payable(8420, ClaimedBy::Person)]);
    }

    #[test]
    fn changes_are_told_by_what_was_and_what_is() {
        let old = Extraction {
            findings: vec![payable(100, ClaimedBy::Rule)],
            ..Extraction::default()
        };
        let surer = Extraction {
            findings: vec![payable(100, ClaimedBy::Data)],
            ..Extraction::default()
        };
        assert!(old.changes_to(&surer).is_empty());
        let newer = Extraction {
            findings: vec![payable(8420, ClaimedBy::Rule)],
            questions: vec![Question {
                text: "To whom?".to_owned(),
                finding: None,
            }],
            ..Extraction::default()
        };
        let changes = ["payable: 1.00 EUR → 84.20 EUR", "question: To whom? (new)"];
        assert_eq!(old.changes_to(&newer), changes);
        let nothing = ["payable: 1.00 EUR → nothing"];
        assert_eq!(old.changes_to(&Extraction::default()), nothing);
    }

    #[test]
    fn values_survive_json_as_what_they_were() {
        for value in [
            Value::Money(Money::new(8420, Currency::EUR)),
            Value::Date(jiff::civil::date(2026, 3, 18)),
            Value::Kind(Kind::Invoice),
            Value::Iban("DE89370400440532013000".parse().unwrap()),
            Value::Text("RE-1".to_owned()),
            Value::Text("20260318".to_owned()),
        ] {
            let json = serde_json::to_string(&value).unwrap();
            assert_eq!(
                serde_json::from_str::<Value>(&json).unwrap(),
                value,
                "{json}"
            );
        }
    }
}
