//! Somebody who signs in: created -> enabled <-> disabled, with the sessions that were opened and not yet ended.
//! A session is a right to ask, not a session of calls. Passwords arrive as their hashes; how they are made and checked is not known here.

use std::fmt;

use chrono::{DateTime, Utc};
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::access::Role;
use crate::fact::{self, Recorded};
use crate::ids::UserName;
use crate::personal::Seal;

/// Sessions that one user has at a time; the oldest ends when one more begins.
pub const SESSIONS_MAX: usize = 16;

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    Create {
        id: Uuid,
        name: UserName,
        role: Role,
        password: PasswordHash,
        at: DateTime<Utc>,
    },
    /// All of it or nothing.
    Change {
        change: Change,
        at: DateTime<Utc>,
    },
    /// `checked` is the hash that the password was found to fit: where it was replaced meanwhile, nobody is let in by the old one.
    SignIn {
        session: Uuid,
        checked: PasswordHash,
        expires_at: DateTime<Utc>,
        at: DateTime<Utc>,
    },
    /// Without a session: all of them.
    SignOut {
        session: Option<Uuid>,
        at: DateTime<Utc>,
    },
    /// Nothing happens; whoever asks sees how it stands.
    Look,
}

/// What is to be different; none stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    pub role: Option<Role>,
    pub standing: Option<Standing>,
    pub password: Option<PasswordHash>,
}

/// Whether a user may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    Enabled,
    Disabled,
}

/// An argon2id hash as a PHC string. Never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordHash(String);

impl PasswordHash {
    const PREFIX: &'static str = "$argon2id$";

    /// None where the text is no hash of this kind, a password for instance.
    pub fn parse(text: String) -> Option<Self> {
        text.starts_with(Self::PREFIX).then_some(Self(text))
    }

    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    Created {
        id: Uuid,
        name: UserName,
        role: Role,
        password: PasswordHash,
        at: DateTime<Utc>,
    },
    PasswordSet {
        password: PasswordHash,
        at: DateTime<Utc>,
    },
    RoleSet {
        role: Role,
        at: DateTime<Utc>,
    },
    Disabled {
        at: DateTime<Utc>,
    },
    Enabled {
        at: DateTime<Utc>,
    },
    SignedIn {
        session: Uuid,
        expires_at: DateTime<Utc>,
        at: DateTime<Utc>,
    },
    /// Without a session: all of them.
    SignedOut {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session: Option<Uuid>,
        at: DateTime<Utc>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("there is no such user")]
    Unknown,
    #[error("there is a user of that name already")]
    AlreadyThere,
    #[error("the user is disabled")]
    Disabled,
    #[error("the password was changed meanwhile")]
    PasswordChanged,
}

/// As it stands; none until it is created.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct User(Option<Account>);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Account {
    pub id: Uuid,
    pub role: Role,
    pub standing: Standing,
    pub password: PasswordHash,
    /// The oldest first.
    sessions: Vec<Session>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Session {
    id: Uuid,
    expires_at: DateTime<Utc>,
}

impl Account {
    /// Whether a session gives any right now.
    pub fn admits(&self, session: Uuid, now: DateTime<Utc>) -> bool {
        self.standing == Standing::Enabled
            && self.sessions.iter().any(|known| known.id == session && now < known.expires_at)
    }

    fn change(&self, change: Change, at: DateTime<Utc>) -> Vec<Event> {
        let Change { role, standing, password } = change;
        let role = role.filter(|role| *role != self.role).map(|role| Event::RoleSet { role, at });
        let password = password.map(|password| Event::PasswordSet { password, at });
        let standing =
            standing.filter(|standing| *standing != self.standing).map(|standing| match standing {
                Standing::Enabled => Event::Enabled { at },
                Standing::Disabled => Event::Disabled { at },
            });
        role.into_iter().chain(password).chain(standing).collect()
    }

    fn is_there_to_end(&self, session: Option<Uuid>) -> bool {
        self.sessions.iter().any(|known| session.is_none_or(|id| known.id == id))
    }

    fn open(&mut self, session: Session, now: DateTime<Utc>) {
        self.sessions.retain(|known| now < known.expires_at);
        let beyond = (self.sessions.len() + 1).saturating_sub(SESSIONS_MAX);
        self.sessions.drain(..beyond);
        self.sessions.push(session);
    }
}

impl User {
    pub fn account(&self) -> Option<&Account> {
        self.0.as_ref()
    }

    /// One arm a rule; what is said twice is accepted without effect.
    pub fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match (&self.0, command) {
            (None, Command::Create { id, name, role, password, at }) => {
                Ok(vec![Event::Created { id, name, role, password, at }])
            }
            (Some(known), Command::Create { id, .. }) if known.id == id => Ok(vec![]),
            (Some(_), Command::Create { .. }) => Err(Error::AlreadyThere),
            (
                None,
                Command::Change { .. } | Command::SignIn { .. } | Command::SignOut { .. } | Command::Look,
            ) => Err(Error::Unknown),

            (Some(known), Command::Change { change, at }) => Ok(known.change(change, at)),

            (Some(Account { standing: Standing::Disabled, .. }), Command::SignIn { .. }) => {
                Err(Error::Disabled)
            }
            (Some(known), Command::SignIn { checked, .. }) if known.password != checked => {
                Err(Error::PasswordChanged)
            }
            (Some(_), Command::SignIn { session, expires_at, at, .. }) => {
                Ok(vec![Event::SignedIn { session, expires_at, at }])
            }

            (Some(known), Command::SignOut { session, at }) if known.is_there_to_end(session) => {
                Ok(vec![Event::SignedOut { session, at }])
            }
            (Some(_), Command::SignOut { .. } | Command::Look) => Ok(vec![]),
        }
    }
}

impl DomainEvent for Event {
    fn event_type(&self) -> String {
        match self {
            Self::Created { .. } => "created",
            Self::PasswordSet { .. } => "password_set",
            Self::RoleSet { .. } => "role_set",
            Self::Disabled { .. } => "disabled",
            Self::Enabled { .. } => "enabled",
            Self::SignedIn { .. } => "signed_in",
            Self::SignedOut { .. } => "signed_out",
        }
        .to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for User {
    const TYPE: &'static str = "user";
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

    /// Whoever is disabled, or has a new password, has to sign in anew everywhere.
    fn apply(&mut self, event: Event) {
        match (&mut self.0, event) {
            (account, Event::Created { id, role, password, .. }) => {
                let (standing, sessions) = (Standing::Enabled, vec![]);
                *account = Some(Account { id, role, standing, password, sessions });
            }
            (Some(account), Event::PasswordSet { password, .. }) => {
                account.password = password;
                account.sessions.clear();
            }
            (Some(account), Event::RoleSet { role, .. }) => account.role = role,
            (Some(account), Event::Disabled { .. }) => {
                account.standing = Standing::Disabled;
                account.sessions.clear();
            }
            (Some(account), Event::Enabled { .. }) => account.standing = Standing::Enabled,
            (Some(account), Event::SignedIn { session, expires_at, at }) => {
                account.open(Session { id: session, expires_at }, at);
            }
            (Some(account), Event::SignedOut { session, .. }) => {
                account.sessions.retain(|known| session.is_some_and(|id| known.id != id));
            }
            (
                None,
                Event::PasswordSet { .. }
                | Event::RoleSet { .. }
                | Event::Disabled { .. }
                | Event::Enabled { .. }
                | Event::SignedIn { .. }
                | Event::SignedOut { .. },
            ) => {}
        }
    }
}

impl Recorded for User {
    fn fact(event: Event) -> fact::Event {
        fact::Event::User(event)
    }

    fn from_fact(event: fact::Event) -> Option<Event> {
        if let fact::Event::User(event) = event { Some(event) } else { None }
    }

    fn personal(_: &mut Event) -> Option<&mut dyn Seal> {
        None
    }

    fn occurred_at(event: &Event) -> DateTime<Utc> {
        match event {
            Event::Created { at, .. }
            | Event::PasswordSet { at, .. }
            | Event::RoleSet { at, .. }
            | Event::Disabled { at }
            | Event::Enabled { at }
            | Event::SignedIn { at, .. }
            | Event::SignedOut { at, .. } => *at,
        }
    }
}

#[cfg(test)]
mod tests;
