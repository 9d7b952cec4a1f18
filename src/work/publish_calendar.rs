//! Keeps one collection of a calendar server as the open tasks' due days are: what is due is there, what
//! moved is moved, what is answered goes.
//!
//! Each task remembers which version of it the server has; what differs is sent. Nothing is read back, so
//! a person who moves an entry in the calendar moves nothing here.

use std::time::Duration;

use jiff::{Timestamp, ToSpan};
use tokio_util::sync::CancellationToken;

use super::board::PUBLISHES_CALENDAR;
use super::{Error, REST, Turn, Worker};
use crate::connect::SendError;
use crate::connect::caldav::Collection;
use crate::domain::calendar::{self, Manner};
use crate::domain::task::{Status, Task};
use crate::store::{self, Caller, Store, Viewer, WriteTx, calendars};

/// Entries of one turn.
const BATCH: u32 = 20;
/// Seconds before an entry that was refused is sent again.
const REFUSED_SECONDS: i64 = 3600;

/// The worker.
pub struct PublishCalendar {
    store: Store,
    collection: Collection,
    manner: Manner,
}

impl PublishCalendar {
    /// Writes the tasks of `store` into `collection`.
    pub const fn new(store: Store, collection: Collection, manner: Manner) -> Self {
        Self {
            store,
            collection,
            manner,
        }
    }

    async fn publish(&self, task: &Task, now: Timestamp) -> Result<(), SendError> {
        let name = task.id.to_string();
        if task.status == Status::Open && task.due.is_some() {
            let object = calendar::object(task, &self.manner, now);
            self.collection.put(&name, object).await
        } else {
            self.collection.remove(&name).await
        }
    }

    async fn remember(&self, task: Task, sent: Result<(), SendError>) -> Result<(), store::Error> {
        if let Err(error) = &sent {
            log::warn!(task_id = task.id.to_string().as_str(); "the calendar: {error}");
        }
        let caller = Caller::worker(Self::NAME);
        let write = move |tx: &WriteTx<'_>| match sent {
            Ok(()) => calendars::published(tx, &task),
            Err(_) => calendars::refused(tx, &task, tx.now() + REFUSED_SECONDS.seconds()),
        };
        self.store.write(caller, write).await
    }
}

impl Worker for PublishCalendar {
    const NAME: &'static str = PUBLISHES_CALENDAR;
    const REST: Duration = REST;

    async fn turn(&mut self, stop: &CancellationToken) -> Result<Turn, Error> {
        let waiting = self
            .store
            .read(Viewer::House, |tx| calendars::waiting(tx, BATCH))
            .await?;
        if waiting.is_empty() {
            return Ok(Turn::Idle);
        }
        for task in waiting {
            if stop.is_cancelled() {
                return Ok(Turn::Idle);
            }
            let sent = self.publish(&task, self.store.clock().now()).await;
            // A server that is away is away for all of them.
            if let Err(SendError::Transient { reason, .. }) = &sent {
                return Err(Error::Unavailable(format!("the calendar: {reason}")));
            }
            self.remember(task, sent).await?;
        }
        Ok(Turn::More)
    }
}
