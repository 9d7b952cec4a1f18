//! Reminders on their way: recorded as intended before they are said, and as tried after.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, named_params, params};

use super::journal::{self, Change};
use super::rows::{Columns, json};
use super::{Error, ReadTx, WriteTx, channels, tasks, told};
use crate::domain::delivery::{ChannelName, Delivery, DeliveryState};
use crate::domain::escalation::{Message, Recipient, Said};
use crate::domain::id::{AttemptId, DeliveryId, PersonId, TaskId};
use crate::domain::journal::Entity;
use crate::domain::ladder::Reach;
use crate::domain::presence::Place;
use crate::domain::reminder::Level;
use crate::domain::task::Task;

/// One thing that a delivery says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// The task as it is now.
    pub task: Task,
    /// How loud.
    pub level: Level,
    /// How far it reaches: why this person is told.
    pub reach: Reach,
    /// The one who is away and is stood in for.
    pub instead_of: Option<PersonId>,
}

/// What a delivery speaks about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Tasks that still want something, the loudest first. None if all were answered meanwhile.
    Tasks(Vec<Spoken>),
    /// That the channel works.
    Test,
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

/// Intends to say `message`. What still waits about the same tasks alone on the same way is overtaken,
/// and what else waits for the same person goes along: after a day without a way to them, or of quiet,
/// there is one message, not one for each reminder. An event for machines is about one task.
pub fn intend(tx: &WriteTx<'_>, message: &Message) -> Result<DeliveryId, Error> {
    let recipient = column(message.to);
    let channel = &message.way.channel;
    let tasks: Vec<TaskId> = message.items.iter().map(|it| it.task).collect();
    // By its tasks (the plus keeps from the index of all that waits), which are few.
    tx.prepare_cached(
        "UPDATE delivery SET state = 'overtaken'
          WHERE id IN (SELECT delivery FROM delivery_item
                        WHERE task IN (SELECT value FROM json_each(:tasks)))
            AND +state = 'waiting' AND channel = :channel AND person = :person
            AND NOT EXISTS (SELECT 1 FROM delivery_item item
                             WHERE item.delivery = delivery.id
                               AND item.task NOT IN (SELECT value FROM json_each(:tasks)))",
    )?
    .execute(named_params! {
        ":channel": channel, ":person": recipient, ":tasks": json(&tasks),
    })?;
    let id = insert(tx, None, &recipient, channel)?;
    let mut add = tx.prepare_cached(
        "INSERT INTO delivery_item (delivery, position, task, slot, level, reach, instead_of,
                                    said_at)
         VALUES (:delivery, :position, :task, :slot, :level, :reach, :instead_of, :said_at)",
    )?;
    for (position, item) in (0_i64..).zip(&message.items) {
        add.execute(named_params! {
            ":delivery": id.to_string(),
            ":position": position,
            ":task": item.task.to_string(),
            ":slot": item.slot,
            ":level": item.level.as_str(),
            ":reach": item.reach.as_str(),
            ":instead_of": item.instead_of.map(|it| it.to_string()),
            ":said_at": tx.now().as_millisecond(),
        })?;
    }
    if let Recipient::Person(_) = message.to {
        gather(tx, id, tasks, (&recipient, channel))?;
    }
    Ok(id)
}

/// Holds a message about so many `tasks` back until its person is where it is of use, and at the latest
/// until `at`. One that others have joined goes at once: they wait for no place.
pub fn hold(
    tx: &WriteTx<'_>,
    (delivery, tasks): (DeliveryId, usize),
    place: Place,
    at: Timestamp,
) -> Result<(), Error> {
    tx.prepare_cached(
        "UPDATE delivery SET held = ?2, retry_at = ?3
          WHERE id = ?1 AND (SELECT count(*) FROM delivery_item WHERE delivery = ?1) = ?4",
    )?
    .execute(params![
        delivery.to_string(),
        place.as_str(),
        at.as_millisecond(),
        i64::try_from(tasks).unwrap_or(i64::MAX)
    ])?;
    Ok(())
}

/// Lets go what was held back until a person is there; how much that was.
pub fn release(tx: &WriteTx<'_>, person: PersonId, place: Place) -> Result<usize, Error> {
    let released = tx
        .prepare_cached(
            "UPDATE delivery SET held = NULL, retry_at = min(retry_at, ?3)
              WHERE person = ?1 AND state = 'waiting' AND held = ?2",
        )?
        .execute(params![
            person.to_string(),
            place.as_str(),
            tx.now().as_millisecond()
        ])?;
    Ok(released)
}

/// Lets `id`, which is about `tasks`, say what else waits for its person on its channel. What is being
/// said just now, goes another way too, or is held back for a place, stays by itself.
fn gather(
    tx: &WriteTx<'_>,
    id: DeliveryId,
    mut tasks: Vec<TaskId>,
    (person, channel): (&str, &str),
) -> Result<(), Error> {
    let mut query = tx.prepare_cached(
        "SELECT item.delivery, item.position, item.task
           FROM delivery JOIN delivery_item item ON item.delivery = delivery.id
          WHERE delivery.state = 'waiting' AND channel = :channel AND person = :person
            AND delivery.id <> :id AND is_test = 0 AND held IS NULL AND stands_in_for IS NULL
            AND NOT EXISTS (SELECT 1 FROM delivery other WHERE other.stands_in_for = delivery.id)
            AND NOT EXISTS (SELECT 1 FROM attempt
                             WHERE attempt.delivery = delivery.id AND finished_at IS NULL)
          ORDER BY item.said_at DESC, item.position",
    )?;
    let id = id.to_string();
    let parameters = named_params! { ":channel": channel, ":person": person, ":id": id };
    let waiting = query.query_and_then(parameters, |row| {
        let columns = Columns::of("delivery_item", row);
        let place: (String, i64) = (columns.plain("delivery")?, columns.plain("position")?);
        Ok::<_, Error>((place, columns.parsed::<TaskId>("task")?))
    })?;
    let waiting: Vec<_> = waiting.collect::<Result<_, _>>()?;
    for ((delivery, position), task) in waiting {
        if !tasks.contains(&task) {
            let next = i64::try_from(tasks.len()).unwrap_or(i64::MAX);
            tx.prepare_cached(
                "UPDATE delivery_item SET delivery = ?3, position = ?4
                  WHERE delivery = ?1 AND position = ?2",
            )?
            .execute(params![delivery, position, id, next])?;
            tasks.push(task);
        }
        tx.prepare_cached("UPDATE delivery SET state = 'overtaken' WHERE id = ?1")?
            .execute([delivery])?;
    }
    Ok(())
}

/// Once a try of `delivery` has failed: what waits for its person on its channel goes in the newest
/// message, also where one came while this was tried.
fn join_up(tx: &WriteTx<'_>, delivery: DeliveryId) -> Result<(), Error> {
    let mut query = tx.prepare_cached(
        "SELECT delivery.*
           FROM delivery JOIN delivery tried
             ON tried.id = ?1 AND tried.channel = delivery.channel
                AND tried.person = delivery.person
          WHERE delivery.state = 'waiting' AND delivery.person <> ''
            AND tried.is_test = 0 AND tried.digest IS NULL AND tried.stands_in_for IS NULL
            AND delivery.is_test = 0 AND delivery.digest IS NULL AND delivery.held IS NULL
            AND delivery.stands_in_for IS NULL
            AND NOT EXISTS (SELECT 1 FROM delivery other WHERE other.stands_in_for = delivery.id)
            AND NOT EXISTS (SELECT 1 FROM attempt
                             WHERE attempt.delivery = delivery.id AND finished_at IS NULL)
          ORDER BY delivery.created_at DESC, delivery.rowid DESC LIMIT 1",
    )?;
    let tried = delivery.to_string();
    let mut newest = query.query_and_then([tried], |row| {
        let columns = Columns::of("delivery", row);
        let way: (String, String) = (columns.plain("person")?, columns.plain("channel")?);
        Ok::<_, Error>((columns.parsed::<DeliveryId>("id")?, way))
    })?;
    let Some((id, (person, channel))) = newest.next().transpose()? else {
        return Ok(());
    };
    let tasks = spoken_tasks(tx, id)?;
    gather(tx, id, tasks, (&person, &channel))
}

/// The tasks that a delivery speaks of.
fn spoken_tasks(tx: &ReadTx<'_>, delivery: DeliveryId) -> Result<Vec<TaskId>, Error> {
    let mut query =
        tx.prepare_cached("SELECT task FROM delivery_item WHERE delivery = ?1 ORDER BY position")?;
    let tasks = query.query_and_then([delivery.to_string()], |row| {
        Columns::of("delivery_item", row).parsed("task")
    })?;
    tasks.collect()
}

/// Intends to show a person that `channel` works.
pub fn intend_test(
    tx: &WriteTx<'_>,
    person: PersonId,
    channel: ChannelName,
) -> Result<DeliveryId, Error> {
    let id = insert(tx, None, &person.to_string(), channel.as_str())?;
    tx.execute(
        "UPDATE delivery SET is_test = 1 WHERE id = ?1",
        [id.to_string()],
    )?;
    Ok(id)
}

/// All that was said about a task, as the plan remembers it.
pub fn said(tx: &ReadTx<'_>, task: TaskId) -> Result<Vec<Said>, Error> {
    let mut query = tx.prepare_cached(
        "SELECT item.*, delivery.person, delivery.channel
           FROM delivery_item item JOIN delivery ON delivery.id = item.delivery
          WHERE item.task = ?1 ORDER BY item.said_at",
    )?;
    let said = query.query_and_then([task.to_string()], |row| {
        let columns = Columns::of("delivery_item", row);
        let person: String = columns.plain("person")?;
        let to = match person.as_str() {
            "" => Recipient::Household,
            _ => Recipient::Person(columns.parsed("person")?),
        };
        Ok(Said {
            slot: columns.plain("slot")?,
            level: columns.parsed("level")?,
            reach: columns.parsed("reach")?,
            to,
            way: columns.parsed::<ChannelName>("channel")?.way(),
            at: columns.instant("said_at")?,
        })
    })?;
    said.collect()
}

/// Intends to ask `to` about tasks that had been due before they arrived, on a channel and not before a
/// moment.
pub fn intend_digest(
    tx: &WriteTx<'_>,
    tasks: &[TaskId],
    to: Recipient,
    (channel, at): (&str, Timestamp),
) -> Result<DeliveryId, Error> {
    let id = insert(tx, Some(tasks), &column(to), channel)?;
    tx.prepare_cached("UPDATE delivery SET retry_at = ?2 WHERE id = ?1")?
        .execute(params![id.to_string(), at.as_millisecond()])?;
    Ok(id)
}

/// The column `person`.
fn column(to: Recipient) -> String {
    match to {
        Recipient::Household => String::new(),
        Recipient::Person(person) => person.to_string(),
    }
}

fn insert(
    tx: &WriteTx<'_>,
    digest: Option<&[TaskId]>,
    person: &str,
    channel: &str,
) -> Result<DeliveryId, Error> {
    let id = DeliveryId::new(tx.now(), tx.random());
    tx.prepare_cached(
        "INSERT INTO delivery (id, digest, person, channel, state, retry_at, created_at)
         VALUES (:id, :digest, :person, :channel, 'waiting', :now, :now)",
    )?
    .execute(named_params! {
        ":id": id.to_string(),
        ":digest": digest.map(json),
        ":person": person,
        ":channel": channel,
        ":now": tx.now().as_millisecond(),
    })?;
    Ok(id)
}

/// What waits about a task alone, or about others that are answered too, needs no saying any more.
pub(super) fn overtake(tx: &WriteTx<'_>, task: TaskId) -> Result<(), Error> {
    tx.execute(
        "UPDATE delivery SET state = 'overtaken'
          WHERE state = 'waiting'
            AND id IN (SELECT delivery FROM delivery_item WHERE task = ?1)
            AND NOT EXISTS (SELECT 1 FROM delivery_item item JOIN task ON task.id = item.task
                             WHERE item.delivery = delivery.id AND task.id <> ?1
                               AND task.status = 'open')",
        [task.to_string()],
    )?;
    Ok(())
}

/// Deliveries of a channel that may be tried now: those that could be tried longest first.
pub fn waiting(tx: &ReadTx<'_>, channel: ChannelName, limit: u32) -> Result<Vec<Waiting>, Error> {
    let mut query = tx.prepare_cached(
        "SELECT * FROM delivery
          WHERE state = 'waiting' AND channel = ?1 AND retry_at <= ?2
          ORDER BY retry_at, rowid LIMIT ?3",
    )?;
    let parameters = params![channel.as_str(), tx.now().as_millisecond(), limit];
    let rows = query.query_and_then(parameters, |row| {
        let columns = Columns::of("delivery", row);
        let digest: Option<String> = columns.plain("digest")?;
        let is_test: bool = columns.plain("is_test")?;
        Ok::<_, Error>((delivery_from_row(row)?, digest, is_test))
    })?;
    let rows: Vec<(Delivery, Option<String>, bool)> = rows.collect::<Result<_, _>>()?;
    rows.into_iter()
        .map(|(delivery, digest, is_test)| {
            let subject = match digest {
                _ if is_test => Subject::Test,
                Some(digest) => self::digest(tx, &digest)?,
                None => Subject::Tasks(spoken(tx, delivery.id)?),
            };
            Ok(Waiting { delivery, subject })
        })
        .collect()
}

/// What a delivery still has to say: tasks that were answered meanwhile are left out.
fn spoken(tx: &ReadTx<'_>, delivery: DeliveryId) -> Result<Vec<Spoken>, Error> {
    let mut query = tx.prepare_cached(
        "SELECT item.* FROM delivery_item item JOIN task ON task.id = item.task
          WHERE item.delivery = ?1 AND task.status = 'open' ORDER BY item.position",
    )?;
    let items = query.query_and_then([delivery.to_string()], |row| {
        let columns = Columns::of("delivery_item", row);
        Ok::<_, Error>((
            columns.parsed::<TaskId>("task")?,
            columns.parsed("level")?,
            columns.parsed("reach")?,
            columns.parsed_or_none("instead_of")?,
        ))
    })?;
    let items: Vec<_> = items.collect::<Result<_, _>>()?;
    let spoken = items.into_iter().map(|(task, level, reach, instead_of)| {
        Ok(Spoken {
            task: tasks::by_id(tx, task)?,
            level,
            reach,
            instead_of,
        })
    });
    spoken.collect()
}

fn digest(tx: &ReadTx<'_>, digest: &str) -> Result<Subject, Error> {
    let ids: Vec<TaskId> = serde_json::from_str(digest).map_err(|cause| Error::Corrupt {
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

/// A delivery whose tasks were all answered needs no saying.
pub fn drop_empty(tx: &WriteTx<'_>, delivery: DeliveryId) -> Result<(), Error> {
    tx.prepare_cached(
        "UPDATE delivery SET state = 'overtaken' WHERE id = ?1 AND state = 'waiting'",
    )?
    .execute([delivery.to_string()])?;
    Ok(())
}

/// Records that a delivery is about to be tried; `None` if it needs no saying any more.
pub fn begin_attempt(tx: &WriteTx<'_>, delivery: DeliveryId) -> Result<Option<AttemptId>, Error> {
    let waiting = tx
        .prepare_cached(
            "UPDATE delivery SET attempts = attempts + 1 WHERE id = ?1 AND state = 'waiting'",
        )?
        .execute([delivery.to_string()])?;
    if waiting == 0 {
        return Ok(None);
    }
    let id = AttemptId::new(tx.now(), tx.random());
    tx.prepare_cached("INSERT INTO attempt (id, delivery, started_at) VALUES (?1, ?2, ?3)")?
        .execute(params![
            id.to_string(),
            delivery.to_string(),
            tx.now().as_millisecond()
        ])?;
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
    tx.prepare_cached(
        "UPDATE attempt SET finished_at = ?2, outcome = ?3, reason = ?4 WHERE id = ?1",
    )?
    .execute(params![
        attempt.to_string(),
        tx.now().as_millisecond(),
        name,
        reason
    ])?;
    channels::note(tx, delivery, outcome)?;
    let told = match outcome {
        Outcome::Delivered => "delivered",
        Outcome::Transient { .. } => "not delivered yet",
        Outcome::Permanent { .. } => "not delivered",
    };
    told::tried(tx, delivery, told)?;
    let (state, delivered_at) = match outcome {
        Outcome::Delivered => (DeliveryState::Delivered, Some(tx.now().as_millisecond())),
        Outcome::Transient { retry_at, .. } => {
            tx.prepare_cached("UPDATE delivery SET retry_at = ?2 WHERE id = ?1")?
                .execute(params![delivery.to_string(), retry_at.as_millisecond()])?;
            return join_up(tx, delivery);
        }
        Outcome::Permanent { .. } => (DeliveryState::Failed, None),
    };
    tx.prepare_cached("UPDATE delivery SET state = ?2, delivered_at = ?3 WHERE id = ?1")?
        .execute(params![delivery.to_string(), state.as_str(), delivered_at])?;
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
           FROM delivery d
          WHERE d.id IN (SELECT delivery FROM delivery_item WHERE task = ?1)
          ORDER BY d.id DESC LIMIT ?2",
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

/// The first task that a delivery is about, if there is one: of its items, or of the digest it asks about.
pub fn first_task(tx: &ReadTx<'_>, delivery: &str) -> Result<Option<String>, Error> {
    let mut query = tx.prepare_cached(
        "SELECT coalesce((SELECT task FROM delivery_item WHERE delivery = ?1 ORDER BY position LIMIT 1),
                         json_extract(digest, '$[0]'))
           FROM delivery WHERE id = ?1",
    )?;
    let task: Option<Option<String>> = query.query_row([delivery], |row| row.get(0)).optional()?;
    Ok(task.flatten())
}
