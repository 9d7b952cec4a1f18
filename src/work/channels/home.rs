//! The ways to people that go through Home Assistant: their telephones, its notifications, a loudspeaker.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use super::{Channel, addressed};
use crate::connect::SendError;
use crate::connect::home_assistant::Page;
use crate::connect::home_assistant::notices::{Notice, Urgency, telephones};
use crate::connect::home_assistant::socket::Client;
use crate::domain::delivery::ChannelName;
use crate::domain::document::Visibility;
use crate::domain::ladder::Reach;
use crate::domain::person::Language;
use crate::domain::policy::Detail;
use crate::domain::reminder::Level;
use crate::store::deliveries::{Subject, Waiting};
use crate::store::{self, ReadTx, home, links};
use crate::work::compose::{self, Voice};

/// So long the same words are not spoken again: several people may have chosen the one loudspeaker.
const SPOKEN_ONCE: Duration = Duration::from_mins(2);

/// The notice of a delivery and where it goes.
fn notice(
    tx: &ReadTx<'_>,
    waiting: &Waiting,
    voice: &Voice,
) -> Result<Option<(String, Notice)>, store::Error> {
    let Some((address, message)) = addressed(tx, waiting, voice)? else {
        return Ok(None);
    };
    let (tag, urgency) = match &waiting.subject {
        Subject::Tasks(spoken) => {
            let is_raised = spoken
                .iter()
                .any(|it| it.reach != Reach::Assignees && it.level >= Level::Urgent);
            let tag = match spoken.as_slice() {
                [one] => home::tag_of_task(one.task.id),
                _ => home::tag_of_delivery(waiting.delivery.id),
            };
            let urgency = if is_raised {
                Urgency::Critical
            } else {
                Urgency::Usual
            };
            (tag, urgency)
        }
        Subject::Test | Subject::Digest { .. } => {
            (home::tag_of_delivery(waiting.delivery.id), Urgency::Usual)
        }
    };
    let (open, reply) = match compose::language(tx, waiting, voice)? {
        Language::German => ("Öffnen", "Antworten"),
        Language::English => ("Open", "Reply"),
    };
    let notice = Notice {
        message,
        tag,
        urgency,
        open,
        image: None,
        reply,
    };
    Ok(Some((address, notice)))
}

/// As it is told where the whole house reads or hears it: nothing of what is private.
fn aloud(voice: &Voice, waiting: &Waiting) -> Voice {
    let is_private = match &waiting.subject {
        Subject::Tasks(spoken) => spoken
            .iter()
            .any(|it| it.task.visible_to != Visibility::Household),
        Subject::Digest { tasks } => tasks
            .iter()
            .any(|it| it.visible_to != Visibility::Household),
        Subject::Test => false,
    };
    let mut voice = voice.clone();
    if is_private {
        voice.detail = Detail::None;
    }
    voice
}

/// Telephones with Home Assistant's companion app.
pub struct Telephones {
    /// Home Assistant.
    pub client: Client,
    /// How it is spoken.
    pub voice: Voice,
    /// Whether the first page is shown.
    pub page: Page,
}

impl Channel for Telephones {
    const NAME: ChannelName = ChannelName::HomeAssistant;
    const WORKER: &'static str = "deliver_home_assistant";
    const PER_MINUTE: u32 = 120;
    const AT_ONCE: u32 = 10;
    type Payload = (String, Notice);

    fn compose(
        &self,
        tx: &ReadTx<'_>,
        waiting: &Waiting,
    ) -> Result<Option<Self::Payload>, store::Error> {
        let mut notice = notice(tx, waiting, &self.voice)?;
        if let Some((_, notice)) = &mut notice {
            notice.image = self.image(tx, waiting);
        }
        Ok(notice)
    }

    async fn send(&self, (address, notice): Self::Payload) -> Result<(), SendError> {
        let telephones = telephones(&address);
        if telephones.is_empty() {
            return Err(SendError::permanent("no telephone is named"));
        }
        let data = notice.telephone();
        for telephone in telephones {
            // Sent again, it takes the place of the first.
            self.client.act(&telephone, None, data.clone()).await?;
        }
        Ok(())
    }
}

impl Telephones {
    /// Where the first page of the one letter is that is spoken of.
    fn image(&self, tx: &ReadTx<'_>, waiting: &Waiting) -> Option<String> {
        let Subject::Tasks(spoken) = &waiting.subject else {
            return None;
        };
        let ([one], Page::Shown) = (spoken.as_slice(), self.page) else {
            return None;
        };
        let document = one.task.source.as_ref()?.document;
        let link = links::page(document, tx.now(), &self.voice.key);
        Some(format!("{}/page/{link}", self.voice.base_url))
    }
}

/// Home Assistant's own notifications.
pub struct Notices {
    /// Home Assistant.
    pub client: Client,
    /// How it is spoken.
    pub voice: Voice,
}

impl Channel for Notices {
    const NAME: ChannelName = ChannelName::HomeNotice;
    const WORKER: &'static str = "deliver_home_notice";
    const PER_MINUTE: u32 = 60;
    const AT_ONCE: u32 = 10;
    type Payload = Notice;

    fn compose(&self, tx: &ReadTx<'_>, waiting: &Waiting) -> Result<Option<Notice>, store::Error> {
        let notice = notice(tx, waiting, &aloud(&self.voice, waiting))?;
        Ok(notice.map(|(_, it)| it))
    }

    async fn send(&self, notice: Notice) -> Result<(), SendError> {
        let action = "persistent_notification.create";
        self.client.act(action, None, notice.board()).await
    }
}

/// A loudspeaker.
pub struct Speaker {
    /// Home Assistant.
    pub client: Client,
    /// How it is spoken.
    pub voice: Voice,
    /// Which: a media player.
    pub player: String,
    /// Who makes speech of text.
    pub speech: String,
    /// What was said last, and when.
    pub last: Mutex<Option<(String, Instant)>>,
}

impl Speaker {
    /// Whether somebody else was just told the same on it.
    fn was_said(&self, text: &str) -> bool {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref()
            .is_some_and(|(said, at)| said == text && at.elapsed() < SPOKEN_ONCE)
    }
}

impl Channel for Speaker {
    const NAME: ChannelName = ChannelName::HomeSpeaker;
    const WORKER: &'static str = "deliver_home_speaker";
    const PER_MINUTE: u32 = 6;
    const AT_ONCE: u32 = 1;
    type Payload = String;

    fn compose(&self, tx: &ReadTx<'_>, waiting: &Waiting) -> Result<Option<String>, store::Error> {
        let notice = notice(tx, waiting, &aloud(&self.voice, waiting))?;
        Ok(notice.map(|(_, it)| it.spoken()))
    }

    async fn send(&self, text: String) -> Result<(), SendError> {
        if self.was_said(&text) {
            return Ok(());
        }
        let data = json!({"media_player_entity_id": self.player, "message": text});
        self.client
            .act("tts.speak", Some(&self.speech), data)
            .await?;
        let said = Some((text, Instant::now()));
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = said;
        Ok(())
    }
}
