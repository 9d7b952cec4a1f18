//! Understands documents once more, with better rules or models, and says what changes.
//!
//! One document after the other, in the order in which they came; whoever asks says behind which one to
//! go on, so it can be ended and taken up again anywhere. What persons said stays: it lies over what
//! the machine claims.

use super::understand_documents::{Failed, Understanding, settle};
use super::{Error, chain};
use crate::domain::document::Document;
use crate::domain::finding::Extraction;
use crate::domain::id::DocumentId;
use crate::reading::process::ReadError;
use crate::store::{ReadTx, Viewer, documents, examples, findings, parties};

/// A document that was understood once more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Again {
    /// Which one.
    pub document: DocumentId,
    /// Its title.
    pub title: String,
    /// What is claimed otherwise than before, a line each; in English, for a terminal.
    pub changes: Vec<String>,
    /// How many come behind it.
    pub left: u64,
}

impl Understanding {
    /// Understands the document behind `after` once more, the first one without it; keeps what is new
    /// if `is_kept`. `None` behind the last one.
    ///
    /// # Errors
    /// When the store or the reader is not there. A document that cannot be understood is told as a
    /// change, and stays as it was.
    pub async fn again(
        &self,
        after: Option<DocumentId>,
        is_kept: bool,
    ) -> Result<Option<Again>, Error> {
        let look = move |tx: &ReadTx<'_>| {
            let Some((document, left)) = documents::understood_after(tx, after)? else {
                return Ok(None);
            };
            let before = findings::found(tx, document.id)?;
            // Of one that was understood before that was kept, nothing could be learned.
            let is_bare = examples::trace(tx, document.id)?.is_empty();
            Ok(Some((document, left, before, is_bare)))
        };
        let found = self.store.read(Viewer::House, look).await?;
        let Some((document, left, before, is_bare)) = found else {
            return Ok(None);
        };
        let again = |changes| Again {
            document: document.id,
            title: document.title.clone(),
            changes,
            left,
        };
        let extraction = match self.of(&document).await {
            Ok(extraction) => extraction,
            Err(Failed::Store(error)) => return Err(error.into()),
            Err(Failed::Reader(ReadError::Unavailable { message })) => {
                return Err(Error::Unavailable(message));
            }
            Err(Failed::Reader(error)) => {
                return Ok(Some(again(vec![format!(
                    "not understood: {}",
                    chain(&error)
                )])));
            }
        };
        let changes = self.changes(&document, before, extraction.clone()).await?;
        let is_new = !changes.is_empty() || is_bare && !extraction.trace.is_empty();
        if is_kept && is_new {
            self.keep(document.id, extraction).await?;
        }
        Ok(Some(again(changes)))
    }

    async fn changes(
        &self,
        document: &Document,
        before: Extraction,
        mut after: Extraction,
    ) -> Result<Vec<String>, Error> {
        let (document, language) = (document.clone(), self.language);
        let look = move |tx: &ReadTx<'_>| {
            settle(tx, &document, &mut after)?;
            parties::speak(tx, &document, &mut after, language)?;
            Ok(before.changes_to(&after))
        };
        Ok(self.store.read(Viewer::House, look).await?)
    }
}
