//! The pages: made on the server, usable without a script.

pub mod answer_link;
pub mod claims;
pub mod documents;
pub mod home_assistant;
pub mod login;
pub mod me;
pub mod one_document;
pub mod one_task;
pub mod preferences;
pub mod questions;
pub mod senders;
pub mod stories;
pub mod system;
pub mod task_form;
pub mod tasks;
pub mod today;
pub mod update;

/// A choice in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What the form sends.
    pub value: String,
    /// What a person reads.
    pub label: String,
    /// The one that holds now.
    pub chosen: bool,
}

impl Choice {
    fn new(value: &str, label: &str, chosen: &str) -> Self {
        Self {
            value: value.to_owned(),
            label: label.to_owned(),
            chosen: value == chosen,
        }
    }
}
