//! Letters on pictures, by Tesseract.
//!
//! The engine gets raw grey pixels, never a file. An engine takes a third of a second and 70 MB to
//! start, so engines are kept warm between pages and documents; each works on one page at a time.
//! `OMP_THREAD_LIMIT=1` must stand in the process's environment before it starts: with it, pages
//! side by side are fast, without it threads of one page fight each other.

pub mod language;

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::failure::Failure;
use super::image::Picture;
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
    idle: Mutex<Vec<engine::Engine>>,
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
    pub fn recognise(&self, _: u32, _: &Picture, _: &[String]) -> Result<Recognised, Failure> {
        Err(Failure::OcrLeftOut)
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

    /// The words on a picture of a page, in reading order.
    pub fn recognise(
        &self,
        page: u32,
        picture: &Picture,
        languages: &[String],
    ) -> Result<Recognised, Failure> {
        let data = self.data.as_deref();
        let languages = installed(data, languages)?;
        let warm = self.idle.lock().ok().and_then(|mut idle| {
            let at = idle.iter().position(|it| it.languages == languages)?;
            Some(idle.swap_remove(at))
        });
        let failed = || Failure::OcrFailed { page };
        let engine = match warm {
            Some(engine) => engine,
            None => engine::Engine::start(data.unwrap_or(Path::new("")), &languages)
                .map_err(|_| failed())?,
        };
        let mut words = engine.words(picture).map_err(|_| failed())?;
        let mut was_on_head = false;
        if !picture.look.is_upright && looks_upside_down(&words) {
            let turned = engine.words_upside_down(picture).map_err(|_| failed())?;
            if certainty(&turned) > certainty(&words) {
                words = turned;
                was_on_head = true;
            }
        }
        if let Ok(mut idle) = self.idle.lock() {
            idle.push(engine);
        }
        Ok(Recognised { words, was_on_head })
    }
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

#[cfg(feature = "ocr")]
mod engine {
    use image::{GrayImage, imageops};
    use tesseract_rs::TesseractError;
    use tesseract_rs::{ResultIterator, TessPageIteratorLevel, TessPageSegMode, TesseractAPI};

    use super::{Path, Picture, Word};
    use crate::domain::value::Rect;
    use crate::reading::prepare::layout::Layout;

    /// The neural engine alone; Debian's languages hold no other.
    const LSTM_ONLY: i32 = 1;
    /// Below this confidence a word is more likely dirt than letters.
    const CONFIDENCE_MIN: f32 = 0.05;

    pub struct Engine {
        api: TesseractAPI,
        pub languages: String,
    }

    impl Engine {
        pub fn start(data: &Path, languages: &str) -> Result<Self, TesseractError> {
            let api = TesseractAPI::new();
            let data = data.to_str().ok_or(TesseractError::InitError)?;
            api.init_2(data, languages, LSTM_ONLY)?;
            // Its messages would otherwise go to the log, one a page.
            api.set_variable("debug_file", "/dev/null")?;
            Ok(Self {
                api,
                languages: languages.to_owned(),
            })
        }

        /// The words on the picture, boxes in thousandths of its width.
        pub fn words(&self, picture: &Picture) -> Result<Vec<Word>, TesseractError> {
            self.words_on(&picture.grey, picture)
        }

        /// The words on the picture turned by half, boxes as on the turned one.
        pub fn words_upside_down(&self, picture: &Picture) -> Result<Vec<Word>, TesseractError> {
            self.words_on(&imageops::rotate180(&picture.grey), picture)
        }

        fn words_on(
            &self,
            grey: &GrayImage,
            picture: &Picture,
        ) -> Result<Vec<Word>, TesseractError> {
            let (width, height) = (from(grey.width())?, from(grey.height())?);
            self.api
                .set_page_seg_mode(segmentation(picture.look.layout))?;
            self.api
                .set_variable("user_defined_dpi", &picture.dpi.to_string())?;
            // Lines that are hard to read are otherwise read once more with black and white changed
            // over, a tenth of the time; on a page that finds letters only where something is dark.
            // The faint print of a roll is sometimes read better so.
            let look = picture.look;
            let invert = look.has_dark || look.layout == Layout::Roll;
            let invert = if invert { "1" } else { "0" };
            self.api.set_variable("tessedit_do_invert", invert)?;
            self.api.set_image(grey.as_raw(), width, height, 1, width)?;
            if self.api.recognize().is_err() {
                // No layout was found: dirt, a photo, a few letters. Those few may be a line.
                self.api
                    .set_page_seg_mode(TessPageSegMode::PSM_SINGLE_BLOCK)?;
                if self.api.recognize().is_err() {
                    self.api.clear()?;
                    return Ok(Vec::new());
                }
            }
            let words = match self.api.get_iterator() {
                // An empty page has no iterator.
                Err(TesseractError::NullPointerError) => Ok(Vec::new()),
                Err(error) => Err(error),
                Ok(iterator) => collected(&iterator, grey.width()),
            };
            self.api.clear()?;
            // What it adapted to on this page says nothing about the next.
            self.api.clear_adaptive_classifier()?;
            words
        }
    }

    fn from(pixels: u32) -> Result<i32, TesseractError> {
        i32::try_from(pixels).map_err(|_| TesseractError::InvalidDimensions)
    }

    /// A till roll is one block: taken as a page, the column of its prices is often lost. Anything
    /// else is looked at as a page.
    fn segmentation(layout: Layout) -> TessPageSegMode {
        match layout {
            Layout::Roll => TessPageSegMode::PSM_SINGLE_BLOCK,
            Layout::Page => TessPageSegMode::PSM_AUTO,
        }
    }

    fn collected(iterator: &ResultIterator, width: u32) -> Result<Vec<Word>, TesseractError> {
        let mut words: Vec<Word> = Vec::new();
        let mut last_line = None;
        let mut last_block = None;
        let (mut line, mut block) = (0, 0);
        loop {
            let at = |level| iterator.get_bounding_box(level);
            let Ok(line_here) = at(TessPageIteratorLevel::RIL_TEXTLINE) else {
                // The iterator of a blank page points at no word.
                return Ok(words);
            };
            let block_here = at(TessPageIteratorLevel::RIL_PARA)?;
            let is_first = last_line.is_none();
            line += u32::from(!is_first && last_line != Some(line_here));
            block += u32::from(!is_first && last_block != Some(block_here));
            (last_line, last_block) = (Some(line_here), Some(block_here));
            let text = iterator
                .get_utf8_text(TessPageIteratorLevel::RIL_WORD)
                .unwrap_or_default();
            let confidence = iterator.confidence(TessPageIteratorLevel::RIL_WORD)? / 100.0;
            let text = text.trim();
            if !text.is_empty() && confidence >= CONFIDENCE_MIN {
                words.push(Word {
                    text: text.to_owned(),
                    at: thousandths(at(TessPageIteratorLevel::RIL_WORD)?, width),
                    confidence: confidence.clamp(0.0, 1.0),
                    line,
                    block,
                });
            }
            if !iterator.next(TessPageIteratorLevel::RIL_WORD)? {
                return Ok(words);
            }
        }
    }

    fn thousandths((left, top, right, bottom): (i32, i32, i32, i32), width: u32) -> Rect {
        #[expect(
            clippy::cast_precision_loss,
            clippy::as_conversions,
            reason = "pixels of a page"
        )]
        let scaled = |it: i32| it.max(0) as f32 * 1000.0 / width.max(1) as f32;
        let (x, y) = (scaled(left), scaled(top));
        Rect {
            x,
            y,
            w: scaled(right) - x,
            h: scaled(bottom) - y,
        }
    }
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
