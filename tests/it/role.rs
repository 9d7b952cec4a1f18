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

/// Tells the test that started this role.
pub fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").unwrap();
}
