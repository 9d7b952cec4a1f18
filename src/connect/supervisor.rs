//! The Supervisor, who runs the add-ons of a Home Assistant: as one of them, workmate asks it for the
//! household's broker (`GET /services/mqtt`,
//! <https://developers.home-assistant.io/docs/api/supervisor/endpoints>).

use std::fmt;
use std::time::Duration;

use reqwest::StatusCode;
use serde::Deserialize;
use url::Url;

use super::SendError;
use super::http::{self, Http};

/// How long it may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of its answer at the most.
const ANSWER_BYTES_MAX: usize = 64 << 10;

/// The broker that it names.
#[derive(Clone, PartialEq, Eq)]
pub struct Broker {
    /// `mqtt://user@host:port`, or `mqtts://`.
    pub url: String,
    /// The password, where there is one.
    pub password: Option<String>,
}

impl fmt::Debug for Broker {
    /// Without the password.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.url)
    }
}

#[derive(Deserialize)]
struct Answer {
    data: Offer,
}

#[derive(Deserialize)]
struct Offer {
    host: String,
    port: u16,
    #[serde(default)]
    ssl: bool,
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    password: Option<String>,
}

/// The household's broker; nothing where no add-on provides one.
///
/// # Errors
/// Transient if it does not answer, permanent if it answers something else or does not know us.
pub async fn broker(http: &Http, url: &Url, token: &str) -> Result<Option<Broker>, SendError> {
    let reached = http.reach(url, PATIENCE).await?;
    let request = reached.get("/services/mqtt").bearer_auth(token);
    let answer = request.send().await.map_err(|it| http::trouble(&it))?;
    match answer.status() {
        StatusCode::OK => {}
        // "Offer not enabled": nobody provides it.
        StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND => return Ok(None),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            let reason = "the Supervisor does not let workmate ask for the broker";
            return Err(SendError::permanent(reason));
        }
        other => {
            let reason = format!("the Supervisor answers {}", other.as_u16());
            return Err(SendError::transient(reason));
        }
    }
    let body = http::body(answer, ANSWER_BYTES_MAX).await?;
    let strange = || SendError::permanent("the Supervisor describes the broker in unknown words");
    let answer: Answer = serde_json::from_slice(&body).map_err(|_| strange())?;
    named(answer.data).map(Some).ok_or_else(strange)
}

fn named(service: Offer) -> Option<Broker> {
    let scheme = if service.ssl { "mqtts" } else { "mqtt" };
    let mut url = Url::parse(&format!("{scheme}://host")).ok()?;
    url.set_host(Some(&service.host)).ok()?;
    url.set_port(Some(service.port)).ok()?;
    if let Some(user) = service.username.filter(|it| !it.is_empty()) {
        url.set_username(&user).ok()?;
    }
    Some(Broker {
        url: url.to_string(),
        password: service.password.filter(|it| !it.is_empty()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_becomes_the_address_of_a_broker() {
        let answer = r#"{"result":"ok","data":{"addon":"core_mosquitto","host":"core-mosquitto",
            "port":1883,"ssl":false,"protocol":"3.1.1","username":"add ons","password":"p@ss"}}"#;
        let answer: Answer = serde_json::from_str(answer).unwrap();
        let broker = named(answer.data).unwrap();
        assert_eq!(broker.url, "mqtt://add%20ons@core-mosquitto:1883");
        assert_eq!(broker.password.as_deref(), Some("p@ss"));
        assert_eq!(format!("{broker:?}"), broker.url);
    }
}
