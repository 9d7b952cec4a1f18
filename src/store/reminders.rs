//! Planned moments: written as a plan says, said once, or lapsed.

use jiff::Timestamp;
use rusqlite::{Row, named_params, params};

use super::rows::{Columns, VISIBLE};
use super::{Error, ReadTx, WriteTx, tasks};
use crate::domain::id::{ReminderId, TaskId};
use crate::domain::reminder::{Planned, Reminder, ReminderState};
use crate::domain::task::Task;

/// Makes the planned reminders of a task what `plan` says. A moment that was said stays said, so
/// planning again repeats nothing; a moment that is no longer planned lapses. Where all is as planned
/// nothing is written.
pub fn reconcile(tx: &WriteTx<'_>, task: TaskId, plan: &[Planned]) -> Result<(), Error> {
    let known = of_task(tx, task)?;
    for one in &known {
        let wanted = plan.iter().any(|it| it.slot == one.slot);
        if one.state == ReminderState::Planned && !wanted {
            set_state(tx, one.id, ReminderState::Lapsed)?;
        }
    }
    let mut random = tx.random();
    for one in plan {
        let before = known.iter().find(|it| it.slot == one.slot);
        if before.is_some_and(|it| stays(it, one, tx.now())) {
            continue;
        }
        random = random.wrapping_add(1);
        let id = ReminderId::new(tx.now(), random);
        tx.prepare_cached(
            "INSERT INTO reminder (id, task, slot, at, level, state)
             VALUES (:id, :task, :slot, :at, :level, 'planned')
             ON CONFLICT (task, slot) DO UPDATE
                SET at = excluded.at, level = excluded.level, state = 'planned'",
        )?
        .execute(named_params! {
            ":id": id.to_string(),
            ":task": task.to_string(),
            ":slot": one.slot,
            ":at": one.at.as_millisecond(),
            ":level": one.level.as_str(),
        })?;
    }
    Ok(())
}

/// Whether a moment stays as it is known, although `plan` names it: it was said, it has lapsed and is
/// over, or it stands as planned.
fn stays(known: &Reminder, plan: &Planned, now: Timestamp) -> bool {
    match known.state {
        ReminderState::Said => true,
        ReminderState::Lapsed => plan.at <= now,
        ReminderState::Planned => (known.at, known.level) == (plan.at, plan.level),
    }
}

/// The reminders of a task, earliest first.
pub fn of_task(tx: &ReadTx<'_>, task: TaskId) -> Result<Vec<Reminder>, Error> {
    let mut query = tx.prepare_cached("SELECT * FROM reminder WHERE task = ?1 ORDER BY at")?;
    let reminders = query.query_and_then([task.to_string()], reminder_from_row)?;
    reminders.collect()
}

/// A moment of a task was said.
pub fn mark_said(tx: &WriteTx<'_>, task: TaskId, slot: &str) -> Result<(), Error> {
    tx.prepare_cached("UPDATE reminder SET state = 'said' WHERE task = ?1 AND slot = ?2")?
        .execute(params![task.to_string(), slot])?;
    Ok(())
}

/// Changes what became of a reminder.
pub fn set_state(tx: &WriteTx<'_>, id: ReminderId, state: ReminderState) -> Result<(), Error> {
    tx.prepare_cached("UPDATE reminder SET state = ?2 WHERE id = ?1")?
        .execute(params![id.to_string(), state.as_str()])?;
    Ok(())
}

/// Nothing more is said about a task for now: what is planned lapses, what waits is overtaken.
pub fn silence(tx: &WriteTx<'_>, task: TaskId) -> Result<(), Error> {
    let key = task.to_string();
    tx.execute(
        "UPDATE reminder SET state = 'lapsed' WHERE task = ?1 AND state = 'planned'",
        [&key],
    )?;
    super::deliveries::overtake(tx, task)
}

/// A reminder with its task, for lists.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The moment.
    pub reminder: Reminder,
    /// About this.
    pub task: Task,
}

/// Reminders of tasks that the viewer may see, latest first, after `after`: the last one of the
/// page before, by its moment and id.
pub fn list(
    tx: &ReadTx<'_>,
    state: Option<ReminderState>,
    after: Option<(Timestamp, ReminderId)>,
    limit: u32,
) -> Result<Vec<Listed>, Error> {
    let mut query = tx.prepare_cached(&format!(
        "SELECT * FROM reminder
          WHERE task IN (SELECT id FROM task WHERE {VISIBLE})
            AND (:state IS NULL OR state = :state)
            AND (:at IS NULL OR (at, id) < (:at, :id))
          ORDER BY at DESC, id DESC LIMIT :limit"
    ))?;
    let parameters = named_params! {
        ":viewer": tx.viewer_id(),
        ":state": state.map(ReminderState::as_str),
        ":at": after.map(|(at, _)| at.as_millisecond()),
        ":id": after.map(|(_, id)| id.to_string()),
        ":limit": limit,
    };
    let reminders: Result<Vec<Reminder>, Error> = query
        .query_and_then(parameters, reminder_from_row)?
        .collect();
    reminders?
        .into_iter()
        .map(|reminder| {
            Ok(Listed {
                task: tasks::by_id(tx, reminder.task)?,
                reminder,
            })
        })
        .collect()
}

fn reminder_from_row(row: &Row<'_>) -> Result<Reminder, Error> {
    let columns = Columns::of("reminder", row);
    Ok(Reminder {
        id: columns.parsed("id")?,
        task: columns.parsed("task")?,
        slot: columns.plain("slot")?,
        at: columns.instant("at")?,
        level: columns.parsed("level")?,
        state: columns.parsed("state")?,
    })
}
