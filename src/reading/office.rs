//! Office documents: what they say, as the lines of a text. Paragraphs are lines, a table's rows are
//! lines whose cells stand apart, sheets and slides begin a page.
//!
//! They are zip archives of XML. Both are taken apart with limits ([`archive`]) and without believing
//! in anything: no macro, no formula and no link is followed.

pub mod archive;
mod lines;
mod numbers;
mod open_document;
mod sheets;
mod slides;
mod word;

use self::archive::Archive;
use super::failure::Failure;
use super::parts::{PICTURE_BYTES_MIN, Part};
use super::sniff;
use crate::domain::document::MediaType;

/// A document with fewer words than this says it with its pictures.
const WORDS_MIN: usize = 20;
/// Pictures of one document that are read.
const PICTURES_MAX: usize = 20;

/// What an Office document says.
pub struct Office {
    /// Its words, pages apart by a form feed.
    pub text: String,
    /// Pictures that say it instead: scans that somebody put into a document.
    pub parts: Vec<Part>,
}

/// Takes an Office document apart.
pub fn open(bytes: &[u8], media_type: MediaType) -> Result<Office, Failure> {
    let mut archive = Archive::open(bytes)?;
    let text = match media_type {
        MediaType::Docx => word::text(&mut archive)?,
        MediaType::Xlsx => sheets::text(&mut archive)?,
        MediaType::Pptx => slides::text(&mut archive)?,
        MediaType::Odt | MediaType::Ods | MediaType::Odp => open_document::text(&mut archive)?,
        MediaType::Pdf
        | MediaType::Jpeg
        | MediaType::Png
        | MediaType::Tiff
        | MediaType::WebP
        | MediaType::Gif
        | MediaType::Bmp
        | MediaType::Heic
        | MediaType::Text
        | MediaType::Mail
        | MediaType::Xml
        | MediaType::Html
        | MediaType::Rtf => return Err(Failure::damaged("it is no Office document")),
    };
    let says_little = text.split_whitespace().take(WORDS_MIN).count() < WORDS_MIN;
    let parts = if says_little {
        pictures(&mut archive)?
    } else {
        Vec::new()
    };
    Ok(Office { text, parts })
}

fn pictures(archive: &mut Archive<'_>) -> Result<Vec<Part>, Failure> {
    let names = archive.names(|name| {
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        ["word/media", "ppt/media", "xl/media", "Pictures", "media"].contains(&folder)
    });
    let mut found = Vec::new();
    for name in names.into_iter().take(PICTURES_MAX) {
        let Some(bytes) = archive.part(&name)? else {
            continue;
        };
        let media_type = sniff::sniff(&bytes);
        let is_picture = matches!(
            media_type,
            Some(MediaType::Jpeg | MediaType::Png | MediaType::Tiff | MediaType::WebP)
        );
        if is_picture && bytes.len() >= PICTURE_BYTES_MIN {
            found.push(Part {
                name,
                media_type,
                is_paper: true,
                trouble: None,
                bytes,
            });
        }
    }
    Ok(found)
}
