//! The WebSocket protocol (RFC 6455) as a client needs it: opened by the one HTTP client, text both
//! ways, sizes bounded. Answering a ping and ending are the caller's, who knows what else is going on.

use std::time::Duration;

use data_encoding::BASE64;
use reqwest::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use reqwest::{StatusCode, Upgraded};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};

use crate::connect::SendError;
use crate::connect::http::{self, Reached};

/// Bytes of one message at the most, in all its parts.
const MESSAGE_BYTES_MAX: usize = 8 << 20;
/// Bytes of a control frame at the most (section 5.5).
const CONTROL_BYTES_MAX: usize = 125;
/// Bytes that are read at a time.
const READ_BYTES: usize = 8 << 10;
/// How long the network may take to take a message.
const SEND_PATIENCE: Duration = Duration::from_secs(10);

/// What the answer to the key is made with (section 1.3).
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

const LAST: u8 = 0x80;
const RESERVED: u8 = 0x70;
const MASKED: u8 = 0x80;

const CONTINUED: u8 = 0;
const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// Why a connection is of no use any more, in words for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Broken(pub &'static str);

/// What the server says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A whole message.
    Text(String),
    /// It wants these bytes back.
    Ping(Vec<u8>),
    /// It answers a ping.
    Pong,
    /// It takes leave.
    Closed,
}

/// Asks for a WebSocket at `path`.
///
/// # Errors
/// Transient: a server that opens none just now may be one that is starting.
pub async fn open(
    reached: &Reached,
    path: &str,
) -> Result<(Reader<ReadHalf<Upgraded>>, Writer<WriteHalf<Upgraded>>), SendError> {
    let key = BASE64.encode(&random::<16>()?);
    let request = reached
        .get(path)
        .header(CONNECTION, "Upgrade")
        .header(UPGRADE, "websocket")
        .header(SEC_WEBSOCKET_VERSION, "13")
        .header(SEC_WEBSOCKET_KEY, &key);
    let answer = request.send().await.map_err(|it| http::trouble(&it))?;
    let status = answer.status();
    let accepted = answer.headers().get(SEC_WEBSOCKET_ACCEPT);
    let is_open = status == StatusCode::SWITCHING_PROTOCOLS
        && accepted.is_some_and(|it| it.as_bytes() == accept(&key).as_bytes());
    if !is_open {
        let reason = format!(
            "the server answered {} and opens no WebSocket",
            status.as_u16()
        );
        return Err(SendError::transient(reason));
    }
    let upgraded = answer.upgrade().await.map_err(|it| http::trouble(&it))?;
    let (read, write) = tokio::io::split(upgraded);
    Ok((Reader::new(read), Writer { write }))
}

/// What a server makes of `key` (section 4.2.2).
fn accept(key: &str) -> String {
    let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, format!("{key}{GUID}").as_bytes());
    BASE64.encode(hash.as_ref())
}

fn random<const N: usize>() -> Result<[u8; N], SendError> {
    let mut bytes = [0; N];
    let filled = getrandom::fill(&mut bytes);
    filled.map_err(|_| SendError::transient("there is no randomness"))?;
    Ok(bytes)
}

/// Hears what the server says.
pub struct Reader<R> {
    read: R,
    buffer: Vec<u8>,
    /// The parts of a message that have come.
    message: Option<Vec<u8>>,
}

impl<R: AsyncRead + Unpin> Reader<R> {
    const fn new(read: R) -> Self {
        Self {
            read,
            buffer: Vec::new(),
            message: None,
        }
    }

    /// What is said next. Nothing is lost where this is dropped half-way.
    pub async fn next(&mut self) -> Result<Heard, Broken> {
        loop {
            while let Some(frame) = take_frame(&mut self.buffer)? {
                if let Some(heard) = self.heard(frame)? {
                    return Ok(heard);
                }
            }
            self.buffer.reserve(READ_BYTES);
            let read = self.read.read_buf(&mut self.buffer).await;
            match read {
                Ok(0) => return Err(Broken("the connection ended")),
                Ok(_) => {}
                Err(_) => return Err(Broken("the connection broke")),
            }
        }
    }

    fn heard(&mut self, frame: Frame) -> Result<Option<Heard>, Broken> {
        if frame.opcode >= CLOSE {
            return control(frame).map(Some);
        }
        let mut message = match (frame.opcode, self.message.take()) {
            (TEXT, None) => Vec::new(),
            (CONTINUED, Some(before)) => before,
            _ => return Err(Broken("the server sends what is no text")),
        };
        if message.len() + frame.payload.len() > MESSAGE_BYTES_MAX {
            return Err(Broken("a message is longer than allowed"));
        }
        message.extend_from_slice(&frame.payload);
        if !frame.is_last {
            self.message = Some(message);
            return Ok(None);
        }
        let text = String::from_utf8(message);
        text.map(|it| Some(Heard::Text(it)))
            .map_err(|_| Broken("the server sends what is no text"))
    }
}

fn control(frame: Frame) -> Result<Heard, Broken> {
    if !frame.is_last || frame.payload.len() > CONTROL_BYTES_MAX {
        return Err(Broken("the server does not keep to the protocol"));
    }
    match frame.opcode {
        CLOSE => Ok(Heard::Closed),
        PING => Ok(Heard::Ping(frame.payload)),
        PONG => Ok(Heard::Pong),
        _ => Err(Broken("the server does not keep to the protocol")),
    }
}

/// Says something to the server.
pub struct Writer<W> {
    write: W,
}

impl<W: AsyncWrite + Unpin> Writer<W> {
    /// A message.
    pub async fn text(&mut self, text: &str) -> Result<(), Broken> {
        self.send(TEXT, text.as_bytes()).await
    }

    /// Gives the bytes of a ping back.
    pub async fn pong(&mut self, bytes: &[u8]) -> Result<(), Broken> {
        self.send(PONG, bytes).await
    }

    async fn send(&mut self, opcode: u8, payload: &[u8]) -> Result<(), Broken> {
        let mask = random().map_err(|_| Broken("there is no randomness"))?;
        let frame = framed(opcode, payload, mask);
        let sent = async {
            self.write.write_all(&frame).await?;
            self.write.flush().await
        };
        match tokio::time::timeout(SEND_PATIENCE, sent).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Broken("the connection broke")),
            Err(_) => Err(Broken("the server takes nothing more")),
        }
    }
}

struct Frame {
    is_last: bool,
    opcode: u8,
    payload: Vec<u8>,
}

/// Takes the first frame out of `buffer` (section 5.2), once all of it is there.
fn take_frame(buffer: &mut Vec<u8>) -> Result<Option<Frame>, Broken> {
    let Some(([first, second], rest)) = buffer.split_first_chunk::<2>() else {
        return Ok(None);
    };
    if second & MASKED != 0 || first & RESERVED != 0 {
        return Err(Broken("the server does not keep to the protocol"));
    }
    let (is_last, opcode) = (first & LAST != 0, first & 0x0f);
    let length = match second & !MASKED {
        126 => rest
            .first_chunk()
            .map(|it| (4, u64::from(u16::from_be_bytes(*it)))),
        127 => rest.first_chunk().map(|it| (10, u64::from_be_bytes(*it))),
        short => Some((2, u64::from(short))),
    };
    let Some((head, length)) = length else {
        return Ok(None);
    };
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if length > MESSAGE_BYTES_MAX {
        return Err(Broken("a message is longer than allowed"));
    }
    let Some(payload) = buffer.get(head..head + length) else {
        return Ok(None);
    };
    let payload = payload.to_vec();
    buffer.drain(..head + length);
    Ok(Some(Frame {
        is_last,
        opcode,
        payload,
    }))
}

/// A whole message in one frame, masked as a client must (section 5.3).
fn framed(opcode: u8, payload: &[u8], mask: [u8; 4]) -> Vec<u8> {
    let mut frame = vec![LAST | opcode];
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(short @ 0..126), _) => frame.push(MASKED | short),
        (_, Ok(length)) => {
            frame.push(MASKED | 0x7e);
            frame.extend_from_slice(&length.to_be_bytes());
        }
        (_, Err(_)) => {
            frame.push(MASKED | 0x7f);
            let length = u64::try_from(payload.len()).unwrap_or(u64::MAX);
            frame.extend_from_slice(&length.to_be_bytes());
        }
    }
    frame.extend_from_slice(&mask);
    let masked = payload.iter().zip(mask.iter().cycle());
    frame.extend(masked.map(|(byte, mask)| byte ^ mask));
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is heard of these bytes, which come in pieces of `size`.
    async fn heard(bytes: &[u8], size: usize) -> Result<Vec<Heard>, Broken> {
        let (read, mut write) = tokio::io::duplex(size);
        let mut reader = Reader::new(read);
        let send = async move {
            write.write_all(bytes).await.unwrap();
            drop(write);
        };
        let listen = async {
            let mut all = Vec::new();
            loop {
                match reader.next().await {
                    Ok(heard) => all.push(heard),
                    Err(Broken("the connection ended")) => return Ok(all),
                    Err(broken) => return Err(broken),
                }
            }
        };
        tokio::join!(send, listen).1
    }

    #[test]
    fn the_key_is_answered_as_the_standard_says() {
        let accept = accept("dGhlIHNhbXBsZSBub25jZQ==");
        assert_eq!(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[tokio::test]
    async fn messages_are_whole_however_they_come() {
        // The samples of section 5.7: in one frame, in two with a ping between them, and a long one.
        let mut bytes = vec![0x81, 5, b'H', b'e', b'l', b'l', b'o'];
        bytes.extend([
            0x01, 3, b'H', b'e', b'l', 0x89, 1, b'x', 0x80, 2, b'l', b'o',
        ]);
        bytes.extend([0x81, 126, 1, 0]);
        bytes.extend([b'a'; 256]);
        bytes.extend([0x88, 0]);
        let hello = || Heard::Text("Hello".to_owned());
        let long = Heard::Text("a".repeat(256));
        let ping = Heard::Ping(b"x".to_vec());
        let expected = vec![hello(), ping, hello(), long, Heard::Closed];
        for size in [1, 3, 4096] {
            assert_eq!(heard(&bytes, size).await, Ok(expected.clone()), "{size}");
        }
    }

    #[tokio::test]
    async fn what_breaks_the_rules_ends_the_connection() {
        let broken: [&[u8]; 7] = [
            &[0x81, 0x80, 0, 0, 0, 0],
            &[0xc1, 0],
            &[0x80, 0],
            &[0x82, 0],
            &[0x09, 0],
            &[0x81, 1, 0xff],
            &[0x81, 127, 0, 0, 1, 0, 0, 0, 0, 0],
        ];
        for bytes in broken {
            assert!(heard(bytes, 64).await.is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn what_a_client_says_is_masked() {
        let mask = [0x37, 0xfa, 0x21, 0x3d];
        let hello = [
            0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58,
        ];
        assert_eq!(framed(TEXT, b"Hello", mask), hello);
        assert_eq!(framed(TEXT, &[0; 126], mask)[..4], [0x81, 0xfe, 0, 126]);
        assert_eq!(framed(TEXT, &vec![0; 65536], mask)[..4], [0x81, 0xff, 0, 0]);
    }
}
