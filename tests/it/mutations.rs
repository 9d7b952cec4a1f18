//! Mutated files of every kind through one daemon: each is read or stuck with its reason, and when
//! they are done the daemon is what it was before.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::daemon::Daemon;
use crate::fuzz::{mutate, seeds};
use crate::process::eventually;
use crate::{role, soak};

/// Files in the gate; `make soak` sends 10 000.
const FILES: u64 = 200;
/// How much larger the daemon may be afterwards, in kilobytes.
const GROWTH_KILOBYTES_MAX: u64 = 32 * 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mutated_files_neither_stop_nor_swell_the_daemon() {
    let mut daemon = Daemon::prepare(&[
        ("WORKMATE_READING__TIMEOUT_SECONDS", "20"),
        ("WORKMATE_READING__IDLE_SECONDS", "1"),
        ("WORKMATE_HOUSEHOLD__LANGUAGE", "en"),
    ]);
    daemon.start().await;
    // The first document brings what stays: caches, threads.
    daemon
        .upload("first.txt", b"Rechnung 1".to_vec())
        .await
        .unwrap();
    daemon.finished(1, Duration::from_mins(1)).await;
    let before = daemon.resident_kilobytes();
    let seeds = seeds::good().unwrap();
    let mut ids = std::collections::BTreeSet::new();
    let files = soak::count("SOAK_FILES", FILES);
    for number in 0..files {
        let sheet = mutate::mutated(&seeds, number);
        match daemon.upload(&sheet.name, sheet.bytes).await {
            Ok(id) => {
                ids.insert(id);
            }
            // By its first bytes it is nothing that can be read.
            Err(refusal) => assert!(refusal.starts_with('4'), "{number}: {refusal}"),
        }
    }
    assert!(
        ids.len() * 10 > usize::try_from(files).unwrap() * 7,
        "{} were taken",
        ids.len()
    );
    let all = daemon.finished(ids.len() + 1, Duration::from_mins(5)).await;
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for document in &all {
        let stage = &document["stage"];
        let is_stuck = stage["name"] == "stuck";
        let reason = stage["reason"].as_str().unwrap_or_default();
        assert_eq!(is_stuck, !reason.is_empty(), "{document}");
        assert!(!reason.contains("cannot be started"), "{document}");
        *reasons.entry(reason.to_owned()).or_default() += 1;
    }
    role::say(&format!("{reasons:#?}"));
    let hung = reasons.keys().find(|it| it.contains("took longer"));
    assert_eq!(hung, None, "{}", daemon.log());
    let crashed = reasons
        .iter()
        .filter(|it| it.0.contains("crashed"))
        .map(|it| it.1);
    // One in two hundred may meet a decoder that gives up instead of refusing.
    let crashed = crashed.sum::<usize>();
    assert!(crashed * 200 <= all.len(), "{reasons:#?}\n{}", daemon.log());
    assert!(reasons[""] > all.len() / 4, "{reasons:#?}");
    eventually("the readers leave", Duration::from_secs(30), || async {
        daemon.readers().is_empty().then_some(())
    })
    .await;
    assert!(daemon.is_running(), "{}", daemon.log());
    let after = daemon.resident_kilobytes();
    assert!(
        after <= before + GROWTH_KILOBYTES_MAX,
        "{before} kB before, {after} kB after"
    );
    let verified = daemon.command(&["journal", "verify"]).unwrap();
    assert!(verified.contains("unbroken"), "{verified}");
}
