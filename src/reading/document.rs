//! One document from its bytes to its pages, whatever it is.
//!
//! Pages with a text layer are ready at once. Those that need their letters recognised are worked
//! on side by side, each with an engine of its own, and reported as they come.

use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use super::failure::Failure;
use super::image::{Picture, Pictures};
use super::ocr::language::Languages;
use super::ocr::{Engines, Recognised};
use super::pdf::{Layer, PdfFile};
use super::prepare::Plan;
use super::{
    Limits, Ocr, Preview, Previews, ReadOptions, Timings, codes, email, preview, sniff, text,
};
use crate::domain::document::{Attachment, Code, MediaType, Page, PageSource, Reading, Word};

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
            MediaType::Pdf => self.read_pdf(),
            MediaType::Jpeg | MediaType::Png | MediaType::Tiff | MediaType::WebP => {
                self.read_pictures(media_type)
            }
            MediaType::Text => self.read_text(media_type, &text::decode(self.bytes), Vec::new()),
            MediaType::Xml => {
                let xml = text::decode(self.bytes);
                let plain = text::between_tags(&xml);
                let attachment = Attachment {
                    name: String::new(),
                    media_type: MediaType::Xml.as_str().to_owned(),
                    text: Some(xml),
                };
                self.read_text(media_type, &plain, vec![attachment])
            }
            MediaType::Mail => self.read_mail(),
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

    /// The mail's own text, and the papers attached to it as further pages. A paper that cannot be
    /// read is named among the attachments and does not hold up the mail.
    fn read_mail(&self) -> Result<(Reading, Timings), Failure> {
        let begin = Instant::now();
        let limits = &self.options.limits;
        let mail = email::parse(self.bytes, limits)?;
        let mut pages = text::pages(&mail.text, limits)?;
        let (mut codes, mut children, mut attachments) = (Vec::new(), Vec::new(), Vec::new());
        let mut timings = Timings {
            read: milliseconds(begin),
            ..Timings::default()
        };
        for part in &mail.parts {
            let media_type = part
                .media_type
                .map_or("application/octet-stream", MediaType::as_str);
            let is_xml = part.media_type == Some(MediaType::Xml);
            let most = usize::try_from(limits.attachment_bytes_max).unwrap_or(usize::MAX);
            let xml = (is_xml && part.bytes.len() <= most).then(|| text::decode(&part.bytes));
            attachments.push(Attachment {
                name: part.name.clone(),
                media_type: media_type.to_owned(),
                text: xml,
            });
            if !part.is_paper {
                continue;
            }
            let job = Job {
                bytes: &part.bytes,
                sink: &|_| {},
                ..*self
            };
            let Ok((mut reading, took)) = job.read() else {
                continue;
            };
            let before = number(pages.len()).saturating_sub(1);
            reading.pages.iter_mut().for_each(|it| it.number += before);
            reading.codes.iter_mut().for_each(|it| it.page += before);
            pages.append(&mut reading.pages);
            codes.append(&mut reading.codes);
            attachments.append(&mut reading.attachments);
            children.push(part.name.clone());
            timings = timings.plus(took);
        }
        check_pages(pages.len(), limits)?;
        let media_type = MediaType::Mail;
        (self.sink)(Event::Started {
            media_type,
            pages: pages.len(),
        });
        for page in &pages {
            (self.sink)(Event::Page(page));
        }
        Ok((
            Reading {
                media_type,
                pages,
                codes,
                children,
                attachments,
            },
            timings,
        ))
    }

    fn read_pictures(&self, media_type: MediaType) -> Result<(Reading, Timings), Failure> {
        let pictures = Pictures::open(self.bytes, media_type, &self.options.limits)?;
        let count = pictures.count();
        check_pages(count, &self.options.limits)?;
        (self.sink)(Event::Started {
            media_type,
            pages: count,
        });
        let known = self.engines.known(&self.options.languages);
        let languages = Languages::new(&known);
        let sheets = self.side_by_side(count, |index| {
            let begin = Instant::now();
            let picture = pictures.load(index)?;
            let decoded = milliseconds(begin);
            let mut sheet = self.read_picture(number(index), &picture, &languages)?;
            sheet.timings.read = decoded;
            (self.sink)(Event::Page(&sheet.page));
            Ok(sheet)
        })?;
        Ok(self.gather(media_type, sheets, Vec::new()))
    }

    fn read_pdf(&self) -> Result<(Reading, Timings), Failure> {
        let begin = Instant::now();
        let limits = &self.options.limits;
        let file = PdfFile::open(self.bytes, limits)?;
        let media_type = MediaType::Pdf;
        (self.sink)(Event::Started {
            media_type,
            pages: file.count(),
        });
        let attachments = file.attachments(limits);
        let layers = file.text_layers(limits)?;
        let layers_took = milliseconds(begin);
        let known = self.engines.known(&self.options.languages);
        let languages = Languages::new(&known);
        let sheets = self.side_by_side(file.count(), |index| {
            let Some(layer) = layers.get(index) else {
                return Err(Failure::damaged("a page is missing"));
            };
            let number = number(index);
            let mut plan = Plan::default();
            let mut sheet = if layer.is_usable || self.options.ocr == Ocr::Off {
                printed(&file, index, layer, limits)
            } else {
                let begin = Instant::now();
                let picture = file.render(index, limits)?;
                let (picture, done) = picture.prepared();
                plan = done;
                let rendered = milliseconds(begin);
                let mut sheet = self.recognise(number, &picture, &languages)?;
                if sheet.was_on_head {
                    plan.turn = plan.turn.and_half();
                }
                sheet.timings.read += rendered;
                sheet
            };
            if index == 0 {
                sheet.timings.read += layers_took;
            }
            (self.sink)(Event::Page(&sheet.page));
            if self.options.previews == Previews::Make {
                let begin = Instant::now();
                // People see the page that was read: straight, upright, and with its words' boxes.
                let shown = plan.applied(file.render_small(index, limits)?);
                let made = preview::of_page(number, &shown);
                for preview in &made {
                    (self.sink)(Event::Preview(preview));
                }
                sheet.timings.previews += milliseconds(begin);
            }
            Ok(sheet)
        })?;
        Ok(self.gather(media_type, sheets, attachments))
    }

    fn read_picture(
        &self,
        number: u32,
        picture: &Picture,
        languages: &Languages<'_>,
    ) -> Result<Sheet, Failure> {
        let mut sheet = self.recognise(number, picture, languages)?;
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
    ) -> Result<Sheet, Failure> {
        let begin = Instant::now();
        let mut codes = codes::on_page(number, &picture.grey);
        let codes_took = milliseconds(begin);
        let begin = Instant::now();
        let Recognised { words, was_on_head } = match self.options.ocr {
            Ocr::Off => Recognised::default(),
            Ocr::WhereNeeded => self.letters(number, picture, languages)?,
        };
        if was_on_head {
            turn_by_half(&mut codes, picture.height / picture.width.max(1.0) * 1000.0);
        }
        check_words(number, words.len(), &self.options.limits)?;
        let timings = Timings {
            ocr: milliseconds(begin),
            codes: codes_took,
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
    ) -> Result<Recognised, Failure> {
        let used = languages.next();
        let recognised = self.engines.recognise(number, picture, &used)?;
        match languages.heard(&recognised.words, &used) {
            Some(better) => self.engines.recognise(number, picture, &better),
            None => Ok(recognised),
        }
    }

    /// Does `work` for each index below `count`, on up to as many threads as the job allows. The
    /// first failure ends it.
    fn side_by_side<F>(&self, count: usize, work: F) -> Result<Vec<Sheet>, Failure>
    where
        F: Fn(usize) -> Result<Sheet, Failure> + Sync,
    {
        let threads = usize::from(self.options.threads.clamp(1, 16)).min(count);
        if threads < 2 {
            return (0..count).map(work).collect();
        }
        let next = AtomicUsize::new(0);
        let done: Mutex<Vec<(usize, Result<Sheet, Failure>)>> = Mutex::new(Vec::new());
        let lane = || loop {
            let index = next.fetch_add(1, Ordering::SeqCst);
            if index >= count {
                return;
            }
            let result = work(index);
            if result.is_err() {
                next.store(count, Ordering::SeqCst);
            }
            if let Ok(mut done) = done.lock() {
                done.push((index, result));
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..threads {
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

/// A page whose words come from its text layer.
fn printed(file: &PdfFile, index: usize, layer: &Layer, limits: &Limits) -> Sheet {
    let begin = Instant::now();
    let codes = file.drawn_codes(index, layer, limits);
    let timings = Timings {
        codes: milliseconds(begin),
        ..Timings::default()
    };
    Sheet {
        page: layer.page.clone(),
        codes,
        timings,
        was_on_head: false,
    }
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
