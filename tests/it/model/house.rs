//! The worker that asks, on a store with a clock by hand and a model that a test scripts.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::tz::TimeZone;
use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use workmate::connect::llm::{AskError, Model, Reply};
use workmate::domain::clock::Clock;
use workmate::domain::counsel::Prompt;
use workmate::domain::document::{Kind, OriginKind, Visibility};
use workmate::domain::finding::Value as Claim;
use workmate::domain::finding::{ClaimedBy, Correction, Extraction, Field};
use workmate::domain::id::DocumentId;
use workmate::domain::journal::Entity;
use workmate::domain::person::Language;
use workmate::domain::policy::Class;
use workmate::reading::process::{ReadJob, Reader, ReaderSettings};
use workmate::reading::stack::Rules;
use workmate::store::counsel::{self, CallOutcome, State};
use workmate::store::{Caller, ReadTx, Store, Viewer, WriteTx, findings, journal, pages, trash};
use workmate::work::ask_model::AskModel;
use workmate::work::intake::{Incoming, Intake};
use workmate::work::understand_documents::{UnderstandDocuments, Understanding};
use workmate::work::{Turn, Wake, Worker};

use super::{NOTA, right};

type Answer = Result<Reply, AskError>;

/// Answers as scripted; the last answer again and again.
#[derive(Clone)]
struct Scripted {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    asked: Arc<Mutex<Vec<Prompt>>>,
}

impl Scripted {
    fn that(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self {
            answers: Arc::new(Mutex::new(answers.into_iter().collect())),
            asked: Arc::default(),
        }
    }

    fn count(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

impl Model for Scripted {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn context_tokens(&self) -> u32 {
        4096
    }

    async fn ask(&self, class: Class, prompt: &Prompt) -> Answer {
        assert_eq!(class, Class::Sensitive);
        self.asked.lock().unwrap().push(prompt.clone());
        let mut answers = self.answers.lock().unwrap();
        if answers.len() > 1 {
            answers.pop_front().unwrap()
        } else {
            answers[0].clone()
        }
    }
}

fn filled(form: &Value) -> Reply {
    said(&form.to_string())
}

fn said(text: &str) -> Reply {
    Reply {
        text: text.to_owned(),
        tokens_in: Some(700),
        tokens_out: Some(40),
    }
}

fn broken() -> Answer {
    let reason = "the server failed".to_owned();
    Err(AskError::Broken { reason })
}

struct House {
    dir: TempDir,
    clock: Clock,
    understanding: Understanding,
    wake: Wake,
}

impl House {
    fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::at("2026-01-20T09:00:00Z".parse().unwrap());
        let store = Store::open(dir.path(), clock.clone()).unwrap();
        let understanding = Understanding {
            store,
            reader: Reader::new(ReaderSettings {
                program: Some(env!("CARGO_BIN_EXE_workmate-reader").into()),
                workers: 1,
                ..ReaderSettings::default()
            }),
            zone: TimeZone::UTC,
            region: "DE".to_owned(),
            language: Language::English,
            stacks: Rules {
                is_divided: false,
                prefix: "ASN".to_owned(),
            },
        };
        Self {
            dir,
            clock,
            understanding,
            wake: Wake::default(),
        }
    }

    const fn store(&self) -> &Store {
        &self.understanding.store
    }

    const fn reader(&self) -> &Reader {
        &self.understanding.reader
    }

    fn worker(&self, model: &Scripted) -> AskModel<Scripted> {
        AskModel::new(self.understanding.clone(), model.clone(), self.wake.clone())
    }

    /// A letter that was read and understood by the rules.
    async fn letter(&self, text: &str) -> DocumentId {
        let intake = Intake::new(self.store().clone(), self.wake.clone(), 1 << 20);
        let incoming = Incoming {
            bytes: text.as_bytes().to_vec(),
            file_name: "letter.txt".to_owned(),
            way: OriginKind::Upload,
            visible_to: Visibility::Household,
        };
        let accepted = intake.accept(Caller::house("test", "web"), incoming).await;
        let id = accepted.unwrap().document().id;
        self.read(id, text).await;
        id
    }

    async fn read(&self, id: DocumentId, text: &str) {
        let job = ReadJob {
            bytes: text.as_bytes().to_vec(),
            ..ReadJob::default()
        };
        let reading = self.reader().read(job).await.unwrap().reading;
        let keep = move |tx: &WriteTx<'_>| pages::keep(tx, id, &reading);
        self.store()
            .write(Caller::worker("test"), keep)
            .await
            .unwrap();
        let mut understand =
            UnderstandDocuments::new(self.understanding.clone(), self.wake.clone());
        turns(&mut understand).await;
    }

    async fn extraction(&self, id: DocumentId) -> Extraction {
        let found = move |tx: &ReadTx<'_>| findings::corrected(tx, id);
        self.store().read(Viewer::House, found).await.unwrap()
    }

    async fn state(&self) -> State {
        self.store()
            .read(Viewer::House, counsel::state)
            .await
            .unwrap()
    }

    /// What the journal keeps of the calls about a document, newest first.
    async fn journaled(&self, id: DocumentId) -> Vec<Value> {
        let story = move |tx: &ReadTx<'_>| journal::of(tx, Entity::Document, &id.to_string(), 100);
        let entries = self.store().read(Viewer::House, story).await.unwrap();
        #[expect(
            clippy::disallowed_methods,
            reason = "the store shows nobody a content"
        )]
        let database = Connection::open(self.dir.path().join("workmate.sqlite")).unwrap();
        let content = |sequence: u64| -> Value {
            let sequence = i64::try_from(sequence).unwrap();
            let sql = "SELECT content FROM journal_content WHERE sequence = ?1";
            let text: String = database
                .query_row(sql, [sequence], |row| row.get(0))
                .unwrap();
            serde_json::from_str(&text).unwrap()
        };
        let calls = entries.iter().filter(|it| it.change == "asked");
        calls.map(|it| content(it.sequence)).collect()
    }

    fn pass(&self, seconds: u64) {
        self.clock
            .set(self.clock.now() + Duration::from_secs(seconds));
    }
}

/// Turns until there is nothing more to do at once; what the last one said.
async fn turns<W: Worker>(worker: &mut W) -> Turn {
    let stop = CancellationToken::new();
    loop {
        match worker.turn(&stop).await.unwrap() {
            Turn::More => {}
            rest @ (Turn::Idle | Turn::Until(_)) => return rest,
        }
    }
}

#[tokio::test]
async fn a_call_is_journaled_with_what_was_taken_and_nothing_of_the_content() {
    let house = House::open();
    let id = house.letter(NOTA).await;
    assert_eq!(house.state().await.waiting, 1);
    let mut form = right();
    form["payable"] = "€ 9.999,00".into();
    let model = Scripted::that([Ok(filled(&form))]);
    assert_eq!(turns(&mut house.worker(&model)).await, Turn::Idle);
    let journaled = house.journaled(id).await;
    let expected = serde_json::json!({
        "model": "scripted", "outcome": "answered", "reason": null, "tokens_in": 700,
        "tokens_out": 40, "milliseconds": 0, "taken": ["kind", "due_day"],
        "thrown": [["payable", "not_on_page"]],
    });
    assert_eq!(journaled, [expected]);
    let letter = house.extraction(id).await;
    assert_eq!(letter.kind(), Some(Kind::Invoice));
    let kind = letter.finding(Field::Kind).unwrap();
    assert_eq!(kind.by, ClaimedBy::Model);
    assert!(
        kind.evidence
            .as_ref()
            .unwrap()
            .text
            .contains("Nota voor uw plaats")
    );
    assert_eq!(
        house.state().await.last,
        Some((CallOutcome::Answered, None))
    );
}

#[tokio::test]
async fn a_document_is_asked_about_once_and_keeps_what_was_told() {
    let house = House::open();
    let id = house.letter(NOTA).await;
    let model = Scripted::that([Ok(filled(&right()))]);
    let mut worker = house.worker(&model);
    turns(&mut worker).await;
    let told = house.extraction(id).await;
    assert_eq!(told.obligations.len(), 1);
    // Understood once more, as after an update: the same, and nobody is asked.
    let again = house
        .understanding
        .again(None, true)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(again.changes, <[String; 0]>::default());
    turns(&mut worker).await;
    assert_eq!(house.extraction(id).await, told);
    assert_eq!(model.count(), 1);
    // Read anew, as after a try again: what was told of the old pages is no longer known.
    let retry = move |tx: &WriteTx<'_>| workmate::store::documents::retry(tx, id);
    house
        .store()
        .write(Caller::house("test", "web"), retry)
        .await
        .unwrap();
    house.read(id, NOTA).await;
    assert_eq!(house.extraction(id).await.obligations, []);
    turns(&mut worker).await;
    assert_eq!(model.count(), 2);
    assert_eq!(house.extraction(id).await.obligations.len(), 1);
}

#[tokio::test]
async fn what_a_person_said_is_neither_asked_nor_overwritten() {
    let house = House::open();
    let id = house.letter(NOTA).await;
    let correction = |field, value| Correction {
        field,
        name: String::new(),
        value: Some(value),
    };
    let said = [correction(Field::Kind, Claim::Kind(Kind::Letter))];
    let correct = move |tx: &WriteTx<'_>| findings::correct(tx, id, None, &said);
    house
        .store()
        .write(Caller::house("anna", "web"), correct)
        .await
        .unwrap();
    let model = Scripted::that([Ok(filled(&right()))]);
    turns(&mut house.worker(&model)).await;
    let asked = model.asked.lock().unwrap()[0].user.clone();
    assert!(
        !asked.contains("- kind:") && asked.contains("- payable:"),
        "{asked}"
    );
    let letter = house.extraction(id).await;
    assert_eq!(letter.kind(), Some(Kind::Letter));
    assert_eq!(letter.finding(Field::Kind).unwrap().by, ClaimedBy::Person);
}

#[tokio::test]
async fn what_fails_is_tried_later_and_not_for_ever() {
    let house = House::open();
    let id = house.letter(NOTA).await;
    let model = Scripted::that([broken()]);
    let mut worker = house.worker(&model);
    let mut tries = Vec::new();
    for minute in 0..180 {
        let before = model.count();
        turns(&mut worker).await;
        if model.count() > before {
            tries.push(minute);
        }
        house.pass(60);
    }
    assert_eq!(tries, [0, 1, 5, 21], "after one minute, four and sixteen");
    assert_eq!(house.state().await.waiting, 0);
    assert_eq!(house.journaled(id).await.len(), 4);
    let reason = Some("the server failed".to_owned());
    assert_eq!(
        house.state().await.last,
        Some((CallOutcome::Broken, reason))
    );
}

#[tokio::test]
async fn one_bad_letter_does_not_hold_up_the_others() {
    let house = House::open();
    let good = house.letter(NOTA).await;
    let bad = house.letter(&format!("{NOTA}\nen nog iets")).await;
    // The newest is asked about first.
    let model = Scripted::that([broken(), Ok(filled(&right()))]);
    let mut worker = house.worker(&model);
    let paused = turns(&mut worker).await;
    assert_eq!(paused, Turn::Until("2026-01-20T09:00:30Z".parse().unwrap()));
    house.pass(30);
    turns(&mut worker).await;
    assert_eq!(house.extraction(good).await.obligations.len(), 1);
    assert_eq!(house.extraction(bad).await.obligations, []);
    house.pass(40);
    turns(&mut worker).await;
    assert_eq!(house.extraction(bad).await.obligations.len(), 1);
}

#[tokio::test]
async fn a_server_that_is_away_costs_no_letter_its_tries() {
    let house = House::open();
    let id = house.letter(NOTA).await;
    let reason = "the server cannot be reached".to_owned();
    let away = Err(AskError::Away { reason });
    let model = Scripted::that([away]);
    let mut worker = house.worker(&model);
    for _ in 0..48 {
        turns(&mut worker).await;
        house.pass(30 * 60);
    }
    assert!(
        (20..=32).contains(&model.count()),
        "{} calls in a day",
        model.count()
    );
    assert_eq!(house.state().await.waiting, 1);
    assert_eq!(house.journaled(id).await, <[Value; 0]>::default());
    let back = Scripted::that([Ok(filled(&right()))]);
    // A restart does not wait.
    turns(&mut house.worker(&back)).await;
    assert_eq!(house.extraction(id).await.obligations.len(), 1);
}

#[tokio::test]
async fn what_is_refused_is_not_asked_again_for_an_hour() {
    let house = House::open();
    house.letter(NOTA).await;
    house.letter(&format!("{NOTA}\nen nog iets")).await;
    let reason = "the server does not know the model".to_owned();
    let model = Scripted::that([Err(AskError::Refused { reason }), Ok(filled(&right()))]);
    let mut worker = house.worker(&model);
    for _ in 0..59 {
        turns(&mut worker).await;
        house.pass(60);
    }
    assert_eq!(model.count(), 1);
    house.pass(60);
    turns(&mut worker).await;
    assert_eq!(model.count(), 3);
    assert_eq!(house.state().await.waiting, 0);
}

#[tokio::test]
async fn nonsense_is_asked_for_once() {
    let house = House::open();
    let id = house.letter(NOTA).await;
    let before = house.extraction(id).await;
    let model = Scripted::that([Ok(said("I think that you should pay."))]);
    let mut worker = house.worker(&model);
    for _ in 0..5 {
        turns(&mut worker).await;
        house.pass(3600);
    }
    assert_eq!(model.count(), 1);
    assert_eq!(house.extraction(id).await, before);
    let journaled = house.journaled(id).await;
    assert_eq!(journaled[0]["taken"], serde_json::json!([]));
    assert_eq!(
        journaled[0]["thrown"][0],
        serde_json::json!(["kind", "unreadable"])
    );
}

#[tokio::test]
async fn a_call_that_was_cut_off_with_the_daemon_counts_as_a_try() {
    let house = House::open();
    let id = house.letter(NOTA).await;
    for lost in 1..=4 {
        let begin = move |tx: &WriteTx<'_>| counsel::begin(tx, id, "scripted", 700);
        let call = house
            .store()
            .write(Caller::worker("ask_model"), begin)
            .await;
        assert!(call.unwrap().is_some(), "try {lost}");
        // The daemon is killed here; the next one tidies up.
        let tidy = house
            .store()
            .write(Caller::worker("ask_model"), counsel::close_lost);
        tidy.await.unwrap();
        assert_eq!(house.journaled(id).await.len(), lost);
        house.pass(3600);
    }
    let model = Scripted::that([Ok(filled(&right()))]);
    turns(&mut house.worker(&model)).await;
    assert_eq!(model.count(), 0, "a letter that ends the daemon is let be");
    assert_eq!(house.journaled(id).await[0]["outcome"], "lost");
}

#[tokio::test]
async fn what_lies_in_the_trash_is_shown_to_nobody() {
    let house = House::open();
    let id = house.letter(NOTA).await;
    let delete = move |tx: &WriteTx<'_>| trash::delete(tx, id, None);
    house
        .store()
        .write(Caller::house("anna", "web"), delete)
        .await
        .unwrap();
    let model = Scripted::that([Ok(filled(&right()))]);
    turns(&mut house.worker(&model)).await;
    assert_eq!(model.count(), 0);
}

#[tokio::test]
async fn a_server_that_counts_more_tokens_is_shown_less_next_time() {
    let house = House::open();
    let long = |end: &str| {
        let filler = "Regel met algemene opmerkingen zonder enig belang\n".repeat(200);
        format!("{NOTA}\n{filler}\n{end}")
    };
    house.letter(&long("a")).await;
    house.letter(&long("b")).await;
    let mut reply = said(&right().to_string());
    reply.tokens_in = Some(5400);
    let model = Scripted::that([Ok(reply)]);
    turns(&mut house.worker(&model)).await;
    let asked = model.asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 2);
    assert!(asked[0].tokens <= 4096 - 400);
    let scale = 5400.0 / f64::from(asked[0].tokens);
    assert!(
        f64::from(asked[1].tokens) * scale <= 4096.0,
        "{}",
        asked[1].tokens
    );
    for prompt in &asked {
        assert!(
            prompt.user.contains("uiterlijk op 04-02-2026"),
            "cut by what lines say"
        );
        assert!(prompt.user.contains("[…]"));
    }
}
