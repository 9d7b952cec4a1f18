//! What the data of an e-invoice says, laid over what was understood from the pages.

use jiff::civil::Date;

use super::proof::Proof;
use super::terms::{Payment, Plan, plan};
use super::{Invoice, Told, compact, differences};
use crate::domain::document::{MediaType, Reading};
use crate::domain::finding::{ClaimedBy, Evidence, Extraction, Field, Finding, Question, Value};
use crate::domain::obligation::{Action, Obligation};
use crate::domain::value::{Amount, Confidence, Currency, Iban, Money};
use crate::domain::wording;
use crate::understanding::Context;
use crate::understanding::paper::Paper;
use crate::understanding::settled::Settlement;

/// References of one document, as many as the pages may give.
const REFERENCES_MAX: usize = 12;

/// The data over what the pages say, which are settled as `by_page` says. Where a page clearly
/// contradicts, a question is asked.
pub fn over(
    mut page: Extraction,
    by_page: Settlement,
    told: &[Told],
    reading: &Reading,
    context: &Context,
) -> Extraction {
    let mut paper = Paper::of(reading, context);
    for (index, told) in told.iter().enumerate() {
        let from_page = page.date(Field::IssueDate);
        let issued = told.invoice.issued.or(from_page);
        let issued = issued.unwrap_or(context.received_on);
        paper.written_on(issued);
        let plan = plan(&told.invoice, issued, context);
        let claim = Claim {
            invoice: &told.invoice,
            plan: &plan,
            currency: currency(&told.invoice, &paper),
            proof: Proof::new(&paper, &told.file),
            is_bare: reading.media_type == MediaType::Xml,
        };
        if index > 0 {
            page.obligations.extend(claim.obligations());
            continue;
        }
        let mut questions = Vec::new();
        if !claim.is_bare {
            questions =
                differences::questions(&page, &told.invoice, &plan, &paper, context.language);
        }
        questions.extend(claim.doubts(context));
        claim.lay_over(&mut page, by_page, context);
        page.questions.extend(questions);
    }
    page.obligations.sort_by_key(|it| it.due);
    page
}

fn currency(invoice: &Invoice, paper: &Paper<'_>) -> Currency {
    let stated = invoice.currency.as_deref();
    let stated = stated.and_then(|it| it.to_ascii_uppercase().parse().ok());
    stated.unwrap_or(paper.currency)
}

/// One invoice with all that is needed to say what it says.
struct Claim<'a> {
    invoice: &'a Invoice,
    plan: &'a Plan,
    currency: Currency,
    proof: Proof<'a>,
    /// Whether the document is nothing but the data.
    is_bare: bool,
}

impl Claim<'_> {
    fn lay_over(&self, page: &mut Extraction, by_page: Settlement, context: &Context) {
        let is_open = self.is_open(by_page);
        let mut findings = self.findings(is_open);
        let is_said = |it: &Finding| {
            let same = |said: &Finding| said.field == it.field && said.name == it.name;
            findings.iter().any(same) || is_same_reference(it, &findings)
        };
        page.findings.retain(|it| !is_said(it));
        if self.is_bare {
            // The lines of its page were made of the same data.
            page.findings.retain(|it| it.field != Field::Reference);
        }
        if !is_open {
            let is_to_pay = |it: &Finding| it.field == Field::Payable;
            page.findings.retain(|it| !is_to_pay(it));
        }
        findings.append(&mut page.findings);
        page.findings = findings;
        let mut references = 0;
        page.findings.retain(|it| {
            references += usize::from(it.field == Field::Reference);
            it.field != Field::Reference || references <= REFERENCES_MAX
        });
        self.lay_obligations(page, is_open);
        self.keep_questions(page, is_open, context);
    }

    /// Whether the reader has to act: as the data says, or where that says too little, the page.
    fn is_open(&self, by_page: Settlement) -> bool {
        let settlement = if self.plan.is_told {
            self.plan.settlement
        } else {
            by_page
        };
        settlement == Settlement::Open
    }

    fn lay_obligations(&self, page: &mut Extraction, is_open: bool) {
        let owed = self.obligations();
        if !is_open || !owed.is_empty() {
            page.obligations.retain(|it| it.action != Action::Pay);
            page.obligations.extend(owed);
            return;
        }
        // The page alone names the days; how much is due the data knows.
        let payments = page.obligations.iter_mut();
        let mut payments = payments.filter(|it| it.action == Action::Pay);
        if let (Some(only), None) = (payments.next(), payments.next()) {
            only.amount = self.invoice.owed().or(only.amount);
            only.currency = Some(self.currency);
        }
    }

    /// What was asked about paying is answered by the data; what it leaves open is asked.
    fn keep_questions(&self, page: &mut Extraction, is_open: bool, context: &Context) {
        let language = context.language;
        let days = self.plan.payments.iter().flat_map(days_of);
        let days: Vec<String> = days.map(|it| wording::day(it, language)).collect();
        page.questions.retain(|it| {
            it.finding.is_none() && !days.iter().any(|day| it.text.contains(day.as_str()))
        });
        let has_payment = page.obligations.iter().any(|it| it.action == Action::Pay);
        if let Some(owed) = self.invoice.owed().filter(|_| is_open && !has_payment) {
            page.questions.push(Question {
                text: wording::payable_by_when(self.money(owed), language),
                finding: Some(Field::Payable),
            });
        }
    }

    /// Accounts that cannot be right.
    fn doubts(&self, context: &Context) -> Vec<Question> {
        let accounts = self.invoice.accounts();
        let wrong = accounts.first().filter(|it| is_wrong_iban(it));
        let is_open = self.plan.settlement == Settlement::Open;
        let has_right = accounts.iter().any(|it| it.parse::<Iban>().is_ok());
        let question = wrong.filter(|_| is_open && !has_right).map(|it| Question {
            text: wording::iban_is_wrong(it, context.language),
            finding: Some(Field::Iban),
        });
        question.into_iter().collect()
    }

    fn money(&self, amount: Amount) -> Money {
        Money {
            amount,
            currency: self.currency,
        }
    }

    fn findings(&self, is_open: bool) -> Vec<Finding> {
        let (invoice, proof) = (self.invoice, &self.proof);
        let mut found = Vec::new();
        let mut say = |field, name: &str, value, evidence| {
            found.push(sure(field, name, value, evidence));
        };
        let text = |it: &str| (Value::Text(it.to_owned()), proof.of_text(it));
        let of_number = invoice.number.as_deref().unwrap_or_default();
        say(
            Field::Kind,
            "",
            Value::Kind(invoice.kind()),
            proof.of_text(of_number),
        );
        if let Some((value, evidence)) = invoice.writer().map(text) {
            say(Field::Sender, "", value, evidence);
        }
        if let Some(day) = invoice.issued {
            say(Field::IssueDate, "", Value::Date(day), proof.of_day(day));
        }
        if let Some((value, evidence)) = invoice.number.as_deref().map(text) {
            let name = match invoice.sort {
                super::Sort::Credit => "credit_note_number",
                super::Sort::Bill | super::Sort::SelfBilled => "invoice_number",
            };
            say(Field::Reference, name, value, evidence);
        }
        for (name, number) in &invoice.references {
            if Some(number) != invoice.number.as_ref() {
                let (value, evidence) = text(number);
                say(Field::Reference, name, value, evidence);
            }
        }
        let money = |it: Amount| (Value::Money(self.money(it)), proof.of_money(it));
        if let Some((value, evidence)) = invoice.total.map(money) {
            say(Field::Total, "", value, evidence);
        }
        let owed = invoice.owed().filter(|it| is_open && it.hundredths() > 0);
        if let Some((value, evidence)) = owed.map(money) {
            say(Field::Payable, "", value, evidence);
        }
        found.extend(self.account());
        found
    }

    /// The account that is named, the first whose check digits fit. What is no IBAN, or a wrong one,
    /// is said as words: it is what the data names.
    fn account(&self) -> Option<Finding> {
        let accounts = self.invoice.accounts();
        let valid = accounts.iter().find_map(|it| it.parse::<Iban>().ok());
        let stated = || accounts.iter().find(|it| !it.is_empty()).cloned();
        let (value, text) = if let Some(iban) = valid {
            let text = iban.as_str().to_owned();
            (Value::Iban(iban), text)
        } else {
            let stated = stated()?;
            (Value::Text(stated.clone()), stated)
        };
        Some(sure(Field::Iban, "", value, self.proof.of_account(&text)))
    }

    fn obligations(&self) -> Vec<Obligation> {
        let payments = self.plan.payments.iter();
        payments.map(|it| self.obligation(it)).collect()
    }

    fn obligation(&self, payment: &Payment) -> Obligation {
        let by_words = || {
            let words = &payment.words;
            (!words.is_empty()).then(|| self.proof.of_text(words))
        };
        let by_day = || self.proof.day_on_page(payment.due);
        let evidence = by_day().or_else(by_words);
        Obligation {
            action: Action::Pay,
            due: payment.due,
            due_time: None,
            amount: payment.amount,
            currency: Some(self.currency),
            optional: false,
            alternatives: payment.alternatives.clone(),
            safe_due: None,
            basis: payment.basis,
            confidence: Confidence::new(payment.confidence),
            why: payment.why.clone(),
            evidence: evidence.unwrap_or_else(|| self.proof.of_day(payment.due)),
        }
    }
}

fn days_of(payment: &Payment) -> impl Iterator<Item = Date> {
    let early = payment.alternatives.iter().map(|it| it.due);
    early.chain([payment.due])
}

/// Whether a rule found a number that the data knows by another name.
fn is_same_reference(found: &Finding, said: &[Finding]) -> bool {
    let text = |it: &Finding| match (&it.value, it.field) {
        (Value::Text(text), Field::Reference) => Some(compact(text)),
        _ => None,
    };
    text(found).is_some_and(|number| said.iter().any(|it| text(it).as_ref() == Some(&number)))
}

/// Whether this is meant as an IBAN and is none.
fn is_wrong_iban(account: &str) -> bool {
    let mut letters = account.chars();
    let begins = letters.by_ref().take(2).all(|it| it.is_ascii_uppercase())
        && letters.take(2).all(|it| it.is_ascii_digit());
    begins && (15..=34).contains(&account.len()) && account.parse::<Iban>().is_err()
}

fn sure(field: Field, name: &str, value: Value, evidence: Evidence) -> Finding {
    Finding {
        field,
        name: name.to_owned(),
        value,
        confidence: Confidence::CERTAIN,
        evidence: Some(evidence),
        by: ClaimedBy::Data,
        why: None,
    }
}
