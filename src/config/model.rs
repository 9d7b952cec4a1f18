//! `[model]`: the language model that may be asked.

use serde::{Deserialize, Serialize};

use super::source::{self, Environment, Error};
use crate::domain::counsel::Provider;

/// `[model]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Model {
    /// `off`, `ollama` or `openai`: in which protocol a language model is asked, if at all.
    pub provider: Provider,
    /// `http://` or `https://` with host and port of its server.
    pub url: String,
    /// Its name there.
    pub name: String,
    /// Minutes that one answer may take.
    pub minutes: u32,
    /// Tokens of one question with its answer.
    pub context_tokens: u32,
    /// How long Ollama keeps it in memory behind a question: `5m`, `1h`, `0`, `-1` (for good).
    pub keep_alive: String,
    /// File that holds the key of the server; the systemd credential `model-key` where it is empty.
    pub key_file: String,
}

impl Default for Model {
    fn default() -> Self {
        Self {
            provider: Provider::Off,
            url: "http://127.0.0.1:11434".to_owned(),
            name: String::new(),
            minutes: 30,
            context_tokens: 4096,
            keep_alive: "5m".to_owned(),
            key_file: String::new(),
        }
    }
}

impl Model {
    pub(super) fn check(&self) -> Result<(), (&'static str, &'static str)> {
        if self.provider == Provider::Off {
            return Ok(());
        }
        if self.address().is_none() {
            let right = "an address is like http://127.0.0.1:11434, without user and password";
            return Err(("model.url", right));
        }
        if self.name.trim().is_empty() {
            return Err((
                "model.name",
                "the name that the server knows, such as qwen3:4b",
            ));
        }
        if !(1..=1440).contains(&self.minutes) {
            return Err(("model.minutes", "from 1 to 1440"));
        }
        if !(2048..=131_072).contains(&self.context_tokens) {
            return Err(("model.context_tokens", "from 2048 to 131072"));
        }
        let is_unit = |it: char| matches!(it, 's' | 'm' | 'h');
        let figures = self.keep_alive.strip_suffix(is_unit);
        let figures = figures.unwrap_or(&self.keep_alive);
        if figures.parse::<i32>().is_err() {
            return Err(("model.keep_alive", "a time is like 5m, 1h or -1"));
        }
        Ok(())
    }

    /// Where its server is, if that is an address at all.
    pub fn address(&self) -> Option<url::Url> {
        source::plain_address(&self.url)
    }

    /// The key of `key_file` or of the systemd credential, where there is one.
    pub fn key(&self, environment: &Environment) -> Result<Option<String>, Error> {
        source::secret("model.key_file", &self.key_file, "model-key", environment)
    }
}
