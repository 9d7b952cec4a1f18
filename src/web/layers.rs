//! What holds for every answer: headers, compression, and a panic that stays inside.

use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use tower_http::compression::{CompressionLayer, CompressionLevel};

use super::failure::Failure;

/// Everything comes from here, nothing inline runs, nobody frames us.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Answers smaller than this are not worth compressing, in bytes.
const COMPRESSED_FROM: u16 = 860;

/// Sets the headers that every answer has; what a handler has set stays.
pub async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let is_page = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|it| it.as_bytes().starts_with(b"text/html"));
    // Pages hold what only this person may see, also after they have logged out.
    let cache = if is_page { "no-store" } else { "no-cache" };
    let usual = [
        (CONTENT_SECURITY_POLICY, POLICY),
        // `no-referrer` would take the Origin from our own forms, by which they are told apart.
        (REFERRER_POLICY, "same-origin"),
        (CACHE_CONTROL, cache),
        (HeaderName::from_static("x-content-type-options"), "nosniff"),
        (HeaderName::from_static("x-frame-options"), "DENY"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), microphone=(), geolocation=()",
        ),
    ];
    for (name, value) in usual {
        response
            .headers_mut()
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Compresses text; never pictures, which are small already, nor events, which must not wait.
pub fn compression() -> CompressionLayer<impl Predicate> {
    let worth = SizeAbove::new(COMPRESSED_FROM)
        .and(NotForContentType::new("image/webp"))
        .and(NotForContentType::new("image/jpeg"))
        .and(NotForContentType::new("image/png"))
        .and(NotForContentType::new("application/pdf"))
        .and(NotForContentType::SSE);
    CompressionLayer::new()
        .quality(CompressionLevel::Fastest)
        .compress_when(worth)
}

type Panic = Box<dyn std::any::Any + Send>;

/// A handler that panics answers 500 and says so in the log.
pub fn no_panic() -> CatchPanicLayer<fn(Panic) -> Response> {
    let answer: fn(Panic) -> Response = |panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        let text = text.unwrap_or("without a word");
        Failure::broken(format!("a handler panicked: {text}")).into_response()
    };
    CatchPanicLayer::custom(answer)
}
