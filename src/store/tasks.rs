//! Tasks: derived from documents without ever undoing what a person did, made by hand, answered.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use rusqlite::{Row, named_params, params};

use super::journal::{self, Change};
use super::rows::{Columns, VISIBLE, json, visibility_column};
use super::{Error, ReadTx, WriteTx, documents, examples};
use crate::domain::document::{Document, Visibility};
use crate::domain::finding::Value;
use crate::domain::id::{DocumentId, PersonId, TaskId};
use crate::domain::journal::Entity;
use crate::domain::task::{Answer, AnswerKind, Derived, Status, Task, TaskField, TaskSource};
use crate::domain::value::{Amount, Money};

/// A task that a person makes by hand.
#[derive(Clone, Debug, Default)]
pub struct NewTask {
    /// What is to be done, in a line.
    pub title: String,
    /// More about it.
    pub notes: String,
    /// By the end of this day.
    pub due: Option<Date>,
    /// At this hour.
    pub due_time: Option<Time>,
    /// How much is meant.
    pub money: Option<Money>,
    /// Moments to speak about it, beside the ladder's.
    pub remind_at: Vec<Timestamp>,
    /// Who it is for; nobody means the household.
    pub assignees: Vec<PersonId>,
    /// Who may see it.
    pub visible_to: Visibility,
}

/// Makes a task by hand.
pub fn create(tx: &WriteTx<'_>, new: NewTask) -> Result<Task, Error> {
    let mut edited = Vec::new();
    edited.extend([
        TaskField::Title,
        TaskField::Notes,
        TaskField::Due,
        TaskField::Money,
    ]);
    let task = Task {
        id: TaskId::new(tx.now(), tx.random()),
        title: new.title,
        notes: new.notes,
        action: None,
        due: new.due,
        due_time: new.due_time,
        safe_due: None,
        money: new.money,
        optional: false,
        remind_at: new.remind_at,
        assignees: new.assignees,
        status: Status::Open,
        later_until: None,
        source: None,
        edited,
        arrived_late: false,
        created_at: tx.now(),
        visible_to: new.visible_to,
        version: 1,
    };
    insert(tx, &task)?;
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
    let task = Task {
        id: TaskId::new(tx.now(), tx.random()),
        title: one.title.clone(),
        notes: String::new(),
        action: Some(one.action),
        due: Some(one.due),
        due_time: one.due_time,
        safe_due: one.safe_due,
        money: one.money,
        optional: one.optional,
        remind_at: Vec::new(),
        assignees: for_whom(document, one),
        status: Status::Open,
        later_until: None,
        source: Some(TaskSource {
            document: document.id,
            key: one.key.clone(),
        }),
        edited: Vec::new(),
        arrived_late: one.arrived_late,
        created_at: tx.now(),
        visible_to: document.visible_to.clone(),
        version: 1,
    };
    insert(tx, &task)?;
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

/// What a person changes of a task; `None` leaves a field as it is.
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
    /// The people.
    pub assignees: Option<Vec<PersonId>>,
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
    let mut fields: Vec<TaskField> = Vec::new();
    if let (Some(source), Some((Some(due), _))) = (&task.source, edit.due) {
        examples::teach_due(tx, source.document, &source.key, &Value::Date(due))?;
    }
    if let Some(title) = edit.title {
        task.title = title;
        fields.push(TaskField::Title);
    }
    if let Some(notes) = edit.notes {
        task.notes = notes;
        fields.push(TaskField::Notes);
    }
    if let Some((due, due_time)) = edit.due {
        (task.due, task.due_time, task.safe_due) = (due, due_time, None);
        task.arrived_late = false;
        fields.push(TaskField::Due);
    }
    if let Some(money) = edit.money {
        task.money = money;
        fields.push(TaskField::Money);
    }
    if let Some(assignees) = edit.assignees {
        task.assignees = assignees;
        fields.push(TaskField::Assignees);
    }
    if let Some(remind_at) = edit.remind_at {
        task.remind_at = remind_at;
    }
    let names: Vec<&str> = fields.iter().map(|it| it.as_str()).collect();
    for field in &fields {
        if !task.edited.contains(field) {
            task.edited.push(*field);
        }
    }
    update(tx, task, "edited", &names)
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
    update(tx, next, answer.answer.as_str(), &["status", "later_until"])
}

/// A person takes back an answer: the task is open again.
pub fn reopen(tx: &WriteTx<'_>, id: TaskId) -> Result<Task, Error> {
    let task = by_id(tx, id)?;
    if task.status == Status::Open && task.later_until.is_none() {
        return Ok(task);
    }
    let next = Task {
        status: Status::Open,
        later_until: None,
        ..task
    };
    update(tx, next, "reopened", &["status", "later_until"])
}

/// A person removes a task made by hand; one that a document asks for is answered instead.
pub fn withdraw(tx: &WriteTx<'_>, id: TaskId, expected: Option<u64>) -> Result<Task, Error> {
    let task = by_id(tx, id)?;
    expect_version(&task, expected)?;
    let status = if task.source.is_some() {
        Status::NotMine
    } else {
        Status::Withdrawn
    };
    super::reminders::silence(tx, id)?;
    update(tx, Task { status, ..task }, "removed", &["status"])
}

/// The tasks of a document that went to the trash want nothing any more.
pub(super) fn withdraw_of_document(tx: &WriteTx<'_>, document: DocumentId) -> Result<(), Error> {
    for task in of_document(tx, document)? {
        if task.status == Status::Open {
            super::reminders::silence(tx, task.id)?;
            update(
                tx,
                Task {
                    status: Status::Withdrawn,
                    ..task
                },
                "withdrawn",
                &["status"],
            )?;
        }
    }
    Ok(())
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

/// Which tasks a list holds.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// With this status.
    pub status: Option<Status>,
    /// Due on or before this day.
    pub due_until: Option<Date>,
    /// Words in the title.
    pub query: Option<String>,
    /// After this task: the last one of the page before.
    pub after: Option<TaskId>,
}

/// By due day, those without one last.
pub fn list(tx: &ReadTx<'_>, filter: &Filter, limit: u32) -> Result<Vec<Task>, Error> {
    let mut query = tx.prepare_cached(&format!(
        "SELECT * FROM task
          WHERE {VISIBLE}
            AND (:status IS NULL OR status = :status)
            AND (:until IS NULL OR due <= :until)
            AND (:query IS NULL OR title LIKE '%' || :query || '%')
            AND (:after IS NULL OR (coalesce(due, '9999'), id) >
                 (SELECT coalesce(due, '9999'), id FROM task WHERE id = :after))
          ORDER BY coalesce(due, '9999'), id LIMIT :limit"
    ))?;
    let parameters = named_params! {
        ":viewer": tx.viewer_id(),
        ":status": filter.status.map(Status::as_str),
        ":until": filter.due_until.map(|it| it.to_string()),
        ":query": filter.query,
        ":after": filter.after.map(|it| it.to_string()),
        ":limit": limit,
    };
    let tasks = query.query_and_then(parameters, task_from_row)?;
    tasks.collect()
}

/// How many tasks are open, and the next one that is due.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Wanting something.
    pub open: u64,
    /// Of those, due before today.
    pub overdue: u64,
    /// Of those, due today.
    pub due_today: u64,
    /// The open task that is due next, today or later.
    pub next_upcoming: Option<Task>,
}

/// What the viewer has to do, seen from `today`.
pub fn summary(tx: &ReadTx<'_>, today: Date) -> Result<Summary, Error> {
    let mut query = tx.prepare_cached(&format!(
        "SELECT count(*) AS open,
                count(*) FILTER (WHERE due < :today) AS overdue,
                count(*) FILTER (WHERE due = :today) AS due_today
           FROM task WHERE status = 'open' AND {VISIBLE}"
    ))?;
    let parameters = named_params! { ":viewer": tx.viewer_id(), ":today": today.to_string() };
    let mut rows = query.query_and_then(parameters, |row| {
        let columns = Columns::of("task", row);
        Ok::<_, Error>(Summary {
            open: columns.count("open")?,
            overdue: columns.count("overdue")?,
            due_today: columns.count("due_today")?,
            next_upcoming: None,
        })
    })?;
    let mut summary = rows.next().transpose()?.unwrap_or_default();
    let mut query = tx.prepare_cached(&format!(
        "SELECT * FROM task WHERE status = 'open' AND due >= :today AND {VISIBLE}
          ORDER BY due, coalesce(due_time, '99'), id LIMIT 1"
    ))?;
    let mut rows = query.query_and_then(parameters, task_from_row)?;
    summary.next_upcoming = rows.next().transpose()?;
    Ok(summary)
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

fn insert(tx: &WriteTx<'_>, task: &Task) -> Result<(), Error> {
    tx.prepare_cached(
        "INSERT INTO task (id, title, notes, action, due, due_time, safe_due, amount, currency,
                           optional, remind_at, assignees, status, later_until, document, key,
                           edited, arrived_late, created_at, visible_to, version)
         VALUES (:id, :title, :notes, :action, :due, :due_time, :safe_due, :amount, :currency,
                 :optional, :remind_at, :assignees, :status, :later_until, :document, :key,
                 :edited, :arrived_late, :created_at, :visible_to, :version)",
    )?
    .execute(named_params! {
        ":id": task.id.to_string(),
        ":title": task.title,
        ":notes": task.notes,
        ":action": task.action.map(crate::domain::obligation::Action::as_str),
        ":due": task.due.map(|it| it.to_string()),
        ":due_time": task.due_time.map(|it| it.to_string()),
        ":safe_due": task.safe_due.map(|it| it.to_string()),
        ":amount": task.money.map(|it| it.amount.hundredths()),
        ":currency": task.money.map(|it| it.currency.to_string()),
        ":optional": task.optional,
        ":remind_at": json(&milliseconds(&task.remind_at)),
        ":assignees": json(&task.assignees),
        ":status": task.status.as_str(),
        ":later_until": task.later_until.map(Timestamp::as_millisecond),
        ":document": task.source.as_ref().map(|it| it.document.to_string()),
        ":key": task.source.as_ref().map(|it| it.key.clone()),
        ":edited": json(&task.edited),
        ":arrived_late": task.arrived_late,
        ":created_at": task.created_at.as_millisecond(),
        ":visible_to": visibility_column(&task.visible_to),
        ":version": i64::try_from(task.version).unwrap_or(i64::MAX),
    })?;
    Ok(())
}

fn milliseconds(moments: &[Timestamp]) -> Vec<i64> {
    moments.iter().map(|it| it.as_millisecond()).collect()
}

fn update(tx: &WriteTx<'_>, task: Task, change: &str, fields: &[&str]) -> Result<Task, Error> {
    let task = Task {
        version: task.version + 1,
        ..task
    };
    tx.prepare_cached(
        "UPDATE task SET title = :title, notes = :notes, action = :action, due = :due,
                due_time = :due_time, safe_due = :safe_due, amount = :amount,
                currency = :currency, optional = :optional, remind_at = :remind_at,
                assignees = :assignees, status = :status, later_until = :later_until,
                edited = :edited, arrived_late = :arrived_late, version = :version, plan = 1
          WHERE id = :id",
    )?
    .execute(named_params! {
        ":id": task.id.to_string(),
        ":title": task.title,
        ":notes": task.notes,
        ":action": task.action.map(crate::domain::obligation::Action::as_str),
        ":due": task.due.map(|it| it.to_string()),
        ":due_time": task.due_time.map(|it| it.to_string()),
        ":safe_due": task.safe_due.map(|it| it.to_string()),
        ":amount": task.money.map(|it| it.amount.hundredths()),
        ":currency": task.money.map(|it| it.currency.to_string()),
        ":optional": task.optional,
        ":remind_at": json(&milliseconds(&task.remind_at)),
        ":assignees": json(&task.assignees),
        ":status": task.status.as_str(),
        ":later_until": task.later_until.map(Timestamp::as_millisecond),
        ":edited": json(&task.edited),
        ":arrived_late": task.arrived_late,
        ":version": i64::try_from(task.version).unwrap_or(i64::MAX),
    })?;
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

pub(super) fn task_from_row(row: &Row<'_>) -> Result<Task, Error> {
    let columns = Columns::of("task", row);
    let amount: Option<i64> = columns.plain("amount")?;
    let currency = columns.parsed_or_none("currency")?;
    let money = amount.zip(currency).map(|(hundredths, currency)| Money {
        amount: Amount::from_hundredths(hundredths),
        currency,
    });
    let document: Option<DocumentId> = columns.parsed_or_none("document")?;
    let key: Option<String> = columns.plain("key")?;
    let remind_at: Vec<i64> = columns.json("remind_at")?;
    let remind_at: Result<Vec<_>, _> = remind_at
        .into_iter()
        .map(Timestamp::from_millisecond)
        .collect();
    Ok(Task {
        id: columns.parsed("id")?,
        title: columns.plain("title")?,
        notes: columns.plain("notes")?,
        action: columns.parsed_or_none("action")?,
        due: columns.parsed_or_none("due")?,
        due_time: columns.parsed_or_none("due_time")?,
        safe_due: columns.parsed_or_none("safe_due")?,
        money,
        optional: columns.plain("optional")?,
        remind_at: remind_at.map_err(|cause| columns.corrupt(cause))?,
        assignees: columns.json("assignees")?,
        status: columns.parsed("status")?,
        later_until: columns.instant_or_none("later_until")?,
        source: document
            .zip(key)
            .map(|(document, key)| TaskSource { document, key }),
        edited: columns.json("edited")?,
        arrived_late: columns.plain("arrived_late")?,
        created_at: columns.instant("created_at")?,
        visible_to: columns.visibility()?,
        version: columns.count("version")?,
    })
}

/// Tasks whose reminders are to be planned anew.
pub fn to_plan(tx: &ReadTx<'_>, limit: u32) -> Result<Vec<Task>, Error> {
    let mut query =
        tx.prepare_cached("SELECT * FROM task WHERE plan = 1 ORDER BY rowid LIMIT ?1")?;
    let tasks = query.query_and_then([limit], task_from_row)?;
    tasks.collect()
}

/// Open tasks that had been due before they arrived and that no digest has asked about.
pub fn to_digest(tx: &ReadTx<'_>, limit: u32) -> Result<Vec<Task>, Error> {
    let mut query = tx.prepare_cached(
        "SELECT * FROM task
          WHERE arrived_late = 1 AND digested = 0 AND status = 'open' ORDER BY due LIMIT ?1",
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
