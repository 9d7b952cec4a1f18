//! What people and programs do with tasks.

use reqwest::StatusCode;
use reqwest::multipart::{Form, Part};
use serde_json::{Value as Json, json};

use workmate::domain::id::{DeliveryId, PersonId, TaskId};
use workmate::domain::task::AnswerKind;
use workmate::store::links::{self, Claim};
use workmate::store::{Caller, WriteTx, feeds};
use workmate::web::auth::secret;

use super::harness::{Browser, Web, cookie_of, json as body};

async fn make(web: &Web, token: &str, task: Json) -> Json {
    let new = web
        .request("POST", "/api/v1/tasks")
        .bearer_auth(token)
        .json(&task);
    let response = new.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::CREATED, "{task}");
    body(response).await
}

async fn get(web: &Web, token: &str, path: &str) -> Json {
    let response = web.get(path).bearer_auth(token).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    body(response).await
}

async fn send(web: &Web, token: &str, (method, path): (&str, &str), sent: Json) -> Json {
    let request = web.request(method, path).bearer_auth(token).json(&sent);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{method} {path} {sent}");
    body(response).await
}

async fn refused(web: &Web, token: &str, (method, path): (&str, &str), sent: Json) -> StatusCode {
    let request = web.request(method, path).bearer_auth(token).json(&sent);
    request.send().await.unwrap().status()
}

fn path(task: &Json, rest: &str) -> String {
    format!("/api/v1/tasks/{}{rest}", task["id"].as_str().unwrap())
}

async fn page(web: &Web, browser: &Browser, path: &str) -> String {
    let response = browser.ask(web.get(path)).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    response.text().await.unwrap()
}

#[tokio::test]
async fn a_task_has_steps_that_are_ticked_one_by_one() {
    let web = Web::open().await;
    let token = web.token(None).await;
    let task = json!({
        "title": "Renew the passport", "project": "Holiday", "contact": "Town hall, 030 115",
        "labels": ["#papers", "papers", "travel"], "start": "2026-03-05", "due": "2026-04-01",
        "steps": [{"title": "Photo"}, {"title": "Appointment", "due": "2026-03-20"}],
    });
    let task = make(&web, &token, task).await;
    assert_eq!(task["labels"], json!(["papers", "travel"]));
    assert_eq!(task["steps"][1]["number"], 2);
    let ticked = send(
        &web,
        &token,
        ("PUT", &path(&task, "/steps/2")),
        json!({"done": true}),
    )
    .await;
    assert_eq!(ticked["steps"][0]["done"], false);
    assert_eq!(ticked["steps"][1]["done"], true);
    // The order changes, one is new: the tick stays with its step.
    let steps = json!({"steps": [
        {"number": 2, "title": "Appointment", "done": true}, {"title": "Fee"},
        {"number": 1, "title": "Photo"},
    ]});
    let next = send(&web, &token, ("PATCH", &path(&task, "")), steps).await;
    let numbers: Vec<_> = next["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["number"])
        .collect();
    assert_eq!(numbers, [2, 3, 1]);
    assert_eq!(next["steps"][0]["done"], true);
    let missing = ("PUT", path(&task, "/steps/9"));
    let status = refused(&web, &token, (missing.0, &missing.1), json!({"done": true})).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let anna = web.browser("Anna").await;
    let shown = page(
        &web,
        &anna,
        &format!("/tasks/{}", task["id"].as_str().unwrap()),
    )
    .await;
    assert!(shown.contains("Holiday") && shown.contains("Town hall, 030 115"));
    assert!(shown.contains("1 von 3 Schritten") || shown.contains("Appointment"));
}

#[tokio::test]
async fn a_task_behind_another_waits_until_that_is_done() {
    let web = Web::open().await;
    let token = web.token(None).await;
    let first = make(
        &web,
        &token,
        json!({"title": "Ask for the form", "due": "2026-03-02"}),
    )
    .await;
    let second =
        json!({"title": "Send the form", "due": "2026-03-02", "blocked_by": [first["id"]]});
    let second = make(&web, &token, second).await;
    let later = json!({"title": "Spring cleaning", "start": "2026-03-20", "due": "2026-03-25"});
    make(&web, &token, later).await;
    make(
        &web,
        &token,
        json!({"title": "Old bill", "due": "2026-02-20"}),
    )
    .await;
    make(&web, &token, json!({"title": "Sort photos"})).await;
    let counts = get(&web, &token, "/api/v1/tasks/counts").await;
    let expected = json!({
        "open": 5, "today": 1, "week": 1, "overdue": 1, "waiting": 2, "someday": 1,
    });
    assert_eq!(counts, expected);
    let waiting = get(&web, &token, "/api/v1/tasks?view=waiting").await;
    assert_eq!(waiting["tasks"][0]["title"], "Send the form");
    let answer = json!({"answer": "done"});
    send(&web, &token, ("POST", &path(&first, "/answer")), answer).await;
    let today = get(&web, &token, "/api/v1/tasks?view=today").await;
    assert_eq!(today["tasks"][0]["id"], second["id"]);
    let ring = json!({"blocked_by": [second["id"]]});
    let status = refused(&web, &token, ("PATCH", &path(&first, "")), ring).await;
    assert_eq!(
        status,
        StatusCode::CONFLICT,
        "they would wait for each other"
    );
    let own = json!({"blocked_by": [first["id"]]});
    let status = refused(&web, &token, ("PATCH", &path(&first, "")), own).await;
    assert_eq!(status, StatusCode::CONFLICT, "it would wait for itself");
}

#[tokio::test]
async fn tasks_are_found_by_person_label_and_project() {
    let web = Web::open().await;
    let token = web.token(None).await;
    let ben = web.person("Ben").await;
    let bens = json!({"title": "Tyres", "assignees": [ben.id.to_string()], "labels": ["Car"]});
    make(&web, &token, bens).await;
    make(&web, &token, json!({"title": "Hose", "project": "Garden"})).await;
    let titles = |found: Json| -> Vec<String> {
        let tasks = found["tasks"].as_array().unwrap().clone();
        tasks
            .iter()
            .map(|it| it["title"].as_str().unwrap().to_owned())
            .collect()
    };
    let person = format!("/api/v1/tasks?person={}", ben.id);
    for (path, expected) in [
        (person.as_str(), "Tyres"),
        ("/api/v1/tasks?label=car", "Tyres"),
        ("/api/v1/tasks?project=garden", "Hose"),
        ("/api/v1/tasks?view=someday&q=hose", "Hose"),
    ] {
        assert_eq!(titles(get(&web, &token, path).await), [expected], "{path}");
    }
    let counts = get(
        &web,
        &token,
        &format!("/api/v1/tasks/counts?person={}", ben.id),
    )
    .await;
    assert_eq!(
        (&counts["open"], &counts["someday"]),
        (&json!(1), &json!(1))
    );
    for wrong in ["view=soon", "person=ben", "status=closed"] {
        let ask = web
            .get(&format!("/api/v1/tasks?{wrong}"))
            .bearer_auth(&token);
        let status = ask.send().await.unwrap().status();
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
}

#[tokio::test]
async fn several_tasks_are_answered_at_once_and_opened_again() {
    let web = Web::open().await;
    let (token, anna) = (web.token(None).await, web.browser("Anna").await);
    let mut ids = Vec::new();
    for title in ["One", "Two", "Three"] {
        let task = make(&web, &token, json!({"title": title})).await;
        ids.push(task["id"].as_str().unwrap().to_owned());
    }
    let fields = [
        ("task", ids[0].as_str()),
        ("task", ids[1].as_str()),
        ("answer", "done"),
    ];
    let answered = anna
        .form(&web, "/tasks/answers", &fields)
        .send()
        .await
        .unwrap();
    assert_eq!(answered.status(), StatusCode::SEE_OTHER);
    let open = get(&web, &token, "/api/v1/tasks?status=open").await;
    assert_eq!(open["tasks"].as_array().unwrap().len(), 1);
    // The page after it offers to take both back.
    let flash = cookie_of(answered.headers(), "flash").unwrap();
    let shown = web
        .get("/tasks")
        .header("cookie", format!("{}; {flash}", anna.cookie));
    let shown = shown.send().await.unwrap().text().await.unwrap();
    assert!(
        shown.contains(&format!("name=\"task\" value=\"{}\"", ids[1])),
        "{shown}"
    );
    let fields = [("task", ids[0].as_str()), ("task", ids[1].as_str())];
    let back = anna
        .form(&web, "/tasks/reopen", &fields)
        .send()
        .await
        .unwrap();
    assert_eq!(back.status(), StatusCode::SEE_OTHER);
    let open = get(&web, &token, "/api/v1/tasks?status=open").await;
    assert_eq!(open["tasks"].as_array().unwrap().len(), 3);
    // One that is missing: none is answered.
    let lost = json!({"tasks": [ids[2], "01ARZ3NDEKTSV4RRFFQ69G5FAV"], "answer": "done"});
    let status = refused(&web, &token, ("POST", "/api/v1/tasks/answers"), lost).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let open = get(&web, &token, "/api/v1/tasks?status=open").await;
    assert_eq!(open["tasks"].as_array().unwrap().len(), 3);
    let none = json!({"tasks": [], "answer": "done"});
    let status = refused(&web, &token, ("POST", "/api/v1/tasks/answers"), none).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn what_is_said_about_a_task_stands_in_its_story() {
    let web = Web::open().await;
    let (token, anna) = (web.token(None).await, web.browser("Anna").await);
    let task = make(&web, &token, json!({"title": "Call the plumber"})).await;
    let page_path = format!("/tasks/{}", task["id"].as_str().unwrap());
    let said = [("text", "He comes on <Friday>.")];
    let sent = anna
        .form(&web, &format!("{page_path}/comments"), &said)
        .send()
        .await
        .unwrap();
    assert_eq!(sent.status(), StatusCode::SEE_OTHER);
    let by_program = json!({"text": "Number dialled."});
    send(
        &web,
        &token,
        ("POST", &path(&task, "/comments")),
        by_program,
    )
    .await;
    let story = get(&web, &token, &path(&task, "/history")).await;
    let said: Vec<_> = story["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["text"])
        .collect();
    assert_eq!(
        said,
        [
            &json!("Number dialled."),
            &json!("He comes on <Friday>."),
            &Json::Null
        ]
    );
    assert_eq!(story["entries"][1]["actor"], anna.person.id.to_string());
    assert_eq!(story["entries"][1]["channel"], "web");
    let shown = page(&web, &anna, &page_path).await;
    assert!(shown.contains("He comes on &#60;Friday&#62;."), "{shown}");
    let empty = refused(
        &web,
        &token,
        ("POST", &path(&task, "/comments")),
        json!({"text": " "}),
    )
    .await;
    assert_eq!(empty, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_file_that_is_added_to_a_task_is_a_document_of_it() {
    let web = Web::open().await;
    let (token, anna) = (web.token(None).await, web.browser("Anna").await);
    let task = make(&web, &token, json!({"title": "Tax return"})).await;
    let page_path = format!("/tasks/{}", task["id"].as_str().unwrap());
    let form = |csrf: &str| {
        let file = Part::bytes(b"Statement of the bank".as_slice()).file_name("statement.txt");
        Form::new().text("csrf", csrf.to_owned()).part("file", file)
    };
    let attach = format!("{page_path}/attachments");
    let foreign = anna
        .ask(web.request("POST", &attach))
        .multipart(form("another"));
    assert_eq!(
        foreign.send().await.unwrap().status(),
        StatusCode::FORBIDDEN
    );
    let sent = anna
        .ask(web.request("POST", &attach))
        .multipart(form(&anna.csrf));
    assert_eq!(sent.send().await.unwrap().status(), StatusCode::SEE_OTHER);
    let task = get(&web, &token, &path(&task, "")).await;
    let document = task["documents"][0].as_str().unwrap();
    assert!(
        page(&web, &anna, &page_path)
            .await
            .contains(&format!("/documents/{document}"))
    );
    let known = get(&web, &token, &format!("/api/v1/documents/{document}")).await;
    assert_eq!(known["stage"]["name"], "received");
    let lost = json!({"documents": ["01ARZ3NDEKTSV4RRFFQ69G5FAV"]});
    let status = refused(&web, &token, ("PATCH", &path(&task, "")), lost).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

async fn link(web: &Web, task: &Json, person: Option<PersonId>, answer: AnswerKind) -> String {
    let task: TaskId = task["id"].as_str().unwrap().parse().unwrap();
    let (now, caller) = (web.now(), Caller::house("test", "mail"));
    let claim = Claim::new((DeliveryId::new(now, 1), task), person, answer, now);
    let key = web.store.write(caller, links::key).await.unwrap();
    format!("/answer/{}", claim.signed(&key))
}

#[tokio::test]
async fn a_link_in_a_mail_answers_once_and_only_by_its_button() {
    let web = Web::open().await;
    let (token, anna) = (web.token(None).await, web.person("Anna").await);
    let task = make(
        &web,
        &token,
        json!({"title": "Pay the <rent>", "due": "2026-03-05"}),
    )
    .await;
    let done = link(&web, &task, Some(anna.id), AnswerKind::Done).await;
    // A scanner that opens every link changes nothing.
    for _ in 0..2 {
        let seen = web.get(&done).send().await.unwrap();
        assert_eq!(seen.status(), StatusCode::OK);
        assert_eq!(seen.headers()["referrer-policy"], "no-referrer");
        assert_eq!(seen.headers()["cache-control"], "no-store");
        let text = seen.text().await.unwrap();
        assert!(text.contains("Pay the &#60;rent&#62;"), "{text}");
    }
    assert_eq!(get(&web, &token, &path(&task, "")).await["status"], "open");
    let answered = web.request("POST", &done).send().await.unwrap();
    assert_eq!(answered.status(), StatusCode::OK);
    assert_eq!(get(&web, &token, &path(&task, "")).await["status"], "done");
    let story = get(&web, &token, &path(&task, "/history")).await;
    assert_eq!(story["entries"][0]["actor"], anna.id.to_string());
    assert_eq!(story["entries"][0]["channel"], "mail");
    for method in ["GET", "POST"] {
        let again = web.request(method, &done).send().await.unwrap();
        assert_eq!(again.status(), StatusCode::GONE, "{method}");
    }
    let altered = link(&web, &task, None, AnswerKind::Later)
        .await
        .replace("later", "done");
    for method in ["GET", "POST"] {
        let foreign = web.request(method, &altered).send().await.unwrap();
        assert_eq!(foreign.status(), StatusCode::NOT_FOUND, "{method}");
    }
}

#[tokio::test]
async fn a_calendar_is_read_at_a_secret_address_until_that_is_closed() {
    let web = Web::open().await;
    let (token, anna) = (web.token(None).await, web.person("Anna").await);
    let ben = web.person("Ben").await;
    make(
        &web,
        &token,
        json!({"title": "Bins, both", "due": "2026-03-05"}),
    )
    .await;
    let bens = json!({"title": "Tyres", "assignees": [ben.id.to_string()], "due": "2026-03-06"});
    make(&web, &token, bens).await;
    let (secret, caller) = (secret::new_secret(), Caller::person(anna.id, "web"));
    let hash = secret::hash_of(&secret);
    let open = move |tx: &WriteTx<'_>| feeds::open(tx, anna.id, hash);
    web.store.write(caller.clone(), open).await.unwrap();
    let address = format!("/calendar/{secret}.ics");
    let read = web.get(&address).send().await.unwrap();
    assert_eq!(read.status(), StatusCode::OK);
    assert_eq!(
        read.headers()["content-type"],
        "text/calendar; charset=utf-8"
    );
    let text = read.text().await.unwrap();
    assert!(text.contains("SUMMARY:Bins\\, both\r\n"), "{text}");
    assert!(
        !text.contains("Tyres"),
        "what is Ben's is not in Anna's calendar"
    );
    let other = web.get("/calendar/abc.ics").send().await.unwrap();
    assert_eq!(other.status(), StatusCode::NOT_FOUND);
    let close = move |tx: &WriteTx<'_>| feeds::close(tx, anna.id);
    web.store.write(caller, close).await.unwrap();
    let closed = web.get(&address).send().await.unwrap();
    assert_eq!(closed.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn somebody_is_on_it_or_wants_to_hear_nothing_for_a_while() {
    let web = Web::open().await;
    let token = web.token(None).await;
    let task = make(&web, &token, json!({"title": "Pay", "due": "2026-03-03"})).await;
    assert_eq!(task["priority"], "medium");
    let reason = "Medium: due tomorrow and it is missed otherwise.";
    assert_eq!(task["priority_reason"], reason);
    assert_eq!(task["acknowledged_at"], Json::Null);
    let known = send(
        &web,
        &token,
        ("POST", &path(&task, "/acknowledge")),
        json!({}),
    )
    .await;
    assert_eq!(known["acknowledged_at"], "2026-03-02T09:00:00Z");
    assert_eq!(known["status"], "open");
    let mute = path(&task, "/mute");
    let past = json!({"until": "2026-03-01T09:00:00Z"});
    let status = refused(&web, &token, ("POST", &mute), past).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let week = json!({"until": "2026-03-09T09:00:00Z"});
    let muted = send(&web, &token, ("POST", &mute), week).await;
    assert_eq!(muted["muted_until"], "2026-03-09T09:00:00Z");
    let loud = send(&web, &token, ("POST", &mute), json!({"until": null})).await;
    assert_eq!(loud["muted_until"], Json::Null);
    let done = json!({"answer": "done"});
    let done = send(&web, &token, ("POST", &path(&task, "/answer")), done).await;
    assert_eq!(done["priority"], Json::Null);
}

#[tokio::test]
async fn the_page_of_a_task_has_buttons_for_both_and_only_for_who_may_see_it() {
    let web = Web::open().await;
    let (anna, ben) = (web.browser("Anna").await, web.browser("Ben").await);
    let own = workmate::domain::document::Visibility::Persons(vec![anna.person.id]);
    let make = move |tx: &WriteTx<'_>| {
        let said = workmate::store::tasks::Edit::default();
        workmate::store::tasks::create(tx, "Present for Ben".to_owned(), said, own)
    };
    let caller = Caller::person(anna.person.id, "web");
    let id = web.store.write(caller, make).await.unwrap().id;
    for (rest, fields) in [
        ("acknowledge", vec![]),
        ("mute", vec![("until", "2026-03-10")]),
    ] {
        let path = format!("/tasks/{id}/{rest}");
        let foreign = ben.form(&web, &path, &fields).send().await.unwrap();
        assert_eq!(foreign.status(), StatusCode::NOT_FOUND, "{path}");
        let own = anna.form(&web, &path, &fields).send().await.unwrap();
        assert_eq!(own.status(), StatusCode::SEE_OTHER, "{path}");
    }
    let told = page(&web, &anna, &format!("/tasks/{id}")).await;
    assert!(told.contains("Jemand ist dran"), "{told}");
    assert!(told.contains("Stumm bis"), "{told}");
    let unmute = anna.form(&web, &format!("/tasks/{id}/mute"), &[]);
    assert_eq!(unmute.send().await.unwrap().status(), StatusCode::SEE_OTHER);
    let told = page(&web, &anna, &format!("/tasks/{id}")).await;
    assert!(!told.contains("Wieder erinnern"), "{told}");
}
