//! The sender's VAT number and domain, where they stand in the letterhead or the footer of the first
//! page, near the sender's name, or as the only ones on it. What may be the recipient's is left out.

use std::collections::BTreeSet;

use crate::domain::finding::{Extraction, Field};
use crate::domain::mark::Mark;

use super::explain::place;
use super::lex::{Sort, fold, has};
use super::lines::Passage;
use super::paper::Paper;

/// So near is near the sender's name, in thousandths of the page's width.
const NEAR: f32 = 120.0;
/// Words of a VAT number at the most.
const WORDS_MAX: usize = 5;
/// Words of a name that tell whose a domain is have at least so many letters.
const TELLING_LETTERS_MIN: usize = 4;

/// Before the number of whoever the letter is for.
const THEIRS: &[&str] =
    &["ihre|ihrer|kunden|kunde|your|customer|leistungsempfänger|rechnungsempfänger|käufer|buyer"];

/// What is the sender's alone: at most one VAT number and one domain.
pub fn marks(paper: &Paper<'_>, extraction: &Extraction) -> BTreeSet<Mark> {
    let mut found: Vec<(Mark, bool)> = Vec::new();
    for (_, passage) in paper.lines.on_page(1) {
        if has(&passage.lexemes, THEIRS) {
            continue;
        }
        let is_senders = place(paper, 1, passage.at.y).is_some() || is_near(extraction, passage);
        found.extend(of_passage(passage).into_iter().map(|it| (it, is_senders)));
    }
    let sender = words_of(extraction, Field::Sender);
    let recipient = words_of(extraction, Field::Recipient);
    let is_recipients = |mark: &Mark| {
        let text = fold(&mark.to_string());
        let holds = |it: &&String| text.contains(it.as_str());
        matches!(mark, Mark::Domain(_))
            && recipient
                .iter()
                .any(|it| holds(&it) && !sender.contains(it))
    };
    found.retain(|(mark, _)| !is_recipients(mark));
    let vat = only(&found, |it| matches!(it, Mark::Vat(_)));
    let domain = only(&found, |it| matches!(it, Mark::Domain(_))).or_else(|| {
        only(&found, |it| {
            let text = fold(&it.to_string());
            matches!(it, Mark::Domain(_)) && sender.iter().any(|word| text.contains(word.as_str()))
        })
    });
    vat.into_iter().chain(domain).collect()
}

/// The only one of a sort among those in the sender's places, else the only one at all.
fn only(found: &[(Mark, bool)], is_of_sort: impl Fn(&Mark) -> bool) -> Option<Mark> {
    let distinct = |is_wanted: &dyn Fn(&(Mark, bool)) -> bool| {
        let marks = found.iter().filter(|it| is_of_sort(&it.0) && is_wanted(it));
        marks.map(|it| it.0.clone()).collect::<BTreeSet<Mark>>()
    };
    let theirs = distinct(&|it| it.1);
    let all = if theirs.is_empty() {
        distinct(&|_| true)
    } else {
        theirs
    };
    (all.len() == 1).then(|| all.into_iter().next()).flatten()
}

fn is_near(extraction: &Extraction, passage: &Passage) -> bool {
    let evidence = extraction
        .finding(Field::Sender)
        .and_then(|it| it.evidence.as_ref());
    evidence.is_some_and(|it| it.page == 1 && (it.at.y - passage.at.y).abs() < NEAR)
}

/// The telling words of a name, folded.
fn words_of(extraction: &Extraction, field: Field) -> Vec<String> {
    let name = fold(extraction.text(field).unwrap_or_default());
    let words = name.split(|it: char| !it.is_alphanumeric());
    let words = words.filter(|it| it.chars().count() >= TELLING_LETTERS_MIN);
    words.map(ToOwned::to_owned).collect()
}

fn of_passage(passage: &Passage) -> Vec<Mark> {
    let mut found = Vec::new();
    for lexeme in passage.lexemes.iter().filter(|it| it.sort == Sort::Word) {
        if matches!(lexeme.text.as_str(), "de" | "atu" | "che" | "gb") {
            let text = passage.text.get(lexeme.at.start..).unwrap_or_default();
            found.extend(vat(text));
        }
    }
    let words = passage.text.split([' ', '·', '|', '•', ';', ',', '(', ')']);
    let domains = words.filter(|it| is_address(it)).filter_map(|it| {
        let word = it.trim_matches(|it: char| !it.is_alphanumeric());
        word.parse().ok().filter(|it| matches!(it, Mark::Domain(_)))
    });
    found.extend(domains);
    found
}

/// The VAT number that a text begins with.
fn vat(text: &str) -> Option<Mark> {
    let words: Vec<&str> = text.split(' ').take(WORDS_MAX).collect();
    (1..=words.len()).find_map(|count| {
        let joined = words.get(..count)?.join("");
        let joined = joined.trim_end_matches([',', ';', '.', ')']);
        joined.parse().ok().filter(|it| matches!(it, Mark::Vat(_)))
    })
}

/// An address of the web or of mail; a bare `name.de` too, since letterheads print it.
fn is_address(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    let lower = lower.trim_matches(|it: char| !it.is_alphanumeric());
    let has_top = [
        ".de", ".at", ".ch", ".com", ".eu", ".net", ".org", ".info", ".uk", ".ie", ".gmbh",
    ]
    .iter()
    .any(|it| lower.ends_with(it));
    lower.contains('@') || lower.contains("www.") || lower.contains("://") || has_top
}

#[cfg(test)]
mod tests {
    use super::super::lines::tests::{context, typed};
    use super::super::{recipients, sender};
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let reading = typed(text);
        let context = context();
        let paper = Paper::of(&reading, &context);
        let mut findings: Vec<_> = sender(&paper, None, None).into_iter().collect();
        findings.extend(recipients::recipient(&paper));
        let extraction = Extraction {
            findings,
            ..Extraction::default()
        };
        let found = marks(&paper, &extraction);
        found.into_iter().map(String::from).collect()
    }

    const BODY: &str = "\n\n\n\n\n\n\nSehr geehrter Herr Sommer,\n\nwir berechnen 12,00 Euro.\n\n\n\n\n\n\n\n\n\n\n";

    #[test]
    fn letterhead_and_footer_name_what_is_the_senders_alone() {
        for (head, foot, expected) in [
            (
                "Wasserwerk Au GmbH",
                "www.wasserwerk-au.de  USt-IdNr. DE 136 695 976",
                vec!["DE136695976", "wasserwerk-au.de"],
            ),
            (
                "Wasserwerk Au GmbH",
                "UID: ATU13585627",
                vec!["ATU13585627"],
            ),
            (
                "Wasserwerk Au GmbH  post@wasserwerk-au.de",
                "Schlichtung: www.schlichtung.de",
                vec!["wasserwerk-au.de"],
            ),
            ("Malerei Kurz", "malerei.kurz@gmx.de", vec![]),
            (
                "Wasserwerk Au GmbH",
                "Ihre USt-IdNr. DE 136 695 976",
                vec![],
            ),
            (
                "Wasserwerk Au GmbH",
                "IBAN DE89 3704 0044 0532 0130 00",
                vec![],
            ),
        ] {
            let text = format!("{head}{BODY}{foot}");
            assert_eq!(read(&text), expected, "{head} / {foot}");
        }
    }
}
