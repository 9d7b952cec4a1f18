//! The walls around the reader, put up before it reads its first byte.
//!
//! A hostile file that takes over a decoder finds: no network, no other programs, no files but the
//! OCR data, the models and the system's libraries, nothing to write to, an end to its memory and
//! processor time, and a parent whose end is its own. Landlock guards files where the kernel has it
//! (5.13), seccomp guards system calls; what a kernel lacks is told to the daemon, not hidden.
//!
//! `RLIMIT_NPROC` is not used: it counts the threads of everything the same user runs, the daemon
//! among them. That no process can be made is seccomp's part; that there are not too many threads is
//! watched by the daemon, which ends a reader that has more than [`THREADS_MAX`].
//!
//! [`attempts`] tries the walls one after the other, [`misdeeds`] does what no wall can refuse but
//! what the daemon has to survive.

pub mod attempts;
pub mod calls;
pub mod misdeeds;

use std::fmt;
use std::path::PathBuf;

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

/// Threads that a reader may have: 16 for the pages of one document, and those of its libraries.
pub const THREADS_MAX: u32 = 64;
/// Files that a reader may have open.
pub const FILES_MAX: u64 = 64;

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
        (Resource::Nofile, FILES_MAX),
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
    // Where files are not guarded, system calls at least may only look at them.
    let mut opens = calls::Opens::ToRead;
    match guard_files(walls) {
        Err(error) => missing.0.push((Wall::Files, error.to_string())),
        Ok((RulesetStatus::NotEnforced, _)) => {
            missing
                .0
                .push((Wall::Files, "the kernel has no Landlock".to_owned()));
        }
        Ok((_, has_network)) => {
            opens = calls::Opens::Any;
            if !has_network {
                missing.0.push((
                    Wall::NetworkTwice,
                    "the kernel's Landlock is older".to_owned(),
                ));
            }
        }
    }
    missing.note(Wall::SystemCalls, calls::guard(opens));
    missing
}

/// Whether the parent that started this process still is there; closes the gap before the death
/// signal was asked for. Orphans come to the first process, which is the daemon itself (`started_by`)
/// in a container that runs nothing else.
pub fn has_parent(started_by: Option<u32>) -> bool {
    let is_first = rustix::process::getppid().is_none_or(|it| it == rustix::process::Pid::INIT);
    !is_first || started_by == Some(1)
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
