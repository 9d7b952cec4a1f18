//! What a document says, as its page shows it: each claim with its words and its reason, and what is
//! missing.

use super::Choice;
use crate::domain::finding::{ClaimedBy, Extraction, Field, Finding, Value};
use crate::domain::why;
use crate::web::cards::quote;
use crate::web::corrections::{as_typed, input_of};
use crate::web::frame::Locale;
use crate::web::words;

/// Below this confidence a claim is shown as unsure.
const UNSURE_BELOW: f32 = 0.6;

/// In which order claims are shown: what matters to a household first.
const PLACES: &[Field] = &[
    Field::Kind,
    Field::Sender,
    Field::Recipient,
    Field::IssueDate,
    Field::Payable,
    Field::Total,
    Field::Iban,
    Field::ContractEnd,
    Field::NoticePeriod,
    Field::TrackingNumber,
    Field::Reference,
    Field::Language,
];

/// One claim.
pub struct Claim {
    pub mark: String,
    pub label: String,
    pub field: &'static str,
    pub name: String,
    pub value: String,
    pub raw: String,
    pub input: &'static str,
    pub quote: Option<String>,
    pub page: String,
    /// Why it is so, in a sentence.
    pub why: String,
    pub has_evidence: bool,
    pub unsure: bool,
    pub tag: Option<Tag>,
}

/// Who says so, where it is worth a word.
pub struct Tag {
    pub text: &'static str,
    pub class: &'static str,
}

pub fn claims(locale: &Locale, extraction: &Extraction) -> Vec<Claim> {
    let claim = |(position, finding): (usize, &Finding)| Claim {
        mark: position.to_string(),
        label: label(locale, finding.field, &finding.name),
        field: finding.field.as_str(),
        name: finding.name.clone(),
        value: value(locale, finding),
        raw: as_typed(&finding.value),
        input: input_of(finding.field),
        quote: quote_beside(locale, finding),
        page: page_of(locale, finding),
        why: why::sentence(finding, locale.language, &locale.zone),
        has_evidence: finding.evidence.is_some(),
        unsure: finding.confidence.value() < UNSURE_BELOW,
        tag: tag(locale, finding),
    };
    let mut findings: Vec<(usize, &Finding)> = extraction.findings.iter().enumerate().collect();
    // What a person has corrected stands last among the findings; here it keeps its place.
    findings.sort_by_key(|(_, it)| PLACES.iter().position(|field| *field == it.field));
    findings.into_iter().map(claim).collect()
}

fn tag(locale: &Locale, finding: &Finding) -> Option<Tag> {
    let t = locale.texts();
    let (text, class) = match finding.by {
        ClaimedBy::Person => (t.said_by_you, "tag-person"),
        ClaimedBy::Data => (t.read_from_data, ""),
        ClaimedBy::Rule | ClaimedBy::Model if finding.confidence.value() < UNSURE_BELOW => {
            (t.unsure, "tag-unsure")
        }
        ClaimedBy::Model if finding.evidence.is_some() => (t.told_by_model, ""),
        ClaimedBy::Rule | ClaimedBy::Model => return None,
    };
    Some(Tag { text, class })
}

pub fn label(locale: &Locale, field: Field, name: &str) -> String {
    if field == Field::Reference && !name.is_empty() {
        return words::reference(locale.language, name);
    }
    words::field(locale.language, field).to_owned()
}

pub fn value(locale: &Locale, finding: &Finding) -> String {
    match (&finding.field, &finding.value) {
        (Field::Language, Value::Text(code)) => words::language_name(locale.language, code),
        (_, value) => words::value(locale.language, value),
    }
}

/// The words of the evidence, where they say more than the value does.
fn quote_beside(locale: &Locale, finding: &Finding) -> Option<String> {
    let quote = quote(finding.evidence.as_ref()?)?;
    let plain = |text: &str| -> String {
        let letters = text.chars().filter(|it| it.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    let says_more = !plain(&value(locale, finding)).contains(&plain(&quote));
    says_more.then_some(quote)
}

fn page_of(locale: &Locale, finding: &Finding) -> String {
    let page = finding.evidence.as_ref().map(|it| it.page);
    page.map_or_else(String::new, |it| format!("{} {it}", locale.texts().page))
}

pub fn missing(locale: &Locale, extraction: &Extraction) -> Vec<Choice> {
    let fields = Field::ALL.iter().filter(|field| {
        let is_plain = !matches!(field, Field::Reference | Field::Language | Field::Kind);
        is_plain && extraction.finding(**field).is_none()
    });
    fields
        .map(|it| Choice::new(it.as_str(), words::field(locale.language, *it), ""))
        .collect()
}
