//! Makes archive copies: searchable PDFs of documents, when somebody asks for one or always.
//!
//! The reader process makes the copy from the original and from the words that are known; it lies
//! beside the previews until the document is read anew or erased. A PDF whose every page has letters
//! of its own is its own copy.

use std::sync::Arc;

use tokio::sync::{Mutex, Semaphore};

use crate::domain::document::{Document, MediaType, Page, PageSource, Stage};
use crate::domain::id::DocumentId;
use crate::reading::archive::CopyOptions;
use crate::reading::process::archive::ArchiveJob;
use crate::reading::process::{ReadError, Reader};
use crate::reading::{Limits, Passwords};
use crate::store::blobs::BlobName;
use crate::store::{self, Caller, ReadTx, Store, Viewer, WriteTx, archives, documents, pages};

/// People and programs that wait for copies at a time; whoever comes then is asked to come again.
const WAITING_MAX: usize = 16;

/// The maker. Cheap to clone; clones make one copy at a time together.
#[derive(Clone)]
pub struct Archive {
    store: Store,
    reader: Reader,
    limits: Limits,
    passwords: Passwords,
    waiting: Arc<Semaphore>,
    making: Arc<Mutex<()>>,
}

/// Where a copy is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveCopy {
    /// A file of [`store::blobs`].
    pub file: BlobName,
    /// What it is to be called, with `.pdf` at its end.
    pub file_name: String,
}

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum NoCopy {
    /// Its words are not known yet, or it is stuck.
    #[error("the document has not been read yet: try again when it has been")]
    NotRead,
    /// Texts and mails.
    #[error("a text or a mail needs no searchable PDF: the original can be searched as it is")]
    NothingToShow,
    /// Others wait already.
    #[error("several searchable PDFs are being made just now: try again in a minute")]
    Busy,
    /// It was read anew while its copy was made.
    #[error("the document was read anew meanwhile: try again")]
    Outdated,
    /// The reader could not make it.
    #[error("the searchable PDF could not be made")]
    Failed(#[source] ReadError),
    /// The store says no.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl Archive {
    /// A maker of copies of what `store` holds, by `reader`, which tries `passwords` on locked PDFs.
    pub fn new(store: Store, reader: Reader, (limits, passwords): (Limits, Passwords)) -> Self {
        Self {
            store,
            reader,
            limits,
            passwords,
            waiting: Arc::new(Semaphore::new(WAITING_MAX)),
            making: Arc::new(Mutex::new(())),
        }
    }

    /// The copy of a document, made now if there is none yet.
    pub async fn copy(&self, viewer: Viewer, id: DocumentId) -> Result<ArchiveCopy, NoCopy> {
        let look = move |tx: &ReadTx<'_>| Ok((documents::by_id(tx, id)?, pages::list(tx, id)?));
        let (document, read) = self.store.read(viewer, look).await?;
        if !document.media_type.has_pages_to_show() {
            return Err(NoCopy::NothingToShow);
        }
        // After a retry the words of before are still there for a while.
        if document.stage == Stage::Received || read.is_empty() {
            return Err(NoCopy::NotRead);
        }
        let file = if is_its_own_copy(&document, &read) {
            self.store.blobs().original(document.sha256)
        } else {
            self.made(&document, read).await?
        };
        Ok(ArchiveCopy {
            file,
            file_name: pdf_name(&document.origin.file_name),
        })
    }

    async fn made(&self, document: &Document, read: Vec<Page>) -> Result<BlobName, NoCopy> {
        let file = self.store.blobs().archive(document.sha256, document.pages);
        if self.store.blobs().contains(&file) {
            return Ok(file);
        }
        let waiting = self.waiting.try_acquire().map_err(|_| NoCopy::Busy)?;
        let making = self.making.lock().await;
        // Whoever was here before may have made this very copy.
        if !self.store.blobs().contains(&file) {
            self.make(document, read, &file).await?;
        }
        drop(making);
        drop(waiting);
        Ok(file)
    }

    async fn make(
        &self,
        document: &Document,
        read: Vec<Page>,
        file: &BlobName,
    ) -> Result<(), NoCopy> {
        let (store, original) = (
            self.store.clone(),
            self.store.blobs().original(document.sha256),
        );
        let bytes = tokio::task::spawn_blocking(move || store.blobs().read(&original)).await;
        let job = ArchiveJob {
            bytes: bytes.map_err(|_| store::Error::Closed)??,
            pages: read.clone(),
            options: CopyOptions {
                title: document.title.clone(),
                range: document.pages,
                passwords: self.passwords.clone(),
                limits: self.limits.clone(),
            },
            ..ArchiveJob::default()
        };
        let copy = self.reader.archive(job).await.map_err(NoCopy::Failed)?;
        let size = copy.len();
        let caller = || Caller::worker("archive");
        let name = file.clone();
        let announce = move |tx: &WriteTx<'_>| archives::announce(tx, &name);
        self.store.write(caller(), announce).await?;
        let (store, name) = (self.store.clone(), file.clone());
        let put = tokio::task::spawn_blocking(move || store.blobs().put(&name, &copy)).await;
        put.map_err(|_| store::Error::Closed)??;
        let (files, id) = (self.store.clone(), document.id);
        let keep = move |tx: &WriteTx<'_>| archives::keep(tx, files.blobs(), id, &read);
        if !self.store.write(caller(), keep).await? {
            return Err(NoCopy::Outdated);
        }
        log::info!(document_id:display = id, size; "an archive copy was made");
        Ok(())
    }
}

/// A PDF whose words all come from its own letters.
fn is_its_own_copy(document: &Document, read: &[Page]) -> bool {
    document.media_type == MediaType::Pdf
        && document.pages.is_none()
        && read.iter().all(|it| it.source == PageSource::TextLayer)
}

/// The file's name with the copy's extension.
fn pdf_name(file_name: &str) -> String {
    let stem = match file_name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() && extension.len() <= 4 => stem,
        _ => file_name,
    };
    format!("{stem}.pdf")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_called_like_its_original_and_is_a_pdf() {
        assert_eq!(pdf_name("scan 1.JPG"), "scan 1.pdf");
        assert_eq!(pdf_name("brief.pdf"), "brief.pdf");
        assert_eq!(pdf_name("Rechnung v. 12.3.2026"), "Rechnung v. 12.3.pdf");
        assert_eq!(pdf_name(".x"), ".x.pdf");
    }
}
