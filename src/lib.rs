//! workmate: a household's paperwork, read, understood and spoken about until somebody answers.
//!
//! The one chain that every module serves: **document → evidence → obligation with a due day →
//! task → reminder → escalation → answer**. Read in this order:
//!
//! - [`domain`]: what paperwork is. Pure types and rules.
//! - [`understanding`]: words to findings and obligations.

pub mod config;
pub mod domain;
pub mod store;
pub mod understanding;
