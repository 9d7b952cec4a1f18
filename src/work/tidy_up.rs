//! Erases what has lain in the trash for long enough, everywhere.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Error, Turn, Worker};
use crate::store::{Caller, Store, links, trash};

/// Documents of one turn.
const BATCH: u32 = 20;

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
