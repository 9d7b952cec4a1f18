//! The door for Home Assistant: workmate in its sidebar, behind its login.
//!
//! The Supervisor has asked who it is and says so in headers, so a listener of its own takes them from
//! the Supervisor alone. Everything here lies under a path that Home Assistant chose, the prefix: pages
//! are made as everywhere, and on their way out their addresses, redirects and cookies get the prefix.
//! Who logs in there is a person of this household if their account is known, or once by their name;
//! everybody else is a guest, who is told who can let them in, and nothing more.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{
    CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, LOCATION, REFERER, SET_COOKIE,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{Html, IntoResponse, Response};
use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::auth::{CurrentPerson, secret};
use super::failure::Failure;
use super::frame::{Shell, language_of};
use super::{Routes, WebState, assets, closing, house, layers};
use crate::domain::person::Person;
use crate::store::{Caller, Viewer, WriteTx, people, random_bytes};

/// Bytes of a page at the most.
const PAGE_BYTES_MAX: usize = 16 << 20;
/// Home Assistant shows us in a frame of its own page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; form-action 'self'; frame-ancestors 'self'; base-uri 'none'";
/// What begins an address in our pages. What people typed cannot look so: its quotes are escaped.
const ATTRIBUTES: [&str; 3] = ["href=\"/", "action=\"/", "src=\"/"];
/// Where scripts find the prefix.
const BASE: &str = "<meta name=\"base\" content=\"";

/// Marks what came in by this door.
#[derive(Clone, Copy, Debug)]
pub struct Embedded;

/// Who may knock, and what forms are signed with.
#[derive(Clone)]
struct Door {
    state: WebState,
    allow: Arc<[IpAddr]>,
    /// New with each start: a page that was open before is loaded anew.
    key: [u8; 32],
}

/// An account of Home Assistant, as the Supervisor names it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Account {
    id: String,
    /// What it is called: first as it is shown, then as it logs in.
    names: Vec<String>,
}

#[derive(Template)]
#[template(path = "guest.html")]
struct GuestPage {
    shell: Shell,
    name: String,
    id: String,
}

/// The whole web, for Home Assistant at one of `allow`.
pub fn router(state: WebState, allow: Vec<IpAddr>) -> Router {
    let door = Door {
        allow: allow.into(),
        key: random_bytes(),
        state: state.clone(),
    };
    let doors = Routes::default().get("/assets/{*name}", assets::serve);
    house(&state, doors)
        .layer(from_fn_with_state(door, pass))
        .layer(from_fn(layers::headers))
        .layer(layers::no_panic())
        .with_state(state)
}

/// Serves it until the house closes.
pub async fn serve(listener: tokio::net::TcpListener, state: WebState, allow: Vec<IpAddr>) {
    let stop = state.stop.clone();
    closing::serve(listener, router(state, allow), stop).await;
}

async fn pass(
    State(door): State<Door>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    if !door.allow.contains(&peer.ip().to_canonical()) {
        log::warn!(peer:display; "somebody else than the Supervisor knocked at the door for Home Assistant");
        return StatusCode::FORBIDDEN.into_response();
    }
    let Some(prefix) = prefix(request.headers()) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let is_asset = request.uri().path().starts_with("/assets/");
    let account = account(request.headers());
    let response = match person_of(&door, account.as_ref()).await {
        Ok(Some(person)) => {
            let csrf = door.csrf(&person);
            let session = secret::hash_of(&csrf);
            let own = CurrentPerson {
                person,
                csrf,
                session,
            };
            request.extensions_mut().insert(own);
            request.extensions_mut().insert(Embedded);
            as_if_direct(request.headers_mut(), &prefix);
            next.run(request).await
        }
        Ok(None) if is_asset => next.run(request).await,
        Ok(None) => guest(&door, request.headers(), account),
        Err(failure) => failure.into_response(),
    };
    translated(response, &prefix).await
}

/// Names the host and the page before as they were without Home Assistant in between.
fn as_if_direct(headers: &mut HeaderMap, prefix: &str) {
    if let Some(host) = headers.get("x-forwarded-host").cloned() {
        headers.insert(HOST, host);
    }
    let before = headers.get(REFERER).and_then(|it| it.to_str().ok());
    let before = before.map(|it| HeaderValue::from_str(&it.replacen(prefix, "", 1)));
    if let Some(Ok(before)) = before {
        headers.insert(REFERER, before);
    }
}

impl Door {
    /// What a person's forms must carry.
    fn csrf(&self, person: &Person) -> String {
        match Hmac::<Sha256>::new_from_slice(&self.key) {
            Ok(mut mac) => {
                mac.update(person.id.to_string().as_bytes());
                BASE64URL_NOPAD.encode(&mac.finalize().into_bytes())
            }
            // A key of any length is taken (RFC 2104); were it not, no form would be.
            Err(_) => secret::new_secret(),
        }
    }
}

/// `/api/hassio_ingress/` and the word that Home Assistant has for us.
fn prefix(headers: &HeaderMap) -> Option<String> {
    let path = headers.get("x-ingress-path")?.to_str().ok()?;
    let word = path.strip_prefix("/api/hassio_ingress/")?;
    let is_plain = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_');
    (!word.is_empty() && word.bytes().all(is_plain)).then(|| path.to_owned())
}

fn account(headers: &HeaderMap) -> Option<Account> {
    let text = |name: &str| {
        let value = headers.get(name)?;
        let text = String::from_utf8_lossy(value.as_bytes()).trim().to_owned();
        (!text.is_empty() && text.len() <= 200).then_some(text)
    };
    let names = ["x-remote-user-display-name", "x-remote-user-name"];
    Some(Account {
        id: text("x-remote-user-id")?,
        names: names.into_iter().filter_map(text).collect(),
    })
}

/// The person whose account it is. By its name an account is known once; from then on it is that
/// account, whatever it is called.
async fn person_of(door: &Door, account: Option<&Account>) -> Result<Option<Person>, Failure> {
    let Some(account) = account.cloned() else {
        return Ok(None);
    };
    let (store, id) = (&door.state.store, account.id.clone());
    let known = store
        .read(Viewer::House, move |tx| people::of_account(tx, &id))
        .await?;
    if known.is_some() {
        return Ok(known);
    }
    let caller = Caller::house("home_assistant", "ingress");
    let link = move |tx: &WriteTx<'_>| {
        for name in &account.names {
            if let Some(person) = people::without_account(tx, name)? {
                people::link_account(tx, person.id, &account.id)?;
                return Ok(Some(person));
            }
        }
        Ok(None)
    };
    Ok(store.write(caller, link).await?)
}

fn guest(door: &Door, headers: &HeaderMap, account: Option<Account>) -> Response {
    let language = language_of(headers, None, &door.state.household);
    let (name, id) = account.map_or_else(Default::default, |it| {
        (it.names.into_iter().next().unwrap_or_default(), it.id)
    });
    let shell = Shell::outside(language, "");
    match (GuestPage { shell, name, id }).render() {
        Ok(html) => (StatusCode::FORBIDDEN, Html(html)).into_response(),
        Err(error) => Failure::broken(error).into_response(),
    }
}

/// The answer as it is right under `prefix`.
async fn translated(response: Response, prefix: &str) -> Response {
    let (mut parts, body) = response.into_parts();
    let headers = &mut parts.headers;
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    let location = headers.get(LOCATION).and_then(|it| it.to_str().ok());
    if let Some(to) = location.filter(|it| it.starts_with('/'))
        && let Ok(to) = HeaderValue::from_str(&format!("{prefix}{to}"))
    {
        headers.insert(LOCATION, to);
    }
    let cookies: Vec<String> = headers
        .get_all(SET_COOKIE)
        .iter()
        .filter_map(|it| {
            Some(
                it.to_str()
                    .ok()?
                    .replace("; Path=/;", &format!("; Path={prefix}/;")),
            )
        })
        .collect();
    headers.remove(SET_COOKIE);
    for cookie in cookies {
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            headers.append(SET_COOKIE, cookie);
        }
    }
    let is_page = headers
        .get(CONTENT_TYPE)
        .is_some_and(|it| it.as_bytes().starts_with(b"text/html"));
    if !is_page {
        return Response::from_parts(parts, body);
    }
    headers.remove(CONTENT_LENGTH);
    let page = match to_bytes(body, PAGE_BYTES_MAX).await {
        Ok(page) => page,
        Err(error) => return Failure::broken(error).into_response(),
    };
    let page = prefixed(&String::from_utf8_lossy(&page), prefix);
    Response::from_parts(parts, Body::from(page))
}

fn prefixed(page: &str, prefix: &str) -> String {
    let page = page.replace(BASE, &format!("{BASE}{prefix}"));
    ATTRIBUTES.iter().fold(page, |page, it| {
        let attribute = it.trim_end_matches('/');
        page.replace(it, &format!("{attribute}{prefix}/"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            (name.parse().unwrap(), value)
        });
        pairs.collect()
    }

    #[test]
    fn a_prefix_is_what_home_assistant_says_and_nothing_else() {
        let of = |path| prefix(&headers(&[("x-ingress-path", path)]));
        let usual = "/api/hassio_ingress/iO3-_a9";
        assert_eq!(of(usual).as_deref(), Some(usual));
        for path in [
            "",
            "/",
            "/api/hassio_ingress/",
            "/api/hassio_ingress/a/b",
            "/api/hassio_ingress/a\"b",
            "//evil.example/api/hassio_ingress/a",
            "/api/hassio_ingress/ä",
        ] {
            assert_eq!(of(path), None, "{path}");
        }
        assert_eq!(prefix(&HeaderMap::new()), None);
    }

    #[test]
    fn every_address_of_a_page_gets_the_prefix_and_no_text_does() {
        let page = "<meta name=\"base\" content=\"\"><a href=\"/tasks\">href=&quot;/x&quot;</a>\
                    <use href=\"#i-add\"/><form action=\"/tasks\"><img src=\"/a.png\">\
                    <a href=\"https://example.org/\">";
        assert_eq!(
            prefixed(page, "/p"),
            "<meta name=\"base\" content=\"/p\"><a href=\"/p/tasks\">href=&quot;/x&quot;</a>\
             <use href=\"#i-add\"/><form action=\"/p/tasks\"><img src=\"/p/a.png\">\
             <a href=\"https://example.org/\">"
        );
    }

    #[test]
    fn an_account_has_an_id_and_perhaps_names() {
        let named = headers(&[
            ("x-remote-user-id", "abc"),
            ("x-remote-user-name", "anna"),
            ("x-remote-user-display-name", "Änne"),
        ]);
        let account = account(&named).unwrap();
        assert_eq!(account.names, ["Änne", "anna"]);
        let nameless = headers(&[("x-remote-user-name", "anna")]);
        assert_eq!(super::account(&nameless), None);
    }
}
