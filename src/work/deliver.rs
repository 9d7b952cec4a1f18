//! Says what waits: an attempt is recorded before, its outcome after, and never a call in between
//! inside a transaction.
//!
//! At least once: a crash between saying and recording says it again, and the receiver knows the
//! delivery by its id. While the broker is away nothing is tried and nothing is lost; what waits
//! longest is said first when it is back.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp, ToSpan};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::channels::Channel;
use super::{Error, REST, Turn, Worker};
use crate::connect::SendError;
use crate::domain::id::{AttemptId, DeliveryId};
use crate::store::deliveries::{self, Outcome};
use crate::store::{self, Caller, Store, Viewer, overview};

/// Seconds between two tries: doubled from the first to the second of these.
const RETRY_SECONDS: (i64, i64) = (5, 600);
/// Over which the deliveries of a channel are counted.
const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// The worker of one channel.
pub struct Deliver<C> {
    store: Store,
    channel: Arc<C>,
    /// Since when deliveries are counted, and how many.
    minute: (Timestamp, u32),
    /// Rung when the channel begins or ceases to fail: there may be another way, or one again.
    reminders: Arc<Notify>,
    /// Whether the last tries failed, as far as is known.
    fails: Option<bool>,
}

/// A message ready to go.
struct Ready<P> {
    delivery: DeliveryId,
    attempts: u32,
    /// Nothing if all its tasks were answered meanwhile.
    payload: Option<P>,
}

impl<C: Channel> Deliver<C> {
    /// Says what waits in `store` on `channel`, and rings `reminders` when that turns out otherwise than
    /// before.
    pub fn new(store: Store, channel: C, reminders: Arc<Notify>) -> Self {
        Self {
            store,
            channel: Arc::new(channel),
            minute: (Timestamp::UNIX_EPOCH, 0),
            reminders,
            fails: None,
        }
    }

    /// How many deliveries this minute still allows.
    fn allowance(&mut self, now: Timestamp) -> u32 {
        let (since, said) = self.minute;
        if now < since || now.duration_since(since) >= MINUTE {
            self.minute = (now, 0);
            return C::PER_MINUTE;
        }
        C::PER_MINUTE.saturating_sub(said)
    }

    async fn ready(&self, limit: u32) -> Result<Vec<Ready<C::Payload>>, store::Error> {
        let channel = Arc::clone(&self.channel);
        self.store
            .read(Viewer::House, move |tx| {
                let waiting = deliveries::waiting(tx, C::NAME, limit)?;
                let ready = waiting.iter().map(|it| {
                    Ok(Ready {
                        delivery: it.delivery.id,
                        attempts: it.delivery.attempts,
                        payload: channel.compose(tx, it)?,
                    })
                });
                ready.collect()
            })
            .await
    }

    async fn say(&mut self, ready: Vec<Ready<C::Payload>>) -> Result<(), store::Error> {
        let intended: Vec<(DeliveryId, bool)> = ready
            .iter()
            .map(|it| (it.delivery, it.payload.is_some()))
            .collect();
        let begun = self
            .store
            .write(Caller::worker(C::WORKER), move |tx| {
                let begun = intended.into_iter().map(|(delivery, says_something)| {
                    if says_something {
                        return deliveries::begin_attempt(tx, delivery);
                    }
                    deliveries::drop_empty(tx, delivery).map(|()| None)
                });
                begun.collect()
            })
            .await;
        let begun: Vec<Option<AttemptId>> = begun?;
        let channel = &self.channel;
        let tries = ready.into_iter().zip(begun).filter_map(|(ready, attempt)| {
            let (attempt, payload) = (attempt?, ready.payload?);
            Some(async move {
                let sent = channel.send(payload).await;
                (ready.delivery, attempt, ready.attempts, sent)
            })
        });
        let outcomes = join_all(tries).await;
        let has_failed = outcomes.iter().any(|(_, _, _, sent)| sent.is_err());
        let finished = self
            .store
            .write(Caller::worker(C::WORKER), move |tx| {
                for (delivery, attempt, attempts, sent) in outcomes {
                    let outcome = outcome(sent, attempts, tx.now());
                    deliveries::finish_attempt(tx, delivery, attempt, &outcome)?;
                }
                Ok(())
            })
            .await;
        if has_failed || self.fails != Some(false) {
            self.reminders.notify_one();
        }
        self.fails = Some(has_failed);
        finished
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

impl<C: Channel> Worker for Deliver<C> {
    const NAME: &'static str = C::WORKER;
    const REST: Duration = REST;

    async fn turn(&mut self, _stop: &CancellationToken) -> Result<Turn, Error> {
        if self.channel.is_away() {
            return Ok(Turn::Idle);
        }
        // In quiet mode nobody is told anything in person; what is for machines goes on.
        if !C::NAME.is_event()
            && let Some(until) = self
                .store
                .read(Viewer::House, overview::quiet_until)
                .await?
        {
            return Ok(Turn::Until(until));
        }
        let now = self.store.clock().now();
        let allowance = self.allowance(now);
        let (since, said) = self.minute;
        if allowance == 0 {
            return Ok(Turn::Until(since + MINUTE));
        }
        let ready = self.ready(C::AT_ONCE.min(allowance)).await?;
        if !ready.is_empty() {
            let count = u32::try_from(ready.len()).unwrap_or(u32::MAX);
            self.minute = (since, said.saturating_add(count));
            self.say(ready).await?;
            return Ok(Turn::More);
        }
        let next = self
            .store
            .read(Viewer::House, |tx| deliveries::next_moment(tx, C::NAME))
            .await?;
        Ok(next.map_or(Turn::Idle, Turn::Until))
    }
}
