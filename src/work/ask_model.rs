//! Asks a language model about what the rules left open, one document at a time.
//!
//! Asking is slow and may fail in every way, so nothing waits for it: a document is understood, and its
//! tasks are made, before anybody is asked. An intended call is recorded first, then made outside of
//! any transaction, then recorded as ended; what was told and stands on the page is kept, and only then
//! is the document understood once more with it. Killed anywhere in between, the next turn goes on
//! where this one ended.

use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::understand_documents::{Failed, Understanding};
use super::{Error, REST, Turn, Wake, Worker, chain};
use crate::connect::llm::{AskError, Model, Reply};
use crate::domain::counsel::{Gap, Material, Prompt};
use crate::domain::document::Document;
use crate::domain::finding::Correction;
use crate::domain::id::DocumentId;
use crate::reading::process::ReadError;
use crate::store::counsel::{self, Call, CallOutcome, Ended};
use crate::store::{Caller, ReadTx, Store, Viewer, WriteTx, findings};
use crate::understanding::answer::{self, Checked};
use crate::understanding::prompts;

/// The worker.
pub struct AskModel<M> {
    understanding: Understanding,
    model: M,
    wake: Wake,
    /// Failures before this moment no longer count.
    since: Timestamp,
    has_tidied: bool,
}

impl<M: Model> AskModel<M> {
    /// Asks `model`; documents are understood with its answers as this house does.
    pub fn new(understanding: Understanding, model: M, wake: Wake) -> Self {
        let since = understanding.store.clock().now();
        Self {
            understanding,
            model,
            wake,
            since,
            has_tidied: false,
        }
    }

    const fn store(&self) -> &Store {
        &self.understanding.store
    }

    /// Understands a document with what was told of it.
    async fn apply(&self, document: &Document) -> Result<(), Error> {
        let id = document.id;
        match self.understanding.of(document).await {
            Ok(extraction) => self.understanding.keep(id, extraction).await?,
            Err(Failed::Store(error)) => return Err(error.into()),
            Err(Failed::Reader(ReadError::Unavailable { message })) => {
                return Err(Error::Unavailable(message));
            }
            // It was understood before without what was told, and stays so.
            Err(Failed::Reader(error)) => give_up(id, &error),
        }
        let caller = Caller::worker(Self::NAME);
        let applied = move |tx: &WriteTx<'_>| counsel::applied(tx, id);
        self.store().write(caller, applied).await?;
        self.wake.tasks.notify_one();
        self.wake.state.notify_one();
        Ok(())
    }

    /// What the model may be shown of a document; `None` if there is nothing to ask any more.
    async fn material(&self, document: &Document) -> Result<Option<Material>, Error> {
        let id = document.id;
        let corrections = move |tx: &ReadTx<'_>| findings::corrections(tx, id);
        let corrections = self.store().read(Viewer::House, corrections).await?;
        let material = match self.understanding.for_model(document).await {
            Ok(extraction) => extraction.material,
            Err(Failed::Store(error)) => return Err(error.into()),
            Err(Failed::Reader(ReadError::Unavailable { message })) => {
                return Err(Error::Unavailable(message));
            }
            Err(Failed::Reader(error)) => {
                give_up(id, &error);
                None
            }
        };
        let material = material.map(|it| without(*it, &corrections));
        Ok(material.filter(|it| !it.gaps.is_empty()))
    }

    async fn ask(&self, document: Document, stop: &CancellationToken) -> Result<(), Error> {
        let id = document.id;
        let Some(material) = self.material(&document).await? else {
            let leave = move |tx: &WriteTx<'_>| counsel::leave(tx, id);
            return Ok(self
                .store()
                .write(Caller::worker(Self::NAME), leave)
                .await?);
        };
        let name = self.model.name().to_owned();
        let scale = move |tx: &ReadTx<'_>| counsel::scale(tx, &name);
        let scale = self.store().read(Viewer::House, scale).await?;
        let prompt = prompts::prompt(&material, self.model.context_tokens(), scale);
        let Some(call) = self.begin(id, &prompt).await? else {
            return Ok(());
        };
        let answered = tokio::select! {
            answered = self.model.ask(document.class, &prompt) => Some(answered),
            () = stop.cancelled() => None,
        };
        let (outcome, ended) = ended(&material, answered);
        let reason = ended.reason.as_deref().unwrap_or_default();
        log::info!(document_id:display = id; "a language model was asked: {outcome} {reason}");
        let finish = move |tx: &WriteTx<'_>| counsel::finish(tx, call, outcome, &ended);
        let caller = Caller::worker(Self::NAME);
        self.store().write(caller, finish).await?;
        self.wake.state.notify_one();
        Ok(())
    }

    async fn begin(&self, id: DocumentId, prompt: &Prompt) -> Result<Option<Call>, Error> {
        let (name, tokens) = (self.model.name().to_owned(), prompt.tokens);
        let begin = move |tx: &WriteTx<'_>| counsel::begin(tx, id, &name, tokens);
        Ok(self
            .store()
            .write(Caller::worker(Self::NAME), begin)
            .await?)
    }
}

fn give_up(document: DocumentId, error: &ReadError) {
    let failed = chain(error);
    log::warn!(document_id:display = document; "a document cannot be understood again: {failed}");
}

/// Nobody need be asked what a person has said.
fn without(material: Material, corrections: &[Correction]) -> Material {
    let is_said = |gap: &Gap| {
        let mut said = corrections.iter().map(|it| it.field);
        gap.field().is_some_and(|field| said.any(|it| it == field))
    };
    Material {
        gaps: material
            .gaps
            .into_iter()
            .filter(|it| !is_said(it))
            .collect(),
        ..material
    }
}

fn ended(material: &Material, answered: Option<Result<Reply, AskError>>) -> (CallOutcome, Ended) {
    let (outcome, reason) = match answered {
        Some(Ok(reply)) => {
            let Checked {
                told,
                taken,
                thrown,
            } = answer::check(material, &reply.text);
            let ended = Ended {
                told: Some(told),
                taken,
                thrown,
                reason: None,
                tokens_in: reply.tokens_in,
                tokens_out: reply.tokens_out,
            };
            return (CallOutcome::Answered, ended);
        }
        Some(Err(AskError::Away { reason })) => (CallOutcome::Away, Some(reason)),
        Some(Err(AskError::Broken { reason })) => (CallOutcome::Broken, Some(reason)),
        Some(Err(AskError::Refused { reason })) => (CallOutcome::Refused, Some(reason)),
        None => (CallOutcome::Stopped, None),
    };
    let ended = Ended {
        reason,
        ..Ended::default()
    };
    (outcome, ended)
}

impl<M: Model> Worker for AskModel<M> {
    const NAME: &'static str = "ask_model";
    const REST: Duration = REST;

    async fn turn(&mut self, stop: &CancellationToken) -> Result<Turn, Error> {
        // A year that is left out is told from the day of arrival.
        if !self.store().clock().is_sane() {
            return Ok(Turn::Idle);
        }
        if !self.has_tidied {
            let caller = Caller::worker(Self::NAME);
            self.store().write(caller, counsel::close_lost).await?;
            self.has_tidied = true;
        }
        let unapplied = self.store().read(Viewer::House, counsel::unapplied).await?;
        if let Some(document) = unapplied {
            self.apply(&document).await?;
            return Ok(Turn::More);
        }
        let since = self.since;
        let look = move |tx: &ReadTx<'_>| {
            let pause = counsel::pause(tx, since)?.filter(|it| *it > tx.now());
            Ok((pause, counsel::next(tx)?, counsel::next_moment(tx)?))
        };
        let (pause, next, later) = self.store().read(Viewer::House, look).await?;
        match (pause, next) {
            (Some(pause), _) => Ok(Turn::Until(pause)),
            (None, None) => Ok(later.map_or(Turn::Idle, Turn::Until)),
            (None, Some(document)) => {
                self.ask(document, stop).await?;
                Ok(Turn::More)
            }
        }
    }
}
