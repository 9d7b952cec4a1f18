//! Files inside a PDF: the data of an e-invoice, papers that were attached, whole portfolios.

use std::io::Read;

use hayro_syntax::Filter;
use hayro_syntax::Pdf;
use hayro_syntax::object::dict::keys::{
    AF, ANNOTS, EF, EMBEDDED_FILES, F, FS, KIDS, NAMES, SUBTYPE, UF,
};
use hayro_syntax::object::{Array, Dict, Name, Object, Stream, String as PdfString};

use super::super::parts::{self, PICTURE_BYTES_MIN, Part, clean_name};
use super::super::{Limits, text};
use crate::domain::document::MediaType;

/// Depth of the tree of names that is followed.
const DEPTH_MAX: u8 = 12;
/// Children of one node of it.
const KIDS_MAX: usize = 1000;
/// Annotations of one page that are looked at.
const ANNOTATIONS_MAX: usize = 2000;

/// What `PDFDocEncoding` has where Latin-1 has control bytes, from 0x80 (ISO 32000-1, annex D.3).
const DOCUMENT_LETTERS: [char; 33] = [
    '•', '†', '‡', '…', '—', '–', 'ƒ', '⁄', '‹', '›', '−', '‰', '„', '“', '”', '‘', '’', '‚', '™',
    'ﬁ', 'ﬂ', 'Ł', 'Œ', 'Š', 'Ÿ', 'Ž', 'ı', 'ł', 'œ', 'š', 'ž', '\u{9f}', '€',
];

/// Embedded files in the order of the document's catalogue, then those pinned to its pages.
pub fn files(pdf: &Pdf, limits: &Limits) -> Vec<Part> {
    let xref = pdf.xref();
    let mut found = Found {
        limits,
        parts: Vec::new(),
    };
    if let Some(catalogue) = xref.get::<Dict<'_>>(xref.root_id()) {
        let names = catalogue.get::<Dict<'_>>(NAMES);
        if let Some(tree) = names.and_then(|it| it.get::<Dict<'_>>(EMBEDDED_FILES)) {
            found.tree(&tree, DEPTH_MAX);
        }
        // PDF/A-3 lists them as associated files too, and some writers only there.
        if let Some(associated) = catalogue.get::<Array<'_>>(AF) {
            for specification in associated.iter::<Dict<'_>>() {
                found.push(&specification, None);
            }
        }
    }
    for page in pdf.pages().iter() {
        let Some(annotations) = page.raw().get::<Array<'_>>(ANNOTS) else {
            continue;
        };
        for pin in annotations.iter::<Dict<'_>>().take(ANNOTATIONS_MAX) {
            let kind = pin.get::<Name<'_>>(SUBTYPE);
            if kind.is_some_and(|it| it.as_str() == "FileAttachment")
                && let Some(specification) = pin.get::<Dict<'_>>(FS)
            {
                found.push(&specification, None);
            }
        }
    }
    found.parts
}

struct Found<'a> {
    limits: &'a Limits,
    parts: Vec<Part>,
}

impl Found<'_> {
    fn is_full(&self) -> bool {
        let most = usize::try_from(self.limits.attachments_max).unwrap_or(usize::MAX);
        self.parts.len() >= most
    }

    fn tree(&mut self, node: &Dict<'_>, depth: u8) {
        if let Some(names) = node.get::<Array<'_>>(NAMES) {
            let mut name = None;
            for object in names.iter::<Object<'_>>() {
                if let Object::String(text) = object {
                    name = Some(string(&text));
                } else if let Object::Dict(specification) = object {
                    self.push(&specification, name.take());
                }
            }
        }
        if depth > 0
            && !self.is_full()
            && let Some(kids) = node.get::<Array<'_>>(KIDS)
        {
            for kid in kids.iter::<Dict<'_>>().take(KIDS_MAX) {
                self.tree(&kid, depth - 1);
            }
        }
    }

    fn push(&mut self, specification: &Dict<'_>, name: Option<String>) {
        let stated = [UF, F]
            .into_iter()
            .find_map(|key| specification.get::<PdfString<'_>>(key));
        let Some(name) = stated.as_ref().map(string).or(name) else {
            return;
        };
        let name = clean_name(&name);
        if self.is_full() || self.parts.iter().any(|it| it.name == name) {
            return;
        }
        let content = specification.get::<Dict<'_>>(EF).and_then(|files| {
            [F, UF]
                .into_iter()
                .find_map(|key| files.get::<Stream<'_>>(key))
        });
        let bytes = content.and_then(|it| content_of(&it, self.limits));
        let bytes = bytes.unwrap_or_default();
        let media_type = parts::media_type(&name, &bytes);
        let is_paper = media_type.is_some_and(|it| is_paper(it, bytes.len()));
        let is_kept = is_paper || media_type == Some(MediaType::Xml);
        let trouble = parts::unsupported(&bytes).filter(|_| media_type.is_none());
        self.parts.push(Part {
            name,
            media_type,
            is_paper,
            trouble,
            bytes: if is_kept { bytes } else { Vec::new() },
        });
    }
}

fn is_paper(media_type: MediaType, size: usize) -> bool {
    match media_type {
        MediaType::Jpeg
        | MediaType::Png
        | MediaType::Tiff
        | MediaType::WebP
        | MediaType::Gif
        | MediaType::Bmp
        | MediaType::Heic => size >= PICTURE_BYTES_MIN,
        MediaType::Pdf
        | MediaType::Mail
        | MediaType::Rtf
        | MediaType::Docx
        | MediaType::Xlsx
        | MediaType::Pptx
        | MediaType::Odt
        | MediaType::Ods
        | MediaType::Odp => true,
        MediaType::Text | MediaType::Html | MediaType::Xml => false,
    }
}

/// The file, unless it is larger than a file may be; it is unpacked no further than that.
fn content_of(content: &Stream<'_>, limits: &Limits) -> Option<Vec<u8>> {
    let raw = content.raw_data();
    let most = u64::from(limits.file_bytes_max);
    match content.filters().as_slice() {
        [] => (u64::try_from(raw.len()).ok()? <= most).then(|| raw.into_owned()),
        [Filter::FlateDecode] => {
            let mut bytes = Vec::new();
            let mut unpacked = flate2::read::ZlibDecoder::new(raw.as_ref()).take(most + 1);
            // A file that ends early is as good as what there is of it.
            let ended = unpacked.read_to_end(&mut bytes);
            let fits = u64::try_from(bytes.len()).ok()? <= most;
            (fits && (ended.is_ok() || !bytes.is_empty())).then_some(bytes)
        }
        _ => None,
    }
}

/// A PDF's text string (ISO 32000-2, 7.9.2.2): UTF-16 or UTF-8 by its mark, else in the PDF's own
/// letters.
pub fn string(text: &PdfString<'_>) -> String {
    let bytes = text.as_bytes();
    if bytes.starts_with(b"\xfe\xff") || bytes.starts_with(b"\xff\xfe") {
        return text::decode(bytes);
    }
    match bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => String::from_utf8_lossy(rest).into_owned(),
        None => bytes.iter().copied().map(letter).collect(),
    }
}

fn letter(byte: u8) -> char {
    let special = byte.checked_sub(0x80);
    let special = special.and_then(|it| DOCUMENT_LETTERS.get(usize::from(it)));
    special.copied().unwrap_or_else(|| char::from(byte))
}
