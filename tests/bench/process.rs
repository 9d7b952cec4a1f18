//! What the kernel knows of a process, and how long a command takes.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rustix::process::WaitOptions;

/// Kilobytes that `key` (`VmRSS`, `VmHWM`) says in `/proc/PID/status`.
pub fn kilobytes(pid: u32, key: &str) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status
        .lines()
        .find(|it| it.starts_with(key))
        .with_context(|| key.to_owned())?;
    let number = line
        .split_whitespace()
        .nth(1)
        .context("a line without a number")?;
    Ok(number.parse()?)
}

/// Kilobytes that are the process's share of memory (PSS).
pub fn proportional_kilobytes(pid: u32) -> Result<u64> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let line = rollup
        .lines()
        .find(|it| it.starts_with("Pss:"))
        .context("no Pss")?;
    Ok(line
        .split_whitespace()
        .nth(1)
        .context("a line without a number")?
        .parse()?)
}

/// Processor time of a running process, in steps of 10 ms.
pub fn processor(pid: u32) -> Result<Duration> {
    // Fields 14 and 15.
    ticks_of(&format!("/proc/{pid}/stat"), [14, 15])
}

/// Bytes that the process has had written to the disk.
pub fn written_bytes(pid: u32) -> Result<u64> {
    let io = fs::read_to_string(format!("/proc/{pid}/io"))?;
    let line = io.lines().find_map(|it| it.strip_prefix("write_bytes: "));
    Ok(line.context("no write_bytes")?.parse()?)
}

/// Files, sockets and pipes that the process has open.
pub fn open_files(pid: u32) -> Result<usize> {
    Ok(fs::read_dir(format!("/proc/{pid}/fd"))?.count())
}

/// Processes whose parent is `pid`.
pub fn children(pid: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task"))
        .into_iter()
        .flatten()
        .flatten();
    tasks
        .filter_map(|task| fs::read_to_string(task.path().join("children")).ok())
        .flat_map(|list| {
            list.split_whitespace()
                .filter_map(|it| it.parse().ok())
                .collect::<Vec<_>>()
        })
        .collect()
}

/// How long a command took.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    pub wall: Duration,
    /// Of it and of all that it started, in steps of 10 ms.
    pub processor: Duration,
}

/// Runs `program` to its end with nothing to read and its words thrown away.
pub fn timed(program: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Result<Taken> {
    let before = processor_of_children()?;
    let start = Instant::now();
    // What the command leaves behind (a reader that is still leaving) becomes a child of this process,
    // so that its time is counted as well.
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    let status = Command::new(program)
        .args(arguments)
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .with_context(|| program.display().to_string())?;
    let wall = start.elapsed();
    while rustix::process::wait(WaitOptions::empty()).is_ok() {}
    ensure!(
        status.success(),
        "{} {arguments:?} failed: {status}",
        program.display()
    );
    Ok(Taken {
        wall,
        processor: processor_of_children()?.saturating_sub(before),
    })
}

/// Processor time of all children that have ended and been waited for, and of theirs.
fn processor_of_children() -> Result<Duration> {
    ticks_of("/proc/self/stat", [16, 17])
}

/// The sum of these fields of `proc_pid_stat(5)`, at 100 ticks a second.
fn ticks_of(path: &str, fields: [usize; 2]) -> Result<Duration> {
    let stat = fs::read_to_string(path)?;
    // The name in brackets may hold spaces; the fields count from behind it.
    let (_, rest) = stat.rsplit_once(") ").context("no name")?;
    let mut ticks = 0;
    for field in fields {
        let text = rest.split(' ').nth(field - 3).context("a short line")?;
        ticks += text.parse::<u64>()?;
    }
    Ok(Duration::from_millis(10 * ticks))
}
