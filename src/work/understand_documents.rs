//! Hands the words of read documents to the reader process, where the models live, and keeps what
//! they mean.

use std::time::Duration;

use jiff::ToSpan;
use jiff::tz::TimeZone;
use tokio_util::sync::CancellationToken;

use super::derive_tasks::arrival_day;
use super::{Error, REST, Turn, Wake, Worker, chain};
use crate::domain::counsel::{Counsel, Gap};
use crate::domain::document::{Document, Reading, StuckAt};
use crate::domain::finding::Extraction;
use crate::domain::id::DocumentId;
use crate::domain::layout;
use crate::domain::person::Language;
use crate::domain::wording;
use crate::reading::process::{ReadError, Reader};
use crate::reading::stack::Rules;
use crate::store::documents::Awaiting;
use crate::store::{
    self, Caller, ReadTx, Store, Viewer, WriteTx, counsel, documents, findings, pages, parties,
    parts,
};
use crate::understanding::obligations::SURE_ENOUGH;
use crate::understanding::{Context, Known};

/// Documents of one turn.
const BATCH: u32 = 16;
/// Seconds before the second try.
const RETRY_SECONDS: i64 = 5;

/// How this house understands documents. Cheap to clone.
#[derive(Clone)]
pub struct Understanding {
    /// The house's memory.
    pub store: Store,
    /// The process that the models live in.
    pub reader: Reader,
    /// Days begin in it.
    pub zone: TimeZone,
    /// Whose holidays and laws hold.
    pub region: String,
    /// Questions are asked in it.
    pub language: Language,
    /// How stacks are divided.
    pub stacks: Rules,
}

/// Why a document was not understood.
pub(super) enum Failed {
    Store(store::Error),
    Reader(ReadError),
}

impl From<store::Error> for Failed {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

impl Understanding {
    /// What the machine claims about a document that was read, with what a language model has told of
    /// it, if one was asked.
    pub(super) async fn of(&self, document: &Document) -> Result<Extraction, Failed> {
        let id = document.id;
        let told = move |tx: &ReadTx<'_>| counsel::told(tx, id);
        let told = self.store.read(Viewer::House, told).await?;
        let counsel = told.map_or(Counsel::None, Counsel::Told);
        self.with(document, counsel).await
    }

    /// What the rules alone claim, and what a language model may be shown.
    pub(super) async fn for_model(&self, document: &Document) -> Result<Extraction, Failed> {
        self.with(document, Counsel::Wanted).await
    }

    async fn with(&self, document: &Document, counsel: Counsel) -> Result<Extraction, Failed> {
        let id = document.id;
        let reading = self
            .store
            .read(Viewer::House, move |tx| pages::reading(tx, id))
            .await?;
        let now = self.store.clock().now();
        let is_stack = document.pages.is_none() && !self.stacks.divide(&reading).sheaves.is_empty();
        if is_stack {
            // Its letters say what they want, each by itself.
            return Ok(Extraction::default());
        }
        let context = Context {
            received_on: arrival_day(document.received_at, now, &self.zone),
            region: self.region.clone(),
            language: self.language,
            counsel,
        };
        let known = Known {
            context,
            learned: Vec::new(),
        };
        let extraction = self.ask(&reading, &known).await?;
        self.as_shown(document, &reading, known, extraction).await
    }

    async fn ask(&self, reading: &Reading, known: &Known) -> Result<Extraction, Failed> {
        let understood = self.reader.understand(reading, known).await;
        let mut extraction = understood.map_err(Failed::Reader)?;
        extraction.trace = extraction.trace.bounded();
        Ok(extraction)
    }

    /// The same with what persons showed in earlier letters of this sender, if they showed anything:
    /// the periods and sums that follow from it are the reader's to count.
    async fn as_shown(
        &self,
        document: &Document,
        reading: &Reading,
        known: Known,
        mut extraction: Extraction,
    ) -> Result<Extraction, Failed> {
        let (letter, found) = (document.clone(), extraction.clone());
        let look = move |tx: &ReadTx<'_>| parties::examples(tx, &letter, &found);
        let (examples, least) = self.store.read(Viewer::House, look).await?;
        let learned = layout::pick(&examples, &extraction, least);
        if !learned.is_empty() {
            let known = Known { learned, ..known };
            extraction = self.ask(reading, &known).await?;
        }
        layout::doubt(&examples, &mut extraction, least);
        Ok(extraction)
    }

    /// Keeps it.
    pub(super) async fn keep(
        &self,
        id: DocumentId,
        mut extraction: Extraction,
    ) -> Result<(), store::Error> {
        let language = self.language;
        let keep = move |tx: &WriteTx<'_>| {
            let document = documents::by_id(tx, id)?;
            settle(tx, &document, &mut extraction)?;
            parties::meet(tx, &document, &mut extraction, language)?;
            drop_known(&mut extraction);
            findings::keep(tx, id, &extraction)
        };
        let caller = Caller::worker(UnderstandDocuments::NAME);
        self.store.write(caller, keep).await?;
        Ok(())
    }
}

/// What a mail leaves open, the papers in it answer or ask themselves.
pub(super) fn settle(
    tx: &ReadTx<'_>,
    document: &Document,
    extraction: &mut Extraction,
) -> Result<(), store::Error> {
    if !parts::of(tx, document)?.is_empty() {
        extraction.questions.clear();
        extraction.unsure.clear();
    }
    Ok(())
}

/// What a person taught of the sender is nothing to be unsure of.
fn drop_known(extraction: &mut Extraction) {
    let is_known = |gap: &Gap| {
        let finding = gap.field().and_then(|it| extraction.finding(it));
        finding.is_some_and(|it| it.confidence.value() >= SURE_ENOUGH)
    };
    let open = extraction.unsure.iter().copied().filter(|it| !is_known(it));
    extraction.unsure = open.collect();
}

/// The worker.
pub struct UnderstandDocuments {
    understanding: Understanding,
    wake: Wake,
}

impl UnderstandDocuments {
    /// Understands what was read as this house does.
    pub const fn new(understanding: Understanding, wake: Wake) -> Self {
        Self {
            understanding,
            wake,
        }
    }

    async fn understand(&self, document: Document, attempts: u32) -> Result<(), Error> {
        let id = document.id;
        let (store, language) = (&self.understanding.store, self.understanding.language);
        let caller = Caller::worker(Self::NAME);
        match self.understanding.of(&document).await {
            Ok(extraction) => {
                self.understanding.keep(id, extraction).await?;
                self.wake.tasks.notify_one();
                self.wake.state.notify_one();
                self.wake.model.notify_one();
                log::info!(document_id:display = id; "a document was understood");
            }
            Err(Failed::Store(error)) => return Err(error.into()),
            Err(Failed::Reader(ReadError::Unavailable { message })) => {
                return Err(Error::Unavailable(message));
            }
            Err(Failed::Reader(error)) if attempts == 0 => {
                let failed = chain(&error);
                log::warn!(document_id:display = id; "understanding failed, once more: {failed}");
                let put_off = move |tx: &WriteTx<'_>| {
                    documents::put_off(tx, id, tx.now() + RETRY_SECONDS.seconds())
                };
                store.write(caller, put_off).await?;
            }
            Err(Failed::Reader(error)) => {
                let reason = wording::stuck(error.code(), &error.to_string(), language);
                let stuck = move |tx: &WriteTx<'_>| {
                    documents::stuck(tx, id, StuckAt::Understanding, reason)
                };
                store.write(caller, stuck).await?;
                self.wake.state.notify_one();
            }
        }
        Ok(())
    }
}

impl Worker for UnderstandDocuments {
    const NAME: &'static str = "understand_documents";
    const REST: Duration = REST;

    async fn turn(&mut self, stop: &CancellationToken) -> Result<Turn, Error> {
        // A year that is left out is told from the day of arrival.
        if !self.understanding.store.clock().is_sane() {
            return Ok(Turn::Idle);
        }
        let store = &self.understanding.store;
        let waiting = store
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
        let next = store.read(Viewer::House, documents::next_retry).await?;
        Ok(next.map_or(Turn::Idle, Turn::Until))
    }
}
