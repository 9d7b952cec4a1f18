//! The archive copy: a PDF that looks like the document and whose words can be found, marked and
//! copied in every viewer.
//!
//! - A page of a PDF is taken over as it is drawn, without compressing anything again; a picture is
//!   embedded in a reasonable size ([`sheet`]). Only a page whose own letters are noise is painted,
//!   so that the noise is not found beside the words.
//! - The words that were recognised lie over it invisibly (text rendering mode 3), each as wide as
//!   on the paper ([`layer`]), in a font without shapes whose letters have their Unicode values
//!   ([`font`]; ISO 32000-1, 9.7 and 9.10).
//!
//! Fonts are embedded, letters are mapped and there is XMP metadata, as PDF/A-2u asks; but nobody
//! has checked what else it asks, so the file claims nothing.

mod font;
mod layer;
mod sheet;

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::types::TextRenderingMode;
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};
use serde::{Deserialize, Serialize};

use self::font::Letters;
use self::layer::{Frame, Placed};
use self::sheet::{Pixels, SheetPicture};
use super::failure::Failure;
use super::image::{Picture, Pictures};
use super::pdf::PdfFile;
use super::prepare::Plan;
use super::prepare::numbers::pixels;
use super::{Limits, Passwords, sniff};
use crate::domain::document::{MediaType, Page, PageSource};
use crate::domain::part::PageRange;

/// Bytes that the picture of one page should need at the most: an A4 page in grey at 150 to 200 dpi.
const SHEET_BYTES_MAX: usize = 400_000;
/// The names of the one font. Words take turns, so that pdf.js keeps each as an item of its own and
/// marks it where it stands; it joins what is set in one font and stretches it evenly.
const FONT_NAMES: [Name<'static>; 2] = [Name(b"F0"), Name(b"F1")];
/// The name of the page's look.
const LOOK: Name<'static> = Name(b"L");

/// How an archive copy is to be made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CopyOptions {
    /// What a person calls it.
    pub title: String,
    /// The pages of the file to take, as if there were no others; all of them if not stated.
    pub range: Option<PageRange>,
    /// What is tried on a locked PDF.
    pub passwords: Passwords,
    /// What is refused.
    pub limits: Limits,
}

/// What an archive copy is made of.
#[derive(Clone, Copy, Debug)]
pub struct Original<'a> {
    /// The file as it came.
    pub bytes: &'a [u8],
    /// What was read of it before: one for each page that is taken.
    pub pages: &'a [Page],
    /// How.
    pub options: &'a CopyOptions,
}

/// How a page looks.
#[derive(Clone, Copy)]
enum Look {
    /// A picture that fills it.
    Picture(Ref),
    /// A page of a PDF in its own size.
    Drawn(Ref),
}

impl Original<'_> {
    /// Makes the archive copy.
    ///
    /// Fails where the file cannot be opened, has no pages that look like something (texts and
    /// mails), has not the pages that were read, or the copy would be larger than
    /// [`Limits::archive_bytes_max`].
    pub fn archive_copy(&self) -> Result<Vec<u8>, Failure> {
        let media_type = sniff::sniff(self.bytes).ok_or_else(|| sniff::why_not(self.bytes))?;
        let mut draft = Draft::new();
        if media_type == MediaType::Pdf {
            self.copy_pdf(&mut draft)?;
        } else if media_type.has_pages_to_show() {
            self.copy_pictures(&mut draft, media_type)?;
        } else {
            return Err(Failure::NothingToShow);
        }
        let bytes = draft.finish(&self.options.title);
        self.check_size(bytes.len())?;
        Ok(bytes)
    }

    fn copy_pictures(&self, draft: &mut Draft, media_type: MediaType) -> Result<(), Failure> {
        let pictures = Pictures::open(self.bytes, media_type, &self.options.limits)?;
        let before = self.before(pictures.count())?;
        for (index, page) in self.pages.iter().enumerate() {
            let mut picture = pictures.load(before + index)?;
            if stands_on_head(&picture, page) {
                picture.colours = picture.colours.rotate180();
                picture.is_as_taken = false;
            }
            let source = sheet::Source {
                bytes: self.bytes,
                media_type,
                index: before + index,
            };
            let made = sheet::of_picture(&picture, source, self.sheet_bytes());
            let look = Look::Picture(draft.picture(&made?));
            self.check_size(draft.pdf.len())?;
            draft.add(page, look, &words_over(page));
        }
        Ok(())
    }

    fn copy_pdf(&self, draft: &mut Draft) -> Result<(), Failure> {
        let limits = &self.options.limits;
        let file = PdfFile::open(self.bytes, &self.options.passwords, limits)?;
        let before = self.before(file.count())?;
        let layers = file.text_layers(limits)?;
        let mut plans = Vec::new();
        for (index, page) in self.pages.iter().enumerate() {
            let has_letters = layers.get(before + index).is_some_and(|it| it.has_letters);
            plans.push(plan_of(&file, before + index, (page, has_letters), limits)?);
        }
        let places = (before..).zip(&plans);
        let drawn: Vec<usize> = places
            .filter(|(_, plan)| plan.is_none())
            .map(|(place, _)| place)
            .collect();
        let last = &mut draft.last;
        let (objects, looks) = file.drawn_pages(&drawn, &mut || next(last))?;
        self.check_size(objects.len())?;
        draft.pdf.extend(&objects);
        let mut looks = looks.into_iter();
        for ((place, page), plan) in (before..).zip(self.pages).zip(plans) {
            let drawn = if plan.is_none() { looks.next() } else { None };
            let look = if let Some(look) = drawn {
                Look::Drawn(look)
            } else {
                let painted = file.render_colours(place, sheet::DPI, limits)?;
                let painted = plan.unwrap_or_default().applied(painted);
                let made = sheet::of_painted(&painted, page.width, self.sheet_bytes());
                Look::Picture(draft.picture(&made?))
            };
            self.check_size(draft.pdf.len())?;
            draft.add(page, look, &words_over(page));
        }
        Ok(())
    }

    /// How many pages of the file come before the first that is taken.
    fn before(&self, count: usize) -> Result<usize, Failure> {
        let place = |page: u32| usize::try_from(page).unwrap_or(usize::MAX);
        let (before, end) = match self.options.range {
            Some(range) => (place(range.first()).saturating_sub(1), place(range.last())),
            None => (0, count),
        };
        if end > count || end.checked_sub(before) != Some(self.pages.len()) {
            return Err(Failure::damaged("its pages are not those that were read"));
        }
        Ok(before)
    }

    fn check_size(&self, bytes: usize) -> Result<(), Failure> {
        let max = self.options.limits.archive_bytes_max;
        if bytes > usize::try_from(max).unwrap_or(usize::MAX) {
            return Err(Failure::TooLarge {
                what: "the searchable PDF".to_owned(),
                size: format!("{bytes} bytes"),
                max: format!("{max}"),
            });
        }
        Ok(())
    }

    /// What the picture of one page may need, so that many pages fit too.
    fn sheet_bytes(&self) -> usize {
        let most = usize::try_from(self.options.limits.archive_bytes_max).unwrap_or(usize::MAX);
        SHEET_BYTES_MAX.min(most / 2 / self.pages.len().max(1))
    }
}

/// What was done to the picture of a page before its letters were recognised, where its words do not
/// fit on the page as it is drawn: it was moved, or has letters of its own that are noise. `None` for
/// a page that keeps its look.
fn plan_of(
    file: &PdfFile,
    place: usize,
    (page, has_letters): (&Page, bool),
    limits: &Limits,
) -> Result<Option<Plan>, Failure> {
    if page.source != PageSource::Ocr {
        return Ok(None);
    }
    let (picture, mut plan) = file.render(place, limits)?.prepared();
    if stands_on_head(&picture, page) {
        plan.turn = plan.turn.and_half();
    }
    Ok((plan.moves() || has_letters).then_some(plan))
}

/// Whether the words fit on the picture only when that is turned by half: its letters were found to
/// stand on their head by reading them, and ink lies where the words are.
fn stands_on_head(picture: &Picture, page: &Page) -> bool {
    if picture.look.is_upright || page.source != PageSource::Ocr {
        return false;
    }
    let (width, height) = picture.grey.dimensions();
    let pixel = f32::from(u16::try_from(width).unwrap_or(u16::MAX)) / 1000.0;
    let mut light = (0_u64, 0_u64);
    for word in &page.words {
        let middle = word.at.y + word.at.h / 2.0;
        for step in 0_u8..16 {
            let across = word.at.x + word.at.w * f32::from(step) / 16.0;
            let (x, y) = (pixels(across * pixel), pixels(middle * pixel));
            let at = |x: u32, y: u32| {
                let found = picture.grey.get_pixel_checked(x, y);
                found.map_or(0, |it| u64::from(it.0[0]))
            };
            light.0 += at(x, y);
            light.1 += at(
                width.saturating_sub(x.saturating_add(1)),
                height.saturating_sub(y.saturating_add(1)),
            );
        }
    }
    light.1 < light.0
}

/// Words that the copy must bring itself.
fn words_over(page: &Page) -> Vec<Placed> {
    match page.source {
        PageSource::Ocr => layer::place(page),
        // They are drawn on it.
        PageSource::TextLayer | PageSource::Text => Vec::new(),
    }
}

/// A PDF being written.
struct Draft {
    pdf: Pdf,
    /// The last object's number.
    last: i32,
    tree: Ref,
    font: Ref,
    sheets: Vec<Ref>,
    letters: Letters,
}

/// A new object's number.
fn next(last: &mut i32) -> Ref {
    *last = last.saturating_add(1);
    Ref::new(*last)
}

impl Draft {
    fn new() -> Self {
        let mut last = 0;
        let (tree, font) = (next(&mut last), next(&mut last));
        Self {
            pdf: Pdf::new(),
            last,
            tree,
            font,
            sheets: Vec::new(),
            letters: Letters::default(),
        }
    }

    fn picture(&mut self, picture: &SheetPicture) -> Ref {
        let id = next(&mut self.last);
        let whole = |side: u32| i32::try_from(side).unwrap_or(i32::MAX);
        let (width, height) = (whole(picture.width), whole(picture.height));
        let mut object = self.pdf.image_xobject(id, &picture.bytes);
        object.width(width).height(height);
        match picture.pixels {
            Pixels::Grey | Pixels::Bits => object.color_space().device_gray(),
            Pixels::Colour => object.color_space().device_rgb(),
        }
        if picture.pixels == Pixels::Bits {
            object.bits_per_component(1);
            object.filter(Filter::CcittFaxDecode);
            object
                .decode_parms()
                .k(-1)
                .columns(width)
                .rows(height)
                .black_is_1(false);
        } else {
            object.bits_per_component(8);
            object.filter(Filter::DctDecode);
        }
        object.finish();
        id
    }

    fn add(&mut self, page: &Page, look: Look, words: &[Placed]) {
        let frame = Frame::of(page);
        let (sheet, stream) = (next(&mut self.last), next(&mut self.last));
        let mut content = Content::new();
        content.save_state();
        let object = match look {
            Look::Picture(object) => {
                content.transform([frame.width, 0.0, 0.0, frame.height, 0.0, 0.0]);
                object
            }
            Look::Drawn(object) => {
                content.transform([frame.shrink, 0.0, 0.0, frame.shrink, 0.0, 0.0]);
                object
            }
        };
        content.x_object(LOOK);
        content.restore_state();
        if !words.is_empty() {
            self.write_words(&mut content, words);
        }
        let content = deflated(&content.finish());
        self.pdf
            .stream(stream, &content)
            .filter(Filter::FlateDecode);
        let mut written = self.pdf.page(sheet);
        written
            .parent(self.tree)
            .media_box(Rect::new(0.0, 0.0, frame.width, frame.height))
            .contents(stream);
        let mut resources = written.resources();
        resources.x_objects().pair(LOOK, object);
        if !words.is_empty() {
            let mut fonts = resources.fonts();
            for name in FONT_NAMES {
                fonts.pair(name, self.font);
            }
        }
        resources.finish();
        written.finish();
        self.sheets.push(sheet);
    }

    fn write_words(&mut self, content: &mut Content, words: &[Placed]) {
        content
            .begin_text()
            .set_text_rendering_mode(TextRenderingMode::Invisible);
        let mut names = FONT_NAMES.iter().cycle();
        for word in words {
            let codes = self.letters.codes(&word.letters);
            if codes.is_empty() {
                continue;
            }
            let natural = |letters: usize| {
                let letters = u16::try_from(letters).map_or(f32::from(u16::MAX), f32::from);
                letters * word.size * font::ADVANCE / font::EM
            };
            let stretch = |width: f32, letters: usize| 100.0 * width / natural(letters).max(0.001);
            if let Some(name) = names.next() {
                content.set_font(*name, word.size);
            }
            content
                .set_horizontal_scaling(stretch(word.width, codes.len() / 2))
                .set_text_matrix(word.matrix)
                .show(Str(&codes));
            if let Some(gap) = word.gap {
                let space = self.letters.codes(" ");
                if let Some(matrix) = gap.matrix {
                    content.set_text_matrix(matrix);
                }
                content
                    .set_horizontal_scaling(stretch(gap.width, 1))
                    .show(Str(&space));
            }
        }
        content.end_text();
    }

    fn finish(mut self, title: &str) -> Vec<u8> {
        let (catalog, info, metadata) = (
            next(&mut self.last),
            next(&mut self.last),
            next(&mut self.last),
        );
        let count = i32::try_from(self.sheets.len()).unwrap_or(i32::MAX);
        self.pdf
            .pages(self.tree)
            .kids(self.sheets.iter().copied())
            .count(count);
        if !self.letters.is_empty() {
            let last = &mut self.last;
            font::write(&mut self.pdf, self.font, &self.letters, &mut || next(last));
        }
        let producer = concat!("workmate ", env!("CARGO_PKG_VERSION"));
        self.pdf.metadata(metadata, xmp(title, producer).as_bytes());
        self.pdf
            .document_info(info)
            .title(TextStr(title))
            .producer(TextStr(producer));
        self.pdf
            .catalog(catalog)
            .pages(self.tree)
            .metadata(metadata);
        self.pdf.finish()
    }
}

/// Compressed for the filter `FlateDecode`.
fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    // A vector takes everything.
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.unwrap_or_default()
}

/// What programs know the file by (ISO 16684-1).
fn xmp(title: &str, producer: &str) -> String {
    let title: String = title
        .chars()
        .filter(|it| !it.is_control() && !matches!(it, '\u{fffe}' | '\u{ffff}'))
        .map(|it| match it {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            other => other.to_string(),
        })
        .collect();
    format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
         <x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\
         <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\
         <rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
         xmlns:pdf=\"http://ns.adobe.com/pdf/1.3/\">\
         <dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">{title}</rdf:li></rdf:Alt></dc:title>\
         <pdf:Producer>{producer}</pdf:Producer>\
         </rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end=\"r\"?>"
    )
}

#[cfg(test)]
mod tests;
