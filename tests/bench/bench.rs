//! Measures the release build on this machine: `make bench` writes `tests/bench/RESULTS.md`,
//! `make soak` keeps a daemon busy, sends another one files that are broken in every way, and fails
//! if one grows, leaks or loses something.
//!
//! Everything is done from outside, as a person or a client would: processes are started, HTTP is
//! spoken, `/proc` is read. Nothing here names the workmate library, which also keeps the link short.

use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use jiff::civil::Date;

mod archive;
mod daemon;
mod dense;
mod figures;
mod hour;
mod many;
mod mqtt;
mod process;
mod report;
mod scans;
mod soak;

#[path = "../fuzz/mutate.rs"]
mod mutate;
#[path = "../fixtures/paper/paper.rs"]
mod paper;
#[path = "../fuzz/seeds.rs"]
mod seeds;

use paper::Sheet;

/// Where things are, and what is measured with.
pub struct Ground {
    /// The repository.
    pub root: PathBuf,
    /// Where the programs of this build are: `target/release`.
    programs: PathBuf,
    /// The samples of today.
    pub sheets: Vec<Sheet>,
    pub today: Date,
}

impl Ground {
    /// A program of the same build as this one, which is an example of it.
    pub fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    /// The sample called `name`.
    pub fn sheet(&self, name: &str) -> Result<&Sheet> {
        self.sheets
            .iter()
            .find(|it| it.name == name)
            .with_context(|| format!("no sample {name}"))
    }

    /// The sample with `number` written behind its end: another document that reads the same.
    pub fn variant(&self, name: &str, number: usize) -> Result<Sheet> {
        let mut sheet = self.sheet(name)?.clone();
        sheet
            .bytes
            .extend_from_slice(format!("\n%{number}\n").as_bytes());
        sheet.name = format!("{number}-{name}");
        Ok(sheet)
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    // A second provider is not an error: one is installed, which is what is wanted.
    drop(rustls::crypto::ring::default_provider().install_default());
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let [day, what @ ..] = words.as_slice() else {
        bail!("usage: bench YYYY-MM-DD [many | archive | hour MINUTES | soak MINUTES FILES]");
    };
    let today = day.parse().context("a day is like 2026-03-02")?;
    let ground = Ground {
        root: PathBuf::from(env!("CARGO_MANIFEST_DIR")),
        programs: std::env::current_exe()?
            .ancestors()
            .nth(2)
            .context("not among the examples of a build")?
            .to_owned(),
        sheets: paper::samples(today)?,
        today,
    };
    anyhow::ensure!(
        paper::printable(today)? > 0 && !paper::hostile()?.is_empty(),
        "no samples"
    );
    for program in ["workmate", "workmate-reader"] {
        anyhow::ensure!(
            ground.program(program).exists(),
            "{program} is not built: cargo build --release"
        );
    }
    match what {
        [] => report::write(&ground, &figures::all(&ground).await?),
        ["many"] => {
            tell(&many::all(&ground).await?);
            Ok(())
        }
        ["archive"] => {
            tell(&archive::all(&ground).await?);
            Ok(())
        }
        ["hour", minutes] => hour::rest(&ground, minutes.parse().context("minutes")?).await,
        ["soak", minutes, files] => {
            let minutes = minutes.parse().context("minutes")?;
            soak::run(&ground, minutes, files.parse().context("files")?).await
        }
        _ => bail!("usage: bench YYYY-MM-DD [many | archive | hour MINUTES | soak MINUTES FILES]"),
    }
}

fn tell(figures: &[figures::Figure]) {
    for figure in figures {
        say(&format!("{}: {}", figure.name, figure.measured));
    }
}

/// Says what is going on; what is measured goes to the report.
pub fn say(text: &str) {
    // A closed terminal must not end a measurement.
    writeln!(std::io::stderr(), "bench: {text}").unwrap_or_default();
}

/// The middle of `values`, which become sorted.
pub fn median(values: &mut [Duration]) -> Duration {
    percentile(values, 50)
}

/// The value below which `percent` of `values` lie; zero of none.
pub fn percentile(values: &mut [Duration], percent: usize) -> Duration {
    values.sort();
    let index = values.len().saturating_sub(1) * percent / 100;
    values.get(index).copied().unwrap_or_default()
}

/// Waits until `is_done` says so.
pub async fn until<F, Fut>(limit: Duration, what: &str, mut is_done: F) -> Result<Duration>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<bool>>,
{
    let start = Instant::now();
    loop {
        if is_done().await? {
            return Ok(start.elapsed());
        }
        anyhow::ensure!(start.elapsed() < limit, "{what} took more than {limit:?}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
