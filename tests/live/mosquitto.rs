//! A real mosquitto with passwords, and TLS by an authority of its own.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;
use tokio::sync::mpsc;

use crate::process::{Process, free_port, installed, output};

/// Who may connect; each with the password `secret`.
const USERS: [&str; 2] = ["workmate", "home_assistant"];

/// Runs until it is dropped; keeps retained messages and sessions across [`Mosquitto::kill`].
pub struct Mosquitto {
    folder: TempDir,
    pub port: u16,
    pub tls_port: u16,
    process: Option<Process>,
}

impl Mosquitto {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (port, tls_port) = (free_port(), free_port());
        let mut broker = Self {
            folder,
            port,
            tls_port,
            process: None,
        };
        broker.write_passwords();
        broker.write_certificates();
        broker.write_config();
        broker.start_again();
        broker
    }

    /// Starts the killed broker with the files it has left.
    pub fn start_again(&mut self) {
        let mosquitto = installed("mosquitto", "mosquitto");
        let config = self.path("mosquitto.conf");
        let mut process = Process::start(
            Command::new(mosquitto).arg("-c").arg(config),
            &self.path("output"),
        );
        process.wait_for_port(self.port, Duration::from_secs(10));
        process.wait_for_port(self.tls_port, Duration::from_secs(10));
        self.process = Some(process);
    }

    /// `kill -9`
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Stops it in the middle of everything; its connections stay open.
    pub fn freeze(&self) {
        self.process.as_ref().expect("it runs").signal(Signal::STOP);
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.process.as_ref().expect("it runs").signal(Signal::CONT);
    }

    pub fn url(&self) -> String {
        format!("mqtt://workmate:secret@127.0.0.1:{}", self.port)
    }

    pub fn tls_url(&self) -> String {
        format!("mqtts://workmate:secret@localhost:{}", self.tls_port)
    }

    /// The authority that signed its certificate.
    pub fn ca_file(&self) -> PathBuf {
        self.path("ca.crt")
    }

    /// Publishes by another program than ours; `flags` such as `-r`.
    pub fn say(&self, topic: &str, payload: &str, flags: &[&str]) {
        output(self.publisher(topic).args(["-m", payload]).args(flags));
    }

    /// Publishes a file, which may be larger than an argument.
    pub fn say_file(&self, topic: &str, file: &Path) {
        output(self.publisher(topic).arg("-f").arg(file));
    }

    fn publisher(&self, topic: &str) -> Command {
        let mut command = Command::new(installed("mosquitto_pub", "mosquitto-clients"));
        command.args(self.login()).args(["-q", "1", "-t", topic]);
        command
    }

    /// Listens by another program than ours, from the moment this returns.
    pub async fn listen(&self, filter: &str) -> Listener {
        let program = installed("mosquitto_sub", "mosquitto-clients");
        let mut child = Command::new(program)
            .args(self.login())
            .args([
                "-q",
                "1",
                "-t",
                filter,
                "-t",
                "listener/ready",
                "-F",
                "%r %t %p",
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (sender, lines_received) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let mut listener = Listener {
            child,
            lines: lines_received,
            early: Vec::new(),
        };
        // It listens once it hears this; what it heard before are retained messages.
        for _ in 0..100 {
            self.say("listener/ready", "now", &[]);
            while let Some(heard) = listener.new_within(Duration::from_millis(50)).await {
                if heard.topic == "listener/ready" {
                    return listener;
                }
                listener.early.insert(0, heard);
            }
        }
        panic!("the listener never heard anything");
    }

    fn login(&self) -> [String; 8] {
        let port = self.port.to_string();
        [
            "-h",
            "127.0.0.1",
            "-p",
            &port,
            "-u",
            "workmate",
            "-P",
            "secret",
        ]
        .map(str::to_owned)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write_passwords(&self) {
        let file = self.path("passwords");
        let plain = USERS.map(|user| format!("{user}:secret\n")).concat();
        std::fs::write(&file, plain).unwrap();
        let program = installed("mosquitto_passwd", "mosquitto");
        output(Command::new(program).arg("-U").arg(file));
    }

    fn write_certificates(&self) {
        let openssl = installed("openssl", "openssl");
        let run = |line: &str| {
            output(
                Command::new(&openssl)
                    .current_dir(self.folder.path())
                    .args(line.split(' ')),
            );
        };
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
        run(&format!(
            "req -x509 {key} -days 30 -subj /CN=workmate-tests -keyout ca.key -out ca.crt"
        ));
        run(&format!(
            "req {key} -subj /CN=localhost -keyout server.key -out server.csr"
        ));
        std::fs::write(self.path("names"), "subjectAltName=DNS:localhost").unwrap();
        run(
            "x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -extfile names -out server.crt",
        );
    }

    fn write_config(&self) {
        let folder = self.folder.path().display();
        let (port, tls_port) = (self.port, self.tls_port);
        // As root it would give up its rights and could not read its own files any more.
        let user = if rustix::process::geteuid().is_root() {
            "user root"
        } else {
            ""
        };
        let config = format!(
            "per_listener_settings false\n\
             allow_anonymous false\n\
             password_file {folder}/passwords\n\
             persistence true\n\
             persistence_location {folder}/\n\
             autosave_interval 1\n\
             autosave_on_changes true\n\
             {user}\n\
             listener {port} 127.0.0.1\n\
             listener {tls_port} 127.0.0.1\n\
             cafile {folder}/ca.crt\n\
             certfile {folder}/server.crt\n\
             keyfile {folder}/server.key\n"
        );
        std::fs::write(self.path("mosquitto.conf"), config).unwrap();
    }
}

/// A message that a [`Listener`] heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    pub retained: bool,
    pub topic: String,
    pub payload: String,
}

/// A second client of the broker.
pub struct Listener {
    child: Child,
    lines: mpsc::UnboundedReceiver<String>,
    early: Vec<Heard>,
}

impl Listener {
    /// The next message; fails if none comes within half a minute.
    pub async fn next(&mut self) -> Heard {
        let next = self.next_within(Duration::from_secs(30)).await;
        next.expect("a message")
    }

    /// The next message, if one comes in time.
    pub async fn next_within(&mut self, patience: Duration) -> Option<Heard> {
        match self.early.pop() {
            Some(heard) => Some(heard),
            None => self.new_within(patience).await,
        }
    }

    async fn new_within(&mut self, patience: Duration) -> Option<Heard> {
        let line = tokio::time::timeout(patience, self.lines.recv())
            .await
            .ok()??;
        let mut parts = line.splitn(3, ' ');
        Some(Heard {
            retained: parts.next() == Some("1"),
            topic: parts.next().unwrap_or_default().to_owned(),
            payload: parts.next().unwrap_or_default().to_owned(),
        })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}
