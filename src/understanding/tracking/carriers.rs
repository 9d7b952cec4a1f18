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

/// Whether a text is a parcel number of a carrier whose numbers can be checked.
pub fn is_tracking_number(text: &str) -> bool {
    let text = compact(text);
    if is_unmistakable(&text) {
        return true;
    }
    let all_digits =
        text.bytes().all(|it| it.is_ascii_digit()) && text.bytes().any(|it| it != b'0');
    if !all_digits {
        return lettered(&text);
    }
    match text.len() {
        10 => by_seven(&text),
        12 => fedex(&text),
        // Canada Post; SSCC of DHL, DPD and Deutsche Post; USPS with twenty digits.
        16 | 18 | 20 => gs1(&text),
        22 | 26 => text.starts_with('9') && gs1(&text),
        30 => text.starts_with("420") && text.get(8..).is_some_and(gs1),
        34 => {
            text.starts_with("420") && text.get(8..).is_some_and(gs1)
                || text
                    .get(20..)
                    .is_some_and(|it| fedex(it.get(..14).unwrap_or("")) || fedex(it))
        }
        _ => false,
    }
}

/// Numbers with letters that have a fixed shape and no check digit.
fn lettered(text: &str) -> bool {
    let digits_after = |prefix: &str, count: usize| {
        text.strip_prefix(prefix)
            .is_some_and(|it| it.len() == count && it.bytes().all(|it| it.is_ascii_digit()))
    };
    digits_after("TBA", 12)
        || digits_after("TBC", 12)
        || digits_after("TBM", 12)
        || digits_after("YT", 16)
        || digits_after("JD", 18)
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
