//! A session that was opened wants its remote command run, once.

use crate::fact::{Event, Fact};
use crate::ids::{Organization, SessionId};
use crate::policy::Intent;
use crate::session;

pub const NAME: &str = "launch";

pub fn react(fact: &Fact) -> Vec<Intent> {
    match &fact.event {
        Event::Session(session::Event::Opened { .. }) => {
            let organization = Organization::parse(fact.stream.organization());
            let session = SessionId::parse(fact.stream.session_name());
            organization
                .ok()
                .zip(session.ok())
                .map(|(organization, session)| Intent::LaunchSession { organization, session })
                .into_iter()
                .collect()
        }
        Event::Session(_) | Event::Call(_) | Event::Quarantine(_) => vec![],
    }
}
