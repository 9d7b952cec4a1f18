//! A household whose clock is moved by hand, for tests: it does what a plan says, and keeps a log.

use jiff::Timestamp;
use jiff::civil::{Date, Time, time};
use jiff::tz::TimeZone;

use super::{Away, Concern, Household, Member, Message, Recipient, Said, Way, look_again, plan};
use crate::domain::clock::SANE_AFTER;
use crate::domain::hours::Quiet;
use crate::domain::id::{PersonId, TaskId};
use crate::domain::ladder::{Ladder, Reach};
use crate::domain::priority::Priority;
use crate::domain::task::Task;

pub(super) const NAMES: [&str; 3] = ["anna", "ben", "carla"];
pub(super) const MORNING: Time = Time::constant(8, 0, 0, 0);

pub(super) fn person(index: usize) -> PersonId {
    PersonId::new(Timestamp::UNIX_EPOCH, u128::try_from(index).unwrap())
}

pub(super) fn name(id: PersonId) -> String {
    let found = (0..NAMES.len()).find(|it| person(*it) == id);
    NAMES[found.unwrap()].to_owned()
}

pub(super) fn way(channel: &str) -> Way {
    Way {
        channel: channel.to_owned(),
        is_event: channel == "mqtt",
    }
}

/// Told by ntfy, and by phone when it must be louder.
pub(super) fn member(index: usize) -> Member {
    Member {
        id: person(index),
        ways: vec![way("ntfy")],
        loud: vec![way("phone")],
        quiet: None,
        digest: None,
        away: Vec::new(),
    }
}

pub(super) fn at_night() -> Quiet {
    Quiet {
        from: time(22, 0, 0, 0),
        until: time(7, 0, 0, 0),
        broken_by: Some(Priority::Critical),
    }
}

pub(super) fn away(from: &str, until: &str, deputy: Option<usize>) -> Away {
    Away {
        from: from.parse().unwrap(),
        until: until.parse().unwrap(),
        deputy: deputy.map(person),
    }
}

pub(super) fn task(title: &str, due: Option<Date>, made: Timestamp, number: u128) -> Task {
    let mut task = Task::new(TaskId::new(made, number), title.to_owned(), made);
    task.due = due;
    task
}

/// A task with all that is remembered about it.
#[derive(Clone)]
pub(super) struct Kept {
    pub task: Task,
    pub ladder: Ladder,
    pub priority: Priority,
    pub said: Vec<Said>,
    pub acknowledged_at: Option<Timestamp>,
    pub muted_until: Option<Timestamp>,
}

impl Kept {
    fn concern(&self) -> Concern<'_> {
        Concern {
            task: &self.task,
            ladder: &self.ladder,
            priority: self.priority,
            said: &self.said,
            acknowledged_at: self.acknowledged_at,
            muted_until: self.muted_until,
        }
    }
}

pub(super) struct World {
    pub household: Household,
    pub kept: Vec<Kept>,
    pub now: Timestamp,
    /// What was said, and when by the clock.
    pub log: Vec<(Timestamp, Message)>,
    next: Option<Timestamp>,
}

impl World {
    pub fn on(now: &str, members: Vec<Member>) -> Self {
        Self {
            household: Household {
                members,
                ways: vec![way("mqtt")],
                zone: TimeZone::get("Europe/Berlin").unwrap(),
            },
            kept: Vec::new(),
            now: now.parse().unwrap(),
            log: Vec::new(),
            next: None,
        }
    }

    /// Adds a task on the standard ladder for these members, and says where it is kept.
    pub fn add(&mut self, title: &str, due: Date, assignees: &[usize]) -> usize {
        let number = u128::try_from(self.kept.len()).unwrap();
        let mut task = task(title, Some(due), self.now, number);
        task.assignees = assignees.iter().map(|it| person(*it)).collect();
        self.kept.push(Kept {
            task,
            ladder: Ladder::standard(MORNING),
            priority: Priority::Medium,
            said: Vec::new(),
            acknowledged_at: None,
            muted_until: None,
        });
        self.kept.len() - 1
    }

    /// Says what is due, until nothing is.
    pub fn speak(&mut self) {
        for _ in 0..50 {
            let concerns: Vec<Concern<'_>> = self.kept.iter().map(Kept::concern).collect();
            let plan = plan(&self.household, &concerns, self.now);
            let again = super::plan(&self.household, &concerns, self.now);
            assert_eq!(plan, again);
            self.next = plan.next;
            if plan.messages.is_empty() {
                let alone = concerns
                    .iter()
                    .filter_map(|it| look_again(&self.household, it, self.now));
                assert!(self.now < SANE_AFTER || alone.min() == plan.next);
                return;
            }
            for message in plan.messages {
                for (id, said) in message.said(self.now) {
                    let kept = self.kept.iter_mut().find(|it| it.task.id == id);
                    kept.unwrap().said.push(said);
                }
                self.log.push((self.now, message));
            }
        }
        panic!("it never ends");
    }

    /// Lets the clock run, looking only when the plan said so.
    pub fn run_to(&mut self, until: Timestamp) {
        self.speak();
        while let Some(next) = self.next.filter(|it| *it <= until) {
            assert!(next > self.now, "{next} is not after {}", self.now);
            self.now = next;
            self.speak();
        }
        self.now = until;
        self.speak();
    }

    pub fn run(&mut self, until: &str) {
        self.run_to(until.parse().unwrap());
    }

    /// Somebody sets the clock.
    pub fn set_clock(&mut self, now: &str) {
        self.now = now.parse().unwrap();
        self.speak();
    }

    /// What was said since the last time this was asked, a line for each message.
    pub fn told(&mut self) -> String {
        let log = std::mem::take(&mut self.log);
        let lines = log.iter().map(|(at, it)| self.line(*at, it));
        lines.collect::<Vec<_>>().join("\n")
    }

    fn line(&self, at: Timestamp, message: &Message) -> String {
        let at = self.household.zone.to_datetime(at).strftime("%F %H:%M");
        let to = match message.to {
            Recipient::Household => "everybody".to_owned(),
            Recipient::Person(id) => name(id),
        };
        let items = message.items.iter().map(|item| {
            let kept = self.kept.iter().find(|it| it.task.id == item.task);
            let title = &kept.unwrap().task.title;
            let why = if item.reach == Reach::Assignees {
                ""
            } else {
                ", nobody answers"
            };
            let whose = item.instead_of.map(|it| format!(", for {}", name(it)));
            format!("{title} ({}{why}{})", item.level, whose.unwrap_or_default())
        });
        let items: Vec<_> = items.collect();
        format!("{at} {to} on {}: {}", message.way.channel, items.join("; "))
    }
}
