//! `workmate check`

use std::path::Path;
use std::process::ExitCode;

use super::say;
use crate::config::{Config, Environment};

/// Reads the configuration and the secrets that it names.
pub fn run(file: Option<&Path>, environment: &Environment) -> ExitCode {
    let checked = Config::load(file, environment).and_then(|config| {
        config.mqtt.password(environment)?;
        config.reading.pdf_passwords(environment)?;
        Ok(config)
    });
    match checked {
        Ok(config) => {
            let from =
                file.map_or_else(|| "the defaults".to_owned(), |it| it.display().to_string());
            say::out(&format!(
                "{from}: right. Listens on {}, keeps its data in {}.",
                config.server.listen,
                config.data.dir.display()
            ))
        }
        Err(error) => say::error(&error),
    }
}
