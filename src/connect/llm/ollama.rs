//! Ollama's own protocol: `POST /api/chat` answers with a JSON object a line, the last one `done`.
//!
//! `num_ctx` is said with every question, because Ollama cuts a longer one at its front without a word.

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{AskError, BYTES_MAX, Reply, Settings, TEXT_MAX, not_understood, post, send, too_long};
use crate::connect::http::Reached;
use crate::domain::counsel::Prompt;

/// A line of the stream; what else it holds is left alone.
#[derive(Deserialize)]
struct Part {
    #[serde(default)]
    message: Message,
    #[serde(default)]
    done: bool,
    prompt_eval_count: Option<u32>,
    eval_count: Option<u32>,
    error: Option<Json>,
}

#[derive(Default, Deserialize)]
struct Message {
    #[serde(default)]
    content: String,
}

pub(super) async fn ask(
    settings: &Settings,
    reached: &Reached,
    prompt: &Prompt,
) -> Result<Reply, AskError> {
    let question = question(settings, prompt)?;
    let mut response = send(settings, post(reached, "/api/chat", &question)).await?;
    let mut reply = Reply::default();
    let (mut line, mut bytes) = (Vec::new(), 0_usize);
    loop {
        let chunk = response.chunk().await;
        let Some(chunk) = chunk.map_err(|error| AskError::on_the_way(&error))? else {
            break;
        };
        bytes = bytes.saturating_add(chunk.len());
        if bytes > BYTES_MAX {
            return Err(too_long());
        }
        for piece in chunk.split_inclusive(|it| *it == b'\n') {
            line.extend_from_slice(piece);
            if line.ends_with(b"\n") && take(&mut reply, &line)? {
                return Ok(reply);
            }
            if line.ends_with(b"\n") {
                line.clear();
            }
        }
    }
    // The last line may have no end.
    if take(&mut reply, &line)? {
        return Ok(reply);
    }
    Err(AskError::broken("the answer ended in its middle"))
}

fn question(settings: &Settings, prompt: &Prompt) -> Result<Json, AskError> {
    let schema: Json = serde_json::from_str(&prompt.schema)
        .map_err(|_| AskError::broken("the question could not be put together"))?;
    // A number is meant in seconds, and Ollama takes it only as one.
    let keep_alive = match settings.keep_alive.parse::<i64>() {
        Ok(seconds) => json!(seconds),
        Err(_) => json!(settings.keep_alive),
    };
    Ok(json!({
        "model": settings.name,
        "messages": [
            {"role": "system", "content": prompt.system},
            {"role": "user", "content": prompt.user},
        ],
        "format": schema,
        "stream": true,
        "think": false,
        "keep_alive": keep_alive,
        "options": {
            "num_ctx": settings.context_tokens,
            "num_predict": settings.answer_tokens,
            "temperature": 0,
        },
    }))
}

/// Adds a line to the reply; whether it was the last one.
fn take(reply: &mut Reply, line: &[u8]) -> Result<bool, AskError> {
    if line.trim_ascii().is_empty() {
        return Ok(false);
    }
    let part: Part = serde_json::from_slice(line).map_err(|_| not_understood())?;
    if part.error.is_some() {
        return Err(AskError::broken("the server failed while it answered"));
    }
    if reply.text.len() + part.message.content.len() > TEXT_MAX {
        return Err(too_long());
    }
    reply.text.push_str(&part.message.content);
    if part.done {
        (reply.tokens_in, reply.tokens_out) = (part.prompt_eval_count, part.eval_count);
    }
    Ok(part.done)
}

pub(super) async fn look(settings: &Settings, reached: &Reached) -> Result<bool, AskError> {
    let name = json!({"model": settings.name});
    send(settings, post(reached, "/api/show", &name)).await?;
    Ok(true)
}
