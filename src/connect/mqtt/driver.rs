//! The life of the connection: dial, subscribe, say `online`, carry messages both ways, and when it
//! breaks wait a little longer each time before dialling again.
//!
//! Every connection gets a fresh client of the library, so that nothing of a broken one is left
//! behind: no half-sent packet, no acknowledgement for a number that means something else by now.
//! What was under way is reported as not sent; the store sends it again.

use std::sync::Arc;
use std::time::Duration;

use rumqttc::{AsyncClient, MqttOptions};
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::session::{Line, Session};
use super::trouble::Trouble;
use super::{Accepts, Connection, Incoming, Outbound, Topics};
use crate::domain::clock::Clock;

/// Requests that wait inside the library at most.
const LIBRARY_QUEUE_MAX: usize = 64;

/// How long dialling may take, in seconds, from the name to the broker's welcome.
const DIAL_SECONDS_MAX: u64 = 10;

/// The shortest and the longest wait between two attempts. A broker is in the house, or nearly so:
/// asking it often costs nothing, and when it is back the house is heard again within seven seconds.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(5));

/// A connection that lasted for so long was a good one: after it, waiting starts anew.
const STEADY_AFTER: Duration = Duration::from_secs(10);

/// Keeps the connection. Somebody must [`run`](Driver::run) it.
pub struct Driver {
    pub(super) options: MqttOptions,
    pub(super) topics: Topics,
    pub(super) accepts: Accepts,
    /// Of a permit for each kilobyte of commands that may wait.
    pub(super) room: Arc<Semaphore>,
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
        let line = Line {
            topics: &self.topics,
            accepts: self.accepts,
            room: &self.room,
            clock: &self.clock,
            broker: &self.broker,
            incoming: &self.incoming,
            state: &self.state,
            permits: &permits,
        };
        let session = Session::new(client, line);
        tokio::select! {
            trouble = session.run(&mut library, &mut self.outbound, outage) => End::Lost(trouble),
            () = stop.cancelled() => {
                session.take_leave(&mut library).await;
                End::Stopped
            }
        }
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

/// Says once that the broker is away, and once that it is back.
#[derive(Default)]
pub(super) struct Outage {
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

    pub(super) fn end(&mut self, broker: &str) {
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
pub(super) fn random_between(least: u32, most: u32) -> u32 {
    let span = most.saturating_sub(least);
    let chance = getrandom::u32().unwrap_or(span / 2);
    least + chance % (span + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_doubles_up_to_five_seconds() {
        let mut backoff = Backoff::default();
        for seconds in [1.0, 2.0, 4.0, 5.0, 5.0] {
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
