//! Originals, searchable PDFs and pictures, for pages and programs alike.
//!
//! An original is somebody else's bytes: it is always a download, never sniffed, and sandboxed if a
//! browser shows it all the same. A searchable PDF is made of it, so it is treated like it.

use std::path::PathBuf;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    REFERRER_POLICY,
};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::fs::File;
use tokio::io::AsyncReadExt;

use super::WebState;
use super::extract::At;
use super::failure::Failure;
use crate::domain::document::MediaType;
use crate::domain::id::DocumentId;
use crate::store::blobs::{BlobName, Picture};
use crate::store::{Error, ReadTx, Store, Viewer, documents, links, parts};
use crate::work::archive::Archive;

/// Bytes read from the disk and sent at a time.
const CHUNK_BYTES: usize = 64 << 10;

/// The bytes as they came; of a letter in a stack all of the stack's, never a file made up since.
pub async fn original(store: &Store, viewer: Viewer, id: DocumentId) -> Result<Response, Failure> {
    let document = store
        .read(viewer, move |tx| documents::by_id(tx, id))
        .await?;
    let name = store.blobs().original(document.sha256);
    let media_type = document.media_type.as_str();
    download(store, &name, media_type, &document.origin.file_name).await
}

/// The document as a searchable PDF, made now if there is none yet.
pub async fn archive(
    store: &Store,
    archive: &Archive,
    viewer: Viewer,
    id: DocumentId,
) -> Result<Response, Failure> {
    let copy = archive.copy(viewer, id).await?;
    let media_type = MediaType::Pdf.as_str();
    download(store, &copy.file, media_type, &copy.file_name).await
}

async fn download(
    store: &Store,
    name: &BlobName,
    media_type: &str,
    file_name: &str,
) -> Result<Response, Failure> {
    let (body, size) = open(store, name).await?;
    let mut response = body.into_response();
    let headers = response.headers_mut();
    set(headers, CONTENT_TYPE.as_str(), media_type)?;
    set(headers, CONTENT_LENGTH.as_str(), &size.to_string())?;
    set(
        headers,
        CONTENT_DISPOSITION.as_str(),
        &disposition(file_name),
    )?;
    set(
        headers,
        CONTENT_SECURITY_POLICY.as_str(),
        "sandbox; default-src 'none'",
    )?;
    set(headers, CACHE_CONTROL.as_str(), "private, no-cache")?;
    Ok(response)
}

/// A picture that the reader made.
pub async fn picture(
    store: &Store,
    viewer: Viewer,
    id: DocumentId,
    picture: Picture,
) -> Result<Response, Failure> {
    let document = store
        .read(viewer, move |tx| documents::by_id(tx, id))
        .await?;
    let name = parts::picture(store.blobs(), &document, picture);
    let (body, size) = open(store, &name).await?;
    let mut response = body.into_response();
    let headers = response.headers_mut();
    set(headers, CONTENT_TYPE.as_str(), "image/webp")?;
    set(headers, CONTENT_LENGTH.as_str(), &size.to_string())?;
    set(headers, CACHE_CONTROL.as_str(), "private, max-age=3600")?;
    Ok(response)
}

/// `GET /page/{token}`: the first page of a document, small, for a telephone that was told of it.
pub async fn page(
    State(state): State<WebState>,
    At(token): At<String>,
) -> Result<Response, Failure> {
    let look = move |tx: &ReadTx<'_>| {
        let Ok(id) = links::open_page(tx, &token)? else {
            return Ok(None);
        };
        let is_trash = documents::by_id(tx, id)?.deleted_at.is_some();
        Ok((!is_trash).then_some(id))
    };
    let document = state.store.read(Viewer::House, look).await?;
    let document = document.ok_or(Failure::NotFound)?;
    let mut shown = picture(&state.store, Viewer::House, document, Picture::Thumbnail).await?;
    set(shown.headers_mut(), REFERRER_POLICY.as_str(), "no-referrer")?;
    Ok(shown)
}

async fn open(store: &Store, name: &BlobName) -> Result<(Body, u64), Failure> {
    let path: PathBuf = store.blobs().path(name);
    let failed = |cause: std::io::Error| {
        if cause.kind() == std::io::ErrorKind::NotFound {
            return Failure::NotFound;
        }
        let path = path.clone();
        Failure::Store(Error::File { path, cause })
    };
    let file = File::open(&path).await.map_err(failed)?;
    let size = file.metadata().await.map_err(failed)?.len();
    let chunks = stream::try_unfold(file, |mut file| async move {
        let mut chunk = vec![0; CHUNK_BYTES];
        let length = file.read(&mut chunk).await?;
        chunk.truncate(length);
        let more = (length > 0).then(|| (Bytes::from(chunk), file));
        Ok::<_, std::io::Error>(more)
    });
    Ok((Body::from_stream(chunks), size))
}

/// RFC 6266: a plain name for old clients and the whole name in UTF-8.
fn disposition(file_name: &str) -> String {
    let plain: String = file_name
        .chars()
        .map(|it| {
            if it.is_ascii_alphanumeric() || " .-_".contains(it) {
                it
            } else {
                '_'
            }
        })
        .collect();
    // RFC 5987 lets letters, digits and a few signs stand; `+` would mean itself, not a space.
    let encoded = |byte: u8| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            return char::from(byte).to_string();
        }
        format!("%{byte:02X}")
    };
    let whole: String = file_name.bytes().map(encoded).collect();
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{whole}")
}

fn set(headers: &mut HeaderMap, name: &'static str, value: &str) -> Result<(), Failure> {
    headers.insert(name, HeaderValue::from_str(value).map_err(Failure::broken)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_break_out_of_its_header() {
        assert_eq!(
            disposition("Müll \"2026\"\r\n.pdf"),
            "attachment; filename=\"M_ll _2026___.pdf\"; \
             filename*=UTF-8''M%C3%BCll%20%222026%22%0D%0A.pdf"
        );
    }
}
