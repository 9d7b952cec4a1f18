//! Who moves in, is called differently or moves out while the daemon runs is shown so at the broker at
//! once.

use std::time::Duration;

use serde_json::{Value, json};

use crate::daemon::Daemon;
use crate::mosquitto::{Heard, Listener, Mosquitto};

/// What is woken need not wait for its next look, which comes after 20 seconds.
const AT_ONCE: Duration = Duration::from_secs(5);

/// Waits for a message that `is_it`.
async fn heard(listener: &mut Listener, is_it: impl Fn(&Heard) -> bool) -> Heard {
    loop {
        let message = listener
            .next_within(AT_ONCE)
            .await
            .expect("it is said at once");
        if message.topic != "listener/ready" && is_it(&message) {
            return message;
        }
    }
}

fn described(message: &Heard) -> Value {
    serde_json::from_str(&message.payload).unwrap()
}

/// The topics under `filter` of which the broker keeps a message.
async fn kept(broker: &Mosquitto, filter: &str) -> Vec<String> {
    let mut listener = broker.listen(filter).await;
    let mut kept = Vec::new();
    while let Some(message) = listener.next_within(Duration::from_millis(500)).await {
        if message.retained {
            kept.push(message.topic);
        }
    }
    kept
}

#[tokio::test]
async fn entities_follow_who_is_called_differently_and_go_with_who_moves_out() {
    let broker = Mosquitto::start();
    let url = broker.url();
    let mut daemon = Daemon::prepare(&[
        ("WORKMATE_MQTT__URL", url.as_str()),
        ("WORKMATE_HOUSEHOLD__LANGUAGE", "en"),
    ]);
    daemon.start().await;
    for name in ["Anna", "Ben"] {
        let secret = format!("{name} keeps a secret");
        daemon
            .command_with(&["person", "add", name], &secret)
            .unwrap();
    }
    let mut discovery = broker.listen("homeassistant/device/workmate/config").await;
    let first = heard(&mut discovery, |it| it.payload.contains("Ben open")).await;
    let first = described(&first);
    let is_bens = |it: &(&String, &Value)| it.1["name"] == "Ben open";
    let components = first["cmps"].as_object().unwrap();
    let (bens, _) = components.iter().find(is_bens).unwrap();
    assert_eq!(kept(&broker, "workmate/person/#").await.len(), 2);

    // What Ben is called by the letters changes nothing of what he is.
    daemon
        .command(&["person", "rename", "ben", "Benedikt"])
        .unwrap();
    let renamed = heard(&mut discovery, |it| it.payload.contains("Benedikt open")).await;
    assert_eq!(described(&renamed)["cmps"][bens]["name"], "Benedikt open");
    let taken = daemon.command(&["person", "rename", "Benedikt", "anna"]);
    assert!(taken.unwrap_err().contains("there is a anna already"));

    let task = json!({ "title": "Water the plants", "due": "2031-05-02" });
    let task = daemon.send("tasks", &task).await;
    let bens_id = bens.split('_').nth(1).unwrap().to_uppercase();
    let path = format!("tasks/{}", task["id"].as_str().unwrap());
    daemon
        .patch(&path, &json!({ "assignees": [bens_id] }))
        .await;
    let mut own = broker.listen(&format!("workmate/person/{bens_id}")).await;
    heard(&mut own, |it| it.payload.contains(r#""open":1"#)).await;

    daemon.command(&["person", "remove", "Benedikt"]).unwrap();
    let gone = heard(&mut discovery, |it| !it.payload.contains("Benedikt")).await;
    assert_eq!(described(&gone)["cmps"][bens], json!({ "p": "sensor" }));
    heard(&mut own, |it| it.payload.is_empty()).await;
    assert_eq!(kept(&broker, "workmate/person/#").await.len(), 1);
    let task = daemon.get(&path).await.unwrap();
    assert_eq!(task["assignees"], json!([]), "it is the household's");
    let last = daemon.command(&["person", "remove", "Anna"]).unwrap_err();
    assert!(last.contains("the last one who lives here"), "{last}");
    // Neither after a start anew.
    daemon.stop().await;
    let mut status = broker.listen("workmate/status").await;
    daemon.start().await;
    heard(&mut status, |it| it.payload == "online").await;
    assert_eq!(kept(&broker, "workmate/person/#").await.len(), 1);
}

#[tokio::test]
async fn who_has_documents_of_their_own_does_not_just_go() {
    let mut daemon = Daemon::prepare(&[]);
    daemon.start().await;
    for name in ["Anna", "Ben"] {
        let secret = format!("{name} keeps a secret");
        daemon
            .command_with(&["person", "add", name], &secret)
            .unwrap();
    }
    let file = daemon.desk().join("letter.txt");
    std::fs::write(&file, "a letter with more than a few words in it").unwrap();
    let file = file.display().to_string();
    daemon.command(&["add", "--person", "Ben", &file]).unwrap();
    let refused = daemon.command(&["person", "remove", "Ben"]).unwrap_err();
    assert!(
        refused.contains("nobody else may see 1 of Ben's documents"),
        "{refused}"
    );
    daemon.command(&["person", "remove", "Anna"]).unwrap();
    let nobody = daemon.command(&["person", "remove", "Anna"]).unwrap_err();
    assert!(nobody.contains("person Anna does not exist"), "{nobody}");
}
