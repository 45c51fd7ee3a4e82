//! Recordings wherever they lie: files are asked of the remote host, addresses of the web are fetched from where they may be,
//! and an exchange's are fetched once and kept.
//! So many are listened to at once, none is longer than the limit, and one that comes to a halt is let go.

mod exchange;
mod reach;
mod web;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use domain::recording::Whereabouts;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use crate::ports::pbx::Pbx;
use crate::ports::{self, Disk, Playback, RemoteHost, Trouble};
use exchange::Kept;
use reach::Reach;
use web::Web;

/// A larger one is not passed on: nine hours of sound as call servers write it.
pub const LEN_MAX: u64 = 512 << 20;
/// Each one holds a connection to wherever it comes from.
const PLAYBACKS_MAX: usize = 64;
const PLACE_WAIT: Duration = Duration::from_secs(5);
/// A far end that is silent for so long in the middle of a recording does not go on.
const PIECE_WAIT: Duration = Duration::from_secs(30);

#[derive(Debug, Clone)]
pub struct Options {
    /// The remote host's name or address, where it has one: on its network recordings may lie on it too.
    pub remote_host: Option<String>,
    /// Names and addresses that may be called though they are not public.
    pub hosts: Vec<String>,
    /// Where an exchange is watched.
    pub exchange: Option<Exchange>,
    pub len_max: u64,
}

/// An exchange, and the folder where its recordings are kept while there is room.
#[derive(Debug, Clone)]
pub struct Exchange {
    pub pbx: Arc<dyn Pbx>,
    pub folder: PathBuf,
    pub disk: Arc<dyn Disk>,
}

#[derive(Debug)]
pub struct Recordings {
    web: Web,
    exchange: Option<Kept>,
    /// Where those of an exchange were kept, whether one is watched still or not.
    kept: Option<PathBuf>,
    len_max: u64,
    places: Arc<Semaphore>,
}

impl Recordings {
    pub fn new(options: Options) -> Self {
        let Options { remote_host, hosts, exchange, len_max } = options;
        let exchange = exchange.map(|exchange| Kept::new(exchange, len_max));
        let web = Web::new(Reach { named: hosts, remote: remote_host });
        Self { web, exchange, kept: None, len_max, places: Arc::new(Semaphore::new(PLAYBACKS_MAX)) }
    }

    /// Removes from there what is forgotten, also when no exchange is watched any more.
    #[must_use]
    pub fn kept_in(self, folder: PathBuf) -> Self {
        Self { kept: Some(folder), ..self }
    }

    async fn find(
        &self,
        whereabouts: &Whereabouts,
        remote: &Arc<dyn RemoteHost>,
        from: u64,
    ) -> Result<Option<Playback>, Trouble> {
        match whereabouts {
            Whereabouts::Url(url) => self.web.open(url, from).await,
            Whereabouts::File(name) => {
                let found = remote.recording(name, from).await?;
                Ok(found.map(|ports::Recording { size, version, bytes }| Playback {
                    size: Some(size),
                    version: Some(version),
                    bytes,
                }))
            }
            Whereabouts::Exchange { call, recording } => match &self.exchange {
                Some(kept) => kept.open(*call, recording, from).await,
                None => Err(Trouble::Never { why: "no exchange is watched any more".to_owned() }),
            },
            Whereabouts::Nowhere => Ok(None),
        }
    }

    fn bounded(&self, playback: Playback, place: OwnedSemaphorePermit) -> Result<Playback, Trouble> {
        if playback.size.is_some_and(|size| size > self.len_max) {
            return Err(Trouble::Never { why: too_large(self.len_max) });
        }
        let bytes = Bounded { bytes: playback.bytes, left: self.len_max, len_max: self.len_max, place };
        Ok(Playback { bytes: bytes.stream(), ..playback })
    }
}

impl ports::Recordings for Recordings {
    fn open<'a>(
        &'a self,
        whereabouts: &'a Whereabouts,
        remote: &'a Arc<dyn RemoteHost>,
        from: u64,
    ) -> BoxFuture<'a, Result<Option<Playback>, Trouble>> {
        async move {
            let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
                return Err(Trouble::Later { after: PLACE_WAIT });
            };
            let found = self.find(whereabouts, remote, from).await?;
            found.map(|playback| self.bounded(playback, place)).transpose()
        }
        .boxed()
    }

    fn forget(&self, call: Uuid) -> BoxFuture<'_, io::Result<bool>> {
        async move {
            match (&self.exchange, &self.kept) {
                (Some(kept), _) => kept.forget(call).await,
                (None, Some(folder)) => exchange::remove(folder, call).await,
                (None, None) => Ok(false),
            }
        }
        .boxed()
    }

    fn kept(&self) -> BoxFuture<'_, io::Result<Vec<Uuid>>> {
        async move {
            let Some(folder) = &self.kept else { return Ok(vec![]) };
            Ok(exchange::kept(folder, |_| true).await?.into_iter().collect())
        }
        .boxed()
    }

    fn expire(&self, before: DateTime<Utc>) -> BoxFuture<'_, io::Result<u64>> {
        async move {
            let Some(folder) = &self.kept else { return Ok(0) };
            let is_old = |written: SystemTime| DateTime::<Utc>::from(written) < before;
            let mut expired = 0;
            for call in exchange::kept(folder, is_old).await? {
                self.forget(call).await?;
                expired += 1;
            }
            Ok(expired)
        }
        .boxed()
    }
}

/// A recording that is passed on up to the limit, whatever its far end said about its length.
struct Bounded {
    bytes: BoxStream<'static, io::Result<bytes::Bytes>>,
    left: u64,
    len_max: u64,
    /// Given back when the listener has gone.
    place: OwnedSemaphorePermit,
}

impl Bounded {
    fn stream(self) -> BoxStream<'static, io::Result<bytes::Bytes>> {
        let Self { bytes, left, len_max, place } = self;
        let begun = (bytes, left, place);
        stream::try_unfold(begun, move |(mut bytes, left, place)| async move {
            let piece = tokio::time::timeout(PIECE_WAIT, bytes.next()).await?;
            let Some(piece) = piece.transpose()? else { return Ok(None) };
            let len = u64::try_from(piece.len()).unwrap_or(u64::MAX);
            let left = left.checked_sub(len).ok_or_else(|| io::Error::other(too_large(len_max)))?;
            Ok(Some((piece, (bytes, left, place))))
        })
        .boxed()
    }
}

fn too_large(len_max: u64) -> String {
    format!("the recording is larger than {} MiB", len_max.div_ceil(1 << 20))
}
