//! What is to be done so that the household's tasks and the list say the same. Decided from what both
//! are now and what they last agreed on, so that a turn may be ended anywhere and made again.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};

use crate::connect::home_assistant::list::{Features, ITEMS_MAX, Item};
use crate::domain::checklist::{Entry, Keeps, Wins, settle};
use crate::domain::document::Visibility;
use crate::domain::id::TaskId;
use crate::domain::task::{Status, Task, TaskField};
use crate::store::home::{Came, Pair};

/// An item counts as taken away when it is missing for so long: a list that is just being loaded may be
/// half empty.
pub const MISSING: SignedDuration = SignedDuration::from_secs(8);
/// What stands before a task's id in the address of its page.
const PAGE: &str = "/tasks/";
/// Letters of an id.
const ID_LETTERS: usize = 26;

/// Both sides at one moment.
pub struct Look {
    /// What is paired.
    pub pairs: Vec<Pair>,
    /// Open tasks that are not.
    pub unpaired: Vec<Task>,
    /// The list.
    pub items: Vec<Item>,
    /// What it can do.
    pub features: Features,
    /// When.
    pub now: Timestamp,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The item of a task is found: one that was just added, or that came under another name.
    Adopt {
        /// Which task.
        task: TaskId,
        /// Its item.
        uid: String,
        /// What both last said.
        agreed: Entry,
    },
    /// Both say this from now on.
    Settle {
        /// The task as it was looked at.
        task: Box<Task>,
        /// Its item.
        uid: String,
        /// What the item says.
        there: Entry,
        /// What both are to say.
        wanted: Entry,
    },
    /// The item goes, then the pair.
    Remove {
        /// Which task.
        task: TaskId,
        /// Its item.
        uid: String,
    },
    /// The pair goes.
    Part {
        /// Which task.
        task: TaskId,
    },
    /// The item is not there, at first sight.
    Miss {
        /// Which task.
        task: TaskId,
    },
    /// Somebody took the item away.
    Vanished {
        /// Which task.
        task: TaskId,
        /// Where it was first.
        came: Came,
    },
    /// An item becomes a task.
    Take(Item),
    /// A task becomes an item.
    Add {
        /// Which task.
        task: TaskId,
        /// What the item says.
        entry: Entry,
    },
    /// A second item of the same task goes.
    Drop {
        /// Which.
        uid: String,
    },
}

impl Step {
    /// The task that it changes there, if it does.
    pub fn tells_of(&self) -> Option<TaskId> {
        match self {
            Self::Settle { task, .. } => Some(task.id),
            Self::Remove { task, .. } | Self::Add { task, .. } => Some(*task),
            Self::Adopt { .. }
            | Self::Part { .. }
            | Self::Miss { .. }
            | Self::Vanished { .. }
            | Self::Take(_)
            | Self::Drop { .. } => None,
        }
    }
}

/// The task whose page a description points to.
pub fn marked(description: &str) -> Option<TaskId> {
    let (_, after) = description.split_once(PAGE)?;
    after.get(..ID_LETTERS)?.parse().ok()
}

/// What a task says in a list that keeps so much of a day.
pub fn entry(task: &Task, keeps: Keeps) -> Entry {
    Entry {
        title: task.title.trim().to_owned(),
        due: keeps.of(task.due.map(|it| (it, task.due_time))),
        is_done: task.status == Status::Done,
    }
}

/// What is to be done now. Nothing, where both say the same.
pub fn steps(look: &Look) -> Vec<Step> {
    let known: HashSet<&str> = look
        .pairs
        .iter()
        .filter_map(|it| it.uid.as_deref())
        .collect();
    let free = look
        .items
        .iter()
        .filter(|it| !known.contains(it.uid.as_str()));
    let mut free: Vec<&Item> = free.collect();
    let mut steps: Vec<Step> = Vec::new();
    for pair in &look.pairs {
        steps.extend(of_pair(look, pair, &mut free));
    }
    for task in &look.unpaired {
        let own = free
            .iter()
            .position(|it| marked(&it.description) == Some(task.id));
        if let Some(own) = own {
            let item = free.swap_remove(own);
            steps.push(Step::Adopt {
                task: task.id,
                uid: item.uid.clone(),
                agreed: item.entry.clone(),
            });
        } else if look.features.adds() && look.pairs.len() < ITEMS_MAX / 2 {
            let entry = entry(task, look.features.keeps());
            steps.push(Step::Add {
                task: task.id,
                entry,
            });
        }
    }
    let is_second = |item: &Item| {
        let task = marked(&item.description);
        look.pairs
            .iter()
            .any(|it| Some(it.task.id) == task && it.agreed.title == item.entry.title)
    };
    for item in free.into_iter().filter(|it| !it.entry.is_done) {
        if !is_second(item) {
            steps.push(Step::Take(item.clone()));
        } else if look.features.removes() {
            let uid = item.uid.clone();
            steps.push(Step::Drop { uid });
        }
    }
    steps
}

fn of_pair(look: &Look, pair: &Pair, free: &mut Vec<&Item>) -> Option<Step> {
    let task = pair.task.id;
    let is_open = pair.task.status == Status::Open;
    if pair.is_dismissed {
        return (!is_open).then_some(Step::Part { task });
    }
    let uid = pair.uid.as_deref();
    let item = look.items.iter().find(|it| Some(it.uid.as_str()) == uid);
    if let Some(item) = item {
        return of_both(look.features, pair, item);
    }
    let own = free.iter().position(|it| is_of(pair, it));
    if let Some(own) = own {
        return Some(Step::Adopt {
            task,
            uid: free.swap_remove(own).uid.clone(),
            agreed: pair.agreed.clone(),
        });
    }
    if !is_open {
        return Some(Step::Part { task });
    }
    match (uid, pair.missing_since) {
        (None, _) => Some(Step::Add {
            task,
            entry: entry(&pair.task, look.features.keeps()),
        }),
        (Some(_), None) => Some(Step::Miss { task }),
        (Some(_), Some(since)) if look.now.duration_since(since) >= MISSING => {
            let came = pair.came;
            Some(Step::Vanished { task, came })
        }
        (Some(_), Some(_)) => None,
    }
}

/// Whether a nameless item is that of the pair: by the address it carries, or, where a list carries none,
/// by what was about to be added.
fn is_of(pair: &Pair, item: &Item) -> bool {
    match marked(&item.description) {
        Some(task) => task == pair.task.id,
        None => {
            pair.uid.is_none()
                && item.entry.title == pair.agreed.title
                && item.entry.due == pair.agreed.due
        }
    }
}

fn of_both(features: Features, pair: &Pair, item: &Item) -> Option<Step> {
    let (task, uid, there) = (&pair.task, item.uid.clone(), item.entry.clone());
    let remove = || Step::Remove {
        task: task.id,
        uid: uid.clone(),
    };
    let is_wanted = match task.status {
        Status::Open | Status::Done => task.visible_to == Visibility::Household,
        Status::NotMine | Status::Withdrawn => false,
    };
    if !is_wanted {
        let part = Step::Part { task: task.id };
        // Where nothing can be changed an open item stays paired, or it would come back as a task.
        return match (features.removes(), there.is_done) {
            (true, _) => Some(remove()),
            (false, true) => Some(part),
            (false, false) => None,
        };
    }
    let here = entry(task, features.keeps());
    let wins = |field| {
        if task.is_edited(field) {
            Wins::Here
        } else {
            Wins::There
        }
    };
    let wins = (wins(TaskField::Title), wins(TaskField::Due));
    let wanted = settle(&here, &there, &pair.agreed, wins);
    if !features.changes() {
        if wanted.is_done && !there.is_done {
            return features.removes().then(remove);
        }
        // It says what it says.
        if wanted == here {
            return None;
        }
        return Some(Step::Settle {
            task: Box::new(task.clone()),
            uid,
            there: wanted.clone(),
            wanted,
        });
    }
    let is_settled =
        wanted == here && wanted == there && wanted == pair.agreed && pair.missing_since.is_none();
    (!is_settled).then(|| Step::Settle {
        task: Box::new(task.clone()),
        uid,
        there,
        wanted,
    })
}

#[cfg(test)]
mod tests;
