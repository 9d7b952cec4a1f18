//! The ways to people, behind the one seam that [`super::deliver`] speaks to.

pub mod home;

use std::future::Future;

use jiff::tz::TimeZone;

use super::compose::{self, Voice};
use crate::connect::SendError;
use crate::connect::mail::Mailer;
use crate::connect::message::Message;
use crate::connect::mqtt::messages::{self, Spoken};
use crate::connect::mqtt::{Client, Connection, Retain, Topics};
use crate::connect::push::Pusher;
use crate::domain::clock::Clock;
use crate::domain::delivery::ChannelName;
use crate::domain::document::Visibility;
use crate::domain::finding::Field;
use crate::domain::policy::Detail;
use crate::domain::task::Task;
use crate::store::deliveries::{Subject, Waiting};
use crate::store::{self, ReadTx, findings, manners};

/// A way to people or machines.
pub trait Channel: Send + Sync + 'static {
    /// Its name.
    const NAME: ChannelName;
    /// The name of its worker: on the board, in the log and in the journal.
    const WORKER: &'static str;
    /// Deliveries of one minute at the most.
    const PER_MINUTE: u32;
    /// Deliveries that are under way together at the most.
    const AT_ONCE: u32;
    /// What travels.
    type Payload: Send + 'static;

    /// Whether it is known to be away, so that trying is idle.
    fn is_away(&self) -> bool {
        false
    }

    /// What a delivery says on this way; `None` if there is nothing left to say.
    fn compose(
        &self,
        tx: &ReadTx<'_>,
        waiting: &Waiting,
    ) -> Result<Option<Self::Payload>, store::Error>;

    /// Says it. The channel has taken it when this is well.
    fn send(&self, payload: Self::Payload) -> impl Future<Output = Result<(), SendError>> + Send;
}

/// Events on the broker.
pub struct Events {
    /// The broker.
    pub client: Client,
    /// Where to.
    pub topics: Topics,
    /// How much is told.
    pub detail: Detail,
    /// Where the house answers in the browser.
    pub url: String,
    /// In which days begin.
    pub zone: TimeZone,
}

impl Channel for Events {
    const NAME: ChannelName = ChannelName::Mqtt;
    const WORKER: &'static str = "deliver";
    const PER_MINUTE: u32 = u32::MAX;
    const AT_ONCE: u32 = 500;
    type Payload = Vec<u8>;

    fn is_away(&self) -> bool {
        matches!(*self.client.connection().borrow(), Connection::Down { .. })
    }

    fn compose(&self, tx: &ReadTx<'_>, waiting: &Waiting) -> Result<Option<Vec<u8>>, store::Error> {
        let delivery = waiting.delivery.id;
        let today = tx.now().to_zoned(self.zone.clone()).date();
        let spoken = match &waiting.subject {
            Subject::Tasks(tasks) => {
                let Some(one) = tasks.first() else {
                    return Ok(None);
                };
                let (task, sender) = (&one.task, sender(tx, &one.task)?);
                // Everybody in the house can listen to the broker.
                let detail = match task.visible_to {
                    Visibility::Household => self.detail,
                    Visibility::Persons(_) => Detail::None,
                };
                let mut spoken = Spoken::reminder(delivery, task, one.level, today, detail)
                    .from_sender(sender.as_deref(), detail);
                spoken.answer_topic = Some(self.topics.task_set(task.id));
                spoken.url = Some(format!("{}/tasks/{}", self.url, task.id));
                spoken
            }
            Subject::Digest { tasks } => {
                let count = u32::try_from(tasks.len()).unwrap_or(u32::MAX);
                let mut spoken = Spoken::digest(delivery, count);
                spoken.url = Some(format!("{}/", self.url));
                spoken
            }
            Subject::Test => Spoken::digest(delivery, 0),
        };
        Ok(Some(messages::json(&spoken)))
    }

    async fn send(&self, payload: Vec<u8>) -> Result<(), SendError> {
        let topic = self.topics.reminder();
        self.client.publish(&topic, payload, Retain::No).await
    }
}

fn sender(tx: &ReadTx<'_>, task: &Task) -> Result<Option<String>, store::Error> {
    let Some(source) = &task.source else {
        return Ok(None);
    };
    let extraction = findings::corrected(tx, source.document)?;
    Ok(extraction.text(Field::Sender).map(ToOwned::to_owned))
}

/// Where a delivery goes, and what it says there.
pub type Addressed = (String, Message);

fn addressed(
    tx: &ReadTx<'_>,
    waiting: &Waiting,
    voice: &Voice,
) -> Result<Option<Addressed>, store::Error> {
    let channel = waiting.delivery.channel;
    let address = match waiting.delivery.person {
        Some(person) => manners::of(tx, person)?.address(channel).map(str::to_owned),
        None => None,
    };
    let message = compose::message(tx, waiting, voice)?;
    Ok(message.map(|it| (address.unwrap_or_default(), it)))
}

/// Mail.
pub struct Mails {
    /// The mail server.
    pub mailer: Mailer,
    /// How it is spoken.
    pub voice: Voice,
}

impl Channel for Mails {
    const NAME: ChannelName = ChannelName::Mail;
    const WORKER: &'static str = "deliver_mail";
    const PER_MINUTE: u32 = 60;
    const AT_ONCE: u32 = 10;
    type Payload = Addressed;

    fn compose(
        &self,
        tx: &ReadTx<'_>,
        waiting: &Waiting,
    ) -> Result<Option<Addressed>, store::Error> {
        addressed(tx, waiting, &self.voice)
    }

    async fn send(&self, (address, message): Addressed) -> Result<(), SendError> {
        self.mailer.send(&address, &message).await
    }
}

macro_rules! pushes {
    ($($(#[$doc:meta])* $name:ident = $channel:ident, $worker:literal, $per_minute:literal;)+) => {$(
        $(#[$doc])*
        pub struct $name {
            /// The server.
            pub pusher: Pusher,
            /// How it is spoken.
            pub voice: Voice,
            /// Says when.
            pub clock: Clock,
        }

        impl Channel for $name {
            const NAME: ChannelName = ChannelName::$channel;
            const WORKER: &'static str = $worker;
            const PER_MINUTE: u32 = $per_minute;
            const AT_ONCE: u32 = 20;
            type Payload = Addressed;

            fn compose(
                &self,
                tx: &ReadTx<'_>,
                waiting: &Waiting,
            ) -> Result<Option<Addressed>, store::Error> {
                addressed(tx, waiting, &self.voice)
            }

            async fn send(&self, (address, message): Addressed) -> Result<(), SendError> {
                self.pusher.send(&address, &message, self.clock.now()).await
            }
        }
    )+};
}

pushes! {
    /// ntfy.
    NtfyPushes = Ntfy, "deliver_ntfy", 60;
    /// Gotify.
    GotifyPushes = Gotify, "deliver_gotify", 120;
    /// Apprise.
    AppriseMessages = Apprise, "deliver_apprise", 60;
    /// A program of one's own.
    WebhookCalls = Webhook, "deliver_webhook", 600;
}
