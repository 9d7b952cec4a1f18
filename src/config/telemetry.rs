//! `[telemetry]`: a collector of OpenTelemetry that is told what happens.

use serde::{Deserialize, Serialize};

use super::source::{self, Environment, Error};

/// `[telemetry]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Telemetry {
    /// `http://` or `https://` with host and port of the collector (OTLP over HTTP); empty: none.
    pub otlp_url: String,
    /// File with the value of the header `Authorization`; the systemd credential
    /// `telemetry-authorization` where it is empty.
    pub authorization_file: String,
}

impl Telemetry {
    pub(super) fn check(&self) -> Result<(), (&'static str, &'static str)> {
        if self.otlp_url.is_empty() || self.address().is_some() {
            return Ok(());
        }
        let right = "an address is like http://127.0.0.1:4318, without user and password";
        Err(("telemetry.otlp_url", right))
    }

    /// Where the collector is, if one is configured.
    pub fn address(&self) -> Option<url::Url> {
        source::plain_address(&self.otlp_url)
    }

    /// What it is shown, where it wants to see something.
    pub fn authorization(&self, environment: &Environment) -> Result<Option<String>, Error> {
        source::secret(
            "telemetry.authorization_file",
            &self.authorization_file,
            "telemetry-authorization",
            environment,
        )
    }
}
