//! `workmate serve`

use std::io::IsTerminal;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;

use super::check::checked;
use super::say;
use crate::app::{Closed, House};
use crate::config::{Config, Environment};
use crate::domain::clock::Clock;
use crate::lifecycle::reload;
use crate::logging;
use crate::work::chain;

/// Stack of a worker thread in bytes; the default of 2 MB is never used.
const STACK_BYTES: usize = 512 << 10;

/// How long a thread waits for its next work: longer than most workers rest, so that a quiet house does
/// not make a new one for each look.
const KEPT: Duration = Duration::from_secs(75);

/// How long what was left behind by a hard stop is waited for.
const LAST_MOMENT: Duration = Duration::from_secs(5);

/// How the C library keeps memory that was freed: in one pool instead of one for each thread, and
/// given back to the system early. It reads this once, before `main`.
const THRIFT: [(&str, &str); 3] = [
    ("MALLOC_ARENA_MAX", "1"),
    ("MALLOC_TRIM_THRESHOLD_", "131072"),
    ("MALLOC_MMAP_THRESHOLD_", "131072"),
];

/// Runs the daemon until a signal, with the configuration of `file`.
pub fn run(config: Config, file: Option<&Path>, environment: &Environment) -> ExitCode {
    logging::init(&config.log, environment);
    if !environment.contains_key("MALLOC_ARENA_MAX") {
        let error = start_again_thriftily();
        log::debug!(error:display; "memory is kept as the C library likes it");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(16)
        .thread_keep_alive(KEPT)
        .thread_stack_size(STACK_BYTES)
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return say::error(&error),
    };
    let closed = runtime.block_on(serve(config, file, environment));
    runtime.shutdown_timeout(LAST_MOMENT);
    match closed {
        Ok(Closed::ForGood) => ExitCode::SUCCESS,
        Ok(Closed::ToOpenAgain(kept)) => {
            let error = reload::start_again(kept.as_ref());
            log::error!(error:display; "the house did not open again");
            ExitCode::FAILURE
        }
        Err(error) => {
            log::error!("{}", chain(&*error));
            ExitCode::FAILURE
        }
    }
}

/// Becomes the same program with [`THRIFT`] in its environment (the same process, nothing is open
/// yet); comes back only if that fails.
fn start_again_thriftily() -> std::io::Error {
    match reload::again() {
        Ok(mut program) => program.envs(THRIFT).exec(),
        Err(error) => error,
    }
}

async fn serve(config: Config, file: Option<&Path>, environment: &Environment) -> Result<Closed> {
    let house = House::open(config, environment, Clock::System).await?;
    if let Some(link) = house.first_login().await {
        if std::io::stdout().is_terminal() {
            say::out(&format!(
                "Nobody lives here yet. Open this link once: {link}"
            ));
        } else {
            log::warn!("nobody lives here yet: `workmate person link` prints the way in");
        }
    }
    Box::pin(house.serve(|| checked(file, environment))).await
}
