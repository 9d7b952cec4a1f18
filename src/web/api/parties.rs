//! `/api/v1/parties`: whoever writes to the household.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::id::{ExampleId, PartyId};
use crate::domain::layout::{Example, Place};
use crate::domain::mark::Mark;
use crate::domain::party::Party;
use crate::store::{Error, ReadTx, Store, examples, parties};
use crate::web::auth::ApiCaller;
use crate::web::extract::At;
use crate::web::failure::{Failure, Problem};

/// Parties told at the most.
const PARTIES_MAX: u32 = 1000;

/// Somebody who writes to the household, and what was learned of them.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PartyBody {
    /// Its id.
    pub id: String,
    /// As the household calls it.
    pub name: String,
    /// Its letters.
    pub documents: u64,
    /// Where it has taken payments.
    pub accounts: Vec<AccountBody>,
    /// What a person taught: other names in its letters.
    pub also_read_as: Vec<String>,
    /// What a person taught: what its letters are where the machine says otherwise.
    pub kinds: Vec<KindBody>,
    /// VAT numbers and domains that are its alone.
    pub marks: Vec<String>,
    /// What persons showed: where in its letters something stands.
    pub examples: Vec<ExampleBody>,
}

/// Where in letters that are laid out alike a value stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ExampleBody {
    /// Its id.
    pub id: String,
    /// `issue_date`, `payable`, `total`, `reference` or `due`.
    pub role: String,
    /// Of a reference which one; of a due day what is to be done.
    pub name: String,
    /// Whether it was said that such letters have none.
    pub is_absent: bool,
    /// The words before or above it; empty if none.
    pub label: String,
    /// The words by which the machine had found a wrong one.
    pub instead_of: Option<String>,
    /// Who showed it, by name.
    pub by: Option<String>,
    /// When (RFC 3339).
    pub at: String,
}

impl From<&Example> for ExampleBody {
    fn from(example: &Example) -> Self {
        Self {
            id: example.id.to_string(),
            role: example.role.to_string(),
            name: example.name.clone(),
            is_absent: example.right.is_none(),
            label: example.right.as_ref().map_or("", Place::label).to_owned(),
            instead_of: example.wrong.as_ref().map(|it| it.label().to_owned()),
            by: example.by.clone(),
            at: example.at.to_string(),
        }
    }
}

/// An account of a party.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AccountBody {
    /// Its number.
    pub iban: String,
    /// When a letter first named it (RFC 3339).
    pub since: String,
    /// Whether a person said that it is right.
    pub confirmed: bool,
}

/// A kind that is told otherwise for a party.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct KindBody {
    /// What the machine says.
    pub found: String,
    /// What it is.
    pub right: String,
}

/// The parties, by name.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PartyList {
    /// At most 1000.
    pub parties: Vec<PartyBody>,
    /// What was shown in letters of unknown senders.
    pub examples: Vec<ExampleBody>,
}

impl PartyBody {
    fn of(party: Party, documents: u64) -> Self {
        let taught = party.signs.into_iter().filter(|it| it.is_taught);
        let accounts = party.accounts.into_iter().map(|it| AccountBody {
            iban: it.iban.to_string(),
            since: it.since.to_string(),
            confirmed: it.is_confirmed,
        });
        let kinds = party.kinds.into_iter().map(|it| KindBody {
            found: it.found.to_string(),
            right: it.right.to_string(),
        });
        Self {
            id: party.id.to_string(),
            name: party.name,
            documents,
            accounts: accounts.collect(),
            also_read_as: taught.map(|it| it.words).collect(),
            kinds: kinds.collect(),
            marks: party.marks.iter().map(Mark::to_string).collect(),
            examples: party.examples.iter().map(ExampleBody::from).collect(),
        }
    }
}

/// Whoever writes to the household, by name, and what was learned of them.
#[utoipa::path(get, path = "/parties", tag = "parties",
    responses((status = 200, body = PartyList)))]
pub async fn list(
    State(store): State<Store>,
    caller: ApiCaller,
) -> Result<Json<PartyList>, Failure> {
    let look = |tx: &ReadTx<'_>| {
        let found = parties::list(tx, PARTIES_MAX)?.into_iter();
        let bodies = found.map(|it| {
            let documents = parties::letters(tx, it.id)?;
            Ok(PartyBody::of(it, documents))
        });
        let parties = bodies.collect::<Result<_, Error>>()?;
        let nobodys = examples::of_nobody(tx)?;
        let examples = nobodys.iter().map(ExampleBody::from).collect();
        Ok(PartyList { parties, examples })
    };
    Ok(Json(store.read(caller.viewer(), look).await?))
}

/// Forgets where something stands in letters; those that were understood by it stay as they are.
#[utoipa::path(delete, path = "/examples/{id}", tag = "parties", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
pub async fn forget_example(
    State(store): State<Store>,
    caller: ApiCaller,
    At(id): At<ExampleId>,
) -> Result<StatusCode, Failure> {
    store
        .write(caller.caller, move |tx| examples::forget(tx, id))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Forgets what was learned of a party: its accounts, names, kinds, marks and layouts. Its letters stay as they are.
#[utoipa::path(delete, path = "/parties/{id}", tag = "parties", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
pub async fn forget(
    State(store): State<Store>,
    caller: ApiCaller,
    At(id): At<PartyId>,
) -> Result<StatusCode, Failure> {
    store
        .write(caller.caller, move |tx| parties::forget(tx, id))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
