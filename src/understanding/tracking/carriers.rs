//! Check digits of carriers: UPU S10, UPS, DHL, GS1 SSCC (DHL, DPD, Deutsche Post), `FedEx`, USPS,
//! Canada Post and others whose numbers prove themselves.

/// Letters and digits in capitals.
fn compact(text: &str) -> String {
    text.chars()
        .filter(|it| !it.is_whitespace() && *it != '-')
        .map(|it| it.to_ascii_uppercase())
        .collect()
}

fn digits(text: &str) -> Option<Vec<u32>> {
    text.chars().map(|it| it.to_digit(10)).collect()
}

/// Sum of digits from the right, weighted in turn by 3 and 1, without the check digit itself (GS1).
fn gs1(text: &str) -> bool {
    let Some(all) = digits(text) else {
        return false;
    };
    let Some((check, body)) = all.split_last() else {
        return false;
    };
    let sum: u32 = body
        .iter()
        .rev()
        .enumerate()
        .map(|(index, it)| it * if index % 2 == 0 { 3 } else { 1 })
        .sum();
    (10 - sum % 10) % 10 == *check
}

/// UPU S10: two letters, eight digits, a check digit by the weights 8 6 4 2 3 5 9 7, a country.
fn s10(text: &str) -> bool {
    let (Some(head), Some(body), Some(country)) = (text.get(..2), text.get(2..11), text.get(11..))
    else {
        return false;
    };
    let Some(all) = digits(body) else {
        return false;
    };
    let Some((check, body)) = all.split_last() else {
        return false;
    };
    let sum: u32 = body
        .iter()
        .zip([8, 6, 4, 2, 3, 5, 9, 7])
        .map(|(it, weight)| it * weight)
        .sum();
    let expected = match 11 - sum % 11 {
        10 => 0,
        11 => 5,
        other => other,
    };
    let letters = head.bytes().all(|it| it.is_ascii_uppercase());
    text.len() == 13 && letters && expected == *check && COUNTRIES.contains(&country)
}

/// Countries whose posts use S10 (ISO 3166, those with a designated operator).
#[rustfmt::skip]
const COUNTRIES: &[&str] = &[
    "AD","AE","AF","AG","AL","AM","AO","AR","AT","AU","AZ","BA","BB","BD","BE","BF","BG","BH","BI","BJ","BN","BO","BR","BS","BT","BW","BY","BZ","CA","CD","CF","CG","CH","CI","CL","CM","CN","CO","CR","CU","CV","CY","CZ","DE","DJ","DK","DM","DO","DZ","EC","EE","EG","ER","ES","ET","FI","FJ","FR","GA","GB","GD","GE","GH","GI","GM","GN","GQ","GR","GT","GW","GY","HK","HN","HR","HT","HU","ID","IE","IL","IN","IQ","IR","IS","IT","JM","JO","JP","KE","KG","KH","KR","KW","KZ","LA","LB","LI","LK","LR","LS","LT","LU","LV","LY","MA","MC","MD","ME","MG","MK","ML","MM","MN","MO","MR","MT","MU","MV","MW","MX","MY","MZ","NA","NE","NG","NI","NL","NO","NP","NZ","OM","PA","PE","PG","PH","PK","PL","PT","PY","QA","RO","RS","RU","RW","SA","SD","SE","SG","SI","SK","SM","SN","SV","SY","TD","TG","TH","TJ","TM","TN","TR","TT","TW","TZ","UA","UG","US","UY","UZ","VA","VE","VN","YE","ZA","ZM","ZW",
];

/// UPS: `1Z`, fifteen characters and a check digit, letters counted as (code − 63) mod 10.
fn ups(text: &str) -> bool {
    let Some(body) = text.strip_prefix("1Z").filter(|it| it.len() == 16) else {
        return false;
    };
    let values: Option<Vec<u32>> = body
        .chars()
        .map(|it| {
            it.to_digit(10)
                .or_else(|| it.is_ascii_uppercase().then(|| (u32::from(it) - 63) % 10))
        })
        .collect();
    let Some(values) = values else { return false };
    let Some((check, body)) = values.split_last() else {
        return false;
    };
    let sum: u32 = body
        .iter()
        .enumerate()
        .map(|(index, it)| it * if index % 2 == 0 { 1 } else { 2 })
        .sum();
    (10 - sum % 10) % 10 == *check
}

/// The remainder of a number by 7 is its last digit (DHL Express waybills).
fn by_seven(text: &str) -> bool {
    let Some((body, check)) = text
        .len()
        .checked_sub(1)
        .and_then(|it| text.split_at_checked(it))
    else {
        return false;
    };
    matches!((body.parse::<u64>(), check.parse::<u64>()), (Ok(body), Ok(check)) if body % 7 == check)
}

/// `FedEx`: weights in turn over the digits before the check digit, from the right 1 3 7; modulo 11,
/// ten counts as 0.
fn fedex(text: &str) -> bool {
    let Some(all) = digits(text) else {
        return false;
    };
    let Some((check, body)) = all.split_last() else {
        return false;
    };
    let sum: u32 = body
        .iter()
        .rev()
        .zip([1, 3, 7].into_iter().cycle())
        .map(|(it, weight)| it * weight)
        .sum();
    sum % 11 % 10 == *check && sum > 0
}

/// Whether letters and check digits leave no doubt that this is a parcel number.
pub fn is_unmistakable(text: &str) -> bool {
    let text = compact(text);
    ups(&text) || s10(&text) || jjd(&text)
}

/// `JJD`/`JD` licence plates of DHL and Yodel: 01 to 03 and sixteen or more digits.
fn jjd(text: &str) -> bool {
    let body = text
        .strip_prefix("JJD")
        .or_else(|| text.strip_prefix("JVGL"));
    body.is_some_and(|it| (15..=20).contains(&it.len()) && it.bytes().all(|it| it.is_ascii_digit()))
}

/// UPS waybills and `OnTrac`: the digits before the check digit weighted in turn by 1 and 2 from the
/// left.
fn one_two(text: &str) -> bool {
    let Some(all) = digits(text) else {
        return false;
    };
    let Some((check, body)) = all.split_last() else {
        return false;
    };
    let sum: u32 = body
        .iter()
        .enumerate()
        .map(|(index, it)| it * if index % 2 == 0 { 1 } else { 2 })
        .sum();
    (10 - sum % 10) % 10 == *check
}

/// Luhn: every second digit from the right doubled and its digits added (ISO/IEC 7812-1, annex B).
fn luhn(text: &str) -> bool {
    let Some(all) = digits(text) else {
        return false;
    };
    let sum: u32 = all
        .iter()
        .rev()
        .enumerate()
        .map(|(index, it)| match index % 2 {
            0 => *it,
            _ if *it > 4 => it * 2 - 9,
            _ => it * 2,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// DPD: a check character by ISO 7064, mod 37,36, over digits and letters.
fn mod_37_36(text: &str) -> bool {
    let values: Option<Vec<u32>> = text.chars().map(|it| it.to_digit(36)).collect();
    let Some(values) = values else { return false };
    let Some((check, body)) = values.split_last() else {
        return false;
    };
    let mut state = 36;
    for value in body {
        state = match (state + value) % 36 {
            0 => 36,
            other => other,
        };
        state = state * 2 % 37;
    }
    (37 - state) % 36 == *check
}

/// Whether a text is a parcel number of a carrier: by its check digits where it has some, else by the
/// shape that only this carrier uses. For texts that are about nothing else.
pub fn is_tracking_number(text: &str) -> bool {
    let text = compact(text);
    if is_unmistakable(&text) {
        return true;
    }
    if text.bytes().all(|it| it.is_ascii_digit()) {
        return text.bytes().any(|it| it != b'0') && in_digits(&text);
    }
    in_letters(&text)
}

/// Numbers of digits alone.
fn in_digits(text: &str) -> bool {
    let begins = |prefixes: &[&str]| prefixes.iter().any(|it| text.starts_with(it));
    match text.len() {
        // Old Dominion by its prefixes; DHL Express.
        11 if begins(&["777", "776", "778", "072", "780", "80"]) => luhn(text),
        10 | 11 => by_seven(text),
        // Purolator begins with 0 to 5.
        12 => fedex(text) || text.as_bytes().first().is_some_and(|it| *it <= b'5') && luhn(text),
        // DHL eCommerce has no check digit.
        14 => true,
        15 => gs1(text) || mod_37_36(text),
        // Canada Post; SSCC of DHL, DPD, FedEx and Deutsche Post; USPS with twenty digits.
        16 | 18 | 20 => gs1(text),
        22 if text.starts_with("96") => text.get(7..).is_some_and(gs1),
        22 | 26 => postal(text),
        28 => mod_37_36(text),
        30 => routed(text, 8) || postal(text),
        32 => text.starts_with('3') && text.get(16..28).is_some_and(fedex),
        34 => {
            routed(text, 8)
                || routed(text, 12)
                || (!text.starts_with('9') || text.starts_with("96"))
                    && text.get(20..).is_some_and(fedex)
        }
        _ => false,
    }
}

/// USPS: a number that begins with its application identifier.
fn postal(text: &str) -> bool {
    let identifiers = ["91", "92", "93", "94", "95"];
    identifiers.iter().any(|it| text.starts_with(it)) && gs1(text)
}

/// USPS behind its routing code of so many digits.
fn routed(text: &str, routing: usize) -> bool {
    text.starts_with("420") && text.get(routing..).is_some_and(postal)
}

/// Letters and how many digits follow, of numbers without a check digit.
const SHAPES: &[(&str, usize)] = &[
    ("TBA", 12),
    ("TBC", 12),
    ("TBM", 12),
    ("A", 10),
    ("F", 10),
    ("C", 10),
    ("C", 21),
    ("D", 21),
    ("K", 21),
    ("L", 21),
    ("S", 21),
    ("U", 21),
    ("X", 21),
    ("Z", 21),
    ("GFUS", 14),
    ("1LS71", 10),
    ("1LS72", 10),
    ("SP", 18),
    ("YT", 16),
    ("JD", 16),
    ("JD", 18),
];

/// Numbers with letters.
fn in_letters(text: &str) -> bool {
    let is_digits = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    let is_shape = |(prefix, count): &(&str, usize)| {
        text.strip_prefix(prefix)
            .is_some_and(|it| it.len() == *count && is_digits(it))
    };
    if SHAPES.iter().any(is_shape) {
        return true;
    }
    let (letters, rest) = text.split_at(
        text.find(|it: char| !it.is_ascii_uppercase())
            .unwrap_or(text.len()),
    );
    let waybill = matches!(letters, "A" | "H" | "J" | "K" | "T" | "V")
        && rest.len() == 10
        && is_digits(rest)
        && one_two(rest);
    let on_trac = match letters {
        "C" => rest.len() == 14 && one_two(&behind('4', rest)),
        "D" => rest.len() == 14 && one_two(&behind('5', rest)),
        _ => false,
    };
    let landmark = letters == "LTN"
        && rest
            .strip_suffix("N1")
            .is_some_and(|it| it.len() == 8 && is_digits(it));
    let laser_ship = matches!(letters, "LA" | "LI" | "LE" | "LH" | "LN" | "LX")
        && rest.len() == 8
        && is_digits(rest)
        && matches!(rest.as_bytes().first(), Some(b'1'..=b'3'))
        || text.strip_prefix("1LSCX").is_some_and(|it| it.len() == 10);
    let express = letters.starts_with('J')
        && matches!(letters.len(), 3 | 4)
        && matches!(rest.len(), 9 | 10)
        && is_digits(rest);
    let purolator = letters.len() == 3 && rest.len() == 9 && is_digits(rest);
    let dpd = matches!(text.len(), 15 | 28)
        && text.get(..text.len() - 1).is_some_and(is_digits)
        && mod_37_36(text);
    waybill || on_trac || landmark || laser_ship || express || purolator || dpd || global_mail(text)
}

/// `OnTrac` counts its letter as a digit, unless the number begins with that digit.
fn behind(letter: char, rest: &str) -> String {
    if rest.starts_with(letter) {
        rest.to_owned()
    } else {
        format!("{letter}{rest}")
    }
}

/// DHL eCommerce: a prefix, then at least ten letters and digits that begin with one. What has the
/// shape of UPU S10 has failed its check digit before and is none.
fn global_mail(text: &str) -> bool {
    const PREFIXES: &[&str] = &["GM", "LX", "RX", "UV", "CN", "SG", "TH", "IN", "HK", "MY"];
    let Some(rest) = PREFIXES.iter().find_map(|it| text.strip_prefix(it)) else {
        return false;
    };
    let digits = rest.bytes().filter(u8::is_ascii_digit).count();
    let is_postal =
        text.len() == 13 && digits == 9 && rest.ends_with(|it: char| !it.is_ascii_digit());
    (10..=39).contains(&rest.len())
        && rest.bytes().all(|it| it.is_ascii_alphanumeric())
        && rest.starts_with(|it: char| it.is_ascii_digit())
        && digits >= 8
        && !is_postal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_prove_themselves() {
        for text in [
            "1Z999AA10123456784",
            "RB123456785GB",
            "JJD 0002 2576 3903 2020",
            "00340434161094042557",
            "3318810014",
        ] {
            assert!(is_tracking_number(text), "{text}");
        }
        for text in [
            "1Z999AA10123456785",
            "RB123456786GB",
            "RB123456785XX",
            "00340434161094042558",
            "3318810011",
            "2025-0871",
            "000000000000",
        ] {
            assert!(!is_tracking_number(text), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_breaks_the_check(text in "([A-Z0-9]{0,36}|\\PC{0,20})") {
            let _answer = is_tracking_number(&text);
        }
    }
}
