//! How a promise about one task or document stands, as a sentence.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::days::day;
use crate::domain::person::Language;
use crate::domain::service_level::{Act, Promised, Standing};

/// `Bills: at risk since 14 March 2026, to be done by 15 March 2026.`
pub fn promise(
    language: Language,
    promised: &Promised<'_>,
    now: Timestamp,
    zone: &TimeZone,
) -> String {
    let course = &promised.course;
    let name = &promised.level.name;
    let last = day(language, course.last_day);
    let on = |at: Timestamp| day(language, zone.to_datetime(at).date());
    let what = match (language, promised.level.act) {
        (Language::German, Act::LookedAt) => "anzusehen",
        (Language::German, Act::Done) => "zu erledigen",
        (Language::English, Act::LookedAt) => "to be looked at",
        (Language::English, Act::Done) => "to be done",
    };
    if let Some(at) = course.fulfilled_at.map(on) {
        return match (language, course.standing(now)) {
            (Language::German, Standing::Breached) => {
                format!("{name}: verfehlt; {what} bis {last}, geschehen am {at}.")
            }
            (Language::German, _) => format!("{name}: eingehalten am {at}."),
            (Language::English, Standing::Breached) => {
                format!("{name}: breached; {what} by {last}, but only on {at}.")
            }
            (Language::English, _) => format!("{name}: kept on {at}."),
        };
    }
    match (language, course.standing(now)) {
        (Language::German, Standing::OnTrack | Standing::Kept) => {
            let risk = on(course.at_risk_from);
            format!("{name}: im Plan, {what} bis {last}, knapp ab {risk}.")
        }
        (Language::German, Standing::AtRisk) => {
            let risk = on(course.at_risk_from);
            format!("{name}: knapp seit {risk}, {what} bis {last}.")
        }
        (Language::German, Standing::Breached) => {
            let broken = on(course.breached_from);
            format!("{name}: verfehlt seit {broken}, {what} war es bis {last}.")
        }
        (Language::English, Standing::OnTrack | Standing::Kept) => {
            let risk = on(course.at_risk_from);
            format!("{name}: on track, {what} by {last}, at risk from {risk} on.")
        }
        (Language::English, Standing::AtRisk) => {
            let risk = on(course.at_risk_from);
            format!("{name}: at risk since {risk}, {what} by {last}.")
        }
        (Language::English, Standing::Breached) => {
            let broken = on(course.breached_from);
            format!("{name}: breached since {broken}; it was {what} by {last}.")
        }
    }
}
