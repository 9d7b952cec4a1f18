//! A page of the web, or a mail's, as the lines that people see: paragraphs, list items, rows of
//! tables. What they do not see (scripts, styles, hidden parts) is left out.

use super::markup::{Flavour, Tag, Token, resolved, tokens};

/// Tables within tables that are followed; designers of mails nest a dozen.
const TABLES_MAX: usize = 100;

/// What is seen, one line for each line, paragraphs apart by an empty one.
pub fn text(html: &str) -> String {
    let seen = Sheet::of(html, HiddenParts::LeftOut);
    if seen.trim().is_empty() {
        // A hidden part that never ends must not hide all.
        return Sheet::of(html, HiddenParts::Kept);
    }
    seen
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum HiddenParts {
    LeftOut,
    Kept,
}

/// What comes before the next word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    #[default]
    None,
    Space,
    Cell,
    Line,
    Paragraph,
}

/// A row of a table.
#[derive(Clone, Copy, Default)]
struct Row {
    /// Whether a cell of it says something.
    has_text: bool,
    /// Lines there were when its latest cell began.
    lines: usize,
    /// Whether its latest cell says nothing yet.
    is_fresh: bool,
}

#[derive(Default)]
struct Sheet {
    text: String,
    gap: Gap,
    lines: usize,
    rows: Vec<Row>,
    /// Preformatted parts that are open.
    formatted: u32,
}

impl Sheet {
    fn of(html: &str, hidden_parts: HiddenParts) -> String {
        let mut sheet = Self::default();
        // The part that is left out, and how often its name is open within it.
        let mut left_out: Option<(&str, u32)> = None;
        for token in tokens(html, Flavour::Html) {
            if let Some((name, depth)) = &mut left_out {
                match token {
                    Token::Open(tag) if tag.name.eq_ignore_ascii_case(name) => *depth += 1,
                    Token::Close(it) if it.eq_ignore_ascii_case(name) => *depth -= 1,
                    Token::Open(_) | Token::Close(_) | Token::Text(_) | Token::Plain(_) => {}
                }
                if *depth == 0 {
                    left_out = None;
                }
                continue;
            }
            match token {
                Token::Open(tag) if is_left_out(&tag, hidden_parts) => {
                    left_out = Some((tag.name, 1));
                }
                Token::Open(tag) => sheet.open(tag.name),
                Token::Close(name) => sheet.close(name),
                Token::Text(text) => sheet.push(&resolved(text)),
                // Scripts, styles and titles.
                Token::Plain(_) => {}
            }
        }
        sheet.text
    }

    fn open(&mut self, name: &str) {
        match Element::of(name) {
            Element::Line => self.part(Gap::Line),
            Element::Paragraph => self.part(Gap::Paragraph),
            Element::Formatted => {
                self.part(Gap::Paragraph);
                self.formatted += 1;
            }
            Element::Table => {
                self.part(Gap::Line);
                if self.rows.len() < TABLES_MAX {
                    self.rows.push(Row::default());
                }
            }
            Element::Row => {
                self.part(Gap::Line);
                if let Some(row) = self.rows.last_mut() {
                    *row = Row::default();
                }
            }
            Element::Cell => self.cell(),
            Element::Inline => {}
        }
    }

    fn close(&mut self, name: &str) {
        match Element::of(name) {
            Element::Line => self.part(Gap::Line),
            Element::Row => {
                self.part(Gap::Line);
                if self.rows.last().is_some_and(|it| it.has_text) {
                    // Rows follow each other, whatever ended their last cell.
                    self.gap = Gap::Line;
                }
            }
            Element::Paragraph => self.part(Gap::Paragraph),
            Element::Formatted => {
                self.part(Gap::Paragraph);
                self.formatted = self.formatted.saturating_sub(1);
            }
            Element::Table => {
                self.rows.pop();
                self.part(Gap::Line);
            }
            Element::Cell | Element::Inline => {}
        }
    }

    /// The next word stands apart, unless it is the first of its cell: paragraphs in a row's cells
    /// are still one row.
    fn part(&mut self, gap: Gap) {
        if self.rows.last().is_none_or(|it| !it.is_fresh) {
            self.gap = self.gap.max(gap);
        }
    }

    fn cell(&mut self) {
        let lines = self.lines;
        let Some(row) = self.rows.last_mut() else {
            return self.part(Gap::Space);
        };
        if row.has_text && row.lines == lines {
            // What ended the cell before was no end of the row.
            self.gap = Gap::Cell;
        } else {
            self.gap = self.gap.max(Gap::Line);
        }
        row.lines = lines;
        row.is_fresh = true;
    }

    fn push(&mut self, text: &str) {
        if self.formatted > 0 {
            for (index, line) in text.split('\n').enumerate() {
                if index > 0 {
                    self.part(Gap::Line);
                }
                self.words(line);
            }
            return;
        }
        self.words(text);
    }

    fn words(&mut self, text: &str) {
        if text.starts_with(char::is_whitespace) {
            self.gap = self.gap.max(Gap::Space);
        }
        for word in text.split_whitespace() {
            let word: String = word.chars().filter(|it| !is_unseen(*it)).collect();
            if !word.is_empty() {
                self.word(&word);
                self.gap = Gap::Space;
            }
        }
        if !text.ends_with(char::is_whitespace) && self.gap == Gap::Space {
            self.gap = Gap::None;
        }
    }

    fn word(&mut self, word: &str) {
        if !self.text.is_empty() {
            self.text.push_str(match self.gap {
                Gap::None => "",
                Gap::Space => " ",
                Gap::Cell => "   ",
                Gap::Line => "\n",
                Gap::Paragraph => "\n\n",
            });
            self.lines += usize::from(self.gap >= Gap::Line);
        }
        self.text.push_str(word);
        let lines = self.lines;
        if let Some(row) = self.rows.last_mut() {
            if row.is_fresh {
                row.lines = lines;
            }
            row.is_fresh = false;
            row.has_text = true;
        }
    }
}

/// Letters that fill space without being seen; advertisers put hundreds of them.
const fn is_unseen(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    )
}

/// Whether a tag opens a part that nobody sees.
fn is_left_out(tag: &Tag<'_>, hidden_parts: HiddenParts) -> bool {
    let is_void = [
        "br", "hr", "img", "input", "meta", "link", "col", "area", "base", "wbr",
    ];
    if tag.is_closed || is_void.iter().any(|it| it.eq_ignore_ascii_case(tag.name)) {
        return false;
    }
    let never_seen = [
        "template", "svg", "xml", "object", "iframe", "noframes", "datalist", "audio",
    ];
    if never_seen
        .iter()
        .any(|it| it.eq_ignore_ascii_case(tag.name))
    {
        return true;
    }
    let is_page = ["html", "body"]
        .iter()
        .any(|it| it.eq_ignore_ascii_case(tag.name));
    if is_page || hidden_parts == HiddenParts::Kept {
        return false;
    }
    if tag.attribute("hidden").is_some() {
        return true;
    }
    let style: String = tag.attribute("style").map_or_else(String::new, |it| {
        let letters = it.chars().filter(|it| !it.is_whitespace());
        letters.map(|it| it.to_ascii_lowercase()).collect()
    });
    ["display:none", "visibility:hidden"]
        .iter()
        .any(|it| style.contains(it))
}

#[derive(Clone, Copy)]
enum Element {
    Line,
    Paragraph,
    Formatted,
    Table,
    Row,
    Cell,
    Inline,
}

impl Element {
    fn of(name: &str) -> Self {
        match name.to_ascii_lowercase().as_str() {
            "br" | "div" | "li" | "dt" | "dd" | "option" | "caption" | "address" | "center"
            | "section" | "article" | "header" | "footer" | "main" | "nav" | "aside" | "figure"
            | "figcaption" | "legend" | "fieldset" | "form" | "body" | "summary" | "details" => {
                Self::Line
            }
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "ul" | "ol" | "dl" | "hr"
            | "blockquote" => Self::Paragraph,
            "pre" | "listing" | "plaintext" => Self::Formatted,
            "table" => Self::Table,
            "tr" | "thead" | "tbody" | "tfoot" => Self::Row,
            "td" | "th" => Self::Cell,
            _ => Self::Inline,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn blocks_are_lines_and_links_their_text() {
        let html = "<html><head><title>T</title><style>p{color:red}</style></head><body>\
            <h1>Ihre&nbsp;Rechnung</h1><p>Bitte <b>zah</b>len Sie\n bis <a href='x'>18.03.</a>.</p>\
            <ul><li>eins<li>zwei</ul>Gr&uuml;&szlig;e<br>Wasserwerk<script>no()</script></body>";
        assert_eq!(
            text(html),
            "Ihre Rechnung\n\nBitte zahlen Sie bis 18.03..\n\neins\nzwei\n\nGrüße\nWasserwerk"
        );
    }

    #[test]
    fn a_table_is_read_row_by_row() {
        let html = "<table><tr><th>Posten</th><th>Betrag</th></tr>\
            <tr><td><p>Strom</p></td><td><p>84,20 €</p></td></tr></table>danach";
        assert_eq!(text(html), "Posten   Betrag\nStrom   84,20 €\ndanach");
    }

    #[test]
    fn columns_of_a_design_stay_apart() {
        let html = "<table><tr><td>links<br>unten</td><td>rechts</td></tr></table>";
        assert_eq!(text(html), "links\nunten\nrechts");
    }

    #[test]
    fn what_is_hidden_is_not_read_unless_it_is_all() {
        let html = "<div style='display: none'>geheim <div>auch</div></div><p>offen</p>";
        assert_eq!(text(html), "offen");
        assert_eq!(text("<div hidden>alles hier"), "alles hier");
        assert_eq!(text("vor&zwnj;&#847; &shy;aus"), "vor aus");
    }

    #[test]
    fn preformatted_lines_stay_lines() {
        assert_eq!(text("<pre>eins\nzwei</pre>drei"), "eins\nzwei\n\ndrei");
    }

    proptest! {
        #[test]
        fn any_markup_ends_and_grows_little(
            html in "(</?(table|tr|td|p|div hidden|pre|script|b)>|ab | &uuml;|<|&)*"
        ) {
            prop_assert!(text(&html).len() <= 3 * html.len());
        }
    }
}
