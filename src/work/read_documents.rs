//! Hands received documents to the reader process and keeps the words that come back.
//!
//! A document that cannot be read says why and waits for a person. One whose reader crashed, ran out
//! of memory or of time is tried once more. A reading that nobody wants any more ends with its
//! process; what a closing house leaves unread is read again at its next start.

use std::collections::HashSet;
use std::convert::Infallible;
use std::time::{Duration, Instant};

use futures_util::stream::{FuturesUnordered, StreamExt};
use jiff::ToSpan;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::archive::{Archive, NoCopy};
use super::heat::{Heat, Pace};
use super::progress::{Progress, Readings, Running};
use super::{Error, REST, Turn, Wake, Worker, chain, intake};
use crate::domain::document::{Document, MediaType, OriginKind, Reading, Stage, StuckAt};
use crate::domain::id::DocumentId;
use crate::domain::person::Language;
use crate::domain::wording;
use crate::reading::process::{self, ReadError, ReadJob, ReadOutcome, Reader, Trust};
use crate::reading::stack::{Divided, Rules};
use crate::reading::{self, Preview, PreviewSize, ReadOptions, sniff};
use crate::store::blobs::Picture;
use crate::store::documents::Awaiting;
use crate::store::parts::{Inside, Paper};
use crate::store::{self, Caller, Store, Viewer, archives, documents, parts};

/// Seconds before the second try.
const RETRY_SECONDS: i64 = 5;

/// Seconds until a hot machine is looked at again.
const COOLS_SECONDS: i64 = 20;

/// The shortest time between two notes of how far one document has come: four a second.
const NOTE_EVERY: Duration = Duration::from_millis(250);
/// Pages of one document that are read side by side, at most: each holds a page's picture.
const THREADS_MAX: usize = 4;
/// How long a closing house waits for a document that is nearly read; well below the soft stop.
const LAST_CHANCE: Duration = Duration::from_secs(5);

/// How a household has its documents read.
#[derive(Clone, Debug)]
pub struct Manner {
    /// What the reader is told.
    pub options: ReadOptions,
    /// Documents at once, at least 1.
    pub at_a_time: usize,
    /// In which language it is said why a document cannot be read.
    pub language: Language,
    /// What becomes of stacks of scans.
    pub stacks: Rules,
    /// How long a hot machine is waited for.
    pub heat: Heat,
}

/// The worker.
pub struct ReadDocuments {
    store: Store,
    wake: Wake,
    reader: Reader,
    readings: Readings,
    manner: Manner,
    archive: Option<Archive>,
}

impl ReadDocuments {
    /// Reads with `reader` in that `manner`; tells `readings` how far it has come.
    pub const fn new(
        store: Store,
        wake: Wake,
        reader: Reader,
        readings: Readings,
        manner: Manner,
    ) -> Self {
        Self {
            store,
            wake,
            reader,
            readings,
            manner,
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

    /// The document's id, so that the turn knows which one is free again.
    async fn read_one(
        &self,
        document: Document,
        attempts: u32,
        stop: &CancellationToken,
    ) -> (DocumentId, Result<(), Error>) {
        let running = self.readings.begin(document.id);
        let read = self.read(&document, &running, stop).await;
        let kept = match read {
            Ok(Some(outcome)) => self.keep(&document, attempts, outcome).await,
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        };
        (document.id, kept)
    }

    /// Threads for the pages of the document that begins now: the cores that the household gives
    /// to reading, shared among the documents being read.
    fn threads(&self) -> u8 {
        let documents = self.readings.list().len().max(1);
        let share = (self.manner.at_a_time / documents).clamp(1, THREADS_MAX);
        u8::try_from(share).unwrap_or(1)
    }

    /// What the reader says; `None` if nobody wants to know any more.
    async fn read(
        &self,
        document: &Document,
        running: &Running,
        stop: &CancellationToken,
    ) -> Result<Option<Result<ReadOutcome, ReadError>>, Error> {
        if !self.is_wanted(document.id).await? {
            return Ok(None);
        }
        let (store, sha256) = (self.store.clone(), document.sha256);
        let bytes = tokio::task::spawn_blocking(move || {
            store.blobs().read(&store.blobs().original(sha256))
        });
        let bytes = bytes.await.map_err(|_| store::Error::Closed)??;
        let (told, hears) = watch::channel(process::Progress::default());
        let job = ReadJob {
            bytes,
            options: ReadOptions {
                pages: document.pages,
                threads: self.threads(),
                ..self.manner.options.clone()
            },
            trust: trust(document),
            progress: Some(told),
        };
        // A reading that is dropped takes its process with it.
        tokio::select! {
            outcome = self.reader.read(job) => Ok(Some(outcome)),
            () = running.ended() => {
                log::info!(document_id:display = document.id; "a reading was ended");
                Ok(None)
            }
            () = last_chance(stop) => {
                log::info!(document_id:display = document.id; "left unread until the next start");
                Ok(None)
            }
            never = follow(hears, running) => match never {},
        }
    }

    /// Whether the document still waits to be read. Asked after it is on the list of readings: who
    /// changes its mind later than this ends the reading there.
    async fn is_wanted(&self, id: DocumentId) -> Result<bool, Error> {
        let look = move |tx: &store::ReadTx<'_>| documents::by_id(tx, id);
        match self.store.read(Viewer::House, look).await {
            Ok(document) => Ok(is_awaited(&document)),
            Err(store::Error::Missing { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    async fn keep(
        &self,
        document: &Document,
        attempts: u32,
        outcome: Result<ReadOutcome, ReadError>,
    ) -> Result<(), Error> {
        let id = document.id;
        let caller = Caller::worker(Self::NAME);
        match outcome {
            Ok(outcome) => {
                self.keep_previews(document, outcome.previews).await?;
                let papers = self.keep_papers(outcome.papers).await?;
                let (reading, files) = (outcome.reading, self.store.clone());
                let divided = self.divide(document, &reading);
                let inside = Inside {
                    papers,
                    sheaves: divided.sheaves,
                    asn: divided.asn,
                };
                let has_papers = !inside.papers.is_empty();
                let (sha256, pages) = (document.sha256, document.pages);
                let keep = move |tx: &store::WriteTx<'_>| {
                    let is_wanted = is_awaited(&documents::by_id(tx, id)?);
                    if is_wanted {
                        archives::forget(tx, files.blobs(), (sha256, pages))?;
                        parts::keep(tx, id, &reading, &inside, files.blobs())?;
                    }
                    Ok(is_wanted)
                };
                if self.store.write(caller, keep).await? {
                    self.wake.understanding.notify_one();
                    if has_papers {
                        self.wake.reading.notify_one();
                    }
                    log::info!(document_id:display = id, read_ms = outcome.timings.read,
                        ocr_ms = outcome.timings.ocr; "a document was read");
                    self.archive(id).await;
                }
                Ok(())
            }
            Err(ReadError::Unavailable { message }) => Err(Error::Unavailable(message)),
            Err(error @ ReadError::Unreadable { .. }) => self.stuck(id, error).await,
            Err(error) if attempts == 0 => {
                log::warn!(document_id:display = id; "reading failed, once more: {}", chain(&error));
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
                log::warn!(document_id:display = id; "no archive copy was made: {}", chain(&error));
            }
        }
    }

    async fn stuck(&self, id: DocumentId, error: ReadError) -> Result<(), Error> {
        log::warn!(document_id:display = id; "a document cannot be read: {}", chain(&error));
        let reason = wording::stuck(error.code(), &error.to_string(), self.manner.language);
        self.store
            .write(Caller::worker(Self::NAME), move |tx| {
                // Who ended the reading has said why.
                if is_awaited(&documents::by_id(tx, id)?) {
                    documents::stuck(tx, id, StuckAt::Reading, reason)?;
                }
                Ok(())
            })
            .await?;
        self.wake.state.notify_one();
        // A mail has waited to hear what the paper in it wants.
        self.wake.tasks.notify_one();
        Ok(())
    }

    /// What the codes say of a whole file; a letter of a stack is not divided again.
    fn divide(&self, document: &Document, reading: &Reading) -> Divided {
        if document.pages.is_some() {
            return Divided::default();
        }
        self.manner.stacks.divide(reading)
    }

    /// Keeps the files of papers, so that their rows never name a file that is not there.
    async fn keep_papers(&self, papers: Vec<reading::Paper>) -> Result<Vec<Paper>, store::Error> {
        let store = self.store.clone();
        let keep = move || {
            let mut kept = Vec::with_capacity(papers.len());
            for paper in papers {
                // Told from the first bytes, as at the door; what is no paper stays in the mail.
                let Some(media_type) = sniff::sniff(&paper.bytes) else {
                    continue;
                };
                let (sha256, size) = intake::keep(&store, &paper.bytes)?;
                kept.push(Paper {
                    sha256,
                    media_type,
                    size,
                    file_name: intake::cleaned(&paper.name),
                });
            }
            Ok(kept)
        };
        tokio::task::spawn_blocking(keep)
            .await
            .map_err(|_| store::Error::Closed)?
    }

    async fn keep_previews(
        &self,
        document: &Document,
        previews: Vec<Preview>,
    ) -> Result<(), store::Error> {
        let (store, document) = (self.store.clone(), document.clone());
        let keep = move || {
            for preview in previews {
                let picture = match preview.size {
                    PreviewSize::Page => Picture::Page(preview.page),
                    // The small one is the whole file's.
                    PreviewSize::Thumbnail if document.pages.is_some() => continue,
                    PreviewSize::Thumbnail => Picture::Thumbnail,
                };
                let name = parts::picture(store.blobs(), &document, picture);
                store.blobs().put(&name, &preview.webp)?;
            }
            Ok(())
        };
        tokio::task::spawn_blocking(keep)
            .await
            .map_err(|_| store::Error::Closed)?
    }
}

/// Whether a document waits to be read.
const fn is_awaited(document: &Document) -> bool {
    matches!(document.stage, Stage::Received) && document.deleted_at.is_none()
}

/// Whose document it is: mails, and what came in them, come from outside.
const fn trust(document: &Document) -> Trust {
    match (document.media_type, document.origin.kind) {
        (MediaType::Mail, _) | (_, OriginKind::MailPart) => Trust::Outside,
        _ => Trust::Household,
    }
}

/// Passes on how far the reader has come, not more often than a person can see.
async fn follow(mut hears: watch::Receiver<process::Progress>, running: &Running) -> Infallible {
    while hears.changed().await.is_ok() {
        let process::Progress { done, pages } = *hears.borrow_and_update();
        running.note(Progress {
            pages_done: done,
            pages,
        });
        tokio::time::sleep(NOTE_EVERY).await;
    }
    std::future::pending().await
}

/// Ends a while after the house began to close: what is nearly read is still kept.
async fn last_chance(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(LAST_CHANCE).await;
}

impl Worker for ReadDocuments {
    const NAME: &'static str = "read_documents";
    const REST: Duration = REST;

    async fn turn(&mut self, stop: &CancellationToken) -> Result<Turn, Error> {
        let mut busy = HashSet::new();
        let mut running = FuturesUnordered::new();
        let mut read = 0_u32;
        loop {
            while running.len() < self.manner.at_a_time && !stop.is_cancelled() {
                let Some((document, attempts)) = self.awaiting(&busy).await? else {
                    break;
                };
                match self.manner.heat.pace(Instant::now()) {
                    Pace::Full => {}
                    Pace::Slow if running.is_empty() => {}
                    Pace::Wait if running.is_empty() => {
                        let again = self.store.clock().now() + COOLS_SECONDS.seconds();
                        return Ok(Turn::Until(again));
                    }
                    Pace::Slow | Pace::Wait => break,
                }
                busy.insert(document.id);
                running.push(self.read_one(document, attempts, stop));
            }
            if running.is_empty() {
                break;
            }
            let has_room = running.len() < self.manner.at_a_time && !stop.is_cancelled();
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
