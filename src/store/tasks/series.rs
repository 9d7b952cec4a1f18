//! Tasks that come again, one at a time: the next one is made when the last one is answered.

use jiff::ToSpan;
use jiff::civil::Date;

use super::{log_change, rows, update};
use crate::domain::deadline::Region;
use crate::domain::id::TaskId;
use crate::domain::recurrence::Recurrence;
use crate::domain::task::{Series, Status, Step, Task};
use crate::store::{Error, WriteTx};

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
    task.series = Some(Series::beginning(recurrence, begins));
    Ok(())
}

/// Makes the next task of an answered one's series, if there is one, and takes the series from the
/// answered one, so that doing it again makes nothing. What a person changed of the last one holds for
/// the next, but for its day; the steps begin anew.
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
    let next = series.next(task.due_time, done_on, region);
    let last = Task {
        series: None,
        ..task.clone()
    };
    update(tx, last, "continued", &["recurrence"])?;
    let Some((series, due)) = next else {
        return Ok(None);
    };
    let later = task
        .due
        .and_then(|it| it.until(due).ok())
        .map_or(0, |it| it.get_days());
    let moved = |day: Date| day.checked_add(later.days()).unwrap_or(day);
    let steps = task.steps.iter().map(|it| Step {
        done_at: None,
        due: it.due.map(moved),
        ..it.clone()
    });
    let next = Task {
        id: TaskId::new(tx.now(), tx.random()),
        due: Some(due),
        safe_due: None,
        start: task.start.map(moved),
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
        ..task.clone()
    };
    rows::write(tx, &next)?;
    log_change(tx, &next, "came again", &["due"])?;
    Ok(Some(next))
}
