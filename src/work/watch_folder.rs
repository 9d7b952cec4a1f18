//! Takes what a scanner (or anybody) puts into the watched folder.
//!
//! A scanner writes slowly, so a file is taken once it has not changed for a while. The system's
//! word of a change only wakes this worker early; it looks by itself too, because network shares
//! tell nothing. Only regular files are taken: no link is followed, so nothing outside the folder is
//! ever read. What was taken goes to `done/`, what could not be to `failed/` with the reason beside
//! it. A subfolder named after a person is theirs alone; one that names nobody is left alone.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use tokio_util::sync::CancellationToken;

use super::intake::{Incoming, Intake, Refused};
use super::{Error, Turn, Worker, chain};
use crate::domain::document::{OriginKind, Visibility};
use crate::store::{Caller, Store, Viewer, people};

/// Files of one turn.
const BATCH: usize = 50;
/// Between two looks at a folder whose changes the system tells of: it may miss one all the same.
const REST_TOLD: Duration = Duration::from_mins(1);
/// File systems of this machine alone (`statfs` in linux/magic.h and in the kernel's sources): ext, XFS,
/// Btrfs, F2FS, tmpfs, ZFS. What others write on a share, the system does not tell of.
const LOCAL: [u32; 6] = [
    0xEF53,
    0x5846_5342,
    0x9123_683E,
    0xF2F5_2010,
    0x0102_1994,
    0x2FC1_2FC1,
];
/// Where taken files go, and where those go that could not be taken.
const DONE: &str = "done";
const FAILED: &str = "failed";
/// Endings of files that somebody is still writing.
const UNFINISHED: [&str; 6] = ["tmp", "part", "partial", "crdownload", "filepart", "swp"];

/// What a file looked like, and since when.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Look {
    size: u64,
    modified: Option<SystemTime>,
    since: Instant,
}

/// The worker.
pub struct WatchFolder {
    store: Store,
    intake: Intake,
    folder: PathBuf,
    settle: Duration,
    poll: Duration,
    /// Between two looks at an empty folder.
    rest: Duration,
    looks: HashMap<PathBuf, Look>,
    // Wakes this worker early while it lives.
    _watcher: Option<notify::RecommendedWatcher>,
}

/// The folder cannot be watched.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It is not there, or not a folder.
    #[error("the watched folder {path} is not there: make it, or change `intake.folder`", path = folder.display())]
    NotThere {
        /// Which.
        folder: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// It lies in the data, or the data lies in it.
    #[error("the watched folder {path} and the data folder must not lie in each other", path = folder.display())]
    InsideData {
        /// Which.
        folder: PathBuf,
    },
}

/// Where `folder` really is, which must not be where the data is.
pub fn place(folder: &Path, data: &Path) -> Result<PathBuf, FolderError> {
    let resolved = folder.canonicalize();
    let resolved = resolved.map_err(|cause| FolderError::NotThere {
        folder: folder.to_owned(),
        cause,
    })?;
    // Before the first start there is no data.
    let data = data.canonicalize().unwrap_or_else(|_| data.to_owned());
    if resolved.starts_with(&data) || data.starts_with(&resolved) {
        return Err(FolderError::InsideData { folder: resolved });
    }
    Ok(resolved)
}

impl WatchFolder {
    /// Watches `folder`; `wake` is rung when the system tells of a change.
    pub fn new(
        store: Store,
        intake: Intake,
        folder: &Path,
        (settle, poll): (Duration, Duration),
        wake: std::sync::Arc<tokio::sync::Notify>,
    ) -> Result<Self, FolderError> {
        let resolved = place(folder, store.dir())?;
        let watcher = watch(&resolved, wake);
        let is_told = watcher.is_some() && tells_of_changes(&resolved);
        Ok(Self {
            store,
            intake,
            folder: resolved,
            settle,
            poll,
            rest: if is_told { poll.max(REST_TOLD) } else { poll },
            looks: HashMap::new(),
            _watcher: watcher,
        })
    }

    /// Files that have not changed for long enough, with who may see them.
    fn stable(&mut self, households: Vec<(PathBuf, Visibility)>) -> Vec<(PathBuf, Visibility)> {
        let now = Instant::now();
        let mut looks = HashMap::new();
        let mut stable = Vec::new();
        for (path, visible_to) in households {
            let Ok(metadata) = fs::symlink_metadata(&path) else {
                continue;
            };
            if !metadata.is_file() {
                continue;
            }
            let (size, modified) = (metadata.len(), metadata.modified().ok());
            let since = match self.looks.get(&path) {
                Some(look) if look.size == size && look.modified == modified => look.since,
                _ => now,
            };
            looks.insert(
                path.clone(),
                Look {
                    size,
                    modified,
                    since,
                },
            );
            if size > 0 && now.duration_since(since) >= self.settle {
                stable.push((path, visible_to));
            }
        }
        self.looks = looks;
        stable.truncate(BATCH);
        stable
    }

    /// Every file that could be taken: of the folder itself, and of each person's.
    async fn files(&self) -> Result<Vec<(PathBuf, Visibility)>, Error> {
        let people = self.store.read(Viewer::House, people::list).await?;
        let folder = self.folder.clone();
        let list = move || -> io::Result<Vec<(PathBuf, Visibility)>> {
            let mut files: Vec<_> = entries(&folder, EntryKind::File)?
                .map(|it| (it, Visibility::Household))
                .collect();
            for own in entries(&folder, EntryKind::Folder)? {
                let name = own
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned();
                let wanted = crate::store::search::folded(name.trim());
                let person = people
                    .iter()
                    .find(|it| crate::store::search::folded(&it.name) == wanted);
                let Some(person) = person else { continue };
                let visible_to = Visibility::Persons(vec![person.id]);
                files.extend(entries(&own, EntryKind::File)?.map(|it| (it, visible_to.clone())));
            }
            Ok(files)
        };
        let listed = tokio::task::spawn_blocking(list).await;
        let unavailable = |error: io::Error| {
            Error::Unavailable(format!("the watched folder cannot be listed: {error}"))
        };
        listed
            .map_err(|_| Error::Unavailable("the house is closing".to_owned()))?
            .map_err(unavailable)
    }

    /// `true` if the file is out of the way, whatever became of it.
    async fn take(&self, path: PathBuf, visible_to: Visibility) -> Result<(), Error> {
        let bytes_max = self.intake.bytes_max();
        let to_read = path.clone();
        let read = tokio::task::spawn_blocking(move || read_regular(&to_read, bytes_max)).await;
        let bytes = match read.map_err(|_| Error::Unavailable("the house is closing".to_owned()))? {
            Ok(bytes) => bytes,
            // Gone, or not ours to read yet: it is looked at again.
            Err(error) => {
                log::warn!("a file of the watched folder cannot be read: {error}");
                return Ok(());
            }
        };
        let file_name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let incoming = Incoming {
            bytes,
            file_name,
            way: OriginKind::Folder,
            visible_to,
        };
        let caller = Caller::house(Self::NAME, "folder");
        let result = match self.intake.accept(caller, incoming).await {
            Ok(_) => move_into(&path, DONE).map(|_| ()),
            Err(Refused::Store(error)) => return Err(error.into()),
            Err(refused) => move_into(&path, FAILED).and_then(|moved| explain(&moved, &refused)),
        };
        if let Err(error) = result {
            log::warn!("a taken file could not be moved away: {error}");
        }
        Ok(())
    }
}

fn watch(
    folder: &Path,
    wake: std::sync::Arc<tokio::sync::Notify>,
) -> Option<notify::RecommendedWatcher> {
    use notify::Watcher;
    let ring = move |event: Result<notify::Event, notify::Error>| {
        // What cannot be told is looked at.
        if event.is_ok_and(|it| !is_news(it.kind)) {
            return;
        }
        wake.notify_one();
    };
    let watching = notify::recommended_watcher(ring).and_then(|mut watcher| {
        watcher.watch(folder, notify::RecursiveMode::Recursive)?;
        Ok(watcher)
    });
    watching
        .inspect_err(|error| log::info!(error:display; "the watched folder is looked at by time"))
        .ok()
}

/// Whether something came or changed. That a folder was opened, as by our own look, is no news: whoever
/// looked again for that would never rest.
const fn is_news(kind: notify::EventKind) -> bool {
    use notify::event::{AccessKind, AccessMode, EventKind};
    let is_written = matches!(
        kind,
        EventKind::Access(AccessKind::Close(AccessMode::Write))
    );
    is_written || !matches!(kind, EventKind::Access(_))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum EntryKind {
    File,
    Folder,
}

/// The regular files or the folders of `folder`, but for hidden, unfinished and our own ones.
fn entries(folder: &Path, wanted: EntryKind) -> io::Result<impl Iterator<Item = PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let fits = match wanted {
            EntryKind::File => kind.is_file(),
            EntryKind::Folder => kind.is_dir(),
        };
        let name = entry.file_name();
        let text = name.to_string_lossy();
        let ending = Path::new(&name)
            .extension()
            .and_then(OsStr::to_str)
            .unwrap_or_default();
        let is_ours = wanted == EntryKind::Folder && (text == DONE || text == FAILED);
        let is_unfinished = UNFINISHED.contains(&ending.to_lowercase().as_str());
        if fits && !text.starts_with(['.', '~']) && !is_ours && !is_unfinished {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found.into_iter())
}

/// Whether the system tells of all that happens to a folder.
fn tells_of_changes(folder: &Path) -> bool {
    let known = rustix::fs::statfs(folder).map(|it| u32::try_from(it.f_type));
    matches!(known, Ok(Ok(kind)) if LOCAL.contains(&kind))
}

/// The bytes of a regular file, at most one more than `bytes_max`; a link is not followed.
fn read_regular(path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let flags = i32::try_from(flags.bits()).map_err(io::Error::other)?;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags)
        .open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    file.take(bytes_max.saturating_add(1))
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Moves a file into the folder `name` beside it; a name that is taken gets a number.
fn move_into(path: &Path, name: &str) -> io::Result<PathBuf> {
    let parent = path
        .parent()
        .ok_or_else(|| io::Error::other("a file stands in a folder"))?;
    let folder = parent.join(name);
    fs::create_dir_all(&folder)?;
    if fs::symlink_metadata(&folder)?.is_symlink() {
        return Err(io::Error::other("the folder is a link"));
    }
    let stem = path
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let ending = path
        .extension()
        .map(|it| format!(".{}", it.to_string_lossy()));
    let ending = ending.unwrap_or_default();
    for number in 1..10_000_u32 {
        let file_name = match number {
            1 => format!("{stem}{ending}"),
            _ => format!("{stem}-{number}{ending}"),
        };
        let target = folder.join(file_name);
        match rename_new(path, &target) {
            Ok(()) => return Ok(target),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("too many files of that name"))
}

/// Renames in one step and never over another file: whoever is killed leaves the file at the one place
/// or at the other, and nothing else.
fn rename_new(path: &Path, target: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    match renameat_with(CWD, path, CWD, target, RenameFlags::NOREPLACE) {
        // Shares and old file systems do not know that flag: the name is made ours first.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            OpenOptions::new()
                .write(true)
                .create_new(true)
                .open(target)?;
            fs::rename(path, target)
        }
        renamed => Ok(renamed?),
    }
}

fn explain(moved: &Path, refused: &Refused) -> io::Result<()> {
    let mut name = moved.file_name().unwrap_or_default().to_owned();
    name.push(".txt");
    let mut note = File::create(moved.with_file_name(name))?;
    writeln!(note, "{}", chain(refused))
}

impl Worker for WatchFolder {
    const NAME: &'static str = "watch_folder";
    const REST: Duration = Duration::from_mins(10);

    async fn turn(&mut self, stop: &CancellationToken) -> Result<Turn, Error> {
        let files = self.files().await?;
        let waiting = !files.is_empty();
        for (path, visible_to) in self.stable(files) {
            if stop.is_cancelled() {
                return Ok(Turn::Idle);
            }
            self.take(path, visible_to).await?;
        }
        let rest = if waiting {
            self.settle.min(self.poll)
        } else {
            self.rest
        };
        let rest = rest.max(Duration::from_millis(200));
        let next = self.store.clock().now().checked_add(rest);
        Ok(next.map_or(Turn::Idle, Turn::Until))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_taken_gets_a_number() {
        let dir = tempfile::tempdir().unwrap();
        for expected in ["scan.pdf", "scan-2.pdf", "scan-3.pdf"] {
            let path = dir.path().join("scan.pdf");
            fs::write(&path, expected).unwrap();
            let moved = move_into(&path, DONE).unwrap();
            assert_eq!(moved, dir.path().join(DONE).join(expected));
            assert_eq!(fs::read_to_string(moved).unwrap(), expected);
        }
    }

    #[tokio::test]
    async fn a_look_at_the_folder_does_not_ask_for_another_look() {
        let dir = tempfile::tempdir().unwrap();
        let wake = std::sync::Arc::new(tokio::sync::Notify::new());
        let _watcher = watch(dir.path(), std::sync::Arc::clone(&wake)).expect("there is inotify");
        let rings = |patience| tokio::time::timeout(patience, wake.notified());
        assert_eq!(entries(dir.path(), EntryKind::File).unwrap().count(), 0);
        assert!(rings(Duration::from_millis(300)).await.is_err());
        let letter = dir.path().join("letter.txt");
        fs::write(&letter, "a letter").unwrap();
        rings(Duration::from_secs(20))
            .await
            .expect("a letter has come");
        // All that was told of its writing is heard.
        while rings(Duration::from_millis(300)).await.is_ok() {}
        assert!(read_regular(&letter, 100).is_ok());
        assert!(rings(Duration::from_millis(300)).await.is_err());
    }

    #[test]
    fn links_are_neither_listed_nor_followed() {
        let dir = tempfile::tempdir().unwrap();
        let secret = dir.path().join(".secret");
        fs::write(&secret, "secret").unwrap();
        let link = dir.path().join("letter.txt");
        std::os::unix::fs::symlink(&secret, &link).unwrap();
        assert_eq!(entries(dir.path(), EntryKind::File).unwrap().count(), 0);
        assert!(read_regular(&link, 100).is_err());
    }

    #[test]
    fn what_is_hidden_or_unfinished_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        for name in [".hidden.pdf", "~lock.pdf", "a.pdf.part", "b.tmp", "ok.pdf"] {
            fs::write(dir.path().join(name), "x").unwrap();
        }
        let found: Vec<_> = entries(dir.path(), EntryKind::File).unwrap().collect();
        assert_eq!(found, [dir.path().join("ok.pdf")]);
    }
}
