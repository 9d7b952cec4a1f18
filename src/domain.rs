//! What a household's paperwork is: words and rules, no effects.
//!
//! Nothing here reads a file, a socket or the time (`clock` alone may ask the system), and nothing
//! is asynchronous. Read in this order: a [`document::Document`] has pages of words; from them come
//! [`finding::Finding`]s with evidence, from those [`obligation::Obligation`]s, and from those
//! [`task::Task`]s, about which [`reminder::plan`] says when somebody is told, and
//! [`escalation::plan`] who is told what on which way.

pub mod calendar;
pub mod checklist;
pub mod clock;
pub mod counsel;
pub mod deadline;
pub mod delivery;
pub mod document;
pub mod escalation;
pub mod finding;
pub mod hours;
pub mod id;
pub mod journal;
pub mod ladder;
pub mod layout;
pub mod manner;
pub mod mark;
pub mod obligation;
pub mod part;
pub mod party;
pub mod person;
pub mod policy;
pub mod presence;
pub mod priority;
pub mod recipient;
pub mod recurrence;
pub mod reminder;
pub mod retention;
pub mod service_level;
pub mod sketch;
pub mod task;
pub mod value;
pub mod why;
pub mod wording;
