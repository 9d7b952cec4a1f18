//! OpenDocument texts, tables and presentations (ISO 26300): all of them say it with paragraphs and
//! cells in the same words. Cells hold what is shown, so dates and amounts come as people see them.

use super::super::failure::Failure;
use super::super::markup::{Flavour, Tag, Token, resolved, tokens};
use super::archive::Archive;
use super::lines::Lines;

/// A cell or row that is repeated more often is filling.
const REPEATS_MAX: u32 = 20;

/// The document's words, headers before and footers behind its body.
pub fn text(archive: &mut Archive<'_>) -> Result<String, Failure> {
    let manifest = archive.xml("META-INF/manifest.xml")?;
    if manifest.contains("encryption-data") {
        return Err(Failure::Unsupported {
            what: "an OpenDocument file locked with a password",
            advice: "save a copy without one and add that",
        });
    }
    let content = archive.xml("content.xml")?;
    if content.is_empty() {
        return Err(Failure::damaged("it has no text"));
    }
    let styles = archive.xml("styles.xml")?;
    let mut all = vec![
        of_part(&styles, &["header", "header-first"]),
        of_part(&content, &["body"]),
        of_part(&styles, &["footer", "footer-first"]),
    ];
    all.retain(|it| !it.trim().is_empty());
    Ok(all.join("\n\n"))
}

#[derive(Default)]
struct Walk<'a> {
    lines: Lines,
    /// The outermost wanted element that is open, and how often its name is open in it.
    wanted: Option<(&'a str, u32)>,
    /// The element that is left out, and how often its name is open in it.
    left_out: Option<(&'a str, u32)>,
    /// Paragraphs that are open.
    paragraphs: u32,
    has_words: bool,
    /// Text of the cell that is open, for its repetitions.
    cell: String,
    repeats: u32,
    has_page: bool,
}

fn of_part(xml: &str, wanted: &[&str]) -> String {
    let mut walk = Walk::default();
    for token in tokens(xml, Flavour::Xml) {
        if let Some((name, depth)) = &mut walk.left_out {
            match token {
                Token::Open(tag) if tag.name == *name && !tag.is_closed => *depth += 1,
                Token::Close(it) if it == *name => *depth -= 1,
                Token::Open(_) | Token::Close(_) | Token::Text(_) | Token::Plain(_) => {}
            }
            if *depth == 0 {
                walk.left_out = None;
            }
            continue;
        }
        match token {
            Token::Open(tag) => {
                if !tag.is_closed {
                    walk.enter(tag.name, wanted);
                }
                if walk.wanted.is_some() {
                    walk.open(&tag);
                    if tag.is_closed {
                        walk.close(tag.name);
                    }
                }
            }
            Token::Close(name) => {
                if walk.wanted.is_some() {
                    walk.close(name);
                }
                walk.leave(name);
            }
            Token::Text(text) if walk.is_shown() => walk.push(&resolved(text)),
            Token::Plain(text) if walk.is_shown() => walk.push(text),
            Token::Text(_) | Token::Plain(_) => {}
        }
    }
    walk.lines.into_text()
}

impl<'a> Walk<'a> {
    const fn is_shown(&self) -> bool {
        self.wanted.is_some() && self.paragraphs > 0
    }

    fn enter(&mut self, name: &'a str, wanted: &[&str]) {
        match &mut self.wanted {
            Some((it, depth)) if *it == name => *depth += 1,
            None if wanted.contains(&name) => self.wanted = Some((name, 1)),
            Some(_) | None => {}
        }
    }

    fn leave(&mut self, name: &str) {
        if let Some((it, depth)) = &mut self.wanted
            && *it == name
        {
            *depth -= 1;
            if *depth == 0 {
                self.wanted = None;
                self.lines.leave_space();
            }
        }
    }

    fn push(&mut self, text: &str) {
        // White space is one space, as in pages of the web (ISO 26300, 6.1.2).
        let starts = text.starts_with(char::is_whitespace);
        let ends = text.ends_with(char::is_whitespace);
        let words: Vec<&str> = text.split_whitespace().collect();
        self.has_words |= !words.is_empty();
        let mut plain = words.join(" ");
        if words.is_empty() {
            plain.push(' ');
        } else {
            if starts {
                plain.insert(0, ' ');
            }
            if ends {
                plain.push(' ');
            }
        }
        if !text.is_empty() {
            self.cell.push_str(&plain);
            self.lines.push(&plain);
        }
    }

    fn open(&mut self, tag: &Tag<'a>) {
        match tag.name {
            "tracked-changes" | "annotation" | "forms" | "notes" | "title" | "desc"
                if !tag.is_closed =>
            {
                self.left_out = Some((tag.name, 1));
            }
            "p" | "h" => {
                self.paragraphs += 1;
                self.has_words = false;
            }
            "s" => self.lines.push(" "),
            "tab" => self.lines.tab(),
            "line-break" => self.lines.end_line(),
            "soft-page-break" => self.lines.end_page(),
            // A sheet or a slide; the first one needs no page before it.
            "page" | "table"
                if self.paragraphs == 0
                    && tag.attribute("name").is_some()
                    && tag.name == "page"
                    && std::mem::replace(&mut self.has_page, true) =>
            {
                self.lines.end_page();
            }
            "table-cell" | "covered-table-cell" => {
                self.lines.open_cell();
                self.cell.clear();
                let repeats = tag.attribute("number-columns-repeated");
                self.repeats = repeats.and_then(|it| it.parse().ok()).unwrap_or(1);
            }
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "p" | "h" => {
                self.paragraphs = self.paragraphs.saturating_sub(1);
                if self.has_words {
                    self.lines.end_line();
                } else {
                    self.lines.leave_space();
                }
            }
            "table-cell" | "covered-table-cell" => {
                self.lines.close_cell();
                let cell = std::mem::take(&mut self.cell);
                for _ in 1..self.repeats.min(REPEATS_MAX) {
                    if cell.trim().is_empty() {
                        break;
                    }
                    self.lines.push(&cell);
                    self.lines.tab();
                }
                self.repeats = 1;
            }
            "table-row" => self.lines.end_line(),
            "table" => self.lines.leave_space(),
            _ => {}
        }
    }
}
