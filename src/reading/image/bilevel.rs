//! Black and white as fax machines and office scanners pack it into TIFF: CCITT Group 3 in one and
//! two dimensions, Group 4, and run lengths alone (TIFF 6.0, sections 10 and 11; ITU-T T.4, T.6).

use std::io::Cursor;

use ::image::GrayImage;
use hayro_ccitt::{DecodeSettings, DecoderContext, EncodingMode};
use tiff::decoder::Decoder;
use tiff::tags::Tag;

use super::super::failure::Failure;

/// `T4Options` (TIFF 6.0, section 11).
const T4_OPTIONS: Tag = Tag::Unknown(292);
const WHITE: u8 = 255;
const BLACK: u8 = 0;

/// The picture at which `decoder` stands; `None` if it is not packed in one of these ways. A picture
/// that breaks off keeps the rows before that.
pub fn decode(
    bytes: &[u8],
    decoder: &mut Decoder<Cursor<&[u8]>>,
    size: (u32, u32),
) -> Option<Result<GrayImage, Failure>> {
    let packing = Packing::of(decoder)?;
    let strips = strips(bytes, decoder)?;
    let rows_per_strip = number(decoder, Tag::RowsPerStrip).unwrap_or(size.1);
    Some(packing.unpacked(&strips, size, rows_per_strip.clamp(1, size.1.max(1))))
}

fn number(decoder: &mut Decoder<Cursor<&[u8]>>, tag: Tag) -> Option<u32> {
    decoder.find_tag_unsigned(tag).ok().flatten()
}

fn strips<'a>(bytes: &'a [u8], decoder: &mut Decoder<Cursor<&[u8]>>) -> Option<Vec<&'a [u8]>> {
    let mut list = |tag| decoder.find_tag_unsigned_vec::<u64>(tag).ok().flatten();
    let (offsets, lengths) = (list(Tag::StripOffsets)?, list(Tag::StripByteCounts)?);
    let places = offsets.into_iter().zip(lengths);
    let strips = places.map(|(offset, length)| {
        let begin = usize::try_from(offset).unwrap_or(usize::MAX);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let rest = bytes.get(begin..).unwrap_or_default();
        rest.get(..length).unwrap_or(rest)
    });
    Some(strips.collect())
}

struct Packing {
    encoding: EncodingMode,
    has_line_ends: bool,
    is_aligned: bool,
    /// Bits of a byte come from the lowest.
    is_reversed: bool,
    /// What a white run is painted as, and a black one.
    white: u8,
    black: u8,
}

impl Packing {
    fn of(decoder: &mut Decoder<Cursor<&[u8]>>) -> Option<Self> {
        let options = number(decoder, T4_OPTIONS).unwrap_or(0);
        let has_two_dimensions = options & 1 == 1;
        let (encoding, has_line_ends, is_aligned) = match number(decoder, Tag::Compression)? {
            2 => (EncodingMode::Group3_1D, false, true),
            3 if has_two_dimensions => (EncodingMode::Group3_2D, true, false),
            3 => (EncodingMode::Group3_1D, true, false),
            4 => (EncodingMode::Group4, false, false),
            _ => return None,
        };
        let is_one_bit = number(decoder, Tag::SamplesPerPixel).unwrap_or(1) == 1;
        // White is 0 unless it is said that black is, which turns the picture over.
        let is_turned = number(decoder, Tag::PhotometricInterpretation) == Some(1);
        let (white, black) = if is_turned {
            (BLACK, WHITE)
        } else {
            (WHITE, BLACK)
        };
        is_one_bit.then_some(Self {
            encoding,
            has_line_ends,
            is_aligned,
            is_reversed: number(decoder, Tag::FillOrder) == Some(2),
            white,
            black,
        })
    }

    fn unpacked(
        &self,
        strips: &[&[u8]],
        (width, height): (u32, u32),
        rows_per_strip: u32,
    ) -> Result<GrayImage, Failure> {
        let mut rows = Rows {
            // What is missing is paper.
            pixels: GrayImage::from_pixel(width, height, ::image::Luma([WHITE])),
            white: self.white,
            black: self.black,
            next: 0,
        };
        let mut is_broken = false;
        for (strip, first) in strips.iter().zip((0..height).step_by(step(rows_per_strip))) {
            let settings = DecodeSettings {
                columns: width,
                rows: rows_per_strip.min(height - first),
                end_of_block: self.encoding != EncodingMode::Group3_1D || self.has_line_ends,
                end_of_line: self.has_line_ends,
                rows_are_byte_aligned: self.is_aligned,
                encoding: self.encoding,
                strict: false,
            };
            rows.next = first;
            let mut context = DecoderContext::new(settings);
            let turned: Vec<u8>;
            let strip = if self.is_reversed {
                turned = strip.iter().map(|it| it.reverse_bits()).collect();
                turned.as_slice()
            } else {
                strip
            };
            let ended = hayro_ccitt::decode(strip, &mut rows, &mut context);
            is_broken |= ended.is_err() && rows.next == first;
        }
        if is_broken || strips.is_empty() {
            return Err(Failure::damaged("the picture ends early or makes no sense"));
        }
        Ok(rows.pixels)
    }
}

fn step(rows: u32) -> usize {
    usize::try_from(rows).unwrap_or(usize::MAX).max(1)
}

struct Rows {
    pixels: GrayImage,
    white: u8,
    black: u8,
    next: u32,
}

impl hayro_ccitt::Decoder for Rows {
    fn push_row(&mut self, changes: &[u32]) {
        let width = step(self.pixels.width());
        let row = usize::try_from(self.next).unwrap_or(usize::MAX);
        self.next = self.next.saturating_add(1);
        let begin = row.saturating_mul(width);
        let Some(row) = self.pixels.get_mut(begin..begin.saturating_add(width)) else {
            return;
        };
        row.fill(self.white);
        let place = |it: &u32| usize::try_from(*it).unwrap_or(width).min(width);
        for run in changes.chunks(2) {
            let from = run.first().map_or(width, place);
            let to = run.get(1).map_or(width, place);
            if let Some(run) = row.get_mut(from..to) {
                run.fill(self.black);
            }
        }
    }
}
