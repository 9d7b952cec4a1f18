//! The real daemon, with its data in a folder that goes with it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;

use crate::home_assistant;
use crate::mosquitto::Mosquitto;
use crate::process::{Process, eventually, free_port, http, output};

/// Runs until it is dropped.
pub struct House {
    process: Process,
    folder: TempDir,
    port: u16,
    address: String,
}

impl House {
    /// Starts it, connected to `broker`.
    pub fn start(broker: &Mosquitto) -> Self {
        Self::start_with(broker, "detail = \"title\"\n")
    }

    /// The same with more lines for the section `[mqtt]`.
    pub fn start_with(broker: &Mosquitto, more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let config = folder.path().join("workmate.toml");
        std::fs::write(&config, configuration(folder.path(), port, broker) + more).unwrap();
        Self {
            process: serve(folder.path(), port),
            folder,
            port,
            address: format!("http://127.0.0.1:{port}"),
        }
    }

    /// Stops it softly and waits until it has ended.
    pub async fn stop(&mut self) {
        self.process.signal(Signal::TERM);
        eventually("workmate ends", Duration::from_secs(40), || {
            let has_ended = !self.process.is_running();
            async move { has_ended.then_some(()) }
        })
        .await;
    }

    /// Starts it again on its data.
    pub fn start_again(&mut self) {
        self.process = serve(self.folder.path(), self.port);
    }

    /// Runs a command beside it; what it says.
    pub fn command(&self, arguments: &[&str]) -> String {
        output(program(self.folder.path()).args(arguments))
            .trim()
            .to_owned()
    }

    /// The same for a command that reads `input`.
    pub fn command_with(&self, arguments: &[&str], input: &str) {
        use std::io::Write;
        let mut command = program(self.folder.path());
        command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input.as_bytes()).unwrap();
        drop(stdin);
        assert!(child.wait().unwrap().success(), "{arguments:?}");
    }

    /// A token of a program that may do everything.
    pub fn token(&self) -> String {
        self.command(&["token", "create", "test"])
    }

    /// Makes a task as a program with `token` does.
    pub async fn add_task(&self, token: &str, task: &Value) -> Value {
        let request = http().post(self.at("/api/v1/tasks")).bearer_auth(token);
        let answer = request.json(task).send().await.unwrap();
        answer.error_for_status().unwrap().json().await.unwrap()
    }

    /// The address of a page.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    /// The link by which the first person comes in.
    pub async fn first_login(&self) -> String {
        let file = self.folder.path().join("data/first-login-link");
        let link = eventually(
            "there is a first-login link",
            Duration::from_secs(10),
            || async {
                std::fs::read_to_string(&file)
                    .ok()
                    .filter(|it| !it.trim().is_empty())
            },
        )
        .await;
        link.trim().to_owned()
    }

    /// A file for the browser to upload.
    pub fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// What the daemon has said.
    pub fn log(&self) -> String {
        self.process.log()
    }
}

fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_workmate"));
    command.arg("--config").arg(folder.join("workmate.toml"));
    command
}

fn serve(folder: &Path, port: u16) -> Process {
    let mut process = Process::start(program(folder).arg("serve"), &folder.join("output"));
    process.wait_for_port(port, Duration::from_secs(20));
    process
}

fn configuration(folder: &Path, port: u16, broker: &Mosquitto) -> String {
    format!(
        "[server]\n\
         listen = \"127.0.0.1:{port}\"\n\
         [data]\n\
         dir = \"{}/data\"\n\
         [household]\n\
         zone = \"Europe/Berlin\"\n\
         region = \"DE-BE\"\n\
         language = \"en\"\n\
         [mqtt]\n\
         url = \"{}\"\n\
         older_home_assistant = {}\n",
        folder.display(),
        broker.url(),
        home_assistant::is_older(),
    )
}
