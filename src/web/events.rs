//! Server-sent events: what changes in the house, for pages and programs, from the journal.
//!
//! The id of an event is the journal's sequence, so a listener that comes back with `Last-Event-ID`
//! misses nothing. How far a reading has come is said too; that is not in the journal, has no id, and
//! who missed it has missed nothing. Nobody hears of what they may not see.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive};
use axum::response::{IntoResponse, Response, Sse};
use futures_util::stream;
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_util::sync::CancellationToken;

use super::WebState;
use super::failure::Failure;
use crate::domain::id::DocumentId;
use crate::store::happenings::{self, Happening};
use crate::store::{ReadTx, Store, Viewer, documents};
use crate::work::Readings;
use crate::work::progress::Progress;

/// Listeners at the same time.
const LISTENERS_MAX: usize = 64;
/// Entries of the journal looked at in one go.
const BATCH: u32 = 200;
/// How often a silent line is kept open, in seconds.
const KEEP_ALIVE_SECONDS: u64 = 20;

/// Room for listeners.
#[derive(Clone, Debug)]
pub struct Listeners(Arc<Semaphore>);

impl Default for Listeners {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(LISTENERS_MAX)))
    }
}

/// What an event says; fetch the thing itself to see how it is now.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct EventBody {
    /// The journal's sequence.
    pub sequence: u64,
    /// When (RFC 3339).
    pub at: String,
    /// The id of the document or the task.
    pub id: String,
    /// What was done: `accepted`, `understood`, `done` …
    pub change: String,
}

/// How far the reading of a document has come: what the event `progress` says, at most four times a
/// second for one document.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ProgressEventBody {
    /// The id of the document.
    pub id: String,
    /// Pages read.
    pub pages_done: u32,
    /// Pages there are.
    pub pages: u32,
}

struct Listener {
    store: Store,
    viewer: Viewer,
    seen: u64,
    changes: watch::Receiver<u64>,
    readings: Readings,
    steps: watch::Receiver<u64>,
    said: BTreeMap<DocumentId, Progress>,
    waiting: VecDeque<Event>,
    stop: CancellationToken,
    _room: OwnedSemaphorePermit,
}

/// A stream of events after the one that `Last-Event-ID` names, else from now on.
pub fn listen(state: WebState, viewer: Viewer, headers: &HeaderMap) -> Result<Response, Failure> {
    let WebState {
        store,
        readings,
        listeners,
        stop,
        ..
    } = state;
    let room = Arc::clone(&listeners.0)
        .try_acquire_owned()
        .map_err(|_| Failure::TooMany)?;
    let changes = store.changes();
    let last = headers
        .get("last-event-id")
        .and_then(|it| it.to_str().ok()?.parse().ok());
    let newest = *changes.borrow();
    // Who remembers more than the journal holds has heard of a house before a restored backup.
    let seen = last.map_or(newest, |it: u64| it.min(newest));
    let waiting = VecDeque::from([Event::default().comment("listening")]);
    let mut steps = readings.changes();
    // What is being read just now is said at once.
    steps.mark_changed();
    let listener = Listener {
        store,
        viewer,
        seen,
        changes,
        readings,
        steps,
        said: BTreeMap::new(),
        waiting,
        stop,
        _room: room,
    };
    let events = stream::unfold(listener, |mut listener| async move {
        let event = listener.next().await?;
        Some((Ok::<_, Infallible>(event), listener))
    });
    let interval = Duration::from_secs(KEEP_ALIVE_SECONDS);
    let mut response = Sse::new(events)
        .keep_alive(KeepAlive::new().interval(interval))
        .into_response();
    // Proxies that collect answers would hold events back.
    let headers = response.headers_mut();
    headers.insert(
        "x-accel-buffering",
        axum::http::HeaderValue::from_static("no"),
    );
    Ok(response)
}

impl Listener {
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            let newest = *self.changes.borrow_and_update();
            if newest > self.seen {
                self.look().await?;
                continue;
            }
            tokio::select! {
                () = self.stop.cancelled() => return None,
                changed = self.changes.changed() => changed.ok()?,
                stepped = self.steps.changed() => {
                    stepped.ok()?;
                    self.look_at_readings().await?;
                }
            }
        }
    }

    async fn look(&mut self) -> Option<()> {
        let seen = self.seen;
        let look = self
            .store
            .read(self.viewer, move |tx| happenings::after(tx, seen, BATCH))
            .await;
        let (looked_at, happenings) = match look {
            Ok(found) => found,
            Err(error) => {
                log::warn!(error:display; "a listener was sent away");
                return None;
            }
        };
        self.seen = looked_at;
        self.waiting.extend(happenings.iter().filter_map(event));
        Some(())
    }

    /// Says what has come further since it was last said, if this listener may know of it.
    async fn look_at_readings(&mut self) -> Option<()> {
        let now = self.readings.list();
        self.said.retain(|id, _| now.contains_key(id));
        let news: Vec<(DocumentId, Progress)> = now
            .into_iter()
            .filter(|(id, it)| it.pages > 0 && self.said.get(id) != Some(it))
            .collect();
        if news.is_empty() {
            return Some(());
        }
        self.said.extend(news.iter().copied());
        let look = move |tx: &ReadTx<'_>| {
            let mut visible = news;
            visible.retain(|(id, _)| documents::by_id(tx, *id).is_ok());
            Ok(visible)
        };
        let visible = match self.store.read(self.viewer, look).await {
            Ok(visible) => visible,
            Err(error) => {
                log::warn!(error:display; "a listener was sent away");
                return None;
            }
        };
        let events = visible
            .into_iter()
            .filter_map(|(id, progress)| progress_event(id, progress));
        self.waiting.extend(events);
        Some(())
    }
}

fn progress_event(id: DocumentId, progress: Progress) -> Option<Event> {
    let body = ProgressEventBody {
        id: id.to_string(),
        pages_done: progress.pages_done,
        pages: progress.pages,
    };
    Event::default().event("progress").json_data(body).ok()
}

fn event(happening: &Happening) -> Option<Event> {
    let body = EventBody {
        sequence: happening.sequence,
        at: happening.at.to_string(),
        id: happening.id.clone(),
        change: happening.change.clone(),
    };
    let event = Event::default()
        .event(happening.name)
        .id(happening.sequence.to_string());
    event.json_data(body).ok()
}
