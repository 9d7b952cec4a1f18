//! The commands, one file each; this one is what `--help` says.

mod add;
mod archive;
mod backup;
mod check;
mod deadline;
mod desk;
mod doctor;
mod health;
mod journal;
mod man;
mod mqtt;
pub mod parse;
mod person;
pub mod read;
mod reload;
mod report;
mod say;
mod serve;
mod token;
mod understand;
mod update;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::config::{Config, Environment};

/// Where the configuration lies unless `--config` or `WORKMATE_CONFIG` says otherwise.
const CONFIG_FILE: &str = "/etc/workmate/workmate.toml";

/// workmate reads a household's paperwork, finds what is due, and reminds until somebody answers.
///
/// One daemon, one SQLite file. Start it with `workmate serve`, open the address that it prints, and
/// drop a letter on the page. Everything it knows stays on this machine.
#[derive(Parser, Debug)]
#[command(name = "workmate", version, max_term_width = 100)]
struct Arguments {
    /// The configuration; without it /etc/workmate/workmate.toml where there is one, else defaults.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Run the daemon: read, understand, remind, and serve the web.
    Serve,
    /// Read files and print what they say and want, without daemon or database.
    Read(read::ReadArguments),
    /// Make a searchable PDF of a scan or photo, without daemon or database.
    Archive(archive::ArchiveArguments),
    /// Find dates, amounts, account numbers … in sentences from standard input.
    Parse(parse::Arguments),
    /// Say by when a sentence of a letter sets a deadline, and why: rule, days, moves, result.
    Deadline(deadline::Arguments),
    /// Give files to the house.
    Add(add::AddArguments),
    /// Understand what is there already once more, with better rules and models, and say what changes.
    Understand(understand::Arguments),
    /// Say whether the configuration is right, without starting anything.
    Check,
    /// Say what is missing or wrong on this machine, and how to mend it.
    Doctor(doctor::DoctorArguments),
    /// Have the running daemon read its configuration anew, if it is right; it closes and opens again.
    Reload,
    /// Exit with 0 if the running daemon is well: for container and service health checks.
    Health,
    /// Print the description of the API (OpenAPI 3.1, JSON).
    Openapi,
    /// The people of the household.
    #[command(subcommand)]
    Person(person::PersonCommand),
    /// What programs carry to use the API.
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// The household's MQTT broker.
    #[command(subcommand)]
    Mqtt(mqtt::MqttCommand),
    /// Copy everything to another folder, and check the copy; the daemon may run.
    Backup(backup::BackupArguments),
    /// Bring a backup back into an empty data folder.
    Restore(backup::RestoreArguments),
    /// Update the box, where workmate is an image of its own.
    Update(update::UpdateArguments),
    /// The record of every change.
    #[command(subcommand)]
    Journal(journal::JournalCommand),
    /// Print the completions of a shell.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write one for each command into a folder.
    Man(man::ManArguments),
}

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let environment: Environment = std::env::vars().collect();
    if let Err(error) = rustls::crypto::ring::default_provider().install_default() {
        log::debug!("another provider of cryptography was there first: {error:?}");
    }
    let file = config_file(arguments.config.as_deref(), &environment);
    match arguments.command {
        Command::Read(read) => read::run(read),
        Command::Archive(archive) => archive::run(&archive),
        Command::Parse(parse) => parse::run(parse),
        Command::Deadline(deadline) => deadline::run(&deadline),
        Command::Openapi => say::out(&crate::web::openapi()),
        Command::Completions { shell } => completions(shell),
        Command::Man(man) => man::run(&man, Arguments::command()),
        Command::Check => check::run(file.as_deref(), &environment),
        Command::Doctor(doctor) => doctor::run(file.as_deref(), &environment, &doctor),
        Command::Serve => with_config(file.as_deref(), &environment, |it| {
            serve::run(it, file.as_deref(), &environment)
        }),
        Command::Add(add) => with_config(file.as_deref(), &environment, |it| {
            add::run(it, &environment, &add)
        }),
        Command::Understand(arguments) => with_config(file.as_deref(), &environment, |it| {
            understand::run(it, &environment, arguments)
        }),
        Command::Backup(arguments) => with_config(file.as_deref(), &environment, |it| {
            backup::run(it, &environment, arguments)
        }),
        Command::Update(arguments) => with_config(file.as_deref(), &environment, |it| {
            update::run(&it, &arguments)
        }),
        Command::Restore(arguments) => with_config(file.as_deref(), &environment, |it| {
            backup::restore(&it, &environment, &arguments)
        }),
        Command::Reload => with_config(file.as_deref(), &environment, |it| reload::run(&it)),
        Command::Health => with_config(file.as_deref(), &environment, |it| health::run(&it)),
        Command::Person(person) => with_config(file.as_deref(), &environment, |it| {
            person::run(it, &environment, person)
        }),
        Command::Token(token) => with_config(file.as_deref(), &environment, |it| {
            token::run(it, &environment, token)
        }),
        Command::Mqtt(command) => with_config(file.as_deref(), &environment, |it| {
            mqtt::run(&it, &environment, &command)
        }),
        Command::Journal(journal) => with_config(file.as_deref(), &environment, |it| {
            journal::run(it, &environment, &journal)
        }),
    }
}

fn completions(shell: clap_complete::Shell) -> ExitCode {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "workmate", &mut text);
    say::out(&String::from_utf8_lossy(&text))
}

fn config_file(given: Option<&Path>, environment: &Environment) -> Option<PathBuf> {
    let named = given
        .map(Path::to_owned)
        .or_else(|| environment.get("WORKMATE_CONFIG").map(PathBuf::from));
    named.or_else(|| Some(PathBuf::from(CONFIG_FILE)).filter(|it| it.exists()))
}

fn with_config(
    file: Option<&Path>,
    environment: &Environment,
    run: impl FnOnce(Config) -> ExitCode,
) -> ExitCode {
    match Config::load(file, environment) {
        Ok(config) => run(config),
        Err(error) => say::error(&error),
    }
}

/// Runs `task` on a small runtime of its own.
fn block_on(task: impl Future<Output = ExitCode>) -> ExitCode {
    match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime.block_on(task),
        Err(error) => say::error(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_fit_together() {
        Arguments::command().debug_assert();
    }
}
