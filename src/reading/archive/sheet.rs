//! The picture of a page as it goes into the copy: the file's own JPEG where that is small and
//! shows the page as it was read, black and white as a fax (ITU-T T.6) where the scan is that, else
//! a new JPEG of a reasonable size, grey where there are no colours.

use std::io::Cursor;

use ::image::codecs::jpeg::JpegEncoder;
use ::image::imageops::{self, FilterType};
use ::image::{
    DynamicImage, ExtendedColorType, GrayImage, ImageDecoder, ImageFormat, ImageReader, RgbImage,
};
use fax::encoder::Encoder;
use fax::{Color, VecWriter};
use tiff::ColorType;
use tiff::decoder::Decoder;

use super::super::failure::Failure;
use super::super::image::Picture;
use crate::domain::document::MediaType;

/// Resolution of a page that is painted or made smaller, in pixels an inch.
pub const DPI: f32 = 200.0;
/// What is tried until the picture is small enough: pixels an inch, and JPEG's quality from 1 to 100.
const TRIES: [(f32, u8); 4] = [(DPI, 72), (DPI, 55), (150.0, 60), (150.0, 40)];
/// Pixels of the longest side; a fax's rows are counted in 15 bits, a JPEG's sides in 16.
const SIDE_MAX: u32 = 30_000;
/// Light of a pixel that is neither ink nor paper.
const NEITHER: std::ops::RangeInclusive<u8> = 40..=215;
/// How far apart the parts of a grey pixel may be; scanners are not quite neutral.
const NEUTRAL: u8 = 24;
/// A picture is in colour if one pixel in so many is; a red stamp is, a few stray pixels are not.
const COLOURED_ONE_IN: usize = 2000;

/// How the bytes are to be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pixels {
    /// A JPEG of one part.
    Grey,
    /// A JPEG of three parts.
    Colour,
    /// Ink and paper (T.6).
    Bits,
}

/// A picture ready to be embedded.
pub struct SheetPicture {
    /// Compressed.
    pub bytes: Vec<u8>,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// How.
    pub pixels: Pixels,
}

/// Where a picture comes from.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The whole file.
    pub bytes: &'a [u8],
    /// What it is.
    pub media_type: MediaType,
    /// Which of its pictures.
    pub index: usize,
}

/// The picture that was read, in at most about `bytes_max` bytes.
pub fn of_picture(
    picture: &Picture,
    source: Source<'_>,
    bytes_max: usize,
) -> Result<SheetPicture, Failure> {
    if source.media_type == MediaType::Jpeg
        && source.bytes.len() <= bytes_max
        && picture.is_as_taken
        && let Some(pixels) = plain_jpeg(source.bytes, &picture.colours)
    {
        let (width, height) = pixels.1;
        return Ok(SheetPicture {
            bytes: source.bytes.to_vec(),
            width,
            height,
            pixels: pixels.0,
        });
    }
    let flat = Flat::of(&picture.colours);
    if let Flat::Grey(grey) = &flat
        && (is_bilevel(source) || is_ink_and_paper(grey))
        && fits_a_fax(grey)
    {
        return Ok(as_fax(grey));
    }
    as_jpeg(&flat, picture.width, bytes_max)
}

/// A page of a PDF that was painted in colour; `width` is its own in points.
pub fn of_painted(
    painted: &DynamicImage,
    width: f32,
    bytes_max: usize,
) -> Result<SheetPicture, Failure> {
    as_jpeg(&Flat::of(painted), width, bytes_max)
}

/// How a JPEG is to be decoded and its size, if a PDF may hold it as it is: one or three parts of
/// eight bits, the right way up.
fn plain_jpeg(bytes: &[u8], read: &DynamicImage) -> Option<(Pixels, (u32, u32))> {
    let reader = ImageReader::with_format(Cursor::new(bytes), ImageFormat::Jpeg);
    let mut decoder = reader.into_decoder().ok()?;
    let orientation = decoder.orientation().ok()?;
    let (width, height) = decoder.dimensions();
    let is_upright = orientation == ::image::metadata::Orientation::NoTransforms;
    let parts = parts_of_jpeg(bytes)?;
    let pixels = match parts {
        1 => Pixels::Grey,
        3 => Pixels::Colour,
        _ => return None,
    };
    // Neither turned by the decoder's own judgement.
    let is_alike = (width >= height) == (read.width() >= read.height());
    (is_upright && is_alike).then_some((pixels, (width, height)))
}

/// The number of parts that the frame header states (ITU-T T.81, B.2.2), for frames that PDF knows.
fn parts_of_jpeg(bytes: &[u8]) -> Option<u8> {
    let mut rest = bytes.get(2..)?;
    loop {
        let marker = *rest.get(1)?;
        if *rest.first()? != 0xff {
            return None;
        }
        if marker == 0xff {
            rest = rest.get(1..)?;
            continue;
        }
        let length = usize::from(u16::from_be_bytes([*rest.get(2)?, *rest.get(3)?]));
        match marker {
            // Baseline, extended and progressive, in Huffman's code.
            0xc0..=0xc2 if *rest.get(4)? == 8 => return rest.get(9).copied(),
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => return None,
            0xd8..=0xda => return None,
            _ => rest = rest.get(2 + length..)?,
        }
    }
}

/// Pixels without transparency.
enum Flat {
    Grey(GrayImage),
    Colour(RgbImage),
}

impl Flat {
    fn of(picture: &DynamicImage) -> Self {
        if let DynamicImage::ImageLuma8(grey) = picture {
            return Self::Grey(grey.clone());
        }
        let colours = if picture.color().has_alpha() {
            over_white(picture)
        } else {
            picture.to_rgb8()
        };
        let is_coloured = |it: &&::image::Rgb<u8>| {
            let [red, green, blue] = it.0;
            let most = red.max(green).max(blue);
            most - red.min(green).min(blue) > NEUTRAL
        };
        let pixels = colours.as_raw().len() / 3;
        let coloured = colours.pixels().filter(is_coloured).count();
        if coloured * COLOURED_ONE_IN > pixels {
            return Self::Colour(colours);
        }
        Self::Grey(DynamicImage::ImageRgb8(colours).into_luma8())
    }

    fn size(&self) -> (u32, u32) {
        match self {
            Self::Grey(grey) => grey.dimensions(),
            Self::Colour(colours) => colours.dimensions(),
        }
    }

    fn resized(&self, (width, height): (u32, u32)) -> Self {
        let filter = FilterType::Triangle;
        match self {
            Self::Grey(grey) => Self::Grey(imageops::resize(grey, width, height, filter)),
            Self::Colour(it) => Self::Colour(imageops::resize(it, width, height, filter)),
        }
    }

    fn encoded(&self, quality: u8) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        let mut encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
        let (width, height) = self.size();
        let written = match self {
            Self::Grey(grey) => encoder.encode(grey, width, height, ExtendedColorType::L8),
            Self::Colour(it) => encoder.encode(it, width, height, ExtendedColorType::Rgb8),
        };
        written.map_err(|_| Failure::damaged("a page could not be kept as a picture"))?;
        Ok(bytes)
    }
}

fn over_white(picture: &DynamicImage) -> RgbImage {
    let with_alpha = picture.to_rgba8();
    let pixels = with_alpha.pixels().flat_map(|it| {
        let [red, green, blue, alpha] = it.0;
        [red, green, blue].map(|part| {
            let (part, alpha) = (u32::from(part), u32::from(alpha));
            u8::try_from((part * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX)
        })
    });
    let (width, height) = with_alpha.dimensions();
    RgbImage::from_raw(width, height, pixels.collect()).unwrap_or_default()
}

/// The smallest loss that keeps the bytes below `bytes_max`; the last try stands in any case.
/// `width` is the sheet's, in points.
fn as_jpeg(flat: &Flat, width: f32, bytes_max: usize) -> Result<SheetPicture, Failure> {
    let (columns, rows) = flat.size();
    let own = length(columns) * 72.0 / width.max(1.0);
    let mut kept: Option<(f32, Flat)> = None;
    let mut made = None;
    for (dpi, quality) in TRIES {
        let longest = length(columns.max(rows));
        let factor = (dpi / own).min(length(SIDE_MAX) / longest);
        let is_other = kept
            .as_ref()
            .is_none_or(|(known, _)| (known - factor).abs() > 1e-6);
        // A few pixels less are not worth being blurred.
        if is_other && factor < 0.95 {
            let small = flat.resized((scaled(columns, factor), scaled(rows, factor)));
            kept = Some((factor, small));
        }
        let now = kept.as_ref().map_or(flat, |(_, small)| small);
        let (width, height) = now.size();
        let bytes = now.encoded(quality)?;
        let is_small = bytes.len() <= bytes_max;
        let pixels = match now {
            Flat::Grey(_) => Pixels::Grey,
            Flat::Colour(_) => Pixels::Colour,
        };
        made = Some(SheetPicture {
            bytes,
            width,
            height,
            pixels,
        });
        if is_small {
            break;
        }
    }
    made.ok_or_else(|| Failure::damaged("a page could not be kept as a picture"))
}

fn length(pixels: u32) -> f32 {
    u16::try_from(pixels).map_or(f32::from(u16::MAX), f32::from)
}

fn scaled(side: u32, factor: f32) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::as_conversions,
        reason = "smaller than a picture that is in memory"
    )]
    let scaled = (length(side) * factor).round() as u32;
    scaled.max(1)
}

/// Whether the file itself knows only ink and paper, so that grey came from making it smaller.
fn is_bilevel(source: Source<'_>) -> bool {
    if source.media_type == MediaType::Png {
        let reader = ImageReader::with_format(Cursor::new(source.bytes), ImageFormat::Png);
        let decoder = reader.into_decoder();
        return decoder.is_ok_and(|it| it.original_color_type() == ExtendedColorType::L1);
    }
    if source.media_type != MediaType::Tiff {
        return false;
    }
    let Ok(mut decoder) = Decoder::new(Cursor::new(source.bytes)) else {
        return false;
    };
    decoder.seek_to_image(source.index).is_ok()
        && decoder.colortype().is_ok_and(|it| it == ColorType::Gray(1))
}

/// Whether every pixel is nearly black or nearly white.
fn is_ink_and_paper(grey: &GrayImage) -> bool {
    grey.as_raw().iter().all(|it| !NEITHER.contains(it))
}

fn fits_a_fax(grey: &GrayImage) -> bool {
    let (width, height) = grey.dimensions();
    width <= SIDE_MAX && height <= SIDE_MAX
}

fn as_fax(grey: &GrayImage) -> SheetPicture {
    let (width, height) = grey.dimensions();
    let mut encoder = Encoder::new(VecWriter::new());
    let columns = u16::try_from(width).unwrap_or(u16::MAX);
    for row in grey.as_raw().chunks_exact(usize::from(columns).max(1)) {
        let ink = row.iter().map(|it| match it {
            0..=127 => Color::Black,
            128..=255 => Color::White,
        });
        let Ok(()) = encoder.encode_line(ink, columns);
    }
    let Ok(writer) = encoder.finish();
    SheetPicture {
        bytes: writer.finish(),
        width,
        height,
        pixels: Pixels::Bits,
    }
}

#[cfg(test)]
mod tests {
    use ::image::{Luma, Rgb};

    use super::*;

    /// What a scanner makes of a page of text: paper with grain, and lines of ink.
    fn scan(width: u32, height: u32) -> GrayImage {
        GrayImage::from_fn(width, height, |x, y| {
            let grain = u8::try_from((x * 7919 + y * 104_729) % 9).unwrap();
            let is_ink = y % 60 < 28 && (x / 9 + y / 7) % 3 == 0 && x > 200 && x < width - 200;
            Luma([if is_ink { 40 + grain } else { 236 + grain }])
        })
    }

    fn picture(colours: DynamicImage) -> Picture {
        let grey = colours.to_luma8();
        Picture {
            colours,
            grey,
            dpi: 300,
            width: 595.0,
            height: 842.0,
            look: crate::reading::prepare::Look::default(),
            is_as_taken: true,
        }
    }

    const NO_FILE: Source<'_> = Source {
        bytes: &[],
        media_type: MediaType::WebP,
        index: 0,
    };

    #[test]
    fn a_grey_scan_becomes_a_small_grey_jpeg() {
        let scan = picture(DynamicImage::ImageLuma8(scan(2480, 3508)));
        let made = of_picture(&scan, NO_FILE, 400_000).unwrap();
        assert_eq!(made.pixels, Pixels::Grey);
        assert!(made.bytes.len() <= 400_000, "{}", made.bytes.len());
        assert!((1230..=1660).contains(&made.width), "{}", made.width);
        let shown = ::image::load_from_memory_with_format(&made.bytes, ImageFormat::Jpeg).unwrap();
        assert_eq!((shown.width(), shown.height()), (made.width, made.height));
    }

    #[test]
    fn colours_are_kept_where_there_are_some() {
        let grey = DynamicImage::ImageLuma8(scan(800, 1100)).to_rgb8();
        let plain = picture(DynamicImage::ImageRgb8(grey.clone()));
        assert_eq!(
            of_picture(&plain, NO_FILE, 400_000).unwrap().pixels,
            Pixels::Grey
        );
        let mut stamped = grey;
        for (x, y) in (0..60).flat_map(|x| (0..60).map(move |y| (x, y))) {
            stamped.put_pixel(x, y, Rgb([200, 30, 40]));
        }
        let stamped = picture(DynamicImage::ImageRgb8(stamped));
        assert_eq!(
            of_picture(&stamped, NO_FILE, 400_000).unwrap().pixels,
            Pixels::Colour
        );
    }

    #[test]
    fn ink_and_paper_become_a_fax() {
        let bits = GrayImage::from_fn(1000, 1400, |x, y| {
            Luma([if (x / 20 + y / 20) % 2 == 0 { 0 } else { 255 }])
        });
        let made = of_picture(&picture(DynamicImage::ImageLuma8(bits)), NO_FILE, 400_000);
        let made = made.unwrap();
        assert_eq!(made.pixels, Pixels::Bits);
        assert!(made.bytes.len() < 40_000, "{}", made.bytes.len());
    }

    #[test]
    fn a_small_jpeg_is_embedded_as_it_is_unless_it_must_be_turned() {
        let grey = Flat::Grey(scan(800, 1100));
        let bytes = grey.encoded(60).unwrap();
        let source = Source {
            bytes: &bytes,
            media_type: MediaType::Jpeg,
            index: 0,
        };
        let read = ::image::load_from_memory_with_format(&bytes, ImageFormat::Jpeg).unwrap();
        let made = of_picture(&picture(read.clone()), source, 400_000).unwrap();
        assert_eq!(made.bytes, bytes);
        let turned = of_picture(&picture(read.rotate90()), source, 400_000).unwrap();
        assert_ne!(turned.bytes, bytes);
        assert_eq!(parts_of_jpeg(&bytes), Some(1));
        assert_eq!(parts_of_jpeg(&bytes[..8]), None);
    }
}
