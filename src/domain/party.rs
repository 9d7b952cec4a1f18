//! Somebody outside the household who writes to it: what the house has learned of them, and what that
//! says about their next letter.

use jiff::Timestamp;
use serde::Serialize;

use super::document::{Kind, Visibility};
use super::finding::{ClaimedBy, Extraction, Field, Finding, Question, Value};
use super::id::PartyId;
use super::layout::Example;
use super::mark::Mark;
use super::person::Language;
use super::value::{Confidence, Iban};
use super::why::Why;
use super::wording;

/// How sure a name or a kind is that a person taught.
const TAUGHT: Confidence = Confidence::CERTAIN;
/// How sure an account is that this party never named before.
const OTHER_ACCOUNT: f32 = 0.4;
/// From this confidence on a name makes somebody known.
const NAME_MIN: f32 = 0.6;

/// Somebody outside: sender, payee, authority.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Party {
    /// Its id.
    pub id: PartyId,
    /// As the household calls it.
    pub name: String,
    /// Who may know that it writes to the household.
    pub visible_to: Visibility,
    /// Where it has taken payments.
    pub accounts: Vec<Account>,
    /// By what its letters are told.
    pub signs: Vec<Sign>,
    /// What its letters are, where the machine says otherwise.
    pub kinds: Vec<Lesson>,
    /// What its letterhead or footer says that is its alone.
    pub marks: Vec<Mark>,
    /// Where in its letters a person said that a value stands.
    pub examples: Vec<Example>,
    /// Since when it is known.
    pub created_at: Timestamp,
    /// Grows with each change.
    pub version: u64,
}

/// An account of a party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Its number.
    pub iban: Iban,
    /// When a letter first named it.
    pub since: Timestamp,
    /// Whether a person said that it is right.
    pub is_confirmed: bool,
}

/// A name as letters print it or as it is read from them, in the form that [`sign`] gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sign {
    /// Its words.
    pub words: String,
    /// Whether a person said who that is.
    pub is_taught: bool,
}

/// What a person said of a kind that the machine found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Lesson {
    /// What the machine says.
    pub found: Kind,
    /// What it is.
    pub right: Kind,
}

/// Legal forms, which letters of the same sender give or leave out.
const LEGAL_FORMS: &[&str] = &[
    "gmbh", "mbh", "ag", "kg", "co", "ohg", "gbr", "ug", "se", "eg", "ev", "ek", "ltd", "limited",
    "plc", "inc", "llc", "llp", "corp", "sarl", "sa", "kgaa",
];

/// A name without what changes from letter to letter: case, marks, legal form. `folded` is in lower
/// case and without accents.
pub fn sign(folded: &str) -> String {
    let words: Vec<&str> = folded
        .split(|it: char| !it.is_alphanumeric())
        .filter(|it| !it.is_empty())
        .collect();
    // Single letters are those of "e. V." and "a. G."; but where a name has no other, they are it.
    let telling = |it: &&&str| it.chars().count() > 1 && !LEGAL_FORMS.contains(*it);
    let told: Vec<&str> = words.iter().filter(telling).copied().collect();
    if told.is_empty() { words } else { told }.join(" ")
}

/// Whether a letter names its sender surely enough to remember them.
pub fn is_named(extraction: &Extraction) -> bool {
    let finding = extraction.finding(Field::Sender);
    finding.is_some_and(|it| it.confidence.value() >= NAME_MIN)
}

/// The account that a letter wants its money on.
pub fn account(extraction: &Extraction) -> Option<&Iban> {
    match &extraction.finding(Field::Iban)?.value {
        Value::Iban(iban) => Some(iban),
        Value::Money(_) | Value::Date(_) | Value::Kind(_) | Value::Text(_) => None,
    }
}

impl Party {
    /// Whether money for it has gone to this account, or may.
    pub fn has(&self, iban: &Iban) -> bool {
        self.accounts.iter().any(|it| it.iban == *iban)
    }

    /// Says what is known: its name where `is_taught`, the kind of its letters; and asks where a letter
    /// names another account than those before it.
    pub fn speak(&self, extraction: &mut Extraction, is_taught: bool, language: Language) {
        if is_taught {
            say(extraction, Field::Sender, Value::Text(self.name.clone()));
        }
        let lesson = self
            .kinds
            .iter()
            .find(|it| Some(it.found) == extraction.kind());
        if let Some(lesson) = lesson {
            say(extraction, Field::Kind, Value::Kind(lesson.right));
        }
        let Some(iban) = account(extraction).cloned() else {
            return;
        };
        let Some(usual) = self.usual().filter(|_| !self.has(&iban)) else {
            return;
        };
        let text = wording::other_account(&self.name, &iban, &usual.iban, language);
        extraction.questions.push(Question {
            text,
            finding: Some(Field::Iban),
        });
        for finding in &mut extraction.findings {
            if finding.field == Field::Iban {
                finding.confidence = Confidence::new(OTHER_ACCOUNT);
            }
        }
    }

    /// The account that a person confirmed, else the one that letters named last.
    fn usual(&self) -> Option<&Account> {
        self.accounts
            .iter()
            .max_by_key(|it| (it.is_confirmed, it.since))
    }
}

/// Puts a claim in the place of what was found; where that stood on the page stays.
fn say(extraction: &mut Extraction, field: Field, value: Value) {
    let finding = Finding {
        field,
        name: String::new(),
        value,
        confidence: TAUGHT,
        evidence: None,
        by: ClaimedBy::Rule,
        why: Some(Why::Taught),
    };
    match extraction.findings.iter_mut().find(|it| it.field == field) {
        Some(found) => {
            *found = Finding {
                evidence: found.evidence.take(),
                ..finding
            };
        }
        None => extraction.findings.push(finding),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "DE89370400440532013000";
    const OTHER: &str = "DE02120300000000202051";

    fn party(accounts: &[(&str, bool)]) -> Party {
        let account = |(iban, is_confirmed): &(&str, bool)| Account {
            iban: iban.parse().unwrap(),
            since: Timestamp::UNIX_EPOCH,
            is_confirmed: *is_confirmed,
        };
        Party {
            id: PartyId::new(Timestamp::UNIX_EPOCH, 1),
            name: "Stadtwerke Lindental".to_owned(),
            visible_to: Visibility::Household,
            accounts: accounts.iter().map(account).collect(),
            signs: Vec::new(),
            kinds: vec![Lesson {
                found: Kind::Letter,
                right: Kind::Contract,
            }],
            marks: Vec::new(),
            examples: Vec::new(),
            created_at: Timestamp::UNIX_EPOCH,
            version: 1,
        }
    }

    fn claim(field: Field, value: Value) -> Finding {
        Finding {
            field,
            name: String::new(),
            value,
            confidence: Confidence::new(0.9),
            evidence: None,
            by: ClaimedBy::Rule,
            why: None,
        }
    }

    fn letter(sender: &str, kind: Kind, iban: &str) -> Extraction {
        Extraction {
            findings: vec![
                claim(Field::Sender, Value::Text(sender.to_owned())),
                claim(Field::Kind, Value::Kind(kind)),
                claim(Field::Iban, Value::Iban(iban.parse().unwrap())),
            ],
            ..Extraction::default()
        }
    }

    #[test]
    fn a_sign_holds_from_letter_to_letter() {
        for name in [
            "stadtwerke lindental gmbh",
            "stadtwerke lindental gmbh & co. kg",
            "stadtwerke, lindental",
        ] {
            assert_eq!(sign(name), "stadtwerke lindental", "{name}");
        }
        assert_eq!(sign("turnverein lindental e. v."), "turnverein lindental");
        assert_eq!(sign("c & a"), "c a");
        assert_eq!(sign("- -"), "");
    }

    #[test]
    fn a_known_account_is_no_question_and_another_one_is() {
        let party = party(&[(OURS, false)]);
        let mut known = letter("x", Kind::Invoice, OURS);
        party.speak(&mut known, false, Language::English);
        assert!(known.questions.is_empty());
        assert_eq!(known.text(Field::Sender), Some("x"));

        let mut other = letter("x", Kind::Invoice, OTHER);
        party.speak(&mut other, false, Language::English);
        let [question] = other.questions.as_slice() else {
            panic!("{:?}", other.questions);
        };
        assert_eq!(question.finding, Some(Field::Iban));
        for part in ["DE02 1203", "DE89 3704", "Stadtwerke Lindental"] {
            assert!(question.text.contains(part), "{}", question.text);
        }
        let confidence = other.finding(Field::Iban).unwrap().confidence.value();
        assert!(confidence < 0.5, "{confidence}");
    }

    #[test]
    fn the_first_account_is_no_question() {
        let mut first = letter("x", Kind::Invoice, OTHER);
        party(&[]).speak(&mut first, false, Language::German);
        assert!(first.questions.is_empty());
    }

    #[test]
    fn what_was_taught_is_said() {
        let mut taught = letter("5tadtwerk", Kind::Letter, OURS);
        party(&[]).speak(&mut taught, true, Language::German);
        assert_eq!(taught.text(Field::Sender), Some("Stadtwerke Lindental"));
        assert_eq!(taught.kind(), Some(Kind::Contract));
        let mut invoice = letter("5tadtwerk", Kind::Invoice, OURS);
        party(&[]).speak(&mut invoice, true, Language::German);
        assert_eq!(invoice.kind(), Some(Kind::Invoice));
    }
}
