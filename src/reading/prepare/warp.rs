//! The sheet in a photo becomes a page: the perspective is undone in one pass over the picture.

use ::image::{DynamicImage, GrayImage, RgbImage};

use super::numbers::{byte, real, side, whole, wide};

/// A place; in fractions of a picture's width and height unless stated otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// From the left.
    pub x: f32,
    /// From the top.
    pub y: f32,
}

impl Point {
    /// How far it is to another.
    pub fn distance(self, other: Self) -> f32 {
        (self.x - other.x).hypot(self.y - other.y)
    }
}

/// Four corners: top left, top right, bottom right, bottom left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quad(pub [Point; 4]);

/// Maps places on a page to places on the picture of it; both in fractions of width and height.
///
/// The square to any quadrilateral, as Heckbert (1989), "Fundamentals of Texture Mapping and Image
/// Warping", section 2.2.3, gives it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Homography {
    x: [f32; 3],
    y: [f32; 3],
    depth: [f32; 3],
}

impl Homography {
    /// The page is the whole picture.
    pub const WHOLE: Self = Self {
        x: [1.0, 0.0, 0.0],
        y: [0.0, 1.0, 0.0],
        depth: [0.0, 0.0, 1.0],
    };

    /// The map that sends the page's corners to those of `quad`; none if those lie on a line.
    pub fn onto(quad: &Quad) -> Option<Self> {
        let [first, second, third, fourth] = quad.0;
        let across = (second.x - third.x, second.y - third.y);
        let down = (fourth.x - third.x, fourth.y - third.y);
        let rest = (
            first.x - second.x + third.x - fourth.x,
            first.y - second.y + third.y - fourth.y,
        );
        let area = across.0 * down.1 - down.0 * across.1;
        if area.abs() < 1e-6 {
            return None;
        }
        let g = (rest.0 * down.1 - down.0 * rest.1) / area;
        let h = (across.0 * rest.1 - rest.0 * across.1) / area;
        Some(Self {
            x: [
                second.x - first.x + g * second.x,
                fourth.x - first.x + h * fourth.x,
                first.x,
            ],
            y: [
                second.y - first.y + g * second.y,
                fourth.y - first.y + h * fourth.y,
                first.y,
            ],
            depth: [g, h, 1.0],
        })
    }

    /// The map after the page has been turned about its middle, clockwise as seen; `ratio` is the
    /// page's height over its width.
    #[must_use]
    pub fn turned(&self, degrees: f32, ratio: f32) -> Self {
        let (sine, cosine) = degrees.to_radians().sin_cos();
        // In fractions, a turn also stretches by the page's ratio.
        let across = [cosine, sine * ratio, 0.5 - 0.5 * (cosine + sine * ratio)];
        let down = [-sine / ratio, cosine, 0.5 - 0.5 * (cosine - sine / ratio)];
        let through = |[a, b, c]: [f32; 3]| {
            let [across_x, across_y, across_1] = across;
            let [down_x, down_y, down_1] = down;
            [
                a * across_x + b * down_x,
                a * across_y + b * down_y,
                a * across_1 + b * down_1 + c,
            ]
        };
        Self {
            x: through(self.x),
            y: through(self.y),
            depth: through(self.depth),
        }
    }

    /// Where on the picture a place of the page is.
    pub fn at(&self, place: Point) -> Point {
        let through = |[a, b, c]: [f32; 3]| a * place.x + b * place.y + c;
        let depth = through(self.depth);
        let depth = if depth.abs() < 1e-6 { 1e-6 } else { depth };
        Point {
            x: through(self.x) / depth,
            y: through(self.y) / depth,
        }
    }
}

/// The page in `size`, its pixels mixed from four of the picture's; what lies outside is white.
pub fn warped(picture: &DynamicImage, map: &Homography, size: (u32, u32)) -> DynamicImage {
    if let DynamicImage::ImageRgb8(colours) = picture {
        let pixels = sampled::<3>(colours.as_raw(), colours.dimensions(), map, size);
        let page = RgbImage::from_raw(size.0, size.1, pixels).unwrap_or_default();
        return DynamicImage::ImageRgb8(page);
    }
    if let DynamicImage::ImageLuma8(grey) = picture {
        return DynamicImage::ImageLuma8(warped_grey(grey, map, size));
    }
    DynamicImage::ImageLuma8(warped_grey(&picture.to_luma8(), map, size))
}

/// As [`warped`], of a picture that is grey already.
pub fn warped_grey(grey: &GrayImage, map: &Homography, size: (u32, u32)) -> GrayImage {
    let pixels = sampled::<1>(grey.as_raw(), grey.dimensions(), map, size);
    GrayImage::from_raw(size.0, size.1, pixels).unwrap_or_default()
}

/// Places are divided out only once in this many pixels and lie on a line between: over so short a
/// way a page's perspective bends by less than a hundredth of a pixel.
const STEP: usize = 16;
/// Places within a picture are counted in 1/65536 of a pixel.
const ONE: f32 = 65536.0;

fn sampled<const N: usize>(
    pixels: &[u8],
    (width, height): (u32, u32),
    map: &Homography,
    size: (u32, u32),
) -> Vec<u8> {
    let (columns, rows) = (wide(size.0), wide(size.1));
    let mut page = vec![u8::MAX; columns * rows * N];
    let source = Source::<N> {
        pixels,
        stride: wide(width) * N,
        right: i64::from(width) - 1,
        bottom: i64::from(height) - 1,
    };
    let place = |column: usize, row: usize| {
        let at = map.at(Point {
            x: (real(column) + 0.5) / side(size.0),
            y: (real(row) + 0.5) / side(size.1),
        });
        let fixed = |part: f32, length: u32| {
            // Far outside is outside; the bound keeps the steps below from overflowing.
            let pixel = (part * side(length) - 0.5).clamp(-4000.0, 30_000.0);
            whole(pixel * ONE)
        };
        (fixed(at.x, width), fixed(at.y, height))
    };
    for (row, line) in page.chunks_exact_mut((columns * N).max(1)).enumerate() {
        let mut begin = place(0, row);
        for (block, part) in line.chunks_mut(STEP * N).enumerate() {
            let end = place((block + 1) * STEP, row);
            let step = ((end.0 - begin.0) / 16, (end.1 - begin.1) / 16);
            let (mut x, mut y) = begin;
            for pixel in part.chunks_exact_mut(N) {
                source.mix(x, y, pixel);
                x += step.0;
                y += step.1;
            }
            begin = end;
        }
    }
    page
}

struct Source<'a, const N: usize> {
    pixels: &'a [u8],
    stride: usize,
    right: i64,
    bottom: i64,
}

impl<const N: usize> Source<'_, N> {
    /// Mixes the four pixels around a place; leaves `into` as it is outside the picture.
    fn mix(&self, x: i32, y: i32, into: &mut [u8]) {
        let (left, top) = (i64::from(x >> 16), i64::from(y >> 16));
        if left < 0 || top < 0 || left >= self.right || top >= self.bottom {
            return;
        }
        let (Ok(left), Ok(top)) = (usize::try_from(left), usize::try_from(top)) else {
            return;
        };
        let at = top * self.stride + left * N;
        let below = at + self.stride;
        let (Some(upper), Some(lower)) = (
            self.pixels.get(at..at + 2 * N),
            self.pixels.get(below..below + 2 * N),
        ) else {
            return;
        };
        let weight = |place: i32| u32::from(place.to_le_bytes()[1]);
        let (right, down) = (weight(x), weight(y));
        let (first, second) = upper.split_at(N);
        let (third, fourth) = lower.split_at(N);
        let corners = first.iter().zip(second).zip(third.iter().zip(fourth));
        for (pixel, ((a, b), (c, d))) in into.iter_mut().zip(corners) {
            let above = u32::from(*a) * (256 - right) + u32::from(*b) * right;
            let under = u32::from(*c) * (256 - right) + u32::from(*d) * right;
            *pixel = byte((above * (256 - down) + under * down + 32_768) >> 16);
        }
    }
}

#[cfg(test)]
mod tests {
    use ::image::Luma;

    use super::*;

    const fn point(x: f32, y: f32) -> Point {
        Point { x, y }
    }

    fn quad() -> Quad {
        Quad([
            point(0.2, 0.1),
            point(0.9, 0.15),
            point(0.8, 0.95),
            point(0.1, 0.85),
        ])
    }

    #[test]
    fn corners_go_to_corners() {
        let map = Homography::onto(&quad()).unwrap();
        let corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)];
        for ((x, y), expected) in corners.into_iter().zip(quad().0) {
            assert!(map.at(point(x, y)).distance(expected) < 1e-5);
        }
    }

    #[test]
    fn corners_on_a_line_are_no_sheet() {
        let line = Quad([
            point(0.0, 0.0),
            point(0.3, 0.3),
            point(0.6, 0.6),
            point(0.9, 0.9),
        ]);
        assert_eq!(Homography::onto(&line), None);
    }

    #[test]
    fn a_turn_and_back_is_none() {
        let map = Homography::onto(&quad()).unwrap();
        let back = map.turned(7.0, 1.4).turned(-7.0, 1.4);
        for at in [point(0.3, 0.2), point(1.0, 0.0), point(0.5, 0.5)] {
            assert!(map.at(at).distance(back.at(at)) < 1e-5);
        }
    }

    #[test]
    fn a_slope_of_light_stays_one() {
        let picture = GrayImage::from_fn(400, 300, |x, _| Luma([byte(x / 2)]));
        let map = Homography::onto(&quad()).unwrap();
        let page = warped_grey(&picture, &map, (200, 280));
        for (x, y) in [(3_u32, 5_u32), (100, 140), (190, 270)] {
            let at = map.at(point((side(x) + 0.5) / 200.0, (side(y) + 0.5) / 280.0));
            let expected = at.x * 400.0 / 2.0;
            let got = f32::from(page.get_pixel(x, y).0[0]);
            assert!((got - expected).abs() < 1.5, "{got} {expected}");
        }
    }
}
