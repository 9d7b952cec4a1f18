//! What is found, beside a list that is looked through from its beginning to its end.

use std::collections::BTreeMap;

use super::*;
use crate::domain::clock::Clock;
use crate::domain::document::{MediaType, Origin, OriginKind, PageSource, Sha256Hash, Visibility};
use crate::domain::value::Rect;
use crate::store::documents::{self, Arrival};
use crate::store::{Caller, Store, Viewer};

#[test]
fn words_divided_at_a_lines_end_are_one_word_in_the_search() {
    let lines = [
        "die Nebenkosten-",
        "abrechnung aus Baden-",
        "Baden von der Kranken-",
        "und Pflegekasse über 5-",
        "mal Strom",
    ];
    let words = (0_u32..).zip(lines).flat_map(|(line, text)| {
        text.split(' ').map(move |text| Word {
            text: text.to_owned(),
            at: Rect::default(),
            confidence: 1.0,
            line,
            block: 0,
        })
    });
    let page = Page {
        number: 1,
        source: PageSource::Ocr,
        width: 595.0,
        height: 842.0,
        words: words.collect(),
    };
    let expected = "die Nebenkostenabrechnung aus Baden-Baden von der Kranken-\nund \
                    Pflegekasse über 5-\nmal Strom";
    assert_eq!(text_of(&page), expected);
}

#[test]
fn umlauts_are_found_however_they_are_written() {
    for text in ["München", "Muenchen", "MUNCHEN", "mu\u{308}nchen"] {
        assert_eq!(folded(text), "munchen", "{text}");
    }
    assert_eq!(folded("Straße"), "strasse");
}

#[test]
fn a_word_as_it_is_printed_is_one_that_was_typed() {
    assert!(is_in("gebuhr", "(Müllgebühren)"));
    assert!(is_in("ec", "EC,"));
    assert!(!is_in("ec", "Echo"));
    assert!(!is_in("mull", "Gebühr"));
}

#[test]
fn marks_around_a_word_are_not_searched_and_those_within_are() {
    let words: Vec<String> = words_of("(rechnung) 1.234,56 § \"ab-12/c\"").collect();
    assert_eq!(words, ["rechnung", "1.234,56", "ab-12/c"]);
}

/// A house with documents, and what stands in each of them.
struct House {
    _dir: tempfile::TempDir,
    store: Store,
    documents: BTreeMap<DocumentId, String>,
}

impl House {
    fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::at("2026-03-10T08:00:00Z".parse().unwrap());
        Self {
            store: Store::open(dir.path(), clock).unwrap(),
            _dir: dir,
            documents: BTreeMap::new(),
        }
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&WriteTx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> T {
        let caller = Caller::house("test", "command");
        self.store.write(caller, work).await.unwrap()
    }

    async fn add(&mut self, number: u32, words: String) -> DocumentId {
        let mut sha256 = [0; 32];
        sha256[..4].copy_from_slice(&number.to_be_bytes());
        let arrival = Arrival {
            sha256: Sha256Hash(sha256),
            media_type: MediaType::Text,
            size: 1,
            origin: Origin {
                kind: OriginKind::Upload,
                file_name: "x".to_owned(),
            },
            visible_to: Visibility::Household,
        };
        let accept = move |tx: &WriteTx<'_>| Ok(documents::accept(tx, arrival)?.document().id);
        let id = self.write(accept).await;
        self.set(id, words).await;
        id
    }

    async fn set(&mut self, id: DocumentId, words: String) {
        self.documents.insert(id, words.clone());
        self.write(move |tx| index(tx, id, &[&words])).await;
    }

    async fn remove(&mut self, id: DocumentId) {
        self.documents.remove(&id);
        self.write(move |tx| remove(tx, id)).await;
    }

    async fn finds(&self, typed: &str) -> BTreeSet<DocumentId> {
        let filter = documents::Filter {
            query: Some(typed.to_owned()),
            ..documents::Filter::default()
        };
        let list = move |tx: &ReadTx<'_>| documents::list(tx, &filter, 10_000);
        let found = self.store.read(Viewer::House, list).await.unwrap();
        found.iter().map(|it| it.document.id).collect()
    }

    /// What should be found: every word typed is a part of a word; one of fewer than three letters is one.
    fn holds(&self, typed: &str) -> BTreeSet<DocumentId> {
        let holds = |text: &str| {
            typed.split(' ').all(|part| {
                text.split(' ')
                    .any(|word| word == part || part.len() >= 3 && word.contains(part))
            })
        };
        let found = self.documents.iter().filter(|(_, text)| holds(text));
        found.map(|(id, _)| *id).collect()
    }

    /// The index holds what the documents hold, and no word that none of them holds.
    async fn assert_sound(&self) {
        let mut words: Vec<String> = self
            .documents
            .values()
            .flat_map(|text| text.split(' ').map(ToOwned::to_owned))
            .filter(|it| !it.is_empty())
            .collect();
        words.sort();
        words.dedup();
        let known = self.write(|tx| {
            tx.execute_batch(
                "INSERT INTO search (search, rank) VALUES ('integrity-check', 1);
                 INSERT INTO word_part (word_part, rank) VALUES ('integrity-check', 1)",
            )?;
            let mut query = tx.prepare("SELECT text FROM word ORDER BY text")?;
            let words = query.query_map([], |row| row.get(0))?;
            Ok(words.collect::<Result<Vec<String>, _>>()?)
        });
        assert_eq!(known.await, words);
    }
}

/// Numbers that are the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    /// A word of one to three syllables, of which there are few: most are parts of others.
    fn word(&mut self) -> String {
        const SYLLABLES: [&str; 12] = [
            "an", "bau", "gas", "geb", "hr", "ung", "mul", "l", "ste", "ur", "7", "-",
        ];
        let count = 1 + self.below(3);
        let syllables = (0..count).map(|_| SYLLABLES[self.below(12)]);
        let word: String = syllables.collect();
        let word = word.trim_matches('-');
        if word.is_empty() { "x" } else { word }.to_owned()
    }

    fn text(&mut self) -> String {
        let count = self.below(12);
        let words: Vec<String> = (0..count).map(|_| self.word()).collect();
        words.join(" ")
    }
}

#[tokio::test]
async fn documents_that_come_change_and_go_are_found_as_by_looking_through_them() {
    let mut house = House::open();
    let mut chance = Chance(7);
    let mut found = 0;
    for number in 0..600 {
        let ids: Vec<DocumentId> = house.documents.keys().copied().collect();
        let one = (!ids.is_empty()).then(|| ids[chance.below(ids.len())]);
        match (chance.below(4), one) {
            (0, Some(id)) => house.set(id, chance.text()).await,
            (1, Some(id)) => house.remove(id).await,
            _ => drop(house.add(number, chance.text()).await),
        }
        let mut typed = chance.word();
        if chance.below(2) == 0 {
            typed = format!("{typed} {}", chance.word());
        }
        let expected = house.holds(&typed);
        found += expected.len();
        assert_eq!(house.finds(&typed).await, expected, "{typed}");
        if number % 100 == 0 {
            house.assert_sound().await;
        }
    }
    house.assert_sound().await;
    assert!(found > 1000, "{found}");
}

#[tokio::test]
async fn a_part_of_more_words_than_can_be_named_is_found_too() {
    let mut house = House::open();
    for number in 0..40 {
        let words: Vec<String> = (0..20).map(|it| format!("{number}lösung{it}")).collect();
        house.add(number, folded(&words.join(" "))).await;
    }
    house.add(40, "losung gas".to_owned()).await;
    house.add(41, "gas".to_owned()).await;
    for (typed, count) in [
        ("Lösung", 41),
        ("lösung ösu", 41),
        ("lösung gas", 1),
        ("ösung 7losung12 sung", 4),
        ("lösung wasser", 0),
    ] {
        let found = house.finds(typed).await;
        assert_eq!(found, house.holds(&folded(typed)), "{typed}");
        assert_eq!(found.len(), count, "{typed}");
    }
}

#[tokio::test]
async fn marks_quotes_and_very_long_words_break_nothing() {
    let mut house = House::open();
    let long = "z".repeat(5000);
    let text = format!("24\"-monitor {long} a*b^c:d {{x}} NEAR(a) ec");
    let id = house.add(1, String::new()).await;
    house.set(id, text).await;
    for (typed, is_found) in [
        ("24\"-mon", true),
        ("\"24\"", false),
        ("a*b^c", true),
        ("c:d", true),
        ("near(a", true),
        ("EC", true),
        ("e", false),
        (long.as_str(), true),
        ("\"", false),
        ("* ^ -", false),
        ("near OR NOT", false),
    ] {
        let found = house.finds(typed).await;
        assert_eq!(found.contains(&id), is_found, "{typed}");
    }
}
