//! `[ingress]`: workmate in Home Assistant's sidebar, as an add-on.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};
use url::Url;

/// A secret that was found, not configured. It never shows itself.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Found(pub Option<String>);

impl fmt::Debug for Found {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.0.is_some() { "found" } else { "none" })
    }
}

/// `[ingress]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ingress {
    /// Address and port of a listener for the Supervisor alone; empty: none.
    pub listen: String,
    /// Who may speak to it, by addresses joined by commas.
    pub allow: String,
    /// Where the Supervisor answers. With `SUPERVISOR_TOKEN` in the environment it is asked for the
    /// broker if `mqtt.url` is empty, and leads to Home Assistant if `home_assistant.url` is.
    pub supervisor: String,
}

impl Default for Ingress {
    fn default() -> Self {
        Self {
            listen: String::new(),
            allow: "172.30.32.2".to_owned(),
            supervisor: "http://supervisor".to_owned(),
        }
    }
}

impl Ingress {
    /// The address to listen on, if there is to be a listener.
    pub fn address(&self) -> Option<SocketAddr> {
        self.listen.trim().parse().ok()
    }

    /// Who may speak to it.
    pub fn allowed(&self) -> Vec<IpAddr> {
        let all = self.allow.split(',').map(str::trim);
        all.filter_map(|it| it.parse().ok()).collect()
    }

    /// Where the Supervisor answers.
    pub fn supervisor(&self) -> Option<Url> {
        let url = Url::parse(&self.supervisor).ok()?;
        url.has_host().then_some(url)
    }

    pub(super) fn check(&self) -> Result<(), (&'static str, &'static str)> {
        if !self.listen.trim().is_empty() && self.address().is_none() {
            let right = "an address with a port, such as 0.0.0.0:8421";
            return Err(("ingress.listen", right));
        }
        let named = self.allow.split(',').filter(|it| !it.trim().is_empty());
        let named = named.count();
        if self.allowed().len() != named || named == 0 {
            let right = "addresses joined by commas, such as 172.30.32.2";
            return Err(("ingress.allow", right));
        }
        if self.supervisor().is_none() {
            return Err((
                "ingress.supervisor",
                "an address, such as http://supervisor",
            ));
        }
        Ok(())
    }
}
