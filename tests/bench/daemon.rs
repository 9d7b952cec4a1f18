//! A daemon of the release build on a data folder of its own, and a client that speaks to it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use reqwest::multipart::{Form, Part};
use serde_json::Value;
use tempfile::TempDir;

use super::paper::Sheet;
use super::{Ground, until};

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_mins(3);

/// It runs until it is dropped.
pub struct Daemon {
    child: Child,
    data: TempDir,
    address: String,
    port: u16,
    started_in: Duration,
    client: reqwest::Client,
    token: String,
    settings: Settings,
}

/// What is configured beside the usual, as environment variables.
pub type Settings = Vec<(&'static str, String)>;

impl Daemon {
    /// A daemon on an empty folder, with its readers leaving after a second of rest.
    pub async fn start(ground: &Ground) -> Result<Self> {
        Self::start_with(ground, Settings::new()).await
    }

    /// The same with more configured than usual.
    pub async fn start_with(ground: &Ground, settings: Settings) -> Result<Self> {
        Self::start_on(ground, tempfile::tempdir()?, None, settings).await
    }

    async fn start_on(
        ground: &Ground,
        data: TempDir,
        known: Option<String>,
        settings: Settings,
    ) -> Result<Self> {
        let client = reqwest::Client::builder().timeout(PATIENCE).build()?;
        let port = free_port()?;
        let (child, started_in) = launched(ground, data.path(), port, (&client, &settings)).await?;
        let token = match known {
            Some(token) => token,
            None => token(ground, data.path(), port)?,
        };
        let address = format!("http://127.0.0.1:{port}");
        Ok(Self {
            child,
            data,
            address,
            port,
            started_in,
            client,
            token,
            settings,
        })
    }

    /// Stops it by force and starts it again on the same folder.
    pub async fn kill_and_restart(self, ground: &Ground) -> Result<Self> {
        self.kill_and_change(ground, |_| Ok(())).await
    }

    /// Stops it by force, lets `change` have its database, and starts it again.
    pub async fn kill_and_change(
        mut self,
        ground: &Ground,
        change: impl FnOnce(&Path) -> Result<()>,
    ) -> Result<Self> {
        self.child.kill()?;
        self.child.wait()?;
        change(&self.database())?;
        let data = std::mem::replace(&mut self.data, tempfile::tempdir()?);
        let (token, settings) = (
            std::mem::take(&mut self.token),
            std::mem::take(&mut self.settings),
        );
        Self::start_on(ground, data, Some(token), settings).await
    }

    /// The file that holds everything.
    pub fn database(&self) -> PathBuf {
        self.data.path().join("data/workmate.sqlite")
    }

    /// Where it answers.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// How long its last start took, until the first answer.
    pub const fn started_in(&self) -> Duration {
        self.started_in
    }

    /// A command of the same house, beside it.
    pub fn command(&self, ground: &Ground) -> Command {
        command(ground, self.data.path(), self.port)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// Uploads `sheet` and returns its id.
    pub async fn upload(&self, sheet: &Sheet) -> Result<String> {
        let id = self.offer(sheet).await?;
        id.with_context(|| format!("{} is refused", sheet.name))
    }

    /// Uploads `sheet`; its id, or `None` if it is nothing that can be read, by its first bytes.
    pub async fn offer(&self, sheet: &Sheet) -> Result<Option<String>> {
        let part = Part::bytes(sheet.bytes.clone()).file_name(sheet.name.clone());
        let answer = self
            .client
            .post(format!("{}/api/v1/documents", self.address))
            .bearer_auth(&self.token)
            .multipart(Form::new().part("file", part))
            .send()
            .await?;
        let status = answer.status();
        let body: Value = answer.json().await?;
        if status.is_client_error() {
            return Ok(None);
        }
        ensure!(
            status.is_success(),
            "upload of {}: {status} {body}",
            sheet.name
        );
        let one = body
            .get("documents")
            .and_then(|it| it.get(0))
            .unwrap_or(&body);
        let id = one.get("id").and_then(Value::as_str).context("no id")?;
        Ok(Some(id.to_owned()))
    }

    /// What the API says at `path`.
    pub async fn json(&self, path: &str) -> Result<Value> {
        let answer = self
            .client
            .get(format!("{}{path}", self.address))
            .bearer_auth(&self.token)
            .send()
            .await?;
        let status = answer.status();
        ensure!(
            status.is_success(),
            "{path}: {status} {}",
            answer.text().await?
        );
        Ok(answer.json().await?)
    }

    /// Makes a task by hand.
    pub async fn add_task(&self, task: &Value) -> Result<()> {
        let request = self
            .client
            .post(format!("{}/api/v1/tasks", self.address))
            .bearer_auth(&self.token);
        let status = request.json(task).send().await?.status();
        ensure!(status.is_success(), "a task is refused: {status}");
        Ok(())
    }

    /// How long the API takes to answer at `path`, body included.
    pub async fn latency(&self, path: &str) -> Result<Duration> {
        let start = Instant::now();
        self.json(path).await?;
        Ok(start.elapsed())
    }

    /// Waits until the document has a task.
    pub async fn task_of(&self, id: &str) -> Result<()> {
        let path = format!("/api/v1/documents/{id}");
        until(PATIENCE, "a task", || async {
            let document = self.json(&path).await?;
            refuse_stuck(&document)?;
            let tasks = document.get("tasks").or_else(|| document.get("task_ids"));
            Ok(tasks
                .and_then(Value::as_array)
                .is_some_and(|it| !it.is_empty()))
        })
        .await?;
        Ok(())
    }

    /// Waits until the document is understood.
    pub async fn understood(&self, id: &str) -> Result<()> {
        let path = format!("/api/v1/documents/{id}");
        until(PATIENCE, "understanding", || async {
            let document = self.json(&path).await?;
            refuse_stuck(&document)?;
            Ok(stage(&document) == "understood")
        })
        .await?;
        Ok(())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It is gone already if this fails.
        self.child.kill().unwrap_or_default();
        self.child.wait().map(drop).unwrap_or_default();
    }
}

fn stage(document: &Value) -> &str {
    let stage = document.get("stage");
    stage
        .and_then(|it| {
            it.as_str()
                .or_else(|| it.get("name").and_then(Value::as_str))
        })
        .unwrap_or("")
}

fn refuse_stuck(document: &Value) -> Result<()> {
    if stage(document) == "stuck" {
        bail!("a sample got stuck: {document}");
    }
    Ok(())
}

/// Starts the process and waits for its first answer: how long that took.
pub async fn launched(
    ground: &Ground,
    data: &Path,
    port: u16,
    (client, settings): (&reqwest::Client, &Settings),
) -> Result<(Child, Duration)> {
    let health = format!("http://127.0.0.1:{port}/health");
    let start = Instant::now();
    let mut child = command(ground, data, port)
        .envs(settings.iter().map(|(name, value)| (name, value)))
        .arg("serve")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(data.join("log"))?)
        .spawn()?;
    until(PATIENCE, "the first answer", || {
        let ended = child.try_wait();
        let answer = client.get(&health).send();
        async move {
            if let Some(status) = ended? {
                let log = std::fs::read_to_string(data.join("log"))?;
                bail!("the daemon ended before it answered ({status}): {log}");
            }
            Ok(answer.await.is_ok_and(|it| it.status().is_success()))
        }
    })
    .await?;
    Ok((child, start.elapsed()))
}

fn command(ground: &Ground, data: &Path, port: u16) -> Command {
    let mut command = Command::new(ground.program("workmate"));
    command
        .arg("--config")
        .arg(ground.root.join("config/workmate.toml"))
        .env("WORKMATE_DATA__DIR", data.join("data"))
        .env("WORKMATE_SERVER__LISTEN", format!("127.0.0.1:{port}"))
        .env("WORKMATE_READING__IDLE_SECONDS", "1")
        .env("WORKMATE_HOUSEHOLD__LANGUAGE", "en");
    command
}

fn token(ground: &Ground, data: &Path, port: u16) -> Result<String> {
    let output = command(ground, data, port)
        .args(["token", "create", "bench"])
        .output()?;
    let text = String::from_utf8(output.stdout)?;
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(
        output.status.success(),
        "workmate token create: {complaint}"
    );
    Ok(text
        .split_whitespace()
        .last()
        .context("no token was printed")?
        .to_owned())
}

/// Whether the journal of the daemon's data holds together.
pub fn journal_verifies(ground: &Ground, daemon: &Daemon) -> Result<bool> {
    let port = daemon
        .address
        .rsplit_once(':')
        .context("no port")?
        .1
        .parse()?;
    let status = command(ground, daemon.data(), port)
        .args(["journal", "verify"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    Ok(status.success())
}

pub fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?
        .local_addr()?
        .port())
}
