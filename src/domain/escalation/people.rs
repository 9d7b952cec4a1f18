//! Who is there, who stands in for whom, and who helps out.

use jiff::Timestamp;

use super::{Household, Member};
use crate::domain::id::PersonId;

impl Member {
    /// Whether this person is away at `at`.
    pub fn is_away(&self, at: Timestamp) -> bool {
        self.away.iter().any(|it| it.from <= at && at < it.until)
    }

    fn deputy(&self, at: Timestamp) -> Option<PersonId> {
        let mut away = self.away.iter().filter(|it| it.from <= at && at < it.until);
        away.find_map(|it| it.deputy)
    }
}

impl Household {
    pub(super) fn member(&self, id: PersonId) -> Option<&Member> {
        self.members.iter().find(|it| it.id == id)
    }

    /// Members who are there at `at`.
    pub(super) fn present(&self, at: Timestamp) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(move |it| !it.is_away(at))
    }

    /// Who is told what is meant for `id` at `at`: that person, or while away their deputy, or the
    /// deputy's. Where that ends with nobody or goes in a circle, the first who is there; where
    /// everybody is away, the person after all.
    pub(super) fn stands_in_for(&self, id: PersonId, at: Timestamp) -> Option<&Member> {
        let own = self.member(id)?;
        let mut asked = own;
        // Each member is asked once at most, or it is a circle.
        for _ in 0..self.members.len() {
            if !asked.is_away(at) {
                return Some(asked);
            }
            match asked.deputy(at).and_then(|it| self.member(it)) {
                Some(deputy) => asked = deputy,
                None => break,
            }
        }
        Some(self.present(at).next().unwrap_or(own))
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::super::Away;
    use super::*;

    fn person(number: u128) -> PersonId {
        PersonId::new(Timestamp::UNIX_EPOCH, number)
    }

    /// Whether a member is there.
    #[derive(Clone, Copy)]
    enum Is {
        Here,
        Away,
        AwayFor(u128),
    }

    /// Members 1, 2, 3 …
    fn household(all: &[Is]) -> Household {
        let away = |deputy| Away {
            from: Timestamp::UNIX_EPOCH,
            until: Timestamp::from_second(1000).unwrap(),
            deputy,
        };
        let members = (1..).zip(all).map(|(number, is)| Member {
            id: person(number),
            ways: Vec::new(),
            loud: Vec::new(),
            quiet: None,
            digest: None,
            away: match is {
                Is::Here => Vec::new(),
                Is::Away => vec![away(None)],
                Is::AwayFor(deputy) => vec![away(Some(person(*deputy)))],
            },
        });
        Household {
            members: members.collect(),
            ways: Vec::new(),
            zone: TimeZone::UTC,
        }
    }

    fn for_first(all: &[Is], at: i64) -> Option<PersonId> {
        let at = Timestamp::from_second(at).unwrap();
        let household = household(all);
        household.stands_in_for(person(1), at).map(|it| it.id)
    }

    #[test]
    fn deputies_stand_in_and_never_in_a_circle() {
        let (here, away, by) = (Is::Here, Is::Away, Is::AwayFor);
        assert_eq!(for_first(&[here, here], 5), Some(person(1)));
        assert_eq!(for_first(&[by(2), here], 5), Some(person(2)));
        assert_eq!(for_first(&[by(2), here], 1000), Some(person(1)));
        assert_eq!(for_first(&[by(2), by(3), here], 5), Some(person(3)));
        assert_eq!(for_first(&[by(2), by(1), here], 5), Some(person(3)));
        assert_eq!(for_first(&[by(1), here], 5), Some(person(2)));
        assert_eq!(for_first(&[by(9), here], 5), Some(person(2)));
        assert_eq!(for_first(&[away, by(1)], 5), Some(person(1)));
        assert_eq!(for_first(&[], 5), None);
    }
}
