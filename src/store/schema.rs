//! Opening the file: the lock, the pragmas, and the numbered migrations that are only ever added to.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use rusqlite_migration::{M, Migrations};

use super::OpenError;

const MIGRATIONS: &[M<'_>] = &[
    M::up(include_str!("migrations/0001_start.sql")),
    M::up(include_str!("migrations/0002_parts.sql")),
    M::up(include_str!("migrations/0003_parties.sql")),
    M::up(include_str!("migrations/0004_counsel.sql")),
    M::up(include_str!("migrations/0005_layouts.sql")),
    M::up(include_str!("migrations/0006_tasks.sql")),
    M::up(include_str!("migrations/0007_channels.sql")),
    M::up(include_str!("migrations/0008_escalation.sql")),
    M::up(include_str!("migrations/0009_promises_and_ways.sql")),
    M::up(include_str!("migrations/0010_figures.sql")),
    M::up(include_str!("migrations/0011_home_assistant.sql")),
    M::up(include_str!("migrations/0012_accounts.sql")),
    M::up(include_str!("migrations/0013_archive.sql")),
    M::up(include_str!("migrations/0014_words.sql")),
];

/// The schema of this version.
pub const LATEST: usize = MIGRATIONS.len();

/// Takes the data directory for this process; the lock ends with it, also when it is killed.
pub fn lock(dir: &Path) -> Result<File, OpenError> {
    let folder = |cause| OpenError::Folder {
        path: dir.to_owned(),
        cause,
    };
    fs::create_dir_all(dir).map_err(folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(dir, fs::Permissions::from_mode(0o700)).map_err(folder)?;
    }
    let lock = File::create(dir.join("lock")).map_err(folder)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse {
            dir: dir.to_owned(),
        }),
        Err(TryLockError::Error(cause)) => Err(folder(cause)),
    }
}

/// Opens the database for writing and brings its schema up to date, after a copy of what was there.
pub fn open(path: &Path, dir: &Path) -> Result<Connection, OpenError> {
    let database = |cause| OpenError::Database {
        path: path.to_owned(),
        cause,
    };
    let mut connection = connect(path).map_err(database)?;
    let migrations = Migrations::from_slice(MIGRATIONS);
    let found: u32 = connection
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .map_err(database)?;
    let found = usize::try_from(found).unwrap_or(usize::MAX);
    if found > MIGRATIONS.len() {
        return Err(OpenError::Newer {
            found,
            known: MIGRATIONS.len(),
        });
    }
    if found < MIGRATIONS.len() {
        let copy = dir.join(format!("before-schema-{}.sqlite", MIGRATIONS.len()));
        if found > 0 {
            connection.backup("main", &copy, None).map_err(database)?;
        }
        migrations
            .to_latest(&mut connection)
            .map_err(|cause| OpenError::Migration { copy, cause })?;
    }
    super::search::prepare(&connection);
    Ok(connection)
}

fn connect(path: &Path) -> Result<Connection, rusqlite::Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(std::time::Duration::from_millis(super::BUSY_MILLISECONDS))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // A power cut must not take what was acknowledged.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // What is erased is overwritten, not only forgotten.
    connection.pragma_update(None, "secure_delete", true)?;
    // Kibibytes: the places of many tasks at once. What is not used any more is given back.
    connection.pragma_update(None, "cache_size", -8192)?;
    connection.pragma_update(None, "journal_size_limit", 8 << 20)?;
    Ok(connection)
}

/// The key that names the stored files, made at the first start.
pub fn blob_key(connection: &Connection) -> Result<[u8; 32], rusqlite::Error> {
    let known: Option<Vec<u8>> = connection
        .query_row(
            "SELECT value FROM secret WHERE name = 'blob-key'",
            [],
            |row| row.get(0),
        )
        .optional()?;
    if let Some(key) = known.and_then(|it| it.try_into().ok()) {
        return Ok(key);
    }
    let key: [u8; 32] = super::random_bytes();
    connection.execute(
        "INSERT INTO secret (name, value) VALUES ('blob-key', ?1)",
        params![key.as_slice()],
    )?;
    Ok(key)
}

/// A database as the version with that schema left it.
#[cfg(test)]
pub fn of_version(path: &Path, version: usize) {
    let mut connection = connect(path).unwrap();
    let migrations = Migrations::from_slice(MIGRATIONS);
    migrations.to_version(&mut connection, version).unwrap();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_migrations_are_valid() {
        Migrations::from_slice(MIGRATIONS).validate().unwrap();
    }

    #[test]
    fn a_second_daemon_on_the_same_data_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let first = lock(dir.path()).unwrap();
        assert!(matches!(lock(dir.path()), Err(OpenError::InUse { .. })));
        drop(first);
        lock(dir.path()).unwrap();
    }

    #[test]
    fn a_database_of_a_newer_version_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("workmate.sqlite");
        connect(&path)
            .unwrap()
            .pragma_update(None, "user_version", 999)
            .unwrap();
        assert!(matches!(
            open(&path, dir.path()),
            Err(OpenError::Newer { found: 999, .. })
        ));
    }
}
