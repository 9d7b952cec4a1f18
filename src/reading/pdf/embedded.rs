//! Files inside a PDF: their names, and the text of XML ones (an e-invoice's data).

use std::borrow::Cow;

use hayro_syntax::Pdf;
use hayro_syntax::object::dict::keys::{AF, EF, EMBEDDED_FILES, F, KIDS, NAMES, UF};
use hayro_syntax::object::{Array, Dict, Object, Stream, String as PdfString};

use super::super::Limits;
use super::super::text;
use crate::domain::document::Attachment;

/// Depth of the tree of names that is followed.
const DEPTH_MAX: u8 = 12;

/// Embedded files in the order of the document's catalogue.
pub fn files(pdf: &Pdf, limits: &Limits) -> Vec<Attachment> {
    let xref = pdf.xref();
    let Some(catalogue) = xref.get::<Dict<'_>>(xref.root_id()) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let names = catalogue.get::<Dict<'_>>(NAMES);
    if let Some(tree) = names.and_then(|it| it.get::<Dict<'_>>(EMBEDDED_FILES)) {
        from_tree(&tree, DEPTH_MAX, limits, &mut found);
    }
    // PDF/A-3 lists them as associated files too, and some writers only there.
    if let Some(associated) = catalogue.get::<Array<'_>>(AF) {
        for specification in associated.iter::<Dict<'_>>() {
            push(&specification, None, limits, &mut found);
        }
    }
    found
}

fn from_tree(node: &Dict<'_>, depth: u8, limits: &Limits, found: &mut Vec<Attachment>) {
    if let Some(names) = node.get::<Array<'_>>(NAMES) {
        let mut name = None;
        for object in names.iter::<Object<'_>>() {
            if let Object::String(text) = object {
                name = Some(string(&text));
            } else if let Object::Dict(specification) = object {
                push(&specification, name.take(), limits, found);
            }
        }
    }
    if depth > 0
        && let Some(kids) = node.get::<Array<'_>>(KIDS)
    {
        for kid in kids.iter::<Dict<'_>>().take(1000) {
            from_tree(&kid, depth - 1, limits, found);
        }
    }
}

fn push(
    specification: &Dict<'_>,
    name: Option<String>,
    limits: &Limits,
    found: &mut Vec<Attachment>,
) {
    let most = usize::try_from(limits.attachments_max).unwrap_or(usize::MAX);
    let stated = [UF, F]
        .into_iter()
        .find_map(|key| specification.get::<PdfString<'_>>(key));
    let Some(name) = stated.as_ref().map(string).or(name) else {
        return;
    };
    let name: String = name
        .chars()
        .filter(|it| !it.is_control())
        .take(200)
        .collect();
    if found.len() >= most || found.iter().any(|it| it.name == name) {
        return;
    }
    let content = specification.get::<Dict<'_>>(EF).and_then(|files| {
        [F, UF]
            .into_iter()
            .find_map(|key| files.get::<Stream<'_>>(key))
    });
    let is_xml = std::path::Path::new(&name)
        .extension()
        .is_some_and(|it| it.eq_ignore_ascii_case("xml"));
    let text = content.filter(|_| is_xml).and_then(|it| xml(&it, limits));
    let media_type = if is_xml {
        "application/xml"
    } else {
        "application/octet-stream"
    };
    found.push(Attachment {
        name,
        media_type: media_type.to_owned(),
        text,
    });
}

fn xml(content: &Stream<'_>, limits: &Limits) -> Option<String> {
    let bytes: Cow<'_, [u8]> = content.decoded_data().ok()?;
    let most = usize::try_from(limits.attachment_bytes_max).unwrap_or(usize::MAX);
    (bytes.len() <= most).then(|| text::decode(&bytes))
}

/// A PDF's text string: UTF-16 or UTF-8 by its mark, else close enough to Latin-1.
fn string(text: &PdfString<'_>) -> String {
    let bytes = text.as_bytes();
    if bytes.starts_with(b"\xfe\xff") || bytes.starts_with(b"\xff\xfe") {
        return text::decode(bytes);
    }
    match bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => String::from_utf8_lossy(rest).into_owned(),
        None => bytes.iter().map(|it| char::from(*it)).collect(),
    }
}
