//! workmate's commands.

use std::process::ExitCode;

use clap::Parser;

#[derive(Parser)]
enum Command {
    /// Read files and say what they want.
    Read(workmate::cli::read::ReadArguments),
}

fn main() -> ExitCode {
    let Command::Read(arguments) = Command::parse();
    workmate::cli::read::run(arguments)
}
