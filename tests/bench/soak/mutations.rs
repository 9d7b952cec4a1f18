//! Files that are broken in every way, all through one daemon: it neither ends nor grows, and each
//! file that cannot be read says why.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::super::daemon::{Daemon, journal_verifies};
use super::super::mutate::mutated;
use super::super::process::{children, kilobytes};
use super::super::{Ground, say, seeds, until};

/// Files that may wait at the same time.
const WAITING_MAX: usize = 12;
/// How much larger the daemon may be afterwards, in kilobytes.
const GROWTH_KILOBYTES_MAX: u64 = 32 * 1024;
/// The first words of what is said of a file, and its code.
const CODES: &[(&str, &str)] = &[
    ("the file is empty", "empty"),
    ("the file is damaged", "damaged"),
    ("the PDF is locked", "encrypted"),
    ("the document has", "too_many_pages"),
    ("the reader crashed", "reader_crashed"),
    ("the machine ended the reader", "reader_killed"),
    ("reading took longer", "timed_out"),
    ("reading needed more", "out_of_memory"),
    ("the letters on page", "ocr_failed"),
];

/// What was seen.
#[derive(Default)]
struct Seen {
    /// Files by the code of their reason; those that were read have none.
    codes: BTreeMap<String, u64>,
    /// Most memory that one reader ever had, in kilobytes.
    reader_peak: u64,
    /// The file that took longest.
    slowest: (Duration, String),
    /// Those that crashed or hung, by name.
    worst: Vec<String>,
}

/// Sends `files` mutations; the lines of the report.
///
/// # Errors
/// When the daemon ends, grows or loses one of them.
pub async fn run(ground: &Ground, files: u64) -> Result<Vec<String>> {
    let seeds = seeds::all()?;
    let daemon = Daemon::start(ground).await?;
    let first = daemon
        .upload(&ground.variant("waterworks-invoice.pdf", 0)?)
        .await?;
    daemon.understood(&first).await?;
    let before = at_rest(&daemon).await?;
    let begin = Instant::now();
    let mut seen = Seen::default();
    let mut waiting: Vec<(String, String, Instant)> = Vec::new();
    for number in 0..files {
        let sheet = mutated(&seeds, number);
        match daemon.offer(&sheet).await? {
            Some(id) => waiting.push((id, sheet.name, Instant::now())),
            None => {
                *seen
                    .codes
                    .entry("refused at the door".to_owned())
                    .or_default() += 1;
            }
        }
        while waiting.len() >= WAITING_MAX {
            look(&daemon, &mut waiting, &mut seen).await?;
        }
        if number % 500 == 499 {
            say(&format!(
                "{} files, {} kB",
                number + 1,
                kilobytes(daemon.pid(), "VmRSS")?
            ));
        }
    }
    while !waiting.is_empty() {
        look(&daemon, &mut waiting, &mut seen).await?;
    }
    let took = begin.elapsed();
    let after = at_rest(&daemon).await?;
    say(&format!("crashed or hung: {:?}", seen.worst));
    ensure!(
        after <= before + GROWTH_KILOBYTES_MAX,
        "it grew from {before} kB to {after} kB"
    );
    ensure!(
        journal_verifies(ground, &daemon)?,
        "the journal does not verify"
    );
    let list = seen
        .codes
        .iter()
        .map(|(code, count)| format!("{code} {count}"));
    let codes = list.collect::<Vec<_>>().join(", ");
    let (slowest, name) = &seen.slowest;
    Ok(vec![
        format!(
            "| Mutated files through one daemon | {files} in {} s |",
            took.as_secs()
        ),
        format!("| – by outcome | {codes} |"),
        format!(
            "| – slowest, from upload to its end | {:.1} s ({name}) |",
            slowest.as_secs_f64()
        ),
        format!(
            "| – most memory of one reader | {} MB |",
            seen.reader_peak / 1000
        ),
        format!("| – the daemon at rest, before and after | {before} kB, {after} kB |"),
    ])
}

/// Looks at everything that waits once, and at the readers.
async fn look(
    daemon: &Daemon,
    waiting: &mut Vec<(String, String, Instant)>,
    seen: &mut Seen,
) -> Result<()> {
    for reader in children(daemon.pid()) {
        // One that has just left has no memory.
        seen.reader_peak = seen
            .reader_peak
            .max(kilobytes(reader, "VmHWM").unwrap_or(0));
    }
    let mut left = Vec::new();
    for (id, name, since) in waiting.drain(..) {
        let document = daemon.json(&format!("/api/v1/documents/{id}")).await?;
        let stage = document.get("stage").context("no stage")?;
        let of = |key: &str| stage.get(key).and_then(Value::as_str).unwrap_or_default();
        let code = match of("name") {
            "understood" => "read".to_owned(),
            "stuck" => code(of("reason")),
            _ => {
                ensure!(since.elapsed() < Duration::from_mins(30), "{name} hangs");
                left.push((id, name, since));
                continue;
            }
        };
        if [
            "reader_crashed",
            "reader_killed",
            "timed_out",
            "out_of_memory",
        ]
        .contains(&code.as_str())
        {
            seen.worst.push(format!("{name}: {}", of("reason")));
        }
        *seen.codes.entry(code).or_default() += 1;
        seen.slowest = seen.slowest.clone().max((since.elapsed(), name));
    }
    *waiting = left;
    tokio::time::sleep(Duration::from_millis(20)).await;
    Ok(())
}

fn code(reason: &str) -> String {
    let known = CODES.iter().find(|(words, _)| reason.starts_with(words));
    let size = reason.contains("is too large").then_some("too_large");
    let kind = reason
        .contains("is not supported yet")
        .then_some("unsupported");
    let code = known.map(|it| it.1).or(size).or(kind);
    code.unwrap_or(reason).to_owned()
}

/// Waits until the readers have left; the daemon's memory in kilobytes.
async fn at_rest(daemon: &Daemon) -> Result<u64> {
    until(Duration::from_mins(1), "the readers' leaving", || async {
        Ok(children(daemon.pid()).is_empty())
    })
    .await?;
    tokio::time::sleep(Duration::from_secs(5)).await;
    kilobytes(daemon.pid(), "VmRSS")
}
