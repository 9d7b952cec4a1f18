//! Archive copies: files beside the database that can be made again at any time.
//!
//! A copy is made while nobody holds a transaction, so its document may be read anew or erased
//! meanwhile. Therefore its name stands among the files to erase before the file is written, and is
//! taken out only in a transaction that still finds the pages the copy was made from.

use rusqlite::params;

use super::blobs::{BlobName, Blobs};
use super::{Error, WriteTx, documents, pages, trash};
use crate::domain::document::{Page, Sha256Hash};
use crate::domain::id::DocumentId;
use crate::domain::part::PageRange;

/// A file of this name is about to be written; it goes away again unless [`keep`] follows.
pub fn announce(tx: &WriteTx<'_>, name: &BlobName) -> Result<(), Error> {
    tx.execute(
        "INSERT OR IGNORE INTO blob_to_erase VALUES (?1)",
        params![name.as_str()],
    )?;
    Ok(())
}

/// Keeps the written copy if its document is still there and was not read anew since; erases it
/// otherwise and says so with `false`.
pub fn keep(
    tx: &WriteTx<'_>,
    blobs: &Blobs,
    id: DocumentId,
    made_from: &[Page],
) -> Result<bool, Error> {
    let document = match documents::by_id(tx, id) {
        Ok(document) => document,
        // Its copy's name is among those to erase.
        Err(Error::Missing { .. }) => return Ok(false),
        Err(error) => return Err(error),
    };
    if pages::list(tx, id)? != made_from {
        forget(tx, blobs, (document.sha256, document.pages))?;
        return Ok(false);
    }
    trash::keep_file(tx, &blobs.archive(document.sha256, document.pages))?;
    Ok(true)
}

/// Erases the copy of a document that was read anew; the next one who asks gets a new one. Runs in
/// the transaction that keeps the new pages, so that no older copy is kept after it.
pub fn forget(
    tx: &WriteTx<'_>,
    blobs: &Blobs,
    (sha256, range): (Sha256Hash, Option<PageRange>),
) -> Result<(), Error> {
    let name = blobs.archive(sha256, range);
    blobs.erase(&name)?;
    trash::keep_file(tx, &name)
}
