//! Periods set by law: when an act counts as made known, and until when a remedy is open.
//!
//! Posted acts of German authorities count as made known on the fourth day after posting since 2025,
//! before that on the third (Postrechtsmodernisierungsgesetz; acts posted after 31 December 2024). If
//! the letter came later the true day counts, never an earlier one. Three codes, three answers to a
//! fourth day on a weekend:
//!
//! - § 122 Abs. 2 Nr. 1 AO: it moves to the next working day, since the fiction is a period in the
//!   sense of § 108 Abs. 3 AO (BFH, 14 October 2003, IX R 68/98).
//! - § 37 Abs. 2 SGB X: it does not move (BSG, 6 May 2010, B 14 AS 12/09 R).
//! - § 41 Abs. 2 VwVfG: unsettled between the courts; the earlier day counts, so it does not move.
//!
//! Formal service (Bußgeldbescheid, Mahnbescheid, whatever comes in a yellow envelope) has no fiction:
//! the postman writes the day on the envelope (§ 180 Satz 3 ZPO). Until somebody reads it there, four
//! days are supposed for what is shown, and reminders count from the day of issue.
//!
//! The end of a remedy's period moves off Saturdays, Sundays and holidays everywhere.

use jiff::civil::Date;

use super::counting::Count;
use super::explanation::{Caution, Explanation, Rule};
use super::{Period, Region};

/// Days by post that are supposed where an act was served formally on an unknown day.
const SERVICE_DAYS: u16 = 4;

/// How an act reaches the household, which decides when its period begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// By post under the AO.
    TaxPost,
    /// By post under the administrative procedure acts.
    AdministrativePost,
    /// By post under the SGB X.
    SocialPost,
    /// By post under the Austrian Zustellgesetz: the third working day after handing over (§ 26
    /// Abs. 2 `ZustG`).
    AustrianPost,
    /// Formally, with its day on the envelope or on the form.
    Formal,
    /// On the day it is in hand.
    InHand,
}

/// A remedy that is open for a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// Which rule.
    pub rule: Rule,
    /// How long by law.
    pub period: Period,
    /// When it begins.
    pub arrival: Arrival,
    /// The paragraph by which its end moves.
    end_law: &'static str,
}

/// What is known about an act's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// The day it carries, taken for the day it was posted.
    pub issued: Date,
    /// The day it arrived, where somebody knows.
    pub arrived: Option<Date>,
}

/// A due day, with the earliest that could be meant and the reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// The last day.
    pub due: Date,
    /// The day to be reminded by: counted from the day of issue where the true start is unknown.
    pub safe_due: Option<Date>,
    /// Why.
    pub why: Explanation,
}

impl Remedy {
    /// The remedies and their periods.
    pub fn by(rule: Rule) -> Option<Self> {
        let month = Period::months(1);
        let fortnight = Period::weeks(2);
        let (period, arrival, end_law) = match rule {
            Rule::TaxObjection => (month, Arrival::TaxPost, "§ 108 Abs. 3 AO"),
            Rule::TaxLawsuit => (month, Arrival::TaxPost, "§ 54 Abs. 2 FGO, § 222 Abs. 2 ZPO"),
            Rule::AdministrativeObjection => {
                (month, Arrival::AdministrativePost, "§ 31 Abs. 3 VwVfG")
            }
            Rule::AdministrativeLawsuit => (
                month,
                Arrival::AdministrativePost,
                "§ 57 Abs. 2 VwGO, § 222 Abs. 2 ZPO",
            ),
            Rule::SocialObjection | Rule::SocialLawsuit => {
                (month, Arrival::SocialPost, "§ 64 Abs. 3 SGG")
            }
            Rule::FineObjection => (
                fortnight,
                Arrival::Formal,
                "§ 46 Abs. 1 OWiG, § 43 Abs. 2 StPO",
            ),
            Rule::PaymentOrderObjection | Rule::EnforcementOrderObjection => {
                (fortnight, Arrival::Formal, "§ 222 Abs. 2 ZPO")
            }
            Rule::Withdrawal => (Period::days(14), Arrival::InHand, "§ 193 BGB"),
            Rule::DismissalLawsuit => (Period::weeks(3), Arrival::InHand, "§ 222 Abs. 2 ZPO"),
            Rule::AustrianTaxAppeal => (month, Arrival::AustrianPost, "§ 108 Abs. 3 BAO"),
            Rule::AustrianAdministrativeAppeal => {
                (Period::weeks(4), Arrival::AustrianPost, "§ 33 Abs. 2 AVG")
            }
            Rule::AustrianPenaltyObjection => (fortnight, Arrival::Formal, "§ 33 Abs. 2 AVG"),
            Rule::AustrianPaymentOrderObjection => {
                (Period::weeks(4), Arrival::Formal, "§ 126 Abs. 2 öZPO")
            }
            Rule::SwissTaxObjection => (Period::days(30), Arrival::Formal, "Art. 133 Abs. 1 DBG"),
            Rule::SwissDebtObjection => (Period::days(10), Arrival::Formal, "Art. 31 SchKG"),
            Rule::Printed
            | Rule::Period
            | Rule::Calendar
            | Rule::ContractNotice
            | Rule::RentNotice
            | Rule::FinePayment => return None,
        };
        Some(Self {
            rule,
            period,
            arrival,
            end_law,
        })
    }

    /// Until when it is open, by the period the letter prints or else the law's. `None` beyond the
    /// calendar.
    pub fn until(self, printed: Option<Period>, way: Way, region: &Region) -> Option<Deadline> {
        let period = printed.unwrap_or(self.period);
        let rule = if is_same_length(period, self.period) {
            self.rule
        } else {
            Rule::Period
        };
        let made_known = self.made_known(rule, way, region)?;
        let mut count = made_known.after(period)?.moved_on(self.end_law);
        count = count.with(if self.rule == Rule::Withdrawal {
            Caution::SendingSuffices
        } else {
            Caution::MustArrive
        });
        let why = count.end();
        let safe_due = match way.arrived {
            Some(_) => None,
            None => period.after(way.issued, region),
        };
        Some(Deadline {
            due: why.result,
            safe_due: safe_due.filter(|it| *it < why.result),
            why,
        })
    }

    /// From when its period is counted.
    fn made_known(self, rule: Rule, way: Way, region: &Region) -> Option<Count<'_>> {
        let posted = Count::from(rule, way.issued, region);
        let arrived = way
            .arrived
            .map(|it| Count::from(rule, it, region).from_arrival());
        let days = fiction_days(way.issued);
        let by_fiction = match self.arrival {
            Arrival::TaxPost => posted
                .made_known(days, "§ 122 Abs. 2 Nr. 1 AO")?
                .moved_on("§ 108 Abs. 3 AO"),
            Arrival::AdministrativePost => {
                let known = posted.made_known(days, "§ 41 Abs. 2 VwVfG")?;
                if region.off(known.day()).is_some() {
                    known.with(Caution::Unsettled)
                } else {
                    known
                }
            }
            Arrival::SocialPost => posted.made_known(days, "§ 37 Abs. 2 SGB X")?,
            Arrival::AustrianPost => posted.made_known_on_working_day(3, "§ 26 Abs. 2 ZustG")?,
            Arrival::Formal => {
                return arrived.or_else(|| posted.service_supposed(SERVICE_DAYS));
            }
            Arrival::InHand => {
                return Some(arrived.unwrap_or_else(|| posted.with(Caution::ArrivalUnknown)));
            }
        };
        // The fiction yields to a later arrival alone.
        Some(match arrived {
            Some(arrived) if arrived.day() > by_fiction.day() => arrived,
            Some(_) | None => by_fiction,
        })
    }
}

/// Whether two periods are the same to the law: two weeks are fourteen days, a month is no thirty.
fn is_same_length(a: Period, b: Period) -> bool {
    let days = |it: Period| match it.unit {
        super::Unit::Day => Some(it.count),
        super::Unit::Week => it.count.checked_mul(7),
        super::Unit::WorkingDay | super::Unit::Month | super::Unit::Year => None,
    };
    a == b || days(a).is_some() && days(a) == days(b)
}

/// After how many days a posted German administrative act counts as made known.
pub fn fiction_days(posted: Date) -> u16 {
    if posted.year() >= 2025 { 4 } else { 3 }
}

/// Until when a fine is to be paid that says so many weeks after it becomes final (§ 66 Abs. 2 Nr. 2
/// OWiG): service, two weeks for the objection, then the period. The objection's end moves off
/// weekends only where the court counts it; the earlier day is taken.
pub fn fine_payment(period: Period, way: Way, region: &Region) -> Option<Deadline> {
    let count = match way.arrived {
        Some(arrived) => Count::from(Rule::FinePayment, arrived, region).from_arrival(),
        None => {
            Count::from(Rule::FinePayment, way.issued, region).service_supposed(SERVICE_DAYS)?
        }
    };
    let why = count
        .after(Period::weeks(2))?
        .after(period)?
        .moved_on("§ 193 BGB")
        .end();
    let safe_due = match way.arrived {
        Some(_) => None,
        None => period.after(way.issued, region),
    };
    Some(Deadline {
        due: why.result,
        safe_due: safe_due.filter(|it| *it < why.result),
        why,
    })
}

#[cfg(test)]
mod tests;
