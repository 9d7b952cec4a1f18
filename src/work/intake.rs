//! The one door: every document of every way comes in through [`Intake::accept`].
//!
//! Checked here are size and magic bytes only; nothing is parsed. "Accepted" is said after the bytes
//! are on the disk and the row is committed, never before.

use sha2::{Digest, Sha256};

use super::Wake;
use crate::domain::document::{Origin, OriginKind, Sha256Hash, Visibility};
use crate::reading::failure::Failure;
use crate::reading::sniff;
use crate::store::documents::{self, Accepted, Arrival};
use crate::store::{self, Caller, Store, trash};

/// Letters of a file's name that are kept.
const NAME_LETTERS_MAX: usize = 200;

/// Something at the door.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// All of it.
    pub bytes: Vec<u8>,
    /// What the sender calls it; only shown, never used as a path.
    pub file_name: String,
    /// By which way it came.
    pub way: OriginKind,
    /// Who may see it.
    pub visible_to: Visibility,
}

/// Why a document was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// There are no bytes.
    #[error("the file is empty")]
    Empty,
    /// It is larger than `intake.bytes_max`.
    #[error("the file is larger than {max} MB: raise `intake.bytes_max` or make it smaller", max = bytes_max / 1_000_000)]
    TooLarge {
        /// The limit in bytes.
        bytes_max: u64,
    },
    /// It is of a type that cannot be read.
    #[error("{0}")]
    Unsupported(Failure),
    /// It could not be kept.
    #[error("the document could not be kept")]
    Store(#[from] store::Error),
}

/// The door and what it needs. Cheap to clone.
#[derive(Clone)]
pub struct Intake {
    store: Store,
    wake: Wake,
    bytes_max: u64,
}

impl Intake {
    /// A door into `store` for documents of at most `bytes_max` bytes.
    pub const fn new(store: Store, wake: Wake, bytes_max: u64) -> Self {
        Self {
            store,
            wake,
            bytes_max,
        }
    }

    /// The largest document in bytes.
    pub const fn bytes_max(&self) -> u64 {
        self.bytes_max
    }

    /// Takes a document, or finds the one with the same bytes.
    pub async fn accept(&self, caller: Caller, incoming: Incoming) -> Result<Accepted, Refused> {
        let size = u64::try_from(incoming.bytes.len()).unwrap_or(u64::MAX);
        if size == 0 {
            return Err(Refused::Empty);
        }
        if size > self.bytes_max {
            return Err(Refused::TooLarge {
                bytes_max: self.bytes_max,
            });
        }
        let media_type = sniff::sniff(&incoming.bytes)
            .ok_or_else(|| Refused::Unsupported(sniff::why_not(&incoming.bytes)))?;
        let store = self.store.clone();
        let bytes = incoming.bytes;
        let kept = tokio::task::spawn_blocking(move || keep(&store, &bytes)).await;
        let (sha256, size) = kept.map_err(|_| store::Error::Closed)??;
        let origin = Origin {
            kind: incoming.way,
            file_name: cleaned(&incoming.file_name),
        };
        let visible_to = incoming.visible_to;
        let arrival = Arrival {
            sha256,
            media_type,
            size,
            origin,
            visible_to,
        };
        let blobs = self.store.clone();
        let accepted = self
            .store
            .write(caller, move |tx| {
                let name = blobs.blobs().original(sha256);
                // An earlier copy may have been erased between the look for it and this row.
                if !blobs.blobs().contains(&name) {
                    let what = "the file vanished while it was taken; send it again".to_owned();
                    return Err(store::Error::Conflict { what });
                }
                trash::keep_file(tx, &name)?;
                documents::accept(tx, arrival)
            })
            .await?;
        self.wake.reading.notify_one();
        self.wake.tasks.notify_one();
        self.wake.state.notify_one();
        let id = accepted.document().id;
        log::info!(document_id:display = id, size; "a document was accepted");
        Ok(accepted)
    }
}

/// Keeps the file of a document, before there is a row of it; its hash and its size in bytes.
pub(super) fn keep(store: &Store, bytes: &[u8]) -> Result<(Sha256Hash, u64), store::Error> {
    let sha256 = Sha256Hash(Sha256::digest(bytes).into());
    store.blobs().put(&store.blobs().original(sha256), bytes)?;
    Ok((sha256, u64::try_from(bytes.len()).unwrap_or(u64::MAX)))
}

/// The last part of a name, without what could confuse a terminal or a page.
pub(super) fn cleaned(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let clean: String = last
        .chars()
        .filter(|it| !it.is_control())
        .take(NAME_LETTERS_MAX)
        .collect();
    if clean.trim().is_empty() {
        "?".to_owned()
    } else {
        clean.trim().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_never_a_path() {
        assert_eq!(cleaned("../../etc/passwd"), "passwd");
        assert_eq!(cleaned("C:\\scans\\Brief.pdf"), "Brief.pdf");
        assert_eq!(cleaned("a\u{1b}[31m\n.pdf"), "a[31m.pdf");
        assert_eq!(cleaned("///"), "?");
    }
}
