//! Backups in a bucket of S3, and the house that comes back from it.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::daemon::Daemon;
use crate::process::eventually;
use crate::s3::{KEY, S3, SECRET};

const PATIENCE: Duration = Duration::from_mins(1);
const WORDS: &str = "correct horse battery staple";

fn bill(number: u32) -> Vec<u8> {
    format!(
        "Stadtwerke Musterstadt GmbH\nRechnung Nr. {number}\nDatum: 02.03.2026\n\
         Bitte zahlen Sie 84,20 EUR bis zum 30.03.2026.\n"
    )
    .into_bytes()
}

/// A file that goes in several parts: a picture, with more behind its end than anybody reads.
fn large() -> Vec<u8> {
    let mut picture = Vec::new();
    let page = image::GrayImage::from_pixel(40, 40, image::Luma([255]));
    let encoder = image::codecs::png::PngEncoder::new(&mut picture);
    page.write_with_encoder(encoder).unwrap();
    let noise = (0..12_000_000_u32).map(|it| it.wrapping_mul(2_654_435_761).to_le_bytes()[3]);
    picture.extend(noise);
    picture
}

fn settings<'a>(url: &'a str, secret: &'a str, words: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut settings = vec![
        ("WORKMATE_BACKUP__BUCKET", url),
        ("WORKMATE_BACKUP__BUCKET_KEY", KEY),
        ("WORKMATE_BACKUP__BUCKET_SECRET_FILE", secret),
    ];
    if !words.is_empty() {
        settings.push(("WORKMATE_BACKUP__PASSPHRASE_FILE", words));
    }
    settings
}

/// Two files: the secret, and the words.
fn secrets(folder: &Path) -> [String; 2] {
    [("secret", SECRET), ("words", WORDS)].map(|(name, text)| {
        let path = folder.join(name);
        std::fs::write(&path, format!("{text}\n")).unwrap();
        path.display().to_string()
    })
}

/// Restores from the bucket of `settings` into `data`.
fn restore(data: &Path, settings: &[(&str, &str)], more: &[&str]) -> Result<String, String> {
    let output = Command::new(env!("CARGO_BIN_EXE_workmate"))
        .args(["restore", "--bucket"])
        .args(more)
        .env("WORKMATE_DATA__DIR", data)
        .envs(settings.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() {
        Ok(text(&output.stdout))
    } else {
        Err(text(&output.stderr))
    }
}

#[tokio::test]
async fn a_bucket_gets_everything_and_gives_it_back() {
    let s3 = S3::start("papers");
    let folder = tempfile::tempdir().unwrap();
    let [secret, words] = secrets(folder.path());
    let url = s3.url("papers/home");
    let settings = settings(&url, &secret, &words);
    let mut daemon = Daemon::prepare(&settings);
    daemon.start().await;
    eventually("a first backup", PATIENCE, || async {
        let listed = restore(&folder.path().join("look"), &settings, &["--list"]).ok()?;
        listed.contains("0 documents").then_some(())
    })
    .await;
    for number in 0..3 {
        let name = format!("{number}.txt");
        daemon.upload(&name, bill(number)).await.unwrap();
    }
    let picture = daemon.upload("large.png", large()).await.unwrap();
    daemon.finished(4, PATIENCE).await;
    daemon.open_tasks(3, PATIENCE).await;
    let said = daemon.command(&["backup"]).unwrap();
    assert!(said.contains("4 documents, 3 tasks"), "{said}");
    // What the page of the picture looks like is kept too.
    assert!(!said.contains("\n0 new files"), "{said}");
    let again = daemon.command(&["backup"]).unwrap();
    assert!(again.contains("\n0 new files"), "{again}");

    // All of it below the folder, and nothing for a stranger to read.
    let objects = s3.objects("papers");
    let is_ours = |it: &(String, _)| it.0.starts_with("home/");
    assert!(objects.iter().all(is_ours), "{objects:?}");
    let lists = ["json", "txt"];
    for (name, path) in &objects {
        let is_list = lists.iter().any(|it| name.ends_with(it));
        let bytes = std::fs::read(path).unwrap();
        let is_sealed = bytes.starts_with(b"age-encryption.org/v1");
        assert!(is_list || is_sealed, "{name}");
    }
    daemon.kill();

    let data = folder.path().join("new-data");
    let restored = restore(&data, &settings, &[]).unwrap();
    assert!(restored.contains("4 documents, 3 tasks"), "{restored}");
    // Tokens come back too; the new daemon's own has the same name.
    let revoked = Command::new(env!("CARGO_BIN_EXE_workmate"))
        .args(["token", "revoke", "test"])
        .env("WORKMATE_DATA__DIR", &data)
        .status();
    assert!(revoked.unwrap().success());
    let mut revived = Daemon::on(tempfile::tempdir().unwrap(), data, &[]);
    revived.start().await;
    assert_eq!(revived.original(&picture).await, large());
    revived.open_tasks(3, PATIENCE).await;
}

#[tokio::test]
async fn what_is_wrong_with_a_bucket_is_said_and_mended() {
    let mut s3 = S3::start("papers");
    let folder = tempfile::tempdir().unwrap();
    let [secret, _] = secrets(folder.path());
    let wrong = folder.path().join("wrong");
    std::fs::write(&wrong, "another secret").unwrap();
    let daemon = Daemon::prepare(&[]);
    let back_up = |url: &str, secret: &str| {
        let mut command = daemon.program();
        command.arg("backup").envs(settings(url, secret, ""));
        let output = command.output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        (output.status.success(), text)
    };
    let refused = back_up(&s3.url("papers"), &wrong.display().to_string());
    assert!(
        !refused.0 && refused.1.contains("bucket_secret_file"),
        "{refused:?}"
    );
    assert!(!refused.1.contains("another secret"));
    let missing = back_up(&s3.url("nowhere"), &secret);
    assert!(
        !missing.0 && missing.1.contains("no bucket of that name"),
        "{missing:?}"
    );
    let (is_made, said) = back_up(&s3.url("papers"), &secret);
    assert!(is_made, "{said}");
    // Where nothing is encrypted the lists say which files there are, and each is what it was.
    assert!(!s3.objects("papers/copies").is_empty());
    s3.kill();
    let gone = back_up(&s3.url("papers"), &secret);
    assert!(!gone.0 && gone.1.contains("cannot be reached"), "{gone:?}");
    s3.start_again();
    let (is_made, said) = back_up(&s3.url("papers"), &secret);
    assert!(is_made, "{said}");
}
