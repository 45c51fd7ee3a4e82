//! The remote host reached over SSH: lists are uploaded to it, the remote command is run on it, recordings are read from it.
//! Each job has a connection of its own on a thread of its own, for libssh2 may wait where nobody else should.
//! Beside each effect the far end keeps two marks, where it can: that the command was begun, and how it ended.

mod error;
mod exec;
mod key;
mod known_hosts;
mod recording;
mod script;
mod session;
mod trust;
mod upload;
mod wire;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use domain::ids::SessionId;
use domain::session::{Exit, Remote};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::runtime;
use tokio::sync::{Semaphore, oneshot};

use crate::adapters::outside::Outside;
use crate::adapters::quoting::filled;
use crate::ports::{Ids, Known, Recording, RemoteHost, Trouble};
use session::Session;
use trust::Trust;

pub use error::Error;
pub use key::{BadKey, PrivateKey};
pub use trust::HostKey;

/// Recordings that are listened to at the same time: each is a connection, and SSH servers turn away those who come in crowds.
const RECORDINGS_MAX: usize = 6;
/// Whoever comes when all are taken may come again: a recording that is being listened to ends some time.
const RECORDINGS_AGAIN: Duration = Duration::from_secs(2);
/// A command that still runs is asked about again.
const RUNNING_AGAIN: Duration = Duration::from_secs(5);

#[derive(Debug, Clone)]
pub struct Options {
    pub host: String,
    pub port: u16,
    pub user: String,
    pub key: PrivateKey,
    pub known_hosts: Option<PathBuf>,
    pub host_key: HostKey,
    /// Where host keys met first are kept: `known_hosts` in the data folder.
    pub kept_hosts: PathBuf,
    /// The file that a list replaces.
    pub path: String,
    /// `{sessionId}` in it stands for the session's name.
    pub command: String,
    /// The same for the command that stops the calls.
    pub stop_command: Option<String>,
    /// The folder that recordings are read from.
    pub recordings: String,
    /// A command that takes longer is not waited for.
    pub timeout: Duration,
    /// For each single step: to connect, to log in, to write a piece.
    pub patience: Duration,
    /// Who may be called, where not the operator has named the host.
    pub outside: Option<Outside>,
    pub ids: Arc<dyn Ids>,
}

#[derive(Debug)]
pub struct Ssh {
    options: Options,
    far: Arc<Far>,
    recordings: Arc<Semaphore>,
}

/// What every connection needs to know.
#[derive(Debug)]
struct Far {
    trust: Trust,
    user: String,
    key: PrivateKey,
    patience: Duration,
    outside: Option<Outside>,
}

impl Far {
    fn at(&self) -> String {
        self.trust.at()
    }

    fn handshake(&self, why: String) -> Error {
        Error::Handshake { at: self.at(), why }
    }
}

impl Ssh {
    /// Calls nobody yet.
    pub fn new(options: Options) -> Self {
        if options.host_key == HostKey::Listed && options.known_hosts.is_none() {
            tracing::warn!(
                "neither REMOTE_KNOWN_HOSTS nor REMOTE_HOST_KEY is set: the remote host is not believed, and every start fails and names the key it met"
            );
        }
        let trust = Trust {
            host: options.host.clone(),
            port: options.port,
            host_key: options.host_key.clone(),
            known_hosts: options.known_hosts.clone(),
            kept: options.kept_hosts.clone(),
            first: Mutex::default(),
        };
        let (user, key, patience) = (options.user.clone(), options.key.clone(), options.patience);
        let far = Arc::new(Far { trust, user, key, patience, outside: options.outside.clone() });
        Self { options, far, recordings: Arc::new(Semaphore::new(RECORDINGS_MAX)) }
    }

    async fn run(&self, line: String) -> Result<Exit, Error> {
        let (far, timeout) = (Arc::clone(&self.far), self.options.timeout);
        apart(move || async move { exec::run(&Session::open(&far).await?, &line, timeout).await }).await
    }

    async fn upload(&self, numbers: Bytes) -> Result<(), Error> {
        let (far, path) = (Arc::clone(&self.far), self.options.path.clone());
        let draft = format!("{path}.karnay-{}", self.options.ids.uuid().simple());
        apart(move || async move {
            let session = Session::open(&far).await?;
            upload::Upload { session: &session, path: &path, draft: &draft }.place(&numbers).await
        })
        .await
    }

    async fn look(&self, effect: &str) -> Result<script::Known, Error> {
        let (far, line) = (Arc::clone(&self.far), script::ask(effect));
        let patience = self.far.patience;
        let said =
            apart(move || async move { exec::say(&Session::open(&far).await?, &line, patience).await })
                .await?;
        Ok(script::known(&said.stdout))
    }

    async fn listen(&self, name: &str, from: u64) -> Result<Option<Recording>, Trouble> {
        let Some(path) = recording::inside(&self.options.recordings, name) else { return Ok(None) };
        let place = Arc::clone(&self.recordings).try_acquire_owned();
        let place = place.map_err(|_| Trouble::Later { after: RECORDINGS_AGAIN })?;
        recording::open(Arc::clone(&self.far), path, from, place).await.map_err(Error::told)
    }
}

impl RemoteHost for Ssh {
    fn kind(&self) -> Remote {
        Remote::Ssh
    }

    fn place(&self, numbers: Bytes) -> BoxFuture<'_, Result<(), Trouble>> {
        async move { self.upload(numbers).await.map_err(Error::told) }.boxed()
    }

    fn launch(&self, effect: &str, session: &SessionId) -> BoxFuture<'_, Result<Exit, Trouble>> {
        let command = filled(&self.options.command, session.as_str());
        let line = script::run(&command, session.as_str(), Some(effect));
        async move { self.run(line).await.map_err(Error::told) }.boxed()
    }

    fn ask(&self, effect: &str) -> BoxFuture<'_, Result<Known, Trouble>> {
        let effect = effect.to_owned();
        async move {
            Ok(match self.look(&effect).await.map_err(Error::asked)? {
                script::Known::Code(code) => {
                    let (code, signal) = exec::ended(code);
                    Known::Ended(Exit { code, signal, ..Exit::default() })
                }
                script::Known::Running => Known::Running { again: RUNNING_AGAIN },
                script::Known::Nothing => Known::Untold,
            })
        }
        .boxed()
    }

    fn stop(&self, session: &SessionId) -> BoxFuture<'_, Result<Option<Exit>, Trouble>> {
        let session = session.clone();
        async move {
            let Some(command) = &self.options.stop_command else { return Ok(None) };
            let line = script::run(&filled(command, session.as_str()), session.as_str(), None);
            self.run(line).await.map(Some).map_err(Error::told)
        }
        .boxed()
    }

    fn recording(&self, name: &str, from: u64) -> BoxFuture<'_, Result<Option<Recording>, Trouble>> {
        let name = name.to_owned();
        async move { self.listen(&name, from).await }.boxed()
    }

    fn remove_recording(&self, name: &str) -> BoxFuture<'_, Result<bool, Trouble>> {
        let (far, path) = (Arc::clone(&self.far), recording::inside(&self.options.recordings, name));
        async move {
            let Some(path) = path else { return Ok(false) };
            apart(move || async move { recording::remove(&far, &path).await }).await.map_err(Error::told)
        }
        .boxed()
    }
}

/// On a thread and a runtime of its own. It goes on when nobody waits for it any more, and its panic is an error here.
fn apart<T, F>(work: impl FnOnce() -> F + Send + 'static) -> BoxFuture<'static, Result<T, Error>>
where
    T: Send + 'static,
    F: Future<Output = Result<T, Error>>,
{
    let (tell, told) = oneshot::channel();
    let job = move || {
        let runtime = runtime::Builder::new_current_thread().enable_all().build();
        let done = runtime.map_err(Error::Thread).and_then(|runtime| runtime.block_on(work()));
        // Nobody may be waiting any more.
        let _ = tell.send(done);
    };
    let begun = std::thread::Builder::new().name("ssh".to_owned()).spawn(job);
    async move {
        begun.map_err(Error::Thread)?;
        told.await.unwrap_or(Err(Error::Broke))
    }
    .boxed()
}

#[cfg(test)]
mod tests;
