//! The append-only record of every change of a domain fact, in the transaction of the change.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, named_params, params};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::rows::{Columns, VISIBLE, json};
use super::{Error, ReadTx, WriteTx, random_bytes, told};
use crate::domain::document::Sha256Hash;
use crate::domain::journal::{Actor, Entity, Entry};

/// The change of an entry whose content is what somebody said, as a JSON string.
pub const COMMENTED: &str = "commented";

/// A change about to be journaled.
pub struct Change<'a, T: Serialize + ?Sized> {
    /// What changed.
    pub entity: Entity,
    /// Which one.
    pub id: String,
    /// Its version after the change.
    pub version: u64,
    /// What was done: `accepted`, `read`, `answered` …
    pub change: &'a str,
    /// The fields that changed.
    pub fields: &'a [&'a str],
    /// How it is now; kept apart from the chain, so that it can be erased.
    pub content: &'a T,
}

/// The sequence of the newest entry, 0 where there is none.
pub fn last_sequence(connection: &Connection) -> Result<u64, rusqlite::Error> {
    let mut query = connection.prepare_cached("SELECT coalesce(max(sequence), 0) FROM journal")?;
    let last: i64 = query.query_row([], |row| row.get(0))?;
    Ok(u64::try_from(last).unwrap_or(0))
}

/// Appends an entry.
pub fn append<T: Serialize + ?Sized>(
    tx: &WriteTx<'_>,
    change: &Change<'_, T>,
) -> Result<(), Error> {
    let content = json(change.content);
    let salt: [u8; 16] = random_bytes();
    let commitment = commitment(&salt, &content);
    let sequence = last_sequence(tx)? + 1;
    let entry = Entry {
        sequence,
        at: tx.now(),
        entity: change.entity,
        entity_id: change.id.clone(),
        version: change.version,
        actor: tx.actor().clone(),
        change: change.change.to_owned(),
        fields: change.fields.iter().map(|it| (*it).to_owned()).collect(),
        commitment,
    };
    let hash = chained(last_hash(tx)?, &entry);
    insert(tx, &entry, hash)?;
    tx.prepare_cached("INSERT INTO journal_content (sequence, salt, content) VALUES (?1, ?2, ?3)")?
        .execute(params![column(sequence), salt.as_slice(), content])?;
    tx.last_sequence.set(Some(sequence));
    if entry.entity == Entity::Task {
        told::changed(tx, &entry.entity_id, &entry.change);
    }
    Ok(())
}

fn insert(tx: &WriteTx<'_>, entry: &Entry, hash: Sha256Hash) -> Result<(), Error> {
    tx.prepare_cached(
        "INSERT INTO journal (sequence, at, entity, entity_id, version, actor, channel, change,
                              fields, commitment, hash)
         VALUES (:sequence, :at, :entity, :entity_id, :version, :actor, :channel, :change,
                 :fields, :commitment, :hash)",
    )?
    .execute(named_params! {
        ":sequence": column(entry.sequence),
        ":at": entry.at.as_millisecond(),
        ":entity": entry.entity.as_str(),
        ":entity_id": entry.entity_id,
        ":version": column(entry.version),
        ":actor": entry.actor.name,
        ":channel": entry.actor.channel,
        ":change": entry.change,
        ":fields": json(&entry.fields),
        ":commitment": entry.commitment.0.as_slice(),
        ":hash": hash.0.as_slice(),
    })?;
    Ok(())
}

fn last_hash(tx: &ReadTx<'_>) -> Result<Sha256Hash, Error> {
    let mut query = tx.prepare_cached("SELECT hash FROM journal ORDER BY sequence DESC LIMIT 1")?;
    let hash: Option<[u8; 32]> = query.query_row([], |row| row.get(0)).optional()?;
    Ok(Sha256Hash(hash.unwrap_or([0; 32])))
}

fn commitment(salt: &[u8], content: &str) -> Sha256Hash {
    let mut hasher = Sha256::new();
    hasher.update(salt);
    hasher.update(content.as_bytes());
    Sha256Hash(hasher.finalize().into())
}

fn chained(before: Sha256Hash, entry: &Entry) -> Sha256Hash {
    let mut hasher = Sha256::new();
    hasher.update(before.0);
    hasher.update(entry.bytes());
    Sha256Hash(hasher.finalize().into())
}

fn column(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// What checking the chain showed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// Entries that were checked.
    pub entries: u64,
    /// Of those, how many have had their content erased.
    pub erased: u64,
    /// The first entry that does not fit, and why.
    pub broken: Option<Broken>,
}

/// Where the chain breaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Broken {
    /// At this entry.
    pub sequence: u64,
    /// In words.
    pub reason: String,
}

/// Follows the chain from the first entry to the last.
pub fn verify(tx: &ReadTx<'_>) -> Result<Verification, Error> {
    let mut query = tx.prepare(
        "SELECT j.*, c.salt, c.content FROM journal j
           LEFT JOIN journal_content c USING (sequence) ORDER BY sequence",
    )?;
    let mut rows = query.query([])?;
    let mut state = Verification {
        entries: 0,
        erased: 0,
        broken: None,
    };
    let mut before = Sha256Hash([0; 32]);
    while let Some(row) = rows.next()? {
        let columns = Columns::of("journal", row);
        let entry = entry_from_row(&columns)?;
        let hash = Sha256Hash(columns.plain("hash")?);
        let reason = if entry.sequence != state.entries + 1 {
            Some("an entry before it is missing")
        } else if chained(before, &entry) != hash {
            Some("it was altered, or an entry before it was")
        } else {
            let content: Option<String> = columns.plain("content")?;
            let salt: Option<Vec<u8>> = columns.plain("salt")?;
            if let Some((salt, content)) = salt.zip(content) {
                let fits = commitment(&salt, &content) == entry.commitment;
                (!fits).then_some("its content was altered")
            } else {
                state.erased += 1;
                None
            }
        };
        if let Some(reason) = reason {
            state.broken = Some(Broken {
                sequence: entry.sequence,
                reason: reason.to_owned(),
            });
            return Ok(state);
        }
        state.entries += 1;
        before = hash;
    }
    Ok(state)
}

fn entry_from_row(columns: &Columns<'_, '_>) -> Result<Entry, Error> {
    Ok(Entry {
        sequence: columns.count("sequence")?,
        at: columns.instant("at")?,
        entity: columns.parsed("entity")?,
        entity_id: columns.plain("entity_id")?,
        version: columns.count("version")?,
        actor: Actor {
            name: columns.plain("actor")?,
            channel: columns.plain("channel")?,
        },
        change: columns.plain("change")?,
        fields: columns.json("fields")?,
        commitment: Sha256Hash(columns.plain("commitment")?),
    })
}

/// Entries after `sequence`, oldest first: what a listener missed.
fn after(tx: &ReadTx<'_>, sequence: u64, limit: u32) -> Result<Vec<Entry>, Error> {
    let mut query =
        tx.prepare_cached("SELECT * FROM journal WHERE sequence > ?1 ORDER BY sequence LIMIT ?2")?;
    let entries = query.query_and_then(params![column(sequence), limit], |row| {
        entry_from_row(&Columns::of("journal", row))
    })?;
    entries.collect()
}

/// What `look` makes of each entry after `sequence`, oldest first, and the last sequence looked at.
pub fn look_after<T>(
    tx: &ReadTx<'_>,
    sequence: u64,
    limit: u32,
    look: impl Fn(Entry) -> Result<Option<T>, Error>,
) -> Result<(u64, Vec<T>), Error> {
    let entries = after(tx, sequence, limit)?;
    let looked_at = entries.last().map_or(sequence, |it| it.sequence);
    let seen = entries.into_iter().filter_map(|it| look(it).transpose());
    Ok((looked_at, seen.collect::<Result<_, _>>()?))
}

/// The last entries about documents and tasks that the viewer may see, newest first.
pub fn newest(tx: &ReadTx<'_>, limit: u32) -> Result<Vec<Entry>, Error> {
    let mut query = tx.prepare_cached(&format!(
        "SELECT * FROM journal j
          WHERE CASE entity
                  WHEN 'document' THEN EXISTS
                    (SELECT 1 FROM document WHERE id = j.entity_id AND {VISIBLE})
                  WHEN 'task' THEN EXISTS
                    (SELECT 1 FROM task WHERE id = j.entity_id AND {VISIBLE})
                  WHEN 'party' THEN EXISTS
                    (SELECT 1 FROM party WHERE id = j.entity_id AND {VISIBLE})
                  ELSE 1
                END
          ORDER BY sequence DESC LIMIT :limit"
    ))?;
    let parameters = named_params! { ":viewer": tx.viewer_id(), ":limit": limit };
    let entries = query.query_and_then(parameters, |row| {
        entry_from_row(&Columns::of("journal", row))
    })?;
    entries.collect()
}

/// The story of one thing, newest first.
pub fn of(tx: &ReadTx<'_>, entity: Entity, id: &str, limit: u32) -> Result<Vec<Entry>, Error> {
    let mut query = tx.prepare_cached(
        "SELECT * FROM journal WHERE entity = ?1 AND entity_id = ?2
          ORDER BY sequence DESC LIMIT ?3",
    )?;
    let entries = query.query_and_then(params![entity.as_str(), id, limit], |row| {
        entry_from_row(&Columns::of("journal", row))
    })?;
    entries.collect()
}

/// What somebody said, where `entry` is a comment whose content is still kept.
pub fn comment(tx: &ReadTx<'_>, entry: &Entry) -> Result<Option<String>, Error> {
    if entry.change != COMMENTED {
        return Ok(None);
    }
    let mut query = tx.prepare_cached("SELECT content FROM journal_content WHERE sequence = ?1")?;
    let parameters = [column(entry.sequence)];
    let mut rows = query.query_and_then(parameters, |row| {
        Columns::of("journal_content", row).json("content")
    })?;
    rows.next().transpose()
}

/// Erases what the journal keeps about one thing; the chain stays verifiable.
pub fn erase_content(tx: &WriteTx<'_>, entity: Entity, id: &str) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM journal_content WHERE sequence IN
           (SELECT sequence FROM journal WHERE entity = ?1 AND entity_id = ?2)",
        params![entity.as_str(), id],
    )?;
    Ok(())
}

/// The moment of the newest entry; time has never been later than this without somebody noticing.
pub fn last_moment(tx: &ReadTx<'_>) -> Result<Option<Timestamp>, Error> {
    let at: Option<i64> = tx
        .query_row(
            "SELECT at FROM journal ORDER BY sequence DESC LIMIT 1",
            [],
            |row| row.get(0),
        )
        .optional()?;
    Ok(at.and_then(|it| Timestamp::from_millisecond(it).ok()))
}
