//! Whether the house lives, and its counters for Prometheus.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::auth::ApiCaller;
use super::failure::Failure;
use crate::domain::service_level::Standing;
use crate::store::promises::{self, Standings};
use crate::store::{ReadTx, Store, Viewer, backup, deliveries, documents, journal, tasks};
use crate::web::{Household, WebState};
use crate::work::Board;

/// How long the store may take to say that it lives, in seconds.
const PATIENCE_SECONDS: u64 = 2;

/// `GET /health`: 200 or 503, and nothing about why.
pub async fn health(State(store): State<Store>) -> StatusCode {
    let look = store.read(Viewer::House, |tx| Ok(journal::last_sequence(tx)?));
    match tokio::time::timeout(Duration::from_secs(PATIENCE_SECONDS), look).await {
        Ok(Ok(_)) => StatusCode::OK,
        Ok(Err(_)) | Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

type Label = [(&'static str, String); 1];

struct Counts {
    stages: Vec<(String, u64)>,
    summary: tasks::Summary,
    waiting: u64,
    sequence: u64,
    standings: Standings,
    backups: backup::State,
}

/// `GET /metrics`
pub async fn metrics(
    State(state): State<WebState>,
    caller: ApiCaller,
) -> Result<Response, Failure> {
    let household: &Household = &state.household;
    let today = state
        .store
        .clock()
        .now()
        .to_zoned(household.zone.clone())
        .date();
    let promises = Arc::clone(&household.promises);
    let look = move |tx: &ReadTx<'_>| {
        Ok(Counts {
            stages: documents::counts(tx)?,
            summary: tasks::summary(tx, today)?,
            waiting: deliveries::backlog(tx)?.0,
            sequence: journal::last_sequence(tx)?,
            standings: promises::standings(tx, &promises)?,
            backups: backup::state(tx)?,
        })
    };
    let counts = state.store.read(caller.viewer(), look).await?;
    let mut registry = Registry::with_prefix("workmate");
    count_work(&mut registry, &counts);
    count_promises(&mut registry, &counts.standings);
    count_workers(&mut registry, &state.board);
    count_backups(&mut registry, &counts.backups);
    let connected = state.about.broker.is_connected().unwrap_or(false);
    single(
        &mut registry,
        "broker_connected",
        "The broker is there",
        u64::from(connected),
    );
    let mut text = String::new();
    encode(&mut text, &registry).map_err(Failure::broken)?;
    let media_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(CONTENT_TYPE, media_type)], text).into_response())
}

fn count_work(registry: &mut Registry, counts: &Counts) {
    let stages = Family::<Label, Gauge>::default();
    for (stage, count) in &counts.stages {
        stages
            .get_or_create(&[("stage", stage.clone())])
            .set(number(*count));
    }
    registry.register("documents", "Documents by stage", stages);
    let summary = &counts.summary;
    single(
        registry,
        "tasks_open",
        "Tasks that want something",
        summary.open,
    );
    single(
        registry,
        "tasks_overdue",
        "Of those, due before today",
        summary.overdue,
    );
    single(
        registry,
        "tasks_due_today",
        "Of those, due today",
        summary.due_today,
    );
    single(
        registry,
        "deliveries_waiting",
        "Deliveries not yet said",
        counts.waiting,
    );
    single(
        registry,
        "journal_sequence",
        "Entries of the journal",
        counts.sequence,
    );
}

fn count_promises(registry: &mut Registry, standings: &Standings) {
    let levels = Family::<[(&'static str, String); 2], Gauge>::default();
    for (name, tally) in &standings.levels {
        for (standing, count) in [
            (Standing::OnTrack, tally.on_track),
            (Standing::AtRisk, tally.at_risk),
            (Standing::Breached, tally.breached),
        ] {
            let label = [("level", name.clone()), ("standing", standing.to_string())];
            levels.get_or_create(&label).set(i64::from(count));
        }
    }
    registry.register(
        "service_level",
        "Promises that are not kept yet, by how they stand",
        levels,
    );
}

fn count_workers(registry: &mut Registry, board: &Board) {
    let turns = Family::<Label, Gauge>::default();
    let failures = Family::<Label, Gauge>::default();
    let last = Family::<Label, Gauge>::default();
    for (name, line) in board.read() {
        let label = [("worker", name.to_owned())];
        turns.get_or_create(&label).set(number(line.turns));
        failures.get_or_create(&label).set(i64::from(line.failures));
        let seconds = line.last_at.map_or(0, jiff::Timestamp::as_second);
        last.get_or_create(&label).set(seconds);
    }
    registry.register("worker_turns", "Turns since the start", turns);
    registry.register(
        "worker_failures",
        "Turns failed since one did not",
        failures,
    );
    registry.register(
        "worker_last_turn_seconds",
        "When the last turn ended, since 1970",
        last,
    );
}

fn count_backups(registry: &mut Registry, state: &backup::State) {
    if let Some(good) = &state.good {
        let seconds = u64::try_from(good.at.as_second()).unwrap_or(0);
        single(
            registry,
            "backup_last_good_seconds",
            "When the last good backup was begun, since 1970",
            seconds,
        );
    }
    single(
        registry,
        "backup_failed",
        "Whether the last backup failed",
        u64::from(state.problem.is_some()),
    );
}

fn single(registry: &mut Registry, name: &'static str, help: &'static str, value: u64) {
    let gauge: Gauge = Gauge::default();
    gauge.set(number(value));
    registry.register(name, help, gauge);
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
