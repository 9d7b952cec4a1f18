//! The deadline that a single sentence sets, for `workmate deadline`: as a page would be read first;
//! where a page would be silent, whatever period or day the sentence names, since it is about nothing
//! else; and where it names none, the law's own period for the remedy or the paper it speaks of.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::domain::deadline::explanation::{Explanation, Rule};
use crate::domain::deadline::statutory::{Deadline, Remedy, Way};
use crate::domain::deadline::{Period, Region, end_of_quarter, notice};
use crate::domain::document::{Kind, Reading};
use crate::domain::obligation::{Action, Basis};
use crate::domain::person;
use crate::domain::value::Money;

use super::super::Context;
use super::super::amounts;
use super::super::dates::{Form, Style, Surroundings, dates};
use super::super::lex::{Lexeme, has, lex};
use super::super::numerals::period_at;
use super::super::paper::Paper;
use super::cues::action_near;
use super::{Duty, Facts, Sentence, contracts, duties, periods, remedies};

/// A sentence and what is known about its letter.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// Its words.
    pub reading: &'a Reading,
    /// The day the letter carries.
    pub issued: Date,
    /// The day it arrived, where somebody knows.
    pub arrived: Option<Date>,
    /// What sort of letter it is, where somebody knows.
    pub kind: Option<Kind>,
    /// Whose holidays count.
    pub region: Region,
    /// Days that are left for the post where notice must arrive.
    pub margin_days: u16,
}

/// A deadline that the sentence sets.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// What is to be done, if the sentence says.
    pub action: Option<Action>,
    /// Whether it is a right.
    pub optional: bool,
    /// How the day was found.
    pub basis: Basis,
    /// The last day.
    pub due: Date,
    /// The day to be reminded by, where it is earlier.
    pub safe_due: Option<Date>,
    /// Why.
    pub why: Explanation,
}

impl Found {
    fn by_law(action: Action, deadline: Deadline, basis: Basis) -> Self {
        Self {
            action: Some(action),
            optional: true,
            basis,
            due: deadline.due,
            safe_due: deadline.safe_due,
            why: deadline.why,
        }
    }

    fn of_duty(duty: Duty) -> Option<Self> {
        Some(Self {
            action: Some(duty.action),
            optional: duty.optional,
            basis: duty.basis,
            due: duty.due,
            safe_due: duty.safe_due.filter(|it| *it < duty.due),
            why: duty.why?,
        })
    }
}

/// The deadlines of a sentence, each day once, in their order.
pub fn deadlines(asked: &Asked<'_>) -> Vec<Found> {
    let context = Context {
        received_on: asked.issued,
        region: asked.region.code().to_owned(),
        language: person::Language::English,
        counsel: crate::domain::counsel::Counsel::None,
    };
    let mut paper = Paper::of(asked.reading, &context);
    paper.region = asked.region.clone();
    paper.style = Style::page(asked.issued, asked.region.country() == "US");
    // A single word is no paragraph.
    let lexemes = lex(&asked.reading.text());
    let facts = facts(&paper, asked, &lexemes);
    let mut found = of_notice(&paper, &facts, asked, &lexemes);
    if found.is_empty() {
        let duties = duties(&paper, &facts).into_iter();
        found = duties
            .filter(|it| it.confidence > 0.0)
            .filter_map(Found::of_duty)
            .collect();
    }
    if found.is_empty() {
        found = loosely(&paper, &facts);
    }
    if found.is_empty() {
        found = by_law(&paper, &facts, &lexemes).into_iter().collect();
    }
    found.sort_by_key(|it| it.due);
    found.dedup_by_key(|it| (it.due, it.action.unwrap_or(Action::Reply)));
    found
}

fn facts(paper: &Paper<'_>, asked: &Asked<'_>, lexemes: &[Lexeme]) -> Facts {
    let money = amounts::money(lexemes, paper.style).into_iter().next();
    let payable = Money {
        amount: money
            .as_ref()
            .map_or(crate::domain::value::Amount::from_hundredths(0), |it| {
                it.amount
            }),
        currency: money.and_then(|it| it.currency).unwrap_or(paper.currency),
    };
    let official = [
        "widerspruch*|einspruch*|bescheid*|*bescheid|rechtsbehelf*|rechtsmittel|bekanntgabe|beschwerde|einsprache|behörde|finanzamt",
    ];
    Facts {
        issued: asked.issued,
        is_issued_known: true,
        arrived: asked.arrived,
        kind: asked.kind,
        payable: Some(payable),
        total: None,
        style: paper.style,
        is_official: matches!(
            asked.kind,
            Some(Kind::Fine | Kind::Tax | Kind::OfficialNotice)
        ) || has(lexemes, &official),
        lends: false,
    }
}

/// Notice of a contract: to the end of its term, or a tenant's by the third working day.
fn of_notice(
    paper: &Paper<'_>,
    facts: &Facts,
    asked: &Asked<'_>,
    lexemes: &[Lexeme],
) -> Vec<Found> {
    let found = |deadline| vec![Found::by_law(Action::Cancel, deadline, Basis::Relative)];
    let is_rent = has(lexemes, &["dritten werktag"]) && has(lexemes, &["übernächsten monats"]);
    if is_rent {
        let next = (2_i32..5).find_map(|months| {
            let end = facts.issued.first_of_month();
            let end = end.checked_add(months.months()).ok()?;
            notice::rent(end.last_of_month(), asked.margin_days, &asked.region)
                .filter(|it| it.due >= facts.issued)
        });
        if let Some(deadline) = next {
            return found(Deadline {
                why: Explanation {
                    rule: Rule::RentNotice,
                    ..deadline.why
                },
                ..deadline
            });
        }
    }
    let term = contracts::term(paper, facts);
    let Some((period, _)) = term.notice else {
        return Vec::new();
    };
    let end = match term.end {
        Some((end, _)) => Some(end),
        None => next_end(lexemes, facts.issued, period),
    };
    end.and_then(|it| notice::before_end(it, period, asked.margin_days, &asked.region))
        .map(found)
        .unwrap_or_default()
}

/// The next end to which a contract without a term can be ended: `drei Monate zum Quartalsende`.
fn next_end(lexemes: &[Lexeme], from: Date, period: Period) -> Option<Date> {
    let (first, months) = [
        (
            "jahresende|jahres|kalenderjahres|year",
            from.last_of_year(),
            12,
        ),
        (
            "quartalsende|quartals|kalendervierteljahres|vierteljahres|quarter",
            end_of_quarter(from),
            3,
        ),
        (
            "monatsende|monats|kalendermonats|month",
            from.last_of_month(),
            1,
        ),
    ]
    .into_iter()
    .find(|(pattern, ..)| has(lexemes, &[pattern]))
    .map(|(_, first, months)| (first, months))?;
    let ends = (0_i32..40).filter_map(|it| {
        let begun = first.first_of_month().checked_add((it * months).months());
        begun.ok().map(Date::last_of_month)
    });
    ends.into_iter()
        .find(|it| period.before_end(*it).is_some_and(|by| by > from))
}

/// Every period of the sentence from its start, and every day after the letter's.
fn loosely(paper: &Paper<'_>, facts: &Facts) -> Vec<Found> {
    let mut found = Vec::new();
    for passage in &paper.lines.paragraphs {
        let sentence = Sentence {
            passage,
            lexemes: &passage.lexemes,
        };
        let mut index = 0;
        while index < sentence.lexemes.len() {
            let Some((period, end)) = period_at(sentence.lexemes, index) else {
                index += 1;
                continue;
            };
            let action = action_near(sentence.lexemes, index).map(|it| it.0);
            let rule = periods::rule_of(paper, facts, &sentence, action.unwrap_or(Action::Reply));
            let mut start = periods::start_of(sentence.lexemes, end);
            if start == periods::Start::Unknown {
                start = periods::Start::Unsaid;
            }
            index = end;
            if let Some(counted) = periods::counted(paper, facts, rule, period, start) {
                found.push(Found {
                    action,
                    optional: matches!(action, Some(Action::Object | Action::Cancel)),
                    basis: counted.basis,
                    due: counted.why.result,
                    safe_due: counted.safe_due.filter(|it| *it < counted.why.result),
                    why: counted.why,
                });
            }
        }
        found.extend(days(paper, facts, sentence.lexemes));
    }
    found
}

fn days(paper: &Paper<'_>, facts: &Facts, lexemes: &[Lexeme]) -> Vec<Found> {
    let style = Style {
        surroundings: Surroundings::Phrase,
        ..paper.style
    };
    let named = dates(lexemes, style).into_iter();
    named
        .filter(|it| it.day > facts.issued)
        .filter(|it| it.form != Form::Relative)
        .map(|it| Found {
            action: action_near(lexemes, it.lexemes.start).map(|it| it.0),
            optional: false,
            basis: Basis::Explicit,
            due: it.day,
            safe_due: None,
            why: match it.form {
                Form::PeriodEnd | Form::Weekday => Explanation {
                    rule: Rule::Calendar,
                    start: facts.issued,
                    ..Explanation::printed(it.day)
                },
                Form::Full | Form::DayMonth | Form::Relative => Explanation::printed(it.day),
            },
        })
        .collect()
}

/// The law's own period where the sentence names a remedy or a paper and no period.
fn by_law(paper: &Paper<'_>, facts: &Facts, lexemes: &[Lexeme]) -> Option<Found> {
    let rule = remedies::rule(lexemes, &[lexemes], &paper.region)
        .or_else(|| remedies::of_paper(lexemes, facts.kind, &paper.region))?;
    let way = Way {
        issued: facts.issued,
        arrived: facts.arrived,
    };
    let deadline = Remedy::by(rule)?.until(None, way, &paper.region)?;
    let action = if rule == Rule::Withdrawal {
        Action::Cancel
    } else {
        Action::Object
    };
    Some(Found::by_law(action, deadline, Basis::Statutory))
}
