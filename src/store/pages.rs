//! The words of a document's pages, kept small: a word is a JSON array, not an object.

use std::num::NonZeroU32;

use rusqlite::{OptionalExtension, named_params, params};
use serde::{Deserialize, Serialize};

use super::rows::{Columns, json};
use super::{Error, ReadTx, WriteTx, counsel, documents, search};
use crate::domain::document::{Document, Page, Reading, Word};
use crate::domain::id::DocumentId;
use crate::domain::value::Rect;

/// Text, x, y, width, height, confidence, line, block.
#[derive(Serialize, Deserialize)]
struct PackedWord(String, f32, f32, f32, f32, f32, u32, u32);

impl From<&Word> for PackedWord {
    fn from(word: &Word) -> Self {
        let tenth = |value: f32| (value * 10.0).round() / 10.0;
        let at = word.at;
        let confidence = (word.confidence * 100.0).round() / 100.0;
        Self(
            word.text.clone(),
            tenth(at.x),
            tenth(at.y),
            tenth(at.w),
            tenth(at.h),
            confidence,
            word.line,
            word.block,
        )
    }
}

impl From<PackedWord> for Word {
    fn from(packed: PackedWord) -> Self {
        let PackedWord(text, x, y, w, h, confidence, line, block) = packed;
        Self {
            text,
            at: Rect { x, y, w, h },
            confidence,
            line,
            block,
        }
    }
}

/// Keeps what was read, in the place of an earlier reading.
pub fn keep(tx: &WriteTx<'_>, id: DocumentId, reading: &Reading) -> Result<Document, Error> {
    let document = documents::by_id(tx, id)?;
    let key = id.to_string();
    tx.execute("DELETE FROM page WHERE document = ?1", [&key])?;
    counsel::forget(tx, id)?;
    for page in &reading.pages {
        insert(tx, &key, page)?;
    }
    // The pages stand in rows of their own; all else a reading holds is kept as it is.
    let rest = Reading {
        pages: Vec::new(),
        ..reading.clone()
    };
    tx.execute(
        "INSERT OR REPLACE INTO reading (document, rest) VALUES (?1, ?2)",
        params![key, json(&rest)],
    )?;
    let body: Vec<String> = reading.pages.iter().map(search::text_of).collect();
    search::index(tx, id, &[&document.title, &body.join("\n")])?;
    let count = u32::try_from(reading.pages.len())
        .ok()
        .and_then(NonZeroU32::new);
    let document = document
        .read(count.unwrap_or(NonZeroU32::MIN))
        .map_err(|error| Error::Conflict {
            what: error.to_string(),
        })?;
    documents::advance(tx, document, "read")
}

fn insert(tx: &WriteTx<'_>, document: &str, page: &Page) -> Result<(), Error> {
    let words: Vec<PackedWord> = page.words.iter().map(PackedWord::from).collect();
    tx.prepare_cached(
        "INSERT INTO page (document, number, source, width, height, words)
         VALUES (:document, :number, :source, :width, :height, :words)",
    )?
    .execute(named_params! {
        ":document": document,
        ":number": page.number,
        ":source": page.source.as_str(),
        ":width": f64::from(page.width),
        ":height": f64::from(page.height),
        ":words": json(&words),
    })?;
    Ok(())
}

/// What was read, for understanding it (again).
pub fn reading(tx: &ReadTx<'_>, id: DocumentId) -> Result<Reading, Error> {
    let rest: Option<String> = tx
        .prepare_cached("SELECT rest FROM reading WHERE document = ?1")?
        .query_row([id.to_string()], |row| row.get(0))
        .optional()?;
    let rest = rest.ok_or_else(|| Error::missing("reading of document", id))?;
    let rest: Reading = serde_json::from_str(&rest).map_err(|cause| Error::Corrupt {
        table: "reading",
        cause: Box::new(cause),
    })?;
    Ok(Reading {
        pages: list(tx, id)?,
        ..rest
    })
}

/// The pages in their order.
pub fn list(tx: &ReadTx<'_>, id: DocumentId) -> Result<Vec<Page>, Error> {
    let mut query = tx.prepare_cached("SELECT * FROM page WHERE document = ?1 ORDER BY number")?;
    let pages = query.query_and_then([id.to_string()], |row| {
        let columns = Columns::of("page", row);
        let words: Vec<PackedWord> = columns.json("words")?;
        Ok(Page {
            number: columns.plain("number")?,
            source: columns.parsed("source")?,
            width: columns.plain("width")?,
            height: columns.plain("height")?,
            words: words.into_iter().map(Word::from).collect(),
        })
    })?;
    pages.collect()
}
