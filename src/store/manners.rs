//! How the members of the household want to be told things.

use jiff::tz::TimeZone;
use rusqlite::params;

use super::journal::{self, Change};
use super::rows::{Columns, json};
use super::{Error, ReadTx, WriteTx, people};
use crate::domain::delivery::ChannelName;
use crate::domain::escalation::Household;
use crate::domain::id::PersonId;
use crate::domain::journal::Entity;
use crate::domain::manner::Manner;

/// What a person chose.
pub fn of(tx: &ReadTx<'_>, person: PersonId) -> Result<Manner, Error> {
    let mut query = tx.prepare_cached("SELECT body FROM manner WHERE person = ?1")?;
    let mut rows = query.query_and_then([person.to_string()], |row| {
        Columns::of("manner", row).json("body")
    })?;
    Ok(rows.next().transpose()?.unwrap_or_default())
}

/// A person chooses; who is told what is planned anew.
pub fn set(tx: &WriteTx<'_>, person: PersonId, manner: &Manner) -> Result<(), Error> {
    let version: i64 = tx.query_row(
        "INSERT INTO manner (person, body, version) VALUES (?1, ?2, 1)
         ON CONFLICT (person) DO UPDATE SET body = excluded.body, version = version + 1
         RETURNING version",
        params![person.to_string(), json(manner)],
        |row| row.get(0),
    )?;
    tx.execute(
        "UPDATE task SET look_at = ?1 WHERE status = 'open'",
        [tx.now().as_millisecond()],
    )?;
    journal::append(
        tx,
        &Change {
            entity: Entity::Person,
            id: person.to_string(),
            version: u64::try_from(version).unwrap_or(0),
            change: "manner changed",
            fields: &["manner"],
            content: manner,
        },
    )
}

/// The members of the household who can be told something in person on these `channels`.
pub fn household(
    tx: &ReadTx<'_>,
    channels: &[ChannelName],
    zone: &TimeZone,
) -> Result<Household, Error> {
    let mut members = Vec::new();
    for person in people::list(tx)? {
        members.push(of(tx, person.id)?.member(person.id, channels));
    }
    Ok(Household {
        members,
        ways: Vec::new(),
        zone: zone.clone(),
    })
}
