//! Where a page shows what the data says, so that a person can see it there too.

use jiff::civil::Date;

use super::compact;
use crate::domain::document::MediaType;
use crate::domain::finding::Evidence;
use crate::domain::value::{Amount, Rect};
use crate::understanding::ibans::ibans;
use crate::understanding::lines::Passage;
use crate::understanding::paper::Paper;

/// Letters that are quoted of data that no page shows.
const QUOTE_LETTERS_MAX: usize = 120;

/// Finds the evidence for values of one file.
pub struct Proof<'a> {
    paper: &'a Paper<'a>,
    file: &'a str,
}

impl<'a> Proof<'a> {
    /// For values of `file` on the pages of `paper`.
    pub const fn new(paper: &'a Paper<'a>, file: &'a str) -> Self {
        Self { paper, file }
    }

    /// For words or a number.
    pub fn of_text(&self, text: &str) -> Evidence {
        let found = self.text_on_page(text);
        found.unwrap_or_else(|| self.of_data(text))
    }

    /// For a day.
    pub fn of_day(&self, day: Date) -> Evidence {
        let found = self.day_on_page(day);
        found.unwrap_or_else(|| self.of_data(&day.to_string()))
    }

    /// For money, wherever it stands last: sums stand below their items.
    pub fn of_money(&self, amount: Amount) -> Evidence {
        let found = self.money_on_page(amount);
        found.unwrap_or_else(|| self.of_data(&amount.to_string()))
    }

    /// For an account.
    pub fn of_account(&self, account: &str) -> Evidence {
        let found = self.account_on_page(account);
        found.unwrap_or_else(|| self.of_data(account))
    }

    /// The words on a page that say the same, apart from signs, spaces and capitals.
    pub fn text_on_page(&self, text: &str) -> Option<Evidence> {
        let wanted: Vec<char> = compact(text).chars().collect();
        if wanted.is_empty() {
            return None;
        }
        let passages = self.paper.lines.segments.iter();
        let mut passages = passages.chain(&self.paper.lines.paragraphs);
        passages.find_map(|it| self.shown(it, place_in(&it.text, &wanted)?))
    }

    /// The day on a page.
    pub fn day_on_page(&self, day: Date) -> Option<Evidence> {
        let spots = self.paper.days();
        let spot = spots.iter().find(|it| it.found.day == day)?;
        self.spot(spot.segment, &spot.found.at)
    }

    /// The amount on a page, whatever its sign.
    pub fn money_on_page(&self, amount: Amount) -> Option<Evidence> {
        let wanted = amount.hundredths().abs();
        let mut money = self.paper.money.iter().rev();
        let spot = money.find(|it| it.amount.hundredths().abs() == wanted)?;
        self.spot(spot.segment, &spot.bytes)
    }

    /// The account on a page.
    pub fn account_on_page(&self, account: &str) -> Option<Evidence> {
        let wanted = compact(account);
        let lines = &self.paper.lines;
        let mut passages = lines.segments.iter().chain(&lines.paragraphs);
        let found = passages.find_map(|passage| {
            let found = ibans(&passage.text);
            let same = found.into_iter().find(|it| it.iban.as_str() == wanted)?;
            self.shown(passage, same.at)
        });
        found.or_else(|| self.text_on_page(account))
    }

    fn spot(&self, segment: usize, bytes: &std::ops::Range<usize>) -> Option<Evidence> {
        let passage = self.paper.lines.segments.get(segment)?;
        self.shown(passage, bytes.clone())
    }

    /// The words themselves; of bare XML the line that was made of them, with its label.
    fn shown(&self, passage: &Passage, bytes: std::ops::Range<usize>) -> Option<Evidence> {
        let is_bare = self.paper.reading.media_type == MediaType::Xml;
        let whole = 0..passage.text.len();
        let evidence = passage.evidence(if is_bare { &whole } else { &bytes });
        (!evidence.text.is_empty()).then_some(evidence)
    }

    /// Data that no page shows: the file and what it says.
    fn of_data(&self, value: &str) -> Evidence {
        let value: String = value.chars().take(QUOTE_LETTERS_MAX).collect();
        let text = if self.file.is_empty() {
            value
        } else {
            format!("{}: {value}", self.file)
        };
        Evidence {
            page: 1,
            text,
            at: Rect::default(),
        }
    }
}

/// The bytes of a text that hold these letters, with nothing that continues them.
fn place_in(text: &str, wanted: &[char]) -> Option<std::ops::Range<usize>> {
    let mut letters: Vec<(usize, char)> = Vec::new();
    for (at, letter) in text.char_indices().filter(|it| it.1.is_alphanumeric()) {
        letters.extend(letter.to_uppercase().map(|it| (at, it)));
    }
    let mut windows = letters.windows(wanted.len());
    windows.find_map(|window| {
        let is_same = window.iter().map(|it| it.1).eq(wanted.iter().copied());
        let (start, end) = (window.first()?.0, window.last()?.0);
        let before = text.get(..start)?.chars().next_back();
        let mut behind = text.get(end..)?.chars();
        let last = behind.next()?;
        let continues = |it: Option<char>| it.is_some_and(char::is_alphanumeric);
        let is_whole = is_same && !continues(before) && !continues(behind.next());
        is_whole.then(|| start..end + last.len_utf8())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_whatever_parts_it() {
        let wanted: Vec<char> = compact("RE-2026/17").chars().collect();
        assert_eq!(place_in("Nr. Re 2026 17, Seite 1", &wanted), Some(4..14));
        assert_eq!(place_in("Nr. RE-2026/171", &wanted), None);
    }
}
