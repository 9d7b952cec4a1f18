//! Codes on whole papers: none where none are, and those that programs print on letters.

use std::fmt::Write as _;

use image::Luma;
use jiff::civil::date;
use rxing::common::BitMatrix;
use rxing::{BarcodeFormat, MultiFormatWriter, Writer as _};
use workmate::domain::document::{Code, MediaType};
use workmate::reading::image::Pictures;
use workmate::reading::pdf::PdfFile;
use workmate::reading::{Limits, Passwords, codes, sniff};

use crate::paper;

const GIRO: &str = "BCD\n002\n1\nSCT\n\nMuster GmbH\nDE89370400440532013000\nEUR84.20\n\n\nRE-1\n";
const SWISS: &str = "SPC\r\n0200\r\n1\r\nCH9300762011623852957\r\nS\r\nMuster AG\r\nHauptstrasse\r\n1\r\n\
     3000\r\nBern\r\nCH\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n199.95\r\nCHF\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\
     NON\r\n\r\nRechnung 5\r\nEPD";

fn bits(format: BarcodeFormat, text: &str) -> BitMatrix {
    MultiFormatWriter.encode(text, &format, 1, 1).unwrap()
}

/// A page of A4 with a line of text, further content and one picture named `/Im`.
fn page(content: &str, picture: &str) -> Vec<u8> {
    let text = "BT /F1 12 Tf 50 780 Td (Wasserwerk Au, Rechnung 4711 vom 2. Maerz 2026) Tj \
         0 -20 Td (Bitte zahlen Sie den Betrag von 84,20 EUR bis zum 18.03.2026.) Tj ET";
    let content = format!("{text}\n{content}");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
         /Resources << /Font << /F1 5 0 R >> /XObject << /Im 6 0 R >> >> >>"
            .to_owned(),
        format!(
            "<< /Length {} >>\nstream\n{content}\nendstream",
            content.len()
        ),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
            .to_owned(),
        picture.to_owned(),
    ];
    let mut file = "%PDF-1.7\n".to_owned();
    let mut places = String::new();
    for (number, object) in (1..).zip(&objects) {
        writeln!(places, "{:010} 00000 n ", file.len()).unwrap();
        write!(file, "{number} 0 obj\n{object}\nendobj\n").unwrap();
    }
    let (table, count) = (file.len(), objects.len() + 1);
    write!(
        file,
        "xref\n0 {count}\n0000000000 65535 f \n{places}trailer << /Size {count} /Root 1 0 R >>\n\
         startxref\n{table}\n%%EOF\n"
    )
    .unwrap();
    file.into_bytes()
}

/// The code as a picture of one bit a pixel, with a free margin.
fn picture(bits: &BitMatrix, margin: u32, row: u32) -> String {
    let (width, height) = (
        bits.getWidth() + 2 * margin,
        bits.getHeight() * row + 2 * margin,
    );
    let mut hex = String::new();
    for y in 0..height {
        let dark = |x: u32| {
            let inside = |at: u32, long: u32| (margin..margin + long).contains(&at);
            inside(x, bits.getWidth())
                && inside(y, bits.getHeight() * row)
                && bits.get(x - margin, (y - margin) / row)
        };
        for byte in 0..width.div_ceil(8) {
            let byte =
                (byte * 8..byte * 8 + 8).fold(0_u8, |byte, x| byte << 1 | u8::from(!dark(x)));
            write!(hex, "{byte:02x}").unwrap();
        }
    }
    hex.push('>');
    format!(
        "<< /Type /XObject /Subtype /Image /Width {width} /Height {height} /ColorSpace /DeviceGray \
         /BitsPerComponent 1 /Filter /ASCIIHexDecode /Length {} >>\nstream\n{hex}\nendstream",
        hex.len()
    )
}

fn float(count: u32) -> f32 {
    f32::from(u16::try_from(count).unwrap())
}

/// The code as one filled rectangle for each module, or each bar.
fn rectangles(bits: &BitMatrix, at: (f32, f32), module: f32, high: f32) -> String {
    let mut content = String::new();
    for y in 0..bits.getHeight() {
        for x in (0..bits.getWidth()).filter(|x| bits.get(*x, y)) {
            let place = (at.0 + float(x) * module, at.1 - float(y + 1) * high);
            writeln!(content, "{} {} {module} {high} re f", place.0, place.1).unwrap();
        }
    }
    content
}

fn drawn(pdf: &[u8]) -> Vec<Code> {
    let limits = Limits::default();
    let file = PdfFile::open(pdf, &Passwords::default(), &limits).unwrap();
    let layers = file.text_layers(&limits).unwrap();
    assert!(layers[0].is_usable);
    file.drawn_codes(0, &layers[0], &limits)
}

const NO_PICTURE: &str = "<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray \
     /BitsPerComponent 8 /Length 1 >>\nstream\n0\nendstream";

#[test]
fn a_giro_code_in_a_picture_is_found_with_its_exact_text() {
    for side in [60.0, 100.0] {
        let code = picture(&bits(BarcodeFormat::QR_CODE, GIRO), 4, 1);
        let pdf = page(&format!("q {side} 0 0 {side} 400 100 cm /Im Do Q"), &code);
        let found = drawn(&pdf);
        assert_eq!(found.len(), 1, "{side}");
        assert_eq!(
            (found[0].symbology.as_str(), found[0].text.as_str()),
            ("qr", GIRO)
        );
        assert!(
            (found[0].at.x - 400.0 / 0.595).abs() < 30.0,
            "{:?}",
            found[0].at
        );
    }
}

#[test]
fn a_swiss_bill_with_its_cross_is_found_with_its_exact_text() {
    let code = bits(BarcodeFormat::QR_CODE, SWISS);
    // 46 mm wide; the cross covers 7 mm in the middle.
    let module = 130.4 / float(code.getWidth());
    let cross = "1 g 248.2 247.8 20 20 re f 0 g 249.2 248.8 18 18 re f 1 g 256.2 250.8 4 14 re f \
         251.2 255.8 14 4 re f 0 g";
    let content = rectangles(&code, (193.0, 323.0), module, module) + cross;
    let found = drawn(&page(&content, NO_PICTURE));
    let texts: Vec<&str> = found.iter().map(|it| it.text.as_str()).collect();
    assert_eq!(texts, [SWISS]);
}

#[test]
fn bars_are_found_drawn_and_as_a_picture() {
    let all = [
        (BarcodeFormat::CODE_128, "PATCHT", "code_128"),
        (BarcodeFormat::EAN_13, "4006381333931", "ean_13"),
        (BarcodeFormat::CODE_39, "ASN00042", "code_39"),
    ];
    for (format, text, name) in all {
        let code = bits(format, text);
        let painted = rectangles(&code, (60.0, 400.0), 1.0, 36.0);
        let found = drawn(&page(&painted, NO_PICTURE));
        let texts: Vec<_> = found
            .iter()
            .map(|it| (it.symbology.as_str(), it.text.as_str()))
            .collect();
        assert_eq!(texts, [(name, text)], "drawn");
        let width = float(code.getWidth()) + 24.0;
        let placed = format!("q {width} 0 0 40 60 300 cm /Im Do Q");
        let found = drawn(&page(&placed, &picture(&code, 12, 10)));
        let texts: Vec<_> = found
            .iter()
            .map(|it| (it.symbology.as_str(), it.text.as_str()))
            .collect();
        assert_eq!(texts, [(name, text)], "as a picture");
    }
}

#[test]
fn a_scan_under_recognised_words_is_searched_too() {
    let code = bits(BarcodeFormat::CODE_128, "ASN00042");
    let mut sheet = image::GrayImage::from_pixel(1240, 1754, Luma([255]));
    for (x, y, pixel) in sheet.enumerate_pixels_mut() {
        let inside = (200..200 + code.getWidth() * 2).contains(&x) && (300..360).contains(&y);
        if inside && code.get((x - 200) / 2, 0) {
            *pixel = Luma([0]);
        }
    }
    let mut hex = String::new();
    for pixel in sheet.as_raw() {
        write!(hex, "{pixel:02x}").unwrap();
    }
    let scan = format!(
        "<< /Type /XObject /Subtype /Image /Width 1240 /Height 1754 /ColorSpace /DeviceGray \
         /BitsPerComponent 8 /Filter /ASCIIHexDecode /Length {} >>\nstream\n{hex}>\nendstream",
        hex.len() + 1
    );
    let limits = Limits::default();
    let file = page("q 595 0 0 842 0 0 cm /Im Do Q", &scan);
    let file = PdfFile::open(&file, &Passwords::default(), &limits).unwrap();
    let layers = file.text_layers(&limits).unwrap();
    let found = file.drawn_codes(0, &layers[0], &limits);
    let texts: Vec<&str> = found.iter().map(|it| it.text.as_str()).collect();
    assert_eq!(texts, ["ASN00042"]);
}

#[test]
fn letters_receipts_scans_and_photos_without_codes_have_none() {
    let limits = Limits::default();
    let mut searched = 0;
    for sheet in paper::samples(date(2026, 3, 2)).unwrap() {
        match sniff::sniff(&sheet.bytes) {
            Some(MediaType::Pdf) => {
                let file = PdfFile::open(&sheet.bytes, &Passwords::default(), &limits).unwrap();
                for index in 0..file.count() {
                    let picture = file.render(index, &limits).unwrap();
                    assert_eq!(codes::on_page(1, &picture.grey, &[]), [], "{}", sheet.name);
                    searched += 1;
                }
            }
            Some(kind @ (MediaType::Jpeg | MediaType::Png)) => {
                let picture = Pictures::open(&sheet.bytes, kind, &limits)
                    .unwrap()
                    .load(0)
                    .unwrap();
                assert_eq!(codes::on_page(1, &picture.grey, &[]), [], "{}", sheet.name);
                searched += 1;
            }
            _ => (),
        }
    }
    assert!(searched >= 10, "{searched}");
}
