//! Nothing acknowledged is lost: not when the daemon is killed at any moment, not on a full disk,
//! not when the reader dies.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::ToSpan;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::daemon::{Daemon, readers_of};
use crate::mosquitto::{Listener, Mosquitto};
use crate::process::{beside, eventually, installed, output};
use crate::soak;

/// Kills in the gate; `make soak` kills 500 times.
const KILLS: u64 = 50;

fn kills() -> u64 {
    soak::count("SOAK_KILLS", KILLS)
}

/// Documents that come in during the killing: 40 in the gate, in step with the kills elsewhere.
fn documents() -> usize {
    usize::try_from(kills() * 4 / 5).unwrap()
}
const PATIENCE: Duration = Duration::from_mins(2);

/// A letter that wants `cents` in five days: its first reminder is due at once.
pub fn letter(number: usize) -> Vec<u8> {
    let now = workmate::domain::clock::Clock::System.now();
    let today = now.to_zoned(jiff::tz::TimeZone::system()).date();
    let (issued, due) = (today - 9.days(), today + 5.days());
    let day = |it: jiff::civil::Date| it.strftime("%d.%m.%Y").to_string();
    format!(
        "Wasserwerk Nummer {number} GmbH\nBrunnenweg 3, 12345 Lindental\n\n\
         Rechnung Nr. W-{number:05}\nRechnungsdatum: {}\n\n\
         Rechnungsbetrag: {},{:02} EUR\n\
         Bitte zahlen Sie den Rechnungsbetrag bis zum {}.\n",
        day(issued),
        100 + number,
        number % 100,
        day(due),
    )
    .into_bytes()
}

/// Numbers that look random and are the same in every run (xorshift64).
pub struct Dice(pub u64);

impl Dice {
    /// From 0 to before `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// What a sender does by one of the three ways, again and again until it is acknowledged.
async fn send(daemon: &Sender, number: usize) {
    let name = format!("letter-{number}.txt");
    match number % 3 {
        0 => {
            while daemon.upload(&name, letter(number)).await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        1 => {
            let file = daemon.desk.join(&name);
            std::fs::write(&file, letter(number)).unwrap();
            while !daemon.add(&file).await {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        _ => {
            std::fs::write(daemon.folder.join(format!("{name}.part")), letter(number)).unwrap();
            let (part, whole) = (format!("{name}.part"), daemon.folder.join(&name));
            std::fs::rename(daemon.folder.join(part), &whole).unwrap();
            let done = daemon.folder.join("done").join(&name);
            // Acknowledged means: moved, with all that was written in it.
            while std::fs::metadata(&done).map_or(0, |it| it.len()) == 0 || whole.exists() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
}

/// Sends every third document, all of them by the same way.
async fn send_all(sender: &Sender, way: usize) {
    for number in (way..documents()).step_by(3) {
        send(sender, number).await;
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
}

/// Somebody outside who knows where the daemon is, running or not.
#[derive(Clone)]
struct Sender {
    client: reqwest::Client,
    url: String,
    token: String,
    desk: std::path::PathBuf,
    folder: std::path::PathBuf,
    environment: Vec<(String, String)>,
}

impl Sender {
    async fn upload(&self, name: &str, bytes: Vec<u8>) -> Result<(), reqwest::Error> {
        let part = reqwest::multipart::Part::bytes(bytes).file_name(name.to_owned());
        let form = reqwest::multipart::Form::new().part("file", part);
        let request = self
            .client
            .post(&self.url)
            .bearer_auth(&self.token)
            .multipart(form);
        request.send().await?.error_for_status().map(|_| ())
    }

    async fn add(&self, file: &std::path::Path) -> bool {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_workmate"));
        command.envs(self.environment.clone()).arg("add").arg(file);
        command.output().await.unwrap().status.success()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_moment_nothing_acknowledged_is_lost_and_nothing_is_done_twice() {
    let broker = Mosquitto::start();
    let mut listener = broker.listen("workmate/reminder").await;
    let mut daemon = Daemon::prepare(&[("WORKMATE_MQTT__URL", &broker.url())]);
    daemon.start().await;
    let sender = daemon.sender();
    let all_sent = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&all_sent);
    let sending = beside(async move {
        let ways = (0..3).map(|way| send_all(&sender, way));
        futures_util::future::join_all(ways).await;
        flag.store(true, Ordering::SeqCst);
    });
    let mut dice = Dice(0x5eed_0001);
    for _ in 0..kills() {
        tokio::time::sleep(Duration::from_millis(10 + dice.below(250))).await;
        daemon.kill();
        daemon.start().await;
    }
    tokio::time::timeout(PATIENCE, sending)
        .await
        .expect("all is acknowledged")
        .unwrap();
    assert!(all_sent.load(Ordering::SeqCst));

    let tasks = each_understood_once(&daemon).await;
    each_spoken_of_once(&mut listener, &tasks).await;
    eventually("every delivery is marked", PATIENCE, || async {
        let system = daemon.get("system").await?;
        (system["deliveries_waiting"] == 0).then_some(())
    })
    .await;
    assert!(
        daemon
            .command(&["journal", "verify"])
            .unwrap()
            .contains("unbroken")
    );
    soak::note(
        "`kill -9` at random moments while documents come in three ways",
        &format!(
            "{} kills, {} documents: none lost, each with one task and one reminder",
            kills(),
            documents()
        ),
    );
}

/// Every document has one reading, one set of findings and one task; the tasks.
async fn each_understood_once(daemon: &Daemon) -> BTreeSet<String> {
    let documents = daemon.finished(documents(), PATIENCE).await;
    assert_eq!(documents.len(), self::documents());
    let mut all = BTreeSet::new();
    for document in &documents {
        let id = document["id"].as_str().unwrap();
        let one = daemon.get(&format!("documents/{id}")).await.unwrap();
        assert_eq!(one["stage"]["name"], "understood", "{one}");
        let findings = one["findings"].as_array().unwrap();
        let payable = findings.iter().filter(|it| it["field"] == "payable");
        assert_eq!(payable.count(), 1, "{one}");
        assert_eq!(one["obligations"].as_array().unwrap().len(), 1, "{one}");
        let tasks = one["task_ids"].as_array().unwrap();
        assert_eq!(tasks.len(), 1, "{one}");
        all.insert(tasks[0].as_str().unwrap().to_owned());
    }
    all
}

/// Every task is spoken of at least once, and always by the same delivery.
async fn each_spoken_of_once(listener: &mut Listener, tasks: &BTreeSet<String>) {
    let mut heard: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    while tasks.iter().any(|task| !heard.contains_key(task)) {
        let message = listener.next_within(PATIENCE).await;
        let payload = message.expect("a reminder for every task").payload;
        let message: Value = serde_json::from_str(&payload).unwrap();
        let text = |name: &str| message[name].as_str().unwrap().to_owned();
        heard
            .entry(text("task"))
            .or_default()
            .insert(text("delivery"));
    }
    for (task, deliveries) in &heard {
        assert_eq!(
            deliveries.len(),
            1,
            "task {task} was reminded of by {deliveries:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_what_it_cannot_keep_and_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let disk = dir.path().join("disk");
    std::fs::create_dir(&disk).unwrap();
    let mount = installed("mount", "mount");
    let size = ["-t", "tmpfs", "-o", "size=6m", "tmpfs"];
    output(Command::new(mount).args(size).arg(&disk));
    let unmount = Unmount(disk.clone());
    let mut daemon = Daemon::on(dir, disk.join("data"), &[]);
    daemon.start().await;
    let mut kept = Vec::new();
    let mut refused = 0;
    for number in 0..60 {
        let mut bytes = letter(number);
        // Blank lines of different lengths: letters that take room.
        bytes.extend(std::iter::repeat_n(b'\n', 200_000 + number));
        match daemon.upload(&format!("{number}.txt"), bytes).await {
            Ok(id) => kept.push(id),
            Err(reason) => {
                assert!(reason.contains("507"), "{reason}");
                refused += 1;
            }
        }
    }
    assert!(refused > 0, "the disk never was full");
    assert!(!kept.is_empty(), "nothing was kept at all");
    assert!(daemon.is_running(), "{}", daemon.log());
    // Room again: everything acknowledged is there, with its bytes, and the daemon goes on.
    let mount = installed("mount", "mount");
    output(
        Command::new(mount)
            .args(["-o", "remount,size=64m"])
            .arg(&disk),
    );
    let documents = daemon.finished(kept.len(), PATIENCE).await;
    assert_eq!(documents.len(), kept.len());
    assert!(daemon.upload("after.txt", letter(1000)).await.is_ok());
    daemon.kill();
    daemon.start().await;
    daemon.finished(kept.len() + 1, PATIENCE).await;
    assert!(
        daemon
            .command(&["journal", "verify"])
            .unwrap()
            .contains("unbroken")
    );
    daemon.kill();
    drop(daemon);
    drop(unmount);
}

struct Unmount(std::path::PathBuf);

impl Drop for Unmount {
    fn drop(&mut self) {
        output(
            Command::new(installed("umount", "mount"))
                .arg("-l")
                .arg(&self.0),
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_is_killed_costs_a_try_and_no_document() {
    let mut daemon = Daemon::prepare(&[]);
    daemon.start().await;
    let data = daemon.data().display().to_string();
    let stop = Arc::new(AtomicBool::new(false));
    let (flag, killer_of) = (Arc::clone(&stop), data.clone());
    let killing = beside(async move {
        let mut killed = 0;
        while !flag.load(Ordering::SeqCst) && killed < 6 {
            killed += kill_readers(&killer_of);
            tokio::time::sleep(Duration::from_millis(40)).await;
        }
        killed
    });
    for number in 0..12 {
        daemon
            .upload(&format!("{number}.txt"), letter(number))
            .await
            .unwrap();
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    let killed = killing.await.unwrap();
    stop.store(true, Ordering::SeqCst);
    assert!(killed > 0, "no reader was there to be killed");
    let documents = daemon.finished(12, PATIENCE).await;
    assert!(daemon.is_running(), "{}", daemon.log());
    for document in documents {
        let id = document["id"].as_str().unwrap();
        // One that was hit twice waits for a person, who asks for another try.
        if document["stage"]["name"] == "stuck" {
            daemon.post(&format!("documents/{id}/retry")).await;
        }
    }
    let documents = daemon.finished(12, PATIENCE).await;
    assert!(
        documents
            .iter()
            .all(|it| it["stage"]["name"] == "understood"),
        "{documents:?}"
    );
}

/// Kills the readers of the daemon with that data directory; how many.
fn kill_readers(data: &str) -> u32 {
    let kill = |pid: Pid| {
        // One that has left by itself meanwhile is fine.
        kill_process(pid, Signal::KILL).is_ok()
    };
    let killed = readers_of(data).into_iter().filter(|it| kill(*it)).count();
    u32::try_from(killed).unwrap()
}

impl Daemon {
    fn sender(&self) -> Sender {
        Sender {
            client: crate::process::http(),
            url: format!("{}/api/v1/documents", self.address),
            token: self.token.clone(),
            desk: self.desk().to_owned(),
            folder: self.folder(),
            environment: self.environment().to_vec(),
        }
    }
}
