//! Two small files for each effect: `<hash>.begun` before the command is run, `<hash>.json` with its exit once it has ended.
//! Both are on the disk before anybody hears of them. They are dropped when they are old.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::PathBuf;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use domain::session::Exit;

/// An effect that was sent is asked about within minutes; a month covers an engine that was left off.
const KEPT: Duration = Duration::from_hours(30 * 24);

#[derive(Debug)]
pub(super) struct Marks {
    folder: PathBuf,
}

impl Marks {
    pub(super) fn open(folder: PathBuf) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.metadata()?.modified()?.elapsed().is_ok_and(|age| age > KEPT) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(Self { folder })
    }

    /// Refused where the effect was begun before.
    pub(super) async fn begin(&self, effect: &str) -> io::Result<()> {
        let (mark, folder) = (self.path(effect, "begun"), self.folder.clone());
        apart(move || {
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(mark)?.sync_all()?;
            File::open(folder)?.sync_all()
        })
        .await
    }

    pub(super) async fn undo(&self, effect: &str) -> io::Result<()> {
        let mark = self.path(effect, "begun");
        apart(move || fs::remove_file(mark)).await
    }

    pub(super) async fn end(&self, effect: &str, exit: &Exit) -> io::Result<()> {
        let (mark, draft, folder) =
            (self.path(effect, "json"), self.path(effect, "tmp"), self.folder.clone());
        let text = serde_json::to_vec(exit)?;
        apart(move || {
            let mut file =
                OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
            file.write_all(&text)?;
            file.sync_all()?;
            fs::rename(draft, mark)?;
            File::open(folder)?.sync_all()
        })
        .await
    }

    pub(super) async fn ended(&self, effect: &str) -> io::Result<Option<Exit>> {
        let mark = self.path(effect, "json");
        apart(move || match fs::read(mark) {
            Ok(text) => Ok(Some(serde_json::from_slice(&text)?)),
            Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(why) => Err(why),
        })
        .await
    }

    /// An effect's name may hold anything; its hash is a file's name everywhere.
    fn path(&self, effect: &str, suffix: &str) -> PathBuf {
        let hash = hex::encode(digest(&SHA256, effect.as_bytes()));
        self.folder.join(format!("{hash}.{suffix}"))
    }
}

async fn apart<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}
