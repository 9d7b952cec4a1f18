//! What machines are told beside the reminders: a person's share, money, documents, the machine itself.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::document::{Document, Stage};
use crate::domain::id::DocumentId;
use crate::domain::policy::Detail;
use crate::domain::value::{Amount, Currency};

/// What one person has to do: counts and a moment, retained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// Their tasks that still want something.
    pub open: u32,
    /// Those of them whose day has passed.
    pub overdue: u32,
    /// By when the next of the others is due.
    pub next_due_at: Option<Timestamp>,
}

/// Money, never retained, and said only where the channel tells everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToPay {
    /// What open tasks ask for up to the end of this month, as a decimal string.
    pub to_pay_month: Amount,
    /// Of what; what is asked for in another currency is not counted.
    pub currency: Currency,
}

/// How the daemon is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostics {
    /// Its memory in megabytes; nothing where the system does not say.
    pub memory_mb: Option<u64>,
    /// Documents and messages that wait for it.
    pub queue: u64,
    /// When the last good backup was begun.
    pub last_backup: Option<Timestamp>,
    /// Whether the one behind it failed.
    pub backup_failed: bool,
}

/// What happened to a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentEvent {
    /// It came.
    Received,
    /// It is known what it wants.
    Understood,
    /// It cannot go on without a person.
    Stuck,
}

impl DocumentEvent {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Received, Self::Understood, Self::Stuck];
}

/// One thing that happened to a document; never retained, and never about one that is private.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrived {
    /// Home Assistant's event entity takes this as the event.
    pub event_type: DocumentEvent,
    /// Which document.
    pub document: DocumentId,
    /// What it is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Why it is stuck.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Where it stands in the browser.
    pub url: String,
}

impl Arrived {
    /// About `document`, in the house that answers at `url`.
    pub fn about(
        event_type: DocumentEvent,
        document: &Document,
        detail: Detail,
        url: &str,
    ) -> Self {
        let cut = |text: &str| text.chars().take(250).collect::<String>();
        let reason = match &document.stage {
            Stage::Stuck { reason, .. } if event_type == DocumentEvent::Stuck => Some(cut(reason)),
            Stage::Stuck { .. }
            | Stage::Received
            | Stage::Read { .. }
            | Stage::Understood { .. } => None,
        };
        Self {
            event_type,
            document: document.id,
            title: (detail != Detail::None).then(|| cut(&document.title)),
            reason: reason.filter(|_| detail == Detail::Full),
            url: format!("{url}/documents/{}", document.id),
        }
    }
}
