//! A bucket as the store's backups want it: something that is asked and answers, one thing after the other.

use std::path::Path;
use std::sync::Arc;

use tokio::runtime::Handle;

use crate::connect::SendError;
use crate::connect::bucket::{Bucket, Opened};
use crate::domain::policy::Destination;
use crate::store::backup::objects::{Elsewhere, Objects};

/// A bucket, for threads of their own within the runtime.
#[derive(Debug)]
pub struct Backups(pub Bucket);

struct There {
    opened: Opened,
    place: String,
    runtime: Handle,
}

impl std::fmt::Debug for There {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.place)
    }
}

impl Elsewhere for Backups {
    fn open(&self) -> Result<Arc<dyn Objects>, String> {
        let runtime = Handle::current();
        let opened = runtime.block_on(self.0.clone().open()).map_err(reason)?;
        Ok(Arc::new(There {
            opened,
            place: self.0.name(),
            runtime,
        }))
    }
}

impl There {
    fn wait<T>(&self, answer: impl Future<Output = Result<T, SendError>>) -> Result<T, String> {
        self.runtime.block_on(answer).map_err(reason)
    }
}

impl Objects for There {
    fn place(&self) -> String {
        self.place.clone()
    }

    fn is_far(&self) -> bool {
        self.opened.destination() == Destination::Internet
    }

    fn put(&self, name: &str, from: &Path) -> Result<(), String> {
        self.wait(self.opened.put(name, from))
    }

    fn get(&self, name: &str, to: &Path) -> Result<bool, String> {
        self.wait(self.opened.get(name, to))
    }

    fn list(&self, prefix: &str) -> Result<Vec<(String, u64)>, String> {
        self.wait(self.opened.list(prefix))
    }

    fn first(&self) -> Result<Vec<String>, String> {
        let first = self.wait(self.opened.first())?;
        Ok(first.into_iter().map(|(name, _)| name).collect())
    }

    fn remove(&self, name: &str) -> Result<(), String> {
        self.wait(self.opened.remove(name))
    }
}

/// The sentence alone: whether it passes is nothing that a backup asks.
fn reason(error: SendError) -> String {
    match error {
        SendError::Transient { reason } | SendError::Permanent { reason } => reason,
    }
}
