//! How the text on a page is arranged, as far as it decides how its letters are looked for.

use ::image::GrayImage;

use super::ink::Ink;
use super::numbers::{share, wide};

/// How the text of a page is arranged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// A page: paragraphs, columns, tables.
    #[default]
    Page,
    /// A till roll: one column of rows, each with a price at its end.
    Roll,
}

/// A sheet this many times higher than wide is a till roll, in tenths.
const ROLL_TENTHS: usize = 16;
/// So is what covers no more of a page's width, in percent, and is as narrow.
const NARROW_PERCENT: usize = 50;

/// How the ink of a page is arranged.
pub fn of(ink: &Ink) -> Layout {
    let sheet = (
        usize::try_from(ink.width).unwrap_or(0),
        usize::try_from(ink.height).unwrap_or(0),
    );
    let (width, height) = extent(ink);
    let is_roll = |width: usize, height: usize| height * 10 > width * ROLL_TENTHS;
    let is_narrow = width * 100 < sheet.0 * NARROW_PERCENT;
    if is_roll(sheet.0, sheet.1) || (is_narrow && is_roll(width, height)) {
        Layout::Roll
    } else {
        Layout::Page
    }
}

/// Width and height of what is printed; specks do not count.
pub fn extent(ink: &Ink) -> (usize, usize) {
    let width = usize::try_from(ink.width).unwrap_or(0);
    let height = usize::try_from(ink.height).unwrap_or(0);
    let mut columns = vec![0_u32; width];
    let mut rows = Vec::with_capacity(height);
    for row in ink.rows() {
        let mut sum = 0_u32;
        for (column, is_ink) in columns.iter_mut().zip(row) {
            *column += u32::from(*is_ink);
            sum += u32::from(*is_ink);
        }
        rows.push(sum);
    }
    (spread(&columns), spread(&rows))
}

/// The distance within which nearly all of the ink lies.
fn spread(sums: &[u32]) -> usize {
    let all: u32 = sums.iter().sum();
    let few = all / 200;
    let skipped = |sums: &mut dyn Iterator<Item = &u32>| {
        let mut seen = 0;
        sums.take_while(|it| {
            seen += **it;
            seen <= few
        })
        .count()
    };
    let before = skipped(&mut sums.iter());
    let after = skipped(&mut sums.iter().rev());
    sums.len().saturating_sub(before + after)
}

/// Side of the squares that are looked at for white print on dark, in pixels of the small copy.
const SQUARE: usize = 12;

/// So many dark squares side by side are wide enough for a word.
const SQUARES: usize = 4;

/// Whether a part of the page is dark enough for white print.
pub fn has_dark(page: &GrayImage) -> bool {
    let stride = wide(page.width()).max(1);
    let mut values = Vec::new();
    for band in page.as_raw().chunks_exact(stride * SQUARE) {
        let mut dark = 0;
        for column in (0..stride / SQUARE).map(|it| it * SQUARE) {
            values.clear();
            for row in band.chunks_exact(stride).step_by(3) {
                let part = row.get(column..column + SQUARE).unwrap_or(&[]);
                values.extend(part.iter().step_by(3).copied());
            }
            // White print leaves most of its ground dark; dark print never makes it so.
            let is_dark = share(&mut values, 60) < 150;
            dark = if is_dark { dark + 1 } else { 0 };
            if dark >= SQUARES {
                return true;
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use ::image::{GrayImage, Luma};

    use super::super::ink::tests::lines_of_text;
    use super::*;

    #[test]
    fn a_letter_is_a_page_and_a_roll_is_a_roll() {
        assert_eq!(of(&Ink::of(&lines_of_text(1000, 1300))), Layout::Page);
        assert_eq!(of(&Ink::of(&lines_of_text(500, 1600))), Layout::Roll);
    }

    #[test]
    fn a_roll_on_a_large_white_page_is_a_roll() {
        let roll = lines_of_text(500, 1600);
        let mut page = GrayImage::from_pixel(1500, 1700, Luma([250]));
        ::image::imageops::replace(&mut page, &roll, 500, 50);
        assert_eq!(of(&Ink::of(&page)), Layout::Roll);
    }

    #[test]
    fn a_dark_bar_is_seen_and_letters_are_not() {
        let mut page = lines_of_text(1000, 1300);
        assert!(!has_dark(&page));
        for y in 100..140 {
            for x in 100..900 {
                page.put_pixel(x, y, Luma([60]));
            }
        }
        assert!(has_dark(&page));
    }
}
