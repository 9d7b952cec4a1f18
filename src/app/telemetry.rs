//! Who is told what happens, as it is configured.

use std::net::SocketAddr;

use anyhow::Result;

use super::{Crew, ring_at_changes};
use crate::config::{Config, Environment};
use crate::connect::http::Http;
use crate::connect::otlp::Collector;
use crate::work::tell_traces::TellTraces;

/// The collector that is told, where one is configured.
pub fn collector(
    config: &Config,
    environment: &Environment,
    own: SocketAddr,
) -> Result<Option<Collector>> {
    let Some(url) = config.telemetry.address() else {
        return Ok(None);
    };
    let authorization = config.telemetry.authorization(environment)?;
    Ok(Some(Collector::new(Http::new(own), url, authorization)))
}

impl Crew {
    /// Begins to tell it what happens.
    pub(super) fn start_traces(&self, collector: Collector) {
        let (changes, wake) = (self.store.changes(), self.wake.clone());
        let stop = self.lifecycle.stop_token();
        let tell = TellTraces::new(self.store.clone(), collector);
        self.start(tell, &self.wake.traces);
        let ring = move || wake.traces.notify_one();
        self.lifecycle.spawn(ring_at_changes(changes, ring, stop));
    }
}
