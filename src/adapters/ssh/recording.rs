//! A recording at the far end, read over SFTP in pieces by a thread of its own and handed over as it is listened to.

use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::io::SeekFrom;
use futures_util::{AsyncReadExt as _, AsyncSeekExt as _, StreamExt as _, stream};
use ssh2::ErrorCode;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use super::session::{Session, code, said};
use super::{Error, Far, apart};
use crate::ports::Recording;

/// Read at once.
const PIECE_LEN: usize = 64 << 10;
/// Pieces that wait to be listened to.
const AHEAD: usize = 4;
/// Whoever listens so slowly has gone away.
const LISTENER_PATIENCE: Duration = Duration::from_mins(2);
const DURING: &str = "while a recording was read";
const REMOVING: &str = "while a recording was removed";

type Pieces = mpsc::Sender<io::Result<Bytes>>;

/// What is there, before the first byte of it.
struct Found {
    size: u64,
    version: String,
}

/// None for a name that leads out of the folder: there is no such recording.
pub(super) fn inside(folder: &str, name: &str) -> Option<PathBuf> {
    let normal = |part: Component<'_>| matches!(part, Component::Normal(_));
    let stays = !name.is_empty() && !name.contains('\0') && Path::new(name).components().all(normal);
    stays.then(|| Path::new(folder).join(name))
}

pub(super) async fn open(
    far: Arc<Far>,
    path: PathBuf,
    from: u64,
    permit: OwnedSemaphorePermit,
) -> Result<Option<Recording>, Error> {
    let (tell, told) = oneshot::channel();
    let (pieces, heard) = mpsc::channel(AHEAD);
    let reading = apart(move || async move {
        let _one_of_few = permit;
        read(&far, &path, from, tell, pieces).await
    });
    let Ok(found) = told.await else {
        // It ended before it found anything, and says why.
        reading.await?;
        return Ok(None);
    };
    let bytes = stream::unfold(heard, |mut heard| async move { Some((heard.recv().await?, heard)) });
    Ok(Some(Recording { size: found.size, version: found.version, bytes: bytes.boxed() }))
}

/// False where there is no such file.
pub(super) async fn remove(far: &Arc<Far>, path: &Path) -> Result<bool, Error> {
    let session = Session::open(far).await?;
    let sftp = session.sftp().await?;
    match session.step(REMOVING, sftp.unlink(path)).await? {
        Ok(()) => Ok(true),
        Err(why) if is_not_there(&why) => Ok(false),
        Err(why) => Err(Error::Unremoved { at: far.at(), why: said(&why) }),
    }
}

fn is_not_there(why: &async_ssh2_lite::Error) -> bool {
    code(why) == Some(ErrorCode::SFTP(libssh2_sys::LIBSSH2_FX_NO_SUCH_FILE))
}

async fn read(
    far: &Arc<Far>,
    path: &Path,
    from: u64,
    tell: oneshot::Sender<Found>,
    pieces: Pieces,
) -> Result<(), Error> {
    let session = Session::open(far).await?;
    let sftp = session.sftp().await?;
    let unread = |why: String| Error::Recording { at: far.at(), why };
    let mut file = match session.step(DURING, sftp.open(path)).await? {
        Ok(file) => file,
        Err(why) if is_not_there(&why) => return Ok(()),
        Err(why) => return Err(unread(said(&why))),
    };
    let there = session.step(DURING, file.stat()).await?.map_err(|why| unread(said(&why)))?;
    if !there.is_file() {
        return Ok(());
    }
    let size = there.size.unwrap_or(0);
    session.step(DURING, file.seek(SeekFrom::Start(from))).await?.map_err(|why| unread(why.to_string()))?;
    let version = format!("{size:x}-{:x}", there.mtime.unwrap_or(0));
    if tell.send(Found { size, version }).is_err() {
        return Ok(());
    }
    loop {
        let mut piece = vec![0; PIECE_LEN];
        let read = session.step(DURING, file.read(&mut piece)).await;
        let read = read.map_err(io::Error::other).flatten();
        if let Ok(read) = read {
            piece.truncate(read);
        }
        let last = !matches!(read, Ok(1..));
        let piece = read.map(|_| Bytes::from(piece));
        if matches!(&piece, Ok(nothing) if nothing.is_empty()) {
            return Ok(());
        }
        // Nobody may be listening any more.
        let handed = tokio::time::timeout(LISTENER_PATIENCE, pieces.send(piece)).await;
        if last || !matches!(handed, Ok(Ok(()))) {
            return Ok(());
        }
    }
}
