//! Ladders: at which distance from its day a task is spoken about and how loud, and who is told next
//! when nobody answers. Households name their ladders and choose them by kind and priority.

use jiff::civil::Time;
use serde::{Deserialize, Serialize};

use super::document::{Kind, named};
use super::priority::Priority;
use super::reminder::Level;

/// One moment of a ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rung {
    /// Days before the due day; negative is after it.
    pub days_before: i32,
    /// How loud.
    pub level: Level,
    /// At another hour than the ladder's.
    #[serde(default)]
    pub hour: Option<Time>,
}

impl Rung {
    const fn new(days_before: i32, level: Level) -> Self {
        Self {
            days_before,
            level,
            hour: None,
        }
    }
}

named! {
    /// Who is told when nobody answers, each reaching further than the one before.
    Reach {
        /// Those whose task it is, as usual.
        Assignees = "assignees",
        /// The same, on their loud channels.
        Louder = "louder",
        /// Another member of the household.
        Second = "second",
        /// The whole household.
        Everyone = "everyone",
    }
}

/// A step up when a rung stays unanswered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raise {
    /// Minutes after the rung was said.
    pub after_minutes: u32,
    /// Who is told then.
    pub reach: Reach,
}

/// The moments at which a task is spoken about, at one hour of the day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ladder {
    /// What the household calls it.
    name: String,
    /// From the earliest to the latest.
    rungs: Vec<Rung>,
    /// At this hour in the household's zone.
    pub morning: Time,
    /// Rungs of at least this level are raised when they stay unanswered.
    raised_from: Level,
    /// From the earliest to the latest.
    raises: Vec<Raise>,
}

/// Days after the due day on which an unanswered task is still spoken about daily.
const OVERDUE_DAYS: i32 = 30;
/// Rungs of one ladder, at most.
const RUNGS_MAX: usize = 100;
/// Raises of one ladder, at most.
const RAISES_MAX: usize = 10;
/// Days between a rung and the due day, at most.
const DAYS_MAX: i32 = 3660;

/// Two hours later louder, ten hours later another person, twelve hours later everyone.
const RAISES: [Raise; 3] = [
    Raise {
        after_minutes: 2 * 60,
        reach: Reach::Louder,
    },
    Raise {
        after_minutes: 10 * 60,
        reach: Reach::Second,
    },
    Raise {
        after_minutes: 12 * 60,
        reach: Reach::Everyone,
    },
];

/// A ladder that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongLadder {
    /// Nobody could name it.
    #[error("a ladder needs a name")]
    NoName,
    /// Two have the same name.
    #[error("there are two ladders named `{0}`")]
    Twice(String),
    /// A choice names a ladder that is not there.
    #[error("there is no ladder named `{0}`")]
    Missing(String),
    /// More than anybody would climb.
    #[error("the ladder `{0}` has too many rungs or raises, or reaches too far")]
    TooLong(String),
}

impl Ladder {
    /// A ladder of these rungs, in any order, without raises.
    pub fn new(name: &str, mut rungs: Vec<Rung>, morning: Time) -> Result<Self, WrongLadder> {
        let name = name.trim();
        if name.is_empty() {
            return Err(WrongLadder::NoName);
        }
        let is_far = |it: &Rung| it.days_before.unsigned_abs() > DAYS_MAX.unsigned_abs();
        if rungs.len() > RUNGS_MAX || rungs.iter().any(is_far) {
            return Err(WrongLadder::TooLong(name.to_owned()));
        }
        rungs.sort_by_key(|it| (-it.days_before, it.hour.unwrap_or(morning)));
        rungs.dedup_by_key(|it| (it.days_before, it.hour));
        Ok(Self {
            name: name.to_owned(),
            rungs,
            morning,
            raised_from: Level::Urgent,
            raises: Vec::new(),
        })
    }

    /// The same ladder, with steps up for rungs of at least `from` that stay unanswered.
    pub fn raised(mut self, from: Level, mut raises: Vec<Raise>) -> Result<Self, WrongLadder> {
        if raises.len() > RAISES_MAX {
            return Err(WrongLadder::TooLong(self.name));
        }
        raises.sort_by_key(|it| (it.after_minutes, it.reach));
        self.raised_from = from;
        self.raises = raises;
        Ok(self)
    }

    fn built_in(name: &str, rungs: &[(i32, Level)], morning: Time) -> Self {
        Self {
            name: name.to_owned(),
            rungs: rungs
                .iter()
                .map(|(days, level)| Rung::new(*days, *level))
                .collect(),
            morning,
            raised_from: Level::Urgent,
            raises: RAISES.to_vec(),
        }
    }

    fn overdue_daily(mut self) -> Self {
        let overdue = (1..=OVERDUE_DAYS).map(|day| Rung::new(-day, Level::Overdue));
        self.rungs.extend(overdue);
        self
    }

    /// 7 days before (info), 2 days (warning), 1 day (urgent), on the day (urgent), and each day
    /// after it (overdue) for 30 days.
    pub fn standard(morning: Time) -> Self {
        let rungs = [
            (7, Level::Info),
            (2, Level::Warning),
            (1, Level::Urgent),
            (0, Level::Urgent),
        ];
        Self::built_in("standard", &rungs, morning).overdue_daily()
    }

    /// 3 days before (info), on the day (warning), and a week after it; nobody else is told.
    pub fn gentle(morning: Time) -> Self {
        let rungs = [(3, Level::Info), (0, Level::Warning), (-7, Level::Warning)];
        Self {
            raises: Vec::new(),
            ..Self::built_in("gentle", &rungs, morning)
        }
    }

    /// 14 and 7 days before (warning), 3, 2, 1 days and on the day (urgent), and each day after it.
    pub fn firm(morning: Time) -> Self {
        let rungs = [
            (14, Level::Warning),
            (7, Level::Warning),
            (3, Level::Urgent),
            (2, Level::Urgent),
            (1, Level::Urgent),
            (0, Level::Urgent),
        ];
        Self::built_in("firm", &rungs, morning).overdue_daily()
    }

    /// The same ladder, on which nobody else is drawn in.
    #[must_use]
    pub fn without_raises(&self) -> Self {
        Self {
            raises: Vec::new(),
            ..self.clone()
        }
    }

    /// What the household calls it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// From the earliest to the latest.
    pub fn rungs(&self) -> &[Rung] {
        &self.rungs
    }

    /// The steps up for a rung of this level, from the earliest to the latest.
    pub fn raises(&self, level: Level) -> &[Raise] {
        if level >= self.raised_from {
            &self.raises
        } else {
            &[]
        }
    }
}

/// Which tasks climb a ladder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Tasks from documents of this kind; of any, or by hand, if nothing is said.
    #[serde(default)]
    pub kind: Option<Kind>,
    /// Tasks of this priority; of any if nothing is said.
    #[serde(default)]
    pub priority: Option<Priority>,
    /// The ladder's name.
    pub ladder: String,
}

/// The ladders of a household, and which task climbs which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ladders {
    usual: Ladder,
    others: Vec<Ladder>,
    choices: Vec<Choice>,
}

impl Ladders {
    /// The built-in ones: critical tasks climb `firm`, low ones and what nobody misses `gentle`.
    pub fn standard(morning: Time) -> Self {
        let choice = |kind, priority, ladder: &str| Choice {
            kind,
            priority,
            ladder: ladder.to_owned(),
        };
        Self {
            usual: Ladder::standard(morning),
            others: vec![Ladder::gentle(morning), Ladder::firm(morning)],
            choices: vec![
                choice(None, Some(Priority::Low), "gentle"),
                choice(Some(Kind::Advertisement), None, "gentle"),
                choice(None, Some(Priority::Critical), "firm"),
            ],
        }
    }

    /// A household's own: `usual` for everything that no choice names.
    pub fn new(
        usual: Ladder,
        others: Vec<Ladder>,
        choices: Vec<Choice>,
    ) -> Result<Self, WrongLadder> {
        for (index, one) in others.iter().enumerate() {
            let before = others.iter().take(index);
            if before.chain([&usual]).any(|it| it.name == one.name) {
                return Err(WrongLadder::Twice(one.name.clone()));
            }
        }
        let ladders = Self {
            usual,
            others,
            choices,
        };
        for choice in &ladders.choices {
            if ladders.named(&choice.ladder).is_none() {
                return Err(WrongLadder::Missing(choice.ladder.clone()));
            }
        }
        Ok(ladders)
    }

    /// The ladder with this name.
    pub fn named(&self, name: &str) -> Option<&Ladder> {
        let mut all = [&self.usual].into_iter().chain(&self.others);
        all.find(|it| it.name == name)
    }

    /// The ladder that a task climbs: by kind and priority, else by kind, else by priority.
    pub fn of(&self, kind: Option<Kind>, priority: Priority) -> &Ladder {
        let fits = |it: &&Choice| {
            it.kind.is_none_or(|wanted| kind == Some(wanted))
                && it.priority.is_none_or(|wanted| priority == wanted)
        };
        let chosen = self
            .choices
            .iter()
            .filter(fits)
            .max_by_key(|it| (it.kind.is_some(), it.priority.is_some()));
        chosen
            .and_then(|it| self.named(&it.ladder))
            .unwrap_or(&self.usual)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;

    use super::*;

    const MORNING: Time = Time::constant(8, 0, 0, 0);

    #[test]
    fn a_task_climbs_the_ladder_that_fits_best() {
        let gentle_bills = Choice {
            kind: Some(Kind::Invoice),
            priority: None,
            ladder: "gentle".to_owned(),
        };
        let critical_bills = Choice {
            priority: Some(Priority::Critical),
            ladder: "bills".to_owned(),
            ..gentle_bills.clone()
        };
        let firm = Choice {
            kind: None,
            priority: Some(Priority::Critical),
            ladder: "firm".to_owned(),
        };
        let bills = Ladder::new("bills", vec![Rung::new(1, Level::Urgent)], MORNING).unwrap();
        let others = vec![Ladder::gentle(MORNING), Ladder::firm(MORNING), bills];
        let choices = vec![firm, gentle_bills, critical_bills];
        let ladders = Ladders::new(Ladder::standard(MORNING), others, choices).unwrap();
        let name = |kind, priority| ladders.of(kind, priority).name();
        assert_eq!(name(None, Priority::Medium), "standard");
        assert_eq!(name(None, Priority::Critical), "firm");
        assert_eq!(name(Some(Kind::Fine), Priority::Critical), "firm");
        assert_eq!(name(Some(Kind::Invoice), Priority::High), "gentle");
        assert_eq!(name(Some(Kind::Invoice), Priority::Critical), "bills");
    }

    #[test]
    fn a_ladder_that_cannot_be_is_refused() {
        let ladder = |name| Ladder::new(name, Vec::new(), MORNING);
        assert_eq!(ladder(" "), Err(WrongLadder::NoName));
        let many = vec![Rung::new(1, Level::Info); RUNGS_MAX + 1];
        let long = WrongLadder::TooLong("x".to_owned());
        assert_eq!(Ladder::new("x", many, MORNING), Err(long.clone()));
        let far = vec![Rung::new(i32::MIN, Level::Info)];
        assert_eq!(Ladder::new("x", far, MORNING), Err(long));
        let twice = vec![ladder("a").unwrap(), ladder("a").unwrap()];
        assert_eq!(
            Ladders::new(ladder("b").unwrap(), twice, Vec::new()),
            Err(WrongLadder::Twice("a".to_owned()))
        );
        let choice = Choice {
            kind: None,
            priority: None,
            ladder: "c".to_owned(),
        };
        assert_eq!(
            Ladders::new(ladder("b").unwrap(), Vec::new(), vec![choice]),
            Err(WrongLadder::Missing("c".to_owned()))
        );
    }

    #[test]
    fn rungs_are_climbed_in_their_order() {
        let evening = Rung {
            hour: Some(time(18, 0, 0, 0)),
            ..Rung::new(1, Level::Urgent)
        };
        let rungs = vec![
            Rung::new(0, Level::Urgent),
            evening,
            Rung::new(1, Level::Info),
        ];
        let ladder = Ladder::new("mine", rungs, MORNING).unwrap();
        let days: Vec<_> = ladder.rungs().iter().map(|it| it.days_before).collect();
        assert_eq!(days, [1, 1, 0]);
        assert_eq!(ladder.rungs()[1], evening);
        let json = serde_json::to_string(&ladder).unwrap();
        assert_eq!(serde_json::from_str::<Ladder>(&json).unwrap(), ladder);
    }
}
