//! A PowerPoint presentation (ECMA-376, part 1, 19): the words of its slides, one page each.

use super::super::failure::Failure;
use super::super::markup::{Flavour, Token, resolved, tokens};
use super::archive::Archive;
use super::lines::Lines;

/// The presentation's words.
pub fn text(archive: &mut Archive<'_>) -> Result<String, Failure> {
    let slides = archive.names(|it| it.starts_with("ppt/slides/slide") && it.ends_with(".xml"));
    if slides.is_empty() {
        return Err(Failure::damaged("it has no slides"));
    }
    let mut lines = Lines::default();
    for slide in slides {
        let xml = archive.xml(&slide)?;
        let mut is_text = false;
        for token in tokens(&xml, Flavour::Xml) {
            match token {
                Token::Open(tag) if tag.is_closed => {
                    if tag.name == "br" {
                        lines.end_line();
                    }
                }
                Token::Open(tag) => match tag.name {
                    "t" => is_text = true,
                    "br" => lines.end_line(),
                    "tc" => lines.open_cell(),
                    _ => {}
                },
                Token::Close(name) => match name {
                    "t" => is_text = false,
                    "p" => lines.end_line(),
                    "tc" => lines.close_cell(),
                    "tr" => lines.end_row(),
                    "sp" | "tbl" => lines.leave_space(),
                    _ => {}
                },
                Token::Text(text) if is_text => lines.push(&resolved(text)),
                Token::Plain(text) if is_text => lines.push(text),
                Token::Text(_) | Token::Plain(_) => {}
            }
        }
        lines.end_page();
    }
    Ok(lines.into_text())
}
