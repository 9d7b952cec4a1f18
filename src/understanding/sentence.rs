//! One line that a person types, German or English, as a task: *Müll rausbringen jeden Dienstag 19
//! Uhr*, *pay Stadtwerke 84,20 by Friday @anna #house*.
//!
//! What is understood is taken out of the line, and the rest is the title. Nothing is guessed into a
//! title: a word that could be a day or a name's part (*sun cream*, *1/2 kg*) stays where it is.
//!
//! Read in this order: names, labels and priorities here, then [`again`] for what comes again, `when`
//! for days and hours, and money last, since *14.30* may be any of them.

mod again;
mod when;

use std::ops::Range;

use jiff::civil::DateTime;

use super::amounts::amounts;
use super::dates::{Style, Surroundings};
use super::lex::{Lexeme, Sort, lex, match_at};
use crate::domain::deadline::Region;
use crate::domain::priority::Priority;
use crate::domain::recurrence::Recurrence;
use crate::domain::sketch::{Meaning, Part, Sketch};
use crate::domain::value::{Currency, Money};

/// Letters that are looked at, at most.
const LENGTH_MAX: usize = 500;

/// Where and when a line is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// Now, by the household's clock.
    pub now: DateTime,
    /// What sums without a currency are in.
    pub currency: Currency,
    /// Whose holidays count.
    pub region: Region,
}

/// The task that a line describes.
pub fn sketch(text: &str, home: &Home) -> Sketch {
    let text = text
        .char_indices()
        .nth(LENGTH_MAX)
        .map_or(text, |(end, _)| text.get(..end).unwrap_or(text));
    let mut line = Line::of(text, home.now);
    let mut sketch = Sketch::default();
    line.names(&mut sketch);
    line.priority(&mut sketch);
    let again = again::read(&mut line);
    when::read(&mut line, &mut sketch, again.is_some());
    if let Some(again) = again {
        let from = sketch
            .due
            .unwrap_or_else(|| again.first_day(&sketch, home.now));
        let recurrence = Recurrence {
            pattern: again.pattern,
            except: Vec::new(),
            avoid: again.avoid,
        };
        let start = from.to_datetime(sketch.due_time.unwrap_or_default());
        let first = recurrence
            .occurrences_from(start, from, &home.region)
            .next();
        sketch.due = first.map(|it| it.day).or(Some(from));
        sketch.recurrence = Some(recurrence);
    }
    line.money(&mut sketch, home.currency);
    sketch.title = line.title();
    line.parts.sort_by_key(|it| it.at.start);
    sketch.parts = line.parts;
    sketch
}

/// A line, and what of it is understood already.
struct Line<'t> {
    text: &'t str,
    lexemes: Vec<Lexeme>,
    taken: Vec<bool>,
    parts: Vec<Part>,
    now: DateTime,
}

/// Marks a lexeme that is understood, for readers that look at the rest.
const TAKEN: &str = ";";

impl<'t> Line<'t> {
    fn of(text: &'t str, now: DateTime) -> Self {
        let lexemes = lex(text);
        Self {
            text,
            taken: vec![false; lexemes.len()],
            lexemes,
            parts: Vec::new(),
            now,
        }
    }

    fn style(&self) -> Style {
        Style {
            reference: self.now.date(),
            month_first: false,
            surroundings: Surroundings::Phrase,
        }
    }

    /// The lexemes, with what is understood hidden behind a mark.
    fn open(&self) -> Vec<Lexeme> {
        let both = self.lexemes.iter().zip(&self.taken);
        let hidden = both.map(|(lexeme, taken)| {
            if !taken {
                return lexeme.clone();
            }
            Lexeme {
                sort: Sort::Mark,
                text: TAKEN.to_owned(),
                glued: false,
                at: lexeme.at.clone(),
            }
        });
        hidden.collect()
    }

    fn is_free(&self, range: &Range<usize>) -> bool {
        let taken = self.taken.get(range.clone());
        taken.is_some_and(|it| it.iter().all(|taken| !taken))
    }

    fn take(&mut self, range: Range<usize>, meaning: Meaning) {
        if let (Some(first), Some(last)) = (
            self.lexemes.get(range.start),
            range.end.checked_sub(1).and_then(|it| self.lexemes.get(it)),
        ) {
            let at = first.at.start..last.at.end;
            self.parts.push(Part { meaning, at });
        }
        for taken in self.taken.iter_mut().take(range.end).skip(range.start) {
            *taken = true;
        }
    }

    /// The word at a place, empty if there is none.
    fn word(&self, index: usize) -> &str {
        let lexeme = self.lexemes.get(index).filter(|it| it.sort == Sort::Word);
        lexeme.map_or("", |it| it.text.as_str())
    }

    /// The lexeme after the ones that touch it.
    fn end_of_name(&self, from: usize) -> usize {
        let mut end = from;
        while let Some(lexeme) = self.lexemes.get(end).filter(|it| it.glued) {
            let joins = lexeme.is_one_of("-_")
                && self
                    .lexemes
                    .get(end + 1)
                    .is_some_and(|it| it.glued && it.sort != Sort::Mark);
            if lexeme.sort == Sort::Mark && !joins {
                break;
            }
            end += 1;
        }
        end
    }

    /// `@anna`, `#house`.
    fn names(&mut self, sketch: &mut Sketch) {
        let mut index = 0;
        while let Some(sign) = self.lexemes.get(index) {
            let (is_person, is_label) = (sign.is_mark('@'), sign.is_mark('#'));
            let begins = !sign.glued && (is_person || is_label);
            let end = self.end_of_name(index + 1);
            let is_word = self
                .lexemes
                .get(index + 1)
                .is_some_and(|it| it.sort == Sort::Word);
            if !begins || end == index + 1 || !is_word {
                index += 1;
                continue;
            }
            let last = self
                .lexemes
                .get(end - 1)
                .map_or(sign.at.end, |it| it.at.end);
            let name = self.text.get(sign.at.end..last).unwrap_or("").to_owned();
            let (names, meaning) = if is_person {
                (&mut sketch.people, Meaning::Person)
            } else {
                (&mut sketch.labels, Meaning::Label)
            };
            if !names.contains(&name) {
                names.push(name);
            }
            self.take(index..end, meaning);
            index = end;
        }
    }

    /// `!!`, `dringend`, `low priority`.
    fn priority(&mut self, sketch: &mut Sketch) {
        const WORDS: [(&str, Priority); 5] = [
            ("sehr dringend|wichtig", Priority::Critical),
            ("hohe|hoher|high priorität|prio|priority", Priority::High),
            (
                "niedrige|niedriger|geringe|low priorität|prio|priority",
                Priority::Low,
            ),
            (
                "dringend|eilig|wichtig|urgent|asap|important",
                Priority::High,
            ),
            ("unwichtig|unimportant", Priority::Low),
        ];
        for index in 0..self.lexemes.len() {
            let found = WORDS.iter().find_map(|(pattern, priority)| {
                let is_word = !self.word(index).is_empty();
                let end = match_at(&self.lexemes, index, pattern).filter(|_| is_word)?;
                Some((*priority, end))
            });
            let found = found.or_else(|| self.exclamation(index));
            if let Some((priority, end)) = found.filter(|(_, end)| self.is_free(&(index..*end))) {
                sketch.priority = Some(priority);
                self.take(index..end, Meaning::Priority);
                return;
            }
        }
    }

    /// `!!` and `!!!` anywhere, `!` on its own.
    fn exclamation(&self, from: usize) -> Option<(Priority, usize)> {
        let first = self.lexemes.get(from).filter(|it| it.is_mark('!'))?;
        let marks = self.lexemes.iter().skip(from + 1);
        let more = marks.take_while(|it| it.is_mark('!') && it.glued).count();
        let priority = match more {
            0 if first.glued => return None,
            0 | 1 => Priority::High,
            _ => Priority::Critical,
        };
        Some((priority, from + more + 1))
    }

    fn money(&mut self, sketch: &mut Sketch, currency: Currency) {
        let found = amounts(&self.open());
        let money = found
            .into_iter()
            .find(super::amounts::AmountMatch::is_money);
        if let Some(money) = money {
            sketch.money = Some(Money {
                amount: money.amount,
                currency: money.currency.unwrap_or(currency),
            });
            self.take(money.lexemes, Meaning::Money);
        }
    }

    /// What is left, tidied: no double spaces, no marks at its ends; the whole line if nothing is.
    fn title(&self) -> String {
        let mut title = String::new();
        let mut end = 0;
        let mut is_open = true;
        for (lexeme, taken) in self.lexemes.iter().zip(&self.taken) {
            if *taken && is_open {
                title.push_str(self.text.get(end..lexeme.at.start).unwrap_or(""));
                title.push(' ');
            }
            if *taken {
                end = lexeme.at.end;
            }
            is_open = !taken;
        }
        title.push_str(self.text.get(end..).unwrap_or(""));
        let words: Vec<&str> = title.split_whitespace().collect();
        let is_edge = |it: char| it.is_whitespace() || ",;:-–—.".contains(it);
        let joined = words.join(" ").replace(" ,", ",");
        let tidy = joined.trim_matches(is_edge);
        if tidy.chars().any(char::is_alphanumeric) {
            tidy.to_owned()
        } else {
            self.text.trim().to_owned()
        }
    }
}

#[cfg(test)]
mod tests;
