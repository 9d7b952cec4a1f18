//! Steps from a start to a due day, each kept with its reason.

use jiff::ToSpan;
use jiff::civil::Date;

use super::explanation::{Caution, Explanation, Reason, Rule, Step};
use super::{Period, Region};

/// A count under way: a day, and how it came about.
#[derive(Clone, Debug)]
pub struct Count<'a> {
    region: &'a Region,
    day: Date,
    so_far: Explanation,
}

impl<'a> Count<'a> {
    /// Counts by `rule` from the day `start`.
    pub fn from(rule: Rule, start: Date, region: &'a Region) -> Self {
        let so_far = Explanation {
            rule,
            ..Explanation::printed(start)
        };
        Self {
            region,
            day: start,
            so_far,
        }
    }

    /// The start is the day of arrival.
    #[must_use]
    pub fn from_arrival(mut self) -> Self {
        self.so_far.is_from_arrival = true;
        self
    }

    /// Where the count stands.
    pub fn day(&self) -> Date {
        self.day
    }

    fn step(mut self, reason: Reason, law: &str, to: Date) -> Self {
        self.day = to;
        self.so_far.steps.push(Step {
            reason,
            law: law.to_owned(),
            to,
        });
        self
    }

    /// The fiction of § 122 AO and its like: so many days after posting.
    pub fn made_known(self, days: u16, law: &str) -> Option<Self> {
        let to = Period::days(days).after(self.day, self.region)?;
        Some(self.step(Reason::MadeKnown(days), law, to))
    }

    /// The fiction of § 26 Abs. 2 `ZustG`: the nth working day after posting.
    pub fn made_known_on_working_day(self, days: u16, law: &str) -> Option<Self> {
        let period = Period {
            count: days,
            unit: super::Unit::WorkingDay,
        };
        let to = period.after(self.day, self.region)?;
        Some(self.step(Reason::MadeKnownOnWorkingDay(days), law, to))
    }

    /// Formal service whose day is not known yet.
    pub fn service_supposed(self, days: u16) -> Option<Self> {
        let to = Period::days(days).after(self.day, self.region)?;
        Some(
            self.step(Reason::ServiceSupposed(days), "", to)
                .with(Caution::Envelope),
        )
    }

    /// A private letter's way.
    pub fn post_supposed(self, days: u16) -> Option<Self> {
        let to = Period::days(days).after(self.day, self.region)?;
        Some(
            self.step(Reason::PostSupposed(days), "", to)
                .with(Caution::ArrivalUnknown),
        )
    }

    /// A period after the day, which does not count itself (§ 187 Abs. 1, § 188 BGB).
    pub fn after(self, period: Period) -> Option<Self> {
        let to = period.after(self.day, self.region)?;
        let law = counting_law(self.so_far.rule, self.region);
        Some(self.step(Reason::Counted(period), law, to))
    }

    /// A period whose first day is the day (§ 187 Abs. 2 BGB).
    pub fn beginning_with(self, period: Period) -> Option<Self> {
        let to = period.beginning_with(self.day, self.region)?;
        let law = match self.region.country() {
            "DE" => "§§ 187 Abs. 2, 188 BGB",
            _ => "",
        };
        Some(self.step(Reason::CountedFromItself(period), law, to))
    }

    /// Back from the end of a term to the last day on which notice can arrive.
    pub fn before_end(self, period: Period) -> Option<Self> {
        let to = period.before_end(self.day)?;
        let law = counting_law(self.so_far.rule, self.region);
        Some(self.step(Reason::CountedBack(period), law, to))
    }

    /// Back from the day, which does not count itself, as from an appointment.
    pub fn back(self, period: Period) -> Option<Self> {
        let mut to = period.before(self.day)?;
        if period.unit == super::Unit::WorkingDay {
            to = self.day;
            for _ in 0..period.count {
                to = to.yesterday().ok()?;
                while self.region.working_day_from(to) != to {
                    to = to.yesterday().ok()?;
                }
            }
        }
        Some(self.step(Reason::CountedBack(period), "", to))
    }

    /// The day before.
    pub fn day_before(self) -> Option<Self> {
        let to = self.day.yesterday().ok()?;
        Some(self.step(Reason::DayBefore, "", to))
    }

    /// The last day of the month.
    #[must_use]
    pub fn end_of_month(self) -> Self {
        let to = self.day.last_of_month();
        self.step(Reason::EndOfMonth, "", to)
    }

    /// To a day that was found to be the nth working day of its month.
    #[must_use]
    pub fn on_working_day_of_month(self, nth: u16, law: &str, to: Date) -> Self {
        self.step(Reason::WorkingDayOfMonth(nth), law, to)
    }

    /// On to the next day on which a period can end; no step if it is one already.
    #[must_use]
    pub fn moved_on(self, law: &str) -> Self {
        let (to, off) = self.region.open_from(self.day);
        if off.is_empty() {
            return self;
        }
        let (in_whole_country, _) = self.region.whole_country().open_from(self.day);
        let moved = self.step(Reason::MovedOn(off), law, to);
        if in_whole_country == to {
            moved
        } else {
            moved.with(Caution::StateHoliday)
        }
    }

    /// Back to the last day on which offices work; no step if it is one already.
    #[must_use]
    pub fn moved_back(self, law: &str) -> Self {
        let (to, off) = self.region.open_until(self.day);
        if off.is_empty() {
            return self;
        }
        self.step(Reason::MovedBack(off), law, to)
    }

    /// Leaves so many days for the post.
    pub fn posting_margin(self, days: u16) -> Option<Self> {
        if days == 0 {
            return Some(self);
        }
        let to = self.day.checked_sub(i32::from(days).days()).ok()?;
        Some(self.step(Reason::PostingMargin(days), "", to))
    }

    /// Adds what a person should know.
    #[must_use]
    pub fn with(mut self, caution: Caution) -> Self {
        if !self.so_far.cautions.contains(&caution) {
            self.so_far.cautions.push(caution);
        }
        self
    }

    /// What came out.
    pub fn end(mut self) -> Explanation {
        self.so_far.result = self.day;
        self.so_far
    }
}

/// The paragraphs by which periods are counted: in each the day of the event does not count.
fn counting_law(rule: Rule, region: &Region) -> &'static str {
    let own = [
        (Rule::AustrianTaxAppeal, "§ 108 Abs. 1 und 2 BAO"),
        (Rule::AustrianAdministrativeAppeal, "§ 32 AVG"),
        (Rule::AustrianPenaltyObjection, "§ 32 AVG"),
        (Rule::AustrianPaymentOrderObjection, "§ 125 öZPO"),
        (Rule::SwissTaxObjection, "Art. 133 Abs. 1 DBG"),
        (Rule::SwissDebtObjection, "Art. 31 SchKG"),
    ];
    if let Some((_, law)) = own.iter().find(|(known, _)| *known == rule) {
        return law;
    }
    match region.country() {
        "DE" => "§§ 187 Abs. 1, 188 BGB",
        "AT" => "§ 902 ABGB",
        "CH" => "Art. 77 OR",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn each_step_is_kept_with_its_reason() {
        let region = Region::new("DE");
        // 28 January 2026 + 4 days = Sunday 1 February, on to Monday 2 February; a month later it is
        // Monday 2 March.
        let count = Count::from(Rule::TaxObjection, date(2026, 1, 28), &region)
            .made_known(4, "§ 122 Abs. 2 Nr. 1 AO")
            .map(|it| it.moved_on("§ 108 Abs. 3 AO"))
            .and_then(|it| it.after(Period::months(1)))
            .map(|it| it.moved_on("§ 108 Abs. 3 AO"))
            .unwrap();
        let explanation = count.end();
        let days: Vec<_> = explanation.steps.iter().map(|it| it.to).collect();
        assert_eq!(days, [date(2026, 2, 1), date(2026, 2, 2), date(2026, 3, 2)]);
        assert_eq!(explanation.result, date(2026, 3, 2));
    }

    #[test]
    fn a_move_for_a_state_holiday_is_named_as_one() {
        // 1 November 2027 is a Monday and All Saints' Day, kept in Bavaria and not in Berlin.
        for (code, day, is_named) in [("DE-BY", 2, true), ("DE-BE", 1, false)] {
            let region = Region::new(code);
            let ended = Count::from(Rule::Period, date(2027, 11, 1), &region)
                .moved_on("§ 193 BGB")
                .end();
            assert_eq!(ended.result, date(2027, 11, day), "{code}");
            assert_eq!(ended.cautions.contains(&Caution::StateHoliday), is_named);
        }
    }

    proptest::proptest! {
        #[test]
        fn moving_off_holidays_is_done_in_one_go(days in 0i32..20_000, code in "(DE|DE-BY|DE-SN|AT|CH-TI|CH-GE|GB|GB-SCT|GB-NIR|IE|US)") {
            let region = Region::new(&code);
            let day = date(2000, 1, 1).saturating_add(days.days());
            let once = region.open_from(day).0;
            proptest::prop_assert_eq!(region.open_from(once).0, once);
            proptest::prop_assert!(once >= day);
            let back = region.open_until(day).0;
            proptest::prop_assert_eq!(region.open_until(back).0, back);
            proptest::prop_assert!(back <= day);
            proptest::prop_assert!(region.off(once).is_none() && region.off(back).is_none());
        }
    }
}
