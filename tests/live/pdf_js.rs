//! pdf.js as Firefox uses it: a page in Chromium that shows one PDF, searches it and copies from it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::http::{StatusCode, Uri};
use axum::response::IntoResponse;
use serde_json::Value;
use workmate::domain::value::Rect;

use crate::chromium::Browser;
use crate::process::{beside, eventually};

const PATIENCE: Duration = Duration::from_secs(30);

/// Shows one document until it is dropped.
pub struct Viewer {
    browser: Browser,
    server: tokio::task::JoinHandle<()>,
}

/// A word of the text layer.
#[derive(Debug)]
pub struct Shown {
    pub text: String,
    /// In thousandths of the page's width.
    pub at: Rect,
}

impl Viewer {
    /// Opens `document` and waits for the text layer of its first page.
    pub async fn show(document: Vec<u8>) -> Self {
        let package = package();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serve = move |uri: Uri| {
            let answer = file(&package, &document, uri.path());
            async move { answer.into_response() }
        };
        let router = Router::new().fallback(serve);
        let server = beside(async move { axum::serve(listener, router).await.unwrap() });
        let browser = Browser::start().await;
        browser.open(&format!("http://{address}/viewer.html")).await;
        eventually("pdf.js shows the page", PATIENCE, || async {
            let is_ready = browser.run("return document.body.dataset.ready").await;
            (is_ready == "yes").then_some(())
        })
        .await;
        Self { browser, server }
    }

    /// The words of the first page's text layer.
    pub async fn words(&self) -> Vec<Shown> {
        let words = self.browser.run("return words()").await;
        let word = |it: &Value| Shown {
            text: it["text"].as_str().unwrap().to_owned(),
            at: serde_json::from_value(it["box"].clone()).unwrap(),
        };
        words.as_array().unwrap().iter().map(word).collect()
    }

    /// What is copied when the whole first page is marked.
    pub async fn copied(&self) -> String {
        let copied = self.browser.run("return copied()").await;
        copied.as_str().unwrap().to_owned()
    }

    /// How often `query` is found, and the boxes in which it is marked on the first page.
    pub async fn search(&self, query: &str) -> (u64, Vec<Rect>) {
        let script = format!("search({})", Value::from(query));
        self.browser.run(&script).await;
        let found = eventually(query, PATIENCE, || async {
            let found = self.browser.run("return found()").await;
            (!found.is_null()).then_some(found)
        })
        .await;
        let boxes = serde_json::from_value(found["boxes"].clone()).unwrap();
        (found["matches"].as_u64().unwrap(), boxes)
    }

    /// What the browser complains about.
    pub async fn complaints(&self) -> Vec<String> {
        self.browser.complaints().await
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// The folder of pdf.js; fails with how to get it.
fn package() -> PathBuf {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/live/pdf_js/install.sh");
    let output = Command::new(script).arg("--where").output().unwrap();
    assert!(
        output.status.success(),
        "pdf.js is not there: run `make test`, which fetches it, or {script}"
    );
    String::from_utf8(output.stdout).unwrap().trim().into()
}

fn file(package: &Path, document: &[u8], path: &str) -> impl IntoResponse + use<> {
    let media_type = match path.rsplit('.').next() {
        Some("html") => "text/html",
        Some("css") => "text/css",
        Some("js" | "mjs") => "text/javascript",
        Some("pdf") => "application/pdf",
        Some("svg") => "image/svg+xml",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    };
    let bytes = match path {
        "/viewer.html" => Some(include_bytes!("pdf_js/viewer.html").to_vec()),
        "/viewer.js" => Some(include_bytes!("pdf_js/viewer.js").to_vec()),
        "/document.pdf" => Some(document.to_vec()),
        _ => path
            .strip_prefix("/pdf_js/")
            .filter(|it| !it.contains(".."))
            .and_then(|it| std::fs::read(package.join(it)).ok()),
    };
    match bytes {
        Some(bytes) => (StatusCode::OK, [(CONTENT_TYPE, media_type)], bytes),
        None => (
            StatusCode::NOT_FOUND,
            [(CONTENT_TYPE, media_type)],
            Vec::new(),
        ),
    }
}
