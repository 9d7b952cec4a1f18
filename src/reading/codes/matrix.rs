//! Codes of two dimensions, by decoders from outside: QR by two that find what the other does not,
//! Data Matrix, PDF417 and Aztec. Each gets the picture in several preparations, the cheap first.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ::image::GrayImage;
use rqrr::PreparedImage;
use rxing::aztec::AztecReader;
use rxing::common::HybridBinarizer;
use rxing::datamatrix::DataMatrixReader;
use rxing::multi::MultipleBarcodeReader as _;
use rxing::pdf417::PDF417Reader;
use rxing::qrcode::QRCodeReader;
use rxing::qrcode::cpp_port::QrReader;
use rxing::{
    BarcodeFormat, BinaryBitmap, DecodeHints, Luma8LuminanceSource, RXingResult, Reader as _,
};

use super::prepare::{self, Work, area, float};
use super::{Point, Seen};
use crate::reading::text;

/// Codes kept of one look.
const SEEN_MAX: usize = 20;
/// No decoder is made for smaller pictures; the smallest code has 10 modules.
const SIDE_MIN: u32 = 12;
/// The smallest QR code has 21 modules.
const QR_SIDE_MIN: u32 = 21;

/// A decoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// QR, tolerant of damage to the corners.
    QrByRegions,
    /// QR, Micro QR and rMQR, tolerant of perspective.
    QrByLines,
    /// QR, by the oldest method of all.
    QrByCentres,
    /// Data Matrix.
    DataMatrix,
    /// PDF417.
    Pdf417,
    /// Aztec.
    Aztec,
}

/// What is done to a picture before it is read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// Nothing.
    None,
    /// Black and white by one limit for all.
    Parted,
    /// Black and white at this share of the way from dark to light, in percent: codes printed in a
    /// light colour, or on dark paper.
    PartedAt(u8),
    /// Black and white by surroundings of this part of the shorter side.
    PartedLocally(u32),
    /// Differences made stronger.
    Sharpened,
    /// Grain and dots smoothed, then black and white.
    Blurred(u32),
    /// Dark for light.
    Inverted,
    /// Left for right.
    Mirrored,
}

impl Change {
    fn apply(self, picture: &GrayImage) -> GrayImage {
        let side = picture.width().min(picture.height());
        match self {
            Self::None => picture.clone(),
            Self::Parted => prepare::parted(picture),
            Self::PartedAt(percent) => {
                prepare::parted_at(&prepare::stretched(&prepare::blurred(picture, 1)), percent)
            }
            Self::PartedLocally(part) => {
                prepare::parted_locally(picture, (side / part.max(1)).max(3), 5)
            }
            Self::Sharpened => prepare::sharpened(picture, 2, 2),
            Self::Blurred(radius) => prepare::parted_locally(
                &prepare::blurred(&prepare::stretched(picture), radius),
                (side / 8).max(8),
                3,
            ),
            Self::Inverted => prepare::inverted(picture),
            Self::Mirrored => prepare::mirrored(picture),
        }
    }
}

/// One preparation: enlarged or made smaller by so much, then changed.
pub type Preparation = (f32, Change);

/// For places that look like a QR code.
pub const FOR_CORNERS: &[Preparation] = &[
    (1.0, Change::None),
    (1.0, Change::PartedLocally(8)),
    (1.0, Change::Parted),
    (2.0, Change::None),
    (2.0, Change::PartedLocally(12)),
    (0.5, Change::None),
    (1.0, Change::Inverted),
    (1.0, Change::PartedLocally(25)),
    (1.0, Change::Sharpened),
    (2.0, Change::Sharpened),
    (1.0, Change::PartedAt(82)),
    (2.0, Change::PartedAt(88)),
    (1.0, Change::PartedAt(30)),
    (1.0, Change::Blurred(1)),
    (2.0, Change::Blurred(2)),
    (2.0, Change::Parted),
    (0.7, Change::None),
    (1.4, Change::PartedLocally(6)),
    (1.0, Change::Blurred(2)),
    (0.5, Change::PartedLocally(8)),
    (2.0, Change::Blurred(4)),
    (1.4, Change::Blurred(3)),
    (3.0, Change::None),
    (3.0, Change::Blurred(4)),
];

/// For places that may hold any code.
pub const FOR_PATCHES: &[Preparation] = &[
    (1.0, Change::None),
    (1.0, Change::Parted),
    (1.0, Change::PartedLocally(8)),
    (2.0, Change::None),
    (1.0, Change::Inverted),
    (2.0, Change::PartedLocally(8)),
    (3.0, Change::None),
    (1.0, Change::PartedAt(80)),
    (1.0, Change::Blurred(1)),
    (2.0, Change::Sharpened),
    (0.5, Change::None),
    (1.0, Change::Mirrored),
    (2.0, Change::Inverted),
];

/// All decoders, the likeliest first.
pub const ALL: &[Reader] = &[
    Reader::QrByRegions,
    Reader::QrByLines,
    Reader::DataMatrix,
    Reader::Pdf417,
    Reader::Aztec,
];
/// Those for QR codes.
pub const QR: &[Reader] = &[Reader::QrByRegions, Reader::QrByLines, Reader::QrByCentres];

/// Reads with each decoder in each preparation until one succeeds. Corners are in pixels of `picture`.
pub fn look(
    picture: &GrayImage,
    readers: &[Reader],
    preparations: &[Preparation],
    work: &mut Work,
) -> Vec<Seen> {
    for (factor, change) in preparations {
        let pixels = float(u32::try_from(area(picture)).unwrap_or(u32::MAX)) * factor * factor;
        if !work.spend(u64::from(prepare::whole(pixels))) {
            return Vec::new();
        }
        let sized = if (factor - 1.0).abs() < 0.01 {
            picture.clone()
        } else {
            prepare::scaled(picture, *factor)
        };
        let prepared = change.apply(&sized);
        for reader in readers {
            if !work.spend(reader.cost() * area(&prepared)) {
                return Vec::new();
            }
            let seen = reader.read(&prepared);
            if !seen.is_empty() {
                let width = (*change == Change::Mirrored).then(|| float(prepared.width()));
                return seen
                    .into_iter()
                    .map(|it| moved_back(it, *factor, width))
                    .collect();
            }
        }
    }
    Vec::new()
}

/// From a picture made larger by `factor`, and mirrored if it is told how wide it was then.
fn moved_back(mut seen: Seen, factor: f32, mirrored: Option<f32>) -> Seen {
    for corner in &mut seen.corners {
        let x = mirrored.map_or(corner.0, |width| width - corner.0);
        *corner = (x / factor, corner.1 / factor);
    }
    seen
}

impl Reader {
    /// What it costs for each pixel, in units of work.
    const fn cost(self) -> u64 {
        match self {
            Self::QrByRegions | Self::Aztec => 4,
            Self::QrByLines | Self::QrByCentres | Self::DataMatrix | Self::Pdf417 => 10,
        }
    }

    /// What it reads from the picture as it is. A decoder that stumbles over a damaged code finds
    /// nothing, where the build unwinds.
    pub fn read(self, picture: &GrayImage) -> Vec<Seen> {
        catch_unwind(AssertUnwindSafe(|| self.read_unguarded(picture))).unwrap_or_default()
    }

    fn read_unguarded(self, picture: &GrayImage) -> Vec<Seen> {
        if picture.width() < SIDE_MIN || picture.height() < SIDE_MIN {
            return Vec::new();
        }
        if self == Self::QrByRegions {
            return by_regions(picture);
        }
        let (width, height) = picture.dimensions();
        let source = Luma8LuminanceSource::new(picture.as_raw().clone(), width, height);
        let Ok(source) = source else {
            return Vec::new();
        };
        let mut bits = BinaryBitmap::new(HybridBinarizer::new(source));
        let formats = match self {
            Self::QrByRegions | Self::QrByLines | Self::QrByCentres => vec![
                BarcodeFormat::QR_CODE,
                BarcodeFormat::MICRO_QR_CODE,
                BarcodeFormat::RECTANGULAR_MICRO_QR_CODE,
            ],
            Self::DataMatrix => vec![BarcodeFormat::DATA_MATRIX],
            Self::Pdf417 => vec![BarcodeFormat::PDF_417],
            Self::Aztec => vec![BarcodeFormat::AZTEC],
        };
        let hints = DecodeHints {
            TryHarder: Some(true),
            PossibleFormats: Some(formats.into_iter().collect::<HashSet<_>>()),
            ..DecodeHints::default()
        };
        let found = match self {
            Self::QrByRegions => return Vec::new(),
            Self::QrByLines => QrReader.decode_multiple_with_hints(&mut bits, &hints),
            Self::QrByCentres => QRCodeReader
                .decode_with_hints(&mut bits, &hints)
                .map(|it| vec![it]),
            Self::DataMatrix => DataMatrixReader
                .decode_with_hints(&mut bits, &hints)
                .map(|it| vec![it]),
            Self::Pdf417 => PDF417Reader.decode_multiple_with_hints(&mut bits, &hints),
            Self::Aztec => AztecReader
                .decode_with_hints(&mut bits, &hints)
                .map(|it| vec![it]),
        };
        let found = found.unwrap_or_default();
        let seen = found.iter().take(SEEN_MAX);
        seen.filter_map(|it| seen_by_lines(it, (width, height)))
            .collect()
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "another crate's enum, which may grow"
)]
fn seen_by_lines(result: &RXingResult, (width, height): (u32, u32)) -> Option<Seen> {
    let symbology = match result.getBarcodeFormat() {
        BarcodeFormat::QR_CODE => "qr",
        BarcodeFormat::MICRO_QR_CODE => "micro_qr",
        BarcodeFormat::RECTANGULAR_MICRO_QR_CODE => "rmqr",
        BarcodeFormat::DATA_MATRIX => "data_matrix",
        BarcodeFormat::PDF_417 => "pdf417",
        BarcodeFormat::AZTEC => "aztec",
        _ => return None,
    };
    let corners: Vec<Point> = result.getPoints().iter().map(|it| (it.x, it.y)).collect();
    let corners = if corners.is_empty() {
        vec![(0.0, 0.0), (float(width), float(height))]
    } else {
        corners
    };
    Seen::new(symbology, result.getText().to_owned(), corners)
}

fn by_regions(picture: &GrayImage) -> Vec<Seen> {
    if picture.width() < QR_SIDE_MIN || picture.height() < QR_SIDE_MIN {
        return Vec::new();
    }
    let size = |it: u32| usize::try_from(it).unwrap_or(0);
    let width = size(picture.width());
    let pixels = picture.as_raw();
    let mut prepared =
        PreparedImage::prepare_from_greyscale(width, size(picture.height()), |x, y| {
            pixels.get(y * width + x).copied().unwrap_or(u8::MAX)
        });
    let mut all: Vec<Seen> = Vec::new();
    for grid in prepared.detect_grids().iter().take(SEEN_MAX) {
        let mut bytes = Vec::new();
        if grid.decode_to(&mut bytes).is_err() {
            continue;
        }
        #[expect(
            clippy::cast_precision_loss,
            clippy::as_conversions,
            reason = "pixels of a picture"
        )]
        let corners = grid.bounds.map(|it| (it.x as f32, it.y as f32));
        all.extend(Seen::new("qr", text::decode(&bytes), corners.to_vec()));
    }
    all
}
