//! Last days that a document sets, from its sentences, its labels and its tables.
//!
//! Three ways of saying are read: a day with a word before it that makes it a last day (`bis`,
//! `by`), a period with the day from which it is counted ([`periods`]), and the term of a contract
//! with its notice ([`contracts`]). What a day is for is told by the nearest word for an action.

pub mod contracts;
mod cues;
mod labels;
mod month_ends;
mod periods;
pub mod phrase;
mod pointers;
pub mod remedies;
mod rows;
mod series;

use std::ops::Range;

use jiff::ToSpan;
use jiff::civil::{Date, Time};

use crate::domain::deadline::explanation::{Explanation, Reason, Rule, Step};
use crate::domain::document::Kind;
use crate::domain::finding::Evidence;
use crate::domain::obligation::{Action, Alternative, Basis};
use crate::domain::value::{Amount, Money};

use super::amounts;
use super::dates::{DateMatch, Form, Style, dates, span_at, time_near};
use super::lex::{Lexeme, has};
use super::lines::{Passage, sentences};
use super::paper::Paper;
use cues::{
    DISCOUNT, Marker, action_near, comes_again, falls_due, is_conditional, is_not_ours,
    marker_before,
};
use rows::{hour_before, is_term_end, labelled_row};

/// What is known about the document before its days are judged.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The day it carries; else the day it arrived.
    pub issued: Date,
    /// Whether the day it carries is known.
    pub is_issued_known: bool,
    /// The day it arrived, where a person said so (the day on the envelope).
    pub arrived: Option<Date>,
    /// What sort of document it is.
    pub kind: Option<Kind>,
    /// What is to be paid.
    pub payable: Option<Money>,
    /// What it adds up to.
    pub total: Option<Money>,
    /// How its days are read.
    pub style: Style,
    /// Whether an authority wrote it, so that public-law periods count.
    pub is_official: bool,
    /// Whether it is about things that are lent.
    pub lends: bool,
}

/// A last day for doing something.
#[derive(Clone, Debug)]
pub struct Duty {
    /// What.
    pub action: Action,
    /// Until when.
    pub due: Date,
    /// At what hour.
    pub time: Option<Time>,
    /// How much.
    pub amount: Option<Amount>,
    /// Whether it is a right.
    pub optional: bool,
    /// How the day was found.
    pub basis: Basis,
    /// 0 to 1.
    pub confidence: f32,
    /// Where it stands.
    pub evidence: Evidence,
    /// Other days and amounts that do too.
    pub alternatives: Vec<Alternative>,
    /// The earliest day that may be meant.
    pub safe_due: Option<Date>,
    /// Whether it is one of several payments that are all to be made.
    pub is_instalment: bool,
    /// Whether its sentence names no day and points at that of another.
    pub is_pointed: bool,
    /// Why it is that day.
    pub why: Option<Explanation>,
}

/// One sentence with its place.
#[derive(Clone, Copy)]
pub(super) struct Sentence<'a> {
    passage: &'a Passage,
    lexemes: &'a [Lexeme],
}

impl Sentence<'_> {
    /// The bytes of these lexemes of it.
    fn bytes(&self, lexemes: &Range<usize>) -> Range<usize> {
        let inside = self.lexemes.get(lexemes.clone()).unwrap_or(&[]);
        let start = inside.first().map_or(0, |it| it.at.start);
        start..inside.last().map_or(start, |it| it.at.end)
    }

    /// The sentence around some of its bytes: all of it, or of a long one the part nearby.
    fn evidence(&self, around: &Range<usize>) -> Evidence {
        let near = |it: &&Lexeme| it.at.start + 170 > around.start && it.at.end < around.end + 130;
        let start = self
            .lexemes
            .iter()
            .find(near)
            .map_or(around.start, |it| it.at.start);
        let end = self
            .lexemes
            .iter()
            .rev()
            .find(near)
            .map_or(around.end, |it| it.at.end);
        self.passage
            .evidence(&(start.min(around.start)..end.max(around.end)))
    }
}

/// Every last day of the document.
pub fn duties(paper: &Paper<'_>, facts: &Facts) -> Vec<Duty> {
    let mut found = Vec::new();
    // What a later sentence may point at.
    let mut last: Option<Duty> = None;
    let continued = paper.lines.continued();
    for passage in paper.lines.paragraphs.iter().chain(&continued) {
        for range in sentences(passage) {
            let lexemes = passage.lexemes.get(range).unwrap_or(&[]);
            let sentence = Sentence { passage, lexemes };
            let of_sentence = of_sentence(paper, facts, &sentence);
            if of_sentence.is_empty()
                && let Some(last) = &last
            {
                found.extend(pointers::duty(facts, &sentence, last));
            }
            let counted = of_sentence.iter().rev().find(|it| it.confidence > 0.0);
            let named = counted.cloned();
            last = named
                .or_else(|| pointers::named(paper, facts, &sentence))
                .or(last);
            found.extend(of_sentence);
        }
    }
    found.extend(labels::duties(paper, facts));
    found.extend(series::of_rows(paper, facts));
    found.extend(before_meeting(paper, facts, &found));
    found
}

fn of_sentence(paper: &Paper<'_>, facts: &Facts, sentence: &Sentence<'_>) -> Vec<Duty> {
    let mut found = series::duties(paper, facts, sentence);
    if found.is_empty() {
        found = of_days(paper, facts, sentence);
        found.extend(periods::duties(paper, facts, sentence));
        found.extend(month_ends::duty(paper, facts, sentence));
    }
    found
}

/// What must be done so long before the appointment, where the document has one.
fn before_meeting(paper: &Paper<'_>, facts: &Facts, found: &[Duty]) -> Vec<Duty> {
    let mut meetings = found.iter().filter(|it| it.action == Action::Attend);
    let Some(meeting) = meetings.next().map(|it| it.due) else {
        return Vec::new();
    };
    if meetings.any(|it| it.due != meeting) {
        return Vec::new();
    }
    let mut duties = Vec::new();
    for passage in &paper.lines.paragraphs {
        for range in sentences(passage) {
            let lexemes = passage.lexemes.get(range).unwrap_or(&[]);
            let sentence = Sentence { passage, lexemes };
            duties.extend(pointers::beforehand(paper, facts, &sentence, meeting));
        }
    }
    duties
}

/// Days of a sentence with what stands before and behind them.
fn of_days(paper: &Paper<'_>, facts: &Facts, sentence: &Sentence<'_>) -> Vec<Duty> {
    let mut found: Vec<Duty> = Vec::new();
    let days = dates(sentence.lexemes, paper.style);
    let mut carried: Option<(Action, usize)> = None;
    for (index, day) in days.iter().enumerate() {
        let spans =
            |first: &DateMatch, last: &DateMatch| rows::is_span(sentence.lexemes, first, last);
        let next = days.get(index + 1);
        let before = index.checked_sub(1).and_then(|it| days.get(it));
        let ends_time = before.is_some_and(|first| {
            spans(first, day) && rows::is_of_time(sentence.lexemes, first.lexemes.start)
        });
        if ends_time || next.is_some_and(|next| spans(day, next)) {
            continue;
        }
        let duty = of_day(
            facts,
            sentence,
            day,
            carried
                .filter(|(_, end)| is_list(sentence, *end, day.lexemes.start))
                .map(|(it, _)| it),
        );
        if let Some(mut duty) = duty {
            if let Some((action, end)) = carried
                && action == duty.action
                && (is_list(sentence, end, day.lexemes.start)
                    || is_rest(
                        facts,
                        sentence,
                        end..day.lexemes.start,
                        (found.as_slice(), &mut duty),
                    ))
            {
                duty.is_instalment = true;
                if let Some(first) = found.last_mut() {
                    first.is_instalment = true;
                }
            }
            carried = Some((duty.action, day.lexemes.end));
            found.push(duty);
        }
    }
    shared(facts, sentence, &mut found);
    found
}

/// Words that share what is to be paid among the days of a list.
const SHARES: &[&str] = &[
    "je|jeweils [zu|zur|mit] [der] hälfte|hälftig",
    "je|jeweils [mit|zu] einem|ein|1 viertel|drittel",
    "in|zu [#] [zwei|drei|vier] gleichen|gleichhohen raten|teilen|teilbeträgen",
    "in [#] [two|three|four] equal instalments|installments|payments|parts",
];

/// `je zur Hälfte am 1. März und am 1. September`: each day its share.
fn shared(facts: &Facts, sentence: &Sentence<'_>, found: &mut [Duty]) {
    let is_part = |it: &Duty| it.action == Action::Pay && it.is_instalment;
    let parts = found.iter().filter(|it| is_part(it)).count();
    let count = i64::try_from(parts).unwrap_or(0);
    let whole = facts.payable.or(facts.total);
    let (Some(whole), true) = (whole, count > 1 && has(sentence.lexemes, SHARES)) else {
        return;
    };
    let share = Amount::from_hundredths(whole.amount.hundredths() / count);
    for part in found.iter_mut().filter(|it| is_part(it)) {
        part.amount = Some(share);
    }
}

/// Whether only list words stand between two days (`15.02., 15.05. und 15.08.`).
fn is_list(sentence: &Sentence<'_>, end: usize, start: usize) -> bool {
    let between = sentence.lexemes.get(end..start).unwrap_or(&[]);
    between.len() <= 4
        && between.iter().all(|it| {
            it.is_one_of(",/&")
                || matches!(
                    it.text.as_str(),
                    "und" | "and" | "sowie" | "am" | "zum" | "on"
                )
        })
}

/// Whether a day is that of the rest: `a deposit of £40 by 6 February and the balance by 20 March`. Then
/// the rest is what the deposit leaves of what is to be paid, if that is known.
fn is_rest(
    facts: &Facts,
    sentence: &Sentence<'_>,
    between: Range<usize>,
    (found, duty): (&[Duty], &mut Duty),
) -> bool {
    let between = sentence.lexemes.get(between).unwrap_or(&[]);
    let rest = ["balance|remainder|rest|restbetrag|restzahlung|restliche*|remaining"];
    if duty.action != Action::Pay || !has(between, &rest) {
        return false;
    }
    let whole = facts
        .payable
        .or(facts.total)
        .map(|it| it.amount.hundredths());
    let paid = found.iter().rev().find(|it| it.action == Action::Pay);
    let paid = paid.and_then(|it| it.amount).map(Amount::hundredths);
    let named = amounts::money(between, facts.style).into_iter().next();
    let left = whole
        .zip(paid)
        .map(|(whole, paid)| whole - paid)
        .filter(|it| *it > 0);
    duty.amount = named
        .map(|it| it.amount)
        .or(left.map(Amount::from_hundredths));
    true
}

/// Whether a day can be a last day at all: after the document's own, within three years.
pub fn is_ahead(facts: &Facts, day: Date) -> bool {
    day > facts.issued && day <= facts.issued.saturating_add(3.years())
}

fn of_day(
    facts: &Facts,
    sentence: &Sentence<'_>,
    day: &DateMatch,
    carried: Option<Action>,
) -> Option<Duty> {
    let due = day.day;
    if !is_ahead(facts, due) || matches!(day.form, Form::Relative | Form::Weekday) {
        return None;
    }
    let whole = sentence;
    let time = hour_behind(whole.lexemes, day.lexemes.end);
    let (sentence, day) = &labelled_row(whole, day);
    let lexemes = sentence.lexemes;
    let time = time.or_else(|| hour_before(lexemes, day));
    let evidence = sentence.evidence(&day.at);
    let marker = marker_before(lexemes, day.lexemes.start)
        .or_else(|| falls_due(lexemes, &day.lexemes).then_some(Marker::By));
    if goes_back(facts, lexemes, day.lexemes.start) {
        return Some(plain(Action::PickUp, due, evidence));
    }
    if let (None, Some(time)) = (marker, time)
        && !is_not_ours(whole.lexemes)
        && is_meeting(facts, whole)
    {
        return Some(Duty {
            time: Some(time),
            confidence: 0.9,
            ..plain(Action::Attend, due, evidence)
        });
    }
    let near = action_near(lexemes, day.lexemes.start);
    if has(lexemes, DISCOUNT) && !matches!(near, Some((Action::Object, 0..=6))) {
        return marker.and_then(|_| early(facts, sentence, due, evidence));
    }
    let (action, distance) = match (marker, carried) {
        (None, Some(action)) => (action, 0),
        (None, None) => return None,
        (Some(marker), _) => what_for(facts, sentence, day, marker)?,
    };
    if action == Action::Cancel && is_term_end(lexemes, day.lexemes.start) {
        return None;
    }
    if is_not_ours(lexemes) && !matches!(action, Action::Object | Action::Cancel | Action::PickUp) {
        return None;
    }
    let why = why(day, facts, marker)?;
    let due = why.result;
    let closeness = match distance {
        0..=6 => 0.95,
        7..=14 => 0.9,
        15..=25 => 0.82,
        _ => 0.7,
    };
    let optional = is_right(action, facts, lexemes);
    let amount = match (action, facts.kind) {
        (Action::Pay, _) => amount_for(facts, sentence, day.lexemes.start),
        (Action::Reply, Some(Kind::Quote)) => facts.total.map(|it| it.amount),
        (_, _) => None,
    };
    Some(Duty {
        optional,
        amount,
        confidence: closeness,
        is_instalment: action == Action::Pay && comes_again(lexemes, day.lexemes.start),
        why: Some(why),
        ..plain(action, due, evidence)
    })
}

/// `Nach dem 13.06.2026 geht die Sendung zurück`: until then it can be fetched.
fn goes_back(facts: &Facts, lexemes: &[Lexeme], day: usize) -> bool {
    let before = lexemes.get(day.saturating_sub(2)..day).unwrap_or(&[]);
    facts.kind == Some(Kind::Parcel)
        && has(before, &["nach [dem]", "after"])
        && has(
            lexemes,
            &["absender|zurück|zurückgesendet|zurückgesandt|rücksendung|sender|returned|return"],
        )
}

/// Whether doing it is a right, by what it is and how the sentence puts it.
fn is_right(action: Action, facts: &Facts, lexemes: &[Lexeme]) -> bool {
    match action {
        Action::Object | Action::Cancel => true,
        Action::Reply | Action::Submit | Action::Book => {
            is_conditional(lexemes) || facts.kind == Some(Kind::Quote)
        }
        Action::Return => is_conditional(lexemes) && facts.kind != Some(Kind::Letter),
        Action::Pay | Action::Attend | Action::PickUp | Action::Renew => false,
    }
}

/// Why a day that is named is the last one: it is printed, or it ends a month or a year; and what
/// must be done before a day ends the day before.
fn why(day: &DateMatch, facts: &Facts, marker: Option<Marker>) -> Option<Explanation> {
    let mut why = Explanation::printed(day.day);
    if day.form == Form::PeriodEnd {
        (why.rule, why.start) = (Rule::Calendar, facts.issued);
    }
    if marker == Some(Marker::Before) {
        let to = day.day.yesterday().ok()?;
        why.steps.push(Step {
            reason: Reason::DayBefore,
            law: String::new(),
            to,
        });
        why.result = to;
    }
    Some(why)
}

/// A day until which paying costs less: an alternative, carried by a duty of no weight of its own.
fn early(facts: &Facts, sentence: &Sentence<'_>, due: Date, evidence: Evidence) -> Option<Duty> {
    let payable = facts.payable?.amount;
    let named = amounts::money(sentence.lexemes, facts.style).into_iter();
    let amount = named
        .map(|it| it.amount)
        .filter(|it| *it < payable && it.hundredths() > 0)
        .max()?;
    let alternative = Alternative {
        due,
        amount: Some(amount),
    };
    Some(Duty {
        alternatives: vec![alternative],
        confidence: 0.0,
        ..plain(Action::Pay, due, evidence)
    })
}

/// A duty with nothing but its day.
pub fn plain(action: Action, due: Date, evidence: Evidence) -> Duty {
    Duty {
        action,
        due,
        time: None,
        amount: None,
        optional: false,
        basis: Basis::Explicit,
        confidence: 0.9,
        evidence,
        alternatives: Vec::new(),
        safe_due: None,
        is_instalment: false,
        is_pointed: false,
        why: Some(Explanation::printed(due)),
    }
}

/// The hour that belongs to a day: directly behind it.
fn hour_behind(lexemes: &[Lexeme], end: usize) -> Option<Time> {
    let behind = lexemes.get(end..lexemes.len().min(end + 8)).unwrap_or(&[]);
    let spans = (end..end + 4).find_map(|it| span_at(lexemes, it));
    let time = spans.or_else(|| time_near(behind, 0).map(|(time, _)| time))?;
    (time != Time::midnight()).then_some(time)
}

/// Whether a day with an hour is one to be somewhere.
fn is_meeting(facts: &Facts, sentence: &Sentence<'_>) -> bool {
    let by_kind = matches!(
        facts.kind,
        Some(Kind::Appointment | Kind::Invitation | Kind::Medical)
    );
    let words = [
        "termin|terminvorschlag|*termin|findet|finden|statt|einlad*|laden|versammlung|erscheinen|vorladung|vorsprache|untersuchung|appointment|meeting|hearing|attend|invite*|sitzung|besprechung|treffen|feier*|sprechstunde|ablesung|besichtigung|visit|interview|geladen|beweisaufnahme|*verhandlung|gütetermin|sitzungssaal|anhörungstermin|courtroom|court|jury|aufnahmetag|aufnahmetermin|eingriff|vorsprechen",
        "kommen sie",
        "come to",
    ];
    let none = [
        "geöffnet|öffnungszeiten|open|zugestellt|zustellung|delivery|delivered|between|zwischen|erstellt|gesendet|sent|printed|versand*",
    ];
    let visit = [
        "techniker*|monteur*|ableser*|*schornsteinfeger*|kaminkehrer*|*überprüfung|ablesung|besichtigung|begehung|zählerwechsel|zählertausch|technician|engineer|surveyor|inspection",
    ];
    let is_visit = has(sentence.lexemes, &visit);
    (is_visit || !has(sentence.lexemes, &none))
        && facts.kind != Some(Kind::Advertisement)
        && facts.kind != Some(Kind::Receipt)
        && (by_kind || is_visit || has(sentence.lexemes, &words))
}

/// What a last day is for.
fn what_for(
    facts: &Facts,
    sentence: &Sentence<'_>,
    day: &DateMatch,
    marker: Marker,
) -> Option<(Action, usize)> {
    let renewable = ["can|may|kann|können … renewed|extended|verlängert"];
    if has(sentence.lexemes, &renewable) {
        return None;
    }
    let near = action_near(sentence.lexemes, day.lexemes.start);
    match marker {
        Marker::Valid if facts.kind == Some(Kind::Quote) => Some((Action::Reply, 3)),
        Marker::Valid => None,
        Marker::Expiry => {
            let document = [
                "*ausweis|*ausweises|reisepass|pass|passport|führerschein|licence|license|karte|card|permit|visum|aufenthaltstitel|parkausweis|tüv|hauptuntersuchung|mot|abonnement|registration|zulassung|plakette|rezept|prescription|certificate|zertifikat",
            ];
            has(sentence.lexemes, &document).then_some((Action::Renew, 2))
        }
        Marker::By | Marker::Before => match near {
            Some((Action::Attend, distance)) => Some((Action::Reply, distance + 8)),
            // A parcel that goes back to its sender is fetched, not sent.
            Some((Action::Return, distance)) if facts.kind == Some(Kind::Parcel) => {
                Some((Action::PickUp, distance))
            }
            // What is lent is due back, and costs nothing.
            Some((Action::Pay, distance)) if facts.lends && facts.payable.is_none() => {
                Some((Action::Return, distance))
            }
            Some(found) => Some(found),
            None if facts.kind == Some(Kind::Quote) => Some((Action::Reply, 12)),
            None => None,
        },
    }
}

/// How much is to be paid by a day: what the sentence says, else what the letter asks for.
pub(super) fn amount_for(facts: &Facts, sentence: &Sentence<'_>, at: usize) -> Option<Amount> {
    let payable = facts.payable.map(|it| it.amount);
    let named: Vec<_> = amounts::money(sentence.lexemes, facts.style)
        .into_iter()
        .filter(|it| it.amount.hundredths() > 0)
        .collect();
    // What is paid by an early day is not what is paid by the last one.
    if payable.is_some() && has(sentence.lexemes, DISCOUNT) {
        return payable;
    }
    if payable.is_some_and(|payable| named.iter().any(|it| it.amount == payable)) {
        return payable;
    }
    if payable.is_some()
        && has(
            sentence.lexemes,
            &["mahngebühr*|verzugszinsen|zuzüglich|gebühr|fee|interest|charge"],
        )
    {
        return payable;
    }
    let nearest = named.iter().min_by_key(|it| it.lexemes.start.abs_diff(at));
    nearest.map(|it| it.amount).or(payable)
}
