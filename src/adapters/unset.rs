//! Where no remote host is configured: everything fails and says what to set.

use bytes::Bytes;
use domain::ids::SessionId;
use domain::session::{Exit, Remote};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use crate::ports::{Known, Recording, RemoteHost, Trouble};

#[derive(Debug, Clone, Copy)]
pub struct Unset;

impl RemoteHost for Unset {
    fn kind(&self) -> Remote {
        Remote::Ssh
    }

    fn place(&self, _numbers: Bytes) -> BoxFuture<'_, Result<(), Trouble>> {
        nowhere()
    }

    fn launch(&self, _effect: &str, _session: &SessionId) -> BoxFuture<'_, Result<Exit, Trouble>> {
        nowhere()
    }

    fn ask(&self, _effect: &str) -> BoxFuture<'_, Result<Known, Trouble>> {
        async { Ok(Known::Untold) }.boxed()
    }

    fn stop(&self, _session: &SessionId) -> BoxFuture<'_, Result<Option<Exit>, Trouble>> {
        nowhere()
    }

    fn recording(&self, _name: &str, _from: u64) -> BoxFuture<'_, Result<Option<Recording>, Trouble>> {
        nowhere()
    }

    /// What lies on a call server of before is out of reach.
    fn remove_recording(&self, _name: &str) -> BoxFuture<'_, Result<bool, Trouble>> {
        async { Ok(false) }.boxed()
    }
}

fn nowhere<T: Send + 'static>() -> BoxFuture<'static, Result<T, Trouble>> {
    let why = "REMOTE_HOST is not set: there is no call server".to_owned();
    async { Err(Trouble::Never { why }) }.boxed()
}
