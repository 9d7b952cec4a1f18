//! What the machine wants a person to decide about a document, and the answer that is one press away.

use crate::domain::finding::{Extraction, Field};
use crate::web::corrections::as_typed;
use crate::web::frame::Locale;
use crate::web::words;

/// A question that nobody has answered.
pub struct OpenQuestion {
    pub text: String,
    /// What was found, to be said right.
    pub found: Option<Found>,
}

/// A claim that a question is about.
pub struct Found {
    pub field: &'static str,
    pub raw: String,
    pub shown: String,
}

/// The questions about whose fields no person has said anything.
pub fn open(extraction: &Extraction, locale: &Locale) -> Vec<OpenQuestion> {
    let is_open = |field: Option<Field>| field.is_none_or(|it| !extraction.corrected.contains(&it));
    let questions = extraction.questions.iter();
    let open = questions.filter(|it| is_open(it.finding));
    let question = open.map(|it| OpenQuestion {
        text: it.text.clone(),
        found: it.finding.and_then(|it| found(extraction, locale, it)),
    });
    question.collect()
}

fn found(extraction: &Extraction, locale: &Locale, field: Field) -> Option<Found> {
    let finding = extraction.finding(field)?;
    Some(Found {
        field: field.as_str(),
        raw: as_typed(&finding.value),
        shown: words::value(locale.language, &finding.value),
    })
}
