//! Keeps what the broker shows in step: counts and days retained, what has a name for those who
//! listen now, the discovery for Home Assistant.
//!
//! Everything is counted by the store and said when it has changed. However often that is, the worker
//! rests ten times as long as counting took, so that a burst of changes costs one count and not
//! thousands; and while the journal stands still nothing is counted but every ten minutes.

mod look;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use self::look::{Counted, Look};
use super::{Error, Turn, Worker};
use crate::connect::home_assistant::{self, Device, Ids, Page, Resident};
use crate::connect::mqtt::figures::{Arrived, Diagnostics, DocumentEvent, Share, ToPay};
use crate::connect::mqtt::messages::{self, Next, Summary};
use crate::connect::mqtt::{Accepts, Client, Connection, PAYLOAD_MAX, Retain, Topics};
use crate::domain::document::Document;
use crate::domain::id::{DocumentId, PersonId};
use crate::domain::person::Language;
use crate::domain::policy::Detail;
use crate::domain::service_level::Promises;
use crate::domain::value::Currency;
use crate::store::blobs::Picture;
use crate::store::{Caller, Store, Viewer, overview, parts};

/// The shortest rest between two looks.
const REST_MIN: Duration = Duration::from_millis(200);
/// So many times as long as a look took is rested after it.
const REST_TIMES: u32 = 10;
/// How often it is said how the daemon is.
const DIAGNOSTICS_EVERY: Duration = Duration::from_mins(1);
/// So long what was seen holds while nothing happens: counting many tasks costs something.
const HOLDS: Duration = Duration::from_mins(10);
/// The same while the house is quiet, which ends by itself.
const HOLDS_QUIET: Duration = Duration::from_mins(1);

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
    /// What somebody wants said again.
    pub wanted: Arc<Wanted>,
}

/// What somebody wants said again, until it is.
#[derive(Debug, Default)]
pub struct Wanted {
    /// All that changes.
    figures: AtomicBool,
    /// The description of the device too.
    discovery: AtomicBool,
}

impl Wanted {
    /// All that changes is wanted, and who has just come to listen would miss it otherwise.
    pub fn want_figures(&self) {
        self.figures.store(true, Ordering::SeqCst);
    }

    /// Everything is wanted.
    pub fn want_all(&self) {
        self.discovery.store(true, Ordering::SeqCst);
        self.want_figures();
    }
}

/// What is shown, and how.
#[derive(Clone, Debug)]
pub struct Manner {
    /// In which days begin.
    pub zone: TimeZone,
    /// What the household promises itself.
    pub promises: Arc<Promises>,
    /// In which Home Assistant's entities are named.
    pub language: Language,
    /// What money is counted in.
    pub currency: Currency,
    /// What is taken beside answers.
    pub accepts: Accepts,
    /// Whether the first page of the latest document is shown.
    pub page: Page,
    /// In which field it is told ids.
    pub ids: Ids,
    /// Whether Home Assistant is told of the device.
    pub discovery: Discovery,
}

/// The worker.
pub struct PublishState {
    store: Store,
    voice: Voice,
    manner: Manner,
    said: Option<Said>,
    /// Up to where in the journal was told what happened to documents.
    told: Option<u64>,
    /// No look before.
    rest: Option<Instant>,
    seen: Option<Seen>,
}

/// Whether Home Assistant is told of the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discovery {
    /// It is.
    On,
    /// `mqtt.discovery_prefix` is empty.
    Off,
}

/// For what the last look holds.
#[derive(Clone, Copy)]
struct Seen {
    /// The journal's last entry.
    sequence: u64,
    today: Date,
    counted: Counted,
    until: Instant,
}

/// What was last said, so that nothing is said twice; forgotten with the connection.
#[derive(Clone)]
struct Said {
    connected_since: Timestamp,
    people: Vec<Resident>,
    summary: Summary,
    next: Next,
    money: Option<ToPay>,
    shares: BTreeMap<PersonId, Share>,
    page: Option<DocumentId>,
    diagnostics: (Instant, Diagnostics),
}

impl PublishState {
    /// Says how things stand in `store`.
    pub const fn new(store: Store, voice: Voice, manner: Manner) -> Self {
        Self {
            store,
            voice,
            manner,
            said: None,
            told: None,
            rest: None,
            seen: None,
        }
    }

    async fn publish(&self, topic: &str, payload: Vec<u8>, retain: Retain) -> Result<(), Error> {
        let sent = self.voice.client.publish(topic, payload, retain).await;
        sent.map_err(|error| Error::Unavailable(error.to_string()))
    }

    /// Says `now` on `topic` unless it was the last that was said there.
    async fn say<T: PartialEq + Serialize + Sync>(
        &self,
        topic: &str,
        (before, now): (Option<&T>, &T),
        retain: Retain,
    ) -> Result<(), Error> {
        if before == Some(now) {
            return Ok(());
        }
        self.publish(topic, messages::json(now), retain).await
    }

    /// Describes the device, and takes away what it has no more.
    async fn discover(&self, people: &[Resident]) -> Result<(), Error> {
        let topics = &self.voice.topics;
        let device = Device {
            language: self.manner.language,
            detail: self.voice.detail,
            url: Some(self.voice.url.clone()),
            currency: self.manner.currency,
            accepts: self.manner.accepts,
            page: self.manner.page,
            ids: self.manner.ids,
            people: people.to_vec(),
        };
        let known = self.store.read(Viewer::House, overview::entities).await?;
        let payload = home_assistant::discovery(topics, &device, &known);
        let names = home_assistant::names(topics, &device);
        let mut all: Vec<String> = known.iter().chain(&names).cloned().collect();
        all.sort();
        all.dedup();
        if all != known {
            // Remembered first: what was described and is not remembered could never be taken away.
            self.store
                .write(Caller::worker(Self::NAME), move |tx| {
                    overview::remember_entities(tx, &all)
                })
                .await?;
        }
        if self.manner.discovery == Discovery::On {
            self.publish(&topics.discovery(), messages::json(&payload), Retain::Yes)
                .await?;
        }
        for gone in known.iter().filter(|it| !names.contains(it)) {
            if let Some(person) = resident(gone) {
                // Nothing, retained, is how a broker is told to forget.
                let topic = topics.person(person);
                self.publish(&topic, Vec::new(), Retain::Yes).await?;
            }
        }
        Ok(())
    }

    /// Says what has changed since `before`.
    async fn catch_up(&self, before: Option<&Said>, now: &Said) -> Result<(), Error> {
        let topics = &self.voice.topics;
        let summary = (before.map(|it| &it.summary), &now.summary);
        self.say(&topics.summary(), summary, Retain::Yes).await?;
        for (person, share) in &now.shares {
            let share = (before.and_then(|it| it.shares.get(person)), share);
            self.say(&topics.person(*person), share, Retain::Yes)
                .await?;
        }
        let next = (before.map(|it| &it.next), &now.next);
        self.say(&topics.next(), next, Retain::No).await?;
        if let Some(money) = &now.money {
            let money = (before.and_then(|it| it.money.as_ref()), money);
            self.say(&topics.money(), money, Retain::No).await?;
        }
        let diagnostics = (before.map(|it| &it.diagnostics.1), &now.diagnostics.1);
        self.say(&topics.diagnostics(), diagnostics, Retain::Yes)
            .await
    }

    async fn say_arrivals(&self, arrivals: &[overview::Arrival]) -> Result<(), Error> {
        for one in arrivals {
            let event_type = match one.change.as_str() {
                "accepted" => DocumentEvent::Received,
                "understood" => DocumentEvent::Understood,
                _ => DocumentEvent::Stuck,
            };
            let (detail, url) = (self.voice.detail, &self.voice.url);
            let arrived = Arrived::about(event_type, &one.document, detail, url);
            let payload = messages::json(&arrived);
            self.publish(&self.voice.topics.document(), payload, Retain::No)
                .await?;
        }
        Ok(())
    }

    /// Shows the first page of `document`, if it is small enough to travel.
    async fn show(&self, document: &Document) -> Result<(), Error> {
        let store = self.store.clone();
        let name = parts::picture(store.blobs(), document, Picture::Thumbnail);
        let read = tokio::task::spawn_blocking(move || store.blobs().read(&name)).await;
        match read {
            Ok(Ok(picture)) if picture.len() <= PAYLOAD_MAX => {
                let topic = self.voice.topics.page();
                self.publish(&topic, picture, Retain::No).await
            }
            Ok(_) | Err(_) => {
                log::debug!("the latest document has no small picture");
                Ok(())
            }
        }
    }

    fn how_it_stands(&self, look: &Look, connected_since: Timestamp) -> Said {
        let kept = self.said.as_ref().map(|it| it.diagnostics);
        let diagnostics = kept.filter(|(at, _)| at.elapsed() < DIAGNOSTICS_EVERY);
        let diagnostics = diagnostics.unwrap_or_else(|| (Instant::now(), look.diagnostics()));
        let money = ToPay {
            to_pay_month: look.figures.to_pay,
            currency: self.manner.currency,
        };
        Said {
            connected_since,
            people: look.people.clone(),
            summary: look.summary(&self.manner.zone),
            next: Next::about(&look.next, self.voice.detail),
            money: (self.voice.detail == Detail::Full).then_some(money),
            shares: look.shares(&self.manner.zone),
            page: look.latest.as_ref().map(|it| it.id),
            diagnostics,
        }
    }

    /// Whether a look would show nothing new.
    fn is_seen(&self, connected_since: Timestamp) -> bool {
        let is_same = |it: &Seen| {
            let now = self.store.clock().now();
            it.sequence == *self.store.changes().borrow()
                && it.today == self.manner.zone.to_datetime(now).date()
                && it.counted.holds_at(now)
                && Instant::now() < it.until
        };
        let said = self.said.as_ref();
        said.is_some_and(|it| it.connected_since == connected_since)
            && self.seen.as_ref().is_some_and(is_same)
    }

    /// What is due today is another thing on another day.
    fn until_midnight(&self) -> Turn {
        let now = self.store.clock().now().to_zoned(self.manner.zone.clone());
        let midnight = now.tomorrow().and_then(|it| it.start_of_day());
        midnight.map_or(Turn::Idle, |it| Turn::Until(it.timestamp()))
    }

    async fn look(&mut self) -> Result<Look, Error> {
        let began = Instant::now();
        let sequence = *self.store.changes().borrow();
        let today = self
            .manner
            .zone
            .to_datetime(self.store.clock().now())
            .date();
        let wanted = look::Wanted {
            told: self.told,
            currency: self.manner.currency,
            zone: self.manner.zone.clone(),
            promises: Arc::clone(&self.manner.promises),
            counted: self.seen.map(|it| it.counted),
            page: self.page(),
        };
        let look = self
            .store
            .read(Viewer::House, move |tx| Look::at(tx, &wanted));
        let look = look.await?;
        let rest = (began.elapsed() * REST_TIMES).max(REST_MIN);
        self.rest = Some(Instant::now() + rest);
        let holds = if look.is_quiet { HOLDS_QUIET } else { HOLDS };
        self.seen = Some(Seen {
            sequence,
            today,
            counted: look.counted,
            until: Instant::now() + holds,
        });
        Ok(look)
    }

    fn page(&self) -> Page {
        match self.voice.detail {
            Detail::None => Page::Hidden,
            Detail::Full | Detail::Title => self.manner.page,
        }
    }
}

/// The person whose first entity is called so.
fn resident(name: &str) -> Option<PersonId> {
    let id = name.strip_prefix("sensor.person_")?.strip_suffix("_open")?;
    id.to_uppercase().parse().ok()
}

impl Worker for PublishState {
    const NAME: &'static str = "publish_state";
    // Days pass without anybody changing anything.
    const REST: Duration = Duration::from_mins(1);

    async fn turn(&mut self, _stop: &CancellationToken) -> Result<Turn, Error> {
        let connection = self.voice.client.connection().borrow().clone();
        let Connection::Up {
            since: connected_since,
        } = connection
        else {
            self.said = None;
            return Ok(Turn::Idle);
        };
        let left = self
            .rest
            .map(|it| it.saturating_duration_since(Instant::now()));
        if let Some(left) = left.filter(|it| !it.is_zero()) {
            let left = SignedDuration::try_from(left).unwrap_or(SignedDuration::ZERO);
            return Ok(Turn::Until(self.store.clock().now() + left));
        }
        if !self.voice.wanted.figures.load(Ordering::SeqCst) && self.is_seen(connected_since) {
            return Ok(self.until_midnight());
        }
        let look = self.look().await?;
        // Only now, so that a look that fails forgets no wish.
        let wanted = &self.voice.wanted;
        let are_figures_wanted = wanted.figures.swap(false, Ordering::SeqCst);
        let is_discovery_wanted = wanted.discovery.swap(false, Ordering::SeqCst);
        let now = self.how_it_stands(&look, connected_since);
        let before = self.said.take();
        let before = before.filter(|it| it.connected_since == connected_since);
        let is_described = before.as_ref().is_some_and(|it| it.people == now.people);
        if !is_described || is_discovery_wanted {
            self.discover(&now.people).await?;
        }
        let before = before.filter(|_| !are_figures_wanted);
        self.catch_up(before.as_ref(), &now).await?;
        let shown = before.as_ref().and_then(|it| it.page);
        if let Some(document) = look.latest.as_ref().filter(|it| Some(it.id) != shown) {
            self.show(document).await?;
        }
        self.say_arrivals(&look.arrivals).await?;
        self.told = Some(look.told);
        // Last: what could not be said is looked at again, though nothing has changed.
        self.said = Some(now);
        Ok(self.until_midnight())
    }
}
