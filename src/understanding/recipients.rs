//! For whom a letter is: the name in its address field, else the one behind a label that names the
//! customer, the patient, the insured person. Whether that is one of the household is decided where
//! its members are known.

use crate::domain::finding::{ClaimedBy, Evidence, Field, Finding, Value};
use crate::domain::value::Confidence;
use crate::domain::why::Why;

use super::lex::{Lexeme, Sort, find, has};
use super::lines::Passage;
use super::paper::Paper;

/// Forms of address that stand before or above a name, without their point.
const FORMS: &[&str] = &[
    "herrn", "herr", "frau", "hr", "fr", "mr", "mrs", "ms", "miss", "familie", "eheleute",
];

/// Labels before or above the name of whoever a letter is about.
const LABELS: &[&str] = &[
    "versicherte|versicherter|mitversicherte person",
    "versicherungsnehmer|versicherungsnehmerin|versicherter|versicherte",
    "patient|patientin|patienten",
    "kunde|kundin|kundenname|auftraggeber|rechnungsempfänger|empfänger|mieter|mieterin",
    "name des|der patienten|patientin|versicherten|kunden",
    "policyholder",
    "policy holder",
    "insured [person]",
    "customer|client [name]",
    "bill|billed|invoice to",
    "tenant",
    "account holder",
];

/// Whom the letter names as its recipient.
pub fn recipient(paper: &Paper<'_>) -> Option<Finding> {
    let addressed = || {
        mail_to(paper)
            .or_else(|| by_form(paper))
            .or_else(|| by_town(paper))
    };
    let (name, evidence, confidence) = addressed().or_else(|| by_label(paper))?;
    Some(Finding {
        field: Field::Recipient,
        name: String::new(),
        value: Value::Text(name),
        confidence: Confidence::new(confidence),
        evidence: Some(evidence),
        by: ClaimedBy::Rule,
        why: (confidence > BY_LABEL).then_some(Why::AddressField),
    })
}

/// How sure a name is that stands behind a label.
const BY_LABEL: f32 = 0.7;

type Named = (String, Evidence, f32);

/// What follows a form of address in the upper part of the first page, in its line or below it; of
/// several the one that a town follows most closely: the others are people of the sender's.
fn by_form(paper: &Paper<'_>) -> Option<Named> {
    let limit = paper.lines.page_height(1).min(1414.0) * 0.4;
    let segments = || paper.lines.on_page(1).filter(|(_, it)| it.at.y < limit);
    let down_to_town = |passage: &Passage| {
        let towns = segments()
            .filter(|(_, it)| is_town(&it.lexemes) && (it.at.x - passage.at.x).abs() < 12.0);
        let gaps = towns.map(|(_, it)| it.at.y - passage.at.y);
        gaps.filter(|it| (0.0..200.0).contains(it))
            .fold(f32::INFINITY, f32::min)
    };
    let named = |(index, passage): (usize, &Passage)| {
        let first = passage.lexemes.first()?;
        if !FORMS.contains(&first.text.as_str()) {
            return None;
        }
        let gap = down_to_town(passage);
        if let Some(name) = name(&passage.text).filter(|it| it.contains(' ')) {
            return Some((gap, (name, whole(passage), 0.9)));
        }
        let below = paper.lines.segments.get(paper.lines.below(index)?)?;
        Some((gap, (name(&below.text)?, whole(below), 0.9)))
    };
    let all = segments().filter_map(named);
    all.min_by(|a, b| a.0.total_cmp(&b.0)).map(|it| it.1)
}

/// The name above street and town, where it is not the sender's own address in one line.
fn by_town(paper: &Paper<'_>) -> Option<Named> {
    let limit = paper.lines.page_height(1).min(1414.0) * 0.4;
    let segments = || paper.lines.on_page(1).filter(|(_, it)| it.at.y < limit);
    segments()
        .filter(|(_, it)| is_town(&it.lexemes))
        .find_map(|(index, _)| {
            let above = |at: usize| {
                let below = paper.lines.segments.get(at)?;
                segments()
                    .filter(|(other, it)| {
                        *other != at
                            && it.at.y < below.at.y - below.at.h * 0.4
                            && below.at.y - it.at.bottom() < below.at.h.max(8.0) * 1.6
                            && (it.at.x - below.at.x).abs() < 12.0
                    })
                    .max_by(|(_, a), (_, b)| a.at.bottom().total_cmp(&b.at.bottom()))
            };
            let (street, passage) = above(index)?;
            let ends_in_number = passage.lexemes.iter().any(|it| it.sort == Sort::Number);
            let (_, passage) = above(street).filter(|_| ends_in_number)?;
            let name = name(&passage.text)?;
            name.contains(' ').then(|| (name, whole(passage), 0.75))
        })
}

/// `38999 Lindental` and no more.
fn is_town(lexemes: &[Lexeme]) -> bool {
    let is_code = |it: &Lexeme| it.sort == Sort::Number && matches!(it.text.len(), 4 | 5);
    match lexemes {
        [code, town, rest @ ..] => {
            is_code(code)
                && town.sort == Sort::Word
                && rest.len() <= 4
                && rest.iter().all(|it| it.sort != Sort::Number)
        }
        _ => false,
    }
}

fn by_label(paper: &Paper<'_>) -> Option<Named> {
    let segments = paper.lines.on_page(1);
    segments.clone().find_map(|(index, passage)| {
        let first = passage.lexemes.get(..passage.lexemes.len().min(4))?;
        let label = LABELS.iter().find_map(|it| find(first, it))?;
        if label.start != 0 {
            return None;
        }
        let rest = passage.lexemes.get(label.end..)?;
        let value = rest.iter().find(|it| it.sort != Sort::Mark);
        if let Some(value) = value {
            let is_labelled = rest.first().is_some_and(|it| it.is_mark(':'));
            let text = passage.text.get(value.at.start..).filter(|_| is_labelled)?;
            let bytes = value.at.start..passage.text.len();
            return Some((name(text)?, passage.evidence(&bytes), BY_LABEL));
        }
        let beside = paper
            .lines
            .right_of(index)
            .or_else(|| paper.lines.below(index));
        let beside = paper.lines.segments.get(beside?)?;
        Some((name(&beside.text)?, whole(beside), BY_LABEL))
    })
}

/// The display name behind `To:`.
fn mail_to(paper: &Paper<'_>) -> Option<Named> {
    let mut heads = paper.lines.segments.iter().take(10);
    let passage = heads.find(|it| {
        let first = it.lexemes.first();
        first.is_some_and(|it| matches!(it.text.as_str(), "to" | "an"))
            && it.lexemes.get(1).is_some_and(|it| it.is_mark(':'))
    })?;
    let (_, rest) = passage.text.split_once(':')?;
    let shown = rest.split('<').next()?.trim().trim_matches('"');
    (paper.is_mail() || rest.contains('@')).then_some(())?;
    Some((name(shown)?, whole(passage), 0.9))
}

fn whole(passage: &Passage) -> Evidence {
    passage.evidence(&(0..passage.text.len()))
}

/// A person's name: two to six words without figures, each with a capital; forms of address fall away.
fn name(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split(' ').filter(|it| !it.is_empty()).collect();
    let is_form = |it: &&&str| {
        let bare = it
            .trim_matches(|it: char| !it.is_alphanumeric())
            .to_lowercase();
        FORMS.contains(&bare.as_str()) && !matches!(bare.as_str(), "familie" | "eheleute")
    };
    let words: Vec<&str> = words.iter().filter(|it| !is_form(it)).copied().collect();
    let joins = |it: &str| {
        matches!(
            it,
            "und" | "and" | "&" | "von" | "van" | "de" | "der" | "zu" | "u."
        )
    };
    let is_name = |it: &&str| {
        let begins = it.chars().next().is_some_and(char::is_uppercase);
        joins(it)
            || begins
                && it
                    .chars()
                    .all(|it| it.is_alphabetic() || ".,-'’()".contains(it))
    };
    let is_short = (1..=7).contains(&words.len()) && words.iter().all(is_name);
    let joined = words.join(" ");
    let lexemes = super::lex::lex(&joined);
    let is_other = has(
        &lexemes,
        &["gmbh|ag|kg|ltd|inc|rechnung|invoice|datum|date|nummer|seite|page|telefon|postfach"],
    );
    (is_short && !is_other && joined.chars().count() > 2).then_some(joined)
}

#[cfg(test)]
mod tests {
    use super::super::lines::tests::{context, typed};
    use super::*;

    fn read(text: &str) -> Option<String> {
        let reading = typed(text);
        let context = context();
        let found = recipient(&Paper::of(&reading, &context))?;
        match found.value {
            Value::Text(name) => Some(name),
            Value::Money(_) | Value::Date(_) | Value::Iban(_) | Value::Kind(_) => None,
        }
    }

    #[test]
    fn a_letter_says_for_whom_it_is() {
        for (text, expected) in [
            (
                "Wasserwerk Au GmbH\n\nHerrn\nBen Sommer\nAm Teich 4\n48143 Münster",
                Some("Ben Sommer"),
            ),
            (
                "Wasserwerk Au GmbH\n\nFrau Dr. Anna Sommer-Winter\nAm Teich 4\n48143 Münster",
                Some("Dr. Anna Sommer-Winter"),
            ),
            (
                "Wasserwerk Au GmbH\n\nBen Sommer\nAm Teich 4\n48143 Münster",
                Some("Ben Sommer"),
            ),
            (
                "Frau Petra Amt\n\nHerrn\nBen Sommer\nAm Teich 4\n48143 Münster",
                Some("Ben Sommer"),
            ),
            (
                "Praxis am See\n\nPatient: Sommer, Ben\n\nWir berechnen",
                Some("Sommer, Ben"),
            ),
            (
                "Your policy\n\nPolicyholder: Mr B Sommer\n\nThank you",
                Some("B Sommer"),
            ),
            (
                "Wasserwerk Au GmbH\n\nRechnung\n\nHerr der Lage ist niemand.",
                None,
            ),
            ("Kunde: 4711", None),
        ] {
            assert_eq!(read(text).as_deref(), expected, "{text}");
        }
    }
}
