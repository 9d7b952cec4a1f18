//! What a household promises itself: *official notices are looked at within 2 working days of their
//! arrival*, *invoices are paid 3 days before they are due*; and how it keeps to it.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::deadline::{Period, Region};
use super::document::{Kind, named};

named! {
    /// What ends the wait.
    Act {
        /// Somebody looked at it.
        LookedAt = "looked_at",
        /// It was done.
        Done = "done",
    }
}

/// By when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// So long after its arrival, whose day does not count.
    AfterArrival(Period),
    /// So long before its due day.
    BeforeDue(Period),
}

/// One promise, about the documents and tasks that it applies to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceLevel {
    /// What the household calls it.
    pub name: String,
    /// Of these kinds; of any if there are none.
    #[serde(default)]
    pub kinds: Vec<Kind>,
    /// With one of these labels; with any or none if there are none.
    #[serde(default)]
    pub labels: Vec<String>,
    /// From one of these senders, by name; from anybody if there are none.
    #[serde(default)]
    pub senders: Vec<String>,
    /// What is to happen.
    pub act: Act,
    /// By when.
    pub limit: Limit,
    /// Days at its end, the last one included, in which it is at risk.
    #[serde(default = "one_day")]
    pub risk_days: u16,
}

const fn one_day() -> u16 {
    1
}

/// What is known of a document or task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts<'a> {
    /// What sort of document it is, or asks for it.
    pub kind: Option<Kind>,
    /// Its labels.
    pub labels: &'a [String],
    /// Whom it is from.
    pub sender: Option<&'a str>,
    /// When it came.
    pub arrived_at: Timestamp,
    /// By which day it is due.
    pub due: Option<Date>,
    /// When somebody first looked at it.
    pub looked_at: Option<Timestamp>,
    /// When it was done.
    pub done_at: Option<Timestamp>,
}

named! {
    /// How a promise stands.
    Standing {
        /// There is time.
        OnTrack = "on_track",
        /// It ends soon.
        AtRisk = "at_risk",
        /// It is broken.
        Breached = "breached",
        /// It was kept.
        Kept = "kept",
    }
}

/// The moments at which a promise comes to stand otherwise if nothing happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Course {
    /// The last day.
    pub last_day: Date,
    /// On track from here on.
    pub on_track_from: Timestamp,
    /// At risk from here on.
    pub at_risk_from: Timestamp,
    /// Broken from here on.
    pub breached_from: Timestamp,
    /// When it happened, if it did.
    pub fulfilled_at: Option<Timestamp>,
}

impl ServiceLevel {
    /// Whether the promise is about this.
    pub fn applies_to(&self, facts: &Facts<'_>) -> bool {
        let is_kind =
            self.kinds.is_empty() || facts.kind.is_some_and(|it| self.kinds.contains(&it));
        let is_one_of = |all: &[String], it: &str| {
            all.iter()
                .any(|one| one.to_lowercase() == it.to_lowercase())
        };
        let is_sender =
            self.senders.is_empty() || facts.sender.is_some_and(|it| is_one_of(&self.senders, it));
        let is_labelled =
            self.labels.is_empty() || facts.labels.iter().any(|it| is_one_of(&self.labels, it));
        is_kind && is_sender && is_labelled
    }

    /// How the promise goes; `None` if it is not about this, or there is no due day to count from.
    /// Days are those of `region`, and begin at midnight in `zone`.
    pub fn course(&self, facts: &Facts<'_>, region: &Region, zone: &TimeZone) -> Option<Course> {
        if !self.applies_to(facts) {
            return None;
        }
        let last_day = match self.limit {
            Limit::AfterArrival(period) => {
                period.after(zone.to_datetime(facts.arrived_at).date(), region)?
            }
            Limit::BeforeDue(period) => days_before(facts.due?, period, region)?,
        };
        let begin = |day: Date| {
            let midnight = day.to_zoned(zone.clone()).ok()?;
            Some(midnight.timestamp())
        };
        let risky = last_day
            .tomorrow()
            .ok()?
            .checked_sub(i32::from(self.risk_days).days())
            .ok()?;
        let breached_from = begin(last_day.tomorrow().ok()?)?.max(facts.arrived_at);
        Some(Course {
            last_day,
            on_track_from: facts.arrived_at,
            at_risk_from: begin(risky)?.clamp(facts.arrived_at, breached_from),
            breached_from,
            fulfilled_at: match self.act {
                // What is done has been looked at, wherever that was.
                Act::LookedAt => facts.looked_at.into_iter().chain(facts.done_at).min(),
                Act::Done => facts.done_at,
            },
        })
    }
}

/// So long before `day`, working days counted as such.
fn days_before(day: Date, period: Period, region: &Region) -> Option<Date> {
    if period.unit != super::deadline::Unit::WorkingDay {
        return period.before(day);
    }
    let mut day = day;
    for _ in 0..period.count {
        day = day.yesterday().ok()?;
        while !region.is_working_day(day) {
            day = day.yesterday().ok()?;
        }
    }
    Some(day)
}

impl Course {
    /// How the promise stands at `now`.
    pub fn standing(&self, now: Timestamp) -> Standing {
        match self.fulfilled_at.filter(|it| *it <= now) {
            Some(at) if at < self.breached_from => Standing::Kept,
            Some(_) => Standing::Breached,
            None if now >= self.breached_from => Standing::Breached,
            None if now >= self.at_risk_from => Standing::AtRisk,
            None => Standing::OnTrack,
        }
    }

    /// When it stands otherwise next, if nothing happens.
    pub fn changes_at(&self, now: Timestamp) -> Option<Timestamp> {
        if self.fulfilled_at.is_some_and(|it| it <= now) {
            return None;
        }
        [self.at_risk_from, self.breached_from]
            .into_iter()
            .find(|it| *it > now)
    }
}

/// All that a household promises itself, and where its days are counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promises {
    /// One after the other.
    pub levels: Vec<ServiceLevel>,
    /// Whose holidays count.
    pub region: Region,
    /// Where days begin.
    pub zone: TimeZone,
}

/// One promise about one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promised<'a> {
    /// Which.
    pub level: &'a ServiceLevel,
    /// How it goes.
    pub course: Course,
}

impl Promises {
    /// The promises of this sort that are about this.
    pub fn about<'a>(&'a self, act: Act, facts: &Facts<'_>) -> Vec<Promised<'a>> {
        let levels = self.levels.iter().filter(|it| it.act == act);
        let promised = levels.filter_map(|level| {
            let course = level.course(facts, &self.region, &self.zone)?;
            Some(Promised { level, course })
        });
        promised.collect()
    }
}

/// How many that are not kept yet stand how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// There is time.
    pub on_track: u32,
    /// They end soon.
    pub at_risk: u32,
    /// They are broken.
    pub breached: u32,
}

impl Tally {
    /// Counts one more.
    pub const fn add(&mut self, standing: Standing) {
        let count = match standing {
            Standing::OnTrack => &mut self.on_track,
            Standing::AtRisk => &mut self.at_risk,
            Standing::Breached => &mut self.breached,
            Standing::Kept => return,
        };
        *count = count.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::deadline::Unit;
    use super::*;

    fn notices() -> ServiceLevel {
        ServiceLevel {
            name: "official notices".to_owned(),
            kinds: vec![Kind::OfficialNotice],
            labels: Vec::new(),
            senders: Vec::new(),
            act: Act::LookedAt,
            limit: Limit::AfterArrival(Period {
                count: 2,
                unit: Unit::WorkingDay,
            }),
            risk_days: 1,
        }
    }

    fn bills() -> ServiceLevel {
        ServiceLevel {
            kinds: vec![Kind::Invoice],
            act: Act::Done,
            limit: Limit::BeforeDue(Period::days(3)),
            risk_days: 2,
            ..notices()
        }
    }

    fn facts(kind: Kind, arrived: &str) -> Facts<'static> {
        Facts {
            kind: Some(kind),
            labels: &[],
            sender: None,
            arrived_at: arrived.parse().unwrap(),
            due: Some(date(2026, 3, 18)),
            looked_at: None,
            done_at: None,
        }
    }

    fn course(level: &ServiceLevel, facts: &Facts<'_>) -> Option<Course> {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        level.course(facts, &Region::new("DE"), &berlin)
    }

    #[test]
    fn a_notice_is_looked_at_within_two_working_days() {
        // Friday evening in Berlin: the last day is Tuesday.
        let mut facts = facts(Kind::OfficialNotice, "2026-03-06T18:00:00Z");
        let found = course(&notices(), &facts).unwrap();
        assert_eq!(found.last_day, date(2026, 3, 10));
        assert_eq!(found.at_risk_from.to_string(), "2026-03-09T23:00:00Z");
        assert_eq!(found.breached_from.to_string(), "2026-03-10T23:00:00Z");
        let stands = |at: &str| found.standing(at.parse().unwrap());
        assert_eq!(stands("2026-03-09T22:59:59Z"), Standing::OnTrack);
        assert_eq!(stands("2026-03-09T23:00:00Z"), Standing::AtRisk);
        assert_eq!(stands("2026-03-10T23:00:00Z"), Standing::Breached);
        let next = |at: &str| found.changes_at(at.parse().unwrap());
        assert_eq!(next("2026-03-07T00:00:00Z"), Some(found.at_risk_from));
        assert_eq!(next("2026-03-09T23:00:00Z"), Some(found.breached_from));
        assert_eq!(next("2026-03-10T23:00:00Z"), None);
        facts.looked_at = "2026-03-10T22:59:00Z".parse().ok();
        let kept = course(&notices(), &facts).unwrap();
        assert_eq!(
            kept.standing("2026-05-01T00:00:00Z".parse().unwrap()),
            Standing::Kept
        );
        facts.looked_at = "2026-03-11T22:59:00Z".parse().ok();
        let late = course(&notices(), &facts).unwrap();
        let mut tally = Tally::default();
        for at in [
            "2026-03-10T00:00:00Z",
            "2026-03-11T00:00:00Z",
            "2026-05-01T00:00:00Z",
        ] {
            tally.add(late.standing(at.parse().unwrap()));
        }
        let expected = Tally {
            at_risk: 1,
            breached: 2,
            on_track: 0,
        };
        assert_eq!(tally, expected);
    }

    #[test]
    fn a_bill_is_paid_before_it_is_due() {
        let mut bill = facts(Kind::Invoice, "2026-03-02T09:00:00Z");
        let found = course(&bills(), &bill).unwrap();
        assert_eq!(found.last_day, date(2026, 3, 15));
        assert_eq!(found.at_risk_from.to_string(), "2026-03-13T23:00:00Z");
        // Looking at it does not pay it.
        bill.looked_at = Some(bill.arrived_at);
        assert_eq!(course(&bills(), &bill).unwrap().fulfilled_at, None);
        let mut working = bills();
        working.limit = Limit::BeforeDue(Period {
            count: 3,
            unit: Unit::WorkingDay,
        });
        assert_eq!(course(&working, &bill).unwrap().last_day, date(2026, 3, 13));
        bill.due = None;
        assert_eq!(course(&bills(), &bill), None);
    }

    #[test]
    fn what_arrives_too_late_is_broken_from_its_arrival() {
        let bill = facts(Kind::Invoice, "2026-03-20T09:00:00Z");
        let found = course(&bills(), &bill).unwrap();
        assert_eq!(found.at_risk_from, bill.arrived_at);
        assert_eq!(found.breached_from, bill.arrived_at);
        assert_eq!(found.standing(bill.arrived_at), Standing::Breached);
    }

    #[test]
    fn a_promise_is_about_kinds_labels_and_senders() {
        let mut level = notices();
        level.kinds.clear();
        level.labels = vec!["car".to_owned()];
        level.senders = vec!["Stadtwerke".to_owned()];
        let labels = ["home".to_owned(), "car".to_owned()];
        let mut facts = facts(Kind::Letter, "2026-03-06T18:00:00Z");
        assert!(!level.applies_to(&facts));
        facts.labels = &labels;
        facts.sender = Some("Finanzamt");
        assert!(!level.applies_to(&facts));
        facts.sender = Some("STADTWERKE");
        assert!(level.applies_to(&facts));
    }
}
