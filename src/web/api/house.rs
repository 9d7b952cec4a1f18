//! `/api/v1/system`, `/api/v1/events`, and the description of the API itself.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::house_shapes::{CalendarBody, ModelBody, SystemBody, WorkerBody};
use crate::store::channels::{self, ChannelState};
use crate::store::promises::{self, Standings};
use crate::store::{ReadTx, calendars, counsel, deliveries, documents, journal};
use crate::web::WebState;
use crate::web::auth::ApiCaller;
use crate::web::events::{self, EventBody};
use crate::web::failure::{Failure, Problem};
use crate::work::Board;
use crate::work::board::{Line, PUBLISHES_CALENDAR};

/// What the store knows of it.
struct Found {
    counts: Vec<(String, u64)>,
    deliveries_waiting: u64,
    channels: Vec<ChannelState>,
    calendar: (u64, u64),
    model: counsel::State,
    journal_sequence: u64,
    standings: Standings,
}

/// How the house is.
#[utoipa::path(get, path = "/system", tag = "system",
    responses((status = 200, body = SystemBody)))]
pub async fn system(
    State(state): State<WebState>,
    caller: ApiCaller,
) -> Result<Json<SystemBody>, Failure> {
    let (promises, names) = (
        Arc::clone(&state.household.promises),
        state.about.channels.clone(),
    );
    let look = move |tx: &ReadTx<'_>| {
        Ok(Found {
            counts: documents::counts(tx)?,
            deliveries_waiting: deliveries::backlog(tx)?.0,
            channels: channels::states(tx, &names)?,
            calendar: calendars::backlog(tx)?,
            model: counsel::state(tx)?,
            journal_sequence: journal::last_sequence(tx)?,
            standings: promises::standings(tx, &promises)?,
        })
    };
    let found = state.store.read(caller.viewer(), look).await?;
    let model = &found.model;
    let about = &state.about;
    let model_body = |name: &String| ModelBody {
        name: name.clone(),
        documents_waiting: model.waiting,
        last_outcome: model.last.as_ref().map(|(it, _)| it.to_string()),
        trouble: model.last.as_ref().and_then(|(_, reason)| reason.clone()),
    };
    Ok(Json(SystemBody {
        version: about.version.clone(),
        engine: about.engine.clone(),
        started_at: about.started_at.to_string(),
        clock_is_set: state.store.clock().is_sane(),
        broker_connected: about.broker.is_connected(),
        model: about.model.as_ref().map(model_body),
        documents: found.counts.into_iter().collect(),
        deliveries_waiting: found.deliveries_waiting,
        channels: found.channels.into_iter().map(Into::into).collect(),
        calendar: calendar(&state.board, found.calendar),
        service_levels: found.standings.levels.into_iter().map(Into::into).collect(),
        journal_sequence: found.journal_sequence,
        workers: state.board.read().into_iter().map(worker).collect(),
    }))
}

/// The calendar, where somebody keeps one.
fn calendar(board: &Board, (waiting, refused): (u64, u64)) -> Option<CalendarBody> {
    let line = board.read().remove(PUBLISHES_CALENDAR)?;
    Some(CalendarBody {
        waiting,
        refused,
        trouble: line.trouble,
    })
}

fn worker((name, line): (&'static str, Line)) -> WorkerBody {
    WorkerBody {
        name: name.to_owned(),
        turns: line.turns,
        last_at: line.last_at.map(|it| it.to_string()),
        failures: line.failures,
        trouble: line.trouble,
    }
}

/// What changes, as server-sent events named `document`, `task` and `reminder`; `Last-Event-ID`
/// gives what was missed. Events named `progress` tell how far the reading of a document has come,
/// with its `id`, `pages_done` and `pages`, at most four times a second; they have no event id.
#[utoipa::path(get, path = "/events", tag = "system",
    params(("Last-Event-ID" = Option<u64>, Header, description = "the last event that was heard")),
    responses((status = 200, body = EventBody, content_type = "text/event-stream"),
        (status = 429, body = Problem)))]
pub async fn events(
    State(state): State<WebState>,
    caller: ApiCaller,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    events::listen(state, caller.viewer(), &headers)
}

/// This description.
#[utoipa::path(get, path = "/openapi.json", tag = "system",
    responses((status = 200, content_type = "application/json")))]
pub async fn openapi(_: ApiCaller) -> Response {
    ([(CONTENT_TYPE, "application/json")], crate::web::openapi()).into_response()
}
