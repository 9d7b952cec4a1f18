//! Tesseract itself, on the pixels of one piece of a page at a time.

use std::borrow::Cow;

use tesseract_rs::TesseractError;
use tesseract_rs::{ResultIterator, TessPageIteratorLevel, TessPageSegMode, TesseractAPI};

use super::super::prepare::{Look, layout::Layout};
use super::{Path, Picture, Word};
use crate::domain::value::Rect;

/// The neural engine alone; Debian's languages hold no other.
const LSTM_ONLY: i32 = 1;
/// Below this confidence a word is more likely dirt than letters.
const CONFIDENCE_MIN: f32 = 0.05;

/// Rows of a page, from edge to edge.
pub struct Piece<'a> {
    pixels: Cow<'a, [u8]>,
    width: u32,
    height: u32,
    above: u32,
    dpi: u32,
    look: Look,
}

impl<'a> Piece<'a> {
    /// Rows of a page that has `above` others above them.
    pub fn of(picture: &Picture, pixels: Cow<'a, [u8]>, above: u32) -> Self {
        let width = picture.grey.width();
        let rows = pixels.len() / usize::try_from(width.max(1)).unwrap_or(usize::MAX);
        Self {
            height: u32::try_from(rows).unwrap_or(0),
            pixels,
            width,
            above,
            dpi: picture.dpi,
            look: picture.look,
        }
    }
}

/// Tesseract, with its languages loaded.
pub struct Engine {
    api: TesseractAPI,
    pub languages: String,
}

impl Engine {
    pub fn start(data: &Path, languages: &str) -> Result<Self, TesseractError> {
        let api = TesseractAPI::new();
        let data = data.to_str().ok_or(TesseractError::InitError)?;
        api.init_2(data, languages, LSTM_ONLY)?;
        // Its messages would otherwise go to the log, one a page.
        api.set_variable("debug_file", "/dev/null")?;
        Ok(Self {
            api,
            languages: languages.to_owned(),
        })
    }

    /// The words on a piece, boxes in thousandths of the page's width.
    pub fn words(&self, piece: &Piece<'_>) -> Result<Vec<Word>, TesseractError> {
        let (width, height) = (from(piece.width)?, from(piece.height)?);
        self.api
            .set_page_seg_mode(segmentation(piece.look.layout))?;
        self.api
            .set_variable("user_defined_dpi", &piece.dpi.to_string())?;
        // Lines that are hard to read are otherwise read once more with black and white changed
        // over, a tenth of the time and more; that finds letters only where something is dark.
        let invert = if piece.look.has_dark { "1" } else { "0" };
        self.api.set_variable("tessedit_do_invert", invert)?;
        self.api.set_image(&piece.pixels, width, height, 1, width)?;
        if self.api.recognize().is_err() {
            // No layout was found: dirt, a photo, a few letters. Those few may be a line.
            self.api
                .set_page_seg_mode(TessPageSegMode::PSM_SINGLE_BLOCK)?;
            if self.api.recognize().is_err() {
                self.api.clear()?;
                return Ok(Vec::new());
            }
        }
        let words = match self.api.get_iterator() {
            // An empty page has no iterator.
            Err(TesseractError::NullPointerError) => Ok(Vec::new()),
            Err(error) => Err(error),
            Ok(iterator) => collected(&iterator, piece),
        };
        self.api.clear()?;
        // What it adapted to on this page says nothing about the next.
        self.api.clear_adaptive_classifier()?;
        words
    }
}

fn from(pixels: u32) -> Result<i32, TesseractError> {
    i32::try_from(pixels).map_err(|_| TesseractError::InvalidDimensions)
}

/// A till roll is one block: taken as a page, the column of its prices is often lost. Anything
/// else is looked at as a page.
fn segmentation(layout: Layout) -> TessPageSegMode {
    match layout {
        Layout::Roll => TessPageSegMode::PSM_SINGLE_BLOCK,
        Layout::Page => TessPageSegMode::PSM_AUTO,
    }
}

fn collected(iterator: &ResultIterator, piece: &Piece<'_>) -> Result<Vec<Word>, TesseractError> {
    let mut words: Vec<Word> = Vec::new();
    let mut last_line = None;
    let mut last_block = None;
    let (mut line, mut block) = (0, 0);
    loop {
        let at = |level| iterator.get_bounding_box(level);
        let Ok(line_here) = at(TessPageIteratorLevel::RIL_TEXTLINE) else {
            // The iterator of a blank page points at no word.
            return Ok(words);
        };
        let block_here = at(TessPageIteratorLevel::RIL_PARA)?;
        let is_first = last_line.is_none();
        line += u32::from(!is_first && last_line != Some(line_here));
        block += u32::from(!is_first && last_block != Some(block_here));
        (last_line, last_block) = (Some(line_here), Some(block_here));
        let text = iterator
            .get_utf8_text(TessPageIteratorLevel::RIL_WORD)
            .unwrap_or_default();
        let confidence = iterator.confidence(TessPageIteratorLevel::RIL_WORD)? / 100.0;
        let text = text.trim();
        if !text.is_empty() && confidence >= CONFIDENCE_MIN {
            words.push(Word {
                text: text.to_owned(),
                at: thousandths(at(TessPageIteratorLevel::RIL_WORD)?, piece),
                confidence: confidence.clamp(0.0, 1.0),
                line,
                block,
            });
        }
        if !iterator.next(TessPageIteratorLevel::RIL_WORD)? {
            return Ok(words);
        }
    }
}

fn thousandths((left, top, right, bottom): (i32, i32, i32, i32), piece: &Piece<'_>) -> Rect {
    #[expect(
        clippy::cast_precision_loss,
        clippy::as_conversions,
        reason = "pixels of a page"
    )]
    let scaled = |it: i32| it.max(0) as f32 * 1000.0 / piece.width.max(1) as f32;
    let above = i32::try_from(piece.above).unwrap_or(0);
    let (top, bottom) = (top.saturating_add(above), bottom.saturating_add(above));
    let (x, y) = (scaled(left), scaled(top));
    Rect {
        x,
        y,
        w: scaled(right) - x,
        h: scaled(bottom) - y,
    }
}
