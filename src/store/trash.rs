//! The trash: 30 days in which a person may think again, then erased everywhere.

use jiff::{Timestamp, ToSpan};
use rusqlite::params;

use super::blobs::{BlobName, Blobs, Picture};
use super::{Error, ReadTx, WriteTx, documents, journal, parties, parts, search, tasks};
use crate::domain::document::Document;
use crate::domain::id::DocumentId;
use crate::domain::journal::Entity;
use crate::domain::part::PageRange;

/// How long a document lies in the trash, in days.
pub const KEPT_DAYS: i64 = 30;

/// Puts a document into the trash, and what came with it; their tasks want nothing any more. What
/// another document holds too stays with that one. Whether a person wants that is asked before.
pub fn delete(tx: &WriteTx<'_>, id: DocumentId, expected: Option<u64>) -> Result<Document, Error> {
    let document = documents::by_id(tx, id)?;
    documents::expect_version(&document, expected)?;
    put_away(tx, document)
}

/// The same, whoever may see it.
pub(super) fn put_away(tx: &WriteTx<'_>, document: Document) -> Result<Document, Error> {
    if document.deleted_at.is_some() {
        return Ok(document);
    }
    tasks::withdraw_of_document(tx, document.id)?;
    let document = set_deleted(tx, document, Some(tx.now()), "deleted")?;
    for child in parts::of_its_own(tx, document.id)? {
        match parts::other_parent(tx, &child)? {
            Some(other) => drop(parts::hand_over(tx, child, Some(other))?),
            None => drop(put_away(tx, child)?),
        }
    }
    Ok(document)
}

/// Takes a document out of the trash, and what went there with it; their tasks are derived anew.
pub fn restore(tx: &WriteTx<'_>, id: DocumentId, expected: Option<u64>) -> Result<Document, Error> {
    let document = documents::by_id(tx, id)?;
    documents::expect_version(&document, expected)?;
    take_out(tx, document)
}

/// The same, whoever may see it.
pub(super) fn take_out(tx: &WriteTx<'_>, document: Document) -> Result<Document, Error> {
    let Some(deleted_at) = document.deleted_at else {
        return Ok(document);
    };
    let document = set_deleted(tx, document, None, "restored")?;
    for child in parts::of_its_own(tx, document.id)? {
        if child.deleted_at == Some(deleted_at) {
            take_out(tx, child)?;
        }
    }
    Ok(document)
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
    parts::derive_holders(tx, document.id)?;
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
    // It goes with its rows, and so does what says that it was inside another document.
    parts::derive_holders(tx, document.id)?;
    tx.execute("DELETE FROM document WHERE id = ?1", [&id])?;
    for name in files_of_nobody(tx, document, pages, blobs)? {
        tx.execute(
            "INSERT OR IGNORE INTO blob_to_erase VALUES (?1)",
            [name.as_str()],
        )?;
    }
    parties::forget_strangers(tx)?;
    documents::log_change(tx, document, "erased", &[])?;
    journal::erase_content(tx, Entity::Document, &id)
}

/// The files of a document of `pages` pages that no other one uses. The letters of a stack use the
/// stack's file, and each of them its own pages' pictures.
fn files_of_nobody(
    tx: &ReadTx<'_>,
    document: &Document,
    pages: u32,
    blobs: &Blobs,
) -> Result<Vec<BlobName>, Error> {
    let users = parts::users(tx, document.sha256)?;
    let mut names = Vec::new();
    if users.is_empty() {
        names.push(blobs.original(document.sha256));
        names.push(blobs.picture(document.sha256, Picture::Thumbnail));
    }
    if !users.contains(&document.pages) {
        names.push(blobs.archive(document.sha256, document.pages));
    }
    let pages = document
        .pages
        .map_or(1..=pages, |it| it.first()..=it.last());
    let is_used = |page: u32| {
        let of_user = |it: &Option<PageRange>| it.is_none_or(|range| range.contains(page));
        users.iter().any(of_user)
    };
    let unused = pages.filter(|it| !is_used(*it));
    names.extend(unused.map(|it| blobs.picture(document.sha256, Picture::Page(it))));
    Ok(names)
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
