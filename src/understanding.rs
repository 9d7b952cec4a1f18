//! From words and their places to findings with evidence, and from those to obligations.
//!
//! Runs in the reader process. It knows neither files nor the network: pages of words go in, an
//! [`Extraction`] comes out. Being silent is right more often than being eager: what is unsure goes
//! to the questions.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::domain::document::Reading;
use crate::domain::finding::Extraction;

/// What is known before the first word is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Context {
    /// The day the document arrived, in the household's zone.
    pub received_on: Date,
    /// ISO 3166 code of the household's country, with its subdivision where one is known: `DE-BY`.
    pub region: String,
}

/// Finds what a document says and what it wants.
pub fn understand(_reading: &Reading, _context: &Context) -> Extraction {
    Extraction::default()
}
