//! What an add-on of Home Assistant finds out by itself, so that nobody has to type it.

use std::net::SocketAddr;

use crate::config::{Config, Environment, Found};
use crate::connect::http::Http;
use crate::connect::supervisor;

/// What the Supervisor gives its add-ons to ask it with.
const TOKEN: &str = "SUPERVISOR_TOKEN";
/// Where it hands on to Home Assistant, to its API and its WebSocket.
const HOME: &str = "/core";

/// Finds, where they are not configured, Home Assistant and the household's broker. If the Supervisor
/// does not answer there is no broker until the next start, and the log says why.
pub(super) async fn look_around(config: &mut Config, environment: &Environment, own: SocketAddr) {
    let (Some(token), Some(url)) = (environment.get(TOKEN), config.ingress.supervisor()) else {
        return;
    };
    if config.home_assistant.url.is_empty() {
        config.home_assistant.url = url.as_str().trim_end_matches('/').to_owned() + HOME;
        config.home_assistant.found_token = Found(Some(token.to_owned()));
    }
    if !config.mqtt.url.is_empty() {
        return;
    }
    match supervisor::broker(&Http::new(own), &url, token).await {
        Ok(Some(broker)) => {
            log::info!("the Supervisor names the broker {broker:?}");
            config.mqtt.url = broker.url;
            config.mqtt.found_password = Found(broker.password);
        }
        Ok(None) => log::info!("no add-on provides a broker: workmate goes on without one"),
        Err(error) => log::warn!(error:display; "the Supervisor could not be asked for the broker"),
    }
}
