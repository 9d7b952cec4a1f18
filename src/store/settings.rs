//! What is set while the house runs: a row of the database, not a line of the configuration.

use rusqlite::{OptionalExtension, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::journal::{self, Change};
use super::rows::json;
use super::{Error, ReadTx, WriteTx};
use crate::domain::journal::Entity;

/// The setting, or `None` where nobody has set it.
pub fn lookup<T: DeserializeOwned>(tx: &ReadTx<'_>, name: &str) -> Result<Option<T>, Error> {
    let mut query = tx.prepare_cached("SELECT value FROM setting WHERE name = ?1")?;
    let value: Option<String> = query.query_row([name], |row| row.get(0)).optional()?;
    value
        .map(|it| serde_json::from_str(&it))
        .transpose()
        .map_err(|cause| Error::Corrupt {
            table: "setting",
            cause: Box::new(cause),
        })
}

/// Sets it.
pub fn set<T: Serialize>(tx: &WriteTx<'_>, name: &str, value: &T) -> Result<(), Error> {
    let version: i64 = tx.query_row(
        "INSERT INTO setting (name, value, version) VALUES (?1, ?2, 1)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value, version = version + 1
         RETURNING version",
        params![name, json(value)],
        |row| row.get(0),
    )?;
    let change = Change {
        entity: Entity::Setting,
        id: name.to_owned(),
        version: u64::try_from(version).unwrap_or(0),
        change: "set",
        fields: &["value"],
        content: value,
    };
    journal::append(tx, &change)
}
