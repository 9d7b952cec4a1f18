//! The life of the connection: dial, subscribe, say `online`, carry messages both ways, and when it
//! breaks wait a little longer each time before dialling again.
//!
//! Every connection gets a fresh client of the library, so that nothing of a broken one is left
//! behind: no half-sent packet, no acknowledgement for a number that means something else by now.
//! What was under way is reported as not sent; the store sends it again.
//!
//! [`Session`] is one connection. Its parts run side by side until the first of them ends:
//! `listen` polls the library and reacts, `send` takes messages from the queue, `ask_for_state`
//! tells the house to say everything anew, and `watch_over` ends a connection that has gone silent.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rumqttc::QoS::AtMostOnce;
use rumqttc::{
    AsyncClient, Event, EventLoop, MqttOptions, Outgoing, Packet, PubAck, Publish, SubAck,
    SubscribeFilter, SubscribeReasonCode,
};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, Semaphore, SemaphorePermit, mpsc, oneshot, watch};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::messages::{self, Command};
use super::trouble::Trouble;
use super::{Ack, Connection, Incoming, Outbound, PAYLOAD_MAX, QOS, Retain, Topics};
use crate::domain::clock::Clock;

/// Messages that are sent and not yet acknowledged at most.
const UNDER_WAY_MAX: usize = 32;

/// Requests that wait inside the library at most.
const LIBRARY_QUEUE_MAX: usize = 64;

/// How long dialling may take, in seconds, from the name to the broker's welcome.
const DIAL_SECONDS_MAX: u64 = 10;

/// A connection that leaves something unacknowledged for so long is given up.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// How long a farewell may take.
const FAREWELL_MAX: Duration = Duration::from_secs(2);

/// The shortest and the longest wait between two attempts.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(1));

/// A connection that lasted for so long was a good one: after it, waiting starts anew.
const STEADY_AFTER: Duration = Duration::from_secs(10);

/// Home Assistant asks every device at once when it starts; each answers after a moment of its own.
const ANSWER_HOME_ASSISTANT_MILLISECONDS: (u32, u32) = (500, 2500);

/// So long Home Assistant needs, with some to spare, to listen to the topics it is told about.
const LISTENERS_NEED: Duration = Duration::from_secs(5);

/// Commands that make no sense are named in the log once in this time at most.
const COMPLAIN_EVERY: Duration = Duration::from_mins(1);

/// Keeps the connection. Somebody must [`run`](Driver::run) it.
pub struct Driver {
    pub(super) options: MqttOptions,
    pub(super) topics: Topics,
    pub(super) clock: Clock,
    pub(super) broker: String,
    pub(super) outbound: mpsc::Receiver<Outbound>,
    pub(super) incoming: mpsc::Sender<Incoming>,
    pub(super) state: watch::Sender<Connection>,
}

/// How a session ended.
enum End {
    /// The house closes.
    Stopped,
    /// The connection is gone.
    Lost(Trouble),
}

impl Driver {
    /// Keeps the connection until `stop`, then says `offline` and takes leave.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut backoff = Backoff::default();
        let mut outage = Outage::default();
        let mut forget_session = false;
        loop {
            let began = Instant::now();
            let trouble = match self.session(forget_session, &mut outage, &stop).await {
                End::Stopped => break,
                End::Lost(trouble) => trouble,
            };
            forget_session = trouble.is_poisoned;
            self.went_down(&trouble.reason);
            outage.complain(&self.broker, &trouble.reason);
            if began.elapsed() >= STEADY_AFTER {
                backoff = Backoff::default();
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = sleep(backoff.next()) => (),
            }
        }
        self.went_down("workmate is stopping");
    }

    async fn session(
        &mut self,
        forget_session: bool,
        outage: &mut Outage,
        stop: &CancellationToken,
    ) -> End {
        let mut options = self.options.clone();
        options.set_clean_session(forget_session);
        let (client, mut library) = AsyncClient::new(options, LIBRARY_QUEUE_MAX);
        let mut network = library.network_options();
        network.set_tcp_nodelay(true);
        network.set_connection_timeout(DIAL_SECONDS_MAX);
        library.set_network_options(network);

        let permits = Semaphore::new(0);
        let session = Session {
            client,
            topics: &self.topics,
            clock: &self.clock,
            broker: &self.broker,
            incoming: &self.incoming,
            state: &self.state,
            permits: &permits,
            subscribed: Notify::new(),
            home_assistant_started: Notify::new(),
            missed: Arc::default(),
            traffic: Mutex::default(),
        };
        let trouble = tokio::select! {
            trouble = session.listen(&mut library, outage) => trouble,
            trouble = session.send(&mut self.outbound) => trouble,
            trouble = session.ask_for_state() => trouble,
            trouble = session.watch_over() => trouble,
            () = stop.cancelled() => {
                session.take_leave(&mut library).await;
                return End::Stopped;
            }
        };
        End::Lost(trouble)
    }

    /// Says that the broker is away, and hands back what waited for it.
    fn went_down(&mut self, reason: &str) {
        let now = self.clock.now();
        self.state.send_if_modified(|state| {
            let since = match state {
                Connection::Down { since, .. } => *since,
                Connection::Up { .. } => now,
            };
            let down = Connection::Down {
                since,
                reason: reason.to_owned(),
            };
            let is_news = *state != down;
            *state = down;
            is_news
        });
        // Dropping a message tells its sender that it was not sent.
        while let Ok(outbound) = self.outbound.try_recv() {
            drop(outbound);
        }
    }
}

/// One connection.
struct Session<'a> {
    client: AsyncClient,
    topics: &'a Topics,
    clock: &'a Clock,
    broker: &'a str,
    incoming: &'a mpsc::Sender<Incoming>,
    state: &'a watch::Sender<Connection>,
    /// None until the subscriptions stand; then one for each message under way.
    permits: &'a Semaphore,
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
        let mut filters = vec![SubscribeFilter::new(self.topics.commands(), QOS)];
        if let Some(status) = self.topics.home_assistant_status() {
            filters.push(SubscribeFilter::new(status, AtMostOnce));
        }
        self.traffic().subscribing_since = Some(Instant::now());
        self.client.try_subscribe_many(filters)?;
        self.traffic().handed.push_back(Parcel {
            since: Instant::now(),
            acknowledged: None,
            _permit: None,
        });
        let status = self.topics.status();
        self.client.try_publish(status, QOS, true, "online")
    }

    fn went_up(&self, confirmed: &SubAck, outage: &mut Outage) {
        outage.end(self.broker);
        if confirmed
            .return_codes
            .contains(&SubscribeReasonCode::Failure)
        {
            log::warn!(
                broker = self.broker, topic = self.topics.commands();
                "the broker does not let workmate listen; answers by MQTT will not arrive until its access rules allow it"
            );
        }
        self.traffic().subscribing_since = None;
        let since = self.clock.now();
        self.state.send_replace(Connection::Up { since });
        self.permits.add_permits(UNDER_WAY_MAX);
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
        if self.topics.home_assistant_status().as_ref() == Some(&publish.topic) {
            // A retained one is old news; the state is sent after every connection anyway.
            if !publish.retain && publish.payload.as_ref() == b"online" {
                self.home_assistant_started.notify_one();
            }
            return self.let_go(publish);
        }
        if publish.retain {
            self.refuse("it is retained, so it would be obeyed anew at every start");
            return self.let_go(publish);
        }
        match self.understand(publish) {
            Ok(incoming) => self.hand_over(incoming),
            Err(reason) => {
                self.refuse(&reason);
                self.let_go(publish);
            }
        }
    }

    fn understand(&self, publish: &Publish) -> Result<Incoming, String> {
        if publish.payload.len() > PAYLOAD_MAX {
            return Err("it is larger than 64 kB".to_owned());
        }
        let task = self.topics.answered_task(&publish.topic);
        let task = task.ok_or("its topic names no task")?;
        let command: Command = messages::command(&publish.payload).map_err(|it| it.to_string())?;
        let ack = Ack::of(&self.client, publish, &self.missed);
        Ok(Incoming::Answer { task, command, ack })
    }

    fn hand_over(&self, incoming: Incoming) {
        match self.incoming.try_send(incoming) {
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
            let Ok(permit) = self.permits.acquire().await else {
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
        while self.incoming.send(Incoming::StateWanted).await.is_ok() {
            sleep(LISTENERS_NEED).await;
            if self.incoming.send(Incoming::StateWanted).await.is_err() {
                break;
            }
            self.home_assistant_started.notified().await;
            let (least, most) = ANSWER_HOME_ASSISTANT_MILLISECONDS;
            sleep(Duration::from_millis(u64::from(random_between(
                least, most,
            ))))
            .await;
        }
        std::future::pending().await
    }

    /// Ends the connection when the broker has stopped confirming, or when it must be asked again
    /// for what found no room.
    async fn watch_over(&self) -> Trouble {
        loop {
            sleep(Duration::from_secs(1)).await;
            let traffic = self.traffic();
            let waiting = traffic.handed.iter().chain(traffic.sent.values());
            let oldest = waiting
                .map(|it| it.since)
                .chain(traffic.subscribing_since)
                .min();
            if oldest.is_some_and(|it| it.elapsed() > SILENCE_MAX) {
                return Trouble::new("the broker does not acknowledge any more");
            }
            if self.missed.load(Ordering::SeqCst)
                && self.incoming.capacity() == self.incoming.max_capacity()
            {
                return Trouble::new(
                    "a command could not be stored; the broker is asked for it again",
                );
            }
        }
    }

    /// Says `offline` ourselves, since the last will is not sent after an orderly farewell.
    async fn take_leave(&self, library: &mut EventLoop) {
        if matches!(&*self.state.borrow(), Connection::Down { .. }) {
            return;
        }
        let status = self.topics.status();
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

/// Says once that the broker is away, and once that it is back.
#[derive(Default)]
struct Outage {
    /// The reasons that were already given; empty while all is well.
    said: Vec<String>,
}

impl Outage {
    fn complain(&mut self, broker: &str, reason: &str) {
        // Each new reason is worth a line, up to a few.
        if self.said.iter().any(|it| it == reason) || self.said.len() >= 4 {
            return;
        }
        log::warn!(broker, reason; "no connection to the MQTT broker; reminders wait until there is one");
        self.said.push(reason.to_owned());
    }

    fn end(&mut self, broker: &str) {
        self.said.clear();
        log::info!(broker; "connected to the MQTT broker");
    }
}

/// How long to wait before the next attempt: doubled each time, with a quarter of chance, so that
/// a broker that comes back is not run over by all its clients at once.
struct Backoff(Duration);

impl Default for Backoff {
    fn default() -> Self {
        Self(BACKOFF.0)
    }
}

impl Backoff {
    fn next(&mut self) -> Duration {
        let wait = self.0;
        self.0 = (wait * 2).min(BACKOFF.1);
        wait * random_between(75, 125) / 100
    }
}

/// A number from `least` to `most`. Without chance (the kernel always has some), the middle.
fn random_between(least: u32, most: u32) -> u32 {
    let span = most.saturating_sub(least);
    let chance = getrandom::u32().unwrap_or(span / 2);
    least + chance % (span + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_doubles_up_to_a_minute() {
        let mut backoff = Backoff::default();
        for seconds in [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0] {
            let waited = backoff.next().as_secs_f64();
            assert!(
                (0.74 * seconds..1.26 * seconds).contains(&waited),
                "{waited} for {seconds}"
            );
        }
    }

    #[test]
    fn an_outage_is_spoken_of_once_for_each_reason() {
        let mut outage = Outage::default();
        for reason in ["away", "away", "refused", "away", "a", "b", "c", "d"] {
            outage.complain("mqtt://x", reason);
        }
        assert_eq!(outage.said, ["away", "refused", "a", "b"]);
        outage.end("mqtt://x");
        assert!(outage.said.is_empty());
    }
}
