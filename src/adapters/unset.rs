//! Where no remote host is configured: every launch fails and says what to set.

use domain::ids::SessionId;
use domain::session::{Exit, Remote};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use crate::ports::{RemoteHost, Trouble};

#[derive(Debug, Clone, Copy)]
pub struct Unset;

impl RemoteHost for Unset {
    fn kind(&self) -> Remote {
        Remote::Ssh
    }

    fn launch(&self, _effect: &str, _session: &SessionId) -> BoxFuture<'_, Result<Exit, Trouble>> {
        let why = "REMOTE_HOST is not set: there is no call server to start".to_owned();
        async { Err(Trouble::Never { why }) }.boxed()
    }

    fn ask(&self, _effect: &str) -> BoxFuture<'_, Result<Option<Exit>, Trouble>> {
        async { Ok(None) }.boxed()
    }
}
