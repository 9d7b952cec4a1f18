//! What a collector of OpenTelemetry is told.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderMap, StatusCode, Uri};
use serde_json::{Value, json};

use crate::daemon::Daemon;
use crate::process::{beside, eventually};

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
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/otlp", listener.local_addr().unwrap());
    drop(beside(async move {
        axum::serve(listener, router).await.unwrap();
    }));
    (address, told)
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
