//! When a session is over, and when one that was given up goes on: listed numbers are counted, and the last one completes.
//! What is remembered is one small entry a session that may still change, so that it does not matter how long a list is.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::call::{self, Listing, Told};
use crate::fact::{Event, Fact};
use crate::policy::{Intent, Policy};
use crate::session::{self, Completion};

/// A result that comes later than this for a session that was given up is counted, and does not bring it back.
pub const REOPENED_WITHIN: TimeDelta = TimeDelta::days(7);

/// Sessions that may still change, by their streams.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Completing {
    sessions: BTreeMap<String, Tally>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Tally {
    /// None where the session does not wait for its results.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    total: Option<u32>,
    #[serde(default)]
    done: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failed_at: Option<DateTime<Utc>>,
}

impl Policy for Completing {
    const NAME: &'static str = "completion";

    fn react(&mut self, fact: &Fact) -> Vec<Intent> {
        match &fact.event {
            Event::Session(event) => {
                self.follow(fact, event);
                vec![]
            }
            Event::Call(call::Event::Reported(told) | call::Event::Strengthened(told)) => {
                self.count(fact, told)
            }
            Event::Call(call::Event::Overtaken(_) | call::Event::Amended(_))
            | Event::Quarantine(_)
            | Event::NumberList(_)
            | Event::Remote(_)
            | Event::Contact(_)
            | Event::Person(_)
            | Event::Campaign(_)
            | Event::Target(_)
            | Event::User(_)
            | Event::Promise(_)
            | Event::Import(_)
            | Event::ApiKey(_)
            | Event::WebhookEndpoint(_)
            | Event::Settings(_)
            | Event::Pbx(_)
            | Event::PbxCall(_)
            | Event::Disclosure(_)
            | Event::Denial(_) => vec![],
        }
    }
}

impl Completing {
    fn follow(&mut self, fact: &Fact, event: &session::Event) {
        let stream = fact.stream.as_str();
        match event {
            session::Event::Opened { list: Some(list), completion: Completion::Results, .. } => {
                let tally = Tally { total: Some(list.total), ..Tally::default() };
                self.sessions.insert(stream.to_owned(), tally);
            }
            session::Event::Failed { .. } => {
                let long_ago = fact.recorded_at - REOPENED_WITHIN;
                self.sessions.retain(|_, tally| tally.failed_at.is_none_or(|at| at > long_ago));
                self.sessions.entry(stream.to_owned()).or_default().failed_at = Some(fact.recorded_at);
            }
            session::Event::Completed { .. } => drop(self.sessions.remove(stream)),
            session::Event::Opened { .. }
            | session::Event::Adopted { .. }
            | session::Event::Launched { .. }
            | session::Event::Returned { .. }
            | session::Event::Reopened { .. }
            | session::Event::StopAsked { .. }
            | session::Event::StopFailed { .. } => {}
        }
    }

    fn count(&mut self, fact: &Fact, told: &Told) -> Vec<Intent> {
        let Some(tally) = self.sessions.get_mut(fact.stream.of_session()) else { return vec![] };
        tally.done += u32::from(told.listing == Listing::Listed && told.before.is_none());
        let reopened = tally.failed_at.take().is_some();
        let complete = tally.total.is_some_and(|total| tally.done >= total);
        let Some((organization, session)) = fact.stream.whose() else { return vec![] };
        let reopen = reopened
            .then(|| Intent::ReopenSession { organization: organization.clone(), session: session.clone() });
        let complete = complete.then_some(Intent::CompleteSession { organization, session });
        reopen.into_iter().chain(complete).collect()
    }
}

/// A running session as the watchdog sees it.
#[derive(Debug, Clone, Copy)]
pub struct Watched {
    pub heard_at: DateTime<Utc>,
    /// Whether its numbers are known.
    pub listed: bool,
    /// Whether its command came back.
    pub returned: bool,
}

/// Whether nothing was heard of a session for too long. With no known numbers its command is waited for, however long it takes.
pub fn is_idle(watched: &Watched, now: DateTime<Utc>, limit: TimeDelta) -> bool {
    (watched.listed || watched.returned) && now - watched.heard_at >= limit
}

#[cfg(test)]
mod tests;
