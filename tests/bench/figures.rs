//! The figures, one function each: what is done, how often, and what is compared with what.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::daemon::{Daemon, Settings, free_port, launched};
use super::process::{self, timed};
use super::{Ground, median, percentile, say};

/// One line of the report.
pub struct Figure {
    pub name: &'static str,
    pub measured: String,
    pub goal: &'static str,
    /// `None` where there is no goal.
    pub is_met: Option<bool>,
    pub method: &'static str,
}

/// Repetitions of what takes milliseconds.
const MANY: usize = 21;
/// Repetitions of what takes seconds.
const FEW: usize = 5;
/// Turns in which two programs are compared: a shared machine is faster in one second than in the next.
const TURNS: usize = 15;
pub const LETTER: &str = "waterworks-invoice.pdf";
const SCAN: &str = "waste-charges-notice.jpg";

/// Every figure; takes some minutes.
pub async fn all(ground: &Ground) -> Result<Vec<Figure>> {
    let mut figures = sizes(ground)?;
    figures.push(start_to_ready(ground).await?);
    figures.push(fresh_read(ground)?);
    figures.extend(ocr_against_tesseract(ground)?);
    figures.extend(super::scans::all(ground).await?);
    figures.extend(super::mqtt::all(ground).await?);
    let daemon = Daemon::start(ground).await?;
    figures.extend(idle_memory(&daemon, "Idle memory, new data folder").await?);
    figures.push(upload_to_task(ground, &daemon).await?);
    figures.push(scan_to_task(ground, &daemon).await?);
    figures.push(latency_under_load(ground, &daemon).await?);
    figures.extend(idle_memory(&daemon, "Idle memory, after these documents").await?);
    figures.extend(super::many::all(ground).await?);
    figures.extend(super::archive::all(ground).await?);
    Ok(figures)
}

fn sizes(ground: &Ground) -> Result<Vec<Figure>> {
    let daemon = std::fs::metadata(ground.program("workmate"))?.len();
    let reader = std::fs::metadata(ground.program("workmate-reader"))?.len();
    let system = installed_kilobytes(&[
        "libtesseract5",
        "liblept5",
        "libleptonica6",
        "tesseract-ocr-deu",
        "tesseract-ocr-eng",
        "tesseract-ocr-osd",
    ]);
    let total = daemon + reader + 1024 * system;
    Ok(vec![
        Figure {
            name: "Daemon, stripped",
            measured: megabytes(daemon),
            goal: "≤ 20 MB",
            is_met: Some(daemon <= 20_000_000),
            method: "size of `target/release/workmate`",
        },
        Figure {
            name: "Reader, stripped",
            measured: megabytes(reader),
            goal: "≤ 45 MB",
            is_met: Some(reader <= 45_000_000),
            method: "size of `target/release/workmate-reader`",
        },
        Figure {
            name: "Install size",
            measured: megabytes(total),
            goal: "beside paperless-ngx's 1.1 GB",
            is_met: None,
            method: "both programs and Debian's Tesseract with its German and English data (`Installed-Size`)",
        },
        packages(ground)?,
    ])
}

/// What `make dist` has made.
fn packages(ground: &Ground) -> Result<Figure> {
    let mut sizes = Vec::new();
    for file in std::fs::read_dir(ground.root.join("target/dist"))
        .into_iter()
        .flatten()
    {
        let file = file?;
        let name = file.file_name().to_string_lossy().into_owned();
        if let Some((_, architecture)) =
            name.strip_suffix(".deb").and_then(|it| it.rsplit_once('_'))
        {
            sizes.push((architecture.to_owned(), file.metadata()?.len()));
        }
    }
    sizes.sort();
    let told = sizes
        .iter()
        .map(|(name, size)| format!("{name} {}", megabytes(*size)));
    let told: Vec<String> = told.collect();
    Ok(Figure {
        name: "Debian packages, models inside",
        measured: if told.is_empty() {
            "none: `make dist` was not run".to_owned()
        } else {
            told.join(", ")
        },
        goal: "≤ 25 MB",
        is_met: (!sizes.is_empty()).then(|| sizes.iter().all(|(_, it)| *it <= 25_000_000)),
        method: "what lies in `target/dist`",
    })
}

/// What dpkg says of those of `packages` that are there.
fn installed_kilobytes(packages: &[&str]) -> u64 {
    let output = std::process::Command::new("dpkg-query")
        .args(["-W", "-f", "${Installed-Size}\n"])
        .args(packages)
        .output();
    let text = output
        .map(|it| String::from_utf8_lossy(&it.stdout).into_owned())
        .unwrap_or_default();
    text.lines()
        .filter_map(|line| line.trim().parse::<u64>().ok())
        .sum()
}

async fn start_to_ready(ground: &Ground) -> Result<Figure> {
    say("start to ready");
    let data = tempfile::tempdir()?;
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(5))
        .build()?;
    let mut times = Vec::new();
    for _ in 0..MANY {
        let usual = Settings::new();
        let (mut child, time) =
            launched(ground, data.path(), free_port()?, (&client, &usual)).await?;
        child.kill()?;
        child.wait()?;
        times.push(time);
    }
    let middle = median(&mut times);
    Ok(Figure {
        name: "Start to ready",
        measured: milliseconds(middle),
        goal: "≤ 100 ms",
        is_met: Some(middle <= Duration::from_millis(100)),
        method: "start of the process to the first 200 of `/health`, asked each millisecond; the previous one was killed; median of 21",
    })
}

fn fresh_read(ground: &Ground) -> Result<Figure> {
    say("fresh workmate read");
    let folder = tempfile::tempdir()?;
    let file = stored(ground, folder.path(), LETTER)?;
    let mut times = Vec::new();
    for _ in 0..MANY {
        times.push(timed(&ground.program("workmate"), &["read", "--json", &file], &[])?.wall);
    }
    let middle = median(&mut times);
    Ok(Figure {
        name: "One-page text PDF, fresh `workmate read`",
        measured: milliseconds(middle),
        goal: "≤ 80 ms",
        is_met: Some(middle <= Duration::from_millis(80)),
        method: "start to end of `workmate read --json`, reader process included; median of 21",
    })
}

fn ocr_against_tesseract(ground: &Ground) -> Result<Vec<Figure>> {
    say("OCR against the tesseract command");
    let folder = tempfile::tempdir()?;
    let file = stored(ground, folder.path(), SCAN)?;
    let environment = [("OMP_THREAD_LIMIT", "1")];
    let (mut ours, mut theirs, mut our_work, mut their_work) = (vec![], vec![], vec![], vec![]);
    // In turns, so that a busy moment of the machine meets both.
    for _ in 0..TURNS {
        let taken = timed(
            &ground.program("workmate"),
            &["read", "--json", "--workers", "1", &file],
            &environment,
        )?;
        ours.push(taken.wall);
        our_work.push(taken.processor);
        let taken = timed(
            Path::new("tesseract"),
            &[&file, "-", "-l", "deu+eng"],
            &environment,
        )?;
        theirs.push(taken.wall);
        their_work.push(taken.processor);
    }
    let (wall, work) = (median(&mut ours), median(&mut our_work));
    let ratio = work.as_secs_f64() / median(&mut their_work).as_secs_f64();
    let wall_ratio = wall.as_secs_f64() / median(&mut theirs).as_secs_f64();
    let method = "the sample scan, 300 dpi, `deu+eng`, one thread each, in turns; `workmate read --workers 1` decodes, recognises and understands; medians of 15";
    Ok(vec![
        Figure {
            name: "OCR page against the `tesseract` command, processor time",
            measured: format!("{ratio:.2}× ({} s)", seconds(work)),
            goal: "≤ 1.1×",
            is_met: Some(ratio <= 1.1),
            method,
        },
        Figure {
            name: "OCR page against the `tesseract` command, wall time",
            measured: format!("{wall_ratio:.2}× ({} s)", seconds(wall)),
            goal: "≤ 1.1×",
            is_met: Some(wall_ratio <= 1.1),
            method,
        },
    ])
}

async fn idle_memory(daemon: &Daemon, name: &'static str) -> Result<Vec<Figure>> {
    say("idle memory");
    super::until(Duration::from_mins(1), "the readers' leaving", || async {
        Ok(process::children(daemon.pid()).is_empty())
    })
    .await?;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let resident = process::kilobytes(daemon.pid(), "VmRSS")?;
    let share = process::proportional_kilobytes(daemon.pid())?;
    Ok(vec![Figure {
        name,
        measured: format!(
            "{} RSS, {} PSS",
            megabytes(1024 * resident),
            megabytes(1024 * share)
        ),
        goal: "≤ 15 MB RSS",
        is_met: Some(1024 * resident <= 15_000_000),
        method: "`/proc/PID/status` 5 s after the last reader process left; no broker",
    }])
}

async fn upload_to_task(ground: &Ground, daemon: &Daemon) -> Result<Figure> {
    say("upload to task");
    let mut times = Vec::new();
    for number in 0..MANY {
        let sheet = ground.variant(LETTER, number)?;
        let start = Instant::now();
        let id = daemon.upload(&sheet).await?;
        daemon.task_of(&id).await?;
        times.push(start.elapsed());
    }
    let middle = median(&mut times);
    let slow = percentile(&mut times, 95);
    Ok(Figure {
        name: "One-page text PDF, upload to task",
        measured: format!("{} (p95 {})", milliseconds(middle), milliseconds(slow)),
        goal: "≤ 150 ms",
        is_met: Some(middle <= Duration::from_millis(150)),
        method: "`POST /documents` sent until `GET /documents/{id}` names a task, asked each millisecond; median of 21",
    })
}

async fn scan_to_task(ground: &Ground, daemon: &Daemon) -> Result<Figure> {
    say("scan to task");
    let mut times = Vec::new();
    for number in 0..FEW {
        let sheet = ground.variant(SCAN, number)?;
        let start = Instant::now();
        let id = daemon.upload(&sheet).await?;
        daemon.task_of(&id).await?;
        times.push(start.elapsed());
    }
    let slowest = percentile(&mut times, 100);
    Ok(Figure {
        name: "A4 scan, upload to task",
        measured: format!(
            "{} s (slowest of 5: {} s)",
            seconds(median(&mut times)),
            seconds(slowest)
        ),
        goal: "≤ 5 s",
        is_met: Some(slowest <= Duration::from_secs(5)),
        method: "as above, with a 300 dpi grey JPEG of a page",
    })
}

async fn latency_under_load(ground: &Ground, daemon: &Daemon) -> Result<Figure> {
    say("API while OCR runs on every core");
    let cores = std::thread::available_parallelism()?.get();
    let mut ids = Vec::new();
    for number in 0..4 * cores {
        ids.push(daemon.upload(&ground.variant(SCAN, 100 + number)?).await?);
    }
    let last = ids.last().context("nothing was uploaded")?;
    let busy = daemon.understood(last);
    let mut times = Vec::new();
    tokio::select! {
        done = busy => done?,
        failed = ask_for_ever(daemon, &mut times) => failed?,
    }
    let (middle, slow) = (median(&mut times), percentile(&mut times, 95));
    Ok(Figure {
        name: "API while OCR runs on every core, p95",
        measured: format!(
            "{} (median {}, {} requests)",
            milliseconds(slow),
            milliseconds(middle),
            times.len()
        ),
        goal: "≤ 200 ms",
        is_met: Some(slow <= Duration::from_millis(200)),
        method: "lists, search and system in turn, every 20 ms, while four scans for each core wait and are read",
    })
}

/// Asks the API in turn; ends only when it does not answer.
async fn ask_for_ever(daemon: &Daemon, times: &mut Vec<Duration>) -> Result<()> {
    let paths = ["documents", "tasks", "documents?q=gebuehr", "system"];
    for path in paths.iter().cycle() {
        times.push(daemon.latency(&format!("/api/v1/{path}")).await?);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// Writes a sample into `folder` and returns its path.
fn stored(ground: &Ground, folder: &Path, name: &str) -> Result<String> {
    let path = folder.join(name);
    std::fs::write(&path, &ground.sheet(name)?.bytes)?;
    Ok(path
        .to_str()
        .context("a folder without a readable name")?
        .to_owned())
}

pub fn megabytes(bytes: u64) -> String {
    format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000)
}

pub fn milliseconds(time: Duration) -> String {
    format!("{} ms", time.as_millis())
}

pub fn seconds(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64())
}
