//! What a program asks over MQTT, done: each command by itself, each with an answer.
//!
//! A command that comes twice, because its acknowledgement was lost, does nothing twice: an answer is
//! the same answer, a document is known by its bytes, and for each `id` a task is made once and what is
//! due next is answered once. Without an `id`, "the next task" is not answered a second time.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use super::intake::{self, Intake, Refused};
use super::{Wake, chain, quick_add};
use crate::connect::mqtt::commands::{Ask, NewTask, Order, Refusal, Response, Wrong};
use crate::connect::mqtt::messages::Item;
use crate::domain::deadline::Region;
use crate::domain::document::{OriginKind, Sha256Hash, Visibility};
use crate::domain::hours::QUIET_MODE;
use crate::domain::id::TaskId;
use crate::domain::policy::Detail;
use crate::domain::reminder;
use crate::domain::sketch::Sketch;
use crate::domain::task::{Answer, AnswerKind, Status, Task, labels_of};
use crate::domain::value::Money;
use crate::store::documents::Accepted;
use crate::store::idempotency::{self, Answered};
use crate::store::tasks::{self, Edit};
use crate::store::{self, Caller, Store, Viewer, WriteTx, overview, people};

/// Tasks that are looked through at a time for a list.
const LOOK: u32 = 100;
/// Such looks at the most; behind them are private tasks alone.
const LOOKS_MAX: u32 = 20;

/// Who does what programs ask.
pub struct Commands {
    /// The house's memory.
    pub store: Store,
    /// The bells of those who go on.
    pub wake: Wake,
    /// The door.
    pub intake: Intake,
    /// In which days begin.
    pub zone: TimeZone,
    /// When "later" is.
    pub morning: Time,
    /// Where the household is.
    pub region: Region,
    /// How much the channel tells.
    pub detail: Detail,
}

type Done = Result<Response, Refusal>;

impl Commands {
    /// Does it; the answer to its client.
    pub async fn perform(&self, order: &Order) -> Response {
        let done = match &order.ask {
            Ok(ask) => self.done(order, ask).await,
            Err(refusal) => Err(refusal.clone()),
        };
        let response = done.unwrap_or_else(Response::from);
        Response {
            command: order.verb.clone(),
            id: order.id.clone(),
            ok: response.error.is_none(),
            ..response
        }
    }

    async fn done(&self, order: &Order, ask: &Ask) -> Done {
        match ask {
            Ask::Answer { task, command } => {
                let answer = command.answer(self.morning, &self.zone);
                self.answer(*task, answer).await
            }
            Ask::AnswerNext(answer) => self.answer_next(order, *answer).await,
            Ask::AddSentence(text) => {
                let now = self.store.clock().now();
                let now = now.to_zoned(self.zone.clone()).datetime();
                let sketch = quick_add::sketch(text, now, &self.region);
                self.add(order, sketch, String::new()).await
            }
            Ask::AddTask(task) => {
                let (sketch, notes) = self.sketched(task);
                self.add(order, sketch, notes).await
            }
            Ask::Upload { name, bytes } => self.upload(name, bytes).await,
            Ask::List { view, limit } => self.list(view.as_deref(), *limit).await,
            Ask::Quiet(is_on) => self.quiet(*is_on).await,
            Ask::ReadInbox => {
                self.wake.folder.notify_one();
                Ok(Response::default())
            }
        }
    }

    async fn answer(&self, task: TaskId, answer: Answer) -> Done {
        let (zone, morning) = (self.zone.clone(), self.morning);
        let write = move |tx: &WriteTx<'_>| {
            let next_morning = reminder::next_morning(tx.now(), morning, &zone);
            tasks::answer(tx, task, &answer, next_morning)
        };
        let task = self.store.write(caller(), write).await.map_err(failed)?;
        self.wake.reminders.notify_one();
        Ok(about(&task))
    }

    /// Answers whatever is due next.
    async fn answer_next(&self, order: &Order, answer: AnswerKind) -> Done {
        if order.is_again && order.id.is_none() {
            let reason = "it came twice and may have been done; an `id` would tell";
            return Err(Refusal::new(Wrong::Refused, reason));
        }
        let (zone, morning) = (self.zone.clone(), self.morning);
        let until = None;
        let answer = Answer { answer, until };
        let write = move |tx: &WriteTx<'_>| {
            let today = tx.now().to_zoned(zone.clone()).date();
            let next = overview::next(tx, today, 1)?;
            let next = next.first().map(|it| it.id);
            let next = next.ok_or_else(|| store::Error::missing("task", "that is due next"))?;
            let next_morning = reminder::next_morning(tx.now(), morning, &zone);
            tasks::answer(tx, next, &answer, next_morning).map(|it| about(&it))
        };
        let response = self.once(order, write).await?;
        self.wake.reminders.notify_one();
        Ok(response)
    }

    /// Writes once for each `id` of a client; the second time is answered like the first.
    async fn once<F>(&self, order: &Order, write: F) -> Done
    where
        F: FnOnce(&WriteTx<'_>) -> Result<Response, store::Error> + Send + 'static,
    {
        let key = order.id.clone();
        let by = format!("mqtt:{}", order.client);
        let request = Sha256Hash(Sha256::digest(format!("{:?}", order.ask)).into());
        let perform = move |tx: &WriteTx<'_>| {
            let Some(key) = key else {
                return write(tx).map(Ok);
            };
            if let Some(before) = idempotency::lookup(tx, &by, &key)? {
                return Ok(again(&before, request));
            }
            let response = write(tx)?;
            let answered = Answered {
                request,
                status: 201,
                response: serde_json::to_string(&response).unwrap_or_default(),
            };
            idempotency::keep(tx, &by, &key, &answered)?;
            Ok(Ok(response))
        };
        self.store.write(caller(), perform).await.map_err(failed)?
    }

    fn sketched(&self, task: &NewTask) -> (Sketch, String) {
        let currency = task.currency;
        let currency = currency.unwrap_or_else(|| quick_add::currency(&self.region));
        let sketch = Sketch {
            title: task.title.trim().to_owned(),
            due: task.due,
            due_time: task.due_time,
            money: task.amount.map(|it| Money::new(it.hundredths(), currency)),
            people: task.people.clone(),
            labels: task.labels.clone(),
            ..Sketch::default()
        };
        (sketch, task.notes.clone())
    }

    async fn add(&self, order: &Order, sketch: Sketch, notes: String) -> Done {
        if sketch.title.is_empty() {
            let reason = "it does not say what is to be done";
            return Err(Refusal::new(Wrong::Schema, reason));
        }
        let detail = self.detail;
        let write = move |tx: &WriteTx<'_>| {
            let task = made(tx, sketch, notes)?;
            Ok(Response {
                made: Some(Item::about(&task, detail)),
                ..about(&task)
            })
        };
        let response = self.once(order, write).await?;
        self.wake.reminders.notify_one();
        Ok(response)
    }

    async fn upload(&self, name: &str, bytes: &[u8]) -> Done {
        let incoming = intake::Incoming {
            bytes: bytes.to_vec(),
            file_name: name.to_owned(),
            way: OriginKind::Upload,
            visible_to: Visibility::Household,
        };
        match self.intake.accept(caller(), incoming).await {
            Ok(accepted) => Ok(Response {
                document: Some(accepted.document().id),
                known: Some(matches!(accepted, Accepted::Known(_))),
                ..Response::default()
            }),
            Err(Refused::Store(error)) => Err(failed(error)),
            Err(
                refused @ (Refused::Empty | Refused::TooLarge { .. } | Refused::Unsupported(_)),
            ) => Err(Refusal::new(Wrong::Refused, refused.to_string())),
        }
    }

    async fn list(&self, view: Option<&str>, limit: u32) -> Done {
        let view: Option<tasks::View> = view.map(str::parse).transpose().map_err(|_| {
            Refusal::new(
                Wrong::Schema,
                "view: today, week, overdue, waiting or someday",
            )
        })?;
        let today = self.store.clock().now().to_zoned(self.zone.clone()).date();
        let mut filter = tasks::Filter {
            status: Some(Status::Open),
            view: view.map(|it| (it, today)),
            ..tasks::Filter::default()
        };
        let detail = self.detail;
        let limit = usize::try_from(limit).unwrap_or(0);
        let look = move |tx: &store::ReadTx<'_>| {
            let mut items: Vec<Item> = Vec::new();
            for _ in 0..LOOKS_MAX {
                let found = tasks::list(tx, &filter, LOOK)?;
                let shown = found
                    .iter()
                    .filter(|it| it.visible_to == Visibility::Household);
                items.extend(shown.map(|it| Item::about(it, detail)));
                let is_end = found.len() < usize::try_from(LOOK).unwrap_or(0);
                filter.after = found.last().map(|it| it.id);
                if is_end || items.len() >= limit {
                    break;
                }
            }
            items.truncate(limit);
            Ok(items)
        };
        let items = self.store.read(Viewer::House, look).await.map_err(failed)?;
        Ok(Response {
            tasks: Some(items),
            ..Response::default()
        })
    }

    async fn quiet(&self, is_on: bool) -> Done {
        let write = move |tx: &WriteTx<'_>| {
            let until = is_on.then(|| tx.now() + QUIET_MODE);
            overview::set_quiet(tx, until)
        };
        self.store.write(caller(), write).await.map_err(failed)?;
        // What was held back is said now.
        self.wake.deliveries.notify_one();
        Ok(Response::default())
    }
}

fn caller() -> Caller {
    Caller::house("mqtt", "mqtt")
}

fn about(task: &Task) -> Response {
    Response {
        task: Some(task.id),
        status: Some(task.status),
        ..Response::default()
    }
}

/// What was answered under the same `id` before, if the same was asked.
fn again(before: &Answered, request: Sha256Hash) -> Done {
    if before.request != request {
        let reason = "this id was used for something else";
        return Err(Refusal::new(Wrong::Refused, reason));
    }
    serde_json::from_str(&before.response)
        .map_err(|_| Refusal::new(Wrong::Failed, "it was done before"))
}

fn made(tx: &WriteTx<'_>, sketch: Sketch, notes: String) -> Result<Task, store::Error> {
    let mut assignees = Vec::new();
    for name in &sketch.people {
        assignees.extend(people::by_name(tx, name)?.map(|it| it.id));
    }
    let said = Edit {
        notes: Some(notes),
        due: Some((sketch.due, sketch.due_time.filter(|_| sketch.due.is_some()))),
        money: Some(sketch.money),
        assignees: Some(assignees),
        recurrence: Some(sketch.recurrence.filter(|_| sketch.due.is_some())),
        pinned: Some(sketch.priority),
        labels: Some(labels_of(sketch.labels.iter().map(String::as_str))),
        ..Edit::default()
    };
    tasks::create(tx, sketch.title, said, Visibility::Household)
}

fn failed(error: store::Error) -> Refusal {
    if let store::Error::Missing { .. } = error {
        return Refusal::new(Wrong::Missing, error.to_string());
    }
    if let store::Error::Conflict { what } = error {
        return Refusal::new(Wrong::Refused, what);
    }
    log::warn!("a command by MQTT could not be done: {}", chain(&error));
    Refusal::new(Wrong::Failed, "the house could not do it; try again later")
}
