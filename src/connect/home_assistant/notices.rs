//! What Home Assistant's companion app, its notification board and its speakers are told about a
//! reminder, as data of its actions: <https://companion.home-assistant.io/docs/notifications/>.

use serde_json::{Map, Value, json};

use crate::connect::message::Message;
use crate::domain::reminder::Level;

/// How the names of our buttons begin; what follows is the signed answer, which nobody else can make.
pub const BUTTON: &str = "workmate/";
/// How the name of the button begins under which words are written; a signed answer follows it too.
pub const REPLY: &str = "workmate-reply/";
/// Letters of a text that a telephone shows.
const TEXT_LETTERS_MAX: usize = 1000;
/// Telephones of one person at the most.
const TELEPHONES_MAX: usize = 8;

/// Whether it breaks through silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// As the telephone is set.
    Usual,
    /// Nobody has answered: it rings though the telephone is silent.
    Critical,
}

/// A message as it appears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What it says.
    pub message: Message,
    /// Another of the same tag takes its place.
    pub tag: String,
    /// How loud.
    pub urgency: Urgency,
    /// What the button says that opens the page.
    pub open: &'static str,
    /// Where the picture of its page is, if it shows one.
    pub image: Option<String>,
    /// What the button says under which words are written.
    pub reply: &'static str,
}

impl Notice {
    /// For `notify.mobile_app_*`.
    pub fn telephone(&self) -> Value {
        let message = &self.message;
        let answers = message
            .answers
            .iter()
            .map(|it| json!({"action": format!("{BUTTON}{}", it.token()), "title": it.label}));
        let mut actions: Vec<Value> = answers.collect();
        let mut data = Map::new();
        if let Some(url) = &message.url {
            actions.push(json!({"action": "URI", "title": self.open, "uri": url}));
            // Android's name and that of iOS for what a tap on the text opens.
            data.insert("clickAction".to_owned(), json!(url));
            data.insert("url".to_owned(), json!(url));
        }
        if let Some(answer) = message.answers.last() {
            let action = format!("{REPLY}{}", answer.token());
            let reply = json!({"action": action, "title": self.reply, "behavior": "textInput"});
            actions.push(reply);
        }
        data.insert("tag".to_owned(), json!(self.tag));
        if let Some(image) = &self.image {
            data.insert("image".to_owned(), json!(image));
        }
        data.insert("group".to_owned(), json!("workmate"));
        data.insert("actions".to_owned(), Value::Array(actions));
        self.loudness(&mut data);
        json!({"title": message.title, "message": self.text(), "data": data})
    }

    fn loudness(&self, data: &mut Map<String, Value>) {
        let is_pressing = self.message.level >= Level::Urgent;
        if is_pressing || self.urgency == Urgency::Critical {
            data.insert("ttl".to_owned(), json!(0));
            data.insert("priority".to_owned(), json!("high"));
        }
        match self.urgency {
            Urgency::Critical => {
                let sound = json!({"name": "default", "critical": 1, "volume": 1.0});
                let push = json!({"sound": sound, "interruption-level": "critical"});
                data.insert("push".to_owned(), push);
                data.insert("channel".to_owned(), json!("alarm_stream"));
            }
            Urgency::Usual if is_pressing => {
                let push = json!({"interruption-level": "time-sensitive"});
                data.insert("push".to_owned(), push);
            }
            Urgency::Usual => {}
        }
    }

    /// For `persistent_notification.create`.
    pub fn board(&self) -> Value {
        let text = match &self.message.url {
            Some(url) => format!("{}\n\n[{}]({url})", self.text(), self.open),
            None => self.text(),
        };
        json!({"title": self.message.title, "message": text, "notification_id": self.tag})
    }

    /// What a speaker says.
    pub fn spoken(&self) -> String {
        let lines = self.message.lines.iter().map(String::as_str);
        let title = std::iter::once(self.message.title.as_str());
        let all: Vec<&str> = title.chain(lines).take(3).collect();
        all.join(". ").chars().take(TEXT_LETTERS_MAX).collect()
    }

    /// A notification without text is none.
    fn text(&self) -> String {
        let text = self.message.lines.join("\n");
        if text.is_empty() {
            return self.message.title.clone();
        }
        text.chars().take(TEXT_LETTERS_MAX).collect()
    }
}

/// For `notify.mobile_app_*`: what has this tag goes.
pub fn cleared(tag: &str) -> Value {
    json!({"message": "clear_notification", "data": {"tag": tag}})
}

/// The actions by which a person's telephones are reached: `mobile_app_pixel`, several with commas.
pub fn telephones(address: &str) -> Vec<String> {
    let names = address.split(',').map(str::trim);
    let names = names.filter(|it| !it.is_empty()).take(TELEPHONES_MAX);
    names
        .map(|it| format!("notify.{}", it.strip_prefix("notify.").unwrap_or(it)))
        .collect()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::connect::message::AnswerLink;
    use crate::domain::id::DeliveryId;

    fn notice(level: Level, urgency: Urgency) -> Notice {
        Notice {
            message: Message {
                delivery: DeliveryId::new(Timestamp::UNIX_EPOCH, 7),
                title: "Pay".to_owned(),
                lines: vec!["Due today".to_owned()],
                level,
                url: Some("http://nas.lan/tasks/1".to_owned()),
                answers: vec![AnswerLink {
                    label: "Done".to_owned(),
                    url: "http://nas.lan/answer/signed".to_owned(),
                }],
            },
            tag: "workmate-1".to_owned(),
            urgency,
            open: "Open",
            image: None,
            reply: "Reply",
        }
    }

    #[test]
    fn a_telephone_shows_buttons_and_opens_the_page() {
        let told = notice(Level::Info, Urgency::Usual).telephone();
        assert_eq!(told["data"]["actions"][0]["action"], "workmate/signed");
        assert_eq!(told["data"]["actions"][1]["uri"], "http://nas.lan/tasks/1");
        let reply = &told["data"]["actions"][2];
        assert_eq!(reply["action"], "workmate-reply/signed");
        assert_eq!(reply["behavior"], "textInput");
        assert_eq!(told["data"]["tag"], "workmate-1");
        assert!(told["data"]["push"].is_null());
        let urgent = notice(Level::Urgent, Urgency::Usual).telephone();
        let push = &urgent["data"]["push"];
        assert_eq!(push["interruption-level"], "time-sensitive");
        let raised = notice(Level::Urgent, Urgency::Critical).telephone();
        assert_eq!(raised["data"]["push"]["sound"]["critical"], 1);
    }

    #[test]
    fn a_person_may_have_several_telephones() {
        assert_eq!(
            telephones("mobile_app_pixel, notify.mobile_app_pad ,"),
            ["notify.mobile_app_pixel", "notify.mobile_app_pad"]
        );
    }

    #[test]
    fn a_speaker_says_the_line_and_the_day() {
        let said = notice(Level::Urgent, Urgency::Critical).spoken();
        assert_eq!(said, "Pay. Due today");
    }
}
