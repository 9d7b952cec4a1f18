//! The only map from what went wrong to what is answered: a status, a sentence, what to do.
//!
//! A program gets RFC 9457 problem JSON; [`page_for_people`] turns the same failure into a page. The
//! log gets the whole chain of causes, once, here.

use std::error::Error as _;

use askama::Template;
use axum::Json;
use axum::extract::rejection::{BytesRejection, JsonRejection, PathRejection, QueryRejection};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Serialize;

use super::Household;
use super::auth::{self, password};
use super::frame::{Shell, language_of};
use super::texts::Texts;
use crate::store;
use crate::work::archive::NoCopy;

/// Why a request was not answered as it wished.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Nobody has logged in here.
    #[error("log in first")]
    NoSession,
    /// The request carries no token, or one that is unknown.
    #[error("a bearer token is needed: `workmate token create NAME` prints one")]
    NoToken,
    /// A change that did not come from one of our own pages.
    #[error("the request did not come from this page: reload it and try again")]
    Forbidden,
    /// There is no such address.
    #[error("there is no such thing here")]
    NotFound,
    /// The address exists, but not for this method.
    #[error("this address does not take that method")]
    WrongMethod,
    /// What was sent does not make sense.
    #[error("{0}")]
    Invalid(String),
    /// What `If-Match` names is not how the thing is now.
    #[error("it was changed meanwhile: fetch it again")]
    Outdated,
    /// The same `Idempotency-Key` with another request.
    #[error("this Idempotency-Key was used for another request")]
    KeyReused,
    /// More than the limit.
    #[error("{0}")]
    TooLarge(String),
    /// Not a type of file that is read.
    #[error("{0}")]
    WrongType(String),
    /// Too many attempts.
    #[error("too many attempts: try again in a minute")]
    TooMany,
    /// The store says no.
    #[error("{0}")]
    Store(#[from] store::Error),
    /// There is no searchable PDF.
    #[error(transparent)]
    NoCopy(NoCopy),
    /// Something of ours failed that nobody outside can change.
    #[error("the house has a problem just now: try again in a moment")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Failure {
    /// Something of ours failed.
    pub fn broken(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Broken(cause.into())
    }

    /// A conflict of a request that named a version is that version being old (RFC 9110, 13.1.1).
    #[must_use]
    pub fn outdated_if(self, version: Option<u64>) -> Self {
        if version.is_some() && matches!(self, Self::Store(store::Error::Conflict { .. })) {
            return Self::Outdated;
        }
        self
    }

    /// The status it is answered with.
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::NoSession | Self::NoToken => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound | Self::Store(store::Error::Missing { .. }) => StatusCode::NOT_FOUND,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::Invalid(_) | Self::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Outdated => StatusCode::PRECONDITION_FAILED,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::WrongType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Store(store::Error::Conflict { .. })
            | Self::NoCopy(NoCopy::NotRead | NoCopy::NothingToShow | NoCopy::Outdated) => {
                StatusCode::CONFLICT
            }
            Self::Store(store::Error::DiskFull) => StatusCode::INSUFFICIENT_STORAGE,
            Self::Store(store::Error::Closed) | Self::NoCopy(NoCopy::Busy) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Store(
                store::Error::Corrupt { .. } | store::Error::Sqlite(_) | store::Error::File { .. },
            )
            | Self::NoCopy(NoCopy::Failed(_) | NoCopy::Store(_))
            | Self::Broken(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What a program may know of it: nothing of our own troubles.
    fn detail(&self) -> String {
        if self.status() == StatusCode::INTERNAL_SERVER_ERROR && self.said().is_none() {
            return "the house has a problem just now: try again in a moment".to_owned();
        }
        self.to_string()
    }

    /// The sentence for people, where the status alone says too little.
    const fn said(&self) -> Option<Said> {
        let Self::NoCopy(why) = self else {
            return None;
        };
        match why {
            NoCopy::NotRead => Some(Said(|t| t.archive_not_read)),
            NoCopy::NothingToShow => Some(Said(|t| t.archive_of_text)),
            NoCopy::Outdated => Some(Said(|t| t.archive_outdated)),
            NoCopy::Busy => Some(Said(|t| t.archive_busy)),
            NoCopy::Failed(_) => Some(Said(|t| t.archive_failed)),
            NoCopy::Store(_) => None,
        }
    }

    fn log(&self) {
        if !self.status().is_server_error() {
            return;
        }
        let mut chain = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            chain.push_str(": ");
            chain.push_str(&error.to_string());
            cause = error.source();
        }
        log::error!(error = chain.as_str(); "a request failed");
    }
}

/// Finds the sentence in a person's language.
#[derive(Clone, Copy)]
struct Said(fn(&Texts) -> &'static str);

/// A problem as RFC 9457 writes it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// `about:blank`: the status says what sort it is.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The status in words.
    pub title: String,
    /// The status.
    pub status: u16,
    /// What happened and what to do.
    pub detail: String,
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        self.log();
        let status = self.status();
        let problem = Problem {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail: self.detail(),
        };
        let mut response = (status, Json(problem.clone())).into_response();
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if status == StatusCode::TOO_MANY_REQUESTS {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("60"));
        }
        response.extensions_mut().insert(problem);
        if let Some(said) = self.said() {
            response.extensions_mut().insert(said);
        }
        response
    }
}

impl From<NoCopy> for Failure {
    fn from(error: NoCopy) -> Self {
        match error {
            NoCopy::Store(error) => Self::Store(error),
            NoCopy::NotRead
            | NoCopy::NothingToShow
            | NoCopy::Busy
            | NoCopy::Outdated
            | NoCopy::Failed(_) => Self::NoCopy(error),
        }
    }
}

impl From<password::Error> for Failure {
    fn from(error: password::Error) -> Self {
        match error {
            password::Error::Busy => Self::TooMany,
            password::Error::Hashing => Self::broken(error),
        }
    }
}

impl From<JsonRejection> for Failure {
    fn from(rejection: JsonRejection) -> Self {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            return Self::TooLarge("the request is too large".to_owned());
        }
        Self::Invalid(rejection.body_text())
    }
}

impl From<BytesRejection> for Failure {
    fn from(rejection: BytesRejection) -> Self {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            return Self::TooLarge("the request is too large".to_owned());
        }
        Self::Invalid("the request ended too early".to_owned())
    }
}

impl From<PathRejection> for Failure {
    /// An id that is none names nothing.
    fn from(_: PathRejection) -> Self {
        Self::NotFound
    }
}

impl From<QueryRejection> for Failure {
    fn from(rejection: QueryRejection) -> Self {
        Self::Invalid(rejection.body_text())
    }
}

#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage<'a> {
    shell: Shell,
    title: &'a str,
    detail: String,
    hint: &'a str,
}

/// Answers people with a page where a program would get JSON, and sends who has no session to the
/// login.
pub async fn page_for_people(
    State(household): State<Household>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers().clone();
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let response = next.run(request).await;
    let Some(problem) = response.extensions().get::<Problem>().cloned() else {
        return response;
    };
    let status = response.status();
    if status == StatusCode::UNAUTHORIZED {
        let wanted = uri.path_and_query().map_or("/", |it| it.as_str());
        if method != Method::GET || wanted == "/" {
            return Redirect::to("/login").into_response();
        }
        let next: String = url::form_urlencoded::byte_serialize(wanted.as_bytes()).collect();
        return Redirect::to(&format!("/login?next={next}")).into_response();
    }
    let language = language_of(&headers, None, &household);
    let shell = Shell::outside(
        language,
        auth::cookie(&headers, "theme").unwrap_or_default(),
    );
    let said = response.extensions().get::<Said>().copied();
    let (title, hint) = match said {
        Some(_) => (shell.t.archive, ""),
        None => words_for(shell.t, status),
    };
    let detail = match (said, status) {
        (Some(Said(sentence)), _) => sentence(shell.t).to_owned(),
        (None, StatusCode::UNPROCESSABLE_ENTITY | StatusCode::CONFLICT) => problem.detail,
        (None, _) => String::new(),
    };
    let page = FailurePage {
        shell,
        title,
        detail,
        hint,
    };
    match page.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => Failure::broken(error).into_response(),
    }
}

fn words_for(t: &Texts, status: StatusCode) -> (&'static str, &'static str) {
    match status {
        StatusCode::NOT_FOUND => (t.not_found, t.not_found_hint),
        StatusCode::METHOD_NOT_ALLOWED => (t.wrong_method, ""),
        StatusCode::FORBIDDEN => (t.forbidden, t.forbidden_hint),
        StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED => (t.conflict, t.conflict_hint),
        StatusCode::UNPROCESSABLE_ENTITY => (t.bad_request, ""),
        StatusCode::PAYLOAD_TOO_LARGE => (t.too_large, ""),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => (t.wrong_type, t.file_types),
        StatusCode::TOO_MANY_REQUESTS => (t.login_too_often, ""),
        StatusCode::INSUFFICIENT_STORAGE => (t.disk_full, t.disk_full_hint),
        StatusCode::INTERNAL_SERVER_ERROR | StatusCode::SERVICE_UNAVAILABLE => {
            (t.broken, t.broken_hint)
        }
        _ => (t.failure_title, ""),
    }
}

/// Where no route is: the same for programs and people.
pub async fn nothing_here() -> Failure {
    Failure::NotFound
}

/// Where a route is, but not for this method.
pub async fn wrong_method() -> Failure {
    Failure::WrongMethod
}
