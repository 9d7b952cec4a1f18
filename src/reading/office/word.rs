//! A Word document (ECMA-376, part 1, 17): its headers, its body, its footers and notes.

use super::super::failure::Failure;
use super::super::markup::{Flavour, Tag, Token, resolved, tokens};
use super::archive::{Archive, is_xml};
use super::lines::Lines;

/// The document's words.
pub fn text(archive: &mut Archive<'_>) -> Result<String, Failure> {
    let bodies = archive.names(|it| is_xml(it, "word/document"));
    let Some(body) = bodies.first() else {
        return Err(Failure::damaged("it has no text"));
    };
    let body = archive.xml(body)?;
    let headers = around(archive, "word/header")?;
    let footers = around(archive, "word/footer")?;
    let notes = around(archive, "word/footnotes")?;
    let mut all = headers;
    all.push(of_part(&body));
    all.extend(notes);
    all.extend(footers);
    all.retain(|it| !it.trim().is_empty());
    Ok(all.join("\n\n"))
}

/// Headers or footers; a document has up to three of each, often the same.
fn around(archive: &mut Archive<'_>, prefix: &str) -> Result<Vec<String>, Failure> {
    let names = archive.names(|it| is_xml(it, prefix));
    let mut found: Vec<String> = Vec::new();
    for name in names.iter().take(9) {
        let words = of_part(&archive.xml(name)?);
        if !words.is_empty() && !found.contains(&words) {
            found.push(words);
        }
    }
    Ok(found)
}

#[derive(Default)]
struct Walk {
    lines: Lines,
    /// Whether the letters here are shown.
    is_text: bool,
    /// Whether the run here is hidden.
    is_hidden: bool,
    /// Whether the paragraph here says something.
    has_words: bool,
    /// Parts that stand in for what older programs do not know, open one in the other.
    fallbacks: u32,
}

fn of_part(xml: &str) -> String {
    let mut walk = Walk::default();
    for token in tokens(xml, Flavour::Xml) {
        match token {
            Token::Open(tag) if tag.name == "Fallback" && !tag.is_closed => walk.fallbacks += 1,
            Token::Close("Fallback") => walk.fallbacks = walk.fallbacks.saturating_sub(1),
            _ if walk.fallbacks > 0 => {}
            Token::Open(tag) => {
                walk.open(&tag);
                if tag.is_closed {
                    walk.close(tag.name);
                }
            }
            Token::Close(name) => walk.close(name),
            Token::Text(text) if walk.is_text => walk.push(&resolved(text)),
            Token::Plain(text) if walk.is_text => walk.push(text),
            Token::Text(_) | Token::Plain(_) => {}
        }
    }
    walk.lines.into_text()
}

impl Walk {
    fn push(&mut self, text: &str) {
        if !self.is_hidden {
            self.has_words |= !text.trim().is_empty();
            self.lines.push(text);
        }
    }

    fn open(&mut self, tag: &Tag<'_>) {
        match tag.name {
            "t" => self.is_text = true,
            "r" => self.is_hidden = false,
            "vanish" => {
                let off = tag.attribute("val");
                self.is_hidden = !matches!(off.as_deref(), Some("0" | "false" | "off"));
            }
            "p" => self.has_words = false,
            // Where tabulators stop is said with the same name.
            "tab" | "ptab" if tag.attribute("pos").is_none() => self.lines.tab(),
            "br" if tag.attribute("type").as_deref() == Some("page") => self.lines.end_page(),
            "lastRenderedPageBreak" => self.lines.end_page(),
            "br" | "cr" => self.lines.end_line(),
            "noBreakHyphen" => self.push("-"),
            "tc" => self.lines.open_cell(),
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "t" => self.is_text = false,
            "r" => self.is_hidden = false,
            "tbl" => self.lines.leave_space(),
            "p" if !self.has_words => self.lines.leave_space(),
            "p" | "tr" => self.lines.end_line(),
            "tc" => self.lines.close_cell(),
            _ => {}
        }
    }
}
