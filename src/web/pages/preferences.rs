//! How the pages look and in which language they speak to a person.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::header::{REFERER, SET_COOKIE};
use axum::response::Response;

use crate::domain::person::Language;
use crate::store::{Store, people};
use crate::web::auth::{CheckedForm, CurrentPerson};
use crate::web::failure::Failure;
use crate::web::frame::go;

/// `POST /preferences`
pub async fn change(
    State(store): State<Store>,
    me: CurrentPerson,
    headers: HeaderMap,
    CheckedForm(fields): CheckedForm,
) -> Result<Response, Failure> {
    let language = fields
        .text("language")
        .and_then(|it| it.parse::<Language>().ok());
    if language.is_some() && language != me.person.language {
        let person = me.person.id;
        store
            .write(me.caller(), move |tx| {
                people::set_language(tx, person, language)
            })
            .await?;
    }
    let mut response = go(&page_before(&headers), None);
    let theme = match fields.text("theme") {
        Some(theme @ ("dark" | "light")) => {
            format!("theme={theme}; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000")
        }
        _ => "theme=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0".to_owned(),
    };
    let theme = HeaderValue::from_str(&theme).map_err(Failure::broken)?;
    response.headers_mut().append(SET_COOKIE, theme);
    Ok(response)
}

/// The path of the page that the form stood on; the start where the browser does not say.
fn page_before(headers: &HeaderMap) -> String {
    let referrer = headers.get(REFERER).and_then(|it| it.to_str().ok());
    let address = referrer.and_then(|it| url::Url::parse(it).ok());
    let path = address.map(|it| match it.query() {
        Some(query) => format!("{}?{query}", it.path()),
        None => it.path().to_owned(),
    });
    path.unwrap_or_else(|| "/".to_owned())
}
