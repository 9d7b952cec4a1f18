//! How the text on a page is arranged, as far as it decides how its letters are looked for.

use ::image::GrayImage;

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

/// A sheet this many times higher than wide is a till roll, in hundredths.
const ROLL_HUNDREDTHS: u32 = 155;

/// How the text of a page is arranged. A roll is told by the shape of its sheet alone: taken as one
/// block, a narrow text on a large white page lost as many days and names as it gained totals.
pub fn of(page: &GrayImage) -> Layout {
    if page.height() * 100 > page.width() * ROLL_HUNDREDTHS {
        Layout::Roll
    } else {
        Layout::Page
    }
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
    use ::image::Luma;

    use super::super::ink::tests::lines_of_text;
    use super::*;

    #[test]
    fn a_letter_is_a_page_and_a_roll_is_a_roll() {
        assert_eq!(of(&GrayImage::new(1000, 1414)), Layout::Page);
        assert_eq!(of(&GrayImage::new(500, 1600)), Layout::Roll);
        assert_eq!(of(&GrayImage::new(750, 1180)), Layout::Roll);
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
