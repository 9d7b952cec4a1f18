//! A stack and its letters as people and programs see them.

use reqwest::StatusCode;
use reqwest::header::LOCATION;
use serde_json::json;
use workmate::domain::document::{MediaType, OriginKind, Page, PageSource, Reading, Visibility};
use workmate::domain::id::DocumentId;
use workmate::domain::part::{PageRange, Sheaf};
use workmate::store::parts::{self, Inside};
use workmate::store::{Caller, Viewer, WriteTx, documents};
use workmate::work::Wake;
use workmate::work::intake::{Incoming, Intake};

use super::harness::{BYTES_MAX, Web, cookie_of, json as body};

/// A stack of two letters, the second on pages 2 and 3, and its letters.
async fn stack(web: &Web, visible_to: Visibility) -> (DocumentId, Vec<DocumentId>) {
    let intake = Intake::new(web.store.clone(), Wake::default(), BYTES_MAX);
    let incoming = Incoming {
        bytes: b"Stapel".to_vec(),
        file_name: "stapel.txt".to_owned(),
        way: OriginKind::Upload,
        visible_to,
    };
    let caller = Caller::house("test", "folder");
    let id = intake.accept(caller, incoming).await.unwrap().document().id;
    let page = |number| Page {
        number,
        source: PageSource::Text,
        width: 595.0,
        height: 842.0,
        words: Vec::new(),
    };
    let reading = Reading::of_pages(MediaType::Text, (1..=3).map(page).collect());
    let sheaf = |first, last| Sheaf {
        pages: PageRange::new(first, last).unwrap(),
        asn: Some(7),
    };
    let inside = Inside {
        sheaves: vec![sheaf(1, 1), sheaf(2, 3)],
        ..Inside::default()
    };
    let files = web.store.clone();
    let keep = move |tx: &WriteTx<'_>| {
        let stack = parts::keep(tx, id, &reading, &inside, files.blobs())?;
        parts::of(tx, &stack)
    };
    let letters = web.store.write(Caller::worker("test"), keep).await.unwrap();
    (id, letters.iter().map(|it| it.id).collect())
}

#[tokio::test]
async fn pages_link_a_stack_and_its_letters_and_ask_before_all_of_them_go() {
    let web = Web::open().await;
    let anna = web.browser("Anna").await;
    let (id, letters) = stack(&web, Visibility::Household).await;
    let page = |id: DocumentId| {
        let request = anna.ask(web.get(&format!("/documents/{id}"))).send();
        async { request.await.unwrap().text().await.unwrap() }
    };
    let html = page(id).await;
    for letter in &letters {
        assert!(
            html.contains(&format!("href=\"/documents/{letter}\"")),
            "{html}"
        );
    }
    assert!(html.contains("stapel (2–3)"), "{html}");
    assert!(html.contains("Die 2 Dokumente darin"), "{html}");
    let html = page(letters[1]).await;
    assert!(
        html.contains(&format!("Teil von <a href=\"/documents/{id}\"")),
        "{html}"
    );
    assert!(html.contains("Seiten 2–3"), "{html}");
    assert!(html.contains("ASN 7"), "{html}");
    assert!(html.contains("Dieselbe Archivnummer"), "{html}");
    let path = format!("/documents/{id}/delete");
    let not_asked = anna.form(&web, &path, &[]).send().await.unwrap();
    assert_eq!(
        not_asked.headers()[LOCATION],
        format!("/documents/{id}").as_str()
    );
    assert_eq!(
        cookie_of(not_asked.headers(), "flash").unwrap(),
        "flash=outdated"
    );
    let deleted_at = || async {
        let look = move |tx: &workmate::store::ReadTx<'_>| documents::by_id(tx, id);
        web.store
            .read(Viewer::House, look)
            .await
            .unwrap()
            .deleted_at
    };
    assert_eq!(deleted_at().await, None);
    let asked = anna
        .form(&web, &path, &[("parts", "1")])
        .send()
        .await
        .unwrap();
    assert_eq!(
        cookie_of(asked.headers(), "flash").unwrap(),
        "flash=trashed"
    );
    assert!(deleted_at().await.is_some());
    // In the trash, a stack still shows what lies there with it.
    assert!(page(id).await.contains("stapel (2–3)"));
}

#[tokio::test]
async fn programs_see_the_family_and_strangers_not_even_that_there_is_one() {
    let web = Web::open().await;
    let (anna, ben) = (web.person("Anna").await, web.person("Ben").await);
    let tokens = [web.token(Some(&anna)).await, web.token(Some(&ben)).await];
    let (id, letters) = stack(&web, Visibility::Persons(vec![anna.id])).await;
    let path = format!("/api/v1/documents/{id}");
    let get = |path: String, token: &str| web.get(&path).bearer_auth(token).send();
    let one = body(get(path.clone(), &tokens[0]).await.unwrap()).await;
    assert_eq!(one["children"], json!(letters));
    assert_eq!(
        (&one["parent"], &one["same_asn"]),
        (&json!(null), &json!([]))
    );
    let letter = format!("/api/v1/documents/{}", letters[1]);
    let letter = body(get(letter, &tokens[0]).await.unwrap()).await;
    assert_eq!(letter["parent"], json!(id));
    assert_eq!(letter["pages_in_parent"], json!({"first": 2, "last": 3}));
    assert_eq!(letter["same_asn"], json!([letters[0]]));
    let delete = |token: &str| web.request("DELETE", &path).bearer_auth(token).send();
    assert_eq!(
        delete(&tokens[1]).await.unwrap().status(),
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        delete(&tokens[0]).await.unwrap().status(),
        StatusCode::CONFLICT
    );
    let list = get("/api/v1/documents?asn=7".to_owned(), &tokens[1]).await;
    assert_eq!(body(list.unwrap()).await["documents"], json!([]));
}
