//! Straight edges that are brighter on one side, on a small copy of a picture.

use ::image::GrayImage;

use super::numbers::{real, whole, wide};

/// How far apart the two pixels are that make an edge, on each side.
const REACH: usize = 3;
/// Least difference of an edge.
const STEP_MIN: u8 = 9;
/// Lines kept of each side.
const LINES_MAX: usize = 7;
/// Places that lines are looked for in, at most.
const PLACES_MAX: usize = 5000;
/// Slopes looked at, to each side; each is [`SLOPE`] steeper than the last.
const SLOPES: usize = 20;
/// Two hundredths: over half a side that is a bin of places.
const SLOPE: f32 = 0.02;
/// Width of a bin of places, in pixels.
const BIN: usize = 3;
/// Places are counted in 1/256 of a pixel.
const FIXED: f32 = 256.0;

/// A small grey picture, row by row.
pub struct Plane {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    pixels: Vec<u8>,
}

/// A line that is nearly upright, x = `middle` + `slope` · (y - half the height), or nearly level,
/// with x and y changed over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// Where it crosses the middle of the picture.
    pub middle: f32,
    /// How much it leans.
    pub slope: f32,
    /// Half of the side that it runs along.
    pub half: f32,
    /// Whether it is the picture's own border.
    pub is_border: bool,
}

impl Line {
    /// Where it crosses the picture's edge.
    pub fn at_zero(&self) -> f32 {
        self.middle - self.slope * self.half
    }

    fn at(&self, along: f32) -> f32 {
        self.middle + self.slope * (along - self.half)
    }
}

impl Plane {
    /// The picture as a plane; none if it is too small for a sheet.
    pub fn of(grey: &GrayImage) -> Option<Self> {
        let (width, height) = (wide(grey.width()), wide(grey.height()));
        (width >= 100 && height >= 100).then(|| Self {
            width,
            height,
            pixels: grey.as_raw().clone(),
        })
    }

    /// Its rows from the top.
    pub fn rows(&self) -> std::slice::ChunksExact<'_, u8> {
        self.pixels.chunks_exact(self.width.max(1))
    }

    /// The pixel at a place; none outside.
    pub fn at(&self, x: f32, y: f32) -> Option<u8> {
        let column = usize::try_from(whole(x)).ok()?;
        let row = usize::try_from(whole(y)).ok()?;
        if column >= self.width {
            return None;
        }
        self.pixels.get(row * self.width + column).copied()
    }

    /// What is left when everything dark and thin is wiped out (a morphological closing).
    #[must_use]
    pub fn without_letters(&self, radius: usize) -> Self {
        let grown = self.spread(radius, Ord::max);
        grown.spread(radius, Ord::min)
    }

    fn spread(&self, radius: usize, extreme: impl Fn(u8, u8) -> u8 + Copy) -> Self {
        let across = self.spread_across(radius, extreme);
        let mut pixels = across.pixels.clone();
        let width = self.width.max(1);
        for (y, into) in pixels.chunks_exact_mut(width).enumerate() {
            let around = across.rows().take(y + radius + 1);
            for from in around.skip(y.saturating_sub(radius)) {
                for (pixel, other) in into.iter_mut().zip(from) {
                    *pixel = extreme(*pixel, *other);
                }
            }
        }
        Self { pixels, ..*self }
    }

    fn spread_across(&self, radius: usize, extreme: impl Fn(u8, u8) -> u8 + Copy) -> Self {
        let mut pixels = self.pixels.clone();
        let rows = pixels.chunks_exact_mut(self.width.max(1)).zip(self.rows());
        for (into, from) in rows {
            for far in 1..=radius.min(self.width) {
                let ahead = from.get(far..).unwrap_or(&[]);
                for (pixel, other) in into.iter_mut().zip(ahead) {
                    *pixel = extreme(*pixel, *other);
                }
                let behind = into.get_mut(far..).unwrap_or_default();
                for (pixel, other) in behind.iter_mut().zip(from) {
                    *pixel = extreme(*pixel, *other);
                }
            }
        }
        Self { pixels, ..*self }
    }

    fn transposed(&self) -> Self {
        let mut pixels = vec![0; self.pixels.len()];
        for (y, row) in self.rows().enumerate() {
            let column = pixels.iter_mut().skip(y).step_by(self.height.max(1));
            for (pixel, from) in column.zip(row) {
                *pixel = *from;
            }
        }
        Self {
            width: self.height,
            height: self.width,
            pixels,
        }
    }

    /// The straightest edges, strongest first: those that are bright to the right, to the left,
    /// below and above; each with the picture's own border as the last.
    pub fn bright_edges(&self) -> [Vec<Line>; 4] {
        let turned = self.transposed();
        let [right, left] = self.upright_edges();
        let [below, above] = turned.upright_edges();
        [right, left, below, above]
    }

    fn upright_edges(&self) -> [Vec<Line>; 2] {
        let (mut rising, mut falling) = (Vec::new(), Vec::new());
        for (y, row) in self.rows().enumerate().step_by(2) {
            let pairs = || row.iter().zip(row.iter().skip(2 * REACH));
            let ups = pairs().map(|(before, after)| after.saturating_sub(*before));
            peaks(ups, |x| rising.push((x, real(y))));
            let downs = pairs().map(|(before, after)| before.saturating_sub(*after));
            peaks(downs, |x| falling.push((x, real(y))));
        }
        let border = |middle: f32| Line {
            middle,
            slope: 0.0,
            half: real(self.height) / 2.0,
            is_border: true,
        };
        let mut first = self.lines_through(&rising);
        first.push(border(0.0));
        let mut second = self.lines_through(&falling);
        second.push(border(real(self.width)));
        [first, second]
    }

    /// The lines that the most places lie on (Hough 1962), each fitted to its places.
    fn lines_through(&self, places: &[(f32, f32)]) -> Vec<Line> {
        let half = real(self.height) / 2.0;
        // On grainy pictures there are many places; a part of them shows the same lines.
        let every = places.len().div_ceil(PLACES_MAX).max(1);
        let mut left: Vec<(f32, f32)> = places.iter().step_by(every).copied().collect();
        let mut lines = Vec::new();
        let least = self.height / 16 / every;
        while lines.len() < LINES_MAX {
            let Some(rough) = self.densest(&left, half) else {
                break;
            };
            let line = fitted(&left, fitted(&left, rough, 4.0), 2.5);
            let is_on = |it: &(f32, f32)| (it.0 - line.at(it.1)).abs() < 3.0;
            let before = left.len();
            left.retain(|it| !is_on(it));
            if before - left.len() < least {
                break;
            }
            lines.push(line);
        }
        lines
    }

    fn densest(&self, places: &[(f32, f32)], half: f32) -> Option<Line> {
        let places: Vec<(i32, i32)> = places
            .iter()
            .map(|(x, y)| (whole(x * FIXED), whole(y - half)))
            .collect();
        let (across, down) = (self.width / BIN, self.height / BIN);
        // Where a leaning line crosses the middle may lie outside of the picture.
        let shift = i32::try_from(down / 2 * BIN).unwrap_or(0) << 8;
        let mut votes = vec![0_u16; across + down + 2];
        let mut best: Option<(u16, Line)> = None;
        for step in 0..=2 * SLOPES {
            let slope = (real(step) - real(SLOPES)) * SLOPE;
            let fixed = whole(slope * FIXED);
            votes.fill(0);
            for (x, y) in &places {
                let bin = (x - fixed * y + shift) / (256 * 3);
                let vote = usize::try_from(bin).ok().and_then(|it| votes.get_mut(it));
                if let Some(vote) = vote {
                    *vote = vote.saturating_add(1);
                }
            }
            for (bin, pair) in votes.windows(2).enumerate() {
                let sum = pair.iter().sum::<u16>();
                if best.as_ref().is_none_or(|it| sum > it.0) {
                    let middle = (real(bin) + 1.0) * real(BIN) - real(down / 2 * BIN);
                    let line = Line {
                        middle,
                        slope,
                        half,
                        is_border: false,
                    };
                    best = Some((sum, line));
                }
            }
        }
        best.map(|it| it.1)
    }
}

/// Calls `found` with the middle of each peak among the differences of a row.
fn peaks(differences: impl Iterator<Item = u8>, mut found: impl FnMut(f32)) {
    let (mut begin, mut last) = (0, 0);
    let mut rises = false;
    for (at, here) in differences.chain([0]).enumerate() {
        if here > last {
            (begin, rises) = (at, true);
        }
        if here < last {
            if rises && last >= STEP_MIN {
                found(real(begin + at - 1) / 2.0 + real(REACH));
            }
            rises = false;
        }
        last = here;
    }
}

/// The line through the places that lie close to it, by least squares.
fn fitted(places: &[(f32, f32)], line: Line, close: f32) -> Line {
    let (mut n, mut along, mut across) = (0.0, 0.0, 0.0);
    let (mut squares, mut products) = (0.0, 0.0);
    for (x, y) in places {
        if (x - line.at(*y)).abs() > close {
            continue;
        }
        let from_middle = y - line.half;
        n += 1.0;
        along += from_middle;
        across += x;
        squares += from_middle * from_middle;
        products += from_middle * x;
    }
    let under: f32 = n * squares - along * along;
    if n < 10.0 || under.abs() < 1.0 {
        return line;
    }
    let slope = (n * products - along * across) / under;
    Line {
        middle: (across - slope * along) / n,
        slope,
        ..line
    }
}

#[cfg(test)]
mod tests {
    use ::image::Luma;

    use super::*;

    #[test]
    fn letters_are_wiped_out_and_edges_stay() {
        let grey = GrayImage::from_fn(200, 200, |x, y| {
            let letter = x % 9 < 3 && y % 12 < 8 && x > 60;
            Luma([if x < 50 {
                40
            } else if letter {
                0
            } else {
                220
            }])
        });
        let closed = Plane::of(&grey).unwrap().without_letters(4);
        assert_eq!(closed.at(30.0, 100.0), Some(40));
        assert!(
            closed
                .rows()
                .skip(10)
                .take(180)
                .all(|row| row[60..190].iter().all(|it| *it == 220))
        );
    }

    #[test]
    fn a_leaning_edge_is_measured() {
        let grey = GrayImage::from_fn(300, 400, |x, y| {
            Luma([if x * 10 > 500 + y { 200 } else { 80 }])
        });
        let [right, ..] = Plane::of(&grey).unwrap().bright_edges();
        let line = right[0];
        assert!((line.slope - 0.1).abs() < 0.005, "{line:?}");
        assert!((line.middle - 70.0).abs() < 1.5, "{line:?}");
        assert!(right.last().unwrap().is_border);
    }
}
