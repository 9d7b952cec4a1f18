//! The house itself: who is at work, what is stuck, what it runs on, and its journal.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;

use super::stories::{self, Line};
use super::update;
use crate::domain::delivery::ChannelName;
use crate::domain::document::Stage;
use crate::domain::hours::QUIET_MODE;
use crate::domain::service_level::{Promises, Tally};
use crate::store::channels::{self, ChannelState};
use crate::store::counsel::{self, CallOutcome};
use crate::store::promises::{self, Standings};
use crate::store::{
    Error, ReadTx, WriteTx, backup, calendars, deliveries, documents, journal, overview,
};
use crate::web::auth::{CheckedForm, CurrentPerson};
use crate::web::failure::Failure;
use crate::web::frame::{Frame, Happened, Locale, Shell, go, page};
use crate::web::{HomeState, WebState, words};
use crate::work::Board;
use crate::work::board::{BACKS_UP, PUBLISHES_CALENDAR};

/// Stuck documents shown.
const STUCK_MAX: u32 = 50;
/// Entries of the journal shown.
const JOURNAL_MAX: u32 = 25;

/// A stuck document.
pub struct Stuck {
    id: String,
    title: String,
    reason: String,
}

/// A line about the house.
pub struct Fact {
    label: &'static str,
    value: String,
    class: &'static str,
}

/// A worker's last turn.
pub struct WorkerLine {
    name: &'static str,
    at: String,
    fine: bool,
    note: String,
}

/// How a channel does.
pub struct ChannelLine {
    name: &'static str,
    delivered: String,
    is_failing: bool,
    /// Why it failed last, if it did.
    trouble: Option<String>,
    next_try: Option<String>,
}

/// How a promise stands.
pub struct PromiseLine {
    name: String,
    on_track: u32,
    at_risk: u32,
    breached: u32,
}

impl From<&(String, Tally)> for PromiseLine {
    fn from((name, tally): &(String, Tally)) -> Self {
        Self {
            name: name.clone(),
            on_track: tally.on_track,
            at_risk: tally.at_risk,
            breached: tally.breached,
        }
    }
}

#[derive(Template)]
#[template(path = "system.html")]
struct SystemPage<'a> {
    shell: &'a Shell,
    clock_is_wrong: bool,
    stuck: Vec<Stuck>,
    facts: Vec<Fact>,
    /// Until when nobody is told anything in person, if that is so.
    quiet: Option<String>,
    promises: Vec<PromiseLine>,
    channels: Vec<ChannelLine>,
    workers: Vec<WorkerLine>,
    journal: Vec<Line>,
    update: Option<update::Section>,
}

struct Found {
    stuck: Vec<Stuck>,
    in_work: u64,
    undelivered: u64,
    model: counsel::State,
    quiet: Option<Timestamp>,
    promises: Standings,
    channels: Vec<ChannelState>,
    calendar: (u64, u64),
    backups: backup::State,
    journal: Vec<Line>,
}

/// `GET /system`
pub async fn show(State(state): State<WebState>, frame: Frame) -> Result<Response, Failure> {
    let locale = frame.locale.clone();
    let promises = Arc::clone(&state.household.promises);
    let names = state.about.channels.clone();
    let look = move |tx: &ReadTx<'_>| look(tx, &locale, &promises, &names);
    let found = state.store.read(frame.me.viewer(), look).await?;
    let update = match &state.about.updates {
        Some(updates) => Some(update::section(&frame.locale, updates).await),
        None => None,
    };
    let template = SystemPage {
        shell: &frame.shell,
        clock_is_wrong: !state.store.clock().is_sane(),
        facts: facts(&frame.locale, &state, &found),
        quiet: found.quiet.map(|it| frame.locale.moment(it)),
        channels: channel_lines(&frame.locale, &found.channels),
        promises: found.promises.levels.iter().map(Into::into).collect(),
        stuck: found.stuck,
        workers: workers(&frame.locale, &state.board),
        journal: found.journal,
        update,
    };
    page(&frame.shell, &template)
}

fn look(
    tx: &ReadTx<'_>,
    locale: &Locale,
    promises: &Promises,
    names: &[ChannelName],
) -> Result<Found, Error> {
    let stage = Some("stuck".to_owned());
    let filter = documents::Filter {
        stage,
        ..documents::Filter::default()
    };
    let mut stuck = Vec::new();
    for listed in documents::list(tx, &filter, STUCK_MAX)? {
        if let Stage::Stuck { reason, .. } = listed.document.stage {
            let (id, title) = (listed.document.id.to_string(), listed.document.title);
            stuck.push(Stuck { id, title, reason });
        }
    }
    let counts = documents::counts(tx)?;
    let working = counts
        .iter()
        .filter(|(stage, _)| stage == "received" || stage == "read");
    let entries = journal::newest(tx, JOURNAL_MAX)?;
    Ok(Found {
        stuck,
        in_work: working.map(|(_, count)| count).sum(),
        undelivered: deliveries::backlog(tx)?.0,
        model: counsel::state(tx)?,
        quiet: overview::quiet_until(tx)?,
        promises: promises::standings(tx, promises)?,
        channels: channels::states(tx, names)?,
        calendar: calendars::backlog(tx)?,
        backups: backup::state(tx)?,
        journal: stories::lines(tx, locale, &entries)?,
    })
}

/// `POST /system/quiet`
pub async fn set_quiet(
    State(state): State<WebState>,
    me: CurrentPerson,
    CheckedForm(fields): CheckedForm,
) -> Result<Response, Failure> {
    let is_on = fields.text("on") == Some("1");
    let write = move |tx: &WriteTx<'_>| {
        let until = is_on.then(|| tx.now() + QUIET_MODE);
        overview::set_quiet(tx, until)
    };
    state.store.write(me.caller(), write).await?;
    state.wake.state.notify_one();
    // What was held back is said now.
    state.wake.deliveries.notify_one();
    Ok(go("/system#quiet", Some(&Happened::Saved)))
}

/// How each configured channel does.
fn channel_lines(locale: &Locale, states: &[ChannelState]) -> Vec<ChannelLine> {
    let moment = |at: Timestamp| locale.moment(at);
    let line = |it: &ChannelState| {
        let is_failing = it.failing_since.is_some();
        let failed = it.failing_since.or(it.failed_at).zip(it.reason.as_ref());
        ChannelLine {
            name: words::channel(locale.language, it.name),
            delivered: it.delivered_at.map_or_else(|| "–".to_owned(), moment),
            is_failing,
            trouble: failed.map(|(at, reason)| format!("{}: {reason}", moment(at))),
            next_try: it.next_try_at.filter(|_| is_failing).map(moment),
        }
    };
    states.iter().map(line).collect()
}

/// The calendar server, where there is one.
fn calendar(locale: &Locale, board: &Board, (waiting, refused): (u64, u64)) -> Fact {
    let t = locale.texts();
    let (class, value) = match board.read().remove(PUBLISHES_CALENDAR) {
        None => ("quiet", t.not_configured.to_owned()),
        Some(line) => match line.trouble {
            Some(trouble) => ("bad", trouble),
            None if refused > 0 => ("bad", format!("{refused} {}", t.entries_refused)),
            None => ("good", format!("{waiting} {}", t.entries_waiting)),
        },
    };
    Fact {
        label: t.calendar_server,
        value,
        class,
    }
}

/// Home Assistant's own API, where it is used.
fn home_assistant(locale: &Locale, state: Option<HomeState>) -> Fact {
    let t = locale.texts();
    let (class, value) = match state {
        None => ("quiet", t.not_configured.to_owned()),
        Some(HomeState::There) => ("good", t.connected.to_owned()),
        Some(HomeState::Deaf) => ("bad", t.home_is_deaf.to_owned()),
        Some(HomeState::Refused) => ("bad", t.home_refuses.to_owned()),
        Some(HomeState::Away(reason)) => ("bad", format!("{}: {reason}", t.not_connected)),
    };
    Fact {
        label: "Home Assistant",
        value,
        class,
    }
}

fn facts(locale: &Locale, state: &WebState, found: &Found) -> Vec<Fact> {
    let (t, about) = (locale.texts(), &state.about);
    let plain = |label, value: String| Fact {
        label,
        value,
        class: "",
    };
    let broker = match about.broker.is_connected() {
        None => ("quiet", t.not_configured),
        Some(true) => ("good", t.connected),
        Some(false) => ("bad", t.not_connected),
    };
    vec![
        plain(t.version, about.version.clone()),
        plain(t.started, locale.moment(about.started_at)),
        plain(t.engine, about.engine.clone()),
        Fact {
            label: t.broker,
            value: broker.1.to_owned(),
            class: broker.0,
        },
        home_assistant(locale, (about.home)()),
        calendar(locale, &state.board, found.calendar),
        last_backup(locale, &state.board, &found.backups),
        language_model(locale, about.model.as_deref(), &found.model),
        plain(t.waiting_documents, found.in_work.to_string()),
        plain(t.waiting_deliveries, found.undelivered.to_string()),
    ]
}

/// The last good backup, and why there is none behind it.
fn last_backup(locale: &Locale, board: &Board, state: &backup::State) -> Fact {
    let t = locale.texts();
    let good = state.good.as_ref().map(|it| {
        let size = words::bytes(locale.language, it.bytes);
        format!("{} ({size})", locale.moment(it.at))
    });
    let is_configured = board.read().contains_key(BACKS_UP);
    let (class, value) = match (&state.problem, good) {
        (Some(problem), good) => {
            let good = good.unwrap_or_else(|| t.no_backup.to_owned());
            ("bad", format!("{good}; {problem}"))
        }
        (None, Some(good)) => ("good", good),
        (None, None) if is_configured => ("quiet", t.no_backup.to_owned()),
        (None, None) => ("quiet", t.not_configured.to_owned()),
    };
    Fact {
        label: t.last_backup,
        value,
        class,
    }
}

/// The language model, what it has still to be asked, and why it does not answer if it does not.
fn language_model(locale: &Locale, name: Option<&str>, state: &counsel::State) -> Fact {
    let t = locale.texts();
    let fact = |class, value| Fact {
        label: t.language_model,
        value,
        class,
    };
    let Some(name) = name else {
        return fact("quiet", t.not_configured.to_owned());
    };
    let told = words::model_state(locale.language, name, state.waiting);
    match &state.last {
        Some((CallOutcome::Away | CallOutcome::Broken | CallOutcome::Refused, reason)) => {
            let reason = reason.as_deref().unwrap_or_default();
            fact("bad", format!("{told}: {reason}"))
        }
        Some((CallOutcome::Answered, _)) => fact("good", told),
        Some((CallOutcome::Stopped | CallOutcome::Lost, _)) | None => fact("quiet", told),
    }
}

fn workers(locale: &Locale, board: &Board) -> Vec<WorkerLine> {
    let line = |(name, line): (&'static str, crate::work::board::Line)| WorkerLine {
        name: words::worker(locale.language, name),
        at: line
            .last_at
            .map_or_else(|| "–".to_owned(), |it| locale.moment(it)),
        fine: line.failures == 0,
        note: line.trouble.unwrap_or_default(),
    };
    board.read().into_iter().map(line).collect()
}
