//! A PowerPoint presentation (ECMA-376, part 1, 19): the words of its slides, one page each.

use super::super::failure::Failure;
use super::super::markup::{Flavour, Token, resolved, tokens};
use super::archive::{Archive, is_xml};
use super::lines::Lines;

/// The presentation's words.
pub fn text(archive: &mut Archive<'_>) -> Result<String, Failure> {
    let slides = archive.names(|it| is_xml(it, "ppt/slides/slide"));
    if slides.is_empty() {
        return Err(Failure::damaged("it has no slides"));
    }
    let mut lines = Lines::default();
    for slide in slides {
        push_slide(&archive.xml(&slide)?, &mut lines);
        lines.end_page();
    }
    Ok(lines.into_text())
}

fn push_slide(xml: &str, lines: &mut Lines) {
    let mut is_text = false;
    for token in tokens(xml, Flavour::Xml) {
        match token {
            Token::Open(tag) => match tag.name {
                "t" => is_text = !tag.is_closed,
                "br" => lines.end_line(),
                "tc" if !tag.is_closed => lines.open_cell(),
                _ => {}
            },
            Token::Close(name) => match name {
                "t" => is_text = false,
                "p" | "tr" => lines.end_line(),
                "tc" => lines.close_cell(),
                "sp" | "tbl" => lines.leave_space(),
                _ => {}
            },
            Token::Text(text) if is_text => lines.push(&resolved(text)),
            Token::Plain(text) if is_text => lines.push(text),
            Token::Text(_) | Token::Plain(_) => {}
        }
    }
}
