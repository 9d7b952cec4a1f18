//! A mail as it was sent (RFC 5322): its head and its text as pages, its papers as more pages.
//!
//! Mails lie about themselves more than any other file: about their letters, their encodings and
//! their parts. What their bytes say is believed before what their labels say.

mod body;
mod envelope;

use mail_parser::{
    Address, HeaderName, Message, MessageParser, MessagePart, MimeHeaders, PartType,
};

use super::failure::Failure;
use super::parts::{self, PICTURE_BYTES_MIN, Part, clean_name};
use super::{Limits, sniff, text};
use crate::domain::document::MediaType;

/// Pictures that the text shows are decoration below this size in bytes; telephones put photos of
/// papers into the text as well.
const SHOWN_PICTURE_BYTES_MIN: usize = 150_000;
/// Bodies joined to one text.
const BODIES_MAX: usize = 20;
/// Letters kept of one line of the head.
const HEAD_LETTERS_MAX: usize = 2000;

/// A mail taken apart.
pub struct Mail {
    /// Who, to whom, when, about what, and what it says.
    pub text: String,
    /// What was attached, in its order.
    pub parts: Vec<Part>,
}

/// Takes a mail apart.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Mail, Failure> {
    let bytes = one_of_mailbox(bytes)?;
    let Some(message) = MessageParser::default().parse(bytes) else {
        // No head that could be understood: what is left is text.
        return Ok(Mail {
            text: text::decode(bytes),
            parts: Vec::new(),
        });
    };
    let most = usize::try_from(limits.attachments_max).unwrap_or(usize::MAX);
    let attached = (1_usize..).zip(message.attachments()).take(most);
    let mut parts: Vec<Part> = attached
        .filter_map(|(number, it)| part(number, it, &message))
        .collect();
    let mut text = text_of(&message);
    for signed in message.attachments().filter_map(envelope::signed_mail) {
        // The text of an opaquely signed mail is a mail of its own inside the signature.
        if let Ok(mut inner) = parse_inner(&signed, limits) {
            text.push_str(&inner.text);
            parts.append(&mut inner.parts);
        }
    }
    Ok(Mail { text, parts })
}

/// The mail inside a signature; its head repeats what is known, its parts count.
fn parse_inner(bytes: &[u8], limits: &Limits) -> Result<Mail, Failure> {
    let message = MessageParser::default().parse(bytes);
    let message = message.ok_or_else(|| Failure::damaged("its signature holds no mail"))?;
    let most = usize::try_from(limits.attachments_max).unwrap_or(usize::MAX);
    let attached = (1_usize..).zip(message.attachments()).take(most);
    Ok(Mail {
        text: bodies(&message),
        parts: attached
            .filter_map(|(number, it)| part(number, it, &message))
            .collect(),
    })
}

/// A file of one mail may begin as a mailbox does (RFC 4155); one of several is refused, because
/// each of them is a document.
fn one_of_mailbox(bytes: &[u8]) -> Result<&[u8], Failure> {
    let line = |bytes: &[u8]| bytes.iter().position(|it| *it == b'\n');
    let Some(end) = line(bytes).filter(|end| {
        let first = bytes.get(..*end).unwrap_or_default();
        sniff::is_postmark(first)
    }) else {
        return Ok(bytes);
    };
    let mail = bytes.get(end + 1..).unwrap_or_default();
    let mut was_empty = false;
    for line in mail.split(|it| *it == b'\n') {
        if was_empty && sniff::is_postmark(line) {
            return Err(Failure::Unsupported {
                what: "a mailbox of several mails (mbox)",
                advice: "save the mails one by one in the mail program and add those",
            });
        }
        was_empty = line.trim_ascii().is_empty();
    }
    Ok(mail)
}

/// A part that is attached; `None` for the pieces that belong to the text.
fn part(number: usize, part: &MessagePart<'_>, message: &Message<'_>) -> Option<Part> {
    if is_alternative_text(part, message) {
        return None;
    }
    let bytes = body::content(part, message);
    let stated = part.attachment_name().map(clean_name);
    let name = stated.filter(|it| !it.is_empty());
    let is_mail = matches!(part.body, PartType::Message(_));
    let subject = part.message().and_then(|it| it.subject()).map(clean_name);
    let name = name.or(subject.filter(|it| !it.is_empty()));
    let name = name.unwrap_or_else(|| format!("attachment {number}"));
    let media_type = if is_mail {
        Some(MediaType::Mail)
    } else {
        parts::media_type(&name, &bytes)
    };
    let is_paper = is_mail || media_type.is_some_and(|it| is_paper(it, part, &name, bytes.len()));
    let trouble = envelope::trouble(part, &name, &bytes)
        .or_else(|| parts::unsupported(&bytes).filter(|_| media_type.is_none()));
    let is_kept = is_paper || media_type == Some(MediaType::Xml);
    Some(Part {
        name,
        media_type,
        is_paper,
        trouble,
        bytes: if is_kept {
            bytes.into_owned()
        } else {
            Vec::new()
        },
    })
}

/// A text that only says again what the mail's text says, without a name of its own.
fn is_alternative_text(part: &MessagePart<'_>, message: &Message<'_>) -> bool {
    let is_body = |list: &[u32]| {
        list.iter()
            .filter_map(|it| message.part(*it))
            .any(|it| std::ptr::eq(it, part))
    };
    part.is_text()
        && part.attachment_name().is_none()
        && (is_body(&message.text_body) || is_body(&message.html_body) || part.is_text_html())
}

fn is_paper(media_type: MediaType, part: &MessagePart<'_>, name: &str, size: usize) -> bool {
    match media_type {
        MediaType::Pdf
        | MediaType::Rtf
        | MediaType::Docx
        | MediaType::Xlsx
        | MediaType::Pptx
        | MediaType::Odt
        | MediaType::Ods
        | MediaType::Odp => true,
        MediaType::Jpeg
        | MediaType::Png
        | MediaType::Tiff
        | MediaType::WebP
        | MediaType::Gif
        | MediaType::Bmp
        | MediaType::Heic => {
            // What the text shows by its id mostly belongs to the text's design.
            let is_shown = part.content_id().is_some();
            let least = if is_shown {
                SHOWN_PICTURE_BYTES_MIN
            } else {
                PICTURE_BYTES_MIN
            };
            size >= least
        }
        MediaType::Text | MediaType::Html => {
            let extension = name.rsplit_once('.').map(|(_, it)| it.to_ascii_lowercase());
            let known = ["txt", "md", "htm", "html", "csv"];
            extension.is_some_and(|it| known.contains(&it.as_str()))
        }
        // A mail attached as a file, not as a mail.
        MediaType::Mail => name.to_ascii_lowercase().ends_with(".eml"),
        MediaType::Xml => false,
    }
}

fn text_of(message: &Message<'_>) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: Option<String>| {
        if let Some(value) = value.filter(|it| !it.is_empty()) {
            let value: String = value.chars().take(HEAD_LETTERS_MAX).collect();
            text.push_str(&[name, ": ", &value, "\n"].concat());
        }
    };
    let raw = |name| stated(message, &name);
    let from = message.from().map(addresses);
    let to = message.to().map(addresses);
    line("From", readable(from, || raw(HeaderName::From)));
    line("To", readable(to, || raw(HeaderName::To)));
    line(
        "Date",
        message.date().map(mail_parser::DateTime::to_rfc3339),
    );
    let subject = message.subject().map(str::to_owned);
    line("Subject", readable(subject, || raw(HeaderName::Subject)));
    text.push('\n');
    text.push_str(&bodies(message));
    text
}

/// All that the mail itself says, one body after the other.
fn bodies(message: &Message<'_>) -> String {
    let mut text = String::new();
    for part in body::shown(message).take(BODIES_MAX) {
        text.push_str(body::text(part, message).trim());
        text.push_str("\n\n");
    }
    text
}

/// A value of the head, or the line as it stands where letters were lost.
fn readable(value: Option<String>, raw: impl FnOnce() -> Option<String>) -> Option<String> {
    let is_broken = |it: &String| it.contains(char::REPLACEMENT_CHARACTER);
    let value = match value {
        Some(value) if !is_broken(&value) => Some(value),
        lost => raw().or(lost),
    };
    value.map(|it| it.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// A line of the head in letters, nothing else decoded.
fn stated(message: &Message<'_>, name: &HeaderName<'_>) -> Option<String> {
    let header = message.headers().iter().find(|it| it.name == *name)?;
    let place = |it: u32| usize::try_from(it).ok();
    let range = place(header.offset_start())?..place(header.offset_end())?;
    let bytes = message.raw_message.get(range)?;
    let value = text::decode(bytes.trim_ascii());
    (!value.is_empty()).then_some(value)
}

fn addresses(list: &Address<'_>) -> String {
    let one = |it: &mail_parser::Addr<'_>| match (it.name(), it.address()) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (name, address) => name.or(address).unwrap_or_default().to_owned(),
    };
    list.iter().take(20).map(one).collect::<Vec<_>>().join(", ")
}
