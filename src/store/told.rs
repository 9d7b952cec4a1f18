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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::Clock;
    use crate::domain::document::Visibility;
    use crate::domain::escalation::Recipient;
    use crate::store::tasks::{self, Edit};
    use crate::store::{Caller, Store, deliveries};

    #[tokio::test]
    async fn a_message_about_several_tasks_is_told_of_each_and_of_no_other() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), Clock::System).unwrap();
        let told = store.write(Caller::worker("remind"), |tx| {
            let mut ids = Vec::new();
            for number in 0..60 {
                let (title, said) = (number.to_string(), Edit::default());
                ids.push(tasks::create(tx, title, said, Visibility::Household)?.id);
            }
            let mut told = Vec::new();
            for some in [&ids[3..6], &ids[..]] {
                let (to, at) = (Recipient::Household, ("mail", tx.now()));
                let digest = deliveries::intend_digest(tx, some, to, at)?;
                tx.told.take();
                tried(tx, digest, "delivered")?;
                let of = |it: Told| (it.task, it.tried);
                told.push(tx.told.take().into_iter().map(of).collect::<Vec<_>>());
            }
            let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
            Ok((ids, told))
        });
        let (ids, told) = told.await.unwrap();
        let tried = |it: &String| (it.clone(), Some(("mail".to_owned(), 0)));
        assert_eq!(told[0], ids[3..6].iter().map(tried).collect::<Vec<_>>());
        assert_eq!(told[1], ids[..50].iter().map(tried).collect::<Vec<_>>());
    }
}
