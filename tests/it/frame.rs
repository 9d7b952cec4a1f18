//! What stands around the program says the same as the program.

use std::fs;
use std::path::{Path, PathBuf};

use workmate::config::{Config, Environment};

#[test]
fn the_demo_stays_on_this_machine_and_speaks_at_once() {
    let file = root().join("config/demo.toml");
    let config = Config::load(Some(&file), &Environment::default()).unwrap();
    assert!(config.server.listen.ip().is_loopback());
    assert!(config.data.dir.starts_with("demo-data"));
    assert!(config.mqtt.url.starts_with("mqtt://127.0.0.1:"));
    assert_eq!(config.household.morning, "00:00");
}

#[test]
fn the_readme_names_only_keys_that_exist() {
    let readme = text("README.md");
    let known = toml_keys(&text("config/workmate.toml"));
    let mut count = 0;
    for after in readme.split("`[").skip(1) {
        let quoted = after.split('`').next().unwrap();
        let Some((section, key)) = quoted.split_once("] ") else {
            continue;
        };
        let key = key.split_whitespace().next().unwrap();
        assert!(
            known.contains(&format!("{section}.{key}")),
            "[{section}] {key}"
        );
        count += 1;
    }
    assert!(count >= 6, "{count} keys were found in the README");
}

#[test]
fn the_unit_keeps_its_data_where_the_configuration_says() {
    let unit = text("systemd/workmate.service");
    let state = line(&unit, "StateDirectory=");
    assert_eq!(
        Path::new("/var/lib").join(state),
        Config::default().data.dir
    );
    assert!(line(&unit, "ExecStart=").ends_with("--config /etc/workmate/workmate.toml serve"));
    assert_eq!(line(&unit, "ConfigurationDirectory="), "workmate");
    // The reader's sandbox needs these, and the group that has them is missing on Debian 12.
    for call in [
        "seccomp",
        "landlock_create_ruleset",
        "landlock_add_rule",
        "landlock_restrict_self",
    ] {
        assert!(
            line(&unit, "SystemCallFilter=@system-service").contains(call),
            "{call}"
        );
    }
}

#[test]
fn every_target_of_the_readme_is_in_the_makefile() {
    let makefile = text("Makefile");
    for target in [
        "run",
        "test",
        "bench",
        "score",
        "soak",
        "packages",
        "screenshots",
        "build",
        "demo-clean",
    ] {
        assert!(makefile.contains(&format!("\n{target}:")), "make {target}");
        assert!(
            text("README.md").contains(target),
            "{target} is not in the README"
        );
    }
}

/// `section.key` of every key of a configuration file.
fn toml_keys(text: &str) -> Vec<String> {
    let mut section = "";
    let mut keys = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
        } else if let Some((key, _)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) {
            keys.push(format!("{section}.{key}"));
        }
    }
    keys
}

fn line<'a>(text: &'a str, start: &str) -> &'a str {
    text.lines()
        .find_map(|line| line.strip_prefix(start))
        .unwrap_or_else(|| panic!("no {start}"))
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
