//! One document from its bytes to its pages, whatever it is.
//!
//! Pages with a text layer are ready at once. Those that need their letters recognised are worked
//! on side by side, each with an engine of its own, and reported as they come.

mod printed;

use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use super::failure::Failure;
use super::image::{Picture, Pictures};
use super::ocr::language::Languages;
use super::ocr::seats::Seats;
use super::ocr::{Engines, Recognised};
use super::parts::{self, Part};
use super::{
    Limits, Ocr, Preview, Previews, ReadOptions, Timings, codes, einvoice, email, html, office,
    preview, rtf, sniff, text,
};
use crate::domain::document::{Attachment, Code, MediaType, Page, PageSource, Reading, Word};
use crate::domain::value::Rect;

/// The confidence from which a word is no code that was read as one.
const SURE: f32 = 0.7;

/// Something the reader can already say.
#[derive(Debug)]
pub enum Event<'a> {
    /// What it is and how many pages it has.
    Started {
        /// What the first bytes say.
        media_type: MediaType,
        /// How many.
        pages: usize,
    },
    /// A page is read; pages come in any order.
    Page(&'a Page),
    /// A picture of a page is made.
    Preview(&'a Preview),
    /// A paper carried along is a document of its own.
    Paper {
        /// Its name as stated inside.
        name: &'a str,
        /// The file.
        bytes: &'a [u8],
    },
}

/// Where events go; called from several threads.
pub type Sink<'a> = &'a (dyn Fn(Event<'_>) + Sync);

/// One document being read.
pub struct Job<'a> {
    /// The file.
    pub bytes: &'a [u8],
    /// How to read it.
    pub options: &'a ReadOptions,
    /// Warm OCR engines.
    pub engines: &'a Engines,
    /// Who listens.
    pub sink: Sink<'a>,
}

/// What one page gave.
struct Sheet {
    page: Page,
    codes: Vec<Code>,
    timings: Timings,
    /// Whether the picture stood on its head; words and codes are where they are on the turned one.
    was_on_head: bool,
}

impl Job<'_> {
    /// Reads the whole document.
    pub fn read(&self) -> Result<(Reading, Timings), Failure> {
        self.read_at(0)
    }

    /// Reads a document that lies `depth` files deep in others.
    pub(super) fn read_at(&self, depth: u8) -> Result<(Reading, Timings), Failure> {
        let size = self.bytes.len();
        let max = self.options.limits.file_bytes_max;
        if size > usize::try_from(max).unwrap_or(usize::MAX) {
            return Err(Failure::TooLarge {
                what: "the file".to_owned(),
                size: format!("{size} bytes"),
                max: format!("{max}"),
            });
        }
        let media_type = sniff::sniff(self.bytes).ok_or_else(|| sniff::why_not(self.bytes))?;
        match media_type {
            MediaType::Pdf => self.read_pdf(depth),
            MediaType::Jpeg
            | MediaType::Png
            | MediaType::Tiff
            | MediaType::WebP
            | MediaType::Gif
            | MediaType::Bmp
            | MediaType::Heic => self.read_pictures(media_type),
            MediaType::Text => self.read_text(media_type, &text::decode(self.bytes), Vec::new()),
            MediaType::Html => {
                let page = text::decode(self.bytes);
                self.read_text(media_type, &html::text(&page), Vec::new())
            }
            MediaType::Rtf => self.read_text(media_type, &rtf::text(self.bytes), Vec::new()),
            MediaType::Xml => self.read_xml(),
            MediaType::Mail => {
                let mail = email::parse(self.bytes, &self.options.limits)?;
                self.read_with_parts(media_type, &mail.text, &mail.parts, depth)
            }
            MediaType::Docx
            | MediaType::Xlsx
            | MediaType::Pptx
            | MediaType::Odt
            | MediaType::Ods
            | MediaType::Odp => {
                let file = office::open(self.bytes, media_type)?;
                self.read_with_parts(media_type, &file.text, &file.parts, depth)
            }
        }
    }

    fn read_text(
        &self,
        media_type: MediaType,
        text: &str,
        attachments: Vec<Attachment>,
    ) -> Result<(Reading, Timings), Failure> {
        let begin = Instant::now();
        let pages = text::pages(text, &self.options.limits)?;
        (self.sink)(Event::Started {
            media_type,
            pages: pages.len(),
        });
        for page in &pages {
            (self.sink)(Event::Page(page));
        }
        let reading = Reading {
            media_type,
            pages,
            codes: Vec::new(),
            children: Vec::new(),
            attachments,
        };
        let timings = Timings {
            read: milliseconds(begin),
            ..Timings::default()
        };
        Ok((reading, timings))
    }

    /// XML: an e-invoice as its lines, anything else as what stands between its tags.
    fn read_xml(&self) -> Result<(Reading, Timings), Failure> {
        let xml = einvoice::without_files(&text::decode(self.bytes));
        let page = einvoice::page(&xml).unwrap_or_else(|| text::between_tags(&xml));
        let attachment = Attachment {
            name: String::new(),
            media_type: MediaType::Xml.as_str().to_owned(),
            text: parts::kept_xml(xml, &self.options.limits),
            trouble: None,
        };
        self.read_text(MediaType::Xml, &page, vec![attachment])
    }

    /// A document's own text, and the papers that it carries along as further pages.
    fn read_with_parts(
        &self,
        media_type: MediaType,
        text: &str,
        parts: &[Part],
        depth: u8,
    ) -> Result<(Reading, Timings), Failure> {
        let begin = Instant::now();
        let pages = text::pages(text, &self.options.limits)?;
        let mut timings = Timings {
            read: milliseconds(begin),
            ..Timings::default()
        };
        let inside = self.read_parts(parts, pages.len(), depth);
        (self.sink)(Event::Started {
            media_type,
            pages: pages.len() + inside.pages.len(),
        });
        for page in &pages {
            (self.sink)(Event::Page(page));
        }
        let mut reading = Reading::of_pages(media_type, pages);
        inside.append_to(&mut reading, &mut timings, self);
        Ok((reading, timings))
    }

    /// The places of the pages to read: how many there are before them, and how many they are.
    fn places(&self, count: usize) -> Result<(usize, usize), Failure> {
        let Some(range) = self.options.pages else {
            return Ok((0, count));
        };
        let place = |page: u32| usize::try_from(page).unwrap_or(usize::MAX);
        let (before, end) = (place(range.first()).saturating_sub(1), place(range.last()));
        match end.checked_sub(before) {
            Some(pages) if end <= count => Ok((before, pages)),
            _ => Err(Failure::damaged("a page is missing")),
        }
    }

    fn read_pictures(&self, media_type: MediaType) -> Result<(Reading, Timings), Failure> {
        let pictures = Pictures::open(self.bytes, media_type, &self.options.limits)?;
        let (before, count) = self.places(pictures.count())?;
        check_pages(count, &self.options.limits)?;
        (self.sink)(Event::Started {
            media_type,
            pages: count,
        });
        let known = self.engines.known(&self.options.languages);
        let languages = Languages::new(&known);
        let sheets = self.side_by_side(count, |index, seats| {
            let begin = Instant::now();
            let picture = pictures.load(before + index)?;
            let decoded = milliseconds(begin);
            let mut sheet = self.read_picture(number(index), &picture, &languages, seats)?;
            sheet.timings.read = decoded;
            (self.sink)(Event::Page(&sheet.page));
            Ok(sheet)
        })?;
        Ok(self.gather(media_type, sheets, Vec::new()))
    }

    fn read_picture(
        &self,
        number: u32,
        picture: &Picture,
        languages: &Languages<'_>,
        seats: &Seats,
    ) -> Result<Sheet, Failure> {
        let mut sheet = self.recognise(number, picture, languages, seats)?;
        if self.options.previews == Previews::Make {
            let begin = Instant::now();
            let made = if sheet.was_on_head {
                preview::of_page(number, &picture.colours.rotate180())
            } else {
                preview::of_page(number, &picture.colours)
            };
            for preview in &made {
                (self.sink)(Event::Preview(preview));
            }
            sheet.timings.previews = milliseconds(begin);
        }
        Ok(sheet)
    }

    /// The codes and letters on a picture of a page.
    fn recognise(
        &self,
        number: u32,
        picture: &Picture,
        languages: &Languages<'_>,
        seats: &Seats,
    ) -> Result<Sheet, Failure> {
        let begin = Instant::now();
        let Recognised { words, was_on_head } = match self.options.ocr {
            Ocr::Off => Recognised::default(),
            Ocr::WhereNeeded => self.letters(number, picture, languages, seats)?,
        };
        let letters_took = milliseconds(begin);
        let begin = Instant::now();
        let height = picture.height / picture.width.max(1.0) * 1000.0;
        let mut codes = codes::on_page(
            number,
            &picture.grey,
            &sure_letters(&words, was_on_head, height),
        );
        if was_on_head {
            turn_by_half(&mut codes, height);
        }
        check_words(number, words.len(), &self.options.limits)?;
        let timings = Timings {
            ocr: letters_took,
            codes: milliseconds(begin),
            ..Timings::default()
        };
        let page = Page {
            number,
            source: PageSource::Ocr,
            width: picture.width,
            height: picture.height,
            words,
        };
        Ok(Sheet {
            page,
            codes,
            timings,
            was_on_head,
        })
    }

    /// The letters on a picture, read by the languages that fit the document.
    fn letters(
        &self,
        number: u32,
        picture: &Picture,
        languages: &Languages<'_>,
        seats: &Seats,
    ) -> Result<Recognised, Failure> {
        let used = languages.next();
        let recognised = self.engines.recognise(number, picture, &used, seats)?;
        let (recognised, used) = match languages.heard(&recognised.words, &used) {
            Some(better) => (
                self.engines.recognise(number, picture, &better, seats)?,
                better,
            ),
            None => (recognised, used),
        };
        self.engines.dated(number, picture, &used, recognised)
    }

    /// Does `work` for each index below `count`, on up to as many threads as the job allows; those
    /// that are idle are free seats. The first failure ends it.
    fn side_by_side<F>(&self, count: usize, work: F) -> Result<Vec<Sheet>, Failure>
    where
        F: Fn(usize, &Seats) -> Result<Sheet, Failure> + Sync,
    {
        let allowed = usize::from(self.options.threads.clamp(1, 16));
        let lanes = allowed.min(count.max(1));
        let seats = Seats::new(allowed.saturating_sub(lanes));
        let next = AtomicUsize::new(0);
        let done: Mutex<Vec<(usize, Result<Sheet, Failure>)>> = Mutex::new(Vec::new());
        let lane = || {
            loop {
                let index = next.fetch_add(1, Ordering::SeqCst);
                if index >= count {
                    seats.add();
                    return;
                }
                let result = work(index, &seats);
                if result.is_err() {
                    next.store(count, Ordering::SeqCst);
                }
                if let Ok(mut done) = done.lock() {
                    done.push((index, result));
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..lanes {
                scope.spawn(lane);
            }
            lane();
        });
        let mut done = done.into_inner().unwrap_or_default();
        done.sort_by_key(|(index, _)| *index);
        done.into_iter().map(|(_, result)| result).collect()
    }

    fn gather(
        &self,
        media_type: MediaType,
        sheets: Vec<Sheet>,
        attachments: Vec<Attachment>,
    ) -> (Reading, Timings) {
        let mut timings = Timings::default();
        let mut pages = Vec::with_capacity(sheets.len());
        let mut codes = Vec::new();
        for mut sheet in sheets {
            timings = timings.plus(sheet.timings);
            pages.push(sheet.page);
            codes.append(&mut sheet.codes);
        }
        codes.truncate(usize::try_from(self.options.limits.codes_max).unwrap_or(usize::MAX));
        let reading = Reading {
            media_type,
            pages,
            codes,
            children: Vec::new(),
            attachments,
        };
        (reading, timings)
    }
}

/// Where words stand on the picture that are surely letters and no code read as such.
fn sure_letters(words: &[Word], was_on_head: bool, height: f32) -> Vec<Rect> {
    let is_sure = |it: &&Word| {
        it.confidence >= SURE && it.text.chars().filter(|it| it.is_alphanumeric()).count() >= 3
    };
    let place = |it: &Word| Rect {
        x: if was_on_head {
            1000.0 - it.at.right()
        } else {
            it.at.x
        },
        y: if was_on_head {
            height - it.at.bottom()
        } else {
            it.at.y
        },
        ..it.at
    };
    words.iter().filter(is_sure).map(place).collect()
}

/// Where codes are once their page is turned by half; its height is in thousandths of its width.
fn turn_by_half(codes: &mut [Code], height: f32) {
    for code in codes {
        code.at.x = (1000.0 - code.at.right()).max(0.0);
        code.at.y = (height - code.at.bottom()).max(0.0);
    }
}

/// A page's number from its place.
pub(super) fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1)
}

/// Refuses documents with more pages than allowed, and with none.
pub(super) fn check_pages(pages: usize, limits: &Limits) -> Result<(), Failure> {
    if NonZero::new(pages).is_none() {
        return Err(Failure::damaged("it has no pages"));
    }
    if pages > usize::try_from(limits.pages_max).unwrap_or(usize::MAX) {
        return Err(Failure::TooManyPages {
            pages,
            max: limits.pages_max,
        });
    }
    Ok(())
}

/// Refuses pages with more words than allowed.
pub(super) fn check_words(page: u32, words: usize, limits: &Limits) -> Result<(), Failure> {
    let max = limits.words_per_page_max;
    if words > usize::try_from(max).unwrap_or(usize::MAX) {
        return Err(Failure::TooLarge {
            what: format!("the text of page {page}"),
            size: format!("{words} words"),
            max: format!("{max}"),
        });
    }
    Ok(())
}

/// A page whose words come from its own text.
pub(super) fn layer_page(number: u32, (width, height): (f32, f32), words: Vec<Word>) -> Page {
    Page {
        number,
        source: PageSource::TextLayer,
        width,
        height,
        words,
    }
}

fn milliseconds(begin: Instant) -> u64 {
    u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX)
}
