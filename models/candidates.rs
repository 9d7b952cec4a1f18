//! Says what the models see of generated documents, for the scripts that train them.
//!
//! One document a line comes in: `{"pages": [Page, …], "received": "2026-11-29"}`, pages as
//! [`Page`] writes itself. One line goes out for each: `{"amounts": [{"page", "words": [first, last],
//! "values": [[index, value], …]}, …], "days": […]}`.

use std::error::Error;
use std::io::{BufRead as _, BufWriter, Write as _};

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};
use workmate::domain::document::{MediaType, Page, Reading};
use workmate::domain::person::Language;
use workmate::understanding::paper::Paper;
use workmate::understanding::scorer::{self, Sight};
use workmate::understanding::{Context, kind};

#[derive(Deserialize)]
struct Document {
    pages: Vec<Page>,
    received: Date,
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
        counsel: workmate::domain::counsel::Counsel::None,
    };
    let reading = Reading::of_pages(MediaType::Pdf, document.pages);
    let kind = kind::classify(&reading).map(|(kind, _)| kind);
    let paper = Paper::of(&reading, &context);
    let (amounts, days) = scorer::sights(&paper, kind);
    let told = |sights: Vec<Sight>| -> Vec<Value> {
        let one = |it: Sight| json!({"page": it.page, "words": it.words, "values": it.values});
        sights.into_iter().map(one).collect()
    };
    json!({"amounts": told(amounts), "days": told(days)})
}
