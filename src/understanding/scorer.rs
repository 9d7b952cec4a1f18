//! What each amount and each day of a document is, as two small models of our own say it.
//!
//! Rules know the labels that everybody uses; the models know how labels, places and sums go
//! together where a label is missing, misread or unusual. They are asked for every candidate alone
//! and say a share for each role. `models/scorer.md` says what they were trained on and how often
//! they are right. Rules stay above them where something is certain.

mod sight;

use std::sync::OnceLock;

use super::models::{Error, Model};
use super::paper::{DateSpot, Paper};
use crate::domain::document::Kind;

pub use sight::{DIMENSION, Sight};

/// What an amount is on its document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountRole {
    /// What the document adds up to.
    Total,
    /// What is left to pay.
    Payable,
    /// The sum before tax.
    Net,
    /// A tax.
    Tax,
    /// What is taken off, or the amount less it.
    Discount,
    /// A charge beside the thing itself: dunning, postage, interest.
    Fee,
    /// What an account holds.
    Balance,
    /// A line of the bill, or a price of one.
    Item,
    /// What was handed over, given back, or paid before.
    Paid,
    /// Anything else.
    Other,
}

impl AmountRole {
    /// In the order of the model's answers.
    pub const ALL: [Self; 10] = [
        Self::Total,
        Self::Payable,
        Self::Net,
        Self::Tax,
        Self::Discount,
        Self::Fee,
        Self::Balance,
        Self::Item,
        Self::Paid,
        Self::Other,
    ];
}

/// What a day is on its document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayRole {
    /// The day that the document carries.
    Issue,
    /// By when something is to be done.
    Due,
    /// The first or last day of what it is about.
    Period,
    /// When something was delivered or done.
    Delivery,
    /// When somebody was born.
    Birth,
    /// Until when something holds.
    Valid,
    /// Anything else.
    Other,
}

impl DayRole {
    /// In the order of the model's answers.
    pub const ALL: [Self; 7] = [
        Self::Issue,
        Self::Due,
        Self::Period,
        Self::Delivery,
        Self::Birth,
        Self::Valid,
        Self::Other,
    ];
}

/// The shares of one candidate's roles, which add up to 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shares(Vec<f32>);

impl Shares {
    /// The share of an amount's role; 0 where no model runs.
    pub fn amount(&self, role: AmountRole) -> f32 {
        self.of(AmountRole::ALL.iter().position(|it| *it == role))
    }

    /// The share of a day's role; 0 where no model runs.
    pub fn day(&self, role: DayRole) -> f32 {
        self.of(DayRole::ALL.iter().position(|it| *it == role))
    }

    /// Whether a model has spoken.
    pub const fn is_known(&self) -> bool {
        !self.0.is_empty()
    }

    fn of(&self, index: Option<usize>) -> f32 {
        index.and_then(|it| self.0.get(it)).copied().unwrap_or(0.0)
    }
}

/// The roles of all of a paper's amounts, in their order.
pub fn amounts(paper: &Paper<'_>, kind: Option<Kind>) -> Vec<Shares> {
    static KEPT: OnceLock<Model> = OnceLock::new();
    let sights = sight::amounts(paper, kind);
    let bytes = include_bytes!("../../models/amounts.onnx");
    scored(
        &KEPT,
        bytes,
        &sights,
        (AmountRole::ALL.len(), paper.money.len()),
    )
}

/// The roles of `days`, which are the paper's, in their order.
pub fn days(paper: &Paper<'_>, days: &[DateSpot], kind: Option<Kind>) -> Vec<Shares> {
    static KEPT: OnceLock<Model> = OnceLock::new();
    let sights = sight::days(paper, days, kind);
    let bytes = include_bytes!("../../models/days.onnx");
    scored(&KEPT, bytes, &sights, (DayRole::ALL.len(), days.len()))
}

fn scored(
    kept: &'static OnceLock<Model>,
    bytes: &[u8],
    sights: &[Sight],
    (roles, candidates): (usize, usize),
) -> Vec<Shares> {
    let answers: Result<Vec<Shares>, Error> = opened(kept, bytes).and_then(|model| {
        let asked = sights.iter();
        asked
            .map(|it| Ok(Shares(model.run(&it.row(), roles)?)))
            .collect()
    });
    let mut shares = answers.unwrap_or_else(|error| {
        log::warn!(error:debug = error; "amounts and days are told apart by rules alone");
        Vec::new()
    });
    shares.resize(candidates, Shares::default());
    shares
}

fn opened(kept: &'static OnceLock<Model>, bytes: &[u8]) -> Result<&'static Model, Error> {
    if let Some(model) = kept.get() {
        return Ok(model);
    }
    let model = Model::open(bytes)?;
    Ok(kept.get_or_init(|| model))
}

/// What the models see of a document's candidates, for the scripts that train them.
pub fn sights(paper: &Paper<'_>, kind: Option<Kind>) -> (Vec<Sight>, Vec<Sight>) {
    let days = paper.days();
    (sight::amounts(paper, kind), sight::days(paper, &days, kind))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Answered {
        values: Vec<(usize, f32)>,
        shares: Vec<f32>,
    }

    fn agrees(model: &[u8], answered: &[Answered]) {
        let model = Model::open(model).unwrap();
        for one in answered {
            let sight = Sight {
                values: one.values.clone(),
                ..Sight::default()
            };
            let shares = model.run(&sight.row(), one.shares.len()).unwrap();
            for (ours, theirs) in shares.iter().zip(&one.shares) {
                assert!((ours - theirs).abs() < 0.01, "{shares:?} {:?}", one.shares);
            }
        }
    }

    #[test]
    fn the_models_answer_as_they_did_when_they_were_trained() {
        let fixture = include_str!("../../models/scorer_fixture.json");
        let answered: BTreeMap<String, Vec<Answered>> = serde_json::from_str(fixture).unwrap();
        agrees(
            include_bytes!("../../models/amounts.onnx"),
            &answered["amounts"],
        );
        agrees(include_bytes!("../../models/days.onnx"), &answered["days"]);
    }

    #[test]
    fn a_share_that_nobody_has_said_is_none() {
        let silent = Shares::default();
        assert!(!silent.is_known());
        assert!(silent.amount(AmountRole::Total) < f32::EPSILON);
        let day = Shares(vec![0.7, 0.2, 0.1, 0.0, 0.0, 0.0, 0.0]);
        assert!((day.day(DayRole::Due) - 0.2).abs() < f32::EPSILON);
    }
}
