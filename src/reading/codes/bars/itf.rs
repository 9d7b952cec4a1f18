//! Interleaved 2 of 5 (ISO/IEC 16390): pairs of digits, the first in bars, the second in spaces. It
//! has no check and any part of it reads as a whole, so its edges must be free and its length sound.

use super::Read;

/// Which of a digit's five elements are wide, the first as the highest of five bits.
const WIDE: [u8; 10] = [
    0b0_0110, 0b1_0001, 0b0_1001, 0b1_1000, 0b0_0101, 0b1_0100, 0b0_1100, 0b0_0011, 0b1_0010,
    0b0_1010,
];
/// Digits of a text that is believed.
const SHORTEST: usize = 6;
const LONGEST: usize = 60;

/// Reads a code whose first bar is the first of `widths`.
pub fn read(widths: &[f32]) -> Option<Read> {
    let &[a, b, c, d] = widths.get(..4)? else {
        return None;
    };
    let (mut bar, mut space) = (f32::midpoint(a, c), f32::midpoint(b, d));
    let even = |one: f32, other: f32| (0.5..=2.0).contains(&(one / other.max(0.01)));
    if !even(a, c) || !even(b, d) || !(0.25..=4.0).contains(&(bar / space.max(0.01))) {
        return None;
    }
    let mut text = String::new();
    let mut at = 4;
    loop {
        let narrow = f32::midpoint(bar, space);
        if text.len() >= SHORTEST && is_stop(widths.get(at..)?, bar, space) {
            break;
        }
        let pair = widths.get(at..at + 10)?;
        let total: f32 = pair.iter().sum();
        // Ten elements, four of them wide: 14 to 18 narrow ones.
        if !(9.0..=27.0).contains(&(total / narrow)) || text.len() > LONGEST {
            return None;
        }
        // Seen from aside, a code grows or shrinks from pair to pair.
        let first;
        let second;
        (first, bar) = digit(pair.iter().step_by(2).copied())?;
        (second, space) = digit(pair.iter().skip(1).step_by(2).copied())?;
        text.push(first);
        text.push(second);
        at += 10;
    }
    let long = text.len();
    Some(Read {
        symbology: "itf",
        text,
        elements: at + 3,
        module: f32::midpoint(bar, space),
        quiet: 6.0,
        lines: if long < 8 { 5 } else { 3 },
    })
}

/// A wide bar, a narrow space, a narrow bar, and then nothing.
fn is_stop(widths: &[f32], bar: f32, space: f32) -> bool {
    let Some(&[a, b, c]) = widths.get(..3) else {
        return false;
    };
    let free = widths.get(3).is_none_or(|it| *it > (bar + space) * 3.0);
    free && a > 1.4 * c && a > 1.3 * bar && c < 1.9 * bar && b < 1.9 * space && a < 5.0 * bar
}

/// The digit whose two wide elements are the two widest of five, and how wide its narrow ones are.
fn digit(widths: impl Iterator<Item = f32> + Clone) -> Option<(char, f32)> {
    let mut sorted: Vec<f32> = widths.clone().collect();
    sorted.sort_by(f32::total_cmp);
    let &[least, middle, most_narrow, least_wide, most] = sorted.as_slice() else {
        return None;
    };
    if least_wide < 1.3 * most_narrow || most_narrow > 2.6 * least || most > 2.2 * least_wide {
        return None;
    }
    let limit = f32::midpoint(most_narrow, least_wide);
    let wide = widths.fold(0_u8, |wide, it| wide << 1 | u8::from(it > limit));
    let index = WIDE.iter().position(|it| *it == wide)?;
    let digit = char::from_digit(u32::try_from(index).ok()?, 10)?;
    Some((digit, (least + middle + most_narrow) / 3.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit_has_two_wide_elements_and_its_own_pattern() {
        for (index, wide) in WIDE.iter().enumerate() {
            assert_eq!(wide.count_ones(), 2, "{index}");
            assert!(!WIDE[..index].contains(wide), "{index}");
        }
    }
}
