//! Files on their way in: one or several parts of a multipart body, each through the one door.

use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError};
use axum::http::StatusCode;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use super::auth::secret;
use super::failure::Failure;
use crate::domain::document::{OriginKind, Sha256Hash, Visibility};
use crate::store::Caller;
use crate::store::documents::Accepted;
use crate::work::intake::{Incoming, Intake, Refused};

/// Files of one request.
pub const FILES_MAX: usize = 50;
/// Requests whose files are in memory at the same time.
const AT_ONCE: usize = 4;

static TURNS: Semaphore = Semaphore::const_new(AT_ONCE);

/// One file as it was sent.
#[derive(Debug)]
pub struct Sent {
    /// What the sender calls it.
    pub file_name: String,
    /// All of it.
    pub bytes: Vec<u8>,
}

/// What a form with files holds.
#[derive(Debug, Default)]
pub struct Form {
    /// The CSRF token, where a page sent it.
    pub csrf: Option<String>,
    /// The files that were chosen.
    pub files: Vec<Sent>,
}

impl Form {
    /// Whether a page of the person with this CSRF token sent it.
    pub fn is_from(&self, csrf: &str) -> bool {
        self.csrf
            .as_deref()
            .is_some_and(|it| secret::is_same(it, csrf))
    }

    /// SHA-256 over all files and their names: what an `Idempotency-Key` stands for.
    pub fn hash(&self) -> Sha256Hash {
        let mut hasher = Sha256::new();
        for file in &self.files {
            for part in [file.file_name.as_bytes(), &file.bytes] {
                hasher.update(part.len().to_be_bytes());
                hasher.update(part);
            }
        }
        Sha256Hash(hasher.finalize().into())
    }
}

/// Waits until there is room for another request's files.
pub async fn turn() -> Result<tokio::sync::SemaphorePermit<'static>, Failure> {
    TURNS.acquire().await.map_err(Failure::broken)
}

/// Reads a form: parts named `file`, and `csrf`.
pub async fn read(mut parts: Multipart, bytes_max: u64) -> Result<Form, Failure> {
    let mut form = Form::default();
    while let Some(field) = parts.next_field().await.map_err(|it| rejected(&it))? {
        match field.name() {
            Some("csrf") => form.csrf = Some(field.text().await.map_err(|it| rejected(&it))?),
            Some("file") => {
                let file_name = field.file_name().unwrap_or_default().to_owned();
                let bytes = bytes_of(field, bytes_max).await?;
                // A browser sends an empty part for a field in which nothing was chosen.
                if !(file_name.is_empty() && bytes.is_empty()) {
                    form.files.push(Sent { file_name, bytes });
                }
            }
            _ => {}
        }
        if form.files.len() > FILES_MAX {
            return Err(Failure::TooLarge(format!(
                "at most {FILES_MAX} files at a time"
            )));
        }
    }
    if form.files.is_empty() {
        return Err(Failure::Invalid(
            "there is no file: send it as the part `file`".to_owned(),
        ));
    }
    Ok(form)
}

async fn bytes_of(mut field: Field<'_>, bytes_max: u64) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|it| rejected(&it))? {
        let length = u64::try_from(bytes.len() + chunk.len()).unwrap_or(u64::MAX);
        if length > bytes_max {
            return Err(Refused::TooLarge { bytes_max }.into());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn rejected(error: &MultipartError) -> Failure {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Failure::TooLarge(
            "the request is too large: send fewer files at a time".to_owned(),
        );
    }
    Failure::Invalid(error.body_text())
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Empty => Self::Invalid(refused.to_string()),
            Refused::TooLarge { .. } => Self::TooLarge(refused.to_string()),
            Refused::Unsupported { .. } => Self::WrongType(refused.to_string()),
            Refused::Store(error) => Self::Store(error),
        }
    }
}

/// What became of one file.
pub struct Outcome {
    /// What the sender calls it.
    pub file_name: String,
    /// Taken, known, or why not.
    pub result: Result<Accepted, Failure>,
}

/// Hands each file to the door, in their order. A file that is refused does not stop the others; a
/// store that fails stops all.
pub async fn accept_all(
    intake: &Intake,
    caller: &Caller,
    files: Vec<Sent>,
) -> Result<Vec<Outcome>, Failure> {
    let mut outcomes = Vec::with_capacity(files.len());
    for Sent { file_name, bytes } in files {
        let incoming = Incoming {
            bytes,
            file_name: file_name.clone(),
            way: OriginKind::Upload,
            visible_to: Visibility::Household,
        };
        let result = match intake.accept(caller.clone(), incoming).await {
            Ok(accepted) => Ok(accepted),
            Err(Refused::Store(error)) => return Err(error.into()),
            Err(refused) => Err(refused.into()),
        };
        outcomes.push(Outcome { file_name, result });
    }
    Ok(outcomes)
}
