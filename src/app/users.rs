//! Users without an engine: the same commands, in this process, under the data folder's lock or beside other nodes.

use std::sync::Arc;

use actix::Arbiter;
use domain::access::Role;
use domain::fact::Circumstances;
use domain::ids::{Organization, StreamId, UserName};
use domain::user::{Change, Command, Error};

use super::{Ports, open_journal};
use crate::config::{Config, Secret};
use crate::dispatch::{Dispatch, Failure, Meta};
use crate::http::auth::password;

/// What becomes of a user.
#[derive(Debug)]
pub enum Errand {
    Add { role: Role },
    SetPassword,
}

/// As it is recorded beside the event.
const ACTOR: &str = "karnay-cli";

/// Refused where the rules refuse it; any other trouble is an error of its own.
pub async fn user_offline(
    config: &Config,
    (organization, name): (&Organization, &UserName),
    errand: Errand,
    password: &Secret,
) -> anyhow::Result<Result<(), Error>> {
    let ports = Ports::real();
    let mut salt = [0; password::SALT_LEN];
    ports.ids.fill(&mut salt);
    let password = password::hash(password, salt)?;
    let journal = open_journal(config, &ports).await?;
    let dispatch = Dispatch::start(&journal, &[Arbiter::current()]);
    let at = ports.clock.now();
    let command = match errand {
        Errand::Add { role } => {
            Command::Create { id: ports.ids.uuid(), name: name.clone(), role, password, at }
        }
        Errand::SetPassword => {
            Command::Change { change: Change { password: Some(password), ..Change::default() }, at }
        }
    };
    let circumstances = Circumstances {
        organization: organization.to_string(),
        actor: ACTOR.to_owned(),
        correlation: ports.ids.uuid().to_string(),
        causation: String::new(),
    };
    let meta = Meta { circumstances: Arc::new(circumstances), command: None };
    let done = dispatch.user(StreamId::user(organization, name), command, meta).await;
    journal.close().await;
    match done {
        Ok(_) => Ok(Ok(())),
        Err(Failure::Refused(why)) => Ok(Err(why)),
        Err(why) => Err(why.into()),
    }
}
