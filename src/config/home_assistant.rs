//! `[home_assistant]`: its own API, beside the broker.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::channels::address;
use super::ingress::Found;
use super::source::{self, Environment, Error};
use crate::domain::policy::Detail;

/// `[home_assistant]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct HomeAssistant {
    /// `http://homeassistant.local:8123`; empty: only by the broker.
    pub url: String,
    /// File that holds a long-lived access token of an administrator; the systemd credential
    /// `home-assistant-token` where it is empty.
    pub token_file: String,
    /// `full`, `title` or `none`: how much a notification tells.
    pub detail: Detail,
    /// Whether a notification shows the first page of its letter.
    pub page_image: bool,
    /// The to-do list that is kept in step with the household's tasks; empty: none.
    pub todo: String,
    /// The calendar that due days are put into; empty: none.
    pub calendar: String,
    /// By which entity it is known whether somebody is at home: `Anna: person.anna, Ben: person.ben`.
    pub people: String,
    /// The media player that speaks the loudest reminders; empty: none.
    pub speaker: String,
    /// The speech engine by which it speaks.
    pub speech: String,
    /// The token that came with an address that was found, not configured.
    #[serde(skip)]
    pub found_token: Found,
}

impl Default for HomeAssistant {
    fn default() -> Self {
        Self {
            url: String::new(),
            token_file: String::new(),
            detail: Detail::Title,
            page_image: false,
            todo: String::new(),
            calendar: String::new(),
            people: String::new(),
            speaker: String::new(),
            speech: String::new(),
            found_token: Found::default(),
        }
    }
}

impl HomeAssistant {
    /// The token, where there is one.
    pub fn token(&self, environment: &Environment) -> Result<Option<String>, Error> {
        if self.found_token.0.is_some() {
            return Ok(self.found_token.0.clone());
        }
        let file = &self.token_file;
        let credential = "home-assistant-token";
        source::secret("home_assistant.token_file", file, credential, environment)
    }

    /// The members of the household whose entities are known, by name.
    pub fn followed(&self) -> BTreeMap<String, String> {
        let pairs = self.people.split(',').filter_map(|it| it.split_once(':'));
        let named = pairs.map(|(name, entity)| (name.trim().to_owned(), entity.trim().to_owned()));
        named.filter(|_| !self.url.is_empty()).collect()
    }

    /// Which key is wrong, and why.
    pub(super) fn check(&self) -> Result<(), (&'static str, &'static str)> {
        address(&self.url).map_err(|reason| ("home_assistant.url", reason))?;
        for (key, entity, domain, reason) in [
            (
                "home_assistant.todo",
                &self.todo,
                "todo.",
                "a list is like todo.family",
            ),
            (
                "home_assistant.calendar",
                &self.calendar,
                "calendar.",
                "a calendar is like calendar.family",
            ),
            (
                "home_assistant.speaker",
                &self.speaker,
                "media_player.",
                "a loudspeaker is like media_player.kitchen",
            ),
            (
                "home_assistant.speech",
                &self.speech,
                "tts.",
                "a speech engine is like tts.piper",
            ),
        ] {
            if !entity.is_empty() && !entity.starts_with(domain) {
                return Err((key, reason));
            }
        }
        let is_entity = |it: &str| it.split_once(':').is_some_and(|(_, it)| it.contains('.'));
        if !self.people.is_empty() && !self.people.split(',').all(is_entity) {
            return Err(("home_assistant.people", "people are like Anna: person.anna"));
        }
        if self.speaker.is_empty() != self.speech.is_empty() {
            let reason = "a loudspeaker needs a speech engine, and the other way round";
            return Err(("home_assistant.speech", reason));
        }
        Ok(())
    }
}
