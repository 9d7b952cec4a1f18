//! What bytes are, told from the first of them. Looks at one kilobyte and parses nothing, so the
//! daemon may call it too.

use super::failure::Failure;
use crate::domain::document::MediaType;

/// How much is looked at, in bytes. Some scanners put junk before a PDF's header; Adobe's readers
/// accept up to 1024 bytes of it.
const LOOKED_AT: usize = 1024;

/// Files that people add and that cannot be read yet: their first bytes, and what they are called.
const KNOWN_BUT_UNSUPPORTED: &[(usize, &[u8], &str)] = &[
    (0, b"GIF8", "a GIF picture"),
    (0, b"BM", "a BMP picture"),
    (4, b"ftypheic", "a HEIC photo"),
    (4, b"ftypheix", "a HEIC photo"),
    (4, b"ftypmif1", "a HEIC photo"),
    (4, b"ftypavif", "an AVIF photo"),
    (4, b"ftyp", "a video"),
    (
        0,
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "an old Word, Excel or Outlook file",
    ),
    (0, b"{\\rtf", "an RTF document"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (0, b"Rar!\x1a\x07", "a RAR archive"),
    (0, b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (0, b"%!PS", "a PostScript file"),
    (0, b"\x7fELF", "a program"),
    (0, b"MZ", "a program"),
    (0, b"ID3", "a sound"),
    (0, b"OggS", "a sound"),
    (0, b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
];

/// What the bytes are, if it is something that can be read.
pub fn sniff(bytes: &[u8]) -> Option<MediaType> {
    let start = bytes.get(..LOOKED_AT).unwrap_or(bytes);
    let magic = [
        (b"\xff\xd8\xff".as_slice(), MediaType::Jpeg),
        (b"\x89PNG\r\n\x1a\n", MediaType::Png),
        (b"II*\0", MediaType::Tiff),
        (b"MM\0*", MediaType::Tiff),
        (b"II+\0", MediaType::Tiff),
        (b"MM\0+", MediaType::Tiff),
    ];
    if let Some((_, media_type)) = magic.iter().find(|(magic, _)| start.starts_with(magic)) {
        return Some(*media_type);
    }
    if start.starts_with(b"RIFF") && start.get(8..12) == Some(b"WEBP") {
        return Some(MediaType::WebP);
    }
    if start.windows(5).any(|it| it == b"%PDF-") {
        return Some(MediaType::Pdf);
    }
    if unsupported(start).is_some() {
        return None;
    }
    text_type(start)
}

/// The sentence for bytes that [`sniff`] does not know.
pub fn why_not(bytes: &[u8]) -> Failure {
    if bytes.is_empty() {
        return Failure::Empty;
    }
    let start = bytes.get(..LOOKED_AT).unwrap_or(bytes);
    Failure::Unsupported {
        what: unsupported(start).unwrap_or("this kind of file"),
    }
}

fn unsupported(start: &[u8]) -> Option<&'static str> {
    if start.starts_with(b"PK\x03\x04") {
        return Some(zip_content(start));
    }
    KNOWN_BUT_UNSUPPORTED
        .iter()
        .find(|(offset, magic, _)| start.get(*offset..).is_some_and(|it| it.starts_with(magic)))
        .map(|(_, _, what)| *what)
}

/// Office files are zip archives; the names of their first parts tell which.
fn zip_content(start: &[u8]) -> &'static str {
    let holds = |name: &[u8]| start.windows(name.len()).any(|it| it == name);
    if holds(b"word/") {
        "a Word document"
    } else if holds(b"xl/") {
        "an Excel table"
    } else if holds(b"ppt/") {
        "a PowerPoint presentation"
    } else if holds(b"opendocument.text") {
        "an OpenDocument text"
    } else if holds(b"opendocument") {
        "an OpenDocument file"
    } else if holds(b"[Content_Types].xml") {
        "a Word, Excel or PowerPoint document"
    } else {
        "a zip archive"
    }
}

fn text_type(start: &[u8]) -> Option<MediaType> {
    if start.is_empty() {
        return None;
    }
    let utf16 = start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff");
    let plain = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    // Without a byte order mark, control bytes other than white space mean that it is no text.
    let is_control = |it: &u8| *it < 0x20 && !matches!(*it, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b);
    if !utf16 && plain.iter().any(is_control) {
        return None;
    }
    let ascii: String = plain
        .iter()
        .filter(|it| **it != 0)
        .map(|it| char::from(*it))
        .collect();
    let trimmed = ascii.trim_start_matches(['\u{ff}', '\u{fe}', ' ', '\n', '\r', '\t']);
    if trimmed.starts_with("<?xml") {
        return Some(MediaType::Xml);
    }
    if is_mail(trimmed) {
        return Some(MediaType::Mail);
    }
    Some(MediaType::Text)
}

/// A mail begins with header lines, and one of them is one that only mails have (RFC 5322, 3.6).
fn is_mail(start: &str) -> bool {
    const ONLY_MAILS: &[&str] = &[
        "received:",
        "return-path:",
        "message-id:",
        "mime-version:",
        "delivered-to:",
        "dkim-signature:",
        "x-mailer:",
        "reply-to:",
    ];
    let mut seen = 0;
    for line in start.lines().take(40) {
        if line.is_empty() {
            break;
        }
        if line.starts_with([' ', '\t']) && seen > 0 {
            continue;
        }
        let Some((name, _)) = line.split_once(':') else {
            return false;
        };
        let is_name = |it: char| it.is_ascii_graphic();
        if name.is_empty() || name.len() > 60 || !name.chars().all(is_name) {
            return false;
        }
        let line = line.to_ascii_lowercase();
        if ONLY_MAILS.iter().any(|it| line.starts_with(it)) {
            return true;
        }
        let common = ["from:", "to:", "subject:", "date:", "cc:"];
        seen += u32::from(common.iter().any(|it| line.starts_with(it)));
        if seen >= 3 {
            return true;
        }
    }
    false
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
            (
                b"Received: from a\r\n by b\r\nFrom: c\r\n",
                Some(MediaType::Mail),
            ),
            (
                b"From: a@b\r\nTo: c@d\r\nSubject: e\r\n\r\n",
                Some(MediaType::Mail),
            ),
            (b"To: nobody\nplain words", Some(MediaType::Text)),
            (b"PK\x03\x04word/document.xml", None),
            (b"\0\x01\x02", None),
            (b"", None),
        ] {
            assert_eq!(sniff(bytes), expected, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let cases: [(&[u8], &str); 4] = [
            (b"PK\x03\x04....word/document.xml", "a Word document"),
            (b"\0\0\0\x18ftypheic", "a HEIC photo"),
            (b"GIF89a", "a GIF picture"),
            (b"\0\x01\x02", "this kind of file"),
        ];
        for (bytes, name) in cases {
            assert_eq!(why_not(bytes), Failure::Unsupported { what: name });
        }
        assert_eq!(why_not(b""), Failure::Empty);
    }

    #[test]
    fn a_header_far_behind_the_start_is_no_pdf() {
        let mut bytes = vec![0; 2000];
        bytes.extend_from_slice(b"%PDF-1.4");
        assert_eq!(sniff(&bytes), None);
    }
}
