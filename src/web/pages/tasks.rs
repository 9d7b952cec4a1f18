//! The list of tasks, and making one by hand.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::Choice;
use super::one_task::{answer_of, next_morning};
use super::task_form::{FormValues, entered};
use crate::domain::document::Visibility;
use crate::domain::id::{DocumentId, TaskId};
use crate::domain::sketch::Sketch;
use crate::domain::task::{Status, Task};
use crate::store::{Error, ReadTx, WriteTx, tasks};
use crate::web::WebState;
use crate::web::api::tasks::AT_ONCE_MAX;
use crate::web::auth::{CheckedForm, CurrentPerson, Fields};
use crate::web::cards::{Dealer, TaskCard};
use crate::web::extract::Asked;
use crate::web::failure::Failure;
use crate::web::frame::{Frame, Happened, Locale, Shell, go, page};
use crate::work::quick_add;

/// Tasks of one page.
const PAGE_LENGTH: usize = 50;

/// Which tasks.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Wanted {
    /// `open`, `done` or `all`.
    #[serde(default)]
    show: String,
    /// The last task of the page before.
    #[serde(default)]
    after: String,
    /// A new task in one line.
    #[serde(default)]
    say: String,
    /// A document that the new task belongs to.
    #[serde(default)]
    document: String,
}

#[derive(Template)]
#[template(path = "tasks.html")]
struct TasksPage<'a> {
    shell: &'a Shell,
    tabs: Vec<Choice>,
    form: FormValues,
    cards: Vec<TaskCard>,
    next: Option<String>,
}

/// `GET /tasks`
pub async fn list(
    State(state): State<WebState>,
    frame: Frame,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Failure> {
    let t = frame.locale.texts();
    let (show, status) = match wanted.show.as_str() {
        "done" => ("done", Some(Status::Done)),
        "all" => ("all", None),
        _ => ("open", Some(Status::Open)),
    };
    let after = wanted.after.parse().ok();
    let filter = tasks::Filter {
        status,
        after,
        ..tasks::Filter::default()
    };
    let locale = frame.locale.clone();
    let say = (!wanted.say.trim().is_empty()).then(|| {
        let now = locale.zone.to_datetime(locale.now);
        quick_add::sketch(&wanted.say, now, &state.household.region)
    });
    let look = move |tx: &ReadTx<'_>| look(tx, &locale, &filter, say);
    let (cards, last, mut form) = state.store.read(frame.me.viewer(), look).await?;
    if let Ok(document) = wanted.document.parse::<DocumentId>() {
        form.document = document.to_string();
        form.is_open = true;
    }
    let template = TasksPage {
        shell: &frame.shell,
        tabs: [("open", t.open), ("done", t.done), ("all", t.all)]
            .map(|(value, label)| Choice::new(value, label, show))
            .into(),
        form,
        cards,
        next: last.map(|it| format!("/tasks?show={show}&after={it}")),
    };
    page(&frame.shell, &template)
}

type Found = (Vec<TaskCard>, Option<TaskId>, FormValues);

fn form_of(tx: &ReadTx<'_>, locale: &Locale, say: Option<Sketch>) -> Result<FormValues, Error> {
    match say {
        Some(sketch) => FormValues::sketched(tx, sketch, locale),
        None => FormValues::empty(tx, locale),
    }
}

fn look(
    tx: &ReadTx<'_>,
    locale: &Locale,
    filter: &tasks::Filter,
    say: Option<Sketch>,
) -> Result<Found, Error> {
    let one_more = u32::try_from(PAGE_LENGTH + 1).unwrap_or(u32::MAX);
    let mut found = tasks::list(tx, filter, one_more)?;
    let has_more = found.len() > PAGE_LENGTH;
    found.truncate(PAGE_LENGTH);
    let last = found.last().map(|it| it.id).filter(|_| has_more);
    let mut dealer = Dealer::new(tx, locale)?;
    let card = |it: &Task| -> Result<TaskCard, Error> {
        let card = dealer.card(it)?;
        Ok(TaskCard {
            can_choose: card.open,
            ..card
        })
    };
    let cards: Result<Vec<TaskCard>, Error> = found.iter().map(card).collect();
    Ok((cards?, last, form_of(tx, locale, say)?))
}

/// `POST /tasks`
pub async fn create(
    State(state): State<WebState>,
    me: CurrentPerson,
    CheckedForm(form): CheckedForm,
) -> Result<Response, Failure> {
    let entered = entered(&form, &state.household.zone)?;
    let title = entered.title.clone();
    let write =
        move |tx: &WriteTx<'_>| tasks::create(tx, title, entered.said(), Visibility::Household);
    state.store.write(me.caller(), write).await?;
    state.wake.task_changed();
    Ok(go("/tasks", Some(&Happened::Saved)))
}

/// `POST /tasks/answers`: one answer to all that were chosen.
pub async fn answer_all(
    State(state): State<WebState>,
    me: CurrentPerson,
    CheckedForm(form): CheckedForm,
) -> Result<Response, Failure> {
    let ids = chosen(&form)?;
    let next = form.text("next").unwrap_or("/tasks").to_owned();
    if ids.is_empty() {
        return Ok(go(&next, Some(&Happened::NothingChosen)));
    }
    let now = state.store.clock().now();
    let answer = answer_of(&form, &state.household, now)?;
    let morning = next_morning(&state.household, now);
    let happened = Happened::Answered(answer.answer.as_str(), ids.clone());
    let write = move |tx: &WriteTx<'_>| tasks::answer_all(tx, &ids, &answer, morning);
    state.store.write(me.caller(), write).await?;
    state.wake.task_changed();
    Ok(go(&next, Some(&happened)))
}

/// `POST /tasks/reopen`: the answers are taken back.
pub async fn reopen_all(
    State(state): State<WebState>,
    me: CurrentPerson,
    CheckedForm(form): CheckedForm,
) -> Result<Response, Failure> {
    let ids = chosen(&form)?;
    let write = move |tx: &WriteTx<'_>| {
        let mut opened = ids.iter().map(|it| tasks::reopen(tx, *it));
        opened.try_for_each(|it| it.map(|_| ()))
    };
    state.store.write(me.caller(), write).await?;
    state.wake.task_changed();
    Ok(go(form.text("next").unwrap_or("/tasks"), None))
}

fn chosen(form: &Fields) -> Result<Vec<TaskId>, Failure> {
    let ids: Vec<TaskId> = form.all("task").filter_map(|it| it.parse().ok()).collect();
    if ids.len() > AT_ONCE_MAX {
        return Err(Failure::Invalid(format!(
            "at most {AT_ONCE_MAX} tasks at once"
        )));
    }
    Ok(ids)
}
