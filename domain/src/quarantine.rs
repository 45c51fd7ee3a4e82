//! A report that could not be placed, kept until somebody decides: new -> held.
//! Nothing a call server sent is thrown away because its session was unknown; binding and replaying act on what is held here.

use chrono::{DateTime, Utc};
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};

use crate::fact::{self, Recorded};
use crate::personal::{Personal, Seal};

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    Hold { session: String, reason: Reason, body: Body, at: DateTime<Utc> },
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
    Held { session: String, reason: Reason, at: DateTime<Utc>, personal: Personal<Body> },
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantine {
    held: bool,
}

impl Quarantine {
    pub fn decide(&self, command: Command) -> Vec<Event> {
        match command {
            Command::Hold { .. } if self.held => vec![],
            Command::Hold { session, reason, body, at } => {
                vec![Event::Held { session, reason, at, personal: Personal::Clear(body) }]
            }
        }
    }
}

impl DomainEvent for Event {
    fn event_type(&self) -> String {
        match self {
            Self::Held { .. } => "held",
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
        for event in self.decide(command) {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: Event) {
        match event {
            Event::Held { .. } => self.held = true,
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
        }
    }

    fn occurred_at(event: &Event) -> DateTime<Utc> {
        match event {
            Event::Held { at, .. } => *at,
        }
    }
}
