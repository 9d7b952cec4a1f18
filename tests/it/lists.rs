//! Lists of documents and tasks as the store gives them: what is asked for, newest or soonest first, page
//! by page, nothing twice and nothing left out.

use jiff::SignedDuration;
use jiff::civil::{Date, date};
use tokio_util::sync::CancellationToken;
use workmate::domain::clock::Clock;
use workmate::domain::document::{
    MediaType, Origin, OriginKind, Page, PageSource, Reading, Sha256Hash, Visibility, Word,
};
use workmate::domain::id::{DocumentId, TaskId};
use workmate::domain::task::{Answer, AnswerKind, Status};
use workmate::domain::value::Rect;
use workmate::store::documents::{self, Arrival, Filter, Trash};
use workmate::store::tasks::{self, Days, Edit};
use workmate::store::{Caller, ReadTx, Store, Viewer, WriteTx, pages, search, trash};
use workmate::work::tidy_up::TidyUp;
use workmate::work::{Turn, Worker};

struct House {
    dir: tempfile::TempDir,
    clock: Clock,
    store: Store,
}

impl House {
    fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::at("2026-03-10T08:00:00Z".parse().unwrap());
        let store = Store::open(dir.path(), clock.clone()).unwrap();
        Self { dir, clock, store }
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&WriteTx<'_>) -> Result<T, workmate::store::Error> + Send + 'static,
    ) -> T {
        let caller = Caller::house("test", "command");
        self.store.write(caller, work).await.unwrap()
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&ReadTx<'_>) -> Result<T, workmate::store::Error> + Send + 'static,
    ) -> T {
        self.store.read(Viewer::House, work).await.unwrap()
    }

    /// A document of this day that says `words`; a day passes.
    async fn document(&self, number: u8, words: &'static str) -> DocumentId {
        let arrival = Arrival {
            sha256: Sha256Hash([number; 32]),
            media_type: MediaType::Text,
            size: 1,
            origin: Origin {
                kind: OriginKind::Upload,
                file_name: format!("{number}.txt"),
            },
            visible_to: Visibility::Household,
        };
        let accept = move |tx: &WriteTx<'_>| {
            let document = documents::accept(tx, arrival)?.document().clone();
            search::index(tx, document.id, &[&document.title, words])?;
            Ok(document.id)
        };
        let id = self.write(accept).await;
        self.clock
            .set(self.clock.now() + SignedDuration::from_hours(24));
        id
    }

    /// The titles of the documents, in pages of two.
    async fn titles(&self, mut filter: Filter) -> Vec<String> {
        let mut titles = Vec::new();
        loop {
            let wanted = filter.clone();
            let page = self.read(move |tx| documents::list(tx, &wanted, 2)).await;
            let Some(last) = page.last() else {
                return titles;
            };
            filter.before = Some(last.document.id);
            titles.extend(page.into_iter().map(|it| it.document.title));
        }
    }

    async fn task(&self, title: &'static str, due: Option<Date>) -> TaskId {
        let edit = Edit {
            due: Some((due, None)),
            ..Edit::default()
        };
        self.write(move |tx| tasks::create(tx, title.to_owned(), edit, Visibility::Household))
            .await
            .id
    }

    /// The titles of the tasks, in pages of two.
    async fn tasks(&self, mut filter: tasks::Filter) -> Vec<String> {
        let mut titles = Vec::new();
        loop {
            let wanted = filter.clone();
            let page = self.read(move |tx| tasks::list(tx, &wanted, 2)).await;
            let Some(last) = page.last() else {
                return titles;
            };
            filter.after = Some(last.id);
            titles.extend(page.into_iter().map(|it| it.title));
        }
    }
}

#[tokio::test]
async fn documents_are_found_by_words_and_time_and_in_the_trash() {
    let house = House::open();
    for (number, words) in (1..).zip([
        "Strom und Gas",
        "Strom",
        "Wasser",
        "Strom im Winter",
        "Strom im Sommer",
    ]) {
        house.document(number, words).await;
    }
    let thrown = house.document(6, "Strom, weg damit").await;
    house.write(move |tx| trash::delete(tx, thrown, None)).await;

    let all = house.titles(Filter::default()).await;
    assert_eq!(all, ["5", "4", "3", "2", "1"]);
    let words = |text: &str| Filter {
        query: Some(text.to_owned()),
        ..Filter::default()
    };
    assert_eq!(house.titles(words("strom")).await, ["5", "4", "2", "1"]);
    assert_eq!(house.titles(words("winter strom")).await, ["4"]);
    // A short word is looked for as a whole one.
    assert_eq!(house.titles(words("im")).await, ["5", "4"]);
    assert_eq!(house.titles(words("ga")).await, [""; 0]);
    // Nothing of it can be searched: nothing is found, rather than everything.
    assert_eq!(house.titles(words("– §")).await, [""; 0]);
    let recent = Filter {
        since: Some("2026-03-12T00:00:00Z".parse().unwrap()),
        ..words("strom")
    };
    assert_eq!(house.titles(recent.clone()).await, ["5", "4"]);
    let recent = Filter {
        query: None,
        ..recent
    };
    assert_eq!(house.titles(recent).await, ["5", "4", "3"]);
    let trashed = Filter {
        trash: Trash::Inside,
        ..words("strom")
    };
    assert_eq!(house.titles(trashed).await, ["6"]);
    let stuck = Filter {
        stage: Some("stuck".to_owned()),
        ..Filter::default()
    };
    assert_eq!(house.titles(stuck).await, [""; 0]);
}

#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "the file is made an earlier version's, while no store has it"
)]
async fn what_an_earlier_version_indexed_is_found_again_and_its_words_go_with_the_last_document() {
    let house = House::open();
    let mut ids = Vec::new();
    for (number, words) in (1..).zip(["Strom und Gas", "Strom im Winter", "Eilbrief", "Strom"]) {
        let id = house.document(number, "").await;
        let words = (0_u8..).zip(words.split(' ')).map(|(place, text)| Word {
            text: text.to_owned(),
            at: Rect::default(),
            confidence: 1.0,
            line: u32::from(place),
            block: 0,
        });
        let page = Page {
            number: 1,
            source: PageSource::TextLayer,
            width: 595.0,
            height: 842.0,
            words: words.collect(),
        };
        let reading = Reading::of_pages(MediaType::Text, vec![page]);
        house.write(move |tx| pages::keep(tx, id, &reading)).await;
        ids.push(id);
    }
    let House { dir, clock, store } = house;
    store.close();
    drop(store);
    let path = dir.path().join("workmate.sqlite");
    let before_words = include_str!("../fixtures/before-words.sql");
    let damage =
        "UPDATE page SET words = 'damaged' WHERE document = (SELECT max(id) FROM document)";
    rusqlite::Connection::open(path)
        .unwrap()
        .execute_batch(&format!("{before_words}{damage}"))
        .unwrap();

    let store = Store::open(dir.path(), clock.clone()).unwrap();
    let house = House { dir, clock, store };
    let words = |text: &str| Filter {
        query: Some(text.to_owned()),
        ..Filter::default()
    };
    assert_eq!(house.titles(words("strom")).await, [""; 0], "not yet");
    let mut tidy = TidyUp::new(house.store.clone());
    let stop = CancellationToken::new();
    while tidy.turn(&stop).await.unwrap() == Turn::More {}
    // The last one is damaged, and keeps none of the others from being found.
    assert_eq!(house.titles(words("strom")).await, ["2", "1"]);
    assert_eq!(house.titles(words("inte")).await, ["2"]);
    assert_eq!(house.titles(words("brief 3.txt")).await, ["3"]);

    for id in ids {
        house.write(move |tx| trash::delete(tx, id, None)).await;
    }
    let later = house.clock.now() + SignedDuration::from_hours(24 * 31);
    house.clock.set(later);
    while tidy.turn(&stop).await.unwrap() == Turn::More {}
    let words = house.read(|tx| {
        let words = tx.query_row("SELECT count(*) FROM word", [], |row| row.get::<_, i64>(0));
        Ok(words?)
    });
    assert_eq!(words.await, 0);
}

#[tokio::test]
async fn tasks_are_listed_by_day_and_those_without_one_last() {
    let house = House::open();
    for (title, due) in [
        ("later", Some(date(2026, 9, 1))),
        ("never", None),
        ("soon", Some(date(2026, 3, 11))),
        ("the end of time", Some(date(9999, 12, 31))),
        ("today", Some(date(2026, 3, 10))),
    ] {
        house.task(title, due).await;
    }
    let done = house.task("done", Some(date(2026, 3, 9))).await;
    let answer = Answer {
        answer: AnswerKind::Done,
        until: None,
    };
    house
        .write(move |tx| tasks::answer(tx, done, &answer, tx.now()).map(drop))
        .await;

    let open = tasks::Filter {
        status: Some(Status::Open),
        ..tasks::Filter::default()
    };
    let all = ["today", "soon", "later", "never", "the end of time"];
    let mut listed = house.tasks(open.clone()).await;
    assert_eq!(
        listed.get(..3),
        Some(all.map(str::to_owned).get(..3).unwrap())
    );
    listed.sort();
    let mut sorted = all;
    sorted.sort_unstable();
    assert_eq!(listed, sorted);
    let on = |days: Days| tasks::Filter {
        days: Some(days),
        ..open.clone()
    };
    let until = house.tasks(on(Days::Until(date(2026, 3, 11)))).await;
    assert_eq!(until, ["today", "soon"]);
    let after = house.tasks(on(Days::After(date(2026, 3, 11)))).await;
    assert_eq!(after, ["later", "the end of time"]);
    assert_eq!(house.tasks(on(Days::None)).await, ["never"]);
    let any = house.tasks(tasks::Filter::default()).await;
    assert_eq!(any.len(), 6);
    assert_eq!(any.first().map(String::as_str), Some("done"));
}
