//! Answers that come over MQTT: stored first, then acknowledged, then acted on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Error, Turn, Wake, Worker};
use crate::connect::mqtt::Incoming;
use crate::connect::mqtt::messages::Command;
use crate::domain::id::TaskId;
use crate::domain::reminder;
use crate::store::{self, Caller, Store, tasks};

/// The worker.
pub struct TakeAnswers {
    store: Store,
    wake: Wake,
    incoming: mpsc::Receiver<Incoming>,
    wanted: Arc<AtomicBool>,
    zone: TimeZone,
    morning: Time,
}

impl TakeAnswers {
    /// Stores what comes out of `incoming`; days begin in `zone`, "later" means `morning`; `wanted`
    /// is set when everything should be said again.
    pub fn new(
        store: Store,
        wake: Wake,
        incoming: mpsc::Receiver<Incoming>,
        wanted: Arc<AtomicBool>,
        (zone, morning): (TimeZone, Time),
    ) -> Self {
        Self {
            store,
            wake,
            incoming,
            wanted,
            zone,
            morning,
        }
    }

    async fn store_answer(&self, task: TaskId, command: Command) -> Result<(), store::Error> {
        let answer = command.answer(self.morning, &self.zone);
        let (zone, morning) = (self.zone.clone(), self.morning);
        let stored = self
            .store
            .write(Caller::house("mqtt", "mqtt"), move |tx| {
                let next_morning = reminder::next_morning(tx.now(), morning, &zone);
                tasks::answer(tx, task, &answer, next_morning)
            })
            .await;
        match stored {
            Err(store::Error::Missing { .. }) => {
                log::info!(task:display = task; "an answer over MQTT names a task that is not there");
                Ok(())
            }
            Err(error) => Err(error),
            Ok(_) => {
                self.wake.reminders.notify_one();
                Ok(())
            }
        }
    }
}

impl Worker for TakeAnswers {
    const NAME: &'static str = "take_answers";
    const REST: Duration = Duration::from_millis(1);

    async fn turn(&mut self, stop: &CancellationToken) -> Result<Turn, Error> {
        let incoming = tokio::select! {
            () = stop.cancelled() => return Ok(Turn::Idle),
            incoming = self.incoming.recv() => incoming,
        };
        match incoming {
            Some(Incoming::Answer { task, command, ack }) => {
                // Without the acknowledgement the broker brings it again.
                self.store_answer(task, command).await?;
                ack.done().await;
                self.wake.state.notify_one();
            }
            Some(Incoming::StateWanted) => {
                self.wanted.store(true, Ordering::SeqCst);
                self.wake.state.notify_one();
                // After days without a broker, what waits is said at once.
                self.wake.deliveries.notify_one();
            }
            None => stop.cancelled().await,
        }
        Ok(Turn::More)
    }
}
