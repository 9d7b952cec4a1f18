//! `workmate token`

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Subcommand;

use super::desk::Way;
use super::{block_on, say};
use crate::config::{Config, Environment};
use crate::control::{Request, Response};

/// What programs carry to use the API.
#[derive(Subcommand, Debug)]
pub enum TokenCommand {
    /// Make a token and print it, once.
    Create {
        /// What it is called, so that it can be told apart.
        name: String,
        /// It sees what this person may see; without it, what the whole household may see and more.
        #[arg(long, value_name = "NAME")]
        person: Option<String>,
    },
    /// End a token.
    Revoke {
        /// What it is called.
        name: String,
    },
}

/// Does what the command says.
pub fn run(config: Config, environment: &Environment, command: TokenCommand) -> ExitCode {
    block_on(async {
        let mut way = Way::new(config, environment);
        let result = perform(&mut way, command).await;
        way.close();
        match result {
            Ok(line) => say::out(&line),
            Err(error) => say::trouble(&format!("{error:#}")),
        }
    })
}

async fn perform(way: &mut Way<'_>, command: TokenCommand) -> Result<String> {
    match command {
        TokenCommand::Create { name, person } => {
            let request = Request::CreateToken { name, person };
            let Response::Secret { text } = way.ask(request, Vec::new()).await? else {
                bail!("the daemon answered something else; is it of the same version?")
            };
            Ok(text)
        }
        TokenCommand::Revoke { name } => {
            let line = format!("The token {name} opens nothing any more.");
            way.ask(Request::RevokeToken { name }, Vec::new()).await?;
            Ok(line)
        }
    }
}
