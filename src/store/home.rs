//! What Home Assistant shows: which notifications are still to be taken away, and which item of its list
//! belongs to which task. Bookkeeping, not journaled; what changes in a task is.

pub mod events;

use jiff::{Timestamp, ToSpan};
use rusqlite::{named_params, params};

use super::rows::Columns;
use super::tasks::task_from_row;
use super::{Error, ReadTx, WriteTx, tasks};
use crate::domain::checklist::Entry;
use crate::domain::delivery::ChannelName;
use crate::domain::id::{DeliveryId, PersonId, TaskId};
use crate::domain::task::Task;

/// Hours after which a notification that cannot be taken away is left.
const CLEAR_HOURS: i64 = 24;

/// The name under which a message about this one task is shown; another takes its place.
pub fn tag_of_task(task: TaskId) -> String {
    format!("workmate-{task}")
}

/// The name under which a message about several tasks is shown.
pub fn tag_of_delivery(delivery: DeliveryId) -> String {
    format!("workmate-{delivery}")
}

/// A notification that is shown though nothing it speaks of wants an answer now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// What said it.
    pub delivery: DeliveryId,
    /// To whom.
    pub person: Option<PersonId>,
    /// Where.
    pub channel: ChannelName,
    /// Under which names.
    pub tags: Vec<String>,
}

/// Notifications whose tasks were all answered, oldest first.
pub fn to_clear(tx: &ReadTx<'_>, limit: u32) -> Result<Vec<Shown>, Error> {
    let mut query = tx.prepare_cached(
        "SELECT id, person, channel,
                (SELECT json_group_array(task) FROM delivery_item WHERE delivery = delivery.id)
                    AS tasks
           FROM delivery
          WHERE cleared = 0 AND attempts > 0 AND channel IN ('home_assistant', 'home_notice')
            AND is_test = 0 AND digest IS NULL
            AND NOT EXISTS (SELECT 1 FROM delivery_item item JOIN task ON task.id = item.task
                             WHERE item.delivery = delivery.id AND task.status = 'open'
                               AND coalesce(task.later_until, 0) <= :now)
          ORDER BY id LIMIT :limit",
    )?;
    let parameters = named_params! { ":now": tx.now().as_millisecond(), ":limit": limit };
    let shown = query.query_and_then(parameters, |row| {
        let columns = Columns::of("delivery", row);
        let person: String = columns.plain("person")?;
        let delivery: DeliveryId = columns.parsed("id")?;
        let about: Vec<TaskId> = columns.json("tasks")?;
        let several = (about.len() != 1).then(|| tag_of_delivery(delivery));
        let single = about.into_iter().map(tag_of_task);
        Ok(Shown {
            delivery,
            person: match person.as_str() {
                "" => None,
                _ => Some(columns.parsed("person")?),
            },
            channel: columns.parsed("channel")?,
            tags: single.chain(several).collect(),
        })
    })?;
    shown.collect()
}

/// A notification is gone.
pub fn cleared(tx: &WriteTx<'_>, delivery: DeliveryId) -> Result<(), Error> {
    tx.prepare_cached("UPDATE delivery SET cleared = 1 WHERE id = ?1")?
        .execute([delivery.to_string()])?;
    Ok(())
}

/// A notification could not be taken away: it is tried again for a day.
pub fn not_cleared(tx: &WriteTx<'_>, delivery: DeliveryId) -> Result<(), Error> {
    let since = tx.now() - CLEAR_HOURS.hours();
    tx.prepare_cached("UPDATE delivery SET cleared = 1 WHERE id = ?1 AND created_at < ?2")?
        .execute(params![delivery.to_string(), since.as_millisecond()])?;
    Ok(())
}

/// An item of the list, and what is remembered of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The task as it is now.
    pub task: Task,
    /// What it is called in the list; none where that is not known yet.
    pub uid: Option<String>,
    /// What both last said.
    pub agreed: Entry,
    /// Where it was first.
    pub came: Came,
    /// Since when it is not in the list any more.
    pub missing_since: Option<Timestamp>,
    /// Somebody took it from the list.
    pub is_dismissed: bool,
}

/// All pairs, by task.
pub fn pairs(tx: &ReadTx<'_>) -> Result<Vec<Pair>, Error> {
    let mut query = tx.prepare_cached(
        "SELECT task.*, item.uid, item.title AS agreed_title, item.due AS agreed_due,
                item.due_time AS agreed_due_time, item.is_done, item.is_theirs,
                item.missing_since, item.is_dismissed
           FROM home_item item JOIN task ON task.id = item.task ORDER BY item.task",
    )?;
    let pairs = query.query_and_then([], |row| {
        let columns = Columns::of("home_item", row);
        let day = columns.parsed_or_none("agreed_due")?;
        let hour = columns.parsed_or_none("agreed_due_time")?;
        Ok(Pair {
            task: task_from_row(row)?,
            uid: columns.plain("uid")?,
            agreed: Entry {
                title: columns.plain("agreed_title")?,
                due: day.map(|it| (it, hour)),
                is_done: columns.plain("is_done")?,
            },
            came: if columns.plain("is_theirs")? {
                Came::FromThere
            } else {
                Came::FromHere
            },
            missing_since: columns.instant_or_none("missing_since")?,
            is_dismissed: columns.plain("is_dismissed")?,
        })
    })?;
    pairs.collect()
}

/// Open tasks of the whole household that are in no list, earliest day first.
pub fn unpaired(tx: &ReadTx<'_>, limit: u32) -> Result<Vec<Task>, Error> {
    let mut query = tx.prepare_cached(
        "SELECT * FROM task
          WHERE status = 'open' AND visible_to IS NULL
            AND NOT EXISTS (SELECT 1 FROM home_item WHERE home_item.task = task.id)
          ORDER BY coalesce(due, '9999'), id LIMIT ?1",
    )?;
    let tasks = query.query_and_then([limit], task_from_row)?;
    tasks.collect()
}

/// Where an item came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Came {
    /// The task was here first.
    FromHere,
    /// The item was there first.
    FromThere,
}

/// Pairs a task with an item of `list`; `None` is one that is about to be added.
pub fn pair(
    tx: &WriteTx<'_>,
    task: TaskId,
    (list, uid): (&str, Option<&str>),
    agreed: &Entry,
    came: Came,
) -> Result<(), Error> {
    tx.prepare_cached(
        "INSERT INTO home_item (task, list, uid, title, due, due_time, is_done, is_theirs)
         VALUES (:task, :list, :uid, :title, :due, :due_time, :is_done, :is_theirs)
         ON CONFLICT (task) DO UPDATE
            SET uid = excluded.uid, list = excluded.list, title = excluded.title,
                due = excluded.due, due_time = excluded.due_time, is_done = excluded.is_done,
                missing_since = NULL, is_dismissed = 0",
    )?
    .execute(named_params! {
        ":task": task.to_string(),
        ":list": list,
        ":uid": uid,
        ":title": agreed.title,
        ":due": agreed.due.map(|(day, _)| day.to_string()),
        ":due_time": agreed.due.and_then(|(_, hour)| hour).map(|it| it.to_string()),
        ":is_done": agreed.is_done,
        ":is_theirs": came == Came::FromThere,
    })?;
    Ok(())
}

/// Whether an item of that name is paired.
pub fn is_paired(tx: &ReadTx<'_>, uid: &str) -> Result<bool, Error> {
    let mut query = tx.prepare_cached("SELECT 1 FROM home_item WHERE uid = ?1")?;
    Ok(query.exists([uid])?)
}

/// Whether a task has, or had, an item.
pub fn has_item(tx: &ReadTx<'_>, task: TaskId) -> Result<bool, Error> {
    let mut query = tx.prepare_cached("SELECT 1 FROM home_item WHERE task = ?1")?;
    Ok(query.exists([task.to_string()])?)
}

/// Both sides say this now.
pub fn agree(tx: &WriteTx<'_>, task: TaskId, agreed: &Entry) -> Result<(), Error> {
    tx.prepare_cached(
        "UPDATE home_item SET title = ?2, due = ?3, due_time = ?4, is_done = ?5,
                missing_since = NULL
          WHERE task = ?1",
    )?
    .execute(params![
        task.to_string(),
        agreed.title,
        agreed.due.map(|(day, _)| day.to_string()),
        agreed
            .due
            .and_then(|(_, hour)| hour)
            .map(|it| it.to_string()),
        agreed.is_done,
    ])?;
    Ok(())
}

/// The item is not in the list: since now, if it was there before.
pub fn miss(tx: &WriteTx<'_>, task: TaskId) -> Result<(), Error> {
    tx.prepare_cached(
        "UPDATE home_item SET missing_since = coalesce(missing_since, ?2) WHERE task = ?1",
    )?
    .execute(params![task.to_string(), tx.now().as_millisecond()])?;
    Ok(())
}

/// Somebody took the item from the list for good. What was there first is removed here too; what a
/// letter or a person here asked for stays open, out of the list, and its story says so.
pub fn dismiss(tx: &WriteTx<'_>, task: TaskId, came: Came, note: &str) -> Result<(), Error> {
    if came == Came::FromThere {
        tasks::withdraw(tx, task, None, tasks::Removed::Once)?;
        return part(tx, task);
    }
    tx.prepare_cached(
        "UPDATE home_item SET is_dismissed = 1, uid = NULL, missing_since = NULL WHERE task = ?1",
    )?
    .execute([task.to_string()])?;
    tasks::comment(tx, task, note).map(|_| ())
}

/// A task and its item go separate ways.
pub fn part(tx: &WriteTx<'_>, task: TaskId) -> Result<(), Error> {
    tx.prepare_cached("DELETE FROM home_item WHERE task = ?1")?
        .execute([task.to_string()])?;
    Ok(())
}

/// Only `list` is kept in step from now on.
pub fn keep_only(tx: &WriteTx<'_>, list: &str) -> Result<(), Error> {
    tx.execute("DELETE FROM home_item WHERE list <> ?1", [list])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};

    use super::*;
    use crate::domain::clock::Clock;
    use crate::domain::document::Visibility;
    use crate::domain::task::Status;
    use crate::store::tasks::Edit;
    use crate::store::{Caller, Store, Viewer};

    fn milk() -> Entry {
        Entry {
            title: "Milk".to_owned(),
            due: Some((date(2026, 3, 1), Some(time(9, 0, 0, 0)))),
            is_done: false,
        }
    }

    #[tokio::test]
    async fn a_pair_is_remembered_and_ends_by_where_it_began() {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::at("2026-03-01T10:00:00Z".parse().unwrap());
        let store = Store::open(dir.path(), clock).unwrap();
        let house = || Caller::house("test", "home_assistant");
        let make = |title: &'static str| {
            move |tx: &WriteTx<'_>| {
                tasks::create(tx, title.to_owned(), Edit::default(), Visibility::Household)
            }
        };
        let theirs = store.write(house(), make("Milk")).await.unwrap().id;
        let ours = store.write(house(), make("Bins")).await.unwrap().id;
        let pair_both = move |tx: &WriteTx<'_>| {
            pair(
                tx,
                theirs,
                ("todo.family", Some("m")),
                &milk(),
                Came::FromThere,
            )?;
            pair(tx, ours, ("todo.family", None), &milk(), Came::FromHere)?;
            assert!(is_paired(tx, "m")? && !is_paired(tx, "b")?);
            assert_eq!(unpaired(tx, 10)?, []);
            miss(tx, theirs)
        };
        store.write(house(), pair_both).await.unwrap();
        let all = store.read(Viewer::House, pairs).await.unwrap();
        let milk_pair = all.iter().find(|it| it.task.id == theirs).unwrap();
        assert_eq!(
            (&milk_pair.agreed, milk_pair.came),
            (&milk(), Came::FromThere)
        );
        assert!(milk_pair.missing_since.is_some() && milk_pair.uid.as_deref() == Some("m"));

        let dismiss_both = move |tx: &WriteTx<'_>| {
            dismiss(tx, theirs, Came::FromThere, "gone")?;
            dismiss(tx, ours, Came::FromHere, "gone")?;
            assert_eq!(tasks::by_id(tx, theirs)?.status, Status::Withdrawn);
            assert_eq!(tasks::by_id(tx, ours)?.status, Status::Open);
            pairs(tx)
        };
        let left = store.write(house(), dismiss_both).await.unwrap();
        assert_eq!(left.len(), 1);
        assert!(left[0].is_dismissed && left[0].missing_since.is_none());
        let elsewhere = |tx: &WriteTx<'_>| keep_only(tx, "todo.other");
        store.write(house(), elsewhere).await.unwrap();
        assert_eq!(store.read(Viewer::House, pairs).await.unwrap(), []);
    }
}
