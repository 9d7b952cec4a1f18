//! `workmate person`

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Subcommand;

use super::desk::Way;
use super::{block_on, say};
use crate::config::{Config, Environment};
use crate::control::{Request, Response};
use crate::web::auth::password;

/// The people of the household.
#[derive(Subcommand, Debug)]
pub enum PersonCommand {
    /// Add a person; the password is read from standard input.
    Add {
        /// What they are called.
        name: String,
    },
    /// Print a link with which the first person comes in; works once, for 24 hours.
    Link,
    /// Call a person something else.
    Rename {
        /// What they are called.
        name: String,
        /// What they are to be called.
        new_name: String,
    },
    /// Let a person in as an account of Home Assistant, in whose sidebar workmate is.
    Account {
        /// Who.
        name: String,
        /// Its id there, as the page for guests shows it.
        account: String,
    },
    /// A person moves out: their logins, tokens and calendar addresses end, and what they were to do
    /// becomes the household's.
    Remove {
        /// Who.
        name: String,
    },
    /// Change a person's password; it is read from standard input.
    Password {
        /// Whose.
        name: String,
    },
}

/// Does what the command says.
pub fn run(config: Config, environment: &Environment, command: PersonCommand) -> ExitCode {
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

async fn perform(way: &mut Way<'_>, command: PersonCommand) -> Result<String> {
    match command {
        PersonCommand::Link => {
            let answer = way.ask(Request::FirstLogin, Vec::new()).await?;
            let Response::Secret { text } = answer else {
                bail!("the daemon answered something else; is it of the same version?")
            };
            Ok(text)
        }
        PersonCommand::Add { name } => {
            let password = ask_password()?;
            let line = format!("{name} lives here now.");
            way.ask(Request::AddPerson { name, password }, Vec::new())
                .await?;
            Ok(line)
        }
        PersonCommand::Rename { name, new_name } => {
            let line = format!("{name} is called {new_name} now.");
            way.ask(Request::RenamePerson { name, new_name }, Vec::new())
                .await?;
            Ok(line)
        }
        PersonCommand::Account { name, account } => {
            let line = format!("{name} comes in as that account of Home Assistant now.");
            way.ask(Request::LinkAccount { name, account }, Vec::new())
                .await?;
            Ok(line)
        }
        PersonCommand::Remove { name } => {
            let line = format!("{name} does not live here any more.");
            way.ask(Request::RemovePerson { name }, Vec::new()).await?;
            Ok(line)
        }
        PersonCommand::Password { name } => {
            let password = ask_password()?;
            let line = format!("{name} has a new password and is logged out everywhere.");
            way.ask(Request::SetPassword { name, password }, Vec::new())
                .await?;
            Ok(line)
        }
    }
}

/// A password from standard input, in the form in which it is kept.
fn ask_password() -> Result<String> {
    let typed = say::asked("Password (at least 10 letters; it is shown while you type):")?;
    let letters = typed.chars().count();
    if letters < password::LETTERS_MIN || typed.len() > password::BYTES_MAX {
        bail!(
            "a password has at least {} letters, this one has {letters}",
            password::LETTERS_MIN
        );
    }
    Ok(password::hash_now(&typed)?)
}
