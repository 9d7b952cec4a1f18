//! TIFF pictures whose pixels are numbers of colours (TIFF 6.0, section 5). The decoder reads the
//! numbers when the directory calls them grey, and the colours are looked up here.

use std::io::Cursor;

use ::image::RgbImage;
use tiff::decoder::{Decoder, DecodingResult};
use tiff::tags::{ByteOrder, Tag};

use super::super::failure::Failure;
use super::{damaged_tiff, unpacked};

/// The directory's entry that says what pixels mean, and two of its values.
const PHOTOMETRIC: u16 = 262;
const BLACK_IS_ZERO: u16 = 1;
const COLOURS: u32 = 3;

/// The picture at which `decoder` stands; `None` if it has no table of colours.
pub fn decode(
    bytes: &[u8],
    decoder: &mut Decoder<Cursor<&[u8]>>,
    index: usize,
    (width, height): (u32, u32),
) -> Option<Result<RgbImage, Failure>> {
    let stated = decoder.find_tag_unsigned::<u32>(Tag::PhotometricInterpretation);
    if stated.ok().flatten() != Some(COLOURS) {
        return None;
    }
    let bits = decoder
        .find_tag_unsigned::<u8>(Tag::BitsPerSample)
        .ok()
        .flatten();
    let bits = bits.filter(|it| matches!(it, 1 | 2 | 4 | 8))?;
    let table = decoder
        .find_tag_unsigned_vec::<u16>(Tag::ColorMap)
        .ok()
        .flatten()?;
    let begin = usize::try_from(decoder.ifd_pointer()?.0).ok()?;
    let grey = called_grey(bytes, begin, decoder.byte_order())?;
    let numbers = numbers(&grey, index).map(|it| {
        if bits < 8 {
            unscaled(&unpacked(&it, bits, width), bits)
        } else {
            it
        }
    });
    Some(numbers.and_then(|numbers| {
        let pixels = numbers
            .into_iter()
            .flat_map(|it| colour(&table, it))
            .collect();
        RgbImage::from_raw(width, height, pixels)
            .ok_or_else(|| Failure::damaged("the picture ends early or makes no sense"))
    }))
}

/// A copy of the file whose directory at `begin` calls the numbers of colours grey.
fn called_grey(bytes: &[u8], begin: usize, order: ByteOrder) -> Option<Vec<u8>> {
    let number = |at: usize| {
        let pair = bytes.get(at..at + 2)?.try_into().ok()?;
        Some(match order {
            ByteOrder::LittleEndian => u16::from_le_bytes(pair),
            ByteOrder::BigEndian => u16::from_be_bytes(pair),
        })
    };
    let count = usize::from(number(begin)?);
    let mut entries = (0..count).map(|it| begin + 2 + 12 * it);
    let entry = entries.find(|at| number(*at) == Some(PHOTOMETRIC))?;
    let value = match order {
        ByteOrder::LittleEndian => BLACK_IS_ZERO.to_le_bytes(),
        ByteOrder::BigEndian => BLACK_IS_ZERO.to_be_bytes(),
    };
    let mut copy = bytes.to_vec();
    copy.get_mut(entry + 8..entry + 10)?.copy_from_slice(&value);
    Some(copy)
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "another crate's enum, which may grow"
)]
fn numbers(bytes: &[u8], index: usize) -> Result<Vec<u8>, Failure> {
    let mut decoder = Decoder::new(Cursor::new(bytes)).map_err(damaged_tiff)?;
    decoder.seek_to_image(index).map_err(damaged_tiff)?;
    match decoder.read_image().map_err(damaged_tiff)? {
        DecodingResult::U8(numbers) => Ok(numbers),
        _ => Err(Failure::damaged(
            "its colours are of a kind that is not known",
        )),
    }
}

/// Numbers of a few bits were spread over a byte as if they were shades.
fn unscaled(shades: &[u8], bits: u8) -> Vec<u8> {
    let most = (1_u16 << bits) - 1;
    let number = |it: &u8| u8::try_from((u16::from(*it) * most + 127) / 255).unwrap_or(0);
    shades.iter().map(number).collect()
}

/// The table holds all reds, then all greens, then all blues, in 16 bits each.
fn colour(table: &[u16], number: u8) -> [u8; 3] {
    let third = table.len() / 3;
    [0, 1, 2].map(|it| {
        let value = table.get(it * third + usize::from(number));
        value.map_or(255, |it| u8::try_from(it >> 8).unwrap_or(255))
    })
}
