//! A key that a program asks with: made -> revoked, or over when its time is. It is held to a role and to scopes.
//! Only a hash of its secret arrives here; the secret itself is shown once, to whoever had it made, and kept nowhere.

use std::fmt;

use chrono::{DateTime, Utc};
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};

use crate::access::{Role, Scopes};
use crate::fact::{self, Recorded};
use crate::personal::Seal;

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// The name is kept in clear, so it must not name a person.
    Make {
        name: String,
        grant: Grant,
        hash: SecretHash,
        expires_at: DateTime<Utc>,
        at: DateTime<Utc>,
    },
    Revoke {
        at: DateTime<Utc>,
    },
    /// Nothing happens; whoever asks sees how it stands.
    Look,
}

/// What a key's bearer may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    pub role: Role,
    pub scopes: Scopes,
}

/// SHA-256 of a random secret, in hexadecimal digits. Never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretHash(String);

impl SecretHash {
    const LEN: usize = 64;

    /// None where the text is no such hash, the secret itself for instance.
    pub fn parse(text: String) -> Option<Self> {
        let hex = text.len() == Self::LEN && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        hex.then_some(Self(text))
    }

    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    Made {
        name: String,
        #[serde(flatten)]
        grant: Grant,
        hash: SecretHash,
        expires_at: DateTime<Utc>,
        at: DateTime<Utc>,
    },
    Revoked {
        at: DateTime<Utc>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("there is no such key")]
    Unknown,
    #[error("there is such a key already")]
    AlreadyThere,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub enum ApiKey {
    #[default]
    New,
    Made(Terms),
    Revoked,
}

/// What a key holds for, and how long.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Terms {
    pub grant: Grant,
    pub hash: SecretHash,
    pub expires_at: DateTime<Utc>,
}

impl ApiKey {
    pub fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match (self, command) {
            (Self::New, Command::Make { name, grant, hash, expires_at, at }) => {
                Ok(vec![Event::Made { name, grant, hash, expires_at, at }])
            }
            (Self::Made(known), Command::Make { hash, .. }) if known.hash == hash => Ok(vec![]),
            (Self::Made(_) | Self::Revoked, Command::Make { .. }) => Err(Error::AlreadyThere),
            (Self::New, Command::Revoke { .. } | Command::Look) => Err(Error::Unknown),

            (Self::Made(_), Command::Revoke { at }) => Ok(vec![Event::Revoked { at }]),
            (Self::Revoked, Command::Revoke { .. }) => Ok(vec![]),
            (Self::Made(_) | Self::Revoked, Command::Look) => Ok(vec![]),
        }
    }
}

impl DomainEvent for Event {
    fn event_type(&self) -> String {
        match self {
            Self::Made { .. } => "made",
            Self::Revoked { .. } => "revoked",
        }
        .to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for ApiKey {
    const TYPE: &'static str = "api_key";
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
            Event::Made { grant, hash, expires_at, .. } => {
                *self = Self::Made(Terms { grant, hash, expires_at });
            }
            Event::Revoked { .. } => *self = Self::Revoked,
        }
    }
}

impl Recorded for ApiKey {
    fn fact(event: Event) -> fact::Event {
        fact::Event::ApiKey(event)
    }

    fn from_fact(event: fact::Event) -> Option<Event> {
        if let fact::Event::ApiKey(event) = event { Some(event) } else { None }
    }

    fn personal(_: &mut Event) -> Option<&mut dyn Seal> {
        None
    }

    fn occurred_at(event: &Event) -> DateTime<Utc> {
        match event {
            Event::Made { at, .. } | Event::Revoked { at } => *at,
        }
    }
}

#[cfg(test)]
mod tests;
