//! PDF: text layers where they can be believed, pictures of pages where not, and embedded files.
//!
//! Everything is done by memory-safe Rust that knows no limits of its own, so sizes are checked
//! here before anything is painted.

mod drawn;
pub mod embedded;
pub mod fields;
pub mod glyphs;
pub mod layout;
pub mod usable;
pub mod words;

use ::image::{DynamicImage, GrayImage, RgbImage};
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::vello_cpu::{Pixmap, RasterizerSettings, RenderContext, Resources, TargetInit};
use hayro::{RenderCache, RenderSettings, render_into};
use hayro_interpret::kurbo::{Affine, Rect};
use hayro_interpret::{InterpreterCache, InterpreterSettings, TransformExt};
use hayro_syntax::page::Page as PdfPage;
use hayro_syntax::{DecryptionError, LoadPdfError, Pdf, PdfData};

use super::document::{check_pages, check_words, layer_page, number};
use super::failure::Failure;
use super::image::Picture;
use super::parts::Part;
use super::prepare::Look;
use super::{Limits, Passwords, codes};
use crate::domain::document::{Code, Page, Word};
use crate::domain::value::Rect as PageBox;

/// Resolution for recognising letters and codes, in pixels an inch.
const DPI: f64 = 300.0;
/// Points in an inch.
const POINTS: f64 = 72.0;
/// Passwords tried on one file; each takes milliseconds to be refused.
const PASSWORDS_MAX: usize = 200;
/// Places on one page that are searched for a drawn code.
const PATTERNS_MAX: usize = 8;
/// Resolution for codes on a scan that has its words already, in pixels an inch.
const SCAN_DPI: f64 = 200.0;
/// A picture over this part of the page makes it a scan.
const SCAN_SHARE: f64 = 0.6;

/// An opened PDF.
pub struct PdfFile {
    pdf: Pdf,
}

/// What a page's drawing program says.
pub struct Layer {
    /// Its words, right or not.
    pub page: Page,
    /// Whether the words can be believed.
    pub is_usable: bool,
    /// Whether any letter is drawn, right or not.
    pub has_letters: bool,
    /// Where codes may be drawn, in points.
    patterns: Vec<Rect>,
    /// What was typed into fields and is not drawn; among the page's words too.
    typed: Vec<Word>,
    /// Whether a picture lies under most of it, as under a scan whose letters were recognised before.
    is_scan: bool,
}

impl Layer {
    /// Puts what no picture of the page shows behind the words recognised on one.
    pub fn add_typed(&self, words: &mut Vec<Word>) {
        append(words, &self.typed);
    }
}

impl PdfFile {
    /// Opens it; where a password is needed, an empty one and then those known are tried.
    pub fn open(bytes: &[u8], passwords: &Passwords, limits: &Limits) -> Result<Self, Failure> {
        let data = PdfData::from(bytes.to_vec());
        let needs_one = |it: &Result<Pdf, LoadPdfError>| {
            let refused = LoadPdfError::Decryption(DecryptionError::PasswordProtected);
            it.as_ref().err() == Some(&refused)
        };
        let mut opened = Pdf::new(data.clone());
        for password in passwords.0.iter().take(PASSWORDS_MAX) {
            if !needs_one(&opened) {
                break;
            }
            opened = Pdf::new_with_password(data.clone(), password);
        }
        let pdf = opened.map_err(|error| match error {
            LoadPdfError::Decryption(
                DecryptionError::PasswordProtected | DecryptionError::MissingIDEntry,
            ) => Failure::Encrypted,
            LoadPdfError::Decryption(DecryptionError::UnsupportedAlgorithm) => {
                Failure::damaged("it is locked in a way that is not known")
            }
            LoadPdfError::Decryption(DecryptionError::InvalidEncryption) => {
                Failure::damaged("its encryption makes no sense")
            }
            LoadPdfError::Invalid => Failure::damaged("it begins as a PDF but is none"),
        })?;
        check_pages(pdf.pages().len(), limits)?;
        for (index, page) in pdf.pages().iter().enumerate() {
            let (width, height) = page.render_dimensions();
            let fits = |it: f32| it.is_finite() && it > 0.0 && it <= limits.page_points_max;
            if !fits(width) || !fits(height) {
                return Err(Failure::TooLarge {
                    what: format!("page {}", number(index)),
                    size: format!("{width} × {height} points"),
                    max: format!("{} points", limits.page_points_max),
                });
            }
        }
        Ok(Self { pdf })
    }

    /// How many pages it has.
    pub fn count(&self) -> usize {
        self.pdf.pages().len()
    }

    /// Embedded files.
    pub fn parts(&self, limits: &Limits) -> Vec<Part> {
        embedded::files(&self.pdf, limits)
    }

    /// The text layers of all pages; fonts are read once for all of them.
    pub fn text_layers(&self, limits: &Limits) -> Result<Vec<Layer>, Failure> {
        let cache = InterpreterCache::new();
        let pages = self.pdf.pages().iter().enumerate();
        pages
            .map(|(index, page)| text_layer(page, number(index), &cache, limits))
            .collect()
    }

    /// Codes that are drawn on a page with a text layer; only likely places are painted. A scan is
    /// painted as a whole.
    pub fn drawn_codes(&self, index: usize, layer: &Layer, limits: &Limits) -> Vec<Code> {
        let Some(page) = self.pdf.pages().get(index) else {
            return Vec::new();
        };
        if layer.is_scan {
            let (width, height) = page.render_dimensions();
            let area = Rect::new(0.0, 0.0, width.into(), height.into());
            let painted = paint(page, area, SCAN_DPI / POINTS, limits);
            let painted = painted.map(|it| codes::on_page(layer.page.number, &grey(&it), &[]));
            return painted.unwrap_or_default();
        }
        let mut found: Vec<Code> = Vec::new();
        for pattern in layer.patterns.iter().take(PATTERNS_MAX) {
            let area = pattern.inflate(9.0, 9.0);
            let Ok(pixmap) = paint(page, area, DPI / POINTS, limits) else {
                continue;
            };
            for code in codes::on_clean_part(layer.page.number, &grey(&pixmap)) {
                if found.iter().all(|it| it.text != code.text) {
                    let at = from_area(&code.at, &area, layer.page.width);
                    found.push(Code { at, ..code });
                }
            }
        }
        found
    }

    /// The page at 300 dpi, or as much as the pixel limit allows.
    pub fn render(&self, index: usize, limits: &Limits) -> Result<Picture, Failure> {
        let page = self.page(index)?;
        let (width, height) = page.render_dimensions();
        let area = Rect::new(0.0, 0.0, width.into(), height.into());
        let most = f64::from(limits.render_pixels_max) / area.area().max(1.0);
        let scale = (DPI / POINTS).min(most.sqrt());
        let pixmap = paint(page, area, scale, limits)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::as_conversions,
            reason = "at most 300"
        )]
        let dpi = (scale * POINTS).round() as u32;
        let grey = grey(&pixmap);
        Ok(Picture {
            colours: DynamicImage::new_luma8(0, 0),
            grey,
            dpi,
            width,
            height,
            look: Look::default(),
            is_as_taken: true,
        })
    }

    /// The page 1000 pixels wide, in colour.
    pub fn render_small(&self, index: usize, limits: &Limits) -> Result<DynamicImage, Failure> {
        let (width, _) = self.page(index)?.render_dimensions();
        self.in_colour(index, 1000.0 / f64::from(width.max(1.0)), limits)
    }

    /// The page in colour with so many pixels an inch, or as much as the pixel limit allows.
    pub fn render_colours(
        &self,
        index: usize,
        dpi: f32,
        limits: &Limits,
    ) -> Result<DynamicImage, Failure> {
        self.in_colour(index, f64::from(dpi) / POINTS, limits)
    }

    fn in_colour(
        &self,
        index: usize,
        scale: f64,
        limits: &Limits,
    ) -> Result<DynamicImage, Failure> {
        let page = self.page(index)?;
        let (width, height) = page.render_dimensions();
        let area = Rect::new(0.0, 0.0, width.into(), height.into());
        let most = f64::from(limits.render_pixels_max) / area.area().max(1.0);
        let pixmap = paint(page, area, scale.min(most.sqrt()), limits)?;
        let (width, height) = (pixmap.width().into(), pixmap.height().into());
        let pixels = pixmap
            .data()
            .iter()
            .flat_map(|it| [it.r, it.g, it.b])
            .collect();
        RgbImage::from_raw(width, height, pixels)
            .map(DynamicImage::ImageRgb8)
            .ok_or_else(|| Failure::damaged("a page could not be painted"))
    }

    fn page(&self, index: usize) -> Result<&PdfPage<'_>, Failure> {
        let page = self.pdf.pages().get(index);
        page.ok_or_else(|| Failure::damaged("a page is missing"))
    }
}

fn text_layer<'a>(
    page: &'a PdfPage<'a>,
    number: u32,
    cache: &InterpreterCache<'a>,
    limits: &Limits,
) -> Result<Layer, Failure> {
    let mut drawn = glyphs::draw(page, cache);
    let (width, height) = page.render_dimensions();
    let frame = layout::Frame { width, height };
    let fields = fields::typed(page);
    let remarks = arranged(&fields.remarks, frame);
    let mut typed = arranged(&fields.values, frame);
    append(&mut typed, &remarks);
    drawn.glyphs.extend(fields.values);
    let mut words = arranged(&drawn.glyphs, frame);
    let is_usable = usable::is_usable(&words, &drawn, frame);
    append(&mut words, &remarks);
    check_words(number, words.len(), limits)?;
    let sheet = f64::from(width) * f64::from(height);
    let mut pictures = drawn.pictures.iter();
    let is_scan = pictures.any(|it| it.area() >= SCAN_SHARE * sheet);
    let page = layer_page(number, (width, height), words);
    Ok(Layer {
        page,
        is_usable,
        has_letters: !drawn.glyphs.is_empty(),
        patterns: drawn.patterns,
        typed,
        is_scan,
    })
}

/// Glyphs as words in reading order, those of the direction that most of them run in first.
fn arranged(glyphs: &[glyphs::Glyph], frame: layout::Frame) -> Vec<Word> {
    let mut counts = [0_usize; 4];
    for glyph in glyphs {
        if let Some(count) = counts.get_mut(usize::from(glyph.quadrant)) {
            *count += 1;
        }
    }
    let mut directions: Vec<(u8, usize)> = (0_u8..).zip(counts).filter(|it| it.1 > 0).collect();
    directions.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let lines = directions
        .into_iter()
        .map(|(it, _)| (it, words::lines(glyphs, it)));
    layout::words(lines.collect(), frame)
}

/// Puts words behind others, as lines and blocks of their own.
fn append(words: &mut Vec<Word>, more: &[Word]) {
    let next = |last: Option<u32>| last.map_or(0, |it| it.saturating_add(1));
    let line = next(words.iter().map(|it| it.line).max());
    let block = next(words.iter().map(|it| it.block).max());
    words.extend(more.iter().map(|it| Word {
        line: it.line.saturating_add(line),
        block: it.block.saturating_add(block),
        ..it.clone()
    }));
}

/// Paints a part of a page, given in points, on white.
fn paint<'a>(
    page: &'a PdfPage<'a>,
    area: Rect,
    scale: f64,
    limits: &Limits,
) -> Result<Pixmap, Failure> {
    let side = |length: f64| {
        let pixels = (length * scale).round().clamp(1.0, f64::from(u16::MAX));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::as_conversions,
            reason = "clamped to the type"
        )]
        let pixels = pixels as u16;
        pixels
    };
    let (width, height) = (side(area.width()), side(area.height()));
    // Rounding up both sides may add a row and a column.
    let allowed = u64::from(limits.render_pixels_max) + u64::from(width) + u64::from(height);
    if u64::from(width) * u64::from(height) > allowed {
        return Err(Failure::TooLarge {
            what: "a page".to_owned(),
            size: format!("{width} × {height} pixels"),
            max: format!("{} pixels", limits.render_pixels_max),
        });
    }
    let mut context = RenderContext::new(width, height);
    let transform = Affine::scale(scale)
        * Affine::translate((-area.x0, -area.y0))
        * page.initial_transform(true).to_kurbo();
    let settings = RenderSettings::default();
    let cache = RenderCache::new();
    let interpreter = InterpreterSettings::default();
    render_into(
        page,
        &cache,
        &interpreter,
        &settings,
        &mut context,
        transform,
    );
    context.flush();
    let mut pixmap = Pixmap::new(width, height);
    let rasterizer = RasterizerSettings {
        target_init: TargetInit::Clear(WHITE),
        ..RasterizerSettings::default()
    };
    context.render_with(&mut pixmap, &mut Resources::default(), rasterizer);
    Ok(pixmap)
}

/// Luma (ITU-R BT.601) in whole numbers.
fn grey(pixmap: &Pixmap) -> GrayImage {
    let luma = |red: u8, green: u8, blue: u8| {
        let sum = u32::from(red) * 299 + u32::from(green) * 587 + u32::from(blue) * 114;
        u8::try_from(sum / 1000).unwrap_or(u8::MAX)
    };
    let pixels = pixmap
        .data()
        .iter()
        .map(|it| luma(it.r, it.g, it.b))
        .collect();
    let (width, height) = (pixmap.width().into(), pixmap.height().into());
    GrayImage::from_raw(width, height, pixels).unwrap_or_default()
}

/// A box in thousandths of a painted area's width as one in thousandths of the page's width.
fn from_area(at: &PageBox, area: &Rect, page_width: f32) -> PageBox {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::as_conversions,
        reason = "points on a page"
    )]
    let (x, y, width) = (area.x0 as f32, area.y0 as f32, area.width() as f32);
    let scale = width / page_width.max(1.0);
    let thousandths = 1000.0 / page_width.max(1.0);
    PageBox {
        x: (x * thousandths + at.x * scale).max(0.0),
        y: (y * thousandths + at.y * scale).max(0.0),
        w: at.w * scale,
        h: at.h * scale,
    }
}
