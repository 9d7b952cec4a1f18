//! Home Assistant's own API, as it is configured.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result};
use tokio::sync::mpsc;

use super::Crew;
use crate::config::channels::address;
use crate::config::{Config, Environment};
use crate::connect::home_assistant::Page;
use crate::connect::home_assistant::socket::{
    self, Client, Connection, Driver, Incoming, Settings,
};
use crate::connect::http::Http;
use crate::domain::clock::Clock;
use crate::domain::delivery::ChannelName;
use crate::domain::policy::Detail;
use crate::web::{HomeLamp, HomeState};
use crate::work::channels::home::{Notices, Speaker, Telephones};
use crate::work::compose::Voice;
use crate::work::sync_home::{Calendar, Manner, SyncHome};
use crate::work::take_taps::TakeTaps;

/// Its parts; nothing is dialled yet.
pub struct Home {
    client: Client,
    driver: Driver,
    incoming: mpsc::Receiver<Incoming>,
    /// A loudspeaker, and who makes its speech.
    speaker: Option<(String, String)>,
}

impl Home {
    /// The names of the channels.
    pub fn names(&self) -> impl Iterator<Item = ChannelName> + use<> {
        let always = [ChannelName::HomeAssistant, ChannelName::HomeNotice];
        let speaker = self.speaker.as_ref().map(|_| ChannelName::HomeSpeaker);
        always.into_iter().chain(speaker)
    }
}

/// How Home Assistant is reached, if it is.
pub fn settings(
    config: &Config,
    environment: &Environment,
    own: SocketAddr,
) -> Result<Option<Settings>> {
    let home = &config.home_assistant;
    let Some(url) = address(&home.url).map_err(anyhow::Error::msg)? else {
        return Ok(None);
    };
    let token = home.token(environment)?;
    let calendar = Some(home.calendar.clone()).filter(|it| !it.is_empty());
    let token = token.context("`home_assistant.token_file` must name a file with the token")?;
    Ok(Some(Settings {
        http: Http::new(own),
        url,
        token: token.trim().to_owned(),
        entities: home.followed().into_values().chain(calendar).collect(),
        list: (!home.todo.is_empty()).then(|| home.todo.clone()),
        patience: socket::CALL_PATIENCE,
    }))
}

/// Understands the configuration of a house that listens at `own`.
pub fn open(
    config: &Config,
    environment: &Environment,
    own: SocketAddr,
    clock: &Clock,
) -> Result<Option<Home>> {
    let Some(settings) = settings(config, environment, own)? else {
        return Ok(None);
    };
    let (client, driver, incoming) = socket::open(settings, clock.clone());
    let home = &config.home_assistant;
    if is_fed_twice(config) {
        log::warn!("{FED_TWICE}");
    }
    let speaker = (home.speaker.clone(), home.speech.clone());
    Ok(Some(Home {
        client,
        driver,
        incoming,
        speaker: (!home.speaker.is_empty()).then_some(speaker),
    }))
}

/// Whether due days go out both by CalDAV and through Home Assistant.
pub fn is_fed_twice(config: &Config) -> bool {
    let home = &config.home_assistant;
    !home.url.is_empty() && !home.calendar.is_empty() && !config.calendar.url.is_empty()
}

/// What is said of that.
pub const FED_TWICE: &str = "due days are put into `calendar.url` and into `home_assistant.calendar`: \
    where both lead to the same calendar each day stands in it twice, so empty one of them";

/// What the System page asks.
pub fn lamp(home: Option<&Home>) -> HomeLamp {
    let connection = home.map(|it| it.client.connection());
    Arc::new(move || {
        let connection = connection.as_ref()?.borrow().clone();
        Some(match connection {
            Connection::Up {
                hears_taps: true, ..
            } => HomeState::There,
            Connection::Up { .. } => HomeState::Deaf,
            Connection::Refused { .. } => HomeState::Refused,
            Connection::Down { reason, .. } => HomeState::Away(reason),
        })
    })
}

impl Crew {
    /// Keeps the connection, and starts who speaks and listens through it.
    pub(super) fn start_home(&self, home: Home, voice: &Voice) {
        let Home {
            client,
            driver,
            incoming,
            speaker,
        } = home;
        let settings = &self.config.home_assistant;
        let page = if settings.page_image && settings.detail != Detail::None {
            Page::Shown
        } else {
            Page::Hidden
        };
        self.lifecycle
            .spawn(driver.run(self.lifecycle.stop_token()));
        self.start_channel(Telephones {
            client: client.clone(),
            voice: voice.clone(),
            page,
        });
        self.start_channel(Notices {
            client: client.clone(),
            voice: voice.clone(),
        });
        if let Some((player, speech)) = speaker {
            self.start_channel(Speaker {
                client: client.clone(),
                voice: voice.clone(),
                player,
                speech,
                last: Mutex::default(),
            });
        }
        let (store, wake) = (self.store.clone(), self.wake.clone());
        let morning = self.config.household.morning_or_eight();
        let when = (self.zone.clone(), morning);
        let taps = TakeTaps::new(store.clone(), wake.clone(), incoming, when);
        self.start(taps, &Arc::default());
        let (list, calendar) = (
            &self.config.home_assistant.todo,
            &self.config.home_assistant.calendar,
        );
        let manner = Manner {
            list: (!list.is_empty()).then(|| list.clone()),
            calendar: (!calendar.is_empty()).then(|| Calendar {
                entity: calendar.clone(),
                zone: self.zone.clone(),
                base_url: voice.base_url.clone(),
            }),
            followed: self.config.home_assistant.followed(),
            zone: self.zone.clone(),
            morning,
            base_url: voice.base_url.clone(),
        };
        let sync = SyncHome::new(store, wake, client, manner);
        self.start(sync, &self.wake.home);
    }
}
