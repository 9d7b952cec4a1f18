//! What arithmetic says where the labels alone mislead: a total before what was paid in advance, and
//! a slip's total that was misread, as its net and tax show.

use crate::domain::value::Amount;

use super::super::lex::{Lexeme, has};
use super::super::paper::{MoneySpot, Paper};
use super::row_label;

/// Labels of what was paid before the bill.
const ADVANCES: &[&str] = &[
    "*anzahlung*|akontozahlung*|akonto|vorauszahlung*|teilzahlung*|abschlagszahlung*",
    "prepaid|prepayment*|deposit*|downpayment*",
    "down|advance|interim payment*",
    "bereits|schon [geleistet*] [gezahlt*|bezahlt*|zahlung*]",
    "already paid",
];

/// The total from which an advance was taken: where the labels lead to `left`, and it is what an
/// amount less an advance leaves (`1021,91`, `-500,00`, `521,91`), that amount.
pub fn before_advances<'a>(paper: &'a Paper<'_>, left: &MoneySpot) -> Option<&'a MoneySpot> {
    let end = paper
        .money
        .iter()
        .position(|it| it.segment == left.segment && it.bytes == left.bytes)?;
    let above = paper.money.get(..end)?;
    let cents = |it: &MoneySpot| it.amount.hundredths();
    let is_advance = |it: &&MoneySpot| cents(it) != 0 && has(&row_label(paper, it), ADVANCES);
    let advances = above.iter().rev().take(NEAR).filter(is_advance);
    let mut paid = advances.map(|it| cents(it).abs());
    paid.find_map(|paid| {
        above
            .iter()
            .rev()
            .take(NEAR)
            .find(|it| cents(left) > 0 && cents(it) == cents(left) + paid)
    })
}

/// So many amounts above the last one stand in the same sum.
const NEAR: usize = 6;

/// Labels of a sum without its tax.
const NETS: &[&str] =
    &["excl|exc|excluding|exclusive|without|before|ohne [of] gst|vat|tax|sst|mwst|ust"];
/// Labels of the tax on it.
const TAXES: &[&str] = &[
    "[total] gst|vat|tax|sst|mwst|ust amt|amount|total",
    "total gst|vat|tax|sst|mwst|ust",
    "gst|vat|sst|mwst|ust [at] [#] [%]",
];
/// What makes a label one of something else than a tax.
const NO_TAX: &[&str] = &["incl*|inc|excl*|exc|summary|reg|no|id|invoice"];

/// Labels of what is taken off behind the net.
const REDUCTIONS: &[&str] = &["discount*|disc|rabatt*|nachlass|voucher|gutschein*|coupon*|redeem*"];

/// What a slip adds up to where its total was misread: a total that is no more than the sum that
/// is taxed is none, and that sum and the tax printed below it are.
pub fn above_net<'a>(paper: &'a Paper<'_>, total: Amount) -> Option<(Amount, &'a MoneySpot)> {
    if !paper.lines.is_slip() {
        return None;
    }
    let labels = || paper.money.iter().map(|it| (it, row_label(paper, it)));
    let is_tax = |label: &[Lexeme]| has(label, TAXES) && !has(label, NO_TAX);
    let (at, (net, _)) = labels()
        .enumerate()
        .find(|(_, (_, label))| has(label, NETS))?;
    let mut below = labels().skip(at + 1).take(NEAR);
    let (tax, _) = below.find(|(_, label)| is_tax(label))?;
    let (net_cents, tax_cents) = (net.amount.hundredths(), tax.amount.hundredths());
    let is_reduced = labels().any(|(it, label)| !it.amount.is_zero() && has(&label, REDUCTIONS));
    let gross = Amount::from_hundredths(net_cents + tax_cents);
    let is_taxed = tax_cents >= 0 && tax_cents * 3 < net_cents;
    (is_taxed && !is_reduced && total <= net.amount && total != gross).then_some((gross, net))
}
