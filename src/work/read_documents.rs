//! Hands received documents to the reader process and keeps the words that come back.
//!
//! A document that cannot be read says why and waits for a person. One whose reader crashed, ran out
//! of memory or of time is tried once more.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use jiff::ToSpan;
use tokio_util::sync::CancellationToken;

use super::archive::{Archive, NoCopy};
use super::{Error, Turn, Wake, Worker, chain};
use crate::domain::document::{Document, StuckAt};
use crate::domain::id::DocumentId;
use crate::domain::person::Language;
use crate::domain::wording;
use crate::reading::process::{ReadError, ReadJob, Reader};
use crate::reading::{Preview, PreviewSize, ReadOptions};
use crate::store::blobs::Picture;
use crate::store::documents::Awaiting;
use crate::store::{self, Caller, Store, Viewer, archives, documents, pages};

/// Seconds before the second try.
const RETRY_SECONDS: i64 = 5;

/// The worker.
pub struct ReadDocuments {
    store: Store,
    wake: Wake,
    reader: Reader,
    options: ReadOptions,
    at_a_time: usize,
    language: Language,
    archive: Option<Archive>,
}

impl ReadDocuments {
    /// Reads up to `at_a_time` documents at once; says in `language` why one cannot be read.
    pub const fn new(
        store: Store,
        wake: Wake,
        reader: Reader,
        options: ReadOptions,
        at_a_time: usize,
        language: Language,
    ) -> Self {
        Self {
            store,
            wake,
            reader,
            options,
            at_a_time,
            language,
            archive: None,
        }
    }

    /// Lets `archive` make a copy of each document that was read.
    #[must_use]
    pub fn with_archive(self, archive: Archive) -> Self {
        Self {
            archive: Some(archive),
            ..self
        }
    }

    async fn awaiting(&self, busy: &HashSet<DocumentId>) -> Result<Option<(Document, u32)>, Error> {
        let limit = u32::try_from(busy.len() + 1).unwrap_or(u32::MAX);
        let found = self
            .store
            .read(Viewer::House, move |tx| {
                documents::awaiting(tx, Awaiting::Reading, limit)
            })
            .await?;
        Ok(found
            .into_iter()
            .find(|(document, _)| !busy.contains(&document.id)))
    }

    /// `true` if the document has moved on, one way or the other.
    async fn read_one(&self, document: Document, attempts: u32) -> (DocumentId, Result<(), Error>) {
        let id = document.id;
        (id, self.read(document, attempts).await)
    }

    async fn read(&self, document: Document, attempts: u32) -> Result<(), Error> {
        let id = document.id;
        let (store, sha256) = (self.store.clone(), document.sha256);
        let bytes = tokio::task::spawn_blocking(move || {
            store.blobs().read(&store.blobs().original(sha256))
        });
        let bytes = bytes.await.map_err(|_| store::Error::Closed)??;
        let job = ReadJob {
            bytes,
            options: self.options.clone(),
            ..ReadJob::default()
        };
        let caller = Caller::worker(Self::NAME);
        match self.reader.read(job).await {
            Ok(outcome) => {
                self.keep_previews(&document, outcome.previews).await?;
                let (reading, files) = (outcome.reading, self.store.clone());
                let keep = move |tx: &store::WriteTx<'_>| {
                    archives::forget(tx, files.blobs(), document.sha256)?;
                    pages::keep(tx, id, &reading)
                };
                self.store.write(caller, keep).await?;
                self.wake.understanding.notify_one();
                log::info!(document:display = id, read_ms = outcome.timings.read,
                    ocr_ms = outcome.timings.ocr; "a document was read");
                self.archive(id).await;
                Ok(())
            }
            Err(ReadError::Unavailable { message }) => Err(Error::Unavailable(message)),
            Err(error @ ReadError::Unreadable { .. }) => self.stuck(id, error).await,
            Err(error) if attempts == 0 => {
                log::warn!(document:display = id; "reading failed, once more: {}", chain(&error));
                let put_off = move |tx: &store::WriteTx<'_>| {
                    documents::put_off(tx, id, tx.now() + RETRY_SECONDS.seconds())
                };
                Ok(self.store.write(caller, put_off).await?)
            }
            Err(error) => self.stuck(id, error).await,
        }
    }

    /// A copy that cannot be made now is made when somebody asks for it.
    async fn archive(&self, id: DocumentId) {
        let Some(archive) = &self.archive else {
            return;
        };
        match archive.copy(Viewer::House, id).await {
            Ok(_) | Err(NoCopy::NothingToShow) => {}
            Err(error) => {
                log::warn!(document:display = id; "no archive copy was made: {}", chain(&error));
            }
        }
    }

    async fn stuck(&self, id: DocumentId, error: ReadError) -> Result<(), Error> {
        log::warn!(document:display = id; "a document cannot be read: {}", chain(&error));
        let reason = wording::stuck(error.code(), &error.to_string(), self.language);
        self.store
            .write(Caller::worker(Self::NAME), move |tx| {
                documents::stuck(tx, id, StuckAt::Reading, reason)
            })
            .await?;
        self.wake.state.notify_one();
        Ok(())
    }

    async fn keep_previews(
        &self,
        document: &Document,
        previews: Vec<Preview>,
    ) -> Result<(), store::Error> {
        let (store, sha256) = (self.store.clone(), document.sha256);
        let keep = move || {
            for preview in previews {
                let picture = match preview.size {
                    PreviewSize::Page => Picture::Page(preview.page),
                    PreviewSize::Thumbnail => Picture::Thumbnail,
                };
                let name = store.blobs().picture(sha256, picture);
                store.blobs().put(&name, &preview.webp)?;
            }
            Ok(())
        };
        tokio::task::spawn_blocking(keep)
            .await
            .map_err(|_| store::Error::Closed)?
    }
}

impl Worker for ReadDocuments {
    const NAME: &'static str = "read_documents";
    const REST: Duration = Duration::from_mins(1);

    async fn turn(&mut self, stop: &CancellationToken) -> Result<Turn, Error> {
        let mut busy = HashSet::new();
        let mut running = FuturesUnordered::new();
        let mut read = 0_u32;
        loop {
            while running.len() < self.at_a_time && !stop.is_cancelled() {
                let Some((document, attempts)) = self.awaiting(&busy).await? else {
                    break;
                };
                busy.insert(document.id);
                running.push(self.read_one(document, attempts));
            }
            if running.is_empty() {
                break;
            }
            let has_room = running.len() < self.at_a_time && !stop.is_cancelled();
            tokio::select! {
                // A document that arrives while others are read is taken up at once.
                () = self.wake.reading.notified(), if has_room => {}
                Some((id, outcome)) = running.next() => {
                    busy.remove(&id);
                    outcome?;
                    read += 1;
                }
            }
        }
        if read > 0 {
            return Ok(Turn::More);
        }
        let next = self
            .store
            .read(Viewer::House, documents::next_retry)
            .await?;
        Ok(next.map_or(Turn::Idle, Turn::Until))
    }
}
