//! The household's MQTT broker: reminders go out, answers come in.
//!
//! [`open`] gives three things: a [`Client`] that publishes, a [`Driver`] that somebody must run,
//! and a channel of [`Incoming`]. Read `address` for how a broker is named, `driver` for how it is
//! reached again and again, `session` for one connection, `messages` for what is said.
//!
//! Promises:
//! - [`Client::publish`] succeeds only when the broker has acknowledged the message (MQTT 3.1.1,
//!   quality of service 1). It never hangs: without a connection, or without an acknowledgement in
//!   [`ACKNOWLEDGED_WITHIN`], it is transient, and the message may or may not have arrived.
//!   Nothing is kept here for later; the outbox is the store.
//! - A command is acknowledged to the broker only by its [`Ack`], so after it was stored. What was
//!   not acknowledged comes again with the next connection, because the session is persistent: a
//!   command that is sent while workmate is down waits at the broker.
//! - A program asks for more on `PREFIX/command/…` and is answered on `PREFIX/response/…` alone; see
//!   [`commands`].
//! - Retained commands are ignored: they would be obeyed anew at every start.
//! - `PREFIX/status` says `online` after every connection and `offline` (last will) after a lost one.

mod address;
pub mod cleanup;
pub mod commands;
mod driver;
pub mod figures;
pub mod messages;
mod session;
mod tls;
mod trouble;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use rumqttc::{AsyncClient, Publish, QoS};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};

pub use self::address::SettingsError;
pub use self::commands::Accepts;
use self::commands::Order;
pub use self::driver::Driver;
use self::messages::Command;
use super::SendError;
use crate::domain::clock::Clock;
use crate::domain::id::{PersonId, TaskId};

/// How long the broker may take to acknowledge a message.
pub const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(15);

/// The largest payload that goes out or is understood when it comes in, in bytes; only an upload may
/// be larger.
pub const PAYLOAD_MAX: usize = 64 * 1024;

/// Messages that wait for their turn at most; further senders wait outside.
const QUEUE_MAX: usize = 64;

/// Incoming messages that the receiver has not taken yet at most; further ones stay at the broker.
const INCOMING_MAX: usize = 2048;

/// Kilobytes of commands that wait for the receiver at most; further ones stay at the broker.
const WAITING_KILOBYTES_MAX: usize = 8 * 1024;

/// How the broker is reached and what workmate is called there.
#[derive(Clone)]
pub struct Settings {
    /// `mqtt://user:password@host:port`, or `mqtts://` for TLS. User, password and port may be left
    /// out; the ports are 1883 and 8883. Reserved characters are percent-encoded.
    pub url: String,
    /// The password, where it does not stand in the address.
    pub password: Option<String>,
    /// PEM file of the authority that signed the broker's certificate; the machine's authorities if
    /// nothing is given.
    pub ca_file: Option<PathBuf>,
    /// The first part of every topic. Two houses on one broker need two.
    pub prefix: String,
    /// Where Home Assistant listens for devices; `homeassistant` unless changed there. Empty: there
    /// is no Home Assistant.
    pub discovery_prefix: String,
    /// What is taken beside answers.
    pub accepts: Accepts,
}

impl Settings {
    /// With everything else as usual.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            password: None,
            ca_file: None,
            prefix: "workmate".to_owned(),
            discovery_prefix: "homeassistant".to_owned(),
            accepts: Accepts::default(),
        }
    }

    /// The topics of this house.
    pub fn topics(&self) -> Topics {
        Topics {
            prefix: self.prefix.clone(),
            discovery_prefix: self.discovery_prefix.clone(),
        }
    }
}

impl fmt::Debug for Settings {
    /// Without the address, which may hold a password.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Settings")
            .field("ca_file", &self.ca_file)
            .field("prefix", &self.prefix)
            .field("discovery_prefix", &self.discovery_prefix)
            .finish_non_exhaustive()
    }
}

/// Where what is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topics {
    prefix: String,
    discovery_prefix: String,
}

impl Topics {
    /// `online` or `offline`, retained.
    pub fn status(&self) -> String {
        format!("{}/status", self.prefix)
    }

    /// Counts and days, retained: [`messages::Summary`].
    pub fn summary(&self) -> String {
        format!("{}/summary", self.prefix)
    }

    /// What is next, by name, never retained: [`messages::Next`].
    pub fn next(&self) -> String {
        format!("{}/next", self.prefix)
    }

    /// What one person has to do, retained: [`figures::Share`].
    pub fn person(&self, person: PersonId) -> String {
        format!("{}/person/{person}", self.prefix)
    }

    /// How the daemon is, retained: [`figures::Diagnostics`].
    pub fn diagnostics(&self) -> String {
        format!("{}/diagnostics", self.prefix)
    }

    /// Money, never retained: [`figures::ToPay`].
    pub fn money(&self) -> String {
        format!("{}/money", self.prefix)
    }

    /// One message for what happened to a document, never retained: [`figures::Arrived`].
    pub fn document(&self) -> String {
        format!("{}/document", self.prefix)
    }

    /// The first page of the latest document as a picture, never retained.
    pub fn page(&self) -> String {
        format!("{}/page", self.prefix)
    }

    /// Where `client` asks for something: `verb` is one of those that [`commands`] names.
    pub fn command(&self, client: &str, verb: &str) -> String {
        format!("{}/command/{client}/{verb}", self.prefix)
    }

    /// Where `client` is answered, never retained: [`commands::Response`].
    pub fn response(&self, client: &str) -> String {
        format!("{}/response/{client}", self.prefix)
    }

    /// One message per reminder, never retained: [`messages::Spoken`].
    pub fn reminder(&self) -> String {
        format!("{}/reminder", self.prefix)
    }

    /// Where a task is answered: [`messages::Command`].
    pub fn task_set(&self, task: TaskId) -> String {
        format!("{}/task/{task}/set", self.prefix)
    }

    /// Home Assistant's description of the device, retained: [`super::home_assistant::discovery`].
    pub fn discovery(&self) -> String {
        format!("{}/device/{}/config", self.discovery_prefix, self.id())
    }

    /// The prefix as an id: letters, digits, `-` and `_`; names the device and the client.
    pub fn id(&self) -> String {
        let plain = |it: char| {
            if it.is_ascii_alphanumeric() || it == '-' {
                it
            } else {
                '_'
            }
        };
        self.prefix.chars().map(plain).collect()
    }

    /// Every task's `set`.
    fn answers(&self) -> String {
        format!("{}/task/+/set", self.prefix)
    }

    /// Every client's every verb.
    fn commands(&self) -> String {
        format!("{}/command/+/+", self.prefix)
    }

    /// The client and the verb of a command's topic.
    fn asked<'a>(&self, topic: &'a str) -> Option<(&'a str, &'a str)> {
        let rest = topic
            .strip_prefix(&self.prefix)?
            .strip_prefix("/command/")?;
        rest.split_once('/')
    }

    /// Where Home Assistant says that it has started, if there is one.
    fn home_assistant_status(&self) -> Option<String> {
        let prefix = &self.discovery_prefix;
        (!prefix.is_empty()).then(|| format!("{prefix}/status"))
    }

    /// The task that a topic answers.
    fn answered_task(&self, topic: &str) -> Option<TaskId> {
        let rest = topic.strip_prefix(&self.prefix)?.strip_prefix("/task/")?;
        rest.strip_suffix("/set")?.parse().ok()
    }
}

/// Whether the broker hands the last message of a topic to everybody who subscribes later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retain {
    /// It does. Such messages carry counts and days, no content of documents.
    Yes,
    /// Only who listens now gets it.
    No,
}

/// Whether the broker is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Connection {
    /// It is not.
    Down {
        /// Since when.
        since: Timestamp,
        /// Why, as a sentence without secrets.
        reason: String,
    },
    /// It is, and has accepted the subscriptions.
    Up {
        /// Since when.
        since: Timestamp,
    },
}

/// What the broker brings.
#[derive(Debug)]
pub enum Incoming {
    /// Somebody answered a task. Store it, then acknowledge it.
    Answer {
        /// Which task; it may not exist.
        task: TaskId,
        /// What was said.
        command: Command,
        /// To be called once the answer is stored.
        ack: Ack,
    },
    /// Somebody asked for something, or tried to. Do it, acknowledge it, then answer.
    Asked {
        /// What.
        order: Order,
        /// To be called once it is done.
        ack: Ack,
    },
    /// Home Assistant has said that it has started, so it listens to this broker.
    HomeAssistantStarted,
    /// Everything should be said again, the discovery first: the broker is back (it may have
    /// forgotten), or Home Assistant has started.
    StateWanted,
    /// The same without the discovery, which is retained: some seconds later, because who has just
    /// come back, or just learnt of a topic, did not listen to it yet and missed what is not.
    FiguresWanted,
}

/// Tells the broker that a message is safe. Dropped without [`Ack::done`], for instance because
/// storing failed, the message comes again with the next connection, which is made soon.
#[must_use = "the broker keeps a message until it is acknowledged"]
#[derive(Debug)]
pub struct Ack(Option<Pending>);

#[derive(Debug)]
struct Pending {
    client: AsyncClient,
    packet: Publish,
    missed: Arc<AtomicBool>,
}

impl Ack {
    fn of(client: &AsyncClient, publish: &Publish, missed: &Arc<AtomicBool>) -> Self {
        // The payload is not kept: the acknowledgement needs the packet's number alone.
        let mut packet = Publish::new("", publish.qos, Vec::new());
        packet.pkid = publish.pkid;
        Self(Some(Pending {
            client: client.clone(),
            packet,
            missed: Arc::clone(missed),
        }))
    }

    /// The message is stored. If the connection is gone by now, the message will come again, which
    /// an answer bears.
    pub async fn done(mut self) {
        if let Some(pending) = self.0.take()
            && pending.client.ack(&pending.packet).await.is_err()
        {
            log::debug!("an acknowledgement came after its connection; the message comes again");
        }
    }
}

impl Drop for Ack {
    fn drop(&mut self) {
        if let Some(pending) = &self.0 {
            pending.missed.store(true, Ordering::SeqCst);
        }
    }
}

/// One message on its way out.
struct Outbound {
    topic: String,
    payload: Vec<u8>,
    retain: Retain,
    /// Told when the broker has acknowledged it; dropped when the connection was lost.
    acknowledged: oneshot::Sender<()>,
}

/// Publishes. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Client {
    queue: mpsc::Sender<Outbound>,
    state: watch::Receiver<Connection>,
    broker: String,
}

impl Client {
    /// Says `payload` on `topic` and waits until the broker has acknowledged it.
    pub async fn publish(
        &self,
        topic: &str,
        payload: Vec<u8>,
        retain: Retain,
    ) -> Result<(), SendError> {
        if topic.is_empty() || topic.len() > usize::from(u16::MAX) || !rumqttc::valid_topic(topic) {
            return Err(SendError::permanent(
                "the topic holds a wildcard or is too long",
            ));
        }
        if payload.len() > PAYLOAD_MAX {
            let reason = format!("the message is larger than {} kB", PAYLOAD_MAX / 1024);
            return Err(SendError::permanent(reason));
        }
        if let Connection::Down { reason, .. } = &*self.state.borrow() {
            return Err(SendError::transient(reason.clone()));
        }
        let (acknowledged, waiting) = oneshot::channel();
        let outbound = Outbound {
            topic: topic.to_owned(),
            payload,
            retain,
            acknowledged,
        };
        let sending = async {
            if self.queue.send(outbound).await.is_err() {
                return Err(SendError::transient("workmate is stopping"));
            }
            waiting
                .await
                .map_err(|_| SendError::transient("the connection to the broker was lost"))
        };
        tokio::time::timeout(ACKNOWLEDGED_WITHIN, sending)
            .await
            .unwrap_or_else(|_| {
                Err(SendError::transient(
                    "the broker did not acknowledge the message in time",
                ))
            })
    }

    /// Whether the broker is there, and a way to be told when that changes.
    pub fn connection(&self) -> watch::Receiver<Connection> {
        self.state.clone()
    }

    /// The broker's address without user and password.
    pub fn broker(&self) -> &str {
        &self.broker
    }
}

/// Checks the settings, reads the authority's file, and makes the three parts. Nothing is said to
/// the broker before the driver runs.
pub fn open(
    settings: &Settings,
    clock: Clock,
) -> Result<(Client, Driver, mpsc::Receiver<Incoming>), SettingsError> {
    let broker = address::parse(settings)?;
    let (queue, outbound) = mpsc::channel(QUEUE_MAX);
    let (incoming, received) = mpsc::channel(INCOMING_MAX);
    let (state, observed) = watch::channel(Connection::Down {
        since: clock.now(),
        reason: "not connected yet".to_owned(),
    });
    let client = Client {
        queue,
        state: observed,
        broker: broker.to_string(),
    };
    let topics = settings.topics();
    let driver = Driver {
        options: broker.options(&topics)?,
        topics,
        accepts: settings.accepts,
        room: Arc::new(Semaphore::new(WAITING_KILOBYTES_MAX)),
        clock,
        broker: broker.to_string(),
        outbound,
        incoming,
        state,
    };
    Ok((client, driver, received))
}

const QOS: QoS = QoS::AtLeastOnce;
