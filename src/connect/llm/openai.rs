//! The protocol of `OpenAI` as other servers speak it: `POST /v1/chat/completions`, answered in one
//! piece.

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{AskError, Reply, Settings, TEXT_MAX, body, not_understood, post, send, too_long};
use crate::connect::http::Reached;
use crate::domain::counsel::Prompt;

#[derive(Deserialize)]
struct Completion {
    choices: Vec<Choice>,
    #[serde(default)]
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
}

#[derive(Deserialize)]
struct Message {
    /// Nothing where the model refuses.
    content: Option<String>,
}

#[derive(Deserialize)]
struct Usage {
    prompt_tokens: Option<u32>,
    completion_tokens: Option<u32>,
}

#[derive(Deserialize)]
struct Models {
    data: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    id: String,
}

pub(super) async fn ask(
    settings: &Settings,
    reached: &Reached,
    prompt: &Prompt,
) -> Result<Reply, AskError> {
    let schema: Json = serde_json::from_str(&prompt.schema)
        .map_err(|_| AskError::broken("the question could not be put together"))?;
    let question = json!({
        "model": settings.name,
        "messages": [
            {"role": "system", "content": prompt.system},
            {"role": "user", "content": prompt.user},
        ],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "form", "strict": true, "schema": schema},
        },
        "stream": false,
        "temperature": 0,
        "max_tokens": settings.answer_tokens,
    });
    let path = below_v1(settings, "/chat/completions");
    let response = send(settings, post(reached, &path, &question)).await?;
    let body = body(response).await?;
    let completion: Completion = serde_json::from_slice(&body).map_err(|_| not_understood())?;
    let first = completion.choices.into_iter().next();
    let text = first.ok_or_else(not_understood)?.message.content;
    let text = text.unwrap_or_default();
    if text.len() > TEXT_MAX {
        return Err(too_long());
    }
    let usage = completion.usage;
    Ok(Reply {
        text,
        tokens_in: usage.as_ref().and_then(|it| it.prompt_tokens),
        tokens_out: usage.and_then(|it| it.completion_tokens),
    })
}

pub(super) async fn look(settings: &Settings, reached: &Reached) -> Result<bool, AskError> {
    let path = below_v1(settings, "/models");
    let response = send(settings, reached.get(&path)).await?;
    let body = body(response).await?;
    let models: Models = serde_json::from_slice(&body).map_err(|_| not_understood())?;
    Ok(models.data.iter().any(|it| it.id == settings.name))
}

/// People write the address with `/v1` or without.
fn below_v1(settings: &Settings, path: &str) -> String {
    let has_version = settings.url.path().trim_end_matches('/').ends_with("/v1");
    let version = if has_version { "" } else { "/v1" };
    format!("{version}{path}")
}
