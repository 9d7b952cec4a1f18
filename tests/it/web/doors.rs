//! Who may come in, and how.

use jiff::ToSpan;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, LOCATION};
use serde_json::Value as Json;
use workmate::domain::id::DocumentId;
use workmate::store::blobs::Picture;
use workmate::store::{Caller, Viewer, documents, links, people};
use workmate::web;
use workmate::web::auth::secret;

use super::harness::{PASSWORD, Web, cookie_of, encoded, json};

/// What everybody may reach; anything new here is a decision.
const OPEN: &[&str] = &[
    "/login",
    "/first-login/{token}",
    "/answer/{token}",
    // The small picture of a page, for a telephone that was told of it: a signed link, as in a mail.
    "/page/{token}",
    "/calendar/{token}",
    "/assets/{*name}",
    "/health",
];

fn filled_in(path: &str) -> String {
    path.replace("{id}", "01ARZ3NDEKTSV4RRFFQ69G5FAV")
        .replace("{number}", "1")
        .replace("{token}", "abc")
        .replace("{*name}", "app.css")
}

#[tokio::test]
async fn every_page_sends_a_stranger_to_the_login() {
    let web = Web::open().await;
    let ways = web::ways();
    assert!(ways.len() > 20, "the list of routes comes from the router");
    for (way, is_open) in ways {
        assert_eq!(
            is_open,
            OPEN.contains(&way.path),
            "{} {}",
            way.method,
            way.path
        );
        if is_open {
            continue;
        }
        let response = web
            .request(way.method, &filled_in(way.path))
            .send()
            .await
            .unwrap();
        let status = response.status();
        if way.path == "/metrics" {
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{}", way.path);
            continue;
        }
        assert_eq!(status, StatusCode::SEE_OTHER, "{} {}", way.method, way.path);
        let to = response.headers()[LOCATION].to_str().unwrap().to_owned();
        assert!(
            to.starts_with("/login"),
            "{} {} leads to {to}",
            way.method,
            way.path
        );
    }
}

#[tokio::test]
async fn the_api_refuses_whoever_has_no_token() {
    let web = Web::open().await;
    let description: Json = serde_json::from_str(&web::openapi()).unwrap();
    assert!(description["openapi"].as_str().unwrap().starts_with("3.1"));
    let paths = description["paths"].as_object().unwrap();
    assert!(paths.len() >= 13, "{}", paths.len());
    for (path, methods) in paths {
        for method in methods.as_object().unwrap().keys() {
            let ask = || web.request(&method.to_uppercase(), &filled_in(path));
            for request in [ask(), ask().bearer_auth("unknown")] {
                let response = request.send().await.unwrap();
                assert_eq!(
                    response.status(),
                    StatusCode::UNAUTHORIZED,
                    "{method} {path}"
                );
                assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
                assert_eq!(response.headers()["www-authenticate"], "Bearer");
            }
        }
    }
}

#[tokio::test]
async fn a_form_changes_something_only_with_its_token_and_from_our_own_page() {
    let web = Web::open().await;
    let anna = web.browser("Anna").await;
    let fields = [("title", "Pay"), ("csrf", anna.csrf.as_str())];
    let send = |fields: &[(&str, &str)], origin: &str| {
        let request = web.request("POST", "/tasks").header("origin", origin);
        anna.ask(request)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(encoded(fields))
            .send()
    };
    let without = send(&fields[..1], &web.address).await.unwrap();
    assert_eq!(without.status(), StatusCode::FORBIDDEN);
    let elsewhere = send(&fields, "http://evil.example").await.unwrap();
    assert_eq!(elsewhere.status(), StatusCode::FORBIDDEN);
    let wrong = send(&[("title", "Pay"), ("csrf", "other")], &web.address)
        .await
        .unwrap();
    assert_eq!(wrong.status(), StatusCode::FORBIDDEN);
    let ours = send(&fields, &web.address).await.unwrap();
    assert_eq!(ours.status(), StatusCode::SEE_OTHER);
    let api = || {
        anna.ask(web.request("POST", "/api/v1/tasks"))
            .body("{\"title\": \"Pay\"}")
    };
    let api = || api().header("content-type", "application/json");
    assert_eq!(api().send().await.unwrap().status(), StatusCode::FORBIDDEN);
    let with_token = api()
        .header("x-csrf-token", &anna.csrf)
        .send()
        .await
        .unwrap();
    assert_eq!(with_token.status(), StatusCode::CREATED);
}

#[tokio::test]
async fn a_login_does_not_tell_whether_a_name_exists() {
    let web = Web::open().await;
    web.person("Anna").await;
    let try_as = |name: &'static str, password: &'static str| {
        let body = encoded(&[("name", name), ("password", password)]);
        web.request("POST", "/login")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body)
            .send()
    };
    let wrong = try_as("Anna", "wrong horse").await.unwrap();
    let unknown = try_as("Zoe", "wrong horse").await.unwrap();
    assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(unknown.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(wrong.text().await.unwrap(), unknown.text().await.unwrap());
    for name in ["Anna", "Zoe"] {
        let mut statuses = Vec::new();
        for _ in 0..6 {
            statuses.push(try_as(name, "wrong horse").await.unwrap().status());
        }
        assert_eq!(
            statuses.last(),
            Some(&StatusCode::TOO_MANY_REQUESTS),
            "{name}"
        );
    }
    web.clock
        .set(web.now() + jiff::SignedDuration::from_secs(61));
    let right = try_as("anna", PASSWORD).await.unwrap();
    assert_eq!(right.status(), StatusCode::SEE_OTHER);
    let cookie = right.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
}

#[tokio::test]
async fn a_session_ends_with_the_logout_and_after_thirty_unused_days() {
    let web = Web::open().await;
    web.person("Anna").await;
    let log_in = || async {
        let body = encoded(&[("name", "Anna"), ("password", PASSWORD)]);
        let request = web.request("POST", "/login").body(body);
        let response = request.send().await.unwrap();
        cookie_of(response.headers(), web::auth::SESSION_COOKIE).unwrap()
    };
    let cookie = log_in().await;
    let status = || async {
        let response = web
            .get("/tasks")
            .header("cookie", &cookie)
            .send()
            .await
            .unwrap();
        (response.status(), response.text().await.unwrap())
    };
    let (today, page) = status().await;
    assert_eq!(today, StatusCode::OK);
    web.clock
        .set(web.now() + jiff::SignedDuration::from_hours(29 * 24));
    assert_eq!(status().await.0, StatusCode::OK);
    web.clock
        .set(web.now() + jiff::SignedDuration::from_hours(29 * 24));
    assert_eq!(
        status().await.0,
        StatusCode::OK,
        "its use has moved its end"
    );
    let csrf = page.split("name=\"csrf\" content=\"").nth(1).unwrap();
    let csrf = csrf.split('"').next().unwrap();
    let leave = web.request("POST", "/logout").header("cookie", &cookie);
    let left = leave.body(encoded(&[("csrf", csrf)])).send().await.unwrap();
    assert_eq!(left.status(), StatusCode::SEE_OTHER);
    assert_eq!(status().await.0, StatusCode::SEE_OTHER);
    let cookie = log_in().await;
    web.clock
        .set(web.now() + jiff::SignedDuration::from_hours(31 * 24));
    let late = web
        .get("/tasks")
        .header("cookie", &cookie)
        .send()
        .await
        .unwrap();
    assert_eq!(late.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_first_login_link_works_once() {
    let web = Web::open().await;
    let token = secret::new_secret();
    let (hash, ends) = (
        secret::hash_of(&token),
        web.now() + jiff::SignedDuration::from_hours(24),
    );
    let caller = Caller::house("test", "command");
    let offer = web
        .store
        .write(caller, move |tx| people::offer_first_login(tx, hash, ends));
    offer.await.unwrap();
    let link = format!("/first-login/{token}");
    let send = |name: &'static str, password: &'static str| {
        let body = encoded(&[("name", name), ("password", password)]);
        web.request("POST", &link).body(body).send()
    };
    assert_eq!(
        web.get(&link).send().await.unwrap().status(),
        StatusCode::OK
    );
    let short = send("Anna", "short").await.unwrap();
    assert_eq!(short.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let in_the_house = send("Anna", PASSWORD).await.unwrap();
    assert_eq!(in_the_house.status(), StatusCode::SEE_OTHER);
    assert!(cookie_of(in_the_house.headers(), web::auth::SESSION_COOKIE).is_some());
    assert_eq!(
        web.get(&link).send().await.unwrap().status(),
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        send("Eve", PASSWORD).await.unwrap().status(),
        StatusCode::NOT_FOUND
    );
    let people = web.store.read(Viewer::House, people::list).await.unwrap();
    assert_eq!(people.len(), 1);
    let other = web.get("/first-login/guessed").send().await.unwrap();
    assert_eq!(other.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn health_is_open_and_says_nothing_while_metrics_need_a_token() {
    let web = Web::open().await;
    let health = web.get("/health").send().await.unwrap();
    assert_eq!(health.status(), StatusCode::OK);
    assert_eq!(health.text().await.unwrap(), "");
    let token = web.token(None).await;
    let metrics = web
        .get("/metrics")
        .bearer_auth(&token)
        .send()
        .await
        .unwrap();
    assert_eq!(metrics.status(), StatusCode::OK);
    let text = metrics.text().await.unwrap();
    assert!(text.contains("workmate_tasks_open 0"), "{text}");
    assert!(text.ends_with("# EOF\n"), "{text}");
}

#[tokio::test]
async fn every_answer_carries_the_headers_that_keep_a_browser_safe() {
    let web = Web::open().await;
    for path in [
        "/login",
        "/health",
        "/assets/app.css",
        "/nothing",
        "/api/v1/tasks",
    ] {
        let response = web.get(path).send().await.unwrap();
        let headers = response.headers();
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'"),
            "{path} {policy}"
        );
        assert!(!policy.contains("unsafe"), "{path} {policy}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["referrer-policy"], "same-origin", "{path}");
    }
}

#[tokio::test]
async fn a_link_to_a_page_shows_that_picture_for_its_time_and_nothing_else() {
    let web = Web::open().await;
    let token = web.token(None).await;
    let sent = web
        .upload(&token, &[("letter.txt", b"Bitte zahlen")])
        .send();
    let sent = json(sent.await.unwrap()).await;
    let document: DocumentId = sent["id"].as_str().unwrap().parse().unwrap();
    let known = web
        .store
        .read(Viewer::House, move |tx| documents::by_id(tx, document));
    let sha256 = known.await.unwrap().sha256;
    let blobs = web.store.blobs();
    let name = blobs.picture(sha256, Picture::Thumbnail);
    blobs.put(&name, b"a picture").unwrap();
    let caller = || Caller::house("test", "page");
    let key = web.store.write(caller(), links::key).await.unwrap();
    let link = links::page(document, web.now(), &key);
    let follow = |link: &str| web.get(&format!("/page/{link}")).send();

    let shown = follow(&link).await.unwrap();
    assert_eq!(shown.status(), StatusCode::OK);
    assert_eq!(shown.headers()["content-type"], "image/webp");
    assert_eq!(shown.headers()["referrer-policy"], "no-referrer");
    assert_eq!(shown.bytes().await.unwrap(), "a picture");
    let other = DocumentId::new(web.now(), 7).to_string();
    let old = links::page(document, web.now() - (links::GOOD_DAYS * 24).hours(), &key);
    for wrong in [
        &link.replace(&document.to_string(), &other),
        &old,
        &format!("{link}x"),
    ] {
        let answer = follow(wrong).await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{wrong}");
    }
    let path = format!("/api/v1/documents/{document}");
    let deleted = web.request("DELETE", &path).bearer_auth(&token).send();
    assert!(deleted.await.unwrap().status().is_success());
    assert_eq!(follow(&link).await.unwrap().status(), StatusCode::NOT_FOUND);
}
