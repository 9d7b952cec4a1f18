//! The same in a bucket, whose line may be cut at any moment.

use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

/// Requests that no backup needs.
const ENOUGH: u32 = 1_000_000;

/// A bucket that is a folder of this machine.
#[derive(Clone, Debug)]
struct Shelf {
    folder: PathBuf,
    /// Requests until the line is cut.
    left: Arc<AtomicU32>,
    is_far: bool,
}

impl Shelf {
    fn new(house: &House) -> Self {
        let folder = house.dir.path().join("shelf");
        fs::create_dir_all(&folder).unwrap();
        let left = Arc::new(AtomicU32::new(u32::MAX));
        Self {
            folder,
            left,
            is_far: false,
        }
    }

    fn cut_after(&self, requests: u32) {
        self.left.store(requests, Ordering::SeqCst);
    }

    /// How many requests were made since it was to be cut after so many.
    fn used(&self, of: u32) -> u32 {
        of - self.left.load(Ordering::SeqCst)
    }

    fn ask(&self) -> Result<(), String> {
        let one = |it: u32| it.checked_sub(1);
        let left = self
            .left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, one);
        left.map(drop).map_err(|_| "the line is cut".to_owned())
    }

    fn all(&self) -> Vec<(String, u64)> {
        let mut found = Vec::new();
        let mut folders = vec![self.folder.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
                if entry.file_type().unwrap().is_dir() {
                    folders.push(entry.path());
                    continue;
                }
                let path = entry.path();
                let name = path.strip_prefix(&self.folder).unwrap().to_str().unwrap();
                found.push((name.to_owned(), entry.metadata().unwrap().len()));
            }
        }
        found.sort();
        found
    }

    fn names(&self, prefix: &str) -> Vec<String> {
        let all = self.all().into_iter().map(|(it, _)| it);
        all.filter(|it| it.starts_with(prefix)).collect()
    }
}

impl Elsewhere for Shelf {
    fn open(&self) -> Result<Arc<dyn Objects>, String> {
        Ok(Arc::new(self.clone()))
    }
}

impl Objects for Shelf {
    fn place(&self) -> String {
        "the shelf".to_owned()
    }

    fn is_far(&self) -> bool {
        self.is_far
    }

    fn put(&self, name: &str, from: &Path) -> Result<(), String> {
        self.ask()?;
        let to = self.folder.join(name);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
        Ok(())
    }

    fn get(&self, name: &str, to: &Path) -> Result<bool, String> {
        self.ask()?;
        let from = self.folder.join(name);
        fs::write(to, fs::read(&from).unwrap_or_default()).unwrap();
        Ok(from.exists())
    }

    fn list(&self, prefix: &str) -> Result<Vec<(String, u64)>, String> {
        self.ask()?;
        let mut all = self.all();
        all.retain(|(it, _)| it.starts_with(prefix));
        Ok(all)
    }

    fn first(&self) -> Result<Vec<String>, String> {
        self.ask()?;
        Ok(self.names(""))
    }

    fn remove(&self, name: &str) -> Result<(), String> {
        self.ask()?;
        let path = self.folder.join(name);
        if path.exists() {
            fs::remove_file(path).unwrap();
        }
        Ok(())
    }
}

fn house_with_shelf() -> (House, Shelf) {
    let house = House::open();
    let shelf = Shelf::new(&house);
    let bucket: Arc<dyn Elsewhere> = Arc::new(shelf.clone());
    let house = House {
        bucket: Some(bucket),
        ..house
    };
    (house, shelf)
}

/// A file of the house.
fn file(house: &House, text: &[u8]) -> BlobName {
    let name = house.name(text);
    house.store.blobs().put(&name, text).unwrap();
    name
}

#[tokio::test]
async fn a_bucket_holds_what_a_folder_would_and_this_machine_lists_alone() {
    let (house, shelf) = house_with_shelf();
    house.add_task("water bill").await;
    let old = file(&house, b"a letter");
    let first = house.back_up().await.unwrap();
    assert_eq!(
        (first.copied, first.copy.tasks, first.copy.files),
        (1, 1, 1)
    );
    let second_letter = file(&house, b"another letter");
    house.next_night();
    let second = house.back_up().await.unwrap();
    assert_eq!((second.copied, second.copy.files), (1, 2));
    assert_eq!(shelf.names("files/").len(), 2);
    let own = house.store.dir().join("bucket");
    let left = |name: &str| own.join("copies").join(&second.name).join(name).exists();
    assert!(left("files.txt") && left("copy.json") && !left("workmate.sqlite"));
    assert!(
        !own.join("files")
            .join(&old.as_str()[..2])
            .join(old.as_str())
            .exists()
    );

    // What is gone from the house goes from the bucket with the last backup that had it: two are kept.
    house.store.blobs().erase(&second_letter).unwrap();
    for _ in 0..2 {
        house.next_night();
        house.add_task("one more").await;
        let made = house.back_up().await.unwrap();
        assert_eq!(made.removed, 1);
    }
    assert_eq!(shelf.names("files/").len(), 1);
    assert_eq!(shelf.names("copies/").len(), 6);

    // A file that somebody took away comes again.
    fs::remove_file(shelf.folder.join(&shelf.names("files/")[0])).unwrap();
    house.next_night();
    assert_eq!(house.back_up().await.unwrap().copied, 1);

    let restored = house.restore().unwrap();
    assert_eq!(restored.copy.tasks, 3);
    let blobs = house.restored().join("blobs");
    let letter = fs::read(blobs.join(&old.as_str()[..2]).join(old.as_str())).unwrap();
    let mine = house.store.blobs().path(&old);
    assert_eq!(letter, fs::read(mine).unwrap());
    let left: Vec<_> = fs::read_dir(house.restored()).unwrap().flatten().collect();
    let is_left = |it: &fs::DirEntry| it.file_name().to_string_lossy().starts_with("bucket");
    assert!(!left.iter().any(is_left), "{left:?}");
    assert!(!blobs.join("restoring.object").exists());
}

#[tokio::test]
async fn a_folder_and_a_bucket_each_get_theirs_and_one_that_fails_costs_the_other_nothing() {
    let (house, shelf) = house_with_shelf();
    house.add_task("water bill").await;
    file(&house, b"a letter");
    let disk = house.dir.path().join("disk");
    let both = async || {
        let (store, folder) = (house.store.clone(), disk.clone());
        let rule = Rule {
            folder,
            ..house.rule()
        };
        let made = tokio::task::spawn_blocking(move || make(&store, &rule));
        made.await.unwrap()
    };
    assert_eq!(both().await.unwrap().copied, 2);
    house.next_night();
    let second = both().await.unwrap();
    assert_eq!(second.copied, 0);
    // In the folder it is shared as ever.
    let of_disk = House {
        bucket: None,
        ..house
    };
    assert_eq!(shared_by(&of_disk, &second), 2);
    let house = of_disk;
    house.next_night();
    shelf.cut_after(0);
    let (store, bucket) = (house.store.clone(), shelf.clone());
    let rule = Rule {
        bucket: Some(Arc::new(bucket)),
        ..house.rule()
    };
    let made = tokio::task::spawn_blocking(move || make(&store, &rule)).await;
    let failed = made.unwrap().unwrap_err();
    assert!(failed.to_string().contains("the line is cut"), "{failed}");
    let there = house.source(&house.restored()).list().unwrap();
    assert_eq!(there[0].1.at, house.clock.now());
}

#[tokio::test]
async fn a_sealed_bucket_shows_nothing_and_opens_by_its_words() {
    let (house, shelf) = house_with_shelf();
    let words = || Passphrase::new("correct horse".to_owned());
    let house = House {
        sealing: Sealing::Passphrase(words()),
        ..house
    };
    house.add_task("water bill of a secret address").await;
    file(&house, b"a letter nobody else may read");
    house.back_up().await.unwrap();
    for (name, _) in shelf.all() {
        let bytes = fs::read(shelf.folder.join(&name)).unwrap();
        let is_said = |secret: &[u8]| bytes.windows(secret.len()).any(|it| it == secret);
        assert!(
            !is_said(b"secret address") && !is_said(b"nobody else"),
            "{name}"
        );
    }
    assert!(matches!(house.restore(), Err(BackupError::Sealed { .. })));
    let key = Key::Passphrase(words());
    assert_eq!(house.restore_by(Some(&key)).unwrap().copy.tasks, 1);
    // On a machine that has never seen it, the next backup is sealed to the same key.
    fs::remove_dir_all(house.store.dir().join("bucket")).unwrap();
    house.next_night();
    let again = house.back_up().await.unwrap();
    assert_eq!(again.copied, 0);
    let other = House {
        sealing: Sealing::Open,
        ..house
    };
    let refused = other.back_up().await;
    assert!(
        matches!(refused, Err(BackupError::OtherSeal { .. })),
        "{refused:?}"
    );
}

#[tokio::test]
async fn what_leaves_the_house_is_sealed_and_foreign_buckets_are_left_alone() {
    let (house, mut shelf) = house_with_shelf();
    shelf.is_far = true;
    let far: Arc<dyn Elsewhere> = Arc::new(shelf.clone());
    let house = House {
        bucket: Some(far),
        ..house
    };
    let refused = house.back_up().await;
    assert!(
        matches!(refused, Err(BackupError::FarAndOpen { .. })),
        "{refused:?}"
    );
    assert_eq!(shelf.all(), []);
    let house = House {
        sealing: Sealing::Passphrase(Passphrase::new("words".to_owned())),
        ..house
    };
    fs::write(shelf.folder.join("holiday.jpg"), b"picture").unwrap();
    let refused = house.back_up().await;
    assert!(
        matches!(refused, Err(BackupError::NotOurs { .. })),
        "{refused:?}"
    );
    assert_eq!(shelf.names(""), ["holiday.jpg"]);
}

#[tokio::test]
async fn a_line_that_is_cut_anywhere_costs_no_backup_that_was_there() {
    let (house, shelf) = house_with_shelf();
    house.add_task("water bill").await;
    file(&house, b"the first letter");
    let mut needed = 400;
    shelf.cut_after(ENOUGH);
    let mut good = house.back_up().await.unwrap().name;
    // The start and the end of a backup, where lists come and go, request by request; the middle, where each
    // folder is looked into, by samples.
    let mut after = 0;
    while after < needed {
        house.next_night();
        let text = format!("letter {after}");
        file(&house, text.as_bytes());
        shelf.cut_after(after);
        let cut = house.back_up().await;
        shelf.cut_after(ENOUGH);
        let there = house.source(&house.restored()).list().unwrap();
        // It may be there and what comes after it have failed.
        let newest = there.first().map(|(it, _)| it.as_str());
        assert!(newest >= Some(good.as_str()), "after {after}: {there:?}");
        if let Ok(made) = cut {
            good = made.name;
        }
        let asked = shelf.used(ENOUGH);
        if after.is_multiple_of(5) {
            house.next_night();
            shelf.cut_after(ENOUGH);
            let made = house.back_up().await.unwrap();
            needed = shelf.used(ENOUGH);
            good = made.name;
            let restored = house.restore().unwrap();
            assert_eq!(restored.name, good);
            fs::remove_dir_all(house.restored()).unwrap();
        }
        assert!(asked > 0);
        let is_middle = after > 12 && after + 40 < needed;
        after += if is_middle { 31 } else { 1 };
    }
}
