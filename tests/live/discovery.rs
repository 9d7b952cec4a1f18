//! workmate as a real Home Assistant shows it.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::date;
use serde_json::json;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use workmate::connect::home_assistant::{self as discovery, Device, Ids, Page, Resident};
use workmate::connect::mqtt::commands::Ask;
use workmate::connect::mqtt::figures::{Diagnostics, Share, ToPay};
use workmate::connect::mqtt::messages::{EventType, Next, Spoken, Summary, json as payload};
use workmate::connect::mqtt::{self, Accepts, Client, Incoming, Retain, Settings, Topics};
use workmate::domain::clock::Clock;
use workmate::domain::id::{DeliveryId, PersonId, TaskId};
use workmate::domain::person::Language;
use workmate::domain::policy::Detail;
use workmate::domain::service_level::Tally;
use workmate::domain::task::AnswerKind;
use workmate::domain::value::{Amount, Currency};

use crate::home_assistant::{self, HomeAssistant};
use crate::mosquitto::Mosquitto;
use crate::process::{beside, eventually};

/// One pixel.
const PAGE: &[u8] =
    b"RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00/\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00";

fn summary() -> Summary {
    Summary {
        open: 3,
        overdue: 1,
        due_today: 0,
        due_week: 2,
        inbox: 4,
        stuck: 5,
        documents_today: 6,
        next_due: Some(date(2026, 12, 1)),
        next_due_at: Some(Timestamp::constant(1_796_165_999, 0)),
        service_levels: Tally {
            on_track: 2,
            at_risk: 1,
            breached: 0,
        },
        quiet: false,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

fn anna() -> Resident {
    Resident {
        id: PersonId::new(Timestamp::UNIX_EPOCH, 1),
        name: "Anna".to_owned(),
    }
}

/// A device that shows and takes all there is.
fn device() -> Device {
    Device {
        language: Language::English,
        detail: Detail::Full,
        url: Some("http://127.0.0.1:8080".to_owned()),
        currency: Currency::EUR,
        accepts: Accepts {
            tasks: true,
            documents: true,
            lists: true,
            control: true,
        },
        page: Page::Shown,
        ids: if home_assistant::is_older() {
            Ids::Object
        } else {
            Ids::Whole
        },
        people: vec![anna()],
    }
}

async fn say(client: &Client, topic: &str, message: Vec<u8>, retain: Retain) {
    client.publish(topic, message, retain).await.unwrap();
}

/// What the house says when it is asked to say everything.
async fn say_everything(client: &Client, topics: &Topics) {
    let described = payload(&discovery::discovery(topics, &device(), &[]));
    say(client, &topics.discovery(), described, Retain::Yes).await;
    say(client, &topics.summary(), payload(&summary()), Retain::Yes).await;
    let share = Share {
        open: 2,
        overdue: 1,
        next_due_at: summary().next_due_at,
    };
    let person = topics.person(anna().id);
    say(client, &person, payload(&share), Retain::Yes).await;
    let diagnostics = Diagnostics {
        memory_mb: Some(31),
        queue: 0,
        last_backup: None,
        backup_failed: false,
    };
    let diagnostics = payload(&diagnostics);
    say(client, &topics.diagnostics(), diagnostics, Retain::Yes).await;
    let money = ToPay {
        to_pay_month: Amount::from_hundredths(8420),
        currency: Currency::EUR,
    };
    say(client, &topics.money(), payload(&money), Retain::No).await;
    let next = Next {
        title: Some("Waterworks: pay 84.20 EUR".to_owned()),
        due: Some(date(2026, 12, 1)),
        task: None,
        items: Vec::new(),
    };
    say(client, &topics.next(), payload(&next), Retain::No).await;
    say(client, &topics.page(), PAGE.to_vec(), Retain::No).await;
}

/// Every entity with its state, class and unit, as they should be after [`say_everything`].
const SHOWN: [(&str, &str, &str, &str); 20] = [
    ("sensor.workmate_open", "3", "", "tasks"),
    ("sensor.workmate_overdue", "1", "", "tasks"),
    ("sensor.workmate_due_today", "0", "", "tasks"),
    ("sensor.workmate_due_week", "2", "", "tasks"),
    ("sensor.workmate_inbox", "4", "", "documents"),
    ("sensor.workmate_stuck", "5", "", "documents"),
    ("sensor.workmate_documents_today", "6", "", "documents"),
    (
        "sensor.workmate_next_deadline",
        "2026-12-01T22:59:59+00:00",
        "timestamp",
        "",
    ),
    (
        "sensor.workmate_next_title",
        "Waterworks: pay 84.20 EUR",
        "",
        "",
    ),
    ("sensor.workmate_to_pay_month", "84.20", "monetary", "EUR"),
    ("sensor.workmate_anna_open", "2", "", "tasks"),
    ("sensor.workmate_anna_overdue", "1", "", "tasks"),
    (
        "sensor.workmate_anna_next",
        "2026-12-01T22:59:59+00:00",
        "timestamp",
        "",
    ),
    ("event.workmate_reminder", "unknown", "", ""),
    ("event.workmate_document", "unknown", "", ""),
    ("button.workmate_complete_next", "unknown", "", ""),
    ("button.workmate_snooze_next", "unknown", "", ""),
    ("button.workmate_read_inbox", "unknown", "", ""),
    ("switch.workmate_quiet", "off", "", ""),
    ("update.workmate_version", "off", "", ""),
];

async fn every_entity_is_there(home: &HomeAssistant) {
    for (entity, state, class, unit) in SHOWN {
        let shown = home.shows(entity, state).await;
        let attribute = |name: &str| shown["attributes"][name].as_str().unwrap_or_default();
        assert_eq!(attribute("device_class"), class, "{entity}");
        assert_eq!(attribute("unit_of_measurement"), unit, "{entity}");
    }
    home.shows("text.workmate_add_task", "").await;
    let page = home.state("image.workmate_page").await.unwrap();
    assert_ne!(page["state"], "unavailable");
    // Switched off until somebody wants them.
    for name in [
        "sensor.workmate_memory",
        "sensor.workmate_last_backup",
        "binary_sensor.workmate_backup",
    ] {
        assert_eq!(home.state(name).await, None, "{name}");
    }
    assert_eq!(home.state("sensor.workmate_queue").await, None);
}

/// What Home Assistant's entities ask of the house.
async fn entities_ask(home: &HomeAssistant, incoming: &mut mpsc::Receiver<Incoming>) {
    for (domain, service, data, wanted) in [
        (
            "text",
            "set_value",
            json!({ "entity_id": "text.workmate_add_task", "value": "Buy \"milk\" tomorrow" }),
            Ask::AddSentence("Buy \"milk\" tomorrow".to_owned()),
        ),
        (
            "button",
            "press",
            json!({ "entity_id": "button.workmate_complete_next" }),
            Ask::AnswerNext(AnswerKind::Done),
        ),
        (
            "button",
            "press",
            json!({ "entity_id": "button.workmate_read_inbox" }),
            Ask::ReadInbox,
        ),
        (
            "switch",
            "turn_on",
            json!({ "entity_id": "switch.workmate_quiet" }),
            Ask::Quiet(true),
        ),
    ] {
        home.call(domain, service, data).await;
        let Incoming::Asked { order, ack } = next(incoming).await else {
            panic!("something else came than {wanted:?}");
        };
        assert_eq!(order.ask, Ok(wanted));
        assert_eq!(order.client, "home_assistant");
        ack.done().await;
    }
}

fn spoken(number: u128, event_type: EventType) -> Spoken {
    let delivery = DeliveryId::new(Timestamp::UNIX_EPOCH, number);
    Spoken {
        event_type,
        task: Some(TaskId::new(Timestamp::UNIX_EPOCH, 1)),
        title: Some("Waterworks: pay 84.20 EUR".to_owned()),
        due: Some(date(2026, 12, 1)),
        days_left: Some(2),
        count: None,
        ..Spoken::digest(delivery, 1)
    }
}

/// What comes next, but for the news that Home Assistant has started, which comes when it likes.
async fn next(incoming: &mut mpsc::Receiver<Incoming>) -> Incoming {
    loop {
        let next = tokio::time::timeout(Duration::from_mins(1), incoming.recv());
        let next = next.await.expect("in time").expect("the driver runs");
        let is_other = matches!(
            next,
            Incoming::HomeAssistantStarted | Incoming::FiguresWanted
        );
        if !is_other {
            return next;
        }
    }
}

async fn every_kind_of_reminder_fires(home: &HomeAssistant, client: &Client, topics: &Topics) {
    for (number, event_type) in (1..).zip(EventType::ALL) {
        let said = spoken(number, event_type);
        client
            .publish(&topics.reminder(), payload(&said), Retain::No)
            .await
            .unwrap();
        let delivery = json!(said.delivery);
        let event = eventually("the reminder fires", Duration::from_secs(10), || async {
            let state = home.state("event.workmate_reminder").await?;
            Some(state).filter(|it| it["attributes"]["delivery"] == delivery)
        })
        .await;
        let attributes = &event["attributes"];
        assert_eq!(attributes["event_type"], json!(event_type));
        assert_eq!(attributes["title"], "Waterworks: pay 84.20 EUR");
        assert_eq!(attributes["days_left"], 2);
    }
}

/// Anna is called differently, and then moves out.
async fn entities_follow_their_person(home: &HomeAssistant, client: &Client, topics: &Topics) {
    let known = discovery::names(topics, &device());
    let describe = async |people: Vec<Resident>| {
        let device = Device { people, ..device() };
        let described = payload(&discovery::discovery(topics, &device, &known));
        say(client, &topics.discovery(), described, Retain::Yes).await;
    };
    let annette = Resident {
        name: "Annette".to_owned(),
        ..anna()
    };
    describe(vec![annette]).await;
    let patience = Duration::from_secs(10);
    eventually("her entities are renamed", patience, || async {
        let shown = home.state("sensor.workmate_anna_open").await?;
        (shown["attributes"]["friendly_name"] == "workmate Annette open").then_some(())
    })
    .await;
    describe(Vec::new()).await;
    eventually("her entities go", patience, || async {
        let left = home.state("sensor.workmate_anna_open").await;
        left.is_none().then_some(())
    })
    .await;
}

#[tokio::test]
async fn home_assistant_shows_the_device_its_numbers_and_its_reminders() {
    let broker = Mosquitto::start();
    let mut settings = Settings::new(broker.url());
    settings.accepts = device().accepts;
    let topics = settings.topics();
    let (client, driver, mut incoming) = mqtt::open(&settings, Clock::System).unwrap();
    let stop = CancellationToken::new();
    let driver = beside(driver.run(stop.clone()));
    assert!(matches!(next(&mut incoming).await, Incoming::StateWanted));

    let home = HomeAssistant::start(&broker).await;
    // It says that it has started as soon as it is connected.
    assert!(matches!(next(&mut incoming).await, Incoming::StateWanted));
    say_everything(&client, &topics).await;
    // Its entities listen a moment later.
    while !matches!(incoming.recv().await, Some(Incoming::FiguresWanted)) {}
    say_everything(&client, &topics).await;

    every_entity_is_there(&home).await;
    let device_of = "{% set id = device_id('sensor.workmate_open') %}\
        {{ device_attr(id, 'name') }}, {{ device_attr(id, 'sw_version') }}, {{ device_entities(id) | count }}";
    assert_eq!(
        home.render(device_of).await,
        format!("workmate, {}, 23", env!("CARGO_PKG_VERSION"))
    );
    entities_ask(&home, &mut incoming).await;

    // One task is done: the numbers fall, and nothing is due next.
    let done = Summary {
        open: 2,
        overdue: 0,
        next_due: None,
        next_due_at: None,
        ..summary()
    };
    client
        .publish(&topics.summary(), payload(&done), Retain::Yes)
        .await
        .unwrap();
    client
        .publish(&topics.next(), payload(&Next::default()), Retain::No)
        .await
        .unwrap();
    home.shows("sensor.workmate_open", "2").await;
    home.shows("sensor.workmate_next_deadline", "unknown").await;
    home.shows("sensor.workmate_next_title", "unknown").await;

    every_kind_of_reminder_fires(&home, &client, &topics).await;

    entities_follow_their_person(&home, &client, &topics).await;
    home.shows("sensor.workmate_open", "2").await;
    assert_eq!(home.complaints_about_mqtt(), Vec::<String>::new());

    // It would have complained: this is no event that the discovery names.
    let wrong = br#"{"event_type":"unheard_of"}"#.to_vec();
    client
        .publish(&topics.reminder(), wrong, Retain::No)
        .await
        .unwrap();
    eventually(
        "a wrong event is complained about",
        Duration::from_secs(10),
        || async { (home.complaints_about_mqtt().len() == 1).then_some(()) },
    )
    .await;

    stop.cancel();
    driver.await.unwrap();
    home.shows("sensor.workmate_open", "unavailable").await;
}
