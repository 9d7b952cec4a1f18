//! A mail as it was sent (RFC 5322): its head and its text as pages, its papers as more pages.

use mail_parser::{Address, Message, MessageParser, MessagePart, MimeHeaders};

use super::failure::Failure;
use super::{Limits, sniff};
use crate::domain::document::MediaType;

/// Pictures below this size in bytes are logos and icons, not papers.
const PICTURE_BYTES_MIN: usize = 20_000;

/// A mail taken apart.
pub struct Mail {
    /// Who, to whom, when, about what, and what it says.
    pub text: String,
    /// What was attached, in its order.
    pub parts: Vec<Part>,
}

/// A file attached to a mail.
pub struct Part {
    /// Its name as stated; never used as a path.
    pub name: String,
    /// What its first bytes say, if that is known.
    pub media_type: Option<MediaType>,
    /// Whether it is a paper to read, not decoration.
    pub is_paper: bool,
    /// The file.
    pub bytes: Vec<u8>,
}

/// Takes a mail apart.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Mail, Failure> {
    let message = MessageParser::default().parse(bytes);
    let message = message.ok_or_else(|| Failure::damaged("it begins as a mail but is none"))?;
    let most = usize::try_from(limits.attachments_max).unwrap_or(usize::MAX);
    let parts = (1_usize..).zip(message.attachments()).take(most);
    let parts = parts.map(|(number, it)| part(number, it)).collect();
    Ok(Mail {
        text: text(&message),
        parts,
    })
}

fn part(number: usize, part: &MessagePart<'_>) -> Part {
    let bytes = part.contents();
    let stated = part
        .attachment_name()
        .map(str::trim)
        .filter(|it| !it.is_empty());
    let name = stated.map_or_else(|| format!("attachment {number}"), str::to_owned);
    let name = name
        .chars()
        .filter(|it| !it.is_control())
        .take(200)
        .collect();
    let media_type = sniff::sniff(bytes);
    let is_paper = match media_type {
        Some(MediaType::Pdf) => true,
        Some(MediaType::Jpeg | MediaType::Png | MediaType::Tiff | MediaType::WebP) => {
            // What the text shows by its id belongs to the text's design.
            part.content_id().is_none() && bytes.len() >= PICTURE_BYTES_MIN
        }
        Some(MediaType::Text | MediaType::Mail | MediaType::Xml) | None => false,
    };
    Part {
        name,
        media_type,
        is_paper,
        bytes: bytes.to_vec(),
    }
}

fn text(message: &Message<'_>) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: Option<String>| {
        if let Some(value) = value.filter(|it| !it.is_empty()) {
            text.push_str(&[name, ": ", &value, "\n"].concat());
        }
    };
    line("From", message.from().map(addresses));
    line("To", message.to().map(addresses));
    line(
        "Date",
        message.date().map(mail_parser::DateTime::to_rfc3339),
    );
    line("Subject", message.subject().map(str::to_owned));
    text.push('\n');
    for number in 0..message.text_body_count().min(20) {
        if let Some(body) = message.body_text(number) {
            text.push_str(body.trim());
            text.push_str("\n\n");
        }
    }
    text
}

fn addresses(list: &Address<'_>) -> String {
    let one = |it: &mail_parser::Addr<'_>| match (it.name(), it.address()) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (name, address) => name.or(address).unwrap_or_default().to_owned(),
    };
    list.iter().take(20).map(one).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_its_head_its_text_and_its_papers() {
        let mail = b"From: =?utf-8?Q?Stadtwerke_M=C3=BCnde?= <post@stadt.example>\r\n\
            To: anna@home.example\r\nSubject: Ihre Rechnung\r\n\
            Date: Mon, 2 Mar 2026 09:00:00 +0100\r\nMIME-Version: 1.0\r\n\
            Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\
            Content-Type: text/html; charset=utf-8\r\n\r\n<p>Bitte <b>zahlen</b></p>\r\n--x\r\n\
            Content-Type: application/pdf; name=r.pdf\r\n\
            Content-Disposition: attachment; filename=\"../r.pdf\"\r\n\r\n%PDF-1.4\r\n--x--\r\n";
        let mail = parse(mail, &Limits::default()).unwrap();
        assert_eq!(
            mail.text
                .lines()
                .filter(|it| !it.is_empty())
                .collect::<Vec<_>>(),
            [
                "From: Stadtwerke Münde <post@stadt.example>",
                "To: anna@home.example",
                "Date: 2026-03-02T09:00:00+01:00",
                "Subject: Ihre Rechnung",
                "Bitte zahlen"
            ]
        );
        assert_eq!(mail.parts.len(), 1);
        assert_eq!(mail.parts[0].media_type, Some(MediaType::Pdf));
        assert!(mail.parts[0].is_paper);
    }
}
