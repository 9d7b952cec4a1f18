//! The folder of backups: what it is known by, what lies in it, what is removed from it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use data_encoding::HEXLOWER;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::objects::{self, Objects, there};
use super::sealing::{self, Guard, Key, Recipient, Sealing};
use super::{BackupError, Copy, at};
use crate::domain::retention::Keep;
use crate::store::blobs::{self, BlobName};

/// Says that a folder is one of backups.
pub(super) const MARKER: &str = "workmate-backup.json";
/// How the folder is laid out; the second way is sealed.
const FORMATS: [u32; 2] = [1, 2];
/// The key that a passphrase opens.
pub(super) const KEY: &str = "key.age";

#[derive(Serialize, Deserialize)]
struct Marker {
    format: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed_to: Option<String>,
}

impl Marker {
    fn new(sealed_to: Option<&Recipient>) -> Self {
        let [open, sealed] = FORMATS;
        Self {
            format: sealed_to.map_or(open, |_| sealed),
            sealed_to: sealed_to.map(ToString::to_string),
        }
    }
}

/// A folder of backups, or the one that holds the lists of those in a bucket.
pub(super) struct Folder {
    path: PathBuf,
    /// The bucket.
    objects: Option<Arc<dyn Objects>>,
    /// Is not kept.
    is_scratch: bool,
    /// To whom all of it is sealed.
    sealed_to: Option<Recipient>,
    // Held while something is written there.
    lock: Option<File>,
}

/// A file that belongs to a backup: a line of `files.txt`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    /// Its name.
    pub(super) name: String,
    /// Its length, in bytes.
    pub(super) length: u64,
    /// SHA-256 of what lies there, in hexadecimal digits.
    pub(super) sha256: String,
}

impl Listed {
    pub(super) fn line(&self) -> String {
        format!("{} {} {}\n", self.sha256, self.length, self.name)
    }

    fn of_line(line: &str) -> Option<Self> {
        let mut parts = line.split(' ');
        let (sha256, length, name) = (parts.next()?, parts.next()?, parts.next()?);
        // Names become paths: nothing else is one.
        let is_known = blobs::is_name(name) && blobs::is_name(sha256) && parts.next().is_none();
        is_known.then_some(Self {
            name: name.to_owned(),
            length: length.parse().ok()?,
            sha256: sha256.to_owned(),
        })
    }
}

/// Makes `path` a place of backups, sealed as it is to be.
fn mark(path: &Path, sealing: &Sealing) -> Result<(), BackupError> {
    // Without the marker nothing is sealed to a key that lies there.
    let sealed_to = match sealing {
        Sealing::Open => None,
        Sealing::Recipient(recipient) => Some(recipient.clone()),
        Sealing::Passphrase(words) => Some(sealing::make_key(&path.join(KEY), words)?),
    };
    let text = serde_json::to_vec(&Marker::new(sealed_to.as_ref())).unwrap_or_default();
    write_through(&path.join(MARKER), &text)
}

fn locked(path: &Path) -> Result<File, BackupError> {
    let lock = File::create(path.join("lock")).map_err(at(path))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(BackupError::InUse {
                path: path.to_owned(),
            });
        }
        // A network share that knows no locks is written to by this house alone.
        Err(TryLockError::Error(cause)) => {
            log::debug!(cause:display; "the folder of backups cannot be locked");
        }
    }
    Ok(lock)
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.is_scratch
            && let Err(error) = fs::remove_dir_all(&self.path)
        {
            log::debug!(error:display; "lists of backups were left");
        }
    }
}

impl Folder {
    /// Opens it for writing: an empty one becomes one of backups, one with other things is refused, as
    /// is one that lies in the data folder `data` or around it, and one that is sealed in another way.
    pub(super) fn open(path: &Path, data: &Path, sealing: &Sealing) -> Result<Self, BackupError> {
        make_folder(path)?;
        let (real, data) = (
            path.canonicalize().map_err(at(path))?,
            data.canonicalize().map_err(at(data))?,
        );
        if real.starts_with(&data) || data.starts_with(&real) {
            return Err(BackupError::Inside {
                path: path.to_owned(),
            });
        }
        let marker = path.join(MARKER);
        if !marker.exists() {
            let mut found = fs::read_dir(path).map_err(at(path))?;
            // A new disk has this one.
            let known = ["lost+found", "lock", KEY];
            let is_other = |it: io::Result<fs::DirEntry>| {
                it.is_ok_and(|it| known.iter().all(|known| it.file_name() != *known))
            };
            if found.any(is_other) {
                return Err(BackupError::NotOurs {
                    path: path.to_owned(),
                });
            }
            mark(path, sealing)?;
        }
        let lock = locked(path)?;
        let mut folder = Self::look(path)?;
        folder.lock = Some(lock);
        folder.expect_sealed(sealing)?;
        make_folder(&folder.copies_path())?;
        make_folder(&folder.path.join("files"))?;
        Ok(folder)
    }

    /// Opens a bucket for writing, with its lists in `shadow`.
    pub(super) fn open_bucket(
        objects: Arc<dyn Objects>,
        shadow: &Path,
        sealing: &Sealing,
    ) -> Result<Self, BackupError> {
        if objects.is_far() && matches!(sealing, Sealing::Open) {
            return Err(BackupError::FarAndOpen {
                place: objects.place(),
            });
        }
        make_folder(shadow)?;
        let lock = locked(shadow)?;
        objects::pull(&*objects, shadow)?;
        let marker = shadow.join(MARKER);
        if !marker.exists() {
            mark(shadow, sealing)?;
            // The key first: without the marker nothing is sealed to it.
            for name in [KEY, MARKER] {
                let path = shadow.join(name);
                if path.exists() {
                    objects.put(name, &path).map_err(there(&*objects))?;
                }
            }
        }
        let mut folder = Self::look(shadow)?;
        folder.lock = Some(lock);
        folder.objects = Some(objects);
        folder.expect_sealed(sealing)?;
        Ok(folder)
    }

    /// Opens a bucket for reading, with its lists in `shadow` until the end.
    pub(super) fn look_into_bucket(
        objects: Arc<dyn Objects>,
        shadow: &Path,
    ) -> Result<Self, BackupError> {
        let looked = objects::pull(&*objects, shadow).and_then(|()| Self::look(shadow));
        let mut folder = looked.inspect_err(|_| drop(fs::remove_dir_all(shadow)))?;
        folder.is_scratch = true;
        folder.objects = Some(objects);
        Ok(folder)
    }

    fn expect_sealed(&self, sealing: &Sealing) -> Result<(), BackupError> {
        let is_so = match (sealing, self.guard()) {
            (Sealing::Open, Guard::Open) => true,
            (Sealing::Recipient(wanted), Guard::Key(found)) => *wanted == found,
            (Sealing::Passphrase(words), Guard::Passphrase) => {
                let key = Key::Passphrase(words.clone());
                return self.identity(Some(&key)).map(|_| ());
            }
            _ => false,
        };
        if is_so {
            return Ok(());
        }
        Err(BackupError::OtherSeal { path: self.place() })
    }

    /// What it asks for before it gives anything back.
    pub(super) fn guard(&self) -> Guard {
        match &self.sealed_to {
            None => Guard::Open,
            Some(_) if self.path.join(KEY).exists() => Guard::Passphrase,
            Some(recipient) => Guard::Key(recipient.clone()),
        }
    }

    /// What opens its files, if they are sealed.
    pub(super) fn identity(
        &self,
        key: Option<&Key>,
    ) -> Result<Option<age::x25519::Identity>, BackupError> {
        let Some(sealed_to) = &self.sealed_to else {
            return Ok(None);
        };
        let identity = match key {
            None => {
                return Err(BackupError::Sealed { path: self.place() });
            }
            Some(Key::Identity(identity)) => identity.clone(),
            Some(Key::Passphrase(words)) => sealing::open_key(&self.path.join(KEY), words)?,
        };
        if sealing::public(&identity) != *sealed_to {
            return Err(BackupError::WrongKey);
        }
        Ok(Some(identity))
    }

    /// To whom its files are sealed.
    pub(super) const fn sealed_to(&self) -> Option<&Recipient> {
        self.sealed_to.as_ref()
    }

    /// Opens it for reading.
    pub(super) fn look(path: &Path) -> Result<Self, BackupError> {
        let marker = path.join(MARKER);
        let text = match fs::read(&marker) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
                return Err(BackupError::NotOurs {
                    path: path.to_owned(),
                });
            }
            read => read.map_err(at(&marker))?,
        };
        let marker: Marker = serde_json::from_slice(&text).map_err(|_| BackupError::NotOurs {
            path: path.to_owned(),
        })?;
        if !FORMATS.contains(&marker.format) {
            return Err(BackupError::Newer);
        }
        let sealed_to = marker.sealed_to.map(|it| it.parse()).transpose();
        let sealed_to = sealed_to.map_err(|_| BackupError::Damaged {
            what: format!("`{MARKER}` names a key that is none"),
        })?;
        Ok(Self {
            path: path.to_owned(),
            sealed_to,
            objects: None,
            is_scratch: false,
            lock: None,
        })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn copies_path(&self) -> PathBuf {
        self.path.join("copies")
    }

    /// Where it is, in words.
    fn place(&self) -> PathBuf {
        let elsewhere = self.objects.as_ref().map(|it| it.place().into());
        elsewhere.unwrap_or_else(|| self.path.clone())
    }

    /// Whether files lie elsewhere, and here are lists alone.
    pub(super) const fn is_bucket(&self) -> bool {
        self.objects.is_some()
    }

    /// The files that lie elsewhere whose names begin with that byte, with their lengths.
    pub(super) fn elsewhere(
        &self,
        number: u8,
    ) -> Result<Option<BTreeMap<String, u64>>, BackupError> {
        let listed = self.objects.as_ref();
        listed.map(|it| objects::files(&**it, number)).transpose()
    }

    /// Puts what lies at `path` here into the bucket, if there is one.
    pub(super) fn send(&self, path: &Path) -> Result<(), BackupError> {
        let Some(objects) = &self.objects else {
            return Ok(());
        };
        let name = self.name_of(path);
        objects.put(&name, path).map_err(there(&**objects))
    }

    /// Puts what lies at `path` into the bucket, if there is one, and keeps it there alone.
    pub(super) fn send_away(&self, path: &Path) -> Result<(), BackupError> {
        self.send(path)?;
        if self.is_bucket() {
            fs::remove_file(path).map_err(at(path))?;
        }
        Ok(())
    }

    /// Where what lies at `path` can be read: there, or in `scratch`, where it was brought to.
    pub(super) fn at_hand(&self, path: PathBuf, scratch: &Path) -> Result<PathBuf, BackupError> {
        let Some(objects) = &self.objects else {
            return Ok(path);
        };
        let name = self.name_of(&path);
        let found = objects.get(&name, scratch).map_err(there(&**objects))?;
        if !found {
            fs::remove_file(scratch).map_err(at(scratch))?;
        }
        Ok(scratch.to_owned())
    }

    fn name_of(&self, path: &Path) -> String {
        let name = path.strip_prefix(&self.path).unwrap_or(path);
        name.to_string_lossy().into_owned()
    }

    /// Where a backup lies.
    pub(super) fn copy_path(&self, name: &str) -> PathBuf {
        self.copies_path().join(name)
    }

    /// Where the database of a backup lies.
    pub(super) fn database_path(&self, name: &str) -> PathBuf {
        let sealed = self.sealed_to.as_ref().map(|_| "workmate.sqlite.age");
        self.copy_path(name)
            .join(sealed.unwrap_or("workmate.sqlite"))
    }

    /// Where a stored file lies.
    pub(super) fn file_path(&self, name: &str) -> PathBuf {
        let folder = name.get(..2).unwrap_or("00");
        self.path.join("files").join(folder).join(name)
    }

    /// The finished backups, newest first.
    pub(super) fn copies(&self) -> Result<Vec<(String, Copy)>, BackupError> {
        let mut copies = Vec::new();
        for (name, path) in self.subfolders()? {
            let Ok(text) = fs::read(path.join("copy.json")) else {
                continue;
            };
            match serde_json::from_slice::<Copy>(&text) {
                Ok(copy) => copies.push((name, copy)),
                Err(error) => {
                    log::warn!(error:display, backup = name; "a backup does not say what it is");
                }
            }
        }
        copies.sort_by_key(|(_, copy)| std::cmp::Reverse(copy.at));
        Ok(copies)
    }

    fn subfolders(&self) -> Result<Vec<(String, PathBuf)>, BackupError> {
        let path = self.copies_path();
        let found = match fs::read_dir(&path) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            found => found.map_err(at(&path))?,
        };
        let mut folders = Vec::new();
        for entry in found {
            let entry = entry.map_err(at(&path))?;
            if let Some(name) = entry.file_name().to_str() {
                folders.push((name.to_owned(), entry.path()));
            }
        }
        Ok(folders)
    }

    /// Removes what an earlier end left half done.
    pub(super) fn remove_unfinished(&self) -> Result<(), BackupError> {
        if let Some(objects) = &self.objects {
            objects::remove_unfinished(&**objects)?;
        }
        for (_, path) in self.subfolders()? {
            if !path.join("copy.json").exists() {
                fs::remove_dir_all(&path).map_err(at(&path))?;
            }
        }
        let unfinished = self.path.join("files/unfinished");
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).map_err(at(&unfinished))?;
        }
        make_folder(&unfinished)
    }

    /// The files of a backup, in the order of the alphabet.
    pub(super) fn files(
        &self,
        name: &str,
    ) -> Result<impl Iterator<Item = Result<Listed, BackupError>> + use<>, BackupError> {
        let path = self.copy_path(name).join("files.txt");
        let file = File::open(&path).map_err(at(&path))?;
        Ok(BufReader::new(file).lines().map(move |line| {
            let line = line.map_err(at(&path))?;
            Listed::of_line(&line).ok_or_else(|| BackupError::Damaged {
                what: format!("`{}` has a line that makes no sense", path.display()),
            })
        }))
    }

    /// Removes the backups that are not kept, and the files that belong to none any more; how many
    /// backups went.
    pub(super) fn prune(&self, keep: Keep, zone: &TimeZone) -> Result<u64, BackupError> {
        let copies = self.copies()?;
        let made: Vec<_> = copies.iter().map(|(_, copy)| copy.at).collect();
        let kept = keep.among(&made, zone);
        let (kept, gone): (Vec<_>, Vec<_>) = copies
            .into_iter()
            .partition(|(_, copy)| kept.contains(&copy.at));
        let mut removed = 0;
        for (name, _) in &gone {
            if let Some(objects) = &self.objects {
                objects::remove_copy(&**objects, name)?;
            }
            let path = self.copy_path(name);
            // First what makes it a backup: half a one is none.
            fs::remove_file(path.join("copy.json")).map_err(at(&path))?;
            fs::remove_dir_all(&path).map_err(at(&path))?;
            removed += 1;
        }
        if removed > 0 {
            self.remove_unlisted(&kept)?;
        }
        Ok(removed)
    }

    fn remove_unlisted(&self, kept: &[(String, Copy)]) -> Result<(), BackupError> {
        let files = self.path.join("files");
        let mut lists = Vec::with_capacity(kept.len());
        for (name, _) in kept {
            lists.push(self.files(name)?.peekable());
        }
        // Lists and folders are sorted alike: one folder is held at a time.
        for number in 0..=u8::MAX {
            let folder = HEXLOWER.encode(&[number]);
            let mut wanted = BTreeSet::new();
            for list in &mut lists {
                let is_here = |it: &Result<Listed, BackupError>| {
                    it.as_ref().map_or(true, |it| it.name.starts_with(&folder))
                };
                while let Some(listed) = list.next_if(is_here) {
                    wanted.insert(listed?.name);
                }
            }
            if let Some(objects) = &self.objects {
                let found = objects::files(&**objects, number)?.into_keys();
                for name in found.filter(|it| !wanted.contains(it)) {
                    let name = self.name_of(&self.file_path(&name));
                    objects.remove(&name).map_err(there(&**objects))?;
                }
                continue;
            }
            for name in blobs::names_in(&files, number).map_err(at(&files))? {
                if !wanted.contains(name.as_str()) {
                    let path = self.file_path(name.as_str());
                    fs::remove_file(&path).map_err(at(&path))?;
                }
            }
        }
        Ok(())
    }

    /// Copies a file of the house into the folder, written through to the disk; `None` when it is not
    /// there any more.
    pub(super) fn take(&self, from: &Path, name: &BlobName) -> Result<Option<Listed>, BackupError> {
        let unfinished = self.path.join("files/unfinished").join(name.as_str());
        let sealed_to = self.sealed_to.as_ref();
        let Some((length, sha256)) = sealing::copy_out(from, &unfinished, sealed_to)? else {
            return Ok(None);
        };
        let path = self.file_path(name.as_str());
        if let Some(objects) = &self.objects {
            // Never under its own name here: what lies there counts as copied.
            let put = objects.put(&self.name_of(&path), &unfinished);
            put.map_err(there(&**objects))?;
            fs::remove_file(&unfinished).map_err(at(&unfinished))?;
        } else {
            if let Some(folder) = path.parent() {
                make_folder(folder)?;
            }
            fs::rename(&unfinished, &path).map_err(at(&path))?;
        }
        Ok(Some(Listed {
            name: name.as_str().to_owned(),
            length,
            sha256,
        }))
    }
}

/// A new file that its owner alone may read.
pub(super) fn private(path: &Path) -> Result<File, BackupError> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(path).map_err(at(path))
}

pub(super) fn write_through(path: &Path, bytes: &[u8]) -> Result<(), BackupError> {
    let mut file = private(path)?;
    file.write_all(bytes).map_err(at(path))?;
    file.sync_all().map_err(at(path))?;
    flush_folder(path.parent().unwrap_or(path))
}

/// Flushes the names in a folder to the disk.
pub(super) fn flush_folder(path: &Path) -> Result<(), BackupError> {
    let flushed = File::open(path).and_then(|it| it.sync_all());
    match flushed {
        // Network shares have no such thing.
        Err(cause) if cause.kind() == io::ErrorKind::InvalidInput => Ok(()),
        flushed => flushed.map_err(at(path)),
    }
}

pub(super) fn make_folder(path: &Path) -> Result<(), BackupError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder.create(path).map_err(at(path))
}
