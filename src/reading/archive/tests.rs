//! The copy is read again with our own reader: whatever the words are, it is a PDF, and ordinary
//! words are found in it where they were.

use proptest::prelude::*;

use super::*;
use crate::domain::document::Word;
use crate::domain::value::Rect as Area;

fn word(text: &str, at: Area, line: u32) -> Word {
    Word {
        text: text.to_owned(),
        at,
        confidence: 0.9,
        line,
        block: 0,
    }
}

fn page(words: Vec<Word>) -> Page {
    Page {
        number: 1,
        source: PageSource::Ocr,
        width: 595.0,
        height: 842.0,
        words,
    }
}

fn png(grey: ::image::GrayImage) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    ::image::DynamicImage::ImageLuma8(grey)
        .write_to(&mut bytes, ::image::ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}

/// A grey sheet of paper.
fn paper() -> Vec<u8> {
    png(::image::GrayImage::from_pixel(62, 88, ::image::Luma([200])))
}

fn copy_of(pages: &[Page], title: &str) -> Vec<u8> {
    let paper = paper();
    let options = CopyOptions {
        title: title.to_owned(),
        ..CopyOptions::default()
    };
    let original = Original {
        bytes: &paper,
        pages,
        options: &options,
    };
    original.archive_copy().unwrap()
}

fn words_in(copy: &[u8]) -> Vec<Word> {
    let limits = Limits::default();
    let file = PdfFile::open(copy, &Passwords::default(), &limits).unwrap();
    let mut layers = file.text_layers(&limits).unwrap();
    layers.remove(0).page.words
}

#[test]
fn words_are_found_where_they_were() {
    let lines = [
        "Grüße aus Köln: 84,20 € bis 18.03.2026",
        "„Straße“ – ¿qué? Łódź Ελλάδα Москва 東京 𝛑",
        "x² ≤ ½ · naïve œuvre ﬂ",
    ];
    let mut words = Vec::new();
    for (number, line) in (0_u8..).zip(lines) {
        let mut x = 80.0;
        for text in line.split(' ') {
            let width = 11.0 * f32::from(u8::try_from(text.chars().count()).unwrap());
            let at = Area {
                x,
                y: 200.0 + 60.0 * f32::from(number),
                w: width,
                h: 20.0,
            };
            words.push(word(text, at, number.into()));
            x += width + 9.0;
        }
    }
    let found = words_in(&copy_of(&[page(words.clone())], "Brief"));
    let texts =
        |words: &[Word]| -> Vec<String> { words.iter().map(|it| it.text.clone()).collect() };
    let mut expected = texts(&words);
    // Our reader writes ligatures as letters.
    *expected.last_mut().unwrap() = "fl".to_owned();
    assert_eq!(texts(&found), expected);
    for (found, word) in found.iter().zip(&words) {
        assert!((found.at.x - word.at.x).abs() < 1.0, "{found:?} {word:?}");
        assert!((found.at.w - word.at.w).abs() < 1.5, "{found:?} {word:?}");
        let middle = word.at.y + word.at.h / 2.0;
        let within = found.at.y <= middle && middle <= found.at.y + found.at.h;
        assert!(within, "{found:?} {word:?}");
        assert_eq!(found.line, word.line);
    }
}

#[test]
fn a_text_has_no_copy_and_another_number_of_pages_is_refused() {
    let options = CopyOptions::default();
    let original = |bytes| Original {
        bytes,
        pages: &[],
        options: &options,
    };
    let text = original(b"Dear all").archive_copy();
    assert_eq!(text, Err(Failure::NothingToShow));
    let paper = paper();
    let other = original(&paper).archive_copy();
    assert!(matches!(other, Err(Failure::Damaged { .. })), "{other:?}");
}

#[test]
fn a_copy_has_a_limit() {
    let limits = Limits {
        archive_bytes_max: 500,
        ..Limits::default()
    };
    let options = CopyOptions {
        limits,
        ..CopyOptions::default()
    };
    let paper = paper();
    let original = Original {
        bytes: &paper,
        pages: &[page(Vec::new())],
        options: &options,
    };
    let copy = original.archive_copy();
    assert!(matches!(copy, Err(Failure::TooLarge { .. })), "{copy:?}");
}

#[test]
fn a_huge_sheet_is_made_small_enough_to_be_shown() {
    let roll = Page {
        width: 200.0,
        height: 900_000.0,
        ..page(vec![word(
            "Ende",
            Area {
                x: 10.0,
                y: 4_400_000.0,
                w: 60.0,
                h: 14.0,
            },
            0,
        )])
    };
    let copy = copy_of(&[roll], "");
    let file = PdfFile::open(&copy, &Passwords::default(), &Limits::default()).unwrap();
    assert_eq!(file.count(), 1);
}

#[test]
fn ink_stays_black_and_paper_white() {
    let is_ink = |x: u32, y: u32| (x / 124 + y / 124).is_multiple_of(2);
    let board = png(::image::GrayImage::from_fn(1240, 1736, |x, y| {
        ::image::Luma([if is_ink(x, y) { 0 } else { 255 }])
    }));
    let (limits, options) = (Limits::default(), CopyOptions::default());
    let original = Original {
        bytes: &board,
        pages: &[page(Vec::new())],
        options: &options,
    };
    let copy = original.archive_copy().unwrap();
    assert!(copy.windows(14).any(|it| it == b"CCITTFaxDecode"));
    let file = PdfFile::open(&copy, &Passwords::default(), &limits).unwrap();
    let shown = file.render(0, &limits).unwrap().grey;
    for (column, row) in [(0_u32, 0_u32), (1, 0), (4, 7), (9, 13), (9, 12)] {
        let place = |at: u32, count: u32, side: u32| (2 * at + 1) * side / (2 * count);
        let (x, y) = (
            place(column, 10, shown.width()),
            place(row, 14, shown.height()),
        );
        let is_dark = shown.get_pixel(x, y).0[0] < 128;
        assert_eq!(is_dark, (column + row) % 2 == 0, "{column} {row}");
    }
}

/// A scan in a PDF, as a scanner makes it: one picture and no letters.
fn scanned_pdf() -> Vec<u8> {
    copy_of(&[page(Vec::new())], "")
}

fn copy_of_pdf(bytes: &[u8], page: Page) -> Vec<u8> {
    let options = CopyOptions::default();
    let original = Original {
        bytes,
        pages: &[page],
        options: &options,
    };
    original.archive_copy().unwrap()
}

fn anchor() -> Word {
    let at = Area {
        x: 300.0,
        y: 900.0,
        w: 60.0,
        h: 15.0,
    };
    word("Anker", at, 0)
}

#[test]
fn a_scan_in_a_pdf_keeps_its_picture_and_gets_words() {
    let scan = scanned_pdf();
    let copy = copy_of_pdf(&scan, page(vec![anchor()]));
    let found = words_in(&copy);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].text, "Anker");
    assert!((found[0].at.x - 300.0).abs() < 1.0, "{found:?}");
    // The very bytes of the picture are in both.
    let begin = scan
        .windows(3)
        .position(|it| it == b"\xff\xd8\xff")
        .unwrap();
    let end = scan.windows(2).rposition(|it| it == b"\xff\xd9").unwrap();
    let picture = &scan[begin..end];
    assert!(copy.windows(picture.len()).any(|it| it == picture));
}

#[test]
fn a_page_whose_own_letters_are_noise_is_painted_without_them() {
    let garbage = word("Rauschen", anchor().at, 0);
    let noisy = copy_of_pdf(&scanned_pdf(), page(vec![garbage]));
    let copy = copy_of_pdf(&noisy, page(vec![anchor()]));
    let texts: Vec<String> = words_in(&copy).into_iter().map(|it| it.text).collect();
    assert_eq!(texts, ["Anker"]);
}

#[test]
fn a_page_with_good_letters_is_taken_over_with_them() {
    let good = copy_of_pdf(&scanned_pdf(), page(vec![anchor()]));
    let with_letters = Page {
        source: PageSource::TextLayer,
        ..page(vec![anchor()])
    };
    let found = words_in(&copy_of_pdf(&good, with_letters));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!((found[0].at.x - 300.0).abs() < 1.0, "{found:?}");
}

#[test]
fn a_word_taller_than_any_page_hurts_no_other() {
    let tall = Area {
        x: 0.0,
        y: 0.0,
        w: 0.0,
        h: 7_749_767_000_000_000.0,
    };
    let copy = copy_of_pdf(&scanned_pdf(), page(vec![word("", tall, 0), anchor()]));
    assert!(words_in(&copy).iter().any(|it| it.text == "Anker"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Letters of any script, also none and those that control, at any place, even a wrong one.
    #[test]
    fn any_words_make_a_pdf(
        texts in prop::collection::vec((any::<String>(), any::<[f32; 4]>(), 0_u32..5), 0..12),
        rtl in "[א-ת0-9ء-ي ]{0,12}",
        title in any::<String>(),
    ) {
        let mut words: Vec<Word> = texts
            .iter()
            .map(|(text, [x, y, w, h], line)| word(text, Area { x: *x, y: *y, w: *w, h: *h }, *line))
            .collect();
        words.push(word(&rtl, Area { x: 100.0, y: 100.0, w: 90.0, h: 20.0 }, 9));
        words.push(word("Anker", Area { x: 300.0, y: 900.0, w: 60.0, h: 15.0 }, 10));
        let copy = copy_of(&[page(words)], &title);
        prop_assert!(words_in(&copy).iter().any(|it| it.text.contains("Anker")));
    }
}
