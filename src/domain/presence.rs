//! Reminders that fit a moment: when somebody leaves home, or is there. A task says so by a label.

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::document::named;

named! {
    /// When a reminder is of use.
    Place {
        /// When somebody leaves home.
        Leaving = "leaving",
        /// While somebody is at home.
        Home = "home",
    }
}

/// Labels that say so, in both languages.
const LABELS: [(&str, Place); 4] = [
    ("leaving", Place::Leaving),
    ("beim-gehen", Place::Leaving),
    ("at-home", Place::Home),
    ("zuhause", Place::Home),
];
/// At this hour what is still held back is said all the same.
const LATEST: Time = Time::constant(18, 0, 0, 0);

impl Place {
    /// What the labels of a task ask for.
    pub fn of_labels(labels: &[String]) -> Option<Self> {
        let is = |label: &str| labels.iter().any(|it| it.to_lowercase() == label);
        let found = LABELS.iter().find(|(label, _)| is(label));
        found.map(|(_, place)| *place)
    }
}

/// Until when something may be held back; `None` late in the day, when it is said at once.
pub fn latest(now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let today = zone.to_datetime(now).date();
    let latest = zone.to_timestamp(today.to_datetime(LATEST)).ok()?;
    (now < latest).then_some(latest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_say_when_a_reminder_is_of_use() {
        let of = |label: &str| Place::of_labels(&["parcel".to_owned(), label.to_owned()]);
        assert_eq!(of("Leaving"), Some(Place::Leaving));
        assert_eq!(of("zuhause"), Some(Place::Home));
        assert_eq!(of("garden"), None);
    }

    #[test]
    fn nothing_is_held_back_for_longer_than_the_afternoon() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let noon = latest(at("2026-03-01T12:00:00Z"), &TimeZone::UTC);
        assert_eq!(noon, Some(at("2026-03-01T18:00:00Z")));
        assert_eq!(latest(at("2026-03-01T18:00:00Z"), &TimeZone::UTC), None);
    }
}
