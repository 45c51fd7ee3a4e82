//! A folder held for a move or a restore, and the mark on one whose journal lives in a database by now: nobody is to go on with it here
//! by accident.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use domain::fact::Position;
use serde::{Deserialize, Serialize};

use super::schema::{self, Lock};
use super::{Error, FILE};

const MARK: &str = "moved.json";

/// Where a journal went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// Without the secret.
    pub to: String,
    pub at: DateTime<Utc>,
    /// Up to where it is there what it is here.
    pub position: Position,
    pub digest: String,
}

/// No engine runs on the folder, and none starts.
#[derive(Debug)]
pub(in crate::journal) struct Held {
    _lock: Lock,
    folder: PathBuf,
}

/// Refuses a folder that an engine works on, that holds no journal, and that was moved before.
pub(in crate::journal) fn lock_for_moving(folder: &Path) -> Result<Held, Error> {
    if !folder.join(FILE).exists() {
        return Err(Error::Open(format!("DATA_DIR: there is no journal at {}", folder.display())));
    }
    let lock = schema::lock(folder)?;
    refuse_moved(folder)?;
    // Whatever an engine left in the log when it was killed is part of it, and the format is this program's afterwards.
    drop(schema::open_for_writing(folder)?);
    Ok(Held { _lock: lock, folder: folder.to_owned() })
}

/// What screens are kept in beside a journal, built anew from it wherever it goes.
const SCREENS: [&str; 3] = ["screens.db", "screens.db-wal", "screens.db-shm"];
/// What an engine leaves in its folder beside keys, its screens included: nobody is to see another journal's.
const LEFT: [&str; 4] = [FILE, schema::LOG, "screens.db", "screens.db-wal"];

/// Refuses a folder that an engine works on, or worked on.
pub(in crate::journal) fn lock_empty(folder: &Path) -> Result<Held, Error> {
    let lock = schema::lock(folder)?;
    refuse_moved(folder)?;
    match LEFT.into_iter().find(|name| folder.join(name).exists()) {
        Some(name) => Err(Error::Open(format!(
            "DATA_DIR: {} is there already; a folder without journal and screens is needed, keys may lie in it",
            folder.join(name).display()
        ))),
        None => Ok(Held { _lock: lock, folder: folder.to_owned() }),
    }
}

impl Held {
    pub(in crate::journal) fn file(&self) -> PathBuf {
        self.folder.join(FILE)
    }

    pub(in crate::journal) fn mark(&self, moved: &Moved) -> Result<(), Error> {
        let path = self.folder.join(MARK);
        let cannot = |why: std::io::Error| Error::Open(format!("cannot write {}: {why}", path.display()));
        let text = serde_json::to_string_pretty(moved).map_err(|why| cannot(why.into()))?;
        let mut file = File::create(&path).map_err(cannot)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(cannot)?;
        File::open(&self.folder).and_then(|folder| folder.sync_all()).map_err(cannot)
    }
}

/// Removes the screens of a journal that went elsewhere: nothing needs them, and persons stand in them in clear. What cannot be removed is
/// told with the reason.
pub(in crate::journal) fn remove_screens(folder: &Path) -> Result<(), (PathBuf, std::io::Error)> {
    for path in SCREENS.map(|name| folder.join(name)) {
        match fs::remove_file(&path) {
            Err(why) if why.kind() != ErrorKind::NotFound => return Err((path, why)),
            _ => {}
        }
    }
    Ok(())
}

/// Whether a journal that went elsewhere still lies there, as it was then.
pub(in crate::journal) fn is_left_behind(folder: &Path) -> bool {
    [MARK, FILE].into_iter().all(|name| folder.join(name).exists())
}

/// What says that a journal went somewhere else says how to follow it, and how to come back.
pub(in crate::journal) fn refuse_moved(folder: &Path) -> Result<(), Error> {
    let path = folder.join(MARK);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(why) if why.kind() == ErrorKind::NotFound => return Ok(()),
        Err(why) => return Err(Error::Open(format!("cannot read {}: {why}", path.display()))),
    };
    let Ok(Moved { to, at, position, .. }) = serde_json::from_str(&text) else {
        return Err(Error::Open(format!(
            "{} is damaged: it says where this journal was moved to",
            path.display()
        )));
    };
    Err(Error::Open(format!(
        "DATA_DIR: the journal in {} was moved to {to} at {}, with everything up to position {position}. Set DATABASE_URL to go on \
         there; or remove {} to go on here, without whatever happened there since",
        folder.display(),
        at.format("%Y-%m-%d %H:%M:%S UTC"),
        path.display()
    )))
}
