//! The ways to people, as they are configured.

use std::net::SocketAddr;

use anyhow::{Context, Result};

use super::{Crew, home};
use crate::config::channels::address;
use crate::config::{Config, Environment};
use crate::connect::caldav::Collection;
use crate::connect::http::Http;
use crate::connect::mail::{self, Mailer};
use crate::connect::push::{Protocol, Pusher};
use crate::domain::calendar::Manner;
use crate::domain::clock::Clock;
use crate::domain::delivery::ChannelName;
use crate::domain::policy::Detail;
use crate::store::{Caller, links};
use crate::work::channels::{AppriseMessages, GotifyPushes, Mails, NtfyPushes, WebhookCalls};
use crate::work::compose::Voice;
use crate::work::publish_calendar::PublishCalendar;

/// What is configured beside the broker; nothing is dialled yet.
#[derive(Default)]
pub struct Ways {
    mail: Option<Mailer>,
    pushers: Vec<(ChannelName, Pusher, Detail)>,
    calendar: Option<Collection>,
    home: Option<home::Home>,
}

impl Ways {
    /// The names of the channels.
    pub fn names(&self) -> impl Iterator<Item = ChannelName> + '_ {
        let mail = self.mail.iter().map(|_| ChannelName::Mail);
        let pushers = self.pushers.iter().map(|(name, _, _)| *name);
        mail.chain(pushers)
            .chain(self.home.iter().flat_map(home::Home::names))
    }

    /// Home Assistant beside the broker.
    pub const fn home(&self) -> Option<&home::Home> {
        self.home.as_ref()
    }
}

/// Understands the configuration of a house that listens at `own`.
pub fn open(
    config: &Config,
    environment: &Environment,
    own: SocketAddr,
    clock: &Clock,
) -> Result<Ways> {
    let http = Http::new(own);
    let mut ways = Ways {
        home: home::open(config, environment, own, clock)?,
        ..Ways::default()
    };
    if !config.mail.url.is_empty() {
        let ca_file = &config.mail.ca_file;
        let settings = mail::Settings {
            url: config.mail.url.clone(),
            password: config.mail.password(environment)?,
            from: config.mail.from.clone(),
            ca_file: (!ca_file.is_empty()).then(|| ca_file.into()),
        };
        ways.mail = Some(Mailer::open(&settings).context("`mail` is wrong")?);
    }
    let services = [
        (
            ChannelName::Ntfy,
            &config.ntfy.url,
            Protocol::Ntfy {
                token: config.ntfy.token(environment)?,
            },
            config.ntfy.detail,
        ),
        (
            ChannelName::Gotify,
            &config.gotify.url,
            Protocol::Gotify {
                token: config.gotify.token(environment)?.unwrap_or_default(),
            },
            config.gotify.detail,
        ),
        (
            ChannelName::Apprise,
            &config.apprise.url,
            Protocol::Apprise,
            config.apprise.detail,
        ),
        (
            ChannelName::Webhook,
            &config.webhook.url,
            Protocol::Webhook {
                secret: config.webhook.secret(environment)?,
                body: config.webhook.body.clone(),
            },
            config.webhook.detail,
        ),
    ];
    for (name, url, service, detail) in services {
        if let Some(url) = address(url).map_err(anyhow::Error::msg)? {
            ways.pushers
                .push((name, Pusher::new(http, url, service), detail));
        }
    }
    if let Some(mut url) = address(&config.calendar.url).map_err(anyhow::Error::msg)? {
        let user = url.username().to_owned();
        let password = match config.calendar.password(environment)? {
            Some(password) => password,
            None => url.password().unwrap_or_default().to_owned(),
        };
        let credentials = (!user.is_empty()).then_some((user, password));
        // What goes over the wire is the header; the url may be logged.
        let bare = url.set_username("").and_then(|()| url.set_password(None));
        bare.map_err(|()| anyhow::anyhow!("`calendar.url` is no address"))?;
        ways.calendar = Some(Collection::new(http, url, credentials));
    }
    Ok(ways)
}

impl Crew {
    /// Starts a worker for each way.
    pub(super) async fn start_ways(&self, ways: Ways, base_url: &str) -> Result<()> {
        let key = self
            .store
            .write(Caller::worker("deliver"), links::key)
            .await?;
        let voice = |detail| Voice {
            language: self.config.household.language,
            zone: self.zone.clone(),
            base_url: base_url.to_owned(),
            detail,
            key,
        };
        if let Some(mailer) = ways.mail {
            let voice = voice(self.config.mail.detail);
            self.start_channel(Mails { mailer, voice });
        }
        for (name, pusher, detail) in ways.pushers {
            let (voice, clock) = (voice(detail), self.store.clock().clone());
            match name {
                ChannelName::Ntfy => self.start_channel(NtfyPushes {
                    pusher,
                    voice,
                    clock,
                }),
                ChannelName::Gotify => self.start_channel(GotifyPushes {
                    pusher,
                    voice,
                    clock,
                }),
                ChannelName::Apprise => self.start_channel(AppriseMessages {
                    pusher,
                    voice,
                    clock,
                }),
                ChannelName::Webhook => self.start_channel(WebhookCalls {
                    pusher,
                    voice,
                    clock,
                }),
                ChannelName::Mqtt
                | ChannelName::Mail
                | ChannelName::HomeAssistant
                | ChannelName::HomeNotice
                | ChannelName::HomeSpeaker => {}
            }
        }
        if let Some(home) = ways.home {
            self.start_home(home, &voice(self.config.home_assistant.detail));
        }
        if let Some(collection) = ways.calendar {
            let morning = self.config.household.morning_or_eight();
            let manner = Manner {
                name: "workmate".to_owned(),
                zone: self.zone.clone(),
                morning_minutes: i32::from(morning.hour()) * 60 + i32::from(morning.minute()),
                base_url: base_url.to_owned(),
            };
            let publish = PublishCalendar::new(self.store.clone(), collection, manner);
            self.start(publish, &self.wake.calendar);
        }
        Ok(())
    }
}
