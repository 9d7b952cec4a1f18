//! How the daemon lives and ends, and what the machine tells it meanwhile.
//!
//! Soft stop (a signal, a reload, or a listener that failed): every worker finishes its turn and starts none.
//! Hard stop (a second signal, or 30 seconds later): what still runs is left behind; the store's
//! promises hold anyway. A worker that panics ends the process; the service manager starts it again.

pub mod reload;

use std::future::Future;
use std::io::{self, IsTerminal};
use std::os::fd::{FromRawFd, OwnedFd};
use std::time::Duration;

use rustix::io::Errno;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::store::{Error, Store, Viewer};

use reload::Rings;

/// How long a soft stop may take.
const SOFT_STOP: Duration = Duration::from_secs(30);

/// So long without a change, the house is quiet.
const QUIET: Duration = Duration::from_secs(3);
/// Memory is given back at least so often.
const REST_AT_LATEST: Duration = Duration::from_mins(10);

/// Spawns what lives as long as the house, and ends it.
#[derive(Clone, Debug, Default)]
pub struct Lifecycle {
    tracker: TaskTracker,
    stop: CancellationToken,
    /// It does not open again.
    for_good: CancellationToken,
}

impl Lifecycle {
    /// Says that the house closes.
    pub fn stop_token(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Runs `task` until it ends by itself; a stop waits for it.
    #[expect(clippy::disallowed_methods, reason = "this is the place")]
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let (stop, task) = (self.stop.clone(), self.tracker.track_future(task));
        tokio::spawn(async move {
            // Ended by itself before the stop or not: what panics ends the whole process, because
            // the release is built to abort and tests see the panic.
            task.await;
            drop(stop);
        });
    }

    /// Asks everything to end at its next safe point.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Waits until everything has ended, at most for the length of a soft stop.
    pub async fn ended(&self) -> Ended {
        self.tracker.close();
        let in_time = timeout(SOFT_STOP, self.tracker.wait()).await.is_ok();
        if in_time { Ended::Softly } else { Ended::Hard }
    }

    /// Waits for the first signal to stop (SIGTERM or SIGINT) or for a stop from elsewhere, or until somebody
    /// wants the configuration read anew (SIGHUP or `rings`) and `check` finds it right, which then comes
    /// back. From then on a signal to stop ends the process at once, or has it stay closed.
    pub async fn until_told<T>(
        &self,
        mut rings: Rings,
        check: impl Fn() -> Result<T, String>,
    ) -> io::Result<Option<T>> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut hangup = signal(SignalKind::hangup())?;
        let next = loop {
            let asked = tokio::select! {
                _ = terminate.recv() => break None,
                _ = interrupt.recv() => break None,
                () = self.stop.cancelled() => break None,
                // Whoever closes a terminal ends what runs in it.
                _ = hangup.recv() => if io::stdin().is_terminal() { break None } else { None },
                Some(asked) = rings.0.recv() => Some(asked),
            };
            let (next, answer) = match check() {
                Ok(next) => (Some(next), Ok(())),
                Err(reason) => {
                    log::error!("not reloaded, all goes on as before: {reason}");
                    (None, Err(reason))
                }
            };
            // Whoever asked may have gone away.
            drop(asked.map(|it| it.send(answer)));
            if next.is_some() {
                break next;
            }
        };
        self.stop.cancel();
        if next.is_some() {
            self.stay_closed_at_signal(terminate, interrupt);
        } else {
            stop_at_second_signal(terminate, interrupt);
        }
        Ok(next)
    }

    /// Whether somebody wanted it to stop while it closed to open again.
    pub fn stays_closed(&self) -> bool {
        self.for_good.is_cancelled()
    }

    #[expect(clippy::disallowed_methods, reason = "not waited for by a stop")]
    fn stay_closed_at_signal(&self, mut terminate: Signal, mut interrupt: Signal) {
        let for_good = self.for_good.clone();
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            for_good.cancel();
            stop_at_second_signal(terminate, interrupt);
        });
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "not waited for by a stop: it is the hard stop"
)]
fn stop_at_second_signal(mut terminate: Signal, mut interrupt: Signal) {
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        log::warn!("a second signal: stopping at once");
        std::process::exit(1);
    });
}

/// How a stop went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Everything reached its safe point.
    Softly,
    /// Something did not in time.
    Hard,
}

/// The socket that the service manager opened before it started us (`workmate.socket`), if it did.
///
/// # Errors
/// If what it passed is no TCP socket that listens.
#[expect(
    unsafe_code,
    reason = "a number from the environment becomes a socket in no other way"
)]
pub fn passed_listener() -> io::Result<Option<TcpListener>> {
    let Some(number) = sd_notify::listen_fds()?.next() else {
        return Ok(None);
    };
    // SAFETY: LISTEN_PID named this very process, so the service manager opened the file for it, and
    // this function, called once at the start, is the only one that takes it (sd_listen_fds(3)).
    let passed = unsafe { OwnedFd::from_raw_fd(number) };
    if !rustix::net::sockopt::socket_acceptconn(&passed)? {
        return Err(io::Error::other(
            "the service manager passed no socket that listens: look at workmate.socket",
        ));
    }
    let listener = std::net::TcpListener::from(passed);
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener).map(Some)
}

/// Tells the service manager that the house is open.
pub fn notify_ready(address: &str) {
    let listening = format!("listening on {address}");
    let states = [
        sd_notify::NotifyState::Ready,
        sd_notify::NotifyState::Status(&listening),
    ];
    if let Err(error) = sd_notify::notify(&states) {
        log::debug!(error:display; "the service manager was not told");
    }
}

/// Tells the service manager that the house closes.
pub fn notify_stopping() {
    if let Err(error) = sd_notify::notify(&[sd_notify::NotifyState::Stopping]) {
        log::debug!(error:display; "the service manager was not told");
    }
}

/// Tells the service manager that the house closes to open again.
pub fn notify_reloading() {
    // Since when is for those that wait for the end of this very reload (sd_notify(3)).
    let states: Vec<_> = std::iter::once(sd_notify::NotifyState::Reloading)
        .chain(sd_notify::NotifyState::monotonic_usec_now())
        .collect();
    if let Err(error) = sd_notify::notify(&states) {
        log::debug!(error:display; "the service manager was not told");
    }
}

/// Feeds the service manager's watchdog, but only while the store answers.
pub async fn feed_watchdog(store: Store, stop: CancellationToken) {
    let Some(period) = sd_notify::watchdog_enabled() else {
        return;
    };
    let mut ticks = tokio::time::interval(period / 3);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        match ping(&store).await {
            Ok(()) => {
                if let Err(error) = sd_notify::notify(&[sd_notify::NotifyState::Watchdog]) {
                    log::debug!(error:display; "the watchdog was not fed");
                }
            }
            Err(error) => log::error!(error:display; "the store does not answer the watchdog"),
        }
    }
}

/// Rings whenever somebody sets the clock, or the machine wakes from its sleep: what waits for a moment has
/// waited by another measure. The kernel tells (`TFD_TIMER_CANCEL_ON_SET` in `timerfd_create(2)`); until the
/// next change it costs nothing.
pub async fn watch_clock(ring: impl Fn() + Send, stop: CancellationToken) {
    let timer = match ClockTimer::new() {
        Ok(timer) => timer,
        Err(error) => {
            log::info!(error:display; "the system does not tell when the clock is set");
            return;
        }
    };
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            set = timer.set() => match set {
                Ok(()) => ring(),
                Err(error) => {
                    log::warn!(error:display; "the clock is not watched any more");
                    return;
                }
            },
        }
    }
}

/// A timer that nobody waits for to end: it fails when the clock is set.
struct ClockTimer(AsyncFd<OwnedFd>);

impl ClockTimer {
    #[expect(unsafe_code, reason = "tokio offers it in no other way")]
    fn new() -> io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = timerfd_create(TimerfdClockId::Realtime, flags)?;
        // SAFETY: An `OwnedFd` is open as long as it lives and is always the same file; it goes into the
        // `AsyncFd`, which hands out no more than a reference.
        let timer = unsafe { AsyncFd::register_with_interest(timer, Interest::READABLE) }?;
        let timer = Self(timer);
        timer.wind()?;
        Ok(timer)
    }

    /// Waits for the end of time.
    fn wind(&self) -> io::Result<()> {
        let never = Timespec {
            tv_sec: i64::MAX,
            tv_nsec: 0,
        };
        let once = Itimerspec {
            it_interval: Timespec::default(),
            it_value: never,
        };
        let flags = TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET;
        match timerfd_settime(self.0.get_ref(), flags, &once) {
            // Set once more just now; it is wound up all the same.
            Ok(_) | Err(Errno::CANCELED) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns when the clock was set.
    async fn set(&self) -> io::Result<()> {
        loop {
            let mut ready = self.0.readable().await?;
            let read = ready.try_io(|it| Ok(rustix::io::read(it, &mut [0; 8])?));
            match read {
                Ok(Err(error)) if error.raw_os_error() == Some(Errno::CANCELED.raw_os_error()) => {
                    return self.wind();
                }
                Ok(Err(error)) => return Err(error),
                // Woken for nothing.
                Ok(Ok(_)) | Err(_) => {}
            }
        }
    }
}

/// Gives memory back to the system whenever the house has become quiet: a board of 512 MB has better
/// uses for what an evening of scanning left behind.
pub async fn rest_when_quiet(store: Store, stop: CancellationToken) {
    let mut changes = store.changes();
    let tired = async {
        // What the start needed is not needed any more.
        let mut latest = QUIET;
        loop {
            // Whoever only reads leaves little behind: now and then is enough.
            drop(timeout(latest, changes.changed()).await);
            latest = REST_AT_LATEST;
            while timeout(QUIET, changes.changed()).await.is_ok() {}
            store.rest().await;
            give_back_memory();
            give_back_code();
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = tired => {}
    }
}

/// Hands free pages in the middle of the heap back to the kernel; the C library does so by itself only
/// at the heap's end.
#[cfg(target_env = "gnu")]
#[expect(unsafe_code, reason = "the C library offers it in no other way")]
fn give_back_memory() {
    // SAFETY: `malloc_trim` takes the allocator's own locks, touches free memory alone and has no
    // other requirement (malloc_trim(3), MT-Safe).
    unsafe {
        libc::malloc_trim(0);
    }
}

#[cfg(not(target_env = "gnu"))]
const fn give_back_memory() {}

/// Unmaps the pages of the program's own code, most of which ran once, at the start. The next step
/// takes what it needs from the kernel's page cache again, a few hundred microseconds all in all.
#[expect(unsafe_code, reason = "the C library offers it in no other way")]
fn give_back_code() {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let Ok(program) = std::env::current_exe() else {
        return;
    };
    for range in code_ranges(&maps, &program.to_string_lossy()) {
        let Ok(start) = usize::try_from(range.start) else {
            continue;
        };
        let Ok(length) = usize::try_from(range.end - range.start) else {
            continue;
        };
        // SAFETY: The kernel named the range just now as a private, executable, unwritable mapping of
        // this program's file, which nothing here ever unmaps or writes. Such pages hold nothing but
        // the file's bytes, so that a page dropped by MADV_DONTNEED comes back the same at its next
        // touch (madvise(2)).
        unsafe {
            libc::madvise(
                std::ptr::with_exposed_provenance_mut(start),
                length,
                libc::MADV_DONTNEED,
            );
        }
    }
}

/// Where the kernel's list of mappings has the code of `program`.
fn code_ranges(maps: &str, program: &str) -> Vec<std::ops::Range<u64>> {
    let range = |line: &str| {
        let mut columns = line.split_ascii_whitespace();
        let (start, end) = columns.next()?.split_once('-')?;
        let is_code = columns.next() == Some("r-xp") && columns.nth(3) == Some(program);
        let number = |it| u64::from_str_radix(it, 16).ok();
        let (start, end) = (number(start)?, number(end)?);
        (is_code && start < end).then_some(start..end)
    };
    maps.lines().filter_map(range).collect()
}

/// Whether the store answers.
pub async fn ping(store: &Store) -> Result<(), Error> {
    store.read(Viewer::House, |_| Ok(())).await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sets the clock to what it says, which the kernel tells as any other change. Only root may; what
    /// anybody sees is that nothing rings while nobody sets it.
    #[tokio::test]
    async fn a_clock_that_is_set_rings_each_time_and_is_quiet_otherwise() {
        use rustix::time::{ClockId, clock_gettime, clock_settime};
        let stop = CancellationToken::new();
        let (sender, mut rings) = tokio::sync::mpsc::unbounded_channel();
        let ring = move || sender.send(()).unwrap();
        let watching = watch_clock(ring, stop.clone());
        let setting = async {
            for _ in 0..3 {
                let quiet = timeout(Duration::from_millis(100), rings.recv()).await;
                assert!(quiet.is_err(), "it rang and nobody had set the clock");
                match clock_settime(ClockId::Realtime, clock_gettime(ClockId::Realtime)) {
                    Err(Errno::PERM) => break,
                    set => set.unwrap(),
                }
                let ring = timeout(Duration::from_secs(20), rings.recv()).await;
                ring.expect("the kernel tells").unwrap();
            }
            stop.cancel();
        };
        tokio::join!(watching, setting);
    }

    #[test]
    fn only_unwritable_code_of_the_program_itself_is_given_back() {
        let maps = "\
55d0c0000000-55d0c0200000 r--p 00000000 fe:00 42   /usr/bin/workmate
55d0c0200000-55d0c0a00000 r-xp 00200000 fe:00 42   /usr/bin/workmate
55d0c0a00000-55d0c0c00000 rw-p 00a00000 fe:00 42   /usr/bin/workmate
7f0000000000-7f0000100000 r-xp 00000000 fe:00 43   /usr/lib/libc.so.6
7f0000200000-7f0000300000 r-xp 00000000 00:00 0
";
        let code = code_ranges(maps, "/usr/bin/workmate");
        assert_eq!(code.len(), 1);
        assert_eq!(code[0], 0x55d0_c020_0000..0x55d0_c0a0_0000);
    }

    #[test]
    fn the_program_goes_on_after_it_gave_back_its_code() {
        for _ in 0..3 {
            give_back_code();
        }
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let program = std::env::current_exe().unwrap();
        assert!(!code_ranges(&maps, &program.to_string_lossy()).is_empty());
    }
}
