//! `workmate reload`

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::time::Instant;

use super::{block_on, say};
use crate::config::Config;
use crate::control::{self, Request, Response};

/// How often it is looked whether the house is open again.
const PAUSE: Duration = Duration::from_millis(50);
/// How long it may take: a soft stop, and a start on a slow card.
const PATIENCE: Duration = Duration::from_mins(2);

/// Has the running daemon read its configuration anew, and waits until it is back.
pub fn run(config: &Config) -> ExitCode {
    block_on(async {
        match reload(config).await {
            Ok(()) => say::out("reloaded"),
            Err(error) => say::trouble(&format!("{error:#}")),
        }
    })
}

async fn reload(config: &Config) -> Result<()> {
    let dir = &config.data.dir;
    let asked = control::ask(dir, &Request::Reload, &[]).await;
    match asked.context("the daemon could not be asked")? {
        None => bail!(
            "no daemon runs on {}: where `data.dir` is another one now, restart it",
            dir.display()
        ),
        Some(Response::Failed { reason }) => {
            bail!("not reloaded, all goes on as before: {reason}")
        }
        Some(_) => {}
    }
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        tokio::time::sleep(PAUSE).await;
        // Between two houses there is nobody, or somebody who leaves.
        if let Ok(Some(Response::Done)) = control::ask(dir, &Request::Health, &[]).await {
            return Ok(());
        }
    }
    bail!("it has not come back: look at its log")
}
