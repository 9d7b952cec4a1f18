//! One list of things to do that is kept in two places, here and elsewhere, and changed in both.
//!
//! What both agreed on last is remembered; what differs from that was changed. A change made in one
//! place alone counts; of two changes of the same thing one is chosen.

use jiff::civil::{Date, Time};

/// A day, with its hour where there is one.
pub type Due = Option<(Date, Option<Time>)>;

/// What both places say of one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What is to be done.
    pub title: String,
    /// By when.
    pub due: Due,
    /// Whether it is done.
    pub is_done: bool,
}

/// What of a day the other place keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeps {
    /// Nothing.
    Nothing,
    /// The day.
    Days,
    /// The day and the hour.
    Hours,
}

/// Whose change counts where both have changed the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wins {
    /// Ours.
    Here,
    /// Theirs.
    There,
}

impl Keeps {
    /// What is left of a day in a place that keeps so much.
    pub const fn of(self, due: Due) -> Due {
        match (self, due) {
            (Self::Nothing, _) | (_, None) => None,
            (Self::Days, Some((day, _))) => Some((day, None)),
            (Self::Hours, due) => due,
        }
    }
}

/// What both places are to say, where they last agreed on `agreed`; `title` and `due` say whose change
/// counts.
pub fn settle(here: &Entry, there: &Entry, agreed: &Entry, (title, due): (Wins, Wins)) -> Entry {
    Entry {
        title: one(&here.title, &there.title, &agreed.title, title).clone(),
        due: *one(&here.due, &there.due, &agreed.due, due),
        // Of two answers one has changed.
        is_done: *one(&here.is_done, &there.is_done, &agreed.is_done, Wins::Here),
    }
}

fn one<'a, T: PartialEq>(here: &'a T, there: &'a T, agreed: &T, wins: Wins) -> &'a T {
    match (here == agreed, there == agreed, wins) {
        (true, _, _) | (false, false, Wins::There) => there,
        (false, true, _) | (false, false, Wins::Here) => here,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn entry(title: &str, day: i8, is_done: bool) -> Entry {
        Entry {
            title: title.to_owned(),
            due: Some((date(2026, 3, day), None)),
            is_done,
        }
    }

    const HERE: (Wins, Wins) = (Wins::Here, Wins::Here);

    #[test]
    fn what_was_changed_in_one_place_counts() {
        let agreed = entry("Milk", 1, false);
        let renamed = entry("Oat milk", 1, false);
        let done_later = entry("Milk", 2, true);
        let both = entry("Oat milk", 2, true);
        assert_eq!(settle(&renamed, &done_later, &agreed, HERE), both);
        assert_eq!(settle(&done_later, &renamed, &agreed, HERE), both);
        assert_eq!(settle(&both, &both, &agreed, HERE), both);
        assert_eq!(settle(&agreed, &agreed, &agreed, HERE), agreed);
    }

    #[test]
    fn of_two_changes_one_is_chosen() {
        let agreed = entry("Milk", 1, false);
        let (ours, theirs) = (entry("Oat milk", 2, false), entry("Soy milk", 3, false));
        assert_eq!(settle(&ours, &theirs, &agreed, HERE), ours);
        let split = (Wins::There, Wins::Here);
        assert_eq!(
            settle(&ours, &theirs, &agreed, split),
            entry("Soy milk", 2, false)
        );
    }

    #[test]
    fn a_place_keeps_what_it_can_of_a_day() {
        let due = Some((date(2026, 3, 1), Some(Time::constant(9, 0, 0, 0))));
        assert_eq!(Keeps::Hours.of(due), due);
        assert_eq!(Keeps::Days.of(due), Some((date(2026, 3, 1), None)));
        assert_eq!(Keeps::Nothing.of(due), None);
    }
}
