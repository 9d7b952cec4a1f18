//! A reminder as a person reads it, before a channel gives it the channel's own form.

use crate::domain::id::DeliveryId;
use crate::domain::reminder::Level;

/// An answer that a reader gives by following a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerLink {
    /// What it says: `Done`.
    pub label: String,
    /// Where it leads.
    pub url: String,
}

impl AnswerLink {
    /// The signed answer itself, which the link ends with.
    pub fn token(&self) -> &str {
        self.url.rsplit('/').next().unwrap_or_default()
    }
}

/// What one delivery says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Receivers know a repeated message by it.
    pub delivery: DeliveryId,
    /// The line that is read first.
    pub title: String,
    /// What follows it, line by line; none where the channel tells the title alone.
    pub lines: Vec<String>,
    /// How loud.
    pub level: Level,
    /// The page about it.
    pub url: Option<String>,
    /// What can be answered at once.
    pub answers: Vec<AnswerLink>,
}

impl Message {
    /// All of it as plain text without the answers.
    pub fn text(&self) -> String {
        let mut text = self.lines.join("\n");
        if let Some(url) = &self.url {
            if !text.is_empty() {
                text.push_str("\n\n");
            }
            text.push_str(url);
        }
        text
    }
}
