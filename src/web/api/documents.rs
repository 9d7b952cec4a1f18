//! `/api/v1/documents`

use std::num::NonZeroU32;

use axum::Json;
use axum::extract::{Multipart, State};
use axum::http::header::{CONTENT_TYPE, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::shapes::{
    DocumentBody, DocumentChange, DocumentLine, DocumentPage, ProgressBody, TakenBody, UploadBody,
};
use super::{cursor, cut, page_length, versioned};
use crate::domain::document::{Document, Kind};
use crate::domain::finding::Correction;
use crate::domain::id::DocumentId;
use crate::store::blobs::Picture;
use crate::store::documents::{Accepted, Filter, Trash};
use crate::store::idempotency::{self, Answered};
use crate::store::{
    Caller, Error, ReadTx, Store, Viewer, WriteTx, documents, findings, parts, tasks, trash,
};
use crate::web::WebState;
use crate::web::auth::ApiCaller;
use crate::web::corrections::sent;
use crate::web::extract::{Asked, At, Body, IfMatch, etag};
use crate::web::failure::{Failure, Problem};
use crate::web::files;
use crate::web::uploads::{self, Outcome};
use crate::work::archive::Archive;
use crate::work::intake::Intake;
use crate::work::{Readings, Wake};

/// Letters of an `Idempotency-Key` at the most.
const KEY_LETTERS_MAX: usize = 200;
/// Corrections of one request.
const CORRECTIONS_MAX: usize = 50;

/// Which documents.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
pub struct Wanted {
    /// Words that must all be found.
    q: Option<String>,
    /// Of this kind.
    kind: Option<String>,
    /// At this stage: `received`, `read`, `understood`, `stuck`.
    stage: Option<String>,
    /// With this archive serial number.
    asn: Option<u32>,
    /// `true`: those in the trash.
    trash: Option<bool>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// Documents of a page, 1 to 200.
    limit: Option<u32>,
}

/// Documents, newest first.
#[utoipa::path(get, path = "/documents", tag = "documents", params(Wanted),
    responses((status = 200, body = DocumentPage), (status = 422, body = Problem)))]
pub async fn list(
    State(store): State<Store>,
    caller: ApiCaller,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<DocumentPage>, Failure> {
    let limit = page_length(wanted.limit)?;
    let invalid = |error: crate::domain::document::Unknown| Failure::Invalid(error.to_string());
    let kind = wanted
        .kind
        .as_deref()
        .map(str::parse::<Kind>)
        .transpose()
        .map_err(invalid)?;
    let stages = ["received", "read", "understood", "stuck"];
    if wanted
        .stage
        .as_deref()
        .is_some_and(|it| !stages.contains(&it))
    {
        return Err(Failure::Invalid(format!(
            "stage: one of {}",
            stages.join(", ")
        )));
    }
    let filter = Filter {
        query: wanted.q,
        kind,
        stage: wanted.stage,
        asn: wanted.asn,
        trash: if wanted.trash == Some(true) {
            Trash::Inside
        } else {
            Trash::Outside
        },
        since: None,
        before: cursor(wanted.cursor.as_deref())?,
    };
    let look = move |tx: &ReadTx<'_>| documents::list(tx, &filter, limit + 1);
    let mut found = store.read(caller.viewer(), look).await?;
    let next = cut(&mut found, limit, |it| it.document.id.to_string());
    Ok(Json(DocumentPage {
        documents: found.iter().map(DocumentLine::of).collect(),
        next,
    }))
}

/// Sends one or several files, each as a part named `file`. With an `Idempotency-Key` the same
/// request gets the same answer for a day.
#[utoipa::path(post, path = "/documents", tag = "documents",
    params(("Idempotency-Key" = Option<String>, Header, description = "of your choice, unique to this request")),
    request_body(content = inline(UploadForm), content_type = "multipart/form-data"),
    responses(
        (status = 201, body = UploadBody, description = "at least one is new"),
        (status = 200, body = UploadBody, description = "all were known"),
        (status = 413, body = Problem), (status = 415, body = Problem), (status = 422, body = Problem)))]
pub async fn upload(
    State(intake): State<Intake>,
    State(store): State<Store>,
    caller: ApiCaller,
    headers: HeaderMap,
    parts: Multipart,
) -> Result<Response, Failure> {
    let key = idempotency_key(&headers)?;
    let _turn = uploads::turn().await?;
    let form = uploads::read(parts, intake.bytes_max()).await?;
    let (who, request) = (caller.caller.actor.name.clone(), form.hash());
    if let Some(key) = key.clone() {
        let who = who.clone();
        let look = move |tx: &ReadTx<'_>| idempotency::lookup(tx, &who, &key);
        if let Some(known) = store.read(Viewer::House, look).await? {
            if known.request != request {
                return Err(Failure::KeyReused);
            }
            return replay(known);
        }
    }
    let outcomes = uploads::accept_all(&intake, &caller.caller, form.files).await?;
    let (status, body) = summed_up(outcomes)?;
    if let Some(key) = key {
        let response = serde_json::to_string(&body).map_err(Failure::broken)?;
        let answered = Answered {
            request,
            status: status.as_u16(),
            response,
        };
        let keep = move |tx: &WriteTx<'_>| idempotency::keep(tx, &who, &key, &answered);
        store.write(caller.caller, keep).await?;
    }
    Ok((status, Json(body)).into_response())
}

/// The parts of an upload.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "describes the form; nobody makes one")]
pub struct UploadForm {
    /// A file; may be repeated.
    #[schema(value_type = Vec<String>, format = Binary)]
    file: Vec<u8>,
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Failure> {
    let Some(key) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = key
        .to_str()
        .ok()
        .filter(|it| (1..=KEY_LETTERS_MAX).contains(&it.len()));
    let rule = || {
        Failure::Invalid(format!(
            "Idempotency-Key: 1 to {KEY_LETTERS_MAX} plain letters"
        ))
    };
    key.map(|it| Some(it.to_owned())).ok_or_else(rule)
}

fn replay(known: Answered) -> Result<Response, Failure> {
    let status = StatusCode::from_u16(known.status).map_err(Failure::broken)?;
    let mut response = (status, known.response).into_response();
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

/// 201 where something is new, 200 where all was known; the first reason where nothing was taken.
fn summed_up(outcomes: Vec<Outcome>) -> Result<(StatusCode, UploadBody), Failure> {
    let mut status = StatusCode::OK;
    let (mut first, mut failure) = (None, None);
    let mut documents = Vec::with_capacity(outcomes.len());
    for Outcome { file_name, result } in outcomes {
        let taken = match result {
            Ok(accepted) => {
                let id = accepted.document().id.to_string();
                first.get_or_insert_with(|| id.clone());
                let result = match accepted {
                    Accepted::New(_) => {
                        status = StatusCode::CREATED;
                        "accepted"
                    }
                    Accepted::Known(_) => "known",
                };
                TakenBody {
                    file_name,
                    id: Some(id),
                    result,
                    detail: None,
                }
            }
            Err(refused) => {
                let detail = Some(refused.to_string());
                failure.get_or_insert(refused);
                TakenBody {
                    file_name,
                    id: None,
                    result: "refused",
                    detail,
                }
            }
        };
        documents.push(taken);
    }
    match (first, failure) {
        (Some(id), _) => Ok((status, UploadBody { id, documents })),
        (None, Some(failure)) => Err(failure),
        (None, None) => Err(Failure::Invalid("there is no file".to_owned())),
    }
}

/// One document with its findings, obligations and tasks.
#[utoipa::path(get, path = "/documents/{id}", tag = "documents", params(("id" = String, Path)),
    responses((status = 200, body = DocumentBody), (status = 304), (status = 404, body = Problem)))]
pub async fn one(
    State(store): State<Store>,
    State(readings): State<Readings>,
    caller: ApiCaller,
    headers: HeaderMap,
    At(id): At<DocumentId>,
) -> Result<Response, Failure> {
    let (version, mut body) = store
        .read(caller.viewer(), move |tx| body_of(tx, id))
        .await?;
    body.progress = readings.of(id).map(ProgressBody::from);
    // How far it has come changes without a new version.
    if body.progress.is_some() {
        return versioned(version, body);
    }
    let is_known = headers
        .get(IF_NONE_MATCH)
        .is_some_and(|it| it.as_bytes() == etag(version).as_bytes());
    if is_known {
        return Ok(StatusCode::NOT_MODIFIED.into_response());
    }
    versioned(version, body)
}

fn body_of(tx: &ReadTx<'_>, id: DocumentId) -> Result<(u64, DocumentBody), Error> {
    let document = documents::by_id(tx, id)?;
    let extraction = findings::corrected(tx, id)?;
    let tasks = tasks::of_document(tx, id)?;
    let around = (
        parts::of(tx, &document)?,
        parts::with_same_asn(tx, &document)?,
    );
    let around = (around.0.as_slice(), around.1.as_slice());
    let body = DocumentBody::of(&document, &extraction, &tasks, around);
    Ok((document.version, body))
}

/// Says what is right; lists, search and tasks follow.
#[utoipa::path(patch, path = "/documents/{id}", tag = "documents",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    request_body = DocumentChange,
    responses((status = 200, body = DocumentBody), (status = 404, body = Problem),
        (status = 412, body = Problem), (status = 422, body = Problem)))]
pub async fn change(
    State(store): State<Store>,
    State(wake): State<Wake>,
    caller: ApiCaller,
    At(id): At<DocumentId>,
    IfMatch(version): IfMatch,
    Body(change): Body<DocumentChange>,
) -> Result<Response, Failure> {
    if change.findings.is_empty() || change.findings.len() > CORRECTIONS_MAX {
        return Err(Failure::Invalid(format!(
            "findings: 1 to {CORRECTIONS_MAX} of them"
        )));
    }
    let corrections: Result<Vec<Correction>, Failure> = change
        .findings
        .into_iter()
        .map(|it| {
            let wrong =
                |error: crate::domain::document::Unknown| Failure::Invalid(error.to_string());
            let field = it.field.parse().map_err(wrong)?;
            let value = sent(field, &it.value)?;
            Ok(Correction {
                field,
                name: it.name.chars().take(60).collect(),
                value,
            })
        })
        .collect();
    let corrections = corrections?;
    let write = move |tx: &WriteTx<'_>| {
        findings::correct(tx, id, version, &corrections)?;
        body_of(tx, id)
    };
    let written = store.write(caller.caller, write).await;
    let (version, body) = written.map_err(|it| Failure::from(it).outdated_if(version))?;
    wake.tasks.notify_one();
    versioned(version, body)
}

/// What goes to the trash.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
pub struct Going {
    /// `true`: with the documents that came with it, such as the papers attached to a mail.
    children: bool,
}

/// Moves a document to the trash, from which it is erased after 30 days. One that others came with
/// is refused until `children=true` says that they may go too.
#[utoipa::path(delete, path = "/documents/{id}", tag = "documents",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header), Going),
    responses((status = 200, body = DocumentLine), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "others would go too"),
        (status = 412, body = Problem)))]
pub async fn delete(
    State(state): State<WebState>,
    caller: ApiCaller,
    At(id): At<DocumentId>,
    Asked(going): Asked<Going>,
    IfMatch(version): IfMatch,
) -> Result<Response, Failure> {
    let write = move |tx: &WriteTx<'_>| {
        documents::by_id(tx, id)?;
        let others = parts::going_with(tx, id)?;
        if !others.is_empty() && !going.children {
            return Ok(Err(others.len()));
        }
        Ok(Ok((trash::delete(tx, id, version)?, others)))
    };
    let written = state.store.write(caller.caller, write).await;
    let written = written.map_err(|it| Failure::from(it).outdated_if(version))?;
    let (document, others) = written.map_err(|count| {
        let what = format!("{count} documents came with it: `children=true` deletes them too");
        Failure::Store(Error::Conflict { what })
    })?;
    state.readings.end(id);
    for other in &others {
        state.readings.end(other.id);
    }
    state.wake.trash.notify_one();
    // What a mail wants is its own task again when its paper goes.
    state.wake.tasks.notify_one();
    state.wake.task_changed();
    line(&document)
}

/// Takes a document out of the trash.
#[utoipa::path(post, path = "/documents/{id}/restore", tag = "documents",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header)),
    responses((status = 200, body = DocumentLine), (status = 404, body = Problem)))]
pub async fn restore(
    State(store): State<Store>,
    State(wake): State<Wake>,
    caller: ApiCaller,
    At(id): At<DocumentId>,
    IfMatch(version): IfMatch,
) -> Result<Response, Failure> {
    let write = move |tx: &WriteTx<'_>| trash::restore(tx, id, version);
    let written = store.write(caller.caller, write).await;
    let document = written.map_err(|it| Failure::from(it).outdated_if(version))?;
    wake.all();
    line(&document)
}

/// Reads a stuck or finished document anew.
#[utoipa::path(post, path = "/documents/{id}/retry", tag = "documents",
    params(("id" = String, Path)),
    responses((status = 200, body = DocumentLine), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
pub async fn retry(
    State(store): State<Store>,
    State(wake): State<Wake>,
    caller: ApiCaller,
    At(id): At<DocumentId>,
) -> Result<Response, Failure> {
    let document = store
        .write(caller.caller, move |tx| documents::retry(tx, id))
        .await?;
    wake.reading.notify_one();
    line(&document)
}

/// Stops reading a document that waits for it or is just being read; it is stuck then, and `retry`
/// reads it after all.
#[utoipa::path(post, path = "/documents/{id}/cancel", tag = "documents",
    params(("id" = String, Path)),
    responses((status = 200, body = DocumentLine), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "it is not being read")))]
pub async fn cancel(
    State(state): State<WebState>,
    caller: ApiCaller,
    At(id): At<DocumentId>,
) -> Result<Response, Failure> {
    let document = cancelled(&state, caller.caller, id).await?;
    line(&document)
}

/// Notes that a document is not to be read on, then ends its reading.
pub async fn cancelled(
    state: &WebState,
    caller: Caller,
    id: DocumentId,
) -> Result<Document, Error> {
    let language = state.household.language;
    let cancel = move |tx: &WriteTx<'_>| documents::cancel(tx, id, language);
    let document = state.store.write(caller, cancel).await?;
    state.readings.end(id);
    state.wake.state.notify_one();
    Ok(document)
}

fn line(document: &Document) -> Result<Response, Failure> {
    versioned(document.version, DocumentLine::plain(document))
}

/// The bytes as they came.
#[utoipa::path(get, path = "/documents/{id}/original", tag = "documents",
    params(("id" = String, Path)),
    responses((status = 200, content_type = "application/octet-stream"), (status = 404, body = Problem)))]
pub async fn original(
    State(store): State<Store>,
    caller: ApiCaller,
    At(id): At<DocumentId>,
) -> Result<Response, Failure> {
    files::original(&store, caller.viewer(), id).await
}

/// A searchable PDF: the pages as they look, with the words that were read lying invisibly over
/// them. Made at the first request; a PDF with letters of its own comes as it is.
#[utoipa::path(get, path = "/documents/{id}/archive", tag = "documents",
    params(("id" = String, Path)),
    responses((status = 200, content_type = "application/pdf"), (status = 404, body = Problem),
        (status = 409, body = Problem, description = "it is not read yet, or a text or mail"),
        (status = 503, body = Problem, description = "too many are being made")))]
pub async fn archive(
    State(store): State<Store>,
    State(archive): State<Archive>,
    caller: ApiCaller,
    At(id): At<DocumentId>,
) -> Result<Response, Failure> {
    files::archive(&store, &archive, caller.viewer(), id).await
}

/// The first page, small.
#[utoipa::path(get, path = "/documents/{id}/thumbnail", tag = "documents",
    params(("id" = String, Path)),
    responses((status = 200, content_type = "image/webp"), (status = 404, body = Problem)))]
pub async fn thumbnail(
    State(store): State<Store>,
    caller: ApiCaller,
    At(id): At<DocumentId>,
) -> Result<Response, Failure> {
    files::picture(&store, caller.viewer(), id, Picture::Thumbnail).await
}

/// A picture of one page.
#[utoipa::path(get, path = "/documents/{id}/pages/{number}/preview", tag = "documents",
    params(("id" = String, Path), ("number" = u32, Path, description = "from 1")),
    responses((status = 200, content_type = "image/webp"), (status = 404, body = Problem)))]
pub async fn preview(
    State(store): State<Store>,
    caller: ApiCaller,
    At((id, number)): At<(DocumentId, NonZeroU32)>,
) -> Result<Response, Failure> {
    files::picture(&store, caller.viewer(), id, Picture::Page(number.get())).await
}
