//! A member of the household.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::document::named;
use super::id::PersonId;

named! {
    /// In which language the pages and messages speak to somebody.
    Language {
        /// German.
        German = "de",
        /// English.
        English = "en",
    }
}

/// A member of the household, with a way to log in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Their id.
    pub id: PersonId,
    /// What they are called; unique without regard to case.
    pub name: String,
    /// Their language; the household's where they chose none.
    pub language: Option<Language>,
    /// Since when the house knows them.
    pub created_at: Timestamp,
}
