//! What must be known before the database opens: `workmate.toml`, and `WORKMATE_SECTION__KEY` over it.
//!
//! Every key has a default, every key can be given in the environment, unknown keys are refused with
//! their place and the nearest known name, and secrets come from files. What can be changed while the
//! house runs is a setting in the database instead.

mod backup;
pub mod channels;
mod home_assistant;
mod ingress;
mod model;
mod reading;
pub mod rules;
mod source;
mod telemetry;
mod update;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use jiff::civil::Time;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::domain::ladder::Ladders;
use crate::domain::person::Language;
use crate::domain::policy::Detail;
use crate::domain::service_level::ServiceLevel;

pub use backup::Backup;
pub use channels::{Apprise, Calendar, Gotify, Mail, Ntfy, Webhook};
pub use home_assistant::HomeAssistant;
pub use ingress::{Found, Ingress};
pub use model::Model;
pub use reading::Reading;
pub use source::{Environment, Error};
pub use telemetry::Telemetry;
pub use update::Update;

/// All that is configured. The shipped `config/workmate.toml` documents each key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    /// The web.
    pub server: Server,
    /// Where everything is kept.
    pub data: DataDir,
    /// Where and how the household lives.
    pub household: Household,
    /// How documents come in.
    pub intake: Intake,
    /// How documents are read.
    pub reading: Reading,
    /// The broker.
    pub mqtt: Mqtt,
    /// Home Assistant's sidebar.
    pub ingress: Ingress,
    /// Mail.
    pub mail: Mail,
    /// ntfy.
    pub ntfy: Ntfy,
    /// Gotify.
    pub gotify: Gotify,
    /// Apprise.
    pub apprise: Apprise,
    /// A program of one's own.
    pub webhook: Webhook,
    /// The calendar that due days are written into.
    pub calendar: Calendar,
    /// Copies of everything.
    pub backup: Backup,
    /// Home Assistant beside the broker.
    pub home_assistant: HomeAssistant,
    /// The language model.
    pub model: Model,
    /// How the box takes updates.
    pub update: Update,
    /// Who is told what happens.
    pub telemetry: Telemetry,
    /// What the daemon says about itself.
    pub log: Log,
    /// What the household promises itself.
    pub service_level: Vec<rules::Promise>,
    /// At which distance from their day tasks are spoken about.
    pub ladder: Vec<rules::Rungs>,
}

/// `[server]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Server {
    /// Address and port of the web; port 0 takes a free one.
    pub listen: SocketAddr,
    /// How browsers reach it, for links in messages; empty: `http://` and the listening address.
    pub public_url: String,
    /// Days after which an unused login ends.
    pub session_days: u32,
}

/// `[data]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DataDir {
    /// Folder of the database and the originals.
    pub dir: PathBuf,
}

/// `[household]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Household {
    /// IANA name of the time zone in which days begin and end.
    pub zone: String,
    /// ISO 3166 code of the country, with its subdivision where holidays differ: `DE-BY`.
    pub region: String,
    /// `de` or `en`: of messages, and of pages until a person chooses.
    pub language: Language,
    /// Hour of the day at which the house speaks, `HH:MM`.
    pub morning: String,
}

/// `[intake]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Intake {
    /// Largest document in bytes.
    pub bytes_max: u64,
    /// Watched folder; empty: none.
    pub folder: String,
    /// Seconds between two looks at the folder, also where the system does not tell of changes.
    pub folder_poll_seconds: u32,
    /// Seconds for which a file must not have changed before it is taken.
    pub folder_settle_seconds: u32,
}

/// `[mqtt]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch that a household turns by itself"
)]
pub struct Mqtt {
    /// `mqtt://` or `mqtts://` with user, password, host and port; empty: no broker.
    pub url: String,
    /// File that holds the password; the systemd credential `mqtt-password` where it is empty.
    pub password_file: String,
    /// PEM file of the authority that signed the broker's certificate; empty: the system's.
    pub ca_file: String,
    /// First part of every topic.
    pub prefix: String,
    /// First part of Home Assistant's discovery topics; empty: no discovery.
    pub discovery_prefix: String,
    /// Whether Home Assistant is older than 2025.10, which takes ids in another field.
    pub older_home_assistant: bool,
    /// `full`, `title` or `none`: how much a reminder tells.
    pub detail: Detail,
    /// Whether programs may make tasks.
    pub accept_tasks: bool,
    /// Whether programs may upload small documents.
    pub accept_documents: bool,
    /// Whether programs may ask for lists of tasks.
    pub accept_lists: bool,
    /// Whether programs may switch quiet mode and have the watched folder read.
    pub accept_control: bool,
    /// Whether the first page of the latest document is shown.
    pub page_image: bool,
    /// The password that came with an address that was found, not configured.
    #[serde(skip)]
    pub found_password: Found,
}

/// `[log]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Log {
    /// `error`, `warn`, `info`, `debug` or `trace`.
    pub level: String,
    /// `auto` (the journal under systemd, else text), `text` or `json`.
    pub format: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            server: Server::default(),
            data: DataDir::default(),
            household: Household::default(),
            intake: Intake::default(),
            reading: Reading::default(),
            mqtt: Mqtt::default(),
            ingress: Ingress::default(),
            mail: Mail::default(),
            ntfy: Ntfy::default(),
            gotify: Gotify::default(),
            apprise: Apprise::default(),
            webhook: Webhook::default(),
            calendar: Calendar::default(),
            backup: Backup::default(),
            home_assistant: HomeAssistant::default(),
            model: Model::default(),
            update: Update::default(),
            telemetry: Telemetry::default(),
            log: Log::default(),
            service_level: rules::usual_promises(),
            ladder: rules::usual_ladders(),
        }
    }
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([0, 0, 0, 0], 8420)),
            public_url: String::new(),
            session_days: 30,
        }
    }
}

impl Default for DataDir {
    fn default() -> Self {
        Self {
            dir: PathBuf::from("/var/lib/workmate"),
        }
    }
}

impl Default for Household {
    fn default() -> Self {
        Self {
            zone: "Europe/Berlin".to_owned(),
            region: "DE".to_owned(),
            language: Language::German,
            morning: "08:00".to_owned(),
        }
    }
}

impl Default for Intake {
    fn default() -> Self {
        Self {
            bytes_max: 64 << 20,
            folder: String::new(),
            folder_poll_seconds: 10,
            folder_settle_seconds: 3,
        }
    }
}

impl Default for Mqtt {
    fn default() -> Self {
        Self {
            url: String::new(),
            password_file: String::new(),
            ca_file: String::new(),
            prefix: "workmate".to_owned(),
            discovery_prefix: "homeassistant".to_owned(),
            older_home_assistant: false,
            detail: Detail::Full,
            accept_tasks: false,
            accept_documents: false,
            accept_lists: false,
            accept_control: false,
            page_image: false,
            found_password: Found::default(),
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self {
            level: "info".to_owned(),
            format: "auto".to_owned(),
        }
    }
}

impl Config {
    /// Reads `file` where one is given, lays the environment over it and checks the values.
    pub fn load(file: Option<&Path>, environment: &Environment) -> Result<Self, Error> {
        let config: Self = source::load(file, environment)?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), Error> {
        let wrong = |key: &str, reason: String| {
            Err(Error::Value {
                key: key.to_owned(),
                reason,
            })
        };
        if let Err(error) = TimeZone::get(&self.household.zone) {
            return wrong(
                "household.zone",
                format!("{error}; a name is like Europe/Berlin"),
            );
        }
        if self.household.morning().is_none() {
            return wrong("household.morning", "an hour is like 08:00".to_owned());
        }
        if self.log.level.parse::<log::LevelFilter>().is_err() {
            return wrong(
                "log.level",
                "one of error, warn, info, debug, trace".to_owned(),
            );
        }
        if !["auto", "text", "json"].contains(&self.log.format.as_str()) {
            return wrong("log.format", "one of auto, text, json".to_owned());
        }
        if self.reading.asn_prefix.trim().is_empty() {
            let reason = "letters that stand before the digits of a label".to_owned();
            return wrong("reading.asn_prefix", reason);
        }
        if self.mqtt.prefix.is_empty() || self.mqtt.prefix.contains(['#', '+', ' ']) {
            return wrong("mqtt.prefix", "a topic without spaces, # and +".to_owned());
        }
        for (key, text) in [
            ("ntfy.url", &self.ntfy.url),
            ("gotify.url", &self.gotify.url),
            ("apprise.url", &self.apprise.url),
            ("webhook.url", &self.webhook.url),
            ("calendar.url", &self.calendar.url),
        ] {
            if let Err(reason) = channels::address(text) {
                return wrong(key, reason.to_owned());
            }
        }
        for checked in [
            self.home_assistant.check(),
            self.backup.check(),
            self.ingress.check(),
            self.model.check(),
            self.telemetry.check(),
        ] {
            if let Err((key, reason)) = checked {
                return wrong(key, reason.to_owned());
            }
        }
        self.service_levels()?;
        self.ladders().map(|_| ())
    }

    /// What the household promises itself.
    pub fn service_levels(&self) -> Result<Vec<ServiceLevel>, Error> {
        rules::promises(&self.service_level).map_err(|reason| Error::Value {
            key: "service_level".to_owned(),
            reason,
        })
    }

    /// The ladders that its tasks climb.
    pub fn ladders(&self) -> Result<Ladders, Error> {
        let ladders = rules::ladders(&self.ladder, self.household.morning_or_eight());
        ladders.map_err(|reason| Error::Value {
            key: "ladder".to_owned(),
            reason,
        })
    }
}

impl Household {
    /// The zone; UTC if the name is unknown, which [`Config::load`] refuses.
    pub fn time_zone(&self) -> TimeZone {
        TimeZone::get(&self.zone).unwrap_or(TimeZone::UTC)
    }

    /// The hour at which the house speaks.
    pub fn morning(&self) -> Option<Time> {
        self.morning.parse().ok()
    }

    /// The hour at which the house speaks; 08:00 if it is unreadable, which [`Config::load`] refuses.
    pub fn morning_or_eight(&self) -> Time {
        self.morning().unwrap_or(Time::constant(8, 0, 0, 0))
    }
}

impl Server {
    /// How browsers reach the house, without a slash at the end.
    pub fn base_url(&self, bound: SocketAddr) -> String {
        if !self.public_url.is_empty() {
            return self.public_url.trim_end_matches('/').to_owned();
        }
        let host = if bound.ip().is_unspecified() {
            format!("localhost:{}", bound.port())
        } else {
            bound.to_string()
        };
        format!("http://{host}")
    }
}

impl Mqtt {
    /// Everything but where the broker is, and who may go there.
    #[must_use]
    pub fn without_address(&self) -> Self {
        Self {
            url: String::new(),
            password_file: String::new(),
            ca_file: String::new(),
            found_password: Found::default(),
            ..self.clone()
        }
    }

    /// The password of `password_file` or of the systemd credential, where there is one.
    pub fn password(&self, environment: &Environment) -> Result<Option<String>, Error> {
        if self.found_password.0.is_some() {
            return Ok(self.found_password.0.clone());
        }
        source::secret(
            "mqtt.password_file",
            &self.password_file,
            "mqtt-password",
            environment,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::counsel::Provider;

    fn environment(pairs: &[(&str, &str)]) -> Environment {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    fn load(text: &str, pairs: &[(&str, &str)]) -> Result<Config, String> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("workmate.toml");
        std::fs::write(&file, text).unwrap();
        Config::load(Some(&file), &environment(pairs)).map_err(|error| {
            error
                .to_string()
                .replace(&dir.path().display().to_string(), "")
        })
    }

    #[test]
    fn the_shipped_file_says_what_the_defaults_are() {
        let text = include_str!("../config/workmate.toml");
        assert_eq!(load(text, &[]).unwrap(), Config::default());
        for (section, keys) in toml::Table::try_from(Config::default()).unwrap() {
            // Every entry of a list has the same keys.
            let keys = keys.get(0).unwrap_or(&keys);
            for key in keys.as_table().unwrap().keys() {
                let documented = text
                    .lines()
                    .any(|line| line.starts_with(&format!("{key} =")));
                assert!(
                    documented,
                    "[{section}] {key} is not in config/workmate.toml"
                );
            }
        }
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line_and_the_nearest_name() {
        let error = load("[server]\n\nlisten = \"127.0.0.1:1\"\nlitsen = 1\n", &[]).unwrap_err();
        assert_eq!(
            error,
            "/workmate.toml, line 4: there is no key `server.litsen`; did you mean `listen`?"
        );
        let error = load("[sever]\n", &[]).unwrap_err();
        assert_eq!(
            error,
            "/workmate.toml, line 1: there is no section `sever`; did you mean `server`?"
        );
    }

    #[test]
    fn an_entry_of_a_list_is_checked_with_its_line() {
        let error = load("[[ladder]]\nname = \"bills\"\nrung = [\"1 info\"]\n", &[]).unwrap_err();
        assert_eq!(
            error,
            "/workmate.toml, line 3: there is no key `ladder.rung`; did you mean `rungs`?"
        );
        let error = load("[[service_level]]\nkinds = \"fine\"\n", &[]).unwrap_err();
        assert_eq!(
            error,
            "/workmate.toml, line 2: `service_level.kinds` is a list of texts in quotes"
        );
        let error = load("[ladder]\n", &[]).unwrap_err();
        assert!(error.ends_with("write each as [[ladder]]"), "{error}");
        let error = load(
            "[[ladder]]\nname = \"x\"\nraised_from = \"info\"\nfor = [\"x\"]",
            &[],
        );
        assert!(error.unwrap_err().starts_with("`ladder` is wrong: x: for:"));
        assert_eq!(load("service_level = []\n", &[]).unwrap().service_level, []);
    }

    #[test]
    fn a_wrong_value_is_refused_with_its_line() {
        let error = load("[intake]\nbytes_max = \"many\"\n", &[]).unwrap_err();
        assert!(
            error.starts_with("/workmate.toml, line 2: `intake.bytes_max`"),
            "{error}"
        );
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let pairs = [
            ("WORKMATE_SERVER__LISTEN", "127.0.0.1:9"),
            ("WORKMATE_READING__OCR", "false"),
        ];
        let config = load("[server]\nlisten = \"127.0.0.1:1\"\n", &pairs).unwrap();
        assert_eq!(config.server.listen.port(), 9);
        assert!(!config.reading.ocr);
    }

    #[test]
    fn an_unknown_name_in_the_environment_is_refused() {
        let error = load("", &[("WORKMATE_SERVER__LISTN", "x")]).unwrap_err();
        assert_eq!(
            error,
            "the environment variable WORKMATE_SERVER__LISTN names no key; \
             did you mean WORKMATE_SERVER__LISTEN?"
        );
    }

    #[test]
    fn a_zone_that_does_not_exist_is_refused() {
        let error = load("[household]\nzone = \"Europe/Berlim\"\n", &[]).unwrap_err();
        assert!(error.starts_with("`household.zone`"), "{error}");
    }

    #[test]
    fn a_language_model_is_off_until_it_is_named() {
        assert_eq!(Config::default().model.provider, Provider::Off);
        let error = load("[model]\nprovider = \"ollama\"\n", &[]).unwrap_err();
        assert!(error.starts_with("`model.name`"), "{error}");
        let named = "[model]\nprovider = \"ollama\"\nname = \"qwen3:4b\"\n";
        assert!(load(named, &[]).is_ok());
        for (line, key) in [
            ("url = \"ftp://nas\"", "model.url"),
            ("url = \"http://anna:geheim@nas\"", "model.url"),
            ("minutes = 0", "model.minutes"),
            ("context_tokens = 512", "model.context_tokens"),
            ("keep_alive = \"for a while\"", "model.keep_alive"),
        ] {
            let error = load(&format!("{named}{line}\n"), &[]).unwrap_err();
            assert!(error.starts_with(&format!("`{key}`")), "{error}");
        }
        let error = load("[model]\nprovider = \"chatty\"\n", &[]).unwrap_err();
        assert!(error.contains("ollama"), "{error}");
    }

    #[test]
    fn passwords_of_pdfs_stand_one_a_line() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("passwords");
        std::fs::write(&file, "geheim\r\n\nzwei Worte \n").unwrap();
        let reading = Reading {
            pdf_passwords_file: file.display().to_string(),
            ..Reading::default()
        };
        let passwords = reading.pdf_passwords(&environment(&[])).unwrap();
        assert_eq!(passwords, ["geheim", "zwei Worte "]);
    }

    #[test]
    fn a_secret_comes_from_its_file_without_the_line_end() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("mqtt-password"), "secret\n").unwrap();
        let folder = dir.path().display().to_string();
        let environment = environment(&[("CREDENTIALS_DIRECTORY", &folder)]);
        let password = Config::default().mqtt.password(&environment).unwrap();
        assert_eq!(password.as_deref(), Some("secret"));
    }
}
