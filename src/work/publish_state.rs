//! Keeps what the broker shows in step: counts and days retained, the discovery for Home Assistant.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use tokio_util::sync::CancellationToken;

use super::{Error, Turn, Worker};
use crate::connect::home_assistant::{self, Device};
use crate::connect::mqtt::messages::{self, Next, Summary};
use crate::connect::mqtt::{Client, Connection, Retain, Topics};
use crate::domain::person::Language;
use crate::domain::policy::Detail;
use crate::domain::service_level::{Promises, Tally};
use crate::domain::task::Task;
use crate::store::{ReadTx, Store, Viewer, journal, promises, tasks};

/// How the broker is spoken to.
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
pub struct PublishState {
    store: Store,
    voice: Voice,
    promises: Arc<Promises>,
    told: (Language, Discovery),
    counted: Option<Counted>,
    said: Option<Said>,
}

/// Whether Home Assistant is told of the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discovery {
    /// It is.
    On,
    /// `mqtt.discovery_prefix` is empty.
    Off,
}

/// How the promises stood at a change of anything, and until when that holds by itself.
#[derive(Clone, Copy)]
struct Counted {
    sequence: u64,
    changes_at: Option<Timestamp>,
    tally: Tally,
}

/// What was last said, so that nothing is said twice; forgotten with the connection.
#[derive(Clone, PartialEq, Eq)]
struct Said {
    connected_since: Timestamp,
    /// The journal's last entry, the day and the promises for which it holds.
    counted_at: (u64, Date, Tally),
    summary: Summary,
    next: Next,
}

impl PublishState {
    /// Says how things stand in `store`, counted in the zone of `promises`; in which language Home
    /// Assistant is told, and whether at all.
    pub const fn new(
        store: Store,
        voice: Voice,
        promises: Arc<Promises>,
        told: (Language, Discovery),
    ) -> Self {
        Self {
            store,
            voice,
            promises,
            told,
            counted: None,
            said: None,
        }
    }

    /// How the promises stand: counted anew only after a change, or when time itself changes it.
    async fn tally(&mut self, now: Timestamp) -> Result<Tally, Error> {
        let (promises, known) = (Arc::clone(&self.promises), self.counted);
        let count = move |tx: &ReadTx<'_>| {
            let sequence = journal::last_sequence(tx)?;
            let holds =
                |it: &Counted| it.sequence == sequence && it.changes_at.is_none_or(|at| now < at);
            if let Some(known) = known.filter(holds) {
                return Ok(known);
            }
            let standings = promises::standings(tx, &promises)?;
            Ok(Counted {
                sequence,
                changes_at: standings.changes_at,
                tally: standings.total(),
            })
        };
        let counted = self.store.read(Viewer::House, count).await?;
        self.counted = Some(counted);
        Ok(counted.tally)
    }

    async fn publish(&self, topic: &str, payload: Vec<u8>, retain: Retain) -> Result<(), Error> {
        let sent = self.voice.client.publish(topic, payload, retain).await;
        sent.map_err(|error| Error::Unavailable(error.to_string()))
    }

    async fn discover(&self) -> Result<(), Error> {
        let (language, discovery) = self.told;
        if discovery == Discovery::Off {
            return Ok(());
        }
        let url = Some(self.voice.url.clone());
        let device = Device {
            language,
            detail: self.voice.detail,
            url,
        };
        let payload = home_assistant::discovery(&self.voice.topics, &device);
        let topic = self.voice.topics.discovery();
        self.publish(&topic, messages::json(&payload), Retain::Yes)
            .await
    }
}

/// The moment a task is due: its hour, else the end of its day.
fn due_at(task: &Task, zone: &TimeZone) -> Option<Timestamp> {
    let due = task.due?;
    let moment = match task.due_time {
        Some(time) => due.to_datetime(time),
        None => due.at(23, 59, 59, 0),
    };
    Some(moment.to_zoned(zone.clone()).ok()?.timestamp())
}

fn count(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn summary(
    counted: &tasks::Summary,
    service_levels: Tally,
    today: Date,
    zone: &TimeZone,
) -> Summary {
    let upcoming = counted
        .next_upcoming
        .as_ref()
        .filter(|it| it.due >= Some(today));
    Summary {
        open: count(counted.open),
        overdue: count(counted.overdue),
        due_today: count(counted.due_today),
        next_due: upcoming.and_then(|it| it.due),
        next_due_at: upcoming.and_then(|it| due_at(it, zone)),
        service_levels,
    }
}

impl Worker for PublishState {
    const NAME: &'static str = "publish_state";
    // Days pass without anybody changing anything.
    const REST: Duration = Duration::from_secs(20);

    async fn turn(&mut self, _stop: &CancellationToken) -> Result<Turn, Error> {
        let connection = self.voice.client.connection().borrow().clone();
        let Connection::Up {
            since: connected_since,
        } = connection
        else {
            self.said = None;
            return Ok(Turn::Idle);
        };
        let now = self.store.clock().now();
        let zone = self.promises.zone.clone();
        let today = zone.to_datetime(now).date();
        let tally = self.tally(now).await?;
        let counted_at = (*self.store.changes().borrow(), today, tally);
        let is_known = self
            .said
            .as_ref()
            .is_some_and(|it| (it.connected_since, it.counted_at) == (connected_since, counted_at));
        // Counting many tasks costs something; while nothing happens there is nothing to count.
        if is_known && !self.voice.wanted.load(Ordering::SeqCst) {
            return Ok(Turn::Idle);
        }
        let counted = self
            .store
            .read(Viewer::House, move |tx| tasks::summary(tx, today))
            .await?;
        let said = Said {
            connected_since,
            counted_at,
            summary: summary(&counted, tally, today, &zone),
            next: Next::about(counted.next_upcoming.as_ref(), self.voice.detail),
        };
        let is_wanted = self.voice.wanted.swap(false, Ordering::SeqCst);
        let before = self.said.take().filter(|_| !is_wanted);
        let is_new = before
            .as_ref()
            .is_none_or(|it| it.connected_since != connected_since);
        if is_new {
            self.discover().await?;
        }
        if is_new || before.as_ref().is_none_or(|it| it.summary != said.summary) {
            let topic = self.voice.topics.summary();
            self.publish(&topic, messages::json(&said.summary), Retain::Yes)
                .await?;
        }
        if is_new || before.as_ref().is_none_or(|it| it.next != said.next) {
            let topic = self.voice.topics.next();
            self.publish(&topic, messages::json(&said.next), Retain::No)
                .await?;
        }
        self.said = Some(said);
        Ok(Turn::Idle)
    }
}
