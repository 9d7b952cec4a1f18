//! Due days in a calendar of Home Assistant: each once, moved and taken away as far as the calendar can.
//!
//! Each task remembers which version of it the calendar shows and on which day; what differs is told.
//! Before an event is made it is looked for, so that none is made twice.

use jiff::ToSpan;
use jiff::tz::TimeZone;
use serde_json::json;

use super::{unavailable, worker};
use crate::connect::SendError;
use crate::connect::home_assistant::calendar::{self, Event, Features};
use crate::connect::home_assistant::socket::{Client, Entity};
use crate::domain::task::Task;
use crate::store::home::events::{self, Dated};
use crate::store::{self, Store, Viewer, WriteTx};
use crate::work::Error;

/// Events of one turn.
const BATCH: u32 = 20;
/// Seconds before an event that was refused is told again.
const REFUSED_SECONDS: i64 = 3600;

/// A calendar that is kept.
pub struct Calendar {
    /// Its entity.
    pub entity: String,
    /// In which days begin.
    pub zone: TimeZone,
    /// Where the house answers in the browser.
    pub base_url: String,
}

impl Calendar {
    /// Tells what the calendar does not show yet; whether there was anything.
    pub async fn keep(&self, store: &Store, client: &Client) -> Result<bool, Error> {
        let entity = client.entity(&self.entity);
        let Some(entity) = entity.filter(Entity::is_available) else {
            return Ok(false);
        };
        let features = Features(entity.features);
        if !features.adds() {
            return Ok(false);
        }
        let calendar = self.entity.clone();
        let read = move |tx: &store::ReadTx<'_>| events::waiting(tx, &calendar, BATCH);
        let waiting = store.read(Viewer::House, read).await?;
        let is_anything = !waiting.is_empty();
        for one in waiting {
            let told = self.tell(store, client, (features, &one)).await;
            let (calendar, task) = (self.entity.clone(), one.task);
            if let Err(SendError::Transient { reason }) = told {
                return Err(unavailable(SendError::Transient { reason }));
            }
            if let Err(error) = &told {
                log::warn!(task_id = task.id.to_string().as_str(); "Home Assistant's calendar: {error}");
            }
            let write = move |tx: &WriteTx<'_>| {
                if told.is_ok() {
                    return events::shown(tx, &calendar, &task);
                }
                let retry_at = tx.now() + REFUSED_SECONDS.seconds();
                events::refused(tx, &calendar, &task, retry_at)
            };
            store.write(worker(), write).await?;
        }
        Ok(is_anything)
    }

    async fn tell(
        &self,
        store: &Store,
        client: &Client,
        (features, one): (Features, &Dated),
    ) -> Result<(), SendError> {
        let task = &one.task;
        let found = self.find(client, one).await?;
        let Some(event) = self.event(task) else {
            return match found {
                Some(uid) if features.removes() => self.remove(client, &uid).await,
                Some(_) | None => Ok(()),
            };
        };
        match found {
            Some(uid) if features.changes() => {
                let update = json!({
                    "type": "calendar/event/update", "entity_id": self.entity, "uid": uid,
                    "event": event.updated(),
                });
                client.ask(update).await.map(|_| ())
            }
            // What can neither be moved nor removed stays as it was.
            Some(_) if !features.removes() => Ok(()),
            found => {
                if let Some(uid) = found {
                    self.remove(client, &uid).await?;
                }
                // The intention stands before the event does: it is looked for after a crash.
                let (calendar, task) = (self.entity.clone(), task.clone());
                let intend = move |tx: &WriteTx<'_>| events::intend(tx, &calendar, &task);
                let intended = store.write(worker(), intend).await;
                intended.map_err(|it| SendError::transient(it.to_string()))?;
                let action = "calendar.create_event";
                client
                    .act(action, Some(&self.entity), event.created())
                    .await
            }
        }
    }

    async fn remove(&self, client: &Client, uid: &str) -> Result<(), SendError> {
        let remove = json!({
            "type": "calendar/event/delete", "entity_id": self.entity, "uid": uid,
        });
        client.ask(remove).await.map(|_| ())
    }

    /// The event of a task, where it is or was to be.
    async fn find(&self, client: &Client, one: &Dated) -> Result<Option<String>, SendError> {
        let page = format!("/tasks/{}", one.task.id);
        let mut days: Vec<_> = one.shown_on.into_iter().chain(one.task.due).collect();
        days.dedup();
        for day in days {
            let moment = |day: jiff::civil::Date| {
                let at = day.to_datetime(jiff::civil::Time::midnight());
                self.zone.to_timestamp(at).map(|it| it.to_string())
            };
            let (Ok(from), Ok(until)) = (moment(day), moment(day.saturating_add(1.day()))) else {
                continue;
            };
            let shown = client.events(&self.entity, (&from, &until)).await?;
            if let Some(uid) = calendar::found(&shown, &page) {
                return Ok(Some(uid));
            }
        }
        Ok(None)
    }

    /// What the calendar is to show of a task; nothing, where it is not open, private, or has no day.
    fn event(&self, task: &Task) -> Option<Event> {
        let due = events::is_dated(task).then_some(task.due).flatten()?;
        let page = format!("{}/tasks/{}", self.base_url, task.id);
        let when = (due, task.due_time);
        Some(Event::new(task.title.clone(), page, when, &self.zone))
    }
}
