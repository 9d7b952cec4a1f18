//! EAN-13, EAN-8, UPC-A and UPC-E (ISO/IEC 15420): digits of seven modules between guard bars, with
//! a check digit.

use super::{Read, fit};

/// Widths of a digit's four elements in modules: set A; set C is the same beginning with a bar, set
/// B is set C from behind.
const DIGITS: [[u8; 4]; 10] = [
    [3, 2, 1, 1],
    [2, 2, 2, 1],
    [2, 1, 2, 2],
    [1, 4, 1, 1],
    [1, 1, 3, 2],
    [1, 2, 3, 1],
    [1, 1, 1, 4],
    [1, 3, 1, 2],
    [1, 2, 1, 3],
    [3, 1, 1, 2],
];
/// Which of the six left digits are of set B, by the thirteenth digit; the first as the highest bit.
const FIRST: [u8; 10] = [
    0b00_0000, 0b00_1011, 0b00_1101, 0b00_1110, 0b01_0011, 0b01_1001, 0b01_1100, 0b01_0101,
    0b01_0110, 0b01_1010,
];
/// As [`FIRST`], for UPC-E of number system 0, by the check digit.
const CHECK: [u8; 10] = [
    0b11_1000, 0b11_0100, 0b11_0010, 0b11_0001, 0b10_1100, 0b10_0110, 0b10_0011, 0b10_1010,
    0b10_1001, 0b10_0101,
];
/// How far a digit may be from its pattern, in modules over its four elements.
const FAR: f32 = 1.5;

/// Reads a code whose first bar is the first of `widths`.
pub fn read(widths: &[f32]) -> Option<Read> {
    // Three guards of one module each stand before everything else.
    let &[a, b, c] = widths.get(..3)? else {
        return None;
    };
    let module = (a + b + c) / 3.0;
    if [a, b, c]
        .iter()
        .any(|it| !(0.3..=1.9).contains(&(it / module)))
    {
        return None;
    }
    thirteen(widths)
        .or_else(|| eight(widths))
        .or_else(|| short(widths))
}

fn thirteen(widths: &[f32]) -> Option<Read> {
    let all = widths.get(..59)?;
    let module = all.iter().sum::<f32>() / 95.0;
    let growth = growth(all, &[0, 1, 2, 27, 28, 29, 30, 31, 56, 57, 58], module)?;
    let (left, sets) = digits(all.get(3..27)?, -growth, Sets::Both)?;
    let (right, _) = digits(all.get(32..56)?, growth, Sets::One)?;
    let first = FIRST.iter().position(|it| *it == sets)?;
    let first = char::from_digit(u32::try_from(first).ok()?, 10)?;
    let text = format!("{first}{left}{right}");
    if !is_checked(&text) {
        return None;
    }
    // Twelve digits are printed under a UPC-A; the leading zero is the EAN's.
    let (symbology, text) = match text.strip_prefix('0') {
        Some(twelve) => ("upc_a", twelve.to_owned()),
        None => ("ean_13", text),
    };
    Some(Read {
        symbology,
        text,
        elements: 59,
        module,
        quiet: 4.0,
        lines: 2,
    })
}

fn eight(widths: &[f32]) -> Option<Read> {
    let all = widths.get(..43)?;
    let module = all.iter().sum::<f32>() / 67.0;
    let growth = growth(all, &[0, 1, 2, 19, 20, 21, 22, 23, 40, 41, 42], module)?;
    let (left, _) = digits(all.get(3..19)?, -growth, Sets::One)?;
    let (right, _) = digits(all.get(24..40)?, growth, Sets::One)?;
    let text = format!("{left}{right}");
    is_checked(&text).then_some(Read {
        symbology: "ean_8",
        text,
        elements: 43,
        module,
        quiet: 5.0,
        lines: 3,
    })
}

fn short(widths: &[f32]) -> Option<Read> {
    let all = widths.get(..33)?;
    let module = all.iter().sum::<f32>() / 51.0;
    let growth = growth(all, &[0, 1, 2, 27, 28, 29, 30, 31, 32], module)?;
    let (six, sets) = digits(all.get(3..27)?, -growth, Sets::Both)?;
    let in_one = CHECK.iter().position(|it| *it == sets ^ 0b11_1111);
    let in_zero = CHECK.iter().position(|it| *it == sets);
    let (system, check) = in_zero.map(|it| (0, it)).or(in_one.map(|it| (1, it)))?;
    // How the six digits were shortened is told by the last one.
    let long = match six.chars().last()? {
        last @ '0'..='2' => format!(
            "{system}{}{last}0000{}{check}",
            six.get(..2)?,
            six.get(2..5)?
        ),
        '3' => format!("{system}{}00000{}{check}", six.get(..3)?, six.get(3..5)?),
        '4' => format!("{system}{}00000{}{check}", six.get(..4)?, six.get(4..5)?),
        last => format!("{system}{}0000{last}{check}", six.get(..5)?),
    };
    is_checked(&long).then_some(Read {
        symbology: "upc_e",
        text: format!("{system}{six}{check}"),
        elements: 33,
        module,
        quiet: 6.0,
        lines: 4,
    })
}

/// How much wider than meant bars are, in modules, if every guard is about one module wide.
fn growth(widths: &[f32], guards: &[usize], module: f32) -> Option<f32> {
    let of = |parity: usize| -> Vec<f32> {
        let all = guards.iter().filter(|it| *it % 2 == parity);
        all.filter_map(|it| widths.get(*it).map(|it| it / module))
            .collect()
    };
    let mean = |all: &[f32]| {
        all.iter().sum::<f32>() / f32::from(u8::try_from(all.len()).unwrap_or(1)).max(1.0)
    };
    let (bars, spaces) = (of(0), of(1));
    let (bar, space) = (mean(&bars), mean(&spaces));
    let even = |all: &[f32], mean: f32| all.iter().all(|it| (it - mean).abs() <= 0.75);
    let sound = even(&bars, bar) && even(&spaces, space) && (1.5..=2.5).contains(&(bar + space));
    let growth = (bar - space) / 2.0;
    (sound && growth.abs() <= 0.7).then_some(growth)
}

/// Which sets digits may come from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sets {
    One,
    Both,
}

/// The digits of groups of four elements, and which of them are of set B. `growth` is that of each
/// group's first element.
fn digits(widths: &[f32], growth: f32, sets: Sets) -> Option<(String, u8)> {
    let mut text = String::new();
    let mut second = 0_u8;
    for four in widths.chunks_exact(4) {
        let mut best = (f32::MAX, 0_u32, false);
        for (pattern, value) in DIGITS.iter().zip(0_u32..) {
            let (far, _) = fit(four, pattern, Some(growth));
            if far < best.0 {
                best = (far, value, false);
            }
            if sets == Sets::Both {
                let mut reversed = *pattern;
                reversed.reverse();
                let (far, _) = fit(four, &reversed, Some(growth));
                if far < best.0 {
                    best = (far, value, true);
                }
            }
        }
        if best.0 > FAR {
            return None;
        }
        text.push(char::from_digit(best.1, 10)?);
        second = second << 1 | u8::from(best.2);
    }
    Some((text, second))
}

/// Whether the last digit is right: weights 3 and 1 from behind, modulo 10.
fn is_checked(text: &str) -> bool {
    let digits = text.chars().rev().filter_map(|it| it.to_digit(10));
    let sum: u32 = digits
        .zip([1, 3].into_iter().cycle())
        .map(|(digit, weight)| digit * weight)
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit_is_seven_modules_wide() {
        assert!(DIGITS.iter().all(|it| it.iter().sum::<u8>() == 7));
    }

    #[test]
    fn check_digits_are_checked() {
        assert!(is_checked("4006381333931") && is_checked("73513537"));
        assert!(!is_checked("4006381333932") && !is_checked("73513538"));
    }
}
