//! `workmate health`

use std::process::ExitCode;

use super::{block_on, say};
use crate::config::Config;
use crate::control::{self, Request, Response};

/// Asks the running daemon whether its store answers.
pub fn run(config: &Config) -> ExitCode {
    let dir = &config.data.dir;
    block_on(async {
        match control::ask(dir, &Request::Health, &[]).await {
            Ok(Some(Response::Done)) => say::out("well"),
            Ok(Some(Response::Failed { reason })) => say::trouble(&reason),
            Ok(Some(_)) => say::trouble("the daemon answered something else"),
            Ok(None) => say::trouble(&format!("no daemon runs on {}", dir.display())),
            Err(error) => say::error(&error),
        }
    })
}
