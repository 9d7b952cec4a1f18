//! Requests that were answered under an `Idempotency-Key`: the same key gets the same answer.

use jiff::ToSpan;
use rusqlite::{named_params, params};

use super::rows::Columns;
use super::{Error, ReadTx, WriteTx};
use crate::domain::document::Sha256Hash;

/// How long an answer is kept, in hours.
const KEPT_HOURS: i64 = 24;

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// SHA-256 of the request; another request under the same key is refused.
    pub request: Sha256Hash,
    /// The HTTP status.
    pub status: u16,
    /// The JSON.
    pub response: String,
}

/// What `caller` was answered under `key`.
pub fn lookup(tx: &ReadTx<'_>, caller: &str, key: &str) -> Result<Option<Answered>, Error> {
    let mut query =
        tx.prepare_cached("SELECT * FROM idempotency WHERE caller = ?1 AND key = ?2")?;
    let mut rows = query.query_and_then([caller, key], |row| {
        let columns = Columns::of("idempotency", row);
        Ok::<_, Error>(Answered {
            request: Sha256Hash(columns.plain("request")?),
            status: columns.plain("status")?,
            response: columns.plain("response")?,
        })
    })?;
    rows.next().transpose()
}

/// Keeps an answer for a day, and forgets those that are older.
pub fn keep(tx: &WriteTx<'_>, caller: &str, key: &str, answered: &Answered) -> Result<(), Error> {
    let oldest = tx.now() - KEPT_HOURS.hours();
    tx.execute(
        "DELETE FROM idempotency WHERE at < ?1",
        params![oldest.as_millisecond()],
    )?;
    tx.execute(
        "INSERT OR IGNORE INTO idempotency (caller, key, request, status, response, at)
         VALUES (:caller, :key, :request, :status, :response, :at)",
        named_params! {
            ":caller": caller,
            ":key": key,
            ":request": answered.request.0.as_slice(),
            ":status": answered.status,
            ":response": answered.response,
            ":at": tx.now().as_millisecond(),
        },
    )?;
    Ok(())
}
