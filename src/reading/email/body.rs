//! What a mail says, in letters: which of its bodies is shown, and how its bytes become text.

use std::borrow::Cow;

use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::{Encoding, Message, MessagePart, MimeHeaders, PartType};

use super::super::{html, text};
use super::envelope;

/// A plain body of fewer words is a stopgap where the page beside it has three times as many.
const STOPGAP_WORDS: usize = 25;

/// The bodies that a mail program shows, in their order: plain text, unless it only stands in for
/// a page of the web.
pub fn shown<'a>(message: &'a Message<'a>) -> impl Iterator<Item = &'a MessagePart<'a>> {
    let parts = move |ids: &'a [u32]| ids.iter().filter_map(move |it| message.part(*it));
    let words = move |ids: &'a [u32]| -> usize {
        let texts = parts(ids).filter(|it| it.is_text());
        texts
            .map(|it| text(it, message).split_whitespace().count())
            .sum()
    };
    let (plain, page) = (&message.text_body, &message.html_body);
    let is_stopgap = plain != page && {
        let count = words(plain);
        count < STOPGAP_WORDS && words(page) > 3 * count
    };
    let ids = if is_stopgap { page } else { plain };
    parts(ids).filter(|it| it.is_text())
}

/// A body as lines of text.
pub fn text(part: &MessagePart<'_>, message: &Message<'_>) -> String {
    let letters = decoded(part, message);
    let letters = letters.replace("\r\n", "\n").replace('\r', "\n");
    if is_html(part, &letters) {
        return html::text(&letters);
    }
    let letters = envelope::without_signature(&letters);
    match flowed(part) {
        Some(delete_space) => unfolded(&letters, delete_space),
        None => letters,
    }
}

/// Pages are also sent as plain text by mistake.
fn is_html(part: &MessagePart<'_>, letters: &str) -> bool {
    let start = letters.trim_start().get(..9).unwrap_or_default();
    part.is_text_html()
        || start.eq_ignore_ascii_case("<!doctype")
        || start
            .get(..5)
            .is_some_and(|it| it.eq_ignore_ascii_case("<html"))
}

/// The bytes of a part, its transfer encoding undone.
pub fn content<'a>(part: &'a MessagePart<'_>, message: &'a Message<'_>) -> Cow<'a, [u8]> {
    if let PartType::Message(_) = &part.body {
        return Cow::Borrowed(part.contents());
    }
    // Parsers trust an encoding only if it is spelt well; senders are not that careful.
    let stated = part.content_transfer_encoding().unwrap_or_default().trim();
    let begins = |name: &str| {
        let start = stated.get(..name.len());
        start.is_some_and(|it| it.eq_ignore_ascii_case(name))
    };
    let undone = match part.encoding {
        Encoding::None if begins("base64") => base64_decode(raw(part, message)),
        Encoding::None if begins("quoted-printable") => quoted_printable_decode(raw(part, message)),
        Encoding::None | Encoding::Base64 | Encoding::QuotedPrintable => None,
    };
    match (undone, &part.body) {
        (Some(bytes), _) => Cow::Owned(bytes),
        (None, PartType::Text(_) | PartType::Html(_)) => text_bytes(part, message),
        (
            None,
            PartType::Binary(_)
            | PartType::InlineBinary(_)
            | PartType::Message(_)
            | PartType::Multipart(_),
        ) => Cow::Borrowed(part.contents()),
    }
}

/// The bytes of a text before anybody guessed its letters.
fn text_bytes<'a>(part: &'a MessagePart<'_>, message: &'a Message<'_>) -> Cow<'a, [u8]> {
    let raw = raw(part, message);
    let undone = match part.encoding {
        Encoding::None => return Cow::Borrowed(raw),
        Encoding::Base64 => base64_decode(raw),
        Encoding::QuotedPrintable => quoted_printable_decode(raw),
    };
    undone.map_or(Cow::Borrowed(part.contents()), Cow::Owned)
}

fn raw<'a>(part: &MessagePart<'_>, message: &'a Message<'_>) -> &'a [u8] {
    let place = |it: u32| usize::try_from(it).unwrap_or(usize::MAX);
    let range = place(part.offset_body)..place(part.offset_end);
    message.raw_message.get(range).unwrap_or_default()
}

/// The letters of a part: by what its bytes are, else by its label, else as Windows-1252.
fn decoded(part: &MessagePart<'_>, message: &Message<'_>) -> String {
    let bytes = content(part, message);
    let label = part.content_type().and_then(|it| it.attribute("charset"));
    let labelled = label
        .map(|it| it.trim_matches(['"', '\'', ' ']))
        .and_then(|it| charset_decoder(it.as_bytes()));
    let has_mark = [b"\xff\xfe".as_slice(), b"\xfe\xff", b"\xef\xbb\xbf"]
        .iter()
        .any(|it| bytes.starts_with(it));
    // Text that is good UTF-8 and not ASCII alone is hardly ever anything else.
    let is_utf8 = !bytes.is_ascii() && std::str::from_utf8(&bytes).is_ok();
    if has_mark || is_utf8 {
        return text::decode(&bytes);
    }
    if let Some(order) = wide(&bytes) {
        return text::decode(&[order, bytes.as_ref()].concat());
    }
    let by_label = labelled.map(|decode| decode(&bytes));
    match by_label.filter(|it| !it.contains(char::REPLACEMENT_CHARACTER)) {
        Some(letters) => letters,
        None => text::decode(&bytes),
    }
}

/// The byte order mark that is missing from UTF-16: every other byte of Latin letters is zero.
fn wide(bytes: &[u8]) -> Option<&'static [u8]> {
    let start = bytes.get(..400).unwrap_or(bytes);
    let zeros = |odd: usize| {
        let half = start.iter().skip(odd).step_by(2);
        half.filter(|it| **it == 0).count()
    };
    let many = start.len() / 3;
    if start.len() < 4 {
        None
    } else if zeros(1) > many && zeros(0) == 0 {
        Some(b"\xff\xfe")
    } else if zeros(0) > many && zeros(1) == 0 {
        Some(b"\xfe\xff")
    } else {
        None
    }
}

/// Whether the text's lines flow (RFC 3676), and whether the space that says so is deleted.
fn flowed(part: &MessagePart<'_>) -> Option<bool> {
    let about = part.content_type()?;
    let is = |name: &str, value: &str| {
        let stated = about.attribute(name);
        stated.is_some_and(|it| it.eq_ignore_ascii_case(value))
    };
    is("format", "flowed").then(|| is("delsp", "yes"))
}

/// Joins lines that end in a space with the next one of the same depth of quotation.
fn unfolded(text: &str, delete_space: bool) -> String {
    let mut done = String::with_capacity(text.len());
    let mut open: Option<usize> = None;
    for line in text.split('\n') {
        let rest = line.trim_start_matches('>');
        let depth = line.len() - rest.len();
        let content = rest.strip_prefix(' ').unwrap_or(rest);
        let is_sign = content == "-- ";
        match open {
            Some(before) if before == depth && !is_sign => {}
            Some(_) => done.push('\n'),
            None => {}
        }
        if open != Some(depth) || is_sign {
            done.push_str(line.get(..depth).unwrap_or_default());
            done.push_str(if depth > 0 { " " } else { "" });
        }
        let flows = content.ends_with(' ') && !is_sign;
        let kept = if flows && delete_space {
            content.strip_suffix(' ').unwrap_or(content)
        } else {
            content
        };
        done.push_str(kept);
        if flows {
            open = Some(depth);
        } else {
            open = None;
            done.push('\n');
        }
    }
    done
}
