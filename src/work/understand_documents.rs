//! Hands the words of read documents to the reader process, where the models live, and keeps what
//! they mean.

use std::time::Duration;

use jiff::ToSpan;
use jiff::tz::TimeZone;
use tokio_util::sync::CancellationToken;

use super::derive_tasks::arrival_day;
use super::{Error, Turn, Wake, Worker, chain};
use crate::domain::document::{Document, StuckAt};
use crate::domain::person::Language;
use crate::domain::wording;
use crate::reading::process::{ReadError, Reader};
use crate::store::documents::Awaiting;
use crate::store::{Caller, Store, Viewer, WriteTx, documents, findings, pages};
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
}

impl UnderstandDocuments {
    /// Understands as a household in `region` would and asks in its `language`; days begin in
    /// `zone`.
    pub fn new(
        store: Store,
        wake: Wake,
        reader: Reader,
        zone: TimeZone,
        (region, language): (String, Language),
    ) -> Self {
        Self {
            store,
            wake,
            reader,
            zone,
            region,
            language,
        }
    }

    async fn understand(&self, document: Document, attempts: u32) -> Result<(), Error> {
        let id = document.id;
        let reading = self
            .store
            .read(Viewer::House, move |tx| pages::reading(tx, id))
            .await?;
        let now = self.store.clock().now();
        let context = Context {
            received_on: arrival_day(document.received_at, now, &self.zone),
            region: self.region.clone(),
            language: self.language,
        };
        let caller = Caller::worker(Self::NAME);
        match self.reader.understand(&reading, &context).await {
            Ok(extraction) => {
                self.store
                    .write(caller, move |tx| findings::keep(tx, id, &extraction))
                    .await?;
                self.wake.tasks.notify_one();
                self.wake.state.notify_one();
                log::info!(document:display = id; "a document was understood");
            }
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
