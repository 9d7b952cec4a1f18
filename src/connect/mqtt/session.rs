//! One connection to the broker, from its welcome to its end.
//!
//! Its parts run side by side until the first of them ends: `listen` polls the library and reacts,
//! `send` takes messages from the queue, `ask_for_state` tells the house to say everything anew, and
//! `watch_over` ends a connection that has gone silent.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rumqttc::QoS::AtMostOnce;
use rumqttc::{
    AsyncClient, Event, EventLoop, Outgoing, Packet, PubAck, Publish, SubAck, SubscribeFilter,
    SubscribeReasonCode,
};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, Semaphore, SemaphorePermit, mpsc, oneshot, watch};
use tokio::time::{Instant, sleep};

use super::commands::{self, Accepts};
use super::driver::{Outage, random_between};
use super::messages::{self, Command};
use super::trouble::Trouble;
use super::{Ack, Connection, Incoming, Outbound, PAYLOAD_MAX, QOS, Retain, Topics};
use crate::domain::clock::Clock;

/// Messages that are sent and not yet acknowledged at most.
const UNDER_WAY_MAX: usize = 32;

/// A connection that leaves something unacknowledged for so long is given up.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// How often a connection is watched: while something is unacknowledged, and while nothing is.
const WATCHED_EACH: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(5));

/// How long a farewell may take.
const FAREWELL_MAX: Duration = Duration::from_secs(2);

/// Home Assistant asks every device at once when it starts; each answers after a moment of its own.
const ANSWER_HOME_ASSISTANT_MILLISECONDS: (u32, u32) = (500, 2500);

/// The pauses after which the figures are said anew once a connection stands. Who was away with the
/// broker comes back when it will: Home Assistant tries each ten seconds, and needs a moment more to
/// listen to the topics it is told about; what names something is not retained, and so is heard by
/// those alone who listen.
const FIGURES_ANEW_SECONDS: [u64; 4] = [3, 3, 3, 4];

/// The same once Home Assistant has started: it listens at once to what it knew before, and to the
/// topics that it is told about within five seconds.
const FIGURES_AFTER_START_SECONDS: [u64; 3] = [1, 2, 2];

/// Commands that make no sense are named in the log once in this time at most.
const COMPLAIN_EVERY: Duration = Duration::from_mins(1);

/// What a connection belongs to.
pub(super) struct Line<'a> {
    pub(super) topics: &'a Topics,
    pub(super) accepts: Accepts,
    /// Of a permit for each kilobyte of commands that may wait.
    pub(super) room: &'a Arc<Semaphore>,
    pub(super) clock: &'a Clock,
    /// The broker's address without secrets.
    pub(super) broker: &'a str,
    pub(super) incoming: &'a mpsc::Sender<Incoming>,
    pub(super) state: &'a watch::Sender<Connection>,
    /// Of no permits. None until the subscriptions stand; then one for each message under way.
    pub(super) permits: &'a Semaphore,
}

/// One connection.
pub(super) struct Session<'a> {
    client: AsyncClient,
    line: Line<'a>,
    subscribed: Notify,
    home_assistant_started: Notify,
    /// A command found no room, or could not be stored. It was not acknowledged, so the broker still
    /// has it.
    missed: Arc<AtomicBool>,
    traffic: Mutex<Traffic<'a>>,
}

/// What is under way.
#[derive(Default)]
struct Traffic<'a> {
    /// Handed to the library, which has not numbered them yet; it takes them in this order.
    handed: VecDeque<Parcel<'a>>,
    /// On their way under these packet numbers.
    sent: HashMap<u16, Parcel<'a>>,
    /// When the subscriptions were asked for, until they are confirmed.
    subscribing_since: Option<Instant>,
    /// Commands that made no sense, and when that was last said.
    refused: u64,
    complained_at: Option<Instant>,
}

/// One message under way.
struct Parcel<'a> {
    since: Instant,
    acknowledged: Option<oneshot::Sender<()>>,
    _permit: Option<SemaphorePermit<'a>>,
}

impl<'a> Session<'a> {
    /// A connection that `client` is about to make.
    pub(super) fn new(client: AsyncClient, line: Line<'a>) -> Self {
        Self {
            client,
            line,
            subscribed: Notify::new(),
            home_assistant_started: Notify::new(),
            missed: Arc::default(),
            traffic: Mutex::default(),
        }
    }

    /// Carries messages both ways until the connection ends.
    pub(super) async fn run(
        &self,
        library: &mut EventLoop,
        outbound: &mut mpsc::Receiver<Outbound>,
        outage: &mut Outage,
    ) -> Trouble {
        tokio::select! {
            trouble = self.listen(library, outage) => trouble,
            trouble = self.send(outbound) => trouble,
            trouble = self.ask_for_state() => trouble,
            trouble = self.watch_over() => trouble,
        }
    }

    fn traffic(&self) -> MutexGuard<'_, Traffic<'a>> {
        self.traffic.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Polls the library, which does the sending and receiving, and reacts to what it tells.
    async fn listen(&self, library: &mut EventLoop, outage: &mut Outage) -> Trouble {
        loop {
            let event = match library.poll().await {
                Ok(event) => event,
                Err(error) => return Trouble::from(error),
            };
            match event {
                Event::Incoming(Packet::ConnAck(_)) => {
                    if self.greet().is_err() {
                        return Trouble::new("the broker was gone as soon as it answered");
                    }
                }
                Event::Incoming(Packet::SubAck(confirmed)) => self.went_up(&confirmed, outage),
                Event::Incoming(Packet::PubAck(confirmed)) => self.delivered(&confirmed),
                Event::Incoming(Packet::Publish(publish)) => self.receive(&publish),
                Event::Outgoing(Outgoing::Publish(number)) => {
                    let mut traffic = self.traffic();
                    if let Some(parcel) = traffic.handed.pop_front() {
                        traffic.sent.insert(number, parcel);
                    }
                }
                Event::Incoming(_) | Event::Outgoing(_) => (),
            }
        }
    }

    /// The broker has let us in: listen first, then say that we are there.
    fn greet(&self) -> Result<(), rumqttc::ClientError> {
        let topics = self.line.topics;
        let filters = [topics.answers(), topics.commands()];
        let mut filters: Vec<SubscribeFilter> = filters
            .into_iter()
            .map(|it| SubscribeFilter::new(it, QOS))
            .collect();
        if let Some(status) = self.line.topics.home_assistant_status() {
            filters.push(SubscribeFilter::new(status, AtMostOnce));
        }
        self.traffic().subscribing_since = Some(Instant::now());
        self.client.try_subscribe_many(filters)?;
        self.traffic().handed.push_back(Parcel {
            since: Instant::now(),
            acknowledged: None,
            _permit: None,
        });
        let status = self.line.topics.status();
        self.client.try_publish(status, QOS, true, "online")
    }

    fn went_up(&self, confirmed: &SubAck, outage: &mut Outage) {
        outage.end(self.line.broker);
        if confirmed
            .return_codes
            .contains(&SubscribeReasonCode::Failure)
        {
            log::warn!(
                broker = self.line.broker, topic = self.line.topics.answers();
                "the broker does not let workmate listen; answers by MQTT will not arrive until its access rules allow it"
            );
        }
        self.traffic().subscribing_since = None;
        let since = self.line.clock.now();
        self.line.state.send_replace(Connection::Up { since });
        self.line.permits.add_permits(UNDER_WAY_MAX);
        self.subscribed.notify_one();
    }

    fn delivered(&self, confirmed: &PubAck) {
        let parcel = self.traffic().sent.remove(&confirmed.pkid);
        if let Some(acknowledged) = parcel.and_then(|it| it.acknowledged)
            && acknowledged.send(()).is_err()
        {
            log::debug!("a message was acknowledged after its sender had given up");
        }
    }

    fn receive(&self, publish: &Publish) {
        if self.line.topics.home_assistant_status().as_ref() == Some(&publish.topic) {
            // A retained one is old news; the state is sent after every connection anyway.
            if !publish.retain && publish.payload.as_ref() == b"online" {
                self.home_assistant_started.notify_one();
                self.hand_over(Incoming::HomeAssistantStarted);
            }
            return self.let_go(publish);
        }
        if publish.retain {
            self.refuse("it is retained, so it would be obeyed anew at every start");
            return self.let_go(publish);
        }
        match self.understand(publish) {
            Ok(Some(incoming)) => self.hand_over(incoming),
            // It stays at the broker.
            Ok(None) => (),
            Err(reason) => {
                self.refuse(&reason);
                self.let_go(publish);
            }
        }
    }

    fn understand(&self, publish: &Publish) -> Result<Option<Incoming>, String> {
        if let Some((client, verb)) = self.line.topics.asked(&publish.topic) {
            return self.asked(publish, client, verb);
        }
        if publish.payload.len() > PAYLOAD_MAX {
            return Err("it is larger than 64 kB".to_owned());
        }
        let task = self.line.topics.answered_task(&publish.topic);
        let task = task.ok_or("its topic names no task")?;
        let command: Command = messages::command(&publish.payload).map_err(|it| it.to_string())?;
        let ack = Ack::of(&self.client, publish, &self.missed);
        Ok(Some(Incoming::Answer { task, command, ack }))
    }

    /// A command; what is wrong with it, its client is told. Nothing where too much waits already.
    fn asked(
        &self,
        publish: &Publish,
        client: &str,
        verb: &str,
    ) -> Result<Option<Incoming>, String> {
        if !commands::is_name(client) {
            return Err("its topic names no client that could be answered".to_owned());
        }
        let ack = Ack::of(&self.client, publish, &self.missed);
        let kilobytes = u32::try_from(publish.payload.len() / 1024 + 1).unwrap_or(u32::MAX);
        let room = Arc::clone(self.line.room).try_acquire_many_owned(kilobytes);
        let Ok(room) = room else {
            log::debug!("more commands wait than there is room for; it is fetched again");
            // Dropped unacknowledged, it counts as missed.
            drop(ack);
            return Ok(None);
        };
        let order = commands::order(client, verb, &publish.payload, self.line.accepts);
        let order = order.holding(room, publish.dup);
        Ok(Some(Incoming::Asked { order, ack }))
    }

    fn hand_over(&self, incoming: Incoming) {
        match self.line.incoming.try_send(incoming) {
            Ok(()) => (),
            // Dropped unacknowledged, it counts as missed.
            Err(TrySendError::Full(_)) => {
                log::debug!("more commands came than there is room for; they are fetched again");
            }
            Err(TrySendError::Closed(_)) => log::debug!("nobody listens to commands any more"),
        }
    }

    /// Acknowledges what nobody needs to store.
    fn let_go(&self, publish: &Publish) {
        // With the library's queue full it comes again, and is let go then.
        if self.client.try_ack(publish).is_err() {
            log::debug!("an acknowledgement found no room");
        }
    }

    fn refuse(&self, reason: &str) {
        let mut traffic = self.traffic();
        traffic.refused += 1;
        if traffic
            .complained_at
            .is_some_and(|it| it.elapsed() < COMPLAIN_EVERY)
        {
            return;
        }
        traffic.complained_at = Some(Instant::now());
        log::warn!(count = traffic.refused, reason; "a command by MQTT was not obeyed");
        traffic.refused = 0;
    }

    /// Takes messages from the queue, as many at a time as may be under way.
    async fn send(&self, outbound: &mut mpsc::Receiver<Outbound>) -> Trouble {
        loop {
            let Ok(permit) = self.line.permits.acquire().await else {
                return std::future::pending().await;
            };
            let Some(message) = outbound.recv().await else {
                // Nobody publishes any more; the connection still listens.
                return std::future::pending().await;
            };
            if message.acknowledged.is_closed() {
                // Its sender has given up waiting and will try again.
                continue;
            }
            self.traffic().handed.push_back(Parcel {
                since: Instant::now(),
                acknowledged: Some(message.acknowledged),
                _permit: Some(permit),
            });
            let retain = message.retain == Retain::Yes;
            let handed = self
                .client
                .publish(message.topic, QOS, retain, message.payload);
            if handed.await.is_err() {
                return Trouble::new("the connection to the broker was lost");
            }
        }
    }

    /// Tells the house to say everything anew: now, and whenever Home Assistant has started.
    async fn ask_for_state(&self) -> Trouble {
        self.subscribed.notified().await;
        self.want(Incoming::StateWanted).await;
        let mut pauses = FIGURES_ANEW_SECONDS.iter();
        loop {
            let pause = pauses.next().copied();
            let pass = async {
                match pause {
                    Some(seconds) => sleep(Duration::from_secs(seconds)).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.home_assistant_started.notified() => {
                    let (least, most) = ANSWER_HOME_ASSISTANT_MILLISECONDS;
                    let moment = u64::from(random_between(least, most));
                    sleep(Duration::from_millis(moment)).await;
                    self.want(Incoming::StateWanted).await;
                    pauses = FIGURES_AFTER_START_SECONDS.iter();
                }
                () = pass => self.want(Incoming::FiguresWanted).await,
            }
        }
    }

    async fn want(&self, what: Incoming) {
        if self.line.incoming.send(what).await.is_err() {
            // The daemon ends: nobody is there to say it.
            std::future::pending::<()>().await;
        }
    }

    /// Ends the connection when the broker has stopped confirming, or when it must be asked again
    /// for what found no room.
    async fn watch_over(&self) -> Trouble {
        let mut pause = WATCHED_EACH.1;
        loop {
            sleep(pause).await;
            let traffic = self.traffic();
            let waiting = traffic.handed.iter().chain(traffic.sent.values());
            let oldest = waiting
                .map(|it| it.since)
                .chain(traffic.subscribing_since)
                .min();
            // Who waits for nothing need not look so often: each look wakes a sleeping machine.
            pause = match oldest {
                Some(_) => WATCHED_EACH.0,
                None => WATCHED_EACH.1,
            };
            if oldest.is_some_and(|it| it.elapsed() > SILENCE_MAX) {
                return Trouble::new("the broker does not acknowledge any more");
            }
            if self.missed.load(Ordering::SeqCst)
                && self.line.incoming.capacity() == self.line.incoming.max_capacity()
            {
                return Trouble::new(
                    "a command could not be stored; the broker is asked for it again",
                );
            }
        }
    }

    /// Says `offline` ourselves, since the last will is not sent after an orderly farewell.
    pub(super) async fn take_leave(&self, library: &mut EventLoop) {
        if matches!(&*self.line.state.borrow(), Connection::Down { .. }) {
            return;
        }
        let status = self.line.topics.status();
        if self
            .client
            .try_publish(status, QOS, true, "offline")
            .is_err()
            || self.client.try_disconnect().is_err()
        {
            return;
        }
        let farewell = async {
            while let Ok(event) = library.poll().await {
                match event {
                    Event::Incoming(Packet::PubAck(confirmed)) => self.delivered(&confirmed),
                    Event::Outgoing(Outgoing::Disconnect) => return,
                    Event::Incoming(_) | Event::Outgoing(_) => (),
                }
            }
        };
        if tokio::time::timeout(FAREWELL_MAX, farewell).await.is_err() {
            log::debug!("the broker did not hear the farewell");
        }
    }
}
