//! Tasks that come again, one at a time: the next one is made when the last one is answered.

use jiff::ToSpan;
use jiff::civil::Date;

use super::{Edit, log_change, rows, update};
use crate::domain::deadline::Region;
use crate::domain::id::TaskId;
use crate::domain::recurrence::Recurrence;
use crate::domain::task::{Before, Series, Status, Step, Task, TaskField};
use crate::store::reminders::silence;
use crate::store::{Error, ReadTx, WriteTx};

/// Lets `task` come again as `recurrence` says, from its due day on; or no more.
pub(super) fn set(task: &mut Task, recurrence: Option<Recurrence>) -> Result<(), Error> {
    let known = task.series.as_ref().map(|it| &it.recurrence);
    if known == recurrence.as_ref() {
        return Ok(());
    }
    let Some(recurrence) = recurrence else {
        task.series = None;
        return Ok(());
    };
    let begins = task.due.ok_or_else(|| Error::Conflict {
        what: "what comes again begins on a due day: give it one".to_owned(),
    })?;
    let usual = task.series.take().and_then(|it| it.usual);
    task.series = Some(Series {
        usual,
        ..Series::beginning(recurrence, begins)
    });
    Ok(())
}

/// Puts what was said into the task and into those to come, or into this one alone.
pub(super) fn apply(tx: &ReadTx<'_>, task: &mut Task, said: Edit) -> Result<Vec<TaskField>, Error> {
    let Some(series) = &mut task.series else {
        return super::apply(tx, task, said);
    };
    if said.only_this {
        let rule = said.recurrence.as_ref();
        if rule.is_some_and(|it| it.as_ref() != Some(&series.recurrence)) {
            return Err(Error::Conflict {
                what: "how often it comes again is said of the whole series".to_owned(),
            });
        }
        if series.usual.is_none() {
            let usual = Task {
                series: None,
                ..task.clone()
            };
            if let Some(series) = &mut task.series {
                series.usual = Some(Box::new(usual));
            }
        }
    } else if let Some(usual) = &mut series.usual {
        let said = Edit {
            recurrence: None,
            ..said.clone()
        };
        super::apply(tx, usual, said)?;
    }
    super::apply(tx, task, said)
}

/// Makes the next task of an answered one's series, if there is one, and takes the series from the
/// answered one, so that doing it again makes nothing. What a person changed of the last one holds for
/// the next, but for its day and for what was said of that one alone; the steps begin anew.
pub fn continue_series(
    tx: &WriteTx<'_>,
    task: &Task,
    done_on: Date,
    region: &Region,
) -> Result<Option<Task>, Error> {
    let is_answered = matches!(task.status, Status::Done | Status::NotMine);
    let Some(series) = task.series.as_ref().filter(|_| is_answered) else {
        return Ok(None);
    };
    let last = Task {
        series: None,
        ..task.clone()
    };
    let usual = series.usual.as_deref().unwrap_or(task);
    let next = series.next(usual.due_time, done_on, region);
    update(tx, last, "continued", &["recurrence"])?;
    let Some((next, due)) = next else {
        return Ok(None);
    };
    let before = Before {
        task: task.id,
        series: Series {
            before: None,
            ..series.clone()
        },
    };
    let next = Series {
        before: Some(Box::new(before)),
        ..next
    };
    let next = coming(tx, usual, next, due);
    rows::write(tx, &next)?;
    log_change(tx, &next, "came again", &["due"])?;
    Ok(Some(next))
}

/// A new task like `usual`, on its own day.
fn coming(tx: &WriteTx<'_>, usual: &Task, series: Series, due: Date) -> Task {
    let later = usual
        .due
        .and_then(|it| it.until(due).ok())
        .map_or(0, |it| it.get_days());
    let moved = |day: Date| day.checked_add(later.days()).unwrap_or(day);
    let steps = usual.steps.iter().map(|it| Step {
        done_at: None,
        due: it.due.map(moved),
        ..it.clone()
    });
    Task {
        id: TaskId::new(tx.now(), tx.random()),
        due: Some(due),
        safe_due: None,
        start: usual.start.map(moved),
        steps: steps.collect(),
        series: Some(series),
        remind_at: Vec::new(),
        status: Status::Open,
        later_until: None,
        acknowledged_at: None,
        muted_until: None,
        source: None,
        arrived_late: false,
        created_at: tx.now(),
        version: 1,
        ..usual.clone()
    }
}

/// Takes back the task that an answer to `last` has made, if nobody has touched it since; the series
/// that `last` then belongs to again.
pub(super) fn take_back(tx: &WriteTx<'_>, last: TaskId) -> Result<Option<Series>, Error> {
    let mut query = tx.prepare_cached(
        "SELECT * FROM task
          WHERE status = 'open' AND version = 1 AND series IS NOT NULL
            AND series ->> '$.before.task' = ?1",
    )?;
    let mut made = query.query_and_then([last.to_string()], rows::task_from_row)?;
    let Some(next) = made.next().transpose()? else {
        return Ok(None);
    };
    let before = next.series.as_ref().and_then(|it| it.before.clone());
    silence(tx, next.id)?;
    let withdrawn = Task {
        status: Status::Withdrawn,
        series: None,
        ..next
    };
    update(tx, withdrawn, "taken back", &["status"])?;
    Ok(before.map(|it| it.series))
}
