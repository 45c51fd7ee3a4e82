//! What an exchange says, in no exchange's form: whoever speaks to it reads leniently, and leaves every meaning to `reading`.
//! Debug shows no number.

use std::fmt;

use chrono::{DateTime, Utc};

use crate::pbx_call::Direction;

/// A call that goes on.
#[derive(Clone, PartialEq, Eq)]
pub struct LiveCall {
    pub id: String,
    pub from: String,
    pub to: String,
    /// The exchange's own word or number for its state.
    pub code: String,
    /// Since it began, and since somebody answered.
    pub secs: u32,
    pub talk_secs: u32,
    /// Where the exchange tells.
    pub direction: Option<Direction>,
}

/// A row of the log, whose times are the exchange's clock's.
#[derive(Clone, PartialEq, Eq)]
pub struct LogRow {
    /// Where the exchange gives its rows names.
    pub id: Option<String>,
    pub started_at: DateTime<Utc>,
    pub from: String,
    pub to: String,
    pub code: String,
    pub secs: u32,
    pub talk_secs: u32,
    pub direction: Option<Direction>,
    /// The recording's name, where the row knows of one.
    pub recording: Option<String>,
}

/// A recording that the exchange has. Which of the two numbers called, it does not tell.
#[derive(Clone, PartialEq, Eq)]
pub struct RecordingRow {
    pub id: String,
    pub extension: String,
    pub other: String,
    pub started_at: DateTime<Utc>,
    pub secs: u32,
}

/// A number that is the exchange's own.
#[derive(Clone, PartialEq, Eq)]
pub struct Inside {
    pub number: String,
    pub kind: InsideKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InsideKind {
    /// Somebody's telephone.
    Extension,
    /// A queue or a group: whoever answers there has another number.
    Group,
    Service,
}

impl fmt::Debug for LiveCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, code, secs, talk_secs, .. } = self;
        write!(f, "LiveCall({id}, {code}, {secs} s, {talk_secs} s)")
    }
}

impl fmt::Debug for LogRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { started_at, code, secs, talk_secs, .. } = self;
        write!(f, "LogRow({started_at}, {code}, {secs} s, {talk_secs} s)")
    }
}

impl fmt::Debug for RecordingRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordingRow({}, {}, {} s)", self.id, self.started_at, self.secs)
    }
}

impl fmt::Debug for Inside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Inside({:?})", self.kind)
    }
}
