//! Tasks in lists: by what they are about, by when they want something, by whom they are for.

use jiff::civil::Date;
use rusqlite::{ToSql, named_params};

use super::rows::task_from_row;
use crate::domain::document::named;
use crate::domain::id::{PersonId, TaskId};
use crate::domain::task::{Status, Task};
use crate::store::rows::{Columns, VISIBLE};
use crate::store::{Error, ReadTx};

named! {
    /// Open tasks as somebody looks at them in the morning. A task that waits is in no other view.
    View {
        /// Due on this day.
        Today = "today",
        /// Due on this day or one of the six after it.
        Week = "week",
        /// Due before this day.
        Overdue = "overdue",
        /// Put off, not begun, or behind a task that is open.
        Waiting = "waiting",
        /// Without a day.
        Someday = "someday",
    }
}

/// Whether a task waits at `:now` on the day `:today`.
const WAITS: &str = "(coalesce(later_until, 0) > :now OR coalesce(start, '') > :today
     OR EXISTS (SELECT 1 FROM json_each(task.blocked_by) link JOIN task before ON before.id = link.value
                 WHERE before.status = 'open'))";

const THEIRS: &str = "EXISTS (SELECT 1 FROM json_each(task.assignees) WHERE value = :person)";
const CONCERNS: &str = "(assignees = '[]' OR EXISTS
     (SELECT 1 FROM json_each(task.assignees) WHERE value = :concerns))";
const LABELLED: &str =
    "EXISTS (SELECT 1 FROM json_each(task.labels) WHERE value = :label COLLATE NOCASE)";
/// Behind the last task of the page before. The first half says less than the second, and is what
/// SQLite finds in the index.
const AFTER: &str = "coalesce(due, '9999') >=
         (SELECT coalesce(due, '9999') FROM task WHERE id = :after)
     AND (coalesce(due, '9999'), id) >
         (SELECT coalesce(due, '9999'), id FROM task WHERE id = :after)";

/// On which days tasks are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Days {
    /// On or before this one.
    Until(Date),
    /// After this one.
    After(Date),
    /// On none.
    None,
}

impl Days {
    const fn condition(self) -> &'static str {
        match self {
            Self::Until(_) => "coalesce(due, '9999') <= :day AND due IS NOT NULL",
            Self::After(_) => "coalesce(due, '9999') > :day AND due IS NOT NULL",
            Self::None => "coalesce(due, '9999') = :day AND due IS NULL",
        }
    }

    fn day(self) -> String {
        match self {
            Self::Until(day) | Self::After(day) => day.to_string(),
            Self::None => "9999".to_owned(),
        }
    }
}

/// Which tasks a list holds.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// With this status.
    pub status: Option<Status>,
    /// With such a day.
    pub days: Option<Days>,
    /// Words in the title.
    pub query: Option<String>,
    /// In this view, seen from that day.
    pub view: Option<(View, Date)>,
    /// For this person alone or among others.
    pub person: Option<PersonId>,
    /// For this person or for everybody.
    pub concerns: Option<PersonId>,
    /// With this label, in capitals or not.
    pub label: Option<String>,
    /// Of this project, in capitals or not.
    pub project: Option<String>,
    /// After this task: the last one of the page before.
    pub after: Option<TaskId>,
}

fn condition(view: View) -> String {
    let day = match view {
        View::Today => "due = :today",
        View::Week => "due BETWEEN :today AND date(:today, '+6 days')",
        View::Overdue => "due < :today",
        View::Someday => "due IS NULL",
        View::Waiting => return format!("status = 'open' AND {WAITS}"),
    };
    format!("status = 'open' AND {day} AND NOT {WAITS}")
}

/// By due day, those without one last.
pub fn list(tx: &ReadTx<'_>, filter: &Filter, limit: u32) -> Result<Vec<Task>, Error> {
    let viewer = tx.viewer_id();
    let status = filter.status.map(Status::as_str);
    let day = filter.days.map(Days::day);
    let person = filter.person.map(|it| it.to_string());
    let concerns = filter.concerns.map(|it| it.to_string());
    let after = filter.after.map(|it| it.to_string());
    let now = tx.now().as_millisecond();
    let today = filter.view.map(|(_, today)| today.to_string());
    // Only what is asked for is in the query: so each has the index that fits.
    let mut conditions = vec![VISIBLE.to_owned()];
    let mut parameters: Vec<(&str, &dyn ToSql)> = vec![(":viewer", &viewer), (":limit", &limit)];
    let asked: [(bool, &str, &dyn ToSql, &str); 7] = [
        (status.is_some(), ":status", &status, "status = :status"),
        (
            day.is_some(),
            ":day",
            &day,
            filter.days.map_or("", Days::condition),
        ),
        (
            filter.query.is_some(),
            ":query",
            &filter.query,
            "title LIKE '%' || :query || '%'",
        ),
        (person.is_some(), ":person", &person, THEIRS),
        (concerns.is_some(), ":concerns", &concerns, CONCERNS),
        (filter.label.is_some(), ":label", &filter.label, LABELLED),
        (
            filter.project.is_some(),
            ":project",
            &filter.project,
            "project = :project COLLATE NOCASE",
        ),
    ];
    for (is_asked, name, value, condition) in asked {
        if is_asked {
            conditions.push(condition.to_owned());
            parameters.push((name, value));
        }
    }
    if let Some((view, _)) = filter.view {
        conditions.push(condition(view));
        parameters.push((":now", &now));
        parameters.push((":today", &today));
    }
    if after.is_some() {
        conditions.push(AFTER.to_owned());
        parameters.push((":after", &after));
    }
    let mut query = tx.prepare_cached(&format!(
        "SELECT * FROM task WHERE {} ORDER BY coalesce(due, '9999'), id LIMIT :limit",
        conditions.join(" AND ")
    ))?;
    let tasks = query.query_and_then(parameters.as_slice(), task_from_row)?;
    tasks.collect()
}

/// How many open tasks each view holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Wanting something.
    pub open: u64,
    /// Of those, due on this day.
    pub today: u64,
    /// Due on this day or one of the six after it.
    pub week: u64,
    /// Due before this day.
    pub overdue: u64,
    /// Waiting.
    pub waiting: u64,
    /// Without a day.
    pub someday: u64,
}

/// What there is to do from `today` on, for one person or for everybody.
pub fn counts(tx: &ReadTx<'_>, today: Date, person: Option<PersonId>) -> Result<Counts, Error> {
    let of = |view: View| format!("count(*) FILTER (WHERE {})", condition(view));
    let mut query = tx.prepare_cached(&format!(
        "SELECT count(*) AS open, {} AS today, {} AS week, {} AS overdue, {} AS waiting,
                {} AS someday
           FROM task
          WHERE status = 'open' AND {VISIBLE}
            AND (:person IS NULL OR EXISTS
                 (SELECT 1 FROM json_each(task.assignees) WHERE value = :person))",
        of(View::Today),
        of(View::Week),
        of(View::Overdue),
        of(View::Waiting),
        of(View::Someday),
    ))?;
    let parameters = named_params! {
        ":viewer": tx.viewer_id(),
        ":person": person.map(|it| it.to_string()),
        ":now": tx.now().as_millisecond(),
        ":today": today.to_string(),
    };
    let mut rows = query.query_and_then(parameters, |row| {
        let columns = Columns::of("task", row);
        Ok::<_, Error>(Counts {
            open: columns.count("open")?,
            today: columns.count("today")?,
            week: columns.count("week")?,
            overdue: columns.count("overdue")?,
            waiting: columns.count("waiting")?,
            someday: columns.count("someday")?,
        })
    })?;
    Ok(rows.next().transpose()?.unwrap_or_default())
}

/// How many open tasks that the viewer may see are due today or have been.
pub fn pressing(tx: &ReadTx<'_>, today: Date) -> Result<u64, Error> {
    let mut query = tx.prepare_cached(&format!(
        "SELECT count(*) FROM task
          WHERE status = 'open' AND due <= :today AND {VISIBLE}"
    ))?;
    let parameters = named_params! { ":today": today.to_string(), ":viewer": tx.viewer_id() };
    let number: i64 = query.query_row(parameters, |row| row.get(0))?;
    Ok(number.unsigned_abs())
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
