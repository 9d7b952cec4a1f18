//! A PDF, page by page: its text layer where that can be believed, else its picture made ready and
//! recognised.

use std::time::Instant;

use super::{Event, Job, Sheet, milliseconds, number};
use crate::domain::document::{MediaType, Page, Reading};
use crate::reading::failure::Failure;
use crate::reading::ocr::language::Languages;
use crate::reading::ocr::seats::Seats;
use crate::reading::pdf::{Layer, PdfFile};
use crate::reading::prepare::Plan;
use crate::reading::{Limits, Ocr, Previews, Timings, preview};

/// An opened PDF and what its pages need.
struct Pages<'a> {
    file: &'a PdfFile,
    layers: &'a [Layer],
    languages: &'a Languages<'a>,
    /// Pages of the file before the first one that is read.
    before: usize,
}

impl Job<'_> {
    pub(super) fn read_pdf(&self, depth: u8) -> Result<(Reading, Timings), Failure> {
        let begin = Instant::now();
        let limits = &self.options.limits;
        let file = PdfFile::open(self.bytes, &self.options.pdf_passwords, limits)?;
        let (before, count) = self.places(file.count())?;
        let layers = file.text_layers(limits)?;
        // What the whole file carries along came with the whole file.
        let parts = match self.options.pages {
            None => file.parts(limits),
            Some(_) => Vec::new(),
        };
        let layers_took = milliseconds(begin);
        let inside = self.read_parts(&parts, count, depth);
        let media_type = MediaType::Pdf;
        (self.sink)(Event::Started {
            media_type,
            pages: count + inside.pages.len(),
        });
        let known = self.engines.known(&self.options.languages);
        let pages = Pages {
            file: &file,
            layers: &layers,
            languages: &Languages::new(&known),
            before,
        };
        let sheets = self.side_by_side(count, |index, seats| {
            self.read_pdf_page(&pages, index, seats)
        })?;
        let (mut reading, mut timings) = self.gather(media_type, sheets, Vec::new());
        timings.read += layers_took;
        inside.append_to(&mut reading, &mut timings, self);
        Ok((reading, timings))
    }

    /// Reads the page at `index`, counted from the first one that is read.
    fn read_pdf_page(
        &self,
        pages: &Pages<'_>,
        index: usize,
        seats: &Seats,
    ) -> Result<Sheet, Failure> {
        let limits = &self.options.limits;
        let place = pages.before + index;
        let Some(layer) = pages.layers.get(place) else {
            return Err(Failure::damaged("a page is missing"));
        };
        let number = number(index);
        let mut plan = Plan::default();
        let mut sheet = if layer.is_usable || self.options.ocr == Ocr::Off {
            printed(pages.file, (place, number), layer, limits)
        } else {
            let begin = Instant::now();
            let picture = pages.file.render(place, limits)?;
            let (picture, done) = picture.prepared();
            plan = done;
            let rendered = milliseconds(begin);
            let mut sheet = self.recognise(number, &picture, pages.languages, seats)?;
            if sheet.was_on_head {
                plan.turn = plan.turn.and_half();
            }
            layer.add_typed(&mut sheet.page.words);
            sheet.timings.read += rendered;
            sheet
        };
        (self.sink)(Event::Page(&sheet.page));
        if self.options.previews == Previews::Make {
            let begin = Instant::now();
            // People see the page that was read: straight, upright, and with its words' boxes.
            let shown = plan.applied(pages.file.render_small(place, limits)?);
            let made = preview::of_page(number, &shown);
            for preview in &made {
                (self.sink)(Event::Preview(preview));
            }
            sheet.timings.previews += milliseconds(begin);
        }
        Ok(sheet)
    }
}

/// The page at `place` of the file, which becomes page `number`, by its text layer.
fn printed(file: &PdfFile, (place, number): (usize, u32), layer: &Layer, limits: &Limits) -> Sheet {
    let begin = Instant::now();
    let mut codes = file.drawn_codes(place, layer, limits);
    for code in &mut codes {
        code.page = number;
    }
    let timings = Timings {
        codes: milliseconds(begin),
        ..Timings::default()
    };
    Sheet {
        page: Page {
            number,
            ..layer.page.clone()
        },
        codes,
        timings,
        was_on_head: false,
    }
}
