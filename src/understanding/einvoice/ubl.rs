//! Universal Business Language 2.1, `Invoice` and `CreditNote`, as EN 16931 binds them (CEN/TS
//! 16931-3-2), with the instalments and discounts that UBL itself has beyond that.
//!
//! Business terms are named as in EN 16931: BT-1 is the invoice's number.

use super::tree::Element;
use super::{Discount, Invoice, Means, Since, Sort, Term};
use crate::domain::deadline::{Period, Unit};

/// The invoice, if the root is one.
pub fn invoice(root: Element<'_, '_>) -> Option<Invoice> {
    let is_ubl = root.namespace().contains("oasis:names:specification:ubl");
    if !is_ubl || !matches!(root.name(), "Invoice" | "CreditNote") {
        return None;
    }
    let sort = match root.name() {
        "CreditNote" => match Sort::of(root.text(&["CreditNoteTypeCode"]).as_deref()) {
            Sort::SelfBilled => Sort::SelfBilled,
            Sort::Bill | Sort::Credit => Sort::Credit,
        },
        _ => Sort::of(root.text(&["InvoiceTypeCode"]).as_deref()),
    };
    let currency = root.text(&["DocumentCurrencyCode"]);
    let stated = currency.clone().unwrap_or_default();
    let total = |name: &str| {
        let path = ["LegalMonetaryTotal/", name].concat();
        root.amount(&[&path], &stated)
    };
    let seller = root.first(&["AccountingSupplierParty/Party"]);
    let buyer = root.first(&["AccountingCustomerParty/Party"]);
    let name =
        |it: Element<'_, '_>| it.text(&["PartyLegalEntity/RegistrationName", "PartyName/Name"]);
    Some(Invoice {
        number: root.text(&["ID"]),
        sort,
        issued: root.day(&["IssueDate"]),
        seller: seller.and_then(name),
        buyer: buyer.and_then(name),
        total: total("TaxInclusiveAmount"),
        prepaid: total("PrepaidAmount"),
        payable: total("PayableAmount"),
        means: means(root),
        terms: terms(root, &stated),
        references: references(root),
        notes: root.texts("Note"),
        currency,
    })
}

fn references(root: Element<'_, '_>) -> Vec<(&'static str, String)> {
    let customer = "AccountingCustomerParty/Party/PartyIdentification/ID";
    [
        // BT-46, BT-12, BT-13, BT-14.
        ("customer_number", root.text(&[customer])),
        (
            "contract_number",
            root.text(&["ContractDocumentReference/ID"]),
        ),
        (
            "order_number",
            root.text(&["OrderReference/ID", "OrderReference/SalesOrderID"]),
        ),
        // BT-83, BT-89, BT-25, BT-10.
        ("payment_reference", root.text(&["PaymentMeans/PaymentID"])),
        (
            "mandate_reference",
            root.text(&["PaymentMeans/PaymentMandate/ID"]),
        ),
        (
            "preceding_invoice_number",
            root.text(&["BillingReference/InvoiceDocumentReference/ID"]),
        ),
        ("buyer_reference", root.text(&["BuyerReference"])),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect()
}

fn means(root: Element<'_, '_>) -> Vec<Means> {
    let one = |it: Element<'_, '_>| {
        let code = it.first(&["PaymentMeansCode"]);
        let mut words = it.texts("InstructionNote");
        words.extend(code.and_then(|it| it.attribute("name")).map(str::to_owned));
        Means {
            code: code.and_then(Element::own_text).unwrap_or_default(),
            words: words.join("\n"),
            accounts: it.texts("PayeeFinancialAccount/ID"),
        }
    };
    root.all("PaymentMeans").into_iter().map(one).collect()
}

/// BT-9 and BT-20, and the days that stand in the terms and means themselves. In a credit note the
/// day stands with the means of payment alone.
fn terms(root: Element<'_, '_>, currency: &str) -> Vec<Term> {
    let mut terms: Vec<Term> = Vec::new();
    for it in root.all("PaymentTerms") {
        let discount = Discount {
            since: Since::Issue,
            within: it
                .first(&["SettlementPeriod/DurationMeasure"])
                .and_then(period),
            until: it.day(&["SettlementPeriod/EndDate"]),
            basis: None,
            percent: it
                .text(&["SettlementDiscountPercent"])
                .and_then(|it| super::percent(&it)),
            less: it.amount(&["SettlementDiscountAmount"], currency),
        };
        let is_discount = discount.percent.is_some() || discount.less.is_some();
        terms.push(Term {
            words: it.texts("Note").join("\n"),
            due: it.day(&["PaymentDueDate", "InstallmentDueDate"]),
            part: it.amount(&["Amount"], currency),
            discounts: is_discount.then_some(discount).into_iter().collect(),
        });
    }
    let has_day = terms.iter().any(|it| it.due.is_some());
    let day = root.day(&["DueDate"]);
    let day = day.or_else(|| {
        root.day(&["PaymentMeans/PaymentDueDate"])
            .filter(|_| !has_day)
    });
    if day.is_some() && !(has_day && terms.iter().any(|it| it.part.is_some())) {
        terms.insert(
            0,
            Term {
                due: day,
                ..Term::default()
            },
        );
    }
    terms
}

fn period(measure: Element<'_, '_>) -> Option<Period> {
    let count = measure.own_text()?.split('.').next()?.parse().ok()?;
    let unit = match measure.attribute("unitCode").unwrap_or("DAY") {
        "WEE" => Unit::Week,
        "MON" => Unit::Month,
        "ANN" => Unit::Year,
        _ => Unit::Day,
    };
    Some(Period { count, unit })
}
