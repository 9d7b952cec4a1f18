//! Backups, as they are configured.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use jiff::tz::TimeZone;

use super::Crew;
use crate::config::channels::address;
use crate::config::{Config, Environment};
use crate::connect::bucket::Bucket;
use crate::connect::http::Http;
use crate::store::backup::Rule;
use crate::store::backup::objects::Elsewhere;
use crate::store::backup::sealing::{Passphrase, Sealing};
use crate::work::back_up::BackUp;
use crate::work::bucket::Backups;

/// Where backups go and which are kept.
pub fn rule(config: &Config, environment: &Environment, own: SocketAddr) -> Result<Rule> {
    let mut elsewhere: Option<Arc<dyn Elsewhere>> = None;
    if let Some(bucket) = bucket(config, environment, own)? {
        elsewhere = Some(Arc::new(bucket));
    }
    Ok(Rule {
        folder: config.backup.folder.clone(),
        bucket: elsewhere,
        sealing: sealing(config, environment)?,
        keep: config.backup.keep(),
        // A zone that is not known was refused when the configuration was read.
        zone: TimeZone::get(&config.household.zone).unwrap_or(TimeZone::UTC),
    })
}

/// The bucket, where one is configured, of a house that listens at `own`.
pub fn bucket(
    config: &Config,
    environment: &Environment,
    own: SocketAddr,
) -> Result<Option<Backups>> {
    let backup = &config.backup;
    let Some(url) = address(&backup.bucket).map_err(anyhow::Error::msg)? else {
        return Ok(None);
    };
    let secret = backup.bucket_secret(environment)?;
    let secret = secret.context("`backup.bucket_secret_file` must name a file with the secret")?;
    let key = (backup.bucket_key.trim(), secret.trim());
    let bucket = Bucket::new(Http::new(own), &url, backup.bucket_region.trim(), key);
    let bucket = bucket.context("`backup.bucket` names no bucket")?;
    Ok(Some(Backups(bucket)))
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
    /// Begins to make backups, where a place for them is configured.
    pub(super) fn start_backups(&self, rule: &Rule) {
        let hour = self.config.backup.hour();
        if let Some(hour) = hour.filter(|_| !rule.is_nowhere()) {
            let worker = BackUp::new(self.store.clone(), rule.clone(), hour);
            self.start(worker, &self.wake.backup);
        }
    }
}
