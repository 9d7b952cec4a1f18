//! Why each finding is what it is: the label that it stands by, the sums and check digits that speak
//! for it, the code or data that it is from.

use crate::domain::finding::{ClaimedBy, Evidence, Extraction, Field, Finding, Value};
use crate::domain::why::Why;

use super::paper::Paper;
use super::{totals, trace};

/// Amounts whose right edges are so near stand in one column, in thousandths of the width.
const COLUMN: f32 = 16.0;

/// Gives every finding its reason that has none yet.
pub fn explain(extraction: &mut Extraction, paper: &Paper<'_>) {
    for finding in &mut extraction.findings {
        if finding.why.is_none() {
            finding.why = Some(why(finding, paper));
        }
    }
}

fn why(finding: &Finding, paper: &Paper<'_>) -> Why {
    let codes = &paper.reading.codes;
    let is_of_code = |it: &Evidence| codes.iter().any(|code| code.text == it.text);
    match (finding.by, &finding.evidence) {
        (ClaimedBy::Data, Some(evidence)) if is_of_code(evidence) => {
            if finding.field == Field::Iban {
                Why::CheckDigitsInCode
            } else {
                Why::PaymentCode
            }
        }
        (ClaimedBy::Data, _) => Why::Invoice,
        (ClaimedBy::Model, _) => Why::Model,
        (ClaimedBy::Person, _) => Why::Quoted,
        (ClaimedBy::Rule, None) => Why::Wording,
        (ClaimedBy::Rule, Some(evidence)) => by_rule(finding, evidence, paper),
    }
}

fn by_rule(finding: &Finding, evidence: &Evidence, paper: &Paper<'_>) -> Why {
    match finding.field {
        Field::Language | Field::Kind => Why::Wording,
        Field::Iban => Why::CheckDigits,
        Field::Sender => where_it_stands(evidence, paper),
        Field::Recipient => by_label(evidence, paper).unwrap_or(Why::AddressField),
        Field::Total | Field::Payable => {
            by_label(evidence, paper).unwrap_or_else(|| sum(finding, evidence, paper))
        }
        Field::IssueDate => {
            by_label(evidence, paper).unwrap_or_else(|| where_it_stands(evidence, paper))
        }
        Field::Reference | Field::TrackingNumber | Field::ContractEnd | Field::NoticePeriod => {
            by_label(evidence, paper).unwrap_or(Why::Quoted)
        }
    }
}

/// The words before or above it.
fn by_label(evidence: &Evidence, paper: &Paper<'_>) -> Option<Why> {
    let (segment, byte) = trace::spot(paper, evidence)?;
    let (left, above) = trace::label(paper, segment, byte, &evidence.at);
    if !left.is_empty() {
        return Some(Why::RightOf(left));
    }
    (!above.is_empty()).then_some(Why::Below(above))
}

fn sum(finding: &Finding, evidence: &Evidence, paper: &Paper<'_>) -> Why {
    let Value::Money(money) = &finding.value else {
        return Why::Quoted;
    };
    if totals::is_gross(paper, money.amount) {
        return Why::NetPlusVat;
    }
    let mut spots = paper.money.iter();
    let spot = spots.find(|it| it.page == evidence.page && it.amount == money.amount);
    if spot.is_some_and(|it| paper.is_column_sum(it, COLUMN)) {
        return Why::ColumnSum;
    }
    Why::Quoted
}

fn where_it_stands(evidence: &Evidence, paper: &Paper<'_>) -> Why {
    let text = trace::spot(paper, evidence).and_then(|(it, _)| paper.lines.segments.get(it));
    let is_from = text.is_some_and(|it| {
        let first = it.lexemes.first();
        first.is_some_and(|it| matches!(it.text.as_str(), "from" | "von"))
    });
    if paper.is_mail() || is_from {
        return Why::MailFrom;
    }
    match place(paper, evidence.page, evidence.at.y) {
        Some(Part::Letterhead) => Why::Letterhead,
        Some(Part::Footer) => Why::Footer,
        None => Why::Quoted,
    }
}

/// The parts of a letter's first page that are its sender's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Its top.
    Letterhead,
    /// Its end.
    Footer,
}

/// In which part of the first page a line stands that begins at `top`.
pub fn place(paper: &Paper<'_>, page: u32, top: f32) -> Option<Part> {
    if page != 1 {
        return None;
    }
    let on_page = paper.lines.on_page(1);
    let bottom = on_page.map(|(_, it)| it.at.bottom()).fold(0.0, f32::max);
    if top < paper.lines.page_height(1).min(1414.0) * 0.25 {
        Some(Part::Letterhead)
    } else if top > bottom * 0.85 {
        Some(Part::Footer)
    } else {
        None
    }
}
