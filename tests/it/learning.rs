//! What the house learns of how a sender lays out letters, for whom letters are, and why it says what
//! it says: the real program, from one correction to the next letters.

use std::time::Duration;

use serde_json::{Value, json};
use workmate::domain::clock::Clock;
use workmate::store::{Caller, Store, WriteTx, people};

use super::daemon::Daemon;
use crate::process::eventually;

const PATIENCE: Duration = Duration::from_mins(1);

/// A bill whose days and sums stand under words that nobody else uses for them.
struct Bill {
    from: &'static str,
    iban: &'static str,
    /// `02.03.2026`
    issued: &'static str,
    shipped: &'static str,
    credited: &'static str,
    rest: &'static str,
    number: &'static str,
    /// Lines by which all is moved down.
    moved: usize,
}

const FIRST: Bill = Bill {
    from: "Bürohaus Kranz GmbH",
    iban: "DE89370400440532013000",
    issued: "02.03.2026",
    shipped: "04.03.2026",
    credited: "25.03.2026",
    rest: "80,00",
    number: "BK-4711/26",
    moved: 0,
};
const SECOND: Bill = Bill {
    issued: "07.04.2026",
    shipped: "09.04.2026",
    credited: "27.04.2026",
    rest: "61,50",
    number: "BK-5120/26",
    moved: 1,
    ..FIRST
};
const THIRD: Bill = Bill {
    issued: "11.05.2026",
    shipped: "12.05.2026",
    credited: "29.05.2026",
    rest: "79,99",
    number: "BK-6003/26",
    moved: 2,
    ..FIRST
};
const STRANGERS: Bill = Bill {
    from: "Wasserverband Au GmbH",
    iban: "DE02120300000000202051",
    issued: "01.06.2026",
    shipped: "03.06.2026",
    number: "W-88/26",
    ..FIRST
};

impl Bill {
    fn bytes(&self) -> Vec<u8> {
        let (from, iban, moved) = (self.from, self.iban, "\n".repeat(self.moved));
        let (issued, shipped, credited) = (self.issued, self.shipped, self.credited);
        let (rest, number) = (self.rest, self.number);
        format!(
            "{from}\n\nHerrn\nBen Sommer\nKastanienweg 12\n38999 Lindental\n{moved}\n\
             Versandt              {shipped}\nAngelegt              {issued}\n\
             Kennung               {number}\n\nRechnung\n\nSehr geehrter Herr Sommer,\n\n\
             für unsere Lieferung berechnen wir:\n\nPapier                          40,00 EUR\n\
             Gesamtbetrag                    84,20 EUR\n\
             abzüglich Treuebonus             4,20 EUR\nVerbleiben                      {rest} EUR\n\n\
             Zahlbar innerhalb von 14 Tagen nach Rechnungsdatum auf das Konto\nIBAN {iban}.\n\n\
             Gutgeschrieben        {credited}\n\nFreundliche Grüße\n"
        )
        .into_bytes()
    }
}

/// A daemon with Anna and Ben Sommer; their tokens.
async fn household() -> (Daemon, [String; 2]) {
    let mut daemon = Daemon::prepare(&[]);
    let store = Store::open(daemon.data(), Clock::System).unwrap();
    for name in ["Anna Sommer", "Ben Sommer"] {
        let add = move |tx: &WriteTx<'_>| people::create(tx, name, "-", None);
        let caller = Caller::house("test", "command");
        store.write(caller, add).await.unwrap();
    }
    store.close();
    drop(store);
    let token = |name: &str| {
        let arguments = ["token", "create", name, "--person", name];
        daemon.command(&arguments).unwrap()
    };
    let tokens = [token("Anna Sommer"), token("Ben Sommer")];
    daemon.start().await;
    (daemon, tokens)
}

/// Takes a letter in and waits until `count` are understood; its id.
async fn take(daemon: &Daemon, bill: &Bill, count: usize) -> String {
    let id = daemon.upload("bill.txt", bill.bytes()).await.unwrap();
    daemon.finished(count, PATIENCE).await;
    id
}

async fn document(daemon: &Daemon, id: &str) -> Value {
    daemon.get(&format!("documents/{id}")).await.unwrap()
}

/// The claim about a field, or the reference of that name.
fn claim<'a>(document: &'a Value, name: &str) -> &'a Value {
    let findings = document["findings"].as_array().unwrap();
    let found = findings
        .iter()
        .find(|it| it["field"] == name || it["name"] == name);
    found.unwrap_or(&Value::Null)
}

fn payable(document: &Value) -> &Value {
    &claim(document, "payable")["value"]["amount"]
}

async fn correct(daemon: &mut Daemon, token: &str, id: &str, findings: Value) {
    let own = std::mem::replace(&mut daemon.token, token.to_owned());
    let change = json!({"findings": findings});
    daemon.patch(&format!("documents/{id}"), &change).await;
    daemon.token = own;
}

#[tokio::test]
async fn after_one_correction_the_next_two_letters_of_that_layout_are_right() {
    let (mut daemon, [anna, _]) = household().await;
    let first = take(&daemon, &FIRST, 1).await;
    let before = document(&daemon, &first).await;
    assert_eq!(
        before["issue_date"], "2026-03-04",
        "there is something to learn"
    );
    assert_eq!(payable(&before), "84.20");
    assert_eq!(claim(&before, "file_number"), &Value::Null);
    let right = json!([
        {"field": "issue_date", "value": "2026-03-02"},
        {"field": "payable", "value": "80.00 EUR"},
        {"field": "reference", "name": "file_number", "value": "BK-4711/26"},
    ]);
    correct(&mut daemon, &anna, &first, right).await;
    let letters = [
        (&SECOND, "2026-04-07", "61.50", "2026-04-21"),
        (&THIRD, "2026-05-11", "79.99", "2026-05-25"),
    ];
    for (count, (bill, issued, rest, due)) in (2..).zip(letters) {
        let id = take(&daemon, bill, count).await;
        let document = document(&daemon, &id).await;
        assert_eq!(document["issue_date"], issued, "{document:#}");
        assert_eq!(payable(&document), rest);
        assert_eq!(claim(&document, "file_number")["value"], bill.number);
        for (name, words) in [
            ("issue_date", bill.issued),
            ("payable", bill.rest),
            ("file_number", bill.number),
        ] {
            let claim = claim(&document, name);
            let text = claim["evidence"]["text"].as_str().unwrap();
            assert!(text.contains(words), "{claim:#}");
            let why = claim["why"].as_str().unwrap();
            assert!(why.starts_with("As corrected by Anna Sommer on "), "{why}");
        }
        // What follows from them is counted from them.
        let duty = &document["obligations"][0];
        assert_eq!((&duty["due"], &duty["amount"]), (&json!(due), &json!(rest)));
    }
    let stranger = take(&daemon, &STRANGERS, 4).await;
    let stranger = document(&daemon, &stranger).await;
    assert_eq!(
        stranger["issue_date"], "2026-06-03",
        "another sender's is as it was"
    );
    assert_eq!(payable(&stranger), "84.20");
    assert_eq!(claim(&stranger, "file_number"), &Value::Null);

    let parties = daemon.get("parties").await.unwrap();
    let parties = parties["parties"].as_array().unwrap().iter();
    let examples = parties.flat_map(|it| it["examples"].as_array().unwrap());
    let examples: Vec<&Value> = examples.collect();
    assert_eq!(examples.len(), 3, "{examples:#?}");
    let shown = examples.iter().find(|it| it["role"] == "payable").unwrap();
    assert_eq!(shown["label"], "Verbleiben");
    assert_eq!(shown["instead_of"], "Gesamtbetrag");
    let path = format!("examples/{}", shown["id"].as_str().unwrap());
    assert_eq!(daemon.delete(&path).await, 204);
    let bill = Bill {
        rest: "55,00",
        ..SECOND
    };
    let fourth = take(&daemon, &bill, 5).await;
    let fourth = document(&daemon, &fourth).await;
    assert_eq!(payable(&fourth), "84.20", "what is forgotten holds no more");
    assert_eq!(fourth["issue_date"], "2026-04-07", "the rest does");
    daemon.stop().await;
}

#[tokio::test]
async fn of_two_peoples_corrections_the_later_holds_and_rewrites_nothing() {
    let (mut daemon, [anna, ben]) = household().await;
    let first = take(&daemon, &FIRST, 1).await;
    let right = json!([{"field": "payable", "value": "80.00 EUR"}]);
    correct(&mut daemon, &anna, &first, right).await;
    let second = take(&daemon, &SECOND, 2).await;
    assert_eq!(payable(&document(&daemon, &second).await), "61.50");
    let right = json!([{"field": "payable", "value": "40.00 EUR"}]);
    correct(&mut daemon, &ben, &second, right).await;
    let third = take(&daemon, &THIRD, 3).await;
    let third = document(&daemon, &third).await;
    assert_eq!(payable(&third), "40.00");
    let why = claim(&third, "payable")["why"].as_str().unwrap();
    assert!(why.starts_with("As corrected by Ben Sommer"), "{why}");
    daemon.command(&["understand", "--all", "--apply"]).unwrap();
    let first = document(&daemon, &first).await;
    assert_eq!(payable(&first), "80.00", "what Anna said stays");
    assert_eq!(claim(&first, "payable")["by"], "person");
    daemon.stop().await;
}

#[tokio::test]
async fn a_due_day_that_a_person_moved_is_found_in_the_next_letter() {
    let (mut daemon, _) = household().await;
    let first = take(&daemon, &FIRST, 1).await;
    let task = daemon.open_tasks(1, PATIENCE).await.remove(0);
    assert_eq!(task["due"], "2026-03-18", "{task:#}");
    let path = format!("tasks/{}", task["id"].as_str().unwrap());
    daemon.patch(&path, &json!({"due": "2026-03-25"})).await;
    let second = take(&daemon, &SECOND, 2).await;
    let second = document(&daemon, &second).await;
    let duty = &second["obligations"][0];
    assert_eq!(duty["due"], "2026-04-27", "{second:#}");
    assert!(
        duty["evidence"]["text"]
            .as_str()
            .unwrap()
            .contains("27.04.2026")
    );
    let first = document(&daemon, &first).await;
    assert_eq!(
        first["obligations"][0]["due"], "2026-03-18",
        "as it was read"
    );
    daemon.stop().await;
}

/// Forgets the only lesson there is, and says which role it was of.
async fn forget_only_lesson(daemon: &Daemon) -> Value {
    let parties = daemon.get("parties").await.unwrap();
    let parties = parties["parties"].as_array().unwrap().iter();
    let examples = parties.flat_map(|it| it["examples"].as_array().unwrap());
    let examples: Vec<&Value> = examples.collect();
    let [only] = examples.as_slice() else {
        panic!("{examples:#?}");
    };
    let path = format!("examples/{}", only["id"].as_str().unwrap());
    assert_eq!(daemon.delete(&path).await, 204);
    (*only).clone()
}

#[tokio::test]
async fn a_due_day_that_a_person_took_away_is_not_found_in_the_next_letter() {
    let (mut daemon, _) = household().await;
    let first = take(&daemon, &FIRST, 1).await;
    let task = daemon.open_tasks(1, PATIENCE).await.remove(0);
    let path = format!("tasks/{}", task["id"].as_str().unwrap());
    daemon.patch(&path, &json!({"due": null})).await;
    let second = take(&daemon, &SECOND, 2).await;
    let second = document(&daemon, &second).await;
    assert_eq!(second["obligations"], json!([]), "{second:#}");
    assert_eq!(payable(&second), "84.20", "the rest is as it was");
    let first = document(&daemon, &first).await;
    assert_eq!(
        first["obligations"][0]["due"], "2026-03-18",
        "as it was read"
    );
    let lesson = forget_only_lesson(&daemon).await;
    assert_eq!(
        (&lesson["role"], &lesson["is_absent"]),
        (&json!("due"), &json!(true))
    );
    let third = take(&daemon, &THIRD, 3).await;
    let third = document(&daemon, &third).await;
    assert_eq!(third["obligations"][0]["due"], "2026-05-26", "forgotten");
    daemon.stop().await;
}

#[tokio::test]
async fn a_task_with_nothing_to_do_comes_from_no_letter_like_it_until_it_is_opened_again() {
    let (mut daemon, _) = household().await;
    take(&daemon, &FIRST, 1).await;
    let task = daemon.open_tasks(1, PATIENCE).await.remove(0);
    let path = format!("tasks/{}?nothing_to_do=true", task["id"].as_str().unwrap());
    assert_eq!(daemon.delete(&path).await, 200);
    let second = take(&daemon, &SECOND, 2).await;
    let second = document(&daemon, &second).await;
    assert_eq!(second["obligations"], json!([]), "{second:#}");
    let stranger = take(&daemon, &STRANGERS, 3).await;
    let stranger = document(&daemon, &stranger).await;
    assert_eq!(stranger["obligations"][0]["due"], "2026-06-17");
    let again = json!({"tasks": [task["id"]]});
    daemon.send("tasks/reopen", &again).await;
    let third = take(&daemon, &THIRD, 4).await;
    let third = document(&daemon, &third).await;
    assert_eq!(third["obligations"][0]["due"], "2026-05-26", "{third:#}");
    daemon.stop().await;
}

#[tokio::test]
async fn what_a_person_said_is_not_to_be_paid_is_silent_in_the_next_letter() {
    let (mut daemon, [anna, _]) = household().await;
    let first = take(&daemon, &FIRST, 1).await;
    let nothing = json!([{"field": "payable", "value": null}]);
    correct(&mut daemon, &anna, &first, nothing).await;
    let second = take(&daemon, &SECOND, 2).await;
    let found = document(&daemon, &second).await;
    assert_eq!(claim(&found, "payable"), &Value::Null, "{found:#}");
    assert_eq!(found["obligations"], json!([]));
    assert_eq!(found["questions"], json!([]));
    let stranger = take(&daemon, &STRANGERS, 3).await;
    let stranger = document(&daemon, &stranger).await;
    assert_eq!(payable(&stranger), "84.20", "another sender's is as it was");
    // What she says of this one holds for it, and for those to come.
    let sum = json!([{"field": "payable", "value": "61.50 EUR"}]);
    correct(&mut daemon, &anna, &second, sum).await;
    let lesson = forget_only_lesson(&daemon).await;
    assert_eq!(lesson["is_absent"], false, "what was said last holds");
    daemon.command(&["understand", "--all", "--apply"]).unwrap();
    assert_eq!(payable(&document(&daemon, &second).await), "61.50");
    assert_eq!(
        claim(&document(&daemon, &first).await, "payable"),
        &Value::Null
    );
    daemon.stop().await;
}

/// A letter that states a sum and a day, and asks for nothing in words.
fn levy(day: &str, sum: &str) -> Vec<u8> {
    format!(
        "Siedlerverein Lindental e.V.\n\nHerrn\nBen Sommer\nKastanienweg 12\n38999 Lindental\n\n\
         02.03.2026\n\nUmlage Wegebau\n\nLieber Ben,\n\nder Vorstand hat die Umlage beschlossen.\n\n\
         Anteil Flurstück 7       {sum} EUR\nValuta                   {day}\n\n\
         Herzliche Grüße\nDer Vorstand\n"
    )
    .into_bytes()
}

#[tokio::test]
async fn a_payment_that_a_person_had_to_add_is_found_in_the_next_letter() {
    let (mut daemon, _) = household().await;
    let first = daemon.upload("levy.txt", levy("30.03.2026", "45,00")).await;
    let first = first.unwrap();
    daemon.finished(1, PATIENCE).await;
    let before = document(&daemon, &first).await;
    assert_eq!(
        before["obligations"],
        json!([]),
        "there is something to learn"
    );
    let task = json!({"title": "Umlage", "due": "2026-03-30", "documents": [first],
        "money": {"amount": "45.00", "currency": "EUR"}});
    daemon.send("tasks", &task).await;
    let second = daemon.upload("levy.txt", levy("29.06.2026", "52,50")).await;
    daemon.finished(2, PATIENCE).await;
    let second = document(&daemon, &second.unwrap()).await;
    let duty = &second["obligations"][0];
    let found = (&duty["action"], &duty["due"], &duty["amount"]);
    let expected = (json!("pay"), json!("2026-06-29"), json!("52.50"));
    assert_eq!(found, (&expected.0, &expected.1, &expected.2), "{second:#}");
    daemon.stop().await;
}

#[tokio::test]
async fn tasks_are_proposed_for_whom_the_letter_is() {
    let (mut daemon, [anna, _]) = household().await;
    let id = take(&daemon, &FIRST, 1).await;
    let task = daemon.open_tasks(1, PATIENCE).await.remove(0);
    let found = document(&daemon, &id).await;
    let recipient = claim(&found, "recipient");
    assert_eq!(recipient["value"], "Ben Sommer");
    assert_eq!(recipient["evidence"]["text"], "Ben Sommer");
    assert_eq!(recipient["why"], "Stands in the address field");
    let people = async |daemon: &Daemon| {
        let tasks = daemon.open_tasks(1, PATIENCE).await;
        tasks[0]["assignees"].clone()
    };
    let ben = people(&daemon).await;
    assert_eq!(ben.as_array().unwrap().len(), 1, "{task:#}");
    // Anna sees it as before, and says that it is hers.
    let own = std::mem::replace(&mut daemon.token, anna.clone());
    assert_ne!(people(&daemon).await, json!([]));
    daemon.token = own;
    let hers = json!([{"field": "recipient", "value": "Sommer, Anna"}]);
    correct(&mut daemon, &anna, &id, hers).await;
    let changed = eventually("the task follows", PATIENCE, || async {
        let now = people(&daemon).await;
        (now != ben).then_some(now)
    })
    .await;
    assert_eq!(changed.as_array().unwrap().len(), 1, "{changed}");
    // Whom a person chose stays, whatever the document says then.
    let path = format!("tasks/{}", task["id"].as_str().unwrap());
    daemon.patch(&path, &json!({"assignees": []})).await;
    let his = json!([{"field": "recipient", "value": "Ben Sommer"},
                     {"field": "payable", "value": "70.00 EUR"}]);
    correct(&mut daemon, &anna, &id, his).await;
    eventually("the task follows", PATIENCE, || async {
        let tasks = daemon.open_tasks(1, PATIENCE).await;
        (tasks[0]["amount"] == "70.00").then_some(())
    })
    .await;
    assert_eq!(people(&daemon).await, json!([]));
    daemon.stop().await;
}

#[test]
fn everything_that_is_read_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("bill.txt");
    std::fs::write(&file, FIRST.bytes()).unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_workmate"))
        .args(["read", "--json", "--received-on", "2026-03-10"])
        .arg(&file)
        .output()
        .unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = answer["findings"].as_array().unwrap();
    assert!(findings.len() > 5, "{findings:#?}");
    for finding in findings {
        assert!(!finding["why"].as_str().unwrap().is_empty(), "{finding}");
    }
    let why = |field: &str| {
        let finding = findings.iter().find(|it| it["field"] == field).unwrap();
        finding["why"].as_str().unwrap()
    };
    assert_eq!(why("iban"), "The check digits are right");
    assert_eq!(why("payable"), "Stands right of the words “Gesamtbetrag”");
    assert_eq!(why("issue_date"), "Stands right of the words “Versandt”");
    assert_eq!(why("sender"), "Stands in the letterhead");
    assert_eq!(why("recipient"), "Stands in the address field");
}
