//! Whoever writes to the household: told by the names in their letters, and by what persons said.

use rusqlite::{Row, named_params, params};

use super::journal::{self, Change};
use super::rows::{Columns, VISIBLE, visibility_column};
use super::search::folded;
use super::{Error, ReadTx, WriteTx, examples, findings};
use crate::domain::document::{Document, Kind};
use crate::domain::finding::{Correction, Extraction, Field, Value};
use crate::domain::id::{DocumentId, PartyId};
use crate::domain::journal::Entity;
use crate::domain::layout::Example;
use crate::domain::mark::Mark;
use crate::domain::party::{Account, Lesson, Party, Sign, account, is_named, sign};
use crate::domain::person::Language;
use crate::domain::value::Iban;

/// A name of so many letters may be read with one letter wrong in each of them.
const LETTERS_A_SLIP: usize = 8;

/// Who wrote a letter, as far as that is told.
struct Told {
    /// The sign of the name that was read.
    words: Option<String>,
    /// Whether that name is sure.
    is_sure: bool,
    /// Whose it is, and whether a person said so.
    party: Option<(Party, bool)>,
}

fn told(tx: &ReadTx<'_>, document: &Document, extraction: &Extraction) -> Result<Told, Error> {
    let words = extraction.text(Field::Sender).map(|it| sign(&folded(it)));
    let words = words.filter(|it| !it.is_empty());
    let is_sure = is_named(extraction);
    let by_name = match &words {
        Some(words) => told_by(tx, document, words)?,
        None => None,
    };
    let by_name = by_name.filter(|(_, is_taught)| is_sure || *is_taught);
    let party = match (by_name, account(extraction)) {
        (None, Some(iban)) if !is_sure => holder(tx, document, iban)?,
        (by_name, _) => by_name,
    };
    let party = match party {
        None if !is_sure => bearer(tx, document, extraction)?,
        party => party,
    };
    Ok(Told {
        words,
        is_sure,
        party,
    })
}

/// Says what is known of whoever wrote a letter, and remembers nothing.
pub fn speak(
    tx: &ReadTx<'_>,
    document: &Document,
    extraction: &mut Extraction,
    language: Language,
) -> Result<(), Error> {
    if let Some((party, is_taught)) = told(tx, document, extraction)?.party {
        party.speak(extraction, is_taught, language);
    }
    Ok(())
}

/// What persons showed in letters like this one, and how alike they must be laid out.
pub fn examples(
    tx: &ReadTx<'_>,
    document: &Document,
    extraction: &Extraction,
) -> Result<(Vec<Example>, f32), Error> {
    let told = told(tx, document, extraction)?;
    let party = told.party.map(|(party, _)| party.id);
    examples::for_letter(tx, document, party, told.is_sure)
}

/// Tells who wrote a letter, says what is known of them, and remembers what is new. Its `extraction`
/// is the machine's.
pub fn meet(
    tx: &WriteTx<'_>,
    document: &Document,
    extraction: &mut Extraction,
    language: Language,
) -> Result<(), Error> {
    examples::keep_trace(tx, document.id, &extraction.trace)?;
    let told = told(tx, document, extraction)?;
    tx.execute(
        "UPDATE document SET sender_sign = ?2, kind_read = ?3 WHERE id = ?1",
        params![
            document.id.to_string(),
            told.words,
            extraction.kind().map(Kind::as_str)
        ],
    )?;
    let name = extraction.text(Field::Sender).map(ToOwned::to_owned);
    let party = match (told.party, name.zip(told.words)) {
        (Some((party, is_taught)), _) => {
            party.speak(extraction, is_taught, language);
            party
        }
        (None, Some((name, words))) if told.is_sure => create(tx, document, &name, &words)?,
        (None, _) => return belong(tx, document.id, None),
    };
    belong(tx, document.id, Some(party.id))?;
    learn_marks(tx, &party, &extraction.trace.marks)?;
    match account(extraction) {
        // Another one than before becomes known when a person says that it is right.
        Some(iban) if party.accounts.is_empty() => learn_account(tx, &party, iban, false),
        _ => Ok(()),
    }
}

/// What was read of a letter before anything that was learned.
struct Read {
    sender_sign: Option<String>,
    kind: Option<Kind>,
    party: Option<PartyId>,
}

fn read(tx: &ReadTx<'_>, id: DocumentId) -> Result<Read, Error> {
    let mut query =
        tx.prepare_cached("SELECT sender_sign, kind_read, party FROM document WHERE id = ?1")?;
    let mut rows = query.query_and_then([id.to_string()], |row| {
        let columns = Columns::of("document", row);
        Ok(Read {
            sender_sign: columns.plain("sender_sign")?,
            kind: columns.parsed_or_none("kind_read")?,
            party: columns.parsed_or_none("party")?,
        })
    })?;
    rows.next()
        .unwrap_or_else(|| Err(Error::missing("document", id)))
}

/// A person said what is right in a letter: its sender's next one is read with that in mind.
pub fn teach(
    tx: &WriteTx<'_>,
    document: &Document,
    corrections: &[Correction],
) -> Result<(), Error> {
    // The name first: the rest is said of whom it names.
    for correction in corrections {
        if let (Field::Sender, Some(Value::Text(name))) = (correction.field, &correction.value) {
            rename(tx, document, name)?;
        }
    }
    let read = read(tx, document.id)?;
    examples::teach(tx, document, read.party, corrections)?;
    let Some(party) = read.party else {
        return Ok(());
    };
    let party = any(tx, party)?;
    for correction in corrections {
        match (&correction.value, read.kind) {
            (Some(Value::Iban(iban)), _) => learn_account(tx, &party, iban, true)?,
            (Some(Value::Kind(right)), Some(found)) => learn_kind(tx, &party, found, *right)?,
            _ => {}
        }
    }
    Ok(())
}

/// Everybody that the viewer may know of, by name.
pub fn list(tx: &ReadTx<'_>, limit: u32) -> Result<Vec<Party>, Error> {
    let mut query = tx.prepare_cached(&format!(
        "SELECT * FROM party WHERE {VISIBLE} ORDER BY name COLLATE NOCASE, id LIMIT :limit"
    ))?;
    let parameters = named_params! { ":viewer": tx.viewer_id(), ":limit": limit };
    let found = query.query_and_then(parameters, head)?;
    let found: Result<Vec<Party>, Error> = found.collect();
    found?.into_iter().map(|it| whole(tx, it)).collect()
}

/// The party, if the viewer may know of it.
pub fn by_id(tx: &ReadTx<'_>, id: PartyId) -> Result<Party, Error> {
    let mut query =
        tx.prepare_cached(&format!("SELECT * FROM party WHERE id = :id AND {VISIBLE}"))?;
    let parameters = named_params! { ":id": id.to_string(), ":viewer": tx.viewer_id() };
    let mut rows = query.query_and_then(parameters, head)?;
    let party = rows
        .next()
        .unwrap_or_else(|| Err(Error::missing("sender", id)))?;
    whole(tx, party)
}

/// The party, whoever may know of it.
fn any(tx: &ReadTx<'_>, id: PartyId) -> Result<Party, Error> {
    let mut query = tx.prepare_cached("SELECT * FROM party WHERE id = ?1")?;
    let mut rows = query.query_and_then([id.to_string()], head)?;
    let party = rows
        .next()
        .unwrap_or_else(|| Err(Error::missing("sender", id)))?;
    whole(tx, party)
}

/// Forgets what was learned of a party; its letters stay as they are.
pub fn forget(tx: &WriteTx<'_>, id: PartyId) -> Result<(), Error> {
    erase(tx, &by_id(tx, id)?)
}

fn erase(tx: &WriteTx<'_>, party: &Party) -> Result<(), Error> {
    let id = party.id.to_string();
    tx.execute("DELETE FROM party WHERE id = ?1", [&id])?;
    log_change(tx, party, "forgotten", &[])?;
    journal::erase_content(tx, Entity::Party, &id)
}

/// Forgets everybody of whom no letter is left and whom nobody taught.
pub fn forget_strangers(tx: &WriteTx<'_>) -> Result<(), Error> {
    let mut query = tx.prepare_cached(
        "SELECT id FROM party
          WHERE NOT EXISTS (SELECT 1 FROM document WHERE document.party = party.id)
            AND NOT EXISTS (SELECT 1 FROM party_sign WHERE party = party.id AND is_taught)
            AND NOT EXISTS (SELECT 1 FROM example WHERE example.party = party.id)",
    )?;
    let ids = query.query_and_then([], |row| Columns::of("party", row).parsed("id"))?;
    let ids: Result<Vec<PartyId>, Error> = ids.collect();
    for id in ids? {
        erase(tx, &any(tx, id)?)?;
    }
    Ok(())
}

/// How many letters of a party there are.
pub fn letters(tx: &ReadTx<'_>, id: PartyId) -> Result<u64, Error> {
    let mut query = tx.prepare_cached(&format!(
        "SELECT count(*) AS letters FROM document
          WHERE party = :id AND deleted_at IS NULL AND {VISIBLE}"
    ))?;
    let parameters = named_params! { ":id": id.to_string(), ":viewer": tx.viewer_id() };
    let mut rows = query.query_and_then(parameters, |row| {
        Columns::of("document", row).count("letters")
    })?;
    rows.next().unwrap_or(Ok(0))
}

/// The party of a name among those of the document's circle, and whether a person taught it. A name
/// that is read with a letter or two wrong is the same, where no other is as near.
fn told_by(
    tx: &ReadTx<'_>,
    document: &Document,
    words: &str,
) -> Result<Option<(Party, bool)>, Error> {
    let mut query = tx.prepare_cached(
        "SELECT s.party, s.words, s.is_taught FROM party_sign s JOIN party p ON p.id = s.party
          WHERE p.visible_to IS ?1",
    )?;
    let circle = visibility_column(&document.visible_to);
    let signs = query.query_and_then([circle], |row| {
        let columns = Columns::of("party_sign", row);
        Ok::<_, Error>((
            columns.parsed::<PartyId>("party")?,
            columns.plain::<String>("words")?,
            columns.plain::<bool>("is_taught")?,
        ))
    })?;
    let slips_max = words.chars().count() / LETTERS_A_SLIP;
    let mut near: Vec<(usize, bool, PartyId)> = Vec::new();
    for found in signs {
        let (party, known, is_taught) = found?;
        if known.len().abs_diff(words.len()) > 2 * slips_max {
            continue;
        }
        let slips = strsim::damerau_levenshtein(&known, words);
        if slips <= slips_max {
            near.push((slips, !is_taught, party));
        }
    }
    near.sort_unstable();
    let Some((slips, untaught, party)) = near.first().copied() else {
        return Ok(None);
    };
    let is_certain = near
        .iter()
        .all(|it| it.2 == party || (it.0, it.1) > (slips, untaught));
    if !is_certain {
        return Ok(None);
    }
    Ok(Some((any(tx, party)?, !untaught)))
}

/// The only party of the document's circle that this account is known of, if a person named it.
fn holder(
    tx: &ReadTx<'_>,
    document: &Document,
    iban: &Iban,
) -> Result<Option<(Party, bool)>, Error> {
    let mut query = tx.prepare_cached(
        "SELECT p.id FROM party p JOIN party_account a ON a.party = p.id
          WHERE a.iban = ?1 AND p.visible_to IS ?2
            AND EXISTS (SELECT 1 FROM party_sign s WHERE s.party = p.id AND s.is_taught)",
    )?;
    let parameters = params![
        String::from(iban.clone()),
        visibility_column(&document.visible_to)
    ];
    let ids = query.query_and_then(parameters, |row| Columns::of("party", row).parsed("id"))?;
    let ids: Vec<PartyId> = ids.collect::<Result<_, Error>>()?;
    match ids.as_slice() {
        [id] => Ok(Some((any(tx, *id)?, true))),
        _ => Ok(None),
    }
}

/// The only party of the document's circle that a mark of the letter is known of, if a person named
/// it; the VAT number before the domain.
fn bearer(
    tx: &ReadTx<'_>,
    document: &Document,
    extraction: &Extraction,
) -> Result<Option<(Party, bool)>, Error> {
    for mark in &extraction.trace.marks {
        let mut query = tx.prepare_cached(
            "SELECT p.id, EXISTS (SELECT 1 FROM party_sign s
                                   WHERE s.party = p.id AND s.is_taught) AS is_taught
               FROM party p JOIN party_mark m ON m.party = p.id
              WHERE m.mark = ?1 AND p.visible_to IS ?2",
        )?;
        let parameters = params![mark.to_string(), visibility_column(&document.visible_to)];
        let bearers = query.query_and_then(parameters, |row| {
            let columns = Columns::of("party", row);
            Ok((columns.parsed("id")?, columns.plain("is_taught")?))
        })?;
        let bearers: Vec<(PartyId, bool)> = bearers.collect::<Result<_, Error>>()?;
        if let [(id, true)] = bearers.as_slice() {
            return Ok(Some((any(tx, *id)?, true)));
        }
    }
    Ok(None)
}

fn learn_marks<'a>(
    tx: &WriteTx<'_>,
    party: &Party,
    marks: impl IntoIterator<Item = &'a Mark>,
) -> Result<(), Error> {
    let mut is_new = false;
    for mark in marks {
        let added = tx.execute(
            "INSERT OR IGNORE INTO party_mark (party, mark) VALUES (?1, ?2)",
            params![party.id.to_string(), mark.to_string()],
        )?;
        is_new |= added > 0;
    }
    if is_new {
        bump(tx, party.id, "mark learned", &["marks"])?;
    }
    Ok(())
}

fn create(tx: &WriteTx<'_>, document: &Document, name: &str, words: &str) -> Result<Party, Error> {
    let party = Party {
        id: PartyId::new(tx.now(), tx.random()),
        name: name.to_owned(),
        visible_to: document.visible_to.clone(),
        accounts: Vec::new(),
        signs: Vec::new(),
        kinds: Vec::new(),
        marks: Vec::new(),
        examples: Vec::new(),
        created_at: tx.now(),
        version: 1,
    };
    tx.execute(
        "INSERT INTO party (id, name, visible_to, created_at, version)
         VALUES (:id, :name, :visible_to, :created_at, 1)",
        named_params! {
            ":id": party.id.to_string(),
            ":name": party.name,
            ":visible_to": visibility_column(&party.visible_to),
            ":created_at": party.created_at.as_millisecond(),
        },
    )?;
    learn_sign(tx, party.id, words, false)?;
    log_change(tx, &party, "met", &["name"])?;
    Ok(party)
}

/// The sender of a document, and of those whose sender is read as in it, is called `name`.
fn rename(tx: &WriteTx<'_>, document: &Document, name: &str) -> Result<(), Error> {
    let words = sign(&folded(name));
    if words.is_empty() {
        return Ok(());
    }
    let read = read(tx, document.id)?;
    let party = match told_by(tx, document, &words)? {
        Some((party, _)) => party,
        None => create(tx, document, name, &words)?,
    };
    let key = party.id.to_string();
    tx.execute(
        "UPDATE party SET name = ?2 WHERE id = ?1",
        params![key, name],
    )?;
    belong(tx, document.id, Some(party.id))?;
    examples::belong(tx, document.id, party.id)?;
    learn_sign(tx, party.id, &words, true)?;
    if let Some(read) = read.sender_sign.filter(|it| *it != words) {
        // What is said last of a sign holds.
        tx.execute(
            "DELETE FROM party_sign WHERE words = ?1 AND party IN
               (SELECT id FROM party WHERE visible_to IS ?2)",
            params![read, visibility_column(&document.visible_to)],
        )?;
        learn_sign(tx, party.id, &read, true)?;
    }
    // Those that were said to be somebody else's are not that one's.
    let marks = examples::trace(tx, document.id)?.marks;
    if let Some(before) = read.party.filter(|it| *it != party.id) {
        for mark in &marks {
            tx.execute(
                "DELETE FROM party_mark WHERE party = ?1 AND mark = ?2",
                params![before.to_string(), mark.to_string()],
            )?;
        }
    }
    learn_marks(tx, &party, &marks)?;
    let letter = findings::found(tx, document.id)?;
    if let Some(iban) = account(&letter).filter(|_| party.accounts.is_empty()) {
        learn_account(tx, &party, iban, false)?;
    }
    bump(tx, party.id, "taught", &["name"])?;
    forget_strangers(tx)
}

fn learn_sign(tx: &WriteTx<'_>, party: PartyId, words: &str, is_taught: bool) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO party_sign (party, words, is_taught) VALUES (?1, ?2, ?3)
         ON CONFLICT (words, party) DO UPDATE SET is_taught = max(is_taught, excluded.is_taught)",
        params![party.to_string(), words, is_taught],
    )?;
    Ok(())
}

fn learn_account(
    tx: &WriteTx<'_>,
    party: &Party,
    iban: &Iban,
    is_confirmed: bool,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO party_account (party, iban, since, is_confirmed) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (party, iban)
         DO UPDATE SET is_confirmed = max(is_confirmed, excluded.is_confirmed)",
        params![
            party.id.to_string(),
            String::from(iban.clone()),
            tx.now().as_millisecond(),
            is_confirmed
        ],
    )?;
    bump(tx, party.id, "account learned", &["accounts"])
}

fn learn_kind(tx: &WriteTx<'_>, party: &Party, found: Kind, right: Kind) -> Result<(), Error> {
    let parameters = params![party.id.to_string(), found.as_str(), right.as_str()];
    if found == right {
        tx.execute(
            "DELETE FROM party_kind WHERE party = ?1 AND found = ?2",
            params![party.id.to_string(), found.as_str()],
        )?;
    } else {
        tx.execute(
            "INSERT OR REPLACE INTO party_kind (party, found, right) VALUES (?1, ?2, ?3)",
            parameters,
        )?;
    }
    bump(tx, party.id, "taught", &["kinds"])
}

/// Writes down whose letter a document is.
fn belong(tx: &WriteTx<'_>, document: DocumentId, party: Option<PartyId>) -> Result<(), Error> {
    tx.execute(
        "UPDATE document SET party = ?2 WHERE id = ?1",
        params![document.to_string(), party.map(|it| it.to_string())],
    )?;
    Ok(())
}

/// Raises the version and journals what the party is now.
pub(super) fn bump(
    tx: &WriteTx<'_>,
    party: PartyId,
    change: &str,
    fields: &[&str],
) -> Result<(), Error> {
    tx.execute(
        "UPDATE party SET version = version + 1 WHERE id = ?1",
        [party.to_string()],
    )?;
    log_change(tx, &any(tx, party)?, change, fields)
}

fn log_change(tx: &WriteTx<'_>, party: &Party, change: &str, fields: &[&str]) -> Result<(), Error> {
    journal::append(
        tx,
        &Change {
            entity: Entity::Party,
            id: party.id.to_string(),
            version: party.version,
            change,
            fields,
            content: party,
        },
    )
}

fn head(row: &Row<'_>) -> Result<Party, Error> {
    let columns = Columns::of("party", row);
    Ok(Party {
        id: columns.parsed("id")?,
        name: columns.plain("name")?,
        visible_to: columns.visibility()?,
        accounts: Vec::new(),
        signs: Vec::new(),
        kinds: Vec::new(),
        marks: Vec::new(),
        examples: Vec::new(),
        created_at: columns.instant("created_at")?,
        version: columns.count("version")?,
    })
}

fn whole(tx: &ReadTx<'_>, party: Party) -> Result<Party, Error> {
    let key = party.id.to_string();
    let mut query =
        tx.prepare_cached("SELECT * FROM party_account WHERE party = ?1 ORDER BY since, iban")?;
    let accounts = query.query_and_then([&key], |row| {
        let columns = Columns::of("party_account", row);
        Ok::<_, Error>(Account {
            iban: columns.parsed("iban")?,
            since: columns.instant("since")?,
            is_confirmed: columns.plain("is_confirmed")?,
        })
    })?;
    let accounts = accounts.collect::<Result<_, _>>()?;
    let mut query = tx.prepare_cached(
        "SELECT * FROM party_sign WHERE party = ?1 AND words <> ?2 ORDER BY words",
    )?;
    // That it is read as what it is called says nothing.
    let signs = query.query_and_then([&key, &sign(&folded(&party.name))], |row| {
        let columns = Columns::of("party_sign", row);
        Ok::<_, Error>(Sign {
            words: columns.plain("words")?,
            is_taught: columns.plain("is_taught")?,
        })
    })?;
    let signs = signs.collect::<Result<_, _>>()?;
    let mut query =
        tx.prepare_cached("SELECT * FROM party_kind WHERE party = ?1 ORDER BY found")?;
    let kinds = query.query_and_then([&key], |row| {
        let columns = Columns::of("party_kind", row);
        Ok::<_, Error>(Lesson {
            found: columns.parsed("found")?,
            right: columns.parsed("right")?,
        })
    })?;
    let kinds = kinds.collect::<Result<_, _>>()?;
    // One that is somebody else's too says nothing.
    let mut query = tx.prepare_cached(
        "SELECT mark FROM party_mark m WHERE party = ?1 AND NOT EXISTS
           (SELECT 1 FROM party_mark o JOIN party p ON p.id = o.party
             WHERE o.mark = m.mark AND o.party <> m.party
               AND p.visible_to IS (SELECT visible_to FROM party WHERE id = ?1))
          ORDER BY mark",
    )?;
    let marks =
        query.query_and_then([&key], |row| Columns::of("party_mark", row).parsed("mark"))?;
    let marks = marks.collect::<Result<_, Error>>()?;
    let examples = examples::of_party(tx, party.id)?;
    Ok(Party {
        accounts,
        signs,
        kinds,
        marks,
        examples,
        ..party
    })
}
