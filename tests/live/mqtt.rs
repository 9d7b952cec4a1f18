//! The MQTT client against a real broker that is killed, restarted and lied to.

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use workmate::connect::SendError;
use workmate::connect::mqtt::{self, Client, Connection, Incoming, Retain, Settings};
use workmate::domain::clock::Clock;
use workmate::domain::id::TaskId;
use workmate::domain::task::AnswerKind;

use crate::mosquitto::{Heard, Mosquitto};
use crate::process::{beside, eventually, free_port};

/// A running client.
struct Connected {
    client: Client,
    incoming: mpsc::Receiver<Incoming>,
    stop: CancellationToken,
    driver: JoinHandle<()>,
}

impl Connected {
    fn with(settings: &Settings) -> Self {
        let (client, driver, incoming) = mqtt::open(settings, Clock::System).unwrap();
        let stop = CancellationToken::new();
        let driver = beside(driver.run(stop.clone()));
        Self {
            client,
            incoming,
            stop,
            driver,
        }
    }

    async fn to(broker: &Mosquitto) -> Self {
        let mut connected = Self::with(&Settings::new(broker.url()));
        connected.is_up().await;
        assert!(matches!(connected.next().await, Incoming::StateWanted));
        connected
    }

    async fn is_up(&self) {
        let mut state = self.client.connection();
        let up = state.wait_for(|it| matches!(it, Connection::Up { .. }));
        tokio::time::timeout(Duration::from_secs(20), up)
            .await
            .expect("in time")
            .unwrap();
    }

    /// Why there is no connection, once it contains `part`.
    async fn is_down_because(&self, part: &str) -> String {
        let mut state = self.client.connection();
        let is_it = |it: &Connection| matches!(it, Connection::Down { reason, .. } if reason.contains(part));
        let waited = tokio::time::timeout(Duration::from_secs(10), state.wait_for(is_it)).await;
        let Ok(Ok(state)) = waited else {
            panic!(
                "never down because of `{part}`: {:?}",
                self.client.connection().borrow()
            );
        };
        match &*state {
            Connection::Down { reason, .. } => reason.clone(),
            Connection::Up { .. } => String::new(),
        }
    }

    async fn next(&mut self) -> Incoming {
        let next = tokio::time::timeout(Duration::from_secs(10), self.incoming.recv());
        next.await
            .expect("something comes in")
            .expect("the driver runs")
    }

    async fn next_answer(&mut self) -> (TaskId, AnswerKind, mqtt::Ack) {
        loop {
            if let Incoming::Answer { task, command, ack } = self.next().await {
                return (task, command.answer, ack);
            }
        }
    }
}

fn task(number: u128) -> TaskId {
    TaskId::new(Timestamp::UNIX_EPOCH, number)
}

fn status(payload: &str, retained: bool) -> Heard {
    Heard {
        retained,
        topic: "workmate/status".to_owned(),
        payload: payload.to_owned(),
    }
}

#[tokio::test]
async fn a_message_is_sent_once_the_broker_has_it() {
    let broker = Mosquitto::start();
    let connected = Connected::to(&broker).await;
    let mut listener = broker.listen("workmate/summary").await;
    let payload = br#"{"open":3}"#.to_vec();
    connected
        .client
        .publish("workmate/summary", payload.clone(), Retain::Yes)
        .await
        .unwrap();
    assert_eq!(listener.next().await.payload, r#"{"open":3}"#);
    let mut late = broker.listen("workmate/summary").await;
    assert!(late.next().await.retained);
}

#[tokio::test]
async fn tls_trusts_the_configured_authority_and_nobody_else() {
    let broker = Mosquitto::start();
    let mut settings = Settings::new(broker.tls_url());
    settings.ca_file = Some(broker.ca_file());
    let trusting = Connected::with(&settings);
    trusting.is_up().await;
    trusting
        .client
        .publish("workmate/x", b"1".to_vec(), Retain::No)
        .await
        .unwrap();

    settings.prefix = "stranger".to_owned();
    let other = Mosquitto::start();
    settings.ca_file = Some(other.ca_file());
    assert!(CertificateDer::from_pem_file(other.ca_file()).is_ok());
    let reason = Connected::with(&settings)
        .is_down_because("authority")
        .await;
    assert!(reason.contains("mqtt.ca_file"), "{reason}");

    // Its certificate is for localhost, not for the number.
    settings.ca_file = Some(broker.ca_file());
    settings.url = settings.url.replace("localhost", "127.0.0.1");
    Connected::with(&settings)
        .is_down_because("for another name")
        .await;
}

#[tokio::test]
async fn what_is_wrong_with_the_connection_is_said_in_words() {
    let broker = Mosquitto::start();
    for (url, part) in [
        (
            broker.url().replace("secret", "wrong"),
            "refuses the user name or the password",
        ),
        (
            broker.url().replace("workmate:secret@", ""),
            "refuses the user name or the password",
        ),
        (
            format!("mqtt://127.0.0.1:{}", free_port()),
            "nothing answers",
        ),
        (
            format!("mqtts://localhost:{}", broker.port),
            "does not speak TLS",
        ),
        (
            "mqtt://no-such-host.invalid".to_owned(),
            "name is not known",
        ),
    ] {
        let mut settings = Settings::new(url);
        settings.ca_file = settings.url.starts_with("mqtts").then(|| broker.ca_file());
        let connected = Connected::with(&settings);
        connected.is_down_because(part).await;
        let refused = connected
            .client
            .publish("workmate/x", Vec::new(), Retain::No)
            .await;
        assert!(
            matches!(refused, Err(SendError::Transient { .. })),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn a_password_may_stand_apart_from_the_address() {
    let broker = Mosquitto::start();
    let mut settings = Settings::new(broker.url().replace(":secret", ""));
    settings.password = Some("secret".to_owned());
    Connected::with(&settings).is_up().await;
}

#[tokio::test]
async fn everybody_hears_when_workmate_comes_dies_and_leaves() {
    let broker = Mosquitto::start();
    let mut listener = broker.listen("workmate/status").await;
    let dying = Connected::to(&broker).await;
    assert_eq!(listener.next().await, status("online", false));
    // The socket closes without a farewell: the broker speaks the last will.
    dying.driver.abort();
    assert_eq!(listener.next().await, status("offline", false));

    let leaving = Connected::to(&broker).await;
    assert_eq!(listener.next().await, status("online", false));
    leaving.stop.cancel();
    leaving.driver.await.unwrap();
    assert_eq!(listener.next().await, status("offline", false));
    let mut late = broker.listen("workmate/status").await;
    assert_eq!(late.next().await, status("offline", true));
}

#[tokio::test]
async fn after_the_broker_was_killed_workmate_says_online_and_listens_again() {
    let mut broker = Mosquitto::start();
    let mut connected = Connected::to(&broker).await;
    broker.kill();
    connected.is_down_because("").await;
    broker.start_again();
    connected.is_up().await;
    assert!(matches!(connected.next().await, Incoming::StateWanted));
    let mut listener = broker.listen("workmate/status").await;
    assert_eq!(listener.next().await, status("online", true));
    broker.say(&format!("workmate/task/{}/set", task(7)), "done", &[]);
    let (answered, answer, ack) = connected.next_answer().await;
    assert_eq!((answered, answer), (task(7), AnswerKind::Done));
    ack.done().await;
}

#[tokio::test]
async fn a_broker_that_comes_late_is_found() {
    let mut broker = Mosquitto::start();
    broker.kill();
    let connected = Connected::with(&Settings::new(broker.url()));
    connected.is_down_because("nothing answers").await;
    broker.start_again();
    connected.is_up().await;
}

#[tokio::test]
async fn two_hundred_messages_into_a_dying_broker_all_find_their_end() {
    let mut broker = Mosquitto::start();
    let connected = Connected::to(&broker).await;
    let publish = |number: u32| {
        let client = connected.client.clone();
        let payload = number.to_string().into_bytes();
        async move {
            client
                .publish("workmate/reminder", payload, Retain::No)
                .await
        }
    };
    let mut outcomes = futures_util::stream::iter(0..200)
        .map(publish)
        .buffer_unordered(40);
    let (mut acknowledged, mut transient) = (0, 0);
    while let Some(outcome) = outcomes.next().await {
        match outcome {
            Ok(()) => acknowledged += 1,
            Err(SendError::Transient { .. }) => transient += 1,
            Err(SendError::Permanent { reason }) => panic!("given up: {reason}"),
        }
        if acknowledged == 60 && transient == 0 {
            broker.kill();
        }
    }
    assert_eq!(acknowledged + transient, 200);
    assert!(
        acknowledged >= 60 && transient > 0,
        "{acknowledged} and {transient}"
    );
    broker.start_again();
    connected.is_up().await;
    connected
        .client
        .publish("workmate/reminder", b"after".to_vec(), Retain::No)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_command_comes_again_until_it_is_stored() {
    let mut broker = Mosquitto::start();
    let mut connected = Connected::to(&broker).await;
    let topic = format!("workmate/task/{}/set", task(1));
    broker.say(&topic, r#"{"answer":"later","until":"2026-12-01"}"#, &[]);
    let (_, answer, ack) = connected.next_answer().await;
    assert_eq!(answer, AnswerKind::Later);
    drop(ack);

    // The one who did not store it dies; the next one gets it, and one that came meanwhile.
    connected.driver.abort();
    eventually(
        "the old connection is gone",
        Duration::from_secs(5),
        || async { connected.driver.is_finished().then_some(()) },
    )
    .await;
    broker.say(&format!("workmate/task/{}/set", task(2)), "done", &[]);
    let mut connected = Connected::with(&Settings::new(broker.url()));
    for number in [1, 2] {
        let (answered, _, ack) = connected.next_answer().await;
        assert_eq!(answered, task(number));
        ack.done().await;
    }

    // Stored and acknowledged: it never comes again, not even from a broker that was killed.
    tokio::time::sleep(Duration::from_secs(2)).await;
    broker.kill();
    connected.is_down_because("").await;
    broker.start_again();
    connected.is_up().await;
    broker.say(&format!("workmate/task/{}/set", task(3)), "done", &[]);
    assert_eq!(connected.next_answer().await.0, task(3));
}

#[tokio::test]
async fn what_is_no_command_is_dropped_and_blocks_nothing() {
    let broker = Mosquitto::start();
    broker.say(&format!("workmate/task/{}/set", task(9)), "done", &["-r"]);
    let mut connected = Connected::to(&broker).await;
    broker.say("workmate/task/none/set", "done", &[]);
    broker.say(&format!("workmate/task/{}/set", task(1)), "perhaps", &[]);
    broker.say(
        &format!("workmate/task/{}/set", task(1)),
        &"x".repeat(100_000),
        &[],
    );
    // More of them than a broker has under way at once: each must have been acknowledged.
    for _ in 0..30 {
        broker.say(&format!("workmate/task/{}/set", task(1)), "", &[]);
    }
    broker.say(&format!("workmate/task/{}/set", task(2)), "not_mine", &[]);
    let (answered, answer, ack) = connected.next_answer().await;
    assert_eq!((answered, answer), (task(2), AnswerKind::NotMine));
    ack.done().await;
}

#[tokio::test]
async fn a_message_too_large_to_be_read_does_not_keep_workmate_out() {
    let broker = Mosquitto::start();
    let mut connected = Connected::to(&broker).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), vec![b'x'; 2_000_000]).unwrap();
    broker.say_file(&format!("workmate/task/{}/set", task(1)), file.path());
    connected.is_down_because("too large").await;
    connected.is_up().await;
    broker.say(&format!("workmate/task/{}/set", task(2)), "done", &[]);
    assert_eq!(connected.next_answer().await.0, task(2));
}

#[tokio::test]
async fn what_can_never_be_sent_is_said_at_once() {
    let broker = Mosquitto::start();
    let connected = Connected::to(&broker).await;
    let client = &connected.client;
    for (topic, size) in [
        ("workmate/+/x", 1),
        ("", 1),
        ("workmate/x", mqtt::PAYLOAD_MAX + 1),
    ] {
        let refused = client.publish(topic, vec![b'x'; size], Retain::No).await;
        assert!(
            matches!(refused, Err(SendError::Permanent { .. })),
            "{topic}: {refused:?}"
        );
    }
    client
        .publish("workmate/x", vec![b'x'; mqtt::PAYLOAD_MAX], Retain::No)
        .await
        .unwrap();
}

#[tokio::test]
async fn the_state_is_asked_for_again_and_again_until_everybody_can_have_heard_it() {
    let broker = Mosquitto::start();
    let mut connected = Connected::to(&broker).await;
    for _ in 0..4 {
        assert!(matches!(connected.next().await, Incoming::FiguresWanted));
    }
    // Who has just started is told everything once it listens, and soon what changes again.
    broker.say("homeassistant/status", "offline", &[]);
    broker.say("homeassistant/status", "online", &[]);
    assert!(matches!(
        connected.next().await,
        Incoming::HomeAssistantStarted
    ));
    assert!(matches!(connected.next().await, Incoming::StateWanted));
    for _ in 0..3 {
        assert!(matches!(connected.next().await, Incoming::FiguresWanted));
    }
}

/// Home Assistant that starts while the figures still are said anew waits for nothing.
#[tokio::test]
async fn a_start_of_home_assistant_is_answered_at_once() {
    let broker = Mosquitto::start();
    let mut connected = Connected::to(&broker).await;
    broker.say("homeassistant/status", "online", &[]);
    assert!(matches!(
        connected.next().await,
        Incoming::HomeAssistantStarted
    ));
    // At most the first of those comes between: three seconds after the connection.
    let mut next = connected.next().await;
    if matches!(next, Incoming::FiguresWanted) {
        next = connected.next().await;
    }
    assert!(matches!(next, Incoming::StateWanted), "{next:?}");
}

#[tokio::test]
async fn a_command_that_could_not_be_stored_is_fetched_again() {
    let broker = Mosquitto::start();
    let mut connected = Connected::to(&broker).await;
    broker.say(&format!("workmate/task/{}/set", task(1)), "done", &[]);
    let (_, _, ack) = connected.next_answer().await;
    drop(ack);
    let (answered, _, ack) = connected.next_answer().await;
    assert_eq!(answered, task(1));
    ack.done().await;
}

#[tokio::test]
async fn a_broker_that_freezes_holds_nobody_for_ever() {
    let broker = Mosquitto::start();
    let connected = Connected::to(&broker).await;
    broker.freeze();
    let begun = Instant::now();
    let sent = connected
        .client
        .publish("workmate/x", b"1".to_vec(), Retain::No)
        .await;
    assert!(matches!(sent, Err(SendError::Transient { .. })), "{sent:?}");
    assert!(begun.elapsed() < mqtt::ACKNOWLEDGED_WITHIN + Duration::from_secs(2));
    broker.thaw();
    connected
        .client
        .publish("workmate/x", b"2".to_vec(), Retain::No)
        .await
        .unwrap();
}
