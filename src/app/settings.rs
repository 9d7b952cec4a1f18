//! What the parts of the house are told of the configuration.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::config::{Config, Environment};
use crate::connect::{llm, mqtt};
use crate::domain::counsel::Provider;
use crate::reading::process::{Reader, ReaderSettings};
use crate::reading::stack::Rules;
use crate::reading::{Limits, Ocr, Papers, Previews, ReadOptions};
use crate::store::Store;
use crate::understanding::prompts;
use crate::work::understand_documents::Understanding;
use crate::work::updates::Updates;

/// How the broker of `config` is spoken to.
pub fn mqtt_settings(config: &Config, environment: &Environment) -> Result<mqtt::Settings> {
    let mut settings = mqtt::Settings::new(config.mqtt.url.as_str());
    settings.password = config.mqtt.password(environment)?;
    settings.prefix.clone_from(&config.mqtt.prefix);
    settings.accepts = accepts(config);
    if !config.mqtt.ca_file.is_empty() {
        settings.ca_file = Some((&config.mqtt.ca_file).into());
    }
    if !config.mqtt.discovery_prefix.is_empty() {
        settings
            .discovery_prefix
            .clone_from(&config.mqtt.discovery_prefix);
    }
    Ok(settings)
}

pub(super) const fn accepts(config: &Config) -> mqtt::Accepts {
    mqtt::Accepts {
        tasks: config.mqtt.accept_tasks,
        documents: config.mqtt.accept_documents,
        lists: config.mqtt.accept_lists,
        control: config.mqtt.accept_control,
    }
}

/// How the language model of `config` is asked by a house that listens at `own`, if it wants one.
pub fn model_settings(
    config: &Config,
    environment: &Environment,
    own: SocketAddr,
) -> Result<Option<llm::Settings>> {
    let model = &config.model;
    if model.provider == Provider::Off {
        return Ok(None);
    }
    let url = model.address().context("`model.url` is wrong")?;
    Ok(Some(llm::Settings {
        provider: model.provider,
        url,
        name: model.name.trim().to_owned(),
        patience: Duration::from_mins(model.minutes.into()),
        context_tokens: model.context_tokens,
        answer_tokens: prompts::ANSWER_TOKENS,
        keep_alive: model.keep_alive.clone(),
        key: model.key(environment)?,
        own,
    }))
}

/// How readers are run under `config`.
pub fn reader_settings(config: &Config) -> ReaderSettings {
    let reading = &config.reading;
    let path = |text: &str| {
        if text.is_empty() {
            None
        } else {
            Some(text.into())
        }
    };
    ReaderSettings {
        program: path(&reading.program),
        workers: reading.worker_count(),
        idle: Duration::from_secs(reading.idle_seconds.into()),
        timeout: Duration::from_secs(reading.timeout_seconds.into()),
        memory_bytes_max: u64::from(reading.memory_megabytes) << 20,
        ocr_data: path(&reading.tessdata_dir),
        readable: path(&reading.onnxruntime).into_iter().collect(),
    }
}

/// How a house with this configuration understands.
pub fn understanding(config: &Config, store: Store, reader: Reader) -> Understanding {
    Understanding {
        store,
        reader,
        zone: config.household.time_zone(),
        region: config.household.region.clone(),
        language: config.household.language,
        stacks: stacks(config),
    }
}

pub(super) fn stacks(config: &Config) -> Rules {
    Rules {
        is_divided: config.reading.split_stacks,
        prefix: config.reading.asn_prefix.trim().to_owned(),
    }
}

pub(super) fn read_options(config: &Config) -> ReadOptions {
    let reading = &config.reading;
    let limits = Limits {
        pages_max: reading.pages_max,
        picture_pixels_max: u64::from(reading.megapixels_max) * 1_000_000,
        ..Limits::default()
    };
    ReadOptions {
        ocr: if reading.ocr {
            Ocr::WhereNeeded
        } else {
            Ocr::Off
        },
        languages: reading.languages.split('+').map(str::to_owned).collect(),
        previews: Previews::Make,
        papers: Papers::Apart,
        limits,
        ..ReadOptions::default()
    }
}

pub(super) fn engine(config: &Config) -> String {
    if config.reading.ocr {
        format!("Tesseract ({})", config.reading.languages)
    } else {
        "text layers only".to_owned()
    }
}

/// Where updates of the box go, where workmate is an image of its own.
pub fn updates(config: &Config) -> Option<Updates> {
    let update = &config.update;
    let is_image = !update.folder.as_os_str().is_empty();
    is_image.then(|| Updates::new(update.folder.clone(), update.state.clone()))
}
