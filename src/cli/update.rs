//! `workmate update`

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;

use super::{block_on, say};
use crate::app;
use crate::config::Config;
use crate::work::updates::{Progress, take_file};

/// How often it is looked what becomes of it.
const PAUSE: Duration = Duration::from_millis(500);
/// How long an update may take to install, on a slow card.
const PATIENCE: Duration = Duration::from_mins(30);

/// What is installed.
#[derive(Args, Debug)]
pub struct UpdateArguments {
    /// The update of the box: a file that ends in .raucb.
    file: PathBuf,
}

/// Has the box install an update, and says what becomes of it.
pub fn run(config: &Config, arguments: &UpdateArguments) -> ExitCode {
    block_on(async {
        match update(config, &arguments.file).await {
            Ok(()) => say::out("installed: the box starts anew with it"),
            Err(error) => say::trouble(&format!("{error:#}")),
        }
    })
}

async fn update(config: &Config, file: &Path) -> Result<()> {
    let Some(updates) = app::updates(config) else {
        bail!(
            "this machine is no image of workmate: its packages are updated by apt, containers by \
             pulling them"
        );
    };
    take_file(&updates, file)
        .await
        .with_context(|| format!("{} was not taken", file.display()))?;
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        tokio::time::sleep(PAUSE).await;
        match updates.progress().await {
            Some(Progress::Installed) => return Ok(()),
            Some(Progress::Refused(reason)) => bail!("it was refused: {reason}"),
            Some(Progress::Installing) | None if tokio::time::Instant::now() > deadline => {
                bail!("it is not installed yet: look at journalctl --unit=workmate-update")
            }
            Some(Progress::Installing) | None => {}
        }
    }
}
