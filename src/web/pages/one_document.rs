//! One document: its pages with the words that were understood marked on them, what they say and
//! want, and what has become of it.

use std::num::NonZeroU32;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::claims::{self, Claim, label, value};
use super::one_task::seen;
use super::stories::{self, Line};
use super::{Choice, documents::kinds, questions};
use crate::domain::deadline::explanation::Rule;
use crate::domain::deadline::wording;
use crate::domain::document::{Document, Page, Stage, Visibility};
use crate::domain::finding::{Correction, Extraction, Field};
use crate::domain::id::DocumentId;
use crate::domain::journal::Entity;
use crate::domain::obligation::Obligation;
use crate::domain::part::said_by_parts;
use crate::domain::task::{Task, keys};
use crate::domain::value::{Money, Rect};
use crate::store::blobs::{Blobs, Picture};
use crate::store::{
    Error, ReadTx, Store, documents, findings, journal, pages, parts, promises, tasks, trash,
};
use crate::web::WebState;
use crate::web::api::documents::cancelled;
use crate::web::auth::{CheckedForm, CurrentPerson};
use crate::web::cards::{Bar, Dealer, TaskCard, bar, card_of_day, is_in_work, quote};
use crate::web::corrections::typed;
use crate::web::extract::At;
use crate::web::failure::Failure;
use crate::web::family::{Family, family};
use crate::web::files;
use crate::web::frame::{Frame, Happened, Locale, Shell, go, page};
use crate::web::words;
use crate::work::archive::Archive;
use crate::work::{Readings, Wake};

/// Entries of the history.
const HISTORY_MAX: u32 = 50;
/// Pages shown; the original has all of them.
const PAGES_SHOWN_MAX: usize = 100;
/// Room around marked words, in thousandths of the page's width.
const MARK_MARGIN: f32 = 3.0;

/// One thing the document wants.
pub struct Want {
    card: TaskCard,
    task: bool,
    alternatives: Vec<String>,
    why: Vec<String>,
}

/// Marked words on a page.
pub struct Mark {
    id: String,
    label: String,
    class: &'static str,
    x: String,
    y: String,
    w: String,
    h: String,
}

/// One page with its marks.
pub struct Sheet {
    number: u32,
    /// In thousandths of its width.
    height: u32,
    has_preview: bool,
    text: String,
    marks: Vec<Mark>,
}

#[derive(Template)]
#[template(path = "document.html")]
struct DocumentPage {
    shell: Shell,
    id: String,
    version: u64,
    title: String,
    kind: Option<&'static str>,
    sender: Option<String>,
    received: String,
    stage: &'static str,
    in_work: bool,
    bar: Option<Bar>,
    family: Family,
    with_parts: String,
    deleted: bool,
    stuck: Option<String>,
    questions: Vec<questions::OpenQuestion>,
    wants: Vec<Want>,
    findings: Vec<Claim>,
    missing: Vec<Choice>,
    kinds: Vec<Choice>,
    file_name: String,
    size: String,
    has_archive: bool,
    origin: &'static str,
    visible_to: &'static str,
    history: Vec<Line>,
    pages: Vec<Sheet>,
}

/// `GET /documents/{id}`
pub async fn show(
    State(store): State<Store>,
    State(readings): State<Readings>,
    frame: Frame,
    At(id): At<DocumentId>,
) -> Result<Response, Failure> {
    let files = store.clone();
    let viewer = frame.me.viewer();
    seen(&store, &frame.me, move |tx| promises::unseen(tx, id)).await?;
    let Frame { locale, shell, .. } = frame;
    let look = move |tx: &ReadTx<'_>| look(tx, &locale, shell, (files.blobs(), &readings), id);
    let template = store.read(viewer, look).await?;
    page(&template.shell, &template)
}

fn look(
    tx: &ReadTx<'_>,
    locale: &Locale,
    shell: Shell,
    (files, readings): (&Blobs, &Readings),
    id: DocumentId,
) -> Result<DocumentPage, Error> {
    let (language, t) = (locale.language, locale.texts());
    let document = documents::by_id(tx, id)?;
    let extraction = findings::corrected(tx, id)?;
    let tasks = tasks::of_document(tx, id)?;
    let entries = journal::of(tx, Entity::Document, &id.to_string(), HISTORY_MAX)?;
    let pages = pages::list(tx, id)?;
    let family = family(tx, locale, &document)?;
    Ok(DocumentPage {
        with_parts: words::with_parts(language, family.going),
        family,
        id: id.to_string(),
        version: document.version,
        title: document.title.clone(),
        kind: extraction.kind().map(|it| words::kind(language, it)),
        sender: extraction
            .text(Field::Sender)
            .filter(|it| *it != document.title)
            .map(Into::into),
        received: locale.moment(document.received_at),
        stage: words::stage(language, &document.stage),
        in_work: is_in_work(&document),
        bar: bar(locale, readings, &document),
        deleted: document.deleted_at.is_some(),
        stuck: stuck_reason(&document),
        questions: questions::open(&extraction, locale),
        wants: wants(tx, locale, &extraction, &tasks, id)?,
        findings: claims::claims(locale, &extraction),
        missing: claims::missing(locale, &extraction),
        kinds: kinds(language, ""),
        file_name: document.origin.file_name.clone(),
        size: words::bytes(language, document.size),
        has_archive: document.media_type.has_pages_to_show() && document.stage.pages().is_some(),
        origin: words::origin(language, document.origin.kind),
        visible_to: match document.visible_to {
            Visibility::Household => t.whole_household,
            Visibility::Persons(_) => t.some_persons,
        },
        history: stories::lines(tx, locale, &entries)?,
        pages: sheets(locale, &document, &pages, &extraction, files),
        shell,
    })
}

fn stuck_reason(document: &Document) -> Option<String> {
    match &document.stage {
        Stage::Stuck { reason, .. } => Some(reason.clone()),
        Stage::Received | Stage::Read { .. } | Stage::Understood { .. } => None,
    }
}

fn wants(
    tx: &ReadTx<'_>,
    locale: &Locale,
    extraction: &Extraction,
    tasks: &[Task],
    id: DocumentId,
) -> Result<Vec<Want>, Error> {
    let mut dealer = Dealer::new(tx, locale)?;
    let mut wants = Vec::new();
    let said = said_by_parts(extraction, &parts::obligations(tx, id)?);
    let keys = keys(&extraction.obligations);
    let own = keys
        .into_iter()
        .enumerate()
        .filter(|(_, key)| !said.contains(key));
    for (position, key) in own {
        let Some(obligation) = extraction.obligations.get(position) else {
            continue;
        };
        let task = tasks
            .iter()
            .find(|it| it.source.as_ref().is_some_and(|it| it.key == key));
        let mut card = match task {
            Some(task) => dealer.card(task)?,
            None => card_of_obligation(locale, obligation),
        };
        card.quote = quote(&obligation.evidence);
        card.quote_link = format!("/documents/{id}#e-w{position}");
        let alternatives = alternatives(locale, obligation);
        let why = counted(locale, obligation);
        wants.push(Want {
            card,
            task: task.is_some(),
            alternatives,
            why,
        });
    }
    Ok(wants)
}

/// A right that had ended before the document arrived became no task.
fn card_of_obligation(locale: &Locale, obligation: &Obligation) -> TaskCard {
    let mut card = card_of_day(locale, Some(obligation.due), obligation.due_time);
    words::action(locale.language, obligation.action).clone_into(&mut card.title);
    let money = obligation.amount.zip(obligation.currency);
    card.money =
        money.map(|(amount, currency)| words::money(locale.language, Money { amount, currency }));
    card.optional = obligation.optional;
    card.open = true;
    card
}

/// How a day was counted; nothing where it is only printed.
fn counted(locale: &Locale, obligation: &Obligation) -> Vec<String> {
    let why = obligation
        .why
        .as_ref()
        .filter(|it| it.rule != Rule::Printed || !it.steps.is_empty());
    why.map_or_else(Vec::new, |it| wording::lines(it, locale.language))
}

fn alternatives(locale: &Locale, obligation: &Obligation) -> Vec<String> {
    let line = |it: &crate::domain::obligation::Alternative| {
        let day = words::short_day(locale.language, it.due, locale.today());
        let money = it.amount.zip(obligation.currency);
        match money {
            Some((amount, currency)) => {
                let money = words::money(locale.language, Money { amount, currency });
                words::until(locale.language, &day, &money)
            }
            None => day,
        }
    };
    obligation.alternatives.iter().map(line).collect()
}

fn sheets(
    locale: &Locale,
    document: &Document,
    pages: &[Page],
    extraction: &Extraction,
    files: &Blobs,
) -> Vec<Sheet> {
    let sheet = |page: &Page| {
        let picture = parts::picture(files, document, Picture::Page(page.number));
        Sheet {
            number: page.number,
            height: height_of(page),
            has_preview: files.contains(&picture),
            text: page.text(),
            marks: marks(locale, extraction, page.number),
        }
    };
    pages.iter().take(PAGES_SHOWN_MAX).map(sheet).collect()
}

/// In thousandths of the width, as boxes are; an A4 page where the sizes make no sense.
fn height_of(page: &Page) -> u32 {
    let height = (page.height / page.width * 1000.0).round();
    let is_sane = height.is_finite() && (1.0..100_000.0).contains(&height);
    // Formatting is the one conversion from a fraction that cannot overflow silently.
    let whole = is_sane
        .then(|| format!("{height:.0}").parse().ok())
        .flatten();
    whole.unwrap_or(1414)
}

fn marks(locale: &Locale, extraction: &Extraction, page: u32) -> Vec<Mark> {
    let mut marks = Vec::new();
    for (position, finding) in extraction.findings.iter().enumerate() {
        if let Some(evidence) = finding.evidence.as_ref().filter(|it| it.page == page) {
            let said = value(locale, finding);
            let label = format!("{}: {said}", label(locale, finding.field, &finding.name));
            marks.push(mark(position.to_string(), label, "", evidence.at));
        }
    }
    for (position, obligation) in extraction.obligations.iter().enumerate() {
        if obligation.evidence.page == page {
            let action = words::action(locale.language, obligation.action);
            let day = words::day(locale.language, obligation.due);
            let label = format!("{action}: {day}");
            marks.push(mark(
                format!("w{position}"),
                label,
                "is-want",
                obligation.evidence.at,
            ));
        }
    }
    marks
}

fn mark(id: String, label: String, class: &'static str, at: Rect) -> Mark {
    let number = |value: f32| format!("{:.1}", if value.is_finite() { value } else { 0.0 });
    Mark {
        id,
        label,
        class,
        x: number(at.x - MARK_MARGIN),
        y: number(at.y - MARK_MARGIN),
        w: number(at.w.max(0.0) + 2.0 * MARK_MARGIN),
        h: number(at.h.max(0.0) + 2.0 * MARK_MARGIN),
    }
}

/// `POST /documents/{id}/findings`: a person says what is right.
pub async fn correct(
    State(store): State<Store>,
    State(wake): State<Wake>,
    me: CurrentPerson,
    At(id): At<DocumentId>,
    CheckedForm(form): CheckedForm,
) -> Result<Response, Failure> {
    let wrong = |_| Failure::Invalid("there is no such field".to_owned());
    let field: Field = form
        .text("field")
        .unwrap_or_default()
        .parse()
        .map_err(wrong)?;
    let name = form
        .text("name")
        .unwrap_or_default()
        .chars()
        .take(60)
        .collect();
    let value = match form.filled("none") {
        Some(_) => None,
        None => Some(typed(field, form.text("value").unwrap_or_default())?),
    };
    let version = form.text("version").and_then(|it| it.parse().ok());
    let correction = [Correction { field, name, value }];
    let write =
        move |tx: &crate::store::WriteTx<'_>| findings::correct(tx, id, version, &correction);
    let back = format!("/documents/{id}");
    match store.write(me.caller(), write).await {
        Ok(_) => {
            wake.tasks.notify_one();
            Ok(go(&format!("{back}#findings"), Some(&Happened::Saved)))
        }
        Err(Error::Conflict { .. }) => Ok(go(&back, Some(&Happened::Outdated))),
        Err(error) => Err(error.into()),
    }
}

/// `POST /documents/{id}/delete`
pub async fn delete(
    State(store): State<Store>,
    State(wake): State<Wake>,
    State(readings): State<Readings>,
    me: CurrentPerson,
    At(id): At<DocumentId>,
    CheckedForm(form): CheckedForm,
) -> Result<Response, Failure> {
    let is_asked = form.filled("parts").is_some();
    let delete = move |tx: &crate::store::WriteTx<'_>| {
        documents::by_id(tx, id)?;
        let going = parts::going_with(tx, id)?;
        if !going.is_empty() && !is_asked {
            return Ok(None);
        }
        trash::delete(tx, id, None)?;
        Ok(Some(going))
    };
    let Some(going) = store.write(me.caller(), delete).await? else {
        // The page has not asked yet: it was made before there was something inside.
        return Ok(go(&format!("/documents/{id}"), Some(&Happened::Outdated)));
    };
    readings.end(id);
    for part in &going {
        readings.end(part.id);
    }
    wake.trash.notify_one();
    // What a mail wants is its own task again when its paper goes.
    wake.tasks.notify_one();
    wake.task_changed();
    Ok(go("/documents", Some(&Happened::Trashed)))
}

/// `POST /documents/{id}/restore`
pub async fn restore(
    State(store): State<Store>,
    State(wake): State<Wake>,
    me: CurrentPerson,
    At(id): At<DocumentId>,
    _form: CheckedForm,
) -> Result<Response, Failure> {
    store
        .write(me.caller(), move |tx| trash::restore(tx, id, None))
        .await?;
    wake.all();
    Ok(go(&format!("/documents/{id}"), Some(&Happened::Saved)))
}

/// `POST /documents/{id}/retry`
pub async fn retry(
    State(store): State<Store>,
    State(wake): State<Wake>,
    me: CurrentPerson,
    At(id): At<DocumentId>,
    _form: CheckedForm,
) -> Result<Response, Failure> {
    store
        .write(me.caller(), move |tx| documents::retry(tx, id))
        .await?;
    wake.reading.notify_one();
    Ok(go(&format!("/documents/{id}"), None))
}

/// `POST /documents/{id}/cancel`, from the document's page or from a list, to which it goes back.
pub async fn cancel(
    State(state): State<WebState>,
    me: CurrentPerson,
    At(id): At<DocumentId>,
    CheckedForm(form): CheckedForm,
) -> Result<Response, Failure> {
    let page = format!("/documents/{id}");
    let back = form.filled("next").unwrap_or(&page);
    match cancelled(&state, me.caller(), id).await {
        Ok(_) => Ok(go(back, Some(&Happened::Cancelled))),
        // Reading was faster than the click; the page shows what it found.
        Err(Error::Conflict { .. }) => Ok(go(back, None)),
        Err(error) => Err(error.into()),
    }
}

/// `GET /documents/{id}/original`
pub async fn original(
    State(store): State<Store>,
    me: CurrentPerson,
    At(id): At<DocumentId>,
) -> Result<Response, Failure> {
    files::original(&store, me.viewer(), id).await
}

/// `GET /documents/{id}/archive`
pub async fn archive(
    State(store): State<Store>,
    State(archive): State<Archive>,
    me: CurrentPerson,
    At(id): At<DocumentId>,
) -> Result<Response, Failure> {
    files::archive(&store, &archive, me.viewer(), id).await
}

/// `GET /documents/{id}/thumbnail`
pub async fn thumbnail(
    State(store): State<Store>,
    me: CurrentPerson,
    At(id): At<DocumentId>,
) -> Result<Response, Failure> {
    files::picture(&store, me.viewer(), id, Picture::Thumbnail).await
}

/// `GET /documents/{id}/pages/{number}/preview`
pub async fn preview(
    State(store): State<Store>,
    me: CurrentPerson,
    At((id, number)): At<(DocumentId, NonZeroU32)>,
) -> Result<Response, Failure> {
    files::picture(&store, me.viewer(), id, Picture::Page(number.get())).await
}
