//! The world on one page: every trait through which the engine touches what it cannot decide.
//! In the words of calling, without a vendor's name or a wire's type.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::ids::SessionId;
use domain::session::{Exit, Remote};
use futures_util::future::BoxFuture;
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
    /// Runs the remote command for a session. `effect` names this one attempt for ever.
    fn launch(&self, effect: &str, session: &SessionId) -> BoxFuture<'_, Result<Exit, Trouble>>;
    /// What became of a launch that was sent before a crash; none where the far end cannot tell.
    fn ask(&self, effect: &str) -> BoxFuture<'_, Result<Option<Exit>, Trouble>>;
}

/// What a port's caller should do about a failure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    #[error("not now, again after {} s", after.as_secs())]
    Later { after: Duration },
    #[error("{why}")]
    Never { why: String },
}
