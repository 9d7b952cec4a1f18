//! Secret addresses under which a person's calendar is read without a login. Only their hashes are
//! kept; one that is revoked opens nothing any more.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::journal::{self, Change};
use super::rows::Columns;
use super::{Error, ReadTx, WriteTx};
use crate::domain::document::Sha256Hash;
use crate::domain::id::PersonId;
use crate::domain::journal::Entity;

/// Gives a person an address; the one before it opens nothing any more.
pub fn open(tx: &WriteTx<'_>, person: PersonId, hash: Sha256Hash) -> Result<(), Error> {
    tx.execute("DELETE FROM feed WHERE person = ?1", [person.to_string()])?;
    tx.execute(
        "INSERT INTO feed (hash, person, created_at) VALUES (?1, ?2, ?3)",
        params![
            hash.0.as_slice(),
            person.to_string(),
            tx.now().as_millisecond()
        ],
    )?;
    log_change(tx, person, "calendar opened")
}

/// Closes a person's address.
pub fn close(tx: &WriteTx<'_>, person: PersonId) -> Result<(), Error> {
    let closed = tx.execute("DELETE FROM feed WHERE person = ?1", [person.to_string()])?;
    if closed == 0 {
        return Ok(());
    }
    log_change(tx, person, "calendar closed")
}

fn log_change(tx: &WriteTx<'_>, person: PersonId, change: &str) -> Result<(), Error> {
    journal::append(
        tx,
        &Change {
            entity: Entity::Person,
            id: person.to_string(),
            version: 1,
            change,
            fields: &["calendar"],
            content: "",
        },
    )
}

/// Whose calendar it is, if the address is open.
pub fn person(tx: &ReadTx<'_>, hash: Sha256Hash) -> Result<Option<PersonId>, Error> {
    let mut query = tx.prepare_cached("SELECT person FROM feed WHERE hash = ?1")?;
    let mut rows = query.query_and_then([hash.0.as_slice()], |row| {
        Columns::of("feed", row).parsed("person")
    })?;
    rows.next().transpose()
}

/// Since when a person has an address.
pub fn since(tx: &ReadTx<'_>, person: PersonId) -> Result<Option<Timestamp>, Error> {
    let at: Option<i64> = tx
        .query_row(
            "SELECT created_at FROM feed WHERE person = ?1",
            [person.to_string()],
            |row| row.get(0),
        )
        .optional()?;
    Ok(at.and_then(|it| Timestamp::from_millisecond(it).ok()))
}
