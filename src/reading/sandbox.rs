//! The walls around the reader, put up before it reads its first byte.
//!
//! A hostile file that takes over a decoder finds: no network, no other programs, no files but the
//! OCR data, the models and the system's libraries, nothing to write to, an end to its memory and
//! processor time, and a parent whose end is its own. Landlock guards files where the kernel has it
//! (5.13), seccomp guards system calls; what a kernel lacks is told to the daemon, not hidden.
//!
//! `RLIMIT_NPROC` is not used: it counts the threads of everything the same user runs, the daemon
//! among them. That no process can be made is seccomp's part.

mod calls;

use std::fmt;
use std::net::{TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::Command;

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreatedAttr, RulesetStatus, Scope,
};
use rustix::process::{Resource, Rlimit, Signal};
use serde::{Deserialize, Serialize};

use crate::domain::document::named;

/// What may be read besides the system's libraries, and how much may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walls {
    /// Directories and files that may be read: OCR data, models.
    pub readable: Vec<PathBuf>,
    /// Address space, in bytes.
    pub memory_bytes_max: u64,
    /// Processor time of the process's whole life, in seconds.
    pub cpu_seconds_max: u64,
}

impl Default for Walls {
    fn default() -> Self {
        Self {
            readable: Vec::new(),
            memory_bytes_max: 1024 * 1024 * 1024,
            cpu_seconds_max: 3600,
        }
    }
}

/// Where libraries are found that are opened at run time.
const LIBRARIES: &[&str] = &["/usr/lib", "/lib", "/lib64", "/usr/lib64", "/usr/local/lib"];
/// Small files that the C library looks at.
const SMALL_FILES: &[&str] = &[
    "/etc/ld.so.cache",
    "/sys/devices/system/cpu",
    "/proc/cpuinfo",
];

named! {
    /// One wall.
    Wall {
        /// The reader ends with the daemon.
        DiesWithParent = "dies_with_parent",
        /// Memory, processor time, files and dumps are limited.
        ResourceLimits = "resource_limits",
        /// Only named files can be opened.
        Files = "files",
        /// No network, by Landlock too (Linux 6.7).
        NetworkTwice = "network_twice",
        /// Few system calls are left: no network, no programs.
        SystemCalls = "system_calls",
    }
}

/// Which walls could not be put up, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing(pub Vec<(Wall, String)>);

impl fmt::Display for Missing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let walls: Vec<String> = self
            .0
            .iter()
            .map(|(it, why)| format!("{it} ({why})"))
            .collect();
        formatter.write_str(&walls.join(", "))
    }
}

impl Missing {
    fn note<T>(&mut self, wall: Wall, result: Result<T, impl fmt::Display>) {
        if let Err(error) = result {
            self.0.push((wall, error.to_string()));
        }
    }
}

/// Puts up every wall that this kernel offers. Call it from the first thread, before any other is
/// started: walls hold for the calling thread and those it starts.
pub fn enter(walls: &Walls) -> Missing {
    let mut missing = Missing::default();
    let death = rustix::process::set_parent_process_death_signal(Some(Signal::KILL));
    missing.note(Wall::DiesWithParent, death);
    for (resource, most) in [
        (Resource::As, walls.memory_bytes_max),
        (Resource::Cpu, walls.cpu_seconds_max),
        (Resource::Fsize, 0),
        (Resource::Core, 0),
        (Resource::Nofile, 64),
    ] {
        let limit = Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        missing.note(
            Wall::ResourceLimits,
            rustix::process::setrlimit(resource, limit),
        );
    }
    match guard_files(walls) {
        Err(error) => missing.0.push((Wall::Files, error.to_string())),
        Ok((RulesetStatus::NotEnforced, _)) => {
            missing
                .0
                .push((Wall::Files, "the kernel has no Landlock".to_owned()));
        }
        Ok((_, false)) => {
            missing.0.push((
                Wall::NetworkTwice,
                "the kernel's Landlock is older".to_owned(),
            ));
        }
        Ok((_, true)) => {}
    }
    missing.note(Wall::SystemCalls, calls::guard());
    missing
}

/// Whether the parent that started this process still is there; closes the gap before the death
/// signal was asked for.
pub fn has_parent() -> bool {
    rustix::process::getppid().is_some_and(|it| it != rustix::process::Pid::INIT)
}

fn guard_files(walls: &Walls) -> Result<(RulesetStatus, bool), landlock::RulesetError> {
    let abi = ABI::V6;
    let mut ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(abi))?
        .handle_access(AccessNet::from_all(abi))?
        .scope(Scope::from_all(abi))?
        .create()?;
    let libraries = LIBRARIES.iter().chain(SMALL_FILES).map(PathBuf::from);
    for path in libraries.chain(walls.readable.iter().cloned()) {
        // What does not exist needs no permission.
        let Ok(opened) = PathFd::new(&path) else {
            continue;
        };
        let access = if path.is_dir() {
            AccessFs::ReadFile | AccessFs::ReadDir
        } else {
            AccessFs::ReadFile.into()
        };
        ruleset = ruleset.add_rule(PathBeneath::new(opened, access))?;
    }
    if let Ok(nothing) = PathFd::new("/dev/null") {
        let access = AccessFs::ReadFile | AccessFs::WriteFile;
        ruleset = ruleset.add_rule(PathBeneath::new(nothing, access))?;
    }
    let status = ruleset.restrict_self()?;
    let network = matches!(status.landlock, landlock::LandlockStatus::Available { effective_abi, .. } if effective_abi >= ABI::V4);
    Ok((status.ruleset, network))
}

/// One attempt of the self test and how it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// What was tried.
    pub what: String,
    /// Whether a wall stopped it.
    pub refused: bool,
}

/// Tries from inside what a hostile file would try. Nothing is harmed where a wall is missing:
/// the addresses are this machine's, the program does nothing, the file is removed.
pub fn self_test() -> Vec<Attempt> {
    let inside = PathBuf::from(format!("/tmp/workmate-reader-{}", std::process::id()));
    let wrote = std::fs::write(&inside, b"x");
    if wrote.is_ok() {
        // Only where the wall is missing; then the file must not stay.
        wrote
            .and_then(|()| std::fs::remove_file(&inside))
            .unwrap_or_default();
        return vec![attempt::<(), &str>("write a file", &Ok(()))];
    }
    let thread = std::thread::Builder::new().spawn(|| 1 + 1);
    let thread = thread
        .map_err(|it| it.to_string())
        .and_then(|it| it.join().map_err(|_| "it panicked".to_owned()));
    vec![
        attempt("write a file", &wrote),
        attempt("read /etc/passwd", &std::fs::read("/etc/passwd")),
        attempt("list the root directory", &std::fs::read_dir("/")),
        attempt("connect to a port", &TcpStream::connect("127.0.0.1:9")),
        attempt("send a datagram", &UdpSocket::bind("127.0.0.1:0")),
        attempt(
            "connect to a socket",
            &std::os::unix::net::UnixStream::pair(),
        ),
        attempt("run a program", &Command::new("/bin/true").status()),
        attempt(
            "read the daemon's memory",
            &std::fs::read("/proc/1/environ"),
        ),
        Attempt {
            what: "start a thread (must work)".to_owned(),
            refused: thread.is_ok(),
        },
    ]
}

fn attempt<T, E>(what: &str, result: &Result<T, E>) -> Attempt {
    Attempt {
        what: what.to_owned(),
        refused: result.is_err(),
    }
}
