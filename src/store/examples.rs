//! What persons showed in letters: where a sender's days, amounts and numbers stand.

use jiff::civil::Date;
use rusqlite::{OptionalExtension, Row, named_params, params};

use super::journal::{self, Change};
use super::rows::{Columns, VISIBLE, json, visibility_column};
use super::{Error, ReadTx, WriteTx, documents, findings, parties, people};
use crate::domain::document::Document;
use crate::domain::finding::{Correction, Evidence, Extraction, Field, Value};
use crate::domain::id::{DocumentId, ExampleId, PartyId};
use crate::domain::journal::Entity;
use crate::domain::layout::{
    ALIKE, Example, Place, Role, THE_SAME, Trace, due_of, place_of, shown,
};
use crate::domain::obligation::Action;
use crate::domain::value::Money;

/// Examples of one party, and of nobody's; the oldest are forgotten.
const EXAMPLES_MAX: u32 = 64;

/// Keeps what the reader saw of a document, in the place of what it saw before.
pub fn keep_trace(tx: &WriteTx<'_>, id: DocumentId, trace: &Trace) -> Result<(), Error> {
    tx.execute(
        "INSERT OR REPLACE INTO trace (document, body) VALUES (?1, ?2)",
        params![id.to_string(), json(trace)],
    )?;
    Ok(())
}

/// What the reader saw of a document; nothing of one that was understood before this was kept.
pub fn trace(tx: &ReadTx<'_>, id: DocumentId) -> Result<Trace, Error> {
    let body: Option<String> = tx
        .prepare_cached("SELECT body FROM trace WHERE document = ?1")?
        .query_row([id.to_string()], |row| row.get(0))
        .optional()?;
    let Some(body) = body else {
        return Ok(Trace::default());
    };
    serde_json::from_str(&body).map_err(|cause| Error::Corrupt {
        table: "trace",
        cause: Box::new(cause),
    })
}

/// What was shown in a party's letters, the latest first.
pub fn of_party(tx: &ReadTx<'_>, party: PartyId) -> Result<Vec<Example>, Error> {
    let mut query = tx.prepare_cached(
        "SELECT * FROM example WHERE party = ?1 ORDER BY at DESC, id DESC LIMIT ?2",
    )?;
    let examples = query.query_and_then(params![party.to_string(), EXAMPLES_MAX], example)?;
    examples.collect()
}

/// What was shown in letters of the document's circle, whoever wrote them.
pub fn of_circle(tx: &ReadTx<'_>, document: &Document) -> Result<Vec<Example>, Error> {
    let mut query = tx.prepare_cached(
        "SELECT * FROM example WHERE visible_to IS ?1 ORDER BY at DESC, id DESC LIMIT ?2",
    )?;
    let circle = visibility_column(&document.visible_to);
    let examples = query.query_and_then(params![circle, EXAMPLES_MAX], example)?;
    examples.collect()
}

/// What was shown in letters of unknown senders, as far as the viewer may know, the latest first.
pub fn of_nobody(tx: &ReadTx<'_>) -> Result<Vec<Example>, Error> {
    let mut query = tx.prepare_cached(&format!(
        "SELECT * FROM example WHERE party IS NULL AND {VISIBLE}
          ORDER BY at DESC, id DESC LIMIT :limit"
    ))?;
    let parameters = named_params! { ":viewer": tx.viewer_id(), ":limit": EXAMPLES_MAX };
    let examples = query.query_and_then(parameters, example)?;
    examples.collect()
}

/// What is known of letters like this one, and how alike they must be laid out: those of its party, or
/// where nobody knows who wrote it any that are laid out the same.
pub(super) fn for_letter(
    tx: &ReadTx<'_>,
    document: &Document,
    party: Option<PartyId>,
    is_named: bool,
) -> Result<(Vec<Example>, f32), Error> {
    match party {
        Some(party) => Ok((of_party(tx, party)?, ALIKE)),
        None if is_named => Ok((Vec::new(), ALIKE)),
        None => Ok((of_circle(tx, document)?, THE_SAME)),
    }
}

/// A person said what is right in a letter of `party`.
pub(super) fn teach(
    tx: &WriteTx<'_>,
    document: &Document,
    party: Option<PartyId>,
    corrections: &[Correction],
) -> Result<(), Error> {
    let found = findings::found(tx, document.id)?;
    for correction in corrections {
        let Some(role) = Role::of(correction.field) else {
            continue;
        };
        let mut own = found.findings.iter();
        let own = own.find(|it| it.field == correction.field && it.name == correction.name);
        let own = own.map(|it| (&it.value, it.evidence.as_ref()));
        let lesson = Lesson {
            document,
            party,
            role,
            name: &correction.name,
        };
        let trace = trace(tx, document.id)?;
        lesson.learn(
            tx,
            &trace,
            said(&trace, role, correction.value.as_ref(), own),
        )?;
    }
    Ok(())
}

/// What a person's word about a role shows: where the right value stands, or that there is none.
fn said(
    trace: &Trace,
    role: Role,
    right: Option<&Value>,
    own: Option<(&Value, Option<&Evidence>)>,
) -> Option<Shown> {
    match right {
        Some(right) => shown(trace, role, right, own).map(|(right, wrong)| (Some(right), wrong)),
        // Where the machine had found nothing either, there is nothing to learn.
        None => own.map(|(value, evidence)| (None, place_of(trace, value, evidence))),
    }
}

/// Where the right value stood, if there is one, and where a wrong one was found.
type Shown = (Option<Place>, Option<Place>);

/// A person said by when the duty of that key in a document is due; `None`: by no day.
pub fn teach_due(
    tx: &WriteTx<'_>,
    document: DocumentId,
    key: &str,
    due: Option<&Value>,
) -> Result<(), Error> {
    let found: Extraction = findings::found(tx, document)?;
    let document = documents::by_id(tx, document)?;
    let own = due_of(&found, key);
    let own = own.as_ref().map(|(value, at)| (value, Some(at)));
    let lesson = Lesson {
        document: &document,
        party: party_of(tx, document.id)?,
        role: Role::Due,
        name: key,
    };
    let trace = trace(tx, document.id)?;
    lesson.learn(tx, &trace, said(&trace, Role::Due, due, own))
}

/// A person took back that a document has no duty of that key.
pub(super) fn forget_absence(
    tx: &WriteTx<'_>,
    document: DocumentId,
    key: &str,
) -> Result<(), Error> {
    let mut query = tx.prepare_cached(
        "SELECT * FROM example WHERE document = ?1 AND role = ?2 AND name = ?3 AND place = 'null'",
    )?;
    let parameters = params![document.to_string(), Role::Due.as_str(), key];
    let absences = query.query_and_then(parameters, example)?;
    for absence in absences.collect::<Result<Vec<_>, _>>()? {
        tx.execute(
            "DELETE FROM example WHERE id = ?1",
            [absence.id.to_string()],
        )?;
        log_change(tx, &absence, "lesson forgotten")?;
    }
    Ok(())
}

/// A person made a task to pay `money` by `due` of a document in which nothing was found to pay.
pub fn teach_missed(
    tx: &WriteTx<'_>,
    id: DocumentId,
    due: Date,
    money: Money,
) -> Result<(), Error> {
    let key = Action::Pay.as_str();
    let found: Extraction = findings::found(tx, id)?;
    if due_of(&found, key).is_some() {
        return Ok(());
    }
    let payable = Correction {
        field: Field::Payable,
        name: String::new(),
        value: Some(Value::Money(money)),
    };
    let document = documents::by_id(tx, id)?;
    teach(tx, &document, party_of(tx, id)?, &[payable])?;
    teach_due(tx, id, key, Some(&Value::Date(due)))
}

fn party_of(tx: &ReadTx<'_>, document: DocumentId) -> Result<Option<PartyId>, Error> {
    let mut query = tx.prepare_cached("SELECT party FROM document WHERE id = ?1")?;
    let mut rows = query.query_and_then([document.to_string()], |row| {
        Columns::of("document", row).parsed_or_none("party")
    })?;
    rows.next().unwrap_or(Ok(None))
}

/// What a correction is about.
struct Lesson<'a> {
    document: &'a Document,
    party: Option<PartyId>,
    role: Role,
    name: &'a str,
}

impl Lesson<'_> {
    /// Puts what was shown in the place of what was said before of this letter and of those laid out
    /// like it: what is said last holds.
    fn learn(&self, tx: &WriteTx<'_>, trace: &Trace, shown: Option<Shown>) -> Result<(), Error> {
        let key = self.document.id.to_string();
        let (role, name) = (self.role.as_str(), self.name);
        tx.execute(
            "DELETE FROM example WHERE document = ?1 AND role = ?2 AND name = ?3",
            params![key, role, name],
        )?;
        let Some((right, wrong)) = shown.filter(|_| !trace.sketch.is_empty()) else {
            return Ok(());
        };
        let (known, least) = for_letter(tx, self.document, self.party, false)?;
        let outdated = known.iter().filter(|it| {
            let is_same = it.role == self.role && it.name == self.name && it.party == self.party;
            is_same && it.sketch.likeness(&trace.sketch) >= least
        });
        for it in outdated {
            tx.execute("DELETE FROM example WHERE id = ?1", [it.id.to_string()])?;
        }
        let person = tx.viewer_id().and_then(|it| it.parse().ok());
        let person = person.and_then(|it| people::by_id(tx, it).ok());
        let example = Example {
            id: ExampleId::new(tx.now(), tx.random()),
            party: self.party,
            sketch: trace.sketch.clone(),
            role: self.role,
            name: self.name.to_owned(),
            right,
            wrong,
            by: person.map(|it| it.name),
            at: tx.now(),
        };
        insert(tx, self.document, &example)?;
        log_change(tx, &example, "taught")
    }
}

fn insert(tx: &WriteTx<'_>, document: &Document, example: &Example) -> Result<(), Error> {
    tx.prepare_cached(
        "INSERT INTO example (id, party, document, visible_to, sketch, role, name, place,
                              instead_of, person, at, version)
         VALUES (:id, :party, :document, :visible_to, :sketch, :role, :name, :place, :instead_of,
                 :person, :at, 1)",
    )?
    .execute(named_params! {
        ":id": example.id.to_string(),
        ":party": example.party.map(|it| it.to_string()),
        ":document": document.id.to_string(),
        ":visible_to": visibility_column(&document.visible_to),
        ":sketch": json(&example.sketch),
        ":role": example.role.as_str(),
        ":name": example.name,
        ":place": json(&example.right),
        ":instead_of": example.wrong.as_ref().map(json),
        ":person": example.by,
        ":at": example.at.as_millisecond(),
    })?;
    tx.execute(
        "DELETE FROM example WHERE party IS ?1 AND id NOT IN
           (SELECT id FROM example WHERE party IS ?1 ORDER BY at DESC, id DESC LIMIT ?2)",
        params![example.party.map(|it| it.to_string()), EXAMPLES_MAX],
    )?;
    Ok(())
}

/// What was shown in a letter goes with whoever is said to have written it.
pub(super) fn belong(tx: &WriteTx<'_>, document: DocumentId, party: PartyId) -> Result<(), Error> {
    tx.execute(
        "UPDATE example SET party = ?2 WHERE document = ?1",
        params![document.to_string(), party.to_string()],
    )?;
    Ok(())
}

/// Forgets one example, if the viewer may know of it; letters that were understood by it stay as they
/// are.
pub fn forget(tx: &WriteTx<'_>, id: ExampleId) -> Result<(), Error> {
    let mut query = tx.prepare_cached(&format!(
        "SELECT * FROM example WHERE id = :id AND {VISIBLE}"
    ))?;
    let parameters = named_params! { ":id": id.to_string(), ":viewer": tx.viewer_id() };
    let mut rows = query.query_and_then(parameters, example)?;
    let example = rows
        .next()
        .unwrap_or_else(|| Err(Error::missing("example", id)))?;
    tx.execute("DELETE FROM example WHERE id = ?1", [id.to_string()])?;
    log_change(tx, &example, "lesson forgotten")?;
    journal::erase_content(tx, Entity::Party, &id.to_string())
}

fn log_change(tx: &WriteTx<'_>, example: &Example, change: &str) -> Result<(), Error> {
    if let Some(party) = example.party {
        return parties::bump(tx, party, change, &["examples"]);
    }
    journal::append(
        tx,
        &Change {
            entity: Entity::Party,
            id: example.id.to_string(),
            version: 1,
            change,
            fields: &["examples"],
            content: example,
        },
    )
}

fn example(row: &Row<'_>) -> Result<Example, Error> {
    let columns = Columns::of("example", row);
    let wrong: Option<String> = columns.plain("instead_of")?;
    let wrong = wrong
        .map(|it| serde_json::from_str(&it).map_err(|cause| columns.corrupt(cause)))
        .transpose()?;
    Ok(Example {
        id: columns.parsed("id")?,
        party: columns.parsed_or_none("party")?,
        sketch: columns.json("sketch")?,
        role: columns.parsed("role")?,
        name: columns.plain("name")?,
        right: columns.json("place")?,
        wrong,
        by: columns.plain("person")?,
        at: columns.instant("at")?,
    })
}
