//! What goes wrong with files on purpose and by accident: flipped bits, cut ends, two files spliced.
//!
//! The same number always gives the same file, so that a failure can be repeated by its number.

use crate::paper::Sheet;

/// Numbers that look random and are the same in every run (splitmix64).
pub struct Dice(u64);

impl Dice {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub const fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Less than `limit`; 0 when that is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.roll() % limit).unwrap_or(0)
    }

    fn byte(&mut self) -> u8 {
        self.roll().to_le_bytes()[0]
    }
}

/// Values that counts and lengths are broken with.
const LENGTHS: [u32; 8] = [
    0,
    1,
    0x7f,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_fff0,
    u32::MAX,
];

/// The mutation with that number of one of the seeds, which its name tells.
pub fn mutated(seeds: &[Sheet], number: u64) -> Sheet {
    let mut dice = Dice::new(number);
    let Some(seed) = seeds.get(dice.below(seeds.len())) else {
        return Sheet {
            name: "none".to_owned(),
            bytes: Vec::new(),
        };
    };
    let mut bytes = seed.bytes.clone();
    for _ in 0..=dice.below(3) {
        match dice.below(7) {
            0 => flip_bits(&mut bytes, &mut dice),
            1 => set_bytes(&mut bytes, &mut dice),
            2 => set_lengths(&mut bytes, &mut dice),
            3 => change_digits(&mut bytes, &mut dice),
            4 => repeat(&mut bytes, &mut dice),
            5 => {
                let length = bytes.len();
                bytes.truncate(dice.below(length));
            }
            _ => {
                let other = seeds.get(dice.below(seeds.len())).unwrap_or(seed);
                splice(&mut bytes, &other.bytes, &mut dice);
            }
        }
    }
    Sheet {
        name: format!("{number}-{}", seed.name),
        bytes,
    }
}

fn flip_bits(bytes: &mut [u8], dice: &mut Dice) {
    for _ in 0..=dice.below(32) {
        let (at, bit) = (place(bytes, dice), dice.below(8));
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 1 << bit;
        }
    }
}

fn set_bytes(bytes: &mut [u8], dice: &mut Dice) {
    let start = place(bytes, dice);
    let length = dice.below(64);
    for byte in bytes.iter_mut().skip(start).take(length) {
        *byte = dice.byte();
    }
}

/// Counts and lengths stand in four bytes in most kinds of file.
fn set_lengths(bytes: &mut [u8], dice: &mut Dice) {
    for _ in 0..=dice.below(4) {
        let value = LENGTHS.get(dice.below(LENGTHS.len())).copied().unwrap_or(0);
        let value = if dice.below(2) == 0 {
            value.to_le_bytes()
        } else {
            value.to_be_bytes()
        };
        let at = place(bytes, dice);
        for (to, from) in bytes.iter_mut().skip(at).zip(value) {
            *to = from;
        }
    }
}

/// In PDF, mail and XML they stand in digits.
fn change_digits(bytes: &mut [u8], dice: &mut Dice) {
    let mut changes = 1 + dice.below(6);
    let start = place(bytes, dice);
    for byte in bytes.iter_mut().skip(start) {
        if byte.is_ascii_digit() && dice.below(3) == 0 {
            *byte = b'0' + dice.byte() % 10;
            changes -= 1;
        }
        if changes == 0 {
            return;
        }
    }
}

fn repeat(bytes: &mut Vec<u8>, dice: &mut Dice) {
    let start = place(bytes, dice);
    let piece: Vec<u8> = bytes
        .iter()
        .skip(start)
        .take(dice.below(2000))
        .copied()
        .collect();
    let times = 1 + dice.below(20);
    bytes.splice(start..start, piece.repeat(times));
}

/// The head of one and the tail of the other.
fn splice(bytes: &mut Vec<u8>, other: &[u8], dice: &mut Dice) {
    bytes.truncate(place(bytes, dice));
    bytes.extend(other.iter().skip(place(other, dice)));
}

/// Half of them in the first kilobyte, where files say what they are.
fn place(bytes: &[u8], dice: &mut Dice) -> usize {
    let most = if dice.below(2) == 0 {
        bytes.len().min(1024)
    } else {
        bytes.len()
    };
    dice.below(most)
}
