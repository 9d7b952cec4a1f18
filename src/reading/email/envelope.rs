//! Signed, sealed and wrapped: what S/MIME (RFC 8551), OpenPGP (RFC 9580) and Outlook put around a
//! mail. Signatures are not checked here, only taken off; what is sealed says so.

use mail_parser::{MessagePart, MimeHeaders};

use super::super::sniff;

/// Depth of the values in a signature that is followed.
const DEPTH_MAX: u8 = 8;

/// Why a wrapped part cannot be read.
pub fn trouble(part: &MessagePart<'_>, name: &str, bytes: &[u8]) -> Option<String> {
    let about = part.content_type();
    let subtype = about.and_then(|it| it.subtype()).unwrap_or_default();
    let is = |other: &str| subtype.eq_ignore_ascii_case(other);
    if is("ms-tnef") || name.eq_ignore_ascii_case("winmail.dat") {
        let failure = sniff::why_not(b"\x78\x9f\x3e\x22");
        return Some(failure.to_string());
    }
    let is_smime = is("pkcs7-mime") || is("x-pkcs7-mime");
    let is_pgp = is("octet-stream") && bytes.starts_with(b"-----BEGIN PGP MESSAGE");
    if (is_smime && signed_bytes(bytes).is_none()) || is_pgp {
        return Some(
            "an encrypted mail is not supported; save it decrypted in the mail program and add that"
                .to_owned(),
        );
    }
    None
}

/// The mail inside an opaque signature (`smime.p7m`).
pub fn signed_mail(part: &MessagePart<'_>) -> Option<Vec<u8>> {
    let subtype = part.content_type()?.subtype()?;
    let is = |other: &str| subtype.eq_ignore_ascii_case(other);
    if !is("pkcs7-mime") && !is("x-pkcs7-mime") {
        return None;
    }
    signed_bytes(part.contents())
}

/// The content of CMS signed data (RFC 5652, 5.1): `SEQUENCE { OID, [0] { SEQUENCE { version,
/// algorithms, SEQUENCE { OID, [0] { OCTET STRING` …
fn signed_bytes(bytes: &[u8]) -> Option<Vec<u8>> {
    /// 1.2.840.113549.1.7.2
    const SIGNED_DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
    let info = Value::first(bytes)?.inside();
    let (kind, rest) = Value::split(info)?;
    if kind.content != SIGNED_DATA {
        return None;
    }
    let signed = Value::first(Value::first(rest)?.inside())?.inside();
    let (_version, rest) = Value::split(signed)?;
    let (_algorithms, rest) = Value::split(rest)?;
    let content = Value::first(rest)?.inside();
    let (_kind, rest) = Value::split(content)?;
    let octets = Value::first(Value::first(rest)?.inside())?;
    let mut mail = Vec::new();
    octets.gather(DEPTH_MAX, &mut mail);
    (!mail.is_empty()).then_some(mail)
}

/// A value in the Basic Encoding Rules (ITU-T X.690, 8.1).
#[derive(Clone, Copy)]
struct Value<'a> {
    tag: u8,
    content: &'a [u8],
}

impl<'a> Value<'a> {
    fn first(bytes: &'a [u8]) -> Option<Self> {
        Self::split(bytes).map(|(first, _)| first)
    }

    /// The first value and what follows it. A length that is not stated reaches to the end, which
    /// is enough to find the values at its begin.
    fn split(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (tag, rest) = bytes.split_first()?;
        let (first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0x80 => (rest.len(), rest),
            short if *short < 0x80 => (usize::from(*short), rest),
            long => {
                let count = usize::from(*long & 0x7f);
                let (digits, rest) = rest.split_at_checked(count.min(8))?;
                let add =
                    |sum: usize, digit: &u8| sum.checked_mul(256)?.checked_add(usize::from(*digit));
                (digits.iter().try_fold(0, add)?, rest)
            }
        };
        let (content, rest) = rest.split_at(length.min(rest.len()));
        Some((Self { tag: *tag, content }, rest))
    }

    const fn inside(self) -> &'a [u8] {
        self.content
    }

    /// The bytes of a string, which may be sent in pieces.
    fn gather(self, depth: u8, to: &mut Vec<u8>) {
        const OCTETS: u8 = 0x04;
        const PIECES: u8 = 0x24;
        if self.tag == OCTETS {
            to.extend_from_slice(self.content);
        } else if self.tag == PIECES && depth > 0 {
            let mut rest = self.content;
            while let Some((piece, after)) = Self::split(rest) {
                if piece.tag != OCTETS && piece.tag != PIECES {
                    break;
                }
                piece.gather(depth - 1, to);
                rest = after;
            }
        }
    }
}

/// Text without the lines of an OpenPGP signature around it (RFC 9580, 7).
pub fn without_signature(text: &str) -> String {
    let Some((before, rest)) = text.split_once("-----BEGIN PGP SIGNED MESSAGE-----\n") else {
        return text.to_owned();
    };
    // Headers of the armour end with an empty line.
    let (_, signed) = rest.split_once("\n\n").unwrap_or(("", rest));
    let (signed, after) = signed
        .split_once("-----BEGIN PGP SIGNATURE-----")
        .unwrap_or((signed, ""));
    let after = after.split_once("-----END PGP SIGNATURE-----");
    let after = after.map_or("", |(_, it)| it);
    let lines = signed.lines().map(|it| it.strip_prefix("- ").unwrap_or(it));
    let signed: Vec<&str> = lines.collect();
    [before, &signed.join("\n"), after].concat()
}
