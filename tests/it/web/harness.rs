//! A web over a store of its own, on a port of its own, with a clock by hand.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use jiff::Timestamp;
use reqwest::header::{HeaderMap, SET_COOKIE};
use reqwest::multipart::{Form, Part};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value as Json;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use workmate::domain::clock::Clock;
use workmate::domain::delivery::ChannelName;
use workmate::domain::document::{MediaType, Page, PageSource, Reading, Word};
use workmate::domain::finding::{ClaimedBy, Evidence, Extraction, Field, Finding, Value};
use workmate::domain::id::DocumentId;
use workmate::domain::layout::{Candidate, Sketch, Trace};
use workmate::domain::obligation::{Action, Basis, Obligation};
use workmate::domain::person::{Language, Person};
use workmate::domain::task;
use workmate::domain::value::{Confidence, Currency, Money, Rect};
use workmate::reading::process::{Reader, ReaderSettings};
use workmate::reading::{Limits, Passwords};
use workmate::store::{
    Caller, Store, documents, findings, pages as store_pages, parties, people, tasks,
};
use workmate::web::auth::{password, secret};
use workmate::web::{self, About, BrokerLamp, Household, WebState};
use workmate::work::archive::Archive;
use workmate::work::intake::Intake;
use workmate::work::updates::Updates;
use workmate::work::{Board, Readings, Wake};

/// A password that people of these tests have.
pub const PASSWORD: &str = "correct horse";
/// The largest document, in bytes.
pub const BYTES_MAX: u64 = 100_000;

static INSTALL: std::sync::Once = std::sync::Once::new();

/// The web, running.
pub struct Web {
    pub store: Store,
    pub clock: Clock,
    pub readings: Readings,
    pub state: WebState,
    pub address: String,
    pub client: Client,
    stop: CancellationToken,
    visitors: AtomicU32,
    dir: TempDir,
}

impl Drop for Web {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// A browser after its login.
pub struct Browser {
    pub cookie: String,
    pub csrf: String,
    pub person: Person,
}

impl Web {
    /// Opens a house on a Monday in March.
    pub async fn open() -> Self {
        INSTALL.call_once(|| {
            // Somebody else may have been faster; there is only one provider.
            drop(rustls::crypto::ring::default_provider().install_default());
        });
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(box_of(&dir)).unwrap();
        let clock = Clock::at("2026-03-02T09:00:00Z".parse().unwrap());
        let store = Store::open(dir.path(), clock.clone()).unwrap();
        let (wake, stop) = (Wake::default(), CancellationToken::new());
        let readings = Readings::default();
        let state = WebState {
            intake: Intake::new(store.clone(), wake.clone(), BYTES_MAX),
            archive: Archive::new(
                store.clone(),
                reader(),
                (Limits::default(), Passwords::default()),
            ),
            store: store.clone(),
            wake,
            board: Board::default(),
            readings: readings.clone(),
            household: Household::for_testing(),
            about: About {
                version: "0.0.0".to_owned(),
                engine: "none".to_owned(),
                started_at: clock.now(),
                broker: BrokerLamp::new(|| None),
                home: std::sync::Arc::new(|| None),
                mqtt: workmate::config::Mqtt::default(),
                channels: vec![ChannelName::Mqtt, ChannelName::Mail, ChannelName::Ntfy],
                model: Some("small:1b".to_owned()),
                updates: Some(Updates::new(box_of(&dir), box_of(&dir).join("state"))),
            },
            throttle: web::auth::throttle::Throttle::default(),
            listeners: web::events::Listeners::default(),
            stop: stop.clone(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        #[expect(
            clippy::disallowed_methods,
            reason = "a test has no lifecycle; Drop stops it"
        )]
        drop(tokio::spawn(web::serve(listener, state.clone())));
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        Self {
            store,
            clock,
            readings,
            state,
            address,
            client,
            stop,
            visitors: AtomicU32::new(0),
            dir,
        }
    }

    /// Where an update of the box is laid, and where it stands what becomes of it.
    pub fn updates(&self) -> PathBuf {
        box_of(&self.dir)
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.address))
    }

    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = method.parse().unwrap();
        self.client
            .request(method, format!("{}{path}", self.address))
    }

    /// A person with [`PASSWORD`].
    pub async fn person(&self, name: &'static str) -> Person {
        let hash = password::hash_now(PASSWORD).unwrap();
        let add = move |tx: &workmate::store::WriteTx<'_>| people::create(tx, name, &hash, None);
        self.store
            .write(Caller::house("test", "command"), add)
            .await
            .unwrap()
    }

    /// A person's browser with a session.
    pub async fn browser(&self, name: &'static str) -> Browser {
        let person = self.person(name).await;
        let secret = secret::new_secret();
        let (hash, id, ends) = (
            secret::hash_of(&secret),
            person.id,
            self.now() + jiff::SignedDuration::from_hours(24),
        );
        let open = move |tx: &workmate::store::WriteTx<'_>| {
            people::open_session(tx, hash, id, "the-token", ends)
        };
        self.store
            .write(Caller::person(id, "web"), open)
            .await
            .unwrap();
        let cookie = format!("{}={secret}", web::auth::SESSION_COOKIE);
        Browser {
            cookie,
            csrf: "the-token".to_owned(),
            person,
        }
    }

    /// A program's token; of the household, or of a person.
    pub async fn token(&self, person: Option<&Person>) -> String {
        let token = secret::new_secret();
        let number = self.visitors.fetch_add(1, Ordering::Relaxed);
        let (hash, person) = (secret::hash_of(&token), person.map(|it| it.id));
        let create = move |tx: &workmate::store::WriteTx<'_>| {
            people::create_token(tx, &format!("program {number}"), hash, person)
        };
        self.store
            .write(Caller::house("test", "command"), create)
            .await
            .unwrap();
        token
    }

    /// Sends files as a program does.
    pub fn upload(&self, token: &str, files: &[(&'static str, &'static [u8])]) -> RequestBuilder {
        let mut form = Form::new();
        for (name, bytes) in files {
            form = form.part("file", Part::bytes(*bytes).file_name(*name));
        }
        self.request("POST", "/api/v1/documents")
            .bearer_auth(token)
            .multipart(form)
    }

    /// Reads and understands a document by hand: an invoice of 84,20 € due on 18 March.
    pub async fn understand(&self, id: DocumentId) {
        let reading = Reading::of_pages(MediaType::Text, vec![invoice_page()]);
        let mut extraction = invoice();
        let caller = Caller::worker("understand_documents");
        let understand = move |tx: &workmate::store::WriteTx<'_>| {
            let read = store_pages::keep(tx, id, &reading)?;
            parties::meet(tx, &read, &mut extraction, Language::German)?;
            let document = findings::keep(tx, id, &extraction)?;
            let arrived = jiff::civil::date(2026, 3, 2);
            let (found, household) = (findings::corrected(tx, id)?, people::list(tx)?);
            let derived = task::derive(&found, arrived, Language::German, &household);
            tasks::reconcile(tx, &document, &derived)?;
            assert_eq!(document.stage.pages(), NonZeroU32::new(1));
            documents::by_id(tx, id)
        };
        self.store.write(caller, understand).await.unwrap();
    }
}

impl Browser {
    /// A request of this browser.
    pub fn ask(&self, request: RequestBuilder) -> RequestBuilder {
        request.header("cookie", &self.cookie)
    }

    /// A form of this browser, from our own page.
    pub fn form(&self, web: &Web, path: &str, fields: &[(&str, &str)]) -> RequestBuilder {
        let mut fields = fields.to_vec();
        fields.push(("csrf", &self.csrf));
        let request = web.request("POST", path).header("origin", &web.address);
        self.ask(request)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(encoded(&fields))
    }
}

fn box_of(dir: &TempDir) -> PathBuf {
    dir.path().join("update")
}

/// A reader that is started when it is asked for something.
pub fn reader() -> Reader {
    Reader::new(ReaderSettings {
        program: Some(env!("CARGO_BIN_EXE_workmate-reader").into()),
        workers: 1,
        ..ReaderSettings::default()
    })
}

/// A form's body.
pub fn encoded(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish()
}

pub async fn json(response: Response) -> Json {
    response.json().await.unwrap()
}

/// The cookie that an answer sets, without its attributes.
pub fn cookie_of(headers: &HeaderMap, name: &str) -> Option<String> {
    let values = headers
        .get_all(SET_COOKIE)
        .iter()
        .filter_map(|it| it.to_str().ok());
    let mut pairs = values
        .filter_map(|it| it.split(';').next())
        .map(str::to_owned);
    pairs.find(|it| it.starts_with(&format!("{name}=")))
}

fn invoice_page() -> Page {
    let text = "Bitte überweisen Sie 84,20 € bis zum 18.03.2026";
    let word = |(place, text): (usize, &str)| Word {
        text: text.to_owned(),
        at: Rect {
            x: 60.0 + 40.0 * f32::from(u8::try_from(place).unwrap()),
            y: 400.0,
            w: 38.0,
            h: 14.0,
        },
        confidence: 1.0,
        line: 0,
        block: 0,
    };
    Page {
        number: 1,
        source: PageSource::Text,
        width: 595.0,
        height: 842.0,
        words: text.split(' ').enumerate().map(word).collect(),
    }
}

fn invoice() -> Extraction {
    let evidence = || Evidence {
        page: 1,
        text: "84,20 € bis zum 18.03.2026".to_owned(),
        at: Rect {
            x: 180.0,
            y: 400.0,
            w: 240.0,
            h: 14.0,
        },
    };
    let claim = |field, value| Finding {
        field,
        name: String::new(),
        value,
        confidence: Confidence::new(0.9),
        evidence: Some(evidence()),
        by: ClaimedBy::Rule,
        why: None,
    };
    let euros = Money::new(8420, Currency::EUR);
    Extraction {
        findings: vec![
            claim(Field::Sender, Value::Text("Wasserwerk".to_owned())),
            claim(Field::Payable, Value::Money(euros)),
        ],
        obligations: vec![Obligation {
            action: Action::Pay,
            due: jiff::civil::date(2026, 3, 18),
            due_time: None,
            amount: Some(euros.amount),
            currency: Some(euros.currency),
            optional: false,
            alternatives: Vec::new(),
            safe_due: None,
            basis: Basis::Explicit,
            confidence: Confidence::new(0.9),
            evidence: evidence(),
            why: None,
        }],
        questions: Vec::new(),
        trace: Trace {
            sketch: Sketch::of([("Wasserwerk", Rect::default())].into_iter()),
            candidates: vec![Candidate {
                value: Value::Money(Money::new(9000, Currency::EUR)),
                evidence: evidence(),
                left: "Restbetrag".to_owned(),
                above: String::new(),
            }],
            ..Trace::default()
        },
        ..Extraction::default()
    }
}
