//! The update of the box, where workmate is an image of its own: a form on the System page.

use axum::extract::multipart::MultipartError;
use axum::extract::{Multipart, State};
use axum::response::Response;

use crate::web::WebState;
use crate::web::auth::{CurrentPerson, secret};
use crate::web::failure::Failure;
use crate::web::frame::{Happened, Locale, go};
use crate::work::updates::{NotTaken, Progress, Updates};

/// The longest token of a form, in bytes: the body as a whole may be as long as a bundle.
const TOKEN_BYTES_MAX: usize = 256;

/// What the System page shows of it.
pub struct Section {
    /// What becomes of the last one.
    pub said: Option<String>,
    /// Whether another one can be given.
    pub is_ready: bool,
}

/// How it stands with updates.
pub async fn section(locale: &Locale, updates: &Updates) -> Section {
    let t = locale.texts();
    let progress = updates.progress().await;
    let is_ready = !matches!(progress, Some(Progress::Installing | Progress::Installed));
    let said = progress.map(|it| match it {
        Progress::Installing => t.update_installing.to_owned(),
        Progress::Installed => t.update_installed.to_owned(),
        Progress::Refused(reason) => format!("{} {reason}", t.update_refused),
    });
    Section { said, is_ready }
}

/// `POST /system/update`
pub async fn take(
    State(state): State<WebState>,
    me: CurrentPerson,
    mut parts: Multipart,
) -> Result<Response, Failure> {
    let updates = state.about.updates.as_ref().ok_or(Failure::NotFound)?;
    let mut is_ours = false;
    while let Some(mut field) = parts.next_field().await.map_err(|it| rejected(&it))? {
        match field.name() {
            Some("csrf") => {
                let mut sent = Vec::new();
                while let Some(chunk) = field.chunk().await.map_err(|it| rejected(&it))? {
                    if sent.len() + chunk.len() > TOKEN_BYTES_MAX {
                        return Err(Failure::Forbidden);
                    }
                    sent.extend_from_slice(&chunk);
                }
                is_ours = secret::is_same(&String::from_utf8_lossy(&sent), &me.csrf);
            }
            // The form sends its token first: nothing is kept of what another page sends.
            Some("file") if !is_ours => return Err(Failure::Forbidden),
            Some("file") => {
                let mut arriving = updates.begin().await?;
                while let Some(chunk) = field.chunk().await.map_err(|it| rejected(&it))? {
                    arriving.take(&chunk).await?;
                }
                arriving.finish().await?;
                return Ok(go("/system#update", Some(&Happened::Saved)));
            }
            _ => {}
        }
    }
    Err(NotTaken::NoBundle.into())
}

fn rejected(error: &MultipartError) -> Failure {
    Failure::Invalid(error.body_text())
}

impl From<NotTaken> for Failure {
    fn from(reason: NotTaken) -> Self {
        match reason {
            NotTaken::TooLarge => Self::TooLarge(reason.to_string()),
            NotTaken::NoBundle => Self::WrongType(reason.to_string()),
            NotTaken::Busy => Self::Invalid(reason.to_string()),
            NotTaken::File(cause) => Self::Broken(Box::new(cause)),
        }
    }
}
