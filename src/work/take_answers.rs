//! Answers and commands that come over MQTT: stored first, then acknowledged, then answered.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::commands::Commands;
use super::publish_state::Wanted;
use super::{Error, Turn, Worker};
use crate::connect::mqtt::commands::Response;
use crate::connect::mqtt::messages::{self, Command};
use crate::connect::mqtt::{Client, Incoming, Retain, Topics};
use crate::domain::id::TaskId;
use crate::domain::reminder;
use crate::store::{self, Caller, overview, tasks};

/// Messages that are taken together; their answers leave side by side.
const BATCH: usize = 32;

/// The worker.
pub struct TakeAnswers {
    commands: Commands,
    incoming: mpsc::Receiver<Incoming>,
    wanted: Arc<Wanted>,
    client: Client,
    topics: Topics,
}

impl TakeAnswers {
    /// Does what comes out of `incoming`, and answers by `client`; `wanted` is told when something
    /// should be said again.
    pub fn new(
        commands: Commands,
        incoming: mpsc::Receiver<Incoming>,
        wanted: Arc<Wanted>,
        (client, topics): (Client, Topics),
    ) -> Self {
        Self {
            commands,
            incoming,
            wanted,
            client,
            topics,
        }
    }

    async fn store_answer(&self, task: TaskId, command: Command) -> Result<(), store::Error> {
        let (zone, morning) = (self.commands.zone.clone(), self.commands.morning);
        let answer = command.answer(morning, &zone);
        let stored = self
            .commands
            .store
            .write(Caller::house("mqtt", "mqtt"), move |tx| {
                let next_morning = reminder::next_morning(tx.now(), morning, &zone);
                tasks::answer(tx, task, &answer, next_morning)
            })
            .await;
        match stored {
            Err(store::Error::Missing { .. }) => {
                log::info!(task_id:display = task; "an answer over MQTT names a task that is not there");
                Ok(())
            }
            Err(error) => Err(error),
            Ok(_) => {
                self.commands.wake.reminders.notify_one();
                Ok(())
            }
        }
    }

    /// Does one of them; the topic and the words of its answer, where one is wanted.
    async fn take(&self, incoming: Incoming) -> Result<Option<(String, Response)>, Error> {
        match incoming {
            Incoming::Answer { task, command, ack } => {
                // Without the acknowledgement the broker brings it again.
                self.store_answer(task, command).await?;
                ack.done().await;
                self.commands.wake.state.notify_one();
            }
            Incoming::Asked { order, ack } => {
                let response = self.commands.perform(&order).await;
                ack.done().await;
                self.commands.wake.state.notify_one();
                return Ok(Some((self.topics.response(&order.client), response)));
            }
            Incoming::HomeAssistantStarted => {
                let seen = self.commands.store.write(Caller::worker(Self::NAME), |tx| {
                    overview::see_home_assistant(tx)
                });
                seen.await?;
            }
            Incoming::StateWanted => {
                self.wanted.want_all();
                self.commands.wake.state.notify_one();
                // After days without a broker, what waits is said at once.
                self.commands.wake.deliveries.notify_one();
            }
            Incoming::FiguresWanted => {
                self.wanted.want_figures();
                self.commands.wake.state.notify_one();
            }
        }
        Ok(None)
    }

    async fn respond(&self, topic: &str, response: &Response) {
        let payload = messages::json(response);
        if let Err(error) = self.client.publish(topic, payload, Retain::No).await {
            log::info!("the answer to a command could not be said: {error}");
        }
    }
}

impl Worker for TakeAnswers {
    const NAME: &'static str = "take_answers";
    const REST: Duration = Duration::from_millis(1);

    async fn turn(&mut self, stop: &CancellationToken) -> Result<Turn, Error> {
        let first = tokio::select! {
            () = stop.cancelled() => return Ok(Turn::Idle),
            incoming = self.incoming.recv() => incoming,
        };
        let Some(first) = first else {
            stop.cancelled().await;
            return Ok(Turn::Idle);
        };
        let (mut responses, mut trouble) = (Vec::new(), None);
        let (mut next, mut left) = (Some(first), BATCH);
        while let Some(incoming) = next {
            match self.take(incoming).await {
                Ok(response) => responses.extend(response),
                Err(error) => {
                    trouble = Some(error);
                    break;
                }
            }
            left = left.saturating_sub(1);
            next = match left {
                0 => None,
                _ => self.incoming.try_recv().ok(),
            };
        }
        // What was done is answered, whatever became of the next one.
        let said = responses.iter().map(|(topic, it)| self.respond(topic, it));
        join_all(said).await;
        trouble.map_or(Ok(Turn::More), Err)
    }
}
