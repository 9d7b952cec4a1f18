//! Whoever writes to the household: their accounts, and what persons taught the house of them.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::domain::id::PartyId;
use crate::domain::party::{Account, Party};
use crate::store::{Error, ReadTx, Store, parties};
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
}

/// `GET /senders`
pub async fn show(State(state): State<WebState>, frame: Frame) -> Result<Response, Failure> {
    let locale = frame.locale.clone();
    let look = move |tx: &ReadTx<'_>| {
        let found = parties::list(tx, SENDERS_MAX)?.into_iter();
        let senders = found.map(|it| sender(tx, &locale, it));
        senders.collect::<Result<Vec<Sender>, Error>>()
    };
    let template = SendersPage {
        senders: state.store.read(frame.me.viewer(), look).await?,
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
        name: party.name,
    })
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
