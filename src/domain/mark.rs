//! What a sender's letterhead or footer says beside the name, and what is theirs alone: the number
//! under which they pay VAT, and their domain.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A VAT number whose check digits fit, or a domain that is nobody's mail provider. As text it is
/// `DE136695976` or `wasserwerk-au.de`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Mark {
    /// In capitals, without spaces and points.
    Vat(String),
    /// In small letters, without `www.`.
    Domain(String),
}

/// The text is neither a VAT number nor somebody's own domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is neither a VAT number nor a sender's own domain")]
pub struct NotAMark;

impl fmt::Display for Mark {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vat(text) | Self::Domain(text) => formatter.write_str(text),
        }
    }
}

impl From<Mark> for String {
    fn from(mark: Mark) -> Self {
        match mark {
            Mark::Vat(text) | Mark::Domain(text) => text,
        }
    }
}

impl TryFrom<String> for Mark {
    type Error = NotAMark;

    fn try_from(text: String) -> Result<Self, NotAMark> {
        text.parse()
    }
}

impl FromStr for Mark {
    type Err = NotAMark;

    fn from_str(text: &str) -> Result<Self, NotAMark> {
        let vat = vat(text).map(Self::Vat);
        vat.or_else(|| domain(text).map(Self::Domain))
            .ok_or(NotAMark)
    }
}

/// The VAT number that a text is: of Germany (`DE` and nine figures), Austria (`ATU` and eight),
/// Switzerland (`CHE` and nine, `MWST` or the like behind them) or the United Kingdom (`GB` and nine
/// or twelve).
fn vat(text: &str) -> Option<String> {
    if text.len() > 40 {
        return None;
    }
    let letters = text.chars().filter(char::is_ascii_alphanumeric);
    let compact: String = letters.map(|it| it.to_ascii_uppercase()).collect();
    let (country, rest) = compact.split_at_checked(2)?;
    let number = match country {
        "DE" => digits(rest).filter(|it| it.len() == 9 && is_german(it)),
        "AT" => digits(rest.strip_prefix('U')?).filter(|it| it.len() == 8 && is_austrian(it)),
        "CH" => {
            let end = ["MWST", "TVA", "IVA", "VAT"];
            let rest = rest.strip_prefix('E')?;
            let rest = end.iter().find_map(|it| rest.strip_suffix(it));
            let rest = rest.unwrap_or(compact.get(3..)?);
            let number = digits(rest).filter(|it| it.len() == 9 && is_swiss(it))?;
            return Some(format!("CHE{}", shown(&number)));
        }
        "GB" => digits(rest).filter(|it| matches!(it.len(), 9 | 12) && is_british(it)),
        _ => None,
    }?;
    let middle = if country == "AT" { "U" } else { "" };
    Some(format!("{country}{middle}{}", shown(&number)))
}

fn digits(text: &str) -> Option<Vec<u32>> {
    text.chars().map(|it| it.to_digit(10)).collect()
}

fn shown(digits: &[u32]) -> String {
    digits.iter().map(u32::to_string).collect()
}

/// ISO 7064, MOD 11,10.
fn is_german(digits: &[u32]) -> bool {
    let Some((check, number)) = digits.split_last() else {
        return false;
    };
    let product = number.iter().fold(10, |product, digit| {
        let sum = match (digit + product) % 10 {
            0 => 10,
            sum => sum,
        };
        2 * sum % 11
    });
    (11 - product) % 10 == *check && number.iter().any(|it| *it > 0)
}

/// Every second digit doubled, the sums of their figures taken from 96.
fn is_austrian(digits: &[u32]) -> bool {
    let Some((check, number)) = digits.split_last() else {
        return false;
    };
    let sum: u32 = number
        .iter()
        .zip([1, 2].into_iter().cycle())
        .map(|(digit, weight)| digit * weight / 10 + digit * weight % 10)
        .sum();
    (96 - sum) % 10 == *check
}

fn is_swiss(digits: &[u32]) -> bool {
    let Some((check, number)) = digits.split_last() else {
        return false;
    };
    let sum = weighed(number, &[5, 4, 3, 2, 7, 6, 5, 4]);
    (11 - sum % 11) % 11 == *check
}

/// Modulo 97, as until 2009 or since then with 55 added.
fn is_british(digits: &[u32]) -> bool {
    let Some((number, [tens, ones])) = digits
        .get(..9)
        .and_then(|it| it.split_at_checked(7))
        .and_then(|(number, check)| Some((number, <[u32; 2]>::try_from(check).ok()?)))
    else {
        return false;
    };
    let sum = weighed(number, &[8, 7, 6, 5, 4, 3, 2]) + 10 * tens + ones;
    sum.is_multiple_of(97) || (sum + 55).is_multiple_of(97)
}

fn weighed(digits: &[u32], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(a, b)| a * b).sum()
}

/// Providers of mail, and places where many have a page: their domains are nobody's own.
const NOBODYS: &[&str] = &[
    "aol",
    "a1",
    "aon",
    "arcor",
    "bluemail",
    "bluewin",
    "btinternet",
    "chello",
    "ebay",
    "facebook",
    "fastmail",
    "freenet",
    "gmail",
    "gmx",
    "google",
    "googlemail",
    "hispeed",
    "hotmail",
    "icloud",
    "instagram",
    "kabelbw",
    "kabelmail",
    "linkedin",
    "live",
    "mac",
    "mail",
    "mailbox",
    "me",
    "msn",
    "online",
    "outlook",
    "paypal",
    "pm",
    "posteo",
    "proton",
    "protonmail",
    "rocketmail",
    "sky",
    "sunrise",
    "t-online",
    "talktalk",
    "tiktok",
    "twitter",
    "unitybox",
    "utanet",
    "virginmedia",
    "vodafonemail",
    "web",
    "whatsapp",
    "x",
    "xing",
    "yahoo",
    "ymail",
    "youtube",
    "zoho",
];

/// What stands before a country's code where domains are sold below it.
const BELOW_COUNTRIES: &[&str] = &[
    "ac", "co", "com", "gov", "gv", "me", "net", "nhs", "or", "org",
];

/// The domain of an address of the web or of mail, without the names of its machines.
fn domain(text: &str) -> Option<String> {
    if text.len() > 300 {
        return None;
    }
    let lower = text.trim().to_ascii_lowercase();
    let host = lower.rsplit_once("://").map_or(lower.as_str(), |it| it.1);
    let host = host.split(['/', '?', '#']).next()?;
    let host = host.rsplit('@').next()?.trim_end_matches(['.', ',']);
    let labels: Vec<&str> = host.split('.').collect();
    let is_label = |it: &&str| {
        (1..=63).contains(&it.len())
            && it.chars().all(|it| it.is_alphanumeric() || it == '-')
            && !it.starts_with('-')
            && !it.ends_with('-')
    };
    let top = labels.last()?;
    let is_top = (2..=12).contains(&top.len()) && top.bytes().all(|it| it.is_ascii_lowercase());
    if !is_top || !labels.iter().all(is_label) {
        return None;
    }
    let below = labels.len().checked_sub(2).and_then(|it| labels.get(it))?;
    let is_deep = top.len() == 2 && BELOW_COUNTRIES.contains(below) && labels.len() > 2;
    let kept = if is_deep { 3 } else { 2 };
    let own = labels.get(labels.len().checked_sub(kept)?..)?;
    let name = own.first()?;
    (!NOBODYS.contains(name) && name.chars().any(char::is_alphabetic)).then(|| own.join("."))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mark(text: &str) -> Option<String> {
        text.parse::<Mark>().ok().map(String::from)
    }

    #[test]
    fn a_vat_number_needs_its_check_digits() {
        for (text, expected) in [
            ("DE 136 695 976", "DE136695976"),
            ("DE136695976", "DE136695976"),
            ("ATU13585627", "ATU13585627"),
            ("ATU 1358 5627", "ATU13585627"),
            ("CHE-116.281.710 MWST", "CHE116281710"),
            ("CHE-116.281.710", "CHE116281710"),
            ("GB 980 7806 84", "GB980780684"),
        ] {
            assert_eq!(mark(text).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "DE136695975",
            "DE13669597",
            "ATU13585626",
            "CHE-116.281.711 MWST",
            "GB980780685",
            "FR00000000",
            "DE000000000",
            "",
        ] {
            assert_eq!(mark(text), None, "{text}");
        }
    }

    #[test]
    fn a_domain_is_its_owners_alone() {
        for (text, expected) in [
            ("www.wasserwerk-au.de", "wasserwerk-au.de"),
            (
                "https://Kunden.Wasserwerk-Au.de/portal?x=1",
                "wasserwerk-au.de",
            ),
            ("post@wasserwerk-au.de", "wasserwerk-au.de"),
            ("help@energy.co.uk", "energy.co.uk"),
            ("service.bmf.gv.at", "bmf.gv.at"),
        ] {
            assert_eq!(mark(text).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "malerei.kurz@gmx.de",
            "kurz@googlemail.com",
            "kurz@t-online.de",
            "kurz@web.de",
            "www.facebook.com/kurz",
            "3.500.00",
            "z.B",
            "kurz",
            "a..de",
        ] {
            assert_eq!(mark(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_mark_that_survives_its_text_or_none(text in "\\PC{0,40}") {
            if let Ok(mark) = text.parse::<Mark>() {
                prop_assert_eq!(mark.to_string().parse::<Mark>(), Ok(mark));
            }
        }

        #[test]
        fn one_wrong_figure_of_a_german_number_is_seen(number in 1_u32..100_000_000, at in 0_usize..9, by in 1_u32..10) {
            let body: Vec<u32> = format!("{number:08}").chars().filter_map(|it| it.to_digit(10)).collect();
            let whole = (0..10).map(|check| [body.clone(), vec![check]].concat()).find(|it| is_german(it));
            let mut whole = whole.unwrap();
            whole[at] = (whole[at] + by) % 10;
            prop_assert!(!is_german(&whole));
        }
    }
}
