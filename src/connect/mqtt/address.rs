//! How a broker is named: `mqtts://user:password@host:port`.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use rumqttc::{LastWill, MqttOptions, Transport};
use url::{Host, Url};

use super::{PAYLOAD_MAX, QOS, Settings, Topics, tls};

/// The settings do not make sense. Each sentence says what to change.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The address cannot be understood.
    #[error("mqtt.url: {0}")]
    Url(&'static str),
    /// A prefix cannot be part of a topic.
    #[error("mqtt.{key}: a prefix is made of words and slashes, such as workmate or home/workmate")]
    Prefix {
        /// Which of them.
        key: &'static str,
    },
    /// The file of the authority cannot be read.
    #[error("mqtt.ca_file: {path} cannot be read")]
    CaFile {
        /// Where it should be.
        path: PathBuf,
        /// What the system says.
        #[source]
        cause: std::io::Error,
    },
    /// There is no certificate to trust.
    #[error("{0}")]
    Authorities(&'static str),
    /// The TLS library refuses.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
}

/// After this much silence the broker is asked whether it is there.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// The largest packet that is read at all, in bytes; a larger one ends the connection.
const PACKET_MAX: usize = 1024 * 1024;

/// Messages under way at most, as the library counts them; the driver keeps well below it.
const LIBRARY_INFLIGHT_MAX: u16 = 100;

/// A broker that can be dialled.
pub(super) struct Broker {
    scheme: Scheme,
    host: String,
    port: u16,
    credentials: Option<(String, String)>,
    ca_file: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Plain,
    Tls,
}

impl fmt::Display for Broker {
    /// Without user and password.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            Scheme::Plain => "mqtt",
            Scheme::Tls => "mqtts",
        };
        write!(formatter, "{scheme}://{}:{}", self.host, self.port)
    }
}

impl Broker {
    /// What the library needs to dial it.
    pub(super) fn options(&self, topics: &Topics) -> Result<MqttOptions, SettingsError> {
        let mut options = MqttOptions::new(topics.id(), &self.host, self.port);
        options.set_keep_alive(KEEP_ALIVE);
        // The broker keeps what comes for us while we are away.
        options.set_clean_session(false);
        options.set_manual_acks(true);
        options.set_inflight(LIBRARY_INFLIGHT_MAX);
        options.set_max_packet_size(PACKET_MAX, PAYLOAD_MAX + usize::from(u16::MAX) + 16);
        options.set_last_will(LastWill::new(topics.status(), "offline", QOS, true));
        if let Some((user, password)) = &self.credentials {
            options.set_credentials(user, password);
        }
        if self.scheme == Scheme::Tls {
            let tls = tls::client(self.ca_file.as_deref())?;
            options.set_transport(Transport::tls_with_config(tls.into()));
        }
        Ok(options)
    }
}

/// Understands the settings.
pub(super) fn parse(settings: &Settings) -> Result<Broker, SettingsError> {
    for (key, prefix) in [
        ("prefix", &settings.prefix),
        ("discovery_prefix", &settings.discovery_prefix),
    ] {
        let is_plain = |it: char| it.is_alphanumeric() || matches!(it, '-' | '_' | '.' | ' ');
        let is_level = |level: &str| !level.is_empty() && level.chars().all(is_plain);
        if key == "discovery_prefix" && prefix.is_empty() {
            continue;
        }
        if prefix.len() > 100 || !prefix.split('/').all(is_level) {
            return Err(SettingsError::Prefix { key });
        }
    }
    let address = Url::parse(settings.url.trim()).map_err(|_| {
        SettingsError::Url("this is no address; write mqtt://host, or mqtts://user@host:8883")
    })?;
    let scheme = match address.scheme() {
        "mqtt" => Scheme::Plain,
        "mqtts" => Scheme::Tls,
        _ => {
            return Err(SettingsError::Url(
                "the address starts with mqtt:// or mqtts://",
            ));
        }
    };
    let host = address
        .host_str()
        .filter(|it| !it.is_empty())
        .ok_or(SettingsError::Url("the address names no host"))?;
    // For a scheme that it does not know, the library keeps a numeric host as a name.
    let numeric = Host::parse(host);
    if scheme == Scheme::Tls && matches!(numeric, Ok(Host::Ipv6(_))) {
        return Err(SettingsError::Url(
            "with mqtts:// the broker is given by its name, not its IPv6 number",
        ));
    }
    if !matches!(address.path(), "" | "/")
        || address.query().is_some()
        || address.fragment().is_some()
    {
        return Err(SettingsError::Url(
            "nothing follows the port; a `/`, `?` or `#` in a password is written %2F, %3F or %23",
        ));
    }
    if settings.ca_file.is_some() && scheme == Scheme::Plain {
        return Err(SettingsError::Url(
            "mqtt.ca_file is set, but only mqtts:// is encrypted",
        ));
    }
    let default_port = match scheme {
        Scheme::Plain => 1883,
        Scheme::Tls => 8883,
    };
    Ok(Broker {
        scheme,
        host: percent_decoded(host)?,
        port: address.port().unwrap_or(default_port),
        credentials: credentials(&address, settings.password.as_deref())?,
        ca_file: settings.ca_file.clone(),
    })
}

fn credentials(
    address: &Url,
    separate: Option<&str>,
) -> Result<Option<(String, String)>, SettingsError> {
    let user = percent_decoded(address.username())?;
    let written = address.password().map(percent_decoded).transpose()?;
    match (user.is_empty(), written, separate) {
        (true, None, None) => Ok(None),
        (true, _, _) => Err(SettingsError::Url(
            "there is a password but no user; write mqtt://user@host",
        )),
        (false, Some(_), Some(_)) => Err(SettingsError::Url(
            "the password stands in the address and in password_file; one of them must go",
        )),
        (false, written, separate) => {
            let password = written.or_else(|| separate.map(str::to_owned));
            Ok(Some((user, password.unwrap_or_default())))
        }
    }
}

fn percent_decoded(text: &str) -> Result<String, SettingsError> {
    let decoded = percent_decode_str(text).decode_utf8();
    let decoded = decoded.map_err(|_| SettingsError::Url("a %-sequence in it is not UTF-8"))?;
    Ok(decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broker(url: &str) -> Result<Broker, String> {
        parse(&Settings::new(url)).map_err(|error| error.to_string())
    }

    #[test]
    fn an_address_names_the_broker_and_never_shows_its_password() {
        let broker = broker("mqtts://anna:p%40ss%2Fword@broker.lan").unwrap();
        assert_eq!(broker.to_string(), "mqtts://broker.lan:8883");
        assert_eq!(
            broker.credentials,
            Some(("anna".to_owned(), "p@ss/word".to_owned()))
        );
        let settings = format!("{:?}", Settings::new("mqtt://anna:secret@x"));
        assert!(!settings.contains("secret"), "{settings}");
    }

    #[test]
    fn ports_are_the_usual_ones_unless_given() {
        for (url, shown) in [
            ("mqtt://host", "mqtt://host:1883"),
            ("mqtt://host/", "mqtt://host:1883"),
            ("mqtt://192.168.1.2:2883", "mqtt://192.168.1.2:2883"),
            ("mqtt://[::1]:2883", "mqtt://[::1]:2883"),
            (" mqtts://host ", "mqtts://host:8883"),
        ] {
            assert_eq!(broker(url).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn what_is_wrong_with_an_address_is_said_in_a_sentence() {
        for (url, part) in [
            ("", "this is no address"),
            ("broker.lan:1883", "starts with mqtt://"),
            ("http://host", "starts with mqtt://"),
            ("mqtt://", "names no host"),
            ("mqtt://:secret@host", "no user"),
            ("mqtt://host/topic", "nothing follows the port"),
            ("mqtts://[::1]", "by its name"),
            ("mqtt://host:99999", "this is no address"),
        ] {
            let Err(said) = broker(url) else {
                panic!("{url} was understood");
            };
            assert!(
                said.starts_with("mqtt.url: ") && said.contains(part),
                "{url}: {said}"
            );
            assert!(!said.contains("secret"));
        }
    }

    #[test]
    fn a_password_stands_in_one_place() {
        let mut settings = Settings::new("mqtt://anna@host");
        settings.password = Some("apart".to_owned());
        let parsed = parse(&settings).unwrap();
        assert_eq!(
            parsed.credentials,
            Some(("anna".to_owned(), "apart".to_owned()))
        );
        settings.url = "mqtt://anna:inside@host".to_owned();
        assert!(parse(&settings).is_err());
    }

    #[test]
    fn a_prefix_holds_no_wildcard() {
        for prefix in ["", "a//b", "/a", "a/", "+", "home/#", "a\nb"] {
            let mut settings = Settings::new("mqtt://host");
            settings.prefix = prefix.to_owned();
            assert!(parse(&settings).is_err(), "{prefix:?}");
        }
        let mut settings = Settings::new("mqtt://host");
        settings.prefix = "home/workmate-2".to_owned();
        assert!(parse(&settings).is_ok());
        assert_eq!(settings.topics().id(), "home_workmate-2");
    }
}
