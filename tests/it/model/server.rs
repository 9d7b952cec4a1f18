//! A server that speaks as Ollama and as `OpenAI` do, well or badly, as a test says.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// The model that the server has.
pub const MODEL: &str = "small:1b";

/// What the server does with a question.
#[derive(Clone, Debug)]
pub enum Act {
    /// Answers with this text, as its protocol has it.
    Say(String),
    /// Answers with this form.
    Fill(Value),
    /// Answers with this status and nothing else.
    Status(u16),
    /// Says that the answer is elsewhere.
    Redirect(String),
    /// Answers with these bytes.
    Raw(Vec<u8>),
    /// Sends words without end.
    Endless,
    /// Sends one line without end.
    Huge,
    /// Sends a letter every now and then.
    Drip,
    /// Ends the connection in the middle of the answer.
    Cut,
    /// Resets the connection before an answer.
    Reset,
    /// Says nothing for so long, then goes on with the next act.
    Wait(Duration),
}

/// A question as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub path: String,
    pub key: Option<String>,
    pub body: Value,
}

#[derive(Default)]
struct Shared {
    acts: Mutex<Vec<Act>>,
    asked: Mutex<Vec<Asked>>,
    key: Mutex<Option<String>>,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
    is_over: AtomicBool,
}

/// The server; ends when dropped.
pub struct Server {
    shared: Arc<Shared>,
    pub address: SocketAddr,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
    }
}

impl Server {
    /// Does these acts one after the other, the last one again and again.
    pub fn that(acts: impl IntoIterator<Item = Act>) -> Self {
        let shared = Arc::new(Shared::default());
        shared.acts.lock().unwrap().extend(acts);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let of_thread = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if of_thread.is_over.load(Ordering::SeqCst) {
                    return;
                }
                let (shared, stream) = (Arc::clone(&of_thread), stream.unwrap());
                // A client that has gone away is what some tests want.
                thread::spawn(move || drop(serve(&shared, stream)));
            }
        });
        Self { shared, address }
    }

    /// The same, and wants to be shown this key.
    pub fn with_key(self, key: &str) -> Self {
        *self.shared.key.lock().unwrap() = Some(key.to_owned());
        self
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The questions so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().clone()
    }

    /// How many questions were under way at the same time, at most.
    pub fn most_at_once(&self) -> usize {
        self.shared.most_at_once.load(Ordering::SeqCst)
    }
}

fn serve(shared: &Shared, stream: TcpStream) -> std::io::Result<()> {
    let mut input = BufReader::new(stream.try_clone()?);
    let mut output = stream;
    while let Some(asked) = request(&mut input)? {
        let wanted = shared.key.lock().unwrap().clone();
        if wanted.is_some() && asked.key != wanted {
            status(&mut output, 401)?;
            continue;
        }
        let known = asked.body["model"].as_str().is_none_or(|it| it == MODEL);
        match asked.path.as_str() {
            _ if !known => {
                let error = json!({"error": "model not found"});
                answer(&mut output, 404, &error)?;
            }
            "/api/show" => answer(&mut output, 200, &json!({"capabilities": ["completion"]}))?,
            "/v1/models" => {
                let models = json!({"object": "list", "data": [{"id": MODEL, "object": "model"}]});
                answer(&mut output, 200, &models)?;
            }
            "/api/chat" | "/v1/chat/completions" => {
                shared.asked.lock().unwrap().push(asked.clone());
                let now = shared.at_once.fetch_add(1, Ordering::SeqCst) + 1;
                shared.most_at_once.fetch_max(now, Ordering::SeqCst);
                let done = act(shared, &mut output, &asked);
                shared.at_once.fetch_sub(1, Ordering::SeqCst);
                done?;
            }
            _ => status(&mut output, 404)?,
        }
    }
    Ok(())
}

fn request(input: &mut BufReader<TcpStream>) -> std::io::Result<Option<Asked>> {
    let mut line = String::new();
    if input.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let (mut length, mut key) = (0, None);
    loop {
        let mut header = String::new();
        input.read_line(&mut header)?;
        let Some((name, value)) = header.trim().split_once(':') else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap(),
            "authorization" => key = value.trim().strip_prefix("Bearer ").map(str::to_owned),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    input.read_exact(&mut body)?;
    let body = serde_json::from_slice(&body).unwrap_or_default();
    Ok(Some(Asked { path, key, body }))
}

fn act(shared: &Shared, output: &mut TcpStream, asked: &Asked) -> std::io::Result<()> {
    let next = {
        let mut acts = shared.acts.lock().unwrap();
        if acts.len() > 1 {
            acts.remove(0)
        } else {
            acts[0].clone()
        }
    };
    match next {
        Act::Say(text) => say(output, asked, &text),
        Act::Fill(form) => say(output, asked, &form.to_string()),
        Act::Status(code) => status(output, code),
        Act::Redirect(to) => write!(
            output,
            "HTTP/1.1 307 Temporary Redirect\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n"
        ),
        Act::Raw(bytes) => {
            head(output, 200, bytes.len())?;
            output.write_all(&bytes)
        }
        Act::Endless => {
            streamed_head(output)?;
            loop {
                chunk(output, &part(asked, "word ", false))?;
            }
        }
        Act::Huge => {
            head(output, 200, 1 << 30)?;
            loop {
                output.write_all(&[b'a'; 4096])?;
            }
        }
        Act::Drip => {
            head(output, 200, 100_000)?;
            loop {
                output.write_all(b" ")?;
                thread::sleep(Duration::from_millis(20));
            }
        }
        Act::Cut => {
            streamed_head(output)?;
            chunk(output, &part(asked, "{\"kind\": \"inv", false))?;
            output.shutdown(Shutdown::Both)
        }
        Act::Reset => {
            // What lies unread makes the system send a reset.
            output.set_nonblocking(false)?;
            output.shutdown(Shutdown::Both)
        }
        Act::Wait(time) => {
            thread::sleep(time);
            act(shared, output, asked)
        }
    }
}

/// The whole answer as the protocol of the question has it.
fn say(output: &mut TcpStream, asked: &Asked, text: &str) -> std::io::Result<()> {
    let question = asked.body["messages"].to_string();
    let tokens = question.split_whitespace().count();
    if asked.path != "/api/chat" {
        let completion = json!({
            "id": "chatcmpl-1", "object": "chat.completion", "model": MODEL,
            "choices": [{
                "index": 0, "finish_reason": "stop",
                "message": {"role": "assistant", "content": text},
            }],
            "usage": {"prompt_tokens": tokens, "completion_tokens": 7, "total_tokens": tokens + 7},
        });
        return answer(output, 200, &completion);
    }
    let end = json!({
        "model": MODEL, "created_at": "2026-03-02T09:00:00Z", "done": true, "done_reason": "stop",
        "message": {"role": "assistant", "content": ""},
        "total_duration": 5, "load_duration": 1, "prompt_eval_count": tokens,
        "prompt_eval_duration": 2, "eval_count": 7, "eval_duration": 2,
    });
    if asked.body["stream"] == json!(false) {
        let mut whole = end;
        whole["message"]["content"] = json!(text);
        return answer(output, 200, &whole);
    }
    streamed_head(output)?;
    // A few letters at a time, and parts that do not keep to the lines.
    let letters: Vec<char> = text.chars().collect();
    let parts: Vec<String> = letters
        .chunks(5)
        .map(|it| part(asked, &it.iter().collect::<String>(), false))
        .collect();
    let stream = [&parts.concat(), &end.to_string(), "\n"].concat();
    for piece in stream.as_bytes().chunks(97) {
        write!(output, "{:x}\r\n", piece.len())?;
        output.write_all(piece)?;
        output.write_all(b"\r\n")?;
    }
    output.write_all(b"0\r\n\r\n")
}

fn part(asked: &Asked, text: &str, done: bool) -> String {
    let part = if asked.path == "/api/chat" {
        json!({
            "model": MODEL, "created_at": "2026-03-02T09:00:00Z", "done": done,
            "message": {"role": "assistant", "content": text},
        })
    } else {
        json!({"choices": [{"delta": {"content": text}}]})
    };
    format!("{part}\n")
}

fn chunk(output: &mut TcpStream, text: &str) -> std::io::Result<()> {
    write!(output, "{:x}\r\n{text}\r\n", text.len())
}

fn streamed_head(output: &mut TcpStream) -> std::io::Result<()> {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n\
                Transfer-Encoding: chunked\r\n\r\n";
    output.write_all(head.as_bytes())
}

fn head(output: &mut TcpStream, code: u16, length: usize) -> std::io::Result<()> {
    write!(
        output,
        "HTTP/1.1 {code} It is so\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    )
}

fn answer(output: &mut TcpStream, code: u16, body: &Value) -> std::io::Result<()> {
    let body = body.to_string();
    head(output, code, body.len())?;
    output.write_all(body.as_bytes())
}

fn status(output: &mut TcpStream, code: u16) -> std::io::Result<()> {
    answer(
        output,
        code,
        &json!({"error": "something about the letter"}),
    )
}
