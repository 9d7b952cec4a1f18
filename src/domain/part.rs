//! Documents inside a document: papers that came with a mail, and the letters in a stack of scans.
//!
//! A part is a document of its own, with its own findings and tasks. What both a document and one of
//! its parts want is wanted once, by the part: there stands the paper that says so.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::document::{Code, Page, Reading};
use super::finding::Extraction;
use super::obligation::{Action, Obligation};
use super::task::keys;

/// Some pages of a file, counted from 1, both ends included; at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageRange {
    first: u32,
    last: u32,
}

impl PageRange {
    /// From `first` to `last`; `None` where that is no page at all.
    pub const fn new(first: u32, last: u32) -> Option<Self> {
        if first == 0 || last < first {
            return None;
        }
        Some(Self { first, last })
    }

    /// The first page.
    pub const fn first(self) -> u32 {
        self.first
    }

    /// The last page.
    pub const fn last(self) -> u32 {
        self.last
    }

    /// Whether that page of the file is one of them.
    pub const fn contains(self, page: u32) -> bool {
        self.first <= page && page <= self.last
    }

    /// The number, counted from 1 in these pages, as it is counted in the file.
    pub const fn in_file(self, page: u32) -> u32 {
        self.first.saturating_add(page.saturating_sub(1))
    }

    /// The other way round; `None` for a page that is not one of them.
    pub const fn in_range(self, page: u32) -> Option<u32> {
        if self.contains(page) {
            return Some(page - self.first + 1);
        }
        None
    }
}

/// One document in a stack of scans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sheaf {
    /// Its pages.
    pub pages: PageRange,
    /// The archive serial number on its label, if it has one.
    pub asn: Option<u32>,
}

/// What was read of some pages alone, counted anew.
pub fn cut_out(reading: &Reading, range: PageRange) -> Reading {
    let page = |page: &Page| {
        let number = range.in_range(page.number)?;
        Some(Page {
            number,
            ..page.clone()
        })
    };
    let code = |code: &Code| {
        let page = range.in_range(code.page)?;
        Some(Code {
            page,
            ..code.clone()
        })
    };
    Reading {
        media_type: reading.media_type,
        pages: reading.pages.iter().filter_map(page).collect(),
        codes: reading.codes.iter().filter_map(code).collect(),
        children: Vec::new(),
        attachments: Vec::new(),
    }
}

/// The keys of those obligations of a document that one of its parts has too.
pub fn said_by_parts(extraction: &Extraction, of_parts: &[Obligation]) -> BTreeSet<String> {
    let keys = keys(&extraction.obligations);
    let said = keys.into_iter().zip(&extraction.obligations);
    said.filter(|(_, own)| of_parts.iter().any(|it| is_the_same(own, it)))
        .map(|(key, _)| key)
        .collect()
}

/// Whether both mean the same thing to do. A payment is the same by its day or by its sum, and a
/// letter that only speaks of «the enclosed bill» means the bill; anything else is the same by its
/// day.
fn is_the_same(own: &Obligation, of_part: &Obligation) -> bool {
    if own.action != of_part.action {
        return false;
    }
    let is_same_sum = own.amount.is_none() || own.amount == of_part.amount;
    own.due == of_part.due || (own.action == Action::Pay && is_same_sum)
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Date, date};

    use super::*;
    use crate::domain::document::{MediaType, PageSource};
    use crate::domain::finding::Evidence;
    use crate::domain::obligation::Basis;
    use crate::domain::value::{Confidence, Currency, Money, Rect};

    fn obligation(action: Action, due: Date, cents: Option<i64>) -> Obligation {
        Obligation {
            action,
            due,
            due_time: None,
            amount: cents.map(|it| Money::new(it, Currency::EUR).amount),
            currency: cents.map(|_| Currency::EUR),
            optional: false,
            alternatives: Vec::new(),
            safe_due: None,
            basis: Basis::Explicit,
            confidence: Confidence::new(0.9),
            evidence: Evidence {
                page: 1,
                text: String::new(),
                at: Rect::default(),
            },
            why: None,
        }
    }

    #[test]
    fn a_bill_that_a_mail_speaks_of_is_paid_once() {
        let (day, later) = (date(2026, 3, 18), date(2026, 3, 20));
        let bill = [obligation(Action::Pay, day, Some(8420))];
        let said = |own: Obligation| {
            let obligations = vec![own];
            let extraction = Extraction {
                obligations,
                ..Extraction::default()
            };
            !said_by_parts(&extraction, &bill).is_empty()
        };
        assert!(said(obligation(Action::Pay, day, Some(8420))));
        assert!(said(obligation(Action::Pay, later, Some(8420))), "its sum");
        assert!(said(obligation(Action::Pay, day, Some(9000))), "its day");
        assert!(
            said(obligation(Action::Pay, later, None)),
            "«the enclosed bill»"
        );
        assert!(!said(obligation(Action::Pay, later, Some(9000))));
        assert!(!said(obligation(Action::Attend, day, None)));
    }

    #[test]
    fn only_the_obligation_that_is_said_twice_is_left_out() {
        let (day, later) = (date(2026, 3, 18), date(2026, 3, 20));
        let extraction = Extraction {
            obligations: vec![
                obligation(Action::Pay, day, Some(100)),
                obligation(Action::Pay, later, Some(200)),
            ],
            ..Extraction::default()
        };
        let of_part = [obligation(Action::Pay, day, Some(100))];
        let said = said_by_parts(&extraction, &of_part);
        assert_eq!(said.into_iter().collect::<Vec<_>>(), ["pay"]);
    }

    #[test]
    fn pages_that_are_cut_out_are_counted_from_one() {
        let page = |number| Page {
            number,
            source: PageSource::Ocr,
            width: 595.0,
            height: 842.0,
            words: Vec::new(),
        };
        let code = |page| Code {
            symbology: "qr".to_owned(),
            text: format!("on {page}"),
            page,
            at: Rect::default(),
        };
        let reading = Reading {
            media_type: MediaType::Pdf,
            pages: (1..=5).map(page).collect(),
            codes: vec![code(1), code(4)],
            children: Vec::new(),
            attachments: Vec::new(),
        };
        let range = PageRange::new(3, 4).unwrap();
        let part = cut_out(&reading, range);
        let numbers: Vec<u32> = part.pages.iter().map(|it| it.number).collect();
        assert_eq!(numbers, [1, 2]);
        assert_eq!(part.codes.len(), 1);
        assert_eq!(
            (part.codes[0].page, part.codes[0].text.as_str()),
            (2, "on 4")
        );
        assert_eq!((range.in_file(2), range.in_range(5)), (4, None));
        assert_eq!(PageRange::new(0, 1).or(PageRange::new(2, 1)), None);
    }
}
