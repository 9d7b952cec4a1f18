//! How the channels do, and what becomes of a delivery whose channel does not: it is tried again and
//! again, and meanwhile the same message goes another way. Whichever arrives first overtakes the others.

use jiff::Timestamp;
use rusqlite::{named_params, params};

use super::deliveries::Outcome;
use super::rows::Columns;
use super::{Error, ReadTx, WriteTx};
use crate::domain::delivery::{ChannelName, DeliveryState};
use crate::domain::id::{DeliveryId, PersonId};

/// How a channel has done lately.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelState {
    /// Which.
    pub name: ChannelName,
    /// When it last took something.
    pub delivered_at: Option<Timestamp>,
    /// When it last did not.
    pub failed_at: Option<Timestamp>,
    /// Why not.
    pub reason: Option<String>,
    /// Since when it has taken nothing, though it is tried again.
    pub failing_since: Option<Timestamp>,
    /// Deliveries that wait for it.
    pub waiting: u64,
    /// When it is tried next.
    pub next_try_at: Option<Timestamp>,
}

/// How each of these channels does.
pub fn states(tx: &ReadTx<'_>, names: &[ChannelName]) -> Result<Vec<ChannelState>, Error> {
    let mut query = tx.prepare_cached(
        "SELECT delivered_at, failed_at, reason, failing_since,
                (SELECT count(*) FROM delivery WHERE channel = :name AND state = 'waiting')
                    AS waiting,
                (SELECT min(retry_at) FROM delivery WHERE channel = :name AND state = 'waiting')
                    AS next_try_at
           FROM (SELECT 1) LEFT JOIN channel ON name = :name",
    )?;
    let mut states = Vec::with_capacity(names.len());
    for name in names {
        let parameters = named_params! { ":name": name.as_str() };
        let found = query.query_and_then(parameters, |row| {
            let columns = Columns::of("channel", row);
            Ok::<_, Error>(ChannelState {
                name: *name,
                delivered_at: columns.instant_or_none("delivered_at")?,
                failed_at: columns.instant_or_none("failed_at")?,
                reason: columns.plain("reason")?,
                failing_since: columns.instant_or_none("failing_since")?,
                waiting: columns.count("waiting")?,
                next_try_at: columns.instant_or_none("next_try_at")?,
            })
        })?;
        for state in found {
            states.push(state?);
        }
    }
    Ok(states)
}

/// Notes how a try of `delivery` ended for its channel. What one address refuses for good says nothing
/// about the others.
pub(super) fn note(tx: &WriteTx<'_>, delivery: DeliveryId, outcome: &Outcome) -> Result<(), Error> {
    let now = tx.now().as_millisecond();
    let (delivered_at, failing_since, reason) = match outcome {
        Outcome::Delivered => (Some(now), None, None),
        Outcome::Transient { reason, .. } => (None, Some(now), Some(reason)),
        Outcome::Permanent { reason } => (None, None, Some(reason)),
    };
    tx.prepare_cached(
        "INSERT INTO channel (name, delivered_at, failed_at, reason, failing_since)
         SELECT channel, :delivered_at, :failed_at, :reason, :failing_since
           FROM delivery WHERE id = :delivery
         ON CONFLICT (name) DO UPDATE
            SET delivered_at = coalesce(excluded.delivered_at, delivered_at),
                failed_at = coalesce(excluded.failed_at, failed_at),
                reason = coalesce(excluded.reason, reason),
                failing_since = CASE WHEN excluded.delivered_at IS NULL
                                     THEN coalesce(failing_since, excluded.failing_since) END",
    )?
    .execute(named_params! {
        ":delivery": delivery.to_string(),
        ":delivered_at": delivered_at,
        ":failed_at": reason.map(|_| now),
        ":reason": reason,
        ":failing_since": failing_since,
    })?;
    match outcome {
        Outcome::Delivered => overtake_family(tx, delivery),
        Outcome::Transient { .. } => want_another_way(tx, delivery, 2),
        Outcome::Permanent { .. } => want_another_way(tx, delivery, 1),
    }
}

/// A message to a person that did not get through in so many tries is to go another way meanwhile.
fn want_another_way(tx: &WriteTx<'_>, delivery: DeliveryId, tries: u32) -> Result<(), Error> {
    tx.prepare_cached(
        "UPDATE delivery SET astray = 1
          WHERE id = ?1 AND astray = 0 AND attempts >= ?2 AND person <> '' AND is_test = 0",
    )?
    .execute(params![delivery.to_string(), tries])?;
    Ok(())
}

/// What has arrived on one way needs no arriving on another.
fn overtake_family(tx: &WriteTx<'_>, delivery: DeliveryId) -> Result<(), Error> {
    let first = "UPDATE delivery SET state = 'overtaken'
                  WHERE state = 'waiting' AND id <> ?1
                    AND id = (SELECT stands_in_for FROM delivery WHERE id = ?1)";
    let others = "UPDATE delivery SET state = 'overtaken'
                   WHERE state = 'waiting' AND id <> ?1
                     AND stands_in_for = (SELECT coalesce(stands_in_for, id) FROM delivery
                                           WHERE id = ?1)";
    for family in [first, others] {
        tx.prepare_cached(family)?.execute([delivery.to_string()])?;
    }
    Ok(())
}

/// A delivery that does not get through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Astray {
    /// Which.
    pub delivery: DeliveryId,
    /// To whom.
    pub person: PersonId,
    /// On which channel.
    pub channel: ChannelName,
}

/// Deliveries that want another way, oldest first.
pub fn astray(tx: &ReadTx<'_>, limit: u32) -> Result<Vec<Astray>, Error> {
    let mut query = tx.prepare_cached(
        "SELECT id, person, channel FROM delivery
          WHERE astray = 1 AND state IN ('waiting', 'failed') ORDER BY id LIMIT ?1",
    )?;
    let found = query.query_and_then([limit], |row| {
        let columns = Columns::of("delivery", row);
        Ok(Astray {
            delivery: columns.parsed("id")?,
            person: columns.parsed("person")?,
            channel: columns.parsed("channel")?,
        })
    })?;
    found.collect()
}

/// On which other channels the same person is told the same, the ways taken in its place among them, and
/// whether that gets through as far as is known.
pub fn also_told(tx: &ReadTx<'_>, one: &Astray) -> Result<Vec<(ChannelName, bool)>, Error> {
    let mut query = tx.prepare_cached(
        "SELECT DISTINCT other.channel, other.state, other.attempts
           FROM delivery_item mine
           JOIN delivery_item item ON item.task = mine.task AND item.slot = mine.slot
           JOIN delivery other ON other.id = item.delivery
          WHERE mine.delivery = ?1 AND other.id <> ?1 AND other.person = ?2
         UNION
         SELECT channel, state, attempts FROM delivery
          WHERE id <> ?1
            AND (id = (SELECT stands_in_for FROM delivery WHERE id = ?1)
                 OR stands_in_for = (SELECT coalesce(stands_in_for, id) FROM delivery
                                      WHERE id = ?1))",
    )?;
    let parameters = params![one.delivery.to_string(), one.person.to_string()];
    let told = query.query_and_then(parameters, |row| {
        let columns = Columns::of("delivery", row);
        let gets_through = match columns.parsed::<DeliveryState>("state")? {
            DeliveryState::Delivered => true,
            DeliveryState::Waiting => columns.plain::<u32>("attempts")? < 2,
            DeliveryState::Failed | DeliveryState::Overtaken => false,
        };
        Ok((columns.parsed("channel")?, gets_through))
    })?;
    told.collect()
}

/// Nothing more can be done for it than trying again.
pub fn settle(tx: &WriteTx<'_>, delivery: DeliveryId) -> Result<(), Error> {
    tx.prepare_cached("UPDATE delivery SET astray = 2 WHERE id = ?1")?
        .execute([delivery.to_string()])?;
    Ok(())
}

/// The same message goes to the same person on another channel.
pub fn divert(tx: &WriteTx<'_>, one: &Astray, channel: ChannelName) -> Result<(), Error> {
    let id = DeliveryId::new(tx.now(), tx.random());
    let parameters = named_params! {
        ":id": id.to_string(),
        ":one": one.delivery.to_string(),
        ":channel": channel.as_str(),
        ":now": tx.now().as_millisecond(),
    };
    tx.prepare_cached(
        "INSERT INTO delivery (id, digest, person, channel, state, retry_at, created_at,
                               stands_in_for)
         SELECT :id, digest, person, :channel, 'waiting', :now, :now, coalesce(stands_in_for, id)
           FROM delivery WHERE id = :one",
    )?
    .execute(parameters)?;
    let parameters = named_params! {
        ":id": id.to_string(),
        ":one": one.delivery.to_string(),
        ":now": tx.now().as_millisecond(),
    };
    tx.prepare_cached(
        "INSERT INTO delivery_item (delivery, position, task, slot, level, reach, instead_of,
                                    said_at)
         SELECT :id, position, task, slot, level, reach, instead_of, :now
           FROM delivery_item WHERE delivery = :one",
    )?
    .execute(parameters)?;
    settle(tx, one.delivery)
}
