//! How the house stands, for machines that show it: counted, never listed, so that it costs the same
//! with a hundred tasks and with a hundred thousand.
//!
//! Numbers are of everything. What has a name is only what the whole household may see, because
//! everybody in the house can listen to a broker.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use rusqlite::{OptionalExtension, named_params};

use super::journal;
use super::rows::Columns;
use super::tasks::task_from_row;
use super::{Error, ReadTx, WriteTx, documents, settings};
use crate::domain::document::Document;
use crate::domain::id::{DocumentId, PersonId};
use crate::domain::journal::{Entity, Entry};
use crate::domain::task::Task;
use crate::domain::value::{Amount, Currency};

/// The setting that holds until when nobody is told anything in person.
const QUIET_UNTIL: &str = "quiet_until";
/// The setting that holds what Home Assistant was ever told of.
const ENTITIES: &str = "home_assistant_entities";

/// The setting that holds when Home Assistant was last heard at the broker.
const HOME_ASSISTANT_SEEN: &str = "home_assistant_seen";

/// What is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Tasks that still want something.
    pub open: u64,
    /// Those of them whose day has passed.
    pub overdue: u64,
    /// Those of them whose day is today.
    pub due_today: u64,
    /// Those of them whose day is today or one of the six after it.
    pub due_week: u64,
    /// What is to be paid up to the end of this month, in the household's currency.
    pub to_pay: Amount,
    /// Documents about which a question is open.
    pub inbox: u64,
    /// Documents that cannot go on without a person.
    pub stuck: u64,
    /// Documents that came today.
    pub documents_today: u64,
}

/// From when to when is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The day of the household.
    pub today: Date,
    /// When it began.
    pub began: Timestamp,
    /// What money is counted in.
    pub currency: Currency,
}

/// How things stand in `span`.
pub fn figures(tx: &ReadTx<'_>, span: Span) -> Result<Figures, Error> {
    let mut query = tx.prepare_cached(
        "SELECT count(*) AS open,
                count(*) FILTER (WHERE due < :today) AS overdue,
                count(*) FILTER (WHERE due = :today) AS due_today,
                count(*) FILTER (WHERE due BETWEEN :today AND date(:today, '+6 days')) AS due_week,
                coalesce(sum(amount) FILTER (WHERE due <= :month AND currency = :currency
                    AND optional = 0 AND coalesce(action, 'pay') = 'pay'), 0) AS to_pay
           FROM task INDEXED BY task_figures WHERE status = 'open'",
    )?;
    let parameters = named_params! {
        ":today": span.today.to_string(),
        ":month": span.today.last_of_month().to_string(),
        ":currency": span.currency.to_string(),
    };
    let mut rows = query.query_and_then(parameters, |row| {
        let columns = Columns::of("task", row);
        Ok::<_, Error>(Figures {
            open: columns.count("open")?,
            overdue: columns.count("overdue")?,
            due_today: columns.count("due_today")?,
            due_week: columns.count("due_week")?,
            to_pay: Amount::from_hundredths(columns.plain("to_pay")?),
            ..Figures::default()
        })
    })?;
    let counted = rows.next().transpose()?.unwrap_or_default();
    Ok(Figures {
        inbox: count(
            tx,
            "SELECT count(DISTINCT q.document) FROM question q CROSS JOIN document d ON d.id = q.document
              WHERE d.deleted_at IS NULL
                AND NOT EXISTS (SELECT 1 FROM correction c
                                 WHERE c.document = d.id AND c.field = q.field)",
        )?,
        stuck: count(
            tx,
            "SELECT count(*) FROM document WHERE stage = 'stuck' AND deleted_at IS NULL",
        )?,
        documents_today: received_since(tx, span.began)?,
        ..counted
    })
}

fn count(tx: &ReadTx<'_>, sql: &str) -> Result<u64, Error> {
    let number: i64 = tx.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    Ok(u64::try_from(number).unwrap_or(0))
}

/// An id carries the moment it was made, so the index of the ids finds those of a day.
fn received_since(tx: &ReadTx<'_>, began: Timestamp) -> Result<u64, Error> {
    let mut query =
        tx.prepare_cached("SELECT count(*) FROM document WHERE id >= ?1 AND deleted_at IS NULL")?;
    let first = DocumentId::new(began, 0).to_string();
    let number: i64 = query.query_row([first], |row| row.get(0))?;
    Ok(u64::try_from(number).unwrap_or(0))
}

/// What one person has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Who.
    pub person: PersonId,
    /// Their open tasks.
    pub open: u64,
    /// Those of them whose day has passed.
    pub overdue: u64,
    /// By when the next of the others is due, on the household's clock.
    pub next_due: Option<DateTime>,
}

/// What each person has to do who has something to do, seen from `today`.
pub fn shares(tx: &ReadTx<'_>, today: Date) -> Result<Vec<Share>, Error> {
    let mut query = tx.prepare_cached(
        "SELECT value AS person, count(*) AS open,
                count(*) FILTER (WHERE due < :today) AS overdue,
                min(due || 'T' || coalesce(due_time, '23:59:59'))
                    FILTER (WHERE due >= :today) AS next_due
           FROM task INDEXED BY task_figures, json_each(task.assignees)
          WHERE status = 'open' AND assignees <> '[]' GROUP BY value ORDER BY value",
    )?;
    let shares = query.query_and_then(named_params! { ":today": today.to_string() }, |row| {
        let columns = Columns::of("task", row);
        Ok::<_, Error>(Share {
            person: columns.parsed("person")?,
            open: columns.count("open")?,
            overdue: columns.count("overdue")?,
            next_due: columns.parsed_or_none("next_due")?,
        })
    })?;
    shares.collect()
}

/// The open tasks of the whole household that are due next, today or later.
pub fn next(tx: &ReadTx<'_>, today: Date, limit: u32) -> Result<Vec<Task>, Error> {
    let mut query = tx.prepare_cached(
        "SELECT * FROM task WHERE status = 'open' AND due >= :today AND visible_to IS NULL
          ORDER BY due, coalesce(due_time, '99'), id LIMIT :limit",
    )?;
    let parameters = named_params! { ":today": today.to_string(), ":limit": limit };
    let tasks = query.query_and_then(parameters, task_from_row)?;
    tasks.collect()
}

/// Documents and deliveries that wait for the house.
pub fn queue(tx: &ReadTx<'_>) -> Result<u64, Error> {
    let documents = count(
        tx,
        "SELECT count(*) FROM document WHERE stage IN ('received', 'read') AND deleted_at IS NULL",
    )?;
    let deliveries = count(tx, "SELECT count(*) FROM delivery WHERE state = 'waiting'")?;
    Ok(documents.saturating_add(deliveries))
}

/// What happened to a document that everybody of the household may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// `accepted`, `understood` or `stuck`.
    pub change: String,
    /// The document as it is now.
    pub document: Document,
}

/// The number of the newest entry of the journal.
pub fn newest(tx: &ReadTx<'_>) -> Result<u64, Error> {
    Ok(journal::last_sequence(tx)?)
}

/// What happened to documents after `sequence`, and up to where was looked.
pub fn arrivals(tx: &ReadTx<'_>, sequence: u64, limit: u32) -> Result<(u64, Vec<Arrival>), Error> {
    journal::look_after(tx, sequence, limit, |entry| arrival(tx, entry))
}

fn arrival(tx: &ReadTx<'_>, entry: Entry) -> Result<Option<Arrival>, Error> {
    let is_told = matches!(entry.change.as_str(), "accepted" | "understood" | "stuck");
    if entry.entity != Entity::Document || !is_told {
        return Ok(None);
    }
    let Ok(id) = entry.entity_id.parse() else {
        return Ok(None);
    };
    let change = entry.change;
    match documents::by_id(tx, id) {
        Ok(document) => Ok(is_for_all(&document).then_some(Arrival { change, document })),
        Err(Error::Missing { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_for_all(document: &Document) -> bool {
    use crate::domain::document::Visibility;
    document.deleted_at.is_none() && document.visible_to == Visibility::Household
}

/// The newest document that is read and that everybody of the household may see.
pub fn latest_document(tx: &ReadTx<'_>) -> Result<Option<Document>, Error> {
    let mut query = tx.prepare_cached(
        "SELECT id FROM document WHERE stage IN ('read', 'understood') AND deleted_at IS NULL
            AND visible_to IS NULL ORDER BY number DESC LIMIT 1",
    )?;
    let id: Option<String> = query.query_row([], |row| row.get(0)).optional()?;
    let id = id.and_then(|it| it.parse().ok());
    id.map(|it| documents::by_id(tx, it)).transpose()
}

/// Until when nobody is told anything in person, if that is so now.
pub fn quiet_until(tx: &ReadTx<'_>) -> Result<Option<Timestamp>, Error> {
    let until: Option<Option<Timestamp>> = settings::lookup(tx, QUIET_UNTIL)?;
    Ok(until.flatten().filter(|it| *it > tx.now()))
}

/// Leaves everybody in peace until then, or no longer.
pub fn set_quiet(tx: &WriteTx<'_>, until: Option<Timestamp>) -> Result<(), Error> {
    settings::set(tx, QUIET_UNTIL, &until)
}

/// What Home Assistant was ever told of, so that it can be taken away there.
pub fn entities(tx: &ReadTx<'_>) -> Result<Vec<String>, Error> {
    Ok(settings::lookup(tx, ENTITIES)?.unwrap_or_default())
}

/// Remembers what Home Assistant is told of.
pub fn remember_entities(tx: &WriteTx<'_>, names: &[String]) -> Result<(), Error> {
    settings::set(tx, ENTITIES, &names)
}

/// When Home Assistant was last heard at the broker: it speaks when it starts.
pub fn home_assistant_seen(tx: &ReadTx<'_>) -> Result<Option<Timestamp>, Error> {
    settings::lookup(tx, HOME_ASSISTANT_SEEN)
}

/// Home Assistant is heard at the broker.
pub fn see_home_assistant(tx: &WriteTx<'_>) -> Result<(), Error> {
    settings::set(tx, HOME_ASSISTANT_SEEN, &tx.now())
}
