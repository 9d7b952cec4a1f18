//! Whoever writes to the household: their accounts, and what persons taught the house of them.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::domain::id::{ExampleId, PartyId};
use crate::domain::layout::Example;
use crate::domain::mark::Mark;
use crate::domain::party::{Account, Party};
use crate::store::{Error, ReadTx, Store, examples, parties};
use crate::web::auth::{CheckedForm, CurrentPerson};
use crate::web::extract::At;
use crate::web::failure::Failure;
use crate::web::frame::{Frame, Locale, Shell, go, page};
use crate::web::{WebState, words};

/// Senders shown.
const SENDERS_MAX: u32 = 500;

/// A sender.
pub struct Sender {
    id: String,
    name: String,
    letters: String,
    accounts: Vec<AccountLine>,
    lessons: Vec<String>,
    marks: String,
    examples: Vec<ExampleLine>,
}

/// Where a person said that something stands.
pub struct ExampleLine {
    id: String,
    text: String,
    about: String,
}

/// One of its accounts.
pub struct AccountLine {
    iban: String,
    since: String,
    is_confirmed: bool,
}

#[derive(Template)]
#[template(path = "senders.html")]
struct SendersPage<'a> {
    shell: &'a Shell,
    senders: Vec<Sender>,
    nobodys: Vec<ExampleLine>,
}

/// `GET /senders`
pub async fn show(State(state): State<WebState>, frame: Frame) -> Result<Response, Failure> {
    let locale = frame.locale.clone();
    let look = move |tx: &ReadTx<'_>| {
        let found = parties::list(tx, SENDERS_MAX)?.into_iter();
        let senders = found.map(|it| sender(tx, &locale, it));
        let senders = senders.collect::<Result<Vec<Sender>, Error>>()?;
        Ok((senders, lines(&locale, &examples::of_nobody(tx)?)))
    };
    let (senders, nobodys) = state.store.read(frame.me.viewer(), look).await?;
    let template = SendersPage {
        senders,
        nobodys,
        shell: &frame.shell,
    };
    page(&frame.shell, &template)
}

fn sender(tx: &ReadTx<'_>, locale: &Locale, party: Party) -> Result<Sender, Error> {
    let language = locale.language;
    let letters = parties::letters(tx, party.id)?;
    let account = |it: &Account| AccountLine {
        iban: it.iban.to_string(),
        since: locale.moment(it.since),
        is_confirmed: it.is_confirmed,
    };
    let names = party.signs.iter().filter(|it| it.is_taught);
    let names = names.map(|it| words::also_read_as(language, &it.words));
    let kinds = party.kinds.iter();
    let kinds = kinds.map(|it| words::kind_taught(language, it.found, it.right));
    Ok(Sender {
        id: party.id.to_string(),
        letters: words::letters(language, letters),
        accounts: party.accounts.iter().map(account).collect(),
        lessons: names.chain(kinds).collect(),
        marks: party
            .marks
            .iter()
            .map(Mark::to_string)
            .collect::<Vec<_>>()
            .join(", "),
        examples: lines(locale, &party.examples),
        name: party.name,
    })
}

fn lines(locale: &Locale, examples: &[Example]) -> Vec<ExampleLine> {
    let line = |it: &Example| {
        let by = it.by.as_ref().map(|it| format!("{it}, "));
        ExampleLine {
            id: it.id.to_string(),
            text: words::example(locale.language, it),
            about: format!("{}{}", by.unwrap_or_default(), locale.moment(it.at)),
        }
    };
    examples.iter().map(line).collect()
}

/// `POST /senders/examples/{id}/forget`
pub async fn forget_example(
    State(store): State<Store>,
    me: CurrentPerson,
    At(id): At<ExampleId>,
    _form: CheckedForm,
) -> Result<Response, Failure> {
    store
        .write(me.caller(), move |tx| examples::forget(tx, id))
        .await?;
    Ok(go("/senders", None))
}

/// `POST /senders/{id}/forget`
pub async fn forget(
    State(store): State<Store>,
    me: CurrentPerson,
    At(id): At<PartyId>,
    _form: CheckedForm,
) -> Result<Response, Failure> {
    store
        .write(me.caller(), move |tx| parties::forget(tx, id))
        .await?;
    Ok(go("/senders", None))
}
