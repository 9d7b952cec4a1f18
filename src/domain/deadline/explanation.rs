//! Why a due day is what it is: the rule with its paragraph, the day it is counted from, and each
//! move with its reason. Kept with the obligation; [`super::wording`] says it in the reader's language.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Period;
use super::holidays::Off;
use crate::domain::document::named;

named! {
    /// Which rule a due day follows. Those of the law carry their paragraph ([`Rule::law`]).
    Rule {
        /// The letter prints the day.
        Printed = "printed",
        /// The letter names a period and the day it is counted from.
        Period = "period",
        /// The end of a month, a quarter, a year, or the nth working day of a month.
        Calendar = "calendar",
        /// Notice before the end of a contract's term.
        ContractNotice = "contract_notice",
        /// Notice of a tenant, by the third working day of a month.
        RentNotice = "rent_notice",
        /// Einspruch against a tax assessment.
        TaxObjection = "tax_objection",
        /// Klage at the tax court.
        TaxLawsuit = "tax_lawsuit",
        /// Widerspruch against an act of an authority.
        AdministrativeObjection = "administrative_objection",
        /// Klage at the administrative court.
        AdministrativeLawsuit = "administrative_lawsuit",
        /// Widerspruch against an act of a social authority.
        SocialObjection = "social_objection",
        /// Klage at the social court.
        SocialLawsuit = "social_lawsuit",
        /// Einspruch against a Bußgeldbescheid.
        FineObjection = "fine_objection",
        /// Paying a fine, counted from when the Bußgeldbescheid becomes final.
        FinePayment = "fine_payment",
        /// Widerspruch against a Mahnbescheid.
        PaymentOrderObjection = "payment_order_objection",
        /// Einspruch against a Vollstreckungsbescheid.
        EnforcementOrderObjection = "enforcement_order_objection",
        /// Widerruf of a consumer's contract.
        Withdrawal = "withdrawal",
        /// Klage against a dismissal.
        DismissalLawsuit = "dismissal_lawsuit",
        /// Beschwerde against an Austrian tax assessment.
        AustrianTaxAppeal = "austrian_tax_appeal",
        /// Beschwerde against an act of an Austrian authority.
        AustrianAdministrativeAppeal = "austrian_administrative_appeal",
        /// Einspruch against an Austrian Strafverfügung.
        AustrianPenaltyObjection = "austrian_penalty_objection",
        /// Einspruch against an Austrian Zahlungsbefehl.
        AustrianPaymentOrderObjection = "austrian_payment_order_objection",
        /// Einsprache against a Swiss tax assessment.
        SwissTaxObjection = "swiss_tax_objection",
        /// Rechtsvorschlag against a Swiss Zahlungsbefehl.
        SwissDebtObjection = "swiss_debt_objection",
    }
}

/// Why the day moved from one to the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A posted act counts as made known so many days after it was posted.
    MadeKnown(u16),
    /// A posted act counts as served on the nth working day after it was posted.
    MadeKnownOnWorkingDay(u16),
    /// Formal service has no fiction: so many days by post are supposed until the envelope is seen.
    ServiceSupposed(u16),
    /// So many days by post are supposed until a private letter arrives.
    PostSupposed(u16),
    /// A period was counted; the day before it does not count.
    Counted(Period),
    /// A period was counted whose first day is the day itself.
    CountedFromItself(Period),
    /// A period was counted back from the end of a term.
    CountedBack(Period),
    /// The end moved on, off these days.
    MovedOn(Vec<Off>),
    /// The end moved back, off these days.
    MovedBack(Vec<Off>),
    /// So many days were left for the post.
    PostingMargin(u16),
    /// The last day of the month.
    EndOfMonth,
    /// The nth working day of the month.
    WorkingDayOfMonth(u16),
    /// The last day before a day that is printed.
    DayBefore,
}

/// One move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Why.
    pub reason: Reason,
    /// The paragraph it follows; empty if none.
    #[serde(default)]
    pub law: String,
    /// To which day.
    pub to: Date,
}

named! {
    /// What a person should know beside the day.
    Caution {
        /// The period runs from when the letter arrived, which is not known.
        ArrivalUnknown = "arrival_unknown",
        /// It was served formally: the day stands on the envelope.
        Envelope = "envelope",
        /// It is enough to send it on the last day.
        SendingSuffices = "sending_suffices",
        /// It must have arrived on the last day.
        MustArrive = "must_arrive",
        /// The law is unsettled here, and the earlier day was taken.
        Unsettled = "unsettled",
        /// Moved for a holiday of the household's state; in others the day before counts.
        StateHoliday = "state_holiday",
    }
}

/// How a due day was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// Which rule.
    pub rule: Rule,
    /// The day from which it was counted.
    pub start: Date,
    /// Whether that day is when the letter arrived, not the day it carries.
    #[serde(default)]
    pub is_from_arrival: bool,
    /// Each move, in order.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// The due day.
    pub result: Date,
    /// What else to know.
    #[serde(default)]
    pub cautions: Vec<Caution>,
}

impl Explanation {
    /// A day that the letter prints.
    pub fn printed(day: Date) -> Self {
        Self {
            rule: Rule::Printed,
            start: day,
            is_from_arrival: false,
            steps: Vec::new(),
            result: day,
            cautions: Vec::new(),
        }
    }

    /// Whether the person should look at the envelope.
    pub fn asks_for_envelope(&self) -> bool {
        self.cautions.contains(&Caution::Envelope)
    }
}

impl Rule {
    /// The paragraph that sets the period; empty where none does.
    pub const fn law(self) -> &'static str {
        match self {
            Self::Printed | Self::Period | Self::Calendar | Self::ContractNotice => "",
            Self::RentNotice => "§ 573c Abs. 1 BGB",
            Self::TaxObjection => "§ 355 Abs. 1 AO",
            Self::TaxLawsuit => "§ 47 Abs. 1 FGO",
            Self::AdministrativeObjection => "§ 70 Abs. 1 VwGO",
            Self::AdministrativeLawsuit => "§ 74 Abs. 1 VwGO",
            Self::SocialObjection => "§ 84 Abs. 1 SGG",
            Self::SocialLawsuit => "§ 87 Abs. 1 SGG",
            Self::FineObjection => "§ 67 Abs. 1 OWiG",
            Self::FinePayment => "§ 66 Abs. 2 Nr. 2 OWiG",
            Self::PaymentOrderObjection => "§ 692 Abs. 1 Nr. 3 ZPO",
            Self::EnforcementOrderObjection => "§§ 700 Abs. 1, 339 Abs. 1 ZPO",
            Self::Withdrawal => "§ 355 Abs. 2 BGB",
            Self::DismissalLawsuit => "§ 4 Satz 1 KSchG",
            Self::AustrianTaxAppeal => "§ 245 Abs. 1 BAO",
            Self::AustrianAdministrativeAppeal => "§ 7 Abs. 4 VwGVG",
            Self::AustrianPenaltyObjection => "§ 49 Abs. 1 VStG",
            Self::AustrianPaymentOrderObjection => "§ 248 Abs. 2 öZPO",
            Self::SwissTaxObjection => "Art. 132 Abs. 1 DBG",
            Self::SwissDebtObjection => "Art. 74 Abs. 1 SchKG",
        }
    }
}
