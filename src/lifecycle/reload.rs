//! A house that closes and opens again with another configuration, as the same process: its supervisor sees
//! no end, and whoever knocks meanwhile waits instead of being turned away.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::io::{Errno, fcntl_dupfd_cloexec};
use rustix::process::{WaitOptions, wait};
use tokio::sync::{mpsc, oneshot};

use crate::config::Environment;

/// The first file that is passed on (`SD_LISTEN_FDS_START` in `sd_listen_fds(3)`).
const FIRST_PASSED: RawFd = 3;
/// What the passed listener is called where the house has opened it itself.
const OURS: &str = "kept";
/// How long readers that were told to end are waited for.
const LAST_READERS: Duration = Duration::from_secs(2);

/// Rung by whoever wants the configuration read anew. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Bell(mpsc::Sender<oneshot::Sender<Result<(), String>>>);

/// Where the bell is heard.
#[derive(Debug)]
pub struct Rings(pub(super) mpsc::Receiver<oneshot::Sender<Result<(), String>>>);

/// A bell and where it is heard.
pub fn bell() -> (Bell, Rings) {
    let (bell, rings) = mpsc::channel(1);
    (Bell(bell), Rings(rings))
}

impl Bell {
    /// Rings; the house opens again, or says why it does not.
    pub async fn ring(&self) -> Result<(), String> {
        let closing = "the house is closing already";
        let (answer, heard) = oneshot::channel();
        self.0.send(answer).await.map_err(|_| closing)?;
        heard.await.map_err(|_| closing)?
    }
}

/// A second handle of a listener, which keeps those who knock while the house is closed.
#[derive(Debug)]
pub struct Kept {
    socket: OwnedFd,
    /// Where the configuration wanted it; `None` if it is the service manager's, who alone moves it.
    wanted: Option<SocketAddr>,
}

impl Kept {
    /// Of `listener`, which the house opened at `wanted`, or was given by the service manager.
    ///
    /// # Errors
    /// If the process has no room for one more file.
    pub fn of(listener: &impl AsFd, wanted: Option<SocketAddr>) -> io::Result<Self> {
        // Behind the number at which it is passed on.
        let socket = fcntl_dupfd_cloexec(listener, FIRST_PASSED + 1)?;
        Ok(Self { socket, wanted })
    }

    /// Whether what was passed to this process came from the house itself.
    pub fn is_named_by(environment: &Environment) -> bool {
        environment
            .get("LISTEN_FDNAMES")
            .is_some_and(|it| it == OURS)
    }

    /// What the next house listens on, which wants to be at `wanted`; `None` if it opens its own.
    pub fn on(self, wanted: SocketAddr) -> Option<Self> {
        self.wanted.is_none_or(|it| it == wanted).then_some(self)
    }
}

/// Becomes the same program anew (the same process, with the same arguments), which is given the listener;
/// comes back only if that fails. Everything that is open and not `kept` is closed.
pub fn start_again(kept: Option<&Kept>) -> io::Error {
    reap();
    let prepared = again().and_then(|mut command| {
        let variables = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"];
        for name in variables {
            command.env_remove(name);
        }
        if let Some(kept) = kept {
            pass_on(&kept.socket)?;
            command.env("LISTEN_PID", std::process::id().to_string());
            command.env("LISTEN_FDS", "1");
            if kept.wanted.is_some() {
                command.env("LISTEN_FDNAMES", OURS);
            }
        }
        ignore_hangups();
        Ok(command)
    });
    match prepared {
        Ok(mut command) => command.exec(),
        Err(error) => error,
    }
}

/// The program with its arguments.
///
/// # Errors
/// If it is not there any more, as after an update.
pub fn again() -> io::Result<Command> {
    let program = std::env::current_exe()?;
    if !program.exists() {
        let gone = format!(
            "{} is not what runs any more: restart it",
            program.display()
        );
        return Err(io::Error::new(io::ErrorKind::NotFound, gone));
    }
    let mut command = Command::new(program);
    command.args(std::env::args_os().skip(1));
    Ok(command)
}

/// Puts `socket` where the next program looks for it (`sd_listen_fds(3)`).
#[expect(unsafe_code, reason = "a number of our choice is had in no other way")]
fn pass_on(socket: &OwnedFd) -> io::Result<()> {
    // SAFETY: `dup2` takes two numbers and closes what the second was (dup(2)). Nothing comes after it but
    // another program. A thread that a hard stop has left behind may still use that number: it can neither
    // read nor write at a place of a socket, so it fails, and ends with this program.
    let number = unsafe { libc::dup2(socket.as_raw_fd(), FIRST_PASSED) };
    if number < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// A hangup that comes before the next program listens to it is for nothing, and not the end.
#[expect(unsafe_code, reason = "a signal is ignored in no other way")]
fn ignore_hangups() {
    // SAFETY: SIG_IGN is a disposition that any signal but two may have (signal(2)); no handler of ours runs.
    unsafe {
        libc::signal(libc::SIGHUP, libc::SIG_IGN);
    }
}

/// Takes note of the readers that have ended, which the next program would not know of.
fn reap() {
    let deadline = Instant::now() + LAST_READERS;
    loop {
        match wait(WaitOptions::NOHANG) {
            Ok(Some(_)) | Err(Errno::INTR) => {}
            Ok(None) if Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(5));
            }
            // None is left, or one that does not end.
            Ok(None) | Err(_) => return,
        }
    }
}
