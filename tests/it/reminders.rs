//! When the house speaks, with a clock that the test moves.

mod series;
mod ways;

use jiff::Timestamp;
use jiff::civil::{date, time};
use jiff::tz::TimeZone;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use workmate::domain::clock::Clock;
use workmate::domain::deadline::Region;
use workmate::domain::delivery::ChannelName;
use workmate::domain::document::Visibility;
use workmate::domain::escalation::{Away, Recipient};
use workmate::domain::hours::Quiet;
use workmate::domain::id::{PersonId, TaskId};
use workmate::domain::ladder::Ladders;
use workmate::domain::manner::Manner;
use workmate::domain::reminder;
use workmate::domain::task::{Answer, AnswerKind};
use workmate::store::deliveries::{self, Outcome, Subject};
use workmate::store::tasks::{self, Edit};
use workmate::store::{Caller, Store, Viewer, WriteTx, manners, people};
use workmate::work::remind::{Remind, Speech};
use workmate::work::{Turn, Wake, Worker};

/// A store, a clock by hand and the worker that reminds.
struct Household {
    dir: TempDir,
    clock: Clock,
    store: Store,
    remind: Remind,
}

fn berlin() -> TimeZone {
    TimeZone::get("Europe/Berlin").unwrap()
}

fn moment(local: &str) -> Timestamp {
    let local: jiff::civil::DateTime = local.parse().unwrap();
    local.to_zoned(berlin()).unwrap().timestamp()
}

impl Household {
    fn at(local: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::at(moment(local));
        let store = Store::open(dir.path(), clock.clone()).unwrap();
        let remind = Self::worker(&store);
        Self {
            dir,
            clock,
            store,
            remind,
        }
    }

    fn worker(store: &Store) -> Remind {
        let morning = time(8, 0, 0, 0);
        let speech = Speech {
            zone: berlin(),
            region: Region::new("DE"),
            ladders: Ladders::standard(morning),
            morning,
            channels: vec![ChannelName::Mqtt, ChannelName::Mail, ChannelName::Gotify],
            followed: Vec::new(),
        };
        Remind::new(store.clone(), Wake::default(), speech)
    }

    /// Ends the process and starts it again on the same data.
    fn restart(mut self) -> Self {
        self.store.close();
        drop(self.remind);
        drop(self.store);
        self.store = Store::open(self.dir.path(), self.clock.clone()).unwrap();
        self.remind = Self::worker(&self.store);
        self
    }

    async fn task(&self, title: &str, due: jiff::civil::Date) -> TaskId {
        let said = Edit {
            due: Some((Some(due), None)),
            ..Edit::default()
        };
        self.make(title, said).await
    }

    async fn make(&self, title: &str, said: Edit) -> TaskId {
        let (title, all) = (title.to_owned(), Visibility::Household);
        let make = move |tx: &WriteTx<'_>| tasks::create(tx, title, said, all);
        let caller = Caller::house("anna", "web");
        self.store.write(caller, make).await.unwrap().id
    }

    /// Lets the worker do all there is to do, takes what it wants said, and says it.
    async fn said(&mut self) -> Vec<String> {
        let stop = CancellationToken::new();
        while self.remind.turn(&stop).await.unwrap() == Turn::More {}
        let said = self.store.write(Caller::worker("deliver"), |tx| {
            let mut said = Vec::new();
            for waiting in deliveries::waiting(tx, ChannelName::Mqtt, 1000)? {
                let delivery = waiting.delivery.id;
                let attempt = deliveries::begin_attempt(tx, delivery)?.unwrap();
                deliveries::finish_attempt(tx, delivery, attempt, &Outcome::Delivered)?;
                said.push(event(&waiting.subject));
            }
            Ok(said)
        });
        said.await.unwrap()
    }

    /// What is said at `local`, once the clock has got there.
    async fn said_at(&mut self, local: &str) -> Vec<String> {
        self.clock.set(moment(local));
        self.said().await
    }

    async fn answer(&self, task: TaskId, answer: AnswerKind) {
        let answer = Answer {
            answer,
            until: None,
        };
        let caller = Caller::house("anna", "web");
        let answered = self.store.write(caller, move |tx| {
            let morning = reminder::next_morning(tx.now(), time(8, 0, 0, 0), &berlin());
            tasks::answer(tx, task, &answer, morning)
        });
        answered.await.unwrap();
    }
}

/// What an event says: it is about one task.
fn event(subject: &Subject) -> String {
    match subject {
        Subject::Tasks(spoken) => match spoken.as_slice() {
            [one] => format!("{} {}", one.level, one.task.title),
            several => panic!("an event is about one task: {several:?}"),
        },
        Subject::Digest { tasks } => format!("digest of {}", tasks.len()),
        Subject::Test => "test".to_owned(),
    }
}

/// What a message for a person is about, in the order of the alphabet.
fn titles(subject: &Subject) -> String {
    let Subject::Tasks(spoken) = subject else {
        return event(subject);
    };
    let mut titles: Vec<&str> = spoken.iter().map(|it| it.task.title.as_str()).collect();
    titles.sort_unstable();
    titles.join(", ")
}

#[tokio::test]
async fn a_bill_is_spoken_of_louder_and_louder_until_it_is_done() {
    let mut house = Household::at("2026-03-01T10:00");
    let bill = house.task("water bill", date(2026, 3, 18)).await;
    assert!(house.said().await.is_empty());
    assert!(house.said_at("2026-03-11T07:59").await.is_empty());
    assert_eq!(house.said_at("2026-03-11T08:00").await, ["info water bill"]);
    assert!(house.said_at("2026-03-11T20:00").await.is_empty());
    assert_eq!(
        house.said_at("2026-03-16T08:00").await,
        ["warning water bill"]
    );
    assert_eq!(
        house.said_at("2026-03-17T08:00").await,
        ["urgent water bill"]
    );
    assert_eq!(
        house.said_at("2026-03-18T08:00").await,
        ["urgent water bill"]
    );
    assert_eq!(
        house.said_at("2026-03-19T08:00").await,
        ["overdue water bill"]
    );
    house.answer(bill, AnswerKind::Done).await;
    assert!(house.said_at("2026-03-20T08:00").await.is_empty());
}

#[tokio::test]
async fn later_is_the_next_morning() {
    let mut house = Household::at("2026-03-17T09:00");
    let bill = house.task("water bill", date(2026, 3, 18)).await;
    assert_eq!(house.said().await, ["urgent water bill"]);
    house.answer(bill, AnswerKind::Later).await;
    assert!(house.said_at("2026-03-17T23:00").await.is_empty());
    assert_eq!(house.said_at("2026-03-18T08:00").await.len(), 1);
    assert!(house.said_at("2026-03-18T08:01").await.is_empty());
}

#[tokio::test]
async fn the_morning_is_kept_when_summer_time_begins_and_when_it_ends() {
    let mut house = Household::at("2026-03-27T12:00");
    house.task("spring", date(2026, 3, 30)).await;
    house.said().await;
    assert_eq!(house.said_at("2026-03-28T08:00").await, ["warning spring"]);
    // In the night to 29 March the clock goes from 02:00 to 03:00.
    assert!(house.said_at("2026-03-29T07:59").await.is_empty());
    assert_eq!(house.said_at("2026-03-29T08:00").await, ["urgent spring"]);
    let mut house = Household::at("2026-10-23T12:00");
    house.task("autumn", date(2026, 10, 26)).await;
    house.said().await;
    assert_eq!(house.said_at("2026-10-24T08:00").await, ["warning autumn"]);
    // In the night to 25 October the clock goes from 03:00 back to 02:00.
    assert!(house.said_at("2026-10-25T07:59").await.is_empty());
    assert_eq!(house.said_at("2026-10-25T08:00").await, ["urgent autumn"]);
    assert!(house.said_at("2026-10-25T09:00").await.is_empty());
}

#[tokio::test]
async fn nobody_is_reminded_before_the_clock_is_set() {
    let mut house = Household::at("1970-01-01T00:00");
    house.task("old", date(2026, 3, 18)).await;
    assert!(house.said().await.is_empty());
    assert!(house.said_at("1970-01-02T00:00").await.is_empty());
    assert_eq!(house.said_at("2026-03-17T09:00").await, ["urgent old"]);
}

#[tokio::test]
async fn what_a_jump_of_forty_days_missed_is_said_once() {
    let mut house = Household::at("2026-03-01T10:00");
    house.task("water bill", date(2026, 3, 18)).await;
    house.task("rent", date(2026, 3, 25)).await;
    house.said().await;
    let said = house.said_at("2026-04-10T10:00").await;
    assert_eq!(
        said,
        ["overdue water bill", "overdue rent"].map(String::from)
    );
    assert!(house.said_at("2026-04-10T10:01").await.is_empty());
}

#[tokio::test]
async fn a_clock_that_goes_back_repeats_nothing() {
    let mut house = Household::at("2026-03-01T10:00");
    house.task("water bill", date(2026, 3, 18)).await;
    house.said().await;
    assert_eq!(
        house.said_at("2026-03-16T08:00").await,
        ["warning water bill"]
    );
    assert!(house.said_at("2026-03-11T08:00").await.is_empty());
    let mut house = house.restart();
    assert!(house.said_at("2026-03-11T08:00").await.is_empty());
    assert!(house.said_at("2026-03-16T08:00").await.is_empty());
    assert_eq!(
        house.said_at("2026-03-17T08:00").await,
        ["urgent water bill"]
    );
}

#[tokio::test]
async fn after_days_without_a_broker_one_message_is_left() {
    let mut house = Household::at("2026-03-16T10:00");
    house.task("water bill", date(2026, 3, 18)).await;
    let stop = CancellationToken::new();
    for day in [
        "2026-03-17T08:00",
        "2026-03-18T08:00",
        "2026-03-19T08:00",
        "2026-03-20T08:00",
    ] {
        house.clock.set(moment(day));
        while house.remind.turn(&stop).await.unwrap() == Turn::More {}
    }
    assert_eq!(house.said().await, ["overdue water bill"]);
}

#[tokio::test]
async fn a_moment_that_a_person_chose_is_kept() {
    let mut house = Household::at("2026-03-01T10:00");
    let said = Edit {
        remind_at: Some(vec![moment("2026-03-02T17:30")]),
        ..Edit::default()
    };
    house.make("call the plumber", said).await;
    assert!(house.said_at("2026-03-02T17:29").await.is_empty());
    assert_eq!(
        house.said_at("2026-03-02T17:30").await,
        ["warning call the plumber"]
    );
}

#[tokio::test]
async fn the_journal_of_all_this_is_unbroken() {
    let mut house = Household::at("2026-03-01T10:00");
    let bill = house.task("water bill", date(2026, 3, 18)).await;
    house.said_at("2026-03-11T08:00").await;
    house.answer(bill, AnswerKind::Done).await;
    let verification = house
        .store
        .read(Viewer::House, workmate::store::journal::verify)
        .await
        .unwrap();
    assert_eq!(verification.entries, 3);
    assert_eq!(verification.broken, None);
}

impl Household {
    /// A person who is told by mail, and loudly by Gotify.
    async fn person(&self, name: &'static str, change: impl FnOnce(&mut Manner)) -> PersonId {
        let mut manner = Manner {
            ways: vec![ChannelName::Mail],
            loud: vec![ChannelName::Gotify],
            ..Manner::default()
        };
        let address = format!("{name}@example.org");
        manner.addresses.insert(ChannelName::Mail, address);
        change(&mut manner);
        let add = move |tx: &WriteTx<'_>| {
            let person = people::create(tx, name, "no password", None)?;
            manners::set(tx, person.id, &manner)?;
            Ok(person.id)
        };
        let added = self
            .store
            .write(Caller::house("test", "command"), add)
            .await;
        added.unwrap()
    }

    /// What people are told at `local`: who, on which way, about what.
    async fn told_at(&mut self, local: &str) -> Vec<String> {
        self.clock.set(moment(local));
        let stop = CancellationToken::new();
        while self.remind.turn(&stop).await.unwrap() == Turn::More {}
        let told = self.store.write(Caller::worker("deliver"), |tx| {
            let mut told = Vec::new();
            for channel in [ChannelName::Mail, ChannelName::Gotify] {
                for waiting in deliveries::waiting(tx, channel, 1000)? {
                    let delivery = &waiting.delivery;
                    let attempt = deliveries::begin_attempt(tx, delivery.id)?.unwrap();
                    deliveries::finish_attempt(tx, delivery.id, attempt, &Outcome::Delivered)?;
                    let name = people::by_id(tx, delivery.person.unwrap())?.name;
                    let titles = titles(&waiting.subject);
                    told.push(format!("{name} by {channel}: {titles}"));
                }
            }
            Ok(told)
        });
        told.await.unwrap()
    }

    async fn bill_of(&self, title: &str, anna: PersonId) -> TaskId {
        let said = Edit {
            due: Some((Some(date(2026, 3, 18)), None)),
            assignees: Some(vec![anna]),
            ..Edit::default()
        };
        self.make(title, said).await
    }
}

#[tokio::test]
async fn who_does_not_answer_is_asked_louder_and_then_somebody_else() {
    let mut house = Household::at("2026-03-10T10:00");
    let anna = house.person("Anna", |_| {}).await;
    house.person("Ben", |_| {}).await;
    let bill = house.bill_of("water bill", anna).await;
    assert_eq!(
        house.told_at("2026-03-11T08:00").await,
        ["Anna by mail: water bill"]
    );
    assert!(
        house.told_at("2026-03-11T20:00").await.is_empty(),
        "info is not raised"
    );
    assert_eq!(
        house.told_at("2026-03-17T08:00").await,
        ["Anna by mail: water bill"]
    );
    assert!(house.told_at("2026-03-17T09:59").await.is_empty());
    assert_eq!(
        house.told_at("2026-03-17T10:00").await,
        ["Anna by gotify: water bill"]
    );
    assert_eq!(
        house.told_at("2026-03-17T18:00").await,
        ["Ben by mail: water bill"]
    );
    let known = move |tx: &WriteTx<'_>| tasks::acknowledge(tx, bill);
    house
        .store
        .write(Caller::house("ben", "web"), known)
        .await
        .unwrap();
    assert!(
        house.told_at("2026-03-17T21:00").await.is_empty(),
        "Ben knows"
    );
    house = house.restart();
    house.answer(bill, AnswerKind::Done).await;
    assert!(house.told_at("2026-03-19T12:00").await.is_empty());
}

#[tokio::test]
async fn a_night_is_quiet_and_a_deputy_stands_in() {
    let mut house = Household::at("2026-03-10T10:00");
    let anna = house
        .person("Anna", |manner| {
            manner.quiet = Some(Quiet {
                from: time(7, 0, 0, 0),
                until: time(9, 30, 0, 0),
                broken_by: None,
            });
        })
        .await;
    house.bill_of("water bill", anna).await;
    assert!(
        house.told_at("2026-03-11T08:00").await.is_empty(),
        "Anna sleeps"
    );
    assert_eq!(
        house.told_at("2026-03-11T09:30").await,
        ["Anna by mail: water bill"]
    );
    let ben = house.person("Ben", |_| {}).await;
    let away = move |tx: &WriteTx<'_>| {
        let mut manner = manners::of(tx, anna)?;
        manner.away.push(Away {
            from: moment("2026-03-15T00:00"),
            until: moment("2026-03-25T00:00"),
            deputy: Some(ben),
        });
        manners::set(tx, anna, &manner)
    };
    house
        .store
        .write(Caller::house("anna", "web"), away)
        .await
        .unwrap();
    assert_eq!(
        house.told_at("2026-03-16T08:00").await,
        ["Ben by mail: water bill"]
    );
}

#[tokio::test]
async fn what_is_private_is_told_to_nobody_else_however_long_it_stays_unanswered() {
    let mut house = Household::at("2026-03-10T10:00");
    let anna = house.person("Anna", |_| {}).await;
    house.person("Ben", |_| {}).await;
    let said = Edit {
        due: Some((Some(date(2026, 3, 18)), None)),
        ..Edit::default()
    };
    let own = Visibility::Persons(vec![anna]);
    let make =
        move |tx: &WriteTx<'_>| tasks::create(tx, "the present for Ben".to_owned(), said, own);
    let caller = Caller::person(anna, "web");
    house.store.write(caller, make).await.unwrap();
    let mut told = Vec::new();
    for moment in [
        "2026-03-17T08:00",
        "2026-03-17T10:00",
        "2026-03-17T18:00",
        "2026-03-17T20:00",
    ] {
        told.extend(house.told_at(moment).await);
    }
    assert!(told.iter().all(|it| it.starts_with("Anna")), "{told:?}");
    assert!(!told.is_empty());
}

#[tokio::test]
async fn five_reminders_of_one_minute_are_one_message_and_events_stay_single() {
    let mut house = Household::at("2026-03-10T10:00");
    let anna = house.person("Anna", |_| {}).await;
    for number in 1..=5 {
        house.bill_of(&format!("bill {number}"), anna).await;
    }
    house.clock.set(moment("2026-03-11T08:00"));
    assert_eq!(house.said().await.len(), 5, "events");
    let told = house.told_at("2026-03-11T08:00").await;
    assert_eq!(
        told,
        ["Anna by mail: bill 1, bill 2, bill 3, bill 4, bill 5"]
    );
}
