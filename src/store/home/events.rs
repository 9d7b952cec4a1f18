//! Which due days a calendar of Home Assistant shows.

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{named_params, params};

use crate::domain::document::Visibility;
use crate::domain::task::{Status, Task};
use crate::store::rows::Columns;
use crate::store::tasks::task_from_row;
use crate::store::{Error, ReadTx, WriteTx};

/// A task whose event is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dated {
    /// The task.
    pub task: Task,
    /// The day on which the calendar shows it, or was to show it last.
    pub shown_on: Option<Date>,
}

/// Whether a task is one for a calendar that the whole household sees.
pub fn is_dated(task: &Task) -> bool {
    task.status == Status::Open && task.due.is_some() && task.visible_to == Visibility::Household
}

/// Tasks whose event in `calendar` is not as it should be, earliest day first.
pub fn waiting(tx: &ReadTx<'_>, calendar: &str, limit: u32) -> Result<Vec<Dated>, Error> {
    let mut query = tx.prepare_cached(
        "SELECT task.*, event.day
           FROM task LEFT JOIN home_event event
                  ON event.task = task.id AND event.calendar = :calendar
          WHERE CASE WHEN task.status = 'open' AND task.due IS NOT NULL
                          AND task.visible_to IS NULL
                     THEN coalesce(event.version, 0) <> task.version
                     ELSE event.task IS NOT NULL END
            AND coalesce(event.retry_at, 0) <= :now
          ORDER BY coalesce(task.due, '9999'), task.id LIMIT :limit",
    )?;
    let parameters = named_params! {
        ":calendar": calendar, ":now": tx.now().as_millisecond(), ":limit": limit,
    };
    let dated = query.query_and_then(parameters, |row| {
        Ok(Dated {
            task: task_from_row(row)?,
            shown_on: Columns::of("home_event", row).parsed_or_none("day")?,
        })
    })?;
    dated.collect()
}

/// The calendar shows this version, or nothing of it any more.
pub fn shown(tx: &WriteTx<'_>, calendar: &str, task: &Task) -> Result<(), Error> {
    if !is_dated(task) {
        tx.prepare_cached("DELETE FROM home_event WHERE task = ?1")?
            .execute([task.id.to_string()])?;
        return Ok(());
    }
    put(tx, calendar, task, (task.version, Timestamp::UNIX_EPOCH))
}

/// An event is about to be made on the task's day: it is looked for there from now on.
pub fn intend(tx: &WriteTx<'_>, calendar: &str, task: &Task) -> Result<(), Error> {
    put(tx, calendar, task, (0, Timestamp::UNIX_EPOCH))
}

/// The calendar does not want it; it is told again at `retry_at`, and shows what it showed.
pub fn refused(
    tx: &WriteTx<'_>,
    calendar: &str,
    task: &Task,
    retry_at: Timestamp,
) -> Result<(), Error> {
    let known = tx
        .prepare_cached("UPDATE home_event SET retry_at = ?2 WHERE task = ?1")?
        .execute(params![task.id.to_string(), retry_at.as_millisecond()])?;
    if known == 0 {
        put(tx, calendar, task, (0, retry_at))?;
    }
    Ok(())
}

fn put(
    tx: &WriteTx<'_>,
    calendar: &str,
    task: &Task,
    (version, retry_at): (u64, Timestamp),
) -> Result<(), Error> {
    tx.prepare_cached(
        "INSERT INTO home_event (task, calendar, day, version, retry_at)
         VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (task) DO UPDATE
            SET calendar = excluded.calendar, day = excluded.day, version = excluded.version,
                retry_at = excluded.retry_at",
    )?
    .execute(params![
        task.id.to_string(),
        calendar,
        task.due.map(|it| it.to_string()),
        i64::try_from(version).unwrap_or(i64::MAX),
        retry_at.as_millisecond(),
    ])?;
    Ok(())
}
