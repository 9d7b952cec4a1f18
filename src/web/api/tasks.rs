//! `/api/v1/tasks`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{IF_NONE_MATCH, LOCATION};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::task_shapes::{AnswerBody, NewTaskBody, TaskBody, TaskChange, TaskPage};
use super::{cursor, cut, page_length, versioned};
use crate::domain::document::Visibility;
use crate::domain::id::{PersonId, TaskId};
use crate::domain::task::{Answer, Status, Task};
use crate::store::{Error, ReadTx, Store, WriteTx, people, tasks};
use crate::web::WebState;
use crate::web::auth::ApiCaller;
use crate::web::extract::{Asked, At, Body, IfMatch, etag};
use crate::web::failure::{Failure, Problem};
use crate::web::pages::one_task::{NOTES_LETTERS_MAX, TITLE_LETTERS_MAX, next_morning};
use crate::work::Wake;

/// Moments and people of one task.
const ENTRIES_MAX: usize = 50;

/// Which tasks.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
pub struct Wanted {
    /// Words in the title.
    q: Option<String>,
    /// `open`, `done`, `not_mine` or `withdrawn`.
    status: Option<String>,
    /// Due on or before this day (ISO 8601).
    due_until: Option<String>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// Tasks of a page, 1 to 200.
    limit: Option<u32>,
}

/// Tasks by due day, those without one last.
#[utoipa::path(get, path = "/tasks", tag = "tasks", params(Wanted),
    responses((status = 200, body = TaskPage), (status = 422, body = Problem)))]
pub async fn list(
    State(store): State<Store>,
    caller: ApiCaller,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<TaskPage>, Failure> {
    let limit = page_length(wanted.limit)?;
    let unknown = |error: crate::domain::document::Unknown| Failure::Invalid(error.to_string());
    let wrong_day = |_| Failure::Invalid("due_until: a day is like 2026-03-18".to_owned());
    let status = wanted
        .status
        .as_deref()
        .map(str::parse::<Status>)
        .transpose();
    let filter = tasks::Filter {
        status: status.map_err(unknown)?,
        due_until: wanted
            .due_until
            .map(|it| it.parse())
            .transpose()
            .map_err(wrong_day)?,
        query: wanted.q.filter(|it| !it.is_empty()),
        after: cursor(wanted.cursor.as_deref())?,
    };
    let look = move |tx: &ReadTx<'_>| tasks::list(tx, &filter, limit + 1);
    let mut found = store.read(caller.viewer(), look).await?;
    let next = cut(&mut found, limit, |it| it.id.to_string());
    Ok(Json(TaskPage {
        tasks: found.iter().map(TaskBody::from).collect(),
        next,
    }))
}

/// Makes a task by hand.
#[utoipa::path(post, path = "/tasks", tag = "tasks", request_body = NewTaskBody,
    responses((status = 201, body = TaskBody), (status = 422, body = Problem)))]
pub async fn create(
    State(store): State<Store>,
    State(wake): State<Wake>,
    caller: ApiCaller,
    Body(new): Body<NewTaskBody>,
) -> Result<Response, Failure> {
    check_texts(Some(&new.title), Some(&new.notes))?;
    check_entries(new.remind_at.len().max(new.assignees.len()))?;
    let new = tasks::NewTask {
        title: new.title.trim().to_owned(),
        notes: new.notes,
        due: new.due,
        due_time: new.due_time,
        money: new.money,
        remind_at: new.remind_at,
        assignees: new.assignees,
        visible_to: Visibility::Household,
    };
    let write = move |tx: &WriteTx<'_>| {
        check_people(tx, &new.assignees)?;
        tasks::create(tx, new)
    };
    let task = store.write(caller.caller, write).await?;
    wake.reminders.notify_one();
    wake.state.notify_one();
    let mut response = body(&task)?;
    *response.status_mut() = StatusCode::CREATED;
    let location = format!("/api/v1/tasks/{}", task.id);
    let location = HeaderValue::from_str(&location).map_err(Failure::broken)?;
    response.headers_mut().insert(LOCATION, location);
    Ok(response)
}

/// One task.
#[utoipa::path(get, path = "/tasks/{id}", tag = "tasks", params(("id" = String, Path)),
    responses((status = 200, body = TaskBody), (status = 304), (status = 404, body = Problem)))]
pub async fn one(
    State(store): State<Store>,
    caller: ApiCaller,
    headers: HeaderMap,
    At(id): At<TaskId>,
) -> Result<Response, Failure> {
    let task = store
        .read(caller.viewer(), move |tx| tasks::by_id(tx, id))
        .await?;
    let tag = etag(task.version);
    let is_known = headers
        .get(IF_NONE_MATCH)
        .is_some_and(|it| it.as_bytes() == tag.as_bytes());
    if is_known {
        return Ok(StatusCode::NOT_MODIFIED.into_response());
    }
    body(&task)
}

/// Changes a task; what is changed here is never overwritten by a machine.
#[utoipa::path(patch, path = "/tasks/{id}", tag = "tasks",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    request_body = TaskChange,
    responses((status = 200, body = TaskBody), (status = 404, body = Problem),
        (status = 412, body = Problem), (status = 422, body = Problem)))]
pub async fn change(
    State(store): State<Store>,
    State(wake): State<Wake>,
    caller: ApiCaller,
    At(id): At<TaskId>,
    IfMatch(version): IfMatch,
    Body(change): Body<TaskChange>,
) -> Result<Response, Failure> {
    check_texts(change.title.as_deref(), change.notes.as_deref())?;
    let people = change.assignees.as_ref().map_or(0, Vec::len);
    check_entries(people.max(change.remind_at.as_ref().map_or(0, Vec::len)))?;
    let write = move |tx: &WriteTx<'_>| {
        check_people(tx, change.assignees.as_deref().unwrap_or_default())?;
        let task = tasks::by_id(tx, id)?;
        tasks::edit(tx, id, version, edit_of(&task, change))
    };
    let written = store.write(caller.caller, write).await;
    let task = written.map_err(|it| Failure::from(it).outdated_if(version))?;
    wake.reminders.notify_one();
    wake.state.notify_one();
    body(&task)
}

fn edit_of(task: &Task, change: TaskChange) -> tasks::Edit {
    let is_due_given = change.due.is_some() || change.due_time.is_some();
    let due = change.due.unwrap_or(task.due);
    // An hour without a day says nothing.
    let due_time = change
        .due_time
        .unwrap_or(task.due_time)
        .filter(|_| due.is_some());
    tasks::Edit {
        title: change.title.map(|it| it.trim().to_owned()),
        notes: change.notes,
        due: is_due_given.then_some((due, due_time)),
        money: change.money,
        remind_at: change.remind_at,
        assignees: change.assignees,
    }
}

/// Removes a task; one that a document asks for counts as answered `not_mine`.
#[utoipa::path(delete, path = "/tasks/{id}", tag = "tasks",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, body = TaskBody), (status = 404, body = Problem),
        (status = 412, body = Problem)))]
pub async fn delete(
    State(store): State<Store>,
    State(wake): State<Wake>,
    caller: ApiCaller,
    At(id): At<TaskId>,
    IfMatch(version): IfMatch,
) -> Result<Response, Failure> {
    let write = move |tx: &WriteTx<'_>| tasks::withdraw(tx, id, version);
    let written = store.write(caller.caller, write).await;
    let task = written.map_err(|it| Failure::from(it).outdated_if(version))?;
    wake.reminders.notify_one();
    wake.state.notify_one();
    body(&task)
}

/// Answers: `done`, `later` (until a moment) or `not_mine`.
#[utoipa::path(post, path = "/tasks/{id}/answer", tag = "tasks", params(("id" = String, Path)),
    request_body = AnswerBody,
    responses((status = 200, body = TaskBody), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
pub async fn answer(
    State(state): State<WebState>,
    caller: ApiCaller,
    At(id): At<TaskId>,
    Body(sent): Body<AnswerBody>,
) -> Result<Response, Failure> {
    let answer = Answer {
        answer: sent.answer,
        until: sent.until,
    };
    let morning = next_morning(&state.household, state.store.clock().now());
    let write = move |tx: &WriteTx<'_>| tasks::answer(tx, id, &answer, morning);
    let task = state.store.write(caller.caller, write).await?;
    state.wake.reminders.notify_one();
    state.wake.state.notify_one();
    body(&task)
}

fn body(task: &Task) -> Result<Response, Failure> {
    versioned(task.version, TaskBody::from(task))
}

fn check_texts(title: Option<&str>, notes: Option<&str>) -> Result<(), Failure> {
    let is_bad = |it: &str| it.trim().is_empty() || it.chars().count() > TITLE_LETTERS_MAX;
    if title.is_some_and(is_bad) {
        return Err(Failure::Invalid(format!(
            "title: 1 to {TITLE_LETTERS_MAX} letters"
        )));
    }
    if notes.is_some_and(|it| it.chars().count() > NOTES_LETTERS_MAX) {
        return Err(Failure::Invalid(format!(
            "notes: at most {NOTES_LETTERS_MAX} letters"
        )));
    }
    Ok(())
}

fn check_entries(count: usize) -> Result<(), Failure> {
    if count > ENTRIES_MAX {
        return Err(Failure::Invalid(format!(
            "remind_at, assignees: at most {ENTRIES_MAX}"
        )));
    }
    Ok(())
}

fn check_people(tx: &ReadTx<'_>, people: &[PersonId]) -> Result<(), Error> {
    people
        .iter()
        .try_for_each(|it| people::by_id(tx, *it).map(|_| ()))
}
