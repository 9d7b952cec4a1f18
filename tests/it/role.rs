//! This test program started once more in a role of its own: behind walls, with a system call
//! missing, or where a crash costs only that process.

use std::io::Write;
use std::process::Command;

/// Names the role; without it a role's test has nothing to do.
const ROLE: &str = "TEST_ROLE";

/// This program, to run the test called `test` alone, which finds out by [`is`] what is wanted.
pub fn command(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(ROLE, test);
    command
}

/// Whether this process was started by [`command`] for `test`.
pub fn is(test: &str) -> bool {
    std::env::var_os(ROLE).is_some_and(|it| it == test)
}

/// A number that a longer run states in the environment, else the gate's.
pub fn count(name: &str, in_the_gate: u64) -> u64 {
    let stated = std::env::var_os(name).and_then(|it| it.into_string().ok());
    stated.map_or(in_the_gate, |it| it.parse().expect("a number"))
}

/// Leaves a line for the report of a longer run, where one is wanted (`make soak`).
pub fn note(what: &str, found: &str) {
    if let Some(folder) = std::env::var_os("SOAK_NOTES") {
        let name: String = what.chars().filter(|it| it.is_alphanumeric()).collect();
        std::fs::write(
            std::path::Path::new(&folder).join(name),
            format!("| {what} | {found} |\n"),
        )
        .unwrap();
    }
}

/// Tells the test that started this role.
pub fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").unwrap();
}
