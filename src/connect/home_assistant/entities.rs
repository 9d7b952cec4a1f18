//! The entities of the device, one by one.

use serde_json::{Map, Value, json};

use super::{Device, Page, Resident, slug, text};
use crate::connect::mqtt::Topics;
use crate::connect::mqtt::figures::DocumentEvent;
use crate::connect::mqtt::messages::EventType;
use crate::domain::person::Language;
use crate::domain::policy::Detail;

/// The client as which the device's entities speak.
const CLIENT: &str = "home_assistant";

/// One entity.
pub(super) struct Entity {
    /// Names it within the device for good.
    pub(super) key: String,
    /// What its id is proposed to end with.
    pub(super) called: String,
    pub(super) platform: &'static str,
    pub(super) fields: Map<String, Value>,
}

impl Entity {
    fn new<const N: usize>(platform: &'static str, key: &str, fields: [(&str, Value); N]) -> Self {
        let fields = fields.into_iter().map(|(name, it)| (name.to_owned(), it));
        Self {
            key: key.to_owned(),
            called: key.to_owned(),
            platform,
            fields: fields.collect(),
        }
    }
}

/// All that `device` has.
pub(super) fn all(topics: &Topics, device: &Device) -> Vec<Entity> {
    let language = device.language;
    let mut entities = counts(topics, language);
    entities.push(next_deadline(topics, language));
    if device.detail != Detail::None {
        entities.push(next_title(topics, language));
    }
    if device.detail == Detail::Full {
        entities.push(to_pay(topics, device));
    }
    entities.push(service_level(topics, language));
    entities.extend(events(topics, language));
    entities.extend(buttons(topics, language));
    if device.accepts.control {
        entities.extend(control(topics, language));
    }
    if device.accepts.tasks {
        entities.push(add_task(topics, language));
    }
    if device.page == Page::Shown && device.detail != Detail::None {
        entities.push(page(topics, language));
    }
    entities.push(version(topics));
    entities.extend(diagnostics(topics, language));
    for person in &device.people {
        entities.extend(share(topics, language, person));
    }
    entities
}

fn counts(topics: &Topics, language: Language) -> Vec<Entity> {
    let tasks = text(language, "Aufgaben", "tasks");
    let documents = text(language, "Dokumente", "documents");
    [
        ("open", "Offen", "Open", "tray-full", tasks),
        (
            "overdue",
            "Überfällig",
            "Overdue",
            "alert-circle-outline",
            tasks,
        ),
        (
            "due_today",
            "Heute fällig",
            "Due today",
            "calendar-today",
            tasks,
        ),
        (
            "due_week",
            "Diese Woche fällig",
            "Due this week",
            "calendar-week",
            tasks,
        ),
        (
            "inbox",
            "Zu bestätigen",
            "To confirm",
            "inbox-arrow-down",
            documents,
        ),
        (
            "stuck",
            "Hängengeblieben",
            "Stuck",
            "file-alert-outline",
            documents,
        ),
        (
            "documents_today",
            "Heute gekommen",
            "Documents today",
            "file-plus-outline",
            documents,
        ),
    ]
    .map(|(key, german, english, icon, unit)| {
        let fields = [
            ("name", json!(text(language, german, english))),
            ("ic", json!(format!("mdi:{icon}"))),
            ("stat_cla", json!("measurement")),
            ("unit_of_meas", json!(unit)),
            ("stat_t", json!(topics.summary())),
            ("val_tpl", json!(format!("{{{{ value_json.{key} }}}}"))),
        ];
        Entity::new("sensor", key, fields)
    })
    .into()
}

fn service_level(topics: &Topics, language: Language) -> Entity {
    let name = text(language, "Servicelevel verletzt", "Service level breached");
    let fields = [
        ("name", json!(name)),
        ("dev_cla", json!("problem")),
        ("stat_t", json!(topics.summary())),
        (
            "val_tpl",
            json!("{{ 'ON' if value_json.service_levels.breached > 0 else 'OFF' }}"),
        ),
    ];
    Entity::new("binary_sensor", "service_level_breached", fields)
}

fn next_deadline(topics: &Topics, language: Language) -> Entity {
    let fields = [
        (
            "name",
            json!(text(language, "Nächste Frist", "Next deadline")),
        ),
        ("ic", json!("mdi:calendar-clock")),
        ("dev_cla", json!("timestamp")),
        ("stat_t", json!(topics.summary())),
        // Nothing renders as `None`, by which Home Assistant understands that there is nothing.
        ("val_tpl", json!("{{ value_json.next_due_at }}")),
    ];
    Entity::new("sensor", "next_deadline", fields)
}

fn next_title(topics: &Topics, language: Language) -> Entity {
    let fields = [
        ("name", json!(text(language, "Als Nächstes", "Next up"))),
        ("ic", json!("mdi:file-document-outline")),
        ("stat_t", json!(topics.next())),
        ("val_tpl", json!("{{ value_json.title }}")),
        ("json_attr_t", json!(topics.next())),
    ];
    Entity::new("sensor", "next_title", fields)
}

fn to_pay(topics: &Topics, device: &Device) -> Entity {
    let name = text(
        device.language,
        "Diesen Monat zu zahlen",
        "To pay this month",
    );
    let fields = [
        ("name", json!(name)),
        ("ic", json!("mdi:cash-clock")),
        ("dev_cla", json!("monetary")),
        ("unit_of_meas", json!(device.currency.code())),
        ("sug_dsp_prc", json!(2)),
        ("stat_t", json!(topics.money())),
        ("val_tpl", json!("{{ value_json.to_pay_month }}")),
    ];
    Entity::new("sensor", "to_pay_month", fields)
}

fn events(topics: &Topics, language: Language) -> [Entity; 2] {
    let reminder = [
        ("name", json!(text(language, "Erinnerung", "Reminder"))),
        ("ic", json!("mdi:bell-ring-outline")),
        ("evt_typ", json!(EventType::ALL)),
        ("stat_t", json!(topics.reminder())),
    ];
    let document = [
        ("name", json!(text(language, "Dokument", "Document"))),
        ("ic", json!("mdi:file-document-check-outline")),
        ("evt_typ", json!(DocumentEvent::ALL)),
        ("stat_t", json!(topics.document())),
    ];
    [
        Entity::new("event", "reminder", reminder),
        Entity::new("event", "document", document),
    ]
}

fn button(topics: &Topics, key: &str, name: &str, icon: &str) -> Entity {
    let fields = [
        ("name", json!(name)),
        ("ic", json!(format!("mdi:{icon}"))),
        ("cmd_t", json!(topics.command(CLIENT, key))),
        // Each press by itself: brought twice by a broker it is done once.
        ("cmd_tpl", json!(r#"{"id":"{{ now().timestamp() }}"}"#)),
    ];
    Entity::new("button", key, fields)
}

fn buttons(topics: &Topics, language: Language) -> [Entity; 2] {
    let done = text(language, "Nächste Aufgabe erledigt", "Complete next task");
    let later = text(language, "Nächste Aufgabe später", "Snooze next task");
    [
        button(topics, "complete_next", done, "check-circle-outline"),
        button(topics, "snooze_next", later, "alarm-snooze"),
    ]
}

fn control(topics: &Topics, language: Language) -> [Entity; 2] {
    let look = text(language, "Eingang lesen", "Read inbox");
    let quiet = [
        ("name", json!(text(language, "Ruhe", "Quiet mode"))),
        ("ic", json!("mdi:bell-sleep-outline")),
        ("ent_cat", json!("config")),
        ("cmd_t", json!(topics.command(CLIENT, "quiet"))),
        ("pl_on", json!(r#"{"on":true}"#)),
        ("pl_off", json!(r#"{"on":false}"#)),
        ("stat_t", json!(topics.summary())),
        (
            "val_tpl",
            json!("{{ 'ON' if value_json.quiet else 'OFF' }}"),
        ),
        ("stat_on", json!("ON")),
        ("stat_off", json!("OFF")),
    ];
    [
        button(topics, "read_inbox", look, "folder-refresh-outline"),
        Entity::new("switch", "quiet", quiet),
    ]
}

fn add_task(topics: &Topics, language: Language) -> Entity {
    let fields = [
        ("name", json!(text(language, "Neue Aufgabe", "Add a task"))),
        ("ic", json!("mdi:text-box-plus-outline")),
        ("cmd_t", json!(topics.command(CLIENT, "add"))),
        ("cmd_tpl", json!(r#"{"text": {{ value | tojson }}}"#)),
        ("min", json!(0)),
        ("max", json!(255)),
        // The field is empty again when its sentence is taken.
        ("stat_t", json!(topics.summary())),
        ("val_tpl", json!("{{ '' }}")),
    ];
    Entity::new("text", "add_task", fields)
}

fn page(topics: &Topics, language: Language) -> Entity {
    let fields = [
        (
            "name",
            json!(text(language, "Letztes Dokument", "Latest document")),
        ),
        ("img_t", json!(topics.page())),
        ("cont_type", json!("image/webp")),
    ];
    Entity::new("image", "page", fields)
}

/// What runs; that something newer exists is not known, because workmate asks nobody.
fn version(topics: &Topics) -> Entity {
    let template = "{{ {'installed_version': value_json.version, \
                    'latest_version': value_json.version} | tojson }}";
    let fields = [
        ("name", json!("Version")),
        ("ent_cat", json!("diagnostic")),
        ("stat_t", json!(topics.summary())),
        ("val_tpl", json!(template)),
    ];
    Entity::new("update", "version", fields)
}

/// Home Assistant shows them only to those who switch them on.
fn diagnostics(topics: &Topics, language: Language) -> [Entity; 4] {
    let memory = [
        ("name", json!(text(language, "Speicher", "Memory"))),
        ("ent_cat", json!("diagnostic")),
        ("en", json!(false)),
        ("dev_cla", json!("data_size")),
        ("unit_of_meas", json!("MB")),
        ("stat_cla", json!("measurement")),
        ("stat_t", json!(topics.diagnostics())),
        ("val_tpl", json!("{{ value_json.memory_mb }}")),
    ];
    let queue = [
        ("name", json!(text(language, "Warteschlange", "Queue"))),
        ("ic", json!("mdi:tray-full")),
        ("ent_cat", json!("diagnostic")),
        ("en", json!(false)),
        ("stat_cla", json!("measurement")),
        ("stat_t", json!(topics.diagnostics())),
        ("val_tpl", json!("{{ value_json.queue }}")),
    ];
    let last_backup = [
        (
            "name",
            json!(text(language, "Letzte Sicherung", "Last backup")),
        ),
        ("ent_cat", json!("diagnostic")),
        ("en", json!(false)),
        ("dev_cla", json!("timestamp")),
        ("stat_t", json!(topics.diagnostics())),
        ("val_tpl", json!("{{ value_json.last_backup }}")),
    ];
    let backup = [
        (
            "name",
            json!(text(language, "Sicherung gescheitert", "Backup failed")),
        ),
        ("ent_cat", json!("diagnostic")),
        ("en", json!(false)),
        ("dev_cla", json!("problem")),
        ("stat_t", json!(topics.diagnostics())),
        (
            "val_tpl",
            json!("{{ 'ON' if value_json.backup_failed else 'OFF' }}"),
        ),
    ];
    [
        Entity::new("sensor", "memory", memory),
        Entity::new("sensor", "queue", queue),
        Entity::new("sensor", "last_backup", last_backup),
        Entity::new("binary_sensor", "backup", backup),
    ]
}

fn share(topics: &Topics, language: Language, person: &Resident) -> [Entity; 3] {
    let tasks = text(language, "Aufgaben", "tasks");
    [
        ("open", "offen", "open", "open"),
        ("overdue", "überfällig", "overdue", "overdue"),
        ("next", "nächste Frist", "next deadline", "next_due_at"),
    ]
    .map(|(what, german, english, field)| {
        let name = format!("{} {}", person.name, text(language, german, english));
        let fields = [
            ("name", json!(name)),
            ("ic", json!("mdi:account-clock-outline")),
            ("stat_t", json!(topics.person(person.id))),
            ("val_tpl", json!(format!("{{{{ value_json.{field} }}}}"))),
        ];
        let key = format!("person_{}_{what}", person.id).to_lowercase();
        let mut entity = Entity::new("sensor", &key, fields);
        let named = slug(&person.name);
        if !named.is_empty() {
            entity.called = format!("{named}_{what}");
        }
        let kind = if what == "next" {
            vec![("dev_cla", "timestamp")]
        } else {
            vec![("stat_cla", "measurement"), ("unit_of_meas", tasks)]
        };
        for (key, value) in kind {
            entity.fields.insert(key.to_owned(), json!(value));
        }
        entity
    })
}
