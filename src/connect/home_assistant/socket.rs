//! Home Assistant's WebSocket API, <https://developers.home-assistant.io/docs/api/websocket>: calls go
//! out, taps on notifications and changes of the few entities that were named come in.
//!
//! [`Driver`] keeps the connection: it dials, shows the token, listens, and when the connection breaks
//! waits a little longer each time before it dials again. What was under way then is reported as not
//! sent; the store sends it again. A token that Home Assistant does not know is no outage: it is said
//! once, and asked about again only rarely, because wrong logins get an address banned.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::session::Session;
use super::websocket::{self, Heard};
use crate::connect::SendError;
use crate::connect::http::{self, Http};
use crate::domain::clock::Clock;

/// Where the API is below the address.
const PATH: &str = "/api/websocket";
/// For the opening, and for showing the token.
const DIAL_PATIENCE: Duration = Duration::from_secs(15);
/// For one call, answer included, as a house waits.
pub const CALL_PATIENCE: Duration = Duration::from_secs(20);
/// Calls that wait to be sent at the most.
const OUTBOUND_MAX: usize = 64;
/// Things that came in and wait to be taken at the most.
const INCOMING_MAX: usize = 64;
/// The shortest and the longest wait between two attempts.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(8));
/// The wait after a token was refused.
const REFUSED_WAIT: Duration = Duration::from_hours(1);
/// A connection that lasted for so long was a good one.
const STEADY_AFTER: Duration = Duration::from_secs(10);

/// How Home Assistant is reached, and what of it is listened to.
#[derive(Clone)]
pub struct Settings {
    /// Goes only where a person said.
    pub http: Http,
    /// Its address.
    pub url: Url,
    /// A long-lived access token of an administrator.
    pub token: String,
    /// Entities whose states are followed.
    pub entities: Vec<String>,
    /// The to-do list whose items are followed.
    pub list: Option<String>,
    /// How long a call may take, answer included.
    pub patience: Duration,
}

/// A token never shows.
impl std::fmt::Debug for Settings {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Settings")
            .field("host", &self.url.host_str())
            .field("entities", &self.entities)
            .finish_non_exhaustive()
    }
}

/// How the connection is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Connection {
    /// There is none; it is tried again.
    Down {
        /// Since when.
        since: Timestamp,
        /// Why, in words for people.
        reason: String,
    },
    /// Home Assistant does not know the token.
    Refused {
        /// Since when.
        since: Timestamp,
    },
    /// It stands.
    Up {
        /// Since when.
        since: Timestamp,
        /// Home Assistant's version.
        version: String,
        /// Whether taps on notifications are heard, which only an administrator's token may.
        hears_taps: bool,
    },
}

/// An entity as it is now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entity {
    /// Its state.
    pub state: String,
    /// What it can do, in the bits of its domain.
    pub features: u64,
}

impl Entity {
    /// Whether it is there and loaded.
    pub fn is_available(&self) -> bool {
        !matches!(self.state.as_str(), "" | "unavailable" | "unknown")
    }
}

/// The followed entities that are there, by their ids.
pub type Entities = BTreeMap<String, Entity>;

/// What comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// The connection stands (again).
    Connected,
    /// Somebody tapped one of our buttons: what its notification called it.
    Tapped(String),
    /// Somebody wrote something below one of our notifications.
    Replied {
        /// What its notification called the button.
        button: String,
        /// What was written.
        words: String,
    },
    /// A followed entity or an item of the list is not as it was.
    Changed,
}

type Answer = Result<Value, SendError>;

/// A call on its way.
pub(super) struct Ask {
    /// All of it but the number.
    pub command: Value,
    /// Who waits.
    pub answer: oneshot::Sender<Answer>,
}

/// Speaks to Home Assistant while the driver runs. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    outbound: mpsc::Sender<Ask>,
    connection: watch::Receiver<Connection>,
    entities: watch::Receiver<Entities>,
    settings: Arc<Settings>,
}

impl Client {
    /// How the connection is.
    pub fn connection(&self) -> watch::Receiver<Connection> {
        self.connection.clone()
    }

    /// Whether calls go through.
    pub fn is_up(&self) -> bool {
        matches!(*self.connection.borrow(), Connection::Up { .. })
    }

    /// A followed entity, if it is there.
    pub fn entity(&self, id: &str) -> Option<Entity> {
        self.entities.borrow().get(id).cloned()
    }

    /// Calls a command of the API; its result.
    pub async fn ask(&self, command: Value) -> Result<Value, SendError> {
        if !self.is_up() {
            return Err(away());
        }
        let (answer, answered) = oneshot::channel();
        let asked = async {
            let ask = Ask { command, answer };
            self.outbound.send(ask).await.map_err(|_| away())?;
            answered.await.map_err(|_| away())?
        };
        let late = || SendError::transient("Home Assistant took longer than allowed");
        timeout(self.settings.patience, asked)
            .await
            .map_err(|_| late())?
    }

    /// Has an action done, such as `todo.add_item`, to `entity` where it has one.
    pub async fn act(
        &self,
        action: &str,
        entity: Option<&str>,
        data: Value,
    ) -> Result<(), SendError> {
        let Some((domain, service)) = action.split_once('.') else {
            return Err(SendError::permanent(
                "an action is like notify.mobile_app_pixel",
            ));
        };
        let mut command = json!({
            "type": "call_service", "domain": domain, "service": service, "service_data": data,
        });
        if let (Some(entity), Some(command)) = (entity, command.as_object_mut()) {
            command.insert("target".to_owned(), json!({"entity_id": entity}));
        }
        self.ask(command).await.map(|_| ())
    }
}

/// Bytes of a day's events at the most.
const EVENTS_BYTES_MAX: usize = 4 << 20;

impl Client {
    /// The events of a calendar between two moments, with their names, which its actions do not tell.
    pub async fn events(
        &self,
        calendar: &str,
        (from, until): (&str, &str),
    ) -> Result<Value, SendError> {
        let Settings {
            http,
            url,
            token,
            patience,
            ..
        } = &*self.settings;
        let reached = http.reach(url, *patience).await?;
        let path = format!("/api/calendars/{calendar}");
        let request = reached.get_with(&path, &[("start", from), ("end", until)]);
        let answer = request.bearer_auth(token).send().await;
        let answer = answer.map_err(|it| http::trouble(&it))?;
        let status = answer.status().as_u16();
        if status != 200 {
            let reason = format!("Home Assistant answered {status} about its calendar");
            return Err(SendError::transient(reason));
        }
        let body = http::body(answer, EVENTS_BYTES_MAX).await?;
        let told = serde_json::from_slice(&body);
        told.map_err(|_| SendError::transient("Home Assistant's calendar says what is no JSON"))
    }
}

fn away() -> SendError {
    SendError::transient("Home Assistant is not connected")
}

/// Keeps the connection. Somebody must [`run`](Driver::run) it.
pub struct Driver {
    settings: Settings,
    clock: Clock,
    outbound: mpsc::Receiver<Ask>,
    line: Line,
}

/// Where a session tells what it hears.
pub(super) struct Line {
    pub incoming: mpsc::Sender<Incoming>,
    pub connection: watch::Sender<Connection>,
    pub entities: watch::Sender<Entities>,
}

impl Line {
    pub(super) async fn tell(&self, incoming: Incoming) {
        if self.incoming.send(incoming).await.is_err() {
            log::debug!("nobody listens to Home Assistant any more");
        }
    }
}

/// A client, who keeps its connection, and what comes in; nothing is dialled yet.
pub fn open(settings: Settings, clock: Clock) -> (Client, Driver, mpsc::Receiver<Incoming>) {
    let (ask, outbound) = mpsc::channel(OUTBOUND_MAX);
    let (tell, incoming) = mpsc::channel(INCOMING_MAX);
    let connection = watch::Sender::new(Connection::Down {
        since: clock.now(),
        reason: "it was not dialled yet".to_owned(),
    });
    let entities = watch::Sender::new(Entities::new());
    let client = Client {
        outbound: ask,
        connection: connection.subscribe(),
        entities: entities.subscribe(),
        settings: Arc::new(settings.clone()),
    };
    let line = Line {
        incoming: tell,
        connection,
        entities,
    };
    let driver = Driver {
        settings,
        clock,
        outbound,
        line,
    };
    (client, driver, incoming)
}

/// How a connection ended.
enum End {
    Refused,
    Lost(String),
}

/// Home Assistant's version, where it lets us in.
///
/// # Errors
/// Permanent if it does not know the token.
pub async fn check(settings: &Settings) -> Result<String, SendError> {
    match dial(settings).await {
        Ok((version, _, _)) => Ok(version),
        Err(End::Refused) => Err(SendError::permanent(REFUSED)),
        Err(End::Lost(reason)) => Err(SendError::transient(reason)),
    }
}

/// What is said of a token that it does not know.
pub const REFUSED: &str =
    "Home Assistant does not know the token: make a new one in your profile there, under Security";

type Reader = websocket::Reader<tokio::io::ReadHalf<reqwest::Upgraded>>;
type Writer = websocket::Writer<tokio::io::WriteHalf<reqwest::Upgraded>>;

/// Dials and shows the token; the version of who lets us in.
async fn dial(settings: &Settings) -> Result<(String, Reader, Writer), End> {
    let lost = |error: SendError| match error {
        SendError::Transient { reason } | SendError::Permanent { reason } => End::Lost(reason),
    };
    let reached = settings.http.reach(&settings.url, DIAL_PATIENCE).await;
    let opened = websocket::open(&reached.map_err(lost)?, PATH).await;
    let (mut reader, mut writer) = opened.map_err(lost)?;
    let shown = show_token(&mut reader, &mut writer, &settings.token);
    let late = |_| End::Lost("it does not ask for the token".to_owned());
    let version = timeout(DIAL_PATIENCE, shown).await.map_err(late)??;
    Ok((version, reader, writer))
}

async fn show_token(reader: &mut Reader, writer: &mut Writer, token: &str) -> Result<String, End> {
    let broken = |it: websocket::Broken| End::Lost(it.to_string());
    loop {
        let said = match reader.next().await.map_err(broken)? {
            Heard::Text(text) => serde_json::from_str::<Value>(&text).unwrap_or_default(),
            Heard::Ping(bytes) => {
                writer.pong(&bytes).await.map_err(broken)?;
                continue;
            }
            Heard::Pong => continue,
            Heard::Closed => return Err(End::Lost("it closed the connection".to_owned())),
        };
        match said.get("type").and_then(Value::as_str) {
            Some("auth_required") => {
                let token = json!({"type": "auth", "access_token": token}).to_string();
                writer.text(&token).await.map_err(broken)?;
            }
            Some("auth_ok") => {
                let version = said.get("ha_version").and_then(Value::as_str);
                return Ok(version.unwrap_or_default().to_owned());
            }
            Some("auth_invalid") => return Err(End::Refused),
            _ => return Err(End::Lost("it is no Home Assistant".to_owned())),
        }
    }
}

impl Driver {
    /// Keeps the connection until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        let (mut backoff, mut said) = (BACKOFF.0, Vec::new());
        loop {
            let began = Instant::now();
            let end = tokio::select! {
                () = stop.cancelled() => break,
                end = self.session(&mut said) => end,
            };
            if began.elapsed() >= STEADY_AFTER {
                backoff = BACKOFF.0;
            }
            let wait = match &end {
                End::Refused => REFUSED_WAIT,
                End::Lost(_) => backoff,
            };
            self.went_down(&end, &mut said);
            backoff = (backoff * 2).min(BACKOFF.1);
            tokio::select! {
                () = stop.cancelled() => break,
                () = sleep(wait) => (),
            }
        }
        self.went_down(&End::Lost("workmate is stopping".to_owned()), &mut said);
    }

    async fn session(&mut self, said: &mut Vec<String>) -> End {
        let (version, reader, writer) = match dial(&self.settings).await {
            Ok(dialled) => dialled,
            Err(end) => return end,
        };
        let mut session = Session::new(reader, writer, &self.line, &self.settings);
        if let Err(broken) = session.listen().await {
            return End::Lost(broken.to_string());
        }
        said.clear();
        let host = self.settings.url.host_str().unwrap_or_default();
        log::info!(host, version = version.as_str(); "connected to Home Assistant");
        self.line.connection.send_replace(Connection::Up {
            since: self.clock.now(),
            version,
            hears_taps: true,
        });
        let broken = session.run(&mut self.outbound).await;
        End::Lost(broken.to_string())
    }

    /// Says that Home Assistant is away, and hands back what waited for it.
    fn went_down(&mut self, end: &End, said: &mut Vec<String>) {
        let now = self.clock.now();
        let reason = match end {
            End::Refused => REFUSED,
            End::Lost(reason) => reason,
        };
        // Each new reason is worth a line, up to a few.
        if said.len() < 4 && !said.iter().any(|it| it == reason) {
            log::warn!(reason; "no connection to Home Assistant");
            said.push(reason.to_owned());
        }
        self.line.entities.send_replace(Entities::new());
        self.line.connection.send_modify(|state| {
            let since = match state {
                Connection::Down { since, .. } | Connection::Refused { since } => *since,
                Connection::Up { .. } => now,
            };
            *state = match end {
                End::Refused => Connection::Refused { since },
                End::Lost(reason) => Connection::Down {
                    since,
                    reason: reason.clone(),
                },
            };
        });
        // Dropping a call tells its asker that it was not sent.
        while let Ok(ask) = self.outbound.try_recv() {
            drop(ask);
        }
    }
}
