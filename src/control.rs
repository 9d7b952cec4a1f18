//! What commands ask of the house: of the running daemon over a Unix socket in the data directory,
//! or, where none runs, of the data itself.
//!
//! One request a connection: a line of JSON, then the bytes of a document if there is one, then the
//! end of the stream; one line of JSON comes back. The kernel says who asks: only root and the
//! daemon's own user are answered.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::ToSpan;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::domain::document::{OriginKind, Visibility};
use crate::domain::id::DocumentId;
use crate::domain::person::Person;
use crate::lifecycle::reload::Bell;
use crate::store::backup::{BackupError, Made, Rule};
use crate::store::documents::Accepted;
use crate::store::journal::{self, Verification};
use crate::store::{self, Caller, Store, Viewer, people};
use crate::web::auth::secret;
use crate::work::back_up::{back_up, back_up_to};
use crate::work::intake::{Incoming, Intake};
use crate::work::understand_documents::Understanding;
use crate::work::{Wake, chain};

/// The socket's name in the data directory.
pub const SOCKET: &str = "control.sock";
/// The link of the first login, in the data directory, readable by its owner alone.
pub const FIRST_LOGIN_FILE: &str = "first-login-link";
/// Longest line of a request or an answer, in bytes.
const LINE_BYTES_MAX: u64 = 64 << 10;
/// How long a first-login link works, in hours.
const FIRST_LOGIN_HOURS: i64 = 24;
/// Requests answered at a time.
const REQUESTS_MAX: usize = 16;
/// How long a request may go on when the house closes.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What a command asks for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Request {
    /// Take the document whose bytes follow.
    Add {
        /// What it is called.
        file_name: String,
        /// Whose it is, by name; nobody means the household.
        person: Option<String>,
    },
    /// Make a new first-login link.
    FirstLogin,
    /// Add a person; the password is in its stored form already.
    AddPerson {
        /// What they are called.
        name: String,
        /// Argon2id.
        password: String,
    },
    /// Change a person's password; it is in its stored form already.
    SetPassword {
        /// Whose.
        name: String,
        /// Argon2id.
        password: String,
    },
    /// Call a person something else.
    RenamePerson {
        /// What they are called.
        name: String,
        /// What they are to be called.
        new_name: String,
    },
    /// A person comes in as this account of Home Assistant.
    LinkAccount {
        /// Who.
        name: String,
        /// Its id there.
        account: String,
    },
    /// A person moves out.
    RemovePerson {
        /// What they are called.
        name: String,
    },
    /// Make a token.
    CreateToken {
        /// What it is called.
        name: String,
        /// Sees what this person may see; nobody means the household.
        person: Option<String>,
    },
    /// End a token.
    RevokeToken {
        /// What it is called.
        name: String,
    },
    /// Follow the journal's chain.
    VerifyJournal,
    /// Make a backup.
    Backup {
        /// Into this folder; the configured one without it.
        folder: Option<PathBuf>,
    },
    /// Understand the next document once more.
    UnderstandAgain {
        /// The one behind which it comes; the first without it.
        after: Option<String>,
        /// Whether what changes is kept.
        apply: bool,
    },
    /// Read the configuration anew, if it is right.
    Reload,
    /// Whether the store answers.
    Health,
}

/// What comes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Response {
    /// A document was taken.
    Document {
        /// Its id.
        id: String,
        /// The same bytes were here already.
        known: bool,
    },
    /// A secret, to be shown once: a link, a token.
    Secret {
        /// The secret.
        text: String,
    },
    /// The journal.
    Journal(Verification),
    /// A backup was made.
    Backup(Made),
    /// A document was understood once more.
    Understood {
        /// Its id.
        id: String,
        /// Its title.
        title: String,
        /// What is claimed otherwise than before, a line each.
        changes: Vec<String>,
        /// How many come behind it.
        left: u64,
    },
    /// It is done.
    Done,
    /// It could not be done.
    Failed {
        /// Why, and what to do.
        reason: String,
    },
}

/// What requests are answered with. Cheap to clone.
#[derive(Clone)]
pub struct Desk {
    /// The house's memory.
    pub store: Store,
    /// The door.
    pub intake: Intake,
    /// How browsers reach the house.
    pub base_url: String,
    /// How the house understands.
    pub understanding: Understanding,
    /// Where backups go, if anywhere.
    pub backups: Rule,
    /// Who is to look when something has changed.
    pub wake: Wake,
    /// Who reads the configuration anew; nobody where no daemon runs.
    pub reload: Option<Bell>,
}

impl Desk {
    /// Answers a request; `bytes` are those of a document.
    pub async fn answer(&self, request: Request, bytes: Vec<u8>) -> Response {
        let result = if let Request::Add { file_name, person } = request {
            self.add(file_name, person, bytes).await
        } else if let Request::UnderstandAgain { after, apply } = request {
            self.again(after, apply).await
        } else if let Request::Backup { folder } = request {
            self.back_up(folder).await
        } else if matches!(request, Request::Reload) {
            self.reload().await
        } else {
            self.perform(request).await.map_err(|error| chain(&error))
        };
        result.unwrap_or_else(|reason| Response::Failed { reason })
    }

    async fn add(
        &self,
        file_name: String,
        person: Option<String>,
        bytes: Vec<u8>,
    ) -> Result<Response, String> {
        let visible_to = match person {
            None => Visibility::Household,
            Some(name) => {
                let person = self
                    .store
                    .read(Viewer::House, move |tx| named(tx, &name))
                    .await
                    .map_err(|error| chain(&error))?;
                Visibility::Persons(vec![person.id])
            }
        };
        let incoming = Incoming {
            bytes,
            file_name,
            way: OriginKind::Command,
            visible_to,
        };
        let accepted = self
            .intake
            .accept(Caller::house("command", "command"), incoming)
            .await;
        let accepted = accepted.map_err(|error| chain(&error))?;
        let known = matches!(accepted, Accepted::Known(_));
        Ok(Response::Document {
            id: accepted.document().id.to_string(),
            known,
        })
    }

    async fn back_up(&self, folder: Option<PathBuf>) -> Result<Response, String> {
        let made = match folder {
            Some(folder) => back_up_to(&self.store, &self.backups, &folder).await,
            None if self.backups.is_nowhere() => {
                return Err(chain(&BackupError::Nowhere));
            }
            None => {
                let caller = Caller::house("command", "command");
                back_up(&self.store, &self.backups, caller).await
            }
        };
        let made = made.map_err(|error| chain(&error))?;
        made.map(Response::Backup).map_err(|error| chain(&error))
    }

    async fn again(&self, after: Option<String>, apply: bool) -> Result<Response, String> {
        let after = after.map(|it| it.parse::<DocumentId>()).transpose();
        let after = after.map_err(|error| error.to_string())?;
        let again = self.understanding.again(after, apply).await;
        let Some(again) = again.map_err(|error| chain(&error))? else {
            return Ok(Response::Done);
        };
        if apply && !again.changes.is_empty() {
            self.wake.tasks.notify_one();
            self.wake.state.notify_one();
        }
        Ok(Response::Understood {
            id: again.document.to_string(),
            title: again.title,
            changes: again.changes,
            left: again.left,
        })
    }

    /// The socket goes before the answer: whoever hears it waits for the next one.
    async fn reload(&self) -> Result<Response, String> {
        let bell = self.reload.as_ref().ok_or("no daemon runs")?;
        bell.ring().await?;
        if let Err(error) = std::fs::remove_file(socket_path(self.store.dir())) {
            log::debug!(error:display; "the socket of commands was gone");
        }
        Ok(Response::Done)
    }

    async fn perform(&self, request: Request) -> Result<Response, store::Error> {
        let caller = Caller::house("command", "command");
        match request {
            Request::FirstLogin => {
                let text = first_login(&self.store, &self.base_url).await?;
                return Ok(Response::Secret { text });
            }
            Request::AddPerson { name, password } => {
                let add = move |tx: &store::WriteTx<'_>| people::create(tx, &name, &password, None);
                self.store.write(caller, add).await?;
                // Who lives here is shown at the broker.
                self.wake.state.notify_one();
            }
            Request::SetPassword { name, password } => {
                let set = move |tx: &store::WriteTx<'_>| {
                    people::set_password(tx, named(tx, &name)?.id, &password)
                };
                self.store.write(caller, set).await?;
            }
            Request::RenamePerson { name, new_name } => {
                let rename = move |tx: &store::WriteTx<'_>| {
                    people::rename(tx, named(tx, &name)?.id, &new_name)
                };
                self.store.write(caller, rename).await?;
                self.wake.state.notify_one();
            }
            Request::LinkAccount { name, account } => {
                let link = move |tx: &store::WriteTx<'_>| {
                    people::link_account(tx, named(tx, &name)?.id, account.trim())
                };
                self.store.write(caller, link).await?;
            }
            Request::RemovePerson { name } => {
                let remove =
                    move |tx: &store::WriteTx<'_>| people::remove(tx, named(tx, &name)?.id);
                self.store.write(caller, remove).await?;
                self.wake.state.notify_one();
                // What they were to do is somebody else's now.
                self.wake.reminders.notify_one();
            }
            Request::CreateToken { name, person } => {
                let text = create_token(&self.store, name, person).await?;
                return Ok(Response::Secret { text });
            }
            Request::RevokeToken { name } => {
                self.store
                    .write(caller, move |tx| people::revoke_token(tx, &name))
                    .await?;
            }
            Request::VerifyJournal => {
                let verification = self.store.read(Viewer::House, journal::verify).await?;
                return Ok(Response::Journal(verification));
            }
            Request::Health => self.store.read(Viewer::House, |_| Ok(())).await?,
            Request::Add { .. }
            | Request::UnderstandAgain { .. }
            | Request::Backup { .. }
            | Request::Reload => {}
        }
        Ok(Response::Done)
    }
}

fn named(tx: &store::ReadTx<'_>, name: &str) -> Result<Person, store::Error> {
    people::by_name(tx, name)?.ok_or_else(|| store::Error::missing("person", name))
}

/// Makes the one first-login link that works, and leaves it in a file that only the daemon's user
/// can read.
pub async fn first_login(store: &Store, base_url: &str) -> Result<String, store::Error> {
    let secret = secret::new_secret();
    let hash = secret::hash_of(&secret);
    store
        .write(Caller::house("command", "command"), move |tx| {
            people::offer_first_login(tx, hash, tx.now() + FIRST_LOGIN_HOURS.hours())
        })
        .await?;
    let link = format!("{base_url}/first-login/{secret}");
    let file = store.dir().join(FIRST_LOGIN_FILE);
    if let Err(error) = write_private(&file, &link) {
        log::warn!(error:display; "the first-login link could not be written to a file");
    }
    Ok(link)
}

fn write_private(file: &Path, text: &str) -> io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    if file.exists() {
        std::fs::remove_file(file)?;
    }
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)?;
    writeln!(file, "{text}")
}

async fn create_token(
    store: &Store,
    name: String,
    person: Option<String>,
) -> Result<String, store::Error> {
    let secret = secret::new_secret();
    let hash = secret::hash_of(&secret);
    store
        .write(Caller::house("command", "command"), move |tx| {
            let person = match person {
                None => None,
                Some(name) => Some(named(tx, &name)?.id),
            };
            people::create_token(tx, &name, hash, person)
        })
        .await?;
    Ok(secret)
}

/// Binds the socket, which only the daemon's user may open.
pub fn bind(dir: &Path) -> io::Result<UnixListener> {
    let path = socket_path(dir);
    // The data directory is locked by this process: a socket in it is left over.
    if path.exists() {
        std::fs::remove_file(&path)?;
    }
    let listener = UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

fn socket_path(dir: &Path) -> PathBuf {
    dir.join(SOCKET)
}

/// Answers commands until the house closes.
pub async fn serve(listener: UnixListener, desk: Desk, stop: CancellationToken) {
    use futures_util::stream::{FuturesUnordered, StreamExt};
    let mut running = FuturesUnordered::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept(), if running.len() < REQUESTS_MAX => match accepted {
                Ok((stream, _)) => running.push(converse(stream, desk.clone())),
                Err(error) => log::warn!(error:display; "a command could not connect"),
            },
            Some(result) = running.next() => {
                if let Err(error) = result {
                    log::debug!(error:display; "a command went away");
                }
            }
        }
    }
    // Who had an answer coming hears it.
    drop(timeout(LAST_WORDS, running.for_each(|_| async {})).await);
}

async fn converse(mut stream: UnixStream, desk: Desk) -> io::Result<()> {
    let asks = stream.peer_cred()?.uid();
    let own = rustix::process::geteuid().as_raw();
    if asks != 0 && asks != own {
        log::warn!(uid = asks; "a command of another user was refused");
        return Ok(());
    }
    let (reading, mut writing) = stream.split();
    let mut reading = BufReader::new(reading);
    let mut line = String::new();
    (&mut reading)
        .take(LINE_BYTES_MAX)
        .read_line(&mut line)
        .await?;
    let response = match serde_json::from_str::<Request>(&line) {
        Ok(request) => {
            let mut bytes = Vec::new();
            let bytes_max = desk.intake.bytes_max().saturating_add(1);
            (&mut reading)
                .take(bytes_max)
                .read_to_end(&mut bytes)
                .await?;
            desk.answer(request, bytes).await
        }
        Err(error) => Response::Failed {
            reason: format!("the request was not understood: {error}"),
        },
    };
    let mut line = serde_json::to_vec(&response).map_err(io::Error::other)?;
    line.push(b'\n');
    writing.write_all(&line).await?;
    writing.shutdown().await
}

/// Asks the daemon that has `dir`; `None` where none runs.
pub async fn ask(dir: &Path, request: &Request, bytes: &[u8]) -> io::Result<Option<Response>> {
    let mut stream = match UnixStream::connect(socket_path(dir)).await {
        Ok(stream) => stream,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
            ) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let mut line = serde_json::to_vec(request).map_err(io::Error::other)?;
    line.push(b'\n');
    stream.write_all(&line).await?;
    stream.write_all(bytes).await?;
    stream.shutdown().await?;
    let mut answer = String::new();
    stream
        .take(LINE_BYTES_MAX)
        .read_to_string(&mut answer)
        .await?;
    if answer.is_empty() {
        return Err(io::Error::other(
            "the daemon closed the connection without an answer",
        ));
    }
    serde_json::from_str(&answer)
        .map(Some)
        .map_err(io::Error::other)
}
