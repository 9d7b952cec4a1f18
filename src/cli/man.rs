//! `workmate man`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Command};

use super::say;

/// Print the manual page, or write one for each command into a folder.
#[derive(Args, Debug)]
pub struct ManArguments {
    /// Write `workmate.1`, `workmate-serve.1` … there.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Makes the pages from what `--help` says.
pub fn run(arguments: &ManArguments, command: Command) -> ExitCode {
    let result = match &arguments.dir {
        Some(dir) => write_all(dir, command),
        None => print(command),
    };
    match result {
        Ok(exit) => exit,
        Err(error) => say::error(&error),
    }
}

fn write_all(dir: &Path, command: Command) -> std::io::Result<ExitCode> {
    std::fs::create_dir_all(dir)?;
    clap_mangen::generate_to(command, dir)?;
    Ok(ExitCode::SUCCESS)
}

fn print(command: Command) -> std::io::Result<ExitCode> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    Ok(say::out(&String::from_utf8_lossy(&page)))
}
