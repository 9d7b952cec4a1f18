//! Codes that divide a stack of scans: separator sheets, and labels with an archive serial number.

use crate::domain::document::Code;

/// What the sheet after or under a code is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A sheet between two documents.
    Separator,
    /// The first sheet of the document with this archive serial number.
    Asn(u32),
}

/// What the codes of one sheet say about it; a separator sheet is nothing else beside.
pub fn mark(codes: &[Code]) -> Option<Mark> {
    let texts = || codes.iter().map(|it| it.text.trim());
    if texts().any(|it| it.eq_ignore_ascii_case("PATCHT")) {
        return Some(Mark::Separator);
    }
    texts().find_map(number).map(Mark::Asn)
}

fn number(text: &str) -> Option<u32> {
    let head = text.get(..3)?;
    let digits = text.get(3..)?;
    let is_label = head.eq_ignore_ascii_case("ASN")
        && !digits.is_empty()
        && digits.bytes().all(|it| it.is_ascii_digit());
    is_label.then(|| digits.parse().ok()).flatten()
}
