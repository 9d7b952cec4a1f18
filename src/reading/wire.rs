//! What the daemon and the reader say to each other over two pipes.
//!
//! A message is two little-endian 32-bit lengths, a JSON head of the first length, and raw bytes of
//! the second. Both lengths are bounded before anything is allocated. The daemon treats what it
//! hears as hostile: heads are parsed into domain types, numbers are clamped ([`tame`]), counts are
//! limited.

use std::io::{self, Read, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::archive::CopyOptions;
use super::sandbox::Missing;
use super::{Limits, PreviewSize, ReadOptions, Timings};
use crate::domain::document::{Attachment, Code, MediaType, Page};
use crate::domain::finding::Extraction;
use crate::domain::value::Rect;

/// Longest head, in bytes. A page of 20 000 words has about 3 MB.
pub const HEAD_BYTES_MAX: u32 = 32 * 1024 * 1024;
/// Longest body from the daemon, in bytes; the job's own limit is below it.
pub const REQUEST_BODY_MAX: u32 = 512 * 1024 * 1024;
/// Longest body from the reader, in bytes: a paper attached to a mail. Previews are far smaller.
pub const REPLY_BODY_MAX: u32 = 32 * 1024 * 1024;
/// An archive copy comes in parts of so many bytes.
pub const ARCHIVE_PART_BYTES: usize = 1024 * 1024;
/// Names kept of a document's parts.
const NAMES_MAX: usize = 200;
/// Letters kept of one word.
const WORD_LETTERS_MAX: usize = 500;

/// What the daemon asks. `C` is what is known before the first word is read; this module only
/// carries it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Request<C> {
    /// Read the body, and understand what was read if `context` says how.
    Read {
        /// How.
        options: ReadOptions,
        /// What is known.
        context: Option<C>,
    },
    /// Understand the reading in the body, which is JSON.
    Understand {
        /// What is known.
        context: C,
    },
    /// Make the archive copy of a document: the body is its bytes, then its pages as JSON.
    Archive {
        /// Of which pages, how opened, how called.
        options: CopyOptions,
        /// How many bytes of the body are the document's.
        document_bytes: u32,
    },
}

/// What the reader says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Reply {
    /// First of all: the walls are up.
    Hello {
        /// Of the reader; must be the daemon's own.
        version: String,
        /// Walls that this kernel does not offer.
        missing: Missing,
    },
    /// What the document is.
    Started {
        /// What the first bytes say.
        media_type: MediaType,
        /// How many pages will come.
        pages: u32,
    },
    /// One page; in any order.
    Page {
        /// The page.
        page: Page,
    },
    /// A picture of a page, in the body.
    Preview {
        /// Of which page.
        page: u32,
        /// Which of the sizes.
        size: PreviewSize,
    },
    /// A paper attached to a mail, in the body.
    Paper {
        /// Its name as stated inside.
        name: String,
    },
    /// Everything is read.
    Read {
        /// The codes on all pages.
        codes: Vec<Code>,
        /// Names of parts.
        children: Vec<String>,
        /// Files inside.
        attachments: Vec<Attachment>,
        /// How long it took.
        timings: Timings,
    },
    /// Everything is understood.
    Understood {
        /// What it says.
        extraction: Extraction,
        /// In milliseconds.
        took: u64,
    },
    /// The next part of an archive copy, in the body.
    ArchivePart,
    /// All parts of the archive copy have come.
    Archived,
    /// The request cannot be fulfilled, now or later.
    Failed {
        /// For programs.
        code: String,
        /// For people.
        message: String,
    },
}

/// Writes one message and flushes.
pub fn write(to: &mut impl Write, head: &impl Serialize, body: &[u8]) -> io::Result<()> {
    let head = serde_json::to_vec(head)?;
    to.write_all(&lengths(head.len(), body.len())?)?;
    to.write_all(&head)?;
    to.write_all(body)?;
    to.flush()
}

/// The two lengths before a message.
pub fn lengths(head: usize, body: usize) -> io::Result<[u8; 8]> {
    let length = |it: usize| {
        u32::try_from(it).map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "too long"))
    };
    let (head, body) = (length(head)?.to_le_bytes(), length(body)?.to_le_bytes());
    let mut both = [0; 8];
    for (to, from) in both.iter_mut().zip(head.iter().chain(&body)) {
        *to = *from;
    }
    Ok(both)
}

/// The lengths of head and body, refused where they are too large.
pub fn parse_lengths(bytes: [u8; 8], body_max: u32) -> io::Result<(usize, usize)> {
    let both = u64::from_le_bytes(bytes);
    let low = u64::from(u32::MAX);
    let part = |it: u64| u32::try_from(it & low).map_err(|_| invalid("a message is too long"));
    let (head, body) = (part(both)?, part(both >> 32)?);
    if head > HEAD_BYTES_MAX || body > body_max {
        return Err(invalid("a message is too long"));
    }
    let length = |it: u32| usize::try_from(it).map_err(|_| invalid("a message is too long"));
    Ok((length(head)?, length(body)?))
}

/// Reads one message; `None` at the end of the pipe.
pub fn read<T: DeserializeOwned>(
    from: &mut impl Read,
    body_max: u32,
) -> io::Result<Option<(T, Vec<u8>)>> {
    let mut both = [0; 8];
    let mut filled = 0;
    while filled < both.len() {
        let count = from.read(both.get_mut(filled..).unwrap_or_default())?;
        if count == 0 {
            return if filled == 0 {
                Ok(None)
            } else {
                Err(invalid("a message ends early"))
            };
        }
        filled += count;
    }
    let (head_length, body_length) = parse_lengths(both, body_max)?;
    let mut head = vec![0; head_length];
    from.read_exact(&mut head)?;
    let mut body = vec![0; body_length];
    from.read_exact(&mut body)?;
    Ok(Some((serde_json::from_slice(&head)?, body)))
}

fn invalid(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// Makes a page from the reader harmless: finite numbers within the sheet, few and short words
/// without control letters, line and block numbers that exist. `None` for one that no reader of
/// ours would send.
pub fn tame(mut page: Page, limits: &Limits) -> Option<Page> {
    let most = usize::try_from(limits.words_per_page_max).ok()?;
    let fits = |it: f32| it.is_finite() && it > 0.0 && it <= 1_000_000.0;
    if page.number == 0 || page.words.len() > most || !fits(page.width) || !fits(page.height) {
        return None;
    }
    let bottom = page.height / page.width * 1000.0;
    let most = u32::try_from(page.words.len()).ok()?;
    for word in &mut page.words {
        word.text = tame_text(&word.text, WORD_LETTERS_MAX);
        word.at = tame_box(word.at, bottom);
        word.confidence = if word.confidence.is_finite() {
            word.confidence
        } else {
            0.0
        };
        word.confidence = word.confidence.clamp(0.0, 1.0);
        word.line = word.line.min(most.max(LINES_MAX));
        word.block = word.block.min(most);
    }
    page.words.retain(|it| !it.text.is_empty());
    Some(page)
}

/// Empty lines of a text are counted too, so a line's number may exceed the number of words.
const LINES_MAX: u32 = 100_000;

/// Makes codes harmless.
pub fn tame_codes(codes: Vec<Code>, pages: u32, limits: &Limits) -> Vec<Code> {
    let most = usize::try_from(limits.codes_max).unwrap_or(usize::MAX);
    let known = codes
        .into_iter()
        .take(most)
        .filter(|it| (1..=pages).contains(&it.page));
    let tamed = known.map(|it| Code {
        symbology: tame_text(&it.symbology, 40),
        text: it.text.chars().take(8192).collect(),
        at: tame_box(it.at, 100_000.0),
        page: it.page,
    });
    tamed.collect()
}

/// Makes attachments harmless.
pub fn tame_attachments(attachments: Vec<Attachment>, limits: &Limits) -> Vec<Attachment> {
    let most = usize::try_from(limits.attachments_max).unwrap_or(usize::MAX);
    // A text may grow when bytes become letters.
    let bytes = usize::try_from(limits.attachment_bytes_max).unwrap_or(usize::MAX);
    let tamed = attachments.into_iter().take(most).map(|it| Attachment {
        name: tame_name(&it.name),
        media_type: tame_text(&it.media_type, 100),
        text: it.text.filter(|it| it.len() <= bytes.saturating_mul(3)),
        trouble: it.trouble.map(|it| tame_text(&it, WORD_LETTERS_MAX)),
    });
    tamed.collect()
}

/// Makes the names of parts harmless.
pub fn tame_names(names: Vec<String>) -> Vec<String> {
    let tamed = names.into_iter().take(NAMES_MAX);
    tamed.map(|it| tame_name(&it)).collect()
}

/// Makes a name from inside a file harmless to show.
pub fn tame_name(name: &str) -> String {
    tame_text(name, 200)
}

fn tame_text(text: &str, letters: usize) -> String {
    text.chars()
        .filter(|it| !it.is_control())
        .take(letters)
        .collect()
}

fn tame_box(at: Rect, bottom: f32) -> Rect {
    let finite = |it: f32, most: f32| {
        if it.is_finite() {
            it.clamp(0.0, most)
        } else {
            0.0
        }
    };
    let (x, y) = (finite(at.x, 1000.0), finite(at.y, bottom));
    Rect {
        x,
        y,
        w: finite(at.w, 1000.0 - x),
        h: finite(at.h, bottom - y),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::document::{PageSource, Word};

    #[test]
    fn a_message_survives_the_pipe() {
        let mut pipe = Vec::new();
        let request: Request<u32> = Request::Read {
            options: ReadOptions::default(),
            context: Some(7),
        };
        write(&mut pipe, &request, b"%PDF-").unwrap();
        let mut pipe = pipe.as_slice();
        let (head, body) = read::<Request<u32>>(&mut pipe, 100).unwrap().unwrap();
        assert!(matches!(
            head,
            Request::Read {
                context: Some(7),
                ..
            }
        ));
        assert_eq!(body, b"%PDF-");
        assert!(read::<Request<u32>>(&mut pipe, 100).unwrap().is_none());
    }

    #[test]
    fn lengths_are_bounded_before_they_are_believed() {
        let huge = [0xff; 8];
        assert!(parse_lengths(huge, REPLY_BODY_MAX).is_err());
        let body = lengths(10, 200).unwrap();
        assert!(parse_lengths(body, 100).is_err());
        assert_eq!(parse_lengths(body, 200).unwrap(), (10, 200));
        assert!(read::<Reply>(&mut [1, 0, 0].as_slice(), 100).is_err());
    }

    #[test]
    fn a_hostile_page_becomes_harmless_or_nothing() {
        let word = |x: f32, text: &str| Word {
            text: text.to_owned(),
            at: Rect {
                x,
                y: -5.0,
                w: f32::INFINITY,
                h: 9e9,
            },
            confidence: f32::NAN,
            line: u32::MAX,
            block: u32::MAX,
        };
        let page = Page {
            number: 1,
            source: PageSource::Ocr,
            width: 500.0,
            height: 1000.0,
            words: vec![word(f32::NAN, "a\u{1b}[31m"), word(990.0, "\0")],
        };
        let limits = Limits {
            words_per_page_max: 2,
            ..Limits::default()
        };
        let tamed = tame(page.clone(), &limits).unwrap();
        assert_eq!(tamed.words.len(), 1);
        assert_eq!(tamed.words[0].text, "a[31m");
        assert_eq!(
            tamed.words[0].at,
            Rect {
                x: 0.0,
                y: 0.0,
                w: 0.0,
                h: 2000.0
            }
        );
        assert!(tamed.words[0].confidence.abs() < f32::EPSILON);
        assert!(
            tame(
                Page {
                    width: f32::NAN,
                    ..page.clone()
                },
                &limits
            )
            .is_none()
        );
        assert!(
            tame(
                page,
                &Limits {
                    words_per_page_max: 1,
                    ..limits
                }
            )
            .is_none()
        );
    }
}
