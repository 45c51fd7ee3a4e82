//! One call at an exchange that is watched: new -> ringing -> talking -> over, or only ever told by the exchange's log.
//! What was seen live is provisional until the log confirms or corrects it; a row of the log counts once, whoever reads it how often.
//! What the exchange's words and numbers mean is `pbx`'s business.

mod recorded;

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::PbxCallId;
use crate::personal::Personal;

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// It is in the list of calls that go on.
    See(Box<Sight>),
    Answer {
        extension: Option<String>,
        answered_at: DateTime<Utc>,
        at: DateTime<Utc>,
    },
    End {
        ended_at: DateTime<Utc>,
        at: DateTime<Utc>,
    },
    Miss {
        how: Missing,
        ended_at: DateTime<Utc>,
        at: DateTime<Utc>,
    },
    /// The log has a call that nobody saw.
    Log(Box<Entry>),
    /// The log has a row for a call that was seen: said to the row's own stream.
    Match {
        call: PbxCallId,
        at: DateTime<Utc>,
    },
    /// The same, said to the call.
    Confirm {
        row: Row,
        at: DateTime<Utc>,
    },
    FindRecording {
        recording: String,
        extension: Option<String>,
        at: DateTime<Utc>,
    },
    /// Somebody listens to its recording, or to a part of it.
    Listen {
        by: String,
        at: DateTime<Utc>,
    },
    /// Nothing happens; whoever asks sees how it stands.
    Look,
}

/// A call as it is first seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Sight {
    pub id: Uuid,
    pub call: PbxCallId,
    pub course: Course,
    pub extension: Option<String>,
    pub talking: bool,
    pub started_at: DateTime<Utc>,
    pub parties: Parties,
    pub at: DateTime<Utc>,
}

/// A call as the log tells it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub id: Uuid,
    pub row: Row,
    pub course: Course,
    pub extension: Option<String>,
    pub parties: Parties,
    pub at: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    Incoming,
    Outgoing,
}

/// Whoever asks for parts of a recording within this time listens to it once.
pub const ONE_LISTENING: TimeDelta = TimeDelta::minutes(15);

/// Where a call comes from and where it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Course {
    pub direction: Direction,
    /// Both ends are inside.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub internal: bool,
}

/// Whose numbers they are, as the exchange writes them. Debug shows none of them.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parties {
    pub from: String,
    pub to: String,
}

impl fmt::Debug for Parties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Parties(***)")
    }
}

/// How a call ended that nobody answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    Unanswered,
    Busy,
    Forbidden,
    Voicemail,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Answered,
    Unanswered,
    Busy,
    Failed,
}

impl From<Missing> for Status {
    fn from(how: Missing) -> Self {
        match how {
            Missing::Unanswered | Missing::Voicemail => Self::Unanswered,
            Missing::Busy => Self::Busy,
            Missing::Forbidden => Self::Failed,
        }
    }
}

/// What the log says of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The exchange's own name of it, or the mark of what it says.
    pub key: PbxCallId,
    /// Tells it from another row of the same name, as the legs of one call are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<String>,
    pub started_at: DateTime<Utc>,
    pub ring_secs: u32,
    pub talk_secs: u32,
    pub status: Status,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub voicemail: bool,
    /// The exchange's own word for the status, should its meaning ever turn out to be another.
    pub code: String,
}

impl Row {
    fn is_the_same(&self, other: &Self) -> bool {
        self.key == other.key && self.mark == other.mark
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    Seen {
        id: Uuid,
        call: PbxCallId,
        course: Course,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        extension: Option<String>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        talking: bool,
        started_at: DateTime<Utc>,
        at: DateTime<Utc>,
        personal: Personal<Parties>,
    },
    Answered {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        extension: Option<String>,
        answered_at: DateTime<Utc>,
        at: DateTime<Utc>,
    },
    Ended {
        ended_at: DateTime<Utc>,
        at: DateTime<Utc>,
    },
    Missed {
        how: Missing,
        ended_at: DateTime<Utc>,
        at: DateTime<Utc>,
    },
    /// Nobody saw it; the log tells of it.
    Logged {
        id: Uuid,
        row: Row,
        course: Course,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        extension: Option<String>,
        at: DateTime<Utc>,
        personal: Personal<Parties>,
    },
    /// This row of the log is told under the call that was seen.
    Matched {
        call: PbxCallId,
        at: DateTime<Utc>,
    },
    /// The log says what was seen. `was` is none where the call was not yet seen to be over.
    Confirmed {
        row: Row,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        was: Option<Status>,
        at: DateTime<Utc>,
    },
    /// The log says otherwise, and is believed.
    Corrected {
        row: Row,
        was: Status,
        at: DateTime<Utc>,
    },
    RecordingFound {
        /// The exchange's name for it.
        recording: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        extension: Option<String>,
        at: DateTime<Utc>,
    },
    Listened {
        /// A user or a key, as in the circumstances.
        by: String,
        at: DateTime<Utc>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("there is no such call")]
    Unknown,
    #[error("the call has another row in the log")]
    Taken,
    #[error("the call has no recording")]
    NoRecording,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    #[default]
    New,
    Ringing,
    Talking,
    Over,
    /// No call, but a row of the log that belongs to one.
    Matched,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PbxCall {
    phase: Phase,
    status: Option<Status>,
    row: Option<Row>,
    recording: Option<String>,
    /// Who listened, and since when.
    listeners: Vec<(String, DateTime<Utc>)>,
}

impl PbxCall {
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// What the log said of it.
    pub fn row(&self) -> Option<&Row> {
        self.row.as_ref()
    }

    pub fn recording(&self) -> Option<&str> {
        self.recording.as_deref()
    }

    /// The rules, one an arm. A call only goes forward: what comes late says nothing.
    pub fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        use Phase::{Matched, New, Over, Ringing, Talking};
        match (self.phase, command) {
            (_, Command::Look) => Ok(vec![]),
            (New, Command::See(sight)) => Ok(vec![(*sight).into()]),
            (Ringing | Talking | Over | Matched, Command::See(_)) => Ok(vec![]),
            (New, Command::Log(entry)) => Ok(vec![(*entry).into()]),
            (Ringing | Talking | Over | Matched, Command::Log(_)) => Ok(vec![]),
            (New, Command::Match { call, at }) => Ok(vec![Event::Matched { call, at }]),
            (Ringing | Talking | Over | Matched, Command::Match { .. }) => Ok(vec![]),
            (New | Matched, _) => Err(Error::Unknown),
            (Ringing, Command::Answer { extension, answered_at, at }) => {
                Ok(vec![Event::Answered { extension, answered_at, at }])
            }
            (Ringing | Talking, Command::End { ended_at, at }) => Ok(vec![Event::Ended { ended_at, at }]),
            (Ringing | Talking, Command::Miss { how, ended_at, at }) => {
                Ok(vec![Event::Missed { how, ended_at, at }])
            }
            (Talking | Over, Command::Answer { .. }) | (Over, Command::End { .. } | Command::Miss { .. }) => {
                Ok(vec![])
            }
            (Ringing | Talking | Over, Command::Confirm { row, at }) => self.confirm(row, at),
            (Ringing | Talking | Over, Command::FindRecording { recording, extension, at }) => {
                let news = self.recording.is_none();
                Ok(news.then_some(Event::RecordingFound { recording, extension, at }).into_iter().collect())
            }
            (Ringing | Talking | Over, Command::Listen { .. }) if self.recording.is_none() => {
                Err(Error::NoRecording)
            }
            (Ringing | Talking | Over, Command::Listen { by, at }) if self.is_listening(&by, at) => {
                Ok(vec![])
            }
            (Ringing | Talking | Over, Command::Listen { by, at }) => Ok(vec![Event::Listened { by, at }]),
        }
    }

    /// A player asks for a recording in parts, and goes back and forth in it: that is one listening.
    fn is_listening(&self, by: &str, at: DateTime<Utc>) -> bool {
        self.listeners.iter().any(|(known, since)| known == by && at - *since < ONE_LISTENING)
    }

    fn confirm(&self, row: Row, at: DateTime<Utc>) -> Result<Vec<Event>, Error> {
        match (&self.row, self.status) {
            (Some(known), _) if known.is_the_same(&row) => Ok(vec![]),
            (Some(_), _) => Err(Error::Taken),
            (None, Some(was)) if was != row.status => Ok(vec![Event::Corrected { row, was, at }]),
            (None, was) => Ok(vec![Event::Confirmed { row, was, at }]),
        }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Seen { talking, .. } => {
                self.phase = if talking { Phase::Talking } else { Phase::Ringing };
            }
            Event::Answered { .. } => self.phase = Phase::Talking,
            Event::Ended { .. } => self.over(Status::Answered),
            Event::Missed { how, .. } => self.over(how.into()),
            Event::Logged { row, .. } | Event::Confirmed { row, .. } | Event::Corrected { row, .. } => {
                self.over(row.status);
                self.row = Some(row);
            }
            Event::Matched { .. } => self.phase = Phase::Matched,
            Event::RecordingFound { recording, .. } => self.recording = Some(recording),
            Event::Listened { by, at } => {
                self.listeners.retain(|(known, _)| *known != by);
                self.listeners.push((by, at));
            }
        }
    }

    fn over(&mut self, status: Status) {
        self.phase = Phase::Over;
        self.status = Some(status);
    }
}

impl From<Sight> for Event {
    fn from(sight: Sight) -> Self {
        let Sight { id, call, course, extension, talking, started_at, parties, at } = sight;
        let personal = Personal::Clear(parties);
        Self::Seen { id, call, course, extension, talking, started_at, at, personal }
    }
}

impl From<Entry> for Event {
    fn from(entry: Entry) -> Self {
        let Entry { id, row, course, extension, parties, at } = entry;
        Self::Logged { id, row, course, extension, at, personal: Personal::Clear(parties) }
    }
}

#[cfg(test)]
mod tests;
