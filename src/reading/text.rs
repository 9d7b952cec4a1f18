//! A file that is text: its words, as if typed on sheets of 80 columns.

use super::failure::Failure;
use super::{Limits, document};
use crate::domain::document::{Page, PageSource, Word};
use crate::domain::value::Rect;

/// A4 in points.
const SHEET: (f32, f32) = (595.0, 842.0);
/// Lines on one sheet.
const LINES_PER_SHEET: usize = 400;
/// A line higher than wide letters, in points.
const LINE_HEIGHT: f32 = 12.0;

/// What Windows-1252 has where Latin-1 has control bytes, from 0x80.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The sheets of a text.
pub fn pages(text: &str, limits: &Limits) -> Result<Vec<Page>, Failure> {
    let mut sheets: Vec<Vec<&str>> = Vec::new();
    for part in text.split('\u{c}') {
        let lines: Vec<&str> = part.lines().collect();
        sheets.extend(lines.chunks(LINES_PER_SHEET).map(<[&str]>::to_vec));
    }
    if sheets.is_empty() {
        sheets.push(Vec::new());
    }
    document::check_pages(sheets.len(), limits)?;
    let mut pages = Vec::new();
    for (number, lines) in (1_u32..).zip(sheets) {
        pages.push(page(number, &lines, limits)?);
    }
    Ok(pages)
}

fn page(number: u32, lines: &[&str], limits: &Limits) -> Result<Page, Failure> {
    let columns = lines.iter().map(|it| it.chars().count()).max();
    let columns = columns.unwrap_or(0).max(80);
    let letter = 1000.0 / count(columns);
    let line_height = LINE_HEIGHT / SHEET.0 * 1000.0;
    let mut words = Vec::new();
    let (mut block, mut gap) = (0, false);
    for (line, text) in (0_u32..).zip(lines) {
        if text.trim().is_empty() {
            gap = true;
            continue;
        }
        if gap && !words.is_empty() {
            block += 1;
        }
        gap = false;
        let mut column = 0;
        for piece in text.split(char::is_whitespace) {
            let width = piece.chars().count();
            if !piece.is_empty() {
                let at = Rect {
                    x: count(column) * letter,
                    y: count(usize::try_from(line).unwrap_or(0)) * line_height,
                    w: count(width) * letter,
                    h: line_height,
                };
                words.push(Word {
                    text: piece.to_owned(),
                    at,
                    confidence: 1.0,
                    line,
                    block,
                });
            }
            column += width + 1;
        }
    }
    document::check_words(number, words.len(), limits)?;
    let height = SHEET.1.max(count(lines.len()) * LINE_HEIGHT);
    Ok(Page {
        number,
        source: PageSource::Text,
        width: SHEET.0,
        height,
        words,
    })
}

/// A count as a coordinate.
fn count(number: usize) -> f32 {
    u16::try_from(number).map_or(f32::from(u16::MAX), f32::from)
}

/// Bytes as text: by their byte order mark, else as UTF-8, else as Windows-1252, which has a letter
/// for every byte.
pub fn decode(bytes: &[u8]) -> String {
    if let Some(rest) = bytes.strip_prefix(b"\xff\xfe") {
        return utf16(rest, u16::from_le_bytes);
    }
    if let Some(rest) = bytes.strip_prefix(b"\xfe\xff") {
        return utf16(rest, u16::from_be_bytes);
    }
    // XML may leave the mark out, since its first letters tell as much (XML 1.0, annex F).
    if bytes.starts_with(b"<\0?\0") {
        return utf16(bytes, u16::from_le_bytes);
    }
    if bytes.starts_with(b"\0<\0?") {
        return utf16(bytes, u16::from_be_bytes);
    }
    let plain = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(plain) {
        Ok(text) => text.to_owned(),
        Err(_) => plain.iter().copied().map(windows_1252).collect(),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes
        .chunks_exact(2)
        .filter_map(|it| it.try_into().ok())
        .map(unit);
    char::decode_utf16(units)
        .map(|it| it.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

fn windows_1252(byte: u8) -> char {
    let special = byte
        .checked_sub(0x80)
        .and_then(|it| WINDOWS_1252.get(usize::from(it)));
    special.copied().unwrap_or_else(|| char::from(byte))
}

/// What an XML file says between its tags, one piece a line.
pub fn between_tags(xml: &str) -> String {
    let mut text = String::new();
    let mut rest = xml;
    while let Some((before, after)) = rest.split_once('<') {
        push_line(&mut text, before);
        let end = if after.starts_with("!--") { "-->" } else { ">" };
        rest = after.split_once(end).map_or("", |(_, it)| it);
    }
    push_line(&mut text, rest);
    text
}

fn push_line(text: &mut String, piece: &str) {
    let piece = piece.trim();
    if piece.is_empty() {
        return;
    }
    let mut plain = piece.to_owned();
    for (entity, letter) in [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&apos;", "'"),
        ("&amp;", "&"),
    ] {
        plain = plain.replace(entity, letter);
    }
    text.push_str(&plain);
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_decoded_by_what_its_bytes_allow() {
        for bytes in [
            "Grüße für 5 €".as_bytes(),
            b"\xef\xbb\xbfGr\xc3\xbc\xc3\x9fe f\xc3\xbcr 5 \xe2\x82\xac",
            b"Gr\xfc\xdfe f\xfcr 5 \x80",
        ] {
            assert_eq!(decode(bytes), "Grüße für 5 €");
        }
        assert_eq!(decode(b"\xff\xfeH\0i\0"), "Hi");
        assert_eq!(decode(b"\xfe\xff\0H\0i"), "Hi");
        assert_eq!(decode(b"\0<\0?\0x"), "<?x");
    }

    #[test]
    fn words_know_their_line_and_paragraph() {
        let pages = pages(
            "Sehr geehrte Frau\nLehmann,\n\nbitte  zahlen",
            &Limits::default(),
        );
        let pages = pages.unwrap();
        let words: Vec<_> = pages[0]
            .words
            .iter()
            .map(|it| (it.text.as_str(), it.line, it.block))
            .collect();
        assert_eq!(
            words,
            [
                ("Sehr", 0, 0),
                ("geehrte", 0, 0),
                ("Frau", 0, 0),
                ("Lehmann,", 1, 0),
                ("bitte", 3, 1),
                ("zahlen", 3, 1)
            ]
        );
        assert!((pages[0].words[5].at.x - 7.0 * 12.5).abs() < 0.01);
    }

    #[test]
    fn a_form_feed_begins_a_sheet() {
        let pages = pages("eins\u{c}zwei", &Limits::default()).unwrap();
        assert_eq!(pages.len(), 2);
        assert_eq!(pages[1].text(), "zwei");
    }

    #[test]
    fn xml_is_read_between_its_tags() {
        let xml = "<?xml version='1.0'?><a><!-- <b> --><c>4 &lt; 5</c>\n<d x='1'> six </d></a>";
        assert_eq!(between_tags(xml), "4 < 5\nsix\n");
    }
}
