//! A person's tasks as a calendar that other programs subscribe to, at a secret address.

use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_TYPE, REFERRER_POLICY};
use axum::response::{IntoResponse, Response};

use super::auth::secret;
use super::extract::At;
use super::failure::Failure;
use super::{Household, WebState};
use crate::domain::calendar::{self, Manner};
use crate::domain::task::Status;
use crate::store::{ReadTx, Viewer, feeds, people, tasks};

/// Tasks of one calendar.
const TASKS_MAX: u32 = 1000;

/// `GET /calendar/{token}`: open tasks that the person may see and that are theirs or everybody's.
pub async fn show(
    State(state): State<WebState>,
    At(token): At<String>,
) -> Result<Response, Failure> {
    let secret = token.strip_suffix(".ics").unwrap_or(&token);
    let hash = secret::hash_of(secret);
    let person = state
        .store
        .read(Viewer::House, move |tx| feeds::person(tx, hash))
        .await?;
    let person = person.ok_or(Failure::NotFound)?;
    let look = move |tx: &ReadTx<'_>| {
        let open = tasks::Filter {
            status: Some(Status::Open),
            concerns: Some(person),
            ..tasks::Filter::default()
        };
        let found = tasks::list(tx, &open, TASKS_MAX)?;
        Ok((people::by_id(tx, person)?.name, found))
    };
    let (name, found) = state.store.read(Viewer::Person(person), look).await?;
    let manner = Manner {
        name: format!("workmate, {name}"),
        ..manner(&state.household)
    };
    let text = calendar::calendar(&found, &manner, state.store.clock().now());
    let mut response = text.into_response();
    let headers = response.headers_mut();
    let kind = HeaderValue::from_static("text/calendar; charset=utf-8");
    headers.insert(CONTENT_TYPE, kind);
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    Ok(response)
}

fn manner(household: &Household) -> Manner {
    let morning = household.morning;
    Manner {
        name: String::new(),
        zone: household.zone.clone(),
        morning_minutes: i32::from(morning.hour()) * 60 + i32::from(morning.minute()),
        base_url: household.base_url.clone(),
    }
}
