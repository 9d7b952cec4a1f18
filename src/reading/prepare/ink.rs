//! What is printed on a small grey copy of a page, told from the paper.

use ::image::GrayImage;

use super::numbers::share;

/// Places of feet looked at; of more, every second or third.
const FEET_MAX: usize = 24_000;
/// Part of the page's sides that is left out at each border.
const MARGIN: i32 = 40;
/// No letter's foot is so wide, in pixels of the copy.
const RULE: usize = 40;
/// A page whose darker part is larger than this share, in percent, is no printed page.
const INK_PERCENT_MAX: usize = 35;

/// The ink on a page.
#[derive(Clone, Debug, Default)]
pub struct Ink {
    /// Width of the copy.
    pub width: i32,
    /// Height of the copy.
    pub height: i32,
    /// Places where ink stands on paper: column and row. Most of them are the feet of letters, which
    /// stand in rows.
    pub feet: Vec<(u16, u16)>,
    /// Whether a pixel is ink, row by row.
    pub mask: Vec<bool>,
}

impl Ink {
    /// The ink on a small copy; none where a page is mostly dark.
    pub fn of(small: &GrayImage) -> Self {
        let sides = (u16::try_from(small.width()), u16::try_from(small.height()));
        let (Ok(width), Ok(height)) = sides else {
            return Self::default();
        };
        let below = threshold(small);
        let mask: Vec<bool> = small.as_raw().iter().map(|it| *it < below).collect();
        let ink = Self {
            width: width.into(),
            height: height.into(),
            feet: Vec::new(),
            mask,
        };
        let dark = ink.mask.iter().filter(|it| **it).count();
        if width == 0 || dark * 100 > ink.mask.len() * INK_PERCENT_MAX {
            return Self::default();
        }
        let feet = ink.feet_found();
        let every = feet.len().div_ceil(FEET_MAX).max(1);
        let feet = feet.into_iter().step_by(every).collect();
        Self { feet, ..ink }
    }

    /// The rows of the mask.
    pub fn rows(&self) -> std::slice::ChunksExact<'_, bool> {
        let width = usize::try_from(self.width).unwrap_or(0).max(1);
        self.mask.chunks_exact(width)
    }

    fn feet_found(&self) -> Vec<(u16, u16)> {
        let mut feet = Vec::new();
        // The border of a scan is often dark, and no row of letters.
        let (left, top) = (self.width / MARGIN, self.height / MARGIN);
        let within = left..self.width - left;
        for (row, (upper, lower)) in (0_u16..).zip(self.rows().zip(self.rows().skip(1))) {
            if !(top..self.height - top).contains(&i32::from(row)) {
                continue;
            }
            let mut begin = feet.len();
            let mut last = None;
            for (column, (above, under)) in (0_u16..).zip(upper.iter().zip(lower)) {
                if !*above || *under || !within.contains(&i32::from(column)) {
                    continue;
                }
                if last.is_none_or(|it: u16| it + 1 < column) {
                    begin = feet.len();
                }
                last = Some(column);
                feet.push((column, row));
                // So long an edge is a rule or a box.
                if feet.len() - begin == RULE {
                    feet.truncate(begin);
                }
            }
        }
        feet
    }
}

/// The brightness below which a pixel is ink: where Otsu (1979) parts dark from light, kept away from
/// the paper's own brightness and from black.
fn threshold(small: &GrayImage) -> u8 {
    let mut counts = [0_u32; 256];
    let every = (small.as_raw().len() / 400_000).max(1);
    let mut sample: Vec<u8> = small.as_raw().iter().step_by(every).copied().collect();
    for pixel in &sample {
        if let Some(count) = counts.get_mut(usize::from(*pixel)) {
            *count += 1;
        }
    }
    let paper = u32::from(share(&mut sample, 70));
    let bound = |percent: u32| u8::try_from(paper * percent / 100).unwrap_or(u8::MAX);
    otsu(&counts).clamp(bound(45), bound(86))
}

fn otsu(counts: &[u32; 256]) -> u8 {
    let levels = || {
        (0_u8..=255)
            .zip(counts)
            .map(|(level, count)| (level, f64::from(*count)))
    };
    let all: f64 = levels().map(|it| it.1).sum();
    let weight: f64 = levels()
        .map(|(level, count)| f64::from(level) * count)
        .sum();
    let (mut below, mut sum, mut best) = (0.0, 0.0, (0.0, 128_u8));
    for (level, count) in levels() {
        below += count;
        sum += f64::from(level) * count;
        if below <= 0.0 || below >= all {
            continue;
        }
        let apart = sum / below - (weight - sum) / (all - below);
        let between = below * (all - below) * apart * apart;
        if between > best.0 {
            best = (between, level.saturating_add(1));
        }
    }
    best.1
}

#[cfg(test)]
pub(super) mod tests {
    use ::image::Luma;

    use super::*;

    /// Rows of boxes that are printed like letters: some reach above the others, few below.
    pub fn lines_of_text(width: u32, height: u32) -> GrayImage {
        let mut page = GrayImage::from_pixel(width, height, Luma([235]));
        let mut seed = 7_u32;
        let mut next = |below: u32| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 16) % below
        };
        let mut top = height / 10;
        while top + 30 < height * 9 / 10 {
            let mut left = width / 9;
            let end = width * 8 / 9 - next(width / 4);
            while left + 10 < end {
                let (above, under) = match next(10) {
                    0..=2 => (5, 0),
                    3 => (0, 4),
                    _ => (0, 0),
                };
                let mut dot = |x: u32, y: u32| page.put_pixel(x, y, Luma([40]));
                for y in top - above..top + 10 + under {
                    dot(left, y);
                    dot(left + 1, y);
                    dot(left + 5, y);
                    dot(left + 6, y);
                }
                for x in left..left + 7 {
                    dot(x, top);
                    dot(x, top + 9);
                }
                left += if next(6) == 0 { 17 } else { 10 };
            }
            top += 26;
        }
        page
    }

    #[test]
    fn letters_are_ink_and_paper_is_not() {
        let ink = Ink::of(&lines_of_text(600, 800));
        let dark = ink.mask.iter().filter(|it| **it).count();
        assert!((20_000..60_000).contains(&dark), "{dark}");
        assert!(ink.feet.len() > 3000, "{}", ink.feet.len());
    }

    #[test]
    fn a_dark_picture_has_no_ink() {
        let dark = GrayImage::from_fn(100, 100, |x, _| Luma([if x < 60 { 10 } else { 250 }]));
        assert!(Ink::of(&dark).feet.is_empty());
    }
}
