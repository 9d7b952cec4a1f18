//! What a file that has taken over a decoder can do inside the walls: use up what it has.
//!
//! No wall refuses it; the daemon must notice and go on. `workmate-reader --try=spin` does such a
//! thing in place of reading, so that it can be seen that the daemon does. Only who may start the
//! program can ask for it, and nothing that is asked over the pipe leads here. Where a limit is
//! missing, each of them ends by itself.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::domain::document::named;

/// Most memory that is taken, in bytes: three times what a reader may have.
const MEMORY_BYTES_MAX: usize = 3 * 1024 * 1024 * 1024;
/// How long anything lasts at most.
const LASTS_MAX: Duration = Duration::from_mins(10);
/// Threads that are started at most.
const THREADS: usize = 2000;
/// Calls within calls at most.
const DEPTH_MAX: u64 = 1_000_000_000;

named! {
    /// One of them.
    Misdeed {
        /// Takes memory, and writes to it, as long as there is some.
        Allocate = "allocate",
        /// Counts and does not stop.
        Spin = "spin",
        /// Sleeps and says nothing.
        Sleep = "sleep",
        /// Starts threads as long as that works, and has them sleep.
        Threads = "threads",
        /// Calls itself until there is no stack left.
        Recurse = "recurse",
    }
}

impl Misdeed {
    /// Does it.
    pub fn commit(self) {
        match self {
            Self::Allocate => allocate(),
            Self::Spin => spin(),
            Self::Sleep => std::thread::sleep(LASTS_MAX),
            Self::Threads => start_threads(),
            Self::Recurse => {
                black_box(recurse(0));
            }
        }
    }
}

fn allocate() {
    const STEP: usize = 16 * 1024 * 1024;
    let mut taken = Vec::new();
    while taken.len() * STEP < MEMORY_BYTES_MAX {
        taken.push(black_box(vec![1_u8; STEP]));
    }
}

fn spin() {
    let begin = Instant::now();
    let mut count = 0_u64;
    while begin.elapsed() < LASTS_MAX {
        count = black_box(count.wrapping_add(1));
    }
}

fn start_threads() {
    let mut threads = Vec::new();
    for _ in 0..THREADS {
        let small = std::thread::Builder::new().stack_size(16 * 1024);
        let Ok(thread) = small.spawn(|| std::thread::sleep(LASTS_MAX)) else {
            break;
        };
        threads.push(thread);
    }
    std::thread::sleep(LASTS_MAX);
}

fn recurse(depth: u64) -> u64 {
    let here = black_box([depth; 64]);
    if depth > DEPTH_MAX {
        return depth;
    }
    recurse(depth + 1) + here.iter().sum::<u64>()
}
