//! What can go wrong with the store, told apart where somebody acts differently on it.

use std::path::{Path, PathBuf};

/// Why the store could not do it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing, or the viewer may not know of it.
    #[error("{kind} {id} does not exist")]
    Missing {
        /// The noun.
        kind: &'static str,
        /// What was asked for.
        id: String,
    },
    /// Somebody else was faster, or the thing is not in the state for that.
    #[error("{what}")]
    Conflict {
        /// A sentence for a person.
        what: String,
    },
    /// A row cannot be what this program wrote.
    #[error("a row of `{table}` does not make sense")]
    Corrupt {
        /// Where.
        table: &'static str,
        /// Why.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The disk has no room left.
    #[error("the disk is full: nothing was kept; free some space and try again")]
    DiskFull,
    /// SQLite says no.
    #[error("the database failed")]
    Sqlite(#[source] rusqlite::Error),
    /// A file beside the database failed.
    #[error("the file `{path}` failed", path = path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// The store is closing.
    #[error("the store is closed")]
    Closed,
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::DiskFull,
            _ => Self::Sqlite(error),
        }
    }
}

impl Error {
    pub(super) fn file(path: &Path, cause: std::io::Error) -> Self {
        if cause.kind() == std::io::ErrorKind::StorageFull {
            return Self::DiskFull;
        }
        Self::File {
            path: path.to_owned(),
            cause,
        }
    }

    /// `kind` with that `id` does not exist.
    pub fn missing(kind: &'static str, id: impl std::fmt::Display) -> Self {
        Self::Missing {
            kind,
            id: format!("{id}"),
        }
    }
}

/// Why the store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another daemon has it.
    #[error("`{path}` is in use by another workmate: stop it first", path = dir.display())]
    InUse {
        /// The data directory.
        dir: PathBuf,
    },
    /// A newer workmate wrote it.
    #[error(
        "the database was written by a newer workmate (schema {found}, this one knows {known}): \
         install that version again, or restore the backup made before its first start"
    )]
    Newer {
        /// What the file says.
        found: usize,
        /// What this program knows.
        known: usize,
    },
    /// A change of the schema failed; the copy made before it is named.
    #[error("the database could not be brought up to date; the copy `{copy}` is as it was before", copy = copy.display())]
    Migration {
        /// The untouched copy.
        copy: PathBuf,
        /// Why.
        #[source]
        cause: rusqlite_migration::Error,
    },
    /// A file or folder failed.
    #[error("`{path}` cannot be used: check that it exists and that this user may write there", path = path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// SQLite says no.
    #[error("the database `{path}` cannot be opened; it was left untouched", path = path.display())]
    Database {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        cause: rusqlite::Error,
    },
}
