//! Values that are right once they exist: money, IBAN, confidence, boxes on a page.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An ISO 4217 currency code in capitals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

impl Currency {
    /// The euro.
    pub const EUR: Self = Self(*b"EUR");
    /// The Swiss franc.
    pub const CHF: Self = Self(*b"CHF");
    /// The pound sterling.
    pub const GBP: Self = Self(*b"GBP");
    /// The US dollar.
    pub const USD: Self = Self(*b"USD");

    /// The three letters.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("EUR")
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

/// The text is not three capital letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a currency is three capital letters, such as EUR")]
pub struct NotACurrency;

impl FromStr for Currency {
    type Err = NotACurrency;

    fn from_str(text: &str) -> Result<Self, NotACurrency> {
        match text.as_bytes() {
            [a, b, c] if [a, b, c].iter().all(|it| it.is_ascii_uppercase()) => {
                Ok(Self([*a, *b, *c]))
            }
            _ => Err(NotACurrency),
        }
    }
}

impl TryFrom<String> for Currency {
    type Error = NotACurrency;

    fn try_from(text: String) -> Result<Self, NotACurrency> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

/// An amount in hundredths of its currency's unit; written as a decimal string, `-12.50`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct Amount(i64);

impl Amount {
    /// From hundredths.
    pub const fn from_hundredths(hundredths: i64) -> Self {
        Self(hundredths)
    }

    /// In hundredths.
    pub const fn hundredths(self) -> i64 {
        self.0
    }

    /// Whether there is nothing.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let hundredths = self.0.unsigned_abs();
        write!(
            formatter,
            "{sign}{}.{:02}",
            hundredths / 100,
            hundredths % 100
        )
    }
}

/// The text is not a decimal number with at most two places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an amount is written like 84.20")]
pub struct NotAnAmount;

impl FromStr for Amount {
    type Err = NotAnAmount;

    /// Reads the machine's form only (`84.2`, `-84.20`, `84`); what letters print is read by
    /// `understanding`.
    fn from_str(text: &str) -> Result<Self, NotAnAmount> {
        let (sign, digits) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let is_number = |part: &str| part.bytes().all(|it| it.is_ascii_digit());
        if whole.is_empty() || fraction.len() > 2 || !is_number(whole) || !is_number(fraction) {
            return Err(NotAnAmount);
        }
        let whole: i64 = whole.parse().map_err(|_| NotAnAmount)?;
        let fraction: i64 = format!("{fraction:0<2}").parse().map_err(|_| NotAnAmount)?;
        let hundredths = whole
            .checked_mul(100)
            .and_then(|it| it.checked_add(fraction))
            .ok_or(NotAnAmount)?;
        Ok(Self(sign * hundredths))
    }
}

impl TryFrom<String> for Amount {
    type Error = NotAnAmount;

    fn try_from(text: String) -> Result<Self, NotAnAmount> {
        text.parse()
    }
}

impl From<Amount> for String {
    fn from(amount: Amount) -> Self {
        amount.to_string()
    }
}

/// An amount and what it is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// How much; negative is a credit.
    pub amount: Amount,
    /// Of what.
    pub currency: Currency,
}

impl Money {
    /// Hundredths of `currency`.
    pub const fn new(hundredths: i64, currency: Currency) -> Self {
        Self {
            amount: Amount::from_hundredths(hundredths),
            currency,
        }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.amount, self.currency)
    }
}

/// An IBAN whose check digits have been verified (ISO 13616), without spaces.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Iban(String);

impl Iban {
    /// The letters and digits, without spaces.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text is not an IBAN: wrong length, wrong letters or wrong check digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not an IBAN: its check digits do not fit")]
pub struct NotAnIban;

/// Lengths by country (ISO 13616 registry); an IBAN of another length is a misreading.
#[rustfmt::skip]
const IBAN_LENGTHS: &[(&str, usize)] = &[
    ("AD", 24), ("AE", 23), ("AL", 28), ("AT", 20), ("AZ", 28), ("BA", 20), ("BE", 16),
    ("BG", 22), ("BH", 22), ("BI", 27), ("BR", 29), ("BY", 28), ("CH", 21), ("CR", 22),
    ("CY", 28), ("CZ", 24), ("DE", 22), ("DJ", 27), ("DK", 18), ("DO", 28), ("EE", 20),
    ("EG", 29), ("ES", 24), ("FI", 18), ("FK", 18), ("FO", 18), ("FR", 27), ("GB", 22),
    ("GE", 22), ("GI", 23), ("GL", 18), ("GR", 27), ("GT", 28), ("HN", 28), ("HR", 21),
    ("HU", 28), ("IE", 22), ("IL", 23), ("IQ", 23), ("IS", 26), ("IT", 27), ("JO", 30),
    ("KW", 30), ("KZ", 20), ("LB", 28), ("LC", 32), ("LI", 21), ("LT", 20), ("LU", 20),
    ("LV", 21), ("LY", 25), ("MC", 27), ("MD", 24), ("ME", 22), ("MK", 19), ("MN", 20),
    ("MR", 27), ("MT", 31), ("MU", 30), ("NI", 28), ("NL", 18), ("NO", 15), ("OM", 23),
    ("PK", 24), ("PL", 28), ("PS", 29), ("PT", 25), ("QA", 29), ("RO", 24), ("RS", 22),
    ("RU", 33), ("SA", 24), ("SC", 31), ("SD", 18), ("SE", 24), ("SI", 19), ("SK", 24),
    ("SM", 27), ("SO", 23), ("ST", 25), ("SV", 28), ("TL", 23), ("TN", 24), ("TR", 26),
    ("UA", 29), ("VA", 22), ("VG", 24), ("XK", 20), ("YE", 30),
];

impl FromStr for Iban {
    type Err = NotAnIban;

    fn from_str(text: &str) -> Result<Self, NotAnIban> {
        let compact: String = text.chars().filter(|it| !it.is_whitespace()).collect();
        let compact = compact.to_ascii_uppercase();
        if !compact.is_ascii() || !(15..=34).contains(&compact.len()) {
            return Err(NotAnIban);
        }
        let (head, tail) = compact.split_at(4);
        let (country, check) = head.split_at(2);
        let length = IBAN_LENGTHS
            .iter()
            .find(|(code, _)| *code == country)
            .map(|(_, it)| *it);
        if length != Some(compact.len()) || !check.bytes().all(|it| it.is_ascii_digit()) {
            return Err(NotAnIban);
        }
        let mut remainder: u32 = 0;
        for symbol in tail.chars().chain(head.chars()) {
            let value = symbol.to_digit(36).ok_or(NotAnIban)?;
            let shift = if value < 10 { 10 } else { 100 };
            remainder = (remainder * shift + value) % 97;
        }
        if remainder != 1 {
            return Err(NotAnIban);
        }
        Ok(Self(compact))
    }
}

impl TryFrom<String> for Iban {
    type Error = NotAnIban;

    fn try_from(text: String) -> Result<Self, NotAnIban> {
        text.parse()
    }
}

impl From<Iban> for String {
    fn from(iban: Iban) -> Self {
        iban.0
    }
}

impl fmt::Display for Iban {
    /// In groups of four, as letters print it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, symbol) in self.0.chars().enumerate() {
            if index > 0 && index % 4 == 0 {
                formatter.write_str(" ")?;
            }
            write!(formatter, "{symbol}")?;
        }
        Ok(())
    }
}

/// How sure the machine is, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(from = "f32", into = "f32")]
pub struct Confidence(f32);

impl Confidence {
    /// Certain: a checksum, a person.
    pub const CERTAIN: Self = Self(1.0);

    /// Clamped to 0..=1; what is no number counts as 0.
    pub fn new(value: f32) -> Self {
        Self(if value.is_nan() {
            0.0
        } else {
            value.clamp(0.0, 1.0)
        })
    }

    /// From 0 to 1.
    pub const fn value(self) -> f32 {
        self.0
    }
}

impl From<f32> for Confidence {
    fn from(value: f32) -> Self {
        Self::new(value)
    }
}

impl From<Confidence> for f32 {
    fn from(confidence: Confidence) -> Self {
        confidence.0
    }
}

/// A box on a page, in thousandths of the page's *width* from its top left corner (both axes, so
/// that shapes keep their proportions).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rect {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Width.
    pub w: f32,
    /// Height.
    pub h: f32,
}

impl Rect {
    /// Right edge.
    pub fn right(&self) -> f32 {
        self.x + self.w
    }

    /// Bottom edge.
    pub fn bottom(&self) -> f32 {
        self.y + self.h
    }

    /// The smallest box around both.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        let w = self.right().max(other.right()) - x;
        let h = self.bottom().max(other.bottom()) - y;
        Self { x, y, w, h }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_survives_its_text() {
        for (text, hundredths) in [("84.20", 8420), ("-0.05", -5), ("12", 1200), ("1.5", 150)] {
            assert_eq!(
                text.parse(),
                Ok(Amount::from_hundredths(hundredths)),
                "{text}"
            );
        }
        assert_eq!(Amount::from_hundredths(-5).to_string(), "-0.05");
        for text in ["", ".", "-", "1,5", "1.234", "99999999999999999999", "--1"] {
            assert_eq!(text.parse::<Amount>(), Err(NotAnAmount), "{text}");
        }
    }

    #[test]
    fn an_iban_needs_its_country_length_and_check_digits() {
        let iban: Iban = "DE89 3704 0044 0532 0130 00".parse().unwrap();
        assert_eq!(iban.to_string(), "DE89 3704 0044 0532 0130 00");
        for text in [
            "DE88370400440532013000",
            "DE8937040044053201300",
            "ZZ89370400440532013000",
        ] {
            assert_eq!(text.parse::<Iban>(), Err(NotAnIban), "{text}");
        }
    }

    #[test]
    fn confidence_stays_between_nothing_and_certain() {
        assert_eq!(Confidence::new(7.0), Confidence::CERTAIN);
        assert!(Confidence::new(f32::NAN) < Confidence::new(0.01));
    }
}
