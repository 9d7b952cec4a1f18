//! A day in which the house cannot reach anybody for twenty hours: neither its broker nor the server
//! that pushes to telephones.

use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use workmate::app::House;
use workmate::config::{Config, Environment};
use workmate::domain::clock::Clock;
use workmate::domain::delivery::ChannelName;
use workmate::domain::document::Visibility;
use workmate::domain::id::{PersonId, TaskId};
use workmate::domain::manner::Manner;
use workmate::domain::person::Language;
use workmate::domain::task::{Answer, AnswerKind};
use workmate::lifecycle::Lifecycle;
use workmate::store::tasks::{self, Edit};
use workmate::store::{Caller, ReadTx, Store, Viewer, WriteTx, manners, people};
use workmate::work::Wake;

use crate::mosquitto::{Listener, Mosquitto};
use crate::outside::serving;
use crate::process::{beside, eventually, output};
use crate::role;

const PATIENCE: Duration = Duration::from_mins(1);
/// What grows with the hours would show in eighteen of them.
const GROWTH_KILOBYTES_MAX: u64 = 6 * 1024;
/// Seven in the morning of a Monday in Berlin.
const MORNING: &str = "2026-03-16T06:00:00Z";

/// The way to everybody outside, which can be cut.
#[derive(Clone, Default)]
struct Outside {
    is_cut: Arc<AtomicBool>,
    lines: Arc<Mutex<Vec<TcpStream>>>,
    pushed: Arc<Mutex<Vec<Value>>>,
}

/// Passes on what comes from one end to the other, on a thread that ends with the line.
fn pass_on(from: &TcpStream, to: &TcpStream) {
    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
    std::thread::spawn(move || {
        drop(io::copy(&mut from, &mut to));
        drop(to.shutdown(Shutdown::Both));
    });
}

impl Outside {
    /// The address by which the broker at `port` is reached.
    fn broker(&self, port: u16) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let own = listener.local_addr().unwrap().port();
        let outside = self.clone();
        std::thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                let far = TcpStream::connect(("127.0.0.1", port));
                let (Ok(far), false) = (far, outside.is_cut.load(Ordering::SeqCst)) else {
                    continue;
                };
                pass_on(&near, &far);
                pass_on(&far, &near);
                outside.lines.lock().unwrap().extend([near, far]);
            }
        });
        own
    }

    /// The address of the server that pushes.
    async fn server(&self) -> String {
        let outside = self.clone();
        let take = move |body: String| async move {
            if outside.is_cut.load(Ordering::SeqCst) {
                return StatusCode::SERVICE_UNAVAILABLE;
            }
            let pushed = serde_json::from_str(&body).unwrap();
            outside.pushed.lock().unwrap().push(pushed);
            StatusCode::OK
        };
        let router = Router::new().route("/", post(take));
        format!("{}/", serving(router).await)
    }

    fn cut(&self) {
        self.is_cut.store(true, Ordering::SeqCst);
        for line in self.lines.lock().unwrap().drain(..) {
            drop(line.shutdown(Shutdown::Both));
        }
    }

    fn mend(&self) {
        self.is_cut.store(false, Ordering::SeqCst);
    }

    /// What was pushed to a person.
    fn pushed_to(&self, topic: &str) -> Vec<Value> {
        let pushed = self.pushed.lock().unwrap();
        pushed
            .iter()
            .filter(|it| it["topic"] == topic)
            .cloned()
            .collect()
    }
}

async fn person(store: &Store, name: &'static str) -> PersonId {
    let mut manner = Manner {
        ways: vec![ChannelName::Ntfy],
        ..Manner::default()
    };
    manner.addresses.insert(ChannelName::Ntfy, name.to_owned());
    let add = move |tx: &WriteTx<'_>| {
        let person = people::create(tx, name, "no password", None)?;
        manners::set(tx, person.id, &manner)?;
        Ok(person.id)
    };
    store
        .write(Caller::house("test", "command"), add)
        .await
        .unwrap()
}

/// A task of `whose` of which the house speaks at `hour` of the day, in UTC.
async fn task(store: &Store, title: &'static str, whose: PersonId, hour: i64) -> TaskId {
    let day: Timestamp = MORNING.parse().unwrap();
    let said = Edit {
        remind_at: Some(vec![day + SignedDuration::from_hours(hour - 6)]),
        assignees: Some(vec![whose]),
        due: Some((Some(jiff::civil::date(2026, 3, 30)), None)),
        ..Edit::default()
    };
    let make =
        move |tx: &WriteTx<'_>| tasks::create(tx, title.to_owned(), said, Visibility::Household);
    store
        .write(Caller::house("test", "web"), make)
        .await
        .unwrap()
        .id
}

fn memory_kilobytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|it| it.strip_prefix("VmRSS:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// The last message on a topic that says `words`.
async fn heard(listener: &mut Listener, topic: &str, words: &str) -> Value {
    loop {
        let message = listener.next().await;
        if message.topic == topic && message.payload.contains(words) {
            return serde_json::from_str(&message.payload).unwrap();
        }
    }
}

#[test]
fn after_twenty_hours_alone_everybody_hears_once_what_still_matters() {
    output(&mut role::command("mqtt_outage::the_day"));
}

#[tokio::test]
async fn the_day() {
    if !role::is("mqtt_outage::the_day") {
        return;
    }
    let mut day = Day::begin().await;
    let answered = day.fill().await;
    day.outside.cut();
    day.pass(1..=12).await;
    let early = memory_kilobytes();
    day.pass(13..=60).await;
    day.answer(answered).await;
    day.pass(61..=120).await;
    let late = memory_kilobytes();
    assert!(
        late < early + GROWTH_KILOBYTES_MAX,
        "{early} kB grew to {late} kB"
    );
    assert!(day.outside.pushed.lock().unwrap().is_empty());
    while day
        .said
        .next_within(Duration::from_millis(200))
        .await
        .is_some()
    {}

    day.outside.mend();
    let events = day.events(5).await;
    day.pass(121..=144).await;
    day.each_is_told_once().await;
    while let Some(message) = day.said.next_within(Duration::from_millis(500)).await {
        assert_ne!(message.topic, "workmate/reminder", "{message:?}");
    }
    assert_eq!(
        events,
        ["Boiler", "Dentist", "Parcel", "School trip", "Water bill"]
    );
    day.life.stop();
    day.serving.await.unwrap().unwrap();
}

/// A house, everybody outside of it, and a clock by hand.
struct Day {
    outside: Outside,
    clock: Clock,
    store: Store,
    wake: Wake,
    life: Lifecycle,
    serving: tokio::task::JoinHandle<anyhow::Result<workmate::app::Closed>>,
    said: Listener,
    people: [PersonId; 2],
    _broker: Mosquitto,
    _dir: tempfile::TempDir,
}

impl Day {
    /// Anna and Ben live here, and nothing is to be done.
    async fn begin() -> Self {
        crate::process::http();
        let (broker, outside) = (Mosquitto::start(), Outside::default());
        let dir = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.data.dir = dir.path().to_owned();
        config.server.listen = "127.0.0.1:0".parse().unwrap();
        config.household.language = Language::English;
        let port = outside.broker(broker.port);
        config.mqtt.url = format!("mqtt://workmate:secret@127.0.0.1:{port}");
        config.ntfy.url = outside.server().await;
        let clock = Clock::at(MORNING.parse().unwrap());
        let mut said = broker.listen("workmate/#").await;
        let environment = Environment::new();
        let house = House::open(config, &environment, clock.clone());
        let house = house.await.unwrap();
        let (store, wake) = (house.store().clone(), house.wake().clone());
        let life = house.lifecycle().clone();
        let serving = beside(house.serve(|| Ok(Config::default())));
        heard(&mut said, "workmate/summary", r#""open":0"#).await;
        let people = [person(&store, "anna").await, person(&store, "ben").await];
        Self {
            outside,
            clock,
            store,
            wake,
            life,
            serving,
            said,
            people,
            _broker: broker,
            _dir: dir,
        }
    }

    /// Tasks of which the house speaks during the day, one of them tomorrow; the one that is answered
    /// before it could be said.
    async fn fill(&mut self) -> TaskId {
        let [anna, ben] = self.people;
        for (title, whose, hour) in [
            ("Water bill", anna, 8),
            ("School trip", anna, 13),
            ("Dentist", anna, 20),
            ("Boiler", ben, 9),
            ("Parcel", ben, 22),
            ("Rent", ben, 50),
        ] {
            task(&self.store, title, whose, hour).await;
        }
        let answered = task(&self.store, "Answered meanwhile", anna, 10).await;
        self.wake.all();
        heard(&mut self.said, "workmate/summary", r#""open":7"#).await;
        answered
    }

    /// So many times ten minutes since the morning.
    async fn pass(&self, steps: std::ops::RangeInclusive<i64>) {
        let morning: Timestamp = MORNING.parse().unwrap();
        for step in steps {
            self.clock
                .set(morning + SignedDuration::from_mins(step * 10));
            self.wake.all();
            tokio::time::sleep(Duration::from_millis(40)).await;
            // However busy the machine is: the house has spoken of all that was due.
            eventually("the house keeps up", PATIENCE, || async {
                let due = |tx: &ReadTx<'_>| {
                    let is_over = tasks::to_plan(tx, 1)?.is_empty();
                    Ok(is_over && tasks::to_look(tx, tx.now(), 1)?.is_empty())
                };
                let is_over = self.store.read(Viewer::House, due).await.unwrap();
                is_over.then_some(())
            })
            .await;
        }
    }

    async fn answer(&self, task: TaskId) {
        let answer = Answer {
            answer: AnswerKind::Done,
            until: None,
        };
        let at = self.clock.now();
        let write = move |tx: &WriteTx<'_>| tasks::answer(tx, task, &answer, at);
        let caller = Caller::person(self.people[0], "web");
        self.store.write(caller, write).await.unwrap();
    }

    /// The titles of so many events, once the house is heard again and has said how it stands.
    async fn events(&mut self, count: usize) -> Vec<String> {
        let (mut events, mut summary) = (Vec::new(), Value::Null);
        while events.len() < count || summary.is_null() {
            let message = self.said.next_within(PATIENCE).await;
            let message = message.expect("the house is heard again");
            let payload: Value = serde_json::from_str(&message.payload).unwrap_or_default();
            match message.topic.as_str() {
                "workmate/reminder" => events.push(payload["title"].as_str().unwrap().to_owned()),
                "workmate/summary" => summary = payload,
                _ => {}
            }
        }
        assert_eq!(
            (&summary["open"], &summary["overdue"]),
            (&json!(6), &json!(0))
        );
        events.sort();
        events
    }

    /// Each person was sent one message, about what still matters.
    async fn each_is_told_once(&self) {
        eventually("both are told", PATIENCE, || async {
            let told = ["anna", "ben"].map(|it| self.outside.pushed_to(it).len());
            (!told.contains(&0)).then_some(())
        })
        .await;
        for (name, titles) in [
            ("anna", ["Water bill", "School trip", "Dentist"].as_slice()),
            ("ben", ["Boiler", "Parcel"].as_slice()),
        ] {
            let pushed = self.outside.pushed_to(name);
            assert_eq!(pushed.len(), 1, "{pushed:?}");
            let text = pushed[0]["message"].as_str().unwrap();
            for title in titles {
                assert!(text.contains(title), "{text}");
            }
            assert_eq!(text.matches('•').count(), titles.len(), "{text}");
        }
    }
}
