//! Code 39 (ISO/IEC 16388): 43 characters of nine elements, three of them wide; no check of its own,
//! so it must be clean, and seen on several lines.

use super::Read;

/// Characters in the order of [`WIDE`].
const CHARACTERS: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%*";
/// Which of nine elements are wide, the first as the highest of nine bits.
const WIDE: [u16; 44] = [
    0b0_0011_0100,
    0b1_0010_0001,
    0b0_0110_0001,
    0b1_0110_0000,
    0b0_0011_0001,
    0b1_0011_0000,
    0b0_0111_0000,
    0b0_0010_0101,
    0b1_0010_0100,
    0b0_0110_0100,
    0b1_0000_1001,
    0b0_0100_1001,
    0b1_0100_1000,
    0b0_0001_1001,
    0b1_0001_1000,
    0b0_0101_1000,
    0b0_0000_1101,
    0b1_0000_1100,
    0b0_0100_1100,
    0b0_0001_1100,
    0b1_0000_0011,
    0b0_0100_0011,
    0b1_0100_0010,
    0b0_0001_0011,
    0b1_0001_0010,
    0b0_0101_0010,
    0b0_0000_0111,
    0b1_0000_0110,
    0b0_0100_0110,
    0b0_0001_0110,
    0b1_1000_0001,
    0b0_1100_0001,
    0b1_1100_0000,
    0b0_1001_0001,
    0b1_1001_0000,
    0b0_1101_0000,
    0b0_1000_0101,
    0b1_1000_0100,
    0b0_1100_0100,
    0b0_1010_1000,
    0b0_1010_0010,
    0b0_1000_1010,
    0b0_0010_1010,
    0b0_1001_0100,
];
/// Elements of one character.
const ELEMENTS: usize = 9;
/// Characters of a text that is believed.
const SHORTEST: usize = 3;
const LONGEST: usize = 80;

/// Narrow and wide, as the first asterisk shows them.
struct Measures {
    bar: f32,
    space: f32,
    total: f32,
    narrow: f32,
}

/// Reads a code whose first bar is the first of `widths`.
pub fn read(widths: &[f32]) -> Option<Read> {
    let measures = measures(widths.get(..ELEMENTS)?)?;
    let mut text = String::new();
    let mut at = ELEMENTS;
    loop {
        let gap = *widths.get(at)?;
        if gap > measures.total * 0.5 {
            return None;
        }
        let next = widths.get(at + 1..at + 1 + ELEMENTS)?;
        let character = character(next, &measures)?;
        at += 1 + ELEMENTS;
        if character == '*' {
            break;
        }
        text.push(character);
        if text.len() > LONGEST {
            return None;
        }
    }
    let long = text.len();
    (long >= SHORTEST).then_some(Read {
        symbology: "code_39",
        text,
        elements: at,
        module: measures.narrow,
        quiet: 5.0,
        lines: if long < 5 { 4 } else { 3 },
    })
}

fn measures(widths: &[f32]) -> Option<Measures> {
    // The asterisk: narrow and wide as in its pattern, bars and spaces in turn.
    let at = |index: usize| widths.get(index).copied();
    let bars = [at(0)?, at(2)?, at(8)?];
    let spaces = [at(3)?, at(5)?, at(7)?];
    let mean = |all: [f32; 3]| all.iter().sum::<f32>() / 3.0;
    let (narrow_bar, wide_bar) = (mean(bars), f32::midpoint(at(4)?, at(6)?));
    let (narrow_space, wide_space) = (mean(spaces), at(1)?);
    let clear = |wide: f32, narrow: f32| (1.5..=4.5).contains(&(wide / narrow.max(0.01)));
    let even = |all: [f32; 3], mean: f32| all.iter().all(|it| (it - mean).abs() < mean * 0.45);
    let sound = clear(wide_bar, narrow_bar)
        && clear(wide_space, narrow_space)
        && even(bars, narrow_bar)
        && even(spaces, narrow_space);
    sound.then_some(Measures {
        bar: f32::midpoint(narrow_bar, wide_bar),
        space: f32::midpoint(narrow_space, wide_space),
        total: widths.iter().sum(),
        narrow: f32::midpoint(narrow_bar, narrow_space),
    })
}

fn character(widths: &[f32], measures: &Measures) -> Option<char> {
    let total: f32 = widths.iter().sum();
    let scale = total / measures.total;
    if !(0.72..=1.4).contains(&scale) {
        return None;
    }
    let mut wide = 0_u16;
    for (width, is_bar) in widths.iter().zip([true, false].into_iter().cycle()) {
        let limit = if is_bar { measures.bar } else { measures.space };
        wide = wide << 1 | u16::from(*width > limit * scale);
    }
    let index = WIDE.iter().position(|it| *it == wide)?;
    CHARACTERS.chars().nth(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_has_three_wide_elements_and_its_own_pattern() {
        assert_eq!(CHARACTERS.len(), WIDE.len());
        for (index, wide) in WIDE.iter().enumerate() {
            assert_eq!(wide.count_ones(), 3, "{index}");
            assert!(!WIDE[..index].contains(wide), "{index}");
        }
    }
}
