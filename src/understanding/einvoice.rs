//! E-invoices: what their data says beats every guess from the page, and where the page clearly says
//! something else, the person is asked.
//!
//! Two syntaxes are read, [`cii`] (ZUGFeRD 1 and 2, Factur-X, XRechnung) and [`ubl`] (XRechnung,
//! Peppol), from the XML that came alone, inside a PDF or with a mail. Both become an [`Invoice`];
//! [`terms`] makes of it what is to be paid by when, [`proof`] finds the same values on the pages,
//! and [`claims`] says it all. Orders, despatch advices and other XML are left alone.

mod cii;
mod claims;
mod differences;
mod proof;
pub mod terms;
mod tree;
mod ubl;

#[cfg(test)]
mod tests;

use jiff::civil::Date;

use crate::domain::deadline::Period;
use crate::domain::document::{Kind, Reading};
use crate::domain::value::Amount;

pub use claims::over;

/// Names under which the standards embed an invoice; others come after them.
const USUAL_NAMES: &[&str] = &[
    "factur-x.xml",
    "zugferd-invoice.xml",
    "xrechnung.xml",
    "facturx.xml",
];
/// Invoices of one document that are read.
const INVOICES_MAX: usize = 20;

/// Which way an invoice's money flows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// From the one who gets it.
    #[default]
    Bill,
    /// Back to the one who gets it.
    Credit,
    /// To the one who gets it: the buyer wrote it (a "Gutschrift" by `UStG` § 14 Abs. 2).
    SelfBilled,
}

impl Sort {
    /// By the code of the document's type (UNTDID 1001, as EN 16931 divides it).
    fn of(code: Option<&str>) -> Self {
        match code.unwrap_or_default() {
            "81" | "83" | "262" | "296" | "308" | "381" | "396" | "420" | "458" | "532" => {
                Self::Credit
            }
            "261" | "389" => Self::SelfBilled,
            _ => Self::Bill,
        }
    }
}

/// What an e-invoice says, whatever its syntax.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Invoice {
    /// Its number.
    pub number: Option<String>,
    /// Which way its money flows.
    pub sort: Sort,
    /// The day it carries.
    pub issued: Option<Date>,
    /// Who delivers.
    pub seller: Option<String>,
    /// Who receives.
    pub buyer: Option<String>,
    /// In what it is counted.
    pub currency: Option<String>,
    /// What it adds up to, with tax.
    pub total: Option<Amount>,
    /// What had been paid before.
    pub prepaid: Option<Amount>,
    /// What is left.
    pub payable: Option<Amount>,
    /// How it may be paid.
    pub means: Vec<Means>,
    /// By when.
    pub terms: Vec<Term>,
    /// Numbers by the names that references have here.
    pub references: Vec<(&'static str, String)>,
    /// Free words.
    pub notes: Vec<String>,
}

/// A way to pay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Means {
    /// UNTDID 4461.
    pub code: String,
    /// The same in words.
    pub words: String,
    /// To which accounts, as stated.
    pub accounts: Vec<String>,
}

/// A term of payment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Term {
    /// In words.
    pub words: String,
    /// By this day.
    pub due: Option<Date>,
    /// So much of the whole.
    pub part: Option<Amount>,
    /// Less for paying early.
    pub discounts: Vec<Discount>,
}

/// From when a discount is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Since {
    /// The invoice's day.
    #[default]
    Issue,
    /// This one.
    Day(Date),
}

/// Paying less for paying early.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Discount {
    /// From when the period is counted.
    pub since: Since,
    /// How long.
    pub within: Option<Period>,
    /// Or by this day.
    pub until: Option<Date>,
    /// Of how much; of what is payable if not stated.
    pub basis: Option<Amount>,
    /// In hundredths of a percent.
    pub percent: Option<i64>,
    /// Or so much.
    pub less: Option<Amount>,
}

impl Invoice {
    /// What is left to pay.
    pub fn owed(&self) -> Option<Amount> {
        let prepaid = self.prepaid.map_or(0, Amount::hundredths);
        let rest = |total: Amount| Amount::from_hundredths(total.hundredths() - prepaid);
        self.payable.or_else(|| self.total.map(rest))
    }

    /// What sort of document it is.
    pub fn kind(&self) -> Kind {
        let is_negative = self.total.is_some_and(|it| it.hundredths() < 0);
        match self.sort {
            Sort::Bill if !is_negative => Kind::Invoice,
            Sort::Bill | Sort::Credit | Sort::SelfBilled => Kind::CreditNote,
        }
    }

    /// Who wrote it.
    pub fn writer(&self) -> Option<&str> {
        match self.sort {
            Sort::Bill | Sort::Credit => self.seller.as_deref(),
            Sort::SelfBilled => self.buyer.as_deref(),
        }
    }

    /// Accounts to pay to, those of transfers first.
    pub fn accounts(&self) -> Vec<String> {
        let mut means: Vec<&Means> = self.means.iter().collect();
        means.sort_by_key(|it| !it.is_transfer());
        let stated = means.iter().flat_map(|it| &it.accounts);
        stated.map(|it| compact(it)).collect()
    }
}

impl Means {
    /// Money that the payer sends (30, 31, 42, 58).
    pub fn is_transfer(&self) -> bool {
        matches!(self.code.as_str(), "30" | "31" | "42" | "58")
    }

    /// Money that the payee takes: direct debits (3, 49, 59) and cards (48, 54, 55), and what both
    /// have agreed on for good (57) or set off against each other (97).
    pub fn is_collected(&self) -> bool {
        match self.code.as_str() {
            "3" | "49" | "59" | "48" | "54" | "55" => true,
            "57" | "97" => self.accounts.is_empty(),
            _ => false,
        }
    }
}

/// An invoice and the file that it is from.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The file's name; empty if the document itself is the XML.
    pub file: String,
    /// What it says.
    pub invoice: Invoice,
}

/// The invoices among the files of a document, each number once, the one in the usual place first.
pub fn invoices(reading: &Reading) -> Vec<Told> {
    let mut told: Vec<Told> = Vec::new();
    let texts = reading.attachments.iter();
    for (file, xml) in texts.filter_map(|it| Some((&it.name, it.text.as_deref()?))) {
        let Some(invoice) = parse(xml) else { continue };
        let is_new = told.iter().all(|it| it.invoice.number != invoice.number);
        if is_new && told.len() < INVOICES_MAX {
            let file = file.clone();
            told.push(Told { file, invoice });
        }
    }
    told.sort_by_key(|it| !USUAL_NAMES.contains(&it.file.to_ascii_lowercase().as_str()));
    told
}

/// The invoice that a text is, if it is one: it must have a number or a sum.
pub fn parse(xml: &str) -> Option<Invoice> {
    let invoice = tree::with_root(xml, |root| {
        // An envelope may stand around it.
        root.with_inner()
            .find_map(|it| cii::invoice(it).or_else(|| ubl::invoice(it)))
    });
    invoice.filter(|it| it.number.is_some() || it.total.is_some() || it.payable.is_some())
}

/// A percentage in hundredths of a percent: `2.00` is 200.
fn percent(text: &str) -> Option<i64> {
    let text = text.trim().trim_end_matches('%').replace(',', ".");
    let hundredths = tree::amount(text.trim())?.hundredths();
    (1..=10_000).contains(&hundredths).then_some(hundredths)
}

/// Letters and figures alone, in capitals: how numbers and accounts are compared.
fn compact(text: &str) -> String {
    let letters = text.chars().filter(|it| it.is_alphanumeric());
    letters.flat_map(char::to_uppercase).collect()
}
