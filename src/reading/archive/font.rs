//! A font without shapes: every letter that there is, half as wide as high, and nothing to be seen.
//!
//! It is written as a composite font (ISO 32000-1, 9.7): a code of two bytes stands for each letter
//! of the document, a map says which, and one TrueType glyph without contours is the shape of all
//! of them. So any script can be searched and copied, and the font costs about a kilobyte.

use std::collections::HashMap;

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Filter, Name, Pdf, Rect, Ref, Str};

use super::deflated;
use super::layer::{ASCENT, DESCENT};

/// Units of the font's size.
pub const EM: f32 = 1000.0;
/// How wide each letter is, in the same units.
pub const ADVANCE: f32 = 500.0;
/// The same for the TrueType program.
const EM_UNITS: u16 = 1000;
const ADVANCE_UNITS: u16 = 500;
const ASCENT_UNITS: i16 = 780;
const DESCENT_UNITS: i16 = -220;
/// The font's name; the six letters say that it is made for this file (ISO 32000-1, 9.6.4).
const NAME: &[u8] = b"WKMATE+Glyphless";
const MAP_NAME: &[u8] = b"Workmate-UCS";
/// How letters are numbered: by their place in the document.
const NUMBERING: SystemInfo<'static> = SystemInfo {
    registry: Str(b"Adobe"),
    ordering: Str(b"Identity"),
    supplement: 0,
};

/// The letters of a document, each with its code, from 1.
#[derive(Debug, Default)]
pub struct Letters {
    codes: HashMap<char, u16>,
    known: Vec<char>,
}

impl Letters {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// The codes of a text, two bytes for each letter. A document with more than 65 535 different
    /// letters has the last ones left out.
    pub fn codes(&mut self, text: &str) -> Vec<u8> {
        let mut codes = Vec::with_capacity(text.len() * 2);
        for letter in text.chars() {
            let code = match self.codes.get(&letter) {
                Some(code) => Some(*code),
                None => self.number(letter),
            };
            codes.extend(code.into_iter().flat_map(u16::to_be_bytes));
        }
        codes
    }

    fn number(&mut self, letter: char) -> Option<u16> {
        let code = u16::try_from(self.known.len() + 1).ok()?;
        self.known.push(letter);
        self.codes.insert(letter, code);
        Some(code)
    }
}

/// Writes the font as the object `font` with all that it refers to.
pub fn write(pdf: &mut Pdf, font: Ref, letters: &Letters, next: &mut dyn FnMut() -> Ref) {
    let (descendant, descriptor) = (next(), next());
    let (program, shapes, map) = (next(), next(), next());
    pdf.type0_font(font)
        .base_font(Name(NAME))
        .encoding_predefined(Name(b"Identity-H"))
        .descendant_font(descendant)
        .to_unicode(map);
    pdf.cid_font(descendant)
        .subtype(CidFontType::Type2)
        .base_font(Name(NAME))
        .system_info(NUMBERING)
        .font_descriptor(descriptor)
        .default_width(ADVANCE)
        .cid_to_gid_map_stream(shapes);
    pdf.font_descriptor(descriptor)
        .name(Name(NAME))
        .flags(FontFlags::FIXED_PITCH | FontFlags::SYMBOLIC)
        .bbox(Rect::new(0.0, -DESCENT * EM, ADVANCE, ASCENT * EM))
        .italic_angle(0.0)
        .ascent(ASCENT * EM)
        .descent(-DESCENT * EM)
        .cap_height(ASCENT * EM)
        .stem_v(80.0)
        .font_file2(program);
    let bytes = true_type();
    let length = i32::try_from(bytes.len()).unwrap_or(i32::MAX);
    let compressed = deflated(&bytes);
    let mut file = pdf.stream(program, &compressed);
    file.filter(Filter::FlateDecode);
    file.pair(Name(b"Length1"), length);
    drop(file);
    // Code 0 is no letter; all others have the glyph 1.
    let gids = std::iter::once([0, 0]).chain(letters.known.iter().map(|_| [0, 1]));
    let gids = deflated(&gids.flatten().collect::<Vec<u8>>());
    pdf.stream(shapes, &gids).filter(Filter::FlateDecode);
    let mut unicode = UnicodeCmap::new(
        Name(MAP_NAME),
        SystemInfo {
            ordering: Str(b"UCS"),
            ..NUMBERING
        },
    );
    for (code, letter) in (1..=u16::MAX).zip(&letters.known) {
        unicode.pair(code, *letter);
    }
    let unicode = deflated(&unicode.finish());
    pdf.cmap(map, &unicode).filter(Filter::FlateDecode);
}

/// A TrueType font of two empty glyphs.
fn true_type() -> Vec<u8> {
    let tables: [(&[u8; 4], Vec<u8>); 9] = [
        (b"cmap", cmap()),
        // Some programs take a table of no length for a missing one.
        (b"glyf", vec![0; 4]),
        (b"head", head()),
        (b"hhea", hhea()),
        // The advance of all, then the bearing of the second glyph.
        (b"hmtx", words(&[ADVANCE_UNITS, 0, 0])),
        // Neither glyph has any bytes.
        (b"loca", words(&[0, 0, 0])),
        (b"maxp", maxp()),
        // No names.
        (b"name", words(&[0, 0, 6])),
        (b"post", post()),
    ];
    let count = u16::try_from(tables.len()).unwrap_or(0);
    let mut font = vec![0, 1, 0, 0];
    // Eight tables fill the largest power of two below nine.
    font.extend(words(&[count, 128, 3, count * 16 - 128]));
    let mut offset = 12 + 16 * tables.len();
    for (tag, table) in &tables {
        font.extend(*tag);
        let length = table.len();
        for part in [checksum(table), long(offset), long(length)] {
            font.extend(part.to_be_bytes());
        }
        offset += length.next_multiple_of(4);
    }
    for (_, table) in &tables {
        font.extend(table);
        font.resize(font.len().next_multiple_of(4), 0);
    }
    font
}

fn long(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn words(words: &[u16]) -> Vec<u8> {
    words.iter().flat_map(|it| it.to_be_bytes()).collect()
}

/// The sum of a table's 32-bit words.
fn checksum(table: &[u8]) -> u32 {
    table.chunks(4).fold(0, |sum: u32, chunk| {
        let mut word = [0; 4];
        for (to, from) in word.iter_mut().zip(chunk) {
            *to = *from;
        }
        sum.wrapping_add(u32::from_be_bytes(word))
    })
}

/// One table of format 4 with no letter in it: letters come by their codes.
fn cmap() -> Vec<u8> {
    let header = [0, 1, 3, 1, 0, 12];
    let format = [4, 24, 0, 2, 2, 0, 0];
    let segment = [0xffff, 0, 0xffff, 1, 0];
    words(&[&header[..], &format, &segment].concat())
}

fn head() -> Vec<u8> {
    let [ascent, descent] = [ASCENT_UNITS, DESCENT_UNITS].map(i16::cast_unsigned);
    let mut table = words(&[1, 0, 1, 0, 0, 0, 0x5f0f, 0x3cf5, 0, EM_UNITS]);
    // Made and changed at no time.
    table.extend([0; 16]);
    table.extend(words(&[0, descent, ADVANCE_UNITS, ascent]));
    // No style, at least 3 pixels, left to right, short offsets.
    table.extend(words(&[0, 3, 2, 0, 0]));
    table
}

fn hhea() -> Vec<u8> {
    let [ascent, descent] = [ASCENT_UNITS, DESCENT_UNITS].map(i16::cast_unsigned);
    let mut table = words(&[1, 0, ascent, descent, 0, ADVANCE_UNITS, 0, 0, ADVANCE_UNITS]);
    // An upright caret, then one advance for all glyphs.
    table.extend(words(&[1, 0, 0, 0, 0, 0, 0, 0, 1]));
    table
}

fn maxp() -> Vec<u8> {
    let mut table = words(&[1, 0, 2]);
    table.extend(words(&[0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]));
    table
}

/// Version 3: glyphs have no names. Every letter is as wide as the other.
fn post() -> Vec<u8> {
    let mut table = words(&[3, 0, 0, 0, 0, 0, 0, 1]);
    table.extend([0; 16]);
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_keep_their_codes_through_the_document() {
        let mut letters = Letters::default();
        assert_eq!(letters.codes("aß€"), [0, 1, 0, 2, 0, 3]);
        assert_eq!(letters.codes("€a𝛑"), [0, 3, 0, 1, 0, 4]);
    }

    #[test]
    fn more_letters_than_codes_are_left_out() {
        let mut letters = Letters::default();
        let all: String = (0x20..0x2_0000).filter_map(char::from_u32).collect();
        assert_eq!(letters.codes(&all).len(), 2 * 0xffff);
    }

    #[test]
    fn the_tables_of_the_font_have_their_lengths() {
        assert_eq!(head().len(), 54);
        assert_eq!(hhea().len(), 36);
        assert_eq!(maxp().len(), 32);
        assert_eq!(post().len(), 32);
        assert_eq!(cmap().len(), 12 + 24);
        assert_eq!(true_type().len() % 4, 0);
    }
}
