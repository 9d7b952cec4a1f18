//! One task: its answer, its reminders, and what a person changes of it.

use askama::Template;
use axum::extract::{Multipart, State};
use axum::response::Response;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::stories::{self, Line};
use super::task_form::{FormValues, entered};
use crate::domain::escalation::Said;
use crate::domain::escalation::timeline::{self, Happening};
use crate::domain::id::{DocumentId, PersonId, TaskId};
use crate::domain::journal::Entity;
use crate::domain::priority::sentence;
use crate::domain::reminder::{Reminder, ReminderState};
use crate::domain::service_level::{Act, Promises};
use crate::domain::task::{Answer, AnswerKind, LINKS_MAX, Status, Step, Task};
use crate::store::promises::{self as store_promises, Owned};
use crate::store::{Error, ReadTx, Store, WriteTx};
use crate::store::{deliveries, documents, journal, people, reminders, tasks};
use crate::web::api::tasks::{assessment, comment_of};
use crate::web::auth::{CheckedForm, CurrentPerson, Fields};
use crate::web::cards::{Dealer, TaskCard};
use crate::web::extract::At;
use crate::web::failure::Failure;
use crate::web::frame::{Frame, Happened, Locale, Shell, go, page};
use crate::web::{Household, WebState, uploads, words};
use crate::work::Wake;

/// Reminders shown.
const REMINDERS_SHOWN_MAX: usize = 12;
/// Entries of the history.
const HISTORY_MAX: u32 = 50;

/// A reminder in a line.
pub struct ReminderLine {
    at: String,
    level: &'static str,
    state: &'static str,
    class: &'static str,
}

/// Who was told when, on which way and why.
fn told(tx: &ReadTx<'_>, locale: &Locale, task: &Task) -> Result<Vec<String>, Error> {
    let said = deliveries::said(tx, task.id)?;
    let people = people::list(tx)?;
    let name = |id: PersonId| {
        let person = people.iter().find(|it| it.id == id);
        person.map_or_else(|| "?".to_owned(), |it| it.name.clone())
    };
    let named = |mut said: Said| {
        if let Ok(channel) = said.way.channel.parse() {
            words::channel(locale.language, channel).clone_into(&mut said.way.channel);
        }
        Happening::Told(said)
    };
    let happened: Vec<Happening> = said.into_iter().map(named).collect();
    let mut lines = timeline::lines(&happened, name, &locale.zone, locale.language);
    lines.reverse();
    lines.truncate(REMINDERS_SHOWN_MAX);
    Ok(lines)
}

/// How pressing an open task is, and why.
fn priority(tx: &ReadTx<'_>, locale: &Locale, task: &Task) -> Result<Option<String>, Error> {
    let assessment = assessment(tx, task, locale.today())?;
    Ok(assessment.map(|it| sentence(&it, locale.language)))
}

/// How what the household promises itself of this task stands.
fn promised(
    tx: &ReadTx<'_>,
    locale: &Locale,
    promises: &Promises,
    task: &Task,
) -> Result<Vec<String>, Error> {
    let mut lines = Vec::new();
    let mut add = |act, owned: Option<Owned>| {
        let Some(owned) = owned else { return };
        for promised in promises.about(act, &owned.facts()) {
            lines.push(words::promise(
                locale.language,
                &promised,
                locale.now,
                &locale.zone,
            ));
        }
    };
    if let Some(source) = &task.source {
        add(
            Act::LookedAt,
            store_promises::of_document(tx, source.document)?,
        );
    }
    add(Act::Done, store_promises::of_task(tx, task)?);
    Ok(lines)
}

/// A step in a line.
pub struct StepLine {
    number: u32,
    title: String,
    due: Option<String>,
    is_done: bool,
}

fn steps(task: &Task, locale: &Locale) -> Vec<StepLine> {
    let line = |it: &Step| StepLine {
        number: it.number,
        title: it.title.clone(),
        due: it
            .due
            .map(|it| words::short_day(locale.language, it, locale.today())),
        is_done: it.done_at.is_some(),
    };
    task.steps.iter().map(line).collect()
}

/// Something else with a page of its own.
pub struct Link {
    id: String,
    label: String,
    is_done: bool,
}

/// The documents of a task that the viewer may see.
fn papers(tx: &ReadTx<'_>, task: &Task) -> Result<Vec<Link>, Error> {
    let mut papers = Vec::new();
    for id in &task.documents {
        match documents::by_id(tx, *id) {
            Ok(document) => papers.push(Link {
                id: id.to_string(),
                label: document.title,
                is_done: false,
            }),
            Err(Error::Missing { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(papers)
}

/// The tasks before this one that the viewer may see.
fn before(tx: &ReadTx<'_>, task: &Task) -> Result<Vec<Link>, Error> {
    let mut before = Vec::new();
    for id in &task.blocked_by {
        match tasks::by_id(tx, *id) {
            Ok(task) => before.push(Link {
                id: id.to_string(),
                is_done: task.status != Status::Open,
                label: task.title,
            }),
            Err(Error::Missing { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(before)
}

#[derive(Template)]
#[template(path = "task.html")]
struct TaskPage {
    shell: Shell,
    card: TaskCard,
    form: FormValues,
    steps: Vec<StepLine>,
    papers: Vec<Link>,
    before: Vec<Link>,
    reminders: Vec<ReminderLine>,
    told: Vec<String>,
    priority: Option<String>,
    promises: Vec<String>,
    acknowledged: Option<String>,
    muted: Option<String>,
    history: Vec<Line>,
}

/// `GET /tasks/{id}`
pub async fn show(
    State(store): State<Store>,
    State(household): State<Household>,
    frame: Frame,
    At(id): At<TaskId>,
) -> Result<Response, Failure> {
    let viewer = frame.me.viewer();
    let unseen = move |tx: &ReadTx<'_>| match tasks::by_id(tx, id)?.source {
        Some(source) => store_promises::unseen(tx, source.document),
        None => Ok(None),
    };
    seen(&store, &frame.me, unseen).await?;
    let Frame { locale, shell, .. } = frame;
    let promises = household.promises;
    let look = move |tx: &ReadTx<'_>| look(tx, &locale, shell, &promises, id);
    let template = store.read(viewer, look).await?;
    page(&template.shell, &template)
}

/// Notes that a person looks at the document that `unseen` finds, if it finds one.
pub async fn seen(
    store: &Store,
    me: &CurrentPerson,
    unseen: impl FnOnce(&ReadTx<'_>) -> Result<Option<DocumentId>, Error> + Send + 'static,
) -> Result<(), Error> {
    if let Some(id) = store.read(me.viewer(), unseen).await? {
        let look_at = move |tx: &WriteTx<'_>| store_promises::look_at(tx, id);
        store.write(me.caller(), look_at).await?;
    }
    Ok(())
}

fn look(
    tx: &ReadTx<'_>,
    locale: &Locale,
    shell: Shell,
    promises: &Promises,
    id: TaskId,
) -> Result<TaskPage, Error> {
    let task = tasks::by_id(tx, id)?;
    let entries = journal::of(tx, Entity::Task, &id.to_string(), HISTORY_MAX)?;
    let reminders = reminders::of_task(tx, id)?;
    let shown = shown(&reminders, locale.now);
    let muted = task.muted_until.filter(|it| *it > locale.now);
    Ok(TaskPage {
        shell,
        card: Dealer::new(tx, locale)?.card_with_quote(&task)?,
        form: FormValues::of(tx, &task, locale)?,
        steps: steps(&task, locale),
        papers: papers(tx, &task)?,
        before: before(tx, &task)?,
        reminders: shown.map(|it| reminder_line(locale, it)).collect(),
        told: told(tx, locale, &task)?,
        priority: priority(tx, locale, &task)?,
        promises: promised(tx, locale, promises, &task)?,
        acknowledged: task.acknowledged_at.map(|it| locale.moment(it)),
        muted: muted.map(|it| locale.moment(it)),
        history: stories::lines(tx, locale, &entries)?,
    })
}

/// What was said, and the next ones: thirty days of daily reminders would drown them.
fn shown(reminders: &[Reminder], now: Timestamp) -> impl Iterator<Item = &Reminder> {
    let is_worth = move |it: &&Reminder| match it.state {
        ReminderState::Said => true,
        ReminderState::Planned => it.at > now - 1.hour(),
        ReminderState::Lapsed => false,
    };
    reminders.iter().filter(is_worth).take(REMINDERS_SHOWN_MAX)
}

fn reminder_line(locale: &Locale, reminder: &Reminder) -> ReminderLine {
    let t = locale.texts();
    let (state, class) = match reminder.state {
        ReminderState::Planned => (t.planned, ""),
        ReminderState::Said => (t.said, "is-past"),
        ReminderState::Lapsed => (t.lapsed, "is-past"),
    };
    ReminderLine {
        at: locale.moment(reminder.at),
        level: words::level(locale.language, reminder.level),
        state,
        class,
    }
}

/// `POST /tasks/{id}`: a person changes it. Only what differs counts as changed by a person.
pub async fn edit(
    State(state): State<WebState>,
    me: CurrentPerson,
    At(id): At<TaskId>,
    CheckedForm(form): CheckedForm,
) -> Result<Response, Failure> {
    let zone = state.household.zone.clone();
    let entered = entered(&form, &zone)?;
    let version = form.text("version").and_then(|it| it.parse().ok());
    let write = move |tx: &WriteTx<'_>| {
        let task = tasks::by_id(tx, id)?;
        tasks::edit(tx, id, version, entered.difference(&task, &zone))
    };
    let back = format!("/tasks/{id}");
    match state.store.write(me.caller(), write).await {
        Ok(_) => {
            state.wake.task_changed();
            Ok(go(&back, Some(&Happened::Saved)))
        }
        Err(Error::Conflict { .. }) => Ok(go(&back, Some(&Happened::Outdated))),
        Err(error) => Err(error.into()),
    }
}

/// `POST /tasks/{id}/answer`
pub async fn answer(
    State(state): State<WebState>,
    me: CurrentPerson,
    At(id): At<TaskId>,
    CheckedForm(form): CheckedForm,
) -> Result<Response, Failure> {
    let now = state.store.clock().now();
    let answer = answer_of(&form, &state.household, now)?;
    let morning = next_morning(&state.household, now);
    let kind = answer.answer;
    let write = move |tx: &WriteTx<'_>| tasks::answer(tx, id, &answer, morning);
    state.store.write(me.caller(), write).await?;
    state.wake.task_changed();
    let next = form.text("next").unwrap_or("/");
    Ok(go(next, Some(&Happened::Answered(kind.as_str(), vec![id]))))
}

/// Reads an answer with its moment.
pub fn answer_of(form: &Fields, household: &Household, now: Timestamp) -> Result<Answer, Failure> {
    let Some(choice) = form.filled("later") else {
        let unclear = |_| Failure::Invalid("an answer is done, later or not_mine".to_owned());
        let answer = form
            .text("answer")
            .unwrap_or_default()
            .parse()
            .map_err(unclear)?;
        return Ok(Answer {
            answer,
            until: None,
        });
    };
    let until = match choice {
        "evening" => Some(this_evening(household, now)),
        "three_days" => morning_in(household, now, 3),
        "week" => morning_in(household, now, 7),
        "day" => {
            let day = form.filled("until").and_then(|it| it.parse().ok());
            let day: Date = day.ok_or_else(|| Failure::Invalid("which day?".to_owned()))?;
            morning_of(household, day).filter(|it| *it > now)
        }
        _ => None,
    };
    Ok(Answer {
        answer: AnswerKind::Later,
        until,
    })
}

fn morning_of(household: &Household, day: Date) -> Option<Timestamp> {
    let at = day
        .to_datetime(household.morning)
        .to_zoned(household.zone.clone());
    at.ok().map(|it| it.timestamp())
}

fn morning_in(household: &Household, now: Timestamp, days: i32) -> Option<Timestamp> {
    let today = now.to_zoned(household.zone.clone()).date();
    morning_of(household, today.checked_add(days.days()).ok()?)
}

/// The morning after `now`.
pub fn next_morning(household: &Household, now: Timestamp) -> Timestamp {
    morning_in(household, now, 1).unwrap_or(now + 24.hours())
}

/// At six; three hours from now where that has passed.
fn this_evening(household: &Household, now: Timestamp) -> Timestamp {
    let today = now.to_zoned(household.zone.clone()).date();
    let evening = today.at(18, 0, 0, 0).to_zoned(household.zone.clone());
    let evening = evening
        .ok()
        .map(|it| it.timestamp())
        .filter(|it| *it > now + 1.hour());
    evening.unwrap_or(now + 3.hours())
}

/// `POST /tasks/{id}/acknowledge`: somebody is on it.
pub async fn acknowledge(
    State(store): State<Store>,
    State(wake): State<Wake>,
    me: CurrentPerson,
    At(id): At<TaskId>,
    _form: CheckedForm,
) -> Result<Response, Failure> {
    store
        .write(me.caller(), move |tx| tasks::acknowledge(tx, id))
        .await?;
    wake.task_changed();
    Ok(go(&format!("/tasks/{id}"), Some(&Happened::Saved)))
}

/// `POST /tasks/{id}/mute`: nobody hears of it before the morning of a day; without a day it speaks
/// again.
pub async fn mute(
    State(state): State<WebState>,
    me: CurrentPerson,
    At(id): At<TaskId>,
    CheckedForm(form): CheckedForm,
) -> Result<Response, Failure> {
    let now = state.store.clock().now();
    let until = match form.filled("until") {
        None => None,
        Some(day) => {
            let day: Option<Date> = day.parse().ok();
            let morning = day.and_then(|it| morning_of(&state.household, it));
            let coming = morning.filter(|it| *it > now);
            Some(coming.ok_or_else(|| Failure::Invalid("a day to come".to_owned()))?)
        }
    };
    let write = move |tx: &WriteTx<'_>| tasks::mute(tx, id, until);
    state.store.write(me.caller(), write).await?;
    state.wake.task_changed();
    Ok(go(&format!("/tasks/{id}"), Some(&Happened::Saved)))
}

/// `POST /tasks/{id}/reopen`
pub async fn reopen(
    State(store): State<Store>,
    State(wake): State<Wake>,
    me: CurrentPerson,
    At(id): At<TaskId>,
    CheckedForm(form): CheckedForm,
) -> Result<Response, Failure> {
    store
        .write(me.caller(), move |tx| tasks::reopen(tx, id))
        .await?;
    wake.task_changed();
    let own = format!("/tasks/{id}");
    Ok(go(form.text("next").unwrap_or(&own), None))
}

/// `POST /tasks/{id}/comments`
pub async fn comment(
    State(store): State<Store>,
    State(wake): State<Wake>,
    me: CurrentPerson,
    At(id): At<TaskId>,
    CheckedForm(form): CheckedForm,
) -> Result<Response, Failure> {
    let text = comment_of(form.text("text").unwrap_or_default())?;
    let write = move |tx: &WriteTx<'_>| tasks::comment(tx, id, &text);
    store.write(me.caller(), write).await?;
    wake.state.notify_one();
    Ok(go(&format!("/tasks/{id}#history"), Some(&Happened::Saved)))
}

/// `POST /tasks/{id}/steps/{number}`
pub async fn tick(
    State(store): State<Store>,
    State(wake): State<Wake>,
    me: CurrentPerson,
    At((id, number)): At<(TaskId, u32)>,
    CheckedForm(form): CheckedForm,
) -> Result<Response, Failure> {
    let is_done = form.text("done") == Some("1");
    let write = move |tx: &WriteTx<'_>| tasks::tick(tx, id, number, is_done);
    store.write(me.caller(), write).await?;
    wake.state.notify_one();
    Ok(go(&format!("/tasks/{id}"), None))
}

/// `POST /tasks/{id}/attachments`: each file becomes a document that belongs to the task.
pub async fn attach(
    State(state): State<WebState>,
    me: CurrentPerson,
    At(id): At<TaskId>,
    parts: Multipart,
) -> Result<Response, Failure> {
    let _turn = uploads::turn().await?;
    let intake = &state.intake;
    let form = uploads::read(parts, intake.bytes_max()).await?;
    if !form.is_from(&me.csrf) {
        return Err(Failure::Forbidden);
    }
    let outcomes = uploads::accept_all(intake, &me.caller(), form.files).await?;
    let mut taken: Vec<DocumentId> = Vec::new();
    let mut refused = None;
    for outcome in outcomes {
        match outcome.result {
            Ok(accepted) => taken.push(accepted.document().id),
            Err(failure) => refused = Some(failure),
        }
    }
    let write = move |tx: &WriteTx<'_>| {
        let mut papers = tasks::by_id(tx, id)?.documents;
        let new: Vec<DocumentId> = taken
            .into_iter()
            .filter(|it| !papers.contains(it))
            .collect();
        papers.extend(new);
        papers.truncate(LINKS_MAX);
        let edit = tasks::Edit {
            documents: Some(papers),
            ..tasks::Edit::default()
        };
        tasks::edit(tx, id, None, edit)
    };
    state.store.write(me.caller(), write).await?;
    state.wake.state.notify_one();
    match refused {
        Some(failure) => Err(failure),
        None => Ok(go(&format!("/tasks/{id}"), Some(&Happened::Saved))),
    }
}

/// `POST /tasks/{id}/delete`
pub async fn delete(
    State(store): State<Store>,
    State(wake): State<Wake>,
    me: CurrentPerson,
    At(id): At<TaskId>,
    _form: CheckedForm,
) -> Result<Response, Failure> {
    store
        .write(me.caller(), move |tx| {
            tasks::withdraw(tx, id, None, tasks::Removed::NothingToDo)
        })
        .await?;
    wake.task_changed();
    Ok(go("/tasks", Some(&Happened::Saved)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_is_a_moment_in_the_households_zone() {
        let household = Household::for_testing();
        let now: Timestamp = "2026-03-28T12:00:00Z".parse().unwrap();
        // Summer time begins in the night: eight o'clock comes an hour earlier.
        assert_eq!(
            next_morning(&household, now).to_string(),
            "2026-03-29T06:00:00Z"
        );
        assert_eq!(
            this_evening(&household, now).to_string(),
            "2026-03-28T17:00:00Z"
        );
        let night: Timestamp = "2026-03-28T20:00:00Z".parse().unwrap();
        assert_eq!(
            this_evening(&household, night).to_string(),
            "2026-03-28T23:00:00Z"
        );
    }
}
