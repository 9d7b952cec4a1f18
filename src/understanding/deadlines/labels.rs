//! Days beside or below a label that says what they are for.

use crate::domain::document::Kind;
use crate::domain::finding::Evidence;
use crate::domain::obligation::Action;

use super::super::dates::DateMatch;
use super::super::lex::has;
use super::super::lines::Passage;
use super::super::paper::Paper;
use super::cues::{DISCOUNT, is_not_ours};
use super::{Duty, Facts, hour_behind, is_ahead, plain};

/// Days beside or below a label: `Fälligkeit: 15. Mai 2026`, `Due date | 4 March`.
pub(super) fn duties(paper: &Paper<'_>, facts: &Facts) -> Vec<Duty> {
    let mut found = Vec::new();
    for spot in paper.days() {
        let Some(segment) = paper.lines.segments.get(spot.segment) else {
            continue;
        };
        let before = segment
            .lexemes
            .get(..spot.found.lexemes.start)
            .unwrap_or(&[]);
        if before.iter().any(|it| it.text.chars().count() > 3) || !is_ahead(facts, spot.found.day) {
            continue;
        }
        let labels = [
            paper.lines.left_of(spot.segment),
            paper.lines.above(spot.segment),
        ];
        for label in labels.into_iter().flatten() {
            if label.lexemes.len() > 9 {
                continue;
            }
            let Some(duty) = of_label(facts, segment, label, &spot.found) else {
                continue;
            };
            found.push(duty);
            break;
        }
    }
    found
}

/// Labels that set a day, with what it is for.
const LABELS: &[(Action, &str)] = &[
    (
        Action::Pay,
        "fällig|fälligkeit|fälligkeitsdatum|zahlbar|zahlungsziel|zahlungsfrist|zahlungstermin|zahldatum|zahlungstag",
    ),
    (Action::Pay, "zu zahlen bis"),
    (Action::Pay, "due|payment date|by|due"),
    (Action::Pay, "pay by|before|on"),
    (Action::Pay, "due"),
    (
        Action::PickUp,
        "abholen|abholbar|abholung|lagert|abholfrist [bis]",
    ),
    (Action::PickUp, "letzter abholtag|tag"),
    (Action::PickUp, "collect|pick by|up"),
    (
        Action::Return,
        "rückgabe|rückgabetermin|leihfrist|leihfristende [bis]",
    ),
    (Action::Return, "return by|before"),
    (Action::Reply, "angebot|gültig|bindefrist gültig|bis"),
    (Action::Reply, "antwort|rückmeldung|um|rsvp [antwort] [bis]"),
    (
        Action::Submit,
        "abgabe|abgabefrist|abgabetermin|einreichung|einsendeschluss|einreichfrist [bis]",
    ),
    (
        Action::Object,
        "widerspruchsfrist|einspruchsfrist|rechtsmittelfrist",
    ),
];

fn of_label(facts: &Facts, segment: &Passage, label: &Passage, day: &DateMatch) -> Option<Duty> {
    let behind = segment.lexemes.get(day.lexemes.end..).unwrap_or(&[]);
    let value = segment.evidence(&day.at);
    let text = format!("{} {}", label.text, value.text);
    let place = value.at.union(&label.at);
    let evidence = Evidence {
        page: segment.page,
        text,
        at: place,
    };
    if behind.first().is_some_and(|it| it.is_one_of("-–"))
        || is_not_ours(&label.lexemes)
        || has(&label.lexemes, DISCOUNT)
    {
        return None;
    }
    let known = LABELS
        .iter()
        .find(|(_, pattern)| has(&label.lexemes, &[pattern]))
        .map(|(action, _)| *action);
    let meeting = ["termin|appointment|datum|date|wann|when|beginn|am|tag"];
    if known.is_none()
        && has(&label.lexemes, &meeting)
        && matches!(facts.kind, Some(Kind::Appointment | Kind::Invitation))
    {
        let time = hour_behind(segment.lexemes.as_slice(), day.lexemes.end)?;
        return Some(Duty {
            time: Some(time),
            confidence: 0.85,
            ..plain(Action::Attend, day.day, evidence)
        });
    }
    let known = known?;
    let is_lent = known == Action::Pay && facts.lends && facts.payable.is_none();
    let action = if is_lent { Action::Return } else { known };
    if action == Action::Reply
        && facts.kind != Some(Kind::Quote)
        && !has(&label.lexemes, &["antwort|rückmeldung|rsvp"])
    {
        return None;
    }
    let amount = match (action, facts.kind) {
        (Action::Pay, _) => facts.payable.map(|it| it.amount),
        (_, Some(Kind::Quote)) => facts.total.map(|it| it.amount),
        (_, _) => None,
    };
    let optional = matches!(action, Action::Object)
        || facts.kind == Some(Kind::Quote) && action == Action::Reply;
    Some(Duty {
        amount,
        optional,
        confidence: 0.93,
        ..plain(action, day.day, evidence)
    })
}
