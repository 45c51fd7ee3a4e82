//! Who was shown what belongs to a person, and how: a stream for each thing that was looked at, new -> looked at, by one after another.
//! Somebody who looks at a thing again within the hour, in the same way, is not written down again; whoever takes something away is, each
//! time. Nothing of the person stands in it.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};

use crate::fact::{self, Recorded};
use crate::personal::Seal;

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    Look(Looked),
}

/// Somebody was shown a thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looked {
    /// A user or a key, as in the circumstances.
    pub by: String,
    pub kind: Kind,
    pub id: String,
    pub at: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "Way::is_plain")]
    pub how: Way,
}

/// How. The names are the journal's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// The thing itself.
    #[default]
    Shown,
    /// What belongs to it, page by page or as it happens.
    Listed,
    /// Its recording.
    Heard,
    /// All of it, as a file.
    Copied,
    /// Evidence in which what is a person's stays closed.
    Sealed,
    /// Evidence with the keys that open it.
    Opened,
}

impl Way {
    pub const ALL: [Self; 6] =
        [Self::Shown, Self::Listed, Self::Heard, Self::Copied, Self::Sealed, Self::Opened];

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
    fn is_plain(&self) -> bool {
        *self == Self::Shown
    }

    /// Whether one stands for those that follow. What is taken away stays with whoever took it.
    fn stands(self) -> bool {
        match self {
            Self::Shown | Self::Listed | Self::Heard => true,
            Self::Copied | Self::Sealed | Self::Opened => false,
        }
    }
}

/// What can be looked at. The names are the wire's and the journal's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Session,
    Call,
    Campaign,
    Contact,
    List,
    Import,
    User,
    Key,
    PbxCall,
    /// A telephone number, by its fingerprint.
    Number,
    /// A report that was held.
    Quarantine,
    /// Who was refused on a day.
    Denied,
    /// Where events are sent.
    WebhookEndpoint,
    /// What an organization has set for itself.
    Settings,
    /// Everything of a sort.
    Export,
}

impl Kind {
    pub const ALL: [Self; 15] = [
        Self::Session,
        Self::Call,
        Self::Campaign,
        Self::Contact,
        Self::List,
        Self::Import,
        Self::User,
        Self::Key,
        Self::PbxCall,
        Self::Number,
        Self::Quarantine,
        Self::Denied,
        Self::WebhookEndpoint,
        Self::Settings,
        Self::Export,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Call => "call",
            Self::Campaign => "campaign",
            Self::Contact => "contact",
            Self::List => "list",
            Self::Import => "import",
            Self::User => "user",
            Self::Key => "key",
            Self::PbxCall => "pbx-call",
            Self::Number => "number",
            Self::Quarantine => "quarantine",
            Self::Denied => "denied",
            Self::WebhookEndpoint => "webhook-endpoint",
            Self::Settings => "settings",
            Self::Export => "export",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    Looked(Looked),
}

/// Whoever may look may be written down.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {}

/// For so long one look stands for all that follow.
pub const STANDS_FOR: TimeDelta = TimeDelta::hours(1);

/// When each of those looked last who did so lately, in each way.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Disclosure {
    lately: BTreeMap<Way, BTreeMap<String, DateTime<Utc>>>,
}

impl Disclosure {
    pub fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        let Command::Look(looked) = command;
        let last = self.lately.get(&looked.how).and_then(|lately| lately.get(&looked.by));
        let known = last.is_some_and(|last| looked.at - *last < STANDS_FOR);
        Ok(if known { vec![] } else { vec![Event::Looked(looked)] })
    }
}

impl DomainEvent for Event {
    fn event_type(&self) -> String {
        match self {
            Self::Looked(_) => "looked",
        }
        .to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for Disclosure {
    const TYPE: &'static str = "disclosure";
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
        let Event::Looked(Looked { by, at, how, .. }) = event;
        self.lately.retain(|_, lately| {
            lately.retain(|_, last| at - *last < STANDS_FOR);
            !lately.is_empty()
        });
        if how.stands() {
            self.lately.entry(how).or_default().insert(by, at);
        }
    }
}

impl Recorded for Disclosure {
    fn fact(event: Event) -> fact::Event {
        fact::Event::Disclosure(event)
    }

    fn from_fact(event: fact::Event) -> Option<Event> {
        if let fact::Event::Disclosure(event) = event { Some(event) } else { None }
    }

    fn personal(_: &mut Event) -> Option<&mut dyn Seal> {
        None
    }

    fn occurred_at(event: &Event) -> DateTime<Utc> {
        let Event::Looked(Looked { at, .. }) = event;
        *at
    }
}

#[cfg(test)]
mod tests;
