//! What a broker brings twice, because the acknowledgement was lost on its way, is done once.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

use crate::daemon::Daemon;
use crate::process::eventually;

const PATIENCE: Duration = Duration::from_secs(20);

/// The next packet: its first byte and its body.
fn packet(stream: &mut TcpStream) -> io::Result<(u8, Vec<u8>)> {
    let mut byte = [0];
    stream.read_exact(&mut byte)?;
    let head = byte[0];
    let (mut length, mut shift) = (0_usize, 0);
    loop {
        stream.read_exact(&mut byte)?;
        length |= usize::from(byte[0] & 0x7f) << shift;
        shift += 7;
        if byte[0] & 0x80 == 0 {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok((head, body))
}

/// A message of quality 1 to the daemon, with the number 7; short enough for a length of one byte.
fn message(topic: &str, payload: &str, is_again: bool) -> Vec<u8> {
    let mut body = vec![0, u8::try_from(topic.len()).unwrap()];
    body.extend(topic.as_bytes());
    body.extend([0, 7]);
    body.extend(payload.as_bytes());
    let head = 0x32 | (u8::from(is_again) << 3);
    let mut packet = vec![head, u8::try_from(body.len()).unwrap()];
    packet.extend(body);
    packet
}

/// Speaks with the daemon, which is brought `command`, until a packet of it ends the talk.
fn converse(
    stream: &mut TcpStream,
    command: &[u8],
    mut heard: impl FnMut(&str, Value),
    mut is_over: impl FnMut(u8) -> bool,
) -> io::Result<()> {
    loop {
        let (kind, body) = packet(stream)?;
        match kind >> 4 {
            1 => stream.write_all(&[0x20, 2, 0, 0])?,
            8 => {
                stream.write_all(&[0x90, 5, body[0], body[1], 1, 1, 1])?;
                stream.write_all(command)?;
            }
            3 => {
                let end = 2 + usize::from(u16::from_be_bytes([body[0], body[1]]));
                stream.write_all(&[0x40, 2, body[end], body[end + 1]])?;
                let topic = String::from_utf8_lossy(&body[2..end]).into_owned();
                heard(
                    &topic,
                    serde_json::from_slice(&body[end + 2..]).unwrap_or(Value::Null),
                );
            }
            12 => stream.write_all(&[0xd0, 0])?,
            _ => {}
        }
        if is_over(kind >> 4) {
            return Ok(());
        }
    }
}

/// A broker that brings `payload` to "complete what is next", loses the acknowledgement with its
/// connection, and brings it again. The answers it is given.
fn forgetful(payload: &'static str) -> (String, Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("mqtt://{}", listener.local_addr().unwrap());
    let (sender, answers) = channel();
    std::thread::spawn(move || {
        for (number, mut stream) in listener.incoming().map_while(Result::ok).enumerate() {
            let topic = "workmate/command/a/complete_next";
            let command = message(topic, payload, number > 0);
            let hear = |topic: &str, answer: Value| {
                if topic == "workmate/response/a" {
                    drop(sender.send(answer));
                }
            };
            // The first connection ends with the acknowledgement, as if it had never come.
            let ended = converse(&mut stream, &command, hear, |kind| number == 0 && kind == 4);
            drop(ended);
        }
    });
    (url, answers)
}

/// Three tasks of the coming days; how many are open after the broker has brought its command twice,
/// and how the second was answered.
async fn twice(payload: &'static str) -> (u64, Value) {
    let mut daemon = Daemon::prepare(&[]);
    daemon.start().await;
    for day in 1..=3 {
        let task = json!({ "title": format!("Task {day}"), "due": format!("2031-05-0{day}") });
        daemon.send("tasks", &task).await;
    }
    daemon.stop().await;
    let (url, answers) = forgetful(payload);
    daemon.set("WORKMATE_MQTT__URL", &url);
    daemon.start().await;
    // The answer to the first is lost with its connection.
    let second = eventually("the second is answered", PATIENCE, || {
        let answer = answers.try_recv().ok();
        async move { answer }
    })
    .await;
    let open = daemon.get("tasks/counts").await.unwrap()["open"].as_u64();
    (open.unwrap(), second)
}

#[tokio::test]
async fn the_next_task_is_completed_once_for_each_id() {
    let (open, second) = twice(r#"{"id":"press 1"}"#).await;
    assert_eq!(open, 2);
    assert_eq!(second["ok"], true, "{second}");
    assert_eq!(second["status"], "done", "{second}");
}

#[tokio::test]
async fn without_an_id_a_second_time_is_refused() {
    let (open, second) = twice("{}").await;
    assert_eq!(open, 2);
    assert_eq!(second["error"], "refused", "{second}");
}
