//! What a document adds up to and what is left to pay: by the words left of and above each amount,
//! by place and by arithmetic (net + VAT = gross).

mod sums;

use crate::domain::document::Kind;
use crate::domain::value::{Amount, Money};

use super::amounts;
use super::lex::{Lexeme, Sort, has};
use super::lines::{Passage, has_words, sentences};
use super::paper::{MoneySpot, Paper};
use super::scorer::{self, AmountRole, Shares};
use super::settled::is_request;

/// Labels of what is to be paid, with their weight: more of them speak louder than one.
const PAYABLE: &[(&str, f32)] = &[
    ("zu zahlen*|zahlender|überweisen* [betrag|summe]", 0.95),
    ("zu zahlen*|bezahlen|begleichen|entrichten [betrag]", 0.95),
    (
        "zahlbetrag|zahlungsbetrag|restbetrag|gesamtforderung|zahllast|nachzahlung|*nachzahlung|*nachforderung|nachzahlungsbetrag|nachforderungsbetrag|gesamtrückstand|forderungsbetrag|überweisungsbetrag|restforderung|abschlusszahlung",
        0.95,
    ),
    ("offene* betrag|forderung|summe|saldo|posten", 0.93),
    ("fällige* betrag|summe", 0.93),
    ("noch offen|fällig|zu", 0.9),
    (
        "amount|balance|total|payment|sum [now] due|payable|owed|owing|outstanding",
        0.95,
    ),
    ("please pay|remit", 0.93),
    ("pay this amount", 0.95),
    ("outstanding balance|amount", 0.93),
    ("total|saldo zu unseren gunsten", 0.95),
    ("offen|saldo", 0.8),
];

/// Labels of a document's own total.
const TOTAL: &[(&str, f32)] = &[
    (
        "rechnungsbetrag|gesamtbetrag|endbetrag|bruttobetrag|rechnungssumme|gesamtsumme|endsumme|rechnungsendbetrag|gesamtpreis|auftragssumme|angebotssumme|rechnungstotal|gesamtkosten|bruttosumme|gesamtrechnungsbetrag|jahresbeitrag|gesamtbeitrag",
        0.9,
    ),
    ("summe|betrag|gesamt|total brutto|inkl*", 0.88),
    ("brutto [gesamt|summe|betrag]", 0.75),
    ("grand total|montant", 0.93),
    (
        "total amount|inc|incl|including|ttc|sales|payable|rounded",
        0.9,
    ),
    ("invoice|order|estimate total|amount", 0.9),
    (
        "gutschriftsbetrag|gutschriftbetrag|erstattungsbetrag|guthaben|erstattung|rückerstattung|refund|credit",
        0.85,
    ),
    ("renewal|annual|new premium", 0.85),
    ("zu zahlen|bezahlt|kartenzahlung|betrag [eur]", 0.7),
    ("neuer|new|closing kontostand|saldo|balance", 0.9),
    ("gesamt|total|summe|insgesamt|betrag", 0.78),
    ("betrag der", 0.85),
    // Of a fine with costs a part, of one without the whole.
    (
        "verwarnungsgeld|geldbuße|geldstrafe|bußgeld|strafbetrag",
        0.6,
    ),
    ("jahresgebühr|gesamtgebühr|jahresbetrag", 0.6),
    ("penalty|parking charge [is|of]", 0.6),
    ("eur", 0.3),
];

/// Words in a label that make an amount a part of the total, or something else.
const PARTS: &[&str] = &[
    "netto|nettobetrag|nettosumme|zwischensumme|subtotal|teilsumme|übertrag|vortrag",
    "sub|net|zwischen total|amount|summe",
    "mwst|ust|umsatzsteuer|mehrwertsteuer|vat|tax|gst|steuerbetrag|versicherungsteuer|tva",
    "skonto|rabatt|discount|nachlass|ersparnis|sparen|abzüglich|abzgl|less|anzahlung|akontozahlung",
    "gegeben|rückgeld|wechselgeld|change|cash|bar|tendered|tender|zurück|received|rounding|adj|adjustment",
    "einzelpreis|stückpreis|price|qty|menge|pos|previous|vorjahr|bisher|alter|last",
    "lohnanteil|lohnkosten|arbeitskosten|mahngebühr*|mahnkosten|verzugszinsen|limit|mindest*|minimum|guthaben",
    "monatlich*|monthly|rate|raten|instalment*|abschlag|per|pro|je|insured|excess|fee",
];

/// A label that says that tax is in.
const GROSS: &[&str] = &[
    "inc|incl|inclusive|including|inkl|inklusive|einschließlich|includes [of] [all] [#] [%] gst|vat|tax|taxes|mwst|ust|sst|service|umsatzsteuer|mehrwertsteuer|versst",
    "gst|tax|vat|mwst|ust inclusive|included|incl|inc|inkl|enthalten",
    "net|nett total|amount payable|due|rounded",
];

/// A labelled amount with how much its label says for a role.
struct Candidate<'a> {
    spot: &'a MoneySpot,
    payable: f32,
    total: f32,
    is_part: bool,
    is_gross: bool,
    shares: Shares,
}

impl Candidate<'_> {
    /// What the rules and the model say together: a label that everybody uses weighs most, and where
    /// the model has not spoken the rules count alone.
    fn together(&self, role: AmountRole, by_rule: f32) -> f32 {
        if self.shares.is_known() {
            by_rule * (1.0 - MODEL_WEIGHT) + self.shares.amount(role) * MODEL_WEIGHT
        } else {
            by_rule
        }
    }
}

/// How much the model's share counts beside the rules.
const MODEL_WEIGHT: f32 = 0.4;
/// From this share on an amount without a known label is one of a role.
const SURE_SHARE: f32 = 0.5;

/// Amounts whose right edges are so near stand in one column, in thousandths of the width.
const COLUMN: f32 = 16.0;

/// What was found.
#[derive(Default)]
pub struct Totals {
    /// The document's own total.
    pub total: Option<(Money, MoneySpot, f32)>,
    /// What the letter asks to pay.
    pub payable: Option<(Money, MoneySpot, f32)>,
}

/// The total and what is to be paid by the labels; whether anything is to be paid at all is decided
/// elsewhere.
pub fn totals(paper: &Paper<'_>, kind: Option<Kind>) -> Totals {
    let shares = scorer::amounts(paper, kind);
    let judge = |(spot, shares)| judged(paper, spot, shares);
    let candidates: Vec<Candidate<'_>> = paper.money.iter().zip(shares).map(judge).collect();
    let handed = handed_over(paper, &candidates);
    let kept = handed.as_ref().map(|it| it.kept);
    let mut totals = Totals {
        total: likeliest(paper, &candidates, AmountRole::Total, kept),
        payable: likeliest(paper, &candidates, AmountRole::Payable, None),
    };
    if let Some(handed) = handed.filter(|_| paper.lines.is_slip()) {
        let times = |amount: Amount| paper.money.iter().filter(|it| it.amount == amount).count();
        // What is printed twice is read right; then what was handed over is not.
        let is_sure = totals
            .total
            .as_ref()
            .is_some_and(|it| times(it.0.amount) > 1);
        if !is_sure && times(handed.kept) == 0 {
            let change = MoneySpot {
                amount: handed.kept,
                ..handed.change.clone()
            };
            totals.total = Some(claim(paper, &change, 0.7));
        }
    }
    if totals.payable.is_none() {
        totals.payable = asked_in_words(paper).map(|it| claim(paper, it, 0.8));
    }
    if totals.total.is_none() {
        let sum = paper
            .money
            .iter()
            .rev()
            .find(|it| paper.is_column_sum(it, COLUMN));
        totals.total = sum.map(|it| claim(paper, it, 0.75));
    }
    let has_total = matches!(
        kind,
        Some(Kind::Receipt | Kind::Invoice | Kind::PaymentReminder)
    );
    if totals.total.is_none() && has_total {
        // On a slip the total is printed again where it is paid or taxed.
        let times = |amount| paper.money.iter().filter(|it| it.amount == amount).count();
        let most = |is_again: bool| {
            let positive = paper.money.iter().filter(|it| it.amount.hundredths() > 0);
            let asked = positive.filter(|it| !is_again || times(it.amount) > 1);
            asked.max_by_key(|it| it.amount)
        };
        let again = most(true).filter(|_| paper.lines.is_slip());
        let likely = again.or_else(|| most(false));
        totals.total = likely.map(|it| claim(paper, it, 0.4));
    }
    if let Some((_, left, confidence)) = &totals.total
        && let Some(gross) = sums::before_advances(paper, left)
    {
        totals.total = Some(claim(paper, gross, *confidence));
    }
    if let Some((money, ..)) = &totals.total
        && let Some((amount, net)) = sums::above_net(paper, money.amount)
    {
        let sum = MoneySpot {
            amount,
            ..net.clone()
        };
        totals.total = Some(claim(paper, &sum, 0.6));
    }
    if let Some(found) = &totals.total
        && let Some(rounded) = rounded(paper, found)
    {
        totals.total = Some(rounded);
    }
    totals
}

/// What was handed over at a till, less the change.
struct HandedOver<'a> {
    kept: Amount,
    change: &'a MoneySpot,
}

/// How much more an amount is believed that the till kept.
const KEPT_BONUS: f32 = 1.2;

/// Labels of money that is given back.
const CHANGE: &[&str] = &[
    "change|rückgeld|rueckgeld|wechselgeld|zurück|zuruck [due|given]",
    "cash change",
];

/// Labels of money that is handed over.
const PAID: &[&str] = &[
    "cash|paid|payment|tender|tendered|card|visa|mastercard|debit|credit|bar|gegeben|karte|kartenzahlung|girocard",
];

/// Money handed over, right above the change that was given for it: their difference is the total,
/// however badly the total itself is printed.
fn handed_over<'a>(paper: &Paper<'_>, candidates: &[Candidate<'a>]) -> Option<HandedOver<'a>> {
    let pairs = candidates.iter().zip(candidates.iter().skip(1));
    let is_named = candidates
        .iter()
        .any(|it| has(&row_label(paper, it.spot), CHANGE));
    let mut found = pairs.filter_map(|(given, change)| {
        let label = row_label(paper, change.spot);
        // No change below what was paid is change, even if its label cannot be read.
        let is_nothing = !is_named && change.spot.amount.is_zero() && !has_name(&label);
        let is_change = has(&label, CHANGE) || is_nothing;
        let cents = given.spot.amount.hundredths() - change.spot.amount.hundredths();
        let kept = Amount::from_hundredths(cents);
        let is_printed = candidates.iter().any(|it| it.spot.amount == kept);
        let is_given = is_printed || given.shares.amount(AmountRole::Paid) >= SURE_SHARE;
        // Without change only what is called a payment was one.
        let is_paid = !change.spot.amount.is_zero() || has(&row_label(paper, given.spot), PAID);
        (is_given && is_change && cents > 0 && is_paid).then_some(HandedOver {
            kept,
            change: change.spot,
        })
    });
    found.next()
}

/// Whether a label can be read at all.
fn has_name(label: &[Lexeme]) -> bool {
    label
        .iter()
        .any(|it| it.sort == Sort::Word && it.text.len() > 2)
}

/// Where the smallest coin is five hundredths, what a till rounds to.
const COIN: i64 = 5;

/// The rounded total in place of one that a till has still to round, or whose last figure was
/// misread: the one that is printed, else the nearest that can be paid in coins.
fn rounded(paper: &Paper<'_>, found: &(Money, MoneySpot, f32)) -> Option<(Money, MoneySpot, f32)> {
    let (total, spot, confidence) = found;
    let cents = total.amount.hundredths();
    let is_rounding = |it: &Passage| has(&it.lexemes, &["round*|rundung*"]);
    let can_be_paid = |it: i64| it % COIN == 0;
    if !paper.lines.is_slip() || can_be_paid(cents) || !paper.lines.segments.iter().any(is_rounding)
    {
        return None;
    }
    let printed = paper.money.iter().find(|it| {
        let other = it.amount.hundredths();
        can_be_paid(other) && (other - cents).abs() < COIN
    });
    if let Some(printed) = printed {
        return Some(claim(paper, printed, *confidence));
    }
    let amount = Amount::from_hundredths((cents + COIN / 2).div_euclid(COIN) * COIN);
    let nearest = MoneySpot {
        amount,
        ..spot.clone()
    };
    Some(claim(paper, &nearest, 0.6))
}

/// The candidate that has a role most surely.
fn likeliest(
    paper: &Paper<'_>,
    candidates: &[Candidate<'_>],
    role: AmountRole,
    kept: Option<Amount>,
) -> Option<(Money, MoneySpot, f32)> {
    let by_rule = |it: &Candidate<'_>| {
        if role == AmountRole::Payable {
            it.payable
        } else {
            it.total.max(it.payable - 0.05)
        }
    };
    let is_kept = |it: &Candidate<'_>| kept == Some(it.spot.amount);
    let named = candidates.iter().filter(|it| {
        let is_sure = it.shares.amount(role) >= SURE_SHARE || is_kept(it);
        (by_rule(it) > 0.0 || is_sure) && !it.spot.amount.is_zero()
    });
    let worth = |it: &Candidate<'_>| {
        let bonus = if is_kept(it) { KEPT_BONUS } else { 0.0 };
        it.together(role, by_rule(it) + support(paper, it)) + bonus
    };
    let best = named.map(|it| (worth(it), it));
    let (worth, candidate) = best.max_by(|(a, _), (b, _)| a.total_cmp(b))?;
    // Either alone may be sure: the model makes nobody doubt what a label says outright, and knows
    // sentences for which there is no label.
    let share = candidate.shares.amount(role) * 0.95;
    let sure = worth
        .max(by_rule(candidate) + support(paper, candidate))
        .max(share);
    (worth > 0.35).then(|| claim(paper, candidate.spot, sure.min(0.97)))
}

fn claim(paper: &Paper<'_>, spot: &MoneySpot, worth: f32) -> (Money, MoneySpot, f32) {
    let currency = spot.currency.unwrap_or(paper.currency);
    let money = Money {
        amount: spot.amount,
        currency,
    };
    (money, spot.clone(), worth)
}

/// What place, size and arithmetic add to a label.
fn support(paper: &Paper<'_>, candidate: &Candidate<'_>) -> f32 {
    let spot = candidate.spot;
    let height = paper.lines.page_height(spot.page).max(1.0);
    let mut support = (spot.at.y / height).clamp(0.0, 1.0) * 0.04;
    if is_gross(paper, spot.amount) {
        support += 0.08;
    }
    if paper.is_column_sum(spot, COLUMN) {
        support += 0.08;
    }
    if paper.money.iter().all(|other| other.amount <= spot.amount) {
        support += 0.05;
    }
    if candidate.is_gross {
        support += 0.06;
    }
    if candidate.is_part {
        support -= 0.45;
    }
    support
}

/// The amount that a sentence asks for: `Bitte überweisen Sie 84,20 €`, `a charge of £70.00 is now
/// payable`. The first, if it is in a sentence that asks.
fn asked_in_words<'a>(paper: &'a Paper<'_>) -> Option<&'a MoneySpot> {
    for passage in &paper.lines.paragraphs {
        let mut before = None;
        for range in sentences(passage) {
            let lexemes = passage.lexemes.get(range).unwrap_or(&[]);
            let mut named = amounts::money(lexemes, paper.style)
                .into_iter()
                .map(|it| it.amount);
            let named = named.find(|it| it.hundredths() > 0);
            let is_less = has(lexemes, DISCOUNTS) || has(lexemes, FUTURE);
            let asks = is_request(lexemes) || has(lexemes, REQUESTS);
            if let Some(amount) = named.or(before).filter(|_| asks && !is_less) {
                let mut spots = paper.money.iter();
                let same = spots.find(|it| it.page == passage.page && it.amount == amount);
                if same.is_some() {
                    return same;
                }
            }
            before = named.filter(|_| !is_less).or(before);
        }
    }
    None
}

/// Words of a sentence that asks for money.
const REQUESTS: &[&str] = &[
    "[now] payable|owe|fällig",
    "zu zahlen|bezahlen|entrichten|überweisen|begleichen|leisten",
];

/// Words of an amount that is asked for from some day on, again and again.
const FUTURE: &[&str] = &[
    "erstmals|erstmalig",
    "neuer|neue|neuen|künftige* [monatliche*] abschlag*|vorauszahlung*|rate",
];

/// Words of an amount that is less than what is owed.
const DISCOUNTS: &[&str] =
    &["skonto|discount|reduced|ermäßigt*|mindest*|minimum|mahngebühr*|gutschein*"];

/// Whether two other amounts (net and VAT) add up to this one.
pub(super) fn is_gross(paper: &Paper<'_>, amount: Amount) -> bool {
    let gross = amount.hundredths();
    let smaller = || {
        paper
            .money
            .iter()
            .map(|it| it.amount.hundredths())
            .filter(|it| *it > 0 && *it < gross)
    };
    smaller()
        .any(|net| net * 2 > gross && smaller().any(|vat| vat + net == gross && vat * 3 < gross))
}

fn judged<'a>(paper: &Paper<'_>, spot: &'a MoneySpot, shares: Shares) -> Candidate<'a> {
    let beside = row_label(paper, spot);
    let above = paper.lines.label_above(spot.segment);
    let mut payable = weight(&beside, PAYABLE);
    let mut total = weight(&beside, TOTAL);
    if payable == 0.0
        && total == 0.0
        && !beside
            .iter()
            .any(|it| it.sort == Sort::Word && it.text.len() > 3)
    {
        payable = weight(&above, PAYABLE) * 0.85;
        total = weight(&above, TOTAL) * 0.75;
    }
    let is_gross = has(&beside, GROSS);
    let is_part = has(&beside, PARTS) && payable < 0.9 && !is_gross;
    Candidate {
        spot,
        payable,
        total,
        is_part,
        is_gross,
        shares,
    }
}

fn weight(label: &[Lexeme], table: &[(&'static str, f32)]) -> f32 {
    if label.len() > 40 {
        return 0.0;
    }
    let found = table.iter().find(|(pattern, _)| has(label, &[pattern]));
    let length = f32::from(u16::try_from(label.len()).unwrap_or(u16::MAX));
    found.map_or(0.0, |(_, worth)| {
        (worth - (length - 6.0).max(0.0) * 0.01).max(0.1)
    })
}

/// The words before an amount in its row: in its own segment, else the nearest segment to the left
/// that has words.
fn row_label(paper: &Paper<'_>, spot: &MoneySpot) -> Vec<Lexeme> {
    let Some(segment) = paper.lines.segments.get(spot.segment) else {
        return Vec::new();
    };
    let before: Vec<Lexeme> = segment
        .lexemes
        .iter()
        .filter(|it| it.at.end <= spot.bytes.start)
        .cloned()
        .collect();
    if has_words(&before) {
        let keep = before.len().saturating_sub(8);
        return before.get(keep..).unwrap_or(&[]).to_vec();
    }
    let left = paper.lines.words_left_of(segment.page, &spot.at);
    left.map(|it| it.lexemes.clone()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::lines::tests::{context, typed};
    use super::*;

    fn total(slip: &str) -> Option<String> {
        let reading = typed(&format!(
            "CORNER MART\n{}{slip}",
            "No 1, Jalan Dua\n".repeat(9)
        ));
        let context = context();
        let paper = Paper::of(&reading, &context);
        let found = totals(&paper, Some(Kind::Receipt)).total;
        found.map(|(money, ..)| format!("{money}"))
    }

    #[test]
    fn a_till_is_paid_what_it_rounds_to_and_keeps() {
        for (slip, wanted) in [
            (
                "MILK          7.00\nGST 6%        0.42\nTotal Amt     7.42\nRounding Adj (0.02)\nAmt :         7.40\nCash         10.00",
                "7.40",
            ),
            (
                "MILK         21.00\nROUNDING ADJ\nNET TOTAL    22.23",
                "22.25",
            ),
            ("MILK          7.42\nTOTAL         7.42", "7.42"),
            (
                "MILK         20.00\nNet Tota      2120\nCash         21.20\nChange        0.00",
                "21.20",
            ),
            (
                "MILK         21.00\nSUB TOTAL    21.00\nNET TOTAL      2.5\nCash         22.25\na -           0.00",
                "22.25",
            ),
            (
                "MILK         15.00\nTotal (Excluding GST):  15.00\nTotal GST (0%):   0.00\nTotal (Inclusive of GST):  14.00\nCASH  14.00",
                "15.00",
            ),
            (
                "MILK  24.70\nSOAP  51.60\nAmt Paid excl. GST RM 73.87\nGST AMT : RM4.43\nTotal eV : 2.10",
                "78.30",
            ),
        ] {
            assert!(
                total(slip).is_some_and(|it| it.contains(wanted)),
                "{slip}: {:?}",
                total(slip)
            );
        }
    }
    #[test]
    fn a_total_is_what_was_billed_before_an_advance() {
        for (bill, wanted) in [
            (
                "Nettosumme       858,75\nSteuerbetrag     163,16\nBruttosumme\n                1021,91\nErhaltene Anzahlungen  -500,00\nZahlbetrag       521,91",
                "1021.91",
            ),
            (
                "Repair           480.00\nTotal            480.00\nDeposit          100.00\nBalance due      380.00",
                "480.00",
            ),
            (
                "Repair           480.00\nDiscount        -100.00\nTotal due        380.00",
                "380.00",
            ),
        ] {
            let found = total(bill);
            let is_found = found.as_ref().is_some_and(|it| it.contains(wanted));
            assert!(is_found, "{bill}: {found:?}");
        }
    }
}
