//! Workers that look at the store and do the next thing, until the house closes.
//!
//! A worker takes no input but the store. It is woken by a signal and looks by itself every now and
//! then in any case, so a lost signal costs time, never work; it may be killed at any instruction
//! and run again. [`intake`] is the one door through which documents come in, [`archive`] the one
//! who makes searchable PDFs of them.
//!
//! In the order of a document's way: [`watch_folder`] → [`intake`] → [`read_documents`] →
//! [`understand_documents`] → [`derive_tasks`] → [`remind`] → [`deliver`], with [`take_answers`],
//! [`commands`] and [`publish_state`] towards the broker and [`tidy_up`] behind everybody;
//! [`ask_model`] asks a language model about what stays unsure, where a person wants one, and
//! [`understand_again`] runs over what is there already. [`compose`] puts into words what [`deliver`]
//! says by one of the [`channels`], [`publish_calendar`] keeps a calendar, [`sync_home`] and
//! [`take_taps`] speak with Home Assistant beside the broker, and [`quick_add`] understands a task in
//! one line. [`tell_traces`] tells a collector what happens, [`updates`] takes updates of the box, and
//! [`Board`] and [`Readings`] say what is going on just now.

pub mod archive;
pub mod ask_model;
pub mod back_up;
pub mod board;
pub mod bucket;
pub mod channels;
pub mod commands;
pub mod compose;
pub mod deliver;
pub mod derive_tasks;
pub mod heat;
pub mod intake;
pub mod progress;
pub mod publish_calendar;
pub mod publish_state;
pub mod quick_add;
pub mod read_documents;
pub mod remind;
pub mod sync_home;
pub mod take_answers;
pub mod take_taps;
pub mod tell_traces;
pub mod tidy_up;
pub mod understand_again;
pub mod understand_documents;
pub mod updates;
pub mod watch_folder;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

pub use board::Board;
pub use progress::Readings;

use crate::domain::clock::Clock;
use crate::domain::delivery::ChannelName;
use crate::store;

/// How long most workers rest where nobody wakes them. Every change rings a bell and a clock that is set
/// rings them all, so this only bounds what a bell that was forgotten costs.
const REST: Duration = Duration::from_mins(5);

/// What a worker found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// There is more to do at once.
    More,
    /// Nothing to do for now.
    Idle,
    /// Nothing to do before this moment.
    Until(Timestamp),
}

/// Why a turn failed; the next one may succeed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store could not do it.
    #[error("the store failed")]
    Store(#[from] store::Error),
    /// Something beside the store is not there for now.
    #[error("{0}")]
    Unavailable(String),
}

/// One loop of the house.
pub trait Worker: Send + 'static {
    /// `verb_noun`: on the board, in the log and in the journal.
    const NAME: &'static str;
    /// The longest rest between two turns.
    const REST: Duration;

    /// Does what there is to do; ends early at a safe point when `stop` says so.
    fn turn(
        &mut self,
        stop: &CancellationToken,
    ) -> impl Future<Output = Result<Turn, Error>> + Send;
}

/// Runs `worker` until the house closes: at once when woken, and every `W::REST` in any case.
///
/// `Notify` keeps one permit, so a wake during a turn is not lost. A turn is never dropped half-way
/// by a soft stop.
pub async fn run<W: Worker>(
    mut worker: W,
    wake: Arc<Notify>,
    board: Board,
    clock: Clock,
    stop: CancellationToken,
) {
    while !stop.is_cancelled() {
        let outcome = worker.turn(&stop).await;
        board.record(W::NAME, clock.now(), &outcome);
        let rest = match outcome {
            Ok(Turn::More) => continue,
            Ok(Turn::Idle) => W::REST,
            Ok(Turn::Until(moment)) => until(moment, clock.now()).min(W::REST),
            Err(error) => {
                let rest = board.backoff(W::NAME);
                let chain = chain(&error);
                log::warn!(worker = W::NAME, rest_seconds = rest.as_secs(); "{}: {chain}", W::NAME);
                rest
            }
        };
        tokio::select! {
            () = stop.cancelled() => (),
            () = wake.notified() => (),
            () = tokio::time::sleep(rest) => (),
        }
    }
}

fn until(moment: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(moment - now).unwrap_or(Duration::ZERO)
}

/// An error with all that caused it, for the log.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// A bell for each channel's worker: a bell that several wait for would wake one of them alone.
#[derive(Clone, Debug)]
pub struct Bells(Vec<(ChannelName, Arc<Notify>)>);

impl Default for Bells {
    fn default() -> Self {
        let bell = |it: &ChannelName| (*it, Arc::new(Notify::new()));
        Self(ChannelName::ALL.iter().map(bell).collect())
    }
}

impl Bells {
    /// Rings each of them.
    pub fn notify_one(&self) {
        for (_, bell) in &self.0 {
            bell.notify_one();
        }
    }

    /// The bell of one channel.
    pub fn of(&self, channel: ChannelName) -> Arc<Notify> {
        let bell = self.0.iter().find(|(name, _)| *name == channel);
        bell.map_or_else(Arc::default, |(_, bell)| Arc::clone(bell))
    }
}

/// "Look now", one bell for each worker. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Wake {
    /// A file may lie in the watched folder.
    pub folder: Arc<Notify>,
    /// A document waits to be read.
    pub reading: Arc<Notify>,
    /// A document waits to be understood.
    pub understanding: Arc<Notify>,
    /// Something in a document stayed unsure.
    pub model: Arc<Notify>,
    /// The tasks of a document may have changed.
    pub tasks: Arc<Notify>,
    /// The reminders of a task may have changed.
    pub reminders: Arc<Notify>,
    /// A delivery waits.
    pub deliveries: Bells,
    /// The day of a task may have changed.
    pub calendar: Arc<Notify>,
    /// What Home Assistant shows may have changed, here or there.
    pub home: Arc<Notify>,
    /// What the broker shows may have changed.
    pub state: Arc<Notify>,
    /// Something lies in the trash.
    pub trash: Arc<Notify>,
    /// It may be time for a backup.
    pub backup: Arc<Notify>,
    /// Something has happened.
    pub traces: Arc<Notify>,
}

impl Wake {
    /// A task is not what it was: who is told what, and what the broker shows, may change with it.
    pub fn task_changed(&self) {
        self.reminders.notify_one();
        self.state.notify_one();
    }

    /// Rings every bell: after a change of the clock, or of the configuration.
    pub fn all(&self) {
        for bell in [
            &self.folder,
            &self.reading,
            &self.understanding,
            &self.model,
            &self.tasks,
            &self.reminders,
            &self.calendar,
            &self.home,
            &self.state,
            &self.trash,
            &self.backup,
            &self.traces,
        ] {
            bell.notify_one();
        }
        self.deliveries.notify_one();
    }
}
