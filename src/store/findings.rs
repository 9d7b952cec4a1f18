//! What the documents say: the machine's claims, a person's corrections, and both laid together.

use rusqlite::{named_params, params};

use super::rows::{Columns, json};
use super::{Error, ReadTx, WriteTx, counsel, documents, journal, parties, parts, search};
use crate::domain::document::Document;
use crate::domain::finding::{ClaimedBy, Correction, Extraction, Field, Finding, Question, Value};
use crate::domain::id::DocumentId;
use crate::domain::journal::Entity;
use crate::domain::obligation::Obligation;
use crate::domain::task;
use crate::domain::why::Why;

/// Keeps what was understood, in the place of what was before; the tasks are derived anew after it.
pub fn keep(tx: &WriteTx<'_>, id: DocumentId, extraction: &Extraction) -> Result<Document, Error> {
    let document = documents::by_id(tx, id)?;
    let document = document.understood().map_err(|error| Error::Conflict {
        what: error.to_string(),
    })?;
    let key = id.to_string();
    for table in ["finding", "obligation", "question"] {
        tx.execute(&format!("DELETE FROM {table} WHERE document = ?1"), [&key])?;
    }
    for (position, finding) in (0_u32..).zip(&extraction.findings) {
        insert_finding(tx, &key, position, finding)?;
    }
    let mut obligations = extraction.obligations.clone();
    obligations.sort_by_key(|it| (it.optional, it.due));
    let keys = task::keys(&obligations);
    for ((position, name), obligation) in (0_u32..).zip(keys).zip(&obligations) {
        tx.execute(
            "INSERT INTO obligation (document, key, position, body) VALUES (?1, ?2, ?3, ?4)",
            params![key, name, position, json(obligation)],
        )?;
    }
    for (position, question) in (0_u32..).zip(&extraction.questions) {
        tx.execute(
            "INSERT INTO question (document, position, text, field) VALUES (?1, ?2, ?3, ?4)",
            params![
                key,
                position,
                question.text,
                question.finding.map(Field::as_str)
            ],
        )?;
    }
    let document = documents::advance(tx, document, "understood")?;
    refresh(tx, &document)?;
    counsel::leave_open(tx, id, &extraction.unsure)?;
    documents::by_id(tx, id)
}

fn insert_finding(
    tx: &WriteTx<'_>,
    document: &str,
    position: u32,
    finding: &Finding,
) -> Result<(), Error> {
    tx.prepare_cached(
        "INSERT INTO finding (document, position, field, name, value, confidence, evidence,
                              claimed_by, why)
         VALUES (:document, :position, :field, :name, :value, :confidence, :evidence, :by, :why)",
    )?
    .execute(named_params! {
        ":document": document,
        ":position": position,
        ":field": finding.field.as_str(),
        ":name": finding.name,
        ":value": json(&finding.value),
        ":confidence": f64::from(finding.confidence.value()),
        ":evidence": finding.evidence.as_ref().map(json),
        ":by": finding.by.as_str(),
        ":why": finding.why.as_ref().map(json),
    })?;
    Ok(())
}

/// Copies what lists and the search show from the corrected findings, and asks for the tasks.
fn refresh(tx: &WriteTx<'_>, document: &Document) -> Result<(), Error> {
    let extraction = corrected(tx, document.id)?;
    let sender = extraction.text(Field::Sender);
    let title = sender.map_or_else(|| document.title.clone(), ToOwned::to_owned);
    tx.prepare_cached(
        "UPDATE document SET kind = :kind, sender = :sender, issue_date = :issue_date,
                title = :title, derive = 1
          WHERE id = :id",
    )?
    .execute(named_params! {
        ":id": document.id.to_string(),
        ":kind": extraction.kind().map(crate::domain::document::Kind::as_str),
        ":sender": sender,
        ":issue_date": extraction.date(Field::IssueDate).map(|it| it.to_string()),
        ":title": title,
    })?;
    index(tx, document)
}

/// Puts what is known of a document into the index of the search.
pub fn index(tx: &WriteTx<'_>, document: &Document) -> Result<(), Error> {
    // A word in a stack is found in its letter.
    let pages = if parts::is_divided(tx, document.id)? {
        Vec::new()
    } else {
        super::pages::list(tx, document.id)?
    };
    let body: Vec<String> = pages.iter().map(search::text_of).collect();
    let asn = document.asn.map(|it| format!("ASN{it} ASN{it:05}"));
    let sender = documents::sender(tx, document.id)?;
    let texts = [
        document.title.as_str(),
        document.origin.file_name.as_str(),
        asn.as_deref().unwrap_or_default(),
        sender.as_deref().unwrap_or_default(),
        &body.join("\n"),
    ];
    search::index(tx, document.id, &texts)
}

/// What the machine claims.
pub fn found(tx: &ReadTx<'_>, id: DocumentId) -> Result<Extraction, Error> {
    let key = id.to_string();
    let mut query =
        tx.prepare_cached("SELECT * FROM finding WHERE document = ?1 ORDER BY position")?;
    let findings = query.query_and_then([&key], |row| {
        let columns = Columns::of("finding", row);
        let evidence: Option<String> = columns.plain("evidence")?;
        let why: Option<String> = columns.plain("why")?;
        let evidence = evidence
            .map(|it| serde_json::from_str(&it).map_err(|cause| columns.corrupt(cause)))
            .transpose()?;
        Ok::<_, Error>(Finding {
            field: columns.parsed("field")?,
            name: columns.plain("name")?,
            value: columns.json("value")?,
            confidence: columns.plain::<f32>("confidence")?.into(),
            evidence,
            by: columns.parsed("claimed_by")?,
            why: why
                .map(|it| serde_json::from_str(&it).map_err(|cause| columns.corrupt(cause)))
                .transpose()?,
        })
    })?;
    let findings = findings.collect::<Result<_, _>>()?;
    let mut query =
        tx.prepare_cached("SELECT body FROM obligation WHERE document = ?1 ORDER BY position")?;
    let obligations: Result<Vec<Obligation>, Error> = query
        .query_and_then([&key], |row| Columns::of("obligation", row).json("body"))?
        .collect();
    let mut query =
        tx.prepare_cached("SELECT * FROM question WHERE document = ?1 ORDER BY position")?;
    let questions = query.query_and_then([&key], |row| {
        let columns = Columns::of("question", row);
        Ok(Question {
            text: columns.plain("text")?,
            finding: columns.parsed_or_none("field")?,
        })
    })?;
    let questions: Result<Vec<Question>, Error> = questions.collect();
    Ok(Extraction {
        findings,
        obligations: obligations?,
        questions: questions?,
        ..Extraction::default()
    })
}

/// What a person said is right.
pub fn corrections(tx: &ReadTx<'_>, id: DocumentId) -> Result<Vec<Correction>, Error> {
    let mut query = tx.prepare_cached("SELECT * FROM correction WHERE document = ?1")?;
    let corrections = query.query_and_then([id.to_string()], |row| {
        let columns = Columns::of("correction", row);
        let value: Option<String> = columns.plain("value")?;
        let value = value
            .map(|it| serde_json::from_str::<Value>(&it).map_err(|cause| columns.corrupt(cause)))
            .transpose()?;
        Ok(Correction {
            field: columns.parsed("field")?,
            name: columns.plain("name")?,
            value,
        })
    })?;
    corrections.collect()
}

/// The machine's claims under a person's corrections: what everything after this goes by.
pub fn corrected(tx: &ReadTx<'_>, id: DocumentId) -> Result<Extraction, Error> {
    let mut extraction = found(tx, id)?.corrected(&corrections(tx, id)?);
    let by_person = extraction.findings.iter_mut();
    for finding in by_person.filter(|it| it.by == ClaimedBy::Person) {
        finding.why = corrected_by(tx, id, finding)?;
    }
    Ok(extraction)
}

/// Who said so, and when.
fn corrected_by(tx: &ReadTx<'_>, id: DocumentId, finding: &Finding) -> Result<Option<Why>, Error> {
    let mut query = tx.prepare_cached(
        "SELECT c.at, p.name FROM correction c LEFT JOIN person p ON p.id = c.person
          WHERE c.document = ?1 AND c.field = ?2 AND c.name = ?3",
    )?;
    let parameters = params![id.to_string(), finding.field.as_str(), finding.name];
    let mut rows = query.query_and_then(parameters, |row| {
        let columns = Columns::of("correction", row);
        Ok(Why::Corrected {
            by: columns.plain("name")?,
            at: columns.instant("at")?,
        })
    })?;
    rows.next().transpose()
}

/// A person says what is right; lists, search and tasks follow.
pub fn correct(
    tx: &WriteTx<'_>,
    id: DocumentId,
    expected: Option<u64>,
    corrections: &[Correction],
) -> Result<Document, Error> {
    let document = documents::by_id(tx, id)?;
    documents::expect_version(&document, expected)?;
    for correction in corrections {
        tx.prepare_cached(
            "INSERT OR REPLACE INTO correction (document, field, name, value, person, at)
             VALUES (:document, :field, :name, :value, :person, :at)",
        )?
        .execute(named_params! {
            ":document": id.to_string(),
            ":field": correction.field.as_str(),
            ":name": correction.name,
            ":value": correction.value.as_ref().map(json),
            ":person": tx.actor().name,
            ":at": tx.now().as_millisecond(),
        })?;
    }
    let version = document.version + 1;
    tx.execute(
        "UPDATE document SET version = ?2 WHERE id = ?1",
        params![id.to_string(), i64::try_from(version).unwrap_or(i64::MAX)],
    )?;
    let document = Document {
        version,
        ..document
    };
    parties::teach(tx, &document, corrections)?;
    refresh(tx, &document)?;
    parts::derive_holders(tx, document.id)?;
    let fields: Vec<&str> = corrections.iter().map(|it| it.field.as_str()).collect();
    journal::append(
        tx,
        &journal::Change {
            entity: Entity::Document,
            id: id.to_string(),
            version,
            change: "corrected",
            fields: &fields,
            content: corrections,
        },
    )?;
    documents::by_id(tx, id)
}

/// A question as the inbox shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// About which document.
    pub document: DocumentId,
    /// Its title.
    pub title: String,
    /// What is asked.
    pub question: Question,
}

/// Questions of documents that the viewer may see, newest document first.
pub fn questions(tx: &ReadTx<'_>, limit: u32) -> Result<Vec<Asked>, Error> {
    // CROSS: from the questions, which are few, to their documents, and not the other way.
    let mut query = tx.prepare_cached(&format!(
        "SELECT d.id, d.title, q.text, q.field FROM question q CROSS JOIN document d ON d.id = q.document
          WHERE d.deleted_at IS NULL AND {visible}
            AND NOT EXISTS (SELECT 1 FROM correction c
                             WHERE c.document = d.id AND c.field = q.field)
          ORDER BY d.number DESC, q.position LIMIT :limit",
        visible = super::rows::VISIBLE.replace("visible_to", "d.visible_to"),
    ))?;
    let parameters = named_params! { ":viewer": tx.viewer_id(), ":limit": limit };
    let asked = query.query_and_then(parameters, |row| {
        let columns = Columns::of("question", row);
        let question = Question {
            text: columns.plain("text")?,
            finding: columns.parsed_or_none("field")?,
        };
        Ok(Asked {
            document: columns.parsed("id")?,
            title: columns.plain("title")?,
            question,
        })
    })?;
    asked.collect()
}
