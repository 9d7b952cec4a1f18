//! From bytes to pages of words, in a process of its own.
//!
//! Bytes from outside are never parsed in the daemon. The daemon knows [`process::Reader`] alone: it
//! starts `workmate-reader`, hands it bytes over a pipe ([`wire`]), and believes nothing of what
//! comes back before it has been bounded and parsed into domain types. In the reader process
//! ([`serve`]) the order is: [`sandbox`] before the first byte is read, [`sniff`] to tell what the
//! bytes are, then [`pdf`], [`image`], [`email`], [`office`], [`html`], [`rtf`], [`einvoice`] or [`text`], with
//! [`prepare`] and `ocr` for pictures, [`codes`] for what is printed for machines, and [`preview`] for
//! people; [`parts`] are the files inside a file. [`archive`] makes a searchable PDF of what was read.
//!
//! Every size has a limit with a name and a unit: [`Limits`] travels with each job.

pub mod archive;
pub mod codes;
mod courtesy;
pub mod document;
pub mod einvoice;
pub mod email;
pub mod failure;
pub mod html;
pub mod image;
pub mod markup;
pub mod ocr;
pub mod office;
pub mod parts;
pub mod pdf;
pub mod prepare;
pub mod preview;
pub mod process;
pub mod rtf;
pub mod sandbox;
pub mod serve;
pub mod sniff;
pub mod stack;
pub mod text;
pub mod wire;

use serde::{Deserialize, Serialize};

use crate::domain::document::named;
use crate::domain::part::PageRange;

named! {
    /// Whether letters are recognised on pictures.
    Ocr {
        /// Never: pictures and scanned pages come back without words.
        Off = "off",
        /// On pictures and on pages without a usable text layer.
        WhereNeeded = "where_needed",
    }
}

named! {
    /// Whether pictures of the pages are made.
    Previews {
        /// None.
        Off = "off",
        /// One of each page and a small one of the first.
        Make = "make",
    }
}

named! {
    /// What becomes of papers that are attached to a mail.
    Papers {
        /// Their pages are read and follow those of the mail.
        Merged = "merged",
        /// They are handed over as files, unread: each is a document of its own.
        Apart = "apart",
    }
}

/// How one document is to be read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReadOptions {
    /// Whether letters are recognised on pictures.
    pub ocr: Ocr,
    /// Tesseract's names of the languages to expect, the likeliest first; those not installed are
    /// left out, none installed is an error.
    pub languages: Vec<String>,
    /// Whether pictures of the pages are made.
    pub previews: Previews,
    /// What becomes of papers that are attached to a mail.
    pub papers: Papers,
    /// The pages of the file to read, as if there were no others; all of them if not stated.
    pub pages: Option<PageRange>,
    /// How many pages are recognised at the same time, 1 to 16; each costs about 150 MB.
    pub threads: u8,
    /// What is tried on locked PDFs.
    #[serde(default)]
    pub pdf_passwords: Passwords,
    /// What is refused.
    pub limits: Limits,
}

/// Passwords for locked PDFs. They are told to the reader alone, and shown to nobody.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Passwords(pub Vec<String>);

impl std::fmt::Debug for Passwords {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} passwords", self.0.len())
    }
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            ocr: Ocr::WhereNeeded,
            languages: vec!["deu".to_owned(), "eng".to_owned()],
            previews: Previews::Off,
            papers: Papers::Merged,
            pages: None,
            threads: 1,
            pdf_passwords: Passwords::default(),
            limits: Limits::default(),
        }
    }
}

/// What a document may at most be. All are checked before the memory they speak of is taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// Size of the file, in bytes.
    pub file_bytes_max: u32,
    /// Pages of one document.
    pub pages_max: u32,
    /// Width or height of a page, in points (1/72 inch); 14 400 is what Adobe's
    /// readers show.
    pub page_points_max: f32,
    /// Pixels of a picture before it is decoded.
    pub picture_pixels_max: u64,
    /// Pixels that a page is rendered to; above that its resolution is lowered. A4 at 300 dpi has
    /// 8.7 million.
    pub render_pixels_max: u32,
    /// Words kept of one page.
    pub words_per_page_max: u32,
    /// Machine-readable codes kept of one document.
    pub codes_max: u32,
    /// Embedded files named.
    pub attachments_max: u32,
    /// Size of an embedded XML file whose text is kept, in bytes.
    pub attachment_bytes_max: u32,
    /// Papers attached to a mail that become documents of their own.
    pub papers_max: u32,
    /// Size of one of them, in bytes; all of them together may be as large as a file.
    pub paper_bytes_max: u32,
    /// Size of the archive copy that is made of a document, in bytes.
    pub archive_bytes_max: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes_max: 100 * 1024 * 1024,
            pages_max: 500,
            page_points_max: 14_400.0,
            picture_pixels_max: 100_000_000,
            render_pixels_max: 20_000_000,
            words_per_page_max: 20_000,
            codes_max: 100,
            attachments_max: 50,
            attachment_bytes_max: 5 * 1024 * 1024,
            papers_max: 20,
            paper_bytes_max: 32 * 1024 * 1024,
            archive_bytes_max: 128 * 1024 * 1024,
        }
    }
}

/// A paper attached to a mail, as a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paper {
    /// Its name as stated inside; never used as a path.
    pub name: String,
    /// The file.
    pub bytes: Vec<u8>,
}

/// A picture of a page, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// Which page, from 1.
    pub page: u32,
    /// Which of the two sizes.
    pub size: PreviewSize,
    /// The picture as a WebP file.
    pub webp: Vec<u8>,
}

named! {
    /// How large a preview is.
    PreviewSize {
        /// 1000 pixels wide: to read.
        Page = "page",
        /// 240 pixels wide: to recognise.
        Thumbnail = "thumbnail",
    }
}

/// How long each part took, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timings {
    /// Text layers, decoding and rendering.
    #[serde(default)]
    pub read: u64,
    /// Recognising letters.
    #[serde(default)]
    pub ocr: u64,
    /// Finding codes.
    #[serde(default)]
    pub codes: u64,
    /// Making previews.
    #[serde(default)]
    pub previews: u64,
    /// From words to findings.
    #[serde(default)]
    pub understand: u64,
}

impl Timings {
    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            read: self.read + other.read,
            ocr: self.ocr + other.ocr,
            codes: self.codes + other.codes,
            previews: self.previews + other.previews,
            understand: self.understand + other.understand,
        }
    }
}
