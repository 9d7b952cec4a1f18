//! What the daemon says about itself: structured fields in the journal under systemd, readable
//! lines on a terminal, JSON by configuration. Key-values of a record become fields; content of
//! documents and secrets are never among them.

use std::io::{IsTerminal, Write};

use log::kv::{self, Key, VisitSource};
use log::{LevelFilter, Log, Metadata, Record};

use crate::config;
use crate::domain::clock::Clock;

/// How records are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Journal,
    Text,
    Json,
}

/// Sets up the log of this process, once. Another call changes nothing.
pub fn init(config: &config::Log, environment: &config::Environment) {
    let level = config.level.parse().unwrap_or(LevelFilter::Info);
    let format = match config.format.as_str() {
        "json" => Format::Json,
        "text" => Format::Text,
        _ if systemd_journal_logger::connected_to_journal() => Format::Journal,
        _ => Format::Text,
    };
    let is_set = match format {
        Format::Journal => systemd_journal_logger::JournalLog::new()
            .map(|it| it.with_extra_fields(vec![("VERSION", env!("CARGO_PKG_VERSION"))]))
            .is_ok_and(|it| it.install().is_ok()),
        Format::Text | Format::Json => false,
    };
    if !is_set {
        let has_colour = std::io::stderr().is_terminal() && !environment.contains_key("NO_COLOR");
        let colour = if has_colour { Colour::On } else { Colour::Off };
        let stderr = Stderr {
            format,
            colour,
            clock: Clock::System,
        };
        if log::set_boxed_logger(Box::new(stderr)).is_err() {
            return;
        }
    }
    log::set_max_level(level);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Colour {
    On,
    Off,
}

struct Stderr {
    format: Format,
    colour: Colour,
    clock: Clock,
}

impl Log for Stderr {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        is_ours(metadata.target()) || metadata.level() <= log::Level::Warn
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let line = match self.format {
            Format::Json => self.json(record),
            Format::Journal | Format::Text => self.text(record),
        };
        // There is nobody left to tell when the standard error stream is gone.
        drop(std::io::stderr().lock().write_all(line.as_bytes()));
    }

    fn flush(&self) {}
}

fn is_ours(target: &str) -> bool {
    target.starts_with("workmate")
}

impl Stderr {
    fn text(&self, record: &Record<'_>) -> String {
        let mut fields = Fields::default();
        drop(record.key_values().visit(&mut fields));
        let (before, after) = match (self.colour, record.level()) {
            (Colour::On, log::Level::Error) => ("\u{1b}[31m", "\u{1b}[0m"),
            (Colour::On, log::Level::Warn) => ("\u{1b}[33m", "\u{1b}[0m"),
            _ => ("", ""),
        };
        let mut line = format!("{before}{} {}{after}", record.level(), record.args());
        for (key, value) in fields.0 {
            for part in [" ", &key, "=", &value] {
                line.push_str(part);
            }
        }
        line.push('\n');
        line
    }

    fn json(&self, record: &Record<'_>) -> String {
        let mut fields = Fields::default();
        drop(record.key_values().visit(&mut fields));
        let mut object = serde_json::Map::new();
        object.insert("at".to_owned(), self.clock.now().to_string().into());
        object.insert(
            "level".to_owned(),
            record.level().as_str().to_lowercase().into(),
        );
        object.insert("target".to_owned(), record.target().into());
        object.insert("message".to_owned(), record.args().to_string().into());
        for (key, value) in fields.0 {
            object.insert(key, value.into());
        }
        format!("{}\n", serde_json::Value::Object(object))
    }
}

#[derive(Default)]
struct Fields(Vec<(String, String)>);

impl<'kvs> VisitSource<'kvs> for Fields {
    fn visit_pair(&mut self, key: Key<'kvs>, value: kv::Value<'kvs>) -> Result<(), kv::Error> {
        self.0.push((key.to_string(), value.to_string()));
        Ok(())
    }
}
