//! `workmate add`

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;

use super::desk::Way;
use super::{block_on, say};
use crate::config::{Config, Environment};
use crate::control::{Request, Response};

/// Give files to the house.
#[derive(Args, Debug)]
pub struct AddArguments {
    /// The files.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Only this person may see them.
    #[arg(long, value_name = "NAME")]
    person: Option<String>,
}

/// Adds each file, saying its id or why not.
pub fn run(config: Config, environment: &Environment, arguments: &AddArguments) -> ExitCode {
    let bytes_max = config.intake.bytes_max;
    block_on(async {
        let mut way = Way::new(config, environment);
        let mut exit = ExitCode::SUCCESS;
        for file in &arguments.files {
            match add(&mut way, file, arguments.person.clone(), bytes_max).await {
                Ok(line) => {
                    say::out(&line);
                }
                Err(error) => exit = say::trouble(&format!("{}: {error:#}", file.display())),
            }
        }
        way.close();
        exit
    })
}

async fn add(
    way: &mut Way<'_>,
    file: &Path,
    person: Option<String>,
    bytes_max: u64,
) -> Result<String> {
    let mut bytes = Vec::new();
    let open = File::open(file).context("the file cannot be opened")?;
    if !open.metadata()?.is_file() {
        bail!("this is no file");
    }
    open.take(bytes_max.saturating_add(1))
        .read_to_end(&mut bytes)?;
    let file_name = file
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let request = Request::Add { file_name, person };
    match way.ask(request, bytes).await? {
        Response::Document { id, known: true } => {
            Ok(format!("{id}  {}  (was here already)", file.display()))
        }
        Response::Document { id, known: false } => Ok(format!("{id}  {}", file.display())),
        Response::Secret { .. }
        | Response::Journal(_)
        | Response::Backup(_)
        | Response::Understood { .. }
        | Response::Done
        | Response::Failed { .. } => {
            bail!("the daemon answered something else; is it of the same version?")
        }
    }
}
