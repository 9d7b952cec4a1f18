//! What a document is inside of and what is inside it, as its page shows it.

use super::frame::Locale;
use super::words;
use crate::domain::document::{Document, Stage};
use crate::domain::part::PageRange;
use crate::store::{Error, ReadTx, documents, parts};

/// A document to go to.
pub struct Relative {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// Its pages in the stack, and how far it has come where that is worth a word.
    pub about: String,
}

/// The documents around one.
pub struct Family {
    /// What it came with.
    pub parent: Option<Relative>,
    /// `Seiten 3–5`, for a letter of a stack.
    pub pages: Option<String>,
    /// What is inside it.
    pub children: Vec<Relative>,
    /// How many go to the trash with it.
    pub going: usize,
    /// `ASN 123`.
    pub asn: Option<String>,
    /// Others with the same number, which should be one document's alone.
    pub same_asn: Vec<Relative>,
}

/// Looks around a document, as far as the viewer may see.
pub fn family(tx: &ReadTx<'_>, locale: &Locale, document: &Document) -> Result<Family, Error> {
    let parent = match document.parent.map(|it| documents::by_id(tx, it)) {
        Some(Ok(parent)) => Some(relative(locale, &parent)),
        None | Some(Err(Error::Missing { .. })) => None,
        Some(Err(error)) => return Err(error),
    };
    let children = parts::of(tx, document)?;
    let same_asn = parts::with_same_asn(tx, document)?;
    let all = |documents: &[Document]| documents.iter().map(|it| relative(locale, it)).collect();
    Ok(Family {
        parent,
        pages: document.pages.map(|it| pages(locale, it)),
        children: all(&children),
        going: parts::going_with(tx, document.id)?.len(),
        asn: document.asn.map(|it| format!("ASN {it}")),
        same_asn: all(&same_asn),
    })
}

fn relative(locale: &Locale, document: &Document) -> Relative {
    let stage = match document.stage {
        Stage::Understood { .. } => None,
        Stage::Received | Stage::Read { .. } | Stage::Stuck { .. } => {
            Some(words::stage(locale.language, &document.stage).to_owned())
        }
    };
    let pages = document.pages.map(|it| pages(locale, it));
    let about: Vec<String> = pages.into_iter().chain(stage).collect();
    Relative {
        id: document.id.to_string(),
        title: document.title.clone(),
        about: about.join(", "),
    }
}

fn pages(locale: &Locale, range: PageRange) -> String {
    let t = locale.texts();
    if range.first() == range.last() {
        return format!("{} {}", t.page, range.first());
    }
    format!("{} {}–{}", t.pages, range.first(), range.last())
}
