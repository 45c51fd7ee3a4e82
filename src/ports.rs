//! The world on one page: every trait through which the engine touches what it cannot decide.
//! In the words of calling, without a vendor's name or a wire's type.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::ids::SessionId;
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
    /// What became of a launch that was sent before a crash; none where the far end cannot tell.
    fn ask(&self, effect: &str) -> BoxFuture<'_, Result<Option<Exit>, Trouble>>;
    /// Runs the command that stops a session's calls; none where there is no such command.
    fn stop(&self, session: &SessionId) -> BoxFuture<'_, Result<Option<Exit>, Trouble>>;
    /// A recording by its name, from a byte on; none where there is no such file, or not yet.
    fn recording(&self, name: &str, from: u64) -> BoxFuture<'_, Result<Option<Recording>, Trouble>>;
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

/// What a port's caller should do about a failure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    #[error("not now, again after {} s", after.as_secs())]
    Later { after: Duration },
    #[error("{why}")]
    Never { why: String },
}
