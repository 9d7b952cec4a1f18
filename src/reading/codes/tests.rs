//! Codes are printed by the tests themselves, then spoilt as paper, scanners and telephones do.

use ::image::{GrayImage, Luma, imageops};
use rxing::{BarcodeFormat, MultiFormatWriter, Writer as _};

use super::prepare::{float, whole};
use super::*;

const GIRO: &str = "BCD\n002\n1\nSCT\n\nMüller & Söhne GmbH\nDE89370400440532013000\nEUR84.20\n\n\nRechnung 2026-0815\n";

/// One of each: the format, its text, its name.
const PRINTED: [(BarcodeFormat, &str, &str); 11] = [
    (BarcodeFormat::QR_CODE, GIRO, "qr"),
    (
        BarcodeFormat::DATA_MATRIX,
        "A4711-0815-2026 Frachtpost",
        "data_matrix",
    ),
    (BarcodeFormat::PDF_417, "Bordkarte M1MUSTER/ERIKA", "pdf417"),
    (BarcodeFormat::AZTEC, "Fahrkarte 12345 Berlin", "aztec"),
    (BarcodeFormat::CODE_128, "PATCHT", "code_128"),
    (BarcodeFormat::CODE_39, "PATCHT", "code_39"),
    (BarcodeFormat::EAN_13, "4006381333931", "ean_13"),
    (BarcodeFormat::EAN_8, "73513537", "ean_8"),
    (BarcodeFormat::UPC_A, "036000291452", "upc_a"),
    (BarcodeFormat::UPC_E, "01234565", "upc_e"),
    (BarcodeFormat::ITF, "30712345000010", "itf"),
];

/// A code with modules of so many pixels and its free margin.
fn printed(format: BarcodeFormat, text: &str, module: u32) -> GrayImage {
    let bits = MultiFormatWriter.encode(text, &format, 1, 1).unwrap();
    let (columns, rows) = (bits.getWidth(), bits.getHeight());
    let is_flat = rows < 5;
    let rows_high = if is_flat { 40 } else { module };
    let margin = 12 * module;
    let (width, height) = (columns * module + 2 * margin, rows * rows_high + 2 * margin);
    GrayImage::from_fn(width, height, |x, y| {
        let inside = x >= margin && y >= margin && x < width - margin && y < height - margin;
        let dark = inside && bits.get((x - margin) / module, (y - margin) / rows_high);
        Luma([if dark { 0 } else { 255 }])
    })
}

/// Takes each pixel from where `from` says, between four.
fn moved(picture: &GrayImage, from: impl Fn(f32, f32) -> (f32, f32)) -> GrayImage {
    let (width, height) = picture.dimensions();
    GrayImage::from_fn(width, height, |x, y| {
        let (x, y) = from(
            float(x) - float(width) / 2.0,
            float(y) - float(height) / 2.0,
        );
        let (x, y) = (x + float(width) / 2.0, y + float(height) / 2.0);
        let inside = x >= 0.0 && y >= 0.0 && x < float(width - 1) && y < float(height - 1);
        let value = if inside {
            imageops::interpolate_bilinear(picture, x, y).map_or(255, |it| it.0[0])
        } else {
            255
        };
        Luma([value])
    })
}

fn turned(picture: &GrayImage, degrees: f32) -> GrayImage {
    // Large enough for the corners.
    let side = picture.width().max(picture.height()) * 3 / 2;
    let mut sheet = GrayImage::from_pixel(side, side, Luma([255]));
    let at = |it: u32| i64::from((side - it) / 2);
    imageops::replace(
        &mut sheet,
        picture,
        at(picture.width()),
        at(picture.height()),
    );
    let (rise, run) = degrees.to_radians().sin_cos();
    moved(&sheet, |x, y| (x * run - y * rise, x * rise + y * run))
}

fn seen_from_aside(picture: &GrayImage) -> GrayImage {
    let side = float(picture.width().max(picture.height()));
    moved(picture, |x, y| {
        let far = 1.06 + 0.2 * x / side + 0.12 * y / side;
        (x * far, y * far)
    })
}

fn spoilt(picture: &GrayImage, change: impl Fn(u32, u32, f32) -> f32) -> GrayImage {
    GrayImage::from_fn(picture.width(), picture.height(), |x, y| {
        let value = f32::from(picture.get_pixel(x, y).0[0]);
        let value = change(x, y, value).clamp(0.0, 255.0);
        Luma([u8::try_from(whole(value)).unwrap()])
    })
}

/// The same noise every time, from 0 to 1.
fn noise(x: u32, y: u32) -> f32 {
    let mixed =
        (x.wrapping_mul(0x9E37_79B1) ^ y.wrapping_mul(0x85EB_CA77)).wrapping_mul(0xC2B2_AE3D);
    let mixed = (mixed ^ (mixed >> 15)).wrapping_mul(0x27D4_EB2F);
    float(mixed >> 16) / 65_535.0
}

fn texts(picture: &GrayImage) -> Vec<(String, String)> {
    let codes = on_page(1, picture, &[]);
    codes
        .into_iter()
        .map(|it| (it.symbology, it.text))
        .collect()
}

fn is_found(what: &str, picture: &GrayImage, symbology: &str, text: &str) {
    let expected = [(symbology.to_owned(), text.to_owned())];
    assert_eq!(texts(picture), expected, "{symbology} {what}");
}

#[test]
fn every_symbology_is_read() {
    for (format, text, name) in PRINTED {
        for module in [2, 4] {
            is_found(
                &format!("{module} pixels"),
                &printed(format, text, module),
                name,
                text,
            );
        }
    }
}

#[test]
fn turned_codes_are_read() {
    for (format, text, name) in PRINTED {
        let plain = printed(format, text, 4);
        // PDF417 is looked for lying or standing on its head, wide bars nearly level or upright.
        let turns: &[f32] = match name {
            "pdf417" => &[4.0, 173.0],
            "code_39" | "itf" => &[90.0, 270.0],
            _ => &[4.0, 90.0, 173.0, 270.0],
        };
        for &degrees in turns {
            is_found(
                &format!("turned by {degrees}"),
                &turned(&plain, degrees),
                name,
                text,
            );
        }
    }
}

#[test]
fn photographed_codes_are_read() {
    for (format, text, name) in PRINTED {
        let plain = printed(format, text, 5);
        is_found("from aside", &seen_from_aside(&plain), name, text);
        let soft = prepare::blurred(&plain, 2);
        is_found("blurred", &soft, name, text);
        let grainy = spoilt(&plain, |x, y, it| {
            it * 0.6 + 50.0 + 60.0 * (noise(x, y) - 0.5)
        });
        // Lines of bars agree too seldom under so much grain; dots are counted together.
        if ["qr", "data_matrix", "pdf417", "aztec"].contains(&name) {
            is_found("grainy", &grainy, name, text);
        }
        let (width, height) = plain.dimensions();
        let shaded = spoilt(&soft, |x, y, it| {
            let light = 0.35 + 0.65 * float(x) / float(width);
            (it * 0.7 + 40.0) * light * (1.0 - 0.3 * float(y) / float(height)) + 8.0 * noise(x, y)
        });
        is_found("in a shadow", &shaded, name, text);
    }
}

#[test]
fn codes_in_white_on_black_are_read() {
    for (format, text, name) in [PRINTED[0], PRINTED[1]] {
        let plain = prepare::inverted(&printed(format, text, 4));
        is_found("inverted", &plain, name, text);
    }
    let mirrored = prepare::mirrored(&printed(BarcodeFormat::QR_CODE, GIRO, 4));
    is_found("mirrored", &mirrored, "qr", GIRO);
}

#[test]
fn a_code_without_margin_is_read() {
    for (format, text, name) in [PRINTED[0], PRINTED[1]] {
        let plain = printed(format, text, 4);
        let cut = prepare::part(&plain, 46, 46, plain.width() - 92, plain.height() - 92);
        is_found("tight", &cut, name, text);
    }
}

/// A page of A4 at 300 dpi with lines of something like letters.
fn page_of_letters() -> GrayImage {
    let mut page = GrayImage::from_pixel(2480, 3508, Luma([255]));
    for line in 0..55_u32 {
        for column in 0..85_u32 {
            let (x, y) = (250 + column * 23, 300 + line * 52);
            if noise(column, line) < 0.15 {
                continue;
            }
            // Strokes of four pixels, as letters of 10 points have.
            for stroke in 0..3_u32 {
                let at = noise(column * 7 + stroke, line * 13);
                let upright = noise(stroke + line, column) < 0.6;
                let (left, top) = (x + whole(at * 14.0), y + whole(at * 22.0));
                let (wide, high) = if upright {
                    (4, 30 - whole(at * 22.0))
                } else {
                    (16 - whole(at * 14.0), 4)
                };
                for (a, b) in
                    (left..left + wide).flat_map(|a| (top..top + high).map(move |b| (a, b)))
                {
                    page.put_pixel(a, b, Luma([20]));
                }
            }
        }
    }
    page
}

#[test]
fn a_page_of_letters_has_no_codes_and_no_places() {
    let page = page_of_letters();
    assert_eq!(places_of(&page, false), []);
    assert_eq!(on_page(1, &page, &[]), []);
}

#[test]
fn all_codes_of_a_page_are_found_where_they_are() {
    let mut page = page_of_letters();
    let all = [PRINTED[0], PRINTED[4], PRINTED[6]];
    for ((format, text, _), number) in all.iter().zip(0_i64..) {
        let code = printed(*format, text, 4);
        imageops::replace(&mut page, &code, 300 + 250 * number, 200 + 600 * number);
    }
    let mut found = on_page(7, &page, &[]);
    found.sort_by(|a, b| a.at.y.total_cmp(&b.at.y));
    let names: Vec<(&str, &str)> = found
        .iter()
        .map(|it| (it.symbology.as_str(), it.text.as_str()))
        .collect();
    assert_eq!(names, all.map(|it| (it.2, it.1)));
    for (code, number) in found.iter().zip(0_u8..) {
        let (x, y) = (
            300.0 + 250.0 * f32::from(number),
            200.0 + 600.0 * f32::from(number),
        );
        let (left, top) = (code.at.x * 2.48, code.at.y * 2.48);
        assert!(
            (left - x - 48.0).abs() < 25.0 && (top - y - 48.0).abs() < 25.0,
            "{code:?}"
        );
        assert_eq!(code.page, 7);
    }
}

#[test]
fn noise_empty_and_tiny_pictures_have_no_codes() {
    for (width, height) in [(1, 1), (30, 2), (9, 9), (200, 300), (1700, 2000)] {
        let white = GrayImage::from_pixel(width, height, Luma([255]));
        assert_eq!(on_page(1, &white, &[]), []);
        let grainy = spoilt(&white, |x, y, _| 255.0 * noise(x, y));
        assert_eq!(on_page(1, &grainy, &[]), [], "{width} × {height}");
        let stripes = spoilt(&white, |x, _, _| if x % 8 < 4 { 0.0 } else { 255.0 });
        assert_eq!(on_page(1, &stripes, &[]), [], "{width} × {height}");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(12))]
    #[test]
    fn a_damaged_code_never_breaks_the_reader(kind in 0_usize..4, x in 0_u32..120, y in 0_u32..120, side in 5_u32..60, level: u8) {
        let (format, text, _) = PRINTED[kind];
        let mut code = printed(format, text, 3);
        let (right, bottom) = ((x + side).min(code.width()), (y + side).min(code.height()));
        for (a, b) in (x..right).flat_map(|a| (y..bottom).map(move |b| (a, b))) {
            code.put_pixel(a, b, Luma([level]));
        }
        for found in on_page(1, &code, &[]) {
            proptest::prop_assert_eq!(found.text.as_str(), text);
        }
    }
}
