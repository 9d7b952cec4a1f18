//! Findings become tasks: the machine's, and a person's corrections by the same path.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use tokio_util::sync::CancellationToken;

use super::{Error, REST, Turn, Wake, Worker};
use crate::domain::clock::SANE_AFTER;
use crate::domain::part::said_by_parts;
use crate::domain::person::Language;
use crate::domain::task;
use crate::store::{Caller, Store, Viewer, findings, parts, people, tasks};

/// Documents of one turn.
const BATCH: u32 = 50;

/// The worker.
pub struct DeriveTasks {
    store: Store,
    wake: Wake,
    zone: TimeZone,
    language: Language,
}

impl DeriveTasks {
    /// Days begin in `zone`; titles are written in `language`.
    pub const fn new(store: Store, wake: Wake, zone: TimeZone, language: Language) -> Self {
        Self {
            store,
            wake,
            zone,
            language,
        }
    }
}

/// The day a document arrived; one that arrived before the clock was set counts as of today.
pub fn arrival_day(received_at: Timestamp, now: Timestamp, zone: &TimeZone) -> Date {
    let moment = if received_at < SANE_AFTER {
        now
    } else {
        received_at
    };
    moment.to_zoned(zone.clone()).date()
}

impl Worker for DeriveTasks {
    const NAME: &'static str = "derive_tasks";
    const REST: Duration = REST;

    async fn turn(&mut self, _stop: &CancellationToken) -> Result<Turn, Error> {
        if !self.store.clock().is_sane() {
            return Ok(Turn::Idle);
        }
        let documents = self
            .store
            .read(Viewer::House, |tx| tasks::documents_to_derive(tx, BATCH))
            .await?;
        if documents.is_empty() {
            return Ok(Turn::Idle);
        }
        let (zone, language) = (self.zone.clone(), self.language);
        self.store
            .write(Caller::worker(Self::NAME), move |tx| {
                let household = people::list(tx)?;
                for document in &documents {
                    let extraction = findings::corrected(tx, document.id)?;
                    let arrived_on = arrival_day(document.received_at, tx.now(), &zone);
                    let mut derived = task::derive(&extraction, arrived_on, language, &household);
                    // What a mail and the paper in it want is one task, the paper's.
                    let of_parts = parts::obligations(tx, document.id)?;
                    let said = said_by_parts(&extraction, &of_parts);
                    derived.retain(|it| !said.contains(&it.key));
                    tasks::reconcile(tx, document, &derived)?;
                }
                Ok(())
            })
            .await?;
        self.wake.task_changed();
        Ok(Turn::More)
    }
}
