//! One reader process and the pipes to it.

use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{ChildStderr, ExitStatus};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::Signal;
use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{ChildStdin, ChildStdout};

use super::super::sandbox::{Missing, THREADS_MAX};
use super::super::wire::{self, Reply, Request};
use super::{ReadError, Step};

/// Longest line of complaints that is logged, in bytes.
const LINE_BYTES_MAX: u64 = 2000;
/// Lines of complaints that are logged of one process.
const LINES_MAX: usize = 200;

/// How often a reader's threads are counted while it works.
const COUNTED_EVERY: Duration = Duration::from_millis(250);

/// How a conversation ended early.
pub enum Broken {
    /// The reader answered, and that was no reading.
    Answer(ReadError),
    /// The reader does not answer.
    Pipe(io::Error),
}

/// A running reader.
pub struct Child {
    process: std::process::Child,
    input: ChildStdin,
    output: ChildStdout,
    complaints: Arc<Mutex<Complaints>>,
    /// Documents it has read.
    pub documents: u32,
}

#[derive(Default)]
struct Complaints {
    last: String,
    is_over: bool,
    was_memory: bool,
}

/// How a process ended.
pub struct Ending {
    status: Option<ExitStatus>,
    last_words: String,
    was_memory: bool,
}

impl Ending {
    /// What its end means for the document.
    pub fn into_error(self, pipe: &io::Error, limit_bytes: u64) -> ReadError {
        if self.was_memory {
            return ReadError::OutOfMemory { limit_bytes };
        }
        // Whom workmate ends itself it does not ask how it ended.
        if self.status.and_then(|it| it.signal()) == Some(Signal::KILL.as_raw()) {
            return ReadError::Killed;
        }
        let status = self
            .status
            .map_or_else(|| pipe.to_string(), |it| it.to_string());
        let message = if self.last_words.is_empty() {
            status
        } else {
            format!("{} ({status})", self.last_words)
        };
        ReadError::Crashed { message }
    }
}

impl Child {
    /// Takes over a process that has just been started.
    pub fn new(mut process: std::process::Child) -> io::Result<Self> {
        let missing = || io::Error::from(io::ErrorKind::BrokenPipe);
        let input = ChildStdin::from_std(process.stdin.take().ok_or_else(missing)?)?;
        let output = ChildStdout::from_std(process.stdout.take().ok_or_else(missing)?)?;
        let complaints = Arc::new(Mutex::new(Complaints::default()));
        let listener = Listener {
            process: process.id(),
            complaints: complaints.clone(),
        };
        let stderr = process.stderr.take().ok_or_else(missing)?;
        std::thread::Builder::new()
            .name("reader-log".to_owned())
            .stack_size(128 * 1024)
            .spawn(move || listener.listen(stderr))?;
        Ok(Self {
            process,
            input,
            output,
            complaints,
            documents: 0,
        })
    }

    /// Hears the first words: its version and the walls that are missing.
    pub async fn greet(&mut self) -> Result<Missing, Broken> {
        match self.hear().await.map_err(Broken::Pipe)? {
            (Reply::Hello { version, missing }, _) if version == env!("CARGO_PKG_VERSION") => {
                Ok(missing)
            }
            (Reply::Hello { version, .. }, _) => Err(Broken::Answer(ReadError::Unavailable {
                message: format!(
                    "it is version {version:.20}, this is {}; install both anew",
                    env!("CARGO_PKG_VERSION")
                ),
            })),
            _ => Err(Broken::Pipe(io::ErrorKind::InvalidData.into())),
        }
    }

    /// Sends a request and hears replies until `hear` is content.
    pub async fn converse<C: Serialize>(
        &mut self,
        request: &Request<C>,
        body: &[u8],
        mut hear: impl FnMut(Reply, Vec<u8>) -> Result<Step, ReadError>,
    ) -> Result<(), Broken> {
        self.say(request, body).await.map_err(Broken::Pipe)?;
        loop {
            let (reply, body) = self.hear().await.map_err(Broken::Pipe)?;
            match hear(reply, body) {
                Ok(Step::More) => {}
                Ok(Step::Done) => return Ok(()),
                Err(error) => return Err(Broken::Answer(error)),
            }
        }
    }

    async fn say(&mut self, head: &impl Serialize, body: &[u8]) -> io::Result<()> {
        let head = serde_json::to_vec(head)?;
        self.input
            .write_all(&wire::lengths(head.len(), body.len())?)
            .await?;
        self.input.write_all(&head).await?;
        self.input.write_all(body).await?;
        self.input.flush().await
    }

    async fn hear(&mut self) -> io::Result<(Reply, Vec<u8>)> {
        let mut lengths = [0; 8];
        self.output.read_exact(&mut lengths).await?;
        let (head_length, body_length) = wire::parse_lengths(lengths, wire::REPLY_BODY_MAX)?;
        let mut head = vec![0; head_length];
        self.output.read_exact(&mut head).await?;
        let mut body = vec![0; body_length];
        self.output.read_exact(&mut body).await?;
        Ok((serde_json::from_slice(&head)?, body))
    }

    /// Ends the process and tells how it ended. Waits a moment for one that is just ending.
    pub async fn ending(&mut self) -> Ending {
        let mut status = None;
        for _ in 0..50 {
            status = self.process.try_wait().ok().flatten();
            let is_over = self.complaints.lock().is_ok_and(|it| it.is_over);
            if status.is_some() && is_over {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.end();
        let complaints = self.complaints.lock();
        let (last_words, was_memory) = complaints
            .map(|it| (it.last.clone(), it.was_memory))
            .unwrap_or_default();
        Ending {
            status,
            last_words,
            was_memory,
        }
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Processor time it has used, all threads together; `None` when the kernel does not tell.
    pub fn processor_time(&self) -> Option<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.id())).ok()?;
        processor_time(&stat)
    }

    /// Whether it still runs.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }

    /// Ends the process at once and waits for its end, which a kill makes immediate.
    pub fn end(&mut self) {
        let ended = self.process.kill().and_then(|()| self.process.wait());
        if let Err(error) = ended {
            log::warn!(process = self.process.id(), error:display; "a reader did not end");
        }
    }
}

/// Fields 14 and 15 of `proc_pid_stat(5)`, in hundredths of a second. The name in brackets may hold
/// spaces and brackets; the fields count from behind the last.
fn processor_time(stat: &str) -> Option<Duration> {
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut times = fields.split(' ').skip(11).map(|it| it.parse().ok());
    let hundredths: u64 = times
        .next()?
        .and_then(|user: u64| user.checked_add(times.next()??))?;
    Some(Duration::from_millis(hundredths.checked_mul(10)?))
}

/// Returns when the process has more threads than a reader may have, with their number. Nothing in
/// the kernel limits the threads of one process, and those of a few readers can be all that a small
/// machine has.
pub async fn crowd(process: u32) -> u32 {
    loop {
        tokio::time::sleep(COUNTED_EVERY).await;
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
        if let Some(threads) = threads(&status).filter(|it| *it > THREADS_MAX) {
            return threads;
        }
    }
}

fn threads(status: &str) -> Option<u32> {
    let line = status.lines().find_map(|it| it.strip_prefix("Threads:"))?;
    line.trim().parse().ok()
}

impl Drop for Child {
    fn drop(&mut self) {
        self.end();
    }
}

struct Listener {
    process: u32,
    complaints: Arc<Mutex<Complaints>>,
}

impl Listener {
    fn listen(self, stderr: ChildStderr) {
        let mut pipe = BufReader::new(stderr);
        let mut count = 0;
        loop {
            let mut line = Vec::new();
            match pipe
                .by_ref()
                .take(LINE_BYTES_MAX)
                .read_until(b'\n', &mut line)
            {
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            }
            let text = String::from_utf8_lossy(&line);
            let text: String = text.trim().chars().filter(|it| !it.is_control()).collect();
            if text.is_empty() {
                continue;
            }
            count += 1;
            if count <= LINES_MAX {
                log::warn!(process = self.process; "reader: {text}");
            }
            if let Ok(mut complaints) = self.complaints.lock() {
                // Rust's and C++'s words for «no memory left».
                complaints.was_memory |=
                    text.starts_with("memory allocation of") || text.contains("bad_alloc");
                complaints.last = text.chars().take(300).collect();
            }
        }
        if let Ok(mut complaints) = self.complaints.lock() {
            complaints.is_over = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_tells_what_a_process_uses() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 1 0 0 0 250 50 0 0 20 0 1 0 9 1 1";
        assert_eq!(processor_time(stat), Some(Duration::from_secs(3)));
        assert_eq!(processor_time("7 (a) S 1"), None);
        assert_eq!(threads("Name:\ta\nThreads:\t3\nSigQ:\t0/1\n"), Some(3));
        let own = std::fs::read_to_string("/proc/self/status").unwrap();
        assert!(threads(&own).unwrap() >= 1);
    }
}
