//! A day in minutes: documents without end, a kill in the middle, and nothing may grow or be lost.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::daemon::{Daemon, journal_verifies};
use super::process::{children, kilobytes, open_files};
use super::{Ground, report, say, until};

mod mutations;

/// Between two documents.
const PAUSE: Duration = Duration::from_secs(2);
/// A daemon may hold this many more files open after its work than before.
const OPEN_FILES_SLACK: usize = 8;

/// Keeps a daemon busy for `minutes`, sends `files` mutated ones through another, and writes both
/// into the report, with the notes that the tests of the same run have left.
///
/// # Errors
/// When a promise is broken; the report then stays as it was.
pub async fn run(ground: &Ground, minutes: u64, files: u64) -> Result<()> {
    let mut lines = Vec::new();
    if minutes > 0 {
        lines.push(keep_busy(ground, minutes).await?);
    }
    lines.extend(mutations::run(ground, files).await?);
    let notes = std::fs::read_dir(ground.root.join("target/soak"));
    for note in notes.into_iter().flatten().flatten() {
        lines.push(std::fs::read_to_string(note.path())?.trim_end().to_owned());
    }
    report::write_soak(ground, &lines)
}

/// # Errors
/// When the daemon's memory doubles between the first tenth and the end, when it keeps files open,
/// when a document that was accepted is not there, or when the journal does not verify.
async fn keep_busy(ground: &Ground, minutes: u64) -> Result<String> {
    let length = Duration::from_secs(60 * minutes);
    let start = Instant::now();
    let mut daemon = Daemon::start(ground).await?;
    let mut accepted = Vec::new();
    let mut early = None;
    let mut is_killed = false;
    let mut said = 0;
    for number in 0.. {
        if start.elapsed() >= length {
            break;
        }
        let names = ground
            .sheets
            .iter()
            .map(|it| it.name.as_str())
            .filter(|it| !is_text(it));
        let name = names.cycle().nth(number % 11).unwrap_or_default();
        accepted.push(daemon.upload(&ground.variant(name, number)?).await?);
        if early.is_none() && start.elapsed() >= length / 10 {
            early = Some(kilobytes(daemon.pid(), "VmRSS")?);
        }
        if !is_killed && start.elapsed() >= length / 2 {
            say("killing it");
            is_killed = true;
            daemon = daemon.kill_and_restart(ground).await?;
        }
        if start.elapsed().as_secs() / 60 > said {
            said += 1;
            let (resident, open) = (kilobytes(daemon.pid(), "VmRSS")?, open_files(daemon.pid())?);
            say(&format!(
                "minute {said}: {} documents, {resident} kB, {open} files",
                accepted.len()
            ));
        }
        tokio::time::sleep(PAUSE).await;
    }
    let early = early.unwrap_or(u64::MAX);
    let resident = check(ground, &daemon, &accepted, early).await?;
    Ok(format!(
        "| A daemon kept busy for {minutes} minutes, killed once | {} documents, none lost; {early} kB \
         after a tenth of the time, {resident} kB at the end |",
        accepted.len()
    ))
}

/// The memory at the end, in kilobytes.
async fn check(ground: &Ground, daemon: &Daemon, accepted: &[String], early: u64) -> Result<u64> {
    say("checking that every accepted document is there");
    for id in accepted {
        daemon.understood(id).await?;
    }
    until(Duration::from_mins(1), "the readers' leaving", || async {
        Ok(children(daemon.pid()).is_empty())
    })
    .await?;
    let (resident, open) = (kilobytes(daemon.pid(), "VmRSS")?, open_files(daemon.pid())?);
    say(&format!(
        "{} documents, {early} kB early, {resident} kB at the end, {open} files open",
        accepted.len()
    ));
    ensure!(resident <= early.saturating_mul(2), "its memory doubled");
    let fresh = Daemon::start(ground).await?;
    let baseline = open_files(fresh.pid())?;
    ensure!(
        open <= baseline + OPEN_FILES_SLACK,
        "it keeps {open} files open, a new one {baseline}"
    );
    ensure!(
        journal_verifies(ground, daemon)?,
        "the journal does not verify"
    );
    say("nothing grew, nothing was lost");
    Ok(resident)
}

/// A comment behind its end would be read as text.
fn is_text(name: &str) -> bool {
    name.rsplit('.').next() == Some("txt")
}
