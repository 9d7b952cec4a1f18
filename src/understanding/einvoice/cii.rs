//! UN/CEFACT Cross Industry Invoice: as EN 16931 binds it (CEN/TS 16931-3-3, D16B), which Factur-X,
//! ZUGFeRD 2 and XRechnung share, and under the names that ZUGFeRD 1.0 gave the same things.
//!
//! Business terms are named as in EN 16931: BT-1 is the invoice's number.

use super::tree::Element;
use super::{Discount, Invoice, Means, Since, Sort, Term};
use crate::domain::deadline::{Period, Unit};

/// The invoice, if the root is one.
pub fn invoice(root: Element<'_, '_>) -> Option<Invoice> {
    if !matches!(
        root.name(),
        "CrossIndustryInvoice" | "CrossIndustryDocument"
    ) {
        return None;
    }
    let head = root.first(&["ExchangedDocument", "HeaderExchangedDocument"])?;
    let deal = root.first(&[
        "SupplyChainTradeTransaction",
        "SpecifiedSupplyChainTradeTransaction",
    ])?;
    let settlement = deal.first(&[
        "ApplicableHeaderTradeSettlement",
        "ApplicableSupplyChainTradeSettlement",
    ])?;
    let agreement = deal.first(&[
        "ApplicableHeaderTradeAgreement",
        "ApplicableSupplyChainTradeAgreement",
    ]);
    let mut invoice = Invoice {
        number: head.text(&["ID"]),
        sort: Sort::of(head.text(&["TypeCode"]).as_deref()),
        issued: head.day(&["IssueDateTime/DateTimeString", "IssueDateTime/DateTime"]),
        notes: head.texts("IncludedNote/Content"),
        currency: settlement.text(&["InvoiceCurrencyCode"]),
        means: means(settlement),
        terms: Vec::new(),
        ..Invoice::default()
    };
    let currency = invoice.currency.clone().unwrap_or_default();
    if let Some(sums) = settlement.first(&[
        "SpecifiedTradeSettlementHeaderMonetarySummation",
        "SpecifiedTradeSettlementMonetarySummation",
    ]) {
        invoice.total = sums.amount(&["GrandTotalAmount"], &currency);
        invoice.prepaid = sums.amount(&["TotalPrepaidAmount"], &currency);
        invoice.payable = sums.amount(&["DuePayableAmount"], &currency);
    }
    let terms = settlement.all("SpecifiedTradePaymentTerms").into_iter();
    invoice.terms = terms.map(|it| term(it, &currency)).collect();
    if let Some(agreement) = agreement {
        invoice.seller = agreement.text(&[
            "SellerTradeParty/Name",
            "SellerTradeParty/SpecifiedLegalOrganization/TradingBusinessName",
        ]);
        invoice.buyer = agreement.text(&["BuyerTradeParty/Name"]);
    }
    invoice.references = references(agreement, settlement);
    Some(invoice)
}

fn references(
    agreement: Option<Element<'_, '_>>,
    settlement: Element<'_, '_>,
) -> Vec<(&'static str, String)> {
    let agreed = |paths: &[&str]| agreement.and_then(|it| it.text(paths));
    let terms = "SpecifiedTradePaymentTerms/DirectDebitMandateID";
    [
        // BT-46, BT-12, BT-13, BT-14.
        ("customer_number", agreed(&["BuyerTradeParty/ID"])),
        (
            "contract_number",
            agreed(&[
                "ContractReferencedDocument/IssuerAssignedID",
                "ContractReferencedDocument/ID",
            ]),
        ),
        (
            "order_number",
            agreed(&[
                "BuyerOrderReferencedDocument/IssuerAssignedID",
                "BuyerOrderReferencedDocument/ID",
                "SellerOrderReferencedDocument/IssuerAssignedID",
            ]),
        ),
        // BT-83, BT-89, BT-25, BT-10.
        ("payment_reference", settlement.text(&["PaymentReference"])),
        ("mandate_reference", settlement.text(&[terms])),
        (
            "preceding_invoice_number",
            settlement.text(&["InvoiceReferencedDocument/IssuerAssignedID"]),
        ),
        ("buyer_reference", agreed(&["BuyerReference"])),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect()
}

fn means(settlement: Element<'_, '_>) -> Vec<Means> {
    let all = settlement.all("SpecifiedTradeSettlementPaymentMeans");
    let one = |it: Element<'_, '_>| {
        let mut accounts = it.texts("PayeePartyCreditorFinancialAccount/IBANID");
        accounts.extend(it.texts("PayeePartyCreditorFinancialAccount/ProprietaryID"));
        Means {
            code: it.text(&["TypeCode"]).unwrap_or_default(),
            words: it.texts("Information").join("\n"),
            accounts,
        }
    };
    all.into_iter().map(one).collect()
}

fn term(term: Element<'_, '_>, currency: &str) -> Term {
    let discounts = term.all("ApplicableTradePaymentDiscountTerms").into_iter();
    let due = term.day(&["DueDateDateTime/DateTimeString", "DueDateDateTime/DateTime"]);
    Term {
        words: term.texts("Description").join("\n"),
        due,
        part: term.amount(&["PartialPaymentAmount"], currency),
        discounts: discounts.map(|it| discount(it, currency)).collect(),
    }
}

/// EXTENDED alone has them (BG-X-43): counted from a day, for a period, so much of an amount.
fn discount(terms: Element<'_, '_>, currency: &str) -> Discount {
    let period = terms.first(&["BasisPeriodMeasure"]);
    let period = period.and_then(|it| {
        let count: u16 = it.own_text()?.split('.').next()?.parse().ok()?;
        let unit = match it.attribute("unitCode").unwrap_or("DAY") {
            "WEE" => Unit::Week,
            "MON" => Unit::Month,
            "ANN" => Unit::Year,
            _ => Unit::Day,
        };
        Some(Period { count, unit })
    });
    Discount {
        since: terms
            .day(&["BasisDateTime/DateTimeString", "BasisDateTime/DateTime"])
            .map_or(Since::Issue, Since::Day),
        within: period,
        until: None,
        basis: terms.amount(&["BasisAmount"], currency),
        percent: terms
            .text(&["CalculationPercent"])
            .and_then(|it| super::percent(&it)),
        less: terms.amount(&["ActualDiscountAmount"], currency),
    }
}
