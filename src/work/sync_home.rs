//! Keeps what Home Assistant shows in step: takes notifications away whose tasks were answered, puts due
//! days into a calendar of its, and keeps one of its to-do lists and the household's tasks the same, both
//! ways.
//!
//! An item that somebody adds there becomes a task, one that is ticked an answer; a task of the whole
//! household becomes an item, and follows it. What differs from what both last agreed on was changed, and
//! goes to the other side; where both changed the same, what a person changed here counts. An item that
//! somebody takes from the list takes its task along only where it was in the list first: what a letter
//! asks for stays open here, out of the list, and its story says so.

mod calendar;
mod plan;

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{Error, Turn, Wake, Worker};
use crate::connect::SendError;
use crate::connect::home_assistant::list::{self, Features, Item};
use crate::connect::home_assistant::notices::{cleared, telephones};
use crate::connect::home_assistant::socket::{Client, Entity};
use crate::domain::checklist::{Entry, Keeps};
use crate::domain::delivery::ChannelName;
use crate::domain::document::Visibility;
use crate::domain::id::TaskId;
use crate::domain::presence::Place;
use crate::domain::reminder;
use crate::domain::task::{Answer, AnswerKind, Status, Task};
use crate::store::home::{self, Came, Shown};
use crate::store::tasks::{self, Edit};
use crate::store::{self, Caller, ReadTx, Store, Viewer, WriteTx, deliveries, manners, people};
use plan::{Look, Step};

pub use calendar::Calendar;

/// By which way the changes came.
const CHANNEL: &str = "home_assistant";
/// Notifications that are taken away in one turn.
const CLEARED_MAX: u32 = 20;
/// Steps of one turn; the list is looked at anew behind them.
const STEPS_MAX: usize = 40;
/// Tasks that are looked at for the list in one turn.
const UNPAIRED_MAX: u32 = 200;
/// Turns in a row that changed something, before a rest: two sides that never agree must not spin.
const ROUNDS_MAX: u32 = 200;
/// That rest, and the one before an empty list is believed.
const REST_SECONDS: i64 = 30;
const DOUBT_SECONDS: i64 = 3;
/// Letters of a task's line at the most.
const TITLE_LETTERS_MAX: usize = 200;

/// How the list is kept.
pub struct Manner {
    /// The to-do list, if one is kept.
    pub list: Option<String>,
    /// The calendar, if one is kept.
    pub calendar: Option<Calendar>,
    /// By which entity it is known whether a member is at home, by name.
    pub followed: BTreeMap<String, String>,
    /// In which days begin.
    pub zone: TimeZone,
    /// When "later" is.
    pub morning: Time,
    /// Where the house answers in the browser.
    pub base_url: String,
}

/// The worker.
pub struct SyncHome {
    store: Store,
    wake: Wake,
    client: Client,
    manner: Manner,
    /// Turns in a row that changed something.
    rounds: u32,
    /// Tasks of which the list would not be told, and at which version of theirs.
    refused: HashMap<TaskId, u64>,
    /// The pairs of other lists are forgotten.
    is_tidy: bool,
    /// Who was at home when last looked, by name.
    at_home: HashMap<String, bool>,
}

impl SyncHome {
    /// Keeps the tasks of `store` and what `client` reaches in step.
    pub fn new(store: Store, wake: Wake, client: Client, manner: Manner) -> Self {
        Self {
            store,
            wake,
            client,
            manner,
            rounds: 0,
            refused: HashMap::new(),
            is_tidy: false,
            at_home: HashMap::new(),
        }
    }

    async fn clear(&self) -> Result<(), store::Error> {
        let shown = self
            .store
            .read(Viewer::House, |tx| home::to_clear(tx, CLEARED_MAX))
            .await?;
        for one in shown {
            let delivery = one.delivery;
            let sent = self.take_away(&one).await?;
            let write = move |tx: &WriteTx<'_>| match sent {
                Ok(()) | Err(SendError::Permanent { .. }) => home::cleared(tx, delivery),
                Err(SendError::Transient { .. }) => home::not_cleared(tx, delivery),
            };
            self.store.write(worker(), write).await?;
        }
        Ok(())
    }

    async fn take_away(&self, shown: &Shown) -> Result<Result<(), SendError>, store::Error> {
        let mut sent = Ok(());
        if shown.channel == ChannelName::HomeNotice {
            for tag in &shown.tags {
                let data = json!({"notification_id": tag});
                let action = "persistent_notification.dismiss";
                sent = sent.and(self.client.act(action, None, data).await);
            }
            return Ok(sent);
        }
        let Some(person) = shown.person else {
            return Ok(Ok(()));
        };
        let channel = shown.channel;
        let look = move |tx: &ReadTx<'_>| {
            let manner = manners::of(tx, person)?;
            Ok(manner.address(channel).unwrap_or_default().to_owned())
        };
        let address = self.store.read(Viewer::House, look).await?;
        for telephone in telephones(&address) {
            for tag in &shown.tags {
                sent = sent.and(self.client.act(&telephone, None, cleared(tag)).await);
            }
        }
        Ok(sent)
    }

    /// Lets go what was held back for somebody who is at home, or has just left.
    async fn release(&mut self) -> Result<(), store::Error> {
        for (name, entity) in &self.manner.followed {
            let entity = self.client.entity(entity);
            let Some(entity) = entity.filter(Entity::is_available) else {
                continue;
            };
            let is_home = entity.state == "home";
            let was_home = self.at_home.insert(name.clone(), is_home);
            let place = match (was_home, is_home) {
                (_, true) => Place::Home,
                (Some(true), false) => Place::Leaving,
                (_, false) => continue,
            };
            let name = name.clone();
            let write = move |tx: &WriteTx<'_>| match people::by_name(tx, &name)? {
                Some(person) => deliveries::release(tx, person.id, place),
                None => Ok(0),
            };
            if self.store.write(worker(), write).await? > 0 {
                self.wake.deliveries.notify_one();
            }
        }
        Ok(())
    }

    /// Looks at both sides and does what is to be done.
    async fn keep(&mut self, list: &str) -> Result<Turn, Error> {
        if !self.is_tidy {
            let list = list.to_owned();
            let tidy = move |tx: &WriteTx<'_>| home::keep_only(tx, &list);
            self.store.write(worker(), tidy).await?;
            self.is_tidy = true;
        }
        let entity = self.client.entity(list);
        let Some(entity) = entity.filter(Entity::is_available) else {
            return Ok(Turn::Idle);
        };
        let features = Features(entity.features);
        let items = self.items(list, features).await?;
        let now = self.store.clock().now();
        if items.is_empty() && entity.state != "0" {
            return Ok(Turn::Until(now + DOUBT_SECONDS.seconds()));
        }
        let read = |tx: &ReadTx<'_>| Ok((home::pairs(tx)?, home::unpaired(tx, UNPAIRED_MAX)?));
        let (pairs, unpaired) = self.store.read(Viewer::House, read).await?;
        let is_missing = pairs.iter().any(|it| it.missing_since.is_some());
        let look = Look {
            pairs,
            unpaired,
            items,
            features,
            now,
        };
        let mut steps = plan::steps(&look);
        steps.retain(|it| !self.is_refused(it, &look));
        steps.truncate(STEPS_MAX);
        let mut has_changed = false;
        for step in steps {
            has_changed |= self.take(list, features, step).await?;
        }
        self.rounds = if has_changed { self.rounds + 1 } else { 0 };
        Ok(match (has_changed, is_missing) {
            (true, _) if self.rounds < ROUNDS_MAX => Turn::More,
            (true, _) => {
                self.rounds = 0;
                Turn::Until(now + REST_SECONDS.seconds())
            }
            (false, true) => Turn::Until(now + plan::MISSING + SignedDuration::from_secs(1)),
            (false, false) => Turn::Idle,
        })
    }

    async fn items(&self, list: &str, features: Features) -> Result<Vec<Item>, Error> {
        let asked = json!({"type": "todo/item/list", "entity_id": list});
        let items = self.client.ask(asked).await.map_err(unavailable)?;
        let items = list::items(&items, features.keeps(), &self.manner.zone);
        items.ok_or_else(|| {
            let reason = format!("the list has more than {} items", list::ITEMS_MAX);
            Error::Unavailable(reason)
        })
    }

    /// Whether the list has refused to be told of this version of the task.
    fn is_refused(&self, step: &Step, look: &Look) -> bool {
        let Some(id) = step.tells_of() else {
            return false;
        };
        let paired = look.pairs.iter().map(|it| &it.task);
        let task = paired.chain(&look.unpaired).find(|it| it.id == id);
        task.is_some_and(|it| self.refused.get(&id) == Some(&it.version))
    }

    /// Takes one step; whether it changed anything.
    async fn take(&mut self, list: &str, features: Features, step: Step) -> Result<bool, Error> {
        let told = match &step {
            Step::Settle {
                uid, there, wanted, ..
            } => match list::changed(uid, there, wanted, &self.manner.zone) {
                Some(data) => self.tell(list, "todo.update_item", data).await?,
                None => Ok(()),
            },
            Step::Remove { uid, .. } | Step::Drop { uid } => {
                self.tell(list, "todo.remove_item", list::removed(uid))
                    .await?
            }
            Step::Add { task, entry } => {
                // The intention stands before the item does: it is found by it after a crash.
                let (list_name, id, agreed) = (list.to_owned(), *task, entry.clone());
                self.write(move |tx| {
                    home::pair(tx, id, (&list_name, None), &agreed, Came::FromHere)
                })
                .await?;
                let page = format!("{}/tasks/{task}", self.manner.base_url);
                let page = features.describes().then_some(page);
                let data = list::added(entry, page.as_deref(), &self.manner.zone);
                self.tell(list, "todo.add_item", data).await?
            }
            Step::Adopt { .. }
            | Step::Part { .. }
            | Step::Miss { .. }
            | Step::Vanished { .. }
            | Step::Take(_) => Ok(()),
        };
        if let Err(reason) = told {
            self.note_refusal(&step, &reason).await?;
            return Ok(false);
        }
        self.remember(list, features.keeps(), step).await
    }

    /// Tells the list something. What it refuses for good is not the end of the turn.
    async fn tell(
        &self,
        list: &str,
        action: &str,
        data: serde_json::Value,
    ) -> Result<Result<(), String>, Error> {
        match self.client.act(action, Some(list), data).await {
            Ok(()) => Ok(Ok(())),
            Err(SendError::Permanent { reason }) => Ok(Err(format!("{action}: {reason}"))),
            Err(error @ SendError::Transient { .. }) => Err(unavailable(error)),
        }
    }

    async fn note_refusal(&mut self, step: &Step, reason: &str) -> Result<(), Error> {
        let Some(id) = step.tells_of() else {
            return Ok(());
        };
        log::warn!(task_id = id.to_string().as_str(); "the list of Home Assistant: {reason}");
        let look = move |tx: &ReadTx<'_>| tasks::by_id(tx, id);
        match self.store.read(Viewer::House, look).await {
            Ok(task) => {
                self.refused.insert(id, task.version);
                Ok(())
            }
            Err(store::Error::Missing { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn write<T, F>(&self, work: F) -> Result<T, store::Error>
    where
        T: Send + 'static,
        F: FnOnce(&WriteTx<'_>) -> Result<T, store::Error> + Send + 'static,
    {
        let caller = Caller::house(CHANNEL, CHANNEL);
        self.store.write(caller, work).await
    }

    /// Puts down what a step has done; whether anything is different now.
    async fn remember(&self, list: &str, keeps: Keeps, step: Step) -> Result<bool, Error> {
        let list = list.to_owned();
        let (zone, morning) = (self.manner.zone.clone(), self.manner.morning);
        let remember = move |tx: &WriteTx<'_>| match step {
            Step::Adopt { task, uid, agreed } => {
                let item = (list.as_str(), Some(uid.as_str()));
                home::pair(tx, task, item, &agreed, Came::FromHere).map(|()| true)
            }
            Step::Settle { task, wanted, .. } => {
                let morning = reminder::next_morning(tx.now(), morning, &zone);
                let is_changed = change(tx, &task, (&wanted, keeps), morning)?;
                if is_changed {
                    home::agree(tx, task.id, &wanted)?;
                }
                Ok(true)
            }
            Step::Remove { task, .. } | Step::Part { task } => home::part(tx, task).map(|()| true),
            // It is waited for.
            Step::Miss { task } => home::miss(tx, task).map(|()| true),
            Step::Vanished { task, came } => {
                home::dismiss(tx, task, came, DISMISSED).map(|()| true)
            }
            Step::Take(item) => take_item(tx, &list, &item),
            Step::Add { .. } | Step::Drop { .. } => Ok(true),
        };
        let has_changed = self.write(remember).await?;
        self.wake.reminders.notify_one();
        self.wake.state.notify_one();
        Ok(has_changed)
    }
}

fn worker() -> Caller {
    Caller::worker(SyncHome::NAME)
}

/// What the story of a task says when somebody took it from the list.
const DISMISSED: &str = "Taken from the list in Home Assistant; it stays open here.";

fn unavailable(error: SendError) -> Error {
    match error {
        SendError::Transient { reason } | SendError::Permanent { reason } => {
            Error::Unavailable(reason)
        }
    }
}

/// Makes the task say what was settled; not where it was changed meanwhile.
fn change(
    tx: &WriteTx<'_>,
    seen: &Task,
    (wanted, keeps): (&Entry, Keeps),
    next_morning: Timestamp,
) -> Result<bool, store::Error> {
    let task = tasks::by_id(tx, seen.id)?;
    if task.version != seen.version {
        return Ok(false);
    }
    let mut edit = Edit {
        only_this: task.series.is_some(),
        ..Edit::default()
    };
    let here = plan::entry(&task, keeps);
    if wanted.title != here.title {
        edit.title = Some(wanted.title.chars().take(TITLE_LETTERS_MAX).collect());
    }
    if wanted.due != here.due {
        // A list of days alone says nothing of hours.
        let hour = |hour| match keeps {
            Keeps::Hours => hour,
            Keeps::Days | Keeps::Nothing => task.due_time,
        };
        let due = wanted.due.map(|(day, it)| (Some(day), hour(it)));
        edit.due = Some(due.unwrap_or_default());
    }
    if edit.title.is_some() || edit.due.is_some() {
        tasks::edit(tx, task.id, None, edit)?;
    }
    if wanted.is_done && task.status == Status::Open {
        let done = Answer {
            answer: AnswerKind::Done,
            until: None,
        };
        tasks::answer(tx, task.id, &done, next_morning)?;
    } else if !wanted.is_done && task.status == Status::Done {
        tasks::reopen(tx, task.id)?;
    }
    Ok(true)
}

/// Makes a task of an item, once.
fn take_item(tx: &WriteTx<'_>, list: &str, item: &Item) -> Result<bool, store::Error> {
    if home::is_paired(tx, &item.uid)? {
        return Ok(false);
    }
    let names = (list, Some(item.uid.as_str()));
    let own = plan::marked(&item.description).map(|it| tasks::by_id(tx, it));
    if let Some(Ok(task)) = own
        && !home::has_item(tx, task.id)?
    {
        home::pair(tx, task.id, names, &item.entry, Came::FromHere)?;
        return Ok(true);
    }
    let title = item.entry.title.chars().take(TITLE_LETTERS_MAX).collect();
    let said = Edit {
        due: item.entry.due.map(|(day, hour)| (Some(day), hour)),
        ..Edit::default()
    };
    let task = tasks::create(tx, title, said, Visibility::Household)?;
    home::pair(tx, task.id, names, &item.entry, Came::FromThere)?;
    Ok(true)
}

impl Worker for SyncHome {
    const NAME: &'static str = "sync_home";
    const REST: Duration = Duration::from_mins(1);

    async fn turn(&mut self, _stop: &CancellationToken) -> Result<Turn, Error> {
        if !self.client.is_up() {
            return Ok(Turn::Idle);
        }
        self.release().await?;
        self.clear().await?;
        let dated = match &self.manner.calendar {
            Some(calendar) => calendar.keep(&self.store, &self.client).await,
            None => Ok(false),
        };
        let turn = match self.manner.list.clone() {
            Some(list) => self.keep(&list).await?,
            None => Turn::Idle,
        };
        // A calendar that is away keeps nobody from the list.
        Ok(if dated? { Turn::More } else { turn })
    }
}
