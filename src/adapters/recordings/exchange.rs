//! Recordings of an exchange: fetched whole when somebody first listens to one, kept in a folder under the call's id, and read from
//! there ever after. One is fetched at a time, since exchanges have other things to do. Where it came from is kept nowhere.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::StreamExt as _;
use tokio::fs::{self, OpenOptions};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::{Exchange, PIECE_WAIT, too_large};
use crate::adapters::local::files;
use crate::ports::pbx::{Pbx, PbxTrouble};
use crate::ports::{Disk, Playback, Recording, Trouble};

/// Whoever has waited so long for others' recordings is asked to come back.
const TURN_WAIT: Duration = Duration::from_secs(30);
const COME_BACK: Duration = Duration::from_secs(10);
/// Somebody has to make room first.
const ROOM_WAIT: Duration = Duration::from_mins(1);

#[derive(Debug)]
pub(super) struct Kept {
    pbx: Arc<dyn Pbx>,
    folder: PathBuf,
    disk: Arc<dyn Disk>,
    len_max: u64,
    fetching: Mutex<()>,
}

/// Removes what was kept of a call, whole or not, and says whether there was anything.
pub(super) async fn remove(folder: &Path, call: Uuid) -> io::Result<bool> {
    let mut was_there = false;
    for name in [format!("{call}.wav"), format!("{call}.wav.part")] {
        match fs::remove_file(folder.join(name)).await {
            Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(why),
            removed => was_there |= removed.is_ok(),
        }
    }
    Ok(was_there)
}

/// The calls of which anything is kept, whole or not, that was last written at such a time.
pub(super) async fn kept(folder: &Path, at: impl Fn(SystemTime) -> bool) -> io::Result<BTreeSet<Uuid>> {
    let mut entries = match fs::read_dir(folder).await {
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        entries => entries?,
    };
    let mut calls = BTreeSet::new();
    while let Some(entry) = entries.next_entry().await? {
        let name = entry.file_name();
        let call: Option<Uuid> = name.to_str().and_then(|name| name.split('.').next()?.parse().ok());
        match entry.metadata().await.and_then(|known| known.modified()) {
            Ok(written) if at(written) => calls.extend(call),
            // Removed meanwhile.
            Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(why),
            Ok(_) | Err(_) => {}
        }
    }
    Ok(calls)
}

impl Kept {
    pub(super) fn new(Exchange { pbx, folder, disk }: Exchange, len_max: u64) -> Self {
        Self { pbx, folder, disk, len_max, fetching: Mutex::default() }
    }

    pub(super) async fn open(
        &self,
        call: Uuid,
        recording: &str,
        from: u64,
    ) -> Result<Option<Playback>, Trouble> {
        let name = format!("{call}.wav");
        if let Some(kept) = self.read(&name, from).await? {
            return Ok(Some(kept));
        }
        let turn = tokio::time::timeout(TURN_WAIT, self.fetching.lock()).await;
        let _turn = turn.map_err(|_| Trouble::Later { after: COME_BACK })?;
        // Somebody may have fetched it while this one waited.
        if let Some(kept) = self.read(&name, from).await? {
            return Ok(Some(kept));
        }
        if self.disk.room().is_low {
            return Err(Trouble::Later { after: ROOM_WAIT });
        }
        let found = self.pbx.open_recording(recording).await.map_err(|why| trouble(&why))?;
        let Some(found) = found else { return Ok(None) };
        self.keep(&name, found).await?;
        self.read(&name, from).await
    }

    /// Nobody fetches it meanwhile.
    pub(super) async fn forget(&self, call: Uuid) -> io::Result<bool> {
        let _turn = self.fetching.lock().await;
        remove(&self.folder, call).await
    }

    async fn read(&self, name: &str, from: u64) -> Result<Option<Playback>, Trouble> {
        let found = files::open(&self.folder, name, from).await.map_err(|why| unusable(&why))?;
        Ok(found.map(|Recording { size, version, bytes }| Playback {
            size: Some(size),
            version: Some(version),
            bytes,
        }))
    }

    /// Under another name until it is whole: what broke off is fetched anew.
    async fn keep(&self, name: &str, found: Playback) -> Result<(), Trouble> {
        let draft = self.folder.join(format!("{name}.part"));
        folder(&self.folder).await.map_err(|why| unusable(&why))?;
        let written = self.write(&draft, found).await;
        if written.is_err() {
            // The next one writes over it anyway.
            let _ = fs::remove_file(&draft).await;
        }
        written?;
        fs::rename(&draft, self.folder.join(name)).await.map_err(|why| unusable(&why))
    }

    async fn write(&self, draft: &Path, found: Playback) -> Result<(), Trouble> {
        let Playback { size, mut bytes, .. } = found;
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(draft).await.map_err(|why| unusable(&why))?;
        let mut written = 0_u64;
        loop {
            let piece = tokio::time::timeout(PIECE_WAIT, bytes.next()).await.map_err(|_| broken_off())?;
            let Some(piece) = piece else { break };
            let piece = piece.map_err(|_| broken_off())?;
            written = written.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
            if written > self.len_max {
                return Err(Trouble::Never { why: too_large(self.len_max) });
            }
            file.write_all(&piece).await.map_err(|why| unusable(&why))?;
        }
        if size.is_some_and(|size| size != written) {
            return Err(broken_off());
        }
        file.sync_all().await.map_err(|why| unusable(&why))
    }
}

/// Nobody else on this machine may listen.
async fn folder(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).await
}

fn broken_off() -> Trouble {
    tracing::warn!("the exchange broke off a recording; it is fetched anew when somebody asks again");
    Trouble::Later { after: COME_BACK }
}

fn unusable(why: &io::Error) -> Trouble {
    Trouble::Never { why: format!("the recording cannot be kept: {why}") }
}

fn trouble(why: &PbxTrouble) -> Trouble {
    match why {
        PbxTrouble::Away { after, .. } => Trouble::Later { after: after.unwrap_or(COME_BACK) },
        PbxTrouble::Password
        | PbxTrouble::Rights { .. }
        | PbxTrouble::Certificate { .. }
        | PbxTrouble::Senseless { .. }
        | PbxTrouble::Unsupported { .. } => Trouble::Never { why: why.to_string() },
    }
}
