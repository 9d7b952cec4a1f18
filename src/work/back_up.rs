//! Makes a backup each night, and notes how it ended.

use std::path::Path;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::civil::Time;
use tokio_util::sync::CancellationToken;

use super::board::BACKS_UP;
use super::{Error, Turn, Worker, chain};
use crate::domain::retention;
use crate::store::backup::{self, BackupError, Made, Rule};
use crate::store::{Caller, Store, Viewer};

/// So long after a failure it is tried again.
const RETRY: SignedDuration = SignedDuration::from_hours(1);

/// The worker.
pub struct BackUp {
    store: Store,
    rule: Rule,
    hour: Time,
}

impl BackUp {
    /// Backs up `store` as `rule` says, at this hour of its zone.
    pub const fn new(store: Store, rule: Rule, hour: Time) -> Self {
        Self { store, rule, hour }
    }
}

impl Worker for BackUp {
    const NAME: &'static str = BACKS_UP;
    const REST: Duration = Duration::from_hours(1);

    async fn turn(&mut self, _stop: &CancellationToken) -> Result<Turn, Error> {
        // By a clock that is not set the oldest backup would be the newest.
        if !self.store.clock().is_sane() {
            return Ok(Turn::Idle);
        }
        let now = self.store.clock().now();
        let state = self.store.read(Viewer::House, backup::state).await?;
        let next = match state.begun_at.filter(|_| state.problem.is_some()) {
            Some(failed_at) if failed_at <= now => failed_at + RETRY,
            _ => retention::next_backup(state.begun_at, now, self.hour, &self.rule.zone),
        };
        if now < next {
            return Ok(Turn::Until(next));
        }
        let caller = Caller::worker(Self::NAME);
        // Noted where people see it; it is no failure of this worker.
        match back_up(&self.store, &self.rule, caller).await? {
            Ok(made) => log::info!(
                backup = made.name, copied = made.copied, removed = made.removed;
                "a backup was made and checked"
            ),
            Err(error) => log::warn!("no backup could be made: {}", chain(&error)),
        }
        Ok(Turn::More)
    }
}

/// Makes a backup and notes how it ended. Others go on meanwhile.
pub async fn back_up(
    store: &Store,
    rule: &Rule,
    caller: Caller,
) -> Result<Result<Made, BackupError>, crate::store::Error> {
    let begun_at = store.clock().now();
    let made = make(store, rule).await?;
    let ended = match &made {
        Ok(made) => Ok(made.copy.clone()),
        Err(error) => Err(chain(error)),
    };
    store
        .write(caller, move |tx| backup::note(tx, begun_at, ended))
        .await?;
    Ok(made)
}

/// Makes a backup into another folder than the household's own, of which nothing is noted.
pub async fn back_up_to(
    store: &Store,
    rule: &Rule,
    folder: &Path,
) -> Result<Result<Made, BackupError>, crate::store::Error> {
    let rule = Rule {
        folder: folder.to_owned(),
        bucket: None,
        ..rule.clone()
    };
    make(store, &rule).await
}

async fn make(
    store: &Store,
    rule: &Rule,
) -> Result<Result<Made, BackupError>, crate::store::Error> {
    let (store, rule) = (store.clone(), rule.clone());
    let made = tokio::task::spawn_blocking(move || backup::make(&store, &rule)).await;
    made.map_err(|_| crate::store::Error::Closed)
}
