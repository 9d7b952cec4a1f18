//! The daemon's side of the reader: a small pool of processes, started when needed, gone when idle.
//!
//! - One job has one process; documents from outside never share a process with the household's
//!   own, and a process whose document failed is replaced.
//! - Processes are started by one thread that lives as long as the [`Reader`], because the
//!   kernel's «your parent has died» signal goes by thread, not by process.
//! - What a process says is bounded and tamed ([`wire`]); what it complains goes to the log, line
//!   by line, with a limit.

pub mod archive;
mod child;
mod keeper;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::{Semaphore, watch};

use self::child::Broken;
use self::keeper::Keeper;
use super::sandbox::attempts::Attempt;
use super::sandbox::{Missing, THREADS_MAX, Walls};
use super::serve::Arguments;
use super::wire::{self, Reply, Request};
use super::{Limits, Paper, Preview, ReadOptions, Timings};
use crate::domain::document::{MediaType, Page, Reading};
use crate::domain::finding::Extraction;

/// How readers are run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReaderSettings {
    /// The program; beside this one if not stated.
    pub program: Option<PathBuf>,
    /// Processes at the same time, at least 1.
    pub workers: usize,
    /// How long an unused process stays.
    pub idle: Duration,
    /// How long one document may take.
    pub timeout: Duration,
    /// Address space of one process, in bytes.
    pub memory_bytes_max: u64,
    /// Tesseract's data directory, where it is not a usual one (`TESSDATA_PREFIX`).
    pub ocr_data: Option<PathBuf>,
    /// What the reader may read besides: models, an ONNX runtime in an unusual place.
    pub readable: Vec<PathBuf>,
}

impl Default for ReaderSettings {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            program: None,
            workers: cores.min(4),
            idle: Duration::from_mins(1),
            timeout: Duration::from_mins(2),
            memory_bytes_max: Walls::default().memory_bytes_max,
            ocr_data: None,
            readable: Vec::new(),
        }
    }
}

/// Whose document it is; processes are not shared between the two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Trust {
    /// The household's own scans and files.
    #[default]
    Household,
    /// Mail and guests.
    Outside,
}

/// One document to read.
#[derive(Clone, Debug, Default)]
pub struct ReadJob {
    /// The file.
    pub bytes: Vec<u8>,
    /// How to read it.
    pub options: ReadOptions,
    /// Whose it is.
    pub trust: Trust,
    /// Told how far reading has come, if somebody wants to know.
    pub progress: Option<watch::Sender<Progress>>,
}

/// How far reading has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Pages read.
    pub done: u32,
    /// Pages there are; 0 while that is not known.
    pub pages: u32,
}

/// What reading gave.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadOutcome {
    /// Pages, codes, files inside.
    pub reading: Reading,
    /// What it says, if that was asked.
    pub extraction: Option<Extraction>,
    /// Pictures of the pages, if asked.
    pub previews: Vec<Preview>,
    /// Papers attached to a mail, if they are to come apart.
    pub papers: Vec<Paper>,
    /// How long each part took.
    pub timings: Timings,
}

/// Why there is no reading. Only the first is the document's fault for certain.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It will not be readable by trying again.
    #[error("{message}")]
    Unreadable {
        /// For programs; see [`super::failure::Failure::code`].
        code: String,
        /// For people.
        message: String,
    },
    /// The reader ended. Try once more, then give up.
    #[error("the reader crashed on this document: {message}")]
    Crashed {
        /// Its last words, or how it ended.
        message: String,
    },
    /// The kernel ended it. Try once more, then give up.
    #[error("the machine ended the reader, most likely because its memory ran out")]
    Killed,
    /// It took too long. Try once more, then give up.
    #[error("reading took longer than {} seconds", limit.as_secs())]
    TimedOut {
        /// The limit.
        limit: Duration,
    },
    /// It needed too much memory. Try once more, then give up.
    #[error("reading needed more than {} MB of memory", limit_bytes / 1_000_000)]
    OutOfMemory {
        /// The limit.
        limit_bytes: u64,
    },
    /// The reader cannot be started: nothing about the document is known. Try later.
    #[error("the reader cannot be started: {message}")]
    Unavailable {
        /// What to look at.
        message: String,
    },
}

impl ReadError {
    /// The name for programs; never changes.
    pub fn code(&self) -> &str {
        match self {
            Self::Unreadable { code, .. } => code,
            Self::Crashed { .. } => "reader_crashed",
            Self::Killed => "reader_killed",
            Self::TimedOut { .. } => "timed_out",
            Self::OutOfMemory { .. } => "out_of_memory",
            Self::Unavailable { .. } => "reader_unavailable",
        }
    }
}

/// Reads documents. Clones share one pool.
#[derive(Clone)]
pub struct Reader {
    shared: Arc<Shared>,
}

struct Shared {
    settings: ReaderSettings,
    slots: Semaphore,
    keeper: Keeper,
    restarts: AtomicUsize,
}

/// What the pool is doing, for the board and for metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolState {
    /// Processes waiting for work.
    pub idle: usize,
    /// Processes at work.
    pub busy: usize,
    /// Processes that ended before their time since the start.
    pub lost: usize,
}

impl Reader {
    /// A pool without any process yet.
    pub fn new(settings: ReaderSettings) -> Self {
        let workers = settings.workers.max(1);
        let keeper = Keeper::new(settings.clone());
        let settings = ReaderSettings {
            workers,
            ..settings
        };
        let slots = Semaphore::new(workers);
        Self {
            shared: Arc::new(Shared {
                settings,
                slots,
                keeper,
                restarts: AtomicUsize::new(0),
            }),
        }
    }

    /// What the pool is doing.
    pub fn state(&self) -> PoolState {
        let workers = self.shared.settings.workers;
        PoolState {
            idle: self.shared.keeper.idle_count(),
            busy: workers.saturating_sub(self.shared.slots.available_permits()),
            lost: self.shared.restarts.load(Ordering::Relaxed),
        }
    }

    /// Reads one document.
    pub async fn read(&self, job: ReadJob) -> Result<ReadOutcome, ReadError> {
        self.read_with::<()>(job, None).await
    }

    /// Reads one document and understands it, in one go.
    pub async fn read_and_understand<C: Serialize + Sync>(
        &self,
        job: ReadJob,
        context: &C,
    ) -> Result<ReadOutcome, ReadError> {
        self.read_with(job, Some(context)).await
    }

    async fn read_with<C: Serialize + Sync>(
        &self,
        job: ReadJob,
        context: Option<&C>,
    ) -> Result<ReadOutcome, ReadError> {
        let limit = usize::try_from(job.options.limits.file_bytes_max).unwrap_or(usize::MAX);
        if job.bytes.len() > limit {
            return Err(ReadError::Unreadable {
                code: "too_large".to_owned(),
                message: format!("the file is larger than {limit} bytes"),
            });
        }
        let request = Request::Read {
            options: job.options.clone(),
            context,
        };
        let mut gathered = Gathered::new(&job.options.limits, context.is_some());
        self.converse(job.trust, &request, &job.bytes, |reply, body| {
            let step = gathered.take(reply, body);
            if let Some(progress) = &job.progress {
                progress.send_replace(gathered.progress());
            }
            step
        })
        .await?;
        gathered.into_outcome()
    }

    /// Understands what was read before, such as after a person's hint or with newer rules.
    pub async fn understand<C: Serialize + Sync>(
        &self,
        reading: &Reading,
        context: &C,
    ) -> Result<Extraction, ReadError> {
        let body = serde_json::to_vec(reading).map_err(|error| ReadError::Unavailable {
            message: error.to_string(),
        })?;
        let request = Request::Understand { context };
        let mut understood = None;
        self.converse(Trust::Household, &request, &body, |reply, _| {
            let Reply::Understood { extraction, .. } = reply else {
                return refuse(reply);
            };
            understood = Some(extraction);
            Ok(Step::Done)
        })
        .await?;
        understood.ok_or_else(|| nonsense("it understood nothing"))
    }

    /// Sends one request to a process and hears replies until `hear` is content.
    async fn converse<C: Serialize>(
        &self,
        trust: Trust,
        request: &Request<C>,
        body: &[u8],
        hear: impl FnMut(Reply, Vec<u8>) -> Result<Step, ReadError>,
    ) -> Result<(), ReadError> {
        let shared = &self.shared;
        let slot = shared
            .slots
            .acquire()
            .await
            .map_err(|error| ReadError::Unavailable {
                message: error.to_string(),
            })?;
        let mut child = shared.keeper.child(trust).await?;
        let limit = shared.settings.timeout;
        let process = child.id();
        let heard = tokio::select! {
            heard = tokio::time::timeout(limit, child.converse(request, body, hear)) => heard,
            threads = child::crowd(process) => Ok(Err(Broken::Answer(ReadError::Crashed {
                message: format!("it had {threads} threads, allowed are {THREADS_MAX}"),
            }))),
        };
        let result = match heard {
            Ok(Ok(())) => Ok(()),
            Ok(Err(Broken::Answer(error))) => Err(error),
            Ok(Err(Broken::Pipe(error))) => {
                let ending = child.ending().await;
                Err(ending.into_error(&error, shared.settings.memory_bytes_max))
            }
            Err(_) => Err(ReadError::TimedOut { limit }),
        };
        // A document that failed may have left the process in any state.
        if result.is_ok() {
            shared.keeper.give_back(child, trust);
        } else {
            shared.restarts.fetch_add(1, Ordering::Relaxed);
            shared.keeper.end(child);
        }
        drop(slot);
        result
    }
}

/// What the reader's walls are worth on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protection {
    /// Walls that the kernel does not offer.
    pub missing: Missing,
    /// What a hostile file would try, and whether it was refused.
    pub attempts: Vec<Attempt>,
}

/// Starts a reader that tries its own walls.
pub async fn probe(settings: &ReaderSettings) -> Result<Protection, ReadError> {
    let mut arguments = arguments(settings);
    arguments.is_self_test = true;
    let program = keeper::program(settings)?;
    let mut command = tokio::process::Command::new(&program);
    command
        .args(arguments.to_arguments())
        .env_clear()
        .stdin(std::process::Stdio::null());
    let unavailable = |message: String| ReadError::Unavailable { message };
    let output = tokio::time::timeout(settings.timeout, command.kill_on_drop(true).output()).await;
    let output = output
        .map_err(|_| ReadError::TimedOut {
            limit: settings.timeout,
        })?
        .map_err(|error| unavailable(format!("{}: {error}", program.display())))?;
    let (missing, attempts) = serde_json::from_slice(&output.stdout).map_err(|error| {
        unavailable(format!(
            "its self test ended with {} and said {error}",
            output.status
        ))
    })?;
    Ok(Protection { missing, attempts })
}

fn arguments(settings: &ReaderSettings) -> Arguments {
    let walls = Walls {
        readable: settings.readable.clone(),
        memory_bytes_max: settings.memory_bytes_max,
        cpu_seconds_max: keeper::cpu_seconds_max(settings.timeout),
    };
    Arguments {
        walls,
        ocr_data: settings.ocr_data.clone(),
        started_by: Some(std::process::id()),
        ..Arguments::default()
    }
}

/// Whether a reply was the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    More,
    Done,
}

/// A reply that ends the conversation badly, or does not belong into it.
fn refuse(reply: Reply) -> Result<Step, ReadError> {
    match reply {
        Reply::Failed { code, message } => {
            let letters = |text: String, most| {
                text.chars()
                    .filter(|it| !it.is_control())
                    .take(most)
                    .collect()
            };
            Err(ReadError::Unreadable {
                code: letters(code, 60),
                message: letters(message, 500),
            })
        }
        Reply::Hello { .. }
        | Reply::Started { .. }
        | Reply::Page { .. }
        | Reply::Preview { .. }
        | Reply::Paper { .. }
        | Reply::Read { .. }
        | Reply::ArchivePart
        | Reply::Archived
        | Reply::Understood { .. } => Err(nonsense("its answers came in the wrong order")),
    }
}

fn nonsense(message: &str) -> ReadError {
    ReadError::Crashed {
        message: message.to_owned(),
    }
}

/// Replies to one request to read, put together.
struct Gathered<'a> {
    limits: &'a Limits,
    wants_understanding: bool,
    media_type: Option<MediaType>,
    expected: u32,
    pages: Vec<Page>,
    previews: Vec<Preview>,
    papers: Vec<Paper>,
    rest: Option<Rest>,
    extraction: Option<Extraction>,
    timings: Timings,
}

struct Rest {
    codes: Vec<crate::domain::document::Code>,
    children: Vec<String>,
    attachments: Vec<crate::domain::document::Attachment>,
}

impl<'a> Gathered<'a> {
    const fn new(limits: &'a Limits, wants_understanding: bool) -> Self {
        Self {
            limits,
            wants_understanding,
            media_type: None,
            expected: 0,
            pages: Vec::new(),
            previews: Vec::new(),
            papers: Vec::new(),
            rest: None,
            extraction: None,
            timings: Timings {
                read: 0,
                ocr: 0,
                codes: 0,
                previews: 0,
                understand: 0,
            },
        }
    }

    fn progress(&self) -> Progress {
        let done = u32::try_from(self.pages.len()).unwrap_or(u32::MAX);
        Progress {
            done,
            pages: self.expected,
        }
    }

    fn take(&mut self, reply: Reply, body: Vec<u8>) -> Result<Step, ReadError> {
        let expected = self.expected;
        match reply {
            Reply::Started { media_type, pages } if expected == 0 => {
                if pages == 0 || pages > self.limits.pages_max {
                    return Err(nonsense("it counted pages beyond the limit"));
                }
                self.media_type = Some(media_type);
                self.expected = pages;
            }
            Reply::Page { page } => {
                let known = self.pages.iter().any(|it| it.number == page.number);
                let page =
                    wire::tame(page, self.limits).filter(|it| it.number <= expected && !known);
                self.pages
                    .push(page.ok_or_else(|| nonsense("it sent a page that cannot be"))?);
            }
            Reply::Preview { page, size } => {
                let known = self
                    .previews
                    .iter()
                    .any(|it| (it.page, it.size) == (page, size));
                if known || page == 0 || page > expected || !body.starts_with(b"RIFF") {
                    return Err(nonsense("it sent a preview that cannot be"));
                }
                self.previews.push(Preview {
                    page,
                    size,
                    webp: body,
                });
            }
            Reply::Paper { name } => self.take_paper(&name, body)?,
            Reply::Read {
                codes,
                children,
                attachments,
                timings,
            } if self.rest.is_none() => {
                self.timings = timings;
                self.rest = Some(Rest {
                    codes: wire::tame_codes(codes, expected, self.limits),
                    children: wire::tame_names(children),
                    attachments: wire::tame_attachments(attachments, self.limits),
                });
                if !self.wants_understanding {
                    return Ok(Step::Done);
                }
            }
            Reply::Understood { extraction, took } if self.rest.is_some() => {
                self.extraction = Some(extraction);
                self.timings.understand = took;
                return Ok(Step::Done);
            }
            // What belongs elsewhere, or comes a second time.
            Reply::Hello { .. }
            | Reply::Started { .. }
            | Reply::Read { .. }
            | Reply::Understood { .. }
            | Reply::ArchivePart
            | Reply::Archived
            | Reply::Failed { .. } => return refuse(reply),
        }
        Ok(Step::More)
    }

    fn take_paper(&mut self, name: &str, bytes: Vec<u8>) -> Result<(), ReadError> {
        let before = self.papers.iter().map(|it| it.bytes.len()).sum::<usize>();
        let fits = |count: usize, most: u32| u32::try_from(count).is_ok_and(|it| it <= most);
        let is_fair = fits(self.papers.len() + 1, self.limits.papers_max)
            && fits(bytes.len(), self.limits.paper_bytes_max)
            && fits(before + bytes.len(), self.limits.file_bytes_max);
        if !is_fair {
            return Err(nonsense("it sent more papers than allowed"));
        }
        let name = wire::tame_name(name);
        self.papers.push(Paper { name, bytes });
        Ok(())
    }

    fn into_outcome(mut self) -> Result<ReadOutcome, ReadError> {
        self.pages.sort_by_key(|it| it.number);
        self.previews.sort_by_key(|it| (it.page, it.size));
        let complete = u32::try_from(self.pages.len()) == Ok(self.expected);
        let (Some(media_type), Some(rest), true) = (self.media_type, self.rest, complete) else {
            return Err(nonsense("it left pages out"));
        };
        let reading = Reading {
            media_type,
            pages: self.pages,
            codes: rest.codes,
            children: rest.children,
            attachments: rest.attachments,
        };
        let Self {
            extraction,
            previews,
            papers,
            timings,
            ..
        } = self;
        Ok(ReadOutcome {
            reading,
            extraction,
            previews,
            papers,
            timings,
        })
    }
}
