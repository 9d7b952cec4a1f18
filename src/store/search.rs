//! Full-text search: finds parts of compound words, and ü by u and ue.
//!
//! A word that is typed is looked for as a part of the words that there are, by trigrams; then the
//! documents are looked for in which these stand. So a rare word costs no more than a common one: of the
//! documents each trigram leaves most, of the words few.
//!
//! Both the text and the query are folded the same way before SQLite sees them, because FTS5 folds
//! neither ß nor the German way of writing umlauts with an e.

mod vocabulary;

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, params};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::rows::{Columns, json};
use super::{Error, ReadTx, WriteTx};
use crate::domain::document::{Page, Word};
use crate::domain::id::DocumentId;
use vocabulary::Meant;

/// Text of one document that is searched at the most, in characters.
const TEXT_CHARACTERS_MAX: usize = 1_000_000;
/// Of a longer word (coded bytes, as a rule) the beginning is searched.
const WORD_CHARACTERS_MAX: usize = 200;
/// Words of one query at the most.
const WORDS_MAX: usize = 16;

/// Lower case, without marks, ß as ss, and ae, oe, ue as a, o, u, on both sides alike.
pub fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for symbol in text
        .nfkd()
        .filter(|it| !is_combining_mark(*it))
        .flat_map(char::to_lowercase)
    {
        match symbol {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push('a'),
            'œ' | 'ø' => folded.push('o'),
            'e' if folded.ends_with(['a', 'o', 'u']) => {}
            _ if symbol.is_whitespace() => folded.push(' '),
            _ => folded.push(symbol),
        }
    }
    folded
}

/// The words of a page as they are searched: what was divided at a line's end is one word again.
pub fn text_of(page: &Page) -> String {
    let mut text = String::new();
    let mut last: Option<&Word> = None;
    for word in &page.words {
        match last {
            Some(before) if before.line != word.line => match divided(&before.text, &word.text) {
                Some(Division::Syllable) => drop(text.pop()),
                Some(Division::Hyphen) => {}
                None => text.push('\n'),
            },
            Some(_) => text.push(' '),
            None => {}
        }
        text.push_str(&word.text);
        last = Some(word);
    }
    text
}

/// Why a word ends its line with a hyphen.
enum Division {
    /// It goes on in the next line, without it.
    Syllable,
    /// It goes on in the next line, with it: Baden-Baden.
    Hyphen,
}

fn divided(end: &str, begin: &str) -> Option<Division> {
    /// After these a hyphen stands for what both words share: "Kranken- und Pflegekasse".
    const SHARING: &[&str] = &["und", "oder", "bzw.", "sowie", "bis", "and", "or", "to"];
    let stem = end.strip_suffix(['-', '\u{ad}', '‐'])?;
    if !stem.ends_with(char::is_alphabetic) || SHARING.contains(&begin) {
        return None;
    }
    let first = begin.chars().next()?;
    if first.is_lowercase() {
        Some(Division::Syllable)
    } else {
        first.is_uppercase().then_some(Division::Hyphen)
    }
}

/// What a query asks of the index: documents that hold every word of it, each at least as a part of one
/// of theirs.
pub struct Sought {
    /// The FTS5 expression of the words that are looked for; `None` where each is too common to be.
    pub expression: Option<String>,
    /// Parts of so many words that each document left is asked for them, as a JSON array; `None` where
    /// there is none.
    pub common: Option<String>,
}

/// What a document left is asked: is each of the common parts in one of its words?
pub const HOLDS_COMMON: &str = "NOT EXISTS (
    SELECT 1 FROM json_each(:common) AS part WHERE NOT EXISTS (
        SELECT 1 FROM json_each('[' || replace(search.words, ' ', ',') || ']') AS held
          JOIN word ON word.number = held.value
         WHERE instr(word.text, part.value) > 0))";

/// What somebody typed, as the index is asked for it; `None` where it finds nothing.
pub fn sought(tx: &ReadTx<'_>, typed: &str) -> Result<Option<Sought>, Error> {
    let parts = parts_of(typed);
    if parts.is_empty() {
        return Ok(None);
    }
    let (mut expressions, mut common) = (Vec::new(), Vec::new());
    for part in parts {
        match vocabulary::meant(tx, &part)? {
            Meant::Few(numbers) if numbers.is_empty() => return Ok(None),
            Meant::Few(numbers) => expressions.push(format!("({})", listed(numbers, " OR "))),
            Meant::Many => common.push(part),
        }
    }
    Ok(Some(Sought {
        expression: (!expressions.is_empty()).then(|| expressions.join(" AND ")),
        common: (!common.is_empty()).then(|| json(&common)),
    }))
}

/// What is looked for by what somebody typed: parts of words, folded, each once.
pub fn parts_of(typed: &str) -> BTreeSet<String> {
    words_of(&folded(typed)).take(WORDS_MAX).collect()
}

/// Whether a word as it is printed is one that `part` stands for.
pub fn is_in(part: &str, word: &str) -> bool {
    let holds = |word: String| {
        if part.chars().count() < vocabulary::TRIGRAM {
            word == part
        } else {
            word.contains(part)
        }
    };
    words_of(&folded(word)).any(holds)
}

/// The words of a folded text, without the marks around them.
fn words_of(folded: &str) -> impl Iterator<Item = String> {
    let words = folded.split(' ').map(|word| {
        let word = word.trim_matches(|it: char| !it.is_alphanumeric());
        word.chars().take(WORD_CHARACTERS_MAX).collect()
    });
    words.filter(|it: &String| !it.is_empty())
}

fn listed(numbers: impl IntoIterator<Item = i64>, between: &str) -> String {
    let numbers: Vec<String> = numbers.into_iter().map(|it| it.to_string()).collect();
    numbers.join(between)
}

/// Makes what queries need known to a connection.
pub(super) fn prepare(connection: &Connection) {
    // The prepared statements of a daemon are few; the default of 16 is too small for them.
    connection.set_prepared_statement_cache_capacity(64);
}

/// Puts the words of a document's texts into the index, in the place of earlier ones.
pub fn index(tx: &WriteTx<'_>, id: DocumentId, texts: &[&str]) -> Result<(), Error> {
    let Some(document) = number(tx, id)? else {
        return Ok(());
    };
    let mut left = TEXT_CHARACTERS_MAX;
    let mut words = BTreeSet::new();
    for text in texts {
        let text: String = folded(text).chars().take(left).collect();
        left = left.saturating_sub(text.chars().count());
        words.extend(words_of(&text));
    }
    let numbers = words.iter().map(|it| vocabulary::number_of(tx, it));
    let numbers: BTreeSet<i64> = numbers.collect::<Result<_, _>>()?;
    let before = indexed(tx, document)?;
    if before != numbers {
        let words = listed(numbers.iter().copied(), " ");
        tx.prepare_cached("INSERT OR REPLACE INTO search (rowid, words) VALUES (?1, ?2)")?
            .execute(params![document, words])?;
        for gone in before.difference(&numbers) {
            vocabulary::forget_unused(tx, *gone)?;
        }
    }
    set_indexed(tx, document)
}

/// Takes a document out of the index, and the words that stood in no other.
pub fn remove(tx: &WriteTx<'_>, id: DocumentId) -> Result<(), Error> {
    let Some(document) = number(tx, id)? else {
        return Ok(());
    };
    let words = indexed(tx, document)?;
    tx.prepare_cached("DELETE FROM search WHERE rowid = ?1")?
        .execute([document])?;
    for word in words {
        vocabulary::forget_unused(tx, word)?;
    }
    set_indexed(tx, document)
}

/// Takes up to `limit` documents whose words an earlier version had indexed in another way, the newest
/// first.
pub fn take_outdated(tx: &WriteTx<'_>, limit: u32) -> Result<Vec<DocumentId>, Error> {
    let mut query = tx.prepare_cached(
        "SELECT id FROM document WHERE number IN
             (SELECT number FROM document_to_index ORDER BY number DESC LIMIT ?1)",
    )?;
    let ids = query.query_and_then([limit], |row| Columns::of("document", row).parsed("id"))?;
    let ids: Vec<DocumentId> = ids.collect::<Result<_, Error>>()?;
    for id in &ids {
        if let Some(document) = number(tx, *id)? {
            set_indexed(tx, document)?;
        }
    }
    Ok(ids)
}

/// The words of a document, by their numbers.
fn indexed(tx: &ReadTx<'_>, document: i64) -> Result<BTreeSet<i64>, Error> {
    let mut query = tx.prepare_cached("SELECT words FROM search WHERE rowid = ?1")?;
    let words: Option<String> = query.query_row([document], |row| row.get(0)).optional()?;
    let words = words.unwrap_or_default();
    Ok(words.split(' ').filter_map(|it| it.parse().ok()).collect())
}

fn set_indexed(tx: &WriteTx<'_>, document: i64) -> Result<(), Error> {
    tx.prepare_cached("DELETE FROM document_to_index WHERE number = ?1")?
        .execute([document])?;
    Ok(())
}

fn number(tx: &ReadTx<'_>, id: DocumentId) -> Result<Option<i64>, Error> {
    let mut query = tx.prepare_cached("SELECT number FROM document WHERE id = ?1")?;
    Ok(query
        .query_row([id.to_string()], |row| row.get(0))
        .optional()?)
}

#[cfg(test)]
mod tests;
