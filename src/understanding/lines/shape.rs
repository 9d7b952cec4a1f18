//! The shape of a page's print: whether it is a till's slip, a narrow strip or a narrow column alone
//! on a sheet, and how askew its rows are.

use crate::domain::document::{Page, Word};

/// A sheet so many times higher than wide is a strip, whatever stands on it.
const STRIP: f32 = 1.75;
/// So is a shorter one, if its rows are as short as tills print them.
const SHORT_STRIP: f32 = 1.55;
/// Signs in a row, at most: tills print up to 48, and OCR finds some more.
const SIGNS_MAX: usize = 52;
/// Width of a slip that lies on a sheet, at most, in thousandths of the sheet's.
const COLUMN_MAX: f32 = 420.0;
/// Rows, at least, before a narrow column is a slip and no address on an envelope.
const ROWS_MIN: usize = 12;

/// Whether a page is a till's slip.
pub(super) fn is_slip(page: &Page) -> bool {
    let ratio = page.height / page.width.max(1.0);
    ratio > STRIP || ratio > SHORT_STRIP && has_short_rows(&page.words) || is_column(&page.words)
}

/// Whether nine of ten rows are as short as a till's.
fn has_short_rows(words: &[Word]) -> bool {
    let mut signs: Vec<usize> = words
        .chunk_by(|a, b| a.line == b.line)
        .map(|row| row.iter().map(|it| it.text.chars().count() + 1).sum())
        .collect();
    signs.sort_unstable();
    signs.len() >= ROWS_MIN
        && signs
            .get(signs.len() * 9 / 10)
            .is_some_and(|it| *it <= SIGNS_MAX)
}

/// Whether nearly all words stand in one narrow column.
fn is_column(words: &[Word]) -> bool {
    let rows = words.chunk_by(|a, b| a.line == b.line).count();
    if rows < ROWS_MIN {
        return false;
    }
    let placed = || words.iter().filter(|it| it.text.len() > 1 && it.at.w > 0.0);
    let sorted = |edge: fn(&Word) -> f32| {
        let mut edges: Vec<f32> = placed().map(edge).collect();
        edges.sort_by(f32::total_cmp);
        edges
    };
    let (left, right) = (sorted(|it| it.at.x), sorted(|it| it.at.right()));
    let few = left.len() / 40;
    let (from, to) = (left.get(few), right.iter().rev().nth(few));
    from.zip(to)
        .is_some_and(|(from, to)| to - from < COLUMN_MAX)
}

/// Width of a row, at least, in thousandths of the page's, before it says how askew the page is.
const ROW_MIN: f32 = 120.0;
/// Width of all such rows together, at least.
const ROWS_WIDTH_MIN: f32 = 1500.0;
/// A page that is more askew was laid straight before it was read.
const SLOPE_MAX: f32 = 0.05;

/// By how much rows descend to the right: the middle of what they say, the wider the louder; 0 where
/// they say too little.
pub(super) fn slope(words: &[Word]) -> f32 {
    let rows = words.chunk_by(|a, b| a.line == b.line);
    let wide = rows.filter_map(|row| {
        let (first, last) = (row.first()?, row.last()?);
        let middle = |it: &Word| it.at.y + it.at.h / 2.0;
        let across = last.at.x - first.at.x;
        let is_alike = (first.at.h - last.at.h).abs() < first.at.h * 0.4;
        let slope = (middle(last) - middle(first)) / across;
        (across > ROW_MIN && is_alike).then_some((slope, across))
    });
    let mut slopes: Vec<(f32, f32)> = wide.collect();
    slopes.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    let all: f32 = slopes.iter().map(|(_, across)| across).sum();
    let mut passed = 0.0;
    let middle = slopes.iter().find(|(_, across)| {
        passed += across;
        passed * 2.0 >= all
    });
    let middle = middle.map_or(0.0, |(slope, _)| *slope);
    if all < ROWS_WIDTH_MIN || middle.abs() > SLOPE_MAX {
        return 0.0;
    }
    middle
}

#[cfg(test)]
mod tests {
    use super::super::tests::typed;
    use super::*;

    fn page(rows: usize, row: &str) -> Page {
        let text = vec![row; rows].join("\n");
        typed(&text).pages.remove(0)
    }

    #[test]
    fn a_narrow_column_on_a_sheet_is_a_slip_and_a_letter_is_none() {
        assert!(is_slip(&page(20, "1 COFFEE LARGE 4.50")));
        assert!(!is_slip(&page(5, "1 COFFEE LARGE 4.50")));
        let line = "wir danken Ihnen für Ihren Auftrag und berechnen Ihnen wie vereinbart folgende Arbeiten";
        assert!(!is_slip(&page(20, line)));
    }

    #[test]
    fn a_short_strip_is_a_slip_if_its_rows_are_short() {
        let mut strip = page(20, "SUB TOTAL                          12.50");
        strip.height = strip.width * 1.6;
        assert!(is_slip(&strip));
        let mut sheet = page(
            20,
            "Sehr geehrte Damen und Herren, hiermit kündige ich meinen Vertrag",
        );
        sheet.height = sheet.width * 1.6;
        assert!(!is_slip(&sheet));
        sheet.height = sheet.width * 2.0;
        assert!(is_slip(&sheet));
    }

    #[test]
    fn rows_that_descend_are_known_by_their_ends() {
        let mut askew = page(
            12,
            "Bruttosumme und alles andere, was diese Zeile breit macht 119,00",
        );
        assert!(slope(&askew.words).abs() < f32::EPSILON);
        for word in &mut askew.words {
            word.at.y += word.at.x * 0.015;
        }
        assert!((slope(&askew.words) - 0.015).abs() < 0.001);
    }
}
