//! Tasks that come again: one of them changed alone, all of them changed, and an answer taken back.

use jiff::civil::date;
use workmate::domain::id::TaskId;
use workmate::domain::recurrence::Recurrence;
use workmate::domain::task::{AnswerKind, Status, Task};
use workmate::store::tasks::{self, Edit, Filter};
use workmate::store::{Caller, Error, Viewer, WriteTx};

use super::Household;

impl Household {
    /// A task of every week, and its plan.
    async fn bin(&mut self) -> TaskId {
        let said = Edit {
            due: Some((Some(date(2026, 3, 3)), None)),
            recurrence: Some(Some(Recurrence::of("FREQ=WEEKLY".parse().unwrap()))),
            ..Edit::default()
        };
        let id = self.make("take the bin out", said).await;
        self.said().await;
        id
    }

    async fn one(&self, id: TaskId) -> Task {
        let found = self
            .store
            .read(Viewer::House, move |tx| tasks::by_id(tx, id));
        found.await.unwrap()
    }

    async fn change(&self, id: TaskId, edit: Edit) -> Result<Task, Error> {
        let write = move |tx: &WriteTx<'_>| tasks::edit(tx, id, None, edit);
        self.store.write(Caller::house("anna", "web"), write).await
    }

    /// Answers a task; those that are open after it.
    async fn done(&mut self, id: TaskId) -> Vec<Task> {
        self.answer(id, AnswerKind::Done).await;
        self.said().await;
        self.open().await
    }

    async fn open(&self) -> Vec<Task> {
        let filter = Filter {
            status: Some(Status::Open),
            ..Filter::default()
        };
        let listed = self
            .store
            .read(Viewer::House, move |tx| tasks::list(tx, &filter, 10));
        listed.await.unwrap()
    }

    async fn reopened(&mut self, id: TaskId) -> Task {
        let write = move |tx: &WriteTx<'_>| tasks::reopen(tx, id);
        let opened = self.store.write(Caller::house("anna", "web"), write).await;
        self.said().await;
        opened.unwrap()
    }
}

fn titled(title: &str, only_this: bool) -> Edit {
    Edit {
        title: Some(title.to_owned()),
        only_this,
        ..Edit::default()
    }
}

#[tokio::test]
async fn what_is_said_of_one_alone_ends_with_it() {
    let mut house = Household::at("2026-03-01T10:00");
    let first = house.bin().await;
    let edit = Edit {
        due: Some((Some(date(2026, 3, 4)), None)),
        ..titled("take both bins out", true)
    };
    let changed = house.change(first, edit).await.unwrap();
    assert_eq!(changed.title, "take both bins out");
    let open = house.done(first).await;
    let [second] = open.as_slice() else {
        panic!("{open:?}");
    };
    assert_eq!(second.title, "take the bin out");
    assert_eq!(second.due, Some(date(2026, 3, 10)));
    // What is said of all holds for the next, also where one was changed alone.
    house
        .change(second.id, titled("glass", true))
        .await
        .unwrap();
    let edit = Edit {
        notes: Some("by the gate".to_owned()),
        ..titled("paper", false)
    };
    house.change(second.id, edit).await.unwrap();
    let open = house.done(second.id).await;
    assert_eq!(
        (open[0].title.as_str(), open[0].notes.as_str()),
        ("paper", "by the gate")
    );
    assert_eq!(open[0].due, Some(date(2026, 3, 17)));
}

#[tokio::test]
async fn how_often_it_comes_is_not_said_of_one_alone() {
    let mut house = Household::at("2026-03-01T10:00");
    let first = house.bin().await;
    let edit = Edit {
        recurrence: Some(None),
        ..titled("never again", true)
    };
    let refused = house.change(first, edit).await;
    assert!(matches!(refused, Err(Error::Conflict { .. })));
}

#[tokio::test]
async fn an_answer_taken_back_takes_the_next_one_back_unless_somebody_touched_it() {
    let mut house = Household::at("2026-03-01T10:00");
    let first = house.bin().await;
    let second = house.done(first).await.remove(0).id;
    let again = house.reopened(first).await;
    assert_eq!(again.status, Status::Open);
    assert_eq!(house.one(second).await.status, Status::Withdrawn);
    assert_eq!(house.open().await.len(), 1);
    // Done once more, the series goes on where it was.
    let second = house.done(first).await.remove(0);
    assert_eq!(second.due, Some(date(2026, 3, 10)));
    house
        .change(second.id, titled("mine", false))
        .await
        .unwrap();
    house.reopened(first).await;
    let open = house.open().await;
    assert_eq!(open.len(), 2, "{open:?}");
    // The touched one carries the series; the first one no longer makes another.
    assert_eq!(house.done(first).await.len(), 1);
}
