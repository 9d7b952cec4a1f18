//! Mutations of good and hostile files through every door at which a parser stands.
//!
//! They run in a process of their own with limits, so that a stack that overflows or memory that ends
//! is a failure of this test, with the number to repeat it by, and not the end of all tests.

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit};

use crate::paper::Sheet;
use crate::{role, soak};

#[path = "../fuzz/doors.rs"]
mod doors;
#[path = "../fuzz/mutate.rs"]
pub mod mutate;
#[path = "../fuzz/seeds.rs"]
pub mod seeds;

use doors::DOORS;

/// Mutations in the gate, each through one door.
const CASES: u64 = 320;
/// One case may take so long in a build that is not optimised.
const CASE_MAX: Duration = Duration::from_secs(10);
/// Address space of the process that tries them, in bytes.
const MEMORY_BYTES_MAX: u64 = 3 * 1024 * 1024 * 1024;

#[test]
fn no_mutation_panics_hangs_or_grows_behind_any_door() {
    let begin = Instant::now();
    let output = role::command("fuzz::every_door").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaints = String::from_utf8_lossy(&output.stderr);
    let failures: Vec<&str> = said.lines().filter(|it| it.starts_with("FAILED")).collect();
    assert!(failures.is_empty(), "{}\n{complaints}", failures.join("\n"));
    let last = said
        .lines()
        .rfind(|it| it.starts_with("case"))
        .unwrap_or("");
    assert!(output.status.success(), "it ended in {last}:\n{complaints}");
    let cases = said.lines().filter(|it| it.starts_with("case")).count();
    soak::note(
        "Mutations through every parser in one process",
        &format!(
            "{cases}, no panic, none over {CASE_MAX:?}, {} s",
            begin.elapsed().as_secs()
        ),
    );
}

/// Goes through the doors; each case is named before it begins.
#[test]
fn every_door() {
    if !role::is("fuzz::every_door") {
        return;
    }
    let limit = Rlimit {
        current: Some(MEMORY_BYTES_MAX),
        maximum: Some(MEMORY_BYTES_MAX),
    };
    rustix::process::setrlimit(Resource::As, limit).unwrap();
    let mut all = seeds::all().unwrap();
    all.push(Sheet {
        name: "conversation.wire".to_owned(),
        bytes: doors::conversation(),
    });
    let fits = |name: &str, endings: &[&str]| {
        endings.is_empty() || endings.iter().any(|it| name.ends_with(it))
    };
    let seeds_of: Vec<Vec<Sheet>> = DOORS
        .iter()
        .map(|door| {
            all.iter()
                .filter(|it| fits(&it.name, door.seeds))
                .cloned()
                .collect()
        })
        .collect();
    let first = soak::count("SOAK_FIRST", 0);
    let mut out = std::io::stdout();
    for number in first..first + soak::count("SOAK_CASES", CASES) {
        let at = usize::try_from(number).unwrap() % DOORS.len();
        let door = &DOORS[at];
        let sheet = mutate::mutated(&seeds_of[at], number);
        let case = format!("{} {}", door.name, sheet.name);
        writeln!(out, "case {case}").unwrap();
        let begin = Instant::now();
        let ended = catch_unwind(AssertUnwindSafe(|| (door.enter)(&sheet.bytes)));
        let took = begin.elapsed();
        if ended.is_err() {
            writeln!(out, "FAILED {case}: it panicked").unwrap();
        } else if took > CASE_MAX {
            writeln!(out, "FAILED {case}: it took {took:?}").unwrap();
        }
    }
}
