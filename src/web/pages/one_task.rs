//! One task: its answer, its reminders, and what a person changes of it.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::Choice;
use super::stories::{self, Line};
use crate::domain::id::{PersonId, TaskId};
use crate::domain::journal::Entity;
use crate::domain::person::Person;
use crate::domain::reminder::{Reminder, ReminderState};
use crate::domain::task::{Answer, AnswerKind, Task};
use crate::domain::value::Money;
use crate::store::{Error, ReadTx, Store, WriteTx, journal, people, reminders, tasks};
use crate::web::auth::{CheckedForm, CurrentPerson, Fields};
use crate::web::cards::{Dealer, TaskCard};
use crate::web::corrections;
use crate::web::extract::At;
use crate::web::failure::Failure;
use crate::web::frame::{Frame, Happened, Locale, Shell, go, page};
use crate::web::{Household, WebState, words};
use crate::work::Wake;

/// Letters of a title at the most.
pub const TITLE_LETTERS_MAX: usize = 200;
/// Letters of the notes at the most.
pub const NOTES_LETTERS_MAX: usize = 4000;
/// Reminders shown.
const REMINDERS_SHOWN_MAX: usize = 12;
/// Entries of the history.
const HISTORY_MAX: u32 = 50;

/// What the form of a task holds.
#[derive(Clone, Debug, Default)]
pub struct FormValues {
    /// The line.
    pub title: String,
    /// `2026-03-18`.
    pub due: String,
    /// `15:30`.
    pub due_time: String,
    /// `84.20 EUR`.
    pub amount: String,
    /// `2026-03-17T08:00`.
    pub remind_at: String,
    /// More about it.
    pub notes: String,
    /// Everybody, with those it is for.
    pub people: Vec<Choice>,
    /// Whether the form is shown at once.
    pub is_open: bool,
}

impl FormValues {
    /// Nothing yet.
    pub fn empty(people: &[Person]) -> Self {
        Self {
            people: choices(people, &[]),
            ..Self::default()
        }
    }

    fn of(task: &Task, people: &[Person], zone: &TimeZone) -> Self {
        let clock = |time: Time| format!("{:02}:{:02}", time.hour(), time.minute());
        let moment = |at: &Timestamp| {
            let at = at.to_zoned(zone.clone());
            format!("{}T{}", at.date(), clock(at.time()))
        };
        Self {
            title: task.title.clone(),
            due: task.due.map_or_else(String::new, |it| it.to_string()),
            due_time: task.due_time.map_or_else(String::new, clock),
            amount: task.money.map_or_else(String::new, |it| it.to_string()),
            remind_at: task.remind_at.first().map_or_else(String::new, moment),
            notes: task.notes.clone(),
            people: choices(people, &task.assignees),
            is_open: false,
        }
    }
}

fn choices(people: &[Person], chosen: &[PersonId]) -> Vec<Choice> {
    let choice = |it: &Person| Choice {
        value: it.id.to_string(),
        label: it.name.clone(),
        chosen: chosen.contains(&it.id),
    };
    people.iter().map(choice).collect()
}

/// A reminder in a line.
pub struct ReminderLine {
    at: String,
    level: &'static str,
    state: &'static str,
    class: &'static str,
}

#[derive(Template)]
#[template(path = "task.html")]
struct TaskPage {
    shell: Shell,
    card: TaskCard,
    form: FormValues,
    reminders: Vec<ReminderLine>,
    history: Vec<Line>,
}

/// `GET /tasks/{id}`
pub async fn show(
    State(store): State<Store>,
    frame: Frame,
    At(id): At<TaskId>,
) -> Result<Response, Failure> {
    let viewer = frame.me.viewer();
    let Frame { locale, shell, .. } = frame;
    let look = move |tx: &ReadTx<'_>| look(tx, &locale, shell, id);
    let template = store.read(viewer, look).await?;
    page(&template.shell, &template)
}

fn look(tx: &ReadTx<'_>, locale: &Locale, shell: Shell, id: TaskId) -> Result<TaskPage, Error> {
    let task = tasks::by_id(tx, id)?;
    let entries = journal::of(tx, Entity::Task, &id.to_string(), HISTORY_MAX)?;
    let reminders = reminders::of_task(tx, id)?;
    let shown = shown(&reminders, locale.now);
    Ok(TaskPage {
        shell,
        card: Dealer::new(tx, locale)?.card_with_quote(&task)?,
        form: FormValues::of(&task, &people::list(tx)?, &locale.zone),
        reminders: shown.map(|it| reminder_line(locale, it)).collect(),
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

/// What a person typed into the form of a task.
pub struct Entered {
    /// The line.
    pub title: String,
    /// More about it.
    pub notes: String,
    /// The day.
    pub due: Option<Date>,
    /// The hour.
    pub due_time: Option<Time>,
    /// The money.
    pub money: Option<Money>,
    /// A moment to speak about it.
    pub remind_at: Vec<Timestamp>,
    /// The people.
    pub assignees: Vec<PersonId>,
}

/// Reads the form of a task.
pub fn entered(form: &Fields, zone: &TimeZone) -> Result<Entered, Failure> {
    let title = form.text("title").unwrap_or_default();
    let notes = form.text("notes").unwrap_or_default();
    let (title_length, notes_length) = (title.chars().count(), notes.chars().count());
    if title.is_empty() || title_length > TITLE_LETTERS_MAX || notes_length > NOTES_LETTERS_MAX {
        return Err(Failure::Invalid(format!(
            "a title has 1 to {TITLE_LETTERS_MAX} letters, notes at most {NOTES_LETTERS_MAX}"
        )));
    }
    let wrong = |what: &str| Failure::Invalid(format!("{what} does not make sense"));
    let due: Option<Date> = form
        .filled("due")
        .map(str::parse)
        .transpose()
        .map_err(|_| wrong("the due day"))?;
    let due_time: Option<Time> = form
        .filled("due_time")
        .map(str::parse)
        .transpose()
        .map_err(|_| wrong("the time"))?;
    let money = form
        .filled("amount")
        .map(|it| corrections::money(it).ok_or_else(|| wrong("the amount")))
        .transpose()?;
    let moment = |text: &str| {
        let at: DateTime = text.parse().ok()?;
        Some(at.to_zoned(zone.clone()).ok()?.timestamp())
    };
    let remind_at = form
        .filled("remind_at")
        .map(|it| moment(it).ok_or_else(|| wrong("the reminder")))
        .transpose()?;
    let assignees = form
        .all("assignee")
        .filter_map(|it| it.parse().ok())
        .collect();
    Ok(Entered {
        title: title.to_owned(),
        notes: notes.to_owned(),
        due,
        // An hour without a day says nothing.
        due_time: due_time.filter(|_| due.is_some()),
        money,
        remind_at: remind_at.into_iter().collect(),
        assignees,
    })
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
        tasks::edit(tx, id, version, difference(&task, entered, &zone))
    };
    let back = format!("/tasks/{id}");
    match state.store.write(me.caller(), write).await {
        Ok(_) => {
            state.wake.reminders.notify_one();
            state.wake.state.notify_one();
            Ok(go(&back, Some(&Happened::Saved)))
        }
        Err(Error::Conflict { .. }) => Ok(go(&back, Some(&Happened::Outdated))),
        Err(error) => Err(error.into()),
    }
}

fn difference(task: &Task, entered: Entered, zone: &TimeZone) -> tasks::Edit {
    // The form shows minutes and the first moment only; what it did not show stays.
    let shown = FormValues::of(task, &[], zone).remind_at;
    let typed = entered.remind_at.first().map(|it| {
        let task = Task {
            remind_at: vec![*it],
            ..task.clone()
        };
        FormValues::of(&task, &[], zone).remind_at
    });
    let due = (entered.due, entered.due_time);
    tasks::Edit {
        title: (entered.title != task.title).then_some(entered.title),
        notes: (entered.notes != task.notes).then_some(entered.notes),
        due: (due != (task.due, task.due_time)).then_some(due),
        money: (entered.money != task.money).then_some(entered.money),
        remind_at: (typed.unwrap_or_default() != shown).then_some(entered.remind_at),
        assignees: (entered.assignees != task.assignees).then_some(entered.assignees),
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
    state.wake.reminders.notify_one();
    state.wake.state.notify_one();
    let next = form.text("next").unwrap_or("/");
    Ok(go(
        next,
        Some(&Happened::Answered(kind.as_str(), id.to_string())),
    ))
}

fn answer_of(form: &Fields, household: &Household, now: Timestamp) -> Result<Answer, Failure> {
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
    wake.reminders.notify_one();
    wake.state.notify_one();
    let own = format!("/tasks/{id}");
    Ok(go(form.text("next").unwrap_or(&own), None))
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
        .write(me.caller(), move |tx| tasks::withdraw(tx, id, None))
        .await?;
    wake.reminders.notify_one();
    wake.state.notify_one();
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
