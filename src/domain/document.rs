//! A document: one thing received, how it came, how far it has come, and the words on its pages.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::{DocumentId, PersonId};
use super::part::PageRange;
use super::policy::Class;
use super::value::Rect;

/// The text names none of the known ones.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is none of: {known}")]
pub struct Unknown {
    /// What was given.
    pub text: String,
    /// What could have been given.
    pub known: String,
}

/// An enum whose variants have one name each, the same in the store, the API and the code.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $text)] $variant),+
        }

        impl $name {
            /// Every one, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name in the store and in the API.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::domain::document::Unknown;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|it| it.as_str() == text).ok_or_else(|| {
                    let known: Vec<_> = Self::ALL.iter().map(|it| it.as_str()).collect();
                    $crate::domain::document::Unknown {
                        text: text.to_owned(),
                        known: known.join(", "),
                    }
                })
            }
        }
    };
}
pub(crate) use named;

named! {
    /// What sort of document it is.
    Kind {
        /// Asks for money for goods or services.
        Invoice = "invoice",
        /// Asks again.
        PaymentReminder = "payment_reminder",
        /// Gives money back or takes an invoice back.
        CreditNote = "credit_note",
        /// Proof of something paid.
        Receipt = "receipt",
        /// An offer with a price.
        Quote = "quote",
        /// Confirms what was ordered.
        Order = "order",
        /// What came in the parcel.
        Delivery = "delivery",
        /// An agreement with a term.
        Contract = "contract",
        /// Ends an agreement, or confirms its end.
        Cancellation = "cancellation",
        /// A policy, its premium or a claim.
        Insurance = "insurance",
        /// An authority decides or asks.
        OfficialNotice = "official_notice",
        /// An authority punishes.
        Fine = "fine",
        /// A tax office decides or asks.
        Tax = "tax",
        /// What moved on an account.
        BankStatement = "bank_statement",
        /// What was earned.
        Payslip = "payslip",
        /// Findings, prescriptions, medical information.
        Medical = "medical",
        /// A day and hour to be somewhere.
        Appointment = "appointment",
        /// Something waits to be picked up or is on its way.
        Parcel = "parcel",
        /// Come and celebrate, or attend.
        Invitation = "invitation",
        /// Somebody vouches for a thing.
        Warranty = "warranty",
        /// Somebody vouches for a person.
        Certificate = "certificate",
        /// Anything else that is written to somebody.
        Letter = "letter",
        /// Wants to sell.
        Advertisement = "advertisement",
    }
}

named! {
    /// Where the words of a page come from.
    PageSource {
        /// The PDF carried them.
        TextLayer = "text_layer",
        /// They were recognised on a picture.
        Ocr = "ocr",
        /// The file is text.
        Text = "text",
    }
}

named! {
    /// When searchable PDFs are made of documents.
    Archiving {
        /// When somebody asks for one.
        OnRequest = "on_request",
        /// Of every document, after it was read.
        Always = "always",
    }
}

named! {
    /// How a document came.
    OriginKind {
        /// Through the browser, the API or the broker.
        Upload = "upload",
        /// Through the watched folder.
        Folder = "folder",
        /// Through `workmate add`.
        Command = "command",
        /// Attached to a mail.
        MailPart = "mail_part",
        /// Out of a stack of scans.
        Stack = "stack",
    }
}

/// How a document came, and from where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// By which way.
    pub kind: OriginKind,
    /// The file's name as it came; never used as a path.
    pub file_name: String,
}

/// Who may see a document, a task or a party.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Everybody of the household.
    #[default]
    Household,
    /// These alone.
    Persons(Vec<PersonId>),
}

impl Visibility {
    /// Whether `person` may see it.
    pub fn allows(&self, person: PersonId) -> bool {
        match self {
            Self::Household => true,
            Self::Persons(persons) => persons.contains(&person),
        }
    }
}

/// How far a document has come. Each stage holds exactly what is known by then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum Stage {
    /// Kept, not yet read.
    Received,
    /// Its words are known.
    Read {
        /// How many pages it has.
        pages: NonZeroU32,
    },
    /// Its findings and obligations are known.
    Understood {
        /// How many pages it has.
        pages: NonZeroU32,
    },
    /// It cannot go on without a person.
    Stuck {
        /// Where it stopped.
        at: StuckAt,
        /// Why, in words a person understands.
        reason: String,
    },
}

impl Stage {
    /// The name in the store and in the API.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Read { .. } => "read",
            Self::Understood { .. } => "understood",
            Self::Stuck { .. } => "stuck",
        }
    }

    /// How many pages it has, once that is known.
    pub const fn pages(&self) -> Option<NonZeroU32> {
        match self {
            Self::Read { pages } | Self::Understood { pages } => Some(*pages),
            Self::Received | Self::Stuck { .. } => None,
        }
    }
}

named! {
    /// The stage that a stuck document did not reach.
    StuckAt {
        /// Its words could not be read.
        Reading = "reading",
        /// Its words could not be understood.
        Understanding = "understanding",
    }
}

/// The document is not at the stage from which this would follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("document {document} is not at the stage for that")]
pub struct WrongStage {
    /// Which one.
    pub document: DocumentId,
}

/// One thing received. Its bytes are never altered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Its id.
    pub id: DocumentId,
    /// SHA-256 of its bytes.
    pub sha256: Sha256Hash,
    /// What a person calls it; the file's name until it is understood.
    pub title: String,
    /// What its first bytes say it is.
    pub media_type: MediaType,
    /// Size of the original in bytes.
    pub size: u64,
    /// How it came.
    pub origin: Origin,
    /// How far it has come.
    pub stage: Stage,
    /// When it was accepted.
    pub received_at: Timestamp,
    /// Since when it lies in the trash, from which it is erased after 30 days.
    pub deleted_at: Option<Timestamp>,
    /// Who may see it.
    pub visible_to: Visibility,
    /// How carefully its content is kept.
    pub class: Class,
    /// Counts its changes; what `If-Match` is compared with.
    pub version: u64,
    /// The document that it came with and goes with.
    #[serde(default)]
    pub parent: Option<DocumentId>,
    /// Its pages, if it is a part of a stack and shares the stack's file.
    #[serde(default)]
    pub pages: Option<PageRange>,
    /// The archive serial number on its label.
    #[serde(default)]
    pub asn: Option<u32>,
}

impl Document {
    /// Its words are known now.
    pub fn read(self, pages: NonZeroU32) -> Result<Self, WrongStage> {
        match self.stage {
            Stage::Received => Ok(Self {
                stage: Stage::Read { pages },
                ..self
            }),
            Stage::Read { .. } | Stage::Understood { .. } | Stage::Stuck { .. } => {
                Err(WrongStage { document: self.id })
            }
        }
    }

    /// Its findings are known now, or others than before.
    pub fn understood(self) -> Result<Self, WrongStage> {
        match self.stage {
            Stage::Read { pages } | Stage::Understood { pages } => Ok(Self {
                stage: Stage::Understood { pages },
                ..self
            }),
            Stage::Received | Stage::Stuck { .. } => Err(WrongStage { document: self.id }),
        }
    }
}

/// SHA-256 of a document's bytes; 64 hexadecimal digits as text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256Hash(pub [u8; 32]);

impl fmt::Display for Sha256Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// The text is not 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a SHA-256 has 64 hexadecimal digits")]
pub struct NotAHash;

impl FromStr for Sha256Hash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        if text.len() != 64 || !text.is_ascii() {
            return Err(NotAHash);
        }
        let mut hash = [0; 32];
        for (byte, pair) in hash.iter_mut().zip(text.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| NotAHash)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| NotAHash)?;
        }
        Ok(Self(hash))
    }
}

impl TryFrom<String> for Sha256Hash {
    type Error = NotAHash;

    fn try_from(text: String) -> Result<Self, NotAHash> {
        text.parse()
    }
}

impl From<Sha256Hash> for String {
    fn from(hash: Sha256Hash) -> Self {
        hash.to_string()
    }
}

named! {
    /// What a file is, told from its first bytes (never from its name alone).
    MediaType {
        /// PDF.
        Pdf = "application/pdf",
        /// JPEG.
        Jpeg = "image/jpeg",
        /// PNG.
        Png = "image/png",
        /// TIFF, also with several pages.
        Tiff = "image/tiff",
        /// WebP.
        WebP = "image/webp",
        /// GIF; its first picture.
        Gif = "image/gif",
        /// BMP.
        Bmp = "image/bmp",
        /// HEIC, the photos of many phones.
        Heic = "image/heic",
        /// UTF-8 or Latin-1 text.
        Text = "text/plain",
        /// A mail (RFC 5322).
        Mail = "message/rfc822",
        /// XML, such as an e-invoice.
        Xml = "application/xml",
        /// A page of the web.
        Html = "text/html",
        /// Rich text.
        Rtf = "application/rtf",
        /// A Word document.
        Docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        /// An Excel table.
        Xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        /// A PowerPoint presentation.
        Pptx = "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        /// An OpenDocument text.
        Odt = "application/vnd.oasis.opendocument.text",
        /// An OpenDocument table.
        Ods = "application/vnd.oasis.opendocument.spreadsheet",
        /// An OpenDocument presentation.
        Odp = "application/vnd.oasis.opendocument.presentation",
    }
}

impl MediaType {
    /// Whether its pages look like something, so that an archive copy can be made of them.
    pub const fn has_pages_to_show(self) -> bool {
        match self {
            Self::Pdf
            | Self::Jpeg
            | Self::Png
            | Self::Tiff
            | Self::WebP
            | Self::Gif
            | Self::Bmp
            | Self::Heic => true,
            Self::Text
            | Self::Mail
            | Self::Xml
            | Self::Html
            | Self::Rtf
            | Self::Docx
            | Self::Xlsx
            | Self::Pptx
            | Self::Odt
            | Self::Ods
            | Self::Odp => false,
        }
    }
}

/// One word on a page, in reading order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// Its letters.
    pub text: String,
    /// Where it stands.
    #[serde(rename = "box")]
    pub at: Rect,
    /// How sure the reader is of its letters, from 0 to 1; 1 for a text layer.
    pub confidence: f32,
    /// Number of its line on the page, from 0; words of a table row share one only if the reader
    /// saw one line.
    pub line: u32,
    /// Number of its block (paragraph, column, cell group) on the page, from 0.
    pub block: u32,
}

/// One sheet with its words in reading order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// From 1.
    pub number: u32,
    /// Where the words come from.
    pub source: PageSource,
    /// Width in points (1/72 inch); of a picture without resolution as if it were A4 wide.
    pub width: f32,
    /// Height in points.
    pub height: f32,
    /// Its words; boxes in thousandths of the page's width.
    pub words: Vec<Word>,
}

impl Page {
    /// Mean of the words' confidences, from 0 to 1; 0 for an empty page.
    pub fn mean_confidence(&self) -> f32 {
        let mut sum = 0.0;
        let mut count: f32 = 0.0;
        for word in &self.words {
            sum += word.confidence;
            count += 1.0;
        }
        if count > 0.0 { sum / count } else { 0.0 }
    }

    /// The words, one line of text for each line on the page.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut last: Option<&Word> = None;
        for word in &self.words {
            match last {
                Some(before) if before.line != word.line => text.push('\n'),
                Some(_) => text.push(' '),
                None => {}
            }
            text.push_str(&word.text);
            last = Some(word);
        }
        text
    }
}

/// A machine-readable code on a page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Code {
    /// What it is: `qr`, …
    pub symbology: String,
    /// What it says.
    pub text: String,
    /// On which page, from 1.
    pub page: u32,
    /// Where it stands.
    #[serde(rename = "box")]
    pub at: Rect,
}

/// A file inside a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its name as stated inside; never used as a path. Empty for the file itself.
    pub name: String,
    /// What its name says it is.
    pub media_type: String,
    /// Its text, for XML alone.
    pub text: Option<String>,
    /// Why it could not be read, for one that people would miss.
    #[serde(default)]
    pub trouble: Option<String>,
}

/// What the reader saw in one file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// What the first bytes say it is.
    pub media_type: MediaType,
    /// The sheets, in their order.
    pub pages: Vec<Page>,
    /// The codes on them.
    pub codes: Vec<Code>,
    /// Names of the parts whose words are among the pages (attachments of a mail).
    pub children: Vec<String>,
    /// Files inside it, such as the data of an e-invoice.
    #[serde(default)]
    pub attachments: Vec<Attachment>,
}

impl Reading {
    /// Pages and nothing besides.
    pub const fn of_pages(media_type: MediaType, pages: Vec<Page>) -> Self {
        Self {
            media_type,
            pages,
            codes: Vec::new(),
            children: Vec::new(),
            attachments: Vec::new(),
        }
    }

    /// The words of all pages, pages apart by a form feed.
    pub fn text(&self) -> String {
        let pages: Vec<String> = self.pages.iter().map(Page::text).collect();
        pages.join("\n\u{c}\n")
    }

    /// The same with at most so many of its pages.
    #[must_use]
    pub fn beginning(&self, pages: usize) -> Self {
        Self {
            media_type: self.media_type,
            pages: self.pages.iter().take(pages).cloned().collect(),
            codes: self.codes.clone(),
            children: self.children.clone(),
            attachments: self.attachments.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_survives_its_name() {
        for kind in Kind::ALL {
            assert_eq!(kind.as_str().parse::<Kind>().as_ref(), Ok(kind));
        }
        assert!("bill".parse::<Kind>().is_err());
    }

    #[test]
    fn a_hash_survives_its_text() {
        let hash = Sha256Hash([0xab; 32]);
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert_eq!("ab".parse::<Sha256Hash>(), Err(NotAHash));
        assert_eq!("é".repeat(32).parse::<Sha256Hash>(), Err(NotAHash));
    }
}
