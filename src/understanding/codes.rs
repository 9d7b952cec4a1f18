//! Payment codes: EPC069-12 (GiroCode) and the Swiss QR bill (Swiss Implementation Guidelines QR-bill
//! 2.3). What they say is sure; what does not follow the standard is no payment code.

use crate::domain::value::{Amount, Currency, Iban};

/// What a payment code says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Who gets the money.
    pub creditor: String,
    /// Their account.
    pub iban: Iban,
    /// How much; `None` where the payer fills it in.
    pub amount: Option<Amount>,
    /// In what.
    pub currency: Currency,
    /// The creditor's reference, structured; empty if none.
    pub reference: String,
    /// Words for the payee; empty if none.
    pub message: String,
}

/// Reads either code.
pub fn payment(text: &str) -> Option<Payment> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    match lines.first().copied()? {
        "BCD" => epc(&lines),
        "SPC" => swiss(&lines),
        _ => None,
    }
}

fn line<'a>(lines: &[&'a str], index: usize) -> &'a str {
    lines.get(index).copied().unwrap_or("")
}

/// EPC069-12: service tag, version, character set, SCT, BIC, name, IBAN, amount, purpose,
/// reference, text, information.
fn epc(lines: &[&str]) -> Option<Payment> {
    if line(lines, 3) != "SCT" && line(lines, 3) != "INST" {
        return None;
    }
    let amount = line(lines, 7);
    let (currency, amount) = match amount.get(..3).zip(amount.get(3..)) {
        Some((currency, amount)) => (currency.parse().ok()?, amount.parse().ok()),
        None => (Currency::EUR, None),
    };
    Some(Payment {
        creditor: line(lines, 5).to_owned(),
        iban: line(lines, 6).parse().ok()?,
        amount,
        currency,
        reference: line(lines, 9).to_owned(),
        message: line(lines, 10).to_owned(),
    })
}

/// QR bill: header (3 lines), account, creditor (7), ultimate creditor (7), amount, currency,
/// ultimate debtor (7), reference type, reference, unstructured message, trailer.
fn swiss(lines: &[&str]) -> Option<Payment> {
    Some(Payment {
        creditor: line(lines, 5).to_owned(),
        iban: line(lines, 3).parse().ok()?,
        amount: line(lines, 18).parse().ok(),
        currency: line(lines, 19).parse().ok()?,
        reference: line(lines, 28).to_owned(),
        message: line(lines, 29).to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_giro_code_is_read() {
        let text = "BCD\n002\n1\nSCT\n\nMuster GmbH\nDE89370400440532013000\nEUR84.20\n\n\nRE-1\n";
        let payment = payment(text).unwrap();
        assert_eq!(
            (
                payment.creditor.as_str(),
                payment.amount,
                payment.message.as_str()
            ),
            ("Muster GmbH", Some(Amount::from_hundredths(8420)), "RE-1")
        );
    }

    #[test]
    fn a_swiss_bill_is_read() {
        let mut lines = vec![
            "SPC",
            "0200",
            "1",
            "CH9300762011623852957",
            "S",
            "Muster AG",
        ];
        lines.resize(18, "");
        lines.extend(["199.95", "CHF"]);
        lines.resize(27, "");
        lines.extend(["QRR", "210000000003139471430009017", "Rechnung 5", "EPD"]);
        let payment = payment(&lines.join("\n")).unwrap();
        assert_eq!(
            (payment.reference.as_str(), payment.currency),
            ("210000000003139471430009017", Currency::CHF)
        );
        assert_eq!(payment.amount, Some(Amount::from_hundredths(19995)));
    }

    proptest::proptest! {
        #[test]
        fn no_code_breaks_the_reader(text in "(BCD|SPC|SCT|EUR1|\\n|\\PC){0,40}") {
            let _payment = payment(&text);
        }
    }
}
