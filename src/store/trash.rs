//! The trash: 30 days in which a person may think again, then erased everywhere.

use jiff::{Timestamp, ToSpan};
use rusqlite::params;

use super::blobs::{BlobName, Blobs, Picture};
use super::{Error, ReadTx, WriteTx, documents, journal, search, tasks};
use crate::domain::document::Document;
use crate::domain::id::DocumentId;
use crate::domain::journal::Entity;

/// How long a document lies in the trash, in days.
pub const KEPT_DAYS: i64 = 30;

/// Puts a document into the trash; its tasks want nothing any more.
pub fn delete(tx: &WriteTx<'_>, id: DocumentId, expected: Option<u64>) -> Result<Document, Error> {
    let document = documents::by_id(tx, id)?;
    documents::expect_version(&document, expected)?;
    if document.deleted_at.is_some() {
        return Ok(document);
    }
    tasks::withdraw_of_document(tx, id)?;
    set_deleted(tx, document, Some(tx.now()), "deleted")
}

/// Takes a document out of the trash; its tasks are derived anew.
pub fn restore(tx: &WriteTx<'_>, id: DocumentId, expected: Option<u64>) -> Result<Document, Error> {
    let document = documents::by_id(tx, id)?;
    documents::expect_version(&document, expected)?;
    if document.deleted_at.is_none() {
        return Ok(document);
    }
    set_deleted(tx, document, None, "restored")
}

fn set_deleted(
    tx: &WriteTx<'_>,
    document: Document,
    deleted_at: Option<Timestamp>,
    change: &str,
) -> Result<Document, Error> {
    let document = Document {
        deleted_at,
        version: document.version + 1,
        ..document
    };
    tx.execute(
        "UPDATE document SET deleted_at = ?2, version = ?3, derive = 1 WHERE id = ?1",
        params![
            document.id.to_string(),
            deleted_at.map(Timestamp::as_millisecond),
            i64::try_from(document.version).unwrap_or(i64::MAX)
        ],
    )?;
    documents::log_change(tx, &document, change, &["deleted_at"])?;
    Ok(document)
}

/// Documents that have lain in the trash for longer than [`KEPT_DAYS`].
pub fn expired(tx: &ReadTx<'_>, limit: u32) -> Result<Vec<Document>, Error> {
    let oldest = tx.now() - (KEPT_DAYS * 24).hours();
    let mut query = tx.prepare_cached(
        "SELECT * FROM document WHERE deleted_at <= ?1 ORDER BY deleted_at LIMIT ?2",
    )?;
    let parameters = params![oldest.as_millisecond(), limit];
    let documents = query.query_and_then(parameters, documents::document_from_row)?;
    documents.collect()
}

/// Erases a document everywhere: rows, search index, what the journal keeps of its content (and of
/// its tasks'), and, by [`erase_files`], the files.
pub fn erase(tx: &WriteTx<'_>, document: &Document, blobs: &Blobs) -> Result<(), Error> {
    let id = document.id.to_string();
    search::remove(tx, document.id)?;
    for task in tasks::of_document(tx, document.id)? {
        journal::erase_content(tx, Entity::Task, &task.id.to_string())?;
    }
    let pages: u32 = tx.query_row(
        "SELECT coalesce(max(number), 0) FROM page WHERE document = ?1",
        [&id],
        |row| row.get(0),
    )?;
    tx.execute("DELETE FROM document WHERE id = ?1", [&id])?;
    if !documents::uses_hash(tx, document.sha256)? {
        let mut names = vec![
            blobs.original(document.sha256),
            blobs.picture(document.sha256, Picture::Thumbnail),
            blobs.archive(document.sha256),
        ];
        let pictures = (1..=pages).map(|it| blobs.picture(document.sha256, Picture::Page(it)));
        names.extend(pictures);
        for name in names {
            tx.execute(
                "INSERT OR IGNORE INTO blob_to_erase VALUES (?1)",
                [name.as_str()],
            )?;
        }
    }
    documents::log_change(tx, document, "erased", &[])?;
    journal::erase_content(tx, Entity::Document, &id)
}

/// Removes the files of erased documents. Runs as a write, so that no file vanishes between an
/// arrival's look for it and its row.
pub fn erase_files(tx: &WriteTx<'_>, blobs: &Blobs) -> Result<u32, Error> {
    let names: Vec<String> = tx
        .prepare("SELECT name FROM blob_to_erase")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut count = 0;
    for name in names {
        blobs.erase(&BlobName::from_row(name.clone()))?;
        tx.execute("DELETE FROM blob_to_erase WHERE name = ?1", [name])?;
        count += 1;
    }
    Ok(count)
}

/// A file that is needed again after all stays.
pub fn keep_file(tx: &WriteTx<'_>, name: &BlobName) -> Result<(), Error> {
    tx.execute("DELETE FROM blob_to_erase WHERE name = ?1", [name.as_str()])?;
    Ok(())
}
