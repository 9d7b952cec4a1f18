//! Scans and photos: decoded by memory-safe Rust, turned the right way up, in a size that letters
//! are recognised best at. Dimensions are checked before a pixel is decoded.

mod bilevel;
mod heic;
mod palette;

use std::io::Cursor;

use ::image::imageops::{self, FilterType};
use ::image::metadata::Orientation;
use ::image::{
    DynamicImage, GrayImage, ImageDecoder, ImageError, ImageFormat, ImageReader, RgbImage,
};
use tiff::ColorType;
use tiff::decoder::ifd::Value;
use tiff::decoder::{Decoder, DecodingResult};
use tiff::tags::Tag;

use super::Limits;
use super::failure::Failure;
use super::prepare::{Look, Plan};
use crate::domain::document::MediaType;

/// Width of A4 in points; taken for a picture that does not say its resolution.
const A4_WIDTH: f32 = 595.0;
/// Width of A4 in inches.
const A4_INCHES: f32 = 8.27;
/// Width of a till roll in inches.
const ROLL_INCHES: f32 = 3.15;
/// A sheet this many times higher than wide is a till roll's.
const ROLL_RATIO: f32 = 1.55;
/// Above this many pixels on the short side, letters gain nothing: A4 at 300 dpi has 2480.
const SHORT_SIDE_MAX: u32 = 2600;
/// Pictures of a lower resolution are enlarged.
const ENLARGED_BELOW_DPI: f32 = 110.0;
/// Cameras and programs state 72 or 96 without meaning it.
const STATED_DPI: std::ops::RangeInclusive<f32> = 110.0..=1300.0;

/// A picture of a page, ready for recognition.
pub struct Picture {
    /// In colour, at most 2600 pixels on the short side; empty where colours are not needed. Made
    /// ready as the grey one is: both show the same page.
    pub colours: DynamicImage,
    /// In grey.
    pub grey: GrayImage,
    /// Resolution of the grey picture in pixels an inch, stated or estimated.
    pub dpi: u32,
    /// Width of the sheet in points.
    pub width: f32,
    /// Height of the sheet in points.
    pub height: f32,
    /// What the page looks like.
    pub look: Look,
    /// Whether it looks as in the file: nothing was cut out, straightened, turned or lit anew.
    pub is_as_taken: bool,
}

impl Picture {
    /// A picture that is grey only, made ready, and what was done to it.
    pub fn prepared(self) -> (Self, Plan) {
        let plan = Plan::of_grey(&self.grey);
        let (width, height) = plan.points((self.width, self.height));
        let grey = plan.applied(DynamicImage::ImageLuma8(self.grey));
        let picture = Self {
            grey: grey.into_luma8(),
            width,
            height,
            look: plan.look,
            is_as_taken: !plan.moves() && plan.light.is_none(),
            ..self
        };
        (picture, plan)
    }
}

/// A file of one or, for TIFF, several pictures.
pub struct Pictures<'a> {
    bytes: &'a [u8],
    media_type: MediaType,
    limits: &'a Limits,
    count: usize,
}

impl<'a> Pictures<'a> {
    /// Counts the pictures; decodes none.
    pub fn open(
        bytes: &'a [u8],
        media_type: MediaType,
        limits: &'a Limits,
    ) -> Result<Self, Failure> {
        let mut count = 1;
        if media_type == MediaType::Tiff {
            let mut decoder = Decoder::new(Cursor::new(bytes)).map_err(damaged_tiff)?;
            let most = usize::try_from(limits.pages_max).unwrap_or(usize::MAX);
            while decoder.more_images() && count <= most {
                decoder.next_image().map_err(damaged_tiff)?;
                count += 1;
            }
        }
        Ok(Self {
            bytes,
            media_type,
            limits,
            count,
        })
    }

    /// How many there are.
    pub const fn count(&self) -> usize {
        self.count
    }

    /// Decodes one of them and makes it ready.
    pub fn load(&self, index: usize) -> Result<Picture, Failure> {
        let (decoded, orientation, stated) = match self.media_type {
            MediaType::Tiff => self.decode_tiff(index)?,
            MediaType::Png => self.decode(ImageFormat::Png)?,
            MediaType::WebP => self.decode(ImageFormat::WebP)?,
            MediaType::Gif => self.decode(ImageFormat::Gif)?,
            MediaType::Bmp => self.decode(ImageFormat::Bmp)?,
            MediaType::Heic => {
                let pixels = heic::decode(self.bytes, |width, height| self.check(width, height))?;
                (pixels, Orientation::NoTransforms, None)
            }
            MediaType::Jpeg
            | MediaType::Pdf
            | MediaType::Text
            | MediaType::Mail
            | MediaType::Xml
            | MediaType::Html
            | MediaType::Rtf
            | MediaType::Docx
            | MediaType::Xlsx
            | MediaType::Pptx
            | MediaType::Odt
            | MediaType::Ods
            | MediaType::Odp => self.decode(ImageFormat::Jpeg)?,
        };
        let mut decoded = on_white(decoded);
        decoded.apply_orientation(orientation);
        let plan = Plan::of(&decoded);
        // A sheet is cut out of all the pixels that there are; what a camera states of its
        // resolution says nothing about it.
        let (fitted, factor) = if plan.sheet.is_some() {
            (decoded, None)
        } else {
            let (fitted, factor) = fitted(decoded);
            (fitted, Some(factor))
        };
        let stated = stated.zip(factor).map(|(dpi, factor)| dpi * factor);
        let mut picture = picture(plan.applied(fitted), stated);
        picture.look = plan.look;
        picture.is_as_taken = !plan.moves() && plan.light.is_none();
        Ok(picture)
    }

    fn check(&self, width: u32, height: u32) -> Result<(), Failure> {
        let most = self.limits.picture_pixels_max;
        if u64::from(width) * u64::from(height) > most || width == 0 || height == 0 {
            return Err(Failure::TooLarge {
                what: "the picture".to_owned(),
                size: format!("{width} × {height} pixels"),
                max: format!("{most} pixels"),
            });
        }
        Ok(())
    }

    fn decode(
        &self,
        format: ImageFormat,
    ) -> Result<(DynamicImage, Orientation, Option<f32>), Failure> {
        let reader = ImageReader::with_format(Cursor::new(self.bytes), format);
        let mut decoder = reader.into_decoder().map_err(|it| damaged(&it))?;
        let (width, height) = decoder.dimensions();
        self.check(width, height)?;
        let exif = decoder.exif_metadata().ok().flatten();
        let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let in_exif = exif.and_then(exif_dpi);
        let stated = if format == ImageFormat::Jpeg {
            in_exif.or_else(|| jfif_dpi(self.bytes))
        } else if format == ImageFormat::Png {
            in_exif.or_else(|| phys_dpi(self.bytes))
        } else {
            in_exif
        };
        let pixels = DynamicImage::from_decoder(decoder).map_err(|it| damaged(&it))?;
        Ok((pixels, orientation, stated))
    }

    fn decode_tiff(
        &self,
        index: usize,
    ) -> Result<(DynamicImage, Orientation, Option<f32>), Failure> {
        let mut decoder = Decoder::new(Cursor::new(self.bytes)).map_err(damaged_tiff)?;
        decoder.seek_to_image(index).map_err(damaged_tiff)?;
        let (width, height) = decoder.dimensions().map_err(damaged_tiff)?;
        self.check(width, height)?;
        let tag = |decoder: &mut Decoder<_>, tag| decoder.find_tag(tag).ok().flatten();
        let orientation = tag(&mut decoder, Tag::Orientation)
            .and_then(|it| it.into_u16().ok())
            .and_then(|it| Orientation::from_exif(u8::try_from(it).ok()?))
            .unwrap_or(Orientation::NoTransforms);
        let unit = tag(&mut decoder, Tag::ResolutionUnit).and_then(|it| it.into_u16().ok());
        let value = tag(&mut decoder, Tag::XResolution).and_then(|it| ratio(&it));
        let stated = match unit.unwrap_or(2) {
            2 => value,
            3 => value.map(|it| it * 2.54),
            _ => None,
        };
        let size = (width, height);
        if let Some(grey) = bilevel::decode(self.bytes, &mut decoder, size) {
            return Ok((DynamicImage::ImageLuma8(grey?), orientation, stated));
        }
        if let Some(colours) = palette::decode(self.bytes, &mut decoder, index, size) {
            return Ok((DynamicImage::ImageRgb8(colours?), orientation, stated));
        }
        let colours = decoder.colortype().map_err(damaged_tiff)?;
        let pixels = decoder.read_image().map_err(damaged_tiff)?;
        let pixels = tiff_pixels(pixels, colours, (width, height))?;
        Ok((pixels, orientation, stated))
    }
}

/// Makes large pictures small enough; returns the factor of their resolution too.
fn fitted(picture: DynamicImage) -> (DynamicImage, f32) {
    let (width, height) = (picture.width(), picture.height());
    let short = width.min(height);
    if short <= SHORT_SIDE_MAX {
        return (picture, 1.0);
    }
    let scaled = |it: u32| {
        u32::try_from(u64::from(it) * 2480 / u64::from(short))
            .unwrap_or(u32::MAX)
            .max(1)
    };
    let (to_width, to_height) = (scaled(width), scaled(height));
    let small = if let DynamicImage::ImageLuma8(grey) = &picture {
        DynamicImage::ImageLuma8(imageops::thumbnail(grey, to_width, to_height))
    } else {
        let colours = picture.to_rgb8();
        DynamicImage::ImageRgb8(imageops::thumbnail(&colours, to_width, to_height))
    };
    (small, 2480.0 / length(short))
}

/// The sheet that a picture shows.
fn picture(colours: DynamicImage, stated: Option<f32>) -> Picture {
    let (width, height) = (length(colours.width()), length(colours.height()));
    let stated = stated.filter(|it| STATED_DPI.contains(it));
    let is_roll = height > ROLL_RATIO * width;
    // A stated resolution that makes a sheet larger than A3 or smaller than a ticket is not meant.
    let stated = stated.filter(|it| (1.2..=17.0).contains(&(width.min(height) / it)));
    let dpi = stated.unwrap_or_else(|| {
        let inches = if is_roll { ROLL_INCHES } else { A4_INCHES };
        width.min(height) / inches
    });
    let sheet_width = stated.map_or(A4_WIDTH, |it| width / it * 72.0);
    let mut grey = colours.to_luma8();
    let mut dpi = dpi;
    // Letters of very few pixels are recognised better when they are drawn larger. Above that it
    // only costs: receipts of 130 to 300 dpi lost a tenth of their totals and took twice as long.
    if dpi < ENLARGED_BELOW_DPI {
        let factor = (200.0 / dpi.max(75.0)).min(2.5);
        grey = enlarged(&grey, factor);
        dpi *= factor;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::as_conversions,
        reason = "clamped"
    )]
    let dpi = dpi.round().clamp(70.0, 1200.0) as u32;
    Picture {
        colours,
        grey,
        dpi,
        width: sheet_width,
        height: sheet_width * height / width.max(1.0),
        look: Look::default(),
        is_as_taken: true,
    }
}

fn enlarged(grey: &GrayImage, factor: f32) -> GrayImage {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::as_conversions,
        reason = "at most 2.5 times a small picture"
    )]
    let scaled = |it: u32| (length(it) * factor).round() as u32;
    imageops::resize(
        grey,
        scaled(grey.width()),
        scaled(grey.height()),
        FilterType::CatmullRom,
    )
}

/// In grey or in colours of one byte, on white paper where the picture is transparent.
fn on_white(picture: DynamicImage) -> DynamicImage {
    let blend = |part: u8, alpha: u8| {
        let (part, alpha) = (u32::from(part), u32::from(alpha));
        u8::try_from((part * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX)
    };
    let (width, height) = (picture.width(), picture.height());
    let color = picture.color();
    if !color.has_alpha() {
        return if color.has_color() {
            DynamicImage::ImageRgb8(picture.into_rgb8())
        } else {
            DynamicImage::ImageLuma8(picture.into_luma8())
        };
    }
    if color.has_color() {
        let pixels = picture.into_rgba8();
        let pixels = pixels.pixels().flat_map(|it| {
            let [red, green, blue, alpha] = it.0;
            [red, green, blue].map(|part| blend(part, alpha))
        });
        let colours = RgbImage::from_raw(width, height, pixels.collect());
        return DynamicImage::ImageRgb8(colours.unwrap_or_default());
    }
    let pixels = picture.into_luma_alpha8();
    let pixels = pixels.pixels().map(|it| blend(it.0[0], it.0[1]));
    let grey = GrayImage::from_raw(width, height, pixels.collect());
    DynamicImage::ImageLuma8(grey.unwrap_or_default())
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "another crate's enum, which may grow"
)]
fn tiff_pixels(
    decoded: DecodingResult,
    colours: ColorType,
    (width, height): (u32, u32),
) -> Result<DynamicImage, Failure> {
    let unknown = || Failure::damaged("its colours are of a kind that is not known");
    let bytes = match decoded {
        DecodingResult::U8(bytes) => bytes,
        DecodingResult::U16(words) => words
            .into_iter()
            .map(|it| u8::try_from(it >> 8).unwrap_or(u8::MAX))
            .collect(),
        _ => return Err(unknown()),
    };
    let image = match colours {
        ColorType::Gray(bits) if bits < 8 => {
            let grey = unpacked(&bytes, bits, width);
            GrayImage::from_raw(width, height, grey).map(DynamicImage::ImageLuma8)
        }
        ColorType::Gray(_) => {
            GrayImage::from_raw(width, height, bytes).map(DynamicImage::ImageLuma8)
        }
        ColorType::RGB(_) => RgbImage::from_raw(width, height, bytes).map(DynamicImage::ImageRgb8),
        ColorType::RGBA(_) => {
            ::image::RgbaImage::from_raw(width, height, bytes).map(DynamicImage::ImageRgba8)
        }
        ColorType::GrayA(_) => {
            ::image::GrayAlphaImage::from_raw(width, height, bytes).map(DynamicImage::ImageLumaA8)
        }
        ColorType::CMYK(_) => {
            let rgb = bytes.chunks_exact(4).flat_map(|it| {
                let part = |at: usize| 255 - u32::from(it.get(at).copied().unwrap_or(0));
                [0, 1, 2].map(|at| u8::try_from(part(at) * part(3) / 255).unwrap_or(u8::MAX))
            });
            RgbImage::from_raw(width, height, rgb.collect()).map(DynamicImage::ImageRgb8)
        }
        _ => None,
    };
    image.ok_or_else(unknown)
}

/// Pixels of less than a byte, each row beginning with a byte of its own.
fn unpacked(bytes: &[u8], bits: u8, width: u32) -> Vec<u8> {
    let width = usize::try_from(width).unwrap_or(0);
    let bits = usize::from(bits.clamp(1, 7));
    let row_bytes = (width * bits).div_ceil(8).max(1);
    let most = (1_u32 << bits) - 1;
    let mut pixels = Vec::with_capacity(bytes.len() / row_bytes * width);
    for row in bytes.chunks_exact(row_bytes) {
        for column in 0..width {
            let at = column * bits;
            let byte = u32::from(row.get(at / 8).copied().unwrap_or(0));
            let value = (byte >> (8_usize.saturating_sub(bits + at % 8))) & most;
            pixels.push(u8::try_from(value * 255 / most).unwrap_or(u8::MAX));
        }
    }
    pixels
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "another crate's enum, which may grow"
)]
fn exif_dpi(chunk: Vec<u8>) -> Option<f32> {
    let exif = exif::Reader::new().read_raw(chunk).ok()?;
    let field = |tag| exif.get_field(tag, exif::In::PRIMARY);
    let value = match &field(exif::Tag::XResolution)?.value {
        exif::Value::Rational(values) => values.first()?.to_f32(),
        _ => return None,
    };
    let unit = field(exif::Tag::ResolutionUnit).and_then(|it| it.value.get_uint(0));
    Some(if unit == Some(3) { value * 2.54 } else { value })
}

/// JFIF states its density in the first segment: unit, then x and y.
fn jfif_dpi(bytes: &[u8]) -> Option<f32> {
    let segment = bytes.get(2..18)?;
    if segment.get(..2)? != b"\xff\xe0" || segment.get(4..9)? != b"JFIF\0" {
        return None;
    }
    let density = u16::from_be_bytes(segment.get(12..14)?.try_into().ok()?);
    match segment.get(11)? {
        1 => Some(f32::from(density)),
        2 => Some(f32::from(density) * 2.54),
        _ => None,
    }
}

/// PNG states pixels a metre in its pHYs chunk, which stands before the pixels.
fn phys_dpi(bytes: &[u8]) -> Option<f32> {
    let start = bytes.get(..4096).unwrap_or(bytes);
    let at = start.windows(4).position(|it| it == b"pHYs")? + 4;
    let value = u32::from_be_bytes(start.get(at..at + 4)?.try_into().ok()?);
    let unit = start.get(at + 8)?;
    let value = u16::try_from(value).ok()?;
    (*unit == 1).then(|| f32::from(value) * 0.0254)
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "another crate's enum, which may grow"
)]
fn ratio(value: &Value) -> Option<f32> {
    match value {
        Value::Rational(over, under) if *under > 0 => {
            #[expect(
                clippy::cast_precision_loss,
                clippy::as_conversions,
                reason = "a resolution"
            )]
            let ratio = *over as f32 / *under as f32;
            Some(ratio)
        }
        _ => None,
    }
}

fn length(pixels: u32) -> f32 {
    u16::try_from(pixels).map_or(f32::from(u16::MAX), f32::from)
}

fn damaged(error: &ImageError) -> Failure {
    Failure::damaged(match error {
        ImageError::Unsupported(_) => "its picture is of a kind that is not known",
        ImageError::Limits(_) => "its picture needs too much memory",
        ImageError::Decoding(_)
        | ImageError::Encoding(_)
        | ImageError::Parameter(_)
        | ImageError::IoError(_) => "the picture ends early or makes no sense",
    })
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "another crate's enum, which may grow"
)]
#[expect(clippy::needless_pass_by_value, reason = "what map_err gives")]
fn damaged_tiff(error: tiff::TiffError) -> Failure {
    Failure::damaged(match error {
        tiff::TiffError::UnsupportedError(_) => "its picture is of a kind that is not known",
        tiff::TiffError::LimitsExceeded => "its picture needs too much memory",
        _ => "the picture ends early or makes no sense",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        let grey =
            DynamicImage::ImageLuma8(GrayImage::from_pixel(width, height, ::image::Luma([200])));
        grey.write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn a_picture_without_resolution_is_as_wide_as_a4() {
        let bytes = png(1654, 2339);
        let limits = Limits::default();
        let pictures = Pictures::open(&bytes, MediaType::Png, &limits).unwrap();
        let picture = pictures.load(0).unwrap();
        assert_eq!((picture.dpi, picture.width), (200, 595.0));
        assert!((picture.height - 841.4).abs() < 0.1);
    }

    #[test]
    fn large_pictures_become_smaller_and_small_ones_larger() {
        let limits = Limits::default();
        for (size, expected) in [
            ((5000, 7000), (2480, 3472)),
            ((620, 877), (1550, 2193)),
            // A till roll's letters are large enough.
            ((620, 1000), (620, 1000)),
        ] {
            let bytes = png(size.0, size.1);
            let pictures = Pictures::open(&bytes, MediaType::Png, &limits).unwrap();
            let grey = pictures.load(0).unwrap().grey;
            assert_eq!(grey.dimensions(), expected, "{size:?}");
        }
    }

    #[test]
    fn too_many_pixels_are_refused_before_they_are_decoded() {
        let limits = Limits {
            picture_pixels_max: 1000,
            ..Limits::default()
        };
        let bytes = png(100, 100);
        let pictures = Pictures::open(&bytes, MediaType::Png, &limits).unwrap();
        assert!(matches!(pictures.load(0), Err(Failure::TooLarge { .. })));
    }

    #[test]
    fn bits_become_bytes() {
        assert_eq!(unpacked(&[0b1010_0000], 1, 3), [255, 0, 255]);
        assert_eq!(unpacked(&[0b1101_1000], 2, 3), [255, 85, 170]);
    }

    #[test]
    fn a_truncated_picture_is_damaged() {
        let bytes = png(50, 50);
        let limits = Limits::default();
        let cut = &bytes[..bytes.len() / 2];
        let pictures = Pictures::open(cut, MediaType::Png, &limits).unwrap();
        assert!(matches!(pictures.load(0), Err(Failure::Damaged { .. })));
    }
}
