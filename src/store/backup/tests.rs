//! What a backup promises, sealed or not.

mod bucket;
mod versions;

use std::fs;

use jiff::SignedDuration;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use age::secrecy::ExposeSecret;

use super::sealing::{Key, Passphrase, Recipient};
use super::*;
use crate::domain::clock::Clock;
use crate::domain::document::{Sha256Hash, Visibility};
use crate::store::blobs::BlobName;
use crate::store::tasks::{self, Edit, Filter};
use crate::store::{Caller, Viewer, WriteTx};

/// A house with files and a task, and a disk for backups.
struct House {
    dir: TempDir,
    clock: Clock,
    store: Store,
    sealing: Sealing,
    /// Instead of the disk.
    bucket: Option<Arc<dyn Elsewhere>>,
}

impl House {
    fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::at("2026-03-10T02:30:00Z".parse().unwrap());
        let store = Store::open(&dir.path().join("data"), clock.clone()).unwrap();
        Self {
            dir,
            clock,
            store,
            sealing: Sealing::Open,
            bucket: None,
        }
    }

    fn rule(&self) -> Rule {
        let folder = match &self.bucket {
            None => self.dir.path().join("disk"),
            Some(_) => PathBuf::new(),
        };
        Rule {
            folder,
            bucket: self.bucket.clone(),
            sealing: self.sealing.clone(),
            keep: Keep {
                daily: 2,
                weekly: 0,
                monthly: 0,
            },
            zone: TimeZone::UTC,
        }
    }

    async fn back_up(&self) -> Result<Made, BackupError> {
        let (store, rule) = (self.store.clone(), self.rule());
        tokio::task::spawn_blocking(move || make(&store, &rule))
            .await
            .unwrap()
    }

    async fn add_task(&self, title: &str) {
        let title = title.to_owned();
        let add = move |tx: &WriteTx<'_>| {
            tasks::create(tx, title, Edit::default(), Visibility::Household)
        };
        let caller = Caller::house("test", "command");
        self.store.write(caller, add).await.unwrap();
    }

    fn name(&self, text: &[u8]) -> BlobName {
        let sha256 = Sha256Hash(Sha256::digest(text).into());
        self.store.blobs().original(sha256)
    }

    /// Where its copy will lie.
    fn keep_file(&self, text: &[u8]) -> PathBuf {
        let name = self.name(text);
        self.store.blobs().put(&name, text).unwrap();
        let name = name.as_str();
        self.rule().folder.join("files").join(&name[..2]).join(name)
    }

    fn restored(&self) -> PathBuf {
        self.dir.path().join("new")
    }

    fn restore(&self) -> Result<restoring::Restored, BackupError> {
        self.restore_by(None)
    }

    fn restore_by(&self, key: Option<&Key>) -> Result<restoring::Restored, BackupError> {
        let from = self.source(&self.restored());
        let now = Timestamp::UNIX_EPOCH;
        restore((&from, key), None, &self.restored(), now)
    }

    fn source(&self, data: &Path) -> Source {
        match &self.bucket {
            None => Source::Folder(self.rule().folder),
            Some(bucket) => Source::bucket(&**bucket, data).unwrap(),
        }
    }

    fn next_night(&self) {
        self.clock
            .set(self.clock.now() + SignedDuration::from_hours(24));
    }
}

/// How many backups share the database of this one.
fn shared_by(house: &House, made: &Made) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let copies = house.rule().folder.join("copies");
    let database = copies.join(&made.name).join("workmate.sqlite");
    fs::metadata(database).unwrap().nlink()
}

#[tokio::test]
async fn what_has_not_changed_is_not_copied_again() {
    let house = House::open();
    house.add_task("water bill").await;
    let first = house.back_up().await.unwrap();
    let caller = Caller::worker("test");
    let (at, copy) = (house.clock.now(), first.copy.clone());
    let noted = house.store.write(caller, move |tx| note(tx, at, Ok(copy)));
    noted.await.unwrap();
    house.next_night();
    let second = house.back_up().await.unwrap();
    assert_eq!(shared_by(&house, &second), 2);
    let same = |it: &Made| (it.copy.database_sha256.clone(), it.copy.tasks);
    assert_eq!(same(&second), same(&first));
    house.next_night();
    house.add_task("gas bill").await;
    let third = house.back_up().await.unwrap();
    assert_eq!((shared_by(&house, &third), third.copy.tasks), (1, 2));

    // What has gone bad meanwhile is not handed on.
    let copies = house.rule().folder.join("copies");
    let database = copies.join(&third.name).join("workmate.sqlite");
    fs::write(database, b"damaged").unwrap();
    house.next_night();
    let fourth = house.back_up().await.unwrap();
    assert_eq!((shared_by(&house, &fourth), fourth.copy.tasks), (1, 2));
    assert_eq!(house.restore().unwrap().copy, fourth.copy);
}

#[tokio::test]
async fn what_was_backed_up_comes_back_whole() {
    let house = House::open();
    house.add_task("water bill").await;
    house.keep_file(b"letter");
    let made = house.back_up().await.unwrap();
    assert_eq!((made.copied, made.copy.files, made.copy.tasks), (1, 1, 1));
    assert_eq!(made.copy.journal_entries, 1);
    house.add_task("after it").await;
    let restored = house.restore().unwrap();
    assert_eq!(restored.copy, made.copy);
    let again = Store::open(&house.restored(), Clock::at(Timestamp::UNIX_EPOCH)).unwrap();
    let look = |tx: &ReadTx<'_>| tasks::list(tx, &Filter::default(), 10);
    let found = again.read(Viewer::House, look).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].title, "water bill");
    let name = house.name(b"letter");
    assert_eq!(again.blobs().read(&name).unwrap(), b"letter");
}

#[tokio::test]
async fn a_file_is_copied_once_and_mended_when_its_copy_has_changed() {
    let house = House::open();
    let kept = house.keep_file(b"letter");
    house.back_up().await.unwrap();
    house.next_night();
    house.keep_file(b"another");
    assert_eq!(house.back_up().await.unwrap().copied, 1);
    fs::write(&kept, b"lettuc").unwrap();
    let mut mended = 0;
    for _ in 0..30 {
        house.next_night();
        mended += house.back_up().await.unwrap().mended;
    }
    assert_eq!(mended, 1, "within thirty days");
    assert_eq!(fs::read(&kept).unwrap(), b"letter");
}

#[tokio::test]
async fn old_backups_go_and_files_that_none_needs_go_with_them() {
    let house = House::open();
    let kept = house.keep_file(b"letter");
    house.back_up().await.unwrap();
    let gone = house.keep_file(b"erased soon");
    house.next_night();
    house.back_up().await.unwrap();
    let name = house.name(b"erased soon");
    house.store.blobs().erase(&name).unwrap();
    house.next_night();
    assert_eq!(house.back_up().await.unwrap().removed, 1);
    assert!(gone.exists(), "yesterday's backup has it");
    house.next_night();
    assert_eq!(house.back_up().await.unwrap().removed, 1);
    assert!(kept.exists() && !gone.exists());
    let names: Vec<String> = (house.source(&house.restored()).list())
        .unwrap()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names, ["2026-03-13T023000000Z", "2026-03-12T023000000Z"]);
}

#[tokio::test]
async fn what_is_damaged_or_unfinished_is_not_restored() {
    let house = House::open();
    house.add_task("water bill").await;
    let kept = house.keep_file(b"letter");
    let made = house.back_up().await.unwrap();
    fs::write(&kept, b"lettuc").unwrap();
    let refused = house.restore();
    assert!(
        matches!(refused, Err(BackupError::Damaged { .. })),
        "{refused:?}"
    );
    assert!(!house.restored().join("workmate.sqlite").exists());
    fs::write(&kept, b"letter").unwrap();
    house.restore().unwrap();
    let refused = house.restore();
    assert!(
        matches!(refused, Err(BackupError::NotEmpty { .. })),
        "{refused:?}"
    );
    let copy = house.rule().folder.join("copies").join(&made.name);
    fs::remove_file(copy.join("copy.json")).unwrap();
    fs::remove_dir_all(house.restored()).unwrap();
    let refused = house.restore();
    assert!(
        matches!(refused, Err(BackupError::Missing { .. })),
        "{refused:?}"
    );
    house.next_night();
    house.back_up().await.unwrap();
    assert!(!copy.exists(), "the next backup has taken it away");
}

#[tokio::test]
async fn a_folder_with_other_things_or_of_the_data_is_refused() {
    let house = House::open();
    let pictures = house.dir.path().join("pictures");
    fs::create_dir(&pictures).unwrap();
    fs::write(pictures.join("sea.jpg"), b"blue").unwrap();
    let inside = house.store.dir().join("backups");
    let refused = |folder| {
        let folder = Rule {
            folder,
            ..house.rule()
        };
        make(&house.store, &folder).unwrap_err()
    };
    let error = refused(pictures);
    assert!(matches!(error, BackupError::NotOurs { .. }), "{error:?}");
    let error = refused(inside);
    assert!(matches!(error, BackupError::Inside { .. }), "{error:?}");
}

/// All bytes under a folder, one file after the other.
fn all_bytes(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        bytes.extend(if path.is_dir() {
            all_bytes(&path)
        } else {
            fs::read(&path).unwrap()
        });
    }
    bytes
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|it| it == text.as_bytes())
}

/// A house that seals its backups, with a letter of whole chunks and one a little longer.
async fn sealed_house(sealing: Sealing) -> House {
    let house = House {
        sealing,
        ..House::open()
    };
    house.add_task("the water bill").await;
    for more in [0, 1] {
        house.keep_file(&b"the letter, ".repeat((65_536 >> 2) + more));
    }
    house
}

#[tokio::test]
async fn what_is_sealed_to_a_key_comes_back_by_it_alone() {
    let identity = age::x25519::Identity::generate();
    let recipient: Recipient = identity.to_public().to_string().parse().unwrap();
    let file = format!(
        "# created: today\n{}\n",
        identity.to_string().expose_secret()
    );
    let key: Key = file.parse().unwrap();
    let house = sealed_house(Sealing::Recipient(recipient.clone())).await;
    let made = house.back_up().await.unwrap();
    assert_eq!((made.copied, made.copy.files), (2, 2));
    house.next_night();
    let second = house.back_up().await.unwrap();
    assert_eq!((second.copied, second.copy.files), (0, 2));
    let disk = house.rule().folder;
    assert_eq!(
        Source::Folder(disk.clone()).guard().unwrap(),
        Guard::Key(recipient)
    );
    let bytes = all_bytes(&disk);
    assert!(!holds(&bytes, "the water bill") && !holds(&bytes, "the letter"));
    assert!(!house.store.dir().join("backup.sqlite").exists());

    let refused = house.restore();
    assert!(
        matches!(refused, Err(BackupError::Sealed { .. })),
        "{refused:?}"
    );
    let other = Key::Identity(age::x25519::Identity::generate());
    let refused = house.restore_by(Some(&other));
    assert!(matches!(refused, Err(BackupError::WrongKey)), "{refused:?}");
    let restored = house.restore_by(Some(&key)).unwrap();
    assert_eq!(restored.copy, second.copy);
    let again = Store::open(&house.restored(), Clock::at(Timestamp::UNIX_EPOCH)).unwrap();
    for more in [0, 1] {
        let letter = b"the letter, ".repeat((65_536 >> 2) + more);
        assert_eq!(again.blobs().read(&house.name(&letter)).unwrap(), letter);
    }
    let look = |tx: &ReadTx<'_>| tasks::list(tx, &Filter::default(), 10);
    let found = again.read(Viewer::House, look).await.unwrap();
    assert_eq!(
        found.first().map(|it| it.title.as_str()),
        Some("the water bill")
    );
}

#[tokio::test]
async fn what_is_sealed_by_words_comes_back_by_them_alone() {
    let words = |it: &str| Passphrase::new(it.to_owned());
    let mut house = sealed_house(Sealing::Passphrase(words("correct horse"))).await;
    house.back_up().await.unwrap();
    assert_eq!(
        house.source(&house.restored()).guard().unwrap(),
        Guard::Passphrase
    );
    let refused = house.restore_by(Some(&Key::Passphrase(words("wrong horse"))));
    assert!(matches!(refused, Err(BackupError::WrongKey)), "{refused:?}");
    let key = Key::Passphrase(words("correct horse"));
    house.restore_by(Some(&key)).unwrap();

    // Nobody mixes what is sealed with what is not, or seals by words that are mistyped.
    house.sealing = Sealing::Passphrase(words("correct hose"));
    let refused = house.back_up().await;
    assert!(matches!(refused, Err(BackupError::WrongKey)), "{refused:?}");
    house.sealing = Sealing::Open;
    let refused = house.back_up().await;
    assert!(
        matches!(refused, Err(BackupError::OtherSeal { .. })),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_sealed_file_that_has_changed_is_mended_and_never_restored() {
    let identity = age::x25519::Identity::generate();
    let recipient = identity.to_public().to_string().parse().unwrap();
    let house = sealed_house(Sealing::Recipient(recipient)).await;
    let kept = house.keep_file(b"a short one");
    house.back_up().await.unwrap();
    let mut bytes = fs::read(&kept).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&kept, bytes).unwrap();
    let key = Key::Identity(identity);
    let refused = house.restore_by(Some(&key));
    assert!(
        matches!(refused, Err(BackupError::Damaged { .. })),
        "{refused:?}"
    );
    assert!(!house.restored().join("workmate.sqlite").exists());
    let mut mended = 0;
    for _ in 0..30 {
        house.next_night();
        mended += house.back_up().await.unwrap().mended;
    }
    assert_eq!(mended, 1);
    house.restore_by(Some(&key)).unwrap();
}
