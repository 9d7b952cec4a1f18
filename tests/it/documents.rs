//! What the store promises about documents and the tasks that come from them, without the reader:
//! what was read and understood is written by hand.

mod reminded;

use std::num::NonZeroU32;

use insta::assert_snapshot;
use jiff::civil::{Date, date, time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use workmate::domain::clock::Clock;
use workmate::domain::deadline::Region;
use workmate::domain::delivery::ChannelName;
use workmate::domain::document::{
    Document, MediaType, OriginKind, Page, PageSource, Reading, Stage, Visibility, Word,
};
use workmate::domain::finding::{
    ClaimedBy, Correction, Evidence, Extraction, Field, Finding, Value,
};
use workmate::domain::id::{DocumentId, PersonId};
use workmate::domain::ladder::{Ladder, Ladders};
use workmate::domain::manner::Manner;
use workmate::domain::obligation::{Action, Basis, Obligation};
use workmate::domain::person::Language;
use workmate::domain::reminder;
use workmate::domain::task::{Answer, AnswerKind, Status, Task};
use workmate::domain::value::{Amount, Confidence, Currency, Money, Rect};
use workmate::store::blobs::Picture;
use workmate::store::deliveries::{self, Outcome, Subject};
use workmate::store::documents::{self, Accepted, Filter};
use workmate::store::tasks::{self, Edit};
use workmate::store::{
    Caller, Error, Store, Viewer, findings, journal, manners, pages, people, reminders, trash,
};
use workmate::work::derive_tasks::DeriveTasks;
use workmate::work::intake::{Incoming, Intake, Refused};
use workmate::work::remind::{Remind, Speech};
use workmate::work::tidy_up::TidyUp;
use workmate::work::{Turn, Wake, Worker};

struct House {
    _dir: TempDir,
    clock: Clock,
    store: Store,
    intake: Intake,
}

impl House {
    fn on(day: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let now: Timestamp = format!("{day}T10:00:00Z").parse().unwrap();
        let clock = Clock::at(now);
        let store = Store::open(dir.path(), clock.clone()).unwrap();
        let intake = Intake::new(store.clone(), Wake::default(), 1 << 20);
        Self {
            _dir: dir,
            clock,
            store,
            intake,
        }
    }

    async fn person(&self, name: &'static str) -> PersonId {
        let add = move |tx: &workmate::store::WriteTx<'_>| people::create(tx, name, "-", None);
        let caller = Caller::house("test", "command");
        self.store.write(caller, add).await.unwrap().id
    }

    async fn accept(&self, text: &str, visible_to: Visibility) -> Accepted {
        let incoming = Incoming {
            bytes: text.as_bytes().to_vec(),
            file_name: "letter.txt".to_owned(),
            way: OriginKind::Upload,
            visible_to,
        };
        let caller = Caller::house("test", "web");
        self.intake.accept(caller, incoming).await.unwrap()
    }

    /// Accepts, reads and understands `text` as `extraction`.
    async fn understood(&self, text: &str, extraction: Extraction) -> Document {
        let accepted = self.accept(text, Visibility::Household).await;
        let id = accepted.document().id;
        let reading = reading_of(text);
        let keep = move |tx: &workmate::store::WriteTx<'_>| {
            pages::keep(tx, id, &reading)?;
            findings::keep(tx, id, &extraction)
        };
        let document = self.store.write(Caller::worker("test"), keep).await;
        self.derive().await;
        document.unwrap()
    }

    async fn derive(&self) {
        let (store, wake) = (self.store.clone(), Wake::default());
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let mut worker = DeriveTasks::new(store, wake, zone, Language::English);
        let stop = CancellationToken::new();
        while worker.turn(&stop).await.unwrap() == Turn::More {}
    }

    fn remind(&self) -> Remind {
        let morning = time(8, 0, 0, 0);
        let speech = Speech {
            zone: TimeZone::UTC,
            region: Region::new("DE"),
            ladders: Ladders::standard(morning),
            morning,
            channels: vec![ChannelName::Mqtt, ChannelName::Gotify],
            followed: Vec::new(),
        };
        Remind::new(self.store.clone(), Wake::default(), speech)
    }

    async fn tasks(&self, id: DocumentId) -> Vec<Task> {
        self.store
            .read(Viewer::House, move |tx| tasks::of_document(tx, id))
            .await
            .unwrap()
    }

    async fn found(&self, viewer: Viewer, query: &str) -> usize {
        let filter = Filter {
            query: Some(query.to_owned()),
            ..Filter::default()
        };
        let list = move |tx: &workmate::store::ReadTx<'_>| documents::list(tx, &filter, 10);
        self.store.read(viewer, list).await.unwrap().len()
    }
}

fn reading_of(text: &str) -> Reading {
    let word = |text: &str| Word {
        text: text.to_owned(),
        at: Rect::default(),
        confidence: 1.0,
        line: 0,
        block: 0,
    };
    let page = Page {
        number: 1,
        source: PageSource::Text,
        width: 595.0,
        height: 842.0,
        words: text.split_whitespace().map(word).collect(),
    };
    serde_json::from_value(serde_json::json!({
        "media_type": MediaType::Text, "pages": [page], "codes": [], "children": [],
    }))
    .unwrap()
}

fn pay(hundredths: i64, due: Date) -> Obligation {
    Obligation {
        action: Action::Pay,
        due,
        due_time: None,
        amount: Some(Amount::from_hundredths(hundredths)),
        currency: Some(Currency::EUR),
        optional: false,
        alternatives: Vec::new(),
        safe_due: None,
        basis: Basis::Explicit,
        confidence: Confidence::CERTAIN,
        evidence: Evidence {
            page: 1,
            text: "due".to_owned(),
            at: Rect::default(),
        },
        why: None,
    }
}

fn bill(hundredths: i64, due: Date) -> Extraction {
    let sender = Finding {
        field: Field::Sender,
        name: String::new(),
        value: Value::Text("Wasserwerk Müller".to_owned()),
        confidence: Confidence::CERTAIN,
        evidence: None,
        by: ClaimedBy::Rule,
        why: None,
    };
    Extraction {
        findings: vec![sender],
        obligations: vec![pay(hundredths, due)],
        ..Extraction::default()
    }
}

#[tokio::test]
async fn the_same_bytes_are_the_same_document() {
    let house = House::on("2026-03-01");
    let first = house.accept("a letter", Visibility::Household).await;
    let second = house.accept("a letter", Visibility::Household).await;
    assert!(matches!(first, Accepted::New(_)));
    assert!(matches!(&second, Accepted::Known(it) if it.id == first.document().id));
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_with_a_reason() {
    let house = House::on("2026-03-01");
    let refused = |bytes: &[u8]| {
        let incoming = Incoming {
            bytes: bytes.to_vec(),
            file_name: "x".to_owned(),
            way: OriginKind::Upload,
            visible_to: Visibility::Household,
        };
        house.intake.accept(Caller::house("test", "web"), incoming)
    };
    assert!(matches!(refused(b"").await, Err(Refused::Empty)));
    assert!(matches!(
        refused(&vec![b'a'; (1 << 20) + 1]).await,
        Err(Refused::TooLarge {
            bytes_max: 1_048_576
        })
    ));
    let archive = refused(b"Rar!\x1a\x07\x01\x00").await.unwrap_err();
    assert!(archive.to_string().contains("RAR archive"), "{archive}");
}

#[tokio::test]
async fn a_document_becomes_a_task_and_reading_it_again_changes_nothing() {
    let house = House::on("2026-03-01");
    let document = house
        .understood("water bill", bill(8420, date(2026, 3, 18)))
        .await;
    let one = NonZeroU32::new(1).unwrap();
    assert_eq!(document.stage, Stage::Understood { pages: one });
    let before = house.tasks(document.id).await;
    assert_eq!(before.len(), 1);
    assert_eq!(before[0].title, "Wasserwerk Müller: pay €84.20");
    assert_eq!(before[0].due, Some(date(2026, 3, 18)));
    let id = document.id;
    let reading = reading_of("water bill");
    let again = move |tx: &workmate::store::WriteTx<'_>| {
        documents::retry(tx, id)?;
        pages::keep(tx, id, &reading)?;
        findings::keep(tx, id, &bill(8420, date(2026, 3, 18)))
    };
    house
        .store
        .write(Caller::worker("test"), again)
        .await
        .unwrap();
    house.derive().await;
    assert_eq!(house.tasks(id).await, before);
}

#[tokio::test]
async fn a_new_understanding_moves_the_task_but_not_what_a_person_changed() {
    let house = House::on("2026-03-01");
    let document = house
        .understood("water bill", bill(8420, date(2026, 3, 18)))
        .await;
    let id = document.id;
    let task = house.tasks(id).await.remove(0);
    let edit = Edit {
        due: Some((Some(date(2026, 3, 10)), None)),
        ..Edit::default()
    };
    let by_anna = Caller::house("anna", "web");
    house
        .store
        .write(by_anna, move |tx| tasks::edit(tx, task.id, Some(1), edit))
        .await
        .unwrap();
    let again = move |tx: &workmate::store::WriteTx<'_>| {
        documents::retry(tx, id)?;
        pages::keep(tx, id, &reading_of("water bill"))?;
        findings::keep(tx, id, &bill(9000, date(2026, 3, 20)))
    };
    house
        .store
        .write(Caller::worker("test"), again)
        .await
        .unwrap();
    house.derive().await;
    let task = house.tasks(id).await.remove(0);
    assert_eq!(task.due, Some(date(2026, 3, 10)));
    assert_eq!(task.money, Some(Money::new(9000, Currency::EUR)));
    assert_eq!(task.title, "Wasserwerk Müller: pay €90.00");
}

#[tokio::test]
async fn an_edit_of_an_old_version_is_refused() {
    let house = House::on("2026-03-01");
    let document = house
        .understood("water bill", bill(8420, date(2026, 3, 18)))
        .await;
    let task = house.tasks(document.id).await.remove(0);
    let edit =
        move |tx: &workmate::store::WriteTx<'_>| tasks::edit(tx, task.id, Some(7), Edit::default());
    let refused = house.store.write(Caller::house("anna", "web"), edit).await;
    assert!(matches!(refused, Err(Error::Conflict { .. })));
}

#[tokio::test]
async fn a_correction_wins_over_the_machine_and_over_the_next_reading() {
    let house = House::on("2026-03-01");
    let document = house
        .understood("water bill", bill(8420, date(2026, 3, 18)))
        .await;
    let id = document.id;
    let nothing_to_pay = Correction {
        field: Field::Payable,
        name: String::new(),
        value: None,
    };
    let correct =
        move |tx: &workmate::store::WriteTx<'_>| findings::correct(tx, id, None, &[nothing_to_pay]);
    let by_anna = Caller::house("anna", "web");
    house.store.write(by_anna, correct).await.unwrap();
    house.derive().await;
    assert_eq!(house.tasks(id).await[0].status, Status::Withdrawn);
    let again = move |tx: &workmate::store::WriteTx<'_>| {
        documents::retry(tx, id)?;
        pages::keep(tx, id, &reading_of("water bill"))?;
        findings::keep(tx, id, &bill(8420, date(2026, 3, 18)))
    };
    house
        .store
        .write(Caller::worker("test"), again)
        .await
        .unwrap();
    house.derive().await;
    assert_eq!(house.tasks(id).await[0].status, Status::Withdrawn);
}

#[tokio::test]
async fn answering_twice_is_answering_once() {
    let house = House::on("2026-03-01");
    let document = house
        .understood("water bill", bill(8420, date(2026, 3, 18)))
        .await;
    let id = house.tasks(document.id).await[0].id;
    for _ in 0..2 {
        let done = move |tx: &workmate::store::WriteTx<'_>| {
            let answer = Answer {
                answer: AnswerKind::Done,
                until: None,
            };
            tasks::answer(tx, id, &answer, tx.now())
        };
        let task = house.store.write(Caller::house("mqtt", "mqtt"), done).await;
        assert_eq!(task.unwrap().version, 2);
    }
}

#[tokio::test]
async fn words_are_found_by_their_parts_and_without_their_dots() {
    let house = House::on("2026-03-01");
    let text = "Grundsteuerjahresbescheid der Stadt Köln, Straßenreinigung";
    house.understood(text, Extraction::default()).await;
    for query in [
        "bescheid",
        "steuer",
        "koln",
        "Koeln",
        "KÖLN",
        "strasse",
        "reinigung grund",
    ] {
        assert_eq!(house.found(Viewer::House, query).await, 1, "{query}");
    }
    assert_eq!(house.found(Viewer::House, "bescheid hamburg").await, 0);
    assert_eq!(house.found(Viewer::House, "\" OR (").await, 0);
}

#[tokio::test]
async fn what_is_anna_s_is_seen_by_anna_alone() {
    let house = House::on("2026-03-01");
    let (anna, ben) = (house.person("Anna").await, house.person("Ben").await);
    let accepted = house
        .accept("secret letter", Visibility::Persons(vec![anna]))
        .await;
    let id = accepted.document().id;
    let see = |viewer| house.store.read(viewer, move |tx| documents::by_id(tx, id));
    assert!(see(Viewer::Person(anna)).await.is_ok());
    assert!(matches!(
        see(Viewer::Person(ben)).await,
        Err(Error::Missing { .. })
    ));
    // The same bytes from Ben are another document, or he would learn of Anna's.
    let incoming = Incoming {
        bytes: b"secret letter".to_vec(),
        file_name: "letter.txt".to_owned(),
        way: OriginKind::Upload,
        visible_to: Visibility::Household,
    };
    let caller = Caller::person(ben, "web");
    let by_ben = house.intake.accept(caller, incoming).await.unwrap();
    assert!(matches!(by_ben, Accepted::New(_)));
}

#[tokio::test]
async fn what_has_lain_in_the_trash_for_a_month_is_erased_everywhere() {
    let house = House::on("2026-03-01");
    let document = house
        .understood("confidential bill", bill(8420, date(2026, 3, 18)))
        .await;
    let (id, sha256) = (document.id, document.sha256);
    let picture = house.store.blobs().picture(sha256, Picture::Page(1));
    house.store.blobs().put(&picture, b"picture").unwrap();
    let by_anna = Caller::house("anna", "web");
    house
        .store
        .write(by_anna, move |tx| trash::delete(tx, id, None))
        .await
        .unwrap();
    assert_eq!(house.found(Viewer::House, "confidential").await, 0);
    let task = house.tasks(id).await.remove(0);
    assert_eq!(task.status, Status::Withdrawn);

    let mut tidy = TidyUp::new(house.store.clone());
    let stop = CancellationToken::new();
    tidy.turn(&stop).await.unwrap();
    let original = house.store.blobs().original(sha256);
    assert!(house.store.blobs().contains(&original));
    house.clock.set("2026-04-01T10:00:00Z".parse().unwrap());
    while tidy.turn(&stop).await.unwrap() == Turn::More {}

    assert!(!house.store.blobs().contains(&original));
    assert!(!house.store.blobs().contains(&picture));
    let gone = house
        .store
        .read(Viewer::House, move |tx| documents::by_id(tx, id))
        .await;
    assert!(matches!(gone, Err(Error::Missing { .. })));
    let reminders = move |tx: &workmate::store::ReadTx<'_>| reminders::of_task(tx, task.id);
    assert!(
        house
            .store
            .read(Viewer::House, reminders)
            .await
            .unwrap()
            .is_empty()
    );
    let verified = house
        .store
        .read(Viewer::House, journal::verify)
        .await
        .unwrap();
    assert_eq!(verified.broken, None);
    assert!(verified.erased > 0);
    // Nothing of the words is left in the file, the log or beside them.
    house.store.close();
    for entry in std::fs::read_dir(house.store.dir()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            let has = |part: &[u8]| bytes.windows(part.len()).any(|it| it == part);
            assert!(!has(b"confidential"), "{}", path.display());
            assert!(!has("Wasserwerk Müller".as_bytes()), "{}", path.display());
        }
    }
}

#[tokio::test]
async fn what_is_sent_again_comes_out_of_the_trash() {
    let house = House::on("2026-03-01");
    let document = house
        .understood("water bill", bill(8420, date(2026, 3, 18)))
        .await;
    let id = document.id;
    let by_anna = Caller::house("anna", "web");
    house
        .store
        .write(by_anna, move |tx| trash::delete(tx, id, None))
        .await
        .unwrap();
    let again = house.accept("water bill", Visibility::Household).await;
    assert!(matches!(&again, Accepted::Known(it) if it.id == id && it.deleted_at.is_none()));
    house.derive().await;
    assert_eq!(house.tasks(id).await[0].status, Status::Open);
}
