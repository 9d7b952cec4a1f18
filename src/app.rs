//! Opens the rooms, wires them, and starts what lives in them: the only file that knows everything.

mod addon;
pub mod backups;
pub mod home;
mod reload;
mod settings;
mod telemetry;
mod ways;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use jiff::tz::TimeZone;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{Notify, mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::config::{Config, Environment};
use crate::connect::home_assistant::{Ids, Page};
use crate::connect::otlp::Collector;
use crate::connect::{llm, mqtt};
use crate::control::{self, Desk};
use crate::domain::clock::Clock;
use crate::domain::deadline::Region;
use crate::domain::delivery::ChannelName;
use crate::domain::document::Archiving;
use crate::domain::service_level::Promises;
use crate::lifecycle::reload::{Bell, Kept};
use crate::lifecycle::{self, Lifecycle};
use crate::reading::process::Reader;
use crate::reading::{Passwords, ReadOptions};
use crate::store::backup::Rule;
use crate::store::{OpenError, Store, Viewer, people};
use crate::web::{self, About, BrokerLamp, WebState};
use crate::work::archive::Archive;
use crate::work::ask_model::AskModel;
use crate::work::channels::{Channel, Events};
use crate::work::commands::Commands;
use crate::work::deliver::Deliver;
use crate::work::derive_tasks::DeriveTasks;
use crate::work::heat::Heat;
use crate::work::intake::Intake;
use crate::work::publish_state::{Discovery, Manner, PublishState, Voice, Wanted};
use crate::work::quick_add;
use crate::work::read_documents::{self, ReadDocuments};
use crate::work::remind::{Remind, Speech};
use crate::work::take_answers::TakeAnswers;
use crate::work::tidy_up::TidyUp;
use crate::work::understand_documents::UnderstandDocuments;
use crate::work::watch_folder::WatchFolder;
use crate::work::{self, Board, Readings, Wake, Worker};

pub use reload::{Closed, check};
use settings::{accepts, engine, read_options, stacks};
pub use settings::{model_settings, mqtt_settings, reader_settings, understanding, updates};

/// How often, and how long apart, the data is asked for while a command has it.
const LOCK_TRIES: u32 = 50;
const LOCK_PAUSE: Duration = Duration::from_millis(100);

/// A house with its doors open and its workers not yet at work.
pub struct House {
    config: Config,
    zone: TimeZone,
    store: Store,
    wake: Wake,
    board: Board,
    readings: Readings,
    intake: Intake,
    reader: Reader,
    pdf_passwords: Passwords,
    archive: Archive,
    broker: Option<Broker>,
    ways: ways::Ways,
    promises: Arc<Promises>,
    backups: Rule,
    collector: Option<Collector>,
    model: Option<llm::Client>,
    listener: TcpListener,
    /// Where Home Assistant's Supervisor may knock.
    sidebar: Option<TcpListener>,
    control: UnixListener,
    base_url: String,
    lifecycle: Lifecycle,
    /// The listener once more, for the house that opens after a reload.
    kept: Option<Kept>,
}

/// The broker's three parts.
struct Broker {
    client: mqtt::Client,
    driver: mqtt::Driver,
    incoming: mpsc::Receiver<mqtt::Incoming>,
    topics: mqtt::Topics,
}

impl House {
    /// Opens the data, the reader, the broker's client and the listeners of `config`.
    pub async fn open(mut config: Config, environment: &Environment, clock: Clock) -> Result<Self> {
        let zone = config.household.time_zone();
        let store = open_store(&config.data.dir, &clock).await?;
        let wake = Wake::default();
        let intake = Intake::new(store.clone(), wake.clone(), config.intake.bytes_max);
        let reader = Reader::new(reader_settings(&config));
        let pdf_passwords = Passwords(config.reading.pdf_passwords(environment)?);
        let limits = read_options(&config).limits;
        let archive = Archive::new(
            store.clone(),
            reader.clone(),
            (limits, pdf_passwords.clone()),
        );
        let passed = lifecycle::passed_listener()?;
        let is_ours = passed.is_none() || Kept::is_named_by(environment);
        let listener = match passed {
            Some(passed) => passed,
            None => listen(config.server.listen).await?,
        };
        let kept = Kept::of(&listener, is_ours.then_some(config.server.listen))?;
        addon::look_around(&mut config, environment, listener.local_addr()?).await;
        let broker = broker(&config, environment, clock)?;
        let sidebar = match config.ingress.address() {
            Some(address) => Some(listen(address).await?),
            None => None,
        };
        let control = control::bind(&config.data.dir)
            .with_context(|| format!("no socket can be made in {}", config.data.dir.display()))?;
        let own = listener.local_addr()?;
        let base_url = config.server.base_url(own);
        let ways = ways::open(&config, environment, own, store.clock())?;
        let backups = backups::rule(&config, environment, own)?;
        let collector = telemetry::collector(&config, environment, own)?;
        let model = model_settings(&config, environment, own)?.map(llm::Client::of);
        let promises = Promises {
            levels: config.service_levels()?,
            region: Region::new(&config.household.region),
            zone: zone.clone(),
        };
        Ok(Self {
            zone,
            store,
            wake,
            board: Board::default(),
            readings: Readings::default(),
            intake,
            reader,
            pdf_passwords,
            archive,
            broker,
            ways,
            promises: Arc::new(promises),
            backups,
            collector,
            model,
            listener,
            sidebar,
            control,
            base_url,
            lifecycle: Lifecycle::default(),
            kept: Some(kept),
            config,
        })
    }

    /// Where the web listens.
    pub fn address(&self) -> Option<SocketAddr> {
        self.listener.local_addr().ok()
    }

    /// The house's memory.
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// The bells of the workers.
    pub const fn wake(&self) -> &Wake {
        &self.wake
    }

    /// What ends the house.
    pub const fn lifecycle(&self) -> &Lifecycle {
        &self.lifecycle
    }

    /// A new first-login link, where nobody lives here yet.
    pub async fn first_login(&self) -> Option<String> {
        let nobody = self.store.read(Viewer::House, people::is_empty).await;
        if !nobody.is_ok_and(|it| it) {
            return None;
        }
        let link = control::first_login(&self.store, &self.base_url).await;
        link.inspect_err(|error| log::error!("{}", work::chain(error)))
            .ok()
    }

    fn web_state(&self) -> WebState {
        let connection = self.broker.as_ref().map(|it| it.client.connection());
        let is_connected = move || {
            let connection = connection.as_ref()?;
            Some(matches!(*connection.borrow(), mqtt::Connection::Up { .. }))
        };
        let household = &self.config.household;
        WebState {
            store: self.store.clone(),
            intake: self.intake.clone(),
            archive: self.archive.clone(),
            wake: self.wake.clone(),
            board: self.board.clone(),
            readings: self.readings.clone(),
            household: web::Household {
                zone: self.zone.clone(),
                language: household.language,
                morning: household.morning_or_eight(),
                session_days: self.config.server.session_days,
                is_https: self.base_url.starts_with("https://"),
                base_url: self.base_url.clone(),
                region: Region::new(&household.region),
                promises: Arc::clone(&self.promises),
            },
            about: About {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                engine: engine(&self.config),
                started_at: self.store.clock().now(),
                broker: BrokerLamp::new(is_connected),
                home: home::lamp(self.ways.home()),
                mqtt: self.config.mqtt.without_address(),
                channels: self
                    .broker
                    .iter()
                    .map(|_| ChannelName::Mqtt)
                    .chain(self.ways.names())
                    .collect(),
                model: self.model.as_ref().map(|_| self.config.model.name.clone()),
                updates: updates(&self.config),
            },
            throttle: web::auth::throttle::Throttle::default(),
            listeners: web::events::Listeners::default(),
            stop: self.lifecycle.stop_token(),
        }
    }

    async fn start(self, bell: Bell) -> Result<()> {
        let stop = self.lifecycle.stop_token();
        let state = self.web_state();
        if let Some(sidebar) = self.sidebar {
            let allowed = self.config.ingress.allowed();
            let serving = web::ingress::serve(sidebar, state.clone(), allowed);
            self.lifecycle.spawn(serving);
        }
        let crew = Crew {
            config: self.config,
            zone: self.zone,
            store: self.store.clone(),
            wake: self.wake,
            board: self.board,
            readings: self.readings,
            reader: self.reader,
            pdf_passwords: self.pdf_passwords,
            archive: self.archive,
            lifecycle: self.lifecycle.clone(),
        };
        let desk = Desk {
            store: self.store.clone(),
            intake: self.intake.clone(),
            base_url: self.base_url.clone(),
            understanding: understanding(&crew.config, crew.store.clone(), crew.reader.clone()),
            backups: self.backups,
            wake: crew.wake.clone(),
            reload: Some(bell),
        };
        crew.start_documents();
        crew.start_backups(&desk.backups);
        if let Some(collector) = self.collector {
            crew.start_traces(collector);
        }
        if let Some(model) = self.model {
            let understanding =
                understanding(&crew.config, crew.store.clone(), crew.reader.clone());
            let ask = AskModel::new(understanding, model, crew.wake.clone());
            crew.start(ask, &crew.wake.model);
        }
        let (intake, wake) = (self.intake.clone(), crew.wake.clone());
        crew.start_folder(self.intake)?;
        crew.start_reminders(state.about.channels.clone())?;
        crew.start_ways(self.ways, &self.base_url).await?;
        if let Some(broker) = self.broker {
            crew.start_broker(broker, self.base_url, (intake, self.promises));
        }
        self.lifecycle.spawn(web::serve(self.listener, state));
        self.lifecycle
            .spawn(control::serve(self.control, desk, stop.clone()));
        self.lifecycle
            .spawn(lifecycle::watch_clock(move || wake.all(), stop.clone()));
        let store = self.store.clone();
        self.lifecycle
            .spawn(lifecycle::rest_when_quiet(store, stop.clone()));
        self.lifecycle
            .spawn(lifecycle::feed_watchdog(self.store, stop));
        Ok(())
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener> {
    let bound = TcpListener::bind(address).await;
    bound.with_context(|| format!("the address {address} cannot be listened on"))
}

/// Opens the store; a command that has the data for a moment is waited for.
async fn open_store(dir: &Path, clock: &Clock) -> Result<Store, OpenError> {
    let mut left = LOCK_TRIES;
    loop {
        match Store::open(dir, clock.clone()) {
            Err(OpenError::InUse { .. }) if left > 0 => {
                left -= 1;
                tokio::time::sleep(LOCK_PAUSE).await;
            }
            opened => return opened,
        }
    }
}

/// What workers are made of.
struct Crew {
    config: Config,
    zone: TimeZone,
    store: Store,
    wake: Wake,
    board: Board,
    readings: Readings,
    reader: Reader,
    pdf_passwords: Passwords,
    archive: Archive,
    lifecycle: Lifecycle,
}

impl Crew {
    fn start<W: Worker>(&self, worker: W, bell: &Arc<Notify>) {
        let (board, clock) = (self.board.clone(), self.store.clock().clone());
        let stop = self.lifecycle.stop_token();
        self.lifecycle
            .spawn(work::run(worker, Arc::clone(bell), board, clock, stop));
    }

    fn start_documents(&self) {
        let (store, wake) = (self.store.clone(), self.wake.clone());
        let options = ReadOptions {
            pdf_passwords: self.pdf_passwords.clone(),
            ..read_options(&self.config)
        };
        let language = self.config.household.language;
        let manner = read_documents::Manner {
            options,
            at_a_time: self.config.reading.worker_count(),
            language,
            stacks: stacks(&self.config),
            heat: Heat::of_machine(self.config.reading.wait_when_hot()),
        };
        let (reader, readings) = (self.reader.clone(), self.readings.clone());
        let mut read = ReadDocuments::new(store, wake, reader, readings, manner);
        if self.config.reading.archive == Archiving::Always {
            read = read.with_archive(self.archive.clone());
        }
        self.start(read, &self.wake.reading);
        let understanding = understanding(&self.config, self.store.clone(), self.reader.clone());
        let understand = UnderstandDocuments::new(understanding, self.wake.clone());
        self.start(understand, &self.wake.understanding);
        let (store, wake) = (self.store.clone(), self.wake.clone());
        let derive = DeriveTasks::new(store, wake, self.zone.clone(), language);
        self.start(derive, &self.wake.tasks);
        self.start(TidyUp::new(self.store.clone()), &self.wake.trash);
    }

    fn start_folder(&self, intake: Intake) -> Result<()> {
        let settings = &self.config.intake;
        if settings.folder.is_empty() {
            return Ok(());
        }
        let settle = Duration::from_secs(settings.folder_settle_seconds.into());
        let poll = Duration::from_secs(settings.folder_poll_seconds.into());
        let (folder, bell) = (Path::new(&settings.folder), &self.wake.folder);
        let times = (settle, poll);
        let watch = WatchFolder::new(self.store.clone(), intake, folder, times, Arc::clone(bell))?;
        self.start(watch, bell);
        Ok(())
    }

    fn start_reminders(&self, channels: Vec<ChannelName>) -> Result<()> {
        let morning = self.config.household.morning_or_eight();
        let speech = Speech {
            zone: self.zone.clone(),
            region: Region::new(&self.config.household.region),
            ladders: self.config.ladders()?,
            morning,
            channels,
            followed: self.config.home_assistant.followed().into_keys().collect(),
        };
        let remind = Remind::new(self.store.clone(), self.wake.clone(), speech);
        self.start(remind, &self.wake.reminders);
        Ok(())
    }

    fn start_channel<C: Channel>(&self, channel: C) {
        let bell = self.wake.deliveries.of(C::NAME);
        let reminders = Arc::clone(&self.wake.reminders);
        self.start(Deliver::new(self.store.clone(), channel, reminders), &bell);
    }

    fn start_broker(
        &self,
        broker: Broker,
        url: String,
        (intake, promises): (Intake, Arc<Promises>),
    ) {
        let Broker {
            client,
            driver,
            incoming,
            topics,
        } = broker;
        let stop = self.lifecycle.stop_token();
        let wanted = Arc::<Wanted>::default();
        let detail = self.config.mqtt.detail;
        let voice = Voice {
            client: client.clone(),
            topics,
            detail,
            url,
            wanted: Arc::clone(&wanted),
        };
        self.lifecycle.spawn(driver.run(stop.clone()));
        self.start_channel(Events {
            client: client.clone(),
            topics: voice.topics.clone(),
            detail,
            url: voice.url.clone(),
            zone: self.zone.clone(),
        });
        let topics = voice.topics.clone();
        let publish = PublishState::new(self.store.clone(), voice, self.shown(promises));
        self.start(publish, &self.wake.state);
        let commands = Commands {
            store: self.store.clone(),
            wake: self.wake.clone(),
            intake,
            zone: self.zone.clone(),
            morning: self.config.household.morning_or_eight(),
            region: Region::new(&self.config.household.region),
            detail,
        };
        let answers = TakeAnswers::new(commands, incoming, wanted, (client.clone(), topics));
        self.start(answers, &Arc::new(Notify::new()));
        let wake = self.wake.clone();
        // What waited for the broker is said as soon as it is there.
        let ring = move || {
            wake.deliveries.notify_one();
            wake.state.notify_one();
        };
        self.lifecycle
            .spawn(ring_at_changes(client.connection(), ring, stop));
    }

    /// How the broker is shown how things stand.
    fn shown(&self, promises: Arc<Promises>) -> Manner {
        let (household, mqtt) = (&self.config.household, &self.config.mqtt);
        Manner {
            zone: self.zone.clone(),
            promises,
            language: household.language,
            currency: quick_add::currency(&Region::new(&household.region)),
            accepts: accepts(&self.config),
            page: if mqtt.page_image {
                Page::Shown
            } else {
                Page::Hidden
            },
            ids: if mqtt.older_home_assistant {
                Ids::Object
            } else {
                Ids::Whole
            },
            discovery: match mqtt.discovery_prefix.as_str() {
                "" => Discovery::Off,
                _ => Discovery::On,
            },
        }
    }
}

/// Rings at each change of what is watched.
async fn ring_at_changes<T>(
    mut watched: watch::Receiver<T>,
    ring: impl Fn() + Send,
    stop: CancellationToken,
) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            changed = watched.changed() => if changed.is_err() { return },
        }
        ring();
    }
}

fn broker(config: &Config, environment: &Environment, clock: Clock) -> Result<Option<Broker>> {
    if config.mqtt.url.is_empty() {
        return Ok(None);
    }
    let settings = mqtt_settings(config, environment)?;
    let (client, driver, incoming) = mqtt::open(&settings, clock).context("`mqtt` is wrong")?;
    Ok(Some(Broker {
        client,
        driver,
        incoming,
        topics: settings.topics(),
    }))
}
