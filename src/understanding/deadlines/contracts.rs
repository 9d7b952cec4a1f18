//! The term of a contract and its notice: when the term ends, how long before that notice must
//! arrive, and so by which day.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::domain::deadline::{Period, Region, Unit, notice as law};
use crate::domain::document::Kind;
use crate::domain::finding::Evidence;
use crate::domain::obligation::{Action, Basis};

use super::super::dates::{Form, dates};
use super::super::lex::{find_any, has, match_at};
use super::super::lines::sentences;
use super::super::numerals::period_at;
use super::super::paper::Paper;
use super::rows::labelled_row;
use super::{Duty, Facts, Sentence, plain};

/// What a contract says about its end.
#[derive(Default)]
pub struct Term {
    /// The last day of the term.
    pub end: Option<(Date, Evidence)>,
    /// How long before it notice must arrive.
    pub notice: Option<(Period, Evidence)>,
}

/// The term and its notice, where the document says them.
pub fn term(paper: &Paper<'_>, facts: &Facts) -> Term {
    Term {
        end: printed_end(paper, facts).or_else(|| computed_end(paper, facts)),
        notice: notice(paper),
    }
}

/// The last day for notice, a right that ends; reminders leave days for the post.
pub fn duty(facts: &Facts, term: &Term, region: &Region) -> Option<Duty> {
    if !matches!(facts.kind, Some(Kind::Contract | Kind::Insurance)) {
        return None;
    }
    let (end, _) = term.end.as_ref()?;
    let (period, evidence) = term.notice.as_ref()?;
    let found = law::before_end(*end, *period, law::POSTING_MARGIN_DAYS, region)?;
    (found.due > facts.issued).then(|| Duty {
        optional: true,
        basis: Basis::Relative,
        confidence: 0.85,
        safe_due: found.safe_due,
        why: Some(found.why),
        ..plain(Action::Cancel, found.due, evidence.clone())
    })
}

/// A notice period as people say it: `1 month`.
pub fn say(period: Period) -> String {
    let unit = match period.unit {
        Unit::Day => "day",
        Unit::WorkingDay => "working day",
        Unit::Week => "week",
        Unit::Month => "month",
        Unit::Year => "year",
    };
    let plural = if period.count == 1 { "" } else { "s" };
    format!("{} {unit}{plural} before the end of the term", period.count)
}

/// `Der Vertrag endet am …`, `Your current policy ends at midnight on …`.
fn printed_end(paper: &Paper<'_>, facts: &Facts) -> Option<(Date, Evidence)> {
    let things = [
        "vertrag*|*vertrag|laufzeit|mindestlaufzeit|vertragslaufzeit|vertragsende|versicherungsjahr*|policy|contract|agreement|cover|subscription|abonnement|mietverhältnis|tenancy|police|versicherungsschutz|term",
    ];
    let ends = ["endet|enden|ablauf|abläuft|läuft|ende|vertragsende|bis|ends|expires|until|to"];
    for passage in &paper.lines.paragraphs {
        for range in sentences(passage) {
            let lexemes = passage.lexemes.get(range).unwrap_or(&[]);
            for day in dates(lexemes, paper.style)
                .into_iter()
                .filter(|it| matches!(it.form, Form::Full))
            {
                let sentence = Sentence { passage, lexemes };
                let (row, day) = labelled_row(&sentence, &day);
                let lexemes = row.lexemes;
                if !has(lexemes, &things) {
                    continue;
                }
                let near = lexemes
                    .get(day.lexemes.start.saturating_sub(6)..day.lexemes.start)
                    .unwrap_or(&[]);
                let is_payment = has(
                    lexemes,
                    &["zahl*|überweis*|kündig*|pay|widerruf*|beitrag|cancel*|tell"],
                );
                if has(near, &ends) && !is_payment && day.day > facts.issued {
                    return Some((day.day, passage.evidence(&day.at)));
                }
            }
        }
    }
    None
}

/// A start and a minimum term: the term's last day is the day before the anniversary.
fn computed_end(paper: &Paper<'_>, facts: &Facts) -> Option<(Date, Evidence)> {
    let (period, evidence) = minimum_term(paper)?;
    let begins = ["*beginn|beginn|start|startdatum|begins|commencement|starts|ab"];
    let start = paper
        .days()
        .into_iter()
        .filter(|it| it.found.form == Form::Full)
        .find(|spot| {
            let label = paper.lines.label_of(spot.segment, spot.found.at.start);
            label.len() <= 10 && has(&label, &begins)
        })?;
    let end = period
        .after(start.found.day, &paper.region)?
        .yesterday()
        .ok()?;
    (end > facts.issued && end < facts.issued.saturating_add(6.years())).then_some((end, evidence))
}

fn minimum_term(paper: &Paper<'_>) -> Option<(Period, Evidence)> {
    let names = [
        "mindestlaufzeit|mindestvertragslaufzeit|erstlaufzeit|vertragslaufzeit|laufzeit|vertragsdauer",
        "minimum|initial|fixed [contract] term|period",
    ];
    for (index, passage) in paper.lines.segments.iter().enumerate() {
        let Some(name) = find_any(&passage.lexemes, &names) else {
            continue;
        };
        let behind = (name.end..passage.lexemes.len().min(name.end + 6))
            .find_map(|at| period_at(&passage.lexemes, at));
        if let Some((period, end)) = behind {
            return Some((period, passage.evidence(&passage.bytes(&(name.start..end)))));
        }
        let right = paper
            .lines
            .right_of(index)
            .and_then(|it| paper.lines.segments.get(it));
        if let Some(right) = right
            && let Some((period, end)) = period_at(&right.lexemes, 0)
        {
            return Some((period, right.evidence(&right.bytes(&(0..end)))));
        }
    }
    None
}

/// `mit einer Frist von einem Monat zum Ablauf der Mindestlaufzeit`, `three months' notice before the
/// end of the term`.
fn notice(paper: &Paper<'_>) -> Option<(Period, Evidence)> {
    let of_end = [
        "zum|vor|auf .. ende|ablauf|vertragsende|laufzeitende|jahresende|monatsende",
        "before|to|of .. end|expiry|renewal",
        "notice",
    ];
    for passage in &paper.lines.paragraphs {
        for range in sentences(passage) {
            let offset = range.start;
            let lexemes = passage.lexemes.get(range).unwrap_or(&[]);
            if !has(
                lexemes,
                &["kündig*|*kündigung|kündigungsfrist|notice|cancel*|terminat*|gekündigt"],
            ) {
                continue;
            }
            for index in 0..lexemes.len() {
                let Some((period, end)) = period_at(lexemes, index) else {
                    continue;
                };
                let behind = lexemes.get(end..lexemes.len().min(end + 10)).unwrap_or(&[]);
                let after_receipt = match_at(behind, 0, "nach|after|ab|from").is_some();
                if !after_receipt && has(behind, &of_end) {
                    let bytes = passage.bytes(
                        &(offset + index.saturating_sub(5)
                            ..(offset + end + 6).min(offset + lexemes.len())),
                    );
                    return Some((period, passage.evidence(&bytes)));
                }
            }
        }
    }
    None
}
