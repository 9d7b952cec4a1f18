//! Where a page can be cut across, so that its halves can be recognised side by side.
//!
//! Recognition takes most of a page's time and works on one core. Half a page takes half of it, if no
//! letter, no row of a column beside and no frame is cut: so only where the paper is white from edge to
//! edge, along its rows, which rarely lie quite level.

use std::borrow::Cow;

use ::image::GrayImage;

use super::numbers::{real, share, side, whole, wide};

/// A page of fewer pixels is read in half a second: halves save less than they may cost.
const PIXELS_MIN: usize = 2_000_000;
/// The least part of a page's print that stands in one half, in percent.
const HALF_MIN: usize = 30;
/// So much white parts paragraphs, in hundredths of an inch: lines of 12 points stand 5 apart.
const BETWEEN_PARAGRAPHS: u32 = 10;
/// So much white parts lines; enough where all lines go from one side of the page to the other.
const BETWEEN_LINES: u32 = 2;
/// So much white parts columns.
const BETWEEN_COLUMNS: u32 = 12;
/// So many gaps between lines, those nearest to the middle, are looked at.
const LINES_TRIED: usize = 8;
/// The height about a cut that is looked at for columns, either way.
const ABOUT: u32 = 50;
/// Paper darker than this share of its own brightness is print, in percent.
const PRINT_PERCENT: u32 = 75;
/// Specks are not print: so many dark pixels in a row of the page are white, for each 1000.
const SPECKS: usize = 2;

/// The two halves of a page: rows of pixels as wide as the page. Where rows are not level the halves
/// overlap, and each has paper where the other has print.
pub struct Halves<'a> {
    /// The first rows.
    pub upper: Cow<'a, [u8]>,
    /// The last rows.
    pub lower: Cow<'a, [u8]>,
    /// Rows above the lower half.
    pub above: u32,
}

/// The halves of a page, if it can be cut. `dpi` in pixels an inch; `slope` says by how much its rows
/// descend to the right, in pixels a pixel.
pub fn halves(page: &GrayImage, dpi: u32, slope: f32) -> Option<Halves<'_>> {
    if page.as_raw().len() < PIXELS_MIN {
        return None;
    }
    let stride = wide(page.width()).max(1);
    let strips = Strips::of(page.width(), slope);
    let paper = paper(page.as_raw());
    let row = row(page, dpi, paper, &strips)?;
    let places = strips.shifts.iter().map(|it| row.checked_add_signed(*it));
    let places: Option<Vec<u32>> = places.collect();
    let places = places?;
    let (first, last) = (*places.iter().min()?, *places.iter().max()?);
    let pixels = page.as_raw();
    let (above, below) = (wide(first) * stride, wide(last) * stride);
    let (upper, lower) = (pixels.get(..below)?, pixels.get(above..)?);
    if first == last {
        return Some(Halves {
            upper: Cow::Borrowed(upper),
            lower: Cow::Borrowed(lower),
            above: first,
        });
    }
    let (mut upper, mut lower) = (upper.to_vec(), lower.to_vec());
    let strip_of = |part: &mut [u8], row: u32, strip: usize| {
        let from = wide(row) * stride + strip * STRIP;
        let to = (from + STRIP).min((wide(row) + 1) * stride);
        if let Some(pixels) = part.get_mut(from..to) {
            pixels.fill(paper);
        }
    };
    for (strip, place) in places.iter().enumerate() {
        for row in *place..last {
            strip_of(&mut upper, row, strip);
        }
        for row in first..*place {
            strip_of(&mut lower, row - first, strip);
        }
    }
    Some(Halves {
        upper: Cow::Owned(upper),
        lower: Cow::Owned(lower),
        above: first,
    })
}

/// Width of the strips in which rows count as level, in pixels.
const STRIP: usize = 64;

/// The strips of a page from left to right.
struct Strips {
    /// By how many pixels rows are lower in a strip than at the page's left edge.
    shifts: Vec<i32>,
}

impl Strips {
    fn of(width: u32, slope: f32) -> Self {
        let middles = (0..wide(width).div_ceil(STRIP)).map(|it| real(it * STRIP + STRIP / 2));
        let shifts = middles.map(|it| whole(it.min(side(width)) * slope + 0.5));
        Self {
            shifts: shifts.collect(),
        }
    }

    /// How many pixels are print in each row along the slope.
    fn dark(&self, page: &GrayImage, print: u8) -> Vec<usize> {
        let stride = wide(page.width()).max(1);
        let mut dark = vec![0; wide(page.height())];
        for (row, pixels) in (0_u32..).zip(page.as_raw().chunks_exact(stride)) {
            for (part, shift) in pixels.chunks(STRIP).zip(&self.shifts) {
                let row = row.checked_add_signed(-shift);
                if let Some(count) = row.and_then(|it| dark.get_mut(wide(it))) {
                    *count += part.iter().filter(|it| **it < print).count();
                }
            }
        }
        dark
    }
}

/// Rows from edge to edge without print.
struct Gap {
    middle: u32,
    height: u32,
    /// How far the print above it is from half of all, in dark pixels.
    uneven: usize,
}

/// The row that cuts the page best, in pixels from above, at its left edge.
fn row(page: &GrayImage, dpi: u32, paper: u8, strips: &Strips) -> Option<u32> {
    let stride = wide(page.width()).max(1);
    let print = u8::try_from(u32::from(paper) * PRINT_PERCENT / 100).unwrap_or(u8::MAX);
    let dark = strips.dark(page, print);
    let mut gaps = gaps(&dark, stride * SPECKS / 1000);
    gaps.sort_by_key(|it| it.uneven);
    let inches = |hundredths: u32| (hundredths * dpi / 100).max(1);
    let between_paragraphs = |it: &&Gap| it.height >= inches(BETWEEN_PARAGRAPHS);
    let between_lines = |it: &&Gap| {
        let about = inches(ABOUT);
        let rows = wide(it.middle.saturating_sub(about))..wide(it.middle + about).min(dark.len());
        let about = page.as_raw().get(rows.start * stride..rows.end * stride);
        let gap = wide(inches(BETWEEN_COLUMNS));
        it.height >= inches(BETWEEN_LINES)
            && about.is_some_and(|it| !has_columns(it, stride, print, gap))
    };
    let found = gaps.iter().find(between_paragraphs);
    let found = found.or_else(|| gaps.iter().take(LINES_TRIED).find(between_lines));
    found.map(|it| it.middle)
}

/// The gaps that part a page whose rows have so many dark pixels into halves of similar size.
fn gaps(dark: &[usize], specks: usize) -> Vec<Gap> {
    let all: usize = dark.iter().sum();
    let (mut gaps, mut above, mut begin) = (Vec::new(), 0, None);
    for (row, dark) in (0_u32..).zip(dark) {
        if *dark <= specks {
            begin = begin.or(Some(row));
        } else if let Some(first) = begin.take()
            && above * 100 >= all * HALF_MIN
            && (all - above) * 100 >= all * HALF_MIN
        {
            gaps.push(Gap {
                middle: first.midpoint(row),
                height: row - first,
                uneven: (2 * above).abs_diff(all),
            });
        }
        above += dark;
    }
    gaps
}

/// Whether something white, at least so wide, goes down between print on its left and on its right.
fn has_columns(part: &[u8], stride: usize, print: u8, gap: usize) -> bool {
    let mut is_print = vec![false; stride];
    for row in part.chunks_exact(stride) {
        for (column, pixel) in is_print.iter_mut().zip(row) {
            *column |= *pixel < print;
        }
    }
    let printed = || {
        is_print
            .iter()
            .enumerate()
            .filter(|it| *it.1)
            .map(|it| it.0)
    };
    let pairs = printed().zip(printed().skip(1));
    pairs.into_iter().any(|(left, right)| right - left > gap)
}

/// The paper's brightness.
fn paper(pixels: &[u8]) -> u8 {
    let every = (pixels.len() / 40_000).max(1);
    let mut sample: Vec<u8> = pixels.iter().step_by(every).copied().collect();
    share(&mut sample, 70)
}

#[cfg(test)]
mod tests {
    use ::image::Luma;

    use super::super::ink::tests::lines_of_text;
    use super::*;

    fn row(page: &GrayImage, dpi: u32) -> Option<u32> {
        halves(page, dpi, 0.0).map(|it| it.above)
    }

    fn white(page: &mut GrayImage, rows: std::ops::Range<u32>) {
        for y in rows {
            for x in 0..page.width() {
                page.put_pixel(x, y, Luma([235]));
            }
        }
    }

    #[test]
    fn a_page_is_cut_between_the_paragraphs_that_halve_it_best() {
        let mut page = lines_of_text(1300, 1800);
        white(&mut page, 200..300);
        white(&mut page, 600..620);
        white(&mut page, 700..740);
        let cut = row(&page, 150).unwrap();
        assert!((700..740).contains(&cut), "{cut}");
    }

    #[test]
    fn lines_are_parted_but_not_those_of_columns() {
        let mut page = lines_of_text(1300, 1800);
        assert!(row(&page, 150).is_some());
        for y in 0..1800 {
            for x in 450..480 {
                page.put_pixel(x, y, Luma([235]));
            }
        }
        assert_eq!(row(&page, 150), None);
        white(&mut page, 680..720);
        assert!(row(&page, 150).is_some());
    }

    #[test]
    fn a_frame_is_not_cut_and_specks_are_no_print() {
        let mut page = lines_of_text(1300, 1800);
        white(&mut page, 650..750);
        for y in 650..750 {
            page.put_pixel(300 + y % 7, y, Luma([20]));
        }
        assert!(row(&page, 150).is_some());
        for y in 300..1500 {
            for x in [100, 101, 102, 900, 901, 902] {
                page.put_pixel(x, y, Luma([20]));
            }
        }
        assert_eq!(row(&page, 150), None);
    }

    #[test]
    fn an_empty_or_small_picture_is_not_cut() {
        assert_eq!(row(&lines_of_text(1000, 1400), 150), None);
        assert_eq!(row(&GrayImage::new(0, 0), 300), None);
    }

    #[test]
    fn rows_that_are_not_level_are_cut_along_their_slope() {
        let level = lines_of_text(1300, 1800);
        let slope = 0.012;
        let lean = GrayImage::from_fn(1300, 1800, |x, y| {
            let from = y.saturating_sub(u32::try_from(whole(side(x) * slope)).unwrap());
            *level.get_pixel(x, from)
        });
        assert!(halves(&lean, 150, 0.0).is_none());
        let cut = halves(&lean, 150, slope).unwrap();
        let print = |pixels: &[u8]| pixels.iter().filter(|it| **it < 100).count();
        let (upper, lower) = (print(&cut.upper), print(&cut.lower));
        assert_eq!(upper + lower, print(lean.as_raw()));
        assert!(upper.abs_diff(lower) < lower / 5, "{upper} {lower}");
        assert!(cut.upper.len() + cut.lower.len() > lean.as_raw().len());
    }
}
