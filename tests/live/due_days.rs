//! Due days in a calendar of a real Home Assistant: each once, moved, and gone when the task is done.

use std::time::Duration;

use serde_json::{Value, json};

use crate::home_assistant::HomeAssistant;
use crate::mosquitto::Mosquitto;
use crate::process::eventually;

const PATIENCE: Duration = Duration::from_secs(45);

#[tokio::test]
async fn a_due_day_stands_in_the_calendar_once_moves_and_goes() {
    let broker = Mosquitto::start();
    let home = HomeAssistant::start(&broker).await;
    let family = json!({"calendar_name": "Family", "import": "create_empty"});
    home.integrate("local_calendar", &[family]).await;
    let mut daemon = home.workmate(&[("WORKMATE_HOME_ASSISTANT__CALENDAR", "calendar.family")]);
    daemon.start().await;
    let rent = json!({"title": "Pay the rent", "due": "2099-03-01"});
    let rent = daemon.send("tasks", &rent).await;
    let call = json!({"title": "Call the bank", "due": "2099-03-02", "due_time": "09:00"});
    daemon.send("tasks", &call).await;
    let shows = async |expected: &[&str]| {
        eventually("the calendar shows it", PATIENCE, || async {
            let events = home
                .events("calendar.family", "2099-02-01", "2099-05-01")
                .await;
            let line = |it: &Value| {
                let start = it["start"]["date"]
                    .as_str()
                    .or(it["start"]["dateTime"].as_str());
                format!(
                    "{} {}",
                    start.unwrap_or_default(),
                    it["summary"].as_str().unwrap()
                )
            };
            let lines: Vec<String> = events.iter().map(line).collect();
            (lines == expected).then_some(())
        })
        .await;
    };
    let call = "2099-03-02T09:00:00+01:00 Call the bank";
    shows(&["2099-03-01 Pay the rent", call]).await;
    let path = format!("tasks/{}", rent["id"].as_str().unwrap());
    daemon.patch(&path, &json!({"due": "2099-04-01"})).await;
    shows(&[call, "2099-04-01 Pay the rent"]).await;
    // Whoever is killed makes nothing twice.
    daemon.kill();
    daemon.start().await;
    daemon
        .patch(&path, &json!({"title": "Pay the rent, all of it"}))
        .await;
    shows(&[call, "2099-04-01 Pay the rent, all of it"]).await;
    let done = json!({"answer": "done"});
    daemon.send(&format!("{path}/answer"), &done).await;
    shows(&[call]).await;
    let log = daemon.log();
    assert!(!log.contains("ERROR"), "{log}");
}
