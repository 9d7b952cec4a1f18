//! Starts processes, keeps those that wait, and ends those that have waited long enough.

use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::child::{Broken, Child};
use super::{ReadError, ReaderSettings, Trust};

/// After so many documents a process is replaced, so that nothing that leaks adds up.
const DOCUMENTS_MAX: u32 = 200;
/// After so much processor time a process is replaced. Its limit leaves room for one more document.
const PROCESSOR_MAX: Duration = Duration::from_mins(15);
/// Threads that work on one document at most.
const LANES_MAX: u32 = 16;
/// How long a new process may take to say hello.
const GREETING_MAX: Duration = Duration::from_secs(20);

type Started = io::Result<std::process::Child>;

enum Order {
    Start(oneshot::Sender<Started>),
    /// One more waits.
    Watch,
    End(Box<Child>),
}

struct Waiting {
    child: Child,
    trust: Trust,
    since: Instant,
}

/// The thread that starts processes, and those that wait for work.
pub struct Keeper {
    settings: ReaderSettings,
    waiting: Arc<Mutex<Vec<Waiting>>>,
    orders: mpsc::Sender<Order>,
    told: std::sync::Once,
}

impl Keeper {
    /// Starts the thread; it ends with the keeper.
    pub fn new(settings: ReaderSettings) -> Self {
        let waiting: Arc<Mutex<Vec<Waiting>>> = Arc::default();
        let (orders, inbox) = mpsc::channel();
        let thread = Thread {
            settings: settings.clone(),
            waiting: waiting.clone(),
            inbox,
        };
        let name = "reader-keeper".to_owned();
        if let Err(error) = std::thread::Builder::new()
            .name(name)
            .spawn(move || thread.run())
        {
            // Orders will fail, and every reading with them, saying that readers cannot be started.
            log::error!(error:display; "no thread for readers");
        }
        Self {
            settings,
            waiting,
            orders,
            told: std::sync::Once::new(),
        }
    }

    /// How many processes wait.
    pub fn idle_count(&self) -> usize {
        locked(&self.waiting).len()
    }

    /// A process for one job: one that waits, else a new one.
    pub async fn child(&self, trust: Trust) -> Result<Child, ReadError> {
        loop {
            let found = {
                let mut waiting = locked(&self.waiting);
                let at = waiting.iter().rposition(|it| it.trust == trust);
                at.map(|it| waiting.swap_remove(it).child)
            };
            let Some(mut child) = found else {
                return self.start().await;
            };
            if child.is_alive() {
                return Ok(child);
            }
        }
    }

    async fn start(&self) -> Result<Child, ReadError> {
        let (answer, started) = oneshot::channel();
        let unavailable = |message: String| ReadError::Unavailable { message };
        let stopped = || unavailable("the thread that starts readers has ended".to_owned());
        self.orders
            .send(Order::Start(answer))
            .map_err(|_| stopped())?;
        let process = started.await.map_err(|_| stopped())?;
        let process = process.map_err(|error| {
            let program = program(&self.settings).unwrap_or_default();
            unavailable(format!("{}: {error}", program.display()))
        })?;
        let mut child = Child::new(process).map_err(|error| unavailable(error.to_string()))?;
        let missing = match tokio::time::timeout(GREETING_MAX, child.greet()).await {
            Ok(Ok(missing)) => missing,
            Ok(Err(Broken::Answer(error))) => return Err(error),
            Ok(Err(Broken::Pipe(error))) => {
                let ending = child.ending().await.into_error(&error, 0);
                return Err(unavailable(format!(
                    "it ended before its first word: {ending}"
                )));
            }
            Err(_) => return Err(unavailable("it did not say hello".to_owned())),
        };
        if !missing.0.is_empty() {
            self.told.call_once(|| {
                log::warn!(missing:display; "the reader runs with fewer walls than it could");
            });
        }
        Ok(child)
    }

    /// Takes a process back that has done its work well.
    pub fn give_back(&self, mut child: Child, trust: Trust) {
        child.documents += 1;
        if is_spent(child.documents, child.processor_time()) {
            self.end(child);
            return;
        }
        let surplus = {
            let mut waiting = locked(&self.waiting);
            waiting.push(Waiting {
                child,
                trust,
                since: Instant::now(),
            });
            (waiting.len() > self.settings.workers).then(|| waiting.remove(0).child)
        };
        // Without the thread, nobody ends it but the keeper's own end.
        drop(self.orders.send(Order::Watch));
        if let Some(oldest) = surplus {
            self.end(oldest);
        }
    }

    /// Ends a process, away from the caller's thread.
    pub fn end(&self, child: Child) {
        // Without the thread, dropping the order ends the process here.
        drop(self.orders.send(Order::End(Box::new(child))));
    }
}

struct Thread {
    settings: ReaderSettings,
    waiting: Arc<Mutex<Vec<Waiting>>>,
    inbox: mpsc::Receiver<Order>,
}

impl Thread {
    fn run(self) {
        let tick =
            (self.settings.idle / 4).clamp(Duration::from_millis(20), Duration::from_secs(5));
        loop {
            // While nothing waits there is nothing to look after, and no reason to wake up.
            let order = if locked(&self.waiting).is_empty() {
                self.inbox
                    .recv()
                    .map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                self.inbox.recv_timeout(tick)
            };
            match order {
                Ok(Order::Start(answer)) => {
                    // Whoever asked may have been cancelled; then its process ends here.
                    if let Err(Ok(mut unwanted)) = answer.send(self.start()) {
                        drop(unwanted.kill().and_then(|()| unwanted.wait()));
                    }
                }
                Ok(Order::End(child)) => drop(child),
                Ok(Order::Watch) => {}
                Err(RecvTimeoutError::Timeout) => self.end_idle(),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        locked(&self.waiting).clear();
    }

    fn start(&self) -> Started {
        let program = program(&self.settings).map_err(io::Error::other)?;
        Command::new(program)
            .args(super::arguments(&self.settings).to_arguments())
            .env_clear()
            // Read by the OCR engine's libraries before the program's first line.
            .env("OMP_THREAD_LIMIT", "1")
            // Memory of ended threads is used again by the next.
            .env("MALLOC_ARENA_MAX", "2")
            .env("LC_ALL", "C")
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
    }

    fn end_idle(&self) {
        let idle = self.settings.idle;
        let leaving: Vec<Waiting> = {
            let mut waiting = locked(&self.waiting);
            waiting
                .extract_if(.., |it| it.since.elapsed() >= idle)
                .collect()
        };
        drop(leaving);
    }
}

/// Whether a process has done enough. One whose time is not known has used up its time.
fn is_spent(documents: u32, processor: Option<Duration>) -> bool {
    documents >= DOCUMENTS_MAX || processor.is_none_or(|it| it >= PROCESSOR_MAX)
}

/// Processor time of a process's whole life, in seconds: until it is replaced, and then what the last
/// document can use in the time that it has. So the kernel ends no process that does its work, and
/// one that the daemon has lost sight of does not count for ever.
pub fn cpu_seconds_max(timeout: Duration) -> u64 {
    let last = timeout.as_secs().saturating_mul(LANES_MAX.into());
    PROCESSOR_MAX.as_secs().saturating_add(last).max(60)
}

/// The reader's program: as configured, else beside this one.
pub fn program(settings: &ReaderSettings) -> Result<PathBuf, ReadError> {
    if let Some(program) = &settings.program {
        return Ok(program.clone());
    }
    let here = std::env::current_exe().map_err(|error| ReadError::Unavailable {
        message: format!("this program does not know where it stands: {error}"),
    })?;
    Ok(here.with_file_name("workmate-reader"))
}

fn locked(waiting: &Mutex<Vec<Waiting>>) -> MutexGuard<'_, Vec<Waiting>> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_is_replaced_before_its_processor_time_ends() {
        assert!(!is_spent(199, Some(Duration::from_secs(899))));
        assert!(is_spent(200, Some(Duration::ZERO)));
        assert!(is_spent(1, Some(Duration::from_mins(15))));
        assert!(is_spent(1, None));
        for minutes in [1, 5, 60] {
            let timeout = Duration::from_mins(minutes);
            let rest = cpu_seconds_max(timeout) - PROCESSOR_MAX.as_secs();
            // Every thread that one document may have, for as long as it may last.
            assert_eq!(rest, timeout.as_secs() * 16);
        }
    }
}
