//! Where an organization has its events sent: registered -> active <-> paused, disabled where nobody takes them, removed in the end.
//! What was sent, and what came of it, is no event: that is kept beside the journal. Secrets arrive here sealed and stay so.

use chrono::{DateTime, TimeDelta, Utc};
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};

use crate::fact::{self, Recorded};
use crate::personal::Seal;
use crate::secret::SealedSecret;

/// An organization has at most so many that are not removed.
pub const ENDPOINTS_MAX: u64 = 20;
/// While a new secret replaces the old one both sign, for so long.
pub const BOTH_SIGN_FOR: TimeDelta = TimeDelta::days(1);

/// Kinds of streams whose events are sent. Who signs in, who asks with which key and who looked at what stay in the house.
pub const OFFERED: [&str; 9] =
    ["call", "campaign", "contact", "import", "number_list", "pbx_call", "promise", "session", "target"];

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// `beside` is how many the organization has already.
    Register {
        terms: Terms,
        secret: SealedSecret,
        beside: u64,
        at: DateTime<Utc>,
    },
    Change {
        change: Change,
        at: DateTime<Utc>,
    },
    RotateSecret {
        secret: SealedSecret,
        at: DateTime<Utc>,
    },
    Disable {
        why: Fault,
        at: DateTime<Utc>,
    },
    Remove {
        at: DateTime<Utc>,
    },
    /// Nothing happens; whoever asks sees how it stands.
    Look,
}

/// What is sent where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// In clear, like the description: neither must name a person.
    pub url: String,
    pub description: String,
    pub types: Types,
}

/// What is to be different. What is none stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    pub url: Option<String>,
    pub description: Option<String>,
    pub types: Option<Types>,
    /// Paused, or sent again.
    pub paused: Option<bool>,
}

/// Which events are wanted: `call.reported`, or `call` for all of the kind. None of them is all that is offered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Types(Vec<String>);

/// Why these are no events that are sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTypes {
    #[error("may name events of {} alone: {name} is none of them", OFFERED.join(", "))]
    NotOffered { name: String },
    #[error("have to name events that there are: {0}")]
    Unknown(#[from] fact::UnknownType),
}

impl Types {
    /// Each once, in the order of their names.
    pub fn parse(mut names: Vec<String>) -> Result<Self, BadTypes> {
        for name in &names {
            let kind = name.split_once('.').map_or(name.as_str(), |(kind, _)| kind);
            if !OFFERED.contains(&kind) {
                return Err(BadTypes::NotOffered { name: name.chars().take(64).collect() });
            }
            if name.contains('.') {
                fact::known(name)?;
            }
        }
        names.sort_unstable();
        names.dedup();
        Ok(Self(names))
    }

    pub fn want(&self, kind: &str, event_type: &str) -> bool {
        let named = |name: &String| match name.split_once('.') {
            Some(named) => named == (kind, event_type),
            None => name == kind,
        };
        OFFERED.contains(&kind) && (self.0.is_empty() || self.0.iter().any(named))
    }

    pub fn names(&self) -> &[String] {
        &self.0
    }
}

/// Why nothing is sent there any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// It said that it is gone for good.
    Gone,
    /// For days nothing was taken.
    Failing,
}

impl Fault {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Failing => "failing",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    Registered {
        #[serde(flatten)]
        terms: Terms,
        secret: SealedSecret,
        at: DateTime<Utc>,
    },
    /// As it is from now on.
    Changed {
        #[serde(flatten)]
        terms: Terms,
        at: DateTime<Utc>,
    },
    SecretRotated {
        secret: SealedSecret,
        former_until: DateTime<Utc>,
        at: DateTime<Utc>,
    },
    Paused {
        at: DateTime<Utc>,
    },
    Resumed {
        at: DateTime<Utc>,
    },
    Disabled {
        why: Fault,
        at: DateTime<Utc>,
    },
    Removed {
        at: DateTime<Utc>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("there is no such endpoint")]
    Unknown,
    #[error("there is such an endpoint already")]
    AlreadyThere,
    #[error("there are {ENDPOINTS_MAX} endpoints; remove one that nobody uses")]
    TooMany,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub enum WebhookEndpoint {
    #[default]
    New,
    Registered(Box<Standing>),
    Removed,
}

/// How an endpoint stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    pub terms: Terms,
    pub secret: SealedSecret,
    /// The one before, and until when it signs as well.
    pub former: Option<(SealedSecret, DateTime<Utc>)>,
    pub sending: Sending,
    /// Since when it is sent to as it is: registered, resumed, or moved to another address. What failed before says nothing of it.
    pub anew_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sending {
    Active,
    Paused,
    Disabled(Fault),
}

impl Sending {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Disabled(_) => "disabled",
        }
    }
}

impl Standing {
    /// What signs at a moment, the newest first.
    pub fn secrets(&self, now: DateTime<Utc>) -> impl Iterator<Item = &SealedSecret> {
        let former = self.former.iter().filter(move |(_, until)| now < *until);
        std::iter::once(&self.secret).chain(former.map(|(secret, _)| secret))
    }

    /// Since when it fails, of what is remembered of that.
    pub fn failing_since(&self, remembered: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
        remembered.filter(|since| *since >= self.anew_at)
    }

    fn changed(&self, change: Change, at: DateTime<Utc>) -> Vec<Event> {
        let Change { url, description, types, paused } = change;
        let known = &self.terms;
        let terms = Terms {
            url: url.unwrap_or_else(|| known.url.clone()),
            description: description.unwrap_or_else(|| known.description.clone()),
            types: types.unwrap_or_else(|| known.types.clone()),
        };
        let changed = (terms != *known).then_some(Event::Changed { terms, at });
        let turned = match (self.sending, paused) {
            (Sending::Active | Sending::Disabled(_), Some(true)) => Some(Event::Paused { at }),
            (Sending::Paused | Sending::Disabled(_), Some(false)) => Some(Event::Resumed { at }),
            (Sending::Active, Some(false)) | (Sending::Paused, Some(true)) | (_, None) => None,
        };
        changed.into_iter().chain(turned).collect()
    }
}

impl WebhookEndpoint {
    pub fn standing(&self) -> Option<&Standing> {
        match self {
            Self::Registered(standing) => Some(standing),
            Self::New | Self::Removed => None,
        }
    }

    pub fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match (self, command) {
            (Self::New, Command::Register { beside, .. }) if beside >= ENDPOINTS_MAX => Err(Error::TooMany),
            (Self::New, Command::Register { terms, secret, at, .. }) => {
                Ok(vec![Event::Registered { terms, secret, at }])
            }
            (Self::Registered(_) | Self::Removed, Command::Register { .. }) => Err(Error::AlreadyThere),
            (Self::New, _) => Err(Error::Unknown),

            (Self::Removed, Command::Remove { .. }) => Ok(vec![]),
            (Self::Removed, _) => Err(Error::Unknown),

            (Self::Registered(standing), Command::Change { change, at }) => Ok(standing.changed(change, at)),
            (Self::Registered(_), Command::RotateSecret { secret, at }) => {
                Ok(vec![Event::SecretRotated { secret, former_until: at + BOTH_SIGN_FOR, at }])
            }
            (Self::Registered(standing), Command::Disable { why, at }) => match standing.sending {
                Sending::Active => Ok(vec![Event::Disabled { why, at }]),
                Sending::Paused | Sending::Disabled(_) => Ok(vec![]),
            },
            (Self::Registered(_), Command::Remove { at }) => Ok(vec![Event::Removed { at }]),
            (Self::Registered(_), Command::Look) => Ok(vec![]),
        }
    }
}

impl DomainEvent for Event {
    fn event_type(&self) -> String {
        match self {
            Self::Registered { .. } => "registered",
            Self::Changed { .. } => "changed",
            Self::SecretRotated { .. } => "secret_rotated",
            Self::Paused { .. } => "paused",
            Self::Resumed { .. } => "resumed",
            Self::Disabled { .. } => "disabled",
            Self::Removed { .. } => "removed",
        }
        .to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for WebhookEndpoint {
    const TYPE: &'static str = "webhook_endpoint";
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
        match (event, &mut *self) {
            (Event::Registered { terms, secret, at }, _) => {
                let standing =
                    Standing { terms, secret, former: None, sending: Sending::Active, anew_at: at };
                *self = Self::Registered(Box::new(standing));
            }
            (Event::Removed { .. }, _) => *self = Self::Removed,
            (Event::Changed { terms, at }, Self::Registered(standing)) => {
                if terms.url != standing.terms.url {
                    standing.anew_at = at;
                }
                standing.terms = terms;
            }
            (Event::SecretRotated { secret, former_until, .. }, Self::Registered(standing)) => {
                let former = std::mem::replace(&mut standing.secret, secret);
                standing.former = Some((former, former_until));
            }
            (Event::Paused { .. }, Self::Registered(standing)) => standing.sending = Sending::Paused,
            (Event::Resumed { at }, Self::Registered(standing)) => {
                (standing.sending, standing.anew_at) = (Sending::Active, at);
            }
            (Event::Disabled { why, .. }, Self::Registered(standing)) => {
                standing.sending = Sending::Disabled(why);
            }
            (
                Event::Changed { .. }
                | Event::SecretRotated { .. }
                | Event::Paused { .. }
                | Event::Resumed { .. }
                | Event::Disabled { .. },
                Self::New | Self::Removed,
            ) => {}
        }
    }
}

impl Recorded for WebhookEndpoint {
    fn fact(event: Event) -> fact::Event {
        fact::Event::WebhookEndpoint(event)
    }

    fn from_fact(event: fact::Event) -> Option<Event> {
        if let fact::Event::WebhookEndpoint(event) = event { Some(event) } else { None }
    }

    fn personal(_: &mut Event) -> Option<&mut dyn Seal> {
        None
    }

    fn occurred_at(event: &Event) -> DateTime<Utc> {
        match event {
            Event::Registered { at, .. }
            | Event::Changed { at, .. }
            | Event::SecretRotated { at, .. }
            | Event::Paused { at }
            | Event::Resumed { at }
            | Event::Disabled { at, .. }
            | Event::Removed { at } => *at,
        }
    }
}

#[cfg(test)]
mod tests;
