//! Reminders that wait until somebody leaves home, and notifications of Home Assistant itself, which go
//! when the task is done.

use std::time::Duration;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use workmate::connect::home_assistant::socket::{self, Client, Settings};
use workmate::connect::http::Http;
use workmate::domain::clock::Clock;

use crate::home_assistant::HomeAssistant;
use crate::mosquitto::Mosquitto;
use crate::process::{beside, eventually};
use crate::visitor::Visitor;

const PATIENCE: Duration = Duration::from_secs(30);

/// A zone in which it is forenoon now: late in the day nothing is held back.
fn forenoon() -> String {
    let hour = Clock::System.now().to_zoned(jiff::tz::TimeZone::UTC).hour();
    let shift = 10 - hour;
    let shift = if shift < -12 { shift + 24 } else { shift };
    // The names count to the west.
    format!("Etc/GMT{:+}", -shift)
}

fn client(home: &HomeAssistant) -> Client {
    let token = std::fs::read_to_string(home.token_file()).unwrap();
    let settings = Settings {
        http: Http::new("127.0.0.1:1".parse().unwrap()),
        url: home.address.as_str().parse().unwrap(),
        token: token.trim().to_owned(),
        entities: Vec::new(),
        list: None,
        patience: PATIENCE,
    };
    let (client, driver, mut incoming) = socket::open(settings, Clock::System);
    drop(beside(driver.run(CancellationToken::new())));
    drop(beside(
        async move { while incoming.recv().await.is_some() {} },
    ));
    client
}

async fn notifications(client: &Client) -> Vec<String> {
    let asked = client
        .ask(json!({"type": "persistent_notification/get"}))
        .await;
    let told = asked.unwrap_or_default();
    let title = |it: &Value| it["title"].as_str().map(str::to_owned);
    told.as_array()
        .into_iter()
        .flatten()
        .filter_map(title)
        .collect()
}

#[tokio::test]
async fn a_reminder_for_the_way_out_waits_until_somebody_leaves_home() {
    let broker = Mosquitto::start();
    let home = HomeAssistant::start(&broker).await;
    home.set_state("person.anna", "home").await;
    let mut daemon = home.workmate(&[
        ("WORKMATE_HOUSEHOLD__ZONE", &forenoon()),
        ("WORKMATE_HOME_ASSISTANT__PEOPLE", "Anna: person.anna"),
    ]);
    daemon.start().await;
    let anna = Visitor::enter(&daemon, "Anna").await;
    assert_eq!(anna.send("/me", &[("usual_home_notice", "1")]).await.0, 200);
    let parcel = json!({
        "title": "Pick up the parcel", "labels": ["leaving"], "remind_at": ["2020-01-01T00:00:00Z"],
    });
    let parcel = daemon.send("tasks", &parcel).await;
    let client = client(&home);
    // People are told of a new task after a minute.
    eventually("a message waits", Duration::from_secs(100), || async {
        (daemon.get("system").await?["deliveries_waiting"] == 1).then_some(())
    })
    .await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let ours = |all: Vec<String>| all.iter().any(|it| it == "Pick up the parcel");
    assert!(!ours(notifications(&client).await), "it waits");
    home.set_state("person.anna", "not_home").await;
    eventually("it is said", PATIENCE, || async {
        ours(notifications(&client).await).then_some(())
    })
    .await;
    let path = format!("tasks/{}/answer", parcel["id"].as_str().unwrap());
    daemon.send(&path, &json!({"answer": "done"})).await;
    eventually("it is gone", PATIENCE, || async {
        (!ours(notifications(&client).await)).then_some(())
    })
    .await;
    assert!(!daemon.log().contains("ERROR"), "{}", daemon.log());
}
