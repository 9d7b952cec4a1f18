//! What the API sends and takes about tasks, reminders and the house itself.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::reminder::Reminder;
use crate::domain::task::Task;
use crate::domain::value::Money;

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
    /// Moments chosen by a person (RFC 3339).
    pub remind_at: Vec<String>,
    /// Ids of the people it is for; nobody means the whole household.
    pub assignees: Vec<String>,
    /// `open`, `done`, `not_mine` or `withdrawn`.
    pub status: String,
    /// Not to be spoken of before.
    pub later_until: Option<String>,
    /// The document that asks for it.
    pub document_id: Option<String>,
    /// When it was made.
    pub created_at: String,
    /// What `If-Match` is compared with.
    pub version: u64,
}

impl From<&Task> for TaskBody {
    fn from(task: &Task) -> Self {
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
            remind_at: task.remind_at.iter().map(ToString::to_string).collect(),
            assignees: task.assignees.iter().map(ToString::to_string).collect(),
            status: task.status.to_string(),
            later_until: task.later_until.map(|it| it.to_string()),
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
    pub due: Option<jiff::civil::Date>,
    /// At this hour.
    #[schema(value_type = Option<String>)]
    pub due_time: Option<jiff::civil::Time>,
    /// Moments to speak about it, beside the usual ones.
    #[schema(value_type = Vec<String>)]
    #[serde(default)]
    pub remind_at: Vec<jiff::Timestamp>,
    /// Ids of the people it is for.
    #[schema(value_type = Vec<String>)]
    #[serde(default)]
    pub assignees: Vec<crate::domain::id::PersonId>,
    /// How much is meant.
    #[schema(value_type = Option<Object>)]
    pub money: Option<Money>,
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
    pub due: Option<Option<jiff::civil::Date>>,
    /// The hour.
    #[schema(value_type = Option<String>)]
    #[serde(deserialize_with = "given")]
    pub due_time: Option<Option<jiff::civil::Time>>,
    /// Moments chosen by a person.
    #[schema(value_type = Option<Vec<String>>)]
    pub remind_at: Option<Vec<jiff::Timestamp>>,
    /// The people.
    #[schema(value_type = Option<Vec<String>>)]
    pub assignees: Option<Vec<crate::domain::id::PersonId>>,
    /// How much is meant.
    #[schema(value_type = Option<Object>)]
    #[serde(deserialize_with = "given")]
    pub money: Option<Option<Money>>,
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

/// One worker's last turn.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WorkerBody {
    /// Its name.
    pub name: String,
    /// Turns since the start.
    pub turns: u64,
    /// When the last one ended.
    pub last_at: Option<String>,
    /// Turns that failed since the last one that did not.
    pub failures: u32,
    /// Why the last one failed.
    pub trouble: Option<String>,
}

/// How it stands with the language model.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ModelBody {
    /// Its name.
    pub name: String,
    /// Documents that it is still to be asked about.
    pub documents_waiting: u64,
    /// How the last call ended: `answered`, `away`, `broken`, `refused`, `stopped` or `lost`.
    pub last_outcome: Option<String>,
    /// Why it does not answer, if it does not.
    pub trouble: Option<String>,
}

/// How the house is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SystemBody {
    /// The program's version.
    pub version: String,
    /// What reads the documents.
    pub engine: String,
    /// When it was started.
    pub started_at: String,
    /// Whether the clock has been set.
    pub clock_is_set: bool,
    /// Whether the broker is there; `null` where none is configured.
    pub broker_connected: Option<bool>,
    /// The language model; `null` where none is asked.
    pub model: Option<ModelBody>,
    /// Documents by stage.
    pub documents: std::collections::BTreeMap<String, u64>,
    /// Deliveries that wait.
    pub deliveries_waiting: u64,
    /// The journal's last sequence.
    pub journal_sequence: u64,
    /// Every worker.
    pub workers: Vec<WorkerBody>,
}
