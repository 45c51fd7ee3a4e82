//! Where a stream stands, and where it has to stand for a command to be carried out: whoever changes what they looked at
//! wants to change that, and not what somebody else has made of it since.

use domain::fact::{Position, Recorded};
use domain::ids::StreamId;

use super::together::Drawn;
use super::{Dispatch, Failure};
use crate::journal::Refused;
use crate::journal::story::Story;

/// How many events a stream has, and where the newest of them stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    pub number: u64,
    pub position: Position,
}

/// At which versions a stream may stand. At any other, a command is refused as a conflict.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Seen {
    #[default]
    Whatever,
    OneOf(Vec<u64>),
}

impl Seen {
    /// Of what is not there nothing can have changed: that it is not there is for the command to say.
    pub fn allows(&self, version: u64) -> bool {
        match self {
            Self::Whatever => true,
            Self::OneOf(versions) => version == 0 || versions.contains(&version),
        }
    }
}

impl Dispatch {
    /// Nobody waits for it: what comes later is newer.
    pub async fn version<A: Recorded>(&self, stream: &StreamId) -> Result<Version, Refused> {
        let story = Story { streams: vec![(A::TYPE, stream.clone())], beneath: None };
        let extent = self.journal.extent(&story, (0, Position::MAX)).await;
        let extent = extent.map_err(|why| Refused::Unavailable(why.to_string()))?;
        Ok(extent.map_or(Version { number: 0, position: 0 }, |it| Version {
            number: it.events,
            position: it.last,
        }))
    }
}

impl<A> Drawn<A> {
    pub fn is_as<E: std::error::Error>(&self, seen: &Seen) -> Result<(), Failure<E>> {
        if seen.allows(self.version()) { Ok(()) } else { Err(Failure::Conflict) }
    }
}
