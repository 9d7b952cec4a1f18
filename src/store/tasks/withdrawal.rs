//! Tasks that nobody has to do: removed by a person, or gone with their document.

use super::{by_id, expect_version, of_document, update};
use crate::domain::id::{DocumentId, TaskId};
use crate::domain::task::{Status, Task};
use crate::store::{Error, WriteTx, examples, reminders};

/// What a person says by removing a task that a document asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// This one is not for the list.
    Once,
    /// There is nothing to do, here and in letters like it.
    NothingToDo,
}

/// A person removes a task made by hand; one that a document asks for is answered instead. Only who
/// says so teaches with it: a bill that somebody cleared away must not silence the next one.
pub fn withdraw(
    tx: &WriteTx<'_>,
    id: TaskId,
    expected: Option<u64>,
    removed: Removed,
) -> Result<Task, Error> {
    let task = by_id(tx, id)?;
    expect_version(&task, expected)?;
    let status = match &task.source {
        Some(source) => {
            if removed == Removed::NothingToDo {
                examples::teach_due(tx, source.document, &source.key, None)?;
            }
            Status::NotMine
        }
        None => Status::Withdrawn,
    };
    reminders::silence(tx, id)?;
    update(tx, Task { status, ..task }, "removed", &["status"])
}

/// What was learned when the task was removed holds no more, since it is open again. A day that a
/// person took away stays away.
pub(super) fn forget(tx: &WriteTx<'_>, task: &Task) -> Result<(), Error> {
    match &task.source {
        Some(source) if task.status == Status::NotMine && task.due.is_some() => {
            examples::forget_absence(tx, source.document, &source.key)
        }
        Some(_) | None => Ok(()),
    }
}

/// The tasks of a document that went to the trash want nothing any more.
pub fn withdraw_of_document(tx: &WriteTx<'_>, document: DocumentId) -> Result<(), Error> {
    for task in of_document(tx, document)? {
        if task.status == Status::Open {
            reminders::silence(tx, task.id)?;
            update(
                tx,
                Task {
                    status: Status::Withdrawn,
                    ..task
                },
                "withdrawn",
                &["status"],
            )?;
        }
    }
    Ok(())
}
