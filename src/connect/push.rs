//! Pushes to telephones and whatever listens: ntfy, Gotify, Apprise, and a webhook of one's own.
//!
//! Each is one HTTP request to a server that a person configured. What the server says about it decides:
//! taken, try again (it is away, slow, full, or does not know our key, which somebody may mend), or never
//! (it does not understand the request).

use std::time::Duration;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use reqwest::RequestBuilder;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::Sha256;
use url::Url;

use super::SendError;
use super::http::{self, Http};
use super::message::Message;
use crate::domain::reminder::Level;

/// For one request, answer included.
const PATIENCE: Duration = Duration::from_secs(20);
/// Letters of a text that a push shows.
const TEXT_LETTERS_MAX: usize = 3000;
/// Actions that ntfy takes.
const ACTIONS_MAX: usize = 3;

/// Which server, and its form.
#[derive(Clone)]
pub enum Protocol {
    /// <https://docs.ntfy.sh/publish/>
    Ntfy {
        /// A token, where the server wants one.
        token: Option<String>,
    },
    /// <https://gotify.net/docs/pushmsg>
    Gotify {
        /// The application's token.
        token: String,
    },
    /// An Apprise API server, the address with its key: <https://github.com/caronc/apprise-api>
    Apprise,
    /// Somebody's own program.
    Webhook {
        /// Signs the body, where somebody wants that.
        secret: Option<String>,
        /// The body with placeholders in braces; empty: all there is, as JSON.
        body: String,
    },
}

/// Secrets never show.
impl std::fmt::Debug for Protocol {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Ntfy { .. } => "Ntfy",
            Self::Gotify { .. } => "Gotify",
            Self::Apprise => "Apprise",
            Self::Webhook { .. } => "Webhook",
        })
    }
}

/// A server that pushes.
#[derive(Clone, Debug)]
pub struct Pusher {
    http: Http,
    url: Url,
    protocol: Protocol,
}

impl Pusher {
    /// Pushes to `url` as `protocol` wants it.
    pub const fn new(http: Http, url: Url, protocol: Protocol) -> Self {
        Self {
            http,
            url,
            protocol,
        }
    }

    /// Sends `message` to `address`: ntfy's topic, Gotify's token of another application; the others
    /// have none. The server has taken it when this returns.
    pub async fn send(
        &self,
        address: &str,
        message: &Message,
        now: Timestamp,
    ) -> Result<(), SendError> {
        let reached = self.http.reach(&self.url, PATIENCE).await?;
        let request = match &self.protocol {
            Protocol::Ntfy { token } => {
                let request = reached.post("", ntfy(address, message).to_string());
                with_bearer(request, token.as_deref())
            }
            Protocol::Gotify { token } => {
                let token = if address.is_empty() { token } else { address };
                let request = reached.post("/message", gotify(message).to_string());
                request.header("X-Gotify-Key", token)
            }
            Protocol::Apprise => reached.post("", apprise(message).to_string()),
            Protocol::Webhook { secret, body } => {
                let body = webhook(body, message);
                let sign = secret.as_deref().map(|it| signature(it, now, &body));
                let request = reached.post("", body);
                let request = request.header("X-Workmate-Delivery", message.delivery.to_string());
                with_signature(request, now, sign)
            }
        };
        let answer = request.send().await.map_err(|it| http::trouble(&it))?;
        judged(answer.status().as_u16())
    }
}

fn with_bearer(request: RequestBuilder, token: Option<&str>) -> RequestBuilder {
    match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    }
}

fn with_signature(request: RequestBuilder, now: Timestamp, sign: Option<String>) -> RequestBuilder {
    match sign {
        Some(sign) => request
            .header("X-Workmate-Timestamp", now.as_second().to_string())
            .header("X-Workmate-Signature", format!("sha256={sign}")),
        None => request,
    }
}

/// What the status of an answer means for the delivery.
pub fn judged(status: u16) -> Result<(), SendError> {
    let reason = format!("the server answered {status}");
    match status {
        200..=299 => Ok(()),
        401 | 403 => Err(SendError::transient(format!(
            "{reason}: it does not know our key"
        ))),
        300..=399 => Err(SendError::permanent(format!(
            "{reason}: it sends us elsewhere, where nobody goes"
        ))),
        408 | 425 | 429 | 500..=599 => Err(SendError::transient(reason)),
        _ => Err(SendError::permanent(reason)),
    }
}

fn text(message: &Message) -> String {
    message
        .lines
        .join("\n")
        .chars()
        .take(TEXT_LETTERS_MAX)
        .collect()
}

fn ntfy(topic: &str, message: &Message) -> Value {
    let actions = message.answers.iter().take(ACTIONS_MAX).map(|it| {
        // The tap is the answer: the telephone sends it without showing a page.
        json!({"action": "http", "label": it.label, "url": it.url, "method": "POST", "clear": true})
    });
    let priority = match message.level {
        Level::Info => 2,
        Level::Warning => 3,
        Level::Urgent => 4,
        Level::Overdue => 5,
    };
    json!({
        "topic": topic,
        "title": message.title,
        "message": text(message),
        "priority": priority,
        "click": message.url,
        "actions": actions.collect::<Vec<_>>(),
    })
}

fn gotify(message: &Message) -> Value {
    let priority = match message.level {
        Level::Info => 2,
        Level::Warning => 5,
        Level::Urgent => 7,
        Level::Overdue => 8,
    };
    json!({
        "title": message.title,
        "message": message.text(),
        "priority": priority,
        "extras": {"client::notification": {"click": {"url": message.url}}},
    })
}

fn apprise(message: &Message) -> Value {
    let kind = match message.level {
        Level::Info => "info",
        Level::Warning | Level::Urgent => "warning",
        Level::Overdue => "failure",
    };
    let body = message.text();
    // A body must not be empty.
    let body = if body.is_empty() {
        &message.title
    } else {
        &body
    };
    json!({"title": message.title, "body": body, "type": kind, "format": "text"})
}

/// All that a webhook is told.
#[derive(Serialize)]
struct Told<'a> {
    delivery: String,
    title: &'a str,
    text: String,
    level: Level,
    url: Option<&'a str>,
    answers: Vec<Value>,
}

/// The body: `template` with `{title}`, `{text}`, `{level}`, `{url}` and `{delivery}` filled in, each as
/// the inside of a JSON string, or all there is.
fn webhook(template: &str, message: &Message) -> String {
    if template.is_empty() {
        let answers = message.answers.iter();
        let told = Told {
            delivery: message.delivery.to_string(),
            title: &message.title,
            text: message.lines.join("\n"),
            level: message.level,
            url: message.url.as_deref(),
            answers: answers
                .map(|it| json!({"label": it.label, "url": it.url}))
                .collect(),
        };
        return json!(told).to_string();
    }
    let level = message.level.to_string();
    let delivery = message.delivery.to_string();
    let text = message.lines.join("\n");
    let values = [
        ("title", message.title.as_str()),
        ("text", &text),
        ("level", &level),
        ("url", message.url.as_deref().unwrap_or_default()),
        ("delivery", &delivery),
    ];
    filled(template, &values)
}

/// Fills in each placeholder once: what is filled in is never looked at again.
fn filled(template: &str, values: &[(&str, &str)]) -> String {
    let mut body = String::with_capacity(template.len() * 2);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        body.push_str(before);
        let found = values.iter().find_map(|(name, value)| {
            let after = after.strip_prefix(name)?.strip_prefix('}')?;
            Some((*value, after))
        });
        if let Some((value, after)) = found {
            let quoted = Value::from(value).to_string();
            let inside = quoted.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
            body.push_str(inside.unwrap_or_default());
            rest = after;
        } else {
            body.push('{');
            rest = after;
        }
    }
    body.push_str(rest);
    body
}

/// HMAC-SHA-256 over the second and the body, so that an old request cannot be sent again unnoticed.
pub fn signature(secret: &str, now: Timestamp, body: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(format!("{}.{body}", now.as_second()).as_bytes());
    HEXLOWER.encode(&mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connect::message::AnswerLink;
    use crate::domain::id::DeliveryId;

    fn message(title: &str) -> Message {
        Message {
            delivery: DeliveryId::new(Timestamp::UNIX_EPOCH, 7),
            title: title.to_owned(),
            lines: vec!["Due today".to_owned(), "84.20 EUR".to_owned()],
            level: Level::Urgent,
            url: Some("http://nas.lan/tasks/1".to_owned()),
            answers: vec![AnswerLink {
                label: "Done".to_owned(),
                url: "http://nas.lan/answer/x".to_owned(),
            }],
        }
    }

    #[test]
    fn each_service_is_told_in_its_own_form() {
        let ntfy = ntfy("anna", &message("Pay"));
        assert_eq!(ntfy["topic"], "anna");
        assert_eq!(ntfy["priority"], 4);
        assert_eq!(ntfy["actions"][0]["method"], "POST");
        assert_eq!(gotify(&message("Pay"))["priority"], 7);
        assert_eq!(apprise(&message("Pay"))["type"], "warning");
        let told: Value = serde_json::from_str(&webhook("", &message("Pay"))).unwrap();
        assert_eq!(told["level"], "urgent");
        assert_eq!(told["answers"][0]["label"], "Done");
    }

    #[test]
    fn what_a_template_is_filled_with_stays_inside_its_quotes() {
        let evil = message("a\", \"admin\": true, \"x\": \"{text}");
        let body = webhook(r#"{"say": "{title} ({level})", "to": {unknown}"}"#, &evil);
        let expected =
            r#"{"say": "a\", \"admin\": true, \"x\": \"{text} (urgent)", "to": {unknown}"}"#;
        assert_eq!(body, expected);
        let quote_at_the_ends = message("\"quoted\"");
        let body = webhook(r#"{"say": "{title}"}"#, &quote_at_the_ends);
        let said: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(said["say"], "\"quoted\"");
    }

    #[test]
    fn a_signature_covers_the_moment_and_the_body() {
        let at = Timestamp::from_second(1_772_355_600).unwrap();
        let sign = signature("secret", at, "{}");
        // printf '1772355600.{}' | openssl dgst -sha256 -hmac secret
        assert_eq!(
            sign,
            "990710d0741a41eb2c26c060f0f432a5a3112a6f3bbe31f4c26f365154b5811a"
        );
        assert_ne!(
            sign,
            signature("secret", at + jiff::SignedDuration::from_secs(1), "{}")
        );
        assert_ne!(sign, signature("other", at, "{}"));
    }

    #[test]
    fn an_answer_of_the_server_says_whether_to_try_again() {
        assert!(judged(204).is_ok());
        for again in [401, 403, 429, 500, 503] {
            assert!(
                matches!(judged(again), Err(SendError::Transient { .. })),
                "{again}"
            );
        }
        for never in [302, 400, 404, 413] {
            assert!(
                matches!(judged(never), Err(SendError::Permanent { .. })),
                "{never}"
            );
        }
    }
}
