//! Mails of each sort, and what is wrong with them.

use workmate::domain::document::MediaType;
use workmate::reading::email::{self, Mail};
use workmate::reading::failure::Failure;
use workmate::reading::sniff;

use super::limits;

const HEAD: &str = "From: Wasserwerk <post@wasser.example>\r\nTo: anna@home.example\r\n\
    Subject: Rechnung\r\nDate: Mon, 2 Mar 2026 09:00:00 +0100\r\nMIME-Version: 1.0\r\n";

fn mail(bytes: impl AsRef<[u8]>) -> Mail {
    let bytes = bytes.as_ref();
    assert_eq!(sniff::sniff(bytes), Some(MediaType::Mail));
    email::parse(bytes, &limits()).unwrap()
}

/// A mail with this head and body behind the usual lines.
fn with(head: &str, body: impl AsRef<[u8]>) -> Mail {
    let mut bytes = [HEAD, head, "\r\n"].concat().into_bytes();
    bytes.extend_from_slice(body.as_ref());
    mail(bytes)
}

/// What it says below its head.
fn said(mail: &Mail) -> &str {
    mail.text.split_once("\n\n").map_or("", |(_, it)| it.trim())
}

#[test]
fn a_body_that_is_only_a_page_of_the_web_becomes_text() {
    let html = "<html><head><style>x</style></head><body><p>Bitte <b>zahlen</b> Sie</p>\
        <table><tr><td>Betrag</td><td>84,20&nbsp;€</td></tr></table></body></html>";
    let mail = with("Content-Type: text/html; charset=utf-8\r\n", html);
    assert_eq!(said(&mail), "Bitte zahlen Sie\n\nBetrag   84,20 €");
    assert!(mail.parts.is_empty());
}

#[test]
fn the_plain_text_is_read_unless_it_only_stands_in() {
    let both = |plain: &str| {
        let page = "Guten Tag, Ihre Rechnung über 84,20 € ist am 18.03.2026 fällig. ".repeat(6);
        let body = format!(
            "--x\r\nContent-Type: text/plain\r\n\r\n{plain}\r\n--x\r\n\
             Content-Type: text/html; charset=utf-8\r\n\r\n<p>{page}</p>\r\n--x--\r\n"
        );
        with("Content-Type: multipart/alternative; boundary=x\r\n", body)
    };
    let stopgap = both("Ihr Programm zeigt kein HTML.");
    assert!(said(&stopgap).starts_with("Guten Tag"), "{}", stopgap.text);
    let whole = both(&"Guten Tag, bitte zahlen Sie bald den Betrag. ".repeat(6));
    assert!(
        said(&whole).starts_with("Guten Tag, bitte"),
        "{}",
        whole.text
    );
    assert!(stopgap.parts.is_empty() && whole.parts.is_empty());
}

#[test]
fn letters_are_told_from_bytes_where_labels_lie() {
    let wide: Vec<u8> = "Grüße".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let cases: [(&str, &[u8]); 8] = [
        ("text/plain; charset=utf-8", "Grüße".as_bytes()),
        ("text/plain; charset=us-ascii", "Grüße".as_bytes()),
        ("text/plain; charset=utf-8", b"Gr\xfc\xdfe"),
        ("text/plain", b"Gr\xfc\xdfe"),
        ("text/plain; charset=unknown-8bit", b"Gr\xfc\xdfe"),
        ("text/plain; charset=iso-8859-15", b"Gr\xfc\xdfe"),
        ("text/plain; charset=cp850", b"Gr\x81\xe1e"),
        ("text/plain; charset=utf-16le", &wide),
    ];
    for (content_type, bytes) in cases {
        let head = format!("Content-Type: {content_type}\r\nContent-Transfer-Encoding: 8bit\r\n");
        assert_eq!(said(&with(&head, bytes)), "Grüße", "{content_type}");
    }
}

#[test]
fn encodings_are_undone_however_they_are_spelt() {
    for (encoding, body) in [
        ("quoted-printable", "Gr=C3=BC=C3=9Fe =\r\nan alle"),
        ("Quoted-Printable;", "Gr=C3=BC=C3=9Fe =\r\nan alle"),
        ("BASE64", "R3LDvMOfZSBhbiBh\r\nbGxl"),
        ("base64;", "R3LDvMOfZSBhbiBh\r\nbGxl"),
    ] {
        let head = format!(
            "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n"
        );
        assert_eq!(said(&with(&head, body)), "Grüße an alle", "{encoding}");
    }
}

#[test]
fn broken_heads_are_read_as_far_as_they_go() {
    let lines = |bytes: &[u8]| -> Vec<String> {
        let mail = mail(bytes);
        mail.text
            .lines()
            .filter(|it| !it.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let raw = b"Received: x\r\nSubject: Gr\xfc\xdfe\r\nFrom: J\xf6rg <j@x.example>\r\n\r\nText";
    assert_eq!(
        lines(raw),
        ["From: Jörg <j@x.example>", "Subject: Grüße", "Text"]
    );
    assert_eq!(lines(b"Message-ID: <1@x>\r\n\r\nnur Text"), ["nur Text"]);
    let mut huge = b"Received: x\r\nSubject: ".to_vec();
    huge.resize(2_000_000, b'a');
    huge.extend_from_slice(b"\r\n\r\nText");
    let lines = lines(&huge);
    assert!(lines[0].len() < 3000 && lines[1] == "Text");
    let binary = mail(b"From: a\r\nTo: b\r\nSubject: c\r\n\r\n\0\x01\x02");
    assert!(binary.text.starts_with("From: a"));
}

#[test]
fn flowing_lines_are_joined() {
    let body =
        "Bitte zahlen \r\nSie bald. \r\n\r\n> Das war \r\n> zitiert.\r\n-- \r\nAnna \r\nKern\r\n";
    let mail = with("Content-Type: text/plain; format=flowed\r\n", body);
    assert_eq!(
        said(&mail),
        "Bitte zahlen Sie bald. \n> Das war zitiert.\n-- \nAnna Kern"
    );
}

#[test]
fn papers_are_parts_and_decoration_is_not() {
    let picture = |id: &str, size: usize| {
        let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
        bytes.resize(size, b'x');
        let bytes = data_encoding::BASE64_MIME.encode(&bytes);
        format!(
            "--x\r\nContent-Type: image/png; name=bild.png\r\n{id}\
             Content-Transfer-Encoding: base64\r\n\r\n{bytes}\r\n"
        )
    };
    let shown = "Content-ID: <a@b>\r\n";
    let body = [
        "--x\r\nContent-Type: text/plain\r\n\r\nanbei\r\n",
        "--x\r\nContent-Type: application/octet-stream\r\n",
        "Content-Disposition: attachment; filename*=utf-8''R%C3%BC%C3%9Fel.pdf\r\n\r\n%PDF-1.4\r\n",
        &picture("", 30_000),
        &picture(shown, 30_000),
        &picture(shown, 200_000),
        &picture("", 3_000),
        "--x\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\n\r\nx\r\n",
        "--x\r\nContent-Type: application/msword; name=alt.doc\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n0M8R4KGxGuEAAAAA\r\n",
        "--x\r\nContent-Type: message/rfc822\r\n\r\n",
        HEAD,
        "\r\ninnen\r\n--x--\r\n",
    ]
    .concat();
    let mail = with("Content-Type: multipart/mixed; boundary=x\r\n", body);
    assert_eq!(said(&mail), "anbei");
    let papers: Vec<_> = mail.parts.iter().map(|it| it.is_paper).collect();
    assert_eq!(papers, [true, true, false, true, false, false, false, true]);
    assert_eq!(mail.parts[0].name, "Rüßel.pdf");
    let trouble = |index: usize| mail.parts[index].trouble.as_deref().unwrap_or_default();
    assert!(trouble(5).contains("winmail.dat"), "{}", trouble(5));
    assert!(trouble(6).contains("old Word, Excel"), "{}", trouble(6));
    let inner = &mail.parts[7];
    assert_eq!(
        (inner.media_type, inner.name.as_str()),
        (Some(MediaType::Mail), "Rechnung")
    );
    assert_eq!(said(&self::mail(&inner.bytes)), "innen");
}

#[test]
fn signed_mails_are_read_and_sealed_ones_named() {
    let signed = with(
        "Content-Type: multipart/signed; boundary=x; protocol=\"application/pkcs7-signature\"\r\n",
        "--x\r\nContent-Type: text/plain\r\n\r\nBitte zahlen\r\n--x\r\n\
         Content-Type: application/pkcs7-signature; name=smime.p7s\r\n\r\nMIAG\r\n--x--\r\n",
    );
    assert_eq!(said(&signed), "Bitte zahlen");
    let armoured = with(
        "Content-Type: text/plain\r\n",
        "-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\nBitte\r\n- - zahlen\r\n\
         -----BEGIN PGP SIGNATURE-----\r\n\r\niQ\r\n-----END PGP SIGNATURE-----\r\n",
    );
    assert_eq!(said(&armoured), "Bitte\n- zahlen");
    let p7m = |bytes: &[u8]| {
        let bytes = data_encoding::BASE64_MIME.encode(bytes);
        with(
            "Content-Type: application/pkcs7-mime; name=smime.p7m\r\n\
             Content-Transfer-Encoding: base64\r\n",
            bytes,
        )
    };
    let opaque = p7m(&signed_data(
        b"Content-Type: text/plain\r\n\r\nBitte zahlen",
    ));
    assert_eq!(said(&opaque), "Bitte zahlen");
    let sealed = p7m(b"\x30\x03\x02\x01\x05");
    let trouble = sealed.parts[0].trouble.as_deref().unwrap_or_default();
    assert!(trouble.starts_with("an encrypted mail"), "{trouble}");
}

/// CMS signed data without signatures, its content in two pieces.
fn signed_data(content: &[u8]) -> Vec<u8> {
    let value = |tag: u8, parts: &[&[u8]]| {
        let content = parts.concat();
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82, length[0], length[1]], content.as_slice()].concat()
    };
    let oid = |last: u8| {
        [
            b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07".as_slice(),
            &[last],
        ]
        .concat()
    };
    let (first, second) = content.split_at(10);
    let pieces = value(0x24, &[&value(0x04, &[first]), &value(0x04, &[second])]);
    let content = value(0x30, &[&oid(1), &value(0xa0, &[&pieces])]);
    let signed = value(0x30, &[b"\x02\x01\x01", &value(0x31, &[]), &content]);
    value(0x30, &[&oid(2), &value(0xa0, &[&signed])])
}

#[test]
fn a_mailbox_of_one_is_a_mail_and_one_of_several_is_refused() {
    let one = [
        "From anna@home.example Mon Mar  2 09:00:00 2026\r\n",
        HEAD,
        "\r\nFrom here on\r\n",
    ];
    let one = one.concat();
    assert_eq!(said(&mail(&one)), "From here on");
    let several = [&one, "\r\n", &one].concat();
    let refused = email::parse(several.as_bytes(), &limits()).err();
    assert!(
        matches!(refused, Some(Failure::Unsupported { .. })),
        "{refused:?}"
    );
}
