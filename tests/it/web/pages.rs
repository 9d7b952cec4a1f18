//! What people see.

use jiff::civil::{date, time};
use reqwest::StatusCode;
use reqwest::header::{ACCEPT_LANGUAGE, LOCATION};
use reqwest::multipart::{Form, Part};
use workmate::domain::counsel::Gap;
use workmate::domain::document::Visibility;
use workmate::domain::finding::Value as Claim;
use workmate::domain::finding::{ClaimedBy, Evidence, Extraction, Field, Finding};
use workmate::domain::id::DocumentId;
use workmate::domain::task::{Status, Task};
use workmate::domain::value::{Confidence, Rect};
use workmate::store::counsel::{self, CallOutcome, Ended};
use workmate::store::tasks::{self, Edit, Filter};
use workmate::store::{Caller, Viewer, WriteTx, findings};

use super::harness::{Browser, Web, cookie_of};

async fn page(web: &Web, browser: &Browser, path: &str) -> String {
    let response = browser.ask(web.get(path)).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    response.text().await.unwrap()
}

async fn only_task(web: &Web) -> Task {
    let list = |tx: &workmate::store::ReadTx<'_>| tasks::list(tx, &Filter::default(), 10);
    let mut tasks = web.store.read(Viewer::House, list).await.unwrap();
    assert_eq!(tasks.len(), 1);
    tasks.remove(0)
}

/// Sends the form of the documents page, and returns the document's page.
async fn add_letter(web: &Web, browser: &Browser) -> String {
    let letter = Part::bytes(b"Bitte bezahlen".as_slice()).file_name("brief.txt");
    let form = Form::new()
        .text("csrf", browser.csrf.clone())
        .part("file", letter);
    let request = web
        .request("POST", "/documents")
        .header("origin", &web.address);
    let response = browser.ask(request).multipart(form).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    response.headers()[LOCATION].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_page_speaks_both_languages_and_runs_nothing_inline() {
    let web = Web::open().await;
    let anna = web.browser("Anna").await;
    let document = add_letter(&web, &anna).await;
    web.understand(document.rsplit('/').next().unwrap().parse().unwrap())
        .await;
    let task = format!("/tasks/{}", only_task(&web).await.id);
    let pages = [
        ("/", "Als Nächstes", "Next thing to do"),
        ("/documents", "Dateien wählen", "Choose files"),
        (document.as_str(), "Was darin steht", "What it says"),
        ("/tasks", "Neue Aufgabe", "New task"),
        (task.as_str(), "Aufgabe ändern", "Change the task"),
        ("/system", "Dieses Haus", "This house"),
        ("/senders", "Wer dem Haushalt schreibt", "Who writes to"),
        (
            "/system/home-assistant",
            "Dateien zum Kopieren",
            "Files to copy",
        ),
    ];
    for (path, german, english) in pages {
        for (language, words) in [("de", german), ("en", english)] {
            let request = anna.ask(web.get(path)).header(ACCEPT_LANGUAGE, language);
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            assert_eq!(response.headers()["cache-control"], "no-store", "{path}");
            let html = response.text().await.unwrap();
            assert!(html.contains(words), "{path} {language}: {words}");
            assert!(
                html.contains(&format!("<html lang=\"{language}\"")),
                "{path} {language}"
            );
            assert!(!html.contains(" style="), "{path}");
            assert!(!html.contains(" onclick="), "{path}");
            assert!(!html.contains("<script>"), "{path}");
        }
    }
}

#[tokio::test]
async fn the_house_says_how_it_stands_with_its_language_model() {
    let web = Web::open().await;
    let anna = web.browser("Anna").await;
    let path = add_letter(&web, &anna).await;
    let document: DocumentId = path.rsplit('/').next().unwrap().parse().unwrap();
    web.understand(document).await;
    let told = Finding {
        field: Field::Sender,
        name: String::new(),
        value: Claim::Text("De Kade".to_owned()),
        confidence: Confidence::new(0.65),
        evidence: Some(Evidence {
            page: 1,
            text: "De Kade".to_owned(),
            at: Rect::default(),
        }),
        by: ClaimedBy::Model,
        why: None,
    };
    let refused = "the server does not know the model `small:1b`";
    let fail = move |tx: &WriteTx<'_>| {
        let extraction = Extraction {
            findings: vec![told],
            unsure: vec![Gap::Kind],
            ..Extraction::default()
        };
        findings::keep(tx, document, &extraction)?;
        let call = counsel::begin(tx, document, "small:1b", 700)?.unwrap();
        let ended = Ended {
            reason: Some(refused.to_owned()),
            ..Ended::default()
        };
        counsel::finish(tx, call, CallOutcome::Refused, &ended)
    };
    let before = page(&web, &anna, "/system").await;
    assert!(before.contains("small:1b</dd>"), "{before}");
    web.store
        .write(Caller::worker("ask_model"), fail)
        .await
        .unwrap();
    let system = page(&web, &anna, "/system").await;
    let line = format!("small:1b, noch zu fragen: 1 Dokument: {refused}");
    assert!(system.contains(&line), "{system}");
    assert!(
        system.contains("Dokument einem Sprachmodell gezeigt"),
        "{system}"
    );
    let letter = page(&web, &anna, &path).await;
    assert!(letter.contains("vom Sprachmodell"), "{letter}");
}

#[tokio::test]
async fn a_letter_becomes_a_task_with_its_words_marked_and_is_answered() {
    let web = Web::open().await;
    let anna = web.browser("Anna").await;
    assert!(page(&web, &anna, "/").await.contains("Willkommen."));
    let document = add_letter(&web, &anna).await;
    web.understand(document.rsplit('/').next().unwrap().parse().unwrap())
        .await;
    let html = page(&web, &anna, &document).await;
    assert!(html.contains("84,20\u{a0}€"), "{html}");
    assert!(html.contains("18. März"), "{html}");
    let today = page(&web, &anna, "/").await;
    assert!(today.contains("in 16 Tagen"), "{today}");
    assert!(
        today.contains("84,20 € bis zum 18.03.2026"),
        "the words that ask for it"
    );
    let task = only_task(&web).await;
    let path = format!("/tasks/{}/answer", task.id);
    let answer = anna.form(&web, &path, &[("answer", "done"), ("next", "/")]);
    let answered = answer.send().await.unwrap();
    assert_eq!(answered.headers()[LOCATION], "/");
    let flash = cookie_of(answered.headers(), "flash").unwrap();
    assert_eq!(only_task(&web).await.status, Status::Done);
    let request = web
        .get("/")
        .header("cookie", format!("{}; {flash}", anna.cookie));
    let today = request.send().await.unwrap().text().await.unwrap();
    assert!(
        today.contains("Erledigt.") && today.contains("Rückgängig"),
        "{today}"
    );
    let undo = anna.form(&web, &format!("/tasks/{}/reopen", task.id), &[]);
    assert_eq!(undo.send().await.unwrap().status(), StatusCode::SEE_OTHER);
    assert_eq!(only_task(&web).await.status, Status::Open);
}

#[tokio::test]
async fn what_a_person_corrects_is_seen_and_an_old_form_changes_nothing() {
    let web = Web::open().await;
    let anna = web.browser("Anna").await;
    let document = add_letter(&web, &anna).await;
    web.understand(document.rsplit('/').next().unwrap().parse().unwrap())
        .await;
    let html = page(&web, &anna, &document).await;
    let version = html.split("name=\"version\" value=\"").nth(1).unwrap();
    let version = version.split('"').next().unwrap().to_owned();
    let path = format!("{document}/findings");
    let correct = |value: &'static str| {
        let fields = [
            ("field", "payable"),
            ("value", value),
            ("version", version.as_str()),
        ];
        anna.form(&web, &path, &fields).send()
    };
    let corrected = correct("90,00").await.unwrap();
    assert_eq!(
        cookie_of(corrected.headers(), "flash").unwrap(),
        "flash=saved"
    );
    assert!(page(&web, &anna, &document).await.contains("90,00\u{a0}€"));
    let stale = correct("91,00").await.unwrap();
    assert_eq!(
        cookie_of(stale.headers(), "flash").unwrap(),
        "flash=outdated"
    );
    let wrong = correct("viel").await.unwrap();
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        wrong
            .text()
            .await
            .unwrap()
            .contains("Diese Angaben passen nicht.")
    );
}

#[tokio::test]
async fn a_form_that_shows_a_task_changes_only_what_was_changed() {
    let web = Web::open().await;
    let anna = web.browser("Anna").await;
    let (day, hour) = (date(2026, 3, 18), time(15, 30, 0, 0));
    let said = Edit {
        due: Some((Some(day), Some(hour))),
        remind_at: Some(vec!["2026-03-17T07:00:30Z".parse().unwrap()]),
        ..Edit::default()
    };
    let caller = Caller::person(anna.person.id, "web");
    let make = |tx: &WriteTx<'_>| tasks::create(tx, "Pay".to_owned(), said, Visibility::Household);
    web.store.write(caller, make).await.unwrap();
    let task = only_task(&web).await;
    let version = task.version.to_string();
    let fields = [
        ("title", "Pay the waterworks"),
        ("due", "2026-03-18"),
        ("due_time", "15:30"),
        ("remind_at", "2026-03-17T08:00"),
        ("version", version.as_str()),
    ];
    let edit = anna.form(&web, &format!("/tasks/{}", task.id), &fields);
    assert_eq!(edit.send().await.unwrap().status(), StatusCode::SEE_OTHER);
    let edited = only_task(&web).await;
    assert_eq!(edited.title, "Pay the waterworks");
    assert_eq!(
        edited.remind_at, task.remind_at,
        "the form shows minutes; the seconds stay"
    );
    let later = [("later", "day"), ("until", "2026-03-10")];
    let later = anna.form(&web, &format!("/tasks/{}/answer", task.id), &later);
    later.send().await.unwrap();
    let until = only_task(&web).await.later_until.unwrap().to_string();
    assert_eq!(until, "2026-03-10T07:00:00Z", "eight o'clock in Berlin");
}

#[tokio::test]
async fn a_person_chooses_how_the_pages_look_and_speak() {
    let web = Web::open().await;
    let anna = web.browser("Anna").await;
    let fields = [("theme", "dark"), ("language", "en")];
    let choose = anna.form(&web, "/preferences", &fields);
    let chosen = choose
        .header("referer", format!("{}/tasks?show=all", web.address))
        .send();
    let chosen = chosen.await.unwrap();
    assert_eq!(chosen.headers()[LOCATION], "/tasks?show=all");
    let theme = cookie_of(chosen.headers(), "theme").unwrap();
    let request = web
        .get("/tasks")
        .header("cookie", format!("{}; {theme}", anna.cookie));
    let html = request
        .header(ACCEPT_LANGUAGE, "de")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(
        html.contains("<html lang=\"en\" data-theme=\"dark\">"),
        "{html}"
    );
}

#[tokio::test]
async fn what_is_not_there_is_said_in_the_language_of_the_browser() {
    let web = Web::open().await;
    let anna = web.browser("Anna").await;
    for path in [
        "/nothing",
        "/tasks/01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "/documents/x",
    ] {
        let request = anna.ask(web.get(path)).header(ACCEPT_LANGUAGE, "en");
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        let html = response.text().await.unwrap();
        assert!(
            html.contains("There is no such thing here."),
            "{path} {html}"
        );
    }
}

#[tokio::test]
async fn an_asset_is_kept_for_a_year_under_its_version_and_compared_without() {
    let web = Web::open().await;
    let login = web
        .get("/login")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let address = login.split("href=\"/assets/app.css").nth(1).unwrap();
    let address = format!("/assets/app.css{}", address.split('"').next().unwrap());
    let kept = web.get(&address).send().await.unwrap();
    assert_eq!(
        kept.headers()["cache-control"],
        "public, max-age=31536000, immutable"
    );
    let plain = web.get("/assets/app.css").send().await.unwrap();
    assert_eq!(plain.headers()["cache-control"], "no-cache");
    let tag = plain.headers()["etag"].to_str().unwrap().to_owned();
    let known = web
        .get("/assets/app.css")
        .header("if-none-match", tag)
        .send()
        .await
        .unwrap();
    assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
    let zipped = web.get("/assets/app.css").header("accept-encoding", "gzip");
    assert_eq!(
        zipped.send().await.unwrap().headers()["content-encoding"],
        "gzip"
    );
}

#[tokio::test]
async fn senders_are_shown_with_what_was_learned_and_forgotten() {
    let web = Web::open().await;
    let anna = web.browser("Anna").await;
    assert!(page(&web, &anna, "/senders").await.contains("Noch niemand"));
    let document = add_letter(&web, &anna).await;
    web.understand(document.rsplit('/').next().unwrap().parse().unwrap())
        .await;
    let path = format!("{document}/findings");
    let fields = [("field", "sender"), ("value", "Wasserwerk am See")];
    let saved = anna.form(&web, &path, &fields).send().await.unwrap();
    assert_eq!(saved.status(), StatusCode::SEE_OTHER);
    let html = page(&web, &anna, "/senders").await;
    assert!(html.contains("Wasserwerk am See"), "{html}");
    assert!(html.contains("Auch gelesen als"), "{html}");
    assert!(html.contains("1 Dokument"), "{html}");
    // A label that was shown is one lesson among others, and can be forgotten alone.
    let fields = [("field", "payable"), ("value", "90,00 EUR")];
    let path = format!("{document}/findings");
    anna.form(&web, &path, &fields).send().await.unwrap();
    let shown = page(&web, &anna, &document).await;
    assert!(shown.contains("Berichtigt von Anna am"), "{shown}");
    let html = page(&web, &anna, "/senders").await;
    assert!(html.contains("Zu zahlen: bei „Restbetrag“"), "{html}");
    let (_, form) = html.split_once("action=\"/senders/examples/").unwrap();
    let (id, _) = form.split_once("/forget\"").unwrap();
    let path = format!("/senders/examples/{id}/forget");
    anna.form(&web, &path, &[]).send().await.unwrap();
    let html = page(&web, &anna, "/senders").await;
    assert!(!html.contains("Restbetrag"), "{html}");
    let (_, form) = html.split_once("action=\"/senders/").unwrap();
    let (id, _) = form.split_once("/forget\"").unwrap();
    let path = format!("/senders/{id}/forget");
    let forgotten = anna.form(&web, &path, &[]).send().await.unwrap();
    assert_eq!(forgotten.status(), StatusCode::SEE_OTHER);
    assert!(page(&web, &anna, "/senders").await.contains("Noch niemand"));
    assert!(
        page(&web, &anna, &document)
            .await
            .contains("Wasserwerk am See")
    );
}
