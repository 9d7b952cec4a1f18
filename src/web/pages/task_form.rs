//! The form of a task: what it shows, and what a person typed into it.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use super::Choice;
use crate::domain::id::{DocumentId, PersonId, TaskId};
use crate::domain::priority::Priority;
use crate::domain::recurrence::{self, Recurrence};
use crate::domain::sketch::Sketch;
use crate::domain::task::{Series, Status, Task, labels_of, steps_of};
use crate::domain::value::Money;
use crate::store::{Error, ReadTx, people, tasks};
use crate::web::auth::Fields;
use crate::web::corrections;
use crate::web::failure::Failure;
use crate::web::frame::Locale;
use crate::web::texts::Texts;

/// Letters of a title at the most.
pub const TITLE_LETTERS_MAX: usize = 200;
/// Letters of the notes at the most.
pub const NOTES_LETTERS_MAX: usize = 4000;
/// Letters of what stands in one line beside the title, at the most.
const LINE_LETTERS_MAX: usize = 500;
/// Tasks among which the one before is chosen.
const OTHERS_MAX: u32 = 100;

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
    /// How often, as the form offers it; each value is a recurrence as JSON.
    pub repeats: Vec<Choice>,
    /// Computed, or as a person says.
    pub priorities: Vec<Choice>,
    /// `2026-03-10`.
    pub start: String,
    /// One in a line.
    pub steps: String,
    /// `tax, car`.
    pub labels: String,
    /// What it belongs to.
    pub project: String,
    /// Whom to speak to.
    pub contact: String,
    /// Open tasks, with those that must be done before.
    pub others: Vec<Choice>,
    /// A document that the new task belongs to.
    pub document: String,
    /// Whether the form is shown at once.
    pub is_open: bool,
    /// Whether it comes again, so that a change may be meant for this one alone.
    pub is_series: bool,
}

impl FormValues {
    /// Nothing yet.
    pub fn empty(tx: &ReadTx<'_>, locale: &Locale) -> Result<Self, Error> {
        let t = locale.texts();
        Ok(Self {
            people: choices(tx, &[])?,
            others: others(tx, None)?,
            priorities: priorities(None, t),
            repeats: repeats(None, locale),
            ..Self::default()
        })
    }

    /// The form of a task that is there.
    pub fn of(tx: &ReadTx<'_>, task: &Task, locale: &Locale) -> Result<Self, Error> {
        let (t, zone) = (locale.texts(), &locale.zone);
        let clock = |time: Time| format!("{:02}:{:02}", time.hour(), time.minute());
        let iso = |day: Option<Date>| day.map_or_else(String::new, |it| it.to_string());
        let steps: Vec<&str> = task.steps.iter().map(|it| it.title.as_str()).collect();
        Ok(Self {
            title: task.title.clone(),
            due: iso(task.due),
            due_time: task.due_time.map_or_else(String::new, clock),
            amount: task.money.map_or_else(String::new, |it| it.to_string()),
            remind_at: first_moment(&task.remind_at, zone),
            notes: task.notes.clone(),
            people: choices(tx, &task.assignees)?,
            priorities: priorities(task.pinned, t),
            repeats: repeats(task.series.as_ref(), locale),
            start: iso(task.start),
            steps: steps.join("\n"),
            labels: task.labels.join(", "),
            project: task.project.clone(),
            contact: task.contact.clone(),
            others: others(tx, Some(task))?,
            document: String::new(),
            is_open: false,
            is_series: task.series.is_some(),
        })
    }
}

impl FormValues {
    /// What a line that somebody typed says, to be looked at before it is made.
    pub fn sketched(tx: &ReadTx<'_>, sketch: Sketch, locale: &Locale) -> Result<Self, Error> {
        let mut task = Task::new(TaskId::new(locale.now, 0), sketch.title, locale.now);
        (task.due, task.due_time) = (sketch.due, sketch.due_time);
        (task.money, task.pinned) = (sketch.money, sketch.priority);
        task.labels = labels_of(sketch.labels.iter().map(String::as_str));
        let people = people::list(tx)?;
        let is_named = |name: &str| {
            let named = sketch.people.iter();
            named
                .clone()
                .any(|it| it.to_lowercase() == name.to_lowercase())
        };
        let named = people.into_iter().filter(|it| is_named(&it.name));
        task.assignees = named.map(|it| it.id).collect();
        let begins = task.due;
        let series = sketch.recurrence.zip(begins);
        task.series = series.map(|(recurrence, day)| Series::beginning(recurrence, day));
        Ok(Self {
            is_open: true,
            ..Self::of(tx, &task, locale)?
        })
    }

    /// Whether something is said that the form hides at first.
    pub fn has_more(&self) -> bool {
        let lines = [
            &self.steps,
            &self.start,
            &self.labels,
            &self.project,
            &self.contact,
        ];
        lines.iter().any(|it| !it.is_empty()) || self.others.iter().any(|it| it.chosen)
    }
}

/// What a task can come again by: what the form offers, and the rule that holds.
fn repeats(now: Option<&Series>, locale: &Locale) -> Vec<Choice> {
    let t = locale.texts();
    let offered = [
        ("FREQ=DAILY", t.repeats_daily),
        ("FREQ=WEEKLY", t.repeats_weekly),
        ("FREQ=WEEKLY;INTERVAL=2", t.repeats_fortnightly),
        ("FREQ=MONTHLY", t.repeats_monthly),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", t.repeats_last_day),
        ("FREQ=MONTHLY;INTERVAL=3", t.repeats_quarterly),
        ("FREQ=YEARLY", t.repeats_yearly),
    ];
    let holds = now.map(|it| &it.recurrence);
    let choice = |recurrence: &Recurrence, label: String| Choice {
        value: serde_json::to_string(recurrence).unwrap_or_default(),
        label,
        chosen: holds == Some(recurrence),
    };
    let known = offered.into_iter().filter_map(|(rule, label)| {
        let recurrence = Recurrence::of(rule.parse().ok()?);
        Some(choice(&recurrence, label.to_owned()))
    });
    let mut choices: Vec<Choice> = known.collect();
    if let Some(series) = now.filter(|_| choices.iter().all(|it| !it.chosen)) {
        let said = recurrence::words::sentence(&series.recurrence, series.start, locale.language);
        choices.push(choice(&series.recurrence, said));
    }
    choices
}

fn priorities(pinned: Option<Priority>, t: &Texts) -> Vec<Choice> {
    let chosen = pinned.map_or("", Priority::as_str);
    [
        ("", t.priority_computed),
        ("low", t.priority_low),
        ("medium", t.priority_medium),
        ("high", t.priority_high),
        ("critical", t.priority_critical),
    ]
    .map(|(value, label)| Choice::new(value, label, chosen))
    .into()
}

/// The form shows minutes and the first moment only.
fn first_moment(moments: &[Timestamp], zone: &TimeZone) -> String {
    let Some(at) = moments.first() else {
        return String::new();
    };
    let at = at.to_zoned(zone.clone());
    format!("{}T{:02}:{:02}", at.date(), at.hour(), at.minute())
}

fn choices(tx: &ReadTx<'_>, chosen: &[PersonId]) -> Result<Vec<Choice>, Error> {
    let people = people::list(tx)?.into_iter().map(|it| Choice {
        value: it.id.to_string(),
        chosen: chosen.contains(&it.id),
        label: it.name,
    });
    Ok(people.collect())
}

fn others(tx: &ReadTx<'_>, task: Option<&Task>) -> Result<Vec<Choice>, Error> {
    let open = tasks::Filter {
        status: Some(Status::Open),
        ..tasks::Filter::default()
    };
    let own = task.map(|it| it.id);
    let before = task.map_or(&[][..], |it| &it.blocked_by);
    let mut found = tasks::list(tx, &open, OTHERS_MAX)?;
    for id in before {
        if found.iter().all(|it| it.id != *id) {
            found.push(tasks::by_id(tx, *id)?);
        }
    }
    let choice = |it: Task| Choice {
        value: it.id.to_string(),
        chosen: before.contains(&it.id),
        label: it.title,
    };
    let found = found.into_iter().filter(|it| Some(it.id) != own);
    Ok(found.map(choice).collect())
}

/// What a person typed into the form of a task.
pub struct Entered {
    /// The line.
    pub title: String,
    notes: String,
    due: Option<Date>,
    due_time: Option<Time>,
    money: Option<Money>,
    remind_at: Vec<Timestamp>,
    assignees: Vec<PersonId>,
    recurrence: Option<Recurrence>,
    pinned: Option<Priority>,
    start: Option<Date>,
    steps: Vec<String>,
    labels: Vec<String>,
    project: String,
    contact: String,
    document: Option<DocumentId>,
    blocked_by: Vec<TaskId>,
    only_this: bool,
}

/// Reads the form of a task.
pub fn entered(form: &Fields, zone: &TimeZone) -> Result<Entered, Failure> {
    let text = |name: &str| form.text(name).unwrap_or_default().to_owned();
    let (title, notes) = (text("title"), text("notes"));
    let (title_length, notes_length) = (title.chars().count(), notes.chars().count());
    if title.is_empty() || title_length > TITLE_LETTERS_MAX || notes_length > NOTES_LETTERS_MAX {
        return Err(Failure::Invalid(format!(
            "a title has 1 to {TITLE_LETTERS_MAX} letters, notes at most {NOTES_LETTERS_MAX}"
        )));
    }
    let steps: Vec<String> = text("steps").lines().map(str::to_owned).collect();
    let (project, contact, labels) = (text("project"), text("contact"), text("labels"));
    let lines = [&project, &contact, &labels].into_iter().chain(&steps);
    if lines
        .map(|it| it.chars().count())
        .any(|it| it > LINE_LETTERS_MAX)
    {
        return Err(Failure::Invalid(format!(
            "a step, a label, the project and the contact have at most {LINE_LETTERS_MAX} letters"
        )));
    }
    let wrong = |what: &str| Failure::Invalid(format!("{what} does not make sense"));
    let due: Option<Date> = day(form, "due").map_err(|()| wrong("the due day"))?;
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
    Ok(Entered {
        title,
        notes,
        due,
        // An hour without a day says nothing.
        due_time: due_time.filter(|_| due.is_some()),
        money,
        remind_at: remind_at.into_iter().collect(),
        assignees: ids(form, "assignee"),
        recurrence: form
            .filled("repeats")
            .map(serde_json::from_str)
            .transpose()
            .map_err(|_| wrong("how often it comes again"))?,
        pinned: form.filled("priority").and_then(|it| it.parse().ok()),
        start: day(form, "start").map_err(|()| wrong("the first day"))?,
        steps,
        labels: labels_of(labels.split(',')),
        project,
        contact,
        document: form.filled("document").and_then(|it| it.parse().ok()),
        blocked_by: ids(form, "before"),
        only_this: form.filled("only_this").is_some(),
    })
}

fn day(form: &Fields, name: &str) -> Result<Option<Date>, ()> {
    let day = form.filled(name).map(str::parse);
    day.transpose().map_err(|_| ())
}

fn ids<T: std::str::FromStr>(form: &Fields, name: &str) -> Vec<T> {
    form.all(name).filter_map(|it| it.parse().ok()).collect()
}

impl Entered {
    /// All of it but the line, for a new task.
    pub fn said(self) -> tasks::Edit {
        tasks::Edit {
            title: None,
            notes: Some(self.notes),
            due: Some((self.due, self.due_time)),
            money: Some(self.money),
            remind_at: Some(self.remind_at),
            assignees: Some(self.assignees),
            recurrence: Some(self.recurrence),
            pinned: Some(self.pinned),
            start: Some(self.start),
            steps: Some(steps_of(&self.steps, &[])),
            labels: Some(self.labels),
            project: Some(self.project),
            contact: Some(self.contact),
            documents: Some(self.document.into_iter().collect()),
            blocked_by: Some(self.blocked_by),
            only_this: false,
        }
    }

    /// Only what differs from `task`: that alone counts as changed by a person. What the form does not
    /// show stays.
    pub fn difference(self, task: &Task, zone: &TimeZone) -> tasks::Edit {
        let (typed, shown) = (&self.remind_at, &task.remind_at);
        let is_moved = first_moment(typed, zone) != first_moment(shown, zone);
        let due = (self.due, self.due_time);
        let steps = steps_of(&self.steps, &task.steps);
        tasks::Edit {
            title: (self.title != task.title).then_some(self.title),
            notes: (self.notes != task.notes).then_some(self.notes),
            due: (due != (task.due, task.due_time)).then_some(due),
            money: (self.money != task.money).then_some(self.money),
            remind_at: is_moved.then_some(self.remind_at),
            assignees: (self.assignees != task.assignees).then_some(self.assignees),
            // How often it comes again is said of the whole series.
            recurrence: (!self.only_this).then_some(self.recurrence),
            pinned: (self.pinned != task.pinned).then_some(self.pinned),
            start: (self.start != task.start).then_some(self.start),
            steps: (steps != task.steps).then_some(steps),
            labels: (self.labels != task.labels).then_some(self.labels),
            project: (self.project != task.project).then_some(self.project),
            contact: (self.contact != task.contact).then_some(self.contact),
            documents: None,
            blocked_by: (self.blocked_by != task.blocked_by).then_some(self.blocked_by),
            only_this: self.only_this,
        }
    }
}
