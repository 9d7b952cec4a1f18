//! Documents inside documents: papers attached to a mail, and the letters of a stack of scans.

mod kept;

use std::collections::BTreeSet;
use std::time::Duration;

use data_encoding::BASE64_MIME;
use jiff::ToSpan;
use serde_json::{Value, json};

use crate::daemon::Daemon;
use crate::process::eventually;
use crate::scans;

const PATIENCE: Duration = Duration::from_mins(2);

/// A mail that speaks of a bill, with the bill attached.
fn mail_with_bill(subject: &str, bill: &[u8]) -> Vec<u8> {
    let now = workmate::domain::clock::Clock::System.now();
    let today = now.to_zoned(jiff::tz::TimeZone::system()).date();
    let due = (today + 7.days()).strftime("%d.%m.%Y");
    format!(
        "From: Wasserwerke Lindental <post@wasser.example>\r\nTo: anna@home.example\r\n\
         Subject: {subject}\r\nDate: Mon, 2 Mar 2026 09:00:00 +0100\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\nSehr geehrte Frau Sommer,\r\n\
         anbei erhalten Sie unsere Rechnung.\r\n\r\nRechnungsbetrag: 84,20 EUR\r\n\
         Bitte zahlen Sie den Rechnungsbetrag bis zum {due}.\r\n--x\r\n\
         Content-Type: application/pdf; name=Rechnung.pdf\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename=\"Rechnung.pdf\"\r\n\r\n{}\r\n--x--\r\n",
        BASE64_MIME.encode(bill)
    )
    .into_bytes()
}

async fn one(daemon: &Daemon, id: &str) -> Value {
    daemon.get(&format!("documents/{id}")).await.unwrap()
}

/// The document once its tasks are derived.
async fn with_tasks(daemon: &Daemon, id: &str) -> Value {
    eventually("it has a task", PATIENCE, || async {
        let one = daemon.get(&format!("documents/{id}")).await?;
        (!one["task_ids"].as_array()?.is_empty()).then_some(one)
    })
    .await
}

fn ids(list: &Value) -> Vec<String> {
    let ids = list.as_array().unwrap().iter();
    ids.map(|it| it.as_str().unwrap().to_owned()).collect()
}

/// The ids of all documents outside the trash.
async fn all(daemon: &Daemon) -> BTreeSet<String> {
    let list = daemon.get("documents?limit=100").await.unwrap();
    let documents = list["documents"].as_array().unwrap();
    let id = |it: &Value| it["id"].as_str().unwrap().to_owned();
    documents.iter().map(id).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bill_attached_to_a_mail_is_a_document_of_its_own_and_one_task() {
    let mut daemon = Daemon::prepare(&[]);
    daemon.start().await;
    let bill = scans::sample("waterworks-invoice.pdf");
    let mail = mail_with_bill("Ihre Rechnung", &bill);
    let mail_id = daemon.upload("mail.eml", mail).await.unwrap();
    daemon.finished(2, PATIENCE).await;
    let tasks = daemon.open_tasks(1, PATIENCE).await;
    let mail = one(&daemon, &mail_id).await;
    let children = ids(&mail["children"]);
    assert_eq!(children.len(), 1, "{mail}");
    assert_eq!(mail["parent"], Value::Null);
    let child = one(&daemon, &children[0]).await;
    assert_eq!(child["stage"]["name"], "understood", "{child}");
    assert_eq!(child["parent"], mail_id.as_str());
    assert_eq!(child["origin"], "mail_part");
    assert_eq!(child["file_name"], "Rechnung.pdf");
    assert_eq!(child["kind"], "invoice");
    assert_eq!(child["received_at"], mail["received_at"]);
    assert_eq!(daemon.original(&children[0]).await, bill);
    // The mail wants it too, and still there is one task: the bill's.
    assert_eq!(mail["obligations"][0]["action"], "pay", "{mail}");
    assert_eq!(mail["task_ids"], json!([]), "{mail}");
    assert_eq!(child["task_ids"], json!([tasks[0]["id"]]));

    // Sent again, nothing is new; the mail goes to the trash only with what is in it, and back.
    let again = daemon
        .upload("again.eml", mail_with_bill("Ihre Rechnung", &bill))
        .await;
    assert_eq!(again.unwrap(), mail_id);
    let path = format!("documents/{mail_id}");
    assert_eq!(daemon.delete(&path).await, 409);
    assert_eq!(all(&daemon).await.len(), 2);
    assert_eq!(daemon.delete(&format!("{path}?children=true")).await, 200);
    assert_eq!(all(&daemon).await.len(), 0);
    daemon.open_tasks(0, PATIENCE).await;
    daemon.post(&format!("{path}/restore")).await;
    assert_eq!(all(&daemon).await.len(), 2);
    daemon.open_tasks(1, PATIENCE).await;

    // Without its bill, the mail alone says what is to be done.
    assert_eq!(
        daemon.delete(&format!("documents/{}", children[0])).await,
        200
    );
    let tasks = daemon.open_tasks(1, PATIENCE).await;
    assert_eq!(tasks[0]["document_id"], mail_id.as_str(), "{tasks:?}");
    assert_eq!(one(&daemon, &mail_id).await["children"], json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bill_that_somebody_sends_by_itself_stays_when_its_mail_goes() {
    let mut daemon = Daemon::prepare(&[]);
    daemon.start().await;
    let bill = scans::sample("waterworks-invoice.pdf");
    let mail = mail_with_bill("Ihre Rechnung", &bill);
    let mail_id = daemon.upload("mail.eml", mail).await.unwrap();
    daemon.finished(2, PATIENCE).await;
    let child = ids(&one(&daemon, &mail_id).await["children"]).remove(0);
    assert_eq!(
        daemon.upload("Rechnung.pdf", bill.clone()).await.unwrap(),
        child
    );
    assert_eq!(one(&daemon, &child).await["parent"], Value::Null);
    assert_eq!(
        ids(&one(&daemon, &mail_id).await["children"]),
        std::slice::from_ref(&child)
    );
    assert_eq!(daemon.delete(&format!("documents/{mail_id}")).await, 200);
    assert_eq!(all(&daemon).await, BTreeSet::from([child.clone()]));
    assert_eq!(daemon.original(&child).await, bill);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stack_with_labels_becomes_one_document_for_each_letter() {
    let mut daemon = Daemon::prepare(&[]);
    daemon.start().await;
    let notice = scans::letter("waste-charges-notice");
    let stack = scans::pdf(&[
        scans::labelled(&scans::letter("dental-appointment"), "ASN00017"),
        scans::code_sheet("PATCHT"),
        scans::labelled(&notice, "ASN18"),
    ]);
    let stack_id = daemon.upload("stapel.pdf", stack.clone()).await.unwrap();
    daemon.finished(3, PATIENCE).await;
    let parent = one(&daemon, &stack_id).await;
    let children = ids(&parent["children"]);
    assert_eq!(children.len(), 2, "{parent}");
    assert_eq!(parent["task_ids"], json!([]));
    assert_eq!(parent["findings"], json!([]));
    let dental = with_tasks(&daemon, &children[0]).await;
    let waste = with_tasks(&daemon, &children[1]).await;
    assert_eq!(one(&daemon, &stack_id).await["task_ids"], json!([]));
    for (child, page, asn) in [(&dental, 1, 17), (&waste, 3, 18)] {
        assert_eq!(
            child["stage"],
            json!({"name": "understood", "pages": 1, "at": null, "reason": null})
        );
        assert_eq!(child["parent"], stack_id.as_str());
        assert_eq!(child["origin"], "stack");
        assert_eq!(child["asn"], asn);
        assert_eq!(
            child["pages_in_parent"],
            json!({"first": page, "last": page})
        );
        assert_eq!(child["sha256"], parent["sha256"]);
    }
    assert_eq!(waste["kind"], "official_notice", "{waste}");
    assert_eq!(daemon.original(&children[1]).await, stack);
    let preview = |id: &str, page: u32| format!("documents/{id}/pages/{page}/preview");
    let of_child = daemon.bytes(&preview(&children[1], 1)).await;
    assert_eq!(of_child, daemon.bytes(&preview(&stack_id, 3)).await);
    assert!(of_child.starts_with(b"RIFF"));
    // Found by its number; a word of a letter is found in the letter, not in the stack.
    for (query, expected) in [
        ("documents?asn=18", &children[1]),
        ("documents?q=ASN00018", &children[1]),
        ("documents?q=Okkenga", &children[0]),
    ] {
        let found = daemon.get(query).await.unwrap();
        let found = found["documents"].as_array().unwrap();
        assert_eq!(found.len(), 1, "{query}: {found:?}");
        assert_eq!(found[0]["id"], expected.as_str(), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_of_a_stack_is_read_again_and_thrown_away_by_itself() {
    let mut daemon = Daemon::prepare(&[]);
    daemon.start().await;
    let notice = scans::letter("waste-charges-notice");
    let stack = scans::pdf(&[
        scans::labelled(&notice, "ASN17"),
        scans::labelled(&notice, "ASN18"),
    ]);
    let stack_id = daemon.upload("stapel.pdf", stack.clone()).await.unwrap();
    daemon.finished(3, PATIENCE).await;
    let children = ids(&one(&daemon, &stack_id).await["children"]);
    let waste = with_tasks(&daemon, &children[1]).await;
    // Read again, a letter has its own page alone, and the stack makes no new letters.
    daemon
        .post(&format!("documents/{}/retry", children[1]))
        .await;
    daemon.post(&format!("documents/{stack_id}/retry")).await;
    daemon.finished(3, PATIENCE).await;
    let again = one(&daemon, &children[1]).await;
    assert_eq!(again["stage"]["pages"], 1, "{again}");
    assert_eq!(
        (&again["asn"], &again["task_ids"]),
        (&waste["asn"], &waste["task_ids"])
    );
    assert_eq!(ids(&one(&daemon, &stack_id).await["children"]), children);
    // The same number twice is only a warning.
    let other = scans::pdf(&[scans::labelled(&notice, "ASN18")]);
    let other = daemon.upload("noch einer.pdf", other).await.unwrap();
    daemon.finished(4, PATIENCE).await;
    let other = one(&daemon, &other).await;
    assert_eq!(
        (&other["asn"], &other["children"]),
        (&json!(18), &json!([]))
    );
    assert_eq!(other["same_asn"], json!([children[1]]));
    // A letter that goes leaves the stack.
    assert_eq!(
        daemon.delete(&format!("documents/{}", children[0])).await,
        200
    );
    let parent = one(&daemon, &stack_id).await;
    assert_eq!(ids(&parent["children"]), children[1..]);
    assert_eq!(daemon.original(&stack_id).await, stack);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_household_that_does_not_divide_stacks_keeps_them_whole() {
    let settings = [
        ("WORKMATE_READING__SPLIT_STACKS", "false"),
        ("WORKMATE_READING__ASN_PREFIX", "haus-"),
    ];
    let mut daemon = Daemon::prepare(&settings);
    daemon.start().await;
    let notice = scans::letter("waste-charges-notice");
    let stack = scans::pdf(&[
        scans::labelled(&notice, "HAUS-7"),
        scans::labelled(&notice, "HAUS-8"),
    ]);
    let id = daemon.upload("stapel.pdf", stack).await.unwrap();
    let documents = daemon.finished(1, PATIENCE).await;
    assert_eq!(documents.len(), 1);
    let one = one(&daemon, &id).await;
    assert_eq!((&one["asn"], &one["children"]), (&json!(7), &json!([])));
    assert_eq!(one["kind"], "official_notice", "it is understood as one");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_moment_every_mail_has_its_bill_once() {
    const MAILS: usize = 6;
    let mut daemon = Daemon::prepare(&[]);
    daemon.start().await;
    let bill = scans::sample("waterworks-invoice.pdf");
    let mut mails = Vec::new();
    for number in 0..MAILS {
        // A line after the end makes another file of the same bill.
        let bill = [bill.as_slice(), format!("% {number}\n").as_bytes()].concat();
        let mail = mail_with_bill(&format!("Rechnung {number}"), &bill);
        mails.push(daemon.upload("mail.eml", mail).await.unwrap());
    }
    for milliseconds in [5, 40, 90, 150, 220, 300, 20, 60, 120, 180, 260, 400] {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        daemon.kill();
        daemon.start().await;
    }
    let documents = daemon.finished(2 * MAILS, PATIENCE).await;
    assert_eq!(documents.len(), 2 * MAILS);
    let mut children = BTreeSet::new();
    for mail in &mails {
        let of_mail = ids(&one(&daemon, mail).await["children"]);
        assert_eq!(of_mail.len(), 1);
        assert_eq!(
            one(&daemon, &of_mail[0]).await["stage"]["name"],
            "understood"
        );
        children.extend(of_mail);
    }
    assert_eq!(children.len(), MAILS);
    let tasks = daemon.open_tasks(MAILS, PATIENCE).await;
    let sources: BTreeSet<&str> = tasks
        .iter()
        .filter_map(|it| it["document_id"].as_str())
        .collect();
    assert_eq!(sources, children.iter().map(String::as_str).collect());
    assert!(
        daemon
            .command(&["journal", "verify"])
            .unwrap()
            .contains("unbroken")
    );
}
