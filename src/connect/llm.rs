//! A language model of the household's own, asked one question at a time.
//!
//! Two protocols are spoken: [`ollama`]'s own, and that of `OpenAI` ([`openai`]), which llama.cpp, vLLM,
//! LM Studio and others speak too. The address is looked up and judged for each question, and
//! `domain/policy` decides there, before a byte is sent, whether the document's class may go to it.
//!
//! Slow machines are normal: nothing ends a call before the configured minutes, and nothing keeps it
//! alive after them, however slowly its answer drips. An answer has a limit in bytes. What a server says
//! about a failure is not repeated, because it may hold what it was sent.

mod ollama;
mod openai;

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use reqwest::{RequestBuilder, Response, StatusCode};
use url::Url;

use super::SendError;
use super::http::{Http, Reached, trouble};
use crate::domain::counsel::{Prompt, Provider};
use crate::domain::policy::{self, Class, Destination, Purpose};

/// Bytes of an answer with all that is around it, at most. A streamed word costs some 200.
const BYTES_MAX: usize = 1 << 20;
/// Bytes of the answer itself, at most.
const TEXT_MAX: usize = 16 << 10;
/// How long `workmate doctor` waits.
const LOOK_PATIENCE: Duration = Duration::from_secs(15);

/// How a model is reached.
#[derive(Clone, Debug)]
pub struct Settings {
    /// In which protocol.
    pub provider: Provider,
    /// The server.
    pub url: Url,
    /// The model's name there.
    pub name: String,
    /// How long one answer may take.
    pub patience: Duration,
    /// Tokens of a question with its answer, at most.
    pub context_tokens: u32,
    /// Tokens of an answer, at most.
    pub answer_tokens: u32,
    /// How long Ollama keeps the model in memory behind a question, as it writes that.
    pub keep_alive: String,
    /// What the server wants to be shown, if anything.
    pub key: Option<String>,
    /// Where the house itself listens.
    pub own: SocketAddr,
}

/// What a model answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// Its words: hostile, until they have been checked.
    pub text: String,
    /// Tokens of the question, as the server counts.
    pub tokens_in: Option<u32>,
    /// Tokens of the answer.
    pub tokens_out: Option<u32>,
}

/// Why there is no answer. `reason` is a sentence for people and holds no secret and no content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// The server is away or busy: any question may be asked later.
    #[error("{reason}")]
    Away {
        /// What is in the way.
        reason: String,
    },
    /// This question went wrong; the next one may not.
    #[error("{reason}")]
    Broken {
        /// What went wrong.
        reason: String,
    },
    /// No question will be answered until somebody changes something.
    #[error("{reason}")]
    Refused {
        /// What to change.
        reason: String,
    },
}

impl AskError {
    fn broken(reason: impl Into<String>) -> Self {
        Self::Broken {
            reason: reason.into(),
        }
    }

    fn refused(reason: impl Into<String>) -> Self {
        Self::Refused {
            reason: reason.into(),
        }
    }

    /// Of an address that could not be reached, before anything was sent.
    fn unreached(error: SendError) -> Self {
        match error {
            SendError::Transient { reason } => Self::Away { reason },
            SendError::Permanent { reason } => Self::Refused { reason },
        }
    }

    /// Of a call that was under way.
    fn on_the_way(error: &reqwest::Error) -> Self {
        let reason = match trouble(error) {
            SendError::Transient { reason } | SendError::Permanent { reason } => reason,
        };
        if error.is_connect() {
            Self::Away { reason }
        } else {
            Self::Broken { reason }
        }
    }
}

/// Something that answers questions. The seam that tests script.
pub trait Model: Send + Sync + 'static {
    /// Its name.
    fn name(&self) -> &str;

    /// Tokens of a question with its answer, at most.
    fn context_tokens(&self) -> u32;

    /// Asks about a document of this class.
    fn ask(
        &self,
        class: Class,
        prompt: &Prompt,
    ) -> impl Future<Output = Result<Reply, AskError>> + Send;
}

/// A model behind a server.
#[derive(Clone, Debug)]
pub struct Client {
    http: Http,
    settings: Settings,
}

/// What `workmate doctor` sees of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Where it is.
    pub destination: Destination,
    /// Whether it says that it has the model.
    pub has_model: bool,
}

impl Client {
    /// A client for these settings; connects to nothing yet.
    pub const fn of(settings: Settings) -> Self {
        Self {
            http: Http::new(settings.own),
            settings,
        }
    }

    /// Looks whether the server is there and has the model; sends nothing but the model's name and the
    /// key.
    pub async fn look(&self) -> Result<Look, AskError> {
        let reached = self.http.reach(&self.settings.url, LOOK_PATIENCE).await;
        let reached = reached.map_err(AskError::unreached)?;
        let has_model = match self.settings.provider {
            Provider::Off => false,
            Provider::Ollama => ollama::look(&self.settings, &reached).await?,
            Provider::OpenAi => openai::look(&self.settings, &reached).await?,
        };
        Ok(Look {
            destination: reached.destination(),
            has_model,
        })
    }
}

impl Model for Client {
    fn name(&self) -> &str {
        &self.settings.name
    }

    fn context_tokens(&self) -> u32 {
        self.settings.context_tokens
    }

    async fn ask(&self, class: Class, prompt: &Prompt) -> Result<Reply, AskError> {
        let (url, patience) = (&self.settings.url, self.settings.patience);
        let reached = self.http.reach(url, patience).await;
        let reached = reached.map_err(AskError::unreached)?;
        if !policy::allows(class, reached.destination(), Purpose::AskModel) {
            return Err(AskError::refused(
                "the model is not in this house's network, so documents are not shown to it: change \
                 `model.url`",
            ));
        }
        match self.settings.provider {
            Provider::Off => Err(AskError::refused("no model is configured")),
            Provider::Ollama => ollama::ask(&self.settings, &reached, prompt).await,
            Provider::OpenAi => openai::ask(&self.settings, &reached, prompt).await,
        }
    }
}

/// Sends a request, with the key if there is one, and looks at the status of the answer.
async fn send(settings: &Settings, request: RequestBuilder) -> Result<Response, AskError> {
    let request = match &settings.key {
        Some(key) => request.bearer_auth(key),
        None => request,
    };
    let sent = request.send().await;
    let response = sent.map_err(|error| AskError::on_the_way(&error))?;
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    Err(refusal(status, &settings.name))
}

fn refusal(status: StatusCode, model: &str) -> AskError {
    match status.as_u16() {
        300..=399 => AskError::refused(
            "the server points elsewhere, and redirects are not followed: put the address that \
             answers into `model.url`",
        ),
        401 | 403 => AskError::refused(
            "the server wants a key, or another one: put it into the file that `model.key_file` names",
        ),
        404 => AskError::refused(format!(
            "the server does not know the model `{model}`, or is another kind of server: load the \
             model there, or change `model.name`, `model.url` or `model.provider`"
        )),
        408 | 425 | 429 | 502..=504 => AskError::Away {
            reason: format!("the server is busy (status {status})"),
        },
        400..=499 => AskError::broken(format!(
            "the server does not take the question (status {status})"
        )),
        _ => AskError::broken(format!("the server failed (status {status})")),
    }
}

fn not_understood() -> AskError {
    AskError::broken("the server's answer is not in the protocol that `model.provider` names")
}

fn too_long() -> AskError {
    AskError::broken("the answer is longer than allowed")
}

/// The whole body of an answer.
async fn body(response: Response) -> Result<Vec<u8>, AskError> {
    let body = super::http::body(response, BYTES_MAX).await;
    body.map_err(|error| match error {
        SendError::Transient { reason } | SendError::Permanent { reason } => {
            AskError::Broken { reason }
        }
    })
}

/// A `POST` of JSON to a reached server.
fn post(reached: &Reached, path: &str, json: &serde_json::Value) -> RequestBuilder {
    reached.post(path, json.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_what_to_change_or_that_time_helps() {
        let of = |status: u16| refusal(StatusCode::from_u16(status).unwrap(), "qwen3:4b");
        for (status, words) in [(302, "redirects"), (401, "key_file"), (404, "`qwen3:4b`")] {
            let error = of(status);
            assert!(matches!(&error, AskError::Refused { reason } if reason.contains(words)));
        }
        for status in [429, 503] {
            assert!(matches!(of(status), AskError::Away { .. }), "{status}");
        }
        for status in [400, 413, 500] {
            assert!(matches!(of(status), AskError::Broken { .. }), "{status}");
        }
    }
}
