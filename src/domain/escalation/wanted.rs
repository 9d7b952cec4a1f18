//! What one task wants said: to whom, on which way, and from when on.

use jiff::{SignedDuration, Timestamp};

use super::{Concern, Household, Item, Member, Recipient, Said, TOGETHER, Way};
use crate::domain::hours::next_showing;
use crate::domain::id::PersonId;
use crate::domain::ladder::Reach;
use crate::domain::priority::Priority;
use crate::domain::reminder::{self, Level, Planned};
use crate::domain::task::Status;

/// Something that is not said yet.
pub(super) struct Want<'a> {
    pub item: Item,
    pub to: Recipient,
    pub way: &'a Way,
    /// Not before.
    pub leaves: Timestamp,
}

/// What a task wants, and when to look at it again.
#[derive(Default)]
pub(super) struct Wanted<'a> {
    pub wants: Vec<Want<'a>>,
    pub next: Option<Timestamp>,
}

/// Somebody to tell; `None` as member is whoever listens in a household without members.
#[derive(Clone, Copy)]
struct Listener<'a> {
    member: Option<&'a Member>,
    instead_of: Option<PersonId>,
}

impl<'a> Listener<'a> {
    fn recipient(&self) -> Recipient {
        self.member
            .map_or(Recipient::Household, |it| Recipient::Person(it.id))
    }

    fn ways(&self, household: &'a Household, is_loud: bool) -> &'a [Way] {
        match self.member {
            None => &household.ways,
            Some(member) if is_loud && !member.loud.is_empty() => &member.loud,
            Some(member) => &member.ways,
        }
    }
}

/// What is wanted at `now`: the latest moment that has passed with what it was raised to, and what
/// comes so soon that it can go along.
pub(super) fn of<'a>(
    household: &'a Household,
    concern: &Concern<'_>,
    now: Timestamp,
) -> Wanted<'a> {
    let mut wanted = Wanted::default();
    if concern.task.status != Status::Open {
        return wanted;
    }
    if let Some(until) = concern.muted_until.filter(|it| now < *it) {
        wanted.next = Some(until);
        return wanted;
    }
    let horizon = now.saturating_add(TOGETHER).unwrap_or(now);
    let moments = reminder::plan(concern.task, concern.ladder, &household.zone);
    let coming = moments.partition_point(|it| it.at <= now);
    let (passed, ahead) = moments.split_at(coming);
    wanted.next = ahead.first().map(|it| it.at);
    let soon = ahead.iter().take_while(|it| it.at <= horizon);
    for moment in passed.last().into_iter().chain(soon) {
        let climb = Climb {
            household,
            concern,
            moment,
            now,
        };
        climb.rung(&mut wanted);
        climb.raises(&mut wanted, horizon);
    }
    wanted
}

/// One moment of a task, on its way up.
struct Climb<'a, 'c> {
    household: &'a Household,
    concern: &'c Concern<'c>,
    moment: &'c Planned,
    now: Timestamp,
}

impl<'a> Climb<'a, '_> {
    /// Those who are told at the moment itself.
    fn listeners(&self) -> Vec<Listener<'a>> {
        let at = self.moment.at;
        let mut found: Vec<Listener<'a>> = Vec::new();
        let mut add = |it: Listener<'a>| {
            if !found
                .iter()
                .any(|known| known.recipient() == it.recipient())
            {
                found.push(it);
            }
        };
        let mut add_person = |id: PersonId| {
            if let Some(member) = self.household.stands_in_for(id, at) {
                add(Listener {
                    member: Some(member),
                    instead_of: (member.id != id).then_some(id),
                });
            }
        };
        self.concern
            .task
            .assignees
            .iter()
            .for_each(|it| add_person(*it));
        // Whoever was drawn in before, at an earlier rung, stays in.
        for said in self.concern.said {
            let is_drawn_in = said.reach == Reach::Second && said.at < at;
            let is_over = self.concern.acknowledged_at.is_some_and(|it| it >= said.at);
            if let (Recipient::Person(id), true, false) = (said.to, is_drawn_in, is_over) {
                add_person(id);
            }
        }
        if found.is_empty() {
            found.extend(self.everyone(at));
        }
        found
    }

    fn everyone(&self, at: Timestamp) -> Vec<Listener<'a>> {
        if self.household.members.is_empty() {
            return vec![Listener {
                member: None,
                instead_of: None,
            }];
        }
        let there: Vec<Listener<'a>> = self.household.present(at).map(present).collect();
        if there.is_empty() {
            return self.household.members.iter().map(present).collect();
        }
        there
    }

    fn rung(&self, wanted: &mut Wanted<'a>) {
        let item = self.item(self.moment.slot.clone(), Reach::Assignees, self.moment.at);
        for listener in self.listeners() {
            if self.is_overtaken(listener.recipient()) {
                continue;
            }
            self.want(wanted, &item, listener, false);
        }
    }

    fn raises(&self, wanted: &mut Wanted<'a>, horizon: Timestamp) {
        // An event at night wakes nobody: what counts is when a person was told.
        let by_message = self.listeners().iter().any(|it| {
            let mut ways = it.ways(self.household, false).iter();
            ways.any(|it| !it.is_event)
        });
        let said = self
            .concern
            .said
            .iter()
            .filter(|it| it.slot == self.moment.slot && !(by_message && it.way.is_event));
        // A clock that was set back comes to it once more.
        let (heard, ahead): (Vec<_>, Vec<_>) = said.map(|it| it.at).partition(|it| *it <= self.now);
        wanted.next = wanted.next.into_iter().chain(ahead).min();
        let first = heard.into_iter().min();
        let Some(first) = first else { return };
        if self.concern.acknowledged_at.is_some_and(|it| it >= first) {
            return;
        }
        let raises = self.concern.ladder.raises(self.moment.level).iter();
        let moments = (1..).zip(raises).filter_map(|(number, raise)| {
            let minutes = SignedDuration::from_mins(i64::from(raise.after_minutes));
            Some((number, raise.reach, first.checked_add(minutes).ok()?))
        });
        let moments: Vec<(u32, Reach, Timestamp)> = moments.collect();
        let coming = moments.partition_point(|(_, _, at)| *at <= self.now);
        let (passed, ahead) = moments.split_at(coming);
        let next = ahead.first().map(|(_, _, at)| *at);
        wanted.next = wanted.next.into_iter().chain(next).min();
        let soon = ahead.iter().take_while(|(_, _, at)| *at <= horizon);
        for (number, reach, at) in passed.last().into_iter().chain(soon) {
            let item = self.item(format!("{}+{number}", self.moment.slot), *reach, *at);
            for listener in self.raised_to(*reach, *at) {
                self.want(wanted, &item, listener, *reach != Reach::Second);
            }
        }
    }

    fn raised_to(&self, reach: Reach, at: Timestamp) -> Vec<Listener<'a>> {
        let told = self.listeners();
        match reach {
            Reach::Assignees | Reach::Louder => told,
            Reach::Second => {
                let is_new = |it: &&Member| {
                    let to = Recipient::Person(it.id);
                    !told.iter().any(|known| known.recipient() == to)
                };
                let second = self.household.present(at).find(is_new);
                second.map(present).into_iter().collect()
            }
            Reach::Everyone => self.everyone(at),
        }
    }

    fn item(&self, slot: String, reach: Reach, at: Timestamp) -> Item {
        Item {
            task: self.concern.task.id,
            slot,
            level: self.moment.level,
            reach,
            instead_of: None,
            at,
        }
    }

    /// Whether this person heard of the task after the moment, as loud: a day that was moved is no
    /// reason to say again what was just said.
    fn is_overtaken(&self, to: Recipient) -> bool {
        let raise = format!("{}+", self.moment.slot);
        self.concern.said.iter().any(|it| {
            it.to == to
                && (self.moment.at..=self.now).contains(&it.at)
                && it.level >= self.moment.level
                && it.slot != self.moment.slot
                && !it.slot.starts_with(&raise)
        })
    }

    /// Wants `item` said to `listener` on each way on which it was not.
    fn want(&self, wanted: &mut Wanted<'a>, item: &Item, listener: Listener<'a>, is_loud: bool) {
        let to = listener.recipient();
        for way in listener.ways(self.household, is_loud) {
            let is_same = |it: &Said| {
                it.slot == item.slot
                    && it.to == to
                    // A person who heard it needs no second message on a way that came later.
                    && (it.way == *way || !it.way.is_event && !way.is_event && it.at != self.now)
            };
            if self.concern.said.iter().any(is_same) {
                continue;
            }
            let item = Item {
                instead_of: listener.instead_of,
                ..item.clone()
            };
            let leaves = self.leaves(&item, listener.member.filter(|_| !way.is_event));
            wanted.wants.push(Want {
                item,
                to,
                way,
                leaves,
            });
        }
    }

    /// When something may be said: to a person not in the quiet hours, not before the digest if it
    /// is not urgent, and a minute after the task was made, since letters come in piles.
    fn leaves(&self, item: &Item, member: Option<&Member>) -> Timestamp {
        let Some(member) = member else { return item.at };
        let zone = &self.household.zone;
        let made = self.concern.task.created_at.saturating_add(TOGETHER);
        let mut leaves = made.map_or(item.at, |it| it.max(item.at));
        let is_calm = item.level == Level::Info && self.concern.priority < Priority::High;
        if let Some(hour) = member.digest.filter(|_| is_calm) {
            leaves = next_showing(leaves, hour, zone);
        }
        leaves = leaves.max(self.now);
        match member.quiet {
            Some(quiet) if quiet.holds_back(self.concern.priority) => quiet.after(leaves, zone),
            _ => leaves,
        }
    }
}

const fn present(member: &Member) -> Listener<'_> {
    Listener {
        member: Some(member),
        instead_of: None,
    }
}
