//! The house from its opening to its end, and a configuration that is looked at before it opens again.

use std::net::TcpListener;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::{House, backups, broker, model_settings, telemetry, ways};
use crate::config::{Config, Environment};
use crate::domain::clock::Clock;
use crate::lifecycle::reload::{self, Kept};
use crate::lifecycle::{self, Ended};
use crate::work::{chain, watch_folder};

/// How a house has closed.
#[derive(Debug)]
pub enum Closed {
    /// For good.
    ForGood,
    /// To open again, with the listener if that stays where it is.
    ToOpenAgain(Option<Kept>),
}

impl House {
    /// Works until a signal, a stop or a reload, then ends softly. `read` reads the configuration anew and
    /// says what is wrong with it.
    pub async fn serve(mut self, read: impl Fn() -> Result<Config>) -> Result<Closed> {
        let (lifecycle, store) = (self.lifecycle.clone(), self.store.clone());
        let (base_url, before) = (self.base_url.clone(), self.config.clone());
        let kept = self.kept.take();
        let (bell, rings) = reload::bell();
        self.start(bell).await?;
        lifecycle::notify_ready(&base_url);
        log::info!(
            "workmate {} listens on {base_url}",
            env!("CARGO_PKG_VERSION")
        );
        let check = || {
            let after = read().and_then(|it| may_follow(&before, it));
            after.map_err(|error| chain(&*error))
        };
        let closed = if let Some(after) = lifecycle.until_told(rings, check).await? {
            log::info!("closing, to open again with the configuration as it is now");
            lifecycle::notify_reloading();
            Closed::ToOpenAgain(kept.and_then(|it| it.on(after.server.listen)))
        } else {
            log::info!("closing");
            lifecycle::notify_stopping();
            // Who knocks now is turned away.
            drop(kept);
            Closed::ForGood
        };
        if lifecycle.ended().await == Ended::Hard {
            log::warn!("something did not end in time and was left behind");
        }
        store.close();
        if lifecycle.stays_closed() {
            return Ok(Closed::ForGood);
        }
        Ok(closed)
    }
}

/// Says why a house cannot open with this configuration: a secret that is not there, an address that is none.
/// Nothing is dialled and nothing changed.
pub fn check(config: &Config, environment: &Environment) -> Result<()> {
    let own = config.server.listen;
    config.reading.pdf_passwords(environment)?;
    broker(config, environment, Clock::System)?;
    ways::open(config, environment, own, &Clock::System)?;
    backups::rule(config, environment, own)?;
    telemetry::collector(config, environment, own)?;
    model_settings(config, environment, own)?;
    if !config.intake.folder.is_empty() {
        watch_folder::place(Path::new(&config.intake.folder), &config.data.dir)?;
    }
    Ok(())
}

/// Says what a house cannot change while its process goes on.
fn may_follow(before: &Config, after: Config) -> Result<Config> {
    if before.data.dir != after.data.dir {
        bail!("another `data.dir` needs a restart");
    }
    let (old, new) = (before.server.listen, after.server.listen);
    if old.port() != new.port() {
        let free = TcpListener::bind(new);
        free.with_context(|| format!("the address {new} cannot be listened on"))?;
    }
    reload::again()?;
    Ok(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_process_cannot_change_is_refused() {
        let before = Config::default();
        assert!(may_follow(&before, before.clone()).is_ok());
        let mut moved = before.clone();
        moved.data.dir = "/srv/elsewhere".into();
        let refused = may_follow(&before, moved).unwrap_err();
        assert_eq!(refused.to_string(), "another `data.dir` needs a restart");
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut taken_port = before.clone();
        taken_port.server.listen = taken.local_addr().unwrap();
        let refused = may_follow(&before, taken_port).unwrap_err();
        assert!(refused.to_string().ends_with("cannot be listened on"));
    }
}
