//! A report that could not be placed, kept until somebody decides: new -> held -> bound | discarded.
//! Nothing a call server sent is thrown away because its session was unknown. Storing it as a call's report comes before `Bind`,
//! which only notes where it went: whoever crashes in between finds it held, and what is said twice is stored once.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};

use crate::fact::{self, Recorded};
use crate::ids::SessionId;
use crate::personal::{Personal, Seal};

/// Longest name of a session that is kept, in characters: reports may name anything at all, and a store's index cannot hold it all.
const NAME_LEN_MAX: usize = 200;
const CUT: char = '…';

/// A session's name as it is kept: cut where it is longer, which no session's own is. The body has the whole.
pub fn kept_name(name: &str) -> Cow<'_, str> {
    if name.len() <= NAME_LEN_MAX || name.chars().count() <= NAME_LEN_MAX {
        return Cow::Borrowed(name);
    }
    name.chars().take(NAME_LEN_MAX - 1).chain([CUT]).collect()
}

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    Hold {
        session: String,
        reason: Reason,
        body: Body,
        at: DateTime<Utc>,
    },
    /// It was stored as a report of this session.
    Bind {
        session: SessionId,
        at: DateTime<Utc>,
    },
    /// Nobody will place it. The reason is kept in clear, so it must not name a person.
    Discard {
        reason: Option<String>,
        at: DateTime<Utc>,
    },
}

/// Why it could not be placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    UnknownSession,
}

/// The report as it came, word for word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    pub json: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    Held {
        session: String,
        reason: Reason,
        at: DateTime<Utc>,
        personal: Personal<Body>,
    },
    Bound {
        session: SessionId,
        at: DateTime<Utc>,
    },
    Discarded {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        at: DateTime<Utc>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("there is no such report in quarantine")]
    Unknown,
    #[error("the report was bound to {session}")]
    Bound { session: SessionId },
    #[error("the report was discarded")]
    Discarded,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Quarantine {
    #[default]
    New,
    Held,
    Bound(SessionId),
    Discarded,
}

impl Quarantine {
    /// One arm a rule; what is said twice is accepted without effect.
    pub fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match (self, command) {
            (Self::New, Command::Hold { session, reason, body, at }) => {
                let session = kept_name(&session).into_owned();
                Ok(vec![Event::Held { session, reason, at, personal: Personal::Clear(body) }])
            }
            (_, Command::Hold { .. }) => Ok(vec![]),

            (Self::New, Command::Bind { .. } | Command::Discard { .. }) => Err(Error::Unknown),

            (Self::Held, Command::Bind { session, at }) => Ok(vec![Event::Bound { session, at }]),
            (Self::Bound(known), Command::Bind { session, .. }) if *known == session => Ok(vec![]),
            (Self::Bound(known), _) => Err(Error::Bound { session: known.clone() }),

            (Self::Held, Command::Discard { reason, at }) => Ok(vec![Event::Discarded { reason, at }]),
            (Self::Discarded, Command::Discard { .. }) => Ok(vec![]),
            (Self::Discarded, Command::Bind { .. }) => Err(Error::Discarded),
        }
    }
}

impl DomainEvent for Event {
    fn event_type(&self) -> String {
        match self {
            Self::Held { .. } => "held",
            Self::Bound { .. } => "bound",
            Self::Discarded { .. } => "discarded",
        }
        .to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for Quarantine {
    const TYPE: &'static str = "quarantine";
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
            Event::Held { .. } => *self = Self::Held,
            Event::Bound { session, .. } => *self = Self::Bound(session),
            Event::Discarded { .. } => *self = Self::Discarded,
        }
    }
}

impl Recorded for Quarantine {
    fn fact(event: Event) -> fact::Event {
        fact::Event::Quarantine(event)
    }

    fn from_fact(event: fact::Event) -> Option<Event> {
        if let fact::Event::Quarantine(event) = event { Some(event) } else { None }
    }

    fn personal(event: &mut Event) -> Option<&mut dyn Seal> {
        match event {
            Event::Held { personal, .. } => Some(personal),
            Event::Bound { .. } | Event::Discarded { .. } => None,
        }
    }

    fn occurred_at(event: &Event) -> DateTime<Utc> {
        match event {
            Event::Held { at, .. } | Event::Bound { at, .. } | Event::Discarded { at, .. } => *at,
        }
    }
}

#[cfg(test)]
mod tests;
