//! `workmate backup` and `workmate restore`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;

use super::desk::Way;
use super::{block_on, say};
use crate::app;
use crate::config::{Config, Environment};
use crate::control::{Request, Response};
use crate::domain::clock::Clock;
use crate::store::backup::sealing::{Guard, Key, Passphrase};
use crate::store::backup::{self, Copy, Source};

/// Where to.
#[derive(Args, Debug)]
pub struct BackupArguments {
    /// An empty folder or one of backups; `backup.folder` and `backup.bucket` of the configuration without it.
    folder: Option<PathBuf>,
}

/// What is brought back.
#[derive(Args, Debug)]
pub struct RestoreArguments {
    /// The folder of the backups.
    #[arg(required_unless_present = "bucket")]
    folder: Option<PathBuf>,
    /// From the bucket of the configuration instead of a folder.
    #[arg(long, conflicts_with = "folder")]
    bucket: bool,
    /// Which one, by the name that `--list` shows; the newest without it.
    #[arg(long, value_name = "NAME")]
    copy: Option<String>,
    /// The file of `age-keygen` that opens encrypted ones; those of a passphrase ask for it.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Say which there are, and do nothing.
    #[arg(long)]
    list: bool,
}

/// Makes a backup.
pub fn run(config: Config, environment: &Environment, arguments: BackupArguments) -> ExitCode {
    block_on(async {
        let mut way = Way::new(config, environment);
        let result = back_up(&mut way, arguments).await;
        way.close();
        match result {
            Ok(line) => say::out(&line),
            Err(error) => say::trouble(&format!("{error:#}")),
        }
    })
}

async fn back_up(way: &mut Way<'_>, arguments: BackupArguments) -> Result<String> {
    // The daemon stands in another folder than whoever asks it.
    let folder = arguments.folder.map(std::path::absolute).transpose()?;
    let Response::Backup(made) = way.ask(Request::Backup { folder }, Vec::new()).await? else {
        bail!("the daemon answered something else; is it of the same version?")
    };
    let mended = match made.mended {
        0 => String::new(),
        mended => format!("; {mended} damaged copies were mended: look at that disk"),
    };
    Ok(format!(
        "{}\n{} new files copied, {} old ones read again, {} old backups removed{mended}",
        line(&made.name, &made.copy),
        made.copied,
        made.read_again,
        made.removed,
    ))
}

/// Brings a backup back, or says which there are.
pub fn restore(
    config: &Config,
    environment: &Environment,
    arguments: &RestoreArguments,
) -> ExitCode {
    let result = beside_a_runtime(|| {
        let from = from(config, environment, arguments)?;
        if arguments.list {
            list(&from)
        } else {
            bring_back(config, environment, (&from, arguments))
        }
    });
    match result {
        Ok(text) => say::out(&text),
        Err(error) => say::trouble(&format!("{error:#}")),
    }
}

fn from(
    config: &Config,
    environment: &Environment,
    arguments: &RestoreArguments,
) -> Result<Source> {
    if let Some(folder) = &arguments.folder {
        return Ok(Source::Folder(folder.clone()));
    }
    let bucket = app::backups::bucket(config, environment, config.server.listen)?;
    let bucket = bucket.context("no bucket is configured: set `backup.bucket`")?;
    Ok(Source::bucket(&bucket, &config.data.dir)?)
}

fn list(from: &Source) -> Result<String> {
    let copies = from.list()?;
    if copies.is_empty() {
        return Ok("no finished backup".to_owned());
    }
    let lines: Vec<String> = copies.iter().map(|(name, copy)| line(name, copy)).collect();
    Ok(lines.join("\n"))
}

fn bring_back(
    config: &Config,
    environment: &Environment,
    (from, arguments): (&Source, &RestoreArguments),
) -> Result<String> {
    let data = &config.data.dir;
    let now = Clock::System.now();
    let key = key(config, environment, (from, arguments))?;
    let from = (from, key.as_ref());
    let restored = backup::restore(from, arguments.copy.as_deref(), data, now)
        .with_context(|| format!("nothing was restored into {}", data.display()))?;
    Ok(format!(
        "{}\nrestored into {}: start workmate as ever",
        line(&restored.name, &restored.copy),
        data.display()
    ))
}

/// What opens the backups, if they ask for anything.
fn key(
    config: &Config,
    environment: &Environment,
    (from, arguments): (&Source, &RestoreArguments),
) -> Result<Option<Key>> {
    if let Some(file) = &arguments.key {
        let text = std::fs::read_to_string(file);
        let text = text.with_context(|| format!("{} cannot be read", file.display()))?;
        return Ok(Some(text.parse()?));
    }
    match from.guard()? {
        Guard::Open => Ok(None),
        Guard::Key(recipient) => bail!(
            "these backups are encrypted to {recipient}: name the file of its secret half by --key"
        ),
        Guard::Passphrase => {
            let words = match config.backup.passphrase(environment)? {
                Some(words) => words,
                None => say::asked("The passphrase of the backups (it is shown while you type):")?,
            };
            Ok(Some(Key::Passphrase(Passphrase::new(words))))
        }
    }
}

fn line(name: &str, copy: &Copy) -> String {
    format!(
        "{name}  {} documents, {} tasks, {} journal entries, {} MB, by workmate {}",
        copy.documents,
        copy.tasks,
        copy.journal_entries,
        copy.bytes.div_ceil(1_000_000),
        copy.version
    )
}

/// Runs `task` on this thread, with a runtime for what it waits for.
fn beside_a_runtime<T>(task: impl FnOnce() -> Result<T>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let _entered = runtime.enter();
    task()
}
