//! Files on this machine: a list that replaces another in one step, and recordings that are read in pieces.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

use crate::ports::Recording;

static DRAFTS: AtomicU64 = AtomicU64::new(0);

/// Read at once from a recording.
const PIECE_LEN: usize = 64 << 10;

/// Written beside it, synced and renamed over it: whoever reads meanwhile has the old file whole or the new one whole.
pub(super) async fn replace(path: PathBuf, bytes: Bytes) -> io::Result<()> {
    tokio::task::spawn_blocking(move || {
        let draft = beside(&path);
        let written = write(&draft, &bytes).and_then(|()| fs::rename(&draft, &path));
        if written.is_err() {
            // It may never have come to be.
            let _ = fs::remove_file(&draft);
        }
        written?;
        path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    })
    .await
    .map_err(io::Error::other)?
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    // Two that replace the same file at once do not write into one draft.
    let draft = DRAFTS.fetch_add(1, Ordering::Relaxed);
    name.push(format!(".{}-{draft}.new", std::process::id()));
    path.with_file_name(name)
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn below(folder: &Path, name: &str) -> Option<PathBuf> {
    let down = |step: Component<'_>| matches!(step, Component::Normal(_));
    Path::new(name).components().all(down).then(|| folder.join(name))
}

/// False where there is no such file below the folder.
pub(super) async fn remove(folder: &Path, name: &str) -> io::Result<bool> {
    let Some(path) = below(folder, name) else { return Ok(false) };
    match tokio::fs::remove_file(path).await {
        Ok(()) => Ok(true),
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(why) => Err(why),
    }
}

/// None where there is no such file below the folder.
pub(in crate::adapters) async fn open(folder: &Path, name: &str, from: u64) -> io::Result<Option<Recording>> {
    let Some(path) = below(folder, name) else { return Ok(None) };
    let mut file = match tokio::fs::File::open(path).await {
        Ok(file) => file,
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(why) => return Err(why),
    };
    let known = file.metadata().await?;
    if !known.is_file() {
        return Ok(None);
    }
    file.seek(io::SeekFrom::Start(from)).await?;
    let version = format!("{:x}-{:x}-{:x}", known.len(), known.mtime(), known.mtime_nsec());
    let bytes = stream::try_unfold(file, async |mut file| {
        let mut piece = vec![0; PIECE_LEN];
        let read = file.read(&mut piece).await?;
        piece.truncate(read);
        Ok((read > 0).then(|| (Bytes::from(piece), file)))
    });
    Ok(Some(Recording { size: known.len(), version, bytes: bytes.boxed() }))
}
