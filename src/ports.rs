//! The world on one page: every trait through which the engine touches what it cannot decide.
//! In the words of calling, without a vendor's name or a wire's type.

pub mod pbx;
pub mod receivers;

use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::conversation::answer::Answer;
use domain::ids::SessionId;
use domain::number_list::Cell;
use domain::phone::Phone;
use domain::recording::Whereabouts;
use domain::session::{Exit, Remote};
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use uuid::Uuid;

/// Time, so that replays and tests agree.
pub trait Clock: Send + Sync + std::fmt::Debug {
    fn now(&self) -> DateTime<Utc>;
}

/// Chance: ids, keys and nonces.
pub trait Ids: Send + Sync + std::fmt::Debug {
    /// Ascending within a process, so that indexes stay neighbourly.
    fn uuid(&self) -> Uuid;
    fn fill(&self, bytes: &mut [u8]);
}

/// The host whose call server dials a list.
pub trait RemoteHost: Send + Sync + std::fmt::Debug {
    fn kind(&self) -> Remote;
    /// Puts a list, a number a line, in the place of the one that is there: the old one whole or the new one whole, never half.
    fn place(&self, numbers: Bytes) -> BoxFuture<'_, Result<(), Trouble>>;
    /// Runs the remote command for a session. `effect` names this one attempt for ever.
    fn launch(&self, effect: &str, session: &SessionId) -> BoxFuture<'_, Result<Exit, Trouble>>;
    /// What became of a launch that was sent before a crash.
    fn ask(&self, effect: &str) -> BoxFuture<'_, Result<Known, Trouble>>;
    /// Runs the command that stops a session's calls; none where there is no such command.
    fn stop(&self, session: &SessionId) -> BoxFuture<'_, Result<Option<Exit>, Trouble>>;
    /// A recording by its name, from a byte on; none where there is no such file, or not yet.
    fn recording(&self, name: &str, from: u64) -> BoxFuture<'_, Result<Option<Recording>, Trouble>>;
    /// Removes a recording for good; false where there is no such file.
    fn remove_recording(&self, name: &str) -> BoxFuture<'_, Result<bool, Trouble>>;
}

/// Whoever rings a person and talks to them. `effect` names one attempt for ever: a call asked for twice under it is one call.
pub trait VoiceAgent: Send + Sync + std::fmt::Debug {
    fn kind(&self) -> AgentKind;
    /// Asks for one call, and waits for its end where the agent answers only then.
    /// A `Trouble` is certain: nothing was accepted and nobody is rung. `Later` is the agent's own wish; all else that it
    /// refuses is `Never` for this attempt, with its cause. Whatever is not certain is no trouble but `Spoken::Unclear`.
    fn call<'a>(&'a self, effect: &'a str, request: AgentCall) -> BoxFuture<'a, Result<Spoken, Trouble>>;
    /// What became of a call that was asked for, by the name that the agent gave it, where one is known;
    /// none where nobody can tell, and `Later` while it goes on or the agent is away.
    fn ask<'a>(
        &'a self,
        effect: &'a str,
        reference: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Option<Answer>, Trouble>>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentKind {
    /// Its calls disturb nobody.
    Simulated,
    Real,
}

/// Whom to ring, and what to know about them. Debug shows nothing that is about a person.
#[derive(Clone)]
pub struct AgentCall {
    pub phone: Phone,
    pub first_name: String,
    pub last_name: String,
    /// Null where nothing is known.
    pub custom_data: serde_json::Value,
}

impl std::fmt::Debug for AgentCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AgentCall").finish_non_exhaustive()
    }
}

/// What an agent said to a call that it may have made.
#[expect(clippy::large_enum_variant, reason = "there is one a call, which lasts for minutes")]
#[derive(Debug, Clone, PartialEq)]
pub enum Spoken {
    /// The call is over, and this came of it.
    Answered(Answer),
    /// The agent has taken it and reports later, under this name.
    Accepted { reference: String },
    /// The request was sent, and whether anybody was rung cannot be told: never to be sent again blindly.
    Unclear { why: Unclear },
}

/// Why nobody can tell, without a number or a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unclear {
    #[error("the agent did not answer within {} s", within.as_secs())]
    Silent { within: Duration },
    #[error("the agent broke off before its answer was whole")]
    BrokenOff,
    /// With the answer's beginning, as far as it may be shown.
    #[error("the agent's answer makes no sense: {cause}")]
    Senseless { cause: String },
}

/// What a remote host knows of a launch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    Ended(Exit),
    /// Worth asking again after a while.
    Running {
        again: Duration,
    },
    /// It may have been run, and nobody can tell what became of it.
    Untold,
}

/// Longest file that is read as a table; a workbook of a million rows has a fifth of it.
pub const SHEET_LEN_MAX: u64 = 128 << 20;

/// Tables that people upload.
pub trait Sheets: Send + Sync + std::fmt::Debug {
    /// Gives what each row of the first sheet says, with its row as people count, until `row` breaks.
    /// Blocks: to be called on a thread of its own.
    fn read(
        &self,
        file: &Path,
        columns: Columns,
        progress: &SheetProgress,
        row: &mut dyn FnMut(u32, Cell<'_>) -> ControlFlow<()>,
    ) -> Result<SheetKind, BadSheet>;
}

/// What is wanted of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Columns {
    /// The first column of a workbook, all fields of a text's line.
    First,
    /// All fields, tabs between them and none inside. A row with a formula that nobody has calculated says so as a whole.
    All,
}

impl Columns {
    /// Counted from 0.
    pub fn hold(self, column: u32) -> bool {
        match self {
            Self::First => column == 0,
            Self::All => true,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SheetKind {
    Workbook,
    Text,
}

/// How far a reading has come, in bytes of the file, for another thread to look at. Every clone shows the same reading.
#[derive(Debug, Clone, Default)]
pub struct SheetProgress(Arc<(AtomicU64, AtomicU64)>);

impl SheetProgress {
    /// Bytes read, never more than the total where that is known.
    pub fn done(&self) -> u64 {
        let done = self.0.0.load(Ordering::Relaxed);
        if self.total() == 0 { done } else { done.min(self.total()) }
    }

    /// Bytes to be read: nought while that is not known, more than the file has where parts are read twice.
    pub fn total(&self) -> u64 {
        self.0.1.load(Ordering::Relaxed)
    }

    pub fn begin(&self, bytes: u64) {
        self.0.0.store(0, Ordering::Relaxed);
        self.0.1.store(bytes, Ordering::Relaxed);
    }

    pub fn expect(&self, more: u64) {
        self.0.1.fetch_add(more, Ordering::Relaxed);
    }

    pub fn add(&self, bytes: usize) {
        self.0.0.fetch_add(u64::try_from(bytes).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub fn end(&self) {
        self.0.0.store(self.total(), Ordering::Relaxed);
    }
}

/// Why a file is not read, in a sentence for whoever chose it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct BadSheet {
    pub too_large: bool,
    pub why: String,
}

/// A recorded call that can be listened to.
pub struct Recording {
    /// Of the whole, wherever reading begins.
    pub size: u64,
    /// Changes whenever the recording does.
    pub version: String,
    pub bytes: BoxStream<'static, io::Result<Bytes>>,
}

impl std::fmt::Debug for Recording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recording").field("size", &self.size).finish_non_exhaustive()
    }
}

/// Recordings, wherever they lie.
pub trait Recordings: Send + Sync + std::fmt::Debug {
    /// From a byte on, or from the first where the far end does not say how long the whole is;
    /// none where there is no such recording, or not yet. Files are asked of that remote host.
    fn open<'a>(
        &'a self,
        whereabouts: &'a Whereabouts,
        remote: &'a Arc<dyn RemoteHost>,
        from: u64,
    ) -> BoxFuture<'a, Result<Option<Playback>, Trouble>>;

    /// Removes what is kept here of an exchange's call, and says whether there was anything. What lies elsewhere is others' to remove.
    fn forget(&self, call: Uuid) -> BoxFuture<'_, io::Result<bool>>;

    /// The calls of an exchange of which anything is kept here.
    fn kept(&self) -> BoxFuture<'_, io::Result<Vec<Uuid>>>;

    /// Removes what has been kept here since before a moment; of how many calls.
    fn expire(&self, before: DateTime<Utc>) -> BoxFuture<'_, io::Result<u64>>;
}

/// Where the data lies.
pub trait Disk: Send + Sync + std::fmt::Debug {
    fn room(&self) -> Room;
}

/// What is left there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// In bytes; none where nobody can tell.
    pub free: Option<u64>,
    /// So little that nothing is taken in any more that can wait.
    pub is_low: bool,
}

/// A recording on its way to a listener.
pub struct Playback {
    /// Of the whole; none where the far end does not say.
    pub size: Option<u64>,
    /// Changes whenever the recording does; none where the far end does not tell.
    pub version: Option<String>,
    pub bytes: BoxStream<'static, io::Result<Bytes>>,
}

impl std::fmt::Debug for Playback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Playback").field("size", &self.size).finish_non_exhaustive()
    }
}

/// What a port's caller should do about a failure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    #[error("not now, again after {} s", after.as_secs())]
    Later { after: Duration },
    #[error("{why}")]
    Never { why: String },
}
