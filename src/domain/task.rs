//! What a person must do: made from an obligation or by hand, and ended by an answer.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};

use super::deadline::Region;
use super::document::{Visibility, named};
use super::finding::{Extraction, Field};
use super::id::{DocumentId, PersonId, TaskId};
use super::obligation::{Action, Obligation};
use super::person::{Language, Person};
use super::priority::Priority;
use super::recipient;
use super::recurrence::{Last, Recurrence};
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

impl AnswerKind {
    /// What somebody means who writes nothing but that.
    pub fn meant(words: &str) -> Option<Self> {
        let is_letter = |it: char| it.is_alphabetic() || it.is_whitespace();
        let plain: String = words
            .to_lowercase()
            .chars()
            .filter(|it| is_letter(*it))
            .collect();
        match plain
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .as_str()
        {
            "done" | "paid" | "erledigt" | "fertig" | "bezahlt" | "gemacht" => Some(Self::Done),
            "later" | "tomorrow" | "später" | "morgen" => Some(Self::Later),
            "not mine" | "not me" | "nicht ich" | "nicht meins" | "nicht für mich" => {
                Some(Self::NotMine)
            }
            _ => None,
        }
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

/// Steps of one task at the most.
pub const STEPS_MAX: usize = 50;
/// Labels of one task at the most.
pub const LABELS_MAX: usize = 12;
/// Documents and tasks that one task points to, at the most of each.
pub const LINKS_MAX: usize = 20;

/// One tickable part of a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Names it within its task, whatever its place becomes.
    pub number: u32,
    /// What is to be done, in a line.
    pub title: String,
    /// By the end of this day.
    #[serde(default)]
    pub due: Option<Date>,
    /// When it was ticked.
    #[serde(default)]
    pub done_at: Option<Timestamp>,
}

/// What a task that comes again belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Series {
    /// When it comes again.
    pub recurrence: Recurrence,
    /// The first day.
    pub start: Date,
    /// The day of this task, as the rule names it, wherever a person has moved it to.
    pub planned: Date,
    /// How many there have been, this one included.
    pub number: u32,
    /// The task as the series has it, where a person has changed this one alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usual: Option<Box<Task>>,
    /// The one before, from which this one was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Box<Before>>,
}

/// The task before in a series, so that its answer can be taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    /// Which.
    pub task: TaskId,
    /// What it belonged to, without the one before it.
    pub series: Series,
}

impl Series {
    /// A series that begins on `start`.
    pub const fn beginning(recurrence: Recurrence, start: Date) -> Self {
        Self {
            recurrence,
            start,
            planned: start,
            number: 1,
            usual: None,
            before: None,
        }
    }

    /// The next one and its day, when this one was done or given up on `done_on`.
    pub fn next(&self, hour: Option<Time>, done_on: Date, region: &Region) -> Option<(Self, Date)> {
        let last = Last {
            start: self.start.to_datetime(hour.unwrap_or(Time::midnight())),
            planned: self.planned,
            number: self.number,
        };
        let occurrence = self.recurrence.next(last, done_on, region)?;
        let next = Self {
            planned: occurrence.planned,
            number: self.number.saturating_add(1),
            ..Self::beginning(self.recurrence.clone(), self.start)
        };
        Some((next, occurrence.day))
    }
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
    /// Not worth looking at before this day.
    pub start: Option<Date>,
    /// Its parts, in the order in which they are done.
    pub steps: Vec<Step>,
    /// Words to find it by, in the order in which they were given.
    pub labels: Vec<String>,
    /// What it belongs to; empty for nothing.
    pub project: String,
    /// Whom to speak to about it: a name, a number, an address. Empty for nobody.
    pub contact: String,
    /// Documents that belong to it, beside the one it comes from.
    pub documents: Vec<DocumentId>,
    /// What must be done before it.
    pub blocked_by: Vec<TaskId>,
    /// What it is one of, where it comes again. The next one is made when this one is answered.
    pub series: Option<Series>,
    /// Moments chosen by a person, beside those of the ladder.
    pub remind_at: Vec<Timestamp>,
    /// Who it is for; nobody means the whole household.
    pub assignees: Vec<PersonId>,
    /// Whether it still wants something.
    pub status: Status,
    /// How pressing a person says it is.
    pub pinned: Option<Priority>,
    /// Not to be spoken of before.
    pub later_until: Option<Timestamp>,
    /// When somebody last said that they know: nobody else is drawn in for that.
    pub acknowledged_at: Option<Timestamp>,
    /// Nobody hears of it before.
    pub muted_until: Option<Timestamp>,
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
        /// How pressing it is.
        Priority = "priority",
        /// When it comes again.
        Recurrence = "recurrence",
        /// The day it begins.
        Start = "start",
        /// Its parts.
        Steps = "steps",
        /// Its words.
        Labels = "labels",
        /// What it belongs to.
        Project = "project",
        /// Whom to speak to.
        Contact = "contact",
        /// Its documents.
        Documents = "documents",
        /// What must be done before.
        BlockedBy = "blocked_by",
    }
}

impl Task {
    /// An open task of the household that says no more than its line.
    pub fn new(id: TaskId, title: String, created_at: Timestamp) -> Self {
        Self {
            id,
            title,
            notes: String::new(),
            action: None,
            due: None,
            due_time: None,
            safe_due: None,
            money: None,
            optional: false,
            start: None,
            steps: Vec::new(),
            labels: Vec::new(),
            project: String::new(),
            contact: String::new(),
            documents: Vec::new(),
            blocked_by: Vec::new(),
            series: None,
            remind_at: Vec::new(),
            assignees: Vec::new(),
            status: Status::Open,
            pinned: None,
            later_until: None,
            acknowledged_at: None,
            muted_until: None,
            source: None,
            edited: Vec::new(),
            arrived_late: false,
            created_at,
            visible_to: Visibility::Household,
            version: 1,
        }
    }

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

/// The steps that `titles` ask for, where `known` are there already: one with the same line keeps its
/// number, its day and its tick. Empty lines are left out.
pub fn steps_of(titles: &[String], known: &[Step]) -> Vec<Step> {
    let mut left: Vec<&Step> = known.iter().collect();
    let mut last = known.iter().map(|it| it.number).max().unwrap_or(0);
    let wanted = titles
        .iter()
        .map(|it| it.trim())
        .filter(|it| !it.is_empty());
    let step = |title: &str| {
        if let Some(place) = left.iter().position(|it| it.title == title) {
            return left.remove(place).clone();
        }
        last = last.saturating_add(1);
        Step {
            number: last,
            title: title.to_owned(),
            due: None,
            done_at: None,
        }
    };
    wanted.map(step).take(STEPS_MAX).collect()
}

/// Labels as they are kept: trimmed, without `#`, each once, no more than [`LABELS_MAX`].
pub fn labels_of<'a>(words: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut labels: Vec<String> = Vec::new();
    for word in words {
        let word = word.trim().trim_start_matches('#');
        let is_known = labels
            .iter()
            .any(|it| it.to_lowercase() == word.to_lowercase());
        if !word.is_empty() && !is_known && labels.len() < LABELS_MAX {
            labels.push(word.to_owned());
        }
    }
    labels
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_an_answer_if_it_says_nothing_else() {
        assert_eq!(AnswerKind::meant(" Erledigt! "), Some(AnswerKind::Done));
        assert_eq!(AnswerKind::meant("not  mine"), Some(AnswerKind::NotMine));
        assert_eq!(AnswerKind::meant("Morgen."), Some(AnswerKind::Later));
        for words in ["", "done by Ben?", "noch nicht erledigt", "👍"] {
            assert_eq!(AnswerKind::meant(words), None, "{words}");
        }
    }

    #[test]
    fn a_step_that_stays_keeps_its_tick_wherever_it_goes() {
        let titles =
            |lines: &[&str]| -> Vec<String> { lines.iter().map(|it| (*it).to_owned()).collect() };
        let mut steps = steps_of(&titles(&["Copy passport", " ", "Sign"]), &[]);
        assert_eq!(steps.iter().map(|it| it.number).collect::<Vec<_>>(), [1, 2]);
        steps[1].done_at = Some(Timestamp::UNIX_EPOCH);
        let next = steps_of(&titles(&["Sign", "Post it"]), &steps);
        assert_eq!(next.iter().map(|it| it.number).collect::<Vec<_>>(), [2, 3]);
        assert!(next[0].done_at.is_some());
        assert!(next[1].done_at.is_none());
    }

    #[test]
    fn what_comes_again_is_counted_from_where_the_rule_put_it() {
        let weekly = Recurrence::of("FREQ=WEEKLY".parse().unwrap());
        let (region, day) = (Region::new("DE"), jiff::civil::date);
        let first = Series::beginning(weekly, day(2026, 3, 3));
        let (second, due) = first.next(None, day(2026, 3, 4), &region).unwrap();
        assert_eq!((due, second.number), (day(2026, 3, 10), 2));
        // Weeks in which nobody answered are left out.
        let (third, due) = second.next(None, day(2026, 3, 25), &region).unwrap();
        assert_eq!((due, third.planned), (day(2026, 3, 31), day(2026, 3, 31)));
    }

    #[test]
    fn a_label_is_kept_once_and_without_its_sign() {
        let labels = labels_of(["#Car", "car ", "", "  tax"]);
        assert_eq!(labels, ["Car", "tax"]);
    }
}
