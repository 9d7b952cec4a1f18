//! What stands around every page: the person, their language and theme, the counts in the
//! navigation, and the one sentence that tells how the last change went.

use askama::Template;
use axum::extract::FromRequestParts;
use axum::http::header::{ACCEPT_LANGUAGE, LOCATION, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, civil::Date};

use super::api::tasks::AT_ONCE_MAX;
use super::auth::{CurrentPerson, cookie};
use super::failure::Failure;
use super::ingress::Embedded;
use super::texts::Texts;
use super::{Household, WebState, assets, words};
use crate::domain::id::TaskId;
use crate::domain::person::Language;
use crate::store::{documents, tasks};

/// In which language, zone and moment something is said.
#[derive(Clone, Debug)]
pub struct Locale {
    /// The language.
    pub language: Language,
    /// The household's zone.
    pub zone: TimeZone,
    /// The moment of the request.
    pub now: Timestamp,
}

impl Locale {
    /// The day it is in the household.
    pub fn today(&self) -> Date {
        self.now.to_zoned(self.zone.clone()).date()
    }

    /// The fixed sentences.
    pub fn texts(&self) -> &'static Texts {
        Texts::of(self.language)
    }

    /// A moment as a person says it.
    pub fn moment(&self, at: Timestamp) -> String {
        words::moment(self.language, at, self.now, &self.zone)
    }
}

/// One sentence about what has just happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flash {
    /// The sentence.
    pub text: &'static str,
    /// Something did not go as wished.
    pub is_warning: bool,
    /// The tasks whose answer can be taken back.
    pub reopen: Vec<TaskId>,
}

/// What happened, as the next page says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happened {
    /// Tasks were answered, and can be opened again.
    Answered(&'static str, Vec<TaskId>),
    /// Nothing was chosen that could have been answered.
    NothingChosen,
    /// Something was changed.
    Saved,
    /// Somebody else was faster.
    Outdated,
    /// A message is on its way.
    Sent,
    /// A document is in the trash.
    Trashed,
    /// Documents were taken.
    Accepted,
    /// A document is not read on.
    Cancelled,
}

impl Happened {
    fn cookie(&self) -> String {
        let value = match self {
            Self::Answered(answer, tasks) => {
                let ids: Vec<String> = tasks.iter().map(ToString::to_string).collect();
                format!("{answer}.{}", ids.join("."))
            }
            Self::NothingChosen => "nothing_chosen".to_owned(),
            Self::Saved => "saved".to_owned(),
            Self::Sent => "sent".to_owned(),
            Self::Outdated => "outdated".to_owned(),
            Self::Trashed => "trashed".to_owned(),
            Self::Accepted => "accepted".to_owned(),
            Self::Cancelled => "cancelled".to_owned(),
        };
        format!("flash={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=60")
    }

    fn flash(value: &str, t: &'static Texts) -> Option<Flash> {
        let (code, ids) = value.split_once('.').unwrap_or((value, ""));
        let ids = ids.split('.').take(AT_ONCE_MAX);
        let reopen = ids.filter_map(|it| it.parse().ok()).collect();
        let (text, is_warning) = match code {
            "done" => (t.was_done, false),
            "not_mine" => (t.was_not_mine, false),
            "later" => (t.was_put_off, false),
            "saved" => (t.was_saved, false),
            "sent" => (t.was_sent, false),
            "nothing_chosen" => (t.nothing_chosen, true),
            "trashed" => (t.was_trashed, false),
            "accepted" => (t.was_accepted, false),
            "cancelled" => (t.was_cancelled, false),
            "outdated" => (t.somebody_changed_it, true),
            _ => return None,
        };
        Some(Flash {
            text,
            is_warning,
            reopen,
        })
    }
}

/// What the frame of a page needs.
#[derive(Clone, Debug)]
pub struct Shell {
    /// The fixed sentences.
    pub t: &'static Texts,
    /// `dark`, `light`, or empty for the device's own.
    pub theme: &'static str,
    /// The person's name; nobody outside of the house.
    pub person: Option<String>,
    /// What forms carry.
    pub csrf: String,
    /// Where this page is, for coming back to it.
    pub next: String,
    /// The day after today, for choosing a day.
    pub tomorrow: String,
    /// Which part of the house.
    pub here: &'static str,
    /// Tasks that are due today or overdue.
    pub due: u64,
    /// Documents that are stuck.
    pub stuck: u64,
    /// Shown inside Home Assistant, which has its own login.
    pub is_embedded: bool,
    /// What has just happened.
    pub flash: Option<Flash>,
}

impl Shell {
    /// Around a page that nobody needs a session for.
    pub fn outside(language: Language, theme: &str) -> Self {
        Self {
            t: Texts::of(language),
            theme: theme_of(theme),
            person: None,
            csrf: String::new(),
            next: String::new(),
            tomorrow: String::new(),
            here: "",
            due: 0,
            stuck: 0,
            is_embedded: false,
            flash: None,
        }
    }

    /// The address of an asset with its version.
    #[expect(
        clippy::unused_self,
        reason = "templates reach functions through their values"
    )]
    pub fn asset(&self, name: &str) -> String {
        assets::address(name)
    }

    /// Whether this is the part of the house that is looked at.
    pub fn is_here(&self, part: &str) -> bool {
        self.here == part
    }

    /// The first letter of the person's name.
    pub fn initial(&self) -> String {
        let first = self.person.as_deref().and_then(|it| it.chars().next());
        first.map_or_else(String::new, |it| it.to_uppercase().to_string())
    }
}

fn theme_of(cookie: &str) -> &'static str {
    match cookie {
        "dark" => "dark",
        "light" => "light",
        _ => "",
    }
}

/// The frame of a person's page.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Whose.
    pub me: CurrentPerson,
    /// How it speaks.
    pub locale: Locale,
    /// What stands around it.
    pub shell: Shell,
}

impl FromRequestParts<WebState> for Frame {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &WebState) -> Result<Self, Failure> {
        let me = CurrentPerson::from_request_parts(parts, state).await?;
        let household = &state.household;
        let now = state.store.clock().now();
        let language = language_of(&parts.headers, me.person.language, household);
        let locale = Locale {
            language,
            zone: household.zone.clone(),
            now,
        };
        let today = locale.today();
        let counts = state.store.read(me.viewer(), move |tx| {
            Ok((tasks::pressing(tx, today)?, documents::stuck_count(tx)?))
        });
        let (due, stuck) = counts.await?;
        let t = locale.texts();
        let flash = cookie(&parts.headers, "flash").and_then(|it| Happened::flash(it, t));
        let shell = Shell {
            t,
            theme: theme_of(cookie(&parts.headers, "theme").unwrap_or_default()),
            person: Some(me.person.name.clone()),
            csrf: me.csrf.clone(),
            next: parts
                .uri
                .path_and_query()
                .map_or("/", |it| it.as_str())
                .to_owned(),
            tomorrow: today.saturating_add(1.day()).to_string(),
            here: part_of(parts.uri.path()),
            due,
            stuck,
            is_embedded: parts.extensions.get::<Embedded>().is_some(),
            flash,
        };
        Ok(Self { me, locale, shell })
    }
}

fn part_of(path: &str) -> &'static str {
    let first = path.trim_start_matches('/').split('/').next();
    match first.unwrap_or_default() {
        "" => "today",
        "documents" => "documents",
        "tasks" => "tasks",
        "system" | "senders" => "system",
        _ => "",
    }
}

/// The language of a person, else of their browser, else of the household.
pub fn language_of(headers: &HeaderMap, own: Option<Language>, household: &Household) -> Language {
    let accepted = || {
        let text = headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
        text.split(',').find_map(|part| {
            let tag = part.split(';').next()?.trim();
            let primary = tag.split('-').next()?;
            primary.to_ascii_lowercase().parse().ok()
        })
    };
    own.or_else(accepted).unwrap_or(household.language)
}

/// A page; what the last page wanted to say is said by now.
pub fn page<T: Template>(shell: &Shell, template: &T) -> Result<Response, Failure> {
    let html = template.render().map_err(Failure::broken)?;
    let mut response = Html(html).into_response();
    if shell.flash.is_some() {
        let gone = HeaderValue::from_static("flash=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
        response.headers_mut().append(SET_COOKIE, gone);
    }
    Ok(response)
}

/// On to another page of this house, which says what happened.
pub fn go(to: &str, happened: Option<&Happened>) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    let to = HeaderValue::from_str(inside(to)).unwrap_or(HeaderValue::from_static("/"));
    headers.insert(LOCATION, to);
    if let Some(value) = happened.and_then(|it| HeaderValue::from_str(&it.cookie()).ok()) {
        headers.append(SET_COOKIE, value);
    }
    response
}

/// `path` if it stays in this house, else the start.
pub fn inside(path: &str) -> &str {
    let second = path.as_bytes().get(1);
    let is_inside = path.starts_with('/') && !matches!(second, Some(b'/' | b'\\'));
    let is_plain = path
        .bytes()
        .all(|it| (0x21..0x7f).contains(&it) && it != b'\\');
    if is_inside && is_plain { path } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_never_leaves_the_house() {
        assert_eq!(inside("/tasks?show=open"), "/tasks?show=open");
        for path in [
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "",
            "/a\r\nb",
        ] {
            assert_eq!(inside(path), "/", "{path}");
        }
    }

    #[test]
    fn a_browser_names_its_languages_in_their_order() {
        let household = Household::for_testing();
        let mut headers = HeaderMap::new();
        assert_eq!(language_of(&headers, None, &household), Language::German);
        headers.insert(
            ACCEPT_LANGUAGE,
            HeaderValue::from_static("fr-FR, en-GB;q=0.8, de;q=0.5"),
        );
        assert_eq!(language_of(&headers, None, &household), Language::English);
        assert_eq!(
            language_of(&headers, Some(Language::German), &household),
            Language::German
        );
    }
}
