//! Days that a sentence names by pointing at another: `innerhalb derselben Frist`, `bis dahin`, `by
//! that date`, and so long before an appointment (`spätestens 48 Stunden vorher`).

use jiff::civil::Date;

use crate::domain::deadline::Period;
use crate::domain::deadline::counting::Count;
use crate::domain::deadline::explanation::Rule;
use crate::domain::obligation::{Action, Basis};

use super::super::dates::{Form, dates};
use super::super::lex::{Lexeme, find_any, has, match_at};
use super::super::numerals::period_at;
use super::super::paper::Paper;
use super::super::settled::is_request;
use super::cues::{action_near, is_conditional, is_not_ours};
use super::{Duty, Facts, Sentence, amount_for, is_ahead, is_right, plain};

/// Words that point at the day that was named last.
const POINTERS: &[&str] = &[
    "innerhalb|binnen|innert|in [von] derselben|selben|gleichen|dieser|genannten|vorgenannten|obigen frist|zeit|einspruchsfrist|zahlungsfrist|widerspruchsfrist",
    "innerhalb|binnen|innert|in der [oben] gleichen|selben|genannten|vorgenannten|obigen frist|zeit",
    "bis dahin",
    "bis zu|zum diesem|jenem|selben|gleichen|genannten [genannten] tag|termin|zeitpunkt|datum|stichtag",
    "within|in|during the|that|this same|said [#] [-] [day|week|month] period|time|timeframe|deadline|window",
    "within|during that|this [#] [-] [day|week|month] period|time|timeframe|window",
    "by then",
    "by that|this|the [same|above] date|deadline",
];

/// What follows from letting the day pass, which is no duty.
const CONSEQUENCES: &[&str] = &[
    "wenn|falls|sollte|sollten|sofern|if|unless|geht|liegt|erhalten|hören|haben … nicht|kein|keine|keinen|nichts|not|no|nothing",
    "haven't|don't|doesn't|hasn't",
];

/// Words that leave the reader a choice.
const CHOICES: &[&str] = &[
    "können|kannst|könnt|dürfen|gelegenheit|möglichkeit|recht|berechtigt|may|can|right|opportunity",
];

/// What is to be done until the day that was named before, where the sentence points at it.
pub(super) fn duty(facts: &Facts, sentence: &Sentence<'_>, last: &Duty) -> Option<Duty> {
    let lexemes = sentence.lexemes;
    let pointer = find_any(lexemes, POINTERS)?;
    let is_choice = has(lexemes, CHOICES);
    if has(lexemes, CONSEQUENCES) && !is_choice {
        return None;
    }
    let (action, _) = action_near(lexemes, pointer.start)?;
    let is_meant = match action {
        Action::Pay => is_request(lexemes),
        Action::Attend => false,
        Action::Object | Action::Cancel => true,
        Action::Submit
        | Action::Reply
        | Action::PickUp
        | Action::Return
        | Action::Renew
        | Action::Book => !is_not_ours(lexemes),
    };
    if !is_meant {
        return None;
    }
    let pays = action == Action::Pay;
    let words = sentence.bytes(&pointer);
    Some(Duty {
        amount: pays
            .then(|| amount_for(facts, sentence, pointer.start))
            .flatten(),
        optional: is_right(action, facts, lexemes) || is_choice && !pays,
        basis: last.basis,
        confidence: last.confidence.min(0.8),
        safe_due: last.safe_due,
        is_pointed: true,
        why: last.why.clone(),
        ..plain(action, last.due, sentence.evidence(&words))
    })
}

/// The day that a sentence names last, as what a later sentence may point at.
pub(super) fn named(paper: &Paper<'_>, facts: &Facts, sentence: &Sentence<'_>) -> Option<Duty> {
    let days = dates(sentence.lexemes, paper.style);
    let day = days.iter().rev().find(|it| {
        matches!(it.form, Form::Full | Form::DayMonth | Form::PeriodEnd) && is_ahead(facts, it.day)
    })?;
    Some(plain(Action::Reply, day.day, sentence.evidence(&day.at)))
}

/// Words before a period that is counted back.
const AT_LEAST: &[&str] = &[
    "spätestens|mindestens|bis [zu]",
    "at least",
    "no later than",
    "up to",
];

/// Words behind a period that is counted back from an appointment.
const BEFOREHAND: &[&str] = &[
    "vorher|zuvor|davor|vorab",
    "vor [dem|ihrem|deinem|diesem|dem] [vereinbarten] termin|*termin|kursbeginn|veranstaltungsbeginn|terminbeginn|beginn",
    "before|beforehand|in|prior [advance|to] [the|your] [appointment|visit|start|event]",
    "notice|ahead",
];

/// What must be said or done so long before the one appointment of the document.
pub(super) fn beforehand(
    paper: &Paper<'_>,
    facts: &Facts,
    sentence: &Sentence<'_>,
    meeting: Date,
) -> Option<Duty> {
    let lexemes = sentence.lexemes;
    if lexemes.iter().any(|it| it.is_mark('%')) {
        return None;
    }
    let (period, at, end) = (0..lexemes.len()).find_map(|at| {
        let (period, end) = period_at(lexemes, at).or_else(|| hours_at(lexemes, at))?;
        let is_behind = BEFOREHAND
            .iter()
            .any(|it| match_at(lexemes, end, it).is_some());
        let before = lexemes.get(at.saturating_sub(3)..at).unwrap_or(&[]);
        (is_behind && has(before, AT_LEAST)).then_some((period, at, end))
    })?;
    let action = match action_near(lexemes, at)?.0 {
        it @ (Action::Reply | Action::Cancel | Action::Submit | Action::Book) => it,
        Action::Pay
        | Action::Object
        | Action::Attend
        | Action::PickUp
        | Action::Return
        | Action::Renew => return None,
    };
    let counted = Count::from(Rule::Period, meeting, &paper.region).back(period)?;
    let due = counted.day();
    is_ahead(facts, due).then(|| Duty {
        optional: action == Action::Cancel || is_conditional(lexemes),
        basis: Basis::Relative,
        confidence: 0.82,
        why: Some(counted.end()),
        ..plain(action, due, sentence.evidence(&sentence.bytes(&(at..end))))
    })
}

/// Whole days that are said in hours: `48 Stunden`.
fn hours_at(lexemes: &[Lexeme], at: usize) -> Option<(Period, usize)> {
    let hours = lexemes.get(at)?.number()?;
    let end = match_at(lexemes, at + 1, "stunden|std|hours|hrs")?;
    let days = u16::try_from(hours / 24).ok()?;
    (hours % 24 == 0 && days > 0).then_some((Period::days(days), end))
}
