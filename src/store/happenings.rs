//! What happened, for listeners: entries of the journal that the viewer may hear of.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, named_params};

use super::rows::VISIBLE;
use super::{Error, ReadTx, deliveries, journal};
use crate::domain::journal::{Entity, Entry};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happening {
    /// The journal's sequence.
    pub sequence: u64,
    /// When.
    pub at: Timestamp,
    /// `document`, `task` or `reminder`.
    pub name: &'static str,
    /// The document or the task.
    pub id: String,
    /// What was done.
    pub change: String,
}

/// What happened after `sequence` that the viewer may hear of, and the last sequence looked at.
pub fn after(tx: &ReadTx<'_>, sequence: u64, limit: u32) -> Result<(u64, Vec<Happening>), Error> {
    journal::look_after(tx, sequence, limit, |entry| happening(tx, entry))
}

fn happening(tx: &ReadTx<'_>, entry: Entry) -> Result<Option<Happening>, Error> {
    let (name, id) = match entry.entity {
        Entity::Document if may_see(tx, "document", &entry.entity_id)? => {
            ("document", entry.entity_id)
        }
        Entity::Task if may_see(tx, "task", &entry.entity_id)? => ("task", entry.entity_id),
        Entity::Delivery => match deliveries::first_task(tx, &entry.entity_id)? {
            Some(task) if may_see(tx, "task", &task)? => ("reminder", task),
            _ => return Ok(None),
        },
        Entity::Document
        | Entity::Task
        | Entity::Person
        | Entity::Token
        | Entity::Setting
        | Entity::Party => return Ok(None),
    };
    let (sequence, at, change) = (entry.sequence, entry.at, entry.change);
    Ok(Some(Happening {
        sequence,
        at,
        name,
        id,
        change,
    }))
}

fn may_see(tx: &ReadTx<'_>, table: &str, id: &str) -> Result<bool, Error> {
    let mut query = tx.prepare_cached(&format!(
        "SELECT 1 FROM {table} WHERE id = :id AND {VISIBLE}"
    ))?;
    let parameters = named_params! { ":id": id, ":viewer": tx.viewer_id() };
    let found: Option<i64> = query.query_row(parameters, |row| row.get(0)).optional()?;
    Ok(found.is_some())
}
