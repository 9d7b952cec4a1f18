//! Pictures of pages for people, as WebP: a third of JPEG's size, shown by every browser.

use ::image::{DynamicImage, imageops};

use super::{Preview, PreviewSize};

/// Quality of the encoder, from 0 to 100.
const QUALITY: f32 = 60.0;
/// How hard the encoder tries, from 0 to 6. From 3 on it takes much longer, and a page gets hardly shorter.
const EFFORT: i32 = 2;
/// Longest side of a WebP picture, in pixels.
const SIDE_MAX: u32 = 16_000;

/// The page to read, and for the first page the one to recognise it by.
pub fn of_page(page: u32, picture: &DynamicImage) -> Vec<Preview> {
    let mut previews = Vec::new();
    previews.extend(encoded(page, picture, PreviewSize::Page, 1000));
    if page == 1 {
        previews.extend(encoded(page, picture, PreviewSize::Thumbnail, 240));
    }
    previews
}

fn encoded(page: u32, picture: &DynamicImage, size: PreviewSize, width: u32) -> Option<Preview> {
    let (from_width, from_height) = (picture.width().max(1), picture.height().max(1));
    let width = width.min(from_width);
    let height = u64::from(from_height) * u64::from(width) / u64::from(from_width);
    let height = u32::try_from(height).ok()?.clamp(1, SIDE_MAX);
    let colours = picture.to_rgb8();
    let small = if (width, height) == (from_width, from_height) {
        colours
    } else {
        imageops::thumbnail(&colours, width, height)
    };
    let encoder = webp::Encoder::from_rgb(&small, width, height);
    let mut config = webp::WebPConfig::new().ok()?;
    config.quality = QUALITY;
    config.method = EFFORT;
    let webp = encoder.encode_advanced(&config).ok()?;
    Some(Preview {
        page,
        size,
        webp: webp.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use ::image::{ImageFormat, RgbImage};

    use super::*;

    #[test]
    fn the_first_page_also_gets_a_thumbnail() {
        let picture = DynamicImage::ImageRgb8(RgbImage::new(1200, 1800));
        let sizes = |page| -> Vec<(PreviewSize, u32, u32)> {
            let previews = of_page(page, &picture);
            let previews = previews.into_iter().map(|it| {
                let shown = ::image::load_from_memory_with_format(&it.webp, ImageFormat::WebP);
                let shown = shown.unwrap();
                (it.size, shown.width(), shown.height())
            });
            previews.collect()
        };
        let page = (PreviewSize::Page, 1000, 1500);
        assert_eq!(sizes(1), [page, (PreviewSize::Thumbnail, 240, 360)]);
        assert_eq!(sizes(2), [page]);
    }
}
