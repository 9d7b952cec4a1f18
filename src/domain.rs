//! What a household's paperwork is: words and rules, no effects.
//!
//! Nothing here reads a file, a socket or the time (`clock` alone may ask the system), and nothing
//! is asynchronous. Read in this order: a [`document::Document`] has pages of words; from them come
//! [`finding::Finding`]s with evidence, from those [`obligation::Obligation`]s, and from those
//! [`task::Task`]s, about which [`reminder::plan`] says when somebody is told.

pub mod clock;
pub mod counsel;
pub mod deadline;
pub mod delivery;
pub mod document;
pub mod finding;
pub mod id;
pub mod journal;
pub mod obligation;
pub mod part;
pub mod party;
pub mod person;
pub mod policy;
pub mod reminder;
pub mod task;
pub mod value;
pub mod wording;
