//! The JSON API under `/api/v1`, for programs with a token and for our own pages' scripts.
//!
//! Lists are paged by a cursor, changes are guarded by `If-Match`, errors are RFC 9457 problems, and
//! the description at `openapi.json` is made from the handlers themselves.

pub mod documents;
pub mod house;
pub mod house_shapes;
pub mod parties;
pub mod reminders;
pub mod shapes;
mod task_checks;
pub mod task_shapes;
pub mod tasks;

use axum::http::header::{ETAG, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::extract::etag;
use super::failure::Failure;

/// Entries of a page of a list, where the program does not say.
const LIMIT_USUAL: u32 = 50;
/// Entries of a page of a list at the most.
const LIMIT_MAX: u32 = 200;

/// How many entries a page has.
pub fn page_length(limit: Option<u32>) -> Result<u32, Failure> {
    match limit {
        None => Ok(LIMIT_USUAL),
        Some(limit @ 1..=LIMIT_MAX) => Ok(limit),
        Some(_) => Err(Failure::Invalid(format!("limit: from 1 to {LIMIT_MAX}"))),
    }
}

/// A cursor as the last page gave it.
pub fn cursor<T: std::str::FromStr>(text: Option<&str>) -> Result<Option<T>, Failure> {
    let wrong = |()| Failure::Invalid("cursor: use the `next` of the page before".to_owned());
    text.map(|it| it.parse().map_err(|_| ()))
        .transpose()
        .map_err(wrong)
}

/// Cuts the entry that was only looked up to see whether there are more; its predecessor's id is
/// the next cursor.
pub fn cut<T>(found: &mut Vec<T>, limit: u32, id: impl Fn(&T) -> String) -> Option<String> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    if found.len() <= limit {
        return None;
    }
    found.truncate(limit);
    found.last().map(id)
}

/// A body with the version it has.
pub fn versioned<T: Serialize>(version: u64, body: T) -> Result<Response, Failure> {
    let mut response = axum::Json(body).into_response();
    let tag = HeaderValue::from_str(&etag(version)).map_err(Failure::broken)?;
    response.headers_mut().insert(ETAG, tag);
    Ok(response)
}
