//! A person's own page: how they are told things, when they are left in peace, who stands in for them,
//! and the address of their calendar.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use super::Choice;
use crate::domain::delivery::ChannelName;
use crate::domain::escalation::Away;
use crate::domain::hours::Quiet;
use crate::domain::manner::Manner;
use crate::domain::priority::Priority;
use crate::store::{Error, ReadTx, Store, WriteTx, deliveries, feeds, manners, people};
use crate::web::auth::{CheckedForm, CurrentPerson, Fields, secret};
use crate::web::failure::Failure;
use crate::web::frame::{Frame, Happened, Locale, Shell, go, page};
use crate::web::{WebState, words};

/// Letters of an address at the most.
const ADDRESS_LETTERS_MAX: usize = 200;

/// A channel, as the form shows it.
struct Way {
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    wants_address: bool,
    address: String,
    is_usual: bool,
    is_loud: bool,
}

#[derive(Template)]
#[template(path = "me.html")]
struct MePage<'a> {
    shell: &'a Shell,
    name: String,
    ways: Vec<Way>,
    quiet_from: String,
    quiet_until: String,
    broken_by: Vec<Choice>,
    digest: String,
    away_from: String,
    away_until: String,
    deputies: Vec<Choice>,
    calendar_since: Option<String>,
    calendar_address: Option<String>,
}

/// `GET /me`
pub async fn show(
    State(state): State<WebState>,
    me: CurrentPerson,
    frame: Frame,
) -> Result<Response, Failure> {
    shown(&state, &me, &frame, None).await
}

async fn shown(
    state: &WebState,
    me: &CurrentPerson,
    frame: &Frame,
    calendar_address: Option<String>,
) -> Result<Response, Failure> {
    let (locale, channels) = (frame.locale.clone(), state.about.channels.clone());
    let person = me.person.clone();
    let look = move |tx: &ReadTx<'_>| {
        let manner = manners::of(tx, person.id)?;
        let others = people::list(tx)?
            .into_iter()
            .filter(|it| it.id != person.id);
        let away = manner.away.last().copied();
        let deputy = away.and_then(|it| it.deputy).map(|it| it.to_string());
        let deputies = others.map(|it| Choice {
            value: it.id.to_string(),
            chosen: deputy.as_deref() == Some(it.id.to_string().as_str()),
            label: it.name,
        });
        let deputies: Vec<Choice> = deputies.collect();
        let since = feeds::since(tx, person.id)?;
        Ok::<_, Error>((manner, deputies, since))
    };
    let (manner, deputies, since) = state.store.read(me.viewer(), look).await?;
    let locale_ref = &locale;
    let day = |at: Timestamp| locale_ref.zone.to_datetime(at).date().to_string();
    let away = manner.away.last();
    let clock = |it: Time| format!("{:02}:{:02}", it.hour(), it.minute());
    let quiet = manner.quiet;
    let template = MePage {
        shell: &frame.shell,
        name: me.person.name.clone(),
        ways: ways(&locale, &manner, &channels),
        quiet_from: quiet.map_or_else(String::new, |it| clock(it.from)),
        quiet_until: quiet.map_or_else(String::new, |it| clock(it.until)),
        broken_by: broken_by(&locale, quiet),
        digest: manner.digest.map_or_else(String::new, clock),
        away_from: away.map_or_else(String::new, |it| day(it.from)),
        // The form names the last day, the plan the moment after it.
        away_until: away.map_or_else(String::new, |it| {
            day(it.until - jiff::SignedDuration::from_secs(1))
        }),
        deputies,
        calendar_since: since.map(|it| locale.moment(it)),
        calendar_address,
    };
    page(&frame.shell, &template)
}

fn ways(locale: &Locale, manner: &Manner, channels: &[ChannelName]) -> Vec<Way> {
    let people = channels.iter().filter(|it| !it.is_event());
    let way = |it: &ChannelName| Way {
        name: it.as_str(),
        label: words::channel(locale.language, *it),
        hint: words::address_hint(locale.language, *it),
        wants_address: it.wants_address() || *it == ChannelName::Gotify,
        address: manner.address(*it).unwrap_or_default().to_owned(),
        is_usual: manner.ways.contains(it),
        is_loud: manner.loud.contains(it),
    };
    people.map(way).collect()
}

fn broken_by(locale: &Locale, quiet: Option<Quiet>) -> Vec<Choice> {
    let t = locale.texts();
    let chosen = quiet
        .and_then(|it| it.broken_by)
        .map_or("", Priority::as_str);
    [
        ("", t.quiet_never_broken),
        ("high", t.priority_high),
        ("critical", t.priority_critical),
    ]
    .map(|(value, label)| Choice::new(value, label, chosen))
    .into()
}

/// `POST /me`
pub async fn change(
    State(state): State<WebState>,
    me: CurrentPerson,
    CheckedForm(form): CheckedForm,
) -> Result<Response, Failure> {
    let manner = entered(&form, &state.about.channels, &state.household.zone)?;
    let person = me.person.id;
    let deputies: Vec<_> = manner.away.iter().filter_map(|it| it.deputy).collect();
    let write = move |tx: &WriteTx<'_>| {
        for deputy in deputies {
            people::by_id(tx, deputy)?;
        }
        manners::set(tx, person, &manner)
    };
    state.store.write(me.caller(), write).await?;
    state.wake.reminders.notify_one();
    Ok(go("/me", Some(&Happened::Saved)))
}

fn entered(form: &Fields, channels: &[ChannelName], zone: &TimeZone) -> Result<Manner, Failure> {
    let wrong = |what: &str| Failure::Invalid(format!("{what} does not make sense"));
    let mut manner = Manner::default();
    let mut addresses = BTreeMap::new();
    for channel in channels.iter().filter(|it| !it.is_event()) {
        let field = |kind: &str| format!("{kind}_{channel}");
        if form.text(&field("usual")).is_some() {
            manner.ways.push(*channel);
        }
        if form.text(&field("loud")).is_some() {
            manner.loud.push(*channel);
        }
        if let Some(address) = form.filled(&field("address")) {
            if address.chars().count() > ADDRESS_LETTERS_MAX {
                return Err(wrong("the address"));
            }
            addresses.insert(*channel, address.to_owned());
        }
    }
    manner.addresses = addresses;
    let hour = |name: &str| -> Result<Option<Time>, Failure> {
        let hour = form.filled(name).map(str::parse).transpose();
        hour.map_err(|_| wrong("the hour"))
    };
    if let (Some(from), Some(until)) = (hour("quiet_from")?, hour("quiet_until")?) {
        manner.quiet = Some(Quiet {
            from,
            until,
            broken_by: form
                .filled("quiet_broken_by")
                .and_then(|it| it.parse().ok()),
        });
    }
    manner.digest = hour("digest")?;
    let day = |name: &str| -> Result<Option<Date>, Failure> {
        let day = form.filled(name).map(str::parse).transpose();
        day.map_err(|_| wrong("the day"))
    };
    if let (Some(first), Some(last)) = (day("away_from")?, day("away_until")?) {
        let begin = |day: Date| zone.to_timestamp(day.to_datetime(Time::midnight()));
        let after = last.tomorrow().map_err(|_| wrong("the day"))?;
        let (from, until) = (begin(first), begin(after));
        let (Ok(from), Ok(until)) = (from, until) else {
            return Err(wrong("the day"));
        };
        if until <= from {
            return Err(Failure::Invalid(
                "the last day away is before the first".to_owned(),
            ));
        }
        manner.away.push(Away {
            from,
            until,
            deputy: form.filled("deputy").and_then(|it| it.parse().ok()),
        });
    }
    Ok(manner)
}

/// `POST /me/test`: a message by one channel, to see that it arrives.
pub async fn test(
    State(state): State<WebState>,
    me: CurrentPerson,
    CheckedForm(form): CheckedForm,
) -> Result<Response, Failure> {
    let channel = form
        .text("channel")
        .and_then(|it| it.parse::<ChannelName>().ok());
    let channel = channel.filter(|it| state.about.channels.contains(it));
    let channel = channel.ok_or_else(|| Failure::Invalid("which channel?".to_owned()))?;
    let person = me.person.id;
    let write = move |tx: &WriteTx<'_>| {
        if channel.wants_address() && manners::of(tx, person)?.address(channel).is_none() {
            return Err(Error::Conflict {
                what: "there is no address yet: enter one and save".to_owned(),
            });
        }
        deliveries::intend_test(tx, person, channel)
    };
    state.store.write(me.caller(), write).await?;
    state.wake.deliveries.notify_one();
    Ok(go("/me", Some(&Happened::Sent)))
}

/// `POST /me/calendar`: a new secret address; it is shown once, since only its hash is kept.
pub async fn open_calendar(
    State(state): State<WebState>,
    me: CurrentPerson,
    frame: Frame,
    _form: CheckedForm,
) -> Result<Response, Failure> {
    let secret = secret::new_secret();
    let (hash, person) = (secret::hash_of(&secret), me.person.id);
    let open = move |tx: &WriteTx<'_>| feeds::open(tx, person, hash);
    state.store.write(me.caller(), open).await?;
    let address = format!("{}/calendar/{secret}.ics", state.household.base_url);
    shown(&state, &me, &frame, Some(address)).await
}

/// `POST /me/calendar/close`
pub async fn close_calendar(
    State(store): State<Store>,
    me: CurrentPerson,
    _form: CheckedForm,
) -> Result<Response, Failure> {
    let person = me.person.id;
    let close = move |tx: &WriteTx<'_>| feeds::close(tx, person);
    store.write(me.caller(), close).await?;
    Ok(go("/me", Some(&Happened::Saved)))
}
