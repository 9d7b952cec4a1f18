//! workmate as an add-on of Home Assistant, as far as that shows without a Supervisor: one that is
//! played by a small server, and the files that the add-on is made of.

use std::path::{Path, PathBuf};
use std::process::Command;

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use serde_json::json;

use crate::daemon::Daemon;
use crate::mosquitto::Mosquitto;
use crate::outside::serving;
use crate::process::eventually;

/// A Supervisor that knows the token `known` and answers it `status` and `body`.
async fn supervisor(status: StatusCode, body: String) -> String {
    let answer = move |headers: HeaderMap| async move {
        if headers["authorization"] != "Bearer known" {
            return (StatusCode::UNAUTHORIZED, String::new());
        }
        (status, body)
    };
    let router = Router::new().route("/services/mqtt", get(answer));
    serving(router).await
}

#[tokio::test]
async fn the_supervisor_names_the_broker() {
    let broker = Mosquitto::start();
    let service = json!({ "result": "ok", "data": {
        "addon": "core_mosquitto", "host": "127.0.0.1", "port": broker.port, "ssl": false,
        "protocol": "3.1.1", "username": "workmate", "password": "secret",
    } });
    let supervisor = supervisor(StatusCode::OK, service.to_string()).await;
    let mut daemon = Daemon::prepare(&[
        ("SUPERVISOR_TOKEN", "known"),
        ("WORKMATE_INGRESS__SUPERVISOR", &supervisor),
    ]);
    let mut status = broker.listen("workmate/status").await;
    daemon.start().await;
    while status.next().await.payload != "online" {}
    assert!(!daemon.log().contains("secret"), "{}", daemon.log());
}

#[tokio::test]
async fn without_a_broker_or_a_supervisor_that_answers_the_house_goes_on() {
    let none = json!({ "result": "error", "message": "Service not enabled" });
    let none = supervisor(StatusCode::BAD_REQUEST, none.to_string()).await;
    for (token, address, said) in [
        ("known", none.as_str(), "no add-on provides a broker"),
        ("other", none.as_str(), "does not let workmate ask"),
        ("known", "http://127.0.0.1:9", "could not be asked"),
    ] {
        let mut daemon = Daemon::prepare(&[
            ("SUPERVISOR_TOKEN", token),
            ("WORKMATE_INGRESS__SUPERVISOR", address),
        ]);
        daemon.start().await;
        eventually("it says so", std::time::Duration::from_secs(20), || async {
            daemon.log().contains(said).then_some(())
        })
        .await;
    }
}

fn addon() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config/home-assistant/addon")
}

/// Every setting that the add-on gives is one that workmate knows.
#[test]
fn the_addon_sets_only_what_there_is_to_set() {
    let texts =
        ["config.yaml", "run.sh"].map(|it| std::fs::read_to_string(addon().join(it)).unwrap());
    let is_part = |it: char| it.is_ascii_uppercase() || it == '_';
    let words = texts.iter().flat_map(|it| it.split(|it| !is_part(it)));
    let mut names: Vec<String> = words
        .filter(|it| it.starts_with("WORKMATE_") && !it.ends_with('_'))
        .map(str::to_owned)
        .collect();
    let switches = ["TASKS", "DOCUMENTS", "LISTS", "CONTROL"];
    names.extend(switches.map(|it| format!("WORKMATE_MQTT__ACCEPT_{it}")));
    names.sort();
    names.dedup();
    assert!(names.len() >= 12, "{names:?}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_workmate"));
    command.arg("check");
    for name in &names {
        let value = match name.as_str() {
            "WORKMATE_HOUSEHOLD__ZONE" => "Europe/Berlin",
            "WORKMATE_HOUSEHOLD__REGION" => "DE",
            "WORKMATE_HOUSEHOLD__LANGUAGE" => "de",
            "WORKMATE_HOME_ASSISTANT__TODO" => "todo.family",
            "WORKMATE_HOME_ASSISTANT__CALENDAR" => "calendar.family",
            "WORKMATE_HOME_ASSISTANT__PEOPLE" => "Anna: person.anna",
            "WORKMATE_INTAKE__FOLDER" => "/tmp",
            name if name.ends_with("__LISTEN") => "127.0.0.1:0",
            name if name.starts_with("WORKMATE_MQTT__ACCEPT") => "true",
            _ => "/nowhere",
        };
        command.env(name, value);
    }
    let output = command.output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    let script = Command::new("sh")
        .arg("-n")
        .arg(addon().join("run.sh"))
        .output()
        .unwrap();
    assert!(script.status.success());
}

/// Each option has a schema and words in both languages.
#[test]
fn every_option_of_the_addon_is_explained() {
    let config = std::fs::read_to_string(addon().join("config.yaml")).unwrap();
    let keys = |section: &str| -> Vec<String> {
        let after = config.split(&format!("\n{section}:\n")).nth(1).unwrap();
        let lines = after.lines().take_while(|it| it.starts_with("  "));
        let keys = lines.filter_map(|it| it.trim().split_once(':'));
        keys.map(|(key, _)| key.to_owned()).collect()
    };
    let options = keys("options");
    assert_eq!(options, keys("schema"));
    for language in ["de", "en"] {
        let path = addon().join(format!("translations/{language}.yaml"));
        let words = std::fs::read_to_string(path).unwrap();
        for option in &options {
            assert!(
                words.contains(&format!("\n  {option}:\n    name: ")),
                "{language}: {option}"
            );
        }
    }
}
