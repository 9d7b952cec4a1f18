//! What people and programs see of a reading, and how they end it.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::LOCATION;
use serde_json::Value as Json;
use workmate::domain::document::{OriginKind, Visibility};
use workmate::domain::id::DocumentId;
use workmate::store::{Caller, Viewer, journal};
use workmate::work::Wake;
use workmate::work::intake::{Incoming, Intake};
use workmate::work::progress::Progress;

use super::harness::{BYTES_MAX, Browser, Web, json};

async fn letter(web: &Web, visible_to: Visibility) -> DocumentId {
    let intake = Intake::new(web.store.clone(), Wake::default(), BYTES_MAX);
    let letter = Incoming {
        bytes: b"Bitte bezahlen".to_vec(),
        file_name: "brief.txt".to_owned(),
        way: OriginKind::Folder,
        visible_to,
    };
    let caller = Caller::house("test", "folder");
    intake.accept(caller, letter).await.unwrap().document().id
}

const TWELVE_OF_SIXTY: Progress = Progress {
    pages_done: 12,
    pages: 60,
};

async fn one(web: &Web, token: &str, id: DocumentId) -> Json {
    let path = format!("/api/v1/documents/{id}");
    let answer = web.get(&path).bearer_auth(token).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    json(answer).await
}

#[tokio::test]
async fn a_program_sees_how_far_a_reading_has_come_and_ends_it() {
    let web = Web::open().await;
    let anna = web.person("Anna").await;
    let token = web.token(Some(&anna)).await;
    let id = letter(&web, Visibility::Household).await;
    assert_eq!(one(&web, &token, id).await["progress"], Json::Null);
    let running = web.readings.begin(id);
    running.note(TWELVE_OF_SIXTY);
    let progress = one(&web, &token, id).await["progress"].clone();
    assert_eq!(progress, serde_json::json!({"pages_done": 12, "pages": 60}));
    let path = format!("/api/v1/documents/{id}/cancel");
    let cancel = || web.request("POST", &path).bearer_auth(&token).send();
    let cancelled = cancel().await.unwrap();
    assert_eq!(cancelled.status(), StatusCode::OK);
    let stage = json(cancelled).await["stage"].clone();
    assert_eq!(stage["name"], "stuck");
    assert_eq!(stage["reason"], "Abgebrochen von program 0.");
    tokio::time::timeout(Duration::from_secs(5), running.ended())
        .await
        .expect("the worker is told");
    assert_eq!(cancel().await.unwrap().status(), StatusCode::CONFLICT);
    let retry = format!("/api/v1/documents/{id}/retry");
    let retry = web.request("POST", &retry).bearer_auth(&token).send().await;
    assert_eq!(json(retry.unwrap()).await["stage"]["name"], "received");
}

#[tokio::test]
async fn a_person_sees_the_bar_on_every_page_and_stops_it_without_a_script() {
    let web = Web::open().await;
    let anna = web.browser("Anna").await;
    let id = letter(&web, Visibility::Household).await;
    let running = web.readings.begin(id);
    running.note(TWELVE_OF_SIXTY);
    let document = format!("/documents/{id}");
    for path in ["/", "/documents", &document] {
        let html = anna.ask(web.get(path)).send().await.unwrap();
        let html = html.text().await.unwrap();
        assert!(html.contains("Seite 12 von 60"), "{path}: {html}");
        assert!(html.contains("max=\"60\" value=\"12\""), "{path}");
        let form = format!("action=\"/documents/{id}/cancel\"");
        assert!(html.contains(&form), "{path}");
        let english = anna.ask(web.get(path)).header("accept-language", "en");
        let english = english.send().await.unwrap().text().await.unwrap();
        assert!(english.contains("Page 12 of 60"), "{path}");
    }
    let stop = anna.form(
        &web,
        &format!("{document}/cancel"),
        &[("next", "/documents")],
    );
    let stopped = stop.send().await.unwrap();
    assert_eq!(stopped.status(), StatusCode::SEE_OTHER);
    assert_eq!(stopped.headers()[LOCATION], "/documents");
    running.ended().await;
    drop(running);
    let html = anna.ask(web.get(&document)).send().await.unwrap();
    let html = html.text().await.unwrap();
    assert!(html.contains("Abgebrochen von Anna."), "{html}");
    assert!(html.contains("Noch einmal versuchen"), "{html}");
    assert!(!html.contains("<progress"), "{html}");
    let entries = web.store.read(Viewer::House, |tx| journal::newest(tx, 1));
    let entry = entries.await.unwrap().remove(0);
    assert_eq!(
        (entry.change.as_str(), entry.actor.name),
        ("cancelled", anna.person.id.to_string())
    );
    // A second click comes too late and harms nothing.
    let late = anna.form(&web, &format!("{document}/cancel"), &[]);
    let late = late.send().await.unwrap();
    assert_eq!(late.headers()[LOCATION], document.as_str());
}

#[tokio::test]
async fn a_reading_is_ended_only_by_who_sees_the_document_and_from_our_own_page() {
    let web = Web::open().await;
    let (anna, ben) = (web.browser("Anna").await, web.browser("Ben").await);
    let id = letter(&web, Visibility::Persons(vec![anna.person.id])).await;
    let running = web.readings.begin(id);
    let path = format!("/documents/{id}/cancel");
    let status = |browser: &Browser, fields: &'static [(&str, &str)]| {
        let request = browser.form(&web, &path, fields).send();
        async { request.await.unwrap().status() }
    };
    assert_eq!(status(&ben, &[]).await, StatusCode::NOT_FOUND);
    let without = anna.ask(web.request("POST", &path)).send().await.unwrap();
    assert_eq!(without.status(), StatusCode::FORBIDDEN);
    let elsewhere = anna
        .form(&web, &path, &[])
        .header("sec-fetch-site", "cross-site");
    let elsewhere = elsewhere.send().await.unwrap();
    assert_eq!(elsewhere.status(), StatusCode::FORBIDDEN);
    let token = web.token(Some(&ben.person)).await;
    let api = web.request("POST", &format!("/api/v1{path}"));
    let api = api.bearer_auth(&token).send().await.unwrap();
    assert_eq!(api.status(), StatusCode::NOT_FOUND);
    let still = tokio::time::timeout(Duration::from_millis(50), running.ended());
    assert!(still.await.is_err(), "nobody has ended it");
    assert_eq!(status(&anna, &[]).await, StatusCode::SEE_OTHER);
    running.ended().await;
}

#[tokio::test]
async fn a_listener_hears_how_far_a_reading_has_come_if_they_may() {
    let web = Web::open().await;
    let (anna, ben) = (web.person("Anna").await, web.person("Ben").await);
    let private = letter(&web, Visibility::Persons(vec![anna.id])).await;
    let running = web.readings.begin(private);
    running.note(TWELVE_OF_SIXTY);
    let mut heard = Vec::new();
    for person in [&anna, &ben] {
        let token = web.token(Some(person)).await;
        let events = web.get("/api/v1/events").bearer_auth(&token).send();
        let mut events = events.await.unwrap();
        let mut text = String::new();
        // The first words of a stream hold what is being read just now.
        while let Ok(chunk) = tokio::time::timeout(Duration::from_millis(500), events.chunk()).await
        {
            text.push_str(std::str::from_utf8(&chunk.unwrap().unwrap()).unwrap());
        }
        heard.push(text);
    }
    let said =
        format!("event: progress\ndata: {{\"id\":\"{private}\",\"pages_done\":12,\"pages\":60}}");
    assert!(heard[0].contains(&said), "{}", heard[0]);
    assert!(!heard[1].contains("progress"), "{}", heard[1]);
}

#[tokio::test]
async fn what_goes_to_the_trash_is_not_read_on() {
    let web = Web::open().await;
    let token = web.token(None).await;
    let id = letter(&web, Visibility::Household).await;
    let running = web.readings.begin(id);
    let path = format!("/api/v1/documents/{id}");
    let deleted = web.request("DELETE", &path).bearer_auth(&token).send();
    assert_eq!(deleted.await.unwrap().status(), StatusCode::OK);
    running.ended().await;
}
