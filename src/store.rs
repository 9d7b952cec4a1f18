//! The one SQLite file and the files beside it: every fact the house knows.
//!
//! One writer on a thread of its own, a few read-only readers. Store functions are plain and
//! synchronous, take a [`ReadTx`] or [`WriteTx`], and compose in one transaction; a transaction
//! carries *now*, so that everything in it happened at one moment, and the viewer, so that no
//! listing shows what somebody may not see. No network, no model and no parsing of a file happens
//! inside one.

pub mod archives;
pub mod backup;
pub mod blobs;
pub mod calendars;
pub mod channels;
pub mod counsel;
pub mod deliveries;
pub mod documents;
mod error;
pub mod examples;
pub mod feeds;
pub mod findings;
pub mod happenings;
pub mod home;
pub mod idempotency;
pub mod journal;
pub mod links;
pub mod manners;
pub mod overview;
pub mod pages;
pub mod parties;
pub mod parts;
pub mod people;
pub mod promises;
pub mod reminders;
mod rows;
mod schema;
pub mod search;
pub mod settings;
pub mod tasks;
mod told;
pub mod traces;
pub mod trash;

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use tokio::sync::{Semaphore, oneshot, watch};

use crate::domain::clock::Clock;
use crate::domain::id::PersonId;
use crate::domain::journal::Actor;

use blobs::Blobs;
pub use error::{Error, OpenError};
use told::Told;

/// Connections that read at the same time.
const READERS: usize = 3;
/// How long a connection waits for a lock that another process holds, in milliseconds.
const BUSY_MILLISECONDS: u64 = 10_000;

/// Who may see what a transaction reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Viewer {
    /// The house itself: workers, and tokens of the household.
    House,
    /// One person.
    Person(PersonId),
}

/// On whose behalf something is written: named in the journal, and seeing what they may see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Named in the journal.
    pub actor: Actor,
    /// Sees.
    pub viewer: Viewer,
}

impl Caller {
    /// One of the daemon's own workers.
    pub fn worker(name: &str) -> Self {
        Self {
            actor: Actor::worker(name),
            viewer: Viewer::House,
        }
    }

    /// Somebody of the house, through a named way (`mqtt`, `command`).
    pub fn house(name: &str, channel: &str) -> Self {
        let actor = Actor {
            name: name.to_owned(),
            channel: channel.to_owned(),
        };
        Self {
            actor,
            viewer: Viewer::House,
        }
    }

    /// A person, through `web` or `api`.
    pub fn person(person: PersonId, channel: &str) -> Self {
        let actor = Actor {
            name: person.to_string(),
            channel: channel.to_owned(),
        };
        Self {
            actor,
            viewer: Viewer::Person(person),
        }
    }
}

/// A look at the store as it was at one moment.
pub struct ReadTx<'a> {
    connection: &'a Connection,
    now: Timestamp,
    viewer: Viewer,
}

impl ReadTx<'_> {
    /// The moment of this transaction.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Who looks.
    pub fn viewer(&self) -> Viewer {
        self.viewer
    }

    /// The viewer's id for `:viewer` of a query; `None` sees everything.
    fn viewer_id(&self) -> Option<String> {
        match self.viewer {
            Viewer::House => None,
            Viewer::Person(person) => Some(person.to_string()),
        }
    }
}

impl Deref for ReadTx<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}

/// A change of the store: all of it, or nothing.
pub struct WriteTx<'a> {
    read: ReadTx<'a>,
    actor: Actor,
    last_sequence: Cell<Option<u64>>,
    is_news: Cell<bool>,
    told: RefCell<Vec<Told>>,
}

impl WriteTx<'_> {
    /// What this transaction writes says nothing that a backup would miss.
    fn is_no_news(&self) {
        self.is_news.set(false);
    }

    /// The log says so once this transaction is kept.
    fn tell(&self, told: Told) {
        self.told.borrow_mut().push(told);
    }

    /// Who changes something.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// 128 random bits, for a new id.
    pub fn random(&self) -> u128 {
        u128::from_be_bytes(random_bytes())
    }
}

/// Random bytes from the kernel, for ids, keys and secrets.
///
/// # Panics
/// On a machine whose kernel has no generator.
#[expect(
    clippy::expect_used,
    reason = "without randomness no secret is safe: better to stop"
)]
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the kernel has a generator of random bytes");
    bytes
}

impl<'a> Deref for WriteTx<'a> {
    type Target = ReadTx<'a>;

    fn deref(&self) -> &ReadTx<'a> {
        &self.read
    }
}

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

struct Inner {
    writer: Mutex<Option<mpsc::Sender<Job>>>,
    writer_thread: Mutex<Option<thread::JoinHandle<()>>>,
    readers: Mutex<Vec<Connection>>,
    reader_permits: Semaphore,
    blobs: Blobs,
    clock: Clock,
    changes: watch::Sender<u64>,
    /// Transactions since the start that may have changed something.
    writes: Arc<AtomicU64>,
    /// The last backup of this start.
    backed_up: Mutex<Option<backup::Earlier>>,
    dir: PathBuf,
    // Held while the daemon lives: one process has the data.
    _lock: File,
}

/// The house's memory. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

impl Store {
    /// Opens the data directory, making it if it is not there, and brings the schema up to date.
    pub fn open(dir: &Path, clock: Clock) -> Result<Self, OpenError> {
        let lock = schema::lock(dir)?;
        let path = dir.join("workmate.sqlite");
        let mut connection = schema::open(&path, dir)?;
        let database = |cause| OpenError::Database {
            path: path.clone(),
            cause,
        };
        let key = schema::blob_key(&connection).map_err(database)?;
        let blobs = Blobs::open(&dir.join("blobs"), key).map_err(|cause| OpenError::Folder {
            path: dir.join("blobs"),
            cause,
        })?;
        let readers: Vec<Connection> = (0..READERS)
            .map(|_| open_reader(&path))
            .collect::<Result<_, _>>()
            .map_err(database)?;
        let last = journal::last_sequence(&connection).map_err(database)?;
        let (writer, jobs) = mpsc::channel::<Job>();
        let run = move || {
            for job in jobs {
                job(&mut connection);
            }
            // Leaves no log behind, so that a copied file is whole.
            if let Err(error) = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)") {
                log::warn!(error:display; "the write-ahead log was not folded in");
            }
        };
        let thread = thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(run);
        let thread = thread.map_err(|cause| OpenError::Folder {
            path: path.clone(),
            cause,
        })?;
        Ok(Self {
            inner: Arc::new(Inner {
                writer: Mutex::new(Some(writer)),
                writer_thread: Mutex::new(Some(thread)),
                readers: Mutex::new(readers),
                reader_permits: Semaphore::new(READERS),
                blobs,
                clock,
                changes: watch::Sender::new(last),
                writes: Arc::default(),
                backed_up: Mutex::default(),
                dir: dir.to_owned(),
                _lock: lock,
            }),
        })
    }

    /// Runs `work` in one write transaction; all of it is kept (and on the disk) when this returns
    /// `Ok`, and nothing otherwise.
    pub async fn write<T, F>(&self, caller: Caller, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&WriteTx<'_>) -> Result<T, Error> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let (clock, changes) = (self.inner.clock.clone(), self.inner.changes.clone());
        let counter = Arc::clone(&self.inner.writes);
        let job: Job = Box::new(move |connection| {
            let result = write_now(connection, (&clock, &counter), caller, work);
            if let Ok((_, Some(sequence))) = &result {
                changes.send_replace(*sequence);
            }
            // The asker may have gone away; what was written stays written.
            drop(answer.send(result.map(|(value, _)| value)));
        });
        {
            let writer = self
                .inner
                .writer
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let writer = writer.as_ref().ok_or(Error::Closed)?;
            writer.send(job).map_err(|_| Error::Closed)?;
        }
        answered.await.map_err(|_| Error::Closed)?
    }

    /// Runs `work` on a reader, seeing one moment of the store.
    pub async fn read<T, F>(&self, viewer: Viewer, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&ReadTx<'_>) -> Result<T, Error> + Send + 'static,
    {
        let permit = self
            .inner
            .reader_permits
            .acquire()
            .await
            .map_err(|_| Error::Closed)?;
        let inner = Arc::clone(&self.inner);
        let run = move || {
            let taken = inner
                .readers
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .pop();
            let connection = taken.ok_or(Error::Closed)?;
            let result = read_now(&connection, inner.clock.now(), viewer, work);
            inner
                .readers
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(connection);
            result
        };
        let result = tokio::task::spawn_blocking(run)
            .await
            .map_err(|_| Error::Closed)?;
        drop(permit);
        result
    }

    /// The files beside the database.
    pub fn blobs(&self) -> &Blobs {
        &self.inner.blobs
    }

    /// The data directory.
    pub fn dir(&self) -> &Path {
        &self.inner.dir
    }

    /// Where this store's *now* comes from.
    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    /// Tells the journal's last sequence after each change.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.inner.changes.subscribe()
    }

    /// Gives back the memory in which connections keep pages of the file for later. Those that are
    /// at work keep theirs.
    pub async fn rest(&self) {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            shrink(connection);
            // Whoever waited for this may have gone.
            answer.send(()).unwrap_or_default();
        });
        let writer = self.inner.writer.lock();
        let sent = writer
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .is_some_and(|it| it.send(job).is_ok());
        let readers = self.inner.readers.lock();
        for reader in readers.unwrap_or_else(PoisonError::into_inner).iter() {
            shrink(reader);
        }
        if sent {
            // A store that closes meanwhile has given back everything.
            answered.await.unwrap_or_default();
        }
    }

    /// Lets the writer finish what it has and closes the file; later writes say [`Error::Closed`].
    pub fn close(&self) {
        let writer = self
            .inner
            .writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        drop(writer);
        let thread = self
            .inner
            .writer_thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if thread.is_some_and(|it| it.join().is_err()) {
            log::error!("the writer of the store ended badly");
        }
    }
}

fn write_now<T, F>(
    connection: &mut Connection,
    (clock, writes): (&Clock, &AtomicU64),
    caller: Caller,
    work: F,
) -> Result<(T, Option<u64>), Error>
where
    F: FnOnce(&WriteTx<'_>) -> Result<T, Error>,
{
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let read = ReadTx {
        connection: &transaction,
        now: clock.now(),
        viewer: caller.viewer,
    };
    let tx = WriteTx {
        read,
        actor: caller.actor,
        last_sequence: Cell::new(None),
        is_news: Cell::new(true),
        told: RefCell::default(),
    };
    let value = work(&tx)?;
    let (sequence, is_news) = (tx.last_sequence.get(), tx.is_news.get());
    let told = tx.told.take();
    drop(tx);
    let committed = transaction.commit();
    if is_news {
        // Behind it: what was counted before a backup was begun is in that backup.
        writes.fetch_add(1, Ordering::SeqCst);
    }
    committed?;
    told.iter().for_each(Told::log);
    Ok((value, sequence))
}

fn read_now<T, F>(
    connection: &Connection,
    now: Timestamp,
    viewer: Viewer,
    work: F,
) -> Result<T, Error>
where
    F: FnOnce(&ReadTx<'_>) -> Result<T, Error>,
{
    let transaction = connection.unchecked_transaction()?;
    let value = work(&ReadTx {
        connection: &transaction,
        now,
        viewer,
    })?;
    transaction.finish()?;
    Ok(value)
}

fn shrink(connection: &Connection) {
    if let Err(error) = connection.execute_batch("PRAGMA shrink_memory") {
        log::debug!(error:display; "a connection keeps its memory");
    }
}

fn open_reader(path: &Path) -> Result<Connection, rusqlite::Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(std::time::Duration::from_millis(BUSY_MILLISECONDS))?;
    connection.pragma_update(None, "cache_size", -1024)?;
    search::prepare(&connection);
    Ok(connection)
}
