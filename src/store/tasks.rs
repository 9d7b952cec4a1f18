//! Tasks: derived from documents without ever undoing what a person did, made by hand, answered.

mod leaving;
mod lists;
mod rows;
mod series;
mod withdrawal;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use rusqlite::{named_params, params};

use super::journal::{self, Change};
use super::rows::VISIBLE;
use super::{Error, ReadTx, WriteTx, documents, examples, promises};
use crate::domain::document::{Document, Visibility};
use crate::domain::finding::Value;
use crate::domain::id::{DocumentId, PersonId, TaskId};
use crate::domain::journal::Entity;
use crate::domain::priority::Priority;
use crate::domain::recurrence::Recurrence;
use crate::domain::task::{Answer, AnswerKind, Derived, Status, Step, Task, TaskField, TaskSource};
use crate::domain::value::Money;

pub(super) use leaving::leave;
pub use lists::{Counts, Days, Filter, Summary, View, counts, list, pressing, summary};
pub(super) use rows::task_from_row;
pub use series::continue_series;
pub(super) use withdrawal::withdraw_of_document;
pub use withdrawal::{Removed, withdraw};

/// Makes a task by hand: its line, all else that was said of it, and who may see it.
pub fn create(
    tx: &WriteTx<'_>,
    title: String,
    said: Edit,
    visible_to: Visibility,
) -> Result<Task, Error> {
    let mut task = Task::new(TaskId::new(tx.now(), tx.random()), title, tx.now());
    task.visible_to = visible_to;
    apply(tx, &mut task, said)?;
    // It is a person's altogether.
    task.edited = vec![
        TaskField::Title,
        TaskField::Notes,
        TaskField::Due,
        TaskField::Money,
    ];
    rows::write(tx, &task)?;
    if let ([document], Some(due), Some(money)) = (task.documents.as_slice(), task.due, task.money)
    {
        examples::teach_missed(tx, *document, due, money)?;
    }
    log_change(tx, &task, "created", &["title", "due"])?;
    Ok(task)
}

/// Makes the tasks of a document what its findings ask for: new ones are made, those that a person
/// has not changed follow, and those no longer asked for are withdrawn. Running it again changes
/// nothing.
pub fn reconcile(tx: &WriteTx<'_>, document: &Document, derived: &[Derived]) -> Result<(), Error> {
    let known = of_document(tx, document.id)?;
    for one in derived {
        let task = known
            .iter()
            .find(|it| it.source.as_ref().is_some_and(|it| it.key == one.key));
        match task {
            Some(task) => follow(tx, document, task, one)?,
            None => make(tx, document, one)?,
        }
    }
    for task in &known {
        let asked = task
            .source
            .as_ref()
            .is_some_and(|source| derived.iter().any(|it| it.key == source.key));
        if !asked && task.status == Status::Open && task.edited.is_empty() {
            let withdrawn = Task {
                status: Status::Withdrawn,
                ..task.clone()
            };
            update(tx, withdrawn, "withdrawn", &["status"])?;
        }
    }
    tx.execute(
        "UPDATE document SET derive = 0 WHERE id = ?1",
        [document.id.to_string()],
    )?;
    Ok(())
}

fn make(tx: &WriteTx<'_>, document: &Document, one: &Derived) -> Result<(), Error> {
    let id = TaskId::new(tx.now(), tx.random());
    let task = Task {
        action: Some(one.action),
        due: Some(one.due),
        due_time: one.due_time,
        safe_due: one.safe_due,
        money: one.money,
        optional: one.optional,
        assignees: for_whom(document, one),
        source: Some(TaskSource {
            document: document.id,
            key: one.key.clone(),
        }),
        arrived_late: one.arrived_late,
        visible_to: document.visible_to.clone(),
        ..Task::new(id, one.title.clone(), tx.now())
    };
    rows::write(tx, &task)?;
    log_change(tx, &task, "derived", &["title", "due"])
}

/// Whom a task is proposed for: the member whom its document names, where they may see it; else those
/// who may.
fn for_whom(document: &Document, one: &Derived) -> Vec<PersonId> {
    match (&document.visible_to, one.assignee) {
        (Visibility::Household, assignee) => assignee.into_iter().collect(),
        (Visibility::Persons(persons), Some(one)) if persons.contains(&one) => vec![one],
        (Visibility::Persons(persons), _) => persons.clone(),
    }
}

/// Lets a task follow its document, but for what a person has changed.
fn follow(tx: &WriteTx<'_>, document: &Document, task: &Task, one: &Derived) -> Result<(), Error> {
    let mut next = task.clone();
    next.action = Some(one.action);
    next.optional = one.optional;
    next.arrived_late = one.arrived_late;
    if !task.is_edited(TaskField::Title) {
        next.title.clone_from(&one.title);
    }
    if !task.is_edited(TaskField::Due) {
        (next.due, next.due_time, next.safe_due) = (Some(one.due), one.due_time, one.safe_due);
    }
    if !task.is_edited(TaskField::Money) {
        next.money = one.money;
    }
    if !task.is_edited(TaskField::Assignees) {
        next.assignees = for_whom(document, one);
    }
    if next.status == Status::Withdrawn {
        next.status = Status::Open;
    }
    if next == *task {
        return Ok(());
    }
    update(
        tx,
        next,
        "followed its document",
        &["title", "due", "money", "assignees", "status"],
    )
    .map(|_| ())
}

/// What a person says of a task; `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    /// The line.
    pub title: Option<String>,
    /// More about it.
    pub notes: Option<String>,
    /// The day and hour.
    pub due: Option<(Option<Date>, Option<Time>)>,
    /// The money.
    pub money: Option<Option<Money>>,
    /// Moments chosen by a person.
    pub remind_at: Option<Vec<Timestamp>>,
    /// The people; nobody means the household.
    pub assignees: Option<Vec<PersonId>>,
    /// When it comes again; `None` inside ends the series with this one.
    pub recurrence: Option<Option<Recurrence>>,
    /// How pressing it is; `None` inside lets that be computed.
    pub pinned: Option<Option<Priority>>,
    /// The day it begins.
    pub start: Option<Option<Date>>,
    /// Its parts.
    pub steps: Option<Vec<Step>>,
    /// Its words.
    pub labels: Option<Vec<String>>,
    /// What it belongs to.
    pub project: Option<String>,
    /// Whom to speak to.
    pub contact: Option<String>,
    /// Its documents.
    pub documents: Option<Vec<DocumentId>>,
    /// What must be done before.
    pub blocked_by: Option<Vec<TaskId>>,
    /// Of a task that comes again: this one alone is meant, not those to come.
    pub only_this: bool,
}

/// Sets `value` where something was said of it, and notes the field.
fn set<T>(place: &mut T, value: Option<T>, field: TaskField, changed: &mut Vec<TaskField>) {
    if let Some(value) = value {
        *place = value;
        changed.push(field);
    }
}

/// Puts what was said into `task`; which fields that were.
fn apply(tx: &ReadTx<'_>, task: &mut Task, said: Edit) -> Result<Vec<TaskField>, Error> {
    let mut changed: Vec<TaskField> = Vec::new();
    set(&mut task.title, said.title, TaskField::Title, &mut changed);
    set(&mut task.notes, said.notes, TaskField::Notes, &mut changed);
    if let Some((due, due_time)) = said.due {
        (task.due, task.due_time, task.safe_due) = (due, due_time, None);
        task.arrived_late = false;
        changed.push(TaskField::Due);
    }
    set(&mut task.money, said.money, TaskField::Money, &mut changed);
    let people = said.assignees;
    set(
        &mut task.assignees,
        people,
        TaskField::Assignees,
        &mut changed,
    );
    if let Some(recurrence) = said.recurrence {
        series::set(task, recurrence)?;
        changed.push(TaskField::Recurrence);
    }
    set(
        &mut task.pinned,
        said.pinned,
        TaskField::Priority,
        &mut changed,
    );
    set(&mut task.start, said.start, TaskField::Start, &mut changed);
    set(&mut task.steps, said.steps, TaskField::Steps, &mut changed);
    set(
        &mut task.labels,
        said.labels,
        TaskField::Labels,
        &mut changed,
    );
    set(
        &mut task.project,
        said.project,
        TaskField::Project,
        &mut changed,
    );
    set(
        &mut task.contact,
        said.contact,
        TaskField::Contact,
        &mut changed,
    );
    link(tx, task, (said.documents, said.blocked_by), &mut changed)?;
    if let Some(remind_at) = said.remind_at {
        task.remind_at = remind_at;
    }
    Ok(changed)
}

/// Sets what a task points to: documents that are there, and tasks that do not wait for it.
fn link(
    tx: &ReadTx<'_>,
    task: &mut Task,
    (papers, blocked_by): (Option<Vec<DocumentId>>, Option<Vec<TaskId>>),
    changed: &mut Vec<TaskField>,
) -> Result<(), Error> {
    if let Some(linked) = papers {
        for id in linked.iter().filter(|it| !task.documents.contains(it)) {
            documents::by_id(tx, *id)?;
        }
        set(
            &mut task.documents,
            Some(linked),
            TaskField::Documents,
            changed,
        );
    }
    if let Some(before) = blocked_by {
        for id in before.iter().filter(|it| !task.blocked_by.contains(it)) {
            expect_no_ring(tx, task.id, *id)?;
        }
        set(
            &mut task.blocked_by,
            Some(before),
            TaskField::BlockedBy,
            changed,
        );
    }
    Ok(())
}

/// Two tasks that wait for each other would wait for ever.
fn expect_no_ring(tx: &ReadTx<'_>, task: TaskId, before: TaskId) -> Result<(), Error> {
    let (mut seen, mut ahead) = (Vec::new(), vec![before]);
    while let Some(id) = ahead.pop() {
        if id == task {
            let what = "the tasks would wait for each other".to_owned();
            return Err(Error::Conflict { what });
        }
        if !seen.contains(&id) {
            seen.push(id);
            ahead.extend(by_id(tx, id)?.blocked_by);
        }
    }
    Ok(())
}

/// A person changes a task; what they changed is never overwritten by a machine.
pub fn edit(
    tx: &WriteTx<'_>,
    id: TaskId,
    expected: Option<u64>,
    edit: Edit,
) -> Result<Task, Error> {
    let mut task = by_id(tx, id)?;
    expect_version(&task, expected)?;
    if let (Some(source), Some((due, _))) = (&task.source, edit.due)
        && due != task.due
    {
        let due = due.map(Value::Date);
        examples::teach_due(tx, source.document, &source.key, due.as_ref())?;
    }
    let fields = series::apply(tx, &mut task, edit)?;
    let names: Vec<&str> = fields.iter().map(|it| it.as_str()).collect();
    for field in &fields {
        if !task.edited.contains(field) {
            task.edited.push(*field);
        }
    }
    update(tx, task, "edited", &names)
}

/// Ticks a step, or takes its tick back.
pub fn tick(tx: &WriteTx<'_>, id: TaskId, number: u32, is_done: bool) -> Result<Task, Error> {
    let mut task = by_id(tx, id)?;
    let step = task.steps.iter_mut().find(|it| it.number == number);
    let step = step.ok_or_else(|| Error::missing("step", number))?;
    if step.done_at.is_some() == is_done {
        return Ok(task);
    }
    step.done_at = is_done.then(|| tx.now());
    let change = if is_done {
        "step done"
    } else {
        "step reopened"
    };
    update(tx, task, change, &[TaskField::Steps.as_str()])
}

/// Somebody answers. Answering the same again changes nothing; `later` without a moment means
/// `next_morning`.
pub fn answer(
    tx: &WriteTx<'_>,
    id: TaskId,
    answer: &Answer,
    next_morning: Timestamp,
) -> Result<Task, Error> {
    let task = by_id(tx, id)?;
    let mut next = task.clone();
    match answer.answer {
        AnswerKind::Done => (next.status, next.later_until) = (Status::Done, None),
        AnswerKind::NotMine => (next.status, next.later_until) = (Status::NotMine, None),
        AnswerKind::Later => {
            next.status = Status::Open;
            next.later_until = Some(answer.until.unwrap_or(next_morning).max(tx.now()));
        }
    }
    if next == task {
        return Ok(task);
    }
    super::reminders::silence(tx, id)?;
    see(tx, &next)?;
    update(tx, next, answer.answer.as_str(), &["status", "later_until"])
}

/// Who says something about a task has looked at what asks for it.
fn see(tx: &WriteTx<'_>, task: &Task) -> Result<(), Error> {
    let document = task.source.as_ref().map(|it| it.document);
    document.map_or(Ok(()), |it| promises::look_at(tx, it))
}

/// Somebody says that they know of it: nobody else is drawn in for what was said until now.
pub fn acknowledge(tx: &WriteTx<'_>, id: TaskId) -> Result<Task, Error> {
    let task = by_id(tx, id)?;
    let acknowledged_at = Some(tx.now());
    let next = Task {
        acknowledged_at,
        ..task
    };
    see(tx, &next)?;
    update(tx, next, "acknowledged", &["acknowledged_at"])
}

/// Nobody hears of it before `until`; `None` lets it speak again.
pub fn mute(tx: &WriteTx<'_>, id: TaskId, until: Option<Timestamp>) -> Result<Task, Error> {
    let task = by_id(tx, id)?;
    if task.muted_until == until {
        return Ok(task);
    }
    let next = Task {
        muted_until: until,
        ..task
    };
    update(tx, next, "muted", &["muted_until"])
}

/// Somebody answers several at once: all of them, or none where one is missing.
pub fn answer_all(
    tx: &WriteTx<'_>,
    ids: &[TaskId],
    said: &Answer,
    next_morning: Timestamp,
) -> Result<Vec<Task>, Error> {
    let answered = ids.iter().map(|it| answer(tx, *it, said, next_morning));
    answered.collect()
}

/// Somebody says something about a task that is no answer. It stands in the journal alone.
pub fn comment(tx: &WriteTx<'_>, id: TaskId, text: &str) -> Result<Task, Error> {
    let task = by_id(tx, id)?;
    journal::append(
        tx,
        &Change {
            entity: Entity::Task,
            id: id.to_string(),
            version: task.version,
            change: journal::COMMENTED,
            fields: &[],
            content: text,
        },
    )?;
    Ok(task)
}

/// A person takes back an answer: the task is open again, and the one that came after it is not.
pub fn reopen(tx: &WriteTx<'_>, id: TaskId) -> Result<Task, Error> {
    let task = by_id(tx, id)?;
    if task.status == Status::Open && task.later_until.is_none() {
        return Ok(task);
    }
    withdrawal::forget(tx, &task)?;
    let series = match task.series {
        None => series::take_back(tx, id)?,
        known => known,
    };
    let next = Task {
        status: Status::Open,
        later_until: None,
        series,
        ..task
    };
    update(tx, next, "reopened", &["status", "later_until"])
}

fn expect_version(task: &Task, expected: Option<u64>) -> Result<(), Error> {
    if expected.is_some_and(|it| it != task.version) {
        return Err(Error::Conflict {
            what: "the task was changed meanwhile".to_owned(),
        });
    }
    Ok(())
}

/// The task, if the viewer may see it.
pub fn by_id(tx: &ReadTx<'_>, id: TaskId) -> Result<Task, Error> {
    let mut query =
        tx.prepare_cached(&format!("SELECT * FROM task WHERE id = :id AND {VISIBLE}"))?;
    let parameters = named_params! { ":id": id.to_string(), ":viewer": tx.viewer_id() };
    let mut rows = query.query_and_then(parameters, task_from_row)?;
    rows.next()
        .unwrap_or_else(|| Err(Error::missing("task", id)))
}

/// The tasks a document asks for, whatever became of them.
pub fn of_document(tx: &ReadTx<'_>, document: DocumentId) -> Result<Vec<Task>, Error> {
    let mut query = tx.prepare_cached(&format!(
        "SELECT * FROM task WHERE document = :document AND {VISIBLE} ORDER BY due, id"
    ))?;
    let parameters = named_params! { ":document": document.to_string(), ":viewer": tx.viewer_id() };
    let tasks = query.query_and_then(parameters, task_from_row)?;
    tasks.collect()
}

/// Documents whose tasks are to be derived anew; one that holds others waits until it is known what
/// those want.
pub fn documents_to_derive(tx: &ReadTx<'_>, limit: u32) -> Result<Vec<Document>, Error> {
    let mut query = tx.prepare_cached(
        "SELECT * FROM document
          WHERE derive = 1 AND stage = 'understood' AND deleted_at IS NULL
            AND NOT EXISTS (SELECT 1 FROM part JOIN document child ON child.id = part.child
                             WHERE part.parent = document.id AND child.deleted_at IS NULL
                               AND child.stage IN ('received', 'read'))
          ORDER BY number LIMIT ?1",
    )?;
    let documents = query.query_and_then([limit], documents::document_from_row)?;
    documents.collect()
}

fn update(tx: &WriteTx<'_>, task: Task, change: &str, fields: &[&str]) -> Result<Task, Error> {
    let task = Task {
        version: task.version + 1,
        ..task
    };
    rows::write(tx, &task)?;
    log_change(tx, &task, change, fields)?;
    Ok(task)
}

fn log_change(tx: &WriteTx<'_>, task: &Task, change: &str, fields: &[&str]) -> Result<(), Error> {
    let (id, version) = (task.id.to_string(), task.version);
    journal::append(
        tx,
        &Change {
            entity: Entity::Task,
            id,
            version,
            change,
            fields,
            content: task,
        },
    )
}

/// Tasks whose reminders are to be planned anew.
pub fn to_plan(tx: &ReadTx<'_>, limit: u32) -> Result<Vec<Task>, Error> {
    let mut query =
        tx.prepare_cached("SELECT * FROM task WHERE plan = 1 ORDER BY rowid LIMIT ?1")?;
    let tasks = query.query_and_then([limit], task_from_row)?;
    tasks.collect()
}

/// Open tasks at which the plan wants a look before `until`, the earliest first.
pub fn to_look(tx: &ReadTx<'_>, until: Timestamp, limit: u32) -> Result<Vec<Task>, Error> {
    let mut query = tx.prepare_cached(
        "SELECT * FROM task WHERE look_at <= ?1 ORDER BY look_at, rowid LIMIT ?2",
    )?;
    let tasks = query.query_and_then(params![until.as_millisecond(), limit], task_from_row)?;
    tasks.collect()
}

/// When the plan wants its next look, if any task needs one.
pub fn next_look(tx: &ReadTx<'_>) -> Result<Option<Timestamp>, Error> {
    let at: Option<i64> = tx.query_row(
        "SELECT min(look_at) FROM task WHERE look_at IS NOT NULL",
        [],
        |row| row.get(0),
    )?;
    Ok(at.and_then(|it| Timestamp::from_millisecond(it).ok()))
}

/// A task is planned: the plan wants to look at it again at `at`, or not at all.
pub fn planned(tx: &WriteTx<'_>, id: TaskId, at: Option<Timestamp>) -> Result<(), Error> {
    tx.prepare_cached("UPDATE task SET look_at = ?2, plan = 0 WHERE id = ?1")?
        .execute(params![id.to_string(), at.map(Timestamp::as_millisecond)])?;
    Ok(())
}

/// Open tasks that had been due before they arrived and that no digest has asked about.
pub fn to_digest(tx: &ReadTx<'_>, limit: u32) -> Result<Vec<Task>, Error> {
    // Those are few; the plus keeps from the index of all that is open.
    let mut query = tx.prepare_cached(
        "SELECT * FROM task
          WHERE arrived_late = 1 AND digested = 0 AND +status = 'open' ORDER BY due LIMIT ?1",
    )?;
    let tasks = query.query_and_then([limit], task_from_row)?;
    tasks.collect()
}

/// A digest has asked about this task.
pub fn mark_digested(tx: &WriteTx<'_>, id: TaskId) -> Result<(), Error> {
    tx.execute(
        "UPDATE task SET digested = 1 WHERE id = ?1",
        params![id.to_string()],
    )?;
    Ok(())
}
