//! A daemon that reads its configuration anew: the same process, nobody turned away, and nothing changed by a
//! configuration that is wrong.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::daemon::Daemon;
use crate::process::{eventually, free_port};

/// A daemon with a configuration in a file, which names an address for links.
struct House {
    daemon: Daemon,
    file: PathBuf,
}

impl House {
    async fn open(base_url: &str) -> Self {
        let mut daemon = Daemon::prepare(&[]);
        let file = daemon.desk().join("workmate.toml");
        daemon.set("WORKMATE_CONFIG", &file.display().to_string());
        let house = Self { daemon, file };
        house.configure(base_url, "");
        let mut house = house;
        house.daemon.start().await;
        house
    }

    fn configure(&self, base_url: &str, more: &str) {
        let text = format!("[server]\npublic_url = \"{base_url}\"\n{more}");
        std::fs::write(&self.file, text).unwrap();
    }

    /// Where links lead.
    fn base_url(&self) -> String {
        let link = self.daemon.command(&["person", "link"]).unwrap();
        link.split("/first-login/").next().unwrap().to_owned()
    }

    fn hang_up(&self) {
        let number = i32::try_from(self.daemon.number()).unwrap();
        kill_process(Pid::from_raw(number).unwrap(), Signal::HUP).unwrap();
    }

    /// Waits until the daemon has said `words`.
    async fn has_said(&self, words: &str) {
        eventually("it is said", Duration::from_secs(30), || async {
            self.daemon.log().contains(words).then_some(())
        })
        .await;
    }
}

/// Knocks until told otherwise, each time anew; how often it was answered, and what else happened.
fn knock(address: &str, enough: &AtomicBool) -> (u32, Vec<String>) {
    let address = address.trim_start_matches("http://");
    let once = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        stream.write_all(b"GET /health HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    let (mut answered, mut wrong) = (0, Vec::new());
    while !enough.load(Ordering::Relaxed) {
        match once() {
            Ok(answer) if answer.starts_with("HTTP/1.1 200") => answered += 1,
            Ok(answer) => wrong.push(answer),
            Err(error) => wrong.push(error.to_string()),
        }
    }
    (answered, wrong)
}

#[tokio::test]
async fn a_reload_takes_the_new_configuration_and_turns_nobody_away() {
    let house = House::open("http://old.example").await;
    let daemon = &house.daemon;
    let letter = b"Bitte zahlen Sie 12,00 EUR bis 1.3.2099.".to_vec();
    daemon.upload("letter.txt", letter).await.unwrap();
    assert_eq!(house.base_url(), "http://old.example");
    let before = daemon.number();
    let enough = Arc::new(AtomicBool::new(false));
    let knocking = std::thread::spawn({
        let (address, enough) = (daemon.address.clone(), Arc::clone(&enough));
        move || knock(&address, &enough)
    });
    for turn in 0..4 {
        let base_url = format!("http://new{turn}.example");
        house.configure(&base_url, "");
        assert_eq!(daemon.command(&["reload"]).unwrap(), "reloaded");
        assert_eq!(house.base_url(), base_url);
    }
    enough.store(true, Ordering::Relaxed);
    let (answered, wrong) = knocking.join().unwrap();
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(answered > 4);
    assert_eq!(daemon.number(), before, "another process");
    // The client sees that its connection was closed.
    daemon.get("tasks").await;
    // It reads as before, and no reader of the old house is left behind, dead or alive.
    let letter = b"Bitte zahlen Sie 13,00 EUR bis 2.3.2099.".to_vec();
    daemon.upload("second.txt", letter).await.unwrap();
    eventually("both are understood", Duration::from_secs(30), || async {
        let documents = daemon.get("documents").await?;
        let stages = documents["documents"].as_array()?.iter();
        let understood = stages.filter(|it| it["stage"]["name"] == "understood");
        (understood.count() == 2).then_some(())
    })
    .await;
    let readers = daemon.readers();
    assert_eq!(readers.len(), daemon.reader_count(), "{readers:?}");
    let zombies = readers.iter().filter(|it| {
        let status = std::fs::read_to_string(format!("/proc/{it}/status")).unwrap_or_default();
        status.contains("State:\tZ")
    });
    assert_eq!(zombies.count(), 0);
}

#[tokio::test]
async fn a_wrong_configuration_changes_nothing_and_is_named() {
    let house = House::open("http://right.example").await;
    let daemon = &house.daemon;
    let before = daemon.number();
    for (more, named) in [
        ("lissen = 1", "lissen"),
        (
            "[mail]\nurl = \"smtp://anna@mail.example\"\npassword_file = \"/nowhere/password\"",
            "/nowhere/password",
        ),
        (
            "[mqtt]\nurl = \"mqtts://broker.example\"\nca_file = \"/nowhere/ca.pem\"",
            "/nowhere/ca.pem",
        ),
        ("[backup]\nrecipient = \"age1nobody\"", "backup.recipient"),
    ] {
        house.configure("http://wrong.example", more);
        let refused = daemon.command(&["reload"]);
        assert!(
            refused.as_ref().is_err_and(|it| it.contains(named)),
            "{named}: {refused:?}"
        );
    }
    house.configure("http://wrong.example", "lissen = 1");
    house.hang_up();
    house.has_said("lissen").await;
    house.configure("http://right.example", "");
    assert_eq!(house.base_url(), "http://right.example");
    assert_eq!(daemon.number(), before);
    assert!(!daemon.log().contains("to open again"));
}

#[tokio::test]
async fn a_hangup_is_a_reload_too_and_the_port_may_change() {
    let mut house = House::open("http://one.example").await;
    // The environment goes before the file, and a process cannot be given another one.
    house.daemon.stop().await;
    let old = house.daemon.address.clone();
    house.daemon.unset("WORKMATE_SERVER__LISTEN");
    let listen = old.trim_start_matches("http://").to_owned();
    house.configure("http://one.example", &format!("listen = \"{listen}\""));
    house.daemon.start().await;
    let before = house.daemon.number();
    let listen = format!("127.0.0.1:{}", free_port());
    house.configure("http://two.example", &format!("listen = \"{listen}\""));
    house.hang_up();
    house.has_said("listens on http://two.example").await;
    let enough = AtomicBool::new(false);
    let answer = std::thread::scope(|scope| {
        let knocking = scope.spawn(|| knock(&listen, &enough));
        std::thread::sleep(Duration::from_millis(300));
        enough.store(true, Ordering::Relaxed);
        knocking.join().unwrap()
    });
    assert!(answer.0 > 0 && answer.1.is_empty(), "{:?}", answer.1);
    let gone = TcpStream::connect(old.trim_start_matches("http://"));
    assert!(gone.is_err(), "the old port is still open");
    assert_eq!(house.daemon.number(), before);
    // Twice at once, and while it is closed: it lives on.
    for _ in 0..5 {
        house.hang_up();
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    eventually("it is well", Duration::from_secs(30), || async {
        house.daemon.command(&["health"]).ok()
    })
    .await;
    assert_eq!(house.daemon.number(), before);
}

#[tokio::test]
async fn a_stop_while_it_reloads_is_a_stop() {
    for wait in [0, 50, 200, 260] {
        let mut house = House::open("http://one.example").await;
        house.hang_up();
        tokio::time::sleep(Duration::from_millis(wait)).await;
        let said = house.daemon.stop().await;
        assert!(!said.contains("left behind"), "{said}");
    }
}

#[tokio::test]
async fn nobody_to_reload_is_said() {
    let daemon = Daemon::prepare(&[]);
    let refused = daemon.command(&["reload"]).unwrap_err();
    assert!(refused.contains("no daemon runs on"), "{refused}");
}
