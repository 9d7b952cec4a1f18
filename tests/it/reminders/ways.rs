//! What becomes of a message whose channel does not take it.

use jiff::SignedDuration;
use workmate::domain::delivery::DeliveryState;
use workmate::domain::presence::Place;
use workmate::store::channels::{self, ChannelState};

use super::*;

const BOTH: [ChannelName; 2] = [ChannelName::Mail, ChannelName::Gotify];

impl Household {
    /// Lets the worker do all there is to do.
    async fn remind(&mut self) {
        let stop = CancellationToken::new();
        while self.remind.turn(&stop).await.unwrap() == Turn::More {}
    }

    /// Lets a channel take, or not take, what waits for it; what that was.
    async fn tries(&mut self, channel: ChannelName, outcome: Outcome) -> Vec<String> {
        let tried = self.store.write(Caller::worker("deliver"), move |tx| {
            let mut tried = Vec::new();
            for waiting in deliveries::waiting(tx, channel, 1000)? {
                let delivery = waiting.delivery.id;
                // None where another has taken its words along meanwhile.
                if let Some(attempt) = deliveries::begin_attempt(tx, delivery)? {
                    deliveries::finish_attempt(tx, delivery, attempt, &outcome)?;
                    tried.push(titles(&waiting.subject));
                }
            }
            Ok(tried)
        });
        tried.await.unwrap()
    }

    /// Nobody is there: again in five seconds.
    async fn fails(&mut self, channel: ChannelName) -> Vec<String> {
        let retry_at = self.clock.now() + SignedDuration::from_secs(5);
        let away = Outcome::Transient {
            reason: "nobody is there".to_owned(),
            retry_at,
        };
        let tried = self.tries(channel, away).await;
        self.clock.set(retry_at);
        tried
    }

    async fn states(&self) -> Vec<ChannelState> {
        let look = |tx: &workmate::store::ReadTx<'_>| channels::states(tx, &BOTH);
        self.store.read(Viewer::House, look).await.unwrap()
    }

    /// What became of all that was meant for people about a task.
    async fn fates(&self, task: TaskId) -> Vec<String> {
        let look = move |tx: &workmate::store::ReadTx<'_>| deliveries::of_task(tx, task, 100);
        let told = self.store.read(Viewer::House, look).await.unwrap();
        let people = told.iter().filter(|it| it.delivery.person.is_some());
        let mut fates: Vec<String> = people
            .map(|it| format!("{} {}", it.delivery.channel, it.delivery.state))
            .collect();
        fates.sort();
        fates
    }
}

#[tokio::test]
async fn a_dead_channel_is_tried_again_and_the_next_one_used_meanwhile() {
    let mut house = Household::at("2026-03-10T10:00");
    let anna = house.person("Anna", |_| {}).await;
    let bill = house.bill_of("water bill", anna).await;
    house.clock.set(moment("2026-03-11T08:00"));
    house.remind().await;
    assert_eq!(house.fails(ChannelName::Mail).await, ["water bill"]);
    house.remind().await;
    let nothing = house.tries(ChannelName::Gotify, Outcome::Delivered).await;
    assert!(nothing.is_empty(), "one failure is an accident");
    assert_eq!(house.fails(ChannelName::Mail).await, ["water bill"]);
    let [mail, gotify] = <[ChannelState; 2]>::try_from(house.states().await).unwrap();
    assert_eq!(mail.failing_since, Some(moment("2026-03-11T08:00")));
    assert_eq!(mail.reason.as_deref(), Some("nobody is there"));
    assert_eq!((mail.waiting, mail.delivered_at), (1, None));
    assert_eq!(mail.next_try_at, Some(house.clock.now()));
    assert_eq!((gotify.failed_at, gotify.waiting), (None, 0));
    house.remind().await;
    house.remind().await;
    let told = house.tries(ChannelName::Gotify, Outcome::Delivered).await;
    assert_eq!(told, ["water bill"]);
    // The mail server is back: Anna has heard of it, and hears of the next by mail.
    let late = house.tries(ChannelName::Mail, Outcome::Delivered).await;
    assert!(late.is_empty(), "{late:?}");
    assert_eq!(
        house.fates(bill).await,
        ["gotify delivered", "mail overtaken"]
    );
    assert_eq!(
        house.told_at("2026-03-16T08:00").await,
        ["Anna by mail: water bill"]
    );
    assert_eq!(house.states().await[0].failing_since, None);
}

#[tokio::test]
async fn what_comes_through_after_all_overtakes_its_stand_in() {
    let mut house = Household::at("2026-03-10T10:00");
    let anna = house.person("Anna", |_| {}).await;
    let bill = house.bill_of("water bill", anna).await;
    house.clock.set(moment("2026-03-11T08:00"));
    house.remind().await;
    house.fails(ChannelName::Mail).await;
    house.fails(ChannelName::Mail).await;
    house.remind().await;
    let told = house.tries(ChannelName::Mail, Outcome::Delivered).await;
    assert_eq!(told, ["water bill"]);
    let told = house.tries(ChannelName::Gotify, Outcome::Delivered).await;
    assert!(told.is_empty(), "{told:?}");
    let gotify = format!("gotify {}", DeliveryState::Overtaken);
    assert_eq!(house.fates(bill).await, [gotify.as_str(), "mail delivered"]);
}

#[tokio::test]
async fn an_address_that_is_refused_for_good_is_told_another_way_at_once() {
    let mut house = Household::at("2026-03-10T10:00");
    let anna = house.person("Anna", |_| {}).await;
    let bill = house.bill_of("water bill", anna).await;
    house.clock.set(moment("2026-03-11T08:00"));
    house.remind().await;
    let reason = "no such mailbox".to_owned();
    house
        .tries(ChannelName::Mail, Outcome::Permanent { reason })
        .await;
    house.remind().await;
    let told = house.tries(ChannelName::Gotify, Outcome::Delivered).await;
    assert_eq!(told, ["water bill"]);
    assert_eq!(house.fates(bill).await, ["gotify delivered", "mail failed"]);
    let mail = house.states().await.swap_remove(0);
    assert_eq!(mail.failing_since, None, "others are reached");
    assert_eq!(mail.reason.as_deref(), Some("no such mailbox"));
}

#[tokio::test]
async fn who_is_told_the_same_elsewhere_or_has_no_other_way_is_not_told_twice() {
    let mut house = Household::at("2026-03-10T10:00");
    let anna = house
        .person("Anna", |manner| {
            manner.ways = BOTH.to_vec();
        })
        .await;
    let ben = house.person("Ben", |manner| manner.loud.clear()).await;
    let annas = house.bill_of("water bill", anna).await;
    let bens = house.bill_of("rent", ben).await;
    house.clock.set(moment("2026-03-11T08:00"));
    house.remind().await;
    let told = house.tries(ChannelName::Gotify, Outcome::Delivered).await;
    assert_eq!(told, ["water bill"]);
    house.fails(ChannelName::Mail).await;
    house.fails(ChannelName::Mail).await;
    house.remind().await;
    assert_eq!(
        house.fates(annas).await,
        ["gotify delivered", "mail waiting"]
    );
    assert_eq!(house.fates(bens).await, ["mail waiting"]);
}

#[tokio::test]
async fn the_question_about_late_tasks_goes_another_way_too() {
    let mut house = Household::at("2026-03-10T10:00");
    let anna = house.person("Anna", |_| {}).await;
    let bill = house.bill_of("water bill", anna).await;
    let ask = move |tx: &WriteTx<'_>| {
        let to = Recipient::Person(anna);
        deliveries::intend_digest(tx, &[bill], to, ("mail", tx.now()))
    };
    let asked = house.store.write(Caller::worker("remind"), ask).await;
    asked.unwrap();
    assert_eq!(house.fails(ChannelName::Mail).await, ["digest of 1"]);
    assert_eq!(house.fails(ChannelName::Mail).await, ["digest of 1"]);
    house.remind().await;
    // It is told on one other way, not on that way again and again.
    assert_eq!(house.fails(ChannelName::Gotify).await, ["digest of 1"]);
    assert_eq!(house.fails(ChannelName::Gotify).await, ["digest of 1"]);
    house.remind().await;
    let told = house.tries(ChannelName::Gotify, Outcome::Delivered).await;
    assert_eq!(told, ["digest of 1"]);
    let late = house.tries(ChannelName::Mail, Outcome::Delivered).await;
    assert!(late.is_empty(), "{late:?}");
}

#[tokio::test]
async fn what_waits_until_somebody_leaves_is_not_drawn_into_another_message() {
    let mut house = Household::at("2026-03-10T10:00");
    let anna = house.person("Anna", |_| {}).await;
    house.bill_of("library books", anna).await;
    house.clock.set(moment("2026-03-11T08:00"));
    house.remind().await;
    let keep = |tx: &WriteTx<'_>| {
        let waiting = deliveries::waiting(tx, ChannelName::Mail, 10)?;
        let until = moment("2026-03-11T18:00");
        deliveries::hold(tx, (waiting[0].delivery.id, 1), Place::Leaving, until)
    };
    let held = house.store.write(Caller::worker("remind"), keep).await;
    held.unwrap();
    house.bill_of("rent", anna).await;
    // What comes within a minute after a message is the next message.
    house.clock.set(moment("2026-03-11T08:05"));
    house.remind().await;
    let told = house.tries(ChannelName::Mail, Outcome::Delivered).await;
    assert_eq!(told, ["rent"]);
    let leave = move |tx: &WriteTx<'_>| deliveries::release(tx, anna, Place::Leaving);
    let released = house.store.write(Caller::worker("take_taps"), leave).await;
    assert_eq!(released.unwrap(), 1);
    let told = house.tries(ChannelName::Mail, Outcome::Delivered).await;
    assert_eq!(told, ["library books"]);
}

#[tokio::test]
async fn what_could_not_be_said_goes_along_with_the_next_message() {
    let mut house = Household::at("2026-03-10T10:00");
    let anna = house.person("Anna", |_| {}).await;
    house.bill_of("water bill", anna).await;
    house.clock.set(moment("2026-03-11T08:00"));
    house.remind().await;
    assert_eq!(house.fails(ChannelName::Mail).await, ["water bill"]);
    house.bill_of("rent", anna).await;
    house.clock.set(moment("2026-03-11T08:05"));
    house.remind().await;
    let told = house.tries(ChannelName::Mail, Outcome::Delivered).await;
    assert_eq!(told, ["rent, water bill"]);
}

#[tokio::test]
async fn what_is_being_tried_while_the_next_message_comes_joins_it_when_it_fails() {
    let mut house = Household::at("2026-03-10T10:00");
    let anna = house.person("Anna", |_| {}).await;
    house.bill_of("water bill", anna).await;
    house.clock.set(moment("2026-03-11T08:00"));
    house.remind().await;
    let try_first = |tx: &WriteTx<'_>| {
        let waiting = deliveries::waiting(tx, ChannelName::Mail, 10)?;
        let delivery = waiting[0].delivery.id;
        Ok((delivery, deliveries::begin_attempt(tx, delivery)?.unwrap()))
    };
    let begun = house
        .store
        .write(Caller::worker("deliver"), try_first)
        .await;
    let (delivery, attempt) = begun.unwrap();
    house.bill_of("rent", anna).await;
    house.clock.set(moment("2026-03-11T08:05"));
    house.remind().await;
    let away = Outcome::Transient {
        reason: "nobody is there".to_owned(),
        retry_at: moment("2026-03-11T08:06"),
    };
    let fail = move |tx: &WriteTx<'_>| deliveries::finish_attempt(tx, delivery, attempt, &away);
    let failed = house.store.write(Caller::worker("deliver"), fail).await;
    failed.unwrap();
    let told = house.tries(ChannelName::Mail, Outcome::Delivered).await;
    assert_eq!(told, ["rent, water bill"]);
    house.clock.set(moment("2026-03-11T08:10"));
    let later = house.tries(ChannelName::Mail, Outcome::Delivered).await;
    assert!(later.is_empty(), "{later:?}");
}
