//! A task as a row, and back.

use jiff::Timestamp;
use rusqlite::{Row, named_params};

use crate::domain::id::DocumentId;
use crate::domain::obligation::Action;
use crate::domain::priority::Priority;
use crate::domain::task::{Task, TaskSource};
use crate::domain::value::{Amount, Money};
use crate::store::rows::{Columns, json, visibility_column};
use crate::store::{Error, WriteTx};

/// Writes a task as it is now; its reminders are planned anew.
pub fn write(tx: &WriteTx<'_>, task: &Task) -> Result<(), Error> {
    tx.prepare_cached(
        "INSERT INTO task (id, title, notes, action, due, due_time, safe_due, amount, currency,
                           optional, start, steps, labels, project, contact, documents, blocked_by,
                           series, remind_at, assignees, status, pinned, later_until,
                           acknowledged_at, muted_until, document, key, edited,
                           arrived_late, created_at, visible_to, version)
         VALUES (:id, :title, :notes, :action, :due, :due_time, :safe_due, :amount, :currency,
                 :optional, :start, :steps, :labels, :project, :contact, :documents, :blocked_by,
                 :series, :remind_at, :assignees, :status, :pinned, :later_until,
                 :acknowledged_at, :muted_until, :document, :key, :edited,
                 :arrived_late, :created_at, :visible_to, :version)
         ON CONFLICT (id) DO UPDATE
            SET title = excluded.title, notes = excluded.notes, action = excluded.action,
                due = excluded.due, due_time = excluded.due_time, safe_due = excluded.safe_due,
                amount = excluded.amount, currency = excluded.currency,
                optional = excluded.optional, start = excluded.start, steps = excluded.steps,
                labels = excluded.labels, project = excluded.project, contact = excluded.contact,
                documents = excluded.documents, blocked_by = excluded.blocked_by, series = excluded.series,
                remind_at = excluded.remind_at, assignees = excluded.assignees,
                status = excluded.status, pinned = excluded.pinned,
                later_until = excluded.later_until,
                acknowledged_at = excluded.acknowledged_at, muted_until = excluded.muted_until,
                edited = excluded.edited, arrived_late = excluded.arrived_late,
                version = excluded.version, plan = 1",
    )?
    .execute(named_params! {
        ":id": task.id.to_string(),
        ":title": task.title,
        ":notes": task.notes,
        ":action": task.action.map(Action::as_str),
        ":due": task.due.map(|it| it.to_string()),
        ":due_time": task.due_time.map(|it| it.to_string()),
        ":safe_due": task.safe_due.map(|it| it.to_string()),
        ":amount": task.money.map(|it| it.amount.hundredths()),
        ":currency": task.money.map(|it| it.currency.to_string()),
        ":optional": task.optional,
        ":start": task.start.map(|it| it.to_string()),
        ":steps": json(&task.steps),
        ":labels": json(&task.labels),
        ":project": task.project,
        ":contact": task.contact,
        ":documents": json(&task.documents),
        ":blocked_by": json(&task.blocked_by),
        ":series": task.series.as_ref().map(json),
        ":remind_at": json(&milliseconds(&task.remind_at)),
        ":assignees": json(&task.assignees),
        ":status": task.status.as_str(),
        ":pinned": task.pinned.map(Priority::as_str),
        ":acknowledged_at": task.acknowledged_at.map(Timestamp::as_millisecond),
        ":muted_until": task.muted_until.map(Timestamp::as_millisecond),
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

/// Reads a task.
pub fn task_from_row(row: &Row<'_>) -> Result<Task, Error> {
    // In the order of the table, in which each column is found at once.
    let columns = Columns::of("task", row);
    Ok(Task {
        id: columns.parsed("id")?,
        title: columns.plain("title")?,
        notes: columns.plain("notes")?,
        action: columns.parsed_or_none("action")?,
        due: columns.parsed_or_none("due")?,
        due_time: columns.parsed_or_none("due_time")?,
        safe_due: columns.parsed_or_none("safe_due")?,
        money: money(&columns)?,
        optional: columns.plain("optional")?,
        remind_at: moments(&columns)?,
        assignees: columns.json("assignees")?,
        status: columns.parsed("status")?,
        later_until: columns.instant_or_none("later_until")?,
        source: source(&columns)?,
        edited: columns.json("edited")?,
        arrived_late: columns.plain("arrived_late")?,
        created_at: columns.instant("created_at")?,
        visible_to: columns.visibility()?,
        version: columns.count("version")?,
        start: columns.parsed_or_none("start")?,
        steps: columns.json("steps")?,
        labels: columns.json("labels")?,
        project: columns.plain("project")?,
        contact: columns.plain("contact")?,
        documents: columns.json("documents")?,
        blocked_by: columns.json("blocked_by")?,
        series: columns.json_or_none("series")?,
        pinned: columns.parsed_or_none("pinned")?,
        acknowledged_at: columns.instant_or_none("acknowledged_at")?,
        muted_until: columns.instant_or_none("muted_until")?,
    })
}

fn money(columns: &Columns<'_, '_>) -> Result<Option<Money>, Error> {
    let amount: Option<i64> = columns.plain("amount")?;
    let currency = columns.parsed_or_none("currency")?;
    Ok(amount.zip(currency).map(|(hundredths, currency)| Money {
        amount: Amount::from_hundredths(hundredths),
        currency,
    }))
}

fn moments(columns: &Columns<'_, '_>) -> Result<Vec<Timestamp>, Error> {
    let moments: Vec<i64> = columns.json("remind_at")?;
    let moments = moments.into_iter().map(Timestamp::from_millisecond);
    let moments: Result<_, _> = moments.collect();
    moments.map_err(|cause| columns.corrupt(cause))
}

fn source(columns: &Columns<'_, '_>) -> Result<Option<TaskSource>, Error> {
    let document: Option<DocumentId> = columns.parsed_or_none("document")?;
    let key: Option<String> = columns.plain("key")?;
    Ok(document
        .zip(key)
        .map(|(document, key)| TaskSource { document, key }))
}
