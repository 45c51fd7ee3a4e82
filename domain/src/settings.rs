//! What an organization has set for itself, by the names that the engine's own settings have: its call server, its voice agent, its rules.
//! What a name means, and which values are any, is not known here. Secrets arrive sealed and stay so.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};

use crate::fact::{self, Recorded};
use crate::personal::Seal;
use crate::secret::SealedSecret;

/// What is set, or none where it is set no longer.
pub type Changes = BTreeMap<String, Option<Value>>;

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    Change {
        changes: Changes,
        at: DateTime<Utc>,
    },
    /// Nothing happens; whoever asks sees what is set.
    Look,
}

/// A value, in clear unless it is a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    Clear(String),
    Sealed(SealedSecret),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Only what is different from now on.
    Changed { changes: Changes, at: DateTime<Utc> },
}

/// Nothing is refused here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    values: BTreeMap<String, Value>,
}

impl Settings {
    pub fn values(&self) -> &BTreeMap<String, Value> {
        &self.values
    }

    /// As if these had not been said.
    pub fn without<'a>(&mut self, names: impl Iterator<Item = &'a str>) {
        for name in names {
            self.values.remove(name);
        }
    }

    pub fn decide(&self, command: Command) -> Vec<Event> {
        let Command::Change { mut changes, at } = command else { return vec![] };
        // A secret is never the same twice: what it says cannot be compared.
        changes.retain(|name, value| self.values.get(name) != value.as_ref());
        if changes.is_empty() { vec![] } else { vec![Event::Changed { changes, at }] }
    }
}

impl DomainEvent for Event {
    fn event_type(&self) -> String {
        match self {
            Self::Changed { .. } => "changed",
        }
        .to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for Settings {
    const TYPE: &'static str = "settings";
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
        let Event::Changed { changes, .. } = event;
        for (name, value) in changes {
            match value {
                Some(value) => self.values.insert(name, value),
                None => self.values.remove(&name),
            };
        }
    }
}

impl Recorded for Settings {
    fn fact(event: Event) -> fact::Event {
        fact::Event::Settings(event)
    }

    fn from_fact(event: fact::Event) -> Option<Event> {
        if let fact::Event::Settings(event) = event { Some(event) } else { None }
    }

    fn personal(_: &mut Event) -> Option<&mut dyn Seal> {
        None
    }

    fn occurred_at(event: &Event) -> DateTime<Utc> {
        let Event::Changed { at, .. } = event;
        *at
    }
}

#[cfg(test)]
mod tests;
