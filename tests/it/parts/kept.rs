//! What the store promises about documents inside documents, without the reader.

use jiff::SignedDuration;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use workmate::domain::clock::Clock;
use workmate::domain::document::{
    Document, MediaType, OriginKind, Page, PageSource, Reading, Sha256Hash, Visibility, Word,
};
use workmate::domain::id::{DocumentId, PersonId};
use workmate::domain::part::{PageRange, Sheaf};
use workmate::domain::value::Rect;
use workmate::store::blobs::Picture;
use workmate::store::documents::{self, Filter};
use workmate::store::parts::{self, Inside, Paper};
use workmate::store::{Caller, Error, Store, Viewer, WriteTx, people, trash};
use workmate::work::intake::{Incoming, Intake};
use workmate::work::tidy_up::TidyUp;
use workmate::work::{Turn, Wake, Worker};

struct House {
    _dir: TempDir,
    clock: Clock,
    store: Store,
}

impl House {
    fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::at("2026-03-02T10:00:00Z".parse().unwrap());
        let store = Store::open(dir.path(), clock.clone()).unwrap();
        Self {
            _dir: dir,
            clock,
            store,
        }
    }

    async fn write<T, F>(&self, work: F) -> T
    where
        T: Send + 'static,
        F: FnOnce(&WriteTx<'_>) -> Result<T, Error> + Send + 'static,
    {
        self.store
            .write(Caller::worker("test"), work)
            .await
            .unwrap()
    }

    async fn person(&self, name: &'static str) -> PersonId {
        self.write(move |tx| people::create(tx, name, "-", None))
            .await
            .id
    }

    async fn accept(&self, text: &str, visible_to: Visibility) -> DocumentId {
        let intake = Intake::new(self.store.clone(), Wake::default(), 1 << 20);
        let incoming = Incoming {
            bytes: text.as_bytes().to_vec(),
            file_name: "stapel.txt".to_owned(),
            way: OriginKind::Upload,
            visible_to,
        };
        let accepted = intake.accept(Caller::house("test", "web"), incoming).await;
        accepted.unwrap().document().id
    }

    /// A paper whose file is kept, as the worker does it.
    fn paper(&self, text: &str) -> Paper {
        let sha256 = Sha256Hash(Sha256::digest(text.as_bytes()).into());
        let blobs = self.store.blobs();
        blobs.put(&blobs.original(sha256), text.as_bytes()).unwrap();
        Paper {
            sha256,
            media_type: MediaType::Text,
            size: u64::try_from(text.len()).unwrap(),
            file_name: "rechnung.txt".to_owned(),
        }
    }

    async fn keep(&self, id: DocumentId, pages: u32, inside: Inside) {
        let files = self.store.clone();
        self.write(move |tx| parts::keep(tx, id, &reading(pages), &inside, files.blobs()))
            .await;
    }

    async fn inside(&self, id: DocumentId) -> Vec<Document> {
        let look =
            move |tx: &workmate::store::ReadTx<'_>| parts::of(tx, &documents::by_id(tx, id)?);
        self.store.read(Viewer::House, look).await.unwrap()
    }

    async fn one(&self, viewer: Viewer, id: DocumentId) -> Option<Document> {
        let look = move |tx: &workmate::store::ReadTx<'_>| documents::by_id(tx, id);
        self.store.read(viewer, look).await.ok()
    }

    async fn delete(&self, id: DocumentId) {
        self.write(move |tx| trash::delete(tx, id, None)).await;
    }

    /// A month later everything in the trash is erased.
    async fn erase(&self) {
        self.clock
            .set(self.clock.now() + SignedDuration::from_hours(31 * 24));
        let mut worker = TidyUp::new(self.store.clone());
        let stop = CancellationToken::new();
        while worker.turn(&stop).await.unwrap() == Turn::More {}
    }

    /// Puts a picture of each page of the document's file beside it.
    fn draw(&self, document: &Document, pages: u32) {
        let blobs = self.store.blobs();
        for page in 1..=pages {
            let name = blobs.picture(document.sha256, Picture::Page(page));
            blobs.put(&name, b"RIFF").unwrap();
        }
    }

    /// The pages of the document's file that have a picture.
    fn drawn(&self, document: &Document, pages: u32) -> Vec<u32> {
        let blobs = self.store.blobs();
        let is_there =
            |page: &u32| blobs.contains(&blobs.picture(document.sha256, Picture::Page(*page)));
        (1..=pages).filter(is_there).collect()
    }

    fn has_file(&self, document: &Document) -> bool {
        let blobs = self.store.blobs();
        blobs.contains(&blobs.original(document.sha256))
    }
}

fn reading(pages: u32) -> Reading {
    let page = |number: u32| Page {
        number,
        source: PageSource::Text,
        width: 595.0,
        height: 842.0,
        words: vec![Word {
            text: format!("Seitenwort{number}"),
            at: Rect::default(),
            confidence: 1.0,
            line: 0,
            block: 0,
        }],
    };
    Reading::of_pages(MediaType::Text, (1..=pages).map(page).collect())
}

fn stack(ranges: &[(u32, u32)]) -> Inside {
    let sheaf = |(first, last): &(u32, u32)| Sheaf {
        pages: PageRange::new(*first, *last).unwrap(),
        asn: None,
    };
    Inside {
        sheaves: ranges.iter().map(sheaf).collect(),
        ..Inside::default()
    }
}

fn papers(papers: Vec<Paper>) -> Inside {
    Inside {
        papers,
        ..Inside::default()
    }
}

#[tokio::test]
async fn a_part_is_seen_by_those_who_see_its_parent_alone() {
    let house = House::open();
    let (anna, ben) = (house.person("Anna").await, house.person("Ben").await);
    let private = Visibility::Persons(vec![anna]);
    let mail = house.accept("mail", private.clone()).await;
    let inside = Inside {
        papers: vec![house.paper("bill")],
        ..stack(&[(1, 1), (2, 3)])
    };
    house.keep(mail, 3, inside).await;
    let children = house.inside(mail).await;
    assert_eq!(children.len(), 3);
    let parent = house.one(Viewer::House, mail).await.unwrap();
    for child in &children {
        assert_eq!(child.visible_to, private);
        assert_eq!(child.class, parent.class);
        assert_eq!(child.received_at, parent.received_at);
        assert!(house.one(Viewer::Person(anna), child.id).await.is_some());
        assert!(house.one(Viewer::Person(ben), child.id).await.is_none());
    }
    // The same bill in a mail to everybody is another document: Ben must not learn of the first.
    let open = house.accept("open mail", Visibility::Household).await;
    house.keep(open, 1, papers(vec![house.paper("bill")])).await;
    let of_open = house.inside(open).await.remove(0);
    assert_ne!(of_open.id, children[0].id);
    assert!(house.one(Viewer::Person(ben), of_open.id).await.is_some());
    // A mail to Anna alone shows what everybody sees already.
    let newsletter = house.accept("newsletter", Visibility::Household).await;
    house
        .keep(newsletter, 1, papers(vec![house.paper("flyer")]))
        .await;
    let third = house.accept("third mail", private).await;
    house
        .keep(third, 1, papers(vec![house.paper("flyer")]))
        .await;
    assert_eq!(house.inside(third).await, house.inside(newsletter).await);
}

#[tokio::test]
async fn reading_a_parent_again_changes_nothing_that_a_person_decided() {
    let house = House::open();
    let mail = house.accept("mail", Visibility::Household).await;
    let inside = || Inside {
        papers: vec![
            house.paper("bill"),
            house.paper("terms"),
            house.paper("bill"),
        ],
        ..stack(&[(1, 2), (3, 3)])
    };
    house.keep(mail, 3, inside()).await;
    let before = house.inside(mail).await;
    assert_eq!(before.len(), 4, "a paper that is attached twice is one");
    // A person throws the terms away.
    let sha256 = house.paper("terms").sha256;
    let terms = before.iter().find(|it| it.sha256 == sha256).unwrap().id;
    house.delete(terms).await;
    house.read_again(mail).await;
    house.keep(mail, 3, inside()).await;
    let after: Vec<DocumentId> = house.inside(mail).await.iter().map(|it| it.id).collect();
    let expected = before.iter().map(|it| it.id).filter(|it| *it != terms);
    assert_eq!(after, expected.collect::<Vec<_>>());
    // Divided in another way, the old letters go to the trash, where they can be fetched back.
    house.read_again(mail).await;
    let other = Inside {
        papers: inside().papers,
        ..stack(&[(1, 1), (2, 3)])
    };
    house.keep(mail, 3, other).await;
    let pages: Vec<_> = house
        .inside(mail)
        .await
        .iter()
        .filter_map(|it| it.pages)
        .collect();
    assert_eq!(
        pages,
        stack(&[(1, 1), (2, 3)])
            .sheaves
            .iter()
            .map(|it| it.pages)
            .collect::<Vec<_>>()
    );
    let old = before
        .iter()
        .find(|it| it.pages == PageRange::new(1, 2))
        .unwrap();
    let old = house.one(Viewer::House, old.id).await.unwrap();
    assert!(old.deleted_at.is_some());
}

impl House {
    async fn read_again(&self, id: DocumentId) {
        let again = move |tx: &WriteTx<'_>| {
            let language = workmate::domain::person::Language::English;
            documents::stuck(
                tx,
                id,
                workmate::domain::document::StuckAt::Reading,
                String::new(),
            )?;
            documents::retry(tx, id)?;
            documents::cancel(tx, id, language)?;
            documents::retry(tx, id)
        };
        self.write(again).await;
    }
}

#[tokio::test]
async fn a_paper_that_two_mails_brought_stays_with_the_one_that_stays() {
    let house = House::open();
    let first = house.accept("first", Visibility::Household).await;
    house
        .keep(first, 1, papers(vec![house.paper("bill")]))
        .await;
    let second = house.accept("second", Visibility::Household).await;
    house
        .keep(second, 1, papers(vec![house.paper("bill")]))
        .await;
    let bill = house.inside(first).await.remove(0);
    assert_eq!(house.inside(second).await, std::slice::from_ref(&bill));
    house.delete(first).await;
    let still = house.one(Viewer::House, bill.id).await.unwrap();
    assert_eq!((still.deleted_at, still.parent), (None, Some(second)));
    house.erase().await;
    assert!(house.one(Viewer::House, first).await.is_none());
    assert_eq!(house.inside(second).await.len(), 1);
    house.delete(second).await;
    house.erase().await;
    assert!(house.one(Viewer::House, bill.id).await.is_none());
    assert!(
        !house.has_file(&bill),
        "the file went with its last document"
    );
}

#[tokio::test]
async fn a_letter_is_erased_from_a_stack_and_a_stack_with_its_letters() {
    let house = House::open();
    let id = house.accept("stack", Visibility::Household).await;
    house.keep(id, 5, stack(&[(1, 2), (4, 5)])).await;
    let stack = house.one(Viewer::House, id).await.unwrap();
    house.draw(&stack, 5);
    let letters = house.inside(id).await;
    assert_eq!(letters[1].title, "stapel (4–5)");
    // The letter goes, the stack keeps all of its file.
    house.delete(letters[0].id).await;
    house.erase().await;
    assert!(house.one(Viewer::House, letters[0].id).await.is_none());
    assert!(house.has_file(&stack));
    assert_eq!(house.drawn(&stack, 5), [1, 2, 3, 4, 5]);
    // The stack goes and its letter is fetched back: what the letter shows stays, the rest goes.
    house.delete(id).await;
    let letter = letters[1].id;
    house
        .write(move |tx| trash::restore(tx, letter, None))
        .await;
    house.erase().await;
    let letter = house.one(Viewer::House, letter).await.unwrap();
    assert_eq!(letter.parent, None);
    assert!(house.has_file(&stack));
    assert_eq!(house.drawn(&stack, 5), [4, 5]);
    house.delete(letter.id).await;
    house.erase().await;
    assert!(!house.has_file(&stack));
    assert!(house.drawn(&stack, 5).is_empty());
}

#[tokio::test]
async fn a_stack_and_its_letters_come_back_from_the_trash_together() {
    let house = House::open();
    let id = house.accept("stack", Visibility::Household).await;
    house.keep(id, 3, stack(&[(1, 1), (2, 2), (3, 3)])).await;
    let letters = house.inside(id).await;
    house.delete(letters[0].id).await;
    house
        .clock
        .set(house.clock.now() + SignedDuration::from_hours(1));
    house.delete(id).await;
    let count = || async {
        let list = |tx: &workmate::store::ReadTx<'_>| documents::list(tx, &Filter::default(), 10);
        house.store.read(Viewer::House, list).await.unwrap().len()
    };
    assert_eq!(count().await, 0);
    house.write(move |tx| trash::restore(tx, id, None)).await;
    assert_eq!(count().await, 3, "what was thrown away before stays there");
    // The same bytes again are the stack, not one of its letters.
    assert_eq!(house.accept("stack", Visibility::Household).await, id);
}
