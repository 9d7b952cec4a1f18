//! In and out: login, the first login of a new house, logout.
//!
//! Whether a name exists shows neither in the answer nor in its time.

use std::net::{IpAddr, SocketAddr};

use askama::Template;
use axum::extract::{ConnectInfo, FromRequestParts, State};
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use serde::Deserialize;

use crate::domain::id::PersonId;
use crate::domain::person::Person;
use crate::store::{Caller, Error, Store, Viewer, people, search};
use crate::web::auth::throttle::Throttle;
use crate::web::auth::{self, CheckedForm, CurrentPerson, Fields, SESSION_COOKIE};
use crate::web::auth::{password, secret};
use crate::web::extract::{Asked, At};
use crate::web::failure::Failure;
use crate::web::frame::{Shell, go, inside, language_of, page};
use crate::web::{Household, WebState};

/// Letters of a name at the most.
const NAME_LETTERS_MAX: usize = 60;

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage<'a> {
    shell: &'a Shell,
    problem: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "first_login.html")]
struct FirstLoginPage<'a> {
    shell: &'a Shell,
    problem: Option<&'static str>,
    token: &'a str,
    name: &'a str,
}

#[derive(Template)]
#[template(path = "failure.html")]
struct DeadLinkPage<'a> {
    shell: &'a Shell,
    title: &'a str,
    detail: &'a str,
    hint: &'a str,
}

/// Where a login leads.
#[derive(Debug, Default, Deserialize)]
pub struct Wanted {
    #[serde(default)]
    next: String,
}

/// Where a request comes from, where the listener knows.
#[derive(Clone, Copy, Debug)]
pub struct Address(Option<IpAddr>);

impl<S: Sync> FromRequestParts<S> for Address {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(Self(peer.map(|it| it.0.ip())))
    }
}

/// `GET /login`
pub async fn show(
    State(state): State<WebState>,
    headers: HeaderMap,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Failure> {
    if auth::person_of(&state, &headers).await?.is_some() {
        return Ok(go(&wanted.next, None));
    }
    let shell = shell(&headers, &state.household, &wanted.next);
    page(
        &shell,
        &LoginPage {
            shell: &shell,
            problem: None,
        },
    )
}

/// `POST /login`
pub async fn log_in(
    State(state): State<WebState>,
    State(throttle): State<Throttle>,
    Address(address): Address,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Failure> {
    if !auth::is_same_origin(&headers) {
        return Err(Failure::Forbidden);
    }
    let next = fields.text("next").unwrap_or_default();
    let shell = shell(&headers, &state.household, next);
    let refuse = |status: StatusCode, problem: &'static str| {
        let page = page(
            &shell,
            &LoginPage {
                shell: &shell,
                problem: Some(problem),
            },
        );
        page.map(|mut response| {
            *response.status_mut() = status;
            response
        })
    };
    let name = fields.text("name").unwrap_or_default().to_owned();
    let folded: String = search::folded(&name)
        .chars()
        .take(NAME_LETTERS_MAX)
        .collect();
    let now = state.store.clock().now();
    if throttle.must_wait(address, &folded, now) {
        return refuse(StatusCode::TOO_MANY_REQUESTS, shell.t.login_too_often);
    }
    let typed = fields.verbatim("password").unwrap_or_default().to_owned();
    let Some(person) = person_with(&state.store, name, typed).await? else {
        throttle.failed(address, &folded, now);
        log::warn!("a login failed");
        return refuse(StatusCode::UNAUTHORIZED, shell.t.login_failed);
    };
    let cookie = open_session(&state, person.id, &headers).await?;
    log::info!(person:display = person.id; "somebody logged in");
    Ok(with_cookie(go(next, None), &cookie))
}

async fn person_with(
    store: &Store,
    name: String,
    typed: String,
) -> Result<Option<Person>, Failure> {
    let known = store.read(Viewer::House, move |tx| {
        let person = people::by_name(tx, &name)?;
        let stored = person
            .as_ref()
            .map(|it| people::password(tx, it.id))
            .transpose()?;
        Ok((person, stored.flatten()))
    });
    let (person, stored) = known.await?;
    // Too long a password is compared all the same, so that it takes as long as any other.
    let typed = if typed.len() > password::BYTES_MAX {
        String::new()
    } else {
        typed
    };
    let fits = password::matches(typed, stored).await?;
    Ok(person.filter(|_| fits))
}

/// Opens a session and returns the cookie that carries it.
async fn open_session(
    state: &WebState,
    person: PersonId,
    headers: &HeaderMap,
) -> Result<String, Failure> {
    let (secret, csrf) = (secret::new_secret(), secret::new_secret());
    let hash = secret::hash_of(&secret);
    let ends = auth::session_end(state.store.clock().now(), &state.household);
    let open =
        move |tx: &crate::store::WriteTx<'_>| people::open_session(tx, hash, person, &csrf, ends);
    state
        .store
        .write(Caller::person(person, "web"), open)
        .await?;
    let seconds = i64::from(state.household.session_days) * 24 * 3600;
    let secure = if is_secure(headers, &state.household) {
        "; Secure"
    } else {
        ""
    };
    Ok(format!(
        "{SESSION_COOKIE}={secret}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}"
    ))
}

fn is_secure(headers: &HeaderMap, household: &Household) -> bool {
    let forwarded = headers
        .get("x-forwarded-proto")
        .is_some_and(|it| it.as_bytes() == b"https");
    household.is_https || forwarded
}

fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(SET_COOKIE, value);
    }
    response
}

fn shell(headers: &HeaderMap, household: &Household, next: &str) -> Shell {
    let language = language_of(headers, None, household);
    let mut shell = Shell::outside(language, auth::cookie(headers, "theme").unwrap_or_default());
    inside(next).clone_into(&mut shell.next);
    shell
}

/// `GET /first-login/{token}`
pub async fn show_first(
    State(state): State<WebState>,
    headers: HeaderMap,
    At(token): At<String>,
) -> Result<Response, Failure> {
    let shell = shell(&headers, &state.household, "");
    if !is_alive(&state.store, &token).await? {
        return dead_link(&shell);
    }
    page(
        &shell,
        &FirstLoginPage {
            shell: &shell,
            problem: None,
            token: &token,
            name: "",
        },
    )
}

/// `POST /first-login/{token}`
pub async fn create_first(
    State(state): State<WebState>,
    At(token): At<String>,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Failure> {
    if !auth::is_same_origin(&headers) {
        return Err(Failure::Forbidden);
    }
    let shell = shell(&headers, &state.household, "");
    if !is_alive(&state.store, &token).await? {
        return dead_link(&shell);
    }
    let name = fields.text("name").unwrap_or_default();
    let typed = fields.verbatim("password").unwrap_or_default();
    if let Some(problem) = problem_with(&shell, name, typed) {
        let first = FirstLoginPage {
            shell: &shell,
            problem: Some(problem),
            token: &token,
            name,
        };
        let mut response = page(&shell, &first)?;
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
        return Ok(response);
    }
    let hash = password::hash(typed.to_owned()).await?;
    let (name, link) = (name.to_owned(), secret::hash_of(&token));
    let create = move |tx: &crate::store::WriteTx<'_>| {
        // Two people may hold the same link: the second finds it dead in this very transaction.
        if !people::is_first_login(tx, link)? {
            return Err(Error::missing("first-login link", ""));
        }
        people::create(tx, &name, &hash, None)
    };
    let person = match state
        .store
        .write(Caller::house("first login", "web"), create)
        .await
    {
        Ok(person) => person,
        Err(Error::Missing { .. }) => return dead_link(&shell),
        Err(error) => return Err(error.into()),
    };
    log::info!(person:display = person.id; "the first person moved in");
    let cookie = open_session(&state, person.id, &headers).await?;
    Ok(with_cookie(go("/", None), &cookie))
}

fn problem_with(shell: &Shell, name: &str, password: &str) -> Option<&'static str> {
    if name.is_empty() || name.chars().count() > NAME_LETTERS_MAX {
        return Some(shell.t.name_missing);
    }
    let is_too_short = password.chars().count() < password::LETTERS_MIN;
    let is_bad = is_too_short || password.len() > password::BYTES_MAX;
    is_bad.then_some(shell.t.password_too_short)
}

async fn is_alive(store: &Store, token: &str) -> Result<bool, Failure> {
    let hash = secret::hash_of(token);
    Ok(store
        .read(Viewer::House, move |tx| people::is_first_login(tx, hash))
        .await?)
}

fn dead_link(shell: &Shell) -> Result<Response, Failure> {
    let (title, hint) = (shell.t.link_dead, shell.t.link_dead_hint);
    let mut response = page(
        shell,
        &DeadLinkPage {
            shell,
            title,
            detail: "",
            hint,
        },
    )?;
    *response.status_mut() = StatusCode::NOT_FOUND;
    Ok(response)
}

/// `POST /logout`
pub async fn log_out(
    State(store): State<Store>,
    person: CurrentPerson,
    _form: CheckedForm,
) -> Result<Response, Failure> {
    let hash = person.session;
    store
        .write(person.caller(), move |tx| people::close_session(tx, hash))
        .await?;
    let gone = format!("{SESSION_COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
    let mut response = with_cookie(go("/login", None), &gone);
    response
        .headers_mut()
        .insert("clear-site-data", HeaderValue::from_static("\"cache\""));
    Ok(response)
}
