//! The client of Home Assistant's own API against a server that misbehaves: each way has its words,
//! nobody waits for ever, and a token that is not known is shown no second time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use data_encoding::BASE64;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use workmate::connect::SendError;
use workmate::connect::home_assistant::socket::{
    self, Client, Connection, Incoming, Settings, check,
};
use workmate::connect::http::Http;
use workmate::domain::clock::Clock;

use crate::process::{beside, eventually};

const PATIENCE: Duration = Duration::from_secs(20);

/// One connection, as a server sees it.
struct Line(TcpStream);

impl Line {
    /// Opens a WebSocket.
    async fn open(mut stream: TcpStream) -> Self {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(stream.read_u8().await.unwrap());
        }
        let request = String::from_utf8(request).unwrap();
        assert!(
            request.starts_with("GET /api/websocket HTTP/1.1"),
            "{request}"
        );
        let key = request
            .lines()
            .find_map(|it| it.strip_prefix("sec-websocket-key: "));
        let key = key.unwrap_or_else(|| panic!("no key: {request}"));
        let text = format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
        let hash = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Accept: {}\r\n\r\n",
            BASE64.encode(hash.as_ref())
        );
        stream.write_all(answer.as_bytes()).await.unwrap();
        Self(stream)
    }

    async fn say(&mut self, message: &Value) {
        let text = message.to_string();
        let length = u16::try_from(text.len()).unwrap();
        let mut frame = vec![0x81, 126];
        frame.extend(length.to_be_bytes());
        frame.extend(text.as_bytes());
        self.0.write_all(&frame).await.unwrap();
    }

    /// The next message; `None` where the client is gone.
    async fn hear(&mut self) -> Option<Value> {
        let opcode = self.0.read_u8().await.ok()?;
        let short = self.0.read_u8().await.ok()? & 0x7f;
        let length = match short {
            126 => usize::from(self.0.read_u16().await.ok()?),
            short => usize::from(short),
        };
        let mut mask = [0; 4];
        self.0.read_exact(&mut mask).await.ok()?;
        let mut bytes = vec![0; length];
        self.0.read_exact(&mut bytes).await.ok()?;
        for (byte, mask) in bytes.iter_mut().zip(mask.iter().cycle()) {
            *byte ^= mask;
        }
        assert_eq!(opcode, 0x81);
        serde_json::from_slice(&bytes).ok()
    }

    /// Lets the client in.
    async fn welcome(&mut self) {
        self.say(&json!({"type": "auth_required", "ha_version": "2026.2.3"}))
            .await;
        let shown = self.hear().await.unwrap();
        assert_eq!(
            shown,
            json!({"type": "auth", "access_token": "quite secret"})
        );
        self.say(&json!({"type": "auth_ok", "ha_version": "2026.2.3"}))
            .await;
    }

    /// Answers pings and subscriptions; the next call.
    async fn call(&mut self) -> Option<Value> {
        loop {
            let said = self.hear().await?;
            let id = said["id"].clone();
            match said["type"].as_str()? {
                "ping" => self.say(&json!({"id": id, "type": "pong"})).await,
                "subscribe_events" => {
                    self.say(&json!({"id": id, "type": "result", "success": true}))
                        .await;
                }
                _ => return Some(said),
            }
        }
    }
}

/// A server that does to each connection, counted from 0, what `behave` says.
async fn server<F>(
    behave: impl Fn(usize, TcpStream) -> F + Send + 'static,
) -> (Settings, Arc<AtomicUsize>)
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    drop(beside(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let number = counted.fetch_add(1, Ordering::SeqCst);
            drop(beside(behave(number, stream)));
        }
    }));
    let settings = Settings {
        http: Http::new("127.0.0.1:1".parse().unwrap()),
        url: url.parse().unwrap(),
        token: "quite secret".to_owned(),
        entities: Vec::new(),
        list: None,
        patience: Duration::from_secs(1),
    };
    (settings, count)
}

fn client(settings: Settings) -> (Client, mpsc::Receiver<Incoming>) {
    let (client, driver, incoming) = socket::open(settings, Clock::System);
    drop(beside(driver.run(CancellationToken::new())));
    (client, incoming)
}

async fn until(client: &Client, is_it: impl Fn(&Connection) -> bool) -> Connection {
    let mut connection = client.connection();
    let waited = tokio::time::timeout(PATIENCE, connection.wait_for(is_it)).await;
    waited.expect("in time").unwrap().clone()
}

fn is_up(it: &Connection) -> bool {
    matches!(it, Connection::Up { .. })
}

fn is_transient(answer: &Result<Value, SendError>) -> bool {
    matches!(answer, Err(SendError::Transient { .. }))
}

#[tokio::test]
async fn a_token_that_is_not_known_is_said_and_not_shown_again_and_again() {
    let (settings, count) = server(|_, stream| async {
        let mut line = Line::open(stream).await;
        line.say(&json!({"type": "auth_required"})).await;
        line.hear().await;
        line.say(&json!({"type": "auth_invalid", "message": "Invalid access token"}))
            .await;
    })
    .await;
    assert!(!format!("{settings:?}").contains("secret"));
    let refused = check(&settings).await.unwrap_err();
    assert!(matches!(&refused, SendError::Permanent { reason } if reason.contains("token")));
    let (client, _incoming) = client(settings);
    until(&client, |it| matches!(it, Connection::Refused { .. })).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(count.load(Ordering::SeqCst), 2, "the check, and one try");
    assert!(is_transient(&client.ask(json!({"type": "ping"})).await));
}

#[tokio::test]
async fn a_call_that_is_not_answered_ends_and_others_go_on() {
    let (settings, _) = server(|_, stream| async {
        let mut line = Line::open(stream).await;
        line.welcome().await;
        while let Some(call) = line.call().await {
            if call["type"] == "get_config" {
                let result =
                    json!({"id": call["id"], "type": "result", "success": true, "result": 7});
                line.say(&result).await;
            }
        }
    })
    .await;
    let (client, _incoming) = client(settings);
    until(&client, is_up).await;
    assert!(is_transient(&client.ask(json!({"type": "hang"})).await));
    assert_eq!(
        client.ask(json!({"type": "get_config"})).await,
        Ok(json!(7))
    );
}

#[tokio::test]
async fn a_connection_that_drops_ends_its_calls_and_comes_back() {
    let (settings, count) = server(|number, stream| async move {
        let mut line = Line::open(stream).await;
        line.welcome().await;
        while let Some(call) = line.call().await {
            if number == 0 {
                return;
            }
            let code = json!({"code": "service_validation_error", "message": "Milk"});
            line.say(&json!({"id": call["id"], "type": "result", "success": false, "error": code}))
                .await;
        }
    })
    .await;
    let (client, mut incoming) = client(Settings {
        patience: PATIENCE,
        ..settings
    });
    until(&client, is_up).await;
    let began = std::time::Instant::now();
    assert!(is_transient(&client.ask(json!({"type": "anything"})).await));
    assert!(began.elapsed() < Duration::from_secs(5), "told at once");
    until(&client, |it| !is_up(it)).await;
    until(&client, is_up).await;
    let refused = client.ask(json!({"type": "anything"})).await.unwrap_err();
    assert!(matches!(refused, SendError::Permanent { .. }));
    assert!(
        !refused.to_string().contains("Milk"),
        "no content in reasons"
    );
    assert!(count.load(Ordering::SeqCst) >= 2);
    assert_eq!(incoming.recv().await, Some(Incoming::Connected));
    assert_eq!(incoming.recv().await, Some(Incoming::Connected));
}

#[tokio::test]
async fn only_our_own_buttons_are_heard() {
    let (settings, _) = server(|_, stream| async {
        let mut line = Line::open(stream).await;
        line.welcome().await;
        let id = line.hear().await.unwrap()["id"].clone();
        for action in [
            "LIGHTS_OFF",
            &format!("workmate/{}", "x".repeat(500)),
            "workmate/ours",
        ] {
            let event =
                json!({"event_type": "mobile_app_notification_action", "data": {"action": action}});
            line.say(&json!({"id": id, "type": "event", "event": event}))
                .await;
        }
        while line.call().await.is_some() {}
    })
    .await;
    let (_client, mut incoming) = client(settings);
    assert_eq!(incoming.recv().await, Some(Incoming::Connected));
    let tapped = Incoming::Tapped("workmate/ours".to_owned());
    assert_eq!(incoming.recv().await, Some(tapped));
}

#[tokio::test]
async fn what_is_no_home_assistant_is_no_reason_to_stop() {
    let (settings, count) = server(|_, mut stream| async move {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
        stream.write_all(answer).await.unwrap();
    })
    .await;
    let (client, _incoming) = client(settings);
    eventually("it is tried again", PATIENCE, || async {
        (count.load(Ordering::SeqCst) >= 2).then_some(())
    })
    .await;
    let down = until(&client, |it| matches!(it, Connection::Down { .. })).await;
    assert!(matches!(down, Connection::Down { .. }));
}
