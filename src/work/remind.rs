//! Plans the reminders of changed tasks, and turns those whose moment has come into deliveries.
//!
//! Before the clock is set nothing is said. Of several missed moments of one task only the latest is
//! said; moments that were said are not said again when the clock goes back.

use std::borrow::Cow;
use std::time::Duration;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::{Error, REST, Turn, Wake, Worker};
use crate::domain::deadline::Region;
use crate::domain::delivery::ChannelName;
use crate::domain::document::{Kind, Visibility};
use crate::domain::escalation::{self, Concern, Household, Member, Message, Recipient, Said};
use crate::domain::id::{DeliveryId, TaskId};
use crate::domain::ladder::{Ladder, Ladders};
use crate::domain::presence::{self, Place};
use crate::domain::priority::{self, Priority, Stakes};
use crate::domain::reminder;
use crate::domain::task::Task;
use crate::store::channels::{self, Astray};
use crate::store::{self, Caller, ReadTx, Store, Viewer, WriteTx};
use crate::store::{deliveries, documents, manners, people, reminders, tasks};

/// Tasks of one turn: so many that a pile of them costs few writes to the disk, and so few
/// that nobody waits long for their own.
const BATCH: u32 = 500;
/// Tasks that one turn plans: a fifth of a second on a small machine, and pages that many of them share
/// are written once.
const PLANNED_AT_ONCE: u32 = 2000;
/// Tasks that one digest asks about; the rest are asked about in the next.
const LATE_MAX: u32 = 5000;

/// Moments to come that are kept of one task, beside the last one that has passed.
const MOMENTS_KEPT: usize = 4;
/// What falls into so long a time is said together.
const TOGETHER: SignedDuration = SignedDuration::from_mins(1);

/// When and on which ways the house speaks.
#[derive(Clone, Debug)]
pub struct Speech {
    /// Where the hours are meant.
    pub zone: TimeZone,
    /// Whose holidays count.
    pub region: Region,
    /// At which distance from its day a task is spoken about.
    pub ladders: Ladders,
    /// At this hour.
    pub morning: Time,
    /// What is configured.
    pub channels: Vec<ChannelName>,
    /// Members of whom it is known whether they are at home, by name.
    pub followed: Vec<String>,
}

/// The worker.
pub struct Remind {
    store: Store,
    wake: Wake,
    speech: Speech,
    waits_for_clock: bool,
}

impl Remind {
    /// Speaks about the tasks of `store` as `speech` says.
    pub const fn new(store: Store, wake: Wake, speech: Speech) -> Self {
        Self {
            store,
            wake,
            speech,
            waits_for_clock: false,
        }
    }

    /// Plans the moments of changed tasks, and when each of them wants a look: at once where something
    /// is due.
    async fn plan(&self) -> Result<bool, store::Error> {
        let speech = self.speech.clone();
        let changed = self
            .store
            .read(Viewer::House, |tx| tasks::to_plan(tx, 1))
            .await?;
        if changed.is_empty() {
            return Ok(false);
        }
        self.store
            .write(Caller::worker(Self::NAME), move |tx| {
                let listeners = Listeners::of(tx, &speech)?;
                let today = speech.zone.to_datetime(tx.now()).date();
                for task in tasks::to_plan(tx, PLANNED_AT_ONCE)? {
                    tasks::continue_series(tx, &task, today, &speech.region)?;
                    plan_moments(tx, &task, &speech)?;
                    let known = Known::of(tx, task, &speech)?;
                    let next = listeners
                        .allowed(&known.task.visible_to)
                        .next_look(&known, tx.now());
                    tasks::planned(tx, known.task.id, next)?;
                }
                Ok(())
            })
            .await?;
        self.wake.calendar.notify_one();
        self.wake.home.notify_one();
        Ok(true)
    }

    /// Says what is due of the tasks whose look has come.
    async fn look(&self) -> Result<bool, store::Error> {
        let due = self
            .store
            .read(Viewer::House, |tx| tasks::to_look(tx, tx.now(), 1))
            .await?;
        if due.is_empty() {
            return Ok(false);
        }
        let speech = self.speech.clone();
        let has_said = self
            .store
            .write(Caller::worker(Self::NAME), move |tx| look(tx, &speech))
            .await?;
        if has_said {
            self.wake.deliveries.notify_one();
            self.wake.home.notify_one();
        }
        Ok(true)
    }

    /// Sends what does not get through another way meanwhile.
    async fn divert(&self) -> Result<(), store::Error> {
        let astray = self
            .store
            .read(Viewer::House, |tx| channels::astray(tx, 1))
            .await?;
        if astray.is_empty() {
            return Ok(());
        }
        let configured = self.speech.channels.clone();
        self.store
            .write(Caller::worker(Self::NAME), move |tx| {
                for one in channels::astray(tx, BATCH)? {
                    divert(tx, &one, &configured)?;
                }
                Ok(())
            })
            .await?;
        self.wake.deliveries.notify_one();
        Ok(())
    }

    /// Asks once, the next morning, about all that had been due before it arrived; when it wants to look
    /// again, if anything waits for that.
    async fn digest(&self, now: Timestamp) -> Result<Option<Timestamp>, store::Error> {
        let waiting = self
            .store
            .read(Viewer::House, |tx| tasks::to_digest(tx, BATCH))
            .await?;
        if waiting.is_empty() {
            return Ok(None);
        }
        let morning = |at| reminder::morning_of(at, self.speech.morning, &self.speech.zone);
        let tomorrow = || morning(now + SignedDuration::from_hours(24));
        let Some(today) = morning(now) else {
            return Ok(tomorrow());
        };
        if now < today {
            return Ok(Some(today));
        }
        if waiting.iter().any(|it| it.created_at < today) {
            let speech = self.speech.clone();
            self.store
                .write(Caller::worker(Self::NAME), move |tx| {
                    let mut late = tasks::to_digest(tx, LATE_MAX)?;
                    late.retain(|it| it.created_at < today);
                    ask_about(tx, &late, &speech)
                })
                .await?;
            self.wake.deliveries.notify_one();
        }
        Ok(tomorrow())
    }
}

/// Sends a message on the next channel that its person chose, unless they are told the same elsewhere. It
/// waits while none of them works.
fn divert(tx: &WriteTx<'_>, one: &Astray, configured: &[ChannelName]) -> Result<(), store::Error> {
    let told = channels::also_told(tx, one)?;
    if told.iter().any(|(_, gets_through)| *gets_through) {
        return channels::settle(tx, one.delivery);
    }
    let manner = manners::of(tx, one.person)?;
    let is_left = |it: &ChannelName| {
        let is_tried = *it == one.channel || told.iter().any(|(name, _)| name == it);
        configured.contains(it) && manner.reaches(*it) && !is_tried
    };
    let chosen = manner.ways.iter().chain(&manner.loud).copied();
    let left: Vec<ChannelName> = chosen.filter(is_left).collect();
    if left.is_empty() {
        return channels::settle(tx, one.delivery);
    }
    let states = channels::states(tx, &left)?;
    match states.iter().find(|it| it.failing_since.is_none()) {
        Some(next) => channels::divert(tx, one, next.name),
        None => Ok(()),
    }
}

/// Asks about tasks whose day had passed before they arrived: machines on each of their channels, and
/// each person who is there and to whom they matter in one message, on the first of their usual ways.
fn ask_about(tx: &WriteTx<'_>, late: &[Task], speech: &Speech) -> Result<(), store::Error> {
    let ids: Vec<TaskId> = late.iter().map(|it| it.id).collect();
    for id in &ids {
        tasks::mark_digested(tx, *id)?;
    }
    let events = speech.channels.iter().filter(|it| it.is_event());
    for channel in events {
        deliveries::intend_digest(tx, &ids, Recipient::Household, (channel.as_str(), tx.now()))?;
    }
    let household = manners::household(tx, &speech.channels, &speech.zone)?;
    let is_there = |it: &&Member| !it.is_away(tx.now());
    for member in household.members.iter().filter(is_there) {
        let matters = |it: &&Task| {
            let is_theirs = it.assignees.is_empty() || it.assignees.contains(&member.id);
            is_theirs && it.visible_to.allows(member.id)
        };
        let theirs: Vec<TaskId> = late.iter().filter(matters).map(|it| it.id).collect();
        let Some(way) = member.ways.first().filter(|_| !theirs.is_empty()) else {
            continue;
        };
        let quiet = member.quiet.map(|it| it.after(tx.now(), &speech.zone));
        let at = quiet.unwrap_or(tx.now());
        let to = Recipient::Person(member.id);
        deliveries::intend_digest(tx, &theirs, to, (&way.channel, at))?;
    }
    Ok(())
}

/// Keeps the moments of a task that come next: enough to show, and few enough to keep.
fn plan_moments(tx: &WriteTx<'_>, task: &Task, speech: &Speech) -> Result<(), store::Error> {
    let kind = kind_of(tx, task)?;
    let plan = reminder::plan(task, ladder(task, kind, speech), &speech.zone);
    let passed = plan.partition_point(|it| it.at <= tx.now());
    let kept: Vec<_> = plan
        .into_iter()
        .take(passed + MOMENTS_KEPT)
        .skip(passed.saturating_sub(1))
        .collect();
    reminders::reconcile(tx, task.id, &kept)
}

fn kind_of(tx: &ReadTx<'_>, task: &Task) -> Result<Option<Kind>, store::Error> {
    match &task.source {
        Some(source) => documents::kind(tx, source.document),
        None => Ok(None),
    }
}

/// The ladder depends on what does not change from day to day: the kind, and what a person pinned.
fn ladder<'a>(task: &Task, kind: Option<Kind>, speech: &'a Speech) -> &'a Ladder {
    let priority = task.pinned.unwrap_or(Priority::Medium);
    speech.ladders.of(kind, priority)
}

/// What is known of a task whose look has come.
struct Known {
    task: Task,
    ladder: Ladder,
    /// For machines, who are not drawn in and are not asleep.
    quiet_ladder: Ladder,
    priority: Priority,
    said: Vec<Said>,
}

impl Known {
    fn of(tx: &ReadTx<'_>, task: Task, speech: &Speech) -> Result<Self, store::Error> {
        let kind = kind_of(tx, &task)?;
        let today = speech.zone.to_datetime(tx.now()).date();
        let stakes = Stakes::of(&task, kind, None, task.pinned);
        let ladder = ladder(&task, kind, speech).clone();
        Ok(Self {
            quiet_ladder: ladder.without_raises(),
            ladder,
            priority: priority::assess(&stakes, today).priority,
            said: deliveries::said(tx, task.id)?,
            task,
        })
    }

    /// For people, or for machines.
    fn concern(&self, is_event: bool) -> Concern<'_> {
        Concern {
            task: &self.task,
            ladder: if is_event {
                &self.quiet_ladder
            } else {
                &self.ladder
            },
            priority: self.priority,
            said: &self.said,
            acknowledged_at: self.task.acknowledged_at,
            muted_until: self.task.muted_until,
        }
    }
}

/// Who is told something. People and machines are planned apart: an event is said once to whoever
/// listens, while people are told in person, at their hours, and drawn in one after the other.
struct Listeners {
    machines: Household,
    people: Household,
}

impl Listeners {
    fn of(tx: &ReadTx<'_>, speech: &Speech) -> Result<Self, store::Error> {
        let events = speech.channels.iter().filter(|it| it.is_event());
        Ok(Self {
            machines: Household {
                members: Vec::new(),
                ways: events.map(|it| it.way()).collect(),
                zone: speech.zone.clone(),
            },
            people: manners::household(tx, &speech.channels, &speech.zone)?,
        })
    }

    /// Nobody is told of a task that they may not see.
    fn allowed(&self, circle: &Visibility) -> Audience<'_> {
        let people = if self.people.members.iter().all(|it| circle.allows(it.id)) {
            Cow::Borrowed(&self.people)
        } else {
            let mut people = self.people.clone();
            people.members.retain(|it| circle.allows(it.id));
            Cow::Owned(people)
        };
        Audience {
            machines: &self.machines,
            people,
        }
    }
}

/// Those of the listeners who may hear of a task.
struct Audience<'a> {
    machines: &'a Household,
    people: Cow<'a, Household>,
}

impl Audience<'_> {
    /// Each household that can be told something, and whether it is the machines; those are always
    /// asked, so that each moment of a task is looked at.
    fn each(&self) -> impl Iterator<Item = (&Household, bool)> {
        let members = &self.people.members;
        let has_ways = members
            .iter()
            .any(|it| !it.ways.is_empty() || !it.loud.is_empty());
        let people = has_ways.then_some((&*self.people, false));
        [(self.machines, true)].into_iter().chain(people)
    }

    fn next_look(&self, known: &Known, now: Timestamp) -> Option<Timestamp> {
        let looks = self.each().map(|(household, is_event)| {
            escalation::look_again(household, &known.concern(is_event), now)
        });
        looks.flatten().min()
    }
}

/// Says what is due, and notes for each task when it wants its next look. Whether anything was said.
fn look(tx: &WriteTx<'_>, speech: &Speech) -> Result<bool, store::Error> {
    let horizon = tx.now().saturating_add(TOGETHER).unwrap_or(tx.now());
    let mut circles: Vec<(Visibility, Vec<Known>)> = Vec::new();
    for task in tasks::to_look(tx, horizon, BATCH)? {
        let known = Known::of(tx, task, speech)?;
        let circle = &known.task.visible_to;
        match circles.iter_mut().find(|(it, _)| it == circle) {
            Some((_, tasks)) => tasks.push(known),
            None => circles.push((circle.clone(), vec![known])),
        }
    }
    let listeners = Listeners::of(tx, speech)?;
    let mut has_said = false;
    for (circle, mut known) in circles {
        let audience = listeners.allowed(&circle);
        for (household, is_event) in audience.each() {
            has_said |= say(tx, household, (speech, is_event), &mut known)?;
        }
        for one in &known {
            plan_moments(tx, &one.task, speech)?;
            let next = audience.next_look(one, tx.now());
            tasks::planned(tx, one.task.id, next)?;
        }
    }
    Ok(has_said)
}

/// Intends what these listeners are to hear now. Whether there was anything.
fn say(
    tx: &WriteTx<'_>,
    household: &Household,
    (speech, is_event): (&Speech, bool),
    known: &mut [Known],
) -> Result<bool, store::Error> {
    let concerns: Vec<Concern<'_>> = known.iter().map(|it| it.concern(is_event)).collect();
    let plan = escalation::plan(household, &concerns, tx.now());
    for message in &plan.messages {
        let delivery = deliveries::intend(tx, message)?;
        if !is_event {
            hold_back(tx, delivery, (message, known), speech)?;
        }
        for (task, said) in message.said(tx.now()) {
            let slot = said.slot.split('+').next().unwrap_or_default();
            reminders::mark_said(tx, task, slot)?;
            if let Some(known) = known.iter_mut().find(|it| it.task.id == task) {
                known.said.push(said);
            }
        }
    }
    Ok(!plan.messages.is_empty())
}

/// Holds a message back whose tasks are all of use at one place, where it is known whether its person is
/// there.
fn hold_back(
    tx: &WriteTx<'_>,
    delivery: DeliveryId,
    (message, known): (&Message, &[Known]),
    speech: &Speech,
) -> Result<(), store::Error> {
    let place = |task: TaskId| {
        let known = known.iter().find(|it| it.task.id == task)?;
        Place::of_labels(&known.task.labels)
    };
    let mut places = message.items.iter().map(|it| place(it.task));
    let first = places.next().flatten();
    let (Some(place), Recipient::Person(person)) = (first, message.to) else {
        return Ok(());
    };
    if speech.followed.is_empty() || places.any(|it| it != first) {
        return Ok(());
    }
    let name = people::by_id(tx, person)?.name;
    let latest = presence::latest(tx.now(), &speech.zone);
    match latest.filter(|_| speech.followed.contains(&name)) {
        Some(latest) => {
            let told = (delivery, message.items.len());
            deliveries::hold(tx, told, place, latest)
        }
        None => Ok(()),
    }
}

impl Worker for Remind {
    const NAME: &'static str = "remind";
    const REST: Duration = REST;

    async fn turn(&mut self, _stop: &CancellationToken) -> Result<Turn, Error> {
        let clock = self.store.clock().clone();
        if !clock.is_sane() {
            if !self.waits_for_clock {
                log::warn!("the clock is not set yet: nobody is reminded until it is");
                self.waits_for_clock = true;
            }
            return Ok(Turn::Idle);
        }
        self.waits_for_clock = false;
        if self.plan().await? || self.look().await? {
            return Ok(Turn::More);
        }
        self.divert().await?;
        let digest = self.digest(clock.now()).await?;
        let look = self.store.read(Viewer::House, tasks::next_look).await?;
        let next = digest.into_iter().chain(look).min();
        Ok(next.map_or(Turn::Idle, Turn::Until))
    }
}
