//! From words and their places to findings with evidence, and from those to obligations.
//!
//! Runs in the reader process. It knows neither files nor the network: pages of words go in, an
//! [`Extraction`] comes out. Being silent is right more often than being eager: what is unsure goes
//! to the questions.
//!
//! Read in this order: [`lex`] cuts text into words and matches patterns over them, [`lines`] makes
//! lines and paragraphs of the words on a page; [`dates`], [`amounts`], [`ibans`], [`tracking`],
//! [`codes`] find candidates; [`issue`], [`totals`], [`parties`], [`references`], [`settled`] give
//! them roles; [`deadlines`] and [`obligations`] say what is to be done by when; [`einvoice`] lays
//! what the data of an e-invoice says over all that; [`explain`] gives each finding its reason, and
//! [`trace`] gives along by what the house learns. What persons showed in earlier letters comes in by
//! [`learned`]. [`sentence`] reads one line that a person types.
//!
//! Where the rules stay unsure a language model may be asked, if a person wants one: [`counsel`] says
//! about what and what becomes of its answer, [`prompts`] how it is asked, and [`answer`] checks what
//! it said against the page. The call itself is made elsewhere.

pub mod amounts;
pub mod answer;
pub mod codes;
pub mod counsel;
pub mod dates;
pub mod deadlines;
pub mod einvoice;
pub mod explain;
pub mod ibans;
pub mod instalments;
pub mod issue;
pub mod kind_rules;
pub mod learned;
#[cfg(test)]
mod letters_tests;
pub mod lex;
pub mod lines;
pub mod marks;
pub mod numerals;
pub mod obligations;
pub mod paper;
pub mod parties;
pub mod phrases;
pub mod prompts;
pub mod recipients;
pub mod references;
pub mod scorer;
pub mod sentence;
pub mod settled;
pub mod totals;
pub mod trace;
pub mod tracking;
#[cfg(test)]
mod wordings_tests;

pub mod features;
pub mod kind;
pub mod language;
pub mod models;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::domain::counsel::{Counsel, Gap, Told};
use crate::domain::document::{Kind, Reading};
use crate::domain::finding::{ClaimedBy, Evidence, Extraction, Field, Finding, Value};
use crate::domain::layout::{Learned, Role};
use crate::domain::person;
use crate::domain::value::{Confidence, Iban, Money};

use codes::Payment;
use counsel::Seen;
use deadlines::{Facts, contracts};
use einvoice::Invoice;
use paper::{Language, Paper};
use settled::Settlement;

/// What is known before the first word is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Context {
    /// The day the document arrived, in the household's zone.
    pub received_on: Date,
    /// ISO 3166 code of the household's country, with its subdivision where one is known: `DE-BY`.
    pub region: String,
    /// In which the questions are asked: the household's.
    #[serde(default = "english")]
    pub language: person::Language,
    /// What part a language model has in it.
    #[serde(default)]
    pub counsel: Counsel,
}

/// What is known, and what persons showed in earlier letters of the same sender.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Known {
    /// Before the first word is read.
    #[serde(flatten)]
    pub context: Context,
    /// Of this very letter, by where it stands.
    #[serde(default)]
    pub learned: Vec<Learned>,
}

const fn english() -> person::Language {
    person::Language::English
}

/// Pages that are understood, at most: what a letter wants stands on its first ones, and a book's
/// length must not cost its square.
const PAGES_MAX: usize = 30;

/// Finds what a document says and what it wants.
pub fn understand(reading: &Reading, context: &Context) -> Extraction {
    understand_as_shown(reading, context, &[])
}

/// The same with what persons showed in earlier letters of the same sender.
pub fn understand_as_shown(
    reading: &Reading,
    context: &Context,
    learned: &[Learned],
) -> Extraction {
    let short;
    let reading = if reading.pages.len() > PAGES_MAX {
        short = reading.beginning(PAGES_MAX);
        &short
    } else {
        reading
    };
    let told = einvoice::invoices(reading);
    let known = told.first().map(|it| &it.invoice);
    let mut paper = Paper::of(reading, context);
    let (mut extraction, settlement) = by_words(&mut paper, context, known, learned);
    if !told.is_empty() {
        extraction = einvoice::over(extraction, settlement, &told, reading, context);
        // Nobody need be asked what the data says.
        (extraction.unsure, extraction.material) = (Vec::new(), None);
    }
    learned::findings(&mut extraction.findings, learned);
    explain::explain(&mut extraction, &paper);
    extraction.trace = trace::trace(&paper, &extraction);
    extraction
}

/// What the words of the pages say, and how their money is settled. What sort of document it is and
/// of which day may be `known`.
fn by_words(
    paper: &mut Paper<'_>,
    context: &Context,
    known: Option<&Invoice>,
    learned: &[Learned],
) -> (Extraction, Settlement) {
    let nothing = Told::default();
    let told = match &context.counsel {
        Counsel::Told(told) => told,
        Counsel::None | Counsel::Wanted => &nothing,
    };
    let mut page = Extraction::default();
    page.findings.push(language_of(paper));
    let of_kind = |it: &Invoice| finding(Field::Kind, Value::Kind(it.kind()), 1.0, None);
    let by_page = || counsel::chosen(kind_of(paper), told, Field::Kind);
    page.findings.extend(known.map(of_kind).or_else(by_page));
    let kind = page.kind();

    let issued = counsel::chosen(issued(paper, kind, learned), told, Field::IssueDate);
    page.findings.extend(issued);
    let stated_day = known.and_then(|it| it.issued);
    for day in page.date(Field::IssueDate).into_iter().chain(stated_day) {
        paper.written_on(day);
    }
    let payment = paper
        .reading
        .codes
        .iter()
        .find_map(|code| Some((codes::payment(&code.text)?, code_evidence(code))));
    let sender = counsel::chosen(sender(paper, kind, payment.as_ref()), told, Field::Sender);
    page.findings.extend(sender);
    page.findings.extend(recipients::recipient(paper));
    page.findings.extend(references::references(paper));
    page.findings.extend(parcels(paper));

    let settlement = settled::settlement(paper, kind);
    let settlement = learned::settlement(settlement, paper, learned);
    let money = money(paper, (kind, settlement), (payment.as_ref(), told), learned);
    page.findings.extend(money.findings);
    let pay_to = account(paper, money.payable.is_some(), payment.as_ref());
    page.findings.extend(pay_to);

    let issued = stated_day.or(page.date(Field::IssueDate));
    let facts = Facts {
        issued: issued.unwrap_or(paper.received_on),
        is_issued_known: issued.is_some(),
        arrived: None,
        kind,
        payable: money.payable,
        total: money.total,
        style: paper.style,
        is_official: is_official(paper, kind),
        lends: kind_rules::lends(&paper.lines),
    };
    let wanted = Wanted {
        context,
        told,
        learned,
    };
    wants(paper, &facts, settlement, &wanted, &mut page);
    let is_shown = learned.iter().any(|it| it.role == Role::Payable);
    if let Some(sum) = instalments::payable(paper, &page).filter(|_| !is_shown) {
        let is_kept = |it: &Finding| !matches!(it.field, Field::Payable | Field::Iban);
        page.findings.retain(is_kept);
        page.findings.push(sum);
        page.findings.extend(account(paper, true, payment.as_ref()));
    }
    (page, settlement)
}

/// What else says what is wanted, beside the pages.
struct Wanted<'a> {
    context: &'a Context,
    told: &'a Told,
    learned: &'a [Learned],
}

/// What is to be done by when, and what is unsure.
fn wants(
    paper: &Paper<'_>,
    facts: &Facts,
    settlement: Settlement,
    by: &Wanted<'_>,
    page: &mut Extraction,
) {
    let term = contracts::term(paper, facts);
    page.findings.extend(term_findings(&term, facts.kind));
    let mut duties = deadlines::duties(paper, facts);
    duties.extend(contracts::duty(facts, &term, &paper.region));
    counsel::confirm(&mut duties, by.told.due.as_ref(), facts);
    let mut judged = obligations::obligations(duties, facts, settlement, by.context.language);
    let owing = (facts, settlement);
    learned::due(&mut judged.obligations, paper, owing, by.learned);
    let seen = Seen {
        findings: &page.findings,
        obligations: &judged.obligations,
        has_weak_day: judged.has_weak_day,
        settlement,
        is_asked_for: is_asked_for(paper, facts.kind),
        facts,
    };
    page.unsure = counsel::gaps(paper, &seen);
    // Nobody is asked again for a day that a person took away.
    if by.learned.iter().any(|it| it.is_absence_of(Role::Due)) {
        page.unsure.retain(|it| *it != Gap::DueDay);
    }
    if by.context.counsel == Counsel::Wanted && !page.unsure.is_empty() {
        let material = counsel::material(paper, facts, &page.unsure);
        page.material = Some(Box::new(material));
    }
    page.obligations = judged.obligations;
    page.questions = judged.questions;
}

fn finding(field: Field, value: Value, confidence: f32, evidence: Option<Evidence>) -> Finding {
    Finding {
        field,
        name: String::new(),
        value,
        confidence: Confidence::new(confidence),
        evidence,
        by: ClaimedBy::Rule,
        why: None,
    }
}

fn language_of(paper: &Paper<'_>) -> Finding {
    let by_words = match paper.language {
        Language::German => "de",
        Language::English => "en",
    };
    let language = language::detect(&paper.reading.text()).unwrap_or(by_words);
    finding(Field::Language, Value::Text(language.to_owned()), 0.9, None)
}

/// What a heading says outright counts; what the rules only suppose yields to a model that is
/// surer. Where both agree they are surer together.
fn kind_of(paper: &Paper<'_>) -> Option<Finding> {
    let by_rule = kind_rules::kind_by_rules(&paper.lines);
    let by_model = kind::classify(paper.reading);
    let rule = |(kind, confidence, evidence): (Kind, Confidence, Evidence)| {
        finding(
            Field::Kind,
            Value::Kind(kind),
            confidence.value(),
            Some(evidence),
        )
    };
    let Some((model_kind, share)) = by_model else {
        return by_rule.map(rule);
    };
    match by_rule {
        Some((kind, confidence, evidence)) if kind == model_kind => {
            let together = 1.0 - (1.0 - confidence.value()) * (1.0 - share.value());
            Some(rule((kind, Confidence::new(together.min(0.99)), evidence)))
        }
        Some(it) if it.1.value() >= SAID_OUTRIGHT || it.1 >= share => Some(rule(it)),
        Some(_) | None => Some(Finding {
            by: ClaimedBy::Model,
            ..finding(Field::Kind, Value::Kind(model_kind), share.value(), None)
        }),
    }
}

/// From this confidence on a heading is believed against the model.
const SAID_OUTRIGHT: f32 = 0.8;

fn code_evidence(code: &crate::domain::document::Code) -> Evidence {
    Evidence {
        page: code.page,
        text: code.text.clone(),
        at: code.at,
    }
}

/// A claim that a payment code makes.
fn sure(field: Field, name: &str, value: Value, evidence: &Evidence) -> Finding {
    Finding {
        field,
        name: name.to_owned(),
        value,
        confidence: Confidence::CERTAIN,
        evidence: Some(evidence.clone()),
        by: ClaimedBy::Data,
        why: None,
    }
}

fn issued(paper: &Paper<'_>, kind: Option<Kind>, learned: &[Learned]) -> Option<Finding> {
    let shown = learned::issue_day(paper, learned);
    let issued = shown.or_else(|| issue::issue_day(paper, kind))?;
    let day = Value::Date(issued.spot.found.day);
    Some(finding(
        Field::IssueDate,
        day,
        issued.confidence,
        issued.evidence,
    ))
}

fn sender(
    paper: &Paper<'_>,
    kind: Option<Kind>,
    payment: Option<&(Payment, Evidence)>,
) -> Option<Finding> {
    if let Some((name, evidence, confidence)) = parties::sender(paper, kind) {
        let name = Value::Text(name);
        return Some(finding(Field::Sender, name, confidence, Some(evidence)));
    }
    let (creditor, evidence) = payment.filter(|(it, _)| !it.creditor.is_empty())?;
    let name = Value::Text(creditor.creditor.clone());
    Some(sure(Field::Sender, "", name, evidence))
}

fn parcels(paper: &Paper<'_>) -> Vec<Finding> {
    let lines = &paper.lines;
    let mut found: Vec<Finding> = Vec::new();
    for (index, passage) in lines.segments.iter().enumerate() {
        let beside = |at: Option<usize>| at.and_then(|it| lines.segments.get(it));
        for (number, bytes) in tracking::tracking_numbers(
            passage,
            beside(lines.right_of(index)),
            beside(lines.below(index)),
        ) {
            let value = Value::Text(number);
            if !found.iter().any(|it| it.value == value) {
                found.push(finding(
                    Field::TrackingNumber,
                    value,
                    0.9,
                    Some(passage.evidence(&bytes)),
                ));
            }
        }
    }
    found
}

/// Findings about money, and what is to be paid by the reader's own act.
struct MoneyFound {
    findings: Vec<Finding>,
    payable: Option<Money>,
    total: Option<Money>,
}

fn money(
    paper: &Paper<'_>,
    (kind, settlement): (Option<Kind>, Settlement),
    (payment, told): (Option<&(Payment, Evidence)>, &Told),
    learned: &[Learned],
) -> MoneyFound {
    let mut totals = totals::totals(paper, kind);
    let is_shown = learned::totals(&mut totals, paper, learned);
    let mut findings = Vec::new();
    let total = totals.total.as_ref().map(|(money, ..)| *money);
    let total = total.map(|it| with_sign(it, kind, settlement));
    if let (Some(total), Some((_, spot, confidence))) = (total, &totals.total) {
        findings.push(finding(
            Field::Total,
            Value::Money(total),
            *confidence,
            paper.evidence(spot.segment, &spot.bytes),
        ));
    }
    let by_code = payment.and_then(|(it, evidence)| {
        Some((
            Money {
                amount: it.amount?,
                currency: it.currency,
            },
            evidence,
        ))
    });
    if let Some((money, evidence)) = by_code.filter(|_| settlement == Settlement::Open) {
        findings.push(sure(Field::Payable, "", Value::Money(money), evidence));
        return MoneyFound {
            findings,
            payable: Some(money),
            total,
        };
    }
    let asks = may_ask(kind);
    let is_owed = settlement == Settlement::Open && (is_shown || asks && is_asked_for(paper, kind));
    let found = totals
        .payable
        .as_ref()
        .or(totals.total.as_ref().filter(|_| asks));
    let by_page = found
        .filter(|(money, ..)| is_owed && money.amount.hundredths() > 0)
        .map(|(money, spot, confidence)| {
            let evidence = paper.evidence(spot.segment, &spot.bytes);
            finding(Field::Payable, Value::Money(*money), *confidence, evidence)
        });
    let claim = counsel::chosen(by_page, told, Field::Payable).filter(|_| is_owed);
    let payable = claim.as_ref().and_then(|it| match it.value {
        Value::Money(money) => Some(money),
        Value::Date(_) | Value::Kind(_) | Value::Iban(_) | Value::Text(_) => None,
    });
    findings.extend(claim);
    MoneyFound {
        findings,
        payable,
        total,
    }
}

/// Whether papers of this kind ask for money at all.
const fn may_ask(kind: Option<Kind>) -> bool {
    matches!(
        kind,
        None | Some(
            Kind::Invoice
                | Kind::PaymentReminder
                | Kind::Fine
                | Kind::Tax
                | Kind::Order
                | Kind::Insurance
                | Kind::OfficialNotice
                | Kind::Medical
                | Kind::Letter
                | Kind::Contract
                | Kind::Invitation
                | Kind::Appointment
        )
    )
}

/// A total as it is stated: a credit note's is what it credits, as the data of one states it,
/// whether or not the page prints a minus; in any other document a credit is less than nothing.
fn with_sign(total: Money, kind: Option<Kind>, settlement: Settlement) -> Money {
    let cents = total.amount.hundredths();
    let cents = match kind {
        Some(Kind::CreditNote) => cents.abs(),
        _ if settlement == Settlement::Credit => -cents.abs(),
        _ => cents,
    };
    Money::new(cents, total.currency)
}

/// Whether the reader is asked for money: bills always ask, other papers only in words.
fn is_asked_for(paper: &Paper<'_>, kind: Option<Kind>) -> bool {
    if matches!(
        kind,
        Some(Kind::Invoice | Kind::PaymentReminder | Kind::Fine)
    ) {
        return true;
    }
    paper.lines.paragraphs.iter().any(|passage| {
        lines::sentences(passage)
            .into_iter()
            .any(|range| settled::is_request(passage.lexemes.get(range).unwrap_or(&[])))
    }) || paper.lines.segments.iter().any(|it| {
        lex::has(
            &it.lexemes,
            &[
                "fällig|fälligkeit|zahlbar bis|am|zum",
                "am|zum|bis … fällig|zahlbar",
                "fälligkeit",
                "amount|payment|total|balance|charge|premium due|payable|owing",
                "zahlbetrag|zahlungsziel|zahlungsfrist",
            ],
        )
    })
}

/// The account to pay to: the code's, else the one named where payment is asked for, else the
/// sender's own in the footer.
fn account(
    paper: &Paper<'_>,
    is_payable: bool,
    payment: Option<&(Payment, Evidence)>,
) -> Option<Finding> {
    if !is_payable {
        return None;
    }
    if let Some((payment, evidence)) = payment {
        return Some(sure(
            Field::Iban,
            "",
            Value::Iban(payment.iban.clone()),
            evidence,
        ));
    }
    let mut best: Option<(i32, Iban, Evidence)> = None;
    for passage in paper.lines.segments.iter().chain(&paper.lines.paragraphs) {
        for found in ibans::ibans(&passage.text) {
            let theirs = lex::has(
                &passage.lexemes,
                &["auf|konto|empfänger|zahlbar|überweis*|iban|bank transfer|account|to"],
            );
            let ours = lex::has(
                &passage.lexemes,
                &[
                    "ihrem|ihres|ihr konto",
                    "von ihrem",
                    "your account",
                    "lastschrift*|abgebucht|einzuziehen|einzug",
                ],
            );
            let score = i32::from(theirs) * 2 - i32::from(ours) * 4;
            if best.as_ref().is_none_or(|(top, ..)| score > *top) {
                best = Some((score, found.iban, passage.evidence(&found.at)));
            }
        }
    }
    let (score, iban, evidence) = best?;
    (score >= -1).then(|| finding(Field::Iban, Value::Iban(iban), 0.95, Some(evidence)))
}

/// Whether an authority wrote it, so that periods of public law count.
fn is_official(paper: &Paper<'_>, kind: Option<Kind>) -> bool {
    let words = [
        "rechtsbehelfsbelehrung|rechtsmittelbelehrung|bescheid|bußgeldbescheid|verwaltungsakt|finanzamt|landratsamt|jobcenter|magistrat|bezirkshauptmannschaft|kassenzeichen",
    ];
    matches!(kind, Some(Kind::Fine | Kind::Tax | Kind::OfficialNotice))
        || paper
            .lines
            .paragraphs
            .iter()
            .any(|it| lex::has(&it.lexemes, &words))
}

fn term_findings(term: &contracts::Term, kind: Option<Kind>) -> Vec<Finding> {
    if !matches!(kind, Some(Kind::Contract | Kind::Insurance | Kind::Invoice)) {
        return Vec::new();
    }
    let end = term.end.as_ref().map(|(day, evidence)| {
        finding(
            Field::ContractEnd,
            Value::Date(*day),
            0.8,
            Some(evidence.clone()),
        )
    });
    let notice = term.notice.as_ref().map(|(period, evidence)| {
        finding(
            Field::NoticePeriod,
            Value::Text(contracts::say(*period)),
            0.8,
            Some(evidence.clone()),
        )
    });
    end.into_iter().chain(notice).collect()
}
