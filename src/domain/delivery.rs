//! A reminder on its way to one person by one channel, and each try of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::document::named;
use super::id::{DeliveryId, PersonId, ReminderId};

named! {
    /// A way to reach a person.
    ChannelName {
        /// An event on the broker.
        Mqtt = "mqtt",
        /// A mail.
        Mail = "mail",
        /// A push by ntfy.
        Ntfy = "ntfy",
        /// A push by Gotify.
        Gotify = "gotify",
        /// A message by Apprise.
        Apprise = "apprise",
        /// A request to somebody's own program.
        Webhook = "webhook",
        /// A notification on the telephones that Home Assistant knows.
        HomeAssistant = "home_assistant",
        /// A notification in Home Assistant itself, which everybody there sees.
        HomeNotice = "home_notice",
        /// A loudspeaker of Home Assistant's.
        HomeSpeaker = "home_speaker",
    }
}

named! {
    /// What became of a delivery.
    DeliveryState {
        /// Not yet said; `retry_at` says when it is tried.
        Waiting = "waiting",
        /// The channel has taken it.
        Delivered = "delivered",
        /// It will not be tried again.
        Failed = "failed",
        /// A later reminder or an answer made it needless before it was said.
        Overtaken = "overtaken",
    }
}

/// One reminder to one person (or the whole household) by one channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Its id; receivers know a repeated message by it.
    pub id: DeliveryId,
    /// Which reminder; none for a digest.
    pub reminder: Option<ReminderId>,
    /// To whom; nobody means the household.
    pub person: Option<PersonId>,
    /// By which way.
    pub channel: ChannelName,
    /// What became of it.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u32,
    /// Not to be tried before.
    pub retry_at: Timestamp,
    /// When the channel took it.
    pub delivered_at: Option<Timestamp>,
}
