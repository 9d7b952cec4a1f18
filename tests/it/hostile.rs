//! Files made to hurt whoever reads them: what is said of each, how long it takes, how much memory.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use workmate::reading::process::{ReadJob, Reader, ReaderSettings};

use crate::paper;
use crate::process::output;
use crate::role;

/// How long one of them may take.
const TAKES_MAX: Duration = Duration::from_secs(20);
/// Memory that the reader may have had for one of them, in kilobytes.
const PEAK_KILOBYTES_MAX: u64 = 600_000;

/// What is said of each file, by its name: `code: sentence`, or `read: words`.
const EXPECTED: &[(&str, &str)] = &[
    ("empty.pdf", "empty: the file is empty"),
    ("truncated.pdf", "read: "),
    (
        "only-a-header.pdf",
        "damaged: the file is damaged: it begins as a PDF but is none",
    ),
    (
        "encrypted.pdf",
        "encrypted: the PDF is locked with a password; save a copy without one and add that, \
         or put the password into the file that `reading.pdf_passwords_file` names",
    ),
    (
        "page-tree-loop.pdf",
        "damaged: the file is damaged: it has no pages",
    ),
    (
        "garbage-text-layer.pdf",
        "read: Invoice 4417-09 from Harbour Water Ltd Dear Ms Sommer, please pay the amount of \
         84.20 EUR by 18 March 2026 and quote the invoice number. Thank you for paying on time.",
    ),
    (
        "truncated.jpg",
        "damaged: the file is damaged: the picture ends early or makes no sense",
    ),
    (
        "not-a-picture.webp",
        "damaged: the file is damaged: the picture ends early or makes no sense",
    ),
    (
        "bomb.pdf",
        "out_of_memory: reading needed more than 1073 MB of memory",
    ),
    ("page-of-14400-points.pdf", "read: "),
    (
        "page-of-a-billion-points.pdf",
        "too_large: page 1 is too large: 1000000000 × 1000000000 points, allowed are 14400 points",
    ),
    ("deep-nesting.pdf", "read: "),
    (
        "ten-thousand-pages.pdf",
        "too_many_pages: the document has 10001 pages, more than the 500 that are allowed",
    ),
    (
        "huge-dimensions.png",
        "too_large: the picture is too large: 20000 × 20000 pixels, allowed are 100000000 pixels",
    ),
    (
        "directory-loop.tif",
        "damaged: the file is damaged: the picture ends early or makes no sense",
    ),
];

#[test]
fn every_hostile_file_is_answered_soon_and_within_its_memory() {
    // In a process of its own, because the readers of other tests would be taken for its own.
    let said = output(&mut role::command("hostile::answers"));
    let answers: Vec<Vec<&str>> = said
        .lines()
        .filter(|it| it.contains('\t'))
        .map(|it| it.split('\t').collect())
        .collect();
    let mut wrong = Vec::new();
    for answer in &answers {
        let [name, what, milliseconds, kilobytes] = answer[..] else {
            panic!("{answer:?}");
        };
        // The first line begins with what the test program says of itself.
        let name = name.rsplit(' ').next().unwrap();
        let expected = EXPECTED.iter().find(|it| it.0 == name).map(|it| it.1);
        let took = Duration::from_millis(milliseconds.parse().unwrap());
        let is_good = expected == Some(what)
            && took < TAKES_MAX
            && kilobytes.parse::<u64>().unwrap() < PEAK_KILOBYTES_MAX;
        if !is_good {
            wrong.push(format!("{answer:?}, expected {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(answers.len(), EXPECTED.len());
}

/// Reads every file, each with a new reader, and tells what came of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers() {
    if !role::is("hostile::answers") {
        return;
    }
    let sheets = paper::hostile().unwrap();
    for sheet in sheets {
        let reader = Reader::new(ReaderSettings {
            program: Some(PathBuf::from(env!("CARGO_BIN_EXE_workmate-reader"))),
            workers: 1,
            timeout: TAKES_MAX,
            ..ReaderSettings::default()
        });
        // The one before may still be leaving.
        while largest_child() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let peak = Peak::watch();
        let begin = Instant::now();
        let job = ReadJob {
            bytes: sheet.bytes,
            ..ReadJob::default()
        };
        let what = match reader.read(job).await {
            Ok(outcome) => format!("read: {}", outcome.reading.text().replace('\n', " ")),
            Err(error) => format!("{}: {error}", error.code()),
        };
        let what: String = what.chars().take(200).collect();
        let took = begin.elapsed().as_millis();
        role::say(&format!("{}\t{what}\t{took}\t{}", sheet.name, peak.end()));
    }
}

/// Looks at the readers of this process every few milliseconds, as long as it exists.
struct Peak {
    kilobytes: Arc<AtomicU64>,
    is_over: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<()>,
}

impl Peak {
    fn watch() -> Self {
        let (kilobytes, is_over) = (
            Arc::new(AtomicU64::new(0)),
            Arc::new(AtomicBool::new(false)),
        );
        let (peak, end) = (kilobytes.clone(), is_over.clone());
        let thread = std::thread::spawn(move || {
            while !end.load(Ordering::SeqCst) {
                peak.fetch_max(largest_child(), Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(3));
            }
        });
        Self {
            kilobytes,
            is_over,
            thread,
        }
    }

    fn end(self) -> u64 {
        self.is_over.store(true, Ordering::SeqCst);
        self.thread.join().unwrap();
        self.kilobytes.load(Ordering::SeqCst)
    }
}

/// Most memory that a child of this process has had so far, in kilobytes.
fn largest_child() -> u64 {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap().flatten();
    let lists = tasks.filter_map(|it| std::fs::read_to_string(it.path().join("children")).ok());
    let lists: Vec<String> = lists.collect();
    let children = lists.iter().flat_map(|it| it.split_whitespace());
    let peaks = children.filter_map(|it| {
        let status = std::fs::read_to_string(format!("/proc/{it}/status")).ok()?;
        let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:"))?;
        line.trim().trim_end_matches(" kB").parse::<u64>().ok()
    });
    peaks.max().unwrap_or(0)
}
