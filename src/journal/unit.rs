//! What the journal is given to store, what becomes of it, and who is told.

use std::fmt;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use domain::fact::{self, Circumstances, Position};
use domain::ids::StreamId;
use tokio::sync::oneshot;
use tracing::Span;
use uuid::Uuid;

use super::chain::Hash;
use super::keys::KeyRow;

/// No single event is larger; lists travel in chunks of their own.
pub const EVENT_LEN_MAX: usize = 1 << 20;

/// One command's events over one or more streams: stored whole or not at all.
#[derive(Debug)]
pub struct Unit {
    /// Given where a repetition must be recognised by the journal rather than by the aggregate's own state.
    pub command: Option<CommandId>,
    pub circumstances: Arc<Circumstances>,
    pub appends: Vec<Append>,
    /// Persons' keys that the events are sealed with and that are not known to be stored yet.
    pub keys: Vec<Arc<KeyRow>>,
}

/// A command's name, unique within its organization, and a hash of what it asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandId {
    pub id: Uuid,
    pub body: Hash,
}

/// The events for one stream, which must stand at `expected`.
#[derive(Debug)]
pub struct Append {
    pub kind: &'static str,
    pub stream: StreamId,
    pub expected: u64,
    pub events: Vec<Entry>,
}

/// One event ready to be stored: its payload serialised, its personal part sealed.
#[derive(Debug)]
pub struct Entry {
    pub event_type: String,
    pub event_version: String,
    pub payload: String,
    pub occurred_at: DateTime<Utc>,
    /// The same event in clear, for those who follow the journal's tail.
    pub fact: fact::Event,
}

/// Where a unit came to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    pub first: Position,
    pub last: Position,
    pub recorded_at: DateTime<Utc>,
    /// The command had been carried out before; these are its positions of then.
    pub repeated: bool,
}

/// Why a unit was not stored. None of them leaves a trace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("the stream has moved on")]
    Conflict,
    #[error("the command id was used for another command")]
    CommandReused,
    #[error("an event of {size} bytes is larger than {}", EVENT_LEN_MAX)]
    TooLarge { size: usize },
    #[error("the journal is busy")]
    Busy,
    /// Nobody knows whether the unit is stored, because the connection died during its commit. The stream tells.
    #[error("the journal cannot be reached: {0}")]
    Unavailable(String),
}

/// Names a unit to whoever sent it.
pub type Ticket = u64;

/// Who waits for units to be stored. Told once a batch, when it is safe.
pub trait Settle: Send + Sync + fmt::Debug {
    fn settle(&self, results: Vec<(Ticket, Result<Appended, Refused>)>);
}

/// A unit on its way, with whom to tell.
#[derive(Debug)]
pub struct Submission {
    pub unit: Unit,
    pub ticket: Ticket,
    pub settle: Arc<dyn Settle>,
    /// In which it was asked for.
    pub span: Span,
}

/// Tells one waiter.
#[derive(Debug)]
pub(super) struct Once(Mutex<Option<oneshot::Sender<Result<Appended, Refused>>>>);

impl Once {
    pub(super) fn new() -> (Arc<Self>, oneshot::Receiver<Result<Appended, Refused>>) {
        let (tell, told) = oneshot::channel();
        (Arc::new(Self(Mutex::new(Some(tell)))), told)
    }
}

impl Settle for Once {
    fn settle(&self, results: Vec<(Ticket, Result<Appended, Refused>)>) {
        let waiter = self.0.lock().ok().and_then(|mut slot| slot.take());
        if let (Some(tell), Some((_, result))) = (waiter, results.into_iter().next()) {
            // A caller who gave up is not told; the unit stands all the same.
            let _ = tell.send(result);
        }
    }
}
