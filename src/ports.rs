//! The world on one page: every trait through which the engine touches what it cannot decide.
//! In the words of calling, without a vendor's name or a wire's type.

use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::ids::SessionId;
use domain::number_list::Cell;
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
    /// What became of a launch that was sent before a crash; none where the far end cannot tell, and `Later` while it runs there.
    fn ask(&self, effect: &str) -> BoxFuture<'_, Result<Option<Exit>, Trouble>>;
    /// Runs the command that stops a session's calls; none where there is no such command.
    fn stop(&self, session: &SessionId) -> BoxFuture<'_, Result<Option<Exit>, Trouble>>;
    /// A recording by its name, from a byte on; none where there is no such file, or not yet.
    fn recording(&self, name: &str, from: u64) -> BoxFuture<'_, Result<Option<Recording>, Trouble>>;
}

/// Longest file that is read as a table; a workbook of a million rows has a fifth of it.
pub const SHEET_LEN_MAX: u64 = 128 << 20;

/// Tables that people upload.
pub trait Sheets: Send + Sync + std::fmt::Debug {
    /// Gives what each row of the first sheet says, with its row as people count, until `row` breaks: of a workbook the first column,
    /// of a text all fields.
    /// Blocks: to be called on a thread of its own.
    fn read(
        &self,
        file: &Path,
        progress: &SheetProgress,
        row: &mut dyn FnMut(u32, Cell<'_>) -> ControlFlow<()>,
    ) -> Result<SheetKind, BadSheet>;
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
    /// none where there is no such recording, or not yet.
    fn open<'a>(
        &'a self,
        whereabouts: &'a Whereabouts,
        from: u64,
    ) -> BoxFuture<'a, Result<Option<Playback>, Trouble>>;
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
