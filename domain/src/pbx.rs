//! The watch over an organization's exchange: how far its log is read, when nobody was looking, whether we are let in.
//! Beneath it is what the exchange says and what that means; its calls are `pbx_call`.

pub mod board;
pub mod matching;
pub mod paging;
pub mod reading;
pub mod recording;
pub mod said;

use chrono::{DateTime, Utc};
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};

use crate::fact::{self, Recorded};
use crate::personal::Seal;

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// The log was read to its newest row.
    Sync(Synced),
    /// Nobody was looking.
    Miss { from: DateTime<Utc>, to: DateTime<Utc>, why: Gap, at: DateTime<Utc> },
    /// The exchange does not let us in, and is not asked again until somebody has looked after it.
    Refuse { why: Refusal, at: DateTime<Utc> },
    /// It lets us in.
    Accept { at: DateTime<Utc> },
    /// The engine is stopped; it looked for the last time then.
    Leave { at: DateTime<Utc> },
    /// Nothing happens; whoever asks sees how it stands.
    Look,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Synced {
    /// The start of the newest call that the log has, by the exchange's clock; none while it has none.
    pub through: Option<DateTime<Utc>>,
    /// Rows that were looked at, and those among them that were new.
    pub rows: u64,
    pub new: u64,
    pub at: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gap {
    /// The exchange was away.
    Unreachable,
    /// It did not let us in.
    Refused,
    /// No engine was watching.
    Unwatched,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    Password,
    Rights,
    Certificate,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    Synced(Synced),
    MonitorGap {
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        why: Gap,
        at: DateTime<Utc>,
    },
    Refused {
        why: Refusal,
        at: DateTime<Utc>,
    },
    Accepted {
        at: DateTime<Utc>,
    },
    /// Nobody watches from here on.
    Left {
        at: DateTime<Utc>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("a gap ends after it begins, and begins after the one before it ended")]
    NoGap,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Pbx {
    through: Option<DateTime<Utc>>,
    /// When anything was last heard of the exchange that was stored.
    heard_at: Option<DateTime<Utc>>,
    gap_until: Option<DateTime<Utc>>,
    refused: Option<Refusal>,
}

impl Pbx {
    pub fn through(&self) -> Option<DateTime<Utc>> {
        self.through
    }

    pub fn heard_at(&self) -> Option<DateTime<Utc>> {
        self.heard_at
    }

    pub fn refused(&self) -> Option<Refusal> {
        self.refused
    }

    pub fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match command {
            Command::Sync(synced) => Ok(vec![Event::Synced(synced)]),
            Command::Miss { from, to, .. } if to <= from => Err(Error::NoGap),
            Command::Miss { from, .. } if self.gap_until.is_some_and(|until| from < until) => {
                Err(Error::NoGap)
            }
            Command::Miss { from, to, why, at } => Ok(vec![Event::MonitorGap { from, to, why, at }]),
            Command::Refuse { why, .. } if self.refused == Some(why) => Ok(vec![]),
            Command::Refuse { why, at } => Ok(vec![Event::Refused { why, at }]),
            Command::Accept { .. } if self.refused.is_none() => Ok(vec![]),
            Command::Accept { at } => Ok(vec![Event::Accepted { at }]),
            // More was stored since, by another node.
            Command::Leave { at } if self.heard_at >= Some(at) => Ok(vec![]),
            Command::Leave { at } => Ok(vec![Event::Left { at }]),
            Command::Look => Ok(vec![]),
        }
    }
}

impl DomainEvent for Event {
    fn event_type(&self) -> String {
        match self {
            Self::Synced(_) => "synced",
            Self::MonitorGap { .. } => "monitor_gap",
            Self::Refused { .. } => "refused",
            Self::Accepted { .. } => "accepted",
            Self::Left { .. } => "left",
        }
        .to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for Pbx {
    const TYPE: &'static str = "pbx";
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
        self.heard_at = self.heard_at.max(Some(Self::occurred_at(&event)));
        match event {
            Event::Synced(synced) => self.through = self.through.max(synced.through),
            Event::MonitorGap { to, .. } => self.gap_until = Some(to),
            Event::Refused { why, .. } => self.refused = Some(why),
            Event::Accepted { .. } => self.refused = None,
            Event::Left { .. } => {}
        }
    }
}

impl Recorded for Pbx {
    fn fact(event: Event) -> fact::Event {
        fact::Event::Pbx(event)
    }

    fn from_fact(event: fact::Event) -> Option<Event> {
        if let fact::Event::Pbx(event) = event { Some(event) } else { None }
    }

    fn personal(_: &mut Event) -> Option<&mut dyn Seal> {
        None
    }

    fn occurred_at(event: &Event) -> DateTime<Utc> {
        match event {
            Event::Synced(Synced { at, .. })
            | Event::MonitorGap { at, .. }
            | Event::Refused { at, .. }
            | Event::Accepted { at }
            | Event::Left { at } => *at,
        }
    }
}

#[cfg(test)]
mod tests;
