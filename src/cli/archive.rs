//! `workmate archive`: a searchable PDF of a scan or photo, without a daemon or a database.
//!
//! The file goes twice through the sandboxed reader of the daemon: to be read, and to be copied with
//! the words that were found.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;

use super::{block_on, say};
use crate::domain::document::{MediaType, PageSource, Reading};
use crate::reading::archive::CopyOptions;
use crate::reading::process::archive::ArchiveJob;
use crate::reading::process::{ReadJob, Reader, ReaderSettings};
use crate::reading::{Papers, ReadOptions};
use crate::work::chain;

/// Make a searchable PDF of a scan, a photo or a PDF: the pages as they look, with their words.
#[derive(Args, Debug)]
pub struct ArchiveArguments {
    /// The scan, photo or PDF.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where the PDF goes, which must not be there yet; beside FILE with .searchable.pdf at its end
    /// if not stated.
    #[arg(short, long, value_name = "OUT.pdf")]
    output: Option<PathBuf>,
    /// Languages that pictures are expected in, by Tesseract's names.
    #[arg(
        long,
        value_delimiter = '+',
        default_value = "deu+eng",
        value_name = "LANGUAGES"
    )]
    languages: Vec<String>,
    /// Tesseract's data directory, where it is not a usual one.
    #[arg(long, value_name = "DIRECTORY")]
    ocr_data: Option<PathBuf>,
}

/// Writes the copy and says where.
pub fn run(arguments: &ArchiveArguments) -> ExitCode {
    block_on(async {
        match archive(arguments).await {
            Ok(output) => say::out(&output.display().to_string()),
            Err(error) => say::trouble(&format!("{}: {error:#}", arguments.file.display())),
        }
    })
}

async fn archive(arguments: &ArchiveArguments) -> Result<PathBuf> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let options = ReadOptions {
        languages: arguments.languages.clone(),
        threads: u8::try_from(cores).unwrap_or(1).clamp(1, 4),
        // The copy is of the file's own pages.
        papers: Papers::Apart,
        ..ReadOptions::default()
    };
    let output = output_of(arguments);
    if output.exists() {
        bail!("{} is there already", output.display());
    }
    let bytes = bytes_of(&arguments.file, options.limits.file_bytes_max)?;
    let reader = Reader::new(ReaderSettings {
        workers: 1,
        ocr_data: arguments.ocr_data.clone(),
        ..ReaderSettings::default()
    });
    let limits = options.limits.clone();
    let job = ReadJob {
        bytes: bytes.clone(),
        options,
        ..ReadJob::default()
    };
    let outcome = reader.read(job).await;
    let reading = outcome
        .map_err(|error| anyhow::anyhow!(chain(&error)))?
        .reading;
    let copy = if is_its_own_copy(&reading) {
        bytes
    } else {
        let title = arguments.file.file_stem().unwrap_or_default();
        let job = ArchiveJob {
            bytes,
            pages: reading.pages,
            options: CopyOptions {
                title: title.to_string_lossy().into_owned(),
                limits,
                ..CopyOptions::default()
            },
            ..ArchiveJob::default()
        };
        let copy = reader.archive(job).await;
        copy.map_err(|error| anyhow::anyhow!(chain(&error)))?
    };
    let mut file = File::create_new(&output)
        .with_context(|| format!("{} cannot be written", output.display()))?;
    file.write_all(&copy)
        .and_then(|()| file.sync_all())
        .with_context(|| format!("{} cannot be written", output.display()))?;
    Ok(output)
}

fn is_its_own_copy(reading: &Reading) -> bool {
    let has_letters = |it: &crate::domain::document::Page| it.source == PageSource::TextLayer;
    reading.media_type == MediaType::Pdf && reading.pages.iter().all(has_letters)
}

fn output_of(arguments: &ArchiveArguments) -> PathBuf {
    let beside = || arguments.file.with_extension("searchable.pdf");
    arguments.output.clone().unwrap_or_else(beside)
}

fn bytes_of(file: &Path, bytes_max: u32) -> Result<Vec<u8>> {
    let open = File::open(file).context("the file cannot be opened")?;
    if !open.metadata()?.is_file() {
        bail!("this is no file");
    }
    let mut bytes = Vec::new();
    open.take(u64::from(bytes_max) + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}
