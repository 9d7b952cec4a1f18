//! A server that a test starts, and that ends with it.

use std::fs::File;
use std::future::Future;
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

/// Lines of its log that a server shows when its test fails.
const LINES_SHOWN: usize = 100;

/// A running program with all that it starts; killed when dropped.
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command` in a process group of its own, with its output in `log`.
    pub fn start(command: &mut Command, log: &Path) -> Self {
        let file = File::options().create(true).append(true).open(log).unwrap();
        let child = dying_with_us(command)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn()
            .unwrap_or_else(|error| panic!("{:?} does not start: {error}", command.get_program()));
        Self {
            child,
            log: log.to_owned(),
        }
    }

    /// `kill -9`, for it and everything that it started.
    pub fn kill(&mut self) {
        self.signal(Signal::KILL);
        self.child.wait().unwrap();
    }

    /// Sends `signal` to it and everything that it started; what has ended already ignores it.
    pub fn signal(&self, signal: Signal) {
        let group = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        if let Some(group) = group
            && let Err(error) = kill_process_group(group, signal)
        {
            log::debug!("it has ended already: {error}");
        }
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// What it has said so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Waits until something listens on `port`.
    pub fn wait_for_port(&mut self, port: u16, patience: Duration) {
        let deadline = Instant::now() + patience;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(
                self.is_running(),
                "it ended instead of listening:\n{}",
                self.log()
            );
            assert!(
                Instant::now() < deadline,
                "nothing listens on {port}:\n{}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// A test that fails shows the end of what its servers said.
impl Drop for Process {
    #[expect(
        clippy::print_stderr,
        reason = "what is printed so, the test's report shows"
    )]
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let log = self.log();
            let skipped = log.lines().count().saturating_sub(LINES_SHOWN);
            let end: Vec<&str> = log.lines().skip(skipped).collect();
            eprintln!("--- {}\n{}", self.log.display(), end.join("\n"));
        }
    }
}

/// The same command, killed by the kernel when the test's thread ends: a test that is interrupted
/// leaves no server behind.
fn dying_with_us(command: &Command) -> Command {
    let mut guarded = Command::new(installed("setpriv", "util-linux"));
    guarded
        .args(["--pdeathsig", "KILL", "--"])
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => guarded.env(name, value),
            None => guarded.env_remove(name),
        };
    }
    guarded
}

/// A port of 127.0.0.1 that nobody listens on.
pub fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0))
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// Where `program` is installed; fails with how to install its Debian `package`.
pub fn installed(program: &str, package: &str) -> PathBuf {
    installed_as(&[program], package)
}

/// Where the first of `programs` is installed; they are names of the same one.
pub fn installed_as(programs: &[&str], package: &str) -> PathBuf {
    // Debian keeps servers in sbin, which is not on everybody's path.
    let path = std::env::var_os("PATH").unwrap_or_default();
    let sbin = ["/usr/sbin".into(), "/usr/local/sbin".into()];
    let folders: Vec<PathBuf> = std::env::split_paths(&path).chain(sbin).collect();
    let places = programs
        .iter()
        .flat_map(|program| folders.iter().map(move |it| it.join(program)));
    places.into_iter().find(|it| it.is_file()).unwrap_or_else(|| {
        let program = programs.join(" or ");
        panic!("{program} is not installed: run `make test`, which installs it, or `apt-get install {package}`")
    })
}

/// Runs a program to its end and returns what it says; fails when it fails.
pub fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{:?}: {said}{complaint}",
        command.get_program()
    );
    said
}

/// An HTTP client for servers of this machine.
pub fn http() -> reqwest::Client {
    // It speaks plain HTTP here, but wants its TLS to be set up all the same.
    if rustls::crypto::ring::default_provider()
        .install_default()
        .is_err()
    {
        log::debug!("another test has set up TLS");
    }
    let builder = reqwest::Client::builder().timeout(Duration::from_secs(30));
    builder.build().expect("there is TLS")
}

/// Asks `question` again and again until it has an answer; fails after `patience` with `what`.
pub async fn eventually<T, F>(what: &str, patience: Duration, mut question: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let deadline = Instant::now() + patience;
    loop {
        if let Some(answer) = question().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "not within {patience:?}: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Runs `future` beside the test.
#[expect(
    clippy::disallowed_methods,
    reason = "a test has no lifecycle to spawn by"
)]
pub fn beside<F>(future: F) -> tokio::task::JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    tokio::spawn(future)
}
