//! Three ways at once, none of which can be trusted, and a daemon that is killed while it speaks.
//!
//! The books are compared with what the receivers have: each delivery ends delivered, or failed with a
//! reason; a receiver has heard of each that was delivered, and twice only of one that was under way
//! when the daemon was killed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};

use super::Mailbox;
use crate::daemon::Daemon;
use crate::durability::Dice;
use crate::mosquitto::{Listener, Mosquitto};
use crate::outside::serving;
use crate::process::{beside, eventually};
use crate::soak;
use crate::visitor::{Visitor, encoded};

/// Kills in the gate; `make soak` kills 200 times.
const KILLS: u64 = 12;
/// Rounds in the gate, in step with the kills elsewhere; each makes a delivery on each way.
const ROUNDS: u64 = 40;
/// A delivery that is tried again waits for minutes in the end.
const PATIENCE: Duration = Duration::from_mins(10);
/// Between two rounds.
const PAUSE: Duration = Duration::from_millis(250);
/// People whose addresses the mail server takes, defers, never answers or refuses.
const PEOPLE: [&str; 4] = ["anna", "defer", "hang", "reject"];

fn kills() -> u64 {
    soak::count("SOAK_DELIVERY_KILLS", KILLS)
}

/// How often a receiver has taken each delivery.
type Taken = BTreeMap<String, u32>;

/// A program of one's own that fails at random, but lets each delivery in at its third try.
async fn moody_listener() -> (String, Arc<Mutex<Taken>>) {
    let taken: Arc<Mutex<Taken>> = Arc::default();
    let kept = Arc::clone(&taken);
    let mut dice = Dice(0x5eed_0002);
    let mut refused = Taken::new();
    let moods = Mutex::new(move |delivery: &str| {
        let times = refused.entry(delivery.to_owned()).or_default();
        let fails = *times < 2 && dice.below(3) == 0;
        *times += u32::from(fails);
        fails
    });
    let moods = Arc::new(moods);
    let hear = move |headers: HeaderMap| async move {
        let delivery = headers["x-workmate-delivery"].to_str().unwrap();
        if (moods.lock().unwrap())(delivery) {
            return StatusCode::SERVICE_UNAVAILABLE;
        }
        let mut all = kept.lock().unwrap();
        *all.entry(delivery.to_owned()).or_default() += 1;
        StatusCode::NO_CONTENT
    };
    let router = Router::new().route("/hook", post(hear));
    let address = format!("{}/hook", serving(router).await);
    (address, taken)
}

/// Somebody outside who makes tasks and wants mails, daemon or not.
struct Outside {
    client: reqwest::Client,
    tasks: String,
    token: String,
    people: Vec<Visitor>,
}

impl Outside {
    /// Makes a task of which the house speaks at once, by two ways.
    async fn makes_a_task(&self, number: u64) -> bool {
        let body =
            json!({"title": format!("Task {number}"), "remind_at": ["2020-01-01T00:00:00Z"]});
        let request = self.client.post(&self.tasks).bearer_auth(&self.token);
        let answer = request.json(&body).send().await;
        answer.is_ok_and(|it| it.status().is_success())
    }

    /// Has one of the people told by mail.
    async fn wants_a_mail(&self, number: u64) -> bool {
        let person = &self.people[usize::try_from(number).unwrap() % self.people.len()];
        let body = encoded(&[("channel", "mail"), ("csrf", &person.csrf)]);
        let request = person.client.post(format!("{}/me/test", person.address));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = request.body(body).send().await;
        answer.is_ok_and(|it| it.status().is_success())
    }

    async fn rounds(&self, count: u64) {
        for number in 0..count {
            while !self.makes_a_task(number).await {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            while !self.wants_a_mail(number).await {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// A delivery as the books have it.
#[derive(Debug)]
struct Booked {
    id: String,
    channel: String,
    state: String,
    /// Whom it was for; nobody means the household.
    person: Option<String>,
    reason: Option<String>,
    /// Tries of which nobody knows how they ended.
    unfinished: u32,
}

/// Looks into the daemon's file.
fn books(daemon: &Daemon) -> Vec<Booked> {
    let database = open(daemon);
    let mut query = database
        .prepare(
            "SELECT d.id, d.channel, d.state, person.name,
                    (SELECT reason FROM attempt WHERE delivery = d.id ORDER BY id DESC LIMIT 1),
                    (SELECT count(*) FROM attempt WHERE delivery = d.id AND outcome IS NULL)
               FROM delivery d LEFT JOIN person ON person.id = d.person",
        )
        .unwrap();
    let booked = query.query_map([], |row| {
        Ok(Booked {
            id: row.get(0)?,
            channel: row.get(1)?,
            state: row.get(2)?,
            person: row.get(3)?,
            reason: row.get(4)?,
            unfinished: row.get(5)?,
        })
    });
    booked.unwrap().collect::<Result<_, _>>().unwrap()
}

/// Tasks, and those of which something is still to be said.
fn tasks(daemon: &Daemon) -> (u32, u32) {
    let count = "SELECT count(*), count(*) FILTER (WHERE plan = 1 OR look_at <= 1000 * unixepoch()) FROM task";
    let both = open(daemon).query_row(count, [], |row| Ok((row.get(0)?, row.get(1)?)));
    both.unwrap()
}

fn open(daemon: &Daemon) -> Connection {
    let file = daemon.data().join("workmate.sqlite");
    let database = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    database.busy_timeout(PATIENCE).unwrap();
    database
}

/// The ids of all mails that were taken.
fn mails(mailbox: &Mailbox) -> Taken {
    let mut taken = Taken::new();
    for file in std::fs::read_dir(mailbox.folder.path().join("mails")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|it| it == "json") {
            let mail: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
            let text = mail["text"].as_str().unwrap();
            let (_, after) = text.split_once("Message-ID: <").expect("a mail has an id");
            let id = after.split('@').next().unwrap();
            *taken.entry(id.to_owned()).or_default() += 1;
        }
    }
    taken
}

/// All that the broker has told another client, once it has nothing more to tell.
async fn events(listener: &mut Listener) -> Taken {
    let mut taken = Taken::new();
    while let Some(heard) = listener.next_within(Duration::from_secs(2)).await {
        let said: Value = serde_json::from_str(&heard.payload).unwrap();
        let id = said["delivery"].as_str().unwrap();
        *taken.entry(id.to_owned()).or_default() += 1;
    }
    taken
}

async fn killed_now_and_then(daemon: &mut Daemon) {
    let mut dice = Dice(0x5eed_0003);
    for _ in 0..kills() {
        tokio::time::sleep(Duration::from_millis(50 + dice.below(850))).await;
        daemon.kill();
        daemon.start().await;
    }
}

/// Compares one delivery with what its receiver has; how often it was said too often.
fn agree(one: &Booked, taken: &Taken) -> u32 {
    let times = taken.get(&one.id).copied().unwrap_or(0);
    match one.state.as_str() {
        "delivered" => assert!(times > 0, "lost: {one:?}"),
        "failed" => assert!(one.reason.is_some() && times == 0, "{one:?}"),
        _ => panic!("neither delivered nor failed: {one:?}"),
    }
    let is_refused = one.person.as_deref() == Some("reject");
    assert_eq!(one.state == "failed", is_refused, "{one:?}");
    let repeated = times.saturating_sub(1);
    assert!(repeated <= one.unfinished, "said {times} times: {one:?}");
    repeated
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_it_speaks_on_three_ways_its_books_agree_with_the_receivers() {
    let (broker, mailbox) = (Mosquitto::start(), Mailbox::open());
    let mut listener = broker.listen("workmate/reminder").await;
    let (hook, posted) = moody_listener().await;
    let authority = mailbox.authority().display().to_string();
    let mail = format!("smtp://workmate:secret@localhost:{}", mailbox.port);
    let mut daemon = Daemon::prepare(&[
        ("WORKMATE_MQTT__URL", &broker.url()),
        ("WORKMATE_WEBHOOK__URL", &hook),
        ("WORKMATE_MAIL__URL", &mail),
        ("WORKMATE_MAIL__FROM", "workmate <house@example.org>"),
        ("WORKMATE_MAIL__CA_FILE", &authority),
    ]);
    daemon.start().await;
    let mut people = Vec::new();
    for name in PEOPLE {
        let person = Visitor::enter(&daemon, name).await;
        // Told by mail when asked for, and of nothing else.
        let address = format!("{name}@example.org");
        assert_eq!(
            person.send("/me", &[("address_mail", &address)]).await.0,
            200
        );
        people.push(person);
    }
    let outside = Outside {
        client: crate::process::http(),
        tasks: format!("{}/api/v1/tasks", daemon.address),
        token: daemon.token.clone(),
        people,
    };
    let rounds = ROUNDS.max(kills() * 10 / 3);
    let sending = beside(async move { outside.rounds(rounds).await });
    killed_now_and_then(&mut daemon).await;
    tokio::time::timeout(PATIENCE, sending)
        .await
        .unwrap()
        .unwrap();

    eventually("every delivery has ended", PATIENCE, || async {
        let booked = books(&daemon);
        let is_over = booked.iter().all(|it| it.state != "waiting");
        (is_over && tasks(&daemon).1 == 0).then_some(())
    })
    .await;
    let (booked, task_count) = (books(&daemon), tasks(&daemon).0);
    let taken = [
        ("mqtt", events(&mut listener).await),
        ("webhook", posted.lock().unwrap().clone()),
        ("mail", mails(&mailbox)),
    ];
    let mut repeated = 0;
    for (channel, taken) in &taken {
        let own = booked.iter().filter(|it| it.channel == *channel);
        let all: Vec<&Booked> = own.collect();
        // Each task once by both ways of machines, and each mail that was asked for.
        let count = u32::try_from(all.len()).unwrap();
        assert!(u64::from(count) >= rounds, "{count} by {channel}");
        assert!(*channel == "mail" || count == task_count);
        assert!(taken.keys().all(|id| all.iter().any(|it| it.id == *id)));
        repeated += all.iter().map(|it| agree(it, taken)).sum::<u32>();
    }
    soak::note(
        "`kill -9` at random moments while deliveries leave by MQTT, mail and webhook",
        &format!(
            "{} kills, {} deliveries: each delivered or failed with a reason, none lost, {repeated} said twice, each of them under way at a kill",
            kills(),
            booked.len()
        ),
    );
}
