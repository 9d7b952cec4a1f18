//! What the API says about the house itself.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::service_level::Tally;
use crate::store::channels::ChannelState;

/// One worker's last turn.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WorkerBody {
    /// Its name.
    pub name: String,
    /// Turns since the start.
    pub turns: u64,
    /// When the last one ended.
    pub last_at: Option<String>,
    /// Turns that failed since the last one that did not.
    pub failures: u32,
    /// Why the last one failed.
    pub trouble: Option<String>,
}

/// How it stands with the language model.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ModelBody {
    /// Its name.
    pub name: String,
    /// Documents that it is still to be asked about.
    pub documents_waiting: u64,
    /// How the last call ended: `answered`, `away`, `broken`, `refused`, `stopped` or `lost`.
    pub last_outcome: Option<String>,
    /// Why it does not answer, if it does not.
    pub trouble: Option<String>,
}

/// How a channel does.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChannelBody {
    /// `mqtt`, `mail`, `ntfy`, `gotify`, `apprise` or `webhook`.
    pub name: String,
    /// When it last took something (RFC 3339).
    pub delivered_at: Option<String>,
    /// When it last did not.
    pub failed_at: Option<String>,
    /// Why not.
    pub reason: Option<String>,
    /// Since when it takes nothing and is tried again and again; `null` while it works.
    pub failing_since: Option<String>,
    /// Deliveries that wait for it.
    pub waiting: u64,
    /// When it is tried next.
    pub next_try_at: Option<String>,
}

impl From<ChannelState> for ChannelBody {
    fn from(state: ChannelState) -> Self {
        let moment = |at: Option<jiff::Timestamp>| at.map(|it| it.to_string());
        Self {
            name: state.name.to_string(),
            delivered_at: moment(state.delivered_at),
            failed_at: moment(state.failed_at),
            reason: state.reason,
            failing_since: moment(state.failing_since),
            waiting: state.waiting,
            next_try_at: moment(state.next_try_at),
        }
    }
}

/// How the calendar is kept.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CalendarBody {
    /// Entries that are not yet as they should be.
    pub waiting: u64,
    /// Those of them that the server has refused; they are sent again within an hour.
    pub refused: u64,
    /// Why the server cannot be reached, if it cannot.
    pub trouble: Option<String>,
}

/// How one of the household's promises stands: how many things are not yet as promised.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ServiceLevelBody {
    /// What the household calls it.
    pub name: String,
    /// There is time.
    pub on_track: u32,
    /// It ends soon.
    pub at_risk: u32,
    /// It is broken.
    pub breached: u32,
}

impl From<(String, Tally)> for ServiceLevelBody {
    fn from((name, tally): (String, Tally)) -> Self {
        let Tally {
            on_track,
            at_risk,
            breached,
        } = tally;
        Self {
            name,
            on_track,
            at_risk,
            breached,
        }
    }
}

/// How the house is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SystemBody {
    /// The program's version.
    pub version: String,
    /// What reads the documents.
    pub engine: String,
    /// When it was started.
    pub started_at: String,
    /// Whether the clock has been set.
    pub clock_is_set: bool,
    /// Whether the broker is there; `null` where none is configured.
    pub broker_connected: Option<bool>,
    /// The language model; `null` where none is asked.
    pub model: Option<ModelBody>,
    /// Documents by stage.
    pub documents: std::collections::BTreeMap<String, u64>,
    /// Deliveries that wait.
    pub deliveries_waiting: u64,
    /// Every configured channel.
    pub channels: Vec<ChannelBody>,
    /// The calendar that due days are written into; `null` where there is none.
    pub calendar: Option<CalendarBody>,
    /// What the household promises itself, and how it stands.
    pub service_levels: Vec<ServiceLevelBody>,
    /// The journal's last sequence.
    pub journal_sequence: u64,
    /// Every worker.
    pub workers: Vec<WorkerBody>,
}
