//! A port that somebody else opened for the daemon, as systemd does, and what its readers leave to others.

use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::process::Command;
use std::time::Duration;

use rustix::io::{FdFlags, fcntl_setfd};

use crate::daemon::{Daemon, readers_of};
use crate::process::{eventually, installed};

#[tokio::test]
async fn a_port_that_was_opened_for_it_is_the_one_it_answers_on() {
    let mut daemon = Daemon::prepare(&[]);
    let configured = daemon.address.trim_start_matches("http://").to_owned();
    let opened = TcpListener::bind("127.0.0.1:0").unwrap();
    daemon.address = format!("http://{}", opened.local_addr().unwrap());
    // Handed on as a service manager does: by its number, with the process named whom it is for. Other
    // shells know no number of two digits.
    fcntl_setfd(&opened, FdFlags::empty()).unwrap();
    let script = format!(
        "exec 3<&{} && LISTEN_PID=$$ LISTEN_FDS=1 exec \"$0\" serve",
        opened.as_raw_fd()
    );
    let mut command = Command::new(installed("bash", "bash"));
    let program = daemon.program();
    command.args(["-c", &script]).arg(program.get_program());
    let own = program.get_envs();
    command.envs(own.filter_map(|(name, value)| Some((name, value?))));
    daemon.start_by(&mut command).await;
    fcntl_setfd(&opened, FdFlags::CLOEXEC).unwrap();
    assert!(TcpStream::connect(&configured).is_err());
}

#[tokio::test]
async fn a_reader_lets_everybody_else_go_first() {
    let mut daemon = Daemon::prepare(&[]);
    daemon.start().await;
    let letter = b"Bitte zahlen Sie 12,00 EUR bis 1.3.2099.".to_vec();
    daemon.upload("letter.txt", letter).await.unwrap();
    let data = daemon.data().display().to_string();
    let reader = eventually("a reader is there", Duration::from_secs(30), || async {
        readers_of(&data).first().copied()
    });
    let reader = reader.await.as_raw_nonzero().to_string();
    let said = |program: &str, arguments: &[&str]| {
        let output = Command::new(installed(program, "util-linux"))
            .args(arguments)
            .output();
        String::from_utf8_lossy(&output.unwrap().stdout)
            .trim()
            .to_owned()
    };
    // It says so of itself, a moment after it was started.
    eventually(
        "the disk is left to others",
        Duration::from_secs(10),
        || {
            let is_idle = said("ionice", &["-p", &reader]) == "idle";
            async move { is_idle.then_some(()) }
        },
    )
    .await;
    let stat = std::fs::read_to_string(format!("/proc/{reader}/stat")).unwrap();
    let behind_name = stat.rsplit(')').next().unwrap();
    // Field 19, of which the first two stand before.
    let nice: i32 = behind_name
        .split_whitespace()
        .nth(16)
        .unwrap()
        .parse()
        .unwrap();
    let own = rustix::process::getpriority_process(None).unwrap();
    assert_eq!(nice, (own + 10).min(19));
}
