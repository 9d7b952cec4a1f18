//! Random histories of a household, planned twice: by [`super::plan`], which looks when it said that
//! it would, and by a naive reference that looks at every minute and knows nothing but the rules.
//!
//! `cargo test --lib escalation::model -- --ignored` plans ten thousand of them.

use jiff::civil::{Date, Time, date, time};
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::world::{Kept, World, away, member, person, task, way};
use super::{Household, Member, Recipient, Way};
use crate::domain::clock::SANE_AFTER;
use crate::domain::hours::Quiet;
use crate::domain::id::PersonId;
use crate::domain::ladder::{Ladder, Raise, Reach, Rung};
use crate::domain::priority::Priority;
use crate::domain::reminder::Level;
use crate::domain::task::Status;

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// A small generator of numbers that are the same on every run (splitmix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }

    fn happens(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn of<T: Copy>(&mut self, things: &[T]) -> T {
        things[self.below(things.len())]
    }

    fn some(&mut self, count: usize) -> Vec<PersonId> {
        let all: Vec<usize> = (0..count).collect();
        let chosen = all.into_iter().filter(|_| self.happens(35));
        chosen.map(person).collect()
    }
}

/// What was said: minute, recipient, channel, and the task and slot of each item.
type Told = (Timestamp, Recipient, String, Vec<(String, String)>);

/// The reference: who heard what, and nothing else.
struct Naive {
    heard: Vec<(usize, String, Level, Reach, Recipient, Way, Timestamp)>,
    told: Vec<Told>,
}

/// What was heard: about which task, at which slot, how loud and how far.
type Heard = (usize, String, Level, Reach);

/// A moment of a task, and how loud.
type Moment = (Timestamp, String, Level);

/// A moment that reaches somebody.
type Meant = (Moment, Reach, PersonId);

/// The latest moment that has passed, and those of the next minute.
fn looked_at(moments: &[Moment], now: Timestamp) -> impl Iterator<Item = &Moment> {
    let last = moments.iter().rposition(|it| it.0 <= now);
    let all = moments.iter().enumerate();
    all.filter(move |(position, it)| Some(*position) == last || it.0 > now && it.0 <= now + MINUTE)
        .map(|(_, it)| it)
}

impl Naive {
    /// All moments of a task, from its ladder, its own and its snooze.
    fn moments(kept: &Kept, household: &Household) -> Vec<Moment> {
        let (task, mut all) = (&kept.task, Vec::new());
        if let Some(due) = task.remind_by().filter(|_| !task.arrived_late) {
            for rung in kept.ladder.rungs() {
                if task.optional && rung.days_before < 0 {
                    continue;
                }
                let day: Date = due - rung.days_before.days();
                let hour: Time = rung.hour.unwrap_or(kept.ladder.morning);
                let at = day.to_datetime(hour).to_zoned(household.zone.clone());
                let own = rung.hour.map_or(String::new(), |it| format!("@{it}"));
                let slot = format!("{due}/{}{own}", rung.days_before);
                all.push((at.unwrap().timestamp(), slot, rung.level));
            }
        }
        let missed = all.iter().filter(|it| it.0 < task.created_at).count();
        all.drain(..missed.saturating_sub(1));
        for at in &task.remind_at {
            all.push((*at, format!("at{}", at.as_millisecond()), Level::Warning));
        }
        if let Some(until) = task.later_until {
            all.retain(|it| it.0 > until);
            let level = all.first().map_or(Level::Warning, |it| it.2);
            all.push((until, format!("later{}", until.as_millisecond()), level));
        }
        all.sort_by_key(|it| it.0);
        all
    }

    fn is_there(member: &Member, at: Timestamp) -> bool {
        member.away.iter().all(|it| at < it.from || it.until <= at)
    }

    /// Who is told in the place of somebody.
    fn cover(household: &Household, id: PersonId, at: Timestamp) -> Option<PersonId> {
        let find = |id| household.members.iter().find(|it| it.id == id);
        let mut asked = find(id)?;
        let mut seen = Vec::new();
        while !Self::is_there(asked, at) && !seen.contains(&asked.id) {
            seen.push(asked.id);
            let away = asked.away.iter().find(|it| it.from <= at && at < it.until);
            let Some(deputy) = away.and_then(|it| it.deputy).and_then(find) else {
                break;
            };
            asked = deputy;
        }
        if Self::is_there(asked, at) {
            return Some(asked.id);
        }
        let mut there = household.members.iter().filter(|it| Self::is_there(it, at));
        Some(there.next().map_or(id, |it| it.id))
    }

    fn everyone(household: &Household, at: Timestamp) -> Vec<PersonId> {
        let all = household.members.iter();
        let there: Vec<_> = all
            .clone()
            .filter(|it| Self::is_there(it, at))
            .map(|it| it.id)
            .collect();
        if there.is_empty() {
            return all.map(|it| it.id).collect();
        }
        there
    }

    /// Who is told about a moment.
    fn told_at(
        &self,
        household: &Household,
        kept: &Kept,
        index: usize,
        at: Timestamp,
    ) -> Vec<PersonId> {
        let drawn_in = self.heard.iter().filter(|(of, _, _, reach, _, _, when)| {
            *of == index
                && *reach == Reach::Second
                && *when < at
                && kept.acknowledged_at.is_none_or(|it| it < *when)
        });
        let drawn_in = drawn_in.filter_map(|it| match it.4 {
            Recipient::Person(id) => Some(id),
            Recipient::Household => None,
        });
        let asked = kept.task.assignees.iter().copied().chain(drawn_in);
        let mut found = Vec::new();
        for id in asked.filter_map(|it| Self::cover(household, it, at)) {
            if !found.contains(&id) {
                found.push(id);
            }
        }
        if found.is_empty() {
            found = Self::everyone(household, at);
        }
        found
    }

    /// Everything about one task that somebody is to be told as it looks at `now`, heard or not.
    fn meant(
        &self,
        household: &Household,
        (index, kept): (usize, &Kept),
        now: Timestamp,
    ) -> Vec<Meant> {
        let is_silent = kept.muted_until.is_some_and(|it| now < it);
        if kept.task.status != Status::Open || is_silent {
            return Vec::new();
        }
        let mut meant = Vec::new();
        for moment in looked_at(&Self::moments(kept, household), now) {
            let (at, slot, level) = moment;
            let told = self.told_at(household, kept, index, *at);
            for id in &told {
                let heard_since = self.heard.iter().any(|it| {
                    it.0 == index
                        && it.4 == Recipient::Person(*id)
                        && *at <= it.6
                        && it.6 <= now
                        && it.2 >= *level
                        && it.1.split('+').next() != Some(slot)
                });
                if !heard_since {
                    meant.push((moment.clone(), Reach::Assignees, *id));
                }
            }
            meant.extend(self.raised(household, (index, kept), moment, &told, now));
        }
        meant
    }

    /// What a moment is raised to.
    fn raised(
        &self,
        household: &Household,
        (index, kept): (usize, &Kept),
        (_, slot, level): &Moment,
        told: &[PersonId],
        now: Timestamp,
    ) -> Vec<Meant> {
        let only_events = household
            .members
            .iter()
            .filter(|it| told.contains(&it.id))
            .all(|it| it.ways.iter().all(|it| it.is_event));
        let said_at = self.heard.iter().filter(|it| {
            it.0 == index && it.1 == *slot && it.6 <= now && (only_events || !it.5.is_event)
        });
        let Some(said_at) = said_at.map(|it| it.6).min() else {
            return Vec::new();
        };
        if kept.acknowledged_at.is_some_and(|it| it >= said_at) {
            return Vec::new();
        }
        let raises = kept.ladder.raises(*level).iter();
        let moments: Vec<Moment> = (1..)
            .zip(raises.clone())
            .map(|(number, it)| {
                let at = said_at + SignedDuration::from_mins(i64::from(it.after_minutes));
                (at, format!("{slot}+{number}"), *level)
            })
            .collect();
        let mut meant = Vec::new();
        for moment in looked_at(&moments, now) {
            let position = moments.iter().position(|it| it == moment);
            let reach = raises.as_slice()[position.unwrap()].reach;
            let people = match reach {
                Reach::Assignees | Reach::Louder => told.to_vec(),
                Reach::Second => {
                    let members = household.members.iter();
                    let mut there = members.filter(|it| Self::is_there(it, moment.0));
                    let new = there.find(|it| !told.contains(&it.id));
                    new.map(|it| it.id).into_iter().collect()
                }
                Reach::Everyone => Self::everyone(household, moment.0),
            };
            let all = people.into_iter().map(|id| (moment.clone(), reach, id));
            meant.extend(all);
        }
        meant
    }

    /// What of it was not heard, on which way, and may be told by `minute`.
    fn owed(
        &self,
        household: &Household,
        (index, kept): (usize, &Kept),
        (now, minute): (Timestamp, Timestamp),
        meant: &[Meant],
    ) -> Vec<(Heard, PersonId, Way)> {
        let mut owed = Vec::new();
        for ((at, slot, level), reach, id) in meant {
            let member = household.members.iter().find(|it| it.id == *id).unwrap();
            let is_loud = matches!(reach, Reach::Louder | Reach::Everyone);
            let is_loud = is_loud || *reach == Reach::Assignees && slot.contains('+');
            let ways = if is_loud && !member.loud.is_empty() {
                &member.loud
            } else {
                &member.ways
            };
            for way in ways {
                let was_heard = self.heard.iter().any(|it| {
                    it.0 == index
                        && it.1 == *slot
                        && it.4 == Recipient::Person(*id)
                        && (it.5 == *way || !it.5.is_event && !way.is_event && it.6 != now)
                });
                let may = way.is_event && *at <= minute
                    || !way.is_event
                        && Self::may_tell(household, kept, member, (*level, *at), minute);
                if !was_heard && may {
                    owed.push(((index, slot.clone(), *level, *reach), *id, way.clone()));
                }
            }
        }
        owed
    }

    /// Whether a person may be told at `minute` what was meant for `at`.
    fn may_tell(
        household: &Household,
        kept: &Kept,
        member: &Member,
        (level, at): (Level, Timestamp),
        minute: Timestamp,
    ) -> bool {
        let mut from = at.max(kept.task.created_at + MINUTE);
        if level == Level::Info
            && kept.priority < Priority::High
            && let Some(hour) = member.digest
        {
            let today = household.zone.to_datetime(from).date();
            let shown = |day: Date| {
                let at = day.to_datetime(hour).to_zoned(household.zone.clone());
                at.unwrap().timestamp()
            };
            from = if shown(today) >= from {
                shown(today)
            } else {
                shown(today + 1.day())
            };
        }
        let is_quiet = member.quiet.is_some_and(|it| {
            let breaks = it.broken_by.is_some_and(|least| kept.priority >= least);
            let shown = household.zone.to_datetime(minute).time();
            let is_night = if it.from < it.until {
                shown >= it.from && shown < it.until
            } else {
                shown >= it.from || shown < it.until
            };
            is_night && !breaks
        });
        from <= minute && !is_quiet
    }

    /// Says all that is owed at `now`.
    fn speak(&mut self, household: &Household, kept: &[Kept], now: Timestamp) {
        if now < SANE_AFTER {
            return;
        }
        loop {
            let tasks = kept.iter().enumerate();
            let meant: Vec<_> = tasks
                .clone()
                .map(|it| self.meant(household, it, now))
                .collect();
            let owed = |minute| -> Vec<_> {
                let both = tasks.clone().zip(&meant);
                both.flat_map(|(it, meant)| self.owed(household, it, (now, minute), meant))
                    .collect()
            };
            let (due, soon) = (owed(now), owed(now + MINUTE));
            if due.is_empty() {
                return;
            }
            let mut messages: Vec<(PersonId, Way, Vec<Heard>)> = Vec::new();
            for (item, id, way) in due.iter().chain(&soon) {
                let is_due = due
                    .iter()
                    .any(|it| it.0 == *item && it.1 == *id && it.2 == *way);
                let triggers = due.iter().any(|it| it.1 == *id && it.2 == *way);
                let mut known = messages.iter_mut().filter(|it| it.0 == *id && it.1 == *way);
                if way.is_event {
                    let is_new = known.all(|it| !it.2.contains(item));
                    let single = (*id, way.clone(), vec![item.clone()]);
                    messages.extend((is_due && is_new).then_some(single));
                } else if let Some((_, _, items)) = known.next() {
                    items.extend((!items.contains(item)).then(|| item.clone()));
                } else if triggers {
                    messages.push((*id, way.clone(), vec![item.clone()]));
                }
            }
            for (id, way, items) in messages {
                let to = Recipient::Person(id);
                let mut names: Vec<_> = items
                    .iter()
                    .map(|it| (kept[it.0].task.title.clone(), it.1.clone()))
                    .collect();
                names.sort();
                self.told.push((now, to, way.channel.clone(), names));
                for (index, slot, level, reach) in items {
                    self.heard
                        .push((index, slot, level, reach, to, way.clone(), now));
                }
            }
        }
    }
}

fn household(chance: &mut Chance) -> Vec<Member> {
    let count = 1 + chance.below(3);
    let members = (0..count).map(|index| {
        let mut one = member(index);
        if chance.happens(40) {
            one.ways.push(way("mqtt"));
        }
        if chance.happens(20) {
            one.loud.clear();
        }
        if chance.happens(40) {
            let hours = [21, 22, 23, 0, 1];
            one.quiet = Some(Quiet {
                from: time(chance.of(&hours), 30, 0, 0),
                until: time(chance.of(&[6, 7, 2]), 30, 0, 0),
                broken_by: chance.happens(50).then_some(Priority::Critical),
            });
        }
        if chance.happens(40) {
            one.digest = Some(time(chance.of(&[7, 8, 18]), 0, 0, 0));
        }
        if chance.happens(40) {
            let deputy = chance.happens(70).then(|| chance.below(3));
            let (from, until) = chance.of(&[
                ("2026-03-27T00:00:00Z", "2026-03-30T12:00:00Z"),
                ("2026-03-28T09:00:00Z", "2026-03-29T09:00:00Z"),
            ]);
            one.away.push(away(from, until, deputy));
        }
        one
    });
    members.collect()
}

fn ladder(chance: &mut Chance) -> Ladder {
    let count = 1 + chance.below(5);
    let rungs: Vec<_> = (0..count)
        .map(|_| Rung {
            days_before: i32::try_from(chance.below(5)).unwrap() - 2,
            level: chance.of(Level::ALL),
            hour: chance
                .happens(50)
                .then(|| time(chance.of(&[2, 8, 12, 19, 23]), chance.of(&[0, 1, 30]), 0, 0)),
        })
        .collect();
    let morning = time(8, 0, 0, 0);
    let ladder = Ladder::new("random", rungs, morning).unwrap();
    let count = chance.below(4);
    let raises: Vec<_> = (0..count)
        .map(|_| Raise {
            after_minutes: chance.of(&[1, 2, 30, 60, 120, 600]),
            reach: chance.of(Reach::ALL),
        })
        .collect();
    ladder.raised(chance.of(Level::ALL), raises).unwrap()
}

/// Something happens to the tasks.
fn happen(world: &mut World, chance: &mut Chance) {
    let (now, count) = (world.now, world.household.members.len());
    let some_day = |chance: &mut Chance| {
        let days = i32::try_from(chance.below(4)).unwrap() - 1;
        world.household.zone.to_datetime(now).date() + days.days()
    };
    if world.kept.is_empty() || chance.happens(30) {
        let due = chance.happens(90).then(|| some_day(chance));
        let number = world.kept.len();
        let mut made = task(
            &format!("task {number}"),
            due,
            now,
            u128::try_from(number).unwrap(),
        );
        made.assignees = chance.some(count);
        made.optional = chance.happens(20);
        if chance.happens(30) {
            let minutes = i64::try_from(chance.below(2000)).unwrap();
            made.remind_at
                .push(now + SignedDuration::from_mins(minutes));
        }
        let kept = Kept {
            task: made,
            ladder: ladder(chance),
            priority: chance.of(Priority::ALL),
            said: Vec::new(),
            acknowledged_at: None,
            muted_until: None,
        };
        world.kept.push(kept);
        return;
    }
    let due = some_day(chance);
    let index = chance.below(world.kept.len());
    let minutes = SignedDuration::from_mins(i64::try_from(chance.below(1500)).unwrap());
    let kept = &mut world.kept[index];
    match chance.below(10) {
        0 => kept.task.status = Status::Done,
        1 => kept.task.status = Status::Open,
        2 => kept.task.later_until = Some(now + minutes),
        3 => kept.task.later_until = None,
        4 | 5 => kept.task.due = Some(due),
        6 => kept.task.assignees = chance.some(count),
        7 => kept.acknowledged_at = Some(now),
        8 => kept.muted_until = Some(now + minutes),
        _ => kept.priority = chance.of(Priority::ALL),
    }
}

fn one_history(seed: u64) {
    let mut chance = Chance(seed);
    let begin = chance.of(&[
        "2026-03-27T18:00:00Z",
        "2026-10-23T18:00:00Z",
        "2026-06-01T05:59:00Z",
    ]);
    let mut world = World::on(begin, household(&mut chance));
    let mut naive = Naive {
        heard: Vec::new(),
        told: Vec::new(),
    };
    for _ in 0..chance.below(12) {
        if chance.happens(15) {
            let hours = chance.of(&[-50, -24, -1, 1, 24, 24 * 40]);
            world.now += SignedDuration::from_hours(hours);
            if chance.happens(10) {
                world.now = date(1970, 1, 1)
                    .to_zoned(world.household.zone.clone())
                    .unwrap()
                    .timestamp();
            }
        } else {
            happen(&mut world, &mut chance);
        }
        let minutes = chance.of(&[0, 1, 1, 5, 60, 300, 900]);
        let until = world.now + SignedDuration::from_mins(minutes);
        let mut minute = world.now;
        while minute <= until {
            naive.speak(&world.household, &world.kept, minute);
            minute += MINUTE;
        }
        world.run_to(until);
    }
    let told = world.log.iter().map(|(at, message)| {
        let title = |id| {
            world
                .kept
                .iter()
                .find(|it| it.task.id == id)
                .unwrap()
                .task
                .title
                .clone()
        };
        let items = message.items.iter();
        let mut names: Vec<_> = items.map(|it| (title(it.task), it.slot.clone())).collect();
        names.sort();
        (*at, message.to, message.way.channel.clone(), names)
    });
    let mut told: Vec<Told> = told.collect();
    told.sort();
    naive.told.sort();
    assert_eq!(told, naive.told, "history {seed}");
}

#[test]
fn random_histories_are_planned_as_the_naive_reference_plans_them() {
    (0..300).for_each(one_history);
}

#[test]
#[ignore = "it takes minutes"]
fn ten_thousand_histories_are_planned_as_the_naive_reference_plans_them() {
    (0..10_000).for_each(one_history);
}
