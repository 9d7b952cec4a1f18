//! What the household owes the world, and by which day: the *why* of a task.

use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};

use super::deadline::explanation::Explanation;
use super::document::named;
use super::finding::Evidence;
use super::value::{Amount, Confidence, Currency};

named! {
    /// What is to be done.
    Action {
        /// Pay money.
        Pay = "pay",
        /// Object to a decision.
        Object = "object",
        /// End a contract.
        Cancel = "cancel",
        /// Hand in papers, data, a return.
        Submit = "submit",
        /// Answer.
        Reply = "reply",
        /// Be somewhere.
        Attend = "attend",
        /// Fetch something.
        PickUp = "pick_up",
        /// Send or bring something back.
        Return = "return",
        /// Extend something that ends.
        Renew = "renew",
        /// Reserve a place or an hour.
        Book = "book",
    }
}

named! {
    /// Where the due day comes from.
    Basis {
        /// The letter prints it.
        Explicit = "explicit",
        /// Counted from another day that the letter prints.
        Relative = "relative",
        /// Counted as a law says.
        Statutory = "statutory",
    }
}

/// Another day and amount that fulfil the same obligation (early-payment discount).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alternative {
    /// By this day.
    pub due: Date,
    /// This much.
    pub amount: Option<Amount>,
}

/// One duty, or one right that ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Obligation {
    /// What is to be done.
    pub action: Action,
    /// By the end of this day, in the household's zone.
    pub due: Date,
    /// At this hour, where there is one (an appointment).
    pub due_time: Option<Time>,
    /// How much money is meant.
    pub amount: Option<Amount>,
    /// In what.
    pub currency: Option<Currency>,
    /// A right, not a duty: objecting, cancelling, accepting.
    pub optional: bool,
    /// Other ways to fulfil it.
    #[serde(default)]
    pub alternatives: Vec<Alternative>,
    /// The earliest day that could be meant, where the true start is unknown; reminders use it.
    pub safe_due: Option<Date>,
    /// Where the day comes from.
    pub basis: Basis,
    /// How sure.
    pub confidence: Confidence,
    /// Where it says so.
    pub evidence: Evidence,
    /// Why it is that day; not known of rows that were written before reasons were kept.
    #[serde(default)]
    pub why: Option<Explanation>,
}

impl Obligation {
    /// The day that reminders count to.
    pub fn remind_by(&self) -> Date {
        self.safe_due.map_or(self.due, |safe| safe.min(self.due))
    }
}

impl Obligation {
    /// `pay 84.20 EUR by 2026-03-18`, in English, for a terminal.
    pub fn line(&self) -> String {
        let amount = self.amount.zip(self.currency);
        let amount = amount.map(|(amount, currency)| format!(" {amount} {currency}"));
        let may = if self.optional { "may " } else { "" };
        let amount = amount.unwrap_or_default();
        format!("{may}{}{amount} by {}", self.action, self.due)
    }
}
