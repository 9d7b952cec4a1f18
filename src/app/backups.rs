//! Backups, as they are configured.

use anyhow::{Context, Result, bail};
use jiff::tz::TimeZone;

use super::Crew;
use crate::config::{Config, Environment};
use crate::store::backup::Rule;
use crate::store::backup::sealing::{Passphrase, Sealing};
use crate::work::back_up::BackUp;

/// Where backups go and which are kept; the folder is empty where none is configured.
pub fn rule(config: &Config, environment: &Environment) -> Result<Rule> {
    Ok(Rule {
        folder: config.backup.folder.clone(),
        sealing: sealing(config, environment)?,
        keep: config.backup.keep(),
        // A zone that is not known was refused when the configuration was read.
        zone: TimeZone::get(&config.household.zone).unwrap_or(TimeZone::UTC),
    })
}

fn sealing(config: &Config, environment: &Environment) -> Result<Sealing> {
    let recipient = config.backup.recipient.trim();
    let words = config.backup.passphrase(environment)?;
    match words.filter(|it| !it.is_empty()) {
        None if recipient.is_empty() => Ok(Sealing::Open),
        None => {
            let recipient = recipient.parse();
            let recipient = recipient.context("`backup.recipient` is wrong")?;
            Ok(Sealing::Recipient(recipient))
        }
        Some(_) if !recipient.is_empty() => {
            bail!("backups are opened by a key or by a passphrase: take one of the two out")
        }
        Some(words) => Ok(Sealing::Passphrase(Passphrase::new(words))),
    }
}

impl Crew {
    /// Begins to make backups, where a folder is configured.
    pub(super) fn start_backups(&self, rule: &Rule) {
        let hour = self.config.backup.hour();
        if let Some(hour) = hour.filter(|_| !rule.folder.as_os_str().is_empty()) {
            let worker = BackUp::new(self.store.clone(), rule.clone(), hour);
            self.start(worker, &self.wake.backup);
        }
    }
}
