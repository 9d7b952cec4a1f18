//! What Home Assistant must be told so that workmate appears there by itself.
//!
//! One retained message, [`discovery`], describes one device with its entities (MQTT *device
//! discovery*, Home Assistant 2024.11 and newer; the keys are the abbreviations of its MQTT
//! integration, <https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery>). The entities read
//! the topics of [`super::mqtt::messages`]: nothing is said twice, for Home Assistant alone. An
//! entity's state and its attributes come in one message, so an automation is triggered once.
//!
//! The name of what is due next comes from a topic that is not retained, so it is unknown for a
//! moment after Home Assistant starts, and it is left out altogether where the channel's detail is
//! `none`. An entity that asks the house for something is there only where the house takes that.
//!
//! [`socket`] is the other way to Home Assistant, beside the broker: notifications with buttons
//! ([`notices`]), a to-do list ([`list`]) and a [`calendar`].

pub mod calendar;
mod entities;
pub mod list;
pub mod notices;
mod session;
pub mod socket;
mod websocket;

use serde_json::{Map, Value, json};

use super::mqtt::{Accepts, Topics};
use crate::domain::id::PersonId;
use crate::domain::person::Language;
use crate::domain::policy::Detail;
use crate::domain::value::Currency;

/// What of the device a household can choose.
#[derive(Clone, Debug)]
pub struct Device {
    /// In which language the entities are named.
    pub language: Language,
    /// How much the channel tells.
    pub detail: Detail,
    /// Where workmate answers in the browser, if that is known: `https://…`.
    pub url: Option<String>,
    /// What money is counted in.
    pub currency: Currency,
    /// What is taken beside answers.
    pub accepts: Accepts,
    /// Whether the first page of the latest document is shown.
    pub page: Page,
    /// In which field an entity's id travels.
    pub ids: Ids,
    /// Who lives here, each with entities of their own.
    pub people: Vec<Resident>,
}

/// Whether the first page of a document is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// It is.
    Shown,
    /// It is not.
    Hidden,
}

/// In which field an entity's id travels; Home Assistant knows one of them, and makes an id of the name
/// where it knows none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ids {
    /// `def_ent_id`, since Home Assistant 2025.10.
    Whole,
    /// `obj_id`, before.
    Object,
}

/// A member of the household as a device names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resident {
    /// Their id, which stays when their name changes.
    pub id: PersonId,
    /// What they are called.
    pub name: String,
}

/// The payload of [`Topics::discovery`]; to be retained. Of `known`, the entities that were once
/// described as [`names`] lists them, those that there are no more are taken away.
pub fn discovery(topics: &Topics, device: &Device, known: &[String]) -> Value {
    let version = env!("CARGO_PKG_VERSION");
    let mut described = json!({
        "ids": [topics.id()],
        "name": "workmate",
        "mf": "workmate",
        "mdl": text(device.language, "Papierkram", "Paperwork"),
        "sw": version,
    });
    let is_web = |it: &&String| it.starts_with("http://") || it.starts_with("https://");
    if let (Some(url), Some(map)) = (
        device.url.as_ref().filter(is_web),
        described.as_object_mut(),
    ) {
        map.insert("cu".to_owned(), json!(url));
    }
    let mut components = components(topics, device);
    for name in known {
        // A component that says its platform alone is taken away.
        if let Some((platform, key)) = name.split_once('.')
            && !components.contains_key(key)
        {
            components.insert(key.to_owned(), json!({ "p": platform }));
        }
    }
    json!({
        "dev": described,
        "o": { "name": "workmate", "sw": version },
        "avty_t": topics.status(),
        "qos": 1,
        "cmps": components,
    })
}

/// The entities of a device, each as `platform.key`: what must be remembered to take them away.
pub fn names(topics: &Topics, device: &Device) -> Vec<String> {
    let components = components(topics, device);
    let named = components.iter().map(|(key, entity)| {
        let platform = entity.get("p").and_then(Value::as_str).unwrap_or_default();
        format!("{platform}.{key}")
    });
    named.collect()
}

/// The payload of [`Topics::discovery`] that removes the device again; to be retained.
pub const REMOVED: &[u8] = b"";

fn components(topics: &Topics, device: &Device) -> Map<String, Value> {
    let id = topics.id();
    let prefix = slug(&id);
    let mut components = Map::new();
    for entity in entities::all(topics, device) {
        let mut fields = entity.fields;
        fields.insert("p".to_owned(), json!(entity.platform));
        fields.insert("uniq_id".to_owned(), json!(format!("{id}_{}", entity.key)));
        let name = format!("{prefix}_{}", entity.called);
        match device.ids {
            Ids::Whole => {
                let whole = format!("{}.{name}", entity.platform);
                fields.insert("def_ent_id".to_owned(), json!(whole))
            }
            Ids::Object => fields.insert("obj_id".to_owned(), json!(name)),
        };
        components.insert(entity.key, Value::Object(fields));
    }
    components
}

/// Text as a part of an entity's id: small letters, digits and `_`.
fn slug(text: &str) -> String {
    let mut slug = String::new();
    for letter in text.to_lowercase().chars() {
        match letter {
            'ä' => slug.push_str("ae"),
            'ö' => slug.push_str("oe"),
            'ü' => slug.push_str("ue"),
            'ß' => slug.push_str("ss"),
            it if it.is_ascii_alphanumeric() => slug.push(it),
            _ if slug.ends_with('_') => (),
            _ => slug.push('_'),
        }
    }
    slug.trim_matches('_').to_owned()
}

const fn text(language: Language, german: &'static str, english: &'static str) -> &'static str {
    match language {
        Language::German => german,
        Language::English => english,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::connect::mqtt::Settings;

    fn topics(prefix: &str) -> Topics {
        let mut settings = Settings::new("mqtt://host");
        settings.prefix = prefix.to_owned();
        settings.topics()
    }

    fn device(detail: Detail) -> Device {
        Device {
            language: Language::English,
            detail,
            url: Some("https://workmate.lan".to_owned()),
            currency: Currency::EUR,
            accepts: Accepts {
                tasks: true,
                documents: true,
                lists: true,
                control: true,
            },
            ids: Ids::Whole,
            page: Page::Shown,
            people: vec![Resident {
                id: PersonId::new(Timestamp::UNIX_EPOCH, 1),
                name: "Jörg-Peter".to_owned(),
            }],
        }
    }

    fn described(prefix: &str, detail: Detail) -> Value {
        discovery(&topics(prefix), &device(detail), &[])
    }

    #[test]
    fn the_device_names_itself_its_origin_and_its_address() {
        let payload = described("workmate", Detail::Title);
        assert_eq!(payload["dev"]["ids"], json!(["workmate"]));
        assert_eq!(payload["dev"]["cu"], "https://workmate.lan");
        assert_eq!(payload["o"]["name"], "workmate");
        assert_eq!(payload["avty_t"], "workmate/status");
    }

    #[test]
    fn every_entity_has_a_stable_name_and_a_topic() {
        let payload = described("home/flat-2", Detail::Full);
        let components = payload["cmps"].as_object().unwrap();
        let ids: Vec<_> = components
            .values()
            .map(|it| it["def_ent_id"].as_str().unwrap())
            .collect();
        assert_eq!(
            ids,
            [
                "text.home_flat_2_add_task",
                "binary_sensor.home_flat_2_backup",
                "button.home_flat_2_complete_next",
                "event.home_flat_2_document",
                "sensor.home_flat_2_documents_today",
                "sensor.home_flat_2_due_today",
                "sensor.home_flat_2_due_week",
                "sensor.home_flat_2_inbox",
                "sensor.home_flat_2_last_backup",
                "sensor.home_flat_2_memory",
                "sensor.home_flat_2_next_deadline",
                "sensor.home_flat_2_next_title",
                "sensor.home_flat_2_open",
                "sensor.home_flat_2_overdue",
                "image.home_flat_2_page",
                "sensor.home_flat_2_joerg_peter_next",
                "sensor.home_flat_2_joerg_peter_open",
                "sensor.home_flat_2_joerg_peter_overdue",
                "sensor.home_flat_2_queue",
                "switch.home_flat_2_quiet",
                "button.home_flat_2_read_inbox",
                "event.home_flat_2_reminder",
                "binary_sensor.home_flat_2_service_level_breached",
                "button.home_flat_2_snooze_next",
                "sensor.home_flat_2_stuck",
                "sensor.home_flat_2_to_pay_month",
                "update.home_flat_2_version",
            ]
        );
        for (key, component) in components {
            let topic = ["stat_t", "cmd_t", "img_t"];
            let topic = topic.iter().find_map(|it| component[*it].as_str());
            assert!(topic.unwrap().starts_with("home/flat-2/"), "{key}");
            assert_eq!(component["uniq_id"], format!("home_flat-2_{key}"));
        }
        let pay = &components["to_pay_month"];
        assert_eq!(
            (&pay["dev_cla"], &pay["unit_of_meas"]),
            (&json!("monetary"), &json!("EUR"))
        );
        assert_eq!(components["memory"]["en"], false);
    }

    #[test]
    fn an_older_home_assistant_is_told_ids_as_it_knows_them() {
        let topics = topics("home/flat-2");
        let device = Device {
            ids: Ids::Object,
            ..device(Detail::Full)
        };
        let payload = discovery(&topics, &device, &[]);
        let open = &payload["cmps"]["open"];
        assert_eq!(open["obj_id"], "home_flat_2_open");
        assert!(open["def_ent_id"].is_null());
    }

    #[test]
    fn the_event_knows_every_level() {
        let payload = described("workmate", Detail::Title);
        let types = &payload["cmps"]["reminder"]["evt_typ"];
        assert_eq!(
            *types,
            json!(["info", "warning", "urgent", "overdue", "digest"])
        );
    }

    #[test]
    fn a_channel_without_detail_has_no_entity_for_a_title_or_for_money() {
        let titled = described("workmate", Detail::Title);
        assert_eq!(titled["cmps"]["to_pay_month"], Value::Null);
        let payload = described("workmate", Detail::None);
        for key in ["next_title", "to_pay_month", "page"] {
            assert_eq!(payload["cmps"][key], Value::Null, "{key}");
        }
    }

    #[test]
    fn what_is_no_more_is_taken_away() {
        let (topics, before) = (topics("workmate"), device(Detail::Full));
        let known = names(&topics, &before);
        let now = Device {
            people: Vec::new(),
            accepts: Accepts::default(),
            page: Page::Hidden,
            ..before
        };
        let payload = discovery(&topics, &now, &known);
        let person = format!("person_{}_open", PersonId::new(Timestamp::UNIX_EPOCH, 1));
        for (key, platform) in [
            (person.to_lowercase().as_str(), "sensor"),
            ("add_task", "text"),
            ("quiet", "switch"),
            ("page", "image"),
        ] {
            assert_eq!(payload["cmps"][key], json!({ "p": platform }), "{key}");
        }
        assert_ne!(payload["cmps"]["complete_next"]["cmd_t"], Value::Null);
    }
}
