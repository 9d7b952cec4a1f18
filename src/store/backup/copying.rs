//! The way out: the database, the files, and a look at what was copied.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::folder::{self, Folder, Listed, make_folder, private, write_through};
use super::sealing::{self, hash};
use super::{BackupError, Copy, Earlier, Made, at};
use crate::domain::document::Sha256Hash;
use crate::store::blobs::BlobName;
use crate::store::{BUSY_MILLISECONDS, ReadTx, Store, Viewer, journal, schema, search};

/// Between two tries while another connection has the database.
const PAUSE: Duration = Duration::from_millis(50);
/// In so many days each older file is read again, so that a disk that forgets is noticed.
const READ_AGAIN_DAYS: i64 = 30;

/// What a look at a copied database found.
pub(super) struct Found {
    documents: u64,
    tasks: u64,
    journal_entries: u64,
}

#[derive(Default)]
struct Files {
    count: u64,
    bytes: u64,
    copied: u64,
    read_again: u64,
    mended: u64,
}

/// Copies everything that has changed since the last backup, and checks the whole.
pub(super) fn copy(store: &Store, folder: &Folder) -> Result<Made, BackupError> {
    let now = store.clock().now();
    let name = now.strftime("%Y-%m-%dT%H%M%S%3fZ").to_string();
    let last = folder.copies()?.into_iter().next();
    let place = folder.copy_path(&name);
    make_folder(&place)?;
    let database = folder.database_path(&name);
    let writes = store.inner.writes.load(Ordering::SeqCst);
    let same = match last
        .as_ref()
        .filter(|it| is_the_last(store, folder, &it.0, writes))
    {
        Some(last) => taken_over(folder, last, &database)?,
        None => None,
    };
    if same.is_none() {
        let open = lies_open(store, folder, &database);
        copy_database(&store.dir().join("workmate.sqlite"), &open)?;
    }
    // After the database: what it names is there.
    let last = last.as_ref().map(|(name, _)| name.as_str());
    let files = copy_files(store, folder, (&place, last))?;
    let (found, length, sha256) = match same {
        Some(same) => same,
        None => checked(store, folder, &database)?,
    };
    let copy = Copy {
        at: now,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        documents: found.documents,
        tasks: found.tasks,
        journal_entries: found.journal_entries,
        database_sha256: sha256,
        files: files.count,
        bytes: files.bytes + length,
    };
    folder.send_away(&database)?;
    folder.send(&place.join("files.txt"))?;
    let text = serde_json::to_vec_pretty(&copy).unwrap_or_default();
    write_through(&place.join("copy.json"), &text)?;
    folder.send(&place.join("copy.json"))?;
    folder::flush_folder(place.parent().unwrap_or(&place))?;
    // A bucket's database is not at hand for the next one; the folder beside it keeps its own.
    if !folder.is_bucket() {
        let earlier = Earlier {
            folder: folder.path().to_owned(),
            name: name.clone(),
            writes,
        };
        let known = &store.inner.backed_up;
        *known.lock().unwrap_or_else(PoisonError::into_inner) = Some(earlier);
    }
    Ok(Made {
        copy,
        name,
        copied: files.copied,
        read_again: files.read_again,
        mended: files.mended,
        removed: 0,
    })
}

/// Whether the newest backup of a folder is one since which nothing was written.
fn is_the_last(store: &Store, folder: &Folder, name: &str, writes: u64) -> bool {
    let known = &store.inner.backed_up;
    let known = known.lock().unwrap_or_else(PoisonError::into_inner);
    known
        .as_ref()
        .is_some_and(|it| it.folder == folder.path() && it.name == name && it.writes == writes)
}

/// What was found in a database, its length, and its SHA-256.
type Checked = (Found, u64, String);

/// Lets this backup have the database of the last one, which was checked then and is read again now;
/// `None` where that one is damaged, or a file cannot have two names.
fn taken_over(
    folder: &Folder,
    (name, copy): &(String, Copy),
    database: &Path,
) -> Result<Option<Checked>, BackupError> {
    let last = folder.database_path(name);
    if let Err(cause) = fs::hard_link(&last, database) {
        log::debug!(cause:display; "the database of the last backup is copied anew");
        return Ok(None);
    }
    let (length, sha256) = hash(database)?;
    if sha256 != copy.database_sha256 {
        log::warn!(backup = name; "the database of a backup is damaged: look at that disk");
        fs::remove_file(database).map_err(at(database))?;
        return Ok(None);
    }
    let found = Found {
        documents: copy.documents,
        tasks: copy.tasks,
        journal_entries: copy.journal_entries,
    };
    Ok(Some((found, length, sha256)))
}

/// Where a database lies open until it is sealed: beside the house's own, never on the other disk.
pub(super) fn open_path(store: &Store) -> PathBuf {
    store.dir().join("backup.sqlite")
}

/// Where the database is copied to and looked at: where it stays, or, where nobody but the owner of a key
/// may read it there, beside the house's own until it is sealed.
fn lies_open(store: &Store, folder: &Folder, database: &Path) -> PathBuf {
    match folder.sealed_to() {
        None => database.to_owned(),
        Some(_) => open_path(store),
    }
}

/// Opens what was copied and checks it, and seals it where it is to be sealed.
fn checked(store: &Store, folder: &Folder, database: &Path) -> Result<Checked, BackupError> {
    let open = lies_open(store, folder, database);
    let elsewhere = if folder.is_bucket() {
        Some(names(folder, database)?)
    } else {
        None
    };
    let is_there = |name: &str| match &elsewhere {
        Some(names) => names.contains(name),
        None => folder.file_path(name).exists(),
    };
    // What was erased meanwhile is not lost.
    let is_lost = |name: &BlobName| !is_there(name.as_str()) && store.blobs().contains(name);
    let originals = |sha256| store.blobs().original(sha256);
    let now = store.clock().now();
    let found = check(&open, now, |sha256| is_lost(&originals(sha256)))?;
    let (length, sha256) = match folder.sealed_to() {
        None => hash(database)?,
        Some(recipient) => sealing::seal_and_look(&open, database, recipient)?,
    };
    Ok((found, length, sha256))
}

/// The files of the backup whose database that is.
fn names(folder: &Folder, database: &Path) -> Result<HashSet<String>, BackupError> {
    let copy = database.parent().and_then(Path::file_name);
    let copy = copy.unwrap_or_default().to_string_lossy();
    folder.files(&copy)?.map(|it| Ok(it?.name)).collect()
}

/// Copies the database as it is at one moment, while others read and write it.
fn copy_database(from: &Path, to: &Path) -> Result<(), BackupError> {
    drop(private(to)?);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let source = Connection::open_with_flags(from, flags)?;
    source.busy_timeout(Duration::from_millis(BUSY_MILLISECONDS))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut target = Connection::open_with_flags(to, flags)?;
    // Until it is flushed as a whole it is no backup: neither undone nor flushed page by page.
    target.pragma_update(None, "journal_mode", "OFF")?;
    target.pragma_update(None, "synchronous", "OFF")?;
    let backup = Backup::new(&source, &mut target)?;
    while backup.step(-1)? != StepResult::Done {
        thread::sleep(PAUSE);
    }
    drop(backup);
    drop(target);
    let flushed = File::open(to).and_then(|it| it.sync_all());
    flushed.map_err(at(to))
}

/// Copies the files that the folder lacks, and writes down all that belong to this backup.
fn copy_files(
    store: &Store,
    folder: &Folder,
    (place, last): (&Path, Option<&str>),
) -> Result<Files, BackupError> {
    let path = place.join("files.txt");
    let mut written = BufWriter::new(private(&path)?);
    let known = last.map(|it| folder.files(it)).transpose()?;
    let mut known = known.into_iter().flatten().peekable();
    let day = store.clock().now().as_second().div_euclid(86_400);
    let mut files = Files::default();
    for number in 0..=u8::MAX {
        // What a bucket holds is its keeper's to look after, and every look would cost.
        let is_read_again = i64::from(number) % READ_AGAIN_DAYS == day % READ_AGAIN_DAYS;
        let is_read_again = is_read_again && !folder.is_bucket();
        let elsewhere = folder.elsewhere(number)?;
        let is_there = |it: &Listed| match &elsewhere {
            Some(there) => there.get(&it.name) == Some(&it.length),
            None => is_there(folder, it),
        };
        let copied = files.copied;
        let names = store.blobs().in_folder(number);
        for name in names.map_err(at(store.dir()))? {
            // Both are sorted.
            while let Some(gone) = known.next_if(|it| is_before(it, name.as_str())) {
                gone?;
            }
            let before = known.next_if(|it| it.as_ref().is_ok_and(|it| it.name == name.as_str()));
            let before = before.transpose()?;
            let listed = if let Some(before) = before.filter(is_there) {
                kept(store, folder, (&name, before), (is_read_again, &mut files))?
            } else {
                taken(store, folder, &name, &mut files)?
            };
            if let Some(listed) = listed {
                written
                    .write_all(listed.line().as_bytes())
                    .map_err(at(&path))?;
                files.count += 1;
                files.bytes += listed.length;
            }
        }
        if files.copied > copied && !folder.is_bucket() {
            let name = format!("{number:02x}");
            folder::flush_folder(&folder.path().join("files").join(name))?;
        }
    }
    folder::flush_folder(&folder.path().join("files"))?;
    let file = written
        .into_inner()
        .map_err(|error| at(&path)(error.into_error()))?;
    file.sync_all().map_err(at(&path))?;
    Ok(files)
}

fn is_before(listed: &Result<Listed, BackupError>, name: &str) -> bool {
    listed.as_ref().map_or(true, |it| it.name.as_str() < name)
}

fn is_there(folder: &Folder, listed: &Listed) -> bool {
    let path = folder.file_path(&listed.name);
    fs::metadata(path).is_ok_and(|it| it.len() == listed.length)
}

/// A file that an earlier backup has: as it is, or mended where it was read again and has changed.
fn kept(
    store: &Store,
    folder: &Folder,
    (name, before): (&BlobName, Listed),
    (is_read_again, files): (bool, &mut Files),
) -> Result<Option<Listed>, BackupError> {
    if !is_read_again {
        return Ok(Some(before));
    }
    let (_, sha256) = hash(&folder.file_path(&before.name))?;
    if sha256 == before.sha256 {
        files.read_again += 1;
        return Ok(Some(before));
    }
    log::warn!(file = before.name; "a file in the backups is damaged and is copied anew: look at that disk");
    files.mended += 1;
    folder.take(&store.blobs().path(name), name)
}

/// A file that no earlier backup lists. One that is there all the same was copied by a backup that did
/// not come to its end.
fn taken(
    store: &Store,
    folder: &Folder,
    name: &BlobName,
    files: &mut Files,
) -> Result<Option<Listed>, BackupError> {
    let (from, to) = (store.blobs().path(name), folder.file_path(name.as_str()));
    let length = |path: &Path| fs::metadata(path).ok().map(|it| it.len());
    if let Some(known) = length(&to).filter(|it| length(&from) == Some(*it)) {
        let (_, sha256) = hash(&to)?;
        return Ok(Some(Listed {
            name: name.as_str().to_owned(),
            length: known,
            sha256,
        }));
    }
    let listed = folder.take(&from, name)?;
    files.copied += u64::from(listed.is_some());
    Ok(listed)
}

/// Opens a copied database where it lies and looks whether all of it makes sense: its pages, what its
/// rows point to, the chain of the journal, and that none of the originals `is_lost`.
pub(super) fn check(
    database: &Path,
    now: Timestamp,
    is_lost: impl Fn(Sha256Hash) -> bool,
) -> Result<Found, BackupError> {
    let damaged = |what: String| BackupError::Damaged { what };
    let connection = open_untouched(database)?;
    let version: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if usize::try_from(version).is_ok_and(|it| it > schema::LATEST) {
        return Err(BackupError::Newer);
    }
    let said: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if said != "ok" {
        return Err(damaged(said));
    }
    let points_nowhere = connection.prepare("PRAGMA foreign_key_check")?.exists([])?;
    if points_nowhere {
        return Err(damaged("a row points to one that is not there".to_owned()));
    }
    let tx = ReadTx {
        connection: &connection,
        now,
        viewer: Viewer::House,
    };
    let journal = journal::verify(&tx)?;
    if let Some(broken) = journal.broken {
        let reason = broken.reason;
        return Err(damaged(format!(
            "journal entry {}: {reason}",
            broken.sequence
        )));
    }
    let mut originals = connection.prepare("SELECT DISTINCT sha256 FROM document")?;
    for sha256 in originals.query_map([], |row| row.get(0))? {
        if is_lost(Sha256Hash(sha256?)) {
            return Err(damaged("the original of a document is missing".to_owned()));
        }
    }
    let (documents, tasks): (i64, i64) = connection.query_row(
        "SELECT (SELECT count(*) FROM document), (SELECT count(*) FROM task)",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(Found {
        documents: documents.unsigned_abs(),
        tasks: tasks.unsigned_abs(),
        journal_entries: journal.entries,
    })
}

/// Opens a file that nobody writes to, leaving nothing beside it.
fn open_untouched(path: &Path) -> Result<Connection, BackupError> {
    let mut address = String::from("file:");
    // Characters that mean something in an address of SQLite.
    for part in path.to_string_lossy().chars() {
        match part {
            '%' => address.push_str("%25"),
            '?' => address.push_str("%3f"),
            '#' => address.push_str("%23"),
            other => address.push(other),
        }
    }
    address.push_str("?immutable=1");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(address, flags)?;
    search::prepare(&connection);
    Ok(connection)
}
