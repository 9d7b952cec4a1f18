//! A task as it was understood from one line that a person typed, for a preview before it is made.

use std::ops::Range;

use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};

use super::document::named;
use super::priority::Priority;
use super::recurrence::Recurrence;
use super::value::Money;

named! {
    /// What a part of the line means.
    Meaning {
        /// The day by which it is due.
        Day = "day",
        /// The hour of that day.
        Hour = "hour",
        /// That it comes again.
        Again = "again",
        /// How much money.
        Money = "money",
        /// How pressing it is.
        Priority = "priority",
        /// For whom.
        Person = "person",
        /// A label.
        Label = "label",
    }
}

/// A part of the line that was understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// What it means.
    pub meaning: Meaning,
    /// Where it stands, in bytes.
    pub at: Range<usize>,
}

/// A task in one line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sketch {
    /// What is left of the line when everything else is taken out: what is to be done.
    pub title: String,
    /// By which day.
    pub due: Option<Date>,
    /// At which hour of it.
    pub due_time: Option<Time>,
    /// When it comes again; its first day is `due`.
    pub recurrence: Option<Recurrence>,
    /// How much money.
    pub money: Option<Money>,
    /// How pressing a person says it is.
    pub priority: Option<Priority>,
    /// Names after an `@`.
    pub people: Vec<String>,
    /// Words after a `#`.
    pub labels: Vec<String>,
    /// The parts that were understood, in their order.
    pub parts: Vec<Part>,
}
