//! `workmate check`

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

use super::say;
use crate::app;
use crate::config::{Config, Environment};
use crate::work::chain;

/// Reads the configuration and the secrets that it names.
pub fn run(file: Option<&Path>, environment: &Environment) -> ExitCode {
    match checked(file, environment) {
        Ok(config) => {
            let from =
                file.map_or_else(|| "the defaults".to_owned(), |it| it.display().to_string());
            say::out(&format!(
                "{from}: right. Listens on {}, keeps its data in {}.",
                config.server.listen,
                config.data.dir.display()
            ))
        }
        Err(error) => say::trouble(&chain(&*error)),
    }
}

/// The configuration with which a house would open.
pub fn checked(file: Option<&Path>, environment: &Environment) -> Result<Config> {
    let config = Config::load(file, environment)?;
    app::check(&config, environment)?;
    Ok(config)
}
