//! Who is asking: a person with a session, or a program with a token.
//!
//! [`require_person`] and [`require_caller`] stand in front of whole routers, so a handler cannot
//! forget them; the extractors hand on what they found. Who came in by the door for Home Assistant is
//! known already (see [`super::ingress`]). A cookie alone changes nothing: a form must carry its
//! session's CSRF token, a script the same in a header, and both must come from this page's own origin.

pub mod password;
pub mod secret;
pub mod throttle;

use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::header::{AUTHORIZATION, COOKIE, HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::Response;
use jiff::{Timestamp, ToSpan};

use super::failure::Failure;
use super::{Household, WebState};
use crate::domain::document::Sha256Hash;
use crate::domain::journal::Actor;
use crate::domain::person::Person;
use crate::store::{Caller, Store, Viewer, people};

/// The cookie that carries a session's secret.
pub const SESSION_COOKIE: &str = "workmate_session";
/// How often the use of a session or token is written down, in minutes.
const TOUCH_MINUTES: i64 = 60;

/// A person with a session.
#[derive(Clone, Debug)]
pub struct CurrentPerson {
    /// Who.
    pub person: Person,
    /// What their forms must carry.
    pub csrf: String,
    /// The session's hash, for ending it.
    pub session: Sha256Hash,
}

impl CurrentPerson {
    /// On whose behalf the pages write.
    pub fn caller(&self) -> Caller {
        Caller::person(self.person.id, "web")
    }

    /// Who looks.
    pub const fn viewer(&self) -> Viewer {
        Viewer::Person(self.person.id)
    }
}

impl<S: Sync> FromRequestParts<S> for CurrentPerson {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or(Failure::NoSession)
    }
}

/// Whoever uses the API: a program with a token, or a person's browser.
#[derive(Clone, Debug)]
pub struct ApiCaller {
    /// On whose behalf it reads and writes.
    pub caller: Caller,
}

impl ApiCaller {
    /// Who looks.
    pub const fn viewer(&self) -> Viewer {
        self.caller.viewer
    }
}

impl<S: Sync> FromRequestParts<S> for ApiCaller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or(Failure::NoToken)
    }
}

/// Lets only people with a session pass, and only forms sent from our own pages.
pub async fn require_person(
    State(state): State<WebState>,
    mut request: Request,
    next: Next,
) -> Result<Response, Failure> {
    let known = request.extensions().get::<CurrentPerson>().cloned();
    let person = match known {
        Some(person) => person,
        None => person_of(&state, request.headers())
            .await?
            .ok_or(Failure::NoSession)?,
    };
    if is_change(request.method()) && !is_same_origin(request.headers()) {
        return Err(Failure::Forbidden);
    }
    request.extensions_mut().insert(person);
    Ok(next.run(request).await)
}

/// Lets programs with a token pass, and a person's browser if it sends the CSRF token with changes.
pub async fn require_caller(
    State(state): State<WebState>,
    mut request: Request,
    next: Next,
) -> Result<Response, Failure> {
    let headers = request.headers();
    let known = request.extensions().get::<CurrentPerson>().cloned();
    let caller = match (bearer(headers), known) {
        (Some(token), _) => caller_of_token(&state.store, token)
            .await?
            .ok_or(Failure::NoToken)?,
        (None, Some(person)) => caller_of(&person, request.method(), headers)?,
        (None, None) => {
            let person = person_of(&state, headers).await?.ok_or(Failure::NoToken)?;
            caller_of(&person, request.method(), headers)?
        }
    };
    request.extensions_mut().insert(ApiCaller { caller });
    Ok(next.run(request).await)
}

fn caller_of(
    person: &CurrentPerson,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Caller, Failure> {
    if is_change(method) {
        let sent = headers.get("x-csrf-token").and_then(|it| it.to_str().ok());
        let is_ours = sent.is_some_and(|it| secret::is_same(it, &person.csrf));
        if !is_ours || !is_same_origin(headers) {
            return Err(Failure::Forbidden);
        }
    }
    Ok(Caller::person(person.person.id, "api"))
}

/// The person whose session the cookie carries; the session lives on.
pub async fn person_of(
    state: &WebState,
    headers: &HeaderMap,
) -> Result<Option<CurrentPerson>, Failure> {
    let Some(secret) = cookie(headers, SESSION_COOKIE) else {
        return Ok(None);
    };
    let hash = secret::hash_of(secret);
    let store = &state.store;
    let session = store
        .read(Viewer::House, move |tx| people::session(tx, hash))
        .await?;
    let Some(session) = session else {
        return Ok(None);
    };
    let now = store.clock().now();
    if session.seen_at + TOUCH_MINUTES.minutes() < now {
        let caller = Caller::person(session.person.id, "web");
        let ends = session_end(now, &state.household);
        store
            .write(caller, move |tx| people::touch_session(tx, hash, ends))
            .await?;
    }
    Ok(Some(CurrentPerson {
        person: session.person,
        csrf: session.csrf,
        session: hash,
    }))
}

/// When a session ends that is used now.
pub fn session_end(now: Timestamp, household: &Household) -> Timestamp {
    now + (i64::from(household.session_days) * 24).hours()
}

async fn caller_of_token(store: &Store, token: &str) -> Result<Option<Caller>, Failure> {
    let hash = secret::hash_of(token);
    let token = store
        .read(Viewer::House, move |tx| people::token(tx, hash))
        .await?;
    let Some(token) = token else {
        return Ok(None);
    };
    let viewer = token.person.map_or(Viewer::House, Viewer::Person);
    let actor = Actor {
        name: token.id.to_string(),
        channel: "api".to_owned(),
    };
    let caller = Caller { actor, viewer };
    let now = store.clock().now();
    let is_noted = token
        .used_at
        .is_some_and(|it| it + TOUCH_MINUTES.minutes() > now);
    if !is_noted {
        let id = token.id;
        store
            .write(caller.clone(), move |tx| people::touch_token(tx, id))
            .await?;
    }
    Ok(Some(caller))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The value of a cookie.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let values = headers
        .get_all(COOKIE)
        .into_iter()
        .filter_map(|it| it.to_str().ok());
    let mut pairs = values
        .flat_map(|it| it.split(';'))
        .filter_map(|it| it.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

const fn is_change(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Whether a browser says that the request comes from this origin: by `Sec-Fetch-Site`, which only
/// secure pages send, else by `Origin`. What is no browser sends neither.
pub fn is_same_origin(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|it| it.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(ORIGIN.as_str()) else {
        return true;
    };
    let host = origin.split_once("://").map(|(_, host)| host);
    host.is_some() && host == text(HOST.as_str())
}

/// The fields of a form whose CSRF token was right.
#[derive(Clone, Debug, Default)]
pub struct CheckedForm(pub Fields);

impl<S: Send + Sync> FromRequest<S> for CheckedForm {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let person = request.extensions().get::<CurrentPerson>().cloned();
        let person = person.ok_or(Failure::NoSession)?;
        let fields = Fields::from_request(request, state).await?;
        let is_ours = fields
            .text("csrf")
            .is_some_and(|it| secret::is_same(it, &person.csrf));
        if is_ours {
            Ok(Self(fields))
        } else {
            Err(Failure::Forbidden)
        }
    }
}

/// The fields of a form as they came, in their order.
#[derive(Clone, Debug, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// The first field of that name, without spaces around it.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.trim())
    }

    /// The same, but nothing where it was left empty.
    pub fn filled(&self, name: &str) -> Option<&str> {
        self.text(name).filter(|it| !it.is_empty())
    }

    /// A password: as it was typed, spaces and all.
    pub fn verbatim(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// All fields of that name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.trim())
    }
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let body = axum::body::Bytes::from_request(request, state).await?;
        let fields = url::form_urlencoded::parse(&body).into_owned().collect();
        Ok(Self(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| {
            (
                name.parse().unwrap(),
                axum::http::HeaderValue::from_static(value),
            )
        });
        pairs.collect()
    }

    #[test]
    fn only_our_own_pages_change_something() {
        let same = |pairs: &[(&'static str, &'static str)]| is_same_origin(&headers(pairs));
        assert!(same(&[
            ("host", "nas.local:8080"),
            ("origin", "http://nas.local:8080")
        ]));
        assert!(!same(&[
            ("host", "nas.local:8080"),
            ("origin", "http://evil.example")
        ]));
        assert!(!same(&[("host", "nas.local:8080"), ("origin", "null")]));
        assert!(!same(&[("sec-fetch-site", "cross-site")]));
        assert!(!same(&[("sec-fetch-site", "same-site")]));
        assert!(same(&[("sec-fetch-site", "same-origin")]));
        assert!(same(&[]));
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let headers = headers(&[("cookie", "a=1; workmate_session=xyz; b=2")]);
        assert_eq!(cookie(&headers, SESSION_COOKIE), Some("xyz"));
        assert_eq!(cookie(&headers, "c"), None);
    }
}
