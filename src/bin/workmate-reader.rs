//! The sandboxed reader: started by workmate, told over its standard input, gone with it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use workmate::domain::document::Reading;
use workmate::domain::finding::Extraction;
use workmate::reading::serve::{Arguments, serve};
use workmate::understanding::{Known, models, understand_as_shown};

fn main() -> ExitCode {
    #[cfg(feature = "tract")]
    models::offer(|| ort_tract::api().clone());
    match Arguments::parse(std::env::args().skip(1)) {
        Ok(arguments) => {
            let library = configured_library(&arguments.walls.readable);
            let understand = |reading: &Reading, known: &Known| -> Extraction {
                // Only the first call chooses; without a model the rules go on alone.
                models::prepare(library.as_deref());
                understand_as_shown(reading, &known.context, &known.learned)
            };
            serve::<Known>(&arguments, understand)
        }
        Err(error) => {
            // Nobody listens where standard error is closed.
            writeln!(std::io::stderr(), "workmate-reader: {error}").unwrap_or_default();
            ExitCode::FAILURE
        }
    }
}

/// The libonnxruntime that the configuration names: one of the files the daemon lets us read.
fn configured_library(readable: &[PathBuf]) -> Option<PathBuf> {
    let is_library = |it: &&PathBuf| {
        let name = it.file_name().unwrap_or_default().to_string_lossy();
        name.contains("onnxruntime") && Path::new(it).is_file()
    };
    readable.iter().find(is_library).cloned()
}
