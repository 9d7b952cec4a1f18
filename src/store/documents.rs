//! Documents: accepted once, then moved from stage to stage.

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Row, ToSql, named_params, params};
use serde::Serialize;

use super::journal::{self, Change};
use super::rows::{Columns, VISIBLE, visibility_column};
use super::{Error, ReadTx, WriteTx, parts, people, search, trash};
use crate::domain::document::{
    Document, Kind, MediaType, Origin, Sha256Hash, Stage, StuckAt, Visibility,
};
use crate::domain::id::DocumentId;
use crate::domain::journal::Entity;
use crate::domain::part::PageRange;
use crate::domain::person::Language;
use crate::domain::policy::Class;
use crate::domain::wording;

/// What is known of a document when it arrives.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// SHA-256 of its bytes.
    pub sha256: Sha256Hash,
    /// What its first bytes say it is.
    pub media_type: MediaType,
    /// Size in bytes.
    pub size: u64,
    /// How it came.
    pub origin: Origin,
    /// Who may see it.
    pub visible_to: Visibility,
}

/// Whether a document is new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// It is.
    New(Document),
    /// The same bytes are here already.
    Known(Document),
}

impl Accepted {
    /// The document, new or known.
    pub const fn document(&self) -> &Document {
        match self {
            Self::New(document) | Self::Known(document) => document,
        }
    }
}

/// Keeps a document, or finds the one with the same bytes that the caller may see. One that lies in
/// the trash is taken out of it.
pub fn accept(tx: &WriteTx<'_>, arrival: Arrival) -> Result<Accepted, Error> {
    if let Some(known) = by_hash(tx, arrival.sha256)? {
        let known = match known.deleted_at {
            Some(_) => trash::restore(tx, known.id, None)?,
            None => known,
        };
        // What somebody sends by itself no longer goes with the mail that once brought it.
        let known = match known.parent {
            Some(_) => parts::hand_over(tx, known, None)?,
            None => known,
        };
        return Ok(Accepted::Known(known));
    }
    let title = title_of_file(&arrival.origin.file_name);
    let document = Document {
        id: DocumentId::new(tx.now(), tx.random()),
        sha256: arrival.sha256,
        title,
        media_type: arrival.media_type,
        size: arrival.size,
        origin: arrival.origin,
        stage: Stage::Received,
        received_at: tx.now(),
        deleted_at: None,
        visible_to: arrival.visible_to,
        class: Class::Sensitive,
        version: 1,
        parent: None,
        pages: None,
        asn: None,
    };
    add(tx, &document)?;
    Ok(Accepted::New(document))
}

/// Keeps a document that is new.
pub(super) fn add(tx: &WriteTx<'_>, document: &Document) -> Result<(), Error> {
    insert(tx, document)?;
    log_change(tx, document, "accepted", &["stage"])
}

/// What a document is called before it is understood.
pub(super) fn title_of_file(name: &str) -> String {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let title: String = stem
        .chars()
        .map(|it| if it == '_' { ' ' } else { it })
        .take(200)
        .collect();
    if title.trim().is_empty() {
        "?".to_owned()
    } else {
        title.trim().to_owned()
    }
}

fn insert(tx: &WriteTx<'_>, document: &Document) -> Result<(), Error> {
    tx.prepare_cached(
        "INSERT INTO document (id, sha256, title, media_type, size, origin, file_name, stage,
                               received_at, visible_to, class, version, parent, first_page,
                               last_page, asn)
         VALUES (:id, :sha256, :title, :media_type, :size, :origin, :file_name, 'received',
                 :received_at, :visible_to, :class, 1, :parent, :first_page, :last_page, :asn)",
    )?
    .execute(named_params! {
        ":id": document.id.to_string(),
        ":sha256": document.sha256.0.as_slice(),
        ":title": document.title,
        ":media_type": document.media_type.as_str(),
        ":size": i64::try_from(document.size).unwrap_or(i64::MAX),
        ":origin": document.origin.kind.as_str(),
        ":file_name": document.origin.file_name,
        ":received_at": document.received_at.as_millisecond(),
        ":visible_to": visibility_column(&document.visible_to),
        ":class": document.class.as_str(),
        ":parent": document.parent.map(|it| it.to_string()),
        ":first_page": document.pages.map(PageRange::first),
        ":last_page": document.pages.map(PageRange::last),
        ":asn": document.asn,
    })?;
    Ok(())
}

pub(super) fn log_change(
    tx: &WriteTx<'_>,
    document: &Document,
    change: &str,
    fields: &[&str],
) -> Result<(), Error> {
    let id = document.id.to_string();
    let version = document.version;
    let change = Change {
        entity: Entity::Document,
        id,
        version,
        change,
        fields,
        content: document,
    };
    journal::append(tx, &change)
}

/// The document with these bytes that the viewer may see, also one in the trash; the letters of a
/// stack are not the stack.
pub fn by_hash(tx: &ReadTx<'_>, sha256: Sha256Hash) -> Result<Option<Document>, Error> {
    let mut query = tx.prepare_cached(&format!(
        "SELECT * FROM document WHERE sha256 = :sha256 AND first_page IS NULL AND {VISIBLE}
          ORDER BY deleted_at IS NOT NULL, number LIMIT 1"
    ))?;
    let parameters = named_params! { ":sha256": sha256.0.as_slice(), ":viewer": tx.viewer_id() };
    let mut rows = query.query_and_then(parameters, document_from_row)?;
    rows.next().transpose()
}

/// The document, if the viewer may see it; also one in the trash.
pub fn by_id(tx: &ReadTx<'_>, id: DocumentId) -> Result<Document, Error> {
    let mut query = tx.prepare_cached(&format!(
        "SELECT * FROM document WHERE id = :id AND {VISIBLE}"
    ))?;
    let parameters = named_params! { ":id": id.to_string(), ":viewer": tx.viewer_id() };
    let mut rows = query.query_and_then(parameters, document_from_row)?;
    rows.next()
        .unwrap_or_else(|| Err(Error::missing("document", id)))
}

/// What sort of document it is, as its findings say.
pub fn kind(tx: &ReadTx<'_>, id: DocumentId) -> Result<Option<Kind>, Error> {
    let mut query = tx.prepare_cached("SELECT kind FROM document WHERE id = ?1")?;
    let mut rows = query.query_and_then([id.to_string()], |row| {
        Columns::of("document", row).parsed_or_none("kind")
    })?;
    Ok(rows.next().transpose()?.flatten())
}

/// Who wrote it, as its findings say.
pub fn sender(tx: &ReadTx<'_>, id: DocumentId) -> Result<Option<String>, Error> {
    let mut query = tx.prepare_cached("SELECT sender FROM document WHERE id = ?1")?;
    Ok(query.query_row([id.to_string()], |row| row.get(0))?)
}

/// What a list shows of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// The document.
    #[serde(flatten)]
    pub document: Document,
    /// What sort, once understood.
    pub kind: Option<Kind>,
    /// Who wrote it, once understood.
    pub sender: Option<String>,
    /// The day it carries, once understood.
    pub issue_date: Option<Date>,
}

/// Which documents a list holds.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Words that must all be found.
    pub query: Option<String>,
    /// Of this kind.
    pub kind: Option<Kind>,
    /// At this stage, by its name.
    pub stage: Option<String>,
    /// With this archive serial number.
    pub asn: Option<u32>,
    /// In the trash rather than outside of it.
    pub trash: Trash,
    /// Received on or after this moment.
    pub since: Option<Timestamp>,
    /// Older than this document: the last one of the page before.
    pub before: Option<DocumentId>,
}

/// Whether the trash is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trash {
    /// What is not in the trash.
    #[default]
    Outside,
    /// What is in the trash.
    Inside,
}

/// Received since a moment. The second half is true of those too, and ends the walk down the numbers.
const SINCE: &str = "received_at >= :since
     AND number >= (SELECT min(number) FROM document WHERE received_at >= :since)";
/// Older than the last document of the page before; the words' index finds its rows by the same number.
const BEFORE: &str = "number < (SELECT number FROM document WHERE id = :before)";

/// Newest first.
pub fn list(tx: &ReadTx<'_>, filter: &Filter, limit: u32) -> Result<Vec<Listed>, Error> {
    let typed = filter.query.as_deref().map(str::trim).unwrap_or_default();
    let sought = search::sought(tx, typed)?;
    if !typed.is_empty() && sought.is_none() {
        return Ok(Vec::new());
    }
    let words = sought.as_ref().and_then(|it| it.expression.as_deref());
    let common = sought.as_ref().and_then(|it| it.common.as_deref());
    let viewer = tx.viewer_id();
    let kind = filter.kind.map(Kind::as_str);
    let since = filter.since.map(Timestamp::as_millisecond);
    let before = filter.before.map(|it| it.to_string());
    // Only what is asked for is in the query: so each has the index that fits.
    let mut conditions = vec![VISIBLE];
    conditions.push(match filter.trash {
        Trash::Inside => "deleted_at IS NOT NULL",
        Trash::Outside => "deleted_at IS NULL",
    });
    let mut parameters: Vec<(&str, &dyn ToSql)> = vec![(":viewer", &viewer), (":limit", &limit)];
    let asked: [(bool, &str, &dyn ToSql, &str); 7] = [
        (words.is_some(), ":words", &words, "search MATCH :words"),
        (common.is_some(), ":common", &common, search::HOLDS_COMMON),
        (kind.is_some(), ":kind", &kind, "kind = :kind"),
        (
            filter.stage.is_some(),
            ":stage",
            &filter.stage,
            "stage = :stage",
        ),
        (filter.asn.is_some(), ":asn", &filter.asn, "asn = :asn"),
        (since.is_some(), ":since", &since, SINCE),
        (before.is_some(), ":before", &before, BEFORE),
    ];
    for (is_asked, name, value, condition) in asked {
        if is_asked {
            conditions.push(condition);
            parameters.push((name, value));
        }
    }
    let conditions = conditions.join(" AND ");
    // The index of the words says its rows newest first, and is asked for no more than are shown.
    let mut query = tx.prepare_cached(&if sought.is_some() {
        format!(
            "SELECT document.* FROM search CROSS JOIN document ON document.number = search.rowid
              WHERE {conditions} ORDER BY search.rowid DESC LIMIT :limit"
        )
    } else {
        format!("SELECT * FROM document WHERE {conditions} ORDER BY number DESC LIMIT :limit")
    })?;
    let documents = query.query_and_then(parameters.as_slice(), listed_from_row)?;
    documents.collect()
}

/// How many documents that the viewer sees cannot go on without a person; the trash left out.
pub fn stuck_count(tx: &ReadTx<'_>) -> Result<u64, Error> {
    let mut query = tx.prepare_cached(&format!(
        "SELECT count(*) FROM document
          WHERE stage = 'stuck' AND deleted_at IS NULL AND {VISIBLE}"
    ))?;
    let viewer = named_params! { ":viewer": tx.viewer_id() };
    let number: i64 = query.query_row(viewer, |row| row.get(0))?;
    Ok(number.unsigned_abs())
}

/// How many documents the viewer sees at each stage, by the stage's name; the trash left out.
pub fn counts(tx: &ReadTx<'_>) -> Result<Vec<(String, u64)>, Error> {
    let mut query = tx.prepare_cached(&format!(
        "SELECT stage, count(*) AS count FROM document
          WHERE deleted_at IS NULL AND {VISIBLE} GROUP BY stage ORDER BY stage"
    ))?;
    let counts = query.query_and_then(named_params! { ":viewer": tx.viewer_id() }, |row| {
        let columns = Columns::of("document", row);
        Ok((columns.plain("stage")?, columns.count("count")?))
    })?;
    counts.collect()
}

/// A stage in which a worker takes documents up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaiting {
    /// Received, not yet read.
    Reading,
    /// Read, not yet understood.
    Understanding,
}

/// Documents that wait for a worker and may be tried now, with the number of earlier tries; oldest
/// first.
pub fn awaiting(
    tx: &ReadTx<'_>,
    what: Awaiting,
    limit: u32,
) -> Result<Vec<(Document, u32)>, Error> {
    let stage = match what {
        Awaiting::Reading => "received",
        Awaiting::Understanding => "read",
    };
    let mut query = tx.prepare_cached(
        "SELECT * FROM document
          WHERE stage = :stage AND stage IN ('received', 'read') AND retry_at <= :now
            AND deleted_at IS NULL
          ORDER BY number LIMIT :limit",
    )?;
    let parameters = named_params! {
        ":stage": stage, ":now": tx.now().as_millisecond(), ":limit": limit,
    };
    let documents = query.query_and_then(parameters, |row| {
        let attempts: u32 = Columns::of("document", row).plain("attempts")?;
        Ok((document_from_row(row)?, attempts))
    })?;
    documents.collect()
}

/// The understood document that came next behind another one, the first without one, and how many
/// come behind it.
pub fn understood_after(
    tx: &ReadTx<'_>,
    after: Option<DocumentId>,
) -> Result<Option<(Document, u64)>, Error> {
    let after = after.map(|it| it.to_string()).unwrap_or_default();
    let mut query = tx.prepare_cached(
        "SELECT *, count(*) OVER () - 1 AS behind FROM document
          WHERE stage = 'understood' AND deleted_at IS NULL AND id > ?1
          ORDER BY id LIMIT 1",
    )?;
    let mut rows = query.query_and_then([after], |row| {
        let behind = Columns::of("document", row).count("behind")?;
        Ok((document_from_row(row)?, behind))
    })?;
    rows.next().transpose()
}

/// The earliest moment at which a waiting document may be tried again, if one waits.
pub fn next_retry(tx: &ReadTx<'_>) -> Result<Option<Timestamp>, Error> {
    let at: Option<i64> = tx.query_row(
        "SELECT min(retry_at) FROM document
          WHERE stage IN ('received', 'read') AND deleted_at IS NULL AND retry_at > ?1",
        [tx.now().as_millisecond()],
        |row| row.get(0),
    )?;
    Ok(at.and_then(|it| Timestamp::from_millisecond(it).ok()))
}

/// Notes a failed try that is worth another one.
pub fn put_off(tx: &WriteTx<'_>, id: DocumentId, until: Timestamp) -> Result<(), Error> {
    tx.execute(
        "UPDATE document SET attempts = attempts + 1, retry_at = ?2 WHERE id = ?1",
        params![id.to_string(), until.as_millisecond()],
    )?;
    Ok(())
}

/// Writes a document's new stage, title and version.
pub(super) fn advance(
    tx: &WriteTx<'_>,
    document: Document,
    change: &str,
) -> Result<Document, Error> {
    let document = Document {
        version: document.version + 1,
        ..document
    };
    let (stuck_at, reason) = match &document.stage {
        Stage::Stuck { at, reason } => (Some(at.as_str()), Some(reason.as_str())),
        Stage::Received | Stage::Read { .. } | Stage::Understood { .. } => (None, None),
    };
    let changed = tx
        .prepare_cached(
            "UPDATE document SET stage = :stage, pages = coalesce(:pages, pages), title = :title,
                    stuck_at = :stuck_at, stuck_reason = :reason, version = :version,
                    attempts = 0, retry_at = 0
              WHERE id = :id AND version = :version - 1",
        )?
        .execute(named_params! {
            ":id": document.id.to_string(),
            ":stage": document.stage.name(),
            ":pages": document.stage.pages().map(std::num::NonZeroU32::get),
            ":title": document.title,
            ":stuck_at": stuck_at,
            ":reason": reason,
            ":version": i64::try_from(document.version).unwrap_or(i64::MAX),
        })?;
    if changed == 0 {
        return Err(Error::Conflict {
            what: "the document was changed meanwhile".to_owned(),
        });
    }
    log_change(tx, &document, change, &["stage"])?;
    // Those that hold it wait until it is known what it wants.
    parts::derive_holders(tx, document.id)?;
    Ok(document)
}

/// The document cannot go on without a person.
pub fn stuck(
    tx: &WriteTx<'_>,
    id: DocumentId,
    at: StuckAt,
    reason: String,
) -> Result<Document, Error> {
    let document = by_id(tx, id)?;
    advance(
        tx,
        Document {
            stage: Stage::Stuck { at, reason },
            ..document
        },
        "stuck",
    )
}

/// Somebody does not want a document read that waits for it or is just being read; it stays, stuck,
/// until somebody wants another try.
pub fn cancel(tx: &WriteTx<'_>, id: DocumentId, language: Language) -> Result<Document, Error> {
    let document = by_id(tx, id)?;
    if document.stage != Stage::Received {
        return Err(Error::Conflict {
            what: "the document is not being read".to_owned(),
        });
    }
    let name = people::name_of(tx, tx.actor())?;
    let stage = Stage::Stuck {
        at: StuckAt::Reading,
        reason: wording::cancelled(name.as_deref(), language),
    };
    advance(tx, Document { stage, ..document }, "cancelled")
}

/// A person wants a stuck (or a finished) document read anew, from its first byte.
pub fn retry(tx: &WriteTx<'_>, id: DocumentId) -> Result<Document, Error> {
    let document = by_id(tx, id)?;
    match document.stage {
        Stage::Received | Stage::Read { .. } => Err(Error::Conflict {
            what: "the document is being worked on already".to_owned(),
        }),
        Stage::Understood { .. } | Stage::Stuck { .. } => advance(
            tx,
            Document {
                stage: Stage::Received,
                ..document
            },
            "retried",
        ),
    }
}

/// Fails where `expected` is given and is not the version.
pub fn expect_version(document: &Document, expected: Option<u64>) -> Result<(), Error> {
    if expected.is_some_and(|it| it != document.version) {
        return Err(Error::Conflict {
            what: "the document was changed meanwhile".to_owned(),
        });
    }
    Ok(())
}

fn stage_from_row(columns: &Columns<'_, '_>) -> Result<Stage, Error> {
    let pages = || -> Result<std::num::NonZeroU32, Error> {
        let pages: Option<u32> = columns.plain("pages")?;
        pages
            .and_then(std::num::NonZeroU32::new)
            .ok_or_else(|| columns.corrupt("a document that was read has pages"))
    };
    let name: String = columns.plain("stage")?;
    match name.as_str() {
        "received" => Ok(Stage::Received),
        "read" => Ok(Stage::Read { pages: pages()? }),
        "understood" => Ok(Stage::Understood { pages: pages()? }),
        "stuck" => {
            let at: Option<StuckAt> = columns.parsed_or_none("stuck_at")?;
            let reason: Option<String> = columns.plain("stuck_reason")?;
            let at = at.ok_or_else(|| columns.corrupt("a stuck document says where"))?;
            Ok(Stage::Stuck {
                at,
                reason: reason.unwrap_or_default(),
            })
        }
        _ => Err(columns.corrupt(format!("there is no stage `{name}`"))),
    }
}

pub(super) fn document_from_row(row: &Row<'_>) -> Result<Document, Error> {
    let columns = Columns::of("document", row);
    Ok(Document {
        id: columns.parsed("id")?,
        sha256: Sha256Hash(columns.plain("sha256")?),
        title: columns.plain("title")?,
        media_type: columns.parsed("media_type")?,
        size: columns.count("size")?,
        origin: Origin {
            kind: columns.parsed("origin")?,
            file_name: columns.plain("file_name")?,
        },
        stage: stage_from_row(&columns)?,
        received_at: columns.instant("received_at")?,
        deleted_at: columns.instant_or_none("deleted_at")?,
        visible_to: columns.visibility()?,
        class: columns.parsed("class")?,
        version: columns.count("version")?,
        parent: columns.parsed_or_none("parent")?,
        pages: range_from_row(&columns)?,
        asn: columns.plain("asn")?,
    })
}

fn range_from_row(columns: &Columns<'_, '_>) -> Result<Option<PageRange>, Error> {
    let first: Option<u32> = columns.plain("first_page")?;
    let last: Option<u32> = columns.plain("last_page")?;
    let Some((first, last)) = first.zip(last) else {
        return Ok(None);
    };
    let range = PageRange::new(first, last);
    range
        .map(Some)
        .ok_or_else(|| columns.corrupt("a part of a stack has pages"))
}

fn listed_from_row(row: &Row<'_>) -> Result<Listed, Error> {
    let columns = Columns::of("document", row);
    Ok(Listed {
        document: document_from_row(row)?,
        kind: columns.parsed_or_none("kind")?,
        sender: columns.plain("sender")?,
        issue_date: columns.parsed_or_none("issue_date")?,
    })
}
