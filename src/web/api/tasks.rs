//! `/api/v1/tasks`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{IF_NONE_MATCH, LOCATION};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::task_checks::{
    check_entries, check_links, check_people, check_steps, check_texts, checked_labels,
};
use super::task_shapes::{
    AnswerBody, AnswersBody, CommentBody, CountsBody, EntryBody, HistoryBody, MuteBody,
    NewTaskBody, ReopenBody, StepBody, TaskBody, TaskChange, TaskPage, TickBody,
};
use super::{cursor, cut, page_length, versioned};
use crate::domain::document::Visibility;
use crate::domain::id::{PersonId, TaskId};
use crate::domain::journal::Entity;
use crate::domain::priority::{self, Assessment, Stakes};
use crate::domain::recurrence::Recurrence;
use crate::domain::task::{Answer, Status, Step, Task};
use crate::store::tasks::{Days, Removed, View};
use crate::store::{Error, ReadTx, Store, WriteTx, documents, journal, tasks};
use crate::web::WebState;
use crate::web::auth::ApiCaller;
use crate::web::extract::{Asked, At, Body, IfMatch, etag};
use crate::web::failure::{Failure, Problem};
use crate::web::pages::one_task::next_morning;
use crate::web::pages::task_form::NOTES_LETTERS_MAX;

/// Tasks that are answered at once.
pub const AT_ONCE_MAX: usize = 100;
/// Entries of a story.
const HISTORY_MAX: u32 = 200;

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
    /// Open tasks: `today`, `week`, `overdue`, `waiting` or `someday`.
    view: Option<String>,
    /// The id of a person it is for.
    person: Option<String>,
    /// One of its labels.
    label: Option<String>,
    /// What it belongs to.
    project: Option<String>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// Tasks of a page, 1 to 200.
    limit: Option<u32>,
}

/// Tasks by due day, those without one last.
#[utoipa::path(get, path = "/tasks", tag = "tasks", params(Wanted),
    responses((status = 200, body = TaskPage), (status = 422, body = Problem)))]
pub async fn list(
    State(state): State<WebState>,
    caller: ApiCaller,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<TaskPage>, Failure> {
    let limit = page_length(wanted.limit)?;
    let filter = filter_of(wanted, &state)?;
    let zone = state.household.zone.clone();
    let look = move |tx: &ReadTx<'_>| all_of(tx, &tasks::list(tx, &filter, limit + 1)?, &zone);
    let mut tasks = state.store.read(caller.viewer(), look).await?;
    let next = cut(&mut tasks, limit, |it| it.id.clone());
    Ok(Json(TaskPage { tasks, next }))
}

fn filter_of(wanted: Wanted, state: &WebState) -> Result<tasks::Filter, Failure> {
    let unknown = |error: crate::domain::document::Unknown| Failure::Invalid(error.to_string());
    let wrong_day = |_| Failure::Invalid("due_until: a day is like 2026-03-18".to_owned());
    let status = wanted.status.map(|it| it.parse::<Status>()).transpose();
    let view = wanted.view.map(|it| it.parse::<View>()).transpose();
    let until = wanted.due_until.map(|it| it.parse()).transpose();
    let today = today(state);
    let given = |text: Option<String>| text.filter(|it| !it.is_empty());
    Ok(tasks::Filter {
        status: status.map_err(unknown)?,
        days: until.map_err(wrong_day)?.map(Days::Until),
        query: given(wanted.q),
        view: view.map_err(unknown)?.map(|it| (it, today)),
        concerns: None,
        person: person_of(wanted.person.as_deref())?,
        label: given(wanted.label),
        project: given(wanted.project),
        after: cursor(wanted.cursor.as_deref())?,
    })
}

fn today(state: &WebState) -> Date {
    let now = state.store.clock().now();
    now.to_zoned(state.household.zone.clone()).date()
}

fn person_of(text: Option<&str>) -> Result<Option<PersonId>, Failure> {
    let wrong = |_| Failure::Invalid("person: the id of a person".to_owned());
    text.map(str::parse).transpose().map_err(wrong)
}

/// For whom.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
pub struct ForWhom {
    /// The id of a person; everybody where it is left out.
    person: Option<String>,
}

/// How many open tasks each view holds.
#[utoipa::path(get, path = "/tasks/counts", tag = "tasks", params(ForWhom),
    responses((status = 200, body = CountsBody), (status = 422, body = Problem)))]
pub async fn counts(
    State(state): State<WebState>,
    caller: ApiCaller,
    Asked(wanted): Asked<ForWhom>,
) -> Result<Json<CountsBody>, Failure> {
    let (today, person) = (today(&state), person_of(wanted.person.as_deref())?);
    let look = move |tx: &ReadTx<'_>| tasks::counts(tx, today, person);
    let counts = state.store.read(caller.viewer(), look).await?;
    Ok(Json(counts.into()))
}

/// Makes a task by hand.
#[utoipa::path(post, path = "/tasks", tag = "tasks", request_body = NewTaskBody,
    responses((status = 201, body = TaskBody), (status = 422, body = Problem)))]
pub async fn create(
    State(state): State<WebState>,
    caller: ApiCaller,
    Body(new): Body<NewTaskBody>,
) -> Result<Response, Failure> {
    check_texts(Some(&new.title), Some(&new.notes))?;
    check_texts(None, Some(&new.project))?;
    check_texts(None, Some(&new.contact))?;
    check_entries(new.remind_at.len().max(new.assignees.len()))?;
    check_links(new.documents.len().max(new.blocked_by.len()))?;
    check_steps(&new.steps)?;
    let (title, steps) = (new.title.trim().to_owned(), new.steps);
    let said = tasks::Edit {
        title: None,
        notes: Some(new.notes),
        due: Some((new.due, new.due_time.filter(|_| new.due.is_some()))),
        money: Some(new.money),
        remind_at: Some(new.remind_at),
        assignees: Some(new.assignees),
        recurrence: Some(new.recurrence.map(Recurrence::from)),
        pinned: Some(new.priority),
        start: Some(new.start),
        steps: None,
        labels: Some(checked_labels(&new.labels)?),
        project: Some(new.project.trim().to_owned()),
        contact: Some(new.contact.trim().to_owned()),
        documents: Some(new.documents),
        blocked_by: Some(new.blocked_by),
        only_this: false,
    };
    let zone = state.household.zone.clone();
    let write = move |tx: &WriteTx<'_>| {
        check_people(tx, said.assignees.as_deref().unwrap_or_default())?;
        let steps = Some(steps_of(steps, &[], tx.now()));
        let said = tasks::Edit { steps, ..said };
        let task = tasks::create(tx, title, said, Visibility::Household)?;
        shaped(tx, &task, &zone)
    };
    let task = state.store.write(caller.caller, write).await?;
    state.wake.task_changed();
    let location = format!("/api/v1/tasks/{}", task.id);
    let mut response = body(task)?;
    *response.status_mut() = StatusCode::CREATED;
    let location = HeaderValue::from_str(&location).map_err(Failure::broken)?;
    response.headers_mut().insert(LOCATION, location);
    Ok(response)
}

/// One task.
#[utoipa::path(get, path = "/tasks/{id}", tag = "tasks", params(("id" = String, Path)),
    responses((status = 200, body = TaskBody), (status = 304), (status = 404, body = Problem)))]
pub async fn one(
    State(state): State<WebState>,
    caller: ApiCaller,
    headers: HeaderMap,
    At(id): At<TaskId>,
) -> Result<Response, Failure> {
    let zone = state.household.zone.clone();
    let look = move |tx: &ReadTx<'_>| shaped(tx, &tasks::by_id(tx, id)?, &zone);
    let task = state.store.read(caller.viewer(), look).await?;
    let tag = etag(task.version);
    let is_known = headers
        .get(IF_NONE_MATCH)
        .is_some_and(|it| it.as_bytes() == tag.as_bytes());
    if is_known {
        return Ok(StatusCode::NOT_MODIFIED.into_response());
    }
    body(task)
}

/// Changes a task; what is changed here is never overwritten by a machine.
#[utoipa::path(patch, path = "/tasks/{id}", tag = "tasks",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    request_body = TaskChange,
    responses((status = 200, body = TaskBody), (status = 404, body = Problem),
        (status = 412, body = Problem), (status = 422, body = Problem)))]
pub async fn change(
    State(state): State<WebState>,
    caller: ApiCaller,
    At(id): At<TaskId>,
    IfMatch(version): IfMatch,
    Body(change): Body<TaskChange>,
) -> Result<Response, Failure> {
    check_texts(change.title.as_deref(), change.notes.as_deref())?;
    check_texts(None, change.project.as_deref())?;
    check_texts(None, change.contact.as_deref())?;
    let moments = change.remind_at.as_ref().map_or(0, Vec::len);
    check_entries(moments.max(change.assignees.as_ref().map_or(0, Vec::len)))?;
    let links = change.documents.as_ref().map_or(0, Vec::len);
    check_links(links.max(change.blocked_by.as_ref().map_or(0, Vec::len)))?;
    check_steps(change.steps.as_deref().unwrap_or_default())?;
    let labels = change.labels.as_deref().map(checked_labels).transpose()?;
    let zone = state.household.zone.clone();
    let write = move |tx: &WriteTx<'_>| {
        check_people(tx, change.assignees.as_deref().unwrap_or_default())?;
        let task = tasks::by_id(tx, id)?;
        let edit = edit_of(&task, change, tx.now());
        let task = tasks::edit(tx, id, version, tasks::Edit { labels, ..edit })?;
        shaped(tx, &task, &zone)
    };
    let written = state.store.write(caller.caller, write).await;
    let task = written.map_err(|it| Failure::from(it).outdated_if(version))?;
    state.wake.task_changed();
    body(task)
}

fn edit_of(task: &Task, change: TaskChange, now: Timestamp) -> tasks::Edit {
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
        recurrence: change.recurrence.map(|it| it.map(Recurrence::from)),
        pinned: change.priority,
        start: change.start,
        steps: change.steps.map(|it| steps_of(it, &task.steps, now)),
        labels: change.labels,
        project: change.project.map(|it| it.trim().to_owned()),
        contact: change.contact.map(|it| it.trim().to_owned()),
        documents: change.documents,
        blocked_by: change.blocked_by,
        only_this: change.only_this,
    }
}

/// The steps that were sent: one that is `known` keeps its number and the moment of its tick.
fn steps_of(sent: Vec<StepBody>, known: &[Step], now: Timestamp) -> Vec<Step> {
    let mut last = known.iter().map(|it| it.number).max().unwrap_or(0);
    let mut steps: Vec<Step> = Vec::with_capacity(sent.len());
    for one in sent {
        let is_taken = |it: &&Step| steps.iter().all(|step| step.number != it.number);
        let before = known
            .iter()
            .find(|it| Some(it.number) == one.number)
            .filter(is_taken);
        let number = before.map_or_else(
            || {
                last = last.saturating_add(1);
                last
            },
            |it| it.number,
        );
        let ticked = before.and_then(|it| it.done_at).unwrap_or(now);
        steps.push(Step {
            number,
            title: one.title.trim().to_owned(),
            due: one.due,
            done_at: one.done.then_some(ticked),
        });
    }
    steps
}

/// How a task is removed.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
pub struct Removal {
    /// Whether letters like the one that asks for it are to make no such task any more either.
    nothing_to_do: bool,
}

/// Removes a task; one that a document asks for counts as answered `not_mine`.
#[utoipa::path(delete, path = "/tasks/{id}", tag = "tasks",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header), Removal),
    responses((status = 200, body = TaskBody), (status = 404, body = Problem),
        (status = 412, body = Problem)))]
pub async fn delete(
    State(state): State<WebState>,
    caller: ApiCaller,
    At(id): At<TaskId>,
    Asked(removal): Asked<Removal>,
    IfMatch(version): IfMatch,
) -> Result<Response, Failure> {
    let zone = state.household.zone.clone();
    let removed = if removal.nothing_to_do {
        Removed::NothingToDo
    } else {
        Removed::Once
    };
    let write =
        move |tx: &WriteTx<'_>| shaped(tx, &tasks::withdraw(tx, id, version, removed)?, &zone);
    let written = state.store.write(caller.caller, write).await;
    let task = written.map_err(|it| Failure::from(it).outdated_if(version))?;
    state.wake.task_changed();
    body(task)
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
    written(&state, caller, write).await
}

/// Says that somebody knows of it and is on it: nobody else is drawn in for what was said until now.
#[utoipa::path(post, path = "/tasks/{id}/acknowledge", tag = "tasks",
    params(("id" = String, Path)),
    responses((status = 200, body = TaskBody), (status = 404, body = Problem)))]
pub async fn acknowledge(
    State(state): State<WebState>,
    caller: ApiCaller,
    At(id): At<TaskId>,
) -> Result<Response, Failure> {
    let write = move |tx: &WriteTx<'_>| tasks::acknowledge(tx, id);
    written(&state, caller, write).await
}

/// Lets nobody hear of it before a moment; `null` lets it speak again.
#[utoipa::path(post, path = "/tasks/{id}/mute", tag = "tasks", params(("id" = String, Path)),
    request_body = MuteBody,
    responses((status = 200, body = TaskBody), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
pub async fn mute(
    State(state): State<WebState>,
    caller: ApiCaller,
    At(id): At<TaskId>,
    Body(sent): Body<MuteBody>,
) -> Result<Response, Failure> {
    let now = state.store.clock().now();
    if sent.until.is_some_and(|it| it <= now) {
        return Err(Failure::Invalid("until: a moment to come".to_owned()));
    }
    let write = move |tx: &WriteTx<'_>| tasks::mute(tx, id, sent.until);
    written(&state, caller, write).await
}

/// Writes a change of one task, has everybody look, and answers with the task.
async fn written(
    state: &WebState,
    caller: ApiCaller,
    write: impl FnOnce(&WriteTx<'_>) -> Result<Task, Error> + Send + 'static,
) -> Result<Response, Failure> {
    let zone = state.household.zone.clone();
    let write = move |tx: &WriteTx<'_>| shaped(tx, &write(tx)?, &zone);
    let task = state.store.write(caller.caller, write).await?;
    state.wake.task_changed();
    body(task)
}

/// One answer to several tasks: all of them, or none where one is missing.
#[utoipa::path(post, path = "/tasks/answers", tag = "tasks", request_body = AnswersBody,
    responses((status = 200, body = TaskPage), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
pub async fn answer_all(
    State(state): State<WebState>,
    caller: ApiCaller,
    Body(sent): Body<AnswersBody>,
) -> Result<Json<TaskPage>, Failure> {
    check_at_once(sent.tasks.len())?;
    let answer = Answer {
        answer: sent.answer,
        until: sent.until,
    };
    let morning = next_morning(&state.household, state.store.clock().now());
    let zone = state.household.zone.clone();
    let write = move |tx: &WriteTx<'_>| {
        let answered = tasks::answer_all(tx, &sent.tasks, &answer, morning)?;
        all_of(tx, &answered, &zone)
    };
    let tasks = state.store.write(caller.caller, write).await?;
    state.wake.task_changed();
    Ok(Json(TaskPage { tasks, next: None }))
}

/// Takes the answers of several tasks back: they are open again.
#[utoipa::path(post, path = "/tasks/reopen", tag = "tasks", request_body = ReopenBody,
    responses((status = 200, body = TaskPage), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
pub async fn reopen(
    State(state): State<WebState>,
    caller: ApiCaller,
    Body(sent): Body<ReopenBody>,
) -> Result<Json<TaskPage>, Failure> {
    check_at_once(sent.tasks.len())?;
    let zone = state.household.zone.clone();
    let write = move |tx: &WriteTx<'_>| {
        let opened = sent.tasks.iter().map(|it| tasks::reopen(tx, *it));
        all_of(tx, &opened.collect::<Result<Vec<Task>, Error>>()?, &zone)
    };
    let tasks = state.store.write(caller.caller, write).await?;
    state.wake.task_changed();
    Ok(Json(TaskPage { tasks, next: None }))
}

/// The tasks as programs see them today.
fn all_of(tx: &ReadTx<'_>, tasks: &[Task], zone: &TimeZone) -> Result<Vec<TaskBody>, Error> {
    tasks.iter().map(|it| shaped(tx, it, zone)).collect()
}

fn shaped(tx: &ReadTx<'_>, task: &Task, zone: &TimeZone) -> Result<TaskBody, Error> {
    let today = zone.to_datetime(tx.now()).date();
    Ok(TaskBody::of(task, assessment(tx, task, today)?.as_ref()))
}

/// How pressing an open task is on `today`, and why.
pub fn assessment(tx: &ReadTx<'_>, task: &Task, today: Date) -> Result<Option<Assessment>, Error> {
    if task.status != Status::Open {
        return Ok(None);
    }
    let kind = match &task.source {
        Some(source) => documents::kind(tx, source.document)?,
        None => None,
    };
    let stakes = Stakes::of(task, kind, None, task.pinned);
    Ok(Some(priority::assess(&stakes, today)))
}

fn check_at_once(count: usize) -> Result<(), Failure> {
    if (1..=AT_ONCE_MAX).contains(&count) {
        return Ok(());
    }
    Err(Failure::Invalid(format!("tasks: 1 to {AT_ONCE_MAX} ids")))
}

/// Ticks a step, or takes its tick back.
#[utoipa::path(put, path = "/tasks/{id}/steps/{number}", tag = "tasks",
    params(("id" = String, Path), ("number" = u32, Path)), request_body = TickBody,
    responses((status = 200, body = TaskBody), (status = 404, body = Problem)))]
pub async fn tick(
    State(state): State<WebState>,
    caller: ApiCaller,
    At((id, number)): At<(TaskId, u32)>,
    Body(sent): Body<TickBody>,
) -> Result<Response, Failure> {
    let write = move |tx: &WriteTx<'_>| tasks::tick(tx, id, number, sent.done);
    written(&state, caller, write).await
}

/// Says something about a task that is no answer.
#[utoipa::path(post, path = "/tasks/{id}/comments", tag = "tasks", params(("id" = String, Path)),
    request_body = CommentBody,
    responses((status = 200, body = TaskBody), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
pub async fn comment(
    State(state): State<WebState>,
    caller: ApiCaller,
    At(id): At<TaskId>,
    Body(sent): Body<CommentBody>,
) -> Result<Response, Failure> {
    let text = comment_of(&sent.text)?;
    let write = move |tx: &WriteTx<'_>| tasks::comment(tx, id, &text);
    written(&state, caller, write).await
}

/// What somebody said, checked.
pub fn comment_of(text: &str) -> Result<String, Failure> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > NOTES_LETTERS_MAX {
        return Err(Failure::Invalid(format!(
            "a comment has 1 to {NOTES_LETTERS_MAX} letters"
        )));
    }
    Ok(text.to_owned())
}

/// A task's story: who did and said what, and when.
#[utoipa::path(get, path = "/tasks/{id}/history", tag = "tasks", params(("id" = String, Path)),
    responses((status = 200, body = HistoryBody), (status = 404, body = Problem)))]
pub async fn history(
    State(store): State<Store>,
    caller: ApiCaller,
    At(id): At<TaskId>,
) -> Result<Json<HistoryBody>, Failure> {
    let look = move |tx: &ReadTx<'_>| {
        let task = tasks::by_id(tx, id)?;
        let entries = journal::of(tx, Entity::Task, &task.id.to_string(), HISTORY_MAX)?;
        let entries = entries.into_iter().map(|entry| {
            let text = journal::comment(tx, &entry)?;
            Ok(EntryBody {
                sequence: entry.sequence,
                at: entry.at.to_string(),
                change: entry.change,
                fields: entry.fields,
                actor: entry.actor.name,
                channel: entry.actor.channel,
                text,
            })
        });
        entries.collect::<Result<Vec<_>, Error>>()
    };
    let entries = store.read(caller.viewer(), look).await?;
    Ok(Json(HistoryBody { entries }))
}

fn body(task: TaskBody) -> Result<Response, Failure> {
    versioned(task.version, task)
}
