//! What programs may rely on.

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH};
use serde_json::{Value as Json, json};
use workmate::domain::document::{OriginKind, Visibility};
use workmate::domain::id::DocumentId;
use workmate::store::Caller;
use workmate::work::Wake;
use workmate::work::intake::{Incoming, Intake};

use super::harness::{BYTES_MAX, Web, json as body};

const LETTER: &[u8] = b"Bitte bezahlen Sie bis zum 18. Maerz.";
const OTHER: &[u8] = b"Please pay by 18 March.";

#[tokio::test]
async fn an_upload_is_new_once_and_known_ever_after() {
    let web = Web::open().await;
    let token = web.token(None).await;
    let first = web
        .upload(&token, &[("brief.txt", LETTER)])
        .send()
        .await
        .unwrap();
    assert_eq!(first.status(), StatusCode::CREATED);
    let first = body(first).await;
    let again = web
        .upload(&token, &[("anders.txt", LETTER)])
        .send()
        .await
        .unwrap();
    assert_eq!(again.status(), StatusCode::OK);
    let again = body(again).await;
    assert_eq!(again["id"], first["id"]);
    assert_eq!(again["documents"][0]["result"], "known");
    let both = web.upload(
        &token,
        &[("a.txt", OTHER), ("b.exe", b"MZ\x90\0\x03\0\0\0")],
    );
    let both = both.send().await.unwrap();
    assert_eq!(both.status(), StatusCode::CREATED);
    let both = body(both).await;
    assert_eq!(both["documents"][0]["result"], "accepted");
    assert_eq!(both["documents"][1]["result"], "refused");
}

#[tokio::test]
async fn what_is_no_document_is_refused_with_a_reason() {
    let web = Web::open().await;
    let token = web.token(None).await;
    let too_large = vec![b'a'; usize::try_from(BYTES_MAX).unwrap() + 1].leak();
    let refused: [(&[u8], StatusCode); 3] = [
        (b"MZ\x90\0\x03\0\0\0", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (b"", StatusCode::UNPROCESSABLE_ENTITY),
        (too_large, StatusCode::PAYLOAD_TOO_LARGE),
    ];
    for (bytes, status) in refused {
        let response = web
            .upload(&token, &[("file.bin", bytes)])
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
        let problem = body(response).await;
        assert_eq!(problem["status"], status.as_u16());
        assert!(!problem["detail"].as_str().unwrap().is_empty());
    }
}

#[tokio::test]
async fn the_same_idempotency_key_gets_the_same_answer() {
    let web = Web::open().await;
    let token = web.token(None).await;
    let send = |bytes: &'static [u8]| {
        web.upload(&token, &[("brief.txt", bytes)])
            .header("idempotency-key", "k1")
            .send()
    };
    let first = send(LETTER).await.unwrap();
    assert_eq!(first.status(), StatusCode::CREATED);
    let first = body(first).await;
    let again = send(LETTER).await.unwrap();
    assert_eq!(
        again.status(),
        StatusCode::CREATED,
        "as it was answered the first time"
    );
    assert_eq!(body(again).await, first);
    let other = send(OTHER).await.unwrap();
    assert_eq!(other.status(), StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn pages_of_a_list_hold_everything_once() {
    let web = Web::open().await;
    let token = web.token(None).await;
    for (number, due) in [
        Some("2026-03-09"),
        None,
        Some("2026-03-05"),
        None,
        Some("2026-03-05"),
    ]
    .into_iter()
    .enumerate()
    {
        let task = json!({"title": format!("task {number}"), "due": due});
        let request = web
            .request("POST", "/api/v1/tasks")
            .bearer_auth(&token)
            .json(&task);
        assert_eq!(request.send().await.unwrap().status(), StatusCode::CREATED);
    }
    let mut dues = Vec::new();
    let mut ids = BTreeSet::new();
    let mut path = "/api/v1/tasks?limit=2".to_owned();
    loop {
        let page = body(web.get(&path).bearer_auth(&token).send().await.unwrap()).await;
        for task in page["tasks"].as_array().unwrap() {
            dues.push(task["due"].as_str().unwrap_or("-").to_owned());
            ids.insert(task["id"].as_str().unwrap().to_owned());
        }
        let Some(next) = page["next"].as_str() else {
            break;
        };
        path = format!("/api/v1/tasks?limit=2&cursor={next}");
    }
    assert_eq!(dues, ["2026-03-05", "2026-03-05", "2026-03-09", "-", "-"]);
    assert_eq!(ids.len(), 5);
    for bad in ["limit=0", "limit=201", "cursor=nonsense", "status=gone"] {
        let path = format!("/api/v1/tasks?{bad}");
        let response = web.get(&path).bearer_auth(&token).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
    }
}

#[tokio::test]
async fn a_change_of_an_old_version_is_refused() {
    let web = Web::open().await;
    let token = web.token(None).await;
    let task = json!({"title": "Pay", "due": "2026-03-18", "due_time": "15:30"});
    let made = web
        .request("POST", "/api/v1/tasks")
        .bearer_auth(&token)
        .json(&task);
    let made = made.send().await.unwrap();
    let location = made.headers()["location"].to_str().unwrap().to_owned();
    let tag = made.headers()[ETAG].to_str().unwrap().to_owned();
    let known = web
        .get(&location)
        .bearer_auth(&token)
        .header(IF_NONE_MATCH, &tag);
    assert_eq!(
        known.send().await.unwrap().status(),
        StatusCode::NOT_MODIFIED
    );
    let change = |tag: &str, change: Json| {
        let request = web.request("PATCH", &location).bearer_auth(&token);
        request.header(IF_MATCH, tag).json(&change).send()
    };
    let changed = change(&tag, json!({"due": null})).await.unwrap();
    assert_eq!(changed.status(), StatusCode::OK);
    assert_ne!(changed.headers()[ETAG].to_str().unwrap(), tag);
    let changed = body(changed).await;
    assert_eq!(
        (&changed["due"], &changed["due_time"]),
        (&Json::Null, &Json::Null)
    );
    assert_eq!(changed["title"], "Pay", "what is left out stays");
    let stale = change(&tag, json!({"title": "Pay more"})).await.unwrap();
    assert_eq!(stale.status(), StatusCode::PRECONDITION_FAILED);
    assert_eq!(stale.headers()[CONTENT_TYPE], "application/problem+json");
    let unknown = change("*", json!({"colour": "red"})).await.unwrap();
    assert_eq!(unknown.status(), StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn an_answer_ends_a_task_and_later_puts_it_off() {
    let web = Web::open().await;
    let token = web.token(None).await;
    let made = web.request("POST", "/api/v1/tasks").bearer_auth(&token);
    let made = body(made.json(&json!({"title": "Pay"})).send().await.unwrap()).await;
    let path = format!("/api/v1/tasks/{}/answer", made["id"].as_str().unwrap());
    let answer = |answer: Json| {
        web.request("POST", &path)
            .bearer_auth(&token)
            .json(&answer)
            .send()
    };
    let later = body(answer(json!({"answer": "later"})).await.unwrap()).await;
    assert_eq!(later["status"], "open");
    assert_eq!(
        later["later_until"], "2026-03-03T07:00:00Z",
        "the next morning in Berlin"
    );
    let done = body(answer(json!({"answer": "done"})).await.unwrap()).await;
    assert_eq!(done["status"], "done");
    let unclear = answer(json!({"answer": "perhaps"})).await.unwrap();
    assert_eq!(unclear.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let nobody = json!({"title": "Pay", "assignees": ["01ARZ3NDEKTSV4RRFFQ69G5FAV"]});
    let nobody = web
        .request("POST", "/api/v1/tasks")
        .bearer_auth(&token)
        .json(&nobody);
    assert_eq!(nobody.send().await.unwrap().status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_document_tells_what_it_says_and_takes_corrections() {
    let web = Web::open().await;
    let token = web.token(None).await;
    let sent = web
        .upload(&token, &[("brief.txt", LETTER)])
        .send()
        .await
        .unwrap();
    let id: DocumentId = body(sent).await["id"].as_str().unwrap().parse().unwrap();
    web.understand(id).await;
    let path = format!("/api/v1/documents/{id}");
    let one = web.get(&path).bearer_auth(&token).send().await.unwrap();
    let tag = one.headers()[ETAG].to_str().unwrap().to_owned();
    let one = body(one).await;
    assert_eq!(one["stage"]["name"], "understood");
    assert_eq!(
        one["findings"][1]["value"],
        json!({"amount": "84.20", "currency": "EUR"})
    );
    assert_eq!(one["obligations"][0]["due"], "2026-03-18");
    assert_eq!(one["obligations"][0]["evidence"]["box"]["w"], 240.0);
    assert_eq!(one["task_ids"].as_array().unwrap().len(), 1);
    let correct = |value: Json| {
        let change = json!({"findings": [{"field": "payable", "value": value}]});
        web.request("PATCH", &path)
            .bearer_auth(&token)
            .header(IF_MATCH, &tag)
            .json(&change)
            .send()
    };
    let bad = correct(json!("much")).await.unwrap();
    assert_eq!(bad.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let corrected = correct(json!("90,00 EUR")).await.unwrap();
    assert_eq!(corrected.status(), StatusCode::OK);
    let corrected = body(corrected).await;
    let payable = corrected["findings"].as_array().unwrap();
    let payable = payable.iter().find(|it| it["field"] == "payable").unwrap();
    assert_eq!(payable["value"]["amount"], "90.00");
    assert_eq!(payable["by"], "person");
    let stale = correct(json!("91,00 EUR")).await.unwrap();
    assert_eq!(stale.status(), StatusCode::PRECONDITION_FAILED);
    let list = web
        .get("/api/v1/documents?q=ueberweisen")
        .bearer_auth(&token);
    let list = body(list.send().await.unwrap()).await;
    assert_eq!(list["documents"][0]["sender"], "Wasserwerk");
}

#[tokio::test]
async fn an_original_is_a_download_that_no_browser_runs() {
    let web = Web::open().await;
    let token = web.token(None).await;
    let sent = web
        .upload(&token, &[("Müll.txt", LETTER)])
        .send()
        .await
        .unwrap();
    let id = body(sent).await["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/documents/{id}/original");
    let original = web.get(&path).bearer_auth(&token).send().await.unwrap();
    let headers = original.headers();
    assert!(
        headers["content-disposition"]
            .to_str()
            .unwrap()
            .starts_with("attachment; ")
    );
    assert!(
        headers["content-security-policy"]
            .to_str()
            .unwrap()
            .starts_with("sandbox")
    );
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(original.bytes().await.unwrap(), LETTER);
    let thumbnail = format!("/api/v1/documents/{id}/thumbnail");
    let thumbnail = web
        .get(&thumbnail)
        .bearer_auth(&token)
        .send()
        .await
        .unwrap();
    assert_eq!(
        thumbnail.status(),
        StatusCode::NOT_FOUND,
        "nothing has read it yet"
    );
}

#[tokio::test]
async fn the_trash_gives_back_what_it_took() {
    let web = Web::open().await;
    let token = web.token(None).await;
    let sent = web
        .upload(&token, &[("brief.txt", LETTER)])
        .send()
        .await
        .unwrap();
    let path = format!(
        "/api/v1/documents/{}",
        body(sent).await["id"].as_str().unwrap()
    );
    let count = |query: &'static str| {
        let request = web
            .get(&format!("/api/v1/documents{query}"))
            .bearer_auth(&token);
        async {
            body(request.send().await.unwrap()).await["documents"]
                .as_array()
                .unwrap()
                .len()
        }
    };
    let deleted = web
        .request("DELETE", &path)
        .bearer_auth(&token)
        .send()
        .await
        .unwrap();
    assert!(body(deleted).await["deleted_at"].is_string());
    assert_eq!((count("").await, count("?trash=true").await), (0, 1));
    let restore = format!("{path}/restore");
    let restored = web
        .request("POST", &restore)
        .bearer_auth(&token)
        .send()
        .await
        .unwrap();
    assert_eq!(restored.status(), StatusCode::OK);
    assert_eq!((count("").await, count("?trash=true").await), (1, 0));
    let retry = format!("{path}/retry");
    let retried = web
        .request("POST", &retry)
        .bearer_auth(&token)
        .send()
        .await
        .unwrap();
    assert_eq!(
        retried.status(),
        StatusCode::CONFLICT,
        "it is being worked on"
    );
}

#[tokio::test]
async fn nobody_learns_of_what_they_may_not_see() {
    let web = Web::open().await;
    let (anna, ben) = (web.browser("Anna").await, web.person("Ben").await);
    let intake = Intake::new(web.store.clone(), Wake::default(), BYTES_MAX);
    let letter = Incoming {
        bytes: LETTER.to_vec(),
        file_name: "privat.txt".to_owned(),
        way: OriginKind::Folder,
        visible_to: Visibility::Persons(vec![anna.person.id]),
    };
    let accepted = intake
        .accept(Caller::house("test", "folder"), letter)
        .await
        .unwrap();
    let path = format!("/api/v1/documents/{}", accepted.document().id);
    let tokens = [
        web.token(Some(&anna.person)).await,
        web.token(Some(&ben)).await,
    ];
    let mut seen = Vec::new();
    for token in &tokens {
        let one = web
            .get(&path)
            .bearer_auth(token)
            .send()
            .await
            .unwrap()
            .status();
        let original = format!("{path}/original");
        let original = web
            .get(&original)
            .bearer_auth(token)
            .send()
            .await
            .unwrap()
            .status();
        let list = web
            .get("/api/v1/documents")
            .bearer_auth(token)
            .send()
            .await
            .unwrap();
        seen.push((
            one.as_u16(),
            original.as_u16(),
            body(list).await["documents"].as_array().unwrap().len(),
        ));
    }
    assert_eq!(seen, [(200, 200, 1), (404, 404, 0)]);
}

#[tokio::test]
async fn a_listener_hears_what_it_missed_and_what_comes() {
    let web = Web::open().await;
    let token = web.token(None).await;
    web.upload(&token, &[("brief.txt", LETTER)])
        .send()
        .await
        .unwrap();
    let mut events = web
        .get("/api/v1/events")
        .bearer_auth(&token)
        .header("last-event-id", "0")
        .send()
        .await
        .unwrap();
    assert_eq!(events.headers()[CONTENT_TYPE], "text/event-stream");
    let mut heard = String::new();
    let task = web.request("POST", "/api/v1/tasks").bearer_auth(&token);
    let mut task = Some(task.json(&json!({"title": "Pay"})));
    while !heard.contains("event: task") {
        if heard.contains("event: document")
            && let Some(task) = task.take()
        {
            assert_eq!(task.send().await.unwrap().status(), StatusCode::CREATED);
        }
        let chunk = tokio::time::timeout(Duration::from_secs(10), events.chunk()).await;
        heard.push_str(std::str::from_utf8(&chunk.unwrap().unwrap().unwrap()).unwrap());
    }
    assert!(heard.contains("\"change\":\"accepted\""), "{heard}");
    assert!(heard.contains("\"change\":\"created\""), "{heard}");
}

#[tokio::test]
async fn the_house_tells_how_it_is_and_when_it_will_speak() {
    let web = Web::open().await;
    let token = web.token(None).await;
    let system = body(
        web.get("/api/v1/system")
            .bearer_auth(&token)
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(system["clock_is_set"], true);
    assert_eq!(system["broker_connected"], Json::Null);
    let reminders = web
        .get("/api/v1/reminders?state=planned")
        .bearer_auth(&token);
    let reminders = body(reminders.send().await.unwrap()).await;
    assert_eq!(reminders, json!({"reminders": [], "next": null}));
    let nothing = web
        .get("/api/v1/nothing")
        .bearer_auth(&token)
        .send()
        .await
        .unwrap();
    assert_eq!(nothing.status(), StatusCode::NOT_FOUND);
    assert_eq!(nothing.headers()[CONTENT_TYPE], "application/problem+json");
    let method = web
        .request("PUT", "/api/v1/tasks")
        .bearer_auth(&token)
        .send()
        .await
        .unwrap();
    assert_eq!(method.status(), StatusCode::METHOD_NOT_ALLOWED);
}
