//! What the log says of a task, once it is kept: `journalctl TASK_ID=…` tells its story. What a task is
//! about stays in the house.

use rusqlite::params;

use super::{Error, WriteTx};
use crate::domain::id::DeliveryId;
use crate::domain::journal::Actor;

/// Tasks of one delivery that are told of it at the most; a digest may name every one there is.
const TASKS_MAX: u32 = 50;

/// Something that happened to a task.
pub(super) struct Told {
    task: String,
    what: String,
    by: String,
    /// By which channel, and in which try.
    tried: Option<(String, u32)>,
}

impl Told {
    pub(super) fn log(&self) {
        let (task_id, by, what) = (self.task.as_str(), self.by.as_str(), self.what.as_str());
        match &self.tried {
            None => log::info!(task_id, by; "task {what}"),
            Some((channel, attempt)) => {
                log::info!(task_id, by, channel = channel.as_str(), attempt; "reminder {what}");
            }
        }
    }
}

/// The worker's name, or the way by which a person came.
fn by(tx: &WriteTx<'_>) -> String {
    let actor = tx.actor();
    if *actor == Actor::worker(&actor.name) {
        actor.name.clone()
    } else {
        actor.channel.clone()
    }
}

/// A task was changed.
pub(super) fn changed(tx: &WriteTx<'_>, task: &str, change: &str) {
    tx.tell(Told {
        task: task.to_owned(),
        what: change.to_owned(),
        by: by(tx),
        tried: None,
    });
}

/// A message about tasks was said, or not.
pub(super) fn tried(tx: &WriteTx<'_>, delivery: DeliveryId, what: &str) -> Result<(), Error> {
    let mut query = tx.prepare_cached(
        "SELECT coalesce(item.task, listed.value), delivery.channel, delivery.attempts
           FROM delivery
           LEFT JOIN delivery_item AS item ON item.delivery = delivery.id
           LEFT JOIN json_each(delivery.digest) AS listed ON item.task IS NULL
          WHERE delivery.id = ?1 LIMIT ?2",
    )?;
    let told = query.query_map(params![delivery.to_string(), TASKS_MAX], |row| {
        Ok(Told {
            task: row.get::<_, Option<String>>(0)?.unwrap_or_default(),
            what: what.to_owned(),
            by: by(tx),
            tried: Some((row.get(1)?, row.get(2)?)),
        })
    })?;
    for told in told {
        let told = told?;
        if !told.task.is_empty() {
            tx.tell(told);
        }
    }
    Ok(())
}
