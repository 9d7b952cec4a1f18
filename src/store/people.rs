//! Members of the household, their sessions, the tokens of programs, and the first login.
//!
//! Only hashes of secrets are kept: SHA-256 of random tokens, Argon2id of passwords.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, named_params, params};
use serde::Serialize;

use super::journal::{self, Change};
use super::rows::{Columns, json};
use super::{Error, ReadTx, WriteTx, search, tasks};
use crate::domain::document::Sha256Hash;
use crate::domain::id::{PersonId, TokenId};
use crate::domain::journal::{Actor, Entity};
use crate::domain::person::{Language, Person};

/// Bytes of the name of an account at the most.
const ACCOUNT_BYTES_MAX: usize = 200;

/// Whether nobody lives here yet.
pub fn is_empty(tx: &ReadTx<'_>) -> Result<bool, Error> {
    let count: i64 = tx.query_row("SELECT count(*) FROM person", [], |row| row.get(0))?;
    Ok(count == 0)
}

/// Adds a person; the first one ends the first login.
pub fn create(
    tx: &WriteTx<'_>,
    name: &str,
    password: &str,
    language: Option<Language>,
) -> Result<Person, Error> {
    let name = free_name(tx, name, None)?;
    let person = Person {
        id: PersonId::new(tx.now(), tx.random()),
        name: name.to_owned(),
        language,
        created_at: tx.now(),
    };
    tx.execute(
        "INSERT INTO person (id, name, folded_name, password, language, created_at, version)
         VALUES (:id, :name, :folded, :password, :language, :created_at, 1)",
        named_params! {
            ":id": person.id.to_string(),
            ":name": person.name,
            ":folded": search::folded(name),
            ":password": password,
            ":language": language.map(Language::as_str),
            ":created_at": person.created_at.as_millisecond(),
        },
    )?;
    tx.execute("DELETE FROM first_login", [])?;
    log_change(tx, &person, "added", &["name"])?;
    Ok(person)
}

/// `name`, if a person may be called so and nobody but `own` is.
fn free_name<'a>(tx: &ReadTx<'_>, name: &'a str, own: Option<PersonId>) -> Result<&'a str, Error> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 60 {
        let what = "a name has 1 to 60 letters".to_owned();
        return Err(Error::Conflict { what });
    }
    if by_name(tx, name)?.is_some_and(|it| Some(it.id) != own) {
        let what = format!("there is a {name} already");
        return Err(Error::Conflict { what });
    }
    Ok(name)
}

fn log_change(
    tx: &WriteTx<'_>,
    person: &Person,
    change: &str,
    fields: &[&str],
) -> Result<(), Error> {
    let id = person.id.to_string();
    let change = Change {
        entity: Entity::Person,
        id,
        version: 1,
        change,
        fields,
        content: person,
    };
    journal::append(tx, &change)
}

/// Everybody, by name.
pub fn list(tx: &ReadTx<'_>) -> Result<Vec<Person>, Error> {
    let mut query = tx.prepare_cached("SELECT * FROM person ORDER BY folded_name")?;
    let people = query.query_and_then([], person_from_row)?;
    people.collect()
}

/// The person.
pub fn by_id(tx: &ReadTx<'_>, id: PersonId) -> Result<Person, Error> {
    let mut query = tx.prepare_cached("SELECT * FROM person WHERE id = ?1")?;
    let mut rows = query.query_and_then([id.to_string()], person_from_row)?;
    rows.next()
        .unwrap_or_else(|| Err(Error::missing("person", id)))
}

/// The person with that name, whatever its case and accents.
pub fn by_name(tx: &ReadTx<'_>, name: &str) -> Result<Option<Person>, Error> {
    let mut query = tx.prepare_cached("SELECT * FROM person WHERE folded_name = ?1")?;
    let mut rows = query.query_and_then([search::folded(name.trim())], person_from_row)?;
    rows.next().transpose()
}

/// The stored form of a person's password.
pub fn password(tx: &ReadTx<'_>, id: PersonId) -> Result<Option<String>, Error> {
    let mut query = tx.prepare_cached("SELECT password FROM person WHERE id = ?1")?;
    Ok(query
        .query_row([id.to_string()], |row| row.get(0))
        .optional()?)
}

/// Changes a person's password and ends their sessions.
pub fn set_password(tx: &WriteTx<'_>, id: PersonId, password: &str) -> Result<(), Error> {
    let person = by_id(tx, id)?;
    let key = id.to_string();
    tx.execute(
        "UPDATE person SET password = ?2 WHERE id = ?1",
        params![key, password],
    )?;
    tx.execute("DELETE FROM session WHERE person = ?1", [key])?;
    log_change(tx, &person, "password changed", &["password"])
}

/// Changes the language a person is spoken to in.
pub fn set_language(
    tx: &WriteTx<'_>,
    id: PersonId,
    language: Option<Language>,
) -> Result<(), Error> {
    let person = Person {
        language,
        ..by_id(tx, id)?
    };
    tx.execute(
        "UPDATE person SET language = ?2 WHERE id = ?1",
        params![id.to_string(), language.map(Language::as_str)],
    )?;
    log_change(tx, &person, "language changed", &["language"])
}

/// Calls a person something else.
pub fn rename(tx: &WriteTx<'_>, id: PersonId, name: &str) -> Result<Person, Error> {
    let name = free_name(tx, name, Some(id))?;
    let person = Person {
        name: name.to_owned(),
        ..by_id(tx, id)?
    };
    tx.execute(
        "UPDATE person SET name = ?2, folded_name = ?3 WHERE id = ?1",
        params![id.to_string(), name, search::folded(name)],
    )?;
    log_change(tx, &person, "renamed", &["name"])?;
    Ok(person)
}

/// The person who has this account of Home Assistant.
pub fn of_account(tx: &ReadTx<'_>, account: &str) -> Result<Option<Person>, Error> {
    let mut query = tx.prepare_cached("SELECT * FROM person WHERE account = ?1")?;
    let mut rows = query.query_and_then([account], person_from_row)?;
    rows.next().transpose()
}

/// The person with that name, unless they have an account of Home Assistant already.
pub fn without_account(tx: &ReadTx<'_>, name: &str) -> Result<Option<Person>, Error> {
    let mut query =
        tx.prepare_cached("SELECT * FROM person WHERE folded_name = ?1 AND account IS NULL")?;
    let mut rows = query.query_and_then([search::folded(name.trim())], person_from_row)?;
    rows.next().transpose()
}

/// Gives a person an account of Home Assistant, and takes it from whoever had it.
pub fn link_account(tx: &WriteTx<'_>, id: PersonId, account: &str) -> Result<(), Error> {
    let person = by_id(tx, id)?;
    if account.is_empty() || account.len() > ACCOUNT_BYTES_MAX {
        let what = format!("an account has 1 to {ACCOUNT_BYTES_MAX} letters");
        return Err(Error::Conflict { what });
    }
    tx.execute(
        "UPDATE person SET account = NULL WHERE account = ?1",
        [account],
    )?;
    tx.execute(
        "UPDATE person SET account = ?2 WHERE id = ?1",
        params![id.to_string(), account],
    )?;
    log_change(tx, &person, "account linked", &["account"])
}

/// A person moves out. Their sessions, tokens and calendar addresses end, and what they were to do
/// becomes the household's. Refused for the last one, and where something is theirs alone: nobody could
/// see it any more.
pub fn remove(tx: &WriteTx<'_>, id: PersonId) -> Result<Person, Error> {
    let person = by_id(tx, id)?;
    if list(tx)?.len() < 2 {
        let what = format!("{} is the last one who lives here", person.name);
        return Err(Error::Conflict { what });
    }
    let key = id.to_string();
    let own: i64 = tx.query_row(
        "SELECT (SELECT count(*) FROM document WHERE visible_to = ?1 AND deleted_at IS NULL)
              + (SELECT count(*) FROM task WHERE visible_to = ?1 AND document IS NULL
                                             AND status = 'open')",
        [json(&[&key])],
        |row| row.get(0),
    )?;
    if own > 0 {
        let name = &person.name;
        let what = format!(
            "nobody else may see {own} of {name}'s documents and tasks: {name} deletes or answers \
             them first"
        );
        return Err(Error::Conflict { what });
    }
    tasks::leave(tx, id)?;
    tx.execute(
        "UPDATE delivery SET state = 'overtaken' WHERE state = 'waiting' AND person = ?1",
        [&key],
    )?;
    tx.execute("DELETE FROM person WHERE id = ?1", [&key])?;
    log_change(tx, &person, "removed", &["name"])?;
    Ok(person)
}

/// A browser that has logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Who.
    pub person: Person,
    /// What its forms must carry.
    pub csrf: String,
    /// When it was last used.
    pub seen_at: Timestamp,
    /// When it ends unless it is used.
    pub expires_at: Timestamp,
}

/// Opens a session; `hash` is the SHA-256 of what the cookie carries.
pub fn open_session(
    tx: &WriteTx<'_>,
    hash: Sha256Hash,
    person: PersonId,
    csrf: &str,
    expires_at: Timestamp,
) -> Result<(), Error> {
    let now = tx.now().as_millisecond();
    tx.execute("DELETE FROM session WHERE expires_at <= ?1", [now])?;
    tx.execute(
        "INSERT INTO session (hash, person, csrf, created_at, seen_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?4, ?5)",
        params![
            hash.0.as_slice(),
            person.to_string(),
            csrf,
            now,
            expires_at.as_millisecond()
        ],
    )?;
    Ok(())
}

/// The session of a cookie, unless it has ended.
pub fn session(tx: &ReadTx<'_>, hash: Sha256Hash) -> Result<Option<Session>, Error> {
    let mut query = tx.prepare_cached(
        "SELECT p.*, s.csrf, s.seen_at, s.expires_at
           FROM session s JOIN person p ON p.id = s.person
          WHERE s.hash = ?1 AND s.expires_at > ?2",
    )?;
    let parameters = params![hash.0.as_slice(), tx.now().as_millisecond()];
    let mut rows = query.query_and_then(parameters, |row| {
        let columns = Columns::of("session", row);
        Ok::<_, Error>(Session {
            person: person_from_row(row)?,
            csrf: columns.plain("csrf")?,
            seen_at: columns.instant("seen_at")?,
            expires_at: columns.instant("expires_at")?,
        })
    })?;
    rows.next().transpose()
}

/// A session was used: it ends later.
pub fn touch_session(
    tx: &WriteTx<'_>,
    hash: Sha256Hash,
    expires_at: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE session SET seen_at = ?2, expires_at = ?3 WHERE hash = ?1",
        params![
            hash.0.as_slice(),
            tx.now().as_millisecond(),
            expires_at.as_millisecond()
        ],
    )?;
    Ok(())
}

/// Ends a session.
pub fn close_session(tx: &WriteTx<'_>, hash: Sha256Hash) -> Result<(), Error> {
    tx.execute("DELETE FROM session WHERE hash = ?1", [hash.0.as_slice()])?;
    Ok(())
}

/// What a program carries to use the API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Token {
    /// Its id.
    pub id: TokenId,
    /// What a person calls it; unique.
    pub name: String,
    /// Sees what this person may see; `None` is the household's own and sees everything.
    pub person: Option<PersonId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, to the hour.
    pub used_at: Option<Timestamp>,
}

/// Makes a token; `hash` is the SHA-256 of what the program carries.
pub fn create_token(
    tx: &WriteTx<'_>,
    name: &str,
    hash: Sha256Hash,
    person: Option<PersonId>,
) -> Result<Token, Error> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Error::Conflict {
            what: "a token needs a name".to_owned(),
        });
    }
    let token = Token {
        id: TokenId::new(tx.now(), tx.random()),
        name: name.to_owned(),
        person,
        created_at: tx.now(),
        used_at: None,
    };
    let inserted = tx.execute(
        "INSERT INTO token (id, name, hash, person, created_at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (name) DO NOTHING",
        params![
            token.id.to_string(),
            token.name,
            hash.0.as_slice(),
            person.map(|it| it.to_string()),
            token.created_at.as_millisecond()
        ],
    )?;
    if inserted == 0 {
        return Err(Error::Conflict {
            what: format!("there is a token {name} already"),
        });
    }
    log_token(tx, &token, "created")?;
    Ok(token)
}

fn log_token(tx: &WriteTx<'_>, token: &Token, change: &str) -> Result<(), Error> {
    let id = token.id.to_string();
    let (entity, version) = (Entity::Token, 1);
    let change = Change {
        entity,
        id,
        version,
        change,
        fields: &["name"],
        content: token,
    };
    journal::append(tx, &change)
}

/// The token with that hash.
pub fn token(tx: &ReadTx<'_>, hash: Sha256Hash) -> Result<Option<Token>, Error> {
    let mut query = tx.prepare_cached("SELECT * FROM token WHERE hash = ?1")?;
    let mut rows = query.query_and_then([hash.0.as_slice()], token_from_row)?;
    rows.next().transpose()
}

/// All tokens, by name.
pub fn tokens(tx: &ReadTx<'_>) -> Result<Vec<Token>, Error> {
    let mut query = tx.prepare_cached("SELECT * FROM token ORDER BY name")?;
    let tokens = query.query_and_then([], token_from_row)?;
    tokens.collect()
}

/// What somebody who writes is called: a person or a program; `None` for the house's own workers.
pub fn name_of(tx: &ReadTx<'_>, actor: &Actor) -> Result<Option<String>, Error> {
    let mut query = tx.prepare_cached(
        "SELECT name FROM person WHERE id = ?1 UNION ALL SELECT name FROM token WHERE id = ?1",
    )?;
    Ok(query
        .query_row([&actor.name], |row| row.get(0))
        .optional()?)
}

/// Notes that a token was used now.
pub fn touch_token(tx: &WriteTx<'_>, id: TokenId) -> Result<(), Error> {
    let now = tx.now().as_millisecond();
    tx.execute(
        "UPDATE token SET used_at = ?2 WHERE id = ?1",
        params![id.to_string(), now],
    )?;
    Ok(())
}

/// Ends a token.
pub fn revoke_token(tx: &WriteTx<'_>, name: &str) -> Result<(), Error> {
    let token = tokens(tx)?.into_iter().find(|it| it.name == name.trim());
    let token = token.ok_or_else(|| Error::missing("token", name))?;
    tx.execute("DELETE FROM token WHERE id = ?1", [token.id.to_string()])?;
    log_token(tx, &token, "revoked")
}

/// Makes a new first-login link the only one that works, until `expires_at`; refused once somebody
/// lives here.
pub fn offer_first_login(
    tx: &WriteTx<'_>,
    hash: Sha256Hash,
    expires_at: Timestamp,
) -> Result<(), Error> {
    if !is_empty(tx)? {
        let what = "somebody lives here already: use `workmate person add`".to_owned();
        return Err(Error::Conflict { what });
    }
    tx.execute("DELETE FROM first_login", [])?;
    tx.execute(
        "INSERT INTO first_login (hash, expires_at) VALUES (?1, ?2)",
        params![hash.0.as_slice(), expires_at.as_millisecond()],
    )?;
    Ok(())
}

/// Whether a first-login link still works.
pub fn is_first_login(tx: &ReadTx<'_>, hash: Sha256Hash) -> Result<bool, Error> {
    let mut query =
        tx.prepare_cached("SELECT 1 FROM first_login WHERE hash = ?1 AND expires_at > ?2")?;
    let parameters = params![hash.0.as_slice(), tx.now().as_millisecond()];
    let found: Option<i64> = query.query_row(parameters, |row| row.get(0)).optional()?;
    Ok(found.is_some() && is_empty(tx)?)
}

fn person_from_row(row: &Row<'_>) -> Result<Person, Error> {
    let columns = Columns::of("person", row);
    Ok(Person {
        id: columns.parsed("id")?,
        name: columns.plain("name")?,
        language: columns.parsed_or_none("language")?,
        created_at: columns.instant("created_at")?,
    })
}

fn token_from_row(row: &Row<'_>) -> Result<Token, Error> {
    let columns = Columns::of("token", row);
    Ok(Token {
        id: columns.parsed("id")?,
        name: columns.plain("name")?,
        person: columns.parsed_or_none("person")?,
        created_at: columns.instant("created_at")?,
        used_at: columns.instant_or_none("used_at")?,
    })
}
