//! Which version of each task the calendar server has. Bookkeeping, not journaled.

use jiff::Timestamp;
use rusqlite::params;

use super::rows::Columns;
use super::tasks::task_from_row;
use super::{Error, ReadTx, WriteTx};
use crate::domain::task::{Status, Task};

/// Whether the server has another version of a task than it should.
const DIFFERS: &str = "task.visible_to IS NULL
     AND CASE WHEN task.status = 'open' AND task.due IS NOT NULL
              THEN coalesce(entry.version, 0) <> task.version
              ELSE coalesce(entry.version, 0) <> 0 END";

/// Tasks of the whole household whose entry is not what the server has, earliest day first: those that
/// are open and due, and those that it has but should not.
pub fn waiting(tx: &ReadTx<'_>, limit: u32) -> Result<Vec<Task>, Error> {
    let mut query = tx.prepare_cached(&format!(
        "SELECT task.* FROM task LEFT JOIN calendar_entry entry ON entry.task = task.id
          WHERE {DIFFERS} AND coalesce(entry.retry_at, 0) <= ?1
          ORDER BY coalesce(task.due, '9999'), task.id LIMIT ?2"
    ))?;
    let parameters = params![tx.now().as_millisecond(), limit];
    let tasks = query.query_and_then(parameters, task_from_row)?;
    tasks.collect()
}

/// How many entries are not what the server should have, and how many of those it has refused.
pub fn backlog(tx: &ReadTx<'_>) -> Result<(u64, u64), Error> {
    let mut query = tx.prepare_cached(&format!(
        "SELECT count(*) AS waiting, count(*) FILTER (WHERE entry.retry_at > ?1) AS refused
           FROM task LEFT JOIN calendar_entry entry ON entry.task = task.id WHERE {DIFFERS}"
    ))?;
    let mut rows = query.query_and_then([tx.now().as_millisecond()], |row| {
        let columns = Columns::of("calendar_entry", row);
        Ok::<_, Error>((columns.count("waiting")?, columns.count("refused")?))
    })?;
    Ok(rows.next().transpose()?.unwrap_or_default())
}

/// The server has this version, or the entry is gone from it.
pub fn published(tx: &WriteTx<'_>, task: &Task) -> Result<(), Error> {
    let has_entry = task.status == Status::Open && task.due.is_some();
    let version = if has_entry { task.version } else { 0 };
    tx.execute(
        "INSERT INTO calendar_entry (task, version, retry_at) VALUES (?1, ?2, 0)
         ON CONFLICT (task) DO UPDATE SET version = excluded.version, retry_at = 0",
        params![
            task.id.to_string(),
            i64::try_from(version).unwrap_or(i64::MAX)
        ],
    )?;
    Ok(())
}

/// The server does not want this version; it is asked again at `retry_at`.
pub fn refused(tx: &WriteTx<'_>, task: &Task, retry_at: Timestamp) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO calendar_entry (task, version, retry_at) VALUES (?1, 0, ?2)
         ON CONFLICT (task) DO UPDATE SET retry_at = excluded.retry_at",
        params![task.id.to_string(), retry_at.as_millisecond()],
    )?;
    Ok(())
}
