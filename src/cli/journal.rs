//! `workmate journal`

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Subcommand;

use super::desk::Way;
use super::{block_on, say};
use crate::config::{Config, Environment};
use crate::control::{Request, Response};

/// The record of every change.
#[derive(Subcommand, Debug)]
pub enum JournalCommand {
    /// Follow the chain of hashes from the first entry to the last.
    Verify,
}

/// Does what the command says.
pub fn run(config: Config, environment: &Environment, command: &JournalCommand) -> ExitCode {
    let JournalCommand::Verify = command;
    block_on(async {
        let mut way = Way::new(config, environment);
        let result = verify(&mut way).await;
        way.close();
        match result {
            Ok(line) => say::out(&line),
            Err(error) => say::trouble(&format!("{error:#}")),
        }
    })
}

async fn verify(way: &mut Way<'_>) -> Result<String> {
    let Response::Journal(found) = way.ask(Request::VerifyJournal, Vec::new()).await? else {
        bail!("the daemon answered something else; is it of the same version?")
    };
    if let Some(broken) = found.broken {
        bail!(
            "the journal breaks at entry {}: {}",
            broken.sequence,
            broken.reason
        );
    }
    Ok(format!(
        "{} entries, unbroken; the content of {} was erased",
        found.entries, found.erased
    ))
}
