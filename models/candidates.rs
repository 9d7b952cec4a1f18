//! Says what the models see of generated documents, for the scripts that train them.
//!
//! One document a line comes in: `{"pages": [{"width", "height", "words": [{"text", "box": [x, y, w,
//! h], "line", "block"}]}], "received": "2026-11-29"}`. One line goes out for each: `{"amounts":
//! [{"page", "words": [first, last], "values": [[index, value], …]}, …], "days": […]}`.

use std::error::Error;
use std::io::{BufRead as _, BufWriter, Write as _};

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};
use workmate::domain::document::{MediaType, Page, PageSource, Reading, Word};
use workmate::domain::person::Language;
use workmate::domain::value::Rect;
use workmate::understanding::paper::Paper;
use workmate::understanding::scorer::{self, Sight};
use workmate::understanding::{Context, kind};

#[derive(Deserialize)]
struct Document {
    pages: Vec<Sheet>,
    received: Date,
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

impl Sheet {
    fn page(self, number: u32) -> Page {
        let word = |it: Printed| {
            let (x, y, w, h) = it.at;
            Word {
                text: it.text,
                at: Rect { x, y, w, h },
                line: it.line,
                block: it.block,
                confidence: 1.0,
            }
        };
        Page {
            number,
            source: PageSource::Ocr,
            width: self.width,
            height: self.height,
            words: self.words.into_iter().map(word).collect(),
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    workmate::understanding::models::offer(|| ort_tract::api().clone());
    let mut out = BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let document: Document = serde_json::from_str(&line?)?;
        writeln!(out, "{}", seen(document))?;
    }
    out.flush()?;
    Ok(())
}

fn seen(document: Document) -> Value {
    let context = Context {
        received_on: document.received,
        region: "DE".to_owned(),
        language: Language::German,
    };
    let pages = (1..).zip(document.pages);
    let reading = Reading {
        media_type: MediaType::Pdf,
        pages: pages.map(|(number, it)| it.page(number)).collect(),
        codes: Vec::new(),
        children: Vec::new(),
        attachments: Vec::new(),
    };
    let kind = kind::classify(&reading).map(|(kind, _)| kind);
    let paper = Paper::of(&reading, &context);
    let (amounts, days) = scorer::sights(&paper, kind);
    let told = |sights: Vec<Sight>| -> Vec<Value> {
        let one = |it: Sight| json!({"page": it.page, "words": it.words, "values": it.values});
        sights.into_iter().map(one).collect()
    };
    json!({"amounts": told(amounts), "days": told(days)})
}
