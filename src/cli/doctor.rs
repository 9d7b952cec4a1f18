//! `workmate doctor`

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::{block_on, report, say};
use crate::app;
use crate::config::{Config, Environment};
use crate::connect::home_assistant::socket;
use crate::connect::llm;
use crate::connect::mqtt::{self, Connection};
use crate::control::{self, Request, Response};
use crate::domain::clock::Clock;
use crate::domain::policy::{self, Class, Purpose};
use crate::reading::ocr;
use crate::reading::process::probe;
use crate::understanding::models;
use crate::work::chain;

/// Bytes that should be free where the data lies.
const FREE_BYTES_MIN: u64 = 500 << 20;
/// How long the broker may take to answer.
const BROKER_PATIENCE: Duration = Duration::from_secs(6);

/// How something is.
enum State {
    Well,
    /// The house works without it.
    Odd,
    /// The house does not work like this.
    Wrong,
}

/// What was looked at, one line each.
#[derive(Default)]
struct Findings {
    text: String,
    wrong: u32,
}

impl Findings {
    fn note(&mut self, state: &State, what: &str, detail: &str) {
        let mark = match state {
            State::Well => "well ",
            State::Odd => "odd  ",
            State::Wrong => "WRONG",
        };
        self.wrong += u32::from(matches!(state, State::Wrong));
        for part in [mark, "  ", what, ": ", detail, "\n"] {
            self.text.push_str(part);
        }
    }
}

/// What `workmate doctor` is asked.
#[derive(Args, Debug)]
pub struct DoctorArguments {
    /// Print a report for whoever is asked for help: this machine, what was found, the configuration and
    /// the service's log, without secrets.
    #[arg(long)]
    report: bool,
}

/// Looks at everything, says what is missing or wrong and how to mend it.
pub fn run(
    file: Option<&Path>,
    environment: &Environment,
    arguments: &DoctorArguments,
) -> ExitCode {
    let mut findings = Findings::default();
    let config = match Config::load(file, environment) {
        Ok(config) => {
            let from = file.map_or("defaults".to_owned(), |it| it.display().to_string());
            findings.note(&State::Well, "configuration", &from);
            config
        }
        Err(error) => return say::error(&error),
    };
    let exit = block_on(async {
        data(&mut findings, &config).await;
        clock(&mut findings);
        languages(&mut findings, &config);
        reader(&mut findings, &config).await;
        models(&mut findings, &config);
        folder(&mut findings, &config);
        broker(&mut findings, &config, environment).await;
        home_assistant(&mut findings, &config, environment).await;
        language_model(&mut findings, &config, environment).await;
        ExitCode::SUCCESS
    });
    if arguments.report {
        return say::out(&report::text(file, &config, &findings.text));
    }
    say::out(&findings.text);
    if findings.wrong > 0 {
        ExitCode::FAILURE
    } else {
        exit
    }
}

async fn data(findings: &mut Findings, config: &Config) {
    let dir = &config.data.dir;
    match control::ask(dir, &Request::Health, &[]).await {
        Ok(Some(Response::Done)) => {
            findings.note(&State::Well, "daemon", "it runs and its store answers");
        }
        Ok(Some(Response::Failed { reason })) => {
            findings.note(&State::Wrong, "daemon", &reason);
        }
        Ok(Some(_)) => findings.note(&State::Wrong, "daemon", "it is of another version"),
        Ok(None) => findings.note(
            &State::Odd,
            "daemon",
            "none runs: `workmate serve` starts it",
        ),
        Err(error) => findings.note(&State::Wrong, "daemon", &chain(&error)),
    }
    let probe = dir.join(".doctor");
    let written = std::fs::create_dir_all(dir).and_then(|()| std::fs::write(&probe, b"well"));
    match written {
        Ok(()) => {
            drop(std::fs::remove_file(&probe));
            findings.note(
                &State::Well,
                "data",
                &format!("{} can be written", dir.display()),
            );
        }
        Err(error) => {
            let detail = format!(
                "{} cannot be written ({error}): give it to the user that runs workmate",
                dir.display()
            );
            findings.note(&State::Wrong, "data", &detail);
        }
    }
    if let Ok(disk) = rustix::fs::statvfs(dir) {
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        let detail = format!("{} MB free", free / 1_000_000);
        let state = if free < FREE_BYTES_MIN {
            State::Wrong
        } else {
            State::Well
        };
        findings.note(&state, "disk", &detail);
    }
}

fn clock(findings: &mut Findings) {
    let clock = Clock::System;
    if clock.is_sane() {
        findings.note(&State::Well, "clock", &clock.now().to_string());
    } else {
        let detail = "it is not set, so nobody is reminded: set it, or wait for the network's time";
        findings.note(&State::Wrong, "clock", detail);
    }
}

fn languages(findings: &mut Findings, config: &Config) {
    if !config.reading.ocr {
        findings.note(
            &State::Odd,
            "letters on pictures",
            "switched off by `reading.ocr`",
        );
        return;
    }
    let settings = app::reader_settings(config);
    let data = ocr::data_directory(settings.ocr_data.as_deref());
    for wanted in config.reading.languages.split('+') {
        match ocr::installed(data.as_deref(), &[wanted.to_owned()]) {
            Ok(_) => findings.note(&State::Well, "letters on pictures", wanted),
            Err(failure) => {
                findings.note(&State::Wrong, "letters on pictures", &failure.to_string());
            }
        }
    }
}

async fn reader(findings: &mut Findings, config: &Config) {
    match probe(&app::reader_settings(config)).await {
        Ok(protection) => {
            findings.note(&State::Well, "reader", "it starts");
            for (wall, why) in protection.missing.0 {
                let detail = format!("{wall:?} is missing on this machine: {why}");
                findings.note(&State::Odd, "reader's walls", &detail);
            }
            for attempt in protection.attempts.iter().filter(|it| !it.refused) {
                let detail = format!("a hostile file could {}", attempt.what);
                findings.note(&State::Odd, "reader's walls", &detail);
            }
        }
        Err(error) => {
            let detail = format!(
                "{}: install workmate-reader beside workmate, or name it in `reading.program`",
                chain(&error)
            );
            findings.note(&State::Wrong, "reader", &detail);
        }
    }
}

/// Which engine runs the models; the built-in one is always there.
fn models(findings: &mut Findings, config: &Config) {
    let configured = &config.reading.onnxruntime;
    if !configured.is_empty() && !Path::new(configured).is_file() {
        let detail = format!("{configured} is not there: change `reading.onnxruntime`");
        return findings.note(&State::Wrong, "models", &detail);
    }
    let found = if configured.is_empty() {
        models::found_libraries()
            .first()
            .map(|it| it.display().to_string())
    } else {
        Some(configured.clone())
    };
    let engine = found.unwrap_or_else(|| "the built-in engine".to_owned());
    findings.note(&State::Well, "models", &format!("run by {engine}"));
}

fn folder(findings: &mut Findings, config: &Config) {
    let folder = &config.intake.folder;
    if folder.is_empty() {
        return;
    }
    match std::fs::read_dir(folder) {
        Ok(_) => findings.note(&State::Well, "watched folder", folder),
        Err(error) => {
            let detail = format!("{folder}: {error}; make it, or change `intake.folder`");
            findings.note(&State::Wrong, "watched folder", &detail);
        }
    }
}

async fn broker(findings: &mut Findings, config: &Config, environment: &Environment) {
    if config.mqtt.url.is_empty() {
        findings.note(
            &State::Odd,
            "broker",
            "none: set `mqtt.url` to be reminded over MQTT",
        );
        return;
    }
    let opened = app::mqtt_settings(config, environment)
        .map_err(|error| format!("{error:#}"))
        .and_then(|it| {
            // A name of its own, or the running daemon would be sent away.
            let it = mqtt::Settings {
                prefix: format!("{}-doctor", it.prefix),
                ..it
            };
            mqtt::open(&it, Clock::System).map_err(|error| chain(&error))
        });
    let (client, driver, _incoming) = match opened {
        Ok(opened) => opened,
        Err(detail) => return findings.note(&State::Wrong, "broker", &detail),
    };
    let stop = tokio_util::sync::CancellationToken::new();
    let mut connection = client.connection();
    let is_up = async {
        let up = connection
            .wait_for(|it| matches!(it, Connection::Up { .. }))
            .await;
        up.is_ok()
    };
    let is_up = tokio::select! {
        () = driver.run(stop) => false,
        is_up = tokio::time::timeout(BROKER_PATIENCE, is_up) => is_up.unwrap_or(false),
    };
    if is_up {
        findings.note(&State::Well, "broker", client.broker());
        return;
    }
    let reason = match &*client.connection().borrow() {
        Connection::Down { reason, .. } => reason.clone(),
        Connection::Up { .. } => String::new(),
    };
    let detail = format!("{}: {reason}", client.broker());
    findings.note(&State::Wrong, "broker", &detail);
}

async fn home_assistant(findings: &mut Findings, config: &Config, environment: &Environment) {
    let what = "Home Assistant";
    let settings = app::home::settings(config, environment, config.server.listen);
    let settings = match settings {
        Ok(Some(settings)) => settings,
        Ok(None) => return,
        Err(error) => return findings.note(&State::Wrong, what, &format!("{error:#}")),
    };
    if app::home::is_fed_twice(config) {
        findings.note(&State::Odd, "calendar", app::home::FED_TWICE);
    }
    let at = &config.home_assistant.url;
    match socket::check(&settings).await {
        Ok(version) => findings.note(&State::Well, what, &format!("{version} at {at}")),
        Err(error) => findings.note(&State::Wrong, what, &format!("{at}: {error}")),
    }
}

async fn language_model(findings: &mut Findings, config: &Config, environment: &Environment) {
    let what = "language model";
    let settings = app::model_settings(config, environment, config.server.listen);
    let settings = match settings {
        Ok(Some(settings)) => settings,
        Ok(None) => {
            let off = "none is asked (`model.provider` is off)";
            return findings.note(&State::Well, what, off);
        }
        Err(error) => return findings.note(&State::Wrong, what, &format!("{error:#}")),
    };
    let model = &config.model;
    let at = format!("{} at {}", model.name, model.url);
    match llm::Client::of(settings).look().await {
        Ok(it) if !policy::allows(Class::Sensitive, it.destination, Purpose::AskModel) => {
            let detail = format!(
                "{at}: that is not in your own network, so nothing is sent there: change `model.url`"
            );
            findings.note(&State::Wrong, what, &detail);
        }
        Ok(it) if it.has_model => findings.note(&State::Well, what, &at),
        Ok(_) => {
            let detail = format!("{at}: the server does not list a model of that name");
            findings.note(&State::Odd, what, &detail);
        }
        Err(error) => findings.note(&State::Wrong, what, &format!("{at}: {error}")),
    }
}
