//! workmate as a real Home Assistant shows it.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::date;
use serde_json::json;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use workmate::connect::home_assistant::{self as discovery, Device};
use workmate::connect::mqtt::messages::{EventType, Next, Spoken, Summary, json as payload};
use workmate::connect::mqtt::{self, Client, Incoming, Retain, Settings, Topics};
use workmate::domain::clock::Clock;
use workmate::domain::id::{DeliveryId, TaskId};
use workmate::domain::person::Language;
use workmate::domain::policy::Detail;
use workmate::domain::service_level::Tally;

use crate::home_assistant::HomeAssistant;
use crate::mosquitto::Mosquitto;
use crate::process::{beside, eventually};

const SUMMARY: Summary = Summary {
    open: 3,
    overdue: 1,
    due_today: 0,
    next_due: Some(date(2026, 12, 1)),
    next_due_at: Some(Timestamp::constant(1_796_165_999, 0)),
    service_levels: Tally {
        on_track: 0,
        at_risk: 0,
        breached: 0,
    },
};

/// What the house says when it is asked to say everything.
async fn say_everything(client: &Client, topics: &Topics) {
    let device = Device {
        language: Language::English,
        detail: Detail::Title,
        url: Some("http://127.0.0.1:8080".to_owned()),
    };
    let described = payload(&discovery::discovery(topics, &device));
    client
        .publish(&topics.discovery(), described, Retain::Yes)
        .await
        .unwrap();
    client
        .publish(&topics.summary(), payload(&SUMMARY), Retain::Yes)
        .await
        .unwrap();
    let next = Next {
        title: Some("Waterworks: pay 84.20 EUR".to_owned()),
        due: Some(date(2026, 12, 1)),
        task: None,
    };
    client
        .publish(&topics.next(), payload(&next), Retain::No)
        .await
        .unwrap();
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

async fn next(incoming: &mut mpsc::Receiver<Incoming>) -> Incoming {
    let next = tokio::time::timeout(Duration::from_mins(1), incoming.recv());
    next.await.expect("in time").expect("the driver runs")
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

#[tokio::test]
async fn home_assistant_shows_the_device_its_numbers_and_its_reminders() {
    let broker = Mosquitto::start();
    let settings = Settings::new(broker.url());
    let topics = settings.topics();
    let (client, driver, mut incoming) = mqtt::open(&settings, Clock::System).unwrap();
    let stop = CancellationToken::new();
    let driver = beside(driver.run(stop.clone()));
    assert!(matches!(next(&mut incoming).await, Incoming::StateWanted));
    assert!(matches!(next(&mut incoming).await, Incoming::StateWanted));

    let home = HomeAssistant::start(&broker).await;
    // It says that it has started as soon as it is connected.
    assert!(matches!(next(&mut incoming).await, Incoming::StateWanted));
    say_everything(&client, &topics).await;
    assert!(matches!(next(&mut incoming).await, Incoming::StateWanted));
    say_everything(&client, &topics).await;

    let open = home.shows("sensor.workmate_open", "3").await;
    assert_eq!(open["attributes"]["friendly_name"], "workmate Open");
    assert_eq!(open["attributes"]["unit_of_measurement"], "tasks");
    home.shows("sensor.workmate_overdue", "1").await;
    home.shows("sensor.workmate_due_today", "0").await;
    home.shows("binary_sensor.workmate_service_level_breached", "off")
        .await;
    home.shows("sensor.workmate_next_deadline", "2026-12-01T22:59:59+00:00")
        .await;
    home.shows("sensor.workmate_next_title", "Waterworks: pay 84.20 EUR")
        .await;
    home.shows("event.workmate_reminder", "unknown").await;
    let device = "{% set id = device_id('sensor.workmate_open') %}\
        {{ device_attr(id, 'name') }}, {{ device_attr(id, 'sw_version') }}, {{ device_entities(id) | count }}";
    assert_eq!(
        home.render(device).await,
        format!("workmate, {}, 7", env!("CARGO_PKG_VERSION"))
    );

    // One task is done: the numbers fall, and nothing is due next.
    let done = Summary {
        open: 2,
        overdue: 0,
        next_due: None,
        next_due_at: None,
        ..SUMMARY
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
