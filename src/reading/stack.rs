//! A stack of scans is several documents in one file: apart by separator sheets, or each begun by a
//! label with an archive serial number (ASN).
//!
//! Only codes are looked at, never words, and nothing is parsed: this runs in the daemon, on what the
//! reader has found. A separator sheet belongs to no document, and neither does its empty back; a
//! sheet with a label is the first of its document.

use std::collections::BTreeMap;

use super::codes::separators::{Mark, mark_with};
use crate::domain::document::{Code, Reading};
use crate::domain::part::{PageRange, Sheaf};

/// How a household divides its stacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Whether stacks are divided at all; the number on a label is read in any case.
    pub is_divided: bool,
    /// What the text of a label begins with, before its digits; of any case.
    pub prefix: String,
}

/// What the codes of a document say about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Divided {
    /// The documents in a stack; empty where it is one document.
    pub sheaves: Vec<Sheaf>,
    /// The archive serial number of the one document.
    pub asn: Option<u32>,
}

impl Rules {
    /// Divides what was read of a whole file.
    pub fn divide(&self, reading: &Reading) -> Divided {
        let sheaves = sheaves(reading, &self.prefix);
        if self.is_divided && sheaves.len() > 1 {
            return Divided { sheaves, asn: None };
        }
        Divided {
            asn: sheaves.iter().find_map(|it| it.asn),
            sheaves: Vec::new(),
        }
    }
}

/// The documents in what was read, in their order; labels begin with `prefix`, of any case. One
/// document where nothing divides the pages, none where there are only separator sheets.
fn sheaves(reading: &Reading, prefix: &str) -> Vec<Sheaf> {
    let mut codes: BTreeMap<u32, Vec<Code>> = BTreeMap::new();
    for code in &reading.codes {
        codes.entry(code.page).or_default().push(code.clone());
    }
    let mut gathered = Gathered::default();
    for page in &reading.pages {
        let of_page = codes.get(&page.number).map(Vec::as_slice);
        match mark_with(of_page.unwrap_or_default(), prefix) {
            Some(Mark::Separator) => gathered.divide(),
            Some(Mark::Asn(number)) => gathered.begin(page.number, number),
            None if gathered.is_after_separator && page.words.is_empty() => {
                gathered.is_after_separator = false;
            }
            None => gathered.add(page.number),
        }
    }
    gathered.divide();
    gathered.sheaves
}

#[derive(Default)]
struct Gathered {
    sheaves: Vec<Sheaf>,
    open: Option<Sheaf>,
    is_after_separator: bool,
}

impl Gathered {
    fn divide(&mut self) {
        self.sheaves.extend(self.open.take());
        self.is_after_separator = true;
    }

    fn begin(&mut self, page: u32, number: u32) {
        self.divide();
        self.is_after_separator = false;
        let asn = Some(number);
        self.open = PageRange::new(page, page).map(|pages| Sheaf { pages, asn });
    }

    fn add(&mut self, page: u32) {
        self.is_after_separator = false;
        let (first, asn) = self
            .open
            .map_or((page, None), |it| (it.pages.first(), it.asn));
        self.open = PageRange::new(first, page).map(|pages| Sheaf { pages, asn });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::document::{MediaType, Page, PageSource, Word};
    use crate::domain::value::Rect;

    /// A reading with one page for each of `codes`; a page without a code has a word on it, unless
    /// it is `blank`.
    fn reading(codes: &[&str]) -> Reading {
        let word = Word {
            text: "Brief".to_owned(),
            at: Rect::default(),
            confidence: 1.0,
            line: 0,
            block: 0,
        };
        let page = |(number, code): (u32, &&str)| Page {
            number,
            source: PageSource::Ocr,
            width: 595.0,
            height: 842.0,
            words: if *code == "blank" {
                Vec::new()
            } else {
                vec![word.clone()]
            },
        };
        let label = |(page, text): (u32, &&str)| Code {
            symbology: "code_128".to_owned(),
            text: (*text).to_owned(),
            page,
            at: Rect::default(),
        };
        let labelled = (1..)
            .zip(codes)
            .filter(|(_, it)| !["", "blank"].contains(it));
        Reading {
            media_type: MediaType::Pdf,
            pages: (1..).zip(codes).map(page).collect(),
            codes: labelled.map(label).collect(),
            children: Vec::new(),
            attachments: Vec::new(),
        }
    }

    fn split(prefix: &str, codes: &[&str]) -> Vec<(u32, u32, Option<u32>)> {
        let sheaves = sheaves(&reading(codes), prefix);
        let sheaf = |it: &Sheaf| (it.pages.first(), it.pages.last(), it.asn);
        sheaves.iter().map(sheaf).collect()
    }

    #[test]
    fn separator_sheets_and_labels_divide_a_stack() {
        let split = |codes: &[&str]| split("ASN", codes);
        assert_eq!(split(&["", "", ""]), [(1, 3, None)]);
        assert_eq!(
            split(&["", "", "PATCHT", "", ""]),
            [(1, 2, None), (4, 5, None)]
        );
        assert_eq!(
            split(&["ASN7", "", "ASN00008", "ASN9", ""]),
            [(1, 2, Some(7)), (3, 3, Some(8)), (4, 5, Some(9))]
        );
        assert_eq!(
            split(&["", "PATCHT", "ASN7", ""]),
            [(1, 1, None), (3, 4, Some(7))]
        );
    }

    #[test]
    fn separators_at_the_ends_or_side_by_side_make_no_empty_documents() {
        let split = |codes: &[&str]| split("ASN", codes);
        assert_eq!(split(&["PATCHT", "", "PATCHT", "PATCHT"]), [(2, 2, None)]);
        assert_eq!(split(&["PATCHT"]), []);
    }

    #[test]
    fn the_empty_back_of_a_separator_sheet_is_left_out_and_no_other_empty_page() {
        let split = |codes: &[&str]| split("ASN", codes);
        assert_eq!(
            split(&["", "blank", "PATCHT", "blank", "", "blank"]),
            [(1, 2, None), (5, 6, None)]
        );
        assert_eq!(split(&["PATCHT", "blank", "blank", ""]), [(3, 4, None)]);
    }

    #[test]
    fn a_household_may_have_labels_of_its_own() {
        assert_eq!(
            split("HAUS-", &["haus-12", "ASN7", ""]),
            [(1, 3, Some(12))],
            "a label that is not the household's divides nothing"
        );
        assert_eq!(
            split("ASN", &["https://a.example/ASN7", ""]),
            [(1, 2, None)]
        );
    }
}
