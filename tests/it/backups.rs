//! Backups of a house that is at work, and the house that comes back from them.

use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::daemon::Daemon;
use crate::process::eventually;

const PATIENCE: Duration = Duration::from_mins(1);

fn bill(number: u32) -> Vec<u8> {
    format!(
        "Stadtwerke Musterstadt GmbH\nRechnung Nr. {number}\nDatum: 02.03.2026\n\
         Bitte zahlen Sie 84,20 EUR bis zum 30.03.2026.\n"
    )
    .into_bytes()
}

/// The documents that a daemon knows, with their originals.
async fn letters(daemon: &Daemon, count: usize) -> Vec<(String, Vec<u8>)> {
    let mut letters = Vec::new();
    for document in daemon.finished(count, PATIENCE).await {
        let id = document["id"].as_str().unwrap().to_owned();
        let original = daemon.original(&id).await;
        letters.push((id, original));
    }
    letters.sort();
    letters
}

/// A daemon on what a backup in `disk` brings back.
async fn comes_back_from(disk: &TempDir) -> Daemon {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("new-data");
    let disk = disk.path().to_str().unwrap();
    // Tokens come back too; the new daemon's own has the same name.
    for arguments in [&["restore", disk][..], &["token", "revoke", "test"]] {
        let done = Command::new(env!("CARGO_BIN_EXE_workmate"))
            .args(arguments)
            .env("WORKMATE_DATA__DIR", &data)
            .output()
            .unwrap();
        assert!(done.status.success(), "{done:?}");
    }
    let mut daemon = Daemon::on(dir, data, &[]);
    daemon.start().await;
    daemon
}

#[tokio::test]
async fn the_first_backup_is_made_at_once_and_a_new_house_goes_on_from_it() {
    let disk = tempfile::tempdir().unwrap();
    let folder = disk.path().to_str().unwrap();
    let mut daemon = Daemon::prepare(&[("WORKMATE_BACKUP__FOLDER", folder)]);
    daemon.start().await;
    eventually("a first backup", PATIENCE, || async {
        let listed = daemon.command(&["restore", "--list", folder]).ok()?;
        listed.contains("0 documents").then_some(())
    })
    .await;
    for number in 0..3 {
        let name = format!("{number}.txt");
        daemon.upload(&name, bill(number)).await.unwrap();
    }
    let before = letters(&daemon, 3).await;
    daemon.open_tasks(3, PATIENCE).await;
    let said = daemon.command(&["backup"]).unwrap();
    assert!(said.contains("3 documents, 3 tasks"), "{said}");
    assert!(said.contains("3 new files copied"), "{said}");
    // Beside the API.
    let metrics = daemon.bytes("../../metrics").await;
    let metrics = String::from_utf8(metrics).unwrap();
    assert!(metrics.contains("workmate_backup_failed 0"), "{metrics}");
    assert!(
        metrics.contains("workmate_backup_last_good_seconds 1"),
        "{metrics}"
    );
    daemon.kill();
    let new = comes_back_from(&disk).await;
    assert_eq!(letters(&new, 3).await, before);
    assert_eq!(new.open_tasks(3, PATIENCE).await.len(), 3);
    let journal = new.command(&["journal", "verify"]).unwrap();
    assert!(journal.contains("unbroken"), "{journal}");
}

#[tokio::test]
async fn killed_while_it_copies_it_leaves_the_backup_before_and_makes_the_next_one() {
    let disk = tempfile::tempdir().unwrap();
    let folder = disk.path().to_str().unwrap();
    let mut daemon = Daemon::prepare(&[("WORKMATE_BACKUP__FOLDER", folder)]);
    daemon.start().await;
    for number in 0..30 {
        let name = format!("{number}.txt");
        daemon.upload(&name, bill(number)).await.unwrap();
    }
    daemon.finished(30, PATIENCE).await;
    daemon.command(&["backup"]).unwrap();
    for round in 0..4_u32 {
        let name = format!("more-{round}.txt");
        daemon.upload(&name, bill(100 + round)).await.unwrap();
        let environment = daemon.environment().to_vec();
        let mut asked = Command::new(env!("CARGO_BIN_EXE_workmate"))
            .arg("backup")
            .envs(environment)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Each is killed a little later in its backup.
        tokio::time::sleep(Duration::from_millis(u64::from(5 + 12 * round))).await;
        daemon.kill();
        asked.kill().unwrap();
        asked.wait().unwrap();
        let listed = daemon.command(&["restore", "--list", folder]).unwrap();
        assert!(listed.contains(" documents, "), "{listed}");
        daemon.start().await;
    }
    let before = letters(&daemon, 34).await;
    let said = daemon.command(&["backup"]).unwrap();
    assert!(said.contains("34 documents"), "{said}");
    daemon.kill();
    let new = comes_back_from(&disk).await;
    assert_eq!(letters(&new, 34).await, before);
}

/// Runs `workmate restore` from `disk` into a new data folder beside it, with `typed` on its input.
fn restore(disk: &TempDir, arguments: &[&str], typed: &str) -> Result<String, String> {
    use std::io::Write;
    let data = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_workmate"))
        .arg("restore")
        .arg(disk.path())
        .args(arguments)
        .env("WORKMATE_DATA__DIR", data.path().join("data"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Who is not asked does not read.
    drop(child.stdin.take().unwrap().write_all(typed.as_bytes()));
    let done = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if done.status.success() {
        return Ok(text(&done.stdout));
    }
    Err(text(&done.stderr))
}

#[tokio::test]
async fn an_encrypted_backup_comes_back_by_the_key_of_the_household_alone() {
    use age::secrecy::ExposeSecret;
    let disk = tempfile::tempdir().unwrap();
    let identity = age::x25519::Identity::generate();
    let recipient = identity.to_public().to_string();
    let mut daemon = Daemon::prepare(&[
        ("WORKMATE_BACKUP__FOLDER", disk.path().to_str().unwrap()),
        ("WORKMATE_BACKUP__RECIPIENT", &recipient),
    ]);
    daemon.start().await;
    daemon.upload("bill.txt", bill(1)).await.unwrap();
    daemon.open_tasks(1, PATIENCE).await;
    let said = daemon.command(&["backup"]).unwrap();
    assert!(said.contains("1 documents, 1 tasks"), "{said}");

    let refused = restore(&disk, &[], "").unwrap_err();
    assert!(refused.contains(&recipient), "{refused}");
    assert!(refused.contains("--key"), "{refused}");
    let key = daemon.desk().join("key.txt");
    std::fs::write(&key, identity.to_string().expose_secret()).unwrap();
    let key = key.to_str().unwrap();
    let said = restore(&disk, &["--key", key], "").unwrap();
    assert!(said.contains("1 documents, 1 tasks"), "{said}");

    // Another way of sealing is refused, and nothing is mixed.
    daemon.kill();
    daemon.set("WORKMATE_BACKUP__RECIPIENT", "");
    daemon.start().await;
    let refused = daemon.command(&["backup"]).unwrap_err();
    assert!(refused.contains("choose an empty folder"), "{refused}");
}

#[tokio::test]
async fn a_passphrase_is_asked_for_before_a_backup_comes_back() {
    let disk = tempfile::tempdir().unwrap();
    let mut daemon = Daemon::prepare(&[]);
    let words = daemon.desk().join("words");
    std::fs::write(&words, "correct horse battery\n").unwrap();
    daemon.set("WORKMATE_BACKUP__PASSPHRASE_FILE", words.to_str().unwrap());
    let folder = disk.path().to_str().unwrap();
    daemon.command(&["backup", folder]).unwrap();
    let refused = restore(&disk, &[], "wrong horse battery\n").unwrap_err();
    assert!(refused.contains("not the passphrase"), "{refused}");
    let said = restore(&disk, &[], "correct horse battery\n").unwrap();
    assert!(said.contains("restored into"), "{said}");
}
