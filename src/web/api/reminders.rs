//! `/api/v1/reminders`

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Deserialize;

use super::task_shapes::{ReminderBody, ReminderPage};
use super::{cursor, page_length};
use crate::domain::reminder::ReminderState;
use crate::store::{ReadTx, Store, reminders};
use crate::web::auth::ApiCaller;
use crate::web::extract::Asked;
use crate::web::failure::{Failure, Problem};

/// Which reminders.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
pub struct Wanted {
    /// `planned`, `said` or `lapsed`.
    state: Option<String>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// Reminders of a page, 1 to 200.
    limit: Option<u32>,
}

/// Reminders, latest first.
#[utoipa::path(get, path = "/reminders", tag = "reminders", params(Wanted),
    responses((status = 200, body = ReminderPage), (status = 422, body = Problem)))]
pub async fn list(
    State(store): State<Store>,
    caller: ApiCaller,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<ReminderPage>, Failure> {
    let limit = page_length(wanted.limit)?;
    let unknown = |error: crate::domain::document::Unknown| Failure::Invalid(error.to_string());
    let state = wanted
        .state
        .as_deref()
        .map(str::parse::<ReminderState>)
        .transpose();
    let state = state.map_err(unknown)?;
    let before = cursor::<Place>(wanted.cursor.as_deref())?;
    let look = move |tx: &ReadTx<'_>| {
        reminders::list(tx, state, before.map(|it| (it.at, it.id)), limit + 1)
    };
    let mut found = store.read(caller.viewer(), look).await?;
    let next = super::cut(&mut found, limit, |it| {
        format!("{}-{}", it.reminder.at.as_millisecond(), it.reminder.id)
    });
    let body = |it: &reminders::Listed| ReminderBody::of(&it.reminder, &it.task.title);
    Ok(Json(ReminderPage {
        reminders: found.iter().map(body).collect(),
        next,
    }))
}

/// A place in the list: many reminders share their moment, so their id belongs to it.
#[derive(Clone, Copy, Debug)]
struct Place {
    at: Timestamp,
    id: crate::domain::id::ReminderId,
}

impl std::str::FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (at, id) = text.rsplit_once('-').ok_or(())?;
        let at = at
            .parse()
            .ok()
            .and_then(|it| Timestamp::from_millisecond(it).ok());
        Ok(Self {
            at: at.ok_or(())?,
            id: id.parse().map_err(|_| ())?,
        })
    }
}
