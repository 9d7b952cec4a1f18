//! What happened about a task, as its page shows it: *told Anna on MQTT 08:00, on phone 10:00, Ben
//! 18:00*.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::{Recipient, Said};
use crate::domain::id::PersonId;
use crate::domain::ladder::Reach;
use crate::domain::person::Language;
use crate::domain::task::AnswerKind;
use crate::domain::wording::day;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happening {
    /// Somebody was told.
    Told(Said),
    /// Somebody knows.
    Acknowledged {
        /// Who; nobody means a program.
        by: Option<PersonId>,
        /// When.
        at: Timestamp,
    },
    /// Somebody answered.
    Answered {
        /// Who; nobody means a program.
        by: Option<PersonId>,
        /// What.
        answer: AnswerKind,
        /// When.
        at: Timestamp,
    },
}

impl Happening {
    /// When.
    pub const fn at(&self) -> Timestamp {
        match self {
            Self::Told(said) => said.at,
            Self::Acknowledged { at, .. } | Self::Answered { at, .. } => *at,
        }
    }
}

/// The lines of a timeline, earliest first; `name` knows how people are called.
pub fn lines(
    happened: &[Happening],
    name: impl Fn(PersonId) -> String,
    zone: &TimeZone,
    language: Language,
) -> Vec<String> {
    let mut sorted: Vec<&Happening> = happened.iter().collect();
    sorted.sort_by_key(|it| it.at());
    let said = sorted.into_iter().map(|it| {
        let at = zone.to_datetime(it.at());
        let (on, hour) = (day(at.date(), language), at.strftime("%H:%M"));
        format!("{on}, {hour}: {}", one(it, &name, language))
    });
    said.collect()
}

fn one(it: &Happening, name: &impl Fn(PersonId) -> String, language: Language) -> String {
    let somebody = |by: &Option<PersonId>| match (by, language) {
        (Some(id), _) => name(*id),
        (None, Language::German) => "Ein Programm".to_owned(),
        (None, Language::English) => "A program".to_owned(),
    };
    match (it, language) {
        (Happening::Told(said), _) => told(said, name, language),
        (Happening::Acknowledged { by, .. }, Language::German) => {
            format!("{} weiß Bescheid", somebody(by))
        }
        (Happening::Acknowledged { by, .. }, Language::English) => {
            format!("{} knows", somebody(by))
        }
        (Happening::Answered { by, answer, .. }, _) => {
            format!("{}: {}", somebody(by), answered(*answer, language))
        }
    }
}

fn told(said: &Said, name: &impl Fn(PersonId) -> String, language: Language) -> String {
    let channel = &said.way.channel;
    let whom = match (said.to, language) {
        (Recipient::Person(id), _) => name(id),
        (Recipient::Household, Language::German) => "alle".to_owned(),
        (Recipient::Household, Language::English) => "everybody".to_owned(),
    };
    let why = match (language, said.reach) {
        (_, Reach::Assignees) => "",
        (Language::German, Reach::Louder) => ", lauter, da niemand antwortet",
        (Language::German, Reach::Second | Reach::Everyone) => ", da niemand antwortet",
        (Language::English, Reach::Louder) => ", louder as nobody answers",
        (Language::English, Reach::Second | Reach::Everyone) => " as nobody answers",
    };
    match language {
        Language::German => format!("{whom} über {channel} erinnert{why}"),
        Language::English => format!("told {whom} on {channel}{why}"),
    }
}

const fn answered(answer: AnswerKind, language: Language) -> &'static str {
    match (language, answer) {
        (Language::German, AnswerKind::Done) => "erledigt",
        (Language::German, AnswerKind::Later) => "später",
        (Language::German, AnswerKind::NotMine) => "nicht meins",
        (Language::English, AnswerKind::Done) => "done",
        (Language::English, AnswerKind::Later) => "later",
        (Language::English, AnswerKind::NotMine) => "not mine",
    }
}
