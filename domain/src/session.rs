//! One run of the remote call server: new -> pending -> running -> completed | failed -> running again, if a result comes late.
//! It holds no list and no per-number state: what happens to each number is a call's business, and counting is a screen's.
//! When a session with a list is over, a policy tells it (`policy/completion.rs`).

mod exit;

use chrono::{DateTime, Utc};
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::fact::{self, Recorded};
use crate::personal::Seal;
use crate::phone::{Home, masked};

pub use exit::Exit;

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// A run that is asked for: the remote command is still to be launched.
    Open {
        id: Uuid,
        remote: Remote,
        /// The list that is to be dialled; none where the remote host knows its numbers.
        list: Option<Pinned>,
        completion: Completion,
        at: DateTime<Utc>,
    },
    /// A run that makes itself known by its first report.
    Adopt {
        id: Uuid,
        at: DateTime<Utc>,
    },
    Launch {
        at: DateTime<Utc>,
    },
    /// The remote command came back; `heard` is whether any number has reported.
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
    /// Every listed number has its result.
    Complete {
        at: DateTime<Utc>,
    },
    /// It is over although numbers are without a result.
    Close {
        by: Closing,
        at: DateTime<Utc>,
    },
    /// A result came for a session that was given up.
    Reopen {
        at: DateTime<Utc>,
    },
    /// The remote host is to stop dialling.
    Stop {
        at: DateTime<Utc>,
    },
    /// It did not.
    KeepOn {
        reason: String,
        at: DateTime<Utc>,
    },
    /// Nothing happens; whoever asks sees how it stands.
    Look,
}

impl Command {
    /// With the telephone numbers masked in whatever a remote host said: events keep it in clear, for as long as there is a journal.
    #[must_use]
    pub fn masked(self, home: Home) -> Self {
        match self {
            Self::Return { exit, heard, at } => Self::Return { exit: exit.masked(home), heard, at },
            Self::Fail { reason, at } => Self::Fail { reason: masked(&reason, home).into_owned(), at },
            Self::KeepOn { reason, at } => Self::KeepOn { reason: masked(&reason, home).into_owned(), at },
            own @ (Self::Open { .. }
            | Self::Adopt { .. }
            | Self::Launch { .. }
            | Self::Complete { .. }
            | Self::Close { .. }
            | Self::Reopen { .. }
            | Self::Stop { .. }
            | Self::Look) => own,
        }
    }
}

/// The list that a session dials, fixed when it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pinned {
    pub id: Uuid,
    pub total: u32,
}

/// Why a session is over before its numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Closing {
    Hand,
    /// Nothing was heard of it for too long.
    Idle,
    /// The remote host was told to stop.
    Stop,
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

impl Completion {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over like this")]
    fn is_usual(&self) -> bool {
        *self == Self::Results
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    Opened {
        id: Uuid,
        remote: Remote,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        list: Option<Pinned>,
        #[serde(default, skip_serializing_if = "Completion::is_usual")]
        completion: Completion,
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
    /// `response` is what the remote command said, where that ended the session. `by` is there where it did not end by itself.
    Completed {
        response: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<Closing>,
        at: DateTime<Utc>,
    },
    Failed {
        reason: String,
        at: DateTime<Utc>,
    },
    Reopened {
        at: DateTime<Utc>,
    },
    StopAsked {
        at: DateTime<Utc>,
    },
    StopFailed {
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

/// How far the remote command has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Progress {
    #[default]
    Waiting,
    Launched,
    Returned,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    phase: Phase,
    id: Uuid,
    command: Progress,
    /// Whether it goes on when its command has come back, until its numbers have their results.
    outlasts_command: bool,
    stopping: bool,
}

impl Session {
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Whether its remote command may have been run.
    pub fn launched(&self) -> bool {
        self.command != Progress::Waiting
    }

    pub fn id(&self) -> Uuid {
        self.id
    }

    /// One arm a rule; what is said twice is accepted without effect.
    pub fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match (self.phase, command) {
            (Phase::New, Command::Open { id, remote, list, completion, at }) => {
                Ok(vec![Event::Opened { id, remote, list, completion, at }])
            }
            (_, Command::Open { id, .. }) if id == self.id => Ok(vec![]),
            (_, Command::Open { .. }) => Err(Error::AlreadyOpen),

            (Phase::New, Command::Adopt { id, at }) => Ok(vec![Event::Adopted { id, at }]),
            (_, Command::Adopt { .. }) => Ok(vec![]),

            (Phase::New, _) => Err(Error::Unknown),
            (_, Command::Look) => Ok(vec![]),

            (Phase::Pending, Command::Launch { at }) => Ok(vec![Event::Launched { at }]),
            (_, Command::Launch { .. }) => Ok(vec![]),

            (_, Command::Return { .. }) if self.command == Progress::Returned => Ok(vec![]),
            (Phase::Pending | Phase::Running, Command::Return { exit, heard, at }) => {
                Ok(self.returned(exit, heard, at))
            }
            (Phase::Completed | Phase::Failed, Command::Return { exit, at, .. }) => {
                Ok(vec![Event::Returned { exit, at }])
            }

            (Phase::Pending | Phase::Running, Command::Fail { reason, at }) => {
                Ok(vec![Event::Failed { reason, at }])
            }
            (Phase::Failed, Command::Fail { .. }) => Ok(vec![]),
            (Phase::Completed, Command::Fail { .. }) => Err(Error::Ended),

            (Phase::Failed, Command::Reopen { at }) => Ok(vec![Event::Reopened { at }]),
            (_, Command::Reopen { .. }) => Ok(vec![]),

            // What is over stays over, however often it is said.
            (
                Phase::Completed | Phase::Failed,
                Command::Complete { .. }
                | Command::Close { .. }
                | Command::Stop { .. }
                | Command::KeepOn { .. },
            ) => Ok(vec![]),
            (Phase::Pending | Phase::Running, Command::Complete { at }) => {
                Ok(vec![Event::Completed { response: None, by: None, at }])
            }
            (Phase::Pending | Phase::Running, Command::Close { by, at }) => {
                Ok(vec![Event::Completed { response: None, by: Some(by), at }])
            }

            (Phase::Pending | Phase::Running, Command::Stop { .. }) if self.stopping => Ok(vec![]),
            (Phase::Pending | Phase::Running, Command::Stop { at }) => Ok(vec![Event::StopAsked { at }]),
            (Phase::Pending | Phase::Running, Command::KeepOn { reason, at }) => {
                Ok(if self.stopping { vec![Event::StopFailed { reason, at }] } else { vec![] })
            }
        }
    }

    /// With no known numbers a session is over when its command is; a bad exit counts only while nobody has reported.
    fn returned(&self, exit: Exit, heard: bool, at: DateTime<Utc>) -> Vec<Event> {
        let end = match (exit.success() || heard, self.outlasts_command) {
            (false, _) => Some(Event::Failed { reason: exit.complaint(), at }),
            (true, true) => None,
            (true, false) => Some(Event::Completed { response: Some(exit.stdout.clone()), by: None, at }),
        };
        std::iter::once(Event::Returned { exit, at }).chain(end).collect()
    }
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
            Self::Reopened { .. } => "reopened",
            Self::StopAsked { .. } => "stop_asked",
            Self::StopFailed { .. } => "stop_failed",
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
            Event::Opened { id, list, completion, .. } => {
                (self.phase, self.id) = (Phase::Pending, id);
                self.outlasts_command = list.is_some() && completion == Completion::Results;
            }
            Event::Adopted { id, .. } => (self.phase, self.id) = (Phase::Running, id),
            Event::Launched { .. } => (self.phase, self.command) = (Phase::Running, Progress::Launched),
            Event::Returned { .. } => self.command = Progress::Returned,
            Event::Completed { .. } => self.phase = Phase::Completed,
            Event::Failed { .. } => self.phase = Phase::Failed,
            // Whatever became of an earlier stop, its answer went to a session that was over.
            Event::Reopened { .. } => (self.phase, self.stopping) = (Phase::Running, false),
            Event::StopAsked { .. } => self.stopping = true,
            Event::StopFailed { .. } => self.stopping = false,
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
            | Event::Failed { at, .. }
            | Event::Reopened { at }
            | Event::StopAsked { at }
            | Event::StopFailed { at, .. } => *at,
        }
    }
}

#[cfg(test)]
mod tests;
