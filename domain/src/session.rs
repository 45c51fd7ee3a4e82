//! One run of the remote call server: new -> pending -> running -> completed | failed.
//! It holds no list and no per-number state: what happens to each number is a call's business, and counting is a screen's.

use chrono::{DateTime, Utc};
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::fact::{self, Recorded};
use crate::personal::Seal;

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// A run that is asked for: the remote command is still to be launched.
    Open {
        id: Uuid,
        remote: Remote,
        at: DateTime<Utc>,
    },
    /// A run that makes itself known by its first report, where that is allowed.
    Adopt {
        id: Uuid,
        at: DateTime<Utc>,
    },
    Launch {
        at: DateTime<Utc>,
    },
    /// The remote command came back. `heard` says whether any number has reported by now.
    Return {
        exit: Exit,
        heard: bool,
        at: DateTime<Utc>,
    },
    /// The remote host could not be reached, or what became of the command is unknown.
    Fail {
        reason: String,
        at: DateTime<Utc>,
    },
}

/// Where the numbers are dialled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remote {
    /// Nobody is rung: the engine plays the far end.
    Simulated,
    /// A command on this machine.
    Local,
    /// A host reached over SSH.
    Ssh,
}

/// What a session with a list waits for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Completion {
    /// Every listed number has its result.
    #[default]
    Results,
    /// The remote command came back.
    Command,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exit {
    pub code: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stdout: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stderr: String,
}

impl Exit {
    pub fn success(&self) -> bool {
        self.code == Some(0) && self.signal.is_none()
    }

    fn complaint(&self) -> String {
        let how = match (&self.signal, self.code) {
            (Some(signal), _) => format!("killed by signal {signal}"),
            (None, Some(code)) => format!("exit code {code}"),
            (None, None) => "no exit code".to_owned(),
        };
        let said = self.stderr.trim();
        if said.is_empty() {
            format!("Remote command failed: {how}")
        } else {
            format!("Remote command failed: {how}: {said}")
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    Opened {
        id: Uuid,
        remote: Remote,
        at: DateTime<Utc>,
    },
    Adopted {
        id: Uuid,
        at: DateTime<Utc>,
    },
    Launched {
        at: DateTime<Utc>,
    },
    Returned {
        exit: Exit,
        at: DateTime<Utc>,
    },
    /// `response` is what the session's `remoteResponse` shows.
    Completed {
        response: Option<String>,
        at: DateTime<Utc>,
    },
    Failed {
        reason: String,
        at: DateTime<Utc>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("there is no such session")]
    Unknown,
    #[error("the session exists already")]
    AlreadyOpen,
    #[error("the session has ended")]
    Ended,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    #[default]
    New,
    Pending,
    Running,
    Completed,
    Failed,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    phase: Phase,
    id: Uuid,
    returned: bool,
}

impl Session {
    pub fn phase(&self) -> Phase {
        self.phase
    }

    pub fn id(&self) -> Uuid {
        self.id
    }

    /// One arm a rule; what is said twice is accepted without effect.
    pub fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match (self.phase, command) {
            (Phase::New, Command::Open { id, remote, at }) => Ok(vec![Event::Opened { id, remote, at }]),
            (_, Command::Open { id, .. }) if id == self.id => Ok(vec![]),
            (_, Command::Open { .. }) => Err(Error::AlreadyOpen),

            (Phase::New, Command::Adopt { id, at }) => Ok(vec![Event::Adopted { id, at }]),
            (_, Command::Adopt { .. }) => Ok(vec![]),

            (Phase::New, _) => Err(Error::Unknown),

            (Phase::Pending, Command::Launch { at }) => Ok(vec![Event::Launched { at }]),
            (_, Command::Launch { .. }) => Ok(vec![]),

            (_, Command::Return { .. }) if self.returned => Ok(vec![]),
            (Phase::Pending | Phase::Running, Command::Return { exit, heard, at }) => {
                Ok(returned(exit, heard, at))
            }
            (Phase::Completed | Phase::Failed, Command::Return { exit, at, .. }) => {
                Ok(vec![Event::Returned { exit, at }])
            }

            (Phase::Pending | Phase::Running, Command::Fail { reason, at }) => {
                Ok(vec![Event::Failed { reason, at }])
            }
            (Phase::Failed, Command::Fail { .. }) => Ok(vec![]),
            (Phase::Completed, Command::Fail { .. }) => Err(Error::Ended),
        }
    }
}

/// With no known numbers a session is over when its command is; a bad exit counts only while nobody has reported.
fn returned(exit: Exit, heard: bool, at: DateTime<Utc>) -> Vec<Event> {
    let end = if exit.success() || heard {
        Event::Completed { response: Some(exit.stdout.clone()), at }
    } else {
        Event::Failed { reason: exit.complaint(), at }
    };
    vec![Event::Returned { exit, at }, end]
}

impl DomainEvent for Event {
    fn event_type(&self) -> String {
        match self {
            Self::Opened { .. } => "opened",
            Self::Adopted { .. } => "adopted",
            Self::Launched { .. } => "launched",
            Self::Returned { .. } => "returned",
            Self::Completed { .. } => "completed",
            Self::Failed { .. } => "failed",
        }
        .to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for Session {
    const TYPE: &'static str = "session";
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
            Event::Opened { id, .. } => (self.phase, self.id) = (Phase::Pending, id),
            Event::Adopted { id, .. } => (self.phase, self.id) = (Phase::Running, id),
            Event::Launched { .. } => self.phase = Phase::Running,
            Event::Returned { .. } => self.returned = true,
            Event::Completed { .. } => self.phase = Phase::Completed,
            Event::Failed { .. } => self.phase = Phase::Failed,
        }
    }
}

impl Recorded for Session {
    fn fact(event: Event) -> fact::Event {
        fact::Event::Session(event)
    }

    fn from_fact(event: fact::Event) -> Option<Event> {
        if let fact::Event::Session(event) = event { Some(event) } else { None }
    }

    fn personal(_: &mut Event) -> Option<&mut dyn Seal> {
        None
    }

    fn occurred_at(event: &Event) -> DateTime<Utc> {
        match event {
            Event::Opened { at, .. }
            | Event::Adopted { at, .. }
            | Event::Launched { at }
            | Event::Returned { at, .. }
            | Event::Completed { at, .. }
            | Event::Failed { at, .. } => *at,
        }
    }
}

#[cfg(test)]
mod tests;
