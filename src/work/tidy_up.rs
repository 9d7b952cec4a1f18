//! Erases what has lain in the trash for long enough, everywhere; indexes what an earlier version had
//! indexed in its own way.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Error, Turn, Worker};
use crate::store::{self, Caller, Store, documents, findings, links, search, trash};

/// Documents that one turn erases.
const BATCH: u32 = 20;
/// Documents that one turn indexes; an answer waits for no more of them.
const INDEXED: u32 = 8;

/// The worker.
pub struct TidyUp {
    store: Store,
}

impl TidyUp {
    /// Tidies `store`.
    pub const fn new(store: Store) -> Self {
        Self { store }
    }
}

impl Worker for TidyUp {
    const NAME: &'static str = "tidy_up";
    const REST: Duration = Duration::from_hours(1);

    async fn turn(&mut self, _stop: &CancellationToken) -> Result<Turn, Error> {
        let indexed = self
            .store
            .write(Caller::worker(Self::NAME), |tx| {
                let outdated = search::take_outdated(tx, INDEXED)?;
                for id in &outdated {
                    let document = documents::by_id(tx, *id)?;
                    match findings::index(tx, &document) {
                        // One that is damaged is not to keep the others from being found.
                        Err(error @ store::Error::Corrupt { .. }) => {
                            log::error!(document_id:display = id, error:display; "a document is not found by its words");
                        }
                        indexed => indexed?,
                    }
                }
                Ok(outdated.len())
            })
            .await?;
        if indexed > 0 {
            return Ok(Turn::More);
        }
        // With a clock that is not set, everything or nothing would seem old.
        if !self.store.clock().is_sane() {
            return Ok(Turn::Idle);
        }
        let files = self.store.clone();
        let erased = self
            .store
            .write(Caller::worker(Self::NAME), move |tx| {
                let expired = trash::expired(tx, BATCH)?;
                for document in &expired {
                    trash::erase(tx, document, files.blobs())?;
                }
                Ok(expired.len())
            })
            .await?;
        let files = self.store.clone();
        self.store
            .write(Caller::worker(Self::NAME), move |tx| {
                links::tidy(tx)?;
                trash::erase_files(tx, files.blobs())
            })
            .await?;
        Ok(if erased > 0 { Turn::More } else { Turn::Idle })
    }
}
