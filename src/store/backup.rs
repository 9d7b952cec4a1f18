//! Copies of everything the house knows, in another folder, and the way back from them.
//!
//! A folder of backups holds `workmate-backup.json`, which says what it is; `files/`, the stored files
//! under their own names, each copied once however many backups there are; and `copies/`, a folder for
//! each backup with the database as it was at one moment, `files.txt` with the files that belong to it
//! and their hashes, and `copy.json`. That one is written last, after the copy was opened and checked:
//! without it a copy is unfinished, is never restored, and goes with the next backup.
//!
//! What is not here: the configuration and its secrets, which are yours and lie elsewhere.

mod copying;
mod folder;
mod restoring;

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::{ReadTx, Store, WriteTx, settings};
use crate::domain::retention::Keep;

use folder::Folder;
pub use restoring::restore;

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The folder.
    pub folder: PathBuf,
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

/// Makes a backup, opens and checks it, and removes those that are not kept any more. A store that is at
/// work meanwhile goes on. Takes seconds to minutes: not for a thread that others wait for.
pub fn make(store: &Store, rule: &Rule) -> Result<Made, BackupError> {
    let folder = Folder::open(&rule.folder, store.dir())?;
    folder.remove_unfinished()?;
    let made = copying::copy(store, &folder)?;
    let removed = folder.prune(rule.keep, &rule.zone)?;
    Ok(Made { removed, ..made })
}

/// The finished backups in a folder, newest first.
pub fn list(folder: &Path) -> Result<Vec<(String, Copy)>, BackupError> {
    Folder::look(folder)?.copies()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use jiff::SignedDuration;
    use sha2::{Digest, Sha256};
    use tempfile::TempDir;

    use super::*;
    use crate::domain::clock::Clock;
    use crate::domain::document::{Sha256Hash, Visibility};
    use crate::store::blobs::BlobName;
    use crate::store::tasks::{self, Edit, Filter};
    use crate::store::{Caller, Viewer, WriteTx};

    /// A house with files and a task, and a disk for backups.
    struct House {
        dir: TempDir,
        clock: Clock,
        store: Store,
    }

    impl House {
        fn open() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let clock = Clock::at("2026-03-10T02:30:00Z".parse().unwrap());
            let store = Store::open(&dir.path().join("data"), clock.clone()).unwrap();
            Self { dir, clock, store }
        }

        fn rule(&self) -> Rule {
            Rule {
                folder: self.dir.path().join("disk"),
                keep: Keep {
                    daily: 2,
                    weekly: 0,
                    monthly: 0,
                },
                zone: TimeZone::UTC,
            }
        }

        async fn back_up(&self) -> Result<Made, BackupError> {
            let (store, rule) = (self.store.clone(), self.rule());
            tokio::task::spawn_blocking(move || make(&store, &rule))
                .await
                .unwrap()
        }

        async fn add_task(&self, title: &str) {
            let title = title.to_owned();
            let add = move |tx: &WriteTx<'_>| {
                tasks::create(tx, title, Edit::default(), Visibility::Household)
            };
            let caller = Caller::house("test", "command");
            self.store.write(caller, add).await.unwrap();
        }

        fn name(&self, text: &[u8]) -> BlobName {
            let sha256 = Sha256Hash(Sha256::digest(text).into());
            self.store.blobs().original(sha256)
        }

        /// Where its copy will lie.
        fn keep_file(&self, text: &[u8]) -> PathBuf {
            let name = self.name(text);
            self.store.blobs().put(&name, text).unwrap();
            let name = name.as_str();
            self.rule().folder.join("files").join(&name[..2]).join(name)
        }

        fn restored(&self) -> PathBuf {
            self.dir.path().join("new")
        }

        fn restore(&self) -> Result<restoring::Restored, BackupError> {
            restore(
                &self.rule().folder,
                None,
                &self.restored(),
                Timestamp::UNIX_EPOCH,
            )
        }

        fn next_night(&self) {
            self.clock
                .set(self.clock.now() + SignedDuration::from_hours(24));
        }
    }

    /// How many backups share the database of this one.
    fn shared_by(house: &House, made: &Made) -> u64 {
        use std::os::unix::fs::MetadataExt;
        let copies = house.rule().folder.join("copies");
        let database = copies.join(&made.name).join("workmate.sqlite");
        fs::metadata(database).unwrap().nlink()
    }

    #[tokio::test]
    async fn what_has_not_changed_is_not_copied_again() {
        let house = House::open();
        house.add_task("water bill").await;
        let first = house.back_up().await.unwrap();
        let caller = Caller::worker("test");
        let (at, copy) = (house.clock.now(), first.copy.clone());
        let noted = house.store.write(caller, move |tx| note(tx, at, Ok(copy)));
        noted.await.unwrap();
        house.next_night();
        let second = house.back_up().await.unwrap();
        assert_eq!(shared_by(&house, &second), 2);
        let same = |it: &Made| (it.copy.database_sha256.clone(), it.copy.tasks);
        assert_eq!(same(&second), same(&first));
        house.next_night();
        house.add_task("gas bill").await;
        let third = house.back_up().await.unwrap();
        assert_eq!((shared_by(&house, &third), third.copy.tasks), (1, 2));

        // What has gone bad meanwhile is not handed on.
        let copies = house.rule().folder.join("copies");
        let database = copies.join(&third.name).join("workmate.sqlite");
        fs::write(database, b"damaged").unwrap();
        house.next_night();
        let fourth = house.back_up().await.unwrap();
        assert_eq!((shared_by(&house, &fourth), fourth.copy.tasks), (1, 2));
        assert_eq!(house.restore().unwrap().copy, fourth.copy);
    }

    #[tokio::test]
    async fn what_was_backed_up_comes_back_whole() {
        let house = House::open();
        house.add_task("water bill").await;
        house.keep_file(b"letter");
        let made = house.back_up().await.unwrap();
        assert_eq!((made.copied, made.copy.files, made.copy.tasks), (1, 1, 1));
        assert_eq!(made.copy.journal_entries, 1);
        house.add_task("after it").await;
        let restored = house.restore().unwrap();
        assert_eq!(restored.copy, made.copy);
        let again = Store::open(&house.restored(), Clock::at(Timestamp::UNIX_EPOCH)).unwrap();
        let look = |tx: &ReadTx<'_>| tasks::list(tx, &Filter::default(), 10);
        let found = again.read(Viewer::House, look).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].title, "water bill");
        let name = house.name(b"letter");
        assert_eq!(again.blobs().read(&name).unwrap(), b"letter");
    }

    #[tokio::test]
    async fn a_file_is_copied_once_and_mended_when_its_copy_has_changed() {
        let house = House::open();
        let kept = house.keep_file(b"letter");
        house.back_up().await.unwrap();
        house.next_night();
        house.keep_file(b"another");
        assert_eq!(house.back_up().await.unwrap().copied, 1);
        fs::write(&kept, b"lettuc").unwrap();
        let mut mended = 0;
        for _ in 0..30 {
            house.next_night();
            mended += house.back_up().await.unwrap().mended;
        }
        assert_eq!(mended, 1, "within thirty days");
        assert_eq!(fs::read(&kept).unwrap(), b"letter");
    }

    #[tokio::test]
    async fn old_backups_go_and_files_that_none_needs_go_with_them() {
        let house = House::open();
        let kept = house.keep_file(b"letter");
        house.back_up().await.unwrap();
        let gone = house.keep_file(b"erased soon");
        house.next_night();
        house.back_up().await.unwrap();
        let name = house.name(b"erased soon");
        house.store.blobs().erase(&name).unwrap();
        house.next_night();
        assert_eq!(house.back_up().await.unwrap().removed, 1);
        assert!(gone.exists(), "yesterday's backup has it");
        house.next_night();
        assert_eq!(house.back_up().await.unwrap().removed, 1);
        assert!(kept.exists() && !gone.exists());
        let names: Vec<String> = list(&house.rule().folder)
            .unwrap()
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        assert_eq!(names, ["2026-03-13T023000000Z", "2026-03-12T023000000Z"]);
    }

    #[tokio::test]
    async fn what_is_damaged_or_unfinished_is_not_restored() {
        let house = House::open();
        house.add_task("water bill").await;
        let kept = house.keep_file(b"letter");
        let made = house.back_up().await.unwrap();
        fs::write(&kept, b"lettuc").unwrap();
        let refused = house.restore();
        assert!(
            matches!(refused, Err(BackupError::Damaged { .. })),
            "{refused:?}"
        );
        assert!(!house.restored().join("workmate.sqlite").exists());
        fs::write(&kept, b"letter").unwrap();
        house.restore().unwrap();
        let refused = house.restore();
        assert!(
            matches!(refused, Err(BackupError::NotEmpty { .. })),
            "{refused:?}"
        );
        let copy = house.rule().folder.join("copies").join(&made.name);
        fs::remove_file(copy.join("copy.json")).unwrap();
        fs::remove_dir_all(house.restored()).unwrap();
        let refused = house.restore();
        assert!(
            matches!(refused, Err(BackupError::Missing { .. })),
            "{refused:?}"
        );
        house.next_night();
        house.back_up().await.unwrap();
        assert!(!copy.exists(), "the next backup has taken it away");
    }

    #[tokio::test]
    async fn a_folder_with_other_things_or_of_the_data_is_refused() {
        let house = House::open();
        let pictures = house.dir.path().join("pictures");
        fs::create_dir(&pictures).unwrap();
        fs::write(pictures.join("sea.jpg"), b"blue").unwrap();
        let inside = house.store.dir().join("backups");
        let refused = |folder| {
            let folder = Rule {
                folder,
                ..house.rule()
            };
            make(&house.store, &folder).unwrap_err()
        };
        let error = refused(pictures);
        assert!(matches!(error, BackupError::NotOurs { .. }), "{error:?}");
        let error = refused(inside);
        assert!(matches!(error, BackupError::Inside { .. }), "{error:?}");
    }
}
