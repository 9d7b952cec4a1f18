//! What a program may ask of the house over MQTT, and how it is answered.
//!
//! Asked on `PREFIX/command/CLIENT/VERB`, answered on `PREFIX/response/CLIENT` and nowhere else.
//! CLIENT is a name that the program chose: letters, digits, `-`, `_` and `.`. Every payload is a
//! JSON object; its `id`, where there is one, comes back in the answer. What is asked twice under one
//! `id` is done once, which matters where the second time would mean another task: `add`,
//! `complete_next` and `snooze_next`.
//!
//! | verb | payload beside `id` | taken |
//! |---|---|---|
//! | `answer` | `task`, `answer` (`done`, `later`, `not_mine`), `until` | always |
//! | `snooze` | `task`, `until` | always |
//! | `complete_next`, `snooze_next` | nothing | always |
//! | `add` | `text`; or `title`, `due`, `due_time`, `amount`, `currency`, `notes`, `labels`, `people` | `accept_tasks` |
//! | `upload` | `name`, `data` (base64) | `accept_documents` |
//! | `list` | `view` (`today`, `week`, `overdue`, `waiting`, `someday`), `limit` | `accept_lists` |
//! | `quiet` | `on` | `accept_control` |
//! | `read_inbox` | nothing | `accept_control` |
//!
//! Nothing that is not named here is taken: a field that is misspelt is an error, never ignored.

use data_encoding::BASE64;
use jiff::civil::{Date, Time};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::OwnedSemaphorePermit;

use super::PAYLOAD_MAX;
use super::messages::{self, Command, Item};
use crate::domain::id::{DocumentId, TaskId};
use crate::domain::task::{AnswerKind, LABELS_MAX, Status};
use crate::domain::value::{Amount, Currency};

/// The largest payload of an upload, in bytes; its document is a quarter smaller.
pub const UPLOAD_MAX: usize = 768 * 1024;
/// Letters of a title, of notes, and of anything else.
const LETTERS_MAX: (usize, usize, usize) = (200, 4000, 100);
/// Tasks of one list.
pub const LIST_MAX: u32 = 40;
/// Letters that are given back of what somebody sent.
const REASON_LETTERS_MAX: usize = 300;

/// What is taken beside answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the configuration by itself"
)]
pub struct Accepts {
    /// New tasks.
    pub tasks: bool,
    /// Small documents.
    pub documents: bool,
    /// That somebody asks for a list.
    pub lists: bool,
    /// Quiet mode, and a look into the watched folder.
    pub control: bool,
}

/// What is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// A task is answered.
    Answer {
        /// Which.
        task: TaskId,
        /// How.
        command: Command,
    },
    /// Whatever is due next is answered.
    AnswerNext(AnswerKind),
    /// A task in one sentence.
    AddSentence(String),
    /// A task in fields.
    AddTask(Box<NewTask>),
    /// A document.
    Upload {
        /// What it is called.
        name: String,
        /// All of it.
        bytes: Vec<u8>,
    },
    /// Open tasks.
    List {
        /// Which; all where it is left out.
        view: Option<String>,
        /// How many at the most.
        limit: u32,
    },
    /// Whether everybody is left in peace.
    Quiet(bool),
    /// A look into the watched folder.
    ReadInbox,
}

/// A task as a program describes it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewTask {
    /// In a line.
    pub title: String,
    /// By the end of this day.
    #[serde(default)]
    pub due: Option<Date>,
    /// At this hour of it.
    #[serde(default)]
    pub due_time: Option<Time>,
    /// How much money, as a decimal string.
    #[serde(default)]
    pub amount: Option<Amount>,
    /// Of what; the household's where it is left out.
    #[serde(default)]
    pub currency: Option<Currency>,
    /// More about it.
    #[serde(default)]
    pub notes: String,
    /// Words to find it by.
    #[serde(default)]
    pub labels: Vec<String>,
    /// For whom, by name; the household where it is left out.
    #[serde(default)]
    pub people: Vec<String>,
}

/// Something that a client asked.
#[derive(Debug)]
pub struct Order {
    /// Who asked; part of the topic of the answer.
    pub client: String,
    /// What was asked, as the topic names it.
    pub verb: String,
    /// How the client calls it.
    pub id: Option<String>,
    /// What it means, or why it is not done.
    pub ask: Result<Ask, Refusal>,
    /// The broker brings it once more, since it did not hear that it was taken: it may be done already.
    pub is_again: bool,
    /// Its share of what may wait at a time.
    _room: Option<OwnedSemaphorePermit>,
}

impl Order {
    /// Gives its share of the room back when it is done.
    pub(super) fn holding(self, room: OwnedSemaphorePermit, is_again: bool) -> Self {
        Self {
            is_again,
            _room: Some(room),
            ..self
        }
    }
}

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wrong {
    /// There is no such verb.
    UnknownCommand,
    /// The household has not switched it on.
    NotAllowed,
    /// The payload is no such JSON.
    Schema,
    /// The payload is too large.
    TooLarge,
    /// What it speaks of is not there.
    Missing,
    /// It makes sense but is not wanted.
    Refused,
    /// The house could not do it; it may work later.
    Failed,
}

/// Why something is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// In a word.
    pub error: Wrong,
    /// In a sentence.
    pub reason: String,
}

impl Refusal {
    /// `error`, because of `reason`.
    pub fn new(error: Wrong, reason: impl Into<String>) -> Self {
        let reason: String = reason.into();
        Self {
            error,
            reason: reason.chars().take(REASON_LETTERS_MAX).collect(),
        }
    }
}

/// What a client is answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// What was asked.
    pub command: String,
    /// How the client calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Whether it is done.
    pub ok: bool,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Wrong>,
    /// The same in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The task that was answered or made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
    /// How it stands now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// The task that was made, as it was understood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<Item>,
    /// The document that was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentId>,
    /// Whether it was there already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<bool>,
    /// The tasks that were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tasks: Option<Vec<Item>>,
}

impl From<Refusal> for Response {
    fn from(refusal: Refusal) -> Self {
        Self {
            error: Some(refusal.error),
            reason: Some(refusal.reason),
            ..Self::default()
        }
    }
}

/// Whether a client may be called so: the name becomes a part of a topic.
pub(super) fn is_name(client: &str) -> bool {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.');
    (1..=64).contains(&client.len()) && client.chars().all(is_plain)
}

/// Understands what `client` asks with `verb`.
pub(super) fn order(client: &str, verb: &str, payload: &[u8], accepts: Accepts) -> Order {
    let mut id = None;
    let ask = permitted(verb, payload.len(), accepts)
        .and_then(|()| fields(payload))
        .and_then(|mut fields| {
            id = taken_id(&mut fields)?;
            understood(verb, fields)
        });
    Order {
        client: client.to_owned(),
        verb: verb.chars().take(64).collect(),
        id,
        ask,
        is_again: false,
        _room: None,
    }
}

fn permitted(verb: &str, length: usize, accepts: Accepts) -> Result<(), Refusal> {
    let (key, is_on) = match verb {
        "answer" | "snooze" | "complete_next" | "snooze_next" => ("", true),
        "add" => ("accept_tasks", accepts.tasks),
        "upload" => ("accept_documents", accepts.documents),
        "list" => ("accept_lists", accepts.lists),
        "quiet" | "read_inbox" => ("accept_control", accepts.control),
        _ => {
            let reason = "there is no such command";
            return Err(Refusal::new(Wrong::UnknownCommand, reason));
        }
    };
    if !is_on {
        let reason = format!("it is switched off: set `mqtt.{key}`");
        return Err(Refusal::new(Wrong::NotAllowed, reason));
    }
    let length_max = if verb == "upload" {
        UPLOAD_MAX
    } else {
        PAYLOAD_MAX
    };
    if length > length_max {
        let reason = format!("it is larger than {} kB", length_max / 1024);
        return Err(Refusal::new(Wrong::TooLarge, reason));
    }
    Ok(())
}

fn fields(payload: &[u8]) -> Result<Map<String, Value>, Refusal> {
    if payload.is_empty() {
        return Ok(Map::new());
    }
    serde_json::from_slice(payload).map_err(|error| wrong(&error))
}

fn wrong(error: &serde_json::Error) -> Refusal {
    Refusal::new(Wrong::Schema, error.to_string())
}

fn taken_id(fields: &mut Map<String, Value>) -> Result<Option<String>, Refusal> {
    match fields.remove("id") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(id)) if (1..=64).contains(&id.chars().count()) => Ok(Some(id)),
        Some(Value::Number(id)) => Ok(Some(id.to_string())),
        Some(Value::String(_) | Value::Bool(_) | Value::Array(_) | Value::Object(_)) => {
            let reason = "id: a number, or 1 to 64 letters";
            Err(Refusal::new(Wrong::Schema, reason))
        }
    }
}

fn typed<T: DeserializeOwned>(fields: Map<String, Value>) -> Result<T, Refusal> {
    serde_json::from_value(Value::Object(fields)).map_err(|error| wrong(&error))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answered {
    task: TaskId,
    answer: AnswerKind,
    until: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Snoozed {
    task: TaskId,
    until: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sentence {
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Uploaded {
    name: String,
    data: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    view: Option<String>,
    limit: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Switched {
    on: bool,
}

fn understood(verb: &str, fields: Map<String, Value>) -> Result<Ask, Refusal> {
    match verb {
        "answer" => {
            let it: Answered = typed(fields)?;
            answered(it.task, it.answer, it.until.as_deref())
        }
        "snooze" => {
            let it: Snoozed = typed(fields)?;
            answered(it.task, AnswerKind::Later, it.until.as_deref())
        }
        "complete_next" => typed::<Nothing>(fields).map(|_| Ask::AnswerNext(AnswerKind::Done)),
        "snooze_next" => typed::<Nothing>(fields).map(|_| Ask::AnswerNext(AnswerKind::Later)),
        "add" if fields.contains_key("text") => {
            let it: Sentence = typed(fields)?;
            sized("text", &it.text, LETTERS_MAX.0 * 2)?;
            Ok(Ask::AddSentence(it.text))
        }
        "add" => new_task(typed(fields)?),
        "upload" => {
            let it: Uploaded = typed(fields)?;
            sized("name", &it.name, LETTERS_MAX.0)?;
            let bytes = BASE64.decode(it.data.as_bytes()).map_err(|_| {
                Refusal::new(Wrong::Schema, "data: base64 in one piece, with its padding")
            })?;
            Ok(Ask::Upload {
                name: it.name,
                bytes,
            })
        }
        "list" => {
            let it: Listed = typed(fields)?;
            let limit = it.limit.unwrap_or(LIST_MAX);
            if !(1..=LIST_MAX).contains(&limit) {
                let reason = format!("limit: 1 to {LIST_MAX}");
                return Err(Refusal::new(Wrong::Schema, reason));
            }
            Ok(Ask::List {
                view: it.view,
                limit,
            })
        }
        "quiet" => typed::<Switched>(fields).map(|it| Ask::Quiet(it.on)),
        "read_inbox" => typed::<Nothing>(fields).map(|_| Ask::ReadInbox),
        _ => Err(Refusal::new(
            Wrong::UnknownCommand,
            "there is no such command",
        )),
    }
}

fn answered(task: TaskId, answer: AnswerKind, until: Option<&str>) -> Result<Ask, Refusal> {
    let until = until.map(messages::until).transpose();
    let until = until.map_err(|error| Refusal::new(Wrong::Schema, error.to_string()))?;
    let command = Command { answer, until };
    Ok(Ask::Answer { task, command })
}

fn new_task(task: NewTask) -> Result<Ask, Refusal> {
    sized("title", &task.title, LETTERS_MAX.0)?;
    if task.notes.chars().count() > LETTERS_MAX.1 {
        let reason = format!("notes: {} letters at the most", LETTERS_MAX.1);
        return Err(Refusal::new(Wrong::Schema, reason));
    }
    for (field, entries) in [("labels", &task.labels), ("people", &task.people)] {
        if entries.len() > LABELS_MAX {
            let reason = format!("{field}: {LABELS_MAX} at the most");
            return Err(Refusal::new(Wrong::Schema, reason));
        }
        for entry in entries {
            sized(field, entry, LETTERS_MAX.2)?;
        }
    }
    if task.due.is_none() && task.due_time.is_some() {
        let reason = "due_time: an hour needs a day, `due`";
        return Err(Refusal::new(Wrong::Schema, reason));
    }
    if task.amount.is_none() && task.currency.is_some() {
        let reason = "currency: there is no `amount`";
        return Err(Refusal::new(Wrong::Schema, reason));
    }
    Ok(Ask::AddTask(Box::new(task)))
}

fn sized(field: &str, text: &str, letters_max: usize) -> Result<(), Refusal> {
    if text.trim().is_empty() || text.chars().count() > letters_max {
        let reason = format!("{field}: 1 to {letters_max} letters");
        return Err(Refusal::new(Wrong::Schema, reason));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: Accepts = Accepts {
        tasks: true,
        documents: true,
        lists: true,
        control: true,
    };

    fn refused(verb: &str, payload: &[u8], accepts: Accepts) -> Wrong {
        order("a", verb, payload, accepts).ask.unwrap_err().error
    }

    #[test]
    fn by_default_only_answers_are_taken() {
        let task = TaskId::new(jiff::Timestamp::UNIX_EPOCH, 1);
        let answer = format!(r#"{{"id":"7","task":"{task}","answer":"done"}}"#);
        let order = order("a", "answer", answer.as_bytes(), Accepts::default());
        let command = Command {
            answer: AnswerKind::Done,
            until: None,
        };
        assert_eq!(order.ask, Ok(Ask::Answer { task, command }));
        assert_eq!(order.id.as_deref(), Some("7"));
        for verb in ["add", "upload", "list", "quiet", "read_inbox"] {
            assert_eq!(refused(verb, b"{}", Accepts::default()), Wrong::NotAllowed);
        }
    }

    #[test]
    fn what_is_wrong_has_its_word() {
        let large = vec![b' '; PAYLOAD_MAX + 1];
        for (verb, payload, error) in [
            ("dance", &b"{}"[..], Wrong::UnknownCommand),
            ("add", &large, Wrong::TooLarge),
            ("add", b"\xff\xfe", Wrong::Schema),
            ("add", b"[]", Wrong::Schema),
            ("add", b"{}", Wrong::Schema),
            ("add", br#"{"text":5}"#, Wrong::Schema),
            ("add", br#"{"text":" "}"#, Wrong::Schema),
            ("add", br#"{"text":"a","due":"2026-01-01"}"#, Wrong::Schema),
            ("add", br#"{"title":"a","dew":"2026-01-01"}"#, Wrong::Schema),
            ("add", br#"{"title":"a","due":"soon"}"#, Wrong::Schema),
            ("add", br#"{"title":"a","due_time":"08:00"}"#, Wrong::Schema),
            ("add", br#"{"title":"a","amount":5}"#, Wrong::Schema),
            ("add", br#"{"id":[],"title":"a"}"#, Wrong::Schema),
            ("upload", br#"{"name":"a.pdf","data":"*"}"#, Wrong::Schema),
            ("list", br#"{"limit":0}"#, Wrong::Schema),
            ("quiet", br#"{"on":"yes"}"#, Wrong::Schema),
            ("read_inbox", br#"{"now":true}"#, Wrong::Schema),
            ("snooze", br#"{"task":"x"}"#, Wrong::Schema),
        ] {
            let payload_text = String::from_utf8_lossy(payload)
                .chars()
                .take(40)
                .collect::<String>();
            assert_eq!(refused(verb, payload, ALL), error, "{verb} {payload_text}");
        }
    }

    #[test]
    fn a_client_is_a_plain_part_of_a_topic() {
        for client in ["", "a/b", "+", "#", "ä", &"a".repeat(65)] {
            assert!(!is_name(client), "{client}");
        }
        assert!(is_name("node-red_1.2"));
    }

    proptest! {
        #[test]
        fn no_payload_makes_the_parser_fall(
            verb in "add|upload|list|quiet|answer|snooze|[a-z]{0,9}",
            payload in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let order = order("a", &verb, &payload, ALL);
            prop_assert!(order.ask.is_ok() || order.ask.is_err_and(|it| !it.reason.is_empty()));
        }
    }
}
