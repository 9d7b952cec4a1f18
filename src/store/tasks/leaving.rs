//! What somebody was to do becomes the household's when they move out.

use super::{by_id, update};
use crate::domain::id::{PersonId, TaskId};
use crate::domain::task::Status;
use crate::store::rows::Columns;
use crate::store::{Error, WriteTx};

/// Takes `person` from every task that still wants something.
pub fn leave(tx: &WriteTx<'_>, person: PersonId) -> Result<(), Error> {
    let mut query = tx.prepare_cached(
        "SELECT id FROM task WHERE status = ?2
            AND (instr(assignees, ?1) > 0 OR instr(coalesce(series, ''), ?1) > 0)",
    )?;
    let parameters = [person.to_string(), Status::Open.as_str().to_owned()];
    let theirs = query.query_and_then(parameters, |row| Columns::of("task", row).parsed("id"))?;
    let theirs: Vec<TaskId> = theirs.collect::<Result<_, Error>>()?;
    for id in theirs {
        let mut task = by_id(tx, id)?;
        task.assignees.retain(|it| *it != person);
        let usual = task.series.as_mut().and_then(|it| it.usual.as_mut());
        if let Some(usual) = usual {
            usual.assignees.retain(|it| *it != person);
        }
        update(tx, task, "edited", &["assignees"])?;
    }
    Ok(())
}
