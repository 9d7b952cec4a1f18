//! workmate: a household's paperwork, read, understood and spoken about until somebody answers.
//!
//! The one chain that every module serves: **document → evidence → obligation with a due day →
//! task → reminder → escalation → answer**. Read in this order:
//!
//! - [`domain`]: what paperwork is. Pure types and rules.
//! - [`config`]: what must be known before the database opens.
//! - [`store`]: the one SQLite file and the files beside it.
//! - [`reading`]: bytes to pages of words, in a process of its own.
//! - [`understanding`]: words to findings and obligations, in the same process.
//! - [`connect`]: the ways in and out: the MQTT broker, Home Assistant.
//! - [`work`]: the loops that do the next thing.
//! - [`web`]: pages for people, an API for programs.

pub mod app;
pub mod cli;
pub mod config;
pub mod connect;
pub mod control;
pub mod domain;
pub mod lifecycle;
pub mod logging;
pub mod reading;
pub mod store;
pub mod understanding;
pub mod web;
pub mod work;
