//! The reader process: what it reads, what it refuses, what it survives, what it cannot reach.

use std::io::Cursor;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use image::{DynamicImage, GrayImage, ImageFormat, Luma};
use workmate::domain::document::{MediaType, PageSource};
use workmate::domain::part::PageRange;
use workmate::reading::image::Pictures;
use workmate::reading::prepare::cut;
use workmate::reading::process::{ReadError, ReadJob, Reader, ReaderSettings, Trust};
use workmate::reading::{Limits, Ocr, Papers, PreviewSize, Previews, ReadOptions};
use workmate::understanding::Context;

fn settings() -> ReaderSettings {
    ReaderSettings {
        program: Some(PathBuf::from(env!("CARGO_BIN_EXE_workmate-reader"))),
        workers: 2,
        ..ReaderSettings::default()
    }
}

fn job(bytes: impl Into<Vec<u8>>) -> ReadJob {
    ReadJob {
        bytes: bytes.into(),
        ..ReadJob::default()
    }
}

/// A PDF of one page with Helvetica, drawn by `content`.
pub fn pdf(content: &str, media_box: &str, rest: &str) -> Vec<u8> {
    let objects = [
        format!("<< /Type /Catalog /Pages 2 0 R {rest} >>"),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [{media_box}] /Contents 4 0 R \
             /Resources << /Font << /F1 5 0 R >> >> >>"
        ),
        format!(
            "<< /Length {} >>\nstream\n{content}\nendstream",
            content.len()
        ),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
            .to_owned(),
        "<< /Type /Filespec /F (factur-x.xml) /UF (factur-x.xml) /EF << /F 7 0 R >> >>".to_owned(),
        "<< /Type /EmbeddedFile /Length 26 >>\nstream\n<a><b>84.20</b> EUR</a>    \nendstream"
            .to_owned(),
    ];
    let mut file = "%PDF-1.7\n".to_owned();
    let mut places = Vec::new();
    for (number, object) in (1..).zip(&objects) {
        places.push(file.len());
        file.push_str(&[&format!("{number} 0 obj\n"), object, "\nendobj\n"].concat());
    }
    let (table, count) = (file.len(), objects.len() + 1);
    let places: Vec<String> = places
        .iter()
        .map(|it| format!("{it:010} 00000 n \n"))
        .collect();
    let end = format!("trailer << /Size {count} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n");
    let head = format!("xref\n0 {count}\n0000000000 65535 f \n");
    file.push_str(&[head, places.concat(), end].concat());
    file.into_bytes()
}

const LETTER: &str = "BT /F1 12 Tf 50 780 Td (Wasserwerk Au) Tj 0 -40 Td (Rechnung 4711) Tj \
     0 -20 Td (Betrag) Tj 300 0 Td (84,20 EUR) Tj -300 -20 Td (Bitte zahlen Sie bis 18.03.2026) Tj ET";

fn png(width: u32, height: u32) -> Vec<u8> {
    let grey = DynamicImage::ImageLuma8(GrayImage::from_pixel(width, height, Luma([255])));
    let mut bytes = Cursor::new(Vec::new());
    grey.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

#[tokio::test]
async fn a_letter_is_read_from_its_text_layer() {
    let reader = Reader::new(settings());
    let names = "/Names << /EmbeddedFiles << /Names [(factur-x.xml) 6 0 R] >> >>";
    let outcome = reader
        .read(job(pdf(LETTER, "0 0 595 842", names)))
        .await
        .unwrap();
    let reading = &outcome.reading;
    assert_eq!(reading.media_type, MediaType::Pdf);
    assert_eq!(reading.pages[0].source, PageSource::TextLayer);
    assert_eq!(
        reading.text(),
        "Wasserwerk Au\nRechnung 4711\nBetrag 84,20 EUR\nBitte zahlen Sie bis 18.03.2026"
    );
    let amount = reading.pages[0]
        .words
        .iter()
        .find(|it| it.text == "84,20")
        .unwrap();
    assert!((amount.at.x - 350.0 / 0.595).abs() < 2.0, "{:?}", amount.at);
    assert!((amount.at.y - 113.0 / 0.595).abs() < 5.0, "{:?}", amount.at);
    let xml = &reading.attachments[0];
    assert_eq!(xml.name, "factur-x.xml");
    assert!(xml.text.as_deref().unwrap().contains("<b>84.20</b>"));
}

#[tokio::test]
async fn a_turned_page_is_read_upright() {
    let reader = Reader::new(settings());
    let turned = pdf(LETTER, "0 0 595 842] /Rotate 90 /X [0", "");
    let outcome = reader.read(job(turned)).await.unwrap();
    let page = &outcome.reading.pages[0];
    assert_eq!((page.width, page.height), (842.0, 595.0));
    assert!(outcome.reading.text().contains("Betrag 84,20 EUR"));
    // What stood at the top left now runs down at the right edge.
    assert!(page.words[0].at.x > 900.0, "{:?}", page.words[0]);
}

#[tokio::test]
async fn a_scan_is_recognised_and_gets_previews() {
    let reader = Reader::new(settings());
    // Letters drawn as a picture: the letter's own preview is its scan.
    let options = ReadOptions {
        previews: Previews::Make,
        ..ReadOptions::default()
    };
    let first = ReadJob {
        options: options.clone(),
        ..job(pdf(LETTER, "0 0 595 842", ""))
    };
    let drawn = reader.read(first).await.unwrap();
    let sizes: Vec<_> = drawn.previews.iter().map(|it| (it.page, it.size)).collect();
    assert_eq!(sizes, [(1, PreviewSize::Page), (1, PreviewSize::Thumbnail)]);
    let scan = ReadJob {
        options,
        ..job(drawn.previews[0].webp.clone())
    };
    let outcome = reader.read(scan).await.unwrap();
    assert_eq!(outcome.reading.media_type, MediaType::WebP);
    let page = &outcome.reading.pages[0];
    assert_eq!(page.source, PageSource::Ocr);
    for word in ["Wasserwerk", "Rechnung", "84,20", "18.03.2026"] {
        assert!(
            page.words.iter().any(|it| it.text == word),
            "{word} in {}",
            page.text()
        );
    }
    assert!(page.mean_confidence() > 0.8);
    assert_eq!(outcome.previews.len(), 2);
}

/// A mail with `paper` attached.
fn mail(paper: &[u8]) -> Vec<u8> {
    format!(
        "From: post@stadt.example\r\nTo: anna@home.example\r\nSubject: Rechnung\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\
         Content-Type: text/plain\r\n\r\nAnbei die Rechnung\r\n--x\r\n\
         Content-Type: application/pdf; name=r.pdf\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename=r.pdf\r\n\r\n{}\r\n--x--\r\n",
        data_encoding::BASE64_MIME.encode(paper)
    )
    .into_bytes()
}

#[tokio::test]
async fn a_paper_attached_to_a_mail_is_read_with_it_or_handed_over_as_it_is() {
    let reader = Reader::new(settings());
    let paper = pdf(LETTER, "0 0 595 842", "");
    let merged = reader.read(job(mail(&paper))).await.unwrap();
    assert_eq!(merged.reading.children, ["r.pdf"]);
    assert!(merged.reading.text().contains("Rechnung 4711"));
    assert_eq!(merged.papers, []);
    let options = ReadOptions {
        papers: Papers::Apart,
        ..ReadOptions::default()
    };
    let apart = ReadJob {
        options: options.clone(),
        ..job(mail(&paper))
    };
    let apart = reader.read(apart).await.unwrap();
    assert_eq!(apart.reading.pages.len(), 1);
    assert!(!apart.reading.text().contains("4711"));
    assert_eq!(apart.reading.children, Vec::<String>::new());
    assert_eq!(apart.reading.attachments.len(), 1, "it is still named");
    assert_eq!(apart.papers.len(), 1);
    assert_eq!(
        (apart.papers[0].name.as_str(), &apart.papers[0].bytes),
        ("r.pdf", &paper)
    );
    // One that is too large is named, and does not hold up the mail.
    let limits = Limits {
        paper_bytes_max: 100,
        ..Limits::default()
    };
    let small = ReadJob {
        options: ReadOptions { limits, ..options },
        ..job(mail(&paper))
    };
    let small = reader.read(small).await.unwrap();
    assert_eq!(
        (small.papers.len(), small.reading.attachments.len()),
        (0, 1)
    );
}

#[tokio::test]
async fn some_pages_are_read_as_if_there_were_no_others() {
    let reader = Reader::new(settings());
    let sheets = [
        crate::scans::code_sheet("one"),
        crate::scans::code_sheet("two"),
    ];
    let read = |first, last| {
        let options = ReadOptions {
            ocr: Ocr::Off,
            previews: Previews::Make,
            pages: PageRange::new(first, last),
            ..ReadOptions::default()
        };
        reader.read(ReadJob {
            options,
            ..job(crate::scans::pdf(&sheets))
        })
    };
    let outcome = read(2, 2).await.unwrap();
    let numbers: Vec<u32> = outcome.reading.pages.iter().map(|it| it.number).collect();
    assert_eq!(numbers, [1]);
    assert!(outcome.previews.iter().all(|it| it.page == 1));
    assert_eq!(read(1, 2).await.unwrap().reading.pages.len(), 2);
    let beyond = read(2, 3).await;
    assert!(matches!(beyond, Err(ReadError::Unreadable { code, .. }) if code == "damaged"));
}

#[tokio::test]
async fn a_blank_page_has_no_words() {
    let reader = Reader::new(settings());
    let outcome = reader.read(job(png(620, 877))).await.unwrap();
    assert_eq!(outcome.reading.text(), "");
}

#[tokio::test]
async fn what_cannot_be_read_says_why_and_harms_nobody() {
    let reader = Reader::new(settings());
    let zip = b"PK\x03\x04\x14\0\0\0photos/beach.jpg".to_vec();
    for (bytes, code, sentence) in [
        (Vec::new(), "empty", "the file is empty"),
        (
            zip,
            "unsupported",
            "a zip archive is not supported; unpack it",
        ),
        (b"%PDF-1.4 and nothing more".to_vec(), "damaged", "damaged"),
        (png(50, 50)[..60].to_vec(), "damaged", "damaged"),
    ] {
        match reader.read(job(bytes)).await {
            Err(ReadError::Unreadable { code: got, message }) => {
                assert_eq!(got, code);
                assert!(message.contains(sentence), "{message}");
            }
            other => panic!("{code}: {other:?}"),
        }
    }
    assert!(reader.read(job("still here")).await.is_ok());
}

#[tokio::test]
async fn limits_are_kept() {
    let reader = Reader::new(settings());
    let limits = Limits {
        picture_pixels_max: 100,
        file_bytes_max: 5000,
        ..Limits::default()
    };
    let options = ReadOptions {
        limits,
        ocr: Ocr::Off,
        ..ReadOptions::default()
    };
    for bytes in [png(40, 40), vec![b'a'; 6000]] {
        let outcome = reader
            .read(ReadJob {
                options: options.clone(),
                ..job(bytes)
            })
            .await;
        assert!(
            matches!(&outcome, Err(ReadError::Unreadable { code, .. }) if code == "too_large"),
            "{outcome:?}"
        );
    }
    let huge = pdf(LETTER, "0 0 90000 90000", "");
    let outcome = reader.read(job(huge)).await;
    assert!(matches!(outcome, Err(ReadError::Unreadable { code, .. }) if code == "too_large"));
}

#[tokio::test]
async fn a_document_that_eats_the_memory_costs_one_process() {
    let small = ReaderSettings {
        memory_bytes_max: 150 * 1024 * 1024,
        ..settings()
    };
    let reader = Reader::new(small);
    let options = ReadOptions {
        ocr: Ocr::Off,
        ..ReadOptions::default()
    };
    let bomb = ReadJob {
        options,
        ..job(png(9900, 9900))
    };
    let outcome = reader.read(bomb).await;
    assert!(
        matches!(outcome, Err(ReadError::OutOfMemory { .. })),
        "{outcome:?}"
    );
    assert!(reader.read(job("still here")).await.is_ok());
    assert_eq!(reader.state().lost, 1);
}

#[tokio::test]
async fn a_document_that_takes_too_long_is_given_up() {
    let hasty = ReaderSettings {
        timeout: Duration::from_millis(30),
        ..settings()
    };
    let reader = Reader::new(hasty);
    let outcome = reader.read(job(png(2000, 3000))).await;
    assert!(
        matches!(outcome, Err(ReadError::TimedOut { .. })),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_reader_that_cannot_start_says_nothing_about_the_document() {
    for program in ["/nonexistent/workmate-reader", "/bin/false", "/bin/cat"] {
        let broken = ReaderSettings {
            program: Some(program.into()),
            ..settings()
        };
        let outcome = Reader::new(broken).read(job("words")).await;
        assert!(
            matches!(outcome, Err(ReadError::Unavailable { .. })),
            "{program}: {outcome:?}"
        );
    }
}

#[tokio::test]
async fn strangers_never_share_a_process_with_the_household() {
    let reader = Reader::new(settings());
    for _ in 0..2 {
        reader.read(job("ours")).await.unwrap();
    }
    assert_eq!(reader.state().idle, 1);
    reader
        .read(ReadJob {
            trust: Trust::Outside,
            ..job("theirs")
        })
        .await
        .unwrap();
    assert_eq!(reader.state().idle, 2);
}

#[tokio::test]
async fn an_idle_reader_leaves() {
    let restless = ReaderSettings {
        idle: Duration::from_millis(100),
        ..settings()
    };
    let reader = Reader::new(restless);
    reader.read(job("words")).await.unwrap();
    assert_eq!(reader.state().idle, 1);
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(reader.state().idle, 0);
}

#[tokio::test]
async fn what_was_read_can_be_understood_later() {
    let reader = Reader::new(settings());
    let context = Context {
        received_on: "2026-03-01".parse().unwrap(),
        language: workmate::domain::person::Language::English,
        region: "DE".to_owned(),
        counsel: workmate::domain::counsel::Counsel::None,
    };
    let at_once = reader
        .read_and_understand(job("Rechnung 4711"), &context)
        .await
        .unwrap();
    let later = reader.understand(&at_once.reading, &context).await.unwrap();
    assert_eq!(at_once.extraction, Some(later));
}

#[test]
fn the_command_answers_every_file_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("a.txt"), "Bitte zahlen").unwrap();
    std::fs::write(path("b.pdf"), "%PDF-").unwrap();
    std::fs::write(path("c.pdf"), pdf(LETTER, "0 0 595 842", "")).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_workmate"))
        .args(["read", "--json"])
        .args(["a.txt", "b.pdf", "c.pdf", "missing.pdf"].map(path))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<serde_json::Value> = text
        .lines()
        .map(|it| serde_json::from_str(it).unwrap())
        .collect();
    let codes: Vec<_> = answers
        .iter()
        .map(|it| it["error"]["code"].as_str())
        .collect();
    assert_eq!(codes, [None, Some("damaged"), None, Some("io")]);
    assert_eq!(answers[0]["text"], "Bitte zahlen");
    assert_eq!(answers[2]["pages"][0]["words"], 12);
    assert_eq!(answers[2]["sha256"].as_str().unwrap().len(), 64);
}

#[test]
fn an_invoice_of_bare_xml_is_read_in_any_encoding() {
    let xml = "<Invoice xmlns='urn:oasis:names:specification:ubl:schema:xsd:Invoice-2' xmlns:a='a' \
        xmlns:b='b'><b:ID>W-17</b:ID><b:IssueDate>2026-03-02</b:IssueDate>\
        <b:DueDate>2026-03-16</b:DueDate><b:DocumentCurrencyCode>EUR</b:DocumentCurrencyCode>\
        <a:AccountingSupplierParty><a:Party><a:PartyLegalEntity><b:RegistrationName>Wärme Süd eG\
        </b:RegistrationName></a:PartyLegalEntity></a:Party></a:AccountingSupplierParty>\
        <a:LegalMonetaryTotal><b:TaxInclusiveAmount>84.2</b:TaxInclusiveAmount>\
        <b:PayableAmount>84.2</b:PayableAmount></a:LegalMonetaryTotal></Invoice>";
    let latin = xml.chars().map(|it| u8::try_from(it).unwrap());
    let latin = [
        b"<?xml version='1.0' encoding='ISO-8859-1'?>".to_vec(),
        latin.collect(),
    ];
    let wide = "\u{feff}<?xml version='1.0' encoding='UTF-16'?>".to_owned() + xml;
    let wide = wide.encode_utf16().flat_map(u16::to_le_bytes);
    let folder = tempfile::tempdir().unwrap();
    let files = [
        ("plain.xml", xml.as_bytes().to_vec()),
        ("latin.xml", latin.concat()),
        ("wide.xml", wide.collect()),
    ];
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_workmate"))
            .args(["read", "--json", "--received-on", "2026-03-04"])
            .arg(path)
            .output()
            .unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(answer["media_type"], "application/xml", "{name}");
        let text = "Rechnungsnummer: W-17\nRechnungsdatum: 02.03.2026\nFällig am: 16.03.2026\n\
            Rechnungssteller: Wärme Süd eG\nGesamtbetrag: 84,20 EUR\nZahlbetrag: 84,20 EUR";
        assert_eq!(answer["text"], text, "{name}");
        assert_eq!(answer["sender"]["name"], "Wärme Süd eG", "{name}");
        let payment = &answer["obligations"][0];
        assert_eq!(payment["due"], "2026-03-16", "{name}");
        assert_eq!(payment["amount"], "84.20", "{name}");
        assert_eq!(
            payment["evidence"]["text"], "Fällig am: 16.03.2026",
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_page_read_in_halves_has_the_same_words_with_one_thread_and_with_more() {
    let sheet = super::scans::letter("waste-charges-notice");
    let limits = Limits::default();
    let pictures = Pictures::open(&sheet, MediaType::Jpeg, &limits).unwrap();
    let picture = pictures.load(0).unwrap();
    let halves = cut::halves(&picture.grey, picture.dpi, picture.look.slope).unwrap();
    let above = halves.above * 1000 / picture.grey.width();
    let reader = Reader::new(settings());
    let mut read = Vec::new();
    for threads in [1, 4] {
        let job = ReadJob {
            options: ReadOptions {
                threads,
                ..ReadOptions::default()
            },
            ..job(sheet.clone())
        };
        read.push(reader.read(job).await.unwrap().reading.pages);
    }
    assert_eq!(read[0], read[1]);
    // Both halves are there, and lie where they lay on the page.
    let lines: Vec<f32> = read[0][0].words.iter().map(|it| it.at.y).collect();
    let cut = f32::from(u16::try_from(above).unwrap());
    let upper = lines.iter().filter(|it| **it < cut).count();
    assert!(upper > 20 && lines.len() - upper > 20, "{upper} {lines:?}");
}
