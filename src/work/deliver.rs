//! Says what waits: an attempt is recorded before, its outcome after, and never a call in between
//! inside a transaction.
//!
//! At least once: a crash between saying and recording says it again, and the receiver knows the
//! delivery by its id. While the broker is away nothing is tried and nothing is lost; what waits
//! longest is said first when it is back.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use tokio_util::sync::CancellationToken;

use super::{Error, Turn, Worker};
use crate::connect::SendError;
use crate::connect::mqtt::messages::{self, Spoken};
use crate::connect::mqtt::{Client, Connection, Retain, Topics};
use crate::domain::delivery::ChannelName;
use crate::domain::finding::Field;
use crate::domain::id::{AttemptId, DeliveryId};
use crate::domain::policy::Detail;
use crate::domain::task::Task;
use crate::store::deliveries::{self, Outcome, Subject, Waiting};
use crate::store::{self, Caller, ReadTx, Store, Viewer, findings};

/// Deliveries of one turn.
const BATCH: u32 = 100;
/// Seconds between two tries: doubled from the first to the second of these.
const RETRY_SECONDS: (i64, i64) = (5, 600);

/// How reminders are said over MQTT.
#[derive(Clone)]
pub struct Voice {
    /// The broker.
    pub client: Client,
    /// Where to.
    pub topics: Topics,
    /// How much is told.
    pub detail: Detail,
    /// Where the house answers in the browser.
    pub url: String,
    /// Whether somebody wants everything said again.
    pub wanted: Arc<AtomicBool>,
}

/// The worker.
pub struct Deliver {
    store: Store,
    voice: Voice,
    zone: TimeZone,
}

/// A message ready to go.
struct Ready {
    delivery: DeliveryId,
    attempts: u32,
    payload: Vec<u8>,
}

impl Deliver {
    /// Says what waits in `store`; days are counted in `zone`.
    pub const fn new(store: Store, voice: Voice, zone: TimeZone) -> Self {
        Self { store, voice, zone }
    }

    async fn ready(&self) -> Result<Vec<Ready>, store::Error> {
        let (voice, zone) = (self.voice.clone(), self.zone.clone());
        self.store
            .read(Viewer::House, move |tx| {
                let waiting = deliveries::waiting(tx, ChannelName::Mqtt, BATCH)?;
                waiting
                    .iter()
                    .map(|it| ready(tx, it, &voice, &zone))
                    .collect()
            })
            .await
    }

    async fn say(&self, ready: Vec<Ready>) -> Result<(), store::Error> {
        let intended: Vec<DeliveryId> = ready.iter().map(|it| it.delivery).collect();
        let begun = self
            .store
            .write(Caller::worker(Self::NAME), move |tx| {
                intended
                    .into_iter()
                    .map(|it| deliveries::begin_attempt(tx, it))
                    .collect()
            })
            .await;
        let begun: Vec<Option<AttemptId>> = begun?;
        let tries = ready.into_iter().zip(begun).filter_map(|(ready, attempt)| {
            let attempt = attempt?;
            Some(async move {
                let topic = self.voice.topics.reminder();
                let sent = self
                    .voice
                    .client
                    .publish(&topic, ready.payload, Retain::No)
                    .await;
                (ready.delivery, attempt, ready.attempts, sent)
            })
        });
        let outcomes = join_all(tries).await;
        self.store
            .write(Caller::worker(Self::NAME), move |tx| {
                for (delivery, attempt, attempts, sent) in outcomes {
                    let outcome = outcome(sent, attempts, tx.now());
                    deliveries::finish_attempt(tx, delivery, attempt, &outcome)?;
                }
                Ok(())
            })
            .await
    }
}

fn outcome(sent: Result<(), SendError>, attempts: u32, now: Timestamp) -> Outcome {
    match sent {
        Ok(()) => Outcome::Delivered,
        Err(SendError::Transient { reason, .. }) => {
            let (first, longest) = RETRY_SECONDS;
            let seconds = first.saturating_mul(1 << attempts.min(16)).min(longest);
            Outcome::Transient {
                reason,
                retry_at: now + seconds.seconds(),
            }
        }
        Err(SendError::Permanent { reason, .. }) => Outcome::Permanent { reason },
    }
}

fn ready(
    tx: &ReadTx<'_>,
    waiting: &Waiting,
    voice: &Voice,
    zone: &TimeZone,
) -> Result<Ready, store::Error> {
    let delivery = waiting.delivery.id;
    let today = tx.now().to_zoned(zone.clone()).date();
    let spoken = match &waiting.subject {
        Subject::Task { task, level } => {
            let sender = sender(tx, task)?;
            let mut spoken = Spoken::reminder(delivery, task, *level, today, voice.detail)
                .from_sender(sender.as_deref(), voice.detail);
            spoken.answer_topic = Some(voice.topics.task_set(task.id));
            spoken.url = Some(format!("{}/tasks/{}", voice.url, task.id));
            spoken
        }
        Subject::Digest { tasks } => {
            let count = u32::try_from(tasks.len()).unwrap_or(u32::MAX);
            let mut spoken = Spoken::digest(delivery, count);
            spoken.url = Some(format!("{}/", voice.url));
            spoken
        }
    };
    let attempts = waiting.delivery.attempts;
    Ok(Ready {
        delivery,
        attempts,
        payload: messages::json(&spoken),
    })
}

fn sender(tx: &ReadTx<'_>, task: &Task) -> Result<Option<String>, store::Error> {
    let Some(source) = &task.source else {
        return Ok(None);
    };
    let extraction = findings::corrected(tx, source.document)?;
    Ok(extraction.text(Field::Sender).map(ToOwned::to_owned))
}

impl Worker for Deliver {
    const NAME: &'static str = "deliver";
    const REST: Duration = Duration::from_secs(30);

    async fn turn(&mut self, _stop: &CancellationToken) -> Result<Turn, Error> {
        if matches!(
            *self.voice.client.connection().borrow(),
            Connection::Down { .. }
        ) {
            return Ok(Turn::Idle);
        }
        let ready = self.ready().await?;
        if !ready.is_empty() {
            self.say(ready).await?;
            return Ok(Turn::More);
        }
        let next = self
            .store
            .read(Viewer::House, |tx| {
                deliveries::next_moment(tx, ChannelName::Mqtt)
            })
            .await?;
        Ok(next.map_or(Turn::Idle, Turn::Until))
    }
}
