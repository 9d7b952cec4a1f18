//! What the API sends and takes about tasks and reminders.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use jiff::civil::{Date, Time};

use crate::domain::id::{DocumentId, PersonId, TaskId};
use crate::domain::person::Language;
use crate::domain::priority::{Assessment, Priority, sentence};
use crate::domain::recurrence::{Recurrence, Rule};
use crate::domain::reminder::Reminder;
use crate::domain::task::{Step, Task};
use crate::domain::value::Money;
use crate::store::tasks::Counts;

/// When a task comes again.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum RecurrenceBody {
    /// An RRULE.
    Rule(Rule),
    /// With days that are left out or avoided, or counted from its being done.
    Whole(Recurrence),
}

impl From<RecurrenceBody> for Recurrence {
    fn from(body: RecurrenceBody) -> Self {
        match body {
            RecurrenceBody::Rule(rule) => Self::of(rule),
            RecurrenceBody::Whole(whole) => whole,
        }
    }
}

/// One tickable part of a task.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StepBody {
    /// Names it within its task; left out for a new one.
    pub number: Option<u32>,
    /// What is to be done, in a line.
    pub title: String,
    /// By the end of this day.
    #[schema(value_type = Option<String>, format = Date)]
    #[serde(default)]
    pub due: Option<Date>,
    /// Whether it is ticked.
    #[serde(default)]
    pub done: bool,
}

impl From<&Step> for StepBody {
    fn from(step: &Step) -> Self {
        Self {
            number: Some(step.number),
            title: step.title.clone(),
            due: step.due,
            done: step.done_at.is_some(),
        }
    }
}

/// One task.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TaskBody {
    /// Its id.
    pub id: String,
    /// What is to be done, in a line.
    pub title: String,
    /// More about it.
    pub notes: String,
    /// What sort of doing, where a document asks for it.
    pub action: Option<String>,
    /// By the end of this day (ISO 8601) in the household's zone.
    pub due: Option<String>,
    /// At this hour.
    pub due_time: Option<String>,
    /// How much, as a decimal string.
    pub amount: Option<String>,
    /// In what (ISO 4217).
    pub currency: Option<String>,
    /// A right, not a duty.
    pub optional: bool,
    /// When it comes again.
    #[schema(value_type = Option<Object>)]
    pub recurrence: Option<Recurrence>,
    /// How pressing it is today: `low`, `medium`, `high` or `critical`; `null` once it is answered.
    pub priority: Option<String>,
    /// Why, a sentence in English.
    pub priority_reason: Option<String>,
    /// How pressing a person says it is; `null` where that is computed.
    pub priority_pinned: Option<String>,
    /// Not worth looking at before this day.
    pub start: Option<String>,
    /// Its parts, in their order.
    pub steps: Vec<StepBody>,
    /// Words to find it by.
    pub labels: Vec<String>,
    /// What it belongs to; empty for nothing.
    pub project: String,
    /// Whom to speak to about it; empty for nobody.
    pub contact: String,
    /// Ids of documents that belong to it, beside the one it comes from.
    pub documents: Vec<String>,
    /// Ids of the tasks that must be done before it.
    pub blocked_by: Vec<String>,
    /// Moments chosen by a person (RFC 3339).
    pub remind_at: Vec<String>,
    /// Ids of the people it is for; nobody means the whole household.
    pub assignees: Vec<String>,
    /// `open`, `done`, `not_mine` or `withdrawn`.
    pub status: String,
    /// Not to be spoken of before.
    pub later_until: Option<String>,
    /// When somebody last said that they are on it.
    pub acknowledged_at: Option<String>,
    /// Nobody hears of it before.
    pub muted_until: Option<String>,
    /// The document that asks for it.
    pub document_id: Option<String>,
    /// When it was made.
    pub created_at: String,
    /// What `If-Match` is compared with.
    pub version: u64,
}

impl TaskBody {
    /// A task, and how pressing it is.
    pub fn of(task: &Task, assessment: Option<&Assessment>) -> Self {
        Self {
            id: task.id.to_string(),
            title: task.title.clone(),
            notes: task.notes.clone(),
            action: task.action.map(|it| it.to_string()),
            due: task.due.map(|it| it.to_string()),
            due_time: task.due_time.map(|it| it.to_string()),
            amount: task.money.map(|it| it.amount.to_string()),
            currency: task.money.map(|it| it.currency.to_string()),
            optional: task.optional,
            recurrence: task.series.as_ref().map(|it| it.recurrence.clone()),
            priority: assessment.map(|it| it.priority.to_string()),
            priority_reason: assessment.map(|it| sentence(it, Language::English)),
            priority_pinned: task.pinned.map(|it| it.to_string()),
            start: task.start.map(|it| it.to_string()),
            steps: task.steps.iter().map(StepBody::from).collect(),
            labels: task.labels.clone(),
            project: task.project.clone(),
            contact: task.contact.clone(),
            documents: task.documents.iter().map(ToString::to_string).collect(),
            blocked_by: task.blocked_by.iter().map(ToString::to_string).collect(),
            remind_at: task.remind_at.iter().map(ToString::to_string).collect(),
            assignees: task.assignees.iter().map(ToString::to_string).collect(),
            status: task.status.to_string(),
            later_until: task.later_until.map(|it| it.to_string()),
            acknowledged_at: task.acknowledged_at.map(|it| it.to_string()),
            muted_until: task.muted_until.map(|it| it.to_string()),
            document_id: task.source.as_ref().map(|it| it.document.to_string()),
            created_at: task.created_at.to_string(),
            version: task.version,
        }
    }
}

/// A page of tasks.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TaskPage {
    /// By due day, those without one last.
    pub tasks: Vec<TaskBody>,
    /// The cursor of the next page, if there is one.
    pub next: Option<String>,
}

/// A task made by hand.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTaskBody {
    /// What is to be done, in a line.
    pub title: String,
    /// More about it.
    #[serde(default)]
    pub notes: String,
    /// By the end of this day.
    #[schema(value_type = Option<String>, format = Date)]
    pub due: Option<Date>,
    /// At this hour.
    #[schema(value_type = Option<String>)]
    pub due_time: Option<Time>,
    /// Moments to speak about it, beside the usual ones.
    #[schema(value_type = Vec<String>)]
    #[serde(default)]
    pub remind_at: Vec<jiff::Timestamp>,
    /// Ids of the people it is for.
    #[schema(value_type = Vec<String>)]
    #[serde(default)]
    pub assignees: Vec<PersonId>,
    /// How much is meant.
    #[schema(value_type = Option<Object>)]
    pub money: Option<Money>,
    /// When it comes again: an RRULE (RFC 5545), or the whole of it as an object.
    #[schema(value_type = Option<Object>)]
    pub recurrence: Option<RecurrenceBody>,
    /// `low`, `medium`, `high` or `critical`; computed where it is left out.
    #[schema(value_type = Option<String>)]
    pub priority: Option<Priority>,
    /// Not worth looking at before this day.
    #[schema(value_type = Option<String>, format = Date)]
    pub start: Option<Date>,
    /// Its parts, in their order.
    #[serde(default)]
    pub steps: Vec<StepBody>,
    /// Words to find it by.
    #[serde(default)]
    pub labels: Vec<String>,
    /// What it belongs to.
    #[serde(default)]
    pub project: String,
    /// Whom to speak to about it.
    #[serde(default)]
    pub contact: String,
    /// Ids of documents that belong to it.
    #[schema(value_type = Vec<String>)]
    #[serde(default)]
    pub documents: Vec<DocumentId>,
    /// Ids of the tasks that must be done before it.
    #[schema(value_type = Vec<String>)]
    #[serde(default)]
    pub blocked_by: Vec<TaskId>,
}

/// What is changed of a task; what is left out stays, `null` empties.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TaskChange {
    /// The line.
    pub title: Option<String>,
    /// More about it.
    pub notes: Option<String>,
    /// The day.
    #[schema(value_type = Option<String>, format = Date)]
    #[serde(deserialize_with = "given")]
    pub due: Option<Option<Date>>,
    /// The hour.
    #[schema(value_type = Option<String>)]
    #[serde(deserialize_with = "given")]
    pub due_time: Option<Option<Time>>,
    /// Moments chosen by a person.
    #[schema(value_type = Option<Vec<String>>)]
    pub remind_at: Option<Vec<jiff::Timestamp>>,
    /// The people.
    #[schema(value_type = Option<Vec<String>>)]
    pub assignees: Option<Vec<PersonId>>,
    /// How much is meant.
    #[schema(value_type = Option<Object>)]
    #[serde(deserialize_with = "given")]
    pub money: Option<Option<Money>>,
    /// When it comes again; `null` ends the series with this one.
    #[schema(value_type = Option<Object>)]
    #[serde(deserialize_with = "given")]
    pub recurrence: Option<Option<RecurrenceBody>>,
    /// `low`, `medium`, `high` or `critical`; `null` lets it be computed.
    #[schema(value_type = Option<String>)]
    #[serde(deserialize_with = "given")]
    pub priority: Option<Option<Priority>>,
    /// Not worth looking at before this day.
    #[schema(value_type = Option<String>, format = Date)]
    #[serde(deserialize_with = "given")]
    pub start: Option<Option<Date>>,
    /// Its parts; one with a `number` is the part of that number.
    pub steps: Option<Vec<StepBody>>,
    /// Words to find it by.
    pub labels: Option<Vec<String>>,
    /// What it belongs to.
    pub project: Option<String>,
    /// Whom to speak to about it.
    pub contact: Option<String>,
    /// Ids of documents that belong to it.
    #[schema(value_type = Option<Vec<String>>)]
    pub documents: Option<Vec<DocumentId>>,
    /// Ids of the tasks that must be done before it.
    #[schema(value_type = Option<Vec<String>>)]
    pub blocked_by: Option<Vec<TaskId>>,
    /// Of a task that comes again: this one alone is changed, not those to come.
    pub only_this: bool,
}

/// Tells a field that is `null` from one that is left out.
#[expect(
    clippy::option_option,
    reason = "left out, null, and a value are three things"
)]
fn given<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

/// An answer.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerBody {
    /// `done`, `later` or `not_mine`.
    #[schema(value_type = String)]
    pub answer: crate::domain::task::AnswerKind,
    /// For `later`: not before this moment (RFC 3339); the next morning if nothing is said.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    pub until: Option<jiff::Timestamp>,
}

/// How long nobody hears of a task.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MuteBody {
    /// Not before this moment (RFC 3339); `null` lets it speak again.
    #[schema(value_type = Option<String>)]
    pub until: Option<jiff::Timestamp>,
}

/// One answer to several tasks.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswersBody {
    /// Ids of the tasks; all are answered, or none where one is missing.
    #[schema(value_type = Vec<String>)]
    pub tasks: Vec<TaskId>,
    /// `done`, `later` or `not_mine`.
    #[schema(value_type = String)]
    pub answer: crate::domain::task::AnswerKind,
    /// For `later`: not before this moment (RFC 3339); the next morning if nothing is said.
    #[schema(value_type = Option<String>)]
    #[serde(default)]
    pub until: Option<jiff::Timestamp>,
}

/// Tasks whose answers are taken back.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReopenBody {
    /// Their ids.
    #[schema(value_type = Vec<String>)]
    pub tasks: Vec<TaskId>,
}

/// Whether a step is done.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TickBody {
    /// It is, or no longer.
    pub done: bool,
}

/// What somebody says about a task.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CommentBody {
    /// 1 to 4000 letters.
    pub text: String,
}

/// One entry of a task's story.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EntryBody {
    /// Its number in the journal.
    pub sequence: u64,
    /// When (RFC 3339).
    pub at: String,
    /// What was done: `created`, `done`, `commented` …
    pub change: String,
    /// The fields that changed.
    pub fields: Vec<String>,
    /// Who: the id of a person or token, or the name of a worker.
    pub actor: String,
    /// Through what: `web`, `api`, `mqtt` …
    pub channel: String,
    /// What was said, where it is a comment.
    pub text: Option<String>,
}

/// A task's story.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HistoryBody {
    /// Newest first, the last 200.
    pub entries: Vec<EntryBody>,
}

/// How many open tasks each view holds.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct CountsBody {
    /// Wanting something.
    pub open: u64,
    /// Of those, due today.
    pub today: u64,
    /// Due today or in the six days after.
    pub week: u64,
    /// Due before today.
    pub overdue: u64,
    /// Put off, not begun, or behind a task that is open; in no other view.
    pub waiting: u64,
    /// Without a day.
    pub someday: u64,
}

impl From<Counts> for CountsBody {
    fn from(counts: Counts) -> Self {
        let Counts {
            open,
            today,
            week,
            overdue,
            waiting,
            someday,
        } = counts;
        Self {
            open,
            today,
            week,
            overdue,
            waiting,
            someday,
        }
    }
}

/// A planned moment to speak about a task.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReminderBody {
    /// Its id.
    pub id: String,
    /// About which task.
    pub task_id: String,
    /// The task's line.
    pub title: String,
    /// When (RFC 3339).
    pub at: String,
    /// `info`, `warning`, `urgent` or `overdue`.
    pub level: String,
    /// `planned`, `said` or `lapsed`.
    pub state: String,
}

impl ReminderBody {
    /// A reminder about a task of that title.
    pub fn of(reminder: &Reminder, title: &str) -> Self {
        Self {
            id: reminder.id.to_string(),
            task_id: reminder.task.to_string(),
            title: title.to_owned(),
            at: reminder.at.to_string(),
            level: reminder.level.to_string(),
            state: reminder.state.to_string(),
        }
    }
}

/// A page of reminders.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReminderPage {
    /// Latest first.
    pub reminders: Vec<ReminderBody>,
    /// The cursor of the next page, if there is one.
    pub next: Option<String>,
}
