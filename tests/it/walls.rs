//! The reader's walls, from inside: what is refused, what is survived, what is said where one is
//! missing.

use std::collections::BTreeMap;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch};
use workmate::reading::process::{ReadError, ReadJob, Reader, ReaderSettings, probe};
use workmate::reading::sandbox::misdeeds::Misdeed;
use workmate::reading::sandbox::{self, Wall, Walls, calls};

use crate::daemon::Daemon;
use crate::process::{eventually, installed, output};
use crate::role;

const READER: &str = env!("CARGO_BIN_EXE_workmate-reader");

fn settings(program: impl Into<PathBuf>) -> ReaderSettings {
    ReaderSettings {
        program: Some(program.into()),
        workers: 1,
        ..ReaderSettings::default()
    }
}

fn letter() -> ReadJob {
    ReadJob {
        bytes: b"still here".to_vec(),
        ..ReadJob::default()
    }
}

#[tokio::test]
async fn the_walls_stand() {
    let protection = probe(&settings(READER)).await.unwrap();
    let missing = protection.missing.0.iter();
    let hard: Vec<_> = missing.filter(|it| it.0 != Wall::NetworkTwice).collect();
    assert!(hard.is_empty(), "this kernel lacks {hard:?}");
    for attempt in &protection.attempts {
        assert!(attempt.refused, "{} was not refused", attempt.what);
    }
    let tried: Vec<&str> = protection
        .attempts
        .iter()
        .map(|it| it.what.as_str())
        .collect();
    assert_eq!(
        tried,
        [
            "write a file",
            "change a file",
            "make a folder",
            "make a link",
            "read /etc/passwd",
            "list the root directory",
            "read the daemon's environment",
            "read the daemon's memory",
            "connect to a port",
            "listen on a port",
            "send a datagram",
            "open a TCP socket",
            "open a UDP socket",
            "connect to a socket",
            "listen on a socket",
            "ask the kernel for its routes",
            "listen to all packets",
            "become a program",
            "end the daemon",
            "outlive the daemon",
            "look at another process",
            "make processes",
            "open many files",
            "take more memory than it may",
            "raise its own limits",
            "start a thread (must work)",
        ]
    );
}

#[test]
fn no_other_system_call_is_answered() {
    let said = output(&mut role::command("walls::inside"));
    assert!(said.contains("refused "), "{said}");
}

/// Behind the walls, every system call that is not named answers «not permitted», and those that are
/// named do so for what they must not do.
#[test]
fn inside() {
    if !role::is("walls::inside") {
        return;
    }
    let missing = sandbox::enter(&Walls::default());
    let hard = |it: &&(Wall, String)| it.0 != Wall::NetworkTwice;
    assert_eq!(missing.0.iter().find(hard), None);
    // Harmless, and so the first to say whether the wall is there: some of what follows is not.
    assert_eq!(call(libc::SYS_getpgid, [0; 4]), Some(libc::EPERM));
    let left = calls::left().unwrap();
    let mut refused = 0;
    let is_probe = |it: i64| cfg!(target_arch = "x86_64") && PROBES.contains(&it);
    for number in (0..1024).filter(|it| !left.contains(it) && !is_probe(*it)) {
        assert_eq!(call(number, [0; 4]), Some(libc::EPERM), "call {number}");
        refused += 1;
    }
    // The same ones under the numbers of the other way to call them (x32).
    #[cfg(target_arch = "x86_64")]
    for number in (0..1024).map(|it| it | 0x4000_0000) {
        assert_eq!(call(number, [0; 4]), Some(libc::EPERM), "call {number:#x}");
    }
    assert_eq!(call(libc::SYS_clone3, [0; 4]), Some(libc::ENOSYS));
    let parent = i64::from(rustix::process::getppid().unwrap().as_raw_pid());
    let own = i64::from(std::process::id());
    for (number, arguments) in [
        (libc::SYS_clone, [libc::SIGCHLD.into(), 0, 0, 0]),
        (libc::SYS_prctl, [libc::PR_SET_PDEATHSIG.into(), 0, 0, 0]),
        (libc::SYS_prctl, [libc::PR_SET_DUMPABLE.into(), 1, 0, 0]),
        (libc::SYS_prctl, [libc::PR_SET_SECCOMP.into(), 0, 0, 0]),
        (libc::SYS_prctl, [libc::PR_SET_PTRACER.into(), parent, 0, 0]),
        // Another address than null is where new limits would stand.
        (libc::SYS_prlimit64, [0, 7, 8, 0]),
        (libc::SYS_tgkill, [parent, parent, libc::SIGKILL.into(), 0]),
        (libc::SYS_fcntl, [0, libc::F_SETOWN.into(), parent, 0]),
        (libc::SYS_fcntl, [0, F_SETSIG, libc::SIGKILL.into(), 0]),
        (
            libc::SYS_fcntl,
            [0, libc::F_SETFL.into(), libc::O_ASYNC.into(), 0],
        ),
        (libc::SYS_fcntl, [0, libc::F_SETPIPE_SZ.into(), 1 << 20, 0]),
    ] {
        let answer = call(number, arguments);
        assert_eq!(answer, Some(libc::EPERM), "call {number} {arguments:?}");
    }
    // It may signal itself: this is how a crash ends.
    assert_eq!(call(libc::SYS_tgkill, [own, own, 0, 0]), None);
    role::say(&format!("refused {refused} calls"));
}

/// `uretprobe` and `uprobe`: no filter sees them, and who calls them from elsewhere than a probe is
/// ended by the kernel (Linux 6.11).
const PROBES: [i64; 2] = [335, 336];

/// `F_SETSIG` of fcntl(2), which the crate for names leaves out here.
const F_SETSIG: i64 = 10;

/// What the kernel complains of; `None` if it does not.
fn call(number: i64, arguments: [i64; 4]) -> Option<i32> {
    let [a, b, c, d] = arguments;
    // SAFETY: the kernel refuses the call before it looks at the arguments; that it does was seen
    // with a harmless one first. None of the arguments is the address of anything.
    #[expect(unsafe_code, reason = "nothing else calls the kernel by number")]
    let answer = unsafe { libc::syscall(number, a, b, c, d, 0, 0) };
    (answer == -1).then(|| std::io::Error::last_os_error().raw_os_error().unwrap())
}

/// A reader that commits `misdeed` on its first `times` starts and reads on the next.
fn misbehaving(folder: &Path, misdeed: Misdeed, times: usize) -> PathBuf {
    let (text, program) = (folder.join("text"), folder.join("misbehaving"));
    let counters: Vec<String> = (0..times).map(|it| format!("\"$0.{it}\"")).collect();
    let script = format!(
        "#!/bin/sh\nfor once in {}; do\n  mkdir \"$once\" 2>/dev/null && exec {READER} --try={misdeed} \"$@\"\n\
         done\nexec {READER} \"$@\"\n",
        counters.join(" "),
    );
    std::fs::write(&text, script).unwrap();
    // Written by another process: one that a test beside this starts would hold the file open.
    let install = installed("install", "coreutils");
    output(
        Command::new(install)
            .args(["-m", "755"])
            .arg(text)
            .arg(&program),
    );
    program
}

#[tokio::test]
async fn what_cannot_be_refused_costs_one_process_and_says_what_it_was() {
    for (misdeed, code, said) in [
        (
            Misdeed::Allocate,
            "out_of_memory",
            "needed more than 1073 MB of memory",
        ),
        (Misdeed::Spin, "timed_out", "took longer than 2 seconds"),
        (Misdeed::Sleep, "timed_out", "took longer than 2 seconds"),
        (
            Misdeed::Threads,
            "reader_crashed",
            "threads, allowed are 64",
        ),
        (Misdeed::Recurse, "reader_crashed", "stack overflow"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let reader = Reader::new(ReaderSettings {
            timeout: Duration::from_secs(if code == "timed_out" { 2 } else { 60 }),
            ..settings(misbehaving(folder.path(), misdeed, 1))
        });
        let begin = Instant::now();
        let error = reader.read(letter()).await.unwrap_err();
        assert_eq!(error.code(), code, "{misdeed}: {error}");
        assert!(error.to_string().contains(said), "{misdeed}: {error}");
        assert!(begin.elapsed() < Duration::from_secs(20), "{misdeed}");
        let outcome = reader.read(letter()).await.unwrap();
        assert_eq!(outcome.reading.text(), "still here", "after {misdeed}");
        assert_eq!(
            (reader.state().lost, reader.state().busy),
            (1, 0),
            "{misdeed}"
        );
    }
}

#[tokio::test]
async fn a_reader_whose_processor_time_ends_is_ended_by_the_machine() {
    let folder = tempfile::tempdir().unwrap();
    let program = misbehaving(folder.path(), Misdeed::Spin, 1);
    let script = std::fs::read_to_string(folder.path().join("text")).unwrap();
    // The last of two equal arguments counts.
    let script = script.replacen("\"$@\"", "\"$@\" --cpu-seconds=1", 1);
    std::fs::write(folder.path().join("text"), script).unwrap();
    let install = installed("install", "coreutils");
    let text = folder.path().join("text");
    output(
        Command::new(install)
            .args(["-m", "755"])
            .arg(text)
            .arg(&program),
    );
    let reader = Reader::new(settings(program));
    let error = reader.read(letter()).await.unwrap_err();
    assert!(matches!(&error, ReadError::Killed), "{error}");
    assert!(reader.read(letter()).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_daemon_says_what_a_document_did_and_goes_on() {
    for (misdeed, reason, logged) in [
        (
            Misdeed::Spin,
            "reading took longer than 2 seconds",
            "reading failed, once more: reading took longer than 2 seconds",
        ),
        (
            Misdeed::Allocate,
            "reading needed more than 1073 MB of memory",
            "a document cannot be read: reading needed more than 1073 MB of memory",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        // Every document has two tries.
        let program = misbehaving(folder.path(), misdeed, 2).display().to_string();
        let timeout = if misdeed == Misdeed::Spin { "2" } else { "60" };
        let mut daemon = Daemon::prepare(&[
            ("WORKMATE_READING__PROGRAM", &program),
            ("WORKMATE_READING__TIMEOUT_SECONDS", timeout),
            ("WORKMATE_READING__WORKERS", "1"),
            ("WORKMATE_HOUSEHOLD__LANGUAGE", "en"),
        ]);
        daemon.start().await;
        let id = daemon
            .upload("first.txt", b"Rechnung 1".to_vec())
            .await
            .unwrap();
        let patience = Duration::from_mins(1);
        let document = &daemon.finished(1, patience).await[0];
        assert_eq!(document["stage"]["name"], "stuck", "{document}");
        assert_eq!(document["stage"]["reason"], reason, "{document}");
        assert_eq!(document["id"], id);
        assert!(daemon.log().contains(logged), "{}", daemon.log());
        daemon
            .upload("second.txt", b"Rechnung 2".to_vec())
            .await
            .unwrap();
        let all = daemon.finished(2, patience).await;
        let understood = all.iter().filter(|it| it["stage"]["name"] == "understood");
        assert_eq!(understood.count(), 1, "{all:?}");
        assert!(daemon.is_running(), "{}", daemon.log());
    }
}

#[test]
fn the_doctor_names_a_missing_wall_and_what_it_would_have_refused() {
    let daemon = Daemon::prepare(&[]);
    let mut command = without_landlock(&daemon, "doctor");
    let said = String::from_utf8(command.output().unwrap().stdout).unwrap();
    for line in [
        "Files is missing on this machine: the kernel has no Landlock",
        "a hostile file could read /etc/passwd",
        "a hostile file could list the root directory",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    // The other walls stand.
    for attempt in [
        "write", "change", "make", "listen", "connect", "open", "end", "take",
    ] {
        let line = format!("a hostile file could {attempt}");
        assert!(!said.contains(&line), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_daemon_says_once_that_a_wall_is_missing() {
    let mut daemon = Daemon::prepare(&[("WORKMATE_READING__IDLE_SECONDS", "1")]);
    let mut serve = without_landlock(&daemon, "serve");
    daemon.start_by(&mut serve).await;
    for number in 1..=2 {
        let text = format!("Rechnung {number}").into_bytes();
        daemon.upload(&format!("{number}.txt"), text).await.unwrap();
        let all = daemon.finished(number, Duration::from_mins(1)).await;
        assert!(
            all.iter().all(|it| it["stage"]["name"] == "understood"),
            "{all:?}"
        );
        // So that the next one has a reader of its own.
        eventually("the reader leaves", Duration::from_secs(20), || async {
            daemon.readers().is_empty().then_some(())
        })
        .await;
    }
    let log = daemon.log();
    assert_eq!(log.matches("fewer walls").count(), 1, "{log}");
    assert!(log.contains("files (the kernel has no Landlock)"), "{log}");
}

/// `workmate` with a subcommand, on a kernel that answers as one without Landlock does.
fn without_landlock(daemon: &Daemon, subcommand: &str) -> Command {
    let mut command = role::command("walls::become_workmate_without_landlock");
    let environment = daemon.environment().iter();
    command.envs(environment.map(|(name, value)| (name, value)));
    command.env("TEST_SUBCOMMAND", subcommand);
    command
}

#[test]
fn become_workmate_without_landlock() {
    if !role::is("walls::become_workmate_without_landlock") {
        return;
    }
    let refused = [(libc::SYS_landlock_create_ruleset, Vec::new())];
    let arch = TargetArch::try_from(std::env::consts::ARCH).unwrap();
    let enosys = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
    let filter = SeccompFilter::new(BTreeMap::from(refused), SeccompAction::Allow, enosys, arch);
    let program: BpfProgram = filter.unwrap().try_into().unwrap();
    seccompiler::apply_filter(&program).unwrap();
    let subcommand = std::env::var_os("TEST_SUBCOMMAND").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_workmate"));
    // Both are this test's own, and none of the program's keys.
    command
        .env_remove("TEST_SUBCOMMAND")
        .env_remove("TEST_ROLE");
    panic!("{}", command.arg(subcommand).exec());
}
