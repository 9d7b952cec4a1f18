//! Answers by a link in a message: no login, one task, one answer, once.
//!
//! Looking at the page changes nothing, since scanners of mail open every link; only the button on it
//! does. The link itself is the right to answer, so it is told to nobody: no referrer leaves this page.

use askama::Template;
use axum::extract::State;
use axum::http::header::REFERRER_POLICY;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;

use super::one_task::next_morning;
use crate::domain::task::{AnswerKind, Status, Task};
use crate::store::links::{self, Claim, Dead};
use crate::store::{Caller, Error, Viewer, WriteTx, tasks};
use crate::web::extract::At;
use crate::web::failure::Failure;
use crate::web::frame::{Locale, Shell, language_of, page};
use crate::web::{WebState, auth, words};

#[derive(Template)]
#[template(path = "answer.html")]
struct AnswerPage<'a> {
    shell: &'a Shell,
    token: &'a str,
    title: String,
    when: String,
    label: &'static str,
    is_done: bool,
    status: &'static str,
}

#[derive(Template)]
#[template(path = "failure.html")]
struct DeadPage<'a> {
    shell: &'a Shell,
    title: &'a str,
    detail: &'a str,
    hint: &'a str,
}

/// `GET /answer/{token}`: says what the button would do.
pub async fn show(
    State(state): State<WebState>,
    headers: HeaderMap,
    At(token): At<String>,
) -> Result<Response, Failure> {
    let sent = token.clone();
    let look = move |tx: &crate::store::ReadTx<'_>| {
        let opened = links::open(tx, &sent)?;
        opened.map_or_else(|dead| Ok(Err(dead)), |claim| with_task(tx, claim))
    };
    match state.store.read(Viewer::House, look).await? {
        Ok((claim, task)) => shown(&state, &headers, &token, (claim.answer, &task)),
        Err(dead) => refused(&state, &headers, dead),
    }
}

/// `POST /answer/{token}`: answers, and uses the link up.
pub async fn answer(
    State(state): State<WebState>,
    headers: HeaderMap,
    At(token): At<String>,
) -> Result<Response, Failure> {
    let morning = next_morning(&state.household, state.store.clock().now());
    let sent = token.clone();
    let opened = state
        .store
        .read(Viewer::House, move |tx| links::open(tx, &sent))
        .await?;
    let claim = match opened {
        Ok(claim) => claim,
        Err(dead) => return refused(&state, &headers, dead),
    };
    let caller = match claim.person {
        Some(person) => Caller::person(person, "mail"),
        None => Caller::house("mail", "mail"),
    };
    let sent = token.clone();
    let write = move |tx: &WriteTx<'_>| links::follow(tx, &sent, morning);
    match state.store.write(caller, write).await? {
        Ok((_, task)) => {
            state.wake.task_changed();
            said(&state, &headers, &task)
        }
        Err(dead) => refused(&state, &headers, dead),
    }
}

fn with_task(
    tx: &crate::store::ReadTx<'_>,
    claim: Claim,
) -> Result<Result<(Claim, Task), Dead>, Error> {
    match tasks::by_id(tx, claim.task) {
        Ok(task) => Ok(Ok((claim, task))),
        Err(Error::Missing { .. }) => Ok(Err(Dead::Old)),
        Err(error) => Err(error),
    }
}

fn shell(state: &WebState, headers: &HeaderMap) -> (Shell, Locale) {
    let language = language_of(headers, None, &state.household);
    let theme = auth::cookie(headers, "theme").unwrap_or_default();
    let locale = Locale {
        language,
        zone: state.household.zone.clone(),
        now: state.store.clock().now(),
    };
    (Shell::outside(language, theme), locale)
}

fn shown(
    state: &WebState,
    headers: &HeaderMap,
    token: &str,
    (kind, task): (AnswerKind, &Task),
) -> Result<Response, Failure> {
    let (shell, locale) = shell(state, headers);
    let t = locale.texts();
    let label = match kind {
        AnswerKind::Done => t.done,
        AnswerKind::Later => t.later_tomorrow,
        AnswerKind::NotMine => t.not_mine,
    };
    let is_open = task.status == Status::Open;
    let template = AnswerPage {
        shell: &shell,
        token,
        title: task.title.clone(),
        when: when(&locale, task),
        label,
        is_done: !is_open,
        status: words::status(locale.language, task.status),
    };
    Ok(untold(page(&shell, &template)?))
}

fn said(state: &WebState, headers: &HeaderMap, task: &Task) -> Result<Response, Failure> {
    let (shell, locale) = shell(state, headers);
    let t = locale.texts();
    let status = match task.later_until {
        Some(until) if task.status == Status::Open => {
            format!("{}: {}", t.put_off, locale.moment(until))
        }
        _ => words::status(locale.language, task.status).to_owned(),
    };
    let template = DeadPage {
        shell: &shell,
        title: t.thank_you,
        detail: &task.title,
        hint: &status,
    };
    Ok(untold(page(&shell, &template)?))
}

fn when(locale: &Locale, task: &Task) -> String {
    let Some(due) = task.due else {
        return String::new();
    };
    let day = words::long_day(locale.language, due);
    match task.due_time {
        Some(hour) => format!("{day}, {}", words::hour(locale.language, hour)),
        None => day,
    }
}

fn refused(state: &WebState, headers: &HeaderMap, dead: Dead) -> Result<Response, Failure> {
    let (shell, locale) = shell(state, headers);
    let t = locale.texts();
    let (detail, hint) = match dead {
        Dead::Spent => (t.link_spent, t.link_log_in),
        Dead::Old => (t.link_old, t.link_log_in),
        Dead::Foreign => (t.link_foreign, t.link_log_in),
    };
    let template = DeadPage {
        shell: &shell,
        title: t.link_dead,
        detail,
        hint,
    };
    let mut response = untold(page(&shell, &template)?);
    *response.status_mut() = match dead {
        Dead::Spent | Dead::Old => StatusCode::GONE,
        Dead::Foreign => StatusCode::NOT_FOUND,
    };
    Ok(response)
}

/// The address of this page is a secret.
fn untold(mut response: Response) -> Response {
    let nobody = HeaderValue::from_static("no-referrer");
    response.headers_mut().insert(REFERRER_POLICY, nobody);
    response
}
