//! How the household keeps its promises: which documents nobody has looked at, which tasks are not done.
//!
//! That something is looked at is a promise about documents, that it is done one about tasks. What came
//! too late to keep any (an archive that was poured in, a right that may lapse) is not counted.

use jiff::Timestamp;
use rusqlite::{Row, named_params};

use super::journal::{self, Change};
use super::rows::{Columns, VISIBLE, json};
use super::{Error, ReadTx, WriteTx};
use crate::domain::document::Kind;
use crate::domain::id::DocumentId;
use crate::domain::journal::Entity;
use crate::domain::service_level::{Act, Facts, Promises, Tally};
use crate::domain::task::{Status, Task};

/// Days between a letter's own day and its arrival from which on it is one of an archive.
const ARCHIVED_DAYS: i64 = 60;

/// How the promises of a household stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standings {
    /// How many things stand how, for each promise in its order.
    pub levels: Vec<(String, Tally)>,
    /// When this comes to be different if nothing happens.
    pub changes_at: Option<Timestamp>,
}

impl Standings {
    /// All promises together.
    pub fn total(&self) -> Tally {
        let add = |sum: Tally, (_, one): &(String, Tally)| Tally {
            on_track: sum.on_track.saturating_add(one.on_track),
            at_risk: sum.at_risk.saturating_add(one.at_risk),
            breached: sum.breached.saturating_add(one.breached),
        };
        self.levels.iter().fold(Tally::default(), add)
    }

    fn add(&mut self, promises: &Promises, act: Act, one: &Owned, now: Timestamp) {
        for promised in promises.about(act, &one.facts()) {
            let place = promises.levels.iter().position(|it| it == promised.level);
            if let Some((_, tally)) = place.and_then(|it| self.levels.get_mut(it)) {
                tally.add(promised.course.standing(now));
            }
            let next = promised.course.changes_at(now);
            self.changes_at = self.changes_at.into_iter().chain(next).min();
        }
    }
}

/// What is known of a document or task, as it was read.
pub struct Owned {
    kind: Option<Kind>,
    labels: Vec<String>,
    sender: Option<String>,
    arrived_at: Timestamp,
    due: Option<jiff::civil::Date>,
    looked_at: Option<Timestamp>,
}

impl Owned {
    /// As promises want it.
    pub fn facts(&self) -> Facts<'_> {
        Facts {
            kind: self.kind,
            labels: &self.labels,
            sender: self.sender.as_deref(),
            arrived_at: self.arrived_at,
            due: self.due,
            looked_at: self.looked_at,
            done_at: None,
        }
    }

    fn from_row(row: &Row<'_>) -> Result<Self, Error> {
        let columns = Columns::of("document", row);
        Ok(Self {
            kind: columns.parsed_or_none("kind")?,
            labels: columns.json("labels")?,
            sender: columns.plain("sender")?,
            arrived_at: columns.instant("arrived_at")?,
            due: columns.parsed_or_none("due")?,
            looked_at: columns.instant_or_none("looked_at")?,
        })
    }
}

/// Of which kinds documents must be for a promise of this sort; `None` where any may be.
fn kinds(promises: &Promises, act: Act) -> Option<String> {
    let mut kinds: Vec<Kind> = Vec::new();
    for level in promises.levels.iter().filter(|it| it.act == act) {
        if level.kinds.is_empty() {
            return None;
        }
        kinds.extend(&level.kinds);
    }
    Some(json(&kinds))
}

/// How the promises stand, as far as the viewer may see.
pub fn standings(tx: &ReadTx<'_>, promises: &Promises) -> Result<Standings, Error> {
    let names = promises.levels.iter().map(|it| it.name.clone());
    let mut standings = Standings {
        levels: names.map(|it| (it, Tally::default())).collect(),
        changes_at: None,
    };
    let mut unseen = tx.prepare_cached(&format!(
        "SELECT kind, '[]' AS labels, sender, received_at AS arrived_at, NULL AS due, looked_at
           FROM document
          WHERE looked_at IS NULL AND deleted_at IS NULL
            AND (:kinds IS NULL OR kind IN (SELECT value FROM json_each(:kinds)))
            AND coalesce(issue_date, '9999')
                >= date(received_at / 1000 - {ARCHIVED_DAYS} * 86400, 'unixepoch')
            AND {VISIBLE}"
    ))?;
    let mut undone = tx.prepare_cached(&format!(
        "SELECT document.kind, task.labels, document.sender, task.due, NULL AS looked_at,
                coalesce(document.received_at, task.created_at) AS arrived_at
           FROM (SELECT * FROM task
                  WHERE status = 'open' AND arrived_late = 0 AND optional = 0 AND {VISIBLE}) task
           LEFT JOIN document ON document.id = task.document
          WHERE (:kinds IS NULL OR kind IN (SELECT value FROM json_each(:kinds)))"
    ))?;
    for (query, act) in [(&mut unseen, Act::LookedAt), (&mut undone, Act::Done)] {
        if !promises.levels.iter().any(|it| it.act == act) {
            continue;
        }
        let parameters = named_params! {
            ":viewer": tx.viewer_id(), ":kinds": kinds(promises, act),
        };
        for one in query.query_and_then(parameters, Owned::from_row)? {
            standings.add(promises, act, &one?, tx.now());
        }
    }
    Ok(standings)
}

/// What is known of a document, if the viewer may see it.
pub fn of_document(tx: &ReadTx<'_>, id: DocumentId) -> Result<Option<Owned>, Error> {
    let mut query = tx.prepare_cached(&format!(
        "SELECT kind, '[]' AS labels, sender, received_at AS arrived_at, NULL AS due, looked_at
           FROM document WHERE id = :id AND {VISIBLE}"
    ))?;
    let parameters = named_params! { ":id": id.to_string(), ":viewer": tx.viewer_id() };
    let mut rows = query.query_and_then(parameters, Owned::from_row)?;
    rows.next().transpose()
}

/// The document, if it is one that nobody has looked at yet.
pub fn unseen(tx: &ReadTx<'_>, id: DocumentId) -> Result<Option<DocumentId>, Error> {
    let found = of_document(tx, id)?.filter(|it| it.looked_at.is_none());
    Ok(found.map(|_| id))
}

/// What is known of a task that can still be done in time; `None` for one that nobody counts.
pub fn of_task(tx: &ReadTx<'_>, task: &Task) -> Result<Option<Owned>, Error> {
    let is_open = task.status == Status::Open;
    if !is_open || task.arrived_late || task.optional {
        return Ok(None);
    }
    let mut owned = Owned {
        kind: None,
        labels: task.labels.clone(),
        sender: None,
        arrived_at: task.created_at,
        due: task.due,
        looked_at: None,
    };
    if let Some(source) = &task.source
        && let Some(document) = of_document(tx, source.document)?
    {
        (owned.kind, owned.sender) = (document.kind, document.sender);
        owned.arrived_at = document.arrived_at;
    }
    Ok(Some(owned))
}

/// A person looks at a document. The first time counts, later ones change nothing.
pub fn look_at(tx: &WriteTx<'_>, id: DocumentId) -> Result<(), Error> {
    let mut query = tx.prepare_cached(&format!(
        "UPDATE document SET looked_at = :now
          WHERE id = :id AND looked_at IS NULL AND {VISIBLE} RETURNING version"
    ))?;
    let parameters = named_params! {
        ":id": id.to_string(),
        ":now": tx.now().as_millisecond(),
        ":viewer": tx.viewer_id(),
    };
    let mut rows = query.query_and_then(parameters, |row| {
        Columns::of("document", row).count("version")
    })?;
    let Some(version) = rows.next().transpose()? else {
        return Ok(());
    };
    journal::append(
        tx,
        &Change {
            entity: Entity::Document,
            id: id.to_string(),
            // What it says stays as it is, and so does what `If-Match` is compared with.
            version,
            change: "looked at",
            fields: &["looked_at"],
            content: &tx.now().as_millisecond(),
        },
    )
}
