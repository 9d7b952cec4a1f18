//! Documents inside documents: papers that came with a mail, and the letters of a stack of scans.
//!
//! A paper has a file of its own. A letter of a stack shares the stack's file and names its pages:
//! so no original is ever altered or made up, the same bytes are kept once, and the file goes with
//! the last document that needs it. Parts are made in the transaction that keeps their parent's
//! reading, and making them again changes nothing.

use rusqlite::{OptionalExtension, named_params, params};

use super::blobs::{BlobName, Blobs, Picture};
use super::rows::{VISIBLE, visibility_column};
use super::{Error, ReadTx, WriteTx, documents, findings, pages, trash};
use crate::domain::document::{
    Document, MediaType, Origin, OriginKind, Reading, Sha256Hash, Stage,
};
use crate::domain::id::DocumentId;
use crate::domain::obligation::Obligation;
use crate::domain::part::{PageRange, Sheaf, cut_out};

/// A paper that came with a document; its file is kept already.
#[derive(Clone, Debug)]
pub struct Paper {
    /// SHA-256 of its bytes.
    pub sha256: Sha256Hash,
    /// What its first bytes say it is.
    pub media_type: MediaType,
    /// Size in bytes.
    pub size: u64,
    /// What it is called inside.
    pub file_name: String,
}

/// What is inside a document that was just read.
#[derive(Clone, Debug, Default)]
pub struct Inside {
    /// Papers with files of their own.
    pub papers: Vec<Paper>,
    /// The letters of a stack; fewer than two are no stack.
    pub sheaves: Vec<Sheaf>,
    /// The archive serial number of the document itself.
    pub asn: Option<u32>,
}

/// Keeps what was read, and what is inside it as documents of their own.
pub fn keep(
    tx: &WriteTx<'_>,
    id: DocumentId,
    reading: &Reading,
    inside: &Inside,
    blobs: &Blobs,
) -> Result<Document, Error> {
    if let Some(asn) = inside.asn {
        tx.execute(
            "UPDATE document SET asn = ?2 WHERE id = ?1",
            params![id.to_string(), asn],
        )?;
    }
    let parent = pages::keep(tx, id, reading)?;
    for (position, paper) in (0_u32..).zip(&inside.papers) {
        keep_paper(tx, &parent, position, paper, blobs)?;
    }
    if parent.pages.is_none() {
        keep_sheaves(tx, &parent, reading, &inside.sheaves)?;
    }
    Ok(parent)
}

fn keep_paper(
    tx: &WriteTx<'_>,
    parent: &Document,
    position: u32,
    paper: &Paper,
    blobs: &Blobs,
) -> Result<(), Error> {
    let is_known = inside(tx, parent.id)?
        .iter()
        .any(|it| it.sha256 == paper.sha256 && it.pages.is_none());
    if is_known || paper.sha256 == parent.sha256 {
        return Ok(());
    }
    let name = blobs.original(paper.sha256);
    // An earlier copy may have been erased between the look for it and this row.
    if !blobs.contains(&name) {
        let what = "a paper's file vanished while it was taken".to_owned();
        return Err(Error::Conflict { what });
    }
    trash::keep_file(tx, &name)?;
    let child = match known(tx, parent, paper.sha256)? {
        Some(known) if known.deleted_at.is_some() => trash::take_out(tx, known)?,
        Some(known) => known,
        None => {
            let file_name = paper.file_name.clone();
            let child = Document {
                sha256: paper.sha256,
                media_type: paper.media_type,
                size: paper.size,
                title: documents::title_of_file(&file_name),
                origin: Origin {
                    kind: OriginKind::MailPart,
                    file_name,
                },
                ..new_part(tx, parent)
            };
            documents::add(tx, &child)?;
            child
        }
    };
    link(tx, parent.id, child.id, position)
}

/// The document with the same bytes, if all who see the parent may see it too.
fn known(
    tx: &ReadTx<'_>,
    parent: &Document,
    sha256: Sha256Hash,
) -> Result<Option<Document>, Error> {
    let mut query = tx.prepare_cached(
        "SELECT * FROM document
          WHERE sha256 = :sha256 AND first_page IS NULL
            AND (visible_to IS NULL OR visible_to = :visible_to)
          ORDER BY deleted_at IS NOT NULL, number LIMIT 1",
    )?;
    let parameters = named_params! {
        ":sha256": sha256.0.as_slice(),
        ":visible_to": visibility_column(&parent.visible_to),
    };
    let mut rows = query.query_and_then(parameters, documents::document_from_row)?;
    rows.next().transpose()
}

/// Makes the parts of a stack what `sheaves` says: new ones are made, those that are there stay as
/// they are, and those that are no longer there go to the trash.
fn keep_sheaves(
    tx: &WriteTx<'_>,
    parent: &Document,
    reading: &Reading,
    sheaves: &[Sheaf],
) -> Result<(), Error> {
    let sheaves = if sheaves.len() < 2 { &[] } else { sheaves };
    let there: Vec<Document> = inside(tx, parent.id)?
        .into_iter()
        .filter(|it| it.pages.is_some())
        .collect();
    for old in &there {
        let is_still = sheaves.iter().any(|it| Some(it.pages) == old.pages);
        if !is_still && old.deleted_at.is_none() {
            trash::put_away(tx, old.clone())?;
        }
    }
    for (position, sheaf) in (0_u32..).zip(sheaves) {
        if !there.iter().any(|it| it.pages == Some(sheaf.pages)) {
            keep_sheaf(tx, parent, reading, position, *sheaf)?;
        }
    }
    Ok(())
}

fn keep_sheaf(
    tx: &WriteTx<'_>,
    parent: &Document,
    reading: &Reading,
    position: u32,
    sheaf: Sheaf,
) -> Result<(), Error> {
    let (first, last) = (sheaf.pages.first(), sheaf.pages.last());
    let file_name = parent.origin.file_name.clone();
    let name = documents::title_of_file(&file_name);
    let child = Document {
        sha256: parent.sha256,
        media_type: parent.media_type,
        size: parent.size,
        title: if first == last {
            format!("{name} ({first})")
        } else {
            format!("{name} ({first}–{last})")
        },
        origin: Origin {
            kind: OriginKind::Stack,
            file_name,
        },
        pages: Some(sheaf.pages),
        asn: sheaf.asn,
        ..new_part(tx, parent)
    };
    documents::add(tx, &child)?;
    link(tx, parent.id, child.id, position)?;
    // Its words are known: what was read of the stack is not recognised a second time.
    pages::keep(tx, child.id, &cut_out(reading, sheaf.pages))?;
    Ok(())
}

/// A part that arrived with its parent, is seen by the same persons and as carefully kept.
fn new_part(tx: &WriteTx<'_>, parent: &Document) -> Document {
    Document {
        id: DocumentId::new(tx.now(), tx.random()),
        stage: Stage::Received,
        deleted_at: None,
        version: 1,
        parent: Some(parent.id),
        pages: None,
        asn: None,
        ..parent.clone()
    }
}

fn link(
    tx: &WriteTx<'_>,
    parent: DocumentId,
    child: DocumentId,
    position: u32,
) -> Result<(), Error> {
    tx.prepare_cached(
        "INSERT INTO part (parent, child, position) VALUES (?1, ?2, ?3)
         ON CONFLICT (parent, child) DO UPDATE SET position = excluded.position",
    )?
    .execute(params![parent.to_string(), child.to_string(), position])?;
    Ok(())
}

/// What is inside a document, whoever may see it, also in the trash; in its order.
fn inside(tx: &ReadTx<'_>, parent: DocumentId) -> Result<Vec<Document>, Error> {
    let mut query = tx.prepare_cached(
        "SELECT document.* FROM part JOIN document ON document.id = part.child
          WHERE part.parent = ?1 ORDER BY part.position, document.number",
    )?;
    let documents = query.query_and_then([parent.to_string()], documents::document_from_row)?;
    documents.collect()
}

/// The documents inside a document that the viewer may see, in their order; not those in the trash,
/// unless it lies there itself.
pub fn of(tx: &ReadTx<'_>, parent: &Document) -> Result<Vec<Document>, Error> {
    let mut query = tx.prepare_cached(&format!(
        "SELECT document.* FROM part JOIN document ON document.id = part.child
          WHERE part.parent = :parent AND {VISIBLE}
            AND (document.deleted_at IS NULL OR :trash)
          ORDER BY part.position, document.number"
    ))?;
    let parameters = named_params! {
        ":parent": parent.id.to_string(),
        ":trash": parent.deleted_at.is_some(),
        ":viewer": tx.viewer_id(),
    };
    let documents = query.query_and_then(parameters, documents::document_from_row)?;
    documents.collect()
}

/// The documents that would go to the trash with this one.
pub fn going_with(tx: &ReadTx<'_>, parent: DocumentId) -> Result<Vec<Document>, Error> {
    let mut going = Vec::new();
    for child in of_its_own(tx, parent)? {
        if child.deleted_at.is_none() && other_parent(tx, &child)?.is_none() {
            going.push(child);
        }
    }
    Ok(going)
}

/// The documents that came with this one, also in the trash.
pub(super) fn of_its_own(tx: &ReadTx<'_>, parent: DocumentId) -> Result<Vec<Document>, Error> {
    let mut query =
        tx.prepare_cached("SELECT * FROM document WHERE parent = ?1 ORDER BY number")?;
    let documents = query.query_and_then([parent.to_string()], documents::document_from_row)?;
    documents.collect()
}

/// Another document outside the trash that holds this one too.
pub(super) fn other_parent(tx: &ReadTx<'_>, child: &Document) -> Result<Option<DocumentId>, Error> {
    let mut query = tx.prepare_cached(
        "SELECT part.parent FROM part JOIN document ON document.id = part.parent
          WHERE part.child = ?1 AND part.parent IS NOT ?2 AND document.deleted_at IS NULL
          ORDER BY document.number LIMIT 1",
    )?;
    let parent = child.parent.map(|it| it.to_string());
    let other: Option<String> = query
        .query_row(params![child.id.to_string(), parent], |row| row.get(0))
        .optional()?;
    let parsed = other.map(|it| it.parse());
    parsed.transpose().map_err(|cause| Error::Corrupt {
        table: "part",
        cause: Box::new(cause),
    })
}

/// From now on a document goes with another one than before, or with none.
pub(super) fn hand_over(
    tx: &WriteTx<'_>,
    child: Document,
    parent: Option<DocumentId>,
) -> Result<Document, Error> {
    let child = Document {
        parent,
        version: child.version + 1,
        ..child
    };
    tx.execute(
        "UPDATE document SET parent = ?2, version = ?3 WHERE id = ?1",
        params![
            child.id.to_string(),
            parent.map(|it| it.to_string()),
            i64::try_from(child.version).unwrap_or(i64::MAX)
        ],
    )?;
    documents::log_change(tx, &child, "handed over", &["parent"])?;
    Ok(child)
}

/// Whether it is a stack whose letters are documents of their own.
pub fn is_divided(tx: &ReadTx<'_>, id: DocumentId) -> Result<bool, Error> {
    let mut query = tx.prepare_cached(
        "SELECT 1 FROM part JOIN document ON document.id = part.child
          WHERE part.parent = ?1 AND document.first_page IS NOT NULL LIMIT 1",
    )?;
    let found: Option<i64> = query
        .query_row([id.to_string()], |row| row.get(0))
        .optional()?;
    Ok(found.is_some())
}

/// What the documents inside a document want, under a person's corrections; the trash left out.
pub fn obligations(tx: &ReadTx<'_>, parent: DocumentId) -> Result<Vec<Obligation>, Error> {
    let mut obligations = Vec::new();
    for child in inside(tx, parent)? {
        if child.deleted_at.is_none() {
            obligations.extend(findings::corrected(tx, child.id)?.obligations);
        }
    }
    Ok(obligations)
}

/// The tasks of those that hold a document are to be derived anew: they leave out what it wants.
pub(super) fn derive_holders(tx: &WriteTx<'_>, child: DocumentId) -> Result<(), Error> {
    tx.prepare_cached(
        "UPDATE document SET derive = 1 WHERE id IN (SELECT parent FROM part WHERE child = ?1)",
    )?
    .execute([child.to_string()])?;
    Ok(())
}

/// Other documents with the same archive serial number that the viewer may see; the trash left out.
pub fn with_same_asn(tx: &ReadTx<'_>, document: &Document) -> Result<Vec<Document>, Error> {
    let Some(asn) = document.asn else {
        return Ok(Vec::new());
    };
    let mut query = tx.prepare_cached(&format!(
        "SELECT * FROM document
          WHERE asn = :asn AND id != :id AND deleted_at IS NULL AND {VISIBLE}
          ORDER BY number LIMIT 20"
    ))?;
    let parameters = named_params! {
        ":asn": asn,
        ":id": document.id.to_string(),
        ":viewer": tx.viewer_id(),
    };
    let documents = query.query_and_then(parameters, documents::document_from_row)?;
    documents.collect()
}

/// The name of a picture of a document: the pictures of a stack's letter are the stack's.
pub fn picture(blobs: &Blobs, document: &Document, picture: Picture) -> BlobName {
    let picture = match (document.pages, picture) {
        (None, picture) => picture,
        (Some(pages), Picture::Page(number)) => Picture::Page(pages.in_file(number)),
        // Only the file's first page has a small one.
        (Some(pages), Picture::Thumbnail) if pages.first() > 1 => Picture::Page(pages.first()),
        (Some(_), Picture::Thumbnail) => Picture::Thumbnail,
    };
    blobs.picture(document.sha256, picture)
}

/// The page ranges of the documents that use a file; `None` for one that uses all of it.
pub(super) fn users(tx: &ReadTx<'_>, sha256: Sha256Hash) -> Result<Vec<Option<PageRange>>, Error> {
    let mut query = tx.prepare_cached("SELECT * FROM document WHERE sha256 = ?1")?;
    let ranges = query.query_and_then([sha256.0.as_slice()], |row| {
        Ok(documents::document_from_row(row)?.pages)
    })?;
    ranges.collect()
}
