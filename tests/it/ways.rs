//! The ways to people, through the real daemon: a real mail server, a real calendar server, and a
//! listener for what is posted.

mod kills;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use workmate::connect::push::signature;

use super::daemon::Daemon;
use super::visitor::Visitor;
use crate::outside::serving;
use crate::process::{Process, eventually, free_port, installed, output};

const PATIENCE: Duration = Duration::from_secs(30);

/// aiosmtpd with STARTTLS and a password.
struct Mailbox {
    folder: TempDir,
    port: u16,
    _process: Process,
}

impl Mailbox {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let openssl = installed("openssl", "openssl");
        let run = |line: &str| {
            let mut command = Command::new(&openssl);
            output(command.current_dir(folder.path()).args(line.split(' ')));
        };
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
        run(&format!(
            "req -x509 {key} -days 30 -subj /CN=tests -keyout ca.key -out ca.crt"
        ));
        run(&format!(
            "req {key} -subj /CN=localhost -keyout mail.key -out mail.csr"
        ));
        std::fs::write(folder.path().join("names"), "subjectAltName=DNS:localhost").unwrap();
        run(
            "x509 -req -in mail.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -extfile names -out mail.crt",
        );
        let port = free_port();
        let sink = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/ways/smtp_sink.py");
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir(path("mails")).unwrap();
        let mut command = Command::new(python());
        command.arg(sink).arg(port.to_string());
        command.args([path("mail.crt"), path("mail.key"), path("mails")]);
        let mut process = Process::start(&mut command, &path("output"));
        process.wait_for_port(port, PATIENCE);
        Self {
            folder,
            port,
            _process: process,
        }
    }

    fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.crt")
    }

    /// The mail with this number, once it is there: to whom, encrypted or not, and its text.
    async fn mail(&self, number: usize, patience: Duration) -> Value {
        let path = self.folder.path().join(format!("mails/{number}.json"));
        eventually("the mail is there", patience, || async {
            let text = std::fs::read_to_string(&path).ok()?;
            serde_json::from_str(&text).ok()
        })
        .await
    }
}

/// A Python that has both servers: Debian's packages belong to Debian's own.
fn python() -> PathBuf {
    let usual = [installed("python3", "python3"), "/usr/bin/python3".into()];
    let has_both = |it: &PathBuf| {
        let found = Command::new(it)
            .args(["-c", "import aiosmtpd, radicale"])
            .output();
        found.is_ok_and(|it| it.status.success())
    };
    usual.into_iter().find(has_both).expect(
        "aiosmtpd or radicale is not installed: run `make test`, which installs them, or \
         `apt-get install python3-aiosmtpd python3-radicale`",
    )
}

fn unfolded(mail: &Value) -> String {
    let text = mail["text"].as_str().unwrap().replace("=\r\n", "");
    text.replace("=3D", "=")
}

#[tokio::test]
async fn a_reminder_by_mail_is_answered_by_a_link_in_it() {
    let mailbox = Mailbox::open();
    let url = format!("smtp://workmate:secret@localhost:{}", mailbox.port);
    let mut daemon = Daemon::prepare(&[
        ("WORKMATE_MAIL__URL", &url),
        ("WORKMATE_MAIL__FROM", "workmate <house@example.org>"),
        (
            "WORKMATE_MAIL__CA_FILE",
            &mailbox.authority().display().to_string(),
        ),
        ("WORKMATE_HOUSEHOLD__LANGUAGE", "en"),
    ]);
    daemon.start().await;
    let anna = Visitor::enter(&daemon, "Anna").await;
    let address = [
        ("usual_mail", "1"),
        ("address_mail", "anna.defer@example.org"),
    ];
    assert_eq!(anna.send("/me", &address).await.0, 200);
    // Refused twice, it is sent again until the server takes it.
    assert_eq!(anna.send("/me/test", &[("channel", "mail")]).await.0, 200);
    let first = mailbox.mail(1, PATIENCE).await;
    assert_eq!(first["to"], json!(["anna.defer@example.org"]));
    assert_eq!(first["encrypted"], true);
    assert!(
        unfolded(&first).contains("Subject: workmate: test"),
        "{first}"
    );
    let task = json!({"title": "Pay the rent", "remind_at": ["2020-01-01T00:00:00Z"]});
    let task = daemon.send("tasks", &task).await;
    // Letters come in piles: people are told of a new task after a minute.
    let mail = mailbox.mail(2, Duration::from_secs(100)).await;
    let text = unfolded(&mail);
    assert!(text.contains("Subject: Pay the rent"), "{text}");
    assert!(text.contains("Content-Type: text/html"), "{text}");
    let at = text.find("/answer/").expect("a link to answer");
    let link: String = text[at..]
        .chars()
        .take_while(|it| !it.is_whitespace() && *it != '"')
        .collect();
    let answered = crate::process::http().post(format!("{}{link}", daemon.address));
    let answered = answered.send().await.unwrap();
    assert_eq!(answered.status(), StatusCode::OK, "{link}");
    let path = format!("tasks/{}", task["id"].as_str().unwrap());
    assert_eq!(daemon.get(&path).await.unwrap()["status"], "done");
    // An address that is refused for good fails, and says so.
    let address = [("usual_mail", "1"), ("address_mail", "reject@example.org")];
    assert_eq!(anna.send("/me", &address).await.0, 200);
    assert_eq!(anna.send("/me/test", &[("channel", "mail")]).await.0, 200);
    eventually("the delivery has failed", PATIENCE, || async {
        let system = daemon.get("system").await?;
        (system["deliveries_waiting"] == 0).then_some(())
    })
    .await;
    assert!(!daemon.log().contains("secret"), "a password in the log");
}

type Heard = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;

/// A program of one's own, whose first answer is an error.
async fn listener() -> (String, Heard) {
    let heard = Heard::default();
    let kept = Arc::clone(&heard);
    let hear = move |headers: HeaderMap, body: Bytes| async move {
        let mut all = kept.lock().unwrap();
        all.push((headers, body));
        if all.len() == 1 {
            StatusCode::SERVICE_UNAVAILABLE
        } else {
            StatusCode::NO_CONTENT
        }
    };
    let router = Router::new().fallback(hear);
    let address = format!("{}/hook", serving(router).await);
    (address, heard)
}

#[tokio::test]
async fn a_webhook_is_told_each_reminder_signed_and_again_until_it_listens() {
    let (address, heard) = listener().await;
    let dir = tempfile::tempdir().unwrap();
    let secret = dir.path().join("secret");
    std::fs::write(&secret, "quite secret\n").unwrap();
    let mut daemon = Daemon::prepare(&[
        ("WORKMATE_WEBHOOK__URL", &address),
        (
            "WORKMATE_WEBHOOK__SECRET_FILE",
            &secret.display().to_string(),
        ),
    ]);
    daemon.start().await;
    let task = json!({"title": "Bins \"both\"", "remind_at": ["2020-01-01T00:00:00Z"]});
    daemon.send("tasks", &task).await;
    eventually("it was told twice", PATIENCE, || async {
        (heard.lock().unwrap().len() >= 2).then_some(())
    })
    .await;
    let heard = heard.lock().unwrap();
    let (first, second) = (&heard[0], &heard[1]);
    let delivery = |it: &HeaderMap| it["x-workmate-delivery"].to_str().unwrap().to_owned();
    assert_eq!(
        delivery(&first.0),
        delivery(&second.0),
        "the same delivery again"
    );
    let body = std::str::from_utf8(&second.1).unwrap();
    let told: Value = serde_json::from_str(body).unwrap();
    assert_eq!(told["title"], "Bins \"both\"");
    assert_eq!(told["answers"].as_array().unwrap().len(), 3);
    let at = second.0["x-workmate-timestamp"].to_str().unwrap();
    let at = jiff::Timestamp::from_second(at.parse().unwrap()).unwrap();
    let expected = format!("sha256={}", signature("quite secret", at, body));
    assert_eq!(second.0["x-workmate-signature"], expected.as_str());
}

#[tokio::test]
async fn while_the_mail_server_is_away_the_next_way_is_used() {
    let (address, heard) = listener().await;
    let mail = format!("smtp+plain://127.0.0.1:{}", free_port());
    let mut daemon = Daemon::prepare(&[
        ("WORKMATE_MAIL__URL", &mail),
        ("WORKMATE_GOTIFY__URL", &address),
    ]);
    daemon.start().await;
    let anna = Visitor::enter(&daemon, "Anna").await;
    let ways = [
        ("usual_mail", "1"),
        ("address_mail", "anna@example.org"),
        ("loud_gotify", "1"),
    ];
    assert_eq!(anna.send("/me", &ways).await.0, 200);
    let task = json!({"title": "Pay the rent", "remind_at": ["2020-01-01T00:00:00Z"]});
    daemon.send("tasks", &task).await;
    // People are told after a minute; two tries later another way is looked for, whose first try fails.
    eventually("it came by Gotify", Duration::from_secs(150), || async {
        (heard.lock().unwrap().len() >= 2).then_some(())
    })
    .await;
    let told = heard.lock().unwrap().last().unwrap().1.clone();
    let told: Value = serde_json::from_slice(&told).unwrap();
    assert_eq!(told["title"], "Pay the rent");
    let fine = |it: &Value| it["failing_since"].is_null() && it["waiting"] == 0;
    let channels = eventually("Gotify works again", PATIENCE, || async {
        let channels = daemon.get("system").await?["channels"].clone();
        fine(&channels[1]).then_some(channels)
    })
    .await;
    assert_eq!(channels[0]["name"], "mail");
    assert!(channels[0]["failing_since"].is_string(), "{channels}");
    assert!(channels[0]["reason"].is_string(), "{channels}");
    assert_eq!(channels[0]["waiting"], 0, "it came another way");
}

/// Radicale with one collection.
struct Calendar {
    address: String,
    client: reqwest::Client,
    _folder: TempDir,
    _process: Process,
}

impl Calendar {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("users"), "anna:secret\n").unwrap();
        let config = format!(
            "[server]\nhosts = 127.0.0.1:{port}\n\
             [auth]\ntype = htpasswd\nhtpasswd_filename = {}\nhtpasswd_encryption = plain\n\
             [storage]\nfilesystem_folder = {}\n",
            path("users").display(),
            path("collections").display(),
        );
        std::fs::write(path("config"), config).unwrap();
        let mut command = Command::new(python());
        command
            .args(["-m", "radicale", "--config"])
            .arg(path("config"));
        let mut process = Process::start(&mut command, &path("output"));
        process.wait_for_port(port, PATIENCE);
        let calendar = Self {
            address: format!("127.0.0.1:{port}/anna/household"),
            client: crate::process::http(),
            _folder: folder,
            _process: process,
        };
        let made = calendar.ask("MKCALENDAR", "/").await;
        assert_eq!(made.0, 201, "{}", made.1);
        calendar
    }

    async fn ask(&self, method: &str, path: &str) -> (u16, String) {
        let url = format!("http://{}{path}", self.address);
        let request = self.client.request(method.parse().unwrap(), url);
        let answer = request
            .basic_auth("anna", Some("secret"))
            .send()
            .await
            .unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    async fn entry(&self, task: &Value, is_right: impl Fn(u16, &str) -> bool) {
        let path = format!("/{}.ics", task["id"].as_str().unwrap());
        eventually("the calendar is in step", PATIENCE, || async {
            let (status, text) = self.ask("GET", &path).await;
            is_right(status, &text).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn a_calendar_shows_what_is_due_until_it_is_answered() {
    let calendar = Calendar::open().await;
    let url = format!("http://anna:secret@{}/", calendar.address);
    let mut daemon = Daemon::prepare(&[("WORKMATE_CALENDAR__URL", &url)]);
    daemon.start().await;
    let task = json!({"title": "Renew the passport", "due": "2099-03-18"});
    let task = daemon.send("tasks", &task).await;
    let shows = |day: &'static str| {
        move |status: u16, text: &str| {
            status == 200 && text.contains(day) && text.contains("SUMMARY:Renew the passport")
        }
    };
    calendar
        .entry(&task, shows("DTSTART;VALUE=DATE:20990318"))
        .await;
    let path = format!("tasks/{}", task["id"].as_str().unwrap());
    daemon.patch(&path, &json!({"due": "2099-04-01"})).await;
    calendar
        .entry(&task, shows("DTSTART;VALUE=DATE:20990401"))
        .await;
    daemon
        .send(&format!("{path}/answer"), &json!({"answer": "done"}))
        .await;
    calendar.entry(&task, |status, _| status == 404).await;
}
