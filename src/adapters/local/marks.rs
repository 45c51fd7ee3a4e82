//! Small files for each effect: `<hash>.begun` before the command is run, `<hash>.exit` with its end once it has ended.
//! Both are on the disk before anybody hears of them. They are dropped when they are old.
//! Whoever runs the command holds a lock on the first one, which the kernel lets go with the last of its processes: no other
//! process can pass for it, and none is left after the machine itself has ended. What the command says lies beside (`local/said.rs`).

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::PathBuf;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};

/// An effect that was sent is asked about within minutes; a month covers an engine that was left off.
const KEPT: Duration = Duration::from_hours(30 * 24);

#[derive(Debug)]
pub(super) struct Marks {
    folder: PathBuf,
}

/// What the marks of an effect tell.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// With what was left of its end: the shell's `$?`, or words for a signal.
    Ended(String),
    Running,
    /// Never begun, or gone without a word.
    Nothing,
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

    /// Refused where the effect was begun before. The file is locked for as long as anybody has it open.
    pub(super) async fn begin(&self, effect: &str) -> io::Result<File> {
        let (mark, folder) = (self.path(effect, "begun"), self.folder.clone());
        apart(move || {
            let begun = OpenOptions::new().write(true).create_new(true).mode(0o600).open(mark)?;
            begun.lock()?;
            begun.sync_all()?;
            File::open(folder)?.sync_all()?;
            Ok(begun)
        })
        .await
    }

    pub(super) async fn undo(&self, effect: &str) -> io::Result<()> {
        let mark = self.path(effect, "begun");
        apart(move || fs::remove_file(mark)).await
    }

    /// The command leaves the mark of its end itself. `otherwise` is for one that did not come to it.
    pub(super) async fn end(&self, effect: &str, otherwise: String) -> io::Result<String> {
        let (mark, draft, folder) =
            (self.path(effect, "exit"), self.path(effect, "new"), self.folder.clone());
        apart(move || {
            if !mark.exists() {
                let mut new = OpenOptions::new();
                let mut file = new.write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
                file.write_all(otherwise.as_bytes())?;
                fs::rename(draft, &mark)?;
            }
            File::open(&mark)?.sync_all()?;
            File::open(folder)?.sync_all()?;
            fs::read_to_string(mark)
        })
        .await
    }

    pub(super) async fn look(&self, effect: &str) -> io::Result<Mark> {
        let (begun, exit) = (self.path(effect, "begun"), self.path(effect, "exit"));
        apart(move || {
            // A command leaves its mark before its lock, so that the lock is looked at first.
            let running = is_locked(begun)?;
            match fs::read_to_string(exit) {
                Ok(end) if !end.is_empty() => Ok(Mark::Ended(end)),
                Err(why) if why.kind() != io::ErrorKind::NotFound => Err(why),
                Ok(_) | Err(_) => Ok(if running { Mark::Running } else { Mark::Nothing }),
            }
        })
        .await
    }

    /// An effect's name may hold anything; its hash is a file's name everywhere.
    pub(super) fn path(&self, effect: &str, suffix: &str) -> PathBuf {
        let hash = hex::encode(digest(&SHA256, effect.as_bytes()));
        self.folder.join(format!("{hash}.{suffix}"))
    }
}

fn is_locked(begun: PathBuf) -> io::Result<bool> {
    let begun = match File::open(begun) {
        Ok(begun) => begun,
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(why) => return Err(why),
    };
    match begun.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(why)) => Err(why),
    }
}

pub(super) async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}
