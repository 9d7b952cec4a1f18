//! Light and shadow on a page: the paper's own brightness is measured on a coarse grid and divided
//! out, so that a shadow is not taken for ink.

use ::image::{DynamicImage, GrayImage};

use super::numbers::{byte, real, share, whole, wide};

/// Cells along the short side.
const CELLS: u32 = 40;
/// What paper becomes.
const PAPER: f32 = 246.0;
/// A page lit more evenly than this is left as it is: the engine copes, and nothing can be spoilt.
const EVEN: f32 = 0.75;
/// Neighbouring cells differ by more where something is printed, not where a shadow begins.
const SMOOTH: f32 = 0.80;
/// Darkest paper, as a share of the page's brightest; what is darker is printed.
const SHADOW: f32 = 0.35;

/// How bright the paper is all over a page.
#[derive(Clone, Debug, PartialEq)]
pub struct Light {
    columns: usize,
    /// Brightness from 1 to 255, row by row.
    cells: Vec<f32>,
}

/// What a page is a picture of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// By a camera: shadows may have edges.
    ByCamera,
    /// By a scanner, or unknown: only slow changes are light.
    Otherwise,
}

impl Light {
    /// The light on a small grey copy of the page; none where it is even enough.
    pub fn uneven(small: &GrayImage, taken: Taken) -> Option<Self> {
        let cell = (small.width().min(small.height()) / CELLS).max(6);
        let (columns, rows) = (small.width() / cell, small.height() / cell);
        if columns < 3 || rows < 3 {
            return None;
        }
        let mut light = Self {
            columns: wide(columns),
            cells: measured(small, cell, (columns, rows)),
        };
        // Print larger than a cell is bridged from the paper around it.
        light.spread(2, f32::max);
        light.spread(2, f32::min);
        let brightest = light.at_share(95);
        let is_smooth = light.is_smooth();
        for it in &mut light.cells {
            *it = it.max(SHADOW * brightest).max(1.0);
        }
        light.blur();
        let darkest = light.at_share(3);
        if taken == Taken::Otherwise && (darkest > EVEN * brightest || !is_smooth) {
            return None;
        }
        Some(light)
    }

    /// The picture of the page as if lit evenly; of any size.
    pub fn evened(&self, picture: DynamicImage) -> DynamicImage {
        if let DynamicImage::ImageRgb8(mut colours) = picture {
            let width = wide(colours.width());
            self.divide::<3>(&mut colours, width);
            return DynamicImage::ImageRgb8(colours);
        }
        DynamicImage::ImageLuma8(self.evened_grey(picture.into_luma8()))
    }

    /// As [`Light::evened`], of a grey picture.
    pub fn evened_grey(&self, mut grey: GrayImage) -> GrayImage {
        let width = wide(grey.width());
        self.divide::<1>(&mut grey, width);
        grey
    }

    fn rows(&self) -> usize {
        self.cells.len() / self.columns.max(1)
    }

    fn at_share(&self, percent: usize) -> f32 {
        let mut levels: Vec<u8> = self.cells.iter().map(|it| byte(level(*it))).collect();
        f32::from(share(&mut levels, percent)).max(1.0)
    }

    fn is_smooth(&self) -> bool {
        let steep = |a: f32, b: f32| a.min(b) < SMOOTH * a.max(b);
        let rows = || self.cells.chunks_exact(self.columns.max(1));
        let across = rows().flat_map(|row| row.iter().zip(row.iter().skip(1)));
        let down = rows()
            .zip(rows().skip(1))
            .flat_map(|(upper, lower)| upper.iter().zip(lower));
        across.chain(down).filter(|(a, b)| steep(**a, **b)).count() * 200 < self.cells.len()
    }

    /// Each cell becomes the extreme of its neighbours up to `far` away.
    fn spread(&mut self, far: usize, extreme: fn(f32, f32) -> f32) {
        self.each_with_neighbours(far, |values| {
            values.iter().copied().reduce(extreme).unwrap_or(1.0)
        });
    }

    fn blur(&mut self) {
        for _ in 0..2 {
            self.each_with_neighbours(1, |values| {
                values.iter().sum::<f32>() / real(values.len().max(1))
            });
        }
    }

    /// First along rows, then along columns.
    fn each_with_neighbours(&mut self, far: usize, of: impl Fn(&[f32]) -> f32) {
        let (columns, rows) = (self.columns, self.rows());
        let over = |line: &[f32]| -> Vec<f32> {
            (0..line.len())
                .map(|at| {
                    let end = (at + far + 1).min(line.len());
                    of(line.get(at.saturating_sub(far)..end).unwrap_or(&[]))
                })
                .collect()
        };
        let across: Vec<f32> = self
            .cells
            .chunks_exact(columns.max(1))
            .flat_map(over)
            .collect();
        let mut cells = across.clone();
        for column in 0..columns {
            let line: Vec<f32> = across
                .iter()
                .skip(column)
                .step_by(columns)
                .copied()
                .collect();
            let line = over(&line);
            for (row, value) in line.into_iter().enumerate().take(rows) {
                if let Some(cell) = cells.get_mut(row * columns + column) {
                    *cell = value;
                }
            }
        }
        self.cells = cells;
    }

    fn divide<const N: usize>(&self, pixels: &mut [u8], width: usize) {
        let stride = (width * N).max(1);
        let height = pixels.len() / stride;
        let mut gains = vec![0_u32; width];
        let mut last = usize::MAX;
        for (row, line) in pixels.chunks_exact_mut(stride).enumerate() {
            // Light changes slowly: gains are computed anew for every fourth row.
            if row / 4 != last {
                last = row / 4;
                self.gains((real(row) + 2.0) / real(height), &mut gains);
            }
            for (pixel, gain) in line.chunks_exact_mut(N).zip(&gains) {
                for part in pixel {
                    *part = byte(((u32::from(*part) * gain) >> 12).min(255));
                }
            }
        }
    }

    /// What to multiply the pixels of a row by, in 1/4096; `down` is the row's place from 0 to 1.
    fn gains(&self, down: f32, gains: &mut [u32]) {
        let between = |place: f32, count: usize| {
            let at = (place * real(count) - 0.5).clamp(0.0, real(count.saturating_sub(1)));
            (usize::try_from(whole(at)).unwrap_or(0), at - at.floor())
        };
        let (upper, part) = between(down, self.rows());
        let row = |at: usize| self.cells.get(at * self.columns..(at + 1) * self.columns);
        let Some(first) = row(upper) else { return };
        let second = row(upper + 1).unwrap_or(first);
        let mixed: Vec<f32> = first
            .iter()
            .zip(second)
            .map(|(a, b)| 4096.0 * PAPER / (a * (1.0 - part) + b * part))
            .collect();
        let width = real(gains.len());
        let value = |at: usize| {
            let (left, part) = between(real(at) / width, self.columns);
            let first = mixed.get(left).copied().unwrap_or(4096.0);
            let second = mixed.get(left + 1).copied().unwrap_or(first);
            first * (1.0 - part) + second * part
        };
        let count = gains.len();
        let mut begin = value(0);
        for (block, part) in gains.chunks_mut(16).enumerate() {
            let end = value(((block + 1) * 16).min(count));
            let step = (end - begin) / 16.0;
            for gain in part {
                *gain = level(begin);
                begin += step;
            }
            begin = end;
        }
    }
}

fn level(light: f32) -> u32 {
    u32::try_from(whole(light)).unwrap_or(0)
}

/// The brightness that an eighth of each cell's pixels exceed: paper between letters.
fn measured(small: &GrayImage, cell: u32, (columns, rows): (u32, u32)) -> Vec<f32> {
    let step = usize::from(cell >= 16) + 1;
    let mut cells = Vec::with_capacity(wide(columns) * wide(rows));
    let mut values = Vec::new();
    for row in 0..rows {
        for column in 0..columns {
            values.clear();
            for y in (row * cell..(row + 1) * cell).step_by(step) {
                let begin = wide(y) * wide(small.width()) + wide(column * cell);
                let line = small.as_raw().get(begin..begin + wide(cell)).unwrap_or(&[]);
                values.extend(line.iter().step_by(step).copied());
            }
            cells.push(f32::from(share(&mut values, 85)));
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use ::image::Luma;

    use super::super::ink::tests::lines_of_text;
    use super::super::numbers::side;
    use super::*;

    fn shaded(page: &GrayImage, shade: impl Fn(f32, f32) -> f32) -> GrayImage {
        let (width, height) = (side(page.width()), side(page.height()));
        GrayImage::from_fn(page.width(), page.height(), |x, y| {
            let ink = f32::from(page.get_pixel(x, y).0[0]);
            Luma([byte(level(ink * shade(side(x) / width, side(y) / height)))])
        })
    }

    #[test]
    fn even_pages_are_left_alone() {
        let page = lines_of_text(900, 1200);
        assert_eq!(Light::uneven(&page, Taken::Otherwise), None);
    }

    #[test]
    fn a_slow_shadow_is_divided_out() {
        let page = shaded(&lines_of_text(900, 1200), |x, y| 1.0 - 0.3 * x - 0.2 * y);
        let light = Light::uneven(&page, Taken::Otherwise).unwrap();
        let evened = light.evened_grey(page);
        for (x, y) in [(20, 20), (880, 20), (450, 25), (880, 1180), (20, 1180)] {
            let paper = evened.get_pixel(x, y).0[0];
            assert!(paper.abs_diff(246) <= 16, "{x} {y} {paper}");
        }
    }

    #[test]
    fn the_edge_of_a_shadow_is_no_print_on_a_photo() {
        let page = shaded(
            &lines_of_text(900, 1200),
            |x, _| if x < 0.5 { 0.5 } else { 1.0 },
        );
        let light = Light::uneven(&page, Taken::ByCamera).unwrap();
        let evened = light.evened_grey(page);
        let (left, right) = (
            evened.get_pixel(30, 60).0[0],
            evened.get_pixel(870, 60).0[0],
        );
        assert!(left.abs_diff(right) < 10, "{left} {right}");
    }

    #[test]
    fn a_dark_picture_on_a_scan_is_no_shadow() {
        let page = shaded(&lines_of_text(900, 1200), |x, y| {
            if x > 0.5 && y < 0.4 { 0.2 } else { 1.0 }
        });
        assert_eq!(Light::uneven(&page, Taken::Otherwise), None);
    }
}
