//! The reader's own loop: one request after the other, until the pipe ends.
//!
//! Reading does not know understanding; whoever builds the program passes it in.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Instant;

use serde::de::DeserializeOwned;

use super::archive::{CopyOptions, Original};
use super::courtesy;
use super::document::{Event, Job};
use super::failure::Failure;
use super::ocr::{self, Engines};
use super::sandbox::misdeeds::Misdeed;
use super::sandbox::{self, Walls, attempts};
use super::wire::{self, Reply, Request};
use crate::domain::document::{Page, Reading};
use crate::domain::finding::Extraction;

/// What the daemon decides before the reader's first byte, as arguments of its program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arguments {
    /// The walls.
    pub walls: Walls,
    /// Tesseract's data directory, where it is not a usual one.
    pub ocr_data: Option<PathBuf>,
    /// Process that starts it.
    pub started_by: Option<u32>,
    /// Try the walls and leave.
    pub is_self_test: bool,
    /// What to do before each document is read, so that it is never reached.
    pub misdeed: Option<Misdeed>,
}

/// The arguments are not the daemon's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{argument}` is not understood; workmate-reader is started by workmate alone")]
pub struct NotUnderstood {
    argument: String,
}

impl Arguments {
    /// Parses the program's arguments, without its name.
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self, NotUnderstood> {
        let mut parsed = Self::default();
        for argument in arguments {
            let not_understood = || NotUnderstood {
                argument: argument.clone(),
            };
            match argument.split_once('=') {
                None if argument == "--self-test" => parsed.is_self_test = true,
                Some(("--readable", path)) => parsed.walls.readable.push(path.into()),
                Some(("--ocr-data", path)) => parsed.ocr_data = Some(path.into()),
                Some(("--started-by", number)) => {
                    parsed.started_by = Some(number.parse().map_err(|_| not_understood())?);
                }
                Some(("--try", misdeed)) => {
                    parsed.misdeed = Some(misdeed.parse().map_err(|_| not_understood())?);
                }
                Some(("--memory-bytes", number)) => {
                    parsed.walls.memory_bytes_max = number.parse().map_err(|_| not_understood())?;
                }
                Some(("--cpu-seconds", number)) => {
                    parsed.walls.cpu_seconds_max = number.parse().map_err(|_| not_understood())?;
                }
                _ => return Err(not_understood()),
            }
        }
        Ok(parsed)
    }

    /// The same as arguments.
    pub fn to_arguments(&self) -> Vec<std::ffi::OsString> {
        let mut arguments = vec![
            format!("--memory-bytes={}", self.walls.memory_bytes_max).into(),
            format!("--cpu-seconds={}", self.walls.cpu_seconds_max).into(),
        ];
        let readable = self.walls.readable.iter().map(|it| ("--readable=", it));
        for (name, path) in readable.chain(self.ocr_data.iter().map(|it| ("--ocr-data=", it))) {
            let mut argument = std::ffi::OsString::from(name);
            argument.push(path);
            arguments.push(argument);
        }
        arguments.extend(
            self.started_by
                .map(|it| format!("--started-by={it}").into()),
        );
        arguments.extend(self.misdeed.map(|it| format!("--try={it}").into()));
        if self.is_self_test {
            arguments.push("--self-test".into());
        }
        arguments
    }
}

/// Enters the sandbox and answers requests until there are no more. `understand` gets what was
/// read and what is known.
pub fn serve<C: DeserializeOwned>(
    arguments: &Arguments,
    understand: impl Fn(&Reading, &C) -> Extraction,
) -> ExitCode {
    courtesy::give_way();
    let mut walls = arguments.walls.clone();
    walls.readable.extend(arguments.ocr_data.clone());
    walls
        .readable
        .extend(ocr::USUAL_DATA_DIRECTORIES.iter().map(PathBuf::from));
    let missing = sandbox::enter(&walls);
    if !sandbox::has_parent(arguments.started_by) {
        return ExitCode::FAILURE;
    }
    let output = Output(Mutex::new(BufWriter::new(io::stdout())));
    if arguments.is_self_test {
        let attempts = (missing, attempts::self_test(&walls));
        return match output.plain(&attempts) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        };
    }
    let hello = Reply::Hello {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        missing,
    };
    let server = Server {
        engines: Engines::new(arguments.ocr_data.as_deref()),
        output,
        understand,
        misdeed: arguments.misdeed,
    };
    // A pipe that breaks means that the daemon is gone: nobody is left to tell.
    let ended = server.output.say(&hello, &[]).and_then(|()| server.run());
    if ended.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

struct Output(Mutex<BufWriter<io::Stdout>>);

impl Output {
    fn say(&self, reply: &Reply, body: &[u8]) -> io::Result<()> {
        let mut pipe = self.0.lock().map_err(|_| io::ErrorKind::BrokenPipe)?;
        wire::write(&mut *pipe, reply, body)
    }

    fn report(&self, event: &Event<'_>) -> io::Result<()> {
        match event {
            Event::Started { media_type, pages } => {
                let pages = u32::try_from(*pages).unwrap_or(u32::MAX);
                self.say(
                    &Reply::Started {
                        media_type: *media_type,
                        pages,
                    },
                    &[],
                )
            }
            Event::Page(page) => self.say(
                &Reply::Page {
                    page: (*page).clone(),
                },
                &[],
            ),
            Event::Paper { name, bytes } => self.say(
                &Reply::Paper {
                    name: (*name).to_owned(),
                },
                bytes,
            ),
            Event::Preview(preview) => {
                let head = Reply::Preview {
                    page: preview.page,
                    size: preview.size,
                };
                self.say(&head, &preview.webp)
            }
        }
    }

    fn plain(&self, value: &impl serde::Serialize) -> io::Result<()> {
        let mut pipe = self.0.lock().map_err(|_| io::ErrorKind::BrokenPipe)?;
        serde_json::to_writer(&mut *pipe, value)?;
        pipe.flush()
    }
}

struct Server<U> {
    engines: Engines,
    output: Output,
    understand: U,
    misdeed: Option<Misdeed>,
}

impl<U> Server<U> {
    fn run<C: DeserializeOwned>(&self) -> io::Result<()>
    where
        U: Fn(&Reading, &C) -> Extraction,
    {
        let mut input = io::stdin().lock();
        while let Some((request, body)) =
            wire::read::<Request<C>>(&mut input, wire::REQUEST_BODY_MAX)?
        {
            if let Some(misdeed) = self.misdeed {
                misdeed.commit();
            }
            match request {
                Request::Read { options, context } => {
                    let Some(reading) = self.read(&options, &body)? else {
                        continue;
                    };
                    if let Some(context) = context {
                        self.tell(&reading, &context)?;
                    }
                }
                Request::Understand { context } => {
                    self.tell(&serde_json::from_slice(&body)?, &context)?;
                }
                Request::Archive {
                    options,
                    document_bytes,
                } => self.archive(&options, &body, document_bytes)?,
            }
        }
        Ok(())
    }

    /// Reads one document; `None` when that failed and was said.
    fn read(&self, options: &super::ReadOptions, bytes: &[u8]) -> io::Result<Option<Reading>> {
        let broken = Mutex::new(None);
        let output = &self.output;
        let sink = |event: Event<'_>| {
            if let Err(error) = output.report(&event)
                && let Ok(mut broken) = broken.lock()
            {
                *broken = Some(error);
            }
        };
        let job = Job {
            bytes,
            options,
            engines: &self.engines,
            sink: &sink,
        };
        let result = job.read();
        if let Ok(Some(error)) = broken.into_inner() {
            return Err(error);
        }
        match result {
            Err(failure) => {
                self.output.say(&failed(&failure), &[])?;
                Ok(None)
            }
            Ok((reading, timings)) => {
                let reply = Reply::Read {
                    codes: reading.codes.clone(),
                    children: reading.children.clone(),
                    attachments: reading.attachments.clone(),
                    timings,
                };
                self.output.say(&reply, &[])?;
                Ok(Some(reading))
            }
        }
    }

    /// Makes an archive copy and sends it in parts.
    fn archive(&self, options: &CopyOptions, body: &[u8], document_bytes: u32) -> io::Result<()> {
        let place = usize::try_from(document_bytes).map_err(|_| io::ErrorKind::InvalidData)?;
        let (bytes, pages) = body
            .split_at_checked(place)
            .ok_or(io::ErrorKind::InvalidData)?;
        let pages: Vec<Page> = serde_json::from_slice(pages)?;
        let original = Original {
            bytes,
            pages: &pages,
            options,
        };
        match original.archive_copy() {
            Err(failure) => self.output.say(&failed(&failure), &[]),
            Ok(copy) => {
                for part in copy.chunks(wire::ARCHIVE_PART_BYTES) {
                    self.output.say(&Reply::ArchivePart, part)?;
                }
                self.output.say(&Reply::Archived, &[])
            }
        }
    }

    fn tell<C>(&self, reading: &Reading, context: &C) -> io::Result<()>
    where
        U: Fn(&Reading, &C) -> Extraction,
    {
        let begin = Instant::now();
        let extraction = (self.understand)(reading, context);
        let took = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.output
            .say(&Reply::Understood { extraction, took }, &[])
    }
}

fn failed(failure: &Failure) -> Reply {
    Reply::Failed {
        code: failure.code().to_owned(),
        message: failure.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_survive_their_text() {
        let arguments = Arguments {
            walls: Walls {
                readable: vec!["/models".into()],
                memory_bytes_max: 5,
                cpu_seconds_max: 6,
            },
            ocr_data: Some("/data".into()),
            started_by: Some(7),
            is_self_test: true,
            misdeed: Some(Misdeed::Spin),
        };
        let texts = arguments
            .to_arguments()
            .into_iter()
            .map(|it| it.into_string().unwrap());
        assert_eq!(Arguments::parse(texts), Ok(arguments));
        assert!(Arguments::parse(["--help".to_owned()]).is_err());
    }
}
