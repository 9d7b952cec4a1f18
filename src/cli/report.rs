//! `workmate doctor --report`: what somebody needs to know who is asked for help, in one text that can be
//! read before it is sent. No secret is in it: those lie in files of their own, and what an address
//! carries of a login, or behind its path, is left out.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use url::Url;

use crate::config::Config;

/// Lines of the service's log.
const LOG_LINES: &str = "300";
/// Parts of a key's name whose value nobody but the household may know.
const SECRET: [&str; 6] = [
    "password",
    "secret",
    "token",
    "header",
    "body",
    "bucket_key",
];
/// What stands for it.
const HIDDEN: &str = "(hidden)";

/// The report: about the machine, what was found, what is configured and what was logged.
pub fn text(file: Option<&Path>, config: &Config, findings: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let from = file.map_or("none".to_owned(), |it| it.display().to_string());
    let sections = [
        ("Machine", machine()),
        ("What `workmate doctor` found", findings.to_owned()),
        (
            "Configuration, where it differs from the usual",
            configured(config),
        ),
        ("Log of the service", log()),
    ];
    let mut report = format!(
        "workmate {version}, configuration file: {from}\n\
         Read it before you send it: a log may name files and people.\n"
    );
    for (title, text) in sections {
        report.extend(["\n== ", title, "\n\n", text.trim_end(), "\n"]);
    }
    report
}

fn machine() -> String {
    let first = |path: &str, key: &str| {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let line = text.lines().find(|it| it.starts_with(key));
        line.map(str::to_owned).unwrap_or_default()
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let lines = [
        first("/etc/os-release", "PRETTY_NAME"),
        first("/proc/version", "Linux"),
        format!("{} with {cores} cores", std::env::consts::ARCH),
        first("/proc/meminfo", "MemTotal"),
        first("/proc/meminfo", "MemAvailable"),
        first("/proc/loadavg", ""),
    ];
    lines.join("\n")
}

/// Each key that differs from the usual, with what is secret hidden.
fn configured(config: &Config) -> String {
    let value = |it: &Config| serde_json::to_value(it).unwrap_or_default();
    let (own, usual) = (value(config), value(&Config::default()));
    let mut lines = Vec::new();
    differing("", &own, &usual, &mut lines);
    if lines.is_empty() {
        return "nothing".to_owned();
    }
    lines.join("\n")
}

fn differing(key: &str, own: &Value, usual: &Value, lines: &mut Vec<String>) {
    if let Value::Object(fields) = own {
        for (name, own) in fields {
            let key = if key.is_empty() {
                name.clone()
            } else {
                format!("{key}.{name}")
            };
            differing(&key, own, usual.get(name).unwrap_or(&Value::Null), lines);
        }
    } else if own != usual {
        lines.push(format!("{key} = {}", told(key, own)));
    }
}

/// A value as it may be told.
fn told(key: &str, value: &Value) -> String {
    let name = key.rsplit('.').next().unwrap_or(key);
    let names_a_file = name.ends_with("_file") || name.ends_with("_seconds");
    let is_secret = !names_a_file && SECRET.iter().any(|it| name.contains(it));
    match value {
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        _ if is_secret => HIDDEN.to_owned(),
        Value::String(text) => format!("{:?}", bare(text)),
        Value::Array(all) => {
            let all: Vec<String> = all.iter().map(|it| told(key, it)).collect();
            format!("[{}]", all.join(", "))
        }
        Value::Object(fields) => {
            let fields = fields
                .iter()
                .map(|(it, value)| format!("{it} = {}", told(it, value)));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// An address without a login and without what stands behind its host, which may be the right to use it.
fn bare(text: &str) -> String {
    match Url::parse(text.trim()) {
        Ok(url) if url.has_host() => {
            let host = url.host_str().unwrap_or_default();
            let port = url.port().map(|it| format!(":{it}")).unwrap_or_default();
            let is_more =
                url.path().len() > 1 || url.query().is_some() || !url.username().is_empty();
            let more = if is_more { "/…" } else { "" };
            format!("{}://{host}{port}{more}", url.scheme())
        }
        Ok(_) | Err(_) => text.to_owned(),
    }
}

/// What the journal of the system has of the service; where there is none, how to find it.
fn log() -> String {
    let arguments = ["--unit", "workmate", "--lines", LOG_LINES, "--no-pager"];
    let output = Command::new("journalctl").args(arguments).output();
    let text = output.map(|it| String::from_utf8_lossy(&it.stdout).into_owned());
    match text {
        Ok(text) if !text.trim().is_empty() => text,
        Ok(_) | Err(_) => {
            "There is none in the system's journal: a container's is with the container, \
                           and without a service it is what `workmate serve` printed."
                .to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_configured_is_told_without_what_is_secret() {
        let mut config = Config::default();
        config.mqtt.url = "mqtts://anna:geheim@broker.lan:8884".to_owned();
        config.mqtt.password_file = "/etc/workmate/mqtt-password".to_owned();
        config.webhook.url = "https://hooks.example/services/T0/B0/geheim?key=geheim".to_owned();
        let told = configured(&config);
        assert!(
            told.contains("mqtt.url = \"mqtts://broker.lan:8884/…\""),
            "{told}"
        );
        assert!(
            told.contains("mqtt.password_file = \"/etc/workmate/mqtt-password\""),
            "{told}"
        );
        assert!(
            told.contains("webhook.url = \"https://hooks.example/…\""),
            "{told}"
        );
        assert!(!told.contains("geheim"), "{told}");
        assert_eq!(configured(&Config::default()), "nothing");
    }
}
