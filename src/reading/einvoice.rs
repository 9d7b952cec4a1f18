//! An e-invoice that came as bare XML, as a page that people can read: a labelled line for each value
//! that matters, in the order of the file.
//!
//! Labels are German where seller or buyer are at home in a German-speaking country, else English.
//! What the invoice means is not decided here. XML that is no invoice has no such page.

use super::markup::{Flavour, Tag, Token, resolved, tokens};

/// Elements inside each other that are followed.
const DEPTH_MAX: usize = 64;
/// Letters of encoded files that stay in the text.
const ENCODED_LETTERS_MAX: usize = 200;
/// Lines of one page.
const LINES_MAX: usize = 20_000;

/// How a value is written on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Plain,
    Day,
    Sum,
    /// A new paragraph begins with it.
    Head,
}

use Form::{Day, Head, Plain, Sum};

/// Ends of paths, their labels in German and English, and how the value is written. The first name of
/// a path may be the end of a name, so that it fits both generations of names that CII has had; behind
/// `^` the path begins at the root.
#[rustfmt::skip]
const LINES: &[(&str, &str, &str, Form)] = &[
    // UN/CEFACT Cross Industry Invoice: D16B and later, and as ZUGFeRD 1.0 named it.
    ("ExchangedDocument/ID", "Rechnungsnummer", "Invoice number", Plain),
    ("ExchangedDocument/IssueDateTime/DateTimeString", "Rechnungsdatum", "Invoice date", Day),
    ("ExchangedDocument/IncludedNote/Content", "", "", Head),
    ("SpecifiedTradeProduct/Name", "Leistung", "Item", Head),
    ("BilledQuantity", "Menge", "Quantity", Plain),
    ("LineMonetarySummation/LineTotalAmount", "Betrag", "Amount", Sum),
    ("TradeSettlementMonetarySummation/LineTotalAmount", "Summe der Leistungen", "Sum of items", Sum),
    ("SellerTradeParty/Name", "Rechnungssteller", "Seller", Head),
    ("BuyerTradeParty/Name", "Rechnungsempfänger", "Buyer", Head),
    ("BuyerTradeParty/ID", "Kundennummer", "Customer number", Plain),
    ("PayeeTradeParty/Name", "Zahlungsempfänger", "Payee", Head),
    ("TradeParty/PostalTradeAddress/LineOne", "", "", Plain),
    ("TradeParty/PostalTradeAddress/PostcodeCode", "Postleitzahl", "Postcode", Plain),
    ("TradeParty/PostalTradeAddress/CityName", "Ort", "Town", Plain),
    ("SellerTradeParty/SpecifiedTaxRegistration/ID", "Steuerlich geführt als", "Tax registration", Plain),
    ("BuyerOrderReferencedDocument/IssuerAssignedID", "Bestellnummer", "Order number", Plain),
    ("BuyerOrderReferencedDocument/ID", "Bestellnummer", "Order number", Plain),
    ("ContractReferencedDocument/IssuerAssignedID", "Vertragsnummer", "Contract number", Plain),
    ("ContractReferencedDocument/ID", "Vertragsnummer", "Contract number", Plain),
    ("InvoiceReferencedDocument/IssuerAssignedID", "Frühere Rechnung", "Preceding invoice", Plain),
    ("ActualDeliverySupplyChainEvent/OccurrenceDateTime/DateTimeString", "Lieferdatum", "Delivery date", Day),
    ("TradeSettlement/PaymentReference", "Verwendungszweck", "Payment reference", Head),
    ("PaymentMeans/Information", "Zahlungsweise", "Means of payment", Plain),
    ("PayeePartyCreditorFinancialAccount/IBANID", "IBAN", "IBAN", Plain),
    ("PayerPartyDebtorFinancialAccount/IBANID", "Belastetes Konto", "Debited account", Plain),
    ("BICID", "BIC", "BIC", Plain),
    ("SpecifiedTradePaymentTerms/Description", "Zahlungsbedingungen", "Payment terms", Head),
    ("SpecifiedTradePaymentTerms/DueDateDateTime/DateTimeString", "Fällig am", "Due on", Day),
    ("SpecifiedTradePaymentTerms/PartialPaymentAmount", "Teilbetrag", "Instalment", Sum),
    ("DirectDebitMandateID", "Mandatsreferenz", "Mandate reference", Plain),
    ("TaxBasisTotalAmount", "Summe netto", "Net total", Sum),
    ("MonetarySummation/TaxTotalAmount", "Umsatzsteuer", "VAT", Sum),
    ("MonetarySummation/GrandTotalAmount", "Gesamtbetrag", "Grand total", Sum),
    ("MonetarySummation/TotalPrepaidAmount", "Bereits bezahlt", "Prepaid", Sum),
    ("MonetarySummation/DuePayableAmount", "Zahlbetrag", "Amount due", Sum),
    // UBL 2.1. Its root is left out of the paths.
    ("^ID", "Rechnungsnummer", "Invoice number", Plain),
    ("^IssueDate", "Rechnungsdatum", "Invoice date", Day),
    ("^DueDate", "Fällig am", "Due on", Day),
    ("^Note", "", "", Head),
    ("^OrderReference/ID", "Bestellnummer", "Order number", Plain),
    ("^ContractDocumentReference/ID", "Vertragsnummer", "Contract number", Plain),
    ("^BillingReference/InvoiceDocumentReference/ID", "Frühere Rechnung", "Preceding invoice", Plain),
    ("^AccountingSupplierParty/Party/PartyName/Name", "Handelsname", "Trading name", Plain),
    ("^AccountingSupplierParty/Party/PartyLegalEntity/RegistrationName", "Rechnungssteller", "Seller", Head),
    ("^AccountingSupplierParty/Party/PartyTaxScheme/CompanyID", "Steuerlich geführt als", "Tax registration", Plain),
    ("^AccountingCustomerParty/Party/PartyIdentification/ID", "Kundennummer", "Customer number", Plain),
    ("^AccountingCustomerParty/Party/PartyName/Name", "Empfänger", "Recipient", Plain),
    ("^AccountingCustomerParty/Party/PartyLegalEntity/RegistrationName", "Rechnungsempfänger", "Buyer", Head),
    ("^PayeeParty/PartyName/Name", "Zahlungsempfänger", "Payee", Head),
    ("Party/PostalAddress/StreetName", "", "", Plain),
    ("Party/PostalAddress/PostalZone", "Postleitzahl", "Postcode", Plain),
    ("Party/PostalAddress/CityName", "Ort", "Town", Plain),
    ("^Delivery/ActualDeliveryDate", "Lieferdatum", "Delivery date", Day),
    ("^PaymentMeans/PaymentDueDate", "Fällig am", "Due on", Day),
    ("^PaymentMeans/PaymentID", "Verwendungszweck", "Payment reference", Plain),
    ("^PaymentMeans/PayeeFinancialAccount/ID", "IBAN", "IBAN", Plain),
    ("^PaymentMeans/PaymentMandate/ID", "Mandatsreferenz", "Mandate reference", Plain),
    ("^PaymentMeans/PaymentMandate/PayerFinancialAccount/ID", "Belastetes Konto", "Debited account", Plain),
    ("^PaymentTerms/Note", "Zahlungsbedingungen", "Payment terms", Head),
    ("^PaymentTerms/PaymentDueDate", "Fällig am", "Due on", Day),
    ("^PaymentTerms/Amount", "Teilbetrag", "Instalment", Sum),
    ("^TaxTotal/TaxAmount", "Umsatzsteuer", "VAT", Sum),
    ("^LegalMonetaryTotal/TaxExclusiveAmount", "Summe netto", "Net total", Sum),
    ("^LegalMonetaryTotal/TaxInclusiveAmount", "Gesamtbetrag", "Grand total", Sum),
    ("^LegalMonetaryTotal/PrepaidAmount", "Bereits bezahlt", "Prepaid", Sum),
    ("^LegalMonetaryTotal/PayableAmount", "Zahlbetrag", "Amount due", Sum),
    ("Line/Item/Name", "Leistung", "Item", Head),
    ("InvoiceLine/InvoicedQuantity", "Menge", "Quantity", Plain),
    ("CreditNoteLine/CreditedQuantity", "Menge", "Quantity", Plain),
    ("Line/LineExtensionAmount", "Betrag", "Amount", Sum),
];

/// Countries whose invoices get German labels.
const GERMAN: &[&str] = &["DE", "AT", "CH", "LI", "LU"];
/// Elements that can begin an e-invoice, without their prefix.
const ROOTS: &[&str] = &[
    "CrossIndustryInvoice",
    "CrossIndustryDocument",
    "Invoice",
    "CreditNote",
];

/// The page of an e-invoice; `None` for other XML.
pub fn page(xml: &str) -> Option<String> {
    let mut values = Values::default();
    for token in tokens(xml, Flavour::Xml) {
        if values.path.len() > DEPTH_MAX || values.found.len() > LINES_MAX {
            return None;
        }
        match token {
            Token::Open(tag) if values.path.is_empty() && !is_root(&tag) => return None,
            Token::Open(tag) => values.open(&tag),
            Token::Close(name) => values.close(name),
            Token::Text(text) => values.text.push_str(&resolved(text)),
            Token::Plain(text) => values.text.push_str(text),
        }
    }
    let is_german = values.countries.is_empty()
        || values
            .countries
            .iter()
            .any(|it| GERMAN.contains(&it.as_str()));
    let lines = values
        .found
        .iter()
        .map(|it| it.line(is_german, &values.currency));
    (!values.found.is_empty()).then(|| lines.collect())
}

fn is_root(tag: &Tag<'_>) -> bool {
    !tag.is_closed && ROOTS.contains(&tag.name)
}

/// The XML without the files that are encoded in it: they may be larger than all else, and say
/// nothing as text.
pub fn without_files(xml: &str) -> String {
    let mut kept = String::with_capacity(xml.len());
    let mut rest = xml;
    while let Some(at) = rest.find("BinaryObject") {
        let (before, from) = rest.split_at(at);
        kept.push_str(before);
        let Some(end) = from.find('>') else {
            rest = from;
            break;
        };
        let (tag, content) = from.split_at(end + 1);
        kept.push_str(tag);
        let length = content.find('<').unwrap_or(content.len());
        rest = content;
        if length > ENCODED_LETTERS_MAX {
            rest = content.get(length..).unwrap_or_default();
        }
    }
    kept.push_str(rest);
    kept
}

/// A value that has a line.
struct Found {
    row: &'static (&'static str, &'static str, &'static str, Form),
    value: String,
}

impl Found {
    fn line(&self, is_german: bool, currency: &str) -> String {
        let (_, german, english, form) = *self.row;
        let value = self.value.trim();
        let value = match form {
            Plain | Head => value.to_owned(),
            Day => day(value, is_german),
            Sum => [&sum(value, is_german), " ", currency].concat(),
        };
        let value = value.trim_end();
        let label = if is_german { german } else { english };
        let gap = if form == Head { "\n" } else { "" };
        if label.is_empty() {
            return [gap, value, "\n"].concat();
        }
        [gap, label, ": ", value, "\n"].concat()
    }
}

#[derive(Default)]
struct Values<'a> {
    path: Vec<&'a str>,
    text: String,
    found: Vec<Found>,
    countries: Vec<String>,
    currency: String,
}

impl<'a> Values<'a> {
    fn open(&mut self, tag: &Tag<'a>) {
        self.text.clear();
        if !tag.is_closed {
            self.path.push(tag.name);
        }
    }

    fn close(&mut self, name: &str) {
        let text = std::mem::take(&mut self.text);
        if !text.trim().is_empty() {
            self.keep(text);
        }
        if let Some(at) = self.path.iter().rposition(|it| *it == name) {
            self.path.truncate(at);
        }
    }

    fn keep(&mut self, value: String) {
        let is_country = self.ends("Country/IdentificationCode") || self.ends("CountryID");
        if is_country {
            self.countries.push(value.trim().to_ascii_uppercase());
            return;
        }
        if self.ends("InvoiceCurrencyCode") || self.ends("^DocumentCurrencyCode") {
            value.trim().clone_into(&mut self.currency);
            return;
        }
        if let Some(row) = LINES.iter().find(|it| self.ends(it.0)) {
            self.found.push(Found { row, value });
        }
    }

    /// Whether the path ends so; the first name may be the end of a name.
    fn ends(&self, wanted: &str) -> bool {
        let (wanted, is_whole) = match wanted.strip_prefix('^') {
            Some(it) => (it, true),
            None => (wanted, false),
        };
        let names: Vec<&str> = wanted.split('/').collect();
        let Some(start) = self.path.len().checked_sub(names.len()) else {
            return false;
        };
        if is_whole && start != 1 {
            return false;
        }
        let path = self.path.get(start..).unwrap_or(&[]);
        let mut pairs = path.iter().zip(&names);
        pairs
            .next()
            .is_some_and(|(has, name)| has == name || !is_whole && has.ends_with(name))
            && pairs.all(|(has, name)| has == name)
    }
}

/// A day as people write it; what is none stays as it is.
fn day(value: &str, is_german: bool) -> String {
    let digits: Vec<u8> = value.bytes().filter(u8::is_ascii_digit).take(8).collect();
    let text = std::str::from_utf8(&digits).unwrap_or_default();
    let parts = (text.get(..4), text.get(4..6), text.get(6..8));
    match parts {
        (Some(year), Some(month), Some(day)) if is_german => [day, ".", month, ".", year].concat(),
        (Some(year), Some(month), Some(day)) => [year, "-", month, "-", day].concat(),
        _ => value.to_owned(),
    }
}

/// An amount with two places and the mark for them that people expect; what is none stays as it is.
fn sum(value: &str, is_german: bool) -> String {
    let (whole, places) = value.split_once('.').unwrap_or((value, ""));
    let is_number = |it: &str| it.bytes().all(|it| it.is_ascii_digit());
    let digits = whole.trim_start_matches(['-', '+']);
    let long = places.trim_end_matches('0');
    if digits.is_empty() || !is_number(digits) || !is_number(places) || long.len() > 2 {
        return value.to_owned();
    }
    let mark = if is_german { "," } else { "." };
    format!("{whole}{mark}{long:0<2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invoice_is_shown_line_by_line() {
        let xml = "<?xml version='1.0'?>\n<ubl:Invoice xmlns:ubl='u'><cbc:ID>R 1 &amp; 2</cbc:ID>\
            <cbc:IssueDate>2026-03-02</cbc:IssueDate><cac:AccountingSupplierParty><cac:Party>\
            <cac:PostalAddress><cac:Country><cbc:IdentificationCode>DE</cbc:IdentificationCode>\
            </cac:Country></cac:PostalAddress></cac:Party></cac:AccountingSupplierParty>\
            <cac:InvoiceLine><cbc:ID>1</cbc:ID></cac:InvoiceLine><cac:LegalMonetaryTotal>\
            <cbc:PayableAmount currencyID='EUR'>84.2</cbc:PayableAmount></cac:LegalMonetaryTotal>\
            </ubl:Invoice>";
        let expected = "Rechnungsnummer: R 1 & 2\nRechnungsdatum: 02.03.2026\nZahlbetrag: 84,20\n";
        assert_eq!(page(xml).as_deref(), Some(expected));
        assert_eq!(page("<order><ID>1</ID></order>"), None);
    }

    #[test]
    fn encoded_files_are_left_out() {
        let file = "QUJD".repeat(500);
        let xml = format!(
            "<a><x:EmbeddedDocumentBinaryObject m='p'>{file}</x:EmbeddedDocumentBinaryObject>b</a>"
        );
        let expected =
            "<a><x:EmbeddedDocumentBinaryObject m='p'></x:EmbeddedDocumentBinaryObject>b</a>";
        assert_eq!(without_files(&xml), expected);
    }

    proptest::proptest! {
        #[test]
        fn anything_has_a_page_or_none(xml in "(<Invoice>|</Invoice>|<ID>|</ID>|BinaryObject>|1.5|ä|<|/>)*") {
            let _page = page(&xml);
            proptest::prop_assert!(without_files(&xml).len() <= xml.len());
        }
    }
}
