//! Words that are printed with a space between their letters, for emphasis: `M A H N U N G`,
//! `z w e i  W o c h e n`.

use super::super::lex::{Lexeme, Sort};

/// From so many single letters in a row on they are spaced words.
const LETTERS_MIN: usize = 4;

/// The lexemes with spaced words closed. A capital behind a small letter begins the next word, since
/// the wider space between two words is lost.
pub(super) fn closed(text: &str, lexemes: Vec<Lexeme>) -> Vec<Lexeme> {
    let mut closed: Vec<Lexeme> = Vec::with_capacity(lexemes.len());
    let mut run: Vec<Lexeme> = Vec::new();
    for lexeme in lexemes {
        if is_letter(text, &lexeme, run.last()) {
            run.push(lexeme);
        } else {
            close(text, std::mem::take(&mut run), &mut closed);
            closed.push(lexeme);
        }
    }
    close(text, run, &mut closed);
    closed
}

/// Whether a lexeme is one letter, one space behind the one before.
fn is_letter(text: &str, lexeme: &Lexeme, before: Option<&Lexeme>) -> bool {
    let letters = text
        .get(lexeme.at.clone())
        .map_or(0, |it| it.chars().count());
    let is_near = before.is_none_or(|it| it.at.end + 1 == lexeme.at.start && !lexeme.glued);
    lexeme.sort == Sort::Word && letters == 1 && is_near
}

fn close(text: &str, run: Vec<Lexeme>, closed: &mut Vec<Lexeme>) {
    if run.len() < LETTERS_MIN {
        closed.extend(run);
        return;
    }
    let is_big = |it: &Lexeme| {
        let letter = text.get(it.at.clone()).and_then(|it| it.chars().next());
        letter.is_some_and(char::is_uppercase)
    };
    let mut words: Vec<Lexeme> = Vec::new();
    let mut was_small = true;
    for letter in run {
        let begins = is_big(&letter) && was_small;
        was_small = !is_big(&letter);
        match words.last_mut() {
            Some(word) if !begins => {
                word.text.push_str(&letter.text);
                word.at.end = letter.at.end;
            }
            Some(_) | None => words.push(letter),
        }
    }
    closed.extend(words);
}

#[cfg(test)]
mod tests {
    use super::super::super::lex::lex;
    use super::*;

    fn words(text: &str) -> Vec<String> {
        closed(text, lex(text))
            .into_iter()
            .map(|it| it.text)
            .collect()
    }

    #[test]
    fn spaced_words_are_words() {
        assert_eq!(words("M A H N U N G vom 3"), ["mahnung", "vom", "3"]);
        assert_eq!(
            words("von z w e i W o c h e n seit"),
            ["von", "zwei", "wochen", "seit"]
        );
        assert_eq!(words("z. B. A 4"), ["z", ".", "b", ".", "a", "4"]);
        assert_eq!(words("Reihe A B C"), ["reihe", "a", "b", "c"]);
    }
}
