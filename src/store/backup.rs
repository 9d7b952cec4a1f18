//! Copies of everything the house knows, in another folder, and the way back from them.
//!
//! A folder of backups holds `workmate-backup.json`, which says what it is; `files/`, the stored files
//! under their own names, each copied once however many backups there are; and `copies/`, a folder for
//! each backup with the database as it was at one moment, `files.txt` with the files that belong to it
//! and their hashes, and `copy.json`. That one is written last, after the copy was opened and checked:
//! without it a copy is unfinished, is never restored, and goes with the next backup. A folder is sealed as
//! a whole or not at all ([`sealing`]): then every file and database in it is one of age, while the lists
//! and the names say how many there are and how long, and no more.
//!
//! In a bucket ([`objects`]) the same lies under the same names.
//!
//! What is not here: the configuration and its secrets, which are yours and lie elsewhere.

mod copying;
mod folder;
pub mod objects;
mod restoring;
pub mod sealing;
#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::{ReadTx, Store, WriteTx, settings};
use crate::domain::retention::Keep;

use folder::Folder;
use objects::{Elsewhere, Objects};
pub use restoring::restore;
use sealing::{Guard, Sealing};

/// Why there is no backup, or nothing to restore.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// It may be somebody's holiday pictures.
    #[error(
        "`{path}` holds other things than backups of workmate: choose an empty folder",
        path = path.display()
    )]
    NotOurs {
        /// The folder.
        path: PathBuf,
    },
    /// One would be a part of the other.
    #[error(
        "`{path}` lies in the data folder or around it: choose another disk, or a folder of its own",
        path = path.display()
    )]
    Inside {
        /// The folder.
        path: PathBuf,
    },
    /// A newer workmate wrote there.
    #[error("these backups were made by a newer workmate: install that version again")]
    Newer,
    /// Another backup is being made there.
    #[error("another backup is being made in `{path}`: wait for it", path = path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// No backup of that name, or none at all.
    #[error("there is no finished backup `{name}` in `{path}`", path = path.display())]
    Missing {
        /// Which.
        name: String,
        /// The folder.
        path: PathBuf,
    },
    /// The data folder has a database already.
    #[error(
        "`{path}` holds a database already and nothing was changed: move it away first",
        path = path.display()
    )]
    NotEmpty {
        /// The data folder.
        path: PathBuf,
    },
    /// What was copied is not what it should be.
    #[error("the copy is damaged: {what}")]
    Damaged {
        /// In words.
        what: String,
    },
    /// What is configured and what lies there do not fit.
    #[error(
        "the backups in `{path}` are encrypted in another way than `backup.recipient` and \
         `backup.passphrase_file` say: choose an empty folder, or change them back",
        path = path.display()
    )]
    OtherSeal {
        /// The folder.
        path: PathBuf,
    },
    /// Nothing comes back without its key.
    #[error("the backups in `{path}` are encrypted: name the file of the key by --key", path = path.display())]
    Sealed {
        /// The folder.
        path: PathBuf,
    },
    /// Another key, or other words.
    #[error("this is not the key, or not the passphrase, of these backups")]
    WrongKey,
    /// The bucket says no.
    #[error("the bucket {place}: {reason}")]
    Bucket {
        /// Where it is.
        place: String,
        /// Why, and what to do.
        reason: String,
    },
    /// Papers would leave the household for everybody to read.
    #[error(
        "backups in {place} would leave the house unencrypted: set `backup.recipient` or \
         `backup.passphrase_file`"
    )]
    FarAndOpen {
        /// Where it is.
        place: String,
    },
    /// No room left.
    #[error("the disk of the backups is full: free some space, or keep fewer")]
    DiskFull,
    /// A file failed.
    #[error("`{path}` cannot be used: check that it is there and that this user may write to it", path = path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// Neither folder nor bucket.
    #[error("name a folder, or set `backup.folder` or `backup.bucket`")]
    Nowhere,
    /// SQLite says no.
    #[error("the database could not be copied")]
    Database(#[from] rusqlite::Error),
    /// The copy cannot be read as a store.
    #[error("the copy cannot be read")]
    Store(#[from] super::Error),
    /// The data folder cannot be used.
    #[error("the data folder cannot be used")]
    Open(#[from] super::OpenError),
}

/// Puts the path to what failed there.
fn at(path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    let path = path.to_owned();
    let full = [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded];
    move |cause| {
        if full.contains(&cause.kind()) {
            return BackupError::DiskFull;
        }
        BackupError::File { path, cause }
    }
}

/// One backup, as `copy.json` says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Copy {
    /// When it was begun.
    pub at: Timestamp,
    /// By which workmate.
    pub version: String,
    /// Documents in it.
    pub documents: u64,
    /// Tasks in it.
    pub tasks: u64,
    /// Entries of its journal, whose chain is unbroken.
    pub journal_entries: u64,
    /// SHA-256 of the database, in hexadecimal digits.
    pub database_sha256: String,
    /// Files that belong to it.
    pub files: u64,
    /// Length of those and the database, in bytes.
    pub bytes: u64,
}

/// What making a backup did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// The backup.
    pub copy: Copy,
    /// Its folder in `copies/`.
    pub name: String,
    /// Files that had to be copied; the others were there.
    pub copied: u64,
    /// Older files that were read again and found whole.
    pub read_again: u64,
    /// Older files that were damaged, and copied anew.
    pub mended: u64,
    /// Older backups that were removed.
    pub removed: u64,
}

impl Made {
    /// What two of them did together.
    fn and(self, other: &Self) -> Self {
        Self {
            copy: self.copy,
            name: self.name,
            copied: self.copied + other.copied,
            read_again: self.read_again + other.read_again,
            mended: self.mended + other.mended,
            removed: self.removed + other.removed,
        }
    }
}

/// Holds the lists of what lies in a bucket, in the data folder.
const SHADOW: &str = "bucket";

/// A backup that this daemon has made: while nothing is written, the next one holds the same database.
#[derive(Clone, Debug)]
pub(super) struct Earlier {
    /// The folder of the backups.
    folder: PathBuf,
    /// Its name there.
    name: String,
    /// Transactions that the store had seen when it was begun.
    writes: u64,
}

/// Where backups go, and which are kept.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The folder; empty for none.
    pub folder: PathBuf,
    /// The bucket.
    pub bucket: Option<Arc<dyn Elsewhere>>,
    /// Who can read them.
    pub sealing: Sealing,
    /// How many.
    pub keep: Keep,
    /// In which days begin.
    pub zone: TimeZone,
}

/// How the backups of the house do: a setting that the worker writes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// When the last one was begun.
    pub begun_at: Option<Timestamp>,
    /// The last good one.
    pub good: Option<Copy>,
    /// Why there is none behind it.
    pub problem: Option<String>,
}

/// How the backups do.
pub fn state(tx: &ReadTx<'_>) -> Result<State, super::Error> {
    Ok(settings::lookup(tx, "backup")?.unwrap_or_default())
}

/// Notes how a backup that was begun at a moment ended.
pub fn note(
    tx: &WriteTx<'_>,
    begun_at: Timestamp,
    ended: Result<Copy, String>,
) -> Result<(), super::Error> {
    tx.is_no_news();
    let before = state(tx)?;
    let (good, problem) = match ended {
        Ok(copy) => (Some(copy), None),
        Err(problem) => (before.good, Some(problem)),
    };
    let begun_at = Some(begun_at);
    settings::set(
        tx,
        "backup",
        &State {
            begun_at,
            good,
            problem,
        },
    )
}

impl Rule {
    /// Whether backups go nowhere.
    pub fn is_nowhere(&self) -> bool {
        self.folder.as_os_str().is_empty() && self.bucket.is_none()
    }
}

/// Makes a backup in each place, opens and checks it, and removes those that are not kept any more. A store that
/// is at work meanwhile goes on. Takes seconds to minutes: not for a thread that others wait for. Where one
/// place fails, the other is given its backup all the same.
pub fn make(store: &Store, rule: &Rule) -> Result<Made, BackupError> {
    let in_folder = (!rule.folder.as_os_str().is_empty()).then(|| {
        let folder = Folder::open(&rule.folder, store.dir(), &rule.sealing)?;
        make_in(&folder, store, rule)
    });
    let in_bucket = rule.bucket.as_ref().map(|bucket| {
        let (objects, shadow) = (opened(&**bucket)?, store.dir().join(SHADOW));
        let folder = Folder::open_bucket(objects, &shadow, &rule.sealing)?;
        make_in(&folder, store, rule)
    });
    match (in_folder, in_bucket) {
        (Some(one), Some(other)) => Ok(one?.and(&other?)),
        (Some(made), None) | (None, Some(made)) => made,
        (None, None) => Err(BackupError::Nowhere),
    }
}

/// Looks for the bucket.
fn opened(bucket: &dyn Elsewhere) -> Result<Arc<dyn Objects>, BackupError> {
    bucket.open().map_err(|reason| BackupError::Bucket {
        place: "of `backup.bucket`".to_owned(),
        reason,
    })
}

fn make_in(folder: &Folder, store: &Store, rule: &Rule) -> Result<Made, BackupError> {
    folder.remove_unfinished()?;
    let made = copying::copy(store, folder);
    // However it ended, and whatever an earlier end has left.
    sealing::remove(&copying::open_path(store))?;
    let made = made?;
    let removed = folder.prune(rule.keep, &rule.zone)?;
    Ok(Made { removed, ..made })
}

/// Where backups come back from.
#[derive(Clone, Debug)]
pub enum Source {
    /// A folder.
    Folder(PathBuf),
    /// A bucket, whose lists lie in the data folder meanwhile.
    Bucket {
        /// The bucket.
        objects: Arc<dyn Objects>,
        /// The data folder.
        data: PathBuf,
    },
}

impl Source {
    /// The bucket, which is looked for now.
    pub fn bucket(bucket: &dyn Elsewhere, data: &Path) -> Result<Self, BackupError> {
        Ok(Self::Bucket {
            objects: opened(bucket)?,
            data: data.to_owned(),
        })
    }

    fn look(&self) -> Result<Folder, BackupError> {
        match self {
            Self::Folder(path) => Folder::look(path),
            Self::Bucket { objects, data } => {
                let shadow = data.join(format!("{SHADOW}-{}", std::process::id()));
                Folder::look_into_bucket(Arc::clone(objects), &shadow)
            }
        }
    }

    fn place(&self) -> PathBuf {
        match self {
            Self::Folder(path) => path.clone(),
            Self::Bucket { objects, .. } => objects.place().into(),
        }
    }

    /// The finished backups there, newest first.
    pub fn list(&self) -> Result<Vec<(String, Copy)>, BackupError> {
        self.look()?.copies()
    }

    /// What they ask for before they come back.
    pub fn guard(&self) -> Result<Guard, BackupError> {
        Ok(self.look()?.guard())
    }
}
