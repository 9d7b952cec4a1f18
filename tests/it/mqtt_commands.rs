//! What programs ask over MQTT, through the real daemon and a real broker: every command, every
//! switch, and what nobody should send.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::daemon::Daemon;
use crate::durability::letter;
use crate::mosquitto::{Heard, Listener, Mosquitto};
use crate::process::{installed, output};

/// For what is read and understood on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);
const SWITCHES: [(&str, &str); 5] = [
    ("WORKMATE_MQTT__ACCEPT_TASKS", "true"),
    ("WORKMATE_MQTT__ACCEPT_DOCUMENTS", "true"),
    ("WORKMATE_MQTT__ACCEPT_LISTS", "true"),
    ("WORKMATE_MQTT__ACCEPT_CONTROL", "true"),
    ("WORKMATE_MQTT__PAGE_IMAGE", "true"),
];

/// A daemon at a broker, and a program that asks it.
struct House {
    broker: Mosquitto,
    daemon: Daemon,
    answers: Listener,
}

impl House {
    async fn with(switches: &[(&str, &str)]) -> Self {
        let broker = Mosquitto::start();
        let url = broker.url();
        let mut settings = vec![("WORKMATE_MQTT__URL", url.as_str())];
        settings.extend(switches);
        let mut daemon = Daemon::prepare(&settings);
        let mut status = broker.listen("workmate/status").await;
        daemon.start().await;
        while status.next().await.payload != "online" {}
        let answers = broker.listen("workmate/response/#").await;
        Self {
            broker,
            daemon,
            answers,
        }
    }

    /// Asks as `node-red`; the answer.
    async fn ask(&mut self, verb: &str, payload: &Value) -> Value {
        let topic = format!("workmate/command/node-red/{verb}");
        self.broker.say(&topic, &payload.to_string(), &[]);
        self.answer().await
    }

    async fn answer(&mut self) -> Value {
        let heard = heard(&mut self.answers, |_| true).await;
        assert_eq!(heard.topic, "workmate/response/node-red");
        assert!(!heard.retained, "an answer is an event");
        serde_json::from_str(&heard.payload).unwrap()
    }

    async fn task(&self, title: &str) -> String {
        let task = self.daemon.send("tasks", &json!({ "title": title })).await;
        task["id"].as_str().unwrap().to_owned()
    }

    async fn open_titles(&self) -> BTreeSet<String> {
        let tasks = self
            .daemon
            .get("tasks?status=open&limit=100")
            .await
            .unwrap();
        let tasks = tasks["tasks"].as_array().unwrap().clone();
        let title = |it: &Value| it["title"].as_str().unwrap().to_owned();
        tasks.iter().map(title).collect()
    }
}

/// Waits for a message that `is_it`.
async fn heard(listener: &mut Listener, is_it: impl Fn(&Heard) -> bool) -> Heard {
    loop {
        let message = listener.next().await;
        // What makes other listeners sure that they listen is for them alone.
        if message.topic != "listener/ready" && is_it(&message) {
            return message;
        }
    }
}

#[tokio::test]
async fn by_default_a_program_may_answer_and_nothing_else() {
    let mut house = House::with(&[]).await;
    for (verb, payload) in [
        ("add", json!({ "id": "1", "text": "Buy milk tomorrow" })),
        (
            "upload",
            json!({ "id": "1", "name": "a.txt", "data": "YQ==" }),
        ),
        ("list", json!({ "id": "1" })),
        ("quiet", json!({ "id": "1", "on": true })),
        ("read_inbox", json!({ "id": "1" })),
    ] {
        let answer = house.ask(verb, &payload).await;
        assert_eq!(answer["command"], verb);
        assert_eq!(
            (&answer["ok"], &answer["error"]),
            (&json!(false), &json!("not_allowed"))
        );
    }
    assert_eq!(house.open_titles().await, BTreeSet::new());

    let task = house.task("Water the plants").await;
    let answer = house.ask("snooze", &json!({ "id": 7, "task": task })).await;
    assert_eq!(
        answer,
        json!({ "command": "snooze", "id": "7", "ok": true, "task": task, "status": "open" })
    );
    let done = json!({ "task": task, "answer": "done" });
    let answer = house.ask("answer", &done).await;
    assert_eq!(
        answer,
        json!({ "command": "answer", "ok": true, "task": task, "status": "done" })
    );
    // The same once more changes nothing.
    assert_eq!(house.ask("answer", &done).await["status"], "done");
    let missing = json!({ "task": "00000000000000000000000001", "answer": "done" });
    assert_eq!(house.ask("answer", &missing).await["error"], "missing");
    assert_eq!(
        house.ask("complete_next", &json!({})).await["error"],
        "missing"
    );
}

#[tokio::test]
async fn a_task_is_made_by_a_sentence_or_by_fields_and_once_for_each_id() {
    let mut house = House::with(&SWITCHES).await;
    let sentence = json!({ "id": "a", "text": "Pay the plumber 84,20 EUR tomorrow" });
    let made = house.ask("add", &sentence).await;
    assert_eq!(made["ok"], true, "{made}");
    assert!(made["made"]["due"].is_string(), "{made}");
    // The answer was lost and the program asks again: the same task.
    assert_eq!(house.ask("add", &sentence).await["task"], made["task"]);
    let other = json!({ "id": "a", "text": "Something else" });
    assert_eq!(house.ask("add", &other).await["error"], "refused");

    let fields = json!({
        "title": "Return the books", "due": "2031-05-02", "due_time": "18:00", "amount": "3.50",
        "notes": "both of them", "labels": ["library"],
    });
    let made = house.ask("add", &fields).await;
    let id = made["task"].as_str().unwrap();
    let task = house.daemon.get(&format!("tasks/{id}")).await.unwrap();
    assert_eq!(task["due"], "2031-05-02");
    assert_eq!(task["amount"], "3.50");
    assert_eq!(task["labels"], json!(["library"]));
    assert_eq!(house.open_titles().await.len(), 2);

    let listed = house.ask("list", &json!({ "limit": 1 })).await;
    assert_eq!(listed["tasks"].as_array().unwrap().len(), 1);
    let week = house.ask("list", &json!({ "view": "week" })).await;
    assert_eq!(week["tasks"].as_array().unwrap().len(), 1, "{week}");
    let wrong = house.ask("list", &json!({ "view": "never" })).await;
    assert_eq!(wrong["error"], "schema");

    // What is due next is the sentence, and then the books.
    let done = house.ask("complete_next", &json!({})).await;
    assert_eq!(done["status"], "done");
    let later = house.ask("snooze_next", &json!({})).await;
    assert_eq!(
        (&later["task"], &later["status"]),
        (&json!(id), &json!("open"))
    );
}

#[tokio::test]
async fn a_small_document_is_taken_and_quiet_is_switched() {
    let mut house = House::with(&SWITCHES).await;
    let mut events = house.broker.listen("workmate/document").await;
    // "A letter with more than a few words in it."
    let data = "QSBsZXR0ZXIgd2l0aCBtb3JlIHRoYW4gYSBmZXcgd29yZHMgaW4gaXQu";
    let letter = json!({ "name": "letter.txt", "data": data });
    let taken = house.ask("upload", &letter).await;
    assert_eq!(
        (&taken["ok"], &taken["known"]),
        (&json!(true), &json!(false))
    );
    let event = heard(&mut events, |it| it.payload.contains("received")).await;
    assert!(event.payload.contains(taken["document"].as_str().unwrap()));
    assert!(!event.retained);
    heard(&mut events, |it| it.payload.contains("understood")).await;
    assert_eq!(house.ask("upload", &letter).await["known"], true);
    let empty = json!({ "name": "letter.txt", "data": "" });
    assert_eq!(house.ask("upload", &empty).await["error"], "refused");
    let program = json!({ "name": "a.exe", "data": "TVqQAAMAAAAEAAAA" });
    assert_eq!(house.ask("upload", &program).await["error"], "refused");

    let mut summary = house.broker.listen("workmate/summary").await;
    assert_eq!(house.ask("quiet", &json!({ "on": true })).await["ok"], true);
    heard(&mut summary, |it| it.payload.contains(r#""quiet":true"#)).await;
    assert_eq!(
        house.ask("quiet", &json!({ "on": false })).await["ok"],
        true
    );
    heard(&mut summary, |it| it.payload.contains(r#""quiet":false"#)).await;
    assert_eq!(house.ask("read_inbox", &json!({})).await["ok"], true);
}

#[tokio::test]
async fn a_private_document_never_appears() {
    let mut house = House::with(&SWITCHES).await;
    house
        .daemon
        .command_with(&["person", "add", "Anna"], "Anna keeps a secret")
        .unwrap();
    let mut everything = house.broker.listen("workmate/#").await;
    let own = house.daemon.folder().join("Anna");
    std::fs::create_dir_all(&own).unwrap();
    std::fs::write(own.join("confidential.txt"), letter(1)).unwrap();
    house.daemon.open_tasks(1, PATIENCE).await;
    let public = house.daemon.upload("open.txt", letter(2)).await;
    house.daemon.open_tasks(2, PATIENCE).await;
    let public = public.unwrap();
    let tasks = house.daemon.get("tasks?status=open").await.unwrap();
    let tasks = tasks["tasks"].as_array().unwrap();
    let private = tasks.iter().find(|it| it["document_id"] != json!(public));
    let private = private.unwrap()["document_id"].as_str().unwrap();
    let listed = house.ask("list", &json!({})).await;
    assert_eq!(listed["tasks"].as_array().unwrap().len(), 1, "{listed}");

    let is_last = |it: &Heard| it.topic == "workmate/next" && it.payload.contains("\"items\":[{");
    let mut said = Vec::new();
    loop {
        let message = heard(&mut everything, |_| true).await;
        let is_end = is_last(&message);
        said.push(message);
        if is_end {
            break;
        }
    }
    for message in said {
        for content in ["confidential", "Nummer 1 GmbH", private] {
            assert!(!message.payload.contains(content), "{message:?}");
        }
    }
}

#[tokio::test]
async fn what_nobody_should_send_is_answered_and_harms_nothing() {
    let mut house = House::with(&SWITCHES).await;
    let file = house.daemon.desk().join("payload");
    let topic = |verb: &str| format!("workmate/command/node-red/{verb}");
    for (bytes, verb, error) in [
        (vec![0xff, 0xfe, 0x00], "add", "schema"),
        (vec![b'['; 60_000], "add", "schema"),
        (vec![b'a'; 70_000], "add", "too_large"),
        (vec![b'a'; 800_000], "upload", "too_large"),
        (br#"{"text":{"text":"x"}}"#.to_vec(), "add", "schema"),
        (br#"{"id":{},"text":"x"}"#.to_vec(), "add", "schema"),
        (b"{}".to_vec(), "dance", "unknown_command"),
    ] {
        std::fs::write(&file, bytes).unwrap();
        house.broker.say_file(&topic(verb), &file);
        let answer = house.answer().await;
        assert_eq!(
            (&answer["ok"], &answer["error"]),
            (&json!(false), &json!(error))
        );
        assert!(answer["reason"].as_str().unwrap().len() < 1300);
    }
    // Without a name that can be answered: nothing is said or done.
    let add = json!({ "text": "Once" }).to_string();
    house.broker.say("workmate/command/a b/add", &add, &[]);
    house.broker.say("workmate/command/add", &add, &[]);
    // The broker keeps this one, and brings it anew at the next start: obeyed it is once.
    house.broker.say(&topic("add"), &add, &["-r"]);
    assert_eq!(house.answer().await["ok"], true);
    house.daemon.kill();
    house.daemon.start().await;
    let alive = house.ask("list", &json!({ "id": "alive" })).await;
    assert_eq!(alive["id"], "alive");
    assert_eq!(alive["tasks"].as_array().unwrap().len(), 1, "{alive}");
}

#[tokio::test]
async fn a_burst_of_a_thousand_commands_is_answered_each_by_each() {
    let mut house = House::with(&SWITCHES).await;
    let file = house.daemon.desk().join("lines");
    let line = |number: u32| match number % 4 {
        0 => json!({ "id": number, "title": format!("Task {number}") }).to_string(),
        1 => json!({ "id": number, "text": 5 }).to_string(),
        2 => json!({ "id": number }).to_string(),
        _ => json!({ "id": number, "title": "x".repeat(300) }).to_string(),
    };
    let lines: Vec<String> = (0..1000).map(line).collect();
    std::fs::write(&file, lines.join("\n")).unwrap();
    let port = house.broker.port.to_string();
    let mut publisher = Command::new(installed("mosquitto_pub", "mosquitto-clients"));
    publisher.args([
        "-h",
        "127.0.0.1",
        "-p",
        &port,
        "-u",
        "workmate",
        "-P",
        "secret",
    ]);
    publisher.args(["-q", "1", "-t", "workmate/command/node-red/add", "-l"]);
    output(publisher.stdin(std::fs::File::open(&file).unwrap()));
    let (mut answered, mut done) = (BTreeSet::new(), 0);
    while answered.len() < 1000 {
        let heard = house.answers.next_within(PATIENCE).await;
        let answer: Value = serde_json::from_str(&heard.expect("an answer").payload).unwrap();
        answered.insert(answer["id"].as_str().unwrap().to_owned());
        done += u32::from(answer["ok"] == true);
    }
    assert_eq!(done, 250);
    let counts = house.daemon.get("tasks/counts").await.unwrap();
    assert_eq!(counts["open"], 250);
}

#[tokio::test]
async fn cleaning_up_leaves_nothing_at_the_broker() {
    let mut house = House::with(&SWITCHES).await;
    house
        .daemon
        .command_with(&["person", "add", "Anna"], "Anna keeps a secret")
        .unwrap();
    let mut discovery = house
        .broker
        .listen("homeassistant/device/workmate/config")
        .await;
    let described = heard(&mut discovery, |it| it.payload.contains("Anna offen")).await;
    let described: Value = serde_json::from_str(&described.payload).unwrap();
    assert_eq!(described["cmps"]["quiet"]["p"], "switch");
    let complaint = house.daemon.command(&["mqtt", "cleanup"]).unwrap_err();
    assert!(complaint.contains("stop it first"), "{complaint}");
    house.daemon.stop().await;
    let removed = house.daemon.command(&["mqtt", "cleanup"]).unwrap();
    for topic in [
        "homeassistant/device/workmate/config",
        "workmate/summary",
        "workmate/person/",
    ] {
        assert!(removed.contains(topic), "{removed}");
    }
    let again = house.daemon.command(&["mqtt", "cleanup"]).unwrap();
    assert_eq!(again, "nothing was left there");
    for first in ["workmate", "homeassistant"] {
        let mut left = house.broker.listen(&format!("{first}/#")).await;
        let probe = format!("{first}/probe");
        house.broker.say(&probe, "", &[]);
        assert_eq!(heard(&mut left, |_| true).await.topic, probe);
    }
}
