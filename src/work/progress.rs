//! How far the documents that are being read have come, and the way to end one's reading.
//!
//! Kept in memory alone: after a restart nothing is being read yet, and what waits is found in the
//! store. A reading is on this list from before its first byte until its pages are kept, so whoever
//! writes «this one is no longer to be read» first and ends it here second reaches every reading.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::domain::id::DocumentId;

/// How far one document has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// Pages read.
    pub pages_done: u32,
    /// Pages there are; 0 while that is not known.
    pub pages: u32,
}

/// The documents that are being read. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Readings {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    running: Mutex<BTreeMap<DocumentId, Entry>>,
    changes: watch::Sender<u64>,
}

#[derive(Debug)]
struct Entry {
    progress: Progress,
    end: CancellationToken,
}

impl Default for Readings {
    fn default() -> Self {
        Self {
            shared: Arc::new(Shared {
                running: Mutex::default(),
                changes: watch::Sender::new(0),
            }),
        }
    }
}

impl Readings {
    /// Puts a document on the list, from which it goes when what is returned is dropped.
    pub fn begin(&self, document: DocumentId) -> Running {
        let end = CancellationToken::new();
        let entry = Entry {
            progress: Progress::default(),
            end: end.clone(),
        };
        self.running().insert(document, entry);
        self.changed();
        Running {
            readings: self.clone(),
            document,
            end,
        }
    }

    /// Ends the reading of a document, its reader process with it; nothing where none runs.
    pub fn end(&self, document: DocumentId) {
        if let Some(entry) = self.running().get(&document) {
            entry.end.cancel();
        }
    }

    /// How far a document has come; `None` if it is not being read.
    pub fn of(&self, document: DocumentId) -> Option<Progress> {
        self.running().get(&document).map(|it| it.progress)
    }

    /// Every document that is being read.
    pub fn list(&self) -> BTreeMap<DocumentId, Progress> {
        let running = self.running();
        running.iter().map(|(id, it)| (*id, it.progress)).collect()
    }

    /// Tells when anything on the list has changed.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.changes.subscribe()
    }

    fn changed(&self) {
        self.shared
            .changes
            .send_modify(|it| *it = it.wrapping_add(1));
    }

    fn running(&self) -> MutexGuard<'_, BTreeMap<DocumentId, Entry>> {
        self.shared
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// A document on the list of those that are being read.
#[derive(Debug)]
pub struct Running {
    readings: Readings,
    document: DocumentId,
    end: CancellationToken,
}

impl Running {
    /// Notes how far it has come. Each call is told to every listener: call it a few times a second.
    pub fn note(&self, progress: Progress) {
        if let Some(entry) = self.readings.running().get_mut(&self.document) {
            entry.progress = progress;
        }
        self.readings.changed();
    }

    /// Waits until somebody wants this reading to end.
    pub async fn ended(&self) {
        self.end.cancelled().await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.readings.running().remove(&self.document);
        self.readings.changed();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(number: u128) -> DocumentId {
        DocumentId::new(jiff::Timestamp::UNIX_EPOCH, number)
    }

    #[test]
    fn a_document_is_on_the_list_while_it_is_read() {
        let readings = Readings::default();
        let changes = readings.changes();
        let running = readings.begin(document(1));
        assert_eq!(readings.of(document(1)), Some(Progress::default()));
        let progress = Progress {
            pages_done: 12,
            pages: 60,
        };
        running.note(progress);
        assert_eq!(readings.list(), [(document(1), progress)].into());
        assert_eq!(readings.of(document(2)), None);
        drop(running);
        assert_eq!(readings.of(document(1)), None);
        assert_eq!(*changes.borrow(), 3);
    }

    #[tokio::test]
    async fn whoever_reads_a_document_hears_that_it_is_to_end() {
        let readings = Readings::default();
        let (one, other) = (readings.begin(document(1)), readings.begin(document(2)));
        readings.end(document(1));
        readings.end(document(3));
        one.ended().await;
        let still = tokio::time::timeout(std::time::Duration::from_millis(20), other.ended());
        assert!(still.await.is_err());
    }
}
