//! Photos and scans of the project's own letters: laid askew, turned, lit unevenly, photographed from
//! aside; and what is read from them.
#![expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "pixels are counted in whole numbers and computed in broken ones, all far below 2^24"
)]

use std::io::Cursor;
use std::path::PathBuf;

use image::{DynamicImage, GrayImage, ImageFormat, Luma, Rgb, RgbImage, imageops};
use workmate::domain::document::Page;
use workmate::reading::pdf::PdfFile;
use workmate::reading::prepare::Plan;
use workmate::reading::prepare::turn::Turn;
use workmate::reading::process::{ReadJob, Reader, ReaderSettings};
use workmate::reading::{Limits, Passwords, PreviewSize, Previews, ReadOptions};

use crate::reading::pdf;

/// Top left, top right, bottom right, bottom left; in fractions of the photo.
type Corners = [(f32, f32); 4];

/// Seen from slightly aside.
const ASIDE: Corners = [(0.11, 0.08), (0.87, 0.05), (0.93, 0.95), (0.06, 0.91)];

/// Words with letters above and below the line, an amount and a day in each paragraph.
const LINES: [&str; 24] = [
    "Wasserwerke Lindental GmbH",
    "Am Hochbrunnen 3, 38999 Lindental",
    "Rechnung Nr. 2026-104417",
    "Rechnungsdatum 23.02.2026",
    "Sehr geehrte Frau Sommer, sehr geehrter Herr Sommer,",
    "wir berechnen den Verbrauch Ihrer Wohnung vom 24.11.2025 bis",
    "zum 21.02.2026 wie folgt und bitten um Zahlung.",
    "Trinkwasser 21 Kubikmeter zu 1,82 EUR            38,22 EUR",
    "Abwasser 21 Kubikmeter zu 1,74 EUR               36,54 EUR",
    "Grundpreis drei Monate zu 1,31 EUR                3,93 EUR",
    "Umsatzsteuer sieben Prozent                       2,95 EUR",
    "Rechnungsbetrag                                  84,20 EUR",
    "Bitte zahlen Sie den Betrag von 84,20 EUR bis zum 09.03.2026",
    "auf unser Konto bei der Sparkasse. Geben Sie dabei die Nummer",
    "der Rechnung und Ihre Kundennummer 30 55 182 an. Danach sind",
    "wir verpflichtet, Verzugszinsen zu berechnen.",
    "Please note that the payment must reach us on time. You will",
    "find the number of your contract at the top of this page.",
    "Die Ablesung Ihres Wasserzählers findet voraussichtlich im Mai",
    "statt. Unser Mitarbeiter zeigt Ihnen gern seinen Ausweis.",
    "Fragen beantworten wir montags bis freitags von 8 bis 17 Uhr",
    "unter der Telefonnummer 05399 711024 oder per Brief.",
    "Mit freundlichen Gruessen aus Lindental",
    "Ihre Wasserwerke, Abteilung Kundenbetreuung",
];

fn letter() -> Vec<u8> {
    let lines = LINES.map(|it| format!("({it}) Tj 0 -25 Td "));
    let lines = lines.concat().replace('ä', "\\344");
    let content = format!("BT /F1 12 Tf 60 770 Td {lines}ET");
    pdf(&content, "0 0 595 842", "")
}

/// The letter as a flawless scan at 300 dpi.
fn scan() -> GrayImage {
    let (bytes, limits) = (letter(), Limits::default());
    let file = PdfFile::open(&bytes, &Passwords::default(), &limits).unwrap();
    file.render(0, &limits).unwrap().grey
}

/// The pixels of a line of numbers that look random and are not.
struct Grain(u32);

impl Grain {
    /// From -0.5 to 0.5.
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as f32 / 16_777_216.0 - 0.5
    }
}

/// Rows of the matrix that maps the photo's corners back to the page's.
fn back_from(corners: &Corners) -> [[f32; 3]; 3] {
    let [(x0, y0), (x1, y1), (x2, y2), (x3, y3)] = *corners;
    let (dx1, dx2, sx) = (x1 - x2, x3 - x2, x0 - x1 + x2 - x3);
    let (dy1, dy2, sy) = (y1 - y2, y3 - y2, y0 - y1 + y2 - y3);
    let under = dx1 * dy2 - dx2 * dy1;
    let across = (sx * dy2 - dx2 * sy) / under;
    let down = (dx1 * sy - sx * dy1) / under;
    let first = [x1 - x0 + across * x1, x3 - x0 + down * x3, x0];
    let second = [y1 - y0 + across * y1, y3 - y0 + down * y3, y0];
    let third = [across, down, 1.0];
    // The adjugate; its scale does not matter.
    let columns = [
        cross(second, third),
        cross(third, first),
        cross(first, second),
    ];
    [0, 1, 2].map(|row| columns.map(|it| it[row]))
}

fn cross([x1, y1, z1]: [f32; 3], [x2, y2, z2]: [f32; 3]) -> [f32; 3] {
    [y1 * z2 - z1 * y2, z1 * x2 - x1 * z2, x1 * y2 - y1 * x2]
}

/// A colour photo of 1800 × 2400 pixels: the page on a wooden table, a shadow falling across it.
fn photographed(page: &GrayImage, corners: &Corners) -> RgbImage {
    let rows = back_from(corners);
    let (width, height) = (1800_u32, 2400_u32);
    let mut grain = Grain(7);
    RgbImage::from_fn(width, height, |column, row| {
        let (x, y) = (column as f32 / width as f32, row as f32 / height as f32);
        let [across, down, depth] = rows.map(|[a, b, c]| a * x + b * y + c);
        let (across, down) = (across / depth, down / depth);
        let light = (1.0 - 0.35 * x * y) * if x + y > 1.3 { 0.72 } else { 1.0 };
        let noise = 9.0 * grain.next();
        let on_page = (0.0..1.0).contains(&across) && (0.0..1.0).contains(&down);
        let colour = if on_page {
            let at = (across * page.width() as f32, down * page.height() as f32);
            let ink = sampled(page, at);
            [25.0 + 0.86 * ink, 24.0 + 0.85 * ink, 22.0 + 0.80 * ink]
        } else {
            let fibre = 11.0 * (y * 120.0 + (x * 9.0).sin() * 3.0).sin();
            [128.0 + fibre, 92.0 + fibre, 62.0 + fibre]
        };
        Rgb(colour.map(|it| (it * light + noise).clamp(0.0, 255.0) as u8))
    })
}

/// The mean of the four pixels around a place.
fn sampled(page: &GrayImage, (x, y): (f32, f32)) -> f32 {
    let at = |x: f32, y: f32| {
        let inside = page.get_pixel_checked(x.max(0.0) as u32, y.max(0.0) as u32);
        inside.map_or(255.0, |it| f32::from(it.0[0]))
    };
    let (left, top) = ((x - 0.5).floor(), (y - 0.5).floor());
    let (right, low) = (x - 0.5 - left, y - 0.5 - top);
    let upper = at(left, top) * (1.0 - right) + at(left + 1.0, top) * right;
    let lower = at(left, top + 1.0) * (1.0 - right) + at(left + 1.0, top + 1.0) * right;
    upper * (1.0 - low) + lower * low
}

fn jpeg(picture: impl Into<DynamicImage>) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let picture: DynamicImage = picture.into();
    picture.write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

async fn read(bytes: Vec<u8>) -> (Page, Vec<u8>) {
    let reader = Reader::new(ReaderSettings {
        program: Some(PathBuf::from(env!("CARGO_BIN_EXE_workmate-reader"))),
        ..ReaderSettings::default()
    });
    let options = ReadOptions {
        previews: Previews::Make,
        ..ReadOptions::default()
    };
    let job = ReadJob {
        bytes,
        options,
        ..ReadJob::default()
    };
    let outcome = reader.read(job).await.unwrap();
    let mut previews = outcome.previews.into_iter();
    let preview = previews.find(|it| it.size == PreviewSize::Page).unwrap();
    (outcome.reading.pages[0].clone(), preview.webp)
}

/// Asserts that nearly all words of the letter were read.
fn assert_read(page: &Page, what: &str) {
    let there = page.text();
    let words: Vec<&str> = LINES.iter().flat_map(|it| it.split_whitespace()).collect();
    let missing: Vec<&&str> = words.iter().filter(|it| !there.contains(**it)).collect();
    assert!(
        missing.len() * 100 <= words.len() * 5,
        "{what}: {missing:?} of {} words in {there}",
        words.len()
    );
}

/// Asserts that the words' boxes lie on ink in the picture that people see.
fn assert_boxes_on_ink(page: &Page, preview: &[u8]) {
    let shown = image::load_from_memory(preview).unwrap().to_luma8();
    let scale = shown.width() as f32 / 1000.0;
    let words = page.words.iter().filter(|it| it.text.len() > 3);
    let (mut on_ink, mut count) = (0, 0);
    for word in words {
        let (left, right) = (word.at.x * scale, word.at.right() * scale);
        let (top, low) = (word.at.y * scale, word.at.bottom() * scale);
        let inside = imageops::crop_imm(
            &shown,
            left as u32,
            top as u32,
            (right - left).ceil() as u32,
            (low - top).ceil() as u32,
        );
        let darkest = inside.to_image().pixels().map(|it| it.0[0]).min();
        count += 1;
        on_ink += usize::from(darkest.is_some_and(|it| it < 190));
    }
    assert!(
        count > 50 && on_ink * 20 >= count * 19,
        "{on_ink} of {count}"
    );
}

#[tokio::test]
async fn a_letter_photographed_from_aside_is_read() {
    let photo = photographed(&scan(), &ASIDE);
    let plan = Plan::of(&DynamicImage::ImageRgb8(photo.clone()));
    let sheet = plan.sheet.unwrap();
    for (found, drawn) in sheet.corners.0.iter().zip(ASIDE) {
        let off = (found.x - drawn.0).abs().max((found.y - drawn.1).abs());
        assert!(off < 0.012, "{found:?} for {drawn:?}");
    }
    let (page, preview) = read(jpeg(photo)).await;
    assert!((page.height / page.width - 1.414).abs() < 0.01);
    assert_read(&page, "photo");
    assert_boxes_on_ink(&page, &preview);
}

#[tokio::test]
async fn a_photo_taken_sideways_is_turned_and_read() {
    let photo = imageops::rotate270(&photographed(&scan(), &ASIDE));
    let (page, preview) = read(jpeg(photo)).await;
    assert!(page.height > page.width);
    assert_read(&page, "photo on its side");
    assert_boxes_on_ink(&page, &preview);
}

#[tokio::test]
async fn every_turn_of_a_scan_is_undone() {
    let upright = scan();
    for (turned, expected) in [
        (upright.clone(), Turn::None),
        (imageops::rotate270(&upright), Turn::Right),
        (imageops::rotate180(&upright), Turn::Half),
        (imageops::rotate90(&upright), Turn::Left),
    ] {
        let plan = Plan::of(&DynamicImage::ImageLuma8(turned.clone()));
        assert_eq!((plan.turn, plan.sheet), (expected, None));
        let page = plan.applied(DynamicImage::ImageLuma8(turned));
        assert_eq!(page.to_luma8().dimensions(), upright.dimensions());
    }
    let (page, preview) = read(jpeg(imageops::rotate90(&upright))).await;
    assert_read(&page, "scan on its side");
    assert_boxes_on_ink(&page, &preview);
}

#[tokio::test]
async fn a_scan_askew_is_laid_straight() {
    let upright = scan();
    for degrees in [-7.0_f32, 2.0] {
        let askew = askew(&upright, degrees);
        let plan = Plan::of(&DynamicImage::ImageLuma8(askew.clone()));
        assert!((plan.degrees + degrees).abs() < 0.15, "{}", plan.degrees);
        let (page, preview) = read(jpeg(askew)).await;
        assert_read(&page, "scan askew");
        assert_boxes_on_ink(&page, &preview);
    }
}

/// Turned clockwise about its middle.
fn askew(page: &GrayImage, degrees: f32) -> GrayImage {
    let (sine, cosine) = degrees.to_radians().sin_cos();
    let (width, height) = (page.width() as f32, page.height() as f32);
    GrayImage::from_fn(page.width(), page.height(), |x, y| {
        let (x, y) = (x as f32 - width / 2.0, y as f32 - height / 2.0);
        let from_x = x * cosine + y * sine + width / 2.0;
        let from_y = y * cosine - x * sine + height / 2.0;
        let outside = from_x < 0.0 || from_y < 0.0;
        Luma([if outside {
            255
        } else {
            sampled(page, (from_x + 0.5, from_y + 0.5)) as u8
        }])
    })
}

#[test]
fn a_flawless_scan_is_left_as_it_is() {
    let scan = scan();
    let plan = Plan::of(&DynamicImage::ImageLuma8(scan.clone()));
    assert!(!plan.moves() && plan.light.is_none(), "{plan:?}");
    assert!(plan.look.is_upright);
    let page = plan.applied(DynamicImage::ImageLuma8(scan.clone()));
    assert!(page.into_luma8() == scan);
}

#[test]
fn a_photo_without_a_sheet_is_not_cut() {
    // A table and nothing on it; and a page whose edges all lie outside.
    let table: Corners = [(2.0, 2.0), (3.0, 2.0), (3.0, 3.0), (2.0, 3.0)];
    let close: Corners = [(-0.1, -0.12), (1.15, -0.1), (1.1, 1.15), (-0.2, 1.1)];
    for corners in [table, close] {
        let photo = photographed(&scan(), &corners);
        let plan = Plan::of(&DynamicImage::ImageRgb8(photo));
        assert_eq!(plan.sheet, None);
    }
}
