//! `workmate mqtt`: what was left at the broker.

use std::process::ExitCode;

use clap::Subcommand;

use super::{block_on, say};
use crate::app;
use crate::config::{Config, Environment};
use crate::connect::mqtt::cleanup;
use crate::control::{self, Request};

/// What is done at the broker.
#[derive(Subcommand, Debug)]
pub enum MqttCommand {
    /// Take away every retained message of workmate, and its device in Home Assistant. For a broker
    /// that is left, a prefix that was changed, or a house that is given up; stop the daemon first.
    Cleanup,
}

/// Runs it.
pub fn run(config: &Config, environment: &Environment, command: &MqttCommand) -> ExitCode {
    match command {
        MqttCommand::Cleanup => block_on(clean_up(config, environment)),
    }
}

async fn clean_up(config: &Config, environment: &Environment) -> ExitCode {
    if config.mqtt.url.is_empty() {
        return say::trouble("there is no broker: `mqtt.url` is empty");
    }
    let running = control::ask(&config.data.dir, &Request::Health, &[]).await;
    if !matches!(running, Ok(None)) {
        return say::trouble("the daemon runs and would say everything again: stop it first");
    }
    let settings = match app::mqtt_settings(config, environment) {
        Ok(settings) => settings,
        Err(error) => return say::trouble(&format!("{error:#}")),
    };
    match cleanup::clean_up(&settings).await {
        Ok(topics) => {
            let mut text = String::new();
            for topic in &topics {
                text.push_str(topic);
                text.push('\n');
            }
            if topics.is_empty() {
                text.push_str("nothing was left there");
            }
            say::out(text.trim_end())
        }
        Err(error) => say::error(&error),
    }
}
