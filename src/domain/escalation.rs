//! Who is told what, on which way and when: from the ladder's moments to messages for people.
//!
//! [`plan`] looks at what is known (tasks, people, what was said already) and at the clock, and says
//! which messages leave now and when to look again. It decides anew each time: same state, same plan.
//! Whoever acts on it records each [`Said`] and asks again; nothing else is remembered.
//!
//! - Of a task's moments that have passed only the latest is said, once to each person. A clock that
//!   jumps ahead so speaks once; one that jumps back repeats nothing.
//! - A rung that stays unanswered is raised, as its ladder says: louder, to a second person, to
//!   everyone. Acknowledging stops that, answering stops everything.
//! - People are left in peace in their quiet hours, are told what is not urgent in one digest, and get
//!   what falls into one minute as one message. Events for machines stay single and wait for nothing.
//! - Somebody who is away is stood in for by their deputy, or that one's deputy, never in a circle.
//! - A clock that was never set says nothing to anybody.

mod people;
pub mod timeline;
mod wanted;

use std::collections::BTreeMap;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::clock::SANE_AFTER;
use super::hours::Quiet;
use super::id::{PersonId, TaskId};
use super::ladder::{Ladder, Reach};
use super::priority::Priority;
use super::reminder::Level;
use super::task::Task;
use wanted::Want;

/// What falls into so long a time is one message.
const TOGETHER: SignedDuration = SignedDuration::from_mins(1);

/// A way to reach somebody, by the name of its channel.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Way {
    /// The channel's name.
    pub channel: String,
    /// It carries events for machines: each single, at once, at any hour.
    #[serde(default)]
    pub is_event: bool,
}

/// Time that somebody is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Away {
    /// From here on.
    pub from: Timestamp,
    /// Up to here.
    pub until: Timestamp,
    /// Who stands in; the next who is there if nobody is named.
    pub deputy: Option<PersonId>,
}

/// How a member of the household is told things.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Who.
    pub id: PersonId,
    /// Usually in these ways.
    pub ways: Vec<Way>,
    /// When it must be louder; the usual ways where there are none.
    #[serde(default)]
    pub loud: Vec<Way>,
    /// Left in peace.
    #[serde(default)]
    pub quiet: Option<Quiet>,
    /// At this hour what is not urgent is told in one message; each on its own if nothing is said.
    #[serde(default)]
    pub digest: Option<Time>,
    /// Away, now or later.
    #[serde(default)]
    pub away: Vec<Away>,
}

/// The household, as far as telling goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Household {
    /// Its members, in the order in which they are asked to help out.
    pub members: Vec<Member>,
    /// The ways on which everybody is told while it has no members.
    pub ways: Vec<Way>,
    /// Where its clock hangs.
    pub zone: TimeZone,
}

/// To whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    /// Whoever listens.
    Household,
    /// One member.
    Person(PersonId),
}

/// Something that was said, as [`plan`] asked for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The moment within its task.
    pub slot: String,
    /// How loud.
    pub level: Level,
    /// How far it reached.
    pub reach: Reach,
    /// To whom.
    pub to: Recipient,
    /// On which way.
    pub way: Way,
    /// When.
    pub at: Timestamp,
}

/// A task, and all that decides who is told about it.
#[derive(Clone, Copy, Debug)]
pub struct Concern<'a> {
    /// The task.
    pub task: &'a Task,
    /// The ladder that it climbs.
    pub ladder: &'a Ladder,
    /// How pressing it is.
    pub priority: Priority,
    /// What was said about it.
    pub said: &'a [Said],
    /// When somebody last said that they know.
    pub acknowledged_at: Option<Timestamp>,
    /// Nobody hears of it before.
    pub muted_until: Option<Timestamp>,
}

/// One thing that a message says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// About which task.
    pub task: TaskId,
    /// The moment within the task.
    pub slot: String,
    /// How loud.
    pub level: Level,
    /// How far it reaches: why this person is told.
    pub reach: Reach,
    /// The one who is away and is stood in for.
    pub instead_of: Option<PersonId>,
    /// When it was meant to be said.
    pub at: Timestamp,
}

/// One message to one person on one way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// To whom.
    pub to: Recipient,
    /// On which way.
    pub way: Way,
    /// What it says, the loudest first.
    pub items: Vec<Item>,
}

impl Message {
    /// What is to be recorded when it leaves at `now`, for each of its items.
    pub fn said(&self, now: Timestamp) -> impl Iterator<Item = (TaskId, Said)> + '_ {
        self.items.iter().map(move |it| {
            let said = Said {
                slot: it.slot.clone(),
                level: it.level,
                reach: it.reach,
                to: self.to,
                way: self.way.clone(),
                at: now,
            };
            (it.task, said)
        })
    }

    /// How loud the loudest of it is.
    pub fn level(&self) -> Level {
        let levels = self.items.iter().map(|it| it.level);
        levels.max().unwrap_or(Level::Info)
    }
}

/// What to do now, and when to look again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Leave now.
    pub messages: Vec<Message>,
    /// Nothing new is due before, if what is known stays as it is once the messages are recorded.
    pub next: Option<Timestamp>,
}

/// Which messages leave at `now`, and when to look again. After the messages are recorded as said it
/// is asked again at once, since their being said is where raises count from.
pub fn plan(household: &Household, concerns: &[Concern<'_>], now: Timestamp) -> Plan {
    let mut plan = Plan::default();
    if now < SANE_AFTER {
        return plan;
    }
    let mut together: BTreeMap<(Recipient, &str), Vec<Want<'_>>> = BTreeMap::new();
    for concern in concerns {
        let found = wanted::of(household, concern, now);
        plan.look_again(found.next);
        for want in found.wants {
            if want.leaves > now {
                plan.look_again(Some(want.leaves));
            }
            if !want.way.is_event {
                let key = (want.to, want.way.channel.as_str());
                together.entry(key).or_default().push(want);
            } else if want.leaves <= now {
                plan.messages.push(message(vec![want]));
            }
        }
    }
    let horizon = now.saturating_add(TOGETHER).unwrap_or(now);
    for wants in together.into_values() {
        if wants.iter().any(|it| it.leaves <= now) {
            let within = wants.into_iter().filter(|it| it.leaves <= horizon);
            plan.messages.push(message(within.collect()));
        }
    }
    plan.messages.retain(|it| !it.items.is_empty());
    // Within one way the order of the concerns is kept: what waited longest comes first.
    plan.messages
        .sort_by(|a, b| (a.to, &a.way).cmp(&(b.to, &b.way)));
    plan
}

/// When a task is to be looked at again, for whoever keeps that beside it and plans only those whose
/// moment has come, with those of the next minute, which may go along. `None` when nothing more comes
/// by itself. It no longer holds when the task, the household or what was said changes, or when the
/// clock is set back.
pub fn look_again(
    household: &Household,
    concern: &Concern<'_>,
    now: Timestamp,
) -> Option<Timestamp> {
    if now < SANE_AFTER {
        return Some(SANE_AFTER);
    }
    let found = wanted::of(household, concern, now);
    let leave = found.wants.iter().map(|it| it.leaves);
    leave.chain(found.next).min()
}

impl Plan {
    fn look_again(&mut self, at: Option<Timestamp>) {
        self.next = self.next.into_iter().chain(at).min();
    }
}

fn message(wants: Vec<Want<'_>>) -> Message {
    let (to, way) = wants
        .first()
        .map_or((Recipient::Household, Way::default()), |it| {
            (it.to, it.way.clone())
        });
    let mut items: Vec<Item> = wants.into_iter().map(|it| it.item).collect();
    items.sort_by(|a, b| {
        let loudest_first = b.level.cmp(&a.level);
        loudest_first
            .then(a.at.cmp(&b.at))
            .then_with(|| (a.task, &a.slot).cmp(&(b.task, &b.slot)))
    });
    Message { to, way, items }
}

impl Default for Way {
    /// A channel without a name, on which nobody listens.
    fn default() -> Self {
        Self {
            channel: String::new(),
            is_event: true,
        }
    }
}

#[cfg(test)]
mod model;
#[cfg(test)]
mod stories;
#[cfg(test)]
mod world;
