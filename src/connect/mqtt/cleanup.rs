//! Takes away what workmate has left at the broker: every retained message under its prefix, and the
//! description of its device.

use std::collections::BTreeSet;
use std::time::Duration;

use rumqttc::QoS::AtMostOnce;
use rumqttc::{AsyncClient, ClientError, Event, EventLoop, Packet, SubscribeFilter};
use tokio::time::timeout;

use super::trouble::Trouble;
use super::{QOS, Settings, SettingsError, address};

/// After this much silence the broker has told of everything that it keeps.
const SILENCE: Duration = Duration::from_secs(2);
/// How long the broker may take for one step.
const PATIENCE: Duration = Duration::from_secs(20);
/// Topics of one round; a house has far fewer.
const TOPICS_MAX: usize = 5000;
/// Requests that wait inside the library at most.
const QUEUE_MAX: usize = 10;

/// Why it was not cleaned up.
#[derive(Debug, thiserror::Error)]
pub enum CleanupError {
    /// The settings make no sense.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The broker is not there, or does not let us.
    #[error("{0}")]
    Broker(String),
}

impl From<ClientError> for CleanupError {
    fn from(_: ClientError) -> Self {
        Self::Broker("the connection to the broker was lost".to_owned())
    }
}

/// Removes them; the topics that were emptied. No daemon should run, or it says them again.
pub async fn clean_up(settings: &Settings) -> Result<Vec<String>, CleanupError> {
    let topics = settings.topics();
    let mut options = address::parse(settings)?.options(&topics)?;
    // The daemon's session ends with this one of its name: what waits in it is for nobody.
    options.set_clean_session(true);
    let (client, mut library) = AsyncClient::new(options, QUEUE_MAX);
    let filters = [format!("{}/#", settings.prefix), topics.discovery()];
    let filters = filters.map(|it| SubscribeFilter::new(it, AtMostOnce));
    client.subscribe_many(filters).await?;
    let kept = kept(&mut library).await?;
    for topic in &kept {
        // Nothing, retained, is how a broker is told to forget (MQTT 3.1.1, 3.3.1.3).
        client.publish(topic, QOS, true, Vec::new()).await?;
        loop {
            let event = next(&mut library, PATIENCE).await?;
            if matches!(event, Some(Event::Incoming(Packet::PubAck(_)))) {
                break;
            }
            if event.is_none() {
                let reason = "the broker did not acknowledge in time".to_owned();
                return Err(CleanupError::Broker(reason));
            }
        }
    }
    client.disconnect().await?;
    while let Ok(Some(_)) = next(&mut library, SILENCE).await {}
    Ok(kept.into_iter().collect())
}

/// The topics of which the broker keeps a message.
async fn kept(library: &mut EventLoop) -> Result<BTreeSet<String>, CleanupError> {
    let mut kept = BTreeSet::new();
    let mut patience = PATIENCE;
    while let Some(event) = next(library, patience).await? {
        match event {
            Event::Incoming(Packet::SubAck(_)) => patience = SILENCE,
            Event::Incoming(Packet::Publish(publish)) => {
                if publish.retain && kept.len() < TOPICS_MAX {
                    kept.insert(publish.topic);
                }
            }
            Event::Incoming(_) | Event::Outgoing(_) => (),
        }
    }
    if patience == PATIENCE {
        let reason = "the broker does not let workmate listen".to_owned();
        return Err(CleanupError::Broker(reason));
    }
    Ok(kept)
}

async fn next(library: &mut EventLoop, patience: Duration) -> Result<Option<Event>, CleanupError> {
    match timeout(patience, library.poll()).await {
        Ok(Ok(event)) => Ok(Some(event)),
        Ok(Err(error)) => Err(CleanupError::Broker(Trouble::from(error).reason)),
        Err(_) => Ok(None),
    }
}
