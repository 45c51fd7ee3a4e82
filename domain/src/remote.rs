//! Who has a remote host to himself: free -> taken -> free. One list is dialled there at a time, since there is one file of numbers.
//! A session takes the host at its start and is not asked to give it back: whoever comes next looks whether it is over,
//! and takes it over from the very one that was looked at, so that of two that come at once one wins.

use chrono::{DateTime, TimeDelta, Utc};
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::fact::{self, Recorded};
use crate::ids::{Organization, SessionId};
use crate::personal::Seal;
use crate::session::Phase;

/// Whoever is to give the host back and has not done so after this long will not come any more: nobody puts a list there for so long.
pub const GIVEN_UP_AFTER: TimeDelta = TimeDelta::minutes(30);
/// A session is opened right after it took the host. One that was not by then has to take it again before it goes on.
pub const OPENED_WITHIN: TimeDelta = TimeDelta::seconds(30);

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// `over` is the holder that was found to be done with it.
    Take {
        holder: Holder,
        over: Option<Holder>,
        at: DateTime<Utc>,
    },
    Release {
        holder: Holder,
        at: DateTime<Utc>,
    },
}

/// Who has the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    Session {
        organization: Organization,
        session: SessionId,
    },
    /// A list is being put there. `attempt` tells two of one list apart.
    List {
        organization: Organization,
        list: Uuid,
        attempt: Uuid,
    },
}

impl Holder {
    pub fn organization(&self) -> &Organization {
        match self {
            Self::Session { organization, .. } | Self::List { organization, .. } => organization,
        }
    }
}

/// How a holder's session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub phase: Phase,
    /// Its list lies there, and its command may have been run: nobody puts it there any more.
    pub launched: bool,
}

/// What a holder still has the host for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need<'a> {
    /// Its session runs, or is about to.
    Session {
        organization: &'a Organization,
        session: &'a SessionId,
    },
    /// A list is being put there, or nobody knows yet what it is for. Either is soon over.
    Passing,
    None,
}

/// `session` is none where there is no such session, and for a list.
/// A session that was over before it was launched may still be putting its list there, and gives the host back itself.
pub fn need(by: &Holder, session: Option<Standing>, since: DateTime<Utc>, now: DateTime<Utc>) -> Need<'_> {
    let passing = |given_up_after| if now - since < given_up_after { Need::Passing } else { Need::None };
    match (by, session) {
        (
            Holder::Session { organization, session },
            Some(Standing { phase: Phase::Pending | Phase::Running, .. }),
        ) => Need::Session { organization, session },
        (
            Holder::Session { .. },
            Some(Standing { phase: Phase::Completed | Phase::Failed, launched: true }),
        ) => Need::None,
        (
            Holder::Session { .. },
            Some(Standing { phase: Phase::Completed | Phase::Failed, launched: false }),
        )
        | (Holder::List { .. }, _) => passing(GIVEN_UP_AFTER),
        (Holder::Session { .. }, Some(Standing { phase: Phase::New, .. }) | None) => passing(OPENED_WITHIN),
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    Taken { holder: Holder, at: DateTime<Utc> },
    Released { at: DateTime<Utc> },
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the remote host is in use")]
    Held { by: Holder, since: DateTime<Utc> },
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RemoteHost {
    held: Option<(Holder, DateTime<Utc>)>,
}

impl RemoteHost {
    pub fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match (&self.held, command) {
            (Some((by, _)), Command::Take { holder, .. }) if *by == holder => Ok(vec![]),
            (Some((by, since)), Command::Take { over, .. }) if over.as_ref() != Some(by) => {
                Err(Error::Held { by: by.clone(), since: *since })
            }
            (_, Command::Take { holder, at, .. }) => Ok(vec![Event::Taken { holder, at }]),
            (Some((by, _)), Command::Release { holder, at }) if *by == holder => {
                Ok(vec![Event::Released { at }])
            }
            (_, Command::Release { .. }) => Ok(vec![]),
        }
    }
}

impl DomainEvent for Event {
    fn event_type(&self) -> String {
        match self {
            Self::Taken { .. } => "taken",
            Self::Released { .. } => "released",
        }
        .to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for RemoteHost {
    const TYPE: &'static str = "remote";
    type Command = Command;
    type Event = Event;
    type Error = Error;
    type Services = ();

    async fn handle(&mut self, command: Command, (): &(), sink: &EventSink<Self>) -> Result<(), Error> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: Event) {
        match event {
            Event::Taken { holder, at } => self.held = Some((holder, at)),
            Event::Released { .. } => self.held = None,
        }
    }
}

impl Recorded for RemoteHost {
    fn fact(event: Event) -> fact::Event {
        fact::Event::Remote(event)
    }

    fn from_fact(event: fact::Event) -> Option<Event> {
        if let fact::Event::Remote(event) = event { Some(event) } else { None }
    }

    fn personal(_: &mut Event) -> Option<&mut dyn Seal> {
        None
    }

    fn occurred_at(event: &Event) -> DateTime<Utc> {
        match event {
            Event::Taken { at, .. } | Event::Released { at } => *at,
        }
    }
}

#[cfg(test)]
mod tests;
