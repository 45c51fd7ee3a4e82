//! An exchange that is watched, and never controlled.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::pbx::said::{Inside, LiveCall, LogRow, RecordingRow};
use futures_util::future::BoxFuture;

use super::Playback;

pub trait Pbx: Send + Sync + std::fmt::Debug {
    /// Makes sure that it lets us in, and hears what it says of itself.
    fn about(&self) -> BoxFuture<'_, Result<About, PbxTrouble>>;
    /// The calls that go on.
    fn live(&self) -> BoxFuture<'_, Result<Live, PbxTrouble>>;
    /// A page of its log, the newest first.
    fn log(&self, page: LogPage) -> BoxFuture<'_, Result<LogRows, PbxTrouble>>;
    /// Its recordings that began then or later, the newest first, as many as asked for.
    fn recordings(
        &self,
        since: DateTime<Utc>,
        limit: u32,
    ) -> BoxFuture<'_, Result<Vec<RecordingRow>, PbxTrouble>>;
    /// The numbers that are its own.
    fn directory(&self) -> BoxFuture<'_, Result<Vec<Inside>, PbxTrouble>>;
    /// A recording from its first byte on; none where there is no such recording any more.
    fn open_recording<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<Playback>, PbxTrouble>>;
    /// Leaves in an orderly way. Whoever asks something afterwards is let in anew.
    fn close(&self) -> BoxFuture<'_, ()>;
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// In its own words, for people.
    pub product: String,
    pub version: String,
}

/// The calls that go on, as of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    pub calls: Vec<LiveCall>,
    /// Whether these are all of them: of an answer that was cut short, nobody may say that a call is gone.
    pub complete: bool,
    /// The exchange's clock when it answered, where it says so.
    pub told_at: Option<DateTime<Utc>>,
}

/// Which rows of the log are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogPage {
    pub start: u64,
    pub limit: u32,
    /// Nothing older is wanted; an exchange that cannot tell may send it nevertheless.
    pub since: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRows {
    pub rows: Vec<LogRow>,
    /// Of all rows that there are to read, where the exchange counts them.
    pub total: Option<u64>,
}

/// What to do about it, rather than what broke.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PbxTrouble {
    /// Not to be tried again until somebody has looked after it: exchanges block who knocks too often.
    #[error("the exchange does not accept the user name or password")]
    Password,
    #[error("the account may not do this at the exchange: {what}")]
    Rights { what: String },
    #[error("the exchange's certificate is not the one to trust: {why}")]
    Certificate { why: String },
    /// It is not there, or not now.
    #[error("{why}")]
    Away { why: String, after: Option<Duration> },
    /// It answers, and not in the way that it should.
    #[error("the exchange's answer makes no sense: {why}")]
    Senseless { why: String },
    #[error("the exchange does not know how to do this: {what}")]
    Unsupported { what: String },
}
