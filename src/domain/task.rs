//! What a person must do: made from an obligation or by hand, and ended by an answer.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};

use super::document::{Visibility, named};
use super::finding::{Extraction, Field};
use super::id::{DocumentId, PersonId, TaskId};
use super::obligation::{Action, Obligation};
use super::person::{Language, Person};
use super::recipient;
use super::value::{Currency, Money};
use super::wording;

named! {
    /// What somebody said about a task.
    AnswerKind {
        /// It is done.
        Done = "done",
        /// Speak about it again later.
        Later = "later",
        /// It is not for me, or not for us.
        NotMine = "not_mine",
    }
}

named! {
    /// Whether a task still wants something.
    Status {
        /// It does.
        Open = "open",
        /// Somebody did it.
        Done = "done",
        /// Somebody said that it is not theirs.
        NotMine = "not_mine",
        /// Its document no longer says so, or went to the trash.
        Withdrawn = "withdrawn",
    }
}

/// Where a task comes from. The key finds the same duty again when a document is read anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskSource {
    /// The document that asks for it.
    pub document: DocumentId,
    /// Which of its obligations: the action, and a number where there are several of it.
    pub key: String,
}

/// One thing a person must do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// What is to be done, in a line.
    pub title: String,
    /// More about it.
    pub notes: String,
    /// What sort of doing, where a document asks for it.
    pub action: Option<Action>,
    /// By the end of this day in the household's zone.
    pub due: Option<Date>,
    /// At this hour of that day.
    pub due_time: Option<Time>,
    /// The day reminders count to, where it lies before `due`.
    pub safe_due: Option<Date>,
    /// How much is meant.
    pub money: Option<Money>,
    /// A right, not a duty.
    pub optional: bool,
    /// Moments chosen by a person, beside those of the ladder.
    pub remind_at: Vec<Timestamp>,
    /// Who it is for; nobody means the whole household.
    pub assignees: Vec<PersonId>,
    /// Whether it still wants something.
    pub status: Status,
    /// Not to be spoken of before.
    pub later_until: Option<Timestamp>,
    /// The document and duty it comes from; `None` when made by hand.
    pub source: Option<TaskSource>,
    /// Fields that a person has changed; no machine touches them again.
    pub edited: Vec<TaskField>,
    /// Arrived after it was due: no ladder, only the digest asks about it.
    pub arrived_late: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who may see it.
    pub visible_to: Visibility,
    /// Counts its changes; what `If-Match` is compared with.
    pub version: u64,
}

named! {
    /// What of a task a person can change and a document can set.
    TaskField {
        /// The line.
        Title = "title",
        /// More about it.
        Notes = "notes",
        /// The day and hour.
        Due = "due",
        /// The money.
        Money = "money",
        /// The people.
        Assignees = "assignees",
    }
}

impl Task {
    /// The day that reminders count to.
    pub fn remind_by(&self) -> Option<Date> {
        let due = self.due?;
        Some(self.safe_due.map_or(due, |safe| safe.min(due)))
    }

    /// Whether a person has changed `field`.
    pub fn is_edited(&self, field: TaskField) -> bool {
        self.edited.contains(&field)
    }
}

/// The key of each obligation, in their order: its action, and `-2`, `-3` … for the second and third
/// of the same action. Instalments keep their place because obligations are sorted by due day.
pub fn keys(obligations: &[Obligation]) -> Vec<String> {
    let mut keys: Vec<String> = Vec::with_capacity(obligations.len());
    for (index, obligation) in obligations.iter().enumerate() {
        let before = obligations
            .iter()
            .take(index)
            .filter(|it| it.action == obligation.action);
        let key = match before.count() {
            0 => obligation.action.to_string(),
            count => format!("{}-{}", obligation.action, count + 1),
        };
        keys.push(key);
    }
    keys
}

/// What a document asks for, on its way to becoming a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Derived {
    /// Which of the document's obligations.
    pub key: String,
    /// What is to be done, in a line.
    pub title: String,
    /// What sort of doing.
    pub action: Action,
    /// By the end of this day.
    pub due: Date,
    /// At this hour of that day.
    pub due_time: Option<Time>,
    /// The day reminders count to, where it lies before `due`.
    pub safe_due: Option<Date>,
    /// How much is meant.
    pub money: Option<Money>,
    /// A right, not a duty.
    pub optional: bool,
    /// The document arrived after it was due.
    pub arrived_late: bool,
    /// The member of the household whom the document is for, if it names one.
    pub assignee: Option<PersonId>,
}

/// The tasks that a document asks for, given what was found in it (under a person's corrections)
/// and the day it arrived. Deriving twice from the same findings derives the same tasks.
///
/// A person's correction of what is payable goes to the payments; a right that had ended before the
/// document arrived is no task. They are for the one of the `household` whom the document names.
pub fn derive(
    extraction: &Extraction,
    arrived_on: Date,
    language: Language,
    household: &[Person],
) -> Vec<Derived> {
    let assignee = recipient::of(extraction, household);
    let sender = extraction.text(Field::Sender);
    let payable_is_corrected = extraction.corrected.contains(&Field::Payable);
    let payable = extraction.money(Field::Payable);
    let mut derived = Vec::new();
    for (key, obligation) in keys(&extraction.obligations)
        .into_iter()
        .zip(&extraction.obligations)
    {
        let arrived_late = obligation.remind_by() < arrived_on;
        if obligation.optional && arrived_late {
            continue;
        }
        let pays = obligation.action == Action::Pay;
        if pays && payable_is_corrected && payable.is_none() {
            continue;
        }
        let said = obligation.amount.map(|amount| Money {
            amount,
            currency: obligation.currency.unwrap_or(Currency::EUR),
        });
        let money = if payable_is_corrected && key == "pay" {
            payable
        } else {
            said
        };
        derived.push(Derived {
            title: wording::title(obligation.action, sender, money, language),
            key,
            action: obligation.action,
            due: obligation.due,
            due_time: obligation.due_time,
            safe_due: obligation.safe_due,
            money,
            optional: obligation.optional,
            arrived_late,
            assignee,
        });
    }
    derived
}

/// An answer: who said what, and when to speak again if later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// What was said.
    pub answer: AnswerKind,
    /// For `later`: not before this moment; the next morning if nothing is said.
    #[serde(default)]
    pub until: Option<Timestamp>,
}
