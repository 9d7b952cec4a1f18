//! Who is told what happens, as it is configured.

use std::net::SocketAddr;

use anyhow::Result;
use tokio_util::sync::CancellationToken;

use super::Crew;
use crate::config::{Config, Environment};
use crate::connect::http::Http;
use crate::connect::otlp::Collector;
use crate::store::Store;
use crate::work::Wake;
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
        let (store, wake) = (self.store.clone(), self.wake.clone());
        let stop = self.lifecycle.stop_token();
        self.start(TellTraces::new(store.clone(), collector), &self.wake.traces);
        self.lifecycle.spawn(ring_at_changes(store, wake, stop));
    }
}

async fn ring_at_changes(store: Store, wake: Wake, stop: CancellationToken) {
    let mut journal = store.changes();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            changed = journal.changed() => if changed.is_err() { return },
        }
        wake.traces.notify_one();
    }
}
