//! Pages that lie askew: how much, by the rows that letters stand on, and laid straight again.

use ::image::{DynamicImage, GrayImage, RgbImage};

use super::ink::Ink;
use super::numbers::{byte, real, whole, wide};

/// Most that a page is taken to lie askew, in degrees.
const DEGREES_MAX: f32 = 15.0;
/// First look, in degrees.
const COARSE: f32 = 0.5;
/// Second look, in degrees.
const FINE: f32 = 0.05;
/// The rows of a page that lies straight stand out from those of one that does not, by this factor.
const STANDS_OUT: f32 = 1.25;
/// With fewer places where a letter stands, nothing is said.
const FEET_MIN: usize = 150;

/// How a page lies.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Lie {
    /// What to turn it by, clockwise, in degrees.
    pub degrees: f32,
    /// How much its rows stand out from those seen at other angles; 1 is not at all.
    pub clearness: f32,
}

impl Lie {
    /// Whether rows can be seen at all.
    pub fn is_clear(self) -> bool {
        self.clearness >= STANDS_OUT
    }
}

/// How the page lies: the angle at which the feet of its letters fall into the fewest rows.
pub fn lie(ink: &Ink) -> Lie {
    if ink.feet.len() < FEET_MIN {
        return Lie::default();
    }
    let mut rows = Vec::new();
    let mut best = (0.0, 0.0);
    let mut coarse = Vec::new();
    let steps = whole(DEGREES_MAX / COARSE);
    for step in -steps..=steps {
        let degrees = f32::from(i16::try_from(step).unwrap_or(0)) * COARSE;
        let score = sharpness(ink, degrees, &mut rows);
        coarse.push(score);
        if score > best.1 {
            best = (degrees, score);
        }
    }
    coarse.sort_by(f32::total_cmp);
    let usual = coarse
        .get(coarse.len() / 2)
        .copied()
        .unwrap_or(1.0)
        .max(1.0);
    let around = best.0;
    let steps = whole(COARSE / FINE);
    for step in -steps..=steps {
        let degrees = around + f32::from(i16::try_from(step).unwrap_or(0)) * FINE;
        let score = sharpness(ink, degrees, &mut rows);
        if score > best.1 {
            best = (degrees, score);
        }
    }
    Lie {
        degrees: best.0,
        clearness: best.1 / usual,
    }
}

/// How unevenly the feet fall into rows once the page is turned by so much: the mean number of feet
/// in a foot's row.
fn sharpness(ink: &Ink, degrees: f32, rows: &mut Vec<u32>) -> f32 {
    let slope = whole(degrees.to_radians().tan() * 65536.0);
    // Rows of what a turn lifts above the page or puts below it.
    let shift = (ink.width * slope).abs() >> 16;
    let count = usize::try_from(ink.height + 2 * shift + 2).unwrap_or(0);
    rows.clear();
    rows.resize(count, 0);
    for (x, y) in &ink.feet {
        let row = i32::from(*y) + ((i32::from(*x) * slope) >> 16) + shift;
        let row = usize::try_from(row).ok().and_then(|it| rows.get_mut(it));
        if let Some(row) = row {
            *row += 1;
        }
    }
    let squares: u64 = rows.iter().map(|it| u64::from(*it) * u64::from(*it)).sum();
    let squares = usize::try_from(squares).unwrap_or(usize::MAX);
    real(squares) / real(ink.feet.len())
}

/// The page turned by a few degrees about its middle, clockwise; what comes in from outside is white.
///
/// So small a turn is two shears, an upright and a level one; each row of the page then comes from few
/// stretches of two neighbouring rows, which costs a third of a turn pixel by pixel.
pub fn straightened(picture: DynamicImage, degrees: f32) -> DynamicImage {
    let (width, height) = (picture.width(), picture.height());
    if let DynamicImage::ImageRgb8(colours) = picture {
        let pixels = sheared::<3>(colours.as_raw(), (width, height), degrees);
        let turned = RgbImage::from_raw(width, height, pixels).unwrap_or_default();
        return DynamicImage::ImageRgb8(turned);
    }
    let grey = picture.into_luma8();
    DynamicImage::ImageLuma8(straightened_grey(&grey, degrees))
}

/// As [`straightened`], of a picture that is grey already.
pub fn straightened_grey(grey: &GrayImage, degrees: f32) -> GrayImage {
    let pixels = sheared::<1>(grey.as_raw(), grey.dimensions(), degrees);
    GrayImage::from_raw(grey.width(), grey.height(), pixels).unwrap_or_default()
}

/// Places between rows are counted in 1/65536 of one.
const ONE: i64 = 65_536;

fn sheared<const N: usize>(pixels: &[u8], (width, height): (u32, u32), degrees: f32) -> Vec<u8> {
    let (columns, rows) = (i64::from(width), i64::from(height));
    let tangent = degrees.to_radians().tan();
    let slope = i64::from(whole(tangent * 65_536.0));
    let stride = wide(width) * N;
    let mut page = vec![u8::MAX; stride * wide(height)];
    let source = Rows::<N> { pixels, stride };
    for (row, line) in (0_i64..).zip(page.chunks_exact_mut(stride.max(1))) {
        let far = (row - rows / 2) * slope;
        let (aside, beside) = (far.div_euclid(ONE), far.rem_euclid(ONE));
        let mut column = (-aside).max(0);
        let end = columns.min(columns - aside - 1);
        while column < end {
            // As long as the place stays between the same two rows, they are mixed in one go.
            let place = row * ONE - (column - columns / 2) * slope;
            let upper = place.div_euclid(ONE);
            let rest = place.rem_euclid(ONE);
            let stretch = match slope {
                0 => end - column,
                1.. => rest / slope + 1,
                _ => (ONE - rest + (-slope) - 1) / -slope,
            };
            let length = stretch.clamp(1, end - column);
            if (0..rows - 1).contains(&upper) {
                let part = Part {
                    upper,
                    from: column + aside,
                    beside,
                    below: rest,
                    slope,
                };
                source.mix(line, (column, length), part);
            }
            column += length;
        }
    }
    page
}

/// A stretch of pixels that come from the same two rows.
#[derive(Clone, Copy)]
struct Part {
    /// The upper of the two rows.
    upper: i64,
    /// The column that the first pixel comes from.
    from: i64,
    /// How far right of that column it lies, in 1/65536 of a pixel.
    beside: i64,
    /// How far below the upper row the first pixel lies, in 1/65536.
    below: i64,
    /// How much higher each next pixel lies, in 1/65536.
    slope: i64,
}

struct Rows<'a, const N: usize> {
    pixels: &'a [u8],
    stride: usize,
}

impl<const N: usize> Rows<'_, N> {
    /// Mixes `length` pixels into the line from `column` on.
    fn mix(&self, line: &mut [u8], (column, length): (i64, i64), part: Part) {
        let index = |it: i64| usize::try_from(it).unwrap_or(usize::MAX / 8);
        let bytes = index(length) * N;
        let into = index(column) * N;
        let at = index(part.upper) * self.stride + index(part.from) * N;
        let low = at + self.stride;
        // One pixel more: each is also mixed with the one to its right.
        let (Some(into), Some(upper), Some(lower)) = (
            line.get_mut(into..into + bytes),
            self.pixels.get(at..at + bytes + N),
            self.pixels.get(low..low + bytes + N),
        ) else {
            return;
        };
        let weight = |fixed: i64| u32::try_from(fixed >> 8).unwrap_or(0).min(255);
        let right = weight(part.beside);
        let across = |row: &[u8]| -> Vec<u32> {
            let pairs = row.iter().zip(row.iter().skip(N));
            pairs
                .map(|(a, b)| u32::from(*a) * (256 - right) + u32::from(*b) * right)
                .collect()
        };
        let (upper, lower) = (across(upper), across(lower));
        let mut place = i32::try_from(part.below).unwrap_or(0);
        let slope = i32::try_from(part.slope).unwrap_or(0);
        let pairs = upper.chunks_exact(N).zip(lower.chunks_exact(N));
        for (pixel, (above, under)) in into.chunks_exact_mut(N).zip(pairs) {
            let down = u32::from(place.to_le_bytes()[1]);
            for (part, (above, under)) in pixel.iter_mut().zip(above.iter().zip(under)) {
                *part = byte((above * (256 - down) + under * down + 32_768) >> 16);
            }
            place -= slope;
        }
    }
}

#[cfg(test)]
mod tests {
    use ::image::Luma;

    use super::super::ink::tests::lines_of_text;
    use super::*;

    #[test]
    fn a_page_askew_is_measured_and_laid_straight() {
        let straight = lines_of_text(900, 1200);
        for degrees in [-12.0, -3.3, -0.4, 0.3, 1.0, 7.5] {
            let askew = turned(&straight, -degrees);
            let lie = lie(&Ink::of(&askew));
            assert!(lie.is_clear(), "{degrees} {lie:?}");
            assert!((lie.degrees - degrees).abs() < 0.11, "{degrees} {lie:?}");
        }
    }

    #[test]
    fn a_straight_page_is_straight() {
        let lie = lie(&Ink::of(&lines_of_text(900, 1200)));
        assert!(lie.degrees.abs() <= 0.05, "{lie:?}");
    }

    #[test]
    fn nothing_is_said_of_an_empty_page() {
        let empty = GrayImage::from_pixel(900, 1200, Luma([240]));
        assert_eq!(lie(&Ink::of(&empty)), Lie::default());
    }

    #[test]
    fn shears_are_a_turn() {
        let straight = lines_of_text(900, 1200);
        for degrees in [-1.5, 0.6] {
            let askew = turned(&straight, -degrees);
            let sheared = straightened_grey(&askew, degrees);
            let lie = lie(&Ink::of(&sheared));
            assert!(lie.degrees.abs() <= 0.1, "{degrees} {lie:?}");
            // Nothing is lost, and what stood in the middle still does.
            let dark = |it: &GrayImage| it.as_raw().iter().filter(|it| **it < 140).count();
            assert!(dark(&sheared).abs_diff(dark(&askew)) < dark(&askew) / 10);
            assert_eq!(sheared.dimensions(), straight.dimensions());
        }
    }

    fn turned(grey: &GrayImage, degrees: f32) -> GrayImage {
        let ratio = f32::from(u16::try_from(grey.height()).unwrap())
            / f32::from(u16::try_from(grey.width()).unwrap());
        let map = super::super::warp::Homography::WHOLE.turned(degrees, ratio);
        super::super::warp::warped_grey(grey, &map, grey.dimensions())
    }
}
