//! Codes that are printed for machines: QR.

use ::image::GrayImage;
use rqrr::PreparedImage;

use crate::domain::document::Code;
use crate::domain::value::Rect;

/// Codes tried on one picture.
const GRIDS_MAX: usize = 20;
/// Longer than any QR code holds, in bytes.
const TEXT_BYTES_MAX: usize = 8 * 1024;

/// The codes on a picture of a page.
pub fn on_page(page: u32, picture: &GrayImage) -> Vec<Code> {
    let (Ok(width), Ok(height)) = (
        usize::try_from(picture.width()),
        usize::try_from(picture.height()),
    ) else {
        return Vec::new();
    };
    if width < 21 || height < 21 {
        return Vec::new();
    }
    let pixels = picture.as_raw();
    let mut prepared = PreparedImage::prepare_from_greyscale(width, height, |x, y| {
        pixels.get(y * width + x).copied().unwrap_or(u8::MAX)
    });
    let mut found: Vec<Code> = Vec::new();
    for grid in prepared.detect_grids().iter().take(GRIDS_MAX) {
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
    found
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
