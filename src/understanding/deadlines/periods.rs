//! Periods and the day from which they are counted: `innerhalb von 14 Tagen nach Rechnungsdatum`,
//! `30 days net`, `binnen zwei Wochen ab Zugang`, `innerhalb eines Monats nach Bekanntgabe`.

use std::ops::Range;

use jiff::ToSpan;

use crate::domain::deadline::counting::Count;
use crate::domain::deadline::explanation::{Caution, Explanation, Rule};
use crate::domain::deadline::statutory::{
    Arrival, Deadline, Remedy, Way, fiction_days, fine_payment,
};
use crate::domain::deadline::{Period, Unit};
use crate::domain::document::Kind;
use crate::domain::obligation::{Action, Alternative, Basis};
use crate::domain::value::Amount;

use super::super::amounts;
use super::super::lex::{Lexeme, has, match_at};
use super::super::numerals::period_at;
use super::super::paper::Paper;
use super::cues::{DISCOUNT, action_near, is_conditional, is_not_ours, marker_before};
use super::{Duty, Facts, Sentence, amount_for, dates, plain};
use super::{contracts, remedies};

/// Days that a private letter needs until it is received, where a period runs from receipt.
const POST_DAYS: u16 = 3;
/// The same of a letter from a German authority.
const OFFICIAL_POST_DAYS: u16 = 4;

/// From when a period is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// The document's own day.
    Issue,
    /// That day is the first of the period.
    IssueItself,
    /// When the letter arrives.
    Receipt,
    /// When an act is made known.
    Notice,
    /// When an act is served formally.
    Served,
    /// When an act becomes final.
    Finality,
    /// When the contract ends.
    TermEnd,
    /// Nothing is said.
    Unsaid,
    /// Something that the letter does not date.
    Unknown,
}

/// Words before a period that make it one to act in.
const INTRODUCTIONS: &[&str] = &[
    "innerhalb|innerh [von] [einer|der] [frist|nächsten|zahlungsfrist] [von]",
    "binnen|innert [einer] [frist] [von]",
    "within [the] [next|period] [of]",
    "in [den] nächsten",
    "spätestens [nach]",
    "frist|zahlungsfrist|einspruchsfrist|widerspruchsfrist|zahlungsziel|zahlungsbedingungen|zahlungskonditionen|zahlungsbedingung|zahlbar|fällig [beträgt|von|ist|in|nach]",
    "payment terms|term [are|is|of] [strictly]",
    "terms|net|due|payable [strictly] [in|within]",
    "[end|day] [of] the period of",
    "frist … beträgt [in] [der] [regel]",
    "allow|have [up] to",
    "bis [zu]",
];

/// Words behind a period that make it a payment term.
const CONCLUSIONS: &[&str] = &[
    "[rein] netto|net",
    "ohne [jeden|jeglichen] abzug",
    "zahlungsziel",
    "nach|ab rechnung*",
    "skonto",
    "# % skonto",
    "payment terms",
];

/// Words before a period for which an offer stands.
const OFFERED_FOR: &[&str] = &["gültig|bindefrist|valid|open|stands [beträgt|für|for]"];

/// Words behind one.
const OFFERED: &[&str] = &[
    "gebunden|bindend|gültig",
    "nach|ab angebotsdatum|angebotsabgabe",
];

/// Periods of a sentence with their ends.
pub fn duties(paper: &Paper<'_>, facts: &Facts, sentence: &Sentence<'_>) -> Vec<Duty> {
    let mut found: Vec<Duty> = Vec::new();
    let mut discounts: Vec<Alternative> = Vec::new();
    let lexemes = sentence.lexemes;
    let mut index = 0;
    while index < lexemes.len() {
        let Some((period, end)) = period_at(lexemes, index) else {
            index += 1;
            continue;
        };
        let range = index..end;
        index = end;
        let is_offer = facts.kind == Some(Kind::Quote) && is_offered(lexemes, &range);
        if !is_introduced(lexemes, &range) && !is_offer {
            continue;
        }
        if is_discount(lexemes, &range) {
            discounts.extend(discount(paper, facts, sentence, period, &range));
        } else if !has_day_behind(paper, lexemes, &range)
            && let Some(duty) = of_period(paper, facts, sentence, period, &range)
        {
            found.push(duty);
        }
    }
    if let Some(first) = found.iter_mut().find(|it| it.action == Action::Pay) {
        first.alternatives.extend(discounts);
    } else if let Some(first) = discounts.into_iter().next() {
        // A discount of its own sentence joins the payment it belongs to when duties are merged.
        let evidence = sentence.evidence(
            &(sentence.lexemes.first().map_or(0, |it| it.at.start)
                ..sentence.lexemes.last().map_or(0, |it| it.at.end)),
        );
        found.push(Duty {
            alternatives: vec![first.clone()],
            confidence: 0.0,
            amount: first.amount,
            ..plain(Action::Pay, first.due, evidence)
        });
    }
    found
}

fn is_introduced(lexemes: &[Lexeme], range: &Range<usize>) -> bool {
    is_between(lexemes, range, INTRODUCTIONS, CONCLUSIONS)
}

fn is_offered(lexemes: &[Lexeme], range: &Range<usize>) -> bool {
    is_between(lexemes, range, OFFERED_FOR, OFFERED)
}

/// Whether a period stands behind one of some words or before one of others.
fn is_between(
    lexemes: &[Lexeme],
    range: &Range<usize>,
    introductions: &[&'static str],
    conclusions: &[&'static str],
) -> bool {
    let before = lexemes.get(..range.start).unwrap_or(&[]);
    let first = range.start.saturating_sub(7);
    let introduces = |pattern: &'static str| {
        (first..range.start).any(|start| {
            let end = match_at(before, start, pattern);
            end.and_then(|it| before.get(it..)).is_some_and(is_filler)
        })
    };
    introductions.iter().any(|it| introduces(it))
        || conclusions
            .iter()
            .any(|it| match_at(lexemes, range.end, it).is_some())
}

/// Whether nothing but small words and marks stands between an introduction and its period.
fn is_filler(lexemes: &[Lexeme]) -> bool {
    lexemes.iter().all(|it| {
        it.is_one_of(":,-–(") || matches!(it.text.as_str(), "von" | "of" | "the" | "der" | "einer")
    })
}

/// The clause around a period: between commas, semicolons and the word *bei*.
fn clause<'a>(lexemes: &'a [Lexeme], range: &Range<usize>) -> &'a [Lexeme] {
    let is_border = |it: &Lexeme| it.is_one_of(",;/") && !it.glued || it.is_mark(',');
    let before = lexemes.get(..range.start).unwrap_or(&[]);
    let start = before.iter().rposition(is_border).map_or(0, |it| it + 1);
    let behind = lexemes.get(range.end..).unwrap_or(&[]);
    let end = behind
        .iter()
        .position(is_border)
        .map_or(lexemes.len(), |it| range.end + it);
    lexemes.get(start..end).unwrap_or(&[])
}

fn is_discount(lexemes: &[Lexeme], range: &Range<usize>) -> bool {
    has(clause(lexemes, range), DISCOUNT)
        && !has(clause(lexemes, range), &["ohne|kein skonto|abzug"])
}

/// A printed day behind a period (`30 Tagen netto bis 04.07.2013`) says more than the period.
fn has_day_behind(paper: &Paper<'_>, lexemes: &[Lexeme], range: &Range<usize>) -> bool {
    let behind = lexemes
        .get(range.end..lexemes.len().min(range.end + 9))
        .unwrap_or(&[]);
    let clause = clause(behind, &(0..0));
    dates(clause, paper.style)
        .first()
        .is_some_and(|it| marker_before(clause, it.lexemes.start).is_some())
}

/// A day and an amount for paying early.
fn discount(
    paper: &Paper<'_>,
    facts: &Facts,
    sentence: &Sentence<'_>,
    period: Period,
    range: &Range<usize>,
) -> Option<Alternative> {
    let from = match start_of(sentence.lexemes, range.end) {
        Start::Receipt => facts.issued.saturating_add(i32::from(POST_DAYS).days()),
        Start::IssueItself => facts.issued.yesterday().ok()?,
        Start::Issue
        | Start::Notice
        | Start::Served
        | Start::Finality
        | Start::TermEnd
        | Start::Unsaid
        | Start::Unknown => facts.issued,
    };
    let due = period.after(from, &paper.region)?;
    let payable = facts.payable?.amount.hundredths();
    let named = amounts::money(sentence.lexemes, facts.style)
        .into_iter()
        .map(|it| it.amount.hundredths());
    let printed = named
        .filter(|it| *it < payable && *it * 10 > payable * 4)
        .max();
    let percent = clause(sentence.lexemes, range)
        .windows(2)
        .find_map(|pair| match pair {
            [number, sign] if sign.is_mark('%') => number.number(),
            _ => None,
        });
    let computed = percent.map(|it| payable - (payable * i64::from(it) + 50) / 100);
    let amount = printed.or(computed).map(Amount::from_hundredths);
    Some(Alternative { due, amount })
}

/// Days on which periods begin, in words behind the period.
const STARTS: &[(Start, &str)] = &[
    (
        Start::IssueItself,
        "beginning|starting with|on|from the date",
    ),
    (
        Start::Finality,
        "nach|ab [eintritt] [der] rechtskraft|bestandskraft",
    ),
    (
        Start::Notice,
        "nach|ab|seit [dem] [tag] [der|ihrer|deren|seiner|dessen|dieses] [erfolgter|bescheides|bescheids] bekanntgabe|eröffnung",
    ),
    (
        Start::Served,
        "nach|ab|seit [dem] [tag] [der|ihrer|deren|seiner|dessen|dieses] [erfolgter|bescheides|bescheids] zustellung",
    ),
    (
        Start::TermEnd,
        "nach|ab [dem|der] [ende|ablauf|beendigung] [des|der|ihres|deines] vertragsende|vertragsablauf|vertragsbeendigung|vertrags|vertrages|vertragslaufzeit|mietende|vertragsverhältnisses|mietverhältnisses",
    ),
    (
        Start::TermEnd,
        "of|after|from [the] end|termination|expiry [date] [of] [the|your|this] contract|agreement|term|subscription|tenancy",
    ),
    (Start::Notice, "nachdem .. bekannt"),
    (Start::Served, "nachdem .. zugestellt"),
    (Start::Served, "of|from|after service"),
    (Start::Notice, "of|from|after notification|being"),
    (
        Start::Receipt,
        "nach|ab|seit|von [dem|des|der] [tag] [des|der] zugang|erhalt|eingang|empfang|rechnungserhalt|rechnungseingang",
    ),
    (
        Start::Receipt,
        "of|from|after [the] [date] [of|you] receipt|receiving|receive|received|delivery",
    ),
    (
        Start::Issue,
        "nach|ab|vom|seit|gerechnet [dem|des|der] [tag] [des|der] rechnungsdatum|rechnungsstellung|rechnungslegung|ausstellung*|rechnungsausgang|faktura*|briefdatum|bescheiddatum|bestelldatum|bestellung|auftragsdatum|fakturadatum|angebotsdatum|heute",
    ),
    (Start::Issue, "nach|ab|vom|seit [dem] datum|tag"),
    (Start::Issue, "rechnungsdatum|invoice date"),
    (
        Start::Issue,
        "of|from|after [the] [date] [of|on] [this|the|your|our] [invoice|issue|bill|letter|notice|statement|order|today]",
    ),
];

/// Words behind a period that is counted from something else, or back.
const ELSEWHERE: &[&str] = &[
    "nach|ab|after|from|vor|vorher|zuvor|davor|before|beforehand|of|seit|zum|to",
    "in|prior advance|to",
];

/// From when the period that ends at lexeme `end` is counted.
pub(super) fn start_of(lexemes: &[Lexeme], end: usize) -> Start {
    let behind = lexemes.get(end..lexemes.len().min(end + 10)).unwrap_or(&[]);
    let found = STARTS.iter().filter_map(|(start, pattern)| {
        (0..4)
            .find(|from| match_at(behind, *from, pattern).is_some())
            .map(|from| (from, *start))
    });
    // The earliest words count; on the same place the first of the table.
    let best = found.fold(None, |best: Option<(usize, Start)>, it| match best {
        Some(known) if known.0 <= it.0 => Some(known),
        _ => Some(it),
    });
    match best {
        Some((_, start)) => start,
        None if ELSEWHERE.iter().any(|it| match_at(behind, 0, it).is_some()) => Start::Unknown,
        None => Start::Unsaid,
    }
}

/// Remedies whose period the law begins.
const REMEDIES: &[&str] = &["einspruch*|widerspruch*|beschwerde|einsprache*|rechtsbehelf*"];

/// Goods that may be sent back are no duty.
const OFFERS: &[&str] = &[
    "möglich|rückgaberecht|umtauschrecht|widerrufsrecht",
    "return|returns policy|possible",
];

fn of_period(
    paper: &Paper<'_>,
    facts: &Facts,
    sentence: &Sentence<'_>,
    period: Period,
    range: &Range<usize>,
) -> Option<Duty> {
    let lexemes = sentence.lexemes;
    let mut start = start_of(lexemes, range.end);
    if start == Start::Unsaid && facts.is_official && has(lexemes, REMEDIES) {
        // The next sentence says it, and the law in any case: a remedy's period runs from notice.
        start = Start::Notice;
    }
    let is_remedy = facts.is_official && matches!(start, Start::Notice | Start::Served);
    let (action, distance) = match what_for(facts, sentence, range) {
        Some((Action::Pay | Action::Object, _)) | None
            if is_remedy && !has(lexemes, &["zahl*|überweis*|pay"]) =>
        {
            (Action::Object, 4)
        }
        found => found?,
    };
    let is_offer = action == Action::Return && (is_conditional(lexemes) || has(lexemes, OFFERS));
    if is_not_ours(lexemes) && !matches!(action, Action::Object | Action::Cancel)
        || period.unit == Unit::Year
        || is_offer
    {
        return None;
    }
    let rule = rule_of(paper, facts, sentence, action);
    let Counted {
        why,
        safe_due,
        basis,
        mut confidence,
    } = counted(paper, facts, rule, period, start)?;
    let why = named_withdrawal(why, paper, sentence, (action, period));
    let due = why.result;
    let first = lexemes.get(range.start).map_or(0, |it| it.at.start);
    let bytes = first..lexemes.get(range.end - 1).map_or(first, |it| it.at.end);
    if !facts.is_issued_known {
        confidence *= 0.5;
    }
    if distance > 14 {
        confidence -= 0.1;
    }
    let optional = matches!(action, Action::Object | Action::Cancel)
        || action == Action::Reply && facts.kind == Some(Kind::Quote)
        || matches!(action, Action::Reply | Action::Submit) && is_conditional(lexemes);
    let amount = match (action, facts.kind) {
        (Action::Pay, _) => amount_for(facts, sentence, range.start),
        (Action::Reply, Some(Kind::Quote)) => facts.total.map(|it| it.amount),
        (_, _) => None,
    };
    let mut alternatives = Vec::new();
    if start == Start::Finality {
        let near = [due.yesterday(), due.tomorrow()].into_iter().flatten();
        alternatives.extend(near.map(|due| Alternative { due, amount }));
    }
    Some(Duty {
        amount,
        optional,
        basis,
        confidence,
        alternatives,
        safe_due,
        why: Some(why),
        ..plain(action, due, sentence.evidence(&bytes))
    })
}

/// The remedy that the sentence speaks of, if an authority or a court set its period.
pub(super) fn rule_of(
    paper: &Paper<'_>,
    facts: &Facts,
    sentence: &Sentence<'_>,
    action: Action,
) -> Option<Rule> {
    let is_remedy = action == Action::Object && facts.is_official;
    let paragraphs = paper.lines.paragraphs.iter();
    let found = is_remedy
        .then(|| {
            let passages: Vec<&[Lexeme]> = paragraphs.map(|it| it.lexemes.as_slice()).collect();
            remedies::rule(sentence.lexemes, &passages, &paper.region)
        })
        .flatten();
    let is_german = paper.region.country() == "DE";
    found.or_else(|| (is_remedy && is_german).then_some(Rule::Period))
}

/// A consumer's withdrawal is named with its paragraph; it is enough to send it in time (§ 355 Abs. 1
/// Satz 5 BGB). Its end is left unmoved: the earlier day.
fn named_withdrawal(
    why: Explanation,
    paper: &Paper<'_>,
    sentence: &Sentence<'_>,
    (action, period): (Action, Period),
) -> Explanation {
    let is_withdrawal = action == Action::Cancel
        && paper.region.country() == "DE"
        && (period == Period::days(14) || period == Period::weeks(2))
        && has(sentence.lexemes, &["widerruf*"]);
    if !is_withdrawal {
        return why;
    }
    let mut why = Explanation {
        rule: Rule::Withdrawal,
        ..why
    };
    why.cautions.push(Caution::SendingSuffices);
    why
}

/// The end of a period: why, the earliest end that could be meant, whose rule, and how sure.
pub(super) struct Counted {
    pub(super) why: Explanation,
    pub(super) safe_due: Option<jiff::civil::Date>,
    pub(super) basis: Basis,
    confidence: f32,
}

impl Counted {
    fn by_law(deadline: Deadline, confidence: f32) -> Self {
        Self {
            why: deadline.why,
            safe_due: deadline.safe_due,
            basis: Basis::Statutory,
            confidence,
        }
    }
}

/// How long a letter is supposed to have been on its way.
fn post_days(facts: &Facts, region: &crate::domain::deadline::Region) -> u16 {
    if facts.is_official && region.country() == "DE" {
        OFFICIAL_POST_DAYS
    } else {
        POST_DAYS
    }
}

pub(super) fn counted(
    paper: &Paper<'_>,
    facts: &Facts,
    rule: Option<Rule>,
    period: Period,
    start: Start,
) -> Option<Counted> {
    let region = &paper.region;
    let way = Way {
        issued: facts.issued,
        arrived: facts.arrived,
    };
    if let (Some(rule), Start::Notice | Start::Served | Start::Receipt) = (rule, start) {
        let mut remedy = Remedy::by(rule).or_else(|| Remedy::by(Rule::AdministrativeObjection))?;
        if start == Start::Served {
            remedy.arrival = Arrival::Formal;
        }
        let mut deadline = remedy.until(Some(period), way, region)?;
        if rule == Rule::Period {
            deadline.why.rule = rule;
        }
        return Some(Counted::by_law(deadline, 0.88));
    }
    if start == Start::Finality {
        return Some(Counted::by_law(fine_payment(period, way, region)?, 0.8));
    }
    let plainly = period.after(facts.issued, region)?;
    let arrived = facts
        .arrived
        .map(|it| Count::from(Rule::Period, it, region).from_arrival());
    let issued = Count::from(Rule::Period, facts.issued, region);
    let (begun, basis, confidence) = match start {
        Start::Issue => (issued, Basis::Relative, 0.93),
        Start::TermEnd => (ended(paper, facts)?, Basis::Relative, 0.85),
        Start::Unsaid => (issued, Basis::Relative, 0.82),
        Start::IssueItself => {
            let why = issued.beginning_with(period)?.end();
            return Some(Counted {
                why,
                safe_due: None,
                basis: Basis::Relative,
                confidence: 0.93,
            });
        }
        Start::Notice | Start::Served => {
            let is_german = region.country() == "DE";
            let begun = match arrived {
                Some(it) => it,
                None if start == Start::Notice && is_german => {
                    issued.made_known(fiction_days(facts.issued), "")?
                }
                None => issued.service_supposed(OFFICIAL_POST_DAYS)?,
            };
            (begun, Basis::Statutory, 0.75)
        }
        Start::Receipt => {
            let begun = match arrived {
                Some(it) => it,
                None => issued.post_supposed(post_days(facts, region))?,
            };
            (begun, Basis::Relative, 0.88)
        }
        Start::Finality | Start::Unknown => return None,
    };
    let is_guessed =
        matches!(start, Start::Notice | Start::Served | Start::Receipt) && facts.arrived.is_none();
    Some(Counted {
        why: begun.after(period)?.end(),
        safe_due: Some(plainly).filter(|_| is_guessed),
        basis,
        confidence,
    })
}

/// The end of the contract, from which a period is counted.
fn ended<'a>(paper: &'a Paper<'_>, facts: &Facts) -> Option<Count<'a>> {
    let (end, _) = contracts::term(paper, facts).end?;
    Some(Count::from(Rule::Period, end, &paper.region))
}

/// How long an offer stands.
const STANDING: &[&str] =
    &["gebunden|bindend|gültig|gültigkeit|bindefrist|halten|valid|validity|open|stands"];

/// What the period is for.
fn what_for(
    facts: &Facts,
    sentence: &Sentence<'_>,
    range: &Range<usize>,
) -> Option<(Action, usize)> {
    let near = action_near(sentence.lexemes, range.start);
    let is_bill = facts.payable.is_some()
        && matches!(
            facts.kind,
            Some(
                Kind::Invoice
                    | Kind::PaymentReminder
                    | Kind::Fine
                    | Kind::Tax
                    | Kind::Order
                    | Kind::Insurance
                    | Kind::Medical
            ) | None
        );
    let is_term = CONCLUSIONS
        .iter()
        .any(|it| match_at(sentence.lexemes, range.end, it).is_some());
    match near {
        Some((Action::Attend | Action::Renew, _)) => None,
        Some((Action::Pay, distance)) => facts.payable.is_some().then_some((Action::Pay, distance)),
        Some(found) if !is_term => Some(found),
        Some((Action::Reply, _)) | None
            if facts.kind == Some(Kind::Quote) && has(sentence.lexemes, STANDING) =>
        {
            Some((Action::Reply, 4))
        }
        _ if is_bill && (is_term || has(sentence.lexemes, &["zahlungsziel|terms|payment"])) => {
            Some((Action::Pay, 4))
        }
        _ => None,
    }
}
