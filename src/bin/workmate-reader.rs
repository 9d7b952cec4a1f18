//! The sandboxed reader: started by workmate, told over its standard input, gone with it.

use std::io::Write;
use std::process::ExitCode;

use workmate::reading::serve::{Arguments, serve};
use workmate::understanding::{Context, understand};

fn main() -> ExitCode {
    match Arguments::parse(std::env::args().skip(1)) {
        Ok(arguments) => serve::<Context>(&arguments, understand),
        Err(error) => {
            // Nobody listens where standard error is closed.
            writeln!(std::io::stderr(), "workmate-reader: {error}").unwrap_or_default();
            ExitCode::FAILURE
        }
    }
}
