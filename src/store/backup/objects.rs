//! Backups in a bucket: the same names as in a folder, each an object.
//!
//! The lists of the backups (`workmate-backup.json`, `key.age`, `copies/*/copy.json` and `files.txt`) are kept
//! in a folder of this machine as well, beside the house's own data, and are compared with the bucket's each
//! time. Files and databases pass through it one by one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::folder::{KEY, MARKER, make_folder};
use super::{BackupError, at};

/// Objects with names, somewhere else.
pub trait Objects: Debug + Send + Sync {
    /// How people know where they are.
    fn place(&self) -> String;
    /// Whether what is put there leaves the household.
    fn is_far(&self) -> bool;
    /// Puts a file there, and returns once its content was compared on the other side.
    fn put(&self, name: &str, from: &Path) -> Result<(), String>;
    /// Brings one into a file; whether it was there.
    fn get(&self, name: &str, to: &Path) -> Result<bool, String>;
    /// The names that begin so, with their lengths in bytes.
    fn list(&self, prefix: &str) -> Result<Vec<(String, u64)>, String>;
    /// A few names, whatever they are.
    fn first(&self) -> Result<Vec<String>, String>;
    /// Removes one.
    fn remove(&self, name: &str) -> Result<(), String>;
}

/// Where backups go that is no folder. Looked for anew each time: it may have moved.
pub trait Elsewhere: Debug + Send + Sync {
    /// Looks for it. Waits, so it is not for a thread that others wait for.
    fn open(&self) -> Result<Arc<dyn Objects>, String>;
}

/// What a backup consists of beside its files, in the order in which it comes here.
const LISTS: [&str; 2] = ["files.txt", "copy.json"];

/// Puts the reason to a failure there.
pub(super) fn there(objects: &dyn Objects) -> impl FnOnce(String) -> BackupError {
    let place = objects.place();
    move |reason| BackupError::Bucket { place, reason }
}

/// Makes the lists in `shadow` those of the bucket.
///
/// # Errors
/// If other things lie there than backups.
pub(super) fn pull(objects: &dyn Objects, shadow: &Path) -> Result<(), BackupError> {
    make_folder(shadow)?;
    let is_ours = bring(objects, MARKER, shadow)?;
    bring(objects, KEY, shadow)?;
    if !is_ours {
        let first = objects.first().map_err(there(objects))?;
        if first.iter().any(|it| it != KEY) {
            return Err(BackupError::NotOurs {
                path: objects.place().into(),
            });
        }
    }
    let finished = copies(objects)?.finished;
    let copies = shadow.join("copies");
    make_folder(&copies)?;
    for entry in fs::read_dir(&copies).map_err(at(&copies))? {
        let entry = entry.map_err(at(&copies))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !finished.contains(&name) {
            fs::remove_dir_all(entry.path()).map_err(at(&entry.path()))?;
        }
    }
    for name in finished {
        make_folder(&copies.join(&name))?;
        for list in LISTS {
            let list = format!("copies/{name}/{list}");
            if !shadow.join(&list).exists() {
                bring(objects, &list, shadow)?;
            }
        }
    }
    Ok(())
}

/// Brings a list into the shadow, where it is not there it goes; whether it was there.
fn bring(objects: &dyn Objects, name: &str, shadow: &Path) -> Result<bool, BackupError> {
    let (path, unfinished) = (shadow.join(name), shadow.join("unfinished"));
    let found = objects.get(name, &unfinished).map_err(there(objects))?;
    if found {
        fs::rename(&unfinished, &path).map_err(at(&path))?;
    } else {
        for gone in [&unfinished, &path] {
            if gone.exists() {
                fs::remove_file(gone).map_err(at(gone))?;
            }
        }
    }
    Ok(found)
}

/// Removes what an earlier end left half done.
pub(super) fn remove_unfinished(objects: &dyn Objects) -> Result<(), BackupError> {
    for name in copies(objects)?.unfinished {
        objects.remove(&name).map_err(there(objects))?;
    }
    Ok(())
}

/// Removes a backup, first what makes it one.
pub(super) fn remove_copy(objects: &dyn Objects, name: &str) -> Result<(), BackupError> {
    let mut parts = vec![format!("copies/{name}/copy.json")];
    let listed = objects.list(&format!("copies/{name}/"));
    let listed = listed.map_err(there(objects))?.into_iter();
    parts.extend(listed.map(|(it, _)| it));
    parts.dedup();
    for part in parts {
        objects.remove(&part).map_err(there(objects))?;
    }
    Ok(())
}

/// The stored files there whose names begin with that byte, with their lengths.
pub(super) fn files(
    objects: &dyn Objects,
    number: u8,
) -> Result<BTreeMap<String, u64>, BackupError> {
    let prefix = format!("files/{number:02x}/");
    let listed = objects.list(&prefix).map_err(there(objects))?.into_iter();
    let named = listed.filter_map(|(name, length)| {
        let name = name.strip_prefix(&prefix)?;
        Some((name.to_owned(), length))
    });
    Ok(named.collect())
}

struct Copies {
    finished: BTreeSet<String>,
    /// The objects of those that are not.
    unfinished: Vec<String>,
}

fn copies(objects: &dyn Objects) -> Result<Copies, BackupError> {
    let listed = objects.list("copies/").map_err(there(objects))?;
    let name = |it: &str| Some(it.strip_prefix("copies/")?.split_once('/')?.0.to_owned());
    let done = listed.iter().filter(|(it, _)| it.ends_with("/copy.json"));
    // Names become paths.
    let is_name = |it: &String| {
        it.bytes()
            .all(|it| it.is_ascii_alphanumeric() || it == b'-')
    };
    let finished: BTreeSet<String> = done
        .filter_map(|(it, _)| name(it))
        .filter(is_name)
        .collect();
    let names = listed.into_iter().map(|(it, _)| it);
    let unfinished = names
        .filter(|it| name(it).is_none_or(|it| !finished.contains(&it)))
        .collect();
    Ok(Copies {
        finished,
        unfinished,
    })
}
