//! Tells a collector of OpenTelemetry what happens: each document with its tasks and reminders is a trace,
//! each entry of the journal a span of it.
//!
//! Only ids, names of workers and what was done are told, never what a document says. What happened before
//! the daemon started is not told, and what the collector refuses is told no more.

use std::time::Duration;

use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

use super::{Error, REST, Turn, Worker};
use crate::connect::SendError;
use crate::connect::otlp::{Collector, Span};
use crate::store::traces::{self, Step};
use crate::store::{Store, Viewer};

/// Spans of one request.
const BATCH: u32 = 200;
/// What came longer after the step before was not what that one led to at once: it has no length.
const LONGEST: SignedDuration = SignedDuration::from_mins(10);
/// Changes of things that went wrong.
const FAILURES: [&str; 2] = ["stuck", "failed"];

/// The worker.
pub struct TellTraces {
    store: Store,
    collector: Collector,
    /// The last entry of the journal that was told, or looked at.
    told: u64,
}

impl TellTraces {
    /// Tells `collector` what happens in `store` from now on.
    pub fn new(store: Store, collector: Collector) -> Self {
        let told = *store.changes().borrow();
        Self {
            store,
            collector,
            told,
        }
    }
}

fn span(step: &Step) -> Option<Span> {
    let entry = &step.entry;
    let trace: Ulid = step.story.parse().ok()?;
    let start = step
        .before
        .filter(|it| *it <= entry.at && entry.at.duration_since(*it) <= LONGEST);
    let text = |it: &str| it.to_owned();
    Some(Span {
        trace: trace.0,
        id: entry.sequence,
        parent: Some(step.first).filter(|it| *it != entry.sequence),
        name: format!("{} {}", entry.entity.as_str(), entry.change),
        start: start.unwrap_or(entry.at),
        end: entry.at,
        has_failed: FAILURES.contains(&entry.change.as_str()),
        attributes: vec![
            ("workmate.id", text(&entry.entity_id)),
            ("workmate.version", entry.version.to_string()),
            ("workmate.actor", text(&entry.actor.name)),
            ("workmate.channel", text(&entry.actor.channel)),
        ],
    })
}

impl Worker for TellTraces {
    const NAME: &'static str = "tell_traces";
    const REST: Duration = REST;

    async fn turn(&mut self, _stop: &CancellationToken) -> Result<Turn, Error> {
        let told = self.told;
        let look = self
            .store
            .read(Viewer::House, move |tx| traces::after(tx, told, BATCH));
        let (looked_at, steps) = look.await?;
        if looked_at == told {
            return Ok(Turn::Idle);
        }
        let spans: Vec<Span> = steps.iter().filter_map(span).collect();
        if !spans.is_empty() {
            match self.collector.tell(&spans).await {
                Err(SendError::Transient { reason, .. }) => {
                    return Err(Error::Unavailable(format!("the collector: {reason}")));
                }
                Err(SendError::Permanent { reason, .. }) => {
                    log::warn!("the collector takes no traces: {reason}");
                }
                Ok(()) => {}
            }
        }
        self.told = looked_at;
        Ok(Turn::More)
    }
}
