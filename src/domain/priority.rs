//! How pressing a task is, and why: from the time that is left, the money, what asks for it and what
//! happens when nobody answers. It rises as the day comes nearer; what a person pinned wins.
//!
//! Four things give points, and their sum a priority. The points are a judgement, not a measurement:
//! a letter of a court outranks an invoice at any sum, an invoice outranks a coupon on its last day,
//! and nothing but the calendar can lower what is left of a duty's time.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::deadline::explanation::Rule;
use super::document::{Kind, named};
use super::obligation::Action;
use super::person::Language;
use super::task::Task;
use super::value::{Currency, Money};
use super::wording::{list, money};

named! {
    /// How pressing.
    Priority {
        /// Whenever there is time.
        Low = "low",
        /// It has its day.
        Medium = "medium",
        /// Soon, or it costs.
        High = "high",
        /// Now.
        Critical = "critical",
    }
}

/// What the priority of a task is computed from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stakes {
    /// By which day.
    pub due: Option<Date>,
    /// How much.
    pub money: Option<Money>,
    /// What sort of document asks for it; `None` when it was made by hand.
    pub kind: Option<Kind>,
    /// What is to be done.
    pub action: Option<Action>,
    /// By which law the day was counted, where one was.
    pub rule: Option<Rule>,
    /// A right, not a duty.
    pub optional: bool,
    /// What a person wants it to be.
    pub pinned: Option<Priority>,
}

impl Stakes {
    /// Of a task, with what is known of the document that asks for it.
    pub fn of(
        task: &Task,
        kind: Option<Kind>,
        rule: Option<Rule>,
        pinned: Option<Priority>,
    ) -> Self {
        Self {
            due: task.remind_by(),
            money: task.money,
            kind,
            action: task.action,
            rule,
            optional: task.optional,
            pinned,
        }
    }
}

named! {
    /// What happens when nobody answers.
    Consequence {
        /// Nothing.
        None = "none",
        /// Something good is missed.
        Missed = "missed",
        /// It is asked again, and costs a little.
        Asked = "asked",
        /// It goes on, or ends, for long.
        Bound = "bound",
        /// It costs more from here on.
        Costs = "costs",
        /// A right is lost, and an authority enforces.
        Enforced = "enforced",
        /// A court's decision becomes final.
        Court = "court",
    }
}

/// Why a priority is what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A person wants it so.
    Pinned,
    /// So many days are left; negative when it is overdue.
    DaysLeft(i32),
    /// It has no day.
    NoDay,
    /// This much money.
    Money(Money),
    /// What happens when nobody answers.
    Consequence(Consequence),
    /// It may be left alone.
    Optional,
    /// It was a right, and has ended.
    Ended,
}

/// A priority with its reasons, the weightiest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    /// How pressing.
    pub priority: Priority,
    /// What the sum of points was; 0 where no points were counted.
    pub points: i32,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// From how many points on.
const MEDIUM: i32 = 20;
const HIGH: i32 = 50;
const CRITICAL: i32 = 75;

/// Points by days left: up to so many days, so many points.
const TIME: [(i32, i32); 7] = [
    (-1, 45),
    (0, 40),
    (1, 35),
    (2, 28),
    (7, 18),
    (14, 10),
    (30, 4),
];

/// Points by money, in hundredths: from so much on, so many points.
const SUMS: [(u64, i32); 4] = [(100_000, 20), (25_000, 14), (5_000, 8), (1, 4)];

/// What a right weighs less than a duty.
const RIGHT: i32 = -10;

/// How pressing a task is on `today`.
pub fn assess(stakes: &Stakes, today: Date) -> Assessment {
    if let Some(priority) = stakes.pinned {
        return Assessment {
            priority,
            points: 0,
            reasons: vec![Reason::Pinned],
        };
    }
    let left = stakes.due.map(|due| days_between(today, due));
    if stakes.optional && left.is_some_and(|it| it < 0) {
        return Assessment {
            priority: Priority::Low,
            points: 0,
            reasons: vec![Reason::Ended],
        };
    }
    let consequence = consequence(stakes);
    let mut weighed = vec![
        (consequence.points(), Reason::Consequence(consequence)),
        (
            left.map_or(0, points_of_time),
            left.map_or(Reason::NoDay, Reason::DaysLeft),
        ),
    ];
    if let Some(money) = stakes.money {
        weighed.push((points_of_money(money), Reason::Money(money)));
    }
    let mut points: i32 = weighed.iter().map(|(it, _)| it).sum();
    weighed.sort_by_key(|(points, _)| -points);
    let weighty = weighed.into_iter().filter(|(points, _)| *points > 0);
    let mut reasons: Vec<Reason> = weighty.map(|(_, reason)| reason).collect();
    if stakes.optional {
        points += RIGHT;
        reasons.push(Reason::Optional);
    }
    if reasons.is_empty() {
        reasons.push(left.map_or(Reason::NoDay, Reason::DaysLeft));
    }
    Assessment {
        priority: priority_of(points),
        points,
        reasons,
    }
}

const fn priority_of(points: i32) -> Priority {
    match points {
        CRITICAL.. => Priority::Critical,
        HIGH.. => Priority::High,
        MEDIUM.. => Priority::Medium,
        _ => Priority::Low,
    }
}

fn points_of_time(left: i32) -> i32 {
    let found = TIME.iter().find(|(days, _)| left <= *days);
    found.map_or(0, |(_, points)| *points)
}

/// Only of currencies whose unit is worth about as much as a euro: no rates are known here.
fn points_of_money(money: Money) -> i32 {
    let is_comparable = [Currency::EUR, Currency::CHF, Currency::GBP, Currency::USD];
    if !is_comparable.contains(&money.currency) {
        return 0;
    }
    let sum = money.amount.hundredths().unsigned_abs();
    let found = SUMS.iter().find(|(from, _)| sum >= *from);
    found.map_or(0, |(_, points)| *points)
}

/// What happens when nobody answers.
pub fn consequence(stakes: &Stakes) -> Consequence {
    let is_of_court = matches!(
        stakes.rule,
        Some(Rule::PaymentOrderObjection | Rule::AustrianPaymentOrderObjection)
    );
    if is_of_court {
        return Consequence::Court;
    }
    let Some(kind) = stakes.kind else {
        return match stakes.action {
            Some(Action::Pay) => Consequence::Asked,
            _ => Consequence::Missed,
        };
    };
    match kind {
        Kind::OfficialNotice | Kind::Fine | Kind::Tax => Consequence::Enforced,
        Kind::PaymentReminder => Consequence::Costs,
        Kind::Contract | Kind::Cancellation | Kind::Insurance => Consequence::Bound,
        Kind::Invoice | Kind::Medical | Kind::Appointment | Kind::Parcel => Consequence::Asked,
        Kind::Warranty | Kind::Certificate | Kind::Invitation | Kind::Letter | Kind::Order => {
            Consequence::Missed
        }
        Kind::CreditNote
        | Kind::Receipt
        | Kind::Quote
        | Kind::Delivery
        | Kind::BankStatement
        | Kind::Payslip
        | Kind::Advertisement => Consequence::None,
    }
}

impl Consequence {
    const fn points(self) -> i32 {
        match self {
            Self::None => 0,
            Self::Missed => 10,
            Self::Asked => 20,
            Self::Bound => 22,
            Self::Costs => 30,
            Self::Enforced => 35,
            Self::Court => 50,
        }
    }
}

fn days_between(from: Date, to: Date) -> i32 {
    from.until(to).map_or(0, |it| it.get_days())
}

/// The priority's name, as people say it.
pub const fn name(priority: Priority, language: Language) -> &'static str {
    match (language, priority) {
        (Language::German, Priority::Low) => "niedrig",
        (Language::German, Priority::Medium) => "mittel",
        (Language::German, Priority::High) => "hoch",
        (Language::German, Priority::Critical) => "dringend",
        (Language::English, Priority::Low) => "low",
        (Language::English, Priority::Medium) => "medium",
        (Language::English, Priority::High) => "high",
        (Language::English, Priority::Critical) => "critical",
    }
}

/// Says the priority and why: `High: 2 days are left, €84.20 are at stake.`
pub fn sentence(assessment: &Assessment, language: Language) -> String {
    let reasons: Vec<String> = assessment
        .reasons
        .iter()
        .map(|it| reason(*it, language))
        .collect();
    let mut name = name(assessment.priority, language).to_owned();
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    format!("{name}: {}.", list(&reasons, language))
}

fn reason(reason: Reason, language: Language) -> String {
    match (language, reason) {
        (Language::German, Reason::Pinned) => "so festgelegt".to_owned(),
        (Language::English, Reason::Pinned) => "set by hand".to_owned(),
        (_, Reason::DaysLeft(left)) => days_left(left, language),
        (Language::German, Reason::NoDay) => "ohne Termin".to_owned(),
        (Language::English, Reason::NoDay) => "there is no due day".to_owned(),
        (Language::German, Reason::Money(it)) => format!("es geht um {}", money(it, language)),
        (Language::English, Reason::Money(it)) => format!("{} at stake", money(it, language)),
        (_, Reason::Consequence(it)) => said(it, language).to_owned(),
        (Language::German, Reason::Optional) => "es ist freiwillig".to_owned(),
        (Language::English, Reason::Optional) => "it is optional".to_owned(),
        (Language::German, Reason::Ended) => "die Möglichkeit ist vorbei".to_owned(),
        (Language::English, Reason::Ended) => "the chance is over".to_owned(),
    }
}

fn days_left(left: i32, language: Language) -> String {
    let days = left.unsigned_abs();
    match (language, left) {
        (Language::German, -1) => "seit gestern überfällig".to_owned(),
        (Language::German, ..=-2) => format!("seit {days} Tagen überfällig"),
        (Language::German, 0) => "heute fällig".to_owned(),
        (Language::German, 1) => "morgen fällig".to_owned(),
        (Language::German, _) => format!("noch {days} Tage"),
        (Language::English, -1) => "overdue since yesterday".to_owned(),
        (Language::English, ..=-2) => format!("{days} days overdue"),
        (Language::English, 0) => "due today".to_owned(),
        (Language::English, 1) => "due tomorrow".to_owned(),
        (Language::English, _) => format!("{days} days left"),
    }
}

const fn said(consequence: Consequence, language: Language) -> &'static str {
    match (language, consequence) {
        (Language::German, Consequence::None) => "es bleibt ohne Folgen",
        (Language::German, Consequence::Missed) => "sonst wird es verpasst",
        (Language::German, Consequence::Asked) => "sonst wird gemahnt oder neu angesetzt",
        (Language::German, Consequence::Bound) => "sonst bindet oder endet ein Vertrag",
        (Language::German, Consequence::Costs) => "eine Mahnung, die weiter kostet",
        (Language::German, Consequence::Enforced) => {
            "ein Amt setzt es sonst durch, und Rechte gehen verloren"
        }
        (Language::German, Consequence::Court) => "ein Gericht entscheidet sonst endgültig",
        (Language::English, Consequence::None) => "nothing happens otherwise",
        (Language::English, Consequence::Missed) => "it is missed otherwise",
        (Language::English, Consequence::Asked) => "it is asked for again otherwise",
        (Language::English, Consequence::Bound) => "a contract binds or ends otherwise",
        (Language::English, Consequence::Costs) => "a reminder that goes on to cost",
        (Language::English, Consequence::Enforced) => {
            "an authority enforces it otherwise, and rights are lost"
        }
        (Language::English, Consequence::Court) => "a court decides for good otherwise",
    }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use jiff::civil::date;

    use super::*;

    const DUE: Date = date(2026, 3, 18);

    fn stakes(kind: Option<Kind>, hundredths: i64) -> Stakes {
        Stakes {
            due: Some(DUE),
            money: (hundredths > 0).then(|| Money::new(hundredths, Currency::EUR)),
            kind,
            ..Stakes::default()
        }
    }

    /// Priorities so many days before the due day.
    fn over_time(stakes: &Stakes) -> Vec<&'static str> {
        [60, 14, 7, 2, 0, -1]
            .iter()
            .map(|left| assess(stakes, DUE - left.days()).priority.as_str())
            .collect()
    }

    #[test]
    fn a_court_outranks_a_bill_and_a_bill_a_coupon() {
        let court = Stakes {
            rule: Some(Rule::PaymentOrderObjection),
            ..stakes(Some(Kind::OfficialNotice), 0)
        };
        let expected = ["high", "high", "high", "critical", "critical", "critical"];
        assert_eq!(over_time(&court), expected);
        let notice = stakes(Some(Kind::OfficialNotice), 0);
        let expected = ["medium", "medium", "high", "high", "critical", "critical"];
        assert_eq!(over_time(&notice), expected);
        let bill = stakes(Some(Kind::Invoice), 8420);
        let expected = ["medium", "medium", "medium", "high", "high", "high"];
        assert_eq!(over_time(&bill), expected);
        let large = stakes(Some(Kind::Invoice), 250_000);
        let expected = ["medium", "high", "high", "high", "critical", "critical"];
        assert_eq!(over_time(&large), expected);
        let by_hand = stakes(None, 0);
        let expected = ["low", "medium", "medium", "medium", "high", "high"];
        assert_eq!(over_time(&by_hand), expected);
        let coupon = Stakes {
            optional: true,
            ..stakes(Some(Kind::Advertisement), 1000)
        };
        let expected = ["low", "low", "low", "medium", "medium", "low"];
        assert_eq!(over_time(&coupon), expected);
    }

    #[test]
    fn what_a_person_pinned_wins() {
        let pinned = Stakes {
            pinned: Some(Priority::Low),
            ..stakes(Some(Kind::Fine), 250_000)
        };
        let found = assess(&pinned, DUE);
        assert_eq!(found.priority, Priority::Low);
        assert_eq!(sentence(&found, Language::English), "Low: set by hand.");
    }

    #[test]
    fn the_reasons_are_a_sentence() {
        let reminder = stakes(Some(Kind::PaymentReminder), 8420);
        let found = assess(&reminder, date(2026, 3, 16));
        assert_eq!(
            sentence(&found, Language::English),
            "High: a reminder that goes on to cost, 2 days left and €84.20 at stake."
        );
        assert_eq!(
            sentence(&found, Language::German),
            "Hoch: eine Mahnung, die weiter kostet, noch 2 Tage und es geht um 84,20 €."
        );
        let nothing = Stakes {
            kind: Some(Kind::Receipt),
            ..Stakes::default()
        };
        let found = assess(&nothing, DUE);
        assert_eq!(sentence(&found, Language::German), "Niedrig: ohne Termin.");
    }

    #[test]
    fn foreign_sums_are_not_compared() {
        let mut yen = stakes(Some(Kind::Invoice), 0);
        yen.money = Some(Money::new(1_000_000_000, "JPY".parse().unwrap()));
        assert_eq!(over_time(&yen), over_time(&stakes(Some(Kind::Invoice), 0)));
    }

    /// Walks from day to day over the due day, and sees that it never falls.
    fn never_falls(stakes: &Stakes) {
        let mut day = DUE - 60.days();
        let mut before = assess(stakes, day).priority;
        while day < DUE + 40.days() {
            day = day.tomorrow().unwrap();
            let priority = assess(stakes, day).priority;
            assert!(priority >= before, "{stakes:?} {day}");
            before = priority;
        }
    }

    #[test]
    fn it_rises_with_time() {
        for kind in Kind::ALL {
            for money in [0, 100, 8420, 30_000, 500_000] {
                never_falls(&stakes(Some(*kind), money));
            }
        }
    }
}
