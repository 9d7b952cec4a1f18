//! Links in messages by which an answer is given without a login, or the picture of a page is shown.
//!
//! A link is bound to one delivery, task, person and answer, or to one document, signed with a key that
//! never leaves the store (HMAC-SHA-256, RFC 2104), and good for [`GOOD_DAYS`]; an answer is good once. The key is made at the first link
//! and can be made anew to end all of them.

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{Timestamp, ToSpan};
use rusqlite::{OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::{Error, ReadTx, WriteTx, random_bytes, tasks};
use crate::domain::id::{DeliveryId, DocumentId, PersonId, TaskId};
use crate::domain::task::{Answer, AnswerKind, Task};

/// Days for which a link is good.
pub const GOOD_DAYS: i64 = 14;
/// Letters of a link at the most: what is longer is none of ours.
const LETTERS_MAX: usize = 300;
const KEY: &str = "answer-link-key";
/// How a link to a picture begins. An answer begins with a number, so neither can pass for the other.
const PAGE: &str = "page";

/// What a link says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// In which message it stands.
    pub delivery: DeliveryId,
    /// About which task.
    pub task: TaskId,
    /// To whom that was sent; nobody means the household.
    pub person: Option<PersonId>,
    /// What is answered.
    pub answer: AnswerKind,
    /// Good until this moment.
    pub ends_at: Timestamp,
}

/// Why a link opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Dead {
    /// It was never ours, or was altered.
    #[error("the link is not one of this house")]
    Foreign,
    /// Its time has passed.
    #[error("the link is too old")]
    Old,
    /// It was followed before.
    #[error("the link was used before")]
    Spent,
}

/// The key of all links, made where there is none.
pub fn key(tx: &WriteTx<'_>) -> Result<[u8; 32], Error> {
    if let Some(key) = known_key(tx)? {
        return Ok(key);
    }
    let key: [u8; 32] = random_bytes();
    tx.execute(
        "INSERT INTO secret (name, value) VALUES (?1, ?2)",
        params![KEY, key.as_slice()],
    )?;
    Ok(key)
}

fn known_key(tx: &ReadTx<'_>) -> Result<Option<[u8; 32]>, Error> {
    let known: Option<Vec<u8>> = tx
        .query_row("SELECT value FROM secret WHERE name = ?1", [KEY], |row| {
            row.get(0)
        })
        .optional()?;
    Ok(known.and_then(|it| it.try_into().ok()))
}

impl Claim {
    /// A claim that is good from `now` on for as long as links are.
    pub fn new(
        (delivery, task): (DeliveryId, TaskId),
        person: Option<PersonId>,
        answer: AnswerKind,
        now: Timestamp,
    ) -> Self {
        Self {
            delivery,
            task,
            person,
            answer,
            ends_at: now + (GOOD_DAYS * 24).hours(),
        }
    }

    /// The last part of the link's address.
    pub fn signed(&self, key: &[u8; 32]) -> String {
        let text = self.text();
        let mac = BASE64URL_NOPAD.encode(&mac(key, &text));
        format!("{text}.{mac}")
    }

    fn text(&self) -> String {
        let person = self
            .person
            .map_or_else(|| "-".to_owned(), |it| it.to_string());
        let Self {
            delivery,
            task,
            answer,
            ..
        } = self;
        format!(
            "{delivery}.{task}.{person}.{answer}.{}",
            self.ends_at.as_second()
        )
    }

    fn parsed(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let claim = Self {
            delivery: parts.next()?.parse().ok()?,
            task: parts.next()?.parse().ok()?,
            person: match parts.next()? {
                "-" => None,
                person => Some(person.parse().ok()?),
            },
            answer: parts.next()?.parse().ok()?,
            ends_at: Timestamp::from_second(parts.next()?.parse().ok()?).ok()?,
        };
        parts.next().is_none().then_some(claim)
    }
}

/// The last part of the address of the first page of `document`, good from `now` on.
pub fn page(document: DocumentId, now: Timestamp, key: &[u8; 32]) -> String {
    let ends_at = now + (GOOD_DAYS * 24).hours();
    let text = format!("{PAGE}.{document}.{}", ends_at.as_second());
    let mac = BASE64URL_NOPAD.encode(&mac(key, &text));
    format!("{text}.{mac}")
}

/// The document whose first page `link` shows, if it is still good.
pub fn open_page(tx: &ReadTx<'_>, link: &str) -> Result<Result<DocumentId, Dead>, Error> {
    let Some(text) = ours(tx, link)? else {
        return Ok(Err(Dead::Foreign));
    };
    let mut parts = text.split('.');
    let (kind, document, ends_at) = (parts.next(), parts.next(), parts.next());
    let document = document.and_then(|it| it.parse().ok());
    let ends_at = ends_at.and_then(|it| it.parse().ok());
    let ends_at = ends_at.and_then(|it| Timestamp::from_second(it).ok());
    Ok(match (kind, document, ends_at) {
        (Some(PAGE), Some(_), Some(ends_at)) if ends_at <= tx.now() => Err(Dead::Old),
        (Some(PAGE), Some(document), Some(_)) => Ok(document),
        _ => Err(Dead::Foreign),
    })
}

/// What `link` says before its signature, if that is ours.
fn ours<'a>(tx: &ReadTx<'_>, link: &'a str) -> Result<Option<&'a str>, Error> {
    let (Some(key), true) = (known_key(tx)?, link.len() <= LETTERS_MAX) else {
        return Ok(None);
    };
    let Some((text, sent)) = link.rsplit_once('.') else {
        return Ok(None);
    };
    let sent = BASE64URL_NOPAD.decode(sent.as_bytes()).unwrap_or_default();
    let is_ours = subtle::ConstantTimeEq::ct_eq(mac(&key, text).as_slice(), sent.as_slice());
    Ok(Some(text).filter(|_| is_ours.into()))
}

fn mac(key: &[u8; 32], text: &str) -> [u8; 32] {
    // A key of any length is right for HMAC.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return [0; 32];
    };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().into()
}

fn hash(link: &str) -> [u8; 32] {
    Sha256::digest(link.as_bytes()).into()
}

/// What `link` says, if it is still good.
pub fn open(tx: &ReadTx<'_>, link: &str) -> Result<Result<Claim, Dead>, Error> {
    let Some(claim) = ours(tx, link)?.and_then(Claim::parsed) else {
        return Ok(Err(Dead::Foreign));
    };
    if claim.ends_at <= tx.now() {
        return Ok(Err(Dead::Old));
    }
    let mut query = tx.prepare_cached("SELECT 1 FROM spent_link WHERE hash = ?1")?;
    if query.exists([hash(link).as_slice()])? {
        return Ok(Err(Dead::Spent));
    }
    Ok(Ok(claim))
}

/// Uses `link` up. What it says is to be done in the same transaction.
pub fn spend(tx: &WriteTx<'_>, link: &str) -> Result<Result<Claim, Dead>, Error> {
    let opened = open(tx, link)?;
    if let Ok(claim) = &opened {
        tx.execute(
            "INSERT INTO spent_link (hash, ends_at) VALUES (?1, ?2)",
            params![hash(link).as_slice(), claim.ends_at.as_millisecond()],
        )?;
    }
    Ok(opened)
}

/// Uses `link` up and gives the answer that it says; `later` means `next_morning`.
pub fn follow(
    tx: &WriteTx<'_>,
    link: &str,
    next_morning: Timestamp,
) -> Result<Result<(Claim, Task), Dead>, Error> {
    let claim = match spend(tx, link)? {
        Ok(claim) => claim,
        Err(dead) => return Ok(Err(dead)),
    };
    let taken = answered(tx, &claim, claim.answer, next_morning);
    done(claim, taken)
}

/// Gives an answer to the task of a claim; `later` means `next_morning`.
fn answered(
    tx: &WriteTx<'_>,
    claim: &Claim,
    answer: AnswerKind,
    next_morning: Timestamp,
) -> Result<Task, Error> {
    let answer = Answer {
        answer,
        until: None,
    };
    tasks::answer(tx, claim.task, &answer, next_morning)
}

/// What became of a claim. One whose task is gone is too old.
fn done(claim: Claim, taken: Result<Task, Error>) -> Result<Result<(Claim, Task), Dead>, Error> {
    match taken {
        Ok(task) => Ok(Ok((claim, task))),
        Err(Error::Missing { .. }) => Ok(Err(Dead::Old)),
        Err(error) => Err(error),
    }
}

/// Takes what somebody wrote under the name of `link`: an answer where it says nothing else, a comment
/// otherwise. The same words count once; the link stays good.
pub fn reply(
    tx: &WriteTx<'_>,
    link: &str,
    words: &str,
    next_morning: Timestamp,
) -> Result<Result<(Claim, Task), Dead>, Error> {
    let claim = match open(tx, link)? {
        Ok(claim) => claim,
        Err(dead) => return Ok(Err(dead)),
    };
    let said = hash(&format!("{link} {words}"));
    let is_new = tx.execute(
        "INSERT OR IGNORE INTO spent_link (hash, ends_at) VALUES (?1, ?2)",
        params![said.as_slice(), claim.ends_at.as_millisecond()],
    )?;
    if is_new == 0 {
        return Ok(Err(Dead::Spent));
    }
    let taken = match AnswerKind::meant(words) {
        Some(answer) => answered(tx, &claim, answer, next_morning),
        None => tasks::comment(tx, claim.task, words.trim()),
    };
    done(claim, taken)
}

/// Forgets used links whose time has passed: they are dead by that alone.
pub fn tidy(tx: &WriteTx<'_>) -> Result<(), Error> {
    tx.execute(
        "DELETE FROM spent_link WHERE ends_at <= ?1",
        [tx.now().as_millisecond()],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::Clock;
    use crate::store::{Caller, Store, Viewer};

    #[tokio::test]
    async fn a_link_is_good_once_and_for_its_time_and_says_one_thing() {
        let dir = tempfile::tempdir().unwrap();
        let clock = Clock::at("2026-03-01T10:00:00Z".parse().unwrap());
        let store = Store::open(dir.path(), clock.clone()).unwrap();
        let now = clock.now();
        let ids = (DeliveryId::new(now, 1), TaskId::new(now, 2));
        let person = Some(PersonId::new(now, 3));
        let claim = Claim::new(ids, person, AnswerKind::Done, now);
        let other = Claim::new(ids, None, AnswerKind::Later, now);
        let house = || Caller::house("test", "mail");
        let key = store.write(house(), key).await.unwrap();
        assert_eq!(store.write(house(), super::key).await.unwrap(), key);
        let link = claim.signed(&key);
        let open = async |link: &str| {
            let link = link.to_owned();
            store
                .read(Viewer::House, move |tx| open(tx, &link))
                .await
                .unwrap()
        };
        assert_eq!(open(&link).await, Ok(claim.clone()));
        assert_eq!(
            open(&link.replace("done", "later")).await,
            Err(Dead::Foreign)
        );
        assert_eq!(open(&claim.signed(&[7; 32])).await, Err(Dead::Foreign));
        for wrong in ["", ".", "abc", &format!("{link}x"), &"a".repeat(10_000)] {
            assert_eq!(open(wrong).await, Err(Dead::Foreign), "{wrong:.40}");
        }
        let spend = async |link: String| {
            store
                .write(house(), move |tx| spend(tx, &link))
                .await
                .unwrap()
        };
        assert_eq!(spend(link.clone()).await, Ok(claim));
        assert_eq!(spend(link.clone()).await, Err(Dead::Spent));
        let late = other.signed(&key);
        clock.set(now + (GOOD_DAYS * 24).hours());
        assert_eq!(open(&late).await, Err(Dead::Old));
        let document = DocumentId::new(now, 4);
        let picture = page(document, clock.now(), &key);
        let look = async |link: &str| {
            let link = link.to_owned();
            let look = move |tx: &ReadTx<'_>| open_page(tx, &link);
            store.read(Viewer::House, look).await.unwrap()
        };
        assert_eq!(look(&picture).await, Ok(document));
        assert_eq!(look(&page(document, now, &key)).await, Err(Dead::Old));
        // Neither passes for the other.
        assert_eq!(look(&link).await, Err(Dead::Foreign));
        assert_eq!(open(&picture).await, Err(Dead::Foreign));
        let forged = page(document, clock.now(), &[7; 32]);
        assert_eq!(look(&forged).await, Err(Dead::Foreign));
        store.write(house(), tidy).await.unwrap();
        assert_eq!(open(&link).await, Err(Dead::Old));
    }
}
