//! One connection to the host, for one job: reached, believed, logged in, and never more than one thing at a time on it.
//! libssh2 has no time-out of its own that can be relied on, so each step has one here.

use std::io;
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use async_ssh2_lite::{AsyncChannel, AsyncSession, AsyncSftp, SessionConfiguration};
use ssh2::{ErrorCode, MethodType};
use tokio::net::TcpStream;

use super::trust::Offer;
use super::{Error, Far};
use crate::adapters::outside::Refusal;

/// libssh2's later fixes are not in every snapshot: these take the paths that needed them out of use.
const PINNED: [(MethodType, &str); 6] = [
    (MethodType::Kex, "curve25519-sha256,curve25519-sha256@libssh.org"),
    (MethodType::CryptCs, "aes256-ctr"),
    (MethodType::CryptSc, "aes256-ctr"),
    (MethodType::MacCs, "hmac-sha2-256"),
    (MethodType::MacSc, "hmac-sha2-256"),
    (MethodType::SignAlgo, "rsa-sha2-512,rsa-sha2-256"),
];
/// A name may stand for several addresses; more are not tried.
const ADDRESSES_MAX: usize = 4;
/// A quiet connection says so often that it is alive, so that nothing in between forgets it.
pub(super) const KEEPALIVE: Duration = Duration::from_secs(15);

pub(super) type Channel = AsyncChannel<TcpStream>;
pub(super) type Sftp = AsyncSftp<TcpStream>;
type Failure = async_ssh2_lite::Error;

pub(super) struct Session {
    ssh: AsyncSession<TcpStream>,
    /// The same connection, to be cut where the far end has gone silent: what libssh2 tidies up when it is dropped
    /// would otherwise wait for an answer.
    cut: std::net::TcpStream,
    pub(super) far: Arc<Far>,
}

impl Session {
    pub(super) async fn open(far: &Arc<Far>) -> Result<Self, Error> {
        let belief = far.trust.belief()?;
        let mut refused = None;
        for offer in far.trust.offers(&belief) {
            let session = match Self::greet(far, *offer).await {
                Ok(session) => session,
                Err(why @ Error::Algorithms { .. }) => {
                    refused.get_or_insert(why);
                    continue;
                }
                Err(why) => return Err(why),
            };
            let met = session.ssh.host_key().map(|(key, _)| key).unwrap_or_default();
            match far.trust.check(&belief, met) {
                Ok(()) => return session.log_in().await,
                Err(why @ Error::HostRevoked { .. }) => return Err(why),
                // A key says more than the absence of one, and the first is the one that others meet too.
                Err(why) if !matches!(refused, Some(Error::HostMismatch { .. })) => refused = Some(why),
                Err(_) => {}
            }
        }
        Err(refused.unwrap_or(Error::Broke))
    }

    async fn greet(far: &Arc<Far>, offer: Offer) -> Result<Self, Error> {
        let (stream, cut) = connect(far).await?;
        let mut limits = SessionConfiguration::new();
        limits.set_timeout(u32::try_from(far.patience.as_millis()).unwrap_or(u32::MAX));
        limits.set_keepalive(false, u32::try_from(KEEPALIVE.as_secs()).unwrap_or(u32::MAX));
        let unfit = |why: Failure| far.handshake(why.to_string());
        let ssh = AsyncSession::new(stream, limits).map_err(unfit)?;
        let mut session = Self { ssh, cut, far: Arc::clone(far) };
        let host_keys = (MethodType::HostKey, offer.algorithms());
        for (method, algorithms) in PINNED.into_iter().chain([host_keys]) {
            session.ssh.method_pref(method, algorithms).await.map_err(unfit)?;
        }
        let shaken = tokio::time::timeout(far.patience, session.ssh.handshake()).await;
        match shaken {
            Ok(Ok(())) => Ok(session),
            Ok(Err(why)) => Err(session.not_greeted(&why, offer)),
            Err(_) => {
                session.hang_up();
                Err(Error::Silent { at: far.at(), patience: far.patience })
            }
        }
    }

    fn not_greeted(&self, why: &Failure, offer: Offer) -> Error {
        match code(why) {
            Some(ErrorCode::Session(
                libssh2_sys::LIBSSH2_ERROR_KEX_FAILURE | libssh2_sys::LIBSSH2_ERROR_METHOD_NONE,
            )) => Error::Algorithms { at: self.far.at(), wanted: offer.name() },
            Some(ErrorCode::Session(_) | ErrorCode::SFTP(_)) | None => self.far.handshake(said(why)),
        }
    }

    async fn log_in(self) -> Result<Self, Error> {
        let far = Arc::clone(&self.far);
        let login = self.ssh.userauth_pubkey_memory(&far.user, None, far.key.expose(), None);
        let Ok(answer) = tokio::time::timeout(far.patience, login).await else {
            self.hang_up();
            return Err(self.lost("during the login"));
        };
        match answer.as_ref().map_err(code) {
            Ok(()) => Ok(self),
            Err(Some(ErrorCode::Session(
                libssh2_sys::LIBSSH2_ERROR_AUTHENTICATION_FAILED
                | libssh2_sys::LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED,
            ))) => Err(Error::LoginRefused { user: far.user.clone(), at: far.at(), key: far.key.kind() }),
            Err(Some(ErrorCode::Session(
                libssh2_sys::LIBSSH2_ERROR_SOCKET_DISCONNECT
                | libssh2_sys::LIBSSH2_ERROR_SOCKET_RECV
                | libssh2_sys::LIBSSH2_ERROR_SOCKET_SEND,
            ))) => Err(self.lost("during the login")),
            Err(_) => Err(Error::KeyUnusable { why: answer.err().map(|why| said(&why)).unwrap_or_default() }),
        }
    }

    /// A step that ends in time, or ends the connection.
    pub(super) async fn step<T, E>(
        &self,
        during: &'static str,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<Result<T, E>, Error> {
        let Ok(done) = tokio::time::timeout(self.far.patience, work).await else {
            self.hang_up();
            return Err(self.lost(during));
        };
        Ok(done)
    }

    pub(super) async fn sftp(&self) -> Result<Sftp, Error> {
        let opened = self.step("while SFTP was opened", self.ssh.sftp()).await?;
        opened.map_err(|why| self.denied("SFTP", &why))
    }

    pub(super) async fn channel(&self) -> Result<Channel, Error> {
        let opened = self.step("while a command was prepared", self.ssh.channel_session()).await?;
        opened.map_err(|why| self.denied("a command", &why))
    }

    /// Only where the connection was quiet; whether it is gone, the next read tells.
    pub(super) async fn keep_alive(&self) {
        let _ = tokio::time::timeout(self.far.patience, self.ssh.keepalive_send()).await;
    }

    pub(super) fn hang_up(&self) {
        // It may be cut already.
        let _ = self.cut.shutdown(Shutdown::Both);
    }

    pub(super) fn lost(&self, during: &'static str) -> Error {
        Error::Lost { at: self.far.at(), during }
    }

    fn denied(&self, what: &'static str, why: &Failure) -> Error {
        Error::Denied { at: self.far.at(), what, why: said(why) }
    }
}

impl Drop for Session {
    /// What libssh2 has to say at the end is a courtesy, and it may wait for ever to say it.
    fn drop(&mut self) {
        self.hang_up();
    }
}

async fn connect(far: &Far) -> Result<(TcpStream, std::net::TcpStream), Error> {
    let mut last = Error::NotFound { host: far.trust.host.clone() };
    for address in resolve(far).await?.into_iter().take(ADDRESSES_MAX) {
        match tokio::time::timeout(far.patience, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return twice(stream).map_err(|why| Error::Unreachable { at: far.at(), why }),
            Ok(Err(why)) => last = not_connected(far, why),
            Err(_) => last = Error::Timeout { at: far.at() },
        }
    }
    Err(last)
}

async fn resolve(far: &Far) -> Result<Vec<SocketAddr>, Error> {
    let (host, port) = (far.trust.host.as_str(), far.trust.port);
    if let Some(outside) = &far.outside {
        let found = tokio::time::timeout(far.patience, outside.look_up(host, port)).await;
        return match found {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(why @ Refusal::Private { .. })) => Err(Error::NotOutside { host: host.to_owned(), why }),
            Ok(Err(_)) | Err(_) => Err(Error::NotFound { host: host.to_owned() }),
        };
    }
    let asked = tokio::net::lookup_host((host, port));
    match tokio::time::timeout(far.patience, asked).await {
        Ok(Ok(found)) => Ok(found.collect()),
        Ok(Err(_)) | Err(_) => Err(Error::NotFound { host: host.to_owned() }),
    }
}

fn not_connected(far: &Far, why: io::Error) -> Error {
    let at = far.at();
    if why.kind() == io::ErrorKind::ConnectionRefused {
        Error::Refused { at }
    } else if why.kind() == io::ErrorKind::TimedOut {
        Error::Timeout { at }
    } else {
        Error::Unreachable { at, why }
    }
}

fn twice(stream: TcpStream) -> io::Result<(TcpStream, std::net::TcpStream)> {
    stream.set_nodelay(true)?;
    let stream = stream.into_std()?;
    let cut = stream.try_clone()?;
    Ok((TcpStream::from_std(stream)?, cut))
}

pub(super) fn code(why: &Failure) -> Option<ErrorCode> {
    why.as_ssh2().map(ssh2::Error::code)
}

/// What libssh2 calls it, as a part of a sentence.
pub(super) fn said(why: &Failure) -> String {
    match why {
        Failure::Ssh2(why) => why.message().to_lowercase(),
        Failure::Io(why) => why.to_string(),
        Failure::Other(why) => why.to_string(),
    }
}

#[cfg(test)]
mod tests;
