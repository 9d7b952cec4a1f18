//! The door for Home Assistant: who may knock, who comes in as whom, and that everything works under
//! the path that Home Assistant chose.

use reqwest::header::{LOCATION, SET_COOKIE};
use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::json;
use tokio::net::TcpListener;
use workmate::store::people;
use workmate::store::{Caller, Viewer, WriteTx};
use workmate::web::ingress;

use super::harness::{Web, encoded};

const PREFIX: &str = "/api/hassio_ingress/iO3-_a9Zz";

/// A door that lets `allow` knock; its address.
async fn door(web: &Web, allow: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let serving = ingress::serve(listener, web.state.clone(), vec![allow.parse().unwrap()]);
    drop(crate::process::beside(serving));
    address
}

/// A request as Home Assistant hands it over for the account `id` that is shown as `name`.
fn from(web: &Web, method: &str, url: &str, (id, name): (&str, &str)) -> RequestBuilder {
    let request = web.client.request(method.parse().unwrap(), url);
    request
        .header("x-ingress-path", PREFIX)
        .header("x-remote-user-id", id)
        .header("x-remote-user-name", id)
        .header("x-remote-user-display-name", name)
        .header("x-forwarded-host", "home.local:8123")
}

async fn text(response: Response) -> String {
    response.text().await.unwrap()
}

#[tokio::test]
async fn only_the_supervisor_may_knock_and_only_with_its_path() {
    let web = Web::open().await;
    web.person("Anna").await;
    let closed = door(&web, "172.30.32.2").await;
    let refused = from(&web, "GET", &format!("{closed}/"), ("a", "Anna"))
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert_eq!(text(refused).await, "");

    let open = door(&web, "127.0.0.1").await;
    for path in [
        "",
        "/",
        "/api/hassio_ingress/",
        "/api/hassio_ingress/a/b",
        "//evil.example",
    ] {
        let request = web
            .client
            .get(format!("{open}/"))
            .header("x-ingress-path", path);
        let request = request.header("x-remote-user-id", "a");
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{path}");
    }
    // What the Supervisor says is believed by nobody else.
    let elsewhere = from(&web, "GET", &format!("{}/", web.address), ("a", "Anna"));
    let elsewhere = elsewhere.send().await.unwrap();
    assert_eq!(elsewhere.headers()[LOCATION], "/login");
    let policy = elsewhere.headers()["content-security-policy"]
        .to_str()
        .unwrap();
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
}

#[tokio::test]
async fn an_account_becomes_a_person_by_its_name_once_and_others_are_guests() {
    let web = Web::open().await;
    let anna = web.person("Anna").await;
    let open = door(&web, "127.0.0.1").await;
    let visit = |account| from(&web, "GET", &format!("{open}/me"), account).send();

    let guest = visit(("77ab", "Zoe <b>")).await.unwrap();
    assert_eq!(guest.status(), StatusCode::FORBIDDEN);
    let guest = text(guest).await;
    assert!(
        guest.contains("77ab") && guest.contains("Zoe &#60;b&#62;"),
        "{guest}"
    );
    assert!(!guest.contains("Anna"), "{guest}");
    let nobody = web
        .client
        .get(format!("{open}/"))
        .header("x-ingress-path", PREFIX);
    assert_eq!(nobody.send().await.unwrap().status(), StatusCode::FORBIDDEN);
    for path in [
        "/login",
        "/health",
        "/metrics",
        "/api/v1/tasks",
        "/first-login/abc",
    ] {
        let url = format!("{open}{path}");
        let answer = from(&web, "GET", &url, ("77ab", "Zoe"))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{path}");
    }
    let style = from(
        &web,
        "GET",
        &format!("{open}/assets/app.css"),
        ("77ab", "Zoe"),
    );
    assert_eq!(style.send().await.unwrap().status(), StatusCode::OK);

    assert!(
        text(visit(("01aa", "anna")).await.unwrap())
            .await
            .contains("<h1>Anna</h1>")
    );
    // The account is known now, whatever it is called; and nobody else becomes Anna by her name.
    assert!(
        text(visit(("01aa", "Somebody")).await.unwrap())
            .await
            .contains("<h1>Anna</h1>")
    );
    assert_eq!(
        visit(("02bb", "Anna")).await.unwrap().status(),
        StatusCode::FORBIDDEN
    );
    let link = move |tx: &WriteTx<'_>| people::link_account(tx, anna.id, "02bb");
    web.store
        .write(Caller::house("test", "command"), link)
        .await
        .unwrap();
    assert_eq!(
        visit(("02bb", "Other")).await.unwrap().status(),
        StatusCode::OK
    );
    assert_eq!(
        visit(("01aa", "Somebody")).await.unwrap().status(),
        StatusCode::FORBIDDEN
    );
    let known = web
        .store
        .read(Viewer::House, |tx| people::of_account(tx, "02bb"));
    assert_eq!(known.await.unwrap().unwrap().name, "Anna");
}

#[tokio::test]
async fn every_address_of_a_page_lies_under_the_path() {
    let web = Web::open().await;
    web.person("Anna").await;
    let open = door(&web, "127.0.0.1").await;
    let anna = ("01aa", "Anna");
    let visit = |path: &str| from(&web, "GET", &format!("{open}{path}"), anna).send();
    let pages = web_pages();
    assert!(pages.len() >= 7, "{pages:?}");
    for path in pages {
        let answer = visit(path).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let headers = answer.headers();
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("frame-ancestors 'self'"), "{policy}");
        assert_eq!(headers["x-frame-options"], "SAMEORIGIN");
        let page = text(answer).await;
        for attribute in ["href=\"/", "action=\"/", "src=\"/"] {
            for rest in page.split(attribute).skip(1) {
                let rest = &rest[..rest.len().min(40)];
                assert!(
                    format!("/{rest}").starts_with(PREFIX),
                    "{path}: {attribute}{rest}"
                );
            }
        }
        let base = format!("<meta name=\"base\" content=\"{PREFIX}\">");
        assert!(page.contains(&base), "{path}");
        assert!(
            !page.contains("/logout"),
            "Home Assistant has its own: {path}"
        );
    }
}

#[tokio::test]
async fn what_is_sent_and_asked_under_the_path_is_taken_and_led_back_there() {
    let web = Web::open().await;
    web.person("Anna").await;
    let open = door(&web, "127.0.0.1").await;
    let anna = ("01aa", "Anna");
    let visit = |path: &str| from(&web, "GET", &format!("{open}{path}"), anna).send();
    let page = text(visit("/tasks").await.unwrap()).await;
    let csrf = page.split("name=\"csrf\" content=\"").nth(1).unwrap();
    let csrf = csrf.split('"').next().unwrap();
    let send = |fields: &[(&str, &str)], origin: &str| {
        from(&web, "POST", &format!("{open}/tasks"), anna)
            .header("origin", origin)
            .header("referer", format!("http://home.local:8123{PREFIX}/tasks"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(encoded(fields))
            .send()
    };
    let fields = [("title", "Pay"), ("csrf", csrf)];
    let own = "http://home.local:8123";
    assert_eq!(
        send(&fields[..1], own).await.unwrap().status(),
        StatusCode::FORBIDDEN
    );
    let foreign = send(&fields, "http://evil.example").await.unwrap();
    assert_eq!(foreign.status(), StatusCode::FORBIDDEN);
    let made = send(&fields, own).await.unwrap();
    assert_eq!(made.status(), StatusCode::SEE_OTHER);
    let to = made.headers()[LOCATION].to_str().unwrap();
    assert!(to.starts_with(&format!("{PREFIX}/tasks")), "{to}");
    for cookie in made.headers().get_all(SET_COOKIE) {
        let cookie = cookie.to_str().unwrap();
        assert!(cookie.contains(&format!("; Path={PREFIX}/;")), "{cookie}");
    }
    // Back to the page on which the form stood, not to the path of the path.
    let chosen = from(&web, "POST", &format!("{open}/preferences"), anna)
        .header("referer", format!("{own}{PREFIX}/tasks"))
        .body(encoded(&[("theme", "dark"), ("csrf", csrf)]));
    let chosen = chosen.send().await.unwrap();
    assert_eq!(
        chosen.headers()[LOCATION],
        format!("{PREFIX}/tasks").as_str()
    );

    let api = from(&web, "POST", &format!("{open}/api/v1/tasks"), anna)
        .header("origin", own)
        .json(&json!({ "title": "Water the plants" }));
    let api = |token: &str| {
        api.try_clone()
            .unwrap()
            .header("x-csrf-token", token)
            .send()
    };
    assert_eq!(api("other").await.unwrap().status(), StatusCode::FORBIDDEN);
    assert_eq!(api(csrf).await.unwrap().status(), StatusCode::CREATED);
    let events = visit("/api/v1/events").await.unwrap();
    assert_eq!(events.headers()["content-type"], "text/event-stream");
}

/// Every page that needs no id.
fn web_pages() -> Vec<&'static str> {
    let ways = workmate::web::ways().into_iter();
    let pages = ways.filter(|(way, is_open)| {
        way.method == "GET" && !is_open && !way.path.contains('{') && way.path != "/metrics"
    });
    pages.map(|(way, _)| way.path).collect()
}
