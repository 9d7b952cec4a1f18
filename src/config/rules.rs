//! `[[service_level]]` and `[[ladder]]`: what a household promises itself, and how it wants to be
//! reminded. Each entry is a few lines of words, checked when the file is read.

use jiff::civil::Time;
use serde::{Deserialize, Serialize};

use crate::domain::deadline::{Period, Unit};
use crate::domain::document::Kind;
use crate::domain::ladder::{Choice, Ladder, Ladders, Raise, Rung};
use crate::domain::priority::Priority;
use crate::domain::reminder::Level;
use crate::domain::service_level::{Act, Limit, ServiceLevel};

/// What is wrong with an entry, and what would be right.
type Wrong = String;

/// `[[service_level]]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Promise {
    /// What the household calls it.
    pub name: String,
    /// About documents of these kinds; of any if there are none.
    pub kinds: Vec<String>,
    /// About tasks with one of these labels.
    pub labels: Vec<String>,
    /// From one of these senders; from anybody if there are none.
    pub senders: Vec<String>,
    /// `looked_at` or `done`.
    pub act: String,
    /// `2 working days after arrival`, `3 days before due`.
    pub limit: String,
    /// Days at its end, the last one included, in which it is at risk.
    pub risk_days: u16,
}

/// `[[ladder]]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rungs {
    /// What the household calls it.
    pub name: String,
    /// `invoice`, `critical`, `invoice critical`: kinds, priorities, or both.
    #[serde(rename = "for")]
    pub climbed_by: Vec<String>,
    /// `7 info`, `1 urgent 18:00`: days before the due day, how loud, and at another hour.
    pub rungs: Vec<String>,
    /// Days after the due day on which it is spoken about daily.
    pub overdue_days: u16,
    /// Rungs from this level on are raised.
    pub raised_from: String,
    /// `120 louder`: minutes without an answer, and who is told then.
    pub raises: Vec<String>,
}

/// The promises of a household that says nothing.
pub fn usual_promises() -> Vec<Promise> {
    let promise = |name: &str, kinds: &[Kind], act: Act, limit: &str| Promise {
        name: name.to_owned(),
        kinds: kinds.iter().map(ToString::to_string).collect(),
        act: act.to_string(),
        limit: limit.to_owned(),
        risk_days: 1,
        ..Promise::default()
    };
    let notices = [Kind::OfficialNotice, Kind::Fine, Kind::Tax];
    let bills = [Kind::Invoice, Kind::PaymentReminder];
    vec![
        promise(
            "official notices",
            &notices,
            Act::LookedAt,
            "2 working days after arrival",
        ),
        promise("bills", &bills, Act::Done, "3 days before due"),
    ]
}

/// The ladders of a household that says nothing.
pub fn usual_ladders() -> Vec<Rungs> {
    let texts = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect();
    let ladder = |name: &str, climbed_by: &[&str], rungs: &[&str], overdue_days| Rungs {
        name: name.to_owned(),
        climbed_by: texts(climbed_by),
        rungs: texts(rungs),
        overdue_days,
        raised_from: Level::Urgent.to_string(),
        raises: texts(&["120 louder", "600 second", "720 everyone"]),
    };
    let standard = ["7 info", "2 warning", "1 urgent", "0 urgent"];
    let firm = [
        "14 warning",
        "7 warning",
        "3 urgent",
        "2 urgent",
        "1 urgent",
        "0 urgent",
    ];
    vec![
        ladder(STANDARD, &[], &standard, 30),
        Rungs {
            raises: Vec::new(),
            ..ladder(
                "gentle",
                &["low", "advertisement"],
                &["3 info", "0 warning", "-7 warning"],
                0,
            )
        },
        ladder("firm", &["critical"], &firm, 30),
    ]
}

/// The ladder of every task that no other one is for.
const STANDARD: &str = "standard";

/// The promises, understood.
pub fn promises(entries: &[Promise]) -> Result<Vec<ServiceLevel>, Wrong> {
    entries.iter().map(promise).collect()
}

fn promise(entry: &Promise) -> Result<ServiceLevel, Wrong> {
    let name = entry.name.trim();
    if name.is_empty() {
        return Err("each needs a name".to_owned());
    }
    let wrong = |reason: String| format!("{name}: {reason}");
    let kinds = entry.kinds.iter().map(|it| it.parse::<Kind>());
    let kinds: Result<Vec<Kind>, _> = kinds.collect();
    let act: Act = entry
        .act
        .parse()
        .map_err(|it| wrong(format!("act: {it}")))?;
    if act == Act::LookedAt && !entry.labels.is_empty() {
        let reason = "labels belong to tasks, and a task is done: act = \"done\"";
        return Err(wrong(reason.to_owned()));
    }
    Ok(ServiceLevel {
        name: name.to_owned(),
        kinds: kinds.map_err(|it| wrong(format!("kinds: {it}")))?,
        labels: entry.labels.clone(),
        senders: entry.senders.clone(),
        act,
        limit: limit(&entry.limit).ok_or_else(|| {
            wrong(format!(
                "limit: `{}` is not like `2 working days after arrival` or `3 days before due`",
                entry.limit
            ))
        })?,
        risk_days: entry.risk_days.max(1),
    })
}

fn limit(text: &str) -> Option<Limit> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (count, rest) = words.split_first()?;
    let (unit, rest) = match rest {
        ["working", "day" | "days", rest @ ..] => (Unit::WorkingDay, rest),
        ["day" | "days", rest @ ..] => (Unit::Day, rest),
        ["week" | "weeks", rest @ ..] => (Unit::Week, rest),
        ["month" | "months", rest @ ..] => (Unit::Month, rest),
        _ => return None,
    };
    let count = count.parse().ok().filter(|it| *it <= 1000)?;
    let period = Period { count, unit };
    match rest {
        ["after", "arrival"] => Some(Limit::AfterArrival(period)),
        ["before", "due"] => Some(Limit::BeforeDue(period)),
        _ => None,
    }
}

/// The ladders, understood: those in the file, and of the usual ones those that no entry replaces by
/// its name.
pub fn ladders(entries: &[Rungs], morning: Time) -> Result<Ladders, Wrong> {
    let mut chosen: Vec<&str> = entries
        .iter()
        .flat_map(|it| it.climbed_by.iter().map(|it| it.trim()))
        .collect();
    chosen.sort_unstable();
    if let Some(twice) = chosen.windows(2).find(|it| it.first() == it.last()) {
        return Err(format!("two are for `{}`", twice.join("` and `")));
    }
    let usual = usual_ladders();
    let is_kept = |it: &&Rungs| !entries.iter().any(|entry| entry.name.trim() == it.name);
    let all = usual.iter().filter(is_kept).chain(entries);
    let (mut standard, mut others, mut choices) = (None, Vec::new(), Vec::new());
    for entry in all {
        let name = entry.name.trim();
        let ladder = ladder(entry, morning).map_err(|reason| format!("{name}: {reason}"))?;
        for words in &entry.climbed_by {
            choices.push(choice(words, name).map_err(|reason| format!("{name}: {reason}"))?);
        }
        if name == STANDARD && standard.is_none() {
            standard = Some(ladder);
        } else {
            others.push(ladder);
        }
    }
    let standard = standard.unwrap_or_else(|| Ladder::standard(morning));
    Ladders::new(standard, others, choices).map_err(|error| error.to_string())
}

fn ladder(entry: &Rungs, morning: Time) -> Result<Ladder, Wrong> {
    let mut rungs = Vec::with_capacity(entry.rungs.len());
    for text in &entry.rungs {
        rungs.push(rung(text).ok_or_else(|| {
            format!("rungs: `{text}` is not like `7 info` or `1 urgent 18:00` (levels: {LEVELS})")
        })?);
    }
    let overdue = (1..=i32::from(entry.overdue_days)).map(|day| Rung {
        days_before: -day,
        level: Level::Overdue,
        hour: None,
    });
    rungs.extend(overdue);
    let from = entry.raised_from.parse::<Level>();
    let from = from.map_err(|it| format!("raised_from: {it}"))?;
    let mut raises = Vec::with_capacity(entry.raises.len());
    for text in &entry.raises {
        raises.push(raise(text).ok_or_else(|| {
            format!("raises: `{text}` is not like `120 louder` (then: louder, second, everyone)")
        })?);
    }
    let ladder = Ladder::new(&entry.name, rungs, morning).map_err(|it| it.to_string())?;
    ladder.raised(from, raises).map_err(|it| it.to_string())
}

const LEVELS: &str = "info, warning, urgent, overdue";

fn rung(text: &str) -> Option<Rung> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (days, level, hour) = match words.as_slice() {
        [days, level] => (days, level, None),
        [days, level, hour] => (days, level, Some(hour.parse().ok()?)),
        _ => return None,
    };
    Some(Rung {
        days_before: days.parse().ok()?,
        level: level.parse().ok()?,
        hour,
    })
}

fn raise(text: &str) -> Option<Raise> {
    let (minutes, reach) = text.trim().split_once(' ')?;
    Some(Raise {
        after_minutes: minutes.parse().ok()?,
        reach: reach.trim().parse().ok()?,
    })
}

fn choice(words: &str, ladder: &str) -> Result<Choice, Wrong> {
    let mut choice = Choice {
        kind: None,
        priority: None,
        ladder: ladder.to_owned(),
    };
    for word in words.split_whitespace() {
        match (word.parse::<Kind>(), word.parse::<Priority>()) {
            (Ok(kind), _) if choice.kind.is_none() => choice.kind = Some(kind),
            (_, Ok(priority)) if choice.priority.is_none() => choice.priority = Some(priority),
            (Ok(_), _) | (_, Ok(_)) => {
                return Err(format!("for: `{words}` names two of the same sort"));
            }
            (Err(kinds), Err(priorities)) => {
                return Err(format!(
                    "for: `{word}` is no kind ({}) and no priority ({})",
                    kinds.known, priorities.known
                ));
            }
        }
    }
    if choice.kind.is_none() && choice.priority.is_none() {
        return Err("for: a kind, a priority or both".to_owned());
    }
    Ok(choice)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MORNING: Time = Time::constant(8, 0, 0, 0);

    #[test]
    fn what_is_written_out_is_what_is_built_in() {
        let written = ladders(&usual_ladders(), MORNING).unwrap();
        assert_eq!(written, Ladders::standard(MORNING));
        assert_eq!(ladders(&[], MORNING).unwrap(), written);
    }

    #[test]
    fn a_ladder_of_ones_own_stands_beside_the_usual_ones() {
        let bills = Rungs {
            name: "bills".to_owned(),
            climbed_by: vec!["invoice".to_owned(), "invoice critical".to_owned()],
            rungs: vec!["0 urgent".to_owned(), "3 info 18:00".to_owned()],
            raised_from: "urgent".to_owned(),
            ..Rungs::default()
        };
        let ladders = ladders(std::slice::from_ref(&bills), MORNING).unwrap();
        let of = |kind, priority| ladders.of(kind, priority).name();
        assert_eq!(of(Some(Kind::Invoice), Priority::Medium), "bills");
        assert_eq!(of(Some(Kind::Invoice), Priority::Critical), "bills");
        assert_eq!(of(Some(Kind::Letter), Priority::Critical), "firm");
        assert_eq!(of(None, Priority::Medium), "standard");
        let rungs = ladders.named("bills").unwrap().rungs();
        let days: Vec<_> = rungs.iter().map(|it| it.days_before).collect();
        assert_eq!(days, [3, 0]);
        let hour = rungs.first().and_then(|it| it.hour);
        assert_eq!(hour, Some(Time::constant(18, 0, 0, 0)));
    }

    #[test]
    fn a_ladder_that_nobody_can_climb_is_refused_with_a_reason() {
        let right = Rungs {
            name: "bills".to_owned(),
            raised_from: "urgent".to_owned(),
            ..Rungs::default()
        };
        let refused = |wrong: Rungs| ladders(&[wrong], MORNING).unwrap_err();
        let list = |text: &str| vec![text.to_owned()];
        let reason = refused(Rungs {
            rungs: list("soon loud"),
            ..right.clone()
        });
        assert!(reason.starts_with("bills: rungs: `soon loud`"), "{reason}");
        let reason = refused(Rungs {
            raises: list("120 shouting"),
            ..right.clone()
        });
        assert!(reason.starts_with("bills: raises: `120"), "{reason}");
        let reason = refused(Rungs {
            climbed_by: list("bill"),
            ..right.clone()
        });
        assert!(reason.contains("`bill` is no kind (invoice,"), "{reason}");
        let reason = refused(Rungs {
            raised_from: "loud".to_owned(),
            ..right.clone()
        });
        assert!(reason.starts_with("bills: raised_from"), "{reason}");
        let twice = [right.clone(), right];
        let reason = ladders(&twice, MORNING).unwrap_err();
        assert_eq!(reason, "there are two ladders named `bills`");
    }

    #[test]
    fn a_promise_is_understood_or_refused_with_a_reason() {
        let levels = promises(&usual_promises()).unwrap();
        let limits: Vec<Limit> = levels.iter().map(|it| it.limit).collect();
        let working = Period {
            count: 2,
            unit: Unit::WorkingDay,
        };
        let due = Limit::BeforeDue(Period::days(3));
        assert_eq!(limits, [Limit::AfterArrival(working), due]);
        let notices = usual_promises().swap_remove(0);
        let refused = |wrong| promises(&[wrong]).unwrap_err();
        let reason = refused(Promise {
            limit: "soon".to_owned(),
            ..notices.clone()
        });
        assert!(reason.contains("`soon` is not like"), "{reason}");
        let reason = refused(Promise {
            labels: vec!["car".to_owned()],
            ..notices.clone()
        });
        assert!(reason.contains("labels belong to tasks"), "{reason}");
        let reason = refused(Promise {
            kinds: vec!["notice".to_owned()],
            ..notices
        });
        assert!(reason.starts_with("official notices: kinds:"), "{reason}");
    }
}
