//! `karnay user`: the first admin, and whoever forgot a password. Through the running engine, or in this process where none runs.
//! A password is read from the terminal without being shown, or from a pipe; never from an argument, which others can see.

use std::io::{self, BufRead as _, IsTerminal as _, Write};
use std::process::{Command, Stdio};

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use domain::access::Role;
use domain::ids::{Organization, UserName};
use tokio::sync::oneshot;

use super::engine::{self, Engine};
use super::{Error, Outcome, help};
use crate::app::{self, Errand};
use crate::config::{Config, Secret};
use crate::http::auth::password;

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Create a user who may sign in
    #[command(before_help = help::USER_ADD, after_help = help::USER_ADD_MORE)]
    Add(Add),
    /// Give a user another password
    #[command(before_help = help::USER_PASSWD, after_help = help::USER_PASSWD_MORE)]
    Passwd(Whom),
}

#[derive(Debug, Args)]
struct Add {
    #[command(flatten)]
    whom: Whom,
    /// What the user may do
    #[arg(long, value_parser = PossibleValuesParser::new(Role::ALL.map(Role::as_str)))]
    role: String,
}

#[derive(Debug, Args)]
struct Whom {
    /// What the user signs in with
    #[arg(value_name = "NAME", value_parser = |text: &str| UserName::parse(text))]
    name: UserName,
    /// Organization of the user; the default one where it is left out
    #[arg(long, value_name = "ID", value_parser = |text: &str| Organization::parse(text))]
    org: Option<Organization>,
}

pub(super) async fn run(options: &Options, config: &Config, out: &mut dyn Write) -> Result<Outcome, Error> {
    let (whom, errand, done) = match &options.what {
        What::Add(Add { whom, role }) => {
            let role = Role::parse(role).unwrap_or(Role::Auditor);
            (whom, Errand::Add { role }, "may sign in")
        }
        What::Passwd(whom) => (whom, Errand::SetPassword, "has a new password and is signed out everywhere"),
    };
    let organization = whom.org.as_ref().unwrap_or(&config.house.organization);
    let password = password().await?;
    password::fit(&password).map_err(Error::Password)?;
    carry_out(config, (organization, &whom.name), errand, &password).await?;
    writeln!(out, "{} {done} in organization {organization}", whom.name)?;
    Ok(Outcome::Fine)
}

async fn carry_out(
    config: &Config,
    whom: (&Organization, &UserName),
    errand: Errand,
    password: &Secret,
) -> Result<(), Error> {
    match Engine::of(config) {
        Ok(engine) => match engine.user(whom, &errand, password).await {
            Err(engine::Error::NotRunning { .. }) => {}
            told => return Ok(told?),
        },
        // Without a secret no engine ever ran on this folder.
        Err(engine::Error::Token(_)) => {}
        Err(other) => return Err(other.into()),
    }
    let done = app::user_offline(config, whom, errand, password).await;
    done.map_err(|why| Error::Start(format!("{why:#}")))?.map_err(Error::User)
}

/// From a terminal twice, since nobody sees what was written; from a pipe one line.
async fn password() -> Result<Secret, Error> {
    if !io::stdin().is_terminal() {
        return line().await;
    }
    let _hidden = Hidden::begin();
    let first = asked("Password: ").await?;
    let again = asked("The same again: ").await?;
    if first == again { Ok(first) } else { Err(Error::Differ) }
}

async fn asked(prompt: &str) -> Result<Secret, Error> {
    let mut err = io::stderr();
    write!(err, "{prompt}")?;
    err.flush()?;
    let said = line().await;
    writeln!(err)?;
    said
}

/// Read on a thread of its own, so that Ctrl-C is heard meanwhile and the terminal shows again what is written.
async fn line() -> Result<Secret, Error> {
    let (tell, told) = oneshot::channel();
    std::thread::spawn(move || {
        let mut text = String::new();
        let read = io::stdin().lock().read_line(&mut text);
        // Whoever gave up is not told.
        let _ = tell.send(read.map(|_| Secret::new(text.trim_end_matches(['\r', '\n']))));
    });
    tokio::select! {
        read = told => match read {
            Ok(line) => Ok(line?),
            Err(_) => Err(Error::NoPassword),
        },
        _ = tokio::signal::ctrl_c() => Err(Error::NoPassword),
    }
}

/// While it lives the terminal does not show what is written.
struct Hidden;

impl Hidden {
    fn begin() -> Self {
        echo("-echo");
        Self
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        echo("echo");
    }
}

/// The terminal is the one at standard input. One that does not obey shows the password, as it would without being asked.
fn echo(wanted: &str) {
    let mut stty = Command::new("stty");
    let _ = stty.arg(wanted).stdin(Stdio::inherit()).stdout(Stdio::null()).stderr(Stdio::null()).status();
}
