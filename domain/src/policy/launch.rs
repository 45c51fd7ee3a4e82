//! A session that was opened wants its remote command run, once.

use serde::{Deserialize, Serialize};

use crate::fact::{Event, Fact};
use crate::policy::{Intent, Policy};
use crate::session;

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Launching;

impl Policy for Launching {
    const NAME: &'static str = "launch";

    fn react(&mut self, fact: &Fact) -> Vec<Intent> {
        let Event::Session(session::Event::Opened { list, .. }) = &fact.event else { return vec![] };
        let list = list.map(|list| list.id);
        let wanted = fact.stream.whose();
        wanted
            .map(|(organization, session)| Intent::LaunchSession { organization, session, list })
            .into_iter()
            .collect()
    }
}
