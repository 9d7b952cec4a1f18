//! Where a page says something else than the data. Only what is clear counts: the page names a value
//! by its label, and the data's value stands nowhere on it.

use super::proof::Proof;
use super::terms::Plan;
use super::{Invoice, compact};
use crate::domain::document::PageSource;
use crate::domain::finding::{Extraction, Field, Finding, Question, Value};
use crate::domain::obligation::{Action, Basis};
use crate::domain::person::Language;
use crate::domain::value::{Confidence, Iban, Money};
use crate::domain::wording::{self, Differing};
use crate::understanding::paper::Paper;

/// From this confidence on the page says it clearly.
const CLEAR: f32 = 0.85;

/// How far sums are apart that were only rounded elsewhere, in hundredths.
const ROUNDED_MAX: i64 = 5;

/// One question for each value that differs. Letters that were recognised on a picture are no proof
/// of a difference.
pub fn questions(
    page: &Extraction,
    invoice: &Invoice,
    plan: &Plan,
    paper: &Paper<'_>,
    language: Language,
) -> Vec<Question> {
    let mut pages = paper.reading.pages.iter();
    if pages.any(|it| it.source == PageSource::Ocr) {
        return Vec::new();
    }
    let compared = Compared {
        page,
        invoice,
        proof: Proof::new(paper, ""),
        paper,
        language,
    };
    let found = [
        compared.number().map(|it| (Field::Reference, it)),
        compared.total().map(|it| (Field::Total, it)),
        compared.due(plan).map(|it| (Field::Payable, it)),
        compared.account().map(|it| (Field::Iban, it)),
    ];
    let question = |(field, (what, page, data)): (Field, Difference)| Question {
        text: wording::page_and_data_differ(what, &page, &data, language),
        finding: Some(field),
    };
    found.into_iter().flatten().map(question).collect()
}

/// What differs, as the page has it and as the data has it.
type Difference = (Differing, String, String);

struct Compared<'a> {
    page: &'a Extraction,
    invoice: &'a Invoice,
    proof: Proof<'a>,
    paper: &'a Paper<'a>,
    language: Language,
}

impl Compared<'_> {
    fn clearly(&self, field: Field, names: &[&str]) -> Option<&Finding> {
        let is_clear = |it: &&Finding| {
            it.field == field
                && it.confidence >= Confidence::new(CLEAR)
                && names.contains(&it.name.as_str())
        };
        self.page.findings.iter().find(is_clear)
    }

    fn number(&self) -> Option<Difference> {
        let data = self.invoice.number.as_deref()?;
        let names = ["invoice_number", "credit_note_number"];
        let found = self.clearly(Field::Reference, &names)?;
        let Value::Text(page) = &found.value else {
            return None;
        };
        let (short, long) = (compact(page), compact(data));
        let is_part = short.contains(&long) || long.contains(&short);
        let differs = !is_part && self.proof.text_on_page(data).is_none();
        differs.then(|| (Differing::Number, page.clone(), data.to_owned()))
    }

    fn total(&self) -> Option<Difference> {
        let data = self.invoice.total?;
        let found = self.clearly(Field::Total, &[""])?;
        let Value::Money(page) = found.value else {
            return None;
        };
        let apart = page.amount.hundredths().abs() - data.hundredths().abs();
        let is_same = apart.abs() <= ROUNDED_MAX;
        // What a page rounds or says in another currency is no contradiction.
        let stated = self.invoice.currency.as_deref();
        let is_other_currency = stated.is_some_and(|it| it != page.currency.code());
        if is_same || is_other_currency || self.proof.money_on_page(data).is_some() {
            return None;
        }
        let data = Money {
            amount: data,
            currency: page.currency,
        };
        let say = |it: Money| wording::money(it, self.language);
        Some((Differing::Total, say(page), say(data)))
    }

    fn due(&self, plan: &Plan) -> Option<Difference> {
        let stated = plan.payments.iter().filter(|it| it.words.is_empty());
        let days = stated.flat_map(|it| {
            let early = it.alternatives.iter().map(|it| it.due);
            early.chain([it.due])
        });
        let days: Vec<_> = days.collect();
        let data = *days.last()?;
        let mut duties = self.page.obligations.iter();
        let page = duties.find(|it| {
            it.action == Action::Pay
                && it.basis == Basis::Explicit
                && it.confidence >= Confidence::new(CLEAR)
        })?;
        let is_known =
            days.contains(&page.due) || days.iter().any(|it| self.proof.day_on_page(*it).is_some());
        let say = |it| wording::day(it, self.language);
        (!is_known).then(|| (Differing::DueDay, say(page.due), say(data)))
    }

    fn account(&self) -> Option<Difference> {
        let accounts = self.invoice.accounts();
        let data = accounts.first()?.clone();
        let found = self.clearly(Field::Iban, &[""])?;
        let Value::Iban(page) = &found.value else {
            return None;
        };
        let on_page = |it: &String| self.proof.account_on_page(it).is_some();
        let is_known =
            accounts.iter().any(|it| it == page.as_str()) || accounts.iter().any(on_page);
        // Where the data's account is none at all, another question asks about it.
        let data = data.parse::<Iban>().ok()?;
        let is_shown = !self.paper.reading.pages.is_empty() && !is_known;
        is_shown.then(|| (Differing::Account, page.to_string(), data.to_string()))
    }
}
