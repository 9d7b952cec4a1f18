//! How a member of the household wants to be told things, as they chose it on their page.

use std::collections::BTreeMap;

use jiff::civil::Time;
use serde::{Deserialize, Serialize};

use super::delivery::ChannelName;
use super::escalation::{Away, Member, Way};
use super::hours::Quiet;
use super::id::PersonId;

/// What one person chose; nobody is told anything in person before they chose a way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Manner {
    /// Usually in these ways.
    pub ways: Vec<ChannelName>,
    /// When it must be louder.
    pub loud: Vec<ChannelName>,
    /// Left in peace.
    pub quiet: Option<Quiet>,
    /// At this hour what is not urgent is told in one message.
    pub digest: Option<Time>,
    /// Away, now or later.
    pub away: Vec<Away>,
    /// Where they are reached: a mail address, a topic.
    pub addresses: BTreeMap<ChannelName, String>,
}

impl Manner {
    /// Whether this person can be reached by `channel` at all.
    pub fn reaches(&self, channel: ChannelName) -> bool {
        !channel.is_event() && (!channel.wants_address() || self.address(channel).is_some())
    }

    /// Where `channel` reaches this person.
    pub fn address(&self, channel: ChannelName) -> Option<&str> {
        let address = self.addresses.get(&channel).map(|it| it.trim());
        address.filter(|it| !it.is_empty())
    }

    /// The person as the plan sees them, where these `channels` are configured.
    pub fn member(&self, id: PersonId, channels: &[ChannelName]) -> Member {
        let ways = |chosen: &[ChannelName]| -> Vec<Way> {
            let usable = chosen
                .iter()
                .filter(|it| channels.contains(it) && self.reaches(**it));
            usable.map(|it| it.way()).collect()
        };
        Member {
            id,
            ways: ways(&self.ways),
            loud: ways(&self.loud),
            quiet: self.quiet,
            digest: self.digest,
            away: self.away.clone(),
        }
    }
}

impl ChannelName {
    /// It carries events for machines, to the whole household: each single and at once.
    pub const fn is_event(self) -> bool {
        matches!(self, Self::Mqtt | Self::Webhook)
    }

    /// It reaches nobody without an address of theirs.
    pub const fn wants_address(self) -> bool {
        matches!(self, Self::Mail | Self::Ntfy | Self::HomeAssistant)
    }

    /// As the plan names it.
    pub fn way(self) -> Way {
        Way {
            channel: self.as_str().to_owned(),
            is_event: self.is_event(),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn a_way_counts_where_it_is_configured_and_reaches_somebody() {
        let mut manner = Manner {
            ways: vec![ChannelName::Mail, ChannelName::Gotify, ChannelName::Mqtt],
            ..Manner::default()
        };
        let id = PersonId::new(Timestamp::UNIX_EPOCH, 1);
        let ways = |manner: &Manner, channels: &[ChannelName]| -> Vec<String> {
            let member = manner.member(id, channels);
            member.ways.into_iter().map(|it| it.channel).collect()
        };
        assert_eq!(
            ways(&manner, ChannelName::ALL),
            ["gotify"],
            "no address, and no event"
        );
        let address = "anna@example.org".to_owned();
        manner.addresses.insert(ChannelName::Mail, address);
        assert_eq!(ways(&manner, ChannelName::ALL), ["mail", "gotify"]);
        assert_eq!(ways(&manner, &[ChannelName::Mail]), ["mail"]);
        let json = serde_json::to_string(&manner).unwrap();
        assert_eq!(serde_json::from_str::<Manner>(&json).unwrap(), manner);
    }
}
