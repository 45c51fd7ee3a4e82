//! A list of numbers to be dialled: new -> accepted, and then it never changes; whether it lies on the remote host is told beside.
//! Its numbers do not lie in its events: they are stored apart, in chunks, before the event that makes the list one. The event
//! holds how many there are and a digest of what was stored, so that a list that was changed is noticed.
//! How a sheet's rows become a list is `number_list/intake.rs`.

mod intake;

use chrono::{DateTime, Utc};
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::fact::{self, Recorded};
use crate::ids::SessionId;
use crate::personal::Seal;
use crate::phone::{Home, masked};

pub(crate) use intake::Met;
pub use intake::{CHUNK_LEN_MAX, Cell, Chunk, Holds, Intake, Line, TooMany, Verdict};

/// Lines are numbered with seven digits where a call's stream is named after its line.
pub const NUMBERS_MAX: u32 = 9_999_999;

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Everything is stored: it is a list from now on.
    Accept { id: Uuid, origin: Origin, counts: Counts, digest: String, at: DateTime<Utc> },
    /// It lies on the remote host.
    Place { at: DateTime<Utc> },
    /// It could not be put there.
    FailToPlace { reason: String, at: DateTime<Utc> },
    /// A session runs there: it is put there when a session with it starts.
    PutOff { at: DateTime<Utc> },
    /// Rows of somebody who was forgotten were taken out of what is stored.
    Redact { digest: String, at: DateTime<Utc> },
    /// Nothing happens; whoever asks sees how it stands.
    Look,
}

impl Command {
    /// With the telephone numbers masked in whatever a remote host said: events keep it in clear, for as long as there is a journal.
    #[must_use]
    pub fn masked(self, home: Home) -> Self {
        match self {
            Self::FailToPlace { reason, at } => {
                Self::FailToPlace { reason: masked(&reason, home).into_owned(), at }
            }
            own @ (Self::Accept { .. }
            | Self::Place { .. }
            | Self::PutOff { .. }
            | Self::Redact { .. }
            | Self::Look) => own,
        }
    }
}

/// Where its numbers come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    Workbook,
    Text,
    /// The numbers that an earlier session did not reach.
    Retry {
        session: SessionId,
    },
}

/// What became of the rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub rows: u32,
    /// Numbers that are on the list, those among them included that were repaired.
    pub numbers: u32,
    pub repaired: u32,
    pub duplicates: u32,
    pub invalid: u32,
    pub chunks: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    Accepted {
        id: Uuid,
        origin: Origin,
        counts: Counts,
        digest: String,
        at: DateTime<Utc>,
    },
    Placed {
        at: DateTime<Utc>,
    },
    PlaceFailed {
        reason: String,
        at: DateTime<Utc>,
    },
    PutOff {
        at: DateTime<Utc>,
    },
    /// The digest over what is stored from now on.
    Redacted {
        digest: String,
        at: DateTime<Utc>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("there is no such list")]
    Unknown,
    #[error("there is a list of this id already")]
    AlreadyThere,
    #[error("there is no number in it")]
    Empty,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberList {
    digest: Option<String>,
    /// What the digest was before it was redacted: for a moment that is what is stored.
    #[serde(default)]
    former: Option<String>,
    counts: Counts,
    /// Whether it was put there when that was tried last.
    #[serde(default)]
    placed: bool,
}

impl NumberList {
    /// Over what is stored of it; none where there is no such list.
    pub fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    /// Whether what is stored is what was said to be.
    pub fn is(&self, stored: &str) -> bool {
        [&self.digest, &self.former].into_iter().flatten().any(|known| known == stored)
    }

    pub fn counts(&self) -> Counts {
        self.counts
    }

    pub fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match (&self.digest, command) {
            (_, Command::Look) => Ok(vec![]),
            (None, Command::Accept { counts, .. }) if counts.numbers == 0 => Err(Error::Empty),
            (None, Command::Accept { id, origin, counts, digest, at }) => {
                Ok(vec![Event::Accepted { id, origin, counts, digest, at }])
            }
            (Some(known), Command::Accept { digest, .. }) if *known == digest => Ok(vec![]),
            (Some(_), Command::Accept { .. }) => Err(Error::AlreadyThere),
            (None, _) => Err(Error::Unknown),
            // Every start puts its list there once more.
            (Some(_), Command::Place { .. }) if self.placed => Ok(vec![]),
            (Some(_), Command::Place { at }) => Ok(vec![Event::Placed { at }]),
            (Some(_), Command::FailToPlace { reason, at }) => Ok(vec![Event::PlaceFailed { reason, at }]),
            (Some(known), Command::Redact { digest, .. }) if *known == digest => Ok(vec![]),
            (Some(_), Command::Redact { digest, at }) => Ok(vec![Event::Redacted { digest, at }]),
            (Some(_), Command::PutOff { at }) => Ok(vec![Event::PutOff { at }]),
        }
    }
}

impl DomainEvent for Event {
    fn event_type(&self) -> String {
        match self {
            Self::Accepted { .. } => "accepted",
            Self::Placed { .. } => "placed",
            Self::PlaceFailed { .. } => "place_failed",
            Self::PutOff { .. } => "put_off",
            Self::Redacted { .. } => "redacted",
        }
        .to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for NumberList {
    const TYPE: &'static str = "number_list";
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
            Event::Accepted { counts, digest, .. } => (self.digest, self.counts) = (Some(digest), counts),
            Event::Placed { .. } => self.placed = true,
            Event::PlaceFailed { .. } | Event::PutOff { .. } => self.placed = false,
            Event::Redacted { digest, .. } => self.former = self.digest.replace(digest),
        }
    }
}

impl Recorded for NumberList {
    fn fact(event: Event) -> fact::Event {
        fact::Event::NumberList(event)
    }

    fn from_fact(event: fact::Event) -> Option<Event> {
        if let fact::Event::NumberList(event) = event { Some(event) } else { None }
    }

    fn personal(_: &mut Event) -> Option<&mut dyn Seal> {
        None
    }

    fn occurred_at(event: &Event) -> DateTime<Utc> {
        match event {
            Event::Accepted { at, .. }
            | Event::Placed { at }
            | Event::PlaceFailed { at, .. }
            | Event::PutOff { at }
            | Event::Redacted { at, .. } => *at,
        }
    }
}

#[cfg(test)]
mod tests;
