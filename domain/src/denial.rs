//! Who was refused: a stream for each organization and day, refused -> refused again, by one after another.
//! The first refusal is told at once, those that follow it as one with their count, so that a flood is a few lines. Whether that is so is
//! whoever counts' business; here nothing is refused any more, and nobody is let in by it.

use chrono::{DateTime, NaiveDate, Utc};
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};

use crate::fact::{self, Recorded};
use crate::personal::Seal;

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    Tell(Refused),
}

/// Somebody was refused the same thing so many times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// A user or a key, as in the circumstances; none where nobody knows who it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The address of the network that the first of them came from; none where they came from many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// What was asked for, as far as its address begins; none where that was of many sorts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<String>,
    /// The code of the problem that was answered.
    pub reason: String,
    pub count: u32,
    /// When the first of them was refused, and the last.
    pub since: DateTime<Utc>,
    pub at: DateTime<Utc>,
}

impl Refused {
    /// Under which it is told.
    pub fn day(&self) -> NaiveDate {
        self.since.date_naive()
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    Refused(Refused),
}

/// Whoever was refused may be written down.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {}

/// A day of refusals. Nothing follows from what was told before.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Denials;

impl Denials {
    pub fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        let Command::Tell(refused) = command;
        Ok(vec![Event::Refused(refused)])
    }
}

impl DomainEvent for Event {
    fn event_type(&self) -> String {
        match self {
            Self::Refused(_) => "refused",
        }
        .to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for Denials {
    const TYPE: &'static str = "denial";
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
        let Event::Refused(_) = event;
    }
}

impl Recorded for Denials {
    fn fact(event: Event) -> fact::Event {
        fact::Event::Denial(event)
    }

    fn from_fact(event: fact::Event) -> Option<Event> {
        if let fact::Event::Denial(event) = event { Some(event) } else { None }
    }

    fn personal(_: &mut Event) -> Option<&mut dyn Seal> {
        None
    }

    fn occurred_at(event: &Event) -> DateTime<Utc> {
        let Event::Refused(Refused { at, .. }) = event;
        *at
    }
}
