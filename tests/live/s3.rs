//! A real server of the S3 protocol, which checks every signature.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::process::{Process, free_port};

/// The name of the key that opens it.
pub const KEY: &str = "AKWORKMATE";
/// Its secret.
pub const SECRET: &str = "a-secret-of-the-test";

/// Runs until it is dropped; its buckets are folders, and their objects files.
pub struct S3 {
    folder: TempDir,
    port: u16,
    process: Option<Process>,
}

impl S3 {
    /// With one bucket.
    pub fn start(bucket: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("root").join(bucket)).unwrap();
        let mut server = Self {
            folder,
            port: free_port(),
            process: None,
        };
        server.start_again();
        server
    }

    /// Starts the killed server with what it holds.
    pub fn start_again(&mut self) {
        let mut command = Command::new(program());
        command
            .args(["--host", "127.0.0.1", "--port", &self.port.to_string()])
            .args(["--access-key", KEY, "--secret-key", SECRET])
            .arg(self.folder.path().join("root"));
        let mut process = Process::start(&mut command, &self.folder.path().join("output"));
        process.wait_for_port(self.port, Duration::from_secs(10));
        self.process = Some(process);
    }

    /// `kill -9`
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Where it answers.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.port)
    }

    /// What lies below a path in it, by name.
    pub fn objects(&self, below: &str) -> Vec<(String, PathBuf)> {
        let root = self.folder.path().join("root").join(below);
        let mut found = Vec::new();
        collect(&root, &root, &mut found);
        found.sort();
        found
    }
}

fn collect(root: &Path, folder: &Path, found: &mut Vec<(String, PathBuf)>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(root, &path, found);
        } else {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap();
            found.push((name.to_owned(), path));
        }
    }
}

fn program() -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/live/s3/install.sh");
    let found = Command::new(script).arg("--where").output().unwrap();
    assert!(
        found.status.success(),
        "s3s-fs is not installed: run `make test`, which builds it, or tests/live/s3/install.sh"
    );
    PathBuf::from(String::from_utf8(found.stdout).unwrap().trim())
}
