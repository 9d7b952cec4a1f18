//! Backups that other versions have made.

use rusqlite::Connection;

use super::*;
use crate::store::backup::sealing::hash;
use crate::store::schema;

/// Makes `database` that of the backup.
fn put_in(house: &House, made: &Made, database: &Path) {
    let place = house.rule().folder.join("copies").join(&made.name);
    fs::copy(database, place.join("workmate.sqlite")).unwrap();
    let copy = Copy {
        database_sha256: hash(database).unwrap().1,
        ..made.copy.clone()
    };
    let text = serde_json::to_vec(&copy).unwrap();
    fs::write(place.join("copy.json"), text).unwrap();
}

#[expect(
    clippy::disallowed_methods,
    reason = "the file is another version's, which no store has"
)]
fn changed(database: &Path, by: &str) {
    Connection::open(database)
        .unwrap()
        .execute_batch(by)
        .unwrap();
}

#[tokio::test]
async fn the_backup_of_every_earlier_version_comes_back_and_a_newer_one_is_refused() {
    for version in 1..=schema::LATEST + 1 {
        let house = House::open();
        let made = house.back_up().await.unwrap();
        let database = house.dir.path().join("other.sqlite");
        schema::of_version(&database, version.min(schema::LATEST));
        let witness = "INSERT INTO setting (name, value, version) VALUES ('witness', '7', 1)";
        let number = format!("PRAGMA user_version = {version}; PRAGMA journal_mode = DELETE");
        changed(&database, &format!("{witness}; {number}"));
        put_in(&house, &made, &database);
        let restored = house.restore();
        let place = house.restored().join("workmate.sqlite");
        if version > schema::LATEST {
            assert!(matches!(restored, Err(BackupError::Newer)), "{restored:?}");
            assert!(!place.exists());
            continue;
        }
        restored.unwrap();
        let store = Store::open(&house.restored(), house.clock.clone()).unwrap();
        let found = store.read(Viewer::House, |tx| settings::lookup::<u32>(tx, "witness"));
        assert_eq!(found.await.unwrap(), Some(7), "version {version}");
        store.close();
    }
}

#[tokio::test]
async fn what_the_version_before_the_words_knew_is_there_after_its_backup_came_back() {
    let house = House::open();
    house.add_task("water bill").await;
    let made = house.back_up().await.unwrap();
    let copies = house.rule().folder.join("copies").join(&made.name);
    let database = house.dir.path().join("other.sqlite");
    fs::copy(copies.join("workmate.sqlite"), &database).unwrap();
    let before_words = include_str!("../../../../tests/fixtures/before-words.sql");
    let closed = "PRAGMA journal_mode = DELETE";
    changed(&database, &format!("{before_words}{closed}"));
    put_in(&house, &made, &database);
    let restored = house.restore().unwrap();
    assert_eq!((restored.copy.tasks, restored.copy.journal_entries), (1, 1));
    let store = Store::open(&house.restored(), house.clock.clone()).unwrap();
    let listed = store.read(Viewer::House, |tx| tasks::list(tx, &Filter::default(), 10));
    assert_eq!(listed.await.unwrap().len(), 1);
    let verified = store.read(Viewer::House, crate::store::journal::verify);
    let verified = verified.await.unwrap();
    assert!(verified.broken.is_none() && verified.entries >= 1);
}
