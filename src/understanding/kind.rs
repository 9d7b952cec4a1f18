//! What sort of document it is, as a small model of our own says it.
//!
//! The model is embedded; `models/kind.md` says what it was trained on and how often it is right.
//! It says nothing rather than guess: below [`FLOOR`] no kind is named.

use std::sync::OnceLock;

use super::features::features;
use super::models::{Error, Model};
use crate::domain::document::{Kind, Reading};
use crate::domain::value::Confidence;

const MODEL: &[u8] = include_bytes!("../../models/kind.onnx");

/// Confidence below which no kind is named.
pub const FLOOR: f32 = 0.3;

/// Fewer words than this say too little.
const WORDS_MIN: usize = 4;

/// The likeliest kind and how sure that is. `None` if nothing fits, the document has next to no
/// words, or no engine runs.
pub fn classify(reading: &Reading) -> Option<(Kind, Confidence)> {
    let words: usize = reading.pages.iter().map(|it| it.words.len()).sum();
    if words < WORDS_MIN {
        return None;
    }
    match shares(reading) {
        Ok(shares) => likeliest(&shares),
        Err(error) => {
            log::warn!(error:debug = error; "the kind of a document stays unknown");
            None
        }
    }
}

fn likeliest(shares: &[f32]) -> Option<(Kind, Confidence)> {
    let pairs = Kind::ALL.iter().copied().zip(shares.iter().copied());
    let (kind, share) = pairs.max_by(|a, b| a.1.total_cmp(&b.1))?;
    (share >= FLOOR).then(|| (kind, Confidence::new(share)))
}

/// The share of each kind, in the order of [`Kind::ALL`]; they add up to 1.
fn shares(reading: &Reading) -> Result<Vec<f32>, Error> {
    static KEPT: OnceLock<Model> = OnceLock::new();
    let model = if let Some(model) = KEPT.get() {
        model
    } else {
        let opened = Model::open(MODEL)?;
        KEPT.get_or_init(|| opened)
    };
    model.run(&features(reading), Kind::ALL.len())
}

/// What `models/train_kind.py` wrote beside the model.
#[cfg(test)]
pub(super) mod fixture {
    use serde::Deserialize;

    use crate::domain::document::{Kind, MediaType, Page, PageSource, Reading, Word};
    use crate::domain::value::Rect;

    #[derive(Deserialize)]
    pub struct Fixture {
        pub words: Vec<(String, Vec<String>)>,
        pub documents: Vec<Document>,
    }

    #[derive(Deserialize)]
    pub struct Document {
        pub kind: Kind,
        pub features: Vec<(usize, f32)>,
        pub shares: Vec<f32>,
        pages: Vec<Sheet>,
    }

    #[derive(Deserialize)]
    struct Sheet {
        width: f32,
        height: f32,
        words: Vec<Printed>,
    }

    #[derive(Deserialize)]
    struct Printed {
        text: String,
        #[serde(rename = "box")]
        at: (f32, f32, f32, f32),
        line: u32,
        block: u32,
    }

    pub fn read() -> Fixture {
        serde_json::from_str(include_str!("../../models/kind_fixture.json")).unwrap()
    }

    pub fn reading(pages: Vec<Page>) -> Reading {
        Reading::of_pages(MediaType::Pdf, pages)
    }

    impl Document {
        pub fn reading(&self) -> Reading {
            let pages = (1..).zip(&self.pages);
            reading(pages.map(|(number, sheet)| sheet.page(number)).collect())
        }
    }

    impl Sheet {
        fn page(&self, number: u32) -> Page {
            let word = |it: &Printed| Word {
                text: it.text.clone(),
                at: Rect {
                    x: it.at.0,
                    y: it.at.1,
                    w: it.at.2,
                    h: it.at.3,
                },
                confidence: 1.0,
                line: it.line,
                block: it.block,
            };
            Page {
                number,
                source: PageSource::TextLayer,
                width: self.width,
                height: self.height,
                words: self.words.iter().map(word).collect(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_says_here_what_it_said_when_it_was_trained() {
        for document in fixture::read().documents {
            let shares = shares(&document.reading()).unwrap();
            for (kind, (got, wanted)) in Kind::ALL.iter().zip(shares.iter().zip(&document.shares)) {
                assert!((got - wanted).abs() < 2e-3, "{kind}: {got} for {wanted}");
            }
        }
    }

    #[test]
    fn plain_documents_are_told() {
        for document in fixture::read().documents {
            let (kind, confidence) = classify(&document.reading()).unwrap();
            assert_eq!(kind, document.kind);
            assert!(confidence.value() > 0.5, "{kind}: {}", confidence.value());
        }
    }

    #[test]
    fn a_document_without_words_has_no_kind() {
        assert_eq!(classify(&fixture::reading(Vec::new())), None);
    }

    #[test]
    fn nothing_is_named_when_nothing_fits() {
        assert_eq!(likeliest(&[0.04; 23]), None);
    }

    #[test]
    fn the_model_stays_small() {
        assert!(MODEL.len() <= 1_000_000, "{} bytes", MODEL.len());
    }
}
