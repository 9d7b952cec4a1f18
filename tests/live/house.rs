//! The real daemon, with its data in a folder that goes with it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::mosquitto::Mosquitto;
use crate::process::{Process, eventually, free_port};

/// Runs until it is dropped.
pub struct House {
    process: Process,
    folder: TempDir,
    address: String,
}

impl House {
    /// Starts it, connected to `broker`.
    pub fn start(broker: &Mosquitto) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let config = folder.path().join("workmate.toml");
        std::fs::write(&config, configuration(folder.path(), port, broker)).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_workmate"));
        command.arg("--config").arg(&config).arg("serve");
        let mut process = Process::start(&mut command, &folder.path().join("output"));
        process.wait_for_port(port, Duration::from_secs(20));
        Self {
            process,
            folder,
            address: format!("http://127.0.0.1:{port}"),
        }
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
         detail = \"title\"\n",
        folder.display(),
        broker.url(),
    )
}
