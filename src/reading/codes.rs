//! Codes that are printed for machines: QR.

pub mod separators;

use ::image::{GrayImage, imageops};
use rqrr::PreparedImage;

use crate::domain::document::Code;
use crate::domain::value::Rect;

/// Codes tried on one picture.
const GRIDS_MAX: usize = 20;
/// Longer than any QR code holds, in bytes.
const TEXT_BYTES_MAX: usize = 8 * 1024;

/// Above this side, a picture is also looked at in half its size: it smooths grain.
const HALVED_FROM: u32 = 500;

/// The codes on a picture. A whole page is looked at in half its size first, which costs a quarter
/// and smooths grain; in full only if something there looked like a code. A smaller picture is looked
/// at in full, then smaller, then in plain black and white.
pub fn on_page(page: u32, picture: &GrayImage) -> Vec<Code> {
    let halved = || {
        let (width, height) = (picture.width() / 2, picture.height() / 2);
        look(page, &imageops::thumbnail(picture, width, height))
    };
    if picture.width().min(picture.height()) >= WHOLE_PAGE_FROM {
        return match halved() {
            Look::Codes(found) => found,
            Look::Unreadable => look(page, picture).codes(),
            Look::Nothing => Vec::new(),
        };
    }
    let found = look(page, picture).codes();
    if !found.is_empty() {
        return found;
    }
    if picture.width().min(picture.height()) >= HALVED_FROM {
        let found = halved().codes();
        if !found.is_empty() {
            return found;
        }
    }
    if picture.width().max(picture.height()) <= PHOTO_SIDE_MAX {
        return look(page, &black_and_white(picture)).codes();
    }
    Vec::new()
}

/// From this side on, in pixels, a picture is a whole page: A4 at 200 dpi is 1654 wide.
const WHOLE_PAGE_FROM: u32 = 1600;

/// What a look at a picture showed.
enum Look {
    /// At least one code.
    Codes(Vec<Code>),
    /// Something like a code that cannot be read.
    Unreadable,
    /// Nothing like a code.
    Nothing,
}

impl Look {
    fn codes(self) -> Vec<Code> {
        match self {
            Self::Codes(found) => found,
            Self::Unreadable | Self::Nothing => Vec::new(),
        }
    }
}

/// Pictures of a single code are small; whole pages need no third look.
const PHOTO_SIDE_MAX: u32 = 1600;

fn look(page: u32, picture: &GrayImage) -> Look {
    let (Ok(width), Ok(height)) = (
        usize::try_from(picture.width()),
        usize::try_from(picture.height()),
    ) else {
        return Look::Nothing;
    };
    if width < 21 || height < 21 {
        return Look::Nothing;
    }
    let pixels = picture.as_raw();
    let mut prepared = PreparedImage::prepare_from_greyscale(width, height, |x, y| {
        pixels.get(y * width + x).copied().unwrap_or(u8::MAX)
    });
    let mut found: Vec<Code> = Vec::new();
    let grids = prepared.detect_grids();
    for grid in grids.iter().take(GRIDS_MAX) {
        let mut bytes = Vec::new();
        if grid.decode_to(&mut bytes).is_err() || bytes.len() > TEXT_BYTES_MAX {
            continue;
        }
        let text = super::text::decode(&bytes);
        let at = around(grid.bounds.map(|it| (it.x, it.y)), picture.width());
        if found.iter().all(|it| it.text != text) {
            found.push(Code {
                symbology: "qr".to_owned(),
                text,
                page,
                at,
            });
        }
    }
    match (found.is_empty(), grids.is_empty()) {
        (false, _) => Look::Codes(found),
        (true, false) => Look::Unreadable,
        (true, true) => Look::Nothing,
    }
}

/// Split at the brightness that parts the picture's dark from its light best (Otsu 1979).
fn black_and_white(picture: &GrayImage) -> GrayImage {
    let mut counts = [0_u32; 256];
    for pixel in picture.as_raw() {
        if let Some(count) = counts.get_mut(usize::from(*pixel)) {
            *count += 1;
        }
    }
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
    let mut plain = picture.clone();
    plain
        .iter_mut()
        .for_each(|it| *it = if *it < best { 0 } else { u8::MAX });
    plain
}

/// The box around a code's corners.
fn around(corners: [(i32, i32); 4], width: u32) -> Rect {
    #[expect(
        clippy::cast_precision_loss,
        clippy::as_conversions,
        reason = "pixels of a page"
    )]
    let scaled = |it: i32| it.max(0) as f32 * 1000.0 / width.max(1) as f32;
    let (xs, ys) = (corners.map(|it| it.0), corners.map(|it| it.1));
    let least = |all: [i32; 4]| all.into_iter().min().map_or(0.0, scaled);
    let most = |all: [i32; 4]| all.into_iter().max().map_or(0.0, scaled);
    let (x, y) = (least(xs), least(ys));
    Rect {
        x,
        y,
        w: most(xs) - x,
        h: most(ys) - y,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_page_has_no_codes() {
        let white = GrayImage::from_pixel(200, 300, ::image::Luma([255]));
        assert_eq!(on_page(1, &white), []);
    }
}
