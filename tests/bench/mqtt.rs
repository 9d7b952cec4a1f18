//! What the broker sees: how late a reminder is there, and what a burst of commands costs.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::daemon::free_port;
use super::figures::Figure;
use super::{Ground, percentile, until};

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_mins(2);
/// Reminders of one measurement, and commands of one burst.
const REMINDERS: usize = 40;
const COMMANDS: usize = 1000;

/// Both figures.
pub async fn all(ground: &Ground) -> Result<Vec<Figure>> {
    let house = House::start(ground).await?;
    Ok(vec![house.reminders().await?, house.burst().await?])
}

/// A program that ends with the measurement.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It is gone already if this fails.
        self.0.kill().unwrap_or_default();
        self.0.wait().map(drop).unwrap_or_default();
    }
}

/// A daemon at a broker.
struct House {
    folder: TempDir,
    broker: u16,
    address: String,
    token: String,
    client: reqwest::Client,
    _programs: [Running; 2],
}

impl House {
    async fn start(ground: &Ground) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let (broker, port) = (free_port()?, free_port()?);
        let config = folder.path().join("mosquitto.conf");
        std::fs::write(
            &config,
            format!("listener {broker} 127.0.0.1\nallow_anonymous true\n"),
        )?;
        let mut mosquitto = Command::new(installed("mosquitto")?);
        let mosquitto = Running(silent(mosquitto.arg("-c").arg(config)).spawn()?);
        let address = format!("http://127.0.0.1:{port}");
        let daemon = || {
            let mut command = Command::new(ground.program("workmate"));
            command
                .env("WORKMATE_DATA__DIR", folder.path().join("data"))
                .env("WORKMATE_SERVER__LISTEN", format!("127.0.0.1:{port}"))
                .env("WORKMATE_MQTT__URL", format!("mqtt://127.0.0.1:{broker}"))
                .env("WORKMATE_MQTT__ACCEPT_TASKS", "true");
            command
        };
        let token = daemon().args(["token", "create", "bench"]).output()?;
        let token = String::from_utf8(token.stdout)?;
        let token = token
            .split_whitespace()
            .last()
            .context("no token")?
            .to_owned();
        let workmate = Running(silent(daemon().arg("serve")).spawn()?);
        let client = reqwest::Client::builder().timeout(PATIENCE).build()?;
        let health = format!("{address}/health");
        until(PATIENCE, "the first answer", || async {
            let answer = client.get(&health).send().await;
            Ok(answer.is_ok_and(|it| it.status().is_success()))
        })
        .await?;
        Ok(Self {
            folder,
            broker,
            address,
            token,
            client,
            _programs: [mosquitto, workmate],
        })
    }

    /// What is said on `topic` from now on, with the moment at which it came.
    fn listen(&self, topic: &str) -> Result<(Running, Receiver<(Timestamp, Value)>)> {
        let mut command = Command::new(installed("mosquitto_sub")?);
        command.args(["-p", &self.broker.to_string(), "-q", "1", "-t", topic]);
        command.stdin(Stdio::null()).stderr(Stdio::null());
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let lines = BufReader::new(child.stdout.take().context("no output")?).lines();
        let (sender, receiver) = channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let message = serde_json::from_str(&line).unwrap_or_default();
                if sender.send((now(), message)).is_err() {
                    return;
                }
            }
        });
        // It has subscribed long before anything is said.
        std::thread::sleep(Duration::from_secs(1));
        Ok((Running(child), receiver))
    }

    async fn reminders(&self) -> Result<Figure> {
        let (_listener, heard) = self.listen("workmate/reminder")?;
        let first = now() + 5.seconds();
        let url = format!("{}/api/v1/tasks", self.address);
        let mut at = first;
        for _ in 0..REMINDERS {
            let task = json!({ "title": at.to_string(), "remind_at": [at] });
            let request = self.client.post(&url).bearer_auth(&self.token).json(&task);
            let status = request.send().await?.status();
            ensure!(status.is_success(), "a task was refused: {status}");
            at += 250.milliseconds();
        }
        let mut delays = Vec::new();
        while delays.len() < REMINDERS {
            let (came, message) = heard
                .recv_timeout(PATIENCE)
                .context("a reminder is missing")?;
            let due = message.get("title").and_then(Value::as_str);
            let due: Timestamp = due.context("no title")?.parse()?;
            delays.push(Duration::try_from(came - due).unwrap_or_default());
        }
        let late = percentile(&mut delays, 95);
        Ok(Figure {
            name: "Reminder due to message at the broker, p95",
            measured: format!("{} ms", late.as_millis()),
            goal: "≤ 150 ms",
            is_met: Some(late <= Duration::from_millis(150)),
            method: "40 tasks with a moment of their own, a quarter of a second apart; each delay from \
                     that moment to the message at another client of a real mosquitto",
        })
    }

    async fn burst(&self) -> Result<Figure> {
        let (_listener, heard) = self.listen("workmate/response/bench")?;
        let file = self.folder.path().join("commands");
        let line = |number: usize| json!({ "id": number, "title": format!("Task {number}") });
        let lines: Vec<String> = (0..COMMANDS).map(|it| line(it).to_string()).collect();
        std::fs::File::create(&file)?.write_all(lines.join("\n").as_bytes())?;
        let began = Instant::now();
        let mut publisher = self.publisher(&file)?;
        let page = format!("{}/api/v1/tasks?view=today", self.address);
        let (mut answered, mut waits) = (BTreeSet::new(), Vec::new());
        while answered.len() < COMMANDS {
            ensure!(
                began.elapsed() < PATIENCE,
                "{} were answered",
                answered.len()
            );
            let asked = Instant::now();
            let answer = self
                .client
                .get(&page)
                .bearer_auth(&self.token)
                .send()
                .await?;
            ensure!(answer.status().is_success(), "the page failed");
            answer.bytes().await?;
            waits.push(asked.elapsed());
            let ids = heard
                .try_iter()
                .filter_map(|(_, message)| Some(message.get("id")?.as_str()?.to_owned()));
            answered.extend(ids);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let took = began.elapsed();
        ensure!(publisher.0.wait()?.success(), "the publisher failed");
        let slow = percentile(&mut waits, 95);
        Ok(Figure {
            name: "API p95 while 1 000 commands come by MQTT",
            measured: format!(
                "{} ms; all answered in {:.1} s",
                slow.as_millis(),
                took.as_secs_f64()
            ),
            goal: "≤ 100 ms",
            is_met: Some(slow <= Duration::from_millis(100)),
            method: "1 000 `add` commands published at once to a real mosquitto, each answered on its \
                     own; meanwhile today's tasks are asked for again and again",
        })
    }

    fn publisher(&self, file: &Path) -> Result<Running> {
        let mut command = Command::new(installed("mosquitto_pub")?);
        let topic = "workmate/command/bench/add";
        command.args(["-p", &self.broker.to_string(), "-q", "1", "-t", topic, "-l"]);
        command
            .stdin(std::fs::File::open(file)?)
            .stdout(Stdio::null());
        Ok(Running(command.stderr(Stdio::null()).spawn()?))
    }
}

fn silent(command: &mut Command) -> &mut Command {
    let command = command.stdin(Stdio::null()).stdout(Stdio::null());
    command.stderr(Stdio::null())
}

#[expect(
    clippy::disallowed_methods,
    reason = "a measurement from outside reads the wall clock that the daemon reads"
)]
fn now() -> Timestamp {
    Timestamp::now()
}

/// Debian keeps servers in sbin, which is not on everybody's path.
fn installed(program: &str) -> Result<PathBuf> {
    let folders = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"];
    let mut places = folders.iter().map(|it| Path::new(it).join(program));
    places.find(|it| it.is_file()).with_context(|| {
        format!("{program} is not installed: apt-get install mosquitto mosquitto-clients")
    })
}
