//! How a sender lays out letters, and where in them a person said that a value stands.
//!
//! The reader gives the days, amounts and numbers of a letter along as [`Candidate`]s, and a [`Sketch`]
//! of where which words stand. A correction becomes an [`Example`]: the label and the place at which the
//! right value stood. In the next letter that is laid out alike, [`pick`] takes what stands there.
//! Nothing of it is a guess: the same examples pick the same values.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::document::named;
use super::finding::{ClaimedBy, Evidence, Extraction, Field, Finding, Value};
use super::id::{ExampleId, PartyId};
use super::mark::Mark;
use super::task;
use super::value::{Confidence, Rect};
use super::why::Why;

/// Words that a sketch holds.
pub const SPOTS_MAX: usize = 96;
/// Candidates of one letter.
pub const CANDIDATES_MAX: usize = 120;
/// From this likeness on two letters of one sender are laid out alike.
pub const ALIKE: f32 = 0.3;
/// From this likeness on letters of unknown senders are taken for one sender's.
pub const THE_SAME: f32 = 0.75;
/// How surely a value has a role that a person showed.
const SHOWN: f32 = 0.95;
/// How surely one is right that stands where a wrong one stood.
const DOUBTED: f32 = 0.4;
/// From this likeness on two labels are the same, a letter or two misread.
const SAME_LABEL: f32 = 0.6;
/// Thousandths of the page's width by which a value without a label may have moved.
const MOVED_MAX: f32 = 60.0;
/// A cell of a sketch, in thousandths of the page's width.
const CELL: f32 = 50.0;
/// By so many cells may a word have moved.
const CELLS_MOVED_MAX: u8 = 2;

named! {
    /// What a value of a letter can be shown to be.
    Role {
        /// The day it carries.
        IssueDate = "issue_date",
        /// What is to be paid.
        Payable = "payable",
        /// What it adds up to.
        Total = "total",
        /// A reference; which one, its name says.
        Reference = "reference",
        /// By when something is to be done; what, its name says.
        Due = "due",
    }
}

impl Role {
    /// The role that a correction of `field` shows.
    pub const fn of(field: Field) -> Option<Self> {
        match field {
            Field::IssueDate => Some(Self::IssueDate),
            Field::Payable => Some(Self::Payable),
            Field::Total => Some(Self::Total),
            Field::Reference => Some(Self::Reference),
            Field::Language
            | Field::Kind
            | Field::Sender
            | Field::Recipient
            | Field::Iban
            | Field::TrackingNumber
            | Field::ContractEnd
            | Field::NoticePeriod => None,
        }
    }

    const fn field(self) -> Option<Field> {
        match self {
            Self::IssueDate => Some(Field::IssueDate),
            Self::Payable => Some(Field::Payable),
            Self::Total => Some(Field::Total),
            Self::Reference => Some(Field::Reference),
            Self::Due => None,
        }
    }

    const fn fits(self, value: &Value) -> bool {
        matches!(
            (self, value),
            (Self::IssueDate | Self::Due, Value::Date(_))
                | (Self::Payable | Self::Total, Value::Money(_))
                | (Self::Reference, Value::Text(_))
        )
    }
}

/// A word and where it stands, coarsely.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Spot(u32, u8, u8);

/// Which words stand where on a letter's first page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sketch(Vec<Spot>);

impl Sketch {
    /// Of words and their boxes, in reading order; those with figures in them tell no layout.
    pub fn of<'a>(words: impl Iterator<Item = (&'a str, Rect)>) -> Self {
        let telling = |word: &str| {
            word.chars().filter(|it| it.is_alphabetic()).count() > 2
                && !word.chars().any(|it| it.is_ascii_digit())
        };
        let spots = words
            .filter(|(word, _)| telling(word))
            .map(|(word, at)| Spot(hash(word), cell(at.x), cell(at.y)));
        Self(spots.take(SPOTS_MAX).collect())
    }

    /// Whether it holds nothing.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How much two letters are laid out alike, from 0 to 1: the share of words that stand in both at
    /// nearly the same place.
    pub fn likeness(&self, other: &Self) -> f32 {
        let mut left: Vec<Spot> = other.0.clone();
        let moved = |a: &Spot, b: &Spot| a.1.abs_diff(b.1).max(a.2.abs_diff(b.2));
        let mut shared: u16 = 0;
        for spot in &self.0 {
            let same = left.iter().enumerate().filter(|(_, it)| it.0 == spot.0);
            let nearest = same.min_by_key(|(_, it)| moved(spot, it));
            if let Some((at, _)) = nearest.filter(|(_, it)| moved(spot, it) <= CELLS_MOVED_MAX) {
                left.swap_remove(at);
                shared += 1;
            }
        }
        let whole = u16::try_from(self.0.len() + other.0.len()).unwrap_or(u16::MAX);
        2.0 * f32::from(shared) / f32::from(whole.max(1))
    }
}

fn cell(at: f32) -> u8 {
    let mut cell: u8 = 0;
    while cell < u8::MAX && f32::from(cell + 1) * CELL <= at {
        cell += 1;
    }
    cell
}

/// FNV-1a of the letters, in small.
fn hash(word: &str) -> u32 {
    let letters = word.chars().filter(|it| it.is_alphabetic());
    let mut hash: u32 = 2_166_136_261;
    for letter in letters.flat_map(char::to_lowercase) {
        hash = (hash ^ u32::from(letter)).wrapping_mul(16_777_619);
    }
    hash
}

/// A value on a page that may have a role.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// What stands there.
    pub value: Value,
    /// Where.
    pub evidence: Evidence,
    /// The words before it in its row, as printed; empty if none.
    pub left: String,
    /// The words above it, where none stand before it.
    pub above: String,
}

/// What the reader saw beside its findings, by which the house learns.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// Where which words stand.
    #[serde(default)]
    pub sketch: Sketch,
    /// Values that may have a role.
    #[serde(default)]
    pub candidates: Vec<Candidate>,
    /// The sender's own, beside the name.
    #[serde(default)]
    pub marks: BTreeSet<Mark>,
}

impl Trace {
    /// Whether nothing was seen.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// As much of it as is ever kept: what the reader says is not believed to be small.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        self.sketch.0.truncate(SPOTS_MAX);
        self.candidates.truncate(CANDIDATES_MAX);
        self.candidates.retain(|it| {
            let texts = [&it.left, &it.above, &it.evidence.text];
            texts.iter().all(|text| text.len() <= 400)
        });
        self.marks = self.marks.into_iter().take(8).collect();
        self
    }
}

/// Where a value stood.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// Page, from 1.
    pub page: u32,
    /// The words before it in its row.
    pub left: String,
    /// The words above it.
    pub above: String,
    /// Its left edge, in thousandths of the page's width.
    pub x: f32,
    /// Its top edge, in the same.
    pub y: f32,
}

impl Place {
    fn of(candidate: &Candidate) -> Self {
        Self {
            page: candidate.evidence.page,
            left: candidate.left.clone(),
            above: candidate.above.clone(),
            x: candidate.evidence.at.x,
            y: candidate.evidence.at.y,
        }
    }

    /// The words by which a person knows it; empty if it has none.
    pub fn label(&self) -> &str {
        if self.left.is_empty() {
            &self.above
        } else {
            &self.left
        }
    }

    /// How well a candidate stands at this place; `None` if it stands elsewhere.
    fn worth(&self, candidate: &Candidate) -> Option<f32> {
        let at = candidate.evidence.at;
        let moved = (at.x - self.x).abs() + (at.y - self.y).abs();
        let label = if !self.left.is_empty() {
            same_label(&self.left, &candidate.left)
        } else if !self.above.is_empty() && candidate.left.is_empty() {
            same_label(&self.above, &candidate.above)
        } else {
            let is_bare = candidate.left.is_empty() && self.above.is_empty();
            (is_bare && moved <= MOVED_MAX && candidate.evidence.page == self.page).then_some(1.0)
        };
        let other_page = if candidate.evidence.page == self.page {
            0.0
        } else {
            0.3
        };
        let nearness = 0.4 * (1.0 - (moved / 1000.0).clamp(0.0, 1.0));
        label.map(|it| 2.0 * it + nearness - other_page)
    }
}

/// How much two labels are the same, if they are.
fn same_label(a: &str, b: &str) -> Option<f32> {
    let likeness = label_likeness(a, b);
    (likeness >= SAME_LABEL).then_some(likeness)
}

/// The share of groups of three letters that two labels have in common.
fn label_likeness(a: &str, b: &str) -> f32 {
    let groups = |text: &str| -> Vec<String> {
        let folded = text.chars().filter(|it| it.is_alphabetic());
        let mut letters = vec![' ', ' '];
        letters.extend(folded.flat_map(char::to_lowercase).take(80));
        letters.push(' ');
        letters.windows(3).map(|it| it.iter().collect()).collect()
    };
    let (a, mut b) = (groups(a), groups(b));
    let whole = u16::try_from(a.len() + b.len()).unwrap_or(u16::MAX);
    let mut shared: u16 = 0;
    for group in a {
        if let Some(at) = b.iter().position(|it| *it == group) {
            b.swap_remove(at);
            shared += 1;
        }
    }
    2.0 * f32::from(shared) / f32::from(whole.max(1))
}

/// What a person showed in one letter, for the next ones.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Example {
    /// Its id.
    pub id: ExampleId,
    /// Whose letters; `None`: whoever's are laid out the same.
    pub party: Option<PartyId>,
    /// How that letter was laid out.
    #[serde(skip)]
    pub sketch: Sketch,
    /// What was shown.
    pub role: Role,
    /// Of a reference, which one; of a due day, what is to be done.
    pub name: String,
    /// Where the right value stood; `None`: there is none, and letters like it are silent about it.
    pub right: Option<Place>,
    /// Where the machine had looked instead.
    pub wrong: Option<Place>,
    /// Who showed it, by their name then.
    pub by: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// Where the right value of a correction stands, and where the machine had found a wrong one; `None`
/// where the letter does not show it, or the machine had found the same.
pub fn shown(
    trace: &Trace,
    role: Role,
    right: &Value,
    found: Option<(&Value, Option<&Evidence>)>,
) -> Option<(Place, Option<Place>)> {
    if found.is_some_and(|(value, _)| is_same(value, right)) {
        return None;
    }
    let fits = |it: &&Candidate| role.fits(&it.value) && is_same(&it.value, right);
    let labelled = |it: &Candidate| {
        let label = if it.left.is_empty() {
            &it.above
        } else {
            &it.left
        };
        let others = trace.candidates.iter().filter(|other| {
            let same = if it.left.is_empty() {
                &other.above
            } else {
                &other.left
            };
            role.fits(&other.value) && same == label
        });
        (!label.is_empty(), !it.left.is_empty(), others.count() == 1)
    };
    // The first of those whose label is theirs alone.
    let candidates = trace.candidates.iter().filter(fits).rev();
    let right = candidates.max_by_key(|it| labelled(it))?;
    let wrong = found.and_then(|(value, evidence)| place_of(trace, value, evidence));
    Some((Place::of(right), wrong))
}

/// Where a value stands that the machine found; `None` where it was counted or said in a sentence.
pub fn place_of(trace: &Trace, value: &Value, evidence: Option<&Evidence>) -> Option<Place> {
    let mut candidates = trace.candidates.iter();
    let there = candidates.find(|it| {
        is_same(&it.value, value) && evidence.is_none_or(|at| touches(at, &it.evidence))
    });
    there.map(Place::of)
}

fn is_same(a: &Value, b: &Value) -> bool {
    let compact = |text: &str| -> String {
        let letters = text.chars().filter(|it| it.is_alphanumeric());
        letters.flat_map(char::to_uppercase).collect()
    };
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => compact(a) == compact(b),
        (Value::Money(a), Value::Money(b)) => a.amount == b.amount,
        (a, b) => a == b,
    }
}

fn touches(a: &Evidence, b: &Evidence) -> bool {
    let wide = a.at.right().min(b.at.right()) - a.at.x.max(b.at.x);
    let high = a.at.bottom().min(b.at.bottom()) - a.at.y.max(b.at.y);
    a.page == b.page && wide > 0.0 && high > 0.0
}

/// A value that has a role because a person showed it in an earlier letter, or the lack of one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Learned {
    /// What it is.
    pub role: Role,
    /// Of a reference, which one; of a due day, what is to be done.
    pub name: String,
    /// What stands there, and where; `None`: there is none.
    pub stands: Option<(Value, Evidence)>,
    /// Who showed it.
    pub why: Why,
}

impl Learned {
    /// Whether a person said that letters like this one have nothing of `role`.
    pub fn is_absence_of(&self, role: Role) -> bool {
        self.role == role && self.stands.is_none()
    }

    /// The finding that it is; `None` for a due day, and where there is none.
    pub fn finding(&self) -> Option<Finding> {
        let (value, evidence) = self.stands.clone()?;
        Some(Finding {
            field: self.role.field()?,
            name: self.name.clone(),
            value,
            confidence: Confidence::new(SHOWN),
            evidence: Some(evidence),
            by: ClaimedBy::Rule,
            why: Some(self.why.clone()),
        })
    }
}

/// What `examples` say of a letter that the machine understood as `found`: a value for each role, of
/// the example that is laid out most alike. What data says (an e-invoice, a payment code) stays, and
/// what the machine found itself is nothing to learn.
pub fn pick(examples: &[Example], found: &Extraction, least: f32) -> Vec<Learned> {
    let nearest = nearest(examples, &found.trace.sketch, least);
    let picked = nearest.into_iter().filter_map(|it| {
        let stands = match &it.right {
            Some(place) => {
                let candidate = at_place(it.role, place, &found.trace)?;
                is_new(found, it.role, &it.name, &candidate.value)
                    .then(|| Some((candidate.value.clone(), candidate.evidence.clone())))?
            }
            None => is_found_again(it, found).then_some(None)?,
        };
        Some(Learned {
            role: it.role,
            name: it.name.clone(),
            stands,
            why: Why::Learned {
                by: it.by.clone(),
                at: it.at,
            },
        })
    });
    picked.collect()
}

/// Doubts what stands where the machine was wrong before, in a letter that shows nothing at the right
/// place.
pub fn doubt(examples: &[Example], found: &mut Extraction, least: f32) {
    let nearest = nearest(examples, &found.trace.sketch, least);
    for example in nearest {
        let (Some(field), Some(right), Some(wrong)) =
            (example.role.field(), &example.right, &example.wrong)
        else {
            continue;
        };
        if at_place(example.role, right, &found.trace).is_some() {
            continue;
        }
        let Some(there) = at_place(example.role, wrong, &found.trace).cloned() else {
            continue;
        };
        let findings = found.findings.iter_mut();
        for finding in findings.filter(|it| it.field == field && it.name == example.name) {
            let is_machines = matches!(finding.by, ClaimedBy::Rule | ClaimedBy::Model);
            let stands_there = finding.evidence.as_ref();
            if is_machines && stands_there.is_some_and(|it| touches(it, &there.evidence)) {
                let doubted = finding.confidence.value().min(DOUBTED);
                finding.confidence = Confidence::new(doubted);
            }
        }
    }
}

/// For each role the example that is laid out most like the letter, of those alike the latest.
fn nearest<'a>(examples: &'a [Example], sketch: &Sketch, least: f32) -> Vec<&'a Example> {
    let mut near: Vec<(f32, &Example)> = examples
        .iter()
        .map(|it| (it.sketch.likeness(sketch), it))
        .filter(|(likeness, _)| *likeness >= least)
        .collect();
    near.sort_by(|(a, one), (b, other)| {
        let key = |it: &Example| (it.at, it.id);
        b.total_cmp(a).then(key(other).cmp(&key(one)))
    });
    let mut kept: Vec<&Example> = Vec::new();
    for (_, example) in near {
        let is_same = |it: &&Example| it.role == example.role && it.name == example.name;
        if !kept.iter().any(is_same) {
            kept.push(example);
        }
    }
    kept
}

fn at_place<'a>(role: Role, place: &Place, trace: &'a Trace) -> Option<&'a Candidate> {
    let mut best: Option<(f32, &Candidate)> = None;
    for candidate in trace.candidates.iter().filter(|it| role.fits(&it.value)) {
        // Of several that are as good the first, as people read.
        if let Some(worth) = place.worth(candidate)
            && best.is_none_or(|(top, _)| worth > top)
        {
            best = Some((worth, candidate));
        }
    }
    best.map(|(_, it)| it)
}

/// Whether the machine found again what a person said was nothing: at the place where it had found it
/// then, or anywhere if that place has no words of its own. What data says stays.
fn is_found_again(example: &Example, found: &Extraction) -> bool {
    let evidence = match example.role.field() {
        Some(field) => {
            let mut findings = found.findings.iter();
            let own = findings.find(|it| it.field == field && it.name == example.name);
            own.filter(|it| it.by != ClaimedBy::Data)
                .map(|it| it.evidence.clone())
        }
        None if is_by_data(found) => None,
        None => due_of(found, &example.name).map(|(_, evidence)| Some(evidence)),
    };
    let Some(evidence) = evidence else {
        return false;
    };
    let Some(wrong) = &example.wrong else {
        return true;
    };
    let there = at_place(example.role, wrong, &found.trace);
    there.is_some_and(|it| evidence.is_some_and(|at| touches(&at, &it.evidence)))
}

/// Whether data says what the document is, and with it by when something is due.
fn is_by_data(found: &Extraction) -> bool {
    let kind = found.finding(Field::Kind);
    kind.is_some_and(|it| it.by == ClaimedBy::Data)
}

/// Whether a value says anything new of a role: data that says it stays, and so does what the machine
/// found itself.
fn is_new(found: &Extraction, role: Role, name: &str, value: &Value) -> bool {
    let is_data = |it: &Finding| it.by == ClaimedBy::Data;
    match role.field() {
        Some(field) => {
            let mut findings = found.findings.iter();
            let own = findings.find(|it| it.field == field && it.name == name);
            own.is_none_or(|it| !is_data(it) && !is_same(&it.value, value))
        }
        // The terms of an e-invoice say by when.
        None => !is_by_data(found) && due_of(found, name).is_none_or(|(due, _)| due != *value),
    }
}

/// The day by which the obligation of that key is due, and where it says so.
pub fn due_of(found: &Extraction, key: &str) -> Option<(Value, Evidence)> {
    let keys = task::keys(&found.obligations);
    let at = keys.iter().position(|it| it == key)?;
    let obligation = found.obligations.get(at)?;
    Some((Value::Date(obligation.due), obligation.evidence.clone()))
}

#[cfg(test)]
mod tests;
