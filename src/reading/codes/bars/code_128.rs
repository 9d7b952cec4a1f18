//! Code 128 (ISO/IEC 15417): three character sets, a check symbol, and FNC1 for GS1 data.

use super::{Read, fit};

/// Widths of bar, space, bar, space, bar, space in modules, by the symbol's value.
const SYMBOLS: [[u8; 6]; 106] = [
    [2, 1, 2, 2, 2, 2],
    [2, 2, 2, 1, 2, 2],
    [2, 2, 2, 2, 2, 1],
    [1, 2, 1, 2, 2, 3],
    [1, 2, 1, 3, 2, 2],
    [1, 3, 1, 2, 2, 2],
    [1, 2, 2, 2, 1, 3],
    [1, 2, 2, 3, 1, 2],
    [1, 3, 2, 2, 1, 2],
    [2, 2, 1, 2, 1, 3],
    [2, 2, 1, 3, 1, 2],
    [2, 3, 1, 2, 1, 2],
    [1, 1, 2, 2, 3, 2],
    [1, 2, 2, 1, 3, 2],
    [1, 2, 2, 2, 3, 1],
    [1, 1, 3, 2, 2, 2],
    [1, 2, 3, 1, 2, 2],
    [1, 2, 3, 2, 2, 1],
    [2, 2, 3, 2, 1, 1],
    [2, 2, 1, 1, 3, 2],
    [2, 2, 1, 2, 3, 1],
    [2, 1, 3, 2, 1, 2],
    [2, 2, 3, 1, 1, 2],
    [3, 1, 2, 1, 3, 1],
    [3, 1, 1, 2, 2, 2],
    [3, 2, 1, 1, 2, 2],
    [3, 2, 1, 2, 2, 1],
    [3, 1, 2, 2, 1, 2],
    [3, 2, 2, 1, 1, 2],
    [3, 2, 2, 2, 1, 1],
    [2, 1, 2, 1, 2, 3],
    [2, 1, 2, 3, 2, 1],
    [2, 3, 2, 1, 2, 1],
    [1, 1, 1, 3, 2, 3],
    [1, 3, 1, 1, 2, 3],
    [1, 3, 1, 3, 2, 1],
    [1, 1, 2, 3, 1, 3],
    [1, 3, 2, 1, 1, 3],
    [1, 3, 2, 3, 1, 1],
    [2, 1, 1, 3, 1, 3],
    [2, 3, 1, 1, 1, 3],
    [2, 3, 1, 3, 1, 1],
    [1, 1, 2, 1, 3, 3],
    [1, 1, 2, 3, 3, 1],
    [1, 3, 2, 1, 3, 1],
    [1, 1, 3, 1, 2, 3],
    [1, 1, 3, 3, 2, 1],
    [1, 3, 3, 1, 2, 1],
    [3, 1, 3, 1, 2, 1],
    [2, 1, 1, 3, 3, 1],
    [2, 3, 1, 1, 3, 1],
    [2, 1, 3, 1, 1, 3],
    [2, 1, 3, 3, 1, 1],
    [2, 1, 3, 1, 3, 1],
    [3, 1, 1, 1, 2, 3],
    [3, 1, 1, 3, 2, 1],
    [3, 3, 1, 1, 2, 1],
    [3, 1, 2, 1, 1, 3],
    [3, 1, 2, 3, 1, 1],
    [3, 3, 2, 1, 1, 1],
    [3, 1, 4, 1, 1, 1],
    [2, 2, 1, 4, 1, 1],
    [4, 3, 1, 1, 1, 1],
    [1, 1, 1, 2, 2, 4],
    [1, 1, 1, 4, 2, 2],
    [1, 2, 1, 1, 2, 4],
    [1, 2, 1, 4, 2, 1],
    [1, 4, 1, 1, 2, 2],
    [1, 4, 1, 2, 2, 1],
    [1, 1, 2, 2, 1, 4],
    [1, 1, 2, 4, 1, 2],
    [1, 2, 2, 1, 1, 4],
    [1, 2, 2, 4, 1, 1],
    [1, 4, 2, 1, 1, 2],
    [1, 4, 2, 2, 1, 1],
    [2, 4, 1, 2, 1, 1],
    [2, 2, 1, 1, 1, 4],
    [4, 1, 3, 1, 1, 1],
    [2, 4, 1, 1, 1, 2],
    [1, 3, 4, 1, 1, 1],
    [1, 1, 1, 2, 4, 2],
    [1, 2, 1, 1, 4, 2],
    [1, 2, 1, 2, 4, 1],
    [1, 1, 4, 2, 1, 2],
    [1, 2, 4, 1, 1, 2],
    [1, 2, 4, 2, 1, 1],
    [4, 1, 1, 2, 1, 2],
    [4, 2, 1, 1, 1, 2],
    [4, 2, 1, 2, 1, 1],
    [2, 1, 2, 1, 4, 1],
    [2, 1, 4, 1, 2, 1],
    [4, 1, 2, 1, 2, 1],
    [1, 1, 1, 1, 4, 3],
    [1, 1, 1, 3, 4, 1],
    [1, 3, 1, 1, 4, 1],
    [1, 1, 4, 1, 1, 3],
    [1, 1, 4, 3, 1, 1],
    [4, 1, 1, 1, 1, 3],
    [4, 1, 1, 3, 1, 1],
    [1, 1, 3, 1, 4, 1],
    [1, 1, 4, 1, 3, 1],
    [3, 1, 1, 1, 4, 1],
    [4, 1, 1, 1, 3, 1],
    [2, 1, 1, 4, 1, 2],
    [2, 1, 1, 2, 1, 4],
    [2, 1, 1, 2, 3, 2],
];
/// The stop symbol: four bars.
const STOP: [u8; 7] = [2, 3, 3, 1, 1, 1, 2];
/// Elements of one symbol.
const ELEMENTS: usize = 6;
/// Modules of one symbol.
const MODULES: f32 = 11.0;
/// How far a symbol may be from its pattern, in modules over its six elements.
const FAR: f32 = 2.2;
/// Symbols of one code, beyond which nobody prints.
const SYMBOLS_MAX: usize = 120;

const START_A: usize = 103;
const START_C: usize = 105;
const FNC1: usize = 102;

/// Reads a code whose first bar is the first of `widths`.
pub fn read(widths: &[f32]) -> Option<Read> {
    let (start, growth) = start(widths.get(..ELEMENTS)?)?;
    let mut values = vec![start];
    let mut at = ELEMENTS;
    loop {
        if values.len() > SYMBOLS_MAX {
            return None;
        }
        if values.len() > 2 && is_stop(widths.get(at..at + STOP.len()), growth) {
            break;
        }
        values.push(symbol(widths.get(at..at + ELEMENTS)?, growth)?);
        at += ELEMENTS;
    }
    let check = values.pop()?;
    let sum: usize = values
        .iter()
        .zip(std::iter::once(1).chain(1..))
        .map(|(value, weight)| value * weight)
        .sum();
    if sum % 103 != check {
        return None;
    }
    let text = text(&values)?;
    let elements = at + STOP.len();
    let width: f32 = widths.get(..elements)?.iter().sum();
    let symbols = f32::from(u8::try_from(values.len() + 1).ok()?);
    (!text.is_empty()).then_some(Read {
        symbology: "code_128",
        text,
        elements,
        module: width / (symbols * MODULES + 13.0),
        quiet: 5.0,
        // One check symbol says little about two others.
        lines: if values.len() < 4 { 4 } else { 2 },
    })
}

/// The start symbol and how much wider than meant its bars are, in modules.
fn start(widths: &[f32]) -> Option<(usize, f32)> {
    let starts = SYMBOLS.iter().enumerate().skip(START_A);
    let all = starts.map(|(value, pattern)| {
        let (far, growth) = fit(widths, pattern, None);
        (value, far, growth)
    });
    let (value, far, growth) = all.min_by(|a, b| a.1.total_cmp(&b.1))?;
    (far <= FAR && growth.abs() <= 0.7).then_some((value, growth))
}

fn symbol(widths: &[f32], growth: f32) -> Option<usize> {
    let all = SYMBOLS.iter().take(START_A).enumerate();
    let all = all.map(|(value, pattern)| (value, fit(widths, pattern, Some(growth)).0));
    let (value, far) = all.min_by(|a, b| a.1.total_cmp(&b.1))?;
    (far <= FAR).then_some(value)
}

fn is_stop(widths: Option<&[f32]>, growth: f32) -> bool {
    widths.is_some_and(|it| fit(it, &STOP, Some(growth)).0 <= FAR)
}

/// Which characters a value stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Set {
    A,
    B,
    C,
}

/// The text of the values between start and check symbol.
fn text(values: &[usize]) -> Option<String> {
    let (first, rest) = values.split_first()?;
    let mut set = match first {
        103 => Set::A,
        104 => Set::B,
        _ => Set::C,
    };
    debug_assert!(*first <= START_C, "start symbols end at C");
    let mut text = String::new();
    let mut shifted = false;
    let mut is_high = false;
    for (index, value) in rest.iter().enumerate() {
        let now = match (shifted, set) {
            (true, Set::A) => Set::B,
            (true, Set::B) => Set::A,
            (_, set) => set,
        };
        shifted = false;
        match (now, value) {
            (_, &FNC1) => {
                // At the beginning it says that the data follow GS1; later it ends a field.
                if index > 0 {
                    text.push('\u{1d}');
                }
            }
            (Set::C, 0..=99) => {
                let digit = |it: usize| char::from_digit(u32::try_from(it).ok()?, 10);
                text.push(digit(value / 10)?);
                text.push(digit(value % 10)?);
            }
            (Set::A | Set::C, 100) => set = Set::B,
            (Set::B | Set::C, 101) => set = Set::A,
            (Set::A | Set::B, 99) => set = Set::C,
            (Set::A | Set::B, 98) => shifted = true,
            (Set::A, 101) | (Set::B, 100) => is_high = !is_high,
            (Set::A | Set::B, 0..=95) => {
                let code = u32::try_from(*value).ok()?;
                let code = if now == Set::A && code >= 64 {
                    code - 64
                } else {
                    code + 32
                };
                text.push(char::from_u32(code + if is_high { 128 } else { 0 })?);
                is_high = false;
            }
            // 96 and 97 are FNC3 and FNC2: for the reader, not for the text.
            (Set::A | Set::B, 96 | 97) => (),
            _ => return None,
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_symbol_is_eleven_modules_wide_and_alone() {
        for (index, symbol) in SYMBOLS.iter().enumerate() {
            assert_eq!(symbol.iter().sum::<u8>(), 11, "{index}");
            assert!(!SYMBOLS[..index].contains(symbol), "{index}");
            // Bars of a symbol are even in sum: that is its parity.
            assert_eq!((symbol[0] + symbol[2] + symbol[4]) % 2, 0, "{index}");
        }
    }

    #[test]
    fn sets_change_within_a_text() {
        // Start B, "A", Code C, 12, Code A, newline (control 10: value 74).
        assert_eq!(text(&[104, 33, 99, 12, 101, 74]).unwrap(), "A12\n");
        // GS1-128: FNC1 at the beginning is dropped, between fields it is kept.
        assert_eq!(text(&[105, 102, 42, 0, 102, 10]).unwrap(), "4200\u{1d}10");
    }
}
