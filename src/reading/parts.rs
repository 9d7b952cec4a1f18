//! Files inside a file: what a mail, a PDF or an Office document carries along, and how the papers
//! among them are read as further pages.

use std::sync::Mutex;

use super::document::{Event, Job, number};
use super::failure::Failure;
use super::{Limits, Papers, Preview, Timings, einvoice, sniff, text};
use crate::domain::document::{Attachment, Code, MediaType, Page, Reading};

/// How deep files inside files are followed: a mail in a mail with a PDF.
pub const DEPTH_MAX: u8 = 3;
/// Pictures below this size in bytes are logos and icons, not papers.
pub const PICTURE_BYTES_MIN: usize = 20_000;
/// Pages of parts whose previews are kept until the document's own pages are counted.
const PREVIEWS_MAX: usize = 100;
/// Letters kept of a part's name.
const NAME_LETTERS_MAX: usize = 200;

/// A file inside a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its name as stated; never used as a path.
    pub name: String,
    /// What its first bytes say, if that is known.
    pub media_type: Option<MediaType>,
    /// Whether it is a paper to read, not decoration.
    pub is_paper: bool,
    /// Why it cannot be read, for one that people would miss.
    pub trouble: Option<String>,
    /// The file; empty for what is neither a paper nor XML.
    pub bytes: Vec<u8>,
}

/// A name without what could confuse a terminal or a page.
pub fn clean_name(name: &str) -> String {
    let letters = name.chars().filter(|it| !it.is_control());
    let name: String = letters.take(NAME_LETTERS_MAX).collect();
    name.trim().to_owned()
}

/// What a part is: what its bytes say, or its name for XML that does not say so itself.
pub fn media_type(name: &str, bytes: &[u8]) -> Option<MediaType> {
    let is_named_xml = name.to_ascii_lowercase().ends_with(".xml");
    match sniff::sniff(bytes) {
        Some(MediaType::Text) if is_named_xml => Some(MediaType::Xml),
        found => found,
    }
}

/// The text of an XML file, without the files that are encoded in it.
fn xml_text(part: &Part, limits: &Limits) -> Option<String> {
    if part.media_type != Some(MediaType::Xml) {
        return None;
    }
    let xml = einvoice::without_files(&text::decode(&part.bytes));
    kept_xml(xml, limits)
}

/// XML of at most the size that is kept.
pub(super) fn kept_xml(xml: String, limits: &Limits) -> Option<String> {
    let most = usize::try_from(limits.attachment_bytes_max).unwrap_or(usize::MAX);
    (xml.len() <= most).then_some(xml)
}

/// Why a file of a known but unsupported type cannot be read; nothing for signatures and the like.
pub fn unsupported(bytes: &[u8]) -> Option<String> {
    let failure = sniff::why_not(bytes);
    let is_known = matches!(failure, Failure::Unsupported { what, .. } if what != sniff::UNKNOWN);
    is_known.then(|| failure.to_string())
}

/// What the parts of a document gave, its pages counted from 1.
#[derive(Debug, Default)]
pub struct Inside {
    /// The pages of the papers, one paper after the other.
    pub pages: Vec<Page>,
    codes: Vec<Code>,
    /// Names of the papers that were read.
    children: Vec<String>,
    attachments: Vec<Attachment>,
    previews: Vec<Preview>,
    timings: Timings,
    /// Papers given away as files, and their bytes together.
    given: (u32, u32),
}

impl Inside {
    /// Says the pages and previews, and puts them behind the document's own.
    pub fn append_to(mut self, reading: &mut Reading, timings: &mut Timings, job: &Job<'_>) {
        let before = number(reading.pages.len()).saturating_sub(1);
        self.pages.iter_mut().for_each(|it| it.number += before);
        self.codes.iter_mut().for_each(|it| it.page += before);
        for page in &self.pages {
            (job.sink)(Event::Page(page));
        }
        for preview in &mut self.previews {
            preview.page += before;
            (job.sink)(Event::Preview(preview));
        }
        let limits = &job.options.limits;
        reading.pages.append(&mut self.pages);
        reading.codes.append(&mut self.codes);
        reading.children.append(&mut self.children);
        reading.attachments.append(&mut self.attachments);
        let most = |it: u32| usize::try_from(it).unwrap_or(usize::MAX);
        reading.codes.truncate(most(limits.codes_max));
        reading.attachments.truncate(most(limits.attachments_max));
        *timings = timings.plus(self.timings);
    }

    fn push(&mut self, part: &Part, read: (Reading, Timings), previews: Vec<Preview>) {
        let (mut reading, took) = read;
        let before = number(self.pages.len()).saturating_sub(1);
        reading.pages.iter_mut().for_each(|it| it.number += before);
        reading.codes.iter_mut().for_each(|it| it.page += before);
        let kept = previews.into_iter().filter(|it| {
            // The small picture stands for the whole document, not for a part of it.
            it.size == super::PreviewSize::Page
        });
        self.previews.extend(kept.map(|it| Preview {
            page: it.page + before,
            ..it
        }));
        self.pages.append(&mut reading.pages);
        self.codes.append(&mut reading.codes);
        self.children.push(part.name.clone());
        self.children.append(&mut reading.children);
        self.attachments.append(&mut reading.attachments);
        self.timings = self.timings.plus(took);
    }
}

impl Job<'_> {
    /// Reads the papers among the parts, for a document of `own_pages` pages. One that cannot be
    /// read is named among the attachments with the reason, and does not hold up the document.
    pub(super) fn read_parts(&self, parts: &[Part], own_pages: usize, depth: u8) -> Inside {
        let limits = &self.options.limits;
        let most = usize::try_from(limits.attachments_max).unwrap_or(usize::MAX);
        let mut inside = Inside::default();
        for part in parts.iter().take(most) {
            let room = usize::try_from(limits.pages_max).unwrap_or(usize::MAX);
            let room = room.saturating_sub(own_pages + inside.pages.len());
            let read = match (part.is_paper, self.options.papers) {
                (false, _) => None,
                (true, Papers::Merged) => Some(self.read_part(part, room, depth)),
                (true, Papers::Apart) => self.hand_over(part, &mut inside.given).err().map(Err),
            };
            let failure = read.as_ref().and_then(|it| it.as_ref().err());
            let media_type = part.media_type.map(MediaType::as_str);
            inside.attachments.push(Attachment {
                name: part.name.clone(),
                media_type: media_type.unwrap_or("application/octet-stream").to_owned(),
                text: xml_text(part, limits),
                trouble: failure.map(ToString::to_string).or(part.trouble.clone()),
            });
            if let Some(Ok((read, previews))) = read {
                inside.push(part, read, previews);
            }
        }
        inside
    }

    /// Gives a paper away as a file, if it and those before it are within the limits.
    fn hand_over(&self, part: &Part, given: &mut (u32, u32)) -> Result<(), Failure> {
        let limits = &self.options.limits;
        let size = u32::try_from(part.bytes.len()).unwrap_or(u32::MAX);
        let (count, bytes) = (given.0 + 1, given.1.saturating_add(size));
        if count > limits.papers_max
            || size > limits.paper_bytes_max
            || bytes > limits.file_bytes_max
        {
            return Err(Failure::TooLarge {
                what: format!("what is attached as {}", part.name),
                size: format!("{size} bytes as number {count}"),
                max: format!(
                    "{} papers of {} bytes",
                    limits.papers_max, limits.paper_bytes_max
                ),
            });
        }
        *given = (count, bytes);
        (self.sink)(Event::Paper {
            name: &part.name,
            bytes: &part.bytes,
        });
        Ok(())
    }

    fn read_part(
        &self,
        part: &Part,
        room: usize,
        depth: u8,
    ) -> Result<((Reading, Timings), Vec<Preview>), Failure> {
        if depth >= DEPTH_MAX {
            return Err(Failure::TooLarge {
                what: "the nesting of files in files".to_owned(),
                size: format!("{} levels", depth + 1),
                max: format!("{DEPTH_MAX}"),
            });
        }
        let previews = Mutex::new(Vec::new());
        let sink = |event: Event<'_>| {
            if let Event::Preview(preview) = event
                && let Ok(mut previews) = previews.lock()
                && previews.len() < PREVIEWS_MAX
            {
                previews.push(preview.clone());
            }
        };
        let job = Job {
            bytes: &part.bytes,
            sink: &sink,
            ..*self
        };
        let read = job.read_at(depth + 1)?;
        let pages = read.0.pages.len();
        if pages > room {
            return Err(Failure::TooManyPages {
                pages,
                max: u32::try_from(room).unwrap_or(u32::MAX),
            });
        }
        Ok((read, previews.into_inner().unwrap_or_default()))
    }
}
