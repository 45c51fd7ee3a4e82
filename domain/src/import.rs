//! A workbook of contacts that was taken in: new -> begun -> finished | failed, and undone where somebody wants it undone.
//! The contacts bear its id; what became of each row lies beside the events, sealed, and the event that finishes it has a digest of that.
//! How a row becomes a contact is `import/intake.rs`, and what is told of it `import/line.rs`.

mod heading;
mod intake;
mod line;

use chrono::{DateTime, Utc};
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::fact::{self, Recorded};
use crate::personal::Seal;

pub use heading::{BadHeading, COLUMNS};
pub use intake::{Coming, Intake, Judged};
pub use line::{Became, Line, Note, What};

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// The file can be read to its end: its contacts come from now on.
    Begin { id: Uuid, origin: Origin, terms: Terms, at: DateTime<Utc> },
    /// All of them are stored, and what became of each row.
    Finish { counts: Counts, digest: String, at: DateTime<Utc> },
    /// It broke off: what was stored by then stays, and nobody stores the rest.
    Fail { reason: String, at: DateTime<Utc> },
    /// So many of its contacts were removed.
    Undo { removed: u32, kept: Kept, at: DateTime<Utc> },
    /// What is told of somebody who was forgotten was taken out of what is stored.
    Redact { digest: String, at: DateTime<Utc> },
    /// Nothing happens; whoever asks sees how it stands.
    Look,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    Workbook,
    Text,
}

/// What was asked for with the file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    pub on_duplicate: OnDuplicate,
    /// Whether a row with anything doubtful is left out.
    pub strict: bool,
}

/// What becomes of a row whose number is a contact's already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnDuplicate {
    #[default]
    Skip,
    Update,
    Fail,
}

impl OnDuplicate {
    pub const ALL: [Self; 3] = [Self::Skip, Self::Update, Self::Fail];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::Update => "update",
            Self::Fail => "fail",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == text)
    }
}

/// What became of the rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Rows with anything in them below the heading.
    pub rows: u32,
    pub created: u32,
    pub updated: u32,
    pub skipped: u32,
    pub rejected: u32,
    /// Fields that were written otherwise.
    pub repaired: u32,
    /// Things that could not be taken as they were, in rows that were.
    pub warnings: u32,
    /// Chunks of what is told of the rows.
    pub chunks: u32,
}

impl Counts {
    pub fn add(&mut self, line: &Line) {
        self.rows += 1;
        match line.became {
            Became::Created => self.created += 1,
            Became::Updated => self.updated += 1,
            Became::Skipped => self.skipped += 1,
            Became::Rejected => self.rejected += 1,
        }
        for note in line.notes.iter().filter(|_| line.became != Became::Rejected) {
            self.repaired += u32::from(note.what == What::Repaired);
            self.warnings += u32::from(note.what.is_warning());
        }
    }
}

/// Contacts of an import that were not removed with it, by the reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Somebody has changed them since.
    pub changed: u32,
    pub in_campaign: u32,
    pub called: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    Begun {
        id: Uuid,
        origin: Origin,
        terms: Terms,
        at: DateTime<Utc>,
    },
    Finished {
        counts: Counts,
        digest: String,
        at: DateTime<Utc>,
    },
    Failed {
        reason: String,
        at: DateTime<Utc>,
    },
    Undone {
        removed: u32,
        kept: Kept,
        at: DateTime<Utc>,
    },
    /// The digest over what is stored from now on.
    Redacted {
        digest: String,
        at: DateTime<Utc>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("there is no such import")]
    Unknown,
    #[error("there is an import of this id already")]
    AlreadyThere,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    phase: Phase,
    /// Contacts that were there before it and that it changed; none until they are counted.
    #[serde(default)]
    updated: Option<u32>,
    removed: u32,
    kept: Kept,
    /// Over what is told of its rows; none until all of it is.
    #[serde(default)]
    digest: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Phase {
    #[default]
    New,
    Begun,
    Finished,
    Failed,
    Undone,
}

impl Import {
    /// Contacts that were removed, however often it was undone, and those that were kept when it was tried last.
    pub fn undone(&self) -> (u32, Kept) {
        (self.removed, self.kept)
    }

    /// How many it changed that were there before it. Undoing it leaves them as they are: what they were is not kept.
    pub fn updated(&self) -> Option<u32> {
        self.updated
    }

    /// Over what is told of its rows; none where that was never finished.
    pub fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    /// One arm a rule; what is said twice is accepted without effect.
    pub fn decide(&self, command: Command) -> Result<Vec<Event>, Error> {
        match (self.phase, command) {
            (Phase::New, Command::Begin { id, origin, terms, at }) => {
                Ok(vec![Event::Begun { id, origin, terms, at }])
            }
            (_, Command::Begin { .. }) => Err(Error::AlreadyThere),
            (Phase::New, _) => Err(Error::Unknown),

            (_, Command::Look) => Ok(vec![]),
            (Phase::Finished, Command::Finish { .. }) => Ok(vec![]),
            (_, Command::Redact { digest, .. })
                if self.digest.as_ref().is_none_or(|known| *known == digest) =>
            {
                Ok(vec![])
            }
            (_, Command::Redact { digest, at }) => Ok(vec![Event::Redacted { digest, at }]),
            // Undone or given up while it was under way: what became of its rows is told all the same.
            (Phase::Begun | Phase::Failed | Phase::Undone, Command::Finish { counts, digest, at }) => {
                Ok(vec![Event::Finished { counts, digest, at }])
            }
            (Phase::Begun, Command::Fail { reason, at }) => Ok(vec![Event::Failed { reason, at }]),
            (Phase::Finished | Phase::Failed | Phase::Undone, Command::Fail { .. }) => Ok(vec![]),
            (Phase::Undone, Command::Undo { removed: 0, kept, .. }) if kept == self.kept => Ok(vec![]),
            (
                Phase::Begun | Phase::Finished | Phase::Failed | Phase::Undone,
                Command::Undo { removed, kept, at },
            ) => Ok(vec![Event::Undone { removed, kept, at }]),
        }
    }
}

impl DomainEvent for Event {
    fn event_type(&self) -> String {
        match self {
            Self::Begun { .. } => "begun",
            Self::Finished { .. } => "finished",
            Self::Failed { .. } => "failed",
            Self::Undone { .. } => "undone",
            Self::Redacted { .. } => "redacted",
        }
        .to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for Import {
    const TYPE: &'static str = "import";
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
            Event::Begun { .. } => self.phase = Phase::Begun,
            Event::Finished { counts, digest, .. } => {
                (self.phase, self.updated) = (Phase::Finished, Some(counts.updated));
                self.digest = Some(digest);
            }
            Event::Failed { .. } => self.phase = Phase::Failed,
            Event::Undone { removed, kept, .. } => {
                self.phase = Phase::Undone;
                self.removed = self.removed.saturating_add(removed);
                self.kept = kept;
            }
            Event::Redacted { digest, .. } => self.digest = Some(digest),
        }
    }
}

impl Recorded for Import {
    fn fact(event: Event) -> fact::Event {
        fact::Event::Import(event)
    }

    fn from_fact(event: fact::Event) -> Option<Event> {
        if let fact::Event::Import(event) = event { Some(event) } else { None }
    }

    /// What is told of the rows lies elsewhere.
    fn personal(_: &mut Event) -> Option<&mut dyn Seal> {
        None
    }

    fn occurred_at(event: &Event) -> DateTime<Utc> {
        match event {
            Event::Begun { at, .. }
            | Event::Finished { at, .. }
            | Event::Failed { at, .. }
            | Event::Undone { at, .. }
            | Event::Redacted { at, .. } => *at,
        }
    }
}

#[cfg(test)]
mod tests;
