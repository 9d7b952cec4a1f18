//! What commands print: results on standard output, trouble on standard error.

use std::io::{BufRead, IsTerminal, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::work::chain;

/// Prints a result; a reader that has gone away (`| head`) is no trouble.
pub fn out(text: &str) -> ExitCode {
    let mut stdout = std::io::stdout().lock();
    let end = if text.ends_with('\n') { "" } else { "\n" };
    match write!(stdout, "{text}{end}").and_then(|()| stdout.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Prints an error with what caused it.
pub fn error(error: &dyn std::error::Error) -> ExitCode {
    trouble(&chain(error))
}

/// Prints a sentence about what went wrong.
pub fn trouble(sentence: &str) -> ExitCode {
    // There is nobody left to tell when the standard error stream is gone.
    drop(writeln!(std::io::stderr().lock(), "workmate: {sentence}"));
    ExitCode::FAILURE
}

/// Asks for something secret: a line of standard input, without its end. The question is for people alone.
pub fn asked(question: &str) -> Result<String> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        out(question);
    }
    let mut line = String::new();
    let read = stdin.lock().read_line(&mut line);
    read.context("what was asked for could not be read")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
