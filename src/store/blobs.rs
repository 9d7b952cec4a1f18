//! The files beside the database: originals, previews and archive copies, named by a keyed hash.
//!
//! The name says nothing about the content to somebody without the key, and leaves room for
//! encryption and for another place behind this seam. A file is on the disk, and its folder too,
//! before its name is given to anybody.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::Error;
use crate::domain::document::Sha256Hash;
use crate::domain::part::PageRange;

/// The name of a stored file: 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BlobName(String);

impl BlobName {
    /// As it stands on the disk.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A name read from the database.
    pub fn from_row(text: String) -> Self {
        Self(text)
    }
}

/// Which picture of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    /// The first page, small.
    Thumbnail,
    /// One page, from 1.
    Page(u32),
}

/// A folder of immutable files.
pub struct Blobs {
    dir: PathBuf,
    key: [u8; 32],
    counter: AtomicU64,
}

impl Blobs {
    /// Opens the folder, making it if it is not there, and removes what an earlier end left half
    /// written.
    pub fn open(dir: &Path, key: [u8; 32]) -> io::Result<Self> {
        let unfinished = dir.join("unfinished");
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished)?;
        }
        fs::create_dir_all(&unfinished)?;
        Ok(Self {
            dir: dir.to_owned(),
            key,
            counter: AtomicU64::new(0),
        })
    }

    /// The name of a document's original.
    pub fn original(&self, sha256: Sha256Hash) -> BlobName {
        self.name(&[b"original", &sha256.0])
    }

    /// The name of a picture made of a document.
    pub fn picture(&self, sha256: Sha256Hash, picture: Picture) -> BlobName {
        let number = match picture {
            Picture::Thumbnail => 0_u32,
            Picture::Page(number) => number,
        };
        self.name(&[b"picture", &sha256.0, &number.to_be_bytes()])
    }

    /// The name of the archive copy made of a document, which may be only some pages of its file.
    pub fn archive(&self, sha256: Sha256Hash, pages: Option<PageRange>) -> BlobName {
        let ends = pages.map_or((0, 0), |it| (it.first(), it.last()));
        let (first, last) = (ends.0.to_be_bytes(), ends.1.to_be_bytes());
        self.name(&[b"archive", &sha256.0, &first, &last])
    }

    fn name(&self, parts: &[&[u8]]) -> BlobName {
        let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.key) else {
            // HMAC takes keys of any length (RFC 2104).
            return BlobName(String::new());
        };
        for part in parts {
            mac.update(part);
        }
        BlobName(HEXLOWER.encode(&mac.finalize().into_bytes()))
    }

    /// Where the file stands, for handing it to the reader process.
    pub fn path(&self, name: &BlobName) -> PathBuf {
        let folder = name.0.get(..2).unwrap_or("00");
        self.dir.join(folder).join(&name.0)
    }

    /// Keeps `bytes` under `name`: written beside, flushed to the disk, renamed, and the folder
    /// flushed. A file that is already there is left as it is.
    pub fn put(&self, name: &BlobName, bytes: &[u8]) -> Result<(), Error> {
        let path = self.path(name);
        let known =
            fs::metadata(&path).is_ok_and(|it| usize::try_from(it.len()) == Ok(bytes.len()));
        if known {
            // Whoever wrote it may have been stopped before the folder was flushed.
            let flushed = path
                .parent()
                .map(|it| File::open(it)?.sync_all())
                .transpose();
            return flushed
                .map(|_| ())
                .map_err(|cause| Error::file(&path, cause));
        }
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        let unfinished = self.dir.join("unfinished").join(number.to_string());
        let result = write_through(&unfinished, &path, bytes);
        if result.is_err() {
            // Makes room again on a full disk; what stays is removed at the next start.
            drop(fs::remove_file(&unfinished));
        }
        result.map_err(|cause| Error::file(&path, cause))
    }

    /// All of a file.
    pub fn read(&self, name: &BlobName) -> Result<Vec<u8>, Error> {
        let path = self.path(name);
        fs::read(&path).map_err(|cause| {
            if cause.kind() == io::ErrorKind::NotFound {
                return Error::missing("file", name.as_str());
            }
            Error::file(&path, cause)
        })
    }

    /// Whether the file is there.
    pub fn contains(&self, name: &BlobName) -> bool {
        self.path(name).exists()
    }

    /// The names of the files in one of the 256 folders, in the order of the alphabet.
    pub fn in_folder(&self, number: u8) -> io::Result<Vec<BlobName>> {
        names_in(&self.dir, number)
    }

    /// Removes a file; one that is gone already is fine.
    pub fn erase(&self, name: &BlobName) -> Result<(), Error> {
        let path = self.path(name);
        match fs::remove_file(&path) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(Error::file(&path, cause)),
            _ => Ok(()),
        }
    }
}

/// The names of stored files in folder `number` of `dir`, in the order of the alphabet.
pub(super) fn names_in(dir: &Path, number: u8) -> io::Result<Vec<BlobName>> {
    let folder = HEXLOWER.encode(&[number]);
    let mut names = Vec::new();
    let found = match fs::read_dir(dir.join(&folder)) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(names),
        found => found?,
    };
    for entry in found {
        let name = entry?.file_name();
        let name = name.to_str().filter(|it| is_name(it));
        names.extend(name.map(|it| BlobName(it.to_owned())));
    }
    names.sort_unstable_by(|one, other| one.0.cmp(&other.0));
    Ok(names)
}

/// Whether a file can be called so.
pub(super) fn is_name(text: &str) -> bool {
    let is_digit = |it: u8| it.is_ascii_digit() || (b'a'..=b'f').contains(&it);
    text.len() == 64 && text.bytes().all(is_digit)
}

fn write_through(unfinished: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path
        .parent()
        .ok_or_else(|| io::Error::other("a file stands in a folder"))?;
    let mut file = File::create(unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    if !folder.exists() {
        fs::create_dir_all(folder)?;
        folder
            .parent()
            .map(|it| File::open(it)?.sync_all())
            .transpose()?;
    }
    fs::rename(unfinished, path)?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_found_again_and_its_name_needs_the_key() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(dir.path(), [1; 32]).unwrap();
        let other = Blobs::open(dir.path(), [2; 32]).unwrap();
        let name = blobs.original(Sha256Hash([7; 32]));
        assert_ne!(name, other.original(Sha256Hash([7; 32])));
        blobs.put(&name, b"letter").unwrap();
        blobs.put(&name, b"letter").unwrap();
        assert_eq!(blobs.read(&name).unwrap(), b"letter");
        blobs.erase(&name).unwrap();
        blobs.erase(&name).unwrap();
        assert!(matches!(blobs.read(&name), Err(Error::Missing { .. })));
    }
}
