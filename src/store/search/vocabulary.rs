//! The words of all documents, each once, and the trigrams by which parts of them are found.

use rusqlite::{OptionalExtension, params};

use super::{Error, ReadTx, WriteTx};

/// Letters of a trigram: what is shorter is looked for as a whole word.
pub(super) const TRIGRAM: usize = 3;
/// So many words are looked for in its place at the most; asking for more costs more than reading the
/// documents, of which so common a part leaves many.
const MEANT_MAX: usize = 500;

/// The words that a word of a query may stand for.
pub(super) enum Meant {
    /// These, by their numbers: those of which it is a part.
    Few(Vec<i64>),
    /// Too many to be named.
    Many,
}

/// The words of which `part` (folded) is a part; of fewer than three letters, the word itself.
pub(super) fn meant(tx: &ReadTx<'_>, part: &str) -> Result<Meant, Error> {
    let letters: Vec<char> = part.chars().collect();
    if letters.len() < TRIGRAM {
        return Ok(Meant::Few(number(tx, part)?.into_iter().collect()));
    }
    let trigrams = letters.windows(TRIGRAM).map(|letters| {
        let trigram: String = letters.iter().collect();
        format!("\"{}\"", trigram.replace('"', "\"\""))
    });
    let trigrams = trigrams.collect::<Vec<_>>().join(" AND ");
    // All the trigrams may stand in a word in another order.
    let mut query = tx.prepare_cached(
        "SELECT rowid FROM word_part WHERE word_part MATCH ?1 AND instr(text, ?2) > 0 LIMIT ?3",
    )?;
    let most = i64::try_from(MEANT_MAX + 1).unwrap_or(i64::MAX);
    let numbers = query.query_map(params![trigrams, part, most], |row| row.get(0))?;
    let numbers: Vec<i64> = numbers.collect::<Result<_, _>>()?;
    Ok(if numbers.len() > MEANT_MAX {
        Meant::Many
    } else {
        Meant::Few(numbers)
    })
}

/// The number of a word; it gets one where it has none.
pub(super) fn number_of(tx: &WriteTx<'_>, word: &str) -> Result<i64, Error> {
    if let Some(number) = number(tx, word)? {
        return Ok(number);
    }
    tx.prepare_cached("INSERT INTO word (text) VALUES (?1)")?
        .execute([word])?;
    let number = tx.last_insert_rowid();
    tx.prepare_cached("INSERT INTO word_part (rowid, text) VALUES (?1, ?2)")?
        .execute(params![number, word])?;
    Ok(number)
}

/// Forgets a word that stands in no document any more.
pub(super) fn forget_unused(tx: &WriteTx<'_>, number: i64) -> Result<(), Error> {
    let is_used: bool = tx
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM search WHERE search MATCH ?1)")?
        .query_row([number.to_string()], |row| row.get(0))?;
    if is_used {
        return Ok(());
    }
    tx.prepare_cached(
        "INSERT INTO word_part (word_part, rowid, text)
         SELECT 'delete', number, text FROM word WHERE number = ?1",
    )?
    .execute([number])?;
    tx.prepare_cached("DELETE FROM word WHERE number = ?1")?
        .execute([number])?;
    Ok(())
}

fn number(tx: &ReadTx<'_>, word: &str) -> Result<Option<i64>, Error> {
    let mut query = tx.prepare_cached("SELECT number FROM word WHERE text = ?1")?;
    Ok(query.query_row([word], |row| row.get(0)).optional()?)
}
