//! The list of tasks, and making one by hand.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::Choice;
use super::one_task::{FormValues, entered};
use crate::domain::document::Visibility;
use crate::domain::id::TaskId;
use crate::domain::task::Status;
use crate::store::{Error, ReadTx, Store, people, tasks};
use crate::web::WebState;
use crate::web::auth::{CheckedForm, CurrentPerson};
use crate::web::cards::{Dealer, TaskCard};
use crate::web::extract::Asked;
use crate::web::failure::Failure;
use crate::web::frame::{Frame, Happened, Locale, Shell, go, page};

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
    State(store): State<Store>,
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
    let look = move |tx: &ReadTx<'_>| look(tx, &locale, &filter);
    let (cards, last, form) = store.read(frame.me.viewer(), look).await?;
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

fn look(tx: &ReadTx<'_>, locale: &Locale, filter: &tasks::Filter) -> Result<Found, Error> {
    let one_more = u32::try_from(PAGE_LENGTH + 1).unwrap_or(u32::MAX);
    let mut found = tasks::list(tx, filter, one_more)?;
    let has_more = found.len() > PAGE_LENGTH;
    found.truncate(PAGE_LENGTH);
    let last = found.last().map(|it| it.id).filter(|_| has_more);
    let mut dealer = Dealer::new(tx, locale)?;
    let cards: Result<Vec<TaskCard>, Error> = found.iter().map(|it| dealer.card(it)).collect();
    Ok((cards?, last, FormValues::empty(&people::list(tx)?)))
}

/// `POST /tasks`
pub async fn create(
    State(state): State<WebState>,
    me: CurrentPerson,
    CheckedForm(form): CheckedForm,
) -> Result<Response, Failure> {
    let entered = entered(&form, &state.household.zone)?;
    let new = tasks::NewTask {
        title: entered.title,
        notes: entered.notes,
        due: entered.due,
        due_time: entered.due_time,
        money: entered.money,
        remind_at: entered.remind_at,
        assignees: entered.assignees,
        visible_to: Visibility::Household,
    };
    state
        .store
        .write(me.caller(), move |tx| tasks::create(tx, new))
        .await?;
    state.wake.reminders.notify_one();
    state.wake.state.notify_one();
    Ok(go("/tasks", Some(&Happened::Saved)))
}
