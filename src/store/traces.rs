//! The journal as stories: all that happened to a document, to the tasks it asked for and to their
//! reminders is one; a task that no document asked for begins its own.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::{Error, ReadTx, deliveries, journal};
use crate::domain::journal::{Entity, Entry};

/// One entry of the journal, and where it stands in its story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The document or the task that the story is about.
    pub story: String,
    /// The sequence of its first entry.
    pub first: u64,
    /// When the entry before came, about the same thing or, for a new one, about the story's.
    pub before: Option<Timestamp>,
    /// What happened.
    pub entry: Entry,
}

/// The steps after `sequence`, and the last sequence looked at. What belongs to no story, or to one that
/// was erased, is left out.
pub fn after(tx: &ReadTx<'_>, sequence: u64, limit: u32) -> Result<(u64, Vec<Step>), Error> {
    journal::look_after(tx, sequence, limit, |entry| step(tx, entry))
}

fn step(tx: &ReadTx<'_>, entry: Entry) -> Result<Option<Step>, Error> {
    let Some((entity, story)) = story(tx, &entry)? else {
        return Ok(None);
    };
    let mut query = tx
        .prepare_cached("SELECT min(sequence) FROM journal WHERE entity = ?1 AND entity_id = ?2")?;
    let first: Option<i64> = query.query_row(params![entity.as_str(), story], |row| row.get(0))?;
    let first = first.map_or(entry.sequence, i64::unsigned_abs);
    let mut before = moment_before(tx, (entry.entity, &entry.entity_id), entry.sequence)?;
    if before.is_none() && entry.entity == Entity::Task {
        before = moment_before(tx, (entity, &story), entry.sequence)?;
    }
    Ok(Some(Step {
        story,
        first,
        before,
        entry,
    }))
}

fn story(tx: &ReadTx<'_>, entry: &Entry) -> Result<Option<(Entity, String)>, Error> {
    let id = entry.entity_id.clone();
    let task = match entry.entity {
        Entity::Document => return Ok(Some((Entity::Document, id))),
        Entity::Task => Some(id),
        Entity::Delivery => deliveries::first_task(tx, &id)?,
        Entity::Person | Entity::Token | Entity::Setting | Entity::Party => None,
    };
    let Some(task) = task else { return Ok(None) };
    let mut query = tx.prepare_cached("SELECT document FROM task WHERE id = ?1")?;
    let found: Option<Option<String>> = query.query_row([&task], |row| row.get(0)).optional()?;
    Ok(found.map(|document| match document {
        Some(document) => (Entity::Document, document),
        None => (Entity::Task, task),
    }))
}

fn moment_before(
    tx: &ReadTx<'_>,
    (entity, id): (Entity, &str),
    sequence: u64,
) -> Result<Option<Timestamp>, Error> {
    let mut query = tx.prepare_cached(
        "SELECT at FROM journal WHERE entity = ?1 AND entity_id = ?2 AND sequence < ?3
          ORDER BY sequence DESC LIMIT 1",
    )?;
    let before = i64::try_from(sequence).unwrap_or(i64::MAX);
    let at = query.query_row(params![entity.as_str(), id, before], |row| row.get(0));
    let at: Option<i64> = at.optional()?;
    Ok(at.and_then(|it| Timestamp::from_millisecond(it).ok()))
}
