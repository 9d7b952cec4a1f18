//! Hands the words of read documents to the reader process, where the models live, and keeps what
//! they mean.

use std::time::Duration;

use jiff::ToSpan;
use jiff::tz::TimeZone;
use tokio_util::sync::CancellationToken;

use super::derive_tasks::arrival_day;
use super::{Error, Turn, Wake, Worker, chain};
use crate::domain::document::{Document, StuckAt};
use crate::domain::finding::Extraction;
use crate::domain::id::DocumentId;
use crate::domain::person::Language;
use crate::domain::wording;
use crate::reading::process::{ReadError, Reader};
use crate::reading::stack::Rules;
use crate::store::documents::Awaiting;
use crate::store::{Caller, Store, Viewer, WriteTx, documents, findings, pages, parties, parts};
use crate::understanding::Context;

/// Documents of one turn.
const BATCH: u32 = 16;
/// Seconds before the second try.
const RETRY_SECONDS: i64 = 5;

/// The worker.
pub struct UnderstandDocuments {
    store: Store,
    wake: Wake,
    reader: Reader,
    zone: TimeZone,
    region: String,
    language: Language,
    stacks: Rules,
}

impl UnderstandDocuments {
    /// Understands as a household in `region` would and asks in its `language`; days begin in
    /// `zone`, and stacks are divided by `stacks`.
    pub fn new(
        store: Store,
        wake: Wake,
        reader: Reader,
        zone: TimeZone,
        (region, language): (String, Language),
        stacks: Rules,
    ) -> Self {
        Self {
            store,
            wake,
            reader,
            zone,
            region,
            language,
            stacks,
        }
    }

    async fn understand(&self, document: Document, attempts: u32) -> Result<(), Error> {
        let id = document.id;
        let reading = self
            .store
            .read(Viewer::House, move |tx| pages::reading(tx, id))
            .await?;
        let now = self.store.clock().now();
        let is_stack = document.pages.is_none() && !self.stacks.divide(&reading).sheaves.is_empty();
        if is_stack {
            // Its letters say what they want, each by itself.
            return self.keep(id, Extraction::default()).await;
        }
        let context = Context {
            received_on: arrival_day(document.received_at, now, &self.zone),
            region: self.region.clone(),
            language: self.language,
        };
        let caller = Caller::worker(Self::NAME);
        match self.reader.understand(&reading, &context).await {
            Ok(extraction) => self.keep(id, extraction).await?,
            Err(ReadError::Unavailable { message }) => return Err(Error::Unavailable(message)),
            Err(error) if attempts == 0 => {
                let failed = chain(&error);
                log::warn!(document:display = id; "understanding failed, once more: {failed}");
                let put_off = move |tx: &WriteTx<'_>| {
                    documents::put_off(tx, id, tx.now() + RETRY_SECONDS.seconds())
                };
                self.store.write(caller, put_off).await?;
            }
            Err(error) => {
                let reason = wording::stuck(error.code(), &error.to_string(), self.language);
                let stuck = move |tx: &WriteTx<'_>| {
                    documents::stuck(tx, id, StuckAt::Understanding, reason)
                };
                self.store.write(caller, stuck).await?;
                self.wake.state.notify_one();
            }
        }
        Ok(())
    }
}

impl UnderstandDocuments {
    async fn keep(&self, id: DocumentId, mut extraction: Extraction) -> Result<(), Error> {
        let language = self.language;
        let keep = move |tx: &WriteTx<'_>| {
            let document = documents::by_id(tx, id)?;
            // What a mail leaves open, the papers in it answer or ask themselves.
            if !parts::of(tx, &document)?.is_empty() {
                extraction.questions.clear();
            }
            parties::meet(tx, &document, &mut extraction, language)?;
            findings::keep(tx, id, &extraction)
        };
        self.store.write(Caller::worker(Self::NAME), keep).await?;
        self.wake.tasks.notify_one();
        self.wake.state.notify_one();
        log::info!(document:display = id; "a document was understood");
        Ok(())
    }
}

impl Worker for UnderstandDocuments {
    const NAME: &'static str = "understand_documents";
    const REST: Duration = Duration::from_mins(1);

    async fn turn(&mut self, stop: &CancellationToken) -> Result<Turn, Error> {
        // A year that is left out is told from the day of arrival.
        if !self.store.clock().is_sane() {
            return Ok(Turn::Idle);
        }
        let waiting = self
            .store
            .read(Viewer::House, |tx| {
                documents::awaiting(tx, Awaiting::Understanding, BATCH)
            })
            .await?;
        let found = !waiting.is_empty();
        for (document, attempts) in waiting {
            if stop.is_cancelled() {
                return Ok(Turn::Idle);
            }
            self.understand(document, attempts).await?;
        }
        if found {
            return Ok(Turn::More);
        }
        let next = self
            .store
            .read(Viewer::House, documents::next_retry)
            .await?;
        Ok(next.map_or(Turn::Idle, Turn::Until))
    }
}
