//! One collection of a calendar server (CalDAV, RFC 4791), into which due days are written. What others
//! write there is neither read nor touched.

use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, RequestBuilder};
use url::Url;

use super::SendError;
use super::http::{self, Http, Reached};
use super::push::judged;

/// For one request, answer included.
const PATIENCE: Duration = Duration::from_secs(30);

/// A collection on a server.
#[derive(Clone)]
pub struct Collection {
    http: Http,
    url: Url,
    credentials: Option<(String, String)>,
}

/// A password never shows.
impl std::fmt::Debug for Collection {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Collection")
            .field("host", &self.url.host_str())
            .finish_non_exhaustive()
    }
}

impl Collection {
    /// The collection at `url`, for a user with a password.
    pub const fn new(http: Http, url: Url, credentials: Option<(String, String)>) -> Self {
        Self {
            http,
            url,
            credentials,
        }
    }

    /// Writes the entry `name`, in place of the one that is there.
    pub async fn put(&self, name: &str, object: String) -> Result<(), SendError> {
        let reached = self.http.reach(&self.url, PATIENCE).await?;
        let request = self.request(&reached, Method::PUT, name);
        let request = request.header(CONTENT_TYPE, "text/calendar; charset=utf-8");
        let answer = request.body(object).send().await;
        judged(answer.map_err(|it| http::trouble(&it))?.status().as_u16())
    }

    /// Removes the entry `name`; one that is not there any more is removed.
    pub async fn remove(&self, name: &str) -> Result<(), SendError> {
        let reached = self.http.reach(&self.url, PATIENCE).await?;
        let answer = self.request(&reached, Method::DELETE, name).send().await;
        match answer.map_err(|it| http::trouble(&it))?.status().as_u16() {
            404 | 410 => Ok(()),
            status => judged(status),
        }
    }

    /// Whether the collection is there and may be written (RFC 3744).
    pub async fn check(&self) -> Result<(), SendError> {
        let reached = self.http.reach(&self.url, PATIENCE).await?;
        let method = Method::from_bytes(b"PROPFIND").unwrap_or(Method::OPTIONS);
        let request = self.request(&reached, method, "").header("Depth", "0");
        let answer = request.send().await.map_err(|it| http::trouble(&it))?;
        judged(answer.status().as_u16())
    }

    fn request(&self, reached: &Reached, method: Method, name: &str) -> RequestBuilder {
        let path = if name.is_empty() {
            "/".to_owned()
        } else {
            format!("/{name}.ics")
        };
        let request = reached.request(method, &path);
        match &self.credentials {
            Some((user, password)) => request.basic_auth(user, Some(password)),
            None => request,
        }
    }
}
