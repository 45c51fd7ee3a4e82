//! How directions, states and statuses of calls at an exchange are stored.

use domain::outcome::CallStatus;
use domain::pbx_call::{Direction, Status};

use crate::row::{Cell, Field, Kind};

/// How far a call has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    Ringing,
    Talking,
    /// Over, and somebody had answered.
    Ended,
    /// Over, and nobody had.
    Missed,
}

impl State {
    pub const ALL: [Self; 4] = [Self::Ringing, Self::Talking, Self::Ended, Self::Missed];

    /// Of a call that is over.
    pub fn of(status: Status) -> Self {
        match status {
            Status::Answered => Self::Ended,
            Status::Unanswered | Status::Busy | Status::Failed => Self::Missed,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ringing => "ringing",
            Self::Talking => "talking",
            Self::Ended => "ended",
            Self::Missed => "missed",
        }
    }
}

pub const STATUSES: [Status; 4] = [Status::Answered, Status::Unanswered, Status::Busy, Status::Failed];
pub(super) const DIRECTIONS: [Direction; 2] = [Direction::Incoming, Direction::Outgoing];

pub(super) fn status(status: Status) -> &'static str {
    match status {
        Status::Answered => "answered",
        Status::Unanswered => "unanswered",
        Status::Busy => "busy",
        Status::Failed => "failed",
    }
}

/// As calls of call servers are told apart.
pub fn shown(status: Status) -> CallStatus {
    match status {
        Status::Answered => CallStatus::Answered,
        Status::Unanswered => CallStatus::NoAnswer,
        Status::Busy => CallStatus::Busy,
        Status::Failed => CallStatus::Failed,
    }
}

pub(super) fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Incoming => "incoming",
        Direction::Outgoing => "outgoing",
    }
}

impl Field for State {
    const KIND: Kind = Kind::Text;

    fn cell(&self) -> Cell<'_> {
        Cell::Text(Some(self.as_str().into()))
    }

    fn read(cell: Cell<'_>) -> Option<Self> {
        let text = String::read(cell)?;
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

impl Field for Status {
    const KIND: Kind = Kind::Text;

    fn cell(&self) -> Cell<'_> {
        Cell::Text(Some(status(*self).into()))
    }

    fn read(cell: Cell<'_>) -> Option<Self> {
        let text = String::read(cell)?;
        STATUSES.into_iter().find(|known| status(*known) == text)
    }
}

impl Field for Direction {
    const KIND: Kind = Kind::Text;

    fn cell(&self) -> Cell<'_> {
        Cell::Text(Some(direction(*self).into()))
    }

    fn read(cell: Cell<'_>) -> Option<Self> {
        let text = String::read(cell)?;
        DIRECTIONS.into_iter().find(|known| direction(*known) == text)
    }
}
