//! The MQTT client against a broker that misbehaves: each way has its words, and nobody waits for
//! ever.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use workmate::connect::SendError;
use workmate::connect::mqtt::{self, Client, Connection, Retain, Settings};
use workmate::domain::clock::Clock;

const WELCOME: [u8; 4] = [0x20, 2, 0, 0];

/// A broker that does to each connection what `behave` says.
fn broker(behave: impl Fn(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || listener.incoming().map_while(Result::ok).for_each(behave));
    format!("mqtt://{address}")
}

/// The type of the next packet and its body, which is shorter than 128 bytes.
fn packet(stream: &mut TcpStream) -> (u8, Vec<u8>) {
    let mut head = [0; 2];
    if stream.read_exact(&mut head).is_err() {
        return (0, Vec::new());
    }
    let mut body = vec![0; usize::from(head[1])];
    stream.read_exact(&mut body).unwrap();
    (head[0] >> 4, body)
}

/// Confirms three subscriptions with `code`.
fn confirm_subscriptions(stream: &mut TcpStream, code: u8) {
    let (kind, body) = packet(stream);
    assert_eq!(kind, 8, "a subscription");
    stream
        .write_all(&[0x90, 5, body[0], body[1], code, code, code])
        .unwrap();
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test has no lifecycle to spawn by"
)]
fn client(url: &str) -> Client {
    let (client, driver, incoming) = mqtt::open(&Settings::new(url), Clock::System).unwrap();
    tokio::spawn(async move {
        driver.run(CancellationToken::new()).await;
        drop(incoming);
    });
    client
}

async fn reason(client: &Client, part: &str) {
    let mut state = client.connection();
    let is_it =
        |it: &Connection| matches!(it, Connection::Down { reason, .. } if reason.contains(part));
    let waited = tokio::time::timeout(Duration::from_secs(10), state.wait_for(is_it)).await;
    assert!(
        waited.is_ok(),
        "not `{part}` but {:?}",
        client.connection().borrow()
    );
}

async fn up(client: &Client) {
    let mut state = client.connection();
    let up = state.wait_for(|it| matches!(it, Connection::Up { .. }));
    tokio::time::timeout(Duration::from_secs(10), up)
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn each_refusal_of_a_broker_has_its_words() {
    for (code, part) in [
        (1, "MQTT 3.1.1"),
        (2, "mqtt.prefix"),
        (3, "busy"),
        (4, "password"),
        (5, "password"),
    ] {
        let url = broker(move |mut stream| {
            packet(&mut stream);
            stream.write_all(&[0x20, 2, 0, code]).unwrap();
        });
        reason(&client(&url), part).await;
    }
}

#[tokio::test]
async fn what_speaks_something_else_is_no_broker() {
    let web = broker(|mut stream| {
        packet(&mut stream);
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .unwrap();
    });
    reason(&client(&web), "does it speak MQTT?").await;
    let closed = broker(|mut stream| {
        packet(&mut stream);
    });
    reason(&client(&closed), "closed the connection").await;
    let wrong = broker(|mut stream| {
        packet(&mut stream);
        stream.write_all(&[0xd0, 0]).unwrap();
    });
    reason(&client(&wrong), "does not speak MQTT").await;
}

#[tokio::test]
async fn a_broker_that_lets_nobody_listen_still_takes_reminders() {
    let url = broker(|mut stream| {
        packet(&mut stream);
        stream.write_all(&WELCOME).unwrap();
        confirm_subscriptions(&mut stream, 0x80);
        loop {
            let (kind, body) = packet(&mut stream);
            if kind != 3 {
                return;
            }
            let topic = usize::from(body[1]);
            stream
                .write_all(&[0x40, 2, body[topic + 2], body[topic + 3]])
                .unwrap();
        }
    });
    let client = client(&url);
    up(&client).await;
    client
        .publish("workmate/reminder", b"{}".to_vec(), Retain::No)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_confirmation_that_nobody_asked_for_ends_the_connection_and_every_wait() {
    let url = broker(|mut stream| {
        packet(&mut stream);
        stream.write_all(&WELCOME).unwrap();
        confirm_subscriptions(&mut stream, 1);
        // `online`, then the reminder: another number is confirmed than either of theirs.
        packet(&mut stream);
        packet(&mut stream);
        stream.write_all(&[0x40, 2, 0, 99]).unwrap();
        packet(&mut stream);
    });
    let client = client(&url);
    up(&client).await;
    let sent = client
        .publish("workmate/reminder", b"{}".to_vec(), Retain::No)
        .await;
    assert!(matches!(sent, Err(SendError::Transient { .. })), "{sent:?}");
    reason(&client, "makes no sense").await;
}
