//! Reminders on their way: recorded as intended before they are said, and as tried after.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, named_params, params};

use super::journal::{self, Change};
use super::rows::{Columns, json};
use super::{Error, ReadTx, WriteTx, tasks};
use crate::domain::delivery::{ChannelName, Delivery, DeliveryState};
use crate::domain::id::{AttemptId, DeliveryId, PersonId, ReminderId, TaskId};
use crate::domain::journal::Entity;
use crate::domain::reminder::{Level, Reminder};
use crate::domain::task::Task;

/// What a delivery speaks about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// One task, as loud as its reminder.
    Task {
        /// The task as it is now.
        task: Box<Task>,
        /// How loud.
        level: Level,
    },
    /// Several tasks that had been due before they arrived.
    Digest {
        /// As they are now.
        tasks: Vec<Task>,
    },
}

/// A delivery that waits to be said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The delivery.
    pub delivery: Delivery,
    /// What it speaks about.
    pub subject: Subject,
}

/// How a try ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The channel has taken it.
    Delivered,
    /// Not now; again at this moment.
    Transient {
        /// Why not.
        reason: String,
        /// When again.
        retry_at: Timestamp,
    },
    /// Never.
    Permanent {
        /// Why not.
        reason: String,
    },
}

/// Intends to say `reminder` to `person` by `channel`. What still waits about the same task on the
/// same way is overtaken: after days without a broker one message is said, not one for each day.
pub fn intend(
    tx: &WriteTx<'_>,
    reminder: &Reminder,
    person: Option<PersonId>,
    channel: ChannelName,
) -> Result<DeliveryId, Error> {
    let recipient = person.map(|it| it.to_string()).unwrap_or_default();
    tx.prepare_cached(
        "UPDATE delivery SET state = 'overtaken'
          WHERE state = 'waiting' AND channel = :channel AND person = :person
            AND reminder IN (SELECT id FROM reminder WHERE task = :task)",
    )?
    .execute(named_params! {
        ":channel": channel.as_str(), ":person": recipient, ":task": reminder.task.to_string(),
    })?;
    insert(tx, Some(reminder.id), None, &recipient, channel)
}

/// Intends to ask about tasks that had been due before they arrived.
pub fn intend_digest(
    tx: &WriteTx<'_>,
    tasks: &[TaskId],
    channel: ChannelName,
) -> Result<DeliveryId, Error> {
    insert(tx, None, Some(tasks), "", channel)
}

fn insert(
    tx: &WriteTx<'_>,
    reminder: Option<ReminderId>,
    digest: Option<&[TaskId]>,
    person: &str,
    channel: ChannelName,
) -> Result<DeliveryId, Error> {
    let id = DeliveryId::new(tx.now(), tx.random());
    tx.prepare_cached(
        "INSERT INTO delivery (id, reminder, digest, person, channel, state, retry_at, created_at)
         VALUES (:id, :reminder, :digest, :person, :channel, 'waiting', :now, :now)",
    )?
    .execute(named_params! {
        ":id": id.to_string(),
        ":reminder": reminder.map(|it| it.to_string()),
        ":digest": digest.map(json),
        ":person": person,
        ":channel": channel.as_str(),
        ":now": tx.now().as_millisecond(),
    })?;
    Ok(id)
}

/// What waits about a task needs no saying any more.
pub(super) fn overtake(tx: &WriteTx<'_>, task: TaskId) -> Result<(), Error> {
    tx.execute(
        "UPDATE delivery SET state = 'overtaken'
          WHERE state = 'waiting' AND reminder IN (SELECT id FROM reminder WHERE task = ?1)",
        [task.to_string()],
    )?;
    Ok(())
}

/// Deliveries of a channel that may be tried now, oldest first.
pub fn waiting(tx: &ReadTx<'_>, channel: ChannelName, limit: u32) -> Result<Vec<Waiting>, Error> {
    let mut query = tx.prepare_cached(
        "SELECT * FROM delivery
          WHERE state = 'waiting' AND channel = ?1 AND retry_at <= ?2 ORDER BY rowid LIMIT ?3",
    )?;
    let parameters = params![channel.as_str(), tx.now().as_millisecond(), limit];
    let rows = query.query_and_then(parameters, |row| {
        let columns = Columns::of("delivery", row);
        let digest: Option<String> = columns.plain("digest")?;
        Ok::<_, Error>((delivery_from_row(row)?, digest))
    })?;
    let rows: Vec<(Delivery, Option<String>)> = rows.collect::<Result<_, _>>()?;
    rows.into_iter()
        .map(|(delivery, digest)| {
            let subject = subject(tx, &delivery, digest.as_deref())?;
            Ok(Waiting { delivery, subject })
        })
        .collect()
}

fn subject(tx: &ReadTx<'_>, delivery: &Delivery, digest: Option<&str>) -> Result<Subject, Error> {
    if let Some(reminder) = delivery.reminder {
        let mut query = tx.prepare_cached("SELECT task, level FROM reminder WHERE id = ?1")?;
        let mut rows = query.query_and_then([reminder.to_string()], |row| {
            let columns = Columns::of("reminder", row);
            Ok::<_, Error>((columns.parsed::<TaskId>("task")?, columns.parsed("level")?))
        })?;
        let (task, level) = rows
            .next()
            .unwrap_or_else(|| Err(Error::missing("reminder", reminder)))?;
        let task = Box::new(tasks::by_id(tx, task)?);
        return Ok(Subject::Task { task, level });
    }
    let ids: Vec<TaskId> =
        serde_json::from_str(digest.unwrap_or("[]")).map_err(|cause| Error::Corrupt {
            table: "delivery",
            cause: Box::new(cause),
        })?;
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        match tasks::by_id(tx, id) {
            Ok(task) => found.push(task),
            // Erased since with its document.
            Err(Error::Missing { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Subject::Digest { tasks: found })
}

/// The earliest moment at which a delivery of `channel` may be tried, if one waits.
pub fn next_moment(tx: &ReadTx<'_>, channel: ChannelName) -> Result<Option<Timestamp>, Error> {
    let at: Option<i64> = tx.query_row(
        "SELECT min(retry_at) FROM delivery WHERE state = 'waiting' AND channel = ?1",
        [channel.as_str()],
        |row| row.get(0),
    )?;
    Ok(at.and_then(|it| Timestamp::from_millisecond(it).ok()))
}

/// Records that a delivery is about to be tried; `None` if it needs no saying any more.
pub fn begin_attempt(tx: &WriteTx<'_>, delivery: DeliveryId) -> Result<Option<AttemptId>, Error> {
    let waiting = tx.execute(
        "UPDATE delivery SET attempts = attempts + 1 WHERE id = ?1 AND state = 'waiting'",
        [delivery.to_string()],
    )?;
    if waiting == 0 {
        return Ok(None);
    }
    let id = AttemptId::new(tx.now(), tx.random());
    tx.execute(
        "INSERT INTO attempt (id, delivery, started_at) VALUES (?1, ?2, ?3)",
        params![
            id.to_string(),
            delivery.to_string(),
            tx.now().as_millisecond()
        ],
    )?;
    Ok(Some(id))
}

/// Records how a try ended.
pub fn finish_attempt(
    tx: &WriteTx<'_>,
    delivery: DeliveryId,
    attempt: AttemptId,
    outcome: &Outcome,
) -> Result<(), Error> {
    let (name, reason) = match outcome {
        Outcome::Delivered => ("delivered", None),
        Outcome::Transient { reason, .. } => ("transient", Some(reason)),
        Outcome::Permanent { reason } => ("permanent", Some(reason)),
    };
    tx.execute(
        "UPDATE attempt SET finished_at = ?2, outcome = ?3, reason = ?4 WHERE id = ?1",
        params![attempt.to_string(), tx.now().as_millisecond(), name, reason],
    )?;
    let (state, delivered_at) = match outcome {
        Outcome::Delivered => (DeliveryState::Delivered, Some(tx.now().as_millisecond())),
        Outcome::Transient { retry_at, .. } => {
            tx.execute(
                "UPDATE delivery SET retry_at = ?2 WHERE id = ?1",
                params![delivery.to_string(), retry_at.as_millisecond()],
            )?;
            return Ok(());
        }
        Outcome::Permanent { .. } => (DeliveryState::Failed, None),
    };
    tx.execute(
        "UPDATE delivery SET state = ?2, delivered_at = ?3 WHERE id = ?1",
        params![delivery.to_string(), state.as_str(), delivered_at],
    )?;
    let change = Change {
        entity: Entity::Delivery,
        id: delivery.to_string(),
        version: 1,
        change: state.as_str(),
        fields: &["state"],
        content: &reason,
    };
    journal::append(tx, &change)
}

/// A delivery and what was tried, for the story of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The delivery.
    pub delivery: Delivery,
    /// Why the last try failed, if it did.
    pub reason: Option<String>,
}

/// What was said about a task, latest first.
pub fn of_task(tx: &ReadTx<'_>, task: TaskId, limit: u32) -> Result<Vec<Told>, Error> {
    let mut query = tx.prepare_cached(
        "SELECT d.*, (SELECT reason FROM attempt WHERE delivery = d.id ORDER BY id DESC LIMIT 1)
                     AS reason
           FROM delivery d JOIN reminder r ON r.id = d.reminder
          WHERE r.task = ?1 ORDER BY d.id DESC LIMIT ?2",
    )?;
    let told = query.query_and_then(params![task.to_string(), limit], |row| {
        let reason = Columns::of("delivery", row).plain("reason")?;
        Ok(Told {
            delivery: delivery_from_row(row)?,
            reason,
        })
    })?;
    told.collect()
}

/// How many deliveries wait, and since when the oldest does.
pub fn backlog(tx: &ReadTx<'_>) -> Result<(u64, Option<Timestamp>), Error> {
    let row = tx
        .query_row(
            "SELECT count(*), min(created_at) FROM delivery WHERE state = 'waiting'",
            [],
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Option<i64>>(1)?)),
        )
        .optional()?;
    let (count, since) = row.unwrap_or((0, None));
    let since = since.and_then(|it| Timestamp::from_millisecond(it).ok());
    Ok((u64::try_from(count).unwrap_or(0), since))
}

fn delivery_from_row(row: &Row<'_>) -> Result<Delivery, Error> {
    let columns = Columns::of("delivery", row);
    let person: String = columns.plain("person")?;
    let person = match person.as_str() {
        "" => None,
        _ => Some(columns.parsed("person")?),
    };
    Ok(Delivery {
        id: columns.parsed("id")?,
        reminder: columns.parsed_or_none("reminder")?,
        person,
        channel: columns.parsed("channel")?,
        state: columns.parsed("state")?,
        attempts: columns.plain("attempts")?,
        retry_at: columns.instant("retry_at")?,
        delivered_at: columns.instant_or_none("delivered_at")?,
    })
}
