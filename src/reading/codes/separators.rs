//! Sheets between documents of one stack, and numbers stuck onto documents, as those who come from
//! Paperless have them: a sheet with a code that says `PATCHT` parts the stack; a code that says
//! `ASN00042` is the number of the paper original in its folder.

use crate::domain::document::Code;

/// What a separator sheet says: the patch code T, written out.
pub const SEPARATOR: &str = "PATCHT";
/// What stands before the number of a paper original, where nothing else is configured.
pub const ASN_PREFIX: &str = "ASN";

/// What the codes of a page say about its place in the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// The sheet parts two documents and belongs to neither.
    Separator,
    /// The number of the paper original that begins with this page.
    Asn(u32),
}

/// The mark of the page that carries these codes, with [`ASN_PREFIX`] before numbers. A separator
/// wins over a number. `None` for a page like any other.
pub fn mark(codes: &[Code]) -> Option<Mark> {
    mark_with(codes, ASN_PREFIX)
}

/// As [`mark`], with another text before numbers; letters may be large or small.
pub fn mark_with(codes: &[Code], asn_prefix: &str) -> Option<Mark> {
    if codes.iter().any(is_separator) {
        return Some(Mark::Separator);
    }
    codes
        .iter()
        .find_map(|it| asn(&it.text, asn_prefix))
        .map(Mark::Asn)
}

/// Any symbology may carry it: sheets are printed as Code 128, Code 39 and QR.
fn is_separator(code: &Code) -> bool {
    code.text.trim().eq_ignore_ascii_case(SEPARATOR)
}

/// The number after `prefix`; zeros before it, blanks and dashes between are allowed, anything else
/// is another text. Numbers from 1 to 4 294 967 295.
fn asn(text: &str, prefix: &str) -> Option<u32> {
    let text = text.trim();
    let head = text.get(..prefix.len())?;
    if prefix.is_empty() || !head.eq_ignore_ascii_case(prefix) {
        return None;
    }
    let number = text.get(prefix.len()..)?;
    let number = number.trim_start_matches([' ', '-', ':', '#', '_']);
    if number.is_empty() || !number.chars().all(|it| it.is_ascii_digit()) {
        return None;
    }
    number.parse().ok().filter(|it| *it > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::value::Rect;

    fn codes<const N: usize>(all: [(&str, &str); N]) -> Vec<Code> {
        let at = Rect {
            x: 0.0,
            y: 0.0,
            w: 1.0,
            h: 1.0,
        };
        let code = |(symbology, text): (&str, &str)| Code {
            symbology: symbology.to_owned(),
            text: text.to_owned(),
            page: 1,
            at,
        };
        all.map(code).to_vec()
    }

    #[test]
    fn a_separator_sheet_is_one_in_any_symbology() {
        for symbology in ["code_128", "code_39", "qr"] {
            assert_eq!(mark(&codes([(symbology, "PATCHT")])), Some(Mark::Separator));
        }
        assert_eq!(
            mark(&codes([("code_128", " patcht ")])),
            Some(Mark::Separator)
        );
        let both = codes([("qr", "ASN00001"), ("code_39", "PATCHT")]);
        assert_eq!(mark(&both), Some(Mark::Separator));
    }

    #[test]
    fn a_label_gives_its_number() {
        for (text, number) in [
            ("ASN00042", 42),
            ("asn7", 7),
            ("ASN-0100", 100),
            ("ASN 12", 12),
        ] {
            assert_eq!(
                mark(&codes([("qr", text)])),
                Some(Mark::Asn(number)),
                "{text}"
            );
        }
        let own = codes([("qr", "BOX00012")]);
        assert_eq!(
            (mark(&own), mark_with(&own, "Box")),
            (None, Some(Mark::Asn(12)))
        );
    }

    #[test]
    fn other_codes_are_no_marks() {
        for text in [
            "",
            "ASN",
            "ASN12a",
            "ASN0",
            "PATCHTT",
            "4006381333931",
            "ASN99999999999",
            "ÄSN1",
        ] {
            assert_eq!(mark(&codes([("qr", text)])), None, "{text}");
        }
        assert_eq!(mark_with(&codes([("qr", "12")]), ""), None);
    }
}
