//! What bytes are, told from the first and the last of them. Looks at a few kilobytes, takes no
//! memory and parses nothing, so the daemon may call it too.
//!
//! Office files are zip archives, whose names stand in a directory at the end; old Office files
//! name their parts in a sector of their own. Both are searched for names and not taken apart.

use super::failure::Failure;
use crate::domain::document::MediaType;

/// How much of the start is looked at, in bytes. Some scanners put junk before a PDF's header;
/// Adobe's readers accept up to 1024 bytes of it.
const START_BYTES: usize = 1024;
/// How much of a mail's head is looked at: relays put kilobytes before its first known line.
const HEAD_BYTES: usize = 32 * 1024;
/// How much of the end is searched for the names in a zip archive.
const END_BYTES: usize = 64 * 1024;

/// What a file is called of which nothing is known.
pub(super) const UNKNOWN: &str = "this kind of file";
const AS_PDF: &str = "save it as PDF and add that";
const UNPACK: &str = "unpack it and add the files that are in it";
const PHOTO: &str = "save it as JPEG and add that";

/// Files that people add and that cannot be read: where their first bytes stand, what they are
/// called, and what to do.
const KNOWN_BUT_UNSUPPORTED: &[(usize, &[u8], &str, &str)] = &[
    (4, b"ftypavi", "an AVIF photo", PHOTO),
    (0, b"\0\0\0\x0cjP  ", "a JPEG 2000 picture", PHOTO),
    (0, b"\xff\x0a", "a JPEG XL picture", PHOTO),
    (0, b"\0\0\0\x0cJXL ", "a JPEG XL picture", PHOTO),
    (0, b"8BPS", "a Photoshop picture", PHOTO),
    (4, b"ftyp", "a video", "add a picture of what it shows"),
    (
        0,
        b"\x1a\x45\xdf\xa3",
        "a video",
        "add a picture of what it shows",
    ),
    (0, b"ID3", "a sound", "add a letter that says the same"),
    (0, b"OggS", "a sound", "add a letter that says the same"),
    (0, b"\x1f\x8b", "a gzip archive", UNPACK),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", UNPACK),
    (0, b"Rar!\x1a\x07", "a RAR archive", UNPACK),
    (0, b"\x28\xb5\x2f\xfd", "a zstd archive", UNPACK),
    (0, b"\xfd7zXZ\0", "an xz archive", UNPACK),
    (0, b"BZh", "a bzip2 archive", UNPACK),
    (0, b"%!PS", "a PostScript file", AS_PDF),
    (0, b"\xc5\xd0\xd3\xc6", "a PostScript file", AS_PDF),
    (
        0,
        b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d",
        "a OneNote notebook",
        AS_PDF,
    ),
    (
        0,
        TNEF,
        "a winmail.dat, which only Outlook reads",
        "ask the sender for a mail without rich text",
    ),
    (0, b"\x7fELF", "a program", "add letters, not programs"),
    (0, b"MZ", "a program", "add letters, not programs"),
];

/// The first bytes of Outlook's own wrapping of attachments (MS-OXTNEF, 2.1.3.1).
const TNEF: &[u8] = b"\x78\x9f\x3e\x22";
/// The first bytes of a compound file (MS-CFB, 2.2): Office before 2007, Outlook's mails.
const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
/// The first bytes of a file in a zip archive (PKWARE, 4.3.7).
const ZIP: &[u8] = b"PK\x03\x04";

/// What the bytes are, if it is something that can be read.
pub fn sniff(bytes: &[u8]) -> Option<MediaType> {
    let start = bytes.get(..START_BYTES).unwrap_or(bytes);
    let magic = [
        (b"\xff\xd8\xff".as_slice(), MediaType::Jpeg),
        (b"\x89PNG\r\n\x1a\n", MediaType::Png),
        (b"II*\0", MediaType::Tiff),
        (b"MM\0*", MediaType::Tiff),
        (b"II+\0", MediaType::Tiff),
        (b"MM\0+", MediaType::Tiff),
        (b"GIF87a", MediaType::Gif),
        (b"GIF89a", MediaType::Gif),
        (b"{\\rtf", MediaType::Rtf),
    ];
    if let Some((_, media_type)) = magic.iter().find(|(magic, _)| start.starts_with(magic)) {
        return Some(*media_type);
    }
    if start.starts_with(b"RIFF") && start.get(8..12) == Some(b"WEBP") {
        return Some(MediaType::WebP);
    }
    if is_bmp(start) {
        return Some(MediaType::Bmp);
    }
    if is_heic(start) {
        return Some(MediaType::Heic);
    }
    if start.starts_with(ZIP) {
        return office(bytes);
    }
    // A mail comes before a PDF, because it may begin with one within the first kilobyte.
    if is_mail(bytes.get(..HEAD_BYTES).unwrap_or(bytes)) {
        return Some(MediaType::Mail);
    }
    if holds_in(start, b"%PDF-") {
        return Some(MediaType::Pdf);
    }
    if unsupported(bytes).is_some() {
        return None;
    }
    text_type(start)
}

/// The sentence for bytes that [`sniff`] does not know.
pub fn why_not(bytes: &[u8]) -> Failure {
    if bytes.is_empty() {
        return Failure::Empty;
    }
    let (what, advice) = unsupported(bytes).unwrap_or((UNKNOWN, AS_PDF));
    Failure::Unsupported { what, advice }
}

fn holds_in(bytes: &[u8], name: &[u8]) -> bool {
    bytes.windows(name.len()).any(|it| it == name)
}

fn unsupported(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    if bytes.starts_with(ZIP) {
        return office(bytes).is_none().then(|| zip_content(bytes));
    }
    if bytes.starts_with(COMPOUND) {
        return Some(compound_content(bytes));
    }
    // A Mach-O, a Java class or a tar archive has no magic bytes worth a line of their own.
    if bytes.get(257..262) == Some(b"ustar") {
        return Some(("a tar archive", UNPACK));
    }
    KNOWN_BUT_UNSUPPORTED
        .iter()
        .find(|(offset, magic, ..)| bytes.get(*offset..).is_some_and(|it| it.starts_with(magic)))
        .map(|(_, _, what, advice)| (*what, *advice))
}

/// `BM`, and a header of one of the lengths that there are: two letters alone begin many a text.
fn is_bmp(start: &[u8]) -> bool {
    let length = start.get(14..18).and_then(|it| it.try_into().ok());
    let length = length.map(u32::from_le_bytes);
    start.starts_with(b"BM") && matches!(length, Some(12 | 40 | 52 | 56 | 64 | 108 | 124))
}

/// A photo in HEVC (ISO 23008-12, annex B.4): the brand says so, or one of the compatible brands.
fn is_heic(start: &[u8]) -> bool {
    if start.get(4..8) != Some(b"ftyp") {
        return false;
    }
    let length = start.get(..4).and_then(|it| it.try_into().ok());
    let length = length.map_or(0, u32::from_be_bytes);
    let end = usize::try_from(length).unwrap_or(0);
    let brands = start.get(8..end).unwrap_or_default();
    let is_one = |it: &[u8]| matches!(it, b"heic" | b"heix" | b"heim" | b"heis");
    brands.chunks_exact(4).any(is_one)
}

/// Where the names of a zip archive's files stand: among the first, and in its directory.
fn zip_names(bytes: &[u8]) -> [&[u8]; 2] {
    let start = bytes.get(..START_BYTES).unwrap_or(bytes);
    let end = bytes.get(bytes.len().saturating_sub(END_BYTES)..);
    [start, end.unwrap_or_default()]
}

/// Which Office file a zip archive may be; the reader takes it apart and knows for certain.
fn office(bytes: &[u8]) -> Option<MediaType> {
    let names = zip_names(bytes);
    let holds = |name: &[u8]| names.iter().any(|it| holds_in(it, name));
    let open_document = |kind: &[u8]| names.first().is_some_and(|it| holds_in(it, kind));
    let kinds: [(&[u8], MediaType); 3] = [
        (b"application/vnd.oasis.opendocument.text", MediaType::Odt),
        (
            b"application/vnd.oasis.opendocument.spreadsheet",
            MediaType::Ods,
        ),
        (
            b"application/vnd.oasis.opendocument.presentation",
            MediaType::Odp,
        ),
    ];
    let parts: [(&[u8], MediaType); 3] = [
        (b"word/document", MediaType::Docx),
        (b"xl/workbook.xml", MediaType::Xlsx),
        (b"ppt/presentation", MediaType::Pptx),
    ];
    let found = kinds.iter().find(|(kind, _)| open_document(kind));
    let found = found.or_else(|| parts.iter().find(|(part, _)| holds(part)));
    found.map(|(_, media_type)| *media_type)
}

fn zip_content(bytes: &[u8]) -> (&'static str, &'static str) {
    let names = zip_names(bytes);
    let holds = |name: &[u8]| names.iter().any(|it| holds_in(it, name));
    if holds(b"xl/workbook.bin") {
        (
            "a binary Excel table",
            "save it as .xlsx or PDF and add that",
        )
    } else if holds(b"opendocument") {
        ("an OpenDocument drawing", AS_PDF)
    } else if holds(b"application/epub") {
        ("an e-book", AS_PDF)
    } else if holds(b"Index/Document.iwa") || holds(b"Index/Metadata.iwa") {
        ("a Pages, Numbers or Keynote document", AS_PDF)
    } else if holds(b"[Content_Types].xml") {
        ("an Office document of an unusual kind", AS_PDF)
    } else if holds(b"META-INF/MANIFEST.MF") {
        ("a program", "add letters, not programs")
    } else {
        ("a zip archive", UNPACK)
    }
}

/// What a compound file holds, by the names in the first sector of its directory (MS-CFB, 2.6).
fn compound_content(bytes: &[u8]) -> (&'static str, &'static str) {
    let number = |at: usize| bytes.get(at..at + 4).and_then(|it| it.try_into().ok());
    let is_large = bytes.get(30) == Some(&12);
    let sector_bytes = if is_large { 4096_usize } else { 512 };
    let first = number(48).map_or(0, u32::from_le_bytes);
    let at = usize::try_from(first).unwrap_or(0).saturating_add(1);
    let at = at.saturating_mul(sector_bytes);
    // Sectors of the directory mostly follow each other; strangers' names do no harm.
    let end = at.saturating_add(8 * 1024).min(bytes.len());
    let directory = bytes.get(at..end).unwrap_or_default();
    let holds = |name: &str| {
        let name = name.as_bytes();
        directory.windows(name.len() * 2).any(|window| {
            let units = window.chunks_exact(2);
            units.zip(name).all(|(unit, letter)| unit == [*letter, 0])
        })
    };
    if holds("__nameid_version") || holds("__substg1.0_") || holds("__properties_version") {
        (
            "an Outlook mail (.msg)",
            "save it in Outlook as text or PDF, or forward it as a mail, and add that",
        )
    } else if holds("EncryptedPackage") {
        (
            "a Word, Excel or PowerPoint document locked with a password",
            "save a copy without one and add that",
        )
    } else if holds("WordDocument") {
        (
            "an old Word document (.doc)",
            "save it as .docx or PDF and add that",
        )
    } else if holds("Workbook") || holds("Book") {
        (
            "an old Excel table (.xls)",
            "save it as .xlsx or PDF and add that",
        )
    } else if holds("PowerPoint Document") {
        ("an old PowerPoint presentation (.ppt)", AS_PDF)
    } else {
        ("an old Word, Excel or Outlook file", AS_PDF)
    }
}

fn text_type(start: &[u8]) -> Option<MediaType> {
    if start.is_empty() {
        return None;
    }
    let marks: [&[u8]; 4] = [b"\xff\xfe", b"\xfe\xff", b"<\0?\0", b"\0<\0?"];
    let utf16 = marks.iter().any(|it| start.starts_with(it));
    let plain = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    // In text of single bytes, control bytes other than white space mean that it is no text.
    let is_control = |it: &u8| *it < 0x20 && !matches!(*it, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b);
    if !utf16 && plain.iter().any(is_control) {
        return None;
    }
    let mut narrow = [0_u8; START_BYTES];
    let letters = plain.iter().filter(|it| !matches!(**it, 0 | 0xff | 0xfe));
    let mut length = 0;
    for (to, from) in narrow.iter_mut().zip(letters) {
        *to = *from;
        length += 1;
    }
    let letters = narrow.get(..length).unwrap_or_default().trim_ascii_start();
    if is_html(letters) {
        return Some(MediaType::Html);
    }
    if letters.starts_with(b"<?xml") || begins_with_namespace(letters) {
        return Some(MediaType::Xml);
    }
    Some(MediaType::Text)
}

/// XML may leave its declaration out; its first tag then tells it from text by a namespace.
fn begins_with_namespace(letters: &[u8]) -> bool {
    let mut rest = letters;
    while let Some(comment) = rest.strip_prefix(b"<!--") {
        let Some(end) = comment.windows(3).position(|it| it == b"-->") else {
            return false;
        };
        rest = comment
            .get(end + 3..)
            .unwrap_or_default()
            .trim_ascii_start();
    }
    let end = rest.iter().position(|it| *it == b'>');
    let tag = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
    let mut bytes = tag.iter();
    bytes.next() == Some(&b'<')
        && bytes.next().is_some_and(u8::is_ascii_alphabetic)
        && tag
            .split(u8::is_ascii_whitespace)
            .any(|it| it.starts_with(b"xmlns"))
}

/// A page of the web, also a part of one as programs save it.
fn is_html(letters: &[u8]) -> bool {
    let holds = |name: &[u8]| {
        letters
            .windows(name.len())
            .any(|it| it.eq_ignore_ascii_case(name))
    };
    let begins = |name: &[u8]| {
        let start = letters.get(..name.len());
        start.is_some_and(|it| it.eq_ignore_ascii_case(name))
    };
    letters.first() == Some(&b'<')
        && (holds(b"<html")
            || [
                b"<!doctype html".as_slice(),
                b"<head",
                b"<body",
                b"<meta",
                b"<title",
                b"<table",
            ]
            .iter()
            .any(|it| begins(it)))
}

/// Lines that only a mail's head has (RFC 5322, 3.6, and what relays and programs add).
const ONLY_MAILS: &[&[u8]] = &[
    b"received:",
    b"return-path:",
    b"message-id:",
    b"mime-version:",
    b"delivered-to:",
    b"dkim-signature:",
    b"reply-to:",
    b"in-reply-to:",
    b"content-type:",
    b"content-transfer-encoding:",
    b"content-disposition:",
    b"arc-",
    b"authentication-results:",
    b"received-spf:",
    b"envelope-to:",
    b"list-unsubscribe:",
    b"x-mailer:",
    b"x-received:",
    b"x-mozilla-",
    b"x-spam-",
    b"x-original-",
    b"x-google-",
    b"x-apple-",
    b"x-ms-",
    b"x-priority:",
    b"x-uidl:",
];

/// A mail begins with header lines, and one of them is one that only mails have, or three are of
/// those that every mail has.
fn is_mail(start: &[u8]) -> bool {
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    let start = start.trim_ascii_start();
    let mut seen = 0_u32;
    for (index, line) in start.split(|it| *it == b'\n').take(200).enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if index == 0 && is_postmark(line) {
            continue;
        }
        if line.is_empty() {
            break;
        }
        if matches!(line.first(), Some(b' ' | b'\t')) && index > 0 {
            continue;
        }
        let Some(colon) = line.iter().position(|it| *it == b':') else {
            return false;
        };
        let name = line.get(..colon).unwrap_or_default().trim_ascii_end();
        if name.is_empty() || name.len() > 60 || !name.iter().all(u8::is_ascii_graphic) {
            return false;
        }
        let begins = |name: &&[u8]| {
            let start = line.get(..name.len());
            start.is_some_and(|it| it.eq_ignore_ascii_case(name))
        };
        if ONLY_MAILS.iter().any(&begins) {
            return true;
        }
        let common: [&[u8]; 6] = [b"from:", b"to:", b"subject:", b"date:", b"cc:", b"sender:"];
        seen += u32::from(common.iter().any(begins));
        if seen >= 3 {
            return true;
        }
    }
    false
}

/// The line between the mails of a mailbox (RFC 4155): `From`, an address, and a moment that ends in
/// a year; some programs leave the moment out.
pub(super) fn is_postmark(line: &[u8]) -> bool {
    let Some(rest) = line.trim_ascii_end().strip_prefix(b"From ") else {
        return false;
    };
    let mut words = rest.split(|it| *it == b' ').filter(|it| !it.is_empty());
    let mut alone = rest.split(u8::is_ascii_whitespace);
    if alone.next().is_some_and(|it| it.contains(&b'@')) && alone.next().is_none() {
        return true;
    }
    let has_time = rest.windows(3).any(
        |it| matches!(it, [left, b':', right] if left.is_ascii_digit() && right.is_ascii_digit()),
    );
    let is_year = |it: &[u8]| it.len() == 4 && it.iter().all(u8::is_ascii_digit);
    has_time && words.any(is_year)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_bytes_are_is_told_from_their_start() {
        for (bytes, expected) in [
            (b"%PDF-1.7\n".as_slice(), Some(MediaType::Pdf)),
            (b"\0\0junk before it\n%PDF-1.4", Some(MediaType::Pdf)),
            (b"\xff\xd8\xff\xe0..", Some(MediaType::Jpeg)),
            (b"\x89PNG\r\n\x1a\n", Some(MediaType::Png)),
            (b"II*\0....", Some(MediaType::Tiff)),
            (b"MM\0*....", Some(MediaType::Tiff)),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Some(MediaType::WebP)),
            (b"Gr\xfc\xdfe aus K\xf6ln", Some(MediaType::Text)),
            ("Grüße".as_bytes(), Some(MediaType::Text)),
            (b"\xff\xfeH\0i\0", Some(MediaType::Text)),
            (b"\xef\xbb\xbf<?xml version=\"1.0\"?>", Some(MediaType::Xml)),
            (b"\xff\xfe<\0?\0x\0m\0l\0", Some(MediaType::Xml)),
            (b"\0<\0?\0x\0m\0l", Some(MediaType::Xml)),
            (b"<!-- 1 --><a:b xmlns:a='c'>", Some(MediaType::Xml)),
            (b"<a b='xmlns'> is a tag", Some(MediaType::Text)),
            (
                b"Received: from a\r\n by b\r\nFrom: c\r\n",
                Some(MediaType::Mail),
            ),
            (
                b"From: a@b\r\nTo: c@d\r\nSubject: e\r\n\r\n",
                Some(MediaType::Mail),
            ),
            (b"To: nobody\nplain words", Some(MediaType::Text)),
            (
                b"From - Mon Mar 02 09:00:00 2026\r\nX-Other: 1\r\nX-Mozilla-Keys: \r\n",
                Some(MediaType::Mail),
            ),
            (b"From Anna with love", Some(MediaType::Text)),
            (
                b"From a@b.example\nReturn-Path: <a@b>\n",
                Some(MediaType::Mail),
            ),
            (b"Content-Type: multipart/mixed\n\nx", Some(MediaType::Mail)),
            (b"GIF89a\x01\0", Some(MediaType::Gif)),
            (
                b"BM\0\0\0\0\0\0\0\0\0\0\0\0\x28\0\0\0",
                Some(MediaType::Bmp),
            ),
            (b"BMW Group", Some(MediaType::Text)),
            (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", Some(MediaType::Heic)),
            (b"{\\rtf1\\ansi", Some(MediaType::Rtf)),
            (b" <!DOCTYPE html><p>", Some(MediaType::Html)),
            (b"<?xml version='1.0'?>\n<HTML>", Some(MediaType::Html)),
            (b"PK\x03\x04....word/document.xml", Some(MediaType::Docx)),
            (b"PK\x03\x04....xl/workbook.xml", Some(MediaType::Xlsx)),
            (
                b"PK\x03\x04..mimetypeapplication/vnd.oasis.opendocument.text",
                Some(MediaType::Odt),
            ),
            (b"PK\x03\x04notes.txt", None),
            (b"\0\x01\x02", None),
            (b"", None),
        ] {
            assert_eq!(sniff(bytes), expected, "{}", bytes.escape_ascii());
        }
    }

    /// A compound file whose directory stands in its first sector.
    fn compound(name: &str) -> Vec<u8> {
        let mut bytes = COMPOUND.to_vec();
        bytes.resize(1024, 0);
        bytes[30] = 9;
        let units = name.encode_utf16().flat_map(u16::to_le_bytes);
        bytes.splice(512..512, units);
        bytes
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let cases: [(&[u8], &str); 9] = [
            (b"PK\x03\x04....notes.txt", "a zip archive"),
            (b"PK\x03\x04..xl/workbook.bin", "a binary Excel table"),
            (b"\0\0\0\x18ftypavif", "an AVIF photo"),
            (TNEF, "a winmail.dat, which only Outlook reads"),
            (b"\0\x01\x02", "this kind of file"),
            (&compound("WordDocument"), "an old Word document (.doc)"),
            (&compound("Workbook"), "an old Excel table (.xls)"),
            (&compound("__nameid_version1.0"), "an Outlook mail (.msg)"),
            (COMPOUND, "an old Word, Excel or Outlook file"),
        ];
        for (bytes, name) in cases {
            let failure = why_not(bytes);
            let is_named = matches!(failure, Failure::Unsupported { what, .. } if what == name);
            assert!(is_named, "{failure:?}");
            assert_eq!(sniff(bytes), None, "{name}");
        }
        assert_eq!(why_not(b""), Failure::Empty);
    }

    #[test]
    fn names_at_the_end_of_an_archive_tell_what_it_is() {
        let mut bytes = b"PK\x03\x04....docProps/app.xml".to_vec();
        bytes.resize(200_000, b'.');
        bytes.extend_from_slice(b"ppt/presentation.xml");
        assert_eq!(sniff(&bytes), Some(MediaType::Pptx));
    }

    #[test]
    fn a_mail_is_known_behind_kilobytes_of_relays() {
        let mut bytes = b"X-Long: ".to_vec();
        bytes.resize(9_000, b'a');
        bytes.extend_from_slice(b"\r\nMessage-ID: <1@a>\r\n\r\n%PDF-1.4");
        assert_eq!(sniff(&bytes), Some(MediaType::Mail));
    }

    #[test]
    fn a_header_far_behind_the_start_is_no_pdf() {
        let mut bytes = vec![0; 2000];
        bytes.extend_from_slice(b"%PDF-1.4");
        assert_eq!(sniff(&bytes), None);
    }
}
