//! The real program on data of its own, started, killed and started again by a test.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::process::{Process, eventually, free_port, http};

/// What the daemon tells a listener.
pub struct Events {
    answer: reqwest::Response,
    heard: String,
}

impl Events {
    /// Listens until `words` were said; all that was heard.
    pub async fn until(&mut self, words: &str) -> &str {
        while !self.heard.contains(words) {
            let chunk = tokio::time::timeout(Duration::from_secs(30), self.answer.chunk()).await;
            let chunk = chunk.expect("it is said in time").unwrap().unwrap();
            self.heard.push_str(&String::from_utf8_lossy(&chunk));
        }
        &self.heard
    }
}

/// The readers of the daemon with that data directory.
pub fn readers_of(data: &str) -> Vec<Pid> {
    let daemons = processes(|folder| names(folder, data));
    let is_theirs = |folder: &Path| {
        let stat = std::fs::read_to_string(folder.join("stat")).unwrap_or_default();
        let rest = stat.rsplit(')').next().unwrap_or_default();
        let parent = rest
            .split_whitespace()
            .nth(1)
            .and_then(|it| it.parse().ok());
        let parent = parent.and_then(Pid::from_raw);
        parent.is_some_and(|it| daemons.contains(&it)) && is_called(folder, "workmate-reader")
    };
    processes(is_theirs)
}

/// Whether the program was started for that data directory.
fn names(folder: &Path, data: &str) -> bool {
    let environment = std::fs::read(folder.join("environ")).unwrap_or_default();
    let mut windows = environment.windows(data.len());
    is_called(folder, "workmate") && windows.any(|it| it == data.as_bytes())
}

fn is_called(folder: &Path, name: &str) -> bool {
    let called = std::fs::read_to_string(folder.join("comm")).unwrap_or_default();
    called.trim() == name
}

/// The running processes that `is_wanted` says yes to, given their folder in `/proc`.
fn processes(is_wanted: impl Fn(&Path) -> bool) -> Vec<Pid> {
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    let wanted = all.filter(|it| is_wanted(&it.path()));
    wanted
        .filter_map(|it| Pid::from_raw(it.file_name().to_str()?.parse().ok()?))
        .collect()
}

/// A daemon with its data, and the token of a program that may do everything.
pub struct Daemon {
    dir: TempDir,
    data: PathBuf,
    environment: Vec<(String, String)>,
    process: Option<Process>,
    client: reqwest::Client,
    pub address: String,
    pub token: String,
}

impl Daemon {
    /// Data and a token; nothing runs yet.
    pub fn prepare(settings: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        Self::on(dir, data, settings)
    }

    /// The same with the data at `data`, which may be another disk.
    pub fn on(dir: TempDir, data: PathBuf, settings: &[(&str, &str)]) -> Self {
        let address = format!("127.0.0.1:{}", free_port());
        std::fs::create_dir_all(dir.path().join("folder")).unwrap();
        let own = [
            ("WORKMATE_SERVER__LISTEN", address.clone()),
            ("WORKMATE_DATA__DIR", data.display().to_string()),
            (
                "WORKMATE_INTAKE__FOLDER",
                dir.path().join("folder").display().to_string(),
            ),
            ("WORKMATE_INTAKE__FOLDER_SETTLE_SECONDS", "0".to_owned()),
            ("WORKMATE_INTAKE__FOLDER_POLL_SECONDS", "1".to_owned()),
        ];
        let given = settings
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        let environment = own.into_iter().chain(given);
        let environment = environment
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        let mut daemon = Self {
            dir,
            data,
            environment,
            process: None,
            client: http(),
            address: format!("http://{address}"),
            token: String::new(),
        };
        daemon.token = daemon.command(&["token", "create", "test"]).unwrap();
        daemon
    }

    /// The program with this daemon's configuration.
    pub fn program(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_workmate"));
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Changes a setting; it holds from the next start on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.environment.retain(|(it, _)| it != name);
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// Takes a setting back; what the file says holds from the next start on.
    pub fn unset(&mut self, name: &str) {
        self.environment.retain(|(it, _)| it != name);
    }

    /// Runs a command; its output, or what it complains of.
    pub fn command(&self, arguments: &[&str]) -> Result<String, String> {
        let output = self.program().args(arguments).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if output.status.success() {
            Ok(text(&output.stdout))
        } else {
            Err(text(&output.stderr))
        }
    }

    /// Runs a command that reads `input`.
    pub fn command_with(&self, arguments: &[&str], input: &str) -> Result<(), String> {
        use std::io::Write;
        let mut command = self.program();
        command
            .args(arguments)
            .stdin(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.stdout(Stdio::null()).spawn().unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        output.status.success().then_some(()).ok_or(complaint)
    }

    /// Starts the daemon and waits until it answers.
    pub async fn start(&mut self) {
        self.start_by(self.program().arg("serve")).await;
    }

    /// The same by a command that becomes `workmate serve`.
    pub async fn start_by(&mut self, command: &mut Command) {
        let log = self.dir.path().join("log");
        self.process = Some(Process::start(command, &log));
        let health = format!("{}/health", self.address);
        eventually("the daemon answers", Duration::from_secs(30), || async {
            let answer = self.client.get(&health).send().await.ok()?;
            answer.status().is_success().then_some(())
        })
        .await;
    }

    /// Stops it softly and waits until it has ended; what it has said.
    pub async fn stop(&mut self) -> String {
        let mut process = self.process.take().unwrap();
        let data = self.data.display().to_string();
        for pid in processes(|folder| names(folder, &data)) {
            kill_process(pid, Signal::TERM).unwrap();
        }
        eventually("it has ended", Duration::from_secs(40), || {
            let has_ended = !process.is_running();
            async move { has_ended.then_some(()) }
        })
        .await;
        process.log()
    }

    /// How many readers it has just now.
    pub fn reader_count(&self) -> usize {
        let data = self.data.display().to_string();
        readers_of(&data).len()
    }

    /// Listens to what happens from now on.
    pub async fn listen(&self) -> Events {
        let url = format!("{}/api/v1/events", self.address);
        let client = reqwest::Client::builder().build().unwrap();
        let answer = client
            .get(url)
            .bearer_auth(&self.token)
            .send()
            .await
            .unwrap();
        Events {
            answer,
            heard: String::new(),
        }
    }

    /// `kill -9`, the reader included.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Whether the daemon runs.
    pub fn is_running(&mut self) -> bool {
        self.process.as_mut().is_some_and(Process::is_running)
    }

    /// The number of its process: the one of that name with this data.
    pub fn number(&self) -> u32 {
        let data = self.data.display().to_string();
        let is_own = |number: &u32| {
            let read = |name: &str| std::fs::read(format!("/proc/{number}/{name}"));
            let holds = |it: Vec<u8>| it.windows(data.len()).any(|it| it == data.as_bytes());
            read("comm").is_ok_and(|it| it == b"workmate\n") && read("environ").is_ok_and(holds)
        };
        let entries = std::fs::read_dir("/proc").unwrap().flatten();
        let mut numbers = entries.filter_map(|it| it.file_name().to_str()?.parse().ok());
        numbers.find(is_own).expect("the daemon runs")
    }

    /// The numbers of its reader processes.
    pub fn readers(&self) -> Vec<u32> {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.number())).unwrap();
        let lists = tasks
            .flatten()
            .filter_map(|it| std::fs::read_to_string(it.path().join("children")).ok());
        let numbers = |it: String| -> Vec<u32> {
            it.split_whitespace()
                .map(|it| it.parse().unwrap())
                .collect()
        };
        lists.flat_map(numbers).collect()
    }

    /// Memory of the daemon without its readers, in kilobytes.
    pub fn resident_kilobytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.number())).unwrap();
        let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"));
        line.unwrap()
            .trim()
            .trim_end_matches(" kB")
            .parse()
            .unwrap()
    }

    /// What the daemon has said.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    /// The watched folder.
    pub fn folder(&self) -> PathBuf {
        self.dir.path().join("folder")
    }

    /// The data directory.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// A folder for the test's own files.
    pub fn desk(&self) -> &Path {
        self.dir.path()
    }

    /// `GET` of the API.
    pub async fn get(&self, path: &str) -> Option<Value> {
        let url = format!("{}/api/v1/{path}", self.address);
        let answer = self
            .client
            .get(url)
            .bearer_auth(&self.token)
            .send()
            .await
            .ok()?;
        answer.error_for_status().ok()?.json().await.ok()
    }

    /// `POST` of the API without a body.
    pub async fn post(&self, path: &str) {
        let url = format!("{}/api/v1/{path}", self.address);
        let answer = self
            .client
            .post(url)
            .bearer_auth(&self.token)
            .send()
            .await
            .unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
    }

    /// `POST` of the API with a body; what it answers.
    pub async fn send(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}/api/v1/{path}", self.address);
        let request = self.client.post(url).bearer_auth(&self.token).json(body);
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap()
    }

    /// `PATCH` of the API.
    pub async fn patch(&self, path: &str, change: &Value) {
        let url = format!("{}/api/v1/{path}", self.address);
        let request = self.client.patch(url).bearer_auth(&self.token).json(change);
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
    }

    /// `DELETE` of the API; the status.
    pub async fn delete(&self, path: &str) -> u16 {
        let url = format!("{}/api/v1/{path}", self.address);
        let request = self.client.delete(url).bearer_auth(&self.token);
        request.send().await.unwrap().status().as_u16()
    }

    /// `GET` of something that is no JSON.
    pub async fn bytes(&self, path: &str) -> Vec<u8> {
        let url = format!("{}/api/v1/{path}", self.address);
        let answer = self.client.get(url).bearer_auth(&self.token).send().await;
        let answer = answer.unwrap().error_for_status().unwrap();
        answer.bytes().await.unwrap().to_vec()
    }

    /// The original of a document.
    pub async fn original(&self, id: &str) -> Vec<u8> {
        self.bytes(&format!("documents/{id}/original")).await
    }

    /// Waits until there are `count` open tasks and no document waits for its own; all of them.
    pub async fn open_tasks(&self, count: usize, patience: Duration) -> Vec<Value> {
        eventually("the tasks are derived", patience, || async {
            let tasks = self.get("tasks?status=open&limit=100").await?;
            let tasks = tasks["tasks"].as_array()?.clone();
            (tasks.len() == count).then_some(tasks)
        })
        .await
    }

    /// How commands find this daemon.
    pub fn environment(&self) -> &[(String, String)] {
        &self.environment
    }

    /// Uploads a document; its id once it is acknowledged.
    pub async fn upload(&self, name: &str, bytes: Vec<u8>) -> Result<String, String> {
        let part = reqwest::multipart::Part::bytes(bytes).file_name(name.to_owned());
        let form = reqwest::multipart::Form::new().part("file", part);
        let url = format!("{}/api/v1/documents", self.address);
        let request = self
            .client
            .post(url)
            .bearer_auth(&self.token)
            .multipart(form);
        let answer = request.send().await.map_err(|error| error.to_string())?;
        let status = answer.status();
        let body: Value = answer.json().await.map_err(|error| error.to_string())?;
        match body["id"].as_str() {
            Some(id) if status.is_success() => Ok(id.to_owned()),
            _ => Err(format!("{status}: {body}")),
        }
    }

    /// Waits until `count` documents have come as far as they can; all of them.
    pub async fn finished(&self, count: usize, patience: Duration) -> Vec<Value> {
        eventually("all documents are finished", patience, || async {
            let mut all = Vec::new();
            let mut cursor = String::new();
            loop {
                let page = self.get(&format!("documents?limit=100{cursor}")).await?;
                all.extend(page["documents"].as_array()?.iter().cloned());
                match page["next"].as_str() {
                    Some(next) => cursor = format!("&cursor={next}"),
                    None => break,
                }
            }
            let done =
                |it: &&Value| matches!(it["stage"]["name"].as_str(), Some("understood" | "stuck"));
            let is_done = all.len() >= count && all.iter().filter(done).count() == all.len();
            is_done.then_some(all)
        })
        .await
    }
}
