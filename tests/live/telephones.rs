//! Reminders on telephones, through a real Home Assistant: shown with buttons, answered by a tap, and
//! gone from every other telephone.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::daemon::Daemon;
use crate::home_assistant::HomeAssistant;
use crate::mosquitto::Mosquitto;
use crate::process::{beside, eventually};
use crate::visitor::Visitor;

const PATIENCE: Duration = Duration::from_secs(30);

/// A telephone, as the push service sees it.
struct Telephone {
    told: Arc<Mutex<Vec<Value>>>,
    webhook: String,
}

async fn hear(
    State(told): State<Arc<Mutex<Vec<Value>>>>,
    Json(push): Json<Value>,
) -> (StatusCode, Json<Value>) {
    told.lock().unwrap().push(push);
    (StatusCode::CREATED, Json(json!({})))
}

impl Telephone {
    async fn new(home: &HomeAssistant, name: &str) -> Self {
        let told = Arc::default();
        let router = Router::new().route("/push", post(hear));
        let router = router.with_state(Arc::clone(&told));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/push", listener.local_addr().unwrap());
        drop(beside(async move {
            axum::serve(listener, router).await.unwrap();
        }));
        let webhook = home.add_telephone(name, &url).await;
        Self { told, webhook }
    }

    /// The first push that is right, once it is there.
    async fn shows(&self, what: &str, patience: Duration, is_it: impl Fn(&Value) -> bool) -> Value {
        eventually(what, patience, || async {
            let told = self.told.lock().unwrap();
            told.iter().find(|it| is_it(it)).cloned()
        })
        .await
    }
}

/// A household with Home Assistant, a list and two people with a telephone each.
struct Scene {
    home: HomeAssistant,
    daemon: Daemon,
    anna: Telephone,
    ben: Telephone,
    _broker: Mosquitto,
}

async fn scene() -> Scene {
    let broker = Mosquitto::start();
    let home = HomeAssistant::start(&broker).await;
    home.integrate("local_todo", &[json!({"todo_list_name": "Family"})])
        .await;
    let anna = Telephone::new(&home, "Pixel").await;
    let ben = Telephone::new(&home, "Fairphone").await;
    let mut daemon = home.workmate(&[("WORKMATE_HOME_ASSISTANT__TODO", "todo.family")]);
    daemon.start().await;
    for (name, telephone) in [
        ("Anna", "mobile_app_pixel"),
        ("Ben", "mobile_app_fairphone"),
    ] {
        let visitor = Visitor::enter(&daemon, name).await;
        let way = [
            ("usual_home_assistant", "1"),
            ("address_home_assistant", telephone),
            ("loud_home_notice", "1"),
        ];
        assert_eq!(visitor.send("/me", &way).await.0, 200);
    }
    Scene {
        home,
        daemon,
        anna,
        ben,
        _broker: broker,
    }
}

/// It stands with the task once, however often it is heard.
async fn what_is_written_becomes_a_comment(
    home: &HomeAssistant,
    daemon: &Daemon,
    (telephone, reply): (&Telephone, &str),
    task: &str,
) {
    for _ in 0..2 {
        home.reply(&telephone.webhook, reply, "The new account, please")
            .await;
    }
    let commented = eventually("the reply is a comment", PATIENCE, || async {
        let history = daemon.get(&format!("{task}/history")).await?;
        let history = history.to_string();
        history
            .contains("The new account, please")
            .then_some(history)
    })
    .await;
    assert_eq!(
        commented.matches("The new account").count(),
        1,
        "{commented}"
    );
}

#[tokio::test]
async fn a_tap_on_done_completes_the_task_and_clears_every_other_telephone() {
    let Scene {
        home,
        daemon,
        anna,
        ben,
        _broker,
    } = scene().await;
    let task = json!({"title": "Pay the rent", "remind_at": ["2020-01-01T00:00:00Z"]});
    let task = daemon.send("tasks", &task).await;
    let id = task["id"].as_str().unwrap();
    // People are told of a new task after a minute.
    let minute = Duration::from_mins(2);
    let is_it = |it: &Value| it["title"] == "Pay the rent";
    let shown = anna.shows("Anna is told", minute, is_it).await;
    ben.shows("Ben is told", PATIENCE, is_it).await;
    let tag = shown["data"]["tag"].as_str().unwrap();
    assert_eq!(tag, format!("workmate-{id}"));
    let buttons = shown["data"]["actions"].as_array().unwrap();
    let labels: Vec<&str> = buttons
        .iter()
        .filter_map(|it| it["title"].as_str())
        .collect();
    assert_eq!(labels, ["Done", "Tomorrow", "Not mine", "Open", "Reply"]);
    eventually("it is in the list", PATIENCE, || async {
        let items = home.items("todo.family").await;
        items
            .iter()
            .any(|it| it["summary"] == "Pay the rent")
            .then_some(())
    })
    .await;

    let path = format!("tasks/{id}");
    let reply = buttons[4]["action"].as_str().unwrap();
    what_is_written_becomes_a_comment(&home, &daemon, (&ben, reply), &path).await;

    // Whoever fires an event of their own making answers nothing.
    let done = buttons[0]["action"].as_str().unwrap();
    let forged = done.replace(".done.", ".not_mine.");
    assert_ne!(forged, done);
    home.tap(&ben.webhook, &forged).await;
    home.tap(&anna.webhook, done).await;
    eventually("the task is done", PATIENCE, || async {
        let task = daemon.get(&path).await?;
        (task["status"] == "done").then_some(())
    })
    .await;
    let is_cleared = |it: &Value| it["message"] == "clear_notification" && it["data"]["tag"] == tag;
    ben.shows("it is gone from Ben's telephone", PATIENCE, is_cleared)
        .await;
    eventually("the item is ticked", PATIENCE, || async {
        let items = home.items("todo.family").await;
        let item = items.iter().find(|it| it["summary"] == "Pay the rent")?;
        (item["status"] == "completed").then_some(())
    })
    .await;
    // A tap that is heard twice answers once.
    home.tap(&anna.webhook, done).await;
    let history = daemon.get(&format!("{path}/history")).await.unwrap();
    let answers = history
        .to_string()
        .matches(r#""channel":"home_assistant""#)
        .count();
    assert_eq!(answers, 2, "the comment and the answer: {history}");
    let log = daemon.log();
    let token = std::fs::read_to_string(home.token_file()).unwrap();
    assert!(!log.contains(token.trim()), "the token is in the log");
    assert!(!log.contains("ERROR"), "{log}");
}
