//! Photos of telephones: HEVC in a HEIF file (ISO 23008-12), turned the right way up by what the file
//! itself says.

use ::image::{DynamicImage, RgbImage};
use heic_rs::{DecodeOptions, PixelLayout};

use super::super::failure::Failure;

/// The photo, once `check` allows its width and height.
pub fn decode(
    bytes: &[u8],
    check: impl Fn(u32, u32) -> Result<(), Failure>,
) -> Result<DynamicImage, Failure> {
    let about = heic_rs::probe(bytes).map_err(|_| broken())?;
    check(about.width, about.height)?;
    let options = DecodeOptions::default().with_layout(PixelLayout::Rgb8);
    let photo = heic_rs::decode(bytes, &options).map_err(|_| broken())?;
    let pixels = RgbImage::from_raw(photo.width, photo.height, photo.data);
    pixels.map(DynamicImage::ImageRgb8).ok_or_else(broken)
}

const fn broken() -> Failure {
    Failure::Unsupported {
        what: "this photo (HEIC)",
        advice: "let the telephone save photos as JPEG (iPhone: Settings, Camera, Formats, Most \
                 Compatible) or share it as JPEG, and add that",
    }
}
