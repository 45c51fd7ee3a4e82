//! A remote host that rings nobody: it keeps the list, dials it with seeded outcomes and reports to this engine as the real one does.
//! It says at its start, at every launch and in every report that it is simulated. Its calls end with the engine, and go on with the next one.

mod fate;
mod pace;
mod report;
mod run;
mod server;
mod tone;
mod under_way;

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use domain::ids::SessionId;
use domain::session::{Exit, Remote};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, stream};
use serde_json::json;

use crate::ports::{Clock, Known, Recording, RemoteHost, Trouble};
use under_way::UnderWay;

pub use super::post::{Proof, Webhook};
pub use pace::Pace;
pub use server::{CallServer, Progress};
pub use under_way::Order;

/// What the call server is told once.
#[derive(Debug, Clone)]
pub struct Options {
    pub seed: u64,
    pub pace: Pace,
    pub webhook: Webhook,
    /// Stands before a recording's name in `recordingUrl`.
    pub recordings: String,
    pub clock: Arc<dyn Clock>,
}

/// A list of a hundred is through in half a minute, which is long enough to watch and short enough to wait for.
pub const PACE: Pace = Pace { at_once: 5, per_second: 5, speed: 50 };

const LIST: &str = "numbers.txt";
/// A recording is read in pieces of this size.
const PIECE_LEN: usize = 16 << 10;
/// The command on a real host takes a moment, too.
const DELAY: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub struct Simulated {
    server: CallServer,
    folder: PathBuf,
    list: Mutex<Bytes>,
}

/// Why there is no simulated host.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the simulated host's lists in {} cannot be read: {why}", folder.display())]
    List { folder: PathBuf, why: io::Error },
    #[error("the simulated host cannot send anything: {0}")]
    Http(#[from] reqwest::Error),
}

impl Simulated {
    /// With the list that was placed last, which is kept in `folder`; calls that were going on when the engine ended go on.
    pub fn open(options: Options, folder: PathBuf) -> Result<Self, Error> {
        tracing::warn!("the remote host is simulated: nobody is rung (REMOTE_HOST decides)");
        let list = match std::fs::read(folder.join(LIST)) {
            Ok(list) => Bytes::from(list),
            Err(why) if why.kind() == io::ErrorKind::NotFound => Bytes::new(),
            Err(why) => return Err(Error::List { folder, why }),
        };
        let server = CallServer::try_new(options)?;
        let left = UnderWay::left(&folder);
        for order in left.map_err(|why| Error::List { folder: folder.clone(), why })? {
            server.start(order);
        }
        Ok(Self { server, folder, list: Mutex::new(list) })
    }

    /// For whoever has to end its calls.
    pub fn server(&self) -> CallServer {
        self.server.clone()
    }

    fn list(&self) -> Bytes {
        self.list.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn dial(&self, order: Order) -> Result<(), Trouble> {
        let folder = self.folder.clone();
        let keep = move || UnderWay::begin(&folder, &order).map(|kept| Order { kept: Some(kept), ..order });
        let kept = tokio::task::spawn_blocking(keep).await.map_err(io::Error::other).flatten();
        self.server.start(kept.map_err(|why| not_kept(&why))?);
        Ok(())
    }

    /// Under another name first, so that a crash leaves the old list or the new one.
    async fn keep(&self, numbers: Bytes) -> io::Result<()> {
        let (new, list) = (self.folder.join("numbers.new"), self.folder.join(LIST));
        tokio::fs::create_dir_all(&self.folder).await?;
        tokio::fs::write(&new, &numbers).await?;
        tokio::fs::rename(&new, &list).await?;
        *self.list.lock().unwrap_or_else(PoisonError::into_inner) = numbers;
        Ok(())
    }
}

impl RemoteHost for Simulated {
    fn kind(&self) -> Remote {
        Remote::Simulated
    }

    fn place(&self, numbers: Bytes) -> BoxFuture<'_, Result<(), Trouble>> {
        async move { self.keep(numbers).await.map_err(|why| not_kept(&why)) }.boxed()
    }

    fn launch(&self, effect: &str, session: &SessionId) -> BoxFuture<'_, Result<Exit, Trouble>> {
        // An effect is named after its policy, its organization and its session.
        let organization = effect.split('/').nth(1).map(str::to_owned);
        let session = session.clone();
        async move {
            tokio::time::sleep(DELAY).await;
            let order = Order { session: session.clone(), organization, numbers: self.list(), kept: None };
            if order.numbers.is_empty() {
                tracing::info!(%session, "a simulated start without a list: nobody is dialled");
            } else if !self.server.is_dialling(&session) {
                self.dial(order).await?;
            }
            Ok(said("Call process started", &session))
        }
        .boxed()
    }

    fn ask(&self, _effect: &str) -> BoxFuture<'_, Result<Known, Trouble>> {
        async { Ok(Known::Untold) }.boxed()
    }

    fn stop(&self, session: &SessionId) -> BoxFuture<'_, Result<Option<Exit>, Trouble>> {
        self.server.stop(Some(session));
        let exit = said("Call process stopped", session);
        async { Ok(Some(exit)) }.boxed()
    }

    fn recording(&self, name: &str, from: u64) -> BoxFuture<'_, Result<Option<Recording>, Trouble>> {
        let recording = self.server.recording(name).map(|whole| read(name, &whole, from));
        async { Ok(recording) }.boxed()
    }

    /// They are made up from their names whenever somebody listens, and kept nowhere.
    fn remove_recording(&self, _name: &str) -> BoxFuture<'_, Result<bool, Trouble>> {
        async { Ok(false) }.boxed()
    }
}

fn not_kept(why: &io::Error) -> Trouble {
    Trouble::Never { why: format!("DATA_DIR: the list cannot be kept: {why}") }
}

/// What the remote command prints.
fn said(message: &str, session: &SessionId) -> Exit {
    let answer = json!({ "message": message, "sessionId": session, "simulated": true });
    Exit { code: Some(0), stdout: answer.to_string(), ..Exit::default() }
}

fn read(name: &str, whole: &Bytes, from: u64) -> Recording {
    let size = u64::try_from(whole.len()).unwrap_or(u64::MAX);
    let from = usize::try_from(from).unwrap_or(usize::MAX).min(whole.len());
    let rest = whole.slice(from..);
    let pieces: Vec<_> = rest.chunks(PIECE_LEN).map(|piece| Ok(rest.slice_ref(piece))).collect();
    Recording { size, version: format!("{name}-{size}"), bytes: stream::iter(pieces).boxed() }
}

#[cfg(test)]
mod tests;
