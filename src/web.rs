//! The web: pages for people, an API for programs, both thin over the store.
//!
//! Every route stands in this file. Pages are behind [`auth::require_person`], the API behind
//! [`auth::require_caller`]; what is open to everybody is the short list in [`doors`]. Nothing from
//! outside is loaded, nothing inline runs: the content security policy says so to the browser.

pub mod api;
mod assets;
pub mod auth;
mod cards;
mod closing;
mod corrections;
pub mod events;
mod extract;
pub mod failure;
mod family;
pub mod feeds;
mod files;
mod frame;
pub mod ingress;
mod layers;
mod pages;
mod pulse;
mod texts;
mod uploads;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRef};
use axum::handler::Handler;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use tokio_util::sync::CancellationToken;
use utoipa::OpenApi;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;

use crate::config::Config;
use crate::domain::deadline::Region;
use crate::domain::delivery::ChannelName;
use crate::domain::person::Language;
use crate::domain::service_level::Promises;
use crate::store::Store;
use crate::work::archive::Archive;
use crate::work::intake::Intake;
use crate::work::updates::Updates;
use crate::work::{Board, Readings, Wake};

use auth::throttle::Throttle;
use events::Listeners;
use pages::{
    answer_link, documents, home_assistant, login, me, one_document, one_task, preferences,
    senders, system, tasks, today, update,
};

/// Bytes of a body that is no upload.
const BODY_BYTES_MAX: usize = 256 << 10;
/// Documents of the largest size that one upload can hold.
const UPLOAD_DOCUMENTS_MAX: u64 = 8;

/// What the web must know of the household.
#[derive(Clone, Debug)]
pub struct Household {
    /// In which days begin and end.
    pub zone: TimeZone,
    /// Of pages, until a person or their browser says otherwise.
    pub language: Language,
    /// The hour at which the house speaks.
    pub morning: Time,
    /// Days after which an unused session ends.
    pub session_days: u32,
    /// Browsers reach the house by `https://`, so cookies need never travel in the clear.
    pub is_https: bool,
    /// How browsers reach the house, without a slash at its end.
    pub base_url: String,
    /// Whose holidays and currency are meant.
    pub region: Region,
    /// What it promises itself.
    pub promises: Arc<Promises>,
}

impl Household {
    /// A household in Berlin that gets up at eight.
    pub fn for_testing() -> Self {
        let zone = TimeZone::get("Europe/Berlin").unwrap_or(TimeZone::UTC);
        let promises = Promises {
            levels: Config::default().service_levels().unwrap_or_default(),
            region: Region::new("DE"),
            zone: zone.clone(),
        };
        Self {
            promises: Arc::new(promises),
            zone,
            language: Language::German,
            morning: Time::constant(8, 0, 0, 0),
            session_days: 30,
            is_https: false,
            base_url: "http://127.0.0.1:8420".to_owned(),
            region: Region::new("DE"),
        }
    }
}

/// Tells whether the broker is there.
#[derive(Clone)]
pub struct BrokerLamp(Arc<dyn Fn() -> Option<bool> + Send + Sync>);

impl BrokerLamp {
    /// A lamp that asks `look`: `None` where no broker is configured.
    pub fn new(look: impl Fn() -> Option<bool> + Send + Sync + 'static) -> Self {
        Self(Arc::new(look))
    }

    /// Whether the broker is there; `None` where none is configured.
    pub fn is_connected(&self) -> Option<bool> {
        (self.0)()
    }
}

/// How it stands with Home Assistant's own API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HomeState {
    /// Connected.
    There,
    /// Connected, but not told of taps on notifications.
    Deaf,
    /// It does not know the token.
    Refused,
    /// Not connected, and why.
    Away(String),
}

/// Tells how it stands with Home Assistant; `None` where it is not configured.
pub type HomeLamp = Arc<dyn Fn() -> Option<HomeState> + Send + Sync>;

/// What the house says about itself.
#[derive(Clone)]
pub struct About {
    /// The program's version.
    pub version: String,
    /// What reads the documents.
    pub engine: String,
    /// When the program was started.
    pub started_at: Timestamp,
    /// Whether the broker is there.
    pub broker: BrokerLamp,
    /// How it stands with Home Assistant.
    pub home: HomeLamp,
    /// How the broker is spoken to; its address, which may hold a password, left out.
    pub mqtt: crate::config::Mqtt,
    /// The ways to people and machines that are configured.
    pub channels: Vec<ChannelName>,
    /// The language model's name, where one is asked.
    pub model: Option<String>,
    /// How the box takes updates, where workmate is an image of its own.
    pub updates: Option<Updates>,
}

/// All that the handlers use.
#[derive(Clone, FromRef)]
pub struct WebState {
    /// The house's memory.
    pub store: Store,
    /// The one door for documents.
    pub intake: Intake,
    /// Who makes searchable PDFs.
    pub archive: Archive,
    /// The workers' bells.
    pub wake: Wake,
    /// What each worker last did.
    pub board: Board,
    /// The documents that are being read.
    pub readings: Readings,
    /// Where and how the household lives.
    pub household: Household,
    /// What the house says about itself.
    pub about: About,
    /// Who failed to log in.
    pub throttle: Throttle,
    /// Room for listeners to events.
    pub listeners: Listeners,
    /// The house is closing: open streams end.
    pub stop: CancellationToken,
}

/// The whole web.
pub fn router(state: WebState) -> Router {
    house(&state, doors())
        .merge(pulses().router)
        .merge(counted(&state))
        .layer(from_fn(layers::headers))
        .layer(layers::compression())
        .layer(layers::no_panic())
        .with_state(state)
}

/// What a program with a token counts by.
fn counted(state: &WebState) -> Router<WebState> {
    let caller = from_fn_with_state(state.clone(), auth::require_caller);
    counters().router.route_layer(caller)
}

/// Every room behind `doors`, and the API.
fn house(state: &WebState, doors: Routes) -> Router<WebState> {
    let with = || state.clone();
    let upload = DefaultBodyLimit::max(upload_bytes_max(state));
    let rooms = rooms(upload)
        .router
        .route_layer(from_fn_with_state(with(), auth::require_person));
    let people = rooms
        .merge(doors.router)
        .fallback(failure::nothing_here)
        .method_not_allowed_fallback(failure::wrong_method)
        .layer(from_fn_with_state(with(), failure::page_for_people));
    let (api, _) = api(upload).split_for_parts();
    let programs = api
        .route_layer(from_fn_with_state(with(), auth::require_caller))
        .method_not_allowed_fallback(failure::wrong_method);
    let unknown = Router::new().fallback(failure::nothing_here);
    people
        .merge(programs)
        .nest("/api", unknown)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

/// What a person with a session may reach.
fn rooms(upload: DefaultBodyLimit) -> Routes {
    Routes::default()
        .get("/", today::show)
        .get("/documents", documents::list)
        .post("/documents", documents::add.layer(upload))
        .get("/documents/{id}", one_document::show)
        .get("/documents/{id}/original", one_document::original)
        .get("/documents/{id}/archive", one_document::archive)
        .get("/documents/{id}/thumbnail", one_document::thumbnail)
        .get(
            "/documents/{id}/pages/{number}/preview",
            one_document::preview,
        )
        .post("/documents/{id}/findings", one_document::correct)
        .post("/documents/{id}/delete", one_document::delete)
        .post("/documents/{id}/restore", one_document::restore)
        .post("/documents/{id}/retry", one_document::retry)
        .post("/documents/{id}/cancel", one_document::cancel)
        .get("/tasks", tasks::list)
        .post("/tasks", tasks::create)
        .post("/tasks/answers", tasks::answer_all)
        .post("/tasks/reopen", tasks::reopen_all)
        .get("/tasks/{id}", one_task::show)
        .post("/tasks/{id}", one_task::edit)
        .post("/tasks/{id}/answer", one_task::answer)
        .post("/tasks/{id}/acknowledge", one_task::acknowledge)
        .post("/tasks/{id}/mute", one_task::mute)
        .post("/tasks/{id}/reopen", one_task::reopen)
        .post("/tasks/{id}/delete", one_task::delete)
        .post("/tasks/{id}/comments", one_task::comment)
        .post("/tasks/{id}/steps/{number}", one_task::tick)
        .post("/tasks/{id}/attachments", one_task::attach.layer(upload))
        .get("/senders", senders::show)
        .post("/senders/{id}/forget", senders::forget)
        .post("/senders/examples/{id}/forget", senders::forget_example)
        .get("/system", system::show)
        .post("/system/quiet", system::set_quiet)
        .post(
            "/system/update",
            update::take.layer(DefaultBodyLimit::disable()),
        )
        .get("/system/home-assistant", home_assistant::show)
        .post("/preferences", preferences::change)
        .get("/me", me::show)
        .post("/me", me::change)
        .post("/me/test", me::test)
        .post("/me/calendar", me::open_calendar)
        .post("/me/calendar/close", me::close_calendar)
        .post("/logout", login::log_out)
}

/// What everybody may reach.
fn doors() -> Routes {
    Routes::default()
        .get("/login", login::show)
        .post("/login", login::log_in)
        .get("/first-login/{token}", login::show_first)
        .post("/first-login/{token}", login::create_first)
        .get("/answer/{token}", answer_link::show)
        .post("/answer/{token}", answer_link::answer)
        .get("/page/{token}", files::page)
        .get("/calendar/{token}", feeds::show)
        .get("/assets/{*name}", assets::serve)
}

/// What a container or a service manager asks; it tells nothing but yes or no.
fn pulses() -> Routes {
    Routes::default().get("/health", pulse::health)
}

/// What a program with a token may reach beside the API.
fn counters() -> Routes {
    Routes::default().get("/metrics", pulse::metrics)
}

/// What a program with a token may reach; each handler's `#[utoipa::path]` says method and path.
fn api(upload: DefaultBodyLimit) -> OpenApiRouter<WebState> {
    use api::{documents, house, parties, reminders, tasks};
    let routes = OpenApiRouter::new()
        .routes(routes!(documents::list))
        .routes(routes!(documents::upload).layer(upload))
        .routes(routes!(
            documents::one,
            documents::change,
            documents::delete
        ))
        .routes(routes!(documents::restore))
        .routes(routes!(documents::retry))
        .routes(routes!(documents::cancel))
        .routes(routes!(documents::original))
        .routes(routes!(documents::archive))
        .routes(routes!(documents::thumbnail))
        .routes(routes!(documents::preview))
        .routes(routes!(tasks::list, tasks::create))
        .routes(routes!(tasks::one, tasks::change, tasks::delete))
        .routes(routes!(tasks::answer))
        .routes(routes!(tasks::acknowledge))
        .routes(routes!(tasks::mute))
        .routes(routes!(tasks::answer_all))
        .routes(routes!(tasks::reopen))
        .routes(routes!(tasks::counts))
        .routes(routes!(tasks::tick))
        .routes(routes!(tasks::comment))
        .routes(routes!(tasks::history))
        .routes(routes!(reminders::list))
        .routes(routes!(parties::list))
        .routes(routes!(parties::forget))
        .routes(routes!(parties::forget_example))
        .routes(routes!(house::events))
        .routes(routes!(house::system))
        .routes(routes!(house::openapi));
    OpenApiRouter::with_openapi(Description::openapi()).nest("/api/v1", routes)
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "workmate",
        description = "A household's paperwork: documents in, tasks and reminders out.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    security(("token" = [])),
)]
struct Description;

/// The OpenAPI 3.1 description of the API, as JSON.
pub fn openapi() -> String {
    let mut description = api(DefaultBodyLimit::disable()).into_openapi();
    let mut components = description.components.take().unwrap_or_default();
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    components.add_security_scheme("token", bearer);
    description.components = Some(components);
    description.to_pretty_json().unwrap_or_else(|error| {
        log::error!(error:display; "the description of the API could not be written");
        "{}".to_owned()
    })
}

fn upload_bytes_max(state: &WebState) -> usize {
    let bytes = state
        .intake
        .bytes_max()
        .saturating_mul(UPLOAD_DOCUMENTS_MAX);
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

/// A way into the house: its method and its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Way {
    /// `GET`, `POST`.
    pub method: &'static str,
    /// With its parameters in braces.
    pub path: &'static str,
}

/// Every way of the pages, with whether it is open to everybody; the API's ways stand in
/// [`openapi`]. From the very lists that make the router, so that no route escapes a test.
pub fn ways() -> Vec<(Way, bool)> {
    let closed = rooms(DefaultBodyLimit::disable())
        .ways
        .into_iter()
        .chain(counters().ways);
    let open = doors().ways.into_iter().chain(pulses().ways);
    closed
        .map(|it| (it, false))
        .chain(open.map(|it| (it, true)))
        .collect()
}

/// Routes that can be listed.
#[derive(Default)]
struct Routes {
    router: Router<WebState>,
    ways: Vec<Way>,
}

impl Routes {
    fn get<H, T>(mut self, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, WebState>,
        T: 'static,
    {
        self.ways.push(Way {
            method: "GET",
            path,
        });
        self.router = self.router.route(path, get(handler));
        self
    }

    fn post<H, T>(mut self, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, WebState>,
        T: 'static,
    {
        self.ways.push(Way {
            method: "POST",
            path,
        });
        self.router = self.router.route(path, post(handler));
        self
    }
}

/// Serves the web until the house closes.
pub async fn serve(listener: tokio::net::TcpListener, state: WebState) {
    let stop = state.stop.clone();
    closing::serve(listener, router(state), stop).await;
}
