//! The way back: into a data folder that has no database yet.

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::copying::check;
use super::folder::{Folder, Listed, flush_folder, make_folder};
use super::sealing::{Key, copy_back, hash};
use super::{BackupError, Copy, Source, at};
use crate::store::schema;

/// What was brought back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored {
    /// The backup's folder in `copies/`.
    pub name: String,
    /// The backup.
    pub copy: Copy,
}

/// Brings back the backup called `name`, or the newest one, into the data folder `data`, opened by `key`
/// where it is sealed. Every file is compared with its hash on the way, and the database comes last: what
/// was interrupted is no data folder yet, and is gone on with by the same call.
pub fn restore(
    (from, key): (&Source, Option<&Key>),
    name: Option<&str>,
    data: &Path,
    now: Timestamp,
) -> Result<Restored, BackupError> {
    let folder = from.look()?;
    let identity = folder.identity(key)?;
    let mut copies = folder.copies()?.into_iter();
    let wanted = copies.find(|(it, _)| name.is_none_or(|name| name == it));
    let (name, copy) = wanted.ok_or_else(|| BackupError::Missing {
        name: name.unwrap_or("at all").to_owned(),
        path: from.place(),
    })?;
    let _lock = schema::lock(data)?;
    let database = data.join("workmate.sqlite");
    if database.exists() {
        return Err(BackupError::NotEmpty {
            path: data.to_owned(),
        });
    }
    let blobs = data.join("blobs");
    for listed in folder.files(&name)? {
        bring(&folder, &blobs, &listed?, identity.as_ref())?;
    }
    let unfinished = data.join("restoring.sqlite");
    let scratch = blobs.join("restoring.object");
    make_folder(&blobs)?;
    let sealed = folder.at_hand(folder.database_path(&name), &scratch)?;
    let taken = copy_back(&sealed, &unfinished, identity.as_ref())?;
    if taken.is_none_or(|(_, sha256)| sha256 != copy.database_sha256) {
        return Err(BackupError::Damaged {
            what: "the database is not as it was when it was copied".to_owned(),
        });
    }
    check(&unfinished, now, |_| false)?;
    if scratch.exists() {
        fs::remove_file(&scratch).map_err(at(&scratch))?;
    }
    fs::rename(&unfinished, &database).map_err(at(&database))?;
    flush_folder(data)?;
    Ok(Restored { name, copy })
}

fn bring(
    folder: &Folder,
    blobs: &Path,
    listed: &Listed,
    identity: Option<&age::x25519::Identity>,
) -> Result<(), BackupError> {
    let place = blobs.join(listed.name.get(..2).unwrap_or("00"));
    let path = place.join(&listed.name);
    // A call before this one was interrupted. What was sealed has another hash there, and comes again.
    if path.exists() && hash(&path)?.1 == listed.sha256 {
        return Ok(());
    }
    make_folder(&place)?;
    let unfinished = blobs.join("restoring");
    let scratch = blobs.join("restoring.object");
    let there = folder.at_hand(folder.file_path(&listed.name), &scratch)?;
    let taken = copy_back(&there, &unfinished, identity)?;
    if taken.is_none_or(|it| it != (listed.length, listed.sha256.clone())) {
        return Err(BackupError::Damaged {
            what: format!("the file {} is missing or has changed", listed.name),
        });
    }
    fs::rename(&unfinished, &path).map_err(at(&path))?;
    flush_folder(&place)
}
