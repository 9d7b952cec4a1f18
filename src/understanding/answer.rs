//! A language model's answer, checked against the page.
//!
//! The answer is hostile input: it may be nonsense, of wrong types, or full of values that nobody
//! wrote. It is read as a form with one text for each gap. A text that is not one of the choices found
//! on the pages is thrown away; of a kind the words that show it must stand in a line that was shown.
//! What is left gets the value and the evidence of its choice, never of the answer.

use serde_json::{Map, Value as Json};

use super::counsel::TOLD;
use crate::domain::counsel::{Doubt, Due, Gap, Material, Told};
use crate::domain::document::Kind;
use crate::domain::finding::{ClaimedBy, Evidence, Field, Finding, Value};
use crate::domain::value::Confidence;

/// The key under which the words that show the kind are answered.
pub const KIND_WORDS: &str = "kind_words";
/// Letters that words must have to show anything.
const LETTERS_MIN: usize = 4;
/// Answers that mean that the page does not say it.
const SILENT: &[&str] = &["", "unknown", "none", "null", "n/a", "-"];

/// What is left of an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checked {
    /// What stands on the pages.
    pub told: Told,
    /// The gaps that it fills.
    pub taken: Vec<Gap>,
    /// The gaps whose answer was thrown away, and why.
    pub thrown: Vec<(Gap, Doubt)>,
}

/// Checks `text` against what was shown.
pub fn check(material: &Material, text: &str) -> Checked {
    let mut checked = Checked::default();
    let Some(form) = form(text) else {
        let all = material.gaps.iter().map(|it| (*it, Doubt::Unreadable));
        checked.thrown = all.collect();
        return checked;
    };
    for gap in &material.gaps {
        match answer(material, &form, *gap) {
            Ok(Some((value, evidence))) => {
                checked.taken.push(*gap);
                take(&mut checked.told, *gap, value, evidence);
            }
            Ok(None) => {}
            Err(doubt) => checked.thrown.push((*gap, doubt)),
        }
    }
    checked
}

/// The form in an answer; some models think aloud or put marks around it.
fn form(text: &str) -> Option<Map<String, Json>> {
    let (start, end) = (text.find('{')?, text.rfind('}')?);
    serde_json::from_str(text.get(start..=end)?).ok()
}

/// What was answered about a gap, if anything was.
fn answer(
    material: &Material,
    form: &Map<String, Json>,
    gap: Gap,
) -> Result<Option<(Value, Evidence)>, Doubt> {
    let Some(words) = text_of(form, gap.as_str())? else {
        return Ok(None);
    };
    if gap == Gap::Kind {
        let kind: Kind = words.parse().map_err(|_| Doubt::NotOnPage)?;
        let shown = text_of(form, KIND_WORDS)?.ok_or(Doubt::NotOnPage)?;
        let evidence = line_with(material, shown).ok_or(Doubt::NotOnPage)?;
        return Ok(Some((Value::Kind(kind), evidence.clone())));
    }
    let same =
        |it: &&crate::domain::counsel::Choice| it.gap == gap && folded(&it.words) == folded(words);
    let choice = material.choices.iter().find(same).ok_or(Doubt::NotOnPage)?;
    Ok(Some((choice.value.clone(), choice.evidence.clone())))
}

fn text_of<'a>(form: &'a Map<String, Json>, key: &str) -> Result<Option<&'a str>, Doubt> {
    match form.get(key) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) => {
            let text = text.trim();
            let is_silent = SILENT.contains(&text.to_lowercase().as_str());
            Ok((!is_silent).then_some(text))
        }
        Some(Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_)) => {
            Err(Doubt::WrongType)
        }
    }
}

/// The line that holds these words, the first if there are several.
fn line_with<'a>(material: &'a Material, words: &str) -> Option<&'a Evidence> {
    let words = folded(words);
    if words.chars().filter(|it| it.is_alphabetic()).count() < LETTERS_MIN {
        return None;
    }
    let lines = material.lines.iter().map(|it| &it.evidence);
    // Whole words: "tax" shows nothing in "taxi".
    let words = format!(" {words} ");
    lines
        .into_iter()
        .find(|it| format!(" {} ", folded(&it.text)).contains(&words))
}

/// Letters and figures in small, apart by single spaces.
fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars().flat_map(char::to_lowercase) {
        if letter.is_alphanumeric() || !letter.is_ascii() && !letter.is_whitespace() {
            folded.push(letter);
        } else if !folded.ends_with(' ') {
            folded.push(' ');
        }
    }
    folded.trim().to_owned()
}

fn take(told: &mut Told, gap: Gap, value: Value, evidence: Evidence) {
    match (gap.field(), value) {
        (Some(field), value) => told.findings.push(claim(field, value, evidence)),
        (None, Value::Date(day)) => told.due = Some(Due { day, evidence }),
        // Last days are days: the reader offers nothing else for them.
        (None, Value::Money(_) | Value::Iban(_) | Value::Kind(_) | Value::Text(_)) => {}
    }
}

fn claim(field: Field, value: Value, evidence: Evidence) -> Finding {
    Finding {
        field,
        name: String::new(),
        value,
        confidence: Confidence::new(TOLD),
        evidence: Some(evidence),
        by: ClaimedBy::Model,
        why: None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::domain::counsel::{Choice, Line};
    use crate::domain::value::{Currency, Money, Rect};

    fn evidence(text: &str) -> Evidence {
        Evidence {
            page: 1,
            text: text.to_owned(),
            at: Rect::default(),
        }
    }

    fn choice(gap: Gap, words: &str, value: Value) -> Choice {
        Choice {
            gap,
            words: words.to_owned(),
            value,
            evidence: evidence(&format!("in a line: {words}")),
        }
    }

    fn material() -> Material {
        let lines = [
            "Fonderie Kessler",
            "Relevé de votre compte, taxi compris",
            "84,20 €",
        ];
        let line = |it: &&str| Line {
            evidence: evidence(it),
            weight: 1,
        };
        Material {
            gaps: Gap::ALL.to_vec(),
            lines: lines.iter().map(line).collect(),
            choices: vec![
                choice(
                    Gap::Payable,
                    "84,20 €",
                    Value::Money(Money::new(8420, Currency::EUR)),
                ),
                choice(Gap::DueDay, "18.03.2026", Value::Date(date(2026, 3, 18))),
                choice(
                    Gap::Sender,
                    "Fonderie Kessler",
                    Value::Text("Fonderie Kessler".to_owned()),
                ),
            ],
        }
    }

    #[test]
    fn what_stands_on_the_page_is_taken_with_its_place() {
        let text = r#"{"kind":"bank_statement","kind_words":"relevé de votre  compte",
            "sender":"fonderie kessler","issue_date":"","payable":"84,20 €","due_day":"18.03.2026"}"#;
        let checked = check(&material(), text);
        assert_eq!(checked.thrown, []);
        let taken = [Gap::Kind, Gap::Sender, Gap::Payable, Gap::DueDay];
        assert_eq!(checked.taken, taken);
        let payable = checked.told.finding(Field::Payable).unwrap();
        assert_eq!(payable.value, Value::Money(Money::new(8420, Currency::EUR)));
        assert_eq!(payable.by, ClaimedBy::Model);
        assert_eq!(payable.evidence, Some(evidence("in a line: 84,20 €")));
        assert_eq!(checked.told.due.unwrap().day, date(2026, 3, 18));
        let kind = checked.told.findings[0].evidence.as_ref().unwrap();
        assert_eq!(kind.text, "Relevé de votre compte, taxi compris");
    }

    #[test]
    fn values_that_nobody_wrote_are_thrown_away() {
        for (answer, doubt) in [
            (r#"{"payable":"9.999,00 €"}"#, Doubt::NotOnPage),
            // Another gap's words are no answer to this one.
            (r#"{"payable":"18.03.2026"}"#, Doubt::NotOnPage),
            (r#"{"payable":84.20}"#, Doubt::WrongType),
            (r#"{"payable":["84,20 €"]}"#, Doubt::WrongType),
            (r#"{"payable":{"amount":"84,20 €"}}"#, Doubt::WrongType),
        ] {
            let checked = check(&material(), answer);
            assert_eq!(checked.thrown, [(Gap::Payable, doubt)], "{answer}");
            assert!(checked.told.is_empty(), "{answer}");
        }
    }

    #[test]
    fn a_kind_needs_words_that_show_it() {
        for answer in [
            r#"{"kind":"fine"}"#,
            r#"{"kind":"fine","kind_words":""}"#,
            r#"{"kind":"fine","kind_words":"Bußgeldbescheid"}"#,
            r#"{"kind":"fine","kind_words":"tax"}"#,
            r#"{"kind":"fine","kind_words":"8"}"#,
            r#"{"kind":"ransom","kind_words":"Fonderie Kessler"}"#,
        ] {
            let checked = check(&material(), answer);
            assert_eq!(checked.thrown, [(Gap::Kind, Doubt::NotOnPage)], "{answer}");
            assert!(checked.told.is_empty(), "{answer}");
        }
    }

    #[test]
    fn silence_is_an_answer() {
        for answer in [
            "{}",
            r#"{"sender":null,"payable":"","kind":"unknown"}"#,
            "```json\n{\"due_day\": \"None\"}\n```",
        ] {
            assert_eq!(check(&material(), answer), Checked::default(), "{answer}");
        }
    }

    #[test]
    fn nonsense_fills_nothing() {
        for answer in ["", "I would pay it.", "[1, 2]", "{\"kind\": ", "}{", "{{}}"] {
            let checked = check(&material(), answer);
            assert_eq!(checked.thrown.len(), Gap::ALL.len(), "{answer}");
            assert!(checked.told.is_empty());
        }
    }

    proptest! {
        #[test]
        fn no_answer_says_more_than_the_page(text in ".*", key in "[a-z_]{1,12}", value in ".*") {
            let form = serde_json::json!({ key: value }).to_string();
            for answer in [text, form] {
                let checked = check(&material(), &answer);
                let shown = material();
                for finding in &checked.told.findings {
                    let of_page = shown.choices.iter().any(|it| it.value == finding.value);
                    prop_assert!(of_page || finding.field == Field::Kind);
                }
            }
        }
    }
}
