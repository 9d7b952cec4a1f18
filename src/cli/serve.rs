//! `workmate serve`

use std::io::IsTerminal;
use std::process::ExitCode;

use super::say;
use crate::app::House;
use crate::config::{Config, Environment};
use crate::domain::clock::Clock;
use crate::logging;
use crate::work::chain;

/// Stack of a worker thread in bytes; the default of 2 MB is never used.
const STACK_BYTES: usize = 512 << 10;

/// Runs the daemon until a signal.
pub fn run(config: Config, environment: &Environment) -> ExitCode {
    logging::init(&config.log, environment);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(16)
        .thread_stack_size(STACK_BYTES)
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => runtime.block_on(serve(config, environment)),
        Err(error) => say::error(&error),
    }
}

async fn serve(config: Config, environment: &Environment) -> ExitCode {
    let house = match House::open(config, environment, Clock::System).await {
        Ok(house) => house,
        Err(error) => {
            log::error!("{}", chain(&*error));
            return ExitCode::FAILURE;
        }
    };
    if let Some(link) = house.first_login().await {
        if std::io::stdout().is_terminal() {
            say::out(&format!(
                "Nobody lives here yet. Open this link once: {link}"
            ));
        } else {
            log::warn!("nobody lives here yet: `workmate person link` prints the way in");
        }
    }
    match house.serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log::error!("{}", chain(&*error));
            ExitCode::FAILURE
        }
    }
}
