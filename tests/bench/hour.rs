//! An hour in which nobody does anything: what is written to a memory card meanwhile.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::many::household;
use super::process::{children, processor, written_bytes};
use super::{Ground, say, until};

/// What may be written in an hour, in bytes.
const WRITES_MAX: u64 = 100_000;
/// Longest wait for the readers' leaving.
const PATIENCE: Duration = Duration::from_mins(2);
/// What the last document leaves to do is over by then.
const SETTLED: Duration = Duration::from_mins(2);

/// Rests for `minutes`, and leaves what it found as a note for the report.
///
/// # Errors
/// When more is written than a memory card should have to bear.
pub async fn rest(ground: &Ground, minutes: u64) -> Result<()> {
    let (_broker, _folder, daemon) = household(ground).await?;
    for sheet in &ground.sheets {
        let id = daemon.upload(sheet).await?;
        daemon.understood(&id).await?;
    }
    until(PATIENCE, "the readers' leaving", || async {
        Ok(children(daemon.pid()).is_empty())
    })
    .await?;
    tokio::time::sleep(SETTLED).await;
    let before = (written_bytes(daemon.pid())?, processor(daemon.pid())?);
    say(&format!("resting for {minutes} minutes"));
    let length = Duration::from_secs(60 * minutes);
    tokio::time::sleep(length).await;
    let written = written_bytes(daemon.pid())? - before.0;
    let busy = processor(daemon.pid())?.saturating_sub(before.1);
    let percent = 100.0 * busy.as_secs_f64() / length.as_secs_f64();
    let line = format!(
        "| A household with {} documents and a broker, {minutes} minutes at rest | {written} bytes written \
         (goal: ≤ 100 kB in an hour), the log included; {percent:.3} % of a core |",
        ground.sheets.len()
    );
    say(&line);
    ensure!(
        written * 60 <= WRITES_MAX * minutes,
        "too much for a memory card: {written} bytes"
    );
    let notes = ground.root.join("target/soak");
    std::fs::create_dir_all(&notes)?;
    std::fs::write(notes.join("hour"), line)?;
    Ok(())
}
