//! What the rules leave open of a document, what a language model is shown of it, and what it told.
//!
//! A model never makes a value. The reader finds every day, amount and name on the pages with the
//! parsers that the rules use, and offers them as [`Choice`]s with their evidence; an answer can only
//! point at one of them. The words of a page are strangers' words: whatever they ask of a model, no
//! more can come of it than another one of these choices.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::document::named;
use super::finding::{Evidence, Field, Finding, Value};

named! {
    /// Something that the rules are unsure of.
    Gap {
        /// What sort of document it is.
        Kind = "kind",
        /// Who wrote it.
        Sender = "sender",
        /// The day it carries.
        IssueDate = "issue_date",
        /// What is to be paid.
        Payable = "payable",
        /// The last day for what the document wants.
        DueDay = "due_day",
    }
}

impl Gap {
    /// The field that a person corrects where this is wrong; a last day is corrected in its task.
    pub const fn field(self) -> Option<Field> {
        match self {
            Self::Kind => Some(Field::Kind),
            Self::Sender => Some(Field::Sender),
            Self::IssueDate => Some(Field::IssueDate),
            Self::Payable => Some(Field::Payable),
            Self::DueDay => None,
        }
    }
}

named! {
    /// How language models are spoken to.
    Provider {
        /// None is asked.
        Off = "off",
        /// Ollama's own protocol.
        Ollama = "ollama",
        /// The protocol of `OpenAI`, which many servers speak.
        OpenAi = "openai",
    }
}

/// Something on a page that may fill a gap.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// Which gap.
    pub gap: Gap,
    /// Its words as they stand on the page.
    pub words: String,
    /// What they mean.
    pub value: Value,
    /// Where they stand.
    pub evidence: Evidence,
}

/// A line of a page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Its words and where they stand.
    pub evidence: Evidence,
    /// How much it says about the gaps: lines that weigh more are shown first.
    pub weight: u32,
}

/// What a language model may be shown of a document.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Material {
    /// What is asked.
    pub gaps: Vec<Gap>,
    /// The lines that say something about it, in reading order.
    pub lines: Vec<Line>,
    /// What can be answered.
    pub choices: Vec<Choice>,
}

/// A last day that was told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Due {
    /// Which.
    pub day: Date,
    /// Where it stands.
    pub evidence: Evidence,
}

/// What a language model told about a document and what of it stands on the pages.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// Claims, by a model.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// The last day.
    #[serde(default)]
    pub due: Option<Due>,
}

impl Told {
    /// The claim about `field`.
    pub fn finding(&self, field: Field) -> Option<&Finding> {
        self.findings.iter().find(|it| it.field == field)
    }

    /// Whether nothing was told.
    pub const fn is_empty(&self) -> bool {
        self.findings.is_empty() && self.due.is_none()
    }
}

/// What part a language model has in understanding a document.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counsel {
    /// None.
    #[default]
    None,
    /// The rules say what one may be shown.
    Wanted,
    /// The rules know what one told, and use it where they are unsure.
    Told(Told),
}

/// What a language model is asked, in its own terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// What it is to do.
    pub system: String,
    /// The questions and the letter.
    pub user: String,
    /// The JSON schema of its answer.
    pub schema: String,
    /// Tokens of all that, counted by an estimate that is rather too high.
    pub tokens: u32,
}

named! {
    /// Why something that a model told is thrown away.
    Doubt {
        /// The answer is no form that was filled in.
        Unreadable = "unreadable",
        /// It is of another type than was asked for.
        WrongType = "wrong_type",
        /// Its words do not stand on the pages.
        NotOnPage = "not_on_page",
    }
}
