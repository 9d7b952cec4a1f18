//! What a language model is asked about, each call of one, and what it told.
//!
//! The queue is `document.unsure`: what the rules left open and nobody has been asked about. A call is
//! recorded as intended before it is made ([`begin`]) and as ended after ([`finish`]); one that never
//! ended was cut off with the daemon and counts as a try. How long to wait after failures is told by
//! the calls themselves, so a restart forgets nothing but the patience.

use jiff::{Timestamp, ToSpan};
use rusqlite::{OptionalExtension, named_params, params};
use serde::Serialize;

use super::documents::document_from_row;
use super::journal::{self, Change};
use super::rows::{Columns, VISIBLE, json};
use super::{Error, ReadTx, WriteTx, documents};
use crate::domain::counsel::{Doubt, Gap, Told};
use crate::domain::document::{Document, Stage, named};
use crate::domain::id::DocumentId;
use crate::domain::journal::Entity;

/// Tries for one document, at most.
pub const TRIES_MAX: u32 = 4;
/// Seconds before a document is tried again; four times as many after each try.
const RETRY_SECONDS: i64 = 60;
/// Seconds without a call after a failure, doubled with each one in a row, and the longest.
const PAUSE_SECONDS: (i64, i64) = (30, 3600);
/// Calls that are kept.
const CALLS_MAX: i64 = 1000;
/// Calls that are looked at for what the server counts.
const MEASURED: i64 = 50;

named! {
    /// How a call ended.
    CallOutcome {
        /// With an answer.
        Answered = "answered",
        /// The server could not be reached, or was busy; nothing is known about the document.
        Away = "away",
        /// Something went wrong on the way, or took too long.
        Broken = "broken",
        /// The server, or the house itself, does not want such calls until something is changed.
        Refused = "refused",
        /// The house closed.
        Stopped = "stopped",
        /// The daemon ended without a word.
        Lost = "lost",
    }
}

/// What the understanding left open; nobody is asked again about what was answered for these pages.
pub(super) fn leave_open(tx: &WriteTx<'_>, id: DocumentId, unsure: &[Gap]) -> Result<(), Error> {
    let unsure = (!unsure.is_empty()).then(|| json(unsure));
    tx.prepare_cached(
        "UPDATE document SET unsure = :unsure, ask_attempts = 0, ask_at = 0
          WHERE id = :id AND NOT EXISTS (SELECT 1 FROM model_answer WHERE document = :id)",
    )?
    .execute(named_params! { ":id": id.to_string(), ":unsure": unsure })?;
    Ok(())
}

/// The pages are read anew: what was told of the old ones is no longer known.
pub(super) fn forget(tx: &WriteTx<'_>, id: DocumentId) -> Result<(), Error> {
    let id = id.to_string();
    tx.execute("DELETE FROM model_answer WHERE document = ?1", [&id])?;
    tx.execute("UPDATE document SET unsure = NULL WHERE id = ?1", [&id])?;
    Ok(())
}

/// Nobody is to be asked about the document any more.
pub fn leave(tx: &WriteTx<'_>, id: DocumentId) -> Result<(), Error> {
    tx.execute(
        "UPDATE document SET unsure = NULL WHERE id = ?1",
        [id.to_string()],
    )?;
    Ok(())
}

/// What was told of a document.
pub fn told(tx: &ReadTx<'_>, id: DocumentId) -> Result<Option<Told>, Error> {
    let mut query = tx.prepare_cached("SELECT told FROM model_answer WHERE document = ?1")?;
    let mut rows = query.query_and_then([id.to_string()], |row| {
        Columns::of("model_answer", row).json("told")
    })?;
    rows.next().transpose()
}

/// A document with something open that may be asked about now; the newest of those tried least.
pub fn next(tx: &ReadTx<'_>) -> Result<Option<Document>, Error> {
    let mut query = tx.prepare_cached(
        "SELECT * FROM document
          WHERE unsure IS NOT NULL AND ask_at <= ?1 AND stage = 'understood'
            AND deleted_at IS NULL
          ORDER BY ask_attempts, number DESC LIMIT 1",
    )?;
    let mut rows = query.query_and_then([tx.now().as_millisecond()], document_from_row)?;
    rows.next().transpose()
}

/// The earliest moment at which a document may be asked about that has to wait, if one has.
pub fn next_moment(tx: &ReadTx<'_>) -> Result<Option<Timestamp>, Error> {
    let at: Option<i64> = tx.query_row(
        "SELECT min(ask_at) FROM document
          WHERE unsure IS NOT NULL AND ask_at > ?1 AND stage = 'understood'
            AND deleted_at IS NULL",
        [tx.now().as_millisecond()],
        |row| row.get(0),
    )?;
    Ok(at.and_then(|it| Timestamp::from_millisecond(it).ok()))
}

/// A document that was told about and not yet understood with that.
pub fn unapplied(tx: &ReadTx<'_>) -> Result<Option<Document>, Error> {
    let mut query = tx.prepare_cached(
        "SELECT document.* FROM model_answer JOIN document ON document.id = model_answer.document
          WHERE applied = 0 AND stage = 'understood' AND deleted_at IS NULL LIMIT 1",
    )?;
    let mut rows = query.query_and_then([], document_from_row)?;
    rows.next().transpose()
}

/// The document has been understood with what was told.
pub fn applied(tx: &WriteTx<'_>, id: DocumentId) -> Result<(), Error> {
    tx.execute(
        "UPDATE model_answer SET applied = 1 WHERE document = ?1",
        [id.to_string()],
    )?;
    Ok(())
}

/// A call that is about to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    number: i64,
    /// About which document.
    pub document: DocumentId,
    started_at: Timestamp,
}

/// Records that a model is about to be asked, with so many tokens by our own count; `None` if there is
/// nothing to ask any more.
pub fn begin(
    tx: &WriteTx<'_>,
    document: DocumentId,
    model: &str,
    tokens: u32,
) -> Result<Option<Call>, Error> {
    let asked = tx.execute(
        "UPDATE document SET ask_attempts = ask_attempts + 1
          WHERE id = ?1 AND unsure IS NOT NULL AND stage = 'understood' AND deleted_at IS NULL",
        [document.to_string()],
    )?;
    if asked == 0 {
        return Ok(None);
    }
    tx.execute(
        "INSERT INTO model_call (document, model, tokens, started_at) VALUES (?1, ?2, ?3, ?4)",
        params![
            document.to_string(),
            model,
            tokens,
            tx.now().as_millisecond()
        ],
    )?;
    let number = tx.last_insert_rowid();
    tx.execute(
        "DELETE FROM model_call WHERE number <= ?1",
        [number - CALLS_MAX],
    )?;
    Ok(Some(Call {
        number,
        document,
        started_at: tx.now(),
    }))
}

/// How a call ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ended {
    /// With what was told, if anything was answered.
    pub told: Option<Told>,
    /// The gaps that it fills.
    pub taken: Vec<Gap>,
    /// What was thrown away of it, and why.
    pub thrown: Vec<(Gap, Doubt)>,
    /// Why there is no answer, in words that hold nothing of the document.
    pub reason: Option<String>,
    /// Tokens of the question by the server's count.
    pub tokens_in: Option<u32>,
    /// Tokens of the answer.
    pub tokens_out: Option<u32>,
}

/// What the journal keeps of a call: nothing of the document's content.
#[derive(Serialize)]
struct Entry<'a> {
    model: &'a str,
    outcome: CallOutcome,
    reason: Option<&'a str>,
    tokens_in: Option<u32>,
    tokens_out: Option<u32>,
    milliseconds: i64,
    taken: &'a [Gap],
    thrown: &'a [(Gap, Doubt)],
}

/// Records how a call ended, keeps what was told, and journals it.
pub fn finish(
    tx: &WriteTx<'_>,
    call: Call,
    outcome: CallOutcome,
    ended: &Ended,
) -> Result<(), Error> {
    let changed = tx.execute(
        "UPDATE model_call SET finished_at = ?2, outcome = ?3, reason = ?4, tokens_in = ?5,
                tokens_out = ?6
          WHERE number = ?1",
        params![
            call.number,
            tx.now().as_millisecond(),
            outcome.as_str(),
            ended.reason,
            ended.tokens_in,
            ended.tokens_out
        ],
    )?;
    // Erased meanwhile, with its document.
    if changed == 0 {
        return Ok(());
    }
    let model: String = tx.query_row(
        "SELECT model FROM model_call WHERE number = ?1",
        [call.number],
        |row| row.get(0),
    )?;
    match outcome {
        CallOutcome::Answered => keep(tx, call.document, &model, ended)?,
        // What does not depend on the document is no try of it.
        CallOutcome::Away | CallOutcome::Refused | CallOutcome::Stopped => {
            tx.execute(
                "UPDATE document SET ask_attempts = max(ask_attempts - 1, 0) WHERE id = ?1",
                [call.document.to_string()],
            )?;
        }
        CallOutcome::Broken | CallOutcome::Lost => put_off(tx, call.document)?,
    }
    if outcome == CallOutcome::Away {
        // Nothing has left the house, and nobody wants a line a minute of that.
        return Ok(());
    }
    let document = documents::by_id(tx, call.document)?;
    let fields: Vec<&str> = ended.taken.iter().map(|it| it.as_str()).collect();
    let content = Entry {
        model: &model,
        outcome,
        reason: ended.reason.as_deref(),
        tokens_in: ended.tokens_in,
        tokens_out: ended.tokens_out,
        milliseconds: tx.now().as_millisecond() - call.started_at.as_millisecond(),
        taken: &ended.taken,
        thrown: &ended.thrown,
    };
    journal::append(
        tx,
        &Change {
            entity: Entity::Document,
            id: document.id.to_string(),
            version: document.version,
            change: "asked",
            fields: &fields,
            content: &content,
        },
    )
}

fn keep(tx: &WriteTx<'_>, id: DocumentId, model: &str, ended: &Ended) -> Result<(), Error> {
    let document = documents::by_id(tx, id)?;
    leave(tx, id)?;
    // Read anew meanwhile: these are no longer the pages that were shown.
    if !matches!(document.stage, Stage::Understood { .. }) {
        return Ok(());
    }
    let told = ended.told.clone().unwrap_or_default();
    tx.execute(
        "INSERT OR REPLACE INTO model_answer (document, model, at, told, applied)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            id.to_string(),
            model,
            tx.now().as_millisecond(),
            json(&told),
            told.is_empty()
        ],
    )?;
    Ok(())
}

/// Another try later, or none any more.
fn put_off(tx: &WriteTx<'_>, id: DocumentId) -> Result<(), Error> {
    let key = id.to_string();
    let tries: Option<u32> = tx
        .query_row(
            "SELECT ask_attempts FROM document WHERE id = ?1",
            [&key],
            |row| row.get(0),
        )
        .optional()?;
    let tries = tries.unwrap_or(TRIES_MAX);
    if tries >= TRIES_MAX {
        return leave(tx, id);
    }
    let seconds = RETRY_SECONDS * 4_i64.pow(tries.saturating_sub(1));
    let at = tx.now() + seconds.seconds();
    tx.execute(
        "UPDATE document SET ask_at = ?2 WHERE id = ?1",
        params![key, at.as_millisecond()],
    )?;
    Ok(())
}

/// Records that calls which never ended were lost with the daemon that made them.
pub fn close_lost(tx: &WriteTx<'_>) -> Result<(), Error> {
    let mut query = tx.prepare_cached("SELECT * FROM model_call WHERE finished_at IS NULL")?;
    let lost = query.query_and_then([], |row| {
        let columns = Columns::of("model_call", row);
        Ok(Call {
            number: columns.plain("number")?,
            document: columns.parsed("document")?,
            started_at: columns.instant("started_at")?,
        })
    })?;
    let lost: Vec<Call> = lost.collect::<Result<_, Error>>()?;
    for call in lost {
        finish(tx, call, CallOutcome::Lost, &Ended::default())?;
    }
    Ok(())
}

/// Until when no call is to be made, after those that ended since a moment: the longer the more of them
/// failed in a row. What is refused stays so for an hour.
pub fn pause(tx: &ReadTx<'_>, since: Timestamp) -> Result<Option<Timestamp>, Error> {
    let mut query = tx.prepare_cached(
        "SELECT finished_at, outcome FROM model_call
          WHERE finished_at IS NOT NULL AND started_at >= ?1 ORDER BY number DESC LIMIT 16",
    )?;
    let rows = query.query_and_then([since.as_millisecond()], |row| {
        let columns = Columns::of("model_call", row);
        let outcome: CallOutcome = columns.parsed("outcome")?;
        Ok((columns.instant("finished_at")?, outcome))
    })?;
    let calls: Vec<(Timestamp, CallOutcome)> = rows.collect::<Result<_, Error>>()?;
    let Some((last, outcome)) = calls.first() else {
        return Ok(None);
    };
    let (first, longest) = PAUSE_SECONDS;
    let failed = |it: &CallOutcome| {
        matches!(
            it,
            CallOutcome::Away | CallOutcome::Broken | CallOutcome::Refused
        )
    };
    let seconds = match outcome {
        CallOutcome::Refused => longest,
        CallOutcome::Away | CallOutcome::Broken => {
            let row = calls.iter().take_while(|(_, it)| failed(it)).count();
            let doubled = u32::try_from(row.saturating_sub(1)).unwrap_or(16).min(16);
            (first << doubled).min(longest)
        }
        CallOutcome::Answered | CallOutcome::Stopped | CallOutcome::Lost => return Ok(None),
    };
    Ok(Some(*last + seconds.seconds()))
}

/// How many times as many tokens as we do a model's server counts: the most of its last calls, for a
/// question that is too long is cut at its front without a word. At least 1, since some count only what
/// they have not seen before.
pub fn scale(tx: &ReadTx<'_>, model: &str) -> Result<f32, Error> {
    let scale: Option<f64> = tx.query_row(
        "SELECT max(tokens_in * 1.0 / tokens) FROM
           (SELECT tokens_in, tokens FROM model_call
             WHERE model = ?1 AND tokens_in IS NOT NULL AND tokens > 0
             ORDER BY number DESC LIMIT ?2)",
        params![model, MEASURED],
        |row| row.get(0),
    )?;
    let hundredths = scale.unwrap_or(1.0) * 100.0;
    let hundredths = (100_u16..=400).find(|it| f64::from(*it) >= hundredths);
    Ok(f32::from(hundredths.unwrap_or(400)) / 100.0)
}

/// How it stands with the language model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Documents of the viewer that somebody is still to be asked about.
    pub waiting: u64,
    /// How the last call ended and why it failed, if one has ended.
    pub last: Option<(CallOutcome, Option<String>)>,
}

/// How it stands with the language model.
pub fn state(tx: &ReadTx<'_>) -> Result<State, Error> {
    let mut query = tx.prepare_cached(&format!(
        "SELECT count(*) AS waiting FROM document
          WHERE unsure IS NOT NULL AND stage = 'understood' AND deleted_at IS NULL AND {VISIBLE}"
    ))?;
    let mut rows = query.query_and_then(named_params! { ":viewer": tx.viewer_id() }, |row| {
        Columns::of("document", row).count("waiting")
    })?;
    let waiting = rows.next().unwrap_or(Ok(0))?;
    let mut query = tx.prepare_cached(
        "SELECT outcome, reason FROM model_call
          WHERE finished_at IS NOT NULL ORDER BY number DESC LIMIT 1",
    )?;
    let mut rows = query.query_and_then([], |row| {
        let columns = Columns::of("model_call", row);
        Ok::<_, Error>((columns.parsed("outcome")?, columns.plain("reason")?))
    })?;
    let last = rows.next().transpose()?;
    Ok(State { waiting, last })
}
