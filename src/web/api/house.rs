//! `/api/v1/system`, `/api/v1/events`, and the description of the API itself.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::task_shapes::{ModelBody, SystemBody, WorkerBody};
use crate::store::{ReadTx, counsel, deliveries, documents, journal};
use crate::web::WebState;
use crate::web::auth::ApiCaller;
use crate::web::events::{self, EventBody};
use crate::web::failure::{Failure, Problem};
use crate::work::board::Line;

/// How the house is.
#[utoipa::path(get, path = "/system", tag = "system",
    responses((status = 200, body = SystemBody)))]
pub async fn system(
    State(state): State<WebState>,
    caller: ApiCaller,
) -> Result<Json<SystemBody>, Failure> {
    let look = |tx: &ReadTx<'_>| {
        let (waiting, _) = deliveries::backlog(tx)?;
        let model = counsel::state(tx)?;
        let sequence = journal::last_sequence(tx)?;
        Ok((documents::counts(tx)?, waiting, model, sequence))
    };
    let (counts, deliveries_waiting, model, journal_sequence) =
        state.store.read(caller.viewer(), look).await?;
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
        documents: counts.into_iter().collect(),
        deliveries_waiting,
        journal_sequence,
        workers: state.board.read().into_iter().map(worker).collect(),
    }))
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
