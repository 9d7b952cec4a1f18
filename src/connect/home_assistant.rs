//! What Home Assistant must be told so that workmate appears there by itself.
//!
//! One retained message, [`discovery`], describes one device with its entities (MQTT *device
//! discovery*, Home Assistant 2024.11 and newer; the keys are the abbreviations of its MQTT
//! integration, <https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery>). The entities read
//! the topics of [`super::mqtt::messages`]: nothing is said twice, for Home Assistant alone.
//!
//! The name of what is due next comes from a topic that is not retained, so it is unknown for a
//! moment after Home Assistant starts, and it is left out altogether where the channel's detail is
//! `none`.

use serde_json::{Map, Value, json};

use super::mqtt::Topics;
use super::mqtt::messages::EventType;
use crate::domain::person::Language;
use crate::domain::policy::Detail;

/// What of the device a household can choose.
#[derive(Clone, Debug)]
pub struct Device {
    /// In which language the entities are named.
    pub language: Language,
    /// How much the channel tells.
    pub detail: Detail,
    /// Where workmate answers in the browser, if that is known: `https://…`.
    pub url: Option<String>,
}

/// The payload of [`Topics::discovery`]; to be retained.
pub fn discovery(topics: &Topics, device: &Device) -> Value {
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
    json!({
        "dev": described,
        "o": { "name": "workmate", "sw": version },
        "avty_t": topics.status(),
        "qos": 1,
        "cmps": components(topics, device),
    })
}

/// The payload of [`Topics::discovery`] that removes the device again; to be retained.
pub const REMOVED: &[u8] = b"";

fn components(topics: &Topics, device: &Device) -> Map<String, Value> {
    let id = topics.id();
    let mut entities = counts(topics, device.language);
    entities.push(("next_deadline", next_deadline(topics, device.language)));
    if device.detail != Detail::None {
        entities.push(("next_title", next_title(topics, device.language)));
    }
    entities.push(("reminder", reminder(topics, device.language)));
    entities.push((
        "service_level_breached",
        service_level(topics, device.language),
    ));
    let mut components = Map::new();
    for (key, mut entity) in entities {
        let platform = entity.get("p").and_then(Value::as_str).unwrap_or_default();
        let entity_id = format!("{platform}.{}_{key}", id.to_lowercase().replace('-', "_"));
        if let Some(fields) = entity.as_object_mut() {
            fields.insert("uniq_id".to_owned(), json!(format!("{id}_{key}")));
            fields.insert("def_ent_id".to_owned(), json!(entity_id));
        }
        components.insert(key.to_owned(), entity);
    }
    components
}

fn counts(topics: &Topics, language: Language) -> Vec<(&'static str, Value)> {
    let named = [
        ("open", "Offen", "Open", "mdi:tray-full"),
        (
            "overdue",
            "Überfällig",
            "Overdue",
            "mdi:alert-circle-outline",
        ),
        (
            "due_today",
            "Heute fällig",
            "Due today",
            "mdi:calendar-today",
        ),
    ];
    let count = |(key, german, english, icon)| {
        let entity = json!({
            "p": "sensor",
            "name": text(language, german, english),
            "ic": icon,
            "stat_cla": "measurement",
            "unit_of_meas": text(language, "Aufgaben", "tasks"),
            "stat_t": topics.summary(),
            "val_tpl": format!("{{{{ value_json.{key} }}}}"),
        });
        (key, entity)
    };
    named.into_iter().map(count).collect()
}

fn next_deadline(topics: &Topics, language: Language) -> Value {
    json!({
        "p": "sensor",
        "name": text(language, "Nächste Frist", "Next deadline"),
        "ic": "mdi:calendar-clock",
        "dev_cla": "timestamp",
        "stat_t": topics.summary(),
        // Nothing renders as `None`, by which Home Assistant understands that there is nothing.
        "val_tpl": "{{ value_json.next_due_at }}",
    })
}

fn next_title(topics: &Topics, language: Language) -> Value {
    json!({
        "p": "sensor",
        "name": text(language, "Als Nächstes", "Next up"),
        "ic": "mdi:file-document-outline",
        "stat_t": topics.next(),
        "val_tpl": "{{ value_json.title }}",
        "json_attr_t": topics.next(),
    })
}

fn reminder(topics: &Topics, language: Language) -> Value {
    json!({
        "p": "event",
        "name": text(language, "Erinnerung", "Reminder"),
        "ic": "mdi:bell-ring-outline",
        "evt_typ": EventType::ALL,
        "stat_t": topics.reminder(),
    })
}

fn service_level(topics: &Topics, language: Language) -> Value {
    json!({
        "p": "binary_sensor",
        "name": text(language, "Servicelevel verletzt", "Service level breached"),
        "dev_cla": "problem",
        "stat_t": topics.summary(),
        "val_tpl": "{{ 'ON' if value_json.service_levels.breached > 0 else 'OFF' }}",
    })
}

fn text(language: Language, german: &'static str, english: &'static str) -> &'static str {
    match language {
        Language::German => german,
        Language::English => english,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connect::mqtt::Settings;

    fn described(prefix: &str, detail: Detail) -> Value {
        let mut settings = Settings::new("mqtt://host");
        settings.prefix = prefix.to_owned();
        let device = Device {
            language: Language::English,
            detail,
            url: Some("https://workmate.lan".to_owned()),
        };
        discovery(&settings.topics(), &device)
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
        let payload = described("home/flat-2", Detail::Title);
        let components = payload["cmps"].as_object().unwrap();
        let ids: Vec<_> = components
            .values()
            .map(|it| it["def_ent_id"].as_str().unwrap())
            .collect();
        assert_eq!(
            ids,
            [
                "sensor.home_flat_2_due_today",
                "sensor.home_flat_2_next_deadline",
                "sensor.home_flat_2_next_title",
                "sensor.home_flat_2_open",
                "sensor.home_flat_2_overdue",
                "event.home_flat_2_reminder",
                "binary_sensor.home_flat_2_service_level_breached",
            ]
        );
        for component in components.values() {
            assert!(
                component["stat_t"]
                    .as_str()
                    .unwrap()
                    .starts_with("home/flat-2/")
            );
            assert!(
                component["uniq_id"]
                    .as_str()
                    .unwrap()
                    .starts_with("home_flat-2_")
            );
        }
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
    fn a_channel_without_detail_has_no_entity_for_the_title() {
        let payload = described("workmate", Detail::None);
        assert_eq!(payload["cmps"]["next_title"], Value::Null);
    }
}
