//! PDFs: locked ones, filled-in forms, remarks, turned pages, scans with a footer, files inside.

use workmate::domain::document::MediaType;
use workmate::reading::failure::Failure;
use workmate::reading::pdf::{Layer, PdfFile};
use workmate::reading::{Passwords, ReadOptions};

use super::{file, limits};
use crate::paper::canvas::File;

fn passwords(all: &[&str]) -> Passwords {
    Passwords(all.iter().map(|it| (*it).to_owned()).collect())
}

fn layer(bytes: &[u8]) -> Layer {
    let pdf = PdfFile::open(bytes, &Passwords::default(), &limits()).unwrap();
    pdf.text_layers(&limits()).unwrap().remove(0)
}

/// A page with these annotations, drawn by `content`; more objects begin with 6.
fn page(content: &str, entries: &str, more: &[&str]) -> Vec<u8> {
    let mut file = File::new();
    file.object(b"<< /Type /Catalog /Pages 2 0 R >>");
    file.object(b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>");
    let dictionary = format!(
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
         /Resources << /Font << /F1 5 0 R >> /XObject << /Scan 6 0 R >> >> {entries} >>"
    );
    file.object(dictionary.as_bytes());
    file.stream("", content.as_bytes());
    file.object(
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    );
    for object in more {
        file.object(object.as_bytes());
    }
    file.finish("")
}

const LABEL: &str = "BT /F1 12 Tf 50 700 Td (Kundennummer) Tj ET";

#[test]
fn locked_pdfs_open_with_a_known_password_alone() {
    for (name, password) in [
        ("locked-rc4.pdf", "geheim"),
        ("locked-aes128.pdf", "geheim"),
        ("locked-aes256.pdf", "schlüssel"),
        ("open-aes256.pdf", "-"),
    ] {
        let bytes = file(name);
        let known = passwords(&["falsch", password]);
        let pdf = PdfFile::open(&bytes, &known, &limits()).unwrap();
        let text = pdf.text_layers(&limits()).unwrap()[0].page.text();
        assert!(
            text.contains("Bitte zahlen Sie 84,20 EUR"),
            "{name}: {text}"
        );
        if name.starts_with("locked") {
            let refused = PdfFile::open(&bytes, &passwords(&["falsch"]), &limits());
            assert_eq!(refused.err(), Some(Failure::Encrypted), "{name}");
        }
    }
}

#[test]
fn passwords_are_shown_to_nobody() {
    let options = ReadOptions {
        pdf_passwords: passwords(&["geheim"]),
        ..ReadOptions::default()
    };
    assert!(!format!("{options:?}").contains("geheim"));
}

#[test]
fn what_was_typed_into_fields_stands_where_it_was_typed() {
    let annotations = "/Annots [<< /Subtype /Widget /FT /Tx /T (a) /V (4711-09) /DA (/Helv 11 Tf) \
        /Rect [200 695 300 712] >> << /Subtype /Widget /Parent << /FT /Ch /V (m) \
        /Opt [[(m) (monatlich)] [(j) (j\u{e4}hrlich)]] >> /Rect [200 660 300 678] >> \
        << /Subtype /Widget /FT /Tx /V (versteckt) /F 2 /Rect [200 600 300 620] >> \
        << /Subtype /Widget /FT /Tx /V (passwort) /Ff 8192 /Rect [200 600 300 620] >> \
        << /Subtype /FreeText /Contents (zwei Worte) /Rect [50 500 300 540] >> \
        << /Subtype /Text /Contents (Bitte Herrn Kern fragen) /Rect [560 700 580 720] >>]";
    let layer = layer(&page(LABEL, annotations, &[]));
    assert_eq!(
        layer.page.text(),
        "Kundennummer 4711-09\nmonatlich\nzwei Worte\nBitte Herrn Kern fragen"
    );
    let typed = layer
        .page
        .words
        .iter()
        .find(|it| it.text == "4711-09")
        .unwrap();
    assert!((typed.at.x - 202.0 / 0.595).abs() < 4.0, "{:?}", typed.at);
    assert!((typed.at.y - 132.0 / 0.595).abs() < 15.0, "{:?}", typed.at);
    // Where the page is recognised from its picture, what is not on the picture is added.
    let mut words = Vec::new();
    layer.add_typed(&mut words);
    assert_eq!(words.len(), 8);
}

#[test]
fn a_field_that_is_drawn_is_not_read_twice() {
    let annotations = "/Annots [<< /Subtype /Widget /FT /Tx /V (4711-09) /AP << /N 6 0 R >> \
        /Rect [200 695 300 712] >>]";
    let drawing = "/Tx BMC BT /F1 11 Tf 2 4 Td (4711-09) Tj ET EMC";
    let drawing = format!(
        "<< /Type /XObject /Subtype /Form /BBox [0 0 100 17] /Resources << /Font << /F1 5 0 R >> >> \
         /Length {} >>\nstream\n{drawing}\nendstream",
        drawing.len()
    );
    let layer = layer(&page(LABEL, annotations, &[&drawing]));
    assert_eq!(layer.page.text(), "Kundennummer 4711-09");
}

#[test]
fn turned_pages_are_read_upright_with_their_fields() {
    let entries = |turn: u32| {
        format!(
            "/Rotate {turn} /Annots [<< /Subtype /Widget /FT /Tx /V (4711-09) \
             /DA (/Helv 11 Tf) /Rect [200 695 300 712] >>]"
        )
    };
    for (turn, size) in [
        (90, (842.0, 595.0)),
        (180, (595.0, 842.0)),
        (270, (842.0, 595.0)),
    ] {
        let layer = layer(&page(LABEL, &entries(turn), &[]));
        assert_eq!((layer.page.width, layer.page.height), size);
        assert_eq!(layer.page.text(), "Kundennummer 4711-09", "{turn}");
    }
}

#[test]
fn a_scan_with_a_footer_is_recognised_and_a_letter_is_not() {
    // A picture of one grey pixel, as large as the page.
    let scan = "<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8 \
        /ColorSpace /DeviceGray /Length 1 >>\nstream\nx\nendstream";
    let footer = "q 595 0 0 842 0 0 cm /Scan Do Q BT /F1 7 Tf 40 20 Td \
        (Digitalisiert von der Poststelle am 12.03.2026 um 09:14 Uhr mit der Anlage im Erdgeschoss) Tj \
        0 -9 Td (Seite eins von drei, Vorgang liegt bei den Akten der Verwaltung) Tj ET";
    assert!(!layer(&page(footer, "", &[scan])).is_usable);
    let mut letter = "q 595 0 0 842 0 0 cm /Scan Do Q BT /F1 11 Tf 50 780 Td ".to_owned();
    for _ in 0..20 {
        letter.push_str("(Sehr geehrte Frau Lehmann, bitte zahlen Sie den Betrag) Tj 0 -20 Td ");
    }
    letter.push_str("ET");
    assert!(layer(&page(&letter, "", &[scan])).is_usable);
}

#[test]
fn papers_inside_a_pdf_are_parts_of_it() {
    let inner = page(LABEL, "", &[]);
    let mut file = File::new();
    file.object(
        b"<< /Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles << /Names [(Brief.pdf) 4 0 R] >> >> >>",
    );
    file.object(b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>");
    file.object(
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Annots [<< /Subtype /FileAttachment \
          /Rect [0 0 9 9] /FS << /F (note.bin) /EF << /F 6 0 R >> >> >>] >>",
    );
    file.object(b"<< /Type /Filespec /F (Brief.pdf) /EF << /F 5 0 R >> >>");
    file.stream("/Type /EmbeddedFile", &inner);
    file.stream("/Type /EmbeddedFile", b"\0\x01\x02");
    let bytes = file.finish("");
    let pdf = PdfFile::open(&bytes, &Passwords::default(), &limits()).unwrap();
    let parts = pdf.parts(&limits());
    let about: Vec<_> = parts
        .iter()
        .map(|it| (it.name.as_str(), it.media_type, it.is_paper))
        .collect();
    assert_eq!(
        about,
        [
            ("Brief.pdf", Some(MediaType::Pdf), true),
            ("note.bin", None, false)
        ]
    );
    assert_eq!(parts[0].bytes, inner);
}
