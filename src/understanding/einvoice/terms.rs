//! What is to be paid by when: the days that the data names, the lines that XRechnung has for
//! discounts, and for the rest the words of the terms, read as those of a letter are.

use jiff::civil::Date;

use super::{Discount, Invoice, Since, Sort, Term, percent};
use crate::domain::deadline::explanation::Explanation;
use crate::domain::deadline::{Period, Region};
use crate::domain::document::{Kind, MediaType, Page, PageSource, Reading, Word};
use crate::domain::obligation::{Action, Alternative, Basis};
use crate::domain::person::Language;
use crate::domain::value::{Amount, Currency, Money, Rect};
use crate::understanding::dates::{Style, dates};
use crate::understanding::deadlines::{Facts, duties};
use crate::understanding::lex::{Lexeme, has, lex};
use crate::understanding::obligations::{SURE_ENOUGH, obligations};
use crate::understanding::paper::Paper;
use crate::understanding::settled::{Settlement, settlement};
use crate::understanding::{Context, phrases};

/// Payments of one invoice.
const PAYMENTS_MAX: usize = 60;

/// How an invoice is to be settled.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Whether anything is to be paid, and by whom.
    pub settlement: Settlement,
    /// Whether the data says so; else the page may know better.
    pub is_told: bool,
    /// What is to be paid by the reader's own act.
    pub payments: Vec<Payment>,
}

/// Something to pay by a day.
#[derive(Clone, Debug, PartialEq)]
pub struct Payment {
    /// By when.
    pub due: Date,
    /// How much.
    pub amount: Option<Amount>,
    /// Less, earlier.
    pub alternatives: Vec<Alternative>,
    /// How the day was found.
    pub basis: Basis,
    /// The words that it was counted from; empty if the data names the day.
    pub words: String,
    /// 0 to 1.
    pub confidence: f32,
    /// How a counted day was counted.
    pub why: Option<Explanation>,
}

/// The payments of an invoice that carries the day `issued`.
pub fn plan(invoice: &Invoice, issued: Date, context: &Context) -> Plan {
    let owed = invoice.owed().map_or(0, Amount::hundredths);
    let is_credit = invoice.sort != Sort::Bill || owed < 0;
    let by_words = settled_by_words(invoice, context);
    let settlement = if is_credit {
        Settlement::Credit
    } else if owed == 0 && invoice.owed().is_some() {
        Settlement::Paid
    } else {
        settled_by_means(invoice)
            .or(by_words)
            .unwrap_or(Settlement::Open)
    };
    let payments = match settlement {
        Settlement::Open => payments(invoice, issued, context),
        Settlement::Collected | Settlement::Paid | Settlement::Credit => Vec::new(),
    };
    let is_told = settlement != Settlement::Open
        || !payments.is_empty()
        || invoice.means.iter().any(super::Means::is_transfer);
    Plan {
        settlement,
        is_told,
        payments,
    }
}

/// Who acts, by the means alone: all of them are the payee's, or there is a mandate and nowhere to
/// send money to.
fn settled_by_means(invoice: &Invoice) -> Option<Settlement> {
    let means = &invoice.means;
    let has_account = means.iter().any(|it| !it.accounts.is_empty());
    if !means.is_empty() && means.iter().all(super::Means::is_collected) {
        return Some(Settlement::Collected);
    }
    let is_cash = means.iter().any(|it| it.code == "10");
    if is_cash && !has_account && invoice.terms.iter().all(|it| it.due.is_none()) {
        return Some(Settlement::Paid);
    }
    let has_mandate = invoice
        .references
        .iter()
        .any(|it| it.0 == "mandate_reference");
    let is_sent = has_account || means.iter().any(super::Means::is_transfer);
    (has_mandate && !is_sent).then_some(Settlement::Collected)
}

/// Who acts, by the words of terms and means; other notes count where no day is set.
fn settled_by_words(invoice: &Invoice, context: &Context) -> Option<Settlement> {
    let terms = invoice.terms.iter().map(|it| it.words.as_str());
    let means = invoice.means.iter().map(|it| it.words.as_str());
    let mut words: Vec<&str> = terms.chain(means).collect();
    if invoice.terms.iter().all(|it| it.due.is_none()) {
        words.extend(invoice.notes.iter().map(String::as_str));
    }
    let sheet = sheet(&words.join("\n\n"));
    let paper = Paper::of(&sheet, context);
    match settlement(&paper, Some(Kind::Invoice)) {
        it @ (Settlement::Collected | Settlement::Paid) => Some(it),
        Settlement::Open | Settlement::Credit => None,
    }
}

fn payments(invoice: &Invoice, issued: Date, context: &Context) -> Vec<Payment> {
    let payable = invoice.owed();
    let is_net = |it: &Term| it.due.is_some() && !is_early(it, issued);
    let has_net = invoice.terms.iter().any(is_net);
    let mut early: Vec<Alternative> = Vec::new();
    let mut payments: Vec<Payment> = Vec::new();
    let mut words = String::new();
    for term in &invoice.terms {
        let (mut discounts, rest) = discount_lines(&term.words);
        // Where all days are for paying less, the last of them is the day to pay.
        let is_early = has_net && is_early(term, issued);
        discounts.extend(term.discounts.iter().cloned());
        if is_early && term.due.is_some() {
            discounts.extend(discount_in_words(&rest).filter(|_| discounts.is_empty()));
        } else {
            words.push_str(&rest);
            words.push_str("\n\n");
        }
        let amount = term.part.or(payable);
        let reduced = |it: &Discount| alternative(it, term, amount, issued);
        let reduced: Vec<Alternative> = discounts.iter().filter_map(reduced).collect();
        match term.due.filter(|_| !is_early) {
            Some(due) => payments.push(Payment {
                alternatives: reduced,
                ..stated_payment(due, term.part)
            }),
            None => early.extend(reduced),
        }
    }
    payments.truncate(PAYMENTS_MAX);
    let (from_words, early_in_words) = words_payments(&words, invoice, issued, context);
    early.extend(early_in_words);
    if payments.is_empty() {
        payments = from_words;
    }
    completed(payments, early, payable)
}

/// Each payment once with its amount, and the ways to pay less.
fn completed(
    mut payments: Vec<Payment>,
    early: Vec<Alternative>,
    payable: Option<Amount>,
) -> Vec<Payment> {
    payments.sort_by_key(|it| it.due);
    payments.dedup_by_key(|it| (it.due, it.amount));
    if payments.is_empty()
        && let Some(last) = early.iter().max_by_key(|it| it.due)
    {
        // Who pays by the last day that is named does right in any case.
        payments.push(Payment {
            amount: last.amount,
            basis: Basis::Relative,
            confidence: 0.7,
            ..stated_payment(last.due, last.amount)
        });
    }
    if let [only] = payments.as_mut_slice() {
        only.amount = only.amount.or(payable);
        only.alternatives.extend(early);
    }
    for payment in &mut payments {
        let (due, amount) = (payment.due, payment.amount);
        payment
            .alternatives
            .retain(|it| it.due <= due && (it.due, it.amount) != (due, amount));
        payment.alternatives.sort_by_key(|it| (it.due, it.amount));
        payment.alternatives.dedup();
    }
    payments
}

fn stated_payment(due: Date, amount: Option<Amount>) -> Payment {
    Payment {
        due,
        amount,
        alternatives: Vec::new(),
        basis: Basis::Explicit,
        words: String::new(),
        confidence: 1.0,
        why: None,
    }
}

/// Whether the day of a term is one for paying less: it has discounts that name no other day, or
/// speaks of one without saying by when else.
fn is_early(term: &Term, issued: Date) -> bool {
    let has_other_day = |it: &Discount| {
        it.until.is_some_and(|until| Some(until) != term.due)
            || it.within.is_some() && it.until.is_none() && it.counted_to(issued) != term.due
    };
    if !term.discounts.is_empty() {
        return !term.discounts.iter().any(has_other_day);
    }
    let days = phrases::terms(&term.words, issued);
    let names_other = !days.is_empty() && !term.due.is_some_and(|it| days.contains(&it));
    discount_in_words(&term.words).is_some() && term.part.is_none() && !names_other
}

impl Discount {
    /// The last day of its period.
    fn counted_to(&self, issued: Date) -> Option<Date> {
        let since = match self.since {
            Since::Issue => issued,
            Since::Day(day) => day,
        };
        // Discounts are counted in days, weeks and months, which no holiday changes.
        self.within?.after(since, &Region::new("DE"))
    }
}

/// `2% Skonto`, unless it is refused or more is said than that.
fn discount_in_words(words: &str) -> Option<Discount> {
    let lexemes = lex(words);
    let names_it = has(&lexemes, &["skonto|discount|escompte|skontoabzug"]);
    let is_other = has(
        &lexemes,
        &["netto|net|ohne|kein|keine|keinen|no|sans|nicht|without"],
    );
    let before = words.split_once('%').filter(|_| names_it && !is_other)?.0;
    let is_figure = |it: char| it.is_ascii_digit() || ",.".contains(it);
    let number = before.trim_end().rsplit(|it| !is_figure(it)).next()?;
    Some(Discount {
        percent: Some(percent(number)?),
        ..Discount::default()
    })
}

fn alternative(
    discount: &Discount,
    term: &Term,
    payable: Option<Amount>,
    issued: Date,
) -> Option<Alternative> {
    let counted = discount.counted_to(issued);
    let due = discount.until.or(counted).or(term.due)?;
    let payable = payable?.hundredths();
    let basis = discount.basis.map_or(payable, Amount::hundredths);
    let by_percent = discount
        .percent
        .and_then(|it| Some((basis.checked_mul(it)? + 5_000) / 10_000));
    let less = discount.less.map(Amount::hundredths).or(by_percent)?;
    let amount = Some(payable - less).filter(|it| (1..payable).contains(it))?;
    Some(Alternative {
        due,
        amount: Some(Amount::from_hundredths(amount)),
    })
}

/// The lines `#SKONTO#TAGE=14#PROZENT=2.00#BASISBETRAG=252.94#` (XRechnung, BR-DE-18), and the words
/// without these and their kind.
pub fn discount_lines(words: &str) -> (Vec<Discount>, String) {
    let mut discounts = Vec::new();
    let mut rest = String::new();
    for line in words.lines() {
        let Some(inner) = line.trim().strip_prefix('#') else {
            rest.push_str(line);
            rest.push('\n');
            continue;
        };
        let mut fields = inner.split('#').map(str::trim);
        let is_discount = fields
            .next()
            .is_some_and(|it| it.eq_ignore_ascii_case("skonto"));
        let mut discount = Discount::default();
        for (key, value) in fields.filter_map(|it| it.split_once('=')) {
            match key.trim().to_ascii_uppercase().as_str() {
                "TAGE" => discount.within = value.trim().parse().ok().map(Period::days),
                "PROZENT" => discount.percent = percent(value),
                "BASISBETRAG" => discount.basis = super::tree::amount(value.trim()),
                _ => {}
            }
        }
        if is_discount && discount.within.is_some() {
            discounts.push(discount);
        }
    }
    (discounts, rest)
}

/// Payments by the words of the terms, as the rules for letters read them, and the ways to pay less.
fn words_payments(
    words: &str,
    invoice: &Invoice,
    issued: Date,
    context: &Context,
) -> (Vec<Payment>, Vec<Alternative>) {
    let money = |amount: Option<Amount>| {
        Some(Money {
            amount: amount?,
            currency: Currency::EUR,
        })
    };
    let sheet = sheet(words);
    let mut paper = Paper::of(&sheet, context);
    paper.written_on(issued);
    let facts = Facts {
        issued,
        is_issued_known: true,
        arrived: None,
        kind: Some(Kind::Invoice),
        payable: money(invoice.owed()),
        total: money(invoice.total),
        style: paper.style,
        is_official: false,
        lends: false,
    };
    let found = duties(&paper, &facts);
    let early = found.iter().flat_map(|it| it.alternatives.clone());
    let early: Vec<Alternative> = early.collect();
    let owed = obligations(found, &facts, Settlement::Open, Language::English).obligations;
    let mut payments: Vec<Payment> = owed
        .into_iter()
        .filter(|it| it.action == Action::Pay)
        .map(|it| Payment {
            due: it.due,
            amount: it.amount,
            alternatives: Vec::new(),
            basis: it.basis,
            words: it.evidence.text,
            confidence: it.confidence.value(),
            why: it.why,
        })
        .collect();
    if payments.is_empty() {
        payments.extend(bare_payment(words, issued, invoice.owed(), &early));
    }
    (payments, early)
}

/// A payment whose terms are no sentence: `14 Tage`, `net 30`, `sofort`. The last day counts, the
/// days before it are for paying less.
fn bare_payment(
    words: &str,
    issued: Date,
    payable: Option<Amount>,
    early: &[Alternative],
) -> Option<Payment> {
    let days = phrases::terms(words, issued);
    let is_early = |day: &&Date| early.iter().any(|it| it.due == **day);
    let due = days.iter().filter(|it| !is_early(it)).max().copied()?;
    let printed = dates(&lex(words), Style::page(issued, false));
    let (basis, confidence) = if printed.iter().any(|it| it.day == due) {
        (Basis::Explicit, 0.9)
    } else {
        (Basis::Relative, SURE_ENOUGH + 0.15)
    };
    Some(Payment {
        basis,
        words: words.trim().to_owned(),
        confidence,
        ..stated_payment(due, payable)
    })
}

/// Whether payment is asked for at once (§ 271 Abs. 1 BGB).
pub fn is_at_once(lexemes: &[Lexeme]) -> bool {
    let patterns = [
        "sofort|umgehend|unverzüglich|prompt .. fällig|zahlbar|zahlung",
        "fällig|zahlbar|zahlung|zahlungsziel .. sofort|umgehend|unverzüglich|prompt",
        "due|payable|payment .. immediately|receipt",
        "immediate payment",
        "zahlbar|fällig|zahlung .. bei|nach erhalt|eingang",
        "nach erhalt der rechnung",
    ];
    has(lexemes, &patterns)
}

/// Words as a sheet of paper, so that the rules for letters can read them.
fn sheet(text: &str) -> Reading {
    const LETTER: f32 = 8.0;
    const LINE: f32 = 18.0;
    let count = |it: usize| u16::try_from(it).map_or(f32::from(u16::MAX), f32::from);
    let mut words = Vec::new();
    let mut block = 0;
    for (row, line) in (0_u32..).zip(text.lines()) {
        block += u32::from(line.trim().is_empty());
        let y = count(usize::try_from(row).unwrap_or(0)) * LINE;
        let mut column = 0;
        for piece in line.split_whitespace() {
            let width = piece.chars().count();
            let at = Rect {
                x: count(column) * LETTER,
                y,
                w: count(width) * LETTER,
                h: LINE * 0.8,
            };
            words.push(Word {
                text: piece.to_owned(),
                at,
                confidence: 1.0,
                line: row,
                block,
            });
            column += width + 1;
        }
    }
    let page = Page {
        number: 1,
        source: PageSource::Text,
        width: 595.0,
        height: 842.0,
        words,
    };
    Reading::of_pages(MediaType::Text, vec![page])
}
