//! What is done to a picture before it is searched: smaller, larger, sharper, black and white.

use ::image::imageops::{self, FilterType};
use ::image::{GrayImage, Luma};

/// What may still be spent on one page, in pixels looked at. It is counted, not timed, so that the
/// same picture gives the same codes on every machine.
#[derive(Debug)]
pub struct Work {
    left: u64,
}

impl Work {
    /// So many pixels.
    pub const fn of(pixels: u64) -> Self {
        Self { left: pixels }
    }

    /// A share of at most `pixels`, `None` if nothing is left; [`Work::give_back`] returns the rest.
    pub fn part(&mut self, pixels: u64) -> Option<Self> {
        let share = pixels.min(self.left);
        self.left -= share;
        (share > 0).then_some(Self { left: share })
    }

    /// Returns what was not needed of a share.
    #[expect(clippy::needless_pass_by_value, reason = "a share is given back once")]
    pub const fn give_back(&mut self, rest: Self) {
        self.left += rest.left;
    }

    /// Takes `pixels` away; false if there are not as many left.
    pub const fn spend(&mut self, pixels: u64) -> bool {
        match self.left.checked_sub(pixels) {
            Some(left) => {
                self.left = left;
                true
            }
            None => false,
        }
    }
}

/// Pixels of a picture.
pub fn area(picture: &GrayImage) -> u64 {
    u64::from(picture.width()) * u64::from(picture.height())
}

#[expect(
    clippy::cast_precision_loss,
    clippy::as_conversions,
    reason = "pixels of a picture"
)]
pub fn float(count: u32) -> f32 {
    count as f32
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::as_conversions,
    reason = "a conversion that stops at the ends of the type"
)]
pub fn whole(length: f32) -> u32 {
    length as u32
}

fn index(count: u32) -> usize {
    usize::try_from(count).unwrap_or(0)
}

/// Half as wide and high, every pixel the mean of four.
pub fn halved(picture: &GrayImage) -> GrayImage {
    let (width, height) = (picture.width() / 2, picture.height() / 2);
    let stride = index(picture.width()).max(1);
    let mut pixels = Vec::with_capacity(index(width) * index(height));
    let mut rows = picture.as_raw().chunks_exact(stride);
    while let (Some(upper), Some(lower)) = (rows.next(), rows.next()) {
        let pairs = upper.chunks_exact(2).zip(lower.chunks_exact(2));
        pixels.extend(pairs.map(|(upper, lower)| {
            let sum: u16 = upper.iter().chain(lower).map(|it| u16::from(*it)).sum();
            u8::try_from(sum / 4).unwrap_or(u8::MAX)
        }));
    }
    GrayImage::from_raw(width, height, pixels).unwrap_or_default()
}

/// In another size; smaller by means, larger along smooth curves.
pub fn scaled(picture: &GrayImage, factor: f32) -> GrayImage {
    let to = |it: u32| whole((float(it) * factor).round()).clamp(1, 4000);
    let (width, height) = (to(picture.width()), to(picture.height()));
    if factor < 1.0 {
        imageops::thumbnail(picture, width, height)
    } else {
        imageops::resize(picture, width, height, FilterType::CatmullRom)
    }
}

/// A part of the picture.
pub fn part(picture: &GrayImage, x: u32, y: u32, width: u32, height: u32) -> GrayImage {
    imageops::crop_imm(picture, x, y, width, height).to_image()
}

/// With a margin on all sides in the brightness of the picture's own rim: decoders ask for a free
/// margin, which a tight cut has lost.
pub fn with_margin(picture: &GrayImage, margin: u32) -> GrayImage {
    let (width, height) = picture.dimensions();
    let mut rim: Vec<u8> = Vec::new();
    if let Some(row) = picture.rows().next() {
        rim.extend(row.map(|it| it.0[0]));
    }
    if let Some(row) = picture.rows().next_back() {
        rim.extend(row.map(|it| it.0[0]));
    }
    for row in picture.rows() {
        let ends = (row.clone().next(), row.clone().next_back());
        rim.extend([ends.0, ends.1].into_iter().flatten().map(|it| it.0[0]));
    }
    rim.sort_unstable();
    // Mostly paper, so rather light than dark.
    let light = rim.get(rim.len() * 4 / 5).copied().unwrap_or(u8::MAX);
    let mut framed = GrayImage::from_pixel(width + 2 * margin, height + 2 * margin, Luma([light]));
    imageops::replace(&mut framed, picture, i64::from(margin), i64::from(margin));
    framed
}

/// Dark as light.
pub fn inverted(picture: &GrayImage) -> GrayImage {
    let mut turned = picture.clone();
    turned.iter_mut().for_each(|it| *it = u8::MAX - *it);
    turned
}

/// Left as right.
pub fn mirrored(picture: &GrayImage) -> GrayImage {
    imageops::flip_horizontal(picture)
}

/// The darkest fiftieth black, the lightest fiftieth white, all between stretched.
pub fn stretched(picture: &GrayImage) -> GrayImage {
    let counts = counts(picture);
    let all: u32 = counts.iter().sum();
    let at = |share: u32| {
        let mut seen = 0;
        let place = counts.iter().position(|it| {
            seen += it;
            u64::from(seen) * 50 >= u64::from(all) * u64::from(share)
        });
        i32::try_from(place.unwrap_or(0)).unwrap_or(0)
    };
    let (dark, light) = (at(1), at(49));
    let span = (light - dark).max(1);
    let mut wide = picture.clone();
    wide.iter_mut().for_each(|it| {
        let value = (i32::from(*it) - dark) * 255 / span;
        *it = u8::try_from(value.clamp(0, 255)).unwrap_or(u8::MAX);
    });
    wide
}

fn counts(picture: &GrayImage) -> [u32; 256] {
    let mut counts = [0_u32; 256];
    for pixel in picture.as_raw() {
        if let Some(count) = counts.get_mut(usize::from(*pixel)) {
            *count += 1;
        }
    }
    counts
}

/// Black and white, parted at the brightness that tells dark from light best (Otsu 1979).
pub fn parted(picture: &GrayImage) -> GrayImage {
    let counts = counts(picture);
    let weighted = |it: &[u32], from: u32| -> (f64, f64) {
        let sums = it
            .iter()
            .zip(from..)
            .map(|(n, value)| (f64::from(*n), f64::from(*n) * f64::from(value)));
        sums.fold((0.0, 0.0), |all, one| (all.0 + one.0, all.1 + one.1))
    };
    let spread = |level: u8| {
        let (dark, light) = counts.split_at(usize::from(level));
        let ((n, sum), (m, total)) = (weighted(dark, 0), weighted(light, level.into()));
        if n > 0.0 && m > 0.0 {
            n * m * (sum / n - total / m).powi(2)
        } else {
            0.0
        }
    };
    let best = (1..=u8::MAX)
        .max_by(|a, b| spread(*a).total_cmp(&spread(*b)))
        .unwrap_or(128);
    parted_below(picture, best)
}

/// Black and white, parted at this share of the scale, in percent.
pub fn parted_at(picture: &GrayImage, percent: u8) -> GrayImage {
    let level = u16::from(percent.min(100)) * 255 / 100;
    parted_below(picture, u8::try_from(level).unwrap_or(u8::MAX))
}

fn parted_below(picture: &GrayImage, level: u8) -> GrayImage {
    let mut plain = picture.clone();
    plain
        .iter_mut()
        .for_each(|it| *it = if *it < level { 0 } else { u8::MAX });
    plain
}

/// Black and white, each pixel against the mean of its surroundings (Bradley 2007): dark where it is
/// `percent` below, and at least six steps, so that even paper stays white.
pub fn parted_locally(picture: &GrayImage, radius: u32, percent: u32) -> GrayImage {
    let mut pixels = Vec::with_capacity(picture.as_raw().len());
    over_means(picture, radius, |row, means| {
        pixels.extend(row.iter().zip(means).map(|(value, mean)| {
            let (value, mean) = (u32::from(*value), u32::from(*mean));
            let limit = (mean * (100 - percent.min(100)) / 100).min(mean.saturating_sub(6));
            if value < limit { 0 } else { u8::MAX }
        }));
    });
    GrayImage::from_raw(picture.width(), picture.height(), pixels).unwrap_or_default()
}

/// Every pixel as the mean of those around it.
pub fn blurred(picture: &GrayImage, radius: u32) -> GrayImage {
    let mut pixels = Vec::with_capacity(picture.as_raw().len());
    over_means(picture, radius, |_, means| pixels.extend_from_slice(means));
    GrayImage::from_raw(picture.width(), picture.height(), pixels).unwrap_or_default()
}

/// Every pixel moved away from the mean around it by `strength` times the difference.
pub fn sharpened(picture: &GrayImage, radius: u32, strength: i32) -> GrayImage {
    let mut pixels = Vec::with_capacity(picture.as_raw().len());
    over_means(picture, radius, |row, means| {
        pixels.extend(row.iter().zip(means).map(|(value, mean)| {
            let (value, mean) = (i32::from(*value), i32::from(*mean));
            let sharp = value + strength * (value - mean);
            u8::try_from(sharp.clamp(0, 255)).unwrap_or(u8::MAX)
        }));
    });
    GrayImage::from_raw(picture.width(), picture.height(), pixels).unwrap_or_default()
}

/// Gives each row together with the mean of a square around each of its pixels; sums of columns are
/// carried from row to row, so that the square's size costs nothing.
fn over_means(picture: &GrayImage, radius: u32, mut give: impl FnMut(&[u8], &[u8])) {
    let width = index(picture.width());
    if width == 0 || picture.height() == 0 {
        return;
    }
    let radius = index(radius.clamp(1, 200));
    let rows: Vec<&[u8]> = picture.as_raw().chunks_exact(width).collect();
    let mut columns = vec![0_u32; width];
    let add = |columns: &mut Vec<u32>, row: &[u8]| {
        columns
            .iter_mut()
            .zip(row)
            .for_each(|(sum, it)| *sum += u32::from(*it));
    };
    for row in rows.iter().take(radius) {
        add(&mut columns, row);
    }
    let mut means = vec![0_u8; width];
    for (y, row) in rows.iter().enumerate() {
        if let Some(row) = rows.get(y + radius) {
            add(&mut columns, row);
        }
        if let Some(row) = y.checked_sub(radius + 1).and_then(|it| rows.get(it)) {
            columns
                .iter_mut()
                .zip(*row)
                .for_each(|(sum, it)| *sum -= u32::from(*it));
        }
        let high = (y + radius + 1).min(rows.len()) - y.saturating_sub(radius);
        means_of_row(&columns, radius, high, &mut means);
        give(row, &means);
    }
}

fn means_of_row(columns: &[u32], radius: usize, high: usize, means: &mut [u8]) {
    let high = u32::try_from(high).unwrap_or(u32::MAX).max(1);
    let mut sum: u32 = columns.iter().take(radius).sum();
    let width = columns.len();
    let entering = columns
        .iter()
        .skip(radius)
        .map(Some)
        .chain(std::iter::repeat(None));
    let leaving = std::iter::repeat_n(None, radius + 1).chain(columns.iter().map(Some));
    let moved = entering.zip(leaving).enumerate();
    for (mean, (x, (enter, leave))) in means.iter_mut().zip(moved) {
        sum = sum + enter.copied().unwrap_or(0) - leave.copied().unwrap_or(0);
        let wide = (x + radius + 1).min(width) - x.saturating_sub(radius);
        let count = high * u32::try_from(wide).unwrap_or(u32::MAX);
        *mean = u8::try_from(sum / count.max(1)).unwrap_or(u8::MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_those_of_the_square() {
        let picture = GrayImage::from_fn(9, 7, |x, y| Luma([u8::try_from(x * 20 + y).unwrap()]));
        let mean = blurred(&picture, 2);
        for (x, y, pixel) in mean.enumerate_pixels() {
            let (mut sum, mut count) = (0_u32, 0);
            for (a, b, it) in picture.enumerate_pixels() {
                if a.abs_diff(x) <= 2 && b.abs_diff(y) <= 2 {
                    sum += u32::from(it.0[0]);
                    count += 1;
                }
            }
            assert_eq!(u32::from(pixel.0[0]), sum / count, "{x} {y}");
        }
    }

    #[test]
    fn a_shadow_is_not_ink() {
        let mut picture =
            GrayImage::from_fn(200, 50, |x, _| Luma([u8::try_from(240 - x).unwrap()]));
        picture.put_pixel(30, 20, Luma([150]));
        let plain = parted_locally(&picture, 10, 12);
        let ink: u32 = plain.iter().map(|it| u32::from(*it == 0)).sum();
        assert_eq!(ink, 1);
    }

    #[test]
    fn work_ends() {
        let mut work = Work::of(10);
        assert!(work.spend(6) && !work.spend(6) && work.spend(4) && !work.spend(1));
    }
}
