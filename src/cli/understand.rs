//! `workmate understand`

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;

use super::desk::Way;
use super::{block_on, say};
use crate::config::{Config, Environment};
use crate::control::{Request, Response};

/// What is understood once more.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Every document that was understood before, oldest first.
    #[arg(long, required = true)]
    all: bool,
    /// Keep what changes, and bring tasks in line; without it, only say what would change.
    #[arg(long)]
    apply: bool,
    /// Go on behind this document, where an earlier run was ended.
    #[arg(long, value_name = "ID")]
    after: Option<String>,
}

/// Goes through the documents, saying what changes.
pub fn run(config: Config, environment: &Environment, arguments: Arguments) -> ExitCode {
    block_on(async {
        let mut way = Way::new(config, environment);
        let result = go_through(&mut way, arguments).await;
        way.close();
        match result {
            Ok(line) => say::out(&line),
            Err(error) => say::trouble(&format!("{error:#}")),
        }
    })
}

async fn go_through(way: &mut Way<'_>, arguments: Arguments) -> Result<String> {
    let Arguments { apply, after, .. } = arguments;
    let (mut seen, mut changed, mut behind) = (0_u64, 0_u64, after);
    loop {
        let request = Request::UnderstandAgain {
            after: behind.take(),
            apply,
        };
        match way.ask(request, Vec::new()).await? {
            Response::Understood {
                id,
                title,
                changes,
                left,
            } => {
                seen += 1;
                if !changes.is_empty() {
                    changed += 1;
                    say::out(&format!("{id}  {title}  ({left} to go)"));
                    for change in &changes {
                        say::out(&format!("    {change}"));
                    }
                }
                behind = Some(id);
            }
            Response::Done => break,
            Response::Document { .. }
            | Response::Secret { .. }
            | Response::Journal(_)
            | Response::Backup(_)
            | Response::Failed { .. } => {
                bail!("the daemon answered something else; is it of the same version?")
            }
        }
    }
    let verb = if apply { "changed" } else { "would change" };
    Ok(format!(
        "{seen} documents understood once more, {changed} {verb}"
    ))
}
