//! The archive copy of a scan in the programs that people have: poppler (Linux desktops, `pdftotext`)
//! and pdf.js (Firefox) find, mark and copy the words where they stand on the paper.

use std::process::Command;

use jiff::civil::date;
use workmate::domain::document::{Page, Word};
use workmate::domain::value::Rect;
use workmate::reading::archive::CopyOptions;
use workmate::reading::process::archive::ArchiveJob;
use workmate::reading::process::{ReadJob, Reader, ReaderSettings};

use crate::paper;
use crate::pdf_js::{Shown, Viewer};
use crate::process::{installed, output};

/// How far an edge may be from where it was read, in thousandths of the page's width: half a
/// millimetre.
const NEAR: f32 = 2.5;

/// A scan of a letter as it was read, and its archive copy.
async fn scanned(name: &str) -> (Page, Vec<u8>) {
    let sheets = paper::samples(date(2026, 3, 2)).unwrap();
    let mut sheets = sheets.into_iter();
    let sheet = sheets.find(|it| it.name.starts_with(name)).unwrap();
    let reader = Reader::new(ReaderSettings {
        program: Some(env!("CARGO_BIN_EXE_workmate-reader").into()),
        workers: 1,
        ..ReaderSettings::default()
    });
    let job = ReadJob {
        bytes: sheet.bytes.clone(),
        ..ReadJob::default()
    };
    let pages = reader.read(job).await.unwrap().reading.pages;
    let job = ArchiveJob {
        bytes: sheet.bytes,
        pages: pages.clone(),
        options: CopyOptions {
            title: sheet.name,
            ..CopyOptions::default()
        },
        ..ArchiveJob::default()
    };
    let copy = reader.archive(job).await.unwrap();
    (pages.into_iter().next().unwrap(), copy)
}

/// Whether `found` covers the word: the same edges on both sides, and the word's middle within.
fn lies_on(found: &Rect, word: &Word) -> bool {
    let at = word.at;
    let middle = at.y + at.h / 2.0;
    (found.x - at.x).abs() <= NEAR
        && (found.x + found.w - at.x - at.w).abs() <= NEAR
        && (found.y..=found.y + found.h).contains(&middle)
}

/// Every word of the page is among those that were found, at its place.
fn assert_all_found(page: &Page, found: &[Shown]) {
    assert!(page.words.len() > 60, "{}", page.text());
    let is_there = |word: &&Word| {
        let alike = |it: &&Shown| it.text == word.text && lies_on(&it.at, word);
        !found.iter().any(|it| alike(&it))
    };
    let missing: Vec<_> = page.words.iter().filter(is_there).collect();
    assert!(missing.is_empty(), "{missing:#?} are not in {found:#?}");
}

#[tokio::test]
async fn poppler_finds_every_word_where_it_stands() {
    let (page, copy) = scanned("waste-charges-notice").await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("copy.pdf");
    std::fs::write(&file, &copy).unwrap();
    let mut command = Command::new(installed("pdftotext", "poppler-utils"));
    let boxes = output(command.arg("-bbox").arg(&file).arg("-"));
    let found: Vec<Shown> = boxes
        .lines()
        .filter_map(|line| poppler_word(line, page.width))
        .collect();
    assert_all_found(&page, &found);
    let mut command = Command::new(installed("pdftotext", "poppler-utils"));
    let text = output(command.arg("-layout").arg(&file).arg("-"));
    let line = text
        .lines()
        .find(|it| it.contains("Aktenzeichen"))
        .expect("the line is copied");
    assert!(line.contains("22.3-AG-5500210"), "{line}");
}

/// A line of `pdftotext -bbox` as a word.
fn poppler_word(line: &str, page_width: f32) -> Option<Shown> {
    let rest = line.trim().strip_prefix("<word ")?;
    let (attributes, text) = rest.split_once('>')?;
    let number = |name: &str| -> Option<f32> {
        let (_, after) = attributes.split_once(&format!("{name}=\""))?;
        Some(after.split('"').next()?.parse::<f32>().ok()? * 1000.0 / page_width)
    };
    let (x, y) = (number("xMin")?, number("yMin")?);
    let text = text.strip_suffix("</word>")?;
    let marks = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&amp;", "&"),
    ];
    let text = marks
        .iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
    Some(Shown {
        text,
        at: Rect {
            x,
            y,
            w: number("xMax")? - x,
            h: number("yMax")? - y,
        },
    })
}

#[tokio::test]
async fn pdf_js_marks_copies_and_finds_words_where_they_stand() {
    let (page, copy) = scanned("waste-charges-notice").await;
    let viewer = Viewer::show(copy).await;
    // It makes one item of a line, so what stands between a line's ends is where the letters'
    // widths put it; each line's ends are those on the paper.
    for shown in viewer.words().await {
        let first = shown.text.split_whitespace().next().unwrap_or_default();
        let begins = |it: &&Word| it.text == first && (it.at.x - shown.at.x).abs() <= NEAR;
        assert!(page.words.iter().any(|it| begins(&it)), "{shown:?}");
    }
    let words = |text: &str| {
        text.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(words(&viewer.copied().await), words(&page.text()));

    // Three words of a line, searched for as a person types them.
    let line = page
        .words
        .chunk_by(|a, b| a.line == b.line)
        .find(|it| it.len() >= 5)
        .expect("a line of prose");
    let wanted = &line[1..4];
    let query: Vec<&str> = wanted.iter().map(|it| it.text.as_str()).collect();
    let (count, boxes) = viewer.search(&query.join(" ")).await;
    assert!(count >= 1, "{query:?}");
    for word in wanted {
        let middle = word.at.x + word.at.w / 2.0;
        let covers = |it: &Rect| (it.x..=it.x + it.w).contains(&middle);
        assert!(
            boxes.iter().any(covers),
            "{word:?} is not marked: {boxes:?}"
        );
    }
    assert_eq!(viewer.search("Schlaraffenland").await.0, 0);
    assert_eq!(viewer.complaints().await, Vec::<String>::new());
}
