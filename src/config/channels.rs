//! How the household is reached beside the broker: `[mail]`, `[ntfy]`, `[gotify]`, `[apprise]`,
//! `[webhook]`, and the calendar that due days are written into, `[calendar]`.

use serde::{Deserialize, Serialize};
use url::Url;

use super::source::{self, Environment, Error};
use crate::domain::policy::Detail;

/// `[mail]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Mail {
    /// `smtps://user@host:465`, `smtp://user@host:587` (STARTTLS) or `smtp+plain://relay:25`; empty: no
    /// mail.
    pub url: String,
    /// File that holds the password; the systemd credential `mail-password` where it is empty.
    pub password_file: String,
    /// Who writes: `workmate <workmate@example.org>`.
    pub from: String,
    /// PEM file of the authority that signed the server's certificate; empty: the system's.
    pub ca_file: String,
    /// `full`, `title` or `none`: how much a mail tells.
    pub detail: Detail,
}

/// `[ntfy]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ntfy {
    /// `https://ntfy.sh` or a server of one's own; empty: no ntfy. Each person names their topic.
    pub url: String,
    /// File that holds an access token; the systemd credential `ntfy-token` where it is empty.
    pub token_file: String,
    /// `full`, `title` or `none`: how much a push tells.
    pub detail: Detail,
}

/// `[gotify]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Gotify {
    /// The server; empty: no Gotify.
    pub url: String,
    /// File that holds the application's token; the systemd credential `gotify-token` where it is
    /// empty.
    pub token_file: String,
    /// `full`, `title` or `none`: how much a push tells.
    pub detail: Detail,
}

/// `[apprise]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Apprise {
    /// An Apprise API server with its key, `http://nas:8000/notify/home`; empty: no Apprise.
    pub url: String,
    /// `full`, `title` or `none`: how much a message tells.
    pub detail: Detail,
}

/// `[webhook]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Webhook {
    /// Where each reminder is posted; empty: nowhere.
    pub url: String,
    /// File that holds the secret that signs the body; the systemd credential `webhook-secret` where
    /// it is empty.
    pub secret_file: String,
    /// The body with `{title}`, `{text}`, `{level}`, `{url}` and `{delivery}`; empty: all as JSON.
    pub body: String,
    /// `full`, `title` or `none`: how much it tells.
    pub detail: Detail,
}

/// `[calendar]`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Calendar {
    /// The collection on a CalDAV server, with user: `https://anna@nas/dav/anna/household/`; empty:
    /// none.
    pub url: String,
    /// File that holds the password; the systemd credential `calendar-password` where it is empty.
    pub password_file: String,
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            url: String::new(),
            password_file: String::new(),
            from: "workmate@localhost".to_owned(),
            ca_file: String::new(),
            detail: Detail::Full,
        }
    }
}

impl Default for Ntfy {
    fn default() -> Self {
        Self {
            url: String::new(),
            token_file: String::new(),
            detail: Detail::Title,
        }
    }
}

impl Default for Gotify {
    fn default() -> Self {
        Self {
            url: String::new(),
            token_file: String::new(),
            detail: Detail::Full,
        }
    }
}

impl Default for Apprise {
    fn default() -> Self {
        Self {
            url: String::new(),
            detail: Detail::Title,
        }
    }
}

impl Default for Webhook {
    fn default() -> Self {
        Self {
            url: String::new(),
            secret_file: String::new(),
            body: String::new(),
            detail: Detail::Full,
        }
    }
}

impl Mail {
    /// The password, where there is one.
    pub fn password(&self, environment: &Environment) -> Result<Option<String>, Error> {
        let file = &self.password_file;
        source::secret("mail.password_file", file, "mail-password", environment)
    }
}

impl Ntfy {
    /// The access token, where there is one.
    pub fn token(&self, environment: &Environment) -> Result<Option<String>, Error> {
        source::secret(
            "ntfy.token_file",
            &self.token_file,
            "ntfy-token",
            environment,
        )
    }
}

impl Gotify {
    /// The application's token, where there is one.
    pub fn token(&self, environment: &Environment) -> Result<Option<String>, Error> {
        let file = &self.token_file;
        source::secret("gotify.token_file", file, "gotify-token", environment)
    }
}

impl Webhook {
    /// What signs the body, where somebody wants that.
    pub fn secret(&self, environment: &Environment) -> Result<Option<String>, Error> {
        let file = &self.secret_file;
        source::secret("webhook.secret_file", file, "webhook-secret", environment)
    }
}

impl Calendar {
    /// The password, where there is one.
    pub fn password(&self, environment: &Environment) -> Result<Option<String>, Error> {
        let file = &self.password_file;
        source::secret(
            "calendar.password_file",
            file,
            "calendar-password",
            environment,
        )
    }
}

/// The address in `text`, if it is one of the web; `None` where `text` is empty.
pub fn address(text: &str) -> Result<Option<Url>, &'static str> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let url = Url::parse(text.trim()).ok();
    let url = url.filter(|it| matches!(it.scheme(), "http" | "https") && it.has_host());
    url.map(Some)
        .ok_or("an address is like https://nas.lan:8443/path")
}
