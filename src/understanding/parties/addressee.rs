//! Whom a document is for: by labels, the window of its envelope and forms of address.

use super::super::lex::{Lexeme, Sort, find, has, match_at};
use super::super::lines::Passage;
use super::super::paper::Paper;
use super::{is_return_line, is_same, names_in};

/// What stands before or above the name of whoever a document is for.
const FOR: &[&str] = &[
    "rechnungsempfänger|leistungsempfänger|empfänger|rechnungsadresse|rechnungsanschrift|lieferadresse|lieferanschrift|käufer|auftraggeber|kunde",
    "bill|billed|ship|shipped|sold|invoice|deliver to",
    "billing|shipping|delivery address",
    "buyer|customer|recipient|addressee",
    "adresse de livraison|facturation",
    "destinataire|acheteur",
];

/// Everybody to whom it is addressed.
pub(super) fn names(paper: &Paper<'_>) -> Vec<String> {
    let mut names = recipient_names(paper);
    names.extend(labelled(paper, FOR));
    names.extend(below_return_lines(paper));
    names
}

/// The names that stand behind a label in its line, or alone below it.
pub(super) fn labelled(paper: &Paper<'_>, labels: &[&'static str]) -> Vec<String> {
    let mut names = Vec::new();
    for (index, passage) in paper.lines.segments.iter().enumerate() {
        let first = passage.lexemes.get(..passage.lexemes.len().min(4));
        let Some(end) = first
            .and_then(|it| labels.iter().find_map(|label| find(it, label)))
            .filter(|it| it.start == 0)
            .map(|it| it.end)
        else {
            continue;
        };
        let is_mark = |it: &&Lexeme| it.sort == Sort::Mark;
        let end = label_end(&passage.lexemes, end, labels);
        let rest = passage.lexemes.get(end..).unwrap_or(&[]);
        let name = rest.iter().find(|it| !is_mark(it));
        match name {
            // A word of the label's own sentence is no name.
            Some(name) if rest.first().is_some_and(|it| it.is_mark(':')) => {
                names.extend(passage.text.get(name.at.start..).map(ToOwned::to_owned));
            }
            Some(_) => {}
            None => names.extend(first_below(paper, index)),
        }
    }
    names
}

/// Where a label ends that names two of a kind: `Käufer/Leistungsempfänger`.
fn label_end(lexemes: &[Lexeme], end: usize, labels: &[&'static str]) -> usize {
    let has_slash = lexemes.get(end).is_some_and(|it| it.is_mark('/'));
    let other = labels.iter().find_map(|it| match_at(lexemes, end + 1, it));
    other.filter(|_| has_slash).unwrap_or(end)
}

/// Rows below a label that may hold numbers before one holds the name.
const NUMBERS_MAX: usize = 4;

/// The name in the box that a label heads: the first row below that is no number of its own
/// (`Number: 4711`, `GLN 4000001123452`); behind `Name:` where that is written.
fn first_below(paper: &Paper<'_>, label: usize) -> Option<String> {
    let mut at = label;
    for _ in 0..NUMBERS_MAX {
        at = paper.lines.below(at)?;
        let passage = paper.lines.segments.get(at)?;
        let beside = paper.lines.right_of(at);
        let beside = beside.and_then(|it| paper.lines.segments.get(it));
        if let Some(named) = find(&passage.lexemes, "name|firma").filter(|it| it.start == 0) {
            let rest = passage.lexemes.get(named.end..).unwrap_or(&[]);
            return match rest.iter().find(|it| it.sort != Sort::Mark) {
                Some(name) => passage.text.get(name.at.start..).map(ToOwned::to_owned),
                None => beside.map(|it| it.text.trim_start_matches([':', ' ']).to_owned()),
            };
        }
        let figures = |it: &Passage| it.text.bytes().filter(u8::is_ascii_digit).count();
        let figures = figures(passage) + beside.map_or(0, figures);
        let is_number = has(&passage.lexemes, &["nummer|nr|number|no|gln|id|duns|ref"]);
        if !is_number || figures < 4 {
            return Some(passage.text.clone());
        }
    }
    None
}

/// How many heights of a line of return address the addressee stands below it, at most.
const WINDOW: f32 = 3.5;

/// The addressees in the windows of envelopes: what stands right below a line of return address,
/// and is not its sender once more.
fn below_return_lines(paper: &Paper<'_>) -> Vec<String> {
    let mut names = Vec::new();
    let lines = paper.lines.on_page(1).map(|(_, it)| it);
    for line in lines.clone().filter(|it| is_return_line(&it.text)) {
        let below = lines.clone().filter(|it| {
            let gap = it.at.y - line.at.bottom();
            let begins = (it.at.x - line.at.x).abs() < line.at.h.max(8.0) * 2.0;
            begins && gap > -line.at.h * 0.3 && gap < line.at.h.max(8.0) * WINDOW
        });
        let Some(next) = below.min_by(|a, b| a.at.y.total_cmp(&b.at.y)) else {
            continue;
        };
        let head = names_in(line).into_iter().next();
        let is_sender = head.is_some_and(|(name, _)| is_same(&name, &next.text));
        let is_name = !next.text.bytes().any(|it| it.is_ascii_digit());
        if is_name && !is_sender {
            names.push(next.text.clone());
        }
    }
    names
}

/// The names to whom the document is addressed: what follows a form of address in the address field.
fn recipient_names(paper: &Paper<'_>) -> Vec<String> {
    let mut names = Vec::new();
    for (index, passage) in paper.lines.segments.iter().enumerate() {
        let Some(first) = passage.lexemes.first() else {
            continue;
        };
        let is_address = matches!(
            first.text.as_str(),
            "herrn"
                | "frau"
                | "familie"
                | "herr"
                | "mr"
                | "mrs"
                | "ms"
                | "miss"
                | "eheleute"
                | "firma"
        );
        if !is_address {
            continue;
        }
        names.push(passage.text.clone());
        if passage.lexemes.len() <= 3
            && let Some(below) = paper
                .lines
                .below(index)
                .and_then(|it| paper.lines.segments.get(it))
        {
            names.push(below.text.clone());
        }
    }
    names
}
