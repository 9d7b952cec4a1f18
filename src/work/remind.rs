//! Plans the reminders of changed tasks, and turns those whose moment has come into deliveries.
//!
//! Before the clock is set nothing is said. Of several missed moments of one task only the latest is
//! said; moments that were said are not said again when the clock goes back.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio_util::sync::CancellationToken;

use super::{Error, Turn, Wake, Worker};
use crate::domain::delivery::ChannelName;
use crate::domain::id::TaskId;
use crate::domain::reminder::{self, Ladder, Reminder, ReminderState};
use crate::store::{self, Caller, Store, Viewer, WriteTx, deliveries, reminders, tasks};

/// Tasks or reminders of one turn.
const BATCH: u32 = 200;

/// The worker.
pub struct Remind {
    store: Store,
    wake: Wake,
    zone: TimeZone,
    ladder: Ladder,
    channels: Vec<ChannelName>,
    waits_for_clock: bool,
}

impl Remind {
    /// Speaks at the ladder's hour in `zone` on `channels`.
    pub const fn new(
        store: Store,
        wake: Wake,
        zone: TimeZone,
        ladder: Ladder,
        channels: Vec<ChannelName>,
    ) -> Self {
        Self {
            store,
            wake,
            zone,
            ladder,
            channels,
            waits_for_clock: false,
        }
    }

    async fn plan(&self) -> Result<bool, store::Error> {
        let (zone, ladder) = (self.zone.clone(), self.ladder.clone());
        let changed = self
            .store
            .read(Viewer::House, |tx| tasks::to_plan(tx, BATCH))
            .await?;
        if changed.is_empty() {
            return Ok(false);
        }
        self.store
            .write(Caller::worker(Self::NAME), move |tx| {
                for task in tasks::to_plan(tx, BATCH)? {
                    let plan = reminder::plan(&task, &ladder, &zone);
                    reminders::reconcile(tx, task.id, &plan)?;
                }
                Ok(())
            })
            .await?;
        Ok(true)
    }

    async fn say_what_is_due(&self) -> Result<bool, store::Error> {
        let due = self
            .store
            .read(Viewer::House, |tx| reminders::due(tx, BATCH))
            .await?;
        if due.is_empty() {
            return Ok(false);
        }
        let channels = self.channels.clone();
        self.store
            .write(Caller::worker(Self::NAME), move |tx| {
                reminders::lapse_missed(tx)?;
                for reminder in reminders::due(tx, BATCH)? {
                    say(tx, &reminder, &channels)?;
                }
                Ok(())
            })
            .await?;
        self.wake.deliveries.notify_one();
        Ok(true)
    }

    /// Asks once, the next morning, about all that had been due before it arrived.
    async fn digest(&self, now: Timestamp) -> Result<(), store::Error> {
        let Some(morning) = reminder::morning_of(now, self.ladder.morning, &self.zone) else {
            return Ok(());
        };
        if now < morning {
            return Ok(());
        }
        let waiting = self
            .store
            .read(Viewer::House, |tx| tasks::to_digest(tx, BATCH))
            .await?;
        if !waiting.iter().any(|it| it.created_at < morning) {
            return Ok(());
        }
        let channels = self.channels.clone();
        self.store
            .write(Caller::worker(Self::NAME), move |tx| {
                let late: Vec<TaskId> = tasks::to_digest(tx, BATCH)?
                    .into_iter()
                    .filter(|it| it.created_at < morning)
                    .map(|it| it.id)
                    .collect();
                for id in &late {
                    tasks::mark_digested(tx, *id)?;
                }
                for channel in channels {
                    deliveries::intend_digest(tx, &late, channel)?;
                }
                Ok(())
            })
            .await?;
        self.wake.deliveries.notify_one();
        Ok(())
    }
}

fn say(
    tx: &WriteTx<'_>,
    reminder: &Reminder,
    channels: &[ChannelName],
) -> Result<(), store::Error> {
    let task = tasks::by_id(tx, reminder.task)?;
    reminders::set_state(tx, reminder.id, ReminderState::Said)?;
    for channel in channels {
        if task.assignees.is_empty() {
            deliveries::intend(tx, reminder, None, *channel)?;
        }
        for person in &task.assignees {
            deliveries::intend(tx, reminder, Some(*person), *channel)?;
        }
    }
    Ok(())
}

impl Worker for Remind {
    const NAME: &'static str = "remind";
    const REST: Duration = Duration::from_secs(30);

    async fn turn(&mut self, _stop: &CancellationToken) -> Result<Turn, Error> {
        let clock = self.store.clock().clone();
        if !clock.is_sane() {
            if !self.waits_for_clock {
                log::warn!("the clock is not set yet: nobody is reminded until it is");
                self.waits_for_clock = true;
            }
            return Ok(Turn::Idle);
        }
        self.waits_for_clock = false;
        if self.plan().await? || self.say_what_is_due().await? {
            return Ok(Turn::More);
        }
        self.digest(clock.now()).await?;
        let next = self
            .store
            .read(Viewer::House, reminders::next_moment)
            .await?;
        Ok(next.map_or(Turn::Idle, Turn::Until))
    }
}
