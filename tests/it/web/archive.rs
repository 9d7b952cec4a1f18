//! The archive copy as people and programs get it: made on request, with the words where they were,
//! for those who may see the document, and gone with it.

use std::time::Duration;

use jiff::ToSpan;
use jiff::civil::date;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use tokio_util::sync::CancellationToken;
use workmate::domain::document::{
    Document, MediaType, OriginKind, Page, PageSource, Reading, Visibility, Word,
};
use workmate::domain::finding::Extraction;
use workmate::domain::id::DocumentId;
use workmate::domain::person::Language;
use workmate::domain::value::Rect;
use workmate::reading::process::ReadJob;
use workmate::reading::stack::Rules;
use workmate::reading::{Limits, Passwords, ReadOptions};
use workmate::store::{Caller, ReadTx, Viewer, WriteTx, documents, findings, pages, trash};
use workmate::work::archive::Archive;
use workmate::work::heat::Heat;
use workmate::work::intake::{Incoming, Intake};
use workmate::work::read_documents::{Manner, ReadDocuments};
use workmate::work::tidy_up::TidyUp;
use workmate::work::{Readings, Turn, Wake, Worker};

use super::harness::{Web, json, reader};
use crate::paper;

/// Bytes that the copy of an A4 scan in grey may have: 400 kB of picture, 20 kB of words.
const A4_BYTES_MAX: usize = 420_000;

/// The other way in, for documents larger than the harness takes.
async fn accept(web: &Web, name: &str, bytes: Vec<u8>, visible_to: Visibility) -> Document {
    let intake = Intake::new(web.store.clone(), Wake::default(), 8 << 20);
    let incoming = Incoming {
        bytes,
        file_name: name.to_owned(),
        way: OriginKind::Upload,
        visible_to,
    };
    let caller = Caller::house("test", "web");
    let accepted = intake.accept(caller, incoming).await.unwrap();
    accepted.document().clone()
}

fn worker(web: &Web) -> ReadDocuments {
    let (store, wake) = (web.store.clone(), Wake::default());
    let manner = Manner {
        options: ReadOptions::default(),
        at_a_time: 1,
        language: Language::German,
        stacks: Rules {
            is_divided: true,
            prefix: "ASN".to_owned(),
        },
        heat: Heat::of_machine(Duration::ZERO),
    };
    ReadDocuments::new(store, wake, reader(), Readings::default(), manner)
}

async fn read_all(mut worker: ReadDocuments) {
    let stop = CancellationToken::new();
    while worker.turn(&stop).await.unwrap() == Turn::More {}
}

/// A white sheet as PNG.
fn sheet() -> Vec<u8> {
    let grey = image::GrayImage::from_pixel(62, 88, image::Luma([255]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::DynamicImage::ImageLuma8(grey)
        .write_to(&mut bytes, image::ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}

/// A white sheet on which the words of `text`, at most 20, were read.
async fn sheet_with(web: &Web, text: &str, visible_to: Visibility) -> DocumentId {
    let document = accept(web, "Müll.png", sheet(), visible_to).await;
    keep_words(web, document.id, text).await;
    document.id
}

async fn keep_words(web: &Web, id: DocumentId, text: &str) {
    let word = |(place, text): (u8, &str)| Word {
        text: text.to_owned(),
        at: Rect {
            x: 100.0 + 200.0 * f32::from(place % 4),
            y: 100.0 + 60.0 * f32::from(place / 4),
            w: 120.0,
            h: 30.0,
        },
        confidence: 0.9,
        line: u32::from(place / 4),
        block: 0,
    };
    let reading = Reading {
        media_type: MediaType::Png,
        pages: vec![Page {
            number: 1,
            source: PageSource::Ocr,
            width: 595.0,
            height: 842.0,
            words: (0_u8..).zip(text.split(' ')).map(word).collect(),
        }],
        codes: Vec::new(),
        children: Vec::new(),
        attachments: Vec::new(),
    };
    let keep = move |tx: &WriteTx<'_>| {
        pages::keep(tx, id, &reading)?;
        findings::keep(tx, id, &Extraction::default())
    };
    let caller = Caller::worker("read_documents");
    web.store.write(caller, keep).await.unwrap();
}

async fn words_of(bytes: &[u8]) -> Vec<Page> {
    let job = ReadJob {
        bytes: bytes.to_vec(),
        ..ReadJob::default()
    };
    reader().read(job).await.unwrap().reading.pages
}

fn path(id: DocumentId) -> String {
    format!("/api/v1/documents/{id}/archive")
}

#[tokio::test]
async fn a_scan_comes_back_as_a_pdf_with_its_words_where_they_were() {
    let web = Web::open().await;
    let samples = paper::samples(date(2026, 3, 2)).unwrap();
    let scan = samples
        .into_iter()
        .find(|it| it.name.starts_with("dental-appointment"))
        .unwrap();
    let document = accept(&web, &scan.name, scan.bytes, Visibility::Household).await;
    let id = document.id;
    let token = web.token(None).await;
    let ask = || web.get(&path(id)).bearer_auth(&token).send();
    let early = ask().await.unwrap();
    assert_eq!(early.status(), StatusCode::CONFLICT);
    let said = json(early).await["detail"].to_string();
    assert!(said.contains("not been read yet"), "{said}");

    read_all(worker(&web)).await;
    let blobs = web.store.blobs();
    assert!(!blobs.contains(&blobs.archive(document.sha256, None)));
    let response = ask().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let headers = response.headers();
    assert_eq!(headers[CONTENT_TYPE], "application/pdf");
    let called = headers[CONTENT_DISPOSITION].to_str().unwrap();
    assert!(called.starts_with("attachment; "), "{called}");
    assert!(called.contains("dental-appointment.pdf"), "{called}");
    let copy = response.bytes().await.unwrap();
    assert!(copy.len() <= A4_BYTES_MAX, "{}", copy.len());
    assert!(blobs.contains(&blobs.archive(document.sha256, None)));

    let look = move |tx: &ReadTx<'_>| pages::list(tx, id);
    let read = web.store.read(Viewer::House, look).await.unwrap();
    let again = words_of(&copy).await;
    assert_eq!(again[0].source, PageSource::TextLayer);
    assert!((again[0].width - read[0].width).abs() < 0.1);
    assert!(read[0].words.len() > 60);
    let missing: Vec<&Word> = read[0]
        .words
        .iter()
        .filter(|word| !again[0].words.iter().any(|it| is_at_its_place(it, word)))
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");

    let anna = web.browser("Anna").await;
    let page = anna.ask(web.get(&format!("/documents/{id}"))).send().await;
    let link = format!("href=\"/documents/{id}/archive\"");
    let page = page.unwrap().text().await.unwrap();
    assert!(page.contains(&link) && page.contains("Durchsuchbares PDF"));
    let archive = anna.ask(web.get(&format!("/documents/{id}/archive")));
    assert_eq!(archive.send().await.unwrap().bytes().await.unwrap(), copy);
}

/// The same letters at the same place, within half a millimetre along the line.
fn is_at_its_place(found: &Word, word: &Word) -> bool {
    let (at, was) = (found.at, word.at);
    let middle = was.y + was.h / 2.0;
    found.text == word.text
        && (at.x - was.x).abs() < 2.5
        && (at.x + at.w - was.x - was.w).abs() < 2.5
        && (at.y..=at.y + at.h).contains(&middle)
}

#[tokio::test]
async fn whoever_may_not_see_a_document_gets_no_copy_of_it() {
    let web = Web::open().await;
    let (anna, ben) = (web.browser("Anna").await, web.browser("Ben").await);
    let hers = Visibility::Persons(vec![anna.person.id]);
    let id = sheet_with(&web, "Befund von Anna", hers).await;
    let tokens = [
        web.token(Some(&anna.person)).await,
        web.token(Some(&ben.person)).await,
    ];
    let statuses = [StatusCode::OK, StatusCode::NOT_FOUND];
    // Also when the copy is there already, because she was first.
    for (token, expected) in tokens.iter().zip(statuses) {
        let response = web.get(&path(id)).bearer_auth(token).send().await.unwrap();
        assert_eq!(response.status(), expected);
    }
    let page = ben.ask(web.get(&format!("/documents/{id}/archive")));
    assert_eq!(page.send().await.unwrap().status(), StatusCode::NOT_FOUND);
    let unknown = web.get(&path("01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap()));
    let unknown = unknown.bearer_auth(&tokens[0]).send().await.unwrap();
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_text_needs_no_copy_and_a_pdf_with_letters_is_its_own() {
    let web = Web::open().await;
    let token = web.token(None).await;
    let anna = web.browser("Anna").await;
    let samples = paper::samples(date(2026, 3, 2)).unwrap();
    let bill = samples
        .into_iter()
        .find(|it| it.name.rsplit('.').next() == Some("pdf"));
    let bill = bill.unwrap();
    let everybody = Visibility::Household;
    let text = accept(&web, "brief.txt", b"Liebe Anna".to_vec(), everybody.clone()).await;
    let pdf = accept(&web, &bill.name, bill.bytes.clone(), everybody).await;
    read_all(worker(&web)).await;

    let refused = web.get(&path(text.id)).bearer_auth(&token).send().await;
    assert_eq!(refused.unwrap().status(), StatusCode::CONFLICT);
    let refused = anna.ask(web.get(&format!("/documents/{}/archive", text.id)));
    let refused = refused.send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    let page = refused.text().await.unwrap();
    assert!(
        page.contains("das Original genügt") || page.contains("Das Original genügt"),
        "{page}"
    );
    let page = anna.ask(web.get(&format!("/documents/{}", text.id)));
    let page = page.send().await.unwrap().text().await.unwrap();
    assert!(!page.contains("/archive\""), "no link to what there is not");

    let copy = web.get(&path(pdf.id)).bearer_auth(&token).send().await;
    assert_eq!(copy.unwrap().bytes().await.unwrap(), bill.bytes);
    let blobs = web.store.blobs();
    assert!(!blobs.contains(&blobs.archive(pdf.sha256, None)));
}

#[tokio::test]
async fn a_copy_is_made_anew_after_a_new_reading_and_erased_with_its_document() {
    let web = Web::open().await;
    let token = web.token(None).await;
    // A few words on a picture would be taken for a stamp.
    let words = ["alte Worte"; 20].join(" ");
    let id = sheet_with(&web, &words, Visibility::Household).await;
    let ask = async || {
        let response = web.get(&path(id)).bearer_auth(&token).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        words_of(&response.bytes().await.unwrap()).await[0].text()
    };
    assert_eq!(ask().await.replace('\n', " "), words);
    // The worker reads a white sheet: it forgets the copy together with the words.
    let retry = move |tx: &WriteTx<'_>| documents::retry(tx, id);
    let caller = Caller::house("test", "web");
    web.store.write(caller, retry).await.unwrap();
    read_all(worker(&web)).await;
    assert_eq!(ask().await, "");

    let blobs = web.store.blobs();
    let look = move |tx: &ReadTx<'_>| documents::by_id(tx, id);
    let document = web.store.read(Viewer::House, look).await.unwrap();
    let name = blobs.archive(document.sha256, None);
    assert!(blobs.contains(&name));
    let delete = move |tx: &WriteTx<'_>| trash::delete(tx, id, None);
    let caller = Caller::house("test", "web");
    web.store.write(caller, delete).await.unwrap();
    let mut tidy = TidyUp::new(web.store.clone());
    let stop = CancellationToken::new();
    tidy.turn(&stop).await.unwrap();
    assert!(blobs.contains(&name), "the trash keeps it");
    web.clock.set(web.now() + (31 * 24).hours());
    while tidy.turn(&stop).await.unwrap() == Turn::More {}
    assert!(!blobs.contains(&name));
}

#[tokio::test]
async fn copies_are_made_after_reading_where_the_household_wants_all() {
    let web = Web::open().await;
    let document = accept(&web, "leer.png", sheet(), Visibility::Household).await;
    let archive = Archive::new(
        web.store.clone(),
        reader(),
        (Limits::default(), Passwords::default()),
    );
    read_all(worker(&web).with_archive(archive)).await;
    let blobs = web.store.blobs();
    let copy = blobs.read(&blobs.archive(document.sha256, None)).unwrap();
    assert!(copy.starts_with(b"%PDF-"));
    // Nothing that was announced waits to be erased.
    let mut tidy = TidyUp::new(web.store.clone());
    tidy.turn(&CancellationToken::new()).await.unwrap();
    assert!(blobs.contains(&blobs.archive(document.sha256, None)));
}
