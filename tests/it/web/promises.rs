//! What the household promises itself, and who sees how it stands.

use reqwest::StatusCode;
use serde_json::{Value as Json, json};
use workmate::domain::id::DocumentId;

use super::harness::{Browser, Web, json as body};

/// An invoice of 84,20 € due on 18 March 2026 that came on Monday the 2nd, said to be of `kind`.
async fn letter(web: &Web, token: &str, kind: &str) -> DocumentId {
    let upload = web.upload(token, &[("brief.txt", b"Bitte bezahlen Sie.")]);
    let accepted = body(upload.send().await.unwrap()).await;
    let id: DocumentId = accepted["id"].as_str().unwrap().parse().unwrap();
    web.understand(id).await;
    let change = json!({"findings": [{"field": "kind", "value": kind}]});
    let change = web
        .request("PATCH", &format!("/api/v1/documents/{id}"))
        .bearer_auth(token)
        .json(&change);
    assert_eq!(change.send().await.unwrap().status(), StatusCode::OK);
    id
}

async fn get(web: &Web, token: &str, path: &str) -> Json {
    let response = web.get(path).bearer_auth(token).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    body(response).await
}

/// How many are on track, at risk and breached: of the notices, or of the bills.
async fn standing(web: &Web, token: &str, number: usize) -> [u64; 3] {
    let system = get(web, token, "/api/v1/system").await;
    let level = &system["service_levels"][number];
    ["on_track", "at_risk", "breached"].map(|it| level[it].as_u64().unwrap())
}

async fn page(web: &Web, browser: &Browser, path: &str) -> String {
    let response = browser.ask(web.get(path)).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    response.text().await.unwrap()
}

fn to(web: &Web, moment: &str) {
    web.clock.set(moment.parse().unwrap());
}

#[tokio::test]
async fn a_bill_is_to_be_paid_three_days_before_it_is_due() {
    let web = Web::open().await;
    let token = web.token(None).await;
    let id = letter(&web, &token, "invoice").await;
    assert_eq!(standing(&web, &token, 0).await, [0, 0, 0]);
    assert_eq!(standing(&web, &token, 1).await, [1, 0, 0]);
    // Midnight in Berlin.
    to(&web, "2026-03-14T22:59:59Z");
    assert_eq!(standing(&web, &token, 1).await, [1, 0, 0]);
    to(&web, "2026-03-14T23:00:00Z");
    assert_eq!(standing(&web, &token, 1).await, [0, 1, 0]);
    to(&web, "2026-03-16T12:00:00Z");
    assert_eq!(standing(&web, &token, 1).await, [0, 0, 1]);
    let metrics = web.get("/metrics").bearer_auth(&token).send();
    let metrics = metrics.await.unwrap().text().await.unwrap();
    let line = "workmate_service_level{level=\"bills\",standing=\"breached\"} 1";
    assert!(metrics.contains(line), "{metrics}");
    let document = get(&web, &token, &format!("/api/v1/documents/{id}")).await;
    let task = document["task_ids"][0].as_str().unwrap();
    let anna = web.browser("Anna").await;
    let told = page(&web, &anna, &format!("/tasks/{task}")).await;
    let sentence = "bills: verfehlt seit 16. März 2026, zu erledigen war es bis 15. März 2026.";
    assert!(told.contains(sentence), "{told}");
    let system = page(&web, &anna, "/system").await;
    assert!(system.contains(">bills</th>"), "{system}");
    let answer = web
        .request("POST", &format!("/api/v1/tasks/{task}/answer"))
        .bearer_auth(&token)
        .json(&json!({"answer": "done"}));
    assert_eq!(answer.send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(standing(&web, &token, 1).await, [0, 0, 0]);
}

#[tokio::test]
async fn a_notice_is_to_be_looked_at_within_two_working_days() {
    let web = Web::open().await;
    let token = web.token(None).await;
    let id = letter(&web, &token, "official_notice").await;
    assert_eq!(standing(&web, &token, 0).await, [1, 0, 0]);
    to(&web, "2026-03-04T12:00:00Z");
    assert_eq!(standing(&web, &token, 0).await, [0, 1, 0]);
    to(&web, "2026-03-05T12:00:00Z");
    assert_eq!(standing(&web, &token, 0).await, [0, 0, 1]);
    // A program that fetches it has not looked at it; a person who opens it has, once.
    get(&web, &token, &format!("/api/v1/documents/{id}")).await;
    assert_eq!(standing(&web, &token, 0).await, [0, 0, 1]);
    let anna = web.browser("Anna").await;
    let before = get(&web, &token, "/api/v1/system").await["journal_sequence"].as_u64();
    for _ in 0..2 {
        let letter = page(&web, &anna, &format!("/documents/{id}")).await;
        assert!(letter.contains("angesehen"), "{letter}");
    }
    assert_eq!(standing(&web, &token, 0).await, [0, 0, 0]);
    let after = get(&web, &token, "/api/v1/system").await["journal_sequence"].as_u64();
    assert_eq!(after, before.map(|it| it + 1));
}
