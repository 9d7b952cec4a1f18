//! Tries from inside what a hostile file would try, one thing after the other.
//!
//! Nothing is harmed where a wall is missing: addresses are this machine's, programs do nothing,
//! files are removed, memory is asked for but not touched, and every loop has an end.

use std::fmt::Display;
use std::fs::{self, OpenOptions};
use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::net::{AddressFamily, Protocol, SocketType};
use rustix::process::{Pid, Resource, Rlimit};
use serde::{Deserialize, Serialize};

use super::{FILES_MAX, Walls};

/// Processes that are tried to be made. All of them end at once.
const FORKS: usize = 20;
/// A program that does nothing.
const NOTHING: &str = "/bin/true";

/// One attempt of the self test and how it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// What was tried.
    pub what: String,
    /// Whether a wall stopped it.
    pub refused: bool,
}

/// Tries everything; call it after [`super::enter`] has put up `walls`.
pub fn self_test(walls: &Walls) -> Vec<Attempt> {
    let mut attempts = files();
    attempts.extend(network());
    attempts.extend(processes());
    attempts.extend(resources(walls));
    let thread = std::thread::Builder::new().spawn(|| 1 + 1);
    let thread = thread
        .map_err(|it| it.to_string())
        .and_then(|it| it.join().map_err(|_| "it panicked".to_owned()));
    attempts.push(Attempt {
        what: "start a thread (must work)".to_owned(),
        refused: thread.is_ok(),
    });
    attempts
}

fn files() -> Vec<Attempt> {
    let own = PathBuf::from(format!("/tmp/workmate-reader-{}", std::process::id()));
    let wrote = fs::write(&own, b"x");
    let folder = fs::create_dir(own.with_extension("folder"));
    let link = std::os::unix::fs::symlink(NOTHING, own.with_extension("link"));
    // Only where a wall is missing; then nothing must stay.
    drop(fs::remove_file(&own));
    drop(fs::remove_file(own.with_extension("link")));
    drop(fs::remove_dir(own.with_extension("folder")));
    let parent = parent();
    // To write, but not to change anything: what is there is opened and closed.
    let change = OpenOptions::new().write(true).open("/etc/hostname");
    vec![
        attempt("write a file", &wrote),
        attempt("change a file", &change),
        attempt("make a folder", &folder),
        attempt("make a link", &link),
        attempt("read /etc/passwd", &fs::read("/etc/passwd")),
        attempt("list the root directory", &fs::read_dir("/")),
        attempt("read the daemon's environment", &read(&parent, "environ")),
        attempt("read the daemon's memory", &open(&parent, "mem")),
    ]
}

fn read(folder: &Path, name: &str) -> std::io::Result<Vec<u8>> {
    fs::read(folder.join(name))
}

fn open(folder: &Path, name: &str) -> std::io::Result<fs::File> {
    fs::File::open(folder.join(name))
}

/// What the kernel shows of the process that started this one.
fn parent() -> PathBuf {
    let parent = rustix::process::getppid().unwrap_or(Pid::INIT).as_raw_pid();
    PathBuf::from(format!("/proc/{parent}"))
}

fn network() -> Vec<Attempt> {
    let socket = |family, kind, protocol: Option<Protocol>| {
        rustix::net::socket(family, kind, protocol).map(drop)
    };
    let own = PathBuf::from(format!("/tmp/workmate-reader-{}.sock", std::process::id()));
    let listener = UnixListener::bind(&own);
    drop(fs::remove_file(&own));
    let (stream, datagram) = (SocketType::STREAM, SocketType::DGRAM);
    // The first protocol of this family is the one that tells routes.
    let routes = socket(AddressFamily::NETLINK, SocketType::RAW, None);
    let packets = socket(AddressFamily::PACKET, SocketType::RAW, None);
    vec![
        attempt(
            "connect to a port",
            &TcpStream::connect((Ipv4Addr::LOCALHOST, 9)),
        ),
        attempt(
            "listen on a port",
            &TcpListener::bind((Ipv4Addr::LOCALHOST, 0)),
        ),
        attempt(
            "send a datagram",
            &UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)),
        ),
        attempt(
            "open a TCP socket",
            &socket(AddressFamily::INET6, stream, None),
        ),
        attempt(
            "open a UDP socket",
            &socket(AddressFamily::INET6, datagram, None),
        ),
        attempt("connect to a socket", &UnixStream::pair()),
        attempt("listen on a socket", &listener),
        attempt("ask the kernel for its routes", &routes),
        attempt("listen to all packets", &packets),
    ]
}

fn processes() -> Vec<Attempt> {
    let parent = rustix::process::getppid().unwrap_or(Pid::INIT);
    let user = rustix::process::getuid().as_raw();
    // By `vfork` the first time, by `fork` every other: who changes the user cannot share memory.
    let mut forks = Vec::new();
    for number in 0..FORKS {
        let mut command = Command::new(NOTHING);
        if number > 0 {
            command.uid(user);
        }
        forks.push(command.status().map(drop));
    }
    let all = forks.iter().find(|it| it.is_ok()).or(forks.first());
    // There is none of that name, so nothing happens but one of two errors.
    let exec = Command::new("/nonexistent/program").exec();
    let mut found = vec![
        Attempt {
            what: "become a program".to_owned(),
            refused: exec.kind() == ErrorKind::PermissionDenied,
        },
        // The signal 0 only asks whether one could be sent.
        attempt(
            "end the daemon",
            &rustix::process::test_kill_process(parent),
        ),
        attempt(
            "outlive the daemon",
            &rustix::process::set_parent_process_death_signal(None),
        ),
        attempt(
            "look at another process",
            &rustix::process::pidfd_open(parent, rustix::process::PidfdFlags::empty()),
        ),
    ];
    found.extend(all.map(|it| attempt("make processes", it)));
    found
}

fn resources(walls: &Walls) -> Vec<Attempt> {
    let mut opened = Vec::new();
    let files = loop {
        match fs::File::open("/dev/null") {
            Ok(file) => opened.push(file),
            Err(error) => break Err(error),
        }
        if u64::try_from(opened.len()).is_ok_and(|it| it > FILES_MAX) {
            break Ok(());
        }
    };
    drop(opened);
    let most = usize::try_from(walls.memory_bytes_max).unwrap_or(usize::MAX);
    let memory = Vec::<u8>::new().try_reserve_exact(most);
    let more = Rlimit {
        current: Some(4096),
        maximum: Some(4096),
    };
    let raised = rustix::process::setrlimit(Resource::Nofile, more);
    vec![
        attempt("open many files", &files),
        attempt("take more memory than it may", &memory),
        attempt("raise its own limits", &raised),
    ]
}

fn attempt<T, E: Display>(what: &str, result: &Result<T, E>) -> Attempt {
    Attempt {
        what: what.to_owned(),
        refused: result.is_err(),
    }
}
