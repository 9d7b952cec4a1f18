//! XML as a tree of elements that are found by their names, whatever their prefixes.
//!
//! Nothing is fetched and no entity is expanded: a document type of its own makes XML no invoice. How
//! deep and how large the tree may be is checked before it is built.

use jiff::civil::Date;
use roxmltree::{Document, Node, ParsingOptions};

use crate::domain::value::Amount;

/// Elements inside each other; what only looks like one in a text is counted too.
const DEPTH_MAX: usize = 200;
/// Elements, texts and comments together.
const NODES_MAX: u32 = 400_000;
/// Declarations of namespaces; each costs every element below it.
const NAMESPACES_MAX: usize = 500;
/// Letters kept of one text.
const LETTERS_MAX: usize = 4000;
/// Elements of one name that are looked at.
const ALIKE_MAX: usize = 200;

/// One element.
#[derive(Clone, Copy, Debug)]
pub struct Element<'a, 'xml>(Node<'a, 'xml>);

/// Gives the root of well-formed XML to `look`.
pub fn with_root<T>(xml: &str, look: impl FnOnce(Element<'_, '_>) -> Option<T>) -> Option<T> {
    let xml = xml.trim_start_matches('\u{feff}').trim_start();
    if !is_tame(xml) {
        return None;
    }
    let options = ParsingOptions {
        allow_dtd: false,
        nodes_limit: NODES_MAX,
        entity_resolver: None,
    };
    let document = Document::parse_with_options(xml, options).ok()?;
    look(Element(document.root_element()))
}

/// Whether the tree stays flat and has few namespaces.
fn is_tame(xml: &str) -> bool {
    let mut depth = 0_usize;
    let mut deepest = 0_usize;
    for piece in xml.split('<').skip(1) {
        match piece.as_bytes().first() {
            Some(b'/') => depth = depth.saturating_sub(1),
            Some(b'!' | b'?') | None => {}
            Some(_) => {
                let tag = piece.split('>').next().unwrap_or_default();
                depth += usize::from(!tag.ends_with('/'));
                deepest = deepest.max(depth);
            }
        }
    }
    deepest <= DEPTH_MAX && xml.matches("xmlns").count() <= NAMESPACES_MAX
}

impl<'a> Element<'a, '_> {
    /// Its name without a prefix.
    pub fn name(self) -> &'a str {
        self.0.tag_name().name()
    }

    /// The namespace of its name; empty without one.
    pub fn namespace(self) -> &'a str {
        self.0.tag_name().namespace().unwrap_or_default()
    }

    /// It and all elements inside it, in their order.
    pub fn with_inner(self) -> impl Iterator<Item = Self> {
        self.0.descendants().filter(Node::is_element).map(Self)
    }

    /// The elements at a path of names (`A/B`), in their order.
    pub fn all(self, path: &str) -> Vec<Self> {
        let mut found = vec![self];
        for name in path.split('/') {
            let children = |it: Self| it.0.children().filter(move |it| it.has_tag_name_like(name));
            found = found
                .into_iter()
                .flat_map(children)
                .take(ALIKE_MAX)
                .map(Self)
                .collect();
        }
        found
    }

    /// The first element at one of several paths.
    pub fn first(self, paths: &[&str]) -> Option<Self> {
        paths.iter().find_map(|it| self.all(it).first().copied())
    }

    /// Its own text, without what stands around it; `None` if there is none.
    pub fn own_text(self) -> Option<String> {
        let texts = self.0.children().filter(Node::is_text);
        let text: String = texts.filter_map(|it| it.text()).collect();
        let text: String = text.trim().chars().take(LETTERS_MAX).collect();
        (!text.is_empty()).then_some(text)
    }

    /// The first text at one of several paths.
    pub fn text(self, paths: &[&str]) -> Option<String> {
        let mut found = paths.iter().flat_map(|it| self.all(it));
        found.find_map(Self::own_text)
    }

    /// Every text at a path.
    pub fn texts(self, path: &str) -> Vec<String> {
        let found = self.all(path).into_iter();
        found.filter_map(Self::own_text).collect()
    }

    /// The first amount at one of several paths; one in `currency` before one in another.
    pub fn amount(self, paths: &[&str], currency: &str) -> Option<Amount> {
        let found: Vec<Self> = paths.iter().flat_map(|it| self.all(it)).collect();
        let is_other = |it: &Self| {
            let stated = it.0.attribute("currencyID");
            stated.is_some_and(|stated| stated != currency)
        };
        let mut sorted = found;
        sorted.sort_by_key(is_other);
        let mut texts = sorted.into_iter().filter_map(Self::own_text);
        texts.find_map(|it| amount(&it))
    }

    /// The first day at one of several paths.
    pub fn day(self, paths: &[&str]) -> Option<Date> {
        let mut found = paths.iter().flat_map(|it| self.all(it));
        found.find_map(|it| day(&it.own_text()?))
    }

    /// The value of an attribute.
    pub fn attribute(self, name: &str) -> Option<&'a str> {
        self.0.attribute(name)
    }
}

trait NamedLike {
    fn has_tag_name_like(&self, name: &str) -> bool;
}

impl NamedLike for Node<'_, '_> {
    fn has_tag_name_like(&self, name: &str) -> bool {
        self.is_element() && self.tag_name().name() == name
    }
}

/// A decimal number (XML Schema, 3.2.3), rounded to hundredths.
pub fn amount(text: &str) -> Option<Amount> {
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, places) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |it: &str| it.bytes().all(|it| it.is_ascii_digit());
    if whole.is_empty() && places.is_empty() || !is_number(whole) || !is_number(places) {
        return None;
    }
    let whole: i64 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    let thousandths: String = places.chars().chain("000".chars()).take(3).collect();
    let thousandths: i64 = thousandths.parse().ok()?;
    let hundredths = whole
        .checked_mul(100)?
        .checked_add((thousandths + 5) / 10)?;
    let signed = if is_negative { -hundredths } else { hundredths };
    Some(Amount::from_hundredths(signed))
}

/// A day as `2026-03-02` with whatever follows (ISO 8601), or as `20260302` (UN/EDIFACT 2379, formats
/// 102, 203 and 204).
pub fn day(text: &str) -> Option<Date> {
    let digits = |range: std::ops::Range<usize>| {
        let part = text.get(range)?;
        let is_number = part.bytes().all(|it| it.is_ascii_digit());
        is_number.then_some(part)
    };
    let is_dashed = text.get(4..5) == Some("-");
    let (month, day) = if is_dashed {
        (text.get(7..8) == Some("-")).then_some(())?;
        (5..7, 8..10)
    } else {
        (4..6, 6..8)
    };
    let year: i16 = digits(0..4)?.parse().ok()?;
    let date = Date::new(
        year,
        digits(month)?.parse().ok()?,
        digits(day)?.parse().ok()?,
    );
    date.ok().filter(|it| (1970..2200).contains(&it.year()))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn amounts_are_rounded_to_hundredths() {
        for (text, hundredths) in [
            ("84.2", 8420),
            ("-0.05", -5),
            ("1234.5678", 123_457),
            (".5", 50),
            ("+7", 700),
        ] {
            assert_eq!(
                amount(text),
                Some(Amount::from_hundredths(hundredths)),
                "{text}"
            );
        }
        for text in ["", "-", ".", "1,5", "1e3", "99999999999999999999"] {
            assert_eq!(amount(text), None, "{text}");
        }
    }

    #[test]
    fn days_are_read_in_both_forms() {
        for text in [
            "20260302",
            "202603020915",
            "2026-03-02",
            "2026-03-02Z",
            "2026-03-02T09:15:00",
        ] {
            assert_eq!(day(text), Some(date(2026, 3, 2)), "{text}");
        }
        for text in ["2026-3-2", "20261302", "2026", "ää26-03-02", ""] {
            assert_eq!(day(text), None, "{text}");
        }
    }

    #[test]
    fn hostile_trees_are_no_trees() {
        let deep = "<a>".repeat(210) + &"</a>".repeat(210);
        let named = "<a xmlns='b'/>".repeat(600);
        for xml in [
            deep,
            format!("<r>{named}</r>"),
            "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>".to_owned(),
            "<a>&b;</a>".to_owned(),
            "<a><b></a></b>".to_owned(),
            String::new(),
        ] {
            assert_eq!(
                with_root(&xml, |it| Some(it.name().to_owned())),
                None,
                "{xml:.60}"
            );
        }
    }

    #[test]
    fn comments_and_sections_do_not_part_a_text() {
        let xml = "<a><b> DE<!-- no -->12<![CDATA[ 34]]> </b></a>";
        let text = with_root(xml, |it| it.text(&["c", "b"]));
        assert_eq!(text.as_deref(), Some("DE12 34"));
    }

    proptest::proptest! {
        #[test]
        fn no_xml_breaks_the_tree(xml in "(<a>|</a>|<b c='1'>|</b>|<!--|-->|<!\\[CDATA\\[|\\]\\]>|&amp;|&#x0;|\\PC){0,60}") {
            let _count = with_root(&xml, |it| Some(it.with_inner().count()));
            let _amount = amount(&xml);
            let _day = day(&xml);
        }
    }
}
