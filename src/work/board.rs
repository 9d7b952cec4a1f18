//! What each worker last did, for the System page and for the rest after a failure.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::{Error, Turn, chain};

/// The line of who keeps the calendar; there is none where no calendar is configured.
pub const PUBLISHES_CALENDAR: &str = "publish_calendar";
/// The line of who makes backups; there is none where no folder is configured.
pub const BACKS_UP: &str = "back_up";
/// The longest rest after failures, in seconds.
const BACKOFF_SECONDS_MAX: u64 = 60;

/// One worker's line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Turns since the start.
    pub turns: u64,
    /// When the last one ended.
    pub last_at: Option<Timestamp>,
    /// Turns that failed since the last one that did not.
    pub failures: u32,
    /// Why the last one failed, if it did.
    pub trouble: Option<String>,
    /// When it has something to do again, if it knows.
    pub next_at: Option<Timestamp>,
}

/// The board in the hall. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Board {
    lines: Arc<Mutex<BTreeMap<&'static str, Line>>>,
}

impl Board {
    /// Notes how a turn ended.
    pub fn record(&self, worker: &'static str, now: Timestamp, outcome: &Result<Turn, Error>) {
        let mut lines = self.lines();
        let line = lines.entry(worker).or_default();
        line.turns += 1;
        line.last_at = Some(now);
        match outcome {
            Ok(turn) => {
                line.failures = 0;
                line.trouble = None;
                line.next_at = match turn {
                    Turn::Until(moment) => Some(*moment),
                    Turn::More | Turn::Idle => None,
                };
            }
            Err(error) => {
                line.failures = line.failures.saturating_add(1);
                line.trouble = Some(chain(error));
                line.next_at = None;
            }
        }
    }

    /// How long a worker rests after its failures: 1 s, 2 s, 4 s … 60 s.
    pub fn backoff(&self, worker: &'static str) -> Duration {
        let failures = self.lines().get(worker).map_or(1, |it| it.failures.max(1));
        let seconds = 1_u64
            .checked_shl(failures.min(16) - 1)
            .unwrap_or(BACKOFF_SECONDS_MAX);
        Duration::from_secs(seconds.min(BACKOFF_SECONDS_MAX))
    }

    /// Every line, by worker.
    pub fn read(&self) -> BTreeMap<&'static str, Line> {
        self.lines().clone()
    }

    fn lines(&self) -> MutexGuard<'_, BTreeMap<&'static str, Line>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_grows_with_failures_and_ends_with_success() {
        let board = Board::default();
        let failed = || Err(Error::Unavailable("the broker is away".to_owned()));
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            board.record("deliver", Timestamp::UNIX_EPOCH, &failed());
            assert_eq!(board.backoff("deliver").as_secs(), seconds);
        }
        board.record("deliver", Timestamp::UNIX_EPOCH, &Ok(Turn::Idle));
        assert_eq!(board.read()["deliver"].failures, 0);
        assert_eq!(board.read()["deliver"].trouble, None);
    }
}
