//! A long scan shows how far its reading has come, and can be stopped: by a person, and by the house.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::daemon::Daemon;
use crate::process::eventually;
use crate::scans;

const PATIENCE: Duration = Duration::from_mins(2);

/// A scan of 60 pages, which takes a minute or more to read.
fn long_scan() -> Vec<u8> {
    let sheet = scans::letter("waste-charges-notice");
    scans::pdf(&vec![sheet; 60])
}

/// The document once at least `pages` of its pages are read, while it is being read.
async fn at_page(daemon: &Daemon, id: &str, pages: u64) -> Value {
    eventually("the bar moves", PATIENCE, || async {
        let one = daemon.get(&format!("documents/{id}")).await?;
        (one["progress"]["pages_done"].as_u64()? >= pages).then_some(one)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_reading_shows_a_moving_bar_and_is_cancelled_with_its_process() {
    let settings = [("WORKMATE_HOUSEHOLD__LANGUAGE", "en")];
    let mut daemon = Daemon::prepare(&settings);
    daemon.start().await;
    let mut events = daemon.listen().await;
    let id = daemon.upload("long.pdf", long_scan()).await.unwrap();
    let one = at_page(&daemon, &id, 1).await;
    assert_eq!(one["progress"]["pages"], 60, "{one}");
    let further = at_page(&daemon, &id, 2).await;
    assert_eq!(further["stage"]["name"], "received");
    assert!(daemon.reader_count() > 0);
    let begin = Instant::now();
    daemon.post(&format!("documents/{id}/cancel")).await;
    eventually("its process has ended", PATIENCE, || async {
        (daemon.reader_count() == 0).then_some(())
    })
    .await;
    assert!(
        begin.elapsed() < Duration::from_secs(5),
        "{:?}",
        begin.elapsed()
    );
    let one = daemon.get(&format!("documents/{id}")).await.unwrap();
    assert_eq!(one["stage"]["name"], "stuck");
    assert_eq!(one["stage"]["reason"], "Cancelled by test.");
    assert_eq!(one["progress"], Value::Null);
    let heard = events.until("\"change\":\"cancelled\"").await;
    assert!(heard.contains("event: progress"), "{heard}");
    assert!(heard.contains("\"pages\":60"), "{heard}");
    // The next document is read by a new process.
    daemon
        .upload("short.txt", b"Guten Tag".to_vec())
        .await
        .unwrap();
    daemon.finished(2, PATIENCE).await;
    // What was stopped is read after all when somebody wants it.
    daemon.post(&format!("documents/{id}/retry")).await;
    at_page(&daemon, &id, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_soft_stop_does_not_wait_for_a_long_reading_and_reads_it_again_later() {
    let mut daemon = Daemon::prepare(&[]);
    daemon.start().await;
    let id = daemon.upload("long.pdf", long_scan()).await.unwrap();
    at_page(&daemon, &id, 1).await;
    let begin = Instant::now();
    let log = daemon.stop().await;
    assert!(
        begin.elapsed() < Duration::from_secs(15),
        "{:?}",
        begin.elapsed()
    );
    assert!(!log.contains("was left behind"), "{log}");
    daemon.start().await;
    let again = at_page(&daemon, &id, 1).await;
    assert_eq!(again["stage"]["name"], "received", "{again}");
}
