//! What a collector of OpenTelemetry is told.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderMap, StatusCode, Uri};
use serde_json::{Value, json};

use crate::daemon::Daemon;
use crate::outside::serving;
use crate::process::eventually;

const PATIENCE: Duration = Duration::from_mins(1);

type Told = Arc<Mutex<Vec<Value>>>;

/// A collector that is away at first; what it was told then and after that.
async fn collector() -> (String, Told) {
    let told = Told::default();
    let kept = Arc::clone(&told);
    let hear = move |uri: Uri, headers: HeaderMap, body: String| async move {
        assert_eq!(uri.path(), "/otlp/v1/traces");
        assert_eq!(headers["content-type"], "application/json");
        assert_eq!(headers["authorization"], "Basic c2VjcmV0");
        let mut all = kept.lock().unwrap();
        all.push(serde_json::from_str(&body).unwrap());
        if all.len() == 1 {
            StatusCode::SERVICE_UNAVAILABLE
        } else {
            StatusCode::OK
        }
    };
    let router = Router::new().fallback(hear);
    let address = format!("{}/otlp", serving(router).await);
    (address, told)
}

/// A program of one's own that takes each reminder.
async fn hook() -> String {
    let router = Router::new().fallback(|| async { StatusCode::NO_CONTENT });
    format!("{}/hook", serving(router).await)
}

/// All spans of the requests that were taken.
fn spans(told: &Told) -> Vec<Value> {
    let told = told.lock().unwrap();
    let spans = told
        .iter()
        .skip(1)
        .filter_map(|it| it["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array());
    spans.flatten().cloned().collect()
}

fn named<'a>(spans: &'a [Value], name: &str) -> Option<&'a Value> {
    spans.iter().find(|it| it["name"] == name)
}

#[tokio::test]
async fn a_letter_its_task_and_the_answer_are_one_trace_that_says_nothing_of_the_letter() {
    let (address, told) = collector().await;
    let mut daemon = Daemon::prepare(&[("WORKMATE_TELEMETRY__OTLP_URL", &address)]);
    let authorization = daemon.desk().join("authorization");
    std::fs::write(&authorization, "Basic c2VjcmV0\n").unwrap();
    daemon.set(
        "WORKMATE_TELEMETRY__AUTHORIZATION_FILE",
        authorization.to_str().unwrap(),
    );
    daemon.start().await;
    let letter = "Stadtwerke Musterstadt GmbH\nRechnung Nr. 7\nDatum: 02.03.2026\n\
                  Bitte zahlen Sie 84,20 EUR bis zum 30.03.2026.\n";
    let sent = daemon.upload("bill.txt", letter.as_bytes().to_vec());
    let document = sent.await.unwrap();
    let task = daemon.open_tasks(1, PATIENCE).await.remove(0);
    let task = task["id"].as_str().unwrap().to_owned();
    let answer = json!({"answer": "done"});
    daemon.send(&format!("tasks/{task}/answer"), &answer).await;
    eventually("all of it is told", PATIENCE, || async {
        named(&spans(&told), "task done").map(|_| ())
    })
    .await;

    let spans = spans(&told);
    let trace = named(&spans, "document accepted").unwrap()["traceId"].clone();
    let id: ulid::Ulid = document.parse().unwrap();
    assert_eq!(trace, format!("{:032x}", id.0));
    let of_letter: Vec<&Value> = spans.iter().filter(|it| it["traceId"] == trace).collect();
    for name in ["document read", "document understood", "task done"] {
        assert!(of_letter.iter().any(|it| it["name"] == name), "{name}");
    }
    // One span is the root, and no two have the same number, though the first request was said again.
    let roots = of_letter.iter().filter(|it| it["parentSpanId"] == "");
    assert_eq!(roots.count(), 1);
    let numbers: BTreeSet<_> = of_letter.iter().map(|it| it["spanId"].as_str()).collect();
    assert_eq!(numbers.len(), of_letter.len());
    let text = serde_json::to_string(&spans).unwrap();
    assert!(
        !text.contains("Stadtwerke") && !text.contains("Rechnung"),
        "{text}"
    );
}

#[tokio::test]
async fn a_reminder_is_a_step_of_its_tasks_story_and_listeners_hear_of_it() {
    let ((address, told), hook) = (collector().await, hook().await);
    let mut daemon = Daemon::prepare(&[
        ("WORKMATE_TELEMETRY__OTLP_URL", &address),
        ("WORKMATE_WEBHOOK__URL", &hook),
        ("WORKMATE_LOG__FORMAT", "json"),
    ]);
    let authorization = daemon.desk().join("authorization");
    std::fs::write(&authorization, "Basic c2VjcmV0").unwrap();
    daemon.set(
        "WORKMATE_TELEMETRY__AUTHORIZATION_FILE",
        authorization.to_str().unwrap(),
    );
    daemon.start().await;
    let mut events = daemon.listen().await;
    let task = json!({"title": "Bins", "remind_at": ["2020-01-01T00:00:00Z"]});
    let task = daemon.send("tasks", &task).await;
    let id = task["id"].as_str().unwrap();
    let heard = events.until("event: reminder").await;
    assert!(heard.contains(id), "{heard}");
    eventually("it is told", PATIENCE, || async {
        named(&spans(&told), "delivery delivered").map(|_| ())
    })
    .await;
    let spans = spans(&told);
    let id: ulid::Ulid = id.parse().unwrap();
    let delivered = named(&spans, "delivery delivered").unwrap();
    assert_eq!(delivered["traceId"], format!("{:032x}", id.0));
    assert_ne!(delivered["parentSpanId"], "");

    // The log tells the same story by the task's id, and not what the task is about.
    let log = daemon.log();
    let lines = log.lines().filter_map(|it| serde_json::from_str(it).ok());
    let story: Vec<Value> = lines
        .filter(|it: &Value| it["task_id"] == task["id"])
        .collect();
    let [created, reminded] = story.as_slice() else {
        panic!("{log}")
    };
    assert_eq!(created["message"], "task created");
    assert_eq!(created["by"], "api");
    assert_eq!(reminded["message"], "reminder delivered");
    assert_eq!(reminded["channel"], "webhook");
    assert_eq!(reminded["attempt"], "1");
    assert!(!log.contains("Bins"), "{log}");
}
