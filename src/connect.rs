//! Everything outside the box that workmate speaks to, each behind a small client of its own.
//!
//! - [`mqtt`]: the household's broker. Reminders go out, answers come in.
//! - [`push`]: ntfy, Gotify, Apprise, a webhook. Reminders go out.
//! - [`caldav`]: a collection of a calendar server, into which due days are written.
//! - [`mail`]: the household's mail server. Reminders go out.
//! - [`home_assistant`]: what Home Assistant must be told so that workmate appears there by itself, and
//!   its own API for notifications and a to-do list.
//! - [`http`]: the one HTTP client, which goes only where a person said.
//! - [`bucket`]: objects of S3, where backups go.
//! - [`otlp`]: a collector of OpenTelemetry. Traces go out.
//! - [`llm`]: a language model of the household's own.
//! - [`supervisor`]: who runs the add-ons of Home Assistant, and knows its broker.
//!
//! A client here knows the domain and nothing else: it neither reads the store nor decides what is
//! worth saying. It sends what it is given, says whether that arrived, and hands over what comes in
//! as typed values. Every wait has an end, and every failure is one of the two below, because a
//! sender can only do one of two things: try again, or give up and say so.

pub mod bucket;
pub mod caldav;
pub mod home_assistant;
pub mod http;
pub mod llm;
pub mod mail;
pub mod message;
pub mod mqtt;
pub mod otlp;
pub mod push;
pub mod supervisor;

/// Why something was not sent. `reason` is a sentence for people and never holds a secret or
/// content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// It may work later: the peer is away, slow or full. Whether it arrived is not known.
    #[error("not sent yet: {reason}")]
    Transient {
        /// What is in the way.
        reason: String,
    },
    /// It will never work as it is.
    #[error("cannot be sent: {reason}")]
    Permanent {
        /// What is wrong with it.
        reason: String,
    },
}

impl SendError {
    /// It may work later.
    pub fn transient(reason: impl Into<String>) -> Self {
        Self::Transient {
            reason: reason.into(),
        }
    }

    /// It will never work as it is.
    pub fn permanent(reason: impl Into<String>) -> Self {
        Self::Permanent {
            reason: reason.into(),
        }
    }
}
