//! Full-text search by trigrams: finds parts of compound words, and ü by u and ue.
//!
//! Both the text and the query are folded the same way before SQLite sees them, because FTS5 folds
//! neither ß nor the German way of writing umlauts with an e.

use rusqlite::{Connection, OptionalExtension, params};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::{Error, ReadTx, WriteTx};
use crate::domain::document::{Page, Word};
use crate::domain::id::DocumentId;

/// Text of one document that is searched at the most, in characters.
const BODY_CHARACTERS_MAX: usize = 1_000_000;
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

/// The FTS5 expression for what somebody typed; `None` where nothing of it can be searched.
///
/// Words of fewer than three letters have no trigram and are left out.
pub fn expression(query: &str) -> Option<String> {
    let words: Vec<String> = query
        .split_whitespace()
        .map(|word| folded(word).replace('"', ""))
        .filter(|word| word.chars().count() >= 3)
        .take(WORDS_MAX)
        .map(|word| format!("\"{word}\""))
        .collect();
    if words.is_empty() {
        None
    } else {
        Some(words.join(" AND "))
    }
}

/// Makes what queries need known to a connection.
pub(super) fn prepare(connection: &Connection) {
    // The prepared statements of a daemon are few; the default of 16 is too small for them.
    connection.set_prepared_statement_cache_capacity(64);
}

/// Puts a document's words into the index, in the place of earlier ones.
pub fn index(
    tx: &WriteTx<'_>,
    id: DocumentId,
    title: &str,
    sender: &str,
    body: &str,
) -> Result<(), Error> {
    let Some(number) = number(tx, id)? else {
        return Ok(());
    };
    tx.prepare_cached("DELETE FROM search WHERE rowid = ?1")?
        .execute([number])?;
    let body: String = folded(body).chars().take(BODY_CHARACTERS_MAX).collect();
    tx.prepare_cached("INSERT INTO search (rowid, title, sender, body) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![number, folded(title), folded(sender), body])?;
    Ok(())
}

/// Takes a document out of the index.
pub fn remove(tx: &WriteTx<'_>, id: DocumentId) -> Result<(), Error> {
    if let Some(number) = number(tx, id)? {
        tx.execute("DELETE FROM search WHERE rowid = ?1", [number])?;
    }
    Ok(())
}

fn number(tx: &ReadTx<'_>, id: DocumentId) -> Result<Option<i64>, Error> {
    let mut query = tx.prepare_cached("SELECT number FROM document WHERE id = ?1")?;
    Ok(query
        .query_row([id.to_string()], |row| row.get(0))
        .optional()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::document::PageSource;
    use crate::domain::value::Rect;

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
    fn a_query_is_words_that_must_all_be_there() {
        assert_eq!(
            expression(" Müll  \"gebühr"),
            Some("\"mull\" AND \"gebuhr\"".to_owned())
        );
        assert_eq!(expression("a b"), None);
    }
}
