//! Taps on the buttons of notifications that Home Assistant tells of, and what is written below them. A
//! button's name is a signed answer good once, so it does not matter who tells of it, nor how often.

use std::time::Duration;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Error, Turn, Wake, Worker};
use crate::connect::home_assistant::notices::{BUTTON, REPLY};
use crate::connect::home_assistant::socket::Incoming;
use crate::domain::reminder;
use crate::store::{self, Caller, Store, Viewer, links};

/// By which way the answer came.
const CHANNEL: &str = "home_assistant";

/// The worker.
pub struct TakeTaps {
    store: Store,
    wake: Wake,
    incoming: mpsc::Receiver<Incoming>,
    /// What could not be stored yet.
    kept: Option<Incoming>,
    zone: TimeZone,
    morning: Time,
}

impl TakeTaps {
    /// Does what comes out of `incoming`; "later" is in the `morning`.
    pub fn new(
        store: Store,
        wake: Wake,
        incoming: mpsc::Receiver<Incoming>,
        (zone, morning): (TimeZone, Time),
    ) -> Self {
        Self {
            store,
            wake,
            incoming,
            kept: None,
            zone,
            morning,
        }
    }

    async fn take(&self, incoming: &Incoming) -> Result<(), store::Error> {
        match incoming {
            Incoming::Connected => {
                self.wake.home.notify_one();
                // What waited for it is said at once.
                self.wake.deliveries.notify_one();
                Ok(())
            }
            Incoming::Changed => {
                self.wake.home.notify_one();
                Ok(())
            }
            Incoming::Tapped(button) => match button.strip_prefix(BUTTON) {
                Some(link) => self.answer(link, None).await,
                None => Ok(()),
            },
            Incoming::Replied { button, words } => match button.strip_prefix(REPLY) {
                Some(link) if !words.trim().is_empty() => self.answer(link, Some(words)).await,
                Some(_) | None => Ok(()),
            },
        }
    }

    /// Does what the signed `link` says, or what was written under its name.
    async fn answer(&self, link: &str, words: Option<&String>) -> Result<(), store::Error> {
        let (link, words) = (link.to_owned(), words.cloned());
        let sent = link.clone();
        let look = move |tx: &store::ReadTx<'_>| links::open(tx, &sent);
        let claim = match self.store.read(Viewer::House, look).await? {
            Ok(claim) => claim,
            Err(dead) => {
                log::info!("a tap on a notification changes nothing: {dead}");
                return Ok(());
            }
        };
        let caller = match claim.person {
            Some(person) => Caller::person(person, CHANNEL),
            None => Caller::house(CHANNEL, CHANNEL),
        };
        let (zone, morning) = (self.zone.clone(), self.morning);
        let follow = move |tx: &store::WriteTx<'_>| {
            let next_morning = reminder::next_morning(tx.now(), morning, &zone);
            match &words {
                Some(words) => links::reply(tx, &link, words, next_morning),
                None => links::follow(tx, &link, next_morning),
            }
        };
        if let Err(dead) = self.store.write(caller, follow).await? {
            log::info!("a tap on a notification changes nothing: {dead}");
        }
        self.wake.reminders.notify_one();
        self.wake.home.notify_one();
        self.wake.state.notify_one();
        Ok(())
    }
}

impl Worker for TakeTaps {
    const NAME: &'static str = "take_taps";
    const REST: Duration = Duration::from_millis(1);

    async fn turn(&mut self, stop: &CancellationToken) -> Result<Turn, Error> {
        if self.kept.is_none() {
            tokio::select! {
                () = stop.cancelled() => return Ok(Turn::Idle),
                incoming = self.incoming.recv() => self.kept = incoming,
            }
        }
        let Some(incoming) = &self.kept else {
            // Nobody listens any more: the house closes.
            stop.cancelled().await;
            return Ok(Turn::Idle);
        };
        self.take(incoming).await?;
        self.kept = None;
        Ok(Turn::More)
    }
}
