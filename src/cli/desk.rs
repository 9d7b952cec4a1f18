//! The way of a command to the data: through the running daemon, else with the lock in hand.

use std::time::Duration;

use anyhow::{Context, Result, anyhow};

use crate::app;
use crate::config::{Config, Environment};
use crate::control::{self, Desk, Request, Response};
use crate::domain::clock::Clock;
use crate::reading::process::Reader;
use crate::store::{OpenError, Store};
use crate::work::Wake;
use crate::work::intake::Intake;

/// How often, and how long apart, the data is asked for while somebody has it.
const TRIES: u32 = 100;
const PAUSE: Duration = Duration::from_millis(100);

/// A way to the data of one configuration.
pub struct Way<'a> {
    config: Config,
    environment: &'a Environment,
    // Opened at the first request that finds no daemon.
    own: Option<Desk>,
}

impl<'a> Way<'a> {
    /// To the data of `config`.
    pub const fn new(config: Config, environment: &'a Environment) -> Self {
        Self {
            config,
            environment,
            own: None,
        }
    }

    /// Asks the daemon, or does it here.
    pub async fn ask(&mut self, request: Request, bytes: Vec<u8>) -> Result<Response> {
        if let Some(desk) = &self.own {
            return failed(desk.answer(request, bytes).await);
        }
        let dir = &self.config.data.dir;
        let mut left = TRIES;
        let store = loop {
            let answer = control::ask(dir, &request, &bytes)
                .await
                .with_context(|| format!("the daemon of {} could not be asked", dir.display()))?;
            if let Some(response) = answer {
                return failed(response);
            }
            match Store::open(dir, Clock::System) {
                // A daemon is starting or stopping, or another command is at work.
                Err(OpenError::InUse { .. }) if left > 0 => left -= 1,
                opened => break opened?,
            }
            tokio::time::sleep(PAUSE).await;
        };
        let intake = Intake::new(store.clone(), Wake::default(), self.config.intake.bytes_max);
        let base_url = self.config.server.base_url(self.config.server.listen);
        let reader = Reader::new(app::reader_settings(&self.config));
        let own = self.config.server.listen;
        let backups = app::backups::rule(&self.config, self.environment, own)?;
        let desk = self.own.insert(Desk {
            understanding: app::understanding(&self.config, store.clone(), reader),
            store,
            intake,
            base_url,
            backups,
            wake: Wake::default(),
            reload: None,
        });
        failed(desk.answer(request, bytes).await)
    }

    /// Ends: what was written here is folded in.
    pub fn close(self) {
        if let Some(desk) = self.own {
            desk.store.close();
        }
    }
}

fn failed(response: Response) -> Result<Response> {
    if let Response::Failed { reason } = response {
        return Err(anyhow!(reason));
    }
    Ok(response)
}
