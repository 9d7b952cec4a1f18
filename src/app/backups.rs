//! Backups, as they are configured.

use jiff::tz::TimeZone;

use super::Crew;
use crate::config::Config;
use crate::store::backup::Rule;
use crate::work::back_up::BackUp;

/// Where backups go and which are kept; the folder is empty where none is configured.
pub fn rule(config: &Config) -> Rule {
    Rule {
        folder: config.backup.folder.clone(),
        keep: config.backup.keep(),
        // A zone that is not known was refused when the configuration was read.
        zone: TimeZone::get(&config.household.zone).unwrap_or(TimeZone::UTC),
    }
}

impl Crew {
    /// Begins to make backups, where a folder is configured.
    pub(super) fn start_backups(&self) {
        let rule = rule(&self.config);
        let hour = self.config.backup.hour();
        if let Some(hour) = hour.filter(|_| !rule.folder.as_os_str().is_empty()) {
            let worker = BackUp::new(self.store.clone(), rule, hour);
            self.start(worker, &self.wake.backup);
        }
    }
}
