//! `[update]`: how the box takes updates, where workmate is an image of its own.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// `[update]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Update {
    /// Folder into which an update is laid; empty where something else keeps this machine up to date.
    pub folder: PathBuf,
    /// File in which it stands what becomes of it.
    pub state: PathBuf,
}

impl Default for Update {
    fn default() -> Self {
        Self {
            folder: PathBuf::new(),
            state: PathBuf::from("/run/workmate-update/state"),
        }
    }
}
