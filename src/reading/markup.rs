//! Markup taken apart: tags, their attributes and the text between them, for pages of the web and
//! for the XML of Office files alike.
//!
//! Nothing is believed to be well formed, nothing is fetched, no entity is expanded but those that
//! stand for one letter, and the time taken grows with the length alone.

use mail_parser::decoders::html::add_html_token;

/// Longest name of an entity, with its signs.
const ENTITY_BYTES_MAX: usize = 32;

/// Whose rules are followed where they differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// What stands in scripts and styles is no markup.
    Html,
    /// There are sections of plain text.
    Xml,
}

/// A piece of markup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// A tag that opens.
    Open(Tag<'a>),
    /// The name of a tag that closes, without its prefix.
    Close(&'a str),
    /// What stands between tags, its entities not yet resolved; see [`resolved`].
    Text(&'a str),
    /// Text that has no entities.
    Plain(&'a str),
}

/// A tag that opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag<'a> {
    /// Its name, without its prefix, as it is written.
    pub name: &'a str,
    /// Whether it closes itself.
    pub is_closed: bool,
    attributes: &'a str,
}

impl Tag<'_> {
    /// The value of an attribute, whatever the prefix and the case of its name.
    pub fn attribute(&self, name: &str) -> Option<String> {
        let mut rest = self.attributes;
        while let Some((key, value, after)) = attribute(rest) {
            if local(key).eq_ignore_ascii_case(name) {
                return Some(resolved(value));
            }
            rest = after;
        }
        None
    }
}

/// The tokens of `markup`, in their order.
pub const fn tokens(markup: &str, flavour: Flavour) -> Tokens<'_> {
    Tokens {
        rest: markup,
        flavour,
        has_quotes: [true; 2],
        is_raw: None,
    }
}

/// See [`tokens`].
pub struct Tokens<'a> {
    rest: &'a str,
    flavour: Flavour,
    /// Whether a quotation mark of either sort is still to come; spares looking for it again.
    has_quotes: [bool; 2],
    /// The script or style whose end comes next.
    is_raw: Option<&'a str>,
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        if let Some(name) = self.is_raw.take() {
            let end = closing(self.rest, name).unwrap_or(self.rest.len());
            let (raw, rest) = self.rest.split_at(end);
            self.rest = rest;
            if !raw.is_empty() {
                return Some(Token::Plain(raw));
            }
        }
        loop {
            if self.rest.is_empty() {
                return None;
            }
            if !self.is_markup() {
                return Some(Token::Text(self.text()));
            }
            if let Some(token) = self.markup() {
                return Some(token);
            }
        }
    }
}

impl<'a> Tokens<'a> {
    /// Whether a tag, a comment or the like begins here; a lone `<` is text.
    fn is_markup(&self) -> bool {
        let mut letters = self.rest.bytes();
        let next = (letters.next(), letters.next());
        matches!(next, (Some(b'<'), Some(it)) if it.is_ascii_alphabetic() || b"/!?_".contains(&it))
    }

    fn text(&mut self) -> &'a str {
        let after_first = self.rest.chars().next().map_or(0, char::len_utf8);
        let tail = self.rest.get(after_first..).unwrap_or_default();
        let end = tail
            .find('<')
            .map_or(self.rest.len(), |it| it + after_first);
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        text
    }

    /// The token that begins here, `None` for what says nothing.
    fn markup(&mut self) -> Option<Token<'a>> {
        let xml = self.flavour == Flavour::Xml;
        if let Some(rest) = self.rest.strip_prefix("<![CDATA[").filter(|_| xml) {
            let (plain, rest) = rest.split_once("]]>").unwrap_or((rest, ""));
            self.rest = rest;
            return Some(Token::Plain(plain));
        }
        if let Some(rest) = self.rest.strip_prefix("<!--") {
            // `<!-->` is a whole comment.
            let rest = rest.strip_prefix('>').or_else(|| {
                let (_, rest) = rest.split_once("-->")?;
                Some(rest)
            });
            self.rest = rest.unwrap_or_default();
            return None;
        }
        let end = self.end_of_tag();
        let (tag, rest) = self.rest.split_at(end);
        self.rest = rest.strip_prefix('>').unwrap_or(rest);
        let tag = tag.get(1..).unwrap_or_default();
        if tag.starts_with(['!', '?']) {
            return None;
        }
        if let Some(name) = tag.strip_prefix('/') {
            return Some(Token::Close(local(name.trim())));
        }
        let is_closed = tag.ends_with('/');
        let tag = tag.strip_suffix('/').unwrap_or(tag);
        let end = tag.find(char::is_whitespace).unwrap_or(tag.len());
        let (name, attributes) = tag.split_at(end);
        let name = local(name);
        let is_raw = ["script", "style", "title", "textarea"];
        if self.flavour == Flavour::Html
            && !is_closed
            && is_raw.iter().any(|it| it.eq_ignore_ascii_case(name))
        {
            self.is_raw = Some(name);
        }
        Some(Token::Open(Tag {
            name,
            is_closed,
            attributes,
        }))
    }

    /// Where the tag's `>` stands; not the ones in quotation marks.
    fn end_of_tag(&mut self) -> usize {
        let bytes = self.rest.as_bytes();
        let mut at = 1;
        let mut before = b'<';
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'>' => return at,
                b'"' | b'\'' if before == b'=' => {
                    let which = usize::from(*byte == b'"');
                    let has = self.has_quotes.get(which).copied().unwrap_or(false);
                    let tail = bytes.get(at + 1..).unwrap_or_default();
                    let end = tail.iter().position(|it| it == byte).filter(|_| has);
                    match (end, self.has_quotes.get_mut(which)) {
                        (Some(end), _) => at += end + 1,
                        (None, Some(has)) => *has = false,
                        (None, None) => {}
                    }
                    before = *byte;
                }
                it if it.is_ascii_whitespace() => {}
                it => before = *it,
            }
            at += 1;
        }
        self.rest.len()
    }
}

/// Where `</name` begins, whatever its case.
fn closing(text: &str, name: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|it| it.find("</")) {
        let begin = at + found;
        let stated = bytes.get(begin + 2..begin + 2 + name.len());
        if stated.is_some_and(|it| it.eq_ignore_ascii_case(name.as_bytes())) {
            return Some(begin);
        }
        at = begin + 2;
    }
    None
}

/// A name without its prefix: `w:p` is `p`.
fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, it)| it)
}

/// The first attribute, its value and the rest.
fn attribute(text: &str) -> Option<(&str, &str, &str)> {
    let text = text.trim_start();
    let end = text.find(|it: char| it == '=' || it.is_whitespace());
    let (key, rest) = text.split_at(end.unwrap_or(text.len()));
    if text.is_empty() {
        return None;
    }
    let Some(value) = rest.trim_start().strip_prefix('=') else {
        return Some((key, "", rest));
    };
    let value = value.trim_start();
    for quote in ['"', '\''] {
        if let Some(inside) = value.strip_prefix(quote) {
            let (value, rest) = inside.split_once(quote).unwrap_or((inside, ""));
            return Some((key, value, rest));
        }
    }
    let end = value.find(char::is_whitespace).unwrap_or(value.len());
    let (value, rest) = value.split_at(end);
    Some((key, value, rest))
}

/// Text with its entities as letters.
pub fn resolved(text: &str) -> String {
    let mut done = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, from) = rest.split_at(at);
        done.push_str(before);
        let near = from.as_bytes().get(..ENTITY_BYTES_MAX.min(from.len()));
        let end = near.unwrap_or_default().iter().position(|it| *it == b';');
        let entity = end.and_then(|end| from.get(..=end));
        if let Some(entity) = entity.filter(|it| !it.contains(char::is_whitespace)) {
            add_html_token(&mut done, entity.as_bytes(), false);
            rest = from.get(entity.len()..).unwrap_or_default();
        } else {
            done.push('&');
            rest = from.get(1..).unwrap_or_default();
        }
    }
    done.push_str(rest);
    done
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(markup: &str, flavour: Flavour) -> Vec<String> {
        tokens(markup, flavour).map(shown).collect()
    }

    fn shown(token: Token<'_>) -> String {
        match token {
            Token::Open(tag) => format!("<{}{}>", tag.name, if tag.is_closed { "/" } else { "" }),
            Token::Close(name) => format!("</{name}>"),
            Token::Text(text) => resolved(text),
            Token::Plain(text) => format!("[{text}]"),
        }
    }

    #[test]
    fn tags_text_and_comments_are_told_apart() {
        let html = "<!DOCTYPE html><P class='a>b'>4 &lt; 5 <!-- <b> --><br/>a < b</P>";
        let expected = ["<P>", "4 < 5 ", "<br/>", "a ", "< b", "</P>"];
        assert_eq!(all(html, Flavour::Html), expected);
        let xml = "<?xml version='1.0'?><w:t xml:space=\"preserve\">a<![CDATA[<b>]]></w:t>";
        assert_eq!(all(xml, Flavour::Xml), ["<t>", "a", "[<b>]", "</t>"]);
    }

    #[test]
    fn scripts_are_no_markup() {
        let html = "<script>if (a<b) '</p>'</SCRIPT>x<style>p{}</style>";
        let expected = [
            "<script>",
            "[if (a<b) '</p>']",
            "</SCRIPT>",
            "x",
            "<style>",
            "[p{}]",
            "</style>",
        ];
        assert_eq!(all(html, Flavour::Html), expected);
    }

    #[test]
    fn attributes_are_found_by_their_name() {
        let cell = "<c r=\"B3\" t = 's' x:s=5 hidden>";
        let Some(Token::Open(tag)) = tokens(cell, Flavour::Xml).next() else {
            panic!("no tag");
        };
        let value = |name| tag.attribute(name);
        assert_eq!(value("r").as_deref(), Some("B3"));
        assert_eq!(value("T").as_deref(), Some("s"));
        assert_eq!(value("s").as_deref(), Some("5"));
        assert_eq!(value("hidden").as_deref(), Some(""));
        assert_eq!(value("none"), None);
    }

    #[test]
    fn entities_are_letters_and_nothing_else() {
        assert_eq!(
            resolved("&uuml;&#8364;&#x41; & &bogus; &"),
            "ü€A & &bogus; &"
        );
    }

    #[test]
    fn quotation_marks_that_do_not_end_take_no_time() {
        let hostile = "<a b=\"".repeat(200_000);
        assert!(tokens(&hostile, Flavour::Html).count() > 0);
    }

    proptest! {
        #[test]
        fn anything_ends(markup in "(<|>|&|;|/|!--|-->|\"|'|=|script|p|ä| )*") {
            for flavour in [Flavour::Html, Flavour::Xml] {
                prop_assert!(tokens(&markup, flavour).map(shown).count() <= markup.len());
            }
        }
    }
}
