//! A session that somebody wants stopped wants the remote host told.

use serde::{Deserialize, Serialize};

use crate::fact::{Event, Fact};
use crate::policy::{Intent, Policy};
use crate::session;

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Stopping;

impl Policy for Stopping {
    const NAME: &'static str = "stop";

    fn react(&mut self, fact: &Fact) -> Vec<Intent> {
        let Event::Session(session::Event::StopAsked { .. }) = &fact.event else { return vec![] };
        let wanted = fact.stream.whose();
        wanted
            .map(|(organization, session)| Intent::StopSession { organization, session })
            .into_iter()
            .collect()
    }
}
