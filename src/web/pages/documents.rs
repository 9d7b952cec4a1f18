//! The list of documents: newest first, filtered, searched, and the form that adds some.

use askama::Template;
use axum::extract::{Multipart, State};
use axum::response::Response;
use jiff::ToSpan;
use serde::Deserialize;

use super::Choice;
use crate::domain::document::{Kind, Page, Word};
use crate::domain::id::DocumentId;
use crate::domain::person::Language;
use crate::store::blobs::Blobs;
use crate::store::documents::{Filter, Trash};
use crate::store::{Error, ReadTx, Store, documents, pages, search};
use crate::web::auth::CurrentPerson;
use crate::web::cards::{Sheet, Snippet, sheet};
use crate::web::extract::Asked;
use crate::web::failure::Failure;
use crate::web::frame::{Frame, Happened, Locale, Shell, go, page};
use crate::web::uploads;
use crate::web::words;
use crate::work::Readings;
use crate::work::intake::Intake;

/// Documents of one page.
const PAGE_LENGTH: usize = 24;
/// Pages of a document looked through for the words around a hit.
const SNIPPET_PAGES_MAX: usize = 5;
/// Words before a hit.
const WORDS_BEFORE: usize = 6;
/// Words after a hit.
const WORDS_AFTER: usize = 12;

/// What is looked for.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Wanted {
    /// Words.
    #[serde(default)]
    q: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    stage: String,
    /// `month`, `quarter`, `year`.
    #[serde(default)]
    since: String,
    /// The last document of the page before.
    #[serde(default)]
    before: String,
    #[serde(default)]
    trash: String,
}

impl Wanted {
    fn is_filtered(&self) -> bool {
        [&self.q, &self.kind, &self.stage, &self.since]
            .iter()
            .any(|it| !it.trim().is_empty())
    }

    fn is_trash(&self) -> bool {
        !self.trash.is_empty()
    }

    /// What does not make sense is left out: an old bookmark still shows a list.
    fn filter(&self, locale: &Locale) -> Filter {
        let days = match self.since.as_str() {
            "month" => Some(30),
            "quarter" => Some(91),
            "year" => Some(365),
            _ => None,
        };
        let stages = ["received", "read", "understood", "stuck"];
        Filter {
            query: Some(self.q.clone()).filter(|it| !it.trim().is_empty()),
            kind: self.kind.parse().ok(),
            stage: stages
                .contains(&self.stage.as_str())
                .then(|| self.stage.clone()),
            asn: None,
            trash: if self.is_trash() {
                Trash::Inside
            } else {
                Trash::Outside
            },
            since: days.map(|it: i64| locale.now - (it * 24).hours()),
            before: self.before.parse().ok(),
        }
    }

    fn address(&self, before: DocumentId) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let fields = [
            ("q", &self.q),
            ("kind", &self.kind),
            ("stage", &self.stage),
            ("since", &self.since),
            ("trash", &self.trash),
        ];
        for (name, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        query.append_pair("before", &before.to_string());
        format!("/documents?{}", query.finish())
    }
}

#[derive(Template)]
#[template(path = "documents.html")]
struct DocumentsPage<'a> {
    shell: &'a Shell,
    query: &'a Wanted,
    kinds: Vec<Choice>,
    stages: Vec<Choice>,
    times: Vec<Choice>,
    is_filtered: bool,
    in_trash: bool,
    documents: Vec<Sheet>,
    next: Option<String>,
}

/// `GET /documents`
pub async fn list(
    State(store): State<Store>,
    State(readings): State<Readings>,
    frame: Frame,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Failure> {
    let filter = wanted.filter(&frame.locale);
    let (locale, files) = (frame.locale.clone(), store.clone());
    let look = move |tx: &ReadTx<'_>| look(tx, &locale, &filter, (files.blobs(), &readings));
    let (documents, last) = store.read(frame.me.viewer(), look).await?;
    let template = DocumentsPage {
        shell: &frame.shell,
        query: &wanted,
        kinds: kinds(frame.locale.language, &wanted.kind),
        stages: stages(&frame.locale, &wanted.stage),
        times: times(&frame.locale, &wanted.since),
        is_filtered: wanted.is_filtered(),
        in_trash: wanted.is_trash(),
        documents,
        next: last.map(|it| wanted.address(it)),
    };
    page(&frame.shell, &template)
}

fn look(
    tx: &ReadTx<'_>,
    locale: &Locale,
    filter: &Filter,
    (files, readings): (&Blobs, &Readings),
) -> Result<(Vec<Sheet>, Option<DocumentId>), Error> {
    let one_more = u32::try_from(PAGE_LENGTH + 1).unwrap_or(u32::MAX);
    let mut found = documents::list(tx, filter, one_more)?;
    let has_more = found.len() > PAGE_LENGTH;
    found.truncate(PAGE_LENGTH);
    let last = found.last().map(|it| it.document.id).filter(|_| has_more);
    let mut sheets = Vec::with_capacity(found.len());
    for listed in &found {
        let mut one = sheet(locale, files, readings, listed);
        if let Some(query) = &filter.query {
            let pages = pages::list(tx, listed.document.id)?;
            one.snippet = snippet(&pages, query);
        }
        sheets.push(one);
    }
    Ok((sheets, last))
}

/// The first word of the pages that the query finds, among its neighbours.
fn snippet(pages: &[Page], query: &str) -> Option<Snippet> {
    let parts = search::parts_of(query);
    for page in pages.iter().take(SNIPPET_PAGES_MAX) {
        let is_hit = |word: &Word| parts.iter().any(|it| search::is_in(it, &word.text));
        let hit = page.words.iter().position(is_hit);
        let Some(hit) = hit else {
            continue;
        };
        let words = |from: usize, count: usize| {
            let words = page
                .words
                .iter()
                .skip(from)
                .take(count)
                .map(|it| it.text.as_str());
            words.collect::<Vec<_>>().join(" ")
        };
        let start = hit.saturating_sub(WORDS_BEFORE);
        return Some(Snippet {
            before: format!("{} ", words(start, hit - start)),
            hit: words(hit, 1),
            after: format!(" {}", words(hit + 1, WORDS_AFTER)),
        });
    }
    None
}

/// Every kind, by its name in that language.
pub fn kinds(language: Language, chosen: &str) -> Vec<Choice> {
    let choice = |it: &Kind| Choice::new(it.as_str(), words::kind(language, *it), chosen);
    let mut kinds: Vec<Choice> = Kind::ALL.iter().map(choice).collect();
    kinds.sort_by_cached_key(|it| search::folded(&it.label));
    kinds
}

fn stages(locale: &Locale, chosen: &str) -> Vec<Choice> {
    let names = ["received", "read", "understood", "stuck"];
    let label = |name| words::stage_name(locale.language, name);
    names
        .iter()
        .map(|name| Choice::new(name, label(name), chosen))
        .collect()
}

fn times(locale: &Locale, chosen: &str) -> Vec<Choice> {
    let t = locale.texts();
    let times = [
        ("month", t.time_month),
        ("quarter", t.time_quarter),
        ("year", t.time_year),
    ];
    times
        .iter()
        .map(|(value, label)| Choice::new(value, label, chosen))
        .collect()
}

/// `POST /documents`: the form without a script.
pub async fn add(
    State(intake): State<Intake>,
    me: CurrentPerson,
    parts: Multipart,
) -> Result<Response, Failure> {
    let _turn = uploads::turn().await?;
    let form = uploads::read(parts, intake.bytes_max()).await?;
    if !form.is_from(&me.csrf) {
        return Err(Failure::Forbidden);
    }
    let outcomes = uploads::accept_all(&intake, &me.caller(), form.files).await?;
    let mut taken = Vec::new();
    let mut refused = None;
    for outcome in outcomes {
        match outcome.result {
            Ok(accepted) => taken.push(accepted.document().id),
            Err(failure) => refused = Some(failure),
        }
    }
    match (taken.as_slice(), refused) {
        (_, Some(failure)) => Err(failure),
        ([only], None) => Ok(go(&format!("/documents/{only}"), Some(&Happened::Accepted))),
        (_, None) => Ok(go("/documents", Some(&Happened::Accepted))),
    }
}
