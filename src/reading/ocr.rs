//! Letters on pictures, by Tesseract.
//!
//! The engine gets raw grey pixels, never a file. An engine takes a third of a second and 70 MB to
//! start, so engines are kept warm between pages and documents; each works on one page, or half of
//! one, at a time.
//! `OMP_THREAD_LIMIT=1` must stand in the process's environment before it starts: with it, pages
//! side by side are fast, without it threads of one page fight each other.

#[cfg(feature = "ocr")]
mod days;
#[cfg(feature = "ocr")]
mod engine;
pub mod language;
pub mod seats;

#[cfg(feature = "ocr")]
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

#[cfg(feature = "ocr")]
use ::image::imageops;
#[cfg(feature = "ocr")]
use tesseract_rs::TesseractError;

use self::engine::Engine;
#[cfg(feature = "ocr")]
use self::engine::Piece;
use self::seats::Seats;
use super::failure::Failure;
use super::image::Picture;
#[cfg(feature = "ocr")]
use super::prepare::{cut, layout::Layout, soft::softened};
use crate::domain::document::Word;

/// Where Debian, Raspberry Pi OS and others keep Tesseract's languages.
pub const USUAL_DATA_DIRECTORIES: &[&str] = &[
    "/usr/share/tesseract-ocr/5/tessdata",
    "/usr/share/tesseract-ocr/5.0/tessdata",
    "/usr/share/tesseract-ocr/4.00/tessdata",
    "/usr/share/tessdata",
    "/usr/local/share/tessdata",
];

/// Warm engines, and where their languages are.
pub struct Engines {
    #[cfg_attr(
        not(feature = "ocr"),
        expect(dead_code, reason = "nothing is read without OCR")
    )]
    data: Option<PathBuf>,
    #[cfg_attr(
        not(feature = "ocr"),
        expect(dead_code, reason = "nothing is kept without OCR")
    )]
    idle: Mutex<Vec<Engine>>,
}

impl Engines {
    /// None yet. `data` is Tesseract's data directory; the usual ones are searched without it.
    pub fn new(data: Option<&Path>) -> Self {
        Self {
            data: data_directory(data),
            idle: Mutex::new(Vec::new()),
        }
    }
}

/// The directory that holds languages.
pub fn data_directory(stated: Option<&Path>) -> Option<PathBuf> {
    let usual = USUAL_DATA_DIRECTORIES.iter().map(Path::new);
    // TESSDATA_PREFIX may name the directory or its parent.
    let stated = stated
        .into_iter()
        .flat_map(|it| [it.to_path_buf(), it.join("tessdata")]);
    stated
        .chain(usual.map(Path::to_path_buf))
        .find(|it| holds_languages(it))
}

fn holds_languages(directory: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return false;
    };
    entries
        .flatten()
        .any(|it| it.path().extension().is_some_and(|it| it == "traineddata"))
}

/// Those of the languages that are installed, joined as Tesseract wants them; an error that names
/// what to install if none is.
pub fn installed(data: Option<&Path>, languages: &[String]) -> Result<String, Failure> {
    let is_name = |it: &&String| {
        !it.is_empty() && it.chars().all(|it| it.is_ascii_alphanumeric() || it == '_')
    };
    let file = |it: &String| data.map(|data| data.join(format!("{it}.traineddata")));
    let found: Vec<&str> = languages
        .iter()
        .filter(is_name)
        .filter(|it| file(it).is_some_and(|it| it.is_file()))
        .map(String::as_str)
        .collect();
    if found.is_empty() {
        let first = languages.first().map_or("eng", String::as_str);
        return Err(Failure::OcrLanguagesMissing {
            languages: languages.join(" or "),
            package: format!(
                "tesseract-ocr-{}",
                first.to_ascii_lowercase().replace('_', "-")
            ),
        });
    }
    Ok(found.join("+"))
}

#[cfg(not(feature = "ocr"))]
mod engine {
    /// There is none.
    pub struct Engine;
}

/// What was read on a page.
#[derive(Clone, Debug, Default)]
pub struct Recognised {
    /// The words, in reading order; boxes in thousandths of the page's width.
    pub words: Vec<Word>,
    /// Whether the page stood on its head; the boxes are those of the page turned by half.
    pub was_on_head: bool,
}

#[cfg(not(feature = "ocr"))]
impl Engines {
    /// Always fails: this build has no engine.
    pub fn recognise(
        &self,
        _: u32,
        _: &Picture,
        _: &[String],
        _: &Seats,
    ) -> Result<Recognised, Failure> {
        Err(Failure::OcrLeftOut)
    }

    /// Nothing: this build has no engine.
    pub const fn dated(
        &self,
        _: u32,
        _: &Picture,
        _: &[String],
        first: Recognised,
    ) -> Result<Recognised, Failure> {
        Ok(first)
    }

    /// All of them: this build has no engine.
    pub fn known(&self, languages: &[String]) -> Vec<String> {
        languages.to_vec()
    }
}

#[cfg(feature = "ocr")]
impl Engines {
    /// Those of the languages that are installed; all of them if none is.
    pub fn known(&self, languages: &[String]) -> Vec<String> {
        match installed(self.data.as_deref(), languages) {
            Ok(found) => found.split('+').map(ToOwned::to_owned).collect(),
            Err(_) => languages.to_vec(),
        }
    }

    /// The words on a picture of a page, in reading order. A page that can be cut in two is;
    /// where a seat is free, its halves are read side by side.
    pub fn recognise(
        &self,
        page: u32,
        picture: &Picture,
        languages: &[String],
        seats: &Seats,
    ) -> Result<Recognised, Failure> {
        let languages = installed(self.data.as_deref(), languages)?;
        let failed = |_| Failure::OcrFailed { page };
        if let Some([upper, lower]) = halves(picture) {
            let upper_words = || self.with_engine(&languages, |it| it.words(&upper));
            let lower_words = || self.with_engine(&languages, |it| it.words(&lower));
            let seat = seats.take();
            let (first, second) = if seat.is_none() {
                (upper_words(), lower_words())
            } else {
                std::thread::scope(|scope| {
                    let beside = scope.spawn(lower_words);
                    let first = upper_words();
                    let second = beside.join();
                    (first, second.unwrap_or(Err(TesseractError::OcrError)))
                })
            };
            drop(seat);
            let mut words = first.map_err(failed)?;
            append_below(&mut words, second.map_err(failed)?);
            return Ok(Recognised {
                words,
                was_on_head: false,
            });
        }
        self.with_engine(&languages, |engine| {
            let words =
                engine.words(&Piece::of(picture, Cow::Borrowed(picture.grey.as_raw()), 0))?;
            if picture.look.is_upright || !looks_upside_down(&words) {
                return Ok(Recognised {
                    words,
                    was_on_head: false,
                });
            }
            let on_head = imageops::rotate180(&picture.grey);
            let turned = engine.words(&Piece::of(picture, Cow::Owned(on_head.into_raw()), 0))?;
            let was_on_head = certainty(&turned) > certainty(&words);
            let words = if was_on_head { turned } else { words };
            Ok(Recognised { words, was_on_head })
        })
        .map_err(failed)
    }

    /// What was read first, or, on a till's slip of which it names no day, what a second look reads:
    /// softened, the dots of its print run into lines. A second look that names none either, or loses
    /// much of what was read, is no better.
    pub fn dated(
        &self,
        page: u32,
        picture: &Picture,
        languages: &[String],
        first: Recognised,
    ) -> Result<Recognised, Failure> {
        let is_slip = picture.look.layout == Layout::Roll && first.words.len() >= WORDS_MIN;
        if !is_slip || days::are_named(&first.words) {
            return Ok(first);
        }
        let languages = installed(self.data.as_deref(), languages)?;
        let soft = softened(&picture.grey);
        let soft = if first.was_on_head {
            imageops::rotate180(&soft)
        } else {
            soft
        };
        let piece = Piece::of(picture, Cow::Owned(soft.into_raw()), 0);
        let words = self
            .with_engine(&languages, |it| it.words(&piece))
            .map_err(|_| Failure::OcrFailed { page })?;
        let is_better =
            days::are_named(&words) && certainty(&words) >= KEPT_MIN * certainty(&first.words);
        Ok(if is_better {
            Recognised { words, ..first }
        } else {
            first
        })
    }

    /// Has an engine work: a warm one, or one that is warm from then on.
    fn with_engine<T>(
        &self,
        languages: &str,
        work: impl FnOnce(&Engine) -> Result<T, TesseractError>,
    ) -> Result<T, TesseractError> {
        let warm = self.idle.lock().ok().and_then(|mut idle| {
            let at = idle.iter().position(|it| it.languages == languages)?;
            Some(idle.swap_remove(at))
        });
        let engine = match warm {
            Some(engine) => engine,
            None => Engine::start(self.data.as_deref().unwrap_or(Path::new("")), languages)?,
        };
        let done = work(&engine)?;
        if let Ok(mut idle) = self.idle.lock() {
            idle.push(engine);
        }
        Ok(done)
    }
}

/// With fewer words a strip is no slip that could carry a day.
#[cfg(feature = "ocr")]
const WORDS_MIN: usize = 20;
/// Share of what was read first that a second look must read as well.
#[cfg(feature = "ocr")]
const KEPT_MIN: f32 = 0.8;

/// The two halves of a page, where it can be cut; one that may stand on its head is looked at whole.
#[cfg(feature = "ocr")]
fn halves(picture: &Picture) -> Option<[Piece<'_>; 2]> {
    let look = picture.look;
    if !look.is_upright || look.layout != Layout::Page {
        return None;
    }
    let halves = cut::halves(&picture.grey, picture.dpi, look.slope)?;
    Some([
        Piece::of(picture, halves.upper, 0),
        Piece::of(picture, halves.lower, halves.above),
    ])
}

/// Puts the words of the lower half behind those of the upper one.
#[cfg(feature = "ocr")]
fn append_below(words: &mut Vec<Word>, below: Vec<Word>) {
    let (lines, blocks) = words
        .last()
        .map_or((0, 0), |it| (it.line + 1, it.block + 1));
    words.extend(below.into_iter().map(|it| Word {
        line: it.line + lines,
        block: it.block + blocks,
        ..it
    }));
}

/// Letters upside down are still taken for letters, but with little confidence.
#[cfg(feature = "ocr")]
fn looks_upside_down(words: &[Word]) -> bool {
    let count = u16::try_from(words.len()).map_or(f32::from(u16::MAX), f32::from);
    let sum: f32 = words.iter().map(|it| it.confidence).sum();
    words.len() >= 4 && sum / count < 0.68
}

/// How much was read how well.
#[cfg(feature = "ocr")]
fn certainty(words: &[Word]) -> f32 {
    let letters = |it: &Word| it.text.chars().filter(|it| it.is_alphanumeric()).count();
    let weigh =
        |it: &Word| u16::try_from(letters(it)).map_or(0.0, f32::from) * it.confidence.powi(2);
    words.iter().map(weigh).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_language_names_its_package() {
        let languages = ["xyz".to_owned(), "../etc".to_owned()];
        let error = installed(Some(Path::new("/nowhere")), &languages).unwrap_err();
        assert_eq!(error.code(), "ocr_languages_missing");
        assert!(error.to_string().contains("tesseract-ocr-xyz"), "{error}");
    }
}
