//! The append-only record of every change, each entry chained to the one before by its hash.
//!
//! The chain covers a salted commitment to an entry's content, not the content itself. Content and
//! salt stand apart, so that erasing them (a person's right) leaves the chain verifiable.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::document::{Sha256Hash, named};

named! {
    /// What an entry is about.
    Entity {
        /// A document.
        Document = "document",
        /// A task.
        Task = "task",
        /// A delivery.
        Delivery = "delivery",
        /// A person.
        Person = "person",
        /// A bearer token.
        Token = "token",
        /// A setting.
        Setting = "setting",
        /// A party.
        Party = "party",
    }
}

/// Who made a change, and through what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The person's or token's id, or the worker's name.
    pub name: String,
    /// `web`, `api`, `mqtt`, `folder`, `command`, `worker`.
    pub channel: String,
}

impl Actor {
    /// One of the daemon's own workers.
    pub fn worker(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            channel: "worker".to_owned(),
        }
    }
}

/// One entry without its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// From 1, without gaps.
    pub sequence: u64,
    /// When.
    pub at: Timestamp,
    /// What changed.
    pub entity: Entity,
    /// Which one.
    pub entity_id: String,
    /// Its version after the change.
    pub version: u64,
    /// Who.
    pub actor: Actor,
    /// What was done: `accepted`, `read`, `answered` …
    pub change: String,
    /// The fields that changed.
    pub fields: Vec<String>,
    /// SHA-256 of salt and content.
    pub commitment: Sha256Hash,
}

impl Entry {
    /// The bytes that are hashed after the hash of the entry before: each part behind its length,
    /// so that no two entries share their bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(256);
        let mut part = |data: &[u8]| {
            let length = u64::try_from(data.len()).unwrap_or(u64::MAX);
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(data);
        };
        part(&self.sequence.to_be_bytes());
        part(&self.at.as_millisecond().to_be_bytes());
        part(self.entity.as_str().as_bytes());
        part(self.entity_id.as_bytes());
        part(&self.version.to_be_bytes());
        part(self.actor.name.as_bytes());
        part(self.actor.channel.as_bytes());
        part(self.change.as_bytes());
        for field in &self.fields {
            part(field.as_bytes());
        }
        part(&self.commitment.0);
        bytes
    }
}
