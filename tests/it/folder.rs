//! The watched folder: what is put there is taken, moved away, and seen by whom it belongs to.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use workmate::domain::clock::Clock;
use workmate::domain::document::Visibility;
use workmate::store::documents::{self, Filter, Listed};
use workmate::store::{Caller, Store, Viewer, people};
use workmate::work::intake::Intake;
use workmate::work::watch_folder::{FolderError, WatchFolder};
use workmate::work::{Wake, Worker};

struct House {
    _dir: TempDir,
    folder: TempDir,
    store: Store,
    watch: WatchFolder,
}

impl House {
    /// A house that takes files which have not changed for `settle`.
    fn new(settle: Duration) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), Clock::System).unwrap();
        let watch = watch(&store, folder.path(), settle).unwrap();
        Self {
            _dir: dir,
            folder,
            store,
            watch,
        }
    }

    fn put(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn has(&self, name: &str) -> bool {
        self.folder.path().join(name).exists()
    }

    async fn turn(&mut self) {
        self.watch.turn(&CancellationToken::new()).await.unwrap();
    }

    async fn documents(&self, viewer: Viewer) -> Vec<Listed> {
        let all = |tx: &workmate::store::ReadTx<'_>| documents::list(tx, &Filter::default(), 100);
        self.store.read(viewer, all).await.unwrap()
    }
}

fn watch(store: &Store, folder: &Path, settle: Duration) -> Result<WatchFolder, FolderError> {
    let intake = Intake::new(store.clone(), Wake::default(), 1 << 20);
    let times = (settle, Duration::from_secs(1));
    WatchFolder::new(
        store.clone(),
        intake,
        folder,
        times,
        Arc::new(Notify::new()),
    )
}

#[tokio::test]
async fn a_file_is_taken_once_it_has_stopped_growing() {
    let mut house = House::new(Duration::from_millis(300));
    house.put("scan.txt", "the first half");
    house.turn().await;
    house.put("scan.txt", "the first half and the second");
    tokio::time::sleep(Duration::from_millis(350)).await;
    // It has changed since the last look, so it is given its time again.
    house.turn().await;
    assert!(house.has("scan.txt"));
    tokio::time::sleep(Duration::from_millis(350)).await;
    house.turn().await;
    assert!(!house.has("scan.txt"));
    assert!(house.has("done/scan.txt"));
    let taken = house.documents(Viewer::House).await;
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0].document.size, 29);
}

#[tokio::test]
async fn what_cannot_be_taken_goes_to_failed_with_the_reason() {
    let mut house = House::new(Duration::ZERO);
    house.put("letters.rar", "Rar!\x1a\x07 and more");
    house.turn().await;
    house.turn().await;
    assert!(house.has("failed/letters.rar"));
    let reason = house.folder.path().join("failed/letters.rar.txt");
    assert!(
        std::fs::read_to_string(reason)
            .unwrap()
            .contains("RAR archive")
    );
    assert!(house.documents(Viewer::House).await.is_empty());
}

#[tokio::test]
async fn a_person_s_folder_is_theirs_alone_and_a_stranger_s_is_left_alone() {
    let mut house = House::new(Duration::ZERO);
    let caller = || Caller::house("test", "command");
    let add = |name| move |tx: &workmate::store::WriteTx<'_>| people::create(tx, name, "-", None);
    let anna = house.store.write(caller(), add("Anna")).await.unwrap().id;
    let ben = house.store.write(caller(), add("Ben")).await.unwrap().id;
    house.put("anna/letter.txt", "for Anna");
    house.put("nobody/letter.txt", "for whom?");
    house.turn().await;
    house.turn().await;
    assert!(house.has("anna/done/letter.txt"));
    assert!(house.has("nobody/letter.txt"));
    let hers = house.documents(Viewer::Person(anna)).await;
    assert_eq!(hers.len(), 1);
    assert_eq!(hers[0].document.visible_to, Visibility::Persons(vec![anna]));
    assert!(house.documents(Viewer::Person(ben)).await.is_empty());
}

#[tokio::test]
async fn a_link_is_not_followed() {
    let mut house = House::new(Duration::ZERO);
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("secret.txt"), "secret").unwrap();
    let link = |name: &str, target: &Path| {
        std::os::unix::fs::symlink(target, house.folder.path().join(name)).unwrap();
    };
    link("letter.txt", &outside.path().join("secret.txt"));
    link("people", outside.path());
    house.turn().await;
    house.turn().await;
    assert!(house.documents(Viewer::House).await.is_empty());
}

#[tokio::test]
async fn a_folder_in_the_data_or_around_it_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let store = Store::open(&data, Clock::System).unwrap();
    std::fs::create_dir(data.join("inbox")).unwrap();
    for folder in [dir.path(), &data, &data.join("inbox")] {
        let refused = watch(&store, folder, Duration::ZERO);
        assert!(matches!(refused, Err(FolderError::InsideData { .. })));
    }
    let missing = watch(&store, &dir.path().join("missing"), Duration::ZERO);
    assert!(matches!(missing, Err(FolderError::NotThere { .. })));
}
