//! `workmate read`: what the reader sees and understands in files, without a daemon or a database.
//!
//! Each file goes through the same sandboxed process as in the daemon. Answers come in the order of
//! the files and are flushed one by one; meanwhile the next files are already being read.

pub mod answer;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use futures_util::{StreamExt, stream};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use self::answer::Answer;
use crate::domain::clock::Clock;
use crate::domain::document::Sha256Hash;
use crate::domain::person::Language;
use crate::reading::process::{ReadJob, Reader, ReaderSettings};
use crate::reading::{Ocr, Passwords, ReadOptions};
use crate::understanding::Context;

/// Reads files and says what they want.
#[derive(Args, Debug, Clone)]
pub struct ReadArguments {
    /// Print one JSON object a line instead of a summary.
    #[arg(long)]
    pub json: bool,
    /// Languages that pictures are expected in, by Tesseract's names.
    #[arg(
        long,
        value_delimiter = '+',
        default_value = "deu+eng",
        value_name = "LANGUAGES"
    )]
    pub languages: Vec<String>,
    /// Do not recognise letters on pictures.
    #[arg(long)]
    pub no_ocr: bool,
    /// The day the documents arrived; today if not stated.
    #[arg(long, value_name = "DATE")]
    pub received_on: Option<Date>,
    /// Country and, after a hyphen, its part, for holidays: DE-BY.
    #[arg(long, default_value = "DE")]
    pub region: String,
    /// Tesseract's data directory, where it is not a usual one.
    #[arg(long, value_name = "DIRECTORY")]
    pub ocr_data: Option<PathBuf>,
    /// Reader processes at a time; as many as cores, at most 4, if not stated.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(1..=16))]
    pub workers: Option<u8>,
    /// File with passwords that are tried on locked PDFs, one a line.
    #[arg(long, value_name = "FILE")]
    pub pdf_passwords: Option<PathBuf>,
    /// Files to read.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// Runs the command; fails if any file could not be read.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the command owns its arguments"
)]
pub fn run(arguments: ReadArguments) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let ended = runtime.and_then(|it| it.block_on(read_all(&arguments)));
    match ended {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        // Whoever reads the output has had enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
        Err(error) => {
            writeln!(io::stderr(), "workmate read: {error}").unwrap_or_default();
            ExitCode::FAILURE
        }
    }
}

/// Reads and prints every file; returns how many failed.
async fn read_all(arguments: &ReadArguments) -> io::Result<usize> {
    let today = || Clock::System.now().to_zoned(TimeZone::system()).date();
    let context = Context {
        received_on: arguments.received_on.unwrap_or_else(today),
        language: Language::English,
        region: arguments.region.clone(),
        counsel: crate::domain::counsel::Counsel::None,
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let most = arguments.workers.map_or(cores.min(4), usize::from);
    let workers = most.min(arguments.files.len().max(1));
    let settings = ReaderSettings {
        workers,
        ocr_data: arguments.ocr_data.clone(),
        ..ReaderSettings::default()
    };
    let options = ReadOptions {
        ocr: if arguments.no_ocr {
            Ocr::Off
        } else {
            Ocr::WhereNeeded
        },
        languages: arguments.languages.clone(),
        pdf_passwords: passwords(arguments.pdf_passwords.as_deref())?,
        // A single file has all cores to itself.
        threads: u8::try_from(most / workers).unwrap_or(1).clamp(1, 4),
        ..ReadOptions::default()
    };
    let reader = Reader::new(settings);
    let mut answers = stream::iter(&arguments.files)
        .map(|file| read_one(&reader, file, &options, &context))
        .buffered(workers);
    let mut failed = 0;
    while let Some(answer) = answers.next().await {
        failed += usize::from(answer.error.is_some());
        let mut output = io::stdout().lock();
        if arguments.json {
            serde_json::to_writer(&mut output, &answer)?;
            output.write_all(b"\n")?;
        } else {
            answer.write_summary(&mut output)?;
        }
        output.flush()?;
    }
    Ok(failed)
}

fn passwords(file: Option<&Path>) -> io::Result<Passwords> {
    let lines = file.map_or_else(|| Ok(String::new()), std::fs::read_to_string)?;
    let passwords = lines.lines().filter(|it| !it.is_empty());
    Ok(Passwords(passwords.map(str::to_owned).collect()))
}

async fn read_one(
    reader: &Reader,
    file: &Path,
    options: &ReadOptions,
    context: &Context,
) -> Answer {
    let name = file.display().to_string();
    // Checked before reading, so that a device or a huge file does not fill the memory.
    let size = match std::fs::metadata(file) {
        Ok(about) if about.is_dir() => return Answer::failed(name, "io", "it is a folder"),
        Ok(about) => about.len(),
        Err(error) => return Answer::failed(name, "io", &error.to_string()),
    };
    if size > u64::from(options.limits.file_bytes_max) {
        let message = format!(
            "the file is larger than {} bytes",
            options.limits.file_bytes_max
        );
        return Answer::failed(name, "too_large", &message);
    }
    let bytes = match std::fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) => return Answer::failed(name, "io", &error.to_string()),
    };
    let sha256 = Sha256Hash(Sha256::digest(&bytes).into());
    let job = ReadJob {
        bytes,
        options: options.clone(),
        ..ReadJob::default()
    };
    match reader.read_and_understand(job, context).await {
        Ok(outcome) => Answer::new(name, sha256, &outcome),
        Err(error) => {
            let failed = Answer::failed(name, error.code(), &error.to_string());
            Answer {
                sha256: Some(sha256),
                ..failed
            }
        }
    }
}
