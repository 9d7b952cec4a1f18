//! Reading against the `tesseract` command, and what the reader takes while it reads.
//!
//! The page is a dense letter of about 350 words, printed and scanned by the project's own paper; both
//! sides get the same picture and the same languages; the command has one thread, a figure says what
//! the reader has.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use workmate::domain::person::Language;
use workmate::reading::ReadOptions;
use workmate::reading::process::{ReadJob, Reader, ReaderSettings};
use workmate::understanding;

use super::daemon::Daemon;
use super::figures::{Figure, seconds};
use super::process::{children, kilobytes, timed};
use super::{Ground, dense, median, say};

/// Pages of the longer scan.
const PAGES: usize = 8;
/// Turns of each comparison.
const TURNS: usize = 5;
/// Pages of the PDF whose text layer is read.
const TEXT_PAGES: usize = 200;
const ONE_THREAD: &[(&str, &str)] = &[("OMP_THREAD_LIMIT", "1")];

/// Every figure about reading.
pub async fn all(ground: &Ground) -> Result<Vec<Figure>> {
    let folder = tempfile::tempdir()?;
    let mut figures = warm_page(ground, folder.path()).await?;
    figures.push(eight_pages(ground, folder.path())?);
    figures.push(text_layers(ground, folder.path())?);
    figures.push(peak_memory(ground).await?);
    Ok(figures)
}

fn stored(folder: &Path, name: &str, bytes: &[u8]) -> Result<String> {
    let path = folder.join(name);
    fs::write(&path, bytes)?;
    Ok(path.to_str().context("a folder's name")?.to_owned())
}

/// One page by a process that is warm, against the command.
async fn warm_page(ground: &Ground, folder: &Path) -> Result<Vec<Figure>> {
    say("a warm reader against the tesseract command");
    let page = dense::dense_scan(ground.today)?.bytes;
    let scan = stored(folder, "page.jpg", &page)?;
    let reader = Reader::new(ReaderSettings {
        program: Some(ground.program("workmate-reader")),
        ..ReaderSettings::default()
    });
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let cores = u8::try_from(cores.min(4))?;
    for threads in [1, cores] {
        warm(&reader, &page, threads, ground).await?;
    }
    let (mut alone, mut ours, mut theirs) = (vec![], vec![], vec![]);
    for _ in 0..TURNS {
        alone.push(warm(&reader, &page, 1, ground).await?);
        ours.push(warm(&reader, &page, cores, ground).await?);
        theirs.push(command(&scan)?);
    }
    let (alone, ours, theirs) = (median(&mut alone), median(&mut ours), median(&mut theirs));
    let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
    let ratio_alone = alone.as_secs_f64() / theirs.as_secs_f64();
    let truth = text_of(
        ground,
        &stored(folder, "page.pdf", &dense::dense_pdf(ground.today, 1)?)?,
    )?;
    let found = share(&truth, &text_of(ground, &scan)?);
    let command = Command::new("tesseract")
        .args(tesseract(&scan))
        .stderr(Stdio::null())
        .output()?;
    let found_by_command = share(&truth, &String::from_utf8_lossy(&command.stdout));
    Ok(vec![
        Figure {
            name: "Dense A4 scan, warm reader against the `tesseract` command",
            measured: format!("{ratio:.2}× ({} s, {} s)", seconds(ours), seconds(theirs)),
            goal: "≤ 0.9×",
            is_met: Some(ratio <= 0.9),
            method: "wall time of a request to a warm reader process (decoding, recognising on all cores, codes, understanding) against `tesseract page.jpg - -l deu+eng` with OMP_THREAD_LIMIT=1, in turns; medians of 5",
        },
        Figure {
            name: "The same with one thread",
            measured: format!("{ratio_alone:.2}× ({} s)", seconds(alone)),
            goal: "",
            is_met: None,
            method: "the same request with one thread",
        },
        Figure {
            name: "Words found on that scan",
            measured: format!(
                "{:.1} % (command {:.1} %)",
                100.0 * found,
                100.0 * found_by_command
            ),
            goal: "not fewer",
            is_met: Some(found >= found_by_command),
            method: "share of the printed words, each as often as it stands there, that stand in the text",
        },
    ])
}

/// How long the command takes. Only it is waited for: the warm reader is a child of this process too.
fn command(scan: &str) -> Result<Duration> {
    let begin = Instant::now();
    let status = Command::new("tesseract")
        .args(tesseract(scan))
        .envs(ONE_THREAD.iter().copied())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    ensure!(status.success(), "tesseract: {status}");
    Ok(begin.elapsed())
}

/// How long a reader takes for a page with so many threads.
async fn warm(reader: &Reader, page: &[u8], threads: u8, ground: &Ground) -> Result<Duration> {
    let job = ReadJob {
        bytes: page.to_vec(),
        options: ReadOptions {
            threads,
            ..ReadOptions::default()
        },
        ..ReadJob::default()
    };
    let context = understanding::Context {
        received_on: ground.today,
        language: Language::German,
        region: "DE".to_owned(),
        counsel: workmate::domain::counsel::Counsel::None,
    };
    let begin = Instant::now();
    reader.read_and_understand(job, &context).await?;
    Ok(begin.elapsed())
}

fn tesseract(scan: &str) -> [&str; 4] {
    [scan, "-", "-l", "deu+eng"]
}

/// A scan of eight pages on all cores, against the command page after page.
fn eight_pages(ground: &Ground, folder: &Path) -> Result<Figure> {
    say("eight pages against the tesseract command");
    let page = dense::dense_scan(ground.today)?;
    let single = stored(folder, "single.jpg", &page.bytes)?;
    let scan = stored(
        folder,
        "eight.pdf",
        &dense::scanned_pdf(&page.bytes, PAGES)?,
    )?;
    let (mut ours, mut theirs) = (vec![], vec![]);
    for _ in 0..3 {
        ours.push(timed(&ground.program("workmate"), &["read", "--json", &scan], &[])?.wall);
        let begin = Instant::now();
        for _ in 0..PAGES {
            timed(Path::new("tesseract"), &tesseract(&single), ONE_THREAD)?;
        }
        theirs.push(begin.elapsed());
    }
    let (ours, theirs) = (median(&mut ours), median(&mut theirs));
    let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
    Ok(Figure {
        name: "Scan of 8 pages against the `tesseract` command",
        measured: format!("{ratio:.2}× ({} s, {} s)", seconds(ours), seconds(theirs)),
        goal: "≤ 0.55×",
        is_met: Some(ratio <= 0.55),
        method: "a fresh `workmate read` of a PDF of eight scanned pages on all cores, against the command on the same picture eight times, one after the other; medians of 3",
    })
}

/// Pages with a text layer.
fn text_layers(ground: &Ground, folder: &Path) -> Result<Figure> {
    say("text layers");
    let pdf = stored(
        folder,
        "text.pdf",
        &dense::dense_pdf(ground.today, TEXT_PAGES)?,
    )?;
    let one = stored(folder, "one.pdf", &dense::dense_pdf(ground.today, 1)?)?;
    let reader = ground.program("workmate");
    let mut times = vec![];
    let mut pages = 0;
    for _ in 0..TURNS {
        let start = timed(&reader, &["read", "--json", &one], &[])?.wall;
        let all = timed(&reader, &["read", "--json", &pdf], &[])?.wall;
        times.push(all.saturating_sub(start));
    }
    for page in answer(ground, &pdf)?
        .get("pages")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let is_layer = page.get("source").and_then(Value::as_str) == Some("text_layer");
        pages += usize::from(is_layer);
    }
    ensure!(pages >= TEXT_PAGES, "only {pages} pages have a text layer");
    let speed = f64::from(u32::try_from(pages)?) / median(&mut times).as_secs_f64();
    Ok(Figure {
        name: "PDF with a text layer",
        measured: format!("{speed:.0} pages/s"),
        goal: "≥ 30 pages/s",
        is_met: Some(speed >= 30.0),
        method: "a PDF of 200 or more dense pages by `workmate read`, less the time for one page; median of 5; understanding included",
    })
}

/// The most memory that a reader had while it read one scanned page.
async fn peak_memory(ground: &Ground) -> Result<Figure> {
    say("the reader's memory");
    let daemon = Daemon::start(ground).await?;
    let id = daemon.upload(&dense::dense_scan(ground.today)?).await?;
    let done = daemon.understood(&id);
    let mut peak = 0;
    tokio::select! {
        done = done => done?,
        () = watch_children(daemon.pid(), &mut peak) => {}
    }
    Ok(Figure {
        name: "Reader's memory at most, dense A4 scan",
        measured: format!("{} MB RSS", peak * 1024 / 1_000_000),
        goal: "≤ 220 MB",
        is_met: Some(peak * 1024 <= 220_000_000),
        method: "`VmHWM` of the daemon's children, looked at every 2 ms until the document is understood; previews included",
    })
}

async fn watch_children(pid: u32, peak: &mut u64) {
    loop {
        for child in children(pid) {
            *peak = kilobytes(child, "VmHWM").unwrap_or(0).max(*peak);
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

fn answer(ground: &Ground, file: &str) -> Result<Value> {
    let output = Command::new(ground.program("workmate"))
        .args(["read", "--json", file])
        .output()?;
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn text_of(ground: &Ground, file: &str) -> Result<String> {
    let answer = answer(ground, file)?;
    let mut text = String::new();
    write!(
        text,
        "{}",
        answer
            .get("text")
            .and_then(Value::as_str)
            .context("no text")?
    )?;
    Ok(text)
}

/// The share of the words of `truth` that stand in `text`.
fn share(truth: &str, text: &str) -> f64 {
    let mut there: HashMap<String, usize> = HashMap::new();
    for word in words(text) {
        *there.entry(word).or_default() += 1;
    }
    let (mut found, mut all) = (0_u32, 0_u32);
    for word in words(truth) {
        all += 1;
        if let Some(left) = there.get_mut(&word).filter(|it| **it > 0) {
            *left -= 1;
            found += 1;
        }
    }
    f64::from(found) / f64::from(all.max(1))
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|it: char| !it.is_alphanumeric())
        .filter(|it| !it.is_empty())
        .map(str::to_lowercase)
}
