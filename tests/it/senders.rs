//! What the house learns of whoever writes to it: from one correction to the next letter, and about
//! the accounts that money goes to.

use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use workmate::domain::clock::Clock;
use workmate::domain::document::{Kind, OriginKind, Visibility};
use workmate::domain::finding::Value as Claim;
use workmate::domain::finding::{ClaimedBy, Correction, Extraction, Field, Finding};
use workmate::domain::id::DocumentId;
use workmate::domain::layout::Trace;
use workmate::domain::party::Party;
use workmate::domain::person::Language;
use workmate::domain::value::Confidence;
use workmate::store::{Caller, Error, Store, Viewer, WriteTx};
use workmate::store::{documents, findings, journal, pages, parties, people, trash};
use workmate::work::Wake;
use workmate::work::intake::{Incoming, Intake};

use super::daemon::Daemon;

const OURS: &str = "DE89370400440532013000";
const OTHER: &str = "DE02120300000000202051";
const PATIENCE: Duration = Duration::from_mins(1);

struct House {
    _dir: TempDir,
    store: Store,
    intake: Intake,
}

/// A letter as the reader would understand it.
struct Letter {
    text: &'static str,
    sender: &'static str,
    kind: Kind,
    iban: Option<&'static str>,
    /// How sure its sender's name is.
    sureness: f32,
    /// What its letterhead or footer says that is the sender's alone.
    marks: &'static [&'static str],
}

fn claim(field: Field, value: Claim) -> Finding {
    Finding {
        field,
        name: String::new(),
        value,
        confidence: Confidence::new(0.9),
        evidence: None,
        by: ClaimedBy::Rule,
        why: None,
    }
}

impl Letter {
    fn extraction(&self) -> Extraction {
        let iban = self.iban.map(|it| Claim::Iban(it.parse().unwrap()));
        let sender = Claim::Text(self.sender.to_owned());
        let findings = [
            Finding {
                confidence: Confidence::new(self.sureness),
                ..claim(Field::Sender, sender)
            },
            claim(Field::Kind, Claim::Kind(self.kind)),
        ];
        Extraction {
            findings: findings
                .into_iter()
                .chain(iban.map(|it| claim(Field::Iban, it)))
                .collect(),
            trace: Trace {
                marks: self.marks.iter().map(|it| it.parse().unwrap()).collect(),
                ..Trace::default()
            },
            ..Extraction::default()
        }
    }
}

impl House {
    fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::at("2026-03-01T10:00:00Z".parse().unwrap());
        let store = Store::open(dir.path(), clock).unwrap();
        let intake = Intake::new(store.clone(), Wake::default(), 1 << 20);
        Self {
            _dir: dir,
            store,
            intake,
        }
    }

    async fn take(&self, letter: &Letter, visible_to: Visibility) -> (DocumentId, Extraction) {
        let incoming = Incoming {
            bytes: letter.text.as_bytes().to_vec(),
            file_name: "letter.txt".to_owned(),
            way: OriginKind::Upload,
            visible_to,
        };
        let caller = Caller::house("test", "web");
        let accepted = self.intake.accept(caller, incoming).await.unwrap();
        let id = accepted.document().id;
        let reading = serde_json::from_value(json!({
            "media_type": "text/plain", "pages": [], "codes": [], "children": [],
        }));
        let (reading, mut extraction) = (reading.unwrap(), letter.extraction());
        let keep = move |tx: &WriteTx<'_>| {
            let document = pages::keep(tx, id, &reading)?;
            parties::meet(tx, &document, &mut extraction, Language::English)?;
            findings::keep(tx, id, &extraction)?;
            findings::found(tx, id)
        };
        let kept = self.store.write(Caller::worker("test"), keep).await;
        (id, kept.unwrap())
    }

    async fn correct(&self, id: DocumentId, field: Field, value: Claim) {
        let correction = [Correction {
            field,
            name: String::new(),
            value: Some(value),
        }];
        let correct = move |tx: &WriteTx<'_>| findings::correct(tx, id, None, &correction);
        let caller = Caller::house("anna", "web");
        self.store.write(caller, correct).await.unwrap();
    }

    async fn parties(&self, viewer: Viewer) -> Vec<Party> {
        let list = |tx: &workmate::store::ReadTx<'_>| parties::list(tx, 100);
        self.store.read(viewer, list).await.unwrap()
    }
}

const fn bill(text: &'static str, sender: &'static str, iban: &'static str) -> Letter {
    Letter {
        text,
        sender,
        kind: Kind::Invoice,
        iban: Some(iban),
        sureness: 0.9,
        marks: &[],
    }
}

#[tokio::test]
async fn the_next_letters_are_called_as_a_person_called_the_first() {
    let house = House::open();
    let (first, _) = house
        .take(
            &bill("1", "5tadtwerke Lind GmbH", OURS),
            Visibility::Household,
        )
        .await;
    house
        .correct(
            first,
            Field::Sender,
            Claim::Text("Stadtwerke Lindental".to_owned()),
        )
        .await;
    house
        .correct(first, Field::Kind, Claim::Kind(Kind::Contract))
        .await;
    for (text, sender) in [("2", "5tadtwerke Lind"), ("3", "5tadtwerke Linl GmbH")] {
        let (_, found) = house
            .take(&bill(text, sender, OURS), Visibility::Household)
            .await;
        assert_eq!(
            found.text(Field::Sender),
            Some("Stadtwerke Lindental"),
            "{sender}"
        );
        assert_eq!(found.kind(), Some(Kind::Contract));
        assert!(found.questions.is_empty());
    }
    let (_, other) = house
        .take(&bill("4", "Wasserverband", OTHER), Visibility::Household)
        .await;
    assert_eq!(other.text(Field::Sender), Some("Wasserverband"));
    assert_eq!(other.kind(), Some(Kind::Invoice));
    let parties = house.parties(Viewer::House).await;
    let names: Vec<&str> = parties.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["Stadtwerke Lindental", "Wasserverband"]);
    assert!(
        house
            .store
            .read(Viewer::House, journal::verify)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn what_was_said_last_of_a_name_holds() {
    let house = House::open();
    let (first, _) = house
        .take(&bill("1", "Nummer", OURS), Visibility::Household)
        .await;
    house
        .correct(first, Field::Sender, Claim::Text("Malerei Kurz".to_owned()))
        .await;
    let (second, found) = house
        .take(&bill("2", "Nummer", OURS), Visibility::Household)
        .await;
    assert_eq!(found.text(Field::Sender), Some("Malerei Kurz"));
    house
        .correct(
            second,
            Field::Sender,
            Claim::Text("Dachdecker Lang".to_owned()),
        )
        .await;
    let (_, found) = house
        .take(&bill("3", "Nummer", OURS), Visibility::Household)
        .await;
    assert_eq!(found.text(Field::Sender), Some("Dachdecker Lang"));
    let read = move |tx: &workmate::store::ReadTx<'_>| findings::corrected(tx, first);
    let kept = house.store.read(Viewer::House, read).await.unwrap();
    assert_eq!(
        kept.text(Field::Sender),
        Some("Malerei Kurz"),
        "what was said stays"
    );
}

#[tokio::test]
async fn another_account_is_asked_about_until_a_person_says_that_it_is_right() {
    let house = House::open();
    let take = async |text, iban| {
        let letter = bill(text, "Stadtwerke Lindental", iban);
        house.take(&letter, Visibility::Household).await
    };
    let (_, found) = take("1", OURS).await;
    assert!(
        found.questions.is_empty(),
        "the first account is taken as it is"
    );
    let (second, found) = take("2", OTHER).await;
    let question = &found.questions[0];
    assert_eq!(question.finding, Some(Field::Iban));
    for account in ["DE89 3704 0044", "DE02 1203 0000"] {
        assert!(question.text.contains(account), "{}", question.text);
    }
    let (_, found) = take("3", OTHER).await;
    assert_eq!(
        found.questions.len(),
        1,
        "asking once does not make it known"
    );
    house
        .correct(second, Field::Iban, Claim::Iban(OTHER.parse().unwrap()))
        .await;
    let (_, found) = take("4", OTHER).await;
    assert!(found.questions.is_empty(), "{:?}", found.questions);
    let (_, found) = take("5", OURS).await;
    assert!(found.questions.is_empty(), "the old one stays known");
}

#[tokio::test]
async fn who_writes_to_one_person_is_not_told_to_another() {
    let house = House::open();
    let add = |name: &'static str| {
        let add = move |tx: &WriteTx<'_>| people::create(tx, name, "-", None);
        house.store.write(Caller::house("test", "command"), add)
    };
    let (anna, ben) = (add("Anna").await.unwrap().id, add("Ben").await.unwrap().id);
    let hers = Visibility::Persons(vec![anna]);
    house
        .take(&bill("1", "Praxis Dr. Sommer", OURS), hers)
        .await;
    house
        .take(&bill("2", "Stadtwerke", OTHER), Visibility::Household)
        .await;
    let names = async |viewer| {
        let found = house.parties(viewer).await;
        found.into_iter().map(|it| it.name).collect::<Vec<_>>()
    };
    assert_eq!(
        names(Viewer::Person(anna)).await,
        ["Praxis Dr. Sommer", "Stadtwerke"]
    );
    assert_eq!(names(Viewer::Person(ben)).await, ["Stadtwerke"]);
    // The same name in a letter for all is somebody else.
    let (_, found) = house
        .take(
            &bill("3", "Praxis Dr. Sommer", OTHER),
            Visibility::Household,
        )
        .await;
    assert!(found.questions.is_empty(), "{:?}", found.questions);
    let mut known = house.parties(Viewer::Person(anna)).await.into_iter();
    let practice = known.find(|it| it.visible_to != Visibility::Household);
    let practice = practice.unwrap().id;
    let caller = Caller::person(ben, "web");
    let forget = move |tx: &WriteTx<'_>| parties::forget(tx, practice);
    let refused = house.store.write(caller, forget).await;
    assert!(matches!(refused, Err(Error::Missing { .. })), "{refused:?}");
}

/// A letter whose sender's name is read badly, with marks in its footer.
const fn smudged(text: &'static str, marks: &'static [&'static str]) -> Letter {
    Letter {
        text,
        sender: "Sfadtw rke",
        kind: Kind::Invoice,
        iban: None,
        sureness: 0.3,
        marks,
    }
}

const VAT: &str = "DE136695976";
const SITE: &str = "lindental.de";

#[tokio::test]
async fn a_sender_is_told_by_vat_number_and_domain_where_the_name_is_not_sure() {
    let house = House::open();
    let all = || Visibility::Household;
    let unknown = house.take(&smudged("1", &[VAT]), all()).await.1;
    assert_eq!(unknown.text(Field::Sender), Some("Sfadtw rke"));
    let letter = Letter {
        marks: &[VAT, SITE],
        ..bill("2", "Stadtwerke Lindental GmbH", OURS)
    };
    let (named, _) = house.take(&letter, all()).await;
    let met = house.take(&smudged("3", &[VAT]), all()).await.1;
    assert_eq!(
        met.text(Field::Sender),
        Some("Sfadtw rke"),
        "nobody named it"
    );
    let name = Claim::Text("Stadtwerke Lindental".to_owned());
    house.correct(named, Field::Sender, name).await;
    let letters: [(&str, &'static [&str]); 2] = [("4", &[VAT]), ("5", &[SITE])];
    for (text, marks) in letters {
        let (_, found) = house.take(&smudged(text, marks), all()).await;
        assert_eq!(
            found.text(Field::Sender),
            Some("Stadtwerke Lindental"),
            "{text}"
        );
    }
    let parties = house.parties(Viewer::House).await;
    let marks: Vec<String> = parties[0].marks.iter().map(ToString::to_string).collect();
    assert_eq!(marks, [VAT, SITE]);
    // Another one has the same number: from now on it tells neither.
    let letter = Letter {
        marks: &[VAT],
        ..bill("6", "Wasserverband", OTHER)
    };
    let (_, other) = house.take(&letter, all()).await;
    assert_eq!(other.text(Field::Sender), Some("Wasserverband"));
    let (_, found) = house.take(&smudged("7", &[VAT]), all()).await;
    assert_eq!(found.text(Field::Sender), Some("Sfadtw rke"));
    let (_, found) = house.take(&smudged("8", &[VAT, SITE]), all()).await;
    assert_eq!(found.text(Field::Sender), Some("Stadtwerke Lindental"));
}

#[tokio::test]
async fn the_marks_of_one_persons_letters_tell_nothing_in_anothers() {
    let house = House::open();
    let add = |tx: &WriteTx<'_>| people::create(tx, "Anna", "-", None);
    let anna = house.store.write(Caller::house("test", "command"), add);
    let hers = Visibility::Persons(vec![anna.await.unwrap().id]);
    let letter = Letter {
        marks: &[VAT],
        ..bill("1", "Praxis Sommer", OURS)
    };
    let (first, _) = house.take(&letter, hers.clone()).await;
    let name = Claim::Text("Praxis Dr. Sommer".to_owned());
    house.correct(first, Field::Sender, name).await;
    let (_, other) = house
        .take(&smudged("2", &[VAT]), Visibility::Household)
        .await;
    assert_eq!(other.text(Field::Sender), Some("Sfadtw rke"));
    let (_, own) = house.take(&smudged("3", &[VAT]), hers).await;
    assert_eq!(own.text(Field::Sender), Some("Praxis Dr. Sommer"));
}

#[tokio::test]
async fn whoever_wrote_only_what_is_erased_is_forgotten() {
    let house = House::open();
    let (id, _) = house
        .take(&bill("1", "Stadtwerke", OURS), Visibility::Household)
        .await;
    assert_eq!(house.parties(Viewer::House).await.len(), 1);
    let store = house.store.clone();
    let erase = move |tx: &WriteTx<'_>| {
        let document = documents::by_id(tx, id)?;
        trash::erase(tx, &document, store.blobs())
    };
    house
        .store
        .write(Caller::worker("test"), erase)
        .await
        .unwrap();
    assert!(house.parties(Viewer::House).await.is_empty());
}

fn letter(number: u32, iban: &str) -> Vec<u8> {
    format!(
        "Ideen aus Papier\n\nHerrn\nBen Sommer\nKastanienweg 12\n38999 Lindental\n\n\
         Lindental, den {number}. März 2026\n\nRechnung Nr. RE-2026-10{number}\n\n\
         Sehr geehrter Herr Sommer,\n\nfür unsere Lieferung berechnen wir Ihnen {number}4,20 Euro.\n\
         Bitte überweisen Sie den Betrag bis zum 2{number}.03.2026 auf das Konto\nIBAN {iban}.\n\n\
         Freundliche Grüße\n"
    )
    .into_bytes()
}

#[tokio::test]
async fn after_one_correction_the_next_two_letters_of_that_sender_are_right() {
    let mut daemon = Daemon::prepare(&[]);
    daemon.start().await;
    let sender = |document: &Value| document["sender"].as_str().unwrap_or("").to_owned();
    let first = daemon.upload("1.txt", letter(1, OURS)).await.unwrap();
    daemon.finished(1, PATIENCE).await;
    let before = daemon.get(&format!("documents/{first}")).await.unwrap();
    assert_ne!(
        sender(&before),
        "Bürohaus Kranz",
        "there is something to learn"
    );
    let correction = json!({"findings": [{"field": "sender", "value": "Bürohaus Kranz"}]});
    daemon
        .patch(&format!("documents/{first}"), &correction)
        .await;
    for (number, iban) in [(2, OURS), (3, OTHER)] {
        let id = daemon.upload("2.txt", letter(number, iban)).await.unwrap();
        daemon
            .finished(usize::try_from(number).unwrap(), PATIENCE)
            .await;
        let document = daemon.get(&format!("documents/{id}")).await.unwrap();
        assert_eq!(sender(&document), "Bürohaus Kranz", "{document:#}");
        let asks = document["questions"].to_string().contains("DE89 3704");
        assert_eq!(asks, iban == OTHER, "{}", document["questions"]);
    }
    let parties = daemon.get("parties").await.unwrap();
    let party = &parties["parties"][0];
    assert_eq!(
        (&party["name"], &party["documents"]),
        (&json!("Bürohaus Kranz"), &json!(3))
    );
    let id = party["id"].as_str().unwrap();
    assert_eq!(daemon.delete(&format!("parties/{id}")).await, 204);
    assert_eq!(daemon.get("parties").await.unwrap()["parties"], json!([]));
    daemon.stop().await;
}

#[tokio::test]
async fn what_is_there_already_is_understood_once_more_with_what_was_learned() {
    let mut daemon = Daemon::prepare(&[]);
    daemon.start().await;
    let first = daemon.upload("1.txt", letter(1, OURS)).await.unwrap();
    let second = daemon.upload("2.txt", letter(2, OURS)).await.unwrap();
    daemon.finished(2, PATIENCE).await;
    let nothing = daemon.command(&["understand", "--all"]).unwrap();
    assert!(
        nothing.contains("2 documents understood once more, 0 would change"),
        "{nothing}"
    );
    let correction = json!({"findings": [{"field": "sender", "value": "Bürohaus Kranz"}]});
    daemon
        .patch(&format!("documents/{first}"), &correction)
        .await;
    let told = daemon.command(&["understand", "--all"]).unwrap();
    assert!(
        told.contains(&second) && told.contains("→ Bürohaus Kranz"),
        "{told}"
    );
    let sender = async |daemon: &Daemon, id: &str| {
        let document = daemon.get(&format!("documents/{id}")).await.unwrap();
        document["sender"].as_str().unwrap_or("").to_owned()
    };
    assert_ne!(
        sender(&daemon, &second).await,
        "Bürohaus Kranz",
        "it was only said"
    );
    let kept = daemon.command(&["understand", "--all", "--apply"]).unwrap();
    assert!(kept.contains("changed"), "{kept}");
    for id in [&first, &second] {
        assert_eq!(sender(&daemon, id).await, "Bürohaus Kranz");
    }
    daemon.stop().await;
    // The same without a daemon, and from the middle on.
    let rest = daemon
        .command(&["understand", "--all", "--after", &first])
        .unwrap();
    assert!(
        rest.contains("1 documents understood once more, 0 would change"),
        "{rest}"
    );
    let wrong = daemon
        .command(&["understand", "--all", "--after", "x"])
        .unwrap_err();
    assert!(wrong.contains("26 letters"), "{wrong}");
}
