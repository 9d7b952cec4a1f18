//! The style sheet, the scripts and the icon, inside the program.
//!
//! Their addresses carry a version, so a browser may keep them for a year; without it they are
//! compared by their `ETag`.

use std::sync::LazyLock;

use axum::extract::{Path, RawQuery};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::failure::Failure;

struct Asset {
    name: &'static str,
    media_type: &'static str,
    bytes: &'static [u8],
}

const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

macro_rules! asset {
    ($name:literal, $media_type:expr) => {
        Asset {
            name: $name,
            media_type: $media_type,
            bytes: include_bytes!(concat!("assets/", $name)),
        }
    };
}

static ASSETS: &[Asset] = &[
    asset!("app.css", CSS),
    asset!("icon.svg", "image/svg+xml"),
    asset!("js/evidence.js", JAVASCRIPT),
    asset!("js/filter.js", JAVASCRIPT),
    asset!("js/live.js", JAVASCRIPT),
    asset!("js/menus.js", JAVASCRIPT),
    asset!("js/upload.js", JAVASCRIPT),
];

/// The first 16 hexadecimal digits of the SHA-256 of each, in the order of [`ASSETS`].
static VERSIONS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let version = |asset: &Asset| {
        let digest = Sha256::digest(asset.bytes);
        HEXLOWER.encode(digest.get(..8).unwrap_or_default())
    };
    ASSETS.iter().map(version).collect()
});

fn lookup(name: &str) -> Option<(&'static Asset, &'static str)> {
    let mut all = ASSETS.iter().zip(VERSIONS.iter());
    all.find(|(asset, _)| asset.name == name)
        .map(|(asset, version)| (asset, version.as_str()))
}

/// The address of an asset with its version.
pub fn address(name: &str) -> String {
    let version = lookup(name).map_or("", |(_, version)| version);
    format!("/assets/{name}?v={version}")
}

/// `GET /assets/{name}`
pub async fn serve(
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let (asset, version) = lookup(&name).ok_or(Failure::NotFound)?;
    let is_versioned = query.is_some_and(|it| it.strip_prefix("v=") == Some(version));
    let cache = if is_versioned {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let etag = format!("\"{version}\"");
    let is_known = headers
        .get(IF_NONE_MATCH)
        .is_some_and(|it| it.as_bytes() == etag.as_bytes());
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        asset.bytes.into_response()
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(asset.media_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(ETAG, HeaderValue::from_str(&etag).map_err(Failure::broken)?);
    Ok(response)
}
