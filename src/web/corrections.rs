//! What a person or a program says is right, turned into a value of the field it is about.

use serde_json::Value as Json;

use super::failure::Failure;
use crate::domain::document::Kind;
use crate::domain::finding::{Field, Value};
use crate::domain::value::{Amount, Currency, Iban, Money};

/// Letters of a text at the most.
const LETTERS_MAX: usize = 300;

/// How a field is filled in: `kind`, `date`, `money` or `text`.
pub const fn input_of(field: Field) -> &'static str {
    match field {
        Field::Kind => "kind",
        Field::IssueDate | Field::ContractEnd => "date",
        Field::Total | Field::Payable => "money",
        Field::Language
        | Field::Sender
        | Field::Recipient
        | Field::Reference
        | Field::Iban
        | Field::TrackingNumber
        | Field::NoticePeriod => "text",
    }
}

/// A value as a person types it.
pub fn typed(field: Field, text: &str) -> Result<Value, Failure> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > LETTERS_MAX {
        return Err(invalid(field, &format!("1 to {LETTERS_MAX} letters")));
    }
    match field {
        Field::Kind => {
            let kind = text
                .parse::<Kind>()
                .map_err(|error| invalid(field, &error.to_string()))?;
            Ok(Value::Kind(kind))
        }
        Field::IssueDate | Field::ContractEnd => {
            let day = text
                .parse()
                .map_err(|_| invalid(field, "a day is like 2026-03-18"))?;
            Ok(Value::Date(day))
        }
        Field::Total | Field::Payable => money(text)
            .map(Value::Money)
            .ok_or_else(|| invalid(field, "an amount is like 84.20 EUR")),
        Field::Iban => {
            let iban = text
                .parse::<Iban>()
                .map_err(|error| invalid(field, &error.to_string()))?;
            Ok(Value::Iban(iban))
        }
        Field::Language
        | Field::Sender
        | Field::Recipient
        | Field::Reference
        | Field::TrackingNumber
        | Field::NoticePeriod => Ok(Value::Text(text.to_owned())),
    }
}

/// A value as a program sends it: text, or `{amount, currency}` for money; `null` takes it away.
pub fn sent(field: Field, value: &Json) -> Result<Option<Value>, Failure> {
    match value {
        Json::Null => Ok(None),
        Json::String(text) => typed(field, text).map(Some),
        Json::Object(_) if input_of(field) == "money" => {
            let money: Result<Money, _> = serde_json::from_value(value.clone());
            let money = money.map_err(|error| invalid(field, &error.to_string()))?;
            Ok(Some(Value::Money(money)))
        }
        Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_) => Err(invalid(
            field,
            "a text, or {\"amount\": \"84.20\", \"currency\": \"EUR\"}",
        )),
    }
}

/// `84,20`, `84.20 EUR`, `1.284,20 €`; euros where no currency is named.
pub fn money(text: &str) -> Option<Money> {
    let (number, currency): (String, String) = text
        .chars()
        .filter(|it| !it.is_whitespace())
        .partition(|it| "0123456789.,-−".contains(*it));
    let currency = match currency.as_str() {
        "" | "€" => Currency::EUR,
        "£" => Currency::GBP,
        "$" => Currency::USD,
        code => code.to_ascii_uppercase().parse().ok()?,
    };
    let number = number.replace('−', "-");
    // The last separator is the point if one or two digits follow it; the others group thousands.
    let point = number
        .rfind(['.', ','])
        .filter(|at| (2..=3).contains(&(number.len() - at)));
    let plain: String = number
        .char_indices()
        .filter_map(|(at, symbol)| match symbol {
            '.' | ',' => (Some(at) == point).then_some('.'),
            _ => Some(symbol),
        })
        .collect();
    let amount: Amount = plain.parse().ok()?;
    Some(Money { amount, currency })
}

/// A value as an input field holds it.
pub fn as_typed(value: &Value) -> String {
    match value {
        Value::Money(it) => it.to_string(),
        Value::Date(it) => it.to_string(),
        Value::Iban(it) => it.to_string(),
        Value::Kind(it) => it.as_str().to_owned(),
        Value::Text(it) => it.clone(),
    }
}

fn invalid(field: Field, rule: &str) -> Failure {
    Failure::Invalid(format!("{field}: {rule}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_read_as_people_type_it() {
        for (text, hundredths) in [
            ("84,20", 8420),
            ("84.20 EUR", 8420),
            ("1.284,20 €", 128_420),
            ("1,284.20", 128_420),
            ("1.284", 128_400),
            ("-5", -500),
            ("84,2", 8420),
        ] {
            assert_eq!(
                money(text),
                Some(Money::new(hundredths, Currency::EUR)),
                "{text}"
            );
        }
        assert_eq!(money("12 chf"), Some(Money::new(1200, Currency::CHF)));
        for text in ["", "abc", "12 euros", "1-2"] {
            assert_eq!(money(text), None, "{text}");
        }
    }

    #[test]
    fn a_sender_called_like_a_kind_stays_a_text() {
        let value = typed(Field::Sender, "invoice").unwrap();
        assert_eq!(value, Value::Text("invoice".to_owned()));
        assert_eq!(
            typed(Field::Kind, "invoice").unwrap(),
            Value::Kind(Kind::Invoice)
        );
        assert!(typed(Field::Iban, "DE00 0000").is_err());
        assert_eq!(sent(Field::Payable, &Json::Null).unwrap(), None);
    }
}
