//! One look at all that is shown, in one transaction.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::connect::home_assistant::{Page, Resident};
use crate::connect::mqtt::figures::{self, Diagnostics};
use crate::connect::mqtt::messages::{NEXT_MAX, Summary};
use crate::domain::document::Document;
use crate::domain::id::PersonId;
use crate::domain::service_level::{Promises, Tally};
use crate::domain::task::Task;
use crate::domain::value::Currency;
use crate::store::overview::{self, Arrival, Figures, Share, Span};
use crate::store::{self, ReadTx, backup, people, promises};

/// Entries of the journal that are looked through for what happened to documents; what lies further
/// back happened too long ago to be told as news.
const ENTRIES_MAX: u32 = 500;

/// What is looked for.
pub(super) struct Wanted {
    /// Up to where in the journal was told.
    pub(super) told: Option<u64>,
    pub(super) currency: Currency,
    pub(super) zone: TimeZone,
    pub(super) promises: Arc<Promises>,
    /// How those stood before.
    pub(super) counted: Option<Counted>,
    pub(super) page: Page,
}

/// How the promises stand: counted anew only after a change, or when time itself changes it.
#[derive(Clone, Copy)]
pub(super) struct Counted {
    sequence: u64,
    changes_at: Option<Timestamp>,
    tally: Tally,
}

impl Counted {
    fn at(tx: &ReadTx<'_>, sequence: u64, promises: &Promises) -> Result<Self, store::Error> {
        let standings = promises::standings(tx, promises)?;
        Ok(Self {
            sequence,
            changes_at: standings.changes_at,
            tally: standings.total(),
        })
    }

    /// Whether time alone has changed nothing until `now`.
    pub(super) fn holds_at(&self, now: Timestamp) -> bool {
        self.changes_at.is_none_or(|at| now < at)
    }
}

/// What was found.
pub(super) struct Look {
    pub(super) figures: Figures,
    pub(super) next: Vec<Task>,
    pub(super) people: Vec<Resident>,
    shares: Vec<Share>,
    pub(super) is_quiet: bool,
    pub(super) counted: Counted,
    queue: u64,
    backup: backup::State,
    pub(super) latest: Option<Document>,
    pub(super) arrivals: Vec<Arrival>,
    /// Up to where in the journal is told with it.
    pub(super) told: u64,
}

impl Look {
    pub(super) fn at(tx: &ReadTx<'_>, wanted: &Wanted) -> Result<Self, store::Error> {
        let today = tx.now().to_zoned(wanted.zone.clone()).date();
        let began = wanted
            .zone
            .to_ambiguous_timestamp(today.to_datetime(jiff::civil::Time::MIN));
        let span = Span {
            today,
            began: began.compatible().unwrap_or_else(|_| tx.now()),
            currency: wanted.currency,
        };
        let newest = overview::newest(tx)?;
        let counted = wanted
            .counted
            .filter(|it| it.sequence == newest && it.holds_at(tx.now()));
        let oldest = newest.saturating_sub(ENTRIES_MAX.into());
        let (told, arrivals) = match wanted.told {
            None => (newest, Vec::new()),
            Some(told) => overview::arrivals(tx, told.max(oldest), ENTRIES_MAX)?,
        };
        let people = people::list(tx)?.into_iter().map(|it| Resident {
            id: it.id,
            name: it.name,
        });
        Ok(Self {
            figures: overview::figures(tx, span)?,
            next: overview::next(tx, today, u32::try_from(NEXT_MAX).unwrap_or(1))?,
            people: people.collect(),
            shares: overview::shares(tx, today)?,
            is_quiet: overview::quiet_until(tx)?.is_some(),
            counted: match counted {
                Some(counted) => counted,
                None => Counted::at(tx, newest, &wanted.promises)?,
            },
            queue: overview::queue(tx)?,
            backup: backup::state(tx)?,
            latest: match wanted.page {
                Page::Shown => overview::latest_document(tx)?,
                Page::Hidden => None,
            },
            arrivals,
            told,
        })
    }

    pub(super) fn summary(&self, zone: &TimeZone) -> Summary {
        let next = self.next.first();
        let figures = &self.figures;
        Summary {
            open: count(figures.open),
            overdue: count(figures.overdue),
            due_today: count(figures.due_today),
            due_week: count(figures.due_week),
            inbox: count(figures.inbox),
            stuck: count(figures.stuck),
            documents_today: count(figures.documents_today),
            next_due: next.and_then(|it| it.due),
            next_due_at: next.and_then(|it| due_at(it, zone)),
            service_levels: self.counted.tally,
            quiet: self.is_quiet,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// Of everybody, also of those who have nothing to do.
    pub(super) fn shares(&self, zone: &TimeZone) -> BTreeMap<PersonId, figures::Share> {
        let share = |person: &Resident| {
            let counted = self.shares.iter().find(|it| it.person == person.id);
            let share = counted.map_or_else(figures::Share::default, |it| figures::Share {
                open: count(it.open),
                overdue: count(it.overdue),
                next_due_at: it.next_due.and_then(|it| moment(it, zone)),
            });
            (person.id, share)
        };
        self.people.iter().map(share).collect()
    }

    pub(super) fn diagnostics(&self) -> Diagnostics {
        Diagnostics {
            memory_mb: memory_megabytes(),
            queue: self.queue,
            last_backup: self.backup.good.as_ref().map(|it| it.at),
            backup_failed: self.backup.problem.is_some(),
        }
    }
}

/// The moment a task is due: its hour, else the end of its day.
fn due_at(task: &Task, zone: &TimeZone) -> Option<Timestamp> {
    let due = task.due?;
    let at = match task.due_time {
        Some(time) => due.to_datetime(time),
        None => due.at(23, 59, 59, 0),
    };
    moment(at, zone)
}

fn moment(at: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    Some(at.to_zoned(zone.clone()).ok()?.timestamp())
}

fn count(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// What the kernel says this process keeps in memory (proc(5), `VmRSS`).
fn memory_megabytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes / 1024)
}
